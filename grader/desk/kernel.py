"""A function of this process, such as a notebook's kernel, judged: a copy of the kernel answers, or a thread of it.

No isolation: it is the learner's own machine. On Linux a hang or a crash stays in the copy.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from grader.course.catalogue import Lesson
from grader.errors import PrepError, UsageError
from grader.isolation import host
from grader.isolation.answers import Answers, serve
from grader.isolation.policy import Limits, processor_time
from grader.isolation.session import Session
from grader.isolation.standins import Output
from grader.isolation.wire import Wire
from grader.judging.cases import copied
from grader.judging.judge import Judge, new_seed
from grader.judging.program import Program
from grader.verdict import Score

_TRIES = 2  # at starting a copy of the kernel


def check_function(function: Callable[..., Any], lesson: Lesson, judge: Judge | None = None) -> Score:
    """The score of a function of this process, called by the name of its exercise."""
    limits = Limits()
    exercise = lesson.exercise(function.__name__)
    judge = judge or Judge(lesson, host.Host("none", limits), new_seed())
    for _ in range(_TRIES):
        program = Program((), lambda: session_here({exercise.name: function}, limits))
        with contextlib.closing(program):
            program.session()
            if not program.died:
                return judge.score(exercise, program)
    raise PrepError(
        "The process that runs your function died before it was asked anything. Is there enough memory? Run it again."
    )


def failing_case(function: Callable[..., Any], judge: Judge) -> tuple[Any, ...]:
    """The arguments of the first case that the last check of a function failed, to call it with."""
    found = judge.failing.get(function.__name__)
    if found is None:
        name = function.__name__
        raise UsageError(f"No case of {name} has failed in this kernel. Run check({name}) first.")
    return tuple(map(copied, found.args))


def session_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """A session for functions that live in this process."""
    return _fork_here(namespace, limits) if host.FORKS else _thread_here(namespace, limits)


def _fork_here(namespace: dict[str, Any], limits: Limits) -> Session:
    ours, theirs = socket.socketpair()
    # A copy of the kernel: helpers and globals are as the learner left them, and a loop without end ends with it.
    pid = os.fork()
    if not pid:
        try:
            ours.close()
            output = Output(0)  # only what a call prints is of interest, where its case fails
            sys.stdout = sys.stderr = output
            serve(Wire(theirs), _answers(namespace, output))
        finally:
            # Not sys.exit, which would run the kernel's own ending, on the kernel's own sockets.
            os._exit(0)
    theirs.close()
    return Session(ours, lambda: _kill(pid), limits, lambda: processor_time(pid) / 1e9)


def _thread_here(namespace: dict[str, Any], limits: Limits) -> Session:
    """Where forking is not possible (Windows) or not safe beside threads (macOS): a call that hangs stays behind."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs, contextlib.suppress(OSError):  # nobody waits any more
            serve(Wire(theirs), _answers(namespace, Output(0)))  # what it prints appears in the notebook

    threading.Thread(target=answer, daemon=True).start()
    return Session(ours, lambda: 0, limits)


def _answers(namespace: dict[str, Any], output: Output) -> Answers:
    """The namespace's functions, and the text of the cells they stand in, so that an error has its line."""
    answers = Answers(namespace, output=output)
    for function in namespace.values():
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code:
            answers.sources[code.co_filename] = linecache.getlines(code.co_filename)
    return answers


def _kill(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
