"""What a notebook begins with outside a clone: a link that opens it on Colab, a cell that installs the kit.

Learners meet a notebook without its folder: on GitHub, in a chat, in a course of their own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.course.catalogue import Lesson

INSTALL = """\
# On Colab, Kaggle or a hub this installs the kit where it is missing; elsewhere it does nothing.
import importlib.util

_kit = importlib.util.find_spec("grader")
if _kit is None:
    %pip install -q ml-interview-prep
elif not _kit.submodule_search_locations:
    raise ImportError(f"{_kit.origin} hides the kit, which is called grader too: \
rename that file, then restart the kernel.")"""


def with_install(lesson: Lesson, cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with the link and the installing cell before the lesson's first code cell."""
    kinds = [*(cell.cell_type for cell in cells), "code"]
    place = kinds.index("code")
    link = colab(lesson)
    text = f"*Without a clone: [open this lesson on Colab]({link}).*" if link else ""
    marks = {
        "grade": False,
        "solution": False,
        "locked": True,
        "task": False,
        "grade_id": "colab",
        "schema_version": 3,
        "cell_type": "markdown",
    }
    first = [nbformat.v4.new_markdown_cell(text, id="colab", metadata={"nbgrader": marks})] if text else []
    folded = {"tags": ["folded"], "jupyter": {"source_hidden": True}}
    install = nbformat.v4.new_code_cell(INSTALL, id="install", metadata=folded)
    return [*cells[:place], *first, install, *cells[place:]]


def colab(lesson: Lesson) -> str:
    """The address that opens the released notebook on Colab.

    "" for a course without a repository on GitHub.
    """
    course = lesson.folder.parents[1]
    repository = _repository(course / "pyproject.toml")
    _, github, path = repository.partition("https://github.com/")
    if not github:
        return ""
    notebook = f"lessons/{lesson.name}/{lesson.name}.ipynb"
    return f"https://colab.research.google.com/github/{path.strip('/')}/blob/main/{notebook}"


def _repository(pyproject: Path) -> str:
    """The repository's address, set in one place: [project.urls] in pyproject.toml."""
    if not pyproject.exists():
        return ""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
    return str(project.get("urls", {}).get("Repository", ""))
