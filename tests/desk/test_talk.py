"""Self-scoring by the lines of a rubric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers import TINY

from grader.course.catalogue import Question, read_lesson
from grader.desk.page import Page, panel
from grader.desk.progress import Progress
from grader.desk.talk import boxes, keep, numbered, scored
from grader.errors import UsageError

LESSON = read_lesson(TINY / "solutions" / "tiny")
QUESTION = LESSON.question("robust")


@pytest.mark.parametrize(
    ("lines", "points"), [((), 0), ((0,), 0), ((1,), 1), ((1, 2), 2), ((1, 1), 1), ((1, 2, -1), 1), ((-1, -2), 0)]
)
def test_points_by_lines(lines: tuple[int, ...], points: float) -> None:
    """A line of the rubric is worth a point, once; a red flag costs one; less than nothing there is not."""
    assert scored(QUESTION, lines) == points


def test_any_three_of_five() -> None:
    """Where a rubric has more lines than points, the points are the limit."""
    question = Question("any", "Any", 3.0, ("a", "b", "c", "d", "e"), "any three, 1 point each")
    assert [scored(question, range(1, n + 1)) for n in range(6)] == [0, 1, 2, 3, 3, 3]


@pytest.mark.parametrize("line", [3, -3])
def test_a_line_that_there_is_not(line: int) -> None:
    """A number that the rubric does not have is refused, and the numbers it has are named."""
    with pytest.raises(UsageError, match="points are 1 to 2, red flags -1 to -2"):
        scored(QUESTION, [line])


def test_the_last_score_is_kept(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each score is kept, the last one last."""
    monkeypatch.chdir(tiny)
    keep(LESSON, QUESTION, [1, 2])
    keep(LESSON, QUESTION, [2, 2, -1])
    with Progress.here() as progress:
        talks = progress.talks()
    assert [talk.points for talk in talks] == [2.0, 0.0]
    assert (talks[-1].lines, talks[-1].max_points) == ((-1, 2), 2.0)


def test_numbers_to_give() -> None:
    """The lines are shown with the numbers that score them."""
    assert [line.split()[0] for line in numbered(QUESTION)] == ["1", "2", "-1", "-2"]


def test_ticked_lines_are_kept() -> None:
    """The boxes below a question keep the lines that are ticked, red flags as negative numbers; words say the call."""
    kept: list[Sequence[int]] = []

    def keep_them(lines: Sequence[int]) -> Page:
        kept.append(lines)
        return panel("kept", "")

    below = boxes(QUESTION, keep_them, 'talk("robust")')
    assert 'talk("robust")' in below.text
    _, *ticks, button, output = below.widget(print).children
    assert len(ticks) == len(QUESTION.must) + len(QUESTION.red_flags)
    ticks[0].value = ticks[-1].value = True
    button.click()
    assert kept == [[1, -len(QUESTION.red_flags)]]
    assert "kept" in output.outputs[0]["data"]["text/plain"]
