"""`prep feedback`: what nbgrader's two commands write, on all cores, and only what is not there yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from classroom.a_class import IN_PLACE, RIGHT, Cells, by_id, hand_in, make_course, nbgrader, scores, solved
from grader.classroom.feedback import write_feedback
from grader.classroom.grading import grade_class


def answered(cells: Cells) -> None:
    by_id(cells, "answer-robust")["source"] = "When it is skewed."


def files(course: Path, folder: str) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with its permissions."""
    paths = [path for path in (course / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(course)): (path.read_bytes(), path.stat().st_mode) for path in paths}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of three after `prep grade`: one answered in words and was late, one handed in a broken file."""
    course = make_course(tmp_path_factory.mktemp("feedback") / "course")
    nbgrader(course, "generate_assignment", "tiny", "--force")
    nbgrader(course, "db", "assignment", "add", "tiny", "--duedate=2026-02-01 00:00:00 UTC")
    path = hand_in(course, "ada", solved(course, RIGHT, answered))
    path.with_name("timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    hand_in(course, "bob", solved(course, IN_PLACE))
    hand_in(course, "cut", solved(course, RIGHT)[:900])
    grade_class("tiny", [course / "submitted"], jobs=1, course=course)
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(graded, tmp_path / "course"))


def test_it_writes_what_nbgraders_commands_write(course: Path, tmp_path: Path) -> None:
    """The same notebooks, pages, permissions and scores, byte by byte."""
    stock = Path(shutil.copytree(course, tmp_path / "stock"))
    written = write_feedback("tiny", jobs=2, course=course)
    assert (written.pages, written.told) == (3, ())
    nbgrader(stock, "autograde", "tiny")
    nbgrader(stock, "generate_feedback", "tiny")
    for folder in ("autograded", "feedback"):
        assert files(course, folder) == files(stock, folder)
    assert scores(course) == scores(stock)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_submission("tiny", "ada").total_seconds_late == 2455200


def test_again_it_makes_only_what_is_another_version(course: Path) -> None:
    """Marks by hand stay and are on the page; who hands in again gets a notebook of that; so does an unfinished one."""
    write_feedback("tiny", jobs=1, course=course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("answer-robust", "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.find_comment("answer-robust", "tiny", "tiny", "ada").manual_comment = "Well said."
        book.db.commit()
    hand_in(course, "bob", solved(course, RIGHT))
    grade_class("tiny", [course / "submitted"], jobs=1, course=course)
    before = files(course, "autograded")
    unfinished = course / "autograded" / "cut" / "tiny" / "tiny.ipynb"  # as nbgrader leaves it that is killed
    unfinished.chmod(0o644)
    unfinished.write_text('{"cells": []}')
    write_feedback("tiny", jobs=1, course=course)
    after = files(course, "autograded")
    changed = {name for name in after if name.endswith(".ipynb") and after[name] != before[name]}
    assert changed == {"autograded/bob/tiny/tiny.ipynb"}
    pages = {name: (course / "feedback" / name / "tiny" / "tiny.html").read_text() for name in ("ada", "bob")}
    assert "Well said." in pages["ada"]
    assert "changed the caller" not in pages["bob"]
    assert scores(course)["ada"]["answer-robust"] == (None, False)


def test_who_has_no_page_is_told(course: Path) -> None:
    """A file that nbgrader does not look at, though it is graded."""
    folder = course / "submitted" / "dan" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny (1).ipynb").write_text(solved(course, RIGHT))
    written = write_feedback("tiny", jobs=1, course=course)
    assert written.pages == 3
    assert len(written.told) == 1
    assert written.told[0].startswith("dan: ")
