"""Opens files until no more can be opened."""

import os


def mean(x):
    while True:
        os.open(os.__file__, os.O_RDONLY)
