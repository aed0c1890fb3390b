"""What a notebook's file keeps of widgets: what they say in words, since they live with their kernel only.

A widget in a file that is opened again, when its kernel is gone, is "Error displaying widget".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from grader.desk.page import WIDGET
from grader.style import FONT

_SLIDER = "A slider lives with the kernel: run this cell to move it."


def without_widgets(model: dict[str, Any], **_: object) -> None:
    """Jupyter Server calls this before it writes a file (ContentsManager.pre_save_hook)."""
    content = model.get("content")
    if model.get("type") != "notebook" or not isinstance(content, dict):
        return
    for cell in content.get("cells", ()):
        if cell.get("outputs"):
            cell["outputs"] = list(_kept(cell["outputs"]))


def _kept(outputs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for output in outputs:
        data = output.get("data", {})
        if WIDGET not in data:
            yield output
            continue
        rest = {kind: value for kind, value in data.items() if kind != WIDGET}
        if "text/html" not in rest:  # the row and the boxes bring their words, ipywidgets' own only their repr
            said = f'<div style="{FONT};opacity:.75">{escape(_SLIDER)}</div>'
            rest = {"text/html": said, "text/plain": _SLIDER}
        yield {**output, "data": rest}
