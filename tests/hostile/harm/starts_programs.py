"""Starts programs in every way the standard library has."""

import os
import subprocess

COMMAND = "touch /tmp/prep-trace-program"
for start in (
    lambda: os.system(COMMAND),
    lambda: os.popen(COMMAND),
    lambda: subprocess.run(COMMAND, shell=True),
    lambda: os.posix_spawn("/usr/bin/touch", COMMAND.split(), {}),
):
    try:
        start()
    except Exception:
        pass


def mean(x):
    os.execv("/usr/bin/touch", COMMAND.split())
