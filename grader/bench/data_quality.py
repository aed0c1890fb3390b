"""The lesson data_quality at work: a million labels of two annotators, tables with holes."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_LABELS, _COLUMNS = 10, 20


def cohen_kappa(ours: References, n: int) -> Contest:
    rng = np.random.default_rng(n)
    a = rng.integers(0, _LABELS, n)
    b = np.where(rng.random(n) < 0.8, a, rng.integers(0, _LABELS, n))

    def sklearn() -> Call:
        from sklearn.metrics import cohen_kappa_score

        return lambda: cohen_kappa_score(a, b)

    table = np.bincount(a * _LABELS + b, minlength=_LABELS**2).reshape(_LABELS, _LABELS) / n
    chance = table.sum(axis=0) @ table.sum(axis=1)
    exact = (np.trace(table) - chance) / (1 - chance)
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(ours["cohen_kappa"], (a, b), others, relative(exact), moved=16.0 * n)


def _halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of n rows each."""
    rng = np.random.default_rng(n)
    train, test = rng.normal(3.0, 2.0, (2, n, _COLUMNS))
    return train, test


def standardize(ours: References, n: int) -> Contest:
    train, test = _halves(n)

    def sklearn() -> Call:
        from sklearn.preprocessing import StandardScaler

        def both() -> Any:
            scaler = StandardScaler().fit(train)
            return scaler.transform(train), scaler.transform(test)

        return both

    exact = [(table - train.mean(axis=0)) / train.std(axis=0) for table in (train, test)]
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(ours["standardize"], (train, test), others, relative(exact), moved=32.0 * train.size)


def median_impute(ours: References, n: int) -> Contest:
    train, test = _halves(n)
    rng = np.random.default_rng(n + 1)
    for table in (train, test):
        table[rng.random(table.shape) < 0.1] = np.nan

    def sklearn() -> Call:
        from sklearn.impute import SimpleImputer

        def both() -> Any:
            imputer = SimpleImputer(strategy="median").fit(train)
            return imputer.transform(train), imputer.transform(test)

        return both

    medians = np.nanmedian(train, axis=0)
    exact = [np.where(np.isnan(table), medians, table) for table in (train, test)]
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(ours["median_impute"], (train, test), others, relative(exact), moved=32.0 * train.size)
