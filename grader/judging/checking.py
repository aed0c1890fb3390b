"""What checks.py files import: points for a check, the answer as a function, and the three things a check does with it.

    agree      right results on cases whose expected values an oracle gave
    refuse     the error that bad input must raise
    contract   the rules that hold for every exercise: dtypes, layouts, inputs untouched, no warnings

A check fails by raising Wrong. Any other exception is a fault of the check itself, unless the reference passes it.
"""

from __future__ import annotations

import copy
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

import numpy as np

from grader.isolation.host import ENDED, Reply, Request, Session
from grader.isolation.wire import Rng
from grader.judging.compare import Difference, Tolerance, difference, show
from grader.verdict import Case, Outcome

__all__ = ["Answer", "Case", "Draw", "Rng", "Wrong", "agree", "contract", "points", "refuse"]

_KEPT = 10_000  # comparisons
Check = TypeVar("Check", bound=Callable[..., None])
Maker = Callable[[np.random.Generator], Iterable[tuple[Any, ...]]]
Oracle = Callable[..., Any]


class Wrong(AssertionError):
    """What a check says of an answer that is not right: a sentence, and for the card what was expected and what came."""

    def __init__(self, message: str, *, case: str = "", expected: Any = None, got: Any = None, error: str = "", outcome: Outcome = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.case = case
        self.expected = "" if expected is None else expected if isinstance(expected, str) else show(expected)
        self.got = "" if got is None else got if isinstance(got, str) else show(got)
        self.error = error
        self.outcome: Outcome = outcome


def points(worth: float) -> Callable[[Check], Check]:
    """Mark a test as a check worth so many points."""

    def mark(check: Check) -> Check:
        check.points = worth  # type: ignore[attr-defined]
        return check

    return mark


class Draw:
    """A run's cases. Each maker is called once, with a generator of its own; expected values are computed once."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._cases: dict[tuple[Any, ...], list[Case]] = {}
        self._requests: dict[tuple[str, int], Request] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self._right: dict[tuple[int, int, Tolerance], tuple[Case, Reply]] = {}

    def __call__(self, maker: Maker, oracle: Oracle | None = None) -> list[Case]:
        """The cases of a maker, with what the oracle says of them."""
        return self.once((maker, oracle), lambda: [_case(item, oracle) for item in maker(self.rng(maker.__name__))])

    def once(self, key: tuple[Any, ...], make: Callable[[], list[Case]]) -> list[Case]:
        """The cases kept under a key, made the first time."""
        if key not in self._cases:
            self._cases[key] = make()
            self._requests.update({("", id(case)): Request(b"") for case in self._cases[key]})
        return self._cases[key]

    def keeps(self, case: Case) -> bool:
        """Whether a case is one that the run keeps, and every answer is asked."""
        return ("", id(case)) in self._requests

    def difference(self, case: Case, reply: Reply, tolerance: Tolerance) -> Difference | None:
        """How a reply differs from what its case expects. That one which many answers give is right is found out once."""
        key = id(case), id(reply), tolerance
        if key in self._right:
            return None
        found = difference(case.expected, reply.value, tolerance)
        if reply.common and not found and self.keeps(case) and len(self._right) < _KEPT:
            self._right[key] = case, reply  # which keeps their ids theirs
        return found

    def text(self, name: str, case: Case) -> str:
        """The call of `name` on a case as one would write it; of a case that the run keeps, written once."""
        if (name, id(case)) in self._texts:
            return self._texts[name, id(case)]
        text = f"{name}({', '.join(show(arg, 80) for arg in case.args)})"
        if self.keeps(case):
            self._texts[name, id(case)] = text
        return text

    def rng(self, name: str) -> np.random.Generator:
        """The run's generator for a purpose: the same seed and name give the same numbers."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def request(self, name: str, case: Case) -> Request:
        """The message that calls `name` on a case, made once for cases that the run keeps."""
        if not self.keeps(case):
            return Request.of(name, case.args)
        key = name, id(case)
        if key not in self._requests:
            self._requests[key] = Request.of(name, case.args)
        return self._requests[key]


def _case(item: tuple[Any, ...], oracle: Oracle | None) -> Case:
    name, *args = item
    return Case(str(name), tuple(args), expected_of(oracle, args) if oracle else None)


def expected_of(oracle: Oracle, args: Sequence[Any]) -> Any:
    """What an oracle says of arguments, which it gets as copies."""
    return oracle(*[np.random.default_rng(arg.seed) if isinstance(arg, Rng) else arg if callable(arg) else copy.deepcopy(arg) for arg in args])


class _Ahead:
    """The calls that checks are known to make, sent before they ask: the answer's process need not wait for us between them."""

    def __init__(self, plan: Sequence[Case], replies: Iterator[Reply]) -> None:
        self._plan, self._replies, self._at = plan, replies, 0

    def take(self, cases: Sequence[Case]) -> list[tuple[Case, Reply]] | None:
        """Each case with its reply, shorter after one that ended the process; None where the plan does not go on with these cases.

        What stands before them in the plan belongs to a check that failed, and did not ask for it.
        """
        start = next((index for index in range(self._at, len(self._plan)) if self._plan[index] is cases[0]), -1)
        planned = self._plan[start : start + len(cases)] if start >= 0 else ()
        if len(planned) != len(cases) or any(one is not other for one, other in zip(planned, cases, strict=True)):
            return None
        if any(reply.kind in ENDED for reply in itertools.islice(self._replies, start - self._at)):
            return None
        self._at = start + len(cases)
        return list(zip(cases, self._replies, strict=False))


class Answer:
    """Somebody's function, to be called as if it were here. Every reply is recorded under the check that asked.

    `plan` are the cases that the checks ask a right answer, in this order.
    """

    def __init__(self, name: str, session: Callable[[], Session], draw: Draw, plan: Sequence[Case] = ()) -> None:
        self.name = name
        self.check = ""
        self.record: dict[tuple[str, int], Reply] = {}
        self.asked: list[tuple[Case, Reply]] = []
        self.last: Any = None
        self.ended: Reply | None = None
        self._session = session
        self.draw = draw
        self._index = 0
        self._plan = plan
        self._ahead: _Ahead | None = None

    def plan(self) -> Sequence[Case]:
        """What was asked, for other answers to be asked ahead; nothing where cases were made for this answer alone."""
        return [case for case, _ in self.asked] if all(self.draw.keeps(case) for case, _ in self.asked) else ()

    def begin(self, check: str) -> None:
        """From now on calls are recorded under this check."""
        self.check, self._index = check, 0

    def __call__(self, *args: Any) -> Any:
        """The value of one call; Wrong when there is none."""
        return next(self.on([Case("", args)]))[1]

    def on(self, cases: Iterable[Case]) -> Iterator[tuple[Case, Any]]:
        """Each case with the value of its call; Wrong at the first that has none."""
        for case, reply in self.replies(cases):
            if reply.kind != "value":
                self.no_value(case, reply)
            self.last = reply.value
            yield case, reply.value

    def replies(self, cases: Iterable[Case]) -> list[tuple[Case, Reply]]:
        """Each case with whatever came of its call; shorter when a call ended the answer's process."""
        cases = list(cases)
        if self._plan and not self._ahead:
            self._ahead = _Ahead(self._plan, self._calls(self._plan))
        answered = self._ahead.take(cases) if self._ahead and cases else None
        if answered is None:
            self._plan, self._ahead = (), None
            answered = list(zip(cases, self._calls(cases), strict=False))
        self.asked += answered
        for _, reply in answered:
            self.record[self.check, self._index] = reply
            self._index += 1
            if reply.kind in ENDED:
                self.ended = reply
        return answered

    def _calls(self, cases: Sequence[Case]) -> Iterator[Reply]:
        return self._session().calls([self.draw.request(self.name, case) for case in cases])

    def text(self, case: Case) -> str:
        """The call as one would write it."""
        return self.draw.text(self.name, case)

    def no_value(self, case: Case, reply: Reply) -> NoReturn:
        outcome, message = failure(self, case, reply)
        raise Wrong(message, case=case.name, outcome=outcome, expected=case.expected, got=reply.raised[0] if reply.raised else None)

    def on_device(self, cases: Iterable[Case], backend: str) -> list[Reply]:
        """What comes of calls with arrays on a backend's device; they are no check's, so they stay out of the record."""
        return list(self._session().calls([Request.of(self.name, case.args, backend) for case in cases]))


def failure(answer: Answer, case: Case, reply: Reply) -> tuple[Outcome, str]:
    """The outcome of a call without a value, and its sentence."""
    call = answer.text(case)
    if reply.kind == "raised":
        if reply.raised[0] == "NotImplementedError":
            return "error", f"{answer.name} is not written yet: it raises NotImplementedError."
        where = f" in line {reply.line}: {reply.code}" if reply.line else ""
        return "error", f"{call} raised {reply.raised[0]}: {reply.text}{where}"
    sentences: dict[str, tuple[Outcome, str]] = {
        "timeout": (
            "timeout",
            f"{call} did not come back in time. Is there a loop that does not end, or one over elements that numpy could do at once?",
        ),
        "memory": (
            "memory",
            f"{call} asked for more memory than there is: {reply.text} A result for these inputs is small; is an array made of all pairs?",
        ),
        "died": ("died", f"The process ended during {call}: something in it calls exit, or crashed outside Python."),
        "malformed": ("died", f"During {call} the process sent something that is no reply: {reply.text}."),
        "unfit": ("failed", f"{call} returned what cannot be taken: {reply.text}."),
        "missing": ("missing", f"There is no function called {answer.name}."),
    }
    return sentences[reply.kind]


# --- what checks do ---------------------------------------------------------------------------------------------------


def agree(answer: Answer, cases: Sequence[Case], *, rtol: float = 1e-7, atol: float = 1e-9, integer: bool = False) -> None:
    """The answer's value on every case is the expected one. The first case that differs is reported (makers yield the smallest first)."""
    tolerance = Tolerance(rtol, atol, integer)
    for case, reply in answer.replies(cases):
        _compare(answer, case, reply, tolerance)


def _compare(answer: Answer, case: Case, reply: Reply, tolerance: Tolerance) -> None:
    if reply.kind != "value":
        answer.no_value(case, reply)
    found = answer.draw.difference(case, reply, tolerance)
    if found:
        raise _differs(answer, case, reply.value, found)


def _differs(answer: Answer, case: Case, got: Any, found: Difference) -> Wrong:
    expected, came = show(case.expected), show(got)
    subject = "" if found.phrase.startswith(("value ", "entry ")) else "it "  # a part of the result, or all of it
    what = f"returned {came}; expected {expected}" if found.phrase.endswith("differs") else f"returned something else: {subject}{found.phrase}"
    return Wrong(f"{answer.text(case)} {what}.", case=case.name, expected=expected, got=came, error=found.error)


def refuse(answer: Answer, cases: Sequence[Case], error: str = "ValueError") -> None:
    """The answer raises that error on every case."""
    for case, reply in answer.replies(cases):
        if reply.kind == "raised" and error in reply.raised:
            continue
        if reply.kind == "value":
            message = f"{answer.text(case)} must raise {error} ({case.name}); it returned {show(reply.value)}."
            raise Wrong(message, case=case.name, expected=error, got=reply.value)
        if reply.kind == "raised" and reply.raised[0] != "NotImplementedError":
            message = f"{answer.text(case)} must raise {error} ({case.name}); it raised {reply.raised[0]}: {reply.text}"
            raise Wrong(message, case=case.name, expected=error, got=reply.raised[0])
        answer.no_value(case, reply)


def contract(
    answer: Answer,
    draw: Draw,
    maker: Maker,
    oracle: Oracle,
    *,
    floats: tuple[int, ...] = (),
    labels: tuple[int, ...] = (),
    integers: bool = True,
    either_width: bool = False,
    rtol32: float = 1e-4,
) -> None:
    """The rules for every exercise, on variants of the maker's cases; `floats` are the positions of real-valued arguments.

    Inputs unchanged, no memory shared with the result, no RuntimeWarning, read-only views with gaps, matrices in Fortran order,
    float32 kept (with `either_width` float results may have any width) and whole numbers computed in float64. `labels` are the
    positions of integer arguments (labels, masks, counts, images): they come in every narrower integer type that holds their values.
    """
    key = "contract", maker, oracle, floats, labels, integers
    cases = draw.once(key, lambda: list(_variants(draw(maker, oracle), oracle, floats, labels, integers)))
    replies = answer.replies(cases)
    for case, reply in replies:
        _clean(answer, case, reply)
    for case, reply in replies:
        single = case.name.endswith("float32")
        tolerance = Tolerance(rtol32, rtol32 / 10, width=4) if single else Tolerance(width=8)
        if either_width:
            tolerance = replace(tolerance, width=0)
        _compare(answer, case, reply, tolerance)


def _clean(answer: Answer, case: Case, reply: Reply) -> None:
    """The call left its inputs alone, and gave no warning."""
    if reply.changed:
        raise Wrong(f"{answer.name} changed its input ({case.name}). Work on a copy: `x = x + 1` makes one, `x += 1` does not.", case=case.name)
    if reply.shares:
        raise Wrong(
            f"The result of {answer.name} shares memory with its input ({case.name}): who changes one changes the other. Return a new array.",
            case=case.name,
        )
    if reply.warned:
        raise Wrong(f"{answer.text(case)} warned: RuntimeWarning: {reply.warned[0]}.", case=case.name, expected="no warning", got=reply.warned[0])


def _variants(cases: Sequence[Case], oracle: Oracle, floats: tuple[int, ...], labels: tuple[int, ...], integers: bool) -> Iterator[Case]:
    for case in cases:
        yield case
        yield from _narrowed(case, labels)
        if floats:
            yield _converted(case, oracle, floats, "float32", lambda array: array.astype(np.float32))
            if integers:
                yield _converted(case, oracle, floats, "whole numbers", lambda array: np.rint(array).astype(np.int64))
    last = cases[-1]
    yield Case(f"{last.name}, a read-only view of every second element", tuple(_map_arrays(arg, _view) for arg in last.args), last.expected)
    if _has_matrix(last.args):
        yield Case(f"{last.name}, Fortran order", tuple(_map_arrays(arg, np.asfortranarray) for arg in last.args), last.expected)


def _converted(case: Case, oracle: Oracle, floats: tuple[int, ...], name: str, convert: Callable[[np.ndarray], np.ndarray]) -> Case:
    """A case with its real-valued arguments converted. The oracle sees float32 data in float64, so that it stays exact."""
    args = [_map_arrays(arg, convert) if index in floats else arg for index, arg in enumerate(case.args)]
    wide = [_map_arrays(arg, lambda array: array.astype(np.float64) if array.dtype == np.float32 else array) for arg in args]
    return Case(f"{case.name}, {name}", tuple(args), expected_of(oracle, wide))


_NARROW = (np.bool_, np.uint8, np.int8, np.int16)


def _narrowed(case: Case, labels: tuple[int, ...]) -> Iterator[Case]:
    """A case with its integer arguments in each narrower type that holds their values; what is expected stays."""
    for dtype in _NARROW if labels else ():
        if all(_holds(dtype, case.args[index]) for index in labels):
            args = [_map_arrays(arg, _caster(dtype)) if index in labels else arg for index, arg in enumerate(case.args)]
            yield Case(f"{case.name}, {np.dtype(dtype).name}", tuple(args), case.expected)


def _caster(dtype: type[np.generic]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: array.astype(dtype)


def _holds(dtype: type[np.generic], value: Any) -> bool:
    """Whether all numbers of the arrays in a value keep their value in a type."""
    if isinstance(value, np.ndarray):
        return bool(np.array_equal(value.astype(dtype).astype(value.dtype), value))
    return not isinstance(value, list | tuple) or all(_holds(dtype, item) for item in value)


def _map_arrays(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_map_arrays(item, change) for item in value)
    return value


def _has_matrix(value: Any) -> bool:
    return value.ndim > 1 if isinstance(value, np.ndarray) else isinstance(value, list | tuple) and any(map(_has_matrix, value))


def _view(array: np.ndarray) -> np.ndarray:
    """The same values as an array that nobody may write to and that is contiguous in no order."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype) if array.ndim else array.copy()
    view = wide[..., ::2] if array.ndim else wide
    view[...] = array
    view.flags.writeable = False
    return view
