"""Results into nbgrader's gradebook, in transactions: a submission is written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import BaseCell, Comment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook, new_uuid
from sqlalchemy.exc import SQLAlchemyError

from grader.course.build import COURSE_ID, release, source_notebook
from grader.course.catalogue import Lesson
from grader.course.cells import check_id, grade_id, is_written
from grader.course.programs import programs_first
from grader.errors import GradebookError, LessonError
from grader.verdict import Result


class Book:
    """nbgrader's gradebook at a database URL, open; the lesson's assignment is made when it is missing."""

    def __init__(self, url: str, lesson: Lesson) -> None:
        self.url = url
        self.lesson = lesson
        with _failing(f"The gradebook {url} cannot be opened"):
            self._book = _open(url)
            try:
                notebook = self._book.find_notebook(lesson.name, lesson.name)
            except MissingEntry:
                self._make_assignment()
                notebook = self._book.find_notebook(lesson.name, lesson.name)
            self._assignment, self._notebook = notebook.assignment_id, notebook.id

    def _make_assignment(self) -> None:
        """Let nbgrader's generate step record the lesson's cells, rubrics among them."""
        if not self.lesson.reference:
            name = self.lesson.name
            raise LessonError(f"Lesson {name} is not in the gradebook, and its sources are not here: run this where solutions/{name} is.")
        with tempfile.TemporaryDirectory() as folder:
            release({self.lesson.name: source_notebook(self.lesson)}, {self.lesson.name: self.lesson}, Path(folder), self.url)

    def write(self, results: Sequence[Result]) -> None:
        """Record results in the place of earlier ones. GradebookError when the database refuses, and then nothing of them is written."""
        latest = {result.student: result for result in results}
        others = f" and {len(latest) - 1} others" if len(latest) > 1 else ""
        what = f"The scores of {next(iter(latest))}{others} cannot be written to the gradebook {self.url}"
        with _failing(what), _transaction(self._db):
            known = self._submitted(latest)
            self._enter([result for student, result in latest.items() if student not in known])
            self._mark({known[student]: result for student, result in latest.items() if student in known})

    @property
    def _db(self) -> Any:
        return self._book.db

    def _submitted(self, students: Collection[str]) -> dict[str, str]:
        """Those of the students who are in the gradebook with this lesson, and the ids of their submitted notebooks."""
        query = self._db.query(SubmittedAssignment.student_id, SubmittedNotebook.id).join(SubmittedNotebook.assignment)
        return dict(iter(query.filter(SubmittedNotebook.notebook_id == self._notebook, SubmittedAssignment.student_id.in_(students))))

    def _enter(self, results: Sequence[Result]) -> None:
        """New submissions as nbgrader's add_submission makes them, a grade or a comment for each cell, but all rows of a table at once."""
        submitted = {result.student: (new_uuid(), new_uuid()) for result in results}
        present = {student for (student,) in self._db.query(Student.id).filter(Student.id.in_(submitted))}
        assignments = [{"id": id, "assignment_id": self._assignment, "student_id": student} for student, (id, _) in submitted.items()]
        notebooks = [{"id": id, "assignment_id": assignment, "notebook_id": self._notebook} for assignment, id in submitted.values()]
        grades, comments = [], []
        cells = self._db.query(BaseCell.id, BaseCell.name, BaseCell.type).filter(BaseCell.notebook_id == self._notebook).all()
        for result in results:
            written = _written_in(result)
            for cell, name, kind in cells:
                row = {"notebook_id": submitted[result.student][1], "cell_id": cell}
                if kind != "SolutionCell":
                    grades.append({**row, **_marks(result, name, None, written)})
                if kind != "GradeCell":
                    comments.append({**row, "auto_comment": result.reason})
        self._db.bulk_insert_mappings(Student, [{"id": student} for student in submitted if student not in present])
        for table, rows in ((SubmittedAssignment, assignments), (SubmittedNotebook, notebooks), (Grade, grades), (Comment, comments)):
            self._db.bulk_insert_mappings(table, rows)

    def _mark(self, results: Mapping[str, Result]) -> None:
        """Results in the place of earlier ones, by the ids of their submitted notebooks."""
        written = {notebook: _written_in(result) for notebook, result in results.items()}
        grades = self._db.query(Grade.id, Grade.notebook_id, BaseCell.name, Grade.manual_score).join(Grade.cell)
        grades = grades.filter(Grade.notebook_id.in_(results))
        comments = self._db.query(Comment.id, Comment.notebook_id).filter(Comment.notebook_id.in_(results))
        marks = [{"id": id, **_marks(results[notebook], name, manual, written[notebook])} for id, notebook, name, manual in grades]
        self._db.bulk_update_mappings(Grade, marks)
        self._db.bulk_update_mappings(Comment, [{"id": id, "auto_comment": results[notebook].reason} for id, notebook in comments])

    def close(self) -> None:
        self._book.close()


def _marks(result: Result, cell: str, manual_score: float | None, written: Collection[str]) -> dict[str, Any]:
    """What stands in a grade: an exercise's score; a concept question keeps its manual score, and is for a person to look at when it was answered."""
    score = next((exercise.score for exercise in result.exercises if check_id(exercise.name) == cell), None)
    if score is not None:
        return {"auto_score": float(score), "needs_manual_grade": False}
    if manual_score is not None:
        return {"needs_manual_grade": True}
    return {"auto_score": None, "needs_manual_grade": True} if cell in written else {"auto_score": 0.0, "needs_manual_grade": False}


def _open(url: str) -> Gradebook:
    """The gradebook; nbgrader looks for alembic on PATH, so this environment's programs go first."""
    os.environ["PATH"] = programs_first(os.environ)["PATH"]
    return Gradebook(url, COURSE_ID)


@contextmanager
def _transaction(db: Any) -> Iterator[None]:
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise GradebookError(f"{what}: {reason}. Run the same command again once that is mended: nothing that was graded is lost.") from error


def _written_in(result: Result) -> set[str]:
    """The ids of the concept questions' answer cells that somebody wrote in. The file can hold anything: of what is no notebook, none."""
    path = Path(result.path)
    if result.status != "graded" or path.suffix != ".ipynb":
        return set()
    try:
        return set(_written(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return set()


def _written(notebook: Any) -> Iterator[str]:
    for cell in notebook["cells"]:
        if is_written(cell):
            yield grade_id(cell)
