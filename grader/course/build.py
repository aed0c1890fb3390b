"""lesson.py -> notebooks, by jupytext and nbgrader: this adds the metadata and takes the answers out.

    solutions/LESSON/lesson.py     written by hand
    solutions/LESSON/LESSON.ipynb  nbgrader's source notebook, with the references (not in git)
    lessons/LESSON/                what learners get: notebook, checks.py, hints.md (in git)

Every id is derived from the exercise or from the cell's place, so that a rebuilt notebook is the
same to the byte.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from grader.course.catalogue import RELEASED, Lesson, all_lessons
from grader.course.cells import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    KERNEL,
    UNANSWERED,
    UNWRITTEN,
    answer_id,
    check_id,
    cost_id,
    grade_id,
    help_id,
    marks_of,
    question_id,
    reveal_id,
)
from grader.course.colab import with_install
from grader.course.files import LEFT_BEHIND, write_whole
from grader.course.glossary import Term, terms_of
from grader.course.packaged import BUILT
from grader.course.readme import with_table
from grader.errors import LessonError

COURSE_ID = "ml-interview-prep"
INSTRUCTOR = "instructor"  # the tag of cells that are not released
FOLDED = "folded"  # the tag of cells whose code is hidden at first: imports, long plots
_GENERATED = "by `prep build` from the lesson's sources: do not edit by hand"
_CHECK = re.compile(r"\Acheck\((\w+)\)\s*\Z")
_IMPORT = re.compile(r"^from grader import (check\b.*)$", re.MULTILINE)
# Comments, so that running all cells takes no hint and gives nothing away.
_HELP = """\
# hint({0})    # the next of three hints: take the first # away and run the cell
# reveal({0})  # once yours has passed: other right answers beside it"""
_GLOSSARY = "## The words of this lesson\n\n| term | also | 中文 | what it is |\n|---|---|---|---|"
_FUNCTION = re.compile(r"^def (\w+)\(", re.MULTILINE)


# --- the source notebook --------------------------------------------------------------------------


def source_notebook(lesson: Lesson) -> NotebookNode:
    """The notebook of a lesson with its references and rubrics, and all of nbgrader's metadata."""
    assert lesson.reference is not None
    if "title" not in lesson.facts:
        raise LessonError(f'{lesson.reference}: its header has no title: write `#     title: "..."` below `#   prep:`.')
    notebook = jupytext.reads(lesson.reference.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [made for name, cell in _numbered(notebook.cells) for made in _cells(lesson, cell, name)]
    cells = with_install(lesson, _with_glossary(lesson, cells))
    points = {exercise.name: exercise.points for exercise in lesson.exercises}
    checked = {grade_id(cell) for cell in cells if marks_of(cell).get("grade")}
    for name in points:
        if check_id(name) not in checked:
            raise LessonError(f"{lesson.reference}: exercise {name} has no cell check({name}).")
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    facts = {**lesson.facts, "generated": _GENERATED}
    return nbformat.v4.new_notebook(cells=cells, metadata={**metadata, "prep": facts})


def _numbered(cells: Iterable[NotebookNode]) -> Iterator[tuple[str, NotebookNode]]:
    """The cells with names by their places."""
    # Instructors' cells are counted by themselves: one more of them leaves the release as it is.
    places = {"cell": count(), INSTRUCTOR: count()}
    for cell in cells:
        kind = INSTRUCTOR if INSTRUCTOR in cell.metadata.get("tags", []) else "cell"
        yield f"{kind}-{next(places[kind]):03d}", cell


def _cells(lesson: Lesson, cell: NotebookNode, name: str) -> Iterator[NotebookNode]:
    """The cells that one cell of the source becomes."""
    source = cell.source
    _require_pairs(lesson, source)
    if "question" in cell.metadata:
        yield from _question(cell)
        return
    check = _CHECK.match(source.strip())
    if BEGIN_SOLUTION in source:
        yield _cell("code", _exercise_of(lesson, source), source, solution=True)
    elif check:
        exercise = lesson.exercise(check[1])
        points = exercise.points
        yield _cell("code", check_id(exercise.name), source, grade=True, locked=True, points=points)
        if lesson.hints.get(exercise.name):
            yield _cell("code", help_id(exercise.name), _HELP.format(exercise.name))
        if exercise.name in lesson.costs:
            yield _cell("code", cost_id(exercise.name), f"cost({exercise.name})")
    else:
        tags = cell.metadata.get("tags", [])
        source = _IMPORT.sub(_with_ours(lesson), source)
        yield _cell(cell.cell_type, name, source, locked=cell.cell_type == "markdown", tags=tags)


def _require_pairs(lesson: Lesson, source: str) -> None:
    """LessonError where a solution begins and does not end in its cell, or a mark scheme."""
    for begin, end in (
        (BEGIN_SOLUTION, END_SOLUTION),
        ("=== BEGIN MARK SCHEME ===", "=== END MARK SCHEME ==="),
    ):
        if source.count(begin) != source.count(end):
            # nbgrader refuses it too, but names a notebook in a temporary folder and no line.
            assert lesson.reference
            text = lesson.reference.read_text(encoding="utf-8")
            line = text[: max(0, text.find(source[:80]))].count("\n") + 1
            counts = f"{source.count(begin)} of {begin} and {source.count(end)} of {end}"
            raise LessonError(f"{lesson.reference} line {line}: this cell has {counts}.")


def _with_ours(lesson: Lesson) -> Callable[[re.Match[str]], str]:
    """The learner's import with what the build's own cells and the row below a card call."""
    ours = {"case", "hint", "reset", "reveal", *(("cost",) if lesson.costs else ())}

    def line(found: re.Match[str]) -> str:
        return f"from grader import {', '.join(sorted(ours | set(found[1].split(', '))))}"

    return line


def _with_glossary(lesson: Lesson, cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with a table of the lesson's terms at the end, before status()."""
    terms = terms_of(lesson.name)
    if not terms:
        return cells
    rows = [_glossary_row(term) for term in terms]
    table = _cell("markdown", "glossary", "\n".join([_GLOSSARY, *rows]), locked=True)
    place = len(cells) - (cells[-1].source.strip() == "status()")
    return [*cells[:place], table, *cells[place:]]


def _glossary_row(term: Term) -> str:
    return f"| {term.en} | {', '.join(term.also)} | {term.zh} | {term.meaning} |"


def _question(cell: NotebookNode) -> Iterator[NotebookNode]:
    """A concept question: its text with the rubric (locked), the cell for the answer, the reveal."""
    slug = str(cell.metadata["question"])
    points = float(cell.metadata.get("points", 1))
    # Markdown needs the marks of the scheme in paragraphs of their own.
    text = cell.source.replace("=== BEGIN MARK SCHEME ===", "=== BEGIN MARK SCHEME ===\n")
    text = text.replace("=== END", "\n=== END")
    yield _cell("markdown", question_id(slug), text, locked=True)
    yield _cell("markdown", answer_id(slug), UNANSWERED, grade=True, solution=True, points=points)
    yield _cell("code", reveal_id(slug), f'reveal("{slug}")')


def _exercise_of(lesson: Lesson, source: str) -> str:
    known = {exercise.name for exercise in lesson.exercises}
    functions = _FUNCTION.findall(source)
    defined = [name for name in functions if name in known]
    if len(defined) != 1:
        rule = "a cell with a solution must define one exercise that has checks"
        names = ", ".join(functions) or "nothing"
        raise LessonError(f"{lesson.reference}: {rule}; it defines {names}.")
    return str(defined[0])


def _cell(
    kind: str,
    name: str,
    source: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float = 0,
    tags: list[str] | None = None,
) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if FOLDED in (tags or ()):
        metadata["jupyter"] = {"source_hidden": True}
    if grade or solution or locked:
        marks: dict[str, Any] = {"grade": grade, "solution": solution, "locked": locked, "task": False}
        marks |= {"grade_id": name, "schema_version": 3}
        if grade:
            marks["points"] = points
        if kind:
            marks["cell_type"] = kind
        metadata["nbgrader"] = marks
    # nbformat allows 64 characters in an id.
    make: Any = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return make(source, metadata=metadata, id=name[:64])


# --- nbgrader's generate step ---------------------------------------------------------------------


def release(
    sources: dict[str, NotebookNode],
    lessons_of: dict[str, Lesson],
    folder: Path,
    gradebook: str | None = None,
) -> None:
    """Run nbgrader's generate_assignment on source notebooks, into folder/lessons.

    With a gradebook's URL their cells are recorded there.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    for name, notebook in sources.items():
        (folder / "solutions" / name).mkdir(parents=True)
        nbformat.write(notebook, folder / "solutions" / name / f"{name}.ipynb")
        for file in RELEASED:
            _copy_marked(lessons_of[name].folder / file, folder / "solutions" / name / file)
    config = Config()
    config.merge(nbgrader_settings())
    config.CourseDirectory.root = str(folder)
    config.SaveCells.enabled = gradebook is not None
    config.GenerateAssignment.no_database = gradebook is None
    config.CourseDirectory.db_url = gradebook or "sqlite://"
    for name in sources:
        config.CourseDirectory.assignment_id = name
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log.setLevel("ERROR")
        converter.start()


def _copy_marked(source: Path, target: Path) -> None:
    """Copy a file with a first line that says what it is built from."""
    origin = f"{BUILT} solutions/{source.parent.name}/{source.name}: do not edit by hand."
    head = f"# {origin}" if source.suffix == ".py" else f"<!-- {origin} -->"
    target.write_text(f"{head}\n{source.read_text(encoding='utf-8')}", encoding="utf-8")


def nbgrader_settings() -> Any:
    """How nbgrader builds our lessons: shared by the build and by nbgrader_config.py."""
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.course_id = COURSE_ID
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "lessons"
    ours = ["lesson.py", "mistakes.py", "approaches.py", "drafts.py", "equivalent.yml"]
    config.CourseDirectory.ignore = [*ours, *LEFT_BEHIND, "*.pyc"]
    # The rubric stands in the question, a locked cell, where graders see it.
    config.ClearMarkScheme.enforce_metadata = False
    config.ClearSolutions.code_stub = {"python": UNWRITTEN}
    config.ClearSolutions.text_stub = UNANSWERED
    config.TagRemovePreprocessor.remove_cell_tags = {INSTRUCTOR}
    config.TagRemovePreprocessor.enabled = True
    # Before nbgrader's own steps, none of which must see an instructor's cell.
    standard = GenerateAssignment().preprocessors
    config.GenerateAssignment.preprocessors = ["nbconvert.preprocessors.TagRemovePreprocessor", *standard]
    return config


# --- the course -----------------------------------------------------------------------------------


def build(course: Path, *, check: bool = False, only: Lesson | None = None) -> list[str]:
    """Build a course's lessons/, or `only` one of them, and its README's table.

    Returns the files that were not up to date; with `check` nothing is written. LessonError names
    what is wrong in a lesson's sources.
    """
    lessons = all_lessons(course, left_out=[] if only else None)
    wanted = [only] if only else lessons
    found = {lesson.name: lesson for lesson in wanted if lesson.reference}
    sources = {name: source_notebook(lesson) for name, lesson in found.items()}
    # Elsewhere first: a lesson that cannot be built leaves the course as it was.
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        release(sources, found, folder)
        fresh = {Path("lessons") / path: data for path, data in _contents(folder / "lessons").items()}
    present = {Path("lessons") / path: data for path, data in _contents(course / "lessons").items()}
    extra = [] if only else sorted(set(present) - set(fresh))
    readme = course / "README.md"
    if readme.exists():
        present[Path("README.md")] = readme.read_bytes()
        fresh[Path("README.md")] = with_table(readme.read_text(encoding="utf-8"), lessons).encode()
    stale = [path for path, data in fresh.items() if present.get(path) != data]
    if not check:
        for path in stale:
            write_whole(course / path, fresh[path])
        for path in extra:
            (course / path).unlink()
        for name, notebook in sources.items():
            write_whole(found[name].notebook, nbformat.writes(notebook).encode() + b"\n")
    return [path.as_posix() for path in (*stale, *extra)]


def _contents(folder: Path) -> dict[Path, bytes]:
    """The files in a folder by their paths in it, without what Python and Jupyter leave there."""
    ours = [path for path in sorted(folder.rglob("*")) if LEFT_BEHIND.isdisjoint(path.parts)]
    return {path.relative_to(folder): path.read_bytes() for path in ours if path.is_file()}
