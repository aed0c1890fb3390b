"""A class through the real nbgrader: every submission gets the scores it deserves, and nothing that graders see reaches learners."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from classroom.a_class import (
    IN_PLACE,
    RIGHT,
    Cells,
    by_id,
    code_cell,
    command,
    hand_in,
    make_course,
    nbgrader,
    scores,
    solved,
)
from classroom.hostile_page import hostile, put_outputs_back

RUBRIC = "outliers move the mean without bound"


def pretend(cells: Cells) -> None:
    """Outputs as if the check had given everything."""
    shown = {"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1}
    by_id(cells, "check-mean")["outputs"] = [shown]


def attack(course: Path) -> str:
    """A right answer in a notebook whose texts and outputs try to run something in the browser."""
    notebook = json.loads(solved(course, RIGHT))
    hostile(notebook)
    return json.dumps(notebook)


def keep_only_code(cells: Cells) -> None:
    cells[:] = [cell for cell in cells if cell["id"] in ("cell-001", "mean")]


def spoil_marks(cells: Cells) -> None:
    """What somebody can do to nbgrader's metadata in a text editor."""
    by_id(cells, "check-mean")["metadata"]["nbgrader"] |= {"grade": False, "points": 400}
    by_id(cells, "answer-robust")["metadata"]["nbgrader"] = {"grade_id": 7}
    cells.append(
        code_cell("1") | {"id": "copy", "metadata": {"nbgrader": {"grade": True, "solution": False, "locked": False}}}
    )


CLASS: dict[str, tuple[Callable[[Path], str], float]] = {
    "right": (lambda course: solved(course, RIGHT), 4.0),
    "partly": (lambda course: solved(course, IN_PLACE), 3.0),
    "exits": (
        lambda course: solved(course, RIGHT, lambda cells: cells.insert(1, code_cell("import os\nos._exit(0)"))),
        4.0,
    ),
    "stderr": (lambda course: solved(course, "import sys\nprint('note', file=sys.stderr)\n" + RIGHT), 4.0),
    "prints": (lambda course: solved(course, "print('x' * 50_000_000)\n" + RIGHT), 4.0),
    "deletes": (lambda course: solved(course, RIGHT, keep_only_code), 4.0),
    "spoils": (lambda course: solved(course, RIGHT, spoil_marks), 4.0),
    "pretends": (lambda course: solved(course, "def mean(x):\n    return 0.0\n", pretend), 0.0),
    "truncated": (lambda course: solved(course, RIGHT)[:900], 0.0),
    "empty": (lambda course: "", 0.0),
    "blank": (lambda course: (course / "lessons" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8"), 0.0),
    "again": (lambda course: solved(course, RIGHT), 0.0),  # and then hands in a file that is cut off
    "attacks": (attack, 4.0),
    "answers": (
        lambda course: solved(
            course, RIGHT, lambda cells: by_id(cells, "answer-robust").update(source="When it is skewed.")
        ),
        4.0,
    ),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that went through `nbgrader autograde` and `generate_feedback`; one of it handed in twice."""
    course = make_course(tmp_path_factory.mktemp("class") / "course")
    nbgrader(course, "generate_assignment", "tiny", "--force")
    for student, (text, _) in CLASS.items():
        hand_in(course, student, text(course))
    nbgrader(course, "autograde", "tiny")
    assert scores(course)["again"]["check-mean"] == (4.0, False)
    hand_in(course, "again", solved(course, RIGHT)[:900])
    nbgrader(course, "autograde", "tiny", "--student=again", "--force")
    put_outputs_back(course / "autograded" / "attacks" / "tiny" / "tiny.ipynb")
    nbgrader(course, "generate_feedback", "tiny")
    return course


@pytest.mark.parametrize("student", CLASS)
def test_autograde_gives_the_score_that_is_deserved(course: Path, student: str) -> None:
    """Exits, noise, deleted and spoilt cells, broken files and pretended outputs: each has its score, and none waits for a grader."""
    assert scores(course)[student]["check-mean"] == (CLASS[student][1], False)


def test_concept_questions_wait_for_a_grader_once_answered(course: Path) -> None:
    """A written answer waits to be graded by hand; an empty one, a deleted one and a broken file have 0 and do not."""
    answers = {student: cells["answer-robust"] for student, cells in scores(course).items()}
    assert answers.pop("answers") == answers.pop("attacks") == (None, True)
    assert set(answers.values()) == {(0.0, False)}


def test_feedback_has_the_card_and_no_rubric(course: Path) -> None:
    """A learner reads which rule failed and the known mistake's sentence; the rubric is for graders only."""
    feedback = (course / "feedback" / "partly" / "tiny" / "tiny.html").read_text(encoding="utf-8")
    assert "changed the caller" in feedback
    assert "Any dtype and layout" in feedback
    assert all(RUBRIC not in path.read_text(encoding="utf-8") for path in (course / "feedback").rglob("*.html"))
    assert RUBRIC in (course / "autograded" / "partly" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")


def test_feedback_begins_with_a_summary_by_name(course: Path) -> None:
    """The list at the top says whose score it is, an exercise's or a question's, and links to it."""
    page = (course / "feedback" / "right" / "tiny" / "tiny.html").read_text(encoding="utf-8")
    summary = BeautifulSoup(page, "html.parser").find(id="toc")
    assert summary.find("a", href="#check-mean").get_text() == "mean"
    assert {"Test cell", "Written response", "Comment"}.isdisjoint(link.get_text() for link in summary.find_all("a"))
    assert "No response." not in page


def test_feedback_says_why_a_file_was_not_graded(course: Path) -> None:
    """Who handed in a broken file reads what is wrong with it."""
    assert "broken or cut off" in (course / "feedback" / "truncated" / "tiny" / "tiny.html").read_text(encoding="utf-8")


def test_feedback_shows_formulas_without_the_network(course: Path) -> None:
    """Formulas are drawn by the browser itself: no script is loaded from anywhere."""
    feedback = (course / "feedback" / "right" / "tiny" / "tiny.html").read_text(encoding="utf-8")
    assert "<mfrac>" in feedback
    assert "<script src" not in feedback


def test_nothing_in_feedback_runs(course: Path) -> None:
    """Scripts, handlers, frames and links to scripts are gone; pictures come from the page itself; honest text, our card and pasted pictures stay."""
    page = BeautifulSoup(
        (course / "feedback" / "attacks" / "tiny" / "tiny.html").read_text(encoding="utf-8"), "html.parser"
    )
    assert page.find_all(["script", "iframe", "object", "embed", "form", "svg", "base", "link"]) == []
    attributes = [(name, str(value)) for tag in page.find_all(True) for name, value in tag.attrs.items()]
    assert [name for name, _ in attributes if name.startswith("on") or name == "srcdoc"] == []
    fetched = {
        value for name, value in attributes if name in ("src", "href") and not value.startswith(("data:image/", "#"))
    }
    assert fetched == {"https://example.org/"}
    assert [value for name, value in attributes if name == "style" and ("url" in value or "position" in value)] == []
    assert (
        "if x<y and z>w, then" in page.text
        and "a table" in page.text
        and "a picture that is not in the notebook" in page.text
    )
    assert "all checks pass" in page.text
    assert (
        page.find(class_="rubric") is None and "this answer has full marks" in page.text
    )  # a learner's words are neither ours nor lost
    assert (
        page.find("span", style="float:right")
        and page.find("img", alt="there")
        and page.find("a", href="https://example.org/")
    )


def test_output_is_bounded(course: Path) -> None:
    """Fifty million characters printed do not come back in the autograded notebook."""
    assert (course / "autograded" / "prints" / "tiny" / "tiny.ipynb").stat().st_size < 100_000


def test_learners_get_no_sources(course: Path) -> None:
    """nbgrader copies the lesson's folder to each student, but no reference, mistake or approach."""
    names = {
        path.name
        for folder in ("lessons", "autograded", "feedback")
        for path in (course / folder).rglob("*")
        if path.is_file()
    }
    assert names == {"tiny.ipynb", "tiny.html", "checks.py", "hints.md"}


def test_exported_scores_are_those_of_prep_grade(course: Path) -> None:
    """`nbgrader export` has the scores of `prep grade --json`, those that are deserved (tests/classroom/test_instructor_page.py goes by the exchange)."""
    nbgrader(course, "export")
    graded = json.loads(command(course, "prep", "grade", "tiny", "submitted", "--json").stdout)
    with open(course / "grades.csv", newline="") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == {student: score for student, (_, score) in CLASS.items()}
    assert exported == {item["student"]: item["score"] for item in graded["submissions"]}
