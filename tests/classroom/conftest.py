"""What tests of the classroom share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from classroom.a_class import make_course
from grader.course.programs import programs_first


@pytest.fixture(scope="session", autouse=True)
def programs() -> Iterator[None]:
    """This environment's programs on PATH, where nbgrader's Gradebook looks for alembic."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", programs_first(os.environ)["PATH"])
        yield


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A course with the tiny lesson in which nothing has been graded."""
    return make_course(tmp_path / "course")
