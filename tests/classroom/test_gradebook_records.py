"""What is read of nbgrader's gradebook is what nbgrader itself says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from classroom.a_class import RIGHT, Cells, by_id, hand_in, make_course, solved
from grader.classroom.gradebook_records import read_records
from grader.classroom.grading import grade_class
from grader.errors import GradebookError


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which ada answered the concept question, bob did not, and eve handed in nothing."""
    fresh = make_course(tmp_path_factory.mktemp("class") / "course")

    def words(cells: Cells) -> None:
        by_id(cells, "answer-robust")["source"] = "Outliers move the mean."

    for student, text in (("ada", solved(fresh, RIGHT, words)), ("bob", solved(fresh, RIGHT))):
        path = hand_in(fresh, student, text)
        (path.parent / "timestamp.txt").write_text("2026-03-02 10:30:00 UTC")
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none", jobs=1)
    with Gradebook(url(fresh), "ml-interview-prep") as book:
        book.update_or_create_assignment("tiny", duedate="2026-03-01 10:00:00 UTC")
        book.update_or_create_student("eve", first_name="Eve", last_name="Moneypenny")
        book.grant_extension("tiny", "bob", days=2)
    return fresh


def url(course: Path) -> str:
    return f"sqlite:///{course / 'gradebook.db'}"


def test_late_is_after_the_students_own_deadline(graded: Path) -> None:
    """An extension counts."""
    records = read_records(url(graded), graded, ["tiny"])
    assert records is not None
    late = {student: found.late for student, found in records.submissions["tiny"].items()}
    assert late == {"ada": timedelta(days=1, minutes=30), "bob": None}
    assert records.students["eve"] == "Eve Moneypenny"
    due = records.due["tiny"]
    assert due is not None and due.replace(tzinfo=UTC) == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_no_gradebook_is_not_made(tmp_path: Path) -> None:
    """Reading where there is none gives none, and leaves none; what is no gradebook is a sentence."""
    assert read_records(url(tmp_path), tmp_path, ["tiny"]) is None
    assert not (tmp_path / "gradebook.db").exists()
    (tmp_path / "gradebook.db").write_text("this is no database, and long enough to be told from one" * 20)
    with pytest.raises(GradebookError, match="cannot be read"):
        read_records(url(tmp_path), tmp_path, ["tiny"])


def test_scores_are_nbgraders(graded: Path) -> None:
    """Scores, maximum and what waits for a person are those of nbgrader's own objects, after marking by hand as well."""
    with Gradebook(url(graded), "ml-interview-prep") as book:
        grade = book.find_grade("answer-robust", "tiny", "tiny", "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        book.find_submission("tiny", "bob").notebooks[0].late_submission_penalty = 3.0
        book.db.commit()
        records = read_records(url(graded), graded, ["tiny"])
        assert records is not None
        for submission in book.assignment_submissions("tiny"):
            found = records.submissions["tiny"][submission.student.id]
            assert found.score == max(0.0, submission.score - submission.late_submission_penalty)
            assert any(mark.waiting for mark in found.marks.values()) == submission.needs_manual_grade
        assert records.max_score == {"tiny": book.find_assignment("tiny").max_score}
    assert records.submissions["tiny"]["ada"].score == 5.75
    assert records.submissions["tiny"]["bob"].score == 1.0
