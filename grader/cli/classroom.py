"""The instructor's commands."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import click

from grader.cli.group import main
from grader.cli.options import BACKEND, PATH, isolation_option, jobs_option
from grader.errors import PrepError
from grader.isolation.policy import Limits

_DEFAULT = Limits()
_gradebook = click.option(
    "--gradebook",
    metavar="URL",
    help="SQLAlchemy URL of nbgrader's gradebook; by default gradebook.db in the course.",
)


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
@click.option("--call-limit", type=float, default=_DEFAULT.call, help="Seconds for one call of an answer.")
@click.option("--cells-limit", type=float, default=_DEFAULT.cells, help="Seconds for a submission's cells.")
@click.option("--total-limit", type=float, default=_DEFAULT.total, help="Seconds for a whole submission.")
@click.option(
    "--batch-limit", type=float, help="Seconds after which the run ends with what it has; the same command goes on."
)
@click.option(
    "--memory-limit",
    type=float,
    default=_DEFAULT.memory / 2**30,
    help="GiB of memory for a submission.",
)
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

    LESSON may be a mock interview that the class was set, such as mock-7; its scores go to no gradebook.
    """
    from grader.classroom.course_report import write_course_report
    from grader.classroom.grading import grade_class
    from grader.classroom.mock_class import grade_mock, is_mock
    from grader.classroom.report import write_report
    from grader.classroom.terminal import progress, table
    from grader.course.catalogue import find_course

    limits = Limits(cells_limit, call_limit, total_limit, int(memory_limit * 2**30))
    if is_mock(lesson):
        chosen = {name: options[name] for name in ("seed", "jobs", "isolation")}
        report = grade_mock(lesson, paths, limits=limits, **chosen)
        click.echo(json.dumps(report.to_json(), indent=1) if as_json else table(report))
        return
    report = grade_class(lesson, paths, limits=limits, watch=progress, **options)
    click.echo(json.dumps(report.to_json(), indent=1) if as_json else table(report))
    click.echo(f"Report of the lesson: {write_report(lesson, gradebook=options['gradebook'])}", err=True)
    click.echo(f"Class report: {write_course_report(find_course(), options['gradebook'])[0]}", err=True)
    for sentence in () if as_json else report.told:
        click.echo(f"prep: {sentence}", err=True)
    if report.ungraded:
        raise PrepError(f"Nothing to grade was found in the folders of {', '.join(report.ungraded)}.")
    if report.broken:
        raise PrepError("A check of the lesson is broken: see the outcome `broken` above. These marks are not final.")


@main.command()
@click.argument("lesson")
@jobs_option
def feedback(lesson: str, jobs: int | None) -> None:
    """Write what nbgrader autograde and generate_feedback write, for everybody in submitted/, on all processors.

    Where a notebook under autograded/ shows the version that is graded, it stays as it is; the pages are made anew.
    """
    from grader.classroom.feedback import write_feedback
    from grader.classroom.terminal import progress

    written = write_feedback(lesson, jobs=jobs, watch=functools.partial(progress, what="Feedback"))
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
    click.echo(write_report(lesson, out, gradebook=gradebook) if lesson else write_all(gradebook=gradebook))


@main.command()
@click.argument("lesson", required=False)
@click.option("--no-browser", is_flag=True, help="Start the server, print its address, open no browser.")
@click.option("--port", type=int, default=0, help="Port of the server; 0 takes a free one.")
def mark(lesson: str | None, no_browser: bool, port: int) -> None:
    """Mark answers to concept questions, one question across the class at a time, on a page in the browser."""
    from grader.desk.lab import lab

    page = f"/mark/{lesson or ''}".rstrip("/")
    raise SystemExit(lab(lesson, instructor=True, page=page, browser=not no_browser, port=port))


@main.command()
@click.option("--folder", type=PATH, default=Path("demo"), help="Where the demo's class is made.")
def demo(folder: Path) -> None:
    """Grade a small class of references and known mistakes, from notebooks to feedback and report."""
    from grader.classroom.demo import run_demo

    raise SystemExit(run_demo(folder, say=click.echo))
