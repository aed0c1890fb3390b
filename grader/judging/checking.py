"""What checks.py files import: points for a check, the answer as a function, and what a check does with it.

    agree      right results on cases whose expected values an oracle gave
    refuse     the error that bad input must raise
    contract   the rules that hold for every exercise: dtypes, layouts, inputs untouched, no warnings
    sparing    how often the functions that it is given may be called
    seeing     with: which known mistake it is, where values cannot tell

A check fails by raising Wrong. Any other exception is a fault of the check itself, unless the reference passes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from grader.isolation.message import Rng
from grader.isolation.reply import Reply
from grader.judging.answer import About, Answer, Wrong
from grader.judging.cases import Cases, Maker, Oracle
from grader.judging.compare import Difference, Tolerance
from grader.judging.contract_cases import contract_cases
from grader.judging.show import show
from grader.verdict import Case

__all__ = [
    "Answer",
    "Case",
    "Cases",
    "Rng",
    "Wrong",
    "agree",
    "contract",
    "points",
    "refuse",
    "seeing",
    "sparing",
    "unique",
]

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
    """Mark an exercise's first check where results are right in many forms; `of(result)` is what all right ones share.

    An answer is compared by it with the known mistakes, and with itself on another device. It may raise for
    a result that passes no check: that one is then compared as it is.
    """

    def mark(check: Check) -> Check:
        check.unique = of  # type: ignore[attr-defined]
        return check

    return mark


@contextlib.contextmanager
def seeing(mistake: Callable[[Wrong], str]) -> Iterator[None]:
    """What is found wrong inside shows a known mistake: `mistake(wrong)` is its slug, "" where it shows none."""
    try:
        yield
    except Wrong as wrong:
        wrong.mistake = mistake(wrong) or wrong.mistake
        raise


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
    answer.judged([_faults(each) for each in found], [each.atol for each in tolerances])
    wrong = zip(replies, found, strict=True)
    (case, reply), difference = next((each, one) for each, one in wrong if one)
    if reply.kind != "value":
        answer.no_value(case, reply)
    raise _differs(answer, case, reply.value, difference)


def _found(answer: Answer, case: Case, reply: Reply, tolerance: Tolerance) -> Difference | None:
    if reply.kind != "value":
        return Difference("has no value")
    return answer.cases.difference(case, reply, tolerance, answer.results)


def _faults(found: Difference | None) -> frozenset[About]:
    """What is wrong with a value."""
    if found is None:
        return NOTHING
    return frozenset({found.about, "value"}) if found.values_too else frozenset({found.about})


def _differs(answer: Answer, case: Case, got: Any, found: Difference) -> Wrong:
    how = {"case": case.name, "expected": case.expected, "got": got, "error": found.error, "about": found.about}
    call = answer.text(case)
    if found.phrase.endswith("differs"):
        came, expected = show(got), show(case.expected)
        text = f"{call} returned {came}; expected {expected}."
        # Which of them it is cannot be seen where both are cut, nor how far off where both print alike.
        if found.error and (isinstance(case.expected, tuple | list | dict) or came == expected):
            text += f" Largest error: {found.error}."
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
    # Names of cases hold commas.
    names = "; ".join(case.name for case, _ in others)
    also = f" These must raise it, too: {names}." if others else ""
    must = f"{answer.text(case)} must raise {error} ({case.name})"
    if reply.kind == "value":
        message = f"{must}; it returned {show(reply.value)}.{also}"
        raise Wrong(message, case=case.name, expected=error, got=reply.value, about="refusal")
    if reply.kind == "raised" and reply.raised[0] != "NotImplementedError":
        message = f'{must}; it raised {reply.raised[0]}: "{reply.text}".{also}'
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
    cases = draw.once(key, lambda: list(contract_cases(draw(maker, oracle), oracle, floats, labels, integers)))
    replies = answer.replies(cases)
    tolerances = [_tolerance(case, either_width, rtol32) for case, _ in replies]
    differences = [_found(answer, *each, allowed) for each, allowed in zip(replies, tolerances, strict=True)]
    broken = [_broken(reply, found) for (_, reply), found in zip(replies, differences, strict=True)]
    if not any(broken):
        return
    answer.judged(broken, [each.atol for each in tolerances])
    all_broken = set().union(*broken)
    first = next(about for about in _SAID if about in all_broken)
    place = next(index for index, each in enumerate(broken) if first in each)
    others = all_broken - {first}
    wrong = _rule_broken(answer, *replies[place], differences[place], first)
    told = [_also(about, replies, broken) for about in _SAID if about in others]
    wrong.message += "".join(f" Besides, {each}." for each in told)
    raise wrong


# What contract looks at, in the order in which it is told, and how it is named beside another.
_SAID: dict[About, str] = {
    "changed": "it changed its input",
    "shares": "its result shares memory with its input",
    "value": "another of these cases has another value",
    "warned": "it warned",
    "type": "a result has another dtype than was asked for",
}


def _also(about: About, replies: Sequence[Answered], broken: Sequence[frozenset[About]]) -> str:
    """How a rule that was broken is named beside the first."""
    mine = [each for each, faults in zip(replies, broken, strict=True) if about in faults]
    case, reply = next(((case, reply) for case, reply in mine if reply.kind == "raised"), mine[0])
    if about == "value" and reply.kind == "raised":
        return f"it raised {reply.raised[0]} ({case.name})"
    return _SAID[about]


def _tolerance(case: Case, either_width: bool, rtol32: float) -> Tolerance:
    if case.name.endswith("float32"):
        return Tolerance(rtol32, rtol32 / 10, width=0 if either_width else 4, array=True)
    return Tolerance(width=0 if either_width else 8, array=True)


def _broken(reply: Reply, found: Difference | None) -> frozenset[About]:
    """Which rules a reply broke."""
    flags: list[tuple[About, object]] = [("changed", reply.changed), ("shares", reply.shares), ("warned", reply.warned)]
    broken: set[About] = {about for about, flag in flags if flag}
    return frozenset(broken) | _faults(found)


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
