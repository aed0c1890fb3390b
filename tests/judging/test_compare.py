"""Comparison accepts every form of a right result and tells how a wrong one differs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.isolation.message import Opaque
from grader.judging.compare import Tolerance, difference

PLAIN = Tolerance()


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (0.5, np.float32(0.5)),
        (0.5, np.array(0.5)),
        (1.0, 1),
        (3, np.int8(3)),
        (float("nan"), np.nan),
        (float("inf"), np.inf),
        (True, np.True_),
        ("ab", "ab"),
        (None, None),
        (np.array([1, 2]), [1, 2]),
        (np.array([], dtype=int), []),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        ((1.0, np.zeros(2)), [1.0, np.zeros(2)]),
        ([(0, 1), (2, 3)], [[0, 1], [2, 3]]),
        ([(0, 1), (2, 3)], np.array([[0, 1], [2, 3]])),
        ([np.zeros(2), np.ones(2)], np.array([[0.0, 0.0], [1.0, 1.0]])),
        ({"a": 1}, {"a": 1.0}),
        (np.zeros((2, 0)), np.zeros((2, 0))),
    ],
)
def test_forms_of_a_right_result(expected: Any, got: Any) -> None:
    """Numbers match 0-d arrays, tuples match lists and stacked arrays, nan matches nan, index lists match arrays."""
    assert difference(expected, got, PLAIN) is None


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (0.5, np.array([0.5]), "shape (1,), where a single number"),
        (0.5, None, "is None, where a single number"),
        (0.5, "0.5", "is a str"),
        (0.5, 0.5 + 1j, "dtype complex128"),
        (0.5, float("nan"), "differs"),
        (1, 10**400, "where numbers were expected"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "has shape (3, 2), where (2, 3)"),
        (np.zeros(2), np.array(["a", "b"]), "where numbers were expected"),
        (np.array([1, 2]), [1, [2, 3]], "is a list"),
        ((1, 2), (1, 2, 3), "has 3 values, where 2"),
        ((1, 2), 7, "is an int, where 2 values"),
        ((1, 2.0), (1, 2.5), "value 2 differs"),
        (([1.0, 2.0], 3), ([1.0, 2.5], 3), "value 2 of value 1 differs"),
        ("macro", "micro", "is 'micro', where 'macro' was expected"),
        (None, 0.5, "is 0.5, where None was expected"),
        ({"a": 1}, {"b": 1}, "has the keys ['b'], where ['a']"),
        ({"a": 1}, {"a": 2}, "entry 'a' differs"),
        ("numpy", "cupy", "is 'cupy'"),
        (None, 0, "is 0"),
        (1.0, Opaque("Box"), "is a Box, which is no number"),
    ],
)
def test_wrong_results_are_told_apart(expected: Any, got: Any, words: str) -> None:
    """A difference says what came and what was expected."""
    found = difference(expected, got, PLAIN)
    assert found and words in found.phrase


def test_list_for_an_array() -> None:
    """A list of numbers is as good as an array, but where arrays are asked for."""
    assert difference(np.zeros(2), [0.0, 0.0], PLAIN) is None
    found = difference(np.zeros(2), [0.0, 0.0], Tolerance(array=True))
    assert found and found.about == "type"
    assert "is a list, where an array of shape (2,) was expected" in found.phrase


def test_largest_error_and_its_place() -> None:
    """The largest error among the wrong entries is named with its index."""
    found = difference(np.zeros((2, 2)), np.array([[0.0, 1e-3], [-0.25, 0.0]]), PLAIN)
    assert found and found.error == "0.25 at [1, 0]: -0.25, where 0 was expected"


def test_integers_are_asked_for() -> None:
    """Where integers are part of the contract, floats are a difference."""
    assert difference(np.array([1]), np.array([1.0]), PLAIN) is None
    found = difference(np.array([1]), np.array([1.0]), Tolerance(integer=True))
    assert found and "where integers were expected" in found.phrase


def test_width_is_asked_for() -> None:
    """Where float32 must be kept, float64 arrays are a difference, scalars are not."""
    single = Tolerance(width=4)
    assert difference((np.zeros(1), 1.0), (np.zeros(1, np.float32), 1.0), single) is None
    found = difference((np.zeros(1), 1.0), (np.zeros(1), 1.0), single)
    assert found and found.phrase == "value 1 has dtype float64, where float32 was expected"


def test_big_integers_compare_exactly() -> None:
    """2**53 and 2**53 + 1 are different integers, though not different floats."""
    assert difference(2**53, 2**53 + 1, PLAIN) is not None
