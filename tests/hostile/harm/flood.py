"""Sends replies without end."""

import json
import os
import struct

head = json.dumps(["t", "value", 0.0, False, False, ["l"]]).encode()
MESSAGE = struct.pack("<II", len(head), 0) + head


def mean(x):
    while True:
        for fd in range(3, 64):
            try:
                os.write(fd, MESSAGE * 1000)
            except OSError:
                pass
