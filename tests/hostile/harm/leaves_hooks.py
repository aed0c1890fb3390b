"""Leaves functions to be called at the end, by finalizers, on exit and in garbage collection."""

import atexit
import gc
import sys
import time


class Late:
    def __del__(self):
        time.sleep(10**6)


atexit.register(time.sleep, 10**6)
sys.excepthook = sys.unraisablehook = lambda *args: time.sleep(10**6)
gc.callbacks.append(lambda phase, info: time.sleep(0.01))
kept = Late()
kept.itself = kept
del kept


def mean(x):
    return 0.0
