"""Grades for Canvas and Moodle; docs/instructor.md's commands call the same by nbgrader's export."""

from __future__ import annotations

import csv
import datetime
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin, ExportPlugin

from grader.classroom.exporters import CanvasExporter, MoodleExporter
from grader.course.programs import programs_first


@pytest.fixture
def gradebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gradebook]:
    """A gradebook with a late student, one with a name like a formula, and one who handed in nothing."""
    monkeypatch.setenv("PATH", programs_first(os.environ)["PATH"])  # a new gradebook runs alembic
    due = datetime.datetime(2026, 1, 1)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        book.add_assignment("metrics", duedate=due)
        book.add_notebook("metrics", "metrics")
        book.add_grade_cell("check", "metrics", "metrics", max_score=20, cell_type="code")
        book.add_student("ada", first_name="Ada", last_name="Lovelace", email="ada@example.org", lms_user_id="1815")
        book.add_student("eve", first_name="=HYPERLINK(1)")
        book.add_student("zoe")
        for student, score in (("ada", 17.5), ("eve", 3.0)):
            submission = book.add_submission("metrics", student, timestamp=due + datetime.timedelta(hours=2))
            grade = book.find_grade("check", "metrics", "metrics", student)
            grade.auto_score, grade.needs_manual_grade = score, False
            submission.notebooks[0].late_submission_penalty = 5.0
        book.db.commit()
        yield book


def exported(gradebook: Gradebook, exporter: type[ExportPlugin], to: Path) -> list[list[str]]:
    exporter(to=str(to)).export(gradebook)
    with to.open(newline="") as file:
        return list(csv.reader(file))


def test_canvas(gradebook: Gradebook, tmp_path: Path) -> None:
    """Canvas gets its columns, the points possible, scores less penalties, and no grade for who handed in nothing."""
    first, points, *students = exported(gradebook, CanvasExporter, tmp_path / "canvas.csv")
    assert first == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "metrics"]
    assert points == ["    Points Possible", "", "", "", "", "20"]
    assert sorted(students) == [
        ["'=HYPERLINK(1)", "", "", "eve", "", "0"],
        ["Lovelace, Ada", "1815", "", "ada", "", "12.5"],
        ["zoe", "", "", "zoe", "", ""],
    ]


def test_moodle(gradebook: Gradebook, tmp_path: Path) -> None:
    """Moodle gets columns to map students by, an e-mail address and an ID number, and the scores."""
    head, *students = exported(gradebook, MoodleExporter, tmp_path / "moodle.csv")
    assert head == ["First name", "Last name", "ID number", "Email address", "metrics"]
    assert ["Ada", "Lovelace", "ada", "ada@example.org", "12.5"] in students
    assert ["'=HYPERLINK(1)", "", "eve", "", "0"] in students


def test_scores_are_those_of_nbgraders_own_export(gradebook: Gradebook, tmp_path: Path) -> None:
    """Whoever compares the files finds one score."""
    head, *rows = exported(gradebook, CsvExportPlugin, tmp_path / "own.csv")
    own = {row[head.index("student_id")]: float(row[head.index("score")]) for row in rows}
    _, _, *rows = exported(gradebook, CanvasExporter, tmp_path / "canvas.csv")
    assert {row[3]: float(row[5] or 0) for row in rows} == own
