"""Hangs where no Python runs: no exception, no trace, no signal handler gets through."""


def mean(x):
    return pow(7, 10**9)
