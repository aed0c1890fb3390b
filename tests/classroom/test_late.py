"""Penalties for lateness: those of `nbgrader autograde` with the same configuration, on the fast way too."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from helpers import ROOT
from nbgrader.api import Gradebook

from classroom.a_class import IN_PLACE, RIGHT, by_id, hand_in, make_course, nbgrader, solved
from grader.classroom import late
from grader.classroom.grading import grade_class
from grader.classroom.marking import Mark, Marks
from grader.course.catalogue import find_lesson

ZERO = "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
HALF_A_POINT_AN_HOUR = """
from nbgrader.plugins import LateSubmissionPlugin

class ByTheHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 7200

c.AssignLatePenalties.plugin_class = ByTheHour
"""


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three students of whom two are late."""
    fresh = make_course(tmp_path_factory.mktemp("late") / "course")
    with Gradebook(f"sqlite:///{fresh / 'gradebook.db'}", "ml-interview-prep") as book:
        book.add_assignment("tiny", duedate=datetime(2026, 3, 1, 10))
    when = {"ada": "2026-03-01 09:59:59 UTC", "bob": "2026-03-01 13:00:00 UTC", "cat": "2026-03-02 10:00:00 UTC"}
    for student, time in when.items():
        text = solved(fresh, IN_PLACE if student == "cat" else RIGHT)
        path = hand_in(fresh, student, text)
        (path.parent / "timestamp.txt").write_text(time)
    return fresh


@pytest.fixture
def course(handed_in: Path, tmp_path: Path) -> Path:
    """A class to grade."""
    return Path(shutil.copytree(handed_in, tmp_path / "course"))


def configure(course: Path, text: str) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(text)


def grade(course: Path) -> tuple[str, ...]:
    return grade_class("tiny", [course / "submitted"], course=course, isolation="none", jobs=1).told


def penalties(course: Path) -> dict[str, tuple[float, float, float]]:
    """Score, penalty and seconds late of each student as nbgrader has them."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {
            each.student.id: (each.score, each.late_submission_penalty, each.total_seconds_late)
            for each in book.assignment_submissions("tiny")
        }


def test_late_without_a_penalty(course: Path) -> None:
    """nbgrader's default takes nothing off: who is late is told, and it is in the gradebook."""
    assert grade(course) == ("Late: bob by 3:00:00, cat by 1 day, 0:00:00.",)
    assert penalties(course) == {"ada": (4.0, 0.0, 0.0), "bob": (4.0, 0.0, 10800.0), "cat": (3.0, 0.0, 86400.0)}


@pytest.mark.parametrize("setting", [ZERO, HALF_A_POINT_AN_HOUR])
def test_penalties_are_those_of_nbgraders_autograde(course: Path, setting: str) -> None:
    """A plugin of the course's own included; what it gives is bounded by the score, as nbgrader bounds it."""
    configure(course, setting)
    told = grade(course)
    ours = penalties(course)
    nbgrader(course, "autograde", "tiny", "--force")
    assert ours == penalties(course)
    assert ours["ada"][1] == 0.0 and ours["bob"][1] == (4.0 if setting == ZERO else 1.5) and ours["cat"][1] == 3.0
    assert told == (f"Late: bob by 3:00:00 (penalty {ours['bob'][1]:g}), cat by 1 day, 0:00:00 (penalty 3).",)


def test_a_penalty_follows_the_deadline_and_the_score(course: Path) -> None:
    """Whoever gets an extension loses no points any more at the next `prep grade`, and a mark by hand counts before the penalty."""
    configure(course, ZERO)
    text = solved(course, RIGHT, lambda cells: by_id(cells, "answer-robust").update(source="When it is skewed."))
    hand_in(course, "cat", text)
    grade(course)
    url = f"sqlite:///{course / 'gradebook.db'}"
    with Marks(url, find_lesson("tiny", course), course) as marks:
        (handed,) = marks.sheet("robust").handed
        marks.write("robust", Mark(handed.grades, handed.seen, 2.0, (1, 2)))
    assert penalties(course)["cat"] == (6.0, 6.0, 86400.0)
    with Gradebook(url) as book:
        book.grant_extension("tiny", "cat", days=1)
    assert grade(course) == ("Late: bob by 3:00:00 (penalty 4).",)
    assert penalties(course)["cat"] == (6.0, 0.0, 0.0)


def test_the_configuration_sets_nothing_for_other_programs() -> None:
    """nbgrader_config.py is Python and changes the environment: that of the run is afterwards as it was."""
    before = dict(os.environ)
    late._configuration(ROOT)
    assert dict(os.environ) == before
