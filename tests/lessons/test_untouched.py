"""An untouched lesson, as a learner first opens it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from helpers import ROOT
from nbclient import NotebookClient

from grader.course.catalogue import Lesson, all_lessons


@pytest.mark.parametrize("lesson", all_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_it_runs_top_to_bottom(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run All stops at no cell: functions that are not written yet are grey cards, and what needs them waits."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    folder = Path(shutil.copytree(lesson.released.parent, tmp_path / lesson.name))
    notebook = nbformat.read(folder / lesson.released.name, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
    assert len(checks) == len(lesson.exercises)
    for cell in checks:
        assert "not written yet" in cell.outputs[0]["data"]["text/plain"]
