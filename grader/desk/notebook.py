"""What a learner calls in a notebook: check, case, hint, reset, ready, status."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from grader import card
from grader.course.catalogue import Lesson
from grader.course.notebook_file import read_notebook
from grader.desk.here import lesson_of, name_of
from grader.desk.judges import judge_of
from grader.desk.kernel import check_function, failing_case
from grader.desk.notices import notice
from grader.desk.overview_html import status_html
from grader.desk.overview_text import status_text
from grader.desk.page import Page, code_block, panel
from grader.desk.progress import Progress
from grader.desk.row import Action, current, row
from grader.errors import PrepError, Unreadable, UsageError
from grader.judging.portability import require
from grader.style import PANEL
from grader.verdict import Score

_passed: set[str] = set()  # the exercises whose core check passed in this kernel


def check(function: Callable[..., Any], backend: str = "numpy") -> Page:
    """The card of a function. Whatever goes wrong is said on the page.

    With `backend="strict"` (or `"cupy"`) the card also says whether a right answer would run on a
    GPU.
    """
    try:
        require(backend)
        name = name_of(function)
        if not callable(function) or not name:
            raise UsageError("check takes the function itself: check(roc_auc), without quotes and without calling it.")
        lesson = lesson_of(name)
        score = check_function(function, lesson, judge_of(lesson, backend))
        _keep(lesson, score)
    except (PrepError, OSError) as error:  # OSError: the system has no memory or process left
        return panel("This could not be checked.", str(error))
    return _card(lesson, score, function)


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


def _card(lesson: Lesson, score: Score, function: Callable[..., Any]) -> Page:
    below = row(score.name, _actions(lesson, score, function))
    said = notice(function)
    return Page(card.text(score, said), card.html(score, said), score, below)


def _actions(lesson: Lesson, score: Score, function: Callable[..., Any]) -> Iterator[Action]:
    """What one may want next, below a card."""
    name = score.name
    with Progress.here() as progress:
        is_done = progress.standing(lesson.name, lesson.exercise(name)).done
    has_failed = score.state not in ("unwritten", "complete") and judge_of(lesson).failing.get(name) is not None
    has_hints = bool(lesson.hints.get(name)) and not score.passed
    yield Action("Check again", f"check({name})", "Grade it again", lambda: check(current(function)), replaces=True)
    yield Action("Next hint", f"hint({name})", "One of three", lambda: hint(name), has_hints)
    yield Action("Case", f"case({name})", "The arguments that failed", lambda: _shown_case(function), has_failed)
    told = "Other right answers beside yours, once yours has passed"
    can_reveal = bool(lesson.approaches) and is_done
    yield Action("Reveal", f"reveal({name})", told, lambda: _revealed(current(function)), can_reveal)
    can_reset = lesson.released.exists()
    yield Action("Reset", f"reset({name})", "The cell as it was handed out", lambda: reset(name), can_reset)


def _revealed(function: Callable[..., Any]) -> Page:
    from grader.desk.reveal import reveal

    return reveal(function)


def _shown_case(function: Callable[..., Any]) -> Page:
    """The failing case's arguments by their names, and how to go on with them."""
    try:
        args = case(function)
    except PrepError as error:
        return panel("No case.", str(error))
    name = function.__name__
    # Not inspect.signature: it evaluates the annotations, which may name nothing (PEP 649).
    code = getattr(inspect.unwrap(function), "__code__", None)
    names = list(code.co_varnames[: min(code.co_argcount, len(args))]) if code else []
    if len(names) != len(args):  # it takes *args, or is no function
        names = [f"argument {place}" for place in range(1, len(args) + 1)]
    values = "\n".join(f"{each} = {_value(value)}" for each, value in zip(names, args, strict=True))
    title = f"`{name}(*case({name}))` calls it with the case that failed:"
    shown = f'<div style="{PANEL}">{card.prose(title)}{code_block(values)}</div>'
    return Page(f"{title}\n{values}", shown)


def _value(value: Any) -> str:
    """A value of a case as one would type it, long arrays cut in the middle."""
    return str(getattr(value, "formula", "")) or repr(value)


def reset(exercise: Callable[..., Any] | str) -> Page:
    """An exercise's cell as it was handed out, to paste over one's own."""
    name = name_of(exercise)
    try:
        lesson = lesson_of(name)
        blank = {cell.grade_id: cell.source for cell in read_notebook(lesson.released)}[name]
    except (PrepError, Unreadable) as error:
        return panel("No blank cell.", str(error))
    title = f"The cell of {name} as it was handed out. Paste it over yours to begin again."
    how = f"`prep reset {lesson.name} {name}` in a terminal does it in the file, and keeps your notebook beside it."
    shown = f'<div style="{PANEL}"><strong>{escape(title)}</strong>{code_block(blank)}{card.prose(how)}</div>'
    return Page(f"{title}\n\n{blank}\n\n{how}", shown)


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


def status(level: str = "", minutes: float = 0, asked: str = "", topic: str = "") -> Page:
    """Progress, as a page; with words, of what they fit."""
    try:
        return Page(status_text(), status_html(level, minutes, asked, topic))
    except PrepError as error:
        return panel("No progress to show.", str(error))
