"""The learner's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli.group import main
from grader.cli.options import BACKEND, PATH, no_browser_option, port_option


@main.command()
@click.argument("folder", type=PATH, default=Path())
@click.option(
    "--instructor",
    is_flag=True,
    help="The whole course with its sources, for a class or to add lessons.",
)
def init(folder: Path, instructor: bool) -> None:
    """Make a course in FOLDER (by default here) from the installed package; again: new lessons, your
    work untouched.
    """
    from grader.desk import init as desk

    click.echo(desk.init(folder, instructor=instructor))


@main.command()
@click.argument("lesson", required=False)
@click.option(
    "--instructor",
    is_flag=True,
    help="Open the sources with the references instead of your own copy.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    help="Language of JupyterLab's menus.",
)
@no_browser_option
@port_option
@click.option(
    "--ip",
    default="",
    help="Address the server listens on; by default only this machine reaches it.",
)
def lab(lesson: str | None, no_browser: bool, **options: Any) -> None:
    """Open JupyterLab on your own copy of the lessons (work/), made at first and never overwritten."""
    from grader.desk import lab as desk

    # The server ends with Ctrl-C, and its exit status is the command's.
    raise SystemExit(desk.lab(lesson, browser=not no_browser, **options))


@main.command()
@click.argument("words", nargs=-1, required=True, metavar="[LESSON] [EXERCISE|FILE]")
@click.option("--seed", type=int, help="Replay the cases of an earlier run.")
@click.option(
    "--backend",
    type=BACKEND,
    default="numpy",
    help="Try right answers on these arrays too, as on a GPU.",
)
def check(words: tuple[str, ...], seed: int | None, backend: str) -> None:
    """Grade your own work in the terminal: a lesson, one exercise, or a file.

    FILE is a notebook or .py file; by default your notebook in work/.
    """
    from grader.desk.colour import coloured
    from grader.desk.terminal import check_words

    click.echo(coloured(check_words(words, seed, backend)))


@main.command()
@click.argument("lesson", required=False)
@click.argument("file", required=False, type=PATH)
def watch(lesson: str | None, file: Path | None) -> None:
    """Check what you save, again and again, beside any editor; keys give hints and move on.

    FILE is a notebook or .py file; by default your notebook of the lesson that is next.
    """
    from grader.desk import watch as desk
    from grader.desk.colour import coloured

    desk.watch(lesson, file, lambda text: click.echo(coloured(text)))


@main.command()
def status() -> None:
    """Your progress: a summary, what is due and what comes next, then lesson by lesson."""
    from grader.desk import colour
    from grader.desk.overview_text import status_text

    click.echo(status_text(colours=colour.are_wanted()))


@main.command()
@click.argument("file", required=False, type=PATH)
def export(file: Path | None) -> None:
    """Write your record as one HTML file to read and one JSON file beside it (by default into the course)."""
    from grader.desk.export import export as write

    click.echo(write(file))


@main.command()
@click.argument("exercise", required=False)
def hint(exercise: str | None) -> None:
    """The next hint for an exercise (by default the one you tried last): a question, a place, a
    formula.
    """
    from grader.desk.next_step import exercise_in_hand
    from grader.desk.notebook import next_hint

    click.echo(next_hint(exercise or exercise_in_hand()))


@main.command()
@click.argument("lesson")
@click.option(
    "--out",
    type=PATH,
    help="Where to write the page; by default work/sheets/LESSON.html in the course.",
)
def sheet(lesson: str, out: Path | None) -> None:
    """Write a lesson's formulas, traps and sixty seconds to say as one page to print."""
    from grader.desk.sheet import write_sheet

    click.echo(write_sheet(lesson, out))


@main.command()
@click.argument("word")
def glossary(word: str) -> None:
    """A term of the course, in English or Chinese: its names in both, what it is, the lessons that
    use it.
    """
    from grader.course.glossary import find_term

    click.echo(find_term(word))


@main.command()
@click.argument("lesson")
@click.argument("exercise", required=False)
def reset(lesson: str, exercise: str | None) -> None:
    """A fresh start on a lesson or one exercise; the old work is kept beside it."""
    from grader.desk import work

    click.echo(work.reset(lesson, exercise))
