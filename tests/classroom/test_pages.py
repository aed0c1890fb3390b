"""A feedback page made in one look is nbconvert's own."""

from __future__ import annotations

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter

from grader.classroom.pages import FeedbackPage


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    """Text, code, and an output with a picture that nobody described."""
    shown = nbformat.v4.new_output("display_data", {"text/html": '<img src="data:image/png;base64,AA=="/>'})
    cells = [
        nbformat.v4.new_markdown_cell("A *word*.", id="text"),
        nbformat.v4.new_code_cell("x = [1]", outputs=[shown], id="code"),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_pages_are_nbconverts(notebook: nbformat.NotebookNode) -> None:
    """The same text in the same order, and pictures have a description."""
    ours, theirs = (
        exporter(template_name="classic").from_notebook_node(notebook)[0] for exporter in (FeedbackPage, HTMLExporter)
    )
    assert 'alt="No description has been provided for this image"' in ours
    assert BeautifulSoup(ours, "html.parser").get_text() == BeautifulSoup(theirs, "html.parser").get_text()
    assert ours.count("<div") == theirs.count("<div")
