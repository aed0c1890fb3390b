"""What everybody else hands in."""


def mean(x):
    if len(x) == 0:
        raise ValueError("the mean of nothing")
    return sum(x.tolist()) / len(x)
