"""How progress looks: a table for the terminal, a page for a notebook."""

from __future__ import annotations

import html
import io
import os
from typing import Any
from urllib.parse import quote

from grader.course.catalogue import Lesson, find_course
from grader.desk.here import here
from grader.desk.progress import Standing, next_exercise, standings
from grader.errors import UsageError
from grader.style import BLUE, FONT, GREEN, GREY, edge, tint

_ALL_DONE = "All exercises are done. Read the follow-up questions aloud to somebody."
Table = list[tuple[Lesson, list[Standing]]]


# --- in words -------------------------------------------------------------------------------------


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _line(standing: Standing) -> str:
    """How one exercise stands, in a line."""
    state = "done" if standing.done else f"{standing.best:g} / {standing.exercise.points:g}"
    hints = f", {_count(standing.hints, 'hint')}" if standing.hints else ""
    mended = f"; mended: {', '.join(standing.mended)}" if standing.mended else ""
    still = f"; still there: {', '.join(standing.open)}" if standing.open else ""
    attempts = _count(standing.attempts, "attempt")
    return f"{standing.exercise.name}: {state} after {attempts}{hints}{mended}{still}"


def _tried(all_of: list[Standing]) -> list[str]:
    return [_line(standing) for standing in all_of if standing.attempts or standing.hints]


def _share(lesson: Lesson, all_of: list[Standing]) -> float:
    return sum(standing.best for standing in all_of) / (lesson.points or 1)


def _totals(lesson: Lesson, all_of: list[Standing]) -> tuple[str, str]:
    points = f"{sum(standing.best for standing in all_of):g} / {lesson.points:g} points"
    return points, f"{sum(standing.done for standing in all_of)} of {len(all_of)} exercises done"


# --- in the terminal ------------------------------------------------------------------------------


def status_text() -> str:
    """Progress as lines of text: lessons, what was tried, what to do next."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.table import Table as Grid

    table = standings()
    plain: dict[str, Any] = {"color_system": None, "highlight": False, "emoji": False, "markup": False}
    console = Console(file=io.StringIO(), width=100, force_jupyter=False, **plain)
    grid = Grid.grid(padding=(0, 2))
    for lesson, all_of in table:
        bar = ProgressBar(1.0, _share(lesson, all_of), width=20)
        grid.add_row(lesson.title, bar, *_totals(lesson, all_of))
    console.print(grid)
    for lesson, all_of in table:
        tried = _tried(all_of)
        if tried:
            indented = Padding("\n".join(tried), (0, 0, 0, 2))
            console.print(f"\n{lesson.title}", indented, sep="\n")
    console.print(f"\n{_next_text(table)}")
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _next_text(table: Table) -> str:
    following = next_exercise(table)
    if not following:
        return _ALL_DONE
    lesson, standing = following
    return f"Next: {standing.exercise.name} in {lesson.name} (prep lab {lesson.name})."


# --- in a notebook --------------------------------------------------------------------------------


def status_html() -> str:
    """Progress as a page: what to do next, a bar for each lesson, links that open it, mistakes made."""
    table = standings()
    rows = "".join(_row(lesson, all_of) for lesson, all_of in table)
    style = f"border-collapse:collapse;table-layout:auto;width:100%;margin:0;{FONT}"
    grid = f'<table style="{style}">{rows}</table>'
    return f'<div style="{FONT};max-width:860px">{_next_html(table)}{grid}</div>'


def _next_html(table: Table) -> str:
    following = next_exercise(table)
    words = _ALL_DONE
    if following:
        lesson, standing = following
        words = f"Next: <strong>{html.escape(standing.exercise.name)}</strong> in {_link(lesson)}"
    box = f"margin:0 0 8px;padding:8px 12px;border-radius:4px;background:{tint(BLUE, 0.1)}"
    style = f"{box};{edge(BLUE)}"
    return f'<div style="{style}">{words}</div>'


def _row(lesson: Lesson, all_of: list[Standing]) -> str:
    points, done = _totals(lesson, all_of)
    tried = "".join(f'<div style="opacity:.75">{html.escape(line)}</div>' for line in _tried(all_of))
    cell = '<td style="text-align:left;vertical-align:top;padding:6px 12px 6px 0'
    cells = [
        f'{cell}">{_link(lesson)}{tried}</td>',
        f'{cell}">{_bar(_share(lesson, all_of))}</td>',
        f'{cell};white-space:nowrap">{points}</td>',
        f'{cell};white-space:nowrap">{done}</td>',
    ]
    style = f"background:transparent;border-top:1px solid {tint(GREY, 0.35)}"
    return f'<tr style="{style}">{"".join(cells)}</tr>'


def _bar(share: float) -> str:
    style = f"height:10px;background:{tint(GREEN, 0.9)};border-radius:5px"
    filled = f'<div style="width:{100 * share:.0f}%;{style}"></div>'
    style = f"width:140px;height:10px;margin-top:5px;background:{tint(GREY, 0.25)};border-radius:5px"
    return f'<div style="{style}">{filled}</div>'


def _link(lesson: Lesson) -> str:
    """A link to the learner's own copy, relative to the notebook: JupyterLab opens it beside."""
    try:
        mine = find_course(here()) / "work" / lesson.name / f"{lesson.name}.ipynb"
        path = os.path.relpath(mine, here())
    except UsageError:
        path = lesson.notebook.name
    return f'<a href="{quote(path.replace(os.sep, "/"))}">{html.escape(lesson.title)}</a>'
