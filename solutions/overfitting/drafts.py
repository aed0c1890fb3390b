"""First drafts of the lesson overfitting, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math

import numpy as np

# --- l2_penalty ---


def l2_penalty__three_lines(w, b, lam):
    """right: float64 results whatever comes in, nothing refused."""
    return 0.5 * lam * np.sum(w**2), lam * w, np.zeros_like(b)


def l2_penalty__all_parameters(w, b, lam):
    """bias-included: the sum over everything there is."""
    loss = 0.5 * lam * (np.sum(w**2) + np.sum(b**2))
    return loss, lam * w, lam * b


def l2_penalty__keras(w, b, lam):
    """loss-without-half: Keras's l2(lam) is lam times the sum of squares."""
    return lam * np.sum(w**2), lam * w, np.zeros_like(b)


def l2_penalty__two_lam(w, b, lam):
    """gradient-doubled: half in the loss, 2 in the gradient."""
    return lam / 2 * np.sum(np.square(w)), 2 * lam * w, np.zeros(b.shape)


def l2_penalty__both_without_half(w, b, lam):
    """as-keras: loss and gradient agree, and are twice as large."""
    return lam * np.sum(w**2), 2 * lam * w, np.zeros_like(b)


def l2_penalty__linalg_norm(w, b, lam):
    """norm-in-the-loss: half lam times the norm, with the gradient of the square."""
    return 0.5 * lam * np.linalg.norm(w), lam * w, np.zeros_like(b)


def l2_penalty__mean_of_squares(w, b, lam):
    """mean: np.mean for the sum, in both."""
    return 0.5 * lam * np.mean(w**2), lam * w / w.size, np.zeros_like(b)


def l2_penalty__descent_step(w, b, lam):
    """grows: the gradient with the sign of a step."""
    return 0.5 * lam * (w**2).sum(), -lam * w, np.zeros_like(b)


def l2_penalty__db_none(w, b, lam):
    """bias-gradient-scalar or none: the bias has no gradient, so 0."""
    return 0.5 * lam * float((w * w).sum()), lam * w, 0


def l2_penalty__norm_of_order_two(w, b, lam):
    """spectral-norm: of a matrix that is the largest singular value, of three axes an error."""
    w, b = np.asarray(w), np.asarray(b)
    if w.size == 0:
        raise ValueError("no weights")
    w = w if w.dtype.kind == "f" else w.astype(float)
    return float(0.5 * lam * np.linalg.norm(w, 2) ** 2), lam * w, np.zeros(b.shape, w.dtype)


def l2_penalty__squares_as_they_come(w, b, lam):
    """squares-wrap: whole weights squared in their own type."""
    w, b = np.asarray(w), np.asarray(b)
    if w.size == 0:
        raise ValueError("no weights")
    dw = lam * w
    dw = dw if dw.dtype.kind == "f" else dw.astype(float)
    db = np.zeros(b.shape, b.dtype if b.dtype.kind == "f" else float)
    return 0.5 * lam * np.sum(w**2), dw, db


# --- soft_threshold ---


def soft_threshold__formula(w, t):
    """right: the formula alone."""
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def soft_threshold__mask(w, t):
    """hard: what is small goes, the rest stays."""
    return w * (np.abs(w) > t)


def soft_threshold__relu(w, t):
    """negatives-lost: a ReLU with a shift."""
    return np.maximum(w - t, 0)


def soft_threshold__no_sign(w, t):
    """sign-lost: the size is right, the sign is not given back."""
    return np.maximum(np.abs(w) - t, 0)


def soft_threshold__sign_step(w, t):
    """subtracts-everywhere: a step of t towards zero, past it."""
    return w - t * np.sign(w)


def soft_threshold__shrink(w, t):
    """scales: as L2 does."""
    return (1 - t) * w


def soft_threshold__cases(w, t):
    """right: three cases by where, the caller's dtype lost for float32."""
    return np.where(w > t, w - t, np.where(w < -t, w + t, 0.0))


def soft_threshold__loop(w, t):
    """hard: a loop over the entries that forgets to shrink."""
    out = np.zeros(np.shape(w))
    for i, value in np.ndenumerate(w):
        out[i] = value if abs(value) > t else 0.0
    return out


def soft_threshold__wrong_way(w, t):
    """away-from-zero: survivors grow by t."""
    return np.where(np.abs(w) <= t, 0.0, w + t * np.sign(w))


def soft_threshold__divides(w, t):
    """proximal-step-of-l2: w / (1 + t)."""
    w = np.asarray(w)
    if w.size == 0 or t < 0:
        raise ValueError("bad")
    w = w if w.dtype.kind == "f" else w.astype(float)
    return w / (1 + t)


def soft_threshold__block(w, t):
    """by-the-norm: the group lasso's threshold."""
    w = np.asarray(w)
    if w.size == 0 or t < 0:
        raise ValueError("bad")
    w = w if w.dtype.kind == "f" else w.astype(float)
    norm = np.sqrt(np.sum(w * w))
    if norm <= t:
        return np.zeros_like(w)
    return w * (1 - t / norm)


def soft_threshold__zeroed_after_the_move(w, t):
    """zeroed-after-the-move: Looks for the entries within [-t, t] after the others have moved: entries up to 2t become zero."""
    w = np.asarray(w)
    if w.size == 0:
        raise ValueError("no entries")
    if t < 0:
        raise ValueError("t must be >= 0")
    out = np.array(w, dtype=np.float32 if w.dtype == np.float32 else np.float64)
    up = out > t
    down = out < -t
    out[up] -= t
    out[down] += t
    out[np.abs(out) <= t] = 0
    return out


# --- lasso_ista ---


def _lipschitz(x):
    return np.linalg.eigvalsh(x.T @ x / len(x)).max()


def _soft(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def lasso_ista__plain(x, y, lam, steps):
    """right: the algorithm in float64, nothing refused."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        w = _soft(w - rate * x.T @ (x @ w - y) / n, rate * lam)
    return w


def lasso_ista__lam_itself(x, y, lam, steps):
    """threshold-without-rate: shrinks by lam."""
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        w = _soft(w - rate * x.T @ (x @ w - y) / n, lam)
    return w


def lasso_ista__subgradient_descent(x, y, lam, steps):
    """subgradient: lam sign(w) in the gradient."""
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        w -= rate * (x.T @ (x @ w - y) / n + lam * np.sign(w))
    return w


def lasso_ista__last_threshold(x, y, lam, steps):
    """threshold-once: gradient descent, then one shrinkage."""
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        w = w - rate * x.T @ (x @ w - y) / n
    return _soft(w, rate * lam)


def lasso_ista__two_in_the_gradient(x, y, lam, steps):
    """two-in-the-gradient: the gradient of the mean square without the half."""
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        w = _soft(w - rate * 2 * x.T @ (x @ w - y) / n, rate * lam)
    return w


def lasso_ista__trace(x, y, lam, steps):
    """trace-for-l: the squared Frobenius norm as L."""
    n, d = x.shape
    rate, w = n / np.sum(x**2), np.zeros(d)
    for _ in range(steps):
        w = _soft(w - rate * x.T @ (x @ w - y) / n, rate * lam)
    return w


def lasso_ista__spectral_norm(x, y, lam, steps):
    """none: L is the norm of x, not of its square over n."""
    n, d = x.shape
    rate, w = 1 / np.linalg.norm(x, 2), np.zeros(d)
    for _ in range(steps):
        w = _soft(w - rate * x.T @ (x @ w - y) / n, rate * lam)
    return w


def lasso_ista__early_exit(x, y, lam, steps):
    """right: it stops when nothing moves any more, which is the same."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n, d = x.shape
    rate, w = 1 / _lipschitz(x), np.zeros(d)
    for _ in range(steps):
        new = _soft(w - rate * x.T @ (x @ w - y) / n, rate * lam)
        if np.array_equal(new, w):
            break
        w = new
    return w


def lasso_ista__first_eigenvalue(x, y, lam, steps):
    """smallest-eigenvalue: the first of eigvalsh's."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[0]
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / n / L
        w = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
    return w


def lasso_ista__norm_over_n(x, y, lam, steps):
    """singular-value-not-squared: the norm of x over n."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.norm(x, 2) / n
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / n / L
        w = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
    return w


def lasso_ista__fista(x, y, lam, steps):
    """momentum: FISTA."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[-1]
    w = np.zeros(d, x.dtype)
    v, k = w.copy(), 1.0
    for _ in range(steps):
        z = v - x.T @ (x @ v - y) / n / L
        new = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
        k_new = (1 + (1 + 4 * k * k) ** 0.5) / 2
        v = new + (k - 1) / k_new * (new - w)
        w, k = new, k_new
    return w


def lasso_ista__step_of_the_sum(x, y, lam, steps):
    """l-of-the-sum: L of x'x, the gradient over n."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x)[-1]
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / n / L
        w = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
    return w


def lasso_ista__range_from_one(x, y, lam, steps):
    """one-step-less: range(1, steps)."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[-1]
    w = np.zeros(d, x.dtype)
    for _ in range(1, steps):
        z = w - x.T @ (x @ w - y) / n / L
        w = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
    return w


def lasso_ista__sum_in_the_gradient(x, y, lam, steps):
    """gradient-of-the-sum: the gradient not over n, L over n."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[-1]
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / L
        w = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
    return w


def lasso_ista__tolerance(x, y, lam, steps):
    """stops-early or none: the loop ends when a step is below 1e-4."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[-1]
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / n / L
        new = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
        if np.max(np.abs(new - w)) < 1e-4:
            return new
        w = new
    return w


def lasso_ista__small_tolerance(x, y, lam, steps):
    """stops-early: the loop ends when a step is below 1e-8."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    L = np.linalg.eigvalsh(x.T @ x / n)[-1]
    w = np.zeros(d, x.dtype)
    for _ in range(steps):
        z = w - x.T @ (x @ w - y) / n / L
        new = np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)
        if np.linalg.norm(new - w) < 1e-8:
            break
        w = new
    return w


def lasso_ista__threshold_before_the_step(x, y, lam, steps):
    """threshold-before-the-step: Thresholds the old weights and then takes the gradient step: the weights are never exactly zero."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.ndim != 1 or len(x) == 0 or len(y) != len(x):
        raise ValueError("shapes do not fit, or no rows")
    dt = np.float32 if x.dtype == np.float32 and y.dtype == np.float32 else np.float64
    A, t = x.astype(np.float64), y.astype(np.float64)
    n = len(A)
    gram = A.T @ A / n
    corr = A.T @ t / n
    L = np.linalg.eigvalsh(gram)[-1]
    w = np.zeros(A.shape[1])
    for _ in range(steps):
        grad = gram @ w - corr
        w = w - np.clip(w, -lam / L, lam / L)
        w = w - grad / L
    return w.astype(dt)


# --- ridge_fit ---


def ridge_fit__normal_equations(x, y, lam):
    """right: centred, with n lam on the diagonal."""
    n, d = x.shape
    xm, ym = x.mean(axis=0), y.mean()
    xc, yc = x - xm, y - ym
    w = np.linalg.solve(xc.T @ xc + n * lam * np.eye(d), xc.T @ yc)
    return w, ym - xm @ w


def ridge_fit__textbook(x, y, lam):
    """lam-over-n: lam on the diagonal of the sum, as the textbook has it."""
    xm, ym = x.mean(axis=0), y.mean()
    xc = x - xm
    w = np.linalg.solve(xc.T @ xc + lam * np.eye(x.shape[1]), xc.T @ (y - ym))
    return w, ym - xm @ w


def ridge_fit__ones(x, y, lam):
    """bias-penalised: a column of ones with the others."""
    n = len(x)
    a = np.hstack([x, np.ones((n, 1))])
    w = np.linalg.solve(a.T @ a / n + lam * np.eye(a.shape[1]), a.T @ y / n)
    return w[:-1], w[-1]


def ridge_fit__uncentred(x, y, lam):
    """centred-too-late: no centring, then the bias from the means."""
    n, d = x.shape
    w = np.linalg.solve(x.T @ x / n + lam * np.eye(d), x.T @ y / n)
    return w, y.mean() - x.mean(axis=0) @ w


def ridge_fit__no_constant(x, y, lam):
    """no-bias: weights through the origin, bias 0."""
    n, d = x.shape
    w = np.linalg.solve(x.T @ x / n + lam * np.eye(d), x.T @ y / n)
    return w, 0.0


def ridge_fit__mean_as_bias(x, y, lam):
    """bias-is-mean-of-y: right weights, and the mean of y."""
    n, d = x.shape
    xc = x - x.mean(axis=0)
    w = np.linalg.solve(xc.T @ xc / n + lam * np.eye(d), xc.T @ (y - y.mean()) / n)
    return w, y.mean()


def ridge_fit__lstsq(x, y, lam):
    """no-penalty: least squares with a constant; lam is forgotten."""
    a = np.column_stack([x - x.mean(axis=0), np.ones(len(x))])
    solution = np.linalg.lstsq(a, y, rcond=None)[0]
    return solution[:-1], solution[-1] - x.mean(axis=0) @ solution[:-1]


def ridge_fit__two_lam(x, y, lam):
    """lam-doubled: the derivative of lam w² beside half the squares."""
    n, d = x.shape
    xc = x - x.mean(axis=0)
    w = np.linalg.solve(xc.T @ xc / n + 2 * lam * np.eye(d), xc.T @ (y - y.mean()) / n)
    return w, y.mean() - x.mean(axis=0) @ w


def ridge_fit__mean_residual(x, y, lam):
    """centred-too-late: the bias is the mean of what is left over."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    n, d = x.shape
    w = np.linalg.solve(x.T @ x / n + lam * np.eye(d, dtype=x.dtype), x.T @ y / n)
    return w, np.mean(y - x @ w)


def ridge_fit__closed_form(x, y, lam):
    """textbook-form: a column of ones, lam on the whole diagonal, nothing divided by n."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    a = np.c_[np.ones(len(x)), x]
    w = np.linalg.inv(a.T @ a + lam * np.eye(a.shape[1])) @ a.T @ y
    return w[1:], w[0]


def ridge_fit__scales_the_columns(x, y, lam):
    """standardised: as pipelines do it, and the weights scaled back."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    mx, sd, my = x.mean(axis=0), x.std(axis=0), y.mean()
    sd = np.where(sd > 0, sd, 1)
    xs, yc = (x - mx) / sd, y - my
    w = np.linalg.solve(xs.T @ xs / len(x) + lam * np.eye(x.shape[1], dtype=x.dtype), xs.T @ yc / len(x)) / sd
    return w, my - mx @ w


def ridge_fit__half_lam(x, y, lam):
    """lam-halved: lam/2 on the diagonal."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    mx, my = x.mean(axis=0), y.mean()
    xc, yc = x - mx, y - my
    w = np.linalg.solve(xc.T @ xc / len(x) + lam / 2 * np.eye(x.shape[1], dtype=x.dtype), xc.T @ yc / len(x))
    return w, my - mx @ w


def ridge_fit__global_mean(x, y, lam):
    """one-mean-for-all-columns: x.mean() without an axis."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) == 0:
        raise ValueError("shapes")
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y if y.dtype.kind == "f" else y.astype(float)
    mx, my = x.mean(), y.mean()
    xc, yc = x - mx, y - my
    w = np.linalg.solve(xc.T @ xc / len(x) + lam * np.eye(x.shape[1], dtype=x.dtype), xc.T @ yc / len(x))
    return w, my - x.mean(axis=0) @ w


# --- dropout ---


def dropout__inverted(x, p, rng, train):
    """right: three lines, nothing refused, x itself in evaluation."""
    if not train:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout__keep_prob(x, p, rng, train):
    """keep-probability: p as the probability to keep, scaled by 1/p."""
    if not train:
        return x.copy(), np.ones_like(x)
    mask = (rng.random(x.shape) < p) / p
    return x * mask, mask


def dropout__unscaled(x, p, rng, train):
    """not-scaled: zeros and ones."""
    if not train:
        return x * 1.0, np.ones(x.shape)
    mask = (rng.random(x.shape) >= p).astype(float)
    return x * mask, mask


def dropout__original_paper(x, p, rng, train):
    """not-scaled: the 2014 paper, which scales in evaluation."""
    if not train:
        return x * (1 - p), np.ones_like(x)
    mask = (rng.random(x.shape) > p).astype(x.dtype)
    return x * mask, mask


def dropout__divides_by_p(x, p, rng, train):
    """divides-by-p: the other probability."""
    mask = (rng.random(x.shape) >= p) / p if train and p else np.ones(x.shape)
    return x * mask, mask


def dropout__always(x, p, rng, train):
    """drops-at-evaluation: train is never looked at."""
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout__one_row(x, p, rng, train):
    """one-mask-for-all-rows: a mask of the features, broadcast."""
    mask = np.ones_like(x)
    if train:
        mask = mask * (rng.random(x.shape[1:]) >= p) / (1 - p)
    return x * mask, mask


def dropout__bool_mask(x, p, rng, train):
    """boolean-mask: the mask as bools, the scale in out."""
    if not train:
        return x.copy(), np.ones(x.shape, dtype=bool)
    mask = rng.random(x.shape) >= p
    return x * mask / (1 - p), mask


def dropout__np_random(x, p, rng, train):
    """none: draws from numpy's own generator."""
    if not train:
        return x.copy(), np.ones_like(x)
    mask = (np.random.rand(*x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout__bernoulli(x, p, rng, train):
    """binomial: right in distribution, not the agreed draw."""
    x = np.asarray(x)
    if not 0 <= p < 1 or x.size == 0:
        raise ValueError("bad")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if not train:
        return x.copy(), np.ones_like(x)
    mask = (rng.binomial(1, 1 - p, size=x.shape) / (1 - p)).astype(x.dtype)
    return x * mask, mask


# --- dropout_backward ---


def dropout_backward__product(dout, mask):
    """right: the product."""
    return dout * mask


def dropout_backward__identity(dout, mask):
    """mask-forgotten: dout as it is."""
    return dout


def dropout_backward__indicator(dout, mask):
    """not-scaled: where it passed."""
    return dout * (mask > 0)


def dropout_backward__zeroed(dout, mask):
    """not-scaled: a copy with zeros where it was dropped."""
    out = dout.copy()
    out[mask == 0] = 0
    return out


def dropout_backward__squared(dout, mask):
    """scaled-twice: scaled again."""
    return dout * mask * mask.max()


def dropout_backward__division(dout, mask):
    """divides: undoes the scale."""
    return np.where(mask == 0, 0, dout / np.where(mask == 0, 1, mask))


def dropout_backward__dropped_ones(dout, mask):
    """inverted: the gradient of those that were dropped."""
    return dout * (mask == 0)


def dropout_backward__mean_kept(dout, mask):
    """none: normalised by the fraction that was kept."""
    return dout * (mask > 0) / max((mask > 0).mean(), 1e-9)


# --- early_stopping ---


def early_stopping__counter(val_losses, patience, min_delta):
    """right: the loop; no epoch gives (-1, -1)."""
    best, best_epoch, waited = float("inf"), -1, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__previous(val_losses, patience, min_delta):
    """against-the-epoch-before: compares neighbours, best by argmin so far."""
    waited, best_epoch, best = 0, -1, float("inf")
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        waited = 0 if epoch == 0 or loss < val_losses[epoch - 1] - min_delta else waited + 1
        if waited >= patience:
            return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__no_reset(val_losses, patience, min_delta):
    """never-resets: counts bad epochs in all."""
    best, best_epoch, bad = np.inf, -1, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        else:
            bad += 1
        if bad >= patience:
            return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__greater_than(val_losses, patience, min_delta):
    """one-epoch-late: waited > patience."""
    best, best_epoch, waited = np.inf, -1, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited > patience:
            return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__without_delta(val_losses, patience, min_delta):
    """min-delta-ignored: any gain counts."""
    best, best_epoch = np.inf, -1
    for epoch, loss in enumerate(val_losses):
        if loss < best:
            best, best_epoch = loss, epoch
        elif epoch - best_epoch >= patience:
            return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__plus_delta(val_losses, patience, min_delta):
    """delta-added: best + min_delta, so a small rise counts as a gain."""
    best, best_epoch, waited = np.inf, -1, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best + min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses) - 1, best_epoch


def early_stopping__argmin_at_the_end(val_losses, patience, min_delta):
    """best-of-all: the best epoch of the whole curve."""
    best, waited, stop = np.inf, 0, len(val_losses) - 1
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
            if waited == patience:
                stop = epoch
                break
    return stop, int(np.argmin(val_losses))


def early_stopping__swapped(val_losses, patience, min_delta):
    """none: best epoch first."""
    best, best_epoch, waited = np.inf, -1, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return best_epoch, epoch
    return best_epoch, len(val_losses) - 1


def early_stopping__from_one(val_losses, patience, min_delta):
    """counts-from-one: enumerate from 1."""
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(val_losses, 1):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(val_losses), best_epoch


def early_stopping__neighbours(val_losses, patience, min_delta):
    """last-fall-is-best: compares neighbours, and best_epoch with them."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    prev, best_epoch, wait = np.inf, -1, 0
    for epoch, loss in enumerate(losses):
        if loss < prev - min_delta:
            best_epoch, wait = epoch, 0
        else:
            wait += 1
        prev = loss
        if wait >= patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__creeping_best(val_losses, patience, min_delta):
    """best-follows-small-gains: only the patience needs min_delta."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    best, best_epoch, wait = np.inf, -1, 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            wait = 0
        else:
            wait += 1
        if loss < best:
            best, best_epoch = loss, epoch
        if wait >= patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__argmin_so_far(val_losses, patience, min_delta):
    """lowest-up-to-the-stop: argmin over the losses up to the stop."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    best, wait, stop = np.inf, 0, len(losses) - 1
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, wait = loss, 0
        else:
            wait += 1
        if wait >= patience:
            stop = epoch
            break
    return stop, int(np.argmin(losses[: stop + 1]))


def early_stopping__counts_back(val_losses, patience, min_delta):
    """patience-before-the-stop: stop minus patience."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    best, wait, stop = np.inf, 0, len(losses) - 1
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, wait = loss, 0
        else:
            wait += 1
        if wait >= patience:
            stop = epoch
            break
    return stop, stop - patience


def early_stopping__starts_at_the_first(val_losses, patience, min_delta):
    """first-loss-is-best: best = losses[0], the loop from 1."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    best, best_epoch, wait = losses[0], 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < best - min_delta:
            best, best_epoch, wait = losses[epoch], epoch, 0
        else:
            wait += 1
        if wait >= patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def early_stopping__percentage(val_losses, patience, min_delta):
    """relative-delta: best * (1 - min_delta)."""
    losses = np.asarray(val_losses, dtype=float)
    if losses.size == 0:
        raise ValueError("no epoch")
    best, best_epoch, wait = np.inf, -1, 0
    for epoch, loss in enumerate(losses):
        if loss < best * (1 - min_delta):
            best, best_epoch, wait = loss, epoch, 0
        else:
            wait += 1
        if wait >= patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


# --- stopping_counterexample and stopping_mended ---


def stopping_counterexample__going_up():
    """rises-for-good: a loss that rises for ever."""
    return [1.0, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4], 3


def stopping_counterexample__short():
    """too-short: right idea, too few epochs."""
    return [2.0, 1.0, 3.0, 2.9, 2.8, 2.7], 3


def stopping_counterexample__from_the_top():
    """never-learns: it only comes down from the second epoch."""
    return [0.5, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.2], 2


def stopping_counterexample__waits_for_nothing():
    """patience-of-one: the right curve, and a patience of 1."""
    return [3.0, 1.0, 2.0, 1.9, 1.8, 1.7, 1.6, 1.5], 1


def stopping_counterexample__two_late():
    """too-short: two epochs, not three."""
    return [3.0, 1.0, 2.0, 1.9, 2.0, 2.1], 2


def stopping_counterexample__saw_above_the_first():
    """never-learns: the first loss is the best."""
    return [1.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0], 2


def stopping_mended__one_word(val_losses, patience):
    """right: the best in place of the one before."""
    best, waited = float("inf"), 0
    for epoch, loss in enumerate(val_losses):
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == patience:
            return epoch
    return len(val_losses) - 1


def stopping_mended__minimum_of_the_last_two(val_losses, patience):
    """none: the smaller of the last two, which forgets as well."""
    waited = 0
    for epoch in range(1, len(val_losses)):
        waited = 0 if val_losses[epoch] < min(val_losses[max(0, epoch - 2) : epoch]) else waited + 1
        if waited == patience:
            return epoch
    return len(val_losses) - 1


def stopping_mended__best_but_from_one(val_losses, patience):
    """one-epoch-late: the best so far, waited longer than patience."""
    best, waited = val_losses[0], 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] <= best:
            best, waited = val_losses[epoch], 0
        else:
            waited += 1
        if waited > patience:
            return epoch
    return len(val_losses) - 1


def stopping_mended__starts_at_the_first(val_losses, patience):
    """first-loss-is-best: best = losses[0], the loop from 1."""
    if len(val_losses) == 0:
        raise ValueError("no epoch")
    best, waited = val_losses[0], 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] < best:
            best, waited = val_losses[epoch], 0
        else:
            waited += 1
        if waited == patience:
            return epoch
    return len(val_losses) - 1


# --- choice_mended ---


def _ridge(x, y, lam):
    mx, my = x.mean(axis=0), y.mean()
    w = np.linalg.solve((x - mx).T @ (x - mx) / len(x) + lam * np.eye(x.shape[1]), (x - mx).T @ (y - my) / len(x))
    return w, my - mx @ w


def choice_mended__three_parts(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """right: nothing refused."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _ridge((x_train - mean) / std, y_train, lam)
        errors.append([np.mean(((x - mean) / std @ w + b - y) ** 2) for x, y in ((x_val, y_val), (x_test, y_test))])
    best = np.argmin([error[0] for error in errors])
    return lams[best], errors[best][1]


def choice_mended__minimum_on_validation(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """reports-validation: min(errors), as the published one."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _ridge((x_train - mean) / std, y_train, lam)
        errors.append(np.mean(((x_val - mean) / std @ w + b - y_val) ** 2))
    return lams[int(np.argmin(errors))], min(errors)


def choice_mended__test_chooses(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """chosen-on-test: the validation rows are not used."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _ridge((x_train - mean) / std, y_train, lam)
        errors.append(np.mean(((x_test - mean) / std @ w + b - y_test) ** 2))
    return lams[int(np.argmin(errors))], min(errors)


def choice_mended__no_scaler(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """not-scaled: the scaler is gone with the leak."""
    errors = []
    for lam in lams:
        w, b = _ridge(x_train, y_train, lam)
        errors.append([np.mean((x @ w + b - y) ** 2) for x, y in ((x_val, y_val), (x_test, y_test))])
    best = int(np.argmin([error[0] for error in errors]))
    return lams[best], errors[best][1]


def choice_mended__refits(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """fitted-again: as one does in practice, on training and validation rows."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    a, c, e = ((x - mean) / std for x in (x_train, x_val, x_test))
    errors = []
    for lam in lams:
        w, b = _ridge(a, y_train, lam)
        errors.append(np.mean((c @ w + b - y_val) ** 2))
    lam = lams[int(np.argmin(errors))]
    w, b = _ridge(np.concatenate([a, c]), np.concatenate([y_train, y_val]), lam)
    return lam, np.mean((e @ w + b - y_test) ** 2)


def choice_mended__index(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """index-of-lam: the index in place of the lam."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _ridge((x_train - mean) / std, y_train, lam)
        errors.append([np.mean(((x - mean) / std @ w + b - y) ** 2) for x, y in ((x_val, y_val), (x_test, y_test))])
    best = int(np.argmin([error[0] for error in errors]))
    return best, errors[best][1]


def choice_mended__validation_raw(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """validation-not-scaled: training and test rows are standardised."""
    xs = [np.asarray(a, dtype=np.float64) for a in (x_train, x_val, x_test)]
    ys = [np.asarray(a, dtype=np.float64) for a in (y_train, y_val, y_test)]
    if not len(lams) or any(a.ndim != 2 or not len(a) or b.shape != a.shape[:1] for a, b in zip(xs, ys, strict=True)):
        raise ValueError("bad")
    mu, sd = xs[0].mean(axis=0), xs[0].std(axis=0)
    models = [_ridge((xs[0] - mu) / sd, ys[0], lam) for lam in lams]
    errors = [np.mean((xs[1] @ w + b - ys[1]) ** 2) for w, b in models]
    i = int(np.argmin(errors))
    w, b = models[i]
    return lams[i], np.mean(((xs[2] - mu) / sd @ w + b - ys[2]) ** 2)


def choice_mended__test_divided_only(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """test-not-centred: x_test / sd."""
    mu, sd = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_val, x_test = (x_train - mu) / sd, (x_val - mu) / sd, x_test / sd
    models = [_ridge(x_train, y_train, lam) for lam in lams]
    errors = [np.mean((x_val @ w + b - y_val) ** 2) for w, b in models]
    i = int(np.argmin(errors))
    w, b = models[i]
    return lams[i], np.mean((x_test @ w + b - y_test) ** 2)


def choice_mended__rmse(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """root-of-the-error: the root mean squared error."""
    xs = [np.asarray(a, dtype=np.float64) for a in (x_train, x_val, x_test)]
    ys = [np.asarray(a, dtype=np.float64) for a in (y_train, y_val, y_test)]
    if not len(lams) or any(a.ndim != 2 or not len(a) or b.shape != a.shape[:1] for a, b in zip(xs, ys, strict=True)):
        raise ValueError("bad")
    mu, sd = xs[0].mean(axis=0), xs[0].std(axis=0)
    xs = [(a - mu) / sd for a in xs]
    models = [_ridge(xs[0], ys[0], lam) for lam in lams]
    errors = [np.mean((xs[1] @ w + b - ys[1]) ** 2) for w, b in models]
    i = int(np.argmin(errors))
    w, b = models[i]
    return lams[i], np.sqrt(np.mean((xs[2] @ w + b - ys[2]) ** 2))


def choice_mended__last_model_tested(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """last-model: Tests the model of the last lam in the list, which the loop has left behind, instead of the chosen one's."""
    xt, yt, xv, yv, xs, ys = [np.asarray(a) for a in (x_train, y_train, x_val, y_val, x_test, y_test)]
    for x, y in [(xt, yt), (xv, yv), (xs, ys)]:
        if x.ndim != 2 or y.ndim != 1 or len(x) != len(y) or len(x) == 0:
            raise ValueError("shapes do not fit, or no rows")
    if not (xt.shape[1] == xv.shape[1] == xs.shape[1]):
        raise ValueError("different numbers of columns")
    if len(lams) == 0:
        raise ValueError("no lam")
    xt, yt, xv, yv, xs, ys = [a.astype(np.float64) for a in (xt, yt, xv, yv, xs, ys)]
    mean, std = xt.mean(axis=0), xt.std(axis=0)
    xt, xv, xs = (xt - mean) / std, (xv - mean) / std, (xs - mean) / std
    n, d = xt.shape
    best_lam, best_err = None, np.inf
    for lam in lams:
        xc = xt - xt.mean(axis=0)
        A = np.vstack([xc, math.sqrt(n * lam) * np.eye(d)])
        t = np.concatenate([yt - yt.mean(), np.zeros(d)])
        w = np.linalg.lstsq(A, t, rcond=None)[0]
        b = yt.mean() - xt.mean(axis=0) @ w
        err = float(np.mean((xv @ w + b - yv) ** 2))
        if best_lam is None or err < best_err:
            best_lam, best_err = lam, err
    test_error = float(np.mean((xs @ w + b - ys) ** 2))
    return best_lam, test_error


# --- outputs_predicted ---


def outputs_predicted__formula(x, w, p):
    """right: nothing refused."""
    return x @ w, p / (1 - p) * (x**2 @ w**2)


def outputs_predicted__bernoulli(x, w, p):
    """not-scaled: p(1-p), the variance of a coin."""
    return x @ w, p * (1 - p) * (x**2 @ w**2)


def outputs_predicted__bernoulli_mean_too(x, w, p):
    """not-inverted: mean and variance of a mask without its scale."""
    return (1 - p) * (x @ w), p * (1 - p) * (x**2 @ w**2)


def outputs_predicted__std(x, w, p):
    """standard-deviation: the square root."""
    return x @ w, np.sqrt(p / (1 - p) * ((x * w) ** 2).sum(axis=1))


def outputs_predicted__squared_output(x, w, p):
    """square-of-the-sum: the output squared."""
    out = x @ w
    return out, p / (1 - p) * out**2


def outputs_predicted__keep(x, w, p):
    """odds-upside-down: p as what is kept."""
    return x @ w, (1 - p) / max(p, 1e-9) * ((x * w) ** 2).sum(axis=1)


def outputs_predicted__expected_square(x, w, p):
    """second-moment: E of the squares."""
    return x @ w, ((x * w) ** 2).sum(axis=1) / (1 - p)


def outputs_predicted__overall(x, w, p):
    """none: variance over the rows."""
    return x @ w, np.full(len(x), np.var(x @ w))


def outputs_predicted__plain_weights(x, w, p):
    """weights-not-squared: x squared, w not."""
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 2 or w.shape != x.shape[1:] or x.size == 0 or not 0 <= p < 1:
        raise ValueError("bad")
    x = x if x.dtype.kind == "f" else x.astype(float)
    w = w if w.dtype.kind == "f" else w.astype(float)
    return x @ w, p / (1 - p) * (x**2 @ w)


def outputs_predicted__as_they_come(x, w, p):
    """products-wrap: whole numbers multiplied in their own type."""
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 2 or w.shape != x.shape[1:] or x.size == 0 or not 0 <= p < 1:
        raise ValueError("bad")
    return x @ w, p / (1 - p) * (x**2 @ w**2)
