"""A card says where it is of an older version, and where grading would not take the answer; nowhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from desk.learner import write_in
from grader.desk.notebook import check
from grader.desk.notices import notice

MEAN = "def mean(x):\n    if not x.size:\n        raise ValueError('empty')\n    return x.mean()"


@pytest.fixture
def run(mine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Runs cells as a notebook's kernel does, and gives the function `mean` that is there then."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # which a shell puts its own in place of
    shell = InteractiveShell.instance()

    def run_cells(*cells: str) -> Any:
        for cell in cells:
            shell.run_cell(cell, store_history=True)
        return shell.user_ns["mean"]

    yield run_cells
    shell.reset(new_session=True)
    InteractiveShell.clear_instance()


def save(notebook: Path, text: str) -> None:
    """The learner saves this text in the exercise's cell, a while after it was judged."""
    write_in(notebook, "mean", text)
    later = time.time() + 60
    os.utime(notebook, (later, later))


def test_a_cell_that_is_no_python(run: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    """After a SyntaxError the version before it is judged, and the card says so."""
    function = run(MEAN, "def mean(x):\n    return x.mean(")
    assert notice(function).startswith("The cell with mean that you ran last is no Python (line 2: ")
    assert "so this judges the version before it" in str(check(function))


def test_an_edit_that_was_not_run(run: Callable[..., Any], mine: Path) -> None:
    """A cell that was changed and saved after its function was judged, and not run, is told; once it is run, nothing is."""
    function = run(MEAN)
    assert notice(function) == ""
    edited = MEAN.replace("x.mean()", "x.sum()")
    save(mine, edited)
    assert notice(function) == "The cell with mean was changed and not run, so this judges the version before it."
    assert notice(run(edited)) == ""


def test_what_is_run_and_not_saved_is_no_edit(run: Callable[..., Any], mine: Path) -> None:
    """A file that is older than what was run says nothing of it, nor does one that holds what was run."""
    save(mine, MEAN)
    os.utime(mine, (1, 1))
    assert notice(run(MEAN.replace("x.mean()", "x.sum()"))) == ""
    save(mine, MEAN)
    assert notice(run(MEAN)) == ""


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("import scipy.special", "def mean(x):\n    return scipy.special.expit(x)"), "scipy is not available"),
        (("from scipy.special import expit", "def mean(x):\n    return expit(x)"), "scipy is not available"),
        (("def mean(x):\n    from sklearn.metrics import auc\n    return auc(x, x)",), "sklearn is not available"),
        (
            (
                "from scipy.stats import rankdata\ndef ranks(x):\n    return rankdata(x)",
                "def mean(x):\n    return ranks(x)",
            ),
            "scipy is not available",
        ),
        (
            (
                "from concurrent.futures import ThreadPoolExecutor",
                "def mean(x):\n    return ThreadPoolExecutor().map(abs, x)",
            ),
            "no thread and no process",
        ),
        (("import threading", "def mean(x):\n    threading.Thread().start()"), "no thread and no process"),
    ],
)
def test_what_grading_would_not_take(run: Callable[..., Any], cells: tuple[str, ...], words: str) -> None:
    """A function that uses another library, or starts threads, is told that it would fail where it is graded."""
    told = notice(run(*cells))
    assert told.startswith("Where submissions are graded mean would fail: ") and words in told


@pytest.mark.parametrize(
    "cells",
    [
        ("import numpy as np", "def mean(x):\n    return np.exp(x).mean()"),
        ("from numpy import exp", "def mean(x):\n    return exp(x).sum()"),
        ("import sklearn.metrics", MEAN),
        (
            "import math, collections\nfrom functools import lru_cache",
            "@lru_cache\ndef mean(x):\n    return math.fsum(x)",
        ),
        ("def mean(x):\n    return mean(x)",),
    ],
)
def test_what_grading_takes(run: Callable[..., Any], cells: tuple[str, ...]) -> None:
    """NumPy and the standard library are taken; what the notebook imports and the function does not use is nobody's matter."""
    assert notice(run(*cells)) == ""
