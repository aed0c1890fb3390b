"""The lesson compression at work: a product of int8 matrices, one token over a cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_HEADS, _WIDTH = 8, 128


def int8_matmul(ours: References, n: int) -> Contest:
    """Two n x n matrices of codes.

    NumPy's own product of integers stands beside, which no BLAS computes.
    """
    rng = np.random.default_rng(n)
    xq, wq = (rng.integers(-128, 128, (n, n)).astype(np.int8) for _ in range(2))  # (n, n)
    sx, sw = 0.02, rng.uniform(0.001, 0.1, n).astype(np.float32)

    def integers() -> Any:
        sums = xq.astype(np.int32) @ wq.astype(np.int32).T  # (n, n); int8 would overflow
        return sums.astype(np.float32) * np.float32(sx) * sw

    def torch() -> Call:
        import torch

        x, w, scale = torch.from_numpy(xq), torch.from_numpy(wq), torch.from_numpy(sw)
        # PyTorch has no public name for its product of int8 matrices.
        return lambda: (torch._int_mm(x, w.T).float() * sx * scale).numpy()

    exact = xq.astype(np.float64) @ wq.astype(np.float64).T * sx * sw
    others = {"numpy-int32": integers, **peers(torch=("torch", torch))}

    def run(xq: Any, wq: Any, sw: Any) -> Any:
        return ours["int8_matmul"](xq, wq, sx, sw)

    return Contest(run, (xq, wq, sw), others, relative(exact))


def decode_step(ours: References, length: int) -> Contest:
    """One token of eight heads; what is compared is its output.

    Both caches are copied, since the longer ones are new arrays.
    """
    rng = np.random.default_rng(length)
    new = [rng.normal(size=(_HEADS, _WIDTH)).astype(np.float32) for _ in range(3)]  # q, k, v: (h, d)
    caches = [rng.normal(size=(_HEADS, length, _WIDTH)).astype(np.float32) for _ in range(2)]  # (h, t, d)

    def torch() -> Call:
        import torch

        q, k, v = (torch.from_numpy(part)[:, None] for part in new)  # (h, 1, d)
        k_cache, v_cache = map(torch.from_numpy, caches)

        def step() -> Any:
            keys, values = torch.cat([k_cache, k], dim=1), torch.cat([v_cache, v], dim=1)
            return torch.nn.functional.scaled_dot_product_attention(q, keys, values)[:, 0].numpy()

        return step

    exact = _exact(*(part.astype(np.float64) for part in (*new, *caches)))
    # Read and written: the longer caches are new arrays.
    moved = 2.0 * sum(cache.nbytes for cache in caches)
    return Contest(
        lambda *arrays: ours["decode_step"](*arrays)[0],
        (*new, *caches),
        peers(torch=("torch", torch)),
        relative(exact),
        moved=moved,
    )


def _exact(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    k_cache: np.ndarray,
    v_cache: np.ndarray,
) -> np.ndarray:
    """The output in float64, by formulas of its own."""
    # (h, t + 1, d)
    keys, values = np.append(k_cache, k[:, None], axis=1), np.append(v_cache, v[:, None], axis=1)
    scores = np.einsum("hd,htd->ht", q, keys) / np.sqrt(_WIDTH)  # (h, t + 1)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(np.einsum("ht,htd->hd", weights, values) / weights.sum(axis=1, keepdims=True))
