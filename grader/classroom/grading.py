"""A class graded: submissions found, spread over the cores, written to the gradebook as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from grader.course.catalogue import find_course, lesson
from grader.course.submission import find
from grader.isolation import policy
from grader.isolation.policy import Level, Limits
from grader.judging.batch import Settings, cores
from grader.judging.batch import grade as grade_batch
from grader.judging.run import new_seed
from grader.verdict import Report, Result

Watch = Callable[[Iterable[Result], int], Iterator[Result]]


def level_of(isolation: str) -> Level:
    """The level that an option names; auto is the strongest there is. IsolationError where the wanted one is not there."""
    level: Level = policy.strongest() if isolation == "auto" else isolation  # type: ignore[assignment]
    policy.require(level)
    return level


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
    watch: Watch = lambda results, total: iter(results),
    course: Path | None = None,
) -> Report:
    """Grade the submissions of a lesson and write their scores to nbgrader's gradebook.

    The results stand in the order of the submissions. UsageError for a lesson or path that does not exist, IsolationError where the
    wanted isolation is not to be had, GradebookError where the gradebook cannot be written.
    """
    from grader.classroom.gradebook import Book

    course = course or find_course()
    graded = lesson(name, course)
    submissions = find(name, paths)
    settings = Settings(graded.folder, new_seed() if seed is None else seed, level_of(isolation), limits or Limits())
    results: dict[str, Result] = {}
    with Book(gradebook or f"sqlite:///{course / 'gradebook.db'}", course) as book:
        for result in watch(grade_batch(settings, submissions, jobs or cores()), len(submissions)):
            book.write(name, result)
            results[result.path] = result
    ordered = tuple(results[str(submission.path)] for submission in submissions)
    return Report(name, settings.seed, settings.level, ordered)
