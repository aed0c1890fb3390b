"""hints.md as data: three hints an exercise, and the question what its solution costs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.errors import LessonError

_HEADING = re.compile(r"^## +`?(\w+)`?.*$", re.MULTILINE)
_COST = re.compile(
    r"^ *cost:(?P<options>.*?)"
    r"(?:^ *because:(?P<reason>.*))?\Z",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a right answer costs in time and memory: options (the right one first), and the reason."""

    options: tuple[str, ...]
    reason: str


def read_hints(text: str) -> dict[str, tuple[str, ...]]:
    """The hints of each exercise, in steps."""
    return {name: _steps(body) for name, body in _sections(text)}


def read_costs(text: str, where: object) -> dict[str, Cost]:
    """The cost question of each exercise that has one.

    LessonError for one without a wrong option or without its reason.
    """
    found = {}
    for name, body in _sections(text):
        match = _COST.search(body)
        if match:
            found[name] = _cost(match, f"{where}: the cost of {name}")
    return found


def _sections(text: str) -> list[tuple[str, str]]:
    """The exercises' names and what stands below each heading."""
    _, *parts = _HEADING.split(text)
    return list(zip(parts[::2], parts[1::2], strict=True))


def _steps(body: str) -> tuple[str, ...]:
    hints = _COST.sub("", body)
    _, *steps = re.split(r"^\d+\. +", hints, flags=re.MULTILINE)
    return tuple(step.strip() for step in steps)


def _cost(match: re.Match[str], where: str) -> Cost:
    options = tuple(" ".join(option.split()) for option in re.split(r"\s\|\s", match["options"]))
    reason = " ".join((match["reason"] or "").split())
    if len(options) < 2 or not all(options):
        example = "cost: `O(n)` time | `O(n²)` time"
        raise LessonError(f"{where} needs the right option and a wrong one: {example}")
    if len(set(options)) < len(options):
        raise LessonError(f"{where} has an option twice.")
    if not reason:
        raise LessonError(f"{where} needs its reason below: because: one pass over the rows.")
    return Cost(options, reason)
