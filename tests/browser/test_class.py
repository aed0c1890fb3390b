"""A class in JupyterLab: an instructor in formgrader, a student in nbgrader's Assignment List, from release to feedback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom.hostile_page import hostile, put_outputs_back
from helpers import ROOT
from nbgrader.api import Gradebook
from playwright.sync_api import Locator, Page, expect

from browser.conftest import ARTIFACTS, PREP, prep, screenshot, serving
from browser.hands import HARD_TO_READ, RIGHT, answer, answer_question, at, cell, open_lesson, save
from grader.course.packaged import unmarked

ANSWER = "When a few values lie far out: the median hardly moves."


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny lesson, and an exchange to hand out and hand in through."""
    folder = tmp_path_factory.mktemp("class")
    course = Path(shutil.copytree(ROOT / "tests" / "tiny_course", folder / "course"))
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)  # as nbgrader asks for
    setting = f"\nc.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = 'cache'\n"
    (course / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + setting)
    student = folder / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'ml-interview-prep'\n{setting}"
    )
    prep(course, "build")
    return course


@pytest.fixture(scope="module")
def instructor(course: Path) -> Iterator[str]:
    """The address of `prep lab --instructor`, with Chinese menus."""
    with serving(course, *PREP, "lab", "--instructor", "--language", "zh", "--no-browser") as address:
        yield address


@pytest.fixture(scope="module")
def student(course: Path, instructor: str) -> Iterator[str]:
    """The address of a JupyterLab in the student's folder, which holds nothing of the course."""
    settings = course.parent / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(
        '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}'
    )
    places = {
        "app_settings_dir": settings,
        "user_settings_dir": course.parent / "own",
        "workspaces_dir": course.parent / "layouts",
    }
    options = [f"--LabApp.{name}={place}" for name, place in places.items()]
    with serving(course.parent / "student", "-m", "jupyterlab", "--no-browser", "--allow-root", *options) as address:
        yield address


# --- what a hand does -----------------------------------------------------------------------------


def press(page: Page, column: str, said: str) -> None:
    """Press the button in a column of formgrader's table, and wait for the success it tells of."""
    page.locator(f"td.{column} a").first.click()
    expect(page.locator(".modal-body").last).to_contain_text(said, timeout=60_000)
    page.locator(".modal-footer button").last.click()
    expect(page.locator(".modal-backdrop")).to_have_count(0)


def assignment_list(page: Page, address: str) -> None:
    """Open nbgrader's Assignment List from the menu."""
    page.goto(at(address, "/lab") + "&reset")
    page.locator(".lm-MenuBar-item", has_text="Nbgrader").click(timeout=60_000)
    page.locator(".lm-Menu-item", has_text="Assignment List").click()


# --- the class ------------------------------------------------------------------------------------


def test_class_from_release_to_feedback(page: Page, instructor: str, student: str, course: Path) -> None:
    """Formgrader: generate, release, collect, autograde, grade an answer by hand, feedback.

    Assignment List: fetch, work, check, submit, feedback.
    """
    lessons = {path: unmarked(path.read_bytes()) for path in (course / "lessons").rglob("*") if path.is_file()}
    page.goto(instructor)
    expect(page.locator(".lm-MenuBar-item", has_text="文件")).to_be_visible(timeout=60_000)
    expect(cell(page, "### BEGIN SOLUTION")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Python 3 (ipykernel) | 空闲")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-TableOfContents").get_by_text("mean (easy, 2 min, asked often)")).to_be_visible()
    screenshot(page, "instructor-chinese")
    page.goto(at(instructor, "/formgrader/manage_assignments"))
    press(page, "assign", "Successfully created")
    # nbgrader's own Generate makes what `prep build` made, but for the line that says so.
    assert {path: unmarked(path.read_bytes()) for path in lessons} == lessons
    press(page, "release", "Successfully released")

    assignment_list(page, student)
    page.get_by_role("button", name="Fetch").click(timeout=30_000)
    expect(page.get_by_role("button", name="Submit")).to_be_visible(timeout=30_000)
    open_lesson(page, student)
    expect(answer(page, RIGHT).get_by_text("all checks pass")).to_be_visible(timeout=30_000)
    answer_question(page, ANSWER)
    save(page)
    assignment_list(page, student)
    page.get_by_role("button", name="Submit").click(timeout=30_000)
    expect(page.locator("#submitted_assignments_list")).to_contain_text("tiny", timeout=30_000)
    screenshot(page, "assignment-list")

    page.goto(at(instructor, "/formgrader/manage_assignments"))
    press(page, "collect", "Successfully collected")
    page.locator("td.num-submissions a").click()
    press(page, "autograde", "Successfully autograded")
    screenshot(page, "formgrader-submissions")

    page.goto(at(instructor, "/formgrader/gradebook/tiny/tiny"))
    page.get_by_role("link", name="Submission #1").click()
    expect(page.get_by_text("all checks pass")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(ANSWER)).to_be_visible()
    rubric = page.locator(".rubric")
    expect(
        rubric.locator("li", has_text="outliers move the mean without bound")
    ).to_be_visible()  # for the grader, and a list
    expect(rubric.locator("li")).to_have_count(6)
    expect(page.get_by_text("MARK SCHEME")).to_have_count(0)
    page.wait_for_load_state(
        "networkidle"
    )  # the page fetches the scores: one that is filled in before has changed nothing
    score = page.locator("#answer-robust")
    score.fill("1.5")
    with page.expect_response(lambda response: "/api/grade/" in response.url and response.request.method == "PUT"):
        score.press("Escape")
    screenshot(page, "formgrader-by-hand")
    page.goto(at(instructor, "/formgrader/manage_submissions/tiny"))
    press(page, "generate-feedback", "Successfully generated feedback")
    press(page, "release-feedback", "Successfully released feedback")

    assignment_list(page, student)
    page.get_by_role("button", name="Fetch Feedback").click(timeout=30_000)
    expect(page.get_by_text("(view feedback)")).to_be_attached(timeout=30_000)
    (feedback,) = (course.parent / "student" / "tiny" / "feedback").rglob("tiny.html")
    page.goto(feedback.as_uri())
    expect(page.get_by_text("all checks pass")).to_be_visible()
    expect(page.get_by_text("(Score: 5.5 / 6.0)").first).to_be_visible()
    expect(page.get_by_text("outliers move the mean without bound")).to_have_count(0)  # the rubric stays with graders
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_css(
            "background-color", {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}[scheme]
        )
        assert page.locator("body").evaluate(HARD_TO_READ) == []
        screenshot(page, f"feedback-{scheme}")
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".text_cell_render").first.evaluate(
        "cell => { cell.innerHTML += '<div style=\"width: 900px\">wide</div>' }"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 390  # a wide formula scrolls in its own cell


def nbgrader(course: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=course, check=True, capture_output=True)


def card_of(page: Page) -> Locator:
    """The card on a page of nbgrader's, which must look like one."""
    card = page.get_by_text("all checks pass").locator("xpath=ancestor::div[1]")
    expect(card).to_have_css("border-left-width", "5px")
    expect(card.get_by_text("4 / 4 points")).to_have_css("float", "right")
    return card


def test_nothing_in_a_submission_runs(page: Page, instructor: str, course: Path) -> None:
    """A notebook full of scripts, handlers and frames runs nothing in formgrader and nothing in feedback; our card looks as it should in both."""
    nbgrader(course, "generate_assignment", "tiny", "--force")
    notebook = json.loads((course / "lessons" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8"))
    next(cell for cell in notebook["cells"] if cell["id"] == "mean")["source"] = RIGHT
    hostile(notebook)
    path = course / "submitted" / "mallory" / "tiny" / "tiny.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    nbgrader(course, "autograde", "tiny", "--student=mallory")
    put_outputs_back(course / "autograded" / "mallory" / "tiny" / "tiny.ipynb")
    nbgrader(course, "generate_feedback", "tiny", "--student=mallory")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        (number,) = [notebook.id for notebook in book.find_submission("tiny", "mallory").notebooks]
    feedback = course / "feedback" / "mallory" / "tiny" / "tiny.html"
    for name, address in {
        "formgrader": at(instructor, f"/formgrader/submissions/{number}"),
        "feedback": feedback.as_uri(),
    }.items():
        page.goto(address)
        expect(page.get_by_text("An honest sentence: if x<y and z>w").first).to_be_visible(timeout=30_000)
        card_of(page)
        expect(page.locator(".rubric")).to_have_count(
            1 if name == "formgrader" else 0
        )  # the lesson's, not the learner's
        for link in page.get_by_text("a link", exact=True).all() + page.get_by_text("another", exact=True).all():
            link.click()
        page.get_by_text("bold", exact=True).first.hover()
        page.wait_for_timeout(1000)
        assert page.evaluate("window.ran") is None
        page.evaluate("document.querySelector('.container').scrollIntoView()")
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=str(ARTIFACTS / f"{name}-hostile.png"), full_page=True)
