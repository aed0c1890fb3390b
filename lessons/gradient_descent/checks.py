# Built by `prep build` from solutions/gradient_descent/checks.py: do not edit by hand.
"""Checks of the lesson gradient_descent: oracles that go row by row and step by step, makers of inputs, one test for each thing that can go wrong."""

import math

import numpy as np

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- oracles ----------------------------------------------------------------------------------------------------------


def descend(grad, w0, lr, steps):
    path = [np.asarray(w0, dtype=np.float64)]
    for _ in range(steps):
        path.append(path[-1] - lr * np.asarray(grad(path[-1])))
    return path[-1], np.stack(path)


def batches_by_hand(x, y, w0, lr, epochs, batch_size):
    w = np.asarray(w0, dtype=np.float64)
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            rows = range(first, min(first + batch_size, len(x)))
            w = w - lr * sum((float(x[i] @ w) - float(y[i])) * np.asarray(x[i], dtype=np.float64) for i in rows) / len(rows)
    return w


def logistic_by_hand(x, y, lr, steps, l2):
    x, w, b = np.asarray(x, dtype=np.float64), np.zeros(x.shape[1]), 0.0
    for _ in range(steps):
        z = x @ w + b
        p = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
        w, b = w - lr * (x.T @ (p - y) / len(y) + l2 * w), b - lr * float(np.mean(p - y))
    return w, b


def one_momentum_step(w, g, v, lr, mu):
    v = mu * np.asarray(v, dtype=np.float64) + g
    return w - lr * v, v


def adam_by_hand(w0, grads, lr, beta1, beta2, eps):
    w = np.asarray(w0, dtype=np.float64)
    for t in range(1, len(grads) + 1):
        past = [np.asarray(g, dtype=np.float64) for g in grads[:t]]
        m = sum((1 - beta1) * beta1 ** (t - i) * g for i, g in enumerate(past, 1)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2 ** (t - i) * g**2 for i, g in enumerate(past, 1)) / (1 - beta2**t)
        w = w - lr * m / (np.sqrt(v) + eps)
    return w


def clip_by_hand(grads, max_norm):
    norm = math.sqrt(sum(math.fsum(float(value) ** 2 for value in g.ravel()) for g in grads))
    return [np.asarray(g, dtype=g.dtype) * (max_norm / norm) if norm > max_norm else g.copy() for g in grads]


def schedule(step, warmup, total, base_lr, min_lr):
    if step < warmup:
        return base_lr * (step + 1) / warmup
    if step >= total:
        return min_lr
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


def one_big_batch(sums, counts):
    return sum(np.asarray(one, dtype=np.float64) for one in sums) / sum(counts)


def token_mean(means, counts):
    return sum(np.asarray(one, dtype=np.float64) * count for one, count in zip(means, counts, strict=True)) / sum(counts)


# --- makers -----------------------------------------------------------------------------------------------------------


def bowl(curvature, centre):
    """The gradient of a quadratic bowl, in the dtype it is asked in."""

    def grad(w):
        return (curvature * (w - centre)).astype(w.dtype)

    return grad


def bowls(rng):
    """Quadratic bowls, and one slope that is no bowl."""
    yield "one weight, one step", bowl(1.0, 3.0), np.array([1.0]), 0.5, 1
    yield "three weights, 7 steps", bowl(rng.uniform(0.5, 3, 3), rng.normal(0, 2, 3)), rng.normal(0, 2, 3), 0.3, 7
    yield "a matrix of weights, 4 steps", bowl(rng.uniform(0.5, 2, (2, 3)), rng.normal(0, 1, (2, 3))), rng.normal(0, 2, (2, 3)), 0.4, 4


def small_bowl(rng):
    yield "four weights, 2 steps", bowl(rng.uniform(0.5, 2, (2, 2)), rng.normal(0, 1, (2, 2))), rng.normal(0, 2, (2, 2)), 0.4, 2


def standing_still(rng):
    yield "no step", bowl(1.0, 3.0), np.array([1.0, -2.0]), 0.5, 0


def no_weights(rng):
    yield "no weights", bowl(1.0, 0.0), np.zeros(0), 0.5, 2


def rows(rng, n, d):
    x = rng.normal(0, 1, (n, d))
    return x, x @ rng.normal(0, 1, d) + rng.normal(0, 0.3, n)


def whole_batches(rng):
    """The rows divide into batches without a rest."""
    yield "two rows, one batch", np.array([[1.0], [2.0]]), np.array([1.0, 3.0]), np.array([0.5]), 0.1, 1, 2
    for n, d, size in ((6, 2, 3), (12, 3, 4)):
        yield f"{n} rows in batches of {size}", *rows(rng, n, d), rng.normal(0, 1, d), 0.1, 3, size


def few_rows(rng):
    yield "6 rows in batches of 3", *rows(rng, 6, 2), rng.normal(0, 2, 2), 0.1, 2, 3


def ragged_batches(rng):
    for n, d, size in ((5, 2, 2), (11, 3, 4), (3, 2, 8)):
        yield f"{n} rows in batches of {size}", *rows(rng, n, d), rng.normal(0, 1, d), 0.15, 2, size


def batch_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.ones(2), np.zeros(2), 0.1, 1, 2
    yield "w0 too long", np.ones((3, 2)), np.ones(3), np.zeros(3), 0.1, 1, 2
    yield "y a column", np.ones((3, 2)), np.ones((3, 1)), np.zeros(2), 0.1, 1, 2
    yield "no rows", np.zeros((0, 2)), np.zeros(0), np.zeros(2), 0.1, 1, 2


def classes(rng, n, d):
    x = rng.normal(0, 1, (n, d))
    y = (x[:, 0] + rng.normal(0, 1, n) > 0.3).astype(np.int64)
    y[:2] = 0, 1
    return x, y


def two_classes(rng):
    """Noisy classes with a share of positives other than one half."""
    yield "three rows, one step", np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 1]), 0.5, 1, 0.0
    yield "12 rows, 20 steps", *classes(rng, 12, 2), 0.5, 20, 0.0
    yield "30 rows, 15 steps, l2", *classes(rng, 30, 4), 0.4, 15, 0.3


def few_classes(rng):
    yield "8 rows, 5 steps, l2", *classes(rng, 8, 2), 0.4, 5, 0.3


def extreme_classes(rng):
    yield "separable, 30 steps", np.array([[-1.0], [-2.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]), 50.0, 30, 0.0
    yield "logits of a thousand", np.array([[-40.0], [50.0], [30.0]]), np.array([0, 1, 0]), 30.0, 6, 0.0


def class_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.array([0, 1]), 0.1, 1, 0.0
    yield "y a column", np.ones((3, 2)), np.array([[0], [1], [1]]), 0.1, 1, 0.0
    yield "no rows", np.zeros((0, 2)), np.zeros(0, dtype=np.int64), 0.1, 1, 0.0


def pushes(rng):
    """Weights, gradients and velocities, none of them zero."""
    yield "one weight", np.array([1.0]), np.array([0.5]), np.array([2.0]), 0.1, 0.9
    for shape in ((4,), (2, 3)):
        yield f"weights of shape {shape}", rng.normal(0, 1, shape), rng.normal(0, 1, shape), rng.normal(0, 1, shape), 0.2, 0.7


def push_misfits(rng):
    yield "a gradient of another shape", np.zeros(3), np.zeros(2), np.zeros(3), 0.1, 0.9
    yield "a velocity that would broadcast", np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(3), 0.1, 0.9
    yield "no weights", np.zeros(0), np.zeros(0), np.zeros(0), 0.1, 0.9


def adam_runs(rng):
    """A few gradients of different sizes; betas that are not the usual ones."""
    yield "one step", np.array([1.0, -1.0]), [np.array([0.5, -3.0])], 0.1, 0.9, 0.999, 1e-8
    for shape, steps in (((3,), 4), ((2, 2), 7)):
        yield f"{steps} steps, shape {shape}", rng.normal(0, 1, shape), [rng.normal(0, 2, shape) for _ in range(steps)], 0.05, 0.8, 0.95, 1e-6


def three_steps(rng):
    yield "3 steps, shape (2, 2)", rng.normal(0, 2, (2, 2)), [rng.normal(0, 2, (2, 2)) for _ in range(3)], 0.05, 0.8, 0.95, 1e-6


def tiny_gradients(rng):
    yield "a gradient of 1e-6", np.array([1.0]), [np.array([1e-6])], 0.1, 0.9, 0.999, 1e-8
    yield "gradients of 1e-7, twice", np.array([0.0]), [np.array([1e-7]), np.array([2e-7])], 0.1, 0.9, 0.99, 1e-8


def zero_gradients(rng):
    yield "a gradient of zeros", np.array([1.0, 2.0]), [np.zeros(2), np.zeros(2)], 0.1, 0.9, 0.999, 1e-8


def adam_misfits(rng):
    yield "a gradient of another shape", np.zeros(3), [np.ones(3), np.ones(2)], 0.1, 0.9, 0.999, 1e-8
    yield "a gradient that would broadcast", np.zeros((2, 3)), [np.ones(3)], 0.1, 0.9, 0.999, 1e-8
    yield "no weights", np.zeros(0), [np.zeros(0)], 0.1, 0.9, 0.999, 1e-8


def long_gradients(rng):
    """Lists whose norm is above the limit."""
    yield "3, 4 and a limit of 1", [np.array([3.0, 4.0])], 1.0
    yield "two arrays", [rng.normal(0, 3, (2, 3)), rng.normal(0, 3, 4)], 0.7
    yield "a large one and a small one", [rng.normal(0, 10, 3), rng.normal(0, 0.1, (2, 2)), np.array([5.0])], 2.5


def short_gradients(rng):
    yield "below the limit", [np.array([0.3, -0.4]), np.array([[0.1]])], 2.0
    yield "each above, none together", [np.array([0.6, 0.0]), np.array([0.6])], 0.9
    yield "exactly at the limit", [np.array([3.0, 4.0])], 5.0


def zero_lists(rng):
    yield "all zeros", [np.zeros(3), np.zeros((2, 2))], 1.0


def no_gradients(rng):
    yield "an empty list", [], 1.0
    yield "an array without entries", [np.zeros(0)], 1.0


def steps_of_schedule(rng):
    """Steps before, at and after the warm-up."""
    for step in (0, 3, 4, 5, 12, 20):
        yield f"step {step} of 20, warm-up 4", step, 4, 20, 0.5, 0.1
    yield "step 70 of 300, warm-up 50", 70, 50, 300, 0.02, 0.002


def after_the_end(rng):
    yield "one after the end", 21, 4, 20, 0.5, 0.1
    yield "a full period after", 36, 4, 20, 0.5, 0.1


def without_warmup(rng):
    for step in (0, 5, 10):
        yield f"step {step} of 10, no warm-up", step, 0, 10, 0.4, 0.0


def micro_batches(rng):
    """Sums of micro-batches with different token counts."""
    yield "one token and three", [np.array([2.0]), np.array([3.0])], [1, 3]
    for shape, counts in (((3,), [5, 2, 9]), ((2, 2), [1, 7])):
        yield f"counts {counts}", [rng.normal(0, 3, shape) * count for count in counts], counts


def empty_micro_batches(rng):
    yield "a micro-batch without tokens", [np.array([4.0, 2.0]), np.zeros(2)], [4, 0]


def count_misfits(rng):
    yield "all counts 0", [np.zeros(2), np.zeros(2)], [0, 0]
    yield "a count too few", [np.ones(2), np.ones(2)], [3]
    yield "sums of different shapes", [np.ones((2, 2)), np.ones(2)], [1, 2]
    yield "no micro-batch", [], []


# --- gradient_descent -------------------------------------------------------------------------------------------------


@points(2)
def test_gradient_descent(gradient_descent, draw):
    """Each step goes against the gradient at the new place, and history holds every place from w0 on."""
    agree(gradient_descent, draw(bowls, descend))


@points(1)
def test_gradient_descent_no_step(gradient_descent, draw):
    """Without a step w is a copy of w0 and history holds w0 alone."""
    contract(gradient_descent, draw, standing_still, descend)


@points(1)
def test_gradient_descent_contract(gradient_descent, draw):
    """float32 stays float32, whole numbers are computed in float64; w0 stays as it was; results share no memory with it."""
    contract(gradient_descent, draw, small_bowl, descend, floats=(1,))


@points(1)
def test_gradient_descent_empty(gradient_descent, draw):
    """No weights: ValueError."""
    refuse(gradient_descent, draw(no_weights))


# --- minibatch_gd -----------------------------------------------------------------------------------------------------


@points(2)
def test_minibatch_gd(minibatch_gd, draw):
    """One step for each batch, in order, against the mean gradient of its rows."""
    agree(minibatch_gd, draw(whole_batches, batches_by_hand))


@points(1)
def test_minibatch_gd_ragged(minibatch_gd, draw):
    """A short last batch counts, averaged over its own rows; a batch may be larger than the data."""
    agree(minibatch_gd, draw(ragged_batches, batches_by_hand))


@points(1)
def test_minibatch_gd_contract(minibatch_gd, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(minibatch_gd, draw, few_rows, batches_by_hand, floats=(0, 1, 2), rtol32=2e-4)


@points(1)
def test_minibatch_gd_shapes(minibatch_gd, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(minibatch_gd, draw(batch_misfits))


# --- logistic_regression ----------------------------------------------------------------------------------------------


@points(2)
def test_logistic_regression(logistic_regression, draw):
    """Full-batch descent from zeros on the mean log-loss plus half l2 times the squared weights; the bias is not penalised."""
    agree(logistic_regression, draw(two_classes, logistic_by_hand))


@points(1)
def test_logistic_regression_extreme(logistic_regression, draw):
    """It stays finite, without a warning, on separable data and at logits of a thousand."""
    contract(logistic_regression, draw, extreme_classes, logistic_by_hand)


@points(1)
def test_logistic_regression_contract(logistic_regression, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(logistic_regression, draw, few_classes, logistic_by_hand, floats=(0,), rtol32=5e-4)


@points(1)
def test_logistic_regression_shapes(logistic_regression, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(logistic_regression, draw(class_misfits))


# --- momentum_step ----------------------------------------------------------------------------------------------------


@points(2)
def test_momentum_step(momentum_step, draw):
    """v = mu * v + g, then w = w - lr * v; both come back, w first."""
    agree(momentum_step, draw(pushes, one_momentum_step))


@points(1)
def test_momentum_step_contract(momentum_step, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(momentum_step, draw, pushes, one_momentum_step, floats=(0, 1, 2))


@points(1)
def test_momentum_step_shapes(momentum_step, draw):
    """w, g and v of different shapes, or without entries: ValueError."""
    refuse(momentum_step, draw(push_misfits))


# --- adam -------------------------------------------------------------------------------------------------------------


@points(2)
def test_adam(adam, draw):
    """One bias-corrected step for each gradient, counted from 1."""
    agree(adam, draw(adam_runs, adam_by_hand))


@points(1)
def test_adam_tiny(adam, draw):
    """eps stands outside the root, so that tiny gradients still move the weights."""
    agree(adam, draw(tiny_gradients, adam_by_hand))


@points(1)
def test_adam_zeros(adam, draw):
    """Gradients of zeros leave the weights where they are, without a warning."""
    contract(adam, draw, zero_gradients, adam_by_hand)


@points(1)
def test_adam_contract(adam, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(adam, draw, three_steps, adam_by_hand, floats=(0, 1))


@points(1)
def test_adam_shapes(adam, draw):
    """A gradient of another shape than w0, or no weights: ValueError."""
    refuse(adam, draw(adam_misfits))


# --- clip_by_global_norm ----------------------------------------------------------------------------------------------


@points(2)
def test_clip_by_global_norm(clip_by_global_norm, draw):
    """All arrays are shortened by one factor, so that their common norm is max_norm."""
    agree(clip_by_global_norm, draw(long_gradients, clip_by_hand))


@points(1)
def test_clip_by_global_norm_short(clip_by_global_norm, draw):
    """Gradients whose common norm is at most max_norm come back as they were."""
    agree(clip_by_global_norm, draw(short_gradients, clip_by_hand))


@points(1)
def test_clip_by_global_norm_zeros(clip_by_global_norm, draw):
    """All zeros stay zeros, without a warning."""
    contract(clip_by_global_norm, draw, zero_lists, clip_by_hand)


@points(1)
def test_clip_by_global_norm_contract(clip_by_global_norm, draw):
    """Each array keeps its dtype; inputs stay as they were; the results are new arrays."""
    contract(clip_by_global_norm, draw, long_gradients, clip_by_hand, floats=(0,), integers=False)
    contract(clip_by_global_norm, draw, short_gradients, clip_by_hand)


@points(1)
def test_clip_by_global_norm_empty(clip_by_global_norm, draw):
    """No gradient at all: ValueError."""
    refuse(clip_by_global_norm, draw(no_gradients))


# --- warmup_cosine ----------------------------------------------------------------------------------------------------


@points(2)
def test_warmup_cosine(warmup_cosine, draw):
    """Linear warm-up to base_lr, reached by the last warm-up step; then half a cosine down to min_lr at total."""
    agree(warmup_cosine, draw(steps_of_schedule, schedule))


@points(1)
def test_warmup_cosine_after(warmup_cosine, draw):
    """After total it stays at min_lr."""
    agree(warmup_cosine, draw(after_the_end, schedule))


@points(1)
def test_warmup_cosine_none(warmup_cosine, draw):
    """warmup = 0 starts at base_lr."""
    agree(warmup_cosine, draw(without_warmup, schedule))


# --- accumulate_gradients ---------------------------------------------------------------------------------------------


@points(2)
def test_accumulate_gradients(accumulate_gradients, draw):
    """The mean gradient over all tokens of all micro-batches."""
    agree(accumulate_gradients, draw(micro_batches, one_big_batch))


@points(1)
def test_accumulate_gradients_empty_one(accumulate_gradients, draw):
    """A micro-batch may be without tokens."""
    contract(accumulate_gradients, draw, empty_micro_batches, one_big_batch)


@points(1)
def test_accumulate_gradients_contract(accumulate_gradients, draw):
    """float32 stays float32, whole numbers are computed in float64; inputs stay as they were."""
    contract(accumulate_gradients, draw, micro_batches, one_big_batch, floats=(0,))


@points(1)
def test_accumulate_gradients_refuses(accumulate_gradients, draw):
    """All counts 0, lists of different lengths, sums of different shapes, or no micro-batch: ValueError."""
    refuse(accumulate_gradients, draw(count_misfits))


# --- the bug hunt -----------------------------------------------------------------------------------------------------


def _micro_batches(given):
    """The counterexample as arrays and counts; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Wrong("accumulation_counterexample() must return (means, counts).", expected="(means, counts)", got=given)
    try:
        means = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in given[0]]
        counts = [float(count) for count in np.asarray(given[1]).tolist()]
    except (TypeError, ValueError):
        raise Wrong("means must be a list of arrays and counts a list of whole numbers.", expected="(means, counts)", got=given) from None
    if len(means) != len(counts) or len(means) < 2 or len({one.shape for one in means}) != 1:
        raise Wrong("There must be two micro-batches or more, means of one shape, and a count for each.", expected="one count a mean", got=given)
    if min(counts) < 1 or not all(count.is_integer() for count in counts):
        raise Wrong("Each micro-batch must have a token, and no half tokens.", expected="whole numbers of 1 or more", got=counts)
    return means, counts


@points(2)
def test_accumulation_counterexample(accumulation_counterexample):
    """Micro-batches on which the mean of the means is off by at least a fifth of the right gradient's length."""
    means, counts = _micro_batches(accumulation_counterexample())
    right, published = token_mean(means, counts), np.mean(means, axis=0)
    gap, length = float(np.linalg.norm(right - published)), float(np.linalg.norm(right))
    if not math.isfinite(gap) or gap < 1e-9 or gap < 0.2 * length * (1 - 1e-9):
        raise Wrong(f"The published gradient is off by {gap:.3g}, and the right one has length {length:.3g}.", expected="a fifth or more", got=gap)


@points(2)
def test_accumulation_counterexample_real(accumulation_counterexample):
    """It could happen: each micro-batch has between 1 and 4096 tokens, and the gradients are at most 10 long.

    The slip is not an edge case, and an input that shows it need not be one."""
    means, counts = _micro_batches(accumulation_counterexample())
    if max(counts) > 4096 or max(float(np.linalg.norm(one)) for one in means) > 10:
        raise Wrong("Counts go up to 4096 and the means are at most 10 long.", expected="ordinary numbers", got=(means, counts))


@points(2)
def test_accumulation_mended(accumulation_mended, draw):
    """Each micro-batch's mean weighs as much as it has tokens."""
    agree(accumulation_mended, draw(micro_batches, token_mean))


@points(1)
def test_accumulation_mended_contract(accumulation_mended, draw):
    """float32 stays float32, whole numbers are computed in float64; inputs stay as they were."""
    contract(accumulation_mended, draw, micro_batches, token_mean, floats=(0,))


@points(1)
def test_accumulation_mended_refuses(accumulation_mended, draw):
    """All counts 0, lists of different lengths, means of different shapes, or no micro-batch: ValueError."""
    refuse(accumulation_mended, draw(count_misfits))
