"""Answers to concept questions as they were graded, and the rubric's lines that a grader chose for them.

They stand in a table of their own in the gradebook's database, one row for each of nbgrader's
grades, which nbgrader leaves alone: so an answer and its mark are written in one transaction,
whoever marks needs no files, and a regrade knows which answers are still those that were marked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, Text, bindparam, delete, insert, select, update
from sqlalchemy.schema import CreateTable

from grader.course.cells import is_answer, is_written
from grader.course.notebook_file import read_notebook
from grader.errors import Unreadable
from grader.verdict import Result

TABLE = Table(
    "prep_answer",
    MetaData(),
    Column("grade_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("source", Text),  # none: the notebook has lost its marks, and a person must look for the answer
    Column("attachments", Text, nullable=False),
    Column("lines", Text, nullable=False),  # of the rubric, as JSON: 1 the first point, -1 the first red flag
)
_LONGEST = 100_000  # characters of an answer that are kept; whoever wrote more is read in the notebook
_LARGEST = 2**20  # characters of pictures pasted into it


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's Markdown with the pictures in it: "" where nobody wrote one, None where it must be looked for."""

    source: str | None = ""
    attachments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, source: str, attachments: Mapping[str, Any] | None) -> Answer:
        """The answer in a cell for one."""
        return cls(source.strip(), attachments or {}) if is_written({"source": source}) else cls()

    @property
    def digest(self) -> str:
        """What tells two answers apart."""
        text = json.dumps([self.source, self.attachments], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_written(self) -> bool:
        return self.source != ""


ELSEWHERE = Answer(None)
IS_ELSEWHERE = {"answer": "elsewhere"}  # the metadata of a cell that was put back into a notebook without marks


class HandedInAnswers:
    """The answers to concept questions in what was handed in, by their cells; "" where there is none.

    In a notebook without any of the lesson's marks, as after a copy into a new one, a person must
    find them. A .py file has none.
    """

    def __init__(self, result: Result) -> None:
        self._otherwise = Answer()
        self._answers: dict[str, Answer] = {}
        path = Path(result.path)
        if result.status != "graded" or path.suffix.lower() != ".ipynb":
            return
        try:
            cells = read_notebook(path)
        except Unreadable:
            return
        for cell in cells:
            if is_answer(cell.grade_id):  # of cells with one id the last counts
                self._answers[cell.grade_id] = Answer.of(cell.source, cell.attachments)
        if not any(cell.grade_id for cell in cells):
            self._otherwise = ELSEWHERE

    def __getitem__(self, cell: str) -> Answer:
        return self._answers.get(cell, self._otherwise)


def make_table(db: Any) -> None:
    """Make the table where the gradebook has none yet."""
    db.execute(CreateTable(TABLE, if_not_exists=True))


def digests(db: Any, grades: Iterable[str]) -> dict[str, str]:
    """What the answers of these grades were when they were graded last."""
    query = select(TABLE.c.grade_id, TABLE.c.digest).where(TABLE.c.grade_id.in_(list(grades)))
    return {grade: digest for grade, digest in db.execute(query)}


def keep(db: Any, answers: Mapping[str, Answer]) -> None:
    """Keep answers by their grades' ids; the lines that were chosen for another text go."""
    known = digests(db, answers)
    changed = [grade for grade, answer in answers.items() if known.get(grade) != answer.digest]
    if changed:
        db.execute(delete(TABLE).where(TABLE.c.grade_id.in_(changed)))
        db.execute(insert(TABLE), [_row(grade, answers[grade]) for grade in changed])


def _row(grade: str, answer: Answer) -> dict[str, str | None]:
    source, pictures = answer.source, json.dumps(answer.attachments)
    return {
        "grade_id": grade,
        "digest": answer.digest,
        # No database keeps a zero in a text.
        "source": None if source is None else source[:_LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "attachments": pictures if len(pictures) <= _LARGEST else "{}",
        "lines": "[]",
    }


def lock(db: Any, grades: Iterable[str]) -> None:
    """Let nobody else write the answers of these grades before the transaction is over."""
    # It changes nothing: any update takes the lock, of the file on SQLite, of the rows elsewhere.
    db.execute(update(TABLE).where(TABLE.c.grade_id.in_(list(grades))).values(digest=TABLE.c.digest))


def choose(db: Any, grades: Iterable[str], lines: Iterable[int]) -> None:
    """Keep the rubric's lines that were chosen for the answers of these grades."""
    chosen = json.dumps(sorted(set(lines)))
    statement = update(TABLE).where(TABLE.c.grade_id == bindparam("grade")).values(lines=chosen)
    db.execute(statement, [{"grade": grade} for grade in grades])
