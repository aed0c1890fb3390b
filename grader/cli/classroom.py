"""The instructor's commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.group import main
from grader.cli.options import (
    BACKEND,
    PATH,
    isolation_option,
    jobs_option,
    no_browser_option,
    port_option,
)
from grader.errors import PrepError
from grader.isolation.policy import Limits

if TYPE_CHECKING:
    from grader.verdict import Report

_Command = Callable[..., None]
# From Limits, so that `nbgrader autograde`, which has no options, finds these results in the journal.
_DEFAULT = Limits()
_gradebook = click.option(
    "--gradebook",
    metavar="URL",
    help="SQLAlchemy URL of nbgrader's gradebook; by default gradebook.db in the course.",
)


def _limit(name: str, default: float, what: str) -> Callable[[_Command], _Command]:
    return click.option(name, type=float, default=default, help=what)


@main.command()
@click.argument("lesson")
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the result as JSON on standard output, and nothing else there.",
)
@click.option(
    "--seed",
    type=int,
    help="Seed of the cases; drawn when the run starts if not given, and always recorded.",
)
@jobs_option
@isolation_option
@_gradebook
@click.option("--scheduler", metavar="ADDRESS", help="Spread the work over a Dask cluster.")
@click.option(
    "--backend",
    type=BACKEND,
    default="numpy",
    help="Try right answers on these arrays too; no marks depend on it.",
)
@click.option("--force", is_flag=True, help="Grade submissions again that have not changed.")
@_limit("--call-limit", _DEFAULT.call, "Seconds for one call of an answer.")
@_limit("--cells-limit", _DEFAULT.cells, "Seconds for a submission's cells.")
@_limit("--total-limit", _DEFAULT.total, "Seconds for a whole submission.")
@click.option(
    "--batch-limit",
    type=float,
    help="Seconds after which the run ends with what it has; the same command goes on.",
)
@_limit("--memory-limit", _DEFAULT.memory / 2**30, "GiB of memory for a submission.")
def grade(
    lesson: str,
    paths: tuple[Path, ...],
    as_json: bool,
    call_limit: float,
    cells_limit: float,
    total_limit: float,
    memory_limit: float,
    **options: Any,
) -> None:
    """Grade submissions: files, or folders of STUDENT/LESSON/LESSON.ipynb, STUDENT.ipynb or STUDENT.py.

    LESSON may be a mock interview that the class was set, such as mock-7; its scores go to no
    gradebook.
    """
    from grader.classroom.course_report import write_course_report
    from grader.classroom.grading import grade_class
    from grader.classroom.mock_class import grade_mock, is_mock
    from grader.classroom.report import write_report
    from grader.classroom.terminal import Progress
    from grader.course.catalogue import find_course

    limits = Limits(cells_limit, call_limit, total_limit, int(memory_limit * 2**30))
    if is_mock(lesson):
        chosen = {name: options[name] for name in ("seed", "jobs", "isolation")}
        _show(grade_mock(lesson, paths, limits=limits, **chosen), as_json)
        return
    progress = Progress("Grading")
    report = grade_class(lesson, paths, limits=limits, watch=progress, slow=progress.slow, **options)
    _show(report, as_json)
    # On standard error, here and below: with --json standard output is JSON and nothing else.
    gradebook = options["gradebook"]
    click.echo(f"Report of the lesson: {write_report(lesson, gradebook=gradebook)}", err=True)
    click.echo(f"Class report: {write_course_report(find_course(), gradebook)[0]}", err=True)
    for sentence in () if as_json else report.told:
        click.echo(f"prep: {sentence}", err=True)
    # Last, when everything is written: what can be graded has its marks and its pages all the same.
    if report.ungraded:
        names = ", ".join(report.ungraded)
        raise PrepError(f"Nothing to grade was found in the folders of {names}.")
    if report.broken:
        broken = "A check of the lesson is broken: see the outcome `broken` above."
        raise PrepError(f"{broken} These marks are not final.")


def _show(report: Report, as_json: bool) -> None:
    """Print a report on standard output."""
    from grader.classroom.terminal import table

    if not as_json:
        click.echo(table(report))
        return
    for part in report.json_parts():
        click.echo(part, nl=False)
    click.echo()


@main.command()
@click.argument("lesson")
@jobs_option
def feedback(lesson: str, jobs: int | None) -> None:
    """Write what nbgrader autograde and generate_feedback write, for everybody in submitted/, on all
    processors.

    Where a notebook under autograded/ shows the version that is graded, it stays as it is; the
    pages are made anew.
    """
    from grader.classroom.feedback import write_feedback
    from grader.classroom.terminal import Progress

    written = write_feedback(lesson, jobs=jobs, watch=Progress("Feedback"))
    for sentence in written.told:
        click.echo(f"prep: {sentence}", err=True)
    click.echo(f"{written.pages} pages: {written.folder}")
    if written.pages == 0:
        raise PrepError("No page was written.")


@main.command()
@click.argument("lesson", required=False)
@click.option(
    "--out",
    type=PATH,
    help="Where to write a lesson's page; by default reports/LESSON.html in the course.",
)
@_gradebook
def report(lesson: str | None, out: Path | None, gradebook: str | None) -> None:
    """Write the class report again, from the gradebook and the results of the last grading runs.

    Without LESSON all of it: reports/index.html for the course, a page for each student and for each
    lesson. With LESSON that lesson's page alone, and a CSV beside it.
    """
    from grader.classroom.course_report import write_all
    from grader.classroom.report import write_report

    if out and not lesson:
        raise click.UsageError("--out is for the page of one lesson: name the lesson.")
    if lesson:
        click.echo(write_report(lesson, out, gradebook=gradebook))
    else:
        click.echo(write_all(gradebook=gradebook))


@main.command()
@click.argument("lesson", required=False)
@no_browser_option
@port_option
def mark(lesson: str | None, no_browser: bool, port: int) -> None:
    """Mark answers to concept questions, one question across the class at a time, on a page in the
    browser.
    """
    from grader.desk.lab import lab

    page = f"/mark/{lesson or ''}".rstrip("/")
    raise SystemExit(lab(lesson, instructor=True, page=page, browser=not no_browser, port=port))


@main.command()
@click.option("--folder", type=PATH, default=Path("demo"), help="Where the demo's class is made.")
def demo(folder: Path) -> None:
    """Grade a small class of references and known mistakes, from notebooks to feedback and report."""
    from grader.classroom.demo import run_demo

    raise SystemExit(run_demo(folder, say=click.echo))
