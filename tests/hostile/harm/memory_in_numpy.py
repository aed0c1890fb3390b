"""Asks numpy for 6 GB and touches it."""

import numpy as np


def mean(x):
    return np.ones(6 * 2**27).sum()
