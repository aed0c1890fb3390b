"""From the notebook to start from to an exercise and back, and the page for a phone, in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from browser.conftest import ARTIFACTS, prep, screenshot
from browser.hands import HARD_TO_READ, RIGHT, answer, at, cell, choose_theme, run, save

NEXT = "Next: "


def test_to_an_exercise_and_back(page: Page, lab: str, course: Path) -> None:
    """`prep lab` opens on the overview, which is there without running anything; a tile leads to its cell in the lesson.

    Back in the first tab, run again, it shows what was done.
    """
    prep(course, "reset", "tiny")
    page.goto(lab + "&reset")
    expect(page.get_by_role("tab", name="Start here.ipynb")).to_be_visible(timeout=60_000)
    overview = page.locator(".jp-OutputArea-output", has_text=NEXT)
    expect(overview.get_by_text("nothing is sent anywhere")).to_be_attached(timeout=30_000)
    expect(overview.get_by_role("link", name="roc_auc", exact=False).first).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    screenshot(page, "start-light")
    choose_theme(page, "Dark")
    screenshot(page, "start-dark")
    assert overview.evaluate(HARD_TO_READ) == []
    choose_theme(page, "Light")
    overview.get_by_role("link", name="roc_auc").first.click()
    expect(page.get_by_role("tab", name="metrics.ipynb")).to_be_visible(timeout=30_000)
    expect(cell(page, "def roc_auc(")).to_be_in_viewport(timeout=40_000)
    page.get_by_role("tab", name="Start here.ipynb").click()
    overview.get_by_role("link", name="mean").last.click()
    expect(page.get_by_role("tab", name="tiny.ipynb")).to_be_visible(timeout=30_000)
    page.goto(at(lab, "/start"))
    page.get_by_role("link", name="roc_auc").first.click()  # from outside JupyterLab, which is not open yet
    expect(cell(page, "def roc_auc(")).to_be_in_viewport(timeout=60_000)


def test_the_overview_follows_the_work(page: Page, lab: str, course: Path) -> None:
    """What was checked in a lesson is complete in the overview once its cell is run again."""
    page.goto(at(lab, "/lab/tree/tiny/tiny.ipynb") + "&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    answer(page, RIGHT)
    save(page)
    page.goto(at(lab, "/lab/tree/Start%20here.ipynb") + "&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    run(page, cell(page, "status()"))
    expect(page.get_by_text("✓ mean")).to_be_visible(timeout=30_000)


def test_the_page_on_a_phone(browser: Browser, lab: str) -> None:
    """On 390 pixels nothing is wider than the screen, texts have contrast in light and dark, and filters leave what fits.

    A tile opens Notebook, which is made for a small screen, at its cell.
    """
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
        page = context.new_page()
        page.goto(at(lab, "/start"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator("body > div").evaluate(HARD_TO_READ) == []
        tiles = page.locator(".tile:visible")
        every = tiles.count()
        page.select_option("select[name=level]", "hard")
        assert 0 < tiles.count() < every
        page.select_option("select[name=topic]", "robust statistics")
        assert tiles.count() == 0
        ARTIFACTS.mkdir(exist_ok=True)
        page.select_option("select[name=topic]", "")
        page.screenshot(path=str(ARTIFACTS / f"start-phone-{scheme}.png"))
        if scheme == "light":
            page.select_option("select[name=level]", "")
            page.get_by_role("link", name="roc_auc").first.click()
            expect(cell(page, "def roc_auc(")).to_be_in_viewport(timeout=60_000)
            assert "/notebooks/" in page.url
        context.close()
    stranger = browser.new_context().new_page()
    stranger.goto(at(lab, "/start").partition("?")[0])
    assert "/login" in stranger.url  # nobody else reads it
