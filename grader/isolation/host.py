"""The trusted side: starts the zygote, opens a session for each submission, and turns whatever comes back into a Reply.

Nothing that a submission does raises here: a reply that is late, malformed or missing is a Reply that says so.
"""

from __future__ import annotations

import array
import contextlib
import dataclasses
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from grader.errors import IsolationError
from grader.isolation.policy import Level, Limits
from grader.isolation.wire import Wire, WireError, decode, encode

ReplyKind = Literal["value", "raised", "missing", "unfit", "timeout", "memory", "died", "malformed"]
ENDED: tuple[ReplyKind, ...] = ("timeout", "died", "malformed")  # after these the child is gone
_WINDOW = 16, 32 * 1024  # requests and bytes under way at once: what a socket's buffer holds without blocking
_BUDGET = 128 * 2**20  # bytes that a session may send in all, since what a run compares it keeps
_COMMON, _SHORT = 2000, 4096  # replies that are kept, and the bytes of the longest
_FORKS = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call: a value, or how it ended; and what the call did beside (changed its input, shared memory, warned)."""

    kind: ReplyKind
    value: Any = None
    raised: tuple[str, ...] = ()  # the exception's class and its bases
    text: str = ""
    line: int | None = None
    code: str = ""
    changed: bool = False
    shares: bool = False
    warned: tuple[str, ...] = ()
    common: bool = False  # one object for all that say the same, shared by the answers of a run


@dataclass(frozen=True, slots=True)
class Request:
    """A call's arguments as a message, made once and sent to many; and the functions among the arguments."""

    message: bytes
    functions: tuple[Callable[..., Any], ...] = ()

    @classmethod
    def of(cls, name: str, args: Sequence[Any], backend: str = "numpy") -> Request:
        """The call of a function; its arrays are put on the backend's device, and what comes of them is brought back."""
        functions: list[Callable[..., Any]] = []
        message = encode(("call", name, tuple(args), backend), functions)
        return cls(message, tuple(functions))


class Lost(IsolationError):
    """The process that the submissions' processes come from was killed from outside: what they said then is no verdict."""


class Session:
    """One submission's process: its cells run in it, then its functions are called."""

    def __init__(self, connection: socket.socket, end: Callable[[], int], limits: Limits) -> None:
        self.wire = Wire(connection)
        self.limits = limits
        self.deadline = time.monotonic() + limits.total
        self.ended: ReplyKind | None = None
        self._received = 0
        self._owed: deque[Request] = deque()  # calls whose replies nobody has taken yet
        self._end: Callable[[], int] | None = end

    def run_cells(self, cells: Sequence[str]) -> list[str | None]:
        """Run cells in order; each one's error or None. Shorter than `cells` where the process hung or died in one."""
        self._settle()
        deadline = min(self.deadline, time.monotonic() + self.limits.cells)
        errors: list[str | None] = []
        for batch in _batches(Request(encode(("cell", index, cell))) for index, cell in enumerate(cells)):
            self._send(b"".join(request.message for request in batch), deadline)
            for _ in batch:
                match self._hear(deadline):
                    case ("cell", None | str() as error):
                        errors.append(error and _plain(error, 1000))
                    case _:
                        if not self.ended:
                            self._over("malformed")
                        return errors
        return errors

    def bind(self, names: dict[str, str]) -> set[str]:
        """Give functions other names (exercise: function); the names of all that can be called."""
        match self._ask(encode(("bind", names)), time.monotonic() + self.limits.call):
            case ("bound", [*found]):
                return {name for name in _short(found[:1000]) if name.isidentifier()}
        return set()

    def output(self) -> tuple[str, int]:
        """What the submission printed, as far as it was kept, and the number of characters dropped."""
        reply = self._ask(encode(("output",)), time.monotonic() + self.limits.call)
        match reply:
            case ("output", str(text), int(dropped)):
                return text[: self.limits.output], max(0, dropped)
        return "", 0

    def call(self, request: Request) -> Reply:
        """Make one call and wait for what comes of it."""
        return next(self.calls([request]))

    def calls(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Make calls in order, many sent at once. After one that ended the process there are no more.

        Whoever stops taking replies, and asks something else, gets no more of these.
        """
        self._settle()
        for batch in _batches(requests):
            self._send(b"".join(request.message for request in batch))
            self._owed.extend(batch)
            while self._owed:
                yield self._reply(self._owed.popleft())
            if self.ended:
                return

    def _settle(self) -> None:
        """Take the replies that nobody asks for any more, so that the next is the next question's."""
        while self._owed:
            self._reply(self._owed.popleft())

    def _reply(self, request: Request) -> Reply:
        deadline = min(self.deadline, time.monotonic() + self.limits.call)
        try:
            while True:
                message = self._next(deadline)
                if len(message) <= _SHORT and (reply := _common(bytes(message))):
                    return reply
                match _content(message):
                    case ("callback", int(index), tuple(args)):
                        self._send(_called_back(request.functions, index, args), deadline)
                    case content:
                        return _understood(content) or self._over("malformed", "it is not the reply to a call")
        except TimeoutError:
            return self._over("timeout")
        except (EOFError, OSError):
            return self._over("died")
        except WireError as error:
            return self._over("malformed", str(error))

    def _over(self, kind: ReplyKind, text: str = "") -> Reply:
        self.ended = kind
        self._owed.clear()
        self.close()
        return Reply(kind, text=text)

    def _ask(self, message: bytes, deadline: float) -> Any:
        """One request and its reply; None when none came, and then the process is gone."""
        self._settle()
        if not self.ended:
            self._send(message, deadline)
        return self._hear(deadline)

    def _hear(self, deadline: float) -> Any:
        if self.ended:
            return None
        try:
            return self._receive(deadline)
        except TimeoutError:
            self._over("timeout")
        except (EOFError, OSError):
            self._over("died")
        except WireError as error:
            self._over("malformed", str(error))
        return None

    def _send(self, message: bytes, deadline: float | None = None) -> None:
        """Send, or leave it to the next receive to find that nobody is there: a message cut off is the last."""
        left = (deadline or time.monotonic() + self.limits.call) - time.monotonic()
        with contextlib.suppress(OSError):
            self.wire.socket.settimeout(max(0.001, left))
            self.wire.send(message)

    def _receive(self, deadline: float) -> tuple[Any, ...]:
        """What the next message says."""
        return _content(self._next(deadline))

    def _next(self, deadline: float) -> bytearray:
        message = self.wire.receive(deadline)
        self._received += len(message)
        if self._received > _BUDGET:
            raise WireError(f"it sent more than {_BUDGET // 2**20} MiB in all")
        return message

    def close(self) -> None:
        """End the process and all it started."""
        self.wire.close()
        end, self._end = self._end, None
        if end:
            end()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _content(message: bytes | bytearray) -> tuple[Any, ...]:
    """What a message says; WireError where that is no tuple that begins with a word."""
    match decode(message):
        case (str(), *_) as content if isinstance(content, tuple):
            return content
    raise WireError("it begins with no word")


def _understood(content: tuple[Any, ...]) -> Reply | None:
    """What a message says of a call; None for anything else."""
    match content:
        case ("value", value, bool(changed), bool(shares), list(warned)):
            return Reply("value", value, changed=changed, shares=shares, warned=_short(warned[:3]))
        case ("raised", [str(), *_] as kinds, str(text), int() | None as line, str(code), bool(changed)):
            kind: ReplyKind = "memory" if "MemoryError" in kinds else "raised"
            return Reply(kind, raised=_short(kinds[:20]), text=_plain(text), line=line, code=_plain(code, 200), changed=changed)
        case ("missing",):
            return Reply("missing")
        case ("unfit", str(text)):
            return Reply("unfit", text=_plain(text))
    return None


@functools.lru_cache(_COMMON)
def _common(message: bytes) -> Reply | None:
    """The same for a short message: most answers to a call are the same, so they are kept, but for what could be changed."""
    reply = _understood(_content(message))
    return dataclasses.replace(reply, common=True) if reply and _constant(reply.value) else None


def _constant(value: Any) -> bool:
    """Whether nobody can change a value: a number, text, an array that is read-only since it came of `bytes`, a tuple of such."""
    if isinstance(value, tuple):
        return all(map(_constant, value))
    return not value.flags.writeable if isinstance(value, np.ndarray) else not isinstance(value, list | dict)


def _batches(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Requests that are sent together: as many as a socket holds without blocking; one with functions, which the answer calls back, goes alone."""
    batch: list[Request] = []
    size = 0
    for request in requests:
        if batch and (len(batch) == _WINDOW[0] or size + len(request.message) > _WINDOW[1] or batch[-1].functions or request.functions):
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += len(request.message)
    if batch:
        yield batch


def _plain(text: str, length: int = 500) -> str:
    """A submission's text as it may be shown: bounded, and without what would steer a terminal or turn the line round."""
    if text.isprintable():
        return text[:length]
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text[:length])


def _short(texts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_plain(text, 200) for text in texts if isinstance(text, str))


def _called_back(functions: Sequence[Callable[..., Any]], index: int, args: tuple[Any, ...]) -> bytes:
    """The reply to an answer that calls a function it was given. What the function makes of odd arguments is the answer's own trouble."""
    try:
        return encode(("value", functions[index](*args)))
    except Exception as error:
        return encode(("raised", f"the function you were given could not use its arguments: {type(error).__name__}: {str(error)[:200]}"))


class Host:
    """Opens sessions. One zygote serves all of them; where there is no fork, each session is a fresh interpreter.

    `familiar` are the cells of the lesson as it was handed out: those that a submission left as they were are compiled once for all.
    `backend` is loaded before the submissions, which may read no library.
    """

    def __init__(self, level: Level, limits: Limits | None = None, familiar: Sequence[str] = (), backend: str = "numpy") -> None:
        self.level: Level = level
        self.limits = limits or Limits()
        self.familiar = tuple(familiar)
        self.backend = backend
        self._control: socket.socket | None = None
        self._zygote: subprocess.Popen[bytes] | None = None

    def open(self) -> Session:
        """A new process for a submission. IsolationError when none can be started."""
        if not _FORKS:
            return self._open_single()
        for attempt in (1, 2):  # the second for a zygote that was killed
            try:
                return self._open_forked()
            except (OSError, EOFError) as error:
                self.close()
                if attempt == 2:
                    raise IsolationError(f"No process for a submission could be started at isolation level {self.level}: {error}.") from error
        raise AssertionError

    def _open_forked(self) -> Session:
        if self._control is None:
            self._start()
        assert self._control is not None
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            (pid,) = array.array("q", _exactly(self._control, 8))
        except BaseException:
            ours.close()
            raise
        return Session(ours, lambda: self._end(pid), self.limits)

    def _end(self, pid: int) -> int:
        if self._control is None:
            return 0
        try:
            self._control.sendall(array.array("q", [pid]).tobytes())
            return int(array.array("q", _exactly(self._control, 8))[0])
        except (OSError, EOFError) as error:
            self.close()
            raise Lost("The zygote was killed, and the processes of submissions with it.") from error

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._zygote = self._spawn("zygote", theirs.fileno(), (theirs.fileno(),))
        self._control = ours  # from here on close() ends both
        Wire(ours).send(encode(self.familiar))
        _exactly(ours, 8)  # it has read them, and what comes next on this socket is a request

    def _open_single(self) -> Session:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(30)
            process = self._spawn("single", server.getsockname()[1])
            connection, _ = server.accept()

        def end() -> int:
            process.kill()
            return process.wait()

        return Session(connection, end, self.limits)

    def _spawn(self, kind: str, number: int, fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        settings = json.dumps([self.level, self.backend, *dataclasses.astuple(self.limits)])
        command = [sys.executable, "-s", "-P", "-m", "grader.isolation.child", kind, str(number), settings]
        root = Path(sys.executable).anchor
        return subprocess.Popen(command, env=_environment(), cwd=root, stdin=subprocess.DEVNULL, pass_fds=fds, start_new_session=_FORKS)

    def close(self) -> None:
        """End the zygote and everything it started."""
        if self._control is not None:
            self._control.close()
        if self._zygote is not None:
            try:
                self._zygote.wait(5)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
        self._control = self._zygote = None

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Nothing of the grader's environment but what an interpreter needs to start; one BLAS thread."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ}
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
    return {**kept, **threads, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("the isolated side is gone")
        data += part
    return data


def session_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """A session for functions that live in this process (a notebook's kernel): no isolation, but on Linux a hang or a crash stays out."""
    return _fork_here(namespace, limits) if _FORKS else _thread_here(namespace, limits)


def _fork_here(namespace: dict[str, Any], limits: Limits) -> Session:
    from grader.isolation.child import Answers, serve

    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        try:
            ours.close()
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            serve(Wire(theirs), Answers(namespace))
        finally:
            os._exit(0)
    theirs.close()
    return Session(ours, lambda: _kill(pid), limits)


def _thread_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """Where a process cannot be forked (Windows), or not safely once it has threads (macOS): a call that hangs is left behind in its thread."""
    from grader.isolation.child import Answers, serve

    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs, contextlib.suppress(OSError):  # nobody waits any more
            serve(Wire(theirs), Answers(namespace))

    threading.Thread(target=answer, daemon=True).start()
    return Session(ours, lambda: 0, limits)


def _kill(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
