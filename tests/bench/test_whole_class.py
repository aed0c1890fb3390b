"""`prep bench class` times every step, ours and nbgrader's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers import ROOT

from grader.bench.whole_class import measure, table
from grader.course.build import build


def test_every_step_is_timed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of three, two of which go through nbgrader's commands too."""
    monkeypatch.chdir(tiny)
    build(tiny)
    shutil.copy(ROOT / "nbgrader_config.py", tiny)
    rows = list(measure("tiny", [3], peers=2))
    steps = [(row.who, row.step, row.submissions) for row in rows]
    assert steps == [
        ("prep", "grade", 3),
        ("prep", "feedback", 3),
        ("nbgrader with us", "autograde", 2),
        ("nbgrader with us", "generate_feedback", 2),
        ("nbgrader alone", "autograde", 2),
        ("nbgrader alone", "generate_feedback", 2),
    ]
    assert table(rows).row_count == len(rows)
