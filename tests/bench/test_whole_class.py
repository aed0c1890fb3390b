"""`prep bench class` times every step, ours and nbgrader's."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import ROOT

from grader.bench.whole_class import measure, table


def test_every_step_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of two, one of which nbgrader alone gets too."""
    monkeypatch.chdir(Path(ROOT))
    rows = list(measure("metrics", [2], peers=1))
    steps = [(row.who, row.step, row.submissions) for row in rows]
    assert steps == [
        ("ours", "prep grade", 2),
        ("ours", "autograde", 2),
        ("ours", "generate_feedback", 2),
        ("nbgrader alone", "autograde", 1),
        ("nbgrader alone", "generate_feedback", 1),
    ]
    assert table(rows).row_count == len(rows)
