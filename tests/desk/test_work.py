"""work/: the learner's own copy, never overwritten; `prep reset` keeps the old work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desk.learner import cells, write_in
from grader.desk.start import START
from grader.desk.work import make_work, reset
from grader.errors import PrepError, UsageError


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
    old, new = ["".join(cell["source"]) for cell in before], ["".join(cell["source"]) for cell in after]
    changed = [other for one, other in zip(old, new, strict=True) if one != other]
    assert changed == [text for cell in fresh if "write me" in (text := "".join(cell["source"]))]
    assert [cell["metadata"] for cell in after] == [cell["metadata"] for cell in before]


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
