"""Many submissions over many machines: the workers of a Dask cluster judge.

The lesson and the cells travel; no folder need be shared.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from grader.course.catalogue import read_lesson
from grader.course.submission import Submission, read
from grader.errors import IsolationError, PrepError, UsageError
from grader.isolation import policy
from grader.isolation.host import Host
from grader.isolation.policy import LEVELS, Level
from grader.judging.judge import Judge
from grader.judging.ungraded import not_graded
from grader.judging.workers import Settings
from grader.verdict import Result

Files = Mapping[str, bytes]
_AHEAD = 4  # submissions under way for each thread of the cluster
# A judge is in the middle of a conversation while it grades: threads cannot share one.
_judges = threading.local()


def level_of(isolation: str, scheduler: str) -> Level:
    """The level that an option names; auto is the strongest that all workers of the cluster have.

    What this machine has does not matter: no submission runs on it.
    UsageError when Dask is not installed or no scheduler answers, IsolationError when a worker's
    machine does not have the level.
    """
    with _connected(scheduler) as client:
        if isolation == "auto":
            # LEVELS begins with the strongest, so the largest index is what all of them have.
            levels: list[Level] = _on_each_worker(client, policy.strongest)
            return max(levels, key=LEVELS.index)
        level = cast(Level, isolation)
        _on_each_worker(client, policy.require, level)
        return level


def _on_each_worker(client: Any, function: Callable[..., Any], *args: Any) -> list[Any]:
    answers = client.run(function, *args, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, Exception):
            raise IsolationError(f"The Dask worker {worker} cannot grade: {answer}")
    return list(answers.values())


def grade(settings: Settings, submissions: Sequence[Submission], scheduler: str) -> Iterator[Result]:
    """The result of each submission as soon as it is there, in no order.

    Dask gives the work of a worker that is lost to another.

    UsageError when Dask is not installed or no scheduler answers, IsolationError when a worker's
    machine does not have the run's level.
    """
    lesson = read_lesson(settings.lesson)
    with _connected(scheduler) as client:
        from distributed import KilledWorker, as_completed

        # Once to every worker: a lesson's files are larger than a submission.
        paths = [path for path in settings.lesson.iterdir() if path.is_file()]
        files = client.scatter({path.name: path.read_bytes() for path in paths}, broadcast=True)
        under_way = as_completed()
        # Bounded, so that a class of thousands is not in the scheduler's memory at once.
        room = _AHEAD * max(1, sum(client.nthreads().values()))
        items: dict[str, Submission] = {}

        def _came(future: Any) -> Result:
            item = items.pop(future.key)
            try:
                result: Result = future.result()
            except KilledWorker as error:  # it took several workers with it
                return not_graded(lesson, item, error)
            return result

        for item in submissions:
            try:
                # pure=False: equal cells of two students are two submissions.
                future = client.submit(_work, settings, files, item, read(item.path), pure=False)
            except Exception as error:  # any file can be handed in
                yield not_graded(lesson, item, error)
                continue
            items[future.key] = item
            under_way.add(future)
            if under_way.count() >= room:
                yield _came(next(under_way))
        for future in under_way:
            yield _came(future)


def _connected(scheduler: str) -> Any:
    try:
        from distributed import Client

        client = Client(scheduler, timeout=10)
    except ImportError as error:
        raise UsageError("--scheduler needs Dask: pip install 'ml-interview-prep[cluster]'.") from error
    except (OSError, ValueError) as error:
        raise UsageError(
            f"No Dask scheduler answers at {scheduler}: {error}. "
            "Start one with `dask scheduler`, and workers with `dask worker ADDRESS`."
        ) from error
    if not client.nthreads():
        client.close()
        raise PrepError(
            f"The Dask cluster at {scheduler} has no workers. "
            f"Start some on machines where the kit is installed: dask worker {scheduler}"
        )
    return client


def _work(settings: Settings, files: Files, item: Submission, cells: tuple[str, ...]) -> Result:
    """One submission, on a worker: each of its threads has a judge of its own, and keeps it for the run."""
    if getattr(_judges, "settings", None) != settings:
        if hasattr(_judges, "judge"):
            # Another run: the zygote of the one before would stay for ever.
            _judges.judge.host.close()
        _judges.judge, _judges.settings = _judge(settings, files), settings
    judge: Judge = _judges.judge
    return judge.judged(item, cells)


def _judge(settings: Settings, files: Files) -> Judge:
    policy.require(settings.level)
    from distributed import get_worker

    # Dask clears a worker's own folder away when the worker ends.
    ours = Path(tempfile.mkdtemp(dir=get_worker().local_directory))
    # As in a course: the name of the folder above says whether these are sources.
    folder = ours / settings.lesson.parent.name / settings.lesson.name
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    host = Host(settings.level, settings.limits, backend=settings.backend)
    return Judge(read_lesson(folder), host, settings.seed)
