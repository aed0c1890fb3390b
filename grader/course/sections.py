"""What a lesson asks, section by section: its exercises and questions with their headings and blank cells.

Read from the released notebook, so that nothing of an answer is in it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from grader.course.catalogue import Lesson
from grader.course.cells import QUESTION, is_answer
from grader.course.notebook_file import Cell, read_notebook
from grader.errors import UsageError

Kind = Literal["exercise", "question"]
_HEADING = re.compile(r"^(?=#{2,} )", re.MULTILINE)
MARKS = re.compile(
    r"^#+ +(?:Q\. +)?(?P<title>.*?) +\*\((?P<difficulty>easy|medium|hard)"
    r"(?:, (?P<minutes>\d+) min)?"
    r"(?:, asked (?P<asked>often|sometimes|rarely))?\)\*"
)
_NUMBER = re.compile(r"^\d+\. +")
_ALWAYS_THERE = {*vars(builtins), "math", "np"}  # the names that a notebook of practice begins with
MINUTES = {"exercise": 10, "question": 4}  # where a heading does not say


@dataclass(frozen=True, slots=True)
class Section:
    """An exercise (a hunt may have two functions) or a concept question.

    `names` are the functions to write, or the question's slug; `cells` have what is asked, the code
    that a hunt is about and the functions with their contracts, without the lesson's explanations
    and pictures.
    """

    kind: Kind
    lesson: str
    names: tuple[str, ...]
    title: str
    difficulty: str = ""
    minutes: int = 0
    asked: str = ""
    cells: tuple[Cell, ...] = ()

    @property
    def text(self) -> str:
        """The question or the task as the first cell has it."""
        return self.cells[0].source if self.cells else self.title


def sections(lesson: Lesson) -> tuple[Section, ...]:
    """The sections of a lesson in its order. UsageError where its notebook is not built."""
    path = lesson.released if lesson.released.exists() else lesson.notebook
    if not path.exists():
        raise UsageError(f"There is no {path}. `prep build` makes it.")
    exercises = tuple(exercise.name for exercise in lesson.exercises)
    return _sections(lesson.name, exercises, path, path.stat().st_mtime_ns)


@cache
def _sections(lesson: str, exercises: tuple[str, ...], path: Path, version: int) -> tuple[Section, ...]:
    # `version` is the cache's key alone: a notebook that was built again is read again.
    found: list[Section] = []
    cells: list[Cell] = []
    for cell in _parts(read_notebook(path)):
        if cell.kind == "markdown" and cell.source.startswith("## "):
            found += _exercises(lesson, exercises, cells)
            cells = []
        if cell.grade_id.startswith(QUESTION):
            asked = replace(cell, source=_asked(cell.source, or_all=False))
            found.append(_section("question", lesson, (cell.grade_id.removeprefix(QUESTION),), [asked]))
        else:
            cells.append(cell)
    return (*found, *_exercises(lesson, exercises, cells))


def _parts(cells: tuple[Cell, ...]) -> Iterator[Cell]:
    """The cells, those of Markdown cut at each heading."""
    for cell in cells:
        if is_answer(cell.grade_id):
            continue
        if cell.kind != "markdown" or cell.grade_id.startswith(QUESTION):
            yield cell
            continue
        for text in _HEADING.split(cell.source):
            if text.strip():
                yield Cell("markdown", text.strip())


def _exercises(lesson: str, exercises: tuple[str, ...], cells: list[Cell]) -> list[Section]:
    """The section of the exercises below one heading, if there are any."""
    places = [place for place, cell in enumerate(cells) if cell.grade_id in exercises]
    if not places:
        return []
    first, *rest = cells[: places[-1] + 1]
    task = [replace(first, source=_asked(first.source))]
    for cell in rest:
        if cell.grade_id in exercises:
            task.append(cell)
        elif cell.kind == "code" and "folded" not in cell.metadata.get("tags", []):
            code = _standing_alone(cell.source)
            task += [Cell("code", code)] if code else []
    names = tuple(cells[place].grade_id for place in places)
    return [_section("exercise", lesson, names, task)]


def _asked(text: str, *, or_all: bool = True) -> str:
    """The heading and what an interviewer asks.

    Where nobody is quoted, as in a hunt, the whole text if `or_all`.
    """
    heading, *paragraphs = text.split("\n\n")
    quoted = [paragraph for paragraph in paragraphs if paragraph.startswith(">")]
    return text if or_all and not quoted else "\n\n".join([heading, *quoted]).strip()


def _standing_alone(code: str) -> str:
    """What can be run without the rest of the lesson: all of a cell, or its functions; "" where nothing can."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # IPython's own syntax
        return ""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if node not in functions]
    names = [name for node in others for name in ast.walk(node) if isinstance(name, ast.Name)]
    used = {name.id for name in names}
    stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    defined = {function.name for function in functions}
    if tree.body and used <= stored | defined | _ALWAYS_THERE:
        return code
    return "\n\n\n".join(ast.get_source_segment(code, function) or "" for function in functions)


def _section(kind: Kind, lesson: str, names: tuple[str, ...], cells: list[Cell]) -> Section:
    marks = MARKS.search(cells[0].source)
    if not marks:
        return Section(kind, lesson, names, ", ".join(names), "", MINUTES[kind], "", tuple(cells))
    minutes = int(marks["minutes"] or MINUTES[kind])
    return Section(
        kind, lesson, names, plain_title(marks), marks["difficulty"], minutes, marks["asked"] or "", tuple(cells)
    )


def plain_title(marks: re.Match[str]) -> str:
    """The title in a heading with marks, without its number and signs."""
    return _NUMBER.sub("", marks["title"]).replace("`", "")
