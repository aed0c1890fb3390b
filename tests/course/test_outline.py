"""The outline of a lesson, from its released notebook alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import ROOT

from grader.course.build import build
from grader.course.catalogue import all_lessons
from grader.course.outline import outline, outlines
from grader.course.sections import sections


def test_built_and_not_built_tell_the_same(tiny: Path) -> None:
    """The outline of the released notebook is that of the sources; a question's heading stands in the notebook only."""
    before = outline(tiny / "solutions" / "tiny")
    build(tiny)
    after = outline(tiny / "solutions" / "tiny")
    assert (after.title, after.topics, after.exercises, after.mistakes) == (
        before.title,
        before.topics,
        before.exercises,
        before.mistakes,
    )
    (part,) = after.questions
    assert (part.name, part.difficulty, part.minutes, part.points) == ("robust", "easy", 1, 2.0)
    assert [each.name for each in before.questions] == ["robust"]


def test_real_lessons() -> None:
    """Every exercise and question of every lesson is there, with its points, heading and minutes, and the known mistakes."""
    lessons = all_lessons(ROOT)
    for lesson, found in zip(lessons, outlines(ROOT), strict=True):
        assert found.name == lesson.name
        assert {part.name: part.points for part in found.exercises} == {
            each.name: each.points for each in lesson.exercises
        }
        assert [(part.name, part.points) for part in found.questions] == [
            (each.slug, each.points) for each in lesson.questions
        ]
        assert {part.name: (part.difficulty, part.asked) for part in found.exercises} == {
            each.name: (each.difficulty, each.asked) for each in lesson.exercises
        }
        assert sum(part.minutes for part in found.parts) == pytest.approx(
            sum(part.minutes for part in sections(lesson))
        )
        assert {(each.exercise, each.slug) for each in found.mistakes} == {
            (each.exercise, each.slug) for each in lesson.mistakes
        }


def test_a_broken_notebook_is_read_from_the_sources(tiny: Path) -> None:
    """A notebook that is cut off, or holds something else, costs nothing where the sources are."""
    build(tiny)
    path = tiny / "lessons" / "tiny" / "tiny.ipynb"
    for text in ('{"cells": [', "[]", '{"cells": 3, "metadata": {}}', "{}"):
        path.write_text(text)
        assert [part.name for part in outline(tiny / "solutions" / "tiny").exercises] == ["mean"]
