"""A learner's progress: every attempt and every hint, in a small SQLite database beside the work."""

from __future__ import annotations

import html
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalogue import Exercise, Lesson, find_course, lessons
from grader.errors import UsageError
from grader.verdict import Score

_SCHEMA = """
create table if not exists attempts (
    at real not null, lesson text not null, exercise text not null, score real not null, max_score real not null, mistake text);
create table if not exists hints (at real not null, lesson text not null, exercise text not null);
create index if not exists attempts_by_exercise on attempts (exercise, at);
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an exercise stands: the best score so far, the number of attempts, mistakes made and since mended."""

    exercise: Exercise
    best: float
    attempts: int
    mistakes: tuple[str, ...]

    @property
    def done(self) -> bool:
        return self.best >= self.exercise.points


class Progress:
    """The database in a file; what cannot be kept (a read-only folder, a full disk) never stands in a learner's way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=5, isolation_level=None)
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db = sqlite3.connect(":memory:", isolation_level=None)
            self._db.executescript(_SCHEMA)

    @classmethod
    @contextmanager
    def here(cls) -> Iterator[Progress]:
        """The progress kept in the course's work/, or beside a lesson that came without a course."""
        progress = cls(_folder() / "progress.sqlite")
        try:
            yield progress
        finally:
            progress._db.close()

    def attempt(self, lesson: str, score: Score) -> None:
        """Note an attempt at an exercise."""
        self._note("insert into attempts values (?, ?, ?, ?, ?, ?)", (time.time(), lesson, score.name, score.score, score.max_score, score.mistake))

    def take_hint(self, lesson: str, exercise: str) -> None:
        """Note that a hint was taken."""
        self._note("insert into hints values (?, ?, ?)", (time.time(), lesson, exercise))

    def hints_taken(self, exercise: str) -> int:
        """How many hints were taken for an exercise."""
        return int(self._db.execute("select count(*) from hints where exercise = ?", (exercise,)).fetchone()[0])

    def standing(self, lesson: str, exercise: Exercise) -> Standing:
        """How an exercise stands."""
        rows = self._db.execute(
            "select score, mistake from attempts where lesson = ? and exercise = ? order by at", (lesson, exercise.name)
        ).fetchall()
        mistakes = tuple(dict.fromkeys(mistake for _, mistake in rows if mistake))
        return Standing(exercise, max((score for score, _ in rows), default=0.0), len(rows), mistakes)

    def _note(self, statement: str, values: tuple[object, ...]) -> None:
        with suppress(sqlite3.Error):  # a full disk must not keep a learner from their card
            self._db.execute(statement, values)


def _folder() -> Path:
    try:
        work = find_course(Path.cwd()) / "work"
    except UsageError:
        return Path.cwd()
    if not work.is_dir():
        try:
            work.mkdir(exist_ok=True)
        except OSError:
            return Path.cwd()
    return work


def standings() -> list[tuple[Lesson, list[Standing]]]:
    """Every lesson with the standing of its exercises."""
    with Progress.here() as progress:
        return [(lesson, [progress.standing(lesson.name, exercise) for exercise in lesson.exercises]) for lesson in lessons(find_course())]


def next_exercise(table: list[tuple[Lesson, list[Standing]]]) -> tuple[Lesson, Standing] | None:
    """What to do next: the first exercise, in the course's order, that is not done."""
    return next(((lesson, standing) for lesson, all_of in table for standing in all_of if not standing.done), None)


def _advice(table: list[tuple[Lesson, list[Standing]]]) -> str:
    following = next_exercise(table)
    if not following:
        return "All exercises are done. Read the follow-up questions aloud to somebody."
    lesson, standing = following
    return f"Next: {standing.exercise.name} in {lesson.name} (`prep lab {lesson.name}`)."


def status_text() -> str:
    """Progress as lines of text."""
    table = standings()
    lines = []
    for lesson, all_of in table:
        best, points = sum(s.best for s in all_of), lesson.points
        lines.append(f"{lesson.title}  {best:g} / {points:g} points, {sum(s.done for s in all_of)} of {len(all_of)} exercises done")
        lines += [f"    {_line(s)}" for s in all_of if s.attempts]
    return "\n".join([*lines, _advice(table)])


def _line(standing: Standing) -> str:
    state = "done" if standing.done else f"{standing.best:g} / {standing.exercise.points:g}"
    mended = "mended" if standing.done else "still there"
    mistakes = f"; {mended}: {', '.join(standing.mistakes)}" if standing.mistakes else ""
    return f"{standing.exercise.name}: {state} after {standing.attempts} attempt{'s' * (standing.attempts != 1)}{mistakes}"


def status_html() -> str:
    """Progress as a page: a bar for each lesson, links that open it, mistakes made and mended."""
    table = standings()
    rows = "".join(_row(lesson, all_of) for lesson, all_of in table)
    font = "font-family:system-ui,sans-serif;font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px"
    style = f"border-collapse:collapse;line-height:1.6;{font}"
    return f'<div style="max-width:860px;{font}"><table style="{style}">{rows}</table><p>{html.escape(_advice(table))}</p></div>'


def _row(lesson: Lesson, all_of: list[Standing]) -> str:
    share = 100 * sum(s.best for s in all_of) / (lesson.points or 1)
    filled = f'<div style="width:{share:.0f}%;height:10px;background:rgb(46,125,50);border-radius:5px"></div>'
    bar = f'<div style="width:160px;height:10px;background:rgba(128,128,128,.25);border-radius:5px">{filled}</div>'
    link = f'<a href="../{lesson.name}/{lesson.name}.ipynb">{html.escape(lesson.title)}</a>'
    details = "<br>".join(html.escape(_line(s)) for s in all_of if s.attempts)
    cell = '<td style="text-align:left;vertical-align:top;padding:6px 12px 6px 0">'
    return f'<tr style="background:transparent">{cell}{link}</td>{cell}{bar}</td>{cell}{share:.0f}%</td>{cell}<small>{details}</small></td></tr>'


def refresh_page() -> None:
    """Write work/progress.html anew, whole or not at all; where it cannot be written, the old one stays."""
    path = _folder() / "progress.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Your progress</title><meta name="color-scheme" content="light dark">'
    page = f'{head}<body style="margin:24px">{status_html()}'.replace('href="../', 'href="')
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with suppress(OSError, UsageError):
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
