"""The row below a card: buttons where widgets work, the same as calls in words elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import grader
from desk.learner import Function, named_mean, right, total
from grader.desk import row
from grader.desk.page import Page


@named_mean
def blank(x: np.ndarray) -> object:
    raise NotImplementedError("write me")


@pytest.fixture
def bar(mine: Path) -> Iterator[row._Bar]:
    """The buttons below the card of a wrong answer; what is shown above them is kept in `shown`."""
    shown.clear()
    below = grader.check(total).below
    assert below
    below.widget(show)
    yield row._bars["mean"]
    row._bars.clear()


shown: list[Page] = []


def show(page: Page) -> None:
    """As a notebook shows a page in the place of another, with what stands under it."""
    shown.append(page)
    assert page.below and page.below.bundle(show)


def press(bar: row._Bar, label: str) -> str:
    """Press a button; the text that is under the row then."""
    bar._buttons[label].click()
    return "".join(output["data"]["text/plain"] for output in bar._output.outputs)


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        (blank, ["check", "hint", "reset"]),
        (total, ["check", "hint", "case", "reset"]),
        (right, ["check", "reveal", "reset"]),
    ],
)
def test_words(mine: Path, answer: Function, calls: list[str]) -> None:
    """In plain text and in static HTML stands what helps now, as calls."""
    page = grader.check(answer)
    for told in (repr(page), page._repr_html_()):
        assert [call for call in ("check", "hint", "case", "reveal", "reset") if f"{call}(mean)" in told] == calls


def test_buttons_say_what_words_say(bar: row._Bar) -> None:
    """A button is grey where the words leave its call out, and its tooltip names the call."""
    assert [label for label, button in bar._buttons.items() if button.disabled] == ["Reveal"]
    assert bar._buttons["Next hint"].tooltip.endswith("hint(mean)")


def test_check_again(bar: row._Bar, monkeypatch: pytest.MonkeyPatch) -> None:
    """It judges the function that the notebook has now, in the place of the card, and opens what is open now."""
    monkeypatch.setattr(sys.modules["__main__"], "mean", right, raising=False)
    press(bar, "Check again")
    (page,) = shown
    assert page.score and page.score.passed
    assert not bar._buttons["Reveal"].disabled and bar._buttons["Next hint"].disabled
    assert "other right answers" in press(bar, "Reveal")


def test_each_hint_counts(bar: row._Bar) -> None:
    """The button gives the next hint and notes it, as `hint` does; the one before makes place for it."""
    assert ["1 of 3" in press(bar, "Next hint"), "2 of 3" in press(bar, "Next hint")] == [True, True]
    assert "3 of 3" in grader.hint("mean").text


def test_case_shows_the_arguments(bar: row._Bar) -> None:
    """The failing case by the names of the arguments, and the call that repeats it."""
    told = press(bar, "Case")
    assert "`mean(*case(mean))`" in told and "x = array([" in told


@pytest.mark.skipif(sys.version_info < (3, 14), reason="an older Python evaluates annotations at the def")
def test_case_of_an_answer_whose_annotation_names_nothing(bar: row._Bar, monkeypatch: pytest.MonkeyPatch) -> None:
    """An annotation that cannot be evaluated does not keep a learner from the failing case."""
    cell: dict[str, Function] = {}
    exec(compile("def mean(x: List[float]):\n    return 1.0", "cell", "exec", dont_inherit=True), cell)
    monkeypatch.setattr(sys.modules["__main__"], "mean", cell["mean"], raising=False)
    press(bar, "Check again")
    assert "x = array([" in press(bar, "Case")


def test_reset_shows_the_blank_cell(bar: row._Bar) -> None:
    """The cell as it was handed out; the command that puts it into the file is named."""
    told = press(bar, "Reset")
    assert "def mean(x)" in told and "write me" in told and "prep reset tiny mean" in told


def test_buttons_are_made_once(bar: row._Bar) -> None:
    """A second check shows the same buttons again, with nothing under them."""
    press(bar, "Reset")
    below = grader.check(total).below
    assert below and below.widget(show) is bar.root
    assert bar._output.outputs == ()


def test_without_blank_cell(mine: Path, course: Path) -> None:
    """Where no lesson was built, reset is no word of the row, and says why."""
    (course / "lessons" / "tiny" / "tiny.ipynb").unlink()
    assert "reset(mean)" not in repr(grader.check(total))
    assert grader.reset("mean").text.startswith("No blank cell.")
