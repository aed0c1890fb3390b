"""A class in the terminal: a progress bar while it is graded, its scores as lines of text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from grader.verdict import Report

_Result = TypeVar("_Result")
_NAMES = 3  # that are told of who is being waited for


class Progress:
    """A progress bar on a terminal's standard error, which results pass by."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._show: Callable[[str], None] = lambda text: None

    def __call__(self, results: Iterable[_Result], total: int) -> Iterator[_Result]:
        """The results, each one step of the bar."""
        from rich import progress
        from rich.console import Console
        from rich.markup import escape

        console = Console(file=sys.stderr)
        if not console.is_terminal:
            yield from results
            return
        with progress.Progress(console=console, transient=True) as bar:
            task = bar.add_task(self._what, total=total)
            # A name in square brackets would be taken for rich's markup.
            self._show = lambda text: bar.update(task, description=escape(text))
            yield from bar.track(results, total, task_id=task)

    def slow(self, students: Sequence[str]) -> None:
        """Say who is being waited for."""
        more = f" and {len(students) - _NAMES} more" if len(students) > _NAMES else ""
        still = f" (still at {', '.join(students[:_NAMES])}{more})" if students else ""
        self._show(self._what + still)


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
