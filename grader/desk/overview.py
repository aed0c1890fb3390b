"""How progress looks: a table for the terminal, a page for a notebook."""

from __future__ import annotations

import html
import io
import os
from urllib.parse import quote

from grader.course.catalogue import Lesson, find_course
from grader.desk.here import here
from grader.desk.progress import Standing, next_exercise, standings
from grader.errors import UsageError
from grader.style import BLUE, FONT, GREEN, GREY, edge, tint

_ALL_DONE = "All exercises are done. Read the follow-up questions aloud to somebody."
Table = list[tuple[Lesson, list[Standing]]]


# --- in words ---------------------------------------------------------------------------------------------------------


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _line(standing: Standing) -> str:
    """How one exercise stands, in a line."""
    state = "done" if standing.done else f"{standing.best:g} / {standing.exercise.points:g}"
    hints = f", {_count(standing.hints, 'hint')}" if standing.hints else ""
    mistakes = [f"; {word}: {', '.join(names)}" for word, names in (("mended", standing.mended), ("still there", standing.open)) if names]
    return f"{standing.exercise.name}: {state} after {_count(standing.attempts, 'attempt')}{hints}{''.join(mistakes)}"


def _tried(all_of: list[Standing]) -> list[str]:
    return [_line(standing) for standing in all_of if standing.attempts or standing.hints]


def _share(lesson: Lesson, all_of: list[Standing]) -> float:
    return sum(standing.best for standing in all_of) / (lesson.points or 1)


def _totals(lesson: Lesson, all_of: list[Standing]) -> tuple[str, str]:
    points = f"{sum(standing.best for standing in all_of):g} / {lesson.points:g} points"
    return points, f"{sum(standing.done for standing in all_of)} of {len(all_of)} exercises done"


# --- in the terminal --------------------------------------------------------------------------------------------------


def status_text() -> str:
    """Progress as lines of text: lessons, what was tried, what to do next."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.table import Table as Grid

    table = standings()
    console = Console(file=io.StringIO(), width=100, force_jupyter=False, color_system=None, highlight=False, emoji=False, markup=False)
    grid = Grid.grid(padding=(0, 2))
    for lesson, all_of in table:
        grid.add_row(lesson.title, ProgressBar(1.0, _share(lesson, all_of), width=20), *_totals(lesson, all_of))
    console.print(grid)
    for lesson, all_of in table:
        if _tried(all_of):
            console.print(f"\n{lesson.title}", Padding("\n".join(_tried(all_of)), (0, 0, 0, 2)), sep="\n")
    following = next_exercise(table)
    console.print(f"\nNext: {following[1].exercise.name} in {following[0].name} (prep lab {following[0].name})." if following else f"\n{_ALL_DONE}")
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


# --- in a notebook ----------------------------------------------------------------------------------------------------


def status_html() -> str:
    """Progress as a page: what to do next, a bar for each lesson, links that open it, mistakes made and mended."""
    table = standings()
    rows = "".join(_row(lesson, all_of) for lesson, all_of in table)
    return (
        f'<div style="{FONT};max-width:860px">{_next(table)}'
        f'<table style="border-collapse:collapse;table-layout:auto;width:100%;margin:0;{FONT}">{rows}</table></div>'
    )


def _next(table: Table) -> str:
    following = next_exercise(table)
    words = f"Next: <strong>{html.escape(following[1].exercise.name)}</strong> in {_link(following[0])}" if following else _ALL_DONE
    style = f"margin:0 0 8px;padding:8px 12px;border-radius:4px;background:{tint(BLUE, 0.1)};{edge(BLUE)}"
    return f'<div style="{style}">{words}</div>'


def _row(lesson: Lesson, all_of: list[Standing]) -> str:
    share = _share(lesson, all_of)
    filled = f'<div style="width:{100 * share:.0f}%;height:10px;background:{tint(GREEN, 0.9)};border-radius:5px"></div>'
    bar = f'<div style="width:140px;height:10px;margin-top:5px;background:{tint(GREY, 0.25)};border-radius:5px">{filled}</div>'
    points, done = _totals(lesson, all_of)
    tried = "".join(f'<div style="opacity:.75">{html.escape(line)}</div>' for line in _tried(all_of))
    cell = '<td style="text-align:left;vertical-align:top;padding:6px 12px 6px 0'
    return (
        f'<tr style="background:transparent;border-top:1px solid {tint(GREY, 0.35)}">{cell}">{_link(lesson)}{tried}</td>'
        f'{cell}">{bar}</td>{cell};white-space:nowrap">{points}</td>{cell};white-space:nowrap">{done}</td></tr>'
    )


def _link(lesson: Lesson) -> str:
    """A link to the learner's own copy, relative to the notebook: JupyterLab opens it beside."""
    try:
        path = os.path.relpath(find_course(here()) / "work" / lesson.name / f"{lesson.name}.ipynb", here())
    except UsageError:
        path = lesson.notebook.name
    return f'<a href="{quote(path.replace(os.sep, "/"))}">{html.escape(lesson.title)}</a>'
