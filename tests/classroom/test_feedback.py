"""`prep feedback`: what nbgrader's two commands write, on all cores, and only what is not there yet."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import ROOT
from nbgrader.api import Gradebook

from classroom.a_class import IN_PLACE, RIGHT, Cells, by_id, hand_in, make_course, nbgrader, scores, solved
from classroom.a_run import started_by
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


@pytest.mark.parametrize("how", ["Ctrl-C", "killed", "one process killed"])
def test_whoever_is_stopped_goes_on_with_the_same_command(course: Path, how: str) -> None:
    """A run that ends in the middle leaves no process and prints no traceback, and the next one writes every page."""
    for number in range(20):
        hand_in(course, f"student-{number}", solved(course, RIGHT))
    grade_class("tiny", [course / "submitted"], jobs=2, course=course)
    line = [sys.executable, "-c", "from grader.cli import main; main()", "feedback", "tiny", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(line, cwd=course, stderr=subprocess.PIPE, env=environment, start_new_session=True)
    while not list(course.glob("autograded/*/tiny/tiny.ipynb")):
        assert run.poll() is None
        time.sleep(0.01)
    started = started_by(run.pid)
    if how == "Ctrl-C":
        os.killpg(run.pid, signal.SIGINT)
    elif how == "killed":
        run.kill()
    else:
        os.kill(max(started), signal.SIGKILL)  # the last that was started: no tracker of resources
    _, said = run.communicate(timeout=100)
    assert run.returncode != 0
    assert b"Traceback" not in said, said.decode()
    if how == "one process killed":
        assert b"A process that wrote feedback was killed" in said
    while any(Path(f"/proc/{pid}").exists() for pid in started):
        time.sleep(0.01)
    assert write_feedback("tiny", jobs=2, course=course).pages == 23
    assert len(list(course.glob("feedback/*/tiny/tiny.html"))) == 23
    assert {cells["check-mean"][0] for student, cells in scores(course).items() if student.startswith("student")} == {
        4.0
    }
