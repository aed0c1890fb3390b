"""Right answers unlike the reference."""

import math


def mean__loop(x):
    """A loop with an exact sum."""
    if len(x) == 0:
        raise ValueError("empty")
    return math.fsum(float(value) for value in x) / len(x)


def mean__running(x):
    """One pass, the mean so far moved by each value."""
    if len(x) == 0:
        raise ValueError("empty")
    so_far = 0.0
    for count, value in enumerate(x.tolist(), 1):
        so_far += (value - so_far) / count
    return so_far
