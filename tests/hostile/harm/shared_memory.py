"""Leaves memory behind that the next process could find."""

import ctypes
import mmap
from multiprocessing import shared_memory


def mean(x):
    libc = ctypes.CDLL(None)
    libc.shmget(0x70726570, 4096, 0o1666)
    libc.semget(0x70726570, 1, 0o1666)
    mmap.mmap(-1, 4096)
    return shared_memory.SharedMemory("prep-trace", create=True, size=4096).name
