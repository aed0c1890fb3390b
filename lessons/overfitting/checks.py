# Built by `prep build` from solutions/overfitting/checks.py: do not edit by hand.
"""Checks of the lesson overfitting: for each exercise its oracle, from the definition or from scikit-learn, its makers and its tests."""

import math

import numpy as np
from sklearn.linear_model import Ridge

from grader.judging.checking import Rng, Wrong, agree, contract, points, refuse, seeing

# --- shared -----------------------------------------------------------------------------------------------------------


def whole(rng, low, high, shape):
    """Whole numbers, with both bounds among them where there is room."""
    numbers = rng.integers(low, high + 1, shape)
    if numbers.size > 1:
        numbers.flat[0], numbers.flat[-1] = high, low
    return numbers


def regression(rng, n, d, noise=0.3):
    """Rows of which only the first two columns matter."""
    x = rng.normal(0, 1, (n, d))
    w = np.where(np.arange(d) < 2, 3.0, 0.0)
    return x, x @ w + rng.normal(0, noise, n)


def fit_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.ones(2), 0.1
    yield "y too long", np.ones((3, 2)), np.ones(4), 0.1
    yield "y of one entry", np.ones((3, 2)), np.ones(1), 0.1
    yield "y a column", np.ones((3, 2)), np.ones((3, 1)), 0.1
    yield "x a single row", np.ones(3), np.ones(3), 0.1
    yield "x of one row, y of three", np.ones((1, 2)), np.ones(3), 0.1
    yield "no rows", np.zeros((0, 2)), np.zeros(0), 0.1


# --- l2_penalty -------------------------------------------------------------------------------------------------------


def l2_penalty_by_hand(w, b, lam):
    total = math.fsum(float(value) ** 2 for value in w.ravel())
    return 0.5 * lam * total, lam * w.astype(np.float64), np.zeros(b.shape)


def l2_penalty_weights(rng):
    """Weights of any shape, biases that are not zero, lam other than 1 and 1/2."""
    yield "two weights", np.array([3.0, -4.0]), np.array([2.0]), 0.1
    yield "a matrix", rng.normal(0, 2, (3, 4)), rng.normal(0, 1, 4), 0.3
    yield "three axes", rng.normal(0, 2, (2, 3, 2)), rng.normal(0, 1, (2, 1)), 1.7


def l2_penalty_special(rng):
    yield "lam 1", rng.normal(0, 2, 3), rng.normal(0, 1, 2), 1.0
    yield "lam 0", rng.normal(0, 2, (2, 2)), rng.normal(0, 1, 2), 0.0
    yield "a bias of zeros", rng.normal(0, 2, 3), np.zeros(2), 0.4
    yield "a bias without axes", rng.normal(0, 2, 3), np.array(1.5), 0.4
    yield "weights of zeros", np.zeros(3), rng.normal(0, 1, 2), 0.4
    yield "weights of 1e15", np.array([1e15, -1e15]), np.array([1.0]), 1e-20


def l2_penalty_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, 4), whole(rng, 0, 255, 2), 1
    yield "numbers from -128 to 127", whole(rng, -128, 127, (2, 2)), whole(rng, -128, 127, 2), 0.5
    yield "yes and no", np.array([1, 0, 1]), np.array([1]), 2


def l2_penalty_none(rng):
    yield "no weights", np.zeros(0), np.zeros(3), 0.1
    yield "no rows of weights", np.zeros((0, 3)), np.zeros(3), 0.1


@points(2)
def test_l2_penalty(l2_penalty, draw):
    """Half lam times the sum of squared weights, its gradient lam times w, and zeros for the bias."""
    agree(l2_penalty, draw(l2_penalty_weights, l2_penalty_by_hand))


@points(1)
def test_l2_penalty_contract(l2_penalty, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; new arrays, for lam 0 and 1 too; no warning."""
    contract(l2_penalty, draw, l2_penalty_weights, l2_penalty_by_hand, floats=(0, 1))
    contract(l2_penalty, draw, l2_penalty_special, l2_penalty_by_hand, floats=(0, 1), integers=False)
    contract(l2_penalty, draw, l2_penalty_whole, l2_penalty_by_hand, labels=(0, 1))


@points(1)
def test_l2_penalty_empty(l2_penalty, draw):
    """No weights: ValueError."""
    refuse(l2_penalty, draw(l2_penalty_none))


# --- ridge_fit --------------------------------------------------------------------------------------------------------


def ridge_by_svd(x, y, lam):
    model = Ridge(alpha=lam * len(x), solver="svd", tol=1e-12).fit(x.astype(np.float64), y.astype(np.float64))
    return model.coef_, float(model.intercept_)


def ridge_fit_rows(rng):
    """Data far from the origin, so that the bias matters."""
    yield "three rows", np.array([[1.0], [2.0], [4.0]]), np.array([2.0, 3.0, 9.0]), 0.5
    for n, d, lam in ((15, 3, 0.1), (30, 6, 2.0)):
        x, y = regression(rng, n, d)
        yield f"{n} rows, {d} columns, lam {lam}", x + 5, y - 7, lam


def ridge_fit_wide(rng):
    x, y = regression(rng, 4, 9)
    yield "4 rows, 9 columns", x + 2, y + 1, 0.05
    column = rng.normal(0, 1, (10, 1))
    yield "the same column twice", np.concatenate([column, column], axis=1), 3 * column[:, 0], 0.01
    yield "a constant column", np.concatenate([column, np.full((10, 1), 2.0)], axis=1), 3 * column[:, 0] + 1, 0.2
    yield "one row", np.array([[1.0, 2.0]]), np.array([3.0]), 0.5
    x, y = regression(rng, 8, 2)
    yield "numbers of about 1e-5", 1e-5 * x, 1e-5 * y, 1e-10


def ridge_fit_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, (5, 2)), whole(rng, 0, 255, 5), 2
    yield "numbers from -128 to 127", whole(rng, -128, 127, (6, 2)), whole(rng, -128, 127, 6), 1.5
    yield "yes and no", np.array([[1, 0], [0, 0], [1, 1]]), np.array([1, 0, 0]), 0.5


@points(2)
def test_ridge_fit(ridge_fit, draw):
    """The minimum of half the mean squared error plus half lam times the squared weights, the bias free."""
    agree(ridge_fit, draw(ridge_fit_rows, ridge_by_svd), rtol=1e-6)


@points(1)
def test_ridge_fit_wide(ridge_fit, draw):
    """More columns than rows, equal columns, a constant column, a single row, tiny numbers."""
    agree(ridge_fit, draw(ridge_fit_wide, ridge_by_svd), rtol=1e-6, atol=1e-8)


@points(1)
def test_ridge_fit_contract(ridge_fit, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(ridge_fit, draw, ridge_fit_rows, ridge_by_svd, floats=(0, 1), rtol32=5e-3)
    contract(ridge_fit, draw, ridge_fit_whole, ridge_by_svd, labels=(0, 1))


@points(1)
def test_ridge_fit_shapes(ridge_fit, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(ridge_fit, draw(fit_misfits))


# --- soft_threshold ---------------------------------------------------------------------------------------------------


def soft_threshold_one_by_one(w, t):
    values = [math.copysign(abs(float(value)) - t, float(value)) if abs(float(value)) > t else 0.0 for value in w.ravel()]
    return np.array(values, dtype=np.float64).reshape(w.shape)


def soft_threshold_weights(rng):
    """Weights on both sides of the threshold and of zero."""
    yield "five weights", np.array([-3.0, -0.5, 0.0, 0.5, 3.0]), 1.0
    many = rng.uniform(0.9, 3, (4, 3)) * rng.choice([-1.0, 1.0], (4, 3))
    many[1], many[2, 0], many[2, 1] = rng.uniform(-0.6, 0.6, 3), 2.5, -2.5
    yield "a matrix", many, 0.7


def soft_threshold_edges(rng):
    yield "exactly on the threshold", np.array([1.0, -1.0, 1.5]), 1.0
    yield "all within", rng.uniform(-0.9, 0.9, 6), 1.0
    yield "a threshold of 0", rng.normal(0, 2, 5), 0.0
    yield "a small threshold", np.array([3e-9, -2e-9, 5e-10]), 1e-9


def soft_threshold_special(rng):
    yield "a threshold of 0", rng.normal(0, 2, (2, 2)), 0.0
    yield "one weight that stays", np.array([[2.0]]), 0.5
    yield "a number without axes", np.array(-2.0), 0.5
    yield "weights of 1e25", np.array([3e25, -5e25, 1e20, 0.0]), 1e25


def soft_threshold_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, 5), 3
    yield "numbers from -128 to 127", whole(rng, -128, 127, (2, 3)), 2.5
    yield "numbers from -32768 to 32767", whole(rng, -32768, 32767, 4), 7
    yield "a threshold of 0", whole(rng, -128, 127, 4), 0


def soft_threshold_refused(rng):
    yield "a negative threshold", np.array([1.0, 2.0]), -0.1
    yield "a threshold just below 0", np.array([1.0, 2.0]), -1e-12
    yield "no weights", np.zeros(0), 0.5
    yield "no rows of weights", np.zeros((0, 2)), 0.5


@points(2)
def test_soft_threshold(soft_threshold, draw):
    """Weights move towards zero by t and stop there."""
    agree(soft_threshold, draw(soft_threshold_weights, soft_threshold_one_by_one))


@points(1)
def test_soft_threshold_zeros(soft_threshold, draw):
    """Weights within [-t, t] become exactly zero, a threshold of 0 or of 1e-9 is no special case.

    Exact zeros are the point of L1; a tolerance would hide that they are not."""
    agree(soft_threshold, draw(soft_threshold_edges, soft_threshold_one_by_one), rtol=1e-12, atol=0.0)


@points(1)
def test_soft_threshold_contract(soft_threshold, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; a new array of w's shape, for t = 0 too; no warning."""
    contract(soft_threshold, draw, soft_threshold_weights, soft_threshold_one_by_one, floats=(0,))
    contract(soft_threshold, draw, soft_threshold_special, soft_threshold_one_by_one, floats=(0,), integers=False)
    contract(soft_threshold, draw, soft_threshold_whole, soft_threshold_one_by_one, labels=(0,))


@points(1)
def test_soft_threshold_refuses(soft_threshold, draw):
    """t below 0, or no weights: ValueError."""
    refuse(soft_threshold, draw(soft_threshold_refused))


# --- lasso_ista -------------------------------------------------------------------------------------------------------


def ista_by_hand(x, y, lam, steps):
    x, y = x.astype(np.float64), y.astype(np.float64)
    n, d = x.shape
    rate = n / np.linalg.norm(x, 2) ** 2
    w = np.zeros(d)
    for _ in range(steps):
        w = soft_threshold_one_by_one(w - rate * x.T @ (x @ w - y) / n, rate * lam)
    return w


def lasso_ista_rows(rng):
    """Few steps and many."""
    yield "one column, one step", np.array([[1.0], [2.0]]), np.array([1.0, 4.0]), 0.5, 1
    yield "20 rows, 5 columns, 4 steps", *regression(rng, 20, 5), 0.4, 4
    yield "12 rows, 6 columns, 60 steps", *regression(rng, 12, 6), 0.3, 60


def lasso_ista_edges(rng):
    yield "5 rows, 8 columns", *regression(rng, 5, 8), 0.2, 25
    yield "no step", *regression(rng, 5, 3), 0.2, 0
    yield "lam so large that all is zero", *regression(rng, 8, 3), 50.0, 10
    yield "lam 0", *regression(rng, 8, 3), 0.0, 3
    yield "one row", np.array([[1.0, -2.0]]), np.array([3.0]), 0.1, 2


def lasso_ista_short_steps(rng):
    x, y = regression(rng, 10, 3)
    yield "weights of 1e-9", x, y * 1e-9, 1e-10, 12
    x = np.concatenate([x[:, :1], x[:, :1] + 0.05 * x[:, 1:2]], axis=1)
    yield "two columns nearly alike, 300 steps", x, x @ np.array([2.0, -1.0]), 1e-4, 300
    x, y = regression(rng, 10, 3)
    yield "numbers of about 1e-5", 1e-5 * x, 1e-5 * y, 2e-11, 12


def _ended_early(asked):
    """Whether a reply holds the weights after fewer steps than were asked for, by two at least."""
    if asked is None:
        return False
    (x, y, lam, steps), value = asked[0].args, asked[1].value
    earlier = (ista_by_hand(x, y, lam, taken) for taken in range(steps - 1))
    return any(np.shape(value) == each.shape and np.allclose(value, each, rtol=1e-6, atol=0.0) for each in earlier)


def lasso_ista_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, (5, 2)), whole(rng, 0, 255, 5), 2, 5
    yield "numbers from -128 to 127", whole(rng, -128, 127, (6, 2)), whole(rng, -128, 127, 6), 1.5, 5
    yield "whole numbers and no step", np.array([[3, 1], [2, 5]]), np.array([4, 2]), 1, 0


def lasso_misfits(rng):
    for name, x, y, lam in fit_misfits(rng):
        yield name, x, y, lam, 3


@points(2)
def test_lasso_ista(lasso_ista, draw):
    """As many proximal gradient steps as asked, of size 1/L, from zero."""
    agree(lasso_ista, draw(lasso_ista_rows, ista_by_hand), rtol=1e-6)


@points(1)
def test_lasso_ista_edges(lasso_ista, draw):
    """More columns than rows, one row, no step, lam 0, and a penalty that leaves nothing."""
    agree(lasso_ista, draw(lasso_ista_edges, ista_by_hand), rtol=1e-6)


@points(1)
def test_lasso_ista_short_steps(lasso_ista, draw):
    """All steps are taken, however short they are."""
    cases = draw(lasso_ista_short_steps, ista_by_hand)
    with seeing(lambda _: "stops-early" if _ended_early(lasso_ista.asked_last(cases[0].name)) else ""):
        agree(lasso_ista, cases, rtol=1e-6, atol=0.0)


@points(1)
def test_lasso_ista_contract(lasso_ista, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(lasso_ista, draw, lasso_ista_rows, ista_by_hand, floats=(0, 1), rtol32=1e-3)
    contract(lasso_ista, draw, lasso_ista_whole, ista_by_hand, labels=(0, 1))


@points(1)
def test_lasso_ista_shapes(lasso_ista, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(lasso_ista, draw(lasso_misfits))


# --- dropout ----------------------------------------------------------------------------------------------------------


def dropped_below(x, p, rng, train):
    """Dropped where the draw is below p."""
    mask = (rng.random(x.shape) >= p) / (1 - p) if train else np.ones(x.shape)
    return x * mask, mask


def dropped_above(x, p, rng, train):
    """Kept where the draw is below 1 - p: the other way to read one draw."""
    mask = (rng.random(x.shape) < 1 - p) / (1 - p) if train else np.ones(x.shape)
    return x * mask, mask


def _mask_of(oracle, case):
    """The mask that an oracle draws for a case."""
    x, p, rng, train = case.args
    return oracle(x, p, np.random.default_rng(rng.seed), train)[1]


def dropout_training(rng):
    """Values other than 0, drop probabilities other than one half."""
    for seed, (p, shape) in enumerate(((0.2, (30, 4)), (0.7, (5, 40)), (0.5, (4, 5, 6)))):
        yield f"p = {p}, shape {shape}", rng.uniform(1, 3, shape), p, Rng(seed + 10), True


def dropout_fractions(rng):
    for seed, p in enumerate((0.1, 0.6)):
        yield f"p = {p}", np.ones((200, 100)), p, Rng(seed + 5), True


def dropout_draws(rng):
    for seed, p in ((1, 0.4), (2, 0.4), (3, 0.7)):
        yield f"6 x 20, p = {p}, seed {seed}", rng.uniform(1, 3, (6, 20)), p, Rng(seed), True


def dropout_evaluations(rng):
    yield "evaluation, p = 0.3", rng.normal(0, 2, (4, 3)), 0.3, Rng(1), False
    yield "evaluation, p = 0.8", rng.normal(0, 2, 5), 0.8, Rng(2), False


def dropout_nothing(rng):
    yield "p = 0", rng.normal(0, 2, (4, 3)), 0.0, Rng(3), True
    yield "evaluation", rng.normal(0, 2, (3, 4)), 0.4, Rng(3), False


def dropout_few(rng):
    yield "p = 0.25, shape (4, 6)", rng.uniform(1, 3, (4, 6)), 0.25, Rng(4), True


def dropout_whole(rng):
    yield "numbers up to 255", whole(rng, 1, 255, (3, 4)), 0.6, Rng(5), True
    yield "numbers from -128 to 127, evaluation", whole(rng, -128, 127, 5), 0.3, Rng(6), False
    yield "yes and no", np.array([1, 0, 1, 1]), 0.5, Rng(7), True


def dropout_refused(rng):
    yield "p = 1", np.ones(3), 1.0, Rng(1), True
    yield "p above 1", np.ones(3), 1.5, Rng(1), True
    yield "p below 0", np.ones(3), -0.1, Rng(1), True
    yield "p just below 0", np.ones(3), -1e-12, Rng(1), True
    yield "p = 1 in evaluation", np.ones(3), 1.0, Rng(1), False
    yield "p below 0 in evaluation", np.ones(3), -0.1, Rng(1), False
    yield "no values", np.zeros(0), 0.5, Rng(1), True
    yield "no values in evaluation", np.zeros((0, 2)), 0.5, Rng(1), False


def _out_and_mask(case, value):
    """The two arrays of an answer; Wrong when they are something else."""
    x = case.args[0]
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise Wrong("dropout returns two arrays, (out, mask).", case=case.name, expected="(out, mask)", got=value)
    for part in value:
        if not isinstance(part, np.ndarray) or part.shape != x.shape or part.dtype.kind not in "fiub":
            raise Wrong("out and mask are number arrays of x's shape.", case=case.name, expected=f"shape {x.shape}", got=part)
    return value


def _reading(dropout, draw):
    """Which of the two ways to read a draw an answer takes: the oracle that does so."""
    case, value = next(iter(dropout.on(draw(dropout_draws))))
    mask = _out_and_mask(case, value)[1]
    return dropped_above if np.array_equal(mask > 0, _mask_of(dropped_above, case) > 0) else dropped_below


@points(2)
def test_dropout(dropout, draw):
    """In training the mask holds 0 and 1/(1-p), and out is x times mask."""
    for case, value in dropout.on(draw(dropout_training)):
        out, mask = _out_and_mask(case, value)
        x, p = case.args[:2]
        kept = np.isclose(mask, 1 / (1 - p), rtol=1e-7)
        if not np.all(kept | (mask == 0)):
            odd = mask[~(kept | (mask == 0))].flat[0]
            raise Wrong(f"With p = {p} the mask holds {odd:.4g}.", case=case.name, expected=f"0 and {1 / (1 - p):.4g}", got=odd)
        if not kept.any() or kept.all():
            raise Wrong(f"With p = {p} the mask keeps {'all' if kept.all() else 'nothing'}.", case=case.name, expected="some of each", got=mask)
        if not np.allclose(out, x * mask, rtol=1e-7, atol=1e-9):
            raise Wrong("out is not x times mask.", case=case.name, expected=x * mask, got=out)


@points(1)
def test_dropout_fraction(dropout, draw):
    """p is the fraction that is dropped (20 000 draws, five standard errors)."""
    for case, value in dropout.on(draw(dropout_fractions)):
        x, p = case.args[:2]
        dropped = float(np.mean(_out_and_mask(case, value)[1] == 0))
        if abs(dropped - p) > 5 * math.sqrt(p * (1 - p) / x.size):
            raise Wrong(f"With p = {p}, {dropped:.1%} of the values were dropped.", case=case.name, expected=p, got=dropped)


@points(1)
def test_dropout_draw(dropout, draw):
    """The mask is made of one draw, rng.random(x.shape): a number for each element, and no other randomness."""
    reading = _reading(dropout, draw)  # the same for every p
    for case, value in dropout.on(draw(dropout_draws)):
        mask = _out_and_mask(case, value)[1]
        if (mask == mask[:1]).all() or (mask == mask[:, :1]).all():
            raise Wrong("The same pattern was used for every row or column.", case=case.name, expected="a draw for each element", got=mask)
        expected = _mask_of(reading, case)
        if not np.array_equal(mask > 0, expected > 0):
            raise Wrong("The mask is not that of rng.random(x.shape).", case=case.name, expected=expected, got=mask)


@points(1)
def test_dropout_evaluation(dropout, draw):
    """In evaluation out equals x and the mask is all ones."""
    agree(dropout, draw(dropout_evaluations, dropped_below))


@points(1)
def test_dropout_contract(dropout, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; new arrays, for p = 0 and evaluation too."""
    reading = _reading(dropout, draw)
    contract(dropout, draw, dropout_few, reading, floats=(0,))
    contract(dropout, draw, dropout_nothing, dropped_below, floats=(0,))
    contract(dropout, draw, dropout_whole, reading, labels=(0,))


@points(1)
def test_dropout_refuses(dropout, draw):
    """p outside [0, 1), or no values: ValueError, in evaluation too."""
    refuse(dropout, draw(dropout_refused))


# --- dropout_backward -------------------------------------------------------------------------------------------------


def masked(dout, mask):
    values = [float(slope) * float(scale) for slope, scale in zip(dout.ravel(), mask.ravel(), strict=True)]
    return np.array(values).reshape(dout.shape)


def dropout_backward_passes(rng):
    for p, shape in ((0.2, (6,)), (0.7, (4, 5))):
        mask = np.where(rng.random(shape) < p, 0.0, 1 / (1 - p))
        mask.flat[0], mask.flat[1] = 0.0, 1 / (1 - p)
        yield f"p = {p}, shape {shape}", rng.normal(0, 2, shape), mask


def dropout_backward_ones(rng):
    yield "an evaluation's mask", rng.normal(0, 2, (3, 2)), np.ones((3, 2))
    yield "nothing was kept", rng.normal(0, 2, 3), np.zeros(3)
    yield "one value", np.array([2.0]), np.array([1.0])


def dropout_backward_misfits(rng):
    yield "a mask for one row", np.ones((2, 3)), np.ones(3)
    yield "a mask of one column", np.ones((2, 3)), np.ones((2, 1))
    yield "a gradient for one row", np.ones(3), np.ones((2, 3))
    yield "a longer mask", np.ones(2), np.ones(3)
    yield "a mask of one entry", np.ones(3), np.ones(1)
    yield "as many values, another shape", np.ones((2, 3)), np.ones((3, 2))
    yield "no values", np.zeros(0), np.zeros(0)


@points(2)
def test_dropout_backward(dropout_backward, draw):
    """The gradient passes where the value passed, scaled alike."""
    agree(dropout_backward, draw(dropout_backward_passes, masked))


@points(1)
def test_dropout_backward_contract(dropout_backward, draw):
    """float32 stays float32, any layout; inputs stay as they were; a new array, for a mask of ones too."""
    contract(dropout_backward, draw, dropout_backward_passes, masked, floats=(0, 1), integers=False)
    contract(dropout_backward, draw, dropout_backward_ones, masked, floats=(0, 1), integers=False)


@points(1)
def test_dropout_backward_shapes(dropout_backward, draw):
    """Different shapes, those that would broadcast too, or no values: ValueError."""
    refuse(dropout_backward, draw(dropout_backward_misfits))


# --- early_stopping ---------------------------------------------------------------------------------------------------


def stop_by_hand(val_losses, patience, min_delta):
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def _course(rng, down, bump, up, low=1.0):
    """Losses that fall, bump up for some epochs, fall to a new best and then rise for good, above the best but not always above the epoch before."""
    fall = low + 1 + np.cumsum(rng.uniform(0.05, 0.1, down))[::-1]
    hump = fall[-1] + np.cumsum(rng.uniform(0.02, 0.04, bump))
    rise = low + 0.3 + 0.02 * np.arange(up) + np.where(np.arange(up) % 2 == 1, -0.03, 0.0) + rng.uniform(0, 0.002, up)
    return np.concatenate([fall, hump, [low], rise])


def early_stopping_curves(rng):
    """Losses that fall, then rise for good, with bumps on the way."""
    yield "five epochs, patience 2", np.array([3.0, 2.0, 2.5, 2.25, 1.0]), 2, 0.0
    for patience in (3, 5):
        down, bump, up = (int(rng.integers(*bounds)) for bounds in ((4, 9), (1, patience), (patience + 3, 14)))
        losses = _course(rng, down, bump, up)
        yield f"{len(losses)} epochs, patience {patience}", losses, patience, 0.0
    down = int(rng.integers(5, 12))
    yield f"falls to the end, {down} epochs", _course(rng, down, 1, 0)[:down], 2, 0.0


def early_stopping_ranges(rng):
    """Losses below zero, far above it, many epochs, a patience longer than the run, a gain at the last moment."""
    yield "losses below zero", _course(rng, 5, 2, 8, low=-4.0), 3, 0.0
    yield "losses of 1e12", 1e12 * _course(rng, 5, 2, 8), 3, 0.0
    yield "losses of 1e-9", 1e-9 * _course(rng, 5, 2, 8), 3, 0.0
    yield "400 epochs", _course(rng, 330, 2, 67), 40, 0.0
    yield "a patience longer than the run", _course(rng, 4, 2, 5), 1000, 0.0
    yield "a single epoch", np.array([0.7]), 1, 0.0
    yield "the last gain comes just in time", np.array([2.0, 3.0, 3.0, 1.0, 4.0, 4.0, 4.0, 0.5]), 3, 0.0


def early_stopping_small_gains(rng):
    yield "gains below min_delta", np.array([1.0, 0.99, 0.98, 0.97, 0.5]), 3, 0.05
    yield "gains that add up", np.array([1.0, 0.97, 0.94, 0.91, 0.85]), 9, 0.05
    yield "below zero, gains below min_delta", np.array([-1.0, -1.02, -1.04, -1.03, -5.0]), 3, 0.05
    yield "a slow rise", np.array([1.0, 1.02, 1.04, 1.06]), 2, 0.05


def early_stopping_plateaus(rng):
    yield "the same loss again is no gain", np.array([2.0, 2.0, 2.0, 2.0]), 2, 0.0
    yield "a gain of exactly min_delta is none", np.array([1.0, 0.5, 0.25, 0.25]), 2, 0.5


def early_stopping_nan(rng):
    yield "a nan on the way", np.array([3.0, np.nan, 2.0, np.nan, np.nan, 1.0]), 2, 0.0
    yield "nothing but nan", np.array([np.nan, np.nan, np.nan]), 2, 0.0
    yield "nothing but nan, and too few for the patience", np.array([np.nan, np.nan]), 5, 0.0
    yield "nan at first", np.array([np.nan, 1.0, 2.0]), 5, 0.0
    yield "inf at first", np.array([np.inf, np.inf, 1.0, 2.0, 0.5]), 3, 0.0


def early_stopping_whole(rng):
    yield "numbers up to 255", np.array([255, 3, 0, 200, 201, 202, 255, 1]), 3, 1
    yield "numbers from -128 to 127", np.array([127, -100, -128, 5, 6, 7, 8]), 3, 100


def early_stopping_none(rng):
    yield "no epoch", np.zeros(0), 2, 0.0


@points(2)
def test_early_stopping(early_stopping, draw):
    """It stops at the patience-th epoch in a row without a new best, else at the last."""
    agree(early_stopping, draw(early_stopping_curves, stop_by_hand), integer=True)


@points(1)
def test_early_stopping_ranges(early_stopping, draw):
    """Losses of any size, below zero too, hundreds of epochs, one epoch, a patience longer than the run."""
    agree(early_stopping, draw(early_stopping_ranges, stop_by_hand), integer=True)


@points(1)
def test_early_stopping_min_delta(early_stopping, draw):
    """An epoch is a gain when its loss is below best - min_delta, and best moves only then."""
    agree(early_stopping, draw(early_stopping_small_gains, stop_by_hand), integer=True)


@points(1)
def test_early_stopping_plateau(early_stopping, draw):
    """An equal loss is no gain."""
    agree(early_stopping, draw(early_stopping_plateaus, stop_by_hand), integer=True)


@points(1)
def test_early_stopping_nan(early_stopping, draw):
    """nan and inf never improve; best_epoch is -1 when nothing ever did."""
    agree(early_stopping, draw(early_stopping_nan, stop_by_hand), integer=True)


@points(1)
def test_early_stopping_contract(early_stopping, draw):
    """float32 and whole numbers of any dtype, any layout; the losses stay as they were; no warning, with nan neither."""
    contract(early_stopping, draw, early_stopping_curves, stop_by_hand, floats=(0,), integers=False)
    contract(early_stopping, draw, early_stopping_nan, stop_by_hand)
    contract(early_stopping, draw, early_stopping_whole, stop_by_hand, labels=(0,))


@points(1)
def test_early_stopping_empty(early_stopping, draw):
    """No epoch: ValueError."""
    refuse(early_stopping, draw(early_stopping_none))


# --- hunt 1: patience with the wrong memory ---------------------------------------------------------------------------


def stop_epoch(val_losses, patience):
    return stop_by_hand(val_losses, patience, 0.0)[0]


def published_stop(val_losses, patience):
    """When the published loop stops: it compares with the epoch before."""
    waited = 0
    for epoch in range(1, len(val_losses)):
        waited = 0 if val_losses[epoch] < val_losses[epoch - 1] else waited + 1
        if waited == patience:
            return epoch
    return len(val_losses) - 1


def _curve(given):
    """The counterexample as losses and a patience; Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 2 or not isinstance(given[1], int | np.integer) or isinstance(given[1], bool):
        seen = "two-curves" if isinstance(given, tuple | list) and len(given) == 2 and np.ndim(given[1]) == 1 else ""
        sentence = "stopping_counterexample() must return (val_losses, patience)."
        raise Wrong(sentence, expected="(val_losses, patience)", got=given, mistake=seen)
    try:
        losses = np.asarray(given[0], dtype=np.float64)
    except (TypeError, ValueError):
        losses = np.zeros((0, 0))
    if losses.ndim != 1 or not losses.size or not np.isfinite(losses).all() or given[1] < 1:
        raise Wrong("val_losses must be finite numbers in a row, and patience 1 or more.", expected="losses of epochs", got=given)
    return losses, int(given[1])


def _why_no_longer(losses, patience, right, published):
    """The known mistake in losses on which the published loop does not train long enough; none where it is another."""
    rest = np.diff(losses[losses.argmin() :])
    if patience == 1:
        return "patience-of-one"  # then both stop at the first loss that does not fall
    if not rest.size:
        return "falls-all-the-way"
    if (rest > 0).all():
        return "rises-for-good"
    return "too-short" if published > right else ""


@points(2)
def test_stopping_counterexample(stopping_counterexample):
    """Losses on which the published loop trains at least three epochs longer."""
    losses, patience = _curve(stopping_counterexample())
    right, published = stop_epoch(losses, patience), published_stop(losses, patience)
    if published < right + 3:
        sentence = f"On your losses it stops at epoch {published}, and the right epoch is {right}."
        seen = _why_no_longer(losses, patience, right, published)
        raise Wrong(sentence, expected=f"{right + 3} or later", got=published, mistake=seen)


@points(2)
def test_stopping_counterexample_real(stopping_counterexample):
    """It could happen: 50 epochs at most, patience 2 or more, and a first loss that is improved on.

    A network that never learns anything needs no early stopping."""
    losses, patience = _curve(stopping_counterexample())
    if len(losses) > 50:
        raise Wrong(f"That is a run of {len(losses)} epochs.", expected="50 at most", got=len(losses))
    if patience < 2:
        raise Wrong("A patience of 1 waits for nothing.", expected="2 or more", got=patience, mistake="patience-of-one")
    if losses.min() >= losses[0]:
        raise Wrong(f"No loss is below the first, {losses[0]:g}.", expected="a loss below it", got=losses, mistake="never-learns")


def _without_delta(maker):
    """A maker of early_stopping's cases, as (name, losses, patience)."""
    return lambda rng: ((name, losses, patience) for name, losses, patience, _ in maker(rng))


def stopping_mended_curves(rng):
    yield "a staircase back", np.array([1.0, 3.0, 2.9, 2.8, 2.7, 2.6]), 3
    yield from _without_delta(early_stopping_curves)(rng)


def stopping_mended_ranges(rng):
    yield from _without_delta(early_stopping_ranges)(rng)


def stopping_mended_nan(rng):
    yield from _without_delta(early_stopping_nan)(rng)


def stopping_mended_plateau(rng):
    yield "the same loss again is no gain", np.array([2.0, 2.0, 2.0, 2.0]), 2


def stopping_mended_whole(rng):
    yield from _without_delta(early_stopping_whole)(rng)


def stopping_mended_none(rng):
    yield "no epoch", np.zeros(0), 2


@points(2)
def test_stopping_mended(stopping_mended, draw):
    """It stops at the patience-th epoch in a row without a new best, else at the last."""
    agree(stopping_mended, draw(stopping_mended_curves, stop_epoch), integer=True)


@points(1)
def test_stopping_mended_ranges(stopping_mended, draw):
    """Losses of any size, below zero too, hundreds of epochs, one epoch, a patience longer than the run."""
    agree(stopping_mended, draw(stopping_mended_ranges, stop_epoch), integer=True)


@points(1)
def test_stopping_mended_nan(stopping_mended, draw):
    """nan and inf never improve."""
    agree(stopping_mended, draw(stopping_mended_nan, stop_epoch), integer=True)


@points(1)
def test_stopping_mended_plateau(stopping_mended, draw):
    """An equal loss is no gain."""
    agree(stopping_mended, draw(stopping_mended_plateau, stop_epoch), integer=True)


@points(1)
def test_stopping_mended_contract(stopping_mended, draw):
    """float32 and whole numbers of any dtype, any layout; the losses stay as they were; no warning, with nan neither."""
    contract(stopping_mended, draw, stopping_mended_curves, stop_epoch, floats=(0,), integers=False)
    contract(stopping_mended, draw, stopping_mended_nan, stop_epoch)
    contract(stopping_mended, draw, stopping_mended_whole, stop_epoch, labels=(0,))


@points(1)
def test_stopping_mended_empty(stopping_mended, draw):
    """No epoch: ValueError."""
    refuse(stopping_mended, draw(stopping_mended_none))


# --- hunt 2: chosen on the test set -----------------------------------------------------------------------------------


def selection_errors(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Each lam's mean squared errors on the training, validation and test rows, its model fitted to the training rows."""
    parts = [(np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in ((x_train, y_train), (x_val, y_val), (x_test, y_test))]
    mean, std = parts[0][0].mean(axis=0), parts[0][0].std(axis=0)
    errors = []
    for lam in lams:
        w, b = ridge_by_svd((parts[0][0] - mean) / std, parts[0][1], lam)
        errors.append([float(np.mean(((x - mean) / std @ w + b - y) ** 2)) for x, y in parts])
    return np.array(errors)


def selection_by_hand(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    errors = selection_errors(x_train, y_train, x_val, y_val, x_test, y_test, lams)
    best = int(errors[:, 1].argmin())
    return float(lams[best]), float(errors[best, 2])


def _raw_rows_choose_another(errors, parts, lams):
    """Whether validation rows that are not standardised choose another lam, which is not the one with the largest error either."""
    x_train, y_train, x_val, y_val, *test = parts
    raw = selection_errors(x_train, y_train, x_val * x_train.std(axis=0) + x_train.mean(axis=0), y_val, *test, lams)
    return len({int(errors[:, 1].argmin()), int(errors[:, 1].argmax()), int(raw[:, 1].argmin())}) == 3


def _split(rng, sizes, d, lams, round_to=None, also=None):
    """Three parts on which training, validation and test rows each prefer another lam, and none of them narrowly."""
    for _ in range(500):
        parts = []
        for size, level in zip(sizes, (0.0, 1.0, -1.0), strict=True):
            x = rng.normal(0, 1, (size, d)) * np.array([1.0, 20.0, 5.0, 3.0, 8.0, 2.0])[:d] + 10 * np.arange(1, d + 1) + level
            y = 2 * x[:, 0] + 0.1 * x[:, 1] + rng.normal(0, 2.0, size)
            parts += [x, y] if round_to is None else [np.rint(x).clip(*round_to).astype(np.int64), np.rint(y).clip(*round_to).astype(np.int64)]
        errors = selection_errors(*parts, lams)
        order = np.sort(errors, axis=0)
        clear = (order[1, 1:] > 1.02 * order[0, 1:]).all()
        if clear and len(set(errors.argmin(axis=0).tolist())) == 3 and (also is None or also(errors, parts, lams)):
            return parts
    raise RuntimeError("no such split was found")


def choice_mended_ordinary(rng):
    """Few training rows, columns of different scale and place, and strengths far apart."""
    lams = [0.001, 0.3, 3.0]
    yield "8, 5 and 6 rows", *_split(rng, (8, 5, 6), 2, lams), lams
    lams = [2.0, 0.001, 30.0, 0.1]
    yield "12, 6 and 7 rows", *_split(rng, (12, 6, 7), 4, lams), lams


def choice_mended_splits(rng):
    """The ordinary ones, and six strengths among which validation rows that are not standardised choose another."""
    yield from choice_mended_ordinary(rng)
    lams = [30.0, 0.001, 0.3, 3.0, 0.03, 300.0]
    yield "8, 8 and 8 rows, six strengths", *_split(rng, (8, 8, 8), 5, lams, also=_raw_rows_choose_another), lams


def choice_mended_edges(rng):
    x, y = regression(rng, 9, 2)
    yield "one strength", x[:5], y[:5], x[5:7], y[5:7], x[7:], y[7:], [0.5]
    yield "one row to validate, one to test", x[:7], y[:7], x[7:8], y[7:8], x[8:], y[8:], [0.01, 5.0]
    yield "the same strength twice", x[:5], y[:5], x[5:7], y[5:7], x[7:], y[7:], [0.5, 0.5]
    yield "columns in billionths", 1e-9 * x[:5], y[:5], 1e-9 * x[5:7], y[5:7], 1e-9 * x[7:], y[7:], [0.5, 0.01]


def choice_mended_whole(rng):
    lams = [0.001, 0.3, 3.0]
    yield "whole numbers up to 127", *_split(rng, (8, 5, 6), 2, lams, (0, 127)), lams


def choice_mended_misfits(rng):
    x, y = np.arange(6.0).reshape(3, 2) ** 2, np.array([1.0, 2.0, 4.0])
    yield "no strength", x, y, x, y, x, y, []
    yield "no training rows", x[:0], y[:0], x, y, x, y, [0.1]
    yield "no validation rows", x, y, x[:0], y[:0], x, y, [0.1]
    yield "no test rows", x, y, x, y, x[:0], y[:0], [0.1]
    yield "a target too few", x, y, x, y[:2], x, y, [0.1]
    yield "one target for three test rows", x, y, x, y, x, y[:1], [0.1]
    yield "targets in a column", x, y, x, y[:, None], x, y, [0.1]
    yield "test rows of one column", x, y, x, y, x[:, :1], y, [0.1]
    yield "validation rows of one column", x, y, x[:, :1], y, x, y, [0.1]
    yield "a single training row without its axis", x[:, 0], y, x, y, x, y, [0.1]


@points(2)
def test_choice_mended(choice_mended, draw):
    """The strength with the least error on the validation rows, and its error on the test rows, both to 1e-6."""
    agree(choice_mended, draw(choice_mended_splits, selection_by_hand), rtol=1e-6)


@points(1)
def test_choice_mended_edges(choice_mended, draw):
    """One strength, one row to validate and one to test, columns of tiny numbers."""
    agree(choice_mended, draw(choice_mended_edges, selection_by_hand), rtol=1e-6)


@points(1)
def test_choice_mended_contract(choice_mended, draw):
    """float32, whole numbers computed in float64, any layout; inputs stay as they were; no warning."""
    parts = (0, 1, 2, 3, 4, 5)
    contract(choice_mended, draw, choice_mended_ordinary, selection_by_hand, floats=parts, integers=False, either_width=True, rtol32=2e-3)
    contract(choice_mended, draw, choice_mended_whole, selection_by_hand, labels=parts)


@points(1)
def test_choice_mended_shapes(choice_mended, draw):
    """Shapes that do not fit, no rows in one of the parts, or no strength: ValueError."""
    refuse(choice_mended, draw(choice_mended_misfits))


# --- hunt 3: left in training mode ------------------------------------------------------------------------------------


def all_masks(x, w, p):
    """Mean and variance over every mask of the d inputs, each with its probability."""
    d = x.shape[1]
    kept = (np.arange(2**d)[:, None] >> np.arange(d)) % 2
    chance = np.prod(np.where(kept == 1, 1 - p, p), axis=1)
    outputs = (x.astype(np.float64) * w) @ (kept / (1 - p)).T  # (n, masks)
    mean = outputs @ chance
    return mean, np.array([math.fsum(c * (o - m) ** 2 for o, c in zip(row, chance, strict=True)) for row, m in zip(outputs, mean, strict=True)])


def outputs_predicted_rows(rng):
    yield "one row, two inputs", np.array([[1.0, 2.0]]), np.array([3.0, -1.0]), 0.2
    for n, d, p in ((4, 3, 0.3), (3, 5, 0.6)):
        x = rng.uniform(0.5, 2, (n, d)) * rng.choice([-1.0, 1.0], (n, d))
        yield f"{n} rows, {d} inputs, p = {p}", x, rng.uniform(0.5, 2, d) * rng.choice([-1.0, 1.0], d), p


def outputs_predicted_edges(rng):
    yield "p = 0", rng.normal(0, 2, (3, 2)), rng.normal(0, 1, 2), 0.0
    yield "p = 0.99", rng.normal(0, 2, (2, 2)), rng.normal(0, 1, 2), 0.99
    yield "one input", rng.normal(0, 2, (3, 1)), np.array([1.5]), 0.4
    yield "a row of zeros", np.zeros((1, 3)), rng.normal(0, 1, 3), 0.4
    yield "inputs that cancel", np.array([[1.0, 1.0]]), np.array([2.0, -2.0]), 0.4


def outputs_predicted_whole(rng):
    yield "numbers up to 255", whole(rng, 0, 255, (3, 2)), whole(rng, 0, 255, 2), 0.2
    yield "numbers from -128 to 127", whole(rng, -128, 127, (3, 2)), whole(rng, -128, 127, 2), 0.5


def outputs_predicted_misfits(rng):
    yield "a weight too many", np.ones((3, 2)), np.ones(3), 0.2
    yield "one weight for two inputs", np.ones((3, 2)), np.ones(1), 0.2
    yield "weights in a column", np.ones((3, 2)), np.ones((2, 1)), 0.2
    yield "x a single row", np.ones(2), np.ones(2), 0.2
    yield "no rows", np.zeros((0, 2)), np.ones(2), 0.2
    yield "no inputs", np.zeros((2, 0)), np.zeros(0), 0.2
    yield "p = 1", np.ones((3, 2)), np.ones(2), 1.0
    yield "p below 0", np.ones((3, 2)), np.ones(2), -0.1


@points(2)
def test_outputs_predicted(outputs_predicted, draw):
    """Mean and variance of each row's output, over the masks."""
    agree(outputs_predicted, draw(outputs_predicted_rows, all_masks))


@points(1)
def test_outputs_predicted_edges(outputs_predicted, draw):
    """p = 0 and p near 1, one input, zeros, and inputs whose mean cancels while their noise does not."""
    agree(outputs_predicted, draw(outputs_predicted_edges, all_masks))


@points(1)
def test_outputs_predicted_contract(outputs_predicted, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were; no warning."""
    contract(outputs_predicted, draw, outputs_predicted_rows, all_masks, floats=(0, 1))
    contract(outputs_predicted, draw, outputs_predicted_whole, all_masks, labels=(0, 1))


@points(1)
def test_outputs_predicted_refuses(outputs_predicted, draw):
    """Shapes that do not fit, no rows or inputs, or p outside [0, 1): ValueError."""
    refuse(outputs_predicted, draw(outputs_predicted_misfits))
