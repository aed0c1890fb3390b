"""What tests of practice share: a course to stand in, and the names of a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.course.build import build
from grader.desk import judges
from grader.practice import mock


@pytest.fixture
def course(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tiny course with its lessons/ built, and its folder the current one."""
    build(tiny)
    monkeypatch.chdir(tiny)
    yield tiny
    judges.close_all()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that a notebook has defined."""
    defined: dict[str, Any] = {}
    monkeypatch.setattr(mock, "_here", lambda: defined)
    return defined
