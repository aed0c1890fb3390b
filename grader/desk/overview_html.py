"""The overview as HTML: tiles by lesson with links to their cells.

Styles are inline and nothing moves, so that it looks the same in a notebook that nobody trusts, in
a file, and on the page to start from, which adds what a whole page may have.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote

from grader.desk.here import here
from grader.desk.overview import (
    EVERYTHING,
    Filter,
    Overview,
    Row,
    Tile,
    duration,
    heading,
    line,
    overview,
    summary,
    totals,
)
from grader.desk.overview_text import ALL_DONE
from grader.desk.page import fold
from grader.style import AMBER, BLUE, FONT, GREY, STATES, edge, tint
from grader.verdict import State

OFFLINE = "Everything here works offline. There is no account, and nothing is sent anywhere."
COLOURS: dict[State, str] = {state: colour for state, (colour, _) in STATES.items()}
_MARKS: dict[State, str] = {state: mark for state, (_, mark) in STATES.items()}
_TILES = "display:flex;flex-wrap:wrap;gap:6px;margin:4px 0"
Address = Callable[[Path, str], str]  # of a cell ("" for the top) of a notebook


def status_html(level: str = "", minutes: float = 0, asked: str = "", topic: str = "") -> str:
    """Progress for a notebook's cell; with words, only the exercises and questions that they fit."""
    return body(overview(), beside(here()), Filter(level, minutes, asked, topic))


def beside(folder: Path) -> Address:
    """Addresses relative to a folder, as front ends follow them from a notebook in it."""

    def address(notebook: Path, cell: str) -> str:
        path = quote(os.path.relpath(notebook, folder).replace(os.sep, "/"))
        return f"{path}#cell-id={quote(cell)}" if cell else path

    return address


def body(shown: Overview, address: Address, wanted: Filter = EVERYTHING) -> str:
    """The summary, what comes next and what is due, the legend, and each lesson with its tiles."""
    rows = ""
    for row in shown.rows:
        if tiles := [tile for tile in row.tiles if wanted.fits(row, tile)]:
            rows += _row(row, tiles, address)
    top = f'<div style="margin:0 0 8px"><strong>{escape(summary(shown))}</strong></div>'
    above = top + _next(shown, address) + _due(shown) + _legend()
    return f'<div style="{FONT};max-width:960px">{above}{rows}</div>'


def whole_page(title: str, style: str, content: str) -> str:
    """A page of its own, readable on a phone."""
    # Without the second a phone shows a page as wide as a desktop's, and letters too small to read.
    head = '<meta charset="utf-8">'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{title}</title><style>{style}</style>"
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{content}</body></html>'


def _next(shown: Overview, address: Address) -> str:
    words = ALL_DONE
    if shown.following:
        row, tile = shown.following
        title = f"<strong>{escape(tile.part.title)}</strong>"
        link = _link(address(row.notebook, tile.part.cell), title)
        words = f"Next: {link} in {escape(row.outline.title)} ({escape(heading(tile.part))})"
        if tile.part.kind == "question":
            words = f"All exercises are done. {words}"
    return _box(words, BLUE)


def _due(shown: Overview) -> str:
    if not shown.due:
        return ""
    names = ", ".join(dict.fromkeys(escape(item.key.name) for item in shown.due))
    what = f"<strong>{len(shown.due)} due for review today</strong>: {names}"
    return _box(f"{what}. <span>prep review</span> writes them, blank, into a notebook.", AMBER)


def _box(words: str, colour: str) -> str:
    style = "margin:0 0 8px;padding:8px 12px;border-radius:4px"
    style += f";background:{tint(colour, 0.1)};{edge(colour)}"
    return f'<div style="{style}">{words}</div>'


def _legend() -> str:
    chip = "display:inline-block;padding:0 8px;border-radius:4px"
    chips = " ".join(
        f'<span style="{chip};background:{tint(COLOURS[state], 0.18)}">{mark} {state}</span>'
        for state, mark in _MARKS.items()
    )
    told = f'<div style="margin:0 0 8px;opacity:.75">A tile leads to its cell. {OFFLINE}</div>'
    return f'{told}<div style="margin:0 0 4px">{chips} &nbsp;↻ due for review</div>'


def _row(row: Row, tiles: list[Tile], address: Address) -> str:
    title = _link(address(row.notebook, ""), f"<strong>{escape(row.outline.title)}</strong>")
    left = f"{duration(row.minutes_left)} left" if row.minutes_left else ""
    told = " · ".join(filter(None, [*totals(row), left]))
    head = f'<div>{title} <span style="opacity:.75">{escape(told)}</span></div>'
    lines = "".join(_line_of(kind, row, tiles, address) for kind in ("exercise", "question"))
    begun = "".join(f"<div>{escape(text)}</div>" for tile in tiles if (text := line(tile)))
    begun = fold("How it went", begun) if begun else ""
    style = f"padding:8px 0;border-top:1px solid {tint(GREY, 0.35)}"
    data = f'class="lesson" data-topics="{escape("|".join(row.outline.topics))}"'
    return f'<div {data} style="{style}">{head}{lines}{begun}</div>'


def _line_of(kind: str, row: Row, tiles: list[Tile], address: Address) -> str:
    # Questions are longer than names: in one line with them a name's tile would be as high.
    cells = "".join(_tile(row, tile, address) for tile in tiles if tile.part.kind == kind)
    return f'<div style="{_TILES}">{cells}</div>'


def _tile(row: Row, tile: Tile, address: Address) -> str:
    part = tile.part
    colour = COLOURS[tile.state]
    title = part.title if part.kind == "exercise" else f"Q. {part.title}"
    due = " ↻" if tile.is_due else ""
    told = f"{_MARKS[tile.state]} {title}{due}"
    style = "display:block;max-width:260px;padding:3px 9px;border-radius:4px"
    style += f";background:{tint(colour, 0.18)};{edge(colour)};text-decoration:none;color:inherit"
    style += ";overflow-wrap:anywhere"  # a function's name is one long word, wider than a phone's tile
    small = f'<span style="display:block;opacity:.75;font-size:11px">{escape(heading(part))}</span>'
    # What the start page filters by.
    data = (
        f'class="tile" data-level="{part.difficulty}" data-minutes="{part.minutes:g}"'
        f' data-asked="{part.asked}" data-state="{tile.state}" data-due="{int(tile.is_due)}"'
        f' title="{escape(line(tile) or tile.state)}"'
    )
    href = escape(address(row.notebook, part.cell))
    return f'<a {data} href="{href}" style="{style}">{escape(told)}{small}</a>'


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{words}</a>'
