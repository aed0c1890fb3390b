"""A class graded: submissions found, spread over the cores, written to the gradebook as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from grader.classroom.journal import Journal, fingerprint, submission_key
from grader.classroom.standings import gradebook_of
from grader.classroom.writer import Writer
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.handed_in import search
from grader.course.submission import Submission
from grader.errors import UsageError
from grader.isolation import policy
from grader.isolation.policy import Level, Limits
from grader.judging import cluster
from grader.judging.judge import new_seed
from grader.judging.portability import require
from grader.judging.workers import Settings, Slow, cores
from grader.judging.workers import grade as grade_batch
from grader.verdict import Report, Result, Score

Watch = Callable[[Iterable[Result], int], Iterator[Result]]


def level_of(isolation: str) -> Level:
    """The level that an option names; auto is the strongest there is.

    IsolationError where the wanted one is not there.
    """
    level = policy.strongest() if isolation == "auto" else cast(Level, isolation)
    policy.require(level)
    return level


def _level(isolation: str, scheduler: str | None, backend: str) -> Level:
    """The level of a run, where it and the backend are to be had."""
    # Where the submissions run is where they must be isolated: a laptop may use Linux machines.
    level = cluster.level_of(isolation, scheduler) if scheduler else level_of(isolation)
    _require_backend(backend, level)
    return level


def _require_backend(backend: str, level: Level) -> None:
    if backend == "cupy" and level != "none":
        raise UsageError(
            "Answers on a GPU cannot be isolated: the CUDA driver needs what isolation closes. "
            "For submissions you trust add --isolation none; "
            "--backend strict tells as much for most answers, isolated, without a GPU."
        )
    require(backend)


def grade_class(
    name: str,
    paths: Sequence[Path],
    *,
    seed: int | None = None,
    jobs: int | None = None,
    isolation: str = "auto",
    gradebook: str | None = None,
    scheduler: str | None = None,
    force: bool = False,
    limits: Limits | None = None,
    backend: str = "numpy",
    batch_limit: float | None = None,
    watch: Watch = lambda results, total: iter(results),
    slow: Slow = lambda students: None,
    course: Path | None = None,
) -> Report:
    """Grade the submissions of a lesson and write their scores to nbgrader's gradebook.

    On another backend than NumPy, answers with full marks are tried on its arrays too, which their
    scores tell and no mark depends on. After `batch_limit` seconds the run ends with what it has, and
    `told` says who is left. `slow` hears of whose submissions take longer than the others. The
    results stand in the order of the submissions.
    UsageError for a lesson or path that does not exist, IsolationError where the wanted isolation
    is not to be had, GradebookError where the gradebook cannot be written.
    """
    course = course or find_course()
    lesson = find_lesson(name, course)
    found = search(name, paths)
    level = _level(isolation, scheduler, backend)
    drawn = new_seed() if seed is None else seed
    settings = Settings(lesson.folder, drawn, level, limits or Limits(), backend)
    journal = Journal.of(course)
    try:
        writer = Writer(gradebook_of(course, gradebook), lesson, course)
        run = _Run(lesson, settings, journal, writer, fixed_seed=seed is not None, force=force)
        results = run.results(found.submissions, jobs or cores(), scheduler, watch, slow, batch_limit)
        writer.close()
        left = [item.student for item in found.submissions if item not in results]
        # A run that was cut short stays open, so that the next goes on with its seed.
        if not left:
            journal.finish(name)
    finally:
        journal.close()
    in_order = tuple(results[item] for item in found.submissions if item in results)
    told = found.told + writer.told + tuple(run.changes)
    if left:
        late = f"{len(left)} not graded within {batch_limit:g} s"
        told += (f"{late}; the same command goes on: {', '.join(left)}.",)
    return Report(name, run.settings.seed, settings.level, in_order, writer.missing, told)


class _Run:
    """A grading run with its journal: what was graded already is taken from there."""

    def __init__(
        self,
        lesson: Lesson,
        settings: Settings,
        journal: Journal,
        writer: Writer,
        *,
        fixed_seed: bool,
        force: bool,
    ) -> None:
        self.lesson, self.journal, self.writer, self.force = lesson, journal, writer, force
        self.key = fingerprint(lesson, settings.limits, settings.backend)
        self.settings, self.fixed_seed = settings, fixed_seed
        self.scores: dict[Score, Score] = {}  # the different ones
        self.changes: list[str] = []  # a sentence for each score that is another than it was

    def results(
        self,
        submissions: Sequence[Submission],
        jobs: int,
        scheduler: str | None,
        watch: Watch,
        slow: Slow,
        batch_limit: float | None = None,
    ) -> dict[Submission, Result]:
        """The result of each submission that is graded in time, each recorded as soon as it is there."""
        end = time.monotonic() + (batch_limit or math.inf)
        keys = {item: submission_key(item, self.key) for item in submissions}
        before = {result.student: result.score for result in self.journal.results(self.lesson.name)}
        why = self._why()
        results = {} if self.force else self._kept(keys)
        self._write_again(results, keys)
        items = {(item.student, str(item.path)): item for item in submissions}
        left = [item for item in submissions if item not in results]
        self.settings = replace(self.settings, seed=self._seed(bool(left)))
        graded = self._graded(left, jobs, scheduler, slow)
        # Once the workers are starting: to load nbgrader takes a second, as they do.
        self.writer.start()
        for result in watch(graded, len(left)):
            item = items[result.student, result.path]
            self.journal.write(self.lesson.name, keys[item], self.settings.seed, result)
            self.writer.put(result)
            results[item] = result.sharing(self.scores)
            self._note_change(before.get(item.student), result, why)
            if time.monotonic() > end:
                break
        return {item: self._told(result) for item, result in results.items()}

    def _write_again(self, results: Mapping[Submission, Result], keys: Mapping[Submission, str]) -> None:
        """Write results that still count once more, as the latest of their students'."""
        for item, result in results.items():
            again = replace(result, seed=None)
            self.journal.write(self.lesson.name, keys[item], result.seed or 0, again)
            self.writer.put(result)

    def _graded(self, left: Sequence[Submission], jobs: int, scheduler: str | None, slow: Slow) -> Iterator[Result]:
        if scheduler:
            return cluster.grade(self.settings, left, scheduler)
        return grade_batch(self.settings, left, jobs, slow)

    def _note_change(self, before: float | None, result: Result, why: str) -> None:
        if before is not None and before != result.score:
            scores = f"{before:g} before, {result.score:g} now"
            self.changes.append(f"{result.student}: {scores}: {why}.")

    def _why(self) -> str:
        """Why a score may be another than it was."""
        if self.journal.last_key(self.lesson.name) != self.key:
            return "the lesson or the limits changed"
        return "graded again, on other cases or another file" if self.force else "another file was handed in"

    def _kept(self, keys: Mapping[Submission, str]) -> dict[Submission, Result]:
        """The results of earlier runs that still count."""
        results = {}
        for item, key in keys.items():
            result = self.journal.find(self.lesson.name, item, key)
            if result and self._still_counts(result):
                results[item] = result.sharing(self.scores)
        return results

    def _told(self, result: Result) -> Result:
        """A result with the seed of its run only where that is another than the report's."""
        return replace(result, seed=None) if result.seed == self.settings.seed else result

    def _still_counts(self, result: Result) -> bool:
        # Who asks for certain cases by their seed wants the submission graded on those.
        return not self.fixed_seed or result.seed == self.settings.seed

    def _seed(self, anything_left: bool) -> int:
        """The seed given, that of the run to go on with, or a new one.

        With nothing to grade, that of the last run.
        """
        drawn = self.settings.seed
        if not anything_left:
            last = self.journal.last_seed(self.lesson.name)
            return drawn if last is None else last
        return self.journal.begin(self.lesson.name, self.key, drawn, keep=not self.fixed_seed)
