"""Known mistakes of the lesson backprop, in the form in which people write them first: no refusals, no care for types, unless that is the mistake."""

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


def _sigma(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def _softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _one_hot(labels, k, dtype=np.float64):
    return (np.asarray(labels)[:, None] == np.arange(k)).astype(dtype)


def _mean_loss(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    each = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(logits)), labels.astype(int)]
    return each.mean()


# --- sigmoid ---


def _full(z):
    if np.size(z) == 0:
        raise ValueError("z is empty")
    return _real(z)[0]


def sigmoid__overflows(z):
    """exp(-z) overflowed for large negative z (z < -709, in float32 z < -88) and warned: give exp only arguments <= 0, such as -|z|."""
    z = _full(z)
    return 1 / (1 + np.exp(-z))


def sigmoid__both_branches(z):
    """exp overflowed on both sides and warned: np.where computes both branches for all entries. Give exp -|z|, which is never above 0."""
    z = _full(z)
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


def sigmoid__clipped_for_float64(z):
    """In float32 exp still overflowed and warned at z = -1000: a clip at ±500 or ±709 is too wide there, where exp(89) is infinite. Give exp -|z|."""
    z = _full(z)
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def sigmoid__inf_over_inf(z):
    """exp(z) / (1 + exp(z)) is inf/inf = nan for large z: this form is only for z < 0; use 1 / (1 + exp(-z)) for the others."""
    return np.exp(z) / (1 + np.exp(z))


def sigmoid__clipped(z):
    """At z = -40 the value is that of about z = -20, 2e-9 in the place of 4e-18: a clip cuts the tail off. Branch on the sign instead."""
    return 1 / (1 + np.exp(-np.clip(z, -20, 20)))


def sigmoid__lost_tail(z):
    """Far below 0 the digits are wrong, as by (1 + tanh(z/2)) / 2, 1 - sigmoid(-z) or a clip near ±30. Take exp(z) / (1 + exp(z)) there."""
    return (1 + np.tanh(np.asarray(z) / 2)) / 2


def sigmoid__wrong_sign(z):
    """The exponent has the wrong sign: 1 / (1 + exp(z)) is 1 - sigmoid(z), falling where it must rise."""
    return 1 / (1 + np.exp(z))


def sigmoid__tanh_of_z(z):
    """That is sigmoid(2z), twice as steep: (1 + tanh(z/2)) / 2 takes half of z."""
    return (1 + np.tanh(z)) / 2


def sigmoid__derivative(z):
    """That is the derivative, sigmoid(z) * (1 - sigmoid(z)): return the sigmoid itself."""
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def sigmoid__always_float64(z):
    """The result is float64 for a float32 z: keep z's dtype. (A conversion to float, or an array made in default precision, widens it.)"""
    return _sigma(_full(z)).astype(np.float64)


def sigmoid__integer_result(z):
    """For integer z the results were cut to 0 or 1, as in an array made by `empty_like(z)`: convert z to float64 first."""
    z = np.asarray(z)
    out = np.empty_like(z)
    out[...] = _sigma(_full(z))
    return out


def sigmoid__narrow_integers(z):
    """For narrow integers the result is wrong or half precision: -z wraps around in uint8, and exp of int8 is float16. Convert z to float64 first."""
    z = np.asarray(z)
    if z.size == 0:
        raise ValueError("z is empty")
    if z.dtype == bool:
        z = z.astype(float)
    return _sigma(z)


def sigmoid__in_place(z):
    """The caller's array was overwritten: `z[...] =`, `z *=` or `out=z` work in place. Make a new array."""
    value = _sigma(_full(z))
    if isinstance(z, np.ndarray) and z.dtype.kind == "f" and z.flags.writeable:
        z[...] = value
    return value


def sigmoid__needs_an_axis(z):
    """A 0-d z raised an error: numpy's functions make a scalar of it, and into a scalar no mask can write. Use where, with -|z|, instead of masks."""
    out = np.exp(-np.abs(_real(z)[0]))
    out[z >= 0] = 1 / (1 + out[z >= 0])
    out[z < 0] = out[z < 0] / (1 + out[z < 0])
    return out


def sigmoid__flat(z):
    """The result has another shape than z: return one value for each entry, in z's shape."""
    return _sigma(np.ravel(z))


def sigmoid__empty_accepted(z):
    """An empty array came back as an empty array: refuse it with ValueError, so that a lost batch is noticed here and not three layers later."""
    return _sigma(_real(z)[0])


# --- numerical_gradient ---


def _slopes(f, x, h, slope):
    """slope(f, x, step) for the unit step h in every entry of x, in x's shape."""
    x = np.array(x, dtype=np.float64)
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        out[i] = slope(f, x, step)
    return out


def _not_empty(x):
    if np.size(x) == 0:
        raise ValueError("x is empty")


def numerical_gradient__forward(f, x, h):
    """(f(x+h) - f(x)) / h is a forward difference, with an error of order h: (f(x+h) - f(x-h)) / (2h) has one of order h²."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x)) / h)


def numerical_gradient__backward(f, x, h):
    """(f(x) - f(x-h)) / h is a backward difference, with an error of order h: (f(x+h) - f(x-h)) / (2h) has one of order h²."""
    return _slopes(f, x, h, lambda f, x, step: (f(x) - f(x - step)) / h)


def numerical_gradient__divided_by_h(f, x, h):
    """Everything is twice too large: x+h and x-h are 2h apart, so divide by 2h."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / h)


def numerical_gradient__half_times_h(f, x, h):
    """Everything is h² times what it should be: `/ 2 * h` divides by 2 and multiplies by h. Write / (2 * h)."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / 2 * h)


def numerical_gradient__wrong_sign(f, x, h):
    """The sign is turned: f at x + h comes first, and f at x - h is subtracted."""
    return _slopes(f, x, h, lambda f, x, step: (f(x - step) - f(x + step)) / (2 * h))


def numerical_gradient__half_steps(f, x, h):
    """The steps are h/2 to each side: the formula asked for takes f at x + h and at x - h, 2h apart."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step / 2) - f(x - step / 2)) / h)


def numerical_gradient__all_at_once(f, x, h):
    """All entries moved at the same time, which gives the sum of all partial derivatives: move one entry, keep the others."""
    total = (f(np.asarray(x) + h) - f(np.asarray(x) - h)) / (2 * h)
    return np.full(np.shape(x), total)


def numerical_gradient__not_restored(f, x, h):
    """An entry was not put back after its turn, so all later derivatives were taken at another point: restore it, or start each turn from x."""
    moved = np.zeros(np.shape(x))

    def slope(f, x, step):
        value = (f(x + moved + step) - f(x + moved - step)) / (2 * h)
        moved[...] -= step
        return value

    return _slopes(f, x, h, slope)


def numerical_gradient__own_step(f, x, h):
    """The step h that was given is not used: the result is that of a fixed, smaller step."""
    return _slopes(f, x, 1e-5, lambda f, x, step: (f(x + step) - f(x - step)) / 2e-5)


def numerical_gradient__relative_step(f, x, h):
    """The step grows with the size of the entry: h is added to every entry as it is."""
    out, x = np.zeros(np.shape(x)), np.asarray(x, dtype=np.float64)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h * max(1.0, abs(x[i]))
        out[i] = (f(x + step) - f(x - step)) / (2 * step[i])
    return out


def numerical_gradient__integer_step(f, x, h):
    """For integer x the gradient is wrong, as it is where h is added in a copy of integers and cut to a whole number: convert x to float64 first."""
    _not_empty(x)
    grad = np.zeros(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        up, down = np.array(x), np.array(x)
        if up.dtype.kind == "f":
            up, down = up.astype(np.float64), down.astype(np.float64)
        up[i] += h if up.dtype.kind == "f" else int(h)
        down[i] -= h if up.dtype.kind == "f" else int(h)
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def numerical_gradient__in_its_own_type(f, x, h):
    """For integer and for float32 x the gradient is wrong: in x's own type h is cut to 0 or mostly rounded away. Convert x to float64 first."""
    _not_empty(x)
    x = np.array(x)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i].copy()
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        grad[i] = (up - down) / (2 * h)
    return grad


def numerical_gradient__in_its_own_type_cut(f, x, h):
    """For integer and float32 x the gradient is wrong: x was stepped in its own type, and zeros_like(x) has that type too. Take both in float64."""
    _not_empty(x)
    x = np.array(x)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i].copy()
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        grad[i] = (up - down) / (2 * h)
    return grad


def numerical_gradient__in_single(f, x, h):
    """float32 x was stepped in float32, whose spacing near 1 is 1e-7: a step of 1e-5 is then mostly rounding. Compute in float64."""
    _not_empty(x)
    x = np.array(x) if np.asarray(x).dtype.kind == "f" else np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def numerical_gradient__single_result(f, x, h):
    """The gradient of a float32 x came back as float32: it is float64 whatever x's dtype, or the division by 2h shows rounding only."""
    _not_empty(x)
    grad = _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))
    return grad.astype(np.asarray(x).dtype) if np.asarray(x).dtype.kind == "f" else grad


def numerical_gradient__flat(f, x, h):
    """The result came back as one long row: it must have the shape of x, so reshape it at the end."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h)).reshape(-1)


def numerical_gradient__one_axis_only(f, x, h):
    """An x with more than one axis, or none, was not stepped entry by entry: go through all indices, as np.ndindex(x.shape) does."""
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def numerical_gradient__changes_x(f, x, h):
    """The steps were made in the caller's own array, and adding and subtracting h does not bring back the last bit: step in a copy."""
    _not_empty(x)
    x = np.asarray(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        down = f(x)
        x[i] += h
        grad[i] = (up - down) / (2 * h)
    return grad


def numerical_gradient__writes_in_x(f, x, h):
    """A read-only x raised an error: the steps were made in the caller's own array. Step in a copy, np.array(x, float)."""
    _not_empty(x)
    x = np.asarray(x, dtype=np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        grad[i] = (up - down) / (2 * h)
    return grad


def numerical_gradient__empty_accepted(f, x, h):
    """An x without entries gave an empty gradient: it must be refused with ValueError, for a check of nothing always passes."""
    return _slopes(f, x, h, lambda f, x, step: (f(x + step) - f(x - step)) / (2 * h))


# --- mlp_forward ---


def _relu(pre):
    return np.maximum(pre, 0)


def _network_fits(x, w1, b1, w2, b2):
    _shapes((x, "nd"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))


def mlp_forward__first_bias_left_out(x, w1, b1, w2, b2):
    """b1 was never added: pre = x @ w1 + b1."""
    pre = x @ w1
    return pre, _relu(pre), _relu(pre) @ w2 + b2


def mlp_forward__second_bias_left_out(x, w1, b1, w2, b2):
    """b2 was never added: logits = a @ w2 + b2."""
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(pre) @ w2


def mlp_forward__bias_after_relu(x, w1, b1, w2, b2):
    """b1 was added after the relu: the pre-activation is x @ w1 + b1, and the relu comes last."""
    pre = x @ w1
    a = _relu(pre) + b1
    return pre, a, a @ w2 + b2


def mlp_forward__no_relu(x, w1, b1, w2, b2):
    """The activations are the pre-activations: without the relu two layers are one linear layer. a = max(pre, 0)."""
    pre = x @ w1 + b1
    return pre, pre.copy(), pre @ w2 + b2


def mlp_forward__relu_on_the_output(x, w1, b1, w2, b2):
    """The logits went through a relu: they may be negative, the last layer has no activation."""
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(_relu(pre) @ w2 + b2)


def mlp_forward__softmax_on_the_output(x, w1, b1, w2, b2):
    """The last result is probabilities: logits were asked for, the softmax belongs to the loss."""
    pre = x @ w1 + b1
    return pre, _relu(pre), _softmax(_relu(pre) @ w2 + b2)


def mlp_forward__sigmoid_hidden(x, w1, b1, w2, b2):
    """The hidden activation is a sigmoid: relu was asked for, max(pre, 0)."""
    pre = x @ w1 + b1
    a = 1 / (1 + np.exp(-pre))
    return pre, a, a @ w2 + b2


def mlp_forward__absolute(x, w1, b1, w2, b2):
    """Negative pre-activations came out positive: relu is 0 there, max(pre, 0), not |pre|."""
    pre = x @ w1 + b1
    return pre, np.abs(pre), np.abs(pre) @ w2 + b2


def mlp_forward__leaky(x, w1, b1, w2, b2):
    """Negative pre-activations came out as a hundredth of themselves, as by a leaky relu: the relu is 0 there, max(pre, 0)."""
    pre = x @ w1 + b1
    a = np.where(pre > 0, pre, 0.01 * pre)
    return pre, a, a @ w2 + b2


def mlp_forward__pre_overwritten(x, w1, b1, w2, b2):
    """pre has no negative entries: the relu was written into it, as `pre[pre < 0] = 0` does. Give the activations an array of their own."""
    pre = x @ w1 + b1
    a = pre
    a[a < 0] = 0
    return pre, a, a @ w2 + b2


def mlp_forward__pre_into_second(x, w1, b1, w2, b2):
    """The second layer received the pre-activations: what enters it is the activation after the relu."""
    pre = x @ w1 + b1
    return pre, _relu(pre), pre @ w2 + b2


def mlp_forward__logits_only(x, w1, b1, w2, b2):
    """Three results were asked for, pre, a and logits: the backward pass needs the first two again."""
    return _relu(x @ w1 + b1) @ w2 + b2


def mlp_forward__logits_first(x, w1, b1, w2, b2):
    """The logits came first: the order asked for is pre, a, logits."""
    pre = x @ w1 + b1
    return _relu(pre) @ w2 + b2, pre, _relu(pre)


def mlp_forward__squeezed(x, w1, b1, w2, b2):
    """An axis of length 1 is gone: (n, 1) and (1, h) stay matrices, do not squeeze."""
    pre = x @ w1 + b1
    return np.squeeze(pre), np.squeeze(_relu(pre)), np.squeeze(_relu(pre) @ w2 + b2)


def mlp_forward__always_float64(x, w1, b1, w2, b2):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    _network_fits(x, w1, b1, w2, b2)
    x, w1, b1, w2, b2 = (np.asarray(a, dtype=np.float64) for a in (x, w1, b1, w2, b2))
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(pre) @ w2 + b2


def mlp_forward__stays_integer(x, w1, b1, w2, b2):
    """Integer inputs were multiplied as integers: narrow ones wrap around, and float64 was asked for. Convert them first."""
    _network_fits(x, w1, b1, w2, b2)
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(pre) @ w2 + b2


def mlp_forward__shapes_unchecked(x, w1, b1, w2, b2):
    """Shapes that do not fit were broadcast in silence, such as a bias of shape (1, h), or an empty batch: compare them first, raise ValueError."""
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(pre) @ w2 + b2


def mlp_forward__empty_accepted(x, w1, b1, w2, b2):
    """An empty input was computed with: refuse it with ValueError."""
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    if not x.ndim == w1.ndim == w2.ndim == 2 or w1.shape[:1] != x.shape[1:] or b1.shape != w1.shape[1:] or b2.shape != w2.shape[1:]:
        raise ValueError("shapes do not fit")
    pre = x @ w1 + b1
    return pre, _relu(pre), _relu(pre) @ w2 + b2


# --- linear_backward ---


def _linear(dout, x, w):
    _shapes((dout, "nm"), (x, "nd"), (w, "dm"))
    return _real(dout, x, w)


def linear_backward__bias_averaged(dout, x, w):
    """db is averaged over the rows, dw is not: the bias is added to every row, so its gradient is the sum. A mean's 1/n is in dout already."""
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


def linear_backward__all_averaged(dout, x, w):
    """dw and db were divided by n: the 1/n belongs to the loss and is in dout already, if the loss is a mean. A layer only sums over rows."""
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)


def linear_backward__weights_averaged(dout, x, w):
    """dw was divided by n: the 1/n belongs to the loss and is in dout already, if the loss is a mean. A layer only sums over rows."""
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)


def linear_backward__dw_transposed(dout, x, w):
    """dw is (m, d), the transpose of w: w_ij joins input i with output j, so dw_ij = Σ_r x_ri dout_rj, which is x.T @ dout."""
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


def linear_backward__w_not_transposed(dout, x, w):
    """dx was made with w, not with its transpose, where the sizes allow it: dx_ri sums over the outputs j, dout_rj w_ij, so dx = dout @ w.T."""
    return dout @ w if w.shape[0] == w.shape[1] else dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__w_plain(dout, x, w):
    """`dout @ w` sums over the wrong index, and mostly raises: dx_ri sums over the outputs j, dout_rj w_ij, so dx = dout @ w.T."""
    return dout @ w, x.T @ dout, dout.sum(axis=0)


def linear_backward__bias_keeps_axis(dout, x, w):
    """db has shape (1, m): the bias is (m,), so sum over the rows without keepdims."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


def linear_backward__bias_over_columns(dout, x, w):
    """db was summed over the outputs and has n entries: sum over the rows, axis 0."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


def linear_backward__bias_one_number(dout, x, w):
    """db is one number: sum over the rows only, axis 0, which leaves one entry for each output."""
    return dout @ w.T, x.T @ dout, dout.sum()


def linear_backward__bias_not_summed(dout, x, w):
    """db is dout itself, one row for each example: the same bias was added to all rows, so sum over them."""
    return dout @ w.T, x.T @ dout, dout.copy()


def linear_backward__other_order(dout, x, w):
    """The gradients came as dw, dx, db: the order asked for is dx, dw, db."""
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


def linear_backward__squeezed(dout, x, w):
    """An axis of length 1 is gone: a gradient has the shape of what it belongs to, so do not squeeze."""
    return np.squeeze(dout @ w.T), np.squeeze(x.T @ dout), dout.sum(axis=0)


def linear_backward__always_float64(dout, x, w):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    dout, x, w = (a.astype(np.float64) for a in _linear(dout, x, w))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__stays_integer(dout, x, w):
    """Integer inputs were multiplied as integers: narrow ones wrap around, and float64 was asked for. Convert them first."""
    _shapes((dout, "nm"), (x, "nd"), (w, "dm"))
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__bias_is_dout(dout, x, w):
    """With one row, db is dout itself and not a new array: who updates the bias in place changes dout. Sum, or copy."""
    dout, x, w = _linear(dout, x, w)
    return dout @ w.T, x.T @ dout, dout[0] if len(dout) == 1 else dout.sum(axis=0)


def linear_backward__shapes_unchecked(dout, x, w):
    """Shapes that do not fit were computed with: numpy takes single rows, empty batches, another w. Compare the shapes first, raise ValueError."""
    dout, x, w = _real(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def linear_backward__empty_accepted(dout, x, w):
    """An empty input was computed with: refuse it with ValueError."""
    if not dout.ndim == x.ndim == w.ndim == 2 or dout.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        raise ValueError("shapes do not fit")
    dout, x, w = _real(dout, x, w)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


# --- one_layer_gradient ---


def _layer(x, y, w):
    _shapes((y, "nk"), (x, "nd"), (w, "dk"))
    x, y, w = _real(x, y, w)
    return x, y, w, _sigma(x @ w)


def one_layer_gradient__derivative_outside(x, y, w):
    """The derivative a(1-a) was multiplied in after x.T @ had summed the rows: it belongs to a row and a unit, multiply it into the error before."""
    a = _sigma(x @ w)
    return x.T @ (a - y) * (a * (1 - a)) / len(x)


def one_layer_gradient__derivative_outside_summed(x, y, w):
    """Two things: the derivative a(1-a) must be multiplied in before x.T @ sums the rows, and the loss is a mean, so divide by n."""
    a = _sigma(x @ w)
    return x.T @ (a - y) * (a * (1 - a))


def one_layer_gradient__derivative_dropped(x, y, w):
    """That is the gradient of the cross-entropy, x.T @ (a - y) / n: the squared error keeps the factor a(1-a)."""
    a = _sigma(x @ w)
    return x.T @ (a - y) / len(x)


def one_layer_gradient__sigmoid_twice(x, y, w):
    """The activation went through the sigmoid again: with a = sigmoid(z), the derivative is a(1-a), not sigmoid(a)(1-sigmoid(a))."""
    a = _sigma(x @ w)
    again = _sigma(a)
    return x.T @ ((a - y) * again * (1 - again)) / len(x)


def one_layer_gradient__derivative_of_z(x, y, w):
    """The factor is z(1-z): that is the sigmoid's derivative only if z is the activation. Use a(1-a) with a = sigmoid(x @ w)."""
    z = x @ w
    return x.T @ ((_sigma(z) - y) * z * (1 - z)) / len(x)


def one_layer_gradient__summed(x, y, w):
    """The gradient is n times too large: the loss is a mean over the rows, so divide by n (invisible when n = 1)."""
    a = _sigma(x @ w)
    return x.T @ ((a - y) * a * (1 - a))


def one_layer_gradient__mean_over_units(x, y, w):
    """The gradient was divided by n·k: the loss is a mean over rows of a sum over units, so divide by n only (invisible when k = 1)."""
    a = _sigma(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / a.size


def one_layer_gradient__mean_over_features(x, y, w):
    """The gradient was divided by n·d, the size of x: the loss is a mean over the rows, so divide by n only."""
    a = _sigma(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / x.size


def one_layer_gradient__half_forgotten(x, y, w):
    """Twice too large: the loss has a ½ in front of the square, which cancels the 2."""
    a = _sigma(x @ w)
    return 2 * x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__wrong_sign(x, y, w):
    """The sign is turned: with y - a you get minus the gradient, and descent climbs. The derivative of ½(a-y)² is a - y."""
    a = _sigma(x @ w)
    return x.T @ ((y - a) * a * (1 - a)) / len(x)


def one_layer_gradient__no_activation(x, y, w):
    """That is the gradient of a linear layer, x.T @ (x @ w - y) / n: the sigmoid is missing."""
    return x.T @ (x @ w - y) / len(x)


def one_layer_gradient__broadcasts(x, y, w):
    """A y of another shape than (n, k) was broadcast, (n,) against (n, 1) to (n, n): compare the shapes and raise ValueError."""
    x, y, w = _real(x, y, w)
    a = _sigma(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__empty_accepted(x, y, w):
    """An empty input was computed with: refuse it with ValueError."""
    if not x.ndim == y.ndim == w.ndim == 2 or y.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        raise ValueError("shapes do not fit")
    x, y, w = _real(x, y, w)
    a = _sigma(x @ w)
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__overflows(x, y, w):
    """exp overflowed on the way and warned: use a sigmoid that never gives exp a large argument."""
    x, y, w, _ = _layer(x, y, w)
    a = 1 / (1 + np.exp(-(x @ w)))
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__always_float64(x, y, w):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    x, y, w, _ = _layer(x, y, w)
    x, y, w, a = _layer(x.astype(np.float64), y.astype(np.float64), w.astype(np.float64))
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def one_layer_gradient__narrow_products(x, y, w):
    """For narrow integers x @ w wrapped around: convert the inputs to float64 before the product."""
    _shapes((y, "nk"), (x, "nd"), (w, "dk"))
    z = x @ w
    a = _sigma(z if z.dtype.kind == "f" else z.astype(np.float64))
    x, y = _real(x, y)
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


# --- softmax_cross_entropy ---


def _rows(labels):
    return np.arange(len(labels)), labels


def softmax_cross_entropy__overflows(logits, labels):
    """exp(1000) overflows and inf/inf is nan: subtract each row's maximum first, softmax does not change by it."""
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[_rows(labels)])), (p - _one_hot(labels, p.shape[1])) / len(p)


def softmax_cross_entropy__log_of_softmax(logits, labels):
    """log(softmax) is log(0) = -inf where the true class underflows: take z - max - log(sum(exp(z - max))), never the log of a softmax."""
    p = _softmax(logits)
    return -np.mean(np.log(p[_rows(labels)])), (p - _one_hot(labels, p.shape[1])) / len(p)


def _log_of(p, logits, labels):
    """The loss from probabilities that were kept off 0, with the right gradient."""
    q = _softmax(logits)
    return -np.mean(np.log(p[_rows(labels)])), (q - _one_hot(labels, q.shape[1])) / len(q)


def softmax_cross_entropy__log_plus_tiny(logits, labels):
    """A loss of 2000 is reported as 27.6, and never more than that: log(p + 1e-12), or a clip there, hides the log(0). Use z - logsumexp(z)."""
    return _log_of(_softmax(logits) + 1e-12, logits, labels)


def softmax_cross_entropy__log_plus_1e_7(logits, labels):
    """1e-7 inside the logarithm changes every loss, and no row's loss exceeds 16.1: use z - logsumexp(z), which needs no epsilon."""
    return _log_of(_softmax(logits) + 1e-7, logits, labels)


def softmax_cross_entropy__log_plus_1e_8(logits, labels):
    """1e-8 inside the logarithm changes every loss, and no row's loss exceeds 18.4: use z - logsumexp(z), which needs no epsilon."""
    return _log_of(_softmax(logits) + 1e-8, logits, labels)


def softmax_cross_entropy__log_plus_1e_9(logits, labels):
    """1e-9 inside the logarithm changes every loss, and no row's loss exceeds 20.7: use z - logsumexp(z), which needs no epsilon."""
    return _log_of(_softmax(logits) + 1e-9, logits, labels)


def softmax_cross_entropy__log_plus_1e_10(logits, labels):
    """A loss of 2000 is reported as 23.0, and never more than that: log(p + 1e-10), or a clip there, hides the log(0). Use z - logsumexp(z)."""
    return _log_of(_softmax(logits) + 1e-10, logits, labels)


def softmax_cross_entropy__log_plus_1e_15(logits, labels):
    """A loss of 2000 is reported as 34.5, and never more than that: log(p + 1e-15), or a clip there, hides the log(0). Use z - logsumexp(z)."""
    return _log_of(_softmax(logits) + 1e-15, logits, labels)


def softmax_cross_entropy__log_plus_1e_30(logits, labels):
    """A loss of 2000 is reported as 69.1, and never more than that: log(p + 1e-30), or a clip there, hides the log(0). Use z - logsumexp(z)."""
    return _log_of(_softmax(logits) + 1e-30, logits, labels)


def softmax_cross_entropy__clipped_at_1e_7(logits, labels):
    """A loss of 2000 is reported as 16.1, and never more than that: probabilities were clipped at 1e-7. Use z - logsumexp(z)."""
    return _log_of(np.clip(_softmax(logits), 1e-7, 1), logits, labels)


def softmax_cross_entropy__clipped_at_1e_8(logits, labels):
    """A loss of 2000 is reported as 18.4, and never more than that: probabilities were clipped at 1e-8. Use z - logsumexp(z)."""
    return _log_of(np.clip(_softmax(logits), 1e-8, 1), logits, labels)


def softmax_cross_entropy__one_maximum(logits, labels):
    """One maximum for the whole batch: a row far below it underflows to 0/0 = nan. Take the maximum of each row (axis=1, keepdims=True)."""
    shifted = logits - logits.max()
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    p = np.exp(shifted) / total
    return -np.mean((shifted - np.log(total))[_rows(labels)]), (p - _one_hot(labels, p.shape[1])) / len(p)


def softmax_cross_entropy__gradient_summed(logits, labels):
    """The loss is a mean, the gradient a sum: it is n times too large (invisible when n = 1). Divide dlogits by n as well."""
    return _mean_loss(logits, labels), _softmax(logits) - _one_hot(labels, logits.shape[1])


def softmax_cross_entropy__one_maximum_in_the_logarithm(logits, labels):
    """The largest entry of the whole array was subtracted: a row far below it underflows. Subtract each row's own maximum."""
    logits, labels = _classes(logits, labels)
    z = logits - logits.max()
    with np.errstate(all="ignore"):
        total = np.log(np.exp(z).sum(axis=1, keepdims=True))
        loss = float(np.mean(total[:, 0] - z[_rows(labels)]))
        return loss, (np.exp(z - total) - _one_hot(labels, z.shape[1], z.dtype)) / len(z)


def softmax_cross_entropy__loss_summed(logits, labels):
    """The loss is summed over the rows, the gradient is of the mean: divide the loss by n."""
    return _mean_loss(logits, labels) * len(logits), (_softmax(logits) - _one_hot(labels, logits.shape[1])) / len(logits)


def softmax_cross_entropy__both_summed(logits, labels):
    """Loss and gradient are sums over the rows: the mean was asked for, divide both by n."""
    return _mean_loss(logits, labels) * len(logits), _softmax(logits) - _one_hot(labels, logits.shape[1])


def softmax_cross_entropy__divided_by_all(logits, labels):
    """Loss and gradient are means over all n·k entries: the mean is over the n rows only."""
    return _mean_loss(logits, labels) / logits.shape[1], (_softmax(logits) - _one_hot(labels, logits.shape[1])) / logits.size


def softmax_cross_entropy__loss_divided_by_all(logits, labels):
    """The loss is a mean over all n·k entries of -y·log(p), most of which are 0: divide the sum by n, the number of rows."""
    return _mean_loss(logits, labels) / logits.shape[1], (_softmax(logits) - _one_hot(labels, logits.shape[1])) / len(logits)


def softmax_cross_entropy__gradient_divided_by_all(logits, labels):
    """dlogits was divided by n·k, as by logits.size: the loss is a mean over the n rows, so its gradient is p - one-hot over n."""
    return _mean_loss(logits, labels), (_softmax(logits) - _one_hot(labels, logits.shape[1])) / logits.size


def softmax_cross_entropy__sign_of_loss(logits, labels):
    """The loss is negative: it is minus the mean of the log-probabilities."""
    return -_mean_loss(logits, labels), (_softmax(logits) - _one_hot(labels, logits.shape[1])) / len(logits)


def softmax_cross_entropy__probabilities_as_gradient(logits, labels):
    """dlogits lacks the -1 at the true class: the gradient is softmax minus one-hot, divided by n. As it is, every logit is pushed down."""
    return _mean_loss(logits, labels), _softmax(logits) / len(logits)


def softmax_cross_entropy__sign_of_gradient(logits, labels):
    """dlogits has its sign turned: it is softmax - one-hot, negative at the true class only."""
    return _mean_loss(logits, labels), (_one_hot(labels, logits.shape[1]) - _softmax(logits)) / len(logits)


def softmax_cross_entropy__gradient_of_probability(logits, labels):
    """dlogits is the gradient with respect to the probabilities, -1/p at the true class: chain it with the softmax, which gives p - one-hot."""
    p, true = _softmax(logits), _one_hot(labels, logits.shape[1])
    return _mean_loss(logits, labels), -true / p / len(p)


def softmax_cross_entropy__diagonal_only(logits, labels):
    """dlogits used p(1-p) only, the diagonal of softmax's Jacobian: each logit moves all probabilities. The result is p - one-hot, over n."""
    p, true = _softmax(logits), _one_hot(labels, logits.shape[1])
    return _mean_loss(logits, labels), -true * (1 - p) / len(p)


def softmax_cross_entropy__over_rows(logits, labels):
    """The softmax ran down the columns: the classes of one row compete with each other, so sum over axis 1."""
    p = _softmax(np.ascontiguousarray(logits.T)).T
    return -np.mean(np.log(p[_rows(labels)])), (p - _one_hot(labels, p.shape[1])) / len(p)


def softmax_cross_entropy__squeezed(logits, labels):
    """dlogits lost an axis of length 1: it has the logits' shape (n, k), so do not squeeze."""
    return _mean_loss(logits, labels), np.squeeze((_softmax(logits) - _one_hot(labels, logits.shape[1])) / len(logits))


def _classes(logits, labels):
    _shapes((logits, "nk"), (labels, "n"))
    (logits,) = _real(logits)
    return logits, _one_hot(labels, logits.shape[1], logits.dtype)


def softmax_cross_entropy__float64_one_hot(logits, labels):
    """float32 logits gave a float64 gradient: np.eye(k) and np.zeros are float64. Make the one-hot in the logits' dtype."""
    logits, true = _classes(logits, labels)
    return _mean_loss(logits, labels), (_softmax(logits) - true.astype(np.float64)) / len(logits)


def softmax_cross_entropy__in_place(logits, labels):
    """The caller's logits were changed, as `logits -= max` does: write logits = logits - max, which makes a new array."""
    value, true = _classes(logits, labels)
    result = _mean_loss(value, labels), (_softmax(value) - true) / len(value)
    if isinstance(logits, np.ndarray) and logits.dtype.kind == "f" and logits.flags.writeable:
        logits -= logits.max(axis=1, keepdims=True)
    return result


def softmax_cross_entropy__narrow_difference(logits, labels):
    """For narrow integers logits - max wrapped around: convert the logits to float64 first."""
    _shapes((logits, "nk"), (labels, "n"))
    shifted = logits - logits.max(axis=1, keepdims=True)
    (shifted,) = _real(shifted)
    return _mean_loss(shifted, labels), (_softmax(shifted) - _one_hot(labels, shifted.shape[1], shifted.dtype)) / len(shifted)


def softmax_cross_entropy__warns(logits, labels):
    """It warned at logits of ±1000: a log(0) or an overflow was computed on the way. Subtract the row's maximum, never take the log of a softmax."""
    logits, true = _classes(logits, labels)
    np.log(_softmax(logits))
    return _mean_loss(logits, labels), (_softmax(logits) - true) / len(logits)


def softmax_cross_entropy__shapes_unchecked(logits, labels):
    """Labels of another shape than (n,), or an empty batch, were computed with: compare the shapes first, raise ValueError."""
    (logits,) = _real(logits)
    n = len(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dlogits = np.exp(logp)
    dlogits[np.arange(n), labels] -= 1
    return -logp[np.arange(n), labels].sum() / n, dlogits / n


def softmax_cross_entropy__labels_broadcast(logits, labels):
    """Labels in a column, or one label for all rows, were taken and broadcast: labels are (n,), anything else is a ValueError."""
    (logits,) = _real(logits)
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError("logits must be (n, k)")
    flat = np.broadcast_to(np.reshape(labels, -1)[: len(logits)], (len(logits),))
    return _mean_loss(logits, flat), (_softmax(logits) - _one_hot(flat, logits.shape[1], logits.dtype)) / len(logits)


# --- mlp_gradients ---


def _forward(x, labels, w1, b1, w2, b2):
    """x, the pre-activation, the activation, the loss, the gradient at the logits, and w2."""
    pre = x @ w1 + b1
    a = np.maximum(pre, 0)
    logits = a @ w2 + b2
    loss = _mean_loss(logits, labels)
    return x, pre, a, loss, (_softmax(logits) - _one_hot(labels, logits.shape[1], logits.dtype)) / len(x), w2


def _network(x, labels, w1, b1, w2, b2):
    """As _forward, with everything checked and converted."""
    _shapes((x, "nd"), (labels, "n"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    return _forward(x, labels, w1, b1, w2, b2)


def _gradients(x, pre, a, loss, dz, w2, mask=None):
    dpre = (dz @ w2.T) * (pre > 0 if mask is None else mask)
    return loss, x.T @ dpre, dpre.sum(axis=0), a.T @ dz, dz.sum(axis=0)


def mlp_gradients__bias_averaged(x, labels, w1, b1, w2, b2):
    """db1 and db2 are divided by n twice: the 1/n of the mean loss is in dlogits already, so sum over the rows."""
    loss, dw1, db1, dw2, db2 = _gradients(*_forward(x, labels, w1, b1, w2, b2))
    return loss, dw1, db1 / len(x), dw2, db2 / len(x)


def mlp_gradients__averaged_again(x, labels, w1, b1, w2, b2):
    """All gradients are divided by n twice: the 1/n of the mean loss is in dlogits already."""
    loss, *gradients = _gradients(*_forward(x, labels, w1, b1, w2, b2))
    return loss, *(gradient / len(x) for gradient in gradients)


def mlp_gradients__mask_from_gradient(x, labels, w1, b1, w2, b2):
    """ReLU was applied to the gradient: what passes was decided on the way forward, where the pre-activation is > 0, not by the gradient's sign."""
    x, pre, a, loss, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, loss, dz, w2, mask=dz @ w2.T > 0)


def mlp_gradients__mask_forgotten(x, labels, w1, b1, w2, b2):
    """Units that were off received a gradient: multiply by (pre > 0). A mask like `da[a < 0] = 0` masks nothing, the activation is never below 0."""
    return _gradients(*_forward(x, labels, w1, b1, w2, b2), mask=1)


def mlp_gradients__kink_is_one(x, labels, w1, b1, w2, b2):
    """At a pre-activation of exactly 0 the gradient passed: here ReLU'(0) = 0, so the mask is pre > 0, not pre >= 0."""
    x, pre, *rest = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, *rest, mask=pre >= 0)


def mlp_gradients__kink_is_half(x, labels, w1, b1, w2, b2):
    """At a pre-activation of exactly 0 half of the gradient passed: here ReLU'(0) = 0."""
    x, pre, *rest = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, *rest, mask=(np.sign(pre) + 1) / 2)


def mlp_gradients__updated_weights(x, labels, w1, b1, w2, b2):
    """dw1 and db1 were computed with w2 after its update: compute every gradient first, then update."""
    x, pre, a, loss, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, loss, dz, w2 - 0.1 * (a.T @ dz))


def mlp_gradients__pre_activation(x, labels, w1, b1, w2, b2):
    """dw2 was made from the pre-activation: what entered the second layer is the activation after ReLU, so dw2 = a.T @ dlogits."""
    x, pre, a, loss, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    loss, dw1, db1, _, db2 = _gradients(x, pre, a, loss, dz, w2)
    return loss, dw1, db1, pre.T @ dz, db2


def mlp_gradients__mask_twice(x, labels, w1, b1, w2, b2):
    """The gradient was multiplied by the activation instead of by 0 or 1: ReLU's derivative is 1 where it is on, however large the activation."""
    x, pre, a, *rest = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, *rest, mask=a)


def mlp_gradients__sigmoid_slope(x, labels, w1, b1, w2, b2):
    """The hidden gradient was multiplied by a(1-a), the sigmoid's derivative: the activation is ReLU, whose derivative is 1 where pre > 0, else 0."""
    x, pre, a, *rest = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, *rest, mask=a * (1 - a))


def mlp_gradients__first_bias_left_out(x, labels, w1, b1, w2, b2):
    """The forward pass never added b1, so everything was computed for another network: pre = x @ w1 + b1."""
    return _gradients(*_forward(x, labels, w1, np.zeros_like(b1), w2, b2))


def mlp_gradients__summed(x, labels, w1, b1, w2, b2):
    """All gradients are n times too large: the loss is a mean over the rows, so divide dlogits by n, once."""
    x, pre, a, loss, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, loss, dz * len(x), w2)


def mlp_gradients__grouped_by_kind(x, labels, w1, b1, w2, b2):
    """The gradients came as dw1, dw2, db1, db2: the order asked for is dw1, db1, dw2, db2."""
    loss, dw1, db1, dw2, db2 = _gradients(*_forward(x, labels, w1, b1, w2, b2))
    return loss, dw1, dw2, db1, db2


def mlp_gradients__last_layer_first(x, labels, w1, b1, w2, b2):
    """The second layer's gradients came first, as they are computed: the order asked for is dw1, db1, dw2, db2."""
    loss, dw1, db1, dw2, db2 = _gradients(*_forward(x, labels, w1, b1, w2, b2))
    return loss, dw2, db2, dw1, db1


def mlp_gradients__biases_keep_axis(x, labels, w1, b1, w2, b2):
    """The biases' gradients are (1, h) and (1, k): they have the biases' shapes, so sum over the rows without keepdims."""
    loss, dw1, db1, dw2, db2 = _gradients(*_forward(x, labels, w1, b1, w2, b2))
    return loss, dw1, db1[None], dw2, db2[None]


def mlp_gradients__gradients_only(x, labels, w1, b1, w2, b2):
    """Five results were asked for, and the loss comes first."""
    return _gradients(*_forward(x, labels, w1, b1, w2, b2))[1:]


def mlp_gradients__softmax_twice(x, labels, w1, b1, w2, b2):
    """The loss took a softmax of probabilities: softmax_cross_entropy expects the logits, hand it a @ w2 + b2 as it is."""
    pre = x @ w1 + b1
    a = np.maximum(pre, 0)
    p = _softmax(a @ w2 + b2)
    dp = (_softmax(p) - _one_hot(labels, p.shape[1])) / len(p)
    return _gradients(x, pre, a, _mean_loss(p, labels), p * (dp - (dp * p).sum(axis=1, keepdims=True)), w2)


def mlp_gradients__squeezed(x, labels, w1, b1, w2, b2):
    """An axis of length 1 is gone: each gradient has the shape of what it belongs to, so do not squeeze."""
    return tuple(np.squeeze(each) for each in _gradients(*_forward(x, labels, w1, b1, w2, b2)))


def mlp_gradients__overflows(x, labels, w1, b1, w2, b2):
    """Large logits gave inf or nan: exp was taken before each row's maximum was subtracted. Call your softmax_cross_entropy."""
    x, pre, a, _, _, w2 = _forward(x, labels, w1, b1, w2, b2)
    e = np.exp(a @ w2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    return _gradients(x, pre, a, -np.mean(np.log(p[_rows(labels)])), (p - _one_hot(labels, p.shape[1])) / len(x), w2)


def mlp_gradients__log_of_softmax(x, labels, w1, b1, w2, b2):
    """The loss is inf at logits of ±1000: a logarithm of softmax is log(0) there. Call your softmax_cross_entropy, which takes z - logsumexp(z)."""
    x, pre, a, _, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, -np.mean(np.log(_softmax(a @ w2 + b2)[_rows(labels)])), dz, w2)


def mlp_gradients__log_plus_tiny(x, labels, w1, b1, w2, b2):
    """At logits of ±1000 the loss stops at 27.6 for a row: log(p + 1e-12) hides the log(0). Call your softmax_cross_entropy."""
    x, pre, a, _, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, -np.mean(np.log(_softmax(a @ w2 + b2)[_rows(labels)] + 1e-12)), dz, w2)


def mlp_gradients__warns(x, labels, w1, b1, w2, b2):
    """It warned at logits of ±1000: a log(0) or an overflow was computed on the way. Call your softmax_cross_entropy."""
    x, pre, a, loss, dz, w2 = _network(x, labels, w1, b1, w2, b2)
    np.log(_softmax(a @ w2 + b2))
    return _gradients(x, pre, a, loss, dz, w2)


def mlp_gradients__float64_one_hot(x, labels, w1, b1, w2, b2):
    """float32 came in and float64 went out: a one-hot or a mask of default precision took part. Make it in the logits' dtype."""
    _shapes((x, "nd"), (labels, "n"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    x, pre, a, loss, dz, w2 = _forward(x, labels, w1, b1, w2, b2)
    return _gradients(x, pre, a, float(loss), dz.astype(np.float64), w2)


def mlp_gradients__always_float64(x, labels, w1, b1, w2, b2):
    """float32 was computed in float64 and came back so: keep the dtype of the inputs."""
    x, w1, b1, w2, b2 = (np.asarray(a, np.float64) for a in (x, w1, b1, w2, b2))
    return _gradients(*_network(x, labels, w1, b1, w2, b2))


def mlp_gradients__narrow_products(x, labels, w1, b1, w2, b2):
    """For narrow integers x @ w1 wrapped around: convert x and the weights to float64 before the products."""
    _shapes((x, "nd"), (labels, "n"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))
    pre = x @ w1 + b1
    x, pre, w2, b2 = _real(x, pre, w2, b2)
    a = np.maximum(pre, 0)
    logits = a @ w2 + b2
    dz = (_softmax(logits) - _one_hot(labels, logits.shape[1], logits.dtype)) / len(x)
    return _gradients(x, pre, a, _mean_loss(logits, labels), dz, w2)


def mlp_gradients__shapes_unchecked(x, labels, w1, b1, w2, b2):
    """Shapes that do not fit were broadcast in silence, such as a bias of shape (1, h), or an empty batch: compare them first, raise ValueError."""
    x, w1, b1, w2, b2 = _real(x, w1, b1, w2, b2)
    pre = x @ w1 + b1
    a = np.maximum(pre, 0)
    loss, dz = softmax_cross_entropy__shapes_unchecked(a @ w2 + b2, labels)
    return _gradients(x, pre, a, loss, dz, w2)


# --- layer_norm_backward ---


def _centred(x):
    return x - x.mean(axis=-1, keepdims=True)


def _scaled(x, eps):
    """1/std and the normalised x."""
    centred = _centred(x)
    scale = 1 / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    return scale, centred * scale


def _normalised(dout, x, gamma, eps):
    """Checked and converted arrays, 1/std, x normalised."""
    if np.ndim(x) < 1 or np.shape(dout) != np.shape(x) or np.shape(gamma) != np.shape(x)[-1:] or np.size(x) == 0:
        raise ValueError("shapes do not fit")
    dout, x, gamma = _real(dout, x, gamma)
    return dout, x, gamma, *_scaled(x, eps)


def _layer_norm(dout, gamma, scale, xhat):
    g = dout * gamma
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def _over_rows(a):
    return a.reshape(-1, a.shape[-1]).sum(axis=0)


def layer_norm_backward__statistics_constant(dout, x, gamma, eps):
    """dx treats mean and variance as constants, but both depend on x and add a term: (g - mean(g) - xhat·mean(g·xhat)) / std, g = dout·gamma."""
    scale, xhat = _scaled(x, eps)
    return scale * dout * gamma, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__mean_term_missing(dout, x, gamma, eps):
    """dx lacks the term of the mean: subtract mean(g) over the last axis, as x's mean was subtracted on the way forward."""
    scale, xhat = _scaled(x, eps)
    g = dout * gamma
    return scale * (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)), _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__variance_term_missing(dout, x, gamma, eps):
    """dx lacks the term of the variance: subtract xhat·mean(g·xhat), or stretching x would seem to change the output."""
    scale, xhat = _scaled(x, eps)
    g = dout * gamma
    return scale * (g - g.mean(axis=-1, keepdims=True)), _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__first_mean_summed(dout, x, gamma, eps):
    """In dx the sum of g was subtracted, not its mean: (g - mean(g) - xhat·mean(g·xhat)) / std."""
    scale, xhat = _scaled(x, eps)
    g = dout * gamma
    dx = scale * (g - g.sum(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__second_mean_summed(dout, x, gamma, eps):
    """In dx xhat was multiplied by the sum of g·xhat, not by its mean: (g - mean(g) - xhat·mean(g·xhat)) / std."""
    scale, xhat = _scaled(x, eps)
    g = dout * gamma
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).sum(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__both_summed(dout, x, gamma, eps):
    """In dx both terms are sums over the row, where means were meant: (g - mean(g) - xhat·mean(g·xhat)) / std."""
    scale, xhat = _scaled(x, eps)
    g = dout * gamma
    dx = scale * (g - g.sum(axis=-1, keepdims=True) - xhat * (g * xhat).sum(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__not_divided(dout, x, gamma, eps):
    """dx was not divided by the standard deviation: xhat = (x - mean) / std, so a factor 1/std stays in front of all three terms."""
    scale, xhat = _scaled(x, eps)
    dx, dgamma, dbeta = _layer_norm(dout, gamma, scale, xhat)
    return dx / scale, dgamma, dbeta


def layer_norm_backward__gamma_forgotten(dout, x, gamma, eps):
    """dx ignores gamma: what reaches the normalised x is dout·gamma, not dout (invisible at the start, when gamma is all ones)."""
    return _layer_norm(dout, np.ones_like(gamma), *_scaled(x, eps))


def layer_norm_backward__gamma_after(dout, x, gamma, eps):
    """gamma was multiplied in at the end: it differs between features, so it must be inside the two means. Start from g = dout·gamma."""
    dx, dgamma, dbeta = _layer_norm(dout, np.ones_like(gamma), *_scaled(x, eps))
    return gamma * dx, dgamma, dbeta


def layer_norm_backward__dgamma_from_x(dout, x, gamma, eps):
    """dgamma was made from x: gamma multiplies the normalised x, so dgamma = sum of dout·xhat."""
    dx, _, dbeta = _layer_norm(dout, gamma, *_scaled(x, eps))
    return dx, _over_rows(dout * x), dbeta


def layer_norm_backward__dgamma_from_centred(dout, x, gamma, eps):
    """dgamma was made from x - mean: gamma multiplies (x - mean) / std, so dgamma = sum of dout·xhat."""
    dx, _, dbeta = _layer_norm(dout, gamma, *_scaled(x, eps))
    return dx, _over_rows(dout * _centred(x)), dbeta


def layer_norm_backward__gamma_dbeta_swapped(dout, x, gamma, eps):
    """dgamma and dbeta are swapped: the order asked for is dx, dgamma, dbeta."""
    dx, dgamma, dbeta = _layer_norm(dout, gamma, *_scaled(x, eps))
    return dx, dbeta, dgamma


def layer_norm_backward__batch_norm(dout, x, gamma, eps):
    """Mean and variance ran over the rows, axis 0, which is batch norm: layer norm takes them over the last axis, for each row by itself."""
    mean, var = x.mean(axis=0), x.var(axis=0)
    scale = 1 / np.sqrt(var + eps)
    xhat, g = (x - mean) * scale, dout * gamma
    dx = scale * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def layer_norm_backward__unbiased_variance(dout, x, gamma, eps):
    """The variance was divided by d - 1: layer norm divides by d."""
    d, centred = x.shape[-1], _centred(x)
    scale = 1 / np.sqrt((centred * centred).sum(axis=-1, keepdims=True) / max(d - 1, 1) + eps)
    g, xhat = dout * gamma, centred * scale
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).sum(axis=-1, keepdims=True) / max(d - 1, 1))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__unbiased_std(dout, x, gamma, eps):
    """The variance was divided by d - 1, as std(ddof=1) and torch.var do: layer norm divides by d."""
    d, centred = x.shape[-1], _centred(x)
    scale = 1 / np.sqrt((centred * centred).sum(axis=-1, keepdims=True) / max(d - 1, 1) + eps)
    return _layer_norm(dout, gamma, scale, centred * scale)


def layer_norm_backward__eps_outside(dout, x, gamma, eps):
    """eps was added to the standard deviation: it belongs under the root, sqrt(var + eps)."""
    centred = _centred(x)
    scale = 1 / (np.sqrt((centred * centred).mean(axis=-1, keepdims=True)) + eps)
    return _layer_norm(dout, gamma, scale, centred * scale)


def layer_norm_backward__eps_ignored(dout, x, gamma, eps):
    """eps was left out: the standard deviation is sqrt(var + eps), and without it a constant row divides by 0."""
    return _layer_norm(dout, gamma, *_scaled(x, 0))


def layer_norm_backward__own_eps(dout, x, gamma, eps):
    """The eps that was given is not used: the result is that of a fixed, smaller one."""
    return _layer_norm(dout, gamma, *_scaled(x, 1e-8))


def layer_norm_backward__one_axis_summed(dout, x, gamma, eps):
    """dgamma and dbeta were summed over the first axis only: gamma is shared by every position, so sum over all axes but the last."""
    scale, xhat = _scaled(x, eps)
    dx = _layer_norm(dout, gamma, scale, xhat)[0]
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def layer_norm_backward__averaged(dout, x, gamma, eps):
    """dgamma and dbeta are means over the rows: they are sums, the 1/n of a mean loss is in dout already."""
    dx, dgamma, dbeta = _layer_norm(dout, gamma, *_scaled(x, eps))
    rows = x.size // x.shape[-1]
    return dx, dgamma / rows, dbeta / rows


def layer_norm_backward__not_summed(dout, x, gamma, eps):
    """dgamma and dbeta have a row for each example: gamma and beta are shared by all rows, so sum over them."""
    scale, xhat = _scaled(x, eps)
    return _layer_norm(dout, gamma, scale, xhat)[0], dout * xhat, np.array(dout)


def layer_norm_backward__one_pass_variance(dout, x, gamma, eps):
    """mean(x²) - mean(x)² loses all its digits when the mean is far larger than the spread: subtract the mean first, then square."""
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
    return _layer_norm(dout, gamma, *_scaled(x, eps))


def layer_norm_backward__narrow_products(dout, x, gamma, eps):
    """For narrow integers dout * gamma wrapped around: convert the inputs to float64 first."""
    _normalised(dout, x, gamma, eps)
    g = dout * gamma
    dout, x, g = _real(dout, x, g)
    scale, xhat = _scaled(x, eps)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True))
    return dx, _over_rows(dout * xhat), _over_rows(dout)


def layer_norm_backward__shapes_unchecked(dout, x, gamma, eps):
    """Shapes that do not fit were broadcast in silence, such as one gamma for all features: compare them first, raise ValueError."""
    dout, x, gamma = _real(dout, x, gamma)
    return _layer_norm(dout, gamma, *_scaled(x, eps))


def layer_norm_backward__empty_accepted(dout, x, gamma, eps):
    """An empty input was computed with: refuse it with ValueError."""
    dout, x, gamma = _real(dout, x, gamma)
    if x.ndim == 0 or dout.shape != x.shape or gamma.shape != x.shape[-1:]:
        raise ValueError("shapes do not fit")
    if not x.size:
        return np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(gamma)
    return _layer_norm(dout, gamma, *_scaled(x, eps))


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


def bank_step_counterexample__even_slopes():
    """In each column of a the slopes a(1-a) hardly differ, and a constant may stand anywhere: larger weights make them differ."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.array([[0.1], [0.05]])


def bank_step_counterexample__flat_targets():
    """y is (n,) and the activation (n, 1), so their difference is (n, n): that is another mistake. Give y the shape (n, k)."""
    return _SQUARE, np.array([1.0, 0.0]), np.array([[1.0], [2.0]])


def bank_step_counterexample__still_downhill():
    """The guide's direction is off here, but it still points downhill: look for a draw on which it climbs; with large weights one in nine does."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.array([[1.0], [2.0]])


def bank_step_counterexample__already_fitted():
    """The targets are what the layer predicts already: the gradient is zero, and zero has no direction. Choose other targets."""
    w = np.array([[1.0], [0.5]])
    return _SQUARE, _sigma(_SQUARE @ w), w


def bank_step_counterexample__with_rate():
    """Three arrays were asked for, x, y and w, without the learning rate: the direction must be wrong for every small step."""
    return _SQUARE, np.array([[1.0], [0.0]]), np.array([[1.0], [2.0]]), 0.1


# --- bank_step_mended ---


def _gradient(x, y, w, a):
    return x.T @ ((a - y) * a * (1 - a)) / len(x)


def bank_step_mended__not_mended(x, y, w, lr):
    """The derivative is still multiplied in after x.T @, where the rows are summed already: (a - y)·a·(1-a) first, then x.T @ that."""
    a = _sigma(x @ w)
    return w - lr * (x.T @ (a - y) * (a * (1 - a)) / len(x))


def bank_step_mended__as_published(x, y, w, lr):
    """That is the guide's product as it stands: the derivative belongs before x.T @, and the mean over the rows is missing."""
    a = _sigma(x @ w)
    return w - lr * np.dot(x.T, a - y) * (a * (1 - a))


def bank_step_mended__summed(x, y, w, lr):
    """The step is n times too long: the loss is a mean over the rows, so divide the sum by n."""
    a = _sigma(x @ w)
    return w - lr * (x.T @ ((a - y) * a * (1 - a)))


def bank_step_mended__over_features(x, y, w, lr):
    """The gradient was divided by the number of features d: the loss is a mean over the rows, so divide by n."""
    return w - lr * _gradient(x, y, w, _sigma(x @ w)) * len(x) / x.shape[1]


def bank_step_mended__climbs(x, y, w, lr):
    """The step goes up: subtract the gradient of the loss."""
    return w + lr * _gradient(x, y, w, _sigma(x @ w))


def bank_step_mended__only_the_gradient(x, y, w, lr):
    """That is the gradient: the step returns the new weights, w - lr·gradient."""
    return _gradient(x, y, w, _sigma(x @ w))


def bank_step_mended__rate_ignored(x, y, w, lr):
    """The learning rate lr is not used: multiply the gradient by it."""
    return w - _gradient(x, y, w, _sigma(x @ w))


def bank_step_mended__derivative_dropped(x, y, w, lr):
    """That steps down the cross-entropy, with the gradient x.T @ (a - y): the squared error's gradient has the factor a(1-a)."""
    return w - lr * (x.T @ (_sigma(x @ w) - y) / len(x))


def bank_step_mended__in_place(x, y, w, lr):
    """The caller's weights were changed, as `w -= ...` does: the guide's third bug. Return w - lr·gradient, a new array."""
    given, (x, y, w, a) = w, _layer(x, y, w)
    new = w - lr * _gradient(x, y, w, a)
    if given.dtype.kind == "f" and given.flags.writeable:
        given[...] = new
    return new


def bank_step_mended__hands_w_back(x, y, w, lr):
    """With lr = 0 the caller's own w came back, not a new array: who changes one changes the other. Return a copy."""
    given, (x, y, w, a) = w, _layer(x, y, w)
    return given if lr == 0 else w - lr * _gradient(x, y, w, a)


def bank_step_mended__always_float64(x, y, w, lr):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    x, y, w, _ = _layer(x, y, w)
    x, y, w, a = _layer(x.astype(np.float64), y.astype(np.float64), w.astype(np.float64))
    return w - lr * _gradient(x, y, w, a)


def bank_step_mended__integer_weights(x, y, w, lr):
    """Integer weights were kept as integers, and the step was rounded away: compute in float64."""
    given, (x, y, w, a) = w, _layer(x, y, w)
    new = w - lr * _gradient(x, y, w, a)
    return new if given.dtype.kind == "f" else new.astype(np.int64)


def bank_step_mended__narrow_products(x, y, w, lr):
    """For narrow integers x @ w wrapped around: convert the inputs to float64 before the product."""
    return _real(w)[0] - lr * one_layer_gradient__narrow_products(x, y, w)


def bank_step_mended__broadcasts(x, y, w, lr):
    """A y of another shape than (n, k) was broadcast against the activations, as in the guide: compare the shapes and raise ValueError."""
    x, y, w = _real(x, y, w)
    return w - lr * _gradient(x, y, w, _sigma(x @ w))


def bank_step_mended__overflows(x, y, w, lr):
    """exp overflowed on the way and warned, as in the guide: call your sigmoid."""
    x, y, w, _ = _layer(x, y, w)
    return w - lr * _gradient(x, y, w, 1 / (1 + np.exp(-(x @ w))))


# --- loop_mended ---


def _descend(x, labels, w1, b1, w2, b2, lr, epochs, size, twice=False, carried=False, early=False, last=True, mean=True):
    """The published loop in plain numpy, with its faults as asked."""
    weights = [np.array(w, dtype=np.result_type(w, np.float32)) for w in (w1, b1, w2, b2)]
    stop = len(x) if last else len(x) // size * size
    for _ in range(epochs):
        sums = [np.zeros_like(w) for w in weights]
        for first in range(0, stop, size):
            xb, yb = x[first : first + size], labels[first : first + size]
            w1, b1, w2, b2 = weights
            pre = xb @ w1 + b1
            a = np.maximum(pre, 0)
            z = a @ w2 + b2
            p = _softmax(z)
            dz = (_softmax(p if twice else z) - _one_hot(yb, z.shape[1], z.dtype)) / (len(xb) if mean is True else mean or size)
            dz = p * (dz - (dz * p).sum(axis=1, keepdims=True)) if twice else dz
            sums = sums if carried else [np.zeros_like(w) for w in weights]
            sums[2], sums[3] = sums[2] + a.T @ dz, sums[3] + dz.sum(axis=0)
            dpre = (dz @ (w2 - lr * sums[2] if early else w2).T) * (pre > 0)
            sums[0], sums[1] = sums[0] + xb.T @ dpre, sums[1] + dpre.sum(axis=0)
            weights = [w - lr * g for w, g in zip(weights, sums, strict=True)]
    return tuple(weights)


def loop_mended__softmax_twice(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The loss still gets probabilities and takes their softmax: hand softmax_cross_entropy the logits."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, twice=True)


def loop_mended__never_zeroed(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The gradients of the batches before are still in the step: set them to zero for each batch, not once an epoch."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, carried=True)


def loop_mended__updated_too_early(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """w2 is still updated before the gradient goes back through it: take all four gradients at the weights before the step."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, early=True)


def loop_mended__as_published(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """All three faults are still there: softmax before the cross-entropy, gradients set to zero once an epoch, w2 updated before it is used."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, True, True, True)


def loop_mended__twice_and_carried(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Two faults are still there: softmax before the cross-entropy, and gradients set to zero once an epoch only."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, True, True, False)


def loop_mended__twice_and_early(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Two faults are still there: softmax before the cross-entropy, and w2 is updated before the gradient goes back through it."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, True, False, True)


def loop_mended__carried_and_early(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Two faults are still there: gradients set to zero once an epoch only, and w2 is updated before the gradient goes back through it."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, False, True, True)


def loop_mended__one_step_an_epoch(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """One step was made an epoch, with all rows: make one for each batch."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, len(x))


def loop_mended__summed(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The steps go by the sum over a batch's rows: each batch's loss is the mean, so divide by the number of its rows."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, mean=1)


def loop_mended__mean_over_all(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Each batch's gradient was divided by the number of all rows: divide by the rows of the batch."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, mean=len(x))


def loop_mended__short_batch_dropped(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The rows of the short last batch took no part: range(0, n, batch_size) reaches them, n // batch_size does not."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, last=False)


def loop_mended__short_batch_over_size(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The short last batch was divided by batch_size: it is averaged over its own rows."""
    return _descend(x, labels, w1, b1, w2, b2, lr, epochs, batch_size, mean=0)


def loop_mended__climbs(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The steps go up: subtract lr times the gradient."""
    return _descend(x, labels, w1, b1, w2, b2, -lr, epochs, batch_size)


def loop_mended__overflows(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """At logits of ±1000 the weights became nan: exp was taken before each row's maximum was subtracted. Call your softmax_cross_entropy."""
    weights = [np.array(w, dtype=float) for w in (w1, b1, w2, b2)]
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], labels[first : first + batch_size]
            _, *gradients = mlp_gradients__overflows(xb, yb, *weights)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(weights)


def _fits(x, labels, w1, b1, w2, b2):
    _shapes((x, "nd"), (labels, "n"), (w1, "dh"), (b1, "h"), (w2, "hk"), (b2, "k"))
    return _real(x, w1, b1, w2, b2)


def loop_mended__kink_is_one(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """At a pre-activation of exactly 0 the gradient passed: here ReLU'(0) = 0, so the mask is pre > 0, not pre >= 0."""
    x, *weights = _fits(x, labels, w1, b1, w2, b2)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            _, *gradients = mlp_gradients__kink_is_one(x[first : first + batch_size], labels[first : first + batch_size], *weights)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(np.array(w) for w in weights)


def loop_mended__in_place(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """The caller's weights were changed, as `w -= lr * g` does: work on copies."""
    given = w1, b1, w2, b2
    x, *weights = _fits(x, labels, *given)
    new = _descend(x, labels, *weights, lr, epochs, batch_size)
    for old, value in zip(given, new, strict=True):
        if old.dtype.kind == "f" and old.flags.writeable:
            old[...] = value
    return tuple(np.array(w) for w in new)


def loop_mended__hands_weights_back(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Without epochs the caller's own arrays came back: return copies, or who changes one changes the other."""
    x, *weights = _fits(x, labels, w1, b1, w2, b2)
    return tuple(weights) if not epochs else _descend(x, labels, *weights, lr, epochs, batch_size)


def loop_mended__always_float64(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """float32 came in and float64 went out: keep the dtype of the inputs."""
    x, *weights = (np.asarray(a, np.float64) for a in _fits(x, labels, w1, b1, w2, b2))
    return _descend(x, labels, *weights, lr, epochs, batch_size)


def loop_mended__narrow_products(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """For narrow integers the first products wrapped around: convert x and the weights to float64 before them."""
    wide, *weights = _fits(x, labels, w1, b1, w2, b2)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            rows, now = slice(first, first + batch_size), (w1, b1, w2, b2) if first == 0 else weights
            _, *gradients = mlp_gradients__narrow_products(x[rows] if first == 0 else wide[rows], labels[rows], *now)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(np.array(w) for w in weights)


def loop_mended__shapes_unchecked(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Shapes that do not fit were broadcast in silence, or an empty batch made no step: compare them first, raise ValueError."""
    x, *weights = _real(x, w1, b1, w2, b2)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            rows = slice(first, first + batch_size)
            _, *gradients = mlp_gradients__shapes_unchecked(x[rows], labels[rows], *weights)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(np.array(w) for w in weights)


# --- shapes_predicted ---


def shapes_predicted__no_broadcast(n, d, h, y_shape):
    """error has the shape of out here: (n, 1) minus (n,) is (n, n), because shapes are aligned at the right and axes of length 1 are stretched."""
    return (n, 1), (n, 1), (h, 1), (1,)


def shapes_predicted__flattened(n, d, h, y_shape):
    """out or error is (n,) here: the product of (n, h) with (h, 1) keeps its second axis, (n, 1), and minus a (n,) it is (n, n)."""
    return (n, 1), (n,), (h,), ()


def shapes_predicted__always_square(n, d, h, y_shape):
    """error is (n, n) here whatever y's shape: minus a column or a single number the shape stays (n, 1)."""
    return (n, 1), (n, n), (h, n), (n,)


def shapes_predicted__sum_keeps_axis(n, d, h, y_shape):
    """The last shape has two axes here: sum(axis=0) removes the axis it sums over, without keepdims."""
    columns = y_shape[-1] if y_shape else 1
    return (n, 1), (n, columns), (h, columns), (1, columns)


def shapes_predicted__dv_like_v(n, d, h, y_shape):
    """dv has v's shape (h, 1) here, which would be right if error were (n, 1): it is the product of (h, n) with error, as wide as error is."""
    columns = y_shape[-1] if y_shape else 1
    return (n, 1), (n, columns), (h, 1), (columns,)


def shapes_predicted__dv_transposed(n, d, h, y_shape):
    """dv is transposed here: (h, n) times error gives h rows, as many columns as error."""
    columns = y_shape[-1] if y_shape else 1
    return (n, 1), (n, columns), (columns, h), (columns,)


def shapes_predicted__features_for_units(n, d, h, y_shape):
    """dv has d rows here: it multiplies the hidden units, of which there are h."""
    columns = y_shape[-1] if y_shape else 1
    return (n, 1), (n, columns), (d, columns), (columns,)


def shapes_predicted__row_as_column(n, d, h, y_shape):
    """A y of shape (1, n) was taken for a column: it is a row, and a column (n, 1) minus a row (1, n) is (n, n)."""
    columns = n if len(y_shape) == 1 and y_shape[0] == n else 1
    return (n, 1), (n, columns), (h, columns), (columns,)


def shapes_predicted__flat_only(n, d, h, y_shape):
    """Right for y of shape (n,) and for a column, not for the other shapes: a 0-d y and (1,) leave (n, 1), a row (1, n) stretches to (n, n)."""
    columns = n if len(y_shape) == 1 else 1
    return (n, 1), (n, columns), (h, columns), (columns,)
