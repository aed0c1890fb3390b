"""A small class of the tiny lesson: its course, its notebooks, its scores in the gradebook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers import ROOT, TINY
from nbgrader.api import Gradebook

from grader.course.build import build

RIGHT = "def mean(x):\n    if len(x) == 0:\n        raise ValueError('empty')\n    return sum(x.tolist()) / len(x)\n"


IN_PLACE = """def mean(x):
    if len(x) == 0:
        raise ValueError('empty')
    if x.dtype.kind == 'f' and x.flags.writeable:
        x /= x.size
        return x.sum()
    return x.sum() / x.size
"""


Cells = list[dict[str, Any]]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment as somebody would in that folder; it must succeed."""
    programs = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    done = subprocess.run(words, cwd=folder, env=os.environ | programs, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def nbgrader(folder: Path, *words: str) -> str:
    """What one of nbgrader's commands said."""
    done = command(folder, "nbgrader", *words)
    return done.stdout + done.stderr


def make_course(folder: Path) -> Path:
    """A course with the tiny lesson, built, and our nbgrader configuration."""
    course = Path(shutil.copytree(TINY, folder))
    source = course / "solutions" / "tiny" / "lesson.py"
    source.write_text(
        source.read_text().replace(
            "# # A tiny lesson", "# # A tiny lesson\n#\n# The mean is $\\frac{1}{n}\\sum_i x_i$."
        )
    )
    shutil.copy(ROOT / "nbgrader_config.py", course)
    build(course)
    return course


def hand_in(course: Path, student: str, text: str) -> Path:
    path = course / "submitted" / student / "tiny" / "tiny.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def solved(course: Path, code: str, change: Callable[[Cells], object] = lambda cells: None) -> str:
    """The text of the released notebook with this code in the solution cell, and a change to its cells."""
    notebook = json.loads((course / "lessons" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8"))
    by_id(notebook["cells"], "mean")["source"] = code
    change(notebook["cells"])
    return json.dumps(notebook)


def by_id(cells: Cells, name: str) -> dict[str, Any]:
    return next(cell for cell in cells if cell["id"] == name)


def code_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": "mine", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def scores(course: Path) -> dict[str, dict[str, tuple[float | None, bool]]]:
    """Each student's automatic scores in the gradebook by cell, and whether somebody must look."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, bool(grade.needs_manual_grade)) for grade in notebook.grades
            }
            for submission in book.assignment_submissions("tiny")
            for notebook in submission.notebooks
        }
