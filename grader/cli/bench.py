"""The benchmarks' commands."""

from __future__ import annotations

import json
from pathlib import Path

import click

from grader.cli.group import main
from grader.cli.options import PATH, isolation_option, jobs_option, json_option


@main.group()
def bench() -> None:
    """Time the references and the grading against their peers."""


@bench.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option(
    "--backend",
    type=click.Choice(["numpy", "cupy"]),
    default="numpy",
    help="cupy adds the GPU's rows.",
)
@json_option
@click.option(
    "--plot",
    "plot_file",
    type=PATH,
    help="Write a picture (SVG or PNG, by its name) to this file.",
)
@click.option("--budget", type=float, default=1.0, help="Seconds for each participant at each size.")
@click.option("--threads", type=click.IntRange(1), default=1, help="BLAS threads.")
def solutions(
    lessons: tuple[str, ...],
    backend: str,
    json_file: Path | None,
    plot_file: Path | None,
    budget: float,
    threads: int,
) -> None:
    """Time the references side by side with what people would use instead."""
    from rich.console import Console

    from grader.bench import picture
    from grader.bench import solutions as bench_solutions

    report = bench_solutions.measure(lessons, backend, budget, threads)
    # Of one width, whatever the terminal's: a table in a file or in a log is whole.
    Console(width=150).print(bench_solutions.table(report.rows))
    click.echo(report.closing())
    if json_file:
        json_file.write_text(json.dumps(report.to_json(), indent=1), encoding="utf-8")
    if plot_file:
        picture.save(report.rows, plot_file)


@bench.command()
@click.argument("lesson", default="metrics")
@click.option("--size", type=click.IntRange(1), default=1000, help="Submissions in the class.")
@jobs_option
@isolation_option
@click.option(
    "--peers",
    type=click.IntRange(0, 9),
    default=5,
    help="Submissions that nbgrader itself gets; 0 leaves it out.",
)
@json_option
def grading(lesson: str, size: int, jobs: int | None, isolation: str, peers: int, json_file: Path | None) -> None:
    """Time a class being graded, next to nbgrader's own autograde and to the same checks without
    isolation.
    """
    from rich.console import Console

    from grader.bench import grading as bench_grading

    figures = bench_grading.measure(lesson, size, jobs, isolation, peers)
    for view in bench_grading.table(figures):
        Console(width=140).print(view)
    if json_file:
        json_file.write_text(json.dumps(figures.to_json(), indent=1), encoding="utf-8")


@bench.command("class")
@click.argument("lesson", default="metrics")
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(1),
    multiple=True,
    default=(50, 200, 1000),
    help="Of the class.",
)
@click.option(
    "--peers",
    type=click.IntRange(0),
    default=10,
    help="Submissions that nbgrader's commands get.",
)
@json_option
def whole_class(lesson: str, sizes: tuple[int, ...], peers: int, json_file: Path | None) -> None:
    """Time grading, autograded notebooks and feedback pages, next to nbgrader on some of the same
    notebooks.
    """
    from rich.console import Console

    from grader.bench import whole_class as bench_class

    rows = list(bench_class.measure(lesson, sizes, peers))
    Console(width=100).print(bench_class.table(rows))
    if json_file:
        json_file.write_text(json.dumps([row.to_json() for row in rows], indent=1), encoding="utf-8")
