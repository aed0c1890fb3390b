"""Beside an answer that passed: the reference and two others, each with its idea, time and text."""

from __future__ import annotations

import contextlib
import html
import io
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from grader import card
from grader.course.catalogue import Lesson
from grader.course.right_answers import approaches, plain_text, references
from grader.desk.highlight import highlighted
from grader.isolation.message import Rng
from grader.style import MONO
from grader.verdict import Case

_OTHERS = 2
_CELL = "text-align:left;padding:3px 10px 3px 0"
_SOURCE = f"{MONO};white-space:pre;overflow-x:auto;padding:4px 14px"
# Inputs grow until a call of the slowest takes this long, or one of the fastest does.
_SLOW, _FAST = 0.05, 0.01
_LARGEST = 2**23  # bytes


@dataclass(frozen=True, slots=True)
class Way:
    """A right answer: whose, its idea in a sentence, seconds for one call, its text.

    Seconds are None where there is no input to time it on.
    """

    who: str
    idea: str
    seconds: float | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The ways, and in words what they were timed on; "" where there was nothing."""

    ways: tuple[Way, ...]
    timed_on: str


def compared(function: Callable[..., Any], lesson: Lesson, cases: Sequence[Case]) -> Compared:
    """The learner's own way, the reference's, and two others, timed where they differ.

    That is on the largest of the checks' cases, with more rows.
    """
    name = function.__name__
    others = [variant for variant in lesson.approaches if variant.exercise == name][:_OTHERS]
    calls = {"yours": function, "reference": references(lesson)[name]}
    calls |= {variant.slug: approaches(lesson)[variant.function] for variant in others}
    seconds: dict[str, float | None] = dict.fromkeys(calls)
    timed_on = ""
    if cases:
        args = _grown(calls, max(cases, key=_size).args)
        seconds, timed_on = _timed(calls, args), _shapes(args)
    found = [
        Way("yours", "", seconds["yours"]),
        Way("reference", "", seconds["reference"], plain_text(lesson, name)),
    ]
    for other in others:
        text = plain_text(lesson, other.function)
        found.append(Way(other.slug, other.sentence, seconds[other.slug], text))
    return Compared(tuple(found), timed_on)


def _size(case: Case) -> int:
    return sum(map(_bytes, case.args))


def _bytes(value: Any) -> int:
    if isinstance(value, list | tuple):
        # A list is 8 bytes a pointer, beside what it points to.
        return sum(map(_bytes, value)) + 8 * len(value)
    return value.nbytes if isinstance(value, np.ndarray) else 0


# --- larger inputs --------------------------------------------------------------------------------


def _grown(calls: dict[str, Callable[..., Any]], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments, doubled along one axis until the calls take long enough to differ.

    Every axis of that length grows, so that shapes go on fitting. The first length that all calls
    take is chosen; the arguments stay as they are where they take none.
    """
    for call in calls.values():
        _once(call, args)  # what a first call imports is no part of its time
    for length in dict.fromkeys(_lengths(args)):
        grown, times = args, 1
        while _bytes(grown) < _LARGEST:
            times *= 2
            larger = tuple(_longer(arg, length, times) for arg in args)
            seconds = [taken for call in calls.values() if (taken := _once(call, larger)) is not None]
            if len(seconds) < len(calls):  # somebody raises
                break
            grown = larger
            if max(seconds) > _SLOW or min(seconds) > _FAST:
                break
        if grown is not args:
            return grown
    return args


def _lengths(value: Any) -> Iterator[int]:
    """The lengths, above 1, of a value's arrays and lists: of an array the rows first, then the other axes."""
    if isinstance(value, np.ndarray):
        yield from (length for length in (*value.shape[-2:-1], *value.shape) if length > 1)
    elif isinstance(value, list | tuple):
        if isinstance(value, list) and len(value) > 1:
            yield len(value)
        for item in value:
            yield from _lengths(item)


def _longer(value: Any, length: int, times: int) -> Any:
    """A value with each axis of that length repeated so many times."""
    if isinstance(value, np.ndarray):
        repeats = [times if n == length else 1 for n in value.shape]
        return np.tile(value, repeats)
    if isinstance(value, list):
        items = [_longer(item, length, times) for item in value]
        return items * times if len(value) == length else items
    return value


def _shapes(args: tuple[Any, ...]) -> str:
    """What the larger arguments are, in words."""
    arrays = [f"({', '.join(map(str, arg.shape))}{',' * (arg.ndim == 1)})" for arg in args if _is_array(arg)]
    lists = [f"a list of {len(arg):,}" for arg in args if isinstance(arg, list)]
    one = "an array" if len(arrays) == 1 else "arrays"
    shapes = [f"{one} of shape {', '.join(arrays)}"] if arrays else []
    return " and ".join(shapes + lists) or "the largest case of the checks"


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


# --- timed ----------------------------------------------------------------------------------------


def _timed(calls: dict[str, Callable[..., Any]], args: tuple[Any, ...], budget: float = 0.3) -> dict[str, float | None]:
    """The median seconds of each call, in turns for `budget` seconds, at least 3 each.

    None where it raises.
    """
    seconds: dict[str, list[float]] = {who: [] for who in calls}
    until = time.perf_counter() + budget
    while len(seconds["yours"]) < 4 or time.perf_counter() < until:
        for who, call in calls.items():
            _once(call, args)  # so that no other's data lie in the cache
            if (taken := _once(call, args)) is not None:
                seconds[who].append(taken)
        if not all(seconds.values()):
            break
    return {who: _typical(taken) for who, taken in seconds.items()}


def _once(call: Callable[..., Any], args: tuple[Any, ...]) -> float | None:
    """The seconds of one call, without what it prints and warns of; None where it raises."""
    fresh = [_fresh(arg) for arg in args]
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        try:
            call(*fresh)
        except Exception:  # whatever a larger input makes of it
            return None
        return time.perf_counter() - start


def _fresh(arg: Any) -> Any:
    """An argument as an answer receives it: a generator at its beginning."""
    return np.random.default_rng(arg.seed) if isinstance(arg, Rng) else arg


def _typical(seconds: list[float]) -> float | None:
    """The median, the first call left out where there are more: it warms caches up."""
    return median(seconds[1:] or seconds) if seconds else None


# --- shown ----------------------------------------------------------------------------------------


def as_text(found: Sequence[Way]) -> str:
    """Names, times and ideas as lines, then each text."""
    lines = [f"{way.who:24} {_time(way):>10}  {way.idea}".rstrip() for way in found]
    texts = [f"\n--- {way.who}\n{way.source}" for way in found if way.source]
    return "\n".join([*lines, *texts])


def as_html(found: Sequence[Way]) -> str:
    """The same as a table, the texts folded away below it."""
    rows = "".join(_row(way) for way in found)
    texts = "".join(_folded(way) for way in found if way.source)
    return f'<table style="border-collapse:collapse;margin:6px 0">{rows}</table>{texts}'


def _row(way: Way) -> str:
    shown = (f"<strong>{html.escape(way.who)}</strong>", _time(way), card.prose(way.idea))
    cells = "".join(f'<td style="{_CELL}">{value}</td>' for value in shown)
    return f'<tr style="background:transparent">{cells}</tr>'


def _folded(way: Way) -> str:
    summary = f'<summary style="cursor:pointer">{html.escape(way.who)}</summary>'
    text = f'<div style="{_SOURCE}">{highlighted(way.source)}</div>'
    return f'<details style="margin-top:4px">{summary}{text}</details>'


def _time(way: Way) -> str:
    if way.seconds is None:
        return ""
    if way.seconds < 1e-3:
        return f"{way.seconds * 1e6:.3g} µs"
    return f"{way.seconds * 1e3:.3g} ms"
