# Built by `prep build` from solutions/overfitting/checks.py: do not edit by hand.
"""Checks of the lesson overfitting: oracles from the definitions and from scikit-learn, makers of inputs, a test for each thing that can go wrong."""

import math

import numpy as np
from sklearn.linear_model import Ridge

from grader.judging.checking import Rng, Wrong, agree, contract, points, refuse

# --- oracles ----------------------------------------------------------------------------------------------------------


def penalty(w, b, lam):
    total = math.fsum(float(value) ** 2 for value in w.ravel())
    return 0.5 * lam * total, lam * w.astype(np.float64), np.zeros(b.shape)


def shrink(w, t):
    values = [math.copysign(max(abs(float(value)) - t, 0.0), float(value)) if abs(float(value)) > t else 0.0 for value in w.ravel()]
    return np.array(values).reshape(w.shape)


def ista(x, y, lam, steps):
    x, y = x.astype(np.float64), y.astype(np.float64)
    n, d = x.shape
    rate = n / np.linalg.norm(x, 2) ** 2
    w = np.zeros(d)
    for _ in range(steps):
        w = shrink(w - rate * x.T @ (x @ w - y) / n, rate * lam)
    return w


def ridge(x, y, lam):
    model = Ridge(alpha=lam * len(x), solver="svd", tol=1e-12).fit(x.astype(np.float64), y.astype(np.float64))
    return model.coef_, float(model.intercept_)


def masked(dout, mask):
    return dout * mask.astype(np.float64)


def stop(val_losses, patience, min_delta):
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def stop_epoch(val_losses, patience):
    return stop(val_losses, patience, 0.0)[0]


# --- makers -----------------------------------------------------------------------------------------------------------


def penalties(rng):
    """Weights of any shape, biases that are not zero, lam other than 1 and 1/2."""
    yield "two weights", np.array([3.0, -4.0]), np.array([2.0]), 0.1
    yield "a matrix", rng.normal(0, 2, (3, 4)), rng.normal(0, 1, 4), 0.3
    yield "three axes", rng.normal(0, 2, (2, 3, 2)), rng.normal(0, 1, (2, 1)), 1.7


def no_weights(rng):
    yield "no weights", np.zeros((0, 3)), np.zeros(3), 0.1


def thresholds(rng):
    """Weights on both sides of the threshold and of zero."""
    yield "five weights", np.array([-3.0, -0.5, 0.0, 0.5, 3.0]), 1.0
    yield "a matrix", rng.normal(0, 2, (4, 3)), 0.7
    yield "a threshold of 0", rng.normal(0, 2, 5), 0.0


def on_threshold(rng):
    yield "exactly on the threshold", np.array([1.0, -1.0, 1.5]), 1.0
    yield "all within", rng.uniform(-0.9, 0.9, 6), 1.0


def bad_thresholds(rng):
    yield "a negative threshold", np.array([1.0, 2.0]), -0.1
    yield "no weights", np.zeros(0), 0.5


def regression(rng, n, d, noise=0.3):
    x = rng.normal(0, 1, (n, d))
    w = np.where(np.arange(d) < 2, 3.0, 0.0)
    return x, x @ w + rng.normal(0, noise, n)


def lassos(rng):
    """Few steps, many steps, none."""
    yield "one column, one step", np.array([[1.0], [2.0]]), np.array([1.0, 4.0]), 0.5, 1
    yield "20 rows, 5 columns, 4 steps", *regression(rng, 20, 5), 0.4, 4
    yield "12 rows, 6 columns, 60 steps", *regression(rng, 12, 6), 0.3, 60


def wide_lassos(rng):
    yield "5 rows, 8 columns", *regression(rng, 5, 8), 0.2, 25
    yield "no step", *regression(rng, 5, 3), 0.2, 0
    yield "lam so large that all is zero", *regression(rng, 8, 3), 50.0, 10


def fit_misfits(rng):
    yield "y too short", np.ones((3, 2)), np.ones(2), 0.1
    yield "y a column", np.ones((3, 2)), np.ones((3, 1)), 0.1
    yield "no rows", np.zeros((0, 2)), np.zeros(0), 0.1


def lasso_misfits(rng):
    for name, x, y, lam in fit_misfits(rng):
        yield name, x, y, lam, 3


def ridges(rng):
    """Data far from the origin, so that the bias matters."""
    yield "three rows", np.array([[1.0], [2.0], [4.0]]), np.array([2.0, 3.0, 9.0]), 0.5
    for n, d, lam in ((15, 3, 0.1), (30, 6, 2.0)):
        x, y = regression(rng, n, d)
        yield f"{n} rows, {d} columns, lam {lam}", x + 5, y - 7, lam


def wide_ridges(rng):
    x, y = regression(rng, 4, 9)
    yield "4 rows, 9 columns", x + 2, y + 1, 0.05
    column = rng.normal(0, 1, (10, 1))
    yield "the same column twice", np.concatenate([column, column], axis=1), 3 * column[:, 0], 0.01
    yield "one row", np.array([[1.0, 2.0]]), np.array([3.0]), 0.5


def drops(rng):
    """Values other than 0, drop probabilities other than one half."""
    for seed, (p, shape) in enumerate(((0.2, (30, 4)), (0.7, (5, 40)), (0.5, (4, 5, 6)))):
        yield f"p = {p}, shape {shape}", rng.uniform(1, 3, shape), p, Rng(seed + 10), True


def evaluations(rng):
    yield "evaluation, p = 0.3", rng.normal(0, 2, (4, 3)), 0.3, Rng(1), False
    yield "evaluation, p = 0.8", rng.normal(0, 2, 5), 0.8, Rng(2), False


def drop_nothing(rng):
    yield "p = 0", rng.normal(0, 2, (4, 3)), 0.0, Rng(3), True
    yield "evaluation", rng.normal(0, 2, (3, 4)), 0.4, Rng(3), False


def identity(x, p, rng, train):
    return x.astype(np.float64), np.ones(x.shape)


def bad_rates(rng):
    yield "p = 1", np.ones(3), 1.0, Rng(1), True
    yield "p below 0", np.ones(3), -0.1, Rng(1), True
    yield "p = 1 in evaluation", np.ones(3), 1.0, Rng(1), False
    yield "no values", np.zeros(0), 0.5, Rng(1), True


def backward_passes(rng):
    for p, shape in ((0.2, (6,)), (0.7, (4, 5))):
        mask = np.where(rng.random(shape) < p, 0.0, 1 / (1 - p))
        mask.flat[0], mask.flat[1] = 0.0, 1 / (1 - p)
        yield f"p = {p}, shape {shape}", rng.normal(0, 2, shape), mask


def backward_ones(rng):
    yield "an evaluation's mask", rng.normal(0, 2, (3, 2)), np.ones((3, 2))


def backward_misfits(rng):
    yield "a mask for one row", np.ones((2, 3)), np.ones(3)
    yield "a longer mask", np.ones(2), np.ones(3)
    yield "no values", np.zeros(0), np.zeros(0)


def curves(rng):
    """Losses that fall, then rise for good, with bumps on the way."""
    yield "four epochs, patience 1", np.array([3.0, 2.0, 2.5, 1.0]), 1, 0.0
    yield "a bump within patience", np.array([5.0, 4.0, 4.5, 3.0, 3.5, 3.6, 3.7, 1.0]), 3, 0.0
    yield "falls to the end", np.array([3.0, 2.0, 1.0]), 2, 0.0
    losses = 1 + (np.arange(25) / 8 - 1) ** 2 + rng.uniform(0, 0.05, 25)
    yield "25 noisy epochs, patience 4", losses, 4, 0.0


def small_gains(rng):
    yield "gains below min_delta", np.array([1.0, 0.99, 0.98, 0.97, 0.5]), 3, 0.05
    yield "gains that add up", np.array([1.0, 0.97, 0.94, 0.91, 0.85]), 9, 0.05


def plateaus(rng):
    yield "the same loss again is no gain", np.array([2.0, 2.0, 2.0, 2.0]), 2, 0.0
    yield "a gain of exactly min_delta is none", np.array([1.0, 0.5, 0.25, 0.25]), 2, 0.5


def with_nan(rng):
    yield "a nan on the way", np.array([3.0, np.nan, 2.0, np.nan, np.nan, 1.0]), 2, 0.0
    yield "nothing but nan", np.array([np.nan, np.nan, np.nan]), 2, 0.0
    yield "nan at first", np.array([np.nan, 1.0, 2.0]), 5, 0.0


def no_epochs(rng):
    yield "no epoch", np.zeros(0), 2, 0.0


def mended_curves(rng):
    for name, losses, patience, _ in curves(rng):
        yield name, losses, patience
    yield "a staircase back", np.array([1.0, 3.0, 2.9, 2.8, 2.7, 2.6]), 3


def mended_nan(rng):
    for name, losses, patience, _ in with_nan(rng):
        yield name, losses, patience


def mended_plateau(rng):
    yield "the same loss again is no gain", np.array([2.0, 2.0, 2.0, 2.0]), 2


def mended_empty(rng):
    yield "no epoch", np.zeros(0), 2


# --- l2_penalty -------------------------------------------------------------------------------------------------------


@points(2)
def test_l2_penalty(l2_penalty, draw):
    """Half lam times the sum of squared weights, its gradient lam times w, and zeros for the bias."""
    agree(l2_penalty, draw(penalties, penalty))


@points(1)
def test_l2_penalty_contract(l2_penalty, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(l2_penalty, draw, penalties, penalty, floats=(0, 1))


@points(1)
def test_l2_penalty_empty(l2_penalty, draw):
    """No weights: ValueError."""
    refuse(l2_penalty, draw(no_weights))


# --- soft_threshold ---------------------------------------------------------------------------------------------------


@points(2)
def test_soft_threshold(soft_threshold, draw):
    """Weights move towards zero by t and stop there."""
    agree(soft_threshold, draw(thresholds, shrink))


@points(1)
def test_soft_threshold_zeros(soft_threshold, draw):
    """Weights within [-t, t] become exactly zero.

    Exact zeros are the point of L1; a tolerance would hide that they are not."""
    agree(soft_threshold, draw(on_threshold, shrink), rtol=0.0, atol=0.0)


@points(1)
def test_soft_threshold_contract(soft_threshold, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; the input stays as it was."""
    contract(soft_threshold, draw, thresholds, shrink, floats=(0,))


@points(1)
def test_soft_threshold_refuses(soft_threshold, draw):
    """t below 0, or no weights: ValueError."""
    refuse(soft_threshold, draw(bad_thresholds))


# --- lasso_ista -------------------------------------------------------------------------------------------------------


@points(2)
def test_lasso_ista(lasso_ista, draw):
    """As many proximal gradient steps as asked, of size 1/L, from zero."""
    agree(lasso_ista, draw(lassos, ista), rtol=1e-6)


@points(1)
def test_lasso_ista_wide(lasso_ista, draw):
    """More columns than rows, no step, and a penalty that leaves nothing."""
    agree(lasso_ista, draw(wide_lassos, ista), rtol=1e-6)


@points(1)
def test_lasso_ista_contract(lasso_ista, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(lasso_ista, draw, lassos, ista, floats=(0, 1), rtol32=1e-3)


@points(1)
def test_lasso_ista_shapes(lasso_ista, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(lasso_ista, draw(lasso_misfits))


# --- ridge_fit --------------------------------------------------------------------------------------------------------


@points(2)
def test_ridge_fit(ridge_fit, draw):
    """The minimum of half the mean squared error plus half lam times the squared weights, the bias free."""
    agree(ridge_fit, draw(ridges, ridge), rtol=1e-6)


@points(1)
def test_ridge_fit_wide(ridge_fit, draw):
    """More columns than rows, equal columns, a single row."""
    agree(ridge_fit, draw(wide_ridges, ridge), rtol=1e-6, atol=1e-8)


@points(1)
def test_ridge_fit_contract(ridge_fit, draw):
    """float32 stays float32, whole numbers are computed in float64, any layout; inputs stay as they were."""
    contract(ridge_fit, draw, ridges, ridge, floats=(0, 1), rtol32=5e-3)


@points(1)
def test_ridge_fit_shapes(ridge_fit, draw):
    """Shapes that do not fit, or no rows: ValueError."""
    refuse(ridge_fit, draw(fit_misfits))


# --- dropout ----------------------------------------------------------------------------------------------------------


def _out_and_mask(case, value):
    """The two arrays of an answer; Wrong when they are something else."""
    x = case.args[0]
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise Wrong("dropout returns two arrays, (out, mask).", case=case.name, expected="(out, mask)", got=value)
    for part in value:
        if not isinstance(part, np.ndarray) or part.shape != x.shape or part.dtype.kind not in "fiub":
            raise Wrong("out and mask are number arrays of x's shape.", case=case.name, expected=f"shape {x.shape}", got=part)
    return value


@points(2)
def test_dropout(dropout, draw):
    """In training the mask holds 0 and 1/(1-p), and out is x times mask."""
    for case, value in dropout.on(draw(drops)):
        out, mask = _out_and_mask(case, value)
        x, p = case.args[:2]
        kept = np.isclose(mask, 1 / (1 - p))
        if not np.all(kept | (mask == 0)):
            odd = mask[~(kept | (mask == 0))].flat[0]
            raise Wrong(f"With p = {p} the mask holds {odd:.4g}.", case=case.name, expected=f"0 and {1 / (1 - p):.4g}", got=odd)
        if not kept.any() or kept.all():
            raise Wrong(f"With p = {p} the mask keeps {'all' if kept.all() else 'nothing'}.", case=case.name, expected="some of each", got=mask)
        if not np.allclose(out, x * mask, rtol=1e-6):
            raise Wrong("out is not x times mask.", case=case.name, expected=x * mask, got=out)


@points(1)
def test_dropout_rate(dropout, draw):
    """p is the share that is dropped (20 000 draws, five standard errors)."""
    for p, seed in ((0.2, 5), (0.6, 6)):
        x = np.ones((200, 100))
        dropped = float(np.mean(np.asarray(dropout(x, p, Rng(seed), True)[1]) == 0))
        if abs(dropped - p) > 5 * math.sqrt(p * (1 - p) / x.size):
            raise Wrong(f"With p = {p}, {dropped:.1%} of the values were dropped.", case=f"p = {p}", expected=p, got=dropped)


@points(1)
def test_dropout_each_its_own(dropout, draw):
    """Every element has a draw of its own: rows differ, columns differ."""
    mask = np.asarray(dropout(np.ones((12, 30)), 0.5, Rng(8), True)[1])
    if (mask == mask[:1]).all() or (mask == mask[:, :1]).all():
        raise Wrong("The same pattern was used for every row or column.", case="12 x 30", expected="a draw for each element", got=mask)


@points(1)
def test_dropout_rng(dropout, draw):
    """All randomness comes from rng: the same generator gives the same mask, another gives another."""
    masks = [np.asarray(dropout(np.ones((6, 20)), 0.4, Rng(seed), True)[1]) for seed in (1, 1, 2)]
    if not np.array_equal(masks[0], masks[1]):
        raise Wrong("Two calls with generators of one seed gave different masks.", expected="the same mask", got="another")
    if np.array_equal(masks[0], masks[2]):
        raise Wrong("Generators of different seeds gave the same mask.", expected="different masks", got="the same")


@points(1)
def test_dropout_evaluation(dropout, draw):
    """In evaluation out equals x and the mask is all ones; float32 stays float32; x stays as it was."""
    agree(dropout, draw(evaluations, identity))
    contract(dropout, draw, drop_nothing, identity, floats=(0,))


@points(1)
def test_dropout_refuses(dropout, draw):
    """p outside [0, 1), or no values: ValueError."""
    refuse(dropout, draw(bad_rates))


# --- dropout_backward -------------------------------------------------------------------------------------------------


@points(2)
def test_dropout_backward(dropout_backward, draw):
    """The gradient passes where the value passed, scaled alike."""
    agree(dropout_backward, draw(backward_passes, masked))


@points(1)
def test_dropout_backward_evaluation(dropout_backward, draw):
    """A mask of ones passes everything, as a new array."""
    agree(dropout_backward, draw(backward_ones, masked))
    contract(dropout_backward, draw, backward_ones, masked)


@points(1)
def test_dropout_backward_contract(dropout_backward, draw):
    """float32 stays float32, any layout; inputs stay as they were."""
    contract(dropout_backward, draw, backward_passes, masked, floats=(0, 1), integers=False)


@points(1)
def test_dropout_backward_shapes(dropout_backward, draw):
    """Different shapes, or no values: ValueError."""
    refuse(dropout_backward, draw(backward_misfits))


# --- early_stopping ---------------------------------------------------------------------------------------------------


@points(2)
def test_early_stopping(early_stopping, draw):
    """It stops at the patience-th epoch in a row without a new best, else at the last."""
    agree(early_stopping, draw(curves, stop))


@points(1)
def test_early_stopping_min_delta(early_stopping, draw):
    """A gain counts when the loss is below best - min_delta, and best moves only then."""
    agree(early_stopping, draw(small_gains, stop))


@points(1)
def test_early_stopping_plateau(early_stopping, draw):
    """An equal loss is no gain."""
    agree(early_stopping, draw(plateaus, stop))


@points(1)
def test_early_stopping_nan(early_stopping, draw):
    """nan never improves; best_epoch is -1 when nothing ever did; no warning."""
    agree(early_stopping, draw(with_nan, stop))
    contract(early_stopping, draw, with_nan, stop)


@points(1)
def test_early_stopping_empty(early_stopping, draw):
    """No epoch: ValueError."""
    refuse(early_stopping, draw(no_epochs))


# --- the bug hunt -----------------------------------------------------------------------------------------------------


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
        raise Wrong("stopping_counterexample() must return (val_losses, patience).", expected="(val_losses, patience)", got=given)
    try:
        losses = np.asarray(given[0], dtype=np.float64)
    except (TypeError, ValueError):
        losses = np.zeros((0, 0))
    if losses.ndim != 1 or not losses.size or not np.isfinite(losses).all() or given[1] < 1:
        raise Wrong("val_losses must be finite numbers in a row, and patience 1 or more.", expected="losses of epochs", got=given)
    return losses, int(given[1])


@points(2)
def test_stopping_counterexample(stopping_counterexample):
    """Losses on which the published loop trains at least three epochs longer."""
    losses, patience = _curve(stopping_counterexample())
    right, published = stop_epoch(losses, patience), published_stop(losses, patience)
    if published < right + 3:
        raise Wrong(f"On your losses it stops at epoch {published}, and the right epoch is {right}.", expected=f"{right + 3} or later", got=published)


@points(2)
def test_stopping_counterexample_real(stopping_counterexample):
    """It could happen: 50 epochs at most, patience 2 or more, and a first loss that is improved on.

    A network that never learns anything needs no early stopping."""
    losses, patience = _curve(stopping_counterexample())
    if len(losses) > 50 or patience < 2 or losses.min() >= losses[0]:
        raise Wrong("At most 50 epochs, patience of 2 or more, and some loss below the first.", expected="an ordinary run", got=(losses, patience))


@points(2)
def test_stopping_mended(stopping_mended, draw):
    """It stops at the patience-th epoch in a row without a new best, else at the last."""
    agree(stopping_mended, draw(mended_curves, stop_epoch))


@points(1)
def test_stopping_mended_nan(stopping_mended, draw):
    """nan never improves, without a warning."""
    agree(stopping_mended, draw(mended_nan, stop_epoch))
    contract(stopping_mended, draw, mended_nan, stop_epoch)


@points(1)
def test_stopping_mended_plateau(stopping_mended, draw):
    """An equal loss is no gain."""
    agree(stopping_mended, draw(mended_plateau, stop_epoch))


@points(1)
def test_stopping_mended_empty(stopping_mended, draw):
    """No epoch: ValueError."""
    refuse(stopping_mended, draw(mended_empty))
