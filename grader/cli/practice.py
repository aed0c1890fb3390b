"""The learner's commands for practice: a mock interview, what is due for review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.group import main
from grader.cli.options import PATH

if TYPE_CHECKING:
    from grader.practice import terminal

_LEVELS = click.Choice(["easy", "medium", "hard"])


@main.command()
@click.option("--minutes", type=click.IntRange(5), default=45, help="How long the interview is.")
@click.option(
    "--topic",
    "topics",
    multiple=True,
    help="Only from lessons of this name or topic; may be repeated.",
)
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=_LEVELS,
    help="Only this difficulty; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Draw the interview of this number: the same for a whole class.",
)
@click.option(
    "--one-try",
    is_flag=True,
    help="Grade each function once, when it is done, and not at the end.",
)
@click.option(
    "--new",
    "again",
    is_flag=True,
    help="Draw another, though one is open or not scored yet.",
)
@click.option("--hand-in", is_flag=True, help="Grade the interview, ask, and show its score sheet.")
@click.option("--history", is_flag=True, help="All interviews so far.")
@click.argument("file", required=False, type=PATH)
def mock(
    minutes: int,
    topics: tuple[str, ...],
    levels: tuple[str, ...],
    seed: int | None,
    one_try: bool,
    again: bool,
    hand_in: bool,
    history: bool,
    file: Path | None,
) -> None:
    """A timed interview drawn from the lessons: its clock starts at once. The one that is open goes on.

    One that is handed in waits for your scores of its answers before another is drawn.

    With --hand-in, FILE is the notebook or .py file with the code; by default the interview's notebook.
    An interview that is handed in already goes on with the answers that have no score yet.
    """
    from grader.practice import mock as practice
    from grader.practice import terminal
    from grader.practice.interview import Interview

    if history:
        click.echo(terminal.history())
        return
    if hand_in:
        last = Interview.last()
        if last is None:
            raise click.UsageError("There was no interview yet. `prep mock` draws one.")
        click.echo(terminal.hand_in(last, file, _hands()))
        return
    interview = Interview.last()
    # Whoever sets a topic, a level or a seed wants what they named, not what is left over.
    asks_for_another = again or topics or levels or seed is not None
    if interview and not asks_for_another and (waiting := terminal.waiting_text(interview)):
        click.echo(waiting)
        return
    is_new = asks_for_another or interview is None or interview.record().ended is not None
    if interview is None or is_new:
        interview = practice.begin(minutes, topics, levels, seed, one_try)
    practice.write_notebook(interview)
    click.echo(terminal.plan_text(interview, is_new=bool(is_new)))


def _hands() -> terminal.Hands:
    from grader.practice import terminal

    return terminal.Hands(
        say=click.echo,
        line=lambda text: str(click.prompt(text, default="", show_default=False)),
        agree=lambda text: click.confirm(text, default=False),
    )


@main.command()
def review() -> None:
    """What is due today: blank again, in a notebook of the day."""
    from grader.practice.review import today

    click.echo(today())
