"""What comes back when: a learner's history, day by day, through the scheduler of the library fsrs.

What was wrong, was right only after hints or other tries, or was talked about badly is due again at
intervals that grow with each success. A known mistake comes back as a question about itself. The
schedule is computed from the history each time, so there is nothing to keep in step with it.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol

from grader.desk.progress import WELL, Named, Progress, Talk

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

Kind = Literal["exercise", "question", "mistake"]
Grade = Literal["again", "hard", "good"]
_HALF = 0.5  # of a question's points


class _Question(Protocol):
    @property
    def slug(self) -> str: ...


class _Mistake(_Question, Protocol):
    @property
    def exercise(self) -> str: ...


class Reviewable(Named, Protocol):
    """What is asked of a lesson, or of its outline: what it has that can come back."""

    @property
    def exercises(self) -> Sequence[Named]: ...

    @property
    def questions(self) -> Sequence[_Question]: ...

    @property
    def mistakes(self) -> Sequence[_Mistake]: ...


@dataclass(frozen=True, slots=True)
class Key:
    """What is reviewed: an exercise, a question, or a known mistake of an exercise."""

    kind: Kind
    lesson: str
    name: str
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """When something comes back, in seconds since the epoch, and why it does."""

    key: Key
    at: float
    why: str


@dataclass(frozen=True, slots=True)
class _Day:
    """How something went on one day; `at` is when it was over."""

    at: float
    grade: Grade
    why: str = ""


def due(lessons: Iterable[Reviewable], progress: Progress, now: float | None = None) -> list[Due]:
    """What is due until the end of today, the longest due first."""
    end = _end_of_day(time.time() if now is None else now)
    return [item for item in schedule(lessons, progress) if item.at <= end]


def schedule(lessons: Iterable[Reviewable], progress: Progress) -> list[Due]:
    """All that will come back, the next first; what the course has no more is left out."""
    known = set(_known(lessons))
    coming = [_next(key, days) for key, days in _histories(progress).items() if key in known]
    return sorted(filter(None, coming), key=lambda item: item.at)


def _known(lessons: Iterable[Reviewable]) -> Iterator[Key]:
    for lesson in lessons:
        yield from (Key("exercise", lesson.name, exercise.name) for exercise in lesson.exercises)
        yield from (Key("question", lesson.name, question.slug) for question in lesson.questions)
        yield from (Key("mistake", lesson.name, each.exercise, each.slug) for each in lesson.mistakes)


def _next(key: Key, days: list[_Day]) -> Due | None:
    """When something comes back; None of what has always gone well."""
    first = next((place for place, day in enumerate(days) if day.grade != "good"), None)
    if first is None:
        return None
    scheduler, card = _begin()
    for day in days[first:]:
        card = _reviewed(scheduler, card, day)
    why = next(day.why for day in reversed(days) if day.why)
    return Due(key, card.due.timestamp(), why)


def _begin() -> tuple[Scheduler, Card]:
    """A scheduler that counts in days and adds no chance, so that a history has one schedule."""
    from fsrs import Card, Scheduler

    # Without an id a card takes the time for one, and sleeps so that the next has another.
    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False), Card(card_id=1)


def _reviewed(scheduler: Scheduler, card: Card, day: _Day) -> Card:
    from fsrs import Rating

    rating = {"again": Rating.Again, "hard": Rating.Hard, "good": Rating.Good}[day.grade]
    return scheduler.review_card(card, rating, datetime.fromtimestamp(day.at, UTC))[0]


def _end_of_day(now: float) -> float:
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


# --- a history, day by day ------------------------------------------------------------------------


def _histories(progress: Progress) -> dict[Key, list[_Day]]:
    histories: dict[Key, list[_Day]] = defaultdict(list)
    for lesson, exercise, days in _exercises(progress):
        histories[Key("exercise", lesson, exercise)] = days
    histories.update(_last_of_each_day(_questions(progress)))
    histories.update(_last_of_each_day(_mistakes(progress)))
    return histories


def _last_of_each_day(events: Iterable[tuple[Key, _Day]]) -> dict[Key, list[_Day]]:
    """How each thing went day by day, where the last word of a day counts."""
    found: dict[Key, dict[str, _Day]] = defaultdict(dict)
    for key, event in sorted(events, key=lambda event: event[1].at):
        found[key][_day(event.at)] = event
    return {key: list(days.values()) for key, days in found.items()}


def _questions(progress: Progress) -> Iterator[tuple[Key, _Day]]:
    """The questions that were talked about, or asked in a mock interview and left unanswered."""
    for talk in progress.talks():
        yield Key("question", talk.lesson, talk.question), _talked(talk)
    for at, slug, lesson in progress.noted_in_interviews("unanswered"):
        yield Key("question", json.loads(lesson), slug), _Day(at, "again", "not answered in a mock interview")


def _talked(talk: Talk) -> _Day:
    fraction = talk.points / (talk.max_points or 1)
    why = f"{talk.points:g} of {talk.max_points:g} points by your own score"
    if fraction >= WELL:
        return _Day(talk.at, "good")
    return _Day(talk.at, "hard" if fraction >= _HALF else "again", why)


def _exercises(progress: Progress) -> Iterator[tuple[str, str, list[_Day]]]:
    """The days on which each exercise was tried."""
    tries: dict[tuple[str, str], dict[str, list[tuple[float, bool]]]] = defaultdict(lambda: defaultdict(list))
    for at, lesson, exercise, score, max_score, _ in progress.attempts():
        tries[lesson, exercise][_day(at)].append((at, score >= max_score))
    # An interview notes the exercise and not its lesson.
    owners = {exercise: lesson for lesson, exercise in tries}
    for at, exercise, content in progress.noted_in_interviews("code"):
        # As Interview.graded writes it: points, their maximum, state, mistake.
        _, _, state, *_ = json.loads(content)
        if state == "unwritten" and exercise in owners:
            tries[owners[exercise], exercise][_day(at)].append((at, False))
    hinted = {(lesson, exercise, _day(at)) for at, lesson, exercise in progress.hints()}
    for (lesson, exercise), by_day in tries.items():
        days = [_tried(all_of, (lesson, exercise, day) in hinted) for day, all_of in sorted(by_day.items())]
        yield lesson, exercise, days


def _tried(tries: list[tuple[float, bool]], with_hints: bool) -> _Day:
    """How an exercise went on a day: what counts is whether it passed, and what it took."""
    at = tries[-1][0]
    passes = [place for place, (_, passed) in enumerate(tries) if passed]
    if not passes:
        return _Day(at, "again", "wrong so far")
    if with_hints:
        return _Day(at, "hard", "right only after hints")
    if passes[0]:
        return _Day(at, "hard", f"right at try {passes[0] + 1}")
    return _Day(at, "good")


def _mistakes(progress: Progress) -> Iterator[tuple[Key, _Day]]:
    """The known mistakes that were made, and the questions about them."""
    for at, lesson, exercise, _, _, mistake in progress.attempts():
        if mistake:
            yield Key("mistake", lesson, exercise, mistake), _Day(at, "again", "a mistake that you made")
    for at, lesson, exercise, mistake, is_right in progress.reviews():
        went = _Day(at, "good") if is_right else _Day(at, "again", "a mistake that you made")
        yield Key("mistake", lesson, exercise, mistake), went


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))
