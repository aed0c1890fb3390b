"""A relation between what came and what was expected, true of a whole check.

It is told where no known mistake fits: a learner then has more to go on than two numbers.

Each finder takes the pairs (expected, got) of all wrong cases, and gives a sentence or None. A
sentence says what was seen and nothing of its cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from grader.judging.answer import Trace
from grader.judging.compare import Tolerance, difference

_CLOSE = Tolerance(rtol=1e-6, atol=1e-9)
_LEAST = 3  # numbers that a relation is seen on: fewer may agree by accident
_ROWS = 4  # rows of which some may be told as the wrong ones
_NEARLY = 0.01  # relative error of what is told as nearly right
_ROUNDED = 1e-4  # that of what may be a rounding or an epsilon
Pair = tuple[np.ndarray, np.ndarray]  # expected and got, of one wrong case


def relation(check: str, trace: Trace, names: Sequence[str] = ()) -> str | None:
    """The sentence for a check whose results are wrong; `names` are those of the values of a tuple.

    None where no relation holds on all its wrong cases.
    """
    pairs: list[tuple[Any, Any]] = []
    inputs: list[tuple[Any, ...]] = []
    for key, found in trace.faults.items():
        reply, case = trace.replies[key], trace.cases[key]
        if key[0] != check or "value" not in found:
            continue
        # A relation holds on all wrong cases or is not told: one without a value ends the search.
        # Nor can it be seen where what came is nearer than a relation is told to.
        if reply.kind != "value" or _same(case.expected, reply.value):
            return None
        # The same numbers in another layout or dtype are no more to see a relation on.
        if any(_same(one, case.expected) and _same(other, reply.value) for one, other in pairs):
            continue
        pairs.append((case.expected, reply.value))
        inputs.append(case.args)
    if not pairs:
        return None
    return _of_wholes(pairs, inputs, names) or _of_numbers(pairs, inputs)


def _same(expected: Any, got: Any) -> bool:
    return difference(expected, got, _CLOSE) is None


# --- results as wholes ----------------------------------------------------------------------------


def _of_wholes(
    pairs: Sequence[tuple[Any, Any]],
    inputs: Sequence[tuple[Any, ...]],
    names: Sequence[str],
) -> str | None:
    for place in range(min(map(len, inputs))):
        given = [(args[place], got) for args, (_, got) in zip(inputs, pairs, strict=True)]
        # One number alone may be the right result of another function, and an argument by accident.
        if all(_count(argument) > 1 and _same(argument, got) for argument, got in given):
            return f"What came back is argument {place + 1} as it was."
    if not all(_are_parts(*pair) for pair in pairs):
        return None
    return _of_parts(pairs, inputs, names)


def _are_parts(expected: Any, got: Any) -> bool:
    """Whether both have several values, and as many."""
    if not isinstance(expected, tuple) or not isinstance(got, tuple | list):
        return False
    return len(expected) == len(got)


def _of_parts(pairs: Sequence[tuple[Any, Any]], inputs: Sequence[tuple[Any, ...]], names: Sequence[str]) -> str | None:
    """Of results with several values: in another order, or all but one right."""
    count = len(pairs[0][0])
    if all(_same(one, tuple(reversed(other))) for one, other in pairs):
        return "The values are right, and in the reverse order."
    wrong = [place for place in range(count) if not _all_same(_part(pairs, place))]
    if len(wrong) == 1 and count > 1:
        place = wrong[0]
        inner = _of_numbers(_part(pairs, place), inputs)
        which = names[place] if len(names) == count else f"value {place + 1} of {count}"
        return f"Only {which} is wrong." + (f" {inner.replace('Everything', 'There everything')}" if inner else "")
    return None


def _part(pairs: Sequence[tuple[Any, Any]], place: int) -> list[tuple[Any, Any]]:
    """What was expected and came at one place of results with several values."""
    return [(expected[place], got[place]) for expected, got in pairs]


def _all_same(pairs: Iterable[tuple[Any, Any]]) -> bool:
    return all(_same(*pair) for pair in pairs)


def _count(value: Any) -> int:
    """The numbers in a value.

    Of a list, its items, since arrays of several shapes make no array.
    """
    return len(value) if isinstance(value, list | tuple) else np.size(value)


# --- arrays and numbers ---------------------------------------------------------------------------


def _of_numbers(pairs: Sequence[tuple[Any, Any]], inputs: Sequence[tuple[Any, ...]]) -> str | None:
    arrays = [_as_numbers(*pair) for pair in pairs]
    if any(pair is None for pair in arrays):
        return None
    known = [pair for pair in arrays if pair is not None]
    if all(one.shape == other.shape for one, other in known):
        return _of_equal_shapes(known, inputs)
    return _of_unequal_shapes(known)


def _as_numbers(expected: Any, got: Any) -> Pair | None:
    try:
        one, other = np.asarray(expected, np.float64), np.asarray(got, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return one, other


def _of_unequal_shapes(pairs: Sequence[Pair]) -> str | None:
    if all(one.ndim == 2 and _same(one.T, other) for one, other in pairs):
        return "It is the transpose of what was expected."
    if all(_drops_one(other, one) for one, other in pairs):
        return "One entry is missing at an end; the others are right."
    if all(_drops_one(one, other) for one, other in pairs):
        return "There is one entry too many at an end; the others are right."
    if all(one.size == other.size and _same(one.ravel(), other.ravel()) for one, other in pairs):
        return "The numbers are right, and the shape is another."
    return None


def _drops_one(short: np.ndarray, long: np.ndarray) -> bool:
    if short.ndim != long.ndim or not short.ndim or len(short) + 1 != len(long) or not len(short):
        return False
    return _same(long[:-1], short) or _same(long[1:], short)


def _of_equal_shapes(pairs: Sequence[Pair], inputs: Sequence[tuple[Any, ...]]) -> str | None:
    # Any two numbers have a ratio and a difference.
    too_few = sum(one.size for one, _ in pairs) < _LEAST
    if too_few or not all(np.isfinite(each).all() for pair in pairs for each in pair):
        return _of_rows(pairs)
    for finder in (_order, _factor, _shift):
        if sentence := finder(pairs):
            return sentence
    return _factor_of_size(pairs, inputs) or _rounded(pairs) or _of_rows(pairs)


def _order(pairs: Sequence[Pair]) -> str | None:
    if all(_is_square(one) and _same(one.T, other) for one, other in pairs):
        return "It is the transpose of what was expected."
    if all(one.ndim and len(one) > 1 and _same(one[::-1], other) for one, other in pairs):
        return "The entries are right, and in the reverse order."
    if not all(one.ndim == 1 and len(one) > 2 for one, _ in pairs):
        return None
    if all(_same(np.sort(one), np.sort(other)) for one, other in pairs):
        return "The entries are right, and in another order."
    return None


def _is_square(array: np.ndarray) -> bool:
    return array.ndim == 2 and array.shape[0] == array.shape[1]


def _ratio(expected: np.ndarray, got: np.ndarray) -> float | None:
    """The one number that makes `got` of `expected`, or None."""
    # Where rounding tells least.
    largest = np.argmax(np.abs(expected)) if expected.size else 0
    if not expected.size or not expected.flat[largest]:
        return None
    ratio = float(got.flat[largest] / expected.flat[largest])
    return ratio if ratio and _same(expected * ratio, got) else None


def _factor(pairs: Sequence[Pair]) -> str | None:
    ratios = [_ratio(*pair) for pair in pairs]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) < len(ratios):
        return None
    first = known[0]
    if any(abs(ratio - first) > 1e-6 * abs(first) for ratio in known):
        return None
    if abs(first + 1) < 1e-6:
        return "Everything has the opposite sign."
    if abs(first - 1) < 1e-3:  # six digits would show a 1
        return f"Everything is 1 {'-' if first < 1 else '+'} {abs(first - 1):.2g} times what was expected."
    return f"Everything is {first:.6g} times what was expected."


def _shift(pairs: Sequence[Pair]) -> str | None:
    shift = float((pairs[0][1] - pairs[0][0]).flat[0])
    if all(_same(one + shift, other) for one, other in pairs):
        return f"Everything is off by {shift:+.6g}."
    if all(_same(1 - one, other) for one, other in pairs):
        return "What came is 1 minus what was expected."
    return None


def _factor_of_size(pairs: Sequence[Pair], inputs: Sequence[tuple[Any, ...]]) -> str | None:
    """A factor that goes with the size of an argument."""
    ratios = [_ratio(*pair) for pair in pairs]
    if len(pairs) < 2 or any(ratio is None for ratio in ratios) or not all(inputs):
        return None
    for place in range(min(map(len, inputs))):
        shapes = [_shape(args[place]) for args in inputs]
        for axis, name in enumerate(("the number of rows", "the number of columns")):
            sentence = _sized(ratios, shapes, axis, f"{name} of argument {place + 1}")
            if sentence:
                return sentence
    return None


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, np.ndarray) else ()


def _sized(ratios: Sequence[float | None], shapes: Sequence[tuple[int, ...]], axis: int, name: str) -> str | None:
    try:
        # sizes and found: (cases,)
        sizes = np.array([shape[axis] for shape in shapes], float)
    except IndexError:
        return None
    found = np.array(ratios, float)
    # Cases of one size tell no size from a constant.
    if np.ptp(sizes) == 0 or not sizes.all():
        return None
    if np.allclose(found, sizes, rtol=1e-6):
        return f"Everything is multiplied by {name}."
    return f"Everything is divided by {name}." if np.allclose(found, 1 / sizes, rtol=1e-6) else None


def _rounded(pairs: Sequence[Pair]) -> str | None:
    """Nearly right: a rounding, or a small number added."""
    # The entries of all cases in a row: (entries,)
    expected = np.concatenate([one.ravel() for one, _ in pairs])
    got = np.concatenate([other.ravel() for _, other in pairs])
    scale = np.max(np.abs(expected))
    error = np.max(np.abs(got - expected))
    if not scale or error > _NEARLY * scale:
        return None
    # Each entry by itself, too: small ones that are far off are no rounding.
    if np.any(np.abs(got - expected) > 0.05 * np.abs(expected) + 1e-12):
        return None
    cause = " Is there a rounding, or a small number added or left out?" if error < _ROUNDED * scale else ""
    return f"Nearly right: the largest error is {error:.2g} where values reach {scale:.3g}.{cause}"


def _of_rows(pairs: Sequence[Pair]) -> str | None:
    """Right but for some rows: told of the first wrong case, where at least half are right."""
    one, other = pairs[0]
    if one.ndim == 0 or len(one) < _ROWS or one.shape != other.shape:
        return None
    near = np.isclose(other, one, rtol=1e-6, atol=1e-9, equal_nan=True)
    right = near.reshape(len(one), -1).all(axis=1)  # (n,): whether all of a row's entries are right
    wrong = np.flatnonzero(~right)
    if not len(wrong) or len(wrong) > len(one) // 2:
        return None
    shown = ", ".join(map(str, wrong[:5])) + (", ..." if len(wrong) > 5 else "")
    row, rows = ("row", "rows") if one.ndim > 1 else ("entry", "entries")
    which = f"{row} {shown} is" if len(wrong) == 1 else f"{rows} {shown} are"
    return f"In the case shown {len(one) - len(wrong)} of {len(one)} {rows} are right; {which} wrong."
