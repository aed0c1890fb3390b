"""A function of this process, such as a notebook's kernel, judged: a copy of the kernel answers, or a thread of it.

No isolation: it is the learner's own machine. On Linux a hang or a crash stays in the copy.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from grader.course.catalogue import Lesson
from grader.isolation import host
from grader.isolation.answers import Answers, serve
from grader.isolation.policy import Limits
from grader.isolation.session import Session
from grader.isolation.wire import Wire
from grader.judging.judge import Judge, new_seed
from grader.judging.program import Program
from grader.verdict import Score


def check_function(function: Callable[..., Any], lesson: Lesson, judge: Judge | None = None) -> Score:
    """The score of a function of this process, called by the name of its exercise."""
    limits = Limits()
    exercise = lesson.exercise(function.__name__)
    judge = judge or Judge(lesson, host.Host("none", limits), new_seed())
    program = Program((), lambda: session_here({exercise.name: function}, limits))
    with contextlib.closing(program):
        return judge.score(exercise, program)


def session_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """A session for functions that live in this process."""
    return _fork_here(namespace, limits) if host.FORKS else _thread_here(namespace, limits)


def _fork_here(namespace: dict[str, Any], limits: Limits) -> Session:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        try:
            ours.close()
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            serve(Wire(theirs), Answers(namespace))
        finally:
            os._exit(0)
    theirs.close()
    return Session(ours, lambda: _kill(pid), limits)


def _thread_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """Where forking is not possible (Windows) or not safe beside threads (macOS): a call that hangs stays behind."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs, contextlib.suppress(OSError):  # nobody waits any more
            serve(Wire(theirs), Answers(namespace))

    threading.Thread(target=answer, daemon=True).start()
    return Session(ours, lambda: 0, limits)


def _kill(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
