"""A relation is told where it holds on all wrong cases of a check, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.isolation.reply import Reply
from grader.judging.answer import Trace
from grader.judging.relation import relation
from grader.verdict import Case

X = np.arange(12.0).reshape(3, 4) + 1
Y = np.arange(8.0).reshape(2, 4) - 3.5
V = np.array([3.0, -1.0, 4.0, 1.5, 9.0])


def told(*pairs: tuple[Any, Any], args: tuple[Any, ...] = ()) -> str | None:
    """What is said of a check whose wrong cases have these (expected, got)."""
    trace = Trace()
    for index, (expected, got) in enumerate(pairs):
        key = "test_f", index
        trace.cases[key] = Case(str(index), args[index] if args else (), expected)
        trace.replies[key] = Reply("value", got)
        trace.faults[key] = frozenset({"value"})
    return relation("test_f", trace)


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (X, -X, "opposite sign"),
        (X, 2 * X, "2 times what was expected"),
        (X, X + 0.5, "off by +0.5"),
        (V, 1 - V, "1 minus"),
        (X[:, :3], X[:, :3].T, "transpose"),
        (V, V[::-1], "reverse order"),
        (V, np.sort(V), "another order"),
        (V, V[1:], "missing at an end"),
        (V, np.r_[0, V], "too many"),
        (V, V[:, None], "the shape is another"),
        (X, X * (1 + 1e-4 * np.sin(X)), "Nearly right"),
        (V, np.r_[V[:4], 0.0], "4 of 5 entries are right; entry 4 is wrong"),
        ((X, V), (X, 2 * V), "Only value 2 of 2 is wrong. There everything is 2 times"),
        (X, X * (1 + 2e-5), "1 + 2e-05 times"),
        ((X, V), (V, X), "in the reverse order"),
    ],
)
def test_relations(expected: Any, got: Any, words: str) -> None:
    """What is common and cheap to see is told in a sentence."""
    assert words in (told((expected, got)) or "")


def test_input_handed_back() -> None:
    """What is an argument, on every case, is said to be one."""
    assert told((2 * X, X), (2 * Y, Y), args=((1.0, X), (1.0, Y))) == "What came back is argument 2 as it was."


def test_factor_that_goes_with_the_size() -> None:
    """A factor that is another in each case is told where it is the number of rows or columns."""
    assert (
        told((X, X * 3), (Y, Y * 2), args=((X,), (Y,)))
        == "Everything is multiplied by the number of rows of argument 1."
    )


@pytest.mark.parametrize(
    "pairs",
    [
        [(X, np.sin(X))],
        [(X, 2 * X), (Y, 3 * Y)],
        [(1.0, 2.0)],
        [(1.0, 2.0)] * 4,  # one case in four layouts
        [(X, None)],
        [(X, "much")],
        [(V, np.full(5, np.nan))],
        [(np.full(5, np.inf), V)],
        [(1e-12 * V, 3e-12 * V)],  # nearer than a relation is told to
    ],
)
def test_nothing_is_told_of_anything_else(pairs: list[tuple[Any, Any]]) -> None:
    """Where no relation holds on all cases, or too few numbers are there to see one, nothing is said."""
    assert told(*pairs) is None
