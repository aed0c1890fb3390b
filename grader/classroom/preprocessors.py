"""What takes Execute's place in `nbgrader autograde`: the isolated grading, its scores and sentences as the outputs of the check cells.

nbgrader reads a score from a check cell's output, so the scores in its gradebook, formgrader, feedback and export are ours. A
result of a bulk run (`prep grade`) is reused when the submission has not changed since.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader import card
from grader.classroom.grading import level_of
from grader.classroom.journal import Journal, fingerprint, submission_key
from grader.course.catalogue import Lesson, find_course, lesson
from grader.course.submission import Submission
from grader.errors import PrepError
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.run import Judge, new_seed
from grader.verdict import Result, Score


class IsolatedGrading(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Grades the submission a notebook came from, and writes each check cell's score and card."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook with the outputs of its check cells; check cells that the learner deleted are put back."""
        names = resources["nbgrader"]
        course = find_course(Path(resources["metadata"]["path"]))
        graded = lesson(names["assignment"], course)
        _restore(nb, names)
        item = _submitted(course, names["student"], graded, Path(resources["metadata"]["path"]))
        result = result_of(course, graded, item)
        scores = {f"check-{score.name}": score for score in result.exercises}
        for cell in nb.cells:
            score = scores.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if score:
                cell.outputs = outputs(score)
        return nb, resources


def result_of(course: Path, graded: Lesson, item: Submission) -> Result:
    """The result of a submission: the journal's when it has not changed, else graded now and put in the journal."""
    limits = Limits()
    journal = Journal(course / "grades.sqlite")
    try:
        key = submission_key(item, fingerprint(graded, limits))
        known = journal.find(graded.name, item, key)
        if known:
            return known
        seed = new_seed()
        with Host(level_of("auto"), limits) as host:
            result = Judge(graded, host, seed).result(item)
        journal.write(graded.name, key, seed, result)
        return result
    finally:
        journal.close()


def outputs(score: Score) -> list[NotebookNode]:
    """A check cell's outputs: the card to read, and the score as a plain number, which is what nbgrader looks for."""
    shown = nbformat.v4.new_output("display_data", {"text/html": card.html(score), "text/plain": card.text(score)})
    number = nbformat.v4.new_output("execute_result", {"text/plain": repr(float(score.score))}, execution_count=None)
    return [shown, number]


def _submitted(course: Path, student: str, graded: Lesson, autograded: Path) -> Submission:
    """The file that the student handed in; nbgrader's own copy where it is not to be found."""
    for folder in (course / "submitted" / student / graded.name, autograded):
        path = folder / f"{graded.name}.ipynb"
        if path.exists():
            return Submission(student, path)
    raise PrepError(f"The notebook that {student} handed in for {graded.name} is neither in submitted/ nor in {autograded}.")


def _restore(nb: NotebookNode, names: dict[str, Any]) -> None:
    """Put back the graded cells that a learner deleted, so that each has a score and nothing waits for ever."""
    present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
    with Gradebook(names["db_url"]) as book:
        notebook = book.find_notebook(names["notebook"], names["assignment"])
        solutions = {cell.name for cell in notebook.solution_cells}
        sources = {cell.name: cell for cell in notebook.source_cells}
        for grade in notebook.grade_cells:
            if grade.name not in present:
                nb.cells.append(_graded_cell(grade, sources[grade.name], grade.name in solutions))


def _graded_cell(grade: Any, source: Any, solution: bool) -> NotebookNode:
    make: Any = nbformat.v4.new_code_cell if grade.cell_type == "code" else nbformat.v4.new_markdown_cell
    marks = {"grade": True, "solution": solution, "locked": not solution, "task": False, "grade_id": grade.name, "schema_version": 3}
    marks |= {"points": grade.max_score, "cell_type": grade.cell_type, "checksum": source.checksum}
    return make(source.source, metadata={"nbgrader": marks}, id=grade.name[:64])
