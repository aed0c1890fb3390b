"""`prep bench grading`: a class graded, against nbgrader's way and against no isolation, in one run."""

from __future__ import annotations

import contextlib
import functools
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from grader.bench.memory import peak_memory
from grader.classroom.demo import make_class, make_course, nbgrader
from grader.classroom.grading import grade_class, level_of
from grader.course import submission
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.handed_in import find
from grader.course.submission import Submission
from grader.isolation.allowed_imports import INERT
from grader.isolation.host import Host
from grader.isolation.message import decode
from grader.isolation.policy import Limits
from grader.isolation.reply import Reply
from grader.isolation.request import Request
from grader.isolation.session import Session
from grader.isolation.standins import Imports
from grader.judging.answer import Answer
from grader.judging.judge import Judge, host_for
from grader.judging.mistakes import KnownMistakes
from grader.judging.workers import cores
from grader.verdict import Result

# nbgrader's own steps, on the course as it is laid out for ours.
STOCK = "from grader.course.build import nbgrader_settings\nc = get_config()\nc.merge(nbgrader_settings())\n"
_PARTS: dict[str, tuple[Any, str]] = {
    "reading the notebook": (submission, "read"),
    "a process, forked and locked": (Host, "open"),
    "running its cells": (Session, "run_cells"),
    "calls, there and back": (Answer, "replies"),
    "naming known mistakes": (KnownMistakes, "explain"),
    "ending the process": (Host, "_end"),
}
_SEED = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One way to grade, in submissions a second.

    Of ours also the seconds to the first verdict and the peak of memory of all processes, in MiB.
    """

    who: str
    submissions: int
    rate: float
    first: float | None = None
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A run of the benchmark.

    `parts` are milliseconds a submission of one job, in the order of a submission's way.
    """

    lesson: str
    isolation: str
    jobs: int
    rows: tuple[Row, ...]
    parts: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(
    name: str,
    size: int,
    jobs: int | None = None,
    isolation: str = "auto",
    peers: int = 5,
) -> Figures:
    """Grade `size` submissions of a lesson in every way.

    nbgrader gets `peers` of them: it takes a second or more for each.
    """
    jobs, level = jobs or cores(), level_of(isolation)
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(find_course(), name, Path(folder) / "course")
        lesson = find_lesson(name, course)
        hand_in(course, lesson, size)
        # Who grades a class released its lesson before, which made the gradebook.
        nbgrader(course, "generate_assignment", name, "--force")
        few = find(name, [course / "submitted"])[: min(size, 200)]
        rows = [_ours(course, name, size, jobs, level)]
        parts, alone = _parts(lesson, few, host_for(lesson, level, Limits()))
        rows.append(Row("one job, without a gradebook", len(few), alone))
        floor = _floor(lesson, few)
        rows.append(Row("floor: the same checks in one process, not isolated", len(few), floor))
        if peers:
            rows.append(Row("nbgrader autograde", peers, _nbgrader(course, name, peers)))
    return Figures(name, level, jobs, tuple(rows), parts)


def hand_in(course: Path, lesson: Lesson, size: int) -> None:
    """A class of that size: the demo's, over and over, but for two."""
    # One never ends and one is no notebook: both measure a limit, and not the grading.
    left_out = ("endless", "cut-off")
    made = [learner for learner in make_class(lesson) if learner.name not in left_out]
    for number, learner in enumerate(islice(cycle(made), size)):
        student = course / "submitted" / f"{number:05}-{learner.name}"
        path = student / lesson.name / f"{lesson.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(learner.text, encoding="utf-8")


def _ours(course: Path, name: str, size: int, jobs: int, level: str) -> Row:
    start = time.perf_counter()
    first: list[float] = []

    def watch(results: Iterable[Result], total: int) -> Iterator[Result]:
        for result in results:
            if not first:
                first.append(time.perf_counter() - start)
            yield result

    settings: dict[str, Any] = {"seed": _SEED, "jobs": jobs, "isolation": level}
    with peak_memory() as peak:
        grade_class(name, [course / "submitted"], watch=watch, course=course, **settings)
    # The gradebook counts: grade_class comes back when everything is written.
    rate = size / (time.perf_counter() - start)
    return Row(f"prep grade, {jobs} jobs, into the gradebook", size, rate, first[0], peak[0] / 2**20)


# --- where the time goes --------------------------------------------------------------------------


def _parts(lesson: Lesson, items: Sequence[Submission], host: Host) -> tuple[dict[str, float], float]:
    """Milliseconds a submission by part of its way, and submissions a second, in one warm job."""
    with host:
        judge = Judge(lesson, host, _SEED)
        # Warmed up: after these the mistakes have met the cases and frequent replies are kept.
        for item in items[:40]:
            judge.result(item)
        with contextlib.ExitStack() as stack:
            spent = {}
            for part, (owner, name) in _PARTS.items():
                spent[part] = stack.enter_context(_clocked(owner, name))
            start = time.perf_counter()
            for item in items:
                judge.result(item)
            total = time.perf_counter() - start
    parts = {part: seconds[0] / len(items) * 1e3 for part, seconds in spent.items()}
    parts["comparing, and all else"] = total / len(items) * 1e3 - sum(parts.values())
    return parts, len(items) / total


@contextlib.contextmanager
def _clocked(owner: Any, name: str) -> Iterator[list[float]]:
    """The seconds spent in a function, less what it spent in other clocked ones."""
    original, spent = getattr(owner, name), [0.0]

    @functools.wraps(original)
    def clocked(*args: Any, **kwargs: Any) -> Any:
        start, inner = time.perf_counter(), _nested[0]
        try:
            return original(*args, **kwargs)
        finally:
            elapsed = time.perf_counter() - start
            spent[0] += elapsed - (_nested[0] - inner)
            _nested[0] = inner + elapsed

    setattr(owner, name, clocked)
    try:
        yield spent
    finally:
        setattr(owner, name, original)


_nested = [0.0]  # seconds spent in clocked functions so far


# --- the peers ------------------------------------------------------------------------------------


class _Here(Session):
    """A session without a process: cells and calls run here, with nothing but numpy around them."""

    def __init__(self) -> None:
        self.ended, self.deadline = None, float("inf")
        self.namespace: dict[str, Any] = {"__name__": "__main__", "get_ipython": lambda: None}

    def run_cells(self, cells: Sequence[str]) -> list[str | None]:
        with _inert_modules():
            for cell in cells:
                with contextlib.suppress(Exception):
                    exec(compile(cell, "<cell>", "exec"), self.namespace)
        return [None] * len(cells)

    def bind(self, names: dict[str, str]) -> set[str]:
        self.namespace |= {name: self.namespace.get(source) for name, source in names.items()}
        return {name for name, value in self.namespace.items() if callable(value)}

    def output(self) -> tuple[str, int]:
        return "", 0

    def calls(self, requests: Iterable[Request]) -> Iterator[Reply]:
        for request in requests:
            _, name, args, _ = decode(request.message, request.functions.__getitem__)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    value = self.namespace[name](*args)
                except Exception as error:
                    kinds = tuple(kind.__name__ for kind in type(error).__mro__)
                    yield Reply("raised", raised=kinds, text=str(error))
                    continue
            noticed = [item for item in caught if issubclass(item.category, RuntimeWarning)]
            yield Reply("value", value, warned=tuple(str(item.message) for item in noticed))

    def close(self) -> int:
        return 0


@contextlib.contextmanager
def _inert_modules() -> Iterator[None]:
    """Imports answer as they do in isolation: nothing for pictures, a refusal for scikit-learn.

    What the benchmark itself imported of them is out of reach for a while, or cells would run their
    demonstrations.
    """
    hidden = INERT | {"sklearn", "scipy"}

    def names() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in hidden]

    before = {name: sys.modules.pop(name) for name in names()}
    imports = Imports()
    sys.meta_path.insert(0, imports)
    try:
        yield
    finally:
        sys.meta_path.remove(imports)
        for name in names():
            del sys.modules[name]
        sys.modules.update(before)


class _NoHost(Host):
    def open(self, again: bool = False) -> Session:
        return _Here()


def _floor(lesson: Lesson, items: Sequence[Submission]) -> float:
    """Submissions a second with no isolation whatever."""
    with contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
        return _parts(lesson, items, _NoHost("none", Limits()))[1]


def _nbgrader(course: Path, name: str, count: int) -> float:
    """Submissions a second of stock `nbgrader autograde`, its own start not counted."""
    (course / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")

    def seconds(students: str) -> float:
        start = time.perf_counter()
        nbgrader(course, "autograde", name, "--force", f"--student={students}")
        return time.perf_counter() - start

    # Two runs, so that nbgrader's own start cancels out: one student, and as many more.
    return count / (seconds(f"0000[0-{count}]-*") - seconds("00000-*"))


# --- as text --------------------------------------------------------------------------------------


def table(figures: Figures) -> Iterator[Any]:
    """The figures as Rich tables: the ways to grade, and where our time goes."""
    from rich.table import Table

    ours = figures.rows[0]
    columns = ("who", "submissions", "a second", "times slower than ours")
    view = Table(*columns, "first verdict s", "peak memory MiB")
    view.title = f"Grading {figures.lesson}, isolation {figures.isolation}"
    for row in figures.rows:
        first = "" if row.first is None else f"{row.first:.1f}"
        memory = "" if row.memory is None else f"{row.memory:.1f}"
        slower = f"{ours.rate / row.rate:.2f}"
        view.add_row(row.who, str(row.submissions), f"{row.rate:.3g}", slower, first, memory)
    yield view
    title = "Where the time of one job goes"
    where = Table("part of a submission's way", "ms", "share", title=title)
    total = sum(figures.parts.values())
    for part, spent in figures.parts.items():
        where.add_row(part, f"{spent:.1f}", f"{spent / total:.0%}")
    yield where
