"""`reveal`, after an attempt: a concept question's mark scheme, or other right answers to an exercise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from html import escape
from typing import Any

from grader import card
from grader.course.catalogue import Question
from grader.course.cells import answer_id
from grader.course.notebook_file import read_notebook
from grader.desk.comparison import as_html, as_text, compared
from grader.desk.here import lesson_here, lesson_of, name_of, notebooks
from grader.desk.judges import judge_of
from grader.desk.page import Page, bullets, fold, panel, plain_list
from grader.desk.progress import Progress
from grader.desk.talk import boxes, keep, points, red_flags, told
from grader.errors import PrepError, Unreadable, UsageError
from grader.style import PANEL

_MUST, _FLAGS, _STRONG = "What a strong answer mentions", "Red flags", "A strong answer, said aloud"
_WEAK, _FOLLOW_UPS = "A weak candidate says", "Follow-ups: answer each before you unfold it"
_RELEASED = "this folder holds the released lesson only"


def reveal(item: str | Callable[..., Any], *lines: int) -> Page:
    """The mark scheme of a question, once it is answered.

    Other right answers, once an exercise passed. With numbers, a question's answer is scored by
    these lines of its rubric.
    """
    try:
        return _other_ways(item) if callable(item) else _mark_scheme(item, lines)
    except (PrepError, OSError) as error:
        return panel("Not yet.", str(error))


# --- other right answers --------------------------------------------------------------------------


def _other_ways(function: Callable[..., Any]) -> Page:
    name = name_of(function)
    lesson = lesson_of(name)
    if not lesson.reference:
        raise UsageError(f"Other right answers are with your instructor: {_RELEASED}.")
    exercise = lesson.exercise(name)
    with Progress.here() as progress:
        done = progress.standing(lesson.name, exercise).done
    if not done:
        shown = f"other answers are shown once check({name}) has passed"
        raise UsageError(f"First your own: {shown}. hint({name}) helps.")
    found = compared(function, lesson, judge_of(lesson).asked(exercise))
    title = f"{name}: yours and other right answers"
    if found.timed_on:
        title += f", with the time of one call on {found.timed_on}"
    shown = f'<div style="{PANEL}"><strong>{escape(title)}</strong>{as_html(found.ways)}</div>'
    return Page(f"{title}\n{as_text(found.ways)}", shown)


# --- the mark scheme ------------------------------------------------------------------------------


def _mark_scheme(slug: str, lines: Sequence[int]) -> Page:
    lesson = lesson_here()
    if not lesson.reference:
        raise UsageError(f"The points of a strong answer are with your instructor: {_RELEASED}.")
    question = lesson.question(slug)
    if not _answered(slug):
        first = "Write your own answer in the cell above first"
        raise UsageError(f"{first}, save the notebook (Ctrl+S), then run this again.")
    if lines:
        return told(keep(lesson, question, lines))
    call = f'reveal("{slug}", 1, 3)'
    score = boxes(question, lambda ticked: told(keep(lesson, question, ticked)), call)
    return Page(_as_text(question), _as_html(question), below=score)


def _answered(slug: str) -> bool:
    """Whether the answer's cell in the saved notebook holds more than its stub."""
    # In the file, since a kernel never sees the text of a Markdown cell.
    for notebook in notebooks():
        with suppress(Unreadable):
            for cell in read_notebook(notebook):
                if cell.grade_id == answer_id(slug):
                    return cell.is_written
    return False


def _must(question: Question) -> str:
    return f"{_MUST} ({question.rule})" if question.rule else _MUST


def _as_text(question: Question) -> str:
    return "\n".join(_lines(question))


def _lines(question: Question) -> Iterator[str]:
    yield f"{_must(question)}:"
    yield from points(question)
    if question.red_flags:
        yield f"{_FLAGS}:"
        yield from red_flags(question)
    if question.strong:
        yield f"{_STRONG}:\n{question.strong}"
    if question.weak:
        yield f"{_WEAK}:\n{question.weak}"
    if question.follow_ups:
        yield "Follow-ups:"
        for follow_up in question.follow_ups:
            yield f"- {follow_up.question} {follow_up.answer}".rstrip()


def _as_html(question: Question) -> str:
    """All folded away: first what it must mention, in it the answers, each behind a fold of its own."""
    parts = [plain_list(points(question))]
    if question.red_flags:
        parts.append(f"<strong>{_FLAGS}</strong>{plain_list(red_flags(question))}")
    if question.strong:
        parts.append(fold(f"<strong>{_STRONG}</strong>", card.prose(question.strong)))
    if question.weak:
        parts.append(fold(f"<strong>{_WEAK}</strong>", card.prose(question.weak)))
    if question.follow_ups:
        parts.append(f'<div style="margin-top:6px"><strong>{_FOLLOW_UPS}</strong></div>')
    for follow_up in question.follow_ups:
        asked = card.prose(follow_up.question)
        if follow_up.answer:
            parts.append(fold(asked, card.prose(follow_up.answer)))
        else:
            parts.append(bullets([follow_up.question]))
    title = f"<strong>{escape(_must(question))}</strong>"
    summary = f'<summary style="cursor:pointer">{title}</summary>'
    return f'<details style="{PANEL}">{summary}{"".join(parts)}</details>'
