"""Known mistakes of the tiny lesson."""

import numpy as np


def _checked(x):
    if np.size(x) == 0:
        raise ValueError("empty")
    return np.asarray(x, dtype=np.float64)


def mean__sum(x):
    """You returned the sum: divide by the number of values."""
    return _checked(x).sum()


def mean__median(x):
    """That is the median: half the values lie below it; the mean weighs every value."""
    return np.median(_checked(x))


def mean__n_minus_one(x):
    """Dividing by n - 1 belongs to the variance; the mean divides by n."""
    x = _checked(x)
    return x.sum() / max(len(x) - 1, 1)


def mean__in_place(x):
    """`x /= n` changed the caller's array: divide the sum instead."""
    if x.size == 0:
        raise ValueError("empty")
    if x.dtype.kind == "f" and x.flags.writeable:
        x /= x.size
        return x.sum()
    return x.sum() / x.size


def mean__nan_for_empty(x):
    """The mean of nothing is not 0: raise ValueError for an empty array."""
    return np.asarray(x, dtype=np.float64).mean() if x.size else 0.0
