"""Results into nbgrader's gradebook, in transactions: a submission is written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import SQLAlchemyError

from grader.course.build import ANSWER, COURSE_ID, release, source_notebook
from grader.course.catalogue import Lesson
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
                self._book.find_notebook(lesson.name, lesson.name)
            except MissingEntry:
                self._make_assignment()

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
        with _failing(what), _transaction(self._book):
            for student in latest:
                self._book.update_or_create_student(student)
            self._book.db.flush()
            submissions = [self._book.update_or_create_submission(self.lesson.name, student) for student in latest]
            self._book.db.flush()
            for submission, result in zip(submissions, latest.values(), strict=True):
                for notebook in submission.notebooks:
                    _record(notebook, result)

    def close(self) -> None:
        self._book.close()


def _record(notebook: Any, result: Result) -> None:
    """Set the scores of the submitted notebook; a concept question keeps its manual score, and is for a person to look at when it was answered."""
    scores = {f"check-{exercise.name}": exercise.score for exercise in result.exercises}
    written = _answers(Path(result.path)) if result.status == "graded" else set()
    for grade in notebook.grades:
        if grade.name in scores:
            grade.auto_score, grade.needs_manual_grade = float(scores[grade.name]), False
        elif grade.manual_score is None:
            answered = grade.name in written
            grade.auto_score, grade.needs_manual_grade = (None, True) if answered else (0.0, False)
        else:
            grade.needs_manual_grade = True
    for comment in notebook.comments:
        comment.auto_comment = result.reason


def _open(url: str) -> Gradebook:
    """The gradebook; nbgrader looks for alembic on PATH, so this environment's programs go first."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
    return Gradebook(url, COURSE_ID)


@contextmanager
def _transaction(book: Gradebook) -> Iterator[None]:
    """Everything inside is one transaction, though nbgrader's methods commit each step of theirs."""
    book.db.commit = lambda: None
    try:
        with book.db.no_autoflush:
            yield
        del book.db.commit
        book.db.commit()
    except BaseException:
        book.db.__dict__.pop("commit", None)
        book.db.rollback()
        raise


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise GradebookError(f"{what}: {reason}. Run the same command again once that is mended: nothing that was graded is lost.") from error


def _answers(path: Path) -> set[str]:
    """The ids of the concept questions' answer cells that somebody wrote in. The file can hold anything: of what is no notebook, none."""
    try:
        return set(_written(json.loads(path.read_text(encoding="utf-8")))) if path.suffix == ".ipynb" else set()
    except (OSError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return set()


def _written(notebook: Any) -> Iterator[str]:
    for cell in notebook["cells"]:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        if "".join(cell.get("source", "")).strip() not in ("", ANSWER):
            yield str(marks.get("grade_id"))
