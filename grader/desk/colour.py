"""Colour on a terminal: marks by the state that they stand for, the lines with the points bold."""

from __future__ import annotations

import os
import re

from grader.style import STATES
from grader.verdict import State

MARKS: dict[State, str] = {state: mark for state, (_, mark) in STATES.items()}
_CODES: dict[State, str] = {"complete": "32", "right": "34", "wrong": "31", "unwritten": "2"}
BOLD, AMBER, FAINT = "1", "33", "2"
_STATE_OF: dict[str, State] = {mark: state for state, mark in MARKS.items()}
_MARKED = re.compile(rf"^( *)([{''.join(_STATE_OF)}])(?= )", re.MULTILINE)
_HEADLINE = re.compile(r"^\S.*: [\d.]+ (?:/|of) [\d.]+ points.*$", re.MULTILINE)


def are_wanted() -> bool:
    """Whether NO_COLOR is not set (https://no-color.org); where there is no terminal click drops colours."""
    return "NO_COLOR" not in os.environ


def paint(text: str, code: str) -> str:
    """The text between the codes that switch something on and off."""
    return f"\x1b[{code}m{text}\x1b[0m" if text else ""


def mark(state: State) -> str:
    """The mark of a state in its colour."""
    return paint(MARKS[state], _CODES[state])


def coloured(text: str) -> str:
    """A card or a summary, as the terminal shows it."""
    if not are_wanted():
        return text
    marked = _MARKED.sub(lambda found: found[1] + mark(_STATE_OF[found[2]]), text)
    return _HEADLINE.sub(lambda found: paint(found[0], BOLD), marked)
