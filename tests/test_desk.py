"""The desk: what a learner calls in a notebook, and their own copy of the lessons."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import grader
from grader.course.build import build
from grader.desk import judges, notebook
from grader.desk.work import START, make_work, reset
from grader.errors import PrepError, UsageError

Function = Callable[..., object]


@pytest.fixture
def course(tiny: Path) -> Path:
    """The tiny course with its lessons/ built."""
    build(tiny)
    return tiny


@pytest.fixture
def mine(course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A learner's notebook, from which the desk is called as in its kernel."""
    path = make_work(course) / "tiny" / "tiny.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.chdir(path.parent)
    yield path
    judges.close_all()
    notebook._passed.clear()


def named_mean(function: Function) -> Function:
    """The function under the name of the exercise, as in a learner's cell."""
    function.__name__ = "mean"
    return function


@named_mean
def right(x: np.ndarray) -> float:
    if x.size == 0:
        raise ValueError("empty")
    return x.sum() / x.size


@named_mean
def total(x: np.ndarray) -> float:
    if x.size == 0:
        raise ValueError("empty")
    return 1.0 * x.sum()


def cells(path: Path) -> list[dict[str, object]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def write_in(path: Path, grade_id: str, text: str) -> None:
    """Write a cell of a notebook, as the learner does."""
    content = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in content["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]
    cell["source"] = text
    path.write_text(json.dumps(content), encoding="utf-8")


# --- check ------------------------------------------------------------------------------------------------------------


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
    "broken", [raises_system_exit, ends_its_process, calls_itself, takes_nothing, returns_itself, gives_a_list_that_holds_itself, yields]
)
def test_check_never_raises_on_a_broken_answer(mine: Path, broken: Function) -> None:
    """However an answer goes wrong, there is a card with a sentence, no points, and the kernel goes on."""
    page = grader.check(named_mean(broken))
    assert page.score and page.score.score == 0.0
    assert page.score.checks[0].message
    assert grader.check(right).score.passed


def somebody_elses(x: np.ndarray) -> object:
    return x


@pytest.mark.parametrize("thing", [None, 3, "mean", functools.partial(right), lambda x: x, somebody_elses, np.mean([1.0]), print])
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


# --- hint, ready, reveal, status --------------------------------------------------------------------------------------


def test_three_hints(mine: Path) -> None:
    """`hint` takes the function or its name, gives three steps and then the last again; the card folds away the one that comes next."""
    assert "What do all the values add up to?" in grader.check(total).html
    steps = [grader.hint(total).text, grader.hint("mean").text, grader.hint(total).text, grader.hint(total).text]
    assert [step.partition("\n")[2][:6] for step in steps] == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]
    assert "Next hint" not in grader.check(total).html


def test_ready_waits_for_the_core_check(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`ready` is true once the core check passed in this kernel, false again when a new answer fails it, and says what to run."""
    assert not grader.ready(right)
    assert "Run check(mean) first" in capsys.readouterr().out
    grader.check(right)
    assert grader.ready(right)
    grader.check(total)
    assert not grader.ready(right)


def test_reveal_after_an_attempt(mine: Path) -> None:
    """`reveal` shows what a strong answer mentions once one's own is written and saved, and kindly waits until then."""
    assert "Write your own answer" in grader.reveal("robust").text
    write_in(mine, "answer-robust", "Outliers pull the mean.")
    page = grader.reveal("robust")
    assert "outliers move the mean without bound" in page.text
    assert page.html.startswith("<details")
    assert "no question called 'robots'" in grader.reveal("robots").text


def test_reveal_other_right_answers(mine: Path) -> None:
    """Once an exercise has passed, `reveal` sets the reference and two other ways beside one's own, each with its time and text."""
    assert "First your own" in grader.reveal(total).text
    assert "reveal(mean) shows other right answers" in grader.check(right).text
    page = grader.reveal(right)
    lines = page.text.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["yours", "reference", "loop", "running"]
    assert all(re.search(r"[\d.]+ (µs|ms)", line) for line in lines[1:5])
    assert "A loop with an exact sum." in page.text
    assert "return xp.mean(real)" in page.text and "BEGIN SOLUTION" not in page.text
    assert page.html.count("<details") == 3


def test_reveal_without_the_sources(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that an instructor handed out, the points of a strong answer are with the instructor."""
    folder = tmp_path / "fetched" / "tiny"
    shutil.copytree(mine.parent, folder)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny.ipynb"))
    assert "with your instructor" in grader.reveal("robust").text
    assert "with your instructor" in grader.reveal(right).text


def test_status_is_a_page(mine: Path) -> None:
    """`status` shows what was done so far, as HTML and as text."""
    grader.check(total)
    grader.check(right)
    page = grader.status()
    for shown in (page.text, page._repr_html_()):
        assert "mean: done after 2 attempts; mended: sum" in shown


# --- work/ ------------------------------------------------------------------------------------------------------------


def test_work_is_never_overwritten(course: Path) -> None:
    """work/ gets every lesson once; what a learner wrote stays, a lesson that came later is added, checks and hints follow the course."""
    work = make_work(course)
    (work / "tiny" / "tiny.ipynb").write_text("mine")
    (work / START).write_text("mine too")
    (work / "tiny" / "hints.md").write_text("old")
    shutil.copytree(course / "lessons" / "tiny", course / "lessons" / "later")
    make_work(course)
    assert (work / "tiny" / "tiny.ipynb").read_text() == "mine"
    assert (work / START).read_text() == "mine too"
    assert (work / "tiny" / "hints.md").read_bytes() == (course / "lessons" / "tiny" / "hints.md").read_bytes()
    assert (work / "later" / "tiny.ipynb").exists()
    assert [path for path in work.rglob("*.tmp")] == []


def test_work_needs_lessons(tiny: Path) -> None:
    """Where lessons/ was never built, a sentence says how."""
    with pytest.raises(UsageError, match="prep build"):
        make_work(tiny)


def test_reset_keeps_the_old_notebook(mine: Path) -> None:
    """A lesson is as new after a reset, and each old notebook lies beside it, however quickly they follow each other."""
    fresh = mine.read_bytes()
    for text in ("first", "second"):
        mine.write_text(text)
        assert "tiny is as new. Your old notebook is" in reset("tiny")
        assert mine.read_bytes() == fresh
    assert {path.read_text() for path in mine.parent.glob("tiny until *.ipynb")} == {"first", "second"}


def test_reset_of_one_exercise_leaves_the_others(mine: Path) -> None:
    """Only the exercise's cell is as new; answers to questions and one's own cells stay."""
    fresh = cells(mine)
    write_in(mine, "mean", "def mean(x): return 1")
    write_in(mine, "answer-robust", "Outliers.")
    before = cells(mine)
    reset("tiny", "mean")
    after = cells(mine)
    changed = [place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert [after[place] for place in changed] == [cell for cell in fresh if "write me" in "".join(str(cell["source"]))]


@pytest.mark.parametrize("content", ["cut off {", "[]", '{"cells": []}'])
def test_reset_that_cannot_be_done_changes_nothing(mine: Path, content: str) -> None:
    """Where an exercise's cell is gone, a sentence names the way out, and no file is touched."""
    mine.write_text(content)
    before = sorted(mine.parent.iterdir())
    with pytest.raises(PrepError, match=r"prep reset tiny"):
        reset("tiny", "mean")
    assert mine.read_text() == content
    assert sorted(mine.parent.iterdir()) == before


def test_start_page_is_a_notebook(course: Path) -> None:
    """The notebook to start from is valid, runs, and needs nothing but the kit."""
    import nbformat

    page = nbformat.read(make_work(course) / START, as_version=4)
    nbformat.validate(page)
    assert "status()" in page.cells[1].source
