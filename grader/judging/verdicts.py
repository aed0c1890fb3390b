"""A check's verdict, and what the verdicts of an exercise say together.

Which is the headline, whether the answer is wrong, and which points are held back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from grader.course.catalogue import Check, Variant
from grader.judging.answer import Answer, Wrong
from grader.judging.program import Program
from grader.verdict import HELD, Outcome, Verdict

_LACKS = re.compile(r" raised NameError: name '(\w+)' is not defined")


def verdict_on(
    check: Check,
    outcome: Outcome,
    message: str = "",
    wrong: Wrong | None = None,
) -> Verdict:
    """The verdict of a check with its points; of a wrong answer with the case that showed it."""
    if wrong is None:
        return Verdict(check.name, outcome, check.points, message, check.core, rule=check.rule)
    details = wrong.case, wrong.expected, wrong.got, wrong.error
    verdict = Verdict(check.name, outcome, check.points, message, check.core, *details)
    return replace(verdict, rule=check.rule, unwritten=wrong.unwritten, call=wrong.call)


def not_run(check: Check, answer: Answer) -> Verdict:
    """The verdict of a check after one in which the answer's process ended."""
    assert answer.ended is not None
    if answer.ended.kind == "timeout":
        return verdict_on(check, "timeout", f"Not run: {answer.name} hung in an earlier check.")
    what = f"Not run: {answer.name} ended its process in an earlier check."
    return verdict_on(check, "died", what)


def headline(found: Sequence[tuple[Verdict, Variant | None]]) -> Variant | None:
    """What explains the first failed check of results.

    Where only rules are open, the first that explains one.
    """
    for verdict, mistake in found:
        if verdict.outcome != "passed" and not verdict.rule:
            return mistake
    return next((mistake for _, mistake in found if mistake), None)


def is_wrong(verdicts: Sequence[Verdict]) -> bool:
    """Whether there is an answer, and it is not right."""
    unjudged = verdicts[0].outcome in ("missing", "broken") or verdicts[0].unwritten
    return not unjudged and any(verdict.outcome != "passed" for verdict in verdicts)


def core_first(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts as they count: checks after the core earn points only when the core passed."""
    # Else a constant or a guess would score: one of two labels, 0 for no rows.
    core, *others = verdicts
    if core.outcome == "passed":
        return tuple(verdicts)
    return (core, *map(_held, others))


def _held(verdict: Verdict) -> Verdict:
    if verdict.outcome != "passed":
        return verdict
    return replace(verdict, outcome="failed", message=HELD, held=True)


def with_cause(verdict: Verdict, program: Program) -> Verdict:
    """A verdict on an answer that lacks a name, with what went wrong in the cell that makes the name."""
    lacks = verdict.got == "NameError" and _LACKS.search(verdict.message)
    cause = program.cause(lacks[1]) if lacks else ""
    return replace(verdict, message=f"{verdict.message} ({cause})") if cause else verdict
