"""Known mistakes of the lesson backprop. Each makes one mistake and is right otherwise."""

import numpy as np


def _real(*arrays):
    """As floats: float32 and float64 stay, everything else is float64."""
    return [a if a.dtype.kind == "f" else a.astype(np.float64) for a in map(np.asarray, arrays)]


def _shapes(*wanted):
    """ValueError unless the arrays have sizes that fit: pairs (array, names of its axes); equal names are equal sizes."""
    sizes = {}
    for array, axes in wanted:
        if np.ndim(array) != len(axes) or np.size(array) == 0:
            raise ValueError("an array has the wrong number of axes, or is empty")
        for size, axis in zip(np.shape(array), axes, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise ValueError(f"axis {axis} has two sizes")


def _filled(z):
    if np.size(z) == 0:
        raise ValueError("empty")
    return _real(z)[0]


def _sigma(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def _softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _one_hot(labels, k, dtype):
    return (np.asarray(labels)[:, None] == np.arange(k)).astype(dtype)


# --- sigmoid ---


def sigmoid__overflows(z):
    """Right formula, but exp(-z) overflows for z < -709 (float32: -88) and warns: give exp only arguments <= 0, by the sign of z."""
    z = _filled(z)
    return 1 / (1 + np.exp(-z))


def sigmoid__inf_over_inf(z):
    """exp(z) / (1 + exp(z)) is inf/inf = nan for large z: this form is only for z < 0; use 1 / (1 + exp(-z)) for the others."""
    z = _filled(z)
    return np.exp(z) / (1 + np.exp(z))


def sigmoid__clipped(z):
    """Clipping z cuts the tail off: at z = -40 the value is 4e-18, not 2e-9, and the gradient is gone. Branch on the sign instead."""
    return _sigma(np.clip(_filled(z), -20, 20))


def sigmoid__wrong_sign(z):
    """The exponent has the wrong sign: 1 / (1 + exp(z)) is 1 - sigmoid(z), falling where it must rise."""
    return _sigma(-_filled(z))


def sigmoid__tanh_of_z(z):
    """(1 + tanh(z)) / 2 is sigmoid(2z), twice as steep: tanh takes z/2."""
    return _sigma(2 * _filled(z))


def sigmoid__always_float64(z):
    """float32 came in and float64 went out: an array of zeros or ones in default precision took part. Make it in z's dtype."""
    return _sigma(_filled(z)).astype(np.float64)


def sigmoid__integer_result(z):
    """For integer z the results were stored in an integer array and cut to 0: `empty_like(z)` has z's dtype. Convert z to float first."""
    return _sigma(_filled(z)).astype(np.asarray(z).dtype)


def sigmoid__in_place(z):
    """The caller's array was overwritten by the result: `z[...] =` and `out=z` work in place. Make a new array."""
    value = _sigma(_filled(z))
    if isinstance(z, np.ndarray) and z.dtype.kind == "f":
        z[...] = value
    return value


def sigmoid__needs_an_axis(z):
    """A 0-d z raised an error: of a 0-d array numpy's functions make a scalar, and into a scalar no mask can write. Use where instead of masks."""
    value = _sigma(_filled(z))
    if np.ndim(z) == 0:
        raise TypeError("'numpy.float64' object does not support item assignment")
    return value


def sigmoid__empty_accepted(z):
    """An empty array came back as an empty array: refuse it with ValueError, so that a lost batch is noticed here and not three layers later."""
    return _sigma(_real(z)[0])


# --- numerical_gradient ---


def _slopes(f, x, h, slope):
    """slope(f, x, step) for the unit step h in every entry of x, in x's shape."""
    x = np.array(x, dtype=np.float64)
    if x.size == 0:
        raise ValueError("empty")
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        out[i] = slope(f, x, step)
    return out


def numerical_gradient__forward(f, x, h):
    """(f(x+h) - f(x)) / h is a forward difference, with an error of order h: (f(x+h) - f(x-h)) / (2h) has one of order h²."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x)) / h)


def numerical_gradient__divided_by_h(f, x, h):
    """Everything is twice too large: x+h and x-h are 2h apart, so divide by 2h."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / h)


def numerical_gradient__all_at_once(f, x, h):
    """You moved all entries at the same time, which gives the sum of all partial derivatives: move one entry, keep the others."""
    total = []
    return _slopes(f, x, h, lambda f, x, step: total[0] if total else total.append((f(x + h) - f(x - h)) / (2 * h)) or total[0])


def numerical_gradient__not_restored(f, x, h):
    """An entry was not put back after its turn, so all later derivatives were taken at another point: restore it, or start each turn from x."""
    moved = np.zeros(np.shape(x))

    def slope(f, x, step):
        value = (f(x + moved + step) - f(x + moved - step)) / (2 * h)
        moved[...] -= step
        return value

    return _slopes(f, x, h, slope)


def numerical_gradient__own_step(f, x, h):
    """The step h that was given is not used: a fixed 1e-5 stands in its place."""
    return _slopes(f, x, 1e-5, lambda f, x, step: (f(x + step) - f(x - step)) / 2e-5)


def numerical_gradient__integer_step(f, x, h):
    """For integer x the step was cut to 0, because a copy of an integer array is an integer array: convert x to float64 before you add h."""
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return _slopes(f, x, h, lambda f, x, step: (f(x) - f(x)) / (2 * h))
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))


def numerical_gradient__in_single(f, x, h):
    """float32 x was stepped in float32, whose spacing near 1 is 1e-7: a step of 1e-5 is then mostly rounding. Compute in float64."""
    x = np.asarray(x)
    if x.dtype != np.float32:
        return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))

    def single(a):
        return a.astype(np.float32).astype(np.float64)

    return _slopes(f, x, h, lambda f, x, step: (f(single(x + step)) - f(single(x - step))) / (2 * h)).astype(np.float32)


def numerical_gradient__flat(f, x, h):
    """The result came back as one long row: it must have the shape of x, so reshape it at the end."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h)).reshape(-1)


def numerical_gradient__changes_x(f, x, h):
    """The steps were made in the caller's own array, and adding and subtracting h does not bring back the last bit: step in a copy."""
    gradient = _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        x[...] = x + h
    return gradient


def numerical_gradient__empty_accepted(f, x, h):
    """An x without entries gave an empty gradient: it must be refused with ValueError, for a check of nothing always passes."""
    if np.size(x) == 0:
        return np.zeros(np.shape(x))
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))


# --- linear_backward ---


def _linear(dout, x, w):
    _shapes((dout, "nm"), (x, "nd"), (w, "dm"))
    return _real(dout, x, w)


def linear_backward__bias_averaged(dout, x, w):
    """db is averaged over the rows, dw is not: the bias is added to every row, so its gradient is the sum. A mean's 1/n is in dout already."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


def linear_backward__all_averaged(dout, x, w):
    """dw and db were divided by n: the 1/n belongs to the loss and is in dout already, if the loss is a mean. A layer only sums over rows."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)


def linear_backward__dw_transposed(dout, x, w):
    """dw is (m, d), the transpose of w: a gradient has the shape of what it belongs to, so dw = x.T @ dout."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, (x.T @ dout).T.copy(), dout.sum(axis=0)


def linear_backward__w_not_transposed(dout, x, w):
    """dx = dout @ w runs only when w is square, and is wrong then: going back each output spreads over its inputs, dout @ w.T."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w, x.T @ dout, dout.sum(axis=0)


def linear_backward__bias_keeps_axis(dout, x, w):
    """db has shape (1, m): the bias is (m,), so sum over the rows without keepdims."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


def linear_backward__bias_over_columns(dout, x, w):
    """db was summed over the outputs and has n entries: sum over the rows, axis 0."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


def linear_backward__other_order(dout, x, w):
    """The gradients came as dw, dx, db: the order asked for is dx, dw, db."""
    dout, x, w = _linear(dout, x, w)
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


def linear_backward__always_float64(dout, x, w):
    """float32 came in and float64 went out: somewhere an array of default precision took part, and the training step is half as fast."""
    dout, x, w = (a.astype(np.float64) for a in _linear(dout, x, w))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__stays_integer(dout, x, w):
    """Integer inputs gave integer gradients: compute them in float64."""
    _shapes((dout, "nm"), (x, "nd"), (w, "dm"))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__bias_is_dout(dout, x, w):
    """With one row, db is dout itself and not a new array: who updates the bias in place changes dout. Sum, or copy."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout, dout[0] if len(dout) == 1 else dout.sum(axis=0)


def linear_backward__shapes_unchecked(dout, x, w):
    """Shapes that do not fit were computed with: numpy takes single rows and empty batches in silence. Compare them first, raise ValueError."""
    dout, x, w = _real(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


# --- one_layer_gradient ---


def _layer(x, y, w):
    _shapes((y, "nk"), (x, "nd"), (w, "dk"))
    x, y, w = _real(x, y, w)
    return x, y, w, _sigma(x @ w)


def one_layer_gradient__derivative_outside(x, y, w):
    """The derivative a(1-a) belongs to a row and a unit: multiply it into the error before x.T @ sums the rows.
    Your order runs only when n = d, n = 1 or d = 1."""
    x, y, w, a = _layer(x, y, w)
    return x.T @ (a - y) * (a * (1 - a)) / len(x)


def one_layer_gradient__derivative_dropped(x, y, w):
    """x.T @ (a - y) is the gradient of the cross-entropy: the squared error keeps the factor a(1-a)."""
    x, y, w, a = _layer(x, y, w)
    return x.T @ (a - y) / len(x)


def one_layer_gradient__sigmoid_twice(x, y, w):
    """The activation went through the sigmoid again: with a = sigmoid(z), the derivative is a(1-a), not sigmoid(a)(1-sigmoid(a))."""
    x, y, w, a = _layer(x, y, w)
    again = _sigma(a)
    return x.T @ ((a - y) * again * (1 - again)) / len(x)


def one_layer_gradient__derivative_of_z(x, y, w):
    """z(1-z) is the sigmoid's derivative only if z is the activation: you put the pre-activation in. Use a(1-a)."""
    x, y, w, a = _layer(x, y, w)
    z = x @ w
    return x.T @ ((a - y) * z * (1 - z)) / len(x)


def one_layer_gradient__summed(x, y, w):
    """The gradient is n times too large: the loss is a mean over the rows, so divide by n (invisible when n = 1)."""
    x, y, w, a = _layer(x, y, w)
    return x.T @ ((a - y) * a * (1 - a))


def one_layer_gradient__mean_over_units(x, y, w):
    """You divided by n·k: the loss is a mean over rows of a sum over units, so divide by n only (invisible when k = 1)."""
    x, y, w, a = _layer(x, y, w)
    return x.T @ ((a - y) * a * (1 - a)) / a.size


def one_layer_gradient__half_forgotten(x, y, w):
    """Twice too large: the loss has a ½ in front of the square, which cancels the 2."""
    x, y, w, a = _layer(x, y, w)
    return 2 * x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__wrong_sign(x, y, w):
    """The sign is turned: with y - a you get minus the gradient, and descent climbs. The derivative of ½(a-y)² is a - y."""
    x, y, w, a = _layer(x, y, w)
    return x.T @ ((y - a) * a * (1 - a)) / len(x)


def one_layer_gradient__broadcasts(x, y, w):
    """y of shape (n,) minus a of shape (n, 1) silently became (n, n): compare the shapes and raise ValueError."""
    _shapes((x, "nd"), (w, "dk"))
    x, y, w = _real(x, y, w)
    a = _sigma(x @ w)
    error = np.broadcast_to(np.atleast_2d(a - y)[:, : a.shape[1]], a.shape) if y.shape != a.shape else a - y
    return x.T @ (error * a * (1 - a)) / len(x)


def one_layer_gradient__overflows(x, y, w):
    """The gradient is right, but exp(-z) overflowed on the way and warned: use a sigmoid that never gives exp a large argument."""
    x, y, w, _ = _layer(x, y, w)
    a = 1 / (1 + np.exp(-(x @ w)))
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__always_float64(x, y, w):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    x, y, w, _ = _layer(x, y, w)
    x, y, w, a = _layer(x.astype(np.float64), y.astype(np.float64), w.astype(np.float64))
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


# --- softmax_cross_entropy ---


def _classes(logits, labels):
    _shapes((logits, "nk"), (labels, "n"))
    logits = _real(logits)[0]
    return logits, _one_hot(labels, logits.shape[1], logits.dtype)


def _mean_loss(logits, true):
    return -np.sum(np.where(true == 1, _log_softmax(logits), 0)) / len(logits)


def softmax_cross_entropy__overflows(logits, labels):
    """exp(1000) overflows and inf/inf is nan: subtract each row's maximum first, softmax does not change by it."""
    logits, true = _classes(logits, labels)
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(true * np.log(p)) / len(p), (p - true) / len(p)


def softmax_cross_entropy__log_of_softmax(logits, labels):
    """log(softmax) is log(0) = -inf where the true class underflows: take z - max - log(sum(exp(z - max))), never the log of a softmax."""
    logits, true = _classes(logits, labels)
    p = _softmax(logits)
    return -np.mean(np.log(p[true == 1])), (p - true) / len(p)


def softmax_cross_entropy__log_plus_tiny(logits, labels):
    """log(p + 1e-12) hides the log(0): a loss of 2000 is reported as 27.6, and never more than that. Use z - logsumexp(z)."""
    logits, true = _classes(logits, labels)
    p = _softmax(logits)
    return -np.mean(np.log(p[true == 1] + 1e-12)), (p - true) / len(p)


def softmax_cross_entropy__one_maximum(logits, labels):
    """One maximum for the whole batch: a row far below it underflows to 0/0 = nan. Take the maximum of each row (axis=1, keepdims=True)."""
    logits, true = _classes(logits, labels)
    shifted = logits - logits.max()
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    p = np.exp(shifted) / total
    return -np.sum(np.where(true == 1, shifted - np.log(total), 0)) / len(p), (p - true) / len(p)


def softmax_cross_entropy__gradient_summed(logits, labels):
    """The loss is a mean, the gradient a sum: it is n times too large (invisible when n = 1). Divide dlogits by n as well."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true), _softmax(logits) - true


def softmax_cross_entropy__loss_summed(logits, labels):
    """The loss is summed over the rows, the gradient is of the mean: divide the loss by n."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true) * len(logits), (_softmax(logits) - true) / len(logits)


def softmax_cross_entropy__divided_by_all(logits, labels):
    """You took the mean over all n·k entries: the mean is over the n rows only."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true) / logits.shape[1], (_softmax(logits) - true) / logits.size


def softmax_cross_entropy__probabilities_as_gradient(logits, labels):
    """dlogits lacks the -1 at the true class: the gradient is softmax minus one-hot, divided by n. As it is, every logit is pushed down."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true), _softmax(logits) / len(logits)


def softmax_cross_entropy__sign_of_gradient(logits, labels):
    """dlogits has its sign turned: it is softmax - one-hot, negative at the true class only."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true), (true - _softmax(logits)) / len(logits)


def softmax_cross_entropy__over_rows(logits, labels):
    """The softmax ran down the columns: the classes of one row compete with each other, so sum over axis 1."""
    logits, true = _classes(logits, labels)
    columns = logits.T.copy()
    return -np.sum(true.T * _log_softmax(columns)) / len(logits), (_softmax(columns).T - true) / len(logits)


def softmax_cross_entropy__float64_one_hot(logits, labels):
    """float32 logits gave a float64 gradient: np.eye(k) and np.zeros are float64. Make the one-hot in the logits' dtype."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, true), (_softmax(logits) - true.astype(np.float64)) / len(logits)


def softmax_cross_entropy__in_place(logits, labels):
    """`logits -= max` changed the caller's logits: write logits = logits - max, which makes a new array."""
    value, true = _classes(logits, labels)
    result = _mean_loss(value, true), (_softmax(value) - true) / len(value)
    if isinstance(logits, np.ndarray) and logits.dtype.kind == "f":
        logits -= logits.max(axis=1, keepdims=True)
    return result


def softmax_cross_entropy__labels_broadcast(logits, labels):
    """Labels of shape (n, 1), or of one number for all rows, were taken and broadcast: labels are (n,), anything else is a ValueError."""
    logits = _real(logits)[0]
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError("logits must be (n, k)")
    flat = np.broadcast_to(np.reshape(labels, -1)[: len(logits)], (len(logits),))
    true = _one_hot(flat, logits.shape[1], logits.dtype)
    return _mean_loss(logits, true), (_softmax(logits) - true) / len(logits)


# --- mlp_gradients ---


def _network(x, labels, w1, b1, w2, b2):
    """Checked arrays, pre-activation, activation, logits, and the gradient at the logits."""
    _shapes((x, "nd"), (labels, "n"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    return (x, *_forward(x, labels, w1, b1, w2, b2), w2)


def _forward(x, labels, w1, b1, w2, b2):
    pre = x @ w1 + b1
    a = np.maximum(pre, 0)
    logits = a @ w2 + b2
    true = _one_hot(labels, logits.shape[1], logits.dtype)
    return pre, a, _mean_loss(logits, true), (_softmax(logits) - true) / len(x)


def _gradients(x, pre, a, loss, dz, w2, mask=None):
    dpre = (dz @ w2.T) * (pre > 0 if mask is None else mask)
    return loss, x.T @ dpre, dpre.sum(axis=0), a.T @ dz, dz.sum(axis=0)


def mlp_gradients__bias_averaged(x, labels, w1, b1, w2, b2):
    """db1 and db2 are divided by n twice: the 1/n of the mean loss is in dlogits already, so sum over the rows."""
    x, *rest = _network(x, labels, w1, b1, w2, b2)
    loss, dw1, db1, dw2, db2 = _gradients(x, *rest)
    return loss, dw1, db1 / len(x), dw2, db2 / len(x)


def mlp_gradients__mask_from_gradient(x, labels, w1, b1, w2, b2):
    """You applied ReLU to the gradient: what passes was decided on the way forward, where the pre-activation is > 0, not by the gradient's sign."""
    x, pre, a, loss, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, loss, dz, w2, mask=dz @ w2.T > 0)


def mlp_gradients__mask_forgotten(x, labels, w1, b1, w2, b2):
    """The gradient went through ReLU as if it were not there: units that were off must receive none. Multiply by (pre > 0)."""
    x, *rest = _network(x, labels, w1, b1, w2, b2)
    return _gradients(x, *rest, mask=1)


def mlp_gradients__kink_is_one(x, labels, w1, b1, w2, b2):
    """At a pre-activation of exactly 0 you let the gradient pass: here ReLU'(0) = 0, so the mask is pre > 0, not pre >= 0."""
    x, pre, *rest = _network(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, *rest, mask=pre >= 0)


def mlp_gradients__updated_weights(x, labels, w1, b1, w2, b2):
    """dw1 and db1 were computed with w2 after its update: compute every gradient first, then update."""
    x, pre, a, loss, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    late = _gradients(x, pre, a, loss, dz, w2 - 0.1 * (a.T @ dz))
    return late


def mlp_gradients__pre_activation(x, labels, w1, b1, w2, b2):
    """dw2 was made from the pre-activation: what entered the second layer is the activation after ReLU, so dw2 = a.T @ dlogits."""
    x, pre, a, loss, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    loss, dw1, db1, _, db2 = _gradients(x, pre, a, loss, dz, w2)
    return loss, dw1, db1, pre.T @ dz, db2


def mlp_gradients__mask_twice(x, labels, w1, b1, w2, b2):
    """The gradient was multiplied by the activation instead of by 0 or 1: ReLU's derivative is 1 where it is on, however large the activation."""
    x, pre, a, *rest = _network(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, *rest, mask=a)


def mlp_gradients__first_bias_left_out(x, labels, w1, b1, w2, b2):
    """The forward pass never added b1, so everything was computed for another network: pre = x @ w1 + b1."""
    _network(x, labels, w1, b1, w2, b2)
    return _gradients(*_network(x, labels, w1, np.zeros_like(b1), w2, b2))


def mlp_gradients__summed(x, labels, w1, b1, w2, b2):
    """All gradients are n times too large: the loss is a mean over the rows, so divide dlogits by n, once."""
    x, pre, a, loss, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, loss, dz * len(x), w2)


def mlp_gradients__grouped_by_kind(x, labels, w1, b1, w2, b2):
    """The gradients came as dw1, dw2, db1, db2: the order asked for is dw1, db1, dw2, db2."""
    loss, dw1, db1, dw2, db2 = _gradients(*_network(x, labels, w1, b1, w2, b2))
    return loss, dw1, dw2, db1, db2


def mlp_gradients__overflows(x, labels, w1, b1, w2, b2):
    """Large logits gave inf or nan: this softmax exponentiates before it subtracts each row's maximum. Call your softmax_cross_entropy."""
    x, pre, a, _, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    logits = a @ w2 + _real(b2)[0]
    true = _one_hot(labels, logits.shape[1], logits.dtype)
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return _gradients(x, pre, a, -np.sum(true * np.log(p)) / len(x), (p - true) / len(x), w2)


def mlp_gradients__always_float64(x, labels, w1, b1, w2, b2):
    """float32 came in and float64 went out: a one-hot or a mask of default precision took part."""
    x, w1, b1, w2, b2 = (np.asarray(a, np.float64) for a in (x, w1, b1, w2, b2))
    return _gradients(*_network(x, labels, w1, b1, w2, b2))


def mlp_gradients__shapes_unchecked(x, labels, w1, b1, w2, b2):
    """Shapes that do not fit were broadcast in silence, such as a bias of shape (1, h), or an empty batch: compare them first, raise ValueError."""
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    labels = np.broadcast_to(np.reshape(labels, -1), len(x)) if np.size(labels) in (1, len(x)) else labels
    if not len(x):
        return (0.0, *(np.zeros(a.shape) for a in (w1, b1, w2, b2)))
    return _gradients(x, *_forward(x, labels, w1, b1, w2, b2), w2)


# --- layer_norm_backward ---


def _normalised(dout, x, gamma, eps):
    """Checked arrays, 1/std, x normalised."""
    if np.ndim(x) < 1 or np.shape(dout) != np.shape(x) or np.shape(gamma) != np.shape(x)[-1:] or np.size(x) == 0:
        raise ValueError("shapes do not fit")
    dout, x, gamma = _real(dout, x, gamma)
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    return dout, x, gamma, scale, centred * scale


def _layer_norm(dout, gamma, scale, xhat):
    g = dout * gamma
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def _over_rows(a):
    return a.reshape(-1, a.shape[-1]).sum(axis=0)


def layer_norm_backward__statistics_constant(dout, x, gamma, eps):
    """dx treats mean and variance as constants, but both depend on x and add a term: (g - mean(g) - xhat·mean(g·xhat)) / std, g = dout·gamma."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    _, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return scale * dout * gamma, dgamma, dbeta


def layer_norm_backward__mean_term_missing(dout, x, gamma, eps):
    """dx lacks the term of the mean: subtract mean(g) over the last axis, as x's mean was subtracted on the way forward."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    g = dout * gamma
    _, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return scale * (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)), dgamma, dbeta


def layer_norm_backward__variance_term_missing(dout, x, gamma, eps):
    """dx lacks the term of the variance: subtract xhat·mean(g·xhat), or stretching x would seem to change the output."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    g = dout * gamma
    _, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return scale * (g - g.mean(axis=-1, keepdims=True)), dgamma, dbeta


def layer_norm_backward__gamma_forgotten(dout, x, gamma, eps):
    """dx ignores gamma: what reaches the normalised x is dout·gamma, not dout (invisible at the start, when gamma is all ones)."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    return _layer_norm(dout, np.ones_like(gamma), scale, xhat)


def layer_norm_backward__gamma_after(dout, x, gamma, eps):
    """gamma was multiplied in at the end: it differs between features, so it must be inside the two means. Start from g = dout·gamma."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    dx, dgamma, dbeta = _layer_norm(dout, np.ones_like(gamma), scale, xhat)
    return gamma * dx, dgamma, dbeta


def layer_norm_backward__dgamma_from_x(dout, x, gamma, eps):
    """dgamma was made from x: gamma multiplies the normalised x, so dgamma = sum of dout·xhat."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    dx, _, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return dx, _over_rows(dout * x), dbeta


def layer_norm_backward__unbiased_variance(dout, x, gamma, eps):
    """The variance was divided by d - 1: layer norm divides by d."""
    dout, x, gamma, _, xhat = _normalised(dout, x, gamma, eps)
    d = x.shape[-1]
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt((centred * centred).sum(axis=-1, keepdims=True) / max(d - 1, 1) + eps)
    g, xhat = dout * gamma, centred * scale
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).sum(axis=-1, keepdims=True) / max(d - 1, 1))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__eps_outside(dout, x, gamma, eps):
    """eps was added to the standard deviation: it belongs under the root, sqrt(var + eps)."""
    dout, x, gamma, _, _ = _normalised(dout, x, gamma, eps)
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True))
    return _layer_norm(dout, gamma, 1 / (deviation + eps), centred / (deviation + eps))


def layer_norm_backward__one_axis_summed(dout, x, gamma, eps):
    """dgamma and dbeta were summed over the first axis only: gamma is shared by every position, so sum over all axes but the last."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    dx, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return (dx, dgamma, dbeta) if x.ndim < 3 else (dx, (dout * xhat).sum(axis=0), dout.sum(axis=0))


def layer_norm_backward__averaged(dout, x, gamma, eps):
    """dgamma and dbeta are means over the rows: they are sums, the 1/n of a mean loss is in dout already."""
    dout, x, gamma, scale, xhat = _normalised(dout, x, gamma, eps)
    dx, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    rows = x.size // x.shape[-1]
    return dx, dgamma / rows, dbeta / rows


def layer_norm_backward__one_pass_variance(dout, x, gamma, eps):
    """mean(x²) - mean(x)² loses all its digits when the mean is far larger than the spread: subtract the mean first, then square."""
    dout, x, gamma, _, _ = _normalised(dout, x, gamma, eps)
    mean = x.mean(axis=-1, keepdims=True)
    variance = np.maximum((x * x).mean(axis=-1, keepdims=True) - mean * mean, 0)
    scale = 1 / np.sqrt(variance + eps)
    return _layer_norm(dout, gamma, scale, (x - mean) * scale)


def layer_norm_backward__dbeta_is_dout(dout, x, gamma, eps):
    """For a single row dbeta is dout itself, not a new array: who updates beta in place changes dout. Copy it."""
    given, (dout, x, gamma, scale, xhat) = dout, _normalised(dout, x, gamma, eps)
    dx, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return dx, dgamma, given if given.ndim == 1 and given.dtype.kind == "f" else dbeta


def layer_norm_backward__always_float64(dout, x, gamma, eps):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    dout, x, gamma, _, _ = (np.asarray(a, np.float64) for a in _normalised(dout, x, gamma, eps))
    _, _, _, scale, xhat = _normalised(dout, x, gamma, eps)
    return _layer_norm(dout, gamma, scale, xhat)


def layer_norm_backward__shapes_unchecked(dout, x, gamma, eps):
    """Shapes that do not fit were broadcast in silence, such as one gamma for all features: compare them first, raise ValueError."""
    dout, x, gamma = _real(dout, x, gamma)
    if np.size(x) == 0 or np.ndim(x) == 0:
        return np.zeros(np.shape(x)), np.zeros(np.shape(gamma)), np.zeros(np.shape(gamma))
    dout = np.broadcast_to(np.reshape(dout, -1)[: x.shape[-1]], x.shape) if dout.shape != x.shape else dout
    gamma = np.broadcast_to(np.reshape(gamma, -1)[:1], x.shape[-1:]) if gamma.shape != x.shape[-1:] else gamma
    return _layer_norm(*[_normalised(dout, x, gamma, eps)[i] for i in (0, 2, 3, 4)])


# --- bank_step_counterexample ---

_SQUARE = np.array([[1.0, 2.0], [-1.0, 1.0]])


def bank_step_counterexample__not_square():
    """The guide's step raises an error on these: as many rows as features, n = d, make it run, which is worse."""
    return np.array([[1.0, 2.0], [0.5, 1.0], [-1.0, 1.0]]), np.array([[1.0], [0.0], [1.0]]), np.array([[0.5], [-1.0]])


def bank_step_counterexample__one_row():
    """With one row nothing is summed, so the order does not matter and the guide is right: take n = d of at least 2."""
    return np.array([[1.5]]), np.array([[0.0]]), np.array([[0.5]])


def bank_step_counterexample__zero_weights():
    """With w = 0 every a(1-a) is ¼, and a constant may stand anywhere: the guide's direction is right by accident. Take other weights."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.zeros((2, 1))


def bank_step_counterexample__flat_targets():
    """y is (n,) and the activation (n, 1), so their difference is (n, n): that is another mistake. Give y the shape (n, k)."""
    return _SQUARE, np.array([1.0, 0.0]), np.array([[1.0], [2.0]])


def bank_step_counterexample__still_downhill():
    """The guide's direction is off here, but it still points downhill: look for a draw on which it climbs; with large weights one in nine does."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.array([[1.0], [2.0]])


def bank_step_counterexample__already_fitted():
    """The targets are what the layer says already: the gradient is zero, and zero has no direction. Choose other targets."""
    w = np.array([[1.0], [0.5]])
    return _SQUARE, _sigma(_SQUARE @ w), w


def bank_step_counterexample__with_rate():
    """Three arrays were asked for, x, y and w, without the step size: the direction must be wrong for every small step."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.array([[1.0], [2.0]]), 0.1


# --- bank_step_mended ---


def _descend(x, y, w, lr, of):
    x, y, w, a = _layer(x, y, w)
    return w - lr * of(x, y, w, a)


def _gradient(x, y, w, a):
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def bank_step_mended__not_mended(x, y, w, lr):
    """The derivative is still multiplied in after x.T @, where the rows are summed already: (a - y)·a·(1-a) first, then x.T @ that."""
    return _descend(x, y, w, lr, lambda x, y, w, a: x.T @ (a - y) * (a * (1 - a)) / len(x))


def bank_step_mended__summed(x, y, w, lr):
    """The order is mended, the sum is not: twice the data would make twice the step. Divide by n."""
    return _descend(x, y, w, lr, lambda x, y, w, a: len(x) * _gradient(x, y, w, a))


def bank_step_mended__in_place(x, y, w, lr):
    """`w -= ...` changes the caller's weights: the guide's third bug. Return w - lr·gradient, a new array."""
    new = _descend(x, y, w, lr, _gradient)
    if isinstance(w, np.ndarray) and w.dtype.kind == "f":
        w[...] = new
    return new


def bank_step_mended__climbs(x, y, w, lr):
    """The step goes up: subtract the gradient of the loss."""
    return _descend(x, y, w, -lr, _gradient)


def bank_step_mended__only_the_gradient(x, y, w, lr):
    """That is the gradient: the step returns the new weights, w - lr·gradient."""
    return _descend(x, y, w, lr, _gradient) * 0 + _gradient(*_layer(x, y, w))


def bank_step_mended__rate_ignored(x, y, w, lr):
    """The step size lr is not used: multiply the gradient by it."""
    return _descend(x, y, w, 1.0, _gradient)


def bank_step_mended__derivative_dropped(x, y, w, lr):
    """x.T @ (a - y) steps down the cross-entropy: the loss here is the squared error, whose gradient has the factor a(1-a)."""
    return _descend(x, y, w, lr, lambda x, y, w, a: x.T @ (a - y) / len(x))


def bank_step_mended__integer_weights(x, y, w, lr):
    """Integer weights were kept as integers, and the step was rounded away: compute in float64."""
    new = _descend(x, y, w, lr, _gradient)
    return new if np.asarray(w).dtype.kind == "f" else new.astype(np.int64)


def bank_step_mended__broadcasts(x, y, w, lr):
    """y of shape (n,) against (n, 1) was broadcast to (n, n), as in the guide: compare the shapes and raise ValueError."""
    _shapes((x, "nd"), (w, "dk"))
    x, y, w = _real(x, y, w)
    a = _sigma(x @ w)
    y = np.broadcast_to(np.atleast_2d(y)[:, : a.shape[1]], a.shape) if y.shape != a.shape else y
    return w - lr * _gradient(x, y, w, a)


def bank_step_mended__overflows(x, y, w, lr):
    """The step is right, but exp(-z) overflowed on the way and warned, as in the guide: call your sigmoid."""
    x, y, w, _ = _layer(x, y, w)
    return w - lr * _gradient(x, y, w, 1 / (1 + np.exp(-(x @ w))))
