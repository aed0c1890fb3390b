"""What a locked process may still reach, as Landlock's rules: the standard library and the packages.

By three system calls, which the C library does not have as functions.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import struct
import sysconfig
from pathlib import Path

from grader.isolation.allowed_imports import PACKAGES
from grader.isolation.libc import call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3  # LANDLOCK_ACCESS_FS_*


def apply() -> None:
    """Put the rules on the calling thread for good; no_new_privs must be set.

    OSError where the kernel refuses.
    """
    call("syscall", _RESTRICT_SELF, ruleset(), 0)


@functools.cache
def ruleset() -> int:
    """Landlock's rules as a file descriptor, made once and applied by every child.

    They allow reading what answers may read, and no network, signal or abstract socket to outside.
    What this kernel does not know yet is left out (linux/landlock.h says what came when).
    """
    missing = "the kernel has no Landlock (Linux 5.13 and newer have it, unless it was switched off at boot)"
    abi = call("syscall", _CREATE_RULESET, None, 0, 1, why=missing)
    files = 0x1FFF  # all that can be done with a file or a folder: the 13 rights of the first version
    # Later ones: rename to elsewhere, truncate, ioctl of a device.
    for version, right in ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15)):
        files |= right if abi >= version else 0
    tcp = 0b11 if abi >= 4 else 0  # bind, connect
    scoped = 0b11 if abi >= 6 else 0  # abstract sockets, signals
    rules = call("syscall", _CREATE_RULESET, struct.pack("QQQ", files, tcp, scoped), 24, 0)
    for path in readable():
        _allow(rules, path, _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))
    # The import system lists the folder itself; what is in site-packages below it stays unreadable.
    _allow(rules, sysconfig.get_path("stdlib"), _READ_DIR)
    return rules


def _allow(rules: int, path: str, rights: int) -> None:
    """Add to Landlock's rules: a file, or a folder with all below it, may be used in these ways."""
    # O_PATH: a rule needs to name the folder, not to read it.
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, beneath)
        call("syscall", _ADD_RULE, rules, 1, rule, 0)  # 1: a rule on a path
    finally:
        os.close(beneath)


@functools.cache
def readable() -> tuple[str, ...]:
    """The standard library without what is installed below it, and the packages."""
    folders = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    library = [
        str(path)
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
        if path.name not in ("site-packages", "dist-packages")
    ]
    packages: list[str] = []
    for spec in map(importlib.util.find_spec, PACKAGES):
        packages += (spec and spec.submodule_search_locations) or ()
    # Wheels keep shared libraries such as OpenBLAS beside the package, in numpy.libs.
    beside = [f"{location}.libs" for location in packages]
    return (*library, *packages, *filter(os.path.isdir, beside))
