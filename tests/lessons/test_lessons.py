"""Every lesson is proven: its reference and approaches are right, its known mistakes are caught and named, nothing else scores.

The run writes artifacts/mistakes.md, the table of exercise x mistake x checks that caught it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT, TINY

from grader.course.catalogue import Exercise, Lesson, Variant, all_lessons
from grader.course.submission import read
from grader.isolation.host import Host
from grader.judging.judge import Judge
from grader.judging.program import Program
from grader.verdict import Score

SEEDS = range(20)
LESSONS = [*all_lessons(ROOT), *all_lessons(TINY)]
HARMLESS = {
    "constants": "0.0 if not args else 0.5",
    "one": "1",
    "none": "None",
    "empty": "[]",
    "echo": "args[0]",
    "echoes": "args",
    "last": "args[-1]",
}


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.name)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param


@pytest.fixture(scope="module")
def judge(lesson: Lesson, host: Host) -> Judge:
    return Judge(lesson, host, seed=1)


@pytest.fixture(scope="module")
def caught(lesson: Lesson, judge: Judge) -> dict[Variant, Score]:
    """What the checks say of each known mistake."""
    return dict(score_variants(judge, lesson.mistakes, "mistakes.py"))


def score_variants(judge: Judge, variants: tuple[Variant, ...], file: str) -> Iterator[tuple[Variant, Score]]:
    """The score of each variant in its own exercise."""
    code = Program(read(judge.lesson.folder / file), judge.host.open)
    for index, variant in enumerate(variants):
        code.rename({variant.exercise: variant.function})
        yield variant, judge.score(judge.lesson.exercise(variant.exercise), code)
        if index % 20 == 19 or (code._deadline and code.session().ended):
            code.close()
            code._deadline = None  # the next ones have all of a submission's time again
    code.close()


def score_text(judge: Judge, text: str) -> tuple[Score, ...]:
    """The scores of a submission that holds this text."""
    code = Program((text,), judge.host.open)
    try:
        return judge.scores(code)
    finally:
        code.close()


def complaints(score: Score) -> list[str]:
    return [f"{check.name}: {check.message}" for check in score.checks if check.outcome != "passed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_reference_and_approaches_earn_full_marks(lesson: Lesson, host: Host, seed: int) -> None:
    """The reference and every approach pass every check, whatever the seed."""
    judge = Judge(lesson, host, seed=1000 + seed)
    assert lesson.reference
    code = Program(read(lesson.reference), host.open)
    wrong = [line for score in judge.scores(code) for line in complaints(score)]
    code.close()
    for variant, score in score_variants(judge, lesson.approaches, "approaches.py"):
        wrong += [f"{variant.function}: {line}" for line in complaints(score)]
    assert not wrong


def test_calls_sent_ahead_change_no_verdict(lesson: Lesson, host: Host, judge: Judge, caught: dict[Variant, Score]) -> None:
    """A class's answers, whose calls are sent before the checks ask for them, are judged as a single one is."""
    ahead = Judge(lesson, host, seed=1)
    ahead.score = lambda exercise, code: ahead.scores(code)[lesson.exercises.index(exercise)]  # type: ignore[method-assign]
    assert dict(score_variants(ahead, lesson.mistakes, "mistakes.py")) == caught


def test_mistakes_lose_marks_and_are_named(caught: dict[Variant, Score]) -> None:
    """Every known mistake loses marks on its exercise and is recognised as itself."""
    wrong = []
    for variant, score in caught.items():
        if score.score >= score.max_score:
            wrong.append(f"{variant.function} gets full marks")
        elif score.mistake != variant.slug:
            wrong.append(f"{variant.function} is taken for {score.mistake}")
        elif score.sentence != variant.sentence:
            wrong.append(f"{variant.function} has another sentence")
    assert not wrong


def test_every_check_catches_a_mistake(lesson: Lesson, caught: dict[Variant, Score]) -> None:
    """A check catches at least one known mistake, or a second paragraph of its docstring says why it is there."""
    module = ast.parse(lesson.checks.read_text(encoding="utf-8"))
    docstrings = {node.name: ast.get_docstring(node) or "" for node in module.body if isinstance(node, ast.FunctionDef)}
    idle = []
    for exercise in lesson.exercises:
        scores = [score for variant, score in caught.items() if variant.exercise == exercise.name]
        for index, check in enumerate(exercise.checks):
            catches = any(score.checks[index].outcome != "passed" for score in scores)
            if not catches and "\n\n" not in docstrings[check.function]:
                idle.append(check.function)
    assert not idle


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_answers_that_compute_nothing_score_nothing(lesson: Lesson, judge: Judge, text: str) -> None:
    """A constant and an echo of the arguments score 0 in every exercise."""
    source = "\n".join(f"def {exercise.name}(*args):\n    return {text}" for exercise in lesson.exercises)
    assert [score.name for score in score_text(judge, source) if score.score] == []


def test_untouched_lesson_scores_nothing(lesson: Lesson, judge: Judge) -> None:
    """Who hands in the lesson as it was released gets 0."""
    assert lesson.reference
    blank = re.sub(
        r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError()", lesson.reference.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert sum(score.score for score in score_text(judge, blank)) == 0


def test_lesson_is_complete(lesson: Lesson) -> None:
    """Every exercise has at least five known mistakes, two approaches, three hints, and 4 points or more."""
    lacking = [what for exercise in lesson.exercises for what in _lacking(lesson, exercise)]
    assert not lacking


def _lacking(lesson: Lesson, exercise: Exercise) -> Iterator[str]:
    for name, variants, least in (("mistakes", lesson.mistakes, 5), ("approaches", lesson.approaches, 2)):
        count = sum(variant.exercise == exercise.name for variant in variants)
        if count < least:
            yield f"{exercise.name}: {count} {name}"
    if len(lesson.hints.get(exercise.name, ())) != 3:
        yield f"{exercise.name}: not three hints"
    if exercise.points < 4:
        yield f"{exercise.name}: {exercise.points} points"


def test_report_of_mistakes(lesson: Lesson, caught: dict[Variant, Score]) -> None:
    """The table of exercise x mistake x checks that caught it has a row for every mistake."""
    rows = [f"| {v.exercise} | {v.slug} | {'; '.join(c.name for c in s.checks if c.outcome != 'passed')} |" for v, s in caught.items()]
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    table = [f"# {lesson.title}", "", "| exercise | mistake | caught by |", "|---|---|---|", *rows, ""]
    Path(folder / f"mistakes-{lesson.name}.md").write_text("\n".join(table), encoding="utf-8")
    assert len(rows) == len(lesson.mistakes)
