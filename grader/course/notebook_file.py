"""The one reader of notebook files: what JupyterLab, Colab, VS Code and others write, as cells we can rely on.

Whatever is harmless is repaired: a missing or odd id, metadata or output never costs a cell. What
cannot be read is Unreadable, with the reason; it is never an empty notebook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course.cells import KERNEL, grade_id, is_written
from grader.errors import Unreadable
from grader.verdict import printable

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_BYTES = 64 * 2**20
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NAME = re.compile("^.+$")  # of a cell, as nbformat's schema has it
# What nbformat's schema says about a cell's metadata: with another type the notebook is invalid.
_SHOWN = {
    "collapsed": bool,
    "scrolled": bool,
    "name": str,
    "jupyter": dict,
    "execution": dict,
    "format": str,
}
_KINDS = ("code", "markdown", "raw")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in a file: `kind` is code, markdown or raw.

    Outputs are those that a notebook may hold.
    """

    kind: str
    source: str
    id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[dict[str, Any], ...] = ()
    execution_count: int | None = None
    attachments: dict[str, Any] = field(default_factory=dict)  # pictures pasted into a text

    @property
    def grade_id(self) -> str:
        """The id by which nbgrader knows it; "" of a cell that it does not know."""
        return grade_id({"metadata": self.metadata})

    @property
    def is_written(self) -> bool:
        """Whether a cell for an answer holds something of the learner's."""
        return is_written({"source": self.source})


def read_text(path: Path) -> str:
    """The text of a submitted file, with or without a byte order mark.

    Unreadable for a link, a file that is too large or no UTF-8, and an empty one. Size and kind are
    looked at before anything is read.
    """
    name = printable(path.name)
    try:
        if _is_link(path):
            raise Unreadable(f"{name} is a link to another file. Hand in the file itself.")
        if not path.is_file():
            missing = f"There is no {name}, nor another notebook."
            raise Unreadable(f"{name} is no file." if path.exists() else missing)
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"{name} is larger than {MAX_BYTES // 2**20} MiB.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise Unreadable(f"{name} is not UTF-8 text.") from error
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}.") from error
    if not text.strip():
        raise Unreadable(f"{name} is empty.")
    return text


def _is_link(path: Path) -> bool:
    """Whether a file, or in STUDENT/LESSON/LESSON.ipynb one of its folders, is a link.

    It may lead to somebody else's work, or to something on this machine.
    """
    folders = (path.parent, path.parent.parent) if path.parent.name == path.stem else ()
    return any(part.is_symlink() for part in (path, *folders))


def read_notebook(path: Path) -> tuple[Cell, ...]:
    """The cells of a notebook's file. Unreadable says in a sentence why there are none."""
    return parse_notebook(read_text(path), printable(path.name))


def parse_notebook(text: str, name: str) -> tuple[Cell, ...]:
    """The cells in the text of a notebook called `name`; Unreadable as in `read_notebook`."""
    return tuple(map(_cell, _cells(text, name)))


def parse_code(text: str, name: str) -> list[str]:
    """The sources of a notebook's code cells alone, which is what grading needs of it."""
    return [_text(cell.get("source")) for cell in _cells(text, name) if cell.get("cell_type") == "code"]


def _cells(text: str, name: str) -> list[dict[str, Any]]:
    """The cells as they stand in the text, nothing of them looked at."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        cure = "Save it again in JupyterLab and hand that in."
        raise Unreadable(f"{name} is no notebook: its JSON is broken or cut off{where}. {cure}") from error
    if not isinstance(notebook, dict):
        raise Unreadable(f"{name} is no notebook: it holds JSON, but no notebook's.")
    if isinstance(notebook.get("worksheets"), list):
        notebook = _upgraded(notebook, name)
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unreadable(f"{name} is no notebook: it has no list of cells.")
    return cells


def _upgraded(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook of format 3 or older, in format 4."""
    import nbformat

    try:
        return dict(nbformat.convert(nbformat.from_dict(notebook), 4))
    except Exception as error:  # nbformat's converters raise whatever the old data makes them raise
        old = "a notebook of an old format that cannot be converted"
        raise Unreadable(f"{name} is {old}: {type(error).__name__}.") from error


def _cell(cell: Mapping[str, Any]) -> Cell:
    kind, source = cell.get("cell_type"), _text(cell.get("source"))
    if kind == "heading":  # a kind of cell that format 4 gave up
        level = cell.get("level")
        signs = "#" * level if isinstance(level, int) and 1 <= level <= 6 else "#"
        kind, source = "markdown", f"{signs} {source}"
    if kind not in _KINDS:
        kind = "raw"
    found = Cell(kind, source, _text(cell.get("id")), _metadata(cell.get("metadata")))
    if kind != "code":
        return replace(found, attachments=_attachments(cell.get("attachments")))
    outputs, count = cell.get("outputs"), cell.get("execution_count")
    if not isinstance(outputs, list):
        outputs = []
    if type(count) is not int or count < 0:  # True is none either
        count = None
    return replace(found, outputs=tuple(_outputs(outputs)), execution_count=count)


def _text(value: Any) -> str:
    """A text in one piece or in lines.

    Halves of characters, which no file can hold, are replaced.
    """
    lines = value if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str))
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _metadata(value: Any) -> dict[str, Any]:
    """A cell's metadata, without what no notebook may hold there."""
    found = dict(value) if isinstance(value, Mapping) else {}
    if not isinstance(found.get("nbgrader", {}), Mapping):
        del found["nbgrader"]
    if "tags" in found:
        tags = found["tags"] if isinstance(found["tags"], list) else []
        # As the schema has them: each once, none empty or with a comma.
        valid = [tag for tag in tags if isinstance(tag, str) and tag and "," not in tag]
        found["tags"] = list(dict.fromkeys(valid))
    for name, kind in _SHOWN.items():
        if not isinstance(found.get(name, kind()), kind):
            del found[name]
    if not _NAME.search(found.get("name", "none")):
        del found["name"]
    if "execution" in found:
        found["execution"] = {what: at for what, at in found["execution"].items() if isinstance(at, str)}
    return found


def _attachments(value: Any) -> dict[str, Any]:
    """Pictures by their names, each by its kinds."""
    pictures: dict[str, Any] = {}
    for name, kinds in value.items() if isinstance(value, Mapping) else ():
        if isinstance(kinds, Mapping):
            pictures[name] = {kind: _mime(kind, data) for kind, data in kinds.items()}
    return pictures


def _outputs(outputs: list[Any]) -> Iterator[dict[str, Any]]:
    """The outputs that a notebook may hold, what is missing in them filled in."""
    for output in outputs:
        kind = output.get("output_type") if isinstance(output, Mapping) else None
        if kind == "stream":
            name = output.get("name")
            stream = name if isinstance(name, str) and name else "stdout"
            yield {"output_type": kind, "name": stream, "text": _text(output.get("text"))}
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), Mapping):
            named = {key: value for key, value in output["data"].items() if isinstance(key, str)}
            data = {key: _mime(key, value) for key, value in named.items()}
            number = {"execution_count": None} if kind == "execute_result" else {}
            yield {"output_type": kind, "data": data, "metadata": {}, **number}
        elif kind == "error":
            lines = output.get("traceback")
            trace = list(map(_text, lines)) if isinstance(lines, list) else []
            told = {part: _text(output.get(part)) for part in ("ename", "evalue")}
            yield {"output_type": kind, **told, "traceback": trace}


def _mime(kind: str, value: Any) -> Any:
    """The content of one kind in an output: JSON as it is, anything else text."""
    return value if kind.endswith("json") else _text(value)


def as_notebook(cells: tuple[Cell, ...]) -> NotebookNode:
    """The cells as a valid notebook of format 4.5: missing, odd or doubled ids are new ones."""
    import nbformat

    taken: set[str] = set()
    made = []
    for place, cell in enumerate(cells):
        wanted = cell.id if _ID.fullmatch(cell.id) and cell.id not in taken else f"cell-{place}"
        while wanted in taken:
            wanted += "-"
        taken.add(wanted)
        node: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": wanted,
            "metadata": cell.metadata,
            "source": cell.source,
        }
        if cell.kind == "code":
            node |= {"outputs": list(cell.outputs), "execution_count": cell.execution_count}
        if cell.attachments:
            node["attachments"] = cell.attachments
        made.append(node)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
    return nbformat.from_dict(notebook)
