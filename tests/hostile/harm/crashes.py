"""Crashes the interpreter."""

import ctypes


def mean(x):
    return ctypes.string_at(0)
