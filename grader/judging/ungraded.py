"""The results of submissions that could not be graded: each says why, with 0 in every exercise.

A class's report then has a row for everybody, and nobody is overlooked.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from grader.course import submission
from grader.course.catalogue import Lesson
from grader.errors import PrepError, Unreadable
from grader.verdict import Result, Score, Verdict, printable


def unreadable(lesson: Lesson, item: submission.Submission, reason: str) -> Result:
    """The result of a file that cannot be graded: every check is missing, every score 0."""
    return Result(item.student, str(item.path), "unreadable", blank_scores(lesson, reason), reason)


def not_graded(lesson: Lesson, item: submission.Submission, error: Exception) -> Result:
    """The result of a submission over which our own side stumbled, with where it did.

    An error that says the run cannot go on, such as a missing isolation level, is raised again.
    """
    if isinstance(error, Unreadable):
        return unreadable(lesson, item, str(error))
    if isinstance(error, PrepError):
        raise error
    what = printable(f"{type(error).__name__}: {error}"[:300])
    last = traceback.extract_tb(error.__traceback__)[-1:]
    # The file's name alone: a learner reads this, and need not know where the grader lies.
    where = "".join(f" (in {Path(frame.filename).name}, line {frame.lineno})" for frame in last)
    reason = f"The grader stumbled over this submission: {what}{where}. Please report it."
    return unreadable(lesson, item, reason)


def blank_scores(lesson: Lesson, reason: str) -> tuple[Score, ...]:
    """Scores of 0 in every exercise, each check missing for one reason."""
    scores = []
    for exercise in lesson.exercises:
        verdicts = [
            Verdict(check.name, "missing", check.points, reason, check.core, rule=check.rule)
            for check in exercise.checks
        ]
        scores.append(Score(exercise.name, tuple(verdicts)))
    return tuple(scores)
