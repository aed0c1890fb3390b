"""nbgrader's preprocessors with what they look up in the gradebook loaded at once.

Their rules are nbgrader's own, but that a marked answer stays marked while it is the same. As they
come they ask the database for each cell, and commit after each, which takes most of their time and
lets a kill leave half of a submission's scores.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import nbgrader.api
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Course, Grade, Gradebook, MissingEntry
from nbgrader.preprocessors import GetGrades, OverwriteCells, SaveAutoGrades
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, undefer

from grader.classroom import answers
from grader.classroom.answers import ELSEWHERE, IS_ELSEWHERE, Answer
from grader.course.cells import grade_id, is_answer, source_of

_Names = dict[str, str]  # assignment, notebook, student and db_url, as nbgrader's converters hand them on
_Preprocessed = tuple[NotebookNode, dict[str, Any]]


def share_engines() -> None:
    """Have nbgrader use one database engine for each gradebook, and look at its tables once.

    It makes a new engine whenever it opens a gradebook, nine times a submission, and an engine
    compiles each statement anew; and then it asks for each table whether it is there.
    """
    make = nbgrader.api.create_engine
    # Once: a process may read the configuration for several lessons.
    if not hasattr(make, "cache_info"):
        nbgrader.api.create_engine = functools.lru_cache(maxsize=4)(make)
        Gradebook.__init__ = _opened_again(Gradebook.__init__)


def _opened_again(first: Any) -> Any:
    """nbgrader's opening of a gradebook, shorter for one that this process has opened and that still has the course."""
    opened: dict[tuple[str, str], Any] = {}

    @functools.wraps(first)
    def init(book: Any, db_url: str, course_id: str = "default_course", authenticator: Any = None) -> None:
        sessions = opened.get((db_url, course_id))
        if sessions and _has_course(sessions.kw["bind"], course_id):
            book.engine, book.db = sessions.kw["bind"], scoped_session(sessions)
            book.course_id, book.authenticator = course_id, authenticator
        else:
            first(book, db_url, course_id, authenticator)
            opened[db_url, course_id] = book.db.session_factory

    return init


def _has_course(engine: Any, course: str) -> bool:
    """Whether the gradebook is the one that was opened before, and no new file under its name."""
    with contextlib.suppress(SQLAlchemyError), engine.connect() as connection:
        return connection.execute(select(Course.id).where(Course.id == course)).first() is not None
    return False


def stay_connected() -> None:
    """Closing a gradebook ends its session only: for a process that is over before another file can be in its place."""
    Gradebook.close = lambda book: book.db.remove()


class LoadedLesson:
    """A notebook of an assignment as the gradebook keeps it; OverwriteCells takes it for the gradebook."""

    def __init__(self, names: _Names) -> None:
        with Gradebook(names["db_url"]) as book:
            known = book.find_notebook(names["notebook"], names["assignment"])
            self.kernelspec: dict[str, str] = json.loads(known.kernelspec or "{}")
            self.sources = {cell.name: cell for cell in known.source_cells}
            self.points = {cell.name: cell.max_score for cell in known.grade_cells}
            self.solutions = {cell.name for cell in known.solution_cells}
            self._graded = {cell.name: cell for cell in known.grade_cells}

    def find_source_cell(self, name: str, *_: str) -> Any:
        return _found(self.sources, name)

    def find_graded_cell(self, name: str, *_: str) -> Any:
        return _found(self._graded, name)


class OverwriteLoaded(OverwriteCells):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's OverwriteCells, its lookups in a lesson that is loaded."""

    def __init__(self, lesson: LoadedLesson, **settings: Any) -> None:
        super().__init__(**settings)
        self.gradebook, self.notebook_id, self.assignment_id = lesson, "", ""

    def overwrite(self, notebook: NotebookNode) -> None:
        """Give the lesson's cells the type that they had, and the locked ones their text."""
        for index, cell in enumerate(notebook.cells):
            self.preprocess_cell(cell, {}, index)


class _Submission:
    """A submission's grades and comments; nbgrader's preprocessors take it for the gradebook.

    A commit of theirs does nothing: the submission is committed as a whole.
    """

    def __init__(self, book: Gradebook, names: _Names) -> None:
        self.db = self
        self.notebook = book.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
        # max_score is a subquery that nbgrader leaves for later: one more query for each cell.
        self._grades = self._by_name(book, Grade, [undefer(Grade.max_score)])
        self._comments = self._by_name(book, Comment, [])

    def _by_name(self, book: Gradebook, table: Any, options: Iterable[Any]) -> dict[str, Any]:
        query = book.db.query(table, BaseCell.name).join(BaseCell, BaseCell.id == table.cell_id)
        rows = query.filter(table.notebook_id == self.notebook.id).options(*options)
        return {name: row for row, name in rows}

    def find_grade(self, name: str, *_: str) -> Any:
        return _found(self._grades, name)

    def find_comment(self, name: str, *_: str) -> Any:
        return _found(self._comments, name)

    def commit(self) -> None:
        pass


def _found(rows: dict[str, Any], name: str) -> Any:
    if name not in rows:
        raise MissingEntry(f"No such cell: {name}")
    return rows[name]


@contextlib.contextmanager
def _processed(step: Any, nb: NotebookNode, resources: dict[str, Any]) -> Iterator[tuple[Gradebook, Any]]:
    """The gradebook, open, and the notebook in it, after a step of nbgrader's went through the cells."""
    names = resources["nbgrader"]
    step.notebook_id, step.assignment_id, step.student_id = names["notebook"], names["assignment"], names["student"]
    with Gradebook(names["db_url"]) as book:
        step.gradebook = _Submission(book, names)
        for index, cell in enumerate(nb.cells):
            step.preprocess_cell(cell, resources, index)
        yield book, step.gradebook.notebook


class SaveLoadedGrades(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's SaveAutoGrades in one transaction; an answer that was marked as it is need not be marked again."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> _Preprocessed:
        """The notebook as it is; its scores and answers are in the gradebook."""
        self._answers: list[tuple[Any, Answer, bool]] = []
        with _processed(self, nb, resources) as (book, _):
            answers.make_table(book.db)
            before = answers.digests(book.db, [grade.id for grade, *_ in self._answers])
            kept = {}
            for grade, answer, waited in self._answers:
                if before.get(grade.id) == ELSEWHERE.digest and not answer.is_written:  # the cell was put back
                    answer = ELSEWHERE
                if answer == ELSEWHERE:
                    grade.auto_score, grade.needs_manual_grade = None, True
                if before.get(grade.id) == answer.digest and (grade.manual_score is not None or answer == ELSEWHERE):
                    grade.needs_manual_grade = waited
                kept[grade.id] = answer
            answers.keep(book.db, kept)
            book.db.commit()
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        if is_answer(grade_id(cell)):
            grade = self.gradebook.find_grade(grade_id(cell))
            answer = Answer.of(source_of(cell), cell.get("attachments"))
            if cell.metadata.get("prep") == IS_ELSEWHERE and not answer.is_written:
                answer = ELSEWHERE
            self._answers.append((grade, answer, grade.needs_manual_grade))
        super()._add_score(cell, resources)


class GetLoadedGrades(GetGrades):  # type: ignore[misc]
    """nbgrader's GetGrades with three queries in all."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> _Preprocessed:
        """The notebook with its scores and comments; the sums are in the resources."""
        with _processed(self, nb, resources) as (_, submitted):
            penalty = submitted.late_submission_penalty or 0
            if penalty:
                self.log.warning("Late submission penalty: %s", penalty)
            resources["nbgrader"] |= {
                "score": submitted.score - penalty,
                "max_score": submitted.max_score,
                "late_penalty": penalty,
            }
        return nb, resources
