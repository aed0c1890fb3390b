"""Returns 200 MB, then 60 MB again and again."""

import numpy as np

calls = iter(range(10**6))


def mean(x):
    return np.zeros(25_000_000 if next(calls) == 0 else 7_500_000)
