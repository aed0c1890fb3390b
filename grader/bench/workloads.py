"""What is timed: references of the lessons and what people would use instead, on the same inputs.

A workload makes, for a size, our call, its peers' calls (None where the package is not installed) and the error of each against a
float64 oracle. Peers are imported when they are asked for.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.course.catalogue import Lesson

Call = Callable[[], Any]
References = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Contest:
    """One size of a workload: the calls by name, ours first, what to compare of their results, and floating-point work where it is known."""

    calls: dict[str, Call]
    error: Callable[[Any], float]
    flop: float = 0.0
    arrays: tuple[np.ndarray, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Workload:
    """A reference at work: the exercises it needs, the sizes, what a size counts, and how a contest is made."""

    lesson: str
    name: str
    exercises: tuple[str, ...]
    unit: str
    sizes: tuple[int, ...]
    make: Callable[[References, int], Contest]


def references(lesson: Lesson) -> dict[str, Callable[..., Any]]:
    """The reference functions of a lesson: its top-level functions and imports of numpy, without the rest of the notebook."""
    assert lesson.reference is not None
    tree = ast.parse(lesson.reference.read_text(encoding="utf-8"))
    wanted = {exercise.name for exercise in lesson.exercises}
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    namespace: dict[str, Any] = {"np": np}
    exec(compile(ast.Module(list(body), []), str(lesson.reference), "exec"), namespace)
    return {name: namespace[name] for name in wanted}


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _peers(**calls: tuple[str, Callable[[], Call]]) -> dict[str, Call]:
    """The calls of the packages that are installed: name -> (package, maker of the call)."""
    return {name.replace("_", "-"): make() for name, (package, make) in calls.items() if installed(package)}


def _relative(got: Any, exact: Any) -> float:
    got, exact = np.asarray(got, np.float64), np.asarray(exact, np.float64)
    scale = float(np.max(np.abs(exact))) or 1.0
    return float(np.max(np.abs(got - exact))) / scale


# --- metrics ----------------------------------------------------------------------------------------------------------


def _scores(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    y = (rng.random(n) < 0.3).astype(np.int64)
    return y, rng.normal(size=n) + y


def _auc_exact(y: np.ndarray, scores: np.ndarray) -> float:
    from scipy.stats import rankdata

    positive = int(y.sum())
    ranks = float(rankdata(scores)[y == 1].sum())
    return (ranks - positive * (positive + 1) / 2) / (positive * (len(y) - positive))


def _roc_auc(ours: References, n: int) -> Contest:
    y, scores = _scores(n)

    def sklearn() -> Call:
        from sklearn.metrics import roc_auc_score

        return lambda: roc_auc_score(y, scores)

    def torchmetrics() -> Call:
        import torch
        from torchmetrics.functional.classification import binary_auroc

        predicted, target = torch.sigmoid(torch.from_numpy(scores)), torch.from_numpy(y)
        return lambda: float(binary_auroc(predicted, target))

    exact = _auc_exact(y, scores)
    calls = {"ours": lambda: ours["roc_auc"](y, scores), **_peers(scikit_learn=("sklearn", sklearn), torchmetrics=("torchmetrics", torchmetrics))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(y, scores))


def _average_precision(ours: References, n: int) -> Contest:
    y, scores = _scores(n)

    def sklearn() -> Call:
        from sklearn.metrics import average_precision_score

        return lambda: average_precision_score(y, scores)

    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(y[order])
    exact = float(np.sum((hits / np.arange(1, n + 1))[y[order] == 1]) / y.sum())  # scores are distinct
    calls = {"ours": lambda: ours["average_precision"](y, scores), **_peers(scikit_learn=("sklearn", sklearn))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(y, scores))


def _labels(n: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    y = rng.integers(0, classes, n)
    return y, np.where(rng.random(n) < 0.8, y, rng.integers(0, classes, n))


def _confusion(ours: References, n: int) -> Contest:
    y, predicted = _labels(n)

    def sklearn() -> Call:
        from sklearn.metrics import confusion_matrix

        return lambda: confusion_matrix(y, predicted)

    exact = np.bincount(y * 10 + predicted, minlength=100).reshape(10, 10)
    calls = {"ours": lambda: ours["confusion_matrix"](y, predicted, 10), **_peers(scikit_learn=("sklearn", sklearn))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(y, predicted))


def _fbeta(ours: References, n: int) -> Contest:
    y, predicted = _labels(n)

    def sklearn() -> Call:
        from sklearn.metrics import fbeta_score

        return lambda: fbeta_score(y, predicted, beta=2.0, average="macro")

    table = np.bincount(y * 10 + predicted, minlength=100).reshape(10, 10).astype(float)
    hits, true, said = np.diag(table), table.sum(1), table.sum(0)
    exact = float(np.mean(5 * hits / (4 * true + said)))
    calls = {"ours": lambda: ours["fbeta_score"](y, predicted, 10, 2.0, "macro"), **_peers(scikit_learn=("sklearn", sklearn))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(y, predicted))


# --- backprop ---------------------------------------------------------------------------------------------------------

_LAYERS, _BATCH, _RATE = (784, 128, 10), 128, 0.1


def _mlp_epoch(ours: References, n: int) -> Contest:
    rng = np.random.default_rng(0)
    d, h, k = _LAYERS
    x, y = rng.random((n, d), dtype=np.float32), rng.integers(0, k, n)
    start = [rng.normal(0, 0.05, shape).astype(np.float32) for shape in ((d, h), (h,), (h, k), (k,))]

    def epoch() -> Any:
        w1, b1, w2, b2 = (array.copy() for array in start)
        for first in range(0, n, _BATCH):
            rows = slice(first, first + _BATCH)
            _, *gradients = ours["mlp_gradients"](x[rows], y[rows], w1, b1, w2, b2)
            for weights, gradient in zip((w1, b1, w2, b2), gradients, strict=True):
                weights -= np.float32(_RATE) * gradient
        return w1

    def torch() -> Call:
        return _torch_epoch(x, y, start)

    def sklearn() -> Call:
        from sklearn.neural_network import MLPClassifier

        model = MLPClassifier((h,), solver="sgd", momentum=0.0, alpha=0.0, learning_rate_init=_RATE, batch_size=_BATCH, shuffle=False)
        model.partial_fit(x, y, classes=np.arange(k))
        return lambda: model.partial_fit(x, y)

    exact = _exact_epoch(x.astype(np.float64), y, [array.astype(np.float64) for array in start])
    flop = 2.0 * n * (3 * d * h + 3 * h * k) - 2.0 * n * d * h  # forward, weights' gradients, hidden gradient; none for the input
    calls = {"ours": epoch, **_peers(scikit_learn=("sklearn", sklearn), torch=("torch", torch))}
    return Contest(calls, lambda got: _relative(got, exact) if isinstance(got, np.ndarray) else float("nan"), flop, (x,))


def _exact_epoch(x: np.ndarray, y: np.ndarray, start: list[np.ndarray]) -> np.ndarray:
    """The first layer's weights after the epoch, in float64, by formulas of its own."""
    w1, b1, w2, b2 = start
    for first in range(0, len(x), _BATCH):
        xb, yb = x[first : first + _BATCH], y[first : first + _BATCH]
        a = np.maximum(xb @ w1 + b1, 0)
        z = a @ w2 + b2
        p = np.exp(z - z.max(1, keepdims=True))
        dz = (p / p.sum(1, keepdims=True) - np.eye(z.shape[1])[yb]) / len(xb)
        da = (dz @ w2.T) * (a > 0)
        w1, b1, w2, b2 = w1 - _RATE * xb.T @ da, b1 - _RATE * da.sum(0), w2 - _RATE * a.T @ dz, b2 - _RATE * dz.sum(0)
    return w1


def _torch_epoch(x: np.ndarray, y: np.ndarray, start: list[np.ndarray]) -> Call:
    import torch

    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def epoch() -> Any:
        weights = [torch.from_numpy(array.copy()).requires_grad_() for array in start]
        w1, b1, w2, b2 = weights
        for first in range(0, len(x), _BATCH):
            rows = slice(first, first + _BATCH)
            logits = torch.relu(inputs[rows] @ w1 + b1) @ w2 + b2
            gradients = torch.autograd.grad(torch.nn.functional.cross_entropy(logits, labels[rows]), weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight -= _RATE * gradient
        return w1.detach().numpy()

    return epoch


# --- data_scarcity ----------------------------------------------------------------------------------------------------


def _warp(ours: References, n: int) -> Contest:
    rng = np.random.default_rng(0)
    images = rng.random((n, 32, 32, 3), dtype=np.float32)
    angles, shift = rng.uniform(-0.3, 0.3, n), rng.uniform(-3, 3, (n, 2))
    turn = np.stack([np.stack([np.cos(angles), -np.sin(angles)], -1), np.stack([np.sin(angles), np.cos(angles)], -1)], 1)
    matrices = np.concatenate([turn, shift[..., None]], -1)  # (n, 2, 3), output (row, col, 1) -> input
    planes, repeated = np.ascontiguousarray(np.moveaxis(images, 3, 1)).reshape(-1, 32, 32), np.repeat(matrices, 3, axis=0)

    def scipy() -> Call:
        from scipy.ndimage import affine_transform

        offsets = matrices[:, :, 2] + 15.5 - turn @ np.array([15.5, 15.5])
        return lambda: np.stack(
            [np.stack([affine_transform(images[i, :, :, c], turn[i], offsets[i], order=1, mode="grid-constant") for c in range(3)]) for i in range(n)]
        ).reshape(-1, 32, 32)

    def opencv() -> Call:
        import cv2

        cv2.setNumThreads(1)
        swapped = turn[:, ::-1, ::-1]  # (x, y) = (col, row)
        offset = (matrices[:, :, 2] + 15.5 - turn @ np.array([15.5, 15.5]))[:, ::-1]
        xy = np.concatenate([swapped, offset[..., None]], -1)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return lambda: np.moveaxis(np.stack([cv2.warpAffine(images[i], xy[i], (32, 32), flags=flags) for i in range(n)]), 3, 1).reshape(-1, 32, 32)

    def torch() -> Call:
        return _torch_warp(images, turn, matrices[:, :, 2])

    exact = _exact_warp(planes.astype(np.float64), repeated)
    calls = {
        "ours": lambda: ours["affine_warp"](planes, repeated),
        **_peers(scipy_ndimage=("scipy", scipy), opencv=("cv2", opencv), torch=("torch", torch)),
    }
    return Contest(calls, lambda got: _relative(got, exact), arrays=(planes, repeated))


def _torch_warp(images: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> Call:
    import torch

    batch = torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, 3, 1)))
    theta = torch.from_numpy(np.concatenate([turn[:, ::-1, ::-1], shift[:, ::-1, None] / 15.5], -1).astype(np.float32))

    def warp() -> Any:
        grid = torch.nn.functional.affine_grid(theta, list(batch.shape), align_corners=True)
        return torch.nn.functional.grid_sample(batch, grid, padding_mode="zeros", align_corners=True).numpy().reshape(-1, 32, 32)

    return warp


def _exact_warp(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Bilinear sampling by scipy in float64, the image in a field of zeros."""
    from scipy.ndimage import map_coordinates

    grid = np.stack(np.meshgrid(np.arange(32) - 15.5, np.arange(32) - 15.5, indexing="ij")).reshape(2, -1)
    places = [matrix[:, :2] @ grid + matrix[:, 2:] + 15.5 for matrix in matrices]
    return np.stack(
        [map_coordinates(image, place, order=1, mode="grid-constant").reshape(32, 32) for image, place in zip(images, places, strict=True)]
    )


# --- overfitting and gradient descent ---------------------------------------------------------------------------------


def _regression(n: int, d: int = 50) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, d))
    return x, x[:, :5] @ rng.normal(size=5) + rng.normal(size=n)


def _ridge(ours: References, n: int) -> Contest:
    x, y = _regression(n)

    def sklearn() -> Call:
        from sklearn.linear_model import Ridge

        return lambda: Ridge(alpha=0.1 * n).fit(x, y).coef_

    centred = x - x.mean(0)
    exact = np.linalg.solve(centred.T @ centred / n + 0.1 * np.eye(x.shape[1]), centred.T @ (y - y.mean()) / n)
    calls = {"ours": lambda: ours["ridge_fit"](x, y, 0.1)[0], **_peers(scikit_learn=("sklearn", sklearn))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(x, y))


def _lasso(ours: References, n: int) -> Contest:
    x, y = _regression(n)

    def objective(w: Any) -> float:
        return float(np.mean((y - x @ np.asarray(w)) ** 2) / 2 + 0.05 * np.abs(w).sum())

    def sklearn() -> Call:
        from sklearn.linear_model import Lasso

        return lambda: Lasso(alpha=0.05, fit_intercept=False, tol=1e-6).fit(x, y).coef_

    from sklearn.linear_model import Lasso

    best = objective(Lasso(alpha=0.05, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(x, y).coef_)
    steps = _steps_until(lambda count: objective(ours["lasso_ista"](x, y, 0.05, count)), best)
    calls = {"ours": lambda: ours["lasso_ista"](x, y, 0.05, steps), **_peers(scikit_learn=("sklearn", sklearn))}
    return Contest(calls, lambda got: objective(got) / best - 1, arrays=(x, y))


def _steps_until(objective: Callable[[int], float], best: float, gap: float = 1e-6) -> int:
    """The smallest power-of-two-ish number of steps after which the objective is within `gap` of the best, relatively."""
    steps = 4
    while objective(steps) > best * (1 + gap) and steps < 4096:
        steps = steps * 3 // 2
    return steps


def _logistic(ours: References, n: int) -> Contest:
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, 20))
    y = (x[:, 0] - x[:, 1] + rng.normal(size=n) > 0).astype(np.int64)
    l2 = 0.01

    def objective(fit: Any) -> float:
        w, b = np.asarray(fit[0]).reshape(-1), float(np.asarray(fit[1]).reshape(-1)[0])
        return float(np.mean(np.logaddexp(0, -(2 * y - 1) * (x @ w + b))) + l2 / 2 * w @ w)

    def fit(tol: float) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=1 / (n * l2), tol=tol, max_iter=10_000).fit(x, y)
        return model.coef_, model.intercept_

    best = objective(fit(1e-12))
    lr = 4.0 / (np.linalg.eigvalsh(x.T @ x / n)[-1] + 4 * l2)  # one over the largest curvature of the loss
    steps = _steps_until(lambda count: objective(ours["logistic_regression"](x, y, lr, count, l2)), best)
    calls = {"ours": lambda: ours["logistic_regression"](x, y, lr, steps, l2), **_peers(scikit_learn=("sklearn", lambda: lambda: fit(1e-4)))}
    return Contest(calls, lambda got: objective(got) / best - 1, arrays=(x, y))


def _adam(ours: References, d: int) -> Contest:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=d), [rng.normal(size=d) for _ in range(20)]

    def torch() -> Call:
        import torch

        parts = [torch.from_numpy(gradient) for gradient in gradients]

        def steps() -> Any:
            weight = torch.from_numpy(start.copy()).requires_grad_()
            optimiser = torch.optim.Adam([weight], lr=0.01)
            for part in parts:
                weight.grad = part
                optimiser.step()
            return weight.detach().numpy()

        return steps

    exact, m, v = start.copy(), np.zeros(d), np.zeros(d)
    for t, gradient in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        exact -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    calls = {"ours": lambda: ours["adam"](start, gradients, 0.01, 0.9, 0.999, 1e-8), **_peers(torch=("torch", torch))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(start, *gradients))


def _minibatch(ours: References, n: int) -> Contest:
    x, y = _regression(n, 20)
    start = np.zeros(20)

    def torch() -> Call:
        import torch

        inputs, targets = torch.from_numpy(x), torch.from_numpy(y)

        def epoch() -> Any:
            weight = torch.zeros(20, dtype=torch.float64, requires_grad=True)
            optimiser = torch.optim.SGD([weight], lr=0.05)
            for first in range(0, n, 128):
                optimiser.zero_grad()
                (0.5 * torch.mean((inputs[first : first + 128] @ weight - targets[first : first + 128]) ** 2)).backward()
                optimiser.step()
            return weight.detach().numpy()

        return epoch

    exact = start.copy()
    for first in range(0, n, 128):
        rows = slice(first, first + 128)
        exact = exact - 0.05 * x[rows].T @ (x[rows] @ exact - y[rows]) / len(y[rows])
    calls = {"ours": lambda: ours["minibatch_gd"](x, y, start, 0.05, 1, 128), **_peers(torch=("torch", torch))}
    return Contest(calls, lambda got: _relative(got, exact), arrays=(x, y))


WORKLOADS = (
    Workload("metrics", "roc_auc", ("roc_auc",), "scores", (10**3, 10**4, 10**5, 10**6), _roc_auc),
    Workload("metrics", "average_precision", ("average_precision",), "scores", (10**3, 10**4, 10**5, 10**6), _average_precision),
    Workload("metrics", "confusion_matrix", ("confusion_matrix",), "labels", (10**3, 10**4, 10**5, 10**6), _confusion),
    Workload("metrics", "fbeta_score", ("fbeta_score",), "labels", (10**3, 10**4, 10**5, 10**6), _fbeta),
    Workload("backprop", "mlp_epoch", ("mlp_gradients",), "rows", (1_000, 10_000), _mlp_epoch),
    Workload("data_scarcity", "affine_warp", ("affine_warp",), "images", (1, 10, 100, 1_000), _warp),
    Workload("overfitting", "ridge_fit", ("ridge_fit",), "rows", (10**2, 10**3, 10**4, 10**5), _ridge),
    Workload("overfitting", "lasso_ista", ("lasso_ista",), "rows", (10**2, 10**3, 10**4, 10**5), _lasso),
    Workload("gradient_descent", "logistic_regression", ("logistic_regression",), "rows", (10**2, 10**3, 10**4, 10**5), _logistic),
    Workload("gradient_descent", "adam", ("adam",), "weights", (10**3, 10**4, 10**5, 10**6), _adam),
    Workload("gradient_descent", "minibatch_gd", ("minibatch_gd",), "rows", (10**3, 10**4, 10**5), _minibatch),
)
