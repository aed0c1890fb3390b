"""Marking in a real browser and over the real server: question by question, into nbgrader's gradebook."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom.a_class import RIGHT, by_id, hand_in, nbgrader, solved
from classroom.hostile_page import IN_MARKDOWN
from helpers import ROOT, TINY
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Locator, Page, expect

from browser.conftest import ARTIFACTS, PREP, prep, screenshot, serving
from browser.hands import HARD_TO_READ, at

ANSWERS = {
    "ada": "When a few values lie far out: the *median* hardly moves, and $\\bar x$ follows them.",
    "bob": "Always.",
    "cat": "Always.",
    "dan": "",
    "eve": IN_MARKDOWN,
    "fay": "word " * 20_000,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class of the tiny lesson."""
    course = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("marking") / "course"))
    shutil.copy(ROOT / "nbgrader_config.py", course)
    prep(course, "build")
    for student, text in ANSWERS.items():
        put_in(course, student, text)
    grade(course)
    return course


@pytest.fixture(scope="module")
def instructor(course: Path) -> Iterator[str]:
    """The address of `prep lab --instructor`."""
    with serving(course, *PREP, "lab", "--instructor", "--no-browser") as address:
        yield address


def put_in(course: Path, student: str, text: str) -> None:
    hand_in(
        course, student, solved(course, RIGHT, lambda cells: text and by_id(cells, "answer-robust").update(source=text))
    )


def grade(course: Path, *options: str) -> None:
    prep(course, "grade", "tiny", "submitted", "--isolation", "none", *options)


def stored(course: Path) -> dict[str, tuple[float | None, bool, str | None]]:
    """Each student's mark in the gradebook, whether a person must look, and the comment."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        found = {}
        for student in ANSWERS:
            grade = book.find_grade("answer-robust", "tiny", "tiny", student)
            comment = book.find_comment("answer-robust", "tiny", "tiny", student)
            found[student] = (grade.manual_score, bool(grade.needs_manual_grade), comment.comment)
        return found


def card(page: Page, text: str) -> Locator:
    return page.locator("form.card").filter(has_text=text)


def open_page(page: Page, address: str) -> None:
    page.goto(at(address, "/mark/tiny/robust"))
    expect(page.locator("form.card").first).to_be_visible()


def test_only_the_instructors_browser_may_write(instructor: str, course: Path) -> None:
    """Without the token nobody reads or writes; with a cookie alone, as another site's form would send, nothing is written."""
    plain, _, token = at(instructor, "/mark/tiny/robust").partition("?token=")
    mark = json.dumps({"grades": ["x"], "seen": "", "points": 1, "lines": [], "comment": ""}).encode()

    def ask(headers: dict[str, str], data: bytes | None = mark) -> tuple[int, str, str]:
        try:
            with urllib.request.urlopen(urllib.request.Request(plain, data, headers)) as reply:
                return reply.status, reply.url, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.url or "", error.read().decode()

    mine = {"Authorization": f"token {token}"}
    assert "/login" in ask({}, None)[1]
    assert ask({})[0] == 403
    status, _, shown = ask(mine, None)
    assert status == 200 and "When is the median better?" in shown
    assert ask({"Cookie": "_xsrf=1|2|3", "Origin": "https://example.org"})[0] in (403, 404)
    assert ask(mine)[0] == 409  # a grade that is not there
    for wrong in (b"", b"{", b"[]", b'{"grades": 1}', b'{"points": "many"}', mark.replace(b": 1", b": NaN")):
        status, _, told = ask(mine, wrong)
        assert status == 400 and "told" in json.loads(told), wrong
    assert ask(mine, mark.replace(b": 1", b": 7"))[2] == '{"told": "robust is worth 0 to 2 points, not 7."}'
    assert {row[0] for row in stored(course).values()} == {None}


def test_marking_by_clicks_and_keys(page: Page, instructor: str, course: Path) -> None:
    """Rubric lines are clicked, a comment is written, the marks are in the gradebook; a regrade keeps them but where the answer changed."""
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(at(instructor, "/mark"))
    page.get_by_role("link", name="When is the median better?").click()
    expect(page.locator("#top")).to_contain_text("5 to mark of 5 answers")
    ada = card(page, "hardly moves")
    ada.get_by_text("outliers move the mean without bound").click()
    ada.get_by_text("needs the order only").click()
    expect(ada.get_by_label("Points")).to_have_value("2")
    ada.get_by_text("always", exact=False).last.click()
    expect(ada.get_by_label("Points")).to_have_value("1")
    ada.get_by_label("Comment for the student").fill("Which values?")
    ada.get_by_role("button", name="Save").click()
    expect(ada.locator(".mark")).to_have_text("1 of 2")
    expect(page.locator("#left")).to_have_text("4")
    bob = card(page, "2 students, word for word")
    expect(bob).to_be_focused()  # the next that waits
    page.keyboard.press("a")
    page.keyboard.press("c")
    page.keyboard.insert_text("Why?")
    page.keyboard.press("Control+Enter")
    expect(bob.locator(".mark")).to_have_text("0 of 2")
    page.keyboard.press("k")
    expect(bob).to_be_focused()
    page.keyboard.press("p")
    page.keyboard.insert_text("0.5")
    page.keyboard.press("Enter")
    expect(bob.locator(".mark")).to_have_text("0.5 of 2")
    expect(bob.get_by_text("bob, cat")).to_be_hidden()
    page.get_by_label("Names").check()
    expect(bob.get_by_text("bob, cat")).to_be_visible()
    marked = {"ada": (1.0, False, "Which values?"), "bob": (0.5, False, "Why?"), "cat": (0.5, False, "Why?")}
    assert {student: row for student, row in stored(course).items() if student in marked} == marked

    put_in(course, "cat", "Sometimes.")
    grade(course, "--force")
    kept = marked | {"cat": (0.5, True, "Why?")}
    assert {student: row for student, row in stored(course).items() if student in marked} == kept
    page.reload()
    expect(card(page, "hardly moves").get_by_role("checkbox", checked=True)).to_have_count(3)
    cat = card(page, "Sometimes.")
    expect(cat).to_contain_text("Marked before; the answer has changed since")

    nbgrader(course, "autograde", "tiny", "--student=ada")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        (number,) = [notebook.id for notebook in book.find_submission("tiny", "ada").notebooks]
    page.goto(at(instructor, f"/formgrader/submissions/{number}"))
    expect(page.locator("#answer-robust")).to_have_value("1", timeout=30_000)
    expect(page.locator("#answer-robust-comment")).to_have_value("Which values?")


def test_two_tabs_and_a_server_that_is_gone(page: Page, instructor: str, course: Path) -> None:
    """The second tab is told that it was too late and keeps what was written in it; so is who has no server any more."""
    open_page(page, instructor)
    other = page.context.new_page()
    open_page(other, instructor)
    for tab in (page, other):
        where = card(tab, "word word").first
        where.get_by_text("needs the order only").click()
        where.get_by_role("button", name="Save").click()
        expect(where.locator(".mark" if tab is page else ".told")).to_have_text("1 of 2" if tab is page else "This answer was marked or handed in again since the page was loaded. Nothing was written; reload the page to see it as it is.")  # fmt: skip
    other.context.set_offline(True)
    where = card(other, "hardly moves")
    where.get_by_label("Comment for the student").fill("More, please.")
    where.get_by_role("button", name="Save").click()
    expect(where.locator(".told")).to_contain_text("The server did not answer.")
    expect(where.get_by_label("Comment for the student")).to_have_value("More, please.")
    other.context.set_offline(False)
    other.close()


def test_nothing_in_an_answer_runs(page: Page, instructor: str) -> None:
    """A hostile answer is text: nothing of it runs when it is shown, clicked or hovered over."""
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    open_page(page, instructor)
    eve = card(page, "An honest sentence: if x<y and z>w")
    for link in eve.get_by_text("a link", exact=True).all() + eve.get_by_text("another", exact=True).all():
        link.click()
    eve.get_by_text("bold", exact=True).hover()
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    expect(eve.get_by_role("button", name="Save")).to_be_enabled()  # nothing lies over it
    eve.screenshot(path=str(screenshot(page, "marking-hostile")))


def test_how_it_looks(browser: Browser, instructor: str) -> None:
    """In light and dark and on 390 pixels texts have contrast, and nothing is wider than the screen."""
    for name, width in (("desk", 1280), ("phone", 390)):
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
            page = context.new_page()
            open_page(page, instructor)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("body").evaluate(HARD_TO_READ) == []
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=str(ARTIFACTS / f"marking-{name}-{scheme}.png"))
            context.close()
