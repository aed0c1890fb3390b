"""Many submissions: spread over worker processes, each with a zygote and the lesson's checks of its own."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

from grader.course.catalogue import read_lesson
from grader.course.submission import Submission
from grader.errors import PrepError
from grader.isolation.policy import Level, Limits
from grader.judging.judge import Judge, host_for
from grader.verdict import Result

_RESTARTS = 5  # of the workers, when something outside kills them


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is: the same settings and submissions give the same verdicts."""

    lesson: Path
    seed: int
    level: Level
    limits: Limits = Limits()
    backend: str = "numpy"  # that right answers are tried on beside NumPy


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade(settings: Settings, submissions: Sequence[Submission], jobs: int = 1) -> Iterator[Result]:
    """The result of each submission as soon as it is there, in no order.

    Workers that are killed are replaced.
    """
    if min(jobs, len(submissions)) <= 1:
        lesson = read_lesson(settings.lesson)
        with host_for(lesson, settings.level, settings.limits, settings.backend) as host:
            judge = Judge(lesson, host, settings.seed)
            yield from map(judge.result, submissions)
        return
    left = list(submissions)
    for _ in range(_RESTARTS):
        try:
            for submission, result in _in_workers(settings, left, jobs):
                left.remove(submission)
                yield result
            return
        except BrokenProcessPool:
            continue
    raise PrepError(
        f"The grading processes were killed {_RESTARTS} times; {len(left)} submissions are not graded. "
        "Is there enough memory? Try --jobs 1."
    )


def _in_workers(
    settings: Settings, submissions: Sequence[Submission], jobs: int
) -> Iterator[tuple[Submission, Result]]:
    with ProcessPoolExecutor(min(jobs, len(submissions)), get_context("spawn"), _start_worker, (settings,)) as pool:
        waiting = iter(list(submissions))
        under_way: dict[Future[Result], Submission] = {}
        try:
            while True:
                for submission in waiting:
                    under_way[pool.submit(_work, submission)] = submission
                    if len(under_way) >= 4 * jobs:
                        break
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield under_way.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_judge: Judge | None = None


def _start_worker(settings: Settings) -> None:
    global _judge
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to hear
    with contextlib.suppress(
        AttributeError, OSError
    ):  # Linux: a reply that comes does not interrupt the answer that sends it, a tenth faster
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    lesson = read_lesson(settings.lesson)
    _judge = Judge(lesson, host_for(lesson, settings.level, settings.limits, settings.backend), settings.seed)
    gc.freeze()  # what is here stays, and no collection need look at it again


def _end_with_parent() -> None:
    """A worker whose main process was killed would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
    os._exit(1)


def _work(submission: Submission) -> Result:
    assert _judge is not None
    return _judge.result(submission)
