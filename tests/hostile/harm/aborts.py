"""Aborts, and dies of every signal that it can send itself."""

import os
import signal


def mean(x):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGTERM):
        try:
            signal.raise_signal(number)
        except OSError:
            pass
    os.abort()
