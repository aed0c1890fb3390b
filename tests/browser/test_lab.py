"""A learner in JupyterLab: open, answer, check, a known mistake, a reset, the progress."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from helpers import ROOT
from playwright.sync_api import Page, expect

from browser.conftest import ARTIFACTS, prep, screenshot
from browser.hands import (
    HARD_TO_READ,
    RIGHT,
    answer,
    answer_question,
    cell,
    choose_theme,
    open_lesson,
    open_notebook,
    press,
    run,
    save,
    write,
)
from grader import card
from grader.card.gallery import examples

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


def test_card_and_its_buttons(page: Page, lab: str, course: Path) -> None:
    """From an endless loop, which the kernel survives, over a known mistake to a right answer, by the buttons below the card.

    The file keeps what they say in words, is graded as it was checked, and stays beside the new one after a reset.
    """
    open_lesson(page, lab)
    check = answer(page, LOOP)
    expect(check.get_by_text("did not come back in time")).to_be_visible(timeout=30_000)
    answer(page, WRONG)
    expect(check.get_by_text("You returned the sum: divide by the number of values.")).to_be_visible(timeout=30_000)
    expect(check.get_by_text("expected", exact=True)).to_be_visible()
    check.scroll_into_view_if_needed()
    screenshot(page, "card-mistake-light")
    choose_theme(page, "Dark")
    screenshot(page, "card-mistake-dark")
    choose_theme(page, "Light")
    expect(check.get_by_role("button", name="Reveal")).to_be_disabled()
    for label, told in {"Next hint": "1 of 3: ", "Case": "x = array([", "Reset": "write me"}.items():
        press(check, label)
        expect(check.get_by_text(told)).to_be_visible()
    screenshot(page, "card-buttons")
    write(page, RIGHT)
    press(check, "Check again")
    expect(check.get_by_text("all checks pass")).to_be_visible(timeout=30_000)
    press(check, "Reveal")
    expect(check.get_by_text("One pass, the mean so far moved by each value.")).to_be_visible(timeout=30_000)
    check.get_by_text("reference", exact=True).last.click()
    expect(check.get_by_text("return np.mean(real)")).to_be_visible()
    screenshot(page, "other-answers")
    save(page)
    assert "1 complete: 4 of 4 points" in prep(course, "check", "tiny")  # the notebook as JupyterLab saves it
    open_lesson(page, lab)
    expect(check.get_by_text("reveal(mean)")).to_be_visible()
    expect(check.get_by_text("Error displaying widget")).to_have_count(0)
    prep(course, "reset", "tiny", "mean")
    mine = course / "work" / "tiny" / "tiny.ipynb"
    assert "write me" in mine.read_text()
    assert [path for path in mine.parent.glob("tiny until *.ipynb") if "x.sum() / x.size" in path.read_text()]


def test_untouched_notebook_runs(page: Page, lab: str, course: Path) -> None:
    """The lesson as released runs top to bottom: cards are grey and no attempt, no hint is taken, demonstrations wait."""
    prep(course, "reset", "tiny")
    before = prep(course, "status")
    open_lesson(page, lab)
    page.get_by_role("button", name="Restart the kernel and run all cells").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text("This part uses your mean.")).to_be_visible(timeout=40_000)
    card = cell(page, "check(mean)").get_by_text("not written yet").locator("xpath=..")
    expect(card).to_have_css("border-left-color", "rgba(128, 128, 128, 0.9)")
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    assert prep(course, "status") == before


def test_progress_page(page: Page, lab: str, course: Path) -> None:
    """The progress tells of attempts, and of mistakes made and mended, in the terminal and on the page to start from."""
    told = prep(course, "status")
    assert "mean: done after" in told
    assert "fixed: sum" in told
    open_notebook(page, lab, "Start%20here.ipynb")
    run(page, cell(page, "status()"))
    page.get_by_text("How it went").first.click()
    expect(page.get_by_text("fixed: sum")).to_be_visible(timeout=30_000)
    screenshot(page, "progress")
    page.get_by_role("link", name="A tiny lesson").first.click()
    expect(page.get_by_role("tab", name="tiny.ipynb")).to_be_visible(timeout=30_000)


def test_rubric_after_an_attempt(page: Page, lab: str, course: Path) -> None:
    """`reveal` waits for an answer that is written and saved, then unfolds what a strong one mentions, to score it by."""
    prep(course, "reset", "tiny")
    open_lesson(page, lab)
    run(page, cell(page, "import numpy"))
    where = cell(page, 'reveal("robust")')
    run(page, where)
    expect(where.get_by_text("Write your own answer")).to_be_visible(timeout=30_000)
    answer_question(page, "When it is skewed.")
    save(page)
    run(page, where)
    where.get_by_text("What a strong answer mentions").click()
    expect(where.locator("li", has_text="outliers move the mean without bound")).to_be_visible()
    line = where.locator("label", has_text="outliers move the mean without bound")
    assert line.evaluate("label => getComputedStyle(label).whiteSpace") == "normal"  # a long one is not cut
    where.get_by_label("outliers move the mean without bound").check()
    where.get_by_role("button", name="Keep my score").click()
    expect(where.get_by_text("points by your own score")).to_be_visible()


def test_card_in_a_notebook_nobody_trusts(page: Page, lab: str, course: Path) -> None:
    """Cards that somebody else saved keep their layout and tints, what is folded unfolds, and every text on them has a contrast of 4.5 or more."""
    shown = "".join(map(card.html, examples()))
    output = nbformat.v4.new_output("display_data", {"text/html": shown})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook = nbformat.v4.new_notebook(
        metadata=kernel, cells=[nbformat.v4.new_code_cell("1", outputs=[output], id="card")]
    )
    nbformat.write(notebook, course / "work" / "tiny" / "theirs.ipynb")
    open_notebook(page, lab, "tiny/theirs.ipynb")
    expect(page.get_by_title("Notebook not trusted", exact=False).first).to_be_attached()
    printed = page.locator(".jp-OutputArea details").first
    printed.locator("summary").click()
    expect(printed.get_by_text("ranks: [1 2]")).to_be_visible()
    for theme in ("Light", "Dark"):
        choose_theme(page, theme)
        mistake = page.get_by_text("A mistake others have made").locator("xpath=..")
        assert mistake.evaluate("box => getComputedStyle(box).backgroundColor").startswith("rgba(180")
        assert page.locator(".jp-OutputArea-output").first.evaluate(HARD_TO_READ) == []


def test_card_of_a_real_lesson(page: Page, lab: str) -> None:
    """In the lesson on metrics the oldest mistake about AUC is named (the README's picture: PREP_UPDATE=1 keeps it)."""
    open_lesson(page, lab, "metrics")
    where = answer(page, ORDINAL, "roc_auc")
    card, row = where.locator(".jp-OutputArea-output").first, where.locator(".jp-OutputArea-output").nth(1)
    expect(card.get_by_text("Tied scores got different ranks")).to_be_visible(timeout=30_000)
    expect(row.get_by_role("button", name="Next hint")).to_be_visible()
    pictures = ROOT / "docs" if os.environ.get("PREP_UPDATE") else ARTIFACTS
    for theme, picture in (("Dark", "card-dark.png"), ("Light", "card.png")):
        choose_theme(page, theme)
        row.scroll_into_view_if_needed()
        upper, lower = card.locator("div").first.bounding_box(), row.bounding_box()
        assert upper and lower
        upper["width"], upper["height"] = upper["width"] + 1, lower["y"] + lower["height"] - upper["y"]
        page.screenshot(path=str(pictures / picture), clip=upper)
