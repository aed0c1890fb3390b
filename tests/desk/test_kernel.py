"""A function of this process is judged as it is, and whatever it does, this process lives on."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from grader.course.catalogue import find_lesson
from grader.desk.kernel import check_function
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge
from grader.verdict import Score


def check_here(function: object, tiny: Path) -> Score:
    return check_function(function, find_lesson("tiny", tiny))  # type: ignore[arg-type]


def test_function_of_this_process(tiny: Path) -> None:
    """A live function is judged as it is, with what it refers to."""
    offset = np.array([0.0])

    def mean(x):  # type: ignore[no-untyped-def]
        if not x.size:
            raise ValueError("empty")
        return x.mean() + offset[0]

    assert check_here(mean, tiny).score == 4.0
    offset[0] = 1.0
    assert check_here(mean, tiny).score == 0.0


def test_live_function_that_crashes(tiny: Path) -> None:
    """A live function that ends its process ends a copy: this process lives on."""

    def mean(x):  # type: ignore[no-untyped-def]
        import os

        os._exit(1)

    assert check_here(mean, tiny).checks[0].outcome == "died"


def test_check_where_nothing_forks(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows a notebook's check works too: marks, named mistakes, and a call that never ends."""
    monkeypatch.setattr("grader.isolation.host.FORKS", False)
    going = threading.Event()

    def mean(x):  # type: ignore[no-untyped-def]
        if not x.size:
            raise ValueError("empty")
        return x.mean()

    right = mean

    def mean(x):  # type: ignore[no-untyped-def,no-redef]
        return x.sum()

    wrong = mean

    def mean(x):  # type: ignore[no-untyped-def,no-redef]
        going.wait(20)

    tiny_lesson = find_lesson("tiny", tiny)
    with Host("none", Limits(call=0.3)) as host:
        assert [
            check_function(function, tiny_lesson, Judge(tiny_lesson, host, 1)).score for function in (right, wrong)
        ] == [4.0, 0.0]
        assert check_function(wrong, tiny_lesson, Judge(tiny_lesson, host, 1)).mistake == "sum"
        assert check_function(mean, tiny_lesson, Judge(tiny_lesson, host, 1)).checks[0].outcome == "timeout"
    going.set()
