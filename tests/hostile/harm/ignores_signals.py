"""Ignores every signal and does not end."""

import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def mean(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
