"""Mutants: every change is in one place, a wrong one is caught, an equivalent one needs its reason."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from helpers import ROOT

from grader.author.mutants import Mutant, grade_mutants, mutants, table
from grader.course.catalogue import Lesson, all_lessons, find_lesson
from grader.errors import LessonError
from grader.isolation.host import Host

EVERY = int(os.environ.get("PREP_MUTANTS", "20"))  # 1 takes all of them, a minute or so a lesson
PROVEN = [lesson for lesson in all_lessons(ROOT) if (lesson.folder / "equivalent.yml").exists()]


def made(body: str) -> list[Mutant]:
    module = ast.parse(f"def f(x, y):\n    {body}")
    return list(mutants(module, {"f": "f"}))


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("return x + y", ["x + y -> x - y"]),
        ("return x < y", ["x < y -> x <= y"]),
        ("return x.mean(axis=1)", ["x.mean(axis=1) -> x.sum(axis=1)", "x.mean(axis=1) -> x.mean()", "1 -> 2"]),
        ("return x.copy()", ["x.copy() -> x"]),
        ("return np.clip(x)", ["np.clip(x) -> x"]),
        ("return f(x, y)", ["f(x, y) -> f(y, x)"]),
        ("return np.maximum(x, y)", ["np.maximum(x, y) -> np.minimum(x, y)"]),
        ("if x: raise ValueError", ["if x: raise ValueError -> nothing"]),
        ("return -x", ["-x -> x"]),
        ("return 1, 1", ["1 -> 2", "1 -> 2 (2)"]),
        ("return x.astype(y, copy=False)", ["x.astype(y, copy=False) -> x"]),
        ('return "words"', []),
    ],
)
def test_changes(body: str, changes: list[str]) -> None:
    """Each kind of change is made, told as it reads, and made alone."""
    found = made(body)
    assert [mutant.change for mutant in found] == changes
    assert len({mutant.source for mutant in found}) == len(found)


def test_tiny_lesson(tiny: Path, host: Host) -> None:
    """The tiny lesson's checks see every change that is one; a reason in equivalent.yml closes what is none."""
    lesson = find_lesson("tiny", tiny)
    outcomes = list(grade_mutants(lesson, host, seed=1))
    left = [each.mutant for each in outcomes if each.open]
    assert len(outcomes) > 2 * len(left)
    entries = [f"- {{function: {m.function}, change: {m.change!r}, because: it is the same}}\n" for m in left]
    (lesson.folder / "equivalent.yml").write_text("".join(entries))
    again = list(grade_mutants(lesson, host, seed=1))
    assert not any(each.open for each in again)
    assert table(lesson, again)[1].split()[-1] == "0"
    assert len(table(lesson, [])) == 1, "an exercise that was not asked for has no row of noughts"


def test_equivalent_without_a_reason(tiny: Path, host: Host) -> None:
    """An entry without its reason is an error that names the file."""
    lesson = find_lesson("tiny", tiny)
    (lesson.folder / "equivalent.yml").write_text("- {function: mean, change: x}\n")
    with pytest.raises(LessonError, match=r"equivalent\.yml"):
        list(grade_mutants(lesson, host, seed=1))


@pytest.mark.parametrize("lesson", PROVEN, ids=lambda lesson: lesson.name)
def test_mutants_of_a_lesson(lesson: Lesson, host: Host) -> None:
    """Of a lesson's mutants, or a share of them, none is open."""
    outcomes = grade_mutants(lesson, host, seed=1, every=EVERY)
    assert [f"{each.mutant.function}: {each.mutant.change}" for each in outcomes if each.open] == []
