"""One conversation with a submission's process: requests go out, and whatever comes back is a Reply.

Nothing that a submission does raises here: a reply that is late, malformed or missing is a Reply
that says so. What others do to its process may: then Lost is raised.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from grader.errors import IsolationError
from grader.isolation.message import WireError, encode
from grader.isolation.policy import Limits
from grader.isolation.reply import Reply, ReplyKind, common, content_of, plain, short, understood
from grader.isolation.request import Request, batches
from grader.isolation.wire import Wire

_BUDGET = 128 * 2**20  # bytes that a session may send in all, since what a run compares it keeps
_CALLBACK_SIZE = 100_000  # numbers in the arguments of a function that an answer calls back
_MOST_CALLBACKS = 10_000  # in one call
# On a busy machine a process that does not get the processor has up to so many times its limit of time, looked at
# every tenth of it. One that gets less than a twentieth of a processor is asleep.
_LONGEST = 10
_LOOKED = 0.1
_ASLEEP = 0.05
_KILLED = -9  # what a process ended with that was killed (SIGKILL)


class Lost(IsolationError):
    """A submission's process was killed from outside, which says nothing of the submission."""


class Session:
    """One submission's process: its cells run in it, then its functions are called.

    `used` tells the seconds of processor time that the process has had, where that can be known;
    None while somebody keeps it stopped. With `again` Lost is raised when somebody has killed it: who
    asks runs the submission once more. Else it died, as one that exits does.
    """

    def __init__(
        self,
        connection: socket.socket,
        end: Callable[[], int],
        limits: Limits,
        used: Callable[[], float | None] | None = None,
        again: bool = False,
    ) -> None:
        self.wire = Wire(connection)
        self.limits = limits
        self._used = used
        self._again = again
        self.deadline = time.monotonic() + limits.total
        self.ended: ReplyKind | None = None
        self._received = 0
        # Not the generator that `calls` gives: a check may stop in the middle of it.
        self._owed: deque[Request] = deque()  # calls whose replies nobody has taken yet
        self._end: Callable[[], int] | None = end

    # --- what can be asked ---

    def run_cells(self, cells: Sequence[str]) -> list[str | None]:
        """Run cells in order; each one's error or None.

        Shorter than `cells` where the process hung or died in one.
        """
        self._settle()
        deadline = min(self.deadline, time.monotonic() + self.limits.cells)
        errors: list[str | None] = []
        for batch in batches(Request.of_cell(index, cell) for index, cell in enumerate(cells)):
            self._send(b"".join(request.message for request in batch), deadline)
            for _ in batch:
                begun = time.monotonic()
                content = self._hear(deadline)
                if (now := time.monotonic()) > deadline:  # it was waited for, so the others have as much as it had
                    deadline = min(self.deadline, now + deadline - begun)
                match content:
                    case ("cell", None | str() as error):
                        # A cell's error is a submission's text like any other.
                        errors.append(error and plain(error, 1000))
                    case _:
                        if not self.ended:
                            self._over("malformed")
                        return errors
        return errors

    def bind(self, names: dict[str, str]) -> set[str]:
        """Give functions other names (exercise: function); the names of all that can be called."""
        match self._ask(encode(("bind", names)), time.monotonic() + self.limits.call):
            case ("bound", list(found)):
                # What it says it has is shown to people and asked for by name: nothing else passes.
                return {name for name in short(found[:1000]) if name.isidentifier()}
        return set()

    def output(self) -> tuple[str, int]:
        """What the submission printed, as far as it was kept, and the number of characters dropped."""
        match self._ask(encode(("output",)), time.monotonic() + self.limits.call):
            case ("output", str(text), int(dropped)):
                # It counts what it dropped itself, and may say less than nothing.
                return text[: self.limits.output], max(0, dropped)
        return "", 0

    def call(self, request: Request) -> Reply:
        """Make one call and wait for what comes of it."""
        return next(self.calls([request]))

    def calls(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Make calls in order, many sent at once.

        After one that ended the process there are no more.

        A caller that stops taking replies, and asks something else, gets no more of these.
        """
        self._settle()
        for batch in batches(requests):
            self._send(b"".join(request.message for request in batch))  # one system call for all
            self._owed.extend(batch)
            while self._owed:
                yield self._reply(self._owed.popleft())
            if self.ended:
                return

    # --- what comes back ---

    def _settle(self) -> None:
        """Take the replies that nobody asks for any more, so that the next is the next question's."""
        while self._owed:
            self._reply(self._owed.popleft())

    def _reply(self, request: Request) -> Reply:
        begun = time.monotonic()
        try:
            return self._next_reply(request, begun, min(self.deadline, begun + self.limits.call))
        except TimeoutError:
            return self._over("timeout")
        except (EOFError, OSError):
            return self._over("died")
        except WireError as error:
            return self._over("malformed", str(error))

    def _next_reply(self, request: Request, begun: float, deadline: float) -> Reply:
        """The reply to a call.

        Until it comes, the answer may call the functions that it was given.
        """
        called = [0] * len(request.functions)
        # Bounded: an answer that calls back for ever would keep us busy within its time for each call.
        for _ in range(_MOST_CALLBACKS):
            message = self._next(deadline, begun)
            # Most replies of a class are equal: found by their bytes, they are not parsed again.
            if reply := common(message, tuple(called)):
                return reply
            match content_of(message):
                case ("callback", int(index), tuple(args)) if 0 <= index < len(called):
                    if time.monotonic() > deadline:  # callbacks that were sent ahead are read without waiting
                        raise TimeoutError
                    called[index] += 1
                    self._send(_called_back(request.functions, index, args), deadline)
                case content:
                    return understood(content, tuple(called)) or self._over(
                        "malformed", "it is not the reply to a call"
                    )
        return self._over("timeout")

    def _over(self, kind: ReplyKind, text: str = "") -> Reply:
        self.ended = kind
        # No process, no more replies; who waits for one is told by `ended`.
        self._owed.clear()
        if self.close() == _KILLED and kind == "died" and self._again:
            raise Lost("A process in which answers ran was killed from outside. Is there enough memory? Run it again.")
        return Reply(kind, text=text)

    def _ask(self, message: bytes, deadline: float) -> Any:
        """One request and its reply; None when none came, and then the process is gone."""
        self._settle()
        if not self.ended:
            self._send(message, deadline)
        return self._hear(deadline)

    def _hear(self, deadline: float) -> Any:
        """What the next message says; None when none comes."""
        if self.ended:
            return None
        try:
            return content_of(self._next(deadline))
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
            # settimeout(0) would be a socket that does not block at all.
            self.wire.socket.settimeout(max(0.001, left))
            self.wire.send(message)

    def _next(self, deadline: float, begun: float | None = None) -> bytearray:
        message = self._awaited(deadline, begun or time.monotonic())
        self._received += len(message)
        # Each message is bounded by the wire; many of them are bounded here.
        if self._received > _BUDGET:
            raise WireError(f"it sent more than {_BUDGET // 2**20} MiB in all")
        return message

    def _awaited(self, deadline: float, begun: float) -> bytearray:
        """The next message; TimeoutError when the process had all of its time, or sleeps.

        Whether it had is seen from the share of a processor that it gets once it is late.
        """
        try:
            return self.wire.receive(deadline)
        except TimeoutError:
            # The submission's time in all is the clock's: nothing prolongs that.
            if self._used is None or deadline >= self.deadline:
                raise
            limit = max(deadline - begun, 0.0)
            last = min(begun + _LONGEST * limit, self.deadline)
            late, before = time.monotonic(), self._used()
        while True:
            try:
                return self.wire.receive(time.monotonic() + _LOOKED * self.limits.call)
            except TimeoutError:
                now, used = time.monotonic(), self._used()
                if now > last:
                    raise
                if used is None or before is None:  # it is stopped, or was until now
                    begun, late, before = now, now, used
                    continue
                share = (used - before) / (now - late)
                has_had = share * (now - begun) >= limit
                if has_had or share < _ASLEEP:
                    raise

    # --- its end ---

    def close(self) -> int:
        """End the process and all it started; what it ended with, 0 when it is closed already."""
        self.wire.close()
        # Closed twice ends once: `_over` closes before whoever opened the session does.
        end, self._end = self._end, None
        return end() if end else 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _called_back(functions: Sequence[Callable[..., Any]], index: int, args: tuple[Any, ...]) -> bytes:
    """The reply to an answer that calls a function it was given."""
    try:
        if size(args) > _CALLBACK_SIZE:
            raise ValueError(f"they hold more than {_CALLBACK_SIZE} numbers")
        return encode(("value", functions[index](*args)))
    except Exception as error:  # what the function makes of odd arguments is the answer's own trouble
        told = f"{type(error).__name__}: {str(error)[:200]}"
        return encode(("raised", f"the function you were given could not use its arguments: {told}"))


def size(value: Any) -> int:
    """The numbers and characters in a value."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, tuple | list):
        return sum(map(size, value))
    if isinstance(value, dict):
        return sum(map(size, value)) + sum(map(size, value.values()))
    return len(value) if isinstance(value, str | bytes) else 1
