"""A lesson's right answers, the references and the approaches: as functions of this process, and as text.

The only file of course/ that runs anything, and what it runs is the course's own: solutions/ is as
trusted as this package. Nobody's submission comes near it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
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
            lines = source.splitlines()
            has_docstring = ast.get_docstring(node) and len(node.body) > 1
            first = node.body[1 if has_docstring else 0]
            head = lines[node.lineno - 1 : node.body[0].lineno - 1]
            body = lines[_above(lines, first.lineno) : node.end_lineno]
            marks = re.compile(r"\s*### (BEGIN|END) SOLUTION")
            return "\n".join(line for line in head + body if not marks.match(line))
    raise UsageError(f"There is no function {function} in {path}.")


def _above(lines: list[str], number: int) -> int:
    """The index of a statement's first line or of the comments right above it."""
    index = number - 1
    while lines[index - 1].strip().startswith("#"):
        index -= 1
    return index
