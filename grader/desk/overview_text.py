"""The overview in a terminal: the summary first, a strip of marks for each lesson, then what was begun."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from grader.desk import colour
from grader.desk.colour import AMBER, BOLD, FAINT, MARKS
from grader.desk.overview import Overview, Row, Tile, line, overview, summary, totals
from grader.verdict import State

ALL_DONE = "All exercises are done. Read the follow-up questions aloud to somebody."


def status_text(colours: bool = False) -> str:
    """Progress as lines of text."""
    return as_text(overview(), colours)


def as_text(shown: Overview, colours: bool = False) -> str:
    """The overview as lines of text."""
    return "\n".join(_lines(shown, colours))


def _lines(shown: Overview, colours: bool) -> Iterator[str]:
    def paint(text: str, code: str) -> str:
        return colour.paint(text, code) if colours else text

    def mark(state: State) -> str:
        return colour.mark(state) if colours else MARKS[state]

    def strip(tiles: tuple[Tile, ...]) -> str:
        return "".join(mark(tile.state) for tile in tiles)

    yield paint(summary(shown), BOLD)
    if shown.due:
        yield paint(f"Due for review today: {len(shown.due)} (prep review).", AMBER)
    yield paint(_next(shown), BOLD)
    yield ""
    yield from _table(shown.rows, strip)
    legend = ", ".join(f"{mark(state)} {state}" for state in MARKS)
    yield paint("Exercises, then questions: ", FAINT) + legend
    for row in shown.rows:
        begun = [(tile, line(tile)) for tile in row.tiles if line(tile)]
        if begun:
            yield f"\n{paint(row.outline.title, BOLD)}"
            yield from (f"  {mark(tile.state)} {told}" for tile, told in begun)


def _table(rows: Sequence[Row], strip: Callable[[tuple[Tile, ...]], str]) -> Iterator[str]:
    """A line for each lesson: its name, its marks as `strip` paints them, its points and exercises."""
    columns = zip(*map(_columns, rows), strict=True)
    widths = [max(map(len, column), default=0) for column in columns]
    for row in rows:
        title, marks, *others = _columns(row)
        painted = strip(row.exercises) + "  " + strip(row.questions)
        # Filled up by the plain text: the codes of colours have a length, and no width.
        cells = [title.ljust(widths[0]), painted + " " * (widths[1] - len(marks))]
        cells += [text.ljust(width) for text, width in zip(others, widths[2:], strict=True)]
        yield "  ".join(cells).rstrip()


def _columns(row: Row) -> list[str]:
    return [row.name, f"{_marks(row.exercises)}  {_marks(row.questions)}", *totals(row)[:2]]


def _marks(tiles: Iterable[Tile]) -> str:
    return "".join(MARKS[tile.state] for tile in tiles)


def _next(shown: Overview) -> str:
    if not shown.following:
        return ALL_DONE
    row, tile = shown.following
    if tile.part.kind == "question":
        return f"All exercises are done. Next: the question {tile.part.name} in {row.name} (prep lab {row.name})."
    return f"Next: {tile.part.name} in {row.name} (prep lab {row.name})."
