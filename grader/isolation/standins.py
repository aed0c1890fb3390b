"""What a submission's cells see in place of libraries, of the notebook and of the terminal."""

from __future__ import annotations

import importlib.abc
import io
import types
from importlib.machinery import ModuleSpec
from typing import Any

from grader.isolation.allowed_imports import ALLOWED, INERT


def _not_ready(*functions: Any) -> bool:
    """`ready` in a graded notebook: its demonstrations are for the learner's screen."""
    return False


class Inert(types.ModuleType):
    """Stands for a plotting library or the notebook: every attribute and call gives it back.

    A decorator changes nothing.
    """

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        # Python itself asks modules for dunder names, and takes whatever comes as an answer.
        if name.startswith("__"):
            raise AttributeError(name)
        return _not_ready if name == "ready" else self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # `@interact` above a function leaves the function itself, which may be an exercise.
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return args[0]
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Inert:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class Imports(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """First in line for every import: inert stand-ins for pictures, a sentence for other libraries."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in INERT:
            return ModuleSpec(fullname, self, is_package=True)
        if top not in ALLOWED:
            why = "they are written from scratch, with numpy"
            raise ImportError(f"{top} is not available to answers: {why}")
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return Inert(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


_RECENT = 2000  # characters of what one call printed


class Output(io.TextIOBase):
    """Standard output: the first `limit` characters are kept, the rest is counted."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.kept = limit, 0, io.StringIO()
        self._recent: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        # A flood costs no memory beyond the limit, and is still counted.
        self.kept.write(text[: max(0, self.limit - self.size)])
        self.size += len(text)
        if len(self._recent) < _RECENT:
            self._recent.append(text[:_RECENT])
        return len(text)

    def mark(self) -> None:
        """Forget what was written lately: a call begins."""
        self._recent.clear()

    def since_mark(self) -> str:
        """The beginning of what was written since the mark."""
        return "".join(self._recent)[:_RECENT] if self._recent else ""

    def report(self) -> tuple[str, int]:
        """What was kept, and how many characters were dropped."""
        return self.kept.getvalue(), max(0, self.size - self.limit)
