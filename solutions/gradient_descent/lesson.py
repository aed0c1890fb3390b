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
#     title: "Gradient descent (梯度下降)"
#     order: 5
#     minutes: 140
#     out_of_scope: "second-order methods, distributed optimisers, convergence proofs"
# ---

# %% [markdown]
# # Gradient descent (梯度下降)
#
# > *"Implement gradient descent. Good. Now your loss is nan at step 300. What do you do?"*
#
# The first half is five lines, each with a trap: weights that belong to the caller, a sum where a mean belongs, a last batch that is shorter. The
# second half is the job. What the interviewer listens for:
#
# 1. You know **when it converges**: the rate against the curvature, and what the scale of the features does to it.
# 2. You can write the **optimisers** everybody uses, with their details: which velocity moves the weights, where eps stands, from what t counts.
# 3. You **keep it alive**: stable logits, clipping, warm-up, and gradients accumulated with the right weights.
#
# You will write eight functions from scratch. At the end you hunt a bug that large-model trainers shipped until 2024.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(adam)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# gradient_descent, minibatch_gd, logistic_regression, momentum_step, adam, clip_by_global_norm, accumulation_mended.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %%
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})
BLUE, RED, ORANGE = "#4c78a8", "#e45756", "#f58518"  # for the colour-blind, too

# %% [markdown]
# ## The idea in a picture
#
# On a bowl $\frac12\sum_i\lambda_i w_i^2$ a step of rate $\eta$ multiplies coordinate $i$ by $1-\eta\lambda_i$. All of them shrink if and only if
#
# $$0<\eta<\frac{2}{\lambda_{\max}}$$
#
# The steepest direction sets the limit, the flattest one the time. Below $1/\lambda_{\max}$ the path creeps along the valley; between
# $1/\lambda_{\max}$ and $2/\lambda_{\max}$ it zig-zags across it; above that it flies away. How bad it gets is one number, the condition number
# $\kappa=\lambda_{\max}/\lambda_{\min}$. Near a minimum a smooth loss looks like such a bowl: the axes are the Hessian's
# eigenvectors, the $\lambda_i$ its eigenvalues.

# %%
curvature = np.array([1.0, 10.0])


def contour(rate=0.18):
    """Twenty steps on a bowl with curvatures 1 and 10."""
    path = [np.array([-4.0, 1.0])]
    for _ in range(20):
        path.append(path[-1] - rate * curvature * path[-1])
    path = np.array(path)
    flat, steep = np.meshgrid(np.linspace(-5, 5, 121), np.linspace(-2, 2, 81))
    word = "creeps" if rate <= 0.1 else "zig-zags" if rate < 0.1999 else "never settles" if rate < 0.2001 else "diverges"
    loss = np.sum(curvature * path[-1] ** 2) / 2
    figure, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    ax.contour(flat, steep, (flat**2 + 10 * steep**2) / 2, levels=14, colors="0.7", linewidths=0.8)
    ax.plot(*path.T, marker="o", markersize=4, color=RED)
    ax.set(xlim=(-5, 5), ylim=(-2, 2), xlabel="flat direction, λ = 1", ylabel="steep direction, λ = 10")
    ax.set_title(f"rate {rate:.3f} {word} (2/λmax = 0.2); loss {loss:.2g} after 20 steps")
    plt.show()


contour()

# %%
_ = interact(contour, rate=FloatSlider(0.18, min=0.01, max=0.23, step=0.005, continuous_update=False))

# %% [markdown]
# ## 1. `gradient_descent`   *(easy, 6 min)*
#
# > *"Implement gradient descent for any function whose gradient I give you. Return the path as well."*
#
# The trap is the path. `w -= lr * g` changes one and the same array, so a list of it holds the last place `steps + 1` times, and the caller's
# `w0` has moved with it.


# %%
def gradient_descent(grad, w0, lr, steps):
    """Plain gradient descent, with its path.

    grad: a function; grad(w) is the gradient at w, a new array of w's shape and dtype.
    w0: array of any shape, at least one weight; real numbers of any dtype. Not changed.
    lr: the rate. steps: int >= 0. Each step is w - lr * grad(w).
    Returns (w, history): the last place, of w0's shape, and all places, (steps + 1, *w0.shape),
    the first of them w0. With steps = 0, w is a copy of w0. Neither shares memory with w0.
    Whole numbers are computed in float64; float32 stays float32.
    ValueError: no weights.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w0)
    if 0 in w0.shape:
        raise ValueError("there are no weights to move")
    w = xp.astype(w0, w0.dtype if xp.isdtype(w0.dtype, "real floating") else xp.float64, copy=True)
    places = [w]
    for _ in range(steps):
        w = w - lr * grad(w)
        places.append(w)
    return w, xp.stack(places)
    ### END SOLUTION


# %%
check(gradient_descent)

# %% [markdown]
# **Put it to work: why the scale of the features matters.** How strong is a wine, given its phenols and its colour? Twenty steps from zero, on the
# measurements as they are and on the same standardised, each at the rate that is best for it, $2/(\lambda_{\max}+\lambda_{\min})$:

# %% tags=["instructor"]
gradient_descent = backend.runs(gradient_descent)

# %%
wine = load_wine()
alcohol = wine.data[:, 0] - wine.data[:, 0].mean()


def regression(columns, standardise):
    """Features of the wine data, the Hessian of half the mean squared error, and its gradient at zero."""
    x = wine.data[:, columns] - wine.data[:, columns].mean(axis=0)
    x = x / x.std(axis=0) if standardise else x
    return x, x.T @ x / len(x), -x.T @ alcohol / len(x)


if ready(gradient_descent):
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.8), sharey=True, layout="constrained")
    for ax, standardise in zip(axes, (False, True), strict=True):
        x, hessian, slope = regression([5, 9], standardise)
        values = np.linalg.eigvalsh(hessian)
        path = np.asarray(gradient_descent(lambda w, h=hessian, s=slope: h @ w + s, np.zeros(2), 2 / values.sum(), 20)[1])
        first, second = np.meshgrid(np.linspace(-0.1, 0.7, 81), np.linspace(-0.1, 0.7, 81))
        loss = np.mean((x @ np.stack([first.ravel(), second.ravel()]) - alcohol[:, None]) ** 2, axis=0).reshape(81, 81) / 2
        ax.contour(first, second, loss, levels=14, colors="0.7", linewidths=0.8)
        ax.plot(*path.T, marker="o", markersize=4, color=RED)
        ax.set(aspect="equal", xlabel="weight of the phenols")
        ax.set_title(f"{'standardised' if standardise else 'as they are'}: κ = {values[-1] / values[0]:.1f}")
    axes[0].set_ylabel("weight of the colour")
    plt.show()
    for name, standardise in (("as they are", False), ("standardised", True)):
        x, hessian, slope = regression(list(range(1, 13)), standardise)
        values, best = np.linalg.eigvalsh(hessian), np.linalg.solve(hessian, -slope)
        for steps in (20, 1000):
            w = np.asarray(gradient_descent(lambda w, h=hessian, s=slope: h @ w + s, np.zeros(12), 1 / values[-1], steps)[0])
            left = (w - best) @ hessian @ (w - best) / (best @ hessian @ best)
            print(f"all 12 features, {name:12}  κ = {values[-1] / values[0]:12,.0f}   {steps:5} steps: {left:6.1%} of the gain still missing")

# %% [markdown]
# Two features make a zig-zag; all twelve, at the rate $1/\lambda_{\max}$, make a standstill. Proline is counted in hundreds, hue in tenths,
# $\kappa$ is twelve million, and after a thousand steps 28 % of what the fit could gain is still missing. Standardised, $\kappa$ is 45, and twenty
# steps leave 0.6 %.

# %% [markdown] question="scaling" points=4
# ### Q. "Why should I scale my features? A linear model can choose any weights."   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the optimum's predictions stay the same, the way there does not: scales stretch the contours, and the gradient no longer points at the minimum
# - the rate must stay below 2/λmax, the flattest direction then takes about κ steps; with momentum about √κ
# - a penalty (L1, L2) is not invariant: a feature in small units pays more for the same effect
# - statistics from the training rows only; trees do not care, k-nearest neighbours and kernels do
#
# **Red flags** (-1): "for accuracy" without saying how; scaling fitted on all the data.
#
# **Follow-ups**: does Adam make scaling unnecessary? what do batch and layer normalisation do for κ? what happens at a rate of exactly 2/λmax?
# === END MARK SCHEME ===

# %% [markdown]
# ## 2. `minibatch_gd`   *(easy, 8 min)*
#
# > *"Batch, mini-batch, stochastic: what changes? And what about the last batch?"*
#
# The gradient of $\frac1{2n}\|xw-y\|^2$ is $x^\top(xw-y)/n$. On a batch of $B$ rows it is an estimate of that: unbiased if the rows are drawn at
# random, with a variance that falls as $1/B$ while the work grows as $B$. Ten rows in batches of four leave a batch of two, and its gradient is the
# mean over **two** rows.


# %%
def minibatch_gd(x, y, w0, lr, epochs, batch_size):
    """Mini-batch descent on half the mean squared error of x @ w.

    x: (n, d), y: (n,), w0: (d,), n >= 1, real numbers of any dtype. Not changed.
    Rows are taken in their order, batch_size at a time, without shuffling, and all of them
    `epochs` times. The last batch may be shorter, and batch_size may be larger than n.
    Each batch makes one step w - lr * g, with g the gradient of mean((x w - y)^2) / 2 over the
    rows of that batch.
    Returns w (d,), a new array. Whole numbers are computed in float64; float32 stays float32.
    ValueError: no rows, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, y, w0)
    if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1] or w0.shape != x.shape[1:]:
        raise ValueError(f"shapes do not fit: x {x.shape}, y {y.shape}, w0 {w0.shape}")
    x, y, w = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, y, w0))
    w = xp.astype(w, w.dtype, copy=True)
    for _ in range(epochs):
        for first in range(0, x.shape[0], batch_size):
            last = min(first + batch_size, x.shape[0])
            xb, yb = x[first:last, :], y[first:last]
            w = w - lr * (xb.T @ (xb @ w - yb)) / xb.shape[0]
    return w
    ### END SOLUTION


# %%
check(minibatch_gd)

# %% [markdown]
# **Put it to work: what should happen to the rate when the batch grows?** Diabetes data, standardised, five epochs. Three rules: the same rate for
# every batch size; a rate that grows with the root of it; a rate that grows with it, which is what you get when you **sum** over the batch instead
# of averaging.

# %% tags=["instructor"]
minibatch_gd = backend.runs(minibatch_gd)

# %%
diabetes = load_diabetes(scaled=False)
order = np.random.default_rng(0).permutation(len(diabetes.target))
x_diabetes = StandardScaler().fit_transform(diabetes.data)[order]
y_diabetes = ((diabetes.target - diabetes.target.mean()) / diabetes.target.std())[order]
w_best = np.linalg.lstsq(x_diabetes, y_diabetes, rcond=None)[0]


def mse(w):
    """Mean squared error on all rows; 1 for w = 0."""
    return np.mean((x_diabetes @ np.asarray(w) - y_diabetes) ** 2)


if ready(minibatch_gd):
    sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 442]
    figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    print(f"{'batch size':16}", *[f"{size:7}" for size in sizes])
    for power, name, colour in ((0, "0.01", BLUE), (0.5, "0.01 √batch", ORANGE), (1, "0.01 batch", RED)):
        errors = [mse(minibatch_gd(x_diabetes, y_diabetes, np.zeros(10), 0.01 * size**power, 5, size)) for size in sizes]
        print(f"rate {name:11}", *[f"{error:7.2g}" for error in errors])
        ax.plot(sizes, errors, marker="o", color=colour, label=f"rate {name}")
    ax.axhline(mse(w_best), color="black", linestyle="--", linewidth=1, label="least squares")
    ax.set(xscale="log", ylim=(0.45, 1.0), xlabel="batch size", ylabel="mean squared error after 5 epochs")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend()
    plt.show()

# %% [markdown]
# The sum blows up from a batch of 64 on: its rate passes $2/\lambda_{\max}\approx0.5$, and the red line leaves the picture for $10^{11}$ and more.
# Averaging at one rate never blows up, yet it is no free lunch: all 442 rows in one batch make five steps in five epochs, and five small steps
# leave the error at 0.88 of its start. Here the constant rate is best up to a batch of 8, the root from 16 on. How far the rate should grow with the
# batch is a rule of thumb; the limit $2/\lambda_{\max}$ is a law.

# %% [markdown] question="batch-sizes" points=3
# ### Q. "Batch, mini-batch or SGD? You double the batch: what happens to the learning rate?"   *(easy, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the variance of the gradient against the cost of a step; mini-batches because the hardware wants matrix products
# - unbiased only if rows are drawn at random: shuffle every epoch; the last, shorter batch is averaged over its own rows, or dropped on purpose
# - twice the batch: a rate up to twice as large (linear) or √2 times, with warm-up; it stops paying at some batch size
#
# **Red flags** (-1): "SGD is less accurate"; a sum over the batch; "keep the rate" without noticing that there are half as many steps.
#
# **Follow-ups**: does the noise help generalisation? what does an epoch of data sorted by class do?
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `logistic_regression`   *(medium, 12 min)*
#
# > *"Train a logistic regression from scratch. It must survive data that a line separates."*
#
# With $p=\sigma(xw+b)$ and the log-loss $-y\log p-(1-y)\log(1-p)$, the derivative by the logit is $p-y$: the factor $p(1-p)$ of the sigmoid cancels
# against the loss. On separable data the loss has no minimum, the weights grow for ever, and a large rate throws logits past a thousand. There
# $e^{1000}$ overflows and $e^{-|z|}$ does not:
#
# $$\sigma(z)=\frac{1}{1+e^{-|z|}}\ \text{ for } z\ge0,\qquad\sigma(z)=\frac{e^{-|z|}}{1+e^{-|z|}}\ \text{ for } z<0,\qquad\text{or for both }\ \sigma(z)=\frac{1+\tanh(z/2)}2$$


# %%
def logistic_regression(x, y, lr, steps, l2):
    """Logistic regression by full-batch gradient descent from zeros.

    x: (n, d), n >= 1, real numbers of any dtype. y: (n,) labels 0 and 1. Not changed.
    The loss is the mean log-loss plus l2 / 2 times the sum of squared weights; the bias is not
    penalised. Exactly `steps` steps of rate lr, each moving weights and bias together.
    Returns (w, b): w (d,) and b a number. Both stay finite, without warnings, on separable data
    and at logits of +-1000. Whole numbers are computed in float64; float32 stays float32.
    ValueError: no rows, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x, y)
    if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1]:
        raise ValueError(f"shapes do not fit: x {x.shape}, y {y.shape}")
    x = x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64)
    y, n = xp.astype(y, x.dtype), x.shape[0]
    w = xp.zeros(x.shape[1], dtype=x.dtype, device=device(x))
    b = xp.zeros((), dtype=x.dtype, device=device(x))
    for _ in range(steps):
        residual = (1.0 + xp.tanh((x @ w + b) / 2)) / 2 - y  # the sigmoid, by way of the tangent: nothing can overflow
        w, b = w - lr * (x.T @ residual / n + l2 * w), b - lr * xp.mean(residual)
    return w, b
    ### END SOLUTION


# %%
check(logistic_regression)

# %% [markdown]
# **And how to make it fast.** Per step there are two passes over $x$ that nothing spares you, and the sigmoid. By its two branches that is half a dozen
# passes over the logits; as $\frac12(1+\tanh(z/2))$ it is one call, which the processor makes for several numbers at once. From ten thousand rows on a
# fit takes about three quarters of the time. (To the left $\tanh$ loses the digits of a tiny $p$: good enough for $p-y$, not for $\log p$.)
# `prep bench solutions gradient_descent` measures it on your machine.

# %% [markdown]
# **Put it to work.** Malignant or benign? Thirty features, standardised by the training half, next to scikit-learn's L-BFGS on the same loss:

# %% tags=["instructor"]
logistic_regression = backend.runs(logistic_regression)

# %%
if ready(logistic_regression):
    cancer = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(cancer.target))
    train, test = order[:285], order[285:]
    scaler = StandardScaler().fit(cancer.data[train])
    x_train, x_test = scaler.transform(cancer.data[train]), scaler.transform(cancer.data[test])
    y_train, y_test = cancer.target[train], cancer.target[test]

    def report(name, w, b):
        loss = np.mean(np.logaddexp(0, -(2 * y_train - 1) * (x_train @ w + b))) + 0.01 / 2 * w @ w
        ours, other = (np.mean((x @ w + b > 0) == y) for x, y in ((x_train, y_train), (x_test, y_test)))
        print(f"{name:22} loss {loss:.5f}   right on {ours:.1%} of the training half, {other:.1%} of the other   |w| {np.linalg.norm(w):.2f}")

    for steps in (1, 10, 100, 1000):
        w, b = logistic_regression(x_train, y_train, 0.5, steps, 0.01)
        report(f"{steps} step{'s' * (steps > 1)}", np.asarray(w), float(b))
    lbfgs = LogisticRegression(C=1 / (0.01 * len(train))).fit(x_train, y_train)
    report(f"L-BFGS, {lbfgs.n_iter_[0]} iterations", lbfgs.coef_[0], lbfgs.intercept_[0])

# %% [markdown]
# A thousand steps and L-BFGS reach the same loss, 0.10404; L-BFGS needs 15 iterations, because it learns the curvature on the way. The accuracy
# hardly cares: the best on unseen rows is after ten steps, 98.2 %, by two rows of 284, which is noise. From the tenth step on the
# weights double their length: the predictions get surer more than they get better.
#
# The race is not always so uneven. On well-conditioned features plain descent is as fast as L-BFGS at an equal loss; `prep bench solutions
# gradient_descent` measures that on your machine.
#
# ## 4. `momentum_step`   *(easy, 5 min)*
#
# > *"What does momentum do in a narrow valley?"*
#
# Across the valley the gradients alternate and cancel in the running sum; along it they add up:
#
# $$v\leftarrow\mu v+g,\qquad w\leftarrow w-\eta v$$
#
# On a bowl, with rate and $\mu$ chosen for it, the error shrinks in about $\sqrt\kappa$ steps where plain descent needs $\kappa$.


# %%
def momentum_step(w, g, v, lr, mu):
    """One step of heavy-ball momentum.

    w, g, v: weights, gradient and velocity, arrays of one shape with at least one entry, real
    numbers of any dtype. Not changed.
    Returns (w, v), new arrays: first v = mu * v + g, then w = w - lr * v with the new v.
    Whole numbers are computed in float64; float32 stays float32.
    ValueError: different shapes, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w, g, v)
    if not w.shape == g.shape == v.shape or 0 in w.shape:
        raise ValueError(f"w {w.shape}, g {g.shape} and v {v.shape} must have one shape and entries")
    w, g, v = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (w, g, v))
    v = mu * v + g
    return w - lr * v, v
    ### END SOLUTION


# %%
check(momentum_step)

# %% [markdown]
# ## 5. `adam`   *(medium, 12 min)*
#
# > *"Write Adam, line by line. Why the bias correction? Where is eps?"*
#
# $$m_t=\beta_1m_{t-1}+(1-\beta_1)g_t,\qquad v_t=\beta_2v_{t-1}+(1-\beta_2)g_t^2$$
#
# $$w_t=w_{t-1}-\eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)}+\epsilon}$$
#
# Both means start at 0 and are too small at first, by the factor $1-\beta^t$. Corrected, the very first step has length $\eta$ in every weight,
# whatever the gradient's size. Not corrected, at the usual $\beta_1=0.9$, $\beta_2=0.999$, it is $0.1/\sqrt{0.001}\approx3.2$ times as long. (Kingma
# and Ba, *Adam: a method for stochastic optimization*, 2015.)


# %%
def adam(w0, grads, lr, beta1, beta2, eps):
    """Adam, one step for each gradient of a list.

    w0: array of any shape, at least one weight. grads: list of one or more arrays of that shape.
    Real numbers of any dtype. Not changed.
    Both moments start at zero, t counts from 1, both moments are bias-corrected, eps is added
    outside the root. Gradients of zeros leave w where it is, without a warning.
    Returns w, a new array. Whole numbers are computed in float64; float32 stays float32.
    ValueError: a gradient of another shape, or no weights.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w0, *grads)
    if 0 in w0.shape or any(g.shape != w0.shape for g in grads):
        raise ValueError(f"every gradient must have w0's shape {w0.shape}, with entries")
    w, *grads = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (w0, *grads))
    w = xp.astype(w, w.dtype, copy=True)
    m, v = xp.zeros_like(w), xp.zeros_like(w)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w = w - lr * (m / (1 - beta1**t)) / (xp.sqrt(v / (1 - beta2**t)) + eps)
    return w
    ### END SOLUTION


# %%
check(adam)

# %% [markdown]
# **And how to make it fast.** Every sign in the formula is a pass over arrays as long as the weights, a dozen a step. As long as they fit the cache that
# is cheap; with a million weights memory sets the pace, and NumPy takes a third longer than `torch.optim.Adam`. A fifth is saved by dividing the numbers by
# the corrections instead of the arrays, and by moving the two means in place. What really helps is to read and write each weight once a step, which takes
# a compiler: torch's `fused=True` needs a quarter of our time. `prep bench solutions gradient_descent` measures it on your machine.

# %% [markdown]
# **A race.** The diabetes regression again, all rows at every step. Its features overlap, so $\kappa=470$ even when they are standardised. Plain
# descent and momentum get the best rate and $\mu$ that theory gives for a bowl with these eigenvalues, Adam a rate of 0.1:

# %% tags=["instructor"]
momentum_step, adam = map(backend.runs, (momentum_step, adam))

# %%
if ready(gradient_descent, momentum_step, adam):
    hessian, slope = x_diabetes.T @ x_diabetes / len(x_diabetes), x_diabetes.T @ y_diabetes / len(x_diabetes)
    low, high = np.linalg.eigvalsh(hessian)[[0, -1]]
    start, steps = np.zeros(10), 300
    tracks = {f"gradient descent, η = {2 / (high + low):.2f}": gradient_descent(lambda w: hessian @ w - slope, start, 2 / (high + low), steps)[1]}
    rate, mu = 4 / (high**0.5 + low**0.5) ** 2, ((high**0.5 - low**0.5) / (high**0.5 + low**0.5)) ** 2
    w, v, track = start, np.zeros(10), [start]
    for _ in range(steps):
        w, v = momentum_step(w, hessian @ w - slope, v, rate, mu)
        track.append(w)
    tracks[f"momentum, η = {rate:.2f}, μ = {mu:.2f}"] = track
    w, past, track = start, [], [start]
    for _ in range(steps):
        past.append(hessian @ w - slope)
        w = adam(start, past, 0.1, 0.9, 0.999, 1e-8)
        track.append(w)
    tracks["Adam, η = 0.1"] = track
    figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    for (name, track), colour in zip(tracks.items(), (BLUE, RED, ORANGE), strict=True):
        above = np.array([(w - w_best) @ hessian @ (w - w_best) / 2 for w in np.asarray(track)])
        late = np.flatnonzero(above > 1e-3)[-1] + 1
        when = f"from step {late} on" if late <= steps else "not yet"
        print(f"{name:30} within 0.001 of the best loss: {when:17} at its worst {above.max():.2f} above it")
        ax.semilogy(above, color=colour, label=name)
    ax.set(ylim=(1e-9, 30), xlabel="step", ylabel="loss above the best")
    ax.legend()
    plt.show()

# %% [markdown]
# Plain descent is still at it after 300 steps. Momentum needs 83, at a price: the rate and $\mu$ that are best in the long run first take the
# loss from 0.26 above the best to 9.9. Adam is there at step 63 and then falls behind momentum; it was told nothing about the eigenvalues, but its
# rate was picked out of four. On mini-batches a constant rate ends in a cloud around the goal, wider for a larger rate. That is what schedules are for.

# %% [markdown] question="adam-details" points=4
# ### Q. "Adam, step by step. What does it cost, and when is SGD better?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - running means of gradient and squared gradient, bias-corrected; eps outside the root
# - all gradients times ten give the same steps (up to eps): it adapts to the gradients' scale, weight by weight
# - memory: two more numbers for each weight, usually in float32
# - an L2 penalty in the gradient is divided by the root of v too, so AdamW decouples the decay; on vision tasks SGD with momentum often
#   generalises as well or better
#
# **Red flags** (-1): "Adam needs no learning rate"; eps inside the root.
#
# **Follow-ups**: how long is the first step without the correction? what does a large beta2 do after a spike? where does eps matter (half precision)?
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `clip_by_global_norm`   *(easy, 6 min)*
#
# > *"One bad batch, and the model is gone. What protects you?"*
#
# One factor for **all** parameters, from one norm over all of them: the step gets shorter and keeps its direction. Cutting entry by entry, or array
# by array, turns it.


# %%
def clip_by_global_norm(grads, max_norm):
    """Gradients shortened together to a common norm of at most max_norm.

    grads: list of floating-point arrays of any shapes, with at least one entry in all, finite and
    below 1e100 in size. max_norm > 0. Not changed.
    The norm is the root of the sum of squares over all entries of all arrays. If it is above
    max_norm, every array is multiplied by max_norm / norm; if not, all stay as they are. All
    zeros stay zeros, without a warning.
    Returns a list of new arrays of the same shapes, each of its own dtype.
    ValueError: no array, or no entries in all.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    if sum(math.prod(g.shape) for g in grads) == 0:
        raise ValueError("there is no gradient to clip")
    xp = array_namespace(*grads)
    norm = xp.sqrt(sum(xp.sum(xp.astype(g, xp.float64) ** 2) for g in grads))
    long = norm > max_norm
    factor = xp.where(long, max_norm / xp.where(long, norm, 1.0), 1.0)  # never divides by a norm of 0
    return [g * xp.astype(factor, g.dtype) for g in grads]
    ### END SOLUTION


# %%
check(clip_by_global_norm)

# %% [markdown]
# **Put it to work.** One of the 442 targets is read a thousand times too large, as happens with a decimal comma. Five epochs, batches of 32, rate 0.05:

# %% tags=["instructor"]
clip_by_global_norm = backend.runs(clip_by_global_norm)

# %%
if ready(clip_by_global_norm):
    spoilt = y_diabetes.copy()
    spoilt[100] *= 1000
    for name, target in (("clean", y_diabetes), ("one bad row", spoilt)):
        for limit in (1e9, 10.0, 1.0, 0.1):
            w, norms = np.zeros(10), []
            for _ in range(5):
                for first in range(0, len(target), 32):
                    xb, yb = x_diabetes[first : first + 32], target[first : first + 32]
                    gradient = xb.T @ (xb @ w - yb) / len(xb)
                    norms.append(np.linalg.norm(gradient))
                    w = w - 0.05 * np.asarray(clip_by_global_norm([gradient], limit)[0])
            clipped = np.mean(np.array(norms) > limit)
            print(f"{name:11}  limit {limit:<6g} largest norm {max(norms):4.1f}   clipped {clipped:4.0%} of steps   error on clean data {mse(w):.3f}")

# %% [markdown]
# Without a limit the bad row ruins the model: an error of 6.24, where saying nothing at all has 1. With a limit of 1 it is 0.487, as good as on clean
# data. A limit of 0.1 clips every step, and then it is a smaller learning rate under another name. So log the norms first, and set the limit above
# the ordinary ones. And find the row.

# %% [markdown]
# ## 7. `warmup_cosine`   *(easy, 6 min)*
#
# > *"What does the learning rate of a large model look like over training?"*
#
# Up in a line, while the weights are random and Adam's moments rest on few gradients; then down half a cosine, flat at both ends: it stays
# near the top for a while, and lands softly. The off-by-one is part of the question: step 0 gets `base_lr / warmup`, not 0.


# %%
def warmup_cosine(step, warmup, total, base_lr, min_lr):
    """The learning rate of a step: linear warm-up, then half a cosine.

    step >= 0, warmup >= 0, total > warmup: whole numbers. base_lr, min_lr: numbers.
    For step < warmup: base_lr * (step + 1) / warmup. From there half a cosine, from base_lr at
    step = warmup down to min_lr at step = total; min_lr at every later step. With warmup = 0 it
    starts at base_lr.
    Returns a number.
    """
    ### BEGIN SOLUTION
    import math

    if step < warmup:
        return base_lr * (step + 1) / warmup
    part = min(1.0, (step - warmup) / (total - warmup))
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * part)) / 2
    ### END SOLUTION


# %%
check(warmup_cosine)

# %%
if ready(warmup_cosine):
    figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    ax.plot([warmup_cosine(step, 50, 500, 3e-4, 3e-5) for step in range(600)], color=BLUE)
    ax.set(xlabel="step", ylabel="learning rate", title="warm-up 50, total 500, from 3e-4 to 3e-5")
    ax.ticklabel_format(axis="y", scilimits=(0, 0))
    plt.show()

# %% [markdown] question="nan-debug" points=4
# ### Q. "Your loss is nan at step 300. Go."   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - reproduce it: the saved state and that very batch; is there something odd in the batch (empty, all padding, an outlier)?
# - log loss and gradient norm of the steps before: a slow rise says learning rate, a jump says data or overflow
# - the usual sources: log(0), exp of a large logit, 0/0 in a normalisation, sqrt at 0 in the backward pass, the range of fp16; anomaly detection or
#   a hook finds the first layer
# - mend the cause: a lower rate or warm-up, a clipped norm, a stable loss, bf16 or loss scaling
#
# **Red flags** (-1): "restart with another seed"; `nan_to_num`.
#
# **Follow-ups**: the loss spikes and comes back: do you act? the norm is inf: what does clipping make of it (nan)? is skipping the step honest?
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. `accumulate_gradients`   *(medium, 6 min)*
#
# > *"The batch does not fit. You accumulate over micro-batches. Is it the same?"*
#
# It is, when you divide **once**, by the number of all tokens. Sequences differ in length, and padding does not count, so micro-batches hold
# different numbers of tokens.


# %%
def accumulate_gradients(sums, counts):
    """The mean gradient of a big batch from its micro-batches.

    sums: list of arrays of one shape, each the sum of the gradients over a micro-batch's tokens;
    real numbers of any dtype. counts: list of whole numbers >= 0, the tokens of each micro-batch;
    where a count is 0, so is the sum. Not changed.
    Returns the mean over all tokens, a new array of that shape. Whole numbers are computed in
    float64; float32 stays float32.
    ValueError: all counts 0, lists of different lengths, sums of different shapes, or no
    micro-batch.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not sums or len(sums) != len(counts) or any(one.shape != sums[0].shape for one in sums) or sum(counts) == 0:
        raise ValueError("need a count for each sum, sums of one shape, and at least one token")
    xp = array_namespace(*sums)
    table = xp.stack(sums)
    return xp.sum(table if xp.isdtype(table.dtype, "real floating") else xp.astype(table, xp.float64), axis=0) / sum(counts)
    ### END SOLUTION


# %%
check(accumulate_gradients)

# %% [markdown] question="accumulation-equal" points=3
# ### Q. "Gradient accumulation against a large batch: are they equal?"   *(hard, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - yes, when sums are added and divided once by all tokens; a mean of means is wrong as soon as token counts differ (found in widely used
#   trainers in 2024)
# - not with batch normalisation, whose statistics see one micro-batch only; dropout draws other masks; rounding differs
# - it saves memory, not time; clip and step once, after the last micro-batch, and reduce across GPUs once as well
#
# **Red flags** (-1): "always equal".
#
# **Follow-ups**: and across GPUs with different token counts? how would you test it?
# === END MARK SCHEME ===

# %% [markdown] question="saddles" points=3
# ### Q. "Are you not stuck in local minima?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - in many dimensions nearly every critical point of high loss has some direction down: saddles far outnumber bad minima
# - near a saddle plain descent is slow, rarely stuck; noise and momentum carry it away
# - care with "flat minima generalise": flatness changes when weights are rescaled, the function does not
#
# **Red flags** (-1): a picture in two dimensions as proof.
#
# **Follow-ups**: what would you measure to tell a plateau from a minimum (gradient norm, smallest Hessian eigenvalue)?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: the mean of the means   *(medium, 8 min)*
#
# Until October 2024 widely used trainers of large models accumulated gradients like this. Each micro-batch reports the mean gradient over **its**
# tokens, and the trainer averages over the micro-batches:


# %%
def published_accumulation(means, counts):
    """The gradient of the big batch, as it was shipped. Wrong."""
    return sum(means) / len(means)


print(published_accumulation([np.array([1.0, 0.0]), np.array([0.0, 1.0])], [8, 8]))

# %% [markdown]
# That result is right, as it is whenever all counts are equal, and that is what one tries first. **So give an input on which it fails.**


# %%
def accumulation_counterexample():
    """Micro-batches on which published_accumulation is off.

    Returns (means, counts): a list of two or more arrays (or lists of numbers) of one shape, and
    a list with a count for each, whole numbers from 1 to 4096.
    Each mean has a length (the root of its sum of squares) of at most 10. The published gradient
    differs from the mean over all tokens, and by at least a fifth of the latter's length.
    """
    ### BEGIN SOLUTION
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0])], [1, 99]
    ### END SOLUTION


# %%
check(accumulation_counterexample)

# %% [markdown]
# **Then, mended**, still from means.


# %%
def accumulation_mended(means, counts):
    """The mean gradient over all tokens, from the micro-batches' means.

    means: list of arrays of one shape, each the mean gradient over a micro-batch's tokens; real
    numbers of any dtype. counts: list of whole numbers >= 0, the tokens of each micro-batch; where
    a count is 0, so is the mean. Not changed.
    Returns a new array of that shape. Whole numbers are computed in float64; float32 stays
    float32.
    ValueError: all counts 0, lists of different lengths, means of different shapes, or no
    micro-batch.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not means or len(means) != len(counts):
        raise ValueError(f"need a count for each mean, not {len(counts)} for {len(means)}")
    xp = array_namespace(*means)
    means = [mean if xp.isdtype(mean.dtype, "real floating") else xp.astype(mean, xp.float64) for mean in means]
    return accumulate_gradients([mean * count for mean, count in zip(means, counts, strict=True)], counts)
    ### END SOLUTION


# %%
check(accumulation_mended)

# %% [markdown]
# **How much does it matter?** The gradient of the diabetes regression at $w=0$, from micro-batches of equal and of very different sizes:

# %% tags=["instructor"]
accumulation_mended = backend.runs(accumulation_mended)

# %%
if ready(accumulation_mended):
    for cuts in ([147, 294], [100, 250], [2, 42]):
        parts = list(zip(np.split(x_diabetes, cuts), np.split(y_diabetes, cuts), strict=True))
        means, counts = [-x.T @ y / len(y) for x, y in parts], [len(y) for _, y in parts]
        whole = -x_diabetes.T @ y_diabetes / len(y_diabetes)
        both = published_accumulation(means, counts), accumulation_mended(means, counts)
        published, mended = (np.linalg.norm(np.asarray(got) - whole) / np.linalg.norm(whole) for got in both)
        print(f"micro-batches of {counts!s:16}  published off by {published:6.1%}   mended off by {mended:.0e}")

# %% [markdown]
# With equal counts the slip does not show, with nearly equal ones it is a few per cent, with a batch of two rows beside one of 400 it is two thirds
# of the gradient. So a test on equal lengths cannot find it: test accumulation against the one big batch, on ragged data.

# %% [markdown]
# ## Before you leave the room
#
# - Scale the features, then talk about $2/\lambda_{\max}$, then tune the rate.
# - Average over the rows that are there. Divide once, by everything.
# - Adam: corrected from $t=1$, eps outside the root, two more numbers for each weight.
# - For nan: the batch, the norm, the exponent, in this order.
#
# **Follow-ups to practise aloud**: Why does momentum need $\sqrt\kappa$ steps? What does a rate of exactly $2/\lambda_{\max}$ do? Do you clip
# before or after accumulation? What does Adam do to a feature that is rarely seen? Why can a loss rise while the accuracy does too?

# %%
status()
