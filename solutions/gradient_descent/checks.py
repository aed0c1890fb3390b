"""Checks of the lesson gradient_descent: for each exercise its oracle, which goes row by row and step by step, its makers and its tests."""

import math

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse, sparing
from grader.judging.compare import dtypes

# --- shared -----------------------------------------------------------------------------------------------------------


def whole(rng, low, high, shape):
    """Whole numbers, with both bounds among them where there is room."""
    numbers = rng.integers(low, high + 1, shape)
    if numbers.size > 1:
        numbers.flat[0], numbers.flat[-1] = high, low
    return numbers


def rows(rng, n, d):
    x = rng.normal(0, 1, (n, d))
    return x, x @ rng.normal(0, 1, d) + rng.normal(0, 0.3, n)


# --- gradient_descent -------------------------------------------------------------------------------------------------


def gradient_descent_by_hand(grad, w0, lr, steps):
    path = [np.asarray(w0, dtype=np.float64)]
    for _ in range(steps):
        path.append(path[-1] - lr * np.asarray(grad(path[-1])))
    return path[-1], np.stack(path)


def bowl(curvature, centre):
    """The gradient of a quadratic bowl, in the dtype it is asked in."""

    def grad(w):
        return np.asarray(curvature * (w - centre), dtype=w.dtype)  # an array, for a 0-d w too

    grad.formula = f"lambda w: {_written(curvature)} * (w - {_written(centre)})"
    return grad


def _written(value):
    return f"np.array({np.round(value, 6).tolist()})" if np.ndim(value) else f"{value:g}"


def gradient_descent_bowls(rng):
    """Quadratic bowls, the smallest of one weight and one step."""
    yield "one weight, one step", bowl(1.0, 3.0), np.array([1.0]), 0.5, 1
    yield "three weights, 7 steps", bowl(rng.uniform(0.5, 3, 3).round(3), rng.normal(0, 2, 3).round(3)), rng.normal(0, 2, 3), 0.3, 7
    curvature, centre = rng.uniform(0.5, 2, (2, 3)).round(3), rng.normal(0, 1, (2, 3)).round(3)
    yield "a matrix of weights, 4 steps", bowl(curvature, centre), rng.normal(0, 2, (2, 3)), 0.4, 4


def gradient_descent_standing_still(rng):
    yield "no step", bowl(1.0, 3.0), np.array([1.0, -2.0]), 0.5, 0
    yield "no step, a single number", bowl(1.0, 3.0), np.array(2.5), 0.5, 0
    yield "no step, a matrix", bowl(1.0, 3.0), rng.normal(0, 1, (2, 2)), 0.5, 0


def gradient_descent_at_the_minimum(rng):
    yield "from the minimum, 4 steps", bowl(1.0, 3.0), np.array([3.0]), 0.5, 4
    yield "from a point close to it, 6 steps", bowl(1.0, 0.0), np.array([3e-7, -2e-7]), 0.3, 6
    yield "a single number, 3 steps", bowl(2.0, 1.0), np.array(4.0), 0.25, 3


def gradient_descent_small(rng):
    yield "four weights, 2 steps", bowl(rng.uniform(0.5, 2, (2, 2)).round(3), rng.normal(0, 1, (2, 2)).round(3)), rng.normal(0, 2, (2, 2)), 0.4, 2


def gradient_descent_whole(rng):
    yield "weights up to 255", bowl(0.7, 1.5), whole(rng, 0, 255, 4), 0.3, 3
    yield "weights from -128 to 127", bowl(0.7, 1.5), whole(rng, -128, 127, (2, 2)), 0.3, 3


def gradient_descent_no_weights(rng):
    yield "no weights", bowl(1.0, 0.0), np.zeros(0), 0.5, 2
    yield "no weights, two columns", bowl(1.0, 0.0), np.zeros((0, 2)), 0.5, 2


@points(2)
def test_gradient_descent(gradient_descent, draw):
    """Each step goes against the gradient at the new place, and history holds every place from w0 on."""
    agree(gradient_descent, draw(gradient_descent_bowls, gradient_descent_by_hand))


@points(1)
def test_gradient_descent_no_step(gradient_descent, draw):
    """Without a step w is a copy of w0 and history holds w0 alone."""
    contract(gradient_descent, draw, gradient_descent_standing_still, gradient_descent_by_hand)


@points(1)
def test_gradient_descent_all_steps(gradient_descent, draw):
    """All steps are taken, also at a minimum and close to one."""
    agree(gradient_descent, draw(gradient_descent_at_the_minimum, gradient_descent_by_hand), rtol=1e-6, atol=1e-12)


@points(1)
def test_gradient_descent_contract(gradient_descent, draw):
    """float32 stays float32, whole numbers are computed in float64; w0 stays as it was, no result shares its memory; grad is called once a step."""
    contract(gradient_descent, draw, gradient_descent_small, gradient_descent_by_hand, floats=(1,))
    contract(gradient_descent, draw, gradient_descent_whole, gradient_descent_by_hand, labels=(1,))
    sparing(gradient_descent, draw(gradient_descent_small, gradient_descent_by_hand), lambda grad, w0, lr, steps: steps)


@points(1)
def test_gradient_descent_empty(gradient_descent, draw):
    """No weights: ValueError."""
    refuse(gradient_descent, draw(gradient_descent_no_weights))


# --- minibatch_gd -----------------------------------------------------------------------------------------------------


def minibatch_gd_by_hand(x, y, w0, lr, epochs, batch_size):
    w = np.asarray(w0, dtype=np.float64)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            batch = range(first, min(first + batch_size, len(x)))
            wide = [np.asarray(x[i], dtype=np.float64) for i in batch]
            w = w - lr * sum((float(row @ w) - float(y[i])) * row for i, row in zip(batch, wide, strict=True)) / len(batch)
    return w


def minibatch_gd_even(rng):
    """The rows divide into batches without a remainder."""
    yield "two rows, one batch", np.array([[1.0], [2.0]]), np.array([1.0, 3.0]), np.array([0.5]), 0.1, 1, 2
    for n, d, size in ((6, 2, 3), (12, 3, 4)):
        yield f"{n} rows in batches of {size}", *rows(rng, n, d), rng.normal(0, 1, d), 0.1, 3, size


def minibatch_gd_ragged(rng):
    for n, d, size in ((5, 2, 2), (11, 3, 4), (3, 2, 8)):
        yield f"{n} rows in batches of {size}", *rows(rng, n, d), rng.normal(0, 1, d), 0.15, 2, size


def minibatch_gd_nothing_to_do(rng):
    x, y, w0 = *rows(rng, 6, 2), rng.normal(0, 1, 2)
    y[:3] = x[:3] @ w0
    yield "a first batch that fits", x, y, w0, 0.2, 2, 3
    yield "no epochs", *rows(rng, 4, 2), rng.normal(0, 1, 2), 0.1, 0, 2
    yield "weights that fit already", np.array([[1.0], [2.0]]), np.array([3.0, 6.0]), np.array([3.0]), 0.1, 2, 1


def minibatch_gd_few(rng):
    yield "6 rows in batches of 3", *rows(rng, 6, 2), rng.normal(0, 2, 2), 0.1, 2, 3


def minibatch_gd_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, (4, 2)), whole(rng, 0, 255, 4), whole(rng, 0, 255, 2), 1e-5, 2, 2
    yield "numbers from -128 to 127", whole(rng, -128, 127, (5, 2)), whole(rng, -128, 127, 5), whole(rng, -128, 127, 2), 1e-5, 2, 2


def minibatch_gd_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.ones(2), np.zeros(2), 0.1, 1, 2
    yield "y of one entry", np.ones((3, 2)), np.ones(1), np.zeros(2), 0.1, 1, 2
    yield "y too long", np.ones((3, 2)), np.ones(4), np.zeros(2), 0.1, 1, 2
    yield "w0 too long", np.ones((3, 2)), np.ones(3), np.zeros(3), 0.1, 1, 2
    yield "w0 a column", np.ones((3, 2)), np.ones(3), np.zeros((2, 1)), 0.1, 1, 2
    yield "y a column", np.ones((3, 2)), np.ones((3, 1)), np.zeros(2), 0.1, 1, 2
    yield "no rows", np.zeros((0, 2)), np.zeros(0), np.zeros(2), 0.1, 1, 2


@points(2)
def test_minibatch_gd(minibatch_gd, draw):
    """One step for each batch, in order, against the mean gradient of its rows."""
    agree(minibatch_gd, draw(minibatch_gd_even, minibatch_gd_by_hand))


@points(1)
def test_minibatch_gd_ragged(minibatch_gd, draw):
    """A short last batch counts, averaged over its own rows; a batch may be larger than the data."""
    agree(minibatch_gd, draw(minibatch_gd_ragged, minibatch_gd_by_hand))


@points(1)
def test_minibatch_gd_nothing_to_do(minibatch_gd, draw):
    """A batch that fits ends nothing, and without epochs a copy of w0 comes back."""
    contract(minibatch_gd, draw, minibatch_gd_nothing_to_do, minibatch_gd_by_hand)


@points(1)
def test_minibatch_gd_contract(minibatch_gd, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(minibatch_gd, draw, minibatch_gd_few, minibatch_gd_by_hand, floats=(0, 1, 2), rtol32=2e-4)
    contract(minibatch_gd, draw, minibatch_gd_whole, minibatch_gd_by_hand, labels=(0, 1, 2))


@points(1)
def test_minibatch_gd_shapes(minibatch_gd, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(minibatch_gd, draw(minibatch_gd_misfits))


# --- logistic_regression ----------------------------------------------------------------------------------------------


def logistic_regression_by_hand(x, y, lr, steps, l2):
    x, y, w, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        z = x @ w + b
        p = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
        w, b = w - lr * (x.T @ (p - y) / len(y) + l2 * w), b - lr * float(np.mean(p - y))
    return w, b


def classes(rng, n, d):
    """Noisy classes, an odd number of rows away from half positives, so that the bias has something to do."""
    x = rng.normal(0, 1, (n, d))
    y = np.zeros(n, dtype=np.int64)
    y[np.argsort(x[:, 0] + rng.normal(0, 1, n))[n // 3 + 1 :]] = 1
    return x, y


def logistic_regression_two_classes(rng):
    """Noisy classes with a fraction of positives other than one half."""
    yield "three rows, one step", np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 1]), 0.5, 1, 0.0
    yield "12 rows, 20 steps", *classes(rng, 12, 2), 0.5, 20, 0.0
    yield "30 rows, 15 steps, l2", *classes(rng, 30, 4), 0.4, 15, 0.3


def logistic_regression_short_steps(rng):
    yield "12 rows, 20 steps of learning rate 1e-7", *classes(rng, 12, 2), 1e-7, 20, 0.1
    yield "no step", *classes(rng, 8, 2), 0.4, 0, 0.3


def logistic_regression_few(rng):
    yield "8 rows, 5 steps, l2", *classes(rng, 8, 2), 0.4, 5, 0.3


def logistic_regression_whole(rng):
    x, y = classes(rng, 6, 2)
    yield "numbers up to 255", np.abs(np.rint(x * 60)).clip(0, 255).astype(np.int64), y, 1e-3, 4, 0.1
    yield "numbers from -128 to 127", np.rint(x * 60).clip(-128, 127).astype(np.int64), y, 1e-3, 4, 0.1
    yield "whole numbers and no step", np.array([[3, 1], [2, 5]]), np.array([0, 1]), 1e-3, 0, 0.1


def logistic_regression_extremes(rng):
    yield "separable, 30 steps", np.array([[-1.0], [-2.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]), 50.0, 30, 0.0
    yield "logits of a thousand", np.array([[-40.0], [50.0], [30.0]]), np.array([0, 1, 0]), 30.0, 6, 0.0


def logistic_regression_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.array([0, 1]), 0.1, 1, 0.0
    yield "y of one entry", np.ones((3, 2)), np.array([1]), 0.1, 1, 0.0
    yield "y a column", np.ones((3, 2)), np.array([[0], [1], [1]]), 0.1, 1, 0.0
    yield "x a single row", np.ones(3), np.array([0, 1, 1]), 0.1, 1, 0.0
    yield "no rows", np.zeros((0, 2)), np.zeros(0, dtype=np.int64), 0.1, 1, 0.0


@points(2)
def test_logistic_regression(logistic_regression, draw):
    """Full-batch descent from zeros on the mean log-loss plus half l2 times the squared weights; the bias is not penalised."""
    agree(logistic_regression, draw(logistic_regression_two_classes, logistic_regression_by_hand))


@points(1)
def test_logistic_regression_extreme(logistic_regression, draw):
    """It stays finite, without a warning, on separable data and at logits of a thousand, in float32 too."""
    contract(logistic_regression, draw, logistic_regression_extremes, logistic_regression_by_hand, floats=(0,), rtol32=5e-4)


@points(1)
def test_logistic_regression_short_steps(logistic_regression, draw):
    """Exactly as many steps as asked, however short they are; none leaves zeros."""
    agree(logistic_regression, draw(logistic_regression_short_steps, logistic_regression_by_hand), rtol=1e-6, atol=1e-12)


@points(1)
def test_logistic_regression_contract(logistic_regression, draw):
    """float32 stays float32, whole numbers are computed in float64, labels of any dtype, any layout; inputs stay as they were."""
    contract(logistic_regression, draw, logistic_regression_few, logistic_regression_by_hand, floats=(0,), labels=(1,), rtol32=5e-4)
    contract(logistic_regression, draw, logistic_regression_whole, logistic_regression_by_hand, labels=(0, 1))


@points(1)
def test_logistic_regression_shapes(logistic_regression, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(logistic_regression, draw(logistic_regression_misfits))


# --- momentum_step ----------------------------------------------------------------------------------------------------


def momentum_step_by_hand(w, g, v, lr, mu):
    w, g, v = (np.asarray(a, dtype=np.float64) for a in (w, g, v))
    v = np.vectorize(lambda one, slope: mu * one + slope)(v, g)
    return w - lr * v, v


def momentum_step_pushes(rng):
    """Weights, gradients and velocities, none of them zero."""
    yield "one weight", np.array([1.0]), np.array([0.5]), np.array([2.0]), 0.1, 0.9
    for shape in ((4,), (2, 3)):
        yield f"weights of shape {shape}", rng.normal(0, 1, shape), rng.normal(0, 1, shape), rng.normal(0, 1, shape), 0.2, 0.7


def momentum_step_at_rest(rng):
    yield "mu 0", rng.normal(0, 1, 3), rng.normal(0, 1, 3), rng.normal(0, 1, 3), 0.2, 0.0
    yield "no velocity yet", rng.normal(0, 1, 3), rng.normal(0, 1, 3), np.zeros(3), 0.2, 0.9
    yield "no gradient", rng.normal(0, 1, 3), np.zeros(3), rng.normal(0, 1, 3), 0.2, 0.9
    yield "nothing moves", rng.normal(0, 1, 3), np.zeros(3), np.zeros(3), 0.2, 0.9


def momentum_step_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, 4), whole(rng, 0, 255, 4), whole(rng, 0, 255, 4), 0.5, 1.0
    yield "numbers from -128 to 127", whole(rng, -128, 127, 4), whole(rng, -128, 127, 4), whole(rng, -128, 127, 4), 1.0, 0.5
    yield "all of them whole", whole(rng, 0, 255, 4), whole(rng, 0, 255, 4), whole(rng, 0, 255, 4), 1, 1


def momentum_step_misfits(rng):
    yield "a gradient of another shape", np.zeros(3), np.zeros(2), np.zeros(3), 0.1, 0.9
    yield "a velocity that would broadcast", np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(3), 0.1, 0.9
    yield "a gradient that would broadcast", np.zeros((2, 3)), np.zeros((2, 1)), np.zeros((2, 3)), 0.1, 0.9
    yield "weights that would broadcast", np.zeros(1), np.zeros(3), np.zeros(3), 0.1, 0.9
    yield "no weights", np.zeros(0), np.zeros(0), np.zeros(0), 0.1, 0.9


@points(2)
def test_momentum_step(momentum_step, draw):
    """v = mu * v + g, then w = w - lr * v; both come back, w first."""
    agree(momentum_step, draw(momentum_step_pushes, momentum_step_by_hand))


@points(1)
def test_momentum_step_at_rest(momentum_step, draw):
    """mu 0, no velocity or no gradient: the results are new arrays then, too."""
    contract(momentum_step, draw, momentum_step_at_rest, momentum_step_by_hand)


@points(1)
def test_momentum_step_contract(momentum_step, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(momentum_step, draw, momentum_step_pushes, momentum_step_by_hand, floats=(0, 1, 2))
    contract(momentum_step, draw, momentum_step_whole, momentum_step_by_hand, labels=(0, 1, 2))


@points(1)
def test_momentum_step_shapes(momentum_step, draw):
    """w, g and v of different shapes, or without entries: ValueError."""
    refuse(momentum_step, draw(momentum_step_misfits))


# --- adam -------------------------------------------------------------------------------------------------------------


def adam_moments(grads, t, beta1, beta2):
    """Both corrected moments of the first t gradients, as weighted sums."""
    past = [np.asarray(g, dtype=np.float64) for g in grads[:t]]
    m = sum((1 - beta1) * beta1 ** (t - i) * g for i, g in enumerate(past, 1)) / (1 - beta1**t)
    v = sum((1 - beta2) * beta2 ** (t - i) * g**2 for i, g in enumerate(past, 1)) / (1 - beta2**t)
    return m, v


def adam_by_hand(w0, grads, lr, beta1, beta2, eps):
    w = np.asarray(w0, dtype=np.float64)
    for t in range(1, len(grads) + 1):
        m, v = adam_moments(grads, t, beta1, beta2)
        w = w - lr * m / (np.sqrt(v) + eps)
    return w


def adam_runs(rng):
    """A few gradients of different sizes; betas that are not the usual ones."""
    yield "one step", np.array([1.0, -1.0]), [np.array([0.5, -3.0])], 0.1, 0.9, 0.999, 1e-8
    for shape, steps in (((3,), 4), ((2, 2), 7)):
        yield f"{steps} steps, shape {shape}", rng.normal(0, 1, shape), [rng.normal(0, 2, shape) for _ in range(steps)], 0.05, 0.8, 0.95, 1e-6


def adam_tiny(rng):
    yield "a gradient of 1e-6", np.array([1.0]), [np.array([1e-6])], 0.1, 0.9, 0.999, 1e-8
    yield "gradients of 1e-7, twice", np.array([0.0]), [np.array([1e-7]), np.array([2e-7])], 0.1, 0.999, 0.99, 1e-8


def adam_zeros(rng):
    yield "a gradient of zeros", np.array([1.0, 2.0]), [np.zeros(2), np.zeros(2)], 0.1, 0.9, 0.999, 1e-8
    yield "zeros before a gradient", rng.normal(0, 1, 2), [np.zeros(2), rng.uniform(1, 2, 2)], 0.1, 0.9, 0.99, 1e-8
    yield "zeros behind gradients", rng.normal(0, 1, 2), [rng.uniform(1, 2, 2), np.zeros(2), np.zeros(2)], 0.1, 0.9, 0.99, 1e-8


def adam_no_gradients(rng):
    yield "no gradients", rng.normal(0, 2, 3), [], 0.1, 0.9, 0.999, 1e-8


def adam_short(rng):
    yield "3 steps, shape (2, 2)", rng.normal(0, 2, (2, 2)), [rng.normal(0, 2, (2, 2)) for _ in range(3)], 0.05, 0.8, 0.95, 1e-6


def adam_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, 3), [whole(rng, 1, 255, 3), whole(rng, 1, 255, 3)], 0.05, 0.8, 0.95, 1e-6
    yield "numbers from -128 to 127", whole(rng, -128, 127, 3), [whole(rng, -128, 127, 3) | 1, whole(rng, -128, 127, 3) | 1], 0.05, 0.8, 0.95, 1e-6


def adam_misfits(rng):
    yield "a gradient of another shape", np.zeros(3), [np.ones(3), np.ones(2)], 0.1, 0.9, 0.999, 1e-8
    yield "a gradient that would broadcast", np.zeros((2, 3)), [np.ones(3)], 0.1, 0.9, 0.999, 1e-8
    yield "weights that would broadcast", np.zeros(1), [np.ones(3)], 0.1, 0.9, 0.999, 1e-8
    yield "no weights", np.zeros(0), [np.zeros(0)], 0.1, 0.9, 0.999, 1e-8
    yield "no weights and no gradients", np.zeros(0), [], 0.1, 0.9, 0.999, 1e-8


@points(2)
def test_adam(adam, draw):
    """One bias-corrected step for each gradient, counted from 1."""
    agree(adam, draw(adam_runs, adam_by_hand))


@points(1)
def test_adam_tiny(adam, draw):
    """eps stands outside the root, so that tiny gradients still move the weights."""
    agree(adam, draw(adam_tiny, adam_by_hand))


@points(1)
def test_adam_zeros(adam, draw):
    """Gradients of zeros make steps by the old moments alone, without a warning."""
    contract(adam, draw, adam_zeros, adam_by_hand)


@points(1)
def test_adam_contract(adam, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay; without gradients a float copy of w0."""
    contract(adam, draw, adam_short, adam_by_hand, floats=(0, 1))
    contract(adam, draw, adam_whole, adam_by_hand, labels=(0, 1))
    contract(adam, draw, adam_no_gradients, adam_by_hand, floats=(0,))


@points(1)
def test_adam_shapes(adam, draw):
    """A gradient of another shape than w0, or no weights: ValueError."""
    refuse(adam, draw(adam_misfits))


# --- adamw ------------------------------------------------------------------------------------------------------------


def adamw_by_hand(w0, grads, lr, beta1, beta2, eps, decay):
    w = np.asarray(w0, dtype=np.float64)
    for t in range(1, len(grads) + 1):
        m, v = adam_moments(grads, t, beta1, beta2)
        w = w - lr * m / (np.sqrt(v) + eps) - lr * decay * w
    return w


def adamw_runs(rng):
    """Weights and gradients of several sizes, and a decay that one sees."""
    yield "one step", np.array([1.0, -2.0]), [np.array([0.5, 3.0])], 0.1, 0.9, 0.999, 1e-8, 0.5
    for shape, steps in (((3,), 4), ((2, 2), 7)):
        grads = [rng.normal(0, 2, shape) for _ in range(steps)]
        yield f"{steps} steps, shape {shape}", rng.normal(0, 1, shape) + 2, grads, 0.05, 0.8, 0.95, 1e-6, 0.3


def adamw_tiny(rng):
    yield "a gradient of 1e-6", np.array([1.0]), [np.array([1e-6])], 0.1, 0.9, 0.999, 1e-8, 0.2
    yield "gradients of 1e-7, twice", np.array([0.5]), [np.array([1e-7]), np.array([2e-7])], 0.1, 0.999, 0.99, 1e-8, 0.2


def adamw_zeros(rng):
    yield "gradients of zeros", np.array([1.0, 2.0]), [np.zeros(2), np.zeros(2)], 0.1, 0.9, 0.999, 1e-8, 0.5
    yield "zeros behind a gradient", rng.normal(0, 1, 2), [rng.uniform(1, 2, 2), np.zeros(2)], 0.1, 0.9, 0.99, 1e-8, 0.5
    yield "no decay", rng.normal(0, 1, 2), [rng.uniform(1, 2, 2), rng.uniform(1, 2, 2)], 0.1, 0.9, 0.99, 1e-8, 0.0


def adamw_no_gradients(rng):
    yield "no gradients", rng.normal(0, 2, 3), [], 0.1, 0.9, 0.999, 1e-8, 0.5


def adamw_short(rng):
    yield "3 steps, shape (2, 2)", rng.normal(0, 2, (2, 2)), [rng.normal(0, 2, (2, 2)) for _ in range(3)], 0.05, 0.8, 0.95, 1e-6, 0.3


def adamw_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, 3), [whole(rng, 1, 255, 3), whole(rng, 1, 255, 3)], 0.05, 0.8, 0.95, 1e-6, 0.3
    low = [whole(rng, -128, 127, 3) | 1, whole(rng, -128, 127, 3) | 1]
    yield "numbers from -128 to 127", whole(rng, -128, 127, 3), low, 0.05, 0.8, 0.95, 1e-6, 2


def adamw_misfits(rng):
    for name, *args in adam_misfits(rng):
        yield name, *args, 0.1


@points(2)
def test_adamw(adamw, draw):
    """Adam's step, and lr * decay * w off the weights before it; the decay stays out of the moments."""
    agree(adamw, draw(adamw_runs, adamw_by_hand))


@points(1)
def test_adamw_tiny(adamw, draw):
    """eps stands outside the root, so that tiny gradients still move the weights."""
    agree(adamw, draw(adamw_tiny, adamw_by_hand))


@points(1)
def test_adamw_zeros(adamw, draw):
    """With gradients of zeros the decay works alone, without decay it is Adam; no warning."""
    contract(adamw, draw, adamw_zeros, adamw_by_hand)


@points(1)
def test_adamw_contract(adamw, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay; without gradients a float copy of w0."""
    contract(adamw, draw, adamw_short, adamw_by_hand, floats=(0, 1))
    contract(adamw, draw, adamw_whole, adamw_by_hand, labels=(0, 1))
    contract(adamw, draw, adamw_no_gradients, adamw_by_hand, floats=(0,))


@points(1)
def test_adamw_shapes(adamw, draw):
    """A gradient of another shape than w0, or no weights: ValueError."""
    refuse(adamw, draw(adamw_misfits))


# --- clip_by_global_norm ----------------------------------------------------------------------------------------------


def clip_by_hand(grads, max_norm):
    norm = math.hypot(*(float(value) for g in grads for value in g.ravel()))
    factor = max_norm / norm if norm > max_norm else 1.0
    return [np.array([float(value) * factor for value in g.ravel()], dtype=g.dtype).reshape(g.shape) for g in grads]


def scaled(arrays, norm):
    """The arrays, with a common norm as given."""
    now = math.sqrt(sum(float(np.sum(a**2)) for a in arrays))
    return [a * (norm / now) for a in arrays]


def clip_by_global_norm_long(rng):
    """Lists whose norm is above the limit; no array alone has all of it."""
    yield "3, 4 and a limit of 1", [np.array([3.0, 4.0])], 1.0
    yield "two arrays", scaled([rng.uniform(1, 2, (2, 3)), -rng.uniform(1, 2, 4)], 4.0), 0.7
    yield "a large one and a small one", scaled([rng.uniform(5, 9, 3), rng.normal(0, 0.1, (2, 2)), np.array([5.0])], 3.0), 2.5


def clip_by_global_norm_short(rng):
    yield "below the limit", [np.array([0.3, -0.4]), np.array([[0.1]])], 2.0
    yield "just below the limit", scaled([rng.normal(0, 1, 3), rng.normal(0, 1, (2, 2))], 0.999), 1.0
    yield "each below, together above", [np.array([0.6, 0.0]), np.array([0.8])], 0.9
    yield "exactly at the limit", [np.array([3.0, 4.0])], 5.0


def clip_by_global_norm_zeros(rng):
    yield "all zeros", [np.zeros(3), np.zeros((2, 2))], 1.0
    yield "zeros among others", [np.zeros(3), rng.uniform(1, 2, 2)], 0.5
    yield "an array without entries", [np.zeros((0, 2)), rng.uniform(1, 2, 2)], 0.5


def clip_by_global_norm_ranges(rng):
    yield "float16, 300 and 400", [np.array([300, 400], dtype=np.float16)], 5.0
    yield "float32, 3e25 and 4e25", [np.array([3e25, 4e25], dtype=np.float32)], 5.0
    yield "float32, 1e-25", [np.array([3e-25, 4e-25], dtype=np.float32)], 1e-25
    yield "float64, 1e99", [np.array([3e99, -4e99])], 5.0
    parts = [rng.uniform(100, 300, 3).astype(np.float16), rng.uniform(100, 300, (2, 2)).astype(np.float32), rng.uniform(100, 300, 2)]
    yield "three widths in one list", parts, 10.0


def clip_by_global_norm_none(rng):
    yield "an empty list", [], 1.0
    yield "an array without entries", [np.zeros(0)], 1.0
    yield "two arrays without entries", [np.zeros((0, 2)), np.zeros(0)], 1.0


@points(2)
def test_clip_by_global_norm(clip_by_global_norm, draw):
    """All arrays are shortened by one factor, so that their common norm is max_norm."""
    agree(clip_by_global_norm, draw(clip_by_global_norm_long, clip_by_hand), rtol=1e-5)


@points(1)
def test_clip_by_global_norm_short(clip_by_global_norm, draw):
    """Gradients whose common norm is at most max_norm come back as they were."""
    agree(clip_by_global_norm, draw(clip_by_global_norm_short, clip_by_hand), rtol=1e-5)


@points(1)
def test_clip_by_global_norm_exact(clip_by_global_norm, draw):
    """The factor is max_norm / norm, with nothing added to the norm: right to a relative 1e-7."""
    agree(clip_by_global_norm, draw(clip_by_global_norm_long, clip_by_hand))


@points(1)
def test_clip_by_global_norm_ranges(clip_by_global_norm, draw):
    """The squares overflow in no dtype, and each array keeps its own."""
    cases = draw(clip_by_global_norm_ranges, clip_by_hand)
    contract(clip_by_global_norm, draw, clip_by_global_norm_long, clip_by_hand, floats=(0,), integers=False)
    for case, reply in clip_by_global_norm.replies(cases):
        if reply.kind != "value":
            clip_by_global_norm.no_value(case, reply)
        call, got = clip_by_global_norm.text(case), reply.value
        warned = f" warned: RuntimeWarning: {reply.warned[0]}." if reply.warned else ""
        close = len(got) == len(case.expected) and all(
            np.shape(one) == other.shape and np.allclose(np.asarray(one, np.float64), other.astype(np.float64), rtol=2e-3, atol=0)
            for one, other in zip(got, case.expected, strict=True)
        )
        if not close or dtypes(list(got)) != dtypes(case.expected):
            text = f"{call} gave {show_all(got)}; expected {show_all(case.expected)}."
            raise Wrong(text + (warned and f" It{warned}"), case=case.name, expected=case.expected, got=got)
        if warned:
            raise Wrong(f"{call}{warned}", case=case.name, expected="no warning", got=reply.warned[0])


def show_all(arrays):
    """Arrays with their dtypes, in a line."""
    return ", ".join(f"{np.asarray(one).ravel()[:4].tolist()} {np.asarray(one).dtype}" for one in arrays)


@points(1)
def test_clip_by_global_norm_zeros(clip_by_global_norm, draw):
    """All zeros stay zeros, without a warning; zeros and arrays without entries may stand among others."""
    contract(clip_by_global_norm, draw, clip_by_global_norm_zeros, clip_by_hand)


@points(1)
def test_clip_by_global_norm_contract(clip_by_global_norm, draw):
    """Inputs stay as they were; the results are new arrays, short ones too."""
    contract(clip_by_global_norm, draw, clip_by_global_norm_short, clip_by_hand, floats=(0,), integers=False)


@points(1)
def test_clip_by_global_norm_empty(clip_by_global_norm, draw):
    """No gradient at all: ValueError."""
    refuse(clip_by_global_norm, draw(clip_by_global_norm_none))


# --- warmup_cosine ----------------------------------------------------------------------------------------------------


def schedule(step, warmup, total, base_lr, min_lr):
    if step < warmup:
        return base_lr * (step + 1) / warmup
    if step >= total:
        return min_lr
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * (step - warmup) / (total - warmup)) ** 2


def learning_rates(rng):
    """A base and an end."""
    base = float(rng.uniform(0.2, 0.9))
    return base, base * float(rng.uniform(0.05, 0.3))


def warmup_cosine_steps(rng):
    """Steps before, at and after the end of the warm-up, none of them special for the cosine."""
    warmup = int(rng.integers(4, 9))
    total = warmup + int(rng.integers(11, 40))
    middle = warmup + 1 + int((total - warmup) * rng.uniform(0.15, 0.4))
    for step in (0, int(rng.integers(1, warmup - 1)), warmup - 1, warmup, middle, total - int(rng.integers(2, 5)), total):
        yield f"step {step} of {total}, warm-up {warmup}", step, warmup, total, *learning_rates(rng)
    warmup, total = int(rng.integers(40, 90)), int(rng.integers(900, 2000))
    step = int(rng.integers(warmup + 100, total - 300))
    yield f"step {step} of {total}, warm-up {warmup}", step, warmup, total, *learning_rates(rng)


def warmup_cosine_after(rng):
    warmup = int(rng.integers(3, 9))
    total = warmup + int(rng.integers(11, 40))
    yield "one after the end", total + 1, warmup, total, *learning_rates(rng)
    yield "a full period after", 2 * total - warmup, warmup, total, *learning_rates(rng)
    yield "long after", total * int(rng.integers(5, 9)) + 3, warmup, total, *learning_rates(rng)
    yield "the end right after the warm-up", warmup + 1, warmup, warmup + 1, *learning_rates(rng)


def warmup_cosine_none(rng):
    total = int(rng.integers(15, 40))
    for step in (0, int(rng.integers(3, 7)), total):
        yield f"step {step} of {total}, no warm-up", step, 0, total, *learning_rates(rng)
    yield f"step 5 of {total}, no warm-up, down to 0", 5, 0, total, learning_rates(rng)[0], 0.0


@points(2)
def test_warmup_cosine(warmup_cosine, draw):
    """Linear warm-up to base_lr, reached by the last warm-up step; then half a cosine down to min_lr at total."""
    agree(warmup_cosine, draw(warmup_cosine_steps, schedule))


@points(1)
def test_warmup_cosine_after(warmup_cosine, draw):
    """After total it stays at min_lr."""
    agree(warmup_cosine, draw(warmup_cosine_after, schedule))


@points(1)
def test_warmup_cosine_none(warmup_cosine, draw):
    """warmup = 0 starts at base_lr."""
    agree(warmup_cosine, draw(warmup_cosine_none, schedule))


# --- accumulate_gradients ---------------------------------------------------------------------------------------------


def accumulate_by_hand(sums, counts):
    total = sum(counts)
    return sum(np.asarray(one, dtype=np.float64) / total for one in sums)


def accumulate_gradients_micro_batches(rng):
    """Sums of micro-batches with different token counts."""
    yield "one token and three", [np.array([2.0]), np.array([3.0])], [1, 3]
    for shape, counts in (((3,), [5, 2, 9]), ((2, 2), [1, 7])):
        yield f"counts {counts}", [rng.normal(0, 3, shape) * count for count in counts], counts


def accumulate_gradients_empty_one(rng):
    yield "a micro-batch without tokens", [np.array([4.0, 2.0]), np.zeros(2)], [4, 0]
    yield "the first without tokens", [np.zeros(2), rng.normal(0, 3, 2), rng.normal(0, 3, 2)], [0, 2, 5]


def accumulate_gradients_single(rng):
    yield "a single micro-batch of one token", [rng.normal(0, 3, 3)], [1]
    yield "a single micro-batch of four", [rng.normal(0, 3, (2, 2))], [4]


def accumulate_gradients_whole(rng):
    yield "sums up to 255", [whole(rng, 0, 255, 3), whole(rng, 0, 255, 3), whole(rng, 0, 255, 3)], [200, 3, 90]
    yield "sums from -128 to 127", [whole(rng, -128, 127, 3), whole(rng, -128, 127, 3)], [2, 500]


def accumulate_gradients_misfits(rng):
    yield "all counts 0", [np.zeros(2), np.zeros(2)], [0, 0]
    yield "a count too few", [np.ones(2), np.ones(2)], [3]
    yield "a count too many", [np.ones(2), np.ones(2)], [3, 1, 2]
    yield "sums that would broadcast", [np.ones((2, 2)), np.ones(2)], [1, 2]
    yield "a first sum that would broadcast", [np.ones(1), np.ones(3)], [1, 2]
    yield "no micro-batch", [], []


@points(2)
def test_accumulate_gradients(accumulate_gradients, draw):
    """The mean gradient over all tokens of all micro-batches."""
    agree(accumulate_gradients, draw(accumulate_gradients_micro_batches, accumulate_by_hand))


@points(1)
def test_accumulate_gradients_empty_one(accumulate_gradients, draw):
    """A micro-batch may be without tokens."""
    contract(accumulate_gradients, draw, accumulate_gradients_empty_one, accumulate_by_hand)


@points(1)
def test_accumulate_gradients_contract(accumulate_gradients, draw):
    """float32 stays float32, whole numbers are computed in float64; inputs stay as they were; one micro-batch gives a new array, too."""
    contract(accumulate_gradients, draw, accumulate_gradients_micro_batches, accumulate_by_hand, floats=(0,))
    contract(accumulate_gradients, draw, accumulate_gradients_whole, accumulate_by_hand, labels=(0,))
    contract(accumulate_gradients, draw, accumulate_gradients_single, accumulate_by_hand)


@points(1)
def test_accumulate_gradients_refuses(accumulate_gradients, draw):
    """All counts 0, lists of different lengths, sums of different shapes, or no micro-batch: ValueError."""
    refuse(accumulate_gradients, draw(accumulate_gradients_misfits))


# --- hunt 1: the training loop ----------------------------------------------------------------------------------------


def training_by_hand(x, y, w0, lr, epochs, batch_size, max_norm):
    w, losses = [float(value) for value in w0], []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            batch = range(first, min(first + batch_size, len(x)))
            logits = [sum(float(a) * b for a, b in zip(x[i], w, strict=True)) for i in batch]
            margins = [z if y[i] == 1 else -z for i, z in zip(batch, logits, strict=True)]
            losses.append(sum(math.log1p(math.exp(-abs(m))) + max(-m, 0.0) for m in margins) / len(batch))
            slopes = [(-1 if y[i] == 1 else 1) * math.exp(min(0.0, -m)) / (1 + math.exp(-abs(m))) for i, m in zip(batch, margins, strict=True)]
            gradient = [sum(s * float(x[i][j]) for i, s in zip(batch, slopes, strict=True)) / len(batch) for j in range(len(w))]
            norm = math.hypot(*gradient)
            factor = max_norm / norm if norm > max_norm else 1.0
            w = [a - lr * factor * g for a, g in zip(w, gradient, strict=True)]
    return np.array(w), np.array(losses)


def training_mended_runs(rng):
    """Batches of ordinary rows; a limit that some gradients pass and others do not, a short last batch."""
    yield "a single row", np.array([[2.0]]), np.array([1.0]), np.array([0.5]), 0.2, 1, 4, 1.0
    yield "two batches of one row", np.array([[1.0], [4.0]]), np.array([1.0, 0.0]), np.array([0.5]), 0.2, 1, 1, 1.0
    for n, d, size, limit in ((7, 2, 3, 0.5), (12, 3, 4, 0.4)):
        x, y = classes(rng, n, d)
        w0 = rng.choice([-1.0, 1.0], d) * rng.uniform(0.3, 0.6, d)
        x[:size] *= 0.2  # short gradients first and last, a long one between them
        x[size : 2 * size] = 2 * rng.uniform(1, 2, (size, d)) * np.sign(w0)
        y[size : 2 * size] = 0
        x[2 * size :] *= 0.3
        yield f"{n} rows in batches of {size}", x, y.astype(np.float64), w0, 0.3, 2, size, limit


def training_mended_extremes(rng):
    yield "logits of a thousand, both wrong", np.array([[1000.0], [-1000.0]]), np.array([0.0, 1.0]), np.array([1.0]), 0.01, 1, 1, 1.0
    yield "logits of a thousand, all right", np.array([[1000.0], [-1000.0]]), np.array([1.0, 0.0]), np.array([1.0]), 0.01, 1, 2, 1.0
    yield "a logit of -40", np.array([[-40.0, 0.0], [1.0, 2.0]]), np.array([1.0, 0.0]), np.array([1.0, 0.5]), 0.01, 1, 1, 1.0
    rows = rng.choice([-1.0, 1.0], (3, 2)) * rng.uniform(2e-9, 5e-9, (3, 2))
    yield "rows of billionths", rows, np.array([1.0, 0.0, 1.0]), np.array([0.5, -0.4]), 1e9, 1, 1, 5e-10


def training_mended_padding(rng):
    x, y = classes(rng, 9, 2)
    x[3:6] = 0
    yield "a batch of zeros in the middle", x, y.astype(np.float64), rng.normal(0, 0.5, 2), 0.3, 1, 3, 0.2
    yield "nothing but zeros", np.zeros((2, 2)), np.array([1.0, 0.0]), np.array([1.0, -1.0]), 0.3, 1, 1, 1.0


def training_mended_few(rng):
    x, y = classes(rng, 6, 2)
    yield "6 rows in batches of 3", x, y.astype(np.float64), rng.normal(0, 1, 2), 0.2, 1, 3, 0.3


def training_mended_whole(rng):
    x, y = classes(rng, 5, 2)
    yield "numbers up to 255", np.abs(np.rint(x * 60)).clip(0, 255).astype(np.int64), y, np.array([1, 0]), 1e-3, 1, 2, 1.0
    yield "numbers from -128 to 127", np.rint(x * 60).clip(-128, 127).astype(np.int64), y, np.array([0, 1]), 1e-3, 1, 2, 1.0


def training_mended_misfits(rng):
    for name, x, y, w0, lr, epochs, size in minibatch_gd_misfits(rng):
        yield name, x, y, w0, lr, epochs, size, 1.0


@points(2)
def test_training_mended(training_mended, draw):
    """Each step goes by its own batch's gradient, shortened only where it is longer than max_norm; the losses are those before the steps."""
    agree(training_mended, draw(training_mended_runs, training_by_hand))


@points(1)
def test_training_mended_extremes(training_mended, draw):
    """Loss and weights are exact and finite, without a warning, at logits of a thousand and for rows of billionths."""
    contract(training_mended, draw, training_mended_extremes, training_by_hand, floats=(0, 1, 2), rtol32=5e-4)


@points(1)
def test_training_mended_padding(training_mended, draw):
    """A batch of zeros leaves the weights where they are, without a warning."""
    contract(training_mended, draw, training_mended_padding, training_by_hand)


@points(1)
def test_training_mended_contract(training_mended, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(training_mended, draw, training_mended_few, training_by_hand, floats=(0, 1, 2), rtol32=5e-4)
    contract(training_mended, draw, training_mended_whole, training_by_hand, labels=(0, 1, 2))


@points(1)
def test_training_mended_shapes(training_mended, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(training_mended, draw(training_mended_misfits))


# --- hunt 2: how many steps -------------------------------------------------------------------------------------------


def loop_by_hand(n, micro_size, accumulate, epochs):
    steps = unused = 0
    for _ in range(epochs):
        unused = 0
        for i, first in enumerate(range(0, n, micro_size)):
            unused += len(range(first, min(first + micro_size, n)))
            if (i + 1) % accumulate == 0:
                steps, unused = steps + 1, 0
    return steps, unused


def updates_predicted_loops(rng):
    """Epochs that end with micro-batches left over, the last of them short."""
    yield "7 rows, 2 at a time, 3 accumulated", 7, 2, 3, 3
    for _ in range(3):
        micro_size, accumulate = int(rng.integers(3, 9)), int(rng.integers(3, 7))
        left = int(rng.integers((accumulate + 1) // 2, accumulate))  # half a group or more: two epochs' rests would make another step
        n = (int(rng.integers(5, 60)) * accumulate + left) * micro_size - int(rng.integers(1, micro_size))
        epochs = int(rng.integers(2, 9))
        yield f"{n} rows, {micro_size} at a time, {accumulate} accumulated, {epochs} epochs", n, micro_size, accumulate, epochs


def updates_predicted_short(rng):
    """The short micro-batch completes a group."""
    for _ in range(2):
        micro_size, accumulate = int(rng.integers(3, 9)), int(rng.integers(2, 7))
        n = int(rng.integers(5, 60)) * accumulate * micro_size - int(rng.integers(1, micro_size))
        yield f"{n} rows, {micro_size} at a time, {accumulate} accumulated", n, micro_size, accumulate, int(rng.integers(2, 9))


def updates_predicted_edges(rng):
    n = int(rng.integers(50, 99))
    yield "fewer micro-batches than a step needs", n, 10, 12, 3
    yield "one row at a time, a step each", n, 1, 1, 2
    yield "no rest at all", 12 * n, 4, 3, 2
    yield "a micro-batch larger than the data", n, 2 * n, 1, 3


@points(2)
def test_updates_predicted(updates_predicted, draw):
    """The steps of all epochs, and the rows of an epoch that no step uses."""
    agree(updates_predicted, draw(updates_predicted_loops, loop_by_hand), integer=True)


@points(1)
def test_updates_predicted_short(updates_predicted, draw):
    """A short micro-batch counts like any other: where it completes a group, no row is unused."""
    agree(updates_predicted, draw(updates_predicted_short, loop_by_hand), integer=True)


@points(1)
def test_updates_predicted_edges(updates_predicted, draw):
    """No step at all, a step for each row, no rest, and a single micro-batch."""
    agree(updates_predicted, draw(updates_predicted_edges, loop_by_hand), integer=True)


# --- hunt 3: the mean of the means ------------------------------------------------------------------------------------


def token_mean(means, counts):
    return sum(np.asarray(one, dtype=np.float64) * count for one, count in zip(means, counts, strict=True)) / sum(counts)


def _micro_batches(given):
    """The counterexample as arrays and counts; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Wrong("accumulation_counterexample() must return (means, counts).", expected="(means, counts)", got=given)
    try:
        means = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in given[0]]
        counts = [float(count) for count in np.asarray(given[1]).tolist()]
    except (TypeError, ValueError):
        raise Wrong("means must be a list of arrays and counts a list of whole numbers.", expected="(means, counts)", got=given) from None
    if len(means) != len(counts):
        text = f"Give a count for each mean: there are {len(means)} means and {len(counts)} counts."
        raise Wrong(text, expected="one count a mean", got=given, mistake="sums-for-means")
    if len(means) < 2:
        raise Wrong("Give two micro-batches or more.", expected="two or more", got=given, mistake="one-micro-batch")
    if len({one.shape for one in means}) != 1:
        raise Wrong("The means must have one shape.", expected="one shape", got=[one.shape for one in means])
    if min(counts) < 1 or not all(count.is_integer() for count in counts):
        raise Wrong("Each micro-batch must have a token, and no half tokens.", expected="whole numbers of 1 or more", got=counts)
    return means, counts


def _why_so_near(means, counts):
    """What the means or counts have in common that brings the two results together, as a known mistake; "" where it is neither."""
    if len(set(counts)) == 1:
        return "equal-counts"
    if all(np.array_equal(one, means[0]) for one in means):
        return "equal-means"
    return "hardly-differs" if max(counts) < 2 * min(counts) else ""


@points(2)
def test_accumulation_counterexample(accumulation_counterexample):
    """Micro-batches on which the mean of the means is off by at least a fifth of the right gradient's length."""
    means, counts = _micro_batches(accumulation_counterexample())
    right, published = token_mean(means, counts), np.mean(means, axis=0)
    gap, length = float(np.linalg.norm(right - published)), float(np.linalg.norm(right))
    if not math.isfinite(gap) or gap < 1e-9 or gap < 0.2 * length * (1 - 1e-9):
        text = (
            f"The published gradient is off by {gap:.3g}. The right one has length {length:.3g}, and a fifth of that, {length / 5:.3g}, is asked for."
        )
        raise Wrong(text, expected="a fifth or more", got=gap, mistake=_why_so_near(means, counts))


@points(2)
def test_accumulation_counterexample_real(accumulation_counterexample):
    """It could happen: each micro-batch has between 1 and 4096 tokens, and the gradients are at most 10 long.

    The slip is not an edge case, and an input that shows it need not be one."""
    means, counts = _micro_batches(accumulation_counterexample())
    for i, (mean, count) in enumerate(zip(means, counts, strict=True)):
        if (length := float(np.linalg.norm(mean))) > 10:
            text = f"means[{i}] has length {length:.3g}: at most 10 is allowed."
            raise Wrong(text, expected="at most 10", got=length, mistake="absurd")
        if count > 4096:
            raise Wrong(f"counts[{i}] is {count:.0f}: at most 4096 is allowed.", expected="at most 4096", got=count)


def accumulation_mended_single(rng):
    yield "a single micro-batch of one token", [rng.normal(0, 3, 3)], [1]
    yield "a micro-batch without tokens", [rng.normal(0, 3, 2), np.zeros(2)], [4, 0]


def accumulation_mended_whole(rng):
    yield "means up to 255", [whole(rng, 0, 255, 3), whole(rng, 0, 255, 3)], [200, 90]
    yield "means from -128 to 127", [whole(rng, -128, 127, 3), whole(rng, -128, 127, 3)], [2, 500]


@points(2)
def test_accumulation_mended(accumulation_mended, draw):
    """Each micro-batch's mean weighs as much as it has tokens."""
    agree(accumulation_mended, draw(accumulate_gradients_micro_batches, token_mean))


@points(1)
def test_accumulation_mended_contract(accumulation_mended, draw):
    """float32 stays float32, whole numbers are computed in float64; inputs stay; one micro-batch gives a new array, one may be empty."""
    contract(accumulation_mended, draw, accumulate_gradients_micro_batches, token_mean, floats=(0,))
    contract(accumulation_mended, draw, accumulation_mended_whole, token_mean, labels=(0,))
    contract(accumulation_mended, draw, accumulation_mended_single, token_mean)


@points(1)
def test_accumulation_mended_refuses(accumulation_mended, draw):
    """All counts 0, lists of different lengths, means of different shapes, or no micro-batch: ValueError."""
    refuse(accumulation_mended, draw(accumulate_gradients_misfits))
