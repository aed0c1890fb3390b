"""Calls back a function that it was never given, without end."""

import json
import os
import struct

head = json.dumps(["t", "callback", 0, ["t", 1.0]]).encode()
MESSAGE = struct.pack("<II", len(head), 0) + head


def mean(x):
    while True:
        for fd in range(3, 64):
            try:
                os.write(fd, MESSAGE)
            except OSError:
                pass
