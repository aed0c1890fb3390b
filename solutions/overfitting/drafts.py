"""First drafts of the lesson overfitting, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

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
    """none: loss and gradient agree, and are twice as large."""
    return lam * np.sum(w**2), 2 * lam * w, np.zeros_like(b)


def l2_penalty__linalg_norm(w, b, lam):
    """none: half lam times the norm, with the gradient of the square."""
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
    """none: survivors grow by t."""
    return np.where(np.abs(w) <= t, 0.0, w + t * np.sign(w))


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
    """none: the gradient of the mean square without the half."""
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
    """none: no centring, then the bias from the means."""
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


# --- dropout ---


def dropout__inverted(x, p, rng, train):
    """right: three lines, nothing refused, x itself in evaluation."""
    if not train:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def dropout__keep_prob(x, p, rng, train):
    """p-is-kept or none: p as the probability to keep, scaled by 1/p."""
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
    """min-delta-ignored or none: best + min_delta, so a small loss counts as a gain."""
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
    """none: the index in place of the lam."""
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    errors = []
    for lam in lams:
        w, b = _ridge((x_train - mean) / std, y_train, lam)
        errors.append([np.mean(((x - mean) / std @ w + b - y) ** 2) for x, y in ((x_val, y_val), (x_test, y_test))])
    best = int(np.argmin([error[0] for error in errors]))
    return best, errors[best][1]


# --- outputs_predicted ---


def outputs_predicted__formula(x, w, p):
    """right: nothing refused."""
    return x @ w, p / (1 - p) * (x**2 @ w**2)


def outputs_predicted__bernoulli(x, w, p):
    """not-scaled: p(1-p), the variance of a coin."""
    return x @ w, p * (1 - p) * (x**2 @ w**2)


def outputs_predicted__bernoulli_mean_too(x, w, p):
    """none: mean and variance of a mask without its scale."""
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
