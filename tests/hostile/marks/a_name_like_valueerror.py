"""Refuses everything: the check for bad input passes, the points for it must not come without right results."""


class ValueError(Exception):
    pass


def mean(x):
    raise ValueError("no")
