"""The lesson transformer at work: masked attention, grouped queries over a cache, and the gated feed-forward layer."""

from __future__ import annotations

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_HEADS, _GROUPS, _WIDTH = 8, 2, 64


def attention(ours: References, tokens: int) -> Contest:
    """Eight heads under the causal mask, which PyTorch is given as well."""
    rng = np.random.default_rng(tokens)
    q, k, v = (rng.normal(size=(_HEADS, tokens, _WIDTH)).astype(np.float32) for _ in range(3))  # (h, t, d)
    mask = np.tril(np.ones((tokens, tokens), dtype=bool))  # (t, t)

    def torch() -> Call:
        import torch

        given, seen = [torch.from_numpy(part) for part in (q, k, v)], torch.from_numpy(mask)
        return lambda: torch.nn.functional.scaled_dot_product_attention(*given, attn_mask=seen).numpy()

    wide_q, wide_k, wide_v = (part.astype(np.float64) for part in (q, k, v))
    exact = _exact(wide_q, wide_k, wide_v, mask)
    return Contest(ours["attention"], (q, k, v, mask), peers(torch=("torch", torch)), relative(exact))


def grouped_query_attention(ours: References, tokens: int) -> Contest:
    """One token of eight query heads over a cache of two key heads."""
    rng = np.random.default_rng(tokens)
    q = rng.normal(size=(_HEADS, 1, _WIDTH)).astype(np.float32)  # (h, 1, d)
    k, v = (rng.normal(size=(_GROUPS, tokens, _WIDTH)).astype(np.float32) for _ in range(2))  # (g, t, d)

    def torch() -> Call:
        import torch

        given = [torch.from_numpy(part)[None] for part in (q, k, v)]
        return lambda: torch.nn.functional.scaled_dot_product_attention(*given, enable_gqa=True)[0].numpy()

    # (h, t, d): each key head stands for as many query heads
    keys, values = (np.repeat(part.astype(np.float64), _HEADS // _GROUPS, axis=0) for part in (k, v))
    exact = _exact(q.astype(np.float64), keys, values, np.ones((1, tokens), dtype=bool))
    others = peers(torch=("torch", torch))
    return Contest(
        ours["grouped_query_attention"], (q, k, v), others, relative(exact), moved=float(k.nbytes + v.nbytes)
    )


def swiglu(ours: References, tokens: int) -> Contest:
    """A layer of width 256 and 688 hidden columns."""
    rng = np.random.default_rng(tokens)
    # x (t, width), then gate and up (width, hidden) and down (hidden, width)
    shapes = ((tokens, 256), (256, 688), (256, 688), (688, 256))
    given = tuple((rng.normal(size=shape) / 16).astype(np.float32) for shape in shapes)

    def torch() -> Call:
        import torch

        x, gate, up, down = map(torch.from_numpy, given)
        return lambda: ((torch.nn.functional.silu(x @ gate) * (x @ up)) @ down).numpy()

    x, gate, up, down = (part.astype(np.float64) for part in given)
    exact = (x @ gate / (1 + np.exp(-(x @ gate))) * (x @ up)) @ down
    return Contest(ours["swiglu"], given, peers(torch=("torch", torch)), relative(exact))


def _exact(q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The output in float64, by formulas of its own."""
    # (h, t, t)
    scores = np.where(mask, np.einsum("hid,hjd->hij", q, k) / np.sqrt(_WIDTH), -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(np.einsum("hij,hjd->hid", weights, v) / weights.sum(axis=-1, keepdims=True))
