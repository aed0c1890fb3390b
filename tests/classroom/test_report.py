"""The class report says what the class did, on one page that needs nothing else, and beside it a CSV."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from classroom.test_similarity import RIGHT
from grader.classroom.grading import grade_class
from grader.classroom.report import distribution, table, write_report
from grader.course.catalogue import find_lesson
from grader.errors import UsageError
from grader.verdict import Result

CLASS = {
    "ada": RIGHT,
    "bob": "def mean(x):\n    return x.sum()",
    "cat & dog": "def mean(x):\n    import os\n    os._exit(0)",
    "eve": "{",
    "<script>alert(1)</script>": RIGHT,
}


@pytest.fixture
def page(tiny: Path) -> Path:
    """The report of a small class."""
    folder = tiny / "class"
    folder.mkdir()
    for student, code in CLASS.items():
        (folder / f"{student.replace('/', '')}.{'ipynb' if code == '{' else 'py'}").write_text(code)
    grade_class("tiny", [folder], jobs=1, course=tiny)
    return write_report("tiny", course=tiny)


class Text(HTMLParser):
    """The text and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, dict[str, str | None]]]()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_page_says_what_happened(page: Path) -> None:
    """The known mistake with its sentence and who made it, the unreadable file and the answer that died with their reasons."""
    text = " ".join(Text(page.read_text(encoding="utf-8")).text.split())
    assert "You returned the sum: divide by the number of values. bob" in text
    assert "Needs a look: eve : eve.ipynb is no notebook" in text
    assert "Needs a look: cat & dog : mean ended its process" in text
    assert "The mean is the sum divided by the number of values 2 2 2" in text  # points, passed, wrong


def test_page_stands_for_itself(page: Path) -> None:
    """Nothing is loaded from anywhere, so it reads the same offline, and no student's name becomes markup."""
    html = page.read_text(encoding="utf-8")
    tags = Text(html).tags
    assert not [attrs for tag, attrs in tags if "src" in attrs or tag in ("link", "iframe", "object")]
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", html)
    assert [attrs for tag, attrs in tags if tag == "script"] == [{}]


def test_page_can_be_heard_and_typed(page: Path) -> None:
    """Plots have a title and the figures in words, heads sort by a button, scrolling regions have a name and take the focus."""
    tags = Text(page.read_text(encoding="utf-8")).tags
    plot = next(attrs for tag, attrs in tags if tag == "svg" and attrs.get("class") == "plot")
    assert plot["role"] == "img"
    assert plot["aria-labelledby"] == "plot-title plot-text"
    assert [attrs["lang"] for tag, attrs in tags if tag == "html"] == ["en"]
    heads = [index for index, (tag, attrs) in enumerate(tags) if tag == "th" and attrs["scope"] == "col"]
    assert all(tags[index + 1][0] == "button" for index in heads)
    assert all(
        attrs.get("aria-label") and attrs.get("tabindex") == "0" for _, attrs in tags if attrs.get("class") == "scroll"
    )


def test_csv_has_every_student(page: Path) -> None:
    """A row a student with the score of each exercise and the known mistakes."""
    with open(page.with_suffix(".csv"), newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(CLASS)
    assert (rows["ada"]["score"], rows["ada"]["mean"], rows["bob"]["mistakes"]) == ("4.0", "4.0", "mean:sum")
    assert rows["eve"]["status"] == "unreadable"


@pytest.mark.parametrize("begin", ["=HYPERLINK(1)", "+1+cmd|' C'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
def test_csv_has_no_formulas(tiny: Path, begin: str) -> None:
    """A student's name or a reason that a spreadsheet would take for a formula is a text there."""
    result = Result(begin, "x.py", "unreadable", (), reason=begin)
    (row,) = csv.DictReader(io.StringIO(table(find_lesson("tiny", tiny), [result]), newline=""))
    assert row["student"] == row["reason"] == f"'{begin}"


def test_nothing_graded_is_a_sentence(tiny: Path) -> None:
    """Before the first grading it says what to do."""
    with pytest.raises(UsageError, match="First: prep grade tiny"):
        write_report("tiny", course=tiny)


def test_full_marks_stand_in_the_last_bar() -> None:
    """Every score is in one bar, 0 in the first and full marks in the last."""
    assert [bar.count for bar in distribution([0.0, 3.9, 4.0, 40.0], 40)] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
