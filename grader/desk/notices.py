"""What a card says besides the verdict: it is of an older version, or grading would refuse this answer."""

from __future__ import annotations

import ast
import dis
import inspect
import re
import sys
import time
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from grader.course.notebook_file import read_notebook
from grader.desk.here import notebooks
from grader.errors import Unreadable
from grader.isolation.allowed_imports import ALLOWED, INERT

_STARTS = {"threading", "concurrent", "multiprocessing", "subprocess"}  # what starts threads and processes
_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"}
# When a version of a function was judged first, so that a file saved after that is newer.
_first_judged: weakref.WeakKeyDictionary[types.FunctionType, float] = weakref.WeakKeyDictionary()


def notice(function: Callable[..., Any]) -> str:
    """The sentence for a function of this kernel; "" where there is nothing to say."""
    inner = function
    if type(function) is types.FunctionType:  # an object's own code is not asked for what it wraps
        inner = inspect.unwrap(function)
    if type(inner) is not types.FunctionType:
        return ""
    return _older_version(inner) or _refused(inner)


# --- an older version -----------------------------------------------------------------------------


def _older_version(function: types.FunctionType) -> str:
    """A sentence where the learner's cell is newer than the function: no Python, or not run."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return ""
    # IPython keeps the text of every cell that was run, those with a syntax error too.
    cells = [cell for cell in shell.user_ns.get("In", ()) if _defines(cell, function)]
    if not cells:
        return ""
    judged = _first_judged.setdefault(function, time.time())
    try:
        ast.parse(shell.transform_cell(cells[-1]))
    except SyntaxError as error:
        what = f"that you ran last is no Python (line {error.lineno}: {error.msg})"
    else:
        if not _is_edited(function, cells[-1], judged):
            return ""
        what = "was changed and not run"
    return f"The cell with {function.__name__} {what}, so this judges the version before it."


def _defines(cell: str, function: types.FunctionType) -> bool:
    return bool(re.search(rf"^\s*def {re.escape(function.__name__)}\b", cell, re.MULTILINE))


def _is_edited(function: types.FunctionType, ran: str, judged: float) -> bool:
    """Whether the notebook was saved after a version was judged first, with another text in its cell.

    The kernel does not see what is on the screen; an older file may lack what was run unsaved.
    """
    for path in notebooks()[:1]:
        if path.stat().st_mtime > judged:
            with suppress(Unreadable):
                sources = [cell.source for cell in read_notebook(path)]
                saved = [source for source in sources if _defines(source, function)]
                return bool(saved) and ran.strip() not in [source.strip() for source in saved]
    return False


# --- what grading would not take ------------------------------------------------------------------


def _refused(function: types.FunctionType) -> str:
    """A sentence where a function uses what `prep grade` does not have: libraries, threads, processes."""
    used = set(_modules(function, set()))
    there = f"Where submissions are graded {function.__name__} would fail"
    if missing := sorted(used - ALLOWED - INERT):
        names = ", ".join(missing)
        return f"{there}: {names} is not available there. Write it from scratch, with numpy."
    if used & _STARTS:
        return f"{there}: it can start no thread and no process there."
    return ""


def _modules(function: types.FunctionType, seen: set[types.CodeType]) -> Iterator[str]:
    """The libraries that a function uses, and those that the notebook's other functions use for it."""
    # Read from its code, not by running it: what stands in a branch that was not taken counts too.
    around = {**function.__globals__, **_closure(function)}
    for code in _codes(function.__code__):
        if code in seen:
            continue
        seen.add(code)
        for step in dis.get_instructions(code):
            value = around.get(step.argval) if step.opname in _LOADS else None
            if step.opname == "IMPORT_NAME":
                yield str(step.argval).partition(".")[0]
            elif isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
                yield from _modules(value, seen)
            elif top := _library(value):
                yield top


def _closure(function: types.FunctionType) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not filled yet
            found[name] = cell.cell_contents
    return found


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _library(value: Any) -> str:
    """The library that a value is, or comes from; "" for the notebook's own and for plain values."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0]
    module = getattr(value, "__module__", None) or _owner(value) if callable(value) else ""
    return "" if module in ("__main__", "builtins") else module.partition(".")[0]


def _owner(value: Any) -> str:
    """The loaded library that has a function which does not say where it comes from.

    So it is with SciPy's ufuncs.
    """
    name = getattr(value, "__name__", "")
    ours = ALLOWED | {"__main__"}
    # A list, since an import in another thread changes it; vars, since a lazy module's own
    # __getattr__ would import more.
    for module in list(sys.modules.values()):
        library = getattr(module, "__name__", "")
        if library.partition(".")[0] not in ours and vars(module).get(name) is value:
            return str(library)
    return ""
