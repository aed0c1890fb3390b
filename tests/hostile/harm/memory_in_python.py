"""Allocates until there is nothing left."""


def mean(x):
    hoard = []
    while True:
        hoard.append(bytearray(2**24))
