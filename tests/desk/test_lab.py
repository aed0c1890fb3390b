"""What `prep lab` opens besides a lesson; tests/browser opens JupyterLab itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.desk.lab import practice_notebook
from grader.errors import UsageError


def test_the_last_interview_is_opened(tmp_path: Path) -> None:
    """`prep lab mock` opens the newest of work/mock; without one it says which command writes it."""
    with pytest.raises(UsageError, match="prep mock"):
        practice_notebook(tmp_path, "mock")
    folder = tmp_path / "work" / "mock"
    folder.mkdir(parents=True)
    for age, name in enumerate(("mock-7", "mock-9")):
        (folder / f"{name}.ipynb").write_text("{}")
        os.utime(folder / f"{name}.ipynb", (1000 - age, 1000 - age))
    assert practice_notebook(tmp_path, "mock") == "mock/mock-7.ipynb"
