"""What a learner's hands do in JupyterLab: open, write, run, choose a theme."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

RIGHT = 'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return x.sum() / x.size'
# Texts in an element whose contrast with what lies behind them is below WCAG's AA, with their contrast.
HARD_TO_READ = """(box) => {
    const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
    const line = (node) => node ? [node, ...line(node.parentElement)] : [];
    const light = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (element) => {
        const above = line(element).map((node) => getComputedStyle(node));
        const behind = above.map((style) => parse(style.backgroundColor)).reduceRight((below, top) => over(top, below), [255, 255, 255]);
        const [r, g, b, a] = parse(above[0].color);
        const text = over([r, g, b, above.reduce((alpha, style) => alpha * style.opacity, a)], behind);
        const [low, high] = [light(text), light(behind)].sort((one, other) => one - other);
        return (high + 0.05) / (low + 0.05);
    };
    const spoken = [...box.querySelectorAll("*")].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
    if (spoken.length < 50) return ["there are too few texts here"];
    return spoken.map((e) => [e.textContent, contrast(e)]).filter(([, ratio]) => ratio < 4.5);
}"""


def at(address: str, path: str) -> str:
    """The address of another page of the same server."""
    return re.sub(r"/lab[^?]*", path, address)


def open_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook without the tabs of the test before, and wait for its kernel."""
    page.goto(at(address, f"/lab/tree/{path}") + "&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)


def open_lesson(page: Page, address: str, name: str = "tiny") -> None:
    open_notebook(page, address, f"{name}/{name}.ipynb")


def choose_theme(page: Page, name: str) -> None:
    """Choose JupyterLab's Light or Dark theme and wait until it is there."""
    page.keyboard.press("Control+Shift+C")
    expect(page.locator("#modal-command-palette input")).to_be_focused(timeout=20_000)
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


def run_imports(page: Page) -> None:
    """Run the lesson's imports; where the first cells are folded, unfold them first, as a click on them does."""
    folded = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPlaceholder")
    for _ in range(min(2, folded.count())):
        folded.first.click()
    run(page, cell(page, "import numpy"))


def write(page: Page, text: str, exercise: str = "mean") -> None:
    """Write an answer into the exercise's cell and run it."""
    cell(page, f"def {exercise}").locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")


def answer(page: Page, text: str, exercise: str = "mean") -> Locator:
    """Write an answer into the exercise's cell, run it and its check; the check's cell."""
    run_imports(page)
    write(page, text, exercise)
    check = cell(page, f"check({exercise})")
    run(page, check)
    return check


def press(where: Locator, label: str) -> None:
    """Press a button of the row below a card."""
    where.get_by_role("button", name=label, exact=True).click()


def answer_question(page: Page, text: str) -> None:
    """Write an answer to the concept question in the place of its stub."""
    question = page.locator(".jp-MarkdownCell", has_text="Your answer:")
    question.locator(".jp-RenderedMarkdown").click()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")


def save(page: Page) -> None:
    page.keyboard.press("Control+S")
    expect(page.get_by_text("Saving completed").first).to_be_attached(timeout=20_000)
