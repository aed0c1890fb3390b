"""Cells and calls: a namespace that a submission's cells run in, its functions answering over a wire."""

from __future__ import annotations

import ast
import contextlib
import itertools
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from grader import backends
from grader.isolation.message import MAX_ITEMS, RAN, WireError, decode, encode
from grader.isolation.standins import Output
from grader.isolation.wire import Wire

Familiar = dict[tuple[int, str], list[types.CodeType]]  # a cell's place and text -> its statements
_UNFIT = SyntaxError, ValueError, RecursionError, MemoryError  # what compile raises
_STRAYED = "its result is a NumPy array on the host, where its arguments were arrays of a device"


class Answers:
    """A namespace that cells run in, and the calls into it.

    `familiar` are the lesson's own cells, compiled before.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        familiar: Familiar | None = None,
        output: Output | None = None,
    ) -> None:
        self.namespace = namespace
        self.output = output or Output(0)
        self.familiar = familiar or {}
        self.sources: dict[str, list[str]] = {}
        self.device = backends.get("numpy")
        self.wire: Wire | None = None

    def run_cell(self, index: int, source: str) -> str | None:
        """Run a cell; a statement that fails takes no other with it. The first error, or None."""
        name = f"<cell {index + 1}>"
        self.sources[name] = source.splitlines()
        if (index, source) in self.familiar:
            return self._run(self.familiar[index, source], name)
        # Fast way first: most cells compile and run as a whole.
        failed = (0, 0)  # line and column
        try:
            code = _compiled(source, name)
            try:
                exec(code, self.namespace)
                return None
            except BaseException as error:
                failed, first = _place(code, sys.exc_info()[2]), error
        except _UNFIT as error:
            first = error
        # Then what stands behind the failing statement, so that a typo takes no function with it.
        self._run(_statements(source, name, failed), name)
        return self._describe(first, name)

    def _run(self, statements: Iterable[types.CodeType], name: str) -> str | None:
        first = None
        for statement in statements:
            try:
                exec(statement, self.namespace)
            except BaseException as error:
                first = first or self._describe(error, name)
        return first

    def _describe(self, error: BaseException, name: str) -> str:
        # A cell that is no Python was never run: no frame of it has the line.
        is_syntax = isinstance(error, SyntaxError)
        line = getattr(error, "lineno", None) if is_syntax else self._line(error)[0]
        where = f"{name.strip('<>')}, line {line}" if line else name.strip("<>")
        return f"{where}: {type(error).__name__}: {_text(error)}"

    def _line(self, error: BaseException) -> tuple[int | None, str]:
        """The last line of the submission's own that the error passed through, and its text."""
        found: tuple[int | None, str] = (None, "")
        trace = error.__traceback__
        while trace is not None:
            lines = self.sources.get(trace.tb_frame.f_code.co_filename)
            if lines is not None and 0 < trace.tb_lineno <= len(lines):
                found = trace.tb_lineno, lines[trace.tb_lineno - 1].strip()
            trace = trace.tb_next
        return found

    def call(self, name: str, arguments: tuple[Any, ...], backend: str = "numpy") -> bytes:
        """Call a function of the namespace, its arrays on the backend's device.

        Gives the reply's message.
        """
        function = self.namespace.get(name)
        if not callable(function):
            return encode(("missing",))
        try:
            device = self.device = backends.get(backend)
            moved = device.strays(arguments)  # their arrays, before they are put on the device
            arguments = device.to_device(arguments)
        except Exception as error:  # no GPU after all, or no memory on it
            return self._raised(error, False)
        # Compared by bytes: NaN is unequal to itself, and -0.0 equal to 0.0.
        before = _snapshot(arguments)
        self.output.mark()
        # "under" is no fault of an answer: exp(-1000) is 0.0 in every right one.
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("always")
            try:
                value = function(*arguments)
                if moved and device.strays(value):
                    raise TypeError(_STRAYED)
            # SystemExit and KeyboardInterrupt are an answer's error like any other.
            except BaseException as error:
                return self._raised(error, _snapshot(arguments) != before)
        # NumPy's floating-point warnings are RuntimeWarnings: a deprecation is no fault of an answer.
        noticed = [item for item in caught if issubclass(item.category, RuntimeWarning)]
        warned = [str(item.message)[:200] for item in noticed]
        flags = _snapshot(arguments) != before, _shares(value, arguments), warned[:3]
        try:
            return encode(("value", device.to_numpy(value), *flags, self.output.since_mark()))
        except WireError as error:
            return encode(("unfit", str(error)))

    def _raised(self, error: BaseException, changed: bool) -> bytes:
        # With its bases, so that a subclass of ValueError counts as one.
        kinds = [kind.__name__ for kind in type(error).__mro__]
        line, text = self._line(error)
        printed = self.output.since_mark()
        return encode(("raised", kinds, _text(error), line, text[:200], changed, printed))

    def stand_in(self, index: int) -> Callable[..., Any]:
        """The stand-in for a function argument: asks the grader."""

        def function(*args: Any) -> Any:
            assert self.wire is not None, "function arguments need a wire"
            self.wire.send(encode(("callback", index, self.device.to_numpy(args))))
            kind, value = decode(self.wire.receive())
            # The check's function refused these arguments: here it is as if it had raised itself.
            if kind == "raised":
                raise ValueError(value)
            return self.device.to_device(value)

        return function


def _compiled(source: str | ast.Module, name: str) -> types.CodeType:
    return compile(source, name, "exec", dont_inherit=True)


def _place(code: types.CodeType, trace: types.TracebackType | None) -> tuple[int, int]:
    """The line and column of a cell's code at which an error left it."""
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    if trace is None:
        return sys.maxsize, 0
    # An instruction takes two bytes, and co_positions has one entry for each.
    # Both may be None, as for instructions that the compiler added.
    line, _, column, _ = next(itertools.islice(code.co_positions(), trace.tb_lasti // 2, None))
    return line or trace.tb_lineno, column or 0


def _statements(
    source: str,
    name: str,
    after: tuple[int, int] = (0, 0),
) -> Iterator[types.CodeType]:
    """The statements of a cell that begin behind a place, each by itself.

    Those that are no Python are left out.
    """
    body: list[ast.stmt] = []
    with contextlib.suppress(*_UNFIT):
        body = ast.parse(source, name).body
    for statement in body:
        # A decorated function begins at its first decorator, though its lineno says "def".
        first = (getattr(statement, "decorator_list", None) or [statement])[0]
        if (first.lineno, first.col_offset) > after:
            with contextlib.suppress(*_UNFIT):
                yield _compiled(ast.Module([statement], []), name)


def familiar_cells(cells: Sequence[str]) -> Familiar:
    """Cells that every submission of a lesson begins with, compiled once for all.

    They are the lesson's public text, not a submission's.
    """
    compiled: Familiar = {}
    for index, source in enumerate(cells):
        statements = list(_statements(source, f"<cell {index + 1}>"))
        if statements:
            compiled[index, source] = statements
    return compiled


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:
        return "(its message cannot be shown)"


def _snapshot(value: Any) -> Any:
    """What can be compared later to tell whether arguments were changed."""
    if isinstance(value, np.ndarray):
        # Bytes are a copy, which a later change of the array leaves as it was.
        return value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return tuple(map(_snapshot, value))
    if isinstance(value, dict):
        return tuple((key, _snapshot(item)) for key, item in value.items())
    return value


def _shares(value: Any, arguments: Any) -> bool:
    results = _arrays(value)
    if not results:
        return False
    given = _arrays(arguments)
    # By bounds, which is quick: for the arrays of a check they tell as much as the exact question.
    return any(np.may_share_memory(result, argument) for argument in given for result in results)


def _arrays(value: Any, depth: int = 0) -> list[np.ndarray]:
    """The arrays in a value, as far as it can cross the wire."""
    if isinstance(value, np.ndarray):
        return [value]
    if not isinstance(value, list | tuple | dict) or depth == 4 or len(value) > MAX_ITEMS:
        return []
    items = value.values() if isinstance(value, dict) else value
    return [array for item in items for array in _arrays(item, depth + 1)]


# --- requests -------------------------------------------------------------------------------------


def serve(wire: Wire, answers: Answers) -> None:
    """Answer requests until the other side closes the wire."""
    answers.wire = wire
    while True:
        try:
            request = wire.receive()
        except (EOFError, OSError):
            return
        kind, *rest = decode(request, answers.stand_in)
        if kind == "cell":
            error = answers.run_cell(*rest)
            wire.send(encode(("cell", error)) if error else RAN)
        elif kind == "bind":
            for name, source in rest[0].items():
                # None where there is no such name: an older binding must not answer for it.
                answers.namespace[name] = answers.namespace.get(source)
            names = [name for name, value in answers.namespace.items() if callable(value)]
            wire.send(encode(("bound", names)))
        elif kind == "call":
            wire.send(answers.call(*rest))
        elif kind == "output":
            wire.send(encode(("output", *answers.output.report())))
