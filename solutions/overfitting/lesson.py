# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   prep:
#     title: "Overfitting (过拟合)"
#     order: 4
#     minutes: 190
#     topics: [regularisation, dropout, early stopping, validation]
#     needs: [gradient_descent, backprop]
#     out_of_scope: "batch normalisation as an exercise, data augmentation (its own lesson), Bayesian inference"
# ---

# %% [markdown]
# # Overfitting (过拟合)
#
# > *"Training loss falls, validation loss rises. What is happening, and what do you do, in which order?"*
#
# Everybody can list remedies: L1, L2, dropout, early stopping, more data. What the interviewer listens for:
#
# 1. You **diagnose before you treat**: is it variance or bias, and is the split itself sound?
# 2. You know **what each remedy does** to the function, not just its name: why L1 gives zeros, what dropout scales, what patience counts.
# 3. You can **write it** in ten lines without the classic slips, and you measure on several seeds whether it helped.
#
# You will write seven functions from scratch: two penalties with their fits, dropout forward and backward, and early stopping. At the end come three
# hunts: an early stopping that has been copied into many scripts, a model that is chosen on the test set, and a network that was left in training
# mode.
#
# **What it needs:** gradient descent, and one backward pass ([gradient_descent](../gradient_descent/gradient_descent.ipynb),
# [backprop](../backprop/backprop.ipynb)).
#
# Write each function, run its cell, and run `check(...)` below it. `hint(ridge_fit)` helps in three steps. Rules for all: arrays come in any memory
# layout, read-only ones too; the real-valued arrays of one call share one dtype; valid input gives no warning; results are compared to a relative 1e-7 in float64 (1e-6 for the two fits) and to 1e-3 or
# better in float32 (5e-3 for ridge), unless a text says otherwise.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# ridge_fit, lasso_ista, dropout, dropout_backward, early_stopping, choice_mended, outputs_predicted.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})
BLUE, RED, ORANGE = "#4c78a8", "#e45756", "#f58518"  # for the colour-blind, too

# %% [markdown]
# ## The idea in a picture
#
# Ten measurements of 442 diabetes patients, and all their products: 65 features. Least squares is fitted to 100 patients and tried on the other 342;
# the lines are medians over twenty splits, the bands hold the middle half. R² is the fraction of the variance that is explained; below 0 a model is
# worse than the mean.

# %% tags=["folded"]
diabetes = load_diabetes()
everything = PolynomialFeatures(2, include_bias=False).fit_transform(diabetes.data)


def split(seed):
    """100 patients to fit and 342 others, standardised by the former."""
    order = np.random.default_rng(seed).permutation(442)
    train, valid = order[:100], order[100:]
    scaler = StandardScaler().fit(everything[train])
    return scaler.transform(everything[train]), diabetes.target[train], scaler.transform(everything[valid]), diabetes.target[valid]


def r2(y, predicted):
    """The fraction of the variance that is explained; below 0 is worse than the mean."""
    return 1 - np.mean((y - predicted) ** 2) / np.var(y)


counts, scores = np.arange(1, 66, 4), []
for seed in range(20):
    x_train, y_train, x_valid, y_valid = split(seed)
    scores.append([])
    for count in counts:
        w = np.linalg.lstsq(np.column_stack([x_train[:, :count], np.ones(100)]), y_train, rcond=None)[0]
        scores[-1].append([r2(y, x[:, :count] @ w[:-1] + w[-1]) for x, y in ((x_train, y_train), (x_valid, y_valid))])
low, middle, high = np.clip(np.quantile(scores, [0.25, 0.5, 0.75], axis=0), -1.05, 1)
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for part, name, color in ((0, "the 100 it was fitted to", BLUE), (1, "the other 342", RED)):
    ax.plot(counts, middle[:, part], marker="o", markersize=4, color=color, label=name)
    ax.fill_between(counts, low[:, part], high[:, part], color=color, alpha=0.2, linewidth=0)
ax.set(xlabel="features used", ylabel="R² (cut at -1)", ylim=(-1.05, 1))
ax.legend(loc="lower left")
plt.show()
for index in (2, 16):
    fitted, others = np.median(scores, axis=0)[index]
    print(f"{counts[index]:2} features: median R² {fitted:.2f} on the 100, {others:.2f} on the others")

# %% [markdown]
# On the left both lines are low: one feature is too little, the model **under-fits**. On the right they part: with all 65 features the fit explains
# 0.82 of the variance of its 100 patients, and on the others it is far worse than the mean, -2.8. It has explained the noise of the 100. The others
# liked nine features best, 0.46.
#
# ## Bias and variance
#
# Fit the same kind of model to many training sets drawn from the same source. At a point $x$ its expected squared error falls into three parts:
#
# $$\mathbb E\bigl[(y-\hat f(x))^2\bigr]=\underbrace{\bigl(\mathbb E\hat f(x)-f(x)\bigr)^2}_{\text{bias}^2}+\underbrace{\mathbb E\bigl[(\hat f(x)-\mathbb E\hat f(x))^2\bigr]}_{\text{variance}}+\underbrace{\sigma^2}_{\text{noise}}$$
#
# **Bias** is what remains wrong on average: the model cannot bend as the truth does. **Variance** is how much the fit depends on which rows it
# happened to see. **Noise** is nobody's to reduce. (Write $y-\hat f=(y-f)+(f-\mathbb E\hat f)+(\mathbb E\hat f-\hat f)$ and square: the mixed terms
# have expectation 0, since the noise of a new $y$ knows nothing of the training set and $\mathbb E\hat f-\hat f$ has mean 0.) Here for polynomials on
# a sine with noise of variance 0.09, from 200 training sets of 30 points:

# %% tags=["folded"]
grid, degrees, parts = np.linspace(-1.5, 1.5, 101), np.arange(9), []
for degree in degrees:
    fits = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1.5, 1.5, 30)
        y = np.sin(2 * x) + rng.normal(0, 0.3, 30)
        w = np.linalg.lstsq(np.vander(x, degree + 1), y, rcond=None)[0]
        fits.append(np.vander(grid, degree + 1) @ w)
    parts.append([np.mean((np.mean(fits, axis=0) - np.sin(2 * grid)) ** 2), np.var(fits, axis=0).mean(), 0.09])
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
bottom = np.zeros(9)
for height, name, color in zip(np.transpose(parts), ("bias²", "variance", "noise"), (BLUE, RED, "0.75"), strict=True):
    ax.bar(degrees, height, bottom=bottom, color=color, label=name)
    bottom += height
ax.set(xlabel="degree of the polynomial", ylabel="expected squared error", xticks=degrees)
ax.legend(loc="upper center")
plt.show()
for degree in (1, 3, 8):
    bias, variance, noise = parts[degree]
    print(f"degree {degree}: bias² {bias:.3f} + variance {variance:.3f} + noise {noise:.3f} = {sum(parts[degree]):.3f}")

# %% [markdown]
# The straight line has an error of 0.28, most of it bias. Degree 3 is best, 0.11, hardly above the noise. At degree 8 the bias is gone and the
# variance is 0.43, nearly five times the noise.
#
# In practice nobody draws 200 training sets. One reads two losses instead:
#
# | training loss | validation loss | it is | what helps |
# |---|---|---|---|
# | high (above what people or a better model reach) | about as high | **bias**, under-fitting | a larger model, better features, longer training, **less** regularisation |
# | low | much higher | **variance**, overfitting | more data, augmentation, early stopping, L2 or L1, dropout, a smaller model, ensembles |
# | high | much higher | both | fix the bias first, then look again |
# | low | about as low | neither | on new data, look for leakage |
#
# The cures of the first two rows pull in opposite directions: look before you treat.
#
# A learning curve tells the same: where more rows still lower the validation loss, there is variance left to pay for. Bagging averages the variance
# away and leaves the bias; boosting adds small models to reduce the bias. And the U of the bars is not the whole story of very large models: past
# the point where the training set is fitted exactly, test error may fall again (**double descent**, at the end).

# %% [markdown] question="bias-variance" points=4
# ### Q. "Bias and variance: what are they, and how do you see which one you have?"   *(easy, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - expectation over training sets: bias is the error of the average fit, variance the spread of fits around it, noise the rest; squared errors add up
# - training loss high and validation loss about as high: bias; training loss low and validation loss much higher: variance
# - cures for bias make the model larger or train it longer, cures for variance add data or constrain it; they pull in opposite directions
# - a reference is needed to call a loss high: noise, human level, a simple baseline
#
# **Red flags** (-1): bias as the constant b of a layer; more data against bias.
#
# **A strong answer, said aloud**: Imagine I could draw many training sets and fit the model to each. Bias is how far the average of these fits is from
# the truth; variance is how much a single fit scatters around that average. For squared error the expected error is bias squared plus variance plus
# noise. A straight line on a sine has bias however much data I give it. A polynomial of degree eight on thirty points has almost no bias, but another
# thirty points give another curve. In practice I have one training set, so I read two losses. If the training loss is already high compared with what
# is reachable, say human level or a strong baseline, it is bias: larger model, better features, longer training, less regularisation; more data will
# not help. If training is good and validation is much worse, it is variance: more data, augmentation, a smaller or more constrained model, averaging
# several. If both are wrong, I fix the bias first. A learning curve confirms it.
#
# **A weak candidate says**: "High bias is underfitting and high variance is overfitting, so one needs a trade-off between them."
#
# **Follow-ups**:
# - *What do bagging and boosting change?* Bagging averages models that are each flexible, so variance falls and bias stays; boosting adds weak models
#   one after another, so bias falls, and variance may grow.
# - *Does more data lower the bias?* No: the average fit stays the same kind of function. It lowers the variance, roughly as 1/n.
# - *Is the trade-off still true for large networks?* As a decomposition always. But variance need not grow with size: beyond the interpolation
#   threshold it can fall again (double descent).
# === END MARK SCHEME ===

# %% [markdown]
# ## 1. `l2_penalty`   *(easy, 4 min, asked often)*
#
# > *"Add weight decay to your loss. What is its gradient? And the bias?"*
#
# $$\Omega(w)=\tfrac\lambda2\lVert w\rVert_2^2,\qquad\frac{\partial\Omega}{\partial w}=\lambda w$$
#
# Large weights make a function steep, and the penalty charges for steepness. The bias moves the function up and down without making it steeper, so it
# is left free. In plain gradient descent the penalty is the same as **weight decay**: $w-\eta(g+\lambda w)=(1-\eta\lambda)w-\eta g$. In Adam it is
# not, since $\lambda w$ would be divided by $\sqrt v$ like everything else, so a weight with large gradients is hardly decayed. **AdamW** takes
# $\eta\lambda w$ off every weight instead, outside the moments: its strength is the product $\eta\lambda$, so a schedule of the learning rate
# schedules the decay too. Biases and the gains of norm layers get none ([gradient_descent, 6](../gradient_descent/gradient_descent.ipynb)).


# %%
def l2_penalty(w, b, lam):
    """Half lam times the sum of squared weights, and its gradients.

    w: weights of any shape, at least one, none above 1e15 in absolute value. b: bias of any shape,
    0-d too. Real numbers: float64, float32 (stays float32), whole numbers and bools (computed in
    float64). lam: a number >= 0, a whole one too. Not changed.

    Returns (loss, dw, db): a number, lam * w in w's shape, and zeros in b's shape, floats both: the
    bias is not penalised. dw and db are new arrays, for lam 0 and 1 too. ValueError: no weights.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w, b)
    if 0 in w.shape:
        raise ValueError("there are no weights to penalise")
    w, b = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (w, b))
    return 0.5 * lam * xp.sum(w * w), lam * w, xp.zeros_like(b)
    ### END SOLUTION


# %%
check(l2_penalty)

# %% [markdown]
# **In PyTorch / Keras.** `torch.optim.SGD(params, lr, weight_decay=lam)` adds `lam * w` to the gradient of **every** parameter it is given, biases
# too: make two parameter groups to leave them out. Keras's `kernel_regularizer=l2(lam)` adds `lam * sum(w²)` **without** the ½, so its gradient is
# `2 * lam * w`; the bias has a `bias_regularizer` of its own.
#
# ## 2. `ridge_fit`   *(medium, 10 min, asked often)*
#
# > *"Linear regression with more columns than rows. Is there a solution?"*
#
# Without a penalty there are infinitely many. With one there is exactly one minimum of
#
# $$J(w,b)=\frac1{2n}\lVert y-xw-b\rVert^2+\frac\lambda2\lVert w\rVert^2$$
#
# Set both derivatives to zero. $\partial J/\partial b=-\frac1n\sum_i(y_i-x_iw-b)=0$ gives $b=\bar y-\bar xw$: put it back, and all that is left of
# $b$ is that $x$ and $y$ are centred. Then $\partial J/\partial w=-\frac1nx_c^\top(y_c-x_cw)+\lambda w=0$:
#
# $$\Bigl(\tfrac1nx_c^\top x_c+\lambda I\Bigr)w=\tfrac1nx_c^\top y_c,\qquad b=\bar y-\bar x w$$
#
# $\lambda I$ lifts every eigenvalue by $\lambda$, so the matrix can be inverted, for $n<d$ and for equal columns too. In the direction of an
# eigenvector with eigenvalue $s$ ridge keeps the fraction $\frac{s}{s+\lambda}$ of what least squares would do: it gives up the directions in which
# the data hardly vary. (Two equal columns share the weight equally, because $a^2+(c-a)^2$ is smallest at $a=c/2$.) For a Bayesian it is the most
# probable $w$ under a Gaussian prior on the weights; L1 is that under a Laplace prior, which has its peak at zero.


# %%
def ridge_fit(x, y, lam):
    """Ridge regression with a free bias, exactly.

    x: (n, d), y: (n,), n >= 1, n < d allowed; float64, float32 (stays float32), whole numbers and
    bools (computed in float64), however small. lam > 0, however small. Not changed.

    Minimises sum((y - x w - b)^2) / (2 n) + lam/2 * sum(w^2). Returns (w, b): (d,) and a number,
    right to 1e-6. ValueError: no rows, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x, y)
    if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1]:
        raise ValueError(f"x must be (n, d) and y (n,), not {x.shape} and {y.shape}")
    x, y = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, y))
    mean, level = xp.mean(x, axis=0), xp.mean(y)
    centred, n = x - mean, x.shape[0]
    matrix = centred.T @ centred / n + lam * xp.eye(x.shape[1], dtype=x.dtype, device=device(x))
    w = xp.linalg.solve(matrix, (centred.T @ (y - level) / n)[:, None])[:, 0]
    return w, level - mean @ w
    ### END SOLUTION


# %%
check(ridge_fit)

# %% [markdown]
# **In scikit-learn.** `Ridge(alpha=n * lam)`: it minimises $\lVert y-xw-b\rVert^2+\alpha\lVert w\rVert^2$, a **sum** over rows, so the same `alpha`
# weighs less and less as rows are added. `fit_intercept=True` leaves the bias free, as here. `RidgeCV` chooses `alpha` by leave-one-out, which for
# ridge costs one fit. Nothing is standardised for you.
#
# **Put it to work.** The 65 features again, from hardly any penalty to too much: means over ten splits, the bands one standard deviation. Slide along
# the curve in the cell below it (the slider shows one split).

# %% tags=["instructor"]
ridge_fit = backend.runs(ridge_fit)

# %% tags=["folded"]
strengths = 10.0 ** np.arange(-8, 3.01, 0.5)


def ridge_scores(seed, lam):
    """R² on the 100 and on the others."""
    x_train, y_train, x_valid, y_valid = split(seed)
    w, b = ridge_fit(x_train, y_train, float(lam))
    return [r2(y, x @ np.asarray(w) + float(b)) for x, y in ((x_train, y_train), (x_valid, y_valid))]


if ready(ridge_fit):
    ridge_curves = np.array([[ridge_scores(seed, lam) for lam in strengths] for seed in range(10)])
    mean, spread = ridge_curves.mean(axis=0), ridge_curves.std(axis=0)
    figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
    for part, name, color in ((0, "the 100 it was fitted to", BLUE), (1, "the other 342", RED)):
        ax.semilogx(strengths, np.clip(mean[:, part], -1, 1), marker="o", markersize=4, color=color, label=name)
        ax.fill_between(strengths, *(np.clip(mean[:, part] + sign * spread[:, part], -1, 1) for sign in (-1, 1)), color=color, alpha=0.2, linewidth=0)
    ax.set(xlabel="λ", ylabel="R² (cut at -1)", ylim=(-1.05, 1))
    ax.legend()
    plt.show()
    for index in (0, 16, 18):
        print(
            f"λ = {strengths[index]:7.2g}: R² {mean[index, 0]:.2f} ± {spread[index, 0]:.2f} on the 100, {mean[index, 1]:.2f} ± {spread[index, 1]:.2f} on the others"
        )

# %% tags=["folded"]
if ready(ridge_fit):

    def one_strength(log10_lam=0.0):
        """One split, one strength."""
        fitted, others = ridge_scores(0, 10.0**log10_lam)
        print(f"λ = {10.0**log10_lam:.2g}: R² {fitted:.2f} on the 100, {others:.2f} on the others")

    _ = interact(one_strength, log10_lam=FloatSlider(0.0, min=-8, max=3, step=0.25, continuous_update=False))

# %% [markdown]
# From left to right variance is traded for bias. Hardly any penalty leaves the fit of the first picture: 0.83 on the 100, -2.6 on the others, with a
# spread of 1.9. At $\lambda=1$ the fit to the 100 has fallen to 0.59, and the others have risen to 0.38 ± 0.03: the two are closest to each other
# where neither is at its best. Past it both fall together, and that is under-fitting.
#
# ## Which λ? Cross-validation in a page
#
# The red line above is not yours to use: those 342 patients play the world out there. So a part of the 100 has to be held out. One held-out fifth is
# 20 patients, and 20 patients are a noisy judge. **Cross-validation** lets every row be held out once: cut the training rows into $k$ folds, fit to
# $k-1$ of them, score on the one that is left, average the $k$ scores of each candidate (each λ a few times the one before, as above), and after the
# choice **fit again to all training rows**.
#
# - **All that is fitted belongs inside the fold**: the scaler, the imputation, the feature selection, oversampling. Fitted before the split they have
#   seen the held-out rows (**leakage**).
# - **Folds follow the data**: stratified for rare classes, by group where rows belong together (patients, users, near-duplicates), forward in time
#   for time series.
# - $k$ = 5 or 10: more folds mean larger training sets and more fits. Leave-one-out has hardly any bias, but $n$ fits.
# - **The score that chose is too good**, the more candidates the more so. For an honest number keep a test set that chose nothing, or nest: choose in
#   an inner loop, score in an outer one. The folds share training rows, so their spread is only a rough error bar; the number from the test set gets
#   an interval of its own (lesson [metrics](../metrics/metrics.ipynb)).
#
# The lesson [hyperparameters](../hyperparameters/hyperparameters.ipynb) has the folds as exercises. Here, how good is the λ that they choose, over
# the ten splits, against a single held-out fifth and against the best λ in hindsight?

# %% tags=["folded"]
if ready(ridge_fit):

    def fold_errors(seed):
        """Mean squared errors of every strength on each of five folds of the 100; the scaler is fitted inside."""
        rows = np.random.default_rng(seed).permutation(442)[:100]
        folds, errors = np.split(rows, 5), []
        for held in folds:
            fit = np.setdiff1d(rows, held)
            scaler = StandardScaler().fit(everything[fit])
            x, x_held = scaler.transform(everything[fit]), scaler.transform(everything[held])
            models = [ridge_fit(x, diabetes.target[fit], float(lam)) for lam in strengths]
            errors.append([np.mean((x_held @ np.asarray(w) + float(b) - diabetes.target[held]) ** 2) for w, b in models])
        return np.array(errors)

    errors = [fold_errors(seed) for seed in range(10)]
    choices = {
        "one held-out fifth": [each[0].argmin() for each in errors],
        "five folds": [each.mean(axis=0).argmin() for each in errors],
        "in hindsight": list(ridge_curves[:, :, 1].argmax(axis=1)),
    }
    for name, chosen in choices.items():
        got = np.array([ridge_curves[seed, index, 1] for seed, index in enumerate(chosen)])
        lams = sorted({float(f"{strengths[index]:.2g}") for index in chosen})
        print(f"{name:19} R² on the others {got.mean():.3f} ± {got.std():.3f}   λ chosen: {', '.join(f'{lam:g}' for lam in lams)}")
    figure, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
    ax.semilogx(strengths, errors[0].T, color="0.75", linewidth=1, label=["one fold each", *["_"] * 4])
    ax.semilogx(strengths, errors[0].mean(axis=0), marker="o", markersize=4, color=ORANGE, label="mean of the five")
    ax.plot(strengths[choices["five folds"][0]], errors[0].mean(axis=0).min(), "o", color="black", label="chosen")
    ax.set(xlabel="λ", ylabel="mean squared error", ylim=(1500, 9000), title="the first of the ten splits")
    ax.legend()
    plt.show()

# %% [markdown]
# Each grey fold has its lowest point elsewhere, and their levels differ by more than the whole gain from a good λ: one fold is a noisy judge. In the
# ten splits a single fold chose between 0.32 and 3.2, five folds chose 1 or 10. What that is worth is hardly different here, 0.363 and 0.365, both
# 0.02 below the best in hindsight: around its best the curve is flat, so a λ that is wrong by a factor of three costs little. Cross-validation does
# not make the choice perfect; it makes it less of a lottery, and its score comes from every row.

# %% [markdown] question="cross-validation" points=4
# ### Q. "How do you choose the strength of a penalty, and what do you report?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - k folds, every row held out once, the average chooses, then fit again to all training rows
# - everything that is fitted (scaler, selection, imputation) inside the fold; otherwise leakage
# - folds follow the data: stratified, grouped, or forward in time
# - the score that chose is optimistic: report a test set that chose nothing, or nested cross-validation, with a spread
#
# **Red flags** (-1): chooses on the test set; scales before the split; reports the best of a hundred scores as the result.
#
# **A strong answer, said aloud**: I put the test set away first. On the rest I use k-fold cross-validation, usually five or ten: for each strength on a
# log grid, fit on k minus one folds, score on the one left out, and average. Everything that learns from data goes inside the fold, so the scaler, the
# imputation and any feature selection are fitted on the training part only; a pipeline makes that hard to get wrong. The folds have to look like the
# future: stratified for rare classes, grouped if one patient has several rows, forward in time for a series. I pick the best mean, or the strongest
# penalty within one standard error of it, and fit that again on all the training rows. The winning score itself is too good, because I took the best
# of many noisy numbers; so I report the untouched test set, once, with an interval. If I have too little data for a test set, I nest: an inner loop
# chooses, an outer loop scores.
#
# **A weak candidate says**: "I try several values and take the one with the best test accuracy."
#
# **Follow-ups**:
# - *Why not leave-one-out always?* n fits (ridge has a shortcut), and nearly identical training sets; five or ten folds are usually as good.
# - *Which k-fold for a time series?* None that trains on the future: an expanding or sliding window, with a gap if features look back.
# - *Each fold chooses another λ. And now?* It says the curve is flat or the data few. Average the curves, not the λs; take the simpler one.
# - *How would you see leakage?* Scores too good to be true; a pure-noise target that can still be predicted; a gap between folds and the test set.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `soft_threshold`   *(easy, 6 min, asked often)*
#
# > *"Why does L1 give zeros, and L2 not?"*
#
# Follow one weight $w$ that the penalty pulls towards zero. L2 pulls with $\lambda w$: the smaller the weight, the weaker the pull, and it never
# arrives. L1 pulls with a constant force until the weight **is** zero, and then holds it. To derive it, take the **proximal step** of $t|v|$, the best
# compromise between staying at $w$ and a small penalty:
#
# $$\operatorname*{argmin}_v\ \tfrac12(v-w)^2+t|v|$$
#
# For $v>0$ the derivative is $v-w+t$, zero at $v=w-t$, which is positive only if $w>t$. For $v<0$ likewise $v=w+t$, only if $w<-t$. In between
# neither side has a minimum, so it is at the kink: at $v=0$ the slope of $|v|$ is any number of the interval $[-1,1]$ (the **subgradient**), and
# $0\in-w+t[-1,1]$ holds for **all** $|w|\le t$. A whole range of data has its optimum at exactly zero:
#
# $$\operatorname{soft}(w,t)=\operatorname{sign}(w)\max(|w|-t,0)$$
#
# With $\frac t2v^2$ in the place of $t|v|$ the same step gives $w/(1+t)$: shrunk in proportion, never zero. On the right the same as geometry: the loss
# (dashed, its minimum the cross) touches the L1 ball at a corner, where $w_2$ is exactly 0, and the round one beside it.

# %% tags=["folded"]
figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.2), layout="constrained")
line = np.linspace(-3, 3, 301)
left.plot(line, line / 2, color=BLUE, label="L2: w / (1 + t), t = 1")
left.plot(line, np.sign(line) * np.maximum(np.abs(line) - 1, 0), color=RED, label="L1: soft threshold, t = 1")
left.plot(line, line, color="grey", linestyle=":", label="no penalty")
left.set(xlabel="weight before", ylabel="weight after")
left.legend(fontsize=8)


def bowl(a, b):
    """A loss of two weights, the smallest at (1.9, 1.0)."""
    return (a - 1.9) ** 2 + 0.8 * (b - 1.0) ** 2


a, b = np.meshgrid(np.linspace(-1.6, 3.4, 200), np.linspace(-1.4, 2.6, 200))
angle = np.linspace(0, 2 * np.pi, 721)
circle = np.stack([np.cos(angle), np.sin(angle)])
for edge, color, name in ((circle / abs(circle).sum(axis=0), RED, "L1 ball"), (circle, BLUE, "L2 ball")):
    best = edge[:, bowl(*edge).argmin()]
    right.plot(*edge, color=color, label=f"{name}: best at ({best[0]:.2f}, {best[1]:.2f})")
    right.plot(*best, "o", color=color)
    right.contour(a, b, bowl(a, b), levels=[bowl(*best)], colors=color, linewidths=0.8, linestyles="--")
right.contour(a, b, bowl(a, b), levels=[0.2, 0.7, 3, 5], colors="0.7", linewidths=0.8)
right.plot(1.9, 1.0, "+", color="black", markersize=9)
right.set(xlabel="w₁", ylabel="w₂", aspect="equal")
right.legend(fontsize=8, loc="upper left")
plt.show()


# %%
def soft_threshold(w, t):
    """Weights moved towards zero by t, those within [-t, t] to exactly zero.

    w: array of any shape, 0-d too, at least one entry; float64, float32 (stays float32), whole
    numbers and bools (computed in float64); entries of any size below 1e30. Not changed. t: a number
    >= 0, a whole one too, however small.

    Returns a new array of w's shape, for t = 0 too. ValueError: t < 0, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w)
    if t < 0 or 0 in w.shape:
        raise ValueError(f"t must be at least 0 (it is {t}) and w have entries")
    w = w if xp.isdtype(w.dtype, "real floating") else xp.astype(w, xp.float64)
    size = xp.abs(w) - t
    return xp.sign(w) * xp.where(size > 0, size, xp.zeros_like(w))
    ### END SOLUTION


# %%
check(soft_threshold)

# %% [markdown]
# **In PyTorch.** `torch.nn.functional.softshrink(w, lambd=t)`, default 0.5, and `hardshrink` for the one that leaves the survivors alone. An L1 term
# added to the loss (`lam * w.abs().sum()`) is something else: autograd takes $\operatorname{sign}(w)$, with 0 at 0, so weights jitter around zero and
# are hardly ever exactly there.
#
# ## 4. `lasso_ista`   *(hard, 15 min, asked sometimes)*
#
# > *"Fit a lasso without a library."*
#
# The squares have a gradient, the absolute values have a proximal step; ISTA alternates the two. With $L$ the largest eigenvalue of $x^\top x/n$ a
# step of $1/L$ never overshoots (half of the limit $2/\lambda_{\max}$ of gradient descent):
#
# $$w\leftarrow\operatorname{soft}\Bigl(w-\tfrac1L\,\tfrac1nx^\top(xw-y),\ \tfrac\lambda L\Bigr)$$
#
# The threshold is $\lambda/L$, since the step stretches the penalty as it stretches the gradient. (Beck and Teboulle, 2009; their FISTA adds
# momentum.)


# %%
def lasso_ista(x, y, lam, steps):
    """The lasso by proximal gradient steps.

    x: (n, d), y: (n,), n >= 1; float64, float32 (stays float32), whole numbers and bools (computed
    in float64), however small, x not all zero. lam >= 0, steps >= 0. Not changed.

    Minimises sum((y - x w)^2) / (2 n) + lam * sum(|w|), no bias, by exactly `steps` proximal
    gradient steps of size 1/L from w = 0, L the largest eigenvalue of x^T x / n. All steps are
    taken, however short they are.

    Returns w (d,), right to 1e-6. ValueError: no rows, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x, y)
    if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1]:
        raise ValueError(f"x must be (n, d) and y (n,), not {x.shape} and {y.shape}")
    x, y = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, y))
    gram, target = x.T @ x / x.shape[0], x.T @ y / x.shape[0]  # once: a step then costs d * d, not n * d
    largest = xp.linalg.eigvalsh(gram)[-1]
    gram, target, t = gram / largest, target / largest, lam / largest  # so is the step's size
    w = xp.zeros(x.shape[1], dtype=x.dtype, device=device(x))
    for _ in range(steps):
        moved = w - (gram @ w - target)
        w = moved - xp.minimum(xp.maximum(moved, -t), t)  # soft threshold: what sticks out of [-t, t]
    return w
    ### END SOLUTION


# %%
check(lasso_ista)

# %% [markdown]
# **In scikit-learn.** `Lasso(alpha=lam)` minimises the same sum, $\frac1{2n}\lVert y-xw-b\rVert^2+\alpha\lVert w\rVert_1$ (here `alpha` **is** our
# $\lambda$, unlike in `Ridge`), by coordinate descent, until the duality gap is small; `LassoCV` goes along a whole path of strengths.
# `ElasticNet(alpha, l1_ratio)` adds $\frac{\alpha(1-\rho)}2\lVert w\rVert^2$.
#
# <details><summary>How to make it fast</summary>
#
# $x^\top(xw-y)$ reads all of $x$ twice in every step; $(x^\top x)w-x^\top y$ reads $d\times d$ numbers, and $x$ only once in all. With 100 rows a step
# costs what NumPy takes to call a function, so what counts is how many there are: divided by $L$ before the loop, and with
# $\operatorname{soft}(z,t)=z-\min(\max(z,-t),t)$, half as many as the formula written out needs. `prep bench solutions overfitting` measures it next to
# scikit-learn's coordinate descent, both stopped equally far from the minimum.
#
# </details>
#
# **Put it to work.** The 65 features, ten splits; and below, how the weights come alive one after another as the penalty falls (ten measurements of
# the first split; ridge beside it).

# %% tags=["instructor"]
lasso_ista = backend.runs(lasso_ista)

# %% tags=["folded"]
if ready(ridge_fit, lasso_ista):
    for lam in (0.1, 1.0, 3.0, 10.0):
        rows = []
        for seed in range(10):
            x_train, y_train, x_valid, y_valid = split(seed)
            w = np.asarray(lasso_ista(x_train, y_train - y_train.mean(), lam, 3000))
            rows.append([np.sum(w == 0), *(r2(y, x @ w + y_train.mean()) for x, y in ((x_train, y_train), (x_valid, y_valid)))])
        (zeros, fitted, others), spread = np.mean(rows, axis=0), np.std(rows, axis=0)
        print(f"λ = {lam:4}: {zeros:4.1f} of 65 weights exactly zero, R² {fitted:.2f} on the 100, {others:.2f} ± {spread[2]:.2f} on the others")
    x_ten, y_ten = split(0)[0][:, :10], split(0)[1] - split(0)[1].mean()
    paths = {
        "lasso": (10.0 ** np.linspace(-1, 2, 40), lambda lam: lasso_ista(x_ten, y_ten, lam, 2000)),
        "ridge": (10.0 ** np.linspace(-2, 3, 40), lambda lam: ridge_fit(x_ten, y_ten, lam)[0]),
    }
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3), sharey=True, layout="constrained")
    for ax, (name, (lams, fit)) in zip(axes, paths.items(), strict=True):
        ax.semilogx(lams, [np.asarray(fit(float(lam))) for lam in lams])
        ax.set(xlabel="λ", title=name)
    axes[0].set_ylabel("weight")
    plt.show()

# %% [markdown]
# At $\lambda=3$ 43 of 65 weights are exactly zero, and the R² on the others is 0.41, with 22 features as good as ridge at its best (0.38). At 10 only
# six features are left, and it is still 0.41; at 0.1 the lasso overfits (-0.13). In the picture the lasso's weights leave zero one
# after another as $\lambda$ falls, and some cross it; ridge's weights are small on the right, and none of them is zero.
#
# **Correlated features.** L1 has no reason to share between two features that say the same, so it takes one, and which one depends on a few rows: the
# choice is unstable. **Elastic net**, L1 plus a little L2, shares. Two features with a correlation of 0.99, both with a true weight of 1, fitted to 40
# rows, in a hundred draws:

# %% tags=["folded"]
if ready(ridge_fit, lasso_ista):
    found = {"lasso": [], "elastic net": []}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        common = rng.normal(size=40)
        x = np.stack([common + 0.1 * rng.normal(size=40), common + 0.1 * rng.normal(size=40)], axis=1)
        y = x.sum(axis=1) + rng.normal(size=40)
        found["lasso"].append(lasso_ista(x, y, 0.2, 1000))
        # ½·l2·|w|² is √(n·l2)·w against zeros: rows to append (n stays 40 in the means, hence 42/40)
        rows = np.concatenate([x, np.sqrt(40 * 0.2) * np.eye(2)]) * np.sqrt(42 / 40)
        found["elastic net"].append(lasso_ista(rows, np.concatenate([y, np.zeros(2)]) * np.sqrt(42 / 40), 0.2, 1000))
    for name, weights in found.items():
        weights = np.asarray(weights)
        dropped, gap = np.mean((weights == 0).any(axis=1)), np.abs(weights[:, 0] - weights[:, 1]).mean()
        print(f"{name:12} one of the two is exactly zero in {dropped:4.0%} of the draws; the weights differ by {gap:.2f}, their sum is {weights.sum(axis=1).mean():.2f}")

# %% [markdown]
# The lasso made one of the two twins exactly zero in 42 % of the draws, and its two weights differ by 1.31 on average, though the truth is 1 and 1.
# The elastic net never dropped one, and its weights differ by 0.09; the price is a little more shrinkage, a sum of 1.61 instead of 1.79 (the truth
# is 2).

# %% [markdown] question="l1-zeros" points=4
# ### Q. "Why exactly does L1 give zeros?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the subgradient at zero is an interval, so a whole range of data has its optimum at exactly zero (soft threshold)
# - the geometry: corners of the diamond lie on the axes; the ball of L2 has none
# - L2 shrinks in proportion and never arrives; Laplace against Gaussian prior
# - correlated features: L1 keeps one, and which one is unstable; elastic net shares
#
# **Red flags** (-1): "because the absolute value is not differentiable", and nothing more.
#
# **A strong answer, said aloud**: Look at one weight. Minimise half the squared distance to where the data want it, plus t times its absolute value. Away
# from zero the penalty's slope is plus or minus t, so the solution is the data's value moved towards zero by t. At zero the slope is not one number but
# the whole interval from minus t to t, and zero is optimal as soon as the data's pull lies inside it. So not a single point but a whole range of data
# gives exactly zero: that is the soft threshold. L2's slope is lambda w, which vanishes at zero, so it shrinks everything by a factor and never gets
# there. In the picture the L1 ball has corners on the axes, and the contours of the loss tend to touch a corner. As priors they are Laplace and
# Gaussian. In practice: scale the features first, and don't read too much into which of two correlated features survives. It can change with a few
# rows; elastic net shares the weight instead.
#
# **A weak candidate says**: "L1 is a diamond and L2 is a circle, and the diamond is pointed."
#
# **Follow-ups**:
# - *Why does plain subgradient descent show no exact zeros?* sign(w) pushes with a constant step, so the weight jumps over zero and back; only the
#   proximal step stops there.
# - *What does scaling a feature do to its penalty?* In smaller numbers it needs a larger weight and pays more for the same effect, so it is dropped
#   earlier: standardise first.
# - *Is the lasso biased?* Yes, survivors are shrunk too. Refit the chosen features without penalty (relaxed lasso) if that matters, on fresh data.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `dropout`   *(medium, 8 min, asked often)*
#
# > *"Implement dropout, training and evaluation. Where does the 1/(1-p) go, and why?"*
#
# In training each activation is dropped with probability $p$, by a draw of its own, and what is kept is divided by the **keep** probability. The
# expectation stays what it was, $(1-p)\cdot\frac{x}{1-p}=x$, so evaluation has nothing to do. At $p=\frac12$ dividing by $p$ looks right; test at 0.2.
#
# (The original form, of 2014, scales at evaluation instead: no factor in training, and $x\cdot(1-p)$ at evaluation. Right too, but the code that
# serves the model then has to know about it. **Ours is inverted dropout, and p is the probability to drop**; some texts and old TensorFlow have the
# keep probability in its place.)
#
# **Why should it help?** Three views of one thing: it adds noise, so that no fit rests on a detail; no unit can rely on one other unit being there (no
# **co-adaptation**); and each mask is another small network, so that evaluation is about the mean of a large ensemble with shared weights. Large language
# models read most of their text once and hardly overfit, so pre-training mostly goes without; fine-tuning on little data often has it.


# %%
def dropout(x, p, rng, train):
    """Inverted dropout.

    x: array of any shape, at least one entry; float64, float32 (stays float32), whole numbers and
    bools (computed in float64). Not changed. p: the probability that an element is DROPPED,
    0 <= p < 1. rng: a numpy random Generator, the only source of randomness; in training draw
    once, rng.random(x.shape), one number for each element (a draw below p drops it; to keep those
    below 1 - p is as good).

    Returns (out, mask), new arrays of x's shape. train True: mask holds 0 (dropped) and 1/(1-p)
    (kept), out = x * mask. train False: mask is all ones and out equals x.

    ValueError: p outside [0, 1), in training and in evaluation, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x)
    if not 0 <= p < 1 or 0 in x.shape:
        raise ValueError(f"p must be in [0, 1) (it is {p}) and x have entries")
    x = x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64)
    mask = xp.ones_like(x)
    if train:
        kept = xp.asarray(rng.random(x.shape) >= p, device=device(x))
        mask = xp.astype(kept, x.dtype) / (1 - p)
    return x * mask, mask
    ### END SOLUTION


# %%
check(dropout)

# %% [markdown]
# **In PyTorch / Keras.** `nn.Dropout(p)`: inverted, p is dropped, on after `model.train()`, off after `model.eval()`; forgetting the latter is the
# commonest bug of evaluation code (hunt 3). `F.dropout(x, p)` has `training=True` by **default** and does not look at the module's mode: pass
# `self.training`. Keras's `Dropout(rate)` is the same, with `training=` in the call. `nn.Dropout2d` drops whole channels, since neighbouring pixels
# say the same.
#
# **What the factor is for.** A hidden layer of 64 ReLU units on the digits, its mean and its standard deviation, in training and in evaluation,
# averaged over ten masks:

# %% tags=["instructor"]
dropout = backend.runs(dropout)

# %% tags=["folded"]
digits = load_digits()

if ready(dropout):
    hidden_layer = np.maximum(digits.data / 16 @ np.random.default_rng(0).normal(0, 0.18, (64, 64)), 0)
    print(f"evaluation                      mean {hidden_layer.mean():.3f}   standard deviation {hidden_layer.std():.3f}")
    for p in (0.2, 0.5):
        for name, factor in (("with 1/(1-p)", 1.0), ("without", 1 - p)):
            outs = [factor * np.asarray(dropout(hidden_layer, p, np.random.default_rng(seed), True)[0]) for seed in range(10)]
            print(f"training, p = {p}, {name:13} mean {np.mean(outs):.3f}   standard deviation {np.mean([out.std() for out in outs]):.3f}")

# %% [markdown]
# With the factor the mean stays what it is in evaluation, 0.26, at either p; without it the mean falls to $1-p$ times that, so the next layer would
# see inputs of another size as soon as dropout is off. What the factor does not keep is the spread: at p = 0.5 the standard deviation is 0.64 against
# 0.41 in evaluation. That is why dropout right before batch norm is a known trap: batch norm learns the variance of training and uses it in
# evaluation.

# %% [markdown]
# ## 6. `dropout_backward`   *(easy, 3 min, asked sometimes)*
#
# > *"And the backward pass?"*
#
# $\text{out}=x\odot m$, so $\partial L/\partial x=\partial L/\partial\text{out}\odot m$: the **same** mask, scale included. A new draw here is a
# classic: the gradient then goes to units that took no part in the output.


# %%
def dropout_backward(dout, mask):
    """The gradient through dropout.

    dout: the gradient of the loss by out. mask: the forward pass's mask, of dout's shape and
    floating dtype. At least one entry. Not changed.

    Returns the gradient by x, a new array, for a mask of ones too; float32 stays float32.
    ValueError: different shapes, also where one would broadcast to the other, or no entries.
    """
    ### BEGIN SOLUTION
    if dout.shape != mask.shape or 0 in dout.shape:
        raise ValueError(f"dout {dout.shape} and mask {mask.shape} must have one shape and entries")
    return dout * mask
    ### END SOLUTION


# %%
check(dropout_backward)

# %% [markdown]
# **In PyTorch.** Autograd keeps the mask (as booleans, one byte an element) from the forward pass; `torch.utils.checkpoint` runs the forward pass
# again in the backward pass and must restore the random state first, or it would be another mask (`preserve_rng_state=True`, the default).

# %% [markdown] question="dropout-details" points=4
# ### Q. "Dropout: training against evaluation, scaling, gradient. Why does it help, where does it hurt, and do you still use it?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - inverted scaling by 1/(1-p) in training, identity at evaluation; or the old way, scaling at evaluation
# - the same mask in the backward pass
# - a view of why: noise, an ensemble of subnetworks, no co-adaptation
# - with batch norm the variance shifts between training and evaluation; rarely in one-epoch pre-training of large models, often in fine-tuning
#
# **Red flags** (-1): drops at evaluation; p as keep probability without saying so.
#
# **A strong answer, said aloud**: In training I draw a mask, one draw per activation, set those below p to zero and divide the rest by one minus p, so the
# expectation is unchanged. At evaluation it is the identity. The original paper scaled at evaluation instead. The backward pass multiplies by the same
# mask, scale included. Why it helps: it is multiplicative noise, so no unit can rely on one particular other unit, and it is like training very many
# thinned networks that share weights and averaging them at evaluation. It matches the mean, not the variance: training activations are noisier, so a
# batch norm after it stores a variance that is too large for evaluation. So I put dropout after the last norm, or leave it out. Today: in one-epoch
# pre-training of large language models it is mostly zero, because there the model is not overfitting; in fine-tuning on small data, in adapters and in
# classifier heads I still use 0.1 to 0.5. And I make sure that eval mode is on when I evaluate.
#
# **A weak candidate says**: "Dropout removes neurons with probability p, also when testing, so that the network does not overfit."
#
# **Follow-ups**:
# - *What is Monte-Carlo dropout?* Masks stay on at prediction, many passes; their spread is a rough measure of the model's uncertainty.
# - *Dropout on the input?* It drops features or pixels, with a small p (0.1 to 0.2): input noise, close to a penalty on the weights. For tokens it is
#   word dropout.
# - *Where in a transformer?* On the attention weights, on each sublayer's output before the residual sum, and on the embeddings.
# - *Why does training get slower?* The gradient is noisier and fewer units learn per step: expect more epochs, and perhaps a larger network.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `early_stopping`   *(easy, 8 min, asked often)*
#
# > *"When do you stop, and which weights do you keep?"*
#
# Compare with the **best** so far, not with the last epoch. Patience counts epochs in a row without a real gain. Keep a copy of the weights of
# `best_epoch`, a deep one: a reference to weights that go on training is no copy.
#
# **Why few steps act like a penalty.** On a quadratic loss, from zero, gradient descent with learning rate $\eta$ has after $t$ steps reached the
# fraction $1-(1-\eta s)^t$ of the optimum along an eigenvector with curvature $s$; ridge keeps $\frac s{s+\lambda}$ of it. Both are near 1 for large
# $s$ and near 0 for small ones, $\eta ts$ and $s/\lambda$, so $\lambda\approx\frac1{\eta t}$: stopping early leaves the flat directions near zero, as
# L2 does.


# %%
def early_stopping(val_losses, patience, min_delta):
    """When training stops, and the epoch whose weights are kept.

    val_losses: (epochs,) real numbers of any dtype, whole ones too, one or more, of any size, below
    zero too; nan and inf allowed. Not changed. patience >= 1, min_delta >= 0. Epochs count from 0,
    the best loss starts at +inf. An epoch is a gain when its loss < best - min_delta, and only then
    becomes the new best; nan is never a gain. The checks keep off losses that rounding decides.

    Returns (stop_epoch, best_epoch), whole numbers: the epoch that is the patience-th in a row
    without a gain, or else the last; and the last gain up to there, -1 if there was none.
    ValueError: no epoch.
    """
    ### BEGIN SOLUTION
    if val_losses.shape[0] == 0:
        raise ValueError("there is no epoch to look at")
    best, best_epoch = float("inf"), -1
    for epoch in range(val_losses.shape[0]):
        loss = float(val_losses[epoch])  # a whole number of one byte would wrap below
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        elif epoch - best_epoch == patience:
            return epoch, best_epoch
    return val_losses.shape[0] - 1, best_epoch
    ### END SOLUTION


# %%
check(early_stopping)

# %% [markdown]
# **In Keras / PyTorch Lightning.** `EarlyStopping(monitor="val_loss", patience, min_delta)` does this; Keras keeps the **last** weights unless
# `restore_best_weights=True`. `state_dict()` in PyTorch holds references: `copy.deepcopy(model.state_dict())`, or save a file. In scikit-learn
# `MLPClassifier(early_stopping=True)` cuts off its own validation rows and watches the accuracy.
#
# **Put it to work: training and validation loss.** A small network on 300 digits of which a fifth got a wrong label, trained far too long; with
# dropout and without, and your early stopping on the validation loss (patience 10, min_delta 0.001). The picture is one of eight seeds, the table has
# their means and standard deviations.

# %% tags=["instructor"]
dropout_backward, early_stopping = map(backend.runs, (dropout_backward, early_stopping))


# %% tags=["folded"]
def log_softmax(z):
    """Row by row, over the last axis."""
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def train_networks(p, seeds=8, epochs=120, hidden=64, learning_rate=0.3):
    """One-hidden-layer networks with dropout p, one a seed, trained side by side.

    Returns training loss, validation loss and validation accuracy, each (epochs, seeds).
    """
    x, y, w1, w2 = [], [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(digits.target))[:900]
        labels = digits.target[rows]
        wrong = np.flatnonzero(rng.random(300) < 0.2)
        labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
        x.append(digits.data[rows] / 16)
        y.append(np.eye(10)[labels])
        w1.append(rng.normal(0, 0.18, (64, hidden)))
        w2.append(rng.normal(0, 0.18, (hidden, 10)))
    x, y, w1, w2 = map(np.stack, (x, y, w1, w2))
    rng, history = np.random.default_rng(100), []
    for _ in range(epochs):
        for batch in np.split(rng.permutation(300), 10):
            hidden_layer = np.maximum(x[:, batch] @ w1, 0)
            dropped, mask = (np.asarray(part) for part in dropout(hidden_layer, p, rng, True))
            slope = (np.exp(log_softmax(dropped @ w2)) - y[:, batch]) / len(batch)
            back = np.asarray(dropout_backward(slope @ w2.swapaxes(1, 2), mask)) * (hidden_layer > 0)
            w1 = w1 - learning_rate * x[:, batch].swapaxes(1, 2) @ back
            w2 = w2 - learning_rate * dropped.swapaxes(1, 2) @ slope
        logs = log_softmax(np.maximum(x @ w1, 0) @ w2)  # without dropout, the training rows too
        losses = -(logs * y).sum(axis=2)
        right = logs.argmax(axis=2) == y.argmax(axis=2)
        history.append([losses[:, :300].mean(axis=1), losses[:, 300:].mean(axis=1), right[:, 300:].mean(axis=1)])
    return np.array(history).transpose(1, 0, 2)


if ready(dropout, dropout_backward, early_stopping):
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True, layout="constrained")
    for ax, p in zip(axes, (0.0, 0.5), strict=True):
        training, validation, accuracy = train_networks(p)
        kept = [int(early_stopping(losses, 10, 0.001)[1]) for losses in validation.T]
        ax.plot(training[:, 0], color=BLUE, label="training loss")
        ax.plot(validation[:, 0], color=RED, label="validation loss")
        ax.axvline(kept[0], color="grey", linestyle="--", linewidth=1)
        ax.plot(kept[0], validation[kept[0], 0], "o", color="black", label=f"best epoch, {kept[0]}")
        ax.set(xlabel="epoch", title=f"dropout {p}", ylim=(0, 2))
        ax.legend()
        every = np.arange(len(kept))
        for name, epochs in (("kept", kept), ("the end", [119] * len(kept))):
            loss, score, fit = (part[epochs, every] for part in (validation, accuracy, training))
            print(
                f"dropout {p}, {name:8} epoch {np.mean(epochs):3.0f} ± {np.std(epochs):2.0f}   training loss {fit.mean():.2f}"
                f"   validation loss {loss.mean():.2f} ± {loss.std():.2f}   accuracy {score.mean():.3f} ± {score.std():.3f}"
            )
        print(f"dropout {p}, best of the curve: loss {validation.min(axis=0).mean():.2f}, accuracy {accuracy.max(axis=0).mean():.3f}")
    axes[0].set_ylabel("loss, without dropout")
    plt.show()

# %% [markdown]
# Without dropout the training loss goes on to 0.07 while the validation loss turns: at the best epoch, 24 on average, the accuracy is 0.871, at the
# end it is 0.763. The network has learnt the wrong labels. (The training loss starts above the validation loss because a fifth of the training labels
# are wrong and the validation labels are not.) With dropout the turn is later and slower: 0.892 at the best epoch, 0.846 at the end. Early stopping
# gained 0.11 without dropout and 0.05 with it; together they are best, though 0.892 and 0.871 are less than one standard deviation over seeds apart.
# And the accuracy has its best epoch elsewhere than the loss: read in hindsight, the best of each curve would have been 0.888 and 0.908, a number
# that nobody gets who has to stop without having seen the rest. A loss may rise while the accuracy stands still or still grows: the network gets
# **surer**, also of its mistakes, and the loss charges for certainty. So look at both, and decide beforehand which one stops: the loss is the
# smoother one, the accuracy may be what counts in the end.

# %% [markdown]
# **In which order?** First the split: duplicates and leakage hide a gap, validation rows from another distribution make one, and with few validation
# rows chance does either. Then what attacks the cause: more rows, cleaner labels, **augmentation**, which has a lesson of its own
# ([data_scarcity](../data_scarcity/data_scarcity.ipynb)): it helps where the label survives the change, and hurts where it does not (a mirrored
# digit, a 6 turned into a 9). Then what constrains the model: early stopping (it costs nothing), L2 or L1, dropout, a smaller model. Try them one
# at a time, each over several seeds and on the validation rows: two at once do not tell which of them helped.

# %% [markdown] question="curves" points=4
# ### Q. "Training loss falls, validation loss rises. Causes and remedies, in order."   *(easy, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - look at the split first: leakage, duplicates, another distribution, a tiny validation set
# - more data or augmentation before cleverness; then early stopping, L2 or L1, dropout, less capacity
# - the loss can rise while accuracy does not: over-confidence; look at both
# - one change at a time, over several seeds, on validation data and not on the test set
#
# **Red flags** (-1): a list of remedies without a diagnosis; tuning on the test set.
#
# **A strong answer, said aloud**: The gap says variance, but before I treat it I check the measurement. Are the two sets from the same distribution, are
# there duplicates across them, is the validation set large enough that the rise is more than noise? Then I look at accuracy as well as loss: often the
# loss rises because the model becomes over-confident on the examples it gets wrong, while accuracy stands still; then calibration or label smoothing
# may be enough. If it is real, I start with data, because it attacks the cause: more rows, cleaner labels, augmentation that keeps the label. Then I
# constrain the model: early stopping costs nothing, then weight decay, dropout, a smaller network, or a pretrained one with fewer trainable weights. I
# change one thing at a time and compare over a few seeds on the validation set. The test set stays closed until the end. And I make sure training
# loss was worth reaching in the first place: if both curves are high, it is bias.
#
# **A weak candidate says**: "That is overfitting, so I add dropout and L2 and reduce the number of layers."
#
# **Follow-ups**:
# - *Both curves stay high?* Under-fitting: a larger model, better features, longer training or a higher learning rate, less regularisation; and check
#   for a bug by fitting twenty rows exactly.
# - *Validation below training, is that a bug?* Not necessarily: dropout and augmentation are on in training only, training loss is averaged over an
#   epoch in which the model improved, or the validation set is easier. Score the training rows in evaluation mode to compare.
# - *What does double descent say?* Past the size at which the training set is fitted exactly, a larger model can be better again.
# === END MARK SCHEME ===

# %% [markdown] question="stopping-data" points=3
# ### Q. "Early stopping: on which data, with which metric, which weights?"   *(easy, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - validation data, never the test set; and its best score is biased afterwards
# - patience and min_delta against noise; restore a deep copy of the best weights
# - for a quadratic loss it acts like L2: few steps leave the flat directions near zero
#
# **Red flags** (-1): stops on the training loss; keeps the last weights.
#
# **A strong answer, said aloud**: On a validation set that is neither trained on nor the test set. I decide beforehand which number I stop on: the
# validation loss is smooth and usually the default; if the product is judged by accuracy or recall at a threshold, I may watch that, knowing that it is
# noisier and that the two need not agree. I compare with the best so far, ask for an improvement of at least min delta, and stop after patience epochs in
# a row without one, so that a single bad epoch does not end the run. Then I restore a deep copy of the best epoch's weights; a reference would have gone
# on training. The best validation score is an optimistic estimate, since it is the best of many, so the number I report comes from the test set. Why it
# regularises: on a quadratic loss, t steps of learning rate eta act much like ridge with lambda one over eta t: flat directions have not moved yet. With
# a learning-rate schedule that ends at zero I plan the length instead.
#
# **A weak candidate says**: "I stop when the loss does not go down any more, and then I use the model."
#
# **Follow-ups**:
# - *You want to refit on training and validation rows: for how many steps?* As many epochs as the best one, or as many gradient steps scaled to the new
#   size; there is no validation left to stop on, so check the recipe by cross-validation first.
# - *Which metric if loss and accuracy disagree?* The one that decides about the product; if probabilities are used, the loss.
# - *How many epochs after the best would you still look?* Some 10 for a small network; more with a cyclic schedule, where the loss rises by design.
# === END MARK SCHEME ===

# %% [markdown] question="adamw" points=3
# ### Q. "L2 penalty or weight decay: the same in Adam? Which weights get none, and what does a schedule do to the decay?"   *(hard, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - in SGD they are the same up to the learning rate; in Adam the penalty's gradient is divided by the root of v
# - so weights with large gradients decay less; AdamW takes the decay out of the moments
# - biases and norm gains are left out; learning rate and decay are coupled
#
# **Red flags** (-1): "AdamW is Adam with a penalty".
#
# **A strong answer, said aloud**: In plain SGD they are the same thing: the gradient of half lambda w squared is lambda w, so the step multiplies the
# weight by one minus eta lambda. In Adam the gradient goes through the moments and is divided by the root of the running mean of squares. If the penalty
# is part of the gradient, its lambda w is divided too, so a weight with large gradients is hardly decayed, and one with small gradients is decayed more.
# That is not what anybody wants from a penalty. AdamW takes the decay out of the moments and subtracts eta lambda w directly, so all weights shrink by
# the same fraction. Two details: biases and the gains of norm layers go into a parameter group without decay; and in PyTorch the decay is multiplied by
# the learning rate, so a schedule that goes to zero switches the decay off as well, and when I change the learning rate I look at the product. For large
# language models 0.1 is usual.
#
# **A weak candidate says**: "AdamW is Adam with weight decay, it just works better."
#
# **Follow-ups**:
# - *Which decay for embeddings?* Often none or the same as for matrices: rows of rare tokens get hardly any gradient, so decay would shrink them towards
#   zero between visits.
# - *And if the learning rate is scheduled to zero?* In PyTorch's form the decay ends with it; weights keep the size they have then.
# - *Does decay regularise a layer that is followed by a norm?* Not its function, which is the same for any scale; it keeps the weights small and so the
#   effective learning rate up.
# === END MARK SCHEME ===

# %% [markdown]
# ## Large models: double descent and memorising
#
# The U of bias and variance ends where the training set is fitted exactly. What comes then? Random ReLU features of the ten measurements, the
# least-squares fit of the **smallest norm**, 100 patients; medians over twenty splits:

# %% tags=["folded"]
widths, descent = (3, 10, 30, 60, 90, 100, 110, 150, 300, 1000), []
for seed in range(20):
    x_train, y_train, x_valid, y_valid = split(seed)
    rng = np.random.default_rng(seed)
    for width in widths:
        to_hidden, shift = rng.normal(0, 1, (10, width)) / np.sqrt(10), rng.normal(0, 1, width)
        inner, outer = (np.maximum(x[:, :10] @ to_hidden + shift, 0) for x in (x_train, x_valid))
        w = np.linalg.pinv(inner) @ (y_train - y_train.mean())
        descent.append([np.mean((h @ w + y_train.mean() - y) ** 2) / np.var(y) for h, y in ((inner, y_train), (outer, y_valid))])
middle = np.median(np.reshape(descent, (20, len(widths), 2)), axis=0)
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.loglog(widths, middle[:, 1], marker="o", color=RED, label="the others")
ax.loglog(widths, np.maximum(middle[:, 0], 1e-3), marker="o", color=BLUE, label="the 100 (cut at 0.001)")
ax.axvline(100, color="grey", linestyle="--", linewidth=1)
ax.set(xlabel="random features", ylabel="squared error / variance")
ax.legend()
plt.show()
print("   ".join(f"{width}: {error:.2f}" for width, error in zip(widths, middle[:, 1], strict=True)))

# %% [markdown]
# The error is lowest with ten features, 0.68, rises to 72 where there are as many features as patients, and falls again: 1.13 with a thousand, which
# is still worse than ten. At 100 there is exactly one solution that fits all training rows, and its weights are huge; with more features there are
# many, and the one of smallest norm is tamer the more there are. That is **double descent**. It does not say that a larger model is always better: here
# it never gets back to the first minimum.
#
# **Memorising is another question than overfitting.** A language model can recite a text it saw many times while its validation loss still falls:
# what it recites is one text, what it is judged on is the average over all. Recitation grows with how often a text occurs (duplicates across the
# crawl, repeated epochs), with the size of the model and with the length of the prompt. It matters for privacy, for copyright, and because a benchmark
# that stood in the training data measures memory. What one does: deduplicate, limit the epochs, put **canaries** (unique random strings, some once, some
# many times) into the training data and measure how much more probable than chance they have become, search the training data for benchmark items
# ($n$-gram overlap), and filter the output.

# %% [markdown] question="memorising" points=3
# ### Q. "A large language model recites its training text. Is that overfitting?"   *(hard, 5 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - memorising single texts and generalising well go together; validation loss need not rise
# - duplicates and epochs raise it: deduplicate, count occurrences, canaries to measure it
# - it matters all the same: privacy, copyright, contaminated benchmarks
#
# **Red flags** (-1): "one epoch, so it cannot memorise".
#
# **A strong answer, said aloud**: Not in the usual sense. Overfitting means that the error on new data gets worse; a large model can recite particular
# texts while its loss on new text is still falling. The two are measured differently: one is an average over the distribution, the other is about single
# sequences. Memorisation grows with the number of times a text occurs, so duplicates in the crawl matter even if I train for one epoch; it grows with
# model size and with the length of the prompt. I can measure it with canaries: random strings inserted a known number of times, then look how probable
# they have become compared with strings that were never inserted; or prompt with prefixes and count exact continuations. It matters regardless of the
# loss: personal data, copyright, and benchmarks that leaked into training, which then measure memory. So I deduplicate, near-duplicates included, keep
# epochs low, decontaminate the evaluation sets, and filter at the output.
#
# **A weak candidate says**: "Yes, it has overfitted, it should have been trained with more dropout."
#
# **Follow-ups**:
# - *What is double descent?* Test error falls, peaks where the training set is just fitted exactly, and falls again for larger models; with enough
#   regularisation the peak disappears.
# - *How would you test for a benchmark in the training data?* n-gram overlap with the corpus if you have it; else compare with freshly written items,
#   or with paraphrased ones; see whether the model continues an item word by word, or prefers the published order of the answers.
# - *How often may a corpus be repeated?* Reported for language models: about four epochs are nearly as good as new text, after that the gain fades.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: patience with the wrong memory   *(medium, 8 min, asked often)*
#
# This loop has been copied into many training scripts. It looks like early stopping:


# %%
def published_stop(val_losses, patience):
    """The epoch at which training stops, as it is often seen. Wrong."""
    waited = 0
    for epoch in range(1, len(val_losses)):
        waited = 0 if val_losses[epoch] < val_losses[epoch - 1] else waited + 1
        if waited == patience:
            return epoch
    return len(val_losses) - 1


print(published_stop([3.0, 2.0, 1.0, 1.5, 2.0, 2.5], patience=2))

# %% [markdown]
# **First, losses on which it trains on and on.**


# %%
def stopping_counterexample():
    """Losses and a patience on which published_stop trains at least three epochs too long.

    Returns (val_losses, patience): 1 to 50 finite numbers, an array or a list, some of them below
    the first, and a whole number of 2 or more. published_stop must stop three epochs or more after
    the right loop, which stops at the patience-th epoch in a row that is not below the best so far.
    """
    ### BEGIN SOLUTION
    return [3.0, 1.0, 5.0, 4.8, 4.6, 4.4, 4.2, 4.0, 3.8], 2
    ### END SOLUTION


# %%
check(stopping_counterexample)

# %% [markdown]
# **Then the fixed one.**


# %%
def stopping_mended(val_losses, patience):
    """The epoch at which training stops.

    val_losses: (epochs,) real numbers of any dtype, whole ones too, one or more, of any size, below
    zero too; nan and inf allowed. Not changed. patience >= 1. Epochs count from 0, the best loss
    starts at +inf; a gain is a loss below the best so far, nan never is.

    Returns the epoch that is the patience-th in a row without a gain, or else the last, a whole
    number. ValueError: no epoch.
    """
    ### BEGIN SOLUTION
    return early_stopping(val_losses, patience, 0.0)[0]
    ### END SOLUTION


# %%
check(stopping_mended)

# %% [markdown]
# **In scikit-learn.** `MLPClassifier(early_stopping=True, n_iter_no_change=10)` watches the accuracy of a tenth of the training rows; it stops at the eleventh epoch without a gain of `tol`, and puts the best weights back.
#
# ## Hunt 2: chosen on the test set   *(medium, 12 min, asked often)*
#
# The interview guide that this course grew from trains its network with `validation_data=(x_test, y_test)`. Whatever is then chosen by the
# "validation" loss, an epoch, a strength, a network, is chosen on the test set. The same in a small pipeline, **with three faults of evaluation**:


# %%
def published_choice(x, y, lams):
    """Choose the strength of a ridge penalty and report its error. Three faults."""
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    n_train = 3 * len(x) // 4
    x_train, y_train, x_test, y_test = x[:n_train], y[:n_train], x[n_train:], y[n_train:]
    errors = []
    for lam in lams:
        w, b = (np.asarray(part) for part in ridge_fit(x_train, y_train, lam))
        errors.append(np.mean((x_test @ w + b - y_test) ** 2))
    return lams[np.argmin(errors)], min(errors)


# %% [markdown]
# The scaler has seen the test rows; the test rows choose; and the error that was the smallest of many is reported as the error to expect. Write it
# with three parts, each for one purpose: **training rows** for everything that is fitted, the scaler too, **validation rows** for the choice, **test
# rows** for one number at the end. (The model that was chosen is tested as it is. Of cross-validation's $k$ models none has seen all training rows,
# so there one is fitted again, before the test.)


# %%
def choice_mended(x_train, y_train, x_val, y_val, x_test, y_test, lams):
    """The strength chosen on the validation rows, and its error on the test rows.

    Each x: (n, d), each y: (n,), n >= 1 in each of the three parts (n >= 2 in training), the same
    d; float64, float32, whole numbers and bools, however small. No training column is constant.
    lams: list of one or more numbers > 0. Not changed.

    All three parts are standardised by the training columns' mean and standard deviation (divided
    by n). For each lam the model is ridge_fit's on the training rows. The lam whose model has the
    smallest mean squared error on the validation rows is chosen.

    Returns (lam, error): that lam, and the mean squared error on the test rows of the same model,
    not fitted again; two numbers, right to 1e-6 (float32: to 2e-3).
    ValueError: shapes that do not fit, no rows in one of the parts, or no lam.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x_train, y_train)
    parts = ((x_train, y_train), (x_val, y_val), (x_test, y_test))
    if not lams or any(x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1] or x.shape[1:] != x_train.shape[1:] for x, y in parts):
        raise ValueError("need a lam, and rows and columns that fit in all three parts")
    (x_train, y_train), *others = (
        tuple(a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in part) for part in parts
    )
    mean, std = xp.mean(x_train, axis=0), xp.std(x_train, axis=0)
    errors = []
    for lam in lams:
        w, b = ridge_fit((x_train - mean) / std, y_train, lam)
        errors.append([float(xp.mean(((x - mean) / std @ w + b - y) ** 2)) for x, y in others])
    best = min(range(len(lams)), key=lambda index: errors[index][0])
    return lams[best], errors[best][1]
    ### END SOLUTION


# %%
check(choice_mended)

# %% [markdown]
# **In scikit-learn.** `make_pipeline(StandardScaler(), Ridge())` keeps the scaler inside the fit, `GridSearchCV` or `train_test_split` twice keep the
# choice away from the test rows; `best_score_` is the score that chose, so it is not the one to report. In Keras pass `validation_data` rows of their
# own (`validation_split` takes the **last** rows, before any shuffling).
#
# **What it costs.** Forty patients, their 65 features and 23 strengths; both ways report an error, and the patients that neither has seen tell the
# true one. Two hundred draws; and the same where there is nothing to find, the target being noise.

# %% tags=["instructor"]
choice_mended = backend.runs(choice_mended)

# %% tags=["folded"]
if ready(ridge_fit, choice_mended):
    for target in ("the disease", "noise"):
        rows = []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            order = rng.permutation(442)
            x, y = everything[order], diabetes.target[order] if target == "the disease" else rng.normal(0, 77, 442)
            lam, claimed = published_choice(x[:40], y[:40], list(strengths))
            scaler = StandardScaler().fit(x[:40])
            w, b = (np.asarray(part) for part in ridge_fit(scaler.transform(x[:30]), y[:30], lam))
            true = np.mean((scaler.transform(x[40:]) @ w + b - y[40:]) ** 2)
            cuts = x[:20], y[:20], x[20:30], y[20:30]
            mended = choice_mended(*cuts, x[30:40], y[30:40], list(strengths))[1]
            mended_true = choice_mended(*cuts, x[40:], y[40:], list(strengths))[1]
            rows.append(np.array([claimed, true, mended, mended_true]) / np.var(y))
        claimed, true, mended, mended_true = np.mean(rows, axis=0)
        half = 2 * np.std(rows, axis=0) / np.sqrt(200)
        print(f"target {target:11}  published: claimed {claimed:.2f} ± {half[0]:.2f}, true {true:.2f} ± {half[1]:.2f}   fixed: claimed {mended:.2f} ± {half[2]:.2f}, true {mended_true:.2f} ± {half[3]:.2f}")

# %% [markdown]
# The published way claims an error of 0.71 of the variance, and on patients that nobody had looked at it is 0.91: it promised 0.20 too much. On pure
# noise it claims 0.99, as if there were something to find, where the truth is 1.13. The fixed way claims what holds, 0.95 against 0.96, and 1.17
# against 1.17. The inconvenient part: its model is a little worse, because ten of the forty patients are held back for the choice. Who needs
# both, a good model and an honest number, uses cross-validation for the choice.
#
# ## Hunt 3: left in training mode   *(medium, 8 min, asked sometimes)*
#
# ```python
# model = Sequential(Dropout(p), Linear(d, 1, bias=False))   # weights w, trained
# predictions = model(x)                                     # nobody called model.eval()
# ```
#
# Two calls give two answers. **Predict**, for each row, the mean and the variance of its prediction over the masks, without drawing any.


# %%
def outputs_predicted(x, w, p):
    """Mean and variance of a linear model's outputs whose inverted dropout was left on.

    x: (n, d) inputs, w: (d,) weights, n, d >= 1; float64, float32 (stays float32), whole numbers and
    bools (computed in float64). Not changed. p: the probability that an input is dropped,
    0 <= p < 1. The output of a row is the sum over j of x_j * m_j * w_j, with m_j independent, 0 with
    probability p and 1/(1-p) else.

    Returns (mean, variance), each (n,), over the masks. No random numbers are drawn.
    ValueError: shapes that do not fit, no rows or inputs, or p outside [0, 1).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, w)
    if x.ndim != 2 or 0 in x.shape or w.shape != x.shape[1:] or not 0 <= p < 1:
        raise ValueError(f"x must be (n, d) and w (d,), not {x.shape} and {w.shape}, and p in [0, 1)")
    x, w = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, w))
    return x @ w, p / (1 - p) * ((x * x) @ (w * w))
    ### END SOLUTION


# %%
check(outputs_predicted)

# %% [markdown]
# **In PyTorch.** `model.eval()` before evaluation, `model.train()` before going on; `torch.no_grad()` is something else, it only stops recording. Batch
# norm needs `eval()` as well: in training mode it normalises by the batch it is given, so a prediction depends on its neighbours.

# %% tags=["instructor"]
outputs_predicted = backend.runs(outputs_predicted)

# %% tags=["folded"]
if ready(ridge_fit, dropout, outputs_predicted):
    for p in (0.0, 0.1, 0.5):
        scores, gaps = [], []
        for seed in range(10):
            x_train, y_train, x_valid, y_valid = (part[:, :10] if part.ndim == 2 else part for part in split(seed))
            w, b = (np.asarray(part) for part in ridge_fit(x_train, y_train, 1.0))
            mean, variance = (np.asarray(part) for part in outputs_predicted(x_valid, w, p))
            drawn = [np.asarray(dropout(x_valid, p, np.random.default_rng(draw), True)[0]) @ w for draw in range(200)]
            scores.append([r2(y_valid, x_valid @ w + b), np.mean([r2(y_valid, out + b) for out in drawn])])
            gaps.append([np.sqrt(np.mean(variance)), np.sqrt(np.mean(np.var(drawn, axis=0)))])
        (evaluation, training), (predicted, seen) = np.mean(scores, axis=0), np.mean(gaps, axis=0)
        print(f"p = {p}: R² {evaluation:.2f} in evaluation, {training:.2f} left in training; standard deviation predicted {predicted:.1f}, drawn {seen:.1f}")

# %% [markdown]
# The standard deviation that you predicted is the one that was drawn, 8.3 and 25.0. Left in training mode at p = 0.5 the R² falls from 0.42 to 0.31,
# with the same weights; at p = 0.1 it is 0.41, which nobody notices, except that the same patient gets another prediction with each call.

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula | trap |
# |---|---|---|
# | error | bias² + variance + noise, expectation over training sets | reads off two losses: both high is bias, a gap is variance |
# | L2 | $\frac\lambda2\lVert w\rVert^2$, gradient $\lambda w$ | the bias is free; in Adam not the same as weight decay |
# | ridge | $(x_c^\top x_c/n+\lambda I)w=x_c^\top y_c/n$, $b=\bar y-\bar xw$ | scikit-learn's `alpha` is $n\lambda$; scale first |
# | shrinkage | ridge keeps $\frac s{s+\lambda}$ along curvature $s$; $t$ steps reach $1-(1-\eta s)^t$ | $\lambda\approx1/(\eta t)$ |
# | soft threshold | $\operatorname{sign}(w)\max(\lvert w\rvert-t,0)$ | survivors shrink, too |
# | lasso | $w\leftarrow\operatorname{soft}(w-\frac1{nL}x^\top(xw-y),\lambda/L)$ | the threshold is $\lambda/L$; correlated features: unstable choice |
# | dropout | $m\in\{0,\frac1{1-p}\}$, out $=x\odot m$, back $=$ dout $\odot\,m$ | p drops; the same mask; nothing at evaluation |
# | its noise | variance of $\sum_jx_jm_jw_j$ is $\frac p{1-p}\sum_jx_j^2w_j^2$ | the mean is kept, the variance is not: batch norm |
# | early stopping | gain: loss $<$ best $-\delta$; stop at the patience-th epoch in a row without one | best so far, not the epoch before; deep copy |
# | cross-validation | $k$ folds, average, choose, fit again to all | fit the scaler inside the fold; the winning score is too good |
#
# **Three parts, three purposes**: training rows fit, validation rows choose, test rows report, once.
#
# **Sixty seconds to say.** A gap between training and validation loss is variance, two high losses are bias. Before I treat it I check the split:
# leakage, duplicates, another distribution, size. Then in this order: data and augmentation, early stopping with the best weights restored, L2 or L1,
# dropout, a smaller model. L2 shrinks every weight by a factor, most in directions with little data; L1 moves every weight by a constant and holds it at zero, because the
# subgradient there is an interval. Dropout keeps the mean and adds variance; it is off at evaluation. The strength of all of it is chosen by
# cross-validation with everything fitted inside the fold, over a few seeds, and the number I report comes from a test set that chose nothing.

# %%
status()
