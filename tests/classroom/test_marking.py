"""Marks given question by question: what a grader sees, what stands in nbgrader's gradebook, what a regrade keeps."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from classroom.a_class import IN_PLACE, RIGHT, by_id, hand_in, make_course, nbgrader, solved
from classroom.hostile_page import IN_MARKDOWN
from grader.classroom import marking
from grader.classroom.grading import grade_class
from grader.classroom.marking import Handed, Mark, MarkedMeanwhile, Marks, Sheet
from grader.classroom.marking_page import index, page
from grader.course.catalogue import find_lesson
from grader.errors import GradebookError, UsageError

SKEWED = "When it is *skewed*."
ANSWERS = {"ada": SKEWED, "bob": "Outliers.", "cat": SKEWED, "dan": "", "eve": IN_MARKDOWN}


def answered(course: Path, text: str, code: str = RIGHT) -> str:
    """The text of a notebook with this answer to the question in it."""
    return solved(course, code, lambda cells: text and by_id(cells, "answer-robust").update(source=text))


def grade(course: Path, *, force: bool = False) -> tuple[str, ...]:
    """Grade the class; what was told."""
    return grade_class("tiny", [course / "submitted"], course=course, isolation="none", force=force, jobs=1).told


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class: two answers alike, one other, one hostile, one that is not there."""
    course = make_course(tmp_path_factory.mktemp("graded") / "course")
    for student, text in ANSWERS.items():
        hand_in(course, student, answered(course, text))
    assert grade(course) == ("Answers to be marked: 4. Mark them with `prep mark tiny`.",)
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    """The graded class, to mark."""
    return Path(shutil.copytree(graded, tmp_path / "course"))


@pytest.fixture
def marks(course: Path) -> Iterator[Marks]:
    with opened(course) as marks:
        yield marks


def opened(course: Path) -> Marks:
    return Marks(f"sqlite:///{course / 'gradebook.db'}", find_lesson("tiny", course), course)


def of(sheet: Sheet, student: str) -> Handed:
    return next(each for each in sheet.handed if student in each.students)


def mark(handed: Handed, points: float, *lines: int, comment: str = "") -> Mark:
    return Mark(handed.grades, handed.seen, points, lines, comment)


def stored(course: Path) -> dict[str, tuple[float | None, bool, str | None, float]]:
    """Each student's mark, whether a person must look, the comment and the whole score, as nbgrader has them."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        found = {}
        for submission in book.assignment_submissions("tiny"):
            student = submission.student.id
            grade = book.find_grade("answer-robust", "tiny", "tiny", student)
            comment = book.find_comment("answer-robust", "tiny", "tiny", student).comment
            found[student] = (grade.manual_score, bool(grade.needs_manual_grade), comment, submission.score)
        return found


def test_a_sheet_has_all_answers_those_to_mark_first(marks: Marks) -> None:
    """Answers that are the same word for word are one; who wrote nothing is named apart; what is marked goes last."""
    sheet = marks.sheet("robust")
    assert sorted(each.students for each in sheet.handed) == [("ada", "cat"), ("bob",), ("eve",)]
    assert (sheet.silent, sheet.answered, sheet.waiting, sheet.most) == (("dan",), 4, 4, 2.0)
    marks.write("robust", mark(of(sheet, "ada"), 1, 1))
    sheet = marks.sheet("robust")
    assert [each.students for each in sheet.handed] == [("bob",), ("eve",), ("ada", "cat")]
    assert marks.waiting()["robust"] == marking.Waiting(4, 2)


def test_a_mark_is_in_nbgraders_gradebook(marks: Marks, course: Path) -> None:
    """Points, comment and the whole score, of all who wrote the same; the lines that were chosen are there again."""
    now = marks.write("robust", mark(of(marks.sheet("robust"), "ada"), 1, 1, -1, comment=" Which values? "))
    assert (now.points, now.waits, now.comment, now.lines) == (1.0, False, "Which values?", (-1, 1))
    assert stored(course)["ada"] == stored(course)["cat"] == (1.0, False, "Which values?", 5.0)
    assert stored(course)["bob"] == (None, True, None, 4.0)
    assert of(marks.sheet("robust"), "ada") == now
    marks.write("robust", mark(now, 0))
    assert stored(course)["ada"] == (0.0, False, None, 4.0)


@pytest.mark.parametrize("points", [-0.5, 2.5, float("nan"), float("inf")])
def test_points_stay_within_the_questions(marks: Marks, course: Path, points: float) -> None:
    """A mark outside of 0 to the maximum is refused, and nothing of it is written."""
    before = stored(course)
    with pytest.raises(UsageError, match="0 to 2 points"):
        marks.write("robust", mark(of(marks.sheet("robust"), "bob"), points, comment="no"))
    assert stored(course) == before


def test_other_refusals(marks: Marks, course: Path) -> None:
    """Lines that the rubric has not, another question's grades, a comment without end, a question that is not there."""
    handed = of(marks.sheet("robust"), "bob")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        other = book.find_grade("check-mean", "tiny", "tiny", "bob").id
    wrong: list[tuple[dict[str, object], type[Exception]]] = [
        ({"lines": (3,)}, UsageError),
        ({"lines": (0,)}, UsageError),
        ({"grades": (other,)}, MarkedMeanwhile),
        ({"grades": ()}, UsageError),
        ({"comment": "x" * 10_001}, UsageError),
    ]
    before = stored(course)
    for change, refusal in wrong:
        with pytest.raises(refusal):
            marks.write("robust", dataclasses.replace(mark(handed, 1), **change))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no question"):
        marks.sheet("robst")
    assert stored(course) == before


def test_two_tabs(marks: Marks, course: Path) -> None:
    """Who saves second what both saw, in another tab, in formgrader or after a resubmission, is told, and nothing is lost."""
    seen = of(marks.sheet("robust"), "bob")
    with opened(course) as other:
        other.write("robust", mark(seen, 2, 1, 2))
    with pytest.raises(MarkedMeanwhile, match="reload"):
        marks.write("robust", mark(seen, 0, comment="empty"))
    assert stored(course)["bob"] == (2.0, False, None, 6.0)
    seen = of(marks.sheet("robust"), "ada")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        book.find_grade("answer-robust", "tiny", "tiny", "cat").manual_score = 1.5
        book.db.commit()
    with pytest.raises(MarkedMeanwhile):
        marks.write("robust", mark(seen, 0))
    assert stored(course)["ada"][0] is None  # whole or not at all: not hers alone
    seen = of(marks.sheet("robust"), "eve")
    hand_in(course, "eve", answered(course, "Never."))
    grade(course)
    with pytest.raises(MarkedMeanwhile):
        marks.write("robust", mark(seen, 0))


def test_a_busy_or_broken_database(marks: Marks, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradebook that somebody else holds, or that refuses half of a mark, gives a sentence; nothing of the mark is written."""
    handed = of(marks.sheet("robust"), "ada")
    before = stored(course)
    with sqlite3.connect(course / "gradebook.db", isolation_level=None) as db:
        db.execute(
            "create trigger refuse before update on comment when new.manual_comment = 'no' begin select raise(abort, 'the disk is full'); end"
        )
        with pytest.raises(GradebookError, match="the disk is full. Nothing was written; save again"):
            marks.write("robust", mark(handed, 1, 1, comment="no"))
        assert stored(course) == before
        db.execute("begin exclusive")
        impatient = opened_with_timeout(course, monkeypatch)
        with pytest.raises(GradebookError, match="locked"):
            impatient()
        db.execute("rollback")
    marks.write("robust", mark(handed, 1, 1, comment="yes"))
    assert stored(course)["cat"] == (1.0, False, "yes", 5.0)


def opened_with_timeout(course: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Opening the gradebook, by somebody who waits for a tenth of a second."""
    url = f"sqlite:///{course / 'gradebook.db'}?timeout=0.1"
    return lambda: Marks(url, find_lesson("tiny", course), course)


def test_a_regrade_keeps_marks_of_unchanged_answers(marks: Marks, course: Path) -> None:
    """Graded again in whatever way, a marked answer stays marked; one that is another now is to be marked, and says so."""
    sheet = marks.sheet("robust")
    for student in ("ada", "bob", "eve"):
        marks.write("robust", mark(of(sheet, student), 1, 1))
    hand_in(course, "bob", answered(course, "Outliers, always."))
    hand_in(course, "cat", answered(course, SKEWED, IN_PLACE))  # other code, the same answer
    told = grade(course)
    assert "Answers to be marked: 1. Mark them with `prep mark tiny`." in told
    grade(course, force=True)
    assert {student: row[:2] for student, row in stored(course).items()} == {
        "ada": (1.0, False),
        "bob": (1.0, True),
        "cat": (1.0, False),
        "dan": (None, False),
        "eve": (1.0, False),
    }
    (bob,) = [each for each in marks.sheet("robust").handed if each.waits]
    assert bob.changed and bob.lines == () and bob.answer.source == "Outliers, always."
    hand_in(course, "bob", answered(course, "Outliers."))  # back to what was marked: somebody looks all the same
    grade(course)
    assert stored(course)["bob"][:2] == (1.0, True)


def test_nbgraders_own_autograde_keeps_them_too(marks: Marks, course: Path) -> None:
    """After marking, `nbgrader autograde` and feedback show marks and comments, and ask for nobody; formgrader's marks count as ours."""
    marks.write("robust", mark(of(marks.sheet("robust"), "ada"), 1, 1, comment="Which values?"))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:  # as formgrader does
        grade = book.find_grade("answer-robust", "tiny", "tiny", "bob")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    nbgrader(course, "autograde", "tiny")
    hand_in(course, "cat", answered(course, "Never."))
    nbgrader(course, "autograde", "tiny", "--force")
    assert {student: row[:2] for student, row in stored(course).items()} == {
        "ada": (1.0, False),
        "bob": (2.0, False),
        "cat": (1.0, True),
        "dan": (None, False),
        "eve": (None, True),
    }
    nbgrader(course, "generate_feedback", "tiny", "--student=ada")
    feedback = (course / "feedback" / "ada" / "tiny" / "tiny.html").read_text(encoding="utf-8")
    assert "Which values?" in feedback and "(Score: 5.0 / 6.0)" in feedback


def test_a_notebook_that_has_lost_its_marks(fresh: Path) -> None:
    """Its answer must be looked for, by name, and a mark for it stays."""
    notebook = json.loads(answered(fresh, SKEWED))
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    hand_in(fresh, "ada", json.dumps(notebook))
    grade(fresh)
    with opened(fresh) as marks:
        (handed,) = marks.sheet("robust").handed
        assert handed.answer.source is None and handed.waits
        assert "has lost its cells" in shown(marks)
        marks.write("robust", mark(handed, 2, 1, 2))
    grade(fresh, force=True)
    nbgrader(fresh, "autograde", "tiny")
    assert stored(fresh)["ada"][:2] == (2.0, False)


def shown(marks: Marks) -> str:
    return page(marks.sheet("robust"), marks.waiting(), "/mark", xsrf="x", nonce="n")


def test_the_page_runs_nothing_of_an_answer(marks: Marks) -> None:
    """Answers are shown as Markdown with formulas; of a hostile one nothing is left that runs or is fetched."""
    soup = BeautifulSoup(shown(marks), "html.parser")
    assert [script.get("nonce") for script in soup.find_all("script")] == ["n"]
    assert soup.find_all(["iframe", "object", "embed", "svg", "base", "link"]) == []
    attributes = [(name, str(value)) for tag in soup.find_all(True) for name, value in tag.attrs.items()]
    assert [name for name, _ in attributes if name.startswith("on") or name == "srcdoc"] == []
    assert [value for name, value in attributes if "javascript:" in value.lower()] == []
    assert "if x<y and z>w, then" in soup.text and soup.find("em", string="skewed")
    assert len(soup.find_all("form")) == 3  # none of the answer's own


def test_the_page_has_the_rubric_and_keys(marks: Marks) -> None:
    """Each card has the rubric's lines to click, numbers and letters for keys, and which of them were chosen."""
    marks.write("robust", mark(of(marks.sheet("robust"), "bob"), 1, 2, -1, comment="</textarea><b>"))
    soup = BeautifulSoup(shown(marks), "html.parser")
    bob = soup.find_all("form")[-1]
    boxes = {box["value"]: box.has_attr("checked") for box in bob.find_all("input", {"name": "line"})}
    assert boxes == {"1": False, "2": True, "-1": True, "-2": False}
    assert [key["data-key"] for key in bob.find_all("input", {"data-key": True})] == ["a", "b"]
    assert bob.find("textarea").text == "</textarea><b>"
    assert "1 of 2" in bob.text


def test_the_list_of_questions(marks: Marks, course: Path) -> None:
    """It says of each question how many answers wait."""
    text = index([(find_lesson("tiny", course), marks.waiting())], "/mark")
    assert re.search(r'href="/mark/tiny/robust">When is the median better\?.*4 answered.*4 to mark', text, re.DOTALL)


def test_long_answers_are_shown_in_bounded_time(fresh: Path) -> None:
    """A megabyte of Markdown and pictures is kept in part; what is left is shown as it stands."""
    hand_in(fresh, "ada", answered(fresh, "**x** " * 200_000))
    grade(fresh)
    with opened(fresh) as marks:
        assert len(marks.sheet("robust").handed[0].answer.source or "") == 100_000
        assert len(shown(marks)) < 300_000
