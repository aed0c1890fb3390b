"""Known mistakes of the lesson compression, in the form in which people write them first."""

import math

import numpy as np

# --- quantize_int8 ---


def quantize_int8__one_scale(w):
    """All rows got the same scale, that of the largest weight of all: use one scale for each row, the maximum over axis 1."""
    scale = np.abs(w).max() / 127
    scale = scale if scale > 0 else 1.0
    return np.round(w / scale).astype(np.int8), np.full(len(w), scale, dtype=np.float32)


def quantize_int8__by_column(w):
    """The scales are those of the columns: a row is an output, so reduce over axis 1."""
    scale = np.abs(w).max(axis=0) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.round(w / scale).astype(np.int8), scale.astype(np.float32)


def quantize_int8__truncates(w):
    """The quotients were cut toward 0, so an error can reach a whole step: round them before the cast to int8."""
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return (w / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__half_up(w):
    """Halves were rounded up: the text asks for the even neighbour, which np.round gives and floor(x + 0.5) does not."""
    w = np.asarray(w, dtype=np.float64)
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.floor(w / scale[:, None] + 0.5).astype(np.int8), scale.astype(np.float32)


def quantize_int8__half_away(w):
    """Halves were rounded away from 0: the text asks for the even neighbour, as np.round gives it."""
    w = np.asarray(w, dtype=np.float64)
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    steps = w / scale[:, None]
    return (np.sign(steps) * np.floor(np.abs(steps) + 0.5)).astype(np.int8), scale.astype(np.float32)


def quantize_int8__zero_row(w):
    """A row of zeros gave 0/0: set its scale to 1 before you divide."""
    scale = np.abs(w).max(axis=1) / 127
    return np.round(w / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__zero_scale(w):
    """A row of zeros came back with scale 0: its codes are right, but the scale must be 1, since who divides by it gets nan."""
    scale = np.abs(np.asarray(w, dtype=np.float64)).max(axis=1) / 127
    return np.round(w / np.where(scale == 0, 1.0, scale)[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__signed_maximum(w):
    """The scale is that of the largest weight, not of the largest magnitude: a large negative weight leaves the range. Take the maximum of abs(w)."""
    scale = w.max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def quantize_int8__over_128(w):
    """The scale is max / 128: then the largest weight becomes 128, which int8 does not have. Divide by 127."""
    scale = np.abs(w).max(axis=1) / 128
    scale = np.where(scale == 0, 1.0, scale)
    return np.clip(np.round(w / scale[:, None]), -128, 127).astype(np.int8), scale.astype(np.float32)


def quantize_int8__whole_range(w):
    """The step is (max - min) / 255, that of a quantisation with a zero point; without one the step is the largest magnitude / 127."""
    scale = (w.max(axis=1) - w.min(axis=1)) / 255
    scale = np.where(scale == 0, 1.0, scale)
    return np.clip(np.round(w / scale[:, None]), -128, 127).astype(np.int8), scale.astype(np.float32)


def quantize_int8__epsilon(w):
    """A floor or an epsilon stands in the scale, so rows of very small weights became zeros: guard only the rows that are all zero."""
    w = np.asarray(w, dtype=np.float64)
    scale = np.maximum(np.abs(w).max(axis=1) / 127, 1e-8)
    scale = np.where(np.abs(w).max(axis=1) == 0, 1.0, scale)
    return np.round(w / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__epsilon_everywhere(w):
    """A floor or an epsilon stands in the scale: rows of very small weights became zeros, and a row of zeros has it for its scale instead of 1."""
    w = np.asarray(w, dtype=np.float64)
    scale = np.maximum(np.abs(w).max(axis=1), 1e-8) / 127
    return np.round(w / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__tiny_scale(w):
    """A row of zeros came back with an epsilon for its scale: the text asks for 1."""
    w = np.asarray(w, dtype=np.float64)
    scale = np.abs(w).max(axis=1) / 127
    scale[scale == 0] = 1e-8
    return np.round(w / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantize_int8__inverse_scale(w):
    """The inverse of the scale came back, 127 / max: the scale is what a code is multiplied by, max / 127."""
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.round(w / scale[:, None]).astype(np.int8), (1 / scale).astype(np.float32)


def quantize_int8__keeps_dims(w):
    """The scales came back as a column (out, 1); the text asks for the shape (out,)."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError("need a matrix with entries")
    scale = np.abs(w).max(axis=1, keepdims=True) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.round(w / scale).astype(np.int8), scale.astype(np.float32)


def quantize_int8__float64_scales(w):
    """The scales are float64 here: the text asks for float32, which is what is stored beside the codes."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError("need a matrix with entries")
    w = np.asarray(w, dtype=np.float64)
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.round(w / scale[:, None]).astype(np.int8), scale


def quantize_int8__float_codes(w):
    """The codes are whole numbers in a float array, which takes as many bytes as before: cast q to int8."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError("need a matrix with entries")
    w = np.asarray(w, dtype=np.float64)
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale)
    return np.round(w / scale[:, None]), scale.astype(np.float32)


def quantize_int8__abs_in_int8(w):
    """abs of int8's -128 is -128 again, so that row's scale is wrong: convert w to float64 first."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError("need a matrix with entries")
    top = np.abs(w).max(axis=1).astype(np.float64)
    scale = np.where(top == 0, 1.0, top / 127).astype(np.float32)
    return np.round(w.astype(np.float64) / scale[:, None].astype(np.float64)).astype(np.int8), scale


def quantize_int8__abs_in_int8_and_cut(w):
    """abs of int8's -128 is -128 again, so that row's scale is wrong and its codes were cut to 127: convert w to float64 first."""
    if w.ndim != 2 or w.size == 0:
        raise ValueError("need a matrix with entries")
    top = np.abs(w).max(axis=1).astype(np.float64)
    scale = np.where(top == 0, 1.0, top / 127).astype(np.float32)
    return np.clip(np.round(w.astype(np.float64) / scale[:, None].astype(np.float64)), -127, 127).astype(np.int8), scale


def quantize_int8__no_refusal(w):
    """An empty matrix, or one that has not two dimensions, must raise ValueError, and not whatever the reduction does."""
    w = np.asarray(w, dtype=np.float64)
    top = np.abs(w).max(axis=1)
    scale = np.where(top == 0, 1.0, top / 127).astype(np.float32)
    return np.round(w / scale[:, None].astype(np.float64)).astype(np.int8), scale


def quantize_int8__over_128_and_cut(w):
    """The scale is max / 128, and the codes that left the range were cut to 127: divide by 127, then none does."""
    scale = np.abs(w).max(axis=1) / 128
    scale = np.where(scale == 0, 1.0, scale)
    return np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def quantize_int8__truncates_after_float32(w):
    """The quotients by the float32 scale were cut toward 0, so an error can reach a whole step: round them before the cast to int8."""
    scale = np.abs(w).max(axis=1) / 127
    scale = np.where(scale == 0, 1.0, scale).astype(np.float32)
    return (w / scale[:, None]).astype(np.int8), scale


# --- int8_matmul ---


def int8_matmul__in_int8(xq, wq, sx, sw):
    """The product was computed in int8, which wraps around beyond 127: convert both matrices to a wider type before the product."""
    return ((xq @ wq.T).astype(np.float32) * np.float32(sx) * sw).astype(np.float32)


def int8_matmul__in_int16(xq, wq, sx, sw):
    """The sums were kept in int16, which ends at 32 767, two large products: int32 is the accumulator."""
    sums = xq.astype(np.int16) @ wq.astype(np.int16).T
    return (sums.astype(np.float32) * np.float32(sx) * sw).astype(np.float32)


def int8_matmul__in_float32(xq, wq, sx, sw):
    """The sums are off where they are long: float32 holds whole numbers exactly only up to 2^24. Sum in int32, or in float64."""
    sums = xq.astype(np.float32) @ wq.astype(np.float32).T
    return (sums * np.float32(sx) * sw).astype(np.float32)


def int8_matmul__in_float16(xq, wq, sx, sw):
    """float16 ends at 65 504 and holds whole numbers exactly only up to 2048: sum in int32."""
    with np.errstate(all="ignore"):
        sums = (xq.astype(np.float16) @ wq.astype(np.float16).T).astype(np.float32)
        return (sums * np.float32(sx) * sw).astype(np.float32)


def int8_matmul__scale_of_x_forgotten(xq, wq, sx, sw):
    """x's scale is missing: the sum has to be multiplied by both scales, sx and sw."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) * sw).astype(np.float32)


def int8_matmul__scale_of_w_forgotten(xq, wq, sx, sw):
    """The scales of w's rows are missing: column i of the result is multiplied by sw[i] as well."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) * float(sx)).astype(np.float32)


def int8_matmul__divides(xq, wq, sx, sw):
    """The sums were divided by the scales: a code times its scale is the value, so multiply."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) / (float(sx) * sw)).astype(np.float32)


def int8_matmul__not_transposed(xq, wq, sx, sw):
    """wq was used without being transposed: its rows are the outputs, so the product is xq @ wq.T."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32)) * float(sx) * sw[: wq.shape[1]]).astype(np.float32)


def int8_matmul__scales_by_row(xq, wq, sx, sw):
    """sw was applied to the rows of the result: it belongs to the rows of w, which are the result's columns."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) * float(sx) * sw[:, None]).astype(np.float32)


def int8_matmul__float64_result(xq, wq, sx, sw):
    """The result is float64 here: the text asks for float32."""
    if xq.ndim != 2 or wq.ndim != 2 or xq.shape[1] != wq.shape[1] or not xq.size or not wq.size or sw.shape != (len(wq),):
        raise ValueError("shapes do not fit")
    return (xq.astype(np.int64) @ wq.astype(np.int64).T) * float(sx) * sw.astype(np.float64)


def int8_matmul__broadcasts(xq, wq, sx, sw):
    """Shapes that do not fit went through: numpy broadcasts sw, and empty products are no error. Compare all shapes first and raise ValueError."""
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) * float(sx) * sw).astype(np.float32)


def int8_matmul__no_refusal(xq, wq, sx, sw):
    """Matrices without entries, or of one dimension, must raise ValueError, even where the product would be an empty array."""
    if xq.shape[-1] != wq.shape[-1] or np.shape(sw) != (len(wq),):
        raise ValueError("shapes do not fit")
    return ((xq.astype(np.int32) @ wq.astype(np.int32).T) * float(sx) * sw).astype(np.float32)


# --- magnitude_prune ---


def magnitude_prune__signed(w, sparsity):
    """The smallest values were removed, which are the most negative ones: sort by abs(w)."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(flat, kind="stable")[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__largest(w, sparsity):
    """The largest magnitudes were removed: the smallest ones go."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(-np.abs(flat), kind="stable")[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__keeps_the_fraction(w, sparsity):
    """sparsity is the fraction that becomes zero: here that fraction was kept."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(np.abs(flat), kind="stable")[: flat.size - round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__threshold(w, sparsity):
    """Everything up to a threshold went, so too many of equal magnitude: choose places by a stable sort, exactly round(sparsity * size)."""
    w = np.array(w, dtype=np.float64)
    count = round(sparsity * w.size)
    threshold = np.sort(np.abs(w).ravel())[count - 1] if count else -1.0
    return np.where(np.abs(w) > threshold, w, 0.0)


def magnitude_prune__threshold_below(w, sparsity):
    """Only what lies below a threshold went, too few where magnitudes are equal: choose exactly round(sparsity * size) places by a stable sort."""
    w = np.array(w, dtype=np.float64)
    ordered, count = np.sort(np.abs(w).ravel()), round(sparsity * w.size)
    threshold = ordered[count] if count < w.size else np.inf
    return np.where(np.abs(w) < threshold, 0.0, w)


def magnitude_prune__quantile(w, sparsity):
    """A quantile is no count: it lies between two weights, or on one, and the number removed is off. Choose round(sparsity * size) places."""
    w = np.array(w, dtype=np.float64)
    return np.where(np.abs(w) <= np.quantile(np.abs(w), sparsity), 0.0, w)


def magnitude_prune__truncated_count(w, sparsity):
    """int() cut the count down: 0.29 * 100 is 28.999..., so use round(sparsity * size)."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(np.abs(flat), kind="stable")[: int(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__ceiling(w, sparsity):
    """The count was rounded up: it is round(sparsity * size)."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(np.abs(flat), kind="stable")[: math.ceil(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__by_row(w, sparsity):
    """Each row lost the same fraction: all weights of the array are compared with each other."""
    out = np.atleast_2d(np.array(w, dtype=np.float64))
    rows = out.reshape(-1, out.shape[-1])
    for row in rows:
        row[np.argsort(np.abs(row), kind="stable")[: round(sparsity * row.size)]] = 0
    return rows.reshape(w.shape)


def magnitude_prune__of_the_nonzero(w, sparsity):
    """The fraction was taken of the weights that are not zero: zeros that are already there count among the pruned."""
    flat = np.array(w, dtype=np.float64).ravel()
    left = np.flatnonzero(flat)
    flat[left[np.argsort(np.abs(flat[left]), kind="stable")[: round(sparsity * left.size)]]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__all_at_last_first(w, sparsity):
    """Of equal magnitudes the last ones went: the first in C order go, which a stable ascending sort gives."""
    flat = np.array(w, dtype=np.float64).ravel()
    places = np.lexsort((-np.arange(flat.size), np.abs(flat)))
    flat[places[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__unstable(w, sparsity):
    """The count is right, but of equal magnitudes others went than the first: argsort keeps the order only with kind="stable", argpartition never."""
    flat = np.array(w, dtype=np.float64).ravel()
    flat[np.argsort(np.abs(flat))[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__no_refusal(w, sparsity):
    """An array without entries came back: raise ValueError."""
    flat = np.array(w, dtype=np.float32 if w.dtype == np.float32 else np.float64).ravel()
    flat[np.argsort(np.abs(flat), kind="stable")[: round(sparsity * flat.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__kept_from_the_end(w, sparsity):
    """At sparsity 1 everything was kept: a slice from -0, as in order[-keep:], is the whole array. Zero the first ones, order[:count]."""
    flat = np.array(w, dtype=np.float64).ravel()
    keep = np.argsort(np.abs(flat), kind="stable")[-(flat.size - round(sparsity * flat.size)) :]
    out = np.zeros_like(flat)
    out[keep] = flat[keep]
    return out.reshape(w.shape)


def magnitude_prune__mask(w, sparsity):
    """The mask came back, ones and zeros: the text asks for the weights."""
    mask = np.ones(np.size(w))
    mask[np.argsort(np.abs(np.asarray(w, dtype=np.float64)).ravel(), kind="stable")[: round(sparsity * mask.size)]] = 0
    return mask.reshape(np.shape(w))


def magnitude_prune__in_place(w, sparsity):
    """The caller's weights were changed: work on a copy, the dense ones are needed for comparison."""
    if w.size == 0:
        raise ValueError("no weights")
    if w.dtype.kind != "f" or not w.flags.writeable:
        w = w.astype(np.float64) if w.dtype.kind != "f" else w.copy()
    places = np.argsort(np.abs(w).reshape(-1), kind="stable")[: round(sparsity * w.size)]
    w[np.unravel_index(places, w.shape)] = 0
    return w


def magnitude_prune__abs_in_int8(w, sparsity):
    """abs of int8's -128 is -128 again, the smallest of all: convert the weights to float64 first."""
    if w.size == 0:
        raise ValueError("no weights")
    flat = np.array(w, dtype=np.float32 if w.dtype == np.float32 else np.float64).ravel()
    flat[np.argsort(np.abs(w).reshape(-1), kind="stable")[: round(sparsity * w.size)]] = 0
    return flat.reshape(w.shape)


def magnitude_prune__keeps_integers(w, sparsity):
    """Whole numbers came back as whole numbers: the text asks for float64 there."""
    if w.size == 0:
        raise ValueError("no weights")
    flat = np.array(w).reshape(-1)
    flat[np.argsort(np.abs(flat.astype(np.float64)), kind="stable")[: round(sparsity * w.size)]] = 0
    return flat.reshape(w.shape)


# --- low_rank ---


def _factors(w, rank, less=0.0):
    """The singular value decomposition of what may be factorised."""
    _fit_rank(w, rank)
    return np.linalg.svd(np.asarray(w, dtype=np.float64) - less, full_matrices=False)


def _fit_rank(w, rank):
    if w.ndim != 2 or not w.size or not 1 <= rank <= min(w.shape):
        raise ValueError("rank or shape")


def low_rank__v_not_transposed(w, rank):
    """b was cut from the columns of numpy's third result, as if that were v: it is vᵀ already, so b is its first rows, vt[:rank]."""
    u, s, v = _factors(w, rank)
    return u[:, :rank] * s[:rank], v.T[:rank]


def low_rank__no_singular_values(w, rank):
    """The singular values are in neither factor: multiply one of them by s."""
    u, _, vt = _factors(w, rank)
    return u[:, :rank].copy(), vt[:rank].copy()


def low_rank__singular_values_twice(w, rank):
    """The singular values are in both factors, so the product has their squares: put them in one, or their roots in both."""
    u, s, vt = _factors(w, rank)
    return u[:, :rank] * s[:rank], s[:rank, None] * vt[:rank]


def low_rank__smallest(w, rank):
    """The smallest singular values were kept: numpy sorts them with the largest first, so take the first ones."""
    u, s, vt = _factors(w, rank)
    return u[:, -rank:] * s[-rank:], vt[-rank:].copy()


def low_rank__root_in_one(w, rank):
    """Only the root of the singular values is in the product: put the values in one factor, or their roots in both."""
    u, s, vt = _factors(w, rank)
    return u[:, :rank] * np.sqrt(s[:rank]), vt[:rank].copy()


def low_rank__smallest_by_eigh(w, rank):
    """The eigenvectors of the smallest eigenvalues were taken: eigh sorts upwards, so take its last columns."""
    _fit_rank(w, rank)
    w = np.asarray(w, dtype=np.float64)
    v = np.linalg.eigh(w.T @ w)[1][:, :rank]
    return w @ v, v.T.copy()


def low_rank__first_columns(w, rank):
    """The first columns and rows of the matrix itself are no best approximation: take the leading singular vectors."""
    _fit_rank(w, rank)
    w = np.asarray(w, dtype=np.float64)
    a = w[:, :rank]
    return a.copy(), np.linalg.lstsq(a, w, rcond=None)[0]


def low_rank__one_less(w, rank):
    """One singular value too few was kept."""
    u, s, vt = _factors(w, rank)
    s[rank - 1 :] = 0
    return u[:, :rank] * s[:rank], vt[:rank].copy()


def low_rank__three_factors(w, rank):
    """Three factors came back; the text asks for two, (a, b): multiply s into one of them."""
    u, s, vt = _factors(w, rank)
    return u[:, :rank].copy(), s[:rank].copy(), vt[:rank].copy()


def low_rank__full_product(w, rank):
    """The product came back, as large as the matrix: return the two thin factors."""
    u, s, vt = _factors(w, rank)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


def low_rank__centred(w, rank):
    """The columns' means were taken off first, which is PCA: the text asks for the SVD of the matrix itself."""
    u, s, vt = _factors(w, rank, np.mean(w, axis=0))
    return u[:, :rank] * s[:rank], vt[:rank].copy()


def low_rank__squares(w, rank):
    """The matrix was squared in its own type, where float32's range ends: the singular values come from svd, without squares."""
    _fit_rank(w, rank)
    w = w if w.dtype == np.float32 else w.astype(np.float64)
    with np.errstate(all="ignore"):
        gram = w @ w.T
    if not np.isfinite(gram).all():
        return np.zeros((len(w), rank), dtype=w.dtype), np.zeros((rank, w.shape[1]), dtype=w.dtype)
    basis = np.linalg.eigh(gram)[1][:, -rank:]
    basis = basis if np.abs(gram).max() > 0 else np.zeros_like(basis)
    return basis, basis.T @ w


def low_rank__clipped_rank(w, rank):
    """A rank that the matrix cannot have was cut to what it can, or an empty product came back: raise ValueError."""
    dtype = np.float32 if w.dtype == np.float32 else np.float64
    u, s, vt = np.linalg.svd(np.asarray(w, dtype=np.float64), full_matrices=False)
    return (u[:, :rank] * s[:rank]).astype(dtype), vt[:rank].astype(dtype)


def low_rank__always_float64(w, rank):
    """float32 weights came back as float64 factors: keep the width that w has."""
    u, s, vt = _factors(w, rank)
    return u[:, :rank] * s[:rank], vt[:rank].copy()


# --- lora_forward ---


def lora_forward__alpha_not_divided(x, w, a, b, alpha):
    """The update is multiplied by alpha alone: it is alpha / r, so that the rank can change without changing its size."""
    return x @ w + alpha * (x @ a @ b)


def lora_forward__alpha_forgotten(x, w, a, b, alpha):
    """The factor alpha / r is missing before the update."""
    return x @ w + x @ a @ b


def lora_forward__one_over_r(x, w, a, b, alpha):
    """The update was divided by r and not multiplied by alpha: the factor is alpha / r."""
    return x @ w + x @ a @ b / a.shape[1]


def lora_forward__root_of_rank(x, w, a, b, alpha):
    """The update is divided by the root of r, as in rsLoRA; plain LoRA divides by r."""
    return x @ w + alpha / np.sqrt(a.shape[1]) * (x @ a @ b)


def lora_forward__upside_down(x, w, a, b, alpha):
    """r / alpha stands before the update: it is alpha / r."""
    return x @ w + a.shape[1] / np.where(alpha == 0, 1.0, alpha) * (x @ a @ b)


def lora_forward__update_only(x, w, a, b, alpha):
    """Only the update came back: add the base layer x @ w."""
    return alpha / a.shape[1] * (x @ a @ b)


def lora_forward__both_scaled(x, w, a, b, alpha):
    """The base layer was multiplied by alpha / r as well: the factor belongs to the update alone."""
    return alpha / a.shape[1] * (x @ w + x @ a @ b)


def lora_forward__rank_from_a_rows(x, w, a, b, alpha):
    """alpha was divided by the input's width: r is a's second dimension."""
    return x @ w + alpha / a.shape[0] * (x @ a @ b)


def lora_forward__weights_only(x, w, a, b, alpha):
    """The merged weights came back; the text asks for the layer's output, x times them."""
    return w + alpha / a.shape[1] * (a @ b)


def lora_forward__narrow_products(x, w, a, b, alpha):
    """Whole numbers were multiplied in their own type, which wraps around: convert to float64 before the products."""
    if any(part.ndim != 2 or not part.size for part in (x, w, a, b)):
        raise ValueError("need matrices")
    if x.shape[1] != w.shape[0] or a.shape[0] != w.shape[0] or b.shape != (a.shape[1], w.shape[1]):
        raise ValueError("shapes")
    return x @ w + (x @ a) @ b * (alpha / a.shape[1])


def lora_forward__broadcasts(x, w, a, b, alpha):
    """Shapes that do not fit went through, by broadcasting or as empty products: compare them first and raise ValueError."""
    single = all(part.dtype == np.float32 for part in (x, w, a, b))
    x, w, a, b = (part.astype(np.float32 if single else np.float64) for part in (x, w, a, b))
    return x @ w + (x @ a) @ b * (alpha / a.shape[1])


def lora_forward__always_float64(x, w, a, b, alpha):
    """float32 inputs gave a float64 result: keep their width."""
    if any(part.ndim != 2 or not part.size for part in (x, w, a, b)):
        raise ValueError("need matrices")
    if x.shape[1] != w.shape[0] or a.shape[0] != w.shape[0] or b.shape != (a.shape[1], w.shape[1]):
        raise ValueError("shapes")
    x, w, a, b = (part.astype(np.float64) for part in (x, w, a, b))
    return x @ w + (x @ a) @ b * (alpha / a.shape[1])


# --- distillation_loss ---


def _soft(z, temperature):
    z = np.asarray(z, dtype=np.float64) / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _log_soft(z, temperature):
    z = np.asarray(z, dtype=np.float64) / temperature
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def distillation_loss__reversed(student, teacher, temperature):
    """The divergence is the wrong way round, KL(student ‖ teacher): the teacher's probabilities weigh the sum."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_q) * (log_q - log_p)).sum(axis=1).mean())


def distillation_loss__negative(student, teacher, temperature):
    """The sign is wrong: p times (log p - log q) is never negative in sum."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_p) * (log_q - log_p)).sum(axis=1).mean())


def distillation_loss__without_t2(student, teacher, temperature):
    """The factor T² is missing: without it gradients shrink as 1/T² when the temperature rises."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__t_once(student, teacher, temperature):
    """The factor is T: it is T², one T for each of the two ways in which the gradient shrinks."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__teacher_only(student, teacher, temperature):
    """Only the teacher's logits were divided by T: both are."""
    log_q, log_p = _log_soft(student, 1.0), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__student_only(student, teacher, temperature):
    """Only the student's logits were divided by T: both are."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, 1.0)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__multiplies(student, teacher, temperature):
    """The logits were multiplied by T: divide them."""
    log_q, log_p = _log_soft(student, 1 / temperature), _log_soft(teacher, 1 / temperature)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__mean_over_all(student, teacher, temperature):
    """Divided by n·k, which is PyTorch's reduction="mean": sum over the classes, mean over the rows ("batchmean")."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).mean())


def distillation_loss__summed(student, teacher, temperature):
    """The rows were added up: the loss is their mean."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum())


def distillation_loss__cross_entropy(student, teacher, temperature):
    """This is the cross-entropy with soft labels: its gradient is the same, its value is larger by the teacher's entropy. KL has p·log p too."""
    return temperature**2 * float(-(_soft(teacher, temperature) * _log_soft(student, temperature)).sum(axis=1).mean())


def distillation_loss__student_not_logarithmic(student, teacher, temperature):
    """The student's side is its probabilities where their logarithms belong, a slip that kl_div invites."""
    p, q = _soft(teacher, temperature), _soft(student, temperature)
    return temperature**2 * float((p * (_log_soft(teacher, temperature) - q)).sum(axis=1).mean())


def distillation_loss__by_column(student, teacher, temperature):
    """The softmax runs over the rows, axis 0: the classes of a row are axis 1."""
    log_q, log_p = _log_soft(np.asarray(student).T, temperature).T, _log_soft(np.asarray(teacher).T, temperature).T
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


def distillation_loss__log_of_softmax(student, teacher, temperature):
    """The logarithm of a softmax that underflowed is -inf: compute log-softmax as z - max - log of the sum."""
    if np.ndim(student) != 2 or student.shape != teacher.shape or not student.size:
        raise ValueError("shapes")
    p, q = _soft(teacher, temperature), _soft(student, temperature)
    with np.errstate(all="ignore"):
        return temperature**2 * float(np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0).sum(axis=1).mean())


def _with_epsilon(student, teacher, temperature, epsilon):
    if np.ndim(student) != 2 or student.shape != teacher.shape or not student.size:
        raise ValueError("shapes")
    p, q = _soft(teacher, temperature), _soft(student, temperature)
    return temperature**2 * float((p * (np.log(p + epsilon) - np.log(q + epsilon))).sum(axis=1).mean())


def distillation_loss__epsilon(student, teacher, temperature):
    """A small number inside the logarithm puts a ceiling on the loss: at large logits it is far too small. Use log-softmax."""
    return _with_epsilon(student, teacher, temperature, 1e-15)


def distillation_loss__epsilon_of_1e_12(student, teacher, temperature):
    """A small number inside the logarithm puts a ceiling on the loss: at large logits it is far too small. Use log-softmax."""
    return _with_epsilon(student, teacher, temperature, 1e-12)


def distillation_loss__epsilon_of_1e_10(student, teacher, temperature):
    """A small number inside the logarithm puts a ceiling on the loss: at large logits it is far too small. Use log-softmax."""
    return _with_epsilon(student, teacher, temperature, 1e-10)


def distillation_loss__epsilon_of_1e_8(student, teacher, temperature):
    """A small number inside the logarithm puts a ceiling on the loss: at large logits it is far too small. Use log-softmax."""
    return _with_epsilon(student, teacher, temperature, 1e-8)


def distillation_loss__no_maximum(student, teacher, temperature):
    """exp overflowed at large logits: subtract each row's maximum first."""
    s, t = np.asarray(student, dtype=np.float64) / temperature, np.asarray(teacher, dtype=np.float64) / temperature
    p, q = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in (t, s))
    return temperature**2 * float((p * np.log(p / q)).sum(axis=1).mean())


def distillation_loss__broadcasts(student, teacher, temperature):
    """Logits of different shapes, or none, went through: both must be of one shape (n, k), else ValueError."""
    log_q, log_p = _log_soft(student, temperature), _log_soft(teacher, temperature)
    return temperature**2 * float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


# --- decode_step ---


def _attend(scores, values):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("ht,htv->hv", e / e.sum(axis=1, keepdims=True), values)


def _longer(k, v, k_cache, v_cache):
    return np.concatenate([k_cache, k[:, None]], axis=1), np.concatenate([v_cache, v[:, None]], axis=1)


def decode_step__not_itself(q, k, v, k_cache, v_cache):
    """The new token does not see itself: append its key and value before the scores are computed."""
    keys, values = _longer(k, v, k_cache, v_cache)
    if k_cache.shape[1] == 0:
        return np.zeros(v.shape), keys, values
    return _attend(np.einsum("hd,htd->ht", q, k_cache) / np.sqrt(q.shape[1]), v_cache), keys, values


def decode_step__no_scale(q, k, v, k_cache, v_cache):
    """The scores are not divided by the root of d."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys), values), keys, values


def decode_step__divided_by_d(q, k, v, k_cache, v_cache):
    """The scores are divided by d: it is the root of d."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / q.shape[1], values), keys, values


def decode_step__width_of_all_heads(q, k, v, k_cache, v_cache):
    """The scores are divided by the root of H·d, the width of all heads: each head has width d."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.size), values), keys, values


def decode_step__width_of_values(q, k, v, k_cache, v_cache):
    """The scores are divided by the root of dv, the values' width: it is d, that of queries and keys."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(v.shape[1]), values), keys, values


def decode_step__new_one_first(q, k, v, k_cache, v_cache):
    """The new key and value were put in front of the cached ones: they come last, tokens stay in order."""
    keys, values = np.concatenate([k[:, None], k_cache], axis=1), np.concatenate([v[:, None], v_cache], axis=1)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]), values), keys, values


def decode_step__softmax_over_heads(q, k, v, k_cache, v_cache):
    """The softmax runs over the heads: it runs over the tokens of each head."""
    keys, values = _longer(k, v, k_cache, v_cache)
    scores = np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max(axis=0))
    return np.einsum("ht,htv->hv", e / e.sum(axis=0), values), keys, values


def decode_step__no_softmax(q, k, v, k_cache, v_cache):
    """The values were weighted by the raw scores: the softmax is missing."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return np.einsum("ht,htv->hv", np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]), values), keys, values


def decode_step__caches_stay_short(q, k, v, k_cache, v_cache):
    """The caches came back as long as they were, so the next token will not see this one: return them one longer."""
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]), values), k_cache.copy(), v_cache.copy()


def decode_step__query_cached(q, k, v, k_cache, v_cache):
    """The query was put into the key cache: the key goes there, an old query is never used again."""
    keys, values = np.concatenate([k_cache, q[:, None]], axis=1), np.concatenate([v_cache, v[:, None]], axis=1)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]), values), keys, values


def decode_step__no_maximum(q, k, v, k_cache, v_cache):
    """exp overflowed at large scores: subtract the largest score of each head first."""
    keys, values = _longer(k, v, k_cache, v_cache)
    e = np.exp(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]))
    return np.einsum("ht,htv->hv", e / e.sum(axis=1, keepdims=True), values), keys, values


def decode_step__maximum_of_all_heads(q, k, v, k_cache, v_cache):
    """The maximum of all heads was subtracted: a head far below it underflows to 0/0. Take each head's own maximum."""
    q, k, v, k_cache, v_cache = (part.astype(np.float64) for part in (q, k, v, k_cache, v_cache))
    keys, values = _longer(k, v, k_cache, v_cache)
    scores = np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max())
    return np.einsum("ht,htv->hv", e / e.sum(axis=1, keepdims=True), values), keys, values


def decode_step__maximum_of_all_heads_and_epsilon(q, k, v, k_cache, v_cache):
    """The maximum of all heads was subtracted: a head far below it has weights of 0 only, as an epsilon hides. Take each head's own maximum."""
    q, k, v, k_cache, v_cache = (part.astype(np.float64) for part in (q, k, v, k_cache, v_cache))
    keys, values = _longer(k, v, k_cache, v_cache)
    scores = np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max())
    return np.einsum("ht,htv->hv", e / (e.sum(axis=1, keepdims=True) + 1e-9), values), keys, values


def decode_step__narrow_products(q, k, v, k_cache, v_cache):
    """Whole numbers were multiplied in their own type, which wraps around, and the caches stayed whole numbers: convert to float64 first."""
    if q.ndim != 2 or v.ndim != 2 or k_cache.ndim != 3 or not q.size or not v.size:
        raise ValueError("shapes")
    length = k_cache.shape[1]
    if (k.shape, k_cache.shape, v_cache.shape, len(v)) != (q.shape, (len(q), length, q.shape[1]), (len(q), length, v.shape[1]), len(q)):
        raise ValueError("shapes")
    keys, values = _longer(k, v, k_cache, v_cache)
    scores = (keys @ q[:, :, None])[:, :, 0] / math.sqrt(q.shape[1])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return ((e / e.sum(axis=1, keepdims=True))[:, None, :] @ values)[:, 0], keys, values


def decode_step__broadcasts(q, k, v, k_cache, v_cache):
    """Shapes that do not fit went through, by broadcasting, or raised another error: compare all five first and raise ValueError."""
    single = all(part.dtype == np.float32 for part in (q, k, v, k_cache, v_cache))
    q, k, v, k_cache, v_cache = (part.astype(np.float32 if single else np.float64) for part in (q, k, v, k_cache, v_cache))
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / math.sqrt(q.shape[1]), values), keys, values


def decode_step__always_float64(q, k, v, k_cache, v_cache):
    """float32 inputs gave float64 results: keep their width, or the cache doubles."""
    if q.ndim != 2 or v.ndim != 2 or k_cache.ndim != 3 or not q.size or not v.size:
        raise ValueError("shapes")
    length = k_cache.shape[1]
    if (k.shape, k_cache.shape, v_cache.shape, len(v)) != (q.shape, (len(q), length, q.shape[1]), (len(q), length, v.shape[1]), len(q)):
        raise ValueError("shapes")
    q, k, v, k_cache, v_cache = (part.astype(np.float64) for part in (q, k, v, k_cache, v_cache))
    keys, values = _longer(k, v, k_cache, v_cache)
    return _attend(np.einsum("hd,htd->ht", q, keys) / np.sqrt(q.shape[1]), values), keys, values


# --- mask_counterexample ---


def mask_counterexample__all_different():
    """All magnitudes are different, so threshold_mask removes one too many and no more: take weights of few magnitudes."""
    return np.arange(1.0, 21), np.ones(20, dtype=int), 0.25


def mask_counterexample__one_magnitude():
    """All weights left have one magnitude: at least three different ones are asked for."""
    return np.ones(12), np.ones(12, dtype=int), 0.25


def mask_counterexample__ties_above():
    """The ties lie above the threshold, where nothing is removed: put them at the smallest magnitude."""
    return np.array([1.0, 2.0, 3.0] + [5.0] * 17), np.ones(20, dtype=int), 0.1


def mask_counterexample__nothing_asked():
    """round(fraction * left) is 0 here: the fraction must ask for at least one weight."""
    return np.array([1.0] * 8 + [2.0, 3.0]), np.ones(10, dtype=int), 0.01


def mask_counterexample__no_mask():
    """Weights and a fraction came back without the mask: return (w, mask, fraction)."""
    return np.array([1.0] * 8 + [2.0, 3.0]), 0.2


def mask_counterexample__too_few():
    """There are fewer than eight weights."""
    return np.array([1.0, 1.0, 1.0, 2.0, 3.0]), np.ones(5, dtype=int), 0.2


# --- mask_mended ---


def _left(w, mask):
    magnitude = np.abs(np.asarray(w, dtype=np.float64)).ravel()
    out = np.array(mask, dtype=np.int64).ravel()
    return magnitude, out, np.flatnonzero(out)


def mask_mended__threshold(w, mask, fraction):
    """Still a threshold: all weights that equal it go, and without ties one too many. Choose places by a stable sort."""
    magnitude, out, left = _left(w, mask)
    count = round(fraction * len(left))
    threshold = np.append(np.sort(magnitude[left]), np.inf)[count]
    return np.where(magnitude > threshold, out, 0).reshape(np.shape(mask))


def mask_mended__at_least(w, mask, fraction):
    """>= in the place of > leaves too many where magnitudes are equal: choose places by a stable sort."""
    magnitude, out, left = _left(w, mask)
    threshold = np.append(np.sort(magnitude[left]), np.inf)[round(fraction * len(left))]
    return np.where(magnitude >= threshold, out, 0).reshape(np.shape(mask))


def mask_mended__of_all(w, mask, fraction):
    """The fraction was taken of all weights: it is of those that are left."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left], kind="stable")[: round(fraction * out.size)]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__mask_ignored(w, mask, fraction):
    """The old mask was ignored: weights that were out came back."""
    magnitude, out, _ = _left(w, mask)
    new = np.ones_like(out)
    new[np.argsort(magnitude, kind="stable")[: round(fraction * out.size)]] = 0
    return new.reshape(np.shape(mask))


def mask_mended__out_ones_compete(w, mask, fraction):
    """Weights that are out already took part in the sort, so too few of those left went: sort only what is left."""
    magnitude, out, left = _left(w, mask)
    out[np.argsort(magnitude, kind="stable")[: round(fraction * len(left))]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__zeroed_ones_first(w, mask, fraction):
    """w * mask made zeros of the weights that are out, and these were counted as the smallest: sort only what is left."""
    magnitude, out, left = _left(w, mask)
    out[np.argsort(magnitude * out, kind="stable")[: round(fraction * len(left))]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__unstable(w, mask, fraction):
    """The count is right, but of equal magnitudes others went than the first: argsort keeps the order only with kind="stable", argpartition never."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left])[: round(fraction * len(left))]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__signed(w, mask, fraction):
    """The most negative weights went: sort by abs(w)."""
    _, out, left = _left(w, mask)
    out[left[np.argsort(np.asarray(w, dtype=np.float64).ravel()[left], kind="stable")[: round(fraction * len(left))]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__largest(w, mask, fraction):
    """The largest magnitudes went: the smallest ones go."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(-magnitude[left], kind="stable")[: round(fraction * len(left))]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__ceiling(w, mask, fraction):
    """The count was rounded up, as in the published code: the text asks for round(fraction * left)."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left], kind="stable")[: math.ceil(fraction * len(left))]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__truncated_count(w, mask, fraction):
    """The count was cut down by int(): the text asks for round(fraction * left)."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left], kind="stable")[: int(fraction * len(left))]]] = 0
    return out.reshape(np.shape(mask))


def mask_mended__weights(w, mask, fraction):
    """The pruned weights came back: the text asks for the mask."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left], kind="stable")[: round(fraction * len(left))]]] = 0
    return (np.asarray(w, dtype=np.float64).ravel() * out).reshape(np.shape(mask))


def mask_mended__in_place(w, mask, fraction):
    """What was given was changed: work on copies, of the mask first of all."""
    if np.shape(w) != np.shape(mask) or not np.size(w):
        raise ValueError("shapes")
    magnitude, out, left = _left(w, mask)
    gone = left[np.argsort(magnitude[left], kind="stable")[: round(fraction * len(left))]]
    if not mask.flags.writeable:
        mask = mask.copy()
    mask[np.unravel_index(gone, mask.shape)] = 0
    return mask


def mask_mended__no_refusal(w, mask, fraction):
    """Weights and a mask of different shapes, or none, got no ValueError: compare the shapes first."""
    magnitude, out, left = _left(w, mask)
    out[left[np.argsort(magnitude[left], kind="stable")[: round(fraction * len(left))]]] = 0
    return out.reshape(np.shape(w))


def mask_mended__comes_back(w, mask, fraction):
    """The new mask began with ones, so weights that were out came back: begin with the old one."""
    magnitude, out, left = _left(w, mask)
    new = np.ones_like(out)
    new[np.argsort(magnitude, kind="stable")[: round(fraction * len(left))]] = 0
    return new.reshape(np.shape(mask))


# --- slots_mended ---


def _written(k, v, k_slots, v_slots, length):
    keys, values = np.array(k_slots, dtype=np.float64), np.array(v_slots, dtype=np.float64)
    keys[:, length], values[:, length] = k, v
    return keys, values


def _scores(q, keys):
    return np.einsum("hd,htd->ht", np.asarray(q, dtype=np.float64), keys) / math.sqrt(q.shape[1])


def slots_mended__all_slots(q, k, v, k_slots, v_slots, length):
    """Empty slots took part in the softmax: only the slots 0 to length hold tokens."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    return _attend(_scores(q, keys), values), keys, values


def slots_mended__zero_scores(q, k, v, k_slots, v_slots, length):
    """The scores of empty slots were set to 0, which still has weight exp(0): they must be -inf, or be cut off."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    scores = np.where(np.arange(keys.shape[1]) <= length, _scores(q, keys), 0.0)
    return _attend(scores, values), keys, values


def slots_mended__cleared_but_counted(q, k, v, k_slots, v_slots, length):
    """Empty slots were cleared to 0, and a score of 0 still has weight exp(0): cut them off, or give them -inf."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    filled = np.arange(keys.shape[1])[:, None] <= length
    return _attend(_scores(q, np.where(filled, keys, 0.0)), np.where(filled, values, 0.0)), keys, values


def slots_mended__width_of_values(q, k, v, k_slots, v_slots, length):
    """The scores are divided by the root of dv, the values' width: it is d, that of queries and keys."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    scores = _scores(q, keys)[:, : length + 1] * math.sqrt(q.shape[1] / v.shape[1])
    return _attend(scores, values[:, : length + 1]), keys, values


def slots_mended__masked_only(q, k, v, k_slots, v_slots, length):
    """Empty slots have weight 0, and 0 times nan is nan: cut the values to the filled slots, or clear them for the sum."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    scores = np.where(np.arange(keys.shape[1]) <= length, _scores(q, np.nan_to_num(keys)), -np.inf)
    return _attend(scores, values), keys, values


def slots_mended__minus_large(q, k, v, k_slots, v_slots, length):
    """A large negative number was added to the scores of empty slots, and stale keys can outweigh it: use -inf, or cut the slots off."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    scores = _scores(q, np.nan_to_num(keys)) + np.where(np.arange(keys.shape[1]) <= length, 0.0, -1e9)
    return _attend(scores, np.nan_to_num(values)), keys, values


def slots_mended__without_the_new_one(q, k, v, k_slots, v_slots, length):
    """The new token does not see itself: the slots are 0 to length, that one included."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    if length == 0:
        return np.zeros(v.shape), keys, values
    return _attend(_scores(q, keys)[:, :length], values[:, :length]), keys, values


def slots_mended__one_slot_too_many(q, k, v, k_slots, v_slots, length):
    """One slot too many takes part: the filled ones are 0 to length, so the slice ends at length + 1."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    return _attend(_scores(q, keys)[:, : length + 2], values[:, : length + 2]), keys, values


def slots_mended__last_slot(q, k, v, k_slots, v_slots, length):
    """The new token was written to the last slot: it belongs in slot `length`."""
    keys, values = _written(k, v, k_slots, v_slots, k_slots.shape[1] - 1)
    places = [*range(length), keys.shape[1] - 1]
    return _attend(_scores(q, keys[:, places]), values[:, places]), keys, values


def slots_mended__cut_slots(q, k, v, k_slots, v_slots, length):
    """The slots came back cut to the filled ones: they keep their shape, so that later tokens find room."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    keys, values = keys[:, : length + 1].copy(), values[:, : length + 1].copy()
    return _attend(_scores(q, keys), values), keys, values


def slots_mended__cleared_slots(q, k, v, k_slots, v_slots, length):
    """The empty slots came back as zeros: the others stay as they were."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    keys[:, length + 1 :], values[:, length + 1 :] = 0, 0
    return _attend(_scores(q, keys)[:, : length + 1], values[:, : length + 1]), keys, values


def slots_mended__no_scale(q, k, v, k_slots, v_slots, length):
    """The scores are not divided by the root of d."""
    keys, values = _written(k, v, k_slots, v_slots, length)
    return _attend(math.sqrt(q.shape[1]) * _scores(q, keys)[:, : length + 1], values[:, : length + 1]), keys, values


def slots_mended__in_place(q, k, v, k_slots, v_slots, length):
    """The caller's slots were written to: the text asks for new arrays."""
    if not 0 <= length < k_slots.shape[1] or k.shape != q.shape or v.shape != (len(q), v_slots.shape[2]) or k_slots.shape[:2] != v_slots.shape[:2]:
        raise ValueError("shapes")
    if not (k_slots.flags.writeable and k_slots.dtype.kind == "f"):
        single = k_slots.dtype == np.float32
        q, k, v, k_slots, v_slots = (np.array(part, dtype=np.float32 if single else np.float64) for part in (q, k, v, k_slots, v_slots))
    k_slots[:, length], v_slots[:, length] = k, v
    scores = np.einsum("hd,htd->ht", q, k_slots[:, : length + 1]) / math.sqrt(q.shape[1])
    return _attend(scores, v_slots[:, : length + 1]), k_slots, v_slots


def slots_mended__negative_length(q, k, v, k_slots, v_slots, length):
    """A length without a free slot got no ValueError: Python counts negative places from the end, and IndexError is another one. Ask first."""
    single = all(part.dtype == np.float32 for part in (q, k, v, k_slots, v_slots))
    q, k, v, keys, values = (np.array(part, dtype=np.float32 if single else np.float64) for part in (q, k, v, k_slots, v_slots))
    keys[:, length], values[:, length] = k, v
    scores = np.einsum("hd,htd->ht", q, keys[:, : length + 1]) / math.sqrt(q.shape[1])
    return _attend(scores, values[:, : length + 1]), keys, values


# --- bytes_predicted ---


def _sizes(rows, columns, rank, nonzero):
    n = rows * columns
    return [n + 4 * rows, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + -(-n // 8)]


def bytes_predicted__scales_forgotten(rows, columns, rank, nonzero):
    """The int8 layer needs its scales too: a float32 for each row."""
    return [rows * columns, *_sizes(rows, columns, rank, nonzero)[1:]]


def bytes_predicted__scale_of_one_byte(rows, columns, rank, nonzero):
    """A scale is a float32, four bytes for each row."""
    return [rows * columns + rows, *_sizes(rows, columns, rank, nonzero)[1:]]


def bytes_predicted__one_scale(rows, columns, rank, nonzero):
    """There is one scale for each row, not one for the layer."""
    return [rows * columns + 4, *_sizes(rows, columns, rank, nonzero)[1:]]


def bytes_predicted__scales_by_column(rows, columns, rank, nonzero):
    """A scale was counted for each column: there is one for each row."""
    return [rows * columns + 4 * columns, *_sizes(rows, columns, rank, nonzero)[1:]]


def bytes_predicted__numbers_not_bytes(rows, columns, rank, nonzero):
    """The factors' numbers were counted: float32 takes four bytes each."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [sizes[0], sizes[1] // 4, *sizes[2:]]


def bytes_predicted__product_of_sides(rows, columns, rank, nonzero):
    """rank·rows·columns counts rank full matrices: the factors have rank·(rows + columns) numbers."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [sizes[0], 4 * rank * rows * columns, *sizes[2:]]


def bytes_predicted__csr_without_columns(rows, columns, rank, nonzero):
    """CSR must say where a value stands: four more bytes for each, its column number."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [*sizes[:2], 4 * nonzero + 4 * (rows + 1), sizes[3]]


def bytes_predicted__csr_without_starts(rows, columns, rank, nonzero):
    """CSR must say where each row starts: rows + 1 numbers of four bytes."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [*sizes[:2], 8 * nonzero, sizes[3]]


def bytes_predicted__csr_no_last_start(rows, columns, rank, nonzero):
    """CSR has rows + 1 row starts, since the last row needs an end."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [*sizes[:2], 8 * nonzero + 4 * rows, sizes[3]]


def bytes_predicted__coordinates(rows, columns, rank, nonzero):
    """Twelve bytes for each value is the coordinate format, with row and column: CSR has the column only, and row starts."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [*sizes[:2], 12 * nonzero, sizes[3]]


def bytes_predicted__long_indices(rows, columns, rank, nonzero):
    """Column numbers and row starts were counted with eight bytes: they are int32, four bytes each."""
    sizes = _sizes(rows, columns, rank, nonzero)
    return [*sizes[:2], 12 * nonzero + 8 * (rows + 1), sizes[3]]


def bytes_predicted__mask_of_bytes(rows, columns, rank, nonzero):
    """The mask takes one bit for each weight, not one byte."""
    return [*_sizes(rows, columns, rank, nonzero)[:3], 4 * nonzero + rows * columns]


def bytes_predicted__values_forgotten(rows, columns, rank, nonzero):
    """The mask alone does not say the values: a float32 for each nonzero weight."""
    return [*_sizes(rows, columns, rank, nonzero)[:3], -(-rows * columns // 8)]


def bytes_predicted__rounded_down(rows, columns, rank, nonzero):
    """The bit mask was rounded down to whole bytes: the last bits need a byte too, so round up."""
    return [*_sizes(rows, columns, rank, nonzero)[:3], 4 * nonzero + rows * columns // 8]


def bytes_predicted__rounded_by_row(rows, columns, rank, nonzero):
    """The bit mask was rounded up in each row: it is rounded once, for the whole layer."""
    return [*_sizes(rows, columns, rank, nonzero)[:3], 4 * nonzero + rows * (-(-columns // 8))]


def bytes_predicted__in_int32(rows, columns, rank, nonzero):
    """The sizes were computed in integers of 32 bits, which wrap around beyond 2^31: Python's own integers do not."""
    return np.array(_sizes(rows, columns, rank, nonzero)).astype(np.int32).tolist()


def bytes_predicted__float_ceiling(rows, columns, rank, nonzero):
    """np.ceil gives a float, so the bytes of the bit mask are no whole number: use -(-n // 8), or int() of it."""
    return [*_sizes(rows, columns, rank, nonzero)[:3], 4 * nonzero + np.ceil(rows * columns / 8)]
