"""The lesson hyperparameters at work: a stratified split of many rows, a grid of many points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from grader.bench.contest import Call, Contest, References, peers

_FOLDS = 5
_COUNTS = np.array([6, 3, 1])  # of ten rows


def stratified_kfold(ours: References, n: int) -> Contest:
    """Five folds of three classes; compared are the rows as they are validated, fold after fold.

    Any shuffle is right, so the error is the fraction of rows that are missing or stand in a fold
    which has too many of their class already.
    """
    # (n,): three classes, as uneven as 6 : 3 : 1
    y = np.random.default_rng(n).permutation(np.repeat(np.arange(3), _COUNTS * (n // 10)))

    def validated(y: Any) -> Any:
        folds = ours["stratified_kfold"](y, _FOLDS, 0)
        return array_namespace(y).concat([validation for _, validation in folds])

    def sklearn() -> Call:
        from sklearn.model_selection import StratifiedKFold

        split = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split
        features = np.zeros((n, 1))  # it wants some, and looks at their number alone

        def validated() -> Any:
            return np.concatenate([validation for _, validation in split(features, y)])

        return validated

    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(validated, (y,), others, _misplaced(y), moved=8.0 * n * (1 + _FOLDS))


def _misplaced(y: np.ndarray) -> Callable[[Any], float]:
    n = len(y)
    exact = np.bincount(y) // _FOLDS

    def error(got: Any) -> float:
        rows = np.asarray(got)
        once = n - len(np.intersect1d(rows, np.arange(n)))
        folds = np.split(rows.astype(int), _FOLDS)
        tables = [np.bincount(y[fold], minlength=3) for fold in folds]  # folds of (3,)
        return (once + float(np.abs(np.array(tables) - exact).sum())) / n

    return error


def parameter_grid(ours: References, n: int) -> Contest:
    """A grid of three keys with n points and a few more.

    What is compared is the table of its values.
    """
    side = round(n ** (1 / 3)) + 1
    values = np.random.default_rng(n).random((3, side))
    keys = ("c", "a", "b")
    space = {key: row.tolist() for key, row in zip(keys, values, strict=True)}

    def run(values: Any) -> Any:
        # Numbers of a device one by one, since not every backend's arrays have `tolist`.
        space = {}
        for i, key in enumerate(keys):
            space[key] = [float(values[i, j]) for j in range(side)]
        return [list(point.values()) for point in ours["parameter_grid"](space)]

    def sklearn() -> Call:
        from sklearn.model_selection import ParameterGrid

        def grid() -> list[list[Any]]:
            points = list(ParameterGrid(space))  # a list, as ours is: it makes them one by one
            return [list(point.values()) for point in points]

        return grid

    # (points, 3), in the order of the sorted keys a, b, c, the last of which changes fastest
    c, a, b = values
    exact = np.stack(np.meshgrid(a, b, c, indexing="ij"), axis=-1).reshape(-1, 3)

    def error(got: Any) -> float:
        return float(np.max(np.abs(np.array(got, dtype=np.float64) - exact)))

    return Contest(run, (values,), peers(scikit_learn=("sklearn", sklearn)), error)
