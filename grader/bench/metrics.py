"""The lesson metrics at work: areas under curves of a million scores, tables of a million labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_LABELS, _BETA = 10, 2.0


def _scores(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores that are all different."""
    rng = np.random.default_rng(n)
    y = (rng.random(n) < 0.3).astype(np.int64)
    return y, rng.normal(size=n) + y


def roc_auc(ours: References, n: int) -> Contest:
    from scipy.stats import rankdata

    y, scores = _scores(n)

    def sklearn() -> Call:
        from sklearn.metrics import roc_auc_score

        return lambda: roc_auc_score(y, scores)

    positive = int(y.sum())
    ranks = float(rankdata(scores)[y == 1].sum())
    # Mann-Whitney: the positives' sum of ranks, less the least that it can be.
    exact = (ranks - positive * (positive + 1) / 2) / (positive * (n - positive))
    others = peers(
        scikit_learn=("sklearn", sklearn),
        torchmetrics=("torchmetrics", lambda: _torchmetrics("binary_auroc", scores, y)),
    )
    rivals = {"torchmetrics": lambda: _torchmetrics("binary_auroc", scores, y, "cuda")}
    return Contest(ours["roc_auc"], (y, scores), others, relative(exact), moved=16.0 * n, rivals=rivals)


def average_precision(ours: References, n: int) -> Contest:
    y, scores = _scores(n)

    def sklearn() -> Call:
        from sklearn.metrics import average_precision_score

        return lambda: average_precision_score(y, scores)

    positive = y[np.argsort(-scores)] == 1
    precision = np.cumsum(positive) / np.arange(1, n + 1)  # (n,)
    others = peers(
        scikit_learn=("sklearn", sklearn),
        torchmetrics=("torchmetrics", lambda: _torchmetrics("binary_average_precision", scores, y)),
    )
    rivals = {"torchmetrics": lambda: _torchmetrics("binary_average_precision", scores, y, "cuda")}
    return Contest(
        ours["average_precision"],
        (y, scores),
        others,
        relative(np.mean(precision[positive])),
        moved=16.0 * n,
        rivals=rivals,
    )


def _torchmetrics(
    name: str,
    predicted: np.ndarray,
    y: np.ndarray,
    device: str = "cpu",
    **options: object,
) -> Call:
    """A function of torchmetrics on tensors.

    Scores become probabilities, as it wants them, before the clock starts.
    """
    import torch
    from torchmetrics.functional import classification

    given, target = torch.from_numpy(predicted).to(device), torch.from_numpy(y).to(device)
    if given.is_floating_point():
        given = torch.sigmoid(given)
    return lambda: getattr(classification, name)(given, target, **options).cpu().numpy()


def _labels(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True labels, predicted ones, and how often each pair occurs."""
    rng = np.random.default_rng(n)
    y = rng.integers(0, _LABELS, n)
    predicted = np.where(rng.random(n) < 0.8, y, rng.integers(0, _LABELS, n))
    counts = np.bincount(y * _LABELS + predicted, minlength=_LABELS**2)
    return y, predicted, counts.reshape(_LABELS, _LABELS)


def confusion_matrix(ours: References, n: int) -> Contest:
    y, predicted, exact = _labels(n)

    def sklearn() -> Call:
        from sklearn.metrics import confusion_matrix

        return lambda: confusion_matrix(y, predicted)

    def torchmetrics(device: str = "cpu") -> Call:
        return _torchmetrics("multiclass_confusion_matrix", predicted, y, device, num_classes=_LABELS)

    def table(y: Any, predicted: Any) -> Any:
        return ours["confusion_matrix"](y, predicted, _LABELS)

    others = peers(scikit_learn=("sklearn", sklearn), torchmetrics=("torchmetrics", torchmetrics))
    rivals = {"torchmetrics": lambda: torchmetrics("cuda")}
    return Contest(table, (y, predicted), others, relative(exact), moved=16.0 * n, rivals=rivals)


def fbeta_score(ours: References, n: int) -> Contest:
    y, predicted, table = _labels(n)

    def sklearn() -> Call:
        from sklearn.metrics import fbeta_score

        return lambda: fbeta_score(y, predicted, beta=_BETA, average="macro")

    def torchmetrics(device: str = "cpu") -> Call:
        options = {"beta": _BETA, "num_classes": _LABELS, "average": "macro"}
        return _torchmetrics("multiclass_fbeta_score", predicted, y, device, **options)

    def score(y: Any, predicted: Any) -> Any:
        return ours["fbeta_score"](y, predicted, _LABELS, _BETA, "macro")

    # By class, from counts alone: precision and recall may be 0 / 0.
    exact = np.mean((1 + _BETA**2) * np.diag(table) / (_BETA**2 * table.sum(1) + table.sum(0)))
    others = peers(scikit_learn=("sklearn", sklearn), torchmetrics=("torchmetrics", torchmetrics))
    rivals = {"torchmetrics": lambda: torchmetrics("cuda")}
    return Contest(score, (y, predicted), others, relative(exact), moved=16.0 * n, rivals=rivals)
