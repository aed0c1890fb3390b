"""Prints 50 MB on one line, and 5 MB on the real standard output and error."""

import os

print("x" * 50_000_000)
for fd in (1, 2):
    os.write(fd, b"x" * 5_000_000)


def mean(x):
    return 0.0
