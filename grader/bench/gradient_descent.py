"""The lesson gradient_descent at work: logistic regression, an epoch of mini-batches, steps of Adam."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, fewest_steps, linear_data, loosest, peers, relative

_L2 = 0.01


def logistic_regression(ours: References, n: int) -> Contest:
    """To the same objective, as lasso_ista.

    The learning rate is one over the largest curvature of the loss.
    """
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, 20))  # (n, 20)
    y = (x[:, 0] - x[:, 1] + rng.normal(size=n) > 0).astype(np.int64)

    def objective(w: np.ndarray, b: float) -> float:
        return float(np.mean(np.logaddexp(0, -(2 * y - 1) * (x @ w + b))) + _L2 / 2 * w @ w)

    def fit(tolerance: float) -> tuple[Any, float]:
        from sklearn.linear_model import LogisticRegression

        # Its loss is a sum over the rows, ours a mean.
        model = LogisticRegression(C=1 / (n * _L2), tol=tolerance, max_iter=10_000).fit(x, y)
        return model.coef_[0], model.intercept_[0]

    # The sigmoid's slope is at most 1/4, so no curvature is above eigenvalue / 4 + l2.
    rate = float(4.0 / (np.linalg.eigvalsh(x.T @ x / n)[-1] + 4 * _L2))
    best = objective(*fit(1e-12))

    def descend(x: Any, y: Any, steps: int) -> Any:
        return ours["logistic_regression"](x, y, rate, steps, _L2)

    def error(found: Any) -> float:
        return objective(*found) / best - 1

    tolerance, reached = loosest(lambda tolerance: error(fit(tolerance)))
    steps = fewest_steps(lambda count: error(descend(x, y, count)), reached)
    return Contest(
        lambda x, y: descend(x, y, steps),
        (x, y),
        {"scikit-learn": lambda: fit(tolerance)},
        error,
        moved=2.0 * steps * x.nbytes,
    )


def adam(ours: References, d: int) -> Contest:
    """Twenty steps on gradients that are given."""

    def run(start: Any, gradients: list[Any]) -> Any:
        return ours["adam"](start, gradients, 0.01, 0.9, 0.999, 1e-8)

    return _adaptive(run, d, "Adam", 0.0)


def adamw(ours: References, d: int) -> Contest:
    """The same with decoupled weight decay."""

    def run(start: Any, gradients: list[Any]) -> Any:
        return ours["adamw"](start, gradients, 0.01, 0.9, 0.999, 1e-8, 0.1)

    return _adaptive(run, d, "AdamW", 0.1)


def _adaptive(run: Callable[[Any, list[Any]], Any], d: int, name: str, decay: float) -> Contest:
    """Our steps next to those of torch's optimiser of that name."""
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=d), [rng.normal(size=d) for _ in range(20)]

    def torch(fused: bool | None, device: str = "cpu") -> Call:
        import torch

        parts = [torch.from_numpy(gradient).to(device) for gradient in gradients]
        at_first = torch.from_numpy(start).to(device)
        options: dict[str, Any] = {"lr": 0.01, "weight_decay": decay, "fused": fused}

        def steps() -> Any:
            weight = at_first.clone().requires_grad_()
            optimiser = getattr(torch.optim, name)([weight], **options)
            for part in parts:
                # The gradients are given: nothing is differentiated.
                weight.grad = part
                optimiser.step()
            return weight.detach().cpu().numpy()

        return steps

    exact, m, v = start.copy(), np.zeros(d), np.zeros(d)
    for t, gradient in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        exact = exact - 0.01 * (step + decay * exact)
    # A step reads the gradient, both moments and the weights, and writes all but the gradient.
    moved = 20 * 7 * 8.0 * d
    others = peers(torch=("torch", partial(torch, None)), torch_fused=("torch", partial(torch, True)))
    rivals = {"torch fused": lambda: torch(True, "cuda")}

    def ours_on(start: Any, *some: Any) -> Any:
        return run(start, list(some))

    return Contest(ours_on, (start, *gradients), others, relative(exact), moved=moved, rivals=rivals)


def minibatch_gd(ours: References, n: int) -> Contest:
    """An epoch of linear regression, 128 rows at a time."""
    x, y = linear_data(n, 20)
    start, batches = np.zeros(20), [slice(first, first + 128) for first in range(0, n, 128)]

    def torch(device: str = "cpu") -> Call:
        import torch

        inputs, targets = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)

        def epoch() -> Any:
            weight = torch.zeros(20, dtype=torch.float64, device=device, requires_grad=True)
            optimiser = torch.optim.SGD([weight], lr=0.05)
            for rows in batches:
                optimiser.zero_grad()
                (0.5 * torch.mean((inputs[rows] @ weight - targets[rows]) ** 2)).backward()
                optimiser.step()
            return weight.detach().cpu().numpy()

        return epoch

    exact = start
    for rows in batches:
        exact = exact - 0.05 * x[rows].T @ (x[rows] @ exact - y[rows]) / len(y[rows])
    moved = float(x.nbytes + y.nbytes)
    others, rivals = peers(torch=("torch", torch)), {"torch": lambda: torch("cuda")}
    return Contest(
        lambda *arrays: ours["minibatch_gd"](*arrays, 0.05, 1, 128),
        (x, y, start),
        others,
        relative(exact),
        moved=moved,
        rivals=rivals,
    )
