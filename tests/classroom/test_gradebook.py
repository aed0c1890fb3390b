"""The gradebook without nbgrader's commands: a submission is written whole or not at all."""

from __future__ import annotations

import shutil
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from helpers import add_exercise
from nbgrader.api import Gradebook
from sqlalchemy import text

from classroom.a_class import IN_PLACE, RIGHT, hand_in, scores, solved
from grader.classroom.autograde import result_of
from grader.classroom.gradebook import Book
from grader.classroom.grading import grade_class
from grader.classroom.report import results_of
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


def test_when_it_was_handed_in(fresh: Path) -> None:
    """The time in timestamp.txt is in the gradebook, so a late submission is late; a resubmission has its own."""
    path = hand_in(fresh, "ada", solved(fresh, RIGHT))
    (path.parent / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    assert _time(fresh) == datetime(2026, 3, 1, 10)
    path.write_text(solved(fresh, IN_PLACE))
    (path.parent / "timestamp.txt").write_text("2026-03-02 10:00:00 UTC")
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    assert _time(fresh) == datetime(2026, 3, 2, 10)


def _time(course: Path) -> datetime:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        found: datetime = book.find_submission("tiny", "ada").timestamp
        return found


def test_who_handed_in_nothing_is_listed(fresh: Path) -> None:
    """Students of the gradebook without a submission are missing; who handed in a folder without a file is ungraded."""
    hand_in(fresh, "ada", solved(fresh, RIGHT))
    with Gradebook(f"sqlite:///{fresh / 'gradebook.db'}", "ml-interview-prep") as book:
        book.add_student("eve")
    (fresh / "submitted" / "dan" / "tiny").mkdir(parents=True)
    report = grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    assert report.missing == ("eve",)
    assert report.ungraded == ("dan",)


def test_a_changed_lesson_changes_its_maximum(fresh: Path) -> None:
    """A check that is worth more after the first grading is worth more in the gradebook."""
    hand_in(fresh, "ada", solved(fresh, RIGHT))
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    checks = fresh / "solutions" / "tiny" / "checks.py"
    checks.write_text(checks.read_text().replace("@points(2)", "@points(6)", 1))
    report = grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    with Gradebook(f"sqlite:///{fresh / 'gradebook.db'}") as book:
        score = book.find_submission("tiny", "ada").score
        worth = book.find_grade_cell("check-mean", "tiny", "tiny").max_score
    assert report.submissions[0].score == worth == score == 8.0


def test_a_new_exercise_is_told(fresh: Path) -> None:
    """An exercise that came after the first grading is not in the gradebook, and it is said what to do; a new gradebook has it."""
    hand_in(fresh, "ada", solved(fresh, f"{RIGHT}\n{RIGHT.replace('mean', 'second')}"))
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    add_exercise(fresh)
    report = grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none")
    (told,) = [sentence for sentence in report.told if "exercise second" in sentence]
    assert "is newer than the gradebook" in told and "--gradebook" in told
    assert report.submissions[0].score == 6.0
    url = f"sqlite:///{fresh / 'new.db'}"
    report = grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none", gradebook=url)
    assert not any("exercise second" in sentence for sentence in report.told)
    with Gradebook(url) as book:
        assert book.find_submission("tiny", "ada").score == 6.0


def test_the_last_graded_counts(fresh: Path, tmp_path: Path) -> None:
    """Rounds graded in turn: what the journal has already is the latest again."""
    for name, code in (("one", RIGHT), ("two", IN_PLACE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bob.py").write_text(code)
    for name in ("one", "two", "one"):
        grade_class("tiny", [tmp_path / name], course=fresh, isolation="none")
    ((result,), _) = results_of(find_lesson("tiny", fresh), fresh)
    assert result.score == 4.0


def test_a_new_score_is_told_with_its_reason(fresh: Path, tmp_path: Path) -> None:
    """Whoever regrades reads whose score changed, from what to what, and why."""
    file = tmp_path / "bob.py"
    file.write_text(RIGHT)
    assert grade_class("tiny", [file], course=fresh, isolation="none").told == ()
    file.write_text(IN_PLACE)
    (said,) = grade_class("tiny", [file], course=fresh, isolation="none").told
    assert said == "bob: 4 before, 3 now: another file was handed in."
    checks = fresh / "solutions" / "tiny" / "checks.py"
    checks.write_text(checks.read_text().replace("@points(2)", "@points(6)", 1))
    (said,) = grade_class("tiny", [file], course=fresh, isolation="none").told
    assert said == "bob: 3 before, 7 now: the lesson or the limits changed."


def test_a_run_that_takes_too_long_ends_with_what_it_has(fresh: Path, tmp_path: Path) -> None:
    """After its limit a run says who is left, and the same command grades them."""
    for name in ("ada", "bob"):
        (tmp_path / f"{name}.py").write_text(f"# {name}\n{RIGHT}")
    files = [tmp_path / "ada.py", tmp_path / "bob.py"]
    first = grade_class("tiny", files, course=fresh, isolation="none", jobs=1, batch_limit=1e-3)
    assert [result.student for result in first.submissions] == ["ada"]
    assert first.told == ("1 not graded within 0.001 s; the same command goes on: bob.",)
    second = grade_class("tiny", files, course=fresh, isolation="none", jobs=1)
    assert [result.score for result in second.submissions] == [4.0, 4.0]
    assert second.seed == first.seed and second.told == ()


def _record(course: Path, lesson: str, barrier: Any) -> None:
    """What one of several processes does that open a gradebook at the same moment."""
    barrier.wait()
    book = Book(f"sqlite:///{course / 'gradebook.db'}", find_lesson(lesson, course))
    for student in ("ada", "bob", "cyd"):
        book.write([result(student, 4.0)])
    book.close()


def test_lessons_graded_together_for_a_new_class(fresh: Path) -> None:
    """Processes that find no gradebook, and write the same students at once, leave one with all of them in it."""
    lessons = ("tiny", "two", "three")
    for name in lessons[1:]:
        shutil.copytree(fresh / "solutions" / "tiny", fresh / "solutions" / name)
    spawned = get_context("spawn")
    barrier = spawned.Barrier(len(lessons), timeout=100)
    processes = [spawned.Process(target=_record, args=(fresh, name, barrier)) for name in lessons]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with Gradebook(f"sqlite:///{fresh / 'gradebook.db'}", "ml-interview-prep") as book:
        assert {student.id: student.score for student in book.students} == {"ada": 12.0, "bob": 12.0, "cyd": 12.0}
        assert book.db.execute(text("select count(*) from alembic_version")).scalar() == 1


def test_alembic_that_was_killed_is_a_sentence(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader runs alembic to make a gradebook; where that fails, the sentence says so and what to do."""
    programs = tiny / "programs"
    programs.mkdir()
    (programs / "alembic").write_text("#!/bin/sh\nkill -9 $$\n")
    (programs / "alembic").chmod(0o755)
    # A gradebook's opening changes PATH for its process: monkeypatch puts back the one that it knows of.
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("grader.classroom.gradebook.programs_first", dict)
    with pytest.raises(
        GradebookError, match=r"cannot be opened: Command .*alembic.*SIGKILL: 9>\. Run the same command again"
    ):
        Book(f"sqlite:///{tiny}/new.db", find_lesson("tiny", tiny))
