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
#     minutes: 130
#     out_of_scope: "batch normalisation, data augmentation (lesson 1), Bayesian priors in depth"
# ---

# %% [markdown]
# # Overfitting (过拟合)
#
# > *"Training loss falls, validation loss rises. What is happening, and what do you do, in which order?"*
#
# Everybody can list remedies: L1, L2, dropout, early stopping, more data. What the interviewer listens for:
#
# 1. You **check the split first**: leakage and a lucky validation set look like cures and like diseases.
# 2. You know **what each remedy does** to the function, not just its name: why L1 gives zeros, what dropout scales, what patience counts.
# 3. You can **write it** in ten lines without the classic slips, and you measure whether it helped.
#
# You will write seven functions from scratch: two penalties with their fits, dropout forward and backward, and early stopping. At the end you hunt a bug in a training loop.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(ridge_fit)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# ridge_fit, lasso_ista, dropout, dropout_backward, early_stopping.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# Ten measurements of 442 diabetes patients, and all their products: 65 features. We fit 100 patients and look at the other 342. Least squares uses its freedom to explain the noise of the 100.

# %%
diabetes = load_diabetes()
order = np.random.default_rng(0).permutation(442)
train, valid = order[:100], order[100:]
features = PolynomialFeatures(2, include_bias=False).fit_transform(diabetes.data)
scaler = StandardScaler().fit(features[train])
x_train, x_valid = scaler.transform(features[train]), scaler.transform(features[valid])
y_train, y_valid = diabetes.target[train], diabetes.target[valid]


def r2(y, predicted):
    """The share of the variance that is explained; below 0 is worse than the mean."""
    return 1 - np.mean((y - predicted) ** 2) / np.var(y)


figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
counts, scores = np.arange(1, 66, 4), []
for count in counts:
    w = np.linalg.lstsq(np.column_stack([x_train[:, :count], np.ones(100)]), y_train, rcond=None)[0]
    scores.append([r2(y, np.column_stack([x[:, :count], np.ones(len(x))]) @ w) for x, y in ((x_train, y_train), (x_valid, y_valid))])
ax.plot(counts, np.clip(scores, -1, 1), marker="o", label=["100 patients it was fitted to", "the other 342"])
ax.set(xlabel="features used", ylabel="R² (cut at -1)", ylim=(-1.05, 1))
ax.legend()
plt.show()
print(f"all 65 features: R² {scores[-1][0]:.2f} on the 100, {scores[-1][1]:.2f} on the others")

# %% [markdown]
# ## 1. `l2_penalty`   *(easy, 4 min)*
#
# > *"Add weight decay to your loss. What is its gradient? And the bias?"*
#
# $$\Omega(w)=\tfrac\lambda2\lVert w\rVert_2^2,\qquad\frac{\partial\Omega}{\partial w}=\lambda w$$
#
# Large weights make a function steep; the penalty makes steepness pay rent. The bias moves the function up and down without making it steeper, so it is left free.


# %%
def l2_penalty(w, b, lam):
    """Half lam times the sum of squared weights, and its gradients.

    w: weights of any shape, at least one. b: bias of any shape. Real numbers of any dtype (float32
    stays float32, whole numbers are computed in float64). lam: a number >= 0. Not changed.

    Returns (loss, dw, db): a number, lam * w in w's shape, and zeros in b's shape, floats both: the
    bias is not penalised. ValueError: no weights.
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
# ## 2. `ridge_fit`   *(medium, 10 min)*
#
# > *"Linear regression with more columns than rows. Is there a solution?"*
#
# Without a penalty there are infinitely many. With $\frac1{2n}\lVert y-xw-b\rVert^2+\frac\lambda2\lVert w\rVert^2$ there is one. Centre both sides and the free bias drops out:
#
# $$\Bigl(\tfrac1nx_c^\top x_c+\lambda I\Bigr)w=\tfrac1nx_c^\top y_c,\qquad b=\bar y-\bar x w$$
#
# $\lambda I$ lifts every eigenvalue, so the matrix can be inverted, for $n<d$ too.


# %%
def ridge_fit(x, y, lam):
    """Ridge regression with a free bias, exactly.

    x: (n, d), y: (n,), n >= 1, n < d allowed; real numbers of any dtype (float32 stays float32,
    whole numbers are computed in float64). lam > 0. Not changed.

    Minimises sum((y - x w - b)^2) / (2 n) + lam/2 * sum(w^2). Returns (w, b): (d,) and a number.
    ValueError: no rows, or shapes that do not fit.
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
# **Put it to work.** The 65 features again, from hardly any penalty to too much. Slide along the curve in the cell below it.

# %% tags=["instructor"]
ridge_fit = backend.runs(ridge_fit)

# %%
strengths = 10.0 ** np.arange(-8, 3.01, 0.5)


def ridge_curve(log10_lam=0.0):
    """R² on both halves against the penalty, with one strength marked."""
    points = []
    for lam in [*strengths, 10.0**log10_lam]:
        w, b = ridge_fit(x_train, y_train, float(lam))
        points.append([r2(y, x @ np.asarray(w) + float(b)) for x, y in ((x_train, y_train), (x_valid, y_valid))])
    figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
    ax.semilogx(strengths, np.clip(points[:-1], -1, 1), marker="o", markersize=4, label=["fitted", "others"])
    ax.axvline(10.0**log10_lam, color="black", linestyle="--")
    ax.set(
        xlabel="λ", ylabel="R² (cut at -1)", title=f"λ = {10.0**log10_lam:.2g}: R² {points[-1][0]:.2f} on the 100, {points[-1][1]:.2f} on the others"
    )
    ax.legend()
    plt.show()


if ready(ridge_fit):
    ridge_curve()

# %%
if ready(ridge_fit):
    from ipywidgets import FloatSlider, interact

    _ = interact(ridge_curve, log10_lam=FloatSlider(0.0, min=-8, max=3, step=0.25, continuous_update=False))

# %% [markdown] question="curves" points=4
# ### Q. "Training loss falls, validation loss rises. Causes and remedies, in order."   *(easy, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - look at the split first: leakage, duplicates, another distribution, a tiny validation set
# - more data or augmentation before cleverness; then less capacity, L2 or L1, dropout, early stopping
# - the loss can rise while accuracy does not: over-confidence; look at both
# - one change at a time, with repeats, on validation data and not on the test set
#
# **Red flags** (-1): a list of remedies without a diagnosis; tuning on the test set.
#
# **Follow-ups**: both curves stay high? validation below training (dropout is on in training)? what does double descent say?
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `soft_threshold`   *(easy, 6 min)*
#
# > *"Why does L1 give zeros, and L2 not?"*
#
# Move a weight against the penalty's pull. L2 pulls with $\lambda w$: the smaller the weight, the weaker the pull, and it never arrives. L1 pulls with a constant force until the weight **is** zero, and then holds it. The proximal step of $t\lVert w\rVert_1$ says it exactly: $\operatorname{sign}(w)\max(|w|-t,0)$. On the right the same as geometry: the loss (dashed, its minimum the cross) touches the L1 ball at a corner, where $w_2$ is exactly 0, and the round one beside it.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.2), layout="constrained")
line = np.linspace(-3, 3, 301)
left.plot(line, line / 2, color="#4c78a8", label="L2: w / (1 + λ), λ = 1")
left.plot(line, np.sign(line) * np.maximum(np.abs(line) - 1, 0), color="#e45756", label="L1: soft threshold, t = 1")
left.plot(line, line, color="grey", linestyle=":", label="no penalty")
left.set(xlabel="weight before", ylabel="weight after")
left.legend(fontsize=8)


def bowl(a, b):
    """A loss of two weights, the smallest at (1.9, 1.0)."""
    return (a - 1.9) ** 2 + 0.8 * (b - 1.0) ** 2


a, b = np.meshgrid(np.linspace(-1.6, 3.4, 200), np.linspace(-1.4, 2.6, 200))
angle = np.linspace(0, 2 * np.pi, 721)
circle = np.stack([np.cos(angle), np.sin(angle)])
for edge, color, name in ((circle / abs(circle).sum(axis=0), "#e45756", "L1 ball"), (circle, "#4c78a8", "L2 ball")):
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

    w: array of any shape, at least one entry, real numbers of any dtype (float32 stays float32,
    whole numbers are computed in float64). Not changed. t: a number >= 0.

    Returns a new array of w's shape. ValueError: t < 0, or no entries.
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
# ## 4. `lasso_ista`   *(hard, 15 min)*
#
# > *"Fit a lasso without a library."*
#
# The squares have a gradient, the absolute values have a proximal step; ISTA alternates the two. With $L$ the largest eigenvalue of $x^\top x/n$ a step of $1/L$ never overshoots:
#
# $$w\leftarrow\operatorname{soft}\Bigl(w-\tfrac1L\,\tfrac1nx^\top(xw-y),\ \tfrac\lambda L\Bigr)$$
#
# (Beck and Teboulle, 2009; their FISTA adds momentum.)


# %%
def lasso_ista(x, y, lam, steps):
    """The lasso by proximal gradient steps.

    x: (n, d), y: (n,), n >= 1; real numbers of any dtype (float32 stays float32, whole numbers are
    computed in float64), x not all zero. lam >= 0, steps >= 0. Not changed.

    Minimises sum((y - x w)^2) / (2 n) + lam * sum(|w|), no bias, by exactly `steps` proximal
    gradient steps of size 1/L from w = 0, L the largest eigenvalue of x^T x / n.

    Returns w (d,). ValueError: no rows, or shapes that do not fit.
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

# %% tags=["instructor"]
lasso_ista = backend.runs(lasso_ista)

# %%
if ready(lasso_ista):
    for lam in (0.1, 1.0, 3.0, 10.0):
        w = np.asarray(lasso_ista(x_train, y_train - y_train.mean(), lam, 3000))
        scores = [r2(y, x @ w + y_train.mean()) for x, y in ((x_train, y_train), (x_valid, y_valid))]
        print(f"λ = {lam:4}: {np.sum(w == 0):2} of 65 weights are exactly zero, R² {scores[0]:.2f} on the 100, {scores[1]:.2f} on the others")

# %% [markdown]
# **And how to make it fast.** $x^\top(xw-y)$ reads all of $x$ twice in every step; $(x^\top x)w-x^\top y$ reads $d\times d$ numbers, and $x$ only once in all.
# With 100 rows a step costs what NumPy takes to call a function, so what counts is how many there are: divided by $L$ before the loop, and with
# $\operatorname{soft}(z,t)=z-\min(\max(z,-t),t)$, half as many as the formula written out needs. `prep bench solutions overfitting` measures it
# next to scikit-learn's coordinate descent, both stopped equally far from the minimum.

# %% [markdown] question="l1-zeros" points=4
# ### Q. "Why exactly does L1 give zeros?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the subgradient at zero is an interval, so a whole range of data has its optimum at exactly zero (soft threshold)
# - the geometry: corners of the diamond lie on the axes; the ball of L2 has none
# - L2 shrinks in proportion and never arrives; Laplace against Gaussian prior
# - correlated features: L1 picks one at random, elastic net shares
#
# **Red flags** (-1): "because the absolute value is not differentiable", and nothing more.
#
# **Follow-ups**: why does plain subgradient descent show no exact zeros? what does scaling a feature do to its penalty?
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `dropout`   *(medium, 8 min)*
#
# > *"Implement dropout, training and evaluation. Where does the 1/(1-p) go, and why?"*
#
# In training each activation is dropped with probability $p$, by a draw of its own, and what is kept is divided by the **keep** probability. The expectation stays what it was, $(1-p)\cdot\frac{x}{1-p}=x$, so evaluation has nothing to do. At $p=\frac12$ dividing by $p$ looks right; test at 0.2.


# %%
def dropout(x, p, rng, train):
    """Inverted dropout.

    x: array of any shape, at least one entry, real numbers of any dtype (float32 stays float32,
    whole numbers are computed in float64). Not changed. p: the probability that an element is
    DROPPED, 0 <= p < 1. rng: a numpy random Generator, the only source of randomness; in training
    draw once, rng.random(x.shape), one number for each element.

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
# ## 6. `dropout_backward`   *(easy, 3 min)*
#
# > *"And the backward pass?"*
#
# $\text{out}=x\odot m$, so $\partial L/\partial x=\partial L/\partial\text{out}\odot m$: the **same** mask, scale included. A new draw here is a classic: the network then learns from units that had no say.


# %%
def dropout_backward(dout, mask):
    """The gradient through dropout.

    dout: the gradient of the loss by out. mask: the forward pass's mask, of dout's shape and
    floating dtype. At least one entry. Not changed.

    Returns the gradient by x, a new array. ValueError: different shapes, or no entries.
    """
    ### BEGIN SOLUTION
    if dout.shape != mask.shape or 0 in dout.shape:
        raise ValueError(f"dout {dout.shape} and mask {mask.shape} must have one shape and entries")
    return dout * mask
    ### END SOLUTION


# %%
check(dropout_backward)

# %% [markdown]
# ## 7. `early_stopping`   *(easy, 8 min)*
#
# > *"When do you stop, and which weights do you keep?"*
#
# Compare with the **best** so far, not with the last epoch. Patience counts epochs in a row without a real gain. Keep a copy of the weights of `best_epoch`, a deep one: a reference to weights that go on training is no copy.


# %%
def early_stopping(val_losses, patience, min_delta):
    """When training stops, and the epoch whose weights are kept.

    val_losses: (epochs,) floats, one or more, nan allowed. Not changed. patience >= 1,
    min_delta >= 0. Epochs count from 0, the best loss starts at +inf. An epoch is a gain when its
    loss < best - min_delta, and only then becomes the new best; nan is never a gain.

    Returns (stop_epoch, best_epoch), whole numbers: the epoch that is the patience-th in a row
    without a gain, or else the last; and the last gain up to there, -1 if there was none.
    ValueError: no epoch.
    """
    ### BEGIN SOLUTION
    if val_losses.shape[0] == 0:
        raise ValueError("there is no epoch to look at")
    best, best_epoch = float("inf"), -1
    for epoch in range(val_losses.shape[0]):
        if val_losses[epoch] < best - min_delta:
            best, best_epoch = val_losses[epoch], epoch
        elif epoch - best_epoch == patience:
            return epoch, best_epoch
    return val_losses.shape[0] - 1, best_epoch
    ### END SOLUTION


# %%
check(early_stopping)

# %% [markdown]
# **Put it to work: both at once.** A small network on 300 digits of which 20 % have a wrong label, trained far too long. With your dropout and without, and your early stopping on the validation loss.


# %% tags=["instructor"]
dropout, dropout_backward, early_stopping = map(backend.runs, (dropout, dropout_backward, early_stopping))


# %%
def train_network(p, epochs=120, hidden=64, rate=0.3, seed=0):
    """Validation loss and accuracy of each epoch of a one-hidden-layer network with dropout p."""
    digits, rng = load_digits(), np.random.default_rng(seed)
    rows = rng.permutation(len(digits.target))
    fit, held = rows[:300], rows[300:900]
    x, y = digits.data / 16, digits.target.copy()
    noisy = fit[rng.random(300) < 0.2]
    y[noisy] = rng.integers(0, 10, len(noisy))
    w1, w2 = rng.normal(0, 0.18, (64, hidden)), rng.normal(0, 0.18, (hidden, 10))
    losses, accuracy = [], []
    for _ in range(epochs):
        for batch in np.split(rng.permutation(fit), 10):
            hidden_layer = np.maximum(x[batch] @ w1, 0)
            dropped, mask = (np.asarray(part) for part in dropout(hidden_layer, p, rng, True))
            logits = dropped @ w2
            probability = np.exp(logits - logits.max(axis=1, keepdims=True))
            slope = (probability / probability.sum(axis=1, keepdims=True) - np.eye(10)[y[batch]]) / len(batch)
            back = np.asarray(dropout_backward(slope @ w2.T, mask)) * (hidden_layer > 0)
            w1, w2 = w1 - rate * x[batch].T @ back, w2 - rate * dropped.T @ slope
        logits = np.maximum(x[held] @ w1, 0) @ w2
        top = logits.max(axis=1, keepdims=True)
        logs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        losses.append(-logs[np.arange(600), y[held]].mean())
        accuracy.append(np.mean(logits.argmax(axis=1) == y[held]))
    return np.array(losses), np.array(accuracy)


if ready(dropout, dropout_backward, early_stopping):
    figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
    for p, color in ((0.0, "#4c78a8"), (0.5, "#e45756")):
        losses, accuracy = train_network(p)
        stopped, best = (int(epoch) for epoch in early_stopping(losses, 10, 0.001))
        ax.plot(losses, color=color, label=f"dropout {p}")
        ax.plot(best, losses[best], "o", color=color, markersize=8, label=f"kept by early stopping: epoch {best}")
        print(
            f"dropout {p}: best epoch {best}, loss {losses[best]:.2f}, accuracy {accuracy[best]:.3f}; at the end {losses[-1]:.2f} and {accuracy[-1]:.3f}"
        )
    ax.set(xlabel="epoch", ylabel="validation loss")
    ax.legend()
    plt.show()

# %% [markdown]
# Look at the loss and the accuracy at the end. Without dropout the loss has climbed from 0.58 back to 0.94, and the errors have doubled, from 13 % to 26 %: the network has learnt the wrong labels by heart. With dropout the last loss is
# as low as at the epoch that early stopping kept, and the accuracy is five points lower all the same. Loss and accuracy need not agree on the best epoch: decide beforehand which one you stop on.

# %% [markdown] question="dropout-details" points=4
# ### Q. "Dropout: training against evaluation, scaling, gradient. Do you still use it?"   *(medium, 5 min)*
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
# **Follow-ups**: Monte-Carlo dropout; dropout on the input; where in a transformer?
# === END MARK SCHEME ===

# %% [markdown] question="stopping-data" points=3
# ### Q. "Early stopping: on which data, with which metric, which weights?"   *(easy, 3 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - validation data, never the test set; and its best score is biased afterwards
# - patience and min_delta against noise; restore a deep copy of the best weights
# - for a quadratic loss it acts like L2: few steps leave the flat directions near zero
#
# **Red flags** (-1): stops on the training loss; keeps the last weights.
#
# **Follow-ups**: refit on everything: for how many steps? which metric if loss and accuracy disagree?
# === END MARK SCHEME ===

# %% [markdown] question="adamw" points=3
# ### Q. "L2 penalty or weight decay: the same in Adam?"   *(hard, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - in SGD they are the same up to the rate; in Adam the penalty's gradient is divided by the root of v
# - so weights with large gradients decay less; AdamW takes the decay out of the moments
# - biases and norm gains are left out; rate and decay are coupled
#
# **Red flags** (-1): "AdamW is Adam with a penalty".
#
# **Follow-ups**: which decay for embeddings? what if the rate is scheduled to zero?
# === END MARK SCHEME ===

# %% [markdown] question="memorising" points=3
# ### Q. "A large language model recites its training text. Is that overfitting?"   *(hard, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - memorising single texts and generalising well go together; validation loss need not rise
# - duplicates and epochs raise it: deduplicate, count occurrences, canaries to measure it
# - it matters all the same: privacy, copyright, contaminated benchmarks
#
# **Red flags** (-1): "one epoch, so it cannot memorise".
#
# **Follow-ups**: double descent; how would you test for a benchmark in the training data?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: patience with the wrong memory   *(medium, 8 min)*
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
# **Then, mended.**


# %%
def stopping_mended(val_losses, patience):
    """The epoch at which training stops.

    val_losses: (epochs,) floats, one or more, nan allowed. Not changed. patience >= 1. Epochs count
    from 0, the best loss starts at +inf; a gain is a loss below the best so far, nan never is.

    Returns the epoch that is the patience-th in a row without a gain, or else the last, a whole
    number. ValueError: no epoch.
    """
    ### BEGIN SOLUTION
    return early_stopping(val_losses, patience, 0.0)[0]
    ### END SOLUTION


# %%
check(stopping_mended)

# %% [markdown]
# ## Before you leave the room
#
# - The split first, then data, then capacity, then penalties.
# - L1 holds at zero, L2 never arrives. The bias is free.
# - Dropout divides by what it keeps, draws for every element, and remembers its mask.
# - Patience has a memory: the best so far.
#
# **Follow-ups to practise aloud**: why is a penalty meaningless before features are scaled? What does ridge do to two equal columns? Is a validation loss below the training loss a bug? How many epochs after the best would you still look?

# %%
status()
