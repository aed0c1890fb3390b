"""A mock interview: what is done, said and handed in, kept in the progress, so that a restart loses nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.course.interview_draw import Item, Plan
from grader.desk.progress import Progress
from grader.errors import UsageError, did_you_mean
from grader.verdict import Score


@dataclass(frozen=True, slots=True)
class Code:
    """How an exercise was graded."""

    score: float
    max_score: float
    state: str
    mistake: str | None = None


@dataclass
class Record:
    """What is known of an interview so far, by exercise or question."""

    done: dict[str, float] = field(default_factory=dict)  # when
    said: dict[str, str] = field(default_factory=dict)  # what was typed; "" where it was said aloud
    cost: dict[str, bool] = field(default_factory=dict)  # whether the follow-up was answered right
    code: dict[str, Code] = field(default_factory=dict)
    rated: dict[str, tuple[int, ...]] = field(default_factory=dict)  # lines of the rubric
    ended: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # used, by what was finished after them


class Interview:
    """An interview that has begun: its plan, when it began, and all that is noted of it."""

    def __init__(self, plan: Plan, started: float) -> None:
        self.plan, self.started = plan, started

    @classmethod
    def begin(cls, plan: Plan) -> Interview:
        """Begin one. UsageError where one of that name has begun."""
        with Progress.here() as progress:
            if plan.name in [name for name, *_ in progress.interviews()]:
                raise UsageError(f"{plan.name} has been drawn already: take another seed, or none.")
            progress.begin_interview(plan.name, plan.pack())
        return cls.find(plan.name)

    @classmethod
    def find(cls, name: str) -> Interview:
        """The interview of that name; UsageError says which there are."""
        known = {interview.plan.name: interview for interview in cls.all()}
        if name not in known:
            raise UsageError(f"There is no interview {name!r}. {did_you_mean(name, known)} `prep mock` begins one.")
        return known[name]

    @classmethod
    def all(cls) -> list[Interview]:
        """All that have begun, the oldest first."""
        with Progress.here() as progress:
            return [cls(Plan.unpack(plan), started) for _, started, plan in progress.interviews()]

    @classmethod
    def open(cls) -> Interview | None:
        """The last that is not handed in."""
        return next((each for each in reversed(cls.all()) if each.record().ended is None), None)

    @classmethod
    def last(cls) -> Interview | None:
        """The one that is open, else the last that was handed in."""
        return cls.open() or next(reversed(cls.all()), None)

    # --- what is noted ---

    def note(self, kind: str, item: str, content: object = "") -> None:
        """Note what happened now."""
        with Progress.here() as progress:
            progress.note_in_interview(self.plan.name, kind, item, json.dumps(content))

    def graded(self, scores: Sequence[Score]) -> None:
        """Note how the code was graded, here and as attempts in the progress."""
        with Progress.here() as progress:
            for score in scores:
                lesson = self.item(score.name).lesson
                progress.attempt(lesson, score)
        for score in scores:
            self.note("code", score.name, [score.score, score.max_score, score.state, score.mistake])

    def record(self) -> Record:
        """All that is noted so far."""
        with Progress.here() as progress:
            notes = progress.interview_notes(self.plan.name)
        record, last = Record(), self.started
        for at, kind, item, content in notes:
            value = json.loads(content)
            # Time is counted from what was finished before: nobody says when work on it began.
            if kind in ("done", "said"):
                record.seconds[item] = record.seconds.get(item, 0.0) + at - last
                last = at
            if kind in _KINDS:  # what was left unanswered is for the schedule alone
                _KINDS[kind](record, at, item, value)
        return record

    # --- what it asks ---

    def item(self, name: str) -> Item:
        """The part that has a function or question of that name; UsageError says which there are."""
        for item in self.plan.items:
            if name in item.names:
                return item
        names = [each for item in self.plan.items for each in item.names]
        raise UsageError(f"This interview does not ask for {name!r}. {did_you_mean(name, names)}")

    def names(self, kind: str) -> list[str]:
        """The functions to write ("exercise") or the questions to answer ("question")."""
        return [name for item in self.plan.items if item.kind == kind for name in item.names]

    def used(self) -> float:
        """Seconds since it began, until it was handed in."""
        return (self.record().ended or time.time()) - self.started

    @property
    def ends(self) -> float:
        return self.started + 60 * self.plan.minutes


def _done(record: Record, at: float, item: str, value: Any) -> None:
    record.done[item] = at


def _said(record: Record, at: float, item: str, value: Any) -> None:
    record.said[item] = str(value)


def _cost(record: Record, at: float, item: str, value: Any) -> None:
    record.cost[item] = bool(value)


def _code(record: Record, at: float, item: str, value: Any) -> None:
    record.code[item] = Code(*value)


def _rated(record: Record, at: float, item: str, value: Any) -> None:
    record.rated[item] = tuple(value)


def _ended(record: Record, at: float, item: str, value: Any) -> None:
    record.ended = record.ended or at


_KINDS: dict[str, Callable[[Record, float, str, Any], None]] = {
    "done": _done,
    "said": _said,
    "cost": _cost,
    "code": _code,
    "rated": _rated,
    "handed in": _ended,
}
