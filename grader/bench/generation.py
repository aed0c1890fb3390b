"""The lesson generation at work: the nucleus of a large vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers

_P = 0.9


def top_p_filter(ours: References, n: int) -> Contest:
    """The nucleus of n logits.

    The error is the fraction of tokens that stay or go wrongly, and how far off the logits are that stay.
    """
    logits = np.random.default_rng(n).normal(0, 3, n).astype(np.float32)

    def torch() -> Call:
        import torch

        scores = torch.from_numpy(logits)

        def warp() -> Any:
            falling, order = torch.sort(scores, descending=True)
            # (n,): by the sum before it, so that the token which reaches p stays
            gone = torch.softmax(falling, 0).cumsum(0) - torch.softmax(falling, 0) >= _P
            return scores.masked_fill(torch.zeros_like(gone).scatter(0, order, gone), -torch.inf).numpy()

        return warp

    return Contest(
        lambda logits: ours["top_p_filter"](logits, _P),
        (logits,),
        peers(torch=("torch", torch)),
        _misplaced(logits),
        moved=8.0 * n,
    )


def _misplaced(logits: np.ndarray) -> Callable[[Any], float]:
    exact = logits.astype(np.float64)
    chances = np.exp(exact - exact.max())  # (n,)
    order = np.argsort(-exact, kind="stable")
    sums = np.cumsum((chances / chances.sum())[order])
    stays = np.zeros(len(exact), dtype=bool)
    stays[order[sums - (chances / chances.sum())[order] < _P]] = True

    def error(got: Any) -> float:
        values = np.asarray(got, np.float64)
        kept = values > -np.inf
        return float(np.mean(kept != stays) + np.max(np.abs(values[kept] - exact[kept]), initial=0.0))

    return error
