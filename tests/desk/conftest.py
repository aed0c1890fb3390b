"""What tests of the desk share: a learner's notebook of the tiny lesson."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.build import build
from grader.desk import judges, notebook
from grader.desk.work import make_work


@pytest.fixture
def course(tiny: Path) -> Path:
    """The tiny course with its lessons/ built."""
    build(tiny)
    return tiny


@pytest.fixture
def mine(course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A learner's notebook, from which the desk is called as in its kernel."""
    path = make_work(course) / "tiny" / "tiny.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.chdir(path.parent)
    yield path
    judges.close_all()
    notebook._passed.clear()
