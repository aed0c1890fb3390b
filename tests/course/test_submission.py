"""Submissions are read as data: whatever the file is, there are cells or a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from fuzzing import fuzz
from hypothesis import strategies as st

from grader.course.submission import cells_of, plain_python, read
from grader.errors import Unreadable
from grader.isolation.message import decode, encode


def notebook(*sources: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]))


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
