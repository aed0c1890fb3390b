"""A class in the terminal: a progress bar while it is graded, its scores as lines of text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from grader.verdict import Report

_Result = TypeVar("_Result")


def progress(results: Iterable[_Result], total: int, what: str = "Grading") -> Iterator[_Result]:
    """Pass results on, with a progress bar on a terminal's standard error."""
    from rich.console import Console
    from rich.progress import track

    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield from results
        return
    yield from track(results, what, total=total, console=console, transient=True)


def table(report: Report) -> str:
    """The class as lines of text."""
    how = f"isolation {report.isolation}, seed {report.seed}"
    lines = [f"{report.lesson}: {len(report.submissions)} submissions, {how}"]
    for result in report.submissions:
        named = sorted({exercise.mistake for exercise in result.exercises if exercise.mistake})
        note = result.reason or ", ".join(named)
        lines.append(f"{result.student:24} {result.score:6g} / {result.max_score:g}  {note}".rstrip())
    if report.missing:
        lines.append(f"Nothing handed in by {len(report.missing)}: {', '.join(report.missing)}")
    return "\n".join(lines)
