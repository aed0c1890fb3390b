"""The desk: what a learner calls in a notebook, and their own copy of the lessons."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import grader
from desk.learner import Function, named_mean, right, total


def test_check_shows_a_card(mine: Path) -> None:
    """`check` gives a page: HTML for the notebook, text elsewhere, and the score for whoever asks."""
    page = grader.check(right)
    assert page.score and page.score.passed
    assert "all checks pass" in page._repr_html_()
    assert repr(page).startswith("mean: 4 / 4 points")


def test_check_names_a_known_mistake(mine: Path) -> None:
    """A known mistake is named where the course has its sources."""
    page = grader.check(total)
    assert page.score and page.score.mistake == "sum"
    assert "You returned the sum: divide by the number of values." in page.html


def test_check_in_a_fetched_folder(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson's folder alone, as nbgrader hands it out, is enough to check; mistakes are then the instructor's to name."""
    folder = tmp_path / "fetched" / "tiny"
    shutil.copytree(mine.parent, folder)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny.ipynb"))
    assert grader.check(right).score.score == 4.0
    wrong = grader.check(total).score
    assert (wrong.score, wrong.mistake) == (0.0, None)


def raises_system_exit(x: np.ndarray) -> object:
    sys.exit(3)


def ends_its_process(x: np.ndarray) -> object:
    os._exit(0)


def calls_itself(x: np.ndarray) -> object:
    return calls_itself(x)


def takes_nothing() -> object:
    return 1.0


def returns_itself(x: np.ndarray) -> object:
    return returns_itself


def gives_a_list_that_holds_itself(x: np.ndarray) -> object:
    held: list[object] = []
    held.append(held)
    return held


def yields(x: np.ndarray) -> object:
    yield 1.0


@pytest.mark.parametrize(
    "broken",
    [
        raises_system_exit,
        ends_its_process,
        calls_itself,
        takes_nothing,
        returns_itself,
        gives_a_list_that_holds_itself,
        yields,
    ],
)
def test_check_never_raises_on_a_broken_answer(mine: Path, broken: Function) -> None:
    """However an answer goes wrong, there is a card with a sentence, no points, and the kernel goes on."""
    page = grader.check(named_mean(broken))
    assert page.score and page.score.score == 0.0
    assert page.score.checks[0].message
    assert grader.check(right).score.passed


def somebody_elses(x: np.ndarray) -> object:
    return x


@pytest.mark.parametrize(
    "thing", [None, 3, "mean", functools.partial(right), lambda x: x, somebody_elses, np.mean([1.0]), print]
)
def test_check_of_something_else_is_a_sentence(mine: Path, thing: Function) -> None:
    """What is no exercise's function gets a sentence that says what to do, not a traceback."""
    page = grader.check(thing)
    assert page.score is None
    assert "check(roc_auc)" in page.text or "There are: mean." in page.text or "Did you mean mean?" in page.text


def test_check_outside_a_lesson_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no course, `check`, `hint` and `status` say so."""
    monkeypatch.chdir(tmp_path)
    for page in (grader.check(right), grader.hint("mean"), grader.status(), grader.reveal("robust")):
        assert "No course found" in page.text or "no lesson's folder" in page.text


def test_changed_checks_are_used(mine: Path, course: Path) -> None:
    """When a lesson's files change, the next `check` in the same kernel goes by the new ones."""
    assert grader.check(right).score.max_score == 4.0
    checks = course / "solutions" / "tiny" / "checks.py"
    checks.write_text(checks.read_text().replace("@points(2)", "@points(7)"))
    os.utime(checks, (2**31, 2**31))
    assert grader.check(right).score.max_score == 9.0


def test_three_hints(mine: Path) -> None:
    """`hint` takes the function or its name, gives three steps and then the last again."""
    steps = [grader.hint(total).text, grader.hint("mean").text, grader.hint(total).text, grader.hint(total).text]
    assert [step.partition("\n")[2][:6] for step in steps] == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]


def test_ready_waits_for_the_core_check(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`ready` is true once the core check passed in this kernel, false again when a new answer fails it, and says what to run."""
    assert not grader.ready(right)
    assert "Run check(mean) first" in capsys.readouterr().out
    grader.check(right)
    assert grader.ready(right)
    grader.check(total)
    assert not grader.ready(right)


def test_status_is_a_page(mine: Path) -> None:
    """`status` shows what was done so far, as HTML and as text."""
    grader.check(total)
    grader.check(right)
    page = grader.status()
    for shown in (page.text, page._repr_html_()):
        assert "mean: done after 2 attempts; fixed: sum" in shown
