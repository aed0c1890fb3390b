"""Right answers unlike the references: loops, other formulas, other orders."""

import math
from fractions import Fraction

import numpy as np

# --- training_state_gib ---


def training_state_gib__table(n_params, optimizer, mixed_precision):
    """Bytes a parameter looked up: mixed precision changes what is kept, not how much."""
    table = {"sgd": 8, "momentum": 12, "adamw": 16}
    if optimizer not in table:
        raise ValueError(f"optimizer is one of {', '.join(table)}, not {optimizer!r}")
    return int(n_params) * table[optimizer] / 2**30


def training_state_gib__arrays(n_params, optimizer, mixed_precision):
    """The arrays that a framework would make, by their dtypes' sizes."""
    kept = [np.float16, np.float16, np.float32] if mixed_precision else [np.float32, np.float32]
    if optimizer == "adamw":
        kept += [np.float32, np.float32]
    elif optimizer == "momentum":
        kept += [np.float32]
    elif optimizer != "sgd":
        raise ValueError(f"unknown optimizer {optimizer!r}")
    return float(n_params) * sum(np.dtype(kind).itemsize for kind in kept) / 1024**3


# --- zero_predicted ---


def zero_predicted__table(n_params, n_gpus, stage):
    """What stays whole and what is split, by stage."""
    if stage not in (0, 1, 2, 3):
        raise ValueError(f"stage is 0, 1, 2 or 3, not {stage}")
    whole, split = [(16, 0), (4, 12), (2, 14), (0, 16)][stage]
    return float(n_params) * (whole + split / float(n_gpus)) / 2**30


def zero_predicted__parts(n_params, n_gpus, stage):
    """Three parts, each divided or not."""
    if not 0 <= stage <= 3:
        raise ValueError("no such stage")
    weights, gradients, optimizer = 2 * int(n_params), 2 * int(n_params), 12 * int(n_params)
    if stage > 0:
        optimizer /= int(n_gpus)
    if stage > 1:
        gradients /= int(n_gpus)
    if stage > 2:
        weights /= int(n_gpus)
    return (weights + gradients + optimizer) / 1024**3


# --- loss_scale_step ---


def loss_scale_step__one_vector(grads, scale):
    """All gradients in one long vector, looked at and divided at once."""
    if not grads:
        raise ValueError("no gradients")
    flat = np.concatenate([grad.ravel() for grad in grads]).astype(np.float32)
    if np.isnan(flat).any() or np.isinf(flat).any():
        return grads, np.True_, scale * 0.5
    ends = np.cumsum([grad.size for grad in grads])[:-1]
    parts = np.split(flat / np.float32(scale), ends)
    return [part.reshape(grad.shape).copy() for part, grad in zip(parts, grads, strict=True)], np.False_, scale


def loss_scale_step__largest(grads, scale):
    """The largest size of each array says whether all are finite: nan and inf come through max."""
    if len(grads) == 0:
        raise ValueError("no gradients")
    for grad in grads:
        if not np.abs(grad.astype(np.float64)).max() <= 65504:
            return [], True, scale / 2
    return [(grad.astype(np.float64) / scale).astype(np.float32) for grad in grads], False, scale


# --- scaled_step_mended ---


def _fit_steps(weights, grads):
    if not weights or len(weights) != len(grads) or any(w.shape != g.shape for w, g in zip(weights, grads, strict=False)):
        raise ValueError("need one gradient of its shape for each array of weights")


def scaled_step_mended__float64(weights, grads, scale, lr, max_norm):
    """Everything in float64, rounded to float32 at the end."""
    _fit_steps(weights, grads)
    wide = [grad.astype(np.float64) / scale for grad in grads]
    norm = math.sqrt(sum(float(np.sum(grad**2)) for grad in wide))
    if not math.isfinite(norm):
        return [weight.copy() for weight in weights], scale / 2
    shrink = min(1.0, max_norm / norm) if norm else 1.0
    return [(weight - lr * shrink * grad).astype(np.float32) for weight, grad in zip(weights, wide, strict=True)], scale


def scaled_step_mended__scaled_norm(weights, grads, scale, lr, max_norm):
    """The norm of the scaled gradients against the scaled limit: one factor unscales and clips."""
    _fit_steps(weights, grads)
    if not all(np.isfinite(grad).all() for grad in grads):
        return [weight + 0 for weight in weights], scale / 2
    norm = np.linalg.norm(np.concatenate([grad.astype(np.float32).ravel() for grad in grads]))
    factor = np.float32(lr / scale * (max_norm * scale / norm if norm > max_norm * scale else 1.0))
    return [weight - factor * grad.astype(np.float32) for weight, grad in zip(weights, grads, strict=True)], scale


# --- micro_batch_gradient ---


def _fit_rows(x, y):
    if x.shape[0] == 0 or x.shape[0] != y.shape[0]:
        raise ValueError(f"need as many rows of x as of y, and at least one, not {x.shape} and {y.shape}")


def micro_batch_gradient__running_mean(grad_sum, x, y, micro_size):
    """The mean so far, moved by each micro-batch."""
    _fit_rows(x, y)
    mean, seen = 0.0, 0
    while seen < len(x):
        rows = slice(seen, min(seen + micro_size, len(x)))
        count = rows.stop - rows.start
        seen += count
        mean = mean + (grad_sum(x[rows], y[rows]) - count * mean) / seen
    return mean


def micro_batch_gradient__one_by_one(grad_sum, x, y, micro_size):
    """A row at a time is a micro-batch too."""
    _fit_rows(x, y)
    return np.mean([grad_sum(x[i : i + 1], y[i : i + 1]) for i in range(len(x))], axis=0)


# --- online_softmax ---


def _numbers(x):
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"need a matrix with entries, not {x.shape}")
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)


def online_softmax__plain(x, block):
    """All columns at once: the result is the same."""
    x = _numbers(x)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__log_sum(x, block):
    """Carries one number a row, the logarithm of the sum of exponentials so far."""
    x = _numbers(x)
    total = np.full(len(x), -np.inf, x.dtype)
    for first in range(0, x.shape[1], block):
        for column in x[:, first : first + block].T:
            total = np.logaddexp(total, column)
    return np.exp(x - total[:, None])


def online_softmax__pairs(x, block):
    """Row by row in plain Python: a maximum and a sum, brought to a new maximum by exp(old - new)."""
    x = _numbers(x)
    out = np.empty_like(x)
    for i, row in enumerate(x):
        largest, total = -math.inf, 0.0
        for value in row.tolist():
            if value > largest:
                total *= math.exp(largest - value)
                largest = value
            if value > -math.inf:
                total += math.exp(value - largest)
        out[i] = [math.exp(value - largest) / total for value in row.tolist()]
    return out


# --- training_days ---


def training_days__fractions(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """In exact fractions until the end."""
    flop = Fraction(6 * int(n_params) * int(n_tokens))
    a_second = int(n_gpus) * Fraction(float(peak_tflops)) * 10**12 * Fraction(float(mfu))
    return float(flop / a_second / (24 * 60 * 60))


def training_days__tokens_a_second(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """By way of the tokens that one card trains on in a second."""
    tokens_a_second = mfu * peak_tflops * 1e12 / 6.0 / float(n_params)
    return float(n_tokens) / tokens_a_second / float(n_gpus) / 86400.0


# --- cheapest_config ---


def cheapest_config__one_pass(configs, deadline_hours):
    """The best so far, replaced by one that is strictly better."""
    best, best_key = None, None
    for each in configs:
        if each["hours"] > deadline_hours:
            continue
        key = each["hours"] * each["gpus"] * each["price_per_gpu_hour"], each["hours"]
        if best_key is None or key < best_key:
            best, best_key = each["name"], key
    return best


def cheapest_config__sorted(configs, deadline_hours):
    """Two stable sorts of a list of its own: by hours, then by cost."""
    fit = [each for each in configs if each["hours"] <= deadline_hours]
    fit = sorted(fit, key=lambda each: each["hours"])
    fit = sorted(fit, key=lambda each: each["hours"] * each["gpus"] * each["price_per_gpu_hour"])
    return fit[0]["name"] if fit else None


# --- kv_cache_bytes ---


def kv_cache_bytes__prod(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """math.prod of Python's integers."""
    return 2 * math.prod(int(one) for one in (layers, kv_heads, head_dim, seq_len, batch, bytes_per_value))


def kv_cache_bytes__array(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """One product in 64 bits, whatever came in."""
    return np.prod(np.array([2, layers, kv_heads, head_dim, seq_len, batch, bytes_per_value], dtype=np.int64))


# --- the bug hunt ---


def mfu_counterexample__mixture():
    """A mixture of experts, all of whose parameters are counted."""
    return 671_000_000_000, 37_000_000_000, 2_000_000, 2048, 1979.0, True


def mfu_counterexample__list():
    """A list, from one card."""
    return [13e9, 1.3e9, 20_000, 1, 1000, True]


def mfu_mended__fractions(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """In exact fractions until the end."""
    if active_params > total_params:
        raise ValueError("more active parameters than there are")
    peak = Fraction(float(sheet_tflops)) * 10**12 / (2 if sparse else 1)
    return float(6 * int(active_params) * Fraction(float(tokens_per_second)) / int(n_gpus) / peak)


def mfu_mended__tokens(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """Tokens a second over the tokens a second that the peak allows."""
    if total_params < active_params:
        raise ValueError(f"{active_params} of {total_params} parameters cannot be active")
    dense = sheet_tflops * (0.5 if sparse else 1.0)
    most = float(n_gpus) * dense * 1e12 / (6.0 * float(active_params))
    return float(tokens_per_second) / most
