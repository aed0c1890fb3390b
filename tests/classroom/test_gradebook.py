"""The gradebook without nbgrader's commands: a submission is written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from classroom.a_class import IN_PLACE, RIGHT, hand_in, scores, solved
from grader.classroom.autograde import result_of
from grader.classroom.gradebook import Book
from grader.classroom.grading import grade_class
from grader.course.catalogue import find_lesson
from grader.course.submission import Submission
from grader.errors import GradebookError
from grader.verdict import Outcome, Result, Score, Verdict


def result(student: str, score: float) -> Result:
    outcome: Outcome = "passed" if score else "failed"
    return Result(
        student, f"{student}.py", "graded", (Score("mean", (Verdict("The mean", outcome, score or 4.0, core=True),)),)
    )


def test_bulk_run_fills_the_gradebook_and_autograde_reuses_it(fresh: Path) -> None:
    """`prep grade` writes the scores of files of any kind; nbgrader's own command takes the same results."""
    path = hand_in(fresh, "ada", solved(fresh, IN_PLACE))
    (fresh / "bob.py").write_text(RIGHT)
    report = grade_class("tiny", [fresh / "submitted", fresh / "bob.py"], jobs=1, course=fresh)
    assert {student: cells["check-mean"] for student, cells in scores(fresh).items()} == {
        "ada": (3.0, False),
        "bob": (4.0, False),
    }
    assert (
        result_of(fresh, find_lesson("tiny", fresh), Submission("ada", path)).exercises
        == report.submissions[0].exercises
    )


def test_a_failed_write_leaves_the_gradebook_as_it_was(fresh: Path) -> None:
    """When the database refuses one score, nothing of what was written with it is, and the next one is."""
    book = Book(f"sqlite:///{fresh / 'gradebook.db'}", find_lesson("tiny", fresh))
    book.write([result("ada", 4.0)])
    for way in ("insert", "update"):
        book._book.db.connection().exec_driver_sql(
            f"create trigger refuse_{way} before {way} on grade when new.auto_score = 1.5 begin select raise(abort, 'the disk is full'); end"
        )
    book._book.db.commit()
    for students in (["ada"], ["bob"], ["dan", "ada"]):
        with pytest.raises(GradebookError, match="the disk is full"):
            book.write([result(student, 1.5 if student in "ada bob" else 2.0) for student in students])
    book.write([result("cat", 2.0)])
    book.close()
    assert {student: cells["check-mean"][0] for student, cells in scores(fresh).items()} == {"ada": 4.0, "cat": 2.0}


def test_new_submissions_are_what_nbgrader_makes(fresh: Path) -> None:
    """A submission that our rows made has the grades and comments of one that nbgrader's own method makes."""
    url = f"sqlite:///{fresh / 'gradebook.db'}"
    book = Book(url, find_lesson("tiny", fresh))
    book.write([result("ada", 4.0)])
    book.close()

    def cells(submission: Any) -> list[list[tuple[str, float | None, float | None]]]:
        (notebook,) = submission.notebooks
        grades = [(grade.name, grade.max_score, grade.manual_score) for grade in notebook.grades]
        return [sorted(grades), sorted((comment.name, None, comment.manual_comment) for comment in notebook.comments)]

    with Gradebook(url, "ml-interview-prep") as stock:
        stock.add_student("bob")
        assert cells(stock.find_submission("tiny", "ada")) == cells(stock.add_submission("tiny", "bob"))
        assert {student.id: student.score for student in stock.students} == {"ada": 4.0, "bob": 0.0}


def test_scores_are_plain_floats(fresh: Path) -> None:
    """What nbgrader adds up are Python's numbers: its own reading of others gives full marks."""
    book = Book(f"sqlite:///{fresh / 'gradebook.db'}", find_lesson("tiny", fresh))
    book.write([result("ada", 2.5)])
    book.close()
    assert scores(fresh)["ada"] == {"check-mean": (2.5, False), "answer-robust": (0.0, False)}
