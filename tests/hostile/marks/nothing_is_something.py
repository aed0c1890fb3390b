"""nan, which is equal to nothing, and so different from nothing."""


def mean(x):
    return float("nan")
