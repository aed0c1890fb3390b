"""Is what came what was expected? Comparison happens here, on our side, on decoded plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from grader.isolation.message import Opaque
from grader.judging.show import show

_NUMBERS = "biufc"


@dataclass(frozen=True, slots=True)
class Difference:
    """How a result differs from the expected one: a phrase, and the largest error where there is one.

    `values_too`: beside the dtype or container that is told, the values differ.
    """

    phrase: str
    error: str = ""
    about: Literal["value", "type"] = "value"  # the values, or their dtype or container
    values_too: bool = False


@dataclass(frozen=True, slots=True)
class Tolerance:
    """|got - expected| <= atol + rtol * |expected|.

    `integer` asks for an integer type, `width` (4 or 8) for floats of that many bytes in arrays,
    `array` for arrays where else a list of numbers will do.
    """

    rtol: float = 1e-7
    atol: float = 1e-9
    integer: bool = False
    width: int = 0
    array: bool = False


def difference(
    expected: Any, got: Any, tolerance: Tolerance, where: str = "", names: Sequence[str] = ()
) -> Difference | None:
    """None when `got` is as good as `expected`.

    Numbers match 0-d arrays, tuples match lists, nan matches nan. `names` are those of the values
    of a tuple, to say which of them differs.
    """
    if isinstance(got, Opaque):
        return Difference(f"{where}is {_a(got.type_name)}, which is no number, array, string or plain container")
    if isinstance(expected, np.ndarray) and expected.ndim:
        return _array_difference(expected, got, tolerance, where)
    if isinstance(expected, bool | int | float | complex | np.generic | np.ndarray):
        return _scalar_difference(expected, got, tolerance, where)
    if isinstance(expected, tuple | list):
        return _sequence_difference(expected, got, tolerance, where, names)
    if isinstance(expected, dict):
        return _dict_difference(expected, got, tolerance, where)
    is_same = type(expected) is type(got) and expected == got
    return None if is_same else Difference(f"{where}is {show(got)}, where {show(expected)} was expected")


def _scalar_difference(expected: Any, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    wanted = "where a single number was expected"
    if isinstance(got, np.ndarray) and got.ndim:
        return Difference(f"{where}is an array of shape {got.shape}, {wanted}")
    if got is None or not isinstance(got, bool | int | float | complex | np.generic | np.ndarray):
        return Difference(f"{where}is {_kind(got)}, {wanted}")
    if isinstance(expected, float) and isinstance(got, float) and _close(expected, got, tolerance):
        return None
    try:
        return _values_difference(np.asarray(expected), np.asarray(got), tolerance, where)
    # An integer of theirs with more than 64 bits.
    except OverflowError:
        return Difference(f"{where}is {show(got)}, where {show(expected)} was expected")


def _close(expected: float, got: float, tolerance: Tolerance) -> bool:
    """The rule for two ordinary numbers, without numpy's cost for a single one."""
    allowed = tolerance.atol + tolerance.rtol * abs(expected)
    return math.isfinite(expected) and abs(got - expected) <= allowed


def _array_difference(
    expected: np.ndarray,
    got: Any,
    tolerance: Tolerance,
    where: str,
) -> Difference | None:
    wanted = f"where an array of shape {expected.shape} was expected"
    # Indices and counts may come as a list: their dtype is nobody's concern.
    if isinstance(got, list | tuple) and expected.dtype.kind in "biu":
        got = _as_array(got, expected)
    if isinstance(got, list | tuple) and tolerance.array:
        values = difference(expected, got, replace(tolerance, array=False))
        return Difference(f"{where}is {_kind(got)}, {wanted}", about="type", values_too=values is not None)
    if isinstance(got, list | tuple):
        got = _as_array(got, expected)
    if not isinstance(got, np.ndarray):
        return Difference(f"{where}is {_kind(got)}, {wanted}")
    if got.shape != expected.shape:
        return Difference(f"{where}has shape {got.shape}, where {expected.shape} was expected")
    if tolerance.width and expected.dtype.kind == "f" and not _is_float(got, tolerance.width):
        text = f"{where}has dtype {got.dtype}, where float{8 * tolerance.width} was expected"
        values = _values_difference(expected, got, _of_width(got, tolerance), where)
        return Difference(text, about="type", values_too=values is not None)
    return _values_difference(expected, got, tolerance, where)


def _is_float(array: np.ndarray, width: int) -> bool:
    return array.dtype.kind == "f" and array.dtype.itemsize == width


def _of_width(got: np.ndarray, tolerance: Tolerance) -> Tolerance:
    """The tolerance that a result's own width allows: float32 loses digits, float16 more."""
    loss = {2: 1e-2, 4: 1e-4}.get(got.dtype.itemsize if got.dtype.kind == "f" else 0, 0.0)
    return replace(tolerance, rtol=max(tolerance.rtol, loss), atol=max(tolerance.atol, loss / 10))


def _as_array(items: list[Any] | tuple[Any, ...], expected: np.ndarray) -> Any:
    """A list of numbers as an array, when that is what it is."""
    if not _numbers_only(items):
        return items
    try:
        array = np.asarray(items)
    except (ValueError, OverflowError):
        return items
    # numpy takes an empty list for float64, whatever it was to hold.
    return array.astype(expected.dtype) if array.size == 0 else array


def _numbers_only(items: Any) -> bool:
    """Whether a list holds numbers and arrays alone."""
    # NumPy would make an array of texts as wide as the longest of them, for each.
    if isinstance(items, list | tuple):
        return all(map(_numbers_only, items))
    return isinstance(items, bool | int | float | complex | np.number | np.bool_ | np.ndarray)


def _values_difference(
    expected: np.ndarray,
    got: np.ndarray,
    tolerance: Tolerance,
    where: str,
) -> Difference | None:
    if got.dtype.kind not in _NUMBERS or (got.dtype.kind == "c" and expected.dtype.kind != "c"):
        return Difference(f"{where}has dtype {got.dtype}, where numbers were expected")
    if tolerance.integer and expected.dtype.kind in "biu" and got.dtype.kind not in "biu":
        text = f"{where}has dtype {got.dtype}, where integers were expected"
        return Difference(text, about="type")
    # Infinities and nan are compared, too, which is nothing to warn of.
    with np.errstate(all="ignore"):
        if expected.dtype.kind in "biu" and got.dtype.kind in "biu":
            # Exactly: a difference could overflow, and a tolerance has no meaning for counts.
            right = expected == got
        else:
            allowed = tolerance.atol + tolerance.rtol * np.abs(expected)
            right = np.isfinite(expected) & (np.abs(got - expected) <= allowed)  # of expected's shape
            if not right.all():  # wrong, or infinite or nan as expected
                right |= (got == expected) | (np.isnan(got) & np.isnan(expected))
        if right.all():
            return None
        return Difference(f"{where}differs", _largest_error(expected, got, right, where))


def _largest_error(expected: np.ndarray, got: np.ndarray, right: np.ndarray, where: str) -> str:
    """The largest difference in words, where it is, both numbers with the digits that differ."""
    # Unsigned numbers have no negatives: 1 - 2 of them is 18446744073709551615.
    if got.dtype.kind != "c":
        expected = np.asarray(expected, np.float64)
        got = np.asarray(got, np.float64)
    # All of one shape, compared entry by entry.
    error = np.abs(got - expected)
    # Never a right entry; a nan before any number.
    error = np.where(right, -1.0, np.where(np.isnan(error), np.inf, error))
    place = np.unravel_index(int(np.argmax(error)), error.shape)
    size = "not finite" if np.isinf(error[place]) else f"{error[place]:.3g}"
    if not error.ndim and not where:
        return size
    one, other = _told_apart(got[place], expected[place])
    return f"{size} at {_entry(where, place)}: {one}, where {other} was expected"


def _entry(where: str, place: Sequence[Any]) -> str:
    """An entry as one would write it: `dgamma[3]`, and `value 2 [3]` for a result without a name."""
    part = where.strip()
    if not place:
        return part
    entry = ", ".join(map(str, map(int, place)))
    return f"{part}[{entry}]" if part.isidentifier() else f"{where}[{entry}]"


def _told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers with as many digits as tell them apart."""
    # 17 digits tell any two doubles apart.
    for digits in (5, 10, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _sequence_difference(
    expected: Any, got: Any, tolerance: Tolerance, where: str, names: Sequence[str]
) -> Difference | None:
    if isinstance(got, np.ndarray) and got.ndim and got.shape[0] == len(expected):
        got = list(got)  # a stacked array for a list of equal arrays
    if not isinstance(got, list | tuple):
        return Difference(f"{where}is {_kind(got)}, where {_values(len(expected))} {_were(len(expected))} expected")
    if len(got) != len(expected):
        return Difference(f"{where}has {_values(len(got))}, where {len(expected)} {_were(len(expected))} expected")
    # A list has as many values as there happen to be: no text names them.
    if len(names) != len(expected) or isinstance(expected, list):
        of = f" of {where}" if where else " "
        names = [f"value {place}{of}" for place in range(1, len(expected) + 1)]
    else:
        names = [f"{where}{name} " for name in names]
    for name, one, other in zip(names, expected, got, strict=True):
        found = difference(one, other, tolerance, name)
        if found:
            return found
    return None


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _dict_difference(expected: Any, got: Any, tolerance: Tolerance, where: str) -> Difference | None:
    if not isinstance(got, dict):
        return Difference(f"{where}is {_kind(got)}, where a dict was expected")
    # Order is no difference: dicts are compared as mappings.
    if set(got) != set(expected):
        wanted = f"where {show(list(expected))} were expected"
        return Difference(f"{where}has the keys {show(list(got))}, {wanted}")
    for key in expected:
        found = difference(expected[key], got[key], tolerance, f"{where}entry {key!r} ")
        if found:
            return found
    return None


def dtypes(value: Any) -> list[np.dtype[Any]]:
    """The dtypes of the arrays in a result, in order; single numbers have none of interest."""
    if isinstance(value, list | tuple):
        return [dtype for item in value for dtype in dtypes(item)]
    return [value.dtype] if isinstance(value, np.ndarray) and value.ndim else []


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None:
        return "None"
    return _a(type(value).__name__)


def _a(name: str) -> str:
    return f"an {name}" if name[:1] in tuple("aeiou") else f"a {name}"
