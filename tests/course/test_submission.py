"""Submissions are read as data: whatever the file is, there are cells or a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from fuzzing import fuzz
from hypothesis import strategies as st

from grader.course.submission import Submission, cells_of, find, plain_python, read
from grader.errors import Unreadable, UsageError
from grader.isolation.message import decode, encode


def notebook(*sources: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]))


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


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("{", "broken or cut off"),
        (notebook("x = 1")[:60], "broken or cut off"),
        ("[1, 2]", "holds JSON, but no notebook's"),
        ('{"cells": 3}', "no list of cells"),
        ('{"cells": []}', "no code cells"),
        ('{"worksheets": [3]}', "old format"),
        ("[" * 100_000, "broken or cut off"),
    ],
)
def test_broken_notebooks_are_sentences(tmp_path: Path, text: str, complaint: str) -> None:
    """A notebook that is cut off, empty, not JSON or of a broken old format says so."""
    path = tmp_path / "ada.ipynb"
    path.write_text(text)
    with pytest.raises(Unreadable, match=complaint):
        read(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """So does a file that is no text."""
    (tmp_path / "ada.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="not UTF-8"):
        read(tmp_path / "ada.ipynb")


def test_old_format_is_read() -> None:
    """A notebook of format 3 is read as it was meant."""
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    cell = {
        "cell_type": "code",
        "input": ["x = 1\n", "y = 2"],
        "language": "python",
        "outputs": [],
        "collapsed": False,
        "metadata": {},
    }
    assert cells_of(json.dumps({**old, "worksheets": [{"cells": [cell], "metadata": {}}]}), "a.ipynb") == (
        "x = 1\ny = 2",
    )


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!pip list", "x = !ls", "x = %pwd", "print?", "%%bash\nls"])
def test_magics_become_python(magic: str) -> None:
    """IPython's own syntax becomes Python that compiles."""
    compile(plain_python(f"{magic}\n"), "cell", "exec")


def test_timing_magics_keep_their_body() -> None:
    """A function defined under %%time is there all the same."""
    assert plain_python("%%time\ndef f():\n    return 5 % 2\n").strip() == "def f():\n    return 5 % 2"


def test_percent_file_has_cells() -> None:
    """A .py file with percent markers has a cell for each, so that one syntax error takes one cell."""
    assert len(cells_of("import math\n# %%\nx = (\n# %%\ny = 1\n", "a.py")) == 3


words = st.sampled_from(
    [
        "cells",
        "cell_type",
        "code",
        "source",
        "worksheets",
        "nbformat",
        "input",
        "%time x",
        "!ls",
        "%%bash\n",
        "x?",
        "def f(:",
        "a = %b",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | words,
    lambda inner: st.lists(inner) | st.dictionaries(words, inner),
)
with_cells = st.builds(
    lambda sources: {"cells": [{"cell_type": "code", "source": source} for source in sources]},
    st.lists(anything | st.text(), max_size=4),
)
texts = (
    (anything | with_cells).map(json.dumps)
    | st.text()
    | st.builds(lambda value, cut: json.dumps(value)[:cut], with_cells, st.integers(0, 300))
)


def test_any_file_is_cells_or_a_sentence() -> None:
    """No content makes the reader fail otherwise than by Unreadable, and what it gives can be sent to the child."""

    def reads(text: str) -> None:
        for name in ("a.ipynb", "a.py"):
            try:
                cells = cells_of(text, name)
            except Unreadable as error:
                assert str(error).endswith(".")
            else:
                assert decode(encode(cells)) == tuple(cell.encode("utf-8", "replace").decode() for cell in cells)

    fuzz(reads, texts)


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
