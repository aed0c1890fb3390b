"""What a locked process can and cannot do, asked of the kernel from inside one. (tests/hostile/ asks as submissions do.)"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import IsolationError
from grader.isolation import policy, seccomp
from grader.isolation.policy import Level, Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")
LIMITS = Limits()
HERE = [level for level in policy.LEVELS[:2] if not policy.obstacle(level)]


def locked(level: Level, ask: Callable[[], object], limits: Limits = LIMITS) -> str:
    """What `ask` says in a locked process: its result, or its error."""
    reading, writing = os.pipe()
    zygote = os.fork()
    if not zygote:
        with contextlib.suppress(BaseException):
            policy.settle(level)
            pid = policy.fork(level)
            if not pid:
                policy.lock(level, limits, writing)
                try:
                    said = repr(ask())
                except BaseException as error:
                    said = f"{type(error).__name__}: {error}"
                os.write(writing, said.encode())
                os._exit(0)
            os.waitpid(pid, 0)
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        said = answer.read()
    os.waitpid(zygote, 0)
    return said


def refused(said: str) -> bool:
    return "Operation not permitted" in said or "Permission denied" in said or "can't start new thread" in said


FORBIDDEN: dict[str, Callable[[], object]] = {
    "read the system's files": lambda: Path("/etc/passwd").read_bytes(),
    "read the project": lambda: Path(__file__).read_bytes(),
    "read another process": lambda: Path("/proc/1/environ").read_bytes(),
    "list processes": lambda: os.listdir("/proc"),
    "write": lambda: Path("/tmp/prep-was-here").touch(),
    "make a folder": lambda: os.mkdir("/tmp/prep-was-here"),
    "make a link": lambda: os.symlink("/etc", "/tmp/prep-was-here"),
    "change a file's mode": lambda: os.chmod("/tmp", 0o777),
    "change a file's times": lambda: os.utime("/tmp"),
    "set an attribute": lambda: os.setxattr("/tmp", "user.prep", b"x"),
    "fork": os.fork,
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "start a thread": lambda: __import__("threading").Thread(target=print).start(),
    "open a socket": lambda: socket.socket(),
    "open a Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "make a pair of sockets": socket.socketpair,
    "signal its parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "signal everyone": lambda: os.kill(-1, signal.SIGTERM),
    "make a file in memory": lambda: os.memfd_create("x"),
    "change its priority": lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),
    "set a timer": lambda: signal.setitimer(signal.ITIMER_REAL, 1),
    "become root": lambda: os.setuid(0),
    "leave its session": os.setsid,
}


@pytest.mark.parametrize("level", HERE)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_forbidden(level: Level, what: str) -> None:
    """A locked process cannot read, write, start, reach or signal anything."""
    said = locked(level, FORBIDDEN[what])
    assert refused(said), said
    assert not Path("/tmp/prep-was-here").exists()


def imports_and_numbers() -> object:
    import decimal
    import statistics

    import numpy as np
    import numpy.polynomial

    np.linalg.svd(np.random.default_rng().random((20, 20)))
    return decimal.Decimal(statistics.mean([1, 2, 3])) + decimal.Decimal(1) + len(numpy.polynomial.__name__)


@pytest.mark.parametrize("level", HERE)
def test_allowed(level: Level) -> None:
    """The standard library imports, numpy computes, randomness comes."""
    assert locked(level, imports_and_numbers).startswith("Decimal")


@pytest.mark.skipif("full" not in HERE, reason="below full the name is the machine's")
def test_the_hosts_name_is_not_told() -> None:
    """At level full a submission is on a machine of another name, and this one keeps its own."""
    own = socket.gethostname()
    assert locked("full", lambda: (os.uname().nodename, socket.gethostname())) == "('submission', 'submission')"
    assert socket.gethostname() == own


@pytest.mark.parametrize("level", HERE)
def test_memory_is_bounded(level: Level) -> None:
    """More memory than the limit is a MemoryError."""
    assert locked(level, lambda: len(bytes(2**27)), Limits(memory=2**26)).startswith("MemoryError")


@pytest.mark.parametrize("level", HERE)
def test_limits_stay(level: Level) -> None:
    """A limit cannot be raised again."""
    assert "Error" in locked(level, lambda: resource.setrlimit(resource.RLIMIT_NPROC, (100, 100)))


@pytest.mark.parametrize("level", HERE)
def test_only_the_wire_is_open(level: Level) -> None:
    """Every file descriptor but the wire is closed; the standard streams lead nowhere."""

    def open_ones() -> list[int]:
        return [fd for fd in range(200) if not _closed(fd)]

    assert len(eval(locked(level, open_ones))) == 4


def _closed(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return True
    return False


def test_no_level_none_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strongest level is never none: where nothing isolates, that is an error."""
    assert not HERE or policy.strongest() == HERE[0]
    monkeypatch.setattr(policy, "obstacle", lambda level: "the kernel has no Landlock")
    with pytest.raises(IsolationError, match=r"no Landlock.* --isolation none"):
        policy.strongest()
    policy.require("none")


def test_refusal_says_why_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a level is not to be had, the sentence names the reason and the option that goes on."""
    monkeypatch.setattr(
        policy, "obstacle", lambda level: "user namespaces are not allowed here" if level == "full" else ""
    )
    with pytest.raises(IsolationError, match=r"full is not to be had here: user namespaces .* --isolation landlock"):
        policy.require("full")
    assert policy.strongest() == "landlock"


@pytest.mark.skipif(not seccomp.supported(), reason="no filter for this architecture")
def test_filter_is_well_formed() -> None:
    """The filter is whole instructions, few enough for its jumps to reach."""
    assert len(seccomp.program()) % 8 == 0
    assert len(seccomp.program()) // 8 < 256


def test_ctrl_c_while_a_level_is_tried() -> None:
    """The process that tries a level does not hear of Ctrl-C, which a shell sends to all: it ends with its answer."""
    script = """
import os, signal
from grader.isolation import policy

def interrupted(level, writing):
    os.kill(os.getpid(), signal.SIGINT)
    os.write(writing, b"locked")
    os._exit(0)

policy._try = interrupted
assert policy.obstacle("landlock") == ""
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
