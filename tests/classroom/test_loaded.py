"""Looked up at once, and by the same rules: what stands in the gradebook and the notebook is what nbgrader's own preprocessors make."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.api
import pytest
from nbformat import NotebookNode
from nbgrader.api import Comment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import GetGrades, OverwriteCells, SaveAutoGrades

from classroom.a_class import IN_PLACE, RIGHT, Cells, by_id, code_cell, hand_in, make_course, solved
from grader.classroom.autograde import IsolatedGrading, TolerantReader
from grader.classroom.gradebook import Book
from grader.classroom.loaded import (
    GetLoadedGrades,
    LoadedLesson,
    OverwriteLoaded,
    SaveLoadedGrades,
    share_engines,
)
from grader.course.catalogue import find_lesson

Rows = dict[str, list[tuple[Any, ...]]]


def answered(cells: Cells) -> None:
    by_id(cells, "answer-robust")["source"] = "When it is skewed."


CLASS: dict[str, Callable[[Path], str]] = {
    "right": lambda course: solved(course, RIGHT, answered),
    "partly": lambda course: solved(course, IN_PLACE),
    "lost": lambda course: solved(course, RIGHT, lambda cells: cells.remove(by_id(cells, "check-mean"))),
    "broken": lambda course: solved(course, RIGHT)[:900],
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a class in its gradebook, one of it marked by hand, and their graded notebooks in graded/."""
    course = make_course(tmp_path_factory.mktemp("loaded") / "course")
    url = f"sqlite:///{course / 'gradebook.db'}"
    Book(url, find_lesson("tiny", course)).close()
    (course / "graded").mkdir()
    for student, text in CLASS.items():
        path = hand_in(course, student, text(course))
        with Gradebook(url) as book:
            book.update_or_create_student(student)
            book.update_or_create_submission("tiny", student)
        reader = TolerantReader()
        reader.register_preprocessor(IsolatedGrading, enabled=True)
        names = names_of(course, student)
        notebook, _ = reader.from_filename(str(path), {"nbgrader": names})
        (course / "graded" / f"{student}.ipynb").write_text(notebook)
    with Gradebook(url) as book:
        grade = book.find_grade("answer-robust", "tiny", "tiny", "right")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.0, 0.5, False
        book.find_comment("answer-robust", "tiny", "tiny", "right").manual_comment = "Well said."
        book.find_submission_notebook("tiny", "tiny", "partly").late_submission_penalty = 1.0
        book.db.commit()
    return course


def names_of(course: Path, student: str, database: str = "gradebook.db") -> dict[str, str]:
    url = f"sqlite:///{course / database}"
    return {"assignment": "tiny", "notebook": "tiny", "student": student, "db_url": url}


def graded(course: Path, student: str) -> NotebookNode:
    return nbformat.read(course / "graded" / f"{student}.ipynb", as_version=4)


def rows(database: Path) -> Rows:
    """Every grade and comment, by student and cell, and what a submission has besides."""
    with Gradebook(f"sqlite:///{database}") as book:
        grades = [
            (each.student.id, each.name, each.auto_score, each.manual_score, each.extra_credit, each.needs_manual_grade)
            for each in book.db.query(Grade)
        ]
        comments = [
            (each.student.id, each.name, each.auto_comment, each.manual_comment) for each in book.db.query(Comment)
        ]
        sums = [
            (each.student.id, each.score, each.late_submission_penalty) for each in book.db.query(SubmittedNotebook)
        ]
        times = [(each.student_id, each.timestamp) for each in book.db.query(SubmittedAssignment)]
    return {"grades": sorted(grades), "comments": sorted(comments), "sums": sorted(sums), "times": sorted(times)}


def save(preprocessor: Any, course: Path, database: str) -> Rows:
    """The gradebook's rows after a preprocessor has saved the class in a copy of it."""
    shutil.copy(course / "gradebook.db", course / database)
    for student in CLASS:
        notebook = graded(course, student)
        kept = deepcopy(notebook)
        assert preprocessor().preprocess(notebook, {"nbgrader": names_of(course, student, database)})[0] == kept
    return rows(course / database)


def test_the_rows_are_those_of_stock_nbgrader(course: Path) -> None:
    """Scores, comments and flags, cell by cell: with marks by hand, an answer, a lost cell, a broken file."""
    ours, theirs = save(SaveLoadedGrades, course, "ours.db"), save(SaveAutoGrades, course, "theirs.db")
    assert ours == theirs
    assert ours != rows(course / "gradebook.db")
    scores = {(student, cell): score for student, cell, score, *_ in ours["grades"]}
    assert scores["right", "check-mean"] == scores["lost", "check-mean"] == 4.0
    assert (scores["partly", "check-mean"], scores["broken", "check-mean"]) == (3.0, 0.0)


def test_feedback_gets_what_stock_nbgrader_gives_it(course: Path) -> None:
    """Each cell's score and comment, the sums, and the penalty for lateness."""
    save(SaveAutoGrades, course, "saved.db")
    for student in CLASS:
        made = []
        for preprocessor in (GetLoadedGrades, GetGrades):
            resources = {"nbgrader": names_of(course, student, "saved.db")}
            made.append(preprocessor().preprocess(graded(course, student), resources))
        assert made[0] == made[1]
        assert made[0][1]["nbgrader"]["max_score"] > 0


@pytest.mark.parametrize("change", ["text", "kind", "points", "both"])
def test_cells_are_overwritten_as_stock_nbgrader_does(course: Path, change: str) -> None:
    """A locked cell that was edited, one of another type, and other points: the gradebook's again."""
    made = []
    for stock in (True, False):
        notebook = graded(course, "right")
        check = next(cell for cell in notebook.cells if cell.id == "check-mean")
        answer = next(cell for cell in notebook.cells if cell.id == "answer-robust")
        notebook.cells.insert(1, nbformat.from_dict(code_cell("mine = 1")))
        if change in ("text", "both"):
            check.source = "print('4.0')"
        if change in ("kind", "both"):
            answer.cell_type, answer.outputs, answer.execution_count = "code", [], None
        if change in ("points", "both"):
            check.metadata.nbgrader.points = 400
        names = names_of(course, "right")
        if stock:
            OverwriteCells().preprocess(notebook, {"nbgrader": names})
        else:
            OverwriteLoaded(LoadedLesson(names)).overwrite(notebook)
        made.append(notebook)
    assert made[0] == made[1]
    assert made[0].cells[1].source == "mine = 1"


def test_who_is_killed_leaves_the_scores_as_they_were(course: Path) -> None:
    """At the last of a submission's cells, and by SIGKILL: none of its scores is written."""
    before = save(SaveAutoGrades, course, "killed.db")

    class Killed(SaveLoadedGrades):
        def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
            super()._add_score(cell, resources)
            self.gradebook.find_grade("check-mean").auto_score = 99.0
            self.gradebook.find_comment("mean").auto_comment = "half written"

        def _add_comment(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
            if cell.metadata.nbgrader.grade_id == "answer-robust":
                os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        Killed().preprocess(graded(course, "right"), {"nbgrader": names_of(course, "right", "killed.db")})
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert rows(course / "killed.db") == before


def test_a_gradebook_has_one_engine(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened again, it need not compile its statements again; another gradebook has another one."""
    monkeypatch.setattr(nbgrader.api, "create_engine", nbgrader.api.create_engine)
    monkeypatch.setattr(Gradebook, "__init__", Gradebook.__init__)
    share_engines()
    share_engines()
    shutil.copy(course / "gradebook.db", course / "other.db")
    engines = []
    for database in ("gradebook.db", "gradebook.db", "other.db"):
        with Gradebook(f"sqlite:///{course / database}") as book:
            assert len(book.students) == len(CLASS)
            engines.append(book.engine)
    assert engines[0] is engines[1]
    assert engines[0] is not engines[2]
    # Another file under a name that was opened before.
    (course / "other.db").unlink()
    with Gradebook(f"sqlite:///{course / 'other.db'}") as book:
        assert book.students == []
        assert book.update_or_create_student("zoe").id == "zoe"
