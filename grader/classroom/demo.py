"""`prep demo`: a class whose scores are known beforehand, from real notebooks to gradebook, feedback and report.

Its learners are the lesson itself: the reference, its approaches, every known mistake, an untouched notebook, a file that is cut off,
an answer that never ends.
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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from grader.classroom.grading import grade_class
from grader.classroom.report import write_report
from grader.course.build import build, source_notebook
from grader.course.catalogue import SOURCES, Lesson, Variant, find_course, find_lesson
from grader.course.cells import is_answer
from grader.course.programs import programs_first
from grader.errors import PrepError, UsageError
from grader.verdict import Report, Result, Score

_MARKER = ".prep-demo"
_MISTAKES_EACH = 3  # at most, in a notebook
_HALVES = ("*[02468]", "*[!02468]")  # of the students: nbgrader takes them one by one, so two of it run side by side
_ENDLESS = "def {name}(*args):\n    while True:\n        pass\n"


@dataclass(frozen=True, slots=True)
class Learner:
    """One of the class: the file handed in, and what must come of it.

    Every exercise has full marks but those in `wrong`, which are the known mistakes named there (None: wrong in another way).
    """

    name: str
    text: str
    wrong: Mapping[str, str | None] = field(default_factory=dict)
    worthless: bool = False


def run_demo(folder: Path, say: Callable[[str], object] = print, name: str = "metrics", course: Path | None = None) -> int:
    """Grade the demo's class in a folder of its own; 0 when every score is as it must be, else 1. UsageError when the folder is in use."""
    start = time.perf_counter()
    demo = make_course(course or find_course(), name, folder)
    learners = make_class(find_lesson(name, demo))
    for learner in learners:
        _write(demo / "submitted" / learner.name / name / f"{name}.ipynb", learner.text)
    say(f"A class of {len(learners)} notebooks for the lesson {name}: {demo / 'submitted'}")
    report = grade_class(name, [demo / "submitted"], course=demo)
    say(f"Graded, isolation {report.isolation}, seed {report.seed}, after {time.perf_counter() - start:.1f} s: {demo / 'gradebook.db'}")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda half: write_feedback(demo, name, half), _HALVES))
    say(f"Each learner's feedback: {demo / 'feedback'}")
    say(f"The class report: {write_report(name, course=demo)}")
    wrong = [*surprises(learners, report), *_differences(demo, report)]
    say("\n".join(wrong) if wrong else f"Every score is as it must be. {time.perf_counter() - start:.1f} s in all.")
    say(f"Look at it in nbgrader: cd {demo} && {Path(sys.executable).with_name('jupyter')} lab, then Formgrader in the menu Nbgrader.")
    return 1 if wrong else 0


def make_course(course: Path, name: str, folder: Path) -> Path:
    """A course of its own with one lesson, so that nothing of the real one is touched. A demo's folder is made anew."""
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


# --- the class --------------------------------------------------------------------------------------------------------


def make_class(lesson: Lesson) -> list[Learner]:
    """The class of a lesson."""
    released = lesson.released.read_text(encoding="utf-8")
    right = {cell.id: cell.source for cell in source_notebook(lesson).cells if "### BEGIN SOLUTION" in cell.source}
    first, approaches = lesson.exercises[0].name, list(_approaches(lesson))
    plain = approaches[0]  # each stands alone, so that a mistake in one exercise touches no other
    return [
        Learner("reference", notebook(released, right, answers=True)),
        *(Learner(f"approach-{number}", notebook(released, right | cells)) for number, cells in enumerate(approaches, 1)),
        Learner("approach-2-retyped", notebook(released, right | {name: ast.unparse(ast.parse(code)) for name, code in approaches[1].items()})),
        *(_mistaken(f"mistakes-{number:02}", released, plain, made) for number, made in enumerate(_mistakes(lesson), 1)),
        Learner("endless", notebook(released, plain | {first: _ENDLESS.format(name=first)}), {first: None}),
        Learner("untouched", released, worthless=True),
        Learner("cut-off", notebook(released, right)[: len(released) // 2], worthless=True),
    ]


def notebook(released: str, code: dict[str, str], answers: bool = False) -> str:
    """The released notebook with this code in its solution cells, and with something written below each concept question."""
    made: dict[str, Any] = json.loads(released)
    for cell in made["cells"]:
        if cell["id"] in code:
            cell["source"] = code[cell["id"]]
        elif answers and is_answer(cell["id"]):
            cell["source"] = "An answer in words: somebody has to read and grade it."
    return json.dumps(made, indent=1)


def _approaches(lesson: Lesson) -> Iterator[dict[str, str]]:
    """The first approaches of all exercises, the second, and so on."""
    by_exercise = {exercise.name: [v for v in lesson.approaches if v.exercise == exercise.name] for exercise in lesson.exercises}
    for number in range(max(map(len, by_exercise.values()), default=0)):
        yield {name: code_of(lesson, variants[number], "approaches.py") for name, variants in by_exercise.items() if number < len(variants)}


def _mistaken(name: str, released: str, right: dict[str, str], made: dict[str, tuple[str, str]]) -> Learner:
    """Somebody who made known mistakes: exercise -> slug and code."""
    code = {exercise: text for exercise, (_, text) in made.items()}
    return Learner(name, notebook(released, right | code), {exercise: slug for exercise, (slug, _) in made.items()})


def _mistakes(lesson: Lesson) -> Iterator[dict[str, tuple[str, str]]]:
    """Every known mistake once, slug and code by exercise, up to three in a notebook."""
    by_exercise = [[v for v in lesson.mistakes if v.exercise == exercise.name] for exercise in lesson.exercises]
    for start in range(0, len(by_exercise), _MISTAKES_EACH):
        for made in zip_longest(*by_exercise[start : start + _MISTAKES_EACH]):
            yield {variant.exercise: (variant.slug, code_of(lesson, variant)) for variant in made if variant}


def code_of(lesson: Lesson, variant: Variant, file: str = "mistakes.py") -> str:
    """A variant as somebody would have written it: a function of the exercise's name, and what it needs of its file."""
    text, defined = _definitions(lesson.folder / file)
    needed: set[ast.stmt] = set()
    left = [variant.function]
    while left:
        node = defined[left.pop()]
        if node not in needed:
            needed.add(node)
            left += [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in defined]
    source = "\n\n".join(_source(text, node) for node in sorted(needed, key=lambda node: node.lineno))
    return re.sub(rf"\b{variant.function}\b", variant.exercise, source)


@functools.cache
def _definitions(path: Path) -> tuple[str, dict[str, ast.stmt]]:
    """The text of a file, and its statements by the names they define."""
    text = path.read_text(encoding="utf-8")
    return text, {name: node for node in ast.parse(text).body for name in _names(node)}


def _names(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _source(text: str, node: ast.stmt) -> str:
    """A statement's text; a function's without the docstring, which gives the mistake away."""
    lines = text.splitlines()
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
        return "\n".join([*lines[node.lineno - 1 : node.body[0].lineno - 1], *lines[node.body[0].end_lineno or 0 : node.end_lineno]])
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- grading it -------------------------------------------------------------------------------------------------------


def write_feedback(course: Path, name: str, students: str) -> None:
    """Let nbgrader write the notebooks that formgrader shows and each learner's feedback, with the scores of the run before."""
    nbgrader(course, "autograde", name, f"--student={students}")
    nbgrader(course, "generate_feedback", name, f"--student={students}")


def nbgrader(course: Path, *command: str) -> None:
    """Run one of nbgrader's commands in a course. PrepError with what it said when it fails."""
    done = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=course, env=programs_first(os.environ), capture_output=True, text=True)
    if done.returncode:
        raise PrepError(f"nbgrader {' '.join(command)} failed in {course}: {done.stderr.strip()[-1000:]}")


def surprises(learners: list[Learner], report: Report) -> list[str]:
    """What is not as it must be, a sentence each."""
    results = {result.student: result for result in report.submissions}
    return [sentence for learner in learners for sentence in _surprises(learner, results[learner.name])]


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
    return f"{score.name} has {score.score:g} of {score.max_score:g} points, known mistake: {score.mistake}. {failing}"


def _differences(course: Path, report: Report) -> Iterator[str]:
    """Where nbgrader's gradebook says something else."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        recorded = {
            submission.student.id: sum(grade.auto_score or 0.0 for notebook in submission.notebooks for grade in notebook.grades)
            for submission in book.assignment_submissions(report.lesson)
        }
    for result in report.submissions:
        if recorded.get(result.student) != result.score:
            yield f"NOT AS IT MUST BE: {result.student} has {result.score:g} points, and {recorded.get(result.student)} in the gradebook"
