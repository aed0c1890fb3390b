"""What is public is a list, and each fact that stands twice for a reason is compared."""

from __future__ import annotations

import grader
from grader import backends
from grader.cli import options
from grader.course import catalogue
from grader.isolation import policy


def test_notebooks_import_these() -> None:
    """`__all__` is what a notebook can call, and nothing else without an underscore is defined here."""
    defined = {name for name, value in vars(grader).items() if getattr(value, "__module__", "") == "grader"}
    assert {name for name in defined if not name.startswith("_")} == set(grader.__all__)


def test_a_lesson_comes_from_one_place() -> None:
    """What the catalogue offers is there."""
    assert all(hasattr(catalogue, name) for name in catalogue.__all__)


def test_options_name_what_there_is() -> None:
    """The command line's backends and isolation levels are those of the modules that have them."""
    assert list(options.BACKEND.choices) == list(backends.NAMES)
    assert list(options.ISOLATION.choices) == ["auto", *policy.LEVELS]
