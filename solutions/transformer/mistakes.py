"""Known mistakes of the lesson transformer."""

import math

import numpy as np


def _wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


def _floats(*arrays):
    return [array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64) for array in arrays]


def _as_given(result, *arrays):
    """float32 where all that was given is."""
    return result.astype(np.float32) if all(array.dtype == np.float32 for array in arrays) else result


def _softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# --- attention ---


def _fit(q, k, v, mask):
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ValueError("shapes")
    if not (q.size and k.size and v.size):
        raise ValueError("empty")
    np.broadcast_to(mask, (*q.shape[:-1], k.shape[-2]))


def _masked(q, k, v, mask, scale=None):
    """Right in float64, zeros for the blind."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / (scale or math.sqrt(q.shape[-1])), -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    e = np.exp(scores - np.where(np.isfinite(top), top, 0.0))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1.0, total) @ v


def attention__large_negative(q, k, v, mask):
    """A query that may see nothing got the mean of all values: its scores are one large negative number. Use -inf, and zeros for such rows."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -1e9)
    return _softmax(scores) @ v


def attention__nan_rows(q, k, v, mask):
    """A query that may see nothing got nan, from -inf - (-inf) or 0 / 0: its maximum counts as 0, its sum as 1, and it gives zeros."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    return _softmax(scores) @ v


def attention__true_is_hidden(q, k, v, mask):
    """The mask was read the other way round: here True means that a key may be seen."""
    return _masked(q, k, v, ~mask)


def attention__no_mask(q, k, v, mask):
    """Hidden keys took part: where the mask is False the score must be -inf before the softmax."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])) @ v


def attention__masked_afterwards(q, k, v, mask):
    """The weights of what is seen do not add up to 1: the mask came after the softmax. Hidden scores are -inf before it."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])) * mask @ v


def attention__zero_scores(q, k, v, mask):
    """Hidden keys still have weight: a score of 0 is an ordinary score, e⁰ = 1. Hidden ones are -inf."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) * mask) @ v


def attention__not_scaled(q, k, v, mask):
    """The scores were not divided by √d."""
    return _masked(q, k, v, mask, 1.0)


def attention__scaled_by_d(q, k, v, mask):
    """The scores were divided by d; it is its square root."""
    return _masked(q, k, v, mask, float(q.shape[-1]))


def attention__over_the_queries(q, k, v, mask):
    """The softmax ran over the queries: each query's weights over the keys, the last axis, add up to 1."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -1e30)
    return np.where(mask, _softmax(scores, -2), 0.0) @ v


def attention__shared_by_all_queries(q, k, v, mask):
    """The softmax ran over the queries, and all share a key that none may see: a query's weights over the keys, the last axis, add up to 1."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -1e9)
    return _softmax(scores, -2) @ v


def attention__nan_columns(q, k, v, mask):
    """The softmax ran over the queries, and a key that none may see became nan: a query's weights over the keys, the last axis, add up to 1."""
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        return _softmax(np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -np.inf), -2) @ v


def attention__no_maximum(q, k, v, mask):
    """exp overflowed, or all weights became 0, at large scores: take the row's maximum off first; √d does not keep them small."""
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        e = np.exp(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])) * mask
        total = e.sum(axis=-1, keepdims=True)
        return e / np.where(total == 0, 1.0, total) @ v


def attention__no_maximum_where(q, k, v, mask):
    """exp overflowed, or all weights became 0, at large scores that are seen: take the row's maximum off first; √d does not keep them small."""
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        e = np.where(mask, np.exp(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])), 0.0)
        total = e.sum(axis=-1, keepdims=True)
        return e / np.where(total == 0, 1.0, total) @ v


def attention__no_row_maximum(q, k, v, mask):
    """Rows became nan: without its own maximum taken off a row overflows or has weights of 0 only, as one that sees nothing, and 0 / 0 is nan."""
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        e = np.exp(np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -np.inf))
        return e / e.sum(axis=-1, keepdims=True) @ v


def attention__maximum_of_all(q, k, v, mask):
    """The maximum was taken over hidden scores or other rows too, so rows far below it became 0: take each row's own, over what it sees."""
    q, k, v = _wide(q, k, v)
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max()) * mask
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1.0, total) @ v


def attention__maximum_of_hidden_too(q, k, v, mask):
    """The row's maximum was taken over hidden scores too: where one of them is far above, all that is seen underflows to 0. Mask first."""
    q, k, v = _wide(q, k, v)
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1.0, total) @ v


def attention__maximum_of_all_and_epsilon(q, k, v, mask):
    """One maximum was taken off all rows, and an epsilon stands below: a row far under it loses its weight. Take each row's own."""
    q, k, v = _wide(q, k, v)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    top = scores.max()
    e = np.exp(scores - (top if np.isfinite(top) else 0.0))
    return e / (e.sum(axis=-1, keepdims=True) + 1e-9) @ v


def attention__large_negative_added(q, k, v, mask):
    """A large negative number was added to hidden scores, so a query that sees nothing got a mean of all values. Use -inf, and zeros there."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) + np.where(mask, 0.0, -1e9)) @ v


def attention__minus_1e4_added(q, k, v, mask):
    """-1e4 was added to hidden scores: a query that sees nothing got a mean of all values, and hidden scores of 1e4 come through. Use -inf."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) + np.where(mask, 0.0, -1e4)) @ v


def attention__mask_added(q, k, v, mask):
    """The mask was added to the scores, so True counts as 1: what is hidden must get -inf."""
    q, k, v = _wide(q, k, v)
    return _softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) + mask) @ v


def attention__no_refusals(q, k, v, mask):
    """Shapes that do not fit got an answer: numpy broadcasts an axis of length 1 in silence. Compare the shapes first and raise ValueError."""
    return _as_given(_masked(q, k, v, mask), q, k, v)


def attention__always_float64(q, k, v, mask):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit(q, k, v, mask)
    return _masked(q, k, v, mask)


def attention__whole_numbers_wrap(q, k, v, mask):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    _fit(q, k, v, mask)
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / np.asarray(math.sqrt(q.shape[-1]), q.dtype if q.dtype.kind == "f" else float), -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    e = np.exp(scores - np.where(np.isfinite(top), top, np.zeros_like(top)))
    total = e.sum(axis=-1, keepdims=True)
    return e @ v / np.where(total == 0, np.ones_like(total), total)


def attention__scaled_by_dv(q, k, v, mask):
    """The scores were divided by the root of v's width: it is the width of q and k."""
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(v.shape[-1])
    scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) @ v


# --- multi_head_attention ---


def _fit_heads(x, weights, n_heads, mask):
    if x.ndim != 3 or not x.size or any(w.shape != (x.shape[2],) * 2 for w in weights) or mask.shape != (x.shape[1],) * 2:
        raise ValueError("shapes")
    if n_heads < 1 or x.shape[2] % n_heads:
        raise ValueError("heads")


def _heads(x, wq, wk, wv, wo, n_heads, mask, cut=None, merge=None, scale=None, wide=_wide, axis=-1):
    x, wq, wk, wv, wo = wide(x, wq, wk, wv, wo)
    b, t, width = x.shape
    cut = cut or (lambda y: y.reshape(b, t, n_heads, -1).transpose(0, 2, 1, 3))
    merge = merge or (lambda y: y.transpose(0, 2, 1, 3).reshape(b, t, width))
    q, k, v = (cut(x @ w) for w in (wq, wk, wv))
    p = _softmax(np.where(mask, q @ k.swapaxes(-1, -2) / (scale or math.sqrt(q.shape[-1])), -np.inf), axis)
    return merge(p @ v) @ wo


def multi_head_attention__reshaped_without_swap(x, wq, wk, wv, wo, n_heads, mask):
    """A reshape straight to (B, H, T, d) mixes tokens: reshape to (B, T, H, d), then swap the two axes. With one head nobody can tell."""
    b, t, width = x.shape
    return _heads(x, wq, wk, wv, wo, n_heads, mask, cut=lambda y: y.reshape(b, n_heads, t, width // n_heads))


def multi_head_attention__not_swapped_back(x, wq, wk, wv, wo, n_heads, mask):
    """The heads were not moved back before they were merged: swap (B, H, T, d) to (B, T, H, d), then reshape."""
    return _heads(x, wq, wk, wv, wo, n_heads, mask, merge=lambda y: y.reshape(x.shape))


def multi_head_attention__never_swapped(x, wq, wk, wv, wo, n_heads, mask):
    """Both reshapes went without swapping axes, so tokens were mixed into heads: (B, T, H, d), and swap, before and after."""
    b, t, width = x.shape
    return _heads(x, wq, wk, wv, wo, n_heads, mask, cut=lambda y: y.reshape(b, n_heads, t, width // n_heads), merge=lambda y: y.reshape(x.shape))


def multi_head_attention__interleaved(x, wq, wk, wv, wo, n_heads, mask):
    """Head i got every n_heads-th column: it owns the columns i·d to (i+1)·d, one block."""
    b, t, width = x.shape
    return _heads(
        x,
        wq,
        wk,
        wv,
        wo,
        n_heads,
        mask,
        cut=lambda y: y.reshape(b, t, -1, n_heads).transpose(0, 3, 1, 2),
        merge=lambda y: y.transpose(0, 2, 3, 1).reshape(b, t, width),
    )


def multi_head_attention__scaled_by_the_model(x, wq, wk, wv, wo, n_heads, mask):
    """The scores were divided by √D; it is the width of a head, √(D/H)."""
    return _heads(x, wq, wk, wv, wo, n_heads, mask, scale=math.sqrt(x.shape[2]))


def multi_head_attention__not_scaled(x, wq, wk, wv, wo, n_heads, mask):
    """The scores were not divided by √d."""
    return _heads(x, wq, wk, wv, wo, n_heads, mask, scale=1.0)


def multi_head_attention__without_output(x, wq, wk, wv, wo, n_heads, mask):
    """The merged heads were returned as they are: they still go through wo, which mixes them."""
    return _heads(x, wq, wk, wv, np.eye(x.shape[2]), n_heads, mask)


def multi_head_attention__one_head(x, wq, wk, wv, wo, n_heads, mask):
    """All columns attended together, as one head: cut them into n_heads blocks, each with its own softmax."""
    return _heads(x, wq, wk, wv, wo, 1, mask)


def multi_head_attention__transposed_weights(x, wq, wk, wv, wo, n_heads, mask):
    """The weights were transposed, as nn.Linear keeps them: here it is x @ w."""
    return _heads(x, wq.T, wk.T, wv.T, wo.T, n_heads, mask)


def multi_head_attention__true_is_hidden(x, wq, wk, wv, wo, n_heads, mask):
    """The mask was read the other way round: here True means may be seen."""
    with np.errstate(invalid="ignore"):
        return _heads(x, wq, wk, wv, wo, n_heads, ~mask)


def multi_head_attention__over_the_queries(x, wq, wk, wv, wo, n_heads, mask):
    """The softmax ran over the queries: each query's weights over the keys, the last axis, add up to 1."""
    with np.errstate(invalid="ignore"):
        return _heads(x, wq, wk, wv, wo, n_heads, mask, axis=-2)


def multi_head_attention__keys_and_values_swapped(x, wq, wk, wv, wo, n_heads, mask):
    """wk and wv changed places: keys are x @ wk, values are x @ wv."""
    return _heads(x, wq, wv, wk, wo, n_heads, mask)


def multi_head_attention__no_refusals(x, wq, wk, wv, wo, n_heads, mask):
    """A mask, a weight or a number of heads that does not fit got an answer: compare the shapes first and raise ValueError."""
    return _as_given(_heads(x, wq, wk, wv, wo, n_heads, mask), x, wq, wk, wv, wo)


def multi_head_attention__always_float64(x, wq, wk, wv, wo, n_heads, mask):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_heads(x, (wq, wk, wv, wo), n_heads, mask)
    return _heads(x, wq, wk, wv, wo, n_heads, mask)


def multi_head_attention__first_products_wrap(x, wq, wk, wv, wo, n_heads, mask):
    """Whole numbers were converted only after the products with wq, wk and wv, which wrap around in a narrow type: convert them before."""
    _fit_heads(x, (wq, wk, wv, wo), n_heads, mask)
    q, k, v, wo = _floats(x @ wq, x @ wk, x @ wv, wo)
    b, t, width = x.shape
    q, k, v = (part.reshape(b, t, n_heads, -1).transpose(0, 2, 1, 3) for part in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / np.asarray(math.sqrt(q.shape[-1]), q.dtype)
    p = _softmax(np.where(mask, scores, np.asarray(-np.inf, q.dtype)))
    return (p @ v).transpose(0, 2, 1, 3).reshape(b, t, width) @ wo


def multi_head_attention__whole_numbers_wrap(x, wq, wk, wv, wo, n_heads, mask):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    _fit_heads(x, (wq, wk, wv, wo), n_heads, mask)
    return _heads(x, wq, wk, wv, wo, n_heads, mask, wide=lambda *arrays: arrays, scale=x.dtype.type(1) * math.sqrt(x.shape[2] // n_heads))


# --- grouped_query_attention ---


def _fit_groups(q, k, v):
    if q.ndim != 3 or k.ndim != 3 or v.ndim != 3 or k.shape[:2] != v.shape[:2] or q.shape[2] != k.shape[2]:
        raise ValueError("shapes")
    if not (q.size and k.size and v.size) or len(q) % len(k):
        raise ValueError("heads")


def _grouped(q, k, v, share, scale=None):
    q, k, v = _wide(q, k, v)
    chosen = [share(i, len(q), len(k)) for i in range(len(q))]
    return _softmax(q @ k[chosen].swapaxes(1, 2) / (scale or math.sqrt(q.shape[-1]))) @ v[chosen]


def _block(i, heads, groups):
    return i // max(1, heads // groups)


def grouped_query_attention__tiled(q, k, v):
    """Query head i used key head i mod G, as tile gives it; heads that share stand in blocks, i // (H/G): repeat each key head."""
    return _grouped(q, k, v, lambda i, heads, groups: i % groups)


def grouped_query_attention__groups_as_size(q, k, v):
    """Query head i used key head i // G; a block has H/G query heads."""
    return _grouped(q, k, v, lambda i, heads, groups: min(i // groups, groups - 1))


def grouped_query_attention__first_key_head(q, k, v):
    """All query heads used the first key head, as in multi-query attention: each group has its own."""
    return _grouped(q, k, v, lambda i, heads, groups: 0)


def grouped_query_attention__values_tiled(q, k, v):
    """Keys were shared in blocks, and values by i mod G: both belong to head i // (H/G)."""
    heads, groups = len(q), len(k)
    q, k, v = _wide(q, k, v)
    p = _softmax(q @ k[[_block(i, heads, groups) for i in range(heads)]].swapaxes(1, 2) / math.sqrt(q.shape[-1]))
    return p @ v[[i % groups for i in range(heads)]]


def grouped_query_attention__repeated_along_the_tokens(q, k, v):
    """Keys and values were repeated along the tokens, so a head sees a part of its group's tokens, each several times: repeat heads, axis 0."""
    _fit_groups(q, k, v)
    q, k, v = _wide(q, k, v)
    heads, size = len(q), len(q) // len(k)
    k, v = (np.repeat(part, size, axis=1).reshape(heads, -1, part.shape[2]) for part in (k, v))
    return _softmax(q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])) @ v


def grouped_query_attention__not_scaled(q, k, v):
    """The scores were not divided by √d."""
    return _grouped(q, k, v, _block, 1.0)


def grouped_query_attention__scaled_by_dv(q, k, v):
    """The scores were divided by the root of v's width: it is the width of q and k."""
    return _grouped(q, k, v, _block, math.sqrt(v.shape[-1]))


def grouped_query_attention__over_the_queries(q, k, v):
    """The softmax ran over the queries: each query's weights over the keys, the last axis, add up to 1."""
    heads, groups = len(q), len(k)
    q, k, v = _wide(q, k, v)
    chosen = [_block(i, heads, groups) for i in range(heads)]
    return _softmax(q @ k[chosen].swapaxes(1, 2) / math.sqrt(q.shape[-1]), axis=1) @ v[chosen]


def grouped_query_attention__no_maximum(q, k, v):
    """exp overflowed, or all weights became 0, at large scores: take the row's maximum off first."""
    heads, groups = len(q), len(k)
    q, k, v = _wide(q, k, v)
    chosen = [_block(i, heads, groups) for i in range(heads)]
    with np.errstate(all="ignore"):
        e = np.exp(q @ k[chosen].swapaxes(1, 2) / math.sqrt(q.shape[-1]))
        return e / e.sum(axis=-1, keepdims=True) @ v[chosen]


def grouped_query_attention__no_refusals(q, k, v):
    """Heads that do not divide, or shapes that do not fit, got no ValueError: compare them first."""
    wide_q, wide_k, wide_v = _wide(q, k, v)
    size = len(q) // len(k)
    wide_k, wide_v = np.repeat(wide_k, size, axis=0), np.repeat(wide_v, size, axis=0)
    return _as_given(_softmax(wide_q @ wide_k.swapaxes(1, 2) / math.sqrt(q.shape[-1])) @ wide_v, q, k, v)


def grouped_query_attention__always_float64(q, k, v):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_groups(q, k, v)
    return _grouped(q, k, v, _block)


def grouped_query_attention__whole_numbers_wrap(q, k, v):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    _fit_groups(q, k, v)
    chosen = [_block(i, len(q), len(k)) for i in range(len(q))]
    (scores,) = _floats(q @ k[chosen].swapaxes(1, 2))
    return _softmax(scores / np.asarray(math.sqrt(q.shape[-1]), scores.dtype)) @ v[chosen]


# --- rope ---


def _fit_rope(x, positions):
    if x.ndim < 2 or not x.size or x.shape[-1] % 2 or positions.shape != (x.shape[-2],):
        raise ValueError("shapes")


def _angles(x, positions, base):
    d = x.shape[-1]
    return positions.astype(np.float64)[:, None] * float(base) ** (-np.arange(0, d, 2) / d)


def _turned(x, angles):
    a, b, c, s = x[..., 0::2], x[..., 1::2], np.cos(angles), np.sin(angles)
    return np.stack([a * c - b * s, a * s + b * c], axis=-1).reshape(x.shape)


def rope__half_pairs(x, positions, base):
    """Entry i was paired with entry i + d/2, as GPT-NeoX and Hugging Face do; here pairs are adjacent, 2i and 2i + 1."""
    (x,) = _wide(x)
    angles = _angles(x, positions, base)
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1)


def rope__mixed_conventions(x, positions, base):
    """Two conventions were mixed: angles for adjacent pairs, entries turned by halves, so lengths change. Turn (a, b) to (-b, a) pair by pair."""
    (x,) = _wide(x)
    angles = np.repeat(_angles(x, positions, base), 2, axis=-1)
    a, b = np.split(x, 2, axis=-1)
    return x * np.cos(angles) + np.concatenate([-b, a], axis=-1) * np.sin(angles)


def rope__mixed_angles(x, positions, base):
    """The angles are laid out by halves and the entries turned in adjacent pairs: repeat each angle twice, as np.repeat does, not the row of them."""
    (x,) = _wide(x)
    angles = np.concatenate(2 * [_angles(x, positions, base)], axis=-1)
    turned = np.stack([-x[..., 1::2], x[..., 0::2]], axis=-1).reshape(x.shape)
    return x * np.cos(angles) + turned * np.sin(angles)


def rope__turned_twice(x, positions, base):
    """The second entry of a pair was computed from the first one as it is after the turn: both are of the old ones, so keep a copy."""
    (x,) = _wide(x)
    angles = _angles(x, positions, base)
    out = x.copy()
    out[..., 0::2] = out[..., 0::2] * np.cos(angles) - out[..., 1::2] * np.sin(angles)
    out[..., 1::2] = out[..., 0::2] * np.sin(angles) + out[..., 1::2] * np.cos(angles)
    return out


def rope__from_one(x, positions, base):
    """The positions were counted from 1: take them as they are given, 0 turns nothing."""
    (x,) = _wide(x)
    return _turned(x, _angles(x, positions.astype(float) + 1, base))


def rope__pairs_from_one(x, positions, base):
    """The pairs were counted from 1: the first one, i = 0, turns by the position itself, base^0 = 1."""
    (x,) = _wide(x)
    d = x.shape[-1]
    return _turned(x, positions.astype(float)[:, None] * float(base) ** (-np.arange(2, d + 2, 2) / d))


def rope__half_the_width(x, positions, base):
    """The exponent is -2i over half of the width, so the speeds fall twice as fast: it is -2i/d with the whole d."""
    (x,) = _wide(x)
    d = x.shape[-1]
    return _turned(x, positions.astype(float)[:, None] * float(base) ** (-np.arange(0, d, 2) / (d / 2)))


def rope__positions_ignored(x, positions, base):
    """Positions 0 to T-1 were taken instead of those given: with a cache a chunk starts later."""
    (x,) = _wide(x)
    return _turned(x, _angles(x, np.arange(x.shape[-2]), base))


def rope__other_way_round(x, positions, base):
    """The pairs turned the other way: it is a·cos - b·sin first, and a·sin + b·cos."""
    (x,) = _wide(x)
    return _turned(x, -_angles(x, positions, base))


def rope__half_the_exponent(x, positions, base):
    """The speeds are base^(-i/d) for pair i; the exponent is -2i/d."""
    (x,) = _wide(x)
    d = x.shape[-1]
    return _turned(x, positions.astype(float)[:, None] * float(base) ** (-np.arange(d // 2) / d))


def rope__growing_speeds(x, positions, base):
    """The speeds grow with the pair: the exponent is negative, -2i/d."""
    (x,) = _wide(x)
    d = x.shape[-1]
    return _turned(x, positions.astype(float)[:, None] * float(base) ** (np.arange(0, d, 2) / d))


def rope__one_speed(x, positions, base):
    """All pairs turned by the position itself: pair i turns by position · base^(-2i/d)."""
    (x,) = _wide(x)
    return _turned(x, np.repeat(positions.astype(float)[:, None], x.shape[-1] // 2, axis=1))


def rope__base_ignored(x, positions, base):
    """A base of 10000 was taken whatever was given."""
    (x,) = _wide(x)
    return _turned(x, _angles(x, positions, 10000.0))


def rope__halves_on_return(x, positions, base):
    """The turned pairs came back as two halves: stack them on a last axis and reshape, so that they are adjacent again."""
    (x,) = _wide(x)
    angles = _angles(x, positions, base)
    a, b = x[..., 0::2], x[..., 1::2]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1)


def rope__float32_angles(x, positions, base):
    """The angles were computed in float32, too coarse at position 100 000: compute them in float64, then round cosine and sine."""
    _fit_rope(x, positions)
    (x,) = _floats(x)
    d = x.shape[-1]
    speeds = (np.float32(base) ** (-np.arange(0, d, 2, dtype=np.float32) / np.float32(d))).astype(np.float32)
    angles = positions.astype(np.float32)[:, None] * speeds
    return _turned(x, angles.astype(x.dtype)).astype(x.dtype)


def rope__no_refusals(x, positions, base):
    """An odd width, or positions that are not one for each token, got an answer or another error: compare the shapes first and raise ValueError."""
    (wide,) = _wide(x)
    return _as_given(_turned(wide, _angles(wide, positions, base)), x)


def rope__always_float64(x, positions, base):
    """float32 came back as float64: round cosine and sine to x's dtype."""
    _fit_rope(x, positions)
    (x,) = _wide(x)
    return _turned(x, _angles(x, positions, base))


# --- rms_norm ---


def _fit_norm(x, gamma):
    if x.ndim < 1 or not x.size or gamma.shape != x.shape[-1:]:
        raise ValueError("shapes")


def rms_norm__eps_outside(x, gamma, eps):
    """eps was added to the root; it stands inside, with the mean of the squares."""
    x, gamma = _wide(x, gamma)
    return x / (np.sqrt(np.mean(x**2, axis=-1, keepdims=True)) + eps) * gamma


def rms_norm__without_eps(x, gamma, eps):
    """eps is missing under the root; a row of zeros becomes nan without it."""
    x, gamma = _wide(x, gamma)
    with np.errstate(all="ignore"):
        return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True)) * gamma


def rms_norm__eps_ignored(x, gamma, eps):
    """The eps that was given is ignored: the same number stands under the root whatever it is."""
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * gamma


def rms_norm__layer_norm(x, gamma, eps):
    """The mean was taken off, as in a LayerNorm: RMSNorm leaves it."""
    x, gamma = _wide(x, gamma)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps) * gamma


def rms_norm__mean_taken_off(x, gamma, eps):
    """The mean was taken off x before the division by the root mean square of x: RMSNorm leaves it."""
    x, gamma = _wide(x, gamma)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * gamma


def rms_norm__variance(x, gamma, eps):
    """The variance is under the root; it is the mean of the squares, without taking the mean off."""
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(x.var(axis=-1, keepdims=True) + eps) * gamma


def rms_norm__sum_of_squares(x, gamma, eps):
    """The sum of the squares is under the root; it is their mean."""
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True) + eps) * gamma


def rms_norm__divided_by_rsqrt(x, gamma, eps):
    """x was divided by one over the root: multiply by that, or divide by the root."""
    x, gamma = _wide(x, gamma)
    return x / (np.mean(x**2, axis=-1, keepdims=True) + eps) ** -0.5 * gamma


def rms_norm__no_root(x, gamma, eps):
    """The root is missing: x was divided by the mean square itself."""
    x, gamma = _wide(x, gamma)
    return x / (np.mean(x**2, axis=-1, keepdims=True) + eps) * gamma


def rms_norm__over_everything(x, gamma, eps):
    """One mean was taken over all of x: each row along the last axis has its own."""
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(np.mean(x**2) + eps) * gamma


def rms_norm__without_gamma(x, gamma, eps):
    """The result was not multiplied by gamma."""
    (x,) = _wide(x)
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)


def rms_norm__one_plus_gamma(x, gamma, eps):
    """The factor was 1 + gamma, as in Gemma; here it is gamma."""
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * (1 + gamma)


def rms_norm__no_refusals(x, gamma, eps):
    """A gamma that does not fit, or an empty x, got an answer: numpy broadcasts a length of 1. Compare the shapes first and raise ValueError."""
    wide, scale = _wide(x, gamma)
    return _as_given(wide / np.sqrt(np.mean(wide**2, axis=-1, keepdims=True) + eps) * scale, x, gamma)


def rms_norm__always_float64(x, gamma, eps):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_norm(x, gamma)
    x, gamma = _wide(x, gamma)
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gamma


def rms_norm__squares_wrap(x, gamma, eps):
    """Whole numbers were squared in their own narrow type, where 200² wraps around: convert them to float64 first."""
    _fit_norm(x, gamma)
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * gamma


# --- swiglu ---


def _fit_gate(x, w_gate, w_up, w_down):
    if x.ndim < 1 or w_gate.ndim != 2 or not (x.size and w_gate.size) or x.shape[-1] != w_gate.shape[0]:
        raise ValueError("shapes")
    if w_up.shape != w_gate.shape or w_down.shape != w_gate.T.shape:
        raise ValueError("shapes")


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _silu(z):
    return z * _sigmoid(z)


def swiglu__silu_of_up(x, w_gate, w_up, w_down):
    """silu was applied to the up branch; it is the gate's."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (x @ w_gate * _silu(x @ w_up)) @ w_down


def swiglu__sigmoid(x, w_gate, w_up, w_down):
    """The gate is a plain sigmoid (that is GLU); silu(z) is z times the sigmoid of z."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (_sigmoid(x @ w_gate) * (x @ w_up)) @ w_down


def swiglu__relu(x, w_gate, w_up, w_down):
    """The gate is a ReLU (that is ReGLU); here it is silu, z · sigmoid(z)."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (np.maximum(x @ w_gate, 0) * (x @ w_up)) @ w_down


def swiglu__gelu(x, w_gate, w_up, w_down):
    """The gate is a GELU, by its formula with tanh (that is GEGLU): here it is silu, z · sigmoid(z)."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    z = x @ w_gate
    return (0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) * (x @ w_up)) @ w_down


def swiglu__exact_gelu(x, w_gate, w_up, w_down):
    """The gate is a GELU, z times the normal distribution (that is GEGLU): here it is silu, z · sigmoid(z)."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    z = x @ w_gate
    return (0.5 * z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) * (x @ w_up)) @ w_down


def swiglu__silu_of_both(x, w_gate, w_up, w_down):
    """silu was applied to both branches; it is the gate's alone."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (_silu(x @ w_gate) * _silu(x @ w_up)) @ w_down


def swiglu__sigmoid_of_up(x, w_gate, w_up, w_down):
    """The gate was multiplied by the sigmoid of the up branch: it is silu of the gate, z · sigmoid(z), times the up branch."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (x @ w_gate * _sigmoid(x @ w_up)) @ w_down


def swiglu__clipped(x, w_gate, w_up, w_down):
    """The gate was clipped together with its exponent, so silu(1000) is no longer 1000: only the exponent may be, z itself stays."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (_silu(np.clip(x @ w_gate, -50, 50)) * (x @ w_up)) @ w_down


def swiglu__silu_of_the_product(x, w_gate, w_up, w_down):
    """silu was applied to the product of both branches; it is applied to the gate before."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return _silu(x @ w_gate * (x @ w_up)) @ w_down


def swiglu__no_gate(x, w_gate, w_up, w_down):
    """The up branch is missing: this is an ordinary feed-forward layer, silu(x @ w_gate) @ w_down."""
    x, w_gate, w_down = _wide(x, w_gate, w_down)
    return _silu(x @ w_gate) @ w_down


def swiglu__gate_left_out(x, w_gate, w_up, w_down):
    """The gate is missing: this is an ordinary feed-forward layer, silu(x @ w_up) @ w_down."""
    x, w_up, w_down = _wide(x, w_up, w_down)
    return _silu(x @ w_up) @ w_down


def swiglu__added(x, w_gate, w_up, w_down):
    """The two branches were added; the gate multiplies."""
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (_silu(x @ w_gate) + x @ w_up) @ w_down


def swiglu__no_down(x, w_gate, w_up, w_down):
    """The result has F columns: the product still goes through w_down."""
    x, w_gate, w_up = _wide(x, w_gate, w_up)
    return _silu(x @ w_gate) * (x @ w_up)


def swiglu__exp_overflows(x, w_gate, w_up, w_down):
    """exp(-z) overflowed at gates far below 0, with a warning: use exp(-abs(z)), and branch by the sign."""
    _fit_gate(x, w_gate, w_up, w_down)
    x, w_gate, w_up, w_down = _floats(x, w_gate, w_up, w_down)
    gate = x @ w_gate
    return (gate / (1 + np.exp(-gate)) * (x @ w_up)) @ w_down


def swiglu__no_refusals(x, w_gate, w_up, w_down):
    """Shapes that do not fit got an answer: an up branch of one column broadcasts in silence. Compare the shapes first and raise ValueError."""
    wide, gate, up, down = _wide(x, w_gate, w_up, w_down)
    return _as_given((_silu(wide @ gate) * (wide @ up)) @ down, x, w_gate, w_up, w_down)


def swiglu__always_float64(x, w_gate, w_up, w_down):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_gate(x, w_gate, w_up, w_down)
    x, w_gate, w_up, w_down = _wide(x, w_gate, w_up, w_down)
    return (_silu(x @ w_gate) * (x @ w_up)) @ w_down


def swiglu__whole_numbers_wrap(x, w_gate, w_up, w_down):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    _fit_gate(x, w_gate, w_up, w_down)
    (gate,) = _floats(x @ w_gate)
    e = np.exp(-np.abs(gate))
    return (gate * (np.where(gate >= 0, np.ones_like(e), e) / (1 + e)) * (x @ w_up)) @ w_down


# --- top_k_routing ---


def _fit_routing(logits, k):
    if logits.ndim != 2 or not logits.size or k < 1 or k > logits.shape[1]:
        raise ValueError("k")


def _first(logits, k):
    return np.argsort(-logits, axis=1, kind="stable")[:, :k]


def top_k_routing__softmax_over_all(logits, k):
    """The weights are from the softmax over all experts, so rows sum to less than 1: take it over the k chosen ones alone."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    return indices, np.take_along_axis(_softmax(logits), indices, axis=1)


def top_k_routing__raw_logits(logits, k):
    """The weights are the logits themselves: they still go through a softmax over the k."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    return indices, np.take_along_axis(logits, indices, axis=1)


def top_k_routing__smallest(logits, k):
    """The experts of the smallest logits were taken: sort the other way."""
    (logits,) = _wide(logits)
    indices = np.argsort(logits, axis=1, kind="stable")[:, :k]
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__smallest_first(logits, k):
    """The chosen experts came back smallest first: the largest logit is first."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)[:, ::-1]
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__sorted_by_expert(logits, k):
    """The indices were sorted by expert, and the weights by size: they no longer belong together. Keep both in the logits' order."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    return np.sort(indices, axis=1), _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__divided_by_sum(logits, k):
    """The weights are the logits divided by their sum, negative ones among them: it is their softmax."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    top = np.take_along_axis(logits, indices, axis=1)
    with np.errstate(all="ignore"):
        return indices, top / top.sum(axis=1, keepdims=True)


def top_k_routing__sigmoid(logits, k):
    """The weights are sigmoids of the k logits over their sum, as in DeepSeek-V3: here they are the softmax over these k."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    gates = _sigmoid(np.take_along_axis(logits, indices, axis=1))
    return indices, gates / gates.sum(axis=1, keepdims=True)


def top_k_routing__unordered(logits, k):
    """The k experts are right, but in no order, as argpartition leaves them: sort them by their logits, the largest first."""
    (logits,) = _wide(logits)
    indices = np.argpartition(-logits, k - 1, axis=1)[:, :k]
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__unstable(logits, k):
    """Of equal logits not always the lower index came first: argsort keeps the order only with kind="stable", argpartition never."""
    (logits,) = _wide(logits)
    indices = np.argsort(-logits, axis=1)[:, :k]
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__ties_share(logits, k):
    """All logits as large as the k-th stayed for the softmax, more than k of them where there are ties: a row's k weights then sum to less than 1."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    kept = np.where(logits >= np.sort(logits, axis=1)[:, -k, None], logits, -np.inf)
    return indices, np.take_along_axis(_softmax(kept), indices, axis=1)


def top_k_routing__more_than_k(logits, k):
    """More than k experts came back where others are as good as the k-th: of equal ones take the lower index, and exactly k."""
    (logits,) = _wide(logits)
    chosen = logits >= np.sort(logits, axis=1)[:, -k, None]
    kept = np.where(chosen, logits, -np.inf)
    indices = _first(kept, int(chosen.sum(axis=1).max()))
    return indices, np.take_along_axis(_softmax(kept), indices, axis=1)


def top_k_routing__over_the_tokens(logits, k):
    """The softmax ran down the tokens: each token's weights, a row, sum to 1."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1), axis=0)


def top_k_routing__reversed_sort(logits, k):
    """Of equal logits the higher index came first: an ascending sort was turned round. Sort the negated logits, with a stable sort."""
    (logits,) = _wide(logits)
    indices = np.argsort(logits, axis=1, kind="stable")[:, ::-1][:, :k]
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__no_maximum(logits, k):
    """exp overflowed, or all weights became 0, at logits of ±1000: take the largest logit off first."""
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    with np.errstate(all="ignore"):
        e = np.exp(np.take_along_axis(logits, indices, axis=1))
        return indices, e / e.sum(axis=1, keepdims=True)


def top_k_routing__no_refusals(logits, k):
    """A k outside 1..E, or logits that are not (T, E), got an answer: slices are cut in silence. Raise ValueError."""
    (wide,) = _wide(logits)
    indices = _first(wide, k)
    return indices, _as_given(_softmax(np.take_along_axis(wide, indices, axis=1), axis=1), logits)


def top_k_routing__always_float64(logits, k):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_routing(logits, k)
    (logits,) = _wide(logits)
    indices = _first(logits, k)
    return indices, _softmax(np.take_along_axis(logits, indices, axis=1))


def top_k_routing__negated_wraps(logits, k):
    """Whole numbers were negated in their own type: -(-128) is no int8, in uint8 0 stays 0, and bool has no minus. Convert to float64 first."""
    _fit_routing(logits, k)
    indices = _first(logits, k)
    (top,) = _floats(np.take_along_axis(logits, indices, axis=1))
    return indices, _softmax(top)


# --- pre_norm_block ---


def _fit_block(x, gamma1, gamma2):
    if x.ndim != 3 or not x.size or gamma1.shape != x.shape[2:] or gamma2.shape != x.shape[2:]:
        raise ValueError("shapes")


def _norm(x, gamma, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * gamma


def pre_norm_block__post_norm(x, attend, feed, gamma1, gamma2, eps):
    """The sums were normed (post-norm): in pre-norm the norm is on the way into attend and feed, and the residual path has none."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = _norm(x + attend(x), gamma1, eps)
    return _norm(h + feed(h), gamma2, eps)


def pre_norm_block__residual_from_normed(x, attend, feed, gamma1, gamma2, eps):
    """The normed copy was added instead of x: the residual is x itself, and then h itself."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    n = _norm(x, gamma1, eps)
    h = n + attend(n)
    n = _norm(h, gamma2, eps)
    return n + feed(n)


def pre_norm_block__second_reads_x(x, attend, feed, gamma1, gamma2, eps):
    """feed read the norm of x (a parallel block): the second norm takes h, after attention was added."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    return x + attend(_norm(x, gamma1, eps)) + feed(_norm(x, gamma2, eps))


def pre_norm_block__second_adds_to_x(x, attend, feed, gamma1, gamma2, eps):
    """feed's result was added to x, so attention's is lost from the sum: add it to h."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return x + feed(_norm(h, gamma2, eps))


def pre_norm_block__gammas_swapped(x, attend, feed, gamma1, gamma2, eps):
    """The gammas were swapped: gamma1 goes into attend, gamma2 into feed."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma2, eps))
    return h + feed(_norm(h, gamma1, eps))


def pre_norm_block__one_gamma(x, attend, feed, gamma1, gamma2, eps):
    """gamma1 was used in both norms: the second has gamma2."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return h + feed(_norm(h, gamma1, eps))


def pre_norm_block__no_residual(x, attend, feed, gamma1, gamma2, eps):
    """The residual sums are missing: attend's result is added to x, and feed's to h."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    return feed(_norm(attend(_norm(x, gamma1, eps)), gamma2, eps))


def pre_norm_block__first_residual_missing(x, attend, feed, gamma1, gamma2, eps):
    """x was not added to attend's result: h = x + attend(...)."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = attend(_norm(x, gamma1, eps))
    return h + feed(_norm(h, gamma2, eps))


def pre_norm_block__second_residual_missing(x, attend, feed, gamma1, gamma2, eps):
    """h was not added to feed's result: it is h + feed(...)."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return feed(_norm(h, gamma2, eps))


def pre_norm_block__feed_not_normed(x, attend, feed, gamma1, gamma2, eps):
    """feed read h as it is: it reads h normed by gamma2."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return h + feed(h)


def pre_norm_block__attend_not_normed(x, attend, feed, gamma1, gamma2, eps):
    """attend read x as it is: it reads x normed by gamma1."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(x)
    return h + feed(_norm(h, gamma2, eps))


def pre_norm_block__layer_norm(x, attend, feed, gamma1, gamma2, eps):
    """The mean was taken off before each norm, as in a LayerNorm: RMSNorm leaves it."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x - x.mean(axis=-1, keepdims=True), gamma1, eps))
    return h + feed(_norm(h - h.mean(axis=-1, keepdims=True), gamma2, eps))


def pre_norm_block__final_norm(x, attend, feed, gamma1, gamma2, eps):
    """The result was normed once more, by gamma2: the model has a last norm after all its blocks, a block has none."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return _norm(h + feed(_norm(h, gamma2, eps)), gamma2, eps)


def pre_norm_block__eps_ignored(x, attend, feed, gamma1, gamma2, eps):
    """An eps of 1e-6 was taken whatever was given."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, 1e-6))
    return h + feed(_norm(h, gamma2, 1e-6))


def pre_norm_block__in_place(x, attend, feed, gamma1, gamma2, eps):
    """What was given was changed: `x += attend(...)` writes into the caller's x, h = x + attend(...) makes a new array."""
    _fit_block(x, gamma1, gamma2)
    x, gamma1, gamma2 = _floats(x, gamma1, gamma2)
    x += attend(_norm(x, gamma1, x.dtype.type(eps)))
    x += feed(_norm(x, gamma2, x.dtype.type(eps)))
    return x


def pre_norm_block__no_norm(x, attend, feed, gamma1, gamma2, eps):
    """Nothing was normed: attend reads norm(x, gamma1), feed reads norm(h, gamma2)."""
    (x,) = _wide(x)
    h = x + attend(x)
    return h + feed(h)


def pre_norm_block__without_eps(x, attend, feed, gamma1, gamma2, eps):
    """eps is missing under the root; a token of zeros becomes nan without it."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    with np.errstate(all="ignore"):
        h = x + attend(_norm(x, gamma1, 0.0))
        return h + feed(_norm(h, gamma2, 0.0))


def pre_norm_block__eps_outside(x, attend, feed, gamma1, gamma2, eps):
    """eps was added to the root; it stands inside, with the mean of the squares."""
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)

    def norm(y, gamma):
        return y / (np.sqrt(np.mean(y * y, axis=-1, keepdims=True)) + eps) * gamma

    h = x + attend(norm(x, gamma1))
    return h + feed(norm(h, gamma2))


def pre_norm_block__no_refusals(x, attend, feed, gamma1, gamma2, eps):
    """Shapes that do not fit got an answer: a gamma of length 1 broadcasts in silence. Compare the shapes first and raise ValueError."""
    wide, first, second = _wide(x, gamma1, gamma2)
    h = wide + attend(_norm(wide, first, eps))
    return _as_given(h + feed(_norm(h, second, eps)), x, gamma1, gamma2)


def pre_norm_block__always_float64(x, attend, feed, gamma1, gamma2, eps):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    _fit_block(x, gamma1, gamma2)
    x, gamma1, gamma2 = _wide(x, gamma1, gamma2)
    h = x + attend(_norm(x, gamma1, eps))
    return h + feed(_norm(h, gamma2, eps))


# --- block_predicted ---


def _count(d, h, g, f, e, k, attention=None, expert=3, router=True, gammas=2):
    d, h, g, f, e, k = (int(one) for one in (d, h, g, f, e, k))
    if d % h or h % g or not 1 <= k <= e:
        raise ValueError("block")
    shared = (2 * d * d + 2 * d * (d // h * g) if attention is None else attention(d, h, g)) + gammas * d
    shared += d * e if router and e > 1 else 0
    return shared + e * expert * d * f, shared + k * expert * d * f


def block_predicted__full_key_heads(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Wk and Wv were counted as width × width: with grouped queries they have n_kv_heads heads of columns only."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, attention=lambda d, h, g: 4 * d * d)


def block_predicted__output_shrinks(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Wo was counted with the key heads: it takes all query heads, so it is width × width."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, attention=lambda d, h, g: d * d + 3 * d * (d // h * g))


def block_predicted__only_keys_shrink(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Only Wk was counted with the key heads: the values have as many, so Wv is as small."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, attention=lambda d, h, g: 3 * d * d + d * (d // h * g))


def block_predicted__two_matrices(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """An expert was counted with two matrices: SwiGLU has three, gate, up and down."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, expert=2)


def block_predicted__no_router(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """The router is missing: width × n_experts where there is more than one, and every token uses it."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, router=False)


def block_predicted__router_always(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """A single feed-forward layer got a router: it needs one only where n_experts > 1."""
    total, active = _count(width, n_heads, n_kv_heads, hidden, n_experts, k, router=False)
    return total + int(width) * int(n_experts), active + int(width) * int(n_experts)


def block_predicted__no_gammas(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """The two gammas are missing, 2 · width."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, gammas=0)


def block_predicted__one_gamma(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """One gamma is missing: there are two, one for each norm."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, gammas=1)


def block_predicted__no_output(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Wo is missing, width × width: the heads' results go through it."""
    return _count(width, n_heads, n_kv_heads, hidden, n_experts, k, attention=lambda d, h, g: d * d + 2 * d * (d // h * g))


def block_predicted__router_not_active(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """The router is missing among the active parameters: every token goes through it."""
    total, active = _count(width, n_heads, n_kv_heads, hidden, n_experts, k)
    return total, active - (int(width) * int(n_experts) if n_experts > 1 else 0)


def block_predicted__one_expert_active(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """One expert was counted as active: a token uses k of them."""
    total, _ = _count(width, n_heads, n_kv_heads, hidden, n_experts, k)
    return total, _count(width, n_heads, n_kv_heads, hidden, n_experts, 1)[1]


def block_predicted__total_over_experts(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Active came out as the total times k/n_experts: attention, router and norms are used by every token; only experts are skipped."""
    total, _ = _count(width, n_heads, n_kv_heads, hidden, n_experts, k)
    return total, total * int(k) // int(n_experts)


def block_predicted__all_active(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """All experts were counted as active: a token uses k of them."""
    total, _ = _count(width, n_heads, n_kv_heads, hidden, n_experts, k)
    return total, total


def block_predicted__int32_overflow(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """With numpy integers of 32 bits the products wrap around: int() each of them first."""
    d, h, g, f, e = width, n_heads, n_kv_heads, hidden, n_experts
    if d % h or h % g or not 1 <= k <= e:
        raise ValueError("block")
    with np.errstate(all="ignore"):
        shared = 2 * d * d + 2 * d * (d // h * g) + 2 * d + (d * e if e > 1 else 0)
        return int(shared + e * 3 * d * f), int(shared + k * 3 * d * f)


def block_predicted__no_refusals(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """A block that cannot be got a count: raise ValueError where heads do not divide, or k is outside 1..n_experts."""
    d, h, g, f, e, k = (int(one) for one in (width, n_heads, n_kv_heads, hidden, n_experts, k))
    shared = 2 * d * d + 2 * d * (d // h * g) + 2 * d + (d * e if e > 1 else 0)
    return shared + e * 3 * d * f, shared + k * 3 * d * f


# --- the bug hunts ---


def chunk_counterexample__square():
    """As many queries as keys: there the lower triangle is right. Take fewer queries than keys."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))


def chunk_counterexample__equal_values():
    """All values are equal, so their mean is the same whatever is seen. Take values that differ."""
    return np.zeros((2, 1)), np.zeros((4, 1)), np.ones((4, 1))


def chunk_counterexample__one_query():
    """There is one query only: a single new token. Two or more are a chunk."""
    return np.zeros((1, 1)), np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])


def chunk_counterexample__more_queries():
    """There are more queries than keys, which cannot be the last positions of a text."""
    return np.zeros((4, 1)), np.zeros((2, 1)), np.array([[1.0], [2.0]])


def chunk_counterexample__huge():
    """Entries above 100 were given, or ones that are not finite: keep to ordinary numbers."""
    return np.zeros((2, 1)), np.zeros((4, 1)), np.array([[1.0], [2.0], [3.0], [1e6]])


def _chunk(q, k, v, mask):
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        return _softmax(np.where(mask, q @ k.T / math.sqrt(q.shape[1]), -np.inf)) @ v


def _seen(q, k, offset=0):
    return np.tril(np.ones((len(q), len(k)), dtype=bool), len(k) - len(q) + offset)


def chunk_mended__top_left(q, k, v):
    """The triangle begins at the top left: with more keys than queries each query loses the newest Tk - Tq keys. Move the diagonal by Tk - Tq."""
    return _chunk(q, k, v, np.tril(np.ones((len(q), len(k)), dtype=bool)))


def chunk_mended__sees_everything(q, k, v):
    """Each query saw all keys, later ones too: query i sees those up to position Tk - Tq + i."""
    return _chunk(q, k, v, np.ones((len(q), len(k)), dtype=bool))


def chunk_mended__one_too_few(q, k, v):
    """A query did not see its own position: it counts, j <= Tk - Tq + i."""
    q, k, v = _wide(q, k, v)
    scores = np.where(_seen(q, k, -1), q @ k.T / math.sqrt(q.shape[1]), -1e30)
    return _softmax(scores) @ v


def chunk_mended__one_too_many(q, k, v):
    """A query saw one key later than its own position: j <= Tk - Tq + i, not one more."""
    return _chunk(q, k, v, _seen(q, k, 1))


def chunk_mended__last_keys(q, k, v):
    """Only the last Tq keys were used, as if the cache began with the chunk: all keys up to the query's position are seen."""
    q, k, v = q, k[len(k) - len(q) :], v[len(v) - len(q) :]
    return _chunk(q, k, v, _seen(q, k))


def chunk_mended__not_scaled(q, k, v):
    """The scores were not divided by √d."""
    q, k, v = _wide(q, k, v)
    return _softmax(np.where(_seen(q, k), q @ k.T, -np.inf)) @ v


def chunk_mended__scaled_by_dv(q, k, v):
    """The scores were divided by the root of v's width: it is the width of q and k."""
    q, k, v = _wide(q, k, v)
    return _softmax(np.where(_seen(q, k), q @ k.T / math.sqrt(v.shape[1]), -np.inf)) @ v


def chunk_mended__scaled_by_the_keys(q, k, v):
    """The scores were divided by the root of the number of keys: it is the width of q and k, √d."""
    q, k, v = _wide(q, k, v)
    return _softmax(np.where(_seen(q, k), q @ k.T / math.sqrt(len(k)), -np.inf)) @ v


def chunk_mended__upper_triangle(q, k, v):
    """A query saw its own position and those after it: it is the other triangle, the keys up to position Tk - Tq + i."""
    return _chunk(q, k, v, np.triu(np.ones((len(q), len(k)), dtype=bool), len(k) - len(q)))


def chunk_mended__no_maximum(q, k, v):
    """exp overflowed, or all weights became 0, at large scores: take the row's maximum off first."""
    q, k, v = _wide(q, k, v)
    with np.errstate(all="ignore"):
        e = np.exp(q @ k.T / math.sqrt(q.shape[1])) * _seen(q, k)
        return e / e.sum(axis=1, keepdims=True) @ v


def chunk_mended__whole_numbers_wrap(q, k, v):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    if q.ndim != 2 or k.ndim != 2 or v.ndim != 2 or len(q) > len(k) or len(k) != len(v) or q.shape[1] != k.shape[1] or not (q.size and v.size):
        raise ValueError("shapes")
    (scores,) = _floats(q @ k.T)
    scores = scores / np.asarray(math.sqrt(q.shape[1]), scores.dtype)
    return _softmax(np.where(_seen(q, k), scores, np.asarray(-np.inf, scores.dtype))) @ v


def chunk_mended__no_refusals(q, k, v):
    """More queries than keys, or shapes that do not fit, got an answer: compare the shapes first and raise ValueError."""
    return _as_given(_chunk(q, k, v, _seen(q, k)), q, k, v)


def chunk_mended__always_float64(q, k, v):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    if q.ndim != 2 or k.ndim != 2 or v.ndim != 2 or len(q) > len(k) or len(k) != len(v) or q.shape[1] != k.shape[1] or not (q.size and v.size):
        raise ValueError("shapes")
    return _chunk(q, k, v, _seen(q, k))


def _next(logits, target, counts, n, at=slice(None, -1), total=None):
    """Loss and gradient of the positions `at`, each where `counts`, divided by n."""
    (logits,) = _wide(logits)
    rows = logits[:, at]
    log_p = rows - rows.max(axis=-1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    onehot = target[..., None] == np.arange(logits.shape[-1])
    loss = -np.sum(log_p * (onehot & counts[..., None])) / n
    dlogits = np.zeros(logits.shape)
    dlogits[:, at] = (np.exp(log_p) - onehot) * counts[..., None] / (n if total is None else total)
    return loss, dlogits


def _targets(tokens, pad):
    target = tokens.astype(np.int64)[:, 1:]
    return target, target != pad


def next_token_mended__not_shifted(logits, tokens, pad):
    """logits[t] were asked for tokens[t], which the model has just read: the loss falls to 0 and nothing is learnt. They predict tokens[t + 1]."""
    tokens = tokens.astype(np.int64)
    counts = tokens != pad
    return _next(logits, tokens, counts, max(1, counts.sum()), at=slice(None))


def next_token_mended__shifted_backwards(logits, tokens, pad):
    """The shift went the wrong way, logits[t + 1] were asked for tokens[t]: it is logits[t] for tokens[t + 1]."""
    target = tokens.astype(np.int64)[:, :-1]
    counts = target != pad
    return _next(logits, target, counts, max(1, counts.sum()), at=slice(1, None))


def next_token_mended__shifted_twice(logits, tokens, pad):
    """logits[t] were asked for tokens[t + 2]: one shift too many. They predict the very next token, tokens[t + 1]."""
    target = tokens.astype(np.int64)[:, 2:]
    counts = target != pad
    return _next(logits, target, counts, max(1, counts.sum()), at=slice(None, -2))


def next_token_mended__wrapped_around(logits, tokens, pad):
    """The last position was asked for the text's first token: np.roll wraps around. The last one predicts nothing that is known."""
    target = np.roll(tokens.astype(np.int64), -1, axis=1)
    counts = target != pad
    return _next(logits, target, counts, max(1, counts.sum()), at=slice(None))


def next_token_mended__padding_counts(logits, tokens, pad):
    """Padding is in the number that the loss is divided by: divide by the positions that count."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, counts, counts.size)


def next_token_mended__all_positions(logits, tokens, pad):
    """The loss was divided by all B·T positions: the last one of each text counts for nothing, so it is by those that have a next token."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, counts, tokens.size)


def next_token_mended__pad_as_target(logits, tokens, pad):
    """Padding was predicted like a token: positions whose next token is pad count in neither the loss nor the gradient."""
    target, counts = _targets(tokens, pad)
    return _next(logits, np.where(counts, target, target % logits.shape[-1]), np.ones_like(counts), counts.size)


def next_token_mended__pad_as_class_0(logits, tokens, pad):
    """Padding was predicted as if it were token 0: positions whose next token is pad count in neither the loss nor the gradient."""
    target, counts = _targets(tokens, pad)
    return _next(logits, np.where(counts, target, 0), np.ones_like(counts), counts.size)


def next_token_mended__padding_not_left_out(logits, tokens, pad):
    """Positions whose next token is pad were not left out: they count in neither the sum, the number nor the gradient."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, np.ones_like(counts), counts.size)


def next_token_mended__own_token_padded(logits, tokens, pad):
    """Positions were left out by their own token: what counts is whether the next one, the target, is pad."""
    target, _ = _targets(tokens, pad)
    counts = tokens[:, :-1] != pad
    return _next(logits, target, counts, max(1, counts.sum()))


def next_token_mended__mean_of_means(logits, tokens, pad):
    """Each text's mean was taken first, and then the mean of these: all positions that count are alike, so divide once by their number."""
    target, counts = _targets(tokens, pad)
    each = np.maximum(counts.sum(axis=1), 1)
    _, dlogits = _next(logits, target, counts, 1)
    losses = [_next(logits[b : b + 1], target[b : b + 1], counts[b : b + 1], each[b])[0] for b in range(len(logits))]
    return float(np.mean(losses)), dlogits / each[:, None, None] / len(logits)


def next_token_mended__sum(logits, tokens, pad):
    """This is the sum over the positions; the loss is their mean."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, counts, 1)


def next_token_mended__gradient_not_divided(logits, tokens, pad):
    """The loss is the mean, and the gradient that of the sum: divide it by the number as well."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, counts, counts.sum(), total=1)


def next_token_mended__loss_mean_of_means(logits, tokens, pad):
    """The loss is the mean of each text's own mean: all positions that count are alike, so divide their sum once by their number."""
    target, counts = _targets(tokens, pad)
    each = np.maximum(counts.sum(axis=1), 1)
    losses = [_next(logits[b : b + 1], target[b : b + 1], counts[b : b + 1], each[b])[0] for b in range(len(logits))]
    return float(np.mean(losses)), _next(logits, target, counts, counts.sum())[1]


def next_token_mended__gradient_over_all_positions(logits, tokens, pad):
    """The gradient was divided by all B·T positions, the loss by those that count: it is the same number for both."""
    target, counts = _targets(tokens, pad)
    return _next(logits, target, counts, counts.sum(), total=tokens.size)


def next_token_mended__gradient_at_padding(logits, tokens, pad):
    """The loss leaves padding out, the gradient does not: it is 0 where the next token is pad."""
    target, counts = _targets(tokens, pad)
    loss, _ = _next(logits, target, counts, counts.sum())
    return loss, _next(logits, target, np.ones_like(counts), counts.sum())[1]


def next_token_mended__gradient_sign(logits, tokens, pad):
    """The gradient has the wrong sign: it is softmax minus one-hot."""
    target, counts = _targets(tokens, pad)
    loss, dlogits = _next(logits, target, counts, counts.sum())
    return loss, -dlogits


def next_token_mended__no_maximum(logits, tokens, pad):
    """exp overflowed, or the log of 0 was taken, at logits of ±1000: take each row's maximum off first and stay in logarithms."""
    target, counts = _targets(tokens, pad)
    (logits,) = _wide(logits)
    with np.errstate(all="ignore"):
        e = np.exp(logits[:, :-1])
        p = e / e.sum(axis=-1, keepdims=True)
        onehot = target[..., None] == np.arange(logits.shape[-1])
        loss = -np.log(np.sum(p * onehot, axis=-1))[counts].mean()
        dlogits = np.zeros(logits.shape)
        dlogits[:, :-1] = (p - onehot) * counts[..., None] / counts.sum()
    return loss, dlogits


def next_token_mended__log_of_eps(logits, tokens, pad):
    """A small number was added inside the logarithm, so no loss is above some 27: log softmax is x - max - log Σ e^(x - max)."""
    target, counts = _targets(tokens, pad)
    _, dlogits = _next(logits, target, counts, counts.sum())
    p = _softmax(_wide(logits)[0][:, :-1])
    onehot = target[..., None] == np.arange(logits.shape[-1])
    return -np.log(np.sum(p * onehot, axis=-1) + 1e-12)[counts].mean(), dlogits


def next_token_mended__no_refusals(logits, tokens, pad):
    """Shapes that do not fit, or texts in which nothing can be predicted, got no ValueError: compare the shapes and count first."""
    target, counts = _targets(tokens, pad)
    with np.errstate(all="ignore"):
        loss, dlogits = _next(logits, target, counts, counts.sum())
    return loss, _as_given(dlogits, logits)


def next_token_mended__always_float64(logits, tokens, pad):
    """float32 came back as float64: convert whole numbers only, and let float32 stay."""
    if logits.ndim != 3 or not logits.size or tokens.shape != logits.shape[:2]:
        raise ValueError("shapes")
    target, counts = _targets(tokens, pad)
    if not counts.any():
        raise ValueError("nothing")
    return _next(logits, target, counts, counts.sum())
