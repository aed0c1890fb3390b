"""Item analysis: how hard each check was, and whether it tells strong answers from weak ones."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.course.catalogue import Exercise, Lesson
from grader.verdict import Result, Score

LEAST = 10  # answers to one exercise, below which a correlation says nothing
_Answered = tuple[Score, float]  # an exercise, and the points of the submission's other exercises


@dataclass(frozen=True, slots=True)
class Item:
    """A check and how the class did on it.

    Who did not write the exercise counts as unwritten, not as wrong. Passed means by itself, also
    where it earned nothing because the exercise's first check failed. `discrimination` is None
    where fewer than LEAST wrote the exercise, or where one of the two does not vary.
    """

    lesson: str
    exercise: str
    name: str
    points: float
    passed: int
    wrong: int
    unwritten: int
    discrimination: float | None = None

    @property
    def written(self) -> int:
        return self.passed + self.wrong

    @property
    def fraction(self) -> float:
        """The item's difficulty index: the fraction passed, of those who wrote the exercise."""
        return self.passed / self.written if self.written else 0.0


def items(lesson: Lesson, results: Sequence[Result]) -> list[Item]:
    """The checks of a lesson in its order, over the submissions that could be read."""
    graded = [result for result in results if result.status == "graded"]
    by_exercise: dict[str, list[_Answered]] = {each.name: [] for each in lesson.exercises}
    for result in graded:
        total = result.score
        for score in result.exercises:
            # A result of an earlier edition may have exercises that the lesson has no more.
            if score.name in by_exercise:
                by_exercise[score.name].append((score, total - score.score))
    found: list[Item] = []
    for exercise in lesson.exercises:
        found += _items(lesson.name, exercise, by_exercise[exercise.name])
    return found


def _passed(score: Score) -> dict[str, bool]:
    """Whether each check passed by itself."""
    return {each.name: each.held or each.outcome == "passed" for each in score.checks}


def _items(lesson: str, exercise: Exercise, answers: Sequence[_Answered]) -> Iterator[Item]:
    """The checks of one exercise."""
    written = [(score, rest) for score, rest in answers if score.state != "unwritten"]
    verdicts = [_passed(score) for score, _ in written]
    rest = [other for _, other in written]
    # right and rest: (written,), an entry for each who wrote the exercise, in one order.
    for check in exercise.checks:
        right = [found.get(check.name, False) for found in verdicts]
        passed = sum(right)
        counts = passed, len(right) - passed, len(answers) - len(written)
        apart = discrimination(right, rest)
        yield Item(lesson, exercise.name, check.name, check.points, *counts, apart)


def discrimination(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """The point-biserial correlation of a check with the points in the lesson's other exercises.

    r = (M1 - M0) / s * sqrt(p (1 - p)), where M1 and M0 are the mean points of those who passed
    the check and who did not, s the standard deviation of all (divided by n) and p the fraction
    that passed: Pearson's correlation with a variable that is 0 or 1. The item is no part of the
    points that it is held against, or it would correlate with itself (J. P. Guilford, "The
    correlation of an item with a composite of the remaining items in a test", Educational and
    Psychological Measurement 13, 1953, 87-93); nor is its exercise, whose checks hang together.
    """
    if len(passed) < LEAST:
        return None
    try:
        return statistics.correlation([float(each) for each in passed], rest)
    except statistics.StatisticsError:  # one of the two does not vary
        return None


def hardest(found: Sequence[Item], most: int) -> list[Item]:
    """The checks that the fewest passed of those who wrote the exercise, the hardest first."""
    failed = [item for item in found if item.wrong]
    return sorted(failed, key=lambda item: (item.fraction, -item.written))[:most]
