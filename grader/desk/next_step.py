"""What comes next: where each exercise of the course stands, and the first that is not done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grader.course.catalogue import Lesson
from grader.desk.here import lessons_here
from grader.desk.progress import Named, Progress, Standing
from grader.errors import UsageError

_Lesson = TypeVar("_Lesson", bound=Named)


def standings() -> list[tuple[Lesson, list[Standing]]]:
    """Every lesson with the standing of its exercises."""
    lessons = lessons_here()
    table = []
    with Progress.here() as progress:
        for lesson in lessons:
            all_of = [progress.standing(lesson.name, exercise) for exercise in lesson.exercises]
            table.append((lesson, all_of))
    return table


def exercise_in_hand() -> str:
    """The exercise that was tried last and is not done, else the next one.

    UsageError where all are done.
    """
    table = standings()
    with Progress.here() as progress:
        following = next_exercise(table, progress.last_place())
    if not following:
        raise UsageError("All exercises are done: name the one you want a hint for.")
    return following[1].exercise.name


def next_exercise(
    table: Sequence[tuple[_Lesson, Sequence[Standing]]], last: tuple[str, str] = ("", "")
) -> tuple[_Lesson, Standing] | None:
    """What to do next: from what was worked at last on, in the course's order, the first that is not done.

    The rest of its lesson comes before other lessons.
    """
    names = [lesson.name for lesson, _ in table]
    first = names.index(last[0]) if last[0] in names else 0
    for lesson, all_of in [*table[first:], *table[:first]]:
        exercises = [standing.exercise.name for standing in all_of]
        place = exercises.index(last[1]) if lesson.name == last[0] and last[1] in exercises else 0
        for standing in [*all_of[place:], *all_of[:place]]:
            if not standing.done:
                return lesson, standing
    return None
