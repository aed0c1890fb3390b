"""What takes Execute's place in `nbgrader autograde`: the isolated grading, shown in the check cells.

nbgrader reads a score from a check cell's output, so the scores in its gradebook, formgrader,
feedback and export are ours. A result of a bulk run (`prep grade`) is reused when the submission
has not changed since.
"""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum

from grader import card
from grader.classroom.answers import IS_ELSEWHERE
from grader.classroom.grading import level_of
from grader.classroom.journal import Journal, fingerprint, grading_of, submission_key
from grader.classroom.loaded import LoadedLesson, OverwriteLoaded
from grader.course.catalogue import Lesson, find_course, find_lesson, read_lesson
from grader.course.cells import check_id, grade_id, is_answer
from grader.course.notebook_file import as_notebook, parse_notebook
from grader.course.submission import Submission
from grader.errors import PrepError, Unreadable
from grader.isolation.host import Host
from grader.isolation.policy import LEVELS, Limits
from grader.judging.judge import Judge, new_seed
from grader.verdict import Result, Score

_REASON = "**This submission could not be graded, so every score is 0.** {}"
_Preprocessed = tuple[NotebookNode, dict[str, Any]]


class TolerantReader(NotebookExporter):  # type: ignore[misc]  # nbconvert has no types
    """Reads whatever was handed in as `prep grade` does; a file that cannot be read is an empty notebook, and says why.

    nbgrader's marks on the cells are the gradebook's, not the learner's, and so is the text of locked cells.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._lessons: dict[tuple[str, ...], LoadedLesson] = {}  # nbgrader makes a reader for each run

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> Any:
        """The notebook in a file with every graded cell of the assignment in it, each once.

        nbgrader converts each file twice: the first time, without preprocessors, it stays as it is.
        """
        text = _text_of(file_stream)
        if not self._preprocessors:
            return text, self._init_resources(resources)
        try:
            notebook = as_notebook(parse_notebook(text, "the notebook"))
        except Unreadable:  # IsolatedGrading says what is wrong with it
            notebook = nbformat.v4.new_notebook()
        lesson = self._lesson(resources["nbgrader"])
        restore(notebook, lesson)
        OverwriteLoaded(lesson, parent=self).overwrite(notebook)
        return self.from_notebook_node(notebook, resources, **kw)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[str, dict[str, Any]]:
        """The text of a notebook after the preprocessors.

        nbconvert and nbformat copy it four times on the way: it may be changed, having been read for this.
        """
        resources = self._init_resources(resources)
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        # In one line: Python's json indents eight times as slowly, and nobody reads it as text.
        return json.dumps(nb, ensure_ascii=False) + "\n", resources

    def _lesson(self, names: dict[str, str]) -> LoadedLesson:
        which = tuple(names[part] for part in ("db_url", "assignment", "notebook"))
        if which not in self._lessons:
            self._lessons[which] = LoadedLesson(names)
        return self._lessons[which]


def _text_of(file_stream: Any) -> str:
    """What stands in a file that nbconvert opened, without a byte order mark; nothing where it is no text."""
    try:
        return str(file_stream.read()).removeprefix("\ufeff")
    except UnicodeError:
        return ""


def restore(notebook: NotebookNode, lesson: LoadedLesson) -> None:
    """Give each cell of the assignment the gradebook's marks, and put back graded cells that are gone."""
    if lesson.kernelspec:
        notebook.metadata["kernelspec"] = nbformat.from_dict(lesson.kernelspec)
    # As after a copy into a new notebook: an answer may stand in a cell that nothing tells from others.
    lost = bool(notebook.cells) and not any(map(grade_id, notebook.cells))
    marks = {}
    for name, source in lesson.sources.items():
        marks[name] = _marks(source, lesson.points.get(name), name in lesson.solutions)
    present = _remark(notebook, marks)
    taken = {cell.id for cell in notebook.cells}
    last = ""  # of the lesson's cells before this one that are there
    missing: dict[str, list[NotebookNode]] = {}  # by the cell that they come after
    for name, source in lesson.sources.items():
        if name in present:
            last = name
        elif name in lesson.points:
            put_back = _cell(source, marks[name], taken)
            if lost and is_answer(name):
                put_back.metadata["prep"] = IS_ELSEWHERE
            missing.setdefault(last, []).append(put_back)
    first = missing.pop("", [])
    notebook.cells = first + [each for cell in notebook.cells for each in (cell, *missing.get(grade_id(cell), []))]


def _cell(source: Any, marks: dict[str, Any], taken: set[str]) -> NotebookNode:
    """A cell as the gradebook keeps it, under an id of its own."""
    make: Any = nbformat.v4.new_code_cell if source.cell_type == "code" else nbformat.v4.new_markdown_cell
    # nbformat allows 64 characters in an id, and one cell to each.
    named = {"id": source.name[:64]} if source.name[:64] not in taken else {}
    return make(source.source, metadata={"nbgrader": marks}, **named)


def _remark(notebook: NotebookNode, marks: dict[str, dict[str, Any]]) -> set[str]:
    """Replace the cells' marks by those given; of cells with one id the last counts.

    The ids found.
    """
    found: set[str] = set()
    for cell in reversed(notebook.cells):
        name = grade_id(cell)
        cell.metadata.pop("nbgrader", None)
        if name in marks and name not in found:
            cell.metadata.nbgrader = nbformat.from_dict(marks[name])
            found.add(name)
    return found


def _marks(source: Any, points: float | None, solution: bool) -> dict[str, Any]:
    marks = {"grade_id": source.name, "schema_version": 3, "task": False}
    marks |= {"grade": points is not None, "solution": solution, "locked": source.locked}
    marks |= {"cell_type": source.cell_type, "checksum": source.checksum}
    return marks if points is None else {**marks, "points": points}


class IsolatedGrading(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Grades the submission that a notebook came from, and writes each check cell's score and card."""

    isolation = Enum(["auto", *LEVELS], "auto", help="As for prep grade --isolation.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook with the outputs of its check cells; at its top, why it could not be graded."""
        names, here = resources["nbgrader"], Path(resources["metadata"]["path"])
        course = find_course(here)
        lesson = _lesson(names["assignment"], course)
        item = _submitted(course, names["student"], lesson, here)
        result = result_of(course, lesson, item, self.isolation)
        scores = {check_id(score.name): score for score in result.exercises}
        for cell in nb.cells:
            score = scores.get(grade_id(cell))
            if score:
                cell.outputs = outputs(score)
        key = submission_key(item, fingerprint(lesson, Limits()))
        nb.metadata["prep"] = {"graded": grading_of(key, result.seed)}  # prep feedback makes it anew for another
        if result.reason:
            reason = _REASON.format(result.reason)
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(reason, id="not-graded"))
        return nb, resources


def outputs(score: Score) -> list[NotebookNode]:
    """A check cell's outputs: the card to read, and the score as nbgrader looks for it, a plain number."""
    shown = {"text/html": card.html(score), "text/plain": card.text(score)}
    number = {"text/plain": repr(float(score.score))}
    made = [
        {"output_type": "display_data", "data": shown, "metadata": {}},
        {"output_type": "execute_result", "data": number, "metadata": {}, "execution_count": None},
    ]
    return [nbformat.from_dict(output) for output in made]


def result_of(course: Path, lesson: Lesson, item: Submission, isolation: str = "auto") -> Result:
    """The result of a submission with its seed: the journal's when it has not changed, else of grading it now."""
    key = fingerprint(lesson, Limits())
    journal = Journal.of(course)
    try:
        known = journal.find(lesson.name, item, submission_key(item, key))
        if known:
            return known
        judge = _judge(lesson.folder, key, isolation)
        result = judge.result(item)
        journal.write(lesson.name, submission_key(item, key), judge.seed, result)
        return replace(result, seed=judge.seed)
    finally:
        journal.close()


@functools.lru_cache(maxsize=1)
def _judge(folder: Path, key: str, isolation: str) -> Judge:
    """The judge of a lesson whose files have this fingerprint, kept for the next submission."""
    return Judge(read_lesson(folder), Host(level_of(isolation), Limits()), new_seed())


def _lesson(name: str, course: Path) -> Lesson:
    """The lesson as its files are now, read once for a class."""
    folders = [course / part / name for part in ("solutions", "lessons")]
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()]
    return _read_once(name, course, tuple((path, path.stat().st_mtime_ns) for path in files))


@functools.lru_cache(maxsize=1)
def _read_once(name: str, course: Path, files: tuple[tuple[Path, int], ...]) -> Lesson:
    # `files` is the key alone: when one of them changes, the lesson is read again.
    return find_lesson(name, course)


def _submitted(course: Path, student: str, lesson: Lesson, autograded: Path) -> Submission:
    """The file that the student handed in; nbgrader's own copy where it is not to be found."""
    for folder in (course / "submitted" / student / lesson.name, autograded):
        path = folder / f"{lesson.name}.ipynb"
        if path.exists():
            return Submission(student, path)
    raise PrepError(
        f"The notebook that {student} handed in for {lesson.name} is neither in submitted/ nor in {autograded}."
    )
