"""Prints without end."""


def mean(x):
    while True:
        print("all work and no play " * 1000)
