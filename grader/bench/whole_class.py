"""`prep bench class`: from submissions to feedback pages, beside stock nbgrader, in one run."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from grader.bench.grading import STOCK, hand_in
from grader.bench.memory import peak_memory
from grader.classroom.demo import make_course, nbgrader
from grader.classroom.feedback import write_feedback
from grader.classroom.grading import grade_class
from grader.course.catalogue import find_course, find_lesson

_STEPS = ("autograde", "generate_feedback")


@dataclass(frozen=True, slots=True)
class Row:
    """One step for so many submissions, by whom.

    Its seconds, those of all processors, and the peak of memory in MiB. `each` are the processors'
    seconds a submission; of nbgrader's commands without their start.
    """

    who: str
    step: str
    submissions: int
    seconds: float
    cpu: float
    each: float
    memory: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(name: str, sizes: Sequence[int], peers: int = 10) -> Iterator[Row]:
    """The rows of each size: the class by our commands, then its first `peers` by nbgrader's.

    With us nbgrader's find the results of `prep grade`; alone they execute each notebook.
    """
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            course = make_course(find_course(), name, Path(folder) / "course")
            hand_in(course, find_lesson(name, course), size)
            nbgrader(course, "generate_assignment", name, "--force")
            few = sorted((course / "submitted").iterdir())[:peers]
            stock = _copy(course, Path(folder) / "stock", few)
            (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
            grade = functools.partial(grade_class, name, [course / "submitted"], course=course)
            yield _row("prep", "grade", size, grade)
            ours = _copy(course, Path(folder) / "ours", few)
            feedback = functools.partial(write_feedback, name, course=course)
            yield _row("prep", "feedback", size, feedback)
            for where, who in [(ours, "nbgrader with us"), (stock, "nbgrader alone")]:
                for step in _STEPS if len(few) > 1 else ():
                    everybody = functools.partial(nbgrader, where, step, name, "--force")
                    row = _row(who, step, len(few), everybody)
                    # One student again, so that the start of nbgrader's command cancels out.
                    one = _row(who, step, 1, functools.partial(everybody, f"--student={few[0].name}"))
                    yield replace(row, each=(row.cpu - one.cpu) / (len(few) - 1))


def _copy(course: Path, to: Path, students: Sequence[Path]) -> Path:
    """The course with a few of its students."""
    shutil.copytree(course, to, ignore=shutil.ignore_patterns("submitted"))
    for student in students:
        shutil.copytree(student, to / "submitted" / student.name)
    return to


def _row(who: str, step: str, number: int, work: Callable[[], object]) -> Row:
    start, before = time.perf_counter(), os.times()
    with peak_memory() as peak:
        work()
    seconds = time.perf_counter() - start
    # The first four are of this process and of the children that it has waited for.
    cpu = sum(os.times()[:4]) - sum(before[:4])
    return Row(who, step, number, seconds, cpu, cpu / number, peak[0] / 2**20)


def table(rows: Sequence[Row]) -> Any:
    """The rows as a Rich table."""
    from rich.table import Table

    columns = ("who", "step", "submissions", "seconds", "CPU seconds", "CPU seconds each")
    view = Table(*columns, "peak memory MiB")
    for row in rows:
        figures = (f"{row.seconds:.1f}", f"{row.cpu:.1f}", f"{row.each:.3f}", f"{row.memory:.0f}")
        view.add_row(row.who, row.step, str(row.submissions), *figures)
    return view
