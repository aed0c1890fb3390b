"""Many submissions over many machines: the workers of a Dask cluster judge.

The lesson and the cells travel; no folder need be shared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any, cast

from grader.course.catalogue import read_lesson
from grader.course.submission import Submission, read
from grader.errors import IsolationError, PrepError, UsageError
from grader.isolation import policy
from grader.isolation.policy import LEVELS, Level
from grader.judging.ungraded import not_graded
from grader.judging.workers import Settings
from grader.verdict import Result

_AHEAD = 4  # submissions under way for each thread of the cluster
_PATIENCE = 10.0  # seconds that a scheduler has to answer, and to answer again


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
    machine does not have the run's level, PrepError when the scheduler is lost.
    """
    lesson = read_lesson(settings.lesson)
    with _connected(scheduler) as client, _judges(client, settings) as run:
        from distributed import KilledWorker, as_completed

        from grader.judging.cluster_worker import judged

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
            except CancelledError as error:
                raise PrepError(
                    f"The Dask scheduler at {scheduler} was lost, or no longer knows this run. "
                    "What is graded is kept; once it answers, the same command goes on."
                ) from error
            return result

        for item in submissions:
            try:
                cells = read(item.path)
            except Exception as error:  # any file can be handed in
                yield not_graded(lesson, item, error)
                continue
            # pure=False: equal cells of two students are two submissions.
            future = client.submit(judged, run, item, cells, pure=False)
            items[future.key] = item
            under_way.add(future)
            if under_way.count() >= room:
                yield _came(next(under_way))
        for future in under_way:
            yield _came(future)


@contextlib.contextmanager
def _judges(client: Any, settings: Settings) -> Iterator[str]:
    """Judges on all workers, those that come later too, under the name that is handed out."""
    from grader.judging.cluster_worker import Judges

    judges = Judges(client.id, settings)
    client.register_plugin(judges)
    try:
        yield judges.name
    finally:
        # The scheduler may be the one thing that is lost.
        with contextlib.suppress(Exception):
            client.unregister_worker_plugin(judges.name)


def _connected(scheduler: str) -> Any:
    try:
        from distributed import Client

        client = Client(scheduler, timeout=_PATIENCE)
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
