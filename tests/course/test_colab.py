"""A lesson's notebook away from a clone: the link to Colab, the cell that installs the kit."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from helpers import TINY

from grader.course.build import source_notebook
from grader.course.catalogue import all_lessons, find_lesson
from grader.course.colab import INSTALL, colab
from grader.course.submission import plain_python


def test_the_link_follows_the_repository(tiny: Path) -> None:
    """The address stands in pyproject.toml alone; a course without one has no link."""
    lesson = find_lesson("tiny", tiny)
    assert colab(lesson) == ""
    (tiny / "pyproject.toml").write_text(
        '[project.urls]\nRepository = "https://github.com/some/course"\n', encoding="utf-8"
    )
    assert colab(lesson) == "https://colab.research.google.com/github/some/course/blob/main/lessons/tiny/tiny.ipynb"
    cells = source_notebook(lesson).cells
    link = next(index for index, cell in enumerate(cells) if "open this lesson on Colab" in cell.source)
    assert cells[link + 1].source == INSTALL


def test_the_cell_does_nothing_where_the_kit_is(tmp_path: Path) -> None:
    """It installs nothing, and a learner's own grader.py beside the notebook gets a sentence."""
    assert importlib.util.find_spec("grader")
    code = plain_python(INSTALL)
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True).returncode == 0
    (tmp_path / "grader.py").write_text("mine = 1\n", encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "grader.py hides the kit" in ended.stderr and "rename that file" in ended.stderr


def test_every_lesson_has_it() -> None:
    """The first code cell of each notebook is the installing one."""
    for lesson in all_lessons(TINY):
        assert next(cell for cell in source_notebook(lesson).cells if cell.cell_type == "code").source == INSTALL
