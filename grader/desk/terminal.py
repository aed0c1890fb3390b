"""`prep check`: a learner's own file graded in the terminal."""

from __future__ import annotations

from pathlib import Path

from grader import card
from grader.course.catalogue import find_course, find_lesson
from grader.course.submission import Submission
from grader.desk.progress import Progress
from grader.errors import PrepError, UsageError
from grader.judging.judge import Judge, host_for, new_seed
from grader.judging.portability import require
from grader.verdict import Result


def check_file(name: str, file: Path | None, seed: int | None = None, backend: str = "numpy") -> str:
    """The cards of all exercises in a file, as text; by default of the learner's own notebook."""
    require(backend)
    course = find_course()
    lesson = find_lesson(name, course)
    path = file or course / "work" / name / f"{name}.ipynb"
    if not path.is_file():
        raise UsageError(f"There is no file {path}. `prep lab {name}` makes your own copy of the lesson.")
    with host_for(lesson, "none", backend=backend) as host:
        result = Judge(lesson, host, new_seed() if seed is None else seed).result(Submission("you", path))
    if result.status == "unreadable":
        raise PrepError(str(result.reason))
    with Progress.here() as progress:
        for score in result.exercises:
            progress.attempt(lesson.name, score)
    return _result_text(result)


def _result_text(result: Result) -> str:
    cards = [card.text(score) for score in result.exercises]
    notes = [f"note: {note.text}" for note in result.notes]
    return "\n\n".join([*cards, *notes, f"{result.score:g} of {result.max_score:g} points"])
