"""`prep grade mock-7 PATH...`: a mock interview that a class was set, graded lesson by lesson."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.classroom.grading import level_of
from grader.course.catalogue import find_course, find_lesson
from grader.course.handed_in import find
from grader.course.interview_draw import Plan
from grader.errors import UsageError
from grader.isolation.policy import Limits
from grader.judging.judge import new_seed
from grader.judging.workers import Settings, cores, grade
from grader.verdict import Report, Result


def is_mock(name: str) -> bool:
    """Whether what is to be graded is a mock interview and no lesson."""
    return name.startswith("mock-")


def grade_mock(
    name: str,
    paths: Sequence[Path],
    *,
    seed: int | None = None,
    jobs: int | None = None,
    isolation: str = "auto",
    limits: Limits | None = None,
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
    for lesson, exercises in _asked(plan).items():
        folder = find_lesson(lesson, course).folder
        settings = Settings(folder, drawn, level, limits or Limits(), exercises=exercises)
        graded = {(result.student, result.path): result for result in grade(settings, submissions, jobs or cores())}
        for part, item in zip(parts, submissions, strict=True):
            part.append(graded[item.student, str(item.path)])
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


def _asked(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The lessons that the plan draws from, each with the exercises that it asks for."""
    asked: dict[str, tuple[str, ...]] = {}
    for item in plan.items:
        if item.kind == "exercise":
            asked[item.lesson] = (*asked.get(item.lesson, ()), *item.names)
    return asked


def _together(parts: Sequence[Result]) -> Result:
    """The results of one interview's lessons as one."""
    first = parts[0]
    exercises = tuple(score for part in parts for score in part.exercises)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return replace(first, exercises=exercises, seconds=sum(part.seconds for part in parts), notes=notes)
