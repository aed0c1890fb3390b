"""`reveal` shows every part of a mark scheme, each answer behind a fold of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import grader


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
    for words in ("outliers move the mean", "never", "I use the median when", "always better.", "What does sorting cost?", "where there is no order"):
        assert words in page.text
        assert words in page.html


def test_answers_are_folded(answered: Path) -> None:
    """One fold around all; in it the strong answer, the weak one and each follow-up's answer."""
    assert grader.reveal("robust").html.count("<details") == 1 + 2 + 2
