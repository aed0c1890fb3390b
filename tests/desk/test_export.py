"""`prep export`: the whole record in two files, or none."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from grader.desk.export import export
from grader.desk.progress import Progress, Talk
from grader.errors import PrepError, UsageError
from grader.verdict import Score, Verdict


@pytest.fixture
def record(mine: Path) -> Path:
    """A folder for the record of a learner who tried an exercise, took a hint, scored a question, sat an interview."""
    checks = (Verdict("Results", "failed", 3.0), Verdict("More", "passed", 1.0))
    with Progress.here() as progress:
        progress.attempt("tiny", Score("mean", checks, "<b>sum</b>"))
        progress.take_hint("tiny", "mean")
        progress.score_talk(Talk(time.time(), "tiny", "robust", 1.0, 2.0, (1,)))
        progress.begin_interview("mock-7", "{}")
    return mine.parents[2]


def test_both_files_have_it(record: Path) -> None:
    """The JSON has every standing and all that was noted; the page shows the same, as text."""
    told = export(record / "me.html")
    data = json.loads((record / "me.json").read_text(encoding="utf-8"))
    assert str(record / "me.html") in told
    assert data["format"] == 1
    (lesson,) = data["lessons"]
    (mean,) = lesson["exercises"]
    assert (mean["state"], mean["score"], mean["attempts"], mean["hints"]) == ("wrong", 1.0, 1, 1)
    assert mean["mistakes_open"] == ["<b>sum</b>"]
    assert lesson["questions"] == [{"name": "robust", "state": "wrong", "score": 1.0, "points": 2.0}]
    assert {name: len(rows) for name, rows in data["history"].items() if rows} == {
        "attempts": 1,
        "hints": 1,
        "talks": 1,
        "interviews": 1,
    }
    page = (record / "me.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;sum&lt;/b&gt;" in page and "<b>sum" not in page
    for word in ("Attempts", "Mock interviews", "mock-7", "0 of 1 exercises complete"):
        assert word in page


def test_without_a_name_it_lies_in_work(record: Path) -> None:
    export(None)
    assert [path.suffix for path in sorted((record / "work").glob("record *"))] == [".html", ".json"]


def test_nothing_is_overwritten(record: Path) -> None:
    """Where one of the two is there, it stays, and no other is written."""
    (record / "me.json").write_text("mine")
    with pytest.raises(UsageError, match="already"):
        export(record / "me")
    assert (record / "me.json").read_text() == "mine"
    assert not (record / "me.html").exists()


def test_all_or_nothing(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second file cannot be written, the first is not there either, and a sentence says why."""
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if ".json" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PrepError, match="No space left"):
        export(record / "me.html")
    assert not [path for path in record.iterdir() if "me." in path.name]
