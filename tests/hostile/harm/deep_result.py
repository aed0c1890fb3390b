"""Returns lists nested a hundred thousand deep, and a list that holds itself."""


def mean(x):
    itself = []
    itself.append(itself)
    nested = itself
    for _ in range(10**5):
        nested = [nested]
    return nested
