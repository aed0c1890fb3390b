"""An untouched lesson, as a learner first opens it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons


@pytest.mark.parametrize("lesson", all_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_it_runs_top_to_bottom(lesson: Lesson, tmp_path: Path) -> None:
    """Run All stops at no cell: functions are not written yet, and what needs them waits."""
    folder = Path(shutil.copytree(lesson.released.parent, tmp_path / lesson.name))
    notebook = nbformat.read(folder / lesson.released.name, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell('print("here is the end")'))
    nbformat.write(notebook, folder / lesson.released.name)
    environment = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"} | {"MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "IPython", "--colors=NoColor", "--no-banner", lesson.released.name]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert "here is the end" in done.stdout and "Traceback" not in done.stdout + done.stderr, done.stdout[-3000:]
    assert "it goes on once the first check passes" in " ".join(done.stdout.split())
