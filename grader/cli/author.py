"""The author's commands."""

from __future__ import annotations

import click

from grader.cli.group import main
from grader.errors import PrepError


@main.command()
@click.argument("lesson")
def new(lesson: str) -> None:
    """Make a lesson to start from: a folder in solutions/ that passes."""
    from grader.author.new import new as make

    click.echo(make(lesson))


@main.command()
@click.argument("lesson")
@click.option(
    "--watch",
    "again",
    is_flag=True,
    help="Do it again whenever one of its files is saved, until Ctrl-C.",
)
def author(lesson: str, again: bool) -> None:
    """Prove a lesson and build its notebooks: what is wrong with it, a line each, with file and line."""
    from grader.author import loop

    if again:
        loop.watch(lesson, click.echo)
    elif not loop.author(lesson, click.echo):
        raise SystemExit(1)


@main.command()
@click.argument("lesson")
@click.argument("exercise", required=False, default="")
@click.option("--every", type=click.IntRange(1), default=1, help="Only every n-th mutant.")
@click.option("--seed", type=click.IntRange(0), default=1, help="The cases they are graded with.")
def mutants(lesson: str, exercise: str, every: int, seed: int) -> None:
    """Change a lesson's right answers in one place at a time: which changes do its checks not see?"""
    from grader.author.mutants import run

    if not run(lesson, exercise, every, seed, click.echo):
        raise SystemExit(1)


@main.command()
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Change nothing; exit 1 and name the files that are stale.",
)
def build(only_check: bool) -> None:
    """Build the learners' lessons/ from solutions/."""
    from grader.course.build import build as build_course
    from grader.course.catalogue import find_course

    stale = build_course(find_course(), check=only_check)
    if stale and only_check:
        raise PrepError(f"Stale, run `prep build`: {', '.join(stale)}")
    click.echo("\n".join(f"built {name}" for name in stale) or "lessons/ is up to date")
