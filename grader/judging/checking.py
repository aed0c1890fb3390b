"""What checks.py files import: points for a check, the answer as a function, and the four things a check does with it.

    agree      right results on cases whose expected values an oracle gave
    refuse     the error that bad input must raise
    contract   the rules that hold for every exercise: dtypes, layouts, inputs untouched, no warnings
    sparing    how often the functions that it is given may be called

A check fails by raising Wrong. Any other exception is a fault of the check itself, unless the reference passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from grader.isolation.message import Rng
from grader.isolation.reply import Reply
from grader.judging.answer import About, Answer, Wrong
from grader.judging.cases import Cases, Maker, Oracle, expected_of
from grader.judging.compare import Difference, Tolerance
from grader.judging.show import show
from grader.verdict import Case

__all__ = ["Answer", "Case", "Cases", "Rng", "Wrong", "agree", "contract", "points", "refuse", "sparing", "unique"]

NOTHING: frozenset[About] = frozenset()  # is wrong with a reply
Answered = tuple[Case, Reply]
Check = TypeVar("Check", bound=Callable[..., None])


def points(worth: float, rule: bool | None = None) -> Callable[[Check], Check]:
    """Mark a test as a check worth so many points.

    A check that calls refuse or contract is a rule; `rule` says otherwise.
    """

    def mark(check: Check) -> Check:
        check.points = worth  # type: ignore[attr-defined]
        return check

    return mark


def unique(of: Callable[[Any], Any]) -> Callable[[Check], Check]:
    """Mark a check of results that are right in many forms; `of(result)` is what all of them have in common.

    Two devices may find two of them: there the results are compared by it.
    """

    def mark(check: Check) -> Check:
        check.unique = of  # type: ignore[attr-defined]
        return check

    return mark


# --- agree ----------------------------------------------------------------------------------------


def agree(
    answer: Answer, cases: Sequence[Case], *, rtol: float = 1e-7, atol: float = 1e-9, integer: bool = False
) -> None:
    """The answer's value on every case is the expected one.

    The first case that differs is reported (makers yield the smallest first).
    """
    replies = answer.replies(cases)
    _report(answer, replies, [Tolerance(rtol, atol, integer)] * len(replies))


def _report(answer: Answer, replies: Sequence[Answered], tolerances: Sequence[Tolerance]) -> None:
    """Compare every reply, note what is wrong with each, and report the first that is wrong."""
    found = [_found(answer, *each, tolerance) for each, tolerance in zip(replies, tolerances, strict=True)]
    if not any(found):
        return
    answer.judged([frozenset({each.about}) if each else NOTHING for each in found])
    wrong = zip(replies, found, strict=True)
    (case, reply), difference = next((each, one) for each, one in wrong if one)
    if reply.kind != "value":
        answer.no_value(case, reply)
    raise _differs(answer, case, reply.value, difference)


def _found(answer: Answer, case: Case, reply: Reply, tolerance: Tolerance) -> Difference | None:
    if reply.kind != "value":
        return Difference("has no value")
    return answer.cases.difference(case, reply, tolerance, answer.results)


def _differs(answer: Answer, case: Case, got: Any, found: Difference) -> Wrong:
    how = {"case": case.name, "expected": case.expected, "got": got, "error": found.error, "about": found.about}
    call = answer.text(case)
    if found.phrase.endswith("differs"):
        text = f"{call} returned {show(got)}; expected {show(case.expected)}."
        if isinstance(case.expected, tuple | list | dict) and found.error:
            text += f" Largest error: {found.error}."  # which of them it is cannot be seen where both are cut
        return Wrong(text, call=call, **how)
    subject = "it " if found.phrase.startswith(("is ", "has ")) else ""  # all of the result, or a part of it
    return Wrong(f"{call} returned something else: {subject}{found.phrase}.", **how)


# --- refuse ---------------------------------------------------------------------------------------


def refuse(answer: Answer, cases: Sequence[Case], error: str = "ValueError") -> None:
    """The answer raises that error on every case.

    Of several that it accepts the first is shown, the others are named.
    """
    replies = answer.replies(cases)
    accepted = [not _refuses(reply, error) for _, reply in replies]
    if not any(accepted):
        return
    answer.judged([frozenset({"refusal"}) if each else NOTHING for each in accepted])
    (case, reply), *others = [each for each, wrong in zip(replies, accepted, strict=True) if wrong]
    names = ", ".join(case.name for case, _ in others)
    also = f" So must {names}." if others else ""
    must = f"{answer.text(case)} must raise {error} ({case.name})"
    if reply.kind == "value":
        message = f"{must}; it returned {show(reply.value)}.{also}"
        raise Wrong(message, case=case.name, expected=error, got=reply.value, about="refusal")
    if reply.kind == "raised" and reply.raised[0] != "NotImplementedError":
        message = f"{must}; it raised {reply.raised[0]}: {reply.text}{also}"
        raise Wrong(message, case=case.name, expected=error, got=reply.raised[0], about="refusal")
    answer.no_value(case, reply, "refusal")


def _refuses(reply: Reply, error: str) -> bool:
    return reply.kind == "raised" and error in reply.raised


# --- sparing --------------------------------------------------------------------------------------


def sparing(answer: Answer, cases: Sequence[Case], most: Callable[..., int]) -> None:
    """The answer calls each function that it is given at most `most(*args)` times; Wrong where it does not.

    What such a function stands for (a training, a model's pass) costs more than all else in it.
    """
    for case, reply in answer.replies(cases):
        if reply.kind != "value":
            answer.no_value(case, reply)
        allowed, times = most(*case.args), max(reply.called, default=0)
        if times > allowed:
            functions = [arg for arg in case.args if callable(arg)]
            name = functions[reply.called.index(times)].__name__
            text = f"{answer.text(case)} called {name} {times} times; the most is {allowed}."
            raise Wrong(text, case=case.name, expected=f"{allowed} calls", got=f"{times} calls")


# --- contract -------------------------------------------------------------------------------------


def contract(
    answer: Answer,
    draw: Cases,
    maker: Maker,
    oracle: Oracle,
    *,
    floats: tuple[int, ...] = (),
    labels: tuple[int, ...] = (),
    integers: bool = True,
    either_width: bool = False,
    rtol32: float = 1e-4,
) -> None:
    """The rules for every exercise, on variants of the maker's cases.

    `floats` are the positions of real-valued arguments.

    Inputs unchanged, no memory shared with the result, no RuntimeWarning, read-only views with
    gaps, matrices in Fortran order, float32 kept (with `either_width` float results may have any
    width) and whole numbers computed in float64. `labels` are the positions of integer arguments
    (labels, masks, counts, images): they come in every narrower integer type that holds their
    values. Where the answer breaks several rules, the first is shown and the others are named.
    """
    # Without either_width and rtol32, which change no case.
    key = "contract", maker, oracle, floats, labels, integers
    cases = draw.once(key, lambda: list(_variants(draw(maker, oracle), oracle, floats, labels, integers)))
    replies = answer.replies(cases)
    differences = [_found(answer, *each, _tolerance(each[0], either_width, rtol32)) for each in replies]
    broken = [_broken(reply, found) for (_, reply), found in zip(replies, differences, strict=True)]
    if not any(broken):
        return
    answer.judged(broken)
    all_broken = set().union(*broken)
    first = next(about for about in _SAID if about in all_broken)
    place = next(index for index, each in enumerate(broken) if first in each)
    others = all_broken - {first}
    wrong = _rule_broken(answer, *replies[place], differences[place], first)
    wrong.message += "".join(f" Besides, {_SAID[about]}." for about in _SAID if about in others)
    raise wrong


# What contract looks at, in the order in which it is told, and how it is named beside another.
_SAID: dict[About, str] = {
    "changed": "it changed its input",
    "shares": "its result shares memory with its input",
    "value": "another of these cases has another value",
    "warned": "it warned",
    "type": "a result has another dtype than was asked for",
}


def _tolerance(case: Case, either_width: bool, rtol32: float) -> Tolerance:
    if case.name.endswith("float32"):
        return Tolerance(rtol32, rtol32 / 10, width=0 if either_width else 4, array=True)
    return Tolerance(width=0 if either_width else 8, array=True)


def _broken(reply: Reply, found: Difference | None) -> frozenset[About]:
    """Which rules a reply broke."""
    flags: list[tuple[About, object]] = [("changed", reply.changed), ("shares", reply.shares), ("warned", reply.warned)]
    broken: set[About] = {about for about, flag in flags if flag}
    if found:
        broken.add(found.about)
    return frozenset(broken)


def _rule_broken(answer: Answer, case: Case, reply: Reply, found: Difference | None, about: About) -> Wrong:
    """What is said of the first rule that was broken."""
    if about == "changed":
        cure = "Work on a copy: `x = x + 1` makes one, `x += 1` does not."
        return Wrong(f"{answer.name} changed its input ({case.name}). {cure}", case=case.name, about=about)
    if about == "shares":
        cure = "who changes one changes the other. Return a new array."
        text = f"The result of {answer.name} shares memory with its input ({case.name}): {cure}"
        return Wrong(text, case=case.name, about=about)
    if about == "warned":
        text = f"{answer.text(case)} warned: RuntimeWarning: {reply.warned[0]}."
        return Wrong(text, case=case.name, expected="no warning", got=reply.warned[0], about=about)
    if reply.kind != "value":
        answer.no_value(case, reply)
    assert found is not None
    return _differs(answer, case, reply.value, found)


def _variants(
    cases: Sequence[Case], oracle: Oracle, floats: tuple[int, ...], labels: tuple[int, ...], integers: bool
) -> Iterator[Case]:
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


_NARROW = (np.bool_, np.uint8, np.int8, np.int16)


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
