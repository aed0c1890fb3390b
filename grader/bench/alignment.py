"""The lesson alignment at work: the log-probability of responses, and a contrastive loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers

_TOKENS, _WORDS, _WIDTH, _TEMPERATURE = 64, 8_192, 256, 0.05


def response_log_prob(ours: References, rows: int) -> Contest:
    """Rows of 64 tokens of a vocabulary of 8 192. The error is the largest, relative to the result."""
    rng = np.random.default_rng(rows)
    logits = rng.normal(0, 3, (rows, _TOKENS, _WORDS)).astype(np.float32)  # (B, T, V)
    tokens = rng.integers(0, _WORDS, (rows, _TOKENS))  # (B, T)
    mask = (np.arange(_TOKENS) >= _TOKENS // 4).astype(np.int64) * np.ones((rows, 1), np.int64)  # (B, T)

    def torch() -> Call:
        import torch
        from torch.nn import functional

        table = torch.from_numpy(logits)
        labels = torch.from_numpy(np.where(mask == 1, tokens, -100))  # (B, T)

        def score() -> Any:
            # Logits at t predict the token at t + 1; cross_entropy wants the words in axis 1.
            loss = functional.cross_entropy(
                table[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none"
            )
            return -loss.sum(1).numpy()  # (B,)

        return score

    exact = _log_prob(logits, tokens, mask)

    def error(got: Any) -> float:
        return float(np.max(np.abs(np.asarray(got, np.float64) - exact) / np.abs(exact)))

    return Contest(
        lambda logits, tokens, mask: ours["response_log_prob"](logits, tokens, mask),
        (logits, tokens, mask),
        peers(torch=("torch", torch)),
        error,
        moved=4.0 * logits.size,
    )


def _log_prob(logits: np.ndarray, tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Row by row in float64, which holds one row of the table at a time."""
    total = np.zeros(len(logits))
    for row, (table, new, part) in enumerate(zip(logits, tokens, mask, strict=True)):
        wide = table[:-1].astype(np.float64)  # (T - 1, V)
        # (T - 1,): log p of the token that came
        each = wide[np.arange(len(wide)), new[1:]] - np.logaddexp.reduce(wide, axis=1)
        total[row] = each @ part[1:]
    return total


def info_nce(ours: References, n: int) -> Contest:
    """N pairs of rows of 256 numbers. The error is relative to the loss."""
    rng = np.random.default_rng(n)
    # a and b: (n, width)
    a = rng.normal(size=(n, _WIDTH)).astype(np.float32)
    # Pairs hardly alike: the loss is a few units. Of a loss near 0, float32 leaves few digits.
    b = (0.1 * a + rng.normal(size=a.shape)).astype(np.float32)

    def torch() -> Call:
        import torch
        from torch.nn import functional

        one, other = torch.from_numpy(a), torch.from_numpy(b)

        def loss() -> Any:
            logits = functional.normalize(one) @ functional.normalize(other).T / _TEMPERATURE  # (n, n)
            labels = torch.arange(n)
            both = functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)
            return float(both) / 2

        return loss

    exact = _contrastive(a.astype(np.float64), b.astype(np.float64))
    return Contest(
        lambda a, b: ours["info_nce"](a, b, _TEMPERATURE),
        (a, b),
        peers(torch=("torch", torch)),
        lambda got: abs(float(got) - exact) / exact,
        flop=2.0 * n * n * _WIDTH,
    )


def _contrastive(a: np.ndarray, b: np.ndarray) -> float:
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    logits = unit[0] @ unit[1].T / _TEMPERATURE  # (n, n)
    totals = [np.logaddexp.reduce(logits, axis=axis).mean() for axis in (0, 1)]
    return float(sum(totals) / 2 - np.diag(logits).mean())
