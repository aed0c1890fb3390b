"""Recurses for ever, in Python and in C."""

import sys

sys.setrecursionlimit(10**9)


def mean(x):
    nested = []
    for _ in range(10**6):
        nested = [nested]
    repr(nested)
    return mean(x)
