"""The lesson data_quality at work: labels of two annotators, tables with holes, a corpus with copies."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_LABELS, _COLUMNS = 10, 20
_SHINGLE, _THRESHOLD = 5, 0.7


def cohen_kappa(ours: References, n: int) -> Contest:
    rng = np.random.default_rng(n)
    a = rng.integers(0, _LABELS, n)  # (n,), as b
    b = np.where(rng.random(n) < 0.8, a, rng.integers(0, _LABELS, n))

    def sklearn() -> Call:
        from sklearn.metrics import cohen_kappa_score

        return lambda: cohen_kappa_score(a, b)

    # (labels, labels): the fraction of rows with each pair, which is all that kappa needs.
    table = np.bincount(a * _LABELS + b, minlength=_LABELS**2).reshape(_LABELS, _LABELS) / n
    chance = table.sum(axis=0) @ table.sum(axis=1)
    exact = (np.trace(table) - chance) / (1 - chance)
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(ours["cohen_kappa"], (a, b), others, relative(exact), moved=16.0 * n)


def _halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of n rows each."""
    rng = np.random.default_rng(n)
    train, test = rng.normal(3.0, 2.0, (2, n, _COLUMNS))  # (n, columns)
    return train, test


def _moved(train: np.ndarray) -> float:
    return 32.0 * train.size  # both tables are read and written


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
    return Contest(ours["standardize"], (train, test), others, relative(exact), moved=_moved(train))


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

    medians = np.nanmedian(train, axis=0)  # (columns,)
    exact = [np.where(np.isnan(table), medians, table) for table in (train, test)]
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(ours["median_impute"], (train, test), others, relative(exact), moved=_moved(train))


def near_duplicates(ours: References, n: int) -> Contest:
    """Texts of 200 letters, a tenth of them copies with one letter changed.

    datasketch finds candidates by MinHash and LSH, which are then compared as ours are. The error
    is the fraction of pairs that are missed or made up.
    """
    rng = np.random.default_rng(n)
    first_copy = n - n // 10
    letters = rng.integers(97, 123, (n, 200))  # (n, 200), codes of a to z
    # (n,): the row that each text is a copy of, its own for the first nine tenths
    origin = np.append(np.arange(first_copy), rng.integers(0, first_copy, n - first_copy))
    letters = letters[origin]
    letters[np.arange(first_copy, n), rng.integers(0, 200, n - first_copy)] = ord("#")
    texts = ["".join(map(chr, row)) for row in letters.tolist()]

    def datasketch() -> Call:
        from datasketch import MinHash, MinHashLSH

        def found() -> list[tuple[int, int]]:
            index, pairs = MinHashLSH(threshold=_THRESHOLD, num_perm=128), []
            sets = [_shingles(text) for text in texts]
            for j, shingles in enumerate(sets):
                sketch = MinHash(num_perm=128)
                sketch.update_batch([shingle.encode() for shingle in shingles])
                near = (i for i in index.query(sketch) if _jaccard(sets[i], shingles) >= _THRESHOLD)
                pairs += [(i, j) for i in near]
                index.insert(j, sketch)
            return pairs

        return found

    exact = {(i, j) for i, j in combinations(range(n), 2) if origin[i] == origin[j]}

    def error(got: Any) -> float:
        return len(exact ^ set(map(tuple, got))) / len(exact)

    def run(_: Any) -> Any:
        return ours["near_duplicates"](texts, _SHINGLE, _THRESHOLD)  # texts live on no device

    return Contest(run, (letters,), peers(datasketch=("datasketch", datasketch)), error)


def _shingles(text: str) -> set[str]:
    return {text[i : i + _SHINGLE] for i in range(len(text) - _SHINGLE + 1)}


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
