"""What tells each known mistake from a right answer, and which of them an answer shows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from grader.course import submission
from grader.course.catalogue import Exercise, Lesson, Variant
from grader.isolation.session import Reply, Session
from grader.judging.compare import Tolerance, difference, dtypes
from grader.judging.program import Program

Record = Mapping[tuple[str, int], Reply]  # check and number of the call -> what came of it
_SAME = Tolerance(rtol=1e-6, atol=1e-9)


class KnownMistakes:
    """The known mistakes of a lesson. Each meets the run's cases once, when an answer to its exercise is first wrong.

    `ask` runs an exercise's checks on a program, and gives what it replied.
    """

    def __init__(
        self, lesson: Lesson, open_session: Callable[[], Session], ask: Callable[[Exercise, Program], Record]
    ) -> None:
        self._lesson = lesson
        self._open = open_session
        self._ask = ask
        self._telling: dict[str, list[tuple[Variant, Record]]] = {}

    def learn(self, exercises: Sequence[Exercise], references: Mapping[str, Record]) -> None:
        """Find out what the known mistakes of exercises reply where the reference does not: once, in one process."""
        new = [exercise for exercise in exercises if exercise.name not in self._telling]
        found: dict[str, list[tuple[Variant, Record]]] = {exercise.name: [] for exercise in new}
        if any(variant.exercise in found for variant in self._lesson.mistakes):
            cells = submission.read(self._lesson.folder / "mistakes.py")
            with contextlib.closing(Program(cells, self._open)) as program:
                for exercise in new:
                    reference = references.get(exercise.name, {})
                    for variant in self._of(exercise):
                        program.rename({exercise.name: variant.function})
                        found[exercise.name].append((variant, _unlike(self._ask(exercise, program), reference)))
        self._telling |= found

    def recognise(self, exercise: Exercise, record: Record) -> Variant | None:
        """The known mistake whose replies an answer gave wherever they are not the reference's; of several the one that differs most."""
        best, most = None, 0
        for variant, telling in self._telling[exercise.name]:
            if len(telling) > most and all(
                key in record and same(record[key], reply) for key, reply in telling.items()
            ):
                best, most = variant, len(telling)
        return best

    def _of(self, exercise: Exercise) -> list[Variant]:
        return [variant for variant in self._lesson.mistakes if variant.exercise == exercise.name]


def _unlike(record: Record, reference: Record) -> Record:
    """The replies that are not the reference's."""
    return {key: reply for key, reply in record.items() if key not in reference or not same(reply, reference[key])}


def same(one: Reply, other: Reply) -> bool:
    """Whether two replies tell of the same behaviour: the same value or error, and the same side effects."""
    if one is other:
        return True
    if _behaviour(one) != _behaviour(other):
        return False
    if one.kind != "value":
        return True
    return dtypes(one.value) == dtypes(other.value) and difference(other.value, one.value, _SAME) is None


def _behaviour(reply: Reply) -> tuple[object, ...]:
    return reply.kind, reply.changed, reply.shares, bool(reply.warned), reply.raised
