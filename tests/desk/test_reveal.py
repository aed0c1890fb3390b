"""`reveal`, after an attempt: a mark scheme, each answer behind a fold of its own; other right answers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import grader
from desk.learner import right, total, write_in
from grader.desk.progress import Progress
from grader.desk.work import reset


@pytest.fixture
def answered(mine: Path) -> Path:
    """The learner's notebook with the concept question answered and saved."""
    content = json.loads(mine.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in content["cells"] if cell["id"] == "answer-robust"]
    cell["source"] = "Outliers pull the mean."
    mine.write_text(json.dumps(content), encoding="utf-8")
    return mine


def test_every_part_is_shown(answered: Path) -> None:
    """What it must mention, red flags, a strong and a weak answer, follow-ups with answers; in the terminal as lines."""
    page = grader.reveal("robust")
    for words in (
        "outliers move the mean",
        "never",
        "I use the median when",
        "always better.",
        "What does sorting cost?",
        "where there is no order",
    ):
        assert words in page.text
        assert words in page.html


def test_answers_are_folded(answered: Path) -> None:
    """One fold around all; in it the strong answer, the weak one and each follow-up's answer."""
    assert grader.reveal("robust").html.count("<details") == 1 + 2 + 2


def test_reveal_after_an_attempt(mine: Path) -> None:
    """`reveal` shows what a strong answer mentions once one's own is written and saved, and kindly waits until then."""
    assert "Write your own answer" in grader.reveal("robust").text
    write_in(mine, "answer-robust", "Outliers pull the mean.")
    page = grader.reveal("robust")
    assert "outliers move the mean without bound" in page.text
    assert page.html.startswith("<details")
    assert "no question called 'robots'" in grader.reveal("robots").text


@pytest.mark.parametrize("session", ["", "nowhere.ipynb"])
def test_reveal_after_a_reset(mine: Path, monkeypatch: pytest.MonkeyPatch, session: str) -> None:
    """Where the front end does not tell which notebook is open, it is the lesson's own, not what `prep reset` put aside."""
    write_in(mine, "answer-robust", "Outliers pull the mean.")
    reset("tiny")
    assert len(list(mine.parent.glob("*.ipynb"))) == 2
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    assert "Write your own answer" in grader.reveal("robust").text
    write_in(mine, "answer-robust", "Outliers pull the mean.")
    assert "outliers move the mean without bound" in grader.reveal("robust").text


def test_reveal_other_right_answers(mine: Path) -> None:
    """Once an exercise has passed, `reveal` sets the reference and two other ways beside one's own, each with its time and text."""
    assert "First your own" in grader.reveal(total).text
    assert "reveal(mean)" in repr(grader.check(right))
    page = grader.reveal(right)
    lines = page.text.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["yours", "reference", "loop", "running"]
    assert all(re.search(r"[\d.]+ (µs|ms)", line) for line in lines[1:5])
    assert "A loop with an exact sum." in page.text
    assert "return np.mean(real)" in page.text and "BEGIN SOLUTION" not in page.text
    assert "import math" in page.text  # an approach's text is whole
    assert page.html.count("<details") == 3
    assert '-keyword-color,#2e8b3d)">return</span>' in page.html


def test_ways_are_timed_where_they_differ(mine: Path) -> None:
    """The inputs grow until the slowest way takes long enough to tell it from the others."""
    grader.check(right)
    lines = grader.reveal(right).text.splitlines()
    rows = re.search(r"on an array of shape \((\d+),\)", lines[0])
    assert rows and int(rows[1]) > 10_000
    taken = {line.split()[0]: _seconds(line) for line in lines[1:5]}
    assert taken["running"] > 10 * taken["reference"]


def _seconds(line: str) -> float:
    found = re.search(r"([\d.]+) (µs|ms)", line)
    assert found
    return float(found[1]) / {"µs": 1e6, "ms": 1e3}[found[2]]


def test_reveal_without_the_sources(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that an instructor handed out, the points of a strong answer are with the instructor."""
    folder = tmp_path / "fetched" / "tiny"
    shutil.copytree(mine.parent, folder)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny.ipynb"))
    assert "with your instructor" in grader.reveal("robust").text
    assert "with your instructor" in grader.reveal(right).text


def test_self_scores_are_kept(answered: Path) -> None:
    """The rubric's lines have numbers; an answer is scored by them, and the score is in the progress."""
    assert "1  outliers move the mean" in grader.reveal("robust").text
    assert "2 of 2 points by your own score" in grader.reveal("robust", 1, 2).text
    with Progress.here() as progress:
        assert [(talk.question, talk.points) for talk in progress.talks()] == [("robust", 2.0)]
    assert "There is no line 5" in grader.reveal("robust", 5).text
