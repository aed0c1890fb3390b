"""`prep grade mock-7 PATH...`: a mock interview that a class was set, graded lesson by lesson."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.classroom.grading import level_of
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.draw import Plan
from grader.course.handed_in import find
from grader.course.submission import Submission
from grader.errors import UsageError
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge, host_for, new_seed
from grader.verdict import Report, Result


def is_mock(name: str) -> bool:
    """Whether what is to be graded is a mock interview and no lesson."""
    return name.startswith("mock-")


def grade_mock(
    name: str, paths: Sequence[Path], *, seed: int | None = None, isolation: str = "auto", limits: Limits | None = None
) -> Report:
    """Grade the code of a class's interviews; the scores of an interview stand together.

    UsageError where the interview was not drawn in this course.
    """
    course = find_course()
    plan = _plan(name, course)
    submissions = find(name, paths)
    level = level_of(isolation)
    drawn = new_seed() if seed is None else seed
    parts: list[list[Result]] = [[] for _ in submissions]
    for lesson in _lessons(plan, course):
        with host_for(lesson, level, limits) as host:
            for part, result in zip(parts, _results(lesson, host, drawn, submissions), strict=True):
                part.append(result)
    return Report(name, drawn, level, tuple(map(_together, parts)))


def _plan(name: str, course: Path) -> Plan:
    """The interview's plan, from the notebook that `prep mock` wrote here."""
    path = course / "work" / "mock" / f"{name}.ipynb"
    if not path.is_file():
        number = name.removeprefix("mock-")
        raise UsageError(
            f"There is no {path}. `prep mock --seed {number}`, with the options that the class used, draws it."
        )
    facts = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("prep", {})
    return Plan.unpack(facts["mock"])


def _lessons(plan: Plan, course: Path) -> list[Lesson]:
    """The lessons that the plan draws from, each with the exercises that it asks for only."""
    asked: dict[str, list[str]] = {}
    for item in plan.items:
        if item.kind == "exercise":
            asked.setdefault(item.lesson, []).extend(item.names)
    lessons = {name: find_lesson(name, course) for name in asked}
    return [replace(lesson, exercises=tuple(map(lesson.exercise, asked[name]))) for name, lesson in lessons.items()]


def _results(lesson: Lesson, host: Host, seed: int, submissions: Sequence[Submission]) -> list[Result]:
    judge = Judge(lesson, host, seed)
    return [judge.result(item) for item in submissions]


def _together(parts: Sequence[Result]) -> Result:
    """The results of one interview's lessons as one."""
    first = parts[0]
    exercises = tuple(score for part in parts for score in part.exercises)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return replace(first, exercises=exercises, seconds=sum(part.seconds for part in parts), notes=notes)
