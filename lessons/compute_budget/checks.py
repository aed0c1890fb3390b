# Built by `prep build` from solutions/compute_budget/checks.py: do not edit by hand.
"""Checks of the lesson compute_budget: for each exercise its oracle, the makers of its inputs, and a test for each thing that can go wrong."""

import math
import re
from fractions import Fraction

import numpy as np
from scipy.special import softmax

from grader.judging.checking import Wrong, agree, contract, points, refuse, seeing, sparing, unique

# --- shared makers ----------------------------------------------------------------------------------------------------


def billions(rng):
    """A number of parameters that no formula is special at."""
    return int(rng.integers(100_000_000, 90_000_000_000))


def half_gradients(rng, *shapes):
    """Scaled gradients of ordinary size, in float16."""
    return [rng.normal(0, 100, shape).astype(np.float16) for shape in shapes]


# --- training_state_gib -----------------------------------------------------------------------------------------------

MOMENTS = {"sgd": (), "momentum": (4,), "adamw": (4, 4)}


def state_by_list(n_params, optimizer, mixed_precision):
    """Every number kept for one parameter, by its size in bytes."""
    kept = ([2, 2, 4] if mixed_precision else [4, 4]) + list(MOMENTS[optimizer])
    return float(Fraction(int(n_params) * sum(kept), 2**30))


def states(rng):
    yield "AdamW in mixed precision", billions(rng), "adamw", True
    for optimizer in MOMENTS:
        for mixed in (False, True):
            yield f"{optimizer}, {'mixed precision' if mixed else 'float32'}", billions(rng), optimizer, mixed


def states_of_numpy(rng):
    yield "int32", np.int32(rng.integers(1_000_000_000, 2_100_000_000)), "adamw", True
    yield "int32, no moments", np.int32(rng.integers(1_000_000_000, 2_100_000_000)), "sgd", False
    yield "int64", np.int64(billions(rng)), "momentum", True


def other_optimizers(rng):
    for word in ("adam", "AdamW", ""):
        for mixed in (True, False):
            yield f"optimizer {word!r}, mixed precision {mixed}", billions(rng), word, mixed


@points(2)
def test_training_state_gib(training_state_gib, draw):
    """Weights, gradients, a master copy in mixed precision and the optimizer's moments, in GiB."""
    agree(training_state_gib, draw(states, state_by_list))


@points(1)
def test_training_state_gib_numpy(training_state_gib, draw):
    """n_params may be a numpy integer of 32 bits: no overflow."""
    contract(training_state_gib, draw, states_of_numpy, state_by_list)


@points(1)
def test_training_state_gib_words(training_state_gib, draw):
    """Another word for the optimizer is refused with ValueError."""
    refuse(training_state_gib, draw(other_optimizers))


# --- zero_predicted ---------------------------------------------------------------------------------------------------


def zero_by_parts(n_params, n_gpus, stage):
    """Weights, gradients and optimizer state, each whole or a part, by the stage from which on it is split."""
    held = [Fraction(size, int(n_gpus) if stage >= split_from else 1) for size, split_from in ((2, 3), (2, 2), (12, 1))]
    return float(int(n_params) * sum(held) / 2**30)


def zero_stages(rng):
    for stage in range(4):
        yield f"stage {stage}", billions(rng), int(rng.integers(3, 100)), stage


def zero_alone(rng):
    for stage in range(4):
        yield f"one card, stage {stage}", billions(rng), 1, stage


def zero_of_few(rng):
    """So few parameters that a part of a byte is a good part of the result, which no number of cards here divides."""
    for stage in (1, 2, 3):
        yield f"7 parameters on 5 cards, stage {stage}", 7, 5, stage
    yield "one parameter", 1, int(rng.integers(20, 100)), 3


def zero_of_numpy(rng):
    for stage in (0, 2, 3):
        yield f"int32, stage {stage}", np.int32(rng.integers(1_000_000_000, 2_100_000_000)), np.int32(rng.integers(3, 100)), stage


def no_such_stage(rng):
    for stage in (-1, 4):
        yield f"stage {stage}", billions(rng), 8, stage


@points(2)
def test_zero_predicted(zero_predicted, draw):
    """What one card holds in each stage: split are first the optimizer's state, then the gradients too, then the weights too."""
    agree(zero_predicted, draw(zero_stages, zero_by_parts))


@points(1)
def test_zero_predicted_alone(zero_predicted, draw):
    """On one card nothing is saved, whatever the stage; and fractions of a byte count."""
    agree(zero_predicted, draw(zero_alone, zero_by_parts))
    agree(zero_predicted, draw(zero_of_few, zero_by_parts), atol=0)


@points(1)
def test_zero_predicted_numpy(zero_predicted, draw):
    """n_params and n_gpus may be numpy integers of 32 bits: no overflow."""
    contract(zero_predicted, draw, zero_of_numpy, zero_by_parts)


@points(1)
def test_zero_predicted_stages(zero_predicted, draw):
    """A stage that is not 0, 1, 2 or 3 is refused with ValueError."""
    refuse(zero_predicted, draw(no_such_stage))


# --- loss_scale_step --------------------------------------------------------------------------------------------------


def unscaled_by_hand(grads, scale):
    """Each number for itself, in Python's floats; and whether one is not finite."""
    skip = not all(math.isfinite(value) for grad in grads for value in grad.ravel().tolist())
    if skip:
        return None, True, scale / 2
    return [np.array([value / scale for value in grad.ravel().tolist()], np.float32).reshape(grad.shape) for grad in grads], False, scale


def scaled_grads(rng):
    """Ordinary gradients, scaled by powers of two that float16 holds."""
    yield "one number", [np.array([rng.uniform(100, 1000)], np.float16)], 128.0
    yield "a matrix and a bias", half_gradients(rng, (2, 3), (3,)), 1024.0
    yield "three arrays", half_gradients(rng, (4, 2), (2, 2, 2), (5,)), 512.0


def large_scales(rng):
    """Scales that are no float16, and gradients that are none once they are unscaled."""
    yield "scale 65536", [rng.uniform(0.001, 2, 4).astype(np.float16)], 65536.0
    yield "scale 2**24", half_gradients(rng, (2, 3), (3,)), 2.0**24
    yield "small numbers in float16", [np.array([6e-8, -3e-7, 1e-5], np.float16)], 1024.0


def nearly_too_large(rng):
    """The largest numbers of float16, which are finite; their sum and their squares are not."""
    yield "65504 twice", [np.array([65504.0, 65504.0], np.float16)], 256.0
    yield "large in several arrays", [rng.choice([-65504.0, 60000.0, 65504.0], 40).astype(np.float16), np.full((3, 2), 50000, np.float16)], 256.0


def overflowed(rng):
    fine = half_gradients(rng, (2, 3), (4,))
    for name, value in (("inf", np.inf), ("-inf", -np.inf), ("nan", np.nan)):
        bad = fine[1].copy()
        bad[int(rng.integers(4))] = value
        yield f"{name} in the last array", [fine[0], bad], 2.0 ** int(rng.integers(8, 20))
        yield f"{name} in the first array", [bad, fine[0]], 2.0 ** int(rng.integers(8, 20))
    yield "inf and -inf", [np.array([np.inf, -np.inf, 1.0], np.float16)], 4096.0
    yield "inf all over the last array", [fine[0], np.full(3, np.inf, np.float16)], 4096.0


def contract_grads(rng):
    yield "a matrix and a bias", half_gradients(rng, (2, 3), (3,)), 1024.0
    yield "scale 1", half_gradients(rng, (2, 2), (3,)), 1.0


def no_grads(rng):
    yield "no gradients", [], 1024.0


def _single(arrays, case):
    """Wrong where one of the arrays is not float32."""
    kinds = [np.asarray(array).dtype for array in arrays]
    if any(kind != np.float32 for kind in kinds):
        raise Wrong("The arrays that come back must be float32.", case=case.name, expected="float32", got=", ".join(map(str, kinds)))


def judgement(value):
    """What is not open: skip and the new scale, and of a step that is taken the gradients, where they are numbers."""
    grads, skip, scale = value
    is_open = skip or not all(np.isfinite(grad).all() for grad in grads)
    return [] if is_open else grads, bool(skip), float(scale)


def _judged(answered):
    """Wrong where skipping or the new scale is; what the gradients of a skipped step hold is open."""
    for case, value in answered:
        if wrong := _misjudged(case, value):
            raise wrong


def _misjudged(case, value):
    """What is wrong with one judgement, or None."""
    if not isinstance(value, tuple | list) or len(value) != 3:
        return Wrong("loss_scale_step must return three values, (grads, skip, new_scale).", case=case.name, expected="three values", got=value)
    _, skip, scale = value
    if np.ndim(skip) or np.ndim(scale) or isinstance(skip, str) or skip is None or not isinstance(scale, int | float | np.number | np.ndarray):
        return Wrong("skip must be True or False and new_scale a number.", case=case.name, expected=case.expected[1:], got=list(value[1:]))
    skip, scale = bool(skip), float(scale)
    if skip != case.expected[1]:
        call = f"loss_scale_step, {case.name}, scale {case.args[1]:g}"
        return Wrong(f"{call}: skip must be {case.expected[1]}, not {skip}.", case=case.name, expected=case.expected[1:], got=[skip, scale])
    if not math.isclose(scale, case.expected[2]):
        call = f"loss_scale_step, {case.name}, scale {case.args[1]:g}"
        return Wrong(
            f"{call}: the new scale must be {case.expected[2]:g}, not {scale:g}.",
            case=case.name,
            expected=case.expected[1:],
            got=[skip, scale],
        )
    return None


@points(2)
@unique(judgement)
def test_loss_scale_step(loss_scale_step, draw):
    """Finite gradients are divided by the scale; nothing is skipped, and the scale stays."""
    agree(loss_scale_step, draw(scaled_grads, unscaled_by_hand), rtol=1e-5)


@points(2)
def test_loss_scale_step_overflow(loss_scale_step, draw):
    """An inf, -inf or nan anywhere: skip the step and halve the scale."""
    _judged(loss_scale_step.on(draw(overflowed, unscaled_by_hand)))


@points(1)
def test_loss_scale_step_single(loss_scale_step, draw):
    """The division is done in float32: the scale may be too large for float16, the result too small for it."""
    agree(loss_scale_step, draw(large_scales, unscaled_by_hand), rtol=1e-5, atol=0)


@points(1, rule=False)
def test_loss_scale_step_largest(loss_scale_step, draw):
    """65504, the largest float16, is finite, however many of them there are; no warning."""
    _judged(loss_scale_step.on(draw(nearly_too_large, unscaled_by_hand)))  # first, as gradients of a skipped step are open
    contract(loss_scale_step, draw, nearly_too_large, unscaled_by_hand, either_width=True)


@points(1)
def test_loss_scale_step_contract(loss_scale_step, draw):
    """Results are new float32 arrays, any layout; the gradients stay as they were."""
    contract(loss_scale_step, draw, contract_grads, unscaled_by_hand, either_width=True)
    for case, value in loss_scale_step.on(draw(contract_grads, unscaled_by_hand)):
        _single(value[0], case)


@points(1)
def test_loss_scale_step_none(loss_scale_step, draw):
    """No gradients: ValueError."""
    refuse(loss_scale_step, draw(no_grads))


# --- scaled_step_mended -----------------------------------------------------------------------------------------------


def step_by_hand(weights, grads, scale, lr, max_norm):
    """Unscale, look, clip, step: each number for itself, in Python's floats."""
    unscaled, skip, new_scale = unscaled_by_hand(grads, scale)
    if skip:
        return [weight.copy() for weight in weights], new_scale
    norm = math.sqrt(math.fsum(value**2 for grad in unscaled for value in grad.ravel().tolist()))
    factor = max_norm / norm if norm > max_norm else 1.0
    return [weight - lr * factor * grad.astype(np.float64) for weight, grad in zip(weights, unscaled, strict=True)], new_scale


def weights_like(rng, grads):
    return [rng.normal(0, 1, grad.shape).astype(np.float32) for grad in grads]


def long_steps(rng):
    """Gradients that are longer than max_norm after unscaling, too."""
    for name, shapes, scale in (("one array", ((3,),), 16.0), ("a matrix and a bias", ((2, 3), (3,)), 32.0)):
        grads = half_gradients(rng, *shapes)
        yield name, weights_like(rng, grads), grads, scale, float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.4, 0.9))


def short_steps(rng):
    """Gradients that are short once they are unscaled, and long before."""
    for name, scale in (("scale 1024", 1024.0), ("scale 65536", 65536.0)):
        grads = half_gradients(rng, (2, 3), (3,))
        yield name, weights_like(rng, grads), grads, scale, float(rng.uniform(0.1, 0.9)), 5.0
    grads = half_gradients(rng, (2, 3), (3,))
    yield "a limit that nothing reaches", weights_like(rng, grads), grads, 512.0, float(rng.uniform(0.1, 0.9)), 1e5
    # Divided by a power of two, what float16 holds has its digits in float16 still.
    grads = half_gradients(rng, (2, 3), (3,))
    yield "scale 90, no power of two", weights_like(rng, grads), grads, 90.0, 0.75, 50.0


def exact_steps(rng):
    """Powers of two, so that float32 rounds nothing."""
    for name, shapes in (("one array", ((3,),)), ("a matrix and a bias", ((2, 3), (3,)))):
        grads = [rng.integers(-200, 200, shape).astype(np.float16) for shape in shapes]
        weights = [(rng.integers(-2000, 2000, shape) / 1024).astype(np.float32) for shape in shapes]
        yield f"{name}, nothing to round", weights, grads, 1024.0, 0.5, 1e5


def bad_steps(rng):
    for name, value in (("inf", np.inf), ("nan", np.nan)):
        grads = half_gradients(rng, (2, 3), (3,))
        grads[1][int(rng.integers(3))] = value
        yield f"{name} in the bias", weights_like(rng, grads), grads, 1024.0, 0.5, 1.0


def no_gradient_at_all(rng):
    grads = [np.zeros((2, 2), np.float16), np.zeros(3, np.float16)]
    yield "all gradients 0", weights_like(rng, grads), grads, 1024.0, 0.5, 1.0


def step_misfits(rng):
    grads = half_gradients(rng, (2, 3), (3,))
    weights = weights_like(rng, grads)
    yield "no arrays", [], [], 1024.0, 0.5, 1.0
    yield "a gradient too few", weights, grads[:1], 1024.0, 0.5, 1.0
    yield "a weight too few", weights[:1], grads, 1024.0, 0.5, 1.0
    yield "a gradient that broadcasts", weights, [grads[0][:1], grads[1]], 1024.0, 0.5, 1.0
    yield "a weight that broadcasts", [weights[0], weights[1][:1]], grads, 1024.0, 0.5, 1.0


@points(2)
def test_scaled_step_mended(scaled_step_mended, draw):
    """Unscaled gradients of a norm above max_norm are shortened to it, then comes the step."""
    agree(scaled_step_mended, draw(long_steps, step_by_hand), rtol=1e-5, atol=1e-6)


@points(2)
def test_scaled_step_mended_short(scaled_step_mended, draw):
    """Gradients that are short once unscaled are not clipped, and stay float32; the scale may be too large for float16."""
    agree(scaled_step_mended, draw(short_steps, step_by_hand), rtol=1e-5, atol=1e-6)


@points(1, rule=False)
def test_scaled_step_mended_skip(scaled_step_mended, draw):
    """An inf or a nan anywhere: the weights stay, as new arrays, and the scale is halved; no warning."""
    contract(scaled_step_mended, draw, bad_steps, step_by_hand, either_width=True)


@points(1, rule=False)
def test_scaled_step_mended_zero(scaled_step_mended, draw):
    """Gradients that are all 0 change nothing, without a warning."""
    contract(scaled_step_mended, draw, no_gradient_at_all, step_by_hand, either_width=True)


@points(1)
def test_scaled_step_mended_contract(scaled_step_mended, draw):
    """New float32 weights, any layout; weights and gradients stay as they were."""
    contract(scaled_step_mended, draw, exact_steps, step_by_hand, either_width=True)
    for case, value in scaled_step_mended.on(draw(exact_steps, step_by_hand)):
        _single(value[0], case)


@points(1)
def test_scaled_step_mended_misfit(scaled_step_mended, draw):
    """No arrays, lists of different lengths, or shapes that differ, also where numpy would broadcast them: ValueError."""
    refuse(scaled_step_mended, draw(step_misfits))


# --- micro_batch_gradient ---------------------------------------------------------------------------------------------


def gradient_at_once(grad_sum, x, y, micro_size):
    """Row by row, so that no size of a batch matters."""
    return sum(np.asarray(grad_sum(x[i : i + 1], y[i : i + 1]), np.float64) for i in range(len(x))) / len(x)


def summed(w, most=10**9):
    """The summed gradient of the squared error of x @ w, refusing more rows than are allowed."""

    def grad_sum(x, y):
        if len(x) > most:
            raise ValueError(f"{len(x)} rows at once, where at most {most} fit")
        return x.T @ (x @ w - y)

    return grad_sum


def regression(rng, n, d, k=None):
    shape = (d,) if k is None else (d, k)
    x = rng.normal(0, 1, (n, d)) + 0.5
    return x, x @ rng.normal(0, 1, shape) + rng.normal(0, 1, (n, *shape[1:])), rng.normal(0, 1, shape)


def whole_micro_batches(rng):
    """Rows that divide into micro-batches without a rest."""
    for n, d, size in ((2, 1, 1), (6, 2, 3), (12, 3, 4)):
        x, y, w = regression(rng, n, d)
        yield f"{n} rows, {size} at a time", summed(w, size), x, y, size


def ragged_micro_batches(rng):
    for n, d, size in ((5, 1, 2), (7, 2, 3), (13, 3, 5)):
        x, y, w = regression(rng, n, d)
        yield f"{n} rows, {size} at a time", summed(w, size), x, y, size


def one_micro_batch(rng):
    for n, size in ((4, 4), (3, 100), (1, 1)):
        x, y, w = regression(rng, n, 2)
        yield f"{n} rows, {size} at a time", summed(w, size), x, y, size


def brightness(x, y):
    """A summed gradient of images with integer labels; it wants both as they are."""
    if x.ndim != 3 or x.dtype != np.uint8 or y.dtype != np.int64:
        raise ValueError(f"x came as {x.dtype} {x.shape}, y as {y.dtype} {y.shape}")
    return (x.astype(np.float64) * (y[:, None, None] - 1.5)).sum(axis=0)


def rows_as_they_are(rng):
    x, y, w = regression(rng, 5, 2, 3)
    yield "targets (n, k), a gradient (d, k)", summed(w, 2), x, y, 2
    yield "images and labels", brightness, rng.integers(0, 256, (5, 2, 3)).astype(np.uint8), rng.integers(0, 4, 5), 2


def plain_rows(rng):
    x, y, w = regression(rng, 7, 2)
    yield "7 rows, 3 at a time", summed(w, 3), x, y, 3
    yield "3 rows, one at a time", summed(w, 1), x[:3], y[:3], 1


def zeros(x, y):
    """A gradient that takes whatever it is given."""
    return np.zeros(2)


def micro_misfits(rng):
    x, y, _ = regression(rng, 5, 2)
    yield "no rows", zeros, x[:0], y[:0], 2
    yield "a target too few", zeros, x, y[:4], 2
    yield "a row too few", zeros, x[:4], y, 2
    yield "one target for all", zeros, x, y[:1], 2


def fed(micro_batch_gradient, cases):
    """As agree; where too many rows were given at once, that is seen by what grad_sum says."""

    def too_many(wrong):
        if "rows at once" not in wrong.message:
            return ""
        asked = micro_batch_gradient.asked[-len(cases) :]
        given = [(re.search(r"(\d+) rows at once", reply.text), len(case.args[1])) for case, reply in asked if reply.kind == "raised"]
        return "all-at-once" if all(found and int(found[1]) == n for found, n in given) else "too-many-at-once"

    with seeing(too_many):
        agree(micro_batch_gradient, cases)


@points(2)
def test_micro_batch_gradient(micro_batch_gradient, draw):
    """The mean gradient over all rows, from sums over micro-batches."""
    fed(micro_batch_gradient, draw(whole_micro_batches, gradient_at_once))


@points(2)
def test_micro_batch_gradient_ragged(micro_batch_gradient, draw):
    """The short last micro-batch counts by its own rows."""
    fed(micro_batch_gradient, draw(ragged_micro_batches, gradient_at_once))


@points(1)
def test_micro_batch_gradient_one(micro_batch_gradient, draw):
    """micro_size may be n or more."""
    agree(micro_batch_gradient, draw(one_micro_batch, gradient_at_once))


@points(1)
def test_micro_batch_gradient_shapes(micro_batch_gradient, draw):
    """grad_sum gets the rows as they are: any number of axes, the dtypes unchanged."""
    agree(micro_batch_gradient, draw(rows_as_they_are, gradient_at_once))


@points(1)
def test_micro_batch_gradient_contract(micro_batch_gradient, draw):
    """Any layout; nothing given is changed; no warning; grad_sum gets each row once.

    What people get wrong here are the sums; this check keeps odd slicing and further calls honest."""
    contract(micro_batch_gradient, draw, plain_rows, gradient_at_once)
    sparing(micro_batch_gradient, draw(plain_rows, gradient_at_once), lambda grad_sum, x, y, micro_size: len(x))


@points(1)
def test_micro_batch_gradient_misfit(micro_batch_gradient, draw):
    """No rows, or x and y of different numbers of rows: ValueError."""
    refuse(micro_batch_gradient, draw(micro_misfits))


# --- online_softmax ---------------------------------------------------------------------------------------------------


def row_softmax(x, block):
    return softmax(np.asarray(x, np.float64), axis=1)


def blocks(rng):
    yield "one row, two blocks", rng.normal(0, 1, (1, 4)), 2
    yield "3 rows, 3 blocks", rng.normal(0, 2, (3, 6)), 2
    yield "4 rows, blocks of one", rng.normal(0, 2, (4, 5)), 1


def odd_blocks(rng):
    yield "a short last block", rng.normal(0, 2, (3, 7)), 3
    yield "one block", rng.normal(0, 2, (3, 4)), 4
    yield "a block wider than the rows", rng.normal(0, 2, (3, 4)), 100
    yield "one column", rng.normal(0, 2, (3, 1)), 2


def far_logits(rng):
    rising = np.array([[-1000.0, 0.0, 1000.0, 999.0], [1000.0, 999.5, -1000.0, 0.0]])
    yield "up and down by 1000", rising, 1
    yield "rows far apart", np.array([[2000.0, 2001.0, 1999.0], [1000.0, 998.5, 999.5]]), 2
    yield "rows far below 0", np.array([[-1000.0, -1001.5, -1000.5], [-1001.0, -1000.0, -1002.5]]), 2
    yield "shifted by 1e4", 1e4 + rng.normal(0, 1, (3, 5)), 2


def masked_logits(rng):
    x = rng.normal(0, 2, (3, 6))
    x[0, 1] = x[1, 4] = -np.inf
    yield "single entries", x, 2
    blocked = rng.normal(0, 2, (4, 6))
    blocked[0, :2] = blocked[1, 2:4] = blocked[2, 4:] = blocked[3, :4] = -np.inf
    yield "whole blocks, the first too", blocked, 2
    yield "all but one entry", np.array([[-np.inf, -np.inf, -np.inf, 2.0]]), 1


def plain_logits(rng):
    yield "3 rows of 5", rng.normal(0, 2, (3, 5)), 2
    yield "2 rows, one block", rng.normal(0, 2, (2, 4)), 8


def whole_logits(rng):
    yield "to the bounds of uint8", np.array([[255, 250, 0, 253, 254]]), 2
    yield "to the bounds of int8", np.array([[127, 125, -128, 126], [-128, -127, -126, 3]]), 2
    yield "to the bounds of int16", np.array([[32767, 32765, -32768, 32766]]), 3
    yield "zeros and ones", rng.permutation(np.array([[0, 1, 1, 0, 1]]), axis=1), 2


def no_logits(rng):
    yield "no rows", np.zeros((0, 3)), 2
    yield "no columns", np.zeros((3, 0)), 2
    yield "one axis", np.zeros(3), 2
    yield "three axes", np.zeros((2, 3, 4)), 2


@points(2)
def test_online_softmax(online_softmax, draw):
    """The softmax of each row, from blocks of its columns."""
    agree(online_softmax, draw(blocks, row_softmax))


@points(1)
def test_online_softmax_blocks(online_softmax, draw):
    """The last block may be short, and a block wider than the rows."""
    agree(online_softmax, draw(odd_blocks, row_softmax))


@points(2, rule=False)
def test_online_softmax_far(online_softmax, draw):
    """Right at ±1000 and for rows far apart, float32 too, without a warning."""
    contract(online_softmax, draw, far_logits, row_softmax, floats=(0,), either_width=True, rtol32=2e-3)


@points(2, rule=False)
def test_online_softmax_masked(online_softmax, draw):
    """-inf gives 0, also where a whole block is -inf, the first block too; no warning."""
    contract(online_softmax, draw, masked_logits, row_softmax, floats=(0,), integers=False, either_width=True)


@points(1)
def test_online_softmax_contract(online_softmax, draw):
    """float32 stays float32, whole numbers of any type are computed in float64, any layout; x stays as it was."""
    contract(online_softmax, draw, plain_logits, row_softmax, floats=(0,))
    contract(online_softmax, draw, whole_logits, row_softmax, labels=(0,))


@points(1)
def test_online_softmax_misfit(online_softmax, draw):
    """An empty x, or one that is not (n, m): ValueError."""
    refuse(online_softmax, draw(no_logits))


# --- training_days ----------------------------------------------------------------------------------------------------


def days_by_fractions(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    work = 6 * Fraction(int(n_params)) * int(n_tokens)
    return float(work / (int(n_gpus) * Fraction(float(peak_tflops)) * 10**12 * Fraction(float(mfu))) / 86_400)


def runs(rng):
    yield "8 cards", billions(rng), int(rng.integers(10**10, 10**11)), 8, 312.0, float(rng.uniform(0.3, 0.6))
    for n_gpus in (64, 1024):
        peak = float(rng.uniform(100, 1000))
        yield f"{n_gpus} cards", billions(rng), int(rng.integers(10**11, 10**13)), n_gpus, peak, float(rng.uniform(0.2, 0.7))


def runs_of_numpy(rng):
    n = np.int64(billions(rng))
    yield "numpy integers of 64 bits", n, np.int64(2_000_000_000_000), np.int64(256), 989.4, 0.4
    yield "of 32 bits", np.int32(1_100_000_000), np.int32(2_000_000_000), np.int32(4), np.float64(125), 0.35


def extreme_runs(rng):
    yield "every FLOP of the peak", billions(rng), int(rng.integers(10**11, 10**12)), 512, 989.4, 1.0
    yield "a second's work", 1_000_003, int(rng.integers(10**6, 10**7)), 1, 19.5, 0.5
    yield "a trillion parameters", 1_000_000_000_007, int(rng.integers(10**13, 10**14)), 20_000, 2250.0, 0.35


@points(2)
def test_training_days(training_days, draw):
    """6·N·D FLOP over what the cards do in a day."""
    agree(training_days, draw(runs, days_by_fractions))


@points(1)
def test_training_days_extreme(training_days, draw):
    """Short runs are fractions of a day, and mfu may be 1."""
    agree(training_days, draw(extreme_runs, days_by_fractions), atol=0)


@points(1)
def test_training_days_numpy(training_days, draw):
    """n_params, n_tokens and n_gpus may be numpy integers: 6·N·D has more than 64 bits."""
    contract(training_days, draw, runs_of_numpy, days_by_fractions)


# --- cheapest_config --------------------------------------------------------------------------------------------------


def cheapest_by_pairs(configs, deadline_hours):
    """The one that no other beats: in cost, then in hours, then in place."""
    fit = [(index, each) for index, each in enumerate(configs) if each["hours"] <= deadline_hours]
    ranks = [
        (Fraction(each["hours"]) * each["gpus"] * Fraction(each["price_per_gpu_hour"]), each["hours"], index, each["name"]) for index, each in fit
    ]
    return min(ranks)[3] if ranks else None


def config(name, hours, gpus, price):
    return {"name": name, "hours": hours, "gpus": gpus, "price_per_gpu_hour": price}


def words(rng, count):
    """Names that say nothing."""
    return [f"{word}-{int(rng.integers(100, 1000))}" for word in rng.permutation(["oak", "elm", "fir", "ash", "yew", "bay"])[:count]]


# Hours, GPUs and price of five offers in time: the cheapest in all first, then what the lowest hours, GPUs, price and hours · GPUs would take.
# hours · price takes the same as the price here, GPUs · price the same as GPUs. In the second design hours and GPUs have changed places,
# so no two wrong rules agree in both.
IN_TIME = ((40, 32, 2.0), (16, 96, 5.0), (144, 8, 3.0), (32, 128, 0.75), (30, 24, 6.0))
DESIGNS = (IN_TIME, tuple((gpus, hours, price) for hours, gpus, price in IN_TIME))


def offers(rng):
    """Five in time, of which every wrong rule takes a dearer one, and one that costs less and is too late."""
    for trial in range(2):
        for which, design in enumerate(DESIGNS, 1):
            longer, wider, dearer = int(rng.integers(1, 4)), int(rng.integers(1, 4)), float(rng.integers(4, 9)) / 8
            names = words(rng, 6)
            cheapest, *others = [
                config(name, hours * longer, gpus * wider, price * dearer)
                for name, (hours, gpus, price) in zip(names, (*design, (200, 4, 1.0)), strict=True)
            ]
            listed = [others[index] for index in rng.permutation(5)]
            listed.insert(int(rng.integers(1, 5)), cheapest)  # neither the first nor the last
            yield f"six offers, design {which}, {trial + 1}", listed, 150 * longer


def on_the_deadline(rng):
    a, b, c = words(rng, 3)
    yield "hours equal to the deadline", [config(a, 10.0, 8, 3.0), config(b, 24.0, 8, 0.5), config(c, 24.5, 2, 0.5)], 24.0
    yield "a deadline within an hour", [config(a, 2.25, 8, 1.0), config(b, 2.5, 4, 1.0), config(c, 1.75, 16, 1.0)], 2.25


def equal_costs(rng):
    a, b, c = sorted(words(rng, 3))
    yield "fewer hours", [config(a, 20, 8, 2.0), config(c, 10, 16, 2.0), config(b, 40, 4, 2.0)], 50
    yield "fewer hours, listed last", [config(a, 20, 8, 2.0), config(b, 40, 4, 2.0), config(c, 10, 16, 2.0)], 50
    yield "the first listed", [config(c, 20, 8, 1.0), config(b, 10, 8, 2.0), config(a, 10, 16, 1.0)], 50
    yield "the same three times", [config(b, 12, 8, 1.0), config(a, 12, 8, 1.0), config(c, 12, 8, 1.0)], 50


def none_fits(rng):
    a, b = words(rng, 2)
    yield "none given", [], 10.0
    yield "none in time", [config(a, 12, 8, 1.0), config(b, 11, 64, 3.0)], 10.0


@points(2)
def test_cheapest_config(cheapest_config, draw):
    """Of those in time, the one of the lowest hours · gpus · price."""
    agree(cheapest_config, draw(offers, cheapest_by_pairs))


@points(1)
def test_cheapest_config_deadline(cheapest_config, draw):
    """Hours equal to the deadline are in time; hours may be fractions."""
    agree(cheapest_config, draw(on_the_deadline, cheapest_by_pairs))


@points(1)
def test_cheapest_config_ties(cheapest_config, draw):
    """Equal costs: fewer hours, then the first listed."""
    agree(cheapest_config, draw(equal_costs, cheapest_by_pairs))


@points(1)
def test_cheapest_config_none(cheapest_config, draw):
    """None fits, or none is given: None, and no error."""
    agree(cheapest_config, draw(none_fits, cheapest_by_pairs))


@points(1)
def test_cheapest_config_contract(cheapest_config, draw):
    """The list and its dicts stay as they were."""
    contract(cheapest_config, draw, offers, cheapest_by_pairs)


# --- kv_cache_bytes ---------------------------------------------------------------------------------------------------


def cache_by_sum(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """One token's keys and values in one layer, then as often as there are layers, tokens and sequences."""
    one = sum(2 * int(bytes_per_value) for _ in range(int(kv_heads) * int(head_dim)))
    return one * int(layers) * int(seq_len) * int(batch)


def caches(rng):
    for size, (layers, heads, dim) in {"a small one": (3, 2, 5), "a 7B's": (32, 32, 128), "grouped heads": (80, 8, 128)}.items():
        batch, width = int(rng.integers(3, 30)), int(rng.integers(1, 5))
        yield f"{size}, {width} bytes a value", layers, heads, dim, int(rng.integers(100, 9000)), batch, width


def caches_of_numpy(rng):
    yield "int32", *np.array([80, 8, 128, 32768, 64, 2], np.int32)
    yield "int64, tebibytes", *np.array([126, 128, 192, 1_000_000, 512, 4], np.int64)
    yield "int32, a long text", *np.array([61, 128, 192, rng.integers(100_000, 130_000), 33, 2], np.int32)


@points(2)
def test_kv_cache_bytes(kv_cache_bytes, draw):
    """Keys and values of every layer, key head, token and sequence."""
    agree(kv_cache_bytes, draw(caches, cache_by_sum))


@points(1, rule=True)
def test_kv_cache_bytes_whole(kv_cache_bytes, draw):
    """The result is a whole number of an integer type."""
    agree(kv_cache_bytes, draw(caches, cache_by_sum), integer=True)


@points(1)
def test_kv_cache_bytes_numpy(kv_cache_bytes, draw):
    """The arguments may be numpy integers of 32 bits: no overflow, no warning."""
    contract(kv_cache_bytes, draw, caches_of_numpy, cache_by_sum)


# --- the bug hunt: mfu ------------------------------------------------------------------------------------------------


def right_mfu(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """6·N of the active parameters a token, over the dense peak."""
    dense = Fraction(float(sheet_tflops)) / (2 if sparse else 1)
    return float(6 * Fraction(int(active_params)) * Fraction(float(tokens_per_second)) / (int(n_gpus) * dense * 10**12))


def published_mfu(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """As in the lesson: all parameters, the recomputed forward pass, the sheet's largest number."""
    return float(8 * int(total_params) * float(tokens_per_second) / (int(n_gpus) * float(sheet_tflops) * 1e12))


def throughputs(rng):
    for sparse in (True, False):
        for kind in ("dense", "mixture of experts"):
            active = int(rng.integers(5_000_000_000, 40_000_000_000))
            total = active if kind == "dense" else active * int(rng.integers(4, 20))
            n_gpus, sheet = int(rng.integers(8, 500)), float(rng.uniform(300, 2000))
            tokens = float(rng.uniform(0.2, 0.6)) * n_gpus * sheet / (2 if sparse else 1) * 1e12 / 6 / active
            yield f"{kind} model, {'sparse' if sparse else 'dense'} peak", total, active, tokens, n_gpus, sheet, sparse


def throughputs_of_numpy(rng):
    yield "numpy integers", np.int64(671_000_000_000), np.int64(37_000_000_000), np.int64(50_000_000), np.int64(51_200), 1979.0, True
    yield "of 32 bits", np.int32(2_000_000_000), np.int32(1_300_000_000), np.int32(rng.integers(150_000, 200_000)), np.int32(8), 312.0, False


def impossible_models(rng):
    active = billions(rng)
    yield "more active parameters than there are", active - 1000, active, 50_000.0, 64, 989.4, False
    yield "far more", active // 3, active, 50_000.0, 64, 989.4, True


def _numbers(given):
    """The counterexample as six numbers that make sense; Wrong when they do not."""
    if not isinstance(given, tuple | list) or len(given) != 6 or not all(isinstance(one, int | float | np.number | bool | np.bool_) for one in given):
        names = "(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse)"
        raise Wrong(f"mfu_counterexample() must return {names}.", expected=names, got=given)
    *numbers, sparse = given
    if not all(math.isfinite(one) and 0 < one < 1e16 for one in numbers) or any(one != int(one) for one in numbers[:4:3]):
        raise Wrong("These are no numbers of a training run.", expected="positive numbers, active_params <= total_params, whole cards", got=given)
    if numbers[1] > numbers[0]:
        message = f"active_params is {numbers[1]:g}, of {numbers[0]:g} parameters in all."
        raise Wrong(message, expected="active_params <= total_params", got=given, mistake="swapped")
    right = right_mfu(*numbers, bool(sparse))
    if not right <= 0.6:
        message = f"The right MFU of your run is {right:.3g}, above the 0.6 that is asked."
        raise Wrong(message, expected="at most 0.6", got=right, mistake="faster-than-the-card")
    return (*numbers, bool(sparse)), right


@points(2)
def test_mfu_counterexample(mfu_counterexample):
    """A run of an MFU of at most 0.6 for which the published function says more than 1."""
    numbers, right = _numbers(mfu_counterexample())
    said = published_mfu(*numbers)
    if not said > 1:
        message = f"The published function says {said:.3f} and the right MFU is {right:.3f}: that could be true."
        raise Wrong(message, expected="more than 1", got=said, mistake=_too_low(*numbers))


def _too_low(total, active, tokens, n_gpus, sheet, sparse):
    """The known mistake of a run of which the published function says no more than 1."""
    if sheet >= 1e9:  # no card has a zettaFLOP a second
        return "tflops-in-flop"
    return "a-dense-model" if active == total else ""


@points(2)
def test_mfu_counterexample_sheet(mfu_counterexample):
    """And the peak is the sparse one of a data sheet, which hides half of the error.

    It is where two slips stand against each other that one of them survives."""
    numbers, _ = _numbers(mfu_counterexample())
    if not numbers[-1]:
        message = "Your sheet prints the dense peak. For full marks sparse is True."
        raise Wrong(message, expected="sparse True", got=numbers[-1], mistake="dense-sheet")


@points(2)
def test_mfu_mended(mfu_mended, draw):
    """6 FLOP a token for each active parameter, over the cards' dense peak."""
    agree(mfu_mended, draw(throughputs, right_mfu))


@points(1)
def test_mfu_mended_numpy(mfu_mended, draw):
    """The counts may be numpy integers: no overflow, no warning."""
    contract(mfu_mended, draw, throughputs_of_numpy, right_mfu)


@points(1)
def test_mfu_mended_refuses(mfu_mended, draw):
    """More active parameters than there are in all: ValueError."""
    refuse(mfu_mended, draw(impossible_models))
