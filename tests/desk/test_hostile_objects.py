"""`check` of objects whose own code raises, or says anything at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import grader


class Raising(type):
    """A class that raises when it is asked for anything."""

    def __instancecheck__(cls, instance: object) -> bool:
        raise ValueError("no")

    def __repr__(cls) -> str:
        raise ValueError("no")


class Bad(metaclass=Raising):
    """Called, compared, shown or asked for its class or name, it raises."""

    __name__ = property(lambda self: 1 / 0)
    __class__ = property(lambda self: 1 / 0)

    def __call__(self, x: object) -> object:
        return self

    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    def __repr__(self) -> str:
        raise ValueError("no")

    def __hash__(self) -> int:
        raise ValueError("no")


class LongName:
    """Its name is no exercise's, and long."""

    __name__ = "x" * 10**6

    def __call__(self) -> None: ...

    def __repr__(self) -> str:
        return "y" * 10**8


class OddName(LongName):
    """Its name is no text."""

    __name__ = "mean\x1b[2J\u202e"


class Answers(Bad):
    """It has the exercise's name, and what it gives back is as hostile as itself."""

    __name__ = "mean"


@pytest.mark.parametrize("kind", [Bad, LongName, OddName, Answers], ids=["bad", "long", "odd", "answers"])
def test_whatever_it_is_the_page_says_it(mine: Path, kind: Any) -> None:
    """No exception in the learner's cell, and a page that a person can read."""
    page = grader.check(kind())
    for shown in (page.text, page._repr_html_()):
        assert len(shown) < 100_000
        assert "\x1b" not in shown and "\u202e" not in shown


@pytest.mark.parametrize("kind", [Bad, Answers], ids=["bad", "answers"])
def test_results_that_are_hostile(mine: Path, kind: Any) -> None:
    """An answer that gives such an object back is wrong, and nothing else."""

    def mean(x: object) -> object:
        return kind()

    assert "0 / 4" in grader.check(mean).text
