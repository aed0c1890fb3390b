"""A lesson's sections: each exercise and question once, with its heading, and nothing of an answer."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons
from grader.course.sections import sections

LESSONS = all_lessons(ROOT)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_exercise_and_question_has_a_section(lesson: Lesson) -> None:
    """All exercises and questions are found, each once, with its difficulty and minutes."""
    found = sections(lesson)
    names = [name for section in found for name in section.names]
    assert sorted(names) == sorted(
        [exercise.name for exercise in lesson.exercises] + [question.slug for question in lesson.questions]
    )
    assert all(section.difficulty and section.minutes and section.title for section in found)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_task_is_blank(lesson: Lesson) -> None:
    """A task's cells hold its text and the functions to write, no check, hint, reference or rubric."""
    for section in sections(lesson):
        text = "\n".join(cell.source for cell in section.cells)
        assert section.text.startswith("#")
        assert not any(word in text for word in ("check(", "hint(", "reveal(", "Must mention", "BEGIN SOLUTION"))
        if section.kind == "exercise":
            assert all(f"def {name}(" in text for name in section.names)
            assert text.count("write me") == len(section.names)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_task_speaks_of_no_picture(lesson: Lesson) -> None:
    """What a lesson shows besides is not with the task, so its text does not point there."""
    told = re.compile(
        r"\b(picture|figure|plot|slider|bars)\b.*\b(above|below|shows?)\b|\b(as|seen) above\b|In the picture"
    )
    for section in sections(lesson):
        assert not told.search(section.text), section.text


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_task_runs_by_itself(lesson: Lesson) -> None:
    """With math and numpy alone, all code cells of a task run: nothing needs the rest of the lesson."""
    for section in sections(lesson):
        names: dict[str, object] = {"math": math, "np": np}
        for cell in section.cells:
            if cell.kind == "code":
                exec(cell.source, names)


def test_a_hunt_is_one_section() -> None:
    """A counterexample and its cure stand below one heading, and come together."""
    metrics = next(lesson for lesson in LESSONS if lesson.name == "metrics")
    (hunt,) = [section for section in sections(metrics) if "f1_mended" in section.names]
    assert hunt.names == ("f1_counterexample", "f1_mended")
    assert "def guide_f1" in "\n".join(cell.source for cell in hunt.cells)
