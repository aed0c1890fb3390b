"""Every error the kit raises on purpose. The message is the sentence a person reads; the exit status is on the class.

PrepError                 1   grading, building or opening failed
├── UsageError            2   what was asked for does not exist or makes no sense
├── LessonError           1   a lesson's own files are wrong
├── IsolationError        1   the wanted isolation is not to be had here
└── GradebookError        1   the gradebook could not be read or written
Unreadable                -   a submission that cannot be graded: a verdict, not a failure
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PrepError(Exception):
    """Something failed that is not the learner's fault."""

    exit_status = 1


class UsageError(PrepError):
    """A path, lesson or option that does not exist; the message names what there is."""

    exit_status = 2


class LessonError(PrepError):
    """A lesson's folder is incomplete or contradicts itself."""


class IsolationError(PrepError):
    """The wanted isolation level is not available, or the isolated side cannot be started."""


class GradebookError(PrepError):
    """The gradebook refused; nothing was written."""


class Unreadable(Exception):
    """A submission that is no notebook or Python file; the message says why, in a sentence."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The sentence after a name that is not known: the nearest that is, else all there are."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known) or 'none'}."
