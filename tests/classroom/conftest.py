"""What tests of the classroom share."""

from __future__ import annotations

from pathlib import Path

import pytest

from classroom.a_class import make_course


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A course with the tiny lesson in which nothing has been graded."""
    return make_course(tmp_path / "course")
