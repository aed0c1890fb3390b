"""`prep bench class`: from submissions to feedback pages, beside stock nbgrader on the same notebooks, in one run."""

from __future__ import annotations

import functools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.bench.grading import STOCK, hand_in
from grader.classroom.demo import make_course, nbgrader
from grader.classroom.grading import grade_class
from grader.course.catalogue import find_course, find_lesson

_STEPS = ("autograde", "generate_feedback")


@dataclass(frozen=True, slots=True)
class Row:
    """The seconds of one step for a class of that size, by whom; the start of a program counts."""

    who: str
    step: str
    submissions: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(name: str, sizes: Sequence[int], peers: int = 5) -> Iterator[Row]:
    """The rows of each size, ours first; nbgrader without us gets the first `peers` of the notebooks."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            course = make_course(find_course(), name, Path(folder) / "course")
            hand_in(course, find_lesson(name, course), size)
            nbgrader(course, "generate_assignment", name, "--force")
            few = sorted((course / "submitted").iterdir())[:peers]
            stock = _copy(course, Path(folder) / "stock", few)
            graded = _seconds(functools.partial(grade_class, name, [course / "submitted"], course=course))
            yield Row("ours", "prep grade", size, graded)
            for where, who, number in [(course, "ours", size), (stock, "nbgrader alone", len(few))]:
                for step in _STEPS if number else ():
                    taken = _seconds(functools.partial(nbgrader, where, step, name, "--force"))
                    yield Row(who, step, number, taken)


def _copy(course: Path, to: Path, students: Sequence[Path]) -> Path:
    """The course with a few of its students and nbgrader's own configuration."""
    shutil.copytree(course, to, ignore=shutil.ignore_patterns("submitted"))
    for student in students:
        shutil.copytree(student, to / "submitted" / student.name)
    (to / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    return to


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def table(rows: Sequence[Row]) -> Any:
    """The rows as a Rich table."""
    from rich.table import Table

    view = Table("submissions", "who", "step", "seconds", "seconds each")
    for row in rows:
        view.add_row(
            str(row.submissions), row.who, row.step, f"{row.seconds:.1f}", f"{row.seconds / row.submissions:.3f}"
        )
    return view
