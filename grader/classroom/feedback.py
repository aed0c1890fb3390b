"""`prep feedback`: the notebooks that formgrader shows and the learners' pages, for a class on all cores.

nbgrader's commands take one submission after another.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path

from grader.classroom.journal import Journal, fingerprint, grading_of, submission_key
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.handed_in import search
from grader.course.submission import Submission
from grader.errors import PrepError
from grader.isolation.policy import Limits
from grader.judging.workers import cores, ctrl_c_waits, end_with_parent
from grader.verdict import printable

_TOGETHER = 50  # students to a task at most: a converter is made for each task

Watch = Callable[[Iterable[int], int], Iterator[int]]


@dataclass(frozen=True, slots=True)
class Written:
    """What there is now: the folder of the pages, how many, and a sentence for whoever has none."""

    folder: Path
    pages: int
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """Students of a course whose pages a process writes; the notebooks of some are to be made first."""

    course: Path
    lesson: str
    students: Sequence[str]
    stale: frozenset[str]


def write_feedback(
    name: str,
    *,
    jobs: int | None = None,
    watch: Watch = lambda done, total: iter(done),
    course: Path | None = None,
) -> Written:
    """Write the autograded notebooks and feedback pages of those in the course's folder submitted/.

    A notebook is made where there is none of the version that is graded now: the others keep the
    flags that a person set in formgrader. The pages are all made, for marks given by hand are in them.
    UsageError for a lesson that does not exist or that nobody handed in.
    """
    course = (course or find_course()).resolve()
    lesson = find_lesson(name, course)
    found = search(name, [course / "submitted"])
    items, told = [], []
    for item in found.submissions:
        if item.path == course / "submitted" / item.student / name / f"{name}.ipynb":
            items.append(item)
        else:
            shown = f"submitted/{item.student}/{name}/{name}.ipynb"
            told.append(f"{item.student}: nbgrader shows {shown} only, and this is {printable(str(item.path))}.")
    stale = frozenset(_stale(course, lesson, items))
    students = [item.student for item in items]
    jobs = jobs or cores()
    together = max(1, min(_TOGETHER, math.ceil(len(students) / jobs)))
    parts = [students[start : start + together] for start in range(0, len(students), together)]
    tasks = [_Task(course, name, part, stale.intersection(part)) for part in parts]
    failed = [sentence for sentences in _all_done(tasks, jobs, watch, len(students)) for sentence in sentences]
    return Written(course / "feedback", len(students) - len(failed), (*told, *failed))


def _stale(course: Path, lesson: Lesson, items: Sequence[Submission]) -> Iterator[str]:
    """The students whose autograded notebook is not of the file and the cases that the gradebook's scores are of."""
    key = fingerprint(lesson, Limits())
    journal = Journal.of(course)
    try:
        for item in items:
            mine = submission_key(item, key)
            known = journal.find(lesson.name, item, mine)
            shown = _shown(course / "autograded" / item.student / lesson.name / f"{lesson.name}.ipynb")
            if known is None or shown != grading_of(mine, known.seed):
                yield item.student
    finally:
        journal.close()


def _shown(path: Path) -> str | None:
    """What an autograded notebook shows; None where there is none, or one that nbgrader did not finish."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["metadata"]["prep"]["graded"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return str(found)


def _all_done(tasks: Sequence[_Task], jobs: int, watch: Watch, total: int) -> list[list[str]]:
    """What the processes told of each task."""
    told: list[list[str]] = []

    def done() -> Iterator[int]:
        # A generator, since `watch` moves its bar as it takes from it.
        with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"), _begin) as pool:
            with ctrl_c_waits():  # which they then do not hear of, nor what they start
                futures = {pool.submit(_work, task): task for task in tasks}
            try:
                for future in as_completed(futures):
                    told.append(future.result())
                    yield from range(len(futures[future].students))
            except BrokenProcessPool as error:
                raise PrepError(
                    "A process that wrote feedback was killed. Is there enough memory? The same command goes on."
                ) from error
            except BaseException:  # Ctrl-C: nobody waits for the pages under way
                for process in active_children():
                    process.kill()
                raise
            finally:
                pool.shutdown(cancel_futures=True)

    for _ in watch(done(), total):
        pass
    return told


def _begin() -> None:
    """A process whose main one is killed would wait for work for ever."""
    threading.Thread(target=end_with_parent, daemon=True).start()


def _work(task: _Task) -> list[str]:
    """A sentence for each student without a page; in a process that has nbgrader."""
    from grader.classroom.converters import convert

    return convert(task.course, task.lesson, task.students, task.stale)
