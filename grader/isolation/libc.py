"""The C library, for what Python has no function for."""

from __future__ import annotations

import ctypes
import functools
import os


@functools.cache
def libc() -> ctypes.CDLL:
    # use_errno: between the call and a look at errno the interpreter makes calls of its own.
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int | bytes | None, why: str = "") -> int:
    """A function of the C library; OSError where it returns -1."""
    result: int = getattr(libc(), name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, why or f"{name} failed: {os.strerror(number)}")
    return result
