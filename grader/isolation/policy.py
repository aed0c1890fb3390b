"""What a submission may use: its limits, the levels of isolation, and how a process is locked in.

    full      namespaces of its own (user, process, network, IPC, mount, host name), and all that follows
    landlock  an ordinary user, Landlock's file, network and signal rules, a seccomp filter,
              resource limits
    none      the time limits that the host keeps, and a process of its own

The zygote calls `settle` once and `fork` for each submission; the child calls `lock` before it sees
any of the submission. All of it is Linux's: elsewhere the one level is none.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from grader.errors import IsolationError
from grader.isolation import landlock, seccomp
from grader.isolation.libc import call, libc

if sys.platform == "linux":
    import resource

Level = Literal["full", "landlock", "none"]
LEVELS: tuple[Level, ...] = get_args(Level)

_NOBODY = 65534
_NEWNS, _NEWUTS, _NEWIPC = 0x00020000, 0x04000000, 0x08000000  # CLONE_*, of linux/sched.h
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_CHILD_SUBREAPER, _SET_NO_NEW_PRIVS = 1, 4, 36, 38  # PR_*


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for all cells, for a call, and in all; bytes of memory and of output kept."""

    cells: float = 5.0
    call: float = 2.0
    total: float = 60.0
    memory: int = 2**30
    output: int = 2**20


# --- which level ----------------------------------------------------------------------------------


def require(level: Level) -> None:
    """IsolationError, with the reason and the way to go on, where this machine does not have a level.

    It always has "none".
    """
    if level == "none" or not obstacle(level):
        return
    if level == "full" and not obstacle("landlock"):
        raise IsolationError(
            f"Isolation level full is not to be had here: {obstacle('full')}. "
            "The next weaker level is: --isolation landlock."
        )
    raise IsolationError(
        f"Submissions cannot be isolated on this machine: {obstacle('landlock')}. "
        "They are programs written by others: grade them on Linux 5.13 or newer, "
        "or, if you trust every one of them, say so: --isolation none."
    )


def strongest() -> Level:
    """The strongest level this machine has.

    IsolationError where that is none, which must be asked for by name.
    """
    if not obstacle("full"):
        return "full"
    require("landlock")
    return "landlock"


@functools.cache
def obstacle(level: Level) -> str:
    """Why this machine does not have a level, found by trying it in a process of its own.

    Empty where it does.
    """
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    # In a process of its own, since a lock does not come off; tried, since a kernel that has a
    # feature may refuse it all the same (a container, AppArmor, a sysctl).
    reading, writing = os.pipe()
    # Ctrl-C waits, and that process does not hear of it: it would end in a traceback.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pid = os.fork()
    if not pid:
        _try(level, writing)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(pid, 0)
    return "" if said == "locked" else said or "a locked process ended before it could say why"


def _try(level: Level, writing: int) -> None:
    try:
        settle(level)
        pid = fork(level)
        if not pid:
            lock(level, Limits(), writing)
            os.write(writing, b"locked")
            os._exit(0)
        os.waitpid(pid, 0)
    except Exception as error:
        os.write(writing, str(getattr(error, "strerror", None) or error).encode())
    finally:
        os._exit(0)


# --- the zygote -----------------------------------------------------------------------------------


def settle(level: Level) -> None:
    """Make the calling process one that may fork submissions.

    It is no longer root, and at level full in namespaces of its own.

    At level full the caller goes on as the first process of the new namespace, and every process in
    it ends with it.
    """
    # What a submission leaves behind becomes a child of this process, where `end` finds it.
    call("prctl", _SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if level == "none":
        return
    # Both are kept once made: made here, they cost no child anything.
    landlock.ruleset()
    if seccomp.supported():
        seccomp.program()
    if os.geteuid() == 0 and _readable_by_nobody():
        os.setgroups([])
        # The groups before the user, who may not change them any more.
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    if level == "full":
        unshare_namespaces()
        pid = os.fork()
        if pid:
            # The control socket must have one holder, or its end would not be seen.
            os.closerange(3, 65536)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
        call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def unshare_namespaces() -> None:
    """New user, network, IPC, mount and UTS namespaces for the calling process; the host has a name that tells nothing.

    Those it forks from now on are in a new process namespace.
    """
    why = "user namespaces are not allowed here, as in many containers and on some distributions"
    call("unshare", _NEWUSER | _NEWPID | _NEWNET | _NEWIPC | _NEWNS | _NEWUTS, why=why)
    socket.sethostname("submission")
    call("setdomainname", b"", 0)


def fork(level: Level) -> int:
    """os.fork; at level full the child is the first process of a process namespace.

    The namespace is below the caller's, and everything in it ends with the child.
    """
    if level != "full":
        return os.fork()
    call("unshare", _NEWPID | _NEWIPC)
    pid = os.fork()
    if pid:
        # unshare changed where the next children go, not where this process is.
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        call("setns", own, _NEWPID)  # the caller's next child gets another
        os.close(own)
    return pid


def end(level: Level, pid: int, others: Collection[int] = ()) -> int:
    """Kill and reap a child and whatever it started, which is every child of the caller not among `others`.

    What the child ended with is handed back, as subprocess tells it.
    """
    code = _kill(pid)
    # At level full the kernel has killed them, with the first process of their namespace.
    while level != "full" and (orphans := _children() - set(others)):
        for orphan in orphans:
            _kill(orphan)
    return code


def processor_time(pid: int) -> int:
    """The nanoseconds of processor time that a process of this namespace has had; 0 when it is gone."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # as clock_getcpuclockid names its clock
    except OSError:
        return 0


def is_stopped(pid: int) -> bool:
    """Whether a child of the caller was stopped (SIGSTOP), which a locked process cannot do to itself."""
    try:
        # WNOWAIT: it is told again until the child goes on.
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    except OSError:
        return False


def _kill(pid: int) -> int:
    """Kill and reap a process; what it ended with: -9 when it was killed, now or before, 0 where there is none."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 0


def _children() -> set[int]:
    try:
        return {int(pid) for pid in Path("/proc/thread-self/children").read_text().split()}
    except OSError:  # a kernel without that list, or no Linux
        return set()


def _readable_by_nobody() -> bool:
    """Whether an ordinary user can read the interpreter.

    Where not (it is in root's home), root without its capabilities must do.
    """
    paths, groups, gid = landlock.readable(), os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        # access() answers for the real user unless it is told otherwise.
        return all(os.access(path, os.R_OK, effective_ids=True) for path in paths)
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


# --- the child ------------------------------------------------------------------------------------


def lock(level: Level, limits: Limits, wire: int) -> None:
    """Lock the calling process for good, `wire` its only file descriptor.

    OSError where the kernel refuses; then nothing may run.
    """
    if level == "none":
        return
    os.setsid()
    call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # No other process of the same user may read or trace it, another submission's least of all.
    call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)
    call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _limit(limits)
    # Not closed: the C library writes to descriptor 2 whatever stands there, be it the wire.
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    landlock.apply()
    _drop_capabilities()
    os.closerange(3, wire)
    os.closerange(wire + 1, 65536)
    if seccomp.supported():
        # Last, since it forbids the calls above.
        seccomp.apply(libc())


def _limit(limits: Limits) -> None:
    with open("/proc/self/statm", "rb") as file:
        pages = int(file.read().split()[0])
    # The host's clock comes first; this limit holds when the host is stopped or gone.
    seconds = int(limits.total) + 1
    # What is mapped already is the zygote's, and shared: it does not count.
    sizes = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + limits.memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, size in sizes.items():
        hard = resource.getrlimit(kind)[1]
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(kind, (size, size))


def _drop_capabilities() -> None:
    # A new user namespace hands its first process every capability in it; a root that could not become
    # nobody has them anyway.
    call("capset", struct.pack("Ii", 0x20080522, 0), bytes(24))
