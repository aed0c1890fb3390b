"""`cost`: what a right answer costs in time and memory, as a question with shuffled options."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from string import ascii_lowercase
from typing import Any

from grader.course.catalogue import Cost
from grader.desk.here import lesson_of, name_of
from grader.desk.page import Page, panel
from grader.desk.progress import Progress
from grader.desk.row import Action, row
from grader.errors import PrepError, UsageError


def cost(exercise: Callable[..., Any] | str, letter: str | None = None) -> Page:
    """The options for an exercise, or with a letter whether it is the right one, and why."""
    name = name_of(exercise)
    try:
        return _judged(name, letter) if letter else _asked(name)
    except PrepError as error:
        return panel("No question about costs.", str(error))


def _question(name: str) -> tuple[str, Cost]:
    """The lesson of an exercise, and its question."""
    lesson = lesson_of(name)
    if name not in lesson.costs:
        raise UsageError(f"There is no question about the cost of {name}.")
    return lesson.name, lesson.costs[name]


def options(name: str) -> dict[str, str]:
    """The options by their letters, in an order that is the same at every call and tells nothing."""
    _, question = _question(name)

    def place(option: str) -> bytes:
        return hashlib.sha256(f"{name} {option}".encode()).digest()

    return dict(zip(ascii_lowercase, sorted(question.options, key=place), strict=False))


def _asked(name: str) -> Page:
    told = options(name)
    page = panel(f"What does {name} cost?", "\n".join(f"({letter}) {option}" for letter, option in told.items()))
    actions = [Action(letter, f'cost({name}, "{letter}")', "Answer", partial(cost, name, letter)) for letter in told]
    return replace(page, below=row(f"cost {name}", actions, f'Answer with `cost({name}, "a")`.'))


def _judged(name: str, letter: str) -> Page:
    _, question = _question(name)
    verdict = "Right." if is_right(name, letter) else f"Not {letter.strip(' ()').lower()}."
    return panel(verdict, f"{question.options[0]}: {question.reason}")


def is_right(name: str, letter: str) -> bool:
    """Whether that option is the right one, noted in the progress. UsageError where there is no such option."""
    lesson, question = _question(name)
    known = options(name)
    chosen = letter.strip(" ()").lower()
    if chosen not in known:
        raise UsageError(f"There is no option {letter!r}. There are: {', '.join(known)}.")
    right = known[chosen] == question.options[0]
    with Progress.here() as progress:
        progress.answer_cost(lesson, name, right)
    return right
