"""Who is being waited for is named while a class is graded, in a real pseudo-terminal and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from desk.test_watch import Terminal

from classroom.a_class import RIGHT, hand_in, make_course, solved
from grader.classroom.terminal import Progress


def test_without_a_terminal_nothing_is_drawn(capfd: pytest.CaptureFixture[str]) -> None:
    """A log gets no bars."""
    bar = Progress("Grading")
    bar.slow(["ada"])
    assert list(bar(iter("ab"), 2)) == ["a", "b"]
    bar.slow([])
    assert capfd.readouterr() == ("", "")


def test_who_is_slow_is_named_on_a_terminal(tmp_path: Path) -> None:
    """An answer that never ends, beside one that is right."""
    course = make_course(tmp_path / "course")
    hand_in(course, "ada", solved(course, RIGHT))
    hand_in(course, "bob", solved(course, "def mean(x):\n    while True:\n        pass"))
    words = ["grade", "tiny", "submitted", "--call-limit", "20", "--jobs", "1"]
    opened = Terminal([sys.executable, "-m", "grader", *words], course)
    try:
        opened.until("(still at bob)")
    finally:
        opened.close()
