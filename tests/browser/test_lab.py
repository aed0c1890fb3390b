"""A learner in JupyterLab: open, answer, check, a known mistake, a reset, the progress."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser.conftest import ARTIFACTS, ROOT, prep, screenshot

RIGHT = 'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return x.sum() / x.size'
WRONG = 'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return 1.0 * x.sum()'
ORDINAL = """def roc_auc(y_true, scores):
    if y_true.ndim != 1 or y_true.shape != scores.shape or y_true.size == 0:
        raise ValueError("labels and scores must have one shape (n,)")
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    positive = y_true == 1
    n, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * m) if n and m else float("nan")"""
LOOP = "def mean(x):\n    while True:\n        pass"


def open_lesson(page: Page, address: str, name: str = "tiny", exercise: str = "mean") -> None:
    page.goto(address.replace("tiny", name) + "&reset")  # without the tabs of the test before
    expect(cell(page, f"check({exercise})")).to_be_attached(timeout=60_000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)


def choose_theme(page: Page, name: str) -> None:
    """Choose JupyterLab's Light or Dark theme and wait until it is there."""
    page.keyboard.press("Control+Shift+C")
    page.keyboard.insert_text(f"Theme: JupyterLab {name}")
    page.keyboard.press("Enter")
    expect(page.locator(f"body[data-jp-theme-name='JupyterLab {name}']")).to_be_attached(timeout=20_000)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0, timeout=20_000)


def cell(page: Page, text: str) -> Locator:
    """The code cell that holds a text."""
    return page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text).first


def run(page: Page, where: Locator) -> None:
    """Run a cell and wait until the kernel has."""
    where.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(where.locator(".jp-InputArea-prompt").first).to_have_text(re.compile(r"\[\d+\]:"), timeout=30_000)


def answer(page: Page, text: str, exercise: str = "mean") -> Locator:
    """Write an answer into the exercise's cell, run it and its check; the check's cell."""
    run(page, cell(page, "import numpy"))
    where = cell(page, f"def {exercise}")
    where.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")
    check = cell(page, f"check({exercise})")
    run(page, check)
    return check


def test_right_answer_passes(page: Page, lab: str) -> None:
    """`prep lab` opens on the first lesson; a right answer gets a card that says so."""
    open_lesson(page, lab)
    check = answer(page, RIGHT)
    expect(check.get_by_text("all checks pass")).to_be_visible(timeout=30_000)
    assert page.get_by_text("Would you like to get notified about official Jupyter news").count() == 0
    screenshot(page, "card-passed")


def test_known_mistake_is_named(page: Page, lab: str) -> None:
    """A known mistake gets its sentence, expected and got, in the light theme and in the dark."""
    open_lesson(page, lab)
    check = answer(page, WRONG)
    expect(check.get_by_text("You returned the sum: divide by the number of values.")).to_be_visible(timeout=30_000)
    expect(check.get_by_text("expected", exact=True)).to_be_visible()
    check.scroll_into_view_if_needed()
    screenshot(page, "card-mistake-light")
    choose_theme(page, "Dark")
    screenshot(page, "card-mistake-dark")
    choose_theme(page, "Light")


def test_endless_loop_leaves_the_kernel_alive(page: Page, lab: str) -> None:
    """An answer that loops for ever ends with a message, and the kernel goes on."""
    open_lesson(page, lab)
    check = answer(page, LOOP)
    expect(check.get_by_text("did not come back in time")).to_be_visible(timeout=30_000)
    check = answer(page, RIGHT)
    expect(check.get_by_text("all checks pass")).to_be_visible(timeout=30_000)


def test_untouched_notebook_runs(page: Page, lab: str, course: Path) -> None:
    """The lesson as released runs top to bottom: checks say what is to do, demonstrations wait."""
    prep(course, "reset", "tiny")
    open_lesson(page, lab)
    page.get_by_role("button", name="Restart the kernel and run all cells").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text("This part uses your mean.")).to_be_visible(timeout=40_000)


def test_reset_keeps_the_old_work(page: Page, lab: str, course: Path) -> None:
    """What JupyterLab saves is graded as it was checked; after a reset the lesson is as new, and the old notebook lies beside it."""
    open_lesson(page, lab)
    answer(page, RIGHT)
    page.keyboard.press("Control+S")
    mine = course / "work" / "tiny" / "tiny.ipynb"
    expect(page.get_by_text("Saving completed").first).to_be_attached(timeout=20_000)
    assert "x.sum() / x.size" in mine.read_text()
    graded = json.loads(prep(course, "grade", "tiny", str(mine), "--json"))
    assert graded["submissions"][0]["score"] == 4.0  # the notebook as JupyterLab saves it
    prep(course, "reset", "tiny", "mean")
    assert "write me" in mine.read_text()
    kept = [path for path in mine.parent.glob("tiny until *.ipynb") if "x.sum() / x.size" in path.read_text()]
    assert kept
    assert json.loads(mine.read_text())["nbformat"] == 4


def test_progress_page(page: Page, lab: str, course: Path) -> None:
    """The progress tells of attempts, and of mistakes made and mended, in the terminal and on the page to start from."""
    told = prep(course, "status")
    assert "mean: done after" in told
    assert "mended: sum" in told
    page.goto(lab.replace("tiny/tiny.ipynb", "Start%20here.ipynb") + "&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    run(page, cell(page, "status()"))
    expect(page.get_by_role("link", name="A tiny lesson")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("mended: sum")).to_be_visible()
    screenshot(page, "progress")


def test_card_of_a_real_lesson(page: Page, lab: str) -> None:
    """In the lesson on metrics the oldest mistake about AUC is named (the README's picture: PREP_UPDATE=1 keeps it)."""
    open_lesson(page, lab, "metrics", "roc_auc")
    card = answer(page, ORDINAL, "roc_auc").locator(".jp-OutputArea-output").last
    expect(card.get_by_text("Tied scores got different ranks")).to_be_visible(timeout=30_000)
    pictures = ROOT / "docs" if os.environ.get("PREP_UPDATE") else ARTIFACTS
    for theme, picture in (("Dark", "card-dark.png"), ("Light", "card.png")):
        choose_theme(page, theme)
        card.screenshot(path=str(pictures / picture))
