"""Known mistakes of the lesson gradient_descent, in the form in which people write them first: float64, no refusals, unless that is the mistake."""

import math

import numpy as np


def _float(a):
    """A copy, whole numbers as float64."""
    a = np.asarray(a)
    return a.copy() if a.dtype.kind == "f" else a.astype(np.float64)


def _moved(old, new):
    """The caller's array takes new values, where it can."""
    if isinstance(old, np.ndarray) and old.dtype.kind == "f" and old.flags.writeable:
        old[...] = new


# --- gradient_descent ---


def _descent(grad, w, lr, steps):
    places = [w]
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    return w, np.array(places)


def _weights(w0):
    if np.size(w0) == 0:
        raise ValueError("no weights")
    return _float(w0)


def gradient_descent__ascends(grad, w0, lr, steps):
    """You go uphill: subtract the gradient."""
    return _descent(grad, np.array(w0, dtype=float), -lr, steps)


def gradient_descent__history_without_start(grad, w0, lr, steps):
    """history misses w0: it has steps + 1 places, the first is where you start."""
    w, places = np.array(w0, dtype=float), []
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    return w, np.array(places)


def gradient_descent__history_without_end(grad, w0, lr, steps):
    """history misses the last place: append w after the last step, too."""
    w, places = np.array(w0, dtype=float), []
    for _ in range(steps):
        places.append(w)
        w = w - lr * grad(w)
    return w, np.array(places)


def gradient_descent__history_of_one_array(grad, w0, lr, steps):
    """history holds the last place again and again, as a list of one array does: append a copy, or make a new w each step."""
    w = np.array(w0, dtype=float)
    places = [w]
    for _ in range(steps):
        w -= lr * grad(w.copy())
        places.append(w)
    return w, np.array(places)


def gradient_descent__history_of_whole_numbers(grad, w0, lr, steps):
    """The places in history were cut to whole numbers: it has the dtype of a whole w0. Make it of w, once that is float."""
    w, places = _descent(grad, _weights(w0), lr, steps)
    return w, places.astype(np.asarray(w0).dtype)


def gradient_descent__ends_early(grad, w0, lr, steps):
    """The loop ended once the steps were small, so places are missing from history: take `steps` steps."""
    w, places = _descent(grad, _weights(w0), lr, steps)
    near = [np.allclose(new, old) for old, new in zip(places, places[1:], strict=False)]
    kept = near.index(True) + 1 if True in near else len(places)
    return places[kept - 1], places[:kept]


def gradient_descent__gradient_of_the_start(grad, w0, lr, steps):
    """Every step used the gradient at w0: it changes as you move, so ask for it at every new place."""
    w = np.array(w0, dtype=float)
    g, places = grad(w), [w]
    for _ in range(steps):
        w = w - lr * g
        places.append(w)
    return w, np.array(places)


def gradient_descent__one_step_too_many(grad, w0, lr, steps):
    """One step too many: `steps` steps, no more; with steps = 0 nothing moves."""
    return _descent(grad, np.array(w0, dtype=float), lr, steps + 1)


def gradient_descent__one_step_too_few(grad, w0, lr, steps):
    """One step too few: `steps` steps make steps + 1 places."""
    return _descent(grad, np.array(w0, dtype=float), lr, steps - 1)


def gradient_descent__no_learning_rate(grad, w0, lr, steps):
    """The steps are the whole gradients: multiply each by lr."""
    return _descent(grad, np.array(w0, dtype=float), 1.0, steps)


def gradient_descent__normalised(grad, w0, lr, steps):
    """Each step has length lr, whatever the gradient's: take lr times the gradient as it is, without dividing by its norm."""
    return _descent(lambda w: grad(w) / max(float(np.linalg.norm(np.ravel(grad(w)))), 1e-12), np.array(w0, dtype=float), lr, steps)


def gradient_descent__only_the_last_place(grad, w0, lr, steps):
    """Only the last place came back: return (w, history)."""
    return _descent(grad, np.array(w0, dtype=float), lr, steps)[0]


def gradient_descent__history_first(grad, w0, lr, steps):
    """The history came back first: the order is (w, history)."""
    w, places = _descent(grad, np.array(w0, dtype=float), lr, steps)
    return places, w


def gradient_descent__stops_early(grad, w0, lr, steps):
    """It stopped before all steps were made: take `steps` steps, at a minimum too, so that history has steps + 1 places."""
    w = _weights(w0)
    places = [w]
    for _ in range(steps):
        step = lr * grad(w)
        if np.all(np.abs(step) <= 1e-6):
            break
        w = w - step
        places.append(w)
    return w.copy(), np.stack(places)


def gradient_descent__moves_the_callers_weights(grad, w0, lr, steps):
    """The caller's w0 moved, as with `w -= ...` on it, so a second run does not start where you think: copy it first."""
    w, places = _descent(grad, _weights(w0), lr, steps)
    _moved(w0, w)
    return w.copy(), places


def gradient_descent__returns_the_callers_array(grad, w0, lr, steps):
    """With no step w is w0 itself, not a copy: whoever changes one changes the other."""
    w = w0 if np.asarray(w0).dtype.kind == "f" and np.size(w0) else _weights(w0)
    return _descent(grad, w, lr, steps)


def gradient_descent__integer_weights(grad, w0, lr, steps):
    """Whole-number weights did not become floats before the first step, so places or gradients were cut to integers: convert on entry."""
    if np.size(w0) == 0:
        raise ValueError("no weights")
    w = np.array(w0)
    places = [w]
    for _ in range(steps):
        w = (w - lr * grad(w)).astype(w.dtype)
        places.append(w)
    return w.copy(), np.stack(places)


def gradient_descent__float32_lost(grad, w0, lr, steps):
    """float32 weights came back as float64: copy w0 in its own dtype, and convert whole numbers only."""
    return _descent(grad, _weights(w0).astype(np.float64), lr, steps)


def gradient_descent__no_weights_accepted(grad, w0, lr, steps):
    """An array without weights went through: raise ValueError when w0 has no entry."""
    return _descent(grad, _float(w0), lr, steps)


# --- minibatch_gd ---


def _epochs(x, y, w0, lr, epochs, batch_size, step, drop=False):
    w = np.array(w0, dtype=float)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            if not (drop and len(xb) < batch_size):
                w = w - lr * step(xb, yb, w)
    return w


def _mean_gradient(xb, yb, w):
    return xb.T @ (xb @ w - yb) / len(xb)


def _fit(x, y, w0):
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or np.shape(w0) != np.shape(x)[1:] or len(x) == 0:
        raise ValueError("shapes do not fit")
    kind = np.float32 if all(np.asarray(a).dtype == np.float32 for a in (x, y, w0)) else np.float64
    return np.asarray(x).astype(kind), np.asarray(y).astype(kind), np.array(w0, dtype=kind)


def _right_minibatch(x, y, w0, lr, epochs, batch_size):
    x, y, w = _fit(x, y, w0)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            w = (w - lr * _mean_gradient(x[first : first + batch_size], y[first : first + batch_size], w)).astype(w.dtype)
    return w


def minibatch_gd__sum_over_the_batch(x, y, w0, lr, epochs, batch_size):
    """The step is batch-size times too long: average the gradient over the rows of the batch."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b))


def minibatch_gd__last_batch_over_batch_size(x, y, w0, lr, epochs, batch_size):
    """A short last batch was divided by batch_size: divide by its own number of rows."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / batch_size)


def minibatch_gd__drops_the_tail(x, y, w0, lr, epochs, batch_size):
    """The rows after the last full batch are never used: let the short batch count."""
    return _epochs(x, y, w0, lr, epochs, batch_size, _mean_gradient, drop=True)


def minibatch_gd__half_forgotten(x, y, w0, lr, epochs, batch_size):
    """The steps are twice as long: that is the gradient of the mean of r², without the ½."""
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: 2 * _mean_gradient(a, b, w))


def minibatch_gd__ascends(x, y, w0, lr, epochs, batch_size):
    """The loss goes up: the step is w - lr·xᵀ(xw - y)/B; with y - xw in the place of xw - y it is a plus."""
    return _epochs(x, y, w0, -lr, epochs, batch_size, _mean_gradient)


def minibatch_gd__over_all_rows(x, y, w0, lr, epochs, batch_size):
    """The batch's gradient was divided by the number of all rows: divide by the rows of the batch."""
    n = len(x)
    return _epochs(x, y, w0, lr, epochs, batch_size, lambda a, b, w: a.T @ (a @ w - b) / n)


def minibatch_gd__one_epoch(x, y, w0, lr, epochs, batch_size):
    """The data were gone through once, whatever `epochs` says: put a loop around the batches."""
    return _epochs(x, y, w0, lr, min(epochs, 1), batch_size, _mean_gradient)


def minibatch_gd__full_batch(x, y, w0, lr, epochs, batch_size):
    """One step for each epoch with all rows is full-batch descent: step after every batch."""
    return _epochs(x, y, w0, lr, epochs, len(x) or 1, _mean_gradient)


def minibatch_gd__one_row_at_a_time(x, y, w0, lr, epochs, batch_size):
    """One step was made for each row: take batch_size rows together and average their gradients."""
    return _epochs(x, y, w0, lr, epochs, 1, _mean_gradient)


def minibatch_gd__gradient_at_the_epochs_start(x, y, w0, lr, epochs, batch_size):
    """All batches of an epoch used the weights from its start: each batch begins where the one before has left them."""
    w = np.array(w0, dtype=float)
    for _ in range(epochs):
        start = w
        for first in range(0, len(x), batch_size):
            w = w - lr * _mean_gradient(x[first : first + batch_size], y[first : first + batch_size], start)
    return w


def minibatch_gd__shuffles(x, y, w0, lr, epochs, batch_size):
    """The rows were shuffled: here they are taken in their order, so that the result is one number."""
    w, rng = np.array(w0, dtype=float), np.random.default_rng(0)
    for _ in range(epochs):
        order = np.roll(rng.permutation(len(x)), 1) if len(x) > 2 else np.arange(len(x))[::-1]
        for first in range(0, len(x), batch_size):
            w = w - lr * _mean_gradient(x[order[first : first + batch_size]], y[order[first : first + batch_size]], w)
    return w


def minibatch_gd__stops_at_a_small_gradient(x, y, w0, lr, epochs, batch_size):
    """It stopped at a batch whose gradient was zero; the next batch's need not be: go through all batches of all epochs."""
    x, y, w = _fit(x, y, w0)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            g = _mean_gradient(x[first : first + batch_size], y[first : first + batch_size], w)
            if np.linalg.norm(g) < 1e-8:
                return w
            w = (w - lr * g).astype(w.dtype)
    return w


def minibatch_gd__returns_the_callers_array(x, y, w0, lr, epochs, batch_size):
    """Where no step is made, w0 itself came back: return a copy."""
    x, y, w = _fit(x, y, w0)
    w = w0 if np.asarray(w0).dtype.kind == "f" else w
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            w = (w - lr * _mean_gradient(x[first : first + batch_size], y[first : first + batch_size], w)).astype(w.dtype)
    return w


def minibatch_gd__moves_the_callers_weights(x, y, w0, lr, epochs, batch_size):
    """The caller's w0 moved, as with `w -= ...` on it: copy it first."""
    w = _right_minibatch(x, y, w0, lr, epochs, batch_size)
    _moved(w0, w)
    return w


def minibatch_gd__column_target(x, y, w0, lr, epochs, batch_size):
    """A column y of shape (n, 1) was accepted; minus predictions of shape (n,) it broadcasts to n x n: compare the shapes and raise ValueError."""
    y = np.asarray(y)
    return _right_minibatch(x, y[:, 0] if y.ndim == 2 else y, w0, lr, epochs, batch_size)


def minibatch_gd__narrow_integers(x, y, w0, lr, epochs, batch_size):
    """Whole numbers were multiplied in their own narrow type, where products wrap around: convert x, y and w0 to float64 first."""
    if all(np.asarray(a).dtype.kind == "f" for a in (x, y, w0)):
        return _right_minibatch(x, y, w0, lr, epochs, batch_size)
    _fit(x, y, w0)
    w = np.array(w0)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            w = w - lr * (xb.T @ (xb @ w - yb)) / len(xb)
    return w


def minibatch_gd__float32_lost(x, y, w0, lr, epochs, batch_size):
    """float32 data gave float64 weights: keep the dtype of the inputs, and convert whole numbers only."""
    return _right_minibatch(x, y, w0, lr, epochs, batch_size).astype(np.float64)


def minibatch_gd__no_shape_check(x, y, w0, lr, epochs, batch_size):
    """Shapes that do not fit, or no rows, went through: compare x, y and w0 and raise ValueError."""
    y = np.resize(np.ravel(y), len(x)) if np.size(y) else np.zeros(len(x))
    w0 = np.resize(np.ravel(w0), np.shape(x)[1])
    if not len(x):
        return _float(w0)
    return _right_minibatch(x, y, w0, lr, epochs, batch_size)


# --- logistic_regression ---


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype)


def _logistic(x, y, lr, steps, gradient):
    """The loop with a gradient of (x, y, residual, w, b), float64 and no refusals."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        gw, gb = gradient(x, y, _sigmoid(x @ w + b) - y, w, b)
        w, b = w - lr * gw, b - lr * gb
    return w, b


def _right_logistic(x, y, lr, steps, l2, sigmoid=_sigmoid, kind=None):
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or len(x) == 0:
        raise ValueError("shapes do not fit")
    x = _float(x)
    y = np.asarray(y).astype(x.dtype)
    w, b = np.zeros(x.shape[1], kind or x.dtype), x.dtype.type(0)
    for _ in range(steps):
        r = sigmoid(x @ w + b) - y
        w, b = (w - lr * (x.T @ r / len(y) + l2 * w)).astype(w.dtype), w.dtype.type(b - lr * r.mean())
    return w, b


def logistic_regression__bias_penalised(x, y, lr, steps, l2):
    """The bias is penalised too, as a column of ones in x is: it only moves the boundary, leave it out of the penalty."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) + l2 * w, r.mean() + l2 * b))


def logistic_regression__penalty_over_n(x, y, lr, steps, l2):
    """The penalty was divided by n with the data: the loss is mean log-loss + ½·l2·‖w‖², the penalty is not averaged."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: ((x.T @ r + l2 * w) / len(y), r.mean()))


def logistic_regression__penalty_doubled(x, y, lr, steps, l2):
    """The gradient of ½·l2·‖w‖² is l2·w, not 2·l2·w."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) + 2 * l2 * w, r.mean()))


def logistic_regression__no_penalty(x, y, lr, steps, l2):
    """The penalty is missing: add l2·w to the gradient of w."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y), r.mean()))


def logistic_regression__penalty_subtracted(x, y, lr, steps, l2):
    """The penalty pushes the weights away from 0: its gradient l2·w is added to the data's, and the step subtracts both."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) - l2 * w, r.mean()))


def logistic_regression__sum(x, y, lr, steps, l2):
    """The gradient is a sum over rows: the loss is a mean, so divide by n."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r + l2 * w, r.sum()))


def logistic_regression__bias_summed(x, y, lr, steps, l2):
    """The bias's gradient is a sum over rows, that of the weights a mean: both are means."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) + l2 * w, r.sum()))


def logistic_regression__no_bias(x, y, lr, steps, l2):
    """The bias stays 0: its gradient is the mean of p - y."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) + l2 * w, 0.0))


def logistic_regression__bias_of_the_new_weights(x, y, lr, steps, l2):
    """The bias moved by the gradient at the weights after the step: compute both gradients first, then move both."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        w = w - lr * (x.T @ (_sigmoid(x @ w + b) - y) / len(y) + l2 * w)
        b = b - lr * (_sigmoid(x @ w + b) - y).mean()
    return w, b


def logistic_regression__ascends(x, y, lr, steps, l2):
    """The loss goes up: the gradient is xᵀ(p - y)/n + l2·w, and the step subtracts it."""
    return _logistic(x, y, -lr, steps, lambda x, y, r, w, b: (x.T @ r / len(y) + l2 * w, r.mean()))


def logistic_regression__squared_error(x, y, lr, steps, l2):
    """The factor p(1 - p) belongs to the squared error: for the log-loss it cancels, and the gradient is xᵀ(p - y)/n."""

    def gradient(x, y, r, w, b):
        p = r + y
        return x.T @ (r * p * (1 - p)) / len(y) + l2 * w, (r * p * (1 - p)).mean()

    return _logistic(x, y, lr, steps, gradient)


def logistic_regression__without_the_sigmoid(x, y, lr, steps, l2):
    """The residual is xw + b - y, as in linear regression: put the logits through the sigmoid first."""
    return _logistic(x, y, lr, steps, lambda x, y, r, w, b: (x.T @ (x @ w + b - y) / len(y) + l2 * w, (x @ w + b - y).mean()))


def logistic_regression__sigmoid_overflows(x, y, lr, steps, l2):
    """exp overflowed, with a warning: call exp only of -|z|, or use tanh; np.where computes both branches, so it alone does not help."""
    return _right_logistic(x, y, lr, steps, l2, sigmoid=lambda z: 1 / (1 + np.exp(-z)))


def logistic_regression__clipped_for_float64(x, y, lr, steps, l2):
    """In float32 exp overflowed, with a warning: a clip of the logits at ±500 or ±709 is too wide, for exp(89) is infinite there. Use exp(-|z|)."""
    return _right_logistic(x, y, lr, steps, l2, sigmoid=lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))))


def logistic_regression__stops_early(x, y, lr, steps, l2):
    """It stopped before all steps were made, as a tolerance on the step does: take exactly `steps` steps."""
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or len(x) == 0:
        raise ValueError("shapes do not fit")
    for count in range(1, steps + 1):
        before, after = (_right_logistic(x, y, lr, n, l2) for n in (count - 1, count))
        if np.all(np.abs(after[0] - before[0]) < 1e-6):
            return after
    return _right_logistic(x, y, lr, steps, l2)


def logistic_regression__column_labels(x, y, lr, steps, l2):
    """Labels of shape (n, 1) were accepted; predictions of shape (n,) minus them are an n x n table: compare the shapes and raise ValueError."""
    y = np.asarray(y)
    return _right_logistic(x, y[:, 0] if y.ndim == 2 else y, lr, steps, l2)


def logistic_regression__no_shape_check(x, y, lr, steps, l2):
    """Shapes that do not fit, or no rows, went through: compare x and y and raise ValueError."""
    x = np.atleast_2d(x)
    if not len(x) or not np.size(y):
        return np.zeros(x.shape[1]), 0.0
    return _right_logistic(x, np.resize(np.ravel(y), len(x)), lr, steps, l2)


def logistic_regression__float32_lost(x, y, lr, steps, l2):
    """float32 data gave float64 weights, as np.zeros(d) does: start from zeros of x's dtype."""
    return _right_logistic(x, y, lr, steps, l2, kind=np.float64)


def logistic_regression__integer_weights(x, y, lr, steps, l2):
    """With whole-number x the weights were cut to integers, as zeros of x's dtype are: convert x to float64 first."""
    if np.asarray(x).dtype.kind == "f":
        return _right_logistic(x, y, lr, steps, l2)
    w, b = _right_logistic(x, y, lr, steps, l2)
    return np.trunc(w), b


# --- momentum_step ---


def _same(w, g, v):
    if not np.shape(w) == np.shape(g) == np.shape(v) or np.size(w) == 0:
        raise ValueError("shapes differ")
    kind = np.float32 if all(np.asarray(a).dtype == np.float32 for a in (w, g, v)) else np.float64
    return (np.asarray(a).astype(kind) for a in (w, g, v))


def _right_momentum(w, g, v, lr, mu):
    w, g, v = _same(w, g, v)
    v = mu * v + g
    return w - lr * v, v


def momentum_step__old_velocity(w, g, v, lr, mu):
    """The weights moved by the old velocity: update v first, then w with the new one."""
    return w - lr * v, mu * v + g


def momentum_step__average(w, g, v, lr, mu):
    """(1 - mu)·g makes v an average, and the steps ten times shorter at mu = 0.9: here v = mu·v + g."""
    v = mu * v + (1 - mu) * g
    return w - lr * v, v


def momentum_step__rate_in_velocity(w, g, v, lr, mu):
    """The learning rate went into v: then a new one does not change the speed you have. Here v = mu·v + g, and lr multiplies v at the step."""
    v = mu * v + lr * g
    return w - v, v


def momentum_step__velocity_downhill(w, g, v, lr, mu):
    """v = mu·v - lr·g and w = w + v is the form of Keras and cs231n: here v = mu·v + g and w = w - lr·v."""
    v = mu * v - lr * g
    return w + v, v


def momentum_step__sign(w, g, v, lr, mu):
    """The weights moved along v, uphill: subtract lr·v."""
    v = mu * v + g
    return w + lr * v, v


def momentum_step__gradient_subtracted(w, g, v, lr, mu):
    """The gradient was taken off the velocity: v = mu·v + g, and the step subtracts lr·v."""
    v = mu * v - g
    return w - lr * v, v


def momentum_step__nesterov(w, g, v, lr, mu):
    """That is Nesterov's step, g + mu·v with the new velocity: asked is the plain one."""
    v = mu * v + g
    return w - lr * (g + mu * v), v


def momentum_step__gradient_counted_twice(w, g, v, lr, mu):
    """The step took lr·v and mu times the velocity once more: with v = mu·v + g the momentum is in v already, so w = w - lr·v."""
    new = mu * v + g
    return w - lr * new - mu * v, new


def momentum_step__no_momentum(w, g, v, lr, mu):
    """The weights moved by lr·g alone: let the new velocity move them."""
    return w - lr * g, mu * v + g


def momentum_step__velocity_first(w, g, v, lr, mu):
    """The velocity came back first: the order is (w, v)."""
    v = mu * v + g
    return v, w - lr * v


def momentum_step__only_the_weights(w, g, v, lr, mu):
    """Only the weights came back: return (w, v), the next step needs the velocity."""
    return w - lr * (mu * v + g)


def momentum_step__changes_the_velocity(w, g, v, lr, mu):
    """The caller's velocity changed, as with `v *= mu; v += g`: make a new one."""
    new_w, new_v = _right_momentum(w, g, v, lr, mu)
    _moved(v, new_v)
    return new_w, new_v


def momentum_step__gradient_for_the_velocity(w, g, v, lr, mu):
    """Where the old velocity counts nothing, the gradient itself came back as the new one: return a copy."""
    new_w, new_v = _right_momentum(w, g, v, lr, mu)
    return new_w, g if mu == 0 or not np.any(v) else new_v


def momentum_step__broadcasts(w, g, v, lr, mu):
    """Arrays of different shapes were broadcast: compare the shapes and raise ValueError."""
    if not all(np.size(a) for a in (w, g, v)):
        raise ValueError("no entries")
    try:
        return _right_momentum(*np.broadcast_arrays(w, g, v), lr, mu)
    except ValueError:
        raise ValueError("shapes differ") from None


def momentum_step__narrow_integers(w, g, v, lr, mu):
    """Whole numbers were added in their own narrow type, where sums wrap around: convert w, g and v to float64 first."""
    _same(w, g, v)
    if all(np.asarray(a).dtype.kind == "f" for a in (w, g, v)):
        return _right_momentum(w, g, v, lr, mu)
    both = (v + g).astype(np.float64) + (mu - 1.0) * np.asarray(v, dtype=np.float64)
    return w - lr * both, both


def momentum_step__float32_lost(w, g, v, lr, mu):
    """float32 came back as float64: keep the dtype of the inputs, and convert whole numbers only."""
    new_w, new_v = _right_momentum(w, g, v, lr, mu)
    return new_w.astype(np.float64), new_v.astype(np.float64)


# --- adam and adamw ---


def _adam(w0, grads, step, start=1):
    """The loop; step(m, v, t, g, w) is what comes off w, where m and v are functions of (beta, power)."""
    w = np.array(w0, dtype=float)
    m = {}
    for t, g in enumerate(grads, start):
        g = np.asarray(g, dtype=float)
        with np.errstate(all="ignore"):
            w = w - step(m, t, g, w)
    return w


def _means(m, g, beta1, beta2):
    m["m"] = beta1 * m.get("m", 0.0) + (1 - beta1) * g
    m["v"] = beta2 * m.get("v", 0.0) + (1 - beta2) * g * g
    return m["m"], m["v"]


def _loop(w0, grads, lr, beta1, beta2, part, decay=0.0, start=1):
    """Adam with part(m, v, t, g) in the place of its quotient, and a decoupled decay."""

    def step(state, t, g, w):
        m, v = _means(state, g, beta1, beta2)
        return lr * part(m, v, t, g) + lr * decay * w

    return _adam(w0, grads, step, start)


def _quotient(beta1, beta2, eps):
    return lambda m, v, t, g: (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)


def _right_adam(w0, grads, lr, beta1, beta2, eps, decay=0.0, wide=False):
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("shapes differ")
    single = not wide and all(np.asarray(a).dtype == np.float32 for a in (w0, *grads))
    kind = np.float32 if single else np.float64
    w = np.array(w0, dtype=kind)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(grads, 1):
        g = np.asarray(g).astype(kind)
        m, v = (beta1 * m + (1 - beta1) * g).astype(kind), (beta2 * v + (1 - beta2) * g**2).astype(kind)
        w = (w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) - lr * decay * w).astype(kind)
    return w


def _narrow_adam(w0, grads, lr, beta1, beta2, eps, decay=0.0):
    if all(np.asarray(a).dtype.kind == "f" for a in (w0, *grads)):
        return _right_adam(w0, grads, lr, beta1, beta2, eps, decay)
    _right_adam(w0, [np.ones(np.shape(g)) for g in grads], lr, beta1, beta2, eps, decay)
    w = np.array(w0, dtype=float)
    m = v = np.zeros(w.shape)
    for t, g in enumerate(grads, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * np.abs(np.asarray(g * g, dtype=float))
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) - lr * decay * w
    return w


def adam__no_bias_correction(w0, grads, lr, beta1, beta2, eps):
    """No bias correction: the first step is lr·(1-β1)/√(1-β2), three times too long at the usual betas. Divide m by 1-β1^t and v by 1-β2^t."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (np.sqrt(v) + eps))


def adam__only_m_corrected(w0, grads, lr, beta1, beta2, eps):
    """Only m was corrected, so the first steps are far too long: divide v by 1-β2^t as well."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / (np.sqrt(v) + eps))


def adam__only_v_corrected(w0, grads, lr, beta1, beta2, eps):
    """Only v was corrected, so the first steps are too short: divide m by 1-β1^t as well."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (np.sqrt(v / (1 - beta2**t)) + eps))


def adam__counts_from_zero(w0, grads, lr, beta1, beta2, eps):
    """1 - β⁰ is 0, so the first step divided by zero: count steps from 1."""

    def part(m, v, t, g):
        return m / np.float64(1 - beta1**t) / (np.sqrt(v / np.float64(1 - beta2**t)) + eps)

    return _loop(w0, grads, lr, beta1, beta2, part, start=0)


def adam__counts_from_two(w0, grads, lr, beta1, beta2, eps):
    """The first step was corrected as if it were the second: t is 1 at the first gradient."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps), start=2)


def adam__eps_inside(w0, grads, lr, beta1, beta2, eps):
    """eps under the root acts as √eps, 1e-4 for 1e-8, beside the gradient's size: tiny gradients hardly move. Here it is added outside."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps))


def adam__eps_hat(w0, grads, lr, beta1, beta2, eps):
    """eps was added to the root of the uncorrected v (TensorFlow's form), so it counts more in the first steps: correct v first, then add eps."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps))


def adam__corrects_by_a_fixed_power(w0, grads, lr, beta1, beta2, eps):
    """Every step was corrected by 1 - β, as only the first should be: the correction is 1 - β^t with the step's own t."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps))


def adam__corrected_means_kept(w0, grads, lr, beta1, beta2, eps):
    """The corrected m and v went into the next step's means, so they are corrected again and again: keep the raw means, correct copies."""
    w = np.array(w0, dtype=float)
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m, v = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t), (beta2 * v + (1 - beta2) * g * g) / (1 - beta2**t)
        w = w - lr * m / (np.sqrt(v) + eps)
    return w


def adam__betas_swapped(w0, grads, lr, beta1, beta2, eps):
    """beta1 belongs to the mean of the gradients, beta2 to that of their squares: they changed places."""
    return _loop(w0, grads, lr, beta2, beta1, _quotient(beta2, beta1, eps))


def adam__no_root(w0, grads, lr, beta1, beta2, eps):
    """The step divides by the root of v: without it, doubling all gradients halves the step instead of leaving it."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / (v / (1 - beta2**t) + eps))


def adam__rmsprop(w0, grads, lr, beta1, beta2, eps):
    """The step uses the newest gradient instead of the running mean m: that is RMSProp."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: g / (np.sqrt(v / (1 - beta2**t)) + eps))


def adam__squares_the_mean(w0, grads, lr, beta1, beta2, eps):
    """v is the running mean of m²: it is that of g²."""
    w = np.array(w0, dtype=float)
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * m * m
        w = w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w


def adam__ascends(w0, grads, lr, beta1, beta2, eps):
    """The weights go uphill: subtract the step."""
    return _loop(w0, grads, -lr, beta1, beta2, _quotient(beta1, beta2, eps))


def adam__eps_forgotten(w0, grads, lr, beta1, beta2, eps):
    """Without eps a gradient of zeros gives 0/0: add eps to the root."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("shapes differ")
    w = np.array(w0, dtype=float)
    m = v = np.zeros(w.shape)
    for t, g in enumerate(grads, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t))
    return w


def adam__zeros_skipped(w0, grads, lr, beta1, beta2, eps):
    """A gradient of zeros made no step, and t did not count it: the old moments still move the weights, so step for every gradient."""
    return _right_adam(w0, [g for g in grads if np.any(g) or np.shape(g) != np.shape(w0)], lr, beta1, beta2, eps)


def adam__moves_the_callers_weights(w0, grads, lr, beta1, beta2, eps):
    """The caller's w0 moved, as with `w -= ...` on it: copy it first."""
    w = _right_adam(w0, grads, lr, beta1, beta2, eps)
    _moved(w0, w)
    return w


def adam__returns_the_callers_array(w0, grads, lr, beta1, beta2, eps):
    """Without gradients w0 itself came back: return a float copy."""
    w = _right_adam(w0, grads, lr, beta1, beta2, eps)
    return w if len(grads) else w0


def adam__broadcasts(w0, grads, lr, beta1, beta2, eps):
    """A gradient of another shape was broadcast over the weights: compare the shapes and raise ValueError."""
    if np.size(w0) == 0:
        raise ValueError("no weights")
    shape = np.broadcast_shapes(np.shape(w0), *(np.shape(g) for g in grads))
    return _right_adam(np.broadcast_to(w0, shape), [np.broadcast_to(g, shape) for g in grads], lr, beta1, beta2, eps)


def adam__narrow_integers(w0, grads, lr, beta1, beta2, eps):
    """Whole-number gradients were squared in their own narrow type, where squares wrap around: convert them to float64 first."""
    return _narrow_adam(w0, grads, lr, beta1, beta2, eps)


def adam__float32_lost(w0, grads, lr, beta1, beta2, eps):
    """float32 weights came back as float64: keep the moments and the weights in the inputs' dtype."""
    return _right_adam(w0, grads, lr, beta1, beta2, eps, wide=True)


def adamw__decay_in_the_gradient(w0, grads, lr, beta1, beta2, eps, decay):
    """decay·w was added to the gradient, so it went through the moments: that is Adam with an L2 penalty. Take lr·decay·w off the weights instead."""

    def step(state, t, g, w):
        m, v = _means(state, g + decay * w, beta1, beta2)
        return lr * _quotient(beta1, beta2, eps)(m, v, t, g)

    return _adam(w0, grads, step)


def adamw__decay_without_the_rate(w0, grads, lr, beta1, beta2, eps, decay):
    """The decay was not multiplied by lr: each step takes lr·decay·w off."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps), decay / lr)


def adamw__decay_after_the_step(w0, grads, lr, beta1, beta2, eps, decay):
    """The decay was taken of the weights after Adam's step: it goes by the weights before it."""
    w = np.array(w0, dtype=float)
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
        w = w - lr * decay * w
    return w


def adamw__decay_of_the_start(w0, grads, lr, beta1, beta2, eps, decay):
    """Every step decayed by w0: it goes by the weights before that step."""
    first = np.asarray(w0, dtype=float)
    return _adam(w0, grads, lambda s, t, g, w: lr * _quotient(beta1, beta2, eps)(*_means(s, g, beta1, beta2), t, g) + lr * decay * first)


def adamw__decay_divided_by_the_root(w0, grads, lr, beta1, beta2, eps, decay):
    """decay·w was added to m̂, so it is divided by the root of v: add it outside the quotient, as lr·decay·w."""

    def step(state, t, g, w):
        m, v = _means(state, g, beta1, beta2)
        return lr * (m / (1 - beta1**t) + decay * w) / (np.sqrt(v / (1 - beta2**t)) + eps)

    return _adam(w0, grads, step)


def adamw__decay_added(w0, grads, lr, beta1, beta2, eps, decay):
    """The weights grow by the decay: take lr·decay·w off."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps), -decay)


def adamw__decay_squared_rate(w0, grads, lr, beta1, beta2, eps, decay):
    """The decay was multiplied by lr twice: the step is lr·(quotient + decay·w), one lr for both."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps), decay * lr)


def adamw__decay_doubled(w0, grads, lr, beta1, beta2, eps, decay):
    """The decay is twice as strong, as from the gradient of decay·w²: take lr·decay·w off."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps), 2 * decay)


def adamw__no_decay(w0, grads, lr, beta1, beta2, eps, decay):
    """That is Adam, without the decay: each step also takes lr·decay·w off."""
    return _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps))


def adamw__decays_once(w0, grads, lr, beta1, beta2, eps, decay):
    """The decay came once, at the end: it belongs to every step."""
    w = _loop(w0, grads, lr, beta1, beta2, _quotient(beta1, beta2, eps))
    return w - lr * decay * w


def adamw__no_bias_correction(w0, grads, lr, beta1, beta2, eps, decay):
    """No bias correction: divide m by 1-β1^t and v by 1-β2^t before the step."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (np.sqrt(v) + eps), decay)


def adamw__no_bias_correction_decay_after(w0, grads, lr, beta1, beta2, eps, decay):
    """Two slips: no bias correction (divide m by 1-β1^t, v by 1-β2^t), and the decay goes by the weights after Adam's step, not before it."""
    w = np.array(w0, dtype=float)
    m = v = 0.0
    for g in grads:
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * m / (np.sqrt(v) + eps)
        w = w - lr * decay * w
    return w


def adamw__only_m_corrected(w0, grads, lr, beta1, beta2, eps, decay):
    """Only m was corrected, so the first steps are far too long: divide v by 1-β2^t as well."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / (np.sqrt(v) + eps), decay)


def adamw__counts_from_zero(w0, grads, lr, beta1, beta2, eps, decay):
    """1 - β⁰ is 0, so the first step divided by zero: count steps from 1."""

    def part(m, v, t, g):
        return m / np.float64(1 - beta1**t) / (np.sqrt(v / np.float64(1 - beta2**t)) + eps)

    return _loop(w0, grads, lr, beta1, beta2, part, decay, start=0)


def adamw__no_root(w0, grads, lr, beta1, beta2, eps, decay):
    """The step divides by the root of v: without it, doubling all gradients halves the step instead of leaving it."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / (v / (1 - beta2**t) + eps), decay)


def adamw__eps_inside(w0, grads, lr, beta1, beta2, eps, decay):
    """eps under the root acts as √eps, 1e-4 for 1e-8, beside the gradient's size: tiny gradients hardly move. Here it is added outside."""
    return _loop(w0, grads, lr, beta1, beta2, lambda m, v, t, g: m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps), decay)


def adamw__eps_forgotten(w0, grads, lr, beta1, beta2, eps, decay):
    """Without eps a gradient of zeros gives 0/0: add eps to the root."""
    if np.size(w0) == 0 or any(np.shape(g) != np.shape(w0) for g in grads):
        raise ValueError("shapes differ")
    w = np.array(w0, dtype=float)
    m = v = np.zeros(w.shape)
    for t, g in enumerate(grads, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t)) - lr * decay * w
    return w


def adamw__moves_the_callers_weights(w0, grads, lr, beta1, beta2, eps, decay):
    """The caller's w0 moved, as with `w *= 1 - lr * decay` on it: copy it first."""
    w = _right_adam(w0, grads, lr, beta1, beta2, eps, decay)
    _moved(w0, w)
    return w


def adamw__returns_the_callers_array(w0, grads, lr, beta1, beta2, eps, decay):
    """Without gradients w0 itself came back: return a float copy."""
    w = _right_adam(w0, grads, lr, beta1, beta2, eps, decay)
    return w if len(grads) else w0


def adamw__broadcasts(w0, grads, lr, beta1, beta2, eps, decay):
    """A gradient of another shape was broadcast over the weights: compare the shapes and raise ValueError."""
    if np.size(w0) == 0:
        raise ValueError("no weights")
    shape = np.broadcast_shapes(np.shape(w0), *(np.shape(g) for g in grads))
    return _right_adam(np.broadcast_to(w0, shape), [np.broadcast_to(g, shape) for g in grads], lr, beta1, beta2, eps, decay)


def adamw__narrow_integers(w0, grads, lr, beta1, beta2, eps, decay):
    """Whole-number gradients were squared in their own narrow type, where squares wrap around: convert them to float64 first."""
    return _narrow_adam(w0, grads, lr, beta1, beta2, eps, decay)


def adamw__float32_lost(w0, grads, lr, beta1, beta2, eps, decay):
    """float32 weights came back as float64: keep the moments and the weights in the inputs' dtype."""
    return _right_adam(w0, grads, lr, beta1, beta2, eps, decay, wide=True)


# --- clip_by_global_norm ---


def _norm(grads):
    return math.sqrt(sum(float(np.sum(np.asarray(g, dtype=np.float64) ** 2)) for g in grads))


def _careful(grads):
    if not sum(np.size(g) for g in grads):
        raise ValueError("no gradient")
    return _norm(grads)


def _times(grads, factor):
    return [(np.asarray(g, dtype=np.float64) * factor).astype(g.dtype) for g in grads]


def clip_by_global_norm__element_wise(grads, max_norm):
    """Each entry was cut, which bends the direction: multiply all by one factor, which only shortens."""
    return [np.clip(g, -max_norm, max_norm) for g in grads]


def clip_by_global_norm__each_array_alone(grads, max_norm):
    """Each array was clipped by its own norm, which changes the direction of the whole: take one norm over all."""
    return [g * min(1.0, max_norm / max(float(np.linalg.norm(np.ravel(g))), 1e-300)) for g in grads]


def clip_by_global_norm__always_rescales(grads, max_norm):
    """Short gradients were stretched to max_norm: multiply by max_norm / norm only where the norm is above max_norm."""
    factor = max_norm / np.float64(_norm(grads))
    return [g * factor for g in grads]


def clip_by_global_norm__squared_norm(grads, max_norm):
    """The norm is the root of the sum of squares: the root is missing."""
    norm = _norm(grads) ** 2
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in grads]


def clip_by_global_norm__sum_of_norms(grads, max_norm):
    """The common norm is not the sum of the norms: add up the squares of all entries, then take the root."""
    norm = sum(float(np.linalg.norm(np.ravel(g))) for g in grads)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in grads]


def clip_by_global_norm__largest_norm(grads, max_norm):
    """The longest array's norm stood for the common one: add up the squares of all arrays, then take the root."""
    norm = max([float(np.linalg.norm(np.ravel(g))) for g in grads], default=0.0)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in grads]


def clip_by_global_norm__sum_of_sizes(grads, max_norm):
    """The norm was a sum of absolute values: it is the root of the sum of squares."""
    norm = sum(float(np.sum(np.abs(g))) for g in grads)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in grads]


def clip_by_global_norm__not_times_the_limit(grads, max_norm):
    """Long gradients were shortened to length 1: the factor is max_norm / norm."""
    norm = _norm(grads)
    return [g / norm if norm > max_norm else g for g in grads]


def clip_by_global_norm__eps_in_the_denominator(grads, max_norm):
    """Off by 1e-6 / norm, relative, as PyTorch's max_norm / (norm + 1e-6) is: divide by the norm alone, only where it is above max_norm."""
    norm = _norm(grads)
    return [g * min(1.0, max_norm / (norm + 1e-6)) for g in grads]


def clip_by_global_norm__divides_by_zero(grads, max_norm):
    """All zeros have norm 0, and max_norm / 0 is not a factor: only divide where the norm is above the limit."""
    norm = np.float64(_careful(grads))
    return _times(grads, np.minimum(1.0, max_norm / norm))


def clip_by_global_norm__squares_overflow(grads, max_norm):
    """The squares were taken in the arrays' own dtype, where float16 overflows at 256 and float32 at 1.8e19: take the norm in float64."""
    _careful(grads)
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    return _times(grads, max_norm / norm if norm > max_norm else 1.0)


def clip_by_global_norm__squares_overflow_handed_back(grads, max_norm):
    """Two slips: squares in the arrays' own dtype (float16 ends at 65504: take the norm in float64), and below the limit no copies came back."""
    _careful(grads)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return list(grads) if norm <= max_norm else _times(grads, max_norm / norm)


def clip_by_global_norm__all_float64(grads, max_norm):
    """Every array came back as float64: multiply by a Python float, or convert each result to its array's dtype."""
    norm = _careful(grads)
    return [np.asarray(g, dtype=np.float64) * (max_norm / norm if norm > max_norm else 1.0) for g in grads]


def clip_by_global_norm__in_place(grads, max_norm):
    """The caller's gradients changed, as with `g *= factor`: return new arrays."""
    norm = _careful(grads)
    result = _times(grads, max_norm / norm if norm > max_norm else 1.0)
    for g, new in zip(grads, result, strict=True):
        _moved(g, new)
    return result


def clip_by_global_norm__same_arrays(grads, max_norm):
    """Below the limit the caller's own arrays came back: return copies, so that nobody changes them by accident."""
    norm = _careful(grads)
    return list(grads) if norm <= max_norm else _times(grads, max_norm / norm)


def clip_by_global_norm__nothing_accepted(grads, max_norm):
    """A list without any entry went through: raise ValueError."""
    norm = _norm(grads)
    return _times(grads, max_norm / norm if norm > max_norm else 1.0)


# --- warmup_cosine ---


def _schedule(step, warmup, total, base, low, rise=None, part=None, angle=math.pi, after=True):
    if step < warmup:
        return rise if rise is not None else base * (step + 1) / warmup
    if part is None:
        part = (step - warmup) / (total - warmup)
    part = min(part, 1.0) if after else part
    return low + (base - low) * (1 + math.cos(angle * part)) / 2


def warmup_cosine__starts_at_zero(step, warmup, total, base_lr, min_lr):
    """The first step has a learning rate of 0 and is wasted: step counts from 0, so the warm-up goes by step + 1."""
    return _schedule(step, warmup, total, base_lr, min_lr, rise=base_lr * step / warmup if warmup else None)


def warmup_cosine__over_warmup_plus_one(step, warmup, total, base_lr, min_lr):
    """The warm-up's last step stays below base_lr: divide step + 1 by warmup, not by warmup + 1."""
    return _schedule(step, warmup, total, base_lr, min_lr, rise=base_lr * (step + 1) / (warmup + 1))


def warmup_cosine__warms_up_from_min(step, warmup, total, base_lr, min_lr):
    """The warm-up started from min_lr: it is base_lr * (step + 1) / warmup, and min_lr has no part in it."""
    return _schedule(step, warmup, total, base_lr, min_lr, rise=min_lr + (base_lr - min_lr) * (step + 1) / warmup if warmup else None)


def warmup_cosine__no_warmup(step, warmup, total, base_lr, min_lr):
    """The warm-up is at base_lr from the first step on: let it rise by (step + 1) / warmup."""
    return _schedule(step, warmup, total, base_lr, min_lr, rise=base_lr)


def warmup_cosine__cosine_from_the_start(step, warmup, total, base_lr, min_lr):
    """The cosine ran from step 0, so the learning rate jumps when the warm-up ends: start it at `warmup`."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=step / total)


def warmup_cosine__too_long(step, warmup, total, base_lr, min_lr):
    """The cosine stretches over `total` steps after the warm-up: it has total - warmup."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=(step - warmup) / total)


def warmup_cosine__one_step_ahead(step, warmup, total, base_lr, min_lr):
    """The cosine is one step ahead: at step = warmup it is at base_lr, so count (step - warmup) / (total - warmup)."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=(step + 1 - warmup) / (total - warmup))


def warmup_cosine__ends_a_step_early(step, warmup, total, base_lr, min_lr):
    """min_lr is reached one step early: the cosine has total - warmup steps, not one fewer."""
    return _schedule(step, warmup, total, base_lr, min_lr, part=(step - warmup) / max(total - warmup - 1, 1))


def warmup_cosine__down_to_zero(step, warmup, total, base_lr, min_lr):
    """The learning rate falls to 0: it ends at min_lr."""
    return _schedule(step, warmup, total, base_lr, 0.0)


def warmup_cosine__floor(step, warmup, total, base_lr, min_lr):
    """The cosine goes down to 0 and was cut off at min_lr: scale it by base_lr - min_lr, so that it lands there at `total`."""
    return max(_schedule(step, warmup, total, base_lr, 0.0), min_lr if step >= warmup else 0.0)


def warmup_cosine__from_zero_to_a_floor(step, warmup, total, base_lr, min_lr):
    """Two slips: the warm-up starts at 0 (count step + 1), and the cosine falls to 0 and was cut off at min_lr (scale it by base_lr - min_lr)."""
    if step < warmup:
        return base_lr * step / warmup
    return max(_schedule(step, warmup, total, base_lr, 0.0), min_lr)


def warmup_cosine__min_added(step, warmup, total, base_lr, min_lr):
    """min_lr was added on top, so the cosine starts above base_lr: scale the wave by base_lr - min_lr."""
    return _schedule(step, warmup, total, base_lr, 0.0) + (min_lr if step >= warmup else 0.0)


def warmup_cosine__linear(step, warmup, total, base_lr, min_lr):
    """The decay is a straight line: it is half a wave of a cosine, flat at both ends."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return base_lr + (min_lr - base_lr) * min((step - warmup) / (total - warmup), 1.0)


def warmup_cosine__quarter_wave(step, warmup, total, base_lr, min_lr):
    """The decay is a quarter of a wave, which falls steepest at its end: use (1 + cos(π·part)) / 2."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * min((step - warmup) / (total - warmup), 1.0))


def warmup_cosine__not_halved(step, warmup, total, base_lr, min_lr):
    """1 + cos goes from 2 to 0, so the decay starts too high: halve it."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * min((step - warmup) / (total - warmup), 1.0)))


def warmup_cosine__rises_again(step, warmup, total, base_lr, min_lr):
    """After `total` the cosine comes up again: hold the learning rate at min_lr."""
    return _schedule(step, warmup, total, base_lr, min_lr, after=False)


def warmup_cosine__whole_wave(step, warmup, total, base_lr, min_lr):
    """A whole wave comes back to base_lr at the end: use half of it, cos(π·part)."""
    return _schedule(step, warmup, total, base_lr, min_lr, angle=2 * math.pi)


def warmup_cosine__divides_by_no_warmup(step, warmup, total, base_lr, min_lr):
    """warmup = 0 divided by zero: look whether step < warmup before you divide."""
    rise = min(1.0, (step + 1) / warmup)
    return base_lr * rise if step < warmup else _schedule(step, warmup, total, base_lr, min_lr)


def warmup_cosine__zero_without_warmup(step, warmup, total, base_lr, min_lr):
    """With warmup = 0 the first step got a learning rate of 0: it starts at base_lr."""
    return 0.0 if not warmup and not step else _schedule(step, warmup, total, base_lr, min_lr)


# --- accumulate_gradients ---


def _lists(sums, counts):
    if not len(sums) or len(sums) != len(counts) or len({np.shape(one) for one in sums}) != 1 or sum(counts) == 0:
        raise ValueError("no tokens, or lists that do not fit")
    return [_float(one) for one in sums]


def _accumulated(sums, counts):
    parts = _lists(sums, counts)
    total = sum(parts[1:], start=parts[0])
    return (total / sum(counts)).astype(total.dtype)


def accumulate_gradients__sum_of_means(sums, counts):
    """A sum of means grows with the number of micro-batches: add up the sums, then divide once by all tokens."""
    with np.errstate(all="ignore"):
        return sum(one / count if count else 0.0 * one for one, count in zip(sums, counts, strict=False))


def accumulate_gradients__mean_of_means(sums, counts):
    """A mean of means gives a short micro-batch as much weight as a long one (the bug of 2024): divide once by all tokens."""
    with np.errstate(all="ignore"):
        return np.mean([np.asarray(one) / count for one, count in zip(sums, counts, strict=False)], axis=0)


def accumulate_gradients__over_micro_batches(sums, counts):
    """The sum was divided by the number of micro-batches: divide by the number of tokens."""
    return sum(np.asarray(one, dtype=float) for one in sums) / len(sums)


def accumulate_gradients__not_divided(sums, counts):
    """The sums were added up and not divided: divide once, by the number of all tokens."""
    return sum(np.asarray(one, dtype=float) for one in sums)


def accumulate_gradients__over_the_last_count(sums, counts):
    """The sum was divided by the last micro-batch's count: divide by the sum of all counts."""
    return sum(np.asarray(one, dtype=float) for one in sums) / max(counts[-1], 1)


def accumulate_gradients__over_the_largest_count(sums, counts):
    """The sum was divided by the largest count, as if all micro-batches were padded to it: divide by the tokens that are there."""
    return sum(np.asarray(one, dtype=float) for one in sums) / (max(counts) * len(counts))


def accumulate_gradients__weighted_sums(sums, counts):
    """The sums were weighted by their counts: they hold every token already, so add them up as they are."""
    return sum(np.asarray(one, dtype=float) * count for one, count in zip(sums, counts, strict=False)) / sum(counts)


def accumulate_gradients__zero_over_zero(sums, counts):
    """A micro-batch without tokens gave 0/0: do not divide by single counts, but once, by all of them."""
    parts = _lists(sums, counts)
    with np.errstate(all="ignore"):
        weights = [one / np.float64(count) * (count / sum(counts)) for one, count in zip(parts, counts, strict=True)]
    return sum(weights[1:], start=weights[0]).astype(parts[0].dtype)


def accumulate_gradients__zero_for_nothing(sums, counts):
    """Without any token there is no mean gradient: raise ValueError instead of returning zeros."""
    if len(sums) and len(sums) == len(counts) and sum(counts) == 0 and len({np.shape(one) for one in sums}) == 1:
        return _float(sums[0]) * 0.0
    return _accumulated(sums, counts)


def accumulate_gradients__lists_cut(sums, counts):
    """Lists of different lengths were cut to the shorter one, as zip does: compare their lengths and raise ValueError."""
    length = min(len(sums), len(counts))
    return _accumulated(sums[:length], counts[:length])


def accumulate_gradients__broadcasts(sums, counts):
    """Sums of different shapes were broadcast: compare the shapes and raise ValueError."""
    shape = np.broadcast_shapes(*(np.shape(one) for one in sums))
    return _accumulated([np.broadcast_to(one, shape) for one in sums], counts)


def accumulate_gradients__adds_in_place(sums, counts):
    """The caller's first sum changed, as `total = sums[0]; total += ...` does: start from a copy or from zeros."""
    parts = _lists(sums, counts)
    _moved(sums[0], sum(parts[1:], start=parts[0]))
    return _accumulated(parts, counts)


def accumulate_gradients__single_handed_back(sums, counts):
    """A single micro-batch of one token came back as the caller's own array: return a new one."""
    result = _accumulated(sums, counts)
    return sums[0] if len(sums) == 1 and counts[0] == 1 else result


def accumulate_gradients__narrow_integers(sums, counts):
    """Whole-number sums were added in their own narrow type, where they wrap around: convert them to float64 first."""
    _lists(sums, counts)
    if sums[0].dtype.kind == "f":
        return _accumulated(sums, counts)
    return np.asarray(sum(sums[1:], start=sums[0]), dtype=float) / sum(counts)


def accumulate_gradients__float32_lost(sums, counts):
    """float32 sums gave a float64 result: keep their dtype, and convert whole numbers only."""
    return _accumulated(sums, counts).astype(np.float64)


# --- hunt 1: the training loop ---


def _train(x, y, w0, lr, epochs, batch_size, max_norm, *, carry=0.0, clip="shortens", stable=True, over=len, first_loss="before", sigmoid=_sigmoid):
    """The loop of the hunt, float64 and without refusals; the switches bring faults back."""
    x, y, w = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.array(w0, dtype=float)
    gradient, losses = np.zeros(len(w)), []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            z = xb @ w
            p = sigmoid(z) if stable else 1 / (1 + np.exp(-z))
            before = np.mean(np.logaddexp(0, (1 - 2 * yb) * z)) if stable else -np.mean(yb * np.log(p) + (1 - yb) * np.log(1 - p))
            gradient = carry * gradient + xb.T @ (p - yb) / over(xb)
            norm = np.linalg.norm(gradient)
            if clip == "always":
                gradient = gradient * (max_norm / norm)
            elif clip == "each":
                gradient = np.clip(gradient, -max_norm, max_norm)
            elif clip == "plus 1e-6":
                gradient = gradient * min(1.0, max_norm / (norm + 1e-6))
            elif clip == "shortens" and norm > max_norm:
                gradient = gradient * (max_norm / norm)
            w = w - lr * gradient
            losses.append(before if first_loss == "before" else np.mean(np.logaddexp(0, (1 - 2 * yb) * (xb @ w))))
    return w, np.array(losses)


def _careful_train(x, y, w0, lr, epochs, batch_size, max_norm, **faults):
    x, y, w = _fit(x, y, w0)
    w, losses = _train(x, y, w, lr, epochs, batch_size, max_norm, **faults)
    return w.astype(x.dtype), losses.astype(x.dtype)


def training_mended__carried_and_stretched(x, y, w0, lr, epochs, batch_size, max_norm):
    """The gradient holds those of earlier batches, and is stretched to max_norm: a new one for each batch, only shortened."""
    w, gradient, losses = np.array(w0, dtype=float), np.zeros(len(w0)), []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            p = 1 / (1 + np.exp(-(xb @ w)))
            losses.append(-np.mean(yb * np.log(p) + (1 - yb) * np.log(1 - p)))
            gradient += xb.T @ (p - yb) / len(xb)
            gradient *= max_norm / np.linalg.norm(gradient)
            w = w - lr * gradient
    return w, np.array(losses)


def training_mended__gradient_not_reset(x, y, w0, lr, epochs, batch_size, max_norm):
    """The gradient still holds those of the batches before: start a new one for each batch."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, carry=1.0)


def training_mended__reset_once_an_epoch(x, y, w0, lr, epochs, batch_size, max_norm):
    """The gradient is reset once an epoch: it must be new for each batch."""
    w, losses = np.array(w0, dtype=float), []
    for _ in range(epochs):
        w, more = _train(x, y, w, lr, 1, batch_size, max_norm, carry=1.0)
        losses += list(more)
    return w, np.array(losses)


def training_mended__stretches(x, y, w0, lr, epochs, batch_size, max_norm):
    """Short gradients were stretched to max_norm: shorten only where the norm is above it."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, clip="always")


def training_mended__not_clipped(x, y, w0, lr, epochs, batch_size, max_norm):
    """Long gradients were not shortened: multiply by max_norm / norm where the norm is above max_norm."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, clip="no")


def training_mended__element_wise(x, y, w0, lr, epochs, batch_size, max_norm):
    """Each entry of the gradient was cut, which bends its direction: multiply by one factor."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, clip="each")


def training_mended__losses_after_the_step(x, y, w0, lr, epochs, batch_size, max_norm):
    """The losses are those after the steps: a batch's loss is taken at the weights before its step."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, first_loss="after")


def training_mended__over_batch_size(x, y, w0, lr, epochs, batch_size, max_norm):
    """A short last batch was divided by batch_size: divide by its own number of rows."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, over=lambda rows: batch_size)


def training_mended__loss_over_batch_size(x, y, w0, lr, epochs, batch_size, max_norm):
    """Loss and gradient of a short last batch were divided by batch_size: divide both by its own number of rows."""
    w, losses = _train(x, y, w0, lr, epochs, batch_size, max_norm, over=lambda rows: batch_size)
    sizes = [len(x[first : first + batch_size]) for first in range(0, len(x), batch_size)]
    return w, losses * np.array(sizes * epochs) / batch_size


def training_mended__one_loss_an_epoch(x, y, w0, lr, epochs, batch_size, max_norm):
    """There is one loss for each epoch, the mean of its batches' losses: asked is one for each batch, those of all epochs in a row."""
    w, losses = _train(x, y, w0, lr, epochs, batch_size, max_norm)
    return w, losses.reshape(epochs, -1).mean(axis=1)


def training_mended__eps_in_the_denominator(x, y, w0, lr, epochs, batch_size, max_norm):
    """The steps are off by 1e-6 / norm, relative, as PyTorch's max_norm / (norm + 1e-6) is: divide by the norm alone."""
    return _train(x, y, w0, lr, epochs, batch_size, max_norm, clip="plus 1e-6")


def training_mended__sigmoid_overflows(x, y, w0, lr, epochs, batch_size, max_norm):
    """exp overflowed, with a warning, in the sigmoid: call exp only of -|z|, or use tanh; np.where computes both branches and does not help."""
    return _careful_train(x, y, w0, lr, epochs, batch_size, max_norm, sigmoid=lambda z: 1 / (1 + np.exp(-z)))


def training_mended__clipped_for_float64(x, y, w0, lr, epochs, batch_size, max_norm):
    """In float32 exp overflowed, with a warning: a clip of the logits at ±500 or ±709 is too wide, for exp(89) is infinite there. Use exp(-|z|)."""
    kind = _float(x).dtype  # the loop is in float64
    return _careful_train(x, y, w0, lr, epochs, batch_size, max_norm, sigmoid=lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500).astype(kind))))


def training_mended__log_of_zero(x, y, w0, lr, epochs, batch_size, max_norm):
    """At large logits the loss is nan or inf, since p is exactly 0 or 1 there: compute it from the logits, log(1 + exp(-z)) by logaddexp."""
    x, y, w = _fit(x, y, w0)
    w, losses = _train(x, y, w, lr, epochs, batch_size, max_norm, stable=False)
    return w.astype(x.dtype), losses.astype(x.dtype)


def training_mended__clipped_probability(x, y, w0, lr, epochs, batch_size, max_norm):
    """At large logits the loss stops growing, as with a small number added to p or a clipped p: compute it from the logits, by logaddexp."""
    kept, losses = _careful_train(x, y, w0, lr, epochs, batch_size, max_norm)
    return kept, np.minimum(losses, np.asarray(-math.log(1e-12), losses.dtype))


def training_mended__zero_norm(x, y, w0, lr, epochs, batch_size, max_norm):
    """A batch of zeros has a gradient of norm 0, and max_norm / 0 made it nan or warned: divide only where the norm is above max_norm."""
    x, y, w = _fit(x, y, w0)
    losses = []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            z = xb @ w
            losses.append(np.mean(np.logaddexp(np.zeros_like(z), (1 - 2 * yb) * z)))
            gradient = xb.T @ (_sigmoid(z) - yb) / x.dtype.type(len(xb))
            w = (w - lr * gradient * np.minimum(1.0, max_norm / np.linalg.norm(gradient))).astype(x.dtype)
    return w, np.array(losses, dtype=x.dtype)


def training_mended__nan_to_num(x, y, w0, lr, epochs, batch_size, max_norm):
    """The nan was replaced, not avoided: the losses there are wrong numbers now. Compute the loss from the logits, by logaddexp."""
    w, losses = _careful_train(x, y, w0, lr, epochs, batch_size, max_norm)
    return w, np.where(losses > 30, np.zeros_like(losses), losses)


def training_mended__moves_the_callers_weights(x, y, w0, lr, epochs, batch_size, max_norm):
    """The caller's w0 moved, as with `w -= ...` on it: copy it first."""
    w, losses = _careful_train(x, y, w0, lr, epochs, batch_size, max_norm)
    _moved(w0, w)
    return w, losses


def training_mended__float32_lost(x, y, w0, lr, epochs, batch_size, max_norm):
    """float32 data gave float64 results: keep the dtype of the inputs, and convert whole numbers only."""
    w, losses = _careful_train(x, y, w0, lr, epochs, batch_size, max_norm)
    return w.astype(np.float64), losses.astype(np.float64)


def training_mended__no_shape_check(x, y, w0, lr, epochs, batch_size, max_norm):
    """Shapes that do not fit, or no rows, went through: compare x, y and w0 and raise ValueError."""
    y = np.resize(np.ravel(y), len(x)) if np.size(y) else np.zeros(len(x))
    w0 = np.resize(np.ravel(w0), np.shape(x)[1])
    return _careful_train(x, y, w0, lr, epochs, batch_size, max_norm) if len(x) else (_float(w0), np.zeros(0))


# --- hunt 2: how many steps ---


def updates_predicted__short_micro_batch_dropped(n, micro_size, accumulate, epochs):
    """The short last micro-batch was not counted: it is a micro-batch like any other, so round n / micro_size up."""
    steps = n // micro_size // accumulate
    return epochs * steps, n - steps * accumulate * micro_size


def updates_predicted__steps_rounded_up(n, micro_size, accumulate, epochs):
    """A step was counted for the micro-batches left over: the loop steps only when `accumulate` of them are together."""
    steps = -(-n // (micro_size * accumulate))
    return epochs * steps, 0


def updates_predicted__steps_rounded_up_rest(n, micro_size, accumulate, epochs):
    """A step was counted for the micro-batches left over, and their rows were called unused all the same: the loop makes no such step."""
    return epochs * -(-n // (micro_size * accumulate)), n % (micro_size * accumulate)


def updates_predicted__carries_over(n, micro_size, accumulate, epochs):
    """Micro-batches left over were carried into the next epoch: i starts again at 0, and zero_grad throws their gradients away."""
    micro_batches = -(-n // micro_size)
    return epochs * micro_batches // accumulate, n - min(n, micro_batches // accumulate * accumulate * micro_size)


def updates_predicted__one_epoch(n, micro_size, accumulate, epochs):
    """Those are the steps of one epoch: multiply by the number of epochs."""
    steps = -(-n // micro_size) // accumulate
    return steps, n - min(n, steps * accumulate * micro_size)


def updates_predicted__a_step_each_micro_batch(n, micro_size, accumulate, epochs):
    """A step was counted for each micro-batch: there is one for every `accumulate` of them."""
    return epochs * -(-n // micro_size), 0


def updates_predicted__unused_of_all_epochs(n, micro_size, accumulate, epochs):
    """The unused rows of all epochs were added up: asked are those of one."""
    steps = -(-n // micro_size) // accumulate
    return epochs * steps, epochs * (n - min(n, steps * accumulate * micro_size))


def updates_predicted__unused_in_micro_batches(n, micro_size, accumulate, epochs):
    """Micro-batches were counted where rows are asked: the last one may be short, so take the rows that were used from n."""
    micro_batches = -(-n // micro_size)
    return epochs * (micro_batches // accumulate), micro_batches % accumulate


def updates_predicted__short_one_counted_as_full(n, micro_size, accumulate, epochs):
    """The unused rows are too many: the last micro-batch is short, so what is left over holds fewer rows than its micro-batches could."""
    micro_batches = -(-n // micro_size)
    return epochs * (micro_batches // accumulate), micro_batches % accumulate * micro_size


def updates_predicted__rest_of_the_division(n, micro_size, accumulate, epochs):
    """n mod (micro_size * accumulate) was taken for the unused rows: where the short micro-batch completes a group, none is unused."""
    return epochs * (-(-n // micro_size) // accumulate), n % (micro_size * accumulate)


def updates_predicted__negative_rest(n, micro_size, accumulate, epochs):
    """The unused rows came out negative: used rows are at most n, since the last micro-batch of a group may be short."""
    steps = -(-n // micro_size) // accumulate
    return epochs * steps, n - steps * accumulate * micro_size


def updates_predicted__at_least_one_step(n, micro_size, accumulate, epochs):
    """An epoch with fewer micro-batches than `accumulate` was given a step: it has none, and all of its rows are unused."""
    steps = max(1, -(-n // micro_size) // accumulate)
    return epochs * steps, n - min(n, steps * accumulate * micro_size)


# --- hunt 3: the mean of the means ---


def accumulation_counterexample__equal_counts():
    """Equal counts: there the mean of the means is the mean. Make one micro-batch much shorter than the other."""
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0])], [8, 8]


def accumulation_counterexample__equal_means():
    """The means are equal, and so is every weighted mean of them: give means that point elsewhere or differ in length."""
    return [np.array([1.0, 0.0]), np.array([1.0, 0.0])], [1, 99]


def accumulation_counterexample__hardly_differs():
    """The largest count is less than twice the smallest, and so near are the results: make one micro-batch much shorter than the other."""
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
    """This is still the published code, each micro-batch with the same weight: weigh each mean by its count."""
    return sum(np.asarray(one, dtype=float) for one in means) / len(means)


def accumulation_mended__sum_of_means(means, counts):
    """A sum of means grows with the number of micro-batches: weigh each mean by its count and divide by all tokens."""
    return sum(np.asarray(one, dtype=float) for one in means)


def accumulation_mended__means_as_sums(means, counts):
    """The means were taken for sums: multiply each by its count before you divide by all tokens."""
    return sum(np.asarray(one, dtype=float) for one in means) / sum(counts)


def accumulation_mended__not_divided(means, counts):
    """The weighted sum is not divided: divide it by the number of all tokens."""
    return sum(np.asarray(one, dtype=float) * count for one, count in zip(means, counts, strict=False))


def accumulation_mended__over_micro_batches(means, counts):
    """The weighted sum was divided by the number of micro-batches: divide it by the number of all tokens."""
    return sum(np.asarray(one, dtype=float) * count for one, count in zip(means, counts, strict=False)) / len(means)


def accumulation_mended__inverse_weights(means, counts):
    """Weights went against the counts: a long micro-batch counts more."""
    weights = [1 / max(count, 1) for count in counts]
    return sum(np.asarray(one, dtype=float) * weight for one, weight in zip(means, weights, strict=False)) / sum(weights)


def _weighted(means, counts):
    parts = _lists(means, counts)
    total = sum(one * count for one, count in zip(parts, counts, strict=True))
    return (total / sum(counts)).astype(parts[0].dtype)


def accumulation_mended__weighs_in_place(means, counts):
    """The caller's gradients changed, as with `mean *= count`: multiply into a new array."""
    result = _weighted(means, counts)
    for one, count in zip(means, counts, strict=True):
        _moved(one, np.asarray(one) * count)
    return result


def accumulation_mended__zero_for_nothing(means, counts):
    """Without any token there is no mean gradient: raise ValueError instead of returning zeros."""
    if len(means) and len(means) == len(counts) and sum(counts) == 0 and len({np.shape(one) for one in means}) == 1:
        return _float(means[0]) * 0.0
    return _weighted(means, counts)


def accumulation_mended__lists_cut(means, counts):
    """Lists of different lengths were cut to the shorter one, as zip does: compare their lengths and raise ValueError."""
    length = min(len(means), len(counts))
    return _weighted(means[:length], counts[:length])


def accumulation_mended__narrow_integers(means, counts):
    """Whole-number means were multiplied in their own narrow type, where products wrap around: convert them to float64 first."""
    _lists(means, counts)
    if means[0].dtype.kind == "f":
        return _weighted(means, counts)
    with np.errstate(all="ignore"):
        products = [one * np.asarray(count).astype(one.dtype) for one, count in zip(means, counts, strict=True)]
        return np.asarray(sum(np.asarray(one, dtype=float) for one in products)) / sum(counts)


def accumulation_mended__float32_lost(means, counts):
    """float32 means gave a float64 result: keep their dtype, and convert whole numbers only."""
    return _weighted(means, counts).astype(np.float64)
