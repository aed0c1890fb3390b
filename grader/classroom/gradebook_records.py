"""What nbgrader's gradebook says about a class, read with a handful of queries however large the class is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Grade, GradeCell, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.engine import make_url

from grader.classroom.gradebook import failing, open_gradebook
from grader.classroom.late import deadline, lateness


@dataclass(frozen=True, slots=True)
class CellGrade:
    """The grade of one cell. `waiting`: a person must mark it, and until then it counts `score`, mostly nothing."""

    score: float
    max_score: float
    auto: float | None
    by_hand: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A submission in the gradebook, with the grades of its cells by their names."""

    penalty: float
    handed_in: datetime | None
    due: datetime | None  # with the student's extension
    marks: dict[str, CellGrade]

    @property
    def score(self) -> float:
        """The score as `nbgrader export` has it: of all cells, less the penalty for lateness."""
        return max(0.0, sum(mark.score for mark in self.marks.values()) - self.penalty)

    @property
    def late(self) -> timedelta | None:
        return lateness(self.handed_in, self.due)


@dataclass(frozen=True, slots=True)
class Records:
    """A gradebook: students' names, when each lesson is due and its maximum, submissions by lesson and student."""

    students: dict[str, str] = field(default_factory=dict)
    due: dict[str, datetime | None] = field(default_factory=dict)
    max_score: dict[str, float] = field(default_factory=dict)
    submissions: dict[str, dict[str, Recorded]] = field(default_factory=dict)


def read_records(url: str, course: Path, lessons: Collection[str]) -> Records | None:
    """What a course's gradebook says about these lessons; None where there is no gradebook.

    GradebookError where it cannot be read.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not (address.database and Path(address.database).is_file()):
        return None
    with failing(f"The gradebook {url} cannot be read"):
        book = open_gradebook(url, course)
        try:
            return _records(book.db, lessons)
        finally:
            book.close()


def _records(db: Any, lessons: Collection[str]) -> Records:
    found = Records({name: f"{first or ''} {last or ''}".strip() for name, first, last in db.query(*_STUDENTS)})
    cells = {cell: (name, float(most or 0)) for cell, name, most in db.query(*_CELLS)}
    for key, name, due, most in db.query(*_ASSIGNMENTS).filter(Assignment.name.in_(lessons)).all():
        found.due[name], found.max_score[name] = due, float(most)
        found.submissions[name] = _submissions(db, key, due, _marks(db, key, cells))
    return found


_STUDENTS = (Student.id, Student.first_name, Student.last_name)
_CELLS = (GradeCell.id, GradeCell.name, GradeCell.max_score)
_ASSIGNMENTS = (Assignment.id, Assignment.name, Assignment.duedate, Assignment.max_score)
_Cells = dict[str, tuple[str, float]]  # by id: name and maximum
_Marks = dict[str, tuple[float, dict[str, CellGrade]]]  # by submission: the penalty, and a mark for each cell


def _marks(db: Any, assignment: str, cells: _Cells) -> _Marks:
    """The penalty and the marks of each submission of an assignment."""
    columns = (SubmittedNotebook.id, SubmittedNotebook.assignment_id, SubmittedNotebook.late_submission_penalty)
    query = db.query(*columns).join(SubmittedNotebook.assignment)
    marks = _marks_by_notebook(db, assignment, cells)
    found: _Marks = {}
    for notebook, submission, penalty in query.filter(SubmittedAssignment.assignment_id == assignment):
        before, theirs = found.get(submission, (0.0, {}))
        found[submission] = before + float(penalty or 0.0), theirs | marks[notebook]
    return found


def _marks_by_notebook(db: Any, assignment: str, cells: _Cells) -> defaultdict[str, dict[str, CellGrade]]:
    columns = (Grade.notebook_id, Grade.cell_id, Grade.score, Grade.auto_score, Grade.manual_score)
    query = db.query(*columns, Grade.extra_credit, Grade.needs_manual_grade).join(Grade.notebook)
    query = query.join(SubmittedNotebook.assignment).filter(SubmittedAssignment.assignment_id == assignment)
    found: defaultdict[str, dict[str, CellGrade]] = defaultdict(dict)
    for notebook, cell, score, auto, manual, extra, waiting in query:
        name, most = cells.get(cell, (cell, 0.0))
        by_hand = manual is not None or bool(extra)
        found[notebook][name] = CellGrade(float(score), most, auto, by_hand, bool(waiting))
    return found


def _submissions(db: Any, assignment: str, due: datetime | None, marks: _Marks) -> dict[str, Recorded]:
    columns = (SubmittedAssignment.id, SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
    rows = db.query(*columns, SubmittedAssignment.extension).filter(SubmittedAssignment.assignment_id == assignment)
    found = {}
    for submission, student, handed_in, extension in rows:
        penalty, theirs = marks.get(submission, (0.0, {}))
        found[student] = Recorded(penalty, handed_in, deadline(due, extension), theirs)
    return found
