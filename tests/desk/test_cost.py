"""`cost`: what a right answer costs, as a question."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

import grader
from grader.course.build import build
from grader.desk.progress import Progress


def mean(x: object) -> None:
    """Stands for a learner's function."""


def options(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\((\w)\) (.+)$", text, flags=re.MULTILINE))


def test_options_are_shuffled_and_stay(mine: Path) -> None:
    """The same order at every call, by function and by name."""
    first = options(grader.cost(mean).text)
    assert len(first) == 3
    assert options(grader.cost("mean").text) == first
    assert list(first) == ["a", "b", "c"]


def test_a_letter_is_judged_with_the_reason(mine: Path) -> None:
    """One letter is right; every answer tells the right option and why, and is noted."""
    right = "`O(n)` time, `O(1)` memory"
    for letter, option in options(grader.cost(mean).text).items():
        page = grader.cost(mean, letter)
        assert page.text.startswith("Right." if option == right else f"Not {letter}.")
        assert f"{right}: one pass adds the values up" in page.text
    with Progress.here() as progress:
        assert [row[0] for row in progress._rows("select is_right from costs order by is_right")] == [0, 0, 1]


@pytest.mark.parametrize(
    ("exercise", "letter", "words"), [("mean", "z", "There are: a, b, c"), ("meen", None, "Did you mean mean")]
)
def test_what_does_not_exist_is_said(mine: Path, exercise: str, letter: str | None, words: str) -> None:
    """A letter or an exercise that is not there is a sentence, not an error."""
    assert words in grader.cost(exercise, letter).text


def test_the_build_adds_the_cell(tiny: Path) -> None:
    """Below the check, where hints.md has a cost, and the notebook imports what it calls."""
    build(tiny)
    path = tiny / "lessons" / "tiny" / "tiny.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    names = [cell.id for cell in cells]
    assert names[names.index("check-mean") + 2] == "cost-mean"
    assert "from grader import case, check, cost, hint," in "\n".join(cell.source for cell in cells)


def test_no_cost_no_cell(tiny: Path) -> None:
    """A lesson whose hints.md has no cost is built as before, and `cost` says so."""
    hints = tiny / "solutions" / "tiny" / "hints.md"
    hints.write_text(hints.read_text(encoding="utf-8").partition("cost:")[0], encoding="utf-8")
    build(tiny)
    assert "cost" not in (tiny / "lessons" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")
