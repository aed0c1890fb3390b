"""The untrusted side: a process that runs a submission's cells and answers calls over its wire.

`python -m grader.isolation.child FD` is the zygote: one clean process with numpy loaded that forks a locked child for each
submission. It imports the standard library, numpy, the wire and the policy only, and knows nothing of checks or grades.
Nothing here is trusted by the other side: a submission owns its process, so all that this file promises is to be helpful.
"""

from __future__ import annotations

import array
import ast
import contextlib
import gc
import importlib.abc
import importlib.machinery
import io
import itertools
import json
import os
import socket
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from grader import backends
from grader.isolation import policy
from grader.isolation.wire import MAX_ITEMS, Wire, WireError, decode, encode

# Imported by learners for pictures and tools of the notebook: they import as something that does nothing.
INERT = {"matplotlib", "mpl_toolkits", "ipywidgets", "IPython", "grader", "seaborn", "plotly", "tqdm"}
Familiar = dict[tuple[int, str], list[types.CodeType]]  # a cell's place and text -> its statements
_UNFIT = SyntaxError, ValueError, RecursionError, MemoryError  # what compile raises
_CUPY = {"cupy", "cupyx", "cupy_backends", "fastrlock", "cuda", "nvidia"}  # with what it is made of
ALLOWED = {"numpy", "array_api_compat", "array_api_strict"} | _CUPY | set(sys.stdlib_module_names)


# --- what a submission's cells see ------------------------------------------------------------------------------------


def _not_ready(*functions: Any) -> bool:
    """`ready` in a graded notebook: its demonstrations are for the learner's screen."""
    return False


class Inert(types.ModuleType):
    """Stands for a plotting library or the notebook: every attribute and call gives it back; a decorator changes nothing."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _not_ready if name == "ready" else self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType) else self

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Inert:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class _Imports(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """First in line for every import: inert stand-ins for pictures, a sentence for libraries that answers do without."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in INERT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if top not in ALLOWED:
            raise ImportError(f"{top} is not available to answers: they are written from scratch, with numpy")
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return Inert(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


class _Output(io.TextIOBase):
    """Standard output: the first `limit` characters are kept, the rest is counted."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.kept = limit, 0, io.StringIO()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept.write(text[: max(0, self.limit - self.size)])
        self.size += len(text)
        return len(text)

    def report(self) -> tuple[str, int]:
        """What was kept, and how many characters were dropped."""
        return self.kept.getvalue(), max(0, self.size - self.limit)


# --- cells and calls --------------------------------------------------------------------------------------------------


class Answers:
    """A namespace that cells run in, and the calls into it. `familiar` are the lesson's own cells, compiled before."""

    def __init__(self, namespace: dict[str, Any], familiar: Familiar | None = None) -> None:
        self.namespace = namespace
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
        line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else self._line(error)[0]
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
        """Call a function of the namespace, its arrays on the backend's device; the reply's message."""
        function = self.namespace.get(name)
        if not callable(function):
            return encode(("missing",))
        try:
            device = self.device = backends.get(backend)
            arguments = device.to_device(arguments)
        except Exception as error:  # no GPU after all, or no memory on it
            return self._raised(error, False)
        before = _snapshot(arguments)
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("always")
            try:
                value = function(*arguments)
                if device.strays(value):
                    raise TypeError("its result is a NumPy array on the host, where its arguments were arrays of a device")
            except BaseException as error:
                return self._raised(error, _snapshot(arguments) != before)
        warned = [str(item.message)[:200] for item in caught if issubclass(item.category, RuntimeWarning)]
        flags = _snapshot(arguments) != before, _shares(value, arguments), warned[:3]
        try:
            return encode(("value", device.to_numpy(value), *flags))
        except WireError as error:
            return encode(("unfit", str(error)))

    def _raised(self, error: BaseException, changed: bool) -> bytes:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        line, text = self._line(error)
        return encode(("raised", kinds, _text(error), line, text[:200], changed))

    def stand_in(self, index: int) -> Callable[..., Any]:
        """The stand-in for a function argument: asks the grader."""

        def function(*args: Any) -> Any:
            assert self.wire is not None, "function arguments need a wire"
            self.wire.send(encode(("callback", index, self.device.to_numpy(args))))
            kind, value = decode(self.wire.receive())
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
    line, _, column, _ = next(itertools.islice(code.co_positions(), trace.tb_lasti // 2, None))
    return line or trace.tb_lineno, column or 0


def _statements(source: str, name: str, after: tuple[int, int] = (0, 0)) -> Iterator[types.CodeType]:
    """The statements of a cell that begin behind a place, each by itself, but for those that are no Python."""
    body: list[ast.stmt] = []
    with contextlib.suppress(*_UNFIT):
        body = ast.parse(source, name).body
    for statement in body:
        first = (getattr(statement, "decorator_list", None) or [statement])[0]
        if (first.lineno, first.col_offset) > after:
            with contextlib.suppress(*_UNFIT):
                yield _compiled(ast.Module([statement], []), name)


def familiar_cells(cells: Sequence[str]) -> Familiar:
    """Cells that every submission of a lesson begins with, compiled once for all. They are the lesson's public text, not a submission's."""
    compiled = {(index, source): list(_statements(source, f"<cell {index + 1}>")) for index, source in enumerate(cells)}
    return {cell: statements for cell, statements in compiled.items() if statements}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:
        return "(its message cannot be shown)"


def _snapshot(value: Any) -> Any:
    """What can be compared later to tell whether arguments were changed."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return tuple(map(_snapshot, value))
    if isinstance(value, dict):
        return tuple((key, _snapshot(item)) for key, item in value.items())
    return value


def _shares(value: Any, arguments: Any) -> bool:
    results = _arrays(value)
    return bool(results) and any(np.may_share_memory(result, argument) for argument in _arrays(arguments) for result in results)


def _arrays(value: Any, depth: int = 0) -> list[np.ndarray]:
    """The arrays in a value, as far as it can cross the wire."""
    if isinstance(value, np.ndarray):
        return [value]
    if not isinstance(value, list | tuple | dict) or depth == 4 or len(value) > MAX_ITEMS:
        return []
    return [array for item in (value.values() if isinstance(value, dict) else value) for array in _arrays(item, depth + 1)]


# --- a child's life ---------------------------------------------------------------------------------------------------


def serve(wire: Wire, answers: Answers, output: _Output | None = None) -> None:
    """Answer requests until the other side closes the wire."""
    answers.wire = wire
    while True:
        try:
            request = wire.receive()
        except (EOFError, OSError):
            return
        kind, *rest = decode(request, answers.stand_in)
        if kind == "cell":
            wire.send(encode(("cell", answers.run_cell(*rest))))
        elif kind == "bind":
            for name, source in rest[0].items():
                answers.namespace[name] = answers.namespace.get(source)
            wire.send(encode(("bound", [name for name, value in answers.namespace.items() if callable(value)])))
        elif kind == "call":
            wire.send(answers.call(*rest))
        elif kind == "output":
            wire.send(encode(("output", *(output.report() if output else ("", 0)))))


def _live(connection: socket.socket, level: policy.Level, limits: policy.Limits, familiar: Familiar | None = None) -> None:
    """A child's whole life: lock, then serve."""
    main = types.ModuleType("__main__")
    main.__dict__.update(get_ipython=lambda: Inert("IPython"), display=Inert("IPython"))
    sys.modules["__main__"] = main
    output = _Output(limits.output)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), output, output
    policy.lock(level, limits, connection.fileno())
    serve(Wire(connection), Answers(main.__dict__, familiar), output)


# --- the zygote -------------------------------------------------------------------------------------------------------


def _fork(connection: socket.socket, level: policy.Level, limits: policy.Limits, familiar: Familiar) -> int:
    """Fork a child that lives on `connection`; its process id."""
    pid = policy.fork(level)
    if not pid:
        try:
            _live(connection, level, limits, familiar)
        finally:
            os._exit(0)
    return pid


def zygote(control: socket.socket, level: policy.Level, limits: policy.Limits, familiar: Familiar) -> None:
    """Fork and end children as the host asks, until it is gone. At level full all of them end with this process."""
    children: set[int] = set()
    while True:
        request, passed, _, _ = socket.recv_fds(control, 64, 1)
        if not request:
            break
        if passed:
            with socket.socket(fileno=passed[0]) as connection:
                pid = _fork(connection, level, limits, familiar)
            children.add(pid)
        else:
            (pid,) = array.array("q", request)
            if pid in children:  # and not a child of a zygote before this one
                children.remove(pid)
                policy.end(level, pid, children)
        control.sendall(array.array("q", [pid]).tobytes())
    for pid in children:
        policy.end(level, pid)


def _warm_up() -> None:
    """What children need, once, before the forks: the references' namespace, what answers import most, the BLAS's set-up."""
    import collections  # noqa: F401
    import dataclasses  # noqa: F401
    import functools  # noqa: F401
    import heapq  # noqa: F401
    import itertools  # noqa: F401
    import math  # noqa: F401
    import random  # noqa: F401
    import typing  # noqa: F401

    import array_api_compat.numpy  # noqa: F401

    np.random.default_rng(0).random((2, 2)) @ np.ones((2, 2))


def _rehearse(familiar: Familiar) -> None:
    """What every child does at first, done here before the forks: Python runs faster what it has run a few times."""
    answers = Answers({"raises": len, "returns": np.add}, familiar)
    calls = [encode(("call", name, (values, values), "numpy")) for name in ("raises", "returns") for values in (np.arange(3), np.ones((2, 2)))]
    for _ in range(10):
        for call in calls:
            answers.call(*decode(bytearray(call), answers.stand_in)[1:])


def _forget() -> None:
    """From here on nothing tells where the grader is, nor how it was started, and imports are those of a submission."""
    os.environ.clear()
    sys.path.remove(str(Path(__file__).parents[2]))
    sys.argv[:] = sys.orig_argv[:] = [""]
    for name in [name for name in sys.modules if name.partition(".")[0] in INERT]:
        sys.modules.pop(name).__dict__.pop("__file__", None)
    sys.meta_path.insert(0, _Imports())


def _main() -> None:
    """`child zygote FD SETTINGS`, or `child single PORT SETTINGS` where there is no fork: one child, over loopback."""
    kind, number, settings = sys.argv[1:]
    level, backend, *numbers = json.loads(settings)
    limits = policy.Limits(*numbers)
    _warm_up()
    if backend == "strict":  # a CUDA device, unlike this, has no life after a fork
        backends.get(backend)
    if kind == "zygote":
        policy.settle(level)
    _forget()
    if kind == "zygote":
        with socket.socket(fileno=int(number)) as control:
            familiar = familiar_cells(decode(Wire(control).receive()))
            _rehearse(familiar)
            control.sendall(bytes(8))
            gc.freeze()  # so that collections in the children leave the shared pages alone
            zygote(control, level, limits, familiar)
    else:
        with socket.create_connection(("127.0.0.1", int(number))) as connection:
            _live(connection, level, limits)


if __name__ == "__main__":
    _main()
