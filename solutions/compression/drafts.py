"""First drafts of the lesson compression, as people write them; the docstring says which known mistake must be named."""

import math

import numpy as np


def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


# --- quantize_int8 ---


def quantize_int8__tensor_scale_repeated(w):
    """one-scale: the scale of the whole tensor, repeated for each row."""
    s = max(np.max(np.abs(w)), 1e-12) / 127.0
    return np.clip(np.round(w / s), -127, 127).astype("int8"), np.repeat(s, w.shape[0]).astype("float32")


def quantize_int8__column_scales(w):
    """by-column: reduces over axis 0."""
    s = np.max(np.abs(w), axis=0) / 127
    s[s == 0] = 1
    return np.rint(w / s).astype(np.int8), s.astype(np.float32)


def quantize_int8__plain_cast(w):
    """truncates: casts without rounding."""
    scales = np.abs(w).max(1) / 127.0
    scales[scales == 0] = 1.0
    return (w / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def quantize_int8__cast_and_tensor_scale(w):
    """one-scale or truncates: two errors at once."""
    s = np.abs(w).max() / 127 or 1.0
    return (w / s).astype(np.int8), np.full(w.shape[0], s, np.float32)


def quantize_int8__max_of_row(w):
    """signed-maximum: forgets the absolute value."""
    s = np.max(w, axis=1, keepdims=True) / 127
    return np.clip(np.round(w / s), -127, 127).astype(np.int8), s[:, 0].astype(np.float32)


def quantize_int8__minmax(w):
    """whole-range: the step of an asymmetric quantisation."""
    s = (w.max(axis=1) - w.min(axis=1)) / 255.0
    return np.round(w / s[:, None]).clip(-128, 127).astype(np.int8), s.astype(np.float32)


def quantize_int8__multiplies(w):
    """inverse-scale: returns what the weights were multiplied by."""
    s = 127 / np.abs(w).max(axis=1, keepdims=True)
    return np.round(w * s).astype(np.int8), s[:, 0].astype(np.float32)


def quantize_int8__textbook(w):
    """zero-row: right results on ordinary rows, no guard for zeros, no refusals."""
    s = np.abs(w).max(axis=1) / 127
    return np.round(w / s[:, None]).astype(np.int8), s.astype(np.float32)


def quantize_int8__guarded_textbook(w):
    """right: results right, no refusals, abs in the type of w."""
    s = np.abs(w).max(axis=1) / 127
    s = np.where(s == 0, 1, s).astype(np.float32)
    return np.round(w / s[:, None]).astype(np.int8), s


def quantize_int8__bits(w):
    """none: quantises to 4 bits."""
    s = np.abs(w).max(axis=1) / 7
    return np.round(w / s[:, None]).astype(np.int8), s.astype(np.float32)


def quantize_int8__half_of_256(w):
    """over-128-and-cut: 128 steps to a side, clipped."""
    s = (np.abs(w).max(axis=1) / 128).astype(np.float32)
    s[s == 0] = 1
    return np.clip(np.rint(w / s[:, None]), -127, 127).astype(np.int8), s


def quantize_int8__cast_of_the_quotient(w):
    """truncates-after-float32: the scale in float32 first, as the text says, and no rounding."""
    s = np.array([max(abs(v) for v in row) / 127 or 1.0 for row in w.tolist()], dtype=np.float32)
    return np.array([[int(v / float(one)) for v in row] for row, one in zip(w.tolist(), s, strict=False)], dtype=np.int8), s


def quantize_int8__refuses_nothing(w):
    """no-refusal: right but for the refusals."""
    w = np.asarray(w).astype(np.float64)
    top = np.abs(w).max(axis=1)
    scale = np.where(top == 0, 1, top / 127).astype(np.float32)
    return np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8), scale


def quantize_int8__floor_of_1e_8(w):
    """epsilon-everywhere: a floor under the largest magnitude, so that nothing is divided by 0."""
    w = w.astype(np.float64)
    scale = (np.maximum(np.abs(w).max(axis=1), 1e-8) / 127).astype(np.float32)
    return np.round(w / scale[:, None]).astype(np.int8), scale


def quantize_int8__plus_epsilon(w):
    """epsilon-everywhere: adds an epsilon to each scale."""
    w = w.astype(np.float64)
    scale = (np.abs(w).max(axis=1) / 127 + 1e-12).astype(np.float32)
    return np.round(w / scale[:, None]).astype(np.int8), scale


def quantize_int8__epsilon_for_zero_rows(w):
    """tiny-scale: a row of zeros has an epsilon for its scale."""
    top = np.abs(w).max(axis=1)
    scale = np.where(top == 0, 1e-12, top / 127).astype(np.float32)
    return np.round(w / scale[:, None]).astype(np.int8), scale


# --- int8_matmul ---


def int8_matmul__plain(xq, wq, sx, sw):
    """in-int8: multiplies as it stands."""
    return (xq @ wq.T) * sx * sw


def int8_matmul__short_ints(xq, wq, sx, sw):
    """in-int16: int16 looks wide enough."""
    return (xq.astype(np.int16).dot(wq.astype(np.int16).T) * sx * sw).astype(np.float32)


def int8_matmul__floats(xq, wq, sx, sw):
    """in-float32: a float32 product."""
    return (xq.astype(np.float32) @ wq.astype(np.float32).T) * np.float32(sx) * sw


def int8_matmul__only_weights_scaled(xq, wq, sx, sw):
    """scale-of-x-forgotten: x's scale never used."""
    return (xq.astype(np.int32) @ wq.astype(np.int32).T).astype(np.float32) * sw


def int8_matmul__only_x_scaled(xq, wq, sx, sw):
    """scale-of-w-forgotten: the rows' scales never used."""
    return (xq.astype(np.int32) @ wq.astype(np.int32).T).astype(np.float32) * np.float32(sx)


def int8_matmul__rows_scaled(xq, wq, sx, sw):
    """scales-by-row: scales along the wrong axis."""
    out = xq.astype(int) @ wq.astype(int).T
    return (out * sx * sw.reshape(-1, 1)).astype(np.float32)


def int8_matmul__no_transpose(xq, wq, sx, sw):
    """not-transposed: xq @ wq."""
    return (np.matmul(xq.astype(np.int32), wq.astype(np.int32)) * sx * sw).astype(np.float32)


def int8_matmul__dequantise_first(xq, wq, sx, sw):
    """right: dequantises to float64, multiplies, no refusals."""
    return ((xq.astype(float) * float(sx)) @ (wq.astype(float) * sw.astype(float)[:, None]).T).astype(np.float32)


def int8_matmul__wide_result(xq, wq, sx, sw):
    """right: a float64 result, no refusals."""
    return (xq.astype(np.int64) @ wq.astype(np.int64).T) * float(sx) * sw.astype(np.float64)


def int8_matmul__dequantised_first(xq, wq, sx, sw):
    """in-float32: both matrices become float32 before they are multiplied."""
    x = xq.astype(np.float32) * np.float32(sx)
    w = wq.astype(np.float32) * sw[:, None]
    return (x @ w.T).astype(np.float32)


def int8_matmul__refuses_nothing(xq, wq, sx, sw):
    """broadcasts or no-refusal: right but for the refusals."""
    return (xq.astype(np.float64) @ wq.astype(np.float64).T * float(sx) * sw.astype(np.float64)).astype(np.float32)


# --- magnitude_prune ---


def magnitude_prune__quantile_mask(w, sparsity):
    """quantile or threshold: np.quantile and a mask."""
    return w * (np.abs(w) > np.quantile(np.abs(w), sparsity))


def magnitude_prune__sorted_threshold(w, sparsity):
    """threshold: everything up to the last one to go."""
    k = round(sparsity * w.size)
    if k == 0:
        return w.copy()
    t = np.sort(np.abs(w).flatten())[k - 1]
    return np.where(np.abs(w) <= t, 0, w)


def magnitude_prune__below_threshold(w, sparsity):
    """threshold-below: everything below the first one to stay."""
    k = round(sparsity * w.size)
    order = np.sort(np.abs(w), axis=None)
    t = order[k] if k < w.size else np.inf
    return np.where(np.abs(w) < t, 0.0, w)


def magnitude_prune__values(w, sparsity):
    """signed: sorts the values."""
    out = w.astype(float).flatten()
    out[np.argsort(out)[: round(sparsity * w.size)]] = 0
    return out.reshape(w.shape)


def magnitude_prune__top(w, sparsity):
    """largest: zeros the top."""
    out = w.astype(float).flatten()
    out[np.argsort(np.abs(out))[::-1][: round(sparsity * w.size)]] = 0
    return out.reshape(w.shape)


def magnitude_prune__rows(w, sparsity):
    """by-row: the same number in each row."""
    out = w.astype(float).copy()
    k = round(sparsity * w.shape[-1])
    for row in out.reshape(-1, w.shape[-1]):
        row[np.argsort(np.abs(row))[:k]] = 0
    return out


def magnitude_prune__int_count(w, sparsity):
    """truncated-count: int(sparsity * size)."""
    out = w.astype(float).flatten()
    out[np.argsort(np.abs(out), kind="stable")[: int(w.size * sparsity)]] = 0
    return out.reshape(w.shape)


def magnitude_prune__fraction_kept(w, sparsity):
    """keeps-the-fraction: reads sparsity as what is left."""
    out = np.zeros(w.size)
    keep = np.argsort(-np.abs(w.astype(float)).ravel(), kind="stable")[: round(sparsity * w.size)]
    out[keep] = w.ravel()[keep]
    return out.reshape(w.shape)


def magnitude_prune__textbook(w, sparsity):
    """right: float64 always, no refusal."""
    out = np.array(w, dtype=float).ravel()
    out[np.argsort(np.abs(out), kind="stable")[: round(sparsity * out.size)]] = 0
    return out.reshape(w.shape)


def magnitude_prune__largest_are_kept(w, sparsity):
    """kept-from-the-end: the last `keep` of the order, which are all of it where keep is 0."""
    flat, keep = w.astype(float).ravel(), w.size - round(sparsity * w.size)
    out = np.zeros(w.size)
    places = np.argsort(np.abs(flat), kind="stable")[-keep:]
    out[places] = flat[places]
    return out.reshape(w.shape)


def magnitude_prune__plain_argsort(w, sparsity):
    """unstable: np.argsort as it is."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(np.abs(flat))[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__argpartition(w, sparsity):
    """unstable: the k smallest by argpartition."""
    flat = np.array(w, dtype=np.float64).ravel()
    k = round(sparsity * flat.size)
    if k:
        flat[np.argpartition(np.abs(flat), k - 1)[:k]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__on_the_spot(w, sparsity):
    """in-place: writes into the given array, whatever it is."""
    order = np.argsort(np.abs(w.astype(float)), axis=None, kind="stable")
    w.reshape(-1)[order[: round(sparsity * w.size)]] = 0
    return w


# --- low_rank ---


def low_rank__transposes_v(w, rank):
    """v-not-transposed: takes numpy's vh for v."""
    u, s, v = np.linalg.svd(w)
    return u[:, :rank] @ np.diag(s[:rank]), v.T[:rank]


def low_rank__vh_columns(w, rank):
    """v-not-transposed: cuts the columns of vh."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank] * s[:rank], vh[:, :rank].T


def low_rank__forgets_s(w, rank):
    """no-singular-values: u and vh alone."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank], vh[:rank, :]


def low_rank__s_in_both(w, rank):
    """singular-values-twice: diag(s) on both sides."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    d = np.diag(s[:rank])
    return u[:, :rank] @ d, d @ vh[:rank]


def low_rank__tail(w, rank):
    """smallest: takes the end of the list."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, len(s) - rank :] * s[len(s) - rank :], vh[len(s) - rank :]


def low_rank__returns_product(w, rank):
    """full-product: multiplies the factors again."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank] @ np.diag(s[:rank]) @ vh[:rank]


def low_rank__returns_three(w, rank):
    """three-factors: u, s and vh."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank], s[:rank], vh[:rank]


def low_rank__pca(w, rank):
    """centred: principal components."""
    u, s, vh = np.linalg.svd(w - w.mean(0), full_matrices=False)
    return u[:, :rank] * s[:rank], vh[:rank]


def low_rank__textbook(w, rank):
    """right: no refusals."""
    u, s, vh = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank] * s[:rank], vh[:rank]


def low_rank__pca_in_b(w, rank):
    """centred: as PCA, and the singular values stand in b."""
    u, s, vt = np.linalg.svd(w - w.mean(axis=0), full_matrices=False)
    return u[:, :rank], s[:rank, None] * vt[:rank]


def low_rank__one_less_by_roots(w, rank):
    """one-less: the last singular value is 0, roots in both factors."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    root = np.sqrt(s[:rank])
    root[-1] = 0
    return u[:, :rank] * root, root[:, None] * vt[:rank]


def low_rank__root_on_the_left(w, rank):
    """root-in-one: the root of s in a, nothing in b."""
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    return u[:, :rank] * np.sqrt(s[:rank]), vt[:rank]


def low_rank__eigh_ascending(w, rank):
    """smallest-by-eigh: the first eigenvectors of w.T @ w."""
    v = np.linalg.eigh(w.T @ w)[1][:, :rank]
    return w @ v, v.T


def low_rank__float64_in_b(w, rank):
    """always-float64: right but for the width, singular values in b."""
    if w.ndim != 2 or w.size == 0 or not 1 <= rank <= min(w.shape):
        raise ValueError("shapes")
    u, s, vt = np.linalg.svd(w.astype(np.float64), full_matrices=False)
    return u[:, :rank].copy(), s[:rank, None] * vt[:rank]


def low_rank__refuses_nothing(w, rank):
    """clipped-rank: right but for the refusals."""
    kind = np.float32 if w.dtype == np.float32 else np.float64
    u, s, vt = np.linalg.svd(w.astype(np.float64), full_matrices=False)
    return (u[:, :rank] * s[:rank]).astype(kind), vt[:rank].astype(kind)


# --- lora_forward ---


def lora_forward__alpha_only(x, w, a, b, alpha):
    """alpha-not-divided: alpha without r."""
    return x @ w + alpha * ((x @ a) @ b)


def lora_forward__no_scaling(x, w, a, b, alpha):
    """alpha-forgotten: no factor at all."""
    return x.dot(w) + x.dot(a).dot(b)


def lora_forward__scales_all(x, w, a, b, alpha):
    """both-scaled: brackets in the wrong place."""
    return (x @ w + x @ a @ b) * alpha / a.shape[1]


def lora_forward__len_a(x, w, a, b, alpha):
    """rank-from-a-rows: len(a) for the rank."""
    return x @ w + alpha / len(a) * (x @ a @ b)


def lora_forward__rs(x, w, a, b, alpha):
    """root-of-rank: rsLoRA."""
    return x @ w + alpha / math.sqrt(a.shape[-1]) * x @ a @ b


def lora_forward__delta(x, w, a, b, alpha):
    """update-only: the adapter's output."""
    return (alpha / a.shape[1]) * (x @ a @ b)


def lora_forward__merge(x, w, a, b, alpha):
    """weights-only: merges and forgets x."""
    return w + (alpha / a.shape[1]) * a @ b


def lora_forward__textbook(x, w, a, b, alpha):
    """right: no refusals, products in the inputs' own type."""
    return x @ w + (alpha / a.shape[1]) * (x @ a @ b)


def lora_forward__alpha_left_out(x, w, a, b, alpha):
    """one-over-r: divides by the rank, without alpha."""
    return x @ w + (x @ a) @ b / a.shape[1]


def lora_forward__own_type_and_no_refusal(x, w, a, b, alpha):
    """narrow-products: whole numbers stay in their type, nothing is refused."""
    return x @ w + alpha / a.shape[1] * (x @ a @ b)


# --- distillation_loss ---


def distillation_loss__no_square(student, teacher, temperature):
    """without-t2: forgets the factor."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return np.mean(np.sum(p * np.log(p / q), axis=1))


def distillation_loss__kl_of_student(student, teacher, temperature):
    """reversed: KL(student || teacher)."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.mean(np.sum(q * np.log(q / p), axis=1))


def distillation_loss__reversed_without_square(student, teacher, temperature):
    """reversed or without-t2: two errors at once."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return np.mean(np.sum(q * np.log(q / p), axis=1))


def distillation_loss__element_mean(student, teacher, temperature):
    """mean-over-all: np.mean over everything."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.mean(p * (np.log(p) - np.log(q)))


def distillation_loss__row_sum(student, teacher, temperature):
    """summed: no mean."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.sum(p * (np.log(p) - np.log(q)))


def distillation_loss__soft_cross_entropy(student, teacher, temperature):
    """cross-entropy: soft labels."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return -(temperature**2) * np.mean(np.sum(p * np.log(q), axis=1))


def distillation_loss__teacher_softened(student, teacher, temperature):
    """teacher-only: T on one side."""
    p, q = softmax(teacher / temperature), softmax(student)
    return temperature**2 * np.mean(np.sum(p * np.log(p / q), axis=1))


def distillation_loss__axis_zero(student, teacher, temperature):
    """by-column: softmax over the batch."""
    p, q = softmax(teacher / temperature, 0), softmax(student / temperature, 0)
    return temperature**2 * np.mean(np.sum(p * np.log(p / q), axis=1))


def distillation_loss__eps(student, teacher, temperature):
    """epsilon-of-1e-12: 1e-12 in the logarithms."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.mean(np.sum(p * (np.log(p + 1e-12) - np.log(q + 1e-12)), axis=1))


def distillation_loss__hard_mix(student, teacher, temperature):
    """none: adds a hard loss."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    hard = -np.mean(np.log(softmax(student)[np.arange(len(student)), teacher.argmax(1)]))
    return 0.9 * temperature**2 * np.mean(np.sum(p * np.log(p / q), axis=1)) + 0.1 * hard


def distillation_loss__plus_1e_8(student, teacher, temperature):
    """epsilon-of-1e-8: logarithms of probabilities plus 1e-8."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.mean(np.sum(p * (np.log(p + 1e-8) - np.log(q + 1e-8)), axis=1))


def distillation_loss__plus_1e_12(student, teacher, temperature):
    """epsilon-of-1e-12: the same with 1e-12."""
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return temperature**2 * np.mean(np.sum(p * (np.log(p + 1e-12) - np.log(q + 1e-12)), axis=1))


# --- decode_step ---


def _both(k, v, k_cache, v_cache):
    return np.concatenate((k_cache, k[:, np.newaxis, :]), axis=1), np.concatenate((v_cache, v[:, np.newaxis, :]), axis=1)


def decode_step__textbook(q, k, v, k_cache, v_cache):
    """right: no refusals."""
    keys, values = _both(k, v, k_cache, v_cache)
    weights = softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1]))
    return np.einsum("ht,htd->hd", weights, values), keys, values


def decode_step__unscaled(q, k, v, k_cache, v_cache):
    """no-scale: no root of d."""
    keys, values = _both(k, v, k_cache, v_cache)
    return np.einsum("ht,htd->hd", softmax(np.einsum("hd,htd->ht", q, keys)), values), keys, values


def decode_step__old_cache(q, k, v, k_cache, v_cache):
    """not-itself: attends before it appends."""
    weights = softmax(np.einsum("hd,htd->ht", q, k_cache) / np.sqrt(q.shape[-1]))
    return np.einsum("ht,htd->hd", weights, v_cache), *_both(k, v, k_cache, v_cache)


def decode_step__prepends(q, k, v, k_cache, v_cache):
    """new-one-first: order of concatenation."""
    keys, values = np.concatenate((k[:, None], k_cache), 1), np.concatenate((v[:, None], v_cache), 1)
    weights = softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1]))
    return np.einsum("ht,htd->hd", weights, values), keys, values


def decode_step__plain_exp(q, k, v, k_cache, v_cache):
    """no-maximum: exp without the maximum."""
    keys, values = _both(k, v, k_cache, v_cache)
    e = np.exp(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1]))
    return np.einsum("ht,htd->hd", e / e.sum(1, keepdims=True), values), keys, values


def decode_step__over_heads(q, k, v, k_cache, v_cache):
    """softmax-over-heads: the wrong axis."""
    keys, values = _both(k, v, k_cache, v_cache)
    weights = softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1]), axis=0)
    return np.einsum("ht,htd->hd", weights, values), keys, values


def decode_step__returns_given_caches(q, k, v, k_cache, v_cache):
    """caches-stay-short: the old caches come back."""
    keys, values = _both(k, v, k_cache, v_cache)
    weights = softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1]))
    return np.einsum("ht,htd->hd", weights, values), k_cache, v_cache


def decode_step__only_out(q, k, v, k_cache, v_cache):
    """none: the output alone."""
    keys, values = _both(k, v, k_cache, v_cache)
    return np.einsum("ht,htd->hd", softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1])), values)


def decode_step__root_of_the_values_width(q, k, v, k_cache, v_cache):
    """width-of-values: divides by the root of dv."""
    keys, values = np.concatenate([k_cache, k[:, None]], axis=1), np.concatenate([v_cache, v[:, None]], axis=1)
    p = softmax(np.einsum("hd,htd->ht", q, keys) / np.sqrt(v.shape[-1]))
    return np.einsum("ht,htd->hd", p, values), keys, values


def decode_step__one_maximum_and_epsilon(q, k, v, k_cache, v_cache):
    """maximum-of-all-heads-and-epsilon: one maximum for all heads, 1e-12 in the denominator."""
    keys, values = np.concatenate([k_cache, k[:, None]], axis=1), np.concatenate([v_cache, v[:, None]], axis=1)
    scores = np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max())
    return np.einsum("ht,htd->hd", e / (e.sum(axis=1, keepdims=True) + 1e-12), values), keys, values


# --- the hunts ---


def mask_counterexample__distinct():
    """all-different: random weights."""
    return np.random.default_rng(0).normal(size=100), np.ones(100), 0.5


def mask_counterexample__ones():
    """one-magnitude: all the same."""
    return np.ones((4, 4)), np.ones((4, 4)), 0.5


def mask_counterexample__two_values():
    """none: a tuple of the wrong kind."""
    return "w", "mask", 0.5


def mask_mended__greater_or_equal(w, mask, fraction):
    """at-least: >= for >."""
    count = round(fraction * int(np.sum(mask)))
    left = np.append(np.sort(np.abs(w[mask == 1])), np.inf)
    return np.where(np.abs(w) >= left[count], mask, 0)


def mask_mended__one_before(w, mask, fraction):
    """none: the threshold one place earlier, so ties still go together."""
    count = round(fraction * int(np.sum(mask)))
    left = np.sort(np.abs(w[mask == 1]))
    return np.where(np.abs(w) > (left[count - 1] if count else -1), mask, 0)


def mask_mended__whole_size(w, mask, fraction):
    """of-all: counts all weights."""
    flat, out = np.abs(w).ravel(), np.array(mask).ravel()
    left = np.flatnonzero(out)
    out[left[np.argsort(flat[left], kind="stable")[: round(fraction * w.size)]]] = 0
    return out.reshape(w.shape)


def mask_mended__sorts_products(w, mask, fraction):
    """zeroed-ones-first: sorts w * mask."""
    out = np.array(mask).ravel()
    out[np.argsort(np.abs(w * mask).ravel(), kind="stable")[: round(fraction * np.sum(mask))]] = 0
    return out.reshape(w.shape)


def mask_mended__restart(w, mask, fraction):
    """mask-ignored: starts from ones."""
    out = np.ones(w.size, dtype=int)
    out[np.argsort(np.abs(w).ravel(), kind="stable")[: round(fraction * w.size)]] = 0
    return out.reshape(w.shape)


def mask_mended__textbook(w, mask, fraction):
    """right: no refusals."""
    out = np.array(mask, dtype=int).ravel()
    left = np.flatnonzero(out)
    out[left[np.argsort(np.abs(w.astype(float).ravel()[left]), kind="stable")[: round(fraction * left.size)]]] = 0
    return out.reshape(w.shape)


def mask_mended__fresh_ones(w, mask, fraction):
    """comes-back: a mask of ones, the smallest of all go."""
    n = round(fraction * int(np.sum(mask)))
    new = np.ones(np.shape(w), dtype=int)
    new.flat[np.argsort(np.abs(np.asarray(w, dtype=float)), axis=None, kind="stable")[:n]] = 0
    return new


def slots_mended__unchanged(q, k, v, k_slots, v_slots, length):
    """all-slots: the given function."""
    k_slots, v_slots = k_slots.copy(), v_slots.copy()
    k_slots[:, length], v_slots[:, length] = k, v
    weights = softmax((k_slots @ q[:, :, None])[:, :, 0] / np.sqrt(q.shape[1]))
    return (weights[:, None] @ v_slots)[:, 0], k_slots, v_slots


def slots_mended__before_writing(q, k, v, k_slots, v_slots, length):
    """without-the-new-one: slice ends at length."""
    k_slots, v_slots = k_slots.copy(), v_slots.copy()
    k_slots[:, length], v_slots[:, length] = k, v
    if not length:
        return np.zeros_like(v), k_slots, v_slots
    weights = softmax((k_slots[:, :length] @ q[:, :, None])[:, :, 0] / np.sqrt(q.shape[1]))
    return (weights[:, None] @ v_slots[:, :length])[:, 0], k_slots, v_slots


def slots_mended__inf_mask(q, k, v, k_slots, v_slots, length):
    """masked-only: -inf on the scores, values as they are."""
    k_slots, v_slots = k_slots.copy(), v_slots.copy()
    k_slots[:, length], v_slots[:, length] = k, v
    scores = (k_slots @ q[:, :, None])[:, :, 0] / np.sqrt(q.shape[1])
    scores = np.where(np.arange(k_slots.shape[1]) <= length, scores, -np.inf)
    return (softmax(scores)[:, None] @ v_slots)[:, 0], k_slots, v_slots


def slots_mended__shrinks(q, k, v, k_slots, v_slots, length):
    """cut-slots: returns what decode_step gives."""
    return decode_step__textbook(q, k, v, k_slots[:, :length], v_slots[:, :length])


def slots_mended__textbook(q, k, v, k_slots, v_slots, length):
    """right: whole numbers as they come, no refusals."""
    k_slots, v_slots = k_slots.copy(), v_slots.copy()
    k_slots[:, length], v_slots[:, length] = k, v
    weights = softmax(np.einsum("hd,htd->ht", q, k_slots[:, : length + 1]) / np.sqrt(q.shape[1]))
    return np.einsum("ht,htv->hv", weights, v_slots[:, : length + 1]), k_slots, v_slots


def bytes_predicted__no_scales(rows, columns, rank, nonzero):
    """scales-forgotten: one byte a weight and nothing else."""
    n = rows * columns
    return n, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + math.ceil(n / 8)


def bytes_predicted__coo(rows, columns, rank, nonzero):
    """coordinates: a row and a column for each value."""
    n = rows * columns
    return n + 4 * rows, 4 * rank * (rows + columns), 12 * nonzero, 4 * nonzero + math.ceil(n / 8)


def bytes_predicted__floor(rows, columns, rank, nonzero):
    """rounded-down: integer division."""
    n = rows * columns
    return n + 4 * rows, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + n // 8


def bytes_predicted__rows_starts(rows, columns, rank, nonzero):
    """csr-no-last-start: as many starts as rows."""
    n = rows * columns
    return n + 4 * rows, 4 * rank * (rows + columns), 8 * nonzero + 4 * rows, 4 * nonzero + math.ceil(n / 8)


def bytes_predicted__all_wrong(rows, columns, rank, nonzero):
    """none: counts numbers, not bytes, everywhere."""
    n = rows * columns
    return n, rank * (rows + columns), 2 * nonzero + rows, nonzero + n


def mask_counterexample__of_random_weights():
    """all-different: random weights have no ties."""
    return np.random.default_rng(0).normal(size=40), np.ones(40, dtype=int), 0.5


def mask_counterexample__ties_of_the_largest():
    """ties-above: the weights that stay are equal."""
    return np.array([1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]), np.ones(10, dtype=int), 0.1


def mask_counterexample__rounds_to_none():
    """nothing-asked: 0.04 of ten weights is none."""
    return np.array([1.0] * 6 + [2.0, 2.0, 3.0, 4.0]), np.ones(10, dtype=int), 0.04


def mask_mended__plain_argsort(w, mask, fraction):
    """unstable: np.argsort as it is."""
    flat, left = np.array(mask, dtype=int).ravel(), np.flatnonzero(mask)
    flat[left[np.argsort(np.abs(np.asarray(w, dtype=float)).ravel()[left])[: round(fraction * len(left))]]] = 0
    return flat.reshape(np.shape(mask))


def slots_mended__cleared(q, k, v, k_slots, v_slots, length):
    """cleared-but-counted: empty slots are set to 0 and take part."""
    k_slots, v_slots = k_slots.astype(float), v_slots.astype(float)
    k_slots[:, length], v_slots[:, length] = k, v
    keys, values = k_slots.copy(), v_slots.copy()
    keys[:, length + 1 :], values[:, length + 1 :] = 0, 0
    p = softmax(np.einsum("hd,hmd->hm", q, keys) / np.sqrt(q.shape[1]))
    return np.einsum("hm,hmd->hd", p, values), k_slots, v_slots


def slots_mended__minus_1e9(q, k, v, k_slots, v_slots, length):
    """minus-large: -1e9 is added to the scores of empty slots, nan is cleared."""
    k_slots, v_slots = k_slots.astype(float), v_slots.astype(float)
    k_slots[:, length], v_slots[:, length] = k, v
    hidden = np.arange(k_slots.shape[1]) > length
    p = softmax(np.einsum("hd,hmd->hm", q, np.nan_to_num(k_slots)) / np.sqrt(q.shape[1]) - 1e9 * hidden)
    return np.einsum("hm,hmd->hd", p, np.nan_to_num(v_slots)), k_slots, v_slots


def bytes_predicted__scale_for_each_column(rows, columns, rank, nonzero):
    """scales-by-column: a float32 for each column."""
    n = rows * columns
    return n + 4 * columns, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + (n + 7) // 8


def bytes_predicted__int64_indices(rows, columns, rank, nonzero):
    """long-indices: numpy's own whole numbers have eight bytes."""
    n = rows * columns
    return n + 4 * rows, 4 * rank * (rows + columns), 12 * nonzero + 8 * (rows + 1), 4 * nonzero + (n + 7) // 8


def bytes_predicted__np_ceil(rows, columns, rank, nonzero):
    """float-ceiling: np.ceil of a quotient."""
    n = rows * columns
    return n + 4 * rows, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + np.ceil(n / 8)
