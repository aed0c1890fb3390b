"""One reader for all: what any tool writes is read, what is harmless is repaired, what cannot be read says why."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fuzzing import fuzz
from hypothesis import strategies as st

from grader.course.notebook_file import as_notebook, parse_notebook, read_notebook, read_text
from grader.course.submission import cells_of, plain_python
from grader.errors import Unreadable

MARKS = {"grade_id": "answer-robust", "grade": True, "solution": True, "locked": False, "schema_version": 3}
NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "answer-robust", "metadata": {"nbgrader": MARKS}, "source": ["my ", "words"]},
        {
            "cell_type": "code",
            "id": "mean",
            "metadata": {},
            "execution_count": 1,
            "source": "x = 1",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
        },
    ],
}


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    """A change of one place in a notebook."""

    def change(notebook: Any) -> None:
        for step in path[:-1]:
            notebook = notebook[step]
        notebook[path[-1]] = to

    return change


def _without(*path: Any) -> Callable[[Any], None]:
    def change(notebook: Any) -> None:
        for step in path[:-1]:
            notebook = notebook[step]
        del notebook[path[-1]]

    return change


HARMLESS: dict[str, Callable[[Any], None]] = {
    "format 4.2 with cell ids": _set("nbformat_minor", to=2),
    "format 4.4 with cell ids": _set("nbformat_minor", to=4),
    "format 5": _set("nbformat", to=5),
    "an id with a space": _set("cells", 1, "id", to="my cell"),
    "an id twice": _set("cells", 1, "id", to="answer-robust"),
    "no id": _without("cells", 1, "id"),
    "an output without a name": _without("cells", 1, "outputs", 0, "name"),
    "no outputs": _without("cells", 1, "outputs"),
    "outputs that are null": _set("cells", 1, "outputs", to=None),
    "an output that is a text": _set("cells", 1, "outputs", to=["text"]),
    "an execution count of *": _set("cells", 1, "execution_count", to="*"),
    "no execution count": _without("cells", 1, "execution_count"),
    "a tag twice": _set("cells", 1, "metadata", to={"tags": ["one", "one"]}),
    "a tag without a letter": _set("cells", 1, "metadata", to={"tags": [""]}),
    "a name without a letter": _set("cells", 1, "metadata", to={"name": ""}),
    "times that are no texts": _set("cells", 1, "metadata", to={"execution": {"iopub.status.busy": 7}}),
    "a count below zero": _set("cells", 1, "execution_count", to=-1),
    "no metadata of the notebook": _without("metadata"),
    "metadata that is null": _set("cells", 1, "metadata", to=None),
    "nbgrader's marks that are null": _set("cells", 1, "metadata", to={"nbgrader": None}),
    "half a character": _set("cells", 1, "source", to="x = 1 # \ud83d"),
    "a cell of an unknown kind": lambda notebook: notebook["cells"].append({"cell_type": "sql", "source": "select 1"}),
    "a heading cell": lambda notebook: notebook["cells"].append({"cell_type": "heading", "level": 2, "source": "Mine"}),
    "a source that is null": lambda notebook: notebook["cells"].append({"cell_type": "code", "source": None}),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_tools_write_is_read(change: Callable[[Any], None], tmp_path: Path) -> None:
    """The learner's words and code are there, and the repaired notebook is valid and can be written."""
    notebook = copy.deepcopy(NOTEBOOK)
    change(notebook)
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook).encode())
    cells = read_notebook(path)
    assert cells[0].source == "my words" and cells[0].is_written and cells[0].grade_id == "answer-robust"
    assert cells[1].source.startswith("x = 1")
    made = as_notebook(cells)
    nbformat.validate(made)
    nbformat.write(made, tmp_path / "again.ipynb")
    assert len({cell.id for cell in made.cells}) == len(made.cells)


KEYS = [
    *("cells", "cell_type", "source", "metadata", "outputs", "id", "nbgrader", "data", "execution_count"),
    *("tags", "name", "jupyter", "execution", "iopub.status.busy", "format", "output_type", "text", "attachments"),
]
any_cell = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["code", "stream", "error"]) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def test_any_json_is_cells_or_a_sentence() -> None:
    """Whatever JSON a file holds, it is read into a valid notebook or is Unreadable; nothing else is raised."""

    def reads_json(value: Any) -> None:
        try:
            cells = parse_notebook(json.dumps({"cells": [value]}), "a file")
        except Unreadable:
            return
        nbformat.validate(as_notebook(cells))

    fuzz(reads_json, any_cell)


def test_size_and_kind_are_looked_at_before_reading(tmp_path: Path) -> None:
    """A huge sparse file, a link to a device and a folder are a sentence at once."""
    huge = tmp_path / "huge.py"
    with huge.open("wb") as file:
        file.truncate(6 * 2**30)
    link = tmp_path / "link.py"
    link.symlink_to("/dev/zero")
    (tmp_path / "folder.ipynb").mkdir()
    for path, words in ((huge, "larger than 64 MiB"), (link, "is a link"), (tmp_path / "folder.ipynb", "is no file")):
        with pytest.raises(Unreadable, match=words):
            read_text(path)


def test_reasons_can_be_printed(tmp_path: Path) -> None:
    """A file's name that is no text, or would steer a terminal, stands in no reason as it is."""
    path = tmp_path / "\x1b[31m\udcff.py"
    path.write_bytes(b"")
    with pytest.raises(Unreadable) as caught:
        read_text(path)
    assert str(caught.value).isprintable()
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize(
    "cell",
    [
        "\n" * 400_000 + "x = 5 % 3",
        "%time x\n" * 5000,
        "? " * 50_000,
        "a = = " * 50_000 + "%",
        "x\n" * 50_000 + "!ls\n",
    ],
    ids=["empty lines", "magics", "question marks", "equals signs", "lines before one"],
)
def test_magics_take_linear_time(cell: str) -> None:
    """Cells made to be slow are read in a second or two, by a notebook as by themselves."""
    text = json.dumps({"cells": [{"cell_type": "code", "source": cell}] * 3})
    start = time.process_time()
    cells_of(text, "slow.ipynb")
    assert time.process_time() - start < 20  # hours, where a pattern takes the square


def test_magics_leave_python(tmp_path: Path) -> None:
    """Where IPython's transformer is not asked, lines of its syntax become pass, and the rest stays."""
    assert plain_python("if x:\n    %time y\nz = !ls\nw?\nk = 5 % 3", exactly=False) == (
        "if x:\n    pass\npass\npass\nk = 5 % 3"
    )
