"""What each known mistake does on a run's cases, and which of them explains a failed check.

A known mistake explains a failed check when it is wrong on the same cases of it and gives the same
values there. Values are compared apart from dtypes, views, warnings and refusals, which count only
in a check that failed for one of these. So a first draft that returns float64 only is still known
for what it computes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.course import submission
from grader.course.catalogue import Check, Exercise, Lesson, Variant
from grader.isolation.reply import Reply
from grader.isolation.session import Session
from grader.judging.answer import About, Key, Trace
from grader.judging.compare import Tolerance, difference, dtypes
from grader.judging.program import Program

_SAME = Tolerance(rtol=1e-6, atol=1e-9)
_NOISE = 4e-16  # of numbers near 1 that cancel, as in 1 - p, which each way to write them has its own of
_NOTHING = Trace()  # of a reference that is not here
_SAME_SINGLE = Tolerance(rtol=1e-3, atol=1e-5)  # float32 computed in another order


Unique = Callable[[Any], Any]  # gives of a result what all right ones have in common


class _Judged:
    """What somebody replied to an exercise's checks, and which of it is wrong beside what the reference replied."""

    def __init__(self, exercise: Exercise, trace: Trace, reference: Mapping[Key, Reply]) -> None:
        self.trace = trace
        self._reference = reference
        self._wrong: dict[tuple[str, About], list[Key]] = {}  # found once: every known mistake asks
        names = [check.function for check in exercise.checks]
        # The checks in which values are wrong, whatever else is.
        self.wrong_checks = frozenset(name for name in names if self.wrong(name, "value"))

    def wrong(self, check: str, about: About) -> list[Key]:
        """The replies to a check that are wrong in a respect."""
        if (check, about) not in self._wrong:
            self._wrong[check, about] = [key for key in self.trace.keys(check) if self._is_wrong(key, about)]
        return self._wrong[check, about]

    def _is_wrong(self, key: Key, about: About) -> bool:
        if key in self.trace.faults and about != "all":
            return about in self.trace.faults[key]
        # Where agree, refuse and contract noted nothing, the reference says what is right.
        same = {"value": _alike, "all": _behave_alike}.get(about)
        if same is None:
            return False
        return key not in self._reference or not same(self.trace.replies[key], self._reference[key])


@dataclass(frozen=True)
class _Known:
    """A known mistake, and what became of it; `noted` are the checks in which agree found a wrong value of it."""

    variant: Variant
    judged: _Judged
    noted: frozenset[str]

    @property
    def only_refuses_too_little(self) -> bool:
        """Whether it failed no check for anything else."""
        return set(self.judged.trace.failed.values()) <= {"refusal"}

    @property
    def breaks(self) -> int:
        """In how many checks a value is wrong, or agree, refuse or contract found something else."""
        noted = {check for (check, _), faults in self.judged.trace.faults.items() if faults}
        return len(self.judged.wrong_checks | noted)


class KnownMistakes:
    """The known mistakes of a lesson.

    Each meets the run's cases once, when an answer to its exercise is first wrong. `ask` runs an
    exercise's checks on a program, and gives what it replied. `unique` are the exercises whose results
    are right in many forms, with what is compared of them.
    """

    def __init__(
        self,
        lesson: Lesson,
        open_session: Callable[[], Session],
        ask: Callable[[Exercise, Program], Trace],
        unique: Mapping[str, Unique],
    ) -> None:
        self._lesson = lesson
        self._open = open_session
        self._ask = ask
        self._unique = unique
        self._known: dict[str, list[_Known]] = {}
        self._references: dict[str, Trace] = {}

    def learn(self, exercises: Sequence[Exercise], references: Mapping[str, Trace]) -> None:
        """Find out what the known mistakes of exercises reply: once, in one process for all of them."""
        new = [exercise for exercise in exercises if exercise.name not in self._known]
        found: dict[str, list[_Known]] = {exercise.name: [] for exercise in new}
        if any(variant.exercise in found for variant in self._lesson.mistakes):
            cells = submission.read(self._lesson.folder / "mistakes.py")
            with contextlib.closing(Program(cells, self._open)) as program:
                for exercise in new:
                    self._references[exercise.name] = references.get(exercise.name, Trace())
                    for variant in self._of(exercise):
                        found[exercise.name].append(self._met(exercise, variant, program))
        # Exercises without known mistakes, too, so that nobody looks for them again.
        self._known |= found

    def _of(self, exercise: Exercise) -> list[Variant]:
        return [variant for variant in self._lesson.mistakes if variant.exercise == exercise.name]

    def _met(self, exercise: Exercise, variant: Variant, program: Program) -> _Known:
        program.rename({exercise.name: variant.function})
        trace = self._ask(exercise, program)
        noted = frozenset(check for (check, _), faults in trace.faults.items() if "value" in faults)
        return _Known(variant, self._judged(exercise, trace), noted)

    def _judged(self, exercise: Exercise, trace: Trace) -> _Judged:
        reference = self._references.get(exercise.name, _NOTHING)
        if of := self._unique.get(exercise.name):
            trace, reference = _in_common(trace, of), _in_common(reference, of)
        return _Judged(exercise, trace, reference.replies)

    def with_slug(self, exercise: Exercise, slug: str) -> Variant | None:
        """The known mistake of an exercise that is called so."""
        return next((variant for variant in self._of(exercise) if variant.slug == slug), None)

    def explain(self, exercise: Exercise, check: Check, about: About, trace: Trace) -> Variant | None:
        """The known mistake that explains why an answer failed a check.

        `about` is what was told to be wrong there.
        """
        noted = trace.noted(check.function)
        # A check that judges in its own way does not say what was wrong:
        # a value is tried first, and anything else where no value is wrong.
        own_way: tuple[About, ...] = () if check.rule else ("value",)
        first: tuple[About, ...] = (*own_way, "all") if about == "all" else (about,)
        answer = self._judged(exercise, trace)
        for each in (*first, *sorted(noted - set(first))):
            if found := self._explain(exercise, check, each, answer):
                return found
        return None

    def _explain(self, exercise: Exercise, check: Check, about: About, answer: _Judged) -> Variant | None:
        if not answer.wrong(check.function, about):
            return None
        fitting = []
        for known in self._known[exercise.name]:
            if not _before(exercise, check, known) <= answer.wrong_checks:
                continue
            if _is_about_another(exercise, check, about, answer, known):
                continue
            if _fits(check, about, answer, known.judged):
                fitting.append(known)
        if not fitting:
            return None
        # No source is compared: the same mistake is written in a hundred ways, and gives the same values.
        # Of two that break this rule the one that breaks fewer others is about it.
        if check.rule and about not in ("value", "all"):
            fewest = min(known.breaks for known in fitting)
            fitting = [known for known in fitting if known.breaks == fewest]
        rules = {each.function for each in exercise.checks if each.rule}
        return max(fitting, key=lambda known: _nearness(known.judged, answer, rules)).variant


def _in_common(trace: Trace, of: Unique) -> Trace:
    """What somebody replied, with what all right results have in common in place of each result."""
    return replace(trace, replies={key: _by(of, reply) for key, reply in trace.replies.items()})


def _by(of: Unique, reply: Reply) -> Reply:
    if reply.kind != "value":
        return reply
    try:
        return replace(reply, value=of(reply.value))
    except Exception:  # a result that passed no check can be anything
        return reply


def _before(exercise: Exercise, check: Check, known: _Known) -> frozenset[str]:
    """The checks before this one in which a mistake has wrong values.

    Before rules come all others, rules too.
    """
    wrong = known.judged.wrong_checks
    if check.rule:
        return wrong - {check.function}
    place = exercise.checks.index(check)
    return wrong & {each.function for each in exercise.checks[:place] if not each.rule}


def _is_about_another(exercise: Exercise, check: Check, about: About, answer: _Judged, known: _Known) -> bool:
    """Whether a mistake's sentence is about another check than this one.

    One in which more than a refusal is wrong does not explain a missing refusal. One with wrong values
    in an earlier check is not this answer's where the answer has others there.
    """
    if about == "refusal":
        return not known.only_refuses_too_little
    others = exercise.checks if check.rule else exercise.checks[: exercise.checks.index(check)]
    for other in others:
        if other.rule or other.function not in known.noted:
            continue
        if not _fits(other, "value", answer, known.judged):
            return True
    return False


def _fits(check: Check, about: About, answer: _Judged, mistake: _Judged) -> bool:
    """Whether a mistake is wrong so on the same cases of a check, and gives the same values there."""
    wrong, theirs = answer.wrong(check.function, about), mistake.wrong(check.function, about)
    if about in ("value", "all"):
        same_cases = theirs == wrong
    else:
        # An answer may break a rule on more cases than the mistake, which is in it all the same.
        same_cases = wrong[0] in theirs and set(theirs) <= set(wrong)
    if about == "refusal":
        # Of many that are missing, a few are not the point.
        return same_cases and 2 * len(theirs) >= len(wrong) and all(_instead(answer, mistake, key) for key in theirs)
    if about == "warned" and not all(_kinds(answer, key) & _kinds(mistake, key) for key in theirs):
        return False
    alike = _behave_alike if about in ("all", "type") else _alike
    ours, known_ones = answer.trace.replies, mistake.trace.replies
    given = answer.trace.cases
    # Where the check looks at tiny numbers, so do we.
    allowed = {key: max(answer.trace.atol.get(key, _SAME.atol), _NOISE) for key in theirs}
    return same_cases and all(alike(ours[key], known_ones[key], given[key].args, allowed[key]) for key in theirs)


def _kinds(judged: _Judged, key: Key) -> set[str]:
    """What was warned of, as NumPy says it: "divide by zero", "overflow"."""
    return {text.partition(" encountered")[0] for text in judged.trace.replies[key].warned}


def _instead(answer: _Judged, mistake: _Judged, key: Key) -> bool:
    """Whether both returned something, whatever it is, or raised the same, where an error was asked for."""
    one, other = answer.trace.replies[key], mistake.trace.replies[key]
    return one.kind == other.kind and one.raised == other.raised


def _nearness(mistake: _Judged, answer: _Judged, rules: set[str]) -> tuple[int, int]:
    """How near a mistake is to an answer: wrong in the same checks of results, then alike in everything."""
    theirs = mistake.trace.replies
    ours = answer.trace.replies
    alike = sum(key in theirs and _behave_alike(reply, theirs[key], atol=0.0) for key, reply in ours.items())
    return -len((mistake.wrong_checks ^ answer.wrong_checks) - rules), alike


def _alike(one: Reply, other: Reply, given: Sequence[object] = (), atol: float = _SAME.atol) -> bool:
    """Whether two replies to `given` arguments hold the same values, whatever their dtypes, or the same error."""
    if one is other:
        return True
    if one.kind != other.kind or one.raised != other.raised:
        return False
    if one.kind != "value":
        return True
    # float32 loses digits in its own order: two that made the same mistake differ in the fourth,
    # also where both hand back float64 and one of them had multiplied before it converted.
    single = any(_is_single(each) for each in (one.value, other.value, *given))
    tolerance = _SAME_SINGLE if single else _SAME
    return difference(other.value, one.value, replace(tolerance, atol=min(tolerance.atol, atol))) is None


def _behave_alike(one: Reply, other: Reply, given: Sequence[object] = (), atol: float = _SAME.atol) -> bool:
    """Whether two replies tell of the same behaviour: the same values, dtypes and side effects."""
    return one is other or (_beside(one) == _beside(other) and _alike(one, other, given, atol))


def _beside(reply: Reply) -> tuple[object, ...]:
    return reply.changed, reply.shares, bool(reply.warned), dtypes(reply.value)


def _is_single(value: object) -> bool:
    """Whether a result has numbers of less than double precision."""
    if isinstance(value, list | tuple):
        return any(map(_is_single, value))
    if not isinstance(value, np.ndarray | np.generic):
        return False
    return value.dtype.kind == "f" and value.dtype.itemsize < 8
