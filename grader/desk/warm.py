"""What the first check of a kernel needs, got ready once the kernel has nothing else to do.

It runs in the kernel's own loop between two cells, and no thread is started: a check forks.
"""

from __future__ import annotations

import contextlib
import sys

_PAUSE = 0.05  # seconds between a cell's end and a step: a cell that waits comes before it


def when_idle() -> None:
    """Get ready once the running cell is done; where there is no kernel, nothing."""
    if "ipykernel.kernelapp" not in sys.modules:
        return
    import asyncio  # which the command line does without

    with contextlib.suppress(RuntimeError):  # a kernel that runs its cells outside its loop
        asyncio.get_running_loop().call_later(_PAUSE, _load)


def _load() -> None:
    """The modules, and then the judge of the lesson whose notebook this is."""
    import asyncio

    import ipywidgets  # noqa: F401

    from grader.desk import notebook  # noqa: F401

    asyncio.get_running_loop().call_later(_PAUSE, _judge)


def _judge() -> None:
    from grader.desk.here import lesson_here
    from grader.desk.judges import judge_of

    with contextlib.suppress(Exception):  # whatever it is, a check says it
        judge_of(lesson_here())
