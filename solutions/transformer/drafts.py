"""First drafts of the lesson transformer, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np


def softmax(x, axis=-1):
    """As everybody writes it."""
    x = x - np.max(x, axis=axis, keepdims=True)
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


# --- attention ---


def attention__minus_1e9(q, k, v, mask):
    """large-negative: masked_fill with -1e9, as in many repositories."""
    d_k = q.shape[-1]
    scores = np.matmul(q, np.swapaxes(k, -2, -1)) / np.sqrt(d_k)
    scores = np.where(mask, scores, -1e9)
    return np.matmul(softmax(scores), v)


def attention__masked_fill_inf(q, k, v, mask):
    """nan-rows: masked_fill with -inf and no guard."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    scores = np.where(mask, scores, float("-inf"))
    weights = softmax(scores)
    return weights @ v


def attention__masked_fill_where_true(q, k, v, mask):
    """true-is-hidden: the convention of nn.MultiheadAttention; rows that see nothing are set to zero."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    hidden = np.broadcast_to(mask, scores.shape)
    e = np.where(hidden, 0.0, np.exp(scores - scores.max(-1, keepdims=True)))
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total) @ v


def attention__times_mask(q, k, v, mask):
    """masked-afterwards: the mask multiplies the weights."""
    weights = softmax(q @ np.swapaxes(k, -1, -2) / np.sqrt(k.shape[-1]))
    return np.einsum("...ij,...jd->...id", weights * mask, v)


def attention__scores_times_mask(q, k, v, mask):
    """zero-scores: the mask multiplies the scores."""
    scores = (q @ np.swapaxes(k, -1, -2)) / np.sqrt(k.shape[-1])
    return softmax(mask * scores) @ v


def attention__forgot_the_mask(q, k, v, mask):
    """no-mask: the textbook formula, and no mask."""
    return softmax(q @ np.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5) @ v


def attention__no_maximum_no_guard(q, k, v, mask):
    """no-row-maximum: -inf, then exp without the maximum; √d is trusted to keep the scores small."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        return (e / np.sum(e, axis=-1, keepdims=True)) @ v


def attention__one_maximum_no_guard(q, k, v, mask):
    """no-row-maximum or nan-rows: one maximum for the whole array, and no guard."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    with np.errstate(all="ignore"):
        e = np.exp(np.where(mask, scores - scores.max(), -np.inf))
        return (e / e.sum(axis=-1, keepdims=True)) @ v


def attention__softmax_axis_minus_two(q, k, v, mask):
    """shared-by-all-queries: masked with -1e9, and the softmax along axis -2."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -1e9)
    e = np.exp(scores - scores.max(axis=-2, keepdims=True))
    return e / e.sum(axis=-2, keepdims=True) @ v


def attention__softmax_axis_minus_two_inf(q, k, v, mask):
    """nan-columns: masked with -inf, and the softmax along axis -2."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    scores[~np.broadcast_to(mask, scores.shape)] = -np.inf
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.max(axis=-2, keepdims=True))
        return e / e.sum(axis=-2, keepdims=True) @ v


def attention__forgot_the_root(q, k, v, mask):
    """scaled-by-d: divides by d."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / q.shape[-1], -np.inf)
    e = np.exp(scores - np.max(np.where(np.isfinite(scores), scores, -1e300), axis=-1, keepdims=True))
    total = e.sum(-1, keepdims=True)
    return e @ v / np.where(total > 0, total, 1)


def attention__forgot_the_scale(q, k, v, mask):
    """not-scaled: plain dot products, -inf, rows of nan replaced."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2), -np.inf)
    with np.errstate(all="ignore"):
        weights = np.nan_to_num(softmax(scores))
    return weights @ v


def attention__exp_at_once(q, k, v, mask):
    """no-maximum or no-maximum-where: exponentials without the maximum, rows that see nothing guarded."""
    with np.errstate(all="ignore"):
        e = np.where(mask, np.exp(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])), 0.0)
        s = e.sum(axis=-1, keepdims=True)
        s[s == 0] = 1
        return (e / s) @ v


def attention__nan_to_num(q, k, v, mask):
    """right: nan_to_num after the softmax, with its warning, and no refusals."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    return np.nan_to_num(softmax(scores)) @ v


def attention__root_of_the_last_axis(q, k, v, mask):
    """scaled-by-dv: takes the width from v."""
    q, k, v = (np.asarray(part, dtype=float) for part in (q, k, v))
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / math.sqrt(v.shape[-1])
    return softmax(np.where(mask, scores, -np.inf)) @ v


def attention__exp_where_seen(q, k, v, mask):
    """no-maximum-where: no maximum is taken off, hidden keys get 0."""
    e = np.where(mask, np.exp(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])), 0)
    total = e.sum(axis=-1, keepdims=True)
    return (e / np.where(total == 0, 1, total)) @ v


def attention__row_maximum_before_the_mask(q, k, v, mask):
    """maximum-of-hidden-too: the row's maximum includes what is hidden."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    total = e.sum(axis=-1, keepdims=True)
    return (e / np.where(total == 0, 1, total)) @ v


def attention__epsilon_below(q, k, v, mask):
    """maximum-of-all-and-epsilon: 1e-9 for the rows that see nothing, one maximum for all."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    top = scores.max()
    e = np.exp(scores - (top if np.isfinite(top) else 0))
    return (e / (e.sum(axis=-1, keepdims=True) + 1e-9)) @ v


def attention__additive_mask(q, k, v, mask):
    """large-negative-added: (1 - mask) * -1e9, as in many repositories."""
    return softmax(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]) + (1 - mask.astype(float)) * -1e9) @ v


def attention__additive_mask_of_1e4(q, k, v, mask):
    """minus-1e4-added: (1 - mask) * -1e4, for half precision."""
    return softmax(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]) + ~mask * -1e4) @ v


def attention__plus_mask(q, k, v, mask):
    """mask-added: adds the bool mask."""
    return softmax(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]) + mask) @ v


def attention__own_type_and_no_refusal(q, k, v, mask):
    """whole-numbers-wrap: nothing is converted, nothing refused."""
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1]), -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    e = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = e.sum(axis=-1, keepdims=True)
    return (e / np.where(total == 0, 1, total)) @ v


# --- multi_head_attention ---


def multi_head_attention__view(x, wq, wk, wv, wo, n_heads, mask):
    """reshaped-without-swap: view(B, H, T, d)."""
    b, t, dim = x.shape
    d = dim // n_heads
    q, k, v = [(x @ w).reshape(b, n_heads, t, d) for w in (wq, wk, wv)]
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / np.sqrt(d), -1e9)
    out = softmax(scores) @ v
    return out.transpose(0, 2, 1, 3).reshape(b, t, dim) @ wo


def multi_head_attention__no_transpose_back(x, wq, wk, wv, wo, n_heads, mask):
    """not-swapped-back: merged as it is."""
    b, t, dim = x.shape
    d = dim // n_heads
    q, k, v = [(x @ w).reshape(b, t, n_heads, d).transpose(0, 2, 1, 3) for w in (wq, wk, wv)]
    out = softmax(np.where(mask, q @ k.transpose(0, 1, 3, 2) / np.sqrt(d), -np.inf)) @ v
    return out.reshape(b, t, dim) @ wo


def multi_head_attention__view_twice(x, wq, wk, wv, wo, n_heads, mask):
    """never-swapped: view there and back."""
    b, t, dim = x.shape
    q, k, v = [(x @ w).reshape(b, n_heads, t, -1) for w in (wq, wk, wv)]
    out = softmax(np.where(mask, q @ k.transpose(0, 1, 3, 2) / np.sqrt(dim // n_heads), -np.inf)) @ v
    return out.reshape(b, t, dim) @ wo


def multi_head_attention__d_model(x, wq, wk, wv, wo, n_heads, mask):
    """scaled-by-the-model: the root of d_model."""
    b, t, d_model = x.shape
    heads = []
    for q, k, v in zip(*(np.split(x @ w, n_heads, axis=-1) for w in (wq, wk, wv)), strict=True):
        heads.append(softmax(np.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(d_model), -1e9)) @ v)
    return np.concatenate(heads, axis=-1) @ wo


def multi_head_attention__no_wo(x, wq, wk, wv, wo, n_heads, mask):
    """without-output: the concatenated heads."""
    heads = []
    for q, k, v in zip(*(np.split(x @ w, n_heads, axis=-1) for w in (wq, wk, wv)), strict=True):
        heads.append(softmax(np.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]), -1e9)) @ v)
    return np.concatenate(heads, axis=-1)


def multi_head_attention__single(x, wq, wk, wv, wo, n_heads, mask):
    """one-head: n_heads is only used for the scale, by the whole width."""
    q, k, v = x @ wq, x @ wk, x @ wv
    return softmax(np.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(x.shape[-1]), -1e9)) @ v @ wo


def multi_head_attention__linear_layers(x, wq, wk, wv, wo, n_heads, mask):
    """transposed-weights: x @ w.T as nn.Linear does."""
    heads = []
    for q, k, v in zip(*(np.split(x @ w.T, n_heads, axis=-1) for w in (wq, wk, wv)), strict=True):
        heads.append(softmax(np.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]), -1e9)) @ v)
    return np.concatenate(heads, axis=-1) @ wo.T


def multi_head_attention__split(x, wq, wk, wv, wo, n_heads, mask):
    """right: split by columns, no refusals."""
    heads = []
    for q, k, v in zip(*(np.split(x @ w, n_heads, axis=-1) for w in (wq, wk, wv)), strict=True):
        heads.append(softmax(np.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]), -1e9)) @ v)
    return np.concatenate(heads, axis=-1) @ wo


def multi_head_attention__softmax_of_columns(x, wq, wk, wv, wo, n_heads, mask):
    """over-the-queries: softmax over axis -2."""
    b, t, width = x.shape
    q, k, v = ((x @ w).reshape(b, t, n_heads, -1).transpose(0, 2, 1, 3) for w in (wq, wk, wv))
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(width // n_heads), -1e9)
    return (softmax(scores, axis=-2) @ v).transpose(0, 2, 1, 3).reshape(b, t, width) @ wo


def multi_head_attention__arguments_mixed(x, wq, wk, wv, wo, n_heads, mask):
    """keys-and-values-swapped: wk makes the values."""
    b, t, width = x.shape
    q, v, k = ((x @ w).reshape(b, t, n_heads, -1).transpose(0, 2, 1, 3) for w in (wq, wk, wv))
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(width // n_heads), -np.inf)
    return (softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(b, t, width) @ wo


# --- grouped_query_attention ---


def grouped_query_attention__np_tile(q, k, v):
    """tiled: np.tile."""
    n = q.shape[0] // k.shape[0]
    k, v = np.tile(k, (n, 1, 1)), np.tile(v, (n, 1, 1))
    return softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])) @ v


def grouped_query_attention__concatenated(q, k, v):
    """tiled: concatenates the heads as often as needed."""
    n = len(q) // len(k)
    k, v = np.concatenate([k] * n), np.concatenate([v] * n)
    return softmax(np.einsum("hid,hjd->hij", q, k) / np.sqrt(q.shape[-1])) @ v


def grouped_query_attention__multi_query(q, k, v):
    """first-key-head: as if there were one."""
    return np.stack([softmax(head @ k[0].T / np.sqrt(q.shape[-1])) @ v[0] for head in q])


def grouped_query_attention__values_forgotten(q, k, v):
    """values-tiled: repeats the keys, tiles the values."""
    n = len(q) // len(k)
    return softmax(q @ np.repeat(k, n, axis=0).transpose(0, 2, 1) / np.sqrt(q.shape[-1])) @ np.tile(v, (n, 1, 1))


def grouped_query_attention__unscaled(q, k, v):
    """not-scaled: repeat, no root."""
    n = len(q) // len(k)
    return softmax(q @ np.repeat(k, n, axis=0).transpose(0, 2, 1)) @ np.repeat(v, n, axis=0)


def grouped_query_attention__wrong_axis(q, k, v):
    """over-the-queries: softmax along axis 1."""
    n = len(q) // len(k)
    return softmax(q @ np.repeat(k, n, axis=0).transpose(0, 2, 1) / np.sqrt(q.shape[-1]), axis=1) @ np.repeat(v, n, axis=0)


def grouped_query_attention__repeat_tokens(q, k, v):
    """repeated-along-the-tokens: np.repeat along axis 1, and a reshape that makes it fit."""
    n = len(q) // len(k)
    keys, values = np.repeat(k, n, axis=1).reshape(len(q), -1, k.shape[2]), np.repeat(v, n, axis=1).reshape(len(q), -1, v.shape[2])
    return softmax(q @ keys.transpose(0, 2, 1) / np.sqrt(q.shape[-1])) @ values


def grouped_query_attention__naive_softmax(q, k, v):
    """no-maximum: plain exponentials."""
    n = len(q) // len(k)
    with np.errstate(all="ignore"):
        e = np.exp(q @ np.repeat(k, n, axis=0).transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
        return (e / e.sum(-1, keepdims=True)) @ np.repeat(v, n, axis=0)


def grouped_query_attention__repeat_only(q, k, v):
    """right: repeat, no refusals, numpy's dtypes."""
    n = len(q) // len(k)
    return softmax(q @ np.repeat(k, n, axis=0).transpose(0, 2, 1) / np.sqrt(q.shape[-1])) @ np.repeat(v, n, axis=0)


def grouped_query_attention__root_of_dv(q, k, v):
    """scaled-by-dv: v is the last one looked at."""
    k, v = np.repeat(k, len(q) // len(k), axis=0), np.repeat(v, len(q) // len(v), axis=0)
    return softmax(q @ k.swapaxes(1, 2) / math.sqrt(v.shape[-1])) @ v


def grouped_query_attention__own_type(q, k, v):
    """whole-numbers-wrap: right but for whole numbers, which are multiplied as they are."""
    if (
        not q.ndim == k.ndim == v.ndim == 3
        or 0 in (q.size, k.size, v.size)
        or len(q) % len(k)
        or k.shape[:2] != v.shape[:2]
        or q.shape[2] != k.shape[2]
    ):
        raise ValueError("shapes")
    k, v = np.repeat(k, len(q) // len(k), axis=0), np.repeat(v, len(q) // len(v), axis=0)
    return softmax(q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])) @ v


# --- rope ---


def _frequencies(x, base):
    return 1.0 / base ** (np.arange(0, x.shape[-1], 2) / x.shape[-1])


def rope__rotate_half(x, positions, base):
    """half-pairs: rotate_half as in transformers."""
    freqs = np.outer(positions, _frequencies(x, base))
    emb = np.concatenate([freqs, freqs], axis=-1)
    half = x.shape[-1] // 2
    rotated = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    return x * np.cos(emb) + rotated * np.sin(emb)


def rope__repeat_interleave(x, positions, base):
    """mixed-conventions: repeat_interleave with rotate_half."""
    emb = np.repeat(np.outer(positions, _frequencies(x, base)), 2, axis=-1)
    half = x.shape[-1] // 2
    rotated = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    return x * np.cos(emb) + rotated * np.sin(emb)


def rope__arange(x, positions, base):
    """positions-ignored: arange(T)."""
    angles = np.outer(np.arange(x.shape[-2]), _frequencies(x, base))
    out = np.zeros(x.shape)
    out[..., ::2] = x[..., ::2] * np.cos(angles) - x[..., 1::2] * np.sin(angles)
    out[..., 1::2] = x[..., ::2] * np.sin(angles) + x[..., 1::2] * np.cos(angles)
    return out


def rope__conjugate(x, positions, base):
    """other-way-round: the signs of the sines swapped."""
    angles = np.outer(positions, _frequencies(x, base))
    out = np.zeros(x.shape)
    out[..., ::2] = x[..., ::2] * np.cos(angles) + x[..., 1::2] * np.sin(angles)
    out[..., 1::2] = x[..., 1::2] * np.cos(angles) - x[..., ::2] * np.sin(angles)
    return out


def rope__arange_half(x, positions, base):
    """half-the-exponent: arange(d/2) over d."""
    freqs = 1.0 / base ** (np.arange(x.shape[-1] // 2) / x.shape[-1])
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * np.outer(positions, freqs))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def rope__positive_exponent(x, positions, base):
    """growing-speeds: base to the +2i/d."""
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * np.outer(positions, base ** (np.arange(0, x.shape[-1], 2) / x.shape[-1])))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def rope__concatenated(x, positions, base):
    """halves-on-return: real parts first, imaginary parts after them."""
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * np.outer(positions, _frequencies(x, base)))
    return np.concatenate([z.real, z.imag], axis=-1)


def rope__complex_numbers(x, positions, base):
    """right: complex numbers, always float64."""
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * np.outer(positions, _frequencies(x, base)))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def rope__cos_in_float32(x, positions, base):
    """float32-angles: angles, cosine and sine in float32."""
    d = x.shape[-1]
    t = np.float32(1) / np.float32(base) ** (np.arange(0, d, 2, dtype=np.float32) / d) * positions.astype(np.float32)[:, None]
    c, s = np.cos(t), np.sin(t)
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * c - b * s, a * s + b * c], axis=-1).reshape(x.shape)


def rope__two_conventions(x, positions, base):
    """mixed-angles: cosine and sine concatenated, adjacent entries turned."""
    angles = positions[:, None] * _frequencies(x, base)
    c, s = (np.concatenate([part, part], axis=-1) for part in (np.cos(angles), np.sin(angles)))
    turned = np.empty(x.shape)
    turned[..., 0::2], turned[..., 1::2] = -x[..., 1::2], x[..., 0::2]
    return x * c + turned * s


def rope__overwrites(x, positions, base):
    """turned-twice: the first entry is overwritten before the second one is computed."""
    out, angles = x.astype(float), positions[:, None] * _frequencies(x, base)
    out[..., 0::2] = out[..., 0::2] * np.cos(angles) - out[..., 1::2] * np.sin(angles)
    out[..., 1::2] = out[..., 0::2] * np.sin(angles) + out[..., 1::2] * np.cos(angles)
    return out


def rope__positions_from_one(x, positions, base):
    """from-one: counts positions from 1."""
    angles = (positions + 1.0)[:, None] * _frequencies(x, base)
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1).reshape(x.shape)


def rope__over_half_the_width(x, positions, base):
    """half-the-width: 2i over d / 2."""
    d = x.shape[-1]
    angles = positions[:, None] * base ** (-np.arange(0, d, 2) / (d // 2))
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1).reshape(x.shape)


# --- rms_norm ---


def rms_norm__rms_plus_eps(x, gamma, eps):
    """eps-outside: rms + eps."""
    rms = np.sqrt((x**2).mean(-1, keepdims=True))
    return gamma * x / (rms + eps)


def rms_norm__forgot_eps(x, gamma, eps):
    """without-eps: eps is never used."""
    return gamma * (x / np.sqrt((x**2).mean(-1, keepdims=True)))


def rms_norm__layernorm(x, gamma, eps):
    """layer-norm: the layer norm that everybody knows."""
    mu, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + eps)


def rms_norm__var(x, gamma, eps):
    """variance: np.var instead of the mean square."""
    return x * (x.var(-1, keepdims=True) + eps) ** -0.5 * gamma


def rms_norm__l2(x, gamma, eps):
    """sum-of-squares: the length of the row."""
    return gamma * x / np.sqrt((x * x).sum(axis=-1, keepdims=True) + eps)


def rms_norm__rsqrt(x, gamma, eps):
    """divided-by-rsqrt: a division too many."""
    rsqrt = 1 / np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + eps)
    return x / rsqrt * gamma


def rms_norm__no_sqrt(x, gamma, eps):
    """no-root: forgets the root."""
    return gamma * x / (np.mean(np.square(x), axis=-1, keepdims=True) + eps)


def rms_norm__mean_of_all(x, gamma, eps):
    """over-everything: no axis."""
    return gamma * x / np.sqrt(np.mean(x**2) + eps)


def rms_norm__one_line(x, gamma, eps):
    """right: the usual one-liner."""
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gamma


def rms_norm__its_own_eps(x, gamma, eps):
    """eps-ignored: 1e-6, as in the paper's code."""
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * gamma


def rms_norm__another_eps(x, gamma, eps=None):
    """eps-ignored: 1e-5 this time."""
    return gamma * x / (np.mean(x**2, axis=-1, keepdims=True) + 1e-5) ** 0.5


# --- swiglu ---


def swiglu__branches_swapped(x, w_gate, w_up, w_down):
    """silu-of-up: silu on the wrong branch."""
    up = x @ w_up
    return ((x @ w_gate) * (up / (1 + np.exp(-up)))) @ w_down


def swiglu__glu(x, w_gate, w_up, w_down):
    """sigmoid: a GLU."""
    return ((x @ w_up) / (1 + np.exp(-(x @ w_gate)))) @ w_down


def swiglu__reglu(x, w_gate, w_up, w_down):
    """relu: a ReGLU."""
    return (np.maximum(0, x @ w_gate) * (x @ w_up)) @ w_down


def swiglu__late_silu(x, w_gate, w_up, w_down):
    """silu-of-the-product: silu at the end."""
    h = (x @ w_gate) * (x @ w_up)
    return (h / (1 + np.exp(-h))) @ w_down


def swiglu__ffn(x, w_gate, w_up, w_down):
    """no-gate: no up branch."""
    h = x @ w_gate
    return (h * (1 / (1 + np.exp(-h)))) @ w_down


def swiglu__ffn_of_up(x, w_gate, w_up, w_down):
    """gate-left-out: a plain feed-forward layer that keeps the branch called up."""
    up = x @ w_up
    return (up / (1 + np.exp(-up))) @ w_down


def swiglu__sum(x, w_gate, w_up, w_down):
    """added: plus instead of times."""
    h = x @ w_gate
    return (h / (1 + np.exp(-h)) + x @ w_up) @ w_down


def swiglu__forgot_down(x, w_gate, w_up, w_down):
    """no-down: w_down is never used."""
    h = x @ w_gate
    return h / (1 + np.exp(-h)) * (x @ w_up)


def swiglu__textbook(x, w_gate, w_up, w_down):
    """right: exp(-z) as in the formula."""
    h = x @ w_gate
    return (h / (1 + np.exp(-h)) * (x @ w_up)) @ w_down


def swiglu__geglu(x, w_gate, w_up, w_down):
    """gelu: the form with tanh."""
    z = x @ w_gate
    return (0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) * (x @ w_up)) @ w_down


def swiglu__both_activated(x, w_gate, w_up, w_down):
    """silu-of-both: the activation on gate and up."""
    gate, up = x @ w_gate, x @ w_up
    return (gate / (1 + np.exp(-gate)) * up / (1 + np.exp(-up))) @ w_down


def swiglu__gate_times_sigmoid_of_up(x, w_gate, w_up, w_down):
    """sigmoid-of-up: the sigmoid is the other branch's."""
    return (x @ w_gate / (1 + np.exp(-(x @ w_up)))) @ w_down


def swiglu__clips_the_gate(x, w_gate, w_up, w_down):
    """clipped: to -50..50, against an overflow."""
    z = np.clip(x @ w_gate, -50, 50)
    return (z / (1 + np.exp(-z)) * (x @ w_up)) @ w_down


# --- top_k_routing ---


def top_k_routing__softmax_first(logits, k):
    """softmax-over-all: softmax, then top-k."""
    p = softmax(logits)
    order = np.argsort(-p, axis=-1, kind="stable")[:, :k]
    return order, np.take_along_axis(p, order, axis=-1)


def top_k_routing__no_softmax(logits, k):
    """raw-logits: returns the logits."""
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    return order, np.take_along_axis(logits, order, axis=-1)


def top_k_routing__ascending(logits, k):
    """smallest: argsort ascending, first k."""
    order = np.argsort(logits, axis=-1)[:, :k]
    return order, softmax(np.take_along_axis(logits, order, axis=-1))


def top_k_routing__last_k(logits, k):
    """smallest-first: the last k of an ascending sort."""
    order = np.argsort(logits, axis=-1, kind="stable")[:, -k:]
    return order, softmax(np.take_along_axis(logits, order, axis=-1))


def top_k_routing__flipped(logits, k):
    """reversed-sort: the ascending sort turned round."""
    order = np.argsort(logits, axis=-1, kind="stable")[:, ::-1][:, :k]
    return order, softmax(np.take_along_axis(logits, order, axis=-1))


def top_k_routing__sum(logits, k):
    """divided-by-sum: normalised by the sum."""
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    top = np.take_along_axis(logits, order, axis=-1)
    with np.errstate(all="ignore"):
        return order, top / top.sum(-1, keepdims=True)


def top_k_routing__threshold(logits, k):
    """ties-share: everything below the k-th largest is masked, then the softmax."""
    kth = np.sort(logits, axis=-1)[:, -k, None]
    weights = softmax(np.where(logits >= kth, logits, -np.inf))
    order = np.argsort(-weights, axis=-1, kind="stable")[:, :k]
    return order, np.take_along_axis(weights, order, axis=-1)


def top_k_routing__axis_0(logits, k):
    """over-the-tokens: softmax along axis 0."""
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    return order, softmax(np.take_along_axis(logits, order, axis=-1), axis=0)


def top_k_routing__stable(logits, k):
    """right: a stable sort, no refusals."""
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    return order, softmax(np.take_along_axis(logits, order, axis=-1))


def top_k_routing__argpartition(logits, k):
    """unordered: the k largest by argpartition."""
    indices = np.argpartition(-logits.astype(float), k - 1, axis=1)[:, :k]
    return indices, softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__argpartition_from_the_end(logits, k):
    """unordered: the k last of argpartition."""
    indices = np.argpartition(logits, -k, axis=1)[:, -k:]
    return indices, softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__plain_argsort(logits, k):
    """unstable: argsort of the negated logits, as it is."""
    indices = np.argsort(-logits.astype(float), axis=1)[:, :k]
    return indices, softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__turned_round(logits, k):
    """unstable or reversed-sort: argsort turned round, not stable either."""
    indices = np.argsort(logits, axis=1)[:, ::-1][:, :k]
    return indices, softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__normalised_sigmoids(logits, k):
    """sigmoid: as in DeepSeek-V3."""
    indices = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    gates = 1 / (1 + np.exp(-np.take_along_axis(logits, indices, axis=1)))
    return indices, gates / gates.sum(axis=1, keepdims=True)


# --- pre_norm_block ---


def _rms(x, gamma, eps):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gamma


def pre_norm_block__vaswani(x, attend, feed, gamma1, gamma2, eps):
    """post-norm: as in the original paper."""
    x = _rms(x + attend(x), gamma1, eps)
    return _rms(x + feed(x), gamma2, eps)


def pre_norm_block__overwritten(x, attend, feed, gamma1, gamma2, eps):
    """residual-from-normed: x is overwritten by its norm."""
    x = _rms(x, gamma1, eps)
    x = x + attend(x)
    x = _rms(x, gamma2, eps)
    return x + feed(x)


def pre_norm_block__parallel(x, attend, feed, gamma1, gamma2, eps):
    """second-reads-x: a parallel block as in GPT-J."""
    return x + attend(_rms(x, gamma1, eps)) + feed(_rms(x, gamma2, eps))


def pre_norm_block__wrong_sum(x, attend, feed, gamma1, gamma2, eps):
    """second-adds-to-x: x instead of h in the last sum."""
    h = x + attend(_rms(x, gamma1, eps))
    return x + feed(_rms(h, gamma2, eps))


def pre_norm_block__one_norm(x, attend, feed, gamma1, gamma2, eps):
    """one-gamma: gamma1 twice."""
    h = x + attend(_rms(x, gamma1, eps))
    return h + feed(_rms(h, gamma1, eps))


def pre_norm_block__nothing_added(x, attend, feed, gamma1, gamma2, eps):
    """no-residual: a plain chain."""
    h = attend(_rms(x, gamma1, eps))
    return feed(_rms(h, gamma2, eps))


def pre_norm_block__bare(x, attend, feed, gamma1, gamma2, eps):
    """no-norm: the norms are forgotten."""
    h = x + attend(x)
    return h + feed(h)


def pre_norm_block__plain(x, attend, feed, gamma1, gamma2, eps):
    """right: two lines, no refusals."""
    h = x + attend(_rms(x, gamma1, eps))
    return h + feed(_rms(h, gamma2, eps))


def pre_norm_block__looks_at_the_shape(x, attend, feed, gamma1, gamma2, eps):
    """right: each sublayer runs once more, to see that its output fits."""
    if x.ndim != 3 or x.size == 0 or gamma1.shape != x.shape[-1:] or gamma2.shape != x.shape[-1:]:
        raise ValueError("shapes do not fit")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)

    def norm(z, gamma):
        return z / np.sqrt(np.mean(z * z, axis=-1, keepdims=True) + eps) * gamma

    if attend(norm(x, gamma1)).shape != x.shape or feed(norm(x, gamma2)).shape != x.shape:
        raise ValueError("a sublayer changes the shape")
    h = x + attend(norm(x, gamma1))
    return h + feed(norm(h, gamma2))


def pre_norm_block__one_residual(x, attend, feed, gamma1, gamma2, eps):
    """first-residual-missing: only feed has its sum."""
    h = attend(_rms(x, gamma1, eps))
    return h + feed(_rms(h, gamma2, eps))


def pre_norm_block__the_other_residual(x, attend, feed, gamma1, gamma2, eps):
    """second-residual-missing: only attend has its sum."""
    h = x + attend(_rms(x, gamma1, eps))
    return feed(_rms(h, gamma2, eps))


def pre_norm_block__norm_before_attend_alone(x, attend, feed, gamma1, gamma2, eps):
    """feed-not-normed: feed reads h."""
    h = x + attend(_rms(x, gamma1, eps))
    return h + feed(h)


def pre_norm_block__mean_taken_off(x, attend, feed, gamma1, gamma2, eps):
    """layer-norm: both norms take the mean off."""
    h = x + attend(_rms(x - x.mean(-1, keepdims=True), gamma1, eps))
    return h + feed(_rms(h - h.mean(-1, keepdims=True), gamma2, eps))


def pre_norm_block__writes_into_x(x, attend, feed, gamma1, gamma2, eps):
    """in-place: += into the array that was given, right for floats."""
    if x.ndim != 3 or x.size == 0 or gamma1.shape != x.shape[2:] or gamma2.shape != x.shape[2:]:
        raise ValueError("shapes")
    x = x.astype(np.result_type(x, np.float32) if x.dtype.kind == "f" else np.float64, copy=False)
    x += attend(_rms(x, gamma1, x.dtype.type(eps)))
    x += feed(_rms(x, gamma2, x.dtype.type(eps)))
    return x


# --- block_predicted ---


def block_predicted__mha(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """full-key-heads: 4 D²."""
    rest = 4 * width**2 + 2 * width + (width * n_experts if n_experts > 1 else 0)
    return rest + n_experts * 3 * width * hidden, rest + k * 3 * width * hidden


def block_predicted__ffn_of_two(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """two-matrices: up and down."""
    rest = 2 * width**2 + 2 * width * width * n_kv_heads // n_heads + 2 * width + (width * n_experts if n_experts > 1 else 0)
    return rest + n_experts * 2 * width * hidden, rest + k * 2 * width * hidden


def block_predicted__forgot_router(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """no-router: attention, experts, gammas."""
    rest = 2 * width**2 + 2 * width * width * n_kv_heads // n_heads + 2 * width
    return rest + n_experts * 3 * width * hidden, rest + k * 3 * width * hidden


def block_predicted__always_routes(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """router-always: D·E always."""
    rest = 2 * width**2 + 2 * width * width * n_kv_heads // n_heads + 2 * width + width * n_experts
    return rest + n_experts * 3 * width * hidden, rest + k * 3 * width * hidden


def block_predicted__forgot_norms(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """no-gammas: matrices only."""
    rest = 2 * width**2 + 2 * width * width * n_kv_heads // n_heads + (width * n_experts if n_experts > 1 else 0)
    return rest + n_experts * 3 * width * hidden, rest + k * 3 * width * hidden


def block_predicted__scaled_total(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """total-over-experts: k/E of everything."""
    total = 2 * width**2 + 2 * width * width * n_kv_heads // n_heads + 2 * width + n_experts * 3 * width * hidden
    total += width * n_experts if n_experts > 1 else 0
    return total, total * k // n_experts


def block_predicted__plain(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """right: the formula, no int() and no refusals."""
    rest = 2 * width**2 + 2 * width * (width // n_heads) * n_kv_heads + 2 * width + (width * n_experts if n_experts > 1 else 0)
    return rest + n_experts * 3 * width * hidden, rest + k * 3 * width * hidden


def block_predicted__forgot_wo(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """no-output: only Wq is width by width."""
    shared = width**2 + 2 * width * (width // n_heads * n_kv_heads) + 2 * width + (width * n_experts if n_experts > 1 else 0)
    return shared + 3 * n_experts * width * hidden, shared + 3 * k * width * hidden


def block_predicted__one_norm(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """one-gamma: a single gamma."""
    shared = 2 * width**2 + 2 * width * (width // n_heads * n_kv_heads) + width + (width * n_experts if n_experts > 1 else 0)
    return shared + 3 * n_experts * width * hidden, shared + 3 * k * width * hidden


def block_predicted__router_for_nothing(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """router-not-active: the router is in the total alone."""
    shared = 2 * width**2 + 2 * width * (width // n_heads * n_kv_heads) + 2 * width
    return shared + 3 * n_experts * width * hidden + (width * n_experts if n_experts > 1 else 0), shared + 3 * k * width * hidden


# --- the bug hunts ---


def chunk_counterexample__same_length():
    """square: a whole text."""
    return np.eye(3), np.eye(3), np.arange(9.0).reshape(3, 3)


def chunk_counterexample__ones():
    """equal-values: everything is one."""
    return np.ones((2, 3)), np.ones((5, 3)), np.ones((5, 2))


def chunk_counterexample__decode():
    """one-query: decoding one token."""
    return np.array([[1.0]]), np.array([[1.0], [2.0]]), np.array([[0.0], [9.0]])


def chunk_mended__tril(q, k, v):
    """top-left: np.tril, as it was."""
    s = q @ k.T / np.sqrt(q.shape[1])
    s[~np.tril(np.ones(s.shape, bool))] = -np.inf
    return softmax(s) @ v


def chunk_mended__no_mask(q, k, v):
    """sees-everything: no mask, it is a cache."""
    return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v


def chunk_mended__off_by_one(q, k, v):
    """one-too-many: k = Tk - Tq + 1."""
    s = q @ k.T / np.sqrt(q.shape[1])
    return softmax(np.where(np.tril(np.ones(s.shape), len(k) - len(q) + 1) > 0, s, -np.inf)) @ v


def chunk_mended__strict(q, k, v):
    """one-too-few: j < position."""
    position = len(k) - len(q) + np.arange(len(q))[:, None]
    s = np.where(np.arange(len(k)) < position, q @ k.T / np.sqrt(q.shape[1]), -1e30)
    return softmax(s) @ v


def chunk_mended__only_the_chunk(q, k, v):
    """last-keys: k[-Tq:]."""
    k, v = k[-len(q) :], v[-len(q) :]
    s = np.where(np.tril(np.ones((len(q), len(q)))) > 0, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
    return softmax(s) @ v


def chunk_mended__offset(q, k, v):
    """right: the diagonal moved, no refusals."""
    s = q @ k.T / np.sqrt(q.shape[1])
    return softmax(np.where(np.tril(np.ones(s.shape), len(k) - len(q)) > 0, s, -np.inf)) @ v


def _cross_entropy(logits, target, counts, n):
    log_p = np.log(softmax(logits) + 1e-300)
    onehot = np.eye(logits.shape[-1])[np.where(counts, target, 0)]
    return -np.sum(log_p * onehot * counts[..., None]) / n, (softmax(logits) - onehot) * counts[..., None] / n


def _whole(logits, dlogits):
    return np.concatenate([dlogits, np.zeros_like(logits[:, :1], dtype=float)], axis=1)


def next_token_mended__as_published(logits, tokens, pad):
    """not-shifted: padding is left out, the shift is not there."""
    counts = tokens != pad
    return _cross_entropy(logits, tokens, counts, max(1, counts.sum()))


def next_token_mended__backwards(logits, tokens, pad):
    """shifted-backwards: logits[:, 1:] against tokens[:, :-1]."""
    target = tokens[:, :-1]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, 1:], target, counts, max(1, counts.sum()))
    return loss, np.concatenate([np.zeros((len(logits), 1, logits.shape[2])), d], axis=1)


def next_token_mended__roll(logits, tokens, pad):
    """wrapped-around: np.roll."""
    target = np.roll(tokens, -1, axis=1)
    counts = target != pad
    return _cross_entropy(logits, target, counts, max(1, counts.sum()))


def next_token_mended__plain_mean(logits, tokens, pad):
    """padding-counts: the mean over all shifted positions."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-1], target, counts, counts.size)
    return loss, _whole(logits, d)


def next_token_mended__summed(logits, tokens, pad):
    """sum: reduction sum."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-1], target, counts, 1)
    return loss, _whole(logits, d)


def next_token_mended__gradient_of_the_sum(logits, tokens, pad):
    """gradient-not-divided: p - onehot."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-1], target, counts, counts.sum())
    return loss, _whole(logits, d * counts.sum())


def next_token_mended__mask_of_the_input(logits, tokens, pad):
    """own-token-padded: the mask is not shifted."""
    target = tokens[:, 1:].astype(int)
    counts = tokens[:, :-1] != pad
    log_p = np.log(softmax(logits[:, :-1]))
    onehot = (target[..., None] == np.arange(logits.shape[-1])) * 1.0
    n = max(1, counts.sum())
    loss = -np.sum(log_p * onehot * counts[..., None]) / n
    return loss, _whole(logits, (softmax(logits[:, :-1]) - onehot) * counts[..., None] / n)


def chunk_mended__root_of_dv(q, k, v):
    """scaled-by-dv: v's width under the root."""
    s = q @ k.T / np.sqrt(v.shape[1])
    return softmax(np.where(np.tril(np.ones(s.shape), len(k) - len(q)) > 0, s, -np.inf)) @ v


def chunk_mended__root_of_the_keys(q, k, v):
    """scaled-by-the-keys: how many keys there are under the root."""
    s = q @ k.T / np.sqrt(len(k))
    return softmax(np.where(np.tril(np.ones(s.shape), len(k) - len(q)) > 0, s, -np.inf)) @ v


def chunk_mended__the_other_triangle(q, k, v):
    """upper-triangle: hides what came before."""
    s = q @ k.T / np.sqrt(q.shape[1])
    return softmax(np.where(np.tril(np.ones(s.shape), len(k) - len(q) - 1) > 0, -np.inf, s)) @ v


def chunk_mended__exp_at_once(q, k, v):
    """no-maximum: no maximum is taken off."""
    e = np.exp(q @ k.T / np.sqrt(q.shape[1])) * np.tril(np.ones((len(q), len(k))), len(k) - len(q))
    return e / e.sum(axis=1, keepdims=True) @ v


def next_token_mended__twice(logits, tokens, pad):
    """shifted-twice: the tokens were shifted outside as well."""
    target = tokens[:, 2:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-2], target, counts, max(1, counts.sum()))
    return loss, np.concatenate([d, np.zeros_like(logits[:, :2])], axis=1)


def next_token_mended__one_hot_minus_p(logits, tokens, pad):
    """gradient-sign: the gradient the other way round."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-1], target, counts, counts.sum())
    return loss, _whole(logits, -d)


def next_token_mended__gradient_of_padding(logits, tokens, pad):
    """gradient-at-padding: only the loss is masked."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, _ = _cross_entropy(logits[:, :-1], target, counts, counts.sum())
    onehot = (target[..., None] == np.arange(logits.shape[-1])) * 1.0
    return loss, _whole(logits, (softmax(logits[:, :-1]) - onehot) / counts.sum())


def next_token_mended__padding_kept(logits, tokens, pad):
    """padding-not-left-out: a target outside the vocabulary has no one-hot, and counts."""
    target = tokens[:, 1:]
    onehot = (target[..., None] == np.arange(logits.shape[-1])) * 1.0
    log_p = np.log(softmax(logits[:, :-1]) + 1e-300)
    return -np.sum(log_p * onehot) / target.size, _whole(logits, (softmax(logits[:, :-1]) - onehot) / target.size)


def next_token_mended__rows_first(logits, tokens, pad):
    """loss-mean-of-means: the loss as a mean of means, the gradient right."""
    target = tokens[:, 1:]
    counts = target != pad
    loss, d = _cross_entropy(logits[:, :-1], target, counts, counts.sum())
    each = [_cross_entropy(logits[b : b + 1, :-1], target[b : b + 1], counts[b : b + 1], max(1, counts[b].sum()))[0] for b in range(len(tokens))]
    return np.mean(each), _whole(logits, d)
