"""The variants of cases that `contract` tries: other types, and other ways for an array to lie in memory.

What is expected stays, or comes of the same oracle on the changed numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from grader.judging.cases import Oracle, expected_of
from grader.verdict import Case

_NARROW = (np.bool_, np.uint8, np.int8, np.int16)  # the integer types that labels come in


def contract_cases(
    cases: Sequence[Case], oracle: Oracle, floats: tuple[int, ...], labels: tuple[int, ...], integers: bool
) -> Iterator[Case]:
    """Each case with its variants in other types, then the last one as other views of the same numbers.

    `floats` are the positions of real-valued arguments, tried as float32 and, with `integers`, as
    whole numbers (int64); `labels` those of integer ones, tried in every narrower type that holds
    their values.
    """
    for case in cases:
        yield case
        yield from _narrowed(case, labels)
        if floats:
            yield _converted(case, oracle, floats, "float32", lambda array: array.astype(np.float32))
            if integers:
                yield _converted(case, oracle, floats, "whole numbers", lambda array: np.rint(array).astype(np.int64))
    # The last is the largest: how an array lies in memory is tried once, since it does not go with the values.
    last = cases[-1]
    views = tuple(_map_arrays(arg, _view) for arg in last.args)
    yield Case(f"{last.name}, a read-only view of every second element", views, last.expected)
    if _has_matrix(last.args):
        turned = tuple(_map_arrays(arg, np.asfortranarray) for arg in last.args)
        yield Case(f"{last.name}, Fortran order", turned, last.expected)


def _converted(
    case: Case, oracle: Oracle, floats: tuple[int, ...], name: str, convert: Callable[[np.ndarray], np.ndarray]
) -> Case:
    """A case with its real-valued arguments converted.

    The oracle sees float32 data in float64, so that it stays exact.
    """
    args = _changed(case.args, floats, convert)
    wide = [_map_arrays(arg, _widened) for arg in args]
    return Case(f"{case.name}, {name}", tuple(args), expected_of(oracle, wide))


def _changed(args: Sequence[Any], places: tuple[int, ...], change: Callable[[np.ndarray], np.ndarray]) -> list[Any]:
    """Arguments, the arrays of those at some places changed."""
    changed = list(args)
    for place in places:
        if place < len(changed):
            changed[place] = _map_arrays(changed[place], change)
    return changed


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float32 else array


def _narrowed(case: Case, labels: tuple[int, ...]) -> Iterator[Case]:
    """A case with its integer arguments in each narrower type that holds their values.

    What is expected stays.
    """
    for dtype in _NARROW if labels else ():
        if all(_holds(dtype, case.args[index]) for index in labels):
            args = _changed(case.args, labels, _caster(dtype))
            yield Case(f"{case.name}, {np.dtype(dtype).name}", tuple(args), case.expected)


def _caster(dtype: type[np.generic]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: array.astype(dtype)


def _holds(dtype: type[np.generic], value: Any) -> bool:
    """Whether all numbers of the arrays in a value keep their value in a type."""
    if isinstance(value, np.ndarray):
        # There and back: astype wraps a number that does not fit without an error.
        return bool(np.array_equal(value.astype(dtype).astype(value.dtype), value))
    return not isinstance(value, list | tuple) or all(_holds(dtype, item) for item in value)


def _map_arrays(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_map_arrays(item, change) for item in value)
    return value


def _has_matrix(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 1
    return isinstance(value, list | tuple) and any(map(_has_matrix, value))


def _view(array: np.ndarray) -> np.ndarray:
    """The same values as an array that nobody may write to and that is contiguous in no order."""
    if array.ndim:
        view = np.repeat(array, 2, axis=-1)[..., ::2]
    else:
        view = array.copy()
    view.flags.writeable = False
    return view
