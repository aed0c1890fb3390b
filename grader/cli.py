"""The command `prep`: parses, calls, prints.

What is called is imported when it is needed, so that `prep --help` is quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from grader import failures
from grader.errors import PrepError
from grader.isolation.policy import LEVELS, Limits

# Those of backends.NAMES, whose module would load numpy for `prep --help`; a test compares.
_BACKEND = click.Choice(["numpy", "strict", "cupy"])
_ISOLATION = click.Choice(["auto", *LEVELS])
_DEFAULT = Limits()
_PATH = click.Path(path_type=Path)

# Options that two commands have.
_isolation_option = click.option(
    "--isolation",
    type=_ISOLATION,
    default="auto",
    help="auto takes the strongest level this machine has.",
)
_jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions graded at once; by default one for each processor.",
)
_json_option = click.option("--json", "json_file", type=_PATH, help="Write the figures to this file.")


class _Group(click.Group):
    """A group whose commands end in a sentence and an exit status; a traceback is left for faults of the kit itself."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PrepError as error:
            click.echo(f"prep: {error}", err=True)
            ctx.exit(error.exit_status)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click's own, which end well
        except Exception as error:
            if told := failures.sentence(error):
                click.echo(f"prep: {told}", err=True)
                ctx.exit(1)
            raise


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="ml-interview-prep")
def main() -> None:
    """Machine-learning interview questions as notebooks, and the grader for them."""


# --- the learner ----------------------------------------------------------------------------------


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--instructor", is_flag=True, help="The whole course with its sources, for a class or to add lessons.")
def init(folder: Path, instructor: bool) -> None:
    """Make a course in FOLDER (by default here) from the installed package; again: new lessons, your work untouched."""
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
@click.option("--no-browser", is_flag=True, help="Start the server, print its address, open no browser.")
@click.option("--port", type=int, default=0, help="Port of the server; 0 takes a free one.")
@click.option("--ip", default="", help="Address the server listens on; by default only this machine reaches it.")
def lab(lesson: str | None, instructor: bool, language: str, no_browser: bool, port: int, ip: str) -> None:
    """Open JupyterLab on your own copy of the lessons (work/), made at first and never overwritten."""
    from grader.desk import lab as desk

    browser = not no_browser
    raise SystemExit(desk.lab(lesson, instructor=instructor, language=language, browser=browser, port=port, ip=ip))


@main.command()
@click.argument("words", nargs=-1, required=True, metavar="[LESSON] [EXERCISE|FILE]")
@click.option("--seed", type=int, help="Replay the cases of an earlier run.")
@click.option(
    "--backend",
    type=_BACKEND,
    default="numpy",
    help="Try right answers on these arrays too, as on a GPU.",
)
def check(words: tuple[str, ...], seed: int | None, backend: str) -> None:
    """Grade your own work in the terminal: a lesson, one exercise, or a file.

    FILE is a notebook or .py file; by default your notebook in work/.
    """
    from grader.desk.terminal import check_words

    click.echo(check_words(words, seed, backend))


@main.command()
@click.argument("lesson", required=False)
@click.argument("file", required=False, type=_PATH)
def watch(lesson: str | None, file: Path | None) -> None:
    """Check what you save, again and again, beside any editor; keys give hints and move on.

    FILE is a notebook or .py file; by default your notebook of the lesson that is next.
    """
    from grader.desk import watch as desk

    desk.watch(lesson, file, click.echo)


@main.command()
def status() -> None:
    """Your progress: lessons, scores, what to do next."""
    from grader.desk.overview import status_text

    click.echo(status_text())


@main.command()
@click.argument("exercise", required=False)
def hint(exercise: str | None) -> None:
    """The next hint for an exercise (by default the one you tried last): a question, a place, a formula."""
    from grader.desk.notebook import next_hint
    from grader.desk.progress import exercise_in_hand

    click.echo(next_hint(exercise or exercise_in_hand()))


@main.command()
@click.argument("lesson")
@click.option(
    "--out",
    type=_PATH,
    help="Where to write the page; by default work/sheets/LESSON.html in the course.",
)
def sheet(lesson: str, out: Path | None) -> None:
    """Write a lesson's formulas, traps and sixty seconds to say as one page to print."""
    from grader.desk.sheet import write_sheet

    click.echo(write_sheet(lesson, out))


@main.command()
@click.argument("word")
def glossary(word: str) -> None:
    """A term of the course, in English or Chinese: its names in both, what it is, the lessons that use it."""
    from grader.course.glossary import find_term

    click.echo(find_term(word))


@main.command()
@click.argument("lesson")
@click.argument("exercise", required=False)
def reset(lesson: str, exercise: str | None) -> None:
    """A fresh start on a lesson or one exercise; the old work is kept beside it."""
    from grader.desk import work

    click.echo(work.reset(lesson, exercise))


# --- the instructor -------------------------------------------------------------------------------


@main.command()
@click.argument("lesson")
@click.argument("paths", nargs=-1, required=True, type=_PATH, metavar="PATH...")
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
@_jobs_option
@_isolation_option
@click.option(
    "--gradebook",
    metavar="URL",
    help="SQLAlchemy URL of nbgrader's gradebook; by default gradebook.db in the course.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Spread the work over a Dask cluster.")
@click.option(
    "--backend",
    type=_BACKEND,
    default="numpy",
    help="Try right answers on these arrays too; no marks depend on it.",
)
@click.option("--force", is_flag=True, help="Grade submissions again that have not changed.")
@click.option("--call-limit", type=float, default=_DEFAULT.call, help="Seconds for one call of an answer.")
@click.option("--cells-limit", type=float, default=_DEFAULT.cells, help="Seconds for a submission's cells.")
@click.option("--total-limit", type=float, default=_DEFAULT.total, help="Seconds for a whole submission.")
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
    """Grade submissions: files, or folders of STUDENT/LESSON/LESSON.ipynb, STUDENT.ipynb or STUDENT.py."""
    from grader.classroom.grading import grade_class
    from grader.classroom.report import write_report
    from grader.classroom.terminal import progress, table

    limits = Limits(cells_limit, call_limit, total_limit, int(memory_limit * 2**30))
    report = grade_class(lesson, paths, limits=limits, watch=progress, **options)
    click.echo(json.dumps(report.to_json(), indent=1) if as_json else table(report))
    click.echo(f"Class report: {write_report(lesson)}", err=True)
    if report.broken:
        raise PrepError("A check of the lesson is broken: see the outcome `broken` above. These marks are not final.")


@main.command()
@click.argument("lesson")
@click.option(
    "--out",
    type=_PATH,
    help="Where to write the page; by default reports/LESSON.html in the course.",
)
def report(lesson: str, out: Path | None) -> None:
    """Write the class report of the last grading run: one HTML page, and a CSV beside it."""
    from grader.classroom.report import write_report

    click.echo(write_report(lesson, out))


@main.command()
@click.option("--folder", type=_PATH, default=Path("demo"), help="Where the demo's class is made.")
def demo(folder: Path) -> None:
    """Grade a small class of references and known mistakes, from notebooks to feedback and report."""
    from grader.classroom.demo import run_demo

    raise SystemExit(run_demo(folder, say=click.echo))


# --- the author -----------------------------------------------------------------------------------


@main.command()
@click.argument("lesson")
def new(lesson: str) -> None:
    """Make a lesson to start from: a folder in solutions/ that passes."""
    from grader.author.new import new as make

    click.echo(make(lesson))


@main.command()
@click.argument("lesson")
@click.option("--watch", "again", is_flag=True, help="Do it again whenever one of its files is saved, until Ctrl-C.")
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
@_json_option
@click.option(
    "--plot",
    "plot_file",
    type=_PATH,
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
    Console(width=150).print(bench_solutions.table(report.rows))
    click.echo(report.closing())
    if json_file:
        json_file.write_text(json.dumps(report.to_json(), indent=1), encoding="utf-8")
    if plot_file:
        picture.save(report.rows, plot_file)


@bench.command()
@click.argument("lesson", default="metrics")
@click.option("--size", type=click.IntRange(1), default=1000, help="Submissions in the class.")
@_jobs_option
@_isolation_option
@click.option(
    "--peers",
    type=click.IntRange(0, 9),
    default=5,
    help="Submissions that nbgrader itself gets; 0 leaves it out.",
)
@_json_option
def grading(lesson: str, size: int, jobs: int | None, isolation: str, peers: int, json_file: Path | None) -> None:
    """Time a class being graded, next to nbgrader's own autograde and to the same checks without isolation."""
    from rich.console import Console

    from grader.bench import grading as bench_grading

    figures = bench_grading.measure(lesson, size, jobs, isolation, peers)
    for view in bench_grading.table(figures):
        Console(width=140).print(view)
    if json_file:
        json_file.write_text(json.dumps(figures.to_json(), indent=1), encoding="utf-8")
