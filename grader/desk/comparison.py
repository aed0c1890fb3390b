"""Beside an answer that passed: the reference and two others, each with its idea, time and text."""

from __future__ import annotations

import contextlib
import html
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from grader import card
from grader.course.catalogue import Lesson
from grader.course.right_answers import answer_text, approaches, references
from grader.isolation.message import Rng
from grader.style import MONO
from grader.verdict import Case

_OTHERS = 2
_CELL = "text-align:left;padding:3px 10px 3px 0"
_SOURCE = f"{MONO};white-space:pre;overflow-x:auto;padding:4px 14px"


@dataclass(frozen=True, slots=True)
class Way:
    """A right answer: whose, its idea in a sentence, seconds for one call, its text.

    Seconds are None where there is no input to time it on.
    """

    who: str
    idea: str
    seconds: float | None
    source: str = ""


def ways(function: Callable[..., Any], lesson: Lesson, cases: Sequence[Case]) -> list[Way]:
    """The learner's own way, the reference's, and two others, timed on the largest of the checks' cases."""
    name = function.__name__
    others = [variant for variant in lesson.approaches if variant.exercise == name][:_OTHERS]
    calls = {"yours": function, "reference": references(lesson)[name]}
    calls |= {variant.slug: approaches(lesson)[variant.function] for variant in others}
    seconds = _timed(calls, max(cases, key=_size)) if cases else dict.fromkeys(calls)
    found = [
        Way("yours", "", seconds["yours"]),
        Way("reference", "", seconds["reference"], answer_text(lesson, name)),
    ]
    for other in others:
        text = answer_text(lesson, other.function)
        found.append(Way(other.slug, other.sentence, seconds[other.slug], text))
    return found


def _size(case: Case) -> int:
    return sum(_bytes(arg) for arg in case.args)


def _bytes(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    return value.nbytes if isinstance(value, np.ndarray) else 0


def _timed(calls: dict[str, Callable[..., Any]], case: Case, budget: float = 0.3) -> dict[str, float | None]:
    """The median seconds of each call on a case, in turns for `budget` seconds, at least 3 each.

    None where it raises.
    """
    seconds: dict[str, list[float]] = {who: [] for who in calls}
    until = time.perf_counter() + budget
    with contextlib.redirect_stdout(io.StringIO()):
        while len(seconds["yours"]) < 4 or time.perf_counter() < until:
            for who, call in calls.items():
                args = [_fresh(arg) for arg in case.args]
                start = time.perf_counter()
                with contextlib.suppress(Exception):  # then it has no time, and is shown without
                    call(*args)
                    seconds[who].append(time.perf_counter() - start)
            if not all(seconds.values()):
                break
    return {who: _typical(taken) for who, taken in seconds.items()}


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
    text = f'<div style="{_SOURCE}">{html.escape(way.source)}</div>'
    return f'<details style="margin-top:4px">{summary}{text}</details>'


def _time(way: Way) -> str:
    if way.seconds is None:
        return ""
    if way.seconds < 1e-3:
        return f"{way.seconds * 1e6:.3g} µs"
    return f"{way.seconds * 1e3:.3g} ms"
