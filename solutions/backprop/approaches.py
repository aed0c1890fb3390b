"""Right answers unlike the references: loops over rows, other formulas, other algorithms."""

import math

import numpy as np


def _real(*arrays):
    """As floats: float32 and float64 stay, everything else is float64."""
    return [a if a.dtype.kind == "f" else a.astype(np.float64) for a in map(np.asarray, arrays)]


def _matrices(*arrays):
    if any(np.ndim(a) != 2 or np.size(a) == 0 for a in arrays):
        raise ValueError(f"need matrices that are not empty, not {[np.shape(a) for a in arrays]}")


def _same(one, other):
    if one != other:
        raise ValueError(f"{one} and {other} should be the same")


# --- sigmoid ---


def sigmoid__two_halves(z):
    """Two formulas, each where its exponent is negative, written into the two halves by a mask."""
    if np.size(z) == 0:
        raise ValueError("z is empty")
    (z,) = _real(z)
    out, high = np.empty_like(z), z >= 0
    out[high] = 1 / (1 + np.exp(-z[high]))
    e = np.exp(z[~high])
    out[~high] = e / (1 + e)
    return out


def sigmoid__logaddexp(z):
    """exp of the log-sigmoid, -logaddexp(0, -z), which never overflows."""
    if np.size(z) == 0:
        raise ValueError("z is empty")
    (z,) = _real(z)
    return np.exp(-np.logaddexp(0, -z))


# --- numerical_gradient ---


def numerical_gradient__entry_by_entry(f, x, h):
    """Moves one entry of a working copy up, down and back."""
    work = np.array(x, dtype=np.float64)
    if work.size == 0:
        raise ValueError("x is empty")
    gradient = np.zeros_like(work)
    for i in np.ndindex(work.shape):
        kept = work[i]
        work[i] = kept + h
        above = f(work.copy())
        work[i] = kept - h
        gradient[i] = (above - f(work.copy())) / (2 * h)
        work[i] = kept
    return gradient


def numerical_gradient__all_points(f, x, h):
    """Makes all 2·size points at once, as rows of a matrix, and calls f on each."""
    x = np.asarray(x, dtype=np.float64)
    if x.size == 0:
        raise ValueError("x is empty")
    steps = h * np.eye(x.size)
    values = [[f((x.reshape(-1) + sign * step).reshape(x.shape)) for step in steps] for sign in (1, -1)]
    above, below = np.array(values, dtype=np.float64)
    return ((above - below) / (2 * h)).reshape(x.shape)


# --- mlp_forward ---


def _fitting(x, w1, b1, w2, b2):
    _matrices(x, w1, w2)
    _same((w1.shape, np.shape(b1)), ((x.shape[1], len(w2)), (len(w2),)))
    _same(np.shape(b2), w2.shape[1:])
    return _real(x, w1, b1, w2, b2)


def mlp_forward__row_by_row(x, w1, b1, w2, b2):
    """One row after the other, stacked at the end."""
    x, w1, b1, w2, b2 = _fitting(x, w1, b1, w2, b2)
    rows = []
    for row in x:
        pre = w1.T @ row + b1
        a = np.clip(pre, 0, None)
        rows.append((pre, a, w2.T @ a + b2))
    return [np.stack(parts) for parts in zip(*rows, strict=True)]


def mlp_forward__columns_of_ones(x, w1, b1, w2, b2):
    """A column of ones on each layer's input, so that every bias is a row of the weights; einsum for the products."""
    x, w1, b1, w2, b2 = _fitting(x, w1, b1, w2, b2)
    ones = np.ones((len(x), 1), x.dtype)
    pre = np.einsum("nd,dh->nh", np.hstack([x, ones]), np.vstack([w1, b1]))
    a = (pre + np.abs(pre)) / 2
    return pre, a, np.einsum("nh,hk->nk", np.hstack([a, ones]), np.vstack([w2, b2]))


# --- linear_backward ---


def linear_backward__einsum(dout, x, w):
    """Three einsums, the indices as in the formulas."""
    _matrices(dout, x, w)
    _same((len(dout), x.shape[1]), (len(x), len(w)))
    _same(dout.shape[1], w.shape[1])
    dout, x, w = _real(dout, x, w)
    return np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)


def linear_backward__row_by_row(dout, x, w):
    """Each row's own gradients, added up: outer products for w."""
    _matrices(dout, x, w)
    _same((len(dout), x.shape[1]), (len(x), len(w)))
    _same(dout.shape[1], w.shape[1])
    dout, x, w = _real(dout, x, w)
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(w[0])
    for i in range(len(x)):
        dx[i] = w @ dout[i]
        dw += np.outer(x[i], dout[i])
        db += dout[i]
    return [dx, dw, db]


# --- one_layer_gradient ---


def one_layer_gradient__each_row_and_unit(x, y, w):
    """One row and one unit at a time, in plain numbers."""
    _matrices(x, y, w)
    _same((len(y), y.shape[1]), (len(x), w.shape[1]))
    _same(x.shape[1], len(w))
    x, y, w = _real(x, y, w)
    gradient = np.zeros(w.shape)
    for i in range(len(x)):
        for j in range(w.shape[1]):
            z = float(x[i] @ w[:, j])
            e = math.exp(-abs(z))
            a = (1 if z >= 0 else e) / (1 + e)
            gradient[:, j] += x[i] * (a - float(y[i, j])) * a * (1 - a)
    return (gradient / len(x)).astype(np.result_type(x, y, w))


def one_layer_gradient__by_tanh(x, y, w):
    """With t = tanh(z/2): the activation is (1+t)/2 and its derivative (1-t²)/4."""
    _matrices(x, y, w)
    _same(y.shape, (len(x), w.shape[1]))
    _same(x.shape[1], len(w))
    x, y, w = _real(x, y, w)
    t = np.tanh(x @ w / 2)
    return np.einsum("nd,nk->dk", x, ((1 + t) / 2 - y) * (1 - t * t) / 4) / len(x)


# --- softmax_cross_entropy ---


def softmax_cross_entropy__row_by_row(logits, labels):
    """One row at a time, with the true class as the last thing subtracted."""
    _matrices(logits)
    _same(np.shape(labels), (len(logits),))
    (logits,) = _real(logits)
    loss, gradient = 0.0, np.zeros_like(logits)
    for i, label in enumerate(labels.tolist()):
        row = logits[i] - np.max(logits[i])
        total = np.sum(np.exp(row))
        loss += math.log(total) - float(row[label])
        gradient[i] = np.exp(row) / total
        gradient[i, label] -= 1
    return loss / len(logits), gradient / len(logits)


def softmax_cross_entropy__differences(logits, labels):
    """All from the logits minus the true one: the loss is their logsumexp, which logaddexp gives, the probabilities exp(difference - loss)."""
    _matrices(logits)
    _same(np.shape(labels), (len(logits),))
    (logits,) = _real(logits)
    n = len(logits)
    labels = np.asarray(labels).astype(int)
    difference = logits - logits[np.arange(n), labels][:, None]
    each = np.logaddexp.reduce(difference, axis=1)
    p = np.exp(difference - each[:, None])
    p[np.arange(n), labels] = np.expm1(-each)  # p - 1, without cancellation
    return np.mean(each), p / n


# --- mlp_gradients ---


def _mlp(x, labels, w1, b1, w2, b2):
    _matrices(x, w1, w2)
    _same((np.shape(labels), x.shape[1]), ((len(x),), len(w1)))
    _same((np.shape(b1), np.shape(b2)), ((len(w2),), w2.shape[1:]))
    _same(w1.shape[1], len(w2))
    return _real(x, w1, b1, w2, b2)


def mlp_gradients__row_by_row(x, labels, w1, b1, w2, b2):
    """Back-propagates one row after the other and averages."""
    x, w1, b1, w2, b2 = _mlp(x, labels, w1, b1, w2, b2)
    loss, sums = 0.0, [np.zeros_like(a) for a in (w1, b1, w2, b2)]
    for row, label in zip(x, labels.tolist(), strict=True):
        pre = row @ w1 + b1
        a = np.where(pre > 0, pre, 0).astype(pre.dtype)
        z = a @ w2 + b2
        each = np.logaddexp.reduce(z)
        dz = np.exp(z - each)
        loss += float(each) - float(z[label])
        dz[label] -= 1
        dpre = np.where(pre > 0, w2 @ dz, 0)
        for total, term in zip(sums, (np.outer(row, dpre), dpre, np.outer(a, dz), dz), strict=True):
            total += term
    return loss / len(x), *(total / len(x) for total in sums)


def mlp_gradients__biases_as_weights(x, labels, w1, b1, w2, b2):
    """A column of ones on each layer's input, so that every bias is a row of the weights."""
    x, w1, b1, w2, b2 = _mlp(x, labels, w1, b1, w2, b2)
    n = len(x)
    ones = np.ones((n, 1), x.dtype)
    big1, big2 = np.vstack([w1, b1]), np.vstack([w2, b2])
    inputs = np.hstack([x, ones])
    pre = inputs @ big1
    hidden = np.hstack([np.clip(pre, 0, None), ones])
    z = hidden @ big2
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    rows, labels = np.arange(n), np.asarray(labels).astype(int)
    dz = np.exp(log_p)
    dz[rows, labels] -= 1
    dz /= n
    dpre = (dz @ big2.T)[:, :-1]
    dpre[pre <= 0] = 0
    dbig1, dbig2 = inputs.T @ dpre, hidden.T @ dz
    return -log_p[rows, labels].mean(), dbig1[:-1].copy(), dbig1[-1].copy(), dbig2[:-1].copy(), dbig2[-1].copy()


# --- layer_norm_backward ---


def _norm(dout, x, gamma):
    if np.ndim(x) == 0 or np.size(x) == 0:
        raise ValueError("x is empty, or has no axis to normalise over")
    _same((np.shape(dout), np.shape(gamma)), (x.shape, x.shape[-1:]))
    return _real(dout, x, gamma)


def layer_norm_backward__jacobian(dout, x, gamma, eps):
    """The whole Jacobian of each row, d by d, times the row's gradient: slower, and nothing to simplify."""
    dout, x, gamma = _norm(dout, x, gamma)
    d = x.shape[-1]
    dx, dgamma, dbeta = np.zeros((x.size // d, d), x.dtype), np.zeros_like(gamma), np.zeros_like(gamma)
    for i, (row, back) in enumerate(zip(x.reshape(-1, d), dout.reshape(-1, d), strict=True)):
        centred = row - row.mean()
        std = np.sqrt((centred**2).mean() + eps)
        centring = np.eye(d, dtype=x.dtype) - 1 / d
        jacobian = centring / std - np.outer(centred, centred) / (d * std**3)
        dx[i] = jacobian.T @ (gamma * back)
        dgamma += back * centred / std
        dbeta += back
    return dx.reshape(x.shape), dgamma, dbeta


def layer_norm_backward__step_by_step(dout, x, gamma, eps):
    """The chain rule through the graph, one operation at a time: normalise, variance, centre, mean."""
    dout, x, gamma = _norm(dout, x, gamma)
    d = x.shape[-1]
    mean = np.sum(x, axis=-1, keepdims=True) / d
    centred = x - mean
    variance = np.sum(centred * centred, axis=-1, keepdims=True) / d
    inverse = (variance + eps) ** -0.5
    dxhat = dout * gamma
    dinverse = np.sum(dxhat * centred, axis=-1, keepdims=True)
    dvariance = dinverse * -0.5 * inverse**3
    dcentred = dxhat * inverse + dvariance * 2 * centred / d
    dmean = -np.sum(dcentred, axis=-1, keepdims=True)
    axes = tuple(range(x.ndim - 1))
    return dcentred + dmean / d, np.sum(dout * centred * inverse, axis=axes), np.array(np.sum(dout, axis=axes))


# --- bank_step_counterexample ---


def bank_step_counterexample__searched():
    """Draws until the guide's direction and the right one are more than a right angle apart."""
    rng = np.random.default_rng(0)
    while True:
        x, w, y = rng.normal(size=(3, 3)), rng.normal(size=(3, 1)), rng.integers(0, 2, (3, 1))
        a = 1 / (1 + np.exp(-(x @ w)))
        slope = a * (1 - a)
        right, guide = x.T @ ((a - y) * slope), (x.T @ (a - y)) * slope
        if np.sum(right * guide) < -0.3 * np.linalg.norm(right) * np.linalg.norm(guide):
            return x, y, w


def bank_step_counterexample__two_units():
    """Two units, lists of whole numbers: for both, the first row is saturated and wrong, and the second undecided."""
    return [[6, 1], [0, 1]], [[0, 0], [1, 1]], [[1, 2], [0, 0]]


# --- bank_step_mended ---


def bank_step_mended__row_by_row(x, y, w, lr):
    """Adds up each row's gradient, then steps once."""
    _matrices(x, y, w)
    _same(y.shape, (len(x), w.shape[1]))
    _same(x.shape[1], len(w))
    x, y, w = _real(x, y, w)
    gradient = np.zeros_like(w)
    for row, target in zip(x, y, strict=True):
        a = np.exp(-np.logaddexp(0, -(row @ w)))
        gradient += np.outer(row, (a - target) * a * (1 - a))
    return w - lr / len(x) * gradient


def bank_step_mended__einsum(x, y, w, lr):
    """One einsum over rows, with tanh for the sigmoid."""
    _matrices(x, y, w)
    _same(y.shape, (len(x), w.shape[1]))
    _same(x.shape[1], len(w))
    x, y, w = _real(x, y, w)
    a = (1 + np.tanh(x @ w / 2)) / 2
    return w - lr * np.einsum("nd,nk,nk->dk", x, a - y, a * (1 - a)) / len(x)


# --- loop_mended ---


def loop_mended__layer_by_layer(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The published loop with its faults fixed: loss from the logits, new gradients for each batch, updates at the end."""
    x, w1, b1, w2, b2 = (np.array(a) for a in _mlp(x, labels, w1, b1, w2, b2))
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], np.asarray(labels[first : first + batch_size]).astype(int)
            pre = xb @ w1 + b1
            a = np.maximum(pre, 0)
            z = a @ w2 + b2
            e = np.exp(z - z.max(axis=1, keepdims=True))
            dz = e / e.sum(axis=1, keepdims=True)
            dz[np.arange(len(yb)), yb] -= 1
            dz /= len(yb)
            dpre = (dz @ w2.T) * (pre > 0)
            w1, b1 = w1 - lr * xb.T @ dpre, b1 - lr * dpre.sum(axis=0)
            w2, b2 = w2 - lr * a.T @ dz, b2 - lr * dz.sum(axis=0)
    return [w1, b1, w2, b2]


def loop_mended__each_row_its_own(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Adds up the rows' gradients of a batch, one row after the other, and then steps."""
    x, *weights = _mlp(x, labels, w1, b1, w2, b2)
    weights = [weight + 0 for weight in weights]
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            rows = range(first, min(first + batch_size, len(x)))
            each = [mlp_gradients__row_by_row(x[i : i + 1], np.asarray(labels)[i : i + 1], *weights)[1:] for i in rows]
            sums = [sum(parts) for parts in zip(*each, strict=True)]
            weights = [weight - lr / len(rows) * total for weight, total in zip(weights, sums, strict=True)]
    return tuple(weights)


# --- shapes_predicted ---


def shapes_predicted__on_zeros(n, d, h, y_shape):
    """Runs the four lines on arrays of zeros."""
    x, y, w, v = np.zeros((n, d)), np.zeros(y_shape), np.zeros((d, h)), np.zeros((h, 1))
    out = np.tanh(x @ w) @ v
    error = out - y
    return [list(array.shape) for array in (out, error, np.tanh(x @ w).T @ error, error.sum(axis=0))]


def shapes_predicted__broadcast_shapes(n, d, h, y_shape):
    """Asks numpy for the broadcast shape, and does the rest by the rule for products."""
    rows, columns = np.broadcast_shapes((n, 1), y_shape)
    return (n, 1), (rows, columns), (h, columns), (columns,)
