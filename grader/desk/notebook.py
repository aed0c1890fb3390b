"""What a learner calls in a notebook: check, hint, ready, status."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from grader import card
from grader.course.catalogue import Lesson
from grader.desk.here import lesson_of, name_of
from grader.desk.judges import judge_of
from grader.desk.kernel import check_function, failing_case
from grader.desk.notices import notice
from grader.desk.overview import status_html, status_text
from grader.desk.page import Page, panel
from grader.desk.progress import Progress
from grader.errors import PrepError, UsageError
from grader.judging.portability import require
from grader.verdict import Score

_passed: set[str] = set()  # the exercises whose core check passed in this kernel


def check(function: Callable[..., Any], backend: str = "numpy") -> Page:
    """The card of a function. Whatever goes wrong is said on the page.

    With `backend="strict"` (or `"cupy"`) the card also says whether a right answer would run on a
    GPU.
    """
    try:
        require(backend)
        name = getattr(function, "__name__", "")
        if not callable(function) or not isinstance(name, str) or not name:
            raise UsageError("check takes the function itself: check(roc_auc), without quotes and without calling it.")
        lesson = lesson_of(name)
        score = check_function(function, lesson, judge_of(lesson, backend))
        _keep(lesson, score)
    except (PrepError, OSError) as error:  # OSError: the system has no memory or process left
        return panel("This could not be checked.", str(error))
    return _card(lesson, score, notice(function))


def case(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The arguments of the first case that the last check of a function failed.

    `roc_auc(*case(roc_auc))` repeats the call.
    """
    return failing_case(function, judge_of(lesson_of(name_of(function))))


def _keep(lesson: Lesson, score: Score) -> None:
    """Note whether the core passed, for `ready`, and the attempt in the learner's progress."""
    _passed.discard(score.name)
    if score.checks[0].outcome == "passed":
        _passed.add(score.name)
    with Progress.here() as progress:
        progress.attempt(lesson.name, score)


def _card(lesson: Lesson, score: Score, notice: str = "") -> Page:
    with Progress.here() as progress:
        taken = progress.hints_taken(lesson.name, score.name)
    hints = lesson.hints.get(score.name, ())[taken : taken + 1] if not score.passed else ()
    next_step = notice
    if score.passed and lesson.approaches and not notice:
        next_step = f"reveal({score.name}) shows other right answers beside yours."
    return Page(card.text(score, hints, next_step), card.html(score, hints, next_step), score)


def hint(function: Callable[..., Any] | str) -> Page:
    """The next hint for an exercise."""
    name = name_of(function)
    try:
        return panel(f"Hint for {name}", next_hint(name))
    except PrepError as error:
        return panel("No hint.", str(error))


def next_hint(exercise: str) -> str:
    """The next hint's text, noted as taken; the last one again when all are."""
    lesson = lesson_of(exercise)
    steps = lesson.hints.get(exercise, ())
    if not steps:
        return "There is no hint for this one."
    with Progress.here() as progress:
        taken = progress.hints_taken(lesson.name, exercise)
        if taken < len(steps):
            progress.take_hint(lesson.name, exercise)
    number = min(taken, len(steps) - 1)
    return f"{number + 1} of {len(steps)}: {steps[number]}"


def ready(*functions: Callable[..., Any]) -> bool:
    """Whether the functions' core checks passed in this kernel."""
    missing = [function.__name__ for function in functions if function.__name__ not in _passed]
    if missing:
        run = ", ".join(f"check({name})" for name in missing)
        told = f"This part uses your {', '.join(missing)}. Run {run} first: it goes on once the first check passes."
        # JupyterLab breaks long lines in the middle of a word.
        print(textwrap.fill(told, 100, break_long_words=False))
    return not missing


def status() -> Page:
    """Progress, as a page."""
    try:
        return Page(status_text(), status_html())
    except PrepError as error:
        return panel("No progress to show.", str(error))
