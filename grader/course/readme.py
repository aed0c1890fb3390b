"""The README's table of lessons, between two marks: `prep build` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grader.course.catalogue import Lesson

_BEGIN, _END = "<!-- lessons: written by `prep build` -->", "<!-- /lessons -->"
_TABLE = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
_HEAD = "| lesson | exercises | minutes |\n|---|---|---|"


def table(lessons: Iterable[Lesson]) -> str:
    """The table: a row a lesson, in the course's order."""
    return "\n".join([_HEAD, *(_row(lesson) for lesson in lessons)])


def _row(lesson: Lesson) -> str:
    names = ", ".join(f"`{exercise.name}`" for exercise in lesson.exercises)
    title = f"[{lesson.title}](lessons/{lesson.name}/{lesson.name}.ipynb)"
    return f"| {title} | {names} | {lesson.minutes} |"


def with_table(text: str, lessons: Iterable[Lesson]) -> str:
    """A README with its table as it must be; one without the marks stays as it is."""
    wanted = f"{_BEGIN}\n{table(lessons)}\n{_END}"
    return _TABLE.sub(lambda _: wanted, text)
