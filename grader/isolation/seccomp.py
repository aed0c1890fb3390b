"""The system calls that a submission may make, as a seccomp filter: all others fail with EPERM.

A list of what is allowed and not of what is forbidden, so that a call nobody thought of, or one of
a newer kernel, is refused. No process or thread, no program, socket, signal, timer, trace, mount,
key, or change of a file's data, mode, owner, times or attributes: Landlock guards opening files,
but not the last four.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import struct
from collections.abc import Sequence

# Why each group is needed; then name: (number on x86-64, number on arm64).
# None where an architecture has no such call.
_Numbers = dict[str, tuple[int | None, int | None]]
ALLOWED: dict[str, _Numbers] = {
    "its own memory": {
        "brk": (12, 214),
        "mmap": (9, 222),
        "mprotect": (10, 226),
        "mremap": (25, 216),
        "munmap": (11, 215),
        "madvise": (28, 233),
    },
    "locks of the C library, and the end": {
        "futex": (202, 98),
        "rseq": (334, 293),
        "sched_yield": (24, 124),
        "restart_syscall": (219, 128),
        "exit": (60, 93),
        "exit_group": (231, 94),
    },
    "signals to itself (a crash, KeyboardInterrupt)": {
        "rt_sigaction": (13, 134),
        "rt_sigprocmask": (14, 135),
        "rt_sigreturn": (15, 139),
        "sigaltstack": (131, 132),
    },
    "clocks": {
        "clock_getres": (229, 114),
        "clock_gettime": (228, 113),
        "clock_nanosleep": (230, 115),
        "gettimeofday": (96, 169),
        "nanosleep": (35, 101),
        "time": (201, None),
        "times": (100, 153),
        "getrusage": (98, 165),
    },
    "facts that the standard library asks for": {
        "getpid": (39, 172),
        "getppid": (110, 173),
        "gettid": (186, 178),
        "getuid": (102, 174),
        "geteuid": (107, 175),
        "getgid": (104, 176),
        "getegid": (108, 177),
        "getcpu": (309, 168),
        "sched_getaffinity": (204, 123),
        "getcwd": (79, 17),
        "uname": (63, 160),
        "sysinfo": (99, 179),
        "getrandom": (318, 278),
    },
    "importing modules (Landlock says which)": {
        "open": (2, None),
        "openat": (257, 56),
        "read": (0, 63),
        "pread64": (17, 67),
        "lseek": (8, 62),
        "close": (3, 57),
        "fstat": (5, 80),
        "stat": (4, None),
        "lstat": (6, None),
        "newfstatat": (262, 79),
        "statx": (332, 291),
        "access": (21, None),
        "faccessat": (269, 48),
        "faccessat2": (439, 439),
        "readlink": (89, None),
        "readlinkat": (267, 78),
        "getdents64": (217, 61),
        "fcntl": (72, 25),
        "ioctl": (16, 29),
    },
    "the wire": {
        "write": (1, 64),
        "sendto": (44, 206),
        "recvfrom": (45, 207),
        "poll": (7, None),
        "ppoll": (271, 73),
        "select": (23, None),
        "pselect6": (270, 72),
    },
}
# The only commands for these two:
# others make the kernel send signals (F_SETOWN) or type into a terminal (TIOCSTI).
COMMANDS = {
    "fcntl": (1, 2, 3),  # F_GETFD F_SETFD F_GETFL
    "ioctl": (0x5401, 0x5450, 0x5451),  # TCGETS FIONCLEX FIOCLEX
}

# Of each: its column in the table, AUDIT_ARCH_*.
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
# Offsets in struct seccomp_data; of the second argument, its low half.
_NUMBER, _ARCH, _SECOND = 0, 4, 24
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_Instruction = tuple[int, int, int, int]  # code, instructions to skip if equal, and if not, value


def supported() -> bool:
    """Whether the filter is written for this machine's architecture."""
    return platform.machine() in _ARCHITECTURES and struct.calcsize("P") == 8


def _accept(offset: int, values: Sequence[int]) -> list[_Instruction]:
    """Allow the call if the word at `offset` is one of these values, refuse it otherwise."""
    # BPF jumps forwards only: an equal value skips the rest and the refusal, and lands on ALLOW.
    tests = [(_IF_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)]
    return [(_LOAD, 0, 0, offset), *tests, (_RETURN, 0, 0, _EPERM), (_RETURN, 0, 0, _ALLOW)]


@functools.cache
def program() -> bytes:
    """The filter, an array of struct sock_filter."""
    column, arch = _ARCHITECTURES[platform.machine()]
    numbers = {name: both[column] for group in ALLOWED.values() for name, both in group.items()}
    code: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        # An x86-64 kernel takes 32-bit calls, too, and their numbers mean other calls.
        (_IF_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for name, commands in COMMANDS.items():
        block = _accept(_SECOND, commands)
        code += [(_IF_EQUAL, 0, len(block), numbers.pop(name) or 0), *block]
    code += _accept(_NUMBER, [number for number in numbers.values() if number is not None])
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def apply(libc: ctypes.CDLL) -> None:
    """Put the filter on the calling thread for good (no_new_privs must be set).

    OSError where the kernel takes none.
    """
    instructions = ctypes.create_string_buffer(program())
    header = struct.pack("HxxxxxxP", len(program()) // 8, ctypes.addressof(instructions))
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")
