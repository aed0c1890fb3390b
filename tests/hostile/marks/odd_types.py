"""A different type for every call: string, generator, function, object array, complex, dict."""

import numpy as np

VALUES = iter(
    ["3.5", (value for value in "ab"), lambda: 3.5, np.array([object()]), 3.5j, {"mean": 3.5}, np.array("3.5"), type]
)


def mean(x):
    return next(VALUES, None)
