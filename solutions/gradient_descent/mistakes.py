"""Known mistakes of the lesson gradient_descent. Each makes one mistake and is right otherwise."""

import math

import numpy as np


def _float(a):
    a = np.asarray(a)
    return a.copy() if a.dtype.kind == "f" else a.astype(np.float64)


def _weights(w0):
    if np.size(w0) == 0:
        raise ValueError("no weights")
    return _float(w0)


def _path(w, places):
    return w, np.stack(places)


# --- gradient_descent ---


def gradient_descent__ascends(grad, w0, lr, steps):
    """You go uphill: subtract the gradient."""
    w = _weights(w0)
    places = [w]
    for _ in range(steps):
        w = w + lr * grad(w)
        places.append(w)
    return _path(w.copy(), places)


def gradient_descent__history_without_start(grad, w0, lr, steps):
    """history misses w0: it has steps + 1 places, the first is where you start."""
    w = _weights(w0)
    places = []
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    return w.copy(), np.stack(places) if places else np.zeros((0, *w.shape), w.dtype)


def gradient_descent__history_of_one_array(grad, w0, lr, steps):
    """history holds the same array again and again, so every place shows the last: append a copy, or make a new w each step."""
    w = _weights(w0)
    places = [w]
    for _ in range(steps):
        w -= lr * grad(w.copy())
        places.append(w)
    return _path(w.copy(), places)


def gradient_descent__gradient_of_the_start(grad, w0, lr, steps):
    """The gradient was taken once, at w0: it changes as you move, so ask for it at every new place."""
    w = _weights(w0)
    g, places = grad(w), [w]
    for _ in range(steps):
        w = w - lr * g
        places.append(w)
    return _path(w.copy(), places)


def gradient_descent__one_step_too_many(grad, w0, lr, steps):
    """One step too many: `steps` steps, no more; with steps = 0 nothing moves."""
    w = _weights(w0)
    places = [w]
    for _ in range(steps + 1):
        w = w - lr * grad(w)
        places.append(w)
    return _path(w.copy(), places)


def gradient_descent__moves_the_callers_weights(grad, w0, lr, steps):
    """`w -= ...` moved the caller's w0, so a second run does not start where you think: copy it first."""
    w = _weights(w0)
    places = [w]
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    if np.asarray(w0).dtype.kind == "f" and w0.flags.writeable:
        w0[...] = w
    return _path(w.copy(), places)


def gradient_descent__returns_the_callers_array(grad, w0, lr, steps):
    """With no step w is w0 itself, not a copy: whoever changes one changes the other."""
    w = w0 if np.asarray(w0).dtype.kind == "f" and np.size(w0) else _weights(w0)
    places = [w]
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    return _path(w, places)


def gradient_descent__integer_weights(grad, w0, lr, steps):
    """Whole-number weights stayed whole, so each step was cut to an integer: convert to float on entry."""
    w = _weights(w0) if np.asarray(w0).dtype.kind == "f" or not np.size(w0) else np.asarray(w0).copy()
    places = [w]
    for _ in range(steps):
        w = (w - lr * grad(w)).astype(w.dtype)
        places.append(w)
    return _path(w.copy(), places)


# --- minibatch_gd ---


def _fit(x, y, w0):
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or np.shape(w0) != np.shape(x)[1:] or len(x) == 0:
        raise ValueError("shapes do not fit")
    kind = np.float32 if all(np.asarray(a).dtype == np.float32 for a in (x, y, w0)) else np.float64
    return np.asarray(x).astype(kind), np.asarray(y).astype(kind), np.asarray(w0).astype(kind)


def _epochs(x, y, w0, lr, epochs, batch_size, step, drop=False):
    x, y, w = _fit(x, y, w0)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            if not (drop and len(xb) < batch_size):
                w = w - (lr * step(xb, yb, w)).astype(w.dtype)
    return w


def minibatch_gd__sum_over_the_batch(x, y, w0, lr, epochs, batch_size):
    """The step is batch-size times too long: average the gradient over the rows of the batch."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b))


def minibatch_gd__last_batch_over_batch_size(x, y, w0, lr, epochs, batch_size):
    """The last batch has fewer rows: divide by its own number of rows, not by batch_size."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / batch_size)


def minibatch_gd__drops_the_tail(x, y, w0, lr, epochs, batch_size):
    """The rows after the last full batch are never used: let the short batch count."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / len(a), drop=True)


def minibatch_gd__half_forgotten(x, y, w0, lr, epochs, batch_size):
    """You differentiated the mean of r², without the ½: the steps are twice as long."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: 2 * a.T @ (a @ w - b) / len(a))


def minibatch_gd__ascends(x, y, w0, lr, epochs, batch_size):
    """The loss goes up: subtract the gradient of ½(xw - y)², whose sign is that of xw - y."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (b - a @ w) / len(a))


def minibatch_gd__over_all_rows(x, y, w0, lr, epochs, batch_size):
    """The batch's gradient was divided by the number of all rows: the step shrinks with the data set."""
    n = len(x)
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / n)


def minibatch_gd__one_epoch(x, y, w0, lr, epochs, batch_size):
    """The data were gone through once, whatever `epochs` says."""
    return _epochs(x, y, w0, lr, min(epochs, 1), batch_size, lambda a, b, w: a.T @ (a @ w - b) / len(a))


def minibatch_gd__full_batch(x, y, w0, lr, epochs, batch_size):
    """One step for each epoch with all rows: that is full-batch descent; step after every batch."""
    return _epochs(x, y, w0, lr, epochs, len(x) or 1, lambda a, b, w: a.T @ (a @ w - b) / len(a))


def minibatch_gd__moves_the_callers_weights(x, y, w0, lr, epochs, batch_size):
    """`w -= ...` moved the caller's w0: copy it first."""
    w = _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / len(a))
    if np.asarray(w0).dtype.kind == "f" and w0.flags.writeable:
        w0[...] = w
    return w


def minibatch_gd__column_target(x, y, w0, lr, epochs, batch_size):
    """A column y of shape (n, 1) broadcast against (n,) to n x n: compare the shapes first."""
    y = np.asarray(y)
    return _right_minibatch(x, y[:, 0] if y.ndim == 2 else y, w0, lr, epochs, batch_size)


def minibatch_gd__float32_lost(x, y, w0, lr, epochs, batch_size):
    """float32 in, float64 out: a float64 scalar or buffer widened the weights. Keep their dtype."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / len(a)).astype(np.float64)


def _right_minibatch(x, y, w0, lr, epochs, batch_size):
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / len(a))


# --- logistic_regression ---


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype)


def _logistic(x, y, lr, steps, l2, gradient):
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or len(x) == 0:
        raise ValueError("shapes do not fit")
    x = np.asarray(x) if np.asarray(x).dtype.kind == "f" else np.asarray(x).astype(np.float64)
    y = np.asarray(y).astype(x.dtype)
    w, b = np.zeros(x.shape[1], x.dtype), x.dtype.type(0)
    for _ in range(steps):
        gw, gb = gradient(x, y, w, b)
        w, b = (w - lr * gw).astype(x.dtype), x.dtype.type(b - lr * gb)
    return w, b


def logistic_regression__bias_penalised(x, y, lr, steps, l2):
    """The bias is penalised too: it only moves the boundary, leave it out of the penalty."""

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return x.T @ r / len(y) + l2 * w, r.mean() + l2 * b

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__penalty_over_n(x, y, lr, steps, l2):
    """The penalty was divided by n with the data: the loss is mean log-loss + ½·l2·‖w‖², the penalty is not averaged."""

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return (x.T @ r + l2 * w) / len(y), r.mean()

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__penalty_doubled(x, y, lr, steps, l2):
    """The gradient of ½·l2·‖w‖² is l2·w, not 2·l2·w."""

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return x.T @ r / len(y) + 2 * l2 * w, r.mean()

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__sum(x, y, lr, steps, l2):
    """The gradient is a sum over rows: the loss is a mean, so divide by n, or the step grows with the data."""

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return x.T @ r + l2 * w, r.sum()

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__no_bias(x, y, lr, steps, l2):
    """The bias stays 0: its gradient is the mean of p - y."""

    def gradient(x, y, w, b):
        return x.T @ (_sigmoid(x @ w + b) - y) / len(y) + l2 * w, 0.0

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__squared_error(x, y, lr, steps, l2):
    """The factor p(1 - p) belongs to the squared error: for the log-loss it cancels, and the gradient is xᵀ(p - y)/n."""

    def gradient(x, y, w, b):
        p = _sigmoid(x @ w + b)
        r = (p - y) * p * (1 - p)
        return x.T @ r / len(y) + l2 * w, r.mean()

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__sigmoid_overflows(x, y, lr, steps, l2):
    """1/(1 + exp(-z)) overflows at z below -709 (float32: -88): use exp of minus the absolute value on either side."""

    def gradient(x, y, w, b):
        r = 1 / (1 + np.exp(-(x @ w + b))) - y
        return x.T @ r / len(y) + l2 * w, r.mean()

    return _logistic(x, y, lr, steps, l2, gradient)


def logistic_regression__column_labels(x, y, lr, steps, l2):
    """Labels of shape (n, 1) minus predictions of shape (n,) is an n x n table: compare the shapes first."""
    y = np.asarray(y)

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return x.T @ r / len(y) + l2 * w, r.mean()

    return _logistic(x, y[:, 0] if y.ndim == 2 else y, lr, steps, l2, gradient)


def logistic_regression__float32_lost(x, y, lr, steps, l2):
    """`np.zeros(d)` is float64, so float32 data gave float64 weights: start from zeros of x's dtype."""

    def gradient(x, y, w, b):
        r = _sigmoid(x @ w + b) - y
        return x.T @ r / len(y) + l2 * w, r.mean()

    w, b = _logistic(x, y, lr, steps, l2, gradient)
    return w.astype(np.float64), b


# --- momentum_step ---


def _same(w, g, v):
    if not np.shape(w) == np.shape(g) == np.shape(v) or np.size(w) == 0:
        raise ValueError("shapes differ")
    kind = np.float32 if all(np.asarray(a).dtype == np.float32 for a in (w, g, v)) else np.float64
    return (np.asarray(a).astype(kind) for a in (w, g, v))


def momentum_step__old_velocity(w, g, v, lr, mu):
    """The weights moved by the old velocity: update v first, then w with the new one."""
    w, g, v = _same(w, g, v)
    return w - lr * v, mu * v + g


def momentum_step__average(w, g, v, lr, mu):
    """(1 - mu)·g makes v an average, and the steps ten times shorter at mu = 0.9: here v = mu·v + g."""
    w, g, v = _same(w, g, v)
    v = mu * v + (1 - mu) * g
    return w - lr * v, v


def momentum_step__rate_in_velocity(w, g, v, lr, mu):
    """The learning rate went into v: then a new rate does not change the speed you already have. Here it multiplies v at the step."""
    w, g, v = _same(w, g, v)
    v = mu * v + lr * g
    return w - v, v


def momentum_step__sign(w, g, v, lr, mu):
    """The weights moved along v, uphill: subtract."""
    w, g, v = _same(w, g, v)
    v = mu * v + g
    return w + lr * v, v


def momentum_step__nesterov(w, g, v, lr, mu):
    """That is Nesterov's step, g + mu·v on top of the new velocity: asked is the plain one."""
    w, g, v = _same(w, g, v)
    v = mu * v + g
    return w - lr * (g + mu * v), v


def momentum_step__velocity_first(w, g, v, lr, mu):
    """The velocity came back first: the order is (w, v)."""
    w, g, v = _same(w, g, v)
    v = mu * v + g
    return v, w - lr * v


def momentum_step__changes_the_velocity(w, g, v, lr, mu):
    """`v *= mu; v += g` changed the caller's velocity: make a new one."""
    a, b, c = _same(w, g, v)
    new = mu * c + b
    if np.asarray(v).dtype.kind == "f" and v.flags.writeable:
        v[...] = new
    return a - lr * new, new


def momentum_step__broadcasts(w, g, v, lr, mu):
    """A velocity of another shape was broadcast: compare the shapes and raise ValueError."""
    if np.size(w) == 0 or np.shape(g) != np.shape(w):
        raise ValueError("shapes differ")
    return _momentum(w, g, np.broadcast_to(v, np.shape(w)), lr, mu)


def _momentum(w, g, v, lr, mu):
    w, g, v = _same(w, g, v)
    v = mu * v + g
    return w - lr * v, v


# --- adam ---


def _adam(w0, grads, lr, beta1, beta2, eps, step, start=1, wide=False):
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("shapes differ")
    single = not wide and np.asarray(w0).dtype == np.float32 and all(np.asarray(g).dtype == np.float32 for g in grads)
    kind = np.float32 if single else np.float64
    w = np.asarray(w0).astype(kind)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(grads, start):
        g = np.asarray(g).astype(kind)
        m, v = (beta1 * m + (1 - beta1) * g).astype(kind), (beta2 * v + (1 - beta2) * g**2).astype(kind)
        w = (w - lr * step(m, v, t, g)).astype(kind)
    return w


def adam__no_bias_correction(w0, grads, lr, beta1, beta2, eps):
    """The first step is lr·(1-β1)/√(1-β2), three times too long at the usual betas: divide m by 1-β1^t and v by 1-β2^t."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (np.sqrt(v) + eps))


def adam__counts_from_zero(w0, grads, lr, beta1, beta2, eps):
    """1 - β⁰ is 0, so the first step divides by zero: count steps from 1."""

    def step(m, v, t, g):
        first, second = np.float64(1 - beta1**t), np.float64(1 - beta2**t)
        return m / first / (np.sqrt(v / second) + eps)

    with np.errstate(all="ignore"):
        return _adam(w0, grads, lr, beta1, beta2, eps, step, start=0)


def adam__eps_inside(w0, grads, lr, beta1, beta2, eps):
    """eps under the root is √eps, 1e-4, beside the gradient's size: tiny gradients hardly move. Add it outside."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps))


def adam__corrects_by_a_fixed_power(w0, grads, lr, beta1, beta2, eps):
    """The correction is 1 - β^t with the step's own t; yours stays that of the first step."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps))


def adam__betas_swapped(w0, grads, lr, beta1, beta2, eps):
    """beta1 belongs to the mean of the gradients, beta2 to that of their squares."""
    return _adam(w0, grads, lr, beta2, beta1, eps, lambda m, v, t, g: m / (1 - beta2**t) / (np.sqrt(v / (1 - beta1**t)) + eps))


def adam__no_root(w0, grads, lr, beta1, beta2, eps):
    """The step divides by the root of v: without it, doubling all gradients halves the step instead of leaving it."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1**t) / (v / (1 - beta2**t) + eps))


def adam__rmsprop(w0, grads, lr, beta1, beta2, eps):
    """The step uses the newest gradient instead of the running mean m: that is RMSProp."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: g / (np.sqrt(v / (1 - beta2**t)) + eps))


def adam__eps_forgotten(w0, grads, lr, beta1, beta2, eps):
    """Without eps a gradient of zeros gives 0/0."""
    return _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t)))


def adam__moves_the_callers_weights(w0, grads, lr, beta1, beta2, eps):
    """`w -= ...` moved the caller's w0: copy it first."""
    w = _adam(w0, grads, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps))
    if np.asarray(w0).dtype.kind == "f" and w0.flags.writeable:
        w0[...] = w
    return w


def adam__broadcasts(w0, grads, lr, beta1, beta2, eps):
    """A gradient of another shape was broadcast over the weights: compare the shapes and raise ValueError."""
    if np.size(w0) == 0:
        raise ValueError("no weights")
    wide = [np.broadcast_to(g, np.shape(w0)) if np.ndim(g) < np.ndim(w0) else g for g in grads]
    return _adam(w0, wide, lr, beta1, beta2, eps, lambda m, v, t, g: m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps))


# --- clip_by_global_norm ---


def _norm(grads):
    if not grads or sum(g.size for g in grads) == 0:
        raise ValueError("no gradient")
    return math.sqrt(sum(float(np.sum(g.astype(np.float64) ** 2)) for g in grads))


def clip_by_global_norm__element_wise(grads, max_norm):
    """Cutting each entry bends the direction: multiply all by one factor, which only shortens."""
    _norm(grads)
    return [np.clip(g, -max_norm, max_norm) for g in grads]


def clip_by_global_norm__each_array_alone(grads, max_norm):
    """Each array was clipped by its own norm, which changes the direction of the whole: take one norm over all."""
    _norm(grads)
    return [(g * min(1.0, max_norm / max(float(np.linalg.norm(g)), 1e-300))).astype(g.dtype) for g in grads]


def clip_by_global_norm__always_rescales(grads, max_norm):
    """Short gradients were stretched to max_norm: multiply by min(1, max_norm / norm)."""
    norm = _norm(grads)
    return [(g * (max_norm / norm if norm else 1.0)).astype(g.dtype) for g in grads]


def clip_by_global_norm__squared_norm(grads, max_norm):
    """The norm is the root of the sum of squares: the root is missing."""
    norm = _norm(grads) ** 2
    return [(g * (max_norm / norm if norm > max_norm else 1.0)).astype(g.dtype) for g in grads]


def clip_by_global_norm__sum_of_norms(grads, max_norm):
    """The common norm is not the sum of the norms: add up the squares of all entries, then take the root."""
    _norm(grads)
    norm = sum(float(np.linalg.norm(g)) for g in grads)
    return [(g * (max_norm / norm if norm > max_norm else 1.0)).astype(g.dtype) for g in grads]


def clip_by_global_norm__divides_by_zero(grads, max_norm):
    """All zeros have norm 0, and max_norm / 0 is not a factor: only divide when the norm is above the limit."""
    norm = np.float64(_norm(grads))
    return [(g * np.minimum(1.0, max_norm / norm)).astype(g.dtype) for g in grads]


def clip_by_global_norm__in_place(grads, max_norm):
    """`g *= factor` changed the caller's gradients: return new arrays."""
    norm = _norm(grads)
    factor = max_norm / norm if norm > max_norm else 1.0
    result = [(g * factor).astype(g.dtype) for g in grads]
    for g, new in zip(grads, result, strict=True):
        if g.flags.writeable:
            g[...] = new
    return result


def clip_by_global_norm__same_arrays(grads, max_norm):
    """Below the limit the caller's own arrays came back: return copies, so that nobody changes them by accident."""
    norm = _norm(grads)
    return list(grads) if norm <= max_norm else [(g * (max_norm / norm)).astype(g.dtype) for g in grads]


# --- warmup_cosine ---


def _schedule(step, warmup, total, base, low, rise=None, part=None, angle=math.pi, after=True):
    if step < warmup:
        return rise if rise is not None else base * (step + 1) / warmup
    if part is None:
        part = (step - warmup) / (total - warmup)
    part = min(part, 1.0) if after else part
    return low + (base - low) * (1 + math.cos(angle * part)) / 2


def warmup_cosine__starts_at_zero(step, warmup, total, base_lr, min_lr):
    """The first step has rate 0 and is wasted: step counts from 0, so the warm-up goes by step + 1."""
    return _schedule(step, warmup, total, base_lr, min_lr, rise=base_lr * step / warmup if warmup else None)


def warmup_cosine__cosine_from_the_start(step, warmup, total, base_lr, min_lr):
    """The cosine ran from step 0, so the rate jumps when the warm-up ends: start it at `warmup`."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=step / total)


def warmup_cosine__too_long(step, warmup, total, base_lr, min_lr):
    """The cosine stretches over `total` steps after the warm-up: it has total - warmup."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=(step - warmup) / total)


def warmup_cosine__down_to_zero(step, warmup, total, base_lr, min_lr):
    """The rate falls to 0: it ends at min_lr."""
    return _schedule(step, warmup, total, base_lr, 0.0)


def warmup_cosine__min_added(step, warmup, total, base_lr, min_lr):
    """min_lr was added on top, so the cosine starts above base_lr: scale the wave by base_lr - min_lr."""
    return _schedule(step, warmup, total, base_lr, 0.0) + (min_lr if step >= warmup else 0.0)


def warmup_cosine__linear(step, warmup, total, base_lr, min_lr):
    """The decay is a straight line: it is half a wave of a cosine, flat at both ends."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return base_lr + (min_lr - base_lr) * min((step - warmup) / (total - warmup), 1.0)


def warmup_cosine__rises_again(step, warmup, total, base_lr, min_lr):
    """After `total` the cosine comes up again, and training that runs over diverges: hold the rate at min_lr."""
    return _schedule(step, warmup, total, base_lr, min_lr, after=False)


def warmup_cosine__whole_wave(step, warmup, total, base_lr, min_lr):
    """A whole wave comes back to base_lr at the end: use half of it, cos(π·part)."""
    return _schedule(step, warmup, total, base_lr, min_lr, angle=2 * math.pi)


def warmup_cosine__divides_by_no_warmup(step, warmup, total, base_lr, min_lr):
    """warmup = 0 divided by zero: look whether step < warmup before you divide."""
    rise = min(1.0, (step + 1) / warmup)
    return base_lr * rise if step < warmup else _schedule(step, warmup, total, base_lr, min_lr)


# --- accumulate_gradients ---


def _lists(sums, counts):
    if not sums or len(sums) != len(counts) or len({np.shape(one) for one in sums}) != 1 or sum(counts) == 0:
        raise ValueError("no tokens, or lists that do not fit")
    return [_float(one) for one in sums]


def accumulate_gradients__sum_of_means(sums, counts):
    """A sum of means grows with the number of micro-batches: add up, then divide once by all tokens."""
    parts = _lists(sums, counts)
    return sum(one / max(count, 1) for one, count in zip(parts, counts, strict=True))


def accumulate_gradients__mean_of_means(sums, counts):
    """A mean of means gives a short micro-batch as much weight as a long one (the bug of 2024): divide once by all tokens."""
    parts = _lists(sums, counts)
    return sum(one / max(count, 1) for one, count in zip(parts, counts, strict=True)) / len(parts)


def accumulate_gradients__over_micro_batches(sums, counts):
    """The sum was divided by the number of micro-batches: divide by the number of tokens in all of them."""
    return sum(_lists(sums, counts)) / len(sums)


def accumulate_gradients__never_divided(sums, counts):
    """That is the sum over all tokens: divide by their number, or the step grows with the batch."""
    return sum(_lists(sums, counts))


def accumulate_gradients__last_count(sums, counts):
    """The whole sum was divided by the last micro-batch's count: add up the counts as well."""
    return sum(_lists(sums, counts)) / max(counts[-1], 1)


def accumulate_gradients__empty_refused(sums, counts):
    """One micro-batch without tokens is no error (its sum is 0 and adds nothing): refuse only when all are empty."""
    if any(count == 0 for count in counts):
        raise ValueError("a micro-batch without tokens")
    return sum(_lists(sums, counts)) / sum(counts)


def accumulate_gradients__zero_for_nothing(sums, counts):
    """Without any token there is no mean gradient: zeros would look like a minimum. Raise ValueError."""
    if len(sums) and len(sums) == len(counts) and sum(counts) == 0 and len({np.shape(one) for one in sums}) == 1:
        return _float(sums[0]) * 0.0
    return sum(_lists(sums, counts)) / sum(counts)


def accumulate_gradients__adds_in_place(sums, counts):
    """`total = sums[0]; total += ...` changed the caller's first sum: start from a copy."""
    result = sum(_lists(sums, counts))
    if sums[0].dtype.kind == "f" and sums[0].flags.writeable:
        sums[0][...] = result
    return result / sum(counts)


# --- the bug hunt ---


def accumulation_counterexample__equal_counts():
    """With equal counts the mean of the means is right: give the micro-batches different numbers of tokens."""
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0])], [8, 8]


def accumulation_counterexample__equal_means():
    """When the means are the same, any weighting gives the same: let the gradients differ."""
    return [np.array([1.0, 2.0]), np.array([1.0, 2.0])], [1, 100]


def accumulation_counterexample__hardly_differs():
    """The counts hardly differ, and so do the results: make one micro-batch much shorter than the other."""
    return [np.array([1.0]), np.array([1.2])], [10, 12]


def accumulation_counterexample__one_micro_batch():
    """A single micro-batch has nothing to be weighed against: give two."""
    return [np.array([1.0, 2.0])], [5]


def accumulation_counterexample__sums_for_means():
    """A count is missing for one of the gradients: one count for each micro-batch."""
    return [np.array([1.0]), np.array([5.0]), np.array([2.0])], [1, 9]


def accumulation_counterexample__absurd():
    """It fails, but on gradients no network has: an ordinary length of at most 10 shows it as well."""
    return [np.array([1e6]), np.array([-1e6])], [1, 4096]


def accumulation_mended__still_mean_of_means(means, counts):
    """This is still the published code: weigh each mean by its count."""
    return sum(_lists(means, counts)) / len(means)


def accumulation_mended__sum_of_means(means, counts):
    """A sum of means grows with the number of micro-batches."""
    return sum(_lists(means, counts))


def accumulation_mended__means_as_sums(means, counts):
    """The means were taken for sums: multiply each by its count before you divide by all tokens."""
    return sum(_lists(means, counts)) / sum(counts)


def accumulation_mended__not_divided(means, counts):
    """The weighted sum is not divided by the number of all tokens."""
    return sum(one * count for one, count in zip(_lists(means, counts), counts, strict=True))


def accumulation_mended__inverse_weights(means, counts):
    """Weights go with the counts, not against them: a long micro-batch counts more."""
    parts = _lists(means, counts)
    weights = [1 / max(count, 1) for count in counts]
    return sum(one * weight for one, weight in zip(parts, weights, strict=True)) / sum(weights)


def accumulation_mended__weighs_in_place(means, counts):
    """`mean *= count` changed the caller's gradients: multiply into a new array."""
    parts = _lists(means, counts)
    result = sum(one * count for one, count in zip(parts, counts, strict=True)) / sum(counts)
    for one, count in zip(means, counts, strict=True):
        if one.dtype.kind == "f" and one.flags.writeable:
            one *= count
    return result


def accumulation_mended__zero_for_nothing(means, counts):
    """Without any token there is no mean gradient: raise ValueError instead of returning zeros."""
    if len(means) and len(means) == len(counts) and sum(counts) == 0 and len({np.shape(one) for one in means}) == 1:
        return _float(means[0]) * 0.0
    parts = _lists(means, counts)
    return sum(one * count for one, count in zip(parts, counts, strict=True)) / sum(counts)
