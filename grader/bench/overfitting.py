"""The lesson overfitting at work: linear models fitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, fewest_steps, linear_data, loosest, peers, relative

_RIDGE, _LASSO = 0.1, 0.05


def ridge_fit(ours: References, n: int) -> Contest:
    x, y = linear_data(n, 50)

    def sklearn() -> Call:
        from sklearn.linear_model import Ridge

        # Its squared loss is a sum over the rows, ours a mean.
        return lambda: Ridge(alpha=_RIDGE * n).fit(x, y).coef_

    centred = x - x.mean(0)  # (n, 50)
    # The penalty as 50 more rows: normal equations would square the condition number.
    rows = np.vstack([centred, np.sqrt(_RIDGE * n) * np.eye(50)])  # (n + 50, 50)
    exact = np.linalg.lstsq(rows, np.append(y - y.mean(), np.zeros(50)), rcond=None)[0]

    def torch() -> Call:
        import torch

        there, target = torch.from_numpy(x).cuda(), torch.from_numpy(y).cuda()

        def solve() -> Any:
            rows, aim = there - there.mean(0), target - target.mean()
            penalty = _RIDGE * torch.eye(50, dtype=rows.dtype, device=rows.device)
            normal = rows.T @ rows / n + penalty  # (50, 50)
            return torch.linalg.solve(normal, rows.T @ aim / n).cpu().numpy()

        return solve

    flop = 50.0 * 50.0 * n  # half of a symmetric product
    others = peers(scikit_learn=("sklearn", sklearn))
    return Contest(
        lambda x, y: ours["ridge_fit"](x, y, _RIDGE)[0],
        (x, y),
        others,
        relative(exact),
        flop,
        float(x.nbytes),
        {"torch": torch},
    )


def lasso_ista(ours: References, n: int) -> Contest:
    """To the same objective: scikit-learn's largest tolerance within GAP of the best, our fewest steps."""
    x, y = linear_data(n, 50)

    def objective(w: Any) -> float:
        return float(np.mean((y - x @ w) ** 2) / 2 + _LASSO * np.abs(w).sum())

    def fit(tolerance: float) -> Any:
        from sklearn.linear_model import Lasso

        return Lasso(alpha=_LASSO, fit_intercept=False, tol=tolerance, max_iter=100_000).fit(x, y).coef_

    best = objective(fit(1e-14))

    def error(w: Any) -> float:
        return objective(w) / best - 1

    tolerance, reached = loosest(lambda tolerance: error(fit(tolerance)))
    steps = fewest_steps(lambda count: error(ours["lasso_ista"](x, y, _LASSO, count)), reached)
    return Contest(
        lambda x, y: ours["lasso_ista"](x, y, _LASSO, steps),
        (x, y),
        {"scikit-learn": lambda: fit(tolerance)},
        error,
        moved=2.0 * steps * x.nbytes,
    )
