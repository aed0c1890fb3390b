"""Checks of the lesson backprop, exercise by exercise: its oracle, its makers of inputs, and a test for each thing that can go wrong.

Oracles take complex steps through the forward pass alone, or scipy's functions. Whole-number networks keep off relu's kink.
"""

import numpy as np
from scipy.special import expit, log_softmax, softmax

from grader.judging.checking import Wrong, agree, contract, points, refuse, sparing

# --- shared -----------------------------------------------------------------------------------------------------------
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


def wide(*arrays):
    return [np.asarray(array, np.float64) for array in arrays]


def whole(rng, low, high, shape):
    """Whole numbers, with both bounds among them where there is room."""
    numbers = rng.integers(low, high + 1, shape)
    if numbers.size > 1:
        numbers.flat[0], numbers.flat[-1] = high, low
    return numbers


def away(rng, low, high, shape):
    """Numbers of either sign, at least `low` from 0."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(low, high, shape)


# --- sigmoid ----------------------------------------------------------------------------------------------------------


def sigmoid_ordinary(rng):
    """Numbers of ordinary size, in a row, a matrix, and three axes."""
    yield "three numbers", np.array([-1.5, 0.0, 2.0])
    yield "a matrix", rng.normal(0, 3, (3, 4))
    yield "three axes", rng.normal(0, 3, (2, 1, 3))


def sigmoid_tails(rng):
    yield "far down", np.array([-40.0, -36.5, -25.0, -12.0])


def sigmoid_far(rng):
    yield "-1000", np.array([-1000.0, -710.0, -89.0])
    yield "1000", np.array([1000.0, 710.0, 89.0])
    yield "both and 0", np.array([[-1000.0, 1000.0], [0.0, 1000.0]])


def sigmoid_single(rng):
    yield "0-d", np.array(-0.75)
    yield "0-d, positive", np.array(2.5)
    yield "shape (1, 1)", np.array([[rng.normal()]])


def sigmoid_plain(rng):
    yield "four numbers", away(rng, 0.6, 4, 4)
    yield "a matrix", away(rng, 0.6, 4, (3, 2))


def sigmoid_whole(rng):
    yield "0 and 1", np.array([0, 1, 1])
    yield "numbers up to 255", np.array([0, 1, 3, 255])
    yield "numbers from -128 to 127", np.array([[-128, -2], [1, 127]])
    yield "numbers from -32768 to 32767", np.array([-32768, -1, 2, 32767])


def sigmoid_empty(rng):
    yield "no numbers", np.zeros(0)
    yield "no columns", np.zeros((3, 0))


@points(2)
def test_sigmoid(sigmoid, draw):
    """1 / (1 + exp(-z)) of every entry, in z's shape."""
    agree(sigmoid, draw(sigmoid_ordinary, expit))


@points(1)
def test_sigmoid_tail(sigmoid, draw):
    """Far below zero the value is tiny, not zero: relative error below 1e-6 at z = -40."""
    agree(sigmoid, draw(sigmoid_tails, expit), rtol=1e-6, atol=0)


@points(1)
def test_sigmoid_limits(sigmoid, draw):
    """At z = ±1000 the limits 0 and 1."""
    agree(sigmoid, draw(sigmoid_far, expit))


@points(1)
def test_sigmoid_single(sigmoid, draw):
    """A 0-d array is an array too, and a single entry keeps its axes."""
    agree(sigmoid, draw(sigmoid_single, expit))


@points(1)
def test_sigmoid_warnings(sigmoid, draw):
    """No warning at z = ±1000, in float32 neither."""
    contract(sigmoid, draw, sigmoid_far, expit, floats=(0,))


@points(1)
def test_sigmoid_contract(sigmoid, draw):
    """float32 stays float32, integers (uint8 and int8 too) and bools give float64, any layout; z stays as it was."""
    contract(sigmoid, draw, sigmoid_plain, expit, floats=(0,))
    contract(sigmoid, draw, sigmoid_whole, expit, labels=(0,))


@points(1)
def test_sigmoid_empty(sigmoid, draw):
    """An empty array is refused with ValueError."""
    refuse(sigmoid, draw(sigmoid_empty))


# --- numerical_gradient -----------------------------------------------------------------------------------------------


def central(f, x, h):
    """Central differences by the definition, one entry at a time."""
    (x,) = wide(x)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def curved(c):
    """A function with third derivatives and mixed terms, which tells every wrong difference from the right one."""
    c = np.round(c, 4)

    def f(v):
        return float(np.sum(c * v**3) + np.sum(c * v) ** 2 + np.sin(np.sum(v)))

    f.formula = f"lambda v: float(np.sum(c * v**3) + np.sum(c * v) ** 2 + np.sin(np.sum(v))) with c = np.array({c.tolist()})"
    return f


def numerical_gradient_valleys(rng):
    """Functions and points, with steps large enough that the formula can be told from the derivative."""
    yield "two numbers, h = 0.5", curved(np.array([1.0, -2.0])), np.array([0.5, 2.0]), 0.5
    yield "a matrix, h = 0.1", curved(away(rng, 0.5, 2, (2, 3))), away(rng, 1.2, 2, (2, 3)), 0.1


def numerical_gradient_shapes(rng):
    yield "0-d", curved(np.array(1.5)), np.array(0.7), 0.1
    yield "shape (1,)", curved(np.array([1.5])), np.array([0.7]), 0.2
    yield "three axes", curved(away(rng, 0.5, 2, (1, 2, 1))), away(rng, 0.5, 2, (1, 2, 1)), 0.1


def numerical_gradient_dtypes(rng):
    yield "integers", curved(np.array([1.0, -0.5])), np.array([2, -1]), 1e-3
    yield "float32", curved(np.array([1.0, -0.5])), (np.array([0.3, -1.7]) + rng.uniform(0, 0.1, 2)).astype(np.float32), 1e-5


def numerical_gradient_small(rng):
    yield "a matrix", curved(away(rng, 0.5, 2, (2, 2))), np.array([[0.1, -0.7], [0.3, 1.1]]) + np.round(rng.random(), 1), 1e-3


def numerical_gradient_whole(rng):
    yield "numbers up to 255", curved(np.array([1e-3, -2e-3, 1e-3])), np.array([255, 0, 3]), 0.5
    yield "numbers from -128 to 127", curved(np.array([1e-3, -2e-3, 1e-3])), np.array([-128, 127, 1]), 0.5


def numerical_gradient_empty(rng):
    yield "no numbers", curved(np.zeros(0)), np.zeros(0), 1e-5
    yield "no columns", curved(np.zeros((2, 0))), np.zeros((2, 0)), 1e-5


@points(2)
def test_numerical_gradient(numerical_gradient, draw):
    """Entry i is (f(x + h e_i) - f(x - h e_i)) / (2 h), with the h that was given, to 6 digits."""
    agree(numerical_gradient, draw(numerical_gradient_valleys, central), rtol=1e-6, atol=1e-8)


@points(1)
def test_numerical_gradient_shapes(numerical_gradient, draw):
    """x may have any shape, 0-d too, and the gradient has the same."""
    agree(numerical_gradient, draw(numerical_gradient_shapes, central), rtol=1e-6, atol=1e-8)


@points(1)
def test_numerical_gradient_dtypes(numerical_gradient, draw):
    """Integers and float32 are stepped in float64."""
    agree(numerical_gradient, draw(numerical_gradient_dtypes, central), rtol=1e-6, atol=1e-8)


@points(1)
def test_numerical_gradient_contract(numerical_gradient, draw):
    """The gradient is float64, of float32 and integers too; x stays as it was to the bit; any layout; f is called at most 2 * x.size + 1 times."""
    cases = draw(numerical_gradient_dtypes, central)
    for case, value in numerical_gradient.on(cases):
        dtype = getattr(value, "dtype", None)
        if dtype != np.float64:
            raise Wrong(f"For {case.name} the gradient has dtype {dtype}, not float64.", case=case.name, expected="float64", got=str(dtype))
    contract(numerical_gradient, draw, numerical_gradient_small, central)
    contract(numerical_gradient, draw, numerical_gradient_whole, central, labels=(1,))
    sparing(numerical_gradient, draw(numerical_gradient_small, central), lambda f, x, h: 2 * x.size + 1)


@points(1)
def test_numerical_gradient_empty(numerical_gradient, draw):
    """An empty x is refused with ValueError."""
    refuse(numerical_gradient, draw(numerical_gradient_empty))


# --- mlp_forward ------------------------------------------------------------------------------------------------------


def forward(x, w1, b1, w2, b2):
    """Row by row and unit by unit."""
    x, w1, b1, w2, b2 = wide(x, w1, b1, w2, b2)
    pre = np.array([[sum(row[i] * w1[i, j] for i in range(len(row))) + b1[j] for j in range(len(b1))] for row in x])
    a = np.array([[value if value > 0 else 0.0 for value in row] for row in pre])
    logits = np.array([[sum(row[i] * w2[i, j] for i in range(len(row))) + b2[j] for j in range(len(b2))] for row in a])
    return pre, a, logits


def weights_of(rng, d, h, k):
    """Weights of a network, no bias near 0."""
    return [away(rng, 0.3, 1.5, shape) for shape in ((d, h), (h,), (h, k), (k,))]


def on_and_off(rng, n, d, h, k):
    """x and weights with which every hidden unit is on for some rows and off for others, off the kink; some logits are negative."""
    while True:
        x, (w1, b1, w2, b2) = rng.normal(size=(n, d)), weights_of(rng, d, h, k)
        pre = x @ w1 + b1
        logits = np.maximum(pre, 0) @ w2 + b2
        if np.abs(pre).min() > 0.02 and (n == 1 or ((pre > 0).any(axis=0) & (pre < 0).any(axis=0)).all()) and (pre > 0).any() and logits.min() < -0.1:
            return x, w1, b1, w2, b2


def whole_network(rng, n, d, h, k, low, high, deep=True):
    """Whole numbers, pre-activations odd and so never 0: x is even, b1 is odd."""
    x = whole(rng, low, high, (n, d)) // 2 * 2
    x.flat[0] = high // 2 * 2
    return x, whole(rng, max(low, -3), 3, (d, h)), np.full(h, 3), whole(rng, max(low, -2), 2, (h, k)), whole(rng, max(low, -3), 3, k)


def mlp_forward_networks(rng):
    """Networks, no two sizes equal."""
    x = np.array([[1.0, 2.0], [-1.0, 0.5]])
    w1, b1 = np.array([[1.0, -1.0, 0.5], [0.5, 1.0, -2.0]]), np.array([0.5, -0.25, 1.0])
    yield "2 rows, 2-3-1", x, w1, b1, np.array([[1.0], [-2.0], [0.5]]), np.array([-1.5])
    yield "6 rows, 3-5-4", *on_and_off(rng, 6, 3, 5, 4)


def mlp_forward_ones(rng):
    yield "1 row, 3-2-4", *on_and_off(rng, 1, 3, 2, 4)
    yield "3 rows, 1-1-1", np.array([[1.0], [-2.0], [0.5]]), np.array([[1.5]]), np.array([0.25]), np.array([[2.0]]), np.array([-1.0])


def mlp_forward_contract(rng):
    yield "1 row, 2-3-2", *on_and_off(rng, 1, 2, 3, 2)
    yield "4 rows, 2-4-3", *on_and_off(rng, 4, 2, 4, 3)


def mlp_forward_whole(rng):
    yield "numbers up to 255", *whole_network(rng, 3, 2, 3, 2, 0, 255)
    yield "numbers from -128 to 127", *whole_network(rng, 3, 2, 4, 3, -128, 127)


def network_misfits(rng):
    """x, w1, b1, w2, b2 that do not fit, in ways that numpy would broadcast or compute with."""
    x, w1, b1, w2, b2 = on_and_off(rng, 4, 2, 3, 2)
    yield "b1 is a row of a matrix", x, w1, b1[None, :], w2, b2
    yield "one number for b1", x, w1, b1[:1], w2, b2
    yield "a 0-d b1", x, w1, np.array(0.5), w2, b2
    yield "b1 for each row", x, w1, np.ones((4, 1)), w2, b2
    yield "b2 is a row of a matrix", x, w1, b1, w2, b2[None, :]
    yield "one number for b2", x, w1, b1, w2, b2[:1]
    yield "b2 for each row", x, w1, b1, w2, np.ones((4, 2))
    yield "x is a single row, 1-D", x[0].copy(), w1, b1, w2, b2
    yield "x is a stack of matrices", x[None], w1, b1, w2, b2
    yield "w2 is (h,)", x, w1, b1, w2[:, 0].copy(), b2[:1]
    yield "no rows", x[:0], w1, b1, w2, b2
    yield "no classes", x, w1, b1, w2[:, :0], b2[:0]


@points(2)
def test_mlp_forward(mlp_forward, draw):
    """The pre-activations x @ w1 + b1, their relu, and the logits a @ w2 + b2, in this order."""
    agree(mlp_forward, draw(mlp_forward_networks, forward))


@points(1)
def test_mlp_forward_ones(mlp_forward, draw):
    """One row, one unit or one class keep their axes."""
    agree(mlp_forward, draw(mlp_forward_ones, forward))


@points(1)
def test_mlp_forward_contract(mlp_forward, draw):
    """float32 stays float32, integers (narrow ones too) give float64, any layout; inputs stay as they were."""
    contract(mlp_forward, draw, mlp_forward_contract, forward, floats=(0, 1, 2, 3, 4), integers=False)
    contract(mlp_forward, draw, mlp_forward_whole, forward, labels=(0, 1, 2, 3, 4))


@points(1)
def test_mlp_forward_misfit(mlp_forward, draw):
    """Shapes that do not fit, also where numpy would broadcast them, or an empty input: ValueError."""
    refuse(mlp_forward, draw(network_misfits))


# --- linear_backward --------------------------------------------------------------------------------------------------


def linear(dout, x, w):
    dout, x, w = wide(dout, x, w)
    return complex_step(lambda x, w, b: np.sum(dout * (x @ w + b)), x, w, np.zeros(w.shape[1]))


def linear_backward_layers(rng):
    """dout, x, w of a linear layer, no two sizes equal."""
    yield "2 rows", np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]]), np.array([[1.0], [3.0]]), np.array([[2.0, -1.0, 1.0]])
    for n, d, m in ((5, 3, 2), (4, 6, 7)):
        yield f"{n} rows, {d} to {m}", rng.normal(size=(n, m)), rng.normal(size=(n, d)), rng.normal(size=(d, m))


def linear_backward_square(rng):
    for n, d, m in ((3, 3, 3), (1, 3, 3), (4, 2, 2)):
        yield f"{n} rows, {d} to {m}", rng.normal(size=(n, m)), rng.normal(size=(n, d)), rng.normal(size=(d, m))
    yield "1 row, 1 to 1", rng.normal(size=(1, 1)), rng.normal(size=(1, 1)), rng.normal(size=(1, 1))


def linear_backward_contract(rng):
    yield "1 row", 2 * rng.normal(size=(1, 3)), 2 * rng.normal(size=(1, 2)), 2 * rng.normal(size=(2, 3))
    yield "4 rows", 2 * rng.normal(size=(4, 3)), 2 * rng.normal(size=(4, 2)), 2 * rng.normal(size=(2, 3))


def linear_backward_whole(rng):
    yield "0 and 1", np.ones((300, 2), dtype=np.int64), np.ones((300, 1), dtype=np.int64), np.ones((1, 2), dtype=np.int64)
    for low, high in ((0, 255), (-128, 127), (-32768, 32767)):
        yield f"numbers from {low} to {high}", *(whole(rng, low, high, shape) for shape in ((3, 2), (3, 4), (4, 2)))


def linear_backward_misfits(rng):
    yield "no rows", np.zeros((0, 3)), np.zeros((0, 2)), np.ones((2, 3))
    yield "no features", np.ones((4, 3)), np.ones((4, 0)), np.ones((0, 3))
    yield "no outputs", np.ones((4, 0)), np.ones((4, 2)), np.ones((2, 0))
    yield "a single row, 1-D", np.ones(3), np.ones(3), np.ones(3)
    yield "dout is 1-D", np.ones(4), np.ones((4, 2)), np.ones((2, 1))
    yield "a stack of matrices", np.ones((2, 4, 3)), np.ones((2, 4, 2)), np.ones((2, 3))
    yield "dout has more rows than x", np.ones((4, 3)), np.ones((3, 2)), np.ones((2, 3))
    yield "dout has one row", np.ones((1, 3)), np.ones((4, 2)), np.ones((2, 3))
    yield "dout has more columns than w", np.ones((4, 3)), np.ones((4, 2)), np.ones((2, 2))
    yield "x has more columns than w has rows", np.ones((4, 3)), np.ones((4, 3)), np.ones((2, 3))


@points(2)
def test_linear_backward(linear_backward, draw):
    """dx, dw and db, each in the shape of what it belongs to."""
    agree(linear_backward, draw(linear_backward_layers, linear))


@points(1)
def test_linear_backward_square(linear_backward, draw):
    """Right where sizes are equal and a wrong product would fit, and for one row or one number."""
    agree(linear_backward, draw(linear_backward_square, linear))


@points(1)
def test_linear_backward_contract(linear_backward, draw):
    """float32 stays float32, integers (narrow ones too) give float64, any layout; new arrays, for a single row too."""
    contract(linear_backward, draw, linear_backward_contract, linear, floats=(0, 1, 2))
    contract(linear_backward, draw, linear_backward_whole, linear, labels=(0, 1, 2))


@points(1)
def test_linear_backward_misfit(linear_backward, draw):
    """Shapes that do not fit, inputs that are not 2-D or empty: ValueError."""
    refuse(linear_backward, draw(linear_backward_misfits))


# --- one_layer_gradient -----------------------------------------------------------------------------------------------


def squared_error(x, y, w):
    x, y, w = wide(x, y, w)
    return complex_step(lambda w: np.sum((1 / (1 + np.exp(-(x @ w))) - y) ** 2) / (2 * len(x)), w)[0]


def squared_error_far(x, y, w):
    """As squared_error, where a complex exponential would overflow."""
    x, y, w = wide(x, y, w)
    z = x @ w
    return np.einsum("ni,nj->ij", x, (expit(z) - y) * expit(z) * expit(-z)) / len(x)


def one_layer_units(rng):
    """x, y, w of a layer of sigmoid units, no two sizes equal."""
    yield "3 rows, 2 features, 1 unit", np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0]]), np.array([[1.0], [0.0], [1.0]]), np.array([[0.5], [-1.0]])
    for n, d, k in ((6, 4, 3), (3, 5, 2)):
        yield f"{n} rows, {d} features, {k} units", rng.normal(size=(n, d)), rng.random((n, k)), rng.normal(size=(d, k))


def one_layer_square(rng):
    for n, k in ((3, 1), (4, 2)):
        yield f"{n} rows, {n} features, {k} units", rng.normal(size=(n, n)), rng.random((n, k)), rng.normal(size=(n, k))
    yield "1 row, 3 features", rng.normal(size=(1, 3)), rng.random((1, 2)), rng.normal(size=(3, 2))
    yield "4 rows, 1 feature", rng.normal(size=(4, 1)), rng.random((4, 1)), away(rng, 0.5, 2, (1, 1))


def one_layer_far(rng):
    x = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    yield "x @ w = ±1000", x, np.array([[0.0], [1.0], [0.5]]), np.array([[1000.0], [-1000.0]])


def one_layer_contract(rng):
    for n, d, k in ((3, 2, 1), (5, 3, 2)):
        yield f"{n} rows, {d} features, {k} units", 2 * rng.normal(size=(n, d)), rng.uniform(-1, 2, (n, k)), rng.normal(size=(d, k))


def one_layer_whole(rng):
    """Whole numbers whose products and sums wrap around to where the sigmoid has a slope."""
    y = np.array([[0], [0], [1]])
    yield "sums of 256", np.array([[128, 128], [255, 1], [1, 0]]), y, np.array([[1], [1]])
    yield "sums of 128", np.array([[127, 1], [64, 64], [-1, -2]]), y, np.array([[1], [1]])
    yield "sums of -128", np.array([[-127, -1], [-128, 0], [1, 1]]), 1 - y, np.array([[1], [1]])
    yield "sums of 32768", np.array([[32767, 1], [-32768, 32767], [1, 1]]), y, np.array([[1], [1]])


def one_layer_misfits(rng):
    x, w = np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0]]), np.array([[0.5], [-1.0]])
    y, w2 = np.array([[1.0], [0.0], [1.0]]), np.array([[0.5, 1.0], [-1.0, 0.5]])
    yield "y is (n,)", x, y[:, 0].copy(), w
    yield "y is (1, k)", x, y[:1], w
    yield "y is (n, 1) for two units", x, y, w2
    yield "y has two columns for one unit", x, np.hstack([y, y]), w
    yield "y is 0-d", x, np.array(1.0), w
    yield "y and w are (n,) and (d,)", x, y[:, 0].copy(), w[:, 0].copy()
    yield "x is a single row, 1-D", x[0].copy(), np.array([1.0, 0.0]), w2
    yield "y is a stack of matrices", x, y[None], w
    yield "no rows", np.zeros((0, 2)), np.zeros((0, 1)), w
    yield "no units", x, y[:, :0], w[:, :0]


@points(2)
def test_one_layer_gradient(one_layer_gradient, draw):
    """The gradient of the mean over rows of half the squared error, summed over units."""
    agree(one_layer_gradient, draw(one_layer_units, squared_error))


@points(1)
def test_one_layer_gradient_square(one_layer_gradient, draw):
    """Right for as many rows as features too, for one row and for one feature."""
    agree(one_layer_gradient, draw(one_layer_square, squared_error))


@points(1)
def test_one_layer_gradient_misfit(one_layer_gradient, draw):
    """y must be (n, k) and w (d, k): anything else is a ValueError, an empty input too."""
    refuse(one_layer_gradient, draw(one_layer_misfits))


@points(1)
def test_one_layer_gradient_far(one_layer_gradient, draw):
    """No warning at x @ w = ±1000, in float32 neither."""
    contract(one_layer_gradient, draw, one_layer_far, squared_error_far, floats=(0, 1, 2))


@points(1)
def test_one_layer_gradient_contract(one_layer_gradient, draw):
    """float32 stays float32, integers (narrow ones too) give float64, any layout; inputs stay as they were."""
    contract(one_layer_gradient, draw, one_layer_contract, squared_error, floats=(0, 1, 2))
    contract(one_layer_gradient, draw, one_layer_whole, squared_error_far, labels=(0, 1, 2))


# --- softmax_cross_entropy --------------------------------------------------------------------------------------------


def cross_entropy(logits, labels):
    n, k = logits.shape
    logits, labels = np.asarray(logits, np.float64), np.asarray(labels, np.int64)
    return -np.mean(log_softmax(logits, axis=1)[np.arange(n), labels]), (softmax(logits, axis=1) - np.eye(k)[labels]) / n


def softmax_classes(rng):
    """Logits and labels; one label is improbable, so that anything added to a probability shows."""
    yield "2 rows, 3 classes", np.array([[1.0, 2.0, 0.5], [-4.5, -1.0, 3.0]]), np.array([1, 0])
    yield "5 rows, 4 classes", rng.uniform(-1.5, 1.5, (5, 4)), rng.integers(0, 4, 5)
    yield "6 rows, 3 classes", rng.uniform(-1.5, 1.5, (6, 3)), rng.permutation(np.arange(6) % 3)


def softmax_far(rng):
    """Rows with logits of ±1000, and rows that lie far from each other."""
    yield "the true class at -1000", np.array([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]]), np.array([1, 2])
    yield "one row 2000 below the other", np.array([[-1000.0, -1001.0], [1000.0, 999.0]]), np.array([1, 0])


def softmax_single(rng):
    yield "1 row, 3 classes", rng.uniform(-1.5, 1.5, (1, 3)), np.array([2])
    yield "1 row, 1 class", np.array([[0.7]]), np.array([0])
    yield "3 rows, 1 class", rng.uniform(-1.5, 1.5, (3, 1)), np.array([0, 0, 0])


def softmax_contract(rng):
    yield "1 row", rng.normal(0, 2, (1, 3)), np.array([2])
    yield "20 rows, 17 classes", rng.normal(0, 2, (20, 17)), np.concatenate([[16, 16], rng.integers(0, 17, 18)])


def softmax_whole(rng):
    for low, high in ((0, 255), (-128, 127), (-32768, 32767)):
        logits = whole(rng, low, high, (3, 4))
        logits[1] = high - np.array([0, 1, 2, 1])
        yield f"logits from {low} to {high}", logits, np.array([0, 2, 3])


def softmax_many_classes(rng):
    yield "256 classes, the last one true", rng.uniform(-1, 1, (2, 256)), np.array([255, 3])


def softmax_misfits(rng):
    yield "labels in a column", np.ones((3, 2)), np.array([[0], [1], [0]])
    yield "labels in a row of a matrix", np.ones((3, 2)), np.array([[0, 1, 0]])
    yield "one label for three rows", np.ones((3, 2)), np.array([1])
    yield "a 0-d label", np.ones((3, 2)), np.array(1)
    yield "a label too many", np.ones((3, 2)), np.array([0, 1, 0, 1])
    yield "one-hot labels", np.ones((3, 2)), np.array([[0, 1], [1, 0], [0, 1]])
    yield "logits of one row, 1-D", np.ones(3), np.array([1])
    yield "no rows", np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    yield "no classes", np.zeros((3, 0)), np.zeros(3, dtype=np.int64)


@points(2)
def test_softmax_cross_entropy(softmax_cross_entropy, draw):
    """The mean of -log(softmax at the label) over the rows, and its gradient."""
    agree(softmax_cross_entropy, draw(softmax_classes, cross_entropy))


@points(1)
def test_softmax_cross_entropy_far(softmax_cross_entropy, draw):
    """Right at logits of ±1000, a loss of 2000 too."""
    agree(softmax_cross_entropy, draw(softmax_far, cross_entropy))


@points(1)
def test_softmax_cross_entropy_single(softmax_cross_entropy, draw):
    """One row or one class keep their axes."""
    agree(softmax_cross_entropy, draw(softmax_single, cross_entropy))


@points(1)
def test_softmax_cross_entropy_warnings(softmax_cross_entropy, draw):
    """No warning at logits of ±1000, in float32 neither."""
    contract(softmax_cross_entropy, draw, softmax_far, cross_entropy, floats=(0,))


@points(1)
def test_softmax_cross_entropy_contract(softmax_cross_entropy, draw):
    """float32 stays float32, integers (narrow ones too) give float64, labels of any integer type, any layout; the logits stay as they were."""
    contract(softmax_cross_entropy, draw, softmax_contract, cross_entropy, floats=(0,), labels=(1,))
    contract(softmax_cross_entropy, draw, softmax_whole, cross_entropy, labels=(0, 1))
    contract(softmax_cross_entropy, draw, softmax_many_classes, cross_entropy, labels=(1,))


@points(1)
def test_softmax_cross_entropy_misfit(softmax_cross_entropy, draw):
    """Logits that are not 2-D, labels that are not (n,), or an empty input: ValueError."""
    refuse(softmax_cross_entropy, draw(softmax_misfits))


# --- mlp_gradients ----------------------------------------------------------------------------------------------------


def network(x, labels, w1, b1, w2, b2):
    """The loss and the complex-step gradients; relu passes what has a real part above 0."""
    (x,), labels = wide(x), np.asarray(labels, np.int64)

    def loss(w1, b1, w2, b2):
        pre = x @ w1 + b1
        z = pre * (pre.real > 0) @ w2 + b2
        z = z - z.real.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(x)), labels])

    weights = [np.asarray(a, np.complex128) for a in (w1, b1, w2, b2)]
    return loss(*weights).real, *complex_step(loss, *weights)


def mlp(rng, n, d, h, k):
    """x, labels and weights; every hidden unit is on for some rows and off for others, every class is true where rows allow."""
    x, *weights = on_and_off(rng, n, d, h, k)
    return x, rng.permutation(np.arange(n) % k), *weights


def mlp_gradients_networks(rng):
    """Networks, no two sizes equal."""
    x, labels = np.array([[1.0], [-2.0]]), np.array([1, 0])
    w1, b1 = np.array([[1.0, -1.0, 0.5]]), np.array([0.5, 0.25, -1.0])
    yield "2 rows, 1-3-2", x, labels, w1, b1, np.array([[1.0, -1.0], [0.5, 2.0], [-1.5, 0.5]]), np.array([0.5, -0.5])
    yield "6 rows, 3-5-4", *mlp(rng, 6, 3, 5, 4)


def mlp_gradients_at_zero(rng):
    """Pre-activations of exactly 0, and of 1e-7."""
    x, labels, w1, _, w2, b2 = mlp(rng, 4, 2, 3, 2)
    x[0] = 0
    yield "a row of zeros, biases of 0 and 1e-7", x, labels, w1, np.array([0.0, 0.5, 1e-7]), w2, b2


def mlp_gradients_far(rng):
    x, labels, w1, b1, w2, _ = mlp(rng, 3, 2, 4, 3)
    yield "logits of ±1000", x, labels, w1, b1, w2, np.array([1000.0, -1000.0, 0.0])


def mlp_gradients_single(rng):
    yield "1 row, 2-3-4", *mlp(rng, 1, 2, 3, 4)
    yield "2 rows, 1-1-1", np.array([[1.0], [-2.0]]), np.array([0, 0]), np.array([[1.5]]), np.array([0.5]), np.array([[2.0]]), np.array([-1.0])
    yield (
        "3 rows, 1-1-2",
        np.array([[1.0], [-2.0], [0.5]]),
        np.array([0, 1, 1]),
        np.array([[1.5]]),
        np.array([0.5]),
        np.array([[2.0, -0.5]]),
        np.ones(2),
    )


def mlp_gradients_contract(rng):
    """Logits around 60, where float32 and float64 differ in the sixth digit."""
    x, _, *weights = mlp(rng, 1, 2, 3, 3)
    weights[3] = weights[3] + 60
    yield "1 row, 2-3-3", x, np.array([2]), *weights
    x, labels, *weights = mlp(rng, 5, 2, 4, 3)
    weights[3] = weights[3] + 60
    yield "5 rows, 2-4-3", x, labels, *weights


def mlp_gradients_whole(rng):
    for low, high in ((0, 255), (-128, 127)):
        x, *weights = whole_network(rng, 3, 2, 3, 2, low, high)
        yield f"numbers from {low} to {high}", x, np.array([0, 1, 1]), *weights


def mlp_gradients_misfits(rng):
    labels = np.array([0, 1, 0, 1])
    x, w1, b1, w2, b2 = on_and_off(rng, 4, 2, 3, 2)
    yield "labels in a column", x, labels[:, None], w1, b1, w2, b2
    yield "one label for four rows", x, labels[:1], w1, b1, w2, b2
    yield "a 0-d label", x, np.array(1), w1, b1, w2, b2
    yield "a label too many", x, np.array([0, 1, 0, 1, 1]), w1, b1, w2, b2
    for name, x, *weights in network_misfits(rng):
        yield name, x, labels[: len(x)] if x.ndim == 2 else labels, *weights


@points(2)
def test_mlp_gradients(mlp_gradients, draw):
    """The loss and the gradients with respect to w1, b1, w2, b2, in this order."""
    agree(mlp_gradients, draw(mlp_gradients_networks, network))


@points(1)
def test_mlp_gradients_at_zero(mlp_gradients, draw):
    """The derivative of relu at 0 is 0, and 1 just above it."""
    agree(mlp_gradients, draw(mlp_gradients_at_zero, network))


@points(1)
def test_mlp_gradients_far(mlp_gradients, draw):
    """Right at logits of ±1000."""
    agree(mlp_gradients, draw(mlp_gradients_far, network))


@points(1)
def test_mlp_gradients_single(mlp_gradients, draw):
    """One row, one unit or one class keep their axes."""
    agree(mlp_gradients, draw(mlp_gradients_single, network))


@points(1)
def test_mlp_gradients_warnings(mlp_gradients, draw):
    """No warning at logits of ±1000, in float32 neither."""
    contract(mlp_gradients, draw, mlp_gradients_far, network, floats=(0, 2, 3, 4, 5), integers=False)


@points(1)
def test_mlp_gradients_contract(mlp_gradients, draw):
    """float32 stays float32, integers (narrow ones too) give float64, labels of any integer type, any layout; inputs stay as they were."""
    contract(mlp_gradients, draw, mlp_gradients_contract, network, floats=(0, 2, 3, 4, 5), labels=(1,), integers=False)
    contract(mlp_gradients, draw, mlp_gradients_whole, network, labels=(0, 1, 2, 3, 4, 5))


@points(1)
def test_mlp_gradients_misfit(mlp_gradients, draw):
    """Shapes that do not fit, also where numpy would broadcast them, or an empty input: ValueError."""
    refuse(mlp_gradients, draw(mlp_gradients_misfits))


# --- layer_norm_backward ----------------------------------------------------------------------------------------------


def layer_norm(dout, x, gamma, eps):
    dout, x, gamma = wide(dout, x, gamma)

    def forward(x, gamma, beta):
        centred = x - x.sum(axis=-1, keepdims=True) / x.shape[-1]
        variance = (centred * centred).sum(axis=-1, keepdims=True) / x.shape[-1]
        return np.sum(dout * (gamma * centred / np.sqrt(variance + eps) + beta))

    return complex_step(forward, x, gamma, np.zeros(gamma.shape))


def normed(rng, *shape):
    """dout, x and gamma for layer norm; no mean of a row is near 0, no row is nearly constant."""
    x = rng.permuted(np.linspace(-2, 2, shape[-1]) + rng.uniform(-0.2, 0.2, shape), axis=-1)
    return rng.normal(size=shape), x + rng.uniform(0.5, 2), rng.uniform(0.5, 2, shape[-1])


def layer_norm_rows(rng):
    yield "1 row of 3", np.array([[1.0, 0.0, -2.0]]), np.array([[1.0, 2.0, 4.0]]), np.array([1.0, 0.5, 2.0]), 1e-8
    yield "4 rows of 5", *normed(rng, 4, 5), 1e-8


def layer_norm_eps(rng):
    yield "eps = 0.5", *normed(rng, 3, 4), 0.5
    dout, x, gamma = normed(rng, 2, 4)
    yield "rows in millionths, eps = 1e-14", dout, x * 1e-6, gamma, 1e-14
    yield "a constant row", np.array([[1.0, 0.0, -2.0]]), np.array([[3.0, 3.0, 3.0]]), np.array([1.0, 0.5, 2.0]), 0.1


def layer_norm_axes(rng):
    for shape in ((4,), (2, 3, 4), (2, 1, 2, 3), (3, 3, 3)):
        yield f"shape {shape}", *normed(rng, *shape), 0.01
    yield "one feature", rng.normal(size=(3, 1)), rng.normal(size=(3, 1)), np.array([1.5]), 0.01


def layer_norm_far(rng):
    dout, x, gamma = normed(rng, 3, 6)
    yield "means around a million", dout, x + 1e6, gamma, 1e-5


def layer_norm_contract(rng):
    yield "one axis", *normed(rng, 4), 0.1
    yield "4 rows of 3", *normed(rng, 4, 3), 0.1
    yield "shape (1, 1, 3)", *normed(rng, 1, 1, 3), 0.1


def layer_norm_whole(rng):
    for low, high in ((0, 255), (-128, 127)):
        yield f"numbers from {low} to {high}", *(whole(rng, low, high, shape) for shape in ((3, 4), (3, 4), 4)), 0.5


def layer_norm_misfits(rng):
    dout, x, gamma = normed(rng, 3, 4)
    yield "one number for gamma", dout, x, gamma[:1], 0.1
    yield "a 0-d gamma", dout, x, np.array(1.5), 0.1
    yield "gamma is a row of a matrix", dout, x, gamma[None], 0.1
    yield "gamma for each row", dout, x, np.ones((3, 1)), 0.1
    yield "gamma in x's shape", dout, x, np.ones((3, 4)), 0.1
    yield "dout is one row", dout[0].copy(), x, gamma, 0.1
    yield "dout is (1, d)", dout[:1], x, gamma, 0.1
    yield "dout is (n, 1)", dout[:, :1], x, gamma, 0.1
    yield "x is one row", dout, x[0].copy(), gamma, 0.1
    yield "x is (n, 1)", dout, x[:, :1], gamma, 0.1
    yield "no axes", np.array(1.0), np.array(2.0), np.array(1.0), 0.1
    yield "no rows", dout[:0], x[:0], gamma, 0.1
    yield "no features", dout[:, :0], x[:, :0], gamma[:0], 0.1


@points(2)
def test_layer_norm_backward(layer_norm_backward, draw):
    """dx, with the terms of the mean and of the variance, dgamma and dbeta."""
    agree(layer_norm_backward, draw(layer_norm_rows, layer_norm))


@points(1)
def test_layer_norm_backward_eps(layer_norm_backward, draw):
    """eps stands under the root, with the variance."""
    agree(layer_norm_backward, draw(layer_norm_eps, layer_norm))


@points(1)
def test_layer_norm_backward_axes(layer_norm_backward, draw):
    """Any number of axes before the last; dgamma and dbeta sum over all of them."""
    agree(layer_norm_backward, draw(layer_norm_axes, layer_norm))


@points(1)
def test_layer_norm_backward_far(layer_norm_backward, draw):
    """Right to 5 digits where a row's mean is a million times its spread."""
    agree(layer_norm_backward, draw(layer_norm_far, layer_norm), rtol=1e-5, atol=1e-8)


@points(1)
def test_layer_norm_backward_contract(layer_norm_backward, draw):
    """float32 stays float32, integers (narrow ones too) give float64, any layout; new arrays, for a single row too; no warning."""
    contract(layer_norm_backward, draw, layer_norm_contract, layer_norm, floats=(0, 1, 2), integers=False)
    contract(layer_norm_backward, draw, layer_norm_whole, layer_norm, labels=(0, 1, 2))


@points(1)
def test_layer_norm_backward_misfit(layer_norm_backward, draw):
    """Shapes that do not fit, also where numpy would broadcast them, an x without axes or an empty one: ValueError."""
    refuse(layer_norm_backward, draw(layer_norm_misfits))


# --- hunt 1: bank_step_counterexample, bank_step_mended ---------------------------------------------------------------


def _arguments(given):
    """The counterexample as three float64 matrices on which the guide's step runs; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        rate = isinstance(given, tuple | list) and len(given) == 4 and np.ndim(given[3]) == 0
        text = "bank_step_counterexample() must return three arrays, (x, y, w)."
        raise Wrong(text, expected="(x, y, w)", got=given, mistake="with-rate" if rate else "")
    try:
        x, y, w = (np.asarray(array, np.float64) for array in given)
    except (TypeError, ValueError):
        raise Wrong("x, y and w must be arrays of numbers, or nested lists of them.", expected="(x, y, w)", got=given) from None
    shapes = f"x {x.shape}, y {y.shape}, w {w.shape}"
    if not x.ndim == y.ndim == w.ndim == 2 or y.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        text = f"The shapes do not belong to a layer, (n, d), (n, k) and (d, k): {shapes}."
        flat = y.ndim == 1 and w.ndim == 2
        raise Wrong(text, expected="(n, d), (n, k), (d, k)", got=shapes, mistake="flat-targets" if flat else "")
    if not 0 < max(x.size, y.size, w.size) <= 1000 or not all(array.size and np.isfinite(array).all() for array in (x, y, w)):
        raise Wrong("The arrays must hold between 1 and 1000 finite numbers each.", expected="finite numbers", got=shapes)
    n, d = x.shape
    if n != d and n != 1:
        text = f"With {n} rows and {d} features bank_step raises an error."
        raise Wrong(text, expected="n = d, so that it runs", got=shapes, mistake="not-square")
    return x, y, w


def _cosine(x, y, w):
    """The cosine between the guide's step and the right one; Wrong when one of them is too short to have a direction."""
    with np.errstate(all="ignore"):
        z = x @ w
        guide, right = -(x.T @ (expit(z) - y)) * expit(z) * expit(-z), x.shape[0] * -squared_error_far(x, y, w) / len(x)
    lengths = np.linalg.norm(guide), np.linalg.norm(right)
    if not min(lengths) >= 1e-6:
        text = f"The guide's step has length {lengths[0]:.2g}, the right one {lengths[1]:.2g}: below 1e-6 is too short to speak of a direction."
        fitted = np.allclose(expit(z), y, rtol=0, atol=1e-6)
        raise Wrong(text, expected="1e-6 or longer", got=min(lengths), mistake="already-fitted" if fitted else "")
    return float(np.sum(guide * right) / (lengths[0] * lengths[1]))


def _why_so_near(x, w):
    """What brings the guide's step so near to the right one, as a known mistake; "" where it is something else."""
    if len(x) == 1:
        return "one-row"
    if not w.any():
        return "zero-weights"
    slopes = expit(x @ w) * expit(-x @ w)
    return "even-slopes" if (slopes.max(axis=0) < 1.3 * slopes.min(axis=0)).all() else ""


def step(x, y, w, lr):
    return w - lr * squared_error(x, y, w)


def step_far(x, y, w, lr):
    return w - lr * squared_error_far(x, y, w)


def with_rate(maker):
    """The cases of a maker for x, y, w, with a learning rate."""

    def rated(rng):
        rates = (0.5, 2.0, 0.1, 1.5)
        for i, (name, *args) in enumerate(maker(rng)):
            yield f"{name}, lr = {rates[i % 4]}", *args, rates[i % 4]

    rated.__name__ = f"{maker.__name__}_rated"
    return rated


steps, steps_square, steps_far = with_rate(one_layer_units), with_rate(one_layer_square), with_rate(one_layer_far)
steps_contract, steps_whole, steps_misfits = with_rate(one_layer_contract), with_rate(one_layer_whole), with_rate(one_layer_misfits)


def steps_nowhere(rng):
    x, _, w = rng.normal(size=(3, 2)), None, rng.normal(size=(2, 1))
    yield "lr = 0", x, np.array([[1.0], [0.0], [1.0]]), w, 0.0


@points(2)
def test_bank_step_counterexample(bank_step_counterexample):
    """The guide's step runs, and its direction is off: the cosine with the right one is at most 0.9."""
    x, y, w = _arguments(bank_step_counterexample())
    cosine = _cosine(x, y, w)
    if not cosine <= 0.9:
        text = f"On your arrays the guide's step points the right way, or nearly: the cosine is {cosine:.3f}, and at most 0.9 is asked for."
        raise Wrong(text, expected="at most 0.9", got=cosine, mistake=_why_so_near(x, w))


@points(2)
def test_bank_step_counterexample_climbs(bank_step_counterexample):
    """The guide's step even climbs: the cosine is negative."""
    x, y, w = _arguments(bank_step_counterexample())
    cosine = _cosine(x, y, w)
    if not cosine < 0:
        text = f"On your arrays the guide still goes downhill: the cosine is {cosine:.3f}, and one below 0 is asked for."
        why = "still-downhill" if cosine <= 0.9 else _why_so_near(x, w)
        raise Wrong(text, expected="below 0", got=cosine, mistake=why)


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
    """The caller's w stays as it was, with lr = 0 too; float32 stays float32, integers (narrow ones too) give float64, any layout."""
    contract(bank_step_mended, draw, steps_contract, step, floats=(0, 1, 2))
    contract(bank_step_mended, draw, steps_whole, step_far, labels=(0, 1, 2))
    contract(bank_step_mended, draw, steps_nowhere, step)


@points(1)
def test_bank_step_mended_far(bank_step_mended, draw):
    """No warning at x @ w = ±1000, in float32 neither."""
    contract(bank_step_mended, draw, steps_far, step_far, floats=(0, 1, 2))


@points(1)
def test_bank_step_mended_misfit(bank_step_mended, draw):
    """y must be (n, k) and w (d, k): anything else is a ValueError, an empty input too."""
    refuse(bank_step_mended, draw(steps_misfits))


# --- hunt 2: loop_mended ----------------------------------------------------------------------------------------------


def descent(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    weights = wide(w1, b1, w2, b2)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            batch = range(first, min(first + batch_size, len(x)))
            _, *gradients = network(np.stack([x[i] for i in batch]), np.array([labels[i] for i in batch]), *weights)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(weights)


def loop_even(rng):
    """The rows divide into batches without a remainder; two epochs, two batches or more in each."""
    yield "2 rows, a batch each", *next(mlp_gradients_networks(rng))[1:], 0.5, 1, 1
    yield "6 rows in batches of 3, 2 epochs", *mlp(rng, 6, 2, 3, 3), 0.4, 2, 3


def loop_ragged(rng):
    yield "5 rows in batches of 2", *mlp(rng, 5, 2, 3, 2), 0.4, 2, 2
    yield "3 rows in a batch of 8", *mlp(rng, 3, 2, 3, 2), 0.4, 2, 8


def loop_still(rng):
    yield "no epochs", *mlp(rng, 4, 2, 3, 2), 0.4, 0, 2
    x, labels, w1, b1, w2, b2 = mlp(rng, 4, 2, 3, 1)
    yield "one class, so no gradient", x, labels, w1, b1, w2, b2, 0.4, 2, 2


def loop_far(rng):
    x, labels, w1, b1, w2, _ = mlp(rng, 4, 2, 4, 3)
    yield "logits of ±1000", x, labels, w1, b1, w2, np.array([1000.0, -1000.0, 0.0]), 0.1, 1, 2
    yield "a row of zeros, biases of 0 and 1e-7", *next(mlp_gradients_at_zero(rng))[1:], 0.3, 2, 2


def loop_contract(rng):
    yield "5 rows in batches of 3", *mlp(rng, 5, 2, 3, 3), 0.2, 1, 3


def loop_whole(rng):
    for low, high in ((0, 255), (-128, 127)):
        x, *weights = whole_network(rng, 3, 2, 3, 2, low, high)
        yield f"numbers from {low} to {high}", x, np.array([0, 1, 1]), *weights, 1e-4, 1, 2


def loop_misfits(rng):
    for name, *args in mlp_gradients_misfits(rng):
        yield name, *args, 0.1, 1, 2


@points(2)
def test_loop_mended(loop_mended, draw):
    """The weights after all steps: one for each batch, by that batch's gradients, all taken before any weight moves."""
    agree(loop_mended, draw(loop_even, descent))


@points(1)
def test_loop_mended_ragged(loop_mended, draw):
    """A short last batch counts, averaged over its own rows; a batch may be larger than the data."""
    agree(loop_mended, draw(loop_ragged, descent))


@points(1)
def test_loop_mended_far(loop_mended, draw):
    """Right at logits of ±1000 and at pre-activations of exactly 0, without a warning, in float32 too."""
    contract(loop_mended, draw, loop_far, descent, floats=(0, 2, 3, 4, 5), integers=False)


@points(1)
def test_loop_mended_contract(loop_mended, draw):
    """The caller's weights stay as they were, new arrays without epochs too; float32 stays float32, integers give float64, any layout."""
    contract(loop_mended, draw, loop_still, descent)
    contract(loop_mended, draw, loop_contract, descent, floats=(0, 2, 3, 4, 5), labels=(1,), integers=False)
    contract(loop_mended, draw, loop_whole, descent, labels=(0, 1, 2, 3, 4, 5))


@points(1)
def test_loop_mended_misfit(loop_mended, draw):
    """Shapes that do not fit, also where numpy would broadcast them, or an empty input: ValueError."""
    refuse(loop_mended, draw(loop_misfits))


# --- hunt 3: shapes_predicted -----------------------------------------------------------------------------------------


def published_shapes(n, d, h, y_shape):
    """What the published lines give, by running them on zeros."""
    x, y, w, v = np.zeros((n, d)), np.zeros(y_shape), np.zeros((d, h)), np.zeros((h, 1))
    out = np.tanh(x @ w) @ v
    error = out - y
    return out.shape, error.shape, (np.tanh(x @ w).T @ error).shape, error.sum(axis=0).shape


def three_sizes(rng):
    return (int(size) for size in rng.permutation(np.arange(2, 40))[:3])


def shapes_flat(rng):
    yield "n=3 d=2 h=4, y is (3,)", 3, 2, 4, (3,)
    for _ in range(2):
        n, d, h = three_sizes(rng)
        yield f"n={n} d={d} h={h}, y is ({n},)", n, d, h, (n,)


def shapes_column(rng):
    for _ in range(2):
        n, d, h = three_sizes(rng)
        yield f"n={n} d={d} h={h}, y is ({n}, 1)", n, d, h, (n, 1)


def shapes_other(rng):
    n, d, h = three_sizes(rng)
    yield f"n={n} d={d} h={h}, y is 0-d", n, d, h, ()
    yield f"n={n} d={d} h={h}, y is (1,)", n, d, h, (1,)
    yield f"n={n} d={d} h={h}, y is (1, {n})", n, d, h, (1, n)
    yield f"n=1 d={d} h={h}, y is (1,)", 1, d, h, (1,)
    yield f"n={n} d={d} h=1, y is ({n},)", n, d, 1, (n,)


@points(2)
def test_shapes_predicted(shapes_predicted, draw):
    """The shapes of out, error, dv and db where y is (n,)."""
    agree(shapes_predicted, draw(shapes_flat, published_shapes))


@points(1)
def test_shapes_predicted_column(shapes_predicted, draw):
    """The shapes where y is a column."""
    agree(shapes_predicted, draw(shapes_column, published_shapes))


@points(1)
def test_shapes_predicted_other(shapes_predicted, draw):
    """The shapes where y is one number, one row of a matrix, where there is one row of data or one hidden unit."""
    agree(shapes_predicted, draw(shapes_other, published_shapes))
