"""Many submissions spread over worker processes, each with a zygote and its own copy of the checks."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path

from grader.course.catalogue import Lesson, read_lesson
from grader.course.submission import Submission
from grader.errors import PrepError
from grader.isolation.policy import Level, Limits
from grader.judging.judge import Judge, host_for
from grader.judging.ungraded import unreadable
from grader.verdict import Result

_BRIEF = 5.0  # seconds for a first try while others wait; who needs more comes last
_ATTEMPTS = 3  # at a submission whose worker was killed, or did not come to an end
_READY = "ready"  # what a worker says when it can begin
_START = 60.0  # seconds that a worker has beside a submission's own time: to start, to compare
_PARTING = 5.0  # seconds that a worker has to end by itself
_MEMORY = 3 * 2**30  # bytes that a worker may take beside what it starts with

Slow = Callable[[Sequence[str]], None]  # hears of the students whose submissions take longer than the others
_Waiting = deque[tuple[Submission, int]]  # each with the number of its next try


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is: the same settings and submissions give the same verdicts."""

    lesson: Path
    seed: int
    level: Level
    limits: Limits = Limits()
    backend: str = "numpy"  # that right answers are tried on beside NumPy
    exercises: tuple[str, ...] = ()  # the only ones that are graded; none: all of the lesson's

    def read_lesson(self) -> Lesson:
        """The lesson, with the exercises that are graded."""
        lesson = read_lesson(self.lesson)
        if not self.exercises:
            return lesson
        return replace(lesson, exercises=tuple(map(lesson.exercise, self.exercises)))


def cores() -> int:
    """The processors that this process may use."""
    # A container or a job of a cluster may have fewer than the machine.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade(
    settings: Settings,
    submissions: Sequence[Submission],
    jobs: int = 1,
    slow: Slow = lambda students: None,
) -> Iterator[Result]:
    """The result of each submission as soon as it is there, in no order; the processes start with the call.

    A submission that is not done after a brief try waits until the others are: many that use all of
    their time hold up nobody else. A worker that is killed, or that does not come to an end with a
    submission, is replaced, and the others are graded: a submission that does this again is not.
    `slow` hears of whose submissions are being tried once more.
    """
    waiting: _Waiting = deque((submission, 0) for submission in submissions)
    workers = [_Worker(settings) for _ in range(min(jobs, len(waiting)))]
    return _results(settings, waiting, workers, jobs, slow)


def _results(
    settings: Settings,
    waiting: _Waiting,
    workers: list[_Worker],
    jobs: int,
    slow: Slow,
) -> Iterator[Result]:
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_Worker(settings))
            for worker in workers:
                if waiting and worker.item is None:
                    worker.begin(*waiting.popleft())
            slow([worker.item.student for worker in workers if worker.item and worker.attempt])
            # There is nothing left for these: others may still be at theirs.
            for worker in [worker for worker in workers if worker.item is None]:
                worker.stop()
                workers.remove(worker)
            if workers:
                yield from _heard(settings, workers, waiting)
    finally:
        for worker in workers:
            worker.kill()


def _heard(settings: Settings, workers: list[_Worker], waiting: _Waiting) -> Iterator[Result]:
    """The results that come next; workers that are lost go, and their submissions wait again."""
    first = min(worker.deadline for worker in workers)
    pipes = [worker.ours for worker in workers]
    ready = wait(pipes, timeout=max(0.0, first - time.monotonic()))
    for worker in list(workers):
        why = ""
        if worker.ours in ready:
            came = worker.result()
            if isinstance(came, Exception):
                raise came
            if isinstance(came, Result):
                yield came
            elif came == _READY:
                worker.set_deadline()
            else:
                # A brief try that was killed counts as one: nobody is killed for being slow.
                worker.attempt = max(worker.attempt, 1)
                why = f"The process that graded it {came or 'was killed'}"
        elif time.monotonic() >= worker.deadline:
            # Where nobody waits for this one, its brief try goes on as a whole one.
            if worker.attempt == 0 and not waiting:
                worker.attempt = 1
                worker.set_deadline()
            else:
                why = "Grading it did not come to an end, and was ended"
        if why:
            workers.remove(worker)
            yield from _given_up(settings, worker, why, waiting)


def _given_up(settings: Settings, worker: _Worker, why: str, waiting: _Waiting) -> Iterator[Result]:
    """End a worker; its submission waits again, or has a result that says why there is none."""
    worker.kill()
    assert worker.item is not None
    if worker.attempt < _ATTEMPTS:
        # Last, so that the others need not wait for it.
        waiting.append((worker.item, worker.attempt + 1))
    else:
        reason = f"{why}, {_ATTEMPTS} times. Is there enough memory? Grade it again by itself."
        yield unreadable(settings.read_lesson(), worker.item, reason)


class _Worker:
    """A process that grades, and what it is at."""

    def __init__(self, settings: Settings) -> None:
        # Not fork: a lock that another thread of this process holds would stay held in the copy.
        context = get_context("spawn")
        self.ours, theirs = context.Pipe()
        self._patience = _START + 2 * settings.limits.total
        self._process = context.Process(target=_work, args=(settings, theirs), daemon=True)
        with ctrl_c_waits():
            self._process.start()
        # So that the end of the worker is the end of this pipe.
        theirs.close()
        self.item: Submission | None = None
        self.attempt = 0  # of the item; 0 is the brief one
        self.deadline = math.inf
        self._ready = False

    def begin(self, item: Submission, attempt: int) -> None:
        """Have it grade a submission, for the first time or again."""
        self.item, self.attempt = item, attempt
        self.set_deadline()
        with contextlib.suppress(OSError):  # it is gone, as the next look at it will find
            self.ours.send(item)

    def set_deadline(self) -> None:
        """From now on its item's time counts; while it starts, its own."""
        brief = self.attempt == 0 and self._ready
        self.deadline = time.monotonic() + (_BRIEF if brief else self._patience)

    def result(self) -> Result | Exception | str | None:
        """The result that it sent, that it is ready to begin, or how it ended; None when it is gone."""
        try:
            came: Result | Exception | str = self.ours.recv()
        except (EOFError, OSError):
            return None
        # What it took to start is not taken from its first submission.
        if isinstance(came, str):
            self._ready = came == _READY
            return came
        self.item, self.deadline = None, math.inf
        return came

    def stop(self) -> None:
        """Let it end by itself: it is at nothing."""
        self.ours.close()
        self._process.join(_PARTING)
        self.kill()

    def kill(self) -> None:
        """End it at once.

        Its zygote and what is in there ends when it finds nobody at its socket.
        """
        self._process.kill()
        self._process.join()
        self.ours.close()


@contextlib.contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C is heard once a process has started: it gets all it starts with, and does not hear of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start opens this signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # Another thread may take the signal all the same, and Python hands it on to the main one.
    is_main = threading.current_thread() is threading.main_thread()
    heard: list[int] = []
    handler = None
    if is_main:
        handler = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if heard:
        raise KeyboardInterrupt


def _work(settings: Settings, connection: Connection) -> None:
    """A worker's life: submissions in, results out, until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to hear
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    # On Linux: a reply that comes then does not interrupt the answer that sends it, a tenth faster.
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        lesson = settings.read_lesson()
        with host_for(lesson, settings.level, settings.limits, settings.backend) as host:
            judge = Judge(lesson, host, settings.seed)
            gc.freeze()  # what is here stays, and no collection need look at it again
            # A GPU's driver takes more addresses than there is memory.
            if settings.backend != "cupy":
                _bound_memory()
            connection.send(_READY)
            while True:
                connection.send(judge.result(connection.recv()))
    except (EOFError, ConnectionError):  # the main process is gone
        return
    except PrepError as error:
        connection.send(error)
    except Exception as error:  # another worker is started, and may do better; what it was is told if none does
        with contextlib.suppress(OSError):  # the main process is gone
            connection.send(f"ended with {type(error).__name__}: {error}")


def _bound_memory() -> None:
    """Let this process take so much more memory and no more."""
    # By itself it then fails over one submission, which is told so; the system would kill any process.
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + _MEMORY
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def end_with_parent() -> None:
    """A worker whose main process was killed would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
    os._exit(1)
