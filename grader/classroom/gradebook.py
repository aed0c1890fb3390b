"""Results into nbgrader's gradebook, in transactions: a submission is written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy.exc import SQLAlchemyError

from grader.classroom import answers
from grader.classroom.answers import Answer
from grader.classroom.late import Late, Penalties
from grader.course.build import COURSE_ID, release, source_notebook
from grader.course.catalogue import Lesson
from grader.course.cells import answer_id, check_id, is_answer
from grader.course.files import alone
from grader.course.handed_in import handed_in
from grader.course.programs import programs_first
from grader.errors import GradebookError, LessonError
from grader.verdict import Result

_Row = dict[str, Any]  # of a table, by column
_AGAIN = "Run the same command again once that is fixed: nothing that was graded is lost."


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids under which nbgrader keeps one submission."""

    assignment: str
    notebook: str


class Book:
    """nbgrader's gradebook at a database URL, open; the lesson's assignment is made when it is missing.

    What `course` configures of nbgrader counts, by default that of the lesson.
    """

    def __init__(self, url: str, lesson: Lesson, course: Path | None = None) -> None:
        self.url = url
        self.lesson = lesson
        self._course = course or lesson.folder.parents[1]
        self._penalties = Penalties(self._course)
        self._late: dict[str, Late] = {}
        with failing(f"The gradebook {url} cannot be opened"):
            self._book = open_gradebook(url, self._course)
        # Of two that find no assignment, or no such student, and make one, the second would fail.
        with failing(f"The gradebook {url} cannot be opened"), alone(self._course):
            try:
                notebook = self._book.find_notebook(lesson.name, lesson.name)
            except MissingEntry:
                self._make_assignment()
                notebook = self._book.find_notebook(lesson.name, lesson.name)
            self._assignment, self._notebook = notebook.assignment_id, notebook.id
            self._followed = tuple(self._follow())

    def _follow(self) -> Iterator[str]:
        """Give checks and questions the points that the lesson has now; a sentence where that is not enough."""
        rows = self._db.query(GradeCell).filter(GradeCell.notebook_id == self._notebook)
        cells = {cell.name: cell for cell in rows}
        worth = {check_id(each.name): (f"exercise {each.name}", each.points) for each in self.lesson.exercises}
        worth |= {answer_id(each.slug): (f"question {each.slug}", each.points) for each in self.lesson.questions}
        for name, (what, points) in worth.items():
            if name not in cells:
                yield (
                    f"The {what} is newer than the gradebook, and its points are not in there. "
                    f"nbgrader adds none to an assignment that has submissions: start a gradebook with --gradebook."
                )
            elif cells[name].max_score != points:
                cells[name].max_score = points
        self._db.commit()

    @property
    def told(self) -> tuple[str, ...]:
        """Sentences about what stands in the gradebook now: who was late, what waits for a person."""
        told = list(self._followed)
        if self._late:
            told.append(f"Late: {', '.join(str(self._late[student]) for student in sorted(self._late))}.")
        query = self._db.query(Grade).join(Grade.notebook)
        waiting = query.filter(SubmittedNotebook.notebook_id == self._notebook, Grade.needs_manual_grade).count()
        if waiting:
            told.append(f"Answers to be marked: {waiting}. Mark them with `prep mark {self.lesson.name}`.")
        return tuple(told)

    def missing(self) -> list[str]:
        """The students in the gradebook who have no submission of this lesson."""
        query = self._db.query(SubmittedAssignment.student_id)
        handed_in = query.filter(SubmittedAssignment.assignment_id == self._assignment)
        query = self._db.query(Student.id).filter(Student.id.notin_(handed_in))
        return sorted(student for (student,) in query)

    def _make_assignment(self) -> None:
        """Let nbgrader's generate step record the lesson's cells, rubrics among them."""
        name = self.lesson.name
        if not self.lesson.reference:
            cure = f"run this where solutions/{name} is"
            raise LessonError(f"Lesson {name} is not in the gradebook, and its sources are not here: {cure}.")
        with tempfile.TemporaryDirectory() as folder:
            release({name: source_notebook(self.lesson)}, {name: self.lesson}, Path(folder), self.url)

    def write(self, results: Sequence[Result]) -> None:
        """Record results in the place of earlier ones.

        GradebookError when the database refuses, and then nothing of them is written.
        """
        latest = {result.student: result for result in results}
        others = f" and {len(latest) - 1} others" if len(latest) > 1 else ""
        what = f"The scores of {next(iter(latest))}{others} cannot be written to the gradebook {self.url}"
        with failing(what), alone(self._course), transaction(self._db):
            known = self._submitted(latest)
            self._enter([latest[student] for student in latest if student not in known])
            self._mark({notebook: latest[student] for student, notebook in known.items()})
            late = self._penalties.write(self._db, self._submitted(latest).values())
        self._late = {student: self._late[student] for student in self._late if student not in latest}
        self._late |= {each.student: each for each in late}

    @property
    def _db(self) -> Any:
        return self._book.db

    def _submitted(self, students: Collection[str]) -> dict[str, str]:
        """Those of the students who have this lesson in the gradebook, and their submitted notebooks' ids."""
        query = self._db.query(SubmittedAssignment.student_id, SubmittedNotebook.id)
        query = query.join(SubmittedNotebook.assignment)
        query = query.filter(SubmittedNotebook.notebook_id == self._notebook)
        rows = query.filter(SubmittedAssignment.student_id.in_(students)).all()
        return {student: notebook for student, notebook in rows}

    def _enter(self, results: Sequence[Result]) -> None:
        """New submissions with the rows that nbgrader's add_submission makes, but a table at a time."""
        ids = {result.student: _Ids(new_uuid(), new_uuid()) for result in results}
        query = self._db.query(Student.id).filter(Student.id.in_(ids))
        present = {student for (student,) in query}

        times = {result.student: handed_in(Path(result.path)) for result in results}
        students, assignments, notebooks = [], [], []
        for student, made in ids.items():
            if student not in present:
                students.append({"id": student})
            row = {"id": made.assignment, "assignment_id": self._assignment, "student_id": student}
            assignments.append({**row, "timestamp": times[student]})
            notebooks.append({"id": made.notebook, "assignment_id": made.assignment, "notebook_id": self._notebook})
        grades, comments, kept = self._rows(results, ids)

        # In the order of their foreign keys, which PostgreSQL looks at.
        insert = self._db.bulk_insert_mappings
        insert(Student, students)
        insert(SubmittedAssignment, assignments)
        insert(SubmittedNotebook, notebooks)
        insert(Grade, grades)
        insert(Comment, comments)
        answers.keep(self._db, kept)

    def _rows(
        self, results: Sequence[Result], ids: Mapping[str, _Ids]
    ) -> tuple[list[_Row], list[_Row], dict[str, Answer]]:
        """A grade or a comment for each cell of each submission, and its answers; a cell for an answer has both."""
        query = self._db.query(BaseCell.id, BaseCell.name, BaseCell.type)
        cells = query.filter(BaseCell.notebook_id == self._notebook).all()
        grades, comments, kept = [], [], {}
        for result in results:
            answered = answers.HandedInAnswers(result)
            for cell, name, kind in cells:
                row = {"notebook_id": ids[result.student].notebook, "cell_id": cell}
                if kind != "SolutionCell":
                    grade = new_uuid()
                    grades.append({"id": grade, **row, **_marks(result, name, answered[name])})
                    if is_answer(name):
                        kept[grade] = answered[name]
                if kind != "GradeCell":
                    comments.append({**row, "auto_comment": result.reason})
        return grades, comments, kept

    def _mark(self, results: Mapping[str, Result]) -> None:
        """Results in the place of earlier ones, by the ids of their submitted notebooks."""
        self._date(results)
        query = self._db.query(Grade.id, Grade.notebook_id, BaseCell.name, Grade.auto_score, Grade.manual_score)
        rows = query.join(Grade.cell).filter(Grade.notebook_id.in_(results)).all()
        changed = self._changed(results, [(notebook, name, auto) for _, notebook, name, auto, _ in rows])
        before = answers.digests(self._db, [grade for grade, _, name, *_ in rows if is_answer(name)])
        answered = {notebook: answers.HandedInAnswers(result) for notebook, result in results.items()}
        grades, kept = [], {}
        for grade, notebook, name, _, manual in rows:
            answer = answered[notebook][name]
            same = before.get(grade) == answer.digest
            if is_answer(name):
                kept[grade] = answer
            marks = _marks(results[notebook], name, answer, manual, marked=same)
            # Where nothing changed, the flags that a person set in formgrader stay as they are.
            if marks and (notebook in changed or (grade in before and not same)):
                grades.append({"id": grade, **marks})
        rows = self._db.query(Comment.id, Comment.notebook_id).filter(Comment.notebook_id.in_(changed))
        comments = [{"id": comment, "auto_comment": changed[notebook].reason} for comment, notebook in rows]
        self._db.bulk_update_mappings(Grade, grades)
        self._db.bulk_update_mappings(Comment, comments)
        answers.keep(self._db, kept)

    def _date(self, results: Mapping[str, Result]) -> None:
        """When each was handed in, as `nbgrader autograde` reads it, too: lateness follows from it."""
        query = self._db.query(SubmittedNotebook.id, SubmittedNotebook.assignment_id)
        rows = query.filter(SubmittedNotebook.id.in_(results)).all()
        times = {assignment: handed_in(Path(results[notebook].path)) for notebook, assignment in rows}
        dated = [{"id": assignment, "timestamp": when} for assignment, when in times.items() if when]
        self._db.bulk_update_mappings(SubmittedAssignment, dated)

    @staticmethod
    def _changed(results: Mapping[str, Result], rows: Sequence[tuple[str, str, float | None]]) -> dict[str, Result]:
        """Those results that say something new.

        What an earlier run graded, and stands in the book already, keeps the flags that a person set.
        """
        there: dict[str, dict[str, float | None]] = {notebook: {} for notebook in results}
        for notebook, name, auto in rows:
            there[notebook][name] = auto
        found = {}
        for notebook, result in results.items():
            scores = {check_id(exercise.name): float(exercise.score) for exercise in result.exercises}
            same = all(there[notebook].get(name) == score for name, score in scores.items())
            if result.seed is None or not same:  # a seed of its own: it comes from the journal
                found[notebook] = result
        return found

    def close(self) -> None:
        self._book.close()


def _marks(
    result: Result, cell: str, answer: Answer, manual_score: float | None = None, *, marked: bool = False
) -> _Row:
    """What changes in a cell's grade.

    A check cell has its exercise's score. A concept question keeps the score that a person gave it,
    and is for a person to look at when it was answered, and was not `marked` as it is.
    """
    for exercise in result.exercises:
        if check_id(exercise.name) == cell:
            return {"auto_score": float(exercise.score), "needs_manual_grade": False}
    if manual_score is not None:
        return {} if marked else {"needs_manual_grade": True}
    if answer.is_written:
        return {"auto_score": None, "needs_manual_grade": True}
    return {"auto_score": 0.0, "needs_manual_grade": False}


def open_gradebook(url: str, course: Path) -> Gradebook:
    """The gradebook of a course, made where there is none; whoever opens it meanwhile waits."""
    # nbgrader looks for alembic on PATH.
    os.environ["PATH"] = programs_first(os.environ)["PATH"]
    with alone(course):
        book = Gradebook(url, COURSE_ID)
        answers.make_table(book.db)
        book.db.commit()
    return book


@contextmanager
def transaction(db: Any) -> Iterator[None]:
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


@contextmanager
def failing(what: str, cure: str = _AGAIN) -> Iterator[None]:
    """Turn what a database raises into a GradebookError that says what could not be done."""
    try:
        yield
    except (SQLAlchemyError, OSError, subprocess.SubprocessError) as error:  # nbgrader runs alembic to make one
        # SQLAlchemy's own text goes on with the statement and its values: a learner's whole answer.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise GradebookError(f"{what}: {reason}. {cure}") from error
