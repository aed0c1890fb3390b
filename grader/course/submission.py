"""Submissions as data: which files are meant, and the code cells in them.

Nothing here runs a learner's code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import Unreadable, UsageError
from grader.verdict import printable

MAX_BYTES = 64 * 2**20
_MAGIC = re.compile(r"^\s*[%!?]|\?\s*$|^[^#'\"]*=\s*[%!]\w", re.MULTILINE)
# Cell magics whose body is Python that runs in the notebook's namespace: the line goes, the body stays.
_TRANSPARENT = re.compile(r"\A\s*%%(?:time|timeit|capture|prun|memit|mypy)\b.*\n?")


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
        if path.suffix not in (".ipynb", ".py"):
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
        for suffix in (".ipynb", ".py"):
            nested = path / lesson / f"{lesson}{suffix}"
            if nested.is_file():
                yield Submission(printable(path.name), nested)
                break
        if path.is_file() and path.suffix in (".ipynb", ".py") and not path.name.startswith("."):
            yield Submission(printable(path.stem), path)


def _student(lesson: str, path: Path) -> str:
    folder = path.resolve().parent
    is_nested = path.stem == folder.name == lesson  # STUDENT/LESSON/LESSON.ipynb
    return printable(folder.parent.name if is_nested else path.stem)


def read(path: Path) -> tuple[str, ...]:
    """The code cells of a notebook or Python file, as plain Python.

    Unreadable says in a sentence why there are none.
    """
    try:
        if _is_link(path):
            raise Unreadable(f"{path.name} is a link to another file. Hand in the file itself.")
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} is not UTF-8 text.") from error
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}.") from error
    if not text.strip():
        raise Unreadable(f"{path.name} is empty.")
    return cells_of(text, path.name)


def _is_link(path: Path) -> bool:
    """Whether a file, or in STUDENT/LESSON/LESSON.ipynb one of its folders, is a link.

    It may lead to somebody else's work, or to something on this machine.
    """
    folders = (path.parent, path.parent.parent) if path.parent.name == path.stem else ()
    return any(part.is_symlink() for part in (path, *folders))


def cells_of(text: str, name: str) -> tuple[str, ...]:
    """The code cells in the text of a file called `name`; Unreadable as in `read`."""
    if name.endswith(".py"):
        cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
        return tuple(cell for cell in cells if cell.removeprefix("# %%").strip())
    cells = [_source(cell) for cell in _notebook_cells(text, name) if cell.get("cell_type") == "code"]
    if not cells:
        raise Unreadable(f"{name} has no code cells.")
    return tuple(plain_python(cell) for cell in cells)


def _notebook_cells(text: str, name: str) -> list[dict[str, Any]]:
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
    """A notebook of an old format, in today's."""
    import nbformat

    try:
        return dict(nbformat.convert(nbformat.from_dict(notebook), 4))
    except Exception as error:  # nbformat's converters raise whatever the old data makes them raise
        why = type(error).__name__
        raise Unreadable(f"{name} is a notebook of an old format that cannot be converted: {why}.") from error


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(map(str, source))
    return source if isinstance(source, str) else ""


def plain_python(cell: str) -> str:
    """A cell without IPython's own syntax.

    Timing magics leave their body, others become calls that do nothing.
    """
    if not any(sign in cell for sign in "%!?"):
        return cell
    cell = _TRANSPARENT.sub("\n", cell)
    if not _MAGIC.search(cell):
        return cell
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return str(TransformerManager().transform_cell(cell))
    except (SyntaxError, ValueError, RecursionError):
        return cell
