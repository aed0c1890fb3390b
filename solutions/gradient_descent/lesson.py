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
#     order: 2
#     minutes: 190
#     topics: [optimisers, learning rate, training loops]
#     needs: []
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
# 1. You know **when it converges**: the learning rate against the curvature, and what the scale of the features does to it.
# 2. You can write the **optimisers** everybody uses, with their details: which velocity moves the weights, where eps stands, from what t counts, what
#    AdamW does to the decay.
# 3. You **keep it alive**: stable logits, clipping, warm-up, and gradients accumulated with the right weights.
#
# You will write nine functions from scratch. At the end come three hunts: a training loop that goes nan at step 300, a loop whose steps you predict,
# and a bug that large-model trainers shipped until 2024.
#
# **What it needs:** NumPy and the derivative of a square; no other lesson.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(adam)` helps in three steps. Rules for all: arrays come in any memory
# layout, read-only ones too; the real-valued arrays of one call share one dtype; valid input gives no warning; results are compared to a relative 1e-7 in float64 and to 1e-3 or better in float32,
# unless a text says otherwise.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# gradient_descent, minibatch_gd, logistic_regression, momentum_step, adam, adamw, clip_by_global_norm, training_mended, accumulation_mended.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
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
# On a bowl $\frac12\sum_i\lambda_i w_i^2$ a step of learning rate $\eta$ multiplies coordinate $i$ by $1-\eta\lambda_i$. All of them shrink if and
# only if
#
# $$0<\eta<\frac{2}{\lambda_{\max}}$$
#
# The steepest direction sets the limit, the flattest one the time. Below $1/\lambda_{\max}$ the path creeps along the valley; between
# $1/\lambda_{\max}$ and $2/\lambda_{\max}$ it zig-zags across it; above that it flies away. How bad it gets is one number, the condition number
# $\kappa=\lambda_{\max}/\lambda_{\min}$: with the best learning rate, $2/(\lambda_{\max}+\lambda_{\min})$, the error shrinks by
# $\frac{\kappa-1}{\kappa+1}\approx1-\frac2\kappa$ a step, so it takes some $\kappa$ steps. Near a minimum a smooth loss looks like such a bowl: the
# axes are the Hessian's eigenvectors, the $\lambda_i$ its eigenvalues.

# %% tags=["folded"]
curvature = np.array([1.0, 10.0])


def contour(learning_rate=0.18):
    """Twenty steps on a bowl with curvatures 1 and 10."""
    path = [np.array([-4.0, 1.0])]
    for _ in range(20):
        path.append(path[-1] - learning_rate * curvature * path[-1])
    path = np.array(path)
    flat, steep = np.meshgrid(np.linspace(-5, 5, 121), np.linspace(-2, 2, 81))
    slow, exact = learning_rate <= 0.1, abs(learning_rate - 0.2) < 1e-4
    word = "creeps" if slow else "never settles" if exact else "zig-zags" if learning_rate < 0.2 else "diverges"
    loss = np.sum(curvature * path[-1] ** 2) / 2
    figure, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    ax.contour(flat, steep, (flat**2 + 10 * steep**2) / 2, levels=14, colors="0.7", linewidths=0.8)
    ax.plot(*path.T, marker="o", markersize=4, color=RED)
    ax.set(xlim=(-5, 5), ylim=(-2, 2), xlabel="flat direction, λ = 1", ylabel="steep direction, λ = 10")
    ax.set_title(f"learning rate {learning_rate:.3f} {word} (2/λmax = 0.2); loss {loss:.2g} after 20 steps")
    plt.show()


contour()

# %% tags=["folded"]
_ = interact(contour, learning_rate=FloatSlider(0.18, min=0.01, max=0.23, step=0.005, continuous_update=False))

# %% [markdown]
# At 0.18 every step crosses the valley, because the steep coordinate is multiplied by $1-1.8=-0.8$, and twenty steps leave a loss of 0.0035. Move the
# slider to 0.2: the steep coordinate is multiplied by $-1$ for ever, and past it the path leaves the picture.
#
# ## 1. `gradient_descent`   *(easy, 6 min, asked often)*
#
# > *"Implement gradient descent for any function whose gradient I give you. Return the path as well."*
#
# The trap is the path. `w -= lr * g` changes one and the same array, so a list of it holds the last place `steps + 1` times, and the caller's `w0`
# has moved with it.


# %%
def gradient_descent(grad, w0, lr, steps):
    """Plain gradient descent, with its path.

    grad: a function; grad(w) is the gradient at w, a new array of w's shape and dtype.
    w0: array of any shape, 0-d too, at least one weight; real numbers of any dtype. Not changed.
    lr: the learning rate. steps: int >= 0. Each step is w - lr * grad(w), and all of them are
    taken, at a minimum too; grad is called once a step.
    Returns two arrays (w, history): the last place, of w0's shape, and all places,
    (steps + 1, *w0.shape), the first of them w0. With steps = 0, w is a copy of w0. Neither shares
    memory with w0. Whole numbers are computed in float64; float32 stays float32.
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
# **In PyTorch.** `torch.optim.SGD([w], lr)`: fill `w.grad` by `loss.backward()`, then `optimiser.step()`, then `optimiser.zero_grad()`. It moves `w`
# in place, which is why a list of `w` without `.clone()` is the same trap there. SciPy's `minimize` has no plain descent: it always chooses the step.
#
# **Put it to work: why the scale of the features matters.** How strong is a wine, given its phenols and its colour? Twenty steps from zero, on the
# measurements as they are and on the same standardised, each at the learning rate that is best for it, $2/(\lambda_{\max}+\lambda_{\min})$:

# %% tags=["instructor"]
gradient_descent = backend.runs(gradient_descent)

# %% tags=["folded"]
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
# Two features make a zig-zag; all twelve, at the learning rate $1/\lambda_{\max}$, make a standstill. The Hessian is $x^\top x/n$, so a feature's
# scale enters it squared: proline is counted in hundreds, hue in tenths, $\kappa$ is twelve million, and after a thousand steps 28 % of what the fit
# could gain is still missing. Standardised, $\kappa$ is 45, and twenty steps leave 0.6 %. (There is no chance in this: full-batch descent from zero
# gives the same path every time.)
#
# **What scaling changes, and what it does not.** The best predictions of a plain linear model stay the same, since $(x_j/s)\cdot(s\,w_j)=x_jw_j$:
# only the way there gets shorter. (Different scales stretch the contours into long ellipses, and from a point on one of those the gradient does not point
# at the minimum: hence the zig-zag.) A **penalty** is another matter: a feature in small numbers needs a large weight, and a large weight pays more for
# the same effect, so L1 and L2 mean something only on one scale. Mean and standard deviation come from the training rows alone, as any other fitted
# parameter. Trees do not care, since a split asks for an order; $k$-nearest neighbours and kernels measure distances, so they do.

# %% [markdown] question="scaling" points=4
# ### Q. "Why should I scale my features? A linear model can choose any weights."   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the optimum's predictions stay the same, the way there does not: scales stretch the contours, and the gradient no longer points at the minimum
# - the learning rate must stay below 2/λmax, and the flattest direction then takes about κ steps (about √κ with momentum)
# - a penalty (L1, L2) is not invariant: a feature in small numbers pays more for the same effect
# - statistics from the training rows only; trees do not care, k-nearest neighbours and kernels do
#
# **Red flags** (-1): "for accuracy" without saying how; scaling fitted on all the data.
#
# **A strong answer, said aloud**: You are right that scaling does not change what an unpenalised linear model can predict: if I multiply a feature by
# a thousand, its weight becomes a thousandth. What changes is how we get there. The loss is a bowl, and its curvature along a feature goes with the
# square of the feature's scale. The learning rate has to stay below two over the largest curvature, or we diverge; and then the flattest direction
# needs about kappa steps, the ratio of the largest curvature to the smallest. I have seen kappa go from twelve million to forty-five on the wine data
# just by standardising. Momentum needs the root of kappa, but I still pay. Second, as soon as there is an L1 or L2 penalty the scale does matter for
# the result, because a feature in small numbers needs a large weight and is punished for it. In practice I fit the scaler on the training rows only.
# For trees I do not bother; for nearest neighbours or kernels I must, since they are made of distances.
#
# **A weak candidate says**: "Scaling makes the model more accurate, so I always call StandardScaler on the whole data set first."
#
# **Follow-ups**:
# - *Does Adam make scaling unnecessary?* It takes away most of the harm: each weight gets a step of its own. But it scales along the axes only, so
#   correlated features stay a narrow valley, and a penalty still depends on the scale.
# - *What do batch and layer normalisation do for κ?* They keep the inputs of every layer at mean 0 and spread 1 while the layers below change, which
#   is standardisation for hidden features; larger learning rates become possible.
# - *What happens at a learning rate of exactly 2/λmax?* The steepest coordinate is multiplied by -1 in each step: it jumps between two places for
#   ever, while all others converge.
# === END MARK SCHEME ===

# %% [markdown]
# ## 2. `minibatch_gd`   *(easy, 8 min, asked often)*
#
# > *"Batch, mini-batch, stochastic: what changes? And what about the last batch?"*
#
# The gradient of $\frac1{2n}\|xw-y\|^2$ is $x^\top(xw-y)/n$: by indices, $\partial/\partial w_j$ of $\frac1{2n}\sum_i r_i^2$ with
# $r_i=\sum_jx_{ij}w_j-y_i$ is $\frac1n\sum_i r_ix_{ij}$. On a batch of $B$ rows it is an estimate of that: unbiased if the rows are drawn at random,
# with a variance that falls as $1/B$ while the work grows as $B$. Ten rows in batches of four leave a batch of two, and its gradient is the mean over
# **two** rows.
#
# Why not single rows, then, if a step is so cheap? Because a matrix product over 64 rows takes a processor or a GPU hardly longer than one row: the
# weights are read once for all of them. And why shuffle? An epoch of data sorted by class is a hundred steps towards "all are cats", then a hundred
# towards "all are dogs": each batch's gradient is then an estimate of something else than the whole.


# %%
def minibatch_gd(x, y, w0, lr, epochs, batch_size):
    """Mini-batch descent on half the mean squared error of x @ w.

    x: (n, d), y: (n,), w0: (d,), n >= 1, real numbers of any dtype. Not changed.
    Rows are taken in their order, batch_size at a time, without shuffling, and all of them
    `epochs` times (0 epochs: a copy of w0). The last batch may be shorter, and batch_size may be
    larger than n. Each batch makes one step w - lr * g, with g the gradient of
    mean((x w - y)^2) / 2 over the rows of that batch; no batch is left out, whatever its gradient.
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
# **In PyTorch / scikit-learn.** `DataLoader(dataset, batch_size, shuffle=True, drop_last=False)` cuts the batches; `drop_last=True` throws the short
# one away, ours keeps it. `nn.MSELoss()` is the mean of $r^2$ without our ½, so its gradient is twice ours. scikit-learn's `SGDRegressor` takes one
# row at a time, and its `partial_fit` takes the batches you cut.
#
# **Put it to work: what should happen to the learning rate when the batch grows?** Diabetes data, standardised, five epochs, each number the mean
# over ten orders of the rows, the bars their spread (one standard deviation). Three rules: the same learning rate for every batch size; one that
# grows with the root of it; one that grows with it, which is what you get when you **sum** over the batch instead of averaging.

# %% tags=["instructor"]
minibatch_gd = backend.runs(minibatch_gd)

# %% tags=["folded"]
diabetes = load_diabetes(scaled=False)
order = np.random.default_rng(0).permutation(len(diabetes.target))
x_diabetes = StandardScaler().fit_transform(diabetes.data)[order]
y_diabetes = ((diabetes.target - diabetes.target.mean()) / diabetes.target.std())[order]
w_best = np.linalg.lstsq(x_diabetes, y_diabetes, rcond=None)[0]


def mse(w):
    """Mean squared error on all rows; 1 for w = 0."""
    return np.mean((x_diabetes @ np.asarray(w) - y_diabetes) ** 2)


def five_epochs(learning_rate, size, rows=442):
    """The errors after five epochs, in ten orders of the rows."""
    orders = [np.random.default_rng(seed).permutation(442)[:rows] for seed in range(10)]
    return [mse(minibatch_gd(x_diabetes[order], y_diabetes[order], np.zeros(10), learning_rate, 5, size)) for order in orders]


if ready(minibatch_gd):
    sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 442]
    figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    print(f"{'batch size':25}", *[f"{size:7}" for size in sizes])
    for power, name, colour in ((0, "0.01", BLUE), (0.5, "0.01 √batch", ORANGE), (1, "0.01 batch", RED)):
        errors = np.array([five_epochs(0.01 * size**power, size) for size in sizes])
        print(f"learning rate {name:11}", *[f"{error:7.2g}" for error in errors.mean(axis=1)])
        print(f"{'   standard deviation':25}", *[f"{error:7.1g}" for error in errors.std(axis=1)])
        means, spreads = errors.mean(axis=1), errors.std(axis=1)
        spreads[means > 1] = 0  # what has left the picture has no bar in it
        ax.errorbar(sizes, means, spreads, marker="o", capsize=3, color=colour, label=f"learning rate {name}")
    ax.axhline(mse(w_best), color="black", linestyle="--", linewidth=1, label="least squares")
    ax.set(xscale="log", ylim=(0.45, 1.0), xlabel="batch size", ylabel="mean squared error after 5 epochs")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    for rows in (442, 440):
        errors = five_epochs(0.08, 8, rows)
        print(f"batches of 8, learning rate 0.08, {rows} rows: {np.mean(errors):.2f} ± {np.std(errors):.2f}, the worst of ten {max(errors):.2f}")

# %% [markdown]
# Read the red line from left to right. **The bump at 8** is the short last batch: $442=55\cdot8+2$, so the last step of every epoch takes the
# learning rate of eight rows on the gradient of two, and two rows can be very steep. Without those two rows the bump is gone (0.50 in the place of
# 0.54, and a third of the spread). **The exit after 32** is the law of the first picture: from 64 on the learning rate is above
# $2/\lambda_{\max}\approx0.5$, and the line goes straight up to $10^{12}$ and more.
#
# Averaging at one learning rate never blows up, yet it is no free lunch: all 442 rows in one batch make five steps in five epochs, and five small
# steps leave the error at 0.88 of its start. Here the constant learning rate is best up to a batch of 8, the root from 16 on. How far the learning
# rate should grow with the batch is a rule of thumb: for twice the batch the linear rule makes half as many steps twice as long, and the root keeps
# the noise of a step, which goes as $\eta/\sqrt B$, at its size. Both want a warm-up, and past some batch size neither helps. The limit
# $2/\lambda_{\max}$ is a law.

# %% [markdown] question="batch-sizes" points=3
# ### Q. "Batch, mini-batch or SGD? You double the batch: what happens to the learning rate?"   *(easy, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the variance of the gradient against the cost of a step; mini-batches because the hardware wants matrix products
# - unbiased only if rows are drawn at random: shuffle every epoch; the last, shorter batch is averaged over its own rows, or dropped on purpose
# - twice the batch: a learning rate up to twice as large (linear) or √2 times, with warm-up; it stops paying at some batch size
#
# **Red flags** (-1): "SGD is less accurate"; a sum over the batch; "keep the learning rate" without noticing that there are half as many steps.
#
# **A strong answer, said aloud**: All three follow the same gradient on average; they differ in noise and cost. The full batch gives the exact
# gradient at the price of all data for one step. A single row is cheap and unbiased, but noisy, and it starves the
# hardware. A mini-batch of B rows has a B-th of the variance, and up to some size costs hardly more time than one row. It is unbiased only if
# rows are drawn at random, so I shuffle every epoch, and I average the short last batch over its own rows. If I double the batch I make half as many
# steps per epoch, so with the same learning rate I move about half as far. The usual rules are twice the learning rate for SGD, or root two, more
# common for Adam, with a warm-up, because early on the larger step is what breaks. That holds up to a critical batch size; past it the noise is no
# longer the bottleneck, and the limit of two over the largest curvature does not move with the batch.
#
# **A weak candidate says**: "A larger batch is more accurate, so I take the largest that fits into memory and leave the rest as it is."
#
# **Follow-ups**:
# - *Does the noise help generalisation?* Often a little: small batches at a large learning rate tend to end in flatter regions. Much of the reported
#   gap closes once the learning rate is tuned for each batch size.
# - *What does an epoch of data sorted by class do?* Each stretch pulls the model to one class and forgets the one before; the loss saws up and down,
#   and the last class wins.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `logistic_regression`   *(medium, 12 min, asked often)*
#
# > *"Train a logistic regression from scratch. It must survive data that a line separates."*
#
# With $p=\sigma(xw+b)$ and the log-loss $-y\log p-(1-y)\log(1-p)$, the derivative by the logit is $p-y$: the factor $p(1-p)$ of the sigmoid cancels
# against the loss. On separable data the loss has no minimum, the weights grow for ever, and a large learning rate throws logits past a thousand.
# There $e^{1000}$ overflows and $e^{-|z|}$ does not:
#
# $$\sigma(z)=\frac{1}{1+e^{-|z|}}\ \text{ for } z\ge0,\qquad\sigma(z)=\frac{e^{-|z|}}{1+e^{-|z|}}\ \text{ for } z<0,\qquad\text{or for both }\ \sigma(z)=\frac{1+\tanh(z/2)}2$$
#
# (`np.where(z >= 0, 1 / (1 + np.exp(-z)), ...)` does not help: it computes both branches for all entries and then picks.)


# %%
def logistic_regression(x, y, lr, steps, l2):
    """Logistic regression by full-batch gradient descent from zeros.

    x: (n, d), n >= 1, real numbers of any dtype. y: (n,) labels 0 and 1 of any dtype. Not changed.
    The loss is the mean log-loss plus l2 / 2 times the sum of squared weights; the bias is not
    penalised. Exactly `steps` steps of learning rate lr, however short; each moves weights and bias
    together, both by the gradient at the place before the step.
    Returns (w, b): w (d,) and b a number. Both stay finite, without warnings, on separable data
    and at logits of +-1000. Whole numbers are computed in float64; float32 x stays float32.
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
# **In PyTorch / scikit-learn.** `nn.BCEWithLogitsLoss()` on the logits, with the sigmoid inside it and stable; `BCELoss` after a sigmoid of your own
# clamps the logarithm at -100 to survive. `weight_decay=l2` in `torch.optim.SGD` penalises the bias too, unless it has a parameter group of its own.
# `LogisticRegression(C=1 / (n * l2))` minimises the **sum** of the log-losses plus $\frac1{2C}\|w\|^2$, from L-BFGS's own steps, and leaves the bias
# alone.
#
# <details><summary>How to make it fast</summary>
#
# Per step there are two passes over $x$ that nothing spares you, and the sigmoid. By its two branches that is half a dozen passes over the logits; as
# $\frac12(1+\tanh(z/2))$ it is one call, which the processor makes for several numbers at once. (To the left $\tanh$ loses the digits of a tiny $p$:
# good enough for $p-y$, not for $\log p$.) `prep bench solutions gradient_descent` measures it on your machine.
#
# </details>
#
# **Put it to work.** Malignant or benign? Thirty features, standardised by the training half, next to scikit-learn's L-BFGS on the same loss; means
# over ten splits, with their standard deviations:

# %% tags=["instructor"]
logistic_regression = backend.runs(logistic_regression)

# %% tags=["folded"]
cancer = load_breast_cancer()


def halves(seed):
    """A training half and the other one, standardised by the former."""
    order = np.random.default_rng(seed).permutation(len(cancer.target))
    train, test = order[:285], order[285:]
    scaler = StandardScaler().fit(cancer.data[train])
    return scaler.transform(cancer.data[train]), cancer.target[train], scaler.transform(cancer.data[test]), cancer.target[test]


if ready(logistic_regression):
    table = {}
    for seed in range(10):
        x_train, y_train, x_test, y_test = halves(seed)
        lbfgs = LogisticRegression(C=1 / (0.01 * len(x_train))).fit(x_train, y_train)
        fits = {f"{steps} step{'s' * (steps > 1)}": logistic_regression(x_train, y_train, 0.5, steps, 0.01) for steps in (1, 10, 100, 1000)}
        fits["L-BFGS"] = lbfgs.coef_[0], lbfgs.intercept_[0]
        for name, (w, b) in fits.items():
            w, b = np.asarray(w), float(b)
            loss = np.mean(np.logaddexp(0, -(2 * y_train - 1) * (x_train @ w + b))) + 0.01 / 2 * w @ w
            right = [100 * np.mean((x @ w + b > 0) == y) for x, y in ((x_train, y_train), (x_test, y_test))]
            table.setdefault(name, []).append([loss, *right, np.linalg.norm(w), lbfgs.n_iter_[0]])
    for name, rows in table.items():
        loss, ours, other, length, iterations = np.mean(rows, axis=0)
        spread = np.std(rows, axis=0)[2]
        print(f"{name:10} loss {loss:.5f}   right on {ours:.1f} % of the training half, {other:.1f} ± {spread:.1f} % of the other   |w| {length:.2f}")
    print(f"L-BFGS took {iterations:.0f} iterations on average")

# %% [markdown]
# A thousand steps and L-BFGS reach the same loss, 0.09556; L-BFGS needs 13 iterations, because it learns the curvature on the way. The accuracy on
# the other half gets from 93.5 % after one step to 97.4 % after a hundred and then stands still, within its spread of 0.6 to 0.8 points, while the
# weights still grow: the predictions get surer, not better.
#
# The race is not always so uneven. On well-conditioned features plain descent is as fast as L-BFGS at an equal loss; `prep bench solutions
# gradient_descent` measures that on your machine.
#
# ## 4. `momentum_step`   *(easy, 5 min, asked sometimes)*
#
# > *"What does momentum do in a narrow valley?"*
#
# Across the valley the gradients alternate and cancel in the running sum; along it they add up. Where the gradient stays the same, $v$ grows to
# $g\,(1+\mu+\mu^2+\dots)=\frac g{1-\mu}$: an effective learning rate of $\frac\eta{1-\mu}$, ten times $\eta$ at $\mu=0.9$.
#
# $$v\leftarrow\mu v+g,\qquad w\leftarrow w-\eta v$$


# %%
def momentum_step(w, g, v, lr, mu):
    """One step of heavy-ball momentum.

    w, g, v: weights, gradient and velocity, arrays of one shape with at least one entry, real
    numbers of any dtype. Not changed.
    Returns (w, v), new arrays: first v = mu * v + g, then w = w - lr * v with the new v. lr and mu
    are numbers, whole ones too, and mu may be 0. Whole numbers are computed in float64, both
    results are floats; float32 stays float32.
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
# **In PyTorch / Keras.** `torch.optim.SGD(momentum=mu)` is this form: $v=\mu v+g$, and the learning rate multiplies $v$ at the step. (`dampening`
# puts $1-\text{dampening}$ before $g$.) Keras and the original papers keep the learning rate in the velocity, $v=\mu v-\eta g$ and $w=w+v$: the same
# path while $\eta$ is constant, another one as soon as a schedule changes it, since the old velocity then carries the old learning rate.
#
# **Nesterov** asks for the gradient where the velocity is about to carry you. In PyTorch's form (`nesterov=True`) the velocity is updated as above
# and the step is $w-\eta(g+\mu v)$ with the new $v$: one look further ahead, and on convex losses the better bound.
#
# **Where $\sqrt\kappa$ comes from.** On the bowl every coordinate goes its own way. With $v$ eliminated ($\eta v_t=w_{t-1}-w_t$) it follows
#
# $$w_{t+1}=(1+\mu-\eta\lambda)\,w_t-\mu\,w_{t-1},\qquad\text{so } w_t\sim r^t\ \text{ with }\ r^2-(1+\mu-\eta\lambda)\,r+\mu=0$$
#
# The product of the two roots is $\mu$. As long as they are complex they are conjugate, so both have $|r|=\sqrt\mu$, **whatever $\lambda$ is**; and
# they are complex (or one double root) if $(1+\mu-\eta\lambda)^2\le4\mu$, that is, if $(1-\sqrt\mu)^2\le\eta\lambda\le(1+\sqrt\mu)^2$. The smallest
# $\mu$ whose range holds every $\lambda$ has $\lambda_{\min}$ on the left end and $\lambda_{\max}$ on the right one. Divide the two:
#
# $$\sqrt\kappa=\frac{1+\sqrt\mu}{1-\sqrt\mu}\quad\Longrightarrow\quad\sqrt\mu=\frac{\sqrt\kappa-1}{\sqrt\kappa+1}\approx1-\frac2{\sqrt\kappa},\qquad\eta=\frac4{(\sqrt{\lambda_{\max}}+\sqrt{\lambda_{\min}})^2}$$
#
# Each step shrinks the error by $1-2/\sqrt\kappa$ where plain descent has $1-2/\kappa$: some $\sqrt\kappa$ steps instead of $\kappa$. For
# $\kappa=470$ that is $\mu=0.83$. (The double root at the ends brings a factor $t$ before $r^t$: that is why the loss first rises.)

# %% [markdown] question="momentum" points=3
# ### Q. "Why does momentum need √κ steps where plain descent needs κ?"   *(hard, 5 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the running sum cancels the gradients that alternate across the valley and adds up those along it: an effective learning rate of η/(1-μ) in a
#   steady direction
# - on a bowl each coordinate follows a two-term recursion; with complex roots their product is μ, so every direction shrinks by √μ a step, whatever
#   its curvature
# - the flattest and the steepest direction at the ends of that range give √μ = (√κ-1)/(√κ+1), so about √κ steps; the price is a start that may
#   overshoot
#
# **Red flags** (-1): "momentum escapes local minima" as the whole answer; "it is the same as a larger learning rate".
#
# **A strong answer, said aloud**: Picture a narrow valley. Plain descent has to keep the learning rate below two over the steepest curvature, so
# along the valley each step leaves one minus two over kappa of the error. Momentum keeps a running sum of gradients. Across the valley
# they alternate in sign and cancel; along it they agree and add up to one over one minus mu times the gradient, ten times at mu 0.9. To get the root,
# look at one coordinate with curvature lambda: the next place is one plus mu minus eta lambda times this place, minus mu times the last one. That is
# a quadratic for the growth factor, and the product of its roots is mu. As long as the roots are complex, both have size root mu, for every lambda.
# If I choose eta and mu so that the whole range of curvatures just fits, root mu becomes root kappa minus one over root kappa plus one, about one
# minus two over root kappa. Kappa 470 then means tens of steps instead of hundreds; the loss may rise first.
#
# **A weak candidate says**: "Momentum makes it faster because the ball rolls down the hill and does not get stuck."
#
# **Follow-ups**:
# - *What does Nesterov change?* The gradient is taken (or corrected) at the place the velocity leads to, so overshooting is noticed one step earlier;
#   on convex losses it has the proven 1/t² bound.
# - *How far does the velocity look back?* About 1/(1-μ) steps: ten at 0.9, a hundred at 0.99.
# - *You raise μ from 0.9 to 0.99 and keep the learning rate. What happens?* The steady step is ten times longer, so it may diverge on noise or
#   overshoot: lower the learning rate by about as much.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `adam`   *(medium, 12 min, asked often)*
#
# > *"Write Adam, line by line. Why the bias correction? Where is eps?"*
#
# **RMSProp** came first: divide each gradient by the root of a running mean of its square, so that every weight gets steps of one size, whatever its
# gradient's scale. **Adam** is RMSProp with a running mean of the gradient on top, both corrected for their start:
#
# $$m_t=\beta_1m_{t-1}+(1-\beta_1)g_t,\qquad v_t=\beta_2v_{t-1}+(1-\beta_2)g_t^2$$
#
# $$w_t=w_{t-1}-\eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)}+\epsilon}$$
#
# Both means start at 0 and are too small at first, by the factor $1-\beta^t$ (the weights $(1-\beta)\beta^{t-i}$ of the gradients so far add up to
# just that). Corrected, the very first step has length $\eta$ in every weight, whatever the gradient's size. Not corrected, at the usual
# $\beta_1=0.9$, $\beta_2=0.999$, it is $0.1/\sqrt{0.001}\approx3.2$ times as long.
#
# **Where eps stands is a convention, and you should know which one you use.** Outside the root, as here, in the paper's algorithm and in PyTorch,
# $10^{-8}$ is compared to the gradient's size. Inside the root it is compared to its square, so $10^{-8}$ there acts as $10^{-4}$ outside.
# TensorFlow's "epsilon hat" is the paper's other form, added to the root of the *uncorrected* $v$. In half precision $10^{-8}$ is simply 0: there it
# must be larger.
#
# (Kingma and Ba, *Adam: a method for stochastic optimization*, 2015.)


# %%
def adam(w0, grads, lr, beta1, beta2, eps):
    """Adam, one step for each gradient of a list.

    w0: array of any shape, at least one weight. grads: list of arrays of that shape, possibly
    empty. float64, float32 or whole numbers of any dtype; entries 0 or between 1e-15 and 1e15 in
    size. eps > 0. Not changed.
    Both moments start at zero, t counts from 1, both moments are bias-corrected, eps is added
    outside the root. Every gradient makes a step, zeros too: they move w by the old moments only,
    and not at all when nothing came before, without a warning.
    Returns w, a new array; without gradients a float copy of w0. Whole numbers are computed in
    float64; float32 stays float32.
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
# **In PyTorch.** `torch.optim.Adam(params, lr, betas=(0.9, 0.999), eps=1e-8)`: the same formula, eps outside the root. Its `weight_decay` is an L2
# penalty: it adds $\lambda w$ to the gradient before the moments see it, so that it is divided by $\sqrt v$ like everything else; AdamW, the next
# exercise, keeps the decay out. Moments are kept in the parameter's dtype, two of them: a model whose weights take 4 bytes each needs 8 more for
# Adam.
#
# <details><summary>How to make it fast</summary>
#
# Every sign in the formula is a pass over arrays as long as the weights, a dozen a step. As long as they fit the cache that is cheap; with a million
# weights memory sets the pace. Dividing the numbers by the corrections instead of the arrays, and moving the two means in place, saves a part. What
# really helps is to read and write each weight once a step, which takes a compiler: torch's `fused=True`. `prep bench solutions gradient_descent`
# measures all of them on your machine.
#
# </details>
#
# **A race.** The diabetes regression again, all rows at every step. Its features overlap, so $\kappa=470$ even when they are standardised. Plain
# descent and momentum get the best learning rate and $\mu$ that theory gives for a bowl with these eigenvalues, Adam a learning rate of 0.1:

# %% tags=["instructor"]
momentum_step, adam = map(backend.runs, (momentum_step, adam))

# %% tags=["folded"]
if ready(gradient_descent, minibatch_gd, momentum_step, adam):
    hessian, slope = x_diabetes.T @ x_diabetes / len(x_diabetes), x_diabetes.T @ y_diabetes / len(x_diabetes)
    low, high = np.linalg.eigvalsh(hessian)[[0, -1]]
    start, steps = np.zeros(10), 300
    tracks = {f"gradient descent, η = {2 / (high + low):.2f}": gradient_descent(lambda w: hessian @ w - slope, start, 2 / (high + low), steps)[1]}
    best_lr, mu = 4 / (high**0.5 + low**0.5) ** 2, ((high**0.5 - low**0.5) / (high**0.5 + low**0.5)) ** 2
    w, v, track = start, np.zeros(10), [start]
    for _ in range(steps):
        w, v = momentum_step(w, hessian @ w - slope, v, best_lr, mu)
        track.append(w)
    tracks[f"momentum, η = {best_lr:.2f}, μ = {mu:.2f}"] = track
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
# Plain descent is still at it after 300 steps. Momentum needs 83, at a price: the learning rate and $\mu$ that are best in the long run first take
# the loss from 0.26 above the best to 9.9. Adam is there at step 63 and then falls behind momentum; it was told nothing about the eigenvalues, but
# its learning rate was picked out of four. (No chance in it either: full batches, one start.)
#
# **Adam or SGD?** Multiply the loss by ten: $m$ and $\sqrt v$ both grow tenfold, and Adam takes the same steps (up to eps), where SGD's are ten times as
# long. So Adam adapts to the gradients' scale, weight by weight, and it is the standard for transformers. It still needs its learning rate tuned, and it
# holds two more numbers a weight. On vision tasks tuned SGD with momentum often generalises as well or better, for one number a weight.

# %% [markdown] question="adam-details" points=4
# ### Q. "Adam, step by step. What does it cost, and when is SGD better?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - running means of gradient and squared gradient, bias-corrected because they start at 0; eps in the denominator, and where it stands matters
# - all gradients times ten give the same steps (up to eps): it adapts to the gradients' scale, weight by weight
# - memory: two more numbers for each weight, usually in float32
# - an L2 penalty in the gradient is divided by the root of v too, so AdamW decouples the decay; on vision tasks SGD with momentum often generalises
#   as well or better
#
# **Red flags** (-1): "Adam needs no learning rate"; does not know that eps inside the root is another number than outside.
#
# **A strong answer, said aloud**: Adam keeps two running means per weight: m of the gradient, with beta one, say 0.9, and v of its square, with beta
# two, say 0.999. Both start at zero, so early on they are too small by one minus beta to the t, and I divide by that. The step is the learning rate
# times corrected m over the root of corrected v plus eps. PyTorch adds eps outside the root; inside, the same 1e-8 would act like 1e-4, so I check
# the convention, above all in half precision. Because the gradient's scale cancels, ten times the loss gives the same steps, and each weight has a
# step size of its own; the learning rate still has to be tuned. The cost is two more numbers per weight, eight bytes in float32, which for large
# models is more than the weights. Plain L2 inside the gradient is divided by root v as well, so I use AdamW. SGD with momentum is often as good or
# better on vision tasks; transformers usually want Adam.
#
# **A weak candidate says**: "Adam adapts the learning rate by itself, so I use the default and do not have to tune anything."
#
# **Follow-ups**:
# - *How long is the first step without the correction?* (1-β₁)/√(1-β₂) times the learning rate: 3.2 times at the usual betas.
# - *What does a large β₂ do after a spike?* v remembers the spike for about 1/(1-β₂) steps, a thousand at 0.999, so the steps stay too short for
#   long; 0.95 is usual for large language models.
# - *What does Adam do to a feature that is rarely seen?* Its v is small, so a rare gradient makes a relatively large step: good for embeddings of
#   rare words, noisy for outliers.
# - *Where does eps matter?* Where gradients are near its size: late in training, tiny layers, half precision. There it damps the step.
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `adamw`   *(medium, 8 min, asked often)*
#
# > *"And the W in AdamW? Write it. Why is it not the same as an L2 penalty?"*
#
# For plain descent a penalty $\frac\lambda2\|w\|^2$ and a decay are one thing: $w-\eta(g+\lambda w)=(1-\eta\lambda)w-\eta g$. In Adam they are not. A
# penalty's gradient $\lambda w$ goes through $m$ and is divided by $\sqrt v$: where gradients are large, little decay is left. **AdamW** keeps the
# decay out of the moments and takes it off the weights directly:
#
# $$w_t=w_{t-1}-\eta\lambda\,w_{t-1}-\eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)}+\epsilon}$$
#
# Three things to say about it: the strength is the product $\eta\lambda$, so a schedule of the learning rate schedules the decay too; biases and the
# gains of normalisation layers are left out of the decay, by parameter groups, since shrinking them does not make the function smoother; and it is
# the standard for large language models (a decay of 0.1, $\beta_2=0.95$). (Loshchilov and Hutter, *Decoupled weight decay regularization*, 2019.)


# %%
def adamw(w0, grads, lr, beta1, beta2, eps, decay):
    """AdamW: Adam with decoupled weight decay, one step for each gradient of a list.

    w0: array of any shape, at least one weight. grads: list of arrays of that shape, possibly
    empty. float64, float32 or whole numbers of any dtype; entries 0 or between 1e-15 and 1e15 in
    size. eps > 0. Not changed.
    Each step is Adam's (moments from zero, t from 1, both bias-corrected, eps outside the root)
    and also takes lr * decay * w off, w being the weights before the step. The decay never enters
    the moments. decay >= 0. Gradients of zeros leave the decay alone at work, without a warning.
    Returns w, a new array; without gradients a float copy of w0. Whole numbers are computed in
    float64; float32 stays float32.
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
        w = (1 - lr * decay) * w - lr * (m / (1 - beta1**t)) / (xp.sqrt(v / (1 - beta2**t)) + eps)
    return w
    ### END SOLUTION


# %%
check(adamw)

# %% [markdown]
# **In PyTorch.** `torch.optim.AdamW(params, lr, weight_decay=0.01)`: the default is not 0. The decay comes first there, `p.mul_(1 - lr *
# weight_decay)`, which is the same, since the moments do not see $w$. The paper scales the decay by the schedule's factor alone, not by $\eta$: its
# $\lambda$ is PyTorch's times the base learning rate. For biases and norms: `[{"params": matrices, "weight_decay": 0.1}, {"params": rest,
# "weight_decay": 0.0}]`.
#
# **Put it to work.** Forty weights that start at 1, a thousand steps, and gradients that are pure noise: of size 1 for half of the weights, of size
# 100 for the others. Nothing is to be learned, so what remains is the decay (learning rate 0.001, decay 1: $(1-0.001)^{1000}=0.37$). Ten seeds:

# %% tags=["instructor"]
adamw = backend.runs(adamw)


# %% tags=["folded"]
def adam_with_penalty(w, noise, lr, beta1, beta2, eps, decay):
    """Adam whose gradients hold the penalty's gradient decay * w, as Adam(weight_decay=...) in PyTorch."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(noise, 1):
        g = g + decay * w
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w


if ready(adamw):
    size = np.repeat([1.0, 100.0], 20)
    for name, optimiser in (("penalty in the gradient", adam_with_penalty), ("decoupled (AdamW)", adamw)):
        left = []
        for seed in range(10):
            noise = list(np.random.default_rng(seed).normal(0, size, (1000, 40)))
            left.append(np.asarray(optimiser(np.ones(40), noise, 0.001, 0.9, 0.999, 1e-8, 1.0)).reshape(2, 20).mean(axis=1))
        mean, spread = np.mean(left, axis=0), np.std(left, axis=0)
        print(f"{name:24} small gradients: {mean[0]:.2f} ± {spread[0]:.2f} left   large gradients: {mean[1]:.2f} ± {spread[1]:.2f} left")

# %% [markdown]
# AdamW leaves 0.37 of both halves, as computed. With the penalty in the gradient, 0.46 are left of the weights with small gradients and 0.99 of those
# with large ones: the weights that move most are hardly decayed at all. That is the answer to "is it not the same?".

# %% [markdown]
# ## 7. `clip_by_global_norm`   *(easy, 6 min, asked sometimes)*
#
# > *"One bad batch, and the model is gone. What protects you?"*
#
# One factor for **all** parameters, from one norm over all of them: the step gets shorter and keeps its direction. Cutting entry by entry, or array
# by array, turns it. In float16 the squares are the trap: $300^2$ is more than its largest number, 65 504, so the norm is taken in a wider type.


# %%
def clip_by_global_norm(grads, max_norm):
    """Gradients shortened together to a common norm of at most max_norm.

    grads: list of floating-point arrays (float16 too) of any shapes, with at least one entry in
    all, finite and below 1e100 in absolute value. max_norm > 0. Not changed.
    The norm is the root of the sum of squares over all entries of all arrays; it does not overflow
    in float16 or float32. If it is above max_norm, every array is multiplied by max_norm / norm
    (nothing is added to the norm: this is checked to a relative 1e-7); if not, all stay as they
    are. All zeros stay zeros, without a warning. An array without entries may stand among others.
    Returns a list of new arrays of the same shapes, each of its own dtype.
    ValueError: no array, or no entries in all.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    if sum(math.prod(g.shape) for g in grads) == 0:
        raise ValueError("there is no gradient to clip")
    xp = array_namespace(*grads)
    wide = [xp.astype(g, xp.float64) for g in grads]  # squares of float16 overflow at 256, of float32 at 1.8e19
    norm = xp.sqrt(sum(xp.sum(g**2) for g in wide))
    long = norm > max_norm
    factor = xp.where(long, max_norm / xp.where(long, norm, 1.0), 1.0)  # never divides by a norm of 0
    return [xp.astype(w * factor, g.dtype, copy=True) for w, g in zip(wide, grads, strict=True)]
    ### END SOLUTION


# %%
check(clip_by_global_norm)

# %% [markdown]
# **In PyTorch.** `torch.nn.utils.clip_grad_norm_(parameters, max_norm)` between `backward()` and `step()`: in place, returns the norm before clipping
# (log it), and divides by `norm + 1e-6`, so its results are off by about that. A norm of inf makes all gradients nan or 0; `error_if_nonfinite=True`
# raises instead. Under loss scaling, unscale first.
#
# **Put it to work.** One of the 442 targets is read a thousand times too large, as happens with a decimal comma. Five epochs, batches of 32, learning
# rate 0.05; means over ten draws of the bad row and of the order, with the standard deviation and the worst:

# %% tags=["instructor"]
clip_by_global_norm = backend.runs(clip_by_global_norm)


# %% tags=["folded"]
def clipped_run(seed, bad, limit):
    """The error on clean data, the largest norm, and the fraction of steps that were clipped."""
    rng = np.random.default_rng(seed)
    order, row = rng.permutation(442), rng.integers(442)
    x, target = x_diabetes[order], y_diabetes[order]
    target[row] *= 1000 if bad else 1
    w, norms = np.zeros(10), []
    for _ in range(5):
        for first in range(0, len(target), 32):
            xb, yb = x[first : first + 32], target[first : first + 32]
            gradient = xb.T @ (xb @ w - yb) / len(xb)
            norms.append(np.linalg.norm(gradient))
            w = w - 0.05 * np.asarray(clip_by_global_norm([gradient], limit)[0])
    return mse(w), max(norms), np.mean(np.array(norms) > limit)


if ready(clip_by_global_norm):
    for name, bad in (("clean", False), ("one bad row", True)):
        for limit in (1e9, 10.0, 1.0, 0.1):
            runs = np.array([clipped_run(seed, bad, limit) for seed in range(10)])
            error, largest, clipped = runs.mean(axis=0)
            spread = f"± {runs[:, 0].std():.3f} (worst {runs[:, 0].max():.3f})"
            print(
                f"{name:11}  limit {limit:<6g} clipped {clipped:4.0%} of steps   largest norm {largest:5.1f}   error on clean data {error:.3f} {spread}"
            )

# %% [markdown]
# Without a limit the bad row ruins the model: an error of 23 on average over the ten draws, where saying nothing at all has 1. With a limit of 1 it
# is 0.490, within 0.003 of that on clean data. A limit of 10 still lets the row in ten times as strongly as an ordinary batch: 0.77. A limit of 0.1
# clips every step, and then it is a smaller learning rate under another name. So log the norms and the fraction of clipped
# steps first, and set the limit above the ordinary norms (1.5 at most here). And find the row.

# %% [markdown]
# ## 8. `warmup_cosine`   *(easy, 6 min, asked sometimes)*
#
# > *"What does the learning rate of a large model look like over training?"*
#
# Up in a line, while the weights are random, the curvature is often high and Adam's $v$ rests on few gradients (its first steps have full length
# $\eta$ in every weight, whatever the gradient was worth); then down half a cosine, flat at both ends: it stays near the top for a while, and lands
# softly. At a constant learning rate mini-batches end in a cloud around the goal, wider for a larger learning rate; the decay shrinks the cloud.
# Clipping stays on beside both: the warm-up protects the first steps only, and a bad batch may come at any. The off-by-one is part of the question:
# step 0 gets `base_lr / warmup`, not 0.


# %%
def warmup_cosine(step, warmup, total, base_lr, min_lr):
    """The learning rate of a step: linear warm-up, then half a cosine.

    step >= 0, warmup >= 0, total > warmup: whole numbers (Python ints). base_lr, min_lr: numbers.
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

# %% [markdown]
# **In PyTorch.** `LambdaLR(optimiser, lambda step: warmup_cosine(step, ...) / base_lr)`, or `SequentialLR([LinearLR(...), CosineAnnealingLR(...)],
# milestones=[warmup])`. `CosineAnnealingLR` alone comes up again after `T_max`. Hugging Face's `get_cosine_schedule_with_warmup` starts at `step /
# warmup`, so its very first step is 0, and it ends at 0 unless told otherwise. Call `scheduler.step()` after `optimiser.step()`, and once per
# optimiser step, not per micro-batch.

# %% tags=["folded"]
if ready(warmup_cosine):
    figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    ax.plot([warmup_cosine(step, 50, 500, 3e-4, 3e-5) for step in range(600)], color=BLUE)
    ax.set(xlabel="step", ylabel="learning rate", title="warm-up 50, total 500, from 3e-4 to 3e-5")
    ax.ticklabel_format(axis="y", scilimits=(0, 0))
    plt.show()
    hessian = x_diabetes.T @ x_diabetes / len(x_diabetes)
    schedules = {
        "constant 0.15": lambda step: 0.15,
        "constant 0.015": lambda step: 0.015,
        "warm-up 50, cosine 0.15 to 0": lambda step: warmup_cosine(step, 50, 1400, 0.15, 0.0),
    }
    for name, learning_rate in schedules.items():
        above = []
        for seed in range(10):
            rng, w, step = np.random.default_rng(seed), np.zeros(10), 0
            for _ in range(100):
                order = rng.permutation(442)
                for first in range(0, 442, 32):
                    xb, yb = x_diabetes[order[first : first + 32]], y_diabetes[order[first : first + 32]]
                    w, step = w - learning_rate(step) * xb.T @ (xb @ w - yb) / len(xb), step + 1
            above.append((w - w_best) @ hessian @ (w - w_best) / 2)
        print(f"{name:30} loss above the best after {step} steps: {np.mean(above):.5f} ± {np.std(above):.5f}")

# %% [markdown]
# The plot shows both flat ends, and that nothing happens after `total`. The table shows the cloud: at a constant 0.15 the loss stays 0.006 above the
# best, with a spread of more than half of that; at 0.015 it is calm but slow, 0.0013 after the same number of steps; the cosine ends at 0.0003.

# %% [markdown] question="warm-up" points=3
# ### Q. "Why warm up, why decay, and do you still clip?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - warm-up: weights are random and curvature is high at first, Adam's second moment rests on few gradients, so full-length steps there do harm
# - decay: at a constant learning rate mini-batch noise keeps the weights in a cloud whose size goes with the learning rate; lowering it lets the loss
#   settle
# - clipping is for single bad steps: one factor from the global norm, limit above the ordinary norms, and the fraction of clipped steps is logged
#
# **Red flags** (-1): "warm-up is to save time"; clips entry by entry without a word on the direction; clips after the step.
#
# **A strong answer, said aloud**: They guard against three different things. Warm-up guards the start: the weights are random, the curvature is often
# at its worst, and Adam's second moment is an average of a handful of gradients, so its first steps have full length in every weight, deserved or
# not. A few hundred to a few thousand steps of linear ramp cost little. Decay is for the end: with mini-batches the gradient never becomes zero, so
# at a constant learning rate the weights wander in a cloud around the minimum, and the size of the cloud grows with the learning rate. A cosine down
# to about a tenth lets it settle, and the total must be known in advance. Clipping is for the exception in between, one corrupted batch or one
# exploding sequence. I clip the global norm, so the direction stays, after accumulation and after unscaling, just before the step. I log the norm and
# how often it is clipped: if that is every step, my limit is simply a smaller learning rate.
#
# **A weak candidate says**: "I use the cosine schedule from the library, with warm-up 10 %, everybody does."
#
# **Follow-ups**:
# - *Do you clip before or after accumulation?* After the last micro-batch, once, on the gradient that makes the step; and with loss scaling after
#   unscaling.
# - *You stop a cosine run at half of its total. Is the checkpoint good?* Not as good as a run planned for that length, since its learning rate is
#   still high: decay it for some steps first. That is what warm-up-stable-decay schedules are made for.
# - *Does clipping bias the gradient?* Yes, towards ordinary batches: a rare but honest large gradient counts less. It is a price.
# === END MARK SCHEME ===

# %% [markdown]
# ## 9. `accumulate_gradients`   *(medium, 6 min, asked often)*
#
# > *"The batch does not fit. You accumulate over micro-batches. Is it the same?"*
#
# It is, when you divide **once**, by the number of all tokens. Sequences differ in length, and padding does not count, so micro-batches hold
# different numbers of tokens.
#
# It saves memory, not time: the same rows go through the network. And "the same" has limits that every text on it forgets one of. **Batch
# normalisation** takes its statistics from the micro-batch it sees, so eight rows at a time is another model than 64 rows. **Dropout** draws other
# masks. **Rounding** differs, since sums are added in another order. Clip, step and reduce across GPUs once, after the last micro-batch; with several
# GPUs divide by the tokens of **all** of them, not each by its own.


# %%
def accumulate_gradients(sums, counts):
    """The mean gradient of a big batch from its micro-batches.

    sums: list of arrays of one shape, each the sum of the gradients over a micro-batch's tokens;
    real numbers of any dtype. counts: list of whole numbers >= 0, the tokens of each micro-batch;
    where a count is 0, so is the sum. Not changed.
    Returns the mean over all tokens, a new array of that shape, for a single micro-batch too.
    Whole numbers are computed in float64; float32 stays float32.
    ValueError: all counts 0, lists of different lengths, sums of different shapes (those that
    would broadcast too), or no micro-batch.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not sums or len(sums) != len(counts) or any(one.shape != sums[0].shape for one in sums) or sum(counts) == 0:
        raise ValueError("need a count for each sum, sums of one shape, and at least one token")
    xp = array_namespace(*sums)
    total = 0.0
    for one in sums:
        total = total + (one if xp.isdtype(one.dtype, "real floating") else xp.astype(one, xp.float64))
    return total / sum(counts)
    ### END SOLUTION


# %%
check(accumulate_gradients)

# %% [markdown]
# **In PyTorch.** `loss.backward()` **adds** to `.grad`, so accumulation is leaving `zero_grad()` out until the step, and forgetting it is the
# commonest bug of all training loops. Use `reduction="sum"` and divide by the tokens of the whole batch, which you must count beforehand; `(loss /
# k).backward()` with mean losses is the mean of means of the hunt below.

# %% [markdown] question="accumulation-equal" points=3
# ### Q. "Gradient accumulation against a large batch: are they equal?"   *(hard, 4 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - yes, when sums are added and divided once by all tokens; a mean of means is wrong as soon as token counts differ (found in widely used trainers in
#   2024)
# - not with batch normalisation, whose statistics see one micro-batch only; dropout draws other masks; rounding differs
# - it saves memory, not time; clip and step once, after the last micro-batch, and reduce across GPUs once as well
#
# **Red flags** (-1): "always equal".
#
# **A strong answer, said aloud**: In exact arithmetic they are equal if I accumulate the right thing. The gradient of the big batch is the sum over
# all tokens divided by the number of all tokens. So I add up sums and divide once at the end. The common mistake is to take each micro-batch's mean
# and average those: with padding, or with sequences of different length, a micro-batch of fifty tokens then counts as much as one of four thousand.
# Well-known trainers had exactly that until October 2024, and nobody saw it, because a test with equal lengths passes. Even done right it is not bit
# for bit the same: sums are rounded in another order, dropout draws other masks, and batch normalisation is a real difference, since it sees only the
# micro-batch. It saves activation memory, not time. I clip once, after the last micro-batch, step once, and across GPUs I all-reduce once, with the
# global token count. To test it I compare with the one big batch on ragged data in float64.
#
# **A weak candidate says**: "Yes, that is the point of it: divide the loss by the number of accumulation steps and the result is the same."
#
# **Follow-ups**:
# - *And across GPUs with different token counts?* All-reduce averages over ranks, which is a mean of means again: each rank multiplies by the number
#   of ranks and divides its sum by the global count, which is all-reduced first.
# - *How would you test it?* One big batch against micro-batches of unequal sizes, dropout off, float64, relative difference near 1e-12; then with an
#   empty micro-batch.
# === END MARK SCHEME ===

# %% [markdown]
# **Saddles.** A last piece of theory, because everybody asks. At a critical point the gradient is zero and the Hessian's eigenvalues decide: all
# positive is a minimum, signs of both kinds a saddle. With a million weights, all of a million signs positive is a rare event unless the loss is
# already low (an argument by counting: the signs are no independent draws), so of the critical points with a high loss nearly all are saddles. Near
# one, plain descent is slow, for the gradient is small, but rarely stuck: any component along a downhill direction grows by $1+\eta|\lambda|$ a step,
# and noise and momentum supply one. (On a plateau and in a minimum the gradient norm is small alike; the smallest Hessian eigenvalue tells them
# apart, and a few Hessian-vector products find it.) "Flat minima generalise" needs care: in a ReLU network, weights of one layer times ten and of the
# next divided by ten are the same function with another curvature.

# %% [markdown] question="saddles" points=3
# ### Q. "Are you not stuck in local minima?"   *(medium, 4 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - in many dimensions nearly every critical point of high loss has some direction down: saddles far outnumber bad minima
# - near a saddle plain descent is slow, rarely stuck; noise and momentum carry it away
# - care with "flat minima generalise": flatness changes when weights are rescaled, the function does not
#
# **Red flags** (-1): a picture in two dimensions as proof.
#
# **A strong answer, said aloud**: The picture of a ball in a hole comes from one or two dimensions, and it misleads. For a local minimum every
# eigenvalue of the Hessian has to be positive. With millions of weights, at a point where the loss is still high, that is very unlikely: some
# direction goes down, so the point is a saddle. Experiments and random-matrix arguments agree that the minima one does find have similar, low losses.
# A saddle is a nuisance rather than a trap: the gradient is small, so plain descent slows down, but any component along the downhill direction grows
# exponentially, and mini-batch noise and momentum give it one. If training stands still I first suspect other things: the learning rate, dead units,
# vanishing gradients. I would look at the gradient norm and at the smallest Hessian eigenvalue. And I am careful with the sentence that flat minima
# generalise: I can rescale two layers of a ReLU network, keep the function, and make the minimum as sharp as I like.
#
# **A weak candidate says**: "Yes, so I use momentum and several random restarts to find the global minimum."
#
# **Follow-ups**:
# - *What would you measure to tell a plateau from a minimum?* The gradient norm is small in both; the smallest Hessian eigenvalue (Lanczos on
#   Hessian-vector products) is negative on a saddle.
# - *Why can the loss rise while the accuracy does too?* Accuracy counts signs, the loss counts confidence: a few rows that become very wrong cost
#   more than many that just cross the boundary bring.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: nan at step 300   *(hard, 15 min, asked often)*
#
# A logistic regression without bias, on mini-batches, with clipping. One epoch of 600 batches. Its author switched the warnings off and sends you
# this log. **There are three faults in the loop**, and fixing one shows the next.


# %%
def published_training(x, y, w0, lr, epochs, batch_size, max_norm):
    """Mini-batch logistic regression with clipped gradients. Three faults."""
    w, gradient, losses = w0.copy(), np.zeros(len(w0)), []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], y[first : first + batch_size]
            p = 1 / (1 + np.exp(-(xb @ w)))
            losses.append(-np.mean(yb * np.log(p) + (1 - yb) * np.log(1 - p)))
            gradient += xb.T @ (p - yb) / len(xb)
            gradient *= max_norm / np.linalg.norm(gradient)
            w = w - lr * gradient
    return w, np.array(losses)


def batches_of_trouble(seed):
    """600 batches of 16 rows; one row was read a thousand times too large, and one batch is all padding."""
    rng = np.random.default_rng(seed)
    x, truth = rng.normal(size=(9600, 8)), rng.normal(size=8)
    y = (x @ truth + rng.normal(size=9600) > 0).astype(float)
    x[300 * 16 + 5] *= 1000
    x[450 * 16 : 451 * 16] = 0
    return x, y


with np.errstate(all="ignore"):
    log = published_training(*batches_of_trouble(2), np.zeros(8), 0.1, 1, 16, 1.0)[1]
for step in (0, 100, 200, 299, 300, 301, 400, 599):
    print(f"step {step:3}  loss {log[step]:.3f}")

# %% [markdown]
# The nan is gone one step later, so the weights are still finite: it lives in the loss alone. How would you go on?
#
# - **Reproduce it**: save the state before the step and that very batch; run the step again. Look at the batch: empty, all padding, a value a
#   thousand times too large?
# - **Look at the steps before**: a loss and a gradient norm that climb slowly say that the learning rate is too high; a jump out of nothing says data
#   or overflow.
# - **Go through the usual sources**: $\log 0$, $e^z$ of a large logit, $0/0$ in a normalisation, the derivative of a root at 0 ($1/0$), the range of
#   float16. PyTorch's `torch.autograd.set_detect_anomaly(True)` names the operation, a forward hook on every module the first layer.
# - **Fix the cause**: a lower learning rate or a warm-up, a clipped norm, a stable form of the loss, bf16 or loss scaling. `nan_to_num` hides it.


# %%
def training_mended(x, y, w0, lr, epochs, batch_size, max_norm):
    """Mini-batch logistic regression (no bias) with clipped gradients, without the faults.

    x: (n, d), y: (n,) labels 0 and 1, w0: (d,), n, d >= 1; all three float64, all three float32,
    or all three whole numbers of any dtype. Not changed. Rows in order, batch_size at a time, all
    of them `epochs` >= 1 times; the last batch may be shorter and is averaged over its own rows.
    For each batch: its loss is the mean log-loss at the weights before the step; its gradient is
    that loss's, of this batch alone; if its norm is above max_norm > 0 (which may be tiny) it is
    multiplied by max_norm / norm, with nothing added, else it stays as it is; the step is
    w - lr * gradient.
    Returns two arrays (w, losses): w (d,), losses (number of batches of all epochs,), both float32
    for float32, else float64. Both are finite and exact, without warnings, at logits of +-1000 and
    for a batch of rows that are all zeros.
    ValueError: no rows, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, y, w0)
    if x.ndim != 2 or x.shape[0] == 0 or y.shape != x.shape[:1] or w0.shape != x.shape[1:]:
        raise ValueError(f"shapes do not fit: x {x.shape}, y {y.shape}, w0 {w0.shape}")
    x, y, w = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, y, w0))
    w, losses = xp.astype(w, w.dtype, copy=True), []
    for _ in range(epochs):
        for first in range(0, x.shape[0], batch_size):
            last = min(first + batch_size, x.shape[0])
            xb, yb = x[first:last, :], y[first:last]
            z = xb @ w
            losses.append(xp.mean(xp.logaddexp(xp.zeros_like(z), (1 - 2 * yb) * z)))  # log(1 + exp(-z)) for a 1, log(1 + exp(z)) for a 0
            gradient = xb.T @ ((1 + xp.tanh(z / 2)) / 2 - yb) / xb.shape[0]  # a new one for each batch
            norm = xp.sqrt(xp.sum(gradient**2))
            long = norm > max_norm
            w = w - lr * gradient * xp.where(long, max_norm / xp.where(long, norm, xp.ones_like(norm)), xp.ones_like(norm))
    return w, xp.stack(losses)
    ### END SOLUTION


# %%
check(training_mended)

# %% [markdown]
# **In PyTorch.** `optimiser.zero_grad()` before each `backward()`, `nn.BCEWithLogitsLoss()` on the logits, `clip_grad_norm_` between `backward()` and `step()`.
#
# **What each fault cost**, over ten seeds: the loop as it was sent; with a stable loss only; with a new gradient for each batch as well; and yours.
# The number is the mean loss of the last hundred batches.

# %% tags=["instructor"]
training_mended = backend.runs(training_mended)


# %% tags=["folded"]
def partly_mended(x, y, w, lr, batch_size, max_norm, new_gradient):
    """The published loop with a stable loss, and with a new gradient for each batch or not."""
    gradient, losses = np.zeros(len(w)), []
    for first in range(0, len(x), batch_size):
        xb, yb = x[first : first + batch_size], y[first : first + batch_size]
        z = xb @ w
        losses.append(np.mean(np.logaddexp(0, (1 - 2 * yb) * z)))
        gradient = xb.T @ ((1 + np.tanh(z / 2)) / 2 - yb) / len(xb) + (0 if new_gradient else gradient)
        gradient = gradient * (max_norm / np.linalg.norm(gradient))
        w = w - lr * gradient
    return w, np.array(losses)


if ready(training_mended):
    ways = {
        "as it was sent": lambda x, y: published_training(x, y, np.zeros(8), 0.1, 1, 16, 1.0),
        "a stable loss": lambda x, y: partly_mended(x, y, np.zeros(8), 0.1, 16, 1.0, False),
        "and a new gradient each batch": lambda x, y: partly_mended(x, y, np.zeros(8), 0.1, 16, 1.0, True),
        "and clipping that only shortens": lambda x, y: training_mended(x, y, np.zeros(8), 0.1, 1, 16, 1.0),
    }
    for name, train in ways.items():
        with np.errstate(all="ignore"):
            logs = [np.asarray(train(*batches_of_trouble(seed))[1]) for seed in range(10)]
        ends = np.array([log[-100:].mean() for log in logs])
        broken = sum(not np.isfinite(log[-1]) for log in logs)
        odd = sum(not np.isfinite(log).all() for log in logs)
        mean = f"{ends[np.isfinite(ends)].mean():.3f} ± {ends[np.isfinite(ends)].std():.3f}" if np.isfinite(ends).any() else "nan"
        print(
            f"{name:32} loss {mean:14} over the seeds where it is finite   nan or inf somewhere: {odd:2} of 10   at the last step: {broken:2} of 10"
        )

# %% [markdown]
# As sent, every log has a nan or inf, and the loss where one can read it is 0.32. A stable loss alone makes the log look healthy: finite in all ten,
# and still 0.30, because the gradient is never reset. Resetting it brings the third fault out: all ten runs are nan at the end, for the batch of
# padding has a gradient of norm 0. With all three fixed the loss is 0.25 (the spread over seeds is that of the ten tasks, which differ). The lesson
# to say aloud: **a log without nan is no proof**.

# %% [markdown] question="nan-debug" points=4
# ### Q. "Your loss is nan at step 300. Go."   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - reproduce it: the saved state and that very batch; is there something odd in the batch (empty, all padding, an outlier)?
# - log loss and gradient norm of the steps before: a slow rise says learning rate, a jump says data or overflow
# - the usual sources: log(0), exp of a large logit, 0/0 in a normalisation, sqrt at 0 in the backward pass, the range of fp16; anomaly detection or a
#   hook finds the first layer
# - fix the cause: a lower learning rate or warm-up, a clipped norm, a stable loss, bf16 or loss scaling
#
# **Red flags** (-1): "restart with another seed"; `nan_to_num`.
#
# **A strong answer, said aloud**: First I make it reproducible: I load the last checkpoint before step 300 and feed that very batch. Then I look at
# the batch itself: empty, all padding, a value a thousand times too large, a label out of range? Next the history: loss and gradient norm of the last
# fifty steps. If they climb slowly, the learning rate is too high for this phase; if they jump out of nothing, it is data or overflow. Then I find
# the first operation that is not finite, with anomaly detection or forward hooks, and ask whether weights are affected or only the loss. The usual
# suspects are log of zero, exp of a large logit, zero over zero in a normalisation or in my own clipping, the root's derivative at zero, and float16,
# which ends at 65 504. The fix follows the cause: a loss computed from logits, a lower learning rate or longer warm-up, clipping, bf16 or loss
# scaling, or a check in the data pipeline. I add an assertion so that it fails loudly next time.
#
# **A weak candidate says**: "I would lower the learning rate and restart with another seed; if it comes again I replace nan by zero."
#
# **Follow-ups**:
# - *The loss spikes and comes back: do you act?* Note it, keep the batch, look at the norm. One spike that recovers is survivable; repeated ones mean
#   skip the batch, lower the learning rate or β₂, or go back to a checkpoint.
# - *The norm is inf: what does clipping make of it?* max_norm/inf is 0, so finite entries become 0 and the infinite ones 0·inf = nan: check that the
#   norm is finite before the step.
# - *Is skipping the step honest?* For an overflow under loss scaling it is standard. For bad data too, if it is counted and logged; a skip every
#   hundred steps is a bug, not noise.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 2: how many steps is that?   *(easy, 6 min, asked sometimes)*
#
# The schedule needs the total number of steps. This is the loop:
#
# ```python
# for epoch in range(epochs):
#     optimiser.zero_grad()
#     for i, first in enumerate(range(0, n, micro_size)):
#         loss_of(rows[first : first + micro_size]).backward()
#         if (i + 1) % accumulate == 0:
#             optimiser.step()
#             scheduler.step()
#             optimiser.zero_grad()
# ```
#
# Predict it from $n$ rows, without running it: how often does the optimiser step in all epochs, and how many rows of each epoch have a gradient that
# no step ever uses?


# %%
def updates_predicted(n, micro_size, accumulate, epochs):
    """What the loop above does.

    n, micro_size, accumulate, epochs: whole numbers >= 1 (Python ints).
    Returns (steps, unused): the optimiser's steps in all epochs, and the rows of one epoch whose
    gradient no step uses. Two whole numbers.
    """
    ### BEGIN SOLUTION
    micro_batches = -(-n // micro_size)  # the last one may be short
    steps = micro_batches // accumulate
    return epochs * steps, n - min(n, steps * accumulate * micro_size)
    ### END SOLUTION


# %%
check(updates_predicted)

# %% [markdown]
# **In PyTorch.** Trainers round it the other way and make a last, smaller step at the end of an epoch; `len(dataloader) // accumulate` and its
# ceiling are both in use. A schedule whose `total` comes from the other formula never reaches `min_lr`, or reaches it early.

# %% tags=["folded"]
if ready(updates_predicted):
    for n, micro_size, accumulate in ((1000, 8, 16), (1024, 8, 16), (100, 8, 16)):
        steps, unused = updates_predicted(n, micro_size, accumulate, 3)
        guess = 3 * n / (micro_size * accumulate)
        print(
            f"{n:5} rows, micro-batches of {micro_size}, {accumulate} accumulated, 3 epochs: {steps:3} steps (n·epochs/128 = {guess:.1f}), {unused} rows an epoch unused"
        )

# %% [markdown]
# A thousand rows lose 104 of themselves in every epoch, a hundred rows never make a step at all, and neither shows in the loss of the log.
#
# ## Hunt 3: the mean of the means   *(medium, 8 min, asked sometimes)*
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
# **Then the fixed one**, still from means.


# %%
def accumulation_mended(means, counts):
    """The mean gradient over all tokens, from the micro-batches' means.

    means: list of arrays of one shape, each the mean gradient over a micro-batch's tokens; real
    numbers of any dtype. counts: list of whole numbers >= 0, the tokens of each micro-batch; where
    a count is 0, so is the mean. Not changed.
    Returns a new array of that shape, for a single micro-batch too. Whole numbers are computed in
    float64; float32 stays float32.
    ValueError: all counts 0, lists of different lengths, means of different shapes (those that
    would broadcast too), or no micro-batch.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not means or len(means) != len(counts) or any(mean.shape != means[0].shape for mean in means) or sum(counts) == 0:
        raise ValueError("need a count for each mean, means of one shape, and at least one token")
    xp = array_namespace(*means)
    total = 0.0
    for mean, count in zip(means, counts, strict=True):
        total = total + count * (mean if xp.isdtype(mean.dtype, "real floating") else xp.astype(mean, xp.float64))
    return total / sum(counts)
    ### END SOLUTION


# %%
check(accumulation_mended)

# %% [markdown]
# **In PyTorch.** Dividing each micro-batch's mean loss by their number before `backward()` is the fault. Take `reduction="sum"`, and divide by the tokens of all micro-batches, which must be counted first.
#
# **How much does it matter?** The gradient of the diabetes regression at $w=0$, from three micro-batches of equal and of very different sizes, in ten
# orders of the rows:

# %% tags=["instructor"]
accumulation_mended = backend.runs(accumulation_mended)

# %% tags=["folded"]
if ready(accumulation_mended):
    whole = -x_diabetes.T @ y_diabetes / len(y_diabetes)
    for cuts in ([147, 294], [100, 250], [2, 42]):
        off = []
        for seed in range(10):
            order = np.random.default_rng(seed).permutation(442)
            parts = list(zip(np.split(x_diabetes[order], cuts), np.split(y_diabetes[order], cuts), strict=True))
            means, counts = [-x.T @ y / len(y) for x, y in parts], [len(y) for _, y in parts]
            both = published_accumulation(means, counts), accumulation_mended(means, counts)
            off.append([np.linalg.norm(np.asarray(got) - whole) / np.linalg.norm(whole) for got in both])
        (published, fixed), spread = np.mean(off, axis=0), np.std(off, axis=0)[0]
        print(f"micro-batches of {counts!s:16}  published off by {published:6.1%} ± {spread:.1%}   fixed off by {fixed:.0e}")

# %% [markdown]
# With equal counts the slip does not show, with nearly equal ones it is 3 %, with a batch of two rows beside one of 400 it is 61 % of the gradient on
# average, with a standard deviation of 35 points over orders of the rows. So a test on equal lengths cannot find it: test accumulation against the one
# big batch, on ragged data.

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula | trap |
# |---|---|---|
# | descent | $w\leftarrow w-\eta\nabla L(w)$, converges on a bowl iff $0<\eta<2/\lambda_{\max}$ | `w -=` moves the caller's array |
# | steps needed | about $\kappa=\lambda_{\max}/\lambda_{\min}$; momentum about $\sqrt\kappa$, from $\sqrt\mu=\frac{\sqrt\kappa-1}{\sqrt\kappa+1}$ | scale the features first |
# | mini-batch | $g=x_b^\top(x_bw-y_b)/B_b$ | the short last batch: divide by **its** rows; shuffle |
# | logistic regression | $\nabla_w=x^\top(p-y)/n+\lambda w$, $\nabla_b=\overline{p-y}$ | stable sigmoid; no penalty on the bias |
# | momentum | $v\leftarrow\mu v+g$, $w\leftarrow w-\eta v$ | the new $v$ moves $w$; Keras keeps $\eta$ in $v$ |
# | Nesterov | step $w-\eta(g+\mu v)$ with the new $v$ | another step than plain momentum |
# | RMSProp, Adam | $\hat m=\frac m{1-\beta_1^t}$, $\hat v=\frac v{1-\beta_2^t}$, $w\leftarrow w-\eta\,\hat m/(\sqrt{\hat v}+\epsilon)$ | $t$ from 1; correct **both**; say where eps stands |
# | AdamW | also $-\eta\lambda w$, outside the moments | not L2 in the gradient; no decay for biases and norms |
# | clipping | all times $\min(1,c/\|g\|)$, one norm over all | only shortens; $0/0$; float16 squares |
# | schedule | $\eta(t+1)/T_w$, then $\eta_{\min}+\frac{\eta-\eta_{\min}}2(1+\cos\pi\frac{t-T_w}{T-T_w})$ | step 0 is not 0; hold after $T$ |
# | accumulation | $\sum_i s_i/\sum_i n_i$ | not the mean of means |
#
# **Memory of the optimiser**, numbers per weight: SGD 0, momentum 1, Adam and AdamW 2.
#
# **Sixty seconds to say.** I scale the features, because the learning rate must stay below two over the largest curvature and the flattest direction
# then takes kappa steps. I use shuffled mini-batches and average over the rows that are there. Momentum brings kappa down to its root. Adam divides
# by the root of a running mean of squares, corrected from step one; AdamW keeps the decay out of that. I warm up, decay by a cosine, and clip the
# global norm, which I log. When memory is short I accumulate sums and divide once by all tokens. For a nan: the batch, the history of loss and norm,
# the first operation that is not finite; then the cause, not the symptom.

# %%
status()
