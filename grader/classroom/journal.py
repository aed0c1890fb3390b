"""The journal of a course's grading: a run that is killed goes on where it was.

One SQLite file. A result is kept under what it depends on: the submission's bytes, the lesson's
files, the limits. A run that was not finished keeps its seed, so that who goes on with it gets the
same verdicts as who was never disturbed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.course.catalogue import Lesson
from grader.course.notebook_file import read_text
from grader.course.submission import Submission
from grader.errors import GradebookError, Unreadable
from grader.isolation.policy import Limits
from grader.verdict import Result, Score, printable

_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)  # what unpacking raises of a row that is not ours
_NOT_OURS = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}  # an ERROR is SQL's: no such column
_SCHEMA = """
create table if not exists results (
    lesson text not null, student text not null, path text not null,
    key text not null, seed integer not null, data text not null,
    primary key (lesson, student, path));
create table if not exists runs (
    lesson text primary key, key text not null, seed integer not null, finished integer not null);
"""


class Journal:
    """The journal in a file, open. Each change is one transaction."""

    def __init__(self, path: Path) -> None:
        try:
            # isolation_level=None is autocommit: each statement is a transaction of its own.
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            # No wait for the disk at each result: who kills us does not stop the system's writes.
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise GradebookError(f"The journal {path} cannot be opened: {_told(error)}") from error
        self.path = path

    @classmethod
    def of(cls, course: Path) -> Journal:
        """The journal of a course's classes."""
        return cls(course / "grades.sqlite")

    def close(self) -> None:
        self._db.close()

    def begin(self, lesson: str, key: str, seed: int, *, keep: bool = True) -> int:
        """Begin a run, or (with `keep`) go on with one that was not finished; the seed it has."""
        row = self._read("select seed from runs where lesson = ? and key = ? and not finished", (lesson, key))
        if row and keep:
            return int(row[0])
        self._write("insert or replace into runs values (?, ?, ?, 0)", (lesson, key, seed))
        return seed

    def finish(self, lesson: str) -> None:
        """The run is over: the next one draws its own seed."""
        self._write("update runs set finished = 1 where lesson = ?", (lesson,))

    def last_seed(self, lesson: str) -> int | None:
        """The seed of the last run in which a submission was graded."""
        row = self._read("select seed from runs where lesson = ?", (lesson,))
        return int(row[0]) if row else None

    def last_key(self, lesson: str) -> str | None:
        """What that run's verdicts depended on besides the submissions."""
        row = self._read("select key from runs where lesson = ?", (lesson,))
        return str(row[0]) if row else None

    def find(self, lesson: str, item: Submission, key: str) -> Result | None:
        """The result of a submission with its run's seed, if it was graded as it is now.

        The file may have been anywhere then.
        """
        # Not by path: a class that was moved, or downloaded again, is not graded again for that.
        query = "select data, seed from results where lesson = ? and student = ? and key = ?"
        row = self._read(query, (lesson, item.student, key))
        result = _unpacked(row[0]) if row else None  # a damaged row is none, and the file is graded again
        return replace(result, path=str(item.path), seed=row[1]) if result else None

    def write(self, lesson: str, key: str, seed: int, result: Result) -> None:
        """Keep a result in the place of an earlier one."""
        row = (lesson, result.student, printable(result.path), key, seed, result.pack())
        self._write("insert or replace into results values (?, ?, ?, ?, ?, ?)", row)

    def results(self, lesson: str) -> list[Result]:
        """The latest result of every submission of a lesson, the newest last."""
        # "insert or replace" gives a row a new rowid, so this is the order of grading.
        rows = self._rows("select data from results where lesson = ? order by rowid", (lesson,))
        known: dict[Score, Score] = {}
        return [result.sharing(known) for row in rows if (result := _unpacked(row[0]))]

    def students(self) -> set[str]:
        """Everybody who handed in something for some lesson."""
        return {student for (student,) in self._all("select distinct student from results", ())}

    def _read(self, query: str, values: tuple[object, ...]) -> Any:
        return next(iter(self._all(query, values)), None)

    def _all(self, query: str, values: tuple[object, ...]) -> list[Any]:
        return list(self._rows(query, values))

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[Any]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise GradebookError(f"The journal {self.path} cannot be read: {_told(error)}") from error

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise GradebookError(f"The journal {self.path} cannot be written: {_told(error)}") from error


def _told(error: sqlite3.Error) -> str:
    """What SQLite says, and what to do: only a file that is corrupted, or not ours, is to be moved away."""
    # The low byte of an extended code is its kind; a binding's own errors, and some old ones, have none.
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_OURS:
        return f"{error}. Move it away to start a new one; everybody is then graded again."
    return f"{error}. Nothing in it is lost: fix that, and run the same command again."


def _unpacked(data: str) -> Result | None:
    """A row's result; None where the row is damaged or of a newer edition."""
    try:
        result = Result.unpack(data)
        result.to_json()  # which looks at every part: none that is of another type is met later
        hash(result)  # nor one that holds others
    except _DAMAGED:
        return None
    return result


def fingerprint(lesson: Lesson, limits: Limits, backend: str = "numpy") -> str:
    """What verdicts depend on besides the submission: the lesson's files, the limits, the backend."""
    return _digest(
        [
            repr(limits).encode(),
            backend.encode(),
            # The code only: a hint that is written anew changes no verdict, and nobody is graded again for it.
            *(path.read_bytes() for path in sorted(lesson.folder.glob("*.py"))),
        ]
    )


def submission_key(item: Submission, lesson_key: str) -> str:
    """What a result depends on. A file that cannot be read has a key of its own."""
    try:
        content = read_text(item.path)
    except Unreadable as error:
        content = f"unreadable: {error}"
    # A notebook's JSON may hold half of a surrogate pair, which UTF-8 has no bytes for.
    return _digest([lesson_key.encode(), content.encode("utf-8", "surrogatepass")])


def grading_of(key: str, seed: int | None) -> str:
    """What an autograded notebook shows: a submission's key, and the seed of the cases it was graded on."""
    return f"{key}-{seed}"


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        # With its length in front, or ("ab", "c") and ("a", "bc") would be one.
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
