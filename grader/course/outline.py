"""A course in outline: what each lesson asks, read from the released notebooks alone.

That takes a moment, where reading the lessons whole takes seconds, and the start page waits for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course.catalogue import Lesson, lesson_folders, read_lesson
from grader.course.cells import CHECK, QUESTION, answer_id, grade_id, marks_of, source_of
from grader.course.packaged import sources_of
from grader.course.sections import MARKS, MINUTES, Kind, plain_title
from grader.errors import LessonError

_HEADINGS = re.compile(MARKS.pattern, re.MULTILINE)
_MISTAKE = re.compile(r"^def (\w+?)__(\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """An exercise or a concept question: its name or slug, and what its heading says.

    Two functions below one heading share its minutes. The cell of that name has the stub or the question.
    """

    kind: Kind
    name: str
    title: str
    points: float
    difficulty: str = ""
    minutes: float = 0.0
    asked: str = ""

    @property
    def slug(self) -> str:
        return self.name

    @property
    def cell(self) -> str:
        """The id of its cell in the lesson's notebook."""
        return self.name if self.kind == "exercise" else f"{QUESTION}{self.name}"


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """The name of a known mistake."""

    exercise: str
    slug: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesson in outline."""

    name: str
    title: str
    order: int
    topics: tuple[str, ...]
    exercises: tuple[Part, ...]
    questions: tuple[Part, ...]
    mistakes: tuple[KnownMistake, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.exercises + self.questions

    @property
    def points(self) -> float:
        return sum(part.points for part in self.exercises)


def outlines(course: Path) -> list[Outline]:
    """The lessons of a course in outline, in their order; a broken one is left out."""
    found = []
    for folder in lesson_folders(course):
        try:
            found.append(outline(folder))
        except LessonError:  # an author is at work on it, which must stop no other
            continue
    return sorted(found, key=lambda each: (each.order, each.name))


def outline(folder: Path) -> Outline:
    """The outline of the lesson in a folder, sources or released.

    Where nothing is built, of what it will be.
    """
    released = folder.parent.parent / "lessons" / folder.name / f"{folder.name}.ipynb"
    path = released if released.exists() else folder / f"{folder.name}.ipynb"
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found = _from_notebook(folder, notebook)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # there is none, or it is broken
        return _from_lesson(read_lesson(folder))
    return found if found.exercises else _from_lesson(read_lesson(folder))


def _from_notebook(folder: Path, notebook: dict[str, Any]) -> Outline:
    cells: list[dict[str, Any]] = notebook["cells"]
    graded = [cell for cell in cells if marks_of(cell).get("grade")]
    points = {grade_id(cell): float(marks_of(cell).get("points", 0)) for cell in graded}
    facts = notebook["metadata"]["prep"]
    return Outline(
        folder.name,
        str(facts.get("title", folder.name)),
        int(facts.get("order", 0)),
        tuple(map(str, facts.get("topics") or ())),
        tuple(_exercises(cells, points)),
        tuple(_questions(cells, points)),
        tuple(_mistakes(folder)),
    )


def _exercises(cells: list[dict[str, Any]], points: dict[str, float]) -> Iterator[Part]:
    heading: re.Match[str] | None = None
    below: list[str] = []
    # None ends the exercises below the last heading.
    for cell in [*cells, None]:
        text = source_of(cell) if cell and cell["cell_type"] == "markdown" else ""
        headings = list(_HEADINGS.finditer(text))
        if cell is None or headings:
            for name in below:
                yield _part("exercise", name, name, points[f"{CHECK}{name}"], heading, len(below))
            below = []
            heading = headings[-1] if headings else None
        elif f"{CHECK}{grade_id(cell)}" in points:
            below.append(grade_id(cell))


def _questions(cells: list[dict[str, Any]], points: dict[str, float]) -> Iterator[Part]:
    for cell in cells:
        if grade_id(cell).startswith(QUESTION):
            slug = grade_id(cell).removeprefix(QUESTION)
            heading = _HEADINGS.search(source_of(cell))
            title = plain_title(heading) if heading else slug
            yield _part("question", slug, title, points.get(answer_id(slug), 1.0), heading)


def _part(
    kind: Kind,
    name: str,
    title: str,
    points: float,
    heading: re.Match[str] | None,
    together: int = 1,
) -> Part:
    if not heading:
        return Part(kind, name, title, points, minutes=MINUTES[kind])
    minutes = int(heading["minutes"] or MINUTES[kind]) / together
    return Part(kind, name, title, points, heading["difficulty"], minutes, heading["asked"] or "")


def _mistakes(folder: Path) -> Iterator[KnownMistake]:
    sources = folder if (folder / "mistakes.py").exists() else sources_of(folder)
    if sources:
        # Searched, not parsed: the twelve files of a course together are half a megabyte of Python.
        text = (sources / "mistakes.py").read_text(encoding="utf-8")
        for exercise, slug in _MISTAKE.findall(text):
            yield KnownMistake(exercise, slug.replace("_", "-"))


def _from_lesson(lesson: Lesson) -> Outline:
    """The outline of a lesson that is not built."""
    exercises = tuple(
        Part(
            "exercise",
            each.name,
            each.name,
            each.points,
            each.difficulty,
            each.minutes or MINUTES["exercise"],
            each.asked,
        )
        for each in lesson.exercises
    )
    questions = tuple(
        Part("question", each.slug, each.title, each.points, minutes=MINUTES["question"]) for each in lesson.questions
    )
    mistakes = tuple(KnownMistake(each.exercise, each.slug) for each in lesson.mistakes)
    return Outline(lesson.name, lesson.title, lesson.order, lesson.topics, exercises, questions, mistakes)
