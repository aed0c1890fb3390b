"""`prep check`: a learner's own file graded in the terminal, a summary first, then cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader import card
from grader.course.catalogue import Lesson, all_lessons, find_course, find_lesson, lesson_folders, read_lesson
from grader.course.submission import Submission
from grader.desk.colour import MARKS
from grader.desk.progress import Progress
from grader.errors import LessonError, PrepError, UsageError, did_you_mean
from grader.judging.imported import imported
from grader.judging.judge import Judge, host_for, new_seed
from grader.judging.portability import require
from grader.verdict import Result, Score, State

_STATES: tuple[State, ...] = ("complete", "right", "wrong", "unwritten")


@dataclass(frozen=True, slots=True)
class Target:
    """What `prep check` is asked about: a file of a lesson, and one of its exercises or "" for all."""

    lesson: Lesson
    path: Path
    exercise: str = ""


def find_target(words: Sequence[str]) -> Target:
    """What the words of `prep check` mean: LESSON, EXERCISE, LESSON EXERCISE, LESSON FILE, or FILE.

    A file's name or folder tells its lesson. UsageError says what is not known, and the nearest
    that is.
    """
    first, *others = words
    course = find_course()
    folders = {folder.name: folder for folder in lesson_folders(course)}
    if first not in folders and _is_file(first):
        return Target(_lesson_of_file(Path(first), course, folders), Path(first))
    owner = None if first in folders else _owner(first, folders.values())
    if owner:
        return Target(owner, own_notebook(course, owner), first)
    lesson = find_lesson(first, course)
    if not others:
        return Target(lesson, own_notebook(course, lesson))
    if others[0] in _exercises(lesson):
        return Target(lesson, own_notebook(course, lesson), others[0])
    if not _is_file(others[0]):
        near = did_you_mean(others[0], _exercises(lesson))
        raise UsageError(f"{others[0]} is neither a file nor an exercise of {lesson.name}. {near}")
    return Target(lesson, Path(others[0]))


def _owner(exercise: str, folders: Iterable[Path]) -> Lesson | None:
    """The lesson that has an exercise."""
    for folder in folders:
        # To search a file takes a moment, to read a lesson a hundred times as long.
        if exercise not in (folder / "checks.py").read_text(encoding="utf-8"):
            continue
        with suppress(LessonError):  # one that an author is at work on
            lesson = read_lesson(folder)
            if exercise in _exercises(lesson):
                return lesson
    return None


def _is_file(word: str) -> bool:
    return Path(word).suffix in (".ipynb", ".py") or Path(word).is_file()


def _exercises(lesson: Lesson) -> list[str]:
    return [exercise.name for exercise in lesson.exercises]


def own_notebook(course: Path, lesson: Lesson) -> Path:
    """The learner's own notebook of a lesson."""
    return course / "work" / lesson.name / f"{lesson.name}.ipynb"


def _lesson_of_file(path: Path, course: Path, names: Iterable[str]) -> Lesson:
    """The lesson that a file's name or folder tells: metrics.py, metrics/mine.ipynb."""
    # The longest first: one lesson's name may begin another's.
    for name in sorted(names, key=len, reverse=True):
        if path.stem.lower().startswith(name) or path.resolve().parent.name == name:
            return find_lesson(name, course)
    known = ", ".join(lesson.name for lesson in all_lessons(course, left_out=[]))
    cure = f"Name it first: `prep check LESSON {path}`"
    raise UsageError(f"{path} does not tell its lesson. {cure}. There are: {known}.")


def check_words(words: Sequence[str], seed: int | None = None, backend: str = "numpy") -> str:
    """The result of what the words mean, as text. It is noted in the learner's progress."""
    require(backend)
    target = find_target(words)
    if not target.path.is_file():
        made = f"`prep lab {target.lesson.name}` makes your own copy of the lesson."
        raise UsageError(f"There is no file {target.path}. {made}")
    asked = target.lesson
    if target.exercise:
        asked = replace(asked, exercises=(asked.exercise(target.exercise),))
    # Without isolation: it is the learner's own code, on the learner's own machine.
    with host_for(asked, "none", backend=backend) as host:
        host.start()  # while the checks are imported
        judge = Judge(asked, host, new_seed() if seed is None else seed, imported)
        result = judge.result(Submission("you", target.path))
    if result.status == "unreadable":
        raise PrepError(str(result.reason))
    note_attempts(target.lesson, result.exercises)
    if target.exercise:
        return card.text(result.exercises[0])
    return as_text(result)


def note_attempts(lesson: Lesson, scores: Sequence[Score]) -> None:
    """Note what was tried; an exercise that is not written yet is no attempt."""
    with Progress.here() as progress:
        for score in scores:
            if score.state != "unwritten":
                progress.attempt(lesson.name, score)


def as_text(result: Result) -> str:
    """The summary, then the cards of what was written and is not complete, then notes about the cells."""
    begun = [score for score in result.exercises if score.backend or score.state in ("wrong", "right")]
    cards = [card.text(score) for score in begun]
    notes = [f"note: {note.text}" for note in result.notes]
    return "\n\n".join([summary(result.exercises), *cards, *notes])


def summary(scores: Sequence[Score]) -> str:
    """How many exercises are in which state, the points, and a line for each exercise."""
    counts = Counter(score.state for score in scores)
    told = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    reached = sum(score.score for score in scores)
    possible = sum(score.max_score for score in scores)
    points = f"{reached:g} of {possible:g} points"
    lines = [f"  {MARKS[score.state]} {score.name:28} {score.state}" for score in scores]
    return "\n".join([f"{told}: {points}", *lines])
