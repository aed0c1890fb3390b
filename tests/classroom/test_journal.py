"""The journal: what an earlier edition kept is still read."""

from __future__ import annotations

import contextlib
import copy
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fuzzing import fuzz
from hypothesis import strategies as st

from grader.classroom.journal import Journal, _unpacked
from grader.course.submission import Submission
from grader.errors import GradebookError
from grader.verdict import HELD, Result

# As the first edition wrote it: no `held`, no kinds of notes, nothing of rules, relations, states or what was printed.
FIRST: dict[str, Any] = {
    "student": "ada",
    "path": "ada.ipynb",
    "status": "graded",
    "exercises": [
        {
            "name": "mean",
            "checks": [
                {
                    "name": "The mean",
                    "outcome": "failed",
                    "points": 2.0,
                    "message": "mean([1.]) returned 2.",
                    "core": True,
                }
                | {"case": "one number", "expected": "1.0", "got": "2.0", "error": "1"},
                {"name": "Refuses", "outcome": "failed", "points": 1.0, "message": HELD, "core": False}
                | {"case": "", "expected": "", "got": "", "error": ""},
            ],
            "mistake": "sum",
            "sentence": "The sum was not divided.",
            "backend": "",
            "obstacle": "",
        }
    ],
    "reason": None,
    "seconds": 0.01,
    "notes": [
        "cell 2 did not finish in time and was left out",
        "7 characters of its output were dropped: only the first 5 are kept",
        "cell 3, line 1: NameError: name 'x' is not defined",
    ],
    "seed": None,
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A journal of the first edition with one result."""
    path = tmp_path / "grades.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript("""
            create table results (
                lesson text not null, student text not null, path text not null,
                key text not null, seed integer not null, data text not null,
                primary key (lesson, student, path));
            create table runs (
                lesson text primary key, key text not null, seed integer not null, finished integer not null);
        """)
        row = ("tiny", "ada", "ada.ipynb", "its key", 7, json.dumps(FIRST))
        database.execute("insert into results values (?, ?, ?, ?, ?, ?)", row)
        database.execute("insert into runs values ('tiny', 'the run', 7, 0)")
        database.commit()
    return path


def test_an_old_journal_is_read(old: Path) -> None:
    """A result of the first edition is found under its key: score, mistake, the check held back, the kinds of its notes."""
    with contextlib.closing(Journal(old)) as journal:
        (listed,) = journal.results("tiny")
        found = journal.find("tiny", Submission("ada", Path("elsewhere/ada.ipynb")), "its key")
    assert isinstance(found, Result)
    assert (found.path, found.seed, listed.seed) == ("elsewhere/ada.ipynb", 7, None)
    assert (found.score, found.max_score) == (0.0, 3.0)
    (mean,) = found.exercises
    assert (mean.mistake, mean.state) == ("sum", "wrong")
    assert [check.held for check in mean.checks] == [False, True]
    assert [note.kind for note in found.notes] == ["left out", "dropped", "error"]


def test_an_old_result_is_written_again_in_the_new_form(old: Path) -> None:
    """What was read from an old journal can be kept, and is the same when it is read again; its run goes on with its seed."""
    with contextlib.closing(Journal(old)) as journal:
        (before,) = journal.results("tiny")
        journal.write("tiny", "its key", 7, before)
        assert journal.results("tiny") == [before]
        assert journal.begin("tiny", "the run", 99) == 7


def test_a_changed_submission_is_not_found(old: Path) -> None:
    """A result stands for the submission and the lesson as they were: under another key there is none."""
    with contextlib.closing(Journal(old)) as journal:
        assert journal.find("tiny", Submission("ada", Path("ada.ipynb")), "another key") is None


@pytest.mark.parametrize("data", ["no JSON", "{}", "[]", "null", '{"exercises": [], "notes": [], "newer": 1}'])
def test_a_damaged_row_is_no_result(old: Path, data: str) -> None:
    """A row that cannot be read, or that a newer edition wrote, is graded again and ends nothing."""
    with contextlib.closing(sqlite3.connect(old)) as database:
        database.execute("update results set data = ?", (data,))
        database.commit()
    with contextlib.closing(Journal(old)) as journal:
        assert journal.results("tiny") == []
        assert journal.find("tiny", Submission("ada", Path("ada.ipynb")), "its key") is None


def test_a_table_of_another_form_is_a_sentence(tmp_path: Path) -> None:
    """A journal whose tables are not ours says so."""
    path = tmp_path / "grades.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript("create table results (a text); create table runs (b text);")
    with contextlib.closing(Journal(path)) as journal, pytest.raises(GradebookError, match="cannot be read"):
        journal.results("tiny")


def test_a_corrupted_page_is_a_sentence(old: Path) -> None:
    """What damages the file itself: the journal is to be moved away, and nothing ends in a traceback."""
    content = bytearray(old.read_bytes())
    content[4096:] = bytes(len(content) - 4096)  # the pages after the first, which holds the schema
    old.write_bytes(content)
    with contextlib.closing(Journal(old)) as journal:
        for act in (
            lambda: journal.results("tiny"),
            lambda: journal.students(),
            lambda: journal.find("tiny", Submission("ada", Path("ada.ipynb")), "its key"),
            lambda: journal.begin("tiny", "the run", 7, keep=False),
        ):
            with pytest.raises(GradebookError, match="malformed.*Move it away"):
                act()


@pytest.mark.parametrize("state", ["full", "read-only", "locked"])
def test_a_journal_that_cannot_be_written_stays_where_it_is(old: Path, state: str) -> None:
    """A full or read-only disk, or another program, is no reason to give up what was graded."""
    with contextlib.closing(Journal(old)) as journal, contextlib.closing(sqlite3.connect(old)) as other:
        (before,) = journal.results("tiny")
        if state == "full":
            pages = journal._db.execute("pragma page_count").fetchone()[0]
            journal._db.execute(f"pragma max_page_count={pages}")
        elif state == "read-only":
            journal._db.execute("pragma query_only=on")
        else:
            journal._db.execute("pragma busy_timeout=0")
            other.execute("begin immediate")
        with pytest.raises(GradebookError, match="run the same command again") as caught:
            journal.write("tiny", "its key", 7, replace(before, path="x" * 100_000))
        assert "Move it away" not in str(caught.value)


def test_a_class_shares_its_equal_scores(tmp_path: Path) -> None:
    """Ten thousand submissions have few different scores: each is in memory once."""
    with contextlib.closing(Journal.of(tmp_path)) as journal:
        for student in ("ada", "bob"):
            result = replace(Result.unpack(json.dumps(FIRST)), student=student)
            journal.write("tiny", "key", 7, result)
        ada, bob = journal.results("tiny")
    assert (ada.student, bob.student) == ("ada", "bob")
    assert ada.exercises[0] is bob.exercises[0]
    assert ada.exercises == result.exercises


parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "checks", "kind"]), inner),
    max_leaves=8,
)
places = st.sampled_from([(name,) for name in FIRST] + [("exercises", 0, name) for name in FIRST["exercises"][0]])
damage = st.tuples(places, parts) | st.tuples(st.just(("cut",)), st.integers(0, 900))


def test_any_row_is_a_result_or_none() -> None:
    """Wherever the JSON of a result is changed or cut off, it is read as a result that can be told, or is none."""

    def reads_row(changed: tuple[tuple[Any, ...], Any]) -> None:
        (*path, last), value = changed
        row = copy.deepcopy(FIRST)
        place: Any = row
        for step in path:
            place = place[step]
        place[last] = value
        text = json.dumps(FIRST)[:value] if last == "cut" else json.dumps(row)
        result = _unpacked(text)
        if result is not None:
            json.dumps(result.to_json())
            assert Result.unpack(result.pack()).to_json() == result.to_json()

    fuzz(reads_row, damage)
