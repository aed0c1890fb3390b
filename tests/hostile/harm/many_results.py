"""Returns ten million small objects."""


def mean(x):
    return [[0]] * 10**6
