"""A lesson's right answers, the references and the approaches: as functions of this process, and as text.

The only file of course/ that runs anything, and what it runs is the course's own: solutions/ is as
trusted as this package. Nobody's submission comes near it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from grader.course.catalogue import Lesson
from grader.errors import UsageError

Function = Callable[..., Any]


def references(lesson: Lesson) -> dict[str, Function]:
    """The reference functions of a lesson: its exercises' functions, without the rest of the notebook."""
    assert lesson.reference is not None
    tree = ast.parse(lesson.reference.read_text(encoding="utf-8"))
    wanted = {exercise.name for exercise in lesson.exercises}
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    namespace: dict[str, Any] = {"np": np}
    exec(compile(ast.Module(list(body), []), str(lesson.reference), "exec"), namespace)
    return {name: namespace[name] for name in wanted}


def approaches(lesson: Lesson) -> dict[str, Function]:
    """The functions of approaches.py by their own names, such as roc_auc__pairs."""
    path = lesson.folder / "approaches.py"
    namespace: dict[str, Any] = {"__name__": "approaches"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    return {variant.function: namespace[variant.function] for variant in lesson.approaches}


def answer_text(lesson: Lesson, function: str, file: str = "") -> str:
    """The text of a reference or approach (or of a function in another file): without docstring and build marks."""
    path = lesson.folder / (file or ("approaches.py" if "__" in function else "lesson.py"))
    source = path.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return _shown(node, source.splitlines())
    raise UsageError(f"There is no function {function} in {path}.")


def _shown(node: ast.stmt, lines: list[str]) -> str:
    """A statement's text; of a function without its docstring and the build's marks."""
    if not isinstance(node, ast.FunctionDef):
        return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    has_docstring = ast.get_docstring(node) and len(node.body) > 1
    first = node.body[1 if has_docstring else 0]
    head = lines[node.lineno - 1 : node.body[0].lineno - 1]
    body = lines[_above(lines, first.lineno) : node.end_lineno]
    marks = re.compile(r"\s*### (BEGIN|END) SOLUTION")
    return "\n".join(line for line in head + body if not marks.match(line))


def _above(lines: list[str], number: int) -> int:
    """The index of a statement's first line or of the comments right above it."""
    index = number - 1
    while lines[index - 1].strip().startswith("#"):
        index -= 1
    return index


# --- as one would write it ------------------------------------------------------------------------

# What only the array API needs goes, and what has another name in NumPy gets that.
_PLAIN = (
    (r"^ *from array_api_compat import .*\n+", ""),
    (r"^ *xp(, on)? = array_namespace\(.*\n", ""),
    (r", device=(on|device\([^()]*\))", ""),
    (r"array_namespace\(\w+\)\.|\bxp\.", "np."),
    (r"argsort\((\w+), descending=True, stable=False\)", r"argsort(-\1)"),
    (r"(?<![.\w])size\((\w+)\)", r"\1.size"),
    (r' if "cpu" in str\(on\).*', ""),
)


def plain_text(lesson: Lesson, function: str) -> str:
    """The text of a reference or approach in plain NumPy, an approach's with all that it needs from its file.

    References speak the array API: their namespace becomes `np`, and devices go. They use each
    other's functions, which the reader has.
    """
    text = _whole(lesson.folder / "approaches.py", function) if "__" in function else answer_text(lesson, function)
    for pattern, plain in _PLAIN:
        text = re.sub(pattern, plain, text, flags=re.MULTILINE)
    return text


def _whole(path: Path, function: str) -> str:
    """A function of a file and what it needs of the file: imports, constants, other functions."""
    source = path.read_text(encoding="utf-8")
    body = ast.parse(source).body
    defined = {name: node for node in body for name in _defines(node)}
    needed, waiting = {function}, [function]
    while waiting:
        names = {node.id for node in ast.walk(defined[waiting.pop()]) if isinstance(node, ast.Name)}
        new = (names & defined.keys()) - needed
        waiting += new
        needed |= new
    lines = source.splitlines()
    text, after_function = "", False
    for node in body:
        if needed.isdisjoint(_defines(node)):
            continue
        is_function = isinstance(node, ast.FunctionDef)
        text += "\n\n\n" if is_function or after_function else "\n"
        text += _shown(node, lines)
        after_function = is_function
    return text.strip("\n")


def _defines(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a file gives a meaning to."""
    match node:
        case ast.FunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
