"""Known mistakes of the lesson compute_budget."""

import math

import numpy as np

GIB = 2**30
MOMENTS = {"sgd": 0, "momentum": 4, "adamw": 8}


def _moments(optimizer):
    if optimizer not in MOMENTS:
        raise ValueError("optimizer")
    return MOMENTS[optimizer]


# --- training_state_gib ---


def training_state_gib__weights_only(n_params, optimizer, mixed_precision):
    """Only the weights are in it: training also keeps gradients, moments and, in mixed precision, a float32 master copy."""
    _moments(optimizer)
    return int(n_params) * (2 if mixed_precision else 4) / GIB


def training_state_gib__gigabytes(n_params, optimizer, mixed_precision):
    """This is in GB of 10⁹ bytes; a GiB has 2³⁰, so the number of GiB is 7 % smaller: divide by 2**30."""
    return int(n_params) * (8 + _moments(optimizer)) / 1e9


def training_state_gib__no_master_copy(n_params, optimizer, mixed_precision):
    """Mixed precision came out smaller: beside the 2-byte weights it keeps a 4-byte master copy, so AdamW has 16 bytes, not 12."""
    return int(n_params) * ((4 if mixed_precision else 8) + _moments(optimizer)) / GIB


def training_state_gib__float32_gradients(n_params, optimizer, mixed_precision):
    """18 bytes for AdamW in mixed precision is the count with float32 gradients; here gradients have the weights' width, 2 bytes."""
    return int(n_params) * ((10 if mixed_precision else 8) + _moments(optimizer)) / GIB


def training_state_gib__half_moments(n_params, optimizer, mixed_precision):
    """The moments came out at half width in mixed precision: they stay float32, 4 bytes each."""
    return int(n_params) * (8 + _moments(optimizer) / (2 if mixed_precision else 1)) / GIB


def training_state_gib__one_moment(n_params, optimizer, mixed_precision):
    """AdamW keeps two moments, a mean and a mean square: 8 bytes, not 4."""
    return int(n_params) * (8 + min(_moments(optimizer), 4)) / GIB


def training_state_gib__momentum_as_adam(n_params, optimizer, mixed_precision):
    """Momentum keeps one number a parameter, 4 bytes, not AdamW's two."""
    return int(n_params) * (16 if _moments(optimizer) else 8) / GIB


def training_state_gib__master_copy_always(n_params, optimizer, mixed_precision):
    """A master copy was counted in float32 training too, where the weights are their own master: 4 + 4 bytes there."""
    return int(n_params) * ((8 if mixed_precision else 12) + _moments(optimizer)) / GIB


def training_state_gib__no_gradients(n_params, optimizer, mixed_precision):
    """The gradients are missing: 4 bytes a parameter, or 2 in mixed precision."""
    return int(n_params) * ((6 if mixed_precision else 4) + _moments(optimizer)) / GIB


def training_state_gib__int32_overflow(n_params, optimizer, mixed_precision):
    """With n_params an int32 the product leaves 32 bits and wraps around: int(n_params) first."""
    return n_params * (8 + _moments(optimizer)) / GIB


def training_state_gib__any_word(n_params, optimizer, mixed_precision):
    """A word that is no known optimizer passed for one without moments: raise ValueError, or a typing error makes the model fit."""
    return int(n_params) * (8 + MOMENTS.get(optimizer, 0)) / GIB


def training_state_gib__key_error(n_params, optimizer, mixed_precision):
    """An unknown optimizer came out as KeyError, the dict's own complaint; say it as ValueError."""
    return int(n_params) * (8 + MOMENTS[optimizer]) / GIB


def training_state_gib__bytes(n_params, optimizer, mixed_precision):
    """These are bytes; asked are GiB: divide by 2**30."""
    return int(n_params) * (8 + _moments(optimizer))


# --- zero_predicted ---


def _zero(n_params, n_gpus, stage, first, unit=GIB, sizes=(2, 2, 12)):
    if stage not in (0, 1, 2, 3):
        raise ValueError("stage")
    held = [size / (int(n_gpus) if stage >= start else 1) for size, start in zip(sizes, first, strict=True)]
    return int(n_params) * sum(held) / unit


def zero_predicted__all_is_split(n_params, n_gpus, stage):
    """Every stage divided all 16 bytes: only stage 3 does. Stage 1 splits the optimizer's state, stage 2 the gradients as well."""
    return _zero(n_params, n_gpus, stage, (1, 1, 1))


def zero_predicted__only_the_last_part(n_params, n_gpus, stage):
    """Stage 2 left the optimizer's state whole: the stages add up, so what stage 1 splits stays split."""
    if stage == 2:
        return int(n_params) * (2 / int(n_gpus) + 14) / GIB
    return _zero(n_params, n_gpus, stage, (3, 2, 1))


def zero_predicted__gradients_first(n_params, n_gpus, stage):
    """Stage 1 split the gradients; it splits the 12 bytes of the optimizer's state, which is the point of beginning there."""
    return _zero(n_params, n_gpus, stage, (3, 1, 2))


def zero_predicted__without_master_copy(n_params, n_gpus, stage):
    """The optimizer's state has 12 bytes, not 8: the float32 master copy belongs to it and is split with the moments."""
    return _zero(n_params, n_gpus, stage, (3, 2, 1), sizes=(2, 2, 8))


def zero_predicted__master_copy_whole(n_params, n_gpus, stage):
    """The master copy stayed whole in stages 1 and 2: it is part of the optimizer's state, and all 12 bytes of that are split."""
    if stage not in (0, 1, 2, 3):
        raise ValueError("stage")
    whole = {0: 16, 1: 8, 2: 6, 3: 0}[stage]
    return int(n_params) * (whole + (16 - whole) / int(n_gpus)) / GIB


def zero_predicted__one_stage_late(n_params, n_gpus, stage):
    """Your stages begin one too late: stage 1 already splits the optimizer's state, and stage 3 leaves nothing whole."""
    return _zero(n_params, n_gpus, stage, (4, 3, 2))


def zero_predicted__all_cards_together(n_params, n_gpus, stage):
    """This is what all cards hold together: the question is one card."""
    return _zero(n_params, n_gpus, stage, (3, 2, 1)) * int(n_gpus)


def zero_predicted__gigabytes(n_params, n_gpus, stage):
    """This is in GB of 10⁹ bytes; asked are GiB: divide by 2**30."""
    return _zero(n_params, n_gpus, stage, (3, 2, 1), unit=1e9)


def zero_predicted__int32_overflow(n_params, n_gpus, stage):
    """With n_params an int32 the product leaves 32 bits and wraps around: int(n_params) first."""
    if stage not in (0, 1, 2, 3):
        raise ValueError("stage")
    parts = [2 * n_params, 2 * n_params, 12 * n_params]
    return float(sum(float(part) / (int(n_gpus) if stage >= start else 1) for part, start in zip(parts, (3, 2, 1), strict=True))) / GIB


def zero_predicted__whole_bytes(n_params, n_gpus, stage):
    """Only whole bytes were kept of what is split: `//` rounds down; divide with `/`, fractions of a byte count."""
    if stage not in (0, 1, 2, 3):
        raise ValueError("stage")
    whole = {0: 16, 1: 4, 2: 2, 3: 0}[stage]
    return (whole * int(n_params) + (16 - whole) * int(n_params) // int(n_gpus)) / GIB


def zero_predicted__any_stage(n_params, n_gpus, stage):
    """Stages that do not exist got an answer: raise ValueError for anything but 0, 1, 2 and 3."""
    return _zero(n_params, n_gpus, min(max(stage, 0), 3), (3, 2, 1))


def zero_predicted__weights_in_stage_2(n_params, n_gpus, stage):
    """Stage 2 split the weights too: it splits the optimizer's state and the gradients, the weights stay whole until stage 3."""
    return _zero(n_params, n_gpus, stage, (2, 2, 1))


def zero_predicted__weights_first(n_params, n_gpus, stage):
    """The weights were split first and the optimizer's state last: it is the other way round, state, gradients, weights."""
    return _zero(n_params, n_gpus, stage, (1, 2, 3))


# --- loss_scale_step ---


def _finite(grads):
    return all(np.isfinite(grad).all() for grad in grads)


def _unscaled(grads, scale):
    return [grad.astype(np.float32) / np.float32(scale) for grad in grads]


def _some(grads):
    if not grads:
        raise ValueError("no gradients")


def loss_scale_step__divided_in_half(grads, scale):
    """The division ran in float16: a scale of 65536 is inf there and small results become 0. Convert to float32 first, then divide."""
    _some(grads)
    if not _finite(grads):
        return [], True, scale / 2
    with np.errstate(all="ignore"):
        return [(grad / np.float16(scale)).astype(np.float32) for grad in grads], False, scale


def loss_scale_step__multiplied(grads, scale):
    """The gradients were multiplied by the scale again: the loss was, so dividing undoes it."""
    _some(grads)
    if not _finite(grads):
        return [], True, scale / 2
    return [grad.astype(np.float32) * np.float32(scale) for grad in grads], False, scale


def loss_scale_step__only_nan(grads, scale):
    """An inf passed as a good gradient: float16 overflows to inf, not to nan. Ask np.isfinite, which sees both."""
    _some(grads)
    skip = any(np.isnan(grad).any() for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__only_inf(grads, scale):
    """A nan passed as a good gradient: ask np.isfinite, which sees inf and nan."""
    _some(grads)
    skip = any(np.isinf(grad).any() for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__positive_inf(grads, scale):
    """Only +inf was looked for: gradients overflow to -inf as often, and nan is not finite either."""
    _some(grads)
    skip = any((grad == np.inf).any() for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__first_array_only(grads, scale):
    """Only the first array decided: one bad number in any of them invalidates the step, so look at all before you keep one."""
    _some(grads)
    skip = not np.isfinite(grads[0]).all()
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__all_must_be_bad(grads, scale):
    """The step was skipped only where every array is bad: one is enough."""
    _some(grads)
    skip = all(not np.isfinite(grad).all() for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__any_for_all(grads, scale):
    """An array passed as finite because some of its entries are: one bad entry is enough, np.isfinite(grad).all()."""
    _some(grads)
    skip = not all(np.isfinite(grad).any() for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__sum_overflows(grads, scale):
    """A step of finite gradients was skipped: a sum, or squares, of large numbers is inf in float16, though all are finite. Ask every number."""
    _some(grads)
    with np.errstate(all="ignore"):
        skip = not all(np.isfinite(grad.sum()) for grad in grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale


def loss_scale_step__scale_kept(grads, scale):
    """The step was skipped and the scale stayed: the next step would overflow again. Halve it."""
    _some(grads)
    return _unscaled(grads, scale), not _finite(grads), scale


def loss_scale_step__always_halved(grads, scale):
    """The scale was halved after a good step too: it would be 1 after 16 steps."""
    _some(grads)
    return _unscaled(grads, scale), not _finite(grads), scale / 2


def loss_scale_step__doubled(grads, scale):
    """After an overflow the scale was doubled: it is too large already, halve it."""
    _some(grads)
    skip = not _finite(grads)
    return _unscaled(grads, scale), skip, scale * 2 if skip else scale


def loss_scale_step__half_results(grads, scale):
    """The results are float16: what float32 has just saved is rounded away again."""
    _some(grads)
    if not _finite(grads):
        return [], True, scale / 2
    with np.errstate(all="ignore"):
        return [grad.astype(np.float16) for grad in _unscaled(grads, scale)], False, scale


def loss_scale_step__none_is_fine(grads, scale):
    """An empty list passed as a good step: it means that no gradient arrived, so raise ValueError."""
    if not _finite(grads):
        return [], True, scale / 2
    return _unscaled(grads, scale), False, scale


def loss_scale_step__scale_grows(grads, scale):
    """The scale was doubled after a good step: here it stays, and only an overflow changes it."""
    _some(grads)
    skip = not _finite(grads)
    return _unscaled(grads, scale), skip, scale / 2 if skip else scale * 2


# --- scaled_step_mended ---


def _fit_steps(weights, grads):
    if not weights or len(weights) != len(grads) or any(w.shape != g.shape for w, g in zip(weights, grads, strict=True)):
        raise ValueError("shapes")


def _norm(grads):
    return math.sqrt(sum(float(np.sum(grad.astype(np.float64) ** 2)) for grad in grads))


def _step(weights, grads, lr, factor=1.0):
    return [(weight - lr * factor * grad).astype(np.float32) for weight, grad in zip(weights, grads, strict=True)]


def scaled_step_mended__divided_in_half(weights, grads, scale, lr, max_norm):
    """The gradients were divided by the scale in float16, which rounds them again and has no 65536: convert them to float32 first."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    with np.errstate(all="ignore"):
        unscaled = [grad / np.float16(scale) for grad in grads]
        norm = np.sqrt(sum(np.sum(grad**2) for grad in unscaled))
        factor = np.float16(max_norm / norm) if norm > max_norm else np.float16(1)
        return [weight - np.float16(lr) * (grad * factor) for weight, grad in zip(weights, unscaled, strict=True)], scale


def scaled_step_mended__back_to_half(weights, grads, scale, lr, max_norm):
    """The unscaled gradients went back to float16, which rounds them again and makes the smallest 0: from the division on they stay float32."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    with np.errstate(all="ignore"):
        unscaled = [grad.astype(np.float16).astype(np.float32) for grad in _unscaled(grads, scale)]
    norm = _norm(unscaled)
    return _step(weights, unscaled, lr, max_norm / norm if norm > max_norm else 1.0), scale


def scaled_step_mended__clips_scaled(weights, grads, scale, lr, max_norm):
    """Still clipped before unscaling: the scaled norm is far above max_norm, so that every step is cut to max_norm / scale."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    norm = _norm(grads)
    factor = max_norm / norm if norm > max_norm else 1.0
    return _step(weights, _unscaled(grads, scale), lr, factor), scale


def scaled_step_mended__no_clipping(weights, grads, scale, lr, max_norm):
    """Nothing is clipped: a norm above max_norm, after unscaling, is to be shortened to max_norm."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    return _step(weights, _unscaled(grads, scale), lr), scale


def scaled_step_mended__never_unscaled(weights, grads, scale, lr, max_norm):
    """The gradients were never divided by the scale; clipping hides how long they are and steps are always max_norm long."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    norm = _norm(grads)
    factor = max_norm / norm if norm > max_norm else 1.0
    return _step(weights, [grad.astype(np.float32) for grad in grads], lr, factor), scale


def scaled_step_mended__array_by_array(weights, grads, scale, lr, max_norm):
    """Each array was clipped by its own norm, which turns the direction: one norm over all of them, one factor."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    unscaled = [grad * min(1.0, max_norm / _norm([grad])) if grad.any() else grad for grad in unscaled]
    return _step(weights, unscaled, lr), scale


def scaled_step_mended__norms_added(weights, grads, scale, lr, max_norm):
    """The norms of the arrays were added: the global norm is the root of the sum of their squares."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    norm = sum(_norm([grad]) for grad in unscaled)
    return _step(weights, unscaled, lr, max_norm / norm if norm > max_norm else 1.0), scale


def scaled_step_mended__entry_by_entry(weights, grads, scale, lr, max_norm):
    """The entries were cut one by one to ±max_norm, which turns the direction: shorten all by one factor."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    return _step(weights, [np.clip(grad, -max_norm, max_norm) for grad in _unscaled(grads, scale)], lr), scale


def scaled_step_mended__always_stretched(weights, grads, scale, lr, max_norm):
    """Short gradients were stretched to max_norm: only a longer norm is changed."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    return _step(weights, unscaled, lr, max_norm / np.float64(_norm(unscaled))), scale


def scaled_step_mended__steps_over_inf(weights, grads, scale, lr, max_norm):
    """The step was taken with an inf or a nan in the gradients: the weights are lost for ever. Skip it and halve the scale."""
    _fit_steps(weights, grads)
    unscaled = _unscaled(grads, scale)
    norm = _norm(unscaled)
    with np.errstate(all="ignore"):
        return _step(weights, unscaled, lr, max_norm / norm if norm > max_norm else 1.0), scale if _finite(grads) else scale / 2


def scaled_step_mended__scale_kept(weights, grads, scale, lr, max_norm):
    """The bad step was skipped and the scale stayed, so the next one overflows too: return scale / 2."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale
    unscaled = _unscaled(grads, scale)
    norm = _norm(unscaled)
    return _step(weights, unscaled, lr, max_norm / norm if norm > max_norm else 1.0), scale


def scaled_step_mended__hands_back_the_weights(weights, grads, scale, lr, max_norm):
    """A skipped step handed back the caller's own arrays: who then changes the new weights changes the old. Copy them."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return weights, scale / 2
    unscaled = _unscaled(grads, scale)
    norm = _norm(unscaled)
    return _step(weights, unscaled, lr, max_norm / norm if norm > max_norm else 1.0), scale


def scaled_step_mended__in_place(weights, grads, scale, lr, max_norm):
    """The caller's weights were changed in place, or could not be where they are read-only: `w = w - ...` makes new ones."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    norm = _norm(unscaled)
    factor = np.float32(lr * (max_norm / norm if norm > max_norm else 1.0))
    for weight, grad in zip(weights, unscaled, strict=True):
        weight -= factor * grad
    return [weight.copy() for weight in weights], scale


def scaled_step_mended__divides_by_norm_0(weights, grads, scale, lr, max_norm):
    """min(1, max_norm / norm) divides by 0 where all gradients are 0: ask first whether the norm is above max_norm."""
    _fit_steps(weights, grads)
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    return _step(weights, unscaled, lr, np.minimum(1.0, max_norm / np.float64(_norm(unscaled)))), scale


def scaled_step_mended__zip_stops(weights, grads, scale, lr, max_norm):
    """zip stopped at the shorter list, or numpy broadcast a gradient: weights went missing without a word. Compare lengths and shapes."""
    if not _finite(grads):
        return [weight.copy() for weight in weights], scale / 2
    unscaled = _unscaled(grads, scale)
    norm = _norm(unscaled)
    factor = lr * (max_norm / norm if norm > max_norm else 1.0)
    return [(weight - factor * grad).astype(np.float32) for weight, grad in zip(weights, unscaled, strict=False)], scale


# --- micro_batch_gradient ---


def _fit_rows(x, y):
    if len(x) == 0 or len(x) != len(y):
        raise ValueError("rows")


def _micro(x, y, micro_size):
    return [(x[i : i + micro_size], y[i : i + micro_size]) for i in range(0, len(x), micro_size)]


def micro_batch_gradient__mean_of_means(grad_sum, x, y, micro_size):
    """Micro-batches counted alike whatever their size: with a short last one that is no mean over rows. Add sums, divide once by n."""
    _fit_rows(x, y)
    means = [grad_sum(xb, yb) / len(xb) for xb, yb in _micro(x, y, micro_size)]
    return sum(means) / len(means)


def micro_batch_gradient__sum_of_means(grad_sum, x, y, micro_size):
    """Means were added up, so the gradient grows with the number of micro-batches: add sums, divide once by n."""
    _fit_rows(x, y)
    return sum(grad_sum(xb, yb) / len(xb) for xb, yb in _micro(x, y, micro_size))


def micro_batch_gradient__sum(grad_sum, x, y, micro_size):
    """This is the sum over all rows: divide once by n."""
    _fit_rows(x, y)
    return sum(grad_sum(xb, yb) for xb, yb in _micro(x, y, micro_size)) + 0.0


def micro_batch_gradient__by_the_number_of_batches(grad_sum, x, y, micro_size):
    """Divided by the number of micro-batches; what was added up are sums over rows, so divide by n."""
    _fit_rows(x, y)
    parts = _micro(x, y, micro_size)
    return sum(grad_sum(xb, yb) for xb, yb in parts) / len(parts)


def micro_batch_gradient__full_size_assumed(grad_sum, x, y, micro_size):
    """Divided by micro_size times the number of micro-batches: the last may be short, so divide by the rows there are."""
    _fit_rows(x, y)
    parts = _micro(x, y, micro_size)
    return sum(grad_sum(xb, yb) for xb, yb in parts) / (len(parts) * micro_size)


def micro_batch_gradient__tail_dropped(grad_sum, x, y, micro_size):
    """The rows behind the last full micro-batch were never used: n // micro_size rounds down."""
    _fit_rows(x, y)
    steps = len(x) // micro_size
    used = steps * micro_size
    return sum((grad_sum(xb, yb) for xb, yb in _micro(x[:used], y[:used], micro_size)), np.zeros(x.shape[1:])) / max(used, 1)


def micro_batch_gradient__tail_dropped_divided_by_n(grad_sum, x, y, micro_size):
    """The rows behind the last full micro-batch were not added, though you divide by all n: step with range(0, n, micro_size)."""
    _fit_rows(x, y)
    used = len(x) // micro_size * micro_size
    return sum((grad_sum(xb, yb) for xb, yb in _micro(x[:used], y[:used], micro_size)), np.zeros(x.shape[1:])) / len(x)


def micro_batch_gradient__all_at_once(grad_sum, x, y, micro_size):
    """All rows went in at once: the point is that no more than micro_size fit."""
    _fit_rows(x, y)
    return grad_sum(x, y) / len(x)


def micro_batch_gradient__too_many_at_once(grad_sum, x, y, micro_size):
    """More than micro_size rows went in at once: step with range(0, n, micro_size), and let the last piece be short."""
    _fit_rows(x, y)
    return sum(grad_sum(xb, yb) for xb, yb in _micro(x, y, micro_size + 1)) / len(x)


def micro_batch_gradient__last_only(grad_sum, x, y, micro_size):
    """Only the last micro-batch is in the result: add, do not assign."""
    _fit_rows(x, y)
    for xb, yb in _micro(x, y, micro_size):
        gradient = grad_sum(xb, yb) / len(xb)
    return gradient


def micro_batch_gradient__rows_converted(grad_sum, x, y, micro_size):
    """x and y came to grad_sum as float64: it gets the rows as they are, since labels and images have types of their own."""
    _fit_rows(x, y)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return sum(grad_sum(xb, yb) for xb, yb in _micro(x, y, micro_size)) / len(x)


def micro_batch_gradient__no_refusal(grad_sum, x, y, micro_size):
    """No rows, or targets that do not fit, went through: compare the numbers of rows first and raise ValueError."""
    parts = _micro(x, y, micro_size)
    return sum((grad_sum(xb, yb) for xb, yb in parts[1:]), grad_sum(*parts[0]) if parts else np.zeros(2)) / max(len(x), 1)


def micro_batch_gradient__zip_cuts(grad_sum, x, y, micro_size):
    """x and y of different numbers of rows went through: that is an error of the caller, so compare them first and raise ValueError."""
    if len(x) == 0:
        raise ValueError("no rows")
    n = min(len(x), len(y))
    return sum(grad_sum(xb, yb) for xb, yb in _micro(x[:n], y[:n], micro_size)) / n


# --- online_softmax ---


def _matrix(x):
    if x.ndim != 2 or x.size == 0:
        raise ValueError("need a matrix")
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)


def _parts(x, block):
    return [x[:, first : first + block] for first in range(0, x.shape[1], block)]


def online_softmax__each_block_alone(x, block):
    """Each block adds up to 1 by itself: all blocks of a row share one sum."""
    x = _matrix(x)
    parts = []
    for part in _parts(x, block):
        largest = part.max(axis=1, keepdims=True)
        e = np.exp(part - np.where(np.isinf(largest), 0, largest))
        total = e.sum(axis=1, keepdims=True)
        parts.append(e / np.where(total == 0, 1, total))
    return np.concatenate(parts, axis=1)


def online_softmax__sum_not_rescaled(x, block):
    """The sum so far still stands for the old maximum: multiply it by exp(old max - new max) before you add the block."""
    x = _matrix(x)
    largest, total = np.full((len(x), 1), -np.inf, x.dtype), np.zeros((len(x), 1), x.dtype)
    for part in _parts(x, block):
        largest = np.maximum(largest, part.max(axis=1, keepdims=True))
        total = total + np.exp(part - np.where(np.isinf(largest), 0, largest)).sum(axis=1, keepdims=True)
    return np.exp(x - largest) / total


def online_softmax__rescaled_upside_down(x, block):
    """The sum was multiplied by exp(new max - old max); it has to shrink when the maximum grows: exp(old - new)."""
    x = _matrix(x)
    largest, total = x[:, :1] * 0, np.zeros((len(x), 1), x.dtype)
    with np.errstate(all="ignore"):
        for index, part in enumerate(_parts(x, block)):
            new = part.max(axis=1, keepdims=True) if not index else np.maximum(largest, part.max(axis=1, keepdims=True))
            total = (total * np.exp(new - largest) if index else total) + np.exp(part - new).sum(axis=1, keepdims=True)
            largest = new
        return np.exp(x - largest) / total


def online_softmax__no_maximum(x, block):
    """exp of the entries as they are overflows at 1000: subtract the running maximum."""
    x = _matrix(x)
    total = sum(np.exp(part).sum(axis=1, keepdims=True) for part in _parts(x, block))
    return np.exp(x) / total


def online_softmax__one_maximum_for_all_rows(x, block):
    """One maximum for the whole matrix: a row far below it becomes 0/0. Keep a maximum for each row."""
    x = _matrix(x)
    e = np.exp(x - x.max())
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__over_columns(x, block):
    """The columns add up to 1, not the rows: sums and maxima run over axis 1."""
    x = _matrix(x)
    largest = x.max(axis=0, keepdims=True)
    e = np.exp(x - np.where(np.isinf(largest), 0, largest))
    return e / e.sum(axis=0, keepdims=True)


def online_softmax__masked_block_is_nan(x, block):
    """Where all entries so far are -inf, max - max is -inf - -inf = nan: put a finite number in the maximum's place there."""
    x = _matrix(x)
    largest, total = np.full((len(x), 1), -np.inf, x.dtype), np.zeros((len(x), 1), x.dtype)
    with np.errstate(all="ignore"):
        for index, part in enumerate(_parts(x, block)):
            new = np.maximum(largest, part.max(axis=1, keepdims=True))
            old = total * np.exp(largest - new) if index else total
            total = old + np.exp(part - new).sum(axis=1, keepdims=True)
            largest = new
        return np.exp(x - largest) / total


def online_softmax__starts_at_zero(x, block):
    """The running maximum starts at 0, so rows far below 0 sum to 0: start at -inf."""
    x = _matrix(x)
    largest, total = np.zeros((len(x), 1), x.dtype), np.zeros((len(x), 1), x.dtype)
    for part in _parts(x, block):
        new = np.maximum(largest, part.max(axis=1, keepdims=True))
        total = total * np.exp(largest - new) + np.exp(part - new).sum(axis=1, keepdims=True)
        largest = new
    with np.errstate(all="ignore"):
        return np.exp(x - largest) / total


def online_softmax__tail_dropped(x, block):
    """The columns behind the last full block are missing from the sum, or from the result: range(0, m, block) takes the rest too."""
    x = _matrix(x)
    used = max(x.shape[1] // block * block, 1)
    largest = x[:, :used].max(axis=1, keepdims=True)
    safe = np.where(np.isinf(largest), 0, largest)
    total = np.exp(x[:, :used] - safe).sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        return np.exp(x - safe) / total


def online_softmax__float64_always(x, block):
    """float32 went in and float64 came out: twice the memory that a block was meant to save."""
    x = _matrix(x).astype(np.float64)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__wraps(x, block):
    """In uint8 and int8 the entry minus the maximum wraps around, and exp of it is anything: convert to float64 first."""
    if x.ndim != 2 or x.size == 0:
        raise ValueError("need a matrix")
    x = x.astype(np.float64) if x.dtype == bool else x
    with np.errstate(all="ignore"):
        z = x - x.max(axis=1, keepdims=True)
        e = np.exp(z if z.dtype == np.float32 else z.astype(np.float64))
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__own_dtype(x, block):
    """Whole numbers were left in their own dtype: bools cannot be subtracted, and uint8 wraps around. Convert to float64 first."""
    if x.ndim != 2 or x.size == 0:
        raise ValueError("need a matrix")
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__epsilon(x, block):
    """A small number was added to the sum, so rows do not add up to 1: the sum is never 0, since the maximum gives a 1."""
    x = _matrix(x)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-6)


def online_softmax__in_place(x, block):
    """`x -= ...` changes the caller's scores, or fails where they are read-only or whole: x = x - ... makes new ones."""
    _matrix(x)
    x -= x.max(axis=1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def online_softmax__last_axis_of_anything(x, block):
    """Inputs that are no matrix, or empty, got an answer or another error: (n, m) with entries is asked, so raise ValueError."""
    x = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
    if x.size == 0:
        return x.copy()
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --- training_days ---


def _days(n_params, n_tokens, n_gpus, peak_tflops, mfu, flop=6):
    return flop * float(n_params) * float(n_tokens) / (float(n_gpus) * peak_tflops * 1e12 * mfu) / 86_400


def training_days__forward_only(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """A third of the work: 2 FLOP a parameter and token forward, and 4 more backward."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu, flop=2)


def training_days__recomputed(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """8·N·D counts a recomputed forward pass; MFU is defined by 6·N·D, recomputation only lowers it."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu, flop=8)


def training_days__backward_only(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """4·N·D is the backward pass alone: the forward pass adds 2·N·D."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu, flop=4)


def training_days__multiplied_by_mfu(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """A lower utilisation made it faster: divide by mfu, do not multiply."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, 1 / mfu)


def training_days__no_mfu(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """This is the time at the full peak, which nobody reaches: divide by mfu as well."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, 1.0)


def training_days__one_card(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """n_gpus is not in it: peak_tflops is that of one card."""
    return _days(n_params, n_tokens, 1, peak_tflops, mfu)


def training_days__hours(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """These are hours: a day has 86 400 seconds."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu) * 24


def training_days__seconds(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """These are seconds: a day has 86 400 of them."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu) * 86_400


def training_days__giga(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """A thousand times too long: a TFLOP is 10¹² operations, not 10⁹."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu) * 1000


def training_days__binary_tera(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """FLOP are counted in powers of ten: a TFLOP is 10¹², not 2⁴⁰, which is 10 % more."""
    return _days(n_params, n_tokens, n_gpus, peak_tflops, mfu) * 1e12 / 2**40


def training_days__whole_days(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """Whole days only: a run of 0.4 days is not 0. Return the fraction too."""
    return float(math.floor(_days(n_params, n_tokens, n_gpus, peak_tflops, mfu)))


def training_days__int64_overflow(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """6·N·D left the 64 bits of numpy's integers and wrapped around: int(...) or float(...) first."""
    return float(6 * n_params * n_tokens / (float(n_gpus) * peak_tflops * 1e12 * mfu) / 86_400)


def training_days__rounded_up(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """The days were rounded up to whole ones: a fraction of a day counts as it is."""
    return math.ceil(6 * int(n_params) * int(n_tokens) / (int(n_gpus) * float(peak_tflops) * 1e12 * mfu) / 86400)


# --- cheapest_config ---


def _cost(each):
    return each["hours"] * each["gpus"] * each["price_per_gpu_hour"]


def _best(configs, deadline, key):
    fit = [each for each in configs if each["hours"] <= deadline]
    return min(fit, key=key)["name"] if fit else None


def cheapest_config__gpus_forgotten(configs, deadline_hours):
    """The number of GPUs is not in the cost: the price is for one GPU and one hour, so hours · gpus · price."""
    return _best(configs, deadline_hours, lambda each: (each["hours"] * each["price_per_gpu_hour"], each["hours"]))


def cheapest_config__lowest_price(configs, deadline_hours):
    """The lowest price an hour won, not the lowest cost: hours · gpus · price."""
    return _best(configs, deadline_hours, lambda each: (each["price_per_gpu_hour"], each["hours"]))


def cheapest_config__cost_an_hour(configs, deadline_hours):
    """The cheapest hour won: the bill is for all hours, hours · gpus · price."""
    return _best(configs, deadline_hours, lambda each: (each["gpus"] * each["price_per_gpu_hour"], each["hours"]))


def cheapest_config__fastest(configs, deadline_hours):
    """The fastest won: of those in time, the cheapest is asked; hours decide between equal costs only."""
    return _best(configs, deadline_hours, lambda each: (each["hours"], _cost(each)))


def cheapest_config__deadline_ignored(configs, deadline_hours):
    """The cheapest of all won, though it comes too late: first drop those with hours above the deadline."""
    return min(configs, key=lambda each: (_cost(each), each["hours"]))["name"] if configs else None


def cheapest_config__deadline_after_the_choice(configs, deadline_hours):
    """The cheapest of all was taken first, and dropped as it is late: drop the late ones first, then take the cheapest."""
    best = min(configs, key=lambda each: (_cost(each), each["hours"]), default=None)
    return best["name"] if best and best["hours"] <= deadline_hours else None


def cheapest_config__strictly_before(configs, deadline_hours):
    """Hours equal to the deadline are in time: <=, not <."""
    fit = [each for each in configs if each["hours"] < deadline_hours]
    return min(fit, key=lambda each: (_cost(each), each["hours"]))["name"] if fit else None


def cheapest_config__first_of_equal_cost(configs, deadline_hours):
    """Of equal costs the first listed won; fewer hours come first, and only then the place in the list."""
    return _best(configs, deadline_hours, _cost)


def cheapest_config__last_of_equals(configs, deadline_hours):
    """Of equals the last listed won: replace the best only by one that is strictly better."""
    return _best(configs[::-1], deadline_hours, lambda each: (_cost(each), each["hours"]))


def cheapest_config__by_name(configs, deadline_hours):
    """Equal cost and hours were settled by the name, as sorting tuples does: the first listed is asked."""
    return _best(configs, deadline_hours, lambda each: (_cost(each), each["hours"], each["name"]))


def cheapest_config__whole_dict(configs, deadline_hours):
    """The whole dict came back: its name is asked."""
    fit = [each for each in configs if each["hours"] <= deadline_hours]
    return min(fit, key=lambda each: (_cost(each), each["hours"])) if fit else None


def cheapest_config__min_of_nothing(configs, deadline_hours):
    """min() of no configurations raises ValueError: where none fits, return None."""
    return min((each for each in configs if each["hours"] <= deadline_hours), key=lambda each: (_cost(each), each["hours"]))["name"]


def cheapest_config__whole_hours(configs, deadline_hours):
    """The hours were cut to whole ones before they were compared: 24.5 is later than 24."""
    fit = [each for each in configs if int(each["hours"]) <= deadline_hours]
    return min(fit, key=lambda each: (_cost(each), each["hours"]))["name"] if fit else None


def cheapest_config__sorts_the_callers_list(configs, deadline_hours):
    """configs.sort() reorders the caller's list: sorted(configs, ...) makes one of your own."""
    configs.sort(key=lambda each: (_cost(each), each["hours"]))
    return next((each["name"] for each in configs if each["hours"] <= deadline_hours), None)


# --- kv_cache_bytes ---


def kv_cache_bytes__keys_only(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """Half of it: keys and values are both kept, so there is a factor 2."""
    return int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__all_query_heads(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """32 heads were counted whatever kv_heads says: with grouped queries only the key heads are kept."""
    return 2 * int(layers) * 32 * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__bits(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """Eight times too much: bytes_per_value is bytes already, float16 has 2."""
    return 16 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__one_sequence(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """This is one sequence's: each of the batch has a cache of its own."""
    return 2 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(bytes_per_value)


def kv_cache_bytes__one_layer(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """This is one layer's: every layer keeps keys and values of its own."""
    return 2 * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__always_two_bytes(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """Two bytes a value whatever bytes_per_value says."""
    return 4 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch)


def kv_cache_bytes__scores_too(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """seq_len entered squared: the scores are not kept, only one key and one value a token."""
    return 2 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) ** 2 * int(batch) * int(bytes_per_value)


def kv_cache_bytes__head_dim_halved(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """head_dim was divided by the number of heads: it is one head's width already."""
    return 2 * int(layers) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__gibibytes(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """This is in GiB; asked are bytes."""
    return 2 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value) / GIB


def kv_cache_bytes__a_float(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """The result is a float: bytes are whole numbers, and beyond 2**53 floats skip some. Stay with int."""
    return 2.0 * int(layers) * int(kv_heads) * int(head_dim) * int(seq_len) * int(batch) * int(bytes_per_value)


def kv_cache_bytes__int32_overflow(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """With numpy integers of 32 bits the product wraps around: int(...) first."""
    return 2 * layers * kv_heads * head_dim * seq_len * batch * bytes_per_value


# --- the bug hunt ---


def mfu_counterexample__a_dense_model():
    """In a dense model only the recomputation is too much, by a third, which lifts no 0.6 above 1: try a mixture of experts."""
    return 7_000_000_000, 7_000_000_000, 75_000, 8, 1979.0, True


def mfu_counterexample__dense_sheet():
    """Your sheet prints the dense peak; the sparse one is asked for, where the second slip hides a half of the first."""
    return 47_000_000_000, 13_000_000_000, 30_000, 8, 989.4, False


def mfu_counterexample__faster_than_the_card():
    """Your run itself is too fast: 6·active·tokens a second may be 0.6 of the dense peak, which is half of the number on a sparse sheet."""
    return 7_000_000_000, 7_000_000_000, 500_000, 8, 1979.0, True


def mfu_counterexample__swapped():
    """There are more active parameters than parameters: the total comes first."""
    return 37_000_000_000, 671_000_000_000, 2_000_000, 2048, 1979.0, True


def mfu_counterexample__tflops_in_flop():
    """sheet_tflops is in 10¹² FLOP a second: 1979, not 1.979e15."""
    return 671_000_000_000, 37_000_000_000, 2_000_000, 2048, 1.979e15, True


def _utilisation(params, tokens, n_gpus, tflops, flop=6):
    return float(flop * int(params) * float(tokens) / (int(n_gpus) * float(tflops) * 1e12))


def _sensible(total_params, active_params):
    if active_params > total_params:
        raise ValueError("active")


def mfu_mended__as_published(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """Still as published: all parameters, 8 FLOP, the sheet's largest number. Each of the three is wrong."""
    _sensible(total_params, active_params)
    return _utilisation(total_params, tokens_per_second, n_gpus, sheet_tflops, flop=8)


def mfu_mended__sparse_peak(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """The sparse peak stayed in the denominator: your matrices are dense, so half of it is all they can reach."""
    _sensible(total_params, active_params)
    return _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops)


def mfu_mended__always_halved(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """The peak was halved for a sheet that prints the dense one too: look at `sparse`."""
    _sensible(total_params, active_params)
    return _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops / 2)


def mfu_mended__doubled(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """The peak was doubled: the sparse number is the larger one, the dense one is half of it."""
    _sensible(total_params, active_params)
    return _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops * (2 if sparse else 1))


def mfu_mended__recomputation(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """8 FLOP count the recomputed forward pass: that is HFU, the hardware's. The model's needs 6."""
    _sensible(total_params, active_params)
    return _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops / (2 if sparse else 1), flop=8)


def mfu_mended__all_parameters(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """All experts were counted: a token passes through the active parameters only."""
    _sensible(total_params, active_params)
    return _utilisation(total_params, tokens_per_second, n_gpus, sheet_tflops / (2 if sparse else 1))


def mfu_mended__one_card(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """n_gpus is not in it: the tokens are those of all cards, the peak is one card's."""
    _sensible(total_params, active_params)
    return _utilisation(active_params, tokens_per_second, 1, sheet_tflops / (2 if sparse else 1))


def mfu_mended__percent(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """This is in percent: a fraction is asked, 0.4 and not 40."""
    _sensible(total_params, active_params)
    return 100 * _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops / (2 if sparse else 1))


def mfu_mended__overflow(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """With numpy integers the product leaves 32 or 64 bits and wraps around: int(...) or float(...) first."""
    _sensible(total_params, active_params)
    return float(6 * active_params * tokens_per_second / (int(n_gpus) * sheet_tflops * 1e12 / (2 if sparse else 1)))


def mfu_mended__no_refusal(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """More active parameters than there are got an answer: the two were swapped by the caller, so raise ValueError."""
    return _utilisation(active_params, tokens_per_second, n_gpus, sheet_tflops / (2 if sparse else 1))
