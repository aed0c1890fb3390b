"""Calls what only attackers and daemons call: bpf, perf, keys, io_uring, userfaultfd, modules, swap, reboot."""

import ctypes


def mean(x):
    libc = ctypes.CDLL(None)
    buffer = ctypes.create_string_buffer(256)
    for number in (321, 298, 248, 249, 250, 425, 426, 323, 175, 313, 167, 168, 319, 434, 438, 424, 304, 303):
        libc.syscall(number, 0, buffer, 0, 0, 0)
    return 0.0
