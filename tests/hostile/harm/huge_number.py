"""Returns an integer of a million digits, and a fraction of such."""


def mean(x):
    return 10**1_000_000
