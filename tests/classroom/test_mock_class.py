"""A mock interview that a class was set: the same for all, graded by `prep grade`."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.classroom.mock_class import grade_mock, is_mock
from grader.course.build import build
from grader.errors import UsageError
from grader.practice.mock import begin


def test_a_class_is_graded(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each student's file is graded on what the interview asks for; a file that cannot be read is said."""
    build(tiny)
    monkeypatch.chdir(tiny)
    begin(10, seed=7)
    folder = tiny / "class"
    folder.mkdir()
    (folder / "ada.py").write_text("def mean(x):\n    return sum(x) / len(x)\n")
    (folder / "ben.py").write_text("def mean(x):\n    return x.sum()\n")
    (folder / "cat.ipynb").write_text("{")
    report = grade_mock("mock-7", [folder], seed=1, isolation="none")
    assert [(result.student, result.score) for result in report.submissions] == [("ada", 3.0), ("ben", 0.0), ("cat", 0)]
    assert report.submissions[1].exercises[0].mistake == "sum"
    assert report.submissions[2].status == "unreadable"


def test_in_workers(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interviews are graded where a class is: in workers that are bounded and watched."""
    build(tiny)
    monkeypatch.chdir(tiny)
    begin(10, seed=7)
    (tiny / "ada.py").write_text("def mean(x):\n    return sum(x) / len(x)\n")
    monkeypatch.setattr("grader.judging.judge.Judge.result", None)  # in this process; workers have their own
    report = grade_mock("mock-7", [tiny / "ada.py"], seed=1, jobs=2, isolation="none")
    assert [result.score for result in report.submissions] == [3.0]


def test_one_that_was_not_drawn(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interview that was not drawn here is refused with how to draw it."""
    monkeypatch.chdir(tiny)
    assert is_mock("mock-7") and not is_mock("metrics")
    with pytest.raises(UsageError, match="prep mock --seed 7"):
        grade_mock("mock-7", [tiny])
