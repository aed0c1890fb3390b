"""First drafts of the lesson backprop, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np

# --- sigmoid ---


def sigmoid__textbook(z):
    """overflows: the one-liner."""
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid__where(z):
    """both-branches: np.where with both formulas, float64 throughout."""
    z = np.asarray(z, dtype=float)
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


def sigmoid__keras_like(z):
    """clipped: a clip at 20 on both sides, written with minimum and maximum."""
    z = np.maximum(np.minimum(z, 20.0), -20.0)
    return 1 / (1 + np.exp(-z))


def sigmoid__clip_500(z):
    """clipped-for-float64: guarded, clip at 500."""
    if z.size == 0:
        raise ValueError("empty")
    z = np.clip(z, -500, 500)
    return 1 / (1 + np.exp(-z))


def sigmoid__exp_form(z):
    """inf-over-inf: exp over one plus exp."""
    e = np.exp(z)
    return e / (e + 1)


def sigmoid__sign_slip(z):
    """wrong-sign: the minus is missing."""
    return 1 / (1 + np.exp(np.asarray(z, dtype=np.float64)))


def sigmoid__complement(z):
    """lost-tail: by tanh."""
    z = np.asarray(z, dtype=float)
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid__one_minus(z):
    """lost-tail: one minus the sigmoid of -z, which is stable for large z only."""
    z = np.asarray(z, dtype=float)
    return 1 - 1 / (1 + np.exp(np.minimum(z, 700)))


def sigmoid__tanh_without_half(z):
    """tanh-of-z: half the tanh plus a half, of z itself."""
    return 0.5 * np.tanh(np.asarray(z, dtype=float)) + 0.5


def sigmoid__its_derivative(z):
    """derivative: returns s(1-s)."""
    s = np.exp(-np.logaddexp(0, -np.asarray(z, dtype=float)))
    return s - s * s


def sigmoid__masks(z):
    """needs-an-axis: the two halves by masks, in an array like z."""
    z = np.asarray(z) * 1.0
    e = np.exp(-np.abs(z))
    e[z >= 0] = 1 / (1 + e[z >= 0])
    e[z < 0] = e[z < 0] / (1 + e[z < 0])
    return e


def sigmoid__as_float(z):
    """right: stable, always float64, no refusal."""
    z = np.asarray(z, dtype=float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid__softsign(z):
    """none: another S-shaped function."""
    return 0.5 * (1 + z / (1 + np.abs(z)))


# --- numerical_gradient ---


def numerical_gradient__one_sided(f, x, h):
    """forward: f at x once, outside the loop."""
    x = np.array(x, dtype=float)
    base, grad = f(x), np.zeros_like(x)
    for i in np.ndindex(x.shape):
        xp = x.copy()
        xp[i] += h
        grad[i] = (f(xp) - base) / h
    return grad


def numerical_gradient__h_below(f, x, h):
    """divided-by-h: the 2 is missing."""
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i], down[i] = up[i] + h, down[i] - h
        grad[i] = (f(up) - f(down)) / h
    return grad


def numerical_gradient__precedence(f, x, h):
    """half-times-h: / 2 * h."""
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        grad[i] = (f(x + e) - f(x - e)) / 2 * h
    return grad


def numerical_gradient__no_loop(f, x, h):
    """all-at-once: the scalar formula on the whole array."""
    x = np.asarray(x, dtype=float)
    return np.ones(x.shape) * (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient__constant_step(f, x, h):
    """own-step: h is set to 1e-4 inside."""
    h = 1e-4
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        grad[i] = (f(x + e) - f(x - e)) / (2 * h)
    return grad


def numerical_gradient__cs231n(f, x, h):
    """in-its-own-type: the nditer loop of a course, in x itself."""
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix].copy()
        x[ix] = old + h
        plus = f(x)
        x[ix] = old - h
        minus = f(x)
        x[ix] = old
        grad[ix] = (plus - minus) / (2 * h)
        it.iternext()
    return grad


def numerical_gradient__forgets_to_restore(f, x, h):
    """not-restored: the entry stays at x - h."""
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += h
        plus = f(x.copy())
        x[i] -= 2 * h
        grad[i] = (plus - f(x.copy())) / (2 * h)
    return grad


def numerical_gradient__ravel(f, x, h):
    """flat: works on the flattened array and forgets to reshape."""
    flat = np.array(x, dtype=float).ravel()
    out = []
    for i in range(flat.size):
        up, down = flat.copy(), flat.copy()
        up[i] += h
        down[i] -= h
        out.append((f(up.reshape(np.shape(x))) - f(down.reshape(np.shape(x)))) / (2 * h))
    return np.array(out)


def numerical_gradient__over_len(f, x, h):
    """one-axis-only: a loop over the first axis."""
    x = np.array(x, dtype=float)
    out = np.zeros(x.shape)
    for i in range(len(x)):
        e = np.zeros_like(x)
        e[i] = h
        out[i] = (f(x + e) - f(x - e)) / (2 * h)
    return out


def numerical_gradient__minus_first(f, x, h):
    """wrong-sign: the two points are swapped."""
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        grad[i] = (f(x - e) - f(x + e)) / h / 2
    return grad


def numerical_gradient__plain(f, x, h):
    """right: no refusal of an empty x."""
    x = np.array(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        grad[i] = (f(x + e) - f(x - e)) / (2 * h)
    return grad


def numerical_gradient__two_one_sided(f, x, h):
    """right: the mean of the forward and the backward difference, so f is called four times an entry."""
    if np.size(x) == 0:
        raise ValueError("x is empty")
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        forward, backward = (f(x + step) - f(x)) / h, (f(x) - f(x - step)) / h
        gradient[i] = (forward + backward) / 2
    return gradient


def numerical_gradient__zeros_like(f, x, h):
    """in-its-own-type-cut: the nditer loop of a course, in a copy of x, with zeros_like(x)."""
    x = np.array(x)
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        fp = f(x)
        x[i] = old - h
        fm = f(x)
        x[i] = old
        grad[i] = (fp - fm) / (2 * h)
        it.iternext()
    return grad


# --- mlp_forward ---


def mlp_forward__relu_in_place(x, w1, b1, w2, b2):
    """pre-overwritten: np.maximum with out."""
    pre = np.dot(x, w1) + b1
    a = np.maximum(pre, 0, out=pre)
    return pre, a, np.dot(a, w2) + b2


def mlp_forward__no_b1(x, w1, b1, w2, b2):
    """first-bias-left-out: forgets b1."""
    pre = np.dot(x, w1)
    a = pre * (pre > 0)
    return pre, a, np.dot(a, w2) + b2


def mlp_forward__relu_twice(x, w1, b1, w2, b2):
    """relu-on-the-output: the same layer function twice."""

    def layer(x, w, b):
        z = x @ w + b
        return z, np.where(z > 0, z, 0)

    pre, a = layer(x, w1, b1)
    _, out = layer(a, w2, b2)
    return pre, a, out


def mlp_forward__probabilities(x, w1, b1, w2, b2):
    """softmax-on-the-output: a softmax at the end."""
    pre = x @ w1 + b1
    a = np.maximum(0, pre)
    z = a @ w2 + b2
    e = np.exp(z - z.max(1, keepdims=True))
    return pre, a, e / e.sum(1, keepdims=True)


def mlp_forward__tanh(x, w1, b1, w2, b2):
    """none: tanh for relu."""
    pre = x @ w1 + b1
    return pre, np.tanh(pre), np.tanh(pre) @ w2 + b2


def mlp_forward__sigmoid(x, w1, b1, w2, b2):
    """sigmoid-hidden: a sigmoid for relu."""
    pre = x @ w1 + b1
    a = 1 / (1 + np.exp(-pre))
    return pre, a, a @ w2 + b2


def mlp_forward__output_alone(x, w1, b1, w2, b2):
    """logits-only: returns the last array."""
    return np.clip(x @ w1 + b1, 0, None) @ w2 + b2


def mlp_forward__linear(x, w1, b1, w2, b2):
    """no-relu: the activation is forgotten."""
    pre = x @ w1 + b1
    a = 1.0 * pre
    return pre, a, a @ w2 + b2


def mlp_forward__pre_onwards(x, w1, b1, w2, b2):
    """pre-into-second: z2 is made from pre."""
    z1 = x @ w1 + b1
    a1 = np.maximum(z1, 0)
    z2 = z1 @ w2 + b2
    return z1, a1, z2


def mlp_forward__plain(x, w1, b1, w2, b2):
    """right: no refusals, integers stay integers."""
    pre = x.dot(w1) + b1
    a = np.maximum(pre, 0)
    return pre, a, a.dot(w2) + b2


def mlp_forward__asserts(x, w1, b1, w2, b2):
    """right: float64, assertions for shapes."""
    x, w1, b1, w2, b2 = (np.asarray(a, dtype=float) for a in (x, w1, b1, w2, b2))
    assert x.shape[1] == w1.shape[0] and w1.shape[1] == w2.shape[0]
    pre = x @ w1 + b1
    return pre, np.where(pre > 0, pre, 0.0), np.where(pre > 0, pre, 0.0) @ w2 + b2


def mlp_forward__leaky_relu(x, w1, b1, w2, b2):
    """leaky: a slope of 0.01 below 0."""
    pre = np.dot(x, w1) + b1
    a = np.maximum(pre, 0.01 * pre)
    return pre, a, np.dot(a, w2) + b2


# --- linear_backward ---


def linear_backward__mean_bias(dout, x, w):
    """bias-averaged: db is a mean."""
    return np.dot(dout, w.T), np.dot(x.T, dout), np.mean(dout, axis=0)


def linear_backward__coursera(dout, x, w):
    """all-averaged: dW and db over m, as a course prints it."""
    m = x.shape[0]
    return dout @ w.T, 1 / m * x.T @ dout, 1 / m * dout.sum(axis=0)


def linear_backward__keepdims(dout, x, w):
    """bias-keeps-axis: sum with keepdims."""
    return dout.dot(w.T), x.T.dot(dout), np.sum(dout, axis=0, keepdims=True)


def linear_backward__torch_layout(dout, x, w):
    """dw-transposed: the weight as (out, in)."""
    return dout @ w.T, dout.T @ x, dout.sum(0)


def linear_backward__weights_first(dout, x, w):
    """other-order: dw, dx, db."""
    dw, db = x.T @ dout, dout.sum(axis=0)
    return dw, dout @ w.T, db


def linear_backward__axis_one(dout, x, w):
    """bias-over-columns: axis 1."""
    return dout @ w.T, x.T @ dout, np.sum(dout, axis=1)


def linear_backward__full_sum(dout, x, w):
    """bias-one-number: np.sum without an axis."""
    return dout @ w.T, x.T @ dout, np.sum(dout)


def linear_backward__no_transpose(dout, x, w):
    """w-plain: dout @ w."""
    return np.matmul(dout, w), np.matmul(x.T, dout), dout.sum(axis=0)


def linear_backward__dout_as_bias(dout, x, w):
    """bias-not-summed: hands dout on."""
    return dout @ w.T, x.T @ dout, 1.0 * dout


def linear_backward__plain(dout, x, w):
    """right: the three products, nothing else."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__outer(dout, x, w):
    """right: outer products row by row, float64."""
    dw = np.zeros(w.shape)
    for row, back in zip(x, dout, strict=True):
        dw += np.outer(row, back)
    return np.array([w @ back for back in dout]), dw, np.array(dout, dtype=float).sum(0)


# --- one_layer_gradient ---


def _sig(z):
    return np.exp(-np.logaddexp(0, -z))


def one_layer_gradient__the_guide(x, y, w):
    """derivative-outside-summed: as the guide has it."""
    z = 1 / (1 + np.exp(-np.dot(x, w)))
    return np.dot(x.T, z - y) * (z * (1 - z))


def one_layer_gradient__the_guide_averaged(x, y, w):
    """derivative-outside: as the guide has it, over n."""
    a = _sig(np.dot(x, w))
    return np.dot(x.T, a - y) * a * (1 - a) / x.shape[0]


def one_layer_gradient__cross_entropy(x, y, w):
    """derivative-dropped: logistic regression's gradient."""
    return x.T @ (_sig(x @ w) - y) / len(y)


def one_layer_gradient__without_n(x, y, w):
    """summed: no 1/n."""
    a = _sig(x @ w)
    delta = (a - y) * a * (1 - a)
    return x.T.dot(delta)


def one_layer_gradient__size(x, y, w):
    """mean-over-units: np.mean of the whole square."""
    a = _sig(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / y.size


def one_layer_gradient__mse(x, y, w):
    """half-forgotten: the derivative of the plain square."""
    a = _sig(x @ w)
    return x.T @ (2 * (a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__target_minus_output(x, y, w):
    """wrong-sign: y - a."""
    a = _sig(x @ w)
    return np.dot(x.T, (y - a) * a * (1 - a)) / x.shape[0]


def one_layer_gradient__prime_of_a(x, y, w):
    """sigmoid-twice: a helper for the derivative that takes z gets a."""

    def prime(z):
        return _sig(z) * (1 - _sig(z))

    a = _sig(x @ w)
    return x.T @ ((a - y) * prime(a)) / len(x)


def one_layer_gradient__over_features(x, y, w):
    """mean-over-features: x.size."""
    a = _sig(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / x.size


def one_layer_gradient__two_errors(x, y, w):
    """none: the sign and the mean at once."""
    a = _sig(x @ w)
    return x.T @ ((y - a) * a * (1 - a))


def one_layer_gradient__textbook(x, y, w):
    """right: naive sigmoid, no refusals."""
    a = 1 / (1 + np.exp(-x @ w))
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


# --- softmax_cross_entropy ---


def _soft(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def softmax_cross_entropy__no_shift(logits, labels):
    """overflows: exp of the logits as they are."""
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    n = len(labels)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


def softmax_cross_entropy__log_p(logits, labels):
    """log-of-softmax: shifted, then the log of p."""
    n = logits.shape[0]
    p = _soft(logits)
    loss = -np.sum(np.log(p[range(n), labels])) / n
    p[range(n), labels] -= 1
    return loss, p / n


def softmax_cross_entropy__eps_1e_7(logits, labels):
    """log-plus-1e-7: the epsilon of a framework."""
    y = np.eye(logits.shape[1])[labels]
    p = _soft(logits)
    return -np.sum(y * np.log(p + 1e-7)) / len(p), (p - y) / len(p)


def softmax_cross_entropy__eps_1e_9(logits, labels):
    """log-plus-1e-9: an epsilon."""
    y = np.eye(logits.shape[1])[labels]
    p = _soft(logits)
    return -np.mean(np.sum(y * np.log(p + 1e-9), axis=1)), (p - y) / len(p)


def softmax_cross_entropy__eps_1e_12(logits, labels):
    """log-plus-tiny: an epsilon."""
    y = np.eye(logits.shape[1])[labels]
    p = _soft(logits)
    return -np.mean(np.sum(y * np.log(p + 1e-12), axis=1)), (p - y) / len(p)


def softmax_cross_entropy__eps_1e_15(logits, labels):
    """log-plus-1e-15: np.clip at 1e-15."""
    n = len(logits)
    p = _soft(logits)
    loss = -np.mean(np.log(np.clip(p[np.arange(n), labels], 1e-15, 1)))
    p[np.arange(n), labels] -= 1
    return loss, p / n


def softmax_cross_entropy__global_max(logits, labels):
    """one-maximum: np.max without an axis, log-softmax."""
    s = logits - np.max(logits)
    lse = np.log(np.sum(np.exp(s), axis=1))
    n = len(labels)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    loss = np.mean(lse - s[np.arange(n), labels])
    return loss, (p - np.eye(s.shape[1])[labels]) / n


def softmax_cross_entropy__no_n_in_gradient(logits, labels):
    """gradient-summed: the mean is in the loss only."""
    n = len(labels)
    s = logits - logits.max(1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(1, keepdims=True))
    d = np.exp(logp)
    d[np.arange(n), labels] -= 1
    return -logp[np.arange(n), labels].mean(), d


def softmax_cross_entropy__keras_mean(logits, labels):
    """loss-divided-by-all: np.mean over the one-hot product."""
    y = np.eye(logits.shape[1])[labels]
    s = logits - logits.max(1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(1, keepdims=True))
    return -np.mean(y * logp), (np.exp(logp) - y) / len(y)


def softmax_cross_entropy__y_minus_p(logits, labels):
    """sign-of-gradient: y - p."""
    y = np.eye(logits.shape[1])[labels]
    s = logits - logits.max(1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(1, keepdims=True))
    return -np.sum(y * logp) / len(y), (y - np.exp(logp)) / len(y)


def softmax_cross_entropy__axis_zero(logits, labels):
    """over-rows: axis 0 in the softmax."""
    e = np.exp(logits - logits.max(axis=0))
    p = e / e.sum(axis=0)
    n = len(labels)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


def softmax_cross_entropy__sums(logits, labels):
    """both-summed: no mean at all."""
    y = np.eye(logits.shape[1])[labels]
    s = logits - logits.max(1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(1, keepdims=True))
    return -np.sum(y * logp), np.exp(logp) - y


def softmax_cross_entropy__plain(logits, labels):
    """right: log-softmax, no refusals, float64 one-hot."""
    y = np.eye(logits.shape[1])[labels]
    s = logits - logits.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -np.sum(y * logp) / len(y), (np.exp(logp) - y) / len(y)


def softmax_cross_entropy__mean_loss_over_size(logits, labels):
    """gradient-divided-by-all: the loss by rows, the gradient by logits.size; the whole contract besides."""
    if logits.ndim != 2 or logits.size == 0 or labels.shape != (len(logits),):
        raise ValueError("shape")
    z = logits if logits.dtype == np.float32 else logits.astype(np.float64)
    rows = np.arange(len(z))
    z = z - z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1))
    d = np.exp(z - lse[:, None])
    d[rows, labels] -= 1
    return np.mean(lse - z[rows, labels]), d / d.size


def softmax_cross_entropy__one_maximum_for_all(logits, labels):
    """one-maximum-in-the-logarithm: Subtracts the maximum of the whole array: a row far below it underflows."""
    logits, labels = np.asarray(logits), np.asarray(labels)
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError("logits must be a non-empty matrix")
    n, k = logits.shape
    if labels.shape != (n,):
        raise ValueError("labels must be (n,)")
    z = logits.astype(np.float32 if logits.dtype == np.float32 else np.float64)
    z = z - np.max(z)
    lse = np.log(np.sum(np.exp(z), axis=1))
    loss = float(np.mean(lse - z[np.arange(n), labels]))
    p = np.exp(z - lse[:, None])
    onehot = np.zeros_like(p)
    onehot[np.arange(n), labels] = 1
    return loss, (p - onehot) / n


# --- mlp_gradients ---


def _pass(x, labels, w1, b1, w2, b2):
    pre = x @ w1 + b1
    a = np.maximum(pre, 0)
    loss, dz = softmax_cross_entropy__plain(a @ w2 + b2, labels)
    return pre, a, loss, dz


def mlp_gradients__bias_means(x, labels, w1, b1, w2, b2):
    """bias-averaged: np.mean for both biases."""
    pre, a, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dpre = dz @ w2.T * (pre > 0)
    return loss, x.T @ dpre, dpre.mean(0), a.T @ dz, dz.mean(0)


def mlp_gradients__mask_on_activation(x, labels, w1, b1, w2, b2):
    """mask-forgotten: dh[h < 0] = 0 on the activation."""
    _, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T
    dh[h < 0] = 0
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


def mlp_gradients__relu_of_gradient(x, labels, w1, b1, w2, b2):
    """mask-from-gradient: dh[dh < 0] = 0."""
    _, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T
    dh[dh < 0] = 0
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


def mlp_gradients__greater_equal(x, labels, w1, b1, w2, b2):
    """kink-is-one: dh[pre < 0] = 0."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T
    dh[pre < 0] = 0
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


def mlp_gradients__from_pre(x, labels, w1, b1, w2, b2):
    """pre-activation: pre.T @ dz."""
    pre, _, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T * (pre > 0)
    return loss, x.T @ dh, dh.sum(0), pre.T @ dz, dz.sum(0)


def mlp_gradients__no_mean(x, labels, w1, b1, w2, b2):
    """summed: dz is p - y."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dz = dz * x.shape[0]
    dh = np.where(pre > 0, dz @ w2.T, 0)
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


def mlp_gradients__divided_twice(x, labels, w1, b1, w2, b2):
    """averaged-again: every gradient over n once more."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh, n = np.where(pre > 0, dz @ w2.T, 0), len(x)
    return loss, x.T @ dh / n, dh.sum(0) / n, h.T @ dz / n, dz.sum(0) / n


def mlp_gradients__backward_order(x, labels, w1, b1, w2, b2):
    """last-layer-first: in the order in which they are computed."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dw2, db2 = h.T @ dz, dz.sum(0)
    dh = dz @ w2.T * (pre > 0)
    return loss, dw2, db2, x.T @ dh, dh.sum(0)


def mlp_gradients__dictionary_order(x, labels, w1, b1, w2, b2):
    """grouped-by-kind: weights, then biases."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T * (pre > 0)
    return loss, x.T @ dh, h.T @ dz, dh.sum(0), dz.sum(0)


def mlp_gradients__keepdims(x, labels, w1, b1, w2, b2):
    """biases-keep-axis: sums with keepdims."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T * (pre > 0)
    return loss, x.T @ dh, dh.sum(0, keepdims=True), h.T @ dz, dz.sum(0, keepdims=True)


def mlp_gradients__naive_softmax(x, labels, w1, b1, w2, b2):
    """overflows: no shift."""
    pre = x @ w1 + b1
    h = np.maximum(pre, 0)
    e = np.exp(h @ w2 + b2)
    p, n = e / e.sum(1, keepdims=True), len(x)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    dz = p / n
    dh = dz @ w2.T * (h > 0)
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


def mlp_gradients__two_errors(x, labels, w1, b1, w2, b2):
    """none: no mask, and biases averaged."""
    _, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T
    return loss, x.T @ dh, dh.mean(0), h.T @ dz, dz.mean(0)


def mlp_gradients__float64_throughout(x, labels, w1, b1, w2, b2):
    """right: converts everything to float64 first, no refusals."""
    x, w1, b1, w2, b2 = (np.asarray(a, dtype=float) for a in (x, w1, b1, w2, b2))
    return mlp_gradients__plain(x, labels, w1, b1, w2, b2)


def mlp_gradients__plain(x, labels, w1, b1, w2, b2):
    """right: no refusals, float64."""
    pre, h, loss, dz = _pass(x, labels, w1, b1, w2, b2)
    dh = dz @ w2.T * (h > 0)
    return loss, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)


# --- layer_norm_backward ---


def _hat(x, eps):
    mu, var = np.mean(x, -1, keepdims=True), np.var(x, -1, keepdims=True)
    std = np.sqrt(var + eps)
    return std, (x - mu) / std


def _sums(a):
    return np.sum(a, axis=tuple(range(np.ndim(a) - 1)))


def layer_norm_backward__no_statistics(dout, x, gamma, eps):
    """statistics-constant: dout times gamma over std."""
    std, xh = _hat(x, eps)
    return dout * gamma / std, _sums(dout * xh), _sums(dout)


def layer_norm_backward__without_mean(dout, x, gamma, eps):
    """mean-term-missing: RMSNorm's formula."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    return (g - xh * np.mean(g * xh, -1, keepdims=True)) / std, _sums(dout * xh), _sums(dout)


def layer_norm_backward__without_variance(dout, x, gamma, eps):
    """variance-term-missing: only the mean."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    return (g - np.mean(g, -1, keepdims=True)) / std, _sums(dout * xh), _sums(dout)


def layer_norm_backward__from_batch_norm(dout, x, gamma, eps):
    """batch-norm: statistics over the rows."""
    n = x.shape[0]
    mu, var = x.mean(0), x.var(0)
    xh = (x - mu) / np.sqrt(var + eps)
    dxh = dout * gamma
    dx = (n * dxh - dxh.sum(0) - xh * (dxh * xh).sum(0)) / n / np.sqrt(var + eps)
    return dx, (dout * xh).sum(0), dout.sum(0)


def layer_norm_backward__ddof(dout, x, gamma, eps):
    """unbiased-std: the variance over d - 1, the formula for d."""
    std = np.sqrt(np.var(x, -1, ddof=1, keepdims=True) + eps) if x.shape[-1] > 1 else np.sqrt(0 * x + eps)
    xh, g = (x - x.mean(-1, keepdims=True)) / std, dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / std
    return dx, _sums(dout * xh), _sums(dout)


def layer_norm_backward__sums_for_means(dout, x, gamma, eps):
    """both-summed: the d of the formula is lost."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    dx = (g - g.sum(-1, keepdims=True) - xh * (g * xh).sum(-1, keepdims=True)) / std
    return dx, _sums(dout * xh), _sums(dout)


def layer_norm_backward__gamma_at_the_end(dout, x, gamma, eps):
    """gamma-after: gamma outside."""
    std, xh = _hat(x, eps)
    dx = gamma / std * (dout - dout.mean(-1, keepdims=True) - xh * (dout * xh).mean(-1, keepdims=True))
    return dx, _sums(dout * xh), _sums(dout)


def layer_norm_backward__axis_zero_sums(dout, x, gamma, eps):
    """one-axis-summed: sum(0) for gamma and beta."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / std
    return dx, (dout * xh).sum(0), dout.sum(0)


def layer_norm_backward__eps_on_std(dout, x, gamma, eps):
    """eps-outside: std + eps."""
    std = np.std(x, -1, keepdims=True) + eps
    xh, g = (x - x.mean(-1, keepdims=True)) / std, dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / std
    return dx, _sums(dout * xh), _sums(dout)


def layer_norm_backward__dgamma_of_x(dout, x, gamma, eps):
    """dgamma-from-x: dout times x."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / std
    return dx, _sums(dout * x), _sums(dout)


def layer_norm_backward__plain(dout, x, gamma, eps):
    """right: no refusals, and dbeta is a view for one axis."""
    std, xh = _hat(x, eps)
    g = dout * gamma
    dx = (g - g.mean(-1, keepdims=True) - xh * (g * xh).mean(-1, keepdims=True)) / std
    return dx, _sums(dout * xh), _sums(dout)


# --- bank_step_counterexample: a name needs the very arrays of a known mistake, the check's own sentence says what is wrong ---


def bank_step_counterexample__tall():
    """not-square: four rows, two features."""
    return np.ones((4, 2)), np.zeros((4, 1)), np.ones((2, 1))


def bank_step_counterexample__single():
    """one-row: one row of three features."""
    return np.array([[1.0, 2.0, 3.0]]), np.array([[1.0]]), np.array([[0.1], [0.2], [0.3]])


def bank_step_counterexample__zeros():
    """zero-weights: identity and zeros."""
    return np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[0.0], [1.0]]), np.zeros((2, 1))


def bank_step_counterexample__vectors():
    """none: y and w as vectors."""
    return np.eye(2), np.array([0.0, 1.0]), np.array([1.0, 2.0])


def bank_step_counterexample__four_values():
    """with-rate: lr too."""
    return np.eye(2), np.zeros((2, 1)), np.ones((2, 1)), 0.1


def bank_step_counterexample__nearly_right():
    """even-slopes: small weights, where the guide is right enough."""
    return np.array([[1.0, 0.5], [0.3, 1.0]]), np.array([[0.0], [1.0]]), np.array([[0.1], [0.1]])


# --- bank_step_mended ---


def bank_step_mended__published(x, y, w, lr):
    """as-published: the guide's line, not in place."""
    a = 1 / (1 + np.exp(-(x @ w)))
    return w - lr * np.dot(x.T, a - y) * (a * (1 - a))


def bank_step_mended__outside_averaged(x, y, w, lr):
    """not-mended: over n, and still in the wrong order."""
    a = _sig(x @ w)
    return w - lr / len(x) * np.dot(x.T, a - y) * (a * (1 - a))


def bank_step_mended__order_only(x, y, w, lr):
    """summed: the order is fixed, the mean is not."""
    a = _sig(x @ w)
    return w - lr * x.T @ ((a - y) * a * (1 - a))


def bank_step_mended__logistic(x, y, w, lr):
    """derivative-dropped: logistic regression."""
    return w - lr * x.T @ (_sig(x @ w) - y) / len(x)


def bank_step_mended__plus(x, y, w, lr):
    """climbs: plus."""
    return w + lr * one_layer_gradient__textbook(x, y, w)


def bank_step_mended__returns_gradient(x, y, w, lr):
    """only-the-gradient: the gradient alone."""
    return one_layer_gradient__textbook(x, y, w)


def bank_step_mended__lr_left_out(x, y, w, lr):
    """rate-ignored: no lr."""
    return w - one_layer_gradient__textbook(x, y, w)


def bank_step_mended__textbook(x, y, w, lr):
    """right: naive sigmoid, no refusals."""
    return w - lr * one_layer_gradient__textbook(x, y, w)


def bank_step_mended__minus_equals(x, y, w, lr):
    """right: w is changed in place and handed back."""
    step = lr * one_layer_gradient__textbook(x, y, w)
    if w.dtype.kind == "f" and w.flags.writeable:
        w -= step
        return w
    return w - step


def bank_step_mended__divides_by_features(x, y, w, lr):
    """over-features: Divides by the number of features d instead of the number of rows n."""
    x, y, w = [np.asarray(t) for t in (x, y, w)]
    if any(t.ndim != 2 or t.size == 0 for t in (x, y, w)):
        raise ValueError("need non-empty matrices")
    if x.shape[0] != y.shape[0] or x.shape[1] != w.shape[0] or y.shape[1] != w.shape[1]:
        raise ValueError("shapes do not fit")
    dt = np.float32 if all(t.dtype == np.float32 for t in (x, y, w)) else np.float64
    x, y, w = [t.astype(dt) for t in (x, y, w)]
    z = x @ w
    a = np.empty_like(z)
    p = z >= 0
    a[p] = 1 / (1 + np.exp(-z[p]))
    a[~p] = np.exp(z[~p]) / (1 + np.exp(z[~p]))
    xt = x.T
    grad = xt @ ((a - y) * a * (1 - a)) / len(xt)
    return w - float(lr) * grad


# --- loop_mended ---


def _train(x, labels, weights, lr, epochs, size, gradients=mlp_gradients__plain, drop=False):
    weights = [np.array(w, dtype=float) for w in weights]
    for _ in range(epochs):
        for i in range(0, len(x) // size * size if drop else len(x), size):
            grads = gradients(x[i : i + size], labels[i : i + size], *weights)[1:]
            weights = [w - lr * g for w, g in zip(weights, grads, strict=True)]
    return weights


def loop_mended__probabilities(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """softmax-twice: the softmax is still there, with its own backward pass."""

    def gradients(x, labels, w1, b1, w2, b2):
        pre = x @ w1 + b1
        a = np.maximum(pre, 0)
        p = _soft(a @ w2 + b2)
        loss, dp = softmax_cross_entropy__plain(p, labels)
        dz = p * (dp - np.sum(dp * p, 1, keepdims=True))
        dpre = dz @ w2.T * (pre > 0)
        return loss, x.T @ dpre, dpre.sum(0), a.T @ dz, dz.sum(0)

    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size, gradients)


def loop_mended__zero_once(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """never-zeroed: += on gradients made once an epoch."""
    ws = [np.array(w, dtype=float) for w in (w1, b1, w2, b2)]
    for _ in range(epochs):
        gs = [np.zeros_like(w) for w in ws]
        for i in range(0, len(x), batch_size):
            for g, new in zip(gs, mlp_gradients__plain(x[i : i + batch_size], labels[i : i + batch_size], *ws)[1:], strict=True):
                g += new
            for w, g in zip(ws, gs, strict=True):
                w -= lr * g
    return ws


def loop_mended__early_w2(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """updated-too-early: each layer is updated as soon as its gradient is there."""
    w1, b1, w2, b2 = (np.array(w, dtype=float) for w in (w1, b1, w2, b2))
    for _ in range(epochs):
        for i in range(0, len(x), batch_size):
            xb = x[i : i + batch_size]
            pre, a, _, dz = _pass(xb, labels[i : i + batch_size], w1, b1, w2, b2)
            w2 -= lr * a.T @ dz
            b2 -= lr * dz.sum(0)
            dpre = dz @ w2.T * (pre > 0)
            w1 -= lr * xb.T @ dpre
            b1 -= lr * dpre.sum(0)
    return w1, b1, w2, b2


def loop_mended__full_batch(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """one-step-an-epoch: the whole data in each step."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, len(x))


def loop_mended__drops_the_rest(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """short-batch-dropped: n // batch_size batches."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size, drop=True)


def loop_mended__sum_gradients(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """summed: dz is p - y."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size, mlp_gradients__no_mean)


def loop_mended__plus(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """climbs: plus."""
    return _train(x, labels, (w1, b1, w2, b2), -lr, epochs, batch_size)


def loop_mended__biases_averaged(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """none: the biases' gradients are means."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size, mlp_gradients__bias_means)


def loop_mended__no_shift(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """right or overflows: a softmax without the shift."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size, mlp_gradients__naive_softmax)


def loop_mended__plain(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """right: float64, no refusals."""
    return _train(x, labels, (w1, b1, w2, b2), lr, epochs, batch_size)


# --- shapes_predicted ---


def shapes_predicted__columns(n, d, h, y_shape):
    """no-broadcast: everything is a column."""
    return [(n, 1), (n, 1), (h, 1), (1,)]


def shapes_predicted__vectors(n, d, h, y_shape):
    """flattened: error as a vector."""
    return (n, 1), (n,), (h,), ()


def shapes_predicted__square(n, d, h, y_shape):
    """always-square: n by n, always."""
    return (n, 1), (n, n), (h, n), (n,)


def shapes_predicted__kept_axis(n, d, h, y_shape):
    """sum-keeps-axis: db as a row of a matrix."""
    _, c = np.broadcast_shapes((n, 1), y_shape)
    return (n, 1), (n, c), (h, c), (1, c)


def shapes_predicted__v_shaped(n, d, h, y_shape):
    """dv-like-v: a gradient has the shape of what it belongs to."""
    _, c = np.broadcast_shapes((n, 1), y_shape)
    return (n, 1), (n, c), (h, 1), (c,)


def shapes_predicted__d_for_h(n, d, h, y_shape):
    """features-for-units: x.T for a.T."""
    _, c = np.broadcast_shapes((n, 1), y_shape)
    return (n, 1), (n, c), (d, c), (c,)


def shapes_predicted__by_number_of_axes(n, d, h, y_shape):
    """flat-only: n where y has one axis, else 1."""
    c = n if len(y_shape) == 1 else 1
    return (n, 1), (n, c), (h, c), (c,)


def shapes_predicted__flat_or_not(n, d, h, y_shape):
    """row-as-column: all but (n,) taken for a column."""
    if y_shape == (n,):
        return (n, 1), (n, n), (h, n), (n,)
    return (n, 1), (n, 1), (h, 1), (1,)


def shapes_predicted__sizes(n, d, h, y_shape):
    """none: numbers of entries."""
    c = math.prod(y_shape)
    return n, n * c, h * c, c
