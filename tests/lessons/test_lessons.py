"""Every lesson is proven: its reference and approaches are right, its known mistakes are caught and named, nothing else scores.

The run writes artifacts/mistakes-NAME.md, the table of exercise x mistake x checks that caught it. PREP_SEEDS is the number of
seeds under which references and approaches must have full marks: 5, or 20 for a full run.
"""

from __future__ import annotations

import ast
import builtins
import copy
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from helpers import ROOT, TINY

from grader.author.proof import Caught, catch, guessable, idle_checks, lacking, misnamed, not_named, not_right, undeserved
from grader.course.catalogue import Lesson, all_lessons
from grader.course.right_answers import plain_text
from grader.isolation.host import Host
from grader.judging.judge import Judge
from grader.judging.program import Program

SEEDS = range(int(os.environ.get("PREP_SEEDS", "5")))
LESSONS = [*all_lessons(ROOT), *all_lessons(TINY)]


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.name)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param


@pytest.fixture(scope="module")
def judge(lesson: Lesson, host: Host) -> Judge:
    return Judge(lesson, host, seed=1)


@pytest.fixture(scope="module")
def caught(judge: Judge) -> Caught:
    """What the checks say of each known mistake."""
    return catch(judge)


@pytest.mark.parametrize("seed", SEEDS)
def test_reference_and_approaches_earn_full_marks(lesson: Lesson, host: Host, seed: int) -> None:
    """The reference and every approach pass every check, whatever the seed."""
    assert list(not_right(lesson, Judge(lesson, host, seed=1000 + seed))) == []


def test_texts_that_reveal_shows_are_right_and_whole(lesson: Lesson, judge: Judge) -> None:
    """The references' plain NumPy texts have full marks; an approach's text needs nothing else of its file."""
    texts = ["import numpy as np", *(plain_text(lesson, exercise.name) for exercise in lesson.exercises)]
    with closing(Program(texts, judge.host.open)) as program:
        assert [score.name for score in judge.scores(program) if not score.passed] == []
    for variant in lesson.approaches:
        nodes = [*ast.walk(ast.parse(plain_text(lesson, variant.function)))]
        used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert used - set(dir(builtins)) - set(_defined(nodes)) == set(), variant.function


def _defined(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(ctx=ast.Store(), id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.alias(name=name, asname=short):
                yield short or name


def test_calls_sent_ahead_change_no_verdict(judge: Judge, caught: Caught) -> None:
    """A class's answers, whose calls are sent before the checks ask for them, are judged as a single one is."""
    ahead = copy.copy(judge)
    ahead.score = lambda exercise, program: judge.scores(program, [exercise])[0]  # type: ignore[method-assign]
    assert catch(ahead) == caught


def test_mistakes_lose_marks_and_are_named(lesson: Lesson, caught: Caught) -> None:
    """Every known mistake loses marks on its exercise and is recognised as itself."""
    assert list(not_named(lesson, caught)) == []


def test_every_check_catches_a_mistake(lesson: Lesson, caught: Caught) -> None:
    """A check catches at least one known mistake, or a second paragraph of its docstring says why it is there."""
    assert list(idle_checks(lesson, caught)) == []


def test_answers_that_compute_nothing_score_nothing(judge: Judge) -> None:
    """A constant, an echo of the arguments and the lesson as it was released score 0 in every exercise."""
    assert list(undeserved(judge)) == []


def test_no_core_is_passed_by_a_table(lesson: Lesson) -> None:
    """What an exercise's first check expects differs from seed to seed, so nobody knows it before grading starts."""
    assert list(guessable(lesson)) == []


def test_lesson_is_complete(lesson: Lesson) -> None:
    """Every exercise has known mistakes, approaches, hints and points enough, and every hint an exercise."""
    assert [*misnamed(lesson), *lacking(lesson)] == []


def test_a_name_is_one_exercise() -> None:
    """`prep check NAME`, a mock interview and a review find an exercise by its name alone."""
    names = Counter(exercise.name for lesson in LESSONS for exercise in lesson.exercises)
    assert [name for name, times in names.items() if times > 1] == []


def test_report_of_mistakes(lesson: Lesson, caught: Caught) -> None:
    """The table of exercise x mistake x checks that caught it has a row for every mistake."""
    rows = [f"| {v.exercise} | {v.slug} | {'; '.join(c.name for c in s.checks if c.outcome != 'passed')} |" for v, s in caught.items()]
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    table = [f"# {lesson.title}", "", "| exercise | mistake | caught by |", "|---|---|---|", *rows, ""]
    Path(folder / f"mistakes-{lesson.name}.md").write_text("\n".join(table), encoding="utf-8")
    assert len(rows) == len(lesson.mistakes)
