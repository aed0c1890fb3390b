"""Right answers unlike the references: loops, recursions, other formulas."""

import math

import numpy as np


def _kind(*arrays):
    return np.float32 if all(np.asarray(a).dtype == np.float32 for a in arrays) else np.float64


# --- gradient_descent ---


def gradient_descent__filled_table(grad, w0, lr, steps):
    """The history is one table, filled row by row."""
    if np.size(w0) == 0:
        raise ValueError("there are no weights")
    kind = np.asarray(w0).dtype if np.asarray(w0).dtype.kind == "f" else np.float64
    table = np.empty((steps + 1, *np.shape(w0)), dtype=kind)
    table[0] = w0
    for step in range(steps):
        table[step + 1] = table[step] - lr * grad(table[step].copy())
    return table[-1].copy(), table


def gradient_descent__recursion(grad, w0, lr, steps):
    """The path is the start, and the path from the next place."""
    start = np.array(w0, dtype=np.float32 if np.asarray(w0).dtype == np.float32 else np.float64)
    if not start.size:
        raise ValueError("there are no weights")

    def path(w, left):
        return [w] if left == 0 else [w, *path((w - lr * grad(w)).astype(w.dtype), left - 1)]

    places = path(start, steps)
    return [places[-1].copy(), np.array(places)]


# --- minibatch_gd ---


def _check(x, y, w0):
    if x.ndim != 2 or y.shape != (x.shape[0],) or w0.shape != (x.shape[1],) or x.shape[0] == 0:
        raise ValueError(f"shapes do not fit: x {x.shape}, y {y.shape}, w0 {w0.shape}")


def minibatch_gd__row_by_row(x, y, w0, lr, epochs, batch_size):
    """The gradient of a batch is added up row by row."""
    _check(x, y, w0)
    kind = _kind(x, y, w0)
    w = np.array(w0, dtype=np.float64)
    for _ in range(epochs):
        total, count = np.zeros(len(w)), 0
        for i in range(len(x)):
            total, count = total + (x[i].astype(float) @ w - float(y[i])) * x[i], count + 1
            if count == batch_size or i == len(x) - 1:
                w = w - lr * total / count
                total, count = np.zeros(len(w)), 0
    return w.astype(kind)


def minibatch_gd__array_split(x, y, w0, lr, epochs, batch_size):
    """numpy cuts the rows into batches; the gradient by einsum."""
    _check(x, y, w0)
    kind = _kind(x, y, w0)
    x, y, w = x.astype(kind), y.astype(kind), w0.astype(kind)
    cuts = range(batch_size, len(x), batch_size)
    for _ in range(epochs):
        for xb, yb in zip(np.split(x, cuts), np.split(y, cuts), strict=True):
            w = w - kind(lr) * np.einsum("nd,n->d", xb, xb @ w - yb) / kind(len(xb))
    return w


# --- logistic_regression ---


def logistic_regression__column(x, y, lr, steps, l2):
    """The sigmoid from exp(-|z|), which is at most 1; the bias is the weight of a column of ones."""
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(x):
        raise ValueError("x must be (n, d) and y (n,)")
    kind = np.float32 if x.dtype == np.float32 else np.float64
    columns = np.column_stack([x.astype(np.float64), np.ones(len(x))])
    penalised = np.append(np.full(x.shape[1], float(l2)), 0.0)
    w = np.zeros(columns.shape[1])
    for _ in range(steps):
        z = columns @ w
        small = np.exp(-np.abs(z))
        p = np.where(z >= 0, 1.0, small) / (1.0 + small)
        w = w - lr * (columns.T @ (p - y) / len(y) + penalised * w)
    return w[:-1].astype(kind), float(w[-1])


def logistic_regression__signs(x, y, lr, steps, l2):
    """Labels as -1 and 1: the loss is log(1 + exp(-margin)), its slope -s·sigmoid(-margin)."""
    if np.ndim(x) != 2 or np.shape(y) != (np.shape(x)[0],) or np.shape(x)[0] == 0:
        raise ValueError("x must be (n, d) and y (n,)")
    rows = np.asarray(x, dtype=np.float64)
    s = np.where(np.asarray(y) == 1, 1.0, -1.0)
    w, b = np.zeros(rows.shape[1]), 0.0
    for _ in range(steps):
        margin = s * (rows @ w + b)
        slope = -s * np.exp(-np.logaddexp(0.0, margin))
        w, b = w - lr * (slope @ rows / len(s) + l2 * w), b - lr * slope.mean()
    return (w.astype(np.float32) if np.asarray(x).dtype == np.float32 else w), b


# --- momentum_step ---


def _triple(w, g, v):
    if np.shape(w) != np.shape(g) or np.shape(w) != np.shape(v) or not np.size(w):
        raise ValueError("w, g and v must have one shape")


def momentum_step__two_parts(w, g, v, lr, mu):
    """The step is written as two pushes: the old velocity's and the gradient's."""
    _triple(w, g, v)
    kind = _kind(w, g, v)
    new_w = np.asarray(w).astype(kind) - kind(lr * mu) * v - kind(lr) * g
    return new_w.astype(kind), (kind(mu) * v + g).astype(kind)


def momentum_step__element_by_element(w, g, v, lr, mu):
    """Plain Python numbers, one weight at a time."""
    _triple(w, g, v)
    pairs = []
    for one, slope, speed in zip(np.ravel(w).tolist(), np.ravel(g).tolist(), np.ravel(v).tolist(), strict=True):
        speed = mu * speed + slope
        pairs.append((one - lr * speed, speed))
    table = np.array(pairs, dtype=_kind(w, g, v)).T.reshape(2, *np.shape(w))
    return table[0].copy(), table[1].copy()


# --- adam ---


def adam__sums_of_powers(w0, grads, lr, beta1, beta2, eps):
    """The moments as weighted means: the correction is the sum of the weights."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("every gradient must have the shape of w0")
    kind = _kind(w0, *grads)
    w = np.array(w0, dtype=np.float64)
    for t in range(1, len(grads) + 1):
        first = np.array([beta1 ** (t - i) for i in range(1, t + 1)])
        second = np.array([beta2 ** (t - i) for i in range(1, t + 1)])
        past = np.stack([np.asarray(g, dtype=np.float64) for g in grads[:t]])
        mean = np.tensordot(first, past, 1) / first.sum()
        square = np.tensordot(second, past**2, 1) / second.sum()
        w = w - lr * mean / (np.sqrt(square) + eps)
    return w.astype(kind)


def adam__folded_learning_rate(w0, grads, lr, beta1, beta2, eps):
    """Both corrections in the step length, as in the paper's remark: lr_t = lr·√(1-β2^t)/(1-β1^t), eps scaled alike."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("every gradient must have the shape of w0")
    kind = _kind(w0, *grads)
    w = np.array(w0, dtype=np.float64)
    m = v = np.zeros(np.shape(w0))
    for t, g in enumerate(grads, 1):
        g = np.asarray(g, dtype=np.float64)
        m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v)
        root = math.sqrt(1 - beta2**t)
        w = w - lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root)
    return w.astype(kind)


# --- adamw ---


def adamw__two_steps(w0, grads, lr, beta1, beta2, eps, decay):
    """First the decay, as PyTorch does it, then Adam's step from moments kept as weighted sums."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("every gradient must have the shape of w0")
    w, m, v = np.array(w0, dtype=np.float64), 0.0, 0.0
    for t, g in enumerate(grads, 1):
        g = np.asarray(g, dtype=np.float64)
        m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v)
        w = w * (1 - lr * decay)
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w.astype(_kind(w0, *grads))


def adamw__one_weight_at_a_time(w0, grads, lr, beta1, beta2, eps, decay):
    """Plain Python numbers: each weight has its own two moments."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("every gradient must have the shape of w0")
    result = []
    for index, one in enumerate(np.ravel(np.asarray(w0, dtype=np.float64)).tolist()):
        m = v = 0.0
        for t, g in enumerate(grads, 1):
            slope = float(np.ravel(g)[index])
            m, v = beta1 * m + (1 - beta1) * slope, beta2 * v + (1 - beta2) * slope**2
            one -= lr * (m / (1 - beta1**t) / (math.sqrt(v / (1 - beta2**t)) + eps) + decay * one)
        result.append(one)
    return np.array(result, dtype=_kind(w0, *grads)).reshape(np.shape(w0))


# --- clip_by_global_norm ---


def clip_by_global_norm__hypot(grads, max_norm):
    """The norm by math.hypot over all entries."""
    entries = [float(value) for g in grads for value in g.ravel()]
    if not entries:
        raise ValueError("there is no gradient")
    norm = math.hypot(*entries)
    return [np.array(g * (max_norm / norm), dtype=g.dtype) if norm > max_norm else np.array(g) for g in grads]


def clip_by_global_norm__one_vector(grads, max_norm):
    """All entries in one vector, scaled, and cut into pieces again."""
    if sum(g.size for g in grads) == 0:
        raise ValueError("there is no gradient")
    long = np.concatenate([g.astype(np.float64).ravel() for g in grads])
    long = long * min(1.0, max_norm / max(np.sqrt(long @ long), max_norm))
    pieces = np.split(long, np.cumsum([g.size for g in grads])[:-1])
    return tuple(piece.reshape(g.shape).astype(g.dtype) for piece, g in zip(pieces, grads, strict=True))


# --- warmup_cosine ---


def warmup_cosine__half_angle(step, warmup, total, base_lr, min_lr):
    """(1 + cos a)/2 = cos²(a/2)."""
    if step < warmup:
        return base_lr / warmup * (step + 1)
    part = 1.0 if step > total else (step - warmup) / (total - warmup)
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * part) ** 2


def warmup_cosine__interpolated(step, warmup, total, base_lr, min_lr):
    """A mixture of both rates by numpy."""
    if warmup and step < warmup:
        return np.interp(step + 1, [0, warmup], [0.0, base_lr])
    part = (1 - np.cos(np.pi * np.clip((step - warmup) / (total - warmup), 0, 1))) / 2
    return base_lr * (1 - part) + min_lr * part


# --- accumulate_gradients ---


def _fit(arrays, counts):
    if len(arrays) == 0 or len(arrays) != len(counts) or any(np.shape(one) != np.shape(arrays[0]) for one in arrays) or sum(counts) == 0:
        raise ValueError("need one count for each array, arrays of one shape, and a token")


def accumulate_gradients__running_mean(sums, counts):
    """The mean so far, moved by each micro-batch."""
    _fit(sums, counts)
    mean, seen = np.zeros(np.shape(sums[0])), 0
    for one, count in zip(sums, counts, strict=True):
        seen += count
        if seen:
            mean = mean + (np.asarray(one, dtype=np.float64) - count * mean) / seen
    return mean.astype(_kind(*sums))


def accumulate_gradients__stacked(sums, counts):
    """One array of all sums, summed over its first axis."""
    _fit(sums, counts)
    return np.stack(sums).astype(_kind(*sums)).sum(axis=0) / _kind(*sums)(sum(counts))


# --- hunt 1: the training loop ---


def _log_losses(z, y):
    """log(1 + exp(-margin)) by log1p, and the residuals p - y."""
    margin = np.where(y == 1, z, -z)
    small = np.exp(-np.abs(z))
    return np.log1p(small) + np.maximum(-margin, 0), np.where(z >= 0, 1 / (1 + small), small / (1 + small)) - y


def training_mended__log1p(x, y, w0, lr, epochs, batch_size, max_norm):
    """The loss by log1p of exp(-|z|), the sigmoid by its two branches, the factor by a condition."""
    _check(x, y, w0)
    kind = _kind(x, y, w0)
    x, y, w, losses = x.astype(np.float64), y.astype(np.float64), w0.astype(np.float64), []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            loss, residual = _log_losses(xb @ w, yb)
            losses.append(loss.mean())
            gradient = residual @ xb / len(yb)
            norm = np.linalg.norm(gradient)
            w = w - lr * (gradient * (max_norm / norm) if norm > max_norm else gradient)
    return w.astype(kind), np.array(losses, dtype=kind)


def training_mended__batches_by_split(x, y, w0, lr, epochs, batch_size, max_norm):
    """numpy cuts the batches; the factor is max_norm over the larger of norm and max_norm."""
    _check(x, y, w0)
    kind = _kind(x, y, w0)
    w, losses, cuts = np.array(w0, dtype=np.float64), [], range(batch_size, len(x), batch_size)
    for _ in range(epochs):
        for xb, yb in zip(np.split(x.astype(np.float64), cuts), np.split(y.astype(np.float64), cuts), strict=True):
            sign = 1 - 2 * yb
            margin = sign * (xb @ w)
            losses.append(np.logaddexp(0, margin).mean())
            gradient = (sign * np.exp(margin - np.logaddexp(0, margin))) @ xb / len(xb)
            w = w - lr * gradient * (max_norm / max(math.sqrt(gradient @ gradient), max_norm))
    return w.astype(kind), np.array(losses).astype(kind)


# --- hunt 2: how many steps ---


def updates_predicted__runs_the_loop(n, micro_size, accumulate, epochs):
    """The loop itself, with counts for gradients."""
    steps = waiting = 0
    for _ in range(epochs):
        waiting = 0
        for i, first in enumerate(range(0, n, micro_size)):
            waiting += min(micro_size, n - first)
            if (i + 1) % accumulate == 0:
                steps, waiting = steps + 1, 0
    return steps, waiting


def updates_predicted__whole_groups(n, micro_size, accumulate, epochs):
    """Whole groups by divmod of the rows; a rest that reaches into the group's last micro-batch is a group as well."""
    groups, rest = divmod(n, micro_size * accumulate)
    if rest > micro_size * (accumulate - 1):
        groups, rest = groups + 1, 0
    return [groups * epochs, rest]


# --- hunt 3: the mean of the means ---


def accumulation_counterexample__padding():
    """A short answer and a long one, pulling in different directions."""
    return [np.array([1.0, -1.0]), np.array([-1.0, 2.0])], [3, 300]


def accumulation_counterexample__lists():
    """Plain lists."""
    return ([[4.0], [0.5], [0.5]], [1, 20, 20])


def accumulation_mended__average(means, counts):
    """numpy's weighted average."""
    _fit(means, counts)
    return np.average(np.stack([np.asarray(one, dtype=np.float64) for one in means]), axis=0, weights=counts).astype(_kind(*means))


def accumulation_mended__tokens(means, counts):
    """Every token's gradient is its micro-batch's mean: repeat each as often as it has tokens, and average."""
    _fit(means, counts)
    every = [np.asarray(one, dtype=np.float64) for one, count in zip(means, counts, strict=True) for _ in range(count)]
    return np.mean(every, axis=0).astype(_kind(*means))
