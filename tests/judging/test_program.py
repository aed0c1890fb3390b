"""A submission's cells, whatever they do: what is left out, what is noted, and why there is no function of a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import add_exercise

from grader.course.catalogue import find_lesson
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge
from judging.a_notebook import RIGHT, first, grade, outcomes, said


@pytest.mark.parametrize(
    "cells",
    [
        ("%matplotlib inline\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nimport numpy as np", RIGHT),
        ("from sklearn.datasets import load_digits\nX = load_digits().data", RIGHT, "print(X.mean())"),
        ("this is no Python", RIGHT, "1 / 0"),
        ("from grader import check, hint, ready", RIGHT, "check(mean)", "if ready(mean):\n    raise SystemExit"),
        ("import ipywidgets\n@ipywidgets.interact(k=(1, 3))\ndef draw(k):\n    pass", "%%time\n" + RIGHT),
        ("!pip install something", RIGHT, "from IPython.display import HTML\nHTML('<b>hi</b>')", "display(3)"),
        ("import sys\nsys.exit()", RIGHT, "raise KeyboardInterrupt"),
        (RIGHT, "print('x' * 100)", "import warnings\nwarnings.warn('careful')"),
        ("import numpy as np\nnp.seterr(all='raise')", RIGHT),
        ("import sklearn; count = 1; count += 1", f"if count == 2:\n    exec({RIGHT!r})"),
        ("@nobody\n@knows\ndef this():\n    pass\n" + RIGHT,),
        ("return 5\n" + RIGHT,),
        ("raised = [\n    1,\n    1 / 0,\n]\n" + RIGHT,),
    ],
)
def test_what_learners_do_beside_costs_nothing(judge: Judge, tmp_path: Path, cells: tuple[str, ...]) -> None:
    """Plots, magics, prints, failing cells and the notebook's own cells cost no marks."""
    assert grade(judge, tmp_path, *cells).score == 4.0


def test_failing_cells_are_noted(judge: Judge, tmp_path: Path) -> None:
    """A cell that fails is named with its line."""
    assert said(grade(judge, tmp_path, RIGHT, "x = 1\ny = x / 0")) == (
        "cell 2, line 2: ZeroDivisionError: division by zero",
    )


def test_hanging_cell_is_left_out(judge: Judge, tmp_path: Path) -> None:
    """A cell that does not end is left out, and the others are graded."""
    result = grade(judge, tmp_path, "while True:\n    pass", RIGHT)
    assert result.score == 4.0
    assert said(result) == ("cell 1 did not finish in time and was left out",)


def test_time_that_is_used_up_is_no_cells_fault(tiny: Path, tmp_path: Path) -> None:
    """Where calls took the time there is in all, the exercises after them say so, and no cell is told to have hung."""
    add_exercise(tiny)
    with Host("none", Limits(cells=1.0, call=5.0, total=1.0)) as host:
        judge = Judge(find_lesson("tiny", tiny), host, seed=3)
        hangs = "def mean(x):\n    while True:\n        pass"
        result = grade(judge, tmp_path, "x = 1", hangs, RIGHT.replace("mean", "second"))
    assert said(result) == ()
    assert [{check.outcome for check in exercise.checks} for exercise in result.exercises] == [{"timeout"}] * 2
    assert (
        result.exercises[1].checks[0].message
        == "Not called: the calls before it used up the 1 s that there are in all."
    )


def test_thousands_of_failing_cells(judge: Judge, tmp_path: Path) -> None:
    """However many cells there are, and however much they say, all of them run and none is taken for one that hangs."""
    result = grade(judge, tmp_path, *["raise ValueError('x' * 900)"] * 3000, RIGHT)
    assert result.score == 4.0
    assert len(said(result)) == 21
    assert said(result)[-1] == "2980 more cells failed"


def test_demonstrations_are_not_run(judge: Judge, tmp_path: Path) -> None:
    """A lesson's own demonstrations never run an answer: one that does not end costs no more than its check."""
    endless = "def mean(x):\n    while True:\n        pass"
    assert said(grade(judge, tmp_path, endless, "from grader import ready\nif ready(mean):\n    mean(1)")) == ()


def test_cell_that_exits_is_left_out(judge: Judge, tmp_path: Path) -> None:
    """So is one that ends the process."""
    result = grade(judge, tmp_path, "import os\nos._exit(0)", RIGHT)
    assert (result.score, said(result)) == (4.0, ("cell 1 ended the process and was left out",))


def test_missing_function_suggests(judge: Judge, tmp_path: Path) -> None:
    """A function of a wrong name is missing, and the nearest name is suggested."""
    result = grade(judge, tmp_path, RIGHT.replace("mean", "means"))
    assert outcomes(result) == ["missing"] * 3
    assert "Did you mean means?" in first(result)


def test_syntax_error_in_the_functions_cell_is_told(judge: Judge, tmp_path: Path) -> None:
    """When the function's own cell is no Python, the message says so."""
    assert "SyntaxError" in first(grade(judge, tmp_path, "def mean(x:\n    return 1"))


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        (("1 +", "def mean(x):\n\tif 1:\n        return 1"), "cell 2, line 3: TabError"),
        (("1 +", "@njit\n" + RIGHT), "cell 2, line 1: NameError: name 'njit' is not defined"),
        (("import nothing_here", "def mean(x, axis=AXIS):\n    return 1"), "NameError: name 'AXIS' is not defined"),
        ((RIGHT, "x = 1", "mean = 3.5"), "cell 3 makes it something else: mean = 3.5"),
        (("while True:\n    pass\n" + RIGHT,), "cell 1 did not finish in time"),
    ],
)
def test_first_cause_of_a_missing_function(judge: Judge, tmp_path: Path, cells: tuple[str, ...], cause: str) -> None:
    """What is told of a function that is not there is what went wrong in the cell that should make it."""
    message = first(grade(judge, tmp_path, *cells))
    assert message.startswith("There is no function called mean.")
    assert cause in message


def test_missing_helper_has_its_cause(judge: Judge, tmp_path: Path) -> None:
    """An answer that lacks a helper is told why the helper is not there."""
    cells = ("from scipy.special import expit", "def mean(x):\n    return expit(x)")
    message = first(grade(judge, tmp_path, *cells))
    assert "NameError: name 'expit' is not defined" in message
    assert message.endswith(
        "(cell 1, line 1: ImportError: scipy is not available to answers: they are written from scratch, with numpy)"
    )
