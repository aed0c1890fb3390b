"""First drafts of the lesson gradient_descent, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where
only rules are missing).
"""

import math

import numpy as np

# --- gradient_descent ---


def gradient_descent__plus_in_a_loop(grad, w0, lr, steps):
    """ascends: the update has a plus."""
    w = w0.copy()
    history = [w.copy()]
    for _ in range(steps):
        w = w + lr * grad(w)
        history.append(w.copy())
    return w, np.array(history)


def gradient_descent__appends_after_the_update(grad, w0, lr, steps):
    """history-without-start: only places after a step are kept."""
    w = np.array(w0, dtype=np.float64)
    history = []
    for _ in range(steps):
        w -= lr * grad(w)
        history.append(w.copy())
    return w, np.array(history)


def gradient_descent__appends_before_the_update(grad, w0, lr, steps):
    """history-without-end: only places before a step are kept."""
    w = np.array(w0, dtype=np.float64)
    history = []
    for _ in range(steps):
        history.append(w.copy())
        w -= lr * grad(w)
    return w, np.array(history)


def gradient_descent__appends_w_itself(grad, w0, lr, steps):
    """history-of-one-array: w is moved in place and appended without a copy."""
    w = w0.astype(float)
    history = [w]
    for _ in range(steps):
        w -= lr * np.array(grad(w))
        history.append(w)
    return w, np.stack(history)


def gradient_descent__gradient_before_the_loop(grad, w0, lr, steps):
    """gradient-of-the-start: one gradient for all steps."""
    g = grad(w0)
    history = np.array([w0 - i * lr * g for i in range(steps + 1)])
    return history[-1], history


def gradient_descent__forgets_the_learning_rate(grad, w0, lr, steps):
    """no-learning-rate: w minus the gradient."""
    w = w0
    history = [w]
    for _ in range(steps):
        w = w - grad(w)
        history.append(w)
    return w, np.array(history)


def gradient_descent__range_from_one(grad, w0, lr, steps):
    """one-step-too-few: the loop runs over range(1, steps)."""
    w = w0.copy()
    history = [w0.copy()]
    for _ in range(1, steps):
        w = w - lr * grad(w)
        history.append(w.copy())
    return w, np.array(history)


def gradient_descent__returns_w(grad, w0, lr, steps):
    """only-the-last-place: no history is returned."""
    w = w0.copy()
    for _ in range(steps):
        w = w - lr * grad(w)
    return w


def gradient_descent__uphill_without_start(grad, w0, lr, steps):
    """none: two errors at once, the sign and the start."""
    w = w0.copy()
    history = []
    for _ in range(steps):
        w = w + lr * grad(w)
        history.append(w.copy())
    return w, np.array(history)


def gradient_descent__textbook(grad, w0, lr, steps):
    """right: no refusal, no care for whole numbers."""
    w = w0
    history = [w0]
    for _ in range(steps):
        w = w - lr * grad(w)
        history.append(w)
    return w.copy(), np.array(history)


def gradient_descent__asks_whether_to_go_on(grad, w0, lr, steps):
    """right: the gradient is computed once to look at and once to go."""
    if w0.size == 0:
        raise ValueError("no weights")
    w = w0.astype(w0.dtype if w0.dtype.kind == "f" else np.float64)
    history = [w]
    for _ in range(steps):
        if np.all(np.isfinite(grad(w))):
            w = w - lr * grad(w)
        history.append(w)
    return w.copy(), np.stack(history)


def gradient_descent__stops_when_converged(grad, w0, lr, steps):
    """ends-early: Stops as soon as a step changes next to nothing, instead of taking all steps, so the history is too short."""
    w0 = np.asarray(w0)
    if w0.size == 0:
        raise ValueError("no weights")
    w = np.array(w0, dtype=w0.dtype if w0.dtype.kind == "f" else np.float64)
    history = [w.copy()]
    for _ in range(steps):
        new = np.asarray(w - float(lr) * grad(w))
        if np.allclose(new, w):
            break
        w = new
        history.append(w.copy())
    return w, np.array(history)


def gradient_descent__history_in_int(grad, w0, lr, steps):
    """history-of-whole-numbers: Allocates the history in w0's own dtype, so for whole numbers the places in it are cut to integers."""
    w0 = np.asarray(w0)
    if w0.size == 0:
        raise ValueError("no weights")
    w = np.array(w0, dtype=w0.dtype if w0.dtype.kind == "f" else np.float64)
    history = np.empty((steps + 1,) + w0.shape, dtype=w0.dtype)
    history[0] = w0
    for t in range(1, steps + 1):
        w = np.asarray(w - float(lr) * grad(w))
        history[t] = w
    return w, history


# --- minibatch_gd ---


def minibatch_gd__sums(x, y, w0, lr, epochs, batch_size):
    """sum-over-the-batch: no division."""
    w = w0.copy()
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            w = w - lr * np.dot(xb.T, np.dot(xb, w) - yb)
    return w


def minibatch_gd__whole_batches_only(x, y, w0, lr, epochs, batch_size):
    """drops-the-tail: n // batch_size batches."""
    w = w0.copy()
    for _ in range(epochs):
        for k in range(len(x) // batch_size):
            rows = slice(k * batch_size, (k + 1) * batch_size)
            w = w - lr * x[rows].T @ (x[rows] @ w - y[rows]) / batch_size
    return w


def minibatch_gd__two_over_m(x, y, w0, lr, epochs, batch_size):
    """half-forgotten: 2/m as in most tutorials."""
    w = w0.copy()
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            w = w - lr * 2 / len(xb) * xb.T.dot(xb.dot(w) - yb)
    return w


def minibatch_gd__error_the_other_way(x, y, w0, lr, epochs, batch_size):
    """ascends: y - xw and a minus."""
    w = w0.copy()
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            w = w - lr * xb.T @ (yb - xb @ w) / len(xb)
    return w


def minibatch_gd__divides_by_batch_size(x, y, w0, lr, epochs, batch_size):
    """last-batch-over-batch-size: batch_size in the place of len(xb)."""
    w = np.array(w0, dtype=float)
    for _ in range(epochs):
        for i in range(0, x.shape[0], batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            w -= lr * (xb.T @ (xb @ w - yb)) / batch_size
    return w


def minibatch_gd__divides_by_n(x, y, w0, lr, epochs, batch_size):
    """over-all-rows: n of all the data."""
    n = len(x)
    w = w0.copy()
    for _ in range(epochs):
        for i in range(0, n, batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            w = w - lr / n * xb.T @ (xb @ w - yb)
    return w


def minibatch_gd__no_epochs_loop(x, y, w0, lr, epochs, batch_size):
    """one-epoch: the outer loop is missing."""
    w = w0.copy()
    for i in range(0, len(x), batch_size):
        xb, yb = x[i : i + batch_size], y[i : i + batch_size]
        w = w - lr * xb.T @ (xb @ w - yb) / len(xb)
    return w


def minibatch_gd__ignores_the_batch_size(x, y, w0, lr, epochs, batch_size):
    """full-batch: one step an epoch."""
    w = w0.copy()
    for _ in range(epochs):
        w = w - lr * x.T @ (x @ w - y) / len(y)
    return w


def minibatch_gd__textbook(x, y, w0, lr, epochs, batch_size):
    """right: float64 and no refusals."""
    w = w0.astype(float)
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size].astype(float), y[i : i + batch_size].astype(float)
            w -= lr * xb.T @ (xb @ w - yb) / len(xb)
    return w


# --- logistic_regression ---


def _sig(z):
    return 1 / (1 + np.exp(-z))


def logistic_regression__ones_column(x, y, lr, steps, l2):
    """bias-penalised: the bias is a weight like others."""
    x1 = np.hstack([x, np.ones((len(x), 1))])
    w = np.zeros(x1.shape[1])
    for _ in range(steps):
        w = w - lr * (x1.T @ (_sig(x1 @ w) - y) / len(y) + l2 * w)
    return w[:-1], w[-1]


def logistic_regression__lambda_over_m(x, y, lr, steps, l2):
    """penalty-over-n: the course's lambda/m."""
    m, d = x.shape
    w, b = np.zeros(d), 0.0
    for _ in range(steps):
        a = _sig(x @ w + b)
        dw = x.T @ (a - y) / m + l2 / m * w
        db = np.sum(a - y) / m
        w, b = w - lr * dw, b - lr * db
    return w, b


def logistic_regression__forgets_l2(x, y, lr, steps, l2):
    """no-penalty: l2 is never used."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        e = _sig(x @ w + b) - y
        w = w - lr * x.T @ e / len(y)
        b = b - lr * e.mean()
    return w, b


def logistic_regression__two_lambda(x, y, lr, steps, l2):
    """penalty-doubled: 2 * l2 * w."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        e = _sig(x @ w + b) - y
        w, b = w - lr * (x.T @ e / len(y) + 2 * l2 * w), b - lr * e.mean()
    return w, b


def logistic_regression__weights_first(x, y, lr, steps, l2):
    """bias-of-the-new-weights: p is computed twice."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        w = w - lr * (x.T @ (_sig(x @ w + b) - y) / len(y) + l2 * w)
        b = b - lr * np.mean(_sig(x @ w + b) - y)
    return w, b


def logistic_regression__sums_everything(x, y, lr, steps, l2):
    """sum: no division by n."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        e = _sig(x @ w + b) - y
        w, b = w - lr * (x.T @ e + l2 * w), b - lr * e.sum()
    return w, b


def logistic_regression__chain_rule_of_the_square(x, y, lr, steps, l2):
    """squared-error: the sigmoid's derivative is left in."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        p = _sig(x @ w + b)
        delta = (p - y) * p * (1 - p)
        w, b = w - lr * (x.T @ delta / len(y) + l2 * w), b - lr * delta.mean()
    return w, b


def logistic_regression__where(x, y, lr, steps, l2):
    """sigmoid-overflows: np.where computes both branches."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        z = x @ w + b
        p = np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))
        w, b = w - lr * (x.T @ (p - y) / len(y) + l2 * w), b - lr * np.mean(p - y)
    return w, b


def logistic_regression__clips_at_500(x, y, lr, steps, l2):
    """clipped-for-float64: the whole contract is kept but for exp in float32."""
    if x.ndim != 2 or len(x) == 0 or y.shape != (len(x),):
        raise ValueError("shapes")
    x = x if x.dtype == np.float32 else x.astype(np.float64)
    y = y.astype(x.dtype)
    w, b = np.zeros(x.shape[1], dtype=x.dtype), x.dtype.type(0)
    for _ in range(steps):
        z = np.clip(x @ w + b, -500, 500)
        r = 1 / (1 + np.exp(-z)) - y
        w, b = w - lr * (x.T @ r / len(x) + l2 * w), b - lr * r.mean()
    return w, b


# --- momentum_step ---


def momentum_step__ema(w, g, v, lr, mu):
    """average: an exponential moving average."""
    v = mu * v + (1 - mu) * g
    w = w - lr * v
    return w, v


def momentum_step__sutskever(w, g, v, lr, mu):
    """velocity-downhill: cs231n's form."""
    v = mu * v - lr * g
    w = w + v
    return w, v


def momentum_step__lr_inside(w, g, v, lr, mu):
    """rate-in-velocity: v holds lr * g."""
    v = mu * v + lr * g
    return w - v, v


def momentum_step__weights_before_velocity(w, g, v, lr, mu):
    """old-velocity: the order of the two lines."""
    new_w = w - lr * v
    new_v = mu * v + g
    return new_w, new_v


def momentum_step__plus(w, g, v, lr, mu):
    """sign: w + lr * v."""
    v = mu * v + g
    return w + lr * v, v


def momentum_step__nag(w, g, v, lr, mu):
    """nesterov: the step of torch's nesterov=True."""
    v = mu * v + g
    step = g + mu * v
    return w - lr * step, v


def momentum_step__swapped(w, g, v, lr, mu):
    """velocity-first: v, w."""
    v = mu * v + g
    w = w - lr * v
    return v, w


def momentum_step__in_place(w, g, v, lr, mu):
    """right: moves the caller's arrays, as the optimiser in a framework does."""
    new = v * mu
    new += g
    return np.array(w - lr * new), new


# --- adam ---


def adam__no_hats(w0, grads, lr, beta1, beta2, eps):
    """no-bias-correction: m and v as they are."""
    w = w0.copy()
    m, v = np.zeros_like(w), np.zeros_like(w)
    for g in grads:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * m / (np.sqrt(v) + eps)
    return w


def adam__one_hat(w0, grads, lr, beta1, beta2, eps):
    """only-m-corrected: v stays as it is."""
    w, m, v = w0.copy(), 0, 0
    for t, g in enumerate(grads, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v) + eps)
    return w


def adam__enumerate(w0, grads, lr, beta1, beta2, eps):
    """counts-from-zero: enumerate without a start."""
    w, m, v = w0.copy(), np.zeros_like(w0), np.zeros_like(w0)
    for t, g in enumerate(grads):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        with np.errstate(all="ignore"):
            w = w - lr * (m / np.float64(1 - beta1**t)) / (np.sqrt(v / np.float64(1 - beta2**t)) + eps)
    return w


def adam__without_power(w0, grads, lr, beta1, beta2, eps):
    """corrects-by-a-fixed-power: 1 - beta."""
    w, m, v = w0.copy(), 0.0, 0.0
    for g in grads:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w = w - lr * (m / (1 - beta1)) / (np.sqrt(v / (1 - beta2)) + eps)
    return w


def adam__hats_overwrite(w0, grads, lr, beta1, beta2, eps):
    """corrected-means-kept: m = m / (1 - beta1**t) in place."""
    w, m, v = w0.copy(), np.zeros_like(w0), np.zeros_like(w0)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m = m / (1 - beta1**t)
        v = v / (1 - beta2**t)
        w = w - lr * m / (np.sqrt(v) + eps)
    return w


def adam__no_sqrt(w0, grads, lr, beta1, beta2, eps):
    """no-root: v in the denominator."""
    w, m, v = w0.copy(), np.zeros_like(w0), np.zeros_like(w0)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps)
    return w


def adam__sqrt_of_both(w0, grads, lr, beta1, beta2, eps):
    """eps-inside: the root is over v and eps."""
    w, m, v = w0.copy(), np.zeros_like(w0), np.zeros_like(w0)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps)
    return w


def adam__textbook(w0, grads, lr, beta1, beta2, eps):
    """right: no refusals and no types."""
    w = w0.copy()
    m = v = 0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w


# --- adamw ---


def _adamw(w0, grads, lr, beta1, beta2, eps, into_gradient=0.0, before=0.0, after=0.0):
    w, m, v = np.array(w0, dtype=float), 0.0, 0.0
    for t, g in enumerate(grads, 1):
        g = g + into_gradient * w
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        w = w * (1 - before)
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        w = w * (1 - after)
    return w


def adamw__l2(w0, grads, lr, beta1, beta2, eps, decay):
    """decay-in-the-gradient: Adam with weight_decay."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, into_gradient=decay)


def adamw__shrinks_last(w0, grads, lr, beta1, beta2, eps, decay):
    """decay-after-the-step: the decay is the last line."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, after=lr * decay)


def adamw__whole_decay(w0, grads, lr, beta1, beta2, eps, decay):
    """decay-without-the-rate: w * (1 - decay)."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, before=decay)


def adamw__adam(w0, grads, lr, beta1, beta2, eps, decay):
    """no-decay: the parameter is never used."""
    return _adamw(w0, grads, lr, beta1, beta2, eps)


def adamw__grows(w0, grads, lr, beta1, beta2, eps, decay):
    """decay-added: the sign of the decay."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, before=-lr * decay)


def adamw__both_places(w0, grads, lr, beta1, beta2, eps, decay):
    """none: the decay is in the gradient and outside."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, into_gradient=decay, before=lr * decay)


def adamw__no_hats(w0, grads, lr, beta1, beta2, eps, decay):
    """no-bias-correction: m and v as they are."""
    w, m, v = np.array(w0, dtype=float), 0.0, 0.0
    for g in grads:
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (np.sqrt(v) + eps) + decay * w)
    return w


def adamw__no_hats_shrinks_last(w0, grads, lr, beta1, beta2, eps, decay):
    """no-bias-correction-decay-after: the two slips of a short implementation, right in all else."""
    kind = np.float32 if w0.dtype == np.float32 and all(g.dtype == np.float32 for g in grads) else np.float64
    w = w0.astype(kind)
    if w.size == 0 or any(g.shape != w.shape for g in grads):
        raise ValueError("shapes")
    m, v = np.zeros_like(w), np.zeros_like(w)
    for g in grads:
        g = g.astype(kind)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w = w - lr * m / (np.sqrt(v) + eps)
        w = w * (1 - lr * decay)
    return w


def adamw__as_in_torch(w0, grads, lr, beta1, beta2, eps, decay):
    """right: no refusals, float64 only."""
    return _adamw(w0, grads, lr, beta1, beta2, eps, before=lr * decay)


# --- clip_by_global_norm ---


def clip_by_global_norm__np_clip(grads, max_norm):
    """element-wise: np.clip."""
    return [np.clip(g, -max_norm, max_norm) for g in grads]


def clip_by_global_norm__per_array(grads, max_norm):
    """each-array-alone: a norm for each."""
    out = []
    for g in grads:
        norm = np.sqrt(np.sum(g**2))
        out.append(g * max_norm / norm if norm > max_norm else g)
    return out


def clip_by_global_norm__torch(grads, max_norm):
    """eps-in-the-denominator: as clip_grad_norm_."""
    total = np.sqrt(sum(np.sum(g**2) for g in grads))
    coefficient = min(max_norm / (total + 1e-6), 1.0)
    return [g * coefficient for g in grads]


def clip_by_global_norm__normalises(grads, max_norm):
    """always-rescales: no condition."""
    total = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g * max_norm / total for g in grads]


def clip_by_global_norm__no_root(grads, max_norm):
    """squared-norm: the root was forgotten."""
    total = sum(np.sum(g**2) for g in grads)
    return [g * max_norm / total if total > max_norm else g for g in grads]


def clip_by_global_norm__adds_norms(grads, max_norm):
    """sum-of-norms: norms are added up."""
    total = sum(np.linalg.norm(g) for g in grads)
    return [g * (max_norm / total) if total > max_norm else g for g in grads]


def clip_by_global_norm__unit_length(grads, max_norm):
    """not-times-the-limit: g / norm."""
    total = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g / total if total > max_norm else g for g in grads]


def clip_by_global_norm__textbook(grads, max_norm):
    """squares-overflow-handed-back: squares in the arrays' dtype, no refusal, the caller's arrays."""
    total = math.sqrt(sum(float(np.sum(g**2)) for g in grads))
    return [g * (max_norm / total) for g in grads] if total > max_norm else list(grads)


def clip_by_global_norm__own_squares(grads, max_norm):
    """squares-overflow-handed-back: the norm is a NumPy number of the arrays' dtype, and short gradients are the caller's own."""
    if sum(g.size for g in grads) == 0:
        raise ValueError("nothing")
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    if norm <= max_norm:
        return list(grads)
    return [(g * (max_norm / norm)).astype(g.dtype) for g in grads]


def clip_by_global_norm__own_squares_and_copies(grads, max_norm):
    """squares-overflow: the same with copies."""
    if sum(g.size for g in grads) == 0:
        raise ValueError("nothing")
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [(g * (max_norm / norm)).astype(g.dtype) if norm > max_norm else g.copy() for g in grads]


def clip_by_global_norm__unguarded(grads, max_norm):
    """always-rescales: max_norm over the norm, for all, with 0/0 for zeros."""
    norm = np.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads))
    return [(g * (max_norm / norm)).astype(g.dtype) for g in grads]


# --- warmup_cosine ---


def _cosine(part, base_lr, min_lr):
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + np.cos(np.pi * part))


def warmup_cosine__step_over_warmup(step, warmup, total, base_lr, min_lr):
    """starts-at-zero: as in Hugging Face's schedule."""
    if step < warmup:
        return base_lr * step / warmup
    return _cosine(min(1.0, (step - warmup) / (total - warmup)), base_lr, min_lr)


def warmup_cosine__plus_one_below(step, warmup, total, base_lr, min_lr):
    """over-warmup-plus-one: (step + 1) / (warmup + 1)."""
    if step < warmup:
        return base_lr * (step + 1) / (warmup + 1)
    return _cosine(min(1.0, (step - warmup) / (total - warmup)), base_lr, min_lr)


def warmup_cosine__from_min(step, warmup, total, base_lr, min_lr):
    """warms-up-from-min: from min_lr to base_lr."""
    if step < warmup:
        return min_lr + (base_lr - min_lr) * (step + 1) / warmup
    return _cosine(min(1.0, (step - warmup) / (total - warmup)), base_lr, min_lr)


def warmup_cosine__whole_run(step, warmup, total, base_lr, min_lr):
    """cosine-from-the-start: step / total."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return _cosine(min(1.0, step / total), base_lr, min_lr)


def warmup_cosine__no_clamp(step, warmup, total, base_lr, min_lr):
    """rises-again: nothing holds it after total."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return _cosine((step - warmup) / (total - warmup), base_lr, min_lr)


def warmup_cosine__straight(step, warmup, total, base_lr, min_lr):
    """linear: no cosine."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    part = min(1.0, (step - warmup) / (total - warmup))
    return base_lr * (1 - part) + min_lr * part


def warmup_cosine__max_with_min(step, warmup, total, base_lr, min_lr):
    """floor: max(min_lr, ...)."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return max(min_lr, _cosine(min(1.0, (step - warmup) / (total - warmup)), base_lr, 0.0))


def warmup_cosine__from_zero_to_min(step, warmup, total, base_lr, min_lr):
    """from-zero-to-a-floor: a schedule as many repositories have it."""
    if step < warmup:
        return base_lr * step / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return max(min_lr, base_lr * 0.5 * (1 + np.cos(np.pi * progress)))


def warmup_cosine__two_pi(step, warmup, total, base_lr, min_lr):
    """whole-wave: 2 pi."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return _cosine(2 * min(1.0, (step - warmup) / (total - warmup)), base_lr, min_lr)


# --- accumulate_gradients ---


def accumulate_gradients__mean_of_ratios(sums, counts):
    """mean-of-means: np.mean of s / c."""
    with np.errstate(all="ignore"):
        return np.mean([s / c for s, c in zip(sums, counts, strict=False)], axis=0)


def accumulate_gradients__sum_of_ratios(sums, counts):
    """sum-of-means: s / c added up."""
    total = np.zeros_like(sums[0], dtype=float)
    for s, c in zip(sums, counts, strict=False):
        if c:
            total = total + s / c
    return total


def accumulate_gradients__over_steps(sums, counts):
    """over-micro-batches: divided by len(sums)."""
    return sum(sums) / len(sums)


def accumulate_gradients__just_adds(sums, counts):
    """not-divided: the sum."""
    return np.sum(np.array(sums), axis=0)


def accumulate_gradients__average(sums, counts):
    """weighted-sums: np.average of the sums."""
    return np.average(np.array(sums), axis=0, weights=counts)


def accumulate_gradients__last_count(sums, counts):
    """over-the-last-count: the loop's variable after the loop."""
    total = 0
    for s, c in zip(sums, counts, strict=False):
        total, last = total + s, c
    return total / max(last, 1)


def accumulate_gradients__ratios_weighted(sums, counts):
    """right: means weighted by their counts, 0/0 where a count is 0."""
    total = 0
    for s, c in zip(sums, counts, strict=False):
        if c:
            total = total + (s / c) * (c / np.sum(counts))
    return total


def accumulate_gradients__textbook(sums, counts):
    """right: no refusals."""
    return np.sum(np.array(sums), axis=0) / np.sum(counts)


# --- the hunts ---


def _loop(x, y, w0, lr, epochs, batch_size, max_norm, clip, carry):
    w, gradient, losses = w0.astype(float), 0.0, []
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            z = xb @ w
            losses.append(np.mean(np.logaddexp(0, z) - yb * z))
            gradient = (gradient if carry else 0.0) + xb.T @ (0.5 * (1 + np.tanh(z / 2)) - yb) / len(xb)
            norm = np.sqrt(np.sum(gradient**2))
            gradient = gradient * clip(norm, max_norm)
            w = w - lr * gradient
    return w, np.array(losses)


def _shortens(norm, limit):
    return limit / norm if norm > limit else 1.0


def training_mended__only_the_loss(x, y, w0, lr, epochs, batch_size, max_norm):
    """carried-and-stretched: the loss is stable, the other two faults are there."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda norm, limit: limit / norm if norm else 1.0, True)


def training_mended__still_adds_up(x, y, w0, lr, epochs, batch_size, max_norm):
    """gradient-not-reset: += is still there."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, _shortens, True)


def training_mended__still_stretches(x, y, w0, lr, epochs, batch_size, max_norm):
    """stretches: max_norm / norm always, guarded against 0."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda norm, limit: limit / (norm or limit), False)


def training_mended__stretches_zeros_too(x, y, w0, lr, epochs, batch_size, max_norm):
    """stretches: max_norm / norm always, 0/0 for a batch of zeros."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda norm, limit: limit / norm, False)


def training_mended__like_clip_grad_norm(x, y, w0, lr, epochs, batch_size, max_norm):
    """eps-in-the-denominator: the factor of PyTorch's clip_grad_norm_."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda norm, limit: min(1.0, limit / (norm + 1e-6)), False)


def _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, sigmoid=None, size=None, each=False, tiny=0):
    """The loop with all refusals and dtypes; `size` is what batches are divided by, `each` asks for one loss an epoch, `tiny` is under the root."""
    if x.ndim != 2 or len(x) == 0 or y.shape != (len(x),) or w0.shape != (x.shape[1],):
        raise ValueError("shapes")
    x, y, w = (a if a.dtype == np.float32 else a.astype(np.float64) for a in (x, y, w0))
    losses = []
    for _ in range(epochs):
        epoch = []
        for i in range(0, len(x), batch_size):
            xb, yb = x[i : i + batch_size], y[i : i + batch_size]
            z = xb @ w
            over = size or len(xb)
            epoch.append(np.sum(np.maximum(z, 0) - z * yb + np.log1p(np.exp(-np.abs(z)))) / over)
            g = xb.T @ (sigmoid(z) - yb) / over
            norm = np.sqrt(np.sum(g**2) + tiny)
            w = w - lr * g * (max_norm / norm if norm > max_norm else 1)
        losses += [np.mean(epoch)] if each else epoch
    return w.copy(), np.array(losses, dtype=w.dtype)


def _stable(z):
    return 0.5 * (1 + np.tanh(z / 2))


def training_mended__over_the_batch_size_twice(x, y, w0, lr, epochs, batch_size, max_norm):
    """loss-over-batch-size: the sums over batch_size, in loss and gradient."""
    return _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, _stable, batch_size)


def training_mended__loss_of_the_epoch(x, y, w0, lr, epochs, batch_size, max_norm):
    """one-loss-an-epoch: the mean of the batches' losses, one for each epoch."""
    return _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, _stable, None, True)


def training_mended__small_number_under_the_root(x, y, w0, lr, epochs, batch_size, max_norm):
    """none: 1e-12 beside the sum of squares, which shows for tiny gradients only."""
    return _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, _stable, tiny=1e-12)


def training_mended__plain_sigmoid(x, y, w0, lr, epochs, batch_size, max_norm):
    """sigmoid-overflows: the loss is stable, the sigmoid is not."""
    return _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda z: 1 / (1 + np.exp(-z)))


def training_mended__clips_logits(x, y, w0, lr, epochs, batch_size, max_norm):
    """clipped-for-float64: the sigmoid of logits clipped at 500."""
    return _careful_loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))))


def training_mended__no_clipping(x, y, w0, lr, epochs, batch_size, max_norm):
    """not-clipped: the line was deleted."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, lambda norm, limit: 1.0, False)


def training_mended__textbook(x, y, w0, lr, epochs, batch_size, max_norm):
    """right: float64 and no refusals."""
    return _loop(x, y, w0, lr, epochs, batch_size, max_norm, _shortens, False)


def updates_predicted__floor_everywhere(n, micro_size, accumulate, epochs):
    """short-micro-batch-dropped: n // micro_size."""
    steps = (n // micro_size) // accumulate
    return steps * epochs, n - steps * accumulate * micro_size


def updates_predicted__ceil_everywhere(n, micro_size, accumulate, epochs):
    """steps-rounded-up: math.ceil twice."""
    return epochs * math.ceil(math.ceil(n / micro_size) / accumulate), 0


def updates_predicted__ceil_and_modulo(n, micro_size, accumulate, epochs):
    """steps-rounded-up-rest: both from the size of a full group."""
    size = micro_size * accumulate
    return epochs * -(-n // size), n % size


def updates_predicted__all_epochs_in_one(n, micro_size, accumulate, epochs):
    """carries-over: i counts on."""
    per_epoch = math.ceil(n / micro_size)
    used = per_epoch // accumulate * accumulate * micro_size
    return per_epoch * epochs // accumulate, max(0, n - used)


def updates_predicted__modulo(n, micro_size, accumulate, epochs):
    """rest-of-the-division: n % (micro_size * accumulate)."""
    return math.ceil(n / micro_size) // accumulate * epochs, n % (micro_size * accumulate)


# A counterexample's name needs the very arrays of a known mistake; the check's own sentence says what is wrong.


def accumulation_counterexample__same_means():
    """equal-means: the counts differ, the means do not."""
    return [np.array([1.0, 1.0]), np.array([1.0, 1.0])], [1, 100]


def accumulation_counterexample__eight_and_nine():
    """hardly-differs: the counts hardly differ."""
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0])], [8, 9]


def accumulation_counterexample__a_hundred_long():
    """absurd: one mean is longer than 10."""
    return [np.array([100.0, 0.0]), np.array([0.0, 3.0])], [100, 3]


def accumulation_mended__plain_mean(means, counts):
    """still-mean-of-means: np.mean."""
    return np.mean(np.array(means), axis=0)


def accumulation_mended__weights_without_division(means, counts):
    """not-divided: sum of m * c."""
    return sum(m * c for m, c in zip(means, counts, strict=False))


def accumulation_mended__divides_by_batches(means, counts):
    """over-micro-batches: sum of m * c over len."""
    return sum(m * c for m, c in zip(means, counts, strict=False)) / len(counts)


def accumulation_mended__textbook(means, counts):
    """right: no refusals."""
    total = sum(counts)
    return sum(m * (c / total) if total else m for m, c in zip(means, counts, strict=False))
