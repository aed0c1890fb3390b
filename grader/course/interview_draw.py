"""A mock interview drawn from lessons: exercises and questions that fit a time.

Whoever has the same seed and the same lessons has the same interview.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from grader.course.catalogue import Lesson, did_you_mean
from grader.course.sections import Kind, Section, sections
from grader.errors import UsageError

CODE = 0.7  # of the time is for exercises, the rest for questions
_CHANCES = {"often": 3.0, "sometimes": 2.0, "rarely": 1.0, "": 1.5}  # weights in the draw


@dataclass(frozen=True, slots=True)
class Item:
    """One part of an interview: the functions to write, or a question's slug."""

    kind: Kind
    lesson: str
    names: tuple[str, ...]
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """An interview: its seed, its minutes, and what comes in which order.

    With `one_try` each exercise is graded when it is done.
    """

    seed: int
    minutes: int
    items: tuple[Item, ...]
    one_try: bool = False

    @property
    def name(self) -> str:
        return f"mock-{self.seed}"

    def pack(self) -> str:
        """The plan as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def unpack(cls, text: str) -> Plan:
        """The plan that `pack` made the text from."""
        data = json.loads(text)
        items = tuple(Item(**{**item, "names": tuple(item["names"])}) for item in data["items"])
        return cls(**{**data, "items": items})


def draw(
    lessons: Iterable[Lesson],
    seed: int,
    minutes: int = 45,
    topics: Sequence[str] = (),
    levels: Sequence[str] = (),
    one_try: bool = False,
) -> Plan:
    """Exercises, then questions, that fit the minutes; what is asked often has the better chance.

    UsageError where no exercise or question has the topics and levels.
    """
    pool = [section for lesson in _about(lessons, topics) for section in sections(lesson)]
    of_level = [part for part in pool if not levels or part.difficulty in levels]
    fitting = [part for part in of_level if part.minutes <= minutes]
    if not fitting:
        raise UsageError(f"Nothing of level {' or '.join(levels) or 'any'} fits {minutes} minutes.")
    order = sorted(fitting, key=lambda part: _place(part, seed))
    code = _fill([part for part in order if part.kind == "exercise"], CODE * minutes)
    talk = _fill([part for part in order if part.kind == "question"], minutes - _minutes(code))
    # Minutes that the questions leave are for exercises again.
    code = _fill([part for part in order if part.kind == "exercise"], minutes - _minutes(talk), code)
    items = tuple(_item(part) for part in (*code, *talk))
    return Plan(seed, minutes, items, one_try)


def _item(part: Section) -> Item:
    return Item(part.kind, part.lesson, part.names, part.title, part.minutes)


def _about(lessons: Iterable[Lesson], topics: Sequence[str]) -> list[Lesson]:
    """The lessons that have one of the topics, or are called so; without topics all."""
    every = list(lessons)
    words = {lesson.name: [lesson.name, *lesson.topics] for lesson in every}
    wanted: set[str] = set()
    for topic in topics:
        found = {name for name in words if _matches(topic, words[name])}
        # Each topic must be somewhere: a misspelt one would be missed silently beside a right one.
        if not found:
            known = dict.fromkeys(word for all_of in words.values() for word in all_of)
            raise UsageError(f"No lesson has the topic {topic!r}. {did_you_mean(topic, known)}")
        wanted |= found
    return [lesson for lesson in every if not topics or lesson.name in wanted]


def _matches(topic: str, words: Iterable[str]) -> bool:
    plain = topic.lower().replace("_", " ")
    return any(plain in word.lower().replace("_", " ") for word in words)


def _place(part: Section, seed: int) -> float:
    """Where a section stands in the draw."""
    # By its own name, not by its place: a new exercise elsewhere changes no interview that was agreed on.
    text = f"{seed} {part.lesson} {' '.join(part.names)}"
    # u ** (1 / weight) orders a weighted draw without replacement (Efraimidis and Spirakis, 2006);
    # the 1 keeps u above 0.
    number = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) + 1) / 2**64
    return float(-(number ** (1 / _CHANCES[part.asked])))


def _fill(parts: Iterable[Section], minutes: float, begun: Iterable[Section] = ()) -> list[Section]:
    """What was taken before, then, in their order, those that still fit."""
    taken = list(begun)
    for part in parts:
        known = {name for other in taken for name in other.names}  # two lessons may have a question of the same slug
        if known.isdisjoint(part.names) and part.minutes <= minutes - _minutes(taken):
            taken.append(part)
    return taken


def _minutes(parts: Iterable[Section]) -> int:
    return sum(part.minutes for part in parts)
