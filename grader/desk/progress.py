"""A learner's progress: every attempt, hint, self-score and interview, in a SQLite file beside the work."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, get_args

from grader.course.catalogue import find_course
from grader.course.files import stamp
from grader.desk.here import here
from grader.errors import UsageError
from grader.verdict import Score, State

_SCHEMA = """
create table if not exists attempts (
    at real not null, lesson text not null, exercise text not null,
    score real not null, max_score real not null, mistake text, state text);
create table if not exists hints (at real not null, lesson text not null, exercise text not null);
create table if not exists costs (
    at real not null, lesson text not null, exercise text not null, is_right integer not null);
create table if not exists talks (
    at real not null, lesson text not null, question text not null,
    points real not null, max_points real not null, lines text not null);
create table if not exists reviews (
    at real not null, lesson text not null, exercise text not null, mistake text not null, is_right integer not null);
create table if not exists interviews (name text primary key, started real not null, plan text not null);
create table if not exists interview_notes (
    at real not null, interview text not null, kind text not null, item text not null, content text not null);
create index if not exists attempts_by_exercise on attempts (exercise, at);
"""
_VERSION = 3  # of the tables; a file of an older version is brought up to date, and a copy of it kept


STATES: tuple[State, ...] = get_args(State)  # from unwritten to complete
WELL = 0.75  # of a question's points: from there on it counts as answered well


class Named(Protocol):
    """A lesson, or its outline."""

    @property
    def name(self) -> str: ...


class Task(Named, Protocol):
    """An exercise, or what its lesson's outline has of it."""

    @property
    def points(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Talk:
    """How a learner scored an answer to a concept question: the lines of the rubric, counted from 1.

    Red flags are negative.
    """

    at: float
    lesson: str
    question: str
    points: float
    max_points: float
    lines: tuple[int, ...] = ()

    @property
    def state(self) -> State:
        """How well the question is answered, in the words for exercises."""
        if self.points >= self.max_points:
            return "complete"
        return "right" if self.points >= WELL * self.max_points else "wrong"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an exercise stands: its best score, attempts, hints taken, mistakes mended and still there.

    `state` is the best that an attempt reached.
    """

    exercise: Task
    best: float = 0.0
    attempts: int = 0
    hints: int = 0
    mended: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    state: State = "unwritten"

    @property
    def done(self) -> bool:
        return self.best >= self.exercise.points


class Progress:
    """The database in a file.

    What cannot be kept (a read-only folder, a full disk) never stands in a learner's way.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = _connect(path)
        except sqlite3.OperationalError:
            # A folder that cannot be written, a full disk: this once is all there is.
            self._db = _connect(":memory:")
        except sqlite3.DatabaseError:
            self._db = _connect(path if _put_aside(path) else ":memory:")

    @classmethod
    @contextmanager
    def here(cls) -> Iterator[Progress]:
        """The progress kept in the course's work/, or beside a lesson that came without a course."""
        progress = cls(_folder() / "progress.sqlite")
        try:
            yield progress
        finally:
            progress.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def attempt(self, lesson: str, score: Score) -> None:
        """Note an attempt at an exercise."""
        # What is not written yet is no attempt: running a fresh notebook from top to bottom notes none.
        if score.state == "unwritten":
            return
        self._note(
            "insert into attempts (at, lesson, exercise, score, max_score, mistake, state)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            time.time(),
            lesson,
            score.name,
            score.score,
            score.max_score,
            score.mistake,
            score.state,
        )

    def take_hint(self, lesson: str, exercise: str) -> None:
        """Note that a hint was taken."""
        self._note("insert into hints values (?, ?, ?)", time.time(), lesson, exercise)

    def answer_cost(self, lesson: str, exercise: str, is_right: bool) -> None:
        """Note an answer to the question what an exercise costs."""
        self._note("insert into costs values (?, ?, ?, ?)", time.time(), lesson, exercise, is_right)

    def score_talk(self, talk: Talk) -> None:
        """Note how a learner scored an own answer to a concept question."""
        lines = json.dumps(talk.lines)
        values = (talk.lesson, talk.question, talk.points, talk.max_points, lines)
        self._note("insert into talks values (?, ?, ?, ?, ?, ?)", talk.at or time.time(), *values)

    def talks(self) -> list[Talk]:
        """All self-scores, the oldest first."""
        rows = self._rows("select at, lesson, question, points, max_points, lines from talks order by at")
        return [
            Talk(at, lesson, question, points, most, tuple(json.loads(lines)))
            for at, lesson, question, points, most, lines in rows
        ]

    def review(self, lesson: str, exercise: str, mistake: str, is_right: bool) -> None:
        """Note an answer to a question about a known mistake."""
        values = (lesson, exercise, mistake, is_right)
        self._note("insert into reviews values (?, ?, ?, ?, ?)", time.time(), *values)

    def reviews(self) -> Sequence[tuple[float, str, str, str, int]]:
        """All answers to questions about known mistakes: when, lesson, exercise, mistake, whether it was right."""
        return self._rows("select at, lesson, exercise, mistake, is_right from reviews order by at")

    def attempts(self) -> Sequence[tuple[float, str, str, float, float, str | None]]:
        """All attempts, the oldest first: when, lesson, exercise, score, its maximum, mistake."""
        return self._rows("select at, lesson, exercise, score, max_score, mistake from attempts order by at")

    def hints(self) -> Sequence[tuple[float, str, str]]:
        """All hints that were taken: when, lesson, exercise."""
        return self._rows("select at, lesson, exercise from hints order by at")

    def begin_interview(self, name: str, plan: str) -> None:
        """Note that a mock interview begins."""
        self._note("insert into interviews values (?, ?, ?)", name, time.time(), plan)

    def interviews(self) -> Sequence[tuple[str, float, str]]:
        """All mock interviews: name, when it began, its plan."""
        return self._rows("select name, started, plan from interviews order by started")

    def note_in_interview(self, interview: str, kind: str, item: str, content: str = "") -> None:
        """Note what happened in a mock interview."""
        values = (interview, kind, item, content)
        self._note("insert into interview_notes values (?, ?, ?, ?, ?)", time.time(), *values)

    def interview_notes(self, interview: str) -> Sequence[tuple[float, str, str, str]]:
        """What happened in a mock interview: when, what, to which item, its content."""
        statement = "select at, kind, item, content from interview_notes where interview = ? order by at"
        return self._rows(statement, interview)

    def noted_in_interviews(self, kind: str) -> Sequence[tuple[float, str, str]]:
        """All notes of a kind, of all mock interviews: when, to which item, its content."""
        return self._rows("select at, item, content from interview_notes where kind = ? order by at", kind)

    def last_place(self) -> tuple[str, str]:
        """The lesson, and its exercise or question, that was worked at last; ("", "") before the first time."""
        rows = self._rows(
            "select at, lesson, exercise from attempts union all select at, lesson, exercise from hints"
            " union all select at, lesson, question from talks order by at desc limit 1"
        )
        return (str(rows[0][1]), str(rows[0][2])) if rows else ("", "")

    def history(self) -> dict[str, list[dict[str, Any]]]:
        """All that was ever noted: the rows of each table, the oldest first."""
        # Those that the file has, not those of the schema: a newer kit may have written it.
        found = self._rows("select name from sqlite_master where type = 'table' order by name")
        tables = [name for (name,) in found]
        return {name: list(self._all_of(name)) for name in tables}

    def _all_of(self, table: str) -> Iterator[dict[str, Any]]:
        columns = [name for _, name, *_ in self._rows(f"pragma table_info({table})")]
        for row in self._rows(f"select * from {table} order by rowid"):
            yield dict(zip(columns, row, strict=True))

    def hints_taken(self, lesson: str, exercise: str) -> int:
        """How many hints were taken for an exercise."""
        return len(self._rows("select at from hints where lesson = ? and exercise = ?", lesson, exercise))

    def standing(self, lesson: str, exercise: Task) -> Standing:
        """How an exercise stands."""
        rows = self._rows(
            "select score, mistake, state from attempts where lesson = ? and exercise = ? order by at",
            lesson,
            exercise.name,
        )
        last: dict[str, int] = {}  # where each mistake was made last
        for place, (_, mistake, _) in enumerate(rows):
            if mistake:
                last[mistake] = place
        scores = [score for score, _, _ in rows]
        # A mistake is mended once a later attempt scored more than the last that showed it.
        mended = tuple(name for name, place in last.items() if max(scores[place:]) > scores[place])
        best = max(scores, default=0.0)
        still = tuple(name for name in last if name not in mended)
        hints = self.hints_taken(lesson, exercise.name)
        passes = [place for place, score in enumerate(scores, 1) if score >= exercise.points]
        # What is tried after the first pass is no attempt at it.
        attempts = passes[0] if passes else len(rows)
        states = [_state(score, exercise.points, state) for score, _, state in rows]
        best_state: State = max(states, key=STATES.index, default="unwritten")
        return Standing(exercise, best, attempts, hints, mended, still, best_state)

    def _note(self, statement: str, *values: object) -> None:
        # A full disk, or a file that somebody else locks, costs a note and not the verdict.
        with suppress(sqlite3.Error):
            self._db.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> Sequence[Any]:
        with suppress(sqlite3.Error):
            return self._db.execute(statement, values).fetchall()
        return ()


def _connect(path: Path | str) -> sqlite3.Connection:
    # isolation_level=None: each statement is on the disk before the next, whatever ends the kernel.
    database = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        (version,) = database.execute("pragma user_version").fetchone()
        if version < _VERSION:
            _bring_up_to_date(database, path)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _bring_up_to_date(database: sqlite3.Connection, path: Path | str) -> None:
    """Give a database the tables that it lacks; of one that holds something, a copy is kept beside it."""
    with closing(database.cursor()) as tables:
        tables.execute("begin immediate")  # two notebooks at once: the second waits, and then finds nothing to do
        if tables.execute("pragma user_version").fetchone()[0] < _VERSION:
            if isinstance(path, Path) and tables.execute("select 1 from sqlite_master").fetchone():
                _copy(path)
            # An older file has no column for the state, and "create table if not exists" adds none.
            columns = [name for _, name, *_ in tables.execute("pragma table_info(attempts)")]
            if columns and "state" not in columns:
                tables.execute("alter table attempts add column state text")
            for statement in _SCHEMA.split(";"):
                tables.execute(statement)
            tables.execute(f"pragma user_version = {_VERSION}")
        tables.execute("commit")


def _copy(path: Path) -> None:
    """Keep a database as it is now under another name, beside it."""
    kept = path.with_name(f"{path.stem} until {stamp()}{path.suffix}")
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(kept)) as copy:
        now.backup(copy)


def _put_aside(path: Path) -> bool:
    """Keep a file that is no database any more under another name, so that a new one can begin."""
    try:
        path.rename(path.with_name(f"{path.stem} unreadable {stamp()}{path.suffix}"))
    except OSError:
        return False
    return True


def _state(score: float, points: float, noted: State | None) -> State:
    """The state of an attempt; one of an older file has none: what did not pass was wrong."""
    if score >= points:
        return "complete"
    return noted or "wrong"


def _folder() -> Path:
    try:
        work = find_course(here()) / "work"
        work.mkdir(exist_ok=True)
    except (UsageError, OSError):
        return here()
    return work
