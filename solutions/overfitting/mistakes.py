"""Known mistakes of the lesson overfitting. Each makes one mistake and is right otherwise."""

import math

import numpy as np


def _float(a):
    a = np.asarray(a)
    return a.copy() if a.dtype.kind == "f" else a.astype(np.float64)


def _pair(w, b):
    if np.size(w) == 0:
        raise ValueError("no weights")
    return _float(w), np.zeros(np.shape(b), _float(b).dtype)


# --- l2_penalty ---


def l2_penalty__bias_included(w, b, lam):
    """The bias is penalised too: it only moves the function up and down; leave it free, with gradient 0."""
    w, _ = _pair(w, b)
    b = _float(b)
    return 0.5 * lam * float(np.sum(w**2) + np.sum(b**2)), lam * w, lam * b


def l2_penalty__loss_without_half(w, b, lam):
    """Loss and gradient disagree by a factor 2: lam·w is the derivative of ½·lam·‖w‖²."""
    w, db = _pair(w, b)
    return lam * float(np.sum(w**2)), lam * w, db


def l2_penalty__gradient_doubled(w, b, lam):
    """The gradient of ½·lam·‖w‖² is lam·w: the ½ takes the 2 away."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.sum(w**2)), 2 * lam * w, db


def l2_penalty__norm_not_squared(w, b, lam):
    """That is the norm, not its square: its gradient has length lam everywhere and never lets go (group lasso)."""
    w, db = _pair(w, b)
    norm = float(np.sqrt(np.sum(w**2)))
    return 0.5 * lam * norm, lam * w / max(norm, 1e-300), db


def l2_penalty__grows(w, b, lam):
    """The sign is wrong: descent subtracts the gradient, so -lam·w makes the weights grow."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.sum(w**2)), -lam * w, db


def l2_penalty__mean(w, b, lam):
    """You averaged over the weights, so a larger network is penalised less: sum the squares."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.mean(w**2)), lam * w / w.size, db


def l2_penalty__l1(w, b, lam):
    """That is the L1 penalty, absolute values and signs: L2 has squares."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.sum(np.abs(w))), lam * np.sign(w), db


def l2_penalty__bias_gradient_scalar(w, b, lam):
    """db is a single 0: it must have b's shape, as the update of b expects."""
    w, _ = _pair(w, b)
    return 0.5 * lam * float(np.sum(w**2)), lam * w, 0.0


def l2_penalty__decays_in_place(w, b, lam):
    """`w *= lam` made the gradient out of the caller's weights: multiply into a new array."""
    copy, db = _pair(w, b)
    result = 0.5 * lam * float(np.sum(copy**2)), lam * copy, db
    if np.asarray(w).dtype.kind == "f" and w.flags.writeable:
        w *= lam
    return result


def l2_penalty__nothing_is_fine(w, b, lam):
    """Without weights you returned a penalty of 0: the contract asks for ValueError."""
    w, db = _float(w), np.zeros(np.shape(b), _float(b).dtype)
    return 0.5 * lam * float(np.sum(w**2)), lam * w, db


def l2_penalty__as_keras(w, b, lam):
    """Loss and gradient are both twice what they should be: that is lam·‖w‖², as Keras has it; here the penalty has a ½."""
    w, db = _pair(w, b)
    return lam * float(np.sum(w**2)), 2 * lam * w, db


def l2_penalty__norm_in_the_loss(w, b, lam):
    """Your loss has the norm, not its square: ½·lam·‖w‖², whose gradient is lam·w."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.sqrt(np.sum(w**2))), lam * w, db


def l2_penalty__spectral_norm(w, b, lam):
    """np.linalg.norm(w, 2) of a matrix is its largest singular value: the penalty sums the squares of all entries, np.sum(w**2)."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.linalg.norm(w, 2)) ** 2, lam * w, db


def l2_penalty__float32_lost(w, b, lam):
    """float32 in, float64 out: dw has w's dtype and db has b's."""
    w, db = _pair(w, b)
    return 0.5 * lam * float(np.sum(w**2)), (lam * w).astype(np.float64), db.astype(np.float64)


def l2_penalty__squares_wrap(w, b, lam):
    """Whole weights were squared in their own type, and a square above its bound wraps around: make them float64 first."""
    _, db = _pair(w, b)
    return 0.5 * lam * float(np.sum(w**2)), lam * _float(w), db


# --- soft_threshold ---


def _checked(w, t):
    if t < 0 or np.size(w) == 0:
        raise ValueError("t must be at least 0")
    return _float(w)


def soft_threshold__hard(w, t):
    """The survivors must shrink by t as well: you only cut the small ones off (hard threshold)."""
    w = _checked(w, t)
    return np.where(np.abs(w) > t, w, np.zeros_like(w))


def soft_threshold__negatives_lost(w, t):
    """max(w - t, 0) makes every negative weight 0: give the sign back."""
    w = _checked(w, t)
    return np.maximum(w - t, np.zeros_like(w)).astype(w.dtype)


def soft_threshold__sign_lost(w, t):
    """The sign is lost: multiply max(|w| - t, 0) by sign(w)."""
    w = _checked(w, t)
    return np.maximum(np.abs(w) - t, 0).astype(w.dtype)


def soft_threshold__subtracts_everywhere(w, t):
    """Weights within [-t, t] jumped over zero to the other side: stop at zero."""
    w = _checked(w, t)
    return (w - t * np.sign(w)).astype(w.dtype)


def soft_threshold__scales(w, t):
    """Weights were multiplied by 1 - t, as a gradient step of L2 does: L1 subtracts the same amount from each."""
    w = _checked(w, t)
    return (w * (1 - t)).astype(w.dtype)


def soft_threshold__half(w, t):
    """The weights moved by t/2: the proximal step of t·‖w‖₁ moves them by t."""
    w = _checked(w, t)
    return (np.sign(w) * np.maximum(np.abs(w) - t / 2, 0)).astype(w.dtype)


def soft_threshold__proximal_step_of_l2(w, t):
    """Weights were divided by 1 + t, the proximal step of L2: that of L1 subtracts t from each and stops at zero."""
    w = _checked(w, t)
    return (w / (1 + t)).astype(w.dtype)


def soft_threshold__by_the_norm(w, t):
    """All weights shrank by one factor that comes from their norm (group lasso): each weight is moved by t on its own."""
    w = _checked(w, t)
    norm = math.sqrt(float(np.sum(w.astype(np.float64) ** 2)))
    return (w * max(1 - t / norm, 0.0)).astype(w.dtype) if norm else np.zeros_like(w)


def soft_threshold__zeroed_after_the_move(w, t):
    """Entries between t and 2t became 0: they were compared with t after they had been moved. Compare the old ones."""
    moved = _soft(_checked(w, t), t)
    return np.where(np.abs(moved) <= t, 0, moved)


def soft_threshold__away_from_zero(w, t):
    """Large weights moved away from zero by t: subtract t from their size, do not add it."""
    w = _checked(w, t)
    return np.where(np.abs(w) > t, w + t * np.sign(w), np.zeros_like(w)).astype(w.dtype)


def soft_threshold__negative_t(w, t):
    """A negative threshold went through and made the weights grow: raise ValueError."""
    if np.size(w) == 0:
        raise ValueError("no weights")
    w = _float(w)
    return (np.sign(w) * np.maximum(np.abs(w) - t, 0)).astype(w.dtype)


def soft_threshold__nothing_is_fine(w, t):
    """No weights went through: the contract asks for ValueError."""
    if t < 0:
        raise ValueError("t must be at least 0")
    w = _float(w)
    return (np.sign(w) * np.maximum(np.abs(w) - t, 0)).astype(w.dtype)


def soft_threshold__in_place(w, t):
    """`w[abs(w) <= t] = 0` changed the caller's weights: work on a copy, or use where."""
    result = _checked(w, t)
    result = (np.sign(result) * np.maximum(np.abs(result) - t, 0)).astype(result.dtype)
    if np.asarray(w).dtype.kind == "f" and w.flags.writeable:
        w[...] = result
    return result


def soft_threshold__integers(w, t):
    """Whole-number weights stayed whole, and the threshold was cut with them: compute in float64."""
    _checked(w, t)
    w = np.asarray(w)
    return (np.sign(w) * np.maximum(np.abs(w) - t, 0)).astype(w.dtype)


# --- lasso_ista ---


def _fit(x, y):
    if np.ndim(x) != 2 or np.shape(y) != np.shape(x)[:1] or len(x) == 0:
        raise ValueError("shapes do not fit")
    kind = np.float32 if x.dtype == np.float32 and y.dtype == np.float32 else np.float64
    return x.astype(np.float64), y.astype(np.float64), kind


def _soft(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def _ista(x, y, lam, steps, rate=None, shrink=None, over=None, prox=_soft):
    x, y, kind = _fit(x, y)
    n = len(x) if over is None else over
    rate = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1] if rate is None else rate(x)
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        w = prox(w - rate * x.T @ (x @ w - y) / n, rate * lam if shrink is None else shrink(rate, lam))
    return w.astype(kind)


def lasso_ista__threshold_without_rate(x, y, lam, steps):
    """Your threshold is lam: the proximal step of size 1/L shrinks by lam/L."""
    return _ista(x, y, lam, steps, shrink=lambda rate, lam: lam)


def lasso_ista__sum_of_squares(x, y, lam, steps):
    """Gradient and L are those of a sum over rows and lam is not, so the penalty is n times too weak: divide both by n."""
    return _ista(x, y, lam, steps, over=1, rate=lambda x: 1 / np.linalg.eigvalsh(x.T @ x)[-1], shrink=lambda rate, lam: rate * lam)


def lasso_ista__subgradient(x, y, lam, steps):
    """lam·sign(w) in the gradient never gives an exact zero: take the gradient step first, then soft-threshold."""
    x, y, kind = _fit(x, y)
    rate, w = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1], np.zeros(x.shape[1])
    for _ in range(steps):
        w = w - rate * (x.T @ (x @ w - y) / len(x) + lam * np.sign(w))
    return w.astype(kind)


def lasso_ista__half_step(x, y, lam, steps):
    """The step is 1/(2L): the loss has its ½, so the gradient has no 2 and the step is 1/L."""
    return _ista(x, y, lam, steps, rate=lambda x: 0.5 / np.linalg.eigvalsh(x.T @ x / len(x))[-1])


def lasso_ista__trace_for_l(x, y, lam, steps):
    """The trace is the sum of all eigenvalues: safe as a bound, but L is the largest one."""
    return _ista(x, y, lam, steps, rate=lambda x: 1 / np.trace(x.T @ x / len(x)))


def lasso_ista__threshold_before_the_step(x, y, lam, steps):
    """The threshold came before the gradient step, so what is returned is never exactly 0: step first, then threshold."""
    x, y, kind = _fit(x, y)
    rate = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1]
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        w = _soft(w, rate * lam) - rate * x.T @ (x @ w - y) / len(x)
    return w.astype(kind)


def lasso_ista__hard_threshold(x, y, lam, steps):
    """You cut small weights off and left the others: the proximal step of L1 shrinks all of them (soft threshold)."""
    return _ista(x, y, lam, steps, prox=lambda w, t: np.where(np.abs(w) > t, w, 0.0))


def lasso_ista__threshold_once(x, y, lam, steps):
    """The threshold came once, after the last step: every gradient step is followed by one."""
    x, y, kind = _fit(x, y)
    rate, w = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1], np.zeros(x.shape[1])
    for _ in range(steps):
        w = w - rate * x.T @ (x @ w - y) / len(x)
    return _soft(w, rate * lam).astype(kind)


def lasso_ista__one_step_more(x, y, lam, steps):
    """One step too many: with steps = 0 the weights are zeros."""
    return _ista(x, y, lam, steps + 1)


def lasso_ista__one_step_less(x, y, lam, steps):
    """One step too few: with steps = 1 the weights have moved once."""
    return _ista(x, y, lam, max(steps - 1, 0))


def lasso_ista__gradient_of_the_sum(x, y, lam, steps):
    """The gradient is that of a sum over rows, while L and lam belong to the mean, so its steps are n times too long: divide it by n."""
    return _ista(x, y, lam, steps, over=1)


def lasso_ista__l_of_the_sum(x, y, lam, steps):
    """L is that of xᵀx, while the gradient is that of the mean, so the steps are n times too short: L is the largest eigenvalue of xᵀx/n."""
    return _ista(x, y, lam, steps, rate=lambda x: 1 / np.linalg.eigvalsh(x.T @ x)[-1])


def lasso_ista__smallest_eigenvalue(x, y, lam, steps):
    """The step is 1 over the smallest eigenvalue (eigvalsh sorts upwards), far too long: L is the largest one, the last."""
    with np.errstate(all="ignore"):
        return _ista(x, y, lam, steps, rate=lambda x: 1 / np.linalg.eigvalsh(x.T @ x / len(x))[0])


def lasso_ista__singular_value_not_squared(x, y, lam, steps):
    """L came from the largest singular value of x: its square over n is the largest eigenvalue of xᵀx/n."""
    return _ista(x, y, lam, steps, rate=lambda x: len(x) / np.linalg.norm(x, 2))


def lasso_ista__two_in_the_gradient(x, y, lam, steps):
    """The gradient has a 2: the loss is divided by 2n, so its gradient is xᵀ(xw - y)/n."""
    return _ista(x, y, lam, steps, over=len(x) / 2)


def lasso_ista__momentum(x, y, lam, steps):
    """Steps with momentum (FISTA) are another algorithm, and are elsewhere after as many: plain proximal steps are asked."""
    x, y, kind = _fit(x, y)
    rate, t = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1], 1.0
    w = ahead = np.zeros(x.shape[1])
    for _ in range(steps):
        new = _soft(ahead - rate * x.T @ (x @ ahead - y) / len(x), rate * lam)
        following = (1 + math.sqrt(1 + 4 * t * t)) / 2
        w, ahead, t = new, new + (t - 1) / following * (new - w), following
    return w.astype(kind)


def lasso_ista__stops_early(x, y, lam, steps):
    """Weights in billionths stayed where they were, or stopped early, as with a tolerance such as 1e-8: take all steps, however short they are."""
    x, y, kind = _fit(x, y)
    rate, w = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1], np.zeros(x.shape[1])
    for _ in range(steps):
        before, w = w, _soft(w - rate * x.T @ (x @ w - y) / len(x), rate * lam)
        if np.max(np.abs(w - before)) < 1e-8:
            break
    return w.astype(kind)


def lasso_ista__float32_lost(x, y, lam, steps):
    """float32 in, float64 out: keep the inputs' dtype."""
    return _ista(x, y, lam, steps).astype(np.float64)


def lasso_ista__column_target(x, y, lam, steps):
    """A column y of shape (n, 1) against (n,) broadcasts to n x n: compare the shapes first."""
    y = np.asarray(y)
    return _ista(x, y[:, 0] if y.ndim == 2 else y, lam, steps)


# --- ridge_fit ---


def _ridge(x, y, lam, matrix, centre=True):
    x, y, kind = _fit(x, y)
    mx, my = (x.mean(axis=0), y.mean()) if centre else (np.zeros(x.shape[1]), 0.0)
    xc, yc = x - mx, y - my
    w = np.linalg.solve(matrix(xc, lam), xc.T @ yc / len(x))
    return w.astype(kind), kind(my - mx @ w)


def ridge_fit__no_bias(x, y, lam):
    """The bias stays 0: centre x and y, or fit a free constant."""
    return _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam * np.eye(x.shape[1]), centre=False)


def ridge_fit__bias_penalised(x, y, lam):
    """The column of ones was penalised with the others, which pulls predictions to 0: leave the bias free."""
    x, y, kind = _fit(x, y)
    ones = np.column_stack([x, np.ones(len(x))])
    w = np.linalg.solve(ones.T @ ones / len(x) + lam * np.eye(ones.shape[1]), ones.T @ y / len(x))
    return w[:-1].astype(kind), kind(w[-1])


def ridge_fit__lam_over_n(x, y, lam):
    """lam was added to xᵀx, not to its mean, so your penalty is n times too weak: divide xᵀx and xᵀy by n, or add n·lam."""
    return _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam / len(x) * np.eye(x.shape[1]))


def ridge_fit__lam_doubled(x, y, lam):
    """The penalty is ½·lam·‖w‖² beside ½ of the mean squared error: both halves go, and lam stays lam, not 2·lam."""
    return _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + 2 * lam * np.eye(x.shape[1]))


def ridge_fit__no_penalty(x, y, lam):
    """That is plain least squares: lam has no effect."""
    x, y, kind = _fit(x, y)
    w = np.linalg.pinv(x - x.mean(axis=0)) @ (y - y.mean())
    return w.astype(kind), kind(y.mean() - x.mean(axis=0) @ w)


def ridge_fit__lam_everywhere(x, y, lam):
    """lam was added to every entry of the matrix: it belongs on the diagonal, lam·I."""
    return _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam + 1e-9 * np.eye(x.shape[1]))


def ridge_fit__bias_is_mean_of_y(x, y, lam):
    """The mean of y is the bias only when x is centred: subtract mean(x)·w."""
    w, _ = _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam * np.eye(x.shape[1]))
    return w, w.dtype.type(np.mean(np.asarray(y).astype(np.float64)))


def ridge_fit__textbook_form(x, y, lam):
    """lam was added to AᵀA, A with a column of ones: so the bias is penalised, and the weights n times too little. Centre, and divide by n."""
    x, y, kind = _fit(x, y)
    ones = np.column_stack([x, np.ones(len(x))])
    w = np.linalg.solve(ones.T @ ones + lam * np.eye(ones.shape[1]), ones.T @ y)
    return w[:-1].astype(kind), kind(w[-1])


def ridge_fit__lam_halved(x, y, lam):
    """The penalty is ½·lam·‖w‖² beside ½ of the mean squared error: both halves go, and lam stays lam, not lam/2."""
    return _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam / 2 * np.eye(x.shape[1]))


def ridge_fit__centred_too_late(x, y, lam):
    """The weights came from data that were not centred, and the bias from what was left over: centre x and y first."""
    w, _ = _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam * np.eye(x.shape[1]), centre=False)
    x, y, kind = _fit(x, y)
    return w, kind(np.mean(y - x @ w))


def ridge_fit__one_mean_for_all_columns(x, y, lam):
    """x was centred by one mean of all its entries: each column has its own, x.mean(axis=0)."""
    x, y, kind = _fit(x, y)
    xc, yc = x - x.mean(), y - y.mean()
    w = np.linalg.solve(xc.T @ xc / len(x) + lam * np.eye(x.shape[1]), xc.T @ yc / len(x))
    return w.astype(kind), kind(y.mean() - x.mean(axis=0) @ w)


def ridge_fit__standardised(x, y, lam):
    """The columns were divided by their standard deviation first, so lam weighs each by its own: only centre them."""
    x, y, kind = _fit(x, y)
    mean, std = x.mean(axis=0), x.std(axis=0)
    std = np.where(std > 0, std, 1.0)
    xs = (x - mean) / std
    w = np.linalg.solve(xs.T @ xs / len(x) + lam * np.eye(x.shape[1]), xs.T @ (y - y.mean()) / len(x)) / std
    return w.astype(kind), kind(y.mean() - mean @ w)


def ridge_fit__float32_lost(x, y, lam):
    """float32 in, float64 out: keep the inputs' dtype."""
    w, b = _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam * np.eye(x.shape[1]))
    return w.astype(np.float64), b


def ridge_fit__centres_in_place(x, y, lam):
    """`x -= x.mean(axis=0)` centred the caller's data: write x = x - ..."""
    result = _ridge(x, y, lam, lambda x, lam: x.T @ x / len(x) + lam * np.eye(x.shape[1]))
    if x.dtype.kind == "f" and x.flags.writeable:
        x -= x.mean(axis=0)
    return result


def ridge_fit__no_shape_check(x, y, lam):
    """A column y, or no rows, went through: compare the shapes and raise ValueError."""
    (n, d), x, y = x.shape, _float(x), _float(y)
    xc, yc = x - x.mean(axis=0), y - y.mean()
    w = np.linalg.solve(xc.T @ xc / n + lam * np.eye(d, dtype=x.dtype), xc.T @ yc / n)
    return w, y.mean() - x.mean(axis=0) @ w


# --- dropout ---


def _dropout(x, p, rng, train, mask):
    if not 0 <= p < 1 or np.size(x) == 0:
        raise ValueError("p must be in [0, 1)")
    x = _float(x)
    mask = mask(x, p, rng).astype(x.dtype) if train else np.ones_like(x)
    return x * mask, mask


def _keep(x, p, rng):
    return (rng.random(x.shape) >= p) / (1 - p)


def dropout__divides_by_p(x, p, rng, train):
    """Scale by the KEEP probability, 1/(1-p): at p = 0.5 both agree, at 0.2 yours is four times too large."""
    return _dropout(x, p, rng, train, lambda x, p, rng: (rng.random(x.shape) >= p) / max(p, 1e-9) if p else np.ones(x.shape))


def dropout__p_is_kept(x, p, rng, train):
    """p is the fraction that is dropped; you kept that fraction."""
    return _dropout(x, p, rng, train, lambda x, p, rng: (rng.random(x.shape) < p) / (1 - p) if p else np.ones(x.shape))


def dropout__keep_probability(x, p, rng, train):
    """p is the probability to DROP: you kept that fraction and scaled by 1/p, as where p is the probability to keep."""
    return _dropout(x, p, rng, train, lambda x, p, rng: (rng.random(x.shape) < p) / p if p else np.ones(x.shape))


def dropout__not_scaled(x, p, rng, train):
    """Without the factor 1/(1-p) activations shrink in training and jump at evaluation."""
    return _dropout(x, p, rng, train, lambda x, p, rng: (rng.random(x.shape) >= p) * 1.0)


def dropout__scales_at_evaluation(x, p, rng, train):
    """Inverted dropout has scaled in training already: at evaluation out is x itself."""
    out, mask = _dropout(x, p, rng, train, _keep)
    return (out, mask) if train else ((out * (1 - p)).astype(out.dtype), mask)


def dropout__drops_at_evaluation(x, p, rng, train):
    """Units were dropped at evaluation too: predictions become random. Look at `train`."""
    return _dropout(x, p, rng, True, _keep)


def dropout__one_mask_for_all_rows(x, p, rng, train):
    """Every row lost the same units: draw with x's whole shape, not that of one row."""
    return _dropout(x, p, rng, train, lambda x, p, rng: np.broadcast_to((rng.random(x.shape[1:]) >= p) / (1 - p), x.shape).copy())


def dropout__whole_rows(x, p, rng, train):
    """Whole rows were dropped: each element has a draw of its own."""
    shape = (np.shape(x)[0], *[1] * (np.ndim(x) - 1)) if np.ndim(x) else ()
    return _dropout(x, p, rng, train, lambda x, p, rng: np.broadcast_to((rng.random(shape) >= p) / (1 - p), x.shape).copy())


def dropout__fixed_generator(x, p, rng, train):
    """A fixed seed inside gives the same mask in every call, so the same units never learn: draw from rng."""
    return _dropout(x, p, np.random.default_rng(0), train, _keep)


def dropout__binomial(x, p, rng, train):
    """rng.binomial(1, 1 - p) reads its draws the other way round where p is above one half: make the mask from rng.random(x.shape)."""
    return _dropout(x, p, rng, train, lambda x, p, rng: rng.binomial(1, 1 - p, x.shape) / (1 - p))


def dropout__boolean_mask(x, p, rng, train):
    """The mask lost its scale: backward needs 0 and 1/(1-p), not 0 and 1."""
    out, mask = _dropout(x, p, rng, train, _keep)
    return out, (mask > 0).astype(mask.dtype)


def dropout__p_of_one(x, p, rng, train):
    """p = 1 divides by zero, and p below 0 means nothing: raise ValueError, at evaluation too."""
    if np.size(x) == 0:
        raise ValueError("no values")
    x = _float(x)
    mask = ((rng.random(x.shape) >= p) / max(1 - p, 1e-9)).astype(x.dtype) if train else np.ones_like(x)
    return x * mask, mask


def dropout__float32_lost(x, p, rng, train):
    """float32 in, float64 out: out and mask have x's dtype."""
    out, mask = _dropout(x, p, rng, train, _keep)
    return out.astype(np.float64), mask.astype(np.float64)


def dropout__p_unchecked_in_evaluation(x, p, rng, train):
    """p outside [0, 1) went through at evaluation: look at it before you look at `train`."""
    if np.size(x) == 0 or (train and not 0 <= p < 1):
        raise ValueError("p must be in [0, 1)")
    return _dropout(x, p if 0 <= p < 1 else 0.0, rng, train, _keep)


def dropout__nothing_is_fine(x, p, rng, train):
    """No values went through: the contract asks for ValueError, at evaluation too."""
    if not 0 <= p < 1:
        raise ValueError("p must be in [0, 1)")
    x = _float(x)
    mask = _keep(x, p, rng).astype(x.dtype) if train else np.ones_like(x)
    return x * mask, mask


def dropout__in_place(x, p, rng, train):
    """`x *= mask` overwrote the caller's activations: multiply into a new array."""
    out, mask = _dropout(x, p, rng, train, _keep)
    if np.asarray(x).dtype.kind == "f" and x.flags.writeable:
        x *= mask
    return out, mask


# --- dropout_backward ---


def _shapes(dout, mask):
    if np.shape(dout) != np.shape(mask) or np.size(dout) == 0:
        raise ValueError("shapes differ")
    return _float(dout), _float(mask)


def dropout_backward__mask_forgotten(dout, mask):
    """Units that were dropped got a gradient: multiply by the mask of the forward pass."""
    dout, mask = _shapes(dout, mask)
    return dout.copy()


def dropout_backward__not_scaled(dout, mask):
    """The gradient passes where the value passed, but must be scaled like it: multiply by the mask, not by mask > 0."""
    dout, mask = _shapes(dout, mask)
    return dout * (mask > 0).astype(dout.dtype)


def dropout_backward__scaled_twice(dout, mask):
    """The scale came in twice: the mask holds 1/(1-p) already."""
    dout, mask = _shapes(dout, mask)
    return dout * mask * mask


def dropout_backward__divides(dout, mask):
    """You divided by the scale: out = x·mask, so the derivative is the mask itself."""
    dout, mask = _shapes(dout, mask)
    return dout * np.where(mask > 0, 1 / np.where(mask > 0, mask, 1), 0).astype(dout.dtype)


def dropout_backward__inverted(dout, mask):
    """The gradient went to the units that were dropped, and only to them."""
    dout, mask = _shapes(dout, mask)
    return dout * (mask == 0).astype(dout.dtype)


def dropout_backward__broadcasts(dout, mask):
    """A mask of another shape was broadcast: each element needs the draw it had. Raise ValueError."""
    if np.size(dout) == 0:
        raise ValueError("no values")
    return dout * mask


def dropout_backward__nothing_is_fine(dout, mask):
    """No values went through: the contract asks for ValueError."""
    if np.shape(dout) != np.shape(mask):
        raise ValueError("shapes differ")
    return dout * mask


def dropout_backward__in_place(dout, mask):
    """`dout *= mask` changed the caller's gradient: multiply into a new array."""
    a, b = _shapes(dout, mask)
    if dout.flags.writeable:
        dout *= mask
    return a * b


def dropout_backward__ones_skipped(dout, mask):
    """With a mask of ones the caller's own array came back: return a new one."""
    a, b = _shapes(dout, mask)
    return dout if np.all(b == 1) else a * b


# --- early_stopping ---


def _stop(losses, patience, delta, better, equal=False):
    if np.size(losses) == 0:
        raise ValueError("no epoch")
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(np.asarray(losses).tolist()):
        if better(loss, best, delta):
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited >= patience:
                return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__min_delta_ignored(val_losses, patience, min_delta):
    """Gains smaller than min_delta counted: a gain must be larger than min_delta, loss < best - min_delta."""
    return _stop(val_losses, patience, 0.0, lambda loss, best, delta: loss < best)


def early_stopping__maximises(val_losses, patience, min_delta):
    """A loss is minimised: you waited for it to rise."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    return _stop(-np.asarray(val_losses), patience, min_delta, lambda loss, best, delta: loss < best - delta)


def early_stopping__never_resets(val_losses, patience, min_delta):
    """The counter was not reset by a gain, so it counts all bad epochs: patience means in a row."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(np.asarray(val_losses).tolist()):
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__one_epoch_late(val_losses, patience, min_delta):
    """It stops one epoch late: the patience-th bad epoch is the last."""
    return _stop(val_losses, patience + 1, min_delta, lambda loss, best, delta: loss < best - delta)


def early_stopping__against_the_epoch_before(val_losses, patience, min_delta):
    """It compares with the epoch before, so a slow climb down from a bad place counts as progress: compare with the best so far."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    losses = np.asarray(val_losses).tolist()
    before, waited, best, best_epoch = math.inf, 0, math.inf, -1
    for epoch, loss in enumerate(losses):
        waited = 0 if loss < before - min_delta else waited + 1
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        before = loss
        if waited == patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__nothing_is_fine(val_losses, patience, min_delta):
    """No epoch went through: there is no epoch to stop at, raise ValueError."""
    return _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best - delta) if np.size(val_losses) else (-1, -1)


def early_stopping__last_fall_is_best(val_losses, patience, min_delta):
    """Each loss was compared with the epoch before, and the last that fell became best_epoch: compare with the best so far."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    losses = np.asarray(val_losses).tolist()
    before, waited, best_epoch = math.inf, 0, -1
    for epoch, loss in enumerate(losses):
        if loss < before - min_delta:
            best_epoch, waited = epoch, 0
        else:
            waited += 1
        before = loss
        if waited == patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__delta_added(val_losses, patience, min_delta):
    """min_delta has the wrong sign: a loss above the best, by less than min_delta, counted as a gain. A gain is below best - min_delta."""
    return _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best + delta)


def early_stopping__relative_delta(val_losses, patience, min_delta):
    """min_delta was taken as a fraction of the best loss: it is subtracted from it, best - min_delta."""
    return _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best * (1 - delta))


def early_stopping__first_loss_is_best(val_losses, patience, min_delta):
    """The first loss was the best whatever it is, and nothing is below nan: best starts at +inf, and the first epoch is looked at like others."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    losses = np.asarray(val_losses).tolist()
    best, best_epoch, waited = losses[0], 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < best - min_delta:
            best, best_epoch, waited = losses[epoch], epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__equal_is_better(val_losses, patience, min_delta):
    """An equal loss counted as a gain: on a flat curve it never stops. A gain is below best - min_delta."""
    return _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss <= best - delta)


def early_stopping__best_always_moves(val_losses, patience, min_delta):
    """best followed every small gain, so gains below min_delta never add up to one: move best only with a real gain."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(np.asarray(val_losses).tolist()):
        if loss < best - min_delta:
            best_epoch, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
        best = min(best, loss) if not math.isnan(loss) else best
    return len(val_losses) - 1, best_epoch


def early_stopping__best_follows_small_gains(val_losses, patience, min_delta):
    """best and best_epoch followed every small gain: both move only with a gain of more than min_delta."""
    if np.size(val_losses) == 0:
        raise ValueError("no epoch")
    best, best_epoch, waited = math.inf, -1, 0
    for epoch, loss in enumerate(np.asarray(val_losses).tolist()):
        waited = 0 if loss < best - min_delta else waited + 1
        if loss < best:
            best, best_epoch = loss, epoch
        if waited == patience:
            return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__counts_from_one(val_losses, patience, min_delta):
    """Epochs count from 0."""
    stopped, best = _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best - delta)
    return stopped + 1, best + 1


def early_stopping__nan_improves(val_losses, patience, min_delta):
    """`not loss >= best - delta` lets nan count as a gain, and then nothing beats it: nan is never better."""
    return _stop(val_losses, patience, min_delta, lambda loss, best, delta: not loss >= best - delta)


def early_stopping__best_of_all(val_losses, patience, min_delta):
    """best_epoch is the minimum of the whole curve, epochs after the stop among them: you will not have trained those."""
    stopped, best = _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best - delta)
    losses = np.asarray(val_losses)
    return stopped, int(np.nanargmin(losses)) if best >= 0 else -1


def early_stopping__lowest_up_to_the_stop(val_losses, patience, min_delta):
    """best_epoch is the lowest loss up to the stop, by argmin: a lower loss that is no gain of min_delta does not count, and nan neither."""
    stopped, _ = _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best - delta)
    return stopped, int(np.argmin(np.asarray(val_losses)[: stopped + 1]))


def early_stopping__patience_before_the_stop(val_losses, patience, min_delta):
    """best_epoch came out as the stop minus the patience: where patience never ran out it is another, so keep it when a gain comes."""
    stopped, _ = _stop(val_losses, patience, min_delta, lambda loss, best, delta: loss < best - delta)
    return stopped, stopped - patience


# --- the bug hunt ---


def stopping_counterexample__falls_all_the_way():
    """A curve whose best loss is the last is no problem for either: let it come back up and creep down again, above the best."""
    return np.array([5.0, 4.0, 3.0, 2.0, 1.0]), 2


def stopping_counterexample__rises_for_good():
    """When the loss only rises after its best, both stop at once: the published loop is fooled by a slow fall from a bad place."""
    return np.array([2.0, 1.0, 1.5, 2.0, 2.5, 3.0]), 2


def stopping_counterexample__too_short():
    """It runs on, but not by three epochs: make the slow fall longer."""
    return np.array([3.0, 1.0, 5.0, 4.9, 4.8]), 3


def stopping_counterexample__never_learns():
    """The first loss is never beaten: take a run that learns something first."""
    return np.array([1.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]), 2


def stopping_counterexample__patience_of_one():
    """With a patience of 1 both stop at the first loss that does not fall: show it with 2 or more."""
    return np.array([3.0, 1.0, 5.0, 4.0, 3.5, 3.0, 2.5, 2.0]), 1


def stopping_counterexample__two_curves():
    """Two curves came: what is asked is one curve and a patience."""
    return np.array([3.0, 1.0]), np.array([5.0, 4.0])


def _first_stop(losses, patience, better):
    return _stop(losses, patience, 0.0, better)[0]


def stopping_mended__still_the_epoch_before(val_losses, patience):
    """This is still the published loop: keep the best loss so far and compare with that."""
    return early_stopping__against_the_epoch_before(val_losses, patience, 0.0)[0]


def stopping_mended__equal_is_better(val_losses, patience):
    """An equal loss is no gain: use <."""
    return _first_stop(val_losses, patience, lambda loss, best, delta: loss <= best)


def stopping_mended__one_epoch_late(val_losses, patience):
    """It stops one epoch late: the patience-th bad epoch is the last."""
    return _first_stop(val_losses, patience + 1, lambda loss, best, delta: loss < best)


def stopping_mended__never_resets(val_losses, patience):
    """The counter is not reset by a gain: patience means epochs in a row."""
    return early_stopping__never_resets(val_losses, patience, 0.0)[0]


def stopping_mended__best_epoch(val_losses, patience):
    """That is the best epoch; asked is the one at which training stops."""
    return _stop(val_losses, patience, 0.0, lambda loss, best, delta: loss < best)[1]


def stopping_mended__nan_improves(val_losses, patience):
    """nan counted as a gain: nothing compares below it afterwards. nan is never better."""
    return _first_stop(val_losses, patience, lambda loss, best, delta: not loss >= best)


def stopping_mended__first_loss_is_best(val_losses, patience):
    """The first loss was the best whatever it is, and nothing is below nan: best starts at +inf, and the first epoch is looked at like others."""
    return early_stopping__first_loss_is_best(val_losses, patience, 0.0)[0]


def stopping_mended__nothing_is_fine(val_losses, patience):
    """Without an epoch you returned -1: raise ValueError."""
    return _first_stop(val_losses, patience, lambda loss, best, delta: loss < best) if np.size(val_losses) else -1


# --- hunt 2: chosen on the test set ---


def _parts(*arrays):
    parts = [(np.asarray(x), np.asarray(y)) for x, y in zip(arrays[::2], arrays[1::2], strict=True)]
    d = np.shape(parts[0][0])[1:]
    if any(x.ndim != 2 or not len(x) or y.shape != x.shape[:1] or x.shape[1:] != d for x, y in parts):
        raise ValueError("shapes do not fit")
    return [(x.astype(np.float64), y.astype(np.float64)) for x, y in parts]


def _fitted(x, y, lam):
    mx, my = x.mean(axis=0), y.mean()
    w = np.linalg.solve((x - mx).T @ (x - mx) / len(x) + lam * np.eye(x.shape[1]), (x - mx).T @ (y - my) / len(x))
    return w, my - mx @ w


def _selected(parts, lams, scale_by=lambda parts: parts[0][0], fit_on=lambda parts: parts[0], choose=1, report=2, best=np.argmin):
    if not len(lams):
        raise ValueError("no lam")
    columns = scale_by(parts)
    mean, std = columns.mean(axis=0), columns.std(axis=0)
    parts = [((x - mean) / std, y) for x, y in parts]
    errors = []
    for lam in lams:
        w, b = _fitted(*fit_on(parts), lam)
        errors.append([float(np.mean((x @ w + b - y) ** 2)) for x, y in parts])
    index = int(best([error[choose] for error in errors]))
    return lams[index], errors[index][report]


def choice_mended__chosen_on_test(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The lam was chosen by the error on the test rows: choose on the validation rows, the test rows report once."""
    return _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams, choose=2)


def choice_mended__chosen_on_training(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The lam was chosen by the error on the training rows, where the weakest penalty wins: choose on the validation rows."""
    return _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams, choose=0)


def choice_mended__reports_validation(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The error reported is the one that chose, so it is the smallest of several: report the error on the test rows."""
    return _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams, report=1)


def choice_mended__scaled_by_all_rows(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Mean and standard deviation came from all rows, test rows among them: take them from the training rows."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected(parts, lams, scale_by=lambda parts: np.concatenate([x for x, _ in parts]))


def choice_mended__each_part_by_itself(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Each part was standardised by its own mean and standard deviation: use those of the training rows for all three."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    with np.errstate(all="ignore"):
        parts = [(np.nan_to_num((x - x.mean(axis=0)) / x.std(axis=0)), y) for x, y in parts]
    return _selected(parts, lams)


def choice_mended__last_model(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The error is that of the last strength's weights, which the loop left behind: keep the weights of the best, or fit again."""
    arrays = x_train, y_train, x_val, y_val, x_test, y_test
    return _selected(_parts(*arrays), lams)[0], _selected(_parts(*arrays), lams[-1:])[1]


def choice_mended__not_scaled(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The columns were not standardised, so the penalty weighs each by its unit: subtract the training mean, divide by the standard deviation."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected(parts, lams, scale_by=lambda parts: np.stack([-np.ones(parts[0][0].shape[1]), np.ones(parts[0][0].shape[1])]))


def choice_mended__fitted_again(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The model was fitted again, to training and validation rows: here the error of the model that was chosen is asked."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    lam, _ = _selected(parts, lams)
    _, error = _selected(parts, [lam], fit_on=lambda parts: tuple(np.concatenate(both) for both in zip(*parts[:2], strict=True)))
    return lam, error


def choice_mended__largest_error(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The lam with the largest validation error was chosen: an error is minimised."""
    return _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams, best=np.argmax)


def choice_mended__sample_deviation(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The standard deviation was divided by n - 1 (ddof=1): here it is divided by n."""
    if not len(lams):
        raise ValueError("no lam")
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    mean, std = parts[0][0].mean(axis=0), parts[0][0].std(axis=0, ddof=1)
    scaled = [((x - mean) / std, y) for x, y in parts]
    errors = []
    for lam in lams:
        w, b = _fitted(*scaled[0], lam)
        errors.append([float(np.mean((x @ w + b - y) ** 2)) for x, y in scaled])
    index = int(np.argmin([error[1] for error in errors]))
    return lams[index], errors[index][2]


def _selected_with(parts, lams, scale):
    """The choice where each part is scaled in its own way: scale(index, x, mean, std)."""
    if not len(lams):
        raise ValueError("no lam")
    mean, std = parts[0][0].mean(axis=0), parts[0][0].std(axis=0)
    scaled = [(scale(index, x, mean, std), y) for index, (x, y) in enumerate(parts)]
    errors = []
    for lam in lams:
        w, b = _fitted(*scaled[0], lam)
        errors.append([float(np.mean((x @ w + b - y) ** 2)) for x, y in scaled])
    index = int(np.argmin([error[1] for error in errors]))
    return lams[index], errors[index][2]


def choice_mended__validation_not_scaled(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The validation rows were not standardised, so the model was judged on other units than it was fitted to: all three parts are."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected_with(parts, lams, lambda index, x, mean, std: x if index == 1 else (x - mean) / std)


def choice_mended__test_not_scaled(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The test rows were not standardised: give them the training columns' mean and standard deviation, as the validation rows."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected_with(parts, lams, lambda index, x, mean, std: x if index == 2 else (x - mean) / std)


def choice_mended__test_not_centred(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The test rows were divided by the standard deviation and not centred: subtract the training mean first."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected_with(parts, lams, lambda index, x, mean, std: x / std if index == 2 else (x - mean) / std)


def choice_mended__only_training_scaled(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Only the training rows were standardised: validation and test rows get the training columns' mean and standard deviation, too."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected_with(parts, lams, lambda index, x, mean, std: x if index else (x - mean) / std)


def choice_mended__root_of_the_error(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """You returned the root of the error: asked is the mean squared error itself."""
    lam, error = _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams)
    return lam, math.sqrt(error)


def choice_mended__index_of_lam(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The first value is the place of the chosen lam in the list: return lams[i], not i."""
    lam, error = _selected(_parts(x_train, y_train, x_val, y_val, x_test, y_test), lams)
    return list(lams).index(lam), error


def choice_mended__epsilon(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """A small number was added to the standard deviation, which columns in billionths feel: no training column is constant, so divide by it."""
    parts = _parts(x_train, y_train, x_val, y_val, x_test, y_test)
    return _selected_with(parts, lams, lambda index, x, mean, std: (x - mean) / (std + 1e-8))


def choice_mended__no_refusal(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """Validation or test rows that do not fit, or none, went through: look at all three parts, and raise ValueError."""
    x_train, y_train, _ = _fit(x_train, y_train)
    x_val, y_val, x_test, y_test = (np.asarray(a).astype(float) for a in (x_val, y_val, x_test, y_test))
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _fitted((x_train - mean) / std, y_train, lam)
        errors.append([float(np.mean(((x - mean) / std @ w + b - y) ** 2)) for x, y in ((x_val, y_val), (x_test, y_test))])
    index = int(np.argmin([error[0] for error in errors]))
    return lams[index], errors[index][1]


# --- hunt 3: left in training mode ---


def _weighted(x, w, p):
    if np.ndim(x) != 2 or not np.size(x) or np.shape(w) != np.shape(x)[1:] or not 0 <= p < 1:
        raise ValueError("shapes do not fit")
    kind = np.float32 if x.dtype == np.float32 and w.dtype == np.float32 else np.float64
    return x.astype(np.float64), w.astype(np.float64), kind


def _moments(mean, variance, kind):
    return mean.astype(kind), variance.astype(kind)


def outputs_predicted__mean_shrinks(x, w, p):
    """The mean was multiplied by 1-p: inverted dropout has divided by 1-p already, so the mean is that of evaluation."""
    x, w, kind = _weighted(x, w, p)
    return _moments((1 - p) * (x @ w), p / (1 - p) * (x**2 @ w**2), kind)


def outputs_predicted__not_scaled(x, w, p):
    """That is the variance without the factor 1/(1-p) on what is kept: it is p/(1-p) for each input, not p(1-p)."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, p * (1 - p) * (x**2 @ w**2), kind)


def outputs_predicted__not_inverted(x, w, p):
    """Mean and variance are those of dropout without the scale 1/(1-p): the mask holds 0 and 1/(1-p), so the mean does not shrink."""
    x, w, kind = _weighted(x, w, p)
    return _moments((1 - p) * (x @ w), p * (1 - p) * (x**2 @ w**2), kind)


def outputs_predicted__square_of_the_sum(x, w, p):
    """The sum was squared, not the terms: the masks are independent, so the variances of the terms add up."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, p / (1 - p) * (x @ w) ** 2, kind)


def outputs_predicted__standard_deviation(x, w, p):
    """That is the standard deviation: asked is its square, the variance."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, np.sqrt(p / (1 - p) * (x**2 @ w**2)), kind)


def outputs_predicted__odds_upside_down(x, w, p):
    """The factor is upside down: p drops, so the variance is p/(1-p) for each input, and 0 at p = 0."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, (1 - p) / max(p, 1e-9) * (x**2 @ w**2), kind)


def outputs_predicted__weights_not_squared(x, w, p):
    """The weights enter the variance squared, as the inputs do."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, p / (1 - p) * (x**2 @ w), kind)


def outputs_predicted__second_moment(x, w, p):
    """That is the mean of the squared terms: take the square of their mean away, 1/(1-p) - 1 = p/(1-p)."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, (x**2 @ w**2) / (1 - p), kind)


def outputs_predicted__one_row_for_all(x, w, p):
    """One variance was given for all rows: each row has its own."""
    x, w, kind = _weighted(x, w, p)
    return _moments(x @ w, np.full(len(x), np.mean(p / (1 - p) * (x**2 @ w**2))), kind)


def outputs_predicted__float32_lost(x, w, p):
    """float32 in, float64 out: keep the inputs' dtype."""
    x, w, _ = _weighted(x, w, p)
    return x @ w, p / (1 - p) * (x**2 @ w**2)


def outputs_predicted__products_wrap(x, w, p):
    """Whole numbers were multiplied in their own type, and a product above its bound wraps around: make them float64 first."""
    _weighted(x, w, p)
    return x @ w, p / (1 - p) * (x**2 @ w**2)


def outputs_predicted__no_refusal(x, w, p):
    """Shapes that do not fit, no rows, or p outside [0, 1), went through: raise ValueError."""
    x, w = _float(x), _float(w)
    return x @ w, p / (1 - p) * (x**2 @ w**2)


def outputs_predicted__p_unchecked(x, w, p):
    """No rows or inputs, or p outside [0, 1), went through: raise ValueError."""
    if np.ndim(x) != 2 or np.shape(w) != np.shape(x)[1:]:
        raise ValueError("shapes do not fit")
    x, w = _float(x), _float(w)
    return x @ w, p / (1 - p) * ((x * w) ** 2).sum(axis=1)
