"""The most memory that a run takes, all of its processes together, as Linux tells it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def peak_memory() -> Iterator[list[int]]:
    """The most bytes that this process and those it started had at once."""
    peak, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(1.0):  # looking costs the kernel some milliseconds a process
            peak[0] = max(peak[0], sum(map(_own_bytes, _family(os.getpid()))))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield peak
    over.set()
    thread.join()


def _family(pid: int) -> set[int]:
    """A process and all below it."""
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = [int(child) for path in tasks for child in path.read_text().split()]
        return {pid}.union(*map(_family, children))
    return set()


def _own_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        for line in lines:
            if line.startswith("Pss:"):  # a page shared by n processes counts 1/n in each
                return int(line.split()[1]) * 1024
    return 0
