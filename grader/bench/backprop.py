"""The lesson backprop at work: an epoch of a small network, made of the lesson's own gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_LAYERS, _BATCH, _RATE = (784, 128, 10), 128, 0.1


def mlp_epoch(ours: References, n: int) -> Contest:
    """Softmax regression over one hidden layer of relu, plain SGD, no shuffling.

    What is compared is the first layer's weights after the epoch.
    """
    rng = np.random.default_rng(0)
    d, h, k = _LAYERS
    x, y = rng.random((n, d), dtype=np.float32), rng.integers(0, k, n)  # (n, d), (n,)
    shapes = ((d, h), (h,), (h, k), (k,))
    start = [rng.normal(0, 0.05, shape).astype(np.float32) for shape in shapes]

    def epoch(x: Any, y: Any, *start: Any) -> Any:
        # Copies, made by what arrays of every library can do.
        weights = [array + 0.0 for array in start]
        for rows in _batches(n):
            _, *gradients = ours["mlp_gradients"](x[rows, :], y[rows], *weights)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= _RATE * gradient
        return weights[0]

    others = peers(
        scikit_learn=("sklearn", partial(_sklearn, x, y, start)),
        torch=("torch", partial(_torch, x, y, start)),
    )
    others["products alone"] = partial(_products, x, start[0], start[2])
    error = relative(_exact(x.astype(np.float64), y, [array.astype(np.float64) for array in start]))
    # Forward and the weights' gradients, and the hidden layer's gradient; none for the input.
    flop = 2.0 * n * (2 * d * h + 3 * h * k)

    def error_or_none(got: Any) -> float:
        return float("nan") if got is None else error(got)  # the products alone have no result

    rivals = {"torch": lambda: _torch(x, y, start, "cuda")}
    return Contest(epoch, (x, y, *start), others, error_or_none, flop, rivals=rivals)


def _batches(n: int) -> Iterator[slice]:
    return (slice(first, min(first + _BATCH, n)) for first in range(0, n, _BATCH))


def _products(x: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> None:
    """The epoch's matrix products and nothing else: what this machine's BLAS does at most in these shapes."""
    # (batch, h) and (batch, k): their values do not matter for the time.
    a, dz = np.ones((_BATCH, w1.shape[1]), x.dtype), np.ones((_BATCH, w2.shape[1]), x.dtype)
    for rows in _batches(len(x)):
        xb = x[rows]
        some, delta = a[: len(xb)], dz[: len(xb)]
        # Forward through both layers; backward the hidden gradient and those of both weights.
        for one, other in ((xb, w1), (some, w2), (delta, w2.T), (some.T, delta), (xb.T, some)):
            np.matmul(one, other)


def _exact(x: np.ndarray, y: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    """The first layer's weights after the epoch, in float64, by formulas of its own."""
    w1, b1, w2, b2 = weights
    for rows in _batches(len(x)):
        xb, yb = x[rows], y[rows]
        a = np.maximum(xb @ w1 + b1, 0)  # (batch, h)
        z = a @ w2 + b2  # (batch, k)
        p = np.exp(z - z.max(1, keepdims=True))
        dz = (p / p.sum(1, keepdims=True) - np.eye(z.shape[1])[yb]) / len(xb)  # (batch, k)
        da = (dz @ w2.T) * (a > 0)  # (batch, h)
        # New arrays, not in place: the start is the caller's.
        w1, b1 = w1 - _RATE * xb.T @ da, b1 - _RATE * da.sum(0)
        w2, b2 = w2 - _RATE * a.T @ dz, b2 - _RATE * dz.sum(0)
    return w1


def _sklearn(x: np.ndarray, y: np.ndarray, start: Sequence[np.ndarray]) -> Call:
    """MLPClassifier.partial_fit, set back to the same weights before each epoch."""
    from sklearn.neural_network import MLPClassifier

    # All that plain SGD does not do is switched off.
    options: dict[str, Any] = {"alpha": 0.0, "momentum": 0.0, "nesterovs_momentum": False, "shuffle": False}
    options |= {"solver": "sgd", "learning_rate_init": _RATE, "batch_size": _BATCH}
    model = MLPClassifier(start[1].shape, **options)
    # A first call makes the arrays that each epoch then overwrites in place.
    model.partial_fit(x, y, classes=np.arange(len(start[3])))

    def epoch() -> Any:
        (w1, w2), (b1, b2) = model.coefs_, model.intercepts_
        for ours, theirs in zip(start, (w1, b1, w2, b2), strict=True):
            theirs[...] = ours
        return model.partial_fit(x, y).coefs_[0]

    return epoch


def _torch(x: np.ndarray, y: np.ndarray, start: Sequence[np.ndarray], device: str = "cpu") -> Call:
    import torch

    inputs, labels = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    at_first = [torch.from_numpy(array).to(device) for array in start]

    def epoch() -> Any:
        weights = [array.clone().requires_grad_() for array in at_first]
        w1, b1, w2, b2 = weights
        for rows in _batches(len(x)):
            logits = torch.relu(inputs[rows] @ w1 + b1) @ w2 + b2
            loss = torch.nn.functional.cross_entropy(logits, labels[rows])
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight -= _RATE * gradient
        return w1.detach().cpu().numpy()

    return epoch
