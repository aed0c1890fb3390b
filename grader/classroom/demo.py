"""`prep demo`: a class whose scores are known beforehand, graded from notebooks to feedback and report.

Its learners are the lesson itself: the reference, its approaches, every known mistake, an untouched
notebook, a file that is cut off, an answer that never ends.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from grader.classroom.course_report import write_all
from grader.classroom.feedback import write_feedback
from grader.classroom.grading import grade_class
from grader.classroom.standings import gradebook_of
from grader.course.build import build, source_notebook
from grader.course.catalogue import SOURCES, Exercise, Lesson, Variant, find_course, find_lesson
from grader.course.cells import BEGIN_SOLUTION, is_answer
from grader.course.programs import programs_first
from grader.errors import PrepError, UsageError
from grader.verdict import Report, Result, Score

_MARKER = ".prep-demo"
_MISTAKES_EACH = 3  # at most, in a notebook
_ENDLESS = "def {name}(*args):\n    while True:\n        pass\n"


@dataclass(frozen=True, slots=True)
class Learner:
    """One of the class: the file handed in, and what must come of it.

    Every exercise has full marks but those in `wrong`, which are the known mistakes named there
    (None: wrong in another way).
    """

    name: str
    text: str
    wrong: Mapping[str, str | None] = field(default_factory=dict)
    worthless: bool = False


def run_demo(
    folder: Path,
    say: Callable[[str], object] = print,
    name: str = "metrics",
    course: Path | None = None,
) -> int:
    """Grade the demo's class in a folder of its own; 0 when every score is as it must be, else 1.

    UsageError when the folder is in use.
    """
    start = time.perf_counter()
    demo = make_course(course or find_course(), name, folder)
    learners = make_class(find_lesson(name, demo))
    for learner in learners:
        _write(demo / "submitted" / learner.name / name / f"{name}.ipynb", learner.text)
    say(f"A class of {len(learners)} notebooks for the lesson {name}: {demo / 'submitted'}")
    report = grade_class(name, [demo / "submitted"], course=demo)
    taken = time.perf_counter() - start
    how = f"isolation {report.isolation}, seed {report.seed}"
    say(f"Graded, {how}, after {taken:.1f} s: {demo / 'gradebook.db'}")
    written = write_feedback(name, course=demo)
    say("\n".join([f"Each learner's feedback: {written.folder}", *written.told]))
    say(f"The class report: {write_all(demo)}")
    wrong = [*surprises(learners, report), *_differences(demo, report)]
    taken = time.perf_counter() - start
    say("\n".join(wrong) or f"Every score is as it must be. {taken:.1f} s in all.")
    # This environment's, whichever is first on PATH.
    jupyter = Path(sys.executable).with_name("jupyter")
    say(f"Look at it in nbgrader: cd {demo} && {jupyter} lab, then Formgrader in the menu Nbgrader.")
    return 1 if wrong else 0


def make_course(course: Path, name: str, folder: Path) -> Path:
    """A course of its own with one lesson, so that nothing of the real one is touched.

    A demo's folder is made anew.
    """
    source = find_lesson(name, course)
    if not source.reference:
        raise UsageError(f"The demo needs the sources of the lesson {name}, and {course} has no solutions/{name}.")
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARKER).exists():
        raise UsageError(f"{folder} is not empty and no earlier demo's. Choose another: prep demo --folder NAME")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "solutions" / name).mkdir(parents=True)
    (folder / _MARKER).touch()
    for file in SOURCES:
        shutil.copy(source.folder / file, folder / "solutions" / name)
    shutil.copy(course / "nbgrader_config.py", folder)
    build(folder)
    return folder


# --- the class ------------------------------------------------------------------------------------


def make_class(lesson: Lesson) -> list[Learner]:
    """The class of a lesson."""
    return list(_class(lesson))


def _class(lesson: Lesson) -> Iterator[Learner]:
    released = lesson.released.read_text(encoding="utf-8")
    cells = source_notebook(lesson).cells
    right = {cell.id: cell.source for cell in cells if BEGIN_SOLUTION in cell.source}
    yield Learner("reference", notebook(released, right, answers=True))

    approaches = list(_approaches(lesson))
    for number, code in enumerate(approaches, 1):
        yield Learner(f"approach-{number}", notebook(released, right | code))
    # Without its comments and in another layout it is the same answer, and has the same score.
    retyped = {name: ast.unparse(ast.parse(text)) for name, text in approaches[1].items()}
    yield Learner("approach-2-retyped", notebook(released, right | retyped))

    plain = approaches[0]  # each stands alone, so that a mistake in one exercise touches no other
    for number, made in enumerate(_mistakes(lesson), 1):
        yield _mistaken(f"mistakes-{number:02}", released, plain, made)

    first = lesson.exercises[0].name
    endless = plain | {first: _ENDLESS.format(name=first)}
    yield Learner("endless", notebook(released, endless), {first: None})
    yield Learner("untouched", released, worthless=True)
    yield Learner("cut-off", notebook(released, right)[: len(released) // 2], worthless=True)


def notebook(released: str, code: dict[str, str], answers: bool = False) -> str:
    """The released notebook with this code in its solution cells, and perhaps the questions answered."""
    made: dict[str, Any] = json.loads(released)
    for cell in made["cells"]:
        if cell["id"] in code:
            cell["source"] = code[cell["id"]]
        elif answers and is_answer(cell["id"]):
            cell["source"] = "An answer in words: somebody has to read and grade it."
    return json.dumps(made, indent=1)


def _approaches(lesson: Lesson) -> Iterator[dict[str, str]]:
    """The first approaches of all exercises, the second, and so on."""
    by_exercise = [_of(exercise, lesson.approaches) for exercise in lesson.exercises]
    for variants in zip_longest(*by_exercise):
        yield {each.exercise: code_of(lesson, each, "approaches.py") for each in variants if each}


def _of(exercise: Exercise, variants: Iterable[Variant]) -> list[Variant]:
    return [variant for variant in variants if variant.exercise == exercise.name]


def _mistaken(name: str, released: str, right: dict[str, str], made: list[tuple[Variant, str]]) -> Learner:
    """Somebody who made known mistakes: each with its code."""
    code = {mistake.exercise: text for mistake, text in made}
    wrong = {mistake.exercise: mistake.slug for mistake, _ in made}
    return Learner(name, notebook(released, right | code), wrong)


def _mistakes(lesson: Lesson) -> Iterator[list[tuple[Variant, str]]]:
    """Every known mistake once with its code, up to three in a notebook."""
    by_exercise = [_of(exercise, lesson.mistakes) for exercise in lesson.exercises]
    for start in range(0, len(by_exercise), _MISTAKES_EACH):
        for made in zip_longest(*by_exercise[start : start + _MISTAKES_EACH]):
            yield [(mistake, code_of(lesson, mistake)) for mistake in made if mistake]


def code_of(lesson: Lesson, variant: Variant, file: str = "mistakes.py") -> str:
    """A variant as somebody would have written it: under the exercise's name, with what it needs."""
    text, defined = _definitions(lesson.folder / file)
    needed: set[ast.stmt] = set()
    left = [variant.function]
    while left:
        node = defined[left.pop()]
        if node not in needed:
            needed.add(node)
            used = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
            left += [name for name in used if name in defined]
    in_order = sorted(needed, key=lambda node: node.lineno)
    source = "\n\n".join(_source(text, node) for node in in_order)
    return re.sub(rf"\b{variant.function}\b", variant.exercise, source)


@functools.cache
def _definitions(path: Path) -> tuple[str, dict[str, ast.stmt]]:
    """The text of a file, and its statements by the names they define."""
    text = path.read_text(encoding="utf-8")
    defined = {name: node for node in ast.parse(text).body for name in _names(node)}
    return text, defined


def _names(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def _source(text: str, node: ast.stmt) -> str:
    """A statement's text; a function's without the docstring, which gives the mistake away."""
    lines = text.splitlines()
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
        head = lines[node.lineno - 1 : node.body[0].lineno - 1]
        body = lines[node.body[0].end_lineno or 0 : node.end_lineno]
        return "\n".join(head + body)
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- grading it -----------------------------------------------------------------------------------


def nbgrader(course: Path, *command: str) -> None:
    """Run one of nbgrader's commands in a course. PrepError with what it said when it fails."""
    line = [sys.executable, "-m", "nbgrader", *command]
    environment = programs_first(os.environ)
    done = subprocess.run(line, cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode:
        told = done.stderr.strip()[-1000:]
        raise PrepError(f"nbgrader {' '.join(command)} failed in {course}: {told}")


def surprises(learners: list[Learner], report: Report) -> list[str]:
    """What is not as it must be, a sentence each."""
    results = {result.student: result for result in report.submissions}
    found: list[str] = []
    for learner in learners:
        found += _surprises(learner, results[learner.name])
    return found


def _surprises(learner: Learner, result: Result) -> Iterator[str]:
    if not result.exercises:
        yield f"NOT AS IT MUST BE: {learner.name} has no scores"
    for score in result.exercises:
        if learner.worthless:
            fine = score.score == 0
        elif score.name in learner.wrong:
            fine = score.score < score.max_score and score.mistake == learner.wrong[score.name]
        else:
            fine = score.passed
        if not fine:
            yield f"NOT AS IT MUST BE: {learner.name}: {_told(score)}"


def _told(score: Score) -> str:
    failing = next((check.message for check in score.checks if check.outcome != "passed"), "")
    points = f"{score.score:g} of {score.max_score:g} points"
    return f"{score.name} has {points}, known mistake: {score.mistake}. {failing}"


def _differences(course: Path, report: Report) -> Iterator[str]:
    """Where nbgrader's gradebook says something else."""
    from nbgrader.api import Gradebook

    recorded: dict[str, float] = {}
    with Gradebook(gradebook_of(course)) as book:
        for submission in book.assignment_submissions(report.lesson):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            recorded[submission.student.id] = sum(grade.auto_score or 0.0 for grade in grades)
    for result in report.submissions:
        there = recorded.get(result.student)
        if there != result.score:
            points = f"{result.score:g} points, and {there} in the gradebook"
            yield f"NOT AS IT MUST BE: {result.student} has {points}"
