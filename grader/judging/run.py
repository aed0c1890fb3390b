"""One grading run: submissions x checks -> verdicts -> scores.

The seed is drawn when a run starts, so that nothing about its cases can be known before; inputs, expected values and what the
known mistakes say to them are made once for the run.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import inspect
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.course import submission
from grader.course.catalogue import Check, Exercise, Lesson, Variant
from grader.errors import Unreadable
from grader.isolation.host import Host, Lost, Reply, Session, session_here
from grader.isolation.policy import Level, Limits
from grader.judging import plugin
from grader.judging.checking import Answer, Draw, Wrong
from grader.judging.compare import Tolerance, difference, dtypes, show
from grader.judging.portability import obstacle
from grader.verdict import HELD, Case, Outcome, Result, Score, Verdict

Record = Mapping[tuple[str, int], Reply]
_SAME = Tolerance(rtol=1e-6, atol=1e-9)
_HANGING_CELLS = 3
_FAILING_CELLS = 20  # that are told of one by one
_ATTEMPTS = 3  # at a submission whose processes are killed from outside


def new_seed() -> int:
    """A seed nobody can know before the run."""
    return secrets.randbelow(2**31)


@dataclass
class Code:
    """A submission's code in a session that is opened when first needed, and again after a call that ended it.

    `names` gives functions the names of exercises (exercise: function); by default they are called so already. What fails in `given`
    cells, the lesson's own, is not noted: demonstrations may use what answers may not.
    """

    cells: Sequence[str]
    open: Callable[[], Session]
    names: dict[str, str] = field(default_factory=dict)
    given: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    _session: Session | None = None
    _deadline: float | None = None

    def session(self) -> Session:
        """The session in which the cells have run."""
        if self._session is None or self._session.ended:
            self._session = self._opened()
        return self._session

    def _opened(self) -> Session:
        while True:
            session = self.open()
            self._deadline = self._deadline or session.deadline
            session.deadline = self._deadline
            kept = [index for index in range(len(self.cells)) if index not in self.left_out]
            errors = session.run_cells([self.cells[index] for index in kept])
            if len(errors) == len(kept) or len(self.left_out) >= _HANGING_CELLS:
                break
            hung = kept[len(errors)]
            self.left_out.add(hung)
            what = "did not finish in time" if session.ended == "timeout" else "ended the process"
            self.notes.append(f"cell {hung + 1} {what} and was left out")
        failed = [error for index, error in zip(kept, errors, strict=False) if error and self.cells[index] not in self.given]
        self.notes += [error for error in failed[:_FAILING_CELLS] if error not in self.notes]
        if len(failed) > _FAILING_CELLS:
            self.notes.append(f"{len(failed) - _FAILING_CELLS} more cells failed")
        self.functions = session.bind(self.names)
        return session

    def rename(self, names: dict[str, str]) -> None:
        """Give other functions the names of exercises."""
        self.names = names
        self.functions = self.session().bind(names)

    def printed(self) -> tuple[str, int]:
        """What it printed, and the number of characters dropped."""
        return self._session.output() if self._session and not self._session.ended else ("", 0)

    def close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None


def host_for(lesson: Lesson, level: Level, limits: Limits | None = None, backend: str = "numpy") -> Host:
    """A host for submissions of a lesson: it knows the cells that learners were given."""
    return Host(level, limits, submission.read(lesson.released) if lesson.released.exists() else (), backend)


class Judge:
    """Judges answers to one lesson. Everything that does not depend on the submission is kept between them."""

    def __init__(self, lesson: Lesson, host: Host, seed: int) -> None:
        self.lesson = lesson
        self.seed = seed
        self.host = host
        self.draw = Draw(seed)
        self.functions = plugin.collect(lesson.checks)
        self._plans: dict[str, Sequence[Case]] = {}  # what the checks of an exercise ask, in order
        self._references: dict[str, Record] = {}
        self._mistakes: dict[str, list[tuple[Variant, Record]]] = {}

    # --- submissions ---

    def result(self, item: submission.Submission) -> Result:
        """The result of one submission's file."""
        try:
            cells = submission.read(item.path)
        except Unreadable as error:
            return unreadable(self.lesson, item, str(error))
        return self.judged(item, cells)

    def judged(self, item: submission.Submission, cells: Sequence[str]) -> Result:
        """The result of one submission's cells."""
        for _ in range(_ATTEMPTS):
            try:
                return self._graded(item, cells)
            except Lost:
                continue
        return unreadable(
            self.lesson,
            item,
            f"The processes it ran in were killed from outside {_ATTEMPTS} times. Is there enough memory? Grade it again by itself.",
        )

    def _graded(self, item: submission.Submission, cells: Sequence[str]) -> Result:
        start = time.perf_counter()
        code = Code(cells, self.host.open, given=self.host.familiar)
        try:
            scores = self.scores(code)
            text, dropped = code.printed()
            if dropped:
                code.notes.append(f"{dropped} characters of its output were dropped: only the first {len(text)} are kept")
        finally:
            code.close()
        return Result(item.student, str(item.path), "graded", scores, None, time.perf_counter() - start, tuple(code.notes))

    # --- exercises ---

    def scores(self, code: Code) -> tuple[Score, ...]:
        """The scores of code in all exercises."""
        self._ask_reference(self.lesson.exercises)
        return self._scores(self.lesson.exercises, code, self._plans)

    def score(self, exercise: Exercise, code: Code) -> Score:
        """The score of one exercise, with the known mistake that the answer equals."""
        return self._scores([exercise], code, {})[0]

    def _scores(self, exercises: Sequence[Exercise], code: Code, plans: Mapping[str, Sequence[Case]]) -> tuple[Score, ...]:
        judged = [(exercise, *self._verdicts(exercise, code, plans.get(exercise.name, ()))) for exercise in exercises]
        self._learn([exercise for exercise, verdicts, _ in judged if _is_wrong(verdicts)])
        return tuple(self._score(*each) for each in judged)

    def _score(self, exercise: Exercise, verdicts: tuple[Verdict, ...], answer: Answer) -> Score:
        if all(verdict.outcome == "passed" for verdict in verdicts):
            return Score(exercise.name, verdicts, **self._portability(answer))
        mistake = self.recognise(exercise, answer.record) if _is_wrong(verdicts) else None
        return Score(exercise.name, verdicts, mistake.slug, mistake.sentence) if mistake else Score(exercise.name, verdicts)

    def _portability(self, answer: Answer) -> dict[str, str]:
        """What the score says of the run's backend; nothing on NumPy itself, and where nothing can be said."""
        backend = self.host.backend
        found = None if backend == "numpy" else obstacle(answer, backend)
        return {} if found is None else {"backend": backend, "obstacle": found}

    def _verdicts(self, exercise: Exercise, code: Code, plan: Sequence[Case] = ()) -> tuple[tuple[Verdict, ...], Answer]:
        code.session()
        answer = Answer(exercise.name, code.session, self.draw, plan)
        if exercise.name not in code.functions:
            return tuple(_verdict(check, "missing", _missing(exercise.name, code)) for check in exercise.checks), answer
        verdicts = [self._verdict(check, answer) for check in exercise.checks]
        return _core_first(verdicts), answer

    def _verdict(self, check: Check, answer: Answer) -> Verdict:
        if answer.ended:
            outcome: Outcome = "timeout" if answer.ended.kind == "timeout" else "died"
            return _verdict(check, outcome, f"Not run: {answer.name} {'hung' if outcome == 'timeout' else 'ended its process'} in an earlier check.")
        try:
            self._run(check, answer)
        except Wrong as wrong:
            return _verdict(check, wrong.outcome, wrong.message, wrong)
        except Lost:  # nobody's fault here: the submission is graded again
            raise
        except Exception as error:  # a check that stumbled: over an odd answer, or over itself
            return self._stumbled(check, answer, error)
        return _verdict(check, "passed")

    def _run(self, check: Check, answer: Answer) -> None:
        """Call the check with what it asks for by name: the answer, the draw."""
        answer.begin(check.function)
        function = self.functions[check.function]
        fixtures = {"draw": self.draw, check.exercise: answer}
        function(**{name: fixtures[name] for name in _wants(function)})

    def _stumbled(self, check: Check, answer: Answer, error: Exception) -> Verdict:
        what = f"{type(error).__name__}: {str(error)[:200]}"
        if self.lesson.reference and not self._reference_passes(check):
            return _verdict(check, "broken", f"This check is broken, which is not your fault: {what}. Please tell your instructor.")
        return _verdict(check, "failed", f"{answer.name} returned {show(answer.last, 80)}, which is not what its text asks for ({what}).")

    def _reference_passes(self, check: Check) -> bool:
        code = self._reference_code()
        try:
            self._run(check, Answer(check.exercise, code.session, self.draw))
        except Lost:
            raise
        except Exception:
            return False
        finally:
            code.close()
        return True

    def cases(self, exercise: Exercise) -> list[Case]:
        """The cases on which the checks ask the reference for a value."""
        code = self._reference_code()
        answer = self._verdicts(exercise, code)[1]
        code.close()
        return [case for case, reply in answer.asked if reply.kind == "value" and case.args]

    # --- known mistakes ---

    def recognise(self, exercise: Exercise, record: Record) -> Variant | None:
        """The known mistake whose results the answer gave wherever that mistake differs from the reference; the one that differs most."""
        best, most = None, 0
        for variant, telling in self._mistakes[exercise.name]:
            if len(telling) > most and all(key in record and same(record[key], reply) for key, reply in telling.items()):
                best, most = variant, len(telling)
        return best

    def _reference_code(self) -> Code:
        assert self.lesson.reference is not None
        return Code(submission.read(self.lesson.reference), self.host.open)

    def _learn(self, exercises: Sequence[Exercise]) -> None:
        """Find out what tells the known mistakes of exercises from the reference: their replies, once, in one process for all of them."""
        exercises = [exercise for exercise in exercises if exercise.name not in self._mistakes]
        variants = [(exercise, variant) for exercise in exercises for variant in self.lesson.mistakes if variant.exercise == exercise.name]
        found: dict[str, list[tuple[Variant, Record]]] = {exercise.name: [] for exercise in exercises}
        if variants:
            self._ask_reference(exercises)
            with contextlib.closing(Code(submission.read(self.lesson.folder / "mistakes.py"), self.host.open)) as code:
                for exercise, variant in variants:
                    found[exercise.name].append((variant, self._telling(exercise, variant, code)))
        self._mistakes |= found

    def _ask_reference(self, exercises: Sequence[Exercise]) -> None:
        """Find out what the reference replies in exercises, and what it is asked: once, in one process for all of them."""
        exercises = [exercise for exercise in exercises if exercise.name not in self._references]
        if not exercises or not self.lesson.reference:
            return
        with contextlib.closing(self._reference_code()) as code:
            for exercise in exercises:
                answer = self._verdicts(exercise, code)[1]
                self._references[exercise.name], self._plans[exercise.name] = answer.record, answer.plan()

    def _telling(self, exercise: Exercise, variant: Variant, code: Code) -> Record:
        """The replies of a known mistake that are not the reference's."""
        code.rename({exercise.name: variant.function})
        record, reference = self._verdicts(exercise, code)[1].record, self._references.get(exercise.name, {})
        return {key: reply for key, reply in record.items() if key not in reference or not same(reply, reference[key])}


def _is_wrong(verdicts: Sequence[Verdict]) -> bool:
    """Whether there is an answer, and it is not right."""
    return verdicts[0].outcome not in ("missing", "broken") and any(verdict.outcome != "passed" for verdict in verdicts)


@functools.cache
def _wants(check: Callable[..., Any]) -> tuple[str, ...]:
    """What a check asks for by its parameters' names."""
    return tuple(inspect.signature(check).parameters)


def same(one: Reply, other: Reply) -> bool:
    """Whether two replies tell of the same behaviour: the same value or error, and the same side effects."""
    if one is other:
        return True
    if (one.kind, one.changed, one.shares, bool(one.warned), one.raised) != (
        other.kind,
        other.changed,
        other.shares,
        bool(other.warned),
        other.raised,
    ):
        return False
    return one.kind != "value" or (dtypes(one.value) == dtypes(other.value) and difference(other.value, one.value, _SAME) is None)


def _verdict(check: Check, outcome: Outcome, message: str = "", wrong: Wrong | None = None) -> Verdict:
    details = (wrong.case, wrong.expected, wrong.got, wrong.error) if wrong else ("", "", "", "")
    return Verdict(check.name, outcome, check.points, message, check.core, *details)


def _core_first(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Checks after the core earn points only when the core passed."""
    core, *others = verdicts
    if core.outcome == "passed":
        return tuple(verdicts)
    held = [Verdict(v.name, "failed", v.points, HELD) if v.outcome == "passed" else v for v in others]
    return (core, *held)


def _missing(name: str, code: Code) -> str:
    close = difflib.get_close_matches(name, code.functions, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    failed = next((note for note in code.notes if "SyntaxError" in note or "left out" in note), "")
    return f"There is no function called {name}.{hint}" + (f" ({failed})" if failed else "")


def unreadable(lesson: Lesson, item: submission.Submission, reason: str) -> Result:
    """The result of a file that cannot be graded: every check is missing, every score 0."""
    return Result(item.student, str(item.path), "unreadable", blank_scores(lesson, reason), reason)


def blank_scores(lesson: Lesson, reason: str) -> tuple[Score, ...]:
    """Scores of 0 in every exercise, each check missing for one reason."""
    return tuple(Score(e.name, tuple(_verdict(check, "missing", reason) for check in e.checks)) for e in lesson.exercises)


def check_function(function: Callable[..., Any], lesson: Lesson, judge: Judge | None = None) -> Score:
    """The score of a function that lives in this process, such as a notebook's kernel, called by the name of its exercise."""
    limits = Limits()
    exercise = lesson.exercise(function.__name__)
    judge = judge or Judge(lesson, Host("none", limits), new_seed())
    code = Code((), lambda: session_here({exercise.name: function}, limits))
    try:
        return judge.score(exercise, code)
    finally:
        code.close()
