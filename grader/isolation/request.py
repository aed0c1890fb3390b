"""What is asked of a submission's process: calls and cells as messages, and how many are under way at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.isolation.message import encode

# What is under way at once fits in a socket's buffer: neither side ever waits for the other to read.
_MOST_REQUESTS = 16
_MOST_BYTES = 32 * 1024
_KEPT_CELLS = 1000
_SHORT_CELL = 8192  # characters


@dataclass(frozen=True, slots=True)
class Request:
    """A call or a cell as a message, made once and sent to many.

    Functions among a call's arguments stay here: the answer calls them back.
    """

    message: bytes
    functions: tuple[Callable[..., Any], ...] = ()

    @classmethod
    def of(cls, name: str, args: Sequence[Any], backend: str = "numpy") -> Request:
        """The call of a function.

        Its arrays go to the backend's device, and what comes of them is brought back.
        """
        functions: list[Callable[..., Any]] = []
        message = encode(("call", name, tuple(args), backend), functions)
        return cls(message, tuple(functions))

    @staticmethod
    def of_cell(index: int, cell: str) -> Request:
        """The run of a cell; a short one's is kept, since most cells are the lesson's own and in every submission."""
        return (_of_cell if len(cell) <= _SHORT_CELL else _of_cell.__wrapped__)(index, cell)


@functools.lru_cache(_KEPT_CELLS)
def _of_cell(index: int, cell: str) -> Request:
    return Request(encode(("cell", index, cell)))


def batches(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Requests that are sent together: as many as a socket holds without blocking.

    One with functions goes alone: the answer calls them back, and then the next message must be
    ours.
    """
    batch: list[Request] = []
    size = 0
    for request in requests:
        full = len(batch) == _MOST_REQUESTS or size + len(request.message) > _MOST_BYTES
        alone = request.functions or (batch and batch[-1].functions)
        if batch and (full or alone):
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += len(request.message)
    if batch:
        yield batch
