"""A day's review: what is due comes blank, a mistake as a question about itself."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from desk.learner import right

from grader.desk import notebook
from grader.desk.progress import Progress, Talk
from grader.practice.mock import InNotebook, begin
from grader.practice.review import mistake, talk, today
from grader.verdict import Score, Verdict

DAY = 86400


@pytest.fixture
def wrong_before(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three days ago `mean` was the sum, and the question was answered badly."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3 * DAY)
    with Progress.here() as progress:
        progress.attempt("tiny", Score("mean", (Verdict("A rule", "failed", 4.0),), "sum"))
        progress.score_talk(Talk(0, "tiny", "robust", 0.0, 2.0))
    monkeypatch.setattr(time, "time", lambda: now)
    return course


def test_nothing_is_due(course: Path) -> None:
    """Without a history there is nothing, and no notebook."""
    assert today() == "Nothing is due today."
    assert not (course / "work" / "review").exists()


def test_what_is_due_comes_blank(wrong_before: Path) -> None:
    """The list says why; the notebook has the task blank with its check, the question, and the mistake to predict."""
    told = today()
    assert told.startswith("3 due today:")
    for line in ("wrong so far", "mean: the mistake sum", "Q. robust"):
        assert line in told
    (path,) = (wrong_before / "work" / "review").glob("*.ipynb")
    text = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])
    for part in ("write me", "check(mean)", 'talk("robust", lesson="tiny")', 'mistake("mean", "sum")'):
        assert part in text
    assert "hint(" not in text and "outliers move" not in text


def test_a_days_notebook_is_written_once(wrong_before: Path) -> None:
    """What one has written into it stays when `prep review` is called again."""
    today()
    (path,) = (wrong_before / "work" / "review").glob("*.ipynb")
    path.write_text("mine")
    today()
    assert path.read_text() == "mine"


def test_a_review_day(wrong_before: Path) -> None:
    """All three done well: nothing is due any more today, and the next is days away."""
    assert notebook.check(right).score.passed
    assert "2 of 2 points" in talk("robust", 1, 2).text
    asked = mistake("mean", "sum").text
    assert "return _checked(x).sum()" in asked and "You returned the sum" not in asked
    values = re.search(r"mean\(\[(.*)\]\)", asked)
    assert values
    answer = str(sum(map(float, values[1].split(","))))
    told = mistake("mean", "sum", answer).text
    assert told.startswith("Right.") and "You returned the sum" in told
    assert today().startswith("Nothing is due today.\n3 later")


def test_unanswered_in_a_mock_interview(course: Path, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that was handed in without an answer is due from the next day on, until it is answered well."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - DAY)
    InNotebook(begin(10, seed=7)).hand_in(anyway=True)
    monkeypatch.setattr(time, "time", lambda: now)
    assert re.search(r"Q\. robust +not answered in a mock interview", today())
    talk("robust", 1, 2)
    assert "Q. robust" not in today()


def test_a_wrong_guess_comes_back(wrong_before: Path) -> None:
    """What the mistake returns and the sentence about it are shown; it is due again tomorrow."""
    assert "It returns" in mistake("mean", "sum", "0").text
    with Progress.here() as progress:
        assert [is_right for *_, is_right in progress.reviews()] == [0]
    assert "no known mistake" in mistake("mean", "summ").text


def test_the_rubric_by_its_numbers(course: Path) -> None:
    """Without numbers the rubric is shown; a question that there is not is said."""
    assert "1  outliers move the mean" in repr(talk("robust"))
    assert "No lesson has a question" in talk("robst").text
