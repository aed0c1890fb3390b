"""Right answers unlike the references: loops, other algorithms, other formulas."""

import math
from bisect import insort

import numpy as np


def _wide(*arrays):
    """float32 where all are, else float64."""
    single = all(array.dtype == np.float32 for array in arrays)
    return [np.array(array, dtype=np.float32 if single else np.float64) for array in arrays]


# --- quantize_int8 ---


def quantize_int8__row_by_row(w):
    """A loop over rows, Python's round for each weight."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError(f"need a matrix with entries, not {w.shape}")
    q, scales = np.zeros(w.shape, dtype=np.int8), np.ones(len(w), dtype=np.float32)
    for index, row in enumerate(w.tolist()):
        top = max(map(abs, row))
        if top:
            scales[index] = top / 127
        q[index] = [round(value / float(scales[index])) for value in row]
    return q, scales


def quantize_int8__range_of_both_ends(w):
    """The larger of max and -min; a zero row divides by 1."""
    if w.ndim != 2 or 0 in w.shape:
        raise ValueError("shape")
    w = w.astype(np.float64)
    top = np.maximum(w.max(axis=1), -w.min(axis=1))
    scale = (np.where(top > 0, top, 127.0) / 127).astype(np.float32)
    return np.clip(np.rint(w / scale.astype(np.float64)[:, None]), -127, 127).astype(np.int8), scale


# --- int8_matmul ---


def _fit_int8(xq, wq, sw):
    if np.ndim(xq) != 2 or np.ndim(wq) != 2 or xq.shape[1] != wq.shape[1] or not xq.size or not wq.size or np.shape(sw) != (len(wq),):
        raise ValueError("shapes do not fit")


def int8_matmul__int32(xq, wq, sx, sw):
    """The text's own way: int32 all along, then the scales."""
    _fit_int8(xq, wq, sw)
    sums = xq.astype(np.int32) @ wq.astype(np.int32).T
    return (sums * (float(sx) * sw.astype(np.float64))).astype(np.float32)


def int8_matmul__float32_in_blocks(xq, wq, sx, sw):
    """float32 products of 1024 columns at a time are exact; the blocks are added as integers."""
    _fit_int8(xq, wq, sw)
    sums = np.zeros((len(xq), len(wq)), dtype=np.int64)
    for first in range(0, xq.shape[1], 1024):
        part = slice(first, first + 1024)
        sums += (xq[:, part].astype(np.float32) @ wq[:, part].astype(np.float32).T).astype(np.int64)
    return sums.astype(np.float32) * np.float32(sx) * sw[None, :].astype(np.float32)


def int8_matmul__einsum(xq, wq, sx, sw):
    """einsum with a wide accumulator."""
    _fit_int8(xq, wq, sw)
    sums = np.einsum("nj,ij->ni", xq, wq, dtype=np.int64)
    return np.float32(sx) * sums.astype(np.float32) * sw.astype(np.float32)


# --- magnitude_prune ---


def magnitude_prune__argsort(w, sparsity):
    """One stable argsort, and zeros put at the first places."""
    if w.size == 0:
        raise ValueError("no weights")
    (out,) = _wide(w)
    flat = np.array(out, order="C").reshape(-1)
    flat[np.argsort(np.abs(flat), kind="stable")[: round(sparsity * w.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__threshold_and_ties(w, sparsity):
    """A threshold by partition for those below it, and the first of those that equal it."""
    if not w.size:
        raise ValueError("no weights")
    (out,) = _wide(w)
    flat = np.array(out, order="C").reshape(-1)
    count = round(sparsity * flat.size)
    if count:
        magnitude = np.abs(flat)
        threshold = np.partition(magnitude, count - 1)[count - 1]
        below = magnitude < threshold
        level = np.flatnonzero(magnitude == threshold)[: count - int(below.sum())]
        flat[below] = 0
        flat[level] = 0
    return flat.reshape(w.shape)


# --- low_rank ---


def _rank_fits(w, rank):
    if np.ndim(w) != 2 or not w.size or rank < 1 or rank > min(w.shape):
        raise ValueError("rank or shape")


def low_rank__square_roots(w, rank):
    """The singular values shared evenly: their roots in both factors."""
    _rank_fits(w, rank)
    (w,) = _wide(w)
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    root = np.sqrt(s[:rank])
    return u[:, :rank] * root, root[:, None] * vt[:rank]


def low_rank__projection(w, rank):
    """The leading eigenvectors of w wᵀ, and what w is in their coordinates."""
    _rank_fits(w, rank)
    single, w = w.dtype == np.float32, w.astype(np.float64)
    scale = np.abs(w).max() or 1.0
    _, vectors = np.linalg.eigh((w / scale) @ (w / scale).T)
    basis = vectors[:, -rank:]
    return tuple(part.astype(np.float32 if single else np.float64) for part in (basis, basis.T @ w))


# --- lora_forward ---


def _lora_fits(x, w, a, b):
    if any(part.ndim != 2 or not part.size for part in (x, w, a, b)):
        raise ValueError("need matrices with entries")
    if (x.shape[1], a.shape[1], w.shape[1]) != (w.shape[0], b.shape[0], b.shape[1]) or a.shape[0] != w.shape[0]:
        raise ValueError("shapes do not fit")


def lora_forward__merged(x, w, a, b, alpha):
    """The update merged into the weights first, as at inference."""
    _lora_fits(x, w, a, b)
    x, w, a, b = _wide(x, w, a, b)
    return x @ (w + alpha / a.shape[1] * (a @ b))


def lora_forward__rank_by_rank(x, w, a, b, alpha):
    """One outer product for each rank."""
    _lora_fits(x, w, a, b)
    x, w, a, b = _wide(x, w, a, b)
    out = x @ w
    for one, other in zip(a.T, b, strict=True):
        out += (alpha / len(b)) * np.outer(x @ one, other)
    return out


# --- distillation_loss ---


def _same_logits(student, teacher):
    if np.ndim(student) != 2 or student.shape != teacher.shape or not student.size:
        raise ValueError("need two (n, k) arrays")


def distillation_loss__cross_entropy_minus_entropy(student, teacher, temperature):
    """Cross-entropy of the student less the teacher's entropy, by log-sum-exp."""
    _same_logits(student, teacher)
    s, t = student.astype(np.float64) / temperature, teacher.astype(np.float64) / temperature
    s, t = (z - np.logaddexp.reduce(z, axis=1, keepdims=True) for z in (s, t))
    p = np.exp(t)
    return float(temperature**2 * np.mean(-(p * s).sum(axis=1) + (p * t).sum(axis=1)))


def distillation_loss__one_row_at_a_time(student, teacher, temperature):
    """Plain Python, class by class."""
    _same_logits(student, teacher)

    def logs(row):
        scaled = [value / temperature for value in row]
        top = max(scaled)
        total = math.log(sum(math.exp(value - top) for value in scaled))
        return [value - top - total for value in scaled]

    total = 0.0
    for one, other in zip(student.tolist(), teacher.tolist(), strict=True):
        for log_q, log_p in zip(logs(one), logs(other), strict=True):
            total += math.exp(log_p) * (log_p - log_q)
    return temperature * temperature * total / len(student)


# --- decode_step ---


def _step_fits(q, k, v, k_cache, v_cache):
    if q.ndim != 2 or v.ndim != 2 or k_cache.ndim != 3 or not q.size or not v.size:
        raise ValueError("dimensions")
    heads, length = len(q), k_cache.shape[1]
    wanted = [q.shape, (heads, v.shape[1]), (heads, length, q.shape[1]), (heads, length, v.shape[1])]
    if [part.shape for part in (k, v, k_cache, v_cache)] != wanted:
        raise ValueError("shapes do not fit")


def decode_step__einsum(q, k, v, k_cache, v_cache):
    """Two contractions over the longer caches."""
    _step_fits(q, k, v, k_cache, v_cache)
    q, k, v, k_cache, v_cache = _wide(q, k, v, k_cache, v_cache)
    keys, values = np.append(k_cache, k[:, None], axis=1), np.append(v_cache, v[:, None], axis=1)
    scores = np.einsum("hd,htd->ht", q, keys) / math.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("ht,htv->hv", weights, values) / weights.sum(axis=1, keepdims=True), keys, values


def decode_step__head_by_head(q, k, v, k_cache, v_cache):
    """Each head by itself, its query scaled first."""
    _step_fits(q, k, v, k_cache, v_cache)
    q, k, v, k_cache, v_cache = _wide(q, k, v, k_cache, v_cache)
    keys, values, outs = [], [], []
    for head in range(len(q)):
        keys.append(np.vstack([k_cache[head], k[head]]))
        values.append(np.vstack([v_cache[head], v[head]]))
        scores = keys[-1] @ (q[head] / math.sqrt(q.shape[1]))
        e = np.exp(scores - scores.max())
        outs.append(e @ values[-1] / e.sum())
    return np.stack(outs), np.stack(keys), np.stack(values)


# --- the hunts ---


def mask_counterexample__four_bits():
    """Weights rounded to few levels, most of them on the lowest."""
    w = [0] * 30 + [1] * 6 + [-2] * 4
    return w, [1] * 40, 0.25


def mask_counterexample__some_already_out():
    """A matrix in which a part is out already."""
    w = np.where(np.arange(24) < 18, 0.5, np.arange(24)).reshape(4, 6)
    mask = np.ones((4, 6), dtype=bool)
    mask[0] = False
    return w, mask, 0.1


def _mask_fits(w, mask):
    if np.shape(w) != np.shape(mask) or not np.size(w):
        raise ValueError("w and mask differ in shape")


def mask_mended__places_left(w, mask, fraction):
    """The places that are left, sorted stably by magnitude."""
    _mask_fits(w, mask)
    out, flat = np.array(mask, dtype=np.uint8, order="C").reshape(-1), np.abs(np.asarray(w, dtype=np.float64)).reshape(-1)
    left = np.flatnonzero(out)
    out[left[np.argsort(flat[left], kind="stable")[: round(fraction * len(left))]]] = 0
    return out.reshape(np.shape(w))


def mask_mended__sorted_pairs(w, mask, fraction):
    """A list of (magnitude, place) that stays sorted."""
    _mask_fits(w, mask)
    pairs = []
    for place, (value, keep) in enumerate(zip(np.ravel(w).tolist(), np.ravel(mask).tolist(), strict=True)):
        if keep:
            insort(pairs, (abs(value), place))
    stay = np.zeros(np.size(w), dtype=bool)
    stay[[place for _, place in pairs[round(fraction * len(pairs)) :]]] = True
    return stay.reshape(np.shape(w))


def _slots_fit(q, k, v, k_slots, v_slots, length):
    if k_slots.ndim != 3 or v_slots.ndim != 3 or length < 0 or length >= k_slots.shape[1]:
        raise ValueError("no free slot")
    _step_fits(q, k, v, k_slots, v_slots)


def slots_mended__cut_to_length(q, k, v, k_slots, v_slots, length):
    """Write first, then look at the filled slots only."""
    _slots_fit(q, k, v, k_slots, v_slots, length)
    q, k, v, keys, values = _wide(q, k, v, k_slots, v_slots)
    keys[:, length], values[:, length] = k, v
    scores = np.einsum("hd,htd->ht", q, keys[:, : length + 1]) / math.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.einsum("ht,htv->hv", weights, values[:, : length + 1]), keys, values


def slots_mended__masked_and_cleared(q, k, v, k_slots, v_slots, length):
    """The fixed shape that a compiler wants: scores of -inf beyond the length, and values cleared to 0 for the sum."""
    _slots_fit(q, k, v, k_slots, v_slots, length)
    q, k, v, keys, values = _wide(q, k, v, k_slots, v_slots)
    keys[:, length], values[:, length] = k, v
    filled = np.arange(keys.shape[1]) <= length
    clean = [np.where(filled[None, :, None], part, 0) for part in (keys, values)]
    scores = np.where(filled, (clean[0] @ q[:, :, None])[:, :, 0] / math.sqrt(q.shape[1]), -np.inf).astype(q.dtype)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (weights[:, None] @ clean[1])[:, 0] / weights.sum(axis=1, keepdims=True), keys, values


def bytes_predicted__by_row(rows, columns, rank, nonzero):
    """What one row takes, times the rows."""
    bits = rows * columns
    return rows * (columns + 4), rows * rank * 4 + columns * rank * 4, (rows + 1 + 2 * nonzero) * 4, nonzero * 4 + math.ceil(bits / 8)


def bytes_predicted__bits(rows, columns, rank, nonzero):
    """Everything in bits, divided at the end."""
    n = rows * columns
    bits = (8 * n + 32 * rows, 32 * rank * rows + 32 * rank * columns, 64 * nonzero + 32 * rows + 32, 32 * nonzero + n)
    return [(one + 7) // 8 for one in bits]
