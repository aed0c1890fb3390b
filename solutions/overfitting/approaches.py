"""Right answers unlike the references: loops, other algorithms, other formulas."""

import math

import numpy as np


def _kind(*arrays):
    return np.float32 if all(np.asarray(a).dtype == np.float32 for a in arrays) else np.float64


# --- l2_penalty ---


def l2_penalty__dot(w, b, lam):
    """The squared norm as a dot product of the flat weights with themselves."""
    if w.size == 0:
        raise ValueError("there are no weights")
    flat = w.ravel().astype(np.float64)
    return lam / 2 * flat @ flat, (lam * flat).reshape(w.shape).astype(_kind(w)), np.zeros(b.shape, dtype=_kind(b))


def l2_penalty__one_by_one(w, b, lam):
    """Plain Python, one weight at a time."""
    total, slopes = 0.0, []
    for value in w.ravel().tolist():
        total += value * value
        slopes.append(lam * value)
    if not slopes:
        raise ValueError("there are no weights")
    return [lam * total / 2, np.array(slopes, dtype=_kind(w)).reshape(w.shape), np.zeros_like(b, dtype=_kind(b))]


# --- soft_threshold ---


def soft_threshold__two_sides(w, t):
    """What sticks out above t, less what sticks out below -t."""
    if t < 0 or w.size == 0:
        raise ValueError("t must be at least 0 and w have entries")
    kind = _kind(w)
    return (np.maximum(w.astype(kind) - kind(t), 0) - np.maximum(-w.astype(kind) - kind(t), 0)).astype(kind)


def soft_threshold__clip(w, t):
    """A weight less its clipped self."""
    if not t >= 0 or not np.size(w):
        raise ValueError("t must be at least 0 and w have entries")
    w = np.array(w, dtype=_kind(w))
    return w - np.clip(w, -t, t).astype(w.dtype)


# --- lasso_ista ---


def _rows(x, y):
    if x.ndim != 2 or y.ndim != 1 or len(x) != len(y) or not len(x):
        raise ValueError(f"x must be (n, d) and y (n,), not {x.shape} and {y.shape}")
    return x.astype(np.float64), y.astype(np.float64)


def lasso_ista__gram(x, y, lam, steps):
    """xᵀx and xᵀy once, then steps in d dimensions; L from the singular values."""
    kind = _kind(x, y)
    x, y = _rows(x, y)
    gram, target = x.T @ x / len(x), x.T @ y / len(x)
    largest = np.linalg.svd(x, compute_uv=False)[0] ** 2 / len(x)
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        z = w - (gram @ w - target) / largest
        w = z - np.clip(z, -lam / largest, lam / largest)
    return w.astype(kind)


def lasso_ista__coordinates_of_a_step(x, y, lam, steps):
    """Each step written weight by weight."""
    kind = _kind(x, y)
    x, y = _rows(x, y)
    n, d = x.shape
    rate = 1 / max(np.linalg.eigvalsh(x.T @ x / n))
    w = [0.0] * d
    for _ in range(steps):
        error = x @ np.array(w) - y
        moved = [w[j] - rate * float(x[:, j] @ error) / n for j in range(d)]
        w = [math.copysign(max(abs(z) - rate * lam, 0.0), z) for z in moved]
    return np.array(w, dtype=kind)


# --- ridge_fit ---


def ridge_fit__more_rows(x, y, lam):
    """Least squares on the data with d rows more: √(n·lam)·I against zeros."""
    kind = _kind(x, y)
    x, y = _rows(x, y)
    n, d = x.shape
    mean, level = x.mean(axis=0), y.mean()
    rows = np.concatenate([x - mean, math.sqrt(n * lam) * np.eye(d)])
    w = np.linalg.lstsq(rows, np.concatenate([y - level, np.zeros(d)]), rcond=None)[0]
    return w.astype(kind), float(level - mean @ w)


def ridge_fit__dual(x, y, lam):
    """In n dimensions: w = xᵀ(xxᵀ + n·lam·I)⁻¹y, for centred data."""
    kind = _kind(x, y)
    x, y = _rows(x, y)
    mean, level = x.mean(axis=0), y.mean()
    centred = x - mean
    w = centred.T @ np.linalg.solve(centred @ centred.T + len(x) * lam * np.eye(len(x)), y - level)
    return [w.astype(kind), np.float64(level - mean @ w)]


# --- dropout ---


def _drop(x, p):
    if not 0 <= p < 1 or np.size(x) == 0:
        raise ValueError("p must be in [0, 1) and x have entries")
    return np.array(x, dtype=_kind(x))


def dropout__below_the_keep_rate(x, p, rng, train):
    """A unit is kept when its draw is below the keep probability."""
    x = _drop(x, p)
    if not train:
        return x, np.ones_like(x)
    mask = np.where(rng.random(x.shape) < 1 - p, 1 / (1 - p), 0.0).astype(x.dtype)
    return x * mask, mask


def dropout__indices(x, p, rng, train):
    """The dropped places by number."""
    x = _drop(x, p)
    mask = np.full(x.shape, 1 / (1 - p) if train else 1.0, dtype=x.dtype)
    if train:
        mask[np.nonzero(rng.random(x.shape) < p)] = 0
    return [np.multiply(x, mask), mask]


# --- dropout_backward ---


def _both(dout, mask):
    if dout.shape != mask.shape or not dout.size:
        raise ValueError("dout and mask must have one shape and entries")


def dropout_backward__where(dout, mask):
    """Zero where the mask is zero, the scaled gradient elsewhere."""
    _both(dout, mask)
    return np.where(mask == 0, 0, dout * mask).astype(_kind(dout, mask))


def dropout_backward__one_by_one(dout, mask):
    """Plain Python."""
    _both(dout, mask)
    values = [slope * scale for slope, scale in zip(dout.ravel().tolist(), mask.ravel().tolist(), strict=True)]
    return np.array(values, dtype=_kind(dout, mask)).reshape(dout.shape)


# --- early_stopping and stopping_mended ---


def early_stopping__list_of_bests(val_losses, patience, min_delta):
    """The epochs with a gain first; it stops in the first gap that is too long."""
    if len(val_losses) == 0:
        raise ValueError("there is no epoch")
    gains, best = [], math.inf
    for epoch, loss in enumerate(map(float, val_losses)):
        if loss < best - min_delta:
            gains.append(epoch)
            best = loss
    before = -1
    for epoch in [*gains, len(val_losses)]:
        if epoch - before > patience:
            return before + patience, before
        before = epoch
    return len(val_losses) - 1, gains[-1] if gains else -1


def early_stopping__while(val_losses, patience, min_delta):
    """A while loop that looks at how long ago the best was."""
    losses = [float(loss) for loss in val_losses]
    if not losses:
        raise ValueError("there is no epoch")
    epoch, best_epoch, best = 0, -1, float("inf")
    while True:
        if losses[epoch] < best - min_delta:
            best_epoch, best = epoch, losses[epoch]
        if epoch - best_epoch >= patience or epoch == len(losses) - 1:
            return np.int64(epoch), np.int64(best_epoch)
        epoch += 1


def stopping_mended__gap(val_losses, patience):
    """It stops when the best is `patience` epochs ago."""
    if len(val_losses) == 0:
        raise ValueError("there is no epoch")
    best, best_epoch = math.inf, -1
    for epoch, loss in enumerate(val_losses):
        if loss < best:
            best, best_epoch = loss, epoch
        elif epoch - best_epoch == patience:
            return epoch
    return len(val_losses) - 1


def stopping_mended__running_minimum(val_losses, patience):
    """numpy's running minimum tells at which epochs there was a gain."""
    losses = np.where(np.isnan(np.asarray(val_losses, dtype=np.float64)), np.inf, val_losses)
    if not losses.size:
        raise ValueError("there is no epoch")
    before = np.concatenate([[np.inf], np.minimum.accumulate(losses)[:-1]])
    last_gain = np.maximum.accumulate(np.where(losses < before, np.arange(len(losses)), -1))
    waited = np.flatnonzero(np.arange(len(losses)) - last_gain >= patience)
    return int(waited[0]) if waited.size else len(losses) - 1


def stopping_counterexample__creep():
    """A jump up, then a slow fall that never gets back to the best."""
    return np.array([3.0, 1.0, 5.0, 4.8, 4.6, 4.4, 4.2, 4.0, 3.8]), 2


def stopping_counterexample__saw():
    """A list; every second epoch is a little better than the one before, and none than the best."""
    return [2.0, 1.0, 1.5, 1.4, 1.6, 1.5, 1.7, 1.6, 1.8, 1.7, 1.9, 1.8], 2


# --- choice_mended ---


def _checked_parts(parts, lams):
    width = parts[0][0].shape[1:]
    if not lams or any(x.ndim != 2 or not len(x) or y.shape != (len(x),) or x.shape[1:] != width for x, y in parts):
        raise ValueError("no lam, or parts that do not fit")
    return [(x.astype(np.float64), y.astype(np.float64)) for x, y in parts]


def choice_mended__column_of_ones(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Weights and bias in one system, the bias without a penalty."""
    parts = _checked_parts([(x_train, y_train), (x_val, y_val), (x_test, y_test)], lams)
    mean, std = np.mean(parts[0][0], axis=0), np.std(parts[0][0], axis=0)
    scaled = [(np.column_stack([(x - mean) / std, np.ones(len(x))]), y) for x, y in parts]
    x, y = scaled[0]
    free = np.diag([1.0] * (x.shape[1] - 1) + [0.0])
    models = [np.linalg.solve(x.T @ x + len(x) * lam * free, x.T @ y) for lam in lams]
    losses = [np.mean((scaled[1][0] @ model - scaled[1][1]) ** 2) for model in models]
    chosen = int(np.argmin(losses))
    return lams[chosen], np.mean((scaled[2][0] @ models[chosen] - scaled[2][1]) ** 2)


def choice_mended__best_so_far(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """One loop that keeps the best; the kernel form of ridge, with a matrix of rows by rows."""
    (x, y), validation, test = _checked_parts([(x_train, y_train), (x_val, y_val), (x_test, y_test)], lams)
    mean, std = x.mean(axis=0), np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0))
    x = (x - mean) / std

    def error(part, lam):
        alpha = np.linalg.solve(x @ x.T + len(x) * lam * np.eye(len(x)), y - y.mean())
        residual = (part[0] - mean) / std @ (x.T @ alpha) + y.mean() - part[1]
        return float(residual @ residual / len(residual))

    best, chosen = math.inf, None
    for lam in lams:
        if error(validation, lam) < best:
            best, chosen = error(validation, lam), lam
    return [chosen, error(test, chosen)]


# --- outputs_predicted ---


def _model(x, w, p):
    if x.ndim != 2 or not x.size or w.shape != (x.shape[1],) or p < 0 or p >= 1:
        raise ValueError("x must be (n, d), w (d,), and p in [0, 1)")
    return _kind(x, w)


def outputs_predicted__term_by_term(x, w, p):
    """Plain Python: each term takes two values; their means and variances add up."""
    kind = _model(x, w, p)
    means, variances = [], []
    for row in x.astype(np.float64).tolist():
        mean = variance = 0.0
        for value, weight in zip(row, w.astype(np.float64).tolist(), strict=True):
            kept = value * weight / (1 - p)
            mean += (1 - p) * kept
            variance += p * (1 - p) * kept**2
        means.append(mean)
        variances.append(variance)
    return np.array(means, dtype=kind), np.array(variances, dtype=kind)


def outputs_predicted__terms_as_matrix(x, w, p):
    """All terms as a matrix; sums over its columns."""
    kind = _model(x, w, p)
    terms = x.astype(np.float64) * w.astype(np.float64)
    return [terms.sum(axis=1).astype(kind), (np.square(terms).sum(axis=1) / (1 / p - 1)).astype(kind) if p else np.zeros(len(x), kind)]
