"""What a notebook's file keeps of widgets."""

from __future__ import annotations

from typing import Any

import pytest

from grader.desk.page import WIDGET
from grader.desk.saved_widgets import without_widgets

VIEW = {"model_id": "1", "version_major": 2, "version_minor": 0}
WORDS = {"text/html": "<div>hint(mean)</div>", "text/plain": "hint(mean)"}


def saved(*outputs: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a code cell as its file has them."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": "A text."},
        {"cell_type": "code", "outputs": list(outputs)},
    ]
    model = {"type": "notebook", "content": {"cells": cells}}
    without_widgets(model, path="mine.ipynb", contents_manager=None)
    return list(cells[1]["outputs"])


def test_words_stay() -> None:
    """A row of buttons is kept as its words, and what is no widget as it is."""
    stream = {"output_type": "stream", "name": "stdout", "text": "3"}
    row = {"output_type": "display_data", "metadata": {}, "data": {**WORDS, WIDGET: VIEW}}
    assert saved(stream, row) == [stream, {**row, "data": WORDS}]


def test_a_slider_says_how_it_comes_back() -> None:
    """A slider without its kernel is a sentence, not ipywidgets' repr."""
    slider = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "interactive(...)", WIDGET: VIEW}}
    (kept,) = saved(slider)
    assert "run this cell to move it" in kept["data"]["text/plain"] and WIDGET not in kept["data"]


@pytest.mark.parametrize(
    "model", [{"type": "file", "content": "text"}, {"type": "notebook"}, {"type": "notebook", "content": {}}]
)
def test_other_files_are_left_alone(model: dict[str, Any]) -> None:
    """A file that is no notebook, or holds no cells, is saved as it is."""
    before = dict(model)
    without_widgets(model)
    assert model == before
