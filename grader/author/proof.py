"""Whether a lesson's checks are any good: what is wrong with it, each with the file and the line.

the reference and every approach have full marks        every known mistake loses marks and is named
every check catches a mistake, or says why it is there   a constant, an echo, the untouched lesson score nothing
no core expects what it expected of others               (which a table would know)
an exercise has mistakes, approaches and hints enough
"""

from __future__ import annotations

import ast
import inspect
import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from grader.course.catalogue import Exercise, Lesson, Variant
from grader.course.cells import BEGIN_SOLUTION, END_SOLUTION
from grader.course.submission import read
from grader.errors import did_you_mean
from grader.isolation.host import Host
from grader.judging.cases import Cases
from grader.judging.judge import Judge
from grader.judging.plugin import collect
from grader.judging.program import Program
from grader.verdict import Case, Score

LEAST = {"mistakes.py": 5, "approaches.py": 2}  # for each exercise
_HINTS, _POINTS = 3, 4
HARMLESS = {
    "a constant": "0.0 if not args else 0.5",
    "one": "1",
    "None": "None",
    "an empty list": "[]",
    "its first argument": "args[0]",
    "its arguments": "args",
    "its last argument": "args[-1]",
}
Caught = dict[Variant, Score]


def prove(lesson: Lesson, host: Host, seeds: Sequence[int]) -> Iterator[str]:
    """Everything that is wrong with a lesson's sources, under the cases of these seeds."""
    yield from misnamed(lesson)
    yield from lacking(lesson)
    for seed in seeds:
        yield from not_right(lesson, Judge(lesson, host, seed))
    judge = Judge(lesson, host, seeds[0])
    yield from guessable(lesson)
    caught = catch(judge)
    yield from not_named(lesson, caught)
    yield from idle_checks(lesson, caught)
    yield from undeserved(judge)


def not_right(lesson: Lesson, judge: Judge) -> Iterator[str]:
    """The checks that the reference or an approach fails."""
    assert lesson.reference
    with closing(Program(read(lesson.reference), judge.host.open)) as program:
        for score in judge.scores(program):
            for sentence in _failed(score):
                place = _place(lesson, "lesson.py", score.name)
                yield f"{place}: the reference fails a check under seed {judge.seed}. {sentence}"
    for variant, score in score_variants(judge, lesson.approaches, "approaches.py"):
        for sentence in _failed(score):
            place = _place(lesson, "approaches.py", variant.function)
            yield f"{place}: the approach fails a check under seed {judge.seed}. {sentence}"


def _failed(score: Score) -> list[str]:
    return [f"{check.name}: {check.message}" for check in score.checks if check.outcome != "passed"]


def catch(judge: Judge) -> Caught:
    """What the checks say of each known mistake."""
    judge.prepare()
    return dict(score_variants(judge, judge.lesson.mistakes, "mistakes.py"))


def score_variants(
    judge: Judge,
    variants: Sequence[Variant],
    file: str,
) -> Iterator[tuple[Variant, Score]]:
    """The score of each variant in its own exercise."""
    # One process for all: a variant changes nothing that the next one sees.
    with closing(Program(read(judge.lesson.folder / file), judge.host.open)) as program:
        for variant in variants:
            program.rename({variant.exercise: variant.function})
            yield variant, judge.score(judge.lesson.exercise(variant.exercise), program)
            if program.session().ended:
                program.close()


def not_named(lesson: Lesson, caught: Caught) -> Iterator[str]:
    """The known mistakes that get full marks, or are not recognised as themselves."""
    for variant, score in caught.items():
        wrong = _wrongly_told(variant, score)
        if wrong:
            yield f"{_place(lesson, 'mistakes.py', variant.function)}: {variant.function} {wrong}"


def _wrongly_told(variant: Variant, score: Score) -> str:
    """What is wrong with the verdict on a known mistake; "" if nothing is."""
    if score.score >= score.max_score:
        return "gets full marks. Add a case on which it is wrong."
    if score.mistake != variant.slug:
        return f"is taken for {score.mistake or 'no known mistake'}."
    if score.sentence != variant.sentence:
        return f"is told another sentence than its own: {score.sentence}"
    return ""


def idle_checks(lesson: Lesson, caught: Caught) -> Iterator[str]:
    """The checks that catch no known mistake, and have no second paragraph which says why."""
    module = ast.parse(lesson.checks.read_text(encoding="utf-8"))
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    docstrings = {node.name: ast.get_docstring(node) or "" for node in functions}
    for exercise in lesson.exercises:
        scores = [score for variant, score in caught.items() if variant.exercise == exercise.name]
        for index, check in enumerate(exercise.checks):
            catches = any(score.checks[index].outcome != "passed" for score in scores)
            if not catches and "\n\n" not in docstrings[check.function]:
                place = _place(lesson, "checks.py", check.function)
                todo = "add one, or say why it is there in a second paragraph"
                yield f"{place}: {check.function} catches no known mistake; {todo}."


def undeserved(judge: Judge) -> Iterator[str]:
    """Exercises in which an answer that computes nothing, or the untouched lesson, earns points."""
    lesson = judge.lesson
    assert lesson.reference
    for what, value in HARMLESS.items():
        names = [exercise.name for exercise in lesson.exercises]
        text = "\n".join(f"def {name}(*args):\n    return {value}" for name in names)
        for name in _earning(judge, text):
            place = _place(lesson, "checks.py", name)
            yield f"{place}: a function that returns {what} earns points in {name}."
    source = lesson.reference.read_text(encoding="utf-8")
    solution = re.compile(f"{BEGIN_SOLUTION}.*?{END_SOLUTION}", re.DOTALL)
    blank = solution.sub("raise NotImplementedError()", source)
    for name in _earning(judge, blank):
        yield f"{_place(lesson, 'checks.py', name)}: {name} earns points as it is released."


def _earning(judge: Judge, text: str) -> list[str]:
    with closing(Program((text,), judge.host.open)) as program:
        return [score.name for score in judge.scores(program) if score.score]


class _Asked(Exception):
    """What a check asks first."""


class _Recorder:
    """Takes an answer's place in a check, and ends it with the cases that it is asked."""

    results = ()

    def replies(self, cases: Iterable[Case]) -> NoReturn:
        raise _Asked([case.expected for case in cases])

    on = replies

    def __call__(self, *_: object) -> NoReturn:
        raise _Asked([])


def guessable(lesson: Lesson, draws: int = 20) -> Iterator[str]:
    """Cores that a table passes: those that expect the same under more than two seeds of twenty.

    What is judged by a property, and has no expected value, is passed by.
    """
    checks = collect(lesson.checks)
    for exercise in lesson.exercises:
        core = checks[f"test_{exercise.name}"]
        if "draw" not in inspect.signature(core).parameters:  # it draws nothing that a seed could change
            continue
        expected = [_expected(core, exercise, seed) for seed in range(draws)]
        found, times = Counter(expected).most_common(1)[0]
        if found and times > 2:
            place = _place(lesson, "checks.py", exercise.name)
            same = f"{times} of {draws} seeds expect the same of {exercise.name}"
            yield f"{place}: {same}: draw more of its cases."


def _expected(core: Callable[..., None], exercise: Exercise, seed: int) -> bytes:
    """What a core check expects under a seed, in bytes; b"" where no case has an expected value."""
    try:
        core(**{exercise.name: _Recorder(), "draw": Cases(seed)})
    except _Asked as asked:
        (values,) = asked.args
        if all(value is None for value in values):
            return b""
        # Bytes, since arrays have no hash to be counted by.
        return pickle.dumps(values)
    raise AssertionError(f"the core of {exercise.name} asks nothing")


def misnamed(lesson: Lesson) -> Iterator[str]:
    """Functions that look like a known answer and lack the two underscores, hints and slugs that nothing has."""
    names = [exercise.name for exercise in lesson.exercises]
    for file in LEAST:
        for node in ast.parse((lesson.folder / file).read_text(encoding="utf-8")).body:
            name = getattr(node, "name", "")
            exercise = next((each for each in names if name.startswith(each) and name != each), "")
            # A helper has no docstring there: a sentence is what makes a function a known answer.
            if not isinstance(node, ast.FunctionDef) or not ast.get_docstring(node):
                continue
            if exercise and "__" not in name:
                slug = name.removeprefix(exercise).strip("_")
                place = f"{lesson.folder / file}:{node.lineno}"
                yield f"{place}: is {name} an answer to {exercise}? Then call it {exercise}__{slug}."
    for name in lesson.hints:
        if name not in names:
            path = lesson.folder / "hints.md"
            nearest = did_you_mean(name, names)
            yield f"{path}:{line_of(path, f'## {name}')}: there are hints for {name}, which is no exercise. {nearest}"
    yield from _unknown_slugs(lesson)


def _unknown_slugs(lesson: Lesson) -> Iterator[str]:
    """The mistakes that a check says it saw, `Wrong(..., mistake="slug")`, and that mistakes.py lacks."""
    slugs = [variant.slug for variant in lesson.mistakes]
    for node in ast.walk(ast.parse(lesson.checks.read_text(encoding="utf-8"))):
        match node:
            case ast.keyword("mistake", ast.Constant(str(slug))) if slug not in slugs:
                nearest = did_you_mean(slug, slugs)
                yield f"{lesson.checks}:{node.lineno}: no known mistake has the slug {slug}. {nearest}"


def line_of(path: Path, text: str) -> int:
    """The number of the first line that holds a text, 1 where none does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def lacking(lesson: Lesson) -> Iterator[str]:
    """What an exercise has too few of."""
    for exercise in lesson.exercises:
        yield from _lacking(lesson, exercise)


def _lacking(lesson: Lesson, exercise: Exercise) -> Iterator[str]:
    for file, variants in (("mistakes.py", lesson.mistakes), ("approaches.py", lesson.approaches)):
        count = sum(variant.exercise == exercise.name for variant in variants)
        if count < LEAST[file]:
            yield f"{lesson.folder / file}: {exercise.name} has {count}, and needs {LEAST[file]}."
    hints = len(lesson.hints.get(exercise.name, ()))
    if hints != _HINTS:
        path = lesson.folder / "hints.md"
        yield f"{path}: {exercise.name} has {hints} hints, and needs {_HINTS}."
    if exercise.points < _POINTS:
        place = _place(lesson, "checks.py", exercise.checks[0].function)
        worth = f"{exercise.name} is worth {exercise.points:g} points"
        yield f"{place}: {worth}, and needs {_POINTS} or more."


def _place(lesson: Lesson, file: str, function: str) -> str:
    """The file and the line of a function, as editors jump to it.

    In checks.py an exercise is where its first check is.
    """
    path: Path = lesson.folder / file
    lines = {
        node.name: node.lineno
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    checks = {exercise.name: exercise.checks[0].function for exercise in lesson.exercises}
    line = lines.get(function) or lines.get(checks.get(function, ""), 1)
    return f"{path}:{line}"
