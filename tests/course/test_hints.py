"""hints.md is read as data: three hints an exercise, and what its solution costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons, find_lesson
from grader.course.hints import Cost, read_costs, read_hints
from grader.errors import LessonError

TEXT = """# Hints

## mean
1. a question
2. a place,
   over two lines
3. the formula

cost: `O(n)` time | `O(n log n)` time,
      sorted first
because: one pass.

## `median`
1. one
2. two
3. three
"""


def test_hints_stay_three() -> None:
    """The cost is no part of the third hint."""
    hints = read_hints(TEXT)
    assert hints["mean"] == ("a question", "a place,\n   over two lines", "the formula")
    assert hints["median"] == ("one", "two", "three")


def test_costs_have_the_right_option_first() -> None:
    """Options and reason, each on one line; an exercise without a cost has none."""
    assert read_costs(TEXT, "hints.md") == {
        "mean": Cost(("`O(n)` time", "`O(n log n)` time, sorted first"), "one pass.")
    }


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("cost: `O(n)`\nbecause: so.", "needs the right option and a wrong one"),
        ("cost: `O(n)` | `O(1)`", "needs its reason"),
        ("cost: `O(n)` | `O(n)`\nbecause: so.", "an option twice"),
    ],
)
def test_a_wrong_cost_is_named(lines: str, words: str) -> None:
    """What is missing is said, with the file and the exercise."""
    with pytest.raises(LessonError, match=f"hints.md: the cost of mean .*{words}"):
        read_costs(f"## mean\n1. a\n2. b\n3. c\n\n{lines}\n", "hints.md")


def test_lesson_has_its_costs(tiny: Path) -> None:
    """The tiny lesson's cost comes with its three hints."""
    lesson = find_lesson("tiny", tiny)
    assert lesson.costs["mean"].options[0] == "`O(n)` time, `O(1)` memory"
    assert len(lesson.hints["mean"]) == 3


@pytest.mark.parametrize("lesson", all_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_every_cost_tells_memory(lesson: Lesson) -> None:
    """Whoever answers learns what the work takes beside its input: in the right option or in the reason."""
    told = {name: f"{cost.options[0]} {cost.reason}" for name, cost in lesson.costs.items()}
    assert [name for name, text in told.items() if "memory" not in text] == []
