"""Processes for submissions: the zygote is started here, and a session opened for each submission."""

from __future__ import annotations

import array
import dataclasses
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.errors import IsolationError
from grader.isolation.message import encode
from grader.isolation.policy import Level, Limits
from grader.isolation.session import Lost, Session
from grader.isolation.wire import Wire

# Elsewhere there is no fork (Windows), or none that is safe beside threads (macOS).
FORKS = sys.platform == "linux"
_PATIENCE = 60.0  # seconds that the zygote has to answer: one that was stopped never does


class Host:
    """Opens sessions.

    One zygote serves all of them; where there is no fork, each session is a fresh interpreter.

    `familiar` are the cells of the lesson as it was handed out: those that a submission left as
    they were are compiled once for all. `backend` is loaded before the submissions, which may read
    no library.
    """

    def __init__(
        self,
        level: Level,
        limits: Limits | None = None,
        familiar: Sequence[str] = (),
        backend: str = "numpy",
    ) -> None:
        self.level: Level = level
        self.limits = limits or Limits()
        self.familiar = tuple(familiar)
        self.backend = backend
        self._control: socket.socket | None = None
        self._zygote: subprocess.Popen[bytes] | None = None
        self._is_ready = False  # the zygote has said that it can fork

    def start(self) -> None:
        """Let the zygote start, without waiting for it: the first session is open sooner."""
        if FORKS and self._control is None:
            self._start()

    def open(self, again: bool = False) -> Session:
        """A new process for a submission, with `again` as Session has it. IsolationError when none can be started."""
        if not FORKS:
            return self._open_single()
        try:
            return self._open_forked(again)
        except (OSError, EOFError):
            self.close()  # the zygote was killed: start another, once
        try:
            return self._open_forked(again)
        except (OSError, EOFError) as error:
            self.close()
            what = f"No process for a submission could be started at isolation level {self.level}"
            raise IsolationError(f"{what}: {error}.") from error

    def _open_forked(self, again: bool) -> Session:
        if self._control is None:
            self._start()
        assert self._control is not None
        # The zygote has been loading numpy meanwhile: the first session may have to wait for that.
        if not self._is_ready:
            self._await_zygote(self._control)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            # The child holds its end by now; ours of that end closes with the `with`.
            (pid,) = array.array("q", _exactly(self._control, 8))
        except BaseException:
            ours.close()
            raise
        return Session(ours, lambda: self._end(pid), self.limits, lambda: self._used(pid), again)

    def _used(self, pid: int) -> float | None:
        """The seconds of processor time that a submission's process has had; None while it is stopped."""
        try:
            nanoseconds = self._asked(b"used" + array.array("q", [pid]).tobytes())
        except (OSError, EOFError):
            return 0.0  # the zygote is gone, and the process with it
        return None if nanoseconds < 0 else nanoseconds / 1e9

    def _end(self, pid: int) -> int:
        if self._control is None:
            return 0
        try:
            return self._asked(array.array("q", [pid]).tobytes())
        except (OSError, EOFError) as error:
            self.close()
            what = "The zygote was killed, and the processes of submissions with it."
            raise Lost(what) from error

    def _asked(self, request: bytes) -> int:
        """The number that the zygote answers a request with."""
        if self._control is None:
            raise EOFError("there is no zygote")
        self._control.sendall(request)
        return int(array.array("q", _exactly(self._control, 8))[0])

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._zygote = self._spawn("zygote", theirs.fileno(), (theirs.fileno(),))
        self._control = ours  # from here on close() ends both
        # A zygote that was stopped (SIGSTOP) holds up nobody for ever.
        ours.settimeout(_PATIENCE)

    def _await_zygote(self, control: socket.socket) -> None:
        Wire(control).send(encode(self.familiar))
        _exactly(control, 8)  # it has read them, and what comes next on this socket is a request
        self._is_ready = True

    def _open_single(self) -> Session:
        # Over loopback, since a socket cannot be handed to a new process on every system.
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(30)
            process = self._spawn("single", server.getsockname()[1])
            connection, _ = server.accept()

        def end() -> int:
            process.kill()
            return process.wait()

        return Session(connection, end, self.limits)

    def _spawn(self, kind: str, number: int, fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        # -s and -P: neither the user's packages nor the current folder come before ours.
        settings = json.dumps([self.level, self.backend, *dataclasses.astuple(self.limits)])
        child = ["-m", "grader.isolation.child", kind, str(number), settings]
        # Not in a folder of ours: a relative path of a submission then leads nowhere near.
        root = Path(sys.executable).anchor
        # A session of its own: Ctrl-C in the terminal is the grader's alone to hear.
        return subprocess.Popen(
            [sys.executable, "-s", "-P", *child],
            env=_environment(),
            cwd=root,
            stdin=subprocess.DEVNULL,
            pass_fds=fds,
            start_new_session=FORKS,
        )

    def close(self) -> None:
        """End the zygote and everything it started."""
        if self._control is not None:
            self._control.close()
        if self._zygote is not None:
            try:
                # Its control socket is closed, which ends it and its children by itself.
                self._zygote.wait(5)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
        self._control = self._zygote = None
        self._is_ready = False

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Nothing of the grader's environment but what an interpreter needs to start.

    BLAS gets one thread.
    """
    names = ("SYSTEMROOT", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    # The filter refuses new threads, and a class keeps every core busy as it is.
    libraries = ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")
    threads = {f"{library}_NUM_THREADS": "1" for library in libraries}
    # The child imports the grader from where this one is, and forgets the path before it serves.
    root = str(Path(__file__).parents[2])
    # A fixed hash seed: sets of strings have one order in every run, so that a run can be replayed.
    return {**kept, **threads, "PYTHONPATH": root, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        # A stream has no messages: what was sent at once may come in parts.
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("the isolated side is gone")
        data += part
    return data
