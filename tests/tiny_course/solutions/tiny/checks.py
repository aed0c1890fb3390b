"""Checks of the tiny lesson: the smallest example of a lesson's folder."""

import numpy as np

from grader.judging.checking import agree, contract, points, refuse


def vectors(rng):
    """A few vectors of different lengths."""
    yield "one value", np.array([3.5])
    for n in (4, 30):
        yield f"{n} values", rng.normal(2, 3, n)


def empty(rng):
    """No value at all."""
    yield "an empty array", np.zeros(0)


def average(x):
    return float(sum(x.tolist())) / len(x)


@points(2)
def test_mean(mean, draw):
    """The mean is the sum divided by the number of values."""
    agree(mean, draw(vectors, average))


@points(1)
def test_mean_contract(mean, draw):
    """Any dtype and layout; the input stays as it was."""
    contract(mean, draw, vectors, average, floats=(0,))


@points(1)
def test_mean_empty(mean, draw):
    """An empty array is refused with ValueError."""
    refuse(mean, draw(empty))
