"""Self-scoring: an own answer to a concept question, by the lines of its rubric, kept in the progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from grader import card
from grader.course.catalogue import Lesson, Question
from grader.desk.page import Below, Page, panel
from grader.desk.progress import WELL, Progress, Talk
from grader.errors import UsageError
from grader.style import FONT

_LINE = "prep-rubric-line"
# ipywidgets cuts the text of a box at the end of its line; on a phone that is most of it.
_WHOLE = f"""\
.{_LINE}, .{_LINE} label {{ height: auto; white-space: normal; line-height: 1.4; }}
.{_LINE} label {{ display: flex; align-items: flex-start; padding: 3px 0; }}
.{_LINE} input {{ flex: none; }}"""


def scored(question: Question, lines: Iterable[int]) -> float:
    """The points of an answer that mentions these lines, counted from 1; a red flag is a negative number.

    0 stands for none. UsageError for a line that there is not.
    """
    chosen = set(lines) - {0}
    for line in chosen:
        if not -len(question.red_flags) <= line <= len(question.must):
            flags = f", red flags -1 to -{len(question.red_flags)}" if question.red_flags else ""
            raise UsageError(f"There is no line {line}: points are 1 to {len(question.must)}{flags}, 0 for none.")
    mentioned = min(question.points, question.each * sum(line > 0 for line in chosen))
    return max(0.0, mentioned - sum(line < 0 for line in chosen))


def keep(lesson: Lesson, question: Question, lines: Sequence[int]) -> Talk:
    """Note a self-score in the progress."""
    chosen = tuple(sorted(set(lines) - {0}))
    talk = Talk(time.time(), lesson.name, question.slug, scored(question, chosen), question.points, chosen)
    with Progress.here() as progress:
        progress.score_talk(talk)
    return talk


def points(question: Question) -> Iterator[str]:
    """What an answer must mention, with the numbers to give: 1, 2, ..."""
    yield from (f"{number}  {point}" for number, point in enumerate(question.must, 1))


def red_flags(question: Question) -> Iterator[str]:
    """What costs a point, with the numbers to give: -1, -2, ..."""
    yield from (f"-{number}  {flag}" for number, flag in enumerate(question.red_flags, 1))


def numbered(question: Question) -> Iterator[str]:
    """All lines of the rubric."""
    yield from points(question)
    yield from red_flags(question)


def told(talk: Talk) -> Page:
    """What was kept, in a sentence."""
    points = f"{talk.points:g} of {talk.max_points:g} points"
    again = "" if talk.points >= WELL * talk.max_points else " It comes back in `prep review`."
    return panel(f"{talk.question}: {points} by your own score.", f"Kept in your progress.{again}")


def boxes(
    question: Question, keep_them: Callable[[Sequence[int]], Page], call: str, lines: Iterable[str] = ()
) -> Below:
    """The rubric's lines as boxes to tick, and a button that keeps them; `call` does the same in words.

    `lines` are told with the words, where the page above does not tell them.
    """
    how = f"Which did yours mention? `{call}` keeps your score; 0 for none, -1 for the first red flag."
    said = [*lines, how]
    shown = "<br>".join(map(card.prose, said))
    style = f"{FONT};max-width:760px;padding:6px 14px"
    return Below("\n".join(said), f'<div style="{style}">{shown}</div>', lambda show: _ticks(question, keep_them, call))


def _ticks(question: Question, keep_them: Callable[[Sequence[int]], Page], call: str) -> Any:
    from ipywidgets import HTML, Button, Checkbox, Layout, Output, VBox

    wide = Layout(width="auto")
    lines = [(number, point) for number, point in enumerate(question.must, 1)]
    lines += [(-number, f"red flag: {flag}") for number, flag in enumerate(question.red_flags, 1)]
    ticks = [Checkbox(description=text.replace("`", ""), indent=False, layout=wide) for _, text in lines]
    for tick in ticks:
        tick.add_class(_LINE)
    button, output = Button(description="Keep my score"), Output()

    def kept(_: object) -> None:
        chosen = [number for (number, _), tick in zip(lines, ticks, strict=True) if tick.value]
        output.clear_output()
        output.append_display_data(keep_them(chosen))

    button.on_click(kept)
    said = card.prose(f"What did yours mention? Tick it, or as text: `{call}`")
    return VBox([HTML(f"<style>{_WHOLE}</style>{said}"), *ticks, button, output])
