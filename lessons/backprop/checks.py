# Built by `prep build` from solutions/backprop/checks.py: do not edit by hand.
"""Checks of the lesson backprop: oracles by complex steps and scipy, makers of inputs, and a test for each thing that can go wrong."""

import numpy as np
from scipy.special import expit, log_softmax, softmax

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- oracles ----------------------------------------------------------------------------------------------------------
# The derivative of an analytic f is the imaginary part of f(x + 1e-30 i) over 1e-30: no difference is taken, so it is exact to rounding,
# and only the forward pass has to be written.


def complex_step(f, *arrays):
    """The gradient of f(*arrays), a number, with respect to each array."""
    arrays = [np.asarray(array, np.complex128) for array in arrays]
    gradients = []
    for which, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            moved = array.copy()
            moved[i] += 1e-30j
            gradient[i] = f(*arrays[:which], moved, *arrays[which + 1 :]).imag / 1e-30
        gradients.append(gradient)
    return tuple(gradients)


def central(f, x, h):
    """Central differences by the definition, one entry at a time."""
    x = np.asarray(x, np.float64)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def linear(dout, x, w):
    return complex_step(lambda x, w, b: np.sum(dout * (x @ w + b)), x, w, np.zeros(w.shape[1]))


def squared_error(x, y, w):
    return complex_step(lambda w: np.sum((1 / (1 + np.exp(-(x @ w))) - y) ** 2) / (2 * len(x)), w)[0]


def squared_error_far(x, y, w):
    """As squared_error, where a complex exponential would overflow."""
    z = x.astype(np.float64) @ w
    return np.einsum("ni,nj->ij", x, (expit(z) - y) * expit(z) * expit(-z)) / len(x)


def cross_entropy(logits, labels):
    n, k = logits.shape
    return -np.mean(log_softmax(logits, axis=1)[np.arange(n), labels]), (softmax(logits, axis=1) - np.eye(k)[labels]) / n


def network(x, labels, w1, b1, w2, b2):
    """The loss and the complex-step gradients; ReLU passes what has a real part above 0."""

    def loss(w1, b1, w2, b2):
        pre = x @ w1 + b1
        z = pre * (pre.real > 0) @ w2 + b2
        z = z - z.real.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(x)), labels])

    weights = [np.asarray(a, np.complex128) for a in (w1, b1, w2, b2)]
    return loss(*weights).real, *complex_step(loss, *weights)


def layer_norm(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        centred = x - x.sum(axis=-1, keepdims=True) / x.shape[-1]
        variance = (centred * centred).sum(axis=-1, keepdims=True) / x.shape[-1]
        return np.sum(dout * (gamma * centred / np.sqrt(variance + eps) + beta))

    return complex_step(forward, x, gamma, np.zeros(gamma.shape))


def step(x, y, w, lr):
    return w - lr * squared_error(x, y, w)


def step_far(x, y, w, lr):
    return w - lr * squared_error_far(x, y, w)


# --- makers -----------------------------------------------------------------------------------------------------------


def ordinary(rng):
    """Numbers of ordinary size, in a row, a matrix, and three axes."""
    yield "three numbers", np.array([-1.5, 0.0, 2.0])
    yield "a matrix", rng.normal(0, 3, (3, 4))
    yield "three axes", rng.normal(0, 3, (2, 1, 3))


def tails(rng):
    yield "far down", np.array([-40.0, -36.5, -25.0, -12.0])


def far(rng):
    yield "±1000", np.array([-1000.0, 1000.0, 0.0, -710.0, 89.0, -89.0])


def single(rng):
    yield "0-d", np.array(-0.75)
    yield "0-d, positive", np.array(2.5)


def empty(rng):
    yield "no numbers", np.zeros(0)
    yield "no columns", np.zeros((3, 0))


def plain(rng):
    yield "four numbers", rng.normal(0, 3, 4)
    yield "a matrix", rng.normal(0, 3, (3, 2))


def curved(c):
    """A function with third derivatives and mixed terms, which tells every wrong difference from the right one."""
    return lambda v: float(np.sum(c * v**3) + np.sum(c * v) ** 2 + np.sin(np.sum(v)))


def valleys(rng):
    """Functions and points, with steps large enough that the formula can be told from the derivative."""
    yield "two numbers, h = 0.5", curved(np.array([1.0, -2.0])), np.array([0.5, 1.0]), 0.5
    yield "a matrix, h = 0.1", curved(rng.normal(size=(2, 3))), rng.normal(size=(2, 3)), 0.1


def other_shapes(rng):
    yield "0-d", curved(np.array(1.5)), np.array(0.7), 0.1
    yield "three axes", curved(rng.normal(size=(1, 2, 1))), rng.normal(size=(1, 2, 1)), 0.1


def other_dtypes(rng):
    yield "integers", curved(np.array([1.0, -0.5])), np.array([2, -1]), 1e-3
    yield "float32", curved(np.array([1.0, -0.5])), rng.normal(size=2).astype(np.float32), 1e-5


def small_valleys(rng):
    yield "a matrix", curved(rng.normal(size=(2, 2))), rng.normal(size=(2, 2)), 1e-3


def empty_point(rng):
    yield "no numbers", curved(np.zeros(0)), np.zeros(0), 1e-5


def layers(rng):
    """dout, x, w of a linear layer, no two sizes equal."""
    yield "2 rows", np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]]), np.array([[1.0], [3.0]]), np.array([[2.0, -1.0, 1.0]])
    for n, d, m in ((5, 3, 2), (4, 6, 7)):
        yield f"{n} rows, {d} to {m}", rng.normal(size=(n, m)), rng.normal(size=(n, d)), rng.normal(size=(d, m))


def layers_contract(rng):
    yield "1 row", 2 * rng.normal(size=(1, 3)), 2 * rng.normal(size=(1, 2)), 2 * rng.normal(size=(2, 3))
    yield "4 rows", 2 * rng.normal(size=(4, 3)), 2 * rng.normal(size=(4, 2)), 2 * rng.normal(size=(2, 3))


def layers_misfit(rng):
    yield "no rows", np.zeros((0, 3)), np.zeros((0, 2)), np.ones((2, 3))
    yield "a single row, 1-D", np.ones(3), np.ones(3), np.ones(3)
    yield "dout has more rows than x", np.ones((4, 3)), np.ones((3, 2)), np.ones((2, 3))
    yield "dout has more columns than w", np.ones((4, 3)), np.ones((4, 2)), np.ones((2, 2))


def units(rng):
    """x, y, w of a layer of sigmoid units, no two sizes equal."""
    yield "3 rows, 2 features, 1 unit", np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0]]), np.array([[1.0], [0.0], [1.0]]), np.array([[0.5], [-1.0]])
    for n, d, k in ((6, 4, 3), (3, 5, 2)):
        yield f"{n} rows, {d} features, {k} units", rng.normal(size=(n, d)), rng.random((n, k)), rng.normal(size=(d, k))


def units_square(rng):
    for n, k in ((3, 1), (4, 2)):
        yield f"{n} rows, {n} features, {k} units", rng.normal(size=(n, n)), rng.random((n, k)), rng.normal(size=(n, k))
    yield "1 row, 3 features", rng.normal(size=(1, 3)), rng.random((1, 2)), rng.normal(size=(3, 2))


def units_far(rng):
    x = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    yield "x @ w = ±1000", x, np.array([[0.0], [1.0], [0.5]]), np.array([[1000.0], [-1000.0]])


def units_contract(rng):
    for n, d, k in ((3, 2, 1), (5, 3, 2)):
        yield f"{n} rows, {d} features, {k} units", 2 * rng.normal(size=(n, d)), rng.uniform(-1, 2, (n, k)), rng.normal(size=(d, k))


def units_misfit(rng):
    x, w = np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0]]), np.array([[0.5], [-1.0]])
    yield "y is (n,)", x, np.array([1.0, 0.0, 1.0]), w
    yield "y is (1, k)", x, np.array([[1.0]]), w
    yield "y and w are (n,) and (d,)", x, np.array([1.0, 0.0, 1.0]), w[:, 0].copy()
    yield "no rows", np.zeros((0, 2)), np.zeros((0, 1)), w


def classes(rng):
    """Logits and labels."""
    yield "2 rows, 3 classes", np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]), np.array([1, 0])
    yield "5 rows, 4 classes", rng.normal(0, 2, (5, 4)), rng.integers(0, 4, 5)
    yield "6 rows, 3 classes, uint8 labels", rng.normal(0, 2, (6, 3)), rng.permutation(np.arange(6) % 3).astype(np.uint8)


def classes_far(rng):
    """Rows with logits of ±1000, and rows that lie far from each other."""
    yield "the true class at -1000", np.array([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]]), np.array([1, 2])
    yield "one row 2000 below the other", np.array([[-1000.0, -1001.0], [1000.0, 999.0]]), np.array([1, 0])


def classes_contract(rng):
    yield "1 row", rng.normal(0, 2, (1, 3)), np.array([2])
    yield "5 rows", rng.normal(0, 2, (5, 3)), rng.integers(0, 3, 5)


def classes_misfit(rng):
    yield "labels in a column", np.ones((3, 2)), np.array([[0], [1], [0]])
    yield "one label for three rows", np.ones((3, 2)), np.array([1])
    yield "no rows", np.zeros((0, 3)), np.zeros(0, dtype=np.int64)


def mlp(rng, n, d, h, k, scale=1.0):
    """x, labels and weights of a network, biases not zero."""
    weights = (scale * rng.normal(size=shape) for shape in ((d, h), (h,), (h, k), (k,)))
    return rng.normal(size=(n, d)), rng.integers(0, k, n), *weights


def networks(rng):
    """Networks, no two sizes equal."""
    yield "2 rows, 1-3-2", *mlp(rng, 2, 1, 3, 2)
    yield "6 rows, 3-5-4", *mlp(rng, 6, 3, 5, 4)


def networks_at_zero(rng):
    """Pre-activations of exactly 0."""
    x, labels, w1, b1, w2, b2 = mlp(rng, 4, 2, 3, 2)
    x[0], b1 = 0, np.array([0.0, 0.5, 0.0])
    yield "a row of zeros, biases of 0", x, labels, w1, b1, w2, b2


def networks_far(rng):
    x, labels, w1, b1, w2, _ = mlp(rng, 3, 2, 4, 3)
    yield "logits of ±1000", x, labels, w1, b1, w2, np.array([1000.0, -1000.0, 0.0])


def networks_contract(rng):
    yield "1 row, 2-3-2", *mlp(rng, 1, 2, 3, 2, 2.0)
    yield "4 rows, 2-4-3", *mlp(rng, 4, 2, 4, 3, 2.0)


def networks_misfit(rng):
    x, labels, w1, b1, w2, b2 = mlp(rng, 4, 2, 3, 2)
    yield "b1 is a row of a matrix", x, labels, w1, b1[None, :], w2, b2
    yield "one number for b2", x, labels, w1, b1, w2, b2[:1]
    yield "labels in a column", x, labels[:, None], w1, b1, w2, b2
    yield "one label for four rows", x, labels[:1], w1, b1, w2, b2
    yield "no rows", x[:0], labels[:0], w1, b1, w2, b2


def normed(rng, *shape):
    """dout, x and gamma for layer norm; the rows' means are not 0."""
    return rng.normal(size=shape), 2 * rng.normal(size=shape) + rng.normal(), rng.uniform(0.5, 2, shape[-1])


def norms(rng):
    yield "1 row of 3", np.array([[1.0, 0.0, -2.0]]), np.array([[1.0, 2.0, 4.0]]), np.array([1.0, 0.5, 2.0]), 1e-8
    yield "4 rows of 5", *normed(rng, 4, 5), 1e-8


def norms_eps(rng):
    yield "eps = 0.5", *normed(rng, 3, 4), 0.5
    yield "a constant row", np.array([[1.0, 0.0, -2.0]]), np.array([[3.0, 3.0, 3.0]]), np.array([1.0, 0.5, 2.0]), 0.1


def norms_axes(rng):
    for shape in ((4,), (2, 3, 4), (2, 1, 2, 3)):
        yield f"shape {shape}", *normed(rng, *shape), 0.01


def norms_far(rng):
    dout, x, gamma = normed(rng, 3, 6)
    yield "means around a million", dout, x + 1e6, gamma, 1e-5


def norms_contract(rng):
    yield "one axis", *normed(rng, 4), 0.1
    yield "4 rows of 3", *normed(rng, 4, 3), 0.1


def norms_misfit(rng):
    dout, x, gamma = normed(rng, 3, 4)
    yield "one number for gamma", dout, x, gamma[:1], 0.1
    yield "dout is one row", dout[0], x, gamma, 0.1
    yield "no rows", dout[:0], x[:0], gamma, 0.1


def with_rate(maker):
    """The cases of a maker for x, y, w, with a step size."""

    def rated(rng):
        for rate, (name, *args) in zip((0.5, 2.0, 0.1, 1.5), maker(rng), strict=False):
            yield f"{name}, lr = {rate}", *args, rate

    rated.__name__ = f"{maker.__name__}_rated"
    return rated


steps, steps_square, steps_far = with_rate(units), with_rate(units_square), with_rate(units_far)
steps_contract, steps_misfit = with_rate(units_contract), with_rate(units_misfit)


# --- sigmoid ----------------------------------------------------------------------------------------------------------


@points(2)
def test_sigmoid(sigmoid, draw):
    """1 / (1 + exp(-z)) of every entry, in z's shape."""
    agree(sigmoid, draw(ordinary, expit))


@points(1)
def test_sigmoid_tail(sigmoid, draw):
    """Far below zero the value is tiny, not zero: relative error below 1e-6 at z = -40."""
    agree(sigmoid, draw(tails, expit), rtol=1e-6, atol=0)


@points(1)
def test_sigmoid_far(sigmoid, draw):
    """No warning at z = ±1000, and the limits 0 and 1."""
    contract(sigmoid, draw, far, expit)


@points(1)
def test_sigmoid_single(sigmoid, draw):
    """A 0-d array is an array too."""
    agree(sigmoid, draw(single, expit))


@points(1)
def test_sigmoid_contract(sigmoid, draw):
    """float32 stays float32, integers give float64, any layout; z stays as it was."""
    contract(sigmoid, draw, plain, expit, floats=(0,))


@points(1)
def test_sigmoid_empty(sigmoid, draw):
    """An empty array is refused with ValueError."""
    refuse(sigmoid, draw(empty))


# --- numerical_gradient -----------------------------------------------------------------------------------------------


@points(2)
def test_numerical_gradient(numerical_gradient, draw):
    """Entry i is (f(x + h e_i) - f(x - h e_i)) / (2 h), with the h that was given."""
    agree(numerical_gradient, draw(valleys, central), rtol=1e-6, atol=1e-8)


@points(1)
def test_numerical_gradient_shapes(numerical_gradient, draw):
    """x may have any shape, 0-d too, and the gradient has the same."""
    agree(numerical_gradient, draw(other_shapes, central), rtol=1e-6, atol=1e-8)


@points(1)
def test_numerical_gradient_dtypes(numerical_gradient, draw):
    """Integers and float32 are stepped in float64, and the gradient is float64."""
    cases = draw(other_dtypes, central)
    agree(numerical_gradient, cases, rtol=1e-6, atol=1e-8)
    for case, value in numerical_gradient.on(cases):
        if value.dtype != np.float64:
            raise Wrong(
                f"For {case.name} the gradient has dtype {value.dtype}, not float64.", case=case.name, expected="float64", got=str(value.dtype)
            )


@points(1)
def test_numerical_gradient_contract(numerical_gradient, draw):
    """x stays as it was, to the last bit; any layout."""
    contract(numerical_gradient, draw, small_valleys, central)


@points(1)
def test_numerical_gradient_empty(numerical_gradient, draw):
    """An empty x is refused with ValueError."""
    refuse(numerical_gradient, draw(empty_point))


# --- linear_backward --------------------------------------------------------------------------------------------------


@points(3)
def test_linear_backward(linear_backward, draw):
    """dx, dw and db, each in the shape of what it belongs to."""
    agree(linear_backward, draw(layers, linear))


@points(1)
def test_linear_backward_contract(linear_backward, draw):
    """float32 stays float32, integers give float64, any layout; new arrays, for a single row too."""
    contract(linear_backward, draw, layers_contract, linear, floats=(0, 1, 2))


@points(1)
def test_linear_backward_misfit(linear_backward, draw):
    """Shapes that do not fit, 1-D inputs or no rows: ValueError."""
    refuse(linear_backward, draw(layers_misfit))


# --- one_layer_gradient -----------------------------------------------------------------------------------------------


@points(2)
def test_one_layer_gradient(one_layer_gradient, draw):
    """The gradient of the mean over rows of half the squared error, summed over units."""
    agree(one_layer_gradient, draw(units, squared_error))


@points(1)
def test_one_layer_gradient_square(one_layer_gradient, draw):
    """Right for as many rows as features too, and for one row."""
    agree(one_layer_gradient, draw(units_square, squared_error))


@points(1)
def test_one_layer_gradient_misfit(one_layer_gradient, draw):
    """y must be (n, k) and w (d, k): anything else is a ValueError, no rows too."""
    refuse(one_layer_gradient, draw(units_misfit))


@points(1)
def test_one_layer_gradient_far(one_layer_gradient, draw):
    """No warning at x @ w = ±1000."""
    contract(one_layer_gradient, draw, units_far, squared_error_far)


@points(1)
def test_one_layer_gradient_contract(one_layer_gradient, draw):
    """float32 stays float32, integers give float64, any layout; inputs stay as they were."""
    contract(one_layer_gradient, draw, units_contract, squared_error, floats=(0, 1, 2))


# --- softmax_cross_entropy --------------------------------------------------------------------------------------------


@points(2)
def test_softmax_cross_entropy(softmax_cross_entropy, draw):
    """The mean of -log(softmax at the label) over the rows, and its gradient."""
    agree(softmax_cross_entropy, draw(classes, cross_entropy))


@points(2)
def test_softmax_cross_entropy_far(softmax_cross_entropy, draw):
    """Right at logits of ±1000, a loss of 2000 too, without a warning."""
    contract(softmax_cross_entropy, draw, classes_far, cross_entropy)


@points(1)
def test_softmax_cross_entropy_contract(softmax_cross_entropy, draw):
    """float32 stays float32, integers give float64, any layout; the logits stay as they were."""
    contract(softmax_cross_entropy, draw, classes_contract, cross_entropy, floats=(0,))


@points(1)
def test_softmax_cross_entropy_misfit(softmax_cross_entropy, draw):
    """Labels that are not (n,), or no rows: ValueError."""
    refuse(softmax_cross_entropy, draw(classes_misfit))


# --- mlp_gradients ----------------------------------------------------------------------------------------------------


@points(3)
def test_mlp_gradients(mlp_gradients, draw):
    """The loss and the gradients with respect to w1, b1, w2, b2, in this order."""
    agree(mlp_gradients, draw(networks, network))


@points(1)
def test_mlp_gradients_at_zero(mlp_gradients, draw):
    """The derivative of relu at 0 is 0."""
    agree(mlp_gradients, draw(networks_at_zero, network))


@points(1)
def test_mlp_gradients_far(mlp_gradients, draw):
    """Right at logits of ±1000, without a warning."""
    contract(mlp_gradients, draw, networks_far, network)


@points(1)
def test_mlp_gradients_contract(mlp_gradients, draw):
    """float32 stays float32, integers give float64, any layout; inputs stay as they were."""
    contract(mlp_gradients, draw, networks_contract, network, floats=(0, 2, 3, 4, 5))


@points(1)
def test_mlp_gradients_misfit(mlp_gradients, draw):
    """Shapes that do not fit, also where numpy would broadcast them, or no rows: ValueError."""
    refuse(mlp_gradients, draw(networks_misfit))


# --- layer_norm_backward ----------------------------------------------------------------------------------------------


@points(3)
def test_layer_norm_backward(layer_norm_backward, draw):
    """dx, with the terms of the mean and of the variance, dgamma and dbeta."""
    agree(layer_norm_backward, draw(norms, layer_norm))


@points(1)
def test_layer_norm_backward_eps(layer_norm_backward, draw):
    """eps stands under the root, with the variance."""
    agree(layer_norm_backward, draw(norms_eps, layer_norm))


@points(1)
def test_layer_norm_backward_axes(layer_norm_backward, draw):
    """Any number of axes before the last; dgamma and dbeta sum over all of them."""
    agree(layer_norm_backward, draw(norms_axes, layer_norm))


@points(1)
def test_layer_norm_backward_far(layer_norm_backward, draw):
    """Accurate where a row's mean is a million times its spread."""
    agree(layer_norm_backward, draw(norms_far, layer_norm), rtol=1e-5, atol=1e-8)


@points(1)
def test_layer_norm_backward_contract(layer_norm_backward, draw):
    """float32 stays float32, integers give float64, any layout; new arrays, for a single row too."""
    contract(layer_norm_backward, draw, norms_contract, layer_norm, floats=(0, 1, 2))


@points(1)
def test_layer_norm_backward_misfit(layer_norm_backward, draw):
    """Shapes that do not fit, also where numpy would broadcast them, or an empty x: ValueError."""
    refuse(layer_norm_backward, draw(norms_misfit))


# --- the bug hunt -----------------------------------------------------------------------------------------------------


def _arguments(given):
    """The counterexample as three float64 matrices on which the guide's step runs; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise Wrong("bank_step_counterexample() must return three arrays, (x, y, w).", expected="(x, y, w)", got=given)
    x, y, w = (np.asarray(array, np.float64) for array in given)
    shapes = f"x {x.shape}, y {y.shape}, w {w.shape}"
    if not x.ndim == y.ndim == w.ndim == 2 or y.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        raise Wrong(f"The shapes do not belong to a layer: {shapes}.", expected="(n, d), (n, k), (d, k)", got=shapes)
    if not 0 < max(x.size, y.size, w.size) <= 1000 or not all(np.isfinite(array).all() for array in (x, y, w)):
        raise Wrong("The arrays must hold between 1 and 1000 finite numbers each.", expected="finite numbers", got=shapes)
    n, d = x.shape
    if n != d and n != 1:
        raise Wrong(f"With {n} rows and {d} features bank_step raises an error.", expected="n = d, so that it runs", got=shapes)
    return x, y, w


def _cosine(x, y, w):
    """The cosine between the guide's step and the right one; Wrong when one of them is too short to have a direction."""
    a = expit(x @ w)
    slope = a * expit(-(x @ w))
    guide, right = -(x.T @ (a - y)) * slope, -x.T @ ((a - y) * slope) / len(x)
    lengths = np.linalg.norm(guide), np.linalg.norm(right)
    if min(lengths) < 1e-6:
        sentence = f"The guide's step has length {lengths[0]:.2g}, the right one {lengths[1]:.2g}: too short to speak of a direction."
        raise Wrong(sentence, expected="1e-6 or longer", got=min(lengths))
    return float(np.sum(guide * right) / (lengths[0] * lengths[1]))


@points(2)
def test_bank_step_counterexample(bank_step_counterexample):
    """The guide's step runs, and its direction is off: the cosine with the right one is at most 0.9."""
    cosine = _cosine(*_arguments(bank_step_counterexample()))
    if not cosine <= 0.9:
        raise Wrong(f"On your arrays the guide is right enough: the cosine is {cosine:.3f}.", expected="at most 0.9", got=cosine)


@points(2)
def test_bank_step_counterexample_climbs(bank_step_counterexample):
    """The guide's step even climbs: the cosine is negative."""
    cosine = _cosine(*_arguments(bank_step_counterexample()))
    if not cosine < 0:
        raise Wrong(f"On your arrays the guide still goes downhill: the cosine is {cosine:.3f}.", expected="below 0", got=cosine)


@points(2)
def test_bank_step_mended(bank_step_mended, draw):
    """The weights after the step, w - lr * gradient of the mean loss."""
    agree(bank_step_mended, draw(steps, step))


@points(1)
def test_bank_step_mended_square(bank_step_mended, draw):
    """Right for as many rows as features too, where the guide's order runs."""
    agree(bank_step_mended, draw(steps_square, step))


@points(1)
def test_bank_step_mended_contract(bank_step_mended, draw):
    """The caller's w stays as it was; float32 stays float32, integers give float64, any layout."""
    contract(bank_step_mended, draw, steps_contract, step, floats=(0, 1, 2))


@points(1)
def test_bank_step_mended_far(bank_step_mended, draw):
    """No warning at x @ w = ±1000."""
    contract(bank_step_mended, draw, steps_far, step_far)


@points(1)
def test_bank_step_mended_misfit(bank_step_mended, draw):
    """y must be (n, k) and w (d, k): anything else is a ValueError, no rows too."""
    refuse(bank_step_mended, draw(steps_misfit))
