"""The overview: one source for the terminal and notebooks, questions in it, the next step near where one was."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from grader.desk.overview import overview
from grader.desk.overview_html import OFFLINE, status_html
from grader.desk.overview_text import status_text
from grader.desk.progress import Progress, Talk
from grader.errors import UsageError
from grader.verdict import Score, Verdict

DAY = 24 * 3600.0


def attempt(points: float, rule: float = 0.0, lesson: str = "tiny") -> None:
    """An attempt at `mean` with so many of three points for results, and of one for rules."""
    checks = (
        Verdict("Results", "passed", points),
        Verdict("More results", "failed" if points < 3 else "passed", 3 - points),
        Verdict("Refusals", "passed" if rule else "failed", 1.0, rule=True),
    )
    with Progress.here() as progress:
        progress.attempt(lesson, Score("mean", checks))


def talk(points: float, lesson: str = "tiny") -> None:
    with Progress.here() as progress:
        progress.score_talk(Talk(time.time(), lesson, "robust", points, 2.0, (1,)))


def states() -> list[str]:
    return [tile.state for tile in overview().rows[0].tiles]


def test_states_of_exercises(mine: Path) -> None:
    """Unwritten, wrong, right (rules open) and complete, the best attempt counting."""
    assert states() == ["unwritten", "unwritten"]
    for points, rule, state in ((1, 0, "wrong"), (3, 0, "right"), (1, 0, "right"), (3, 1, "complete")):
        attempt(points, rule)
        assert states()[0] == state


def test_questions_count_by_the_own_score(mine: Path) -> None:
    """A scored question is in the summary and no longer open; the last score tells its state."""
    left = overview().minutes_left
    for points, state in ((0.5, "wrong"), (1.5, "right"), (2.0, "complete")):
        talk(points)
        assert states()[1] == state
    assert overview().minutes_left == left - 1
    for shown in (status_text(), status_html()):
        assert "1 of 1 questions scored" in shown
        assert "robust: 2 / 2 by your own score" in shown


def test_what_is_due(mine: Path) -> None:
    """What went wrong yesterday is due today, and is told in both."""
    attempt(1)
    now = time.time() + 2 * DAY
    shown = overview(now)
    assert [item.key.name for item in shown.due] == ["mean"]
    assert [tile.is_due for tile in shown.tiles] == [True, False]


def test_after_the_last_exercise_comes_a_question(mine: Path) -> None:
    """When all exercises are done, an open question is next; after that nothing is."""
    attempt(3, 1)
    assert "All exercises are done. Next: the question robust in tiny" in status_text()
    talk(2)
    assert overview().following is None


def test_tiles_lead_to_their_cells(mine: Path) -> None:
    """Each tile links to the cell of its exercise or question in the learner's copy, relative to the notebook."""
    assert 'href="tiny.ipynb#cell-id=mean"' in status_html()
    assert 'href="tiny.ipynb#cell-id=question-robust"' in status_html()


@pytest.mark.parametrize(
    "words, there",
    [
        ({"level": "easy"}, ["mean", "question-robust"]),
        ({"asked": "often"}, ["mean"]),
        ({"minutes": 1}, ["question-robust"]),
        ({"topic": "robust"}, ["mean", "question-robust"]),
        ({"level": "hard"}, []),
    ],
)
def test_filters(mine: Path, words: dict[str, str], there: list[str]) -> None:
    """What fits all of the words is shown."""
    tiles = re.findall(r'class="tile"[^>]* href="[^"#]*#cell-id=([^"]*)"', status_html(**words))  # type: ignore[arg-type]
    assert tiles == there


def test_a_word_that_is_none_is_refused(mine: Path) -> None:
    """A level or frequency that there is not gets the list of those there are."""
    with pytest.raises(UsageError, match="easy, medium, hard"):
        status_html(level="heavy")
    with pytest.raises(UsageError, match="often, sometimes, rarely"):
        status_html(asked="always")


def test_nothing_is_sent_anywhere(mine: Path) -> None:
    """The page says so, and has nothing that would."""
    page = status_html()
    assert OFFLINE in page
    assert not re.search(r"https?:|<script|src=", page)


def test_colours_on_request_only(mine: Path) -> None:
    """The text is plain; with colours it is the same text between their codes."""
    attempt(1)
    assert "\x1b" not in status_text()
    coloured = status_text(colours=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == status_text()
    assert "\x1b[31m✗\x1b[0m" in coloured
