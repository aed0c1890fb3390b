"""A learner's notebook of the tiny lesson, graded, and what is asked of its result."""

from __future__ import annotations

from pathlib import Path

import nbformat

from grader.course.submission import Submission
from grader.judging.judge import Judge
from grader.verdict import Result

RIGHT = "def mean(x):\n    if len(x) == 0:\n        raise ValueError('empty')\n    return sum(x.tolist()) / len(x)\n"


def grade(judge: Judge, tmp_path: Path, *cells: str) -> Result:
    """The result of a notebook with these code cells."""
    path = tmp_path / "ada.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    return judge.result(Submission("ada", path))


def outcomes(result: Result) -> list[str]:
    return [check.outcome for exercise in result.exercises for check in exercise.checks]


def said(result: Result) -> tuple[str, ...]:
    return tuple(note.text for note in result.notes)


def first(result: Result) -> str:
    return next(
        check.message for exercise in result.exercises for check in exercise.checks if check.outcome != "passed"
    )
