"""The wire between grader and submission: whole messages over a connected socket.

What is announced too large is refused before it is read. Both sides use this file.
"""

from __future__ import annotations

import socket
import time

from grader.isolation.message import FRAME, MAX_BYTES, MAX_HEAD, WireError

_PART = 64 * 1024  # bytes read at once


class Wire:
    """Whole messages over a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._came = bytearray()  # and is not taken yet: one read may bring several messages

    def send(self, message: bytes) -> None:
        self.socket.sendall(message)

    def receive(self, deadline: float | None = None) -> bytearray:
        """The next message, which must be whole by `deadline` (of `time.monotonic`).

        TimeoutError when it is not, EOFError when the other side is gone, WireError when it
        announces too much.
        """
        if len(self._came) < FRAME.size:
            self._fill(FRAME.size, deadline)
        head, body = FRAME.unpack_from(self._came)
        size = head + body
        if head > MAX_HEAD or size > MAX_BYTES:
            most = f"the {MAX_BYTES // 2**20} MiB that may cross"
            raise WireError(f"a message of {size / 2**20:.0f} MiB, more than {most}")
        size += FRAME.size
        if len(self._came) < size:
            self._fill(size, deadline)
        # A copy, since arrays are made on it in place and live on.
        message = self._came[:size]
        del self._came[:size]
        return message

    def _fill(self, size: int, deadline: float | None) -> None:
        """Have at least so many bytes of what came."""
        while len(self._came) < size:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self.socket.settimeout(left)
            # Bounded, whatever was announced: memory is taken for what has come.
            part = self.socket.recv(min(max(size - len(self._came), _PART), 16 * _PART))
            if not part:
                raise EOFError
            self._came += part

    def close(self) -> None:
        self.socket.close()
