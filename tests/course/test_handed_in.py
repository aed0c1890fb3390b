"""Every file that a class hands in is somebody's submission or has a sentence."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fuzzing import fuzz
from hypothesis import strategies as st

from grader.course.handed_in import find, handed_in, search
from grader.course.submission import Submission, read
from grader.errors import Unreadable, UsageError


def notebook(source: str) -> str:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for student in ("ben", "ada"):
        path = tmp_path / student / "tiny" / "tiny.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(notebook("x = 1"))
    (tmp_path / "cat.py").write_text("x = 1")
    (tmp_path / "notes.txt").write_text("no submission")
    return tmp_path


def test_folders_of_both_layouts(folder: Path) -> None:
    """nbgrader's folders and plain files are found together, by student, other files are left alone."""
    assert [item.student for item in find("tiny", [folder])] == ["ada", "ben", "cat"]


def test_single_file_knows_its_student(folder: Path) -> None:
    """A file in nbgrader's layout belongs to the student of its folder, any other to its own name."""
    nested, plain = folder / "ada" / "tiny" / "tiny.ipynb", folder / "cat.py"
    assert find("tiny", [nested, plain, nested]) == [Submission("ada", nested), Submission("cat", plain)]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nowhere", "There is no file or folder"),
        ("notes.txt", "no notebook"),
        ("ada/tiny/empty", "No submissions for tiny"),
    ],
)
def test_wrong_paths_are_sentences(folder: Path, name: str, complaint: str) -> None:
    """A path that is missing, of another kind, or empty is wrong usage."""
    (folder / "ada" / "tiny" / "empty").mkdir()
    with pytest.raises(UsageError, match=complaint):
        find("tiny", [folder / name])


def test_links_are_not_followed(folder: Path) -> None:
    """A link to somebody else's work is no submission, and takes nothing from its owner."""
    (folder / "eve" / "tiny").mkdir(parents=True)
    (folder / "eve" / "tiny" / "tiny.ipynb").symlink_to(folder / "ada" / "tiny" / "tiny.ipynb")
    (folder / "zoe").symlink_to(folder / "ada")
    found = {submission.student: submission.path for submission in find("tiny", [folder])}
    assert read(found["ada"]) == ("x = 1",)
    for student in ("eve", "zoe"):
        with pytest.raises(Unreadable, match="is a link to another file"):
            read(found[student])


@pytest.mark.parametrize("name", ["metrics (1).ipynb", "metrics-Copy1.ipynb", "Untitled.ipynb", "metrics_done.IPYNB"])
def test_renamed_files_are_found(tmp_path: Path, name: str) -> None:
    """A file that a browser or its author renamed is the student's submission."""
    path = tmp_path / "bob" / "Metrics" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert find("metrics", [tmp_path]) == [Submission("bob", path)]


def test_the_expected_name_wins(tmp_path: Path) -> None:
    """Of several files the one with the lesson's name counts."""
    folder = tmp_path / "bob" / "metrics"
    folder.mkdir(parents=True)
    for name in ("metrics.ipynb", "metrics (1).ipynb"):
        (folder / name).write_text("{}")
    assert find("metrics", [tmp_path]) == [Submission("bob", folder / "metrics.ipynb")]


def test_a_folder_without_a_notebook_is_told(tmp_path: Path) -> None:
    """Who handed in something that is no notebook is in the list, with the reason."""
    (tmp_path / "cyd" / "metrics" / "metrics.ipynb").mkdir(parents=True)
    (tmp_path / "dan" / "metrics").mkdir(parents=True)
    found = find("metrics", [tmp_path])
    assert [item.student for item in found] == ["cyd", "dan"]
    for item in found:
        with pytest.raises(Unreadable, match="no file|There is no"):
            read(item.path)


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("lovelaceada_301_4711_metrics.ipynb", "lovelaceada_301"),
        ("lovelaceada_LATE_301_4711_metrics-2.ipynb", "lovelaceada_301"),
        ("Ada Lovelace_77_assignsubmission_file_metrics.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_77_assignsubmission_file_/work.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_77_assignsubmission_file/metrics.ipynb", "Ada Lovelace"),
        ("ada/metrics (1).ipynb", "ada"),
        ("ada (1).ipynb", "ada"),
        ("ada_lovelace.ipynb", "ada_lovelace"),
    ],
)
def test_names_of_learning_platforms(tmp_path: Path, path: str, student: str) -> None:
    """What Canvas, Moodle and browsers call a file tells whose it is."""
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("{}")
    assert find("metrics", [tmp_path]) == [Submission(student, file)]


def test_a_copy_given_by_itself(tmp_path: Path) -> None:
    """A renamed file in a student's folder for the lesson is the student's."""
    file = tmp_path / "ada" / "metrics" / "metrics (1).ipynb"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    assert find("metrics", [file]) == [Submission("ada", file)]


def test_of_two_files_the_newest_counts_and_it_is_said(tmp_path: Path) -> None:
    """A student who handed in twice is graded once, and the other file is named."""
    old, new = tmp_path / "bob.ipynb", tmp_path / "bob" / "metrics" / "metrics.ipynb"
    new.parent.mkdir(parents=True)
    for age, file in enumerate((old, new)):
        file.write_text("{}")
        os.utime(file, (1e9 + age, 1e9 + age))
    found = search("metrics", [tmp_path])
    assert found.submissions == (Submission("bob", new),)
    (said,) = found.told
    assert said == f"bob: {new} counts, and {old} does not: it is not newer."
    (new.parent / "timestamp.txt").write_text("2001-01-01 00:00:00 UTC")
    assert find("metrics", [tmp_path]) == [Submission("bob", old)]


def test_what_is_no_submission_is_told(tmp_path: Path) -> None:
    """Archives, pipes, links to nothing and folders called like notebooks are named; hidden files are not."""
    (tmp_path / "ada.py").write_text("x = 1")
    (tmp_path / "class.zip").write_text("")
    (tmp_path / "bob.ipynb").mkdir()
    (tmp_path / "cyd.py").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "dan.py")
    (tmp_path / ".hidden").write_text("")
    told = search("metrics", [tmp_path]).told
    assert [Path(text.split(" is no")[0]).name for text in told] == ["bob.ipynb", "class.zip", "cyd.py", "dan.py"]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01 10:00:00 UTC", datetime(2026, 3, 1, 10)),
        ("2026-03-01 10:00:00.000000 +0800\n", datetime(2026, 3, 1, 2)),
        ("2026-03-01 10:00:00", datetime(2026, 3, 1, 10)),
        ("soon", None),
        ("", None),
    ],
)
def test_the_time_of_a_submission(tmp_path: Path, text: str, when: datetime | None) -> None:
    """It stands in timestamp.txt, in UTC; a text that is no time is none."""
    (tmp_path / "timestamp.txt").write_text(text)
    assert handed_in(tmp_path / "metrics.ipynb") == when


# Any bytes a file system takes, and what platforms and attackers put into names.
odd = st.sampled_from(
    ["=1+1", "\x1b[2J", "\u202e", "metrics (1)", "_assignsubmission_file_", ".", "-", " ", "tiny", "ada"]
)
file_names = st.lists(odd.map(str.encode) | st.binary(max_size=30), min_size=1, max_size=6).map(b"".join)


def test_any_name_is_a_student_or_a_sentence() -> None:
    """Whatever a file is called, it is found or told of, under a name that can be printed and that a database takes."""

    def finds(name: bytes) -> None:
        name = name.replace(b"/", b"").replace(b"\0", b"")[:200]
        with tempfile.TemporaryDirectory() as folder:
            path = os.fsencode(folder) + b"/" + name + b".py"
            Path(os.fsdecode(path)).write_text("x = 1")
            try:
                found = search("tiny", [Path(folder)])
            except UsageError as error:
                assert str(error).isprintable() and str(error).encode()
                return
        for item in found.submissions:
            assert item.student and item.student.isprintable() and len(item.student.encode()) <= 4 * 128
            assert len(item.student) <= 128
        assert all(sentence.isprintable() and sentence.encode() for sentence in found.told)
        assert found.submissions or found.told

    fuzz(finds, file_names)
