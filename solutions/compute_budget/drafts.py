"""First drafts of the lesson compute_budget, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np

# --- training_state_gib ---


def training_state_gib__sixteen_bits(n_params, optimizer, mixed_precision):
    """weights-only: the number that everybody remembers."""
    bytes_per_param = 2 if mixed_precision else 4
    return n_params * bytes_per_param / 1024**3


def training_state_gib__gb(n_params, optimizer, mixed_precision):
    """gigabytes: divides by a billion."""
    per = {"sgd": 8, "momentum": 12, "adamw": 16}
    if optimizer not in per:
        raise ValueError(optimizer)
    return float(n_params) * per[optimizer] / 10**9


def training_state_gib__half_of_everything(n_params, optimizer, mixed_precision):
    """no-master-copy: two bytes of weights and gradients, and the moments."""
    b = 2 + 2 if mixed_precision else 4 + 4
    b += {"sgd": 0, "momentum": 4, "adamw": 8}[optimizer]
    return b * n_params / 2**30


def training_state_gib__eighteen(n_params, optimizer, mixed_precision):
    """float32-gradients: the count of the Hugging Face documentation."""
    if optimizer == "sgd":
        state = 0
    elif optimizer == "momentum":
        state = 4
    elif optimizer == "adamw":
        state = 8
    else:
        raise ValueError("unknown optimizer")
    weights, gradients = (6, 4) if mixed_precision else (4, 4)
    return int(n_params) * (weights + gradients + state) / 2**30


def training_state_gib__moments_in_half(n_params, optimizer, mixed_precision):
    """half-moments: the moments have the weights' width, beside a master copy."""
    width = 2 if mixed_precision else 4
    count = {"sgd": 0, "momentum": 1, "adamw": 2}
    if optimizer not in count:
        raise ValueError
    return int(n_params) * (2 * width + (4 if mixed_precision else 0) + count[optimizer] * width) / 2**30


def training_state_gib__adam_has_one(n_params, optimizer, mixed_precision):
    """one-moment: AdamW as momentum."""
    extra = 0 if optimizer == "sgd" else 4
    return int(n_params) * (8 + extra) / 2**30


def training_state_gib__else_is_sgd(n_params, optimizer, mixed_precision):
    """any-word: what is not known has no state."""
    total = 2 + 2 + 4 if mixed_precision else 4 + 4
    if optimizer == "adamw":
        total += 8
    elif optimizer == "momentum":
        total += 4
    return int(n_params) * total / 2**30


def training_state_gib__dictionary(n_params, optimizer, mixed_precision):
    """right: a dict lookup, whose KeyError stands, and no int()."""
    return n_params / 2**30 * {"sgd": 8, "momentum": 12, "adamw": 16}[optimizer]


def training_state_gib__mebibytes(n_params, optimizer, mixed_precision):
    """none: divides by 2**20."""
    return int(n_params) * {"sgd": 8, "momentum": 12, "adamw": 16}[optimizer] / 2**20


def training_state_gib__unit_forgotten(n_params, optimizer, mixed_precision):
    """bytes: right, but not divided."""
    per = {"sgd": 8, "momentum": 12, "adamw": 16}[optimizer]
    return per * float(n_params)


def training_state_gib__sgd_or_not(n_params, optimizer, mixed_precision):
    """momentum-as-adam: only sgd has no moments, and all others two."""
    if optimizer not in ("sgd", "momentum", "adamw"):
        raise ValueError(optimizer)
    state = 0 if optimizer == "sgd" else 8
    return float(n_params) * ((2 + 2 + 4 if mixed_precision else 4 + 4) + state) / 1024**3


# --- zero_predicted ---


def zero_predicted__divides_everything(n_params, n_gpus, stage):
    """all-is-split: 16 bytes over the cards, unless the stage is 0."""
    total = 16 * int(n_params) / 2**30
    return total if stage == 0 else total / int(n_gpus)


def zero_predicted__gradients_in_stage_1(n_params, n_gpus, stage):
    """gradients-first: in the order in which the name has them, weights last."""
    parts = [12, 2, 2]
    order = {0: [], 1: [1], 2: [0, 1], 3: [0, 1, 2]}
    if stage not in order:
        raise ValueError("stage")
    return sum(p / int(n_gpus) if i in order[stage] else p for i, p in enumerate(parts)) * int(n_params) / 2**30


def zero_predicted__eight_bytes_of_state(n_params, n_gpus, stage):
    """without-master-copy: the moments alone are the optimizer's state."""
    w, g, o = 2.0, 2.0, 8.0
    if stage >= 1:
        o /= n_gpus
    if stage >= 2:
        g /= n_gpus
    if stage >= 3:
        w /= n_gpus
    return n_params * (w + g + o) / 2**30


def zero_predicted__greater_than(n_params, n_gpus, stage):
    """one-stage-late: > for >=."""
    if stage not in range(4):
        raise ValueError("stage")
    weights = 2 / int(n_gpus) if stage > 3 else 2
    gradients = 2 / int(n_gpus) if stage > 2 else 2
    state = 12 / int(n_gpus) if stage > 1 else 12
    return int(n_params) * (weights + gradients + state) / 2**30


def zero_predicted__cluster(n_params, n_gpus, stage):
    """all-cards-together: multiplies by the cards again."""
    if stage not in range(4):
        raise ValueError("stage")
    whole = [16, 4, 2, 0][stage]
    return int(n_params) * (whole * int(n_gpus) + 16 - whole) / 2**30


def zero_predicted__in_gb(n_params, n_gpus, stage):
    """gigabytes: as the paper has it."""
    if stage not in range(4):
        raise ValueError("stage")
    return int(n_params) * [16, 4 + 12 / int(n_gpus), 2 + 14 / int(n_gpus), 16 / int(n_gpus)][stage] / 1e9


def zero_predicted__list_index(n_params, n_gpus, stage):
    """right: a list, in which -1 is the last and 4 an IndexError."""
    return n_params / 2**30 * [16, 4 + 12 / n_gpus, 2 + 14 / n_gpus, 16 / n_gpus][stage]


def zero_predicted__match_falls_through(n_params, n_gpus, stage):
    """any-stage: everything else is stage 3."""
    n, k = float(n_params), float(n_gpus)
    if stage <= 0:
        return 16 * n / 2**30
    if stage == 1:
        return (4 * n + 12 * n / k) / 2**30
    if stage == 2:
        return (2 * n + 14 * n / k) / 2**30
    return 16 * n / k / 2**30


def zero_predicted__two_is_three(n_params, n_gpus, stage):
    """weights-in-stage-2: stage 2 and 3 alike."""
    n, g = float(n_params), float(n_gpus)
    if stage == 0:
        per = 16
    elif stage == 1:
        per = 4 + 12 / g
    else:
        per = 16 / g
    return n * per / 2**30


def zero_predicted__weights_gradients_state(n_params, n_gpus, stage):
    """weights-first: in the order in which one lists them."""
    n, g = int(n_params), int(n_gpus)
    weights, gradients, state = 2 * n, 2 * n, 12 * n
    if stage >= 1:
        weights = weights / g
    if stage >= 2:
        gradients = gradients / g
    if stage >= 3:
        state = state / g
    return (weights + gradients + state) / 1024**3


def zero_predicted__two_moments_split(n_params, n_gpus, stage):
    """master-copy-whole: a table of bytes, of which the moments are split."""
    n, g = int(n_params), int(n_gpus)
    per = {0: 16, 1: 8 + 8 / g, 2: 6 + 10 / g, 3: 16 / g}
    if stage not in per:
        raise ValueError("stage")
    return per[stage] * n / 2**30


def zero_predicted__floor_division(n_params, n_gpus, stage):
    """whole-bytes: divides by // after the multiplication."""
    n, g = int(n_params), int(n_gpus)
    if stage == 0:
        b = 16 * n
    elif stage == 1:
        b = 4 * n + 12 * n // g
    elif stage == 2:
        b = 2 * n + 14 * n // g
    elif stage == 3:
        b = 16 * n // g
    else:
        raise ValueError("stage")
    return b / 2**30


# --- loss_scale_step ---


def loss_scale_step__one_liner(grads, scale):
    """divided-in-half: divides where the gradients are."""
    for g in grads:
        if np.isinf(g).any() or np.isnan(g).any():
            return grads, True, scale / 2
    return [(g / scale).astype(np.float32) for g in grads], False, scale


def loss_scale_step__scaled_again(grads, scale):
    """multiplied: unscale is taken for scale."""
    bad = any(not np.all(np.isfinite(g)) for g in grads)
    if bad:
        return grads, True, scale / 2
    return [g.astype(np.float32) * scale for g in grads], False, scale


def loss_scale_step__isnan(grads, scale):
    """only-nan: overflow is thought to be nan."""
    if not grads:
        raise ValueError("no gradients")
    grads = [g.astype(np.float32) / scale for g in grads]
    for g in grads:
        if np.isnan(g).any():
            return grads, True, scale * 0.5
    return grads, False, scale


def loss_scale_step__isinf(grads, scale):
    """only-inf: nan is not thought of."""
    out = [np.float32(g) / np.float32(scale) for g in grads]
    skip = bool(np.any([np.isinf(g).any() for g in out]))
    return out, skip, scale / 2 if skip else scale


def loss_scale_step__equals_inf(grads, scale):
    """positive-inf: compares with np.inf."""
    skip = any(np.any(g == np.inf) for g in grads)
    out = [g.astype(np.float32) / scale for g in grads]
    return out, skip, scale / 2 if skip else scale


def loss_scale_step__returns_in_the_loop(grads, scale):
    """first-array-only: the loop returns at its first turn."""
    for g in grads:
        if not np.isfinite(g).all():
            return grads, True, scale / 2
        return [h.astype(np.float32) / scale for h in grads], False, scale
    raise ValueError("no gradients")


def loss_scale_step__sums(grads, scale):
    """sum-overflows: the sum is finite where all are, or so it seems."""
    if len(grads) == 0:
        raise ValueError("no gradients")
    with np.errstate(all="ignore"):
        ok = all(np.isfinite(np.sum(g)) for g in grads)
    if not ok:
        return grads, True, scale / 2
    return [g.astype(np.float32) / scale for g in grads], False, scale


def loss_scale_step__forgets_to_halve(grads, scale):
    """scale-kept: says skip, and no more."""
    skip = not all(np.isfinite(g).all() for g in grads)
    return [g.astype(np.float32) / scale for g in grads], skip, scale


def loss_scale_step__doubles(grads, scale):
    """doubled: GradScaler's growth in the wrong branch."""
    if any(not np.isfinite(g).all() for g in grads):
        return grads, True, scale * 2
    return [g.astype(np.float32) / scale for g in grads], False, scale


def loss_scale_step__no_check(grads, scale):
    """right: all but the refusal of an empty list."""
    finite = all(np.isfinite(g).all() for g in grads)
    return [g.astype("float32") / np.float32(scale) for g in grads], not finite, scale if finite else scale / 2


def loss_scale_step__grows_when_good(grads, scale):
    """scale-grows: doubles the scale after every good step."""
    if any(not np.isfinite(g).all() for g in grads):
        return grads, True, scale / 2
    return [g.astype(np.float32) / scale for g in grads], False, scale * 2


def loss_scale_step__isinf_and_back(grads, scale):
    """only-inf: looks for inf, and hands the gradients back."""
    for g in grads:
        if np.isinf(g).any():
            return grads, True, scale / 2
    return [g.astype(np.float32) / np.float32(scale) for g in grads], False, scale


def loss_scale_step__first_one(grads, scale):
    """first-array-only: an early return in the loop."""
    for g in grads:
        if not np.isfinite(g).all():
            return None, True, scale / 2
        return [each.astype(np.float32) / np.float32(scale) for each in grads], False, scale


def loss_scale_step__only_skips(grads, scale):
    """scale-kept: nothing is halved."""
    if any(not np.isfinite(g).all() for g in grads):
        return grads, True, scale
    return [g.astype(np.float32) / np.float32(scale) for g in grads], False, scale


def loss_scale_step__returns_nothing(grads, scale):
    """sum-overflows: as many write it, and None for the gradients of a skipped step."""
    if not grads:
        raise ValueError("no gradients")
    for g in grads:
        if not np.isfinite(g.sum()):
            return None, True, scale / 2
    return [g.astype(np.float32) / scale for g in grads], False, scale


def loss_scale_step__any_and_all(grads, scale):
    """any-for-all: any where all is meant."""
    if not grads:
        raise ValueError("no gradients")
    if not all(np.isfinite(g).any() for g in grads):
        return grads, True, scale / 2
    return [np.asarray(g, np.float32) / np.float32(scale) for g in grads], False, scale


# --- scaled_step_mended ---


def _total(grads):
    return np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in grads))


def scaled_step_mended__as_it_was(weights, grads, scale, lr, max_norm):
    """clips-scaled: the published order, with the skip in front."""
    if not all(np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    norm = _total(grads)
    grads = [g.astype(np.float32) * (max_norm / norm) if norm > max_norm else g.astype(np.float32) for g in grads]
    return [(w - lr * g / scale).astype(np.float32) for w, g in zip(weights, grads, strict=False)], scale


def scaled_step_mended__plain_step(weights, grads, scale, lr, max_norm):
    """no-clipping: unscales and steps."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    return [w - np.float32(lr) * (g.astype(np.float32) / np.float32(scale)) for w, g in zip(weights, grads, strict=False)], scale


def scaled_step_mended__per_array(weights, grads, scale, lr, max_norm):
    """array-by-array: clip_grad_norm in a loop over the parameters."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    out = []
    for w, g in zip(weights, grads, strict=False):
        g = g.astype(np.float32) / np.float32(scale)
        n = np.linalg.norm(g)
        if n > max_norm:
            g = g * np.float32(max_norm / n)
        out.append(w - np.float32(lr) * g)
    return out, scale


def scaled_step_mended__clip_values(weights, grads, scale, lr, max_norm):
    """entry-by-entry: np.clip."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    g32 = [np.clip(g.astype(np.float32) / np.float32(scale), -max_norm, max_norm) for g in grads]
    return [(w - lr * g).astype(np.float32) for w, g in zip(weights, g32, strict=False)], scale


def scaled_step_mended__always_normalises(weights, grads, scale, lr, max_norm):
    """always-stretched: no if around the factor."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    g32 = [g.astype(np.float32) / np.float32(scale) for g in grads]
    f = max_norm / (_total(g32) + 1e-12)
    return [(w - lr * f * g).astype(np.float32) for w, g in zip(weights, g32, strict=False)], scale


def scaled_step_mended__same_scale(weights, grads, scale, lr, max_norm):
    """scale-kept: skips without halving."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale
    g32 = [g.astype(np.float32) / np.float32(scale) for g in grads]
    n = _total(g32)
    f = max_norm / n if n > max_norm else 1.0
    return [(w - lr * f * g).astype(np.float32) for w, g in zip(weights, g32, strict=False)], scale


def scaled_step_mended__own_weights(weights, grads, scale, lr, max_norm):
    """hands-back-the-weights or zip-stops: returns weights where it skips, and compares no shapes."""
    if any(not np.isfinite(g).all() for g in grads):
        return weights, scale / 2
    g32 = [g.astype(np.float32) / np.float32(scale) for g in grads]
    n = _total(g32)
    f = max_norm / n if n > max_norm else 1.0
    return [(w - lr * f * g).astype(np.float32) for w, g in zip(weights, g32, strict=False)], scale


def scaled_step_mended__no_refusals(weights, grads, scale, lr, max_norm):
    """zip-stops or right: right, but for shapes and lengths."""
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    g32 = [g.astype(np.float32) / np.float32(scale) for g in grads]
    n = _total(g32)
    f = np.float32(lr * (max_norm / n if n > max_norm else 1.0))
    return [w - f * g for w, g in zip(weights, g32, strict=False)], scale


def scaled_step_mended__adds_norms(weights, grads, scale, lr, max_norm):
    """norms-added: a sum of np.linalg.norm."""
    if not weights or len(weights) != len(grads) or any(w.shape != g.shape for w, g in zip(weights, grads, strict=True)):
        raise ValueError("weights and grads do not fit")
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    grads = [g.astype(np.float32) / np.float32(scale) for g in grads]
    norm = sum(float(np.linalg.norm(g.ravel())) for g in grads)
    if norm > max_norm:
        grads = [g * np.float32(max_norm / norm) for g in grads]
    return [w - np.float32(lr) * g for w, g in zip(weights, grads, strict=True)], scale


def scaled_step_mended__keeps_the_gradients_dtype(weights, grads, scale, lr, max_norm):
    """back-to-half: divides in float32 and gives the result the gradients' dtype again."""
    if not weights or len(weights) != len(grads) or any(w.shape != g.shape for w, g in zip(weights, grads, strict=True)):
        raise ValueError("weights and grads do not fit")
    if any(not np.isfinite(g).all() for g in grads):
        return [w.copy() for w in weights], scale / 2
    grads = [(g.astype(np.float32) / np.float32(scale)).astype(np.float16) for g in grads]
    norm = float(np.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads)))
    if norm > max_norm:
        grads = [g.astype(np.float32) * np.float32(max_norm / norm) for g in grads]
    return [(w - np.float32(lr) * g.astype(np.float32)) for w, g in zip(weights, grads, strict=True)], scale


# --- micro_batch_gradient ---


def micro_batch_gradient__average_of_averages(grad_sum, x, y, micro_size):
    """mean-of-means: np.mean over the micro-batches."""
    means = []
    for i in range(0, len(x), micro_size):
        xb, yb = x[i : i + micro_size], y[i : i + micro_size]
        means.append(grad_sum(xb, yb) / len(xb))
    return np.mean(means, axis=0)


def micro_batch_gradient__adds_means(grad_sum, x, y, micro_size):
    """sum-of-means: the framework's loss.backward() in a loop."""
    grad = 0
    for i in range(0, len(x), micro_size):
        grad = grad + grad_sum(x[i : i + micro_size], y[i : i + micro_size]) / len(x[i : i + micro_size])
    return grad


def micro_batch_gradient__forgets_to_divide(grad_sum, x, y, micro_size):
    """sum: no division at all."""
    total = None
    for i in range(0, len(x), micro_size):
        g = grad_sum(x[i : i + micro_size], y[i : i + micro_size])
        total = g if total is None else total + g
    return total


def micro_batch_gradient__accumulation_steps(grad_sum, x, y, micro_size):
    """by-the-number-of-batches: divides by the number of steps."""
    steps = math.ceil(len(x) / micro_size)
    return sum(grad_sum(x[s * micro_size : (s + 1) * micro_size], y[s * micro_size : (s + 1) * micro_size]) for s in range(steps)) / steps


def micro_batch_gradient__floor(grad_sum, x, y, micro_size):
    """tail-dropped-divided-by-n: a whole number of micro-batches, divided by n."""
    total = np.zeros(x.shape[1:])
    for s in range(len(x) // micro_size):
        total = total + grad_sum(x[s * micro_size : (s + 1) * micro_size], y[s * micro_size : (s + 1) * micro_size])
    return total / len(x)


def micro_batch_gradient__full_batch(grad_sum, x, y, micro_size):
    """all-at-once: micro_size is not used."""
    return grad_sum(x, y) / len(x)


def micro_batch_gradient__equal_sizes(grad_sum, x, y, micro_size):
    """full-size-assumed: every micro-batch is thought to be full."""
    total, count = 0, 0
    for i in range(0, len(x), micro_size):
        total = total + grad_sum(x[i : i + micro_size], y[i : i + micro_size])
        count += micro_size
    return total / count


def micro_batch_gradient__overwrites(grad_sum, x, y, micro_size):
    """last-only: = where += was meant."""
    for i in range(0, len(x), micro_size):
        rows = x[i : i + micro_size]
        g = grad_sum(rows, y[i : i + micro_size]) / len(rows)
    return g


def micro_batch_gradient__no_checks(grad_sum, x, y, micro_size):
    """right: without refusals."""
    total = 0
    for i in range(0, len(x), micro_size):
        total = total + grad_sum(x[i : i + micro_size], y[i : i + micro_size])
    return total / len(x)


def micro_batch_gradient__asks_for_the_shape(grad_sum, x, y, micro_size):
    """right: a first call only to see the gradient's shape."""
    if len(x) == 0 or len(x) != len(y):
        raise ValueError("rows do not fit")
    total = np.zeros_like(grad_sum(x[:1], y[:1]), dtype=np.float64)
    for first in range(0, len(x), micro_size):
        total += grad_sum(x[first : first + micro_size], y[first : first + micro_size])
    return total / len(x)


def micro_batch_gradient__array_split(grad_sum, x, y, micro_size):
    """too-many-at-once: array_split into n // micro_size pieces."""
    if len(x) == 0 or len(x) != len(y):
        raise ValueError("rows")
    pieces, total = max(1, len(x) // micro_size), 0
    for xb, yb in zip(np.array_split(x, pieces), np.array_split(y, pieces), strict=True):
        total = total + grad_sum(xb, yb)
    return total / len(x)


def micro_batch_gradient__reshapes(grad_sum, x, y, micro_size):
    """none: reshapes into full micro-batches, which the last one is not."""
    if len(x) == 0 or len(x) != len(y):
        raise ValueError("rows")
    size = min(micro_size, len(x))
    pieces = zip(x.reshape(-1, size, *x.shape[1:]), y.reshape(-1, size, *y.shape[1:]), strict=True)
    return sum(grad_sum(xb, yb) for xb, yb in pieces) / len(x)


# --- online_softmax ---


def online_softmax__blockwise(x, block):
    """each-block-alone: a softmax of each block."""
    out = np.zeros_like(x, dtype=float)
    for i in range(0, x.shape[1], block):
        b = x[:, i : i + block]
        e = np.exp(b - b.max(axis=1, keepdims=True))
        out[:, i : i + block] = e / e.sum(axis=1, keepdims=True)
    return out


def online_softmax__forgets_to_rescale(x, block):
    """sum-not-rescaled: the running sum stays as it is."""
    m = np.full(x.shape[0], -np.inf)
    s = np.zeros(x.shape[0])
    for i in range(0, x.shape[1], block):
        b = x[:, i : i + block]
        m = np.maximum(m, b.max(axis=1))
        s += np.exp(b - m[:, None]).sum(axis=1)
    return np.exp(x - m[:, None]) / s[:, None]


def online_softmax__naive(x, block):
    """no-maximum: exp over its sum."""
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__global_maximum(x, block):
    """one-maximum-for-all-rows: x.max()."""
    e = np.exp(x - x.max())
    return e / np.sum(e, axis=1, keepdims=True)


def online_softmax__axis_zero(x, block):
    """over-columns: axis=0."""
    e = np.exp(x - np.max(x, axis=0))
    return e / np.sum(e, axis=0)


def online_softmax__textbook(x, block):
    """masked-block-is-nan or float64-always: the paper's recurrence, as it stands."""
    n, d = x.shape
    m, s = np.full((n, 1), -np.inf), np.zeros((n, 1))
    for i in range(0, d, block):
        b = x[:, i : i + block]
        m_new = np.maximum(m, b.max(axis=1, keepdims=True))
        s = s * np.exp(m - m_new) + np.exp(b - m_new).sum(axis=1, keepdims=True)
        m = m_new
    return np.exp(x - m) / s


def online_softmax__whole_row(x, block):
    """right: a plain stable softmax, in the caller's type, without refusals."""
    z = x - x.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__starts_at_0(x, block):
    """starts-at-zero or float64-always: np.zeros for the maximum."""
    m, s = np.zeros((len(x), 1)), np.zeros((len(x), 1))
    for i in range(0, x.shape[1], block):
        b = x[:, i : i + block]
        new = np.maximum(m, b.max(axis=1, keepdims=True))
        s = s * np.exp(m - new) + np.exp(b - new).sum(axis=1, keepdims=True)
        m = new
    return np.exp(x - m) / s


def online_softmax__block_of_minus_inf(x, block):
    """masked-block-is-nan: the textbook loop, which float64 and whole rows of numbers like."""
    x = np.asarray(x, dtype=float)
    m = np.full((len(x), 1), -np.inf)
    total = np.zeros((len(x), 1))
    for start in range(0, x.shape[1], block):
        part = x[:, start : start + block]
        new = np.maximum(m, part.max(axis=1, keepdims=True))
        total = total * np.exp(m - new) + np.exp(part - new).sum(axis=1, keepdims=True)
        m = new
    return np.exp(x - m) / total


def online_softmax__plain_exp(x, block):
    """no-maximum: exp, divided by its sum."""
    e = np.exp(np.asarray(x, dtype=float))
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__as_it_comes(x, block):
    """own-dtype: right for floats, without a look at the dtype or the shape."""
    largest = x[:, :block].max(axis=1, keepdims=True)
    for j in range(block, x.shape[1], block):
        largest = np.maximum(largest, x[:, j : j + block].max(axis=1, keepdims=True))
    e = np.exp(x - largest)
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__a_small_number(x, block):
    """epsilon: adds 1e-6 to the sum."""
    x = x if x.dtype == np.float32 else x.astype(np.float64)
    largest = x.max(axis=1, keepdims=True)
    total = sum(np.exp(x[:, j : j + block] - largest).sum(axis=1, keepdims=True) for j in range(0, x.shape[1], block))
    return (np.exp(x - largest) / (total + 1e-6)).astype(x.dtype)


# --- training_days ---


def training_days__two_n_d(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """forward-only: 2·N·D."""
    return 2 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu) / 3600 / 24


def training_days__eight_n_d(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """recomputed: 8·N·D."""
    return 8 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu) / 86400


def training_days__times_mfu(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """multiplied-by-mfu: on the wrong side."""
    seconds = 6 * float(n_params) * float(n_tokens) / (n_gpus * peak_tflops * 1e12) * mfu
    return seconds / 86400


def training_days__in_hours(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """hours: divides by 3600."""
    return 6 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu) / 3600


def training_days__in_seconds(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """seconds: no division."""
    return 6 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu)


def training_days__single(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """one-card: takes the peak for the cluster's."""
    return 6 * n_params * n_tokens / (peak_tflops * 1e12 * mfu) / 86400


def training_days__floored(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """whole-days: // by habit."""
    return 6 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu) // 86400


def training_days__at_the_peak(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """no-mfu: at full speed."""
    return 6 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12) / 86400


def training_days__plain(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """int64-overflow or right: the formula, in the integers that come."""
    return 6 * n_params * n_tokens / (n_gpus * peak_tflops * 1e12 * mfu) / 86400


def training_days__ceil(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """rounded-up: rounds up, as one books."""
    seconds = 6.0 * float(n_params) * float(n_tokens) / (float(n_gpus) * peak_tflops * 1e12 * mfu)
    return math.ceil(seconds / 86400)


# --- cheapest_config ---


def cheapest_config__price_tag(configs, deadline_hours):
    """lowest-price: sorts by price."""
    ok = [c for c in configs if c["hours"] <= deadline_hours]
    if not ok:
        return None
    return sorted(ok, key=lambda c: c["price_per_gpu_hour"])[0]["name"]


def cheapest_config__first_past_the_post(configs, deadline_hours):
    """fastest: sorts by hours."""
    ok = sorted((c for c in configs if c["hours"] <= deadline_hours), key=lambda c: c["hours"])
    return ok[0]["name"] if ok else None


def cheapest_config__no_deadline(configs, deadline_hours):
    """deadline-ignored: the cheapest of all."""
    if not configs:
        return None
    return min(configs, key=lambda c: c["hours"] * c["gpus"] * c["price_per_gpu_hour"])["name"]


def cheapest_config__before(configs, deadline_hours):
    """strictly-before: <, with the right rank."""
    ok = [c for c in configs if c["hours"] < deadline_hours]
    ok.sort(key=lambda c: (c["hours"] * c["gpus"] * c["price_per_gpu_hour"], c["hours"]))
    return ok[0]["name"] if ok else None


def cheapest_config__cost_only(configs, deadline_hours):
    """first-of-equal-cost: min by cost."""
    ok = [c for c in configs if c["hours"] <= deadline_hours]
    return min(ok, key=lambda c: c["hours"] * c["gpus"] * c["price_per_gpu_hour"])["name"] if ok else None


def cheapest_config__tuples(configs, deadline_hours):
    """by-name: sorts tuples that end in the name."""
    ok = [(c["hours"] * c["gpus"] * c["price_per_gpu_hour"], c["hours"], c["name"]) for c in configs if c["hours"] <= deadline_hours]
    return min(ok)[2] if ok else None


def cheapest_config__the_dict(configs, deadline_hours):
    """whole-dict: returns the configuration."""
    best = None
    for c in configs:
        if c["hours"] <= deadline_hours:
            cost = c["hours"] * c["gpus"] * c["price_per_gpu_hour"]
            if best is None or (cost, c["hours"]) < best[0]:
                best = (cost, c["hours"]), c
    return best[1] if best else None


def cheapest_config__min_raises(configs, deadline_hours):
    """min-of-nothing: no guard for the empty list."""
    ok = [c for c in configs if c["hours"] <= deadline_hours]
    return min(ok, key=lambda c: (c["hours"] * c["gpus"] * c["price_per_gpu_hour"], c["hours"]))["name"]


def cheapest_config__too_late_in_the_end(configs, deadline_hours):
    """deadline-after-the-choice: looks at the winner's hours."""
    if not configs:
        return None
    best = min(configs, key=lambda c: (c["hours"] * c["gpus"] * c["price_per_gpu_hour"], c["hours"]))
    return best["name"] if best["hours"] <= deadline_hours else None


# --- kv_cache_bytes ---


def kv_cache_bytes__one_of_two(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """keys-only: the 2 is missing."""
    return layers * kv_heads * head_dim * seq_len * batch * bytes_per_value


def kv_cache_bytes__bits_per_value(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """bits: times 8."""
    return 2 * layers * kv_heads * head_dim * seq_len * batch * bytes_per_value * 8


def kv_cache_bytes__a_user(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """one-sequence: batch is not used."""
    return 2 * layers * kv_heads * head_dim * seq_len * bytes_per_value


def kv_cache_bytes__a_layer(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """one-layer: layers is not used."""
    return 2 * kv_heads * head_dim * seq_len * batch * bytes_per_value


def kv_cache_bytes__fp16(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """always-two-bytes: fp16 is assumed."""
    return 2 * 2 * layers * kv_heads * head_dim * seq_len * batch


def kv_cache_bytes__squared(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """scores-too: T times T."""
    return 2 * layers * kv_heads * head_dim * seq_len * seq_len * batch * bytes_per_value


def kv_cache_bytes__in_gib(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """gibibytes: divides at the end."""
    return 2 * layers * kv_heads * head_dim * seq_len * batch * bytes_per_value / 1024**3


def kv_cache_bytes__plain(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """int32-overflow or right: the product, in the integers that come."""
    return 2 * layers * kv_heads * head_dim * seq_len * batch * bytes_per_value


def kv_cache_bytes__without_head_dim(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """none: a head is taken for one number."""
    return 2 * int(layers) * int(kv_heads) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__product_of_floats(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """a-float: np.prod with a float dtype against the overflow."""
    return 2 * np.prod([layers, kv_heads, head_dim, seq_len, batch, bytes_per_value], dtype=np.float64)


# --- the bug hunt ---


def mfu_counterexample__seven_billion():
    """a-dense-model: the first thing one tries."""
    return 7e9, 7e9, 100_000, 8, 1979, True


def mfu_counterexample__mixtral():
    """dense-sheet: a mixture, with the dense peak."""
    return 46_700_000_000, 12_900_000_000, 35_000, 8, 989, False


def mfu_counterexample__too_fast():
    """faster-than-the-card: turns up the tokens."""
    return 70_000_000_000, 70_000_000_000, 1_000_000, 64, 1979.0, True


def mfu_counterexample__thirteen_billion():
    """a-dense-model: with other numbers."""
    return 13_000_000_000, 13_000_000_000, 50_000, 16, 1979.0, True


def mfu_counterexample__few_cards():
    """faster-than-the-card: a mixture on a quarter of the cards that it needs."""
    return 671_000_000_000, 37_000_000_000, 2_000_000, 512, 1979.0, True


def mfu_counterexample__turned_round():
    """swapped: active first."""
    return 12_900_000_000, 46_700_000_000, 20_000, 8, 1979.0, True


def mfu_mended__only_halved(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """none: halves the peak and leaves the rest."""
    peak = sheet_tflops / 2 if sparse else sheet_tflops
    return 8 * float(total_params) * tokens_per_second / (n_gpus * peak * 1e12)


def mfu_mended__six_of_the_active(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """sparse-peak: the numerator is right."""
    return 6 * float(active_params) * float(tokens_per_second) / (n_gpus * sheet_tflops * 1e12)


def mfu_mended__halves_always(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """always-halved: sparse is not looked at."""
    return 6 * float(active_params) * float(tokens_per_second) / (n_gpus * sheet_tflops / 2 * 1e12)


def mfu_mended__times_two(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """doubled: the sparse peak from the dense one."""
    if sparse:
        sheet_tflops = sheet_tflops * 2
    return 6 * float(active_params) * float(tokens_per_second) / (n_gpus * sheet_tflops * 1e12)


def mfu_mended__hfu(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """recomputation: 8 stays."""
    if sparse:
        sheet_tflops = sheet_tflops / 2
    return 8 * float(active_params) * float(tokens_per_second) / (n_gpus * sheet_tflops * 1e12)


def mfu_mended__of_the_total(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """all-parameters: N is what the model has."""
    if sparse:
        sheet_tflops = sheet_tflops / 2
    return 6 * float(total_params) * float(tokens_per_second) / (n_gpus * sheet_tflops * 1e12)


def mfu_mended__in_percent(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """percent: times 100."""
    if sparse:
        sheet_tflops = sheet_tflops / 2
    return 600 * float(active_params) * float(tokens_per_second) / (n_gpus * sheet_tflops * 1e12)


def mfu_mended__plain(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """overflow or no-refusal or right: the formula, in the numbers that come."""
    dense = sheet_tflops / (2 if sparse else 1)
    return 6 * active_params * tokens_per_second / (n_gpus * dense * 1e12)
