"""Submissions as data: which files are meant, and the code cells in them.

Nothing here runs a learner's code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.notebook_file import parse_notebook, read_text
from grader.errors import Unreadable, UsageError
from grader.verdict import printable

MAX_CELL = 2**24  # characters
_TRANSFORMED = 200  # lines of IPython's syntax in a file that its own transformer turns into Python
# Every part stays in its line: a pattern that runs over line ends takes the square of their number.
_MAGIC = re.compile(r"^[^\S\n]*[%!?]|\?[^\S\n]*$|^[^#'\"\n]*=[^\S\n]*[%!]\w", re.MULTILINE)
_LINE = re.compile(r"^([^\S\n]*)(?:[%!?].*|[^#'\"\n]*=[^\S\n]*[%!]\w.*|[^#'\"\n]*\?[^\S\n]*)$", re.MULTILINE)
# Cell magics whose body is Python that runs in the notebook's namespace: the line goes, the body stays.
_TRANSPARENT = re.compile(r"\A\s*%%(?:time|timeit|capture|prun|memit|mypy)\b.*\n?")
_LONGEST_NAME = 128
_SUFFIXES = (".ipynb", ".py")


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's file for one lesson."""

    student: str
    path: Path


def find(lesson: str, paths: Iterable[Path]) -> list[Submission]:
    """The submissions meant by files and folders, sorted by student in each folder.

    Folders hold STUDENT/LESSON/LESSON.ipynb (nbgrader's submitted/), or STUDENT.ipynb and
    STUDENT.py. UsageError for a path that does not exist, a file of another kind, and a folder
    without submissions.
    """
    found = [submission for path in paths for submission in _find(lesson, Path(path))]
    return list({submission.path.absolute(): submission for submission in found}.values())


def _find(lesson: str, path: Path) -> list[Submission]:
    if path.is_file():
        if path.suffix.lower() not in _SUFFIXES:
            raise UsageError(f"{path} is no notebook (.ipynb) and no Python file (.py).")
        return [Submission(_student(lesson, path), path)]
    if not path.is_dir():
        raise UsageError(f"There is no file or folder {path}.")
    found = sorted(_in_folder(lesson, path), key=lambda submission: submission.student)
    if not found:
        raise UsageError(
            f"No submissions for {lesson} in {path}: it holds neither STUDENT/{lesson}/{lesson}.ipynb "
            "nor STUDENT.ipynb or STUDENT.py files."
        )
    return found


def _in_folder(lesson: str, folder: Path) -> Iterator[Submission]:
    for path in folder.iterdir():
        if nested := _handed_in(lesson, path):
            yield Submission(_name(path.name), nested)
        if path.is_file() and path.suffix.lower() in _SUFFIXES and not path.name.startswith("."):
            yield Submission(_name(path.stem), path)


def _handed_in(lesson: str, student: Path) -> Path | None:
    """What a student's folder holds for a lesson: LESSON/LESSON.ipynb or .py, else the newest file of these kinds.

    Browsers and front ends write "LESSON (1).ipynb" and "LESSON-Copy1.ipynb". A folder for the
    lesson without any is a submission that cannot be read, and so it is told.
    """
    if student.name.startswith(".") or not student.is_dir():
        return None
    for suffix in _SUFFIXES:
        if (nested := student / lesson / f"{lesson}{suffix}").is_file():
            return nested
    folders = [path for path in student.iterdir() if path.is_dir() and path.name.lower() == lesson.lower()]
    if not folders:
        return None
    files = [path for path in folders[0].iterdir() if path.is_file() and path.suffix.lower() in _SUFFIXES]
    return max(files, key=lambda path: (path.stat().st_mtime, path.name), default=folders[0] / f"{lesson}.ipynb")


def _student(lesson: str, path: Path) -> str:
    folder = path.resolve().parent
    is_nested = path.stem == folder.name == lesson  # STUDENT/LESSON/LESSON.ipynb
    return _name(folder.parent.name if is_nested else path.stem)


def _name(file: str) -> str:
    """A student's name as a gradebook takes it: nbgrader's has room for 128 characters."""
    name = printable(file)
    if len(name) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_NAME - 13]}-{mark}"


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
        cells = [cell.source for cell in parse_notebook(text, name) if cell.kind == "code"]
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
        lines = len(_MAGIC.findall(cell))
        yield plain_python(cell, exactly=lines <= left)
        left -= min(lines, left)


def plain_python(cell: str, *, exactly: bool = True) -> str:
    """A cell without IPython's own syntax.

    Timing magics leave their body, others become calls that do nothing. Without `exactly`, or where
    IPython cannot, lines of its syntax are taken out one by one.
    """
    if not any(sign in cell for sign in "%!?"):
        return cell
    cell = _TRANSPARENT.sub("\n", cell)
    if not _MAGIC.search(cell):
        return cell
    if not exactly:
        return _LINE.sub(r"\1pass", cell)
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return str(TransformerManager().transform_cell(cell))
    except Exception:  # whatever a cell's text makes it raise: then the cell fails by itself, or line by line
        return _LINE.sub(r"\1pass", cell)
