"""Submissions as data: the code cells in a file.

Nothing here runs a learner's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.notebook_file import parse_code, read_text
from grader.errors import Unreadable
from grader.verdict import printable

MAX_CELL = 2**24  # characters
_TRANSFORMED = 200  # lines of IPython's syntax in a file that its own transformer turns into Python
# Every part stays in its line: a pattern that runs over line ends takes the square of their number.
_MAGIC = re.compile(r"^[^\S\n]*[%!?]|\?[^\S\n]*$|^[^#'\"\n]*=[^\S\n]*[%!]\w", re.MULTILINE)
_LINE = re.compile(r"^([^\S\n]*)(?:[%!?].*|[^#'\"\n]*=[^\S\n]*[%!]\w.*|[^#'\"\n]*\?[^\S\n]*)$", re.MULTILINE)
# Cell magics whose body is Python that runs in the notebook's namespace: the line goes, the body stays.
_TRANSPARENT = re.compile(r"\A\s*%%(?:time|timeit|capture|prun|memit|mypy)\b.*\n?")
# What is about pictures alone, and stands in every lesson: IPython itself takes longer to load than a lesson to grade.
_PICTURES = re.compile(r"^%(?:matplotlib|config)\b.*$", re.MULTILINE)
SUFFIXES = (".ipynb", ".py")


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's file for one lesson."""

    student: str
    path: Path


def read(path: Path) -> tuple[str, ...]:
    """The code cells of a notebook or Python file, as plain Python.

    Unreadable says in a sentence why there are none.
    """
    return cells_of(read_text(path), printable(path.name))


def cells_of(text: str, name: str) -> tuple[str, ...]:
    """The code cells in the text of a file called `name`; Unreadable as in `read`."""
    if name.lower().endswith(".py"):
        parts = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
        cells = [cell for cell in parts if cell.removeprefix("# %%").strip()]
    else:
        cells = parse_code(text, name)
        if not cells:
            raise Unreadable(f"{name} has no code cells.")
    if any(len(cell) > MAX_CELL for cell in cells):
        raise Unreadable(f"{name} has a cell of more than {MAX_CELL // 2**20} million characters.")
    return tuple(cells) if name.endswith(".py") else tuple(_plain_cells(cells))


def _plain_cells(cells: list[str]) -> Iterator[str]:
    """The cells without IPython's own syntax.

    Its transformer takes the square of the lines, so it gets a bounded number of them.
    """
    left = _TRANSFORMED
    for cell in cells:
        lines = len(_MAGIC.findall(cell)) if _may_be_ipython(cell) else 0
        yield plain_python(cell, exactly=lines <= left)
        left -= min(lines, left)


def plain_python(cell: str, *, exactly: bool = True) -> str:
    """A cell without IPython's own syntax.

    Timing magics leave their body, others become calls that do nothing. Without `exactly`, or where
    IPython cannot, lines of its syntax are taken out one by one.
    """
    if not _may_be_ipython(cell):
        return cell
    cell = _PICTURES.sub("pass", _TRANSPARENT.sub("\n", cell))
    if not _MAGIC.search(cell):
        return cell
    if not exactly:
        return _LINE.sub(r"\1pass", cell)
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return str(TransformerManager().transform_cell(cell))
    except Exception:  # whatever a cell's text makes it raise: then the cell fails by itself, or line by line
        return _LINE.sub(r"\1pass", cell)


def _may_be_ipython(cell: str) -> bool:
    """Whether a cell holds a sign that IPython's own syntax is made of; most hold none."""
    return any(sign in cell for sign in "%!?")
