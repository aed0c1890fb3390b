"""Submissions at which our own side could stumble: each gets its verdict and reason, and the others their scores."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from multiprocessing import parent_process
from pathlib import Path

import numpy as np
import pytest

from grader.course.catalogue import Lesson, find_lesson
from grader.course.handed_in import find
from grader.course.notebook_file import MAX_BYTES
from grader.course.submission import Submission
from grader.isolation import reply, session
from grader.isolation.host import Host
from grader.isolation.message import Opaque, WireError, decode, encode
from grader.judging import workers
from grader.judging.compare import Tolerance, difference
from grader.judging.judge import Judge
from grader.judging.show import show
from grader.judging.workers import Settings, grade

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")
RIGHT = "def mean(x):\n    if len(x) == 0:\n        raise ValueError\n    return sum(x.tolist()) / len(x)\n"


def settings(course: Path) -> Settings:
    return Settings(course / "solutions" / "tiny", 3, "none")


@pytest.mark.parametrize("jobs", [1, 2])
def test_worst_files(tiny: Path, tmp_path: Path, jobs: int) -> None:
    """Cells that IPython gives up on, or that are larger than the wire carries, end nobody else's grading."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": "%time x\n" * 501,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    (tmp_path / "magics.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )
    (tmp_path / "large.py").write_bytes(b"#" * MAX_BYTES)
    (tmp_path / "ada.py").write_text(RIGHT)
    results = {result.student: result for result in grade(settings(tiny), find("tiny", [tmp_path]), jobs)}
    assert results["ada"].score == 4.0
    assert results["magics"].score == results["large"].score == 0.0
    assert results["large"].status == "unreadable"
    assert results["large"].reason


def test_whatever_is_raised(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of ours is the submission's reason, with where it happened."""
    (tiny / "ada.py").write_text(RIGHT)
    with Host("none") as host:
        judge = Judge(find_lesson("tiny", tiny), host, 1)

        def stumble(*_: object, **__: object) -> None:
            raise RuntimeError("an odd \x1b[2J thing")

        monkeypatch.setattr(judge, "_graded", stumble)
        result = judge.result(Submission("ada", tiny / "ada.py"))
    assert result.status == "unreadable"
    assert "RuntimeError: an odd" in (result.reason or "")
    assert "test_worst.py, line" in (result.reason or "")
    assert "\x1b" not in (result.reason or "")


def test_worker_that_does_not_end(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that never comes back is ended, and what it graded is tried again."""
    for name in ("ada", "bob", "cyd"):
        (tmp_path / f"{name}.py").write_text(RIGHT)
    made: list[workers._Worker] = []
    begin = workers._Worker.begin

    def stop_first(self: workers._Worker, item: Submission, attempt: int) -> None:
        if not made:
            assert self._process.pid
            os.kill(self._process.pid, signal.SIGSTOP)
        begin(self, item, attempt)
        if not made:
            self.deadline = 0.0
        made.append(self)

    monkeypatch.setattr(workers._Worker, "begin", stop_first)
    scores = {result.student: result.score for result in grade(settings(tiny), find("tiny", [tmp_path]), 2)}
    assert scores == {"ada": 4.0, "bob": 4.0, "cyd": 4.0}


def test_slow_submissions_come_last(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not done after a brief try waits until the others are, and then has all of the time and the score."""
    for name in ("ada", "bob", "cyd", "dan", "eve"):
        (tmp_path / f"{name}.py").write_text(RIGHT)
    set_deadline = workers._Worker.set_deadline

    def over_for_two(self: workers._Worker) -> None:
        """A clock that no load moves: the brief try of two of them is over at once."""
        set_deadline(self)
        if self.attempt == 0 and self.item:
            self.deadline = 0.0 if self.item.student in {"ada", "cyd"} else time.monotonic() + 300

    monkeypatch.setattr(workers._Worker, "set_deadline", over_for_two)
    waited_for: list[tuple[str, ...]] = []
    results = list(
        grade(settings(tiny), find("tiny", [tmp_path]), 1, lambda students: waited_for.append(tuple(students)))
    )
    assert [students for students, _ in itertools.groupby(waited_for)] == [(), ("ada",), ("cyd",), ()]
    assert [result.student for result in results] == ["bob", "dan", "eve", "ada", "cyd"]
    assert {result.score for result in results} == {4.0}


def test_arrays_where_tuples_are_read() -> None:
    """A 0-d array, which NumPy 2.5 lets match a sequence and then refuses, is a malformed message."""
    for odd in (np.array(1.0), [np.array(1.0)], ("raised", np.array(1.0), "", None, "", False, "")):
        try:
            content = reply.content_of(encode(odd))
        except WireError:
            continue
        assert reply.understood(content) is None


def test_names_of_types() -> None:
    """A type's name does not steer a terminal."""
    opaque = decode(encode(type("\x1b[2J\u202eEVIL", (), {})()))
    assert isinstance(opaque, Opaque)
    assert opaque.type_name.isprintable()


def test_lists_of_texts_are_no_arrays() -> None:
    """A long text among many short ones takes no more memory than it has."""
    texts = ["x" * 1_000_000, *(["y"] * 50_000)]
    assert difference(np.arange(3), texts, Tolerance())


def test_many_short_axes_are_not_written_out() -> None:
    """NumPy abbreviates no short axis: such an array is told by its shape."""
    assert "shape (2, 2, 2" in show(np.zeros((2,) * 20, np.float16))


def test_large_arguments_are_not_called_back() -> None:
    """A function that an answer was given is not run on arrays as large as a message may be."""
    said = decode(session._called_back([lambda x: x], 0, (np.zeros(10**6, np.int8),)))
    assert said[0] == "raised"
    assert "more than" in said[1]


def test_names_a_database_takes(tmp_path: Path) -> None:
    """A name is at most as long as the gradebook's column, and two of them stay two."""
    for end in "ab":
        (tmp_path / f"{'n' * 150}{end}.py").write_text(RIGHT)
    names = {item.student for item in find("tiny", [tmp_path])}
    assert len(names) == 2
    assert all(len(name) <= 128 for name in names)


class Stumbling(Settings):
    """A worker finds no lesson, the first one or each."""

    often = False

    def read_lesson(self) -> Lesson:
        met = self.lesson / "met"
        if parent_process() and (self.often or not met.exists()):
            met.touch()
            raise OSError("no such folder")
        return super().read_lesson()


class AlwaysStumbling(Stumbling):
    often = True


@pytest.mark.parametrize("kind", [Stumbling, AlwaysStumbling])
def test_a_worker_that_stumbles_is_replaced(
    tiny: Path, tmp_path: Path, kind: type[Stumbling], capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever ends a worker, another one grades its submission; if none can, it is said why, without a traceback."""
    (tmp_path / "ada.py").write_text(RIGHT)
    [result] = grade(kind(tiny / "solutions" / "tiny", 3, "none"), [Submission("ada", tmp_path / "ada.py")])
    if kind is Stumbling:
        assert result.score == 4.0
    else:
        assert result.status == "unreadable"
        assert "ended with OSError: no such folder, 3 times" in (result.reason or "")
    assert "Traceback" not in capfd.readouterr().err
