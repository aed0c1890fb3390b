"""Practice in JupyterLab: a mock interview from draw to score sheet, and a day's review."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import TINY
from playwright.sync_api import Locator, Page, expect

from browser.conftest import PREP, prep, screenshot, serving
from browser.hands import RIGHT, at, cell, choose_theme, open_notebook, press, run, write

DAY = 86400
# What of the outputs' texts lies beyond the screen, or is cut by its box.
CUT = """() => [...document.querySelectorAll(".jp-OutputArea-output, .jp-OutputArea-output *")].filter((e) =>
    e.getBoundingClientRect().right > window.innerWidth + 1 ||
    (e.scrollWidth > e.clientWidth + 1 && ["hidden", "auto", "scroll"].includes(getComputedStyle(e).overflowX))
).map((e) => e.textContent)"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny lesson alone."""
    course = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("practice") / "course"))
    prep(course, "build")
    return course


@pytest.fixture(scope="module")
def lab(course: Path) -> Iterator[str]:
    """The address of a JupyterLab that `prep lab` started in the course."""
    with serving(course, *PREP, "lab", "--no-browser") as address:
        yield address


def say(page: Page, text: str) -> Locator:
    """Answer the question in its cell; the cell."""
    where = cell(page, 'interview.say("robust"')
    where.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(f'interview.say("robust", """{text}""")')
    run(page, where)
    return where


def test_a_mock_interview(page: Page, lab: str, course: Path) -> None:
    """From draw to score sheet; what was done and said before the kernel is restarted is still there after it."""
    assert "left of 10 minutes" in prep(course, "mock", "--minutes", "10", "--seed", "7")
    open_notebook(page, lab, "mock/mock-7.ipynb")
    start = cell(page, "resume(")
    run(page, start)
    expect(start.get_by_text("of 10 minutes left")).to_be_visible(timeout=30_000)
    expect(page.locator("#interview-clock")).to_have_text(re.compile(r"\d:\d\d"))
    write(page, RIGHT)
    done = cell(page, "interview.done(mean)")
    run(page, done)
    expect(done.get_by_text("What does it cost?")).to_be_visible(timeout=30_000)
    press(done, "a")
    expect(done.get_by_text("The score sheet says whether it is right.")).to_be_visible()
    expect(say(page, "When it is skewed.").get_by_text("What does sorting cost?")).to_be_visible()
    screenshot(page, "mock")
    page.get_by_role("button", name="Restart the kernel and run all cells").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    hand_in = cell(page, "interview.hand_in()")
    expect(hand_in.get_by_text("Run this cell again.")).to_be_visible(timeout=40_000)
    expect(hand_in.get_by_text("Not ")).to_have_count(0)  # nothing is open
    run(page, hand_in)
    expect(hand_in.get_by_text("code 4 / 4")).to_be_visible(timeout=30_000)
    expect(page.locator("#interview-clock")).to_have_count(0)
    score = cell(page, 'interview.score("robust")')
    run(page, score)
    score.get_by_label("outliers move the mean without bound").check()
    press(score, "Keep my score")
    expect(score.get_by_text("1 of 2 points by your own score")).to_be_visible()
    sheet = cell(page, "interview.sheet()")
    run(page, sheet)
    expect(sheet.get_by_text("code 4 / 4, talk 1 / 2")).to_be_visible()
    sheet.scroll_into_view_if_needed()
    screenshot(page, "mock-sheet")


def test_a_mock_interview_on_a_phone(page: Page, lab: str, course: Path) -> None:
    """In Notebook on 390 pixels, from the clock to the score sheet; nothing that it shows is cut, in light and dark."""
    prep(course, "mock", "--minutes", "10", "--seed", "8")
    page.goto(at(lab, "/notebooks/mock/mock-8.ipynb"))
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")).to_be_visible(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": 390, "height": 844})
    run(page, cell(page, "resume("))
    write(page, RIGHT)
    run(page, cell(page, "interview.done(mean)"))
    say(page, "aloud")
    hand_in = cell(page, "interview.hand_in()")
    run(page, hand_in)
    run(page, hand_in)
    expect(hand_in.get_by_text("code 4 / 4")).to_be_visible(timeout=30_000)
    score = cell(page, 'interview.score("robust")')
    run(page, score)
    score.get_by_label("outliers move the mean without bound").check()
    press(score, "Keep my score")
    sheet = cell(page, "interview.sheet()")
    run(page, sheet)
    expect(sheet.get_by_text("code 4 / 4, talk 1 / 2")).to_be_visible()
    for theme in ("Dark", "Light"):
        choose_theme(page, theme)
        assert page.evaluate(CUT) == []
        for name, where in {"score": score, "sheet": sheet}.items():
            where.scroll_into_view_if_needed()
            screenshot(page, f"mock-phone-{name}-{theme.lower()}")


def test_a_review_day(page: Page, lab: str, course: Path) -> None:
    """What went badly days ago comes blank; done well, nothing is due any more today."""
    with sqlite3.connect(course / "work" / "progress.sqlite") as progress:
        for table, column in (("talks", "at"), ("attempts", "at")):
            progress.execute(f"update {table} set {column} = {column} - {9 * DAY}")
    told = prep(course, "review")
    assert "Q. robust" in told
    (path,) = (course / "work" / "review").glob("*.ipynb")
    open_notebook(page, lab, f"review/{path.name}")
    run(page, cell(page, "import numpy"))
    rubric = cell(page, 'talk("robust"')
    run(page, rubric)
    for line in ("outliers move the mean without bound", "median needs the order only"):
        rubric.get_by_label(line).first.check()
    press(rubric, "Keep my score")
    expect(rubric.get_by_text("2 of 2 points by your own score")).to_be_visible(timeout=30_000)
    screenshot(page, "review")
    assert "Q. robust" not in prep(course, "review")
