"""A function of this process is judged as it is, and whatever it does, this process lives on."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from grader.course.catalogue import find_lesson
from grader.desk import kernel
from grader.desk.kernel import check_function, failing_case, session_here
from grader.errors import PrepError, UsageError
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.isolation.session import Session
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


def test_what_it_printed_and_where_it_raised(tiny: Path) -> None:
    """What a live function prints in the failing case is kept, and an exception has its line."""

    def mean(x):  # type: ignore[no-untyped-def]
        print("size", x.size)
        return 1 / 0

    core = check_here(mean, tiny).checks[0]
    assert core.printed == "size 1\n"
    assert "return 1 / 0" in core.message


def test_failing_case_is_handed_back(tiny: Path) -> None:
    """The arguments of the failing case come back as they were drawn; before a check there are none."""

    def mean(x):  # type: ignore[no-untyped-def]
        return x.sum()

    lesson = find_lesson("tiny", tiny)
    with Host("none") as host:
        judge = Judge(lesson, host, 1)
        with pytest.raises(UsageError, match="Run check"):
            failing_case(mean, judge)
        check_function(mean, lesson, judge)
        (values,) = failing_case(mean, judge)
    assert values.shape == (4,)


def test_process_that_dies_is_nobodys_attempt(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checking process that is killed before it is asked is started again; when that dies too, nothing is judged."""

    def mean(x):  # type: ignore[no-untyped-def]
        return x.mean()

    def killed(*args: object) -> Session:
        session = session_here(*args)  # type: ignore[arg-type]
        session.close()
        return session

    monkeypatch.setattr(kernel, "session_here", killed)
    with pytest.raises(PrepError, match="died before it was asked"):
        check_here(mean, tiny)
