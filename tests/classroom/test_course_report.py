"""The report of a course, on the demo's kind of class with a real gradebook: totals agree, and who needs something is named."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest
from nbgrader.api import Gradebook

from classroom.a_class import RIGHT, Cells, by_id, hand_in, make_course, nbgrader, solved
from classroom.test_report import Text
from grader.classroom.course_report import CourseStanding, course_standing, write_all, write_course_report
from grader.classroom.grading import grade_class
from grader.classroom.rendering import file_of
from grader.classroom.standings import Standing
from grader.errors import UsageError

HOSTILE = "<img src=x onerror=alert(1)>"
SUM = "def mean(x):\n    if len(x) == 0:\n        raise ValueError\n    return x.sum()"


@pytest.fixture
def graded(class_of_six: Path, tmp_path: Path) -> Path:
    """The class, to be changed at will."""
    return Path(shutil.copytree(class_of_six, tmp_path / "course"))


@pytest.fixture(scope="module")
def class_of_six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ada answered in words and was late, bob returned the sum, cat wrote nothing, dan's file is broken, eve is missing."""

    def words(cells: Cells) -> None:
        by_id(cells, "answer-robust")["source"] = "Outliers move the mean."

    fresh = make_course(tmp_path_factory.mktemp("class") / "course")
    released = (fresh / "lessons" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")
    late = hand_in(fresh, "ada", solved(fresh, RIGHT, words))
    (late.parent / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    for student, text in (
        ("bob", solved(fresh, SUM)),
        ("cat", released),
        ("dan", "{"),
        (HOSTILE, solved(fresh, RIGHT)),
    ):
        hand_in(fresh, student, text)
    grade_class("tiny", [fresh / "submitted"], course=fresh, isolation="none", jobs=1)
    with Gradebook(f"sqlite:///{fresh / 'gradebook.db'}", "ml-interview-prep") as book:
        book.update_or_create_assignment("tiny", duedate="2026-03-01 10:00:00 UTC")
        book.update_or_create_student("eve", first_name="Eve", last_name="<b>Moneypenny</b>")
    return fresh


def text_of(path: Path) -> str:
    return " ".join(Text(path.read_text(encoding="utf-8")).text.split())


def of(standing: CourseStanding, student: str) -> Standing:
    return standing.lessons[0].standings[student]


def test_totals_agree_with_nbgrader(graded: Path) -> None:
    """Every score is the one that `nbgrader export` writes, by hand, late and missing, and the page shows it."""
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}", "ml-interview-prep") as book:
        grade = book.find_grade("answer-robust", "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.find_submission("tiny", "ada").notebooks[0].late_submission_penalty = 0.25
        book.db.commit()
    nbgrader(graded, "export", "--to=grades.csv")
    with open(graded / "grades.csv", newline="", encoding="utf-8") as file:
        theirs = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    _, standing = write_course_report(graded)
    ours = {student: (each.score, each.max_score) for student, each in standing.lessons[0].standings.items()}
    assert ours == theirs
    assert ours["ada"] == (5.25, 6.0)
    assert not standing.lessons[0].differences
    assert "ada 5.25 of 6" in text_of(graded / "reports" / "index.html")


def test_where_they_differ_it_says_why(graded: Path) -> None:
    """A check marked by hand, a submission that another gradebook has, one that the journal does not know."""
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}", "ml-interview-prep") as book:
        book.find_grade("check-mean", "tiny", "tiny", "bob").manual_score = 2.0
        book.add_submission("tiny", "eve")
        book.db.commit()
    standing = course_standing(graded)
    assert of(standing, "bob").differs == "mean has 2 points by hand, and 0 by its checks."
    assert of(standing, "bob").score == 2.0
    assert "in the gradebook alone" in of(standing, "eve").differs
    other = course_standing(graded, f"sqlite:///{shutil.copy(graded / 'gradebook.db', graded / 'other.db')}")
    assert of(other, "bob").score == 2.0
    with Gradebook(f"sqlite:///{graded / 'other.db'}", "ml-interview-prep") as book:
        book.remove_student("bob")
    other = course_standing(graded, f"sqlite:///{graded / 'other.db'}")
    assert "is not in this gradebook" in of(other, "bob").differs


def test_states_and_what_needs_action(graded: Path) -> None:
    """Unwritten is not wrong; missing, late, unreadable and to be marked are told, before anything else on the page."""
    out = write_all(graded)
    states = {
        student: each.exercises[0].state for student, each in course_standing(graded).lessons[0].standings.items()
    }
    assert (states["ada"], states["bob"], states["cat"]) == ("complete", "wrong", "unwritten")
    for page in (out, out.with_name("tiny.html")):
        told = text_of(page)
        assert "To be marked: 1 answer to 1 question, with prep mark tiny “When is the median better?”: ada" in told
        assert "Needs a look: dan : tiny.ipynb is no notebook" in told
        assert "Missing: eve" in told
        assert "Late: ada (2 h 0 min)" in told
        headings = [attrs["id"] for tag, attrs in Text(page.read_text(encoding="utf-8")).tags if tag == "h2"]
        assert headings[0] == "todo"


def test_before_the_deadline_nobody_is_missing(graded: Path) -> None:
    """Who can still hand in is not due, and the lesson counts neither for nor against them in the sum."""
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}", "ml-interview-prep") as book:
        book.update_or_create_assignment("tiny", duedate="2999-01-01 00:00:00 UTC")
    out, standing = write_course_report(graded)
    assert of(standing, "eve").status == "open"
    assert not standing.lessons[0].missing
    assert "eve Eve <b>Moneypenny</b> 0 of 0 not due" in text_of(out)


def test_mistakes_of_one_student_are_folded(graded: Path) -> None:
    """What two made stands open, what one made is folded away, and states are told with it."""
    hand_in(graded, "kim", solved(graded, SUM))
    hand_in(graded, "leo", solved(graded, "def mean(x):\n    return x.sum() / max(len(x) - 1, 1) if len(x) else 0 / 0"))
    grade_class("tiny", [graded / "submitted"], course=graded, isolation="none", jobs=1)
    html = write_course_report(graded)[0].read_text(encoding="utf-8")
    assert html.index("mean: sum") < html.index("1 made by one student each") < html.index("mean: n-minus-one")


def test_a_page_for_each_student(graded: Path) -> None:
    """State, mistake, marks and the feedback page where nbgrader wrote one; who is gone loses the page."""
    feedback = graded / "feedback" / "bob" / "tiny" / "tiny.html"
    feedback.parent.mkdir(parents=True)
    feedback.touch()
    stale = graded / "reports" / "students" / "gone.html"
    stale.parent.mkdir(parents=True)
    stale.touch()
    write_all(graded)
    bob = stale.with_name("bob.html")
    assert "mean ✗ wrong 0 / 4 sum : You returned the sum: divide by the number of values." in text_of(bob)
    for cell in ("check-mean", "answer-robust"):
        assert f'"../../feedback/bob/tiny/tiny.html#{cell}"' in bob.read_text(encoding="utf-8")
    assert "Nothing was handed in. · mean" in text_of(stale.with_name("eve.html"))
    assert "to be marked by a person" in text_of(stale.with_name("ada.html"))
    assert not stale.exists()
    for path in (graded / "reports").rglob("*.html"):
        for _, attrs in Text(path.read_text(encoding="utf-8")).tags:
            target = unquote((attrs.get("href") or "").partition("#")[0])
            assert (path.parent / target).exists(), target


def test_a_page_is_written_again_when_something_changed(graded: Path) -> None:
    """A change of one student's is a change of one student's page."""
    write_all(graded)
    before = {path: path.stat().st_ino for path in (graded / "reports" / "students").iterdir()}
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as book:
        book.find_submission_notebook("tiny", "tiny", "ada").late_submission_penalty = 0.5
        book.db.commit()
    write_all(graded)
    assert [path.stem for path, inode in before.items() if path.stat().st_ino != inode] == ["ada"]


def test_a_hostile_name_is_text(graded: Path) -> None:
    """A name never becomes markup, a path or an address, and two names never have one file."""
    write_all(graded)
    for path in (graded / "reports").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert not {"img", "b"} & {tag for tag, _ in Text(html).tags}
        assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", html)
    assert HOSTILE in text_of(graded / "reports" / "students" / file_of(HOSTILE))
    names = [
        "ada",
        "Ada",
        "../../etc/passwd",
        "a b",
        "a_b",
        "con",
        "",
        "a\nb",
        "名前",
        "x" * 300,
        f"a_b~{file_of('a b')[4:16]}",
    ]
    files = [file_of(name) for name in names]
    assert len({name.lower() for name in files}) == len(names)
    assert all(re.fullmatch(r"[\w.~-]{1,120}", name) and not name.startswith(".") for name in files)


def test_without_a_gradebook(graded: Path) -> None:
    """The journal alone is enough for a report, which says so; without that either, it says what to do."""
    (graded / "gradebook.db").unlink()
    out, standing = write_course_report(graded)
    assert "There is no gradebook here" in text_of(out)
    assert of(standing, "ada").score == 4.0
    (graded / "grades.sqlite").unlink()
    with pytest.raises(UsageError, match="First: prep grade"):
        write_course_report(graded)
