"""Returns a dict whose keys all have the same hash, which is slow to build."""


def mean(x):
    return {i * (2**61 - 1): 0 for i in range(2000)}
