"""Marks for the answers to a concept question, across students: read from nbgrader's gradebook and written to it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.orm import aliased

from grader.classroom import answers
from grader.classroom.answers import TABLE, Answer
from grader.classroom.gradebook import failing, open_gradebook, transaction
from grader.classroom.late import Penalties
from grader.course.catalogue import Lesson, Question
from grader.course.cells import answer_id, is_answer
from grader.errors import GradebookError, UsageError

_LONGEST = 10_000  # characters of a comment
_AGAIN = "Nothing was written; save again in a moment."


class MarkedMeanwhile(GradebookError):
    """What stands in the gradebook is no longer what the grader saw."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question: how many answered, and how many answers are to be marked."""

    answered: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Handed:
    """One answer and all who handed it in, word for word, with one mark."""

    answer: Answer
    students: tuple[str, ...]
    grades: tuple[str, ...]
    waits: bool
    points: float | None
    comment: str
    lines: tuple[int, ...]
    seen: str  # what stood in the gradebook

    @property
    def changed(self) -> bool:
        """Whether it has a mark that was given for something else."""
        return self.waits and self.points is not None


@dataclass(frozen=True, slots=True)
class Sheet:
    """All answers to one question, those to be marked first."""

    lesson: Lesson
    question: Question
    most: float
    handed: tuple[Handed, ...]
    silent: tuple[str, ...]  # who wrote nothing

    @property
    def waiting(self) -> int:
        return sum(len(each.students) for each in self.handed if each.waits)

    @property
    def answered(self) -> int:
        return sum(len(each.students) for each in self.handed)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a grader gives to the answers of some grades: points, the rubric's lines they come from, a comment."""

    grades: tuple[str, ...]
    seen: str
    points: float
    lines: tuple[int, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A grade with what belongs to it."""

    grade: Any
    comment: Any
    student: str
    answer: Answer
    digest: str
    lines: tuple[int, ...]

    @property
    def state(self) -> tuple[str, float | None, bool, str, tuple[int, ...]]:
        """What a grader sees of it, and all that tells it from another."""
        said = self.comment.manual_comment if self.comment else None
        return self.digest, self.grade.manual_score, bool(self.grade.needs_manual_grade), said or "", self.lines


class Marks:
    """The marks of a lesson's concept questions in the gradebook at a database URL, open."""

    def __init__(self, url: str, lesson: Lesson, course: Path | None = None) -> None:
        self._url, self._lesson = url, lesson
        course = course or lesson.folder.parents[1]
        self._penalties = Penalties(course)
        with failing(f"The gradebook {url} cannot be opened", _AGAIN):
            self._book = open_gradebook(url, course)

    def __enter__(self) -> Marks:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def waiting(self) -> dict[str, Waiting]:
        """How it stands with each question, by slug."""
        query = select(BaseCell.name, Grade.needs_manual_grade, TABLE.c.source)
        with failing(f"The gradebook {self._url} cannot be read", _AGAIN):
            rows = self._book.db.execute(self._of_the_lesson(query)).all()
        found = {question.slug: Waiting() for question in self._lesson.questions}
        for name, waits, source in rows:
            if is_answer(name) and (source != "" or waits):
                slug = name.removeprefix(answer_id(""))
                so_far = found.get(slug, Waiting())
                found[slug] = Waiting(so_far.answered + 1, so_far.waiting + bool(waits))
        return found

    def sheet(self, slug: str) -> Sheet:
        """The answers to a question. UsageError where the lesson or its gradebook has none of that name."""
        question = self._lesson.question(slug)
        with failing(f"The gradebook {self._url} cannot be read", _AGAIN):
            rows = list(self._rows(slug))
            most = self._most(slug)
        groups: dict[tuple[object, ...], list[_Row]] = {}
        silent = []
        for row in rows:
            if row.answer.is_written or row.grade.needs_manual_grade:
                # Equal answers share a mark; whether those to be looked for are equal nobody knows.
                alone = row.student if row.answer.source is None else ""
                groups.setdefault((*row.state, alone), []).append(row)
            else:
                silent.append(row.student)
        # What waits first, so that an instructor begins where there is work.
        handed = [_handed(group) for group in groups.values()]
        handed.sort(key=lambda each: not each.waits)
        return Sheet(self._lesson, question, most, tuple(handed), tuple(silent))

    def write(self, slug: str, mark: Mark) -> Handed:
        """Write a mark, whole or not at all; the answer as it stands then.

        UsageError for points outside of 0 to the question's, MarkedMeanwhile when somebody was
        quicker, GradebookError when the database refuses.
        """
        self._require(slug, mark)
        db, grades = self._book.db, sorted(set(mark.grades))
        with failing("The mark cannot be written", _AGAIN), transaction(db):
            answers.lock(db, grades)  # a statement that writes: from here on nobody else does
            rows = [row for row in self._rows(slug) if row.grade.id in grades]
            if len(rows) != len(grades) or _seen(rows) != mark.seen:
                raise MarkedMeanwhile(
                    "This answer was marked or handed in again since the page was loaded. "
                    "Nothing was written; reload the page to see it as it is."
                )
            for row in rows:
                row.grade.manual_score, row.grade.needs_manual_grade = mark.points, False
                if row.comment:
                    row.comment.manual_comment = mark.comment.strip() or None
            answers.choose(db, grades, mark.lines)
            db.flush()
            self._penalties.write(db, [row.grade.notebook_id for row in rows])
        with failing(f"The gradebook {self._url} cannot be read", _AGAIN):
            return _handed([row for row in self._rows(slug) if row.grade.id in grades])

    def _require(self, slug: str, mark: Mark) -> None:
        """UsageError for a mark that nobody can have."""
        question, most = self._lesson.question(slug), self._most(slug)
        if not (math.isfinite(mark.points) and 0 <= mark.points <= most):
            raise UsageError(f"{question.slug} is worth 0 to {most:g} points, not {mark.points:g}.")
        if not all(-len(question.red_flags) <= line <= len(question.must) and line for line in mark.lines):
            raise UsageError(f"The rubric of {question.slug} has no such line. Reload the page: the lesson changed.")
        if len(mark.comment) > _LONGEST:
            raise UsageError(f"A comment has room for {_LONGEST} characters.")
        if not mark.grades:
            raise UsageError("There is no answer to mark.")

    def _of_the_lesson(self, query: Any) -> Any:
        """A query over grades, of this lesson's only, with the answers that we know."""
        query = query.select_from(Grade).join(BaseCell, Grade.cell_id == BaseCell.id)
        query = query.join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        query = query.join(TABLE, TABLE.c.grade_id == Grade.id, isouter=True)
        return query.where(Assignment.name == self._lesson.name)

    def _rows(self, slug: str) -> Iterator[_Row]:
        # nbgrader has two cells for one: the grade's, and the solution's with the comment.
        solution = aliased(SolutionCell)
        cell = (solution.notebook_id == BaseCell.notebook_id) & (solution.name == BaseCell.name)
        said = (Comment.notebook_id == Grade.notebook_id) & (Comment.cell_id == solution.id)
        query = self._of_the_lesson(select(Grade, Comment, SubmittedAssignment.student_id, TABLE))
        query = query.join(solution, cell, isouter=True).join(Comment, said, isouter=True)
        query = query.where(BaseCell.name == answer_id(slug)).order_by(SubmittedAssignment.student_id)
        for grade, comment, student, _, digest, source, pictures, lines in self._book.db.execute(query).all():
            answer = Answer(source, json.loads(pictures or "{}"))
            yield _Row(grade, comment, student, answer, digest or "", tuple(json.loads(lines or "[]")))

    def _most(self, slug: str) -> float:
        """What the gradebook has as a question's maximum."""
        query = select(GradeCell.max_score).join(Notebook, GradeCell.notebook_id == Notebook.id)
        query = query.join(Assignment, Notebook.assignment_id == Assignment.id)
        query = query.where(Assignment.name == self._lesson.name, GradeCell.name == answer_id(slug))
        most = self._book.db.execute(query).scalars().first()
        if most is None:
            name = self._lesson.name
            raise UsageError(f"The gradebook has no question {slug} of {name} yet. First: prep grade {name} PATH")
        return float(most)


def _handed(rows: Sequence[_Row]) -> Handed:
    """Rows of one state as what was handed in."""
    first = rows[0]
    _, points, waits, comment, lines = first.state
    students = tuple(row.student for row in rows)
    grades = tuple(row.grade.id for row in rows)
    return Handed(first.answer, students, grades, waits, points, comment, lines, _seen(rows))


def _seen(rows: Sequence[_Row]) -> str:
    states = sorted((row.grade.id, *row.state) for row in rows)
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()
