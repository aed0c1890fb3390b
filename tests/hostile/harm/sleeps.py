"""Sleeps, costing nothing but time."""

import time


def mean(x):
    time.sleep(10**6)
