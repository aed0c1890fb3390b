"""Item analysis by hand: what is counted, and a correlation worked out from its formula."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from pathlib import Path

from grader.classroom.item_analysis import LEAST, discrimination, hardest, items
from grader.course.catalogue import Check, Exercise, Lesson
from grader.verdict import Outcome, Result, Score, Verdict

EXERCISES = tuple(
    Exercise(
        name, (Check("core", name, f"{name} core", 2.0, core=True), Check("edge", name, f"{name} edge", 1.0, False))
    )
    for name in ("one", "two")
)
LESSON = Lesson("pair", Path("pair"), EXERCISES)


def result(student: str, *outcomes: tuple[Outcome, Outcome] | None) -> Result:
    """A submission with these outcomes of the two checks of each exercise; None: it was not written."""
    return Result(student, f"{student}.py", "graded", tuple(scores(outcomes)))


def scores(outcomes: tuple[tuple[Outcome, Outcome] | None, ...]) -> Iterator[Score]:
    for exercise, found in zip(EXERCISES, outcomes, strict=True):
        pairs = zip(exercise.checks, found or ("missing", "missing"), strict=True)
        yield Score(exercise.name, tuple(Verdict(check.name, outcome, check.points) for check, outcome in pairs))


def test_unwritten_is_not_wrong() -> None:
    """The fraction is of those who wrote the exercise; who did not is counted beside, and who could not be read nowhere."""
    results = [
        result("ada", ("passed", "failed"), ("passed", "passed")),
        result("bob", ("failed", "failed"), None),
        result("cat", None, None),
        Result("eve", "eve.ipynb", "unreadable", tuple(scores((None, None)))),
    ]
    core = items(LESSON, results)[0]
    assert (core.name, core.passed, core.wrong, core.unwritten, core.fraction) == ("one core", 1, 1, 1, 0.5)
    assert core.discrimination is None  # two answers say nothing


def test_discrimination_is_the_point_biserial_correlation() -> None:
    """The formula of the docstring gives the same; strong answers that fail what weak ones pass give a negative one."""
    passed = [True] * 7 + [False] * 5
    rest = [9.0, 8.0, 8.0, 7.0, 6.0, 9.0, 5.0, 6.0, 3.0, 2.0, 5.0, 4.0]
    ones, zeros = rest[:7], rest[7:]
    p = 7 / 12
    by_hand = (statistics.fmean(ones) - statistics.fmean(zeros)) / statistics.pstdev(rest) * math.sqrt(p * (1 - p))
    found = discrimination(passed, rest)
    assert found is not None and math.isclose(found, by_hand)
    opposite = discrimination([not each for each in passed], rest)
    assert opposite is not None and math.isclose(opposite, -by_hand)


def test_the_exercise_is_no_part_of_the_rest() -> None:
    """Points in the exercise itself do not count, so a check that is alone is unrelated to what varies only with it."""
    results = [
        result(f"s{i:02}", ("passed", "passed") if i % 2 else ("failed", "failed"), ("passed", "passed"))
        for i in range(LEAST)
    ]
    assert [item.discrimination for item in items(LESSON, results)] == [None] * 4


def test_hardest_first() -> None:
    """Checks by the fraction passed; what everybody passed is not among them."""
    results = [
        result("ada", ("passed", "failed"), ("passed", "passed")),
        result("bob", ("failed", "failed"), ("passed", "passed")),
    ]
    assert [item.name for item in hardest(items(LESSON, results), 8)] == ["one edge", "one core"]
