"""`prep export`: a learner's record as one HTML file to read and one JSON file, both or none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from grader.course.catalogue import find_course
from grader.course.files import stamp, write_together
from grader.desk.here import here
from grader.desk.overview import Overview, Tile, overview, summary
from grader.desk.overview_html import beside, body, whole_page
from grader.desk.progress import Progress
from grader.errors import PrepError, UsageError

FORMAT = 1  # of the JSON; a change that breaks readers raises it
_STYLE = """\
:root { color-scheme: light dark; }
body { background: Canvas; color: CanvasText; margin: 0 auto; padding: 16px; max-width: 980px;
  font: 14px/1.5 system-ui, sans-serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 2px 14px 2px 0; white-space: nowrap; }
"""
# What the page tells of the history: a heading, the table, and its columns as they are headed.
_TOLD = (
    ("Attempts", "attempts", {"at": "when", "lesson": "lesson", "exercise": "exercise", "score": "points",
                              "max_score": "of", "state": "state", "mistake": "known mistake"}),
    ("Questions, by your own score", "talks", {"at": "when", "lesson": "lesson", "question": "question",
                                               "points": "points", "max_points": "of"}),
    ("Mistakes reviewed", "reviews", {"at": "when", "lesson": "lesson", "exercise": "exercise",
                                      "mistake": "known mistake", "is_right": "right"}),
    ("Mock interviews", "interviews", {"started": "when", "name": "interview"}),
)  # fmt: skip


def export(file: Path | None) -> str:
    """Write the record; the sentence that comes back says where. A file that is there is never overwritten."""
    page, data = _paths(file)
    for path in (page, data):
        if path.exists():
            raise UsageError(f"There is a {path} already: name another file, or move it.")
    shown = overview()
    with Progress.here() as progress:
        history = progress.history()
    record = json.dumps(as_json(shown, history), ensure_ascii=False, indent=1)
    try:
        write_together({page: as_html(shown, history, page.parent).encode(), data: f"{record}\n".encode()})
    except OSError as error:
        raise PrepError(f"The record could not be written to {page.parent}: {error.strerror}.") from error
    return f"Your record: {page} to read, {data.name} beside it for programs."


def _paths(file: Path | None) -> tuple[Path, Path]:
    if file is None:
        name = f"record {stamp()}"
        folder = find_course(here()) / "work"
    else:
        name = file.stem if file.suffix in (".html", ".json") else file.name
        folder = file.parent
    return folder / f"{name}.html", folder / f"{name}.json"


def as_json(shown: Overview, history: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The record as data: how every exercise and question stands, and all that was noted on the way."""
    return {
        "format": FORMAT,
        "written": _when(time.time()),
        "summary": summary(shown),
        "lessons": [
            {
                "lesson": row.name,
                "title": row.outline.title,
                "exercises": [*map(_standing, row.exercises)],
                "questions": [*map(_facts, row.questions)],
            }
            for row in shown.rows
        ],
        "history": history,
    }


def _facts(tile: Tile) -> dict[str, Any]:
    return {"name": tile.part.name, "state": tile.state, "score": tile.score, "points": tile.part.points}


def _standing(tile: Tile) -> dict[str, Any]:
    standing = tile.standing
    assert standing
    return {
        **_facts(tile),
        "attempts": standing.attempts,
        "hints": standing.hints,
        "mistakes_fixed": list(standing.mended),
        "mistakes_open": list(standing.open),
    }


def as_html(shown: Overview, history: Mapping[str, list[dict[str, Any]]], folder: Path) -> str:
    """The record as a page: the overview, then the history in tables."""
    tables = "".join(_table(title, history.get(name, ()), columns) for title, name, columns in _TOLD)
    top = f"<h1>Record of {time.strftime('%Y-%m-%d')}</h1>"
    return whole_page("Record", _STYLE, f"{top}{body(shown, beside(folder))}{tables}") + "\n"


def _table(title: str, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    lines = "".join(f"<tr>{''.join(_cells(row, columns))}</tr>" for row in rows)
    if not lines:
        return ""
    headed = "".join(f"<th>{name}</th>" for name in columns.values())
    return f'<h2>{title}</h2><div class="scroll"><table><tr>{headed}</tr>{lines}</table></div>'


def _cells(row: Mapping[str, Any], columns: Mapping[str, str]) -> Iterator[str]:
    for column, name in columns.items():
        value = row[column]
        if name == "when":
            text = _when(value)
        elif name == "right":
            text = "yes" if value else "no"
        elif value is None:
            text = ""
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
        yield f"<td>{escape(text)}</td>"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
