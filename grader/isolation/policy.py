"""What a submission may use: the limits it runs under, and the levels of isolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["full", "landlock", "none"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for all cells, for a call, and in all; bytes of memory and of output kept."""

    cells: float = 5.0
    call: float = 2.0
    total: float = 60.0
    memory: int = 2**30
    output: int = 2**20


def strongest() -> Level:
    """The strongest level this machine has."""
    return "none"


def lock(level: Level, limits: Limits, wire_fd: int) -> None:
    """Lock the calling process for good: called in a child before it sees a submission's code."""


def unshare_namespaces() -> None:
    """Give the children that the calling process forks from now on namespaces of their own."""


def adopt_orphans() -> None:
    """Make the calling process the parent of whatever its children leave behind."""


def kill_orphans() -> None:
    """Kill and reap what ended children left behind."""
