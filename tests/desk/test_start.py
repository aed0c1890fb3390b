"""Where a learner begins: the notebook with the overview in it, and the page."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from grader.desk.overview import overview
from grader.desk.overview_html import OFFLINE, beside
from grader.desk.start import START, page, refresh


def test_the_notebook_shows_the_overview_without_being_run(mine: Path) -> None:
    """Its cell's output is there, links lead to the lesson beside it, and a second time nothing is added."""
    work = mine.parent.parent
    for _ in range(2):
        refresh(work)
    notebook = nbformat.read(work / START, as_version=4)
    nbformat.validate(notebook)
    (output,) = notebook.cells[1].outputs
    assert 'href="tiny/tiny.ipynb#cell-id=mean"' in output.data["text/html"]
    assert "0 of 1 exercises complete" in output.data["text/plain"]


def test_what_a_learner_wrote_in_it_stays(mine: Path) -> None:
    """Cells of the learner's are kept; without our cell, or as no notebook, the file is left as it is."""
    path = mine.parent.parent / START
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("my plan"))
    nbformat.write(notebook, path)
    refresh(path.parent)
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[-1].source == "my plan"
    assert notebook.cells[1].outputs
    del notebook.cells[1]
    nbformat.write(notebook, path)
    for content in (path.read_text(), "cut off {", "[]"):
        path.write_text(content)
        refresh(path.parent)
        assert path.read_text() == content


def test_the_page_filters_what_there_is(mine: Path) -> None:
    """The page has a choice for each thing to filter by, the lessons' topics among them, and says that all is offline."""
    shown = page(overview(), beside(mine.parent), "/notebooks/")
    assert re.findall(r'<select name="(\w+)"', shown) == ["state", "level", "minutes", "asked", "topic"]
    assert '<option value="robust statistics">' in shown
    assert OFFLINE in shown
    assert not re.search(r"https?:|src=", shown)


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", 'a " quote'])
def test_titles_are_text(mine: Path, title: str) -> None:
    """Whatever a lesson is called, it is text on the page."""
    built = mine.parents[2] / "lessons" / "tiny" / "tiny.ipynb"
    built.write_text(built.read_text().replace("A tiny lesson", title.replace('"', '\\"')))
    assert "<script>alert" not in page(overview(), beside(mine.parent), "/notebooks/")
