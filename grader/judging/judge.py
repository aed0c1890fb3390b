"""Verdicts and scores: submissions x checks -> verdicts -> scores.

The seed is drawn when a run starts, so that nothing about its cases can be known before; inputs,
expected values and what the known mistakes say to them are made once for the run.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.course import submission
from grader.course.catalogue import Check, Exercise, Lesson, Variant
from grader.isolation.host import Host
from grader.isolation.policy import Level, Limits
from grader.isolation.session import Lost, Session
from grader.judging import portability
from grader.judging.answer import Answer, Trace, Wrong
from grader.judging.cases import Cases
from grader.judging.mistakes import KnownMistakes
from grader.judging.program import Program
from grader.judging.relation import relation
from grader.judging.show import show
from grader.judging.ungraded import not_graded, unreadable
from grader.judging.verdicts import core_first, headline, is_wrong, not_run, verdict_on, with_cause
from grader.verdict import Case, Result, Score, Verdict

_DIED = "The process died before a function was called: a cell left something behind that ended it."
_ATTEMPTS = 3  # at a submission whose processes are killed from outside


def new_seed() -> int:
    """A seed nobody can know before the run."""
    return secrets.randbelow(2**31)


def _by_pytest(checks: Path) -> Mapping[str, Any]:
    from grader.judging import plugin  # here, as where somebody waits the checks come without it

    return plugin.collect(checks)


def host_for(
    lesson: Lesson,
    level: Level,
    limits: Limits | None = None,
    backend: str = "numpy",
) -> Host:
    """A host for submissions of a lesson: it knows the cells that learners were given."""
    given = submission.read(lesson.released) if lesson.released.exists() else ()
    return Host(level, limits, given, backend)


class Judge:
    """Judges answers to one lesson.

    Everything that does not depend on the submission is kept between them.
    """

    def __init__(
        self, lesson: Lesson, host: Host, seed: int, collect: Callable[[Path], Mapping[str, Any]] | None = None
    ) -> None:
        self.lesson = lesson
        self.seed = seed
        self.host = host
        self.cases = Cases(seed)
        self.functions = (collect or _by_pytest)(lesson.checks)
        # By exercise: what its checks ask a right answer, in order.
        self._plans: dict[str, Sequence[Case]] = {}
        self._references: dict[str, Trace] = {}
        # By exercise: the first failing case of the answer judged last, which `case()` hands to a learner.
        self.failing: dict[str, Case | None] = {}
        # By exercise: what is compared of results that are right in many forms.
        cores = {exercise.name: self.functions.get(exercise.checks[0].function) for exercise in lesson.exercises}
        marks = {name: getattr(core, "unique", None) for name, core in cores.items()}
        self._unique = {name: of for name, of in marks.items() if of}
        self._known = KnownMistakes(lesson, self._open_own, self._trace, self._unique)

    # --- submissions ---

    def result(self, item: submission.Submission) -> Result:
        """The result of one submission's file."""
        try:
            cells = submission.read(item.path)
        except Exception as error:  # any file can be handed in
            return not_graded(self.lesson, item, error)
        return self.judged(item, cells)

    def judged(self, item: submission.Submission, cells: Sequence[str]) -> Result:
        """The result of one submission's cells."""
        for attempt in range(1, _ATTEMPTS + 1):  # whoever kills a process says nothing of the submission in it
            try:
                return self._graded(item, cells, again=attempt < _ATTEMPTS)
            except Lost:
                continue
            except Exception as error:  # over something of theirs that nobody thought of: the others are graded
                return not_graded(self.lesson, item, error)
        what = f"The processes it ran in were killed from outside {_ATTEMPTS} times."
        reason = f"{what} Is there enough memory? Grade it again by itself."
        return unreadable(self.lesson, item, reason)

    def _graded(self, item: submission.Submission, cells: Sequence[str], again: bool) -> Result:
        start = time.perf_counter()
        program = Program(cells, functools.partial(self.host.open, again), given=self.host.familiar)
        with contextlib.closing(program):
            scores = self.scores(program)
            # After the checks, since calls print, too.
            program.note_output()
        seconds = time.perf_counter() - start
        notes = tuple(program.notes)
        return Result(item.student, str(item.path), "graded", scores, None, seconds, notes)

    # --- exercises ---

    def scores(self, program: Program, of: Sequence[Exercise] = ()) -> tuple[Score, ...]:
        """The scores of a program in these exercises, by default in all.

        Its calls are sent before the checks ask for them.
        """
        self._ask_reference(of or self.lesson.exercises)
        return self._scores(of or self.lesson.exercises, program, self._plans)

    def prepare(self) -> None:
        """Ask the reference for all exercises in one process, where answers to them come one at a time."""
        self._ask_reference(self.lesson.exercises)

    def score(self, exercise: Exercise, program: Program) -> Score:
        """The score of one exercise, with the known mistake that the answer equals."""
        return self._scores([exercise], program, {})[0]

    def failed_check(self, exercise: Exercise, program: Program) -> Check | None:
        """The first check that an answer fails, the others are not asked.

        None for an answer with full marks.
        """
        program.session()
        answer = Answer(exercise.name, program.session, self.cases)
        if exercise.name not in program.functions:
            return exercise.checks[0]
        for check in exercise.checks:
            if self._verdict(check, answer).outcome != "passed":
                return check
        return None

    def _scores(
        self, exercises: Sequence[Exercise], program: Program, plans: Mapping[str, Sequence[Case]]
    ) -> tuple[Score, ...]:
        judged = []
        for exercise in exercises:
            verdicts, answer = self._verdicts(exercise, program, plans.get(exercise.name, ()))
            judged.append((exercise, verdicts, answer))
        # Known mistakes meet the cases when an answer is first wrong: a class without one pays nothing.
        self._learn([exercise for exercise, verdicts, _ in judged if is_wrong(verdicts)])
        return tuple(self._score(*each) for each in judged)

    def _score(self, exercise: Exercise, verdicts: tuple[Verdict, ...], answer: Answer) -> Score:
        self.failing[exercise.name] = answer.failing
        if all(verdict.outcome == "passed" for verdict in verdicts):
            return self._right(exercise, verdicts, answer)
        if not is_wrong(verdicts):
            return Score(exercise.name, verdicts)
        # Each failed check is explained by itself, so that a name cannot be beside the point.
        pairs = zip(exercise.checks, verdicts, strict=True)
        found = [self._explained(exercise, *each, answer) for each in pairs]
        told = tuple(verdict for verdict, _ in found)
        mistake = headline(found)
        if mistake is None:
            return Score(exercise.name, told)
        return Score(exercise.name, told, mistake.slug, mistake.sentence)

    def _explained(
        self, exercise: Exercise, check: Check, verdict: Verdict, answer: Answer
    ) -> tuple[Verdict, Variant | None]:
        """The verdict of a check with the known mistake that explains it, or a relation of its values."""
        about = answer.trace.failed.get(check.function)
        if about is None or verdict.outcome in ("passed", "missing", "broken"):
            return verdict, None
        seen = answer.seen.get(check.function)
        mistake = self._known.with_slug(exercise, seen) if seen else None
        mistake = mistake or self._known.explain(exercise, check, about, answer.trace)
        if mistake:
            return replace(verdict, mistake=mistake.slug, sentence=mistake.sentence), mistake
        return replace(verdict, relation=relation(check.function, answer.trace, exercise.results)), None

    def _right(self, exercise: Exercise, verdicts: tuple[Verdict, ...], answer: Answer) -> Score:
        """The score of a right answer, with what is said about the run's backend where that is not NumPy."""
        backend = self.host.backend
        if backend == "numpy":
            return Score(exercise.name, verdicts)
        obstacle = portability.obstacle(answer, backend, self._unique.get(exercise.name))
        if obstacle is None:
            return Score(exercise.name, verdicts)
        return Score(exercise.name, verdicts, backend=backend, obstacle=obstacle)

    def _verdicts(
        self, exercise: Exercise, program: Program, plan: Sequence[Case] = ()
    ) -> tuple[tuple[Verdict, ...], Answer]:
        """What the checks say of an answer, and the answer with all that it replied."""
        session = program.session()
        answer = Answer(exercise.name, program.session, self.cases, plan, exercise.results)
        if program.over:
            told = f"Not called: the calls before it used up the {session.limits.total:g} s that there are in all."
            return tuple(verdict_on(check, "timeout", told) for check in exercise.checks), answer
        if program.died:
            return tuple(verdict_on(check, "died", _DIED) for check in exercise.checks), answer
        if exercise.name not in program.functions:
            why = program.missing(exercise.name)
            return tuple(verdict_on(check, "missing", why) for check in exercise.checks), answer
        verdicts = [with_cause(self._verdict(check, answer), program) for check in exercise.checks]
        return core_first(verdicts), answer

    def _verdict(self, check: Check, answer: Answer) -> Verdict:
        if answer.ended:
            return not_run(check, answer)
        try:
            self._run(check, answer)
        except Wrong as wrong:
            answer.trace.failed[check.function] = wrong.about
            if wrong.mistake:
                answer.seen[check.function] = wrong.mistake
            verdict = verdict_on(check, wrong.outcome, wrong.message, wrong)
            if not check.core and answer.is_right_but_for_rules(check.function):
                verdict = replace(verdict, rule=True)
            return self._with_case(verdict, answer, wrong)
        except Lost:  # nobody's fault here: the submission is graded again
            raise
        except Exception as error:  # a check that stumbled: over an odd answer, or over itself
            answer.trace.failed[check.function] = "all"
            return self._stumbled(check, answer, error)
        return verdict_on(check, "passed")

    def _with_case(self, verdict: Verdict, answer: Answer, wrong: Wrong) -> Verdict:
        """The verdict with what the answer printed in the failing case.

        Its first is kept, to be handed back.
        """
        found = answer.asked_last(wrong.case)
        if found is None:
            return verdict
        case, reply = found
        answer.failing = answer.failing or case
        return replace(verdict, printed=reply.printed)

    def _run(self, check: Check, answer: Answer) -> None:
        """Call the check with what it asks for by name: the answer, the draw."""
        answer.begin(check.function)
        function = self.functions[check.function]
        fixtures = {"draw": self.cases, check.exercise: answer}
        function(**{name: fixtures[name] for name in _wants(function)})

    # --- a check that stumbled ---

    def _stumbled(self, check: Check, answer: Answer, error: Exception) -> Verdict:
        what = f"{type(error).__name__}: {str(error)[:200]}"
        if self.lesson.reference and not self._reference_passes(check):
            said = f"This check is broken, which is not your fault: {what}."
            return verdict_on(check, "broken", f"{said} Please tell your instructor.")
        returned = f"{answer.name} returned {show(answer.last, 80)}"
        said = f"{returned}, which is not what its text asks for ({what})."
        return verdict_on(check, "failed", said)

    def _reference_passes(self, check: Check) -> bool:
        with contextlib.closing(self._reference()) as program:
            try:
                self._run(check, Answer(check.exercise, program.session, self.cases))
            except Lost:
                raise
            except Exception:  # whatever it is, the check raises it for a right answer too
                return False
        return True

    # --- what is asked once a run ---

    def asked(self, exercise: Exercise) -> list[Case]:
        """The cases on which the checks ask the reference for a value."""
        with contextlib.closing(self._reference()) as program:
            answer = self._verdicts(exercise, program)[1]
        return [case for case, reply in answer.asked if reply.kind == "value" and case.args]

    def _reference(self) -> Program:
        assert self.lesson.reference is not None
        return Program(submission.read(self.lesson.reference), self._open_own)

    def _open_own(self) -> Session:
        """A process for the lesson's own code; what is found in one that somebody killed is not kept for the run."""
        return self.host.open(again=True)

    def _trace(self, exercise: Exercise, program: Program) -> Trace:
        """What a program replies to an exercise's checks."""
        return self._verdicts(exercise, program)[1].trace

    def _learn(self, exercises: Sequence[Exercise]) -> None:
        """Meet the known mistakes of exercises to which an answer was wrong."""
        if exercises and self.lesson.mistakes:
            self._ask_reference(exercises)
        self._known.learn(exercises, self._references)

    def _ask_reference(self, exercises: Sequence[Exercise]) -> None:
        """Find out once what the reference replies, and what it is asked."""
        new = [exercise for exercise in exercises if exercise.name not in self._references]
        if not new or not self.lesson.reference:
            return
        # One process for all exercises: to run the lesson's cells takes longer than to answer the checks.
        with contextlib.closing(self._reference()) as program:
            for exercise in new:
                answer = self._verdicts(exercise, program)[1]
                self._references[exercise.name] = answer.trace
                self._plans[exercise.name] = answer.plan()


@functools.cache
def _wants(check: Callable[..., Any]) -> tuple[str, ...]:
    """What a check asks for by its parameters' names."""
    return tuple(inspect.signature(check).parameters)
