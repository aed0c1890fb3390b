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
#     title: "Forward and backward (前向与反向传播)"
#     order: 3
#     minutes: 160
#     out_of_scope: "convolutions, recurrent networks, attention, automatic differentiation as a library"
# ---

# %% [markdown]
# # Forward and backward (前向与反向传播)
#
# > *"Take a small network. Write its forward and its backward pass. numpy only."*
#
# The loss is a number; every weight wants to know how that number changes when it moves. The backward pass answers for all weights at once, for about
# twice the price of the forward pass. What the interviewer listens for:
#
# 1. You say the **shapes** before you write a product.
# 2. You know what belongs to a **row** and what to a **weight**, and when the rows are summed.
# 3. You know where `exp` and `log` break, and write them so that they do not.
# 4. You **prove** that your gradient is right before you are asked to.
#
# You will write seven functions, from the sigmoid to the backward pass of layer norm, and train a network on handwritten digits with your own
# gradients. At the end you hunt the bugs in a published answer.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(sigmoid)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# sigmoid, numerical_gradient, one_layer_gradient, softmax_cross_entropy, mlp_gradients, linear_backward, layer_norm_backward.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})
# Colours that the colour-blind can tell apart, too.
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=["#4c78a8", "#f58518", "#e45756"])

# %% [markdown]
# ## The idea in a picture
#
# One patient of scikit-learn's breast-cancer set, two of her measurements, one sigmoid unit, and the squared error $L=\tfrac12(a-y)^2$. Going
# forward, each node computes its value (blue). Going backward, each node receives $\partial L/\partial(\text{its output})$ and hands to each input
# that number **times its own derivative** (red). No node needs to know the rest of the graph. That is the whole algorithm.

# %%
patients = load_breast_cancer()
measured = (patients.data - patients.data.mean(axis=0)) / patients.data.std(axis=0)
malignant = (patients.target == 0).astype(np.int64)  # in this data set class 1 is benign

STEPS = (
    "forward: values only",
    "backward starts with ∂L/∂L = 1",
    "times a − y, the derivative of the loss",
    "times a(1 − a), the derivative of the sigmoid",
    "a sum hands the same number to all its terms",
    "a product hands to each factor the number times the other factor",
)


def graph(step=5):
    """The computation graph of one unit: values above the edges, gradients below those that the backward pass has reached."""
    (x1, x2), y = measured[0, [1, 4]], malignant[0]
    w1, w2, b = 0.8, -0.5, 0.3
    z = w1 * x1 + w2 * x2 + b
    a = 1 / (1 + np.exp(-z))
    da, dz = a - y, (a - y) * a * (1 - a)
    plus, sigma, square, end = (4.2, 2.7), (6.2, 2.7), (8.4, 2.7), (10.4, 2.7)
    upper, lower = (2, 4.2), (2, 1.2)
    edges = [  # from, to, name, value, gradient, the step that brings it
        ((0, 5.1), upper, "w₁", w1, dz * x1, 5),
        ((0, 3.3), upper, "x₁", x1, dz * w1, 5),
        ((0, 2.1), lower, "w₂", w2, dz * x2, 5),
        ((0, 0.3), lower, "x₂", x2, dz * w2, 5),
        (upper, plus, "", w1 * x1, dz, 4),
        (lower, plus, "", w2 * x2, dz, 4),
        ((2.4, -0.7), plus, "b", b, dz, 4),
        (plus, sigma, "z", z, dz, 3),
        (sigma, square, "a", a, da, 2),
        (square, end, "L", (a - y) ** 2 / 2, 1.0, 1),
    ]
    figure, ax = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    for start, stop, name, value, gradient, when in edges:
        arrow = {"arrowstyle": "-|>", "color": "grey", "shrinkA": 12 if start[0] else 0, "shrinkB": 30 if stop == square else 14}
        ax.annotate("", stop, start, arrowprops=arrow)
        along = 0.5 if start[0] else 0.35  # an input's label near its start, where there is room
        middle = start[0] + along * (stop[0] - start[0]), start[1] + along * (stop[1] - start[1])
        look = {"ha": "center", "va": "center", "fontsize": 9, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5}}
        ax.text(middle[0], middle[1] + 0.22, f"{name} = {value:.3f}".lstrip(" ="), color="#2f5fa7", **look)
        if step >= when:
            ax.text(middle[0], middle[1] - 0.22, f"{gradient:+.3f}", color="#c8372d", **look)
    for (h, v), sign in ((upper, "×"), (lower, "×"), (plus, "+"), (sigma, "σ"), (square, "½(·−y)²")):
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "black"}
        ax.text(h, v, sign, ha="center", va="center", bbox=box, zorder=3)
    ax.set(xlim=(-0.2, 10.6), ylim=(-0.9, 5.3), title=f"{step}. {STEPS[step]}")
    ax.axis("off")
    plt.show()


graph()

# %%
_ = interact(graph, step=IntSlider(0, min=0, max=5))

# %% [markdown]
# ## 1. `sigmoid`   *(easy, 5 min)*
#
# > *"Write the sigmoid. What happens at z = -1000?"*
#
# $$\sigma(z)=\frac1{1+e^{-z}}=\frac{e^{z}}{1+e^{z}},\qquad \sigma'(z)=\sigma(z)\,(1-\sigma(z))$$
#
# Both formulas are right; each overflows on one side. In float32, $e^{89}$ is already infinite. A clip of $z$ avoids the warning and spoils the
# tail, where a cross-entropy still needs the digits of $\sigma(-40)\approx4\cdot10^{-18}$.


# %%
def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of every entry.

    z: an array of any shape (0-d too) and any real dtype. Not changed.
    Returns an array of z's shape, which shares no memory with z: float32 for float32, float64
    for float64, integers and bools. (For a 0-d z a plain number will do.) No warning at
    z = ±1000; relative error below 1e-6 at z = -40 in float64.
    ValueError: z is empty.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(z)
    if 0 in z.shape:
        raise ValueError("z is empty")
    if not xp.isdtype(z.dtype, "real floating"):
        z = xp.astype(z, xp.float64)
    e = xp.exp(-xp.abs(z))  # never above 1
    return xp.where(z >= 0, xp.ones_like(e), e) / (1 + e)
    ### END SOLUTION


# %%
check(sigmoid)

# %% tags=["instructor"]
sigmoid = backend.runs(sigmoid)

# %%
if ready(sigmoid):
    points = np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0])
    with np.errstate(over="ignore", invalid="ignore"):
        ways = {"1 / (1 + exp(-z))": 1 / (1 + np.exp(-points)), "exp(z) / (1 + exp(z))": np.exp(points) / (1 + np.exp(points))}
    ways |= {
        "z clipped to ±20": 1 / (1 + np.exp(-np.clip(points, -20, 20))),
        "(1 + tanh(z/2)) / 2": (1 + np.tanh(points / 2)) / 2,
        "yours": sigmoid(points),
    }
    print(f"{'z':22}", *(f"{z:9g}" for z in points))
    for name, values in ways.items():
        print(f"{name:22}", *(f"{value:9.2g}" for value in values))

# %% [markdown]
# ## 2. `numerical_gradient`   *(easy, 8 min)*
#
# > *"You derived a gradient by hand. How do you know it is right?"*
#
# Move one number at a time, a little up and a little down, and look at the loss:
#
# $$\frac{\partial f}{\partial x_i}\approx\frac{f(x+h\,e_i)-f(x-h\,e_i)}{2h}$$
#
# By Taylor's formula the error of this **central** difference is of order $h^2$, that of the one-sided $\bigl(f(x+h)-f(x)\bigr)/h$ of order $h$. It
# costs two forward passes for each weight, which is why nobody trains with it, and everybody tests with it.


# %%
def numerical_gradient(f, x, h):
    """Central differences of a function of an array.

    f: a function that takes a float64 array of x's shape and returns a number; it does not
    change what it is given. x: an array of any shape (0-d too) and any real dtype, integers
    too. Not changed. h > 0: the step.
    Returns a float64 array of x's shape (for a 0-d x a plain number will do): entry i is
    (f(x + h e_i) - f(x - h e_i)) / (2 h), where x + h e_i is x with h added to entry i alone,
    in float64 whatever x's dtype. f may be called only with arrays of x's shape (or numbers,
    for a 0-d x).
    ValueError: x is empty.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device, size

    xp = array_namespace(x)
    if 0 in x.shape:
        raise ValueError("x is empty")
    x = xp.astype(x, xp.float64)  # a copy
    place = xp.reshape(xp.arange(size(x), device=device(x)), x.shape)
    gradient = xp.zeros_like(x)
    for i in range(size(x)):
        step = h * xp.astype(place == i, xp.float64)
        gradient = xp.where(place == i, (f(x + step) - f(x - step)) / (2 * h), gradient)
    return gradient
    ### END SOLUTION


# %%
check(numerical_gradient)

# %% [markdown]
# **Put it to work: which h?** The mean log-loss of a linear model on the breast-cancer data has a gradient we know in closed form,
# $x^\top(\sigma(xw)-y)/n$. How far are the differences from it?

# %% tags=["instructor"]
numerical_gradient = backend.runs(numerical_gradient)

# %%
if ready(sigmoid, numerical_gradient):
    some_x, some_w = measured[:, :5], np.random.default_rng(0).normal(size=5)
    exact = some_x.T @ (sigmoid(some_x @ some_w) - malignant) / len(some_x)

    def log_loss(w, dtype=np.float64):
        """The mean log-loss, computed in the given dtype."""
        z = some_x.astype(dtype) @ w.astype(dtype)
        return np.mean(np.logaddexp(0, z) - malignant.astype(dtype) * z)

    def forward_difference(f, x, h):
        return np.array([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))])

    def relative_error(got, exact):
        return np.linalg.norm(got - exact) / (np.linalg.norm(got) + np.linalg.norm(exact))

    widths = 10.0 ** np.arange(-12, 0.5, 0.5)
    lines = {
        "one-sided": [relative_error(forward_difference(log_loss, some_w, h), exact) for h in widths],
        "central (yours)": [relative_error(numerical_gradient(log_loss, some_w, h), exact) for h in widths],
        "central, loss in float32": [relative_error(numerical_gradient(lambda w: float(log_loss(w, np.float32)), some_w, h), exact) for h in widths],
    }
    figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for name, errors in lines.items():
        ax.loglog(widths, np.maximum(errors, 1e-13), marker=".", label=name)
        print(f"{name:25} best {min(errors):.0e} at h = {widths[np.argmin(errors)]:.0e}")
    ax.set(xlabel="step h", ylabel="relative error of the gradient")
    ax.legend()
    plt.show()

# %% [markdown]
# Two errors meet in a V. On the right the formula is at fault: its error falls with slope 1 (one-sided) or 2 (central) as $h$ shrinks. On the left it
# is rounding: the two losses agree in nearly all their digits, the difference keeps the few that are left, and the division by $2h$ makes their noise
# large. So: central differences, float64, $h\approx10^{-5}$, about the cube root of the machine's precision. With the loss in float32 the bottom lies
# at $h=10^{-2}$ and is nearly six orders of magnitude higher.
#
# ## 3. `linear_backward`   *(easy, 6 min)*
#
# > *"out = x @ w + b. You are handed dout. Give me the three gradients."*
#
# Do not learn the formulas, let the shapes lead. A gradient has the shape of what it belongs to, and there is one way to make a $(d,m)$ array from
# $x\,(n,d)$ and $dout\,(n,m)$:
#
# $$dw=x^\top dout,\qquad dx=dout\;w^\top,\qquad db=\sum_{\text{rows}}dout$$
#
# Why do the rows add up? The same $w$ and $b$ were used for each of them, and a number that is used in several places receives the sum of what
# comes back from all of them.


# %%
def linear_backward(dout, x, w):
    """Gradients of a linear layer, out = x @ w + b.

    dout: (n, m), the gradient of the loss with respect to out. x: (n, d). w: (d, m). All sizes
    at least 1, any real dtype. Not changed.
    Returns dx (n, d), dw (d, m), db (m,), in this order: new arrays; float32 when all inputs
    are, float64 for integers and bools.
    ValueError: an input that is not 2-D or is empty, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(dout, x, w)
    if not dout.ndim == x.ndim == w.ndim == 2 or 0 in x.shape + w.shape or dout.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        raise ValueError(f"need dout (n, m), x (n, d), w (d, m), not {dout.shape}, {x.shape}, {w.shape}")
    dout, x, w = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (dout, x, w))
    return dout @ w.T, x.T @ dout, xp.sum(dout, axis=0)
    ### END SOLUTION


# %%
check(linear_backward)

# %% [markdown]
# ## 4. `one_layer_gradient`   *(medium, 10 min)*
#
# > *"One layer of sigmoid units, squared error. Derive the gradient, then write it."*
#
# $$z=xw,\quad a=\sigma(z),\quad L=\frac1n\sum_{i=1}^n\sum_{j=1}^k\tfrac12\,(a_{ij}-y_{ij})^2$$
#
# Backward, one factor for each step forward:
#
# $$\frac{\partial L}{\partial z_{ij}}=\frac1n\,\underbrace{(a_{ij}-y_{ij})}_{\text{loss}}\;\underbrace{a_{ij}(1-a_{ij})}_{\text{sigmoid}},
# \qquad\frac{\partial L}{\partial w}=x^\top\frac{\partial L}{\partial z}$$
#
# The two factors belong to a row and a unit, $(n,k)$; after $x^\top$ the rows are gone. Whoever multiplies them in the other order multiplies a
# number for each weight by a number for each row. More of that in the bug hunt.


# %%
def one_layer_gradient(x, y, w):
    """Gradient with respect to w of the mean over the n rows of 0.5 * sum over the k units of (sigmoid(x @ w) - y)**2.

    x: (n, d). y: (n, k). w: (d, k). All sizes at least 1, any real dtype. Not changed.
    Returns (d, k), a new array; float32 when all inputs are, float64 for integers and bools. No
    warning, at x @ w = ±1000 neither.
    ValueError: any other shapes, (n,) for y or (d,) for w among them, or an empty input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, y, w)
    if not x.ndim == y.ndim == w.ndim == 2 or 0 in x.shape + w.shape or y.shape != (x.shape[0], w.shape[1]) or x.shape[1] != w.shape[0]:
        raise ValueError(f"need x (n, d), y (n, k), w (d, k), not {x.shape}, {y.shape}, {w.shape}")
    x, y, w = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, y, w))
    a = sigmoid(x @ w)  # (n, k)
    dz = (a - y) * a * (1 - a) / x.shape[0]  # (n, k)
    return x.T @ dz
    ### END SOLUTION


# %%
check(one_layer_gradient)

# %% [markdown]
# **Put it to work: the price of the squared error.** The factor $a(1-a)$ is never above ¼, and nearly 0 for a unit that is sure of itself, right or
# wrong. The cross-entropy $-y\log a-(1-y)\log(1-a)$ has no such factor: its gradient at $z$ is $a-y$. Let the right answer be $y=0$ and move $z$:


# %%
def saturation(z=8.0):
    """The gradients of both losses at one unit that should say 0, with a line at z."""
    grid = np.linspace(-12, 12, 241)
    a, here = sigmoid(grid), float(sigmoid(np.asarray(z)))
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.semilogy(grid, a, label="cross-entropy: a − y")
    ax.semilogy(grid, a * a * (1 - a), label="squared error: (a − y)·a(1 − a)")
    ax.axvline(z, color="black", linestyle="--")
    slope = here * (1 - here)
    title = f"z = {z:.1f}: the unit says {here:.5f}, the truth is 0; gradients {here:.3g} and {here * slope:.3g}, ratio {1 / slope:,.0f}"
    ax.set(xlabel="pre-activation z", ylabel="gradient at z", ylim=(1e-6, 2))
    ax.set_title(title, fontsize=10)
    ax.legend(loc="lower center")
    plt.show()


if ready(sigmoid):
    saturation()

# %%
if ready(sigmoid):
    _ = interact(saturation, z=FloatSlider(8, min=-10, max=10, step=0.5, continuous_update=False))

# %% [markdown]
# Does it matter in practice? Ten sigmoid units learn the ten digits, one unit for each class, from two starts: small weights, and weights so
# large that most units are sure of themselves before they have seen a single answer.

# %% tags=["instructor"]
one_layer_gradient = backend.runs(one_layer_gradient)

# %%
digits = load_digits()
pixels, names = (digits.data / 16).astype(np.float32), digits.target  # pixels 0..1
train_x, test_x, train_y, test_y = train_test_split(pixels, names, test_size=0.3, random_state=0, stratify=names)

if ready(sigmoid, one_layer_gradient):
    targets = np.eye(10, dtype=np.float32)[train_y]

    def cross_entropy_gradient(x, y, w):
        return x.T @ (sigmoid(x @ w) - y) / len(x)

    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3), sharey=True, layout="constrained")
    for ax, (size, spread) in zip(axes, (("small", 0.01), ("large", 2.0)), strict=True):
        for name, gradient in (("squared error", one_layer_gradient), ("cross-entropy", cross_entropy_gradient)):
            w = spread * np.random.default_rng(0).normal(size=(64, 10)).astype(np.float32)
            right = []
            for _ in range(300):
                right.append(np.mean(np.argmax(test_x @ w, axis=1) == test_y))
                w = w - np.float32(5) * gradient(train_x, targets, w)
            ax.plot(right, label=name)
            print(f"{size} start, {name}: {right[-1]:.3f} of the test digits after 300 steps")
        ax.set(xlabel="steps, all rows in each", title=f"{size} start: standard deviation {spread:g}")
    axes[0].set_ylabel("test accuracy")
    axes[1].legend(loc="lower right")
    plt.show()

# %% [markdown]
# From small weights the two are level: 96.3 % and 96.9 %. The squared error is not wrong, and a comparison from a good start would not show the
# difference. From large weights the cross-entropy arrives at 95.9 %, and the squared error, after 300 steps of the same size, at 32.0 %: its units
# are sure of themselves, and cannot hear that they are wrong.

# %% [markdown] question="sigmoid-losses" points=4
# ### Q. "Derive dL/dw of one sigmoid unit, for the squared error and for the cross-entropy."   *(easy, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the chain written out: dL/dw = dL/da · da/dz · dz/dw, with da/dz = a(1-a) and dz/dw = x
# - squared error: (a - y) a(1-a) x; cross-entropy: its derivative (a-y)/(a(1-a)) cancels the sigmoid's, (a - y) x is left
# - so a unit that is confidently wrong hardly learns with the squared error (at z = 8 its gradient is about 3000 times smaller)
# - over n rows: the mean, as a product x.T @ dz, and the shapes
#
# **Red flags** (-1): a(1-a) in the cross-entropy's gradient; σ'(a) in the place of σ'(z).
#
# **Follow-ups**: is the squared error convex in w? (no) and the cross-entropy? (yes) the same cancellation for softmax, and why it is no accident.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `softmax_cross_entropy`   *(medium, 10 min)*
#
# > *"Softmax and cross-entropy, loss and gradient. It must survive logits of ±1000."*
#
# For a row of logits $z$ and the true class $t$:
#
# $$L=-\log\frac{e^{z_t}}{\sum_j e^{z_j}}=\log\sum_j e^{z_j}-z_t,\qquad\frac{\partial L}{\partial z_j}=p_j-[j=t]$$
#
# Two traps. $e^{1000}$ overflows: subtract the row's maximum from its logits, which changes neither $p$ nor $L$. And $p_t$ may round to 0 where
# $\log p_t=-2000$ is a perfectly good number: compute the loss from the right-hand form, never as the logarithm of a softmax.


# %%
def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of the softmax over the rows, and its gradient.

    logits: (n, k), finite, any real dtype. labels: (n,) integers 0..k-1 of any integer dtype.
    n, k >= 1. Not changed.
    Returns (loss, dlogits): the mean over the rows of -log(softmax(row)[label]), a number, and
    its gradient with respect to the logits, a new (n, k) array: float32 for float32 logits,
    float64 for float64, integers and bools. Both are right to rounding at logits of ±1000 too
    (a loss may well be 2000), without a warning.
    ValueError: logits that are not 2-D or are empty, or labels whose shape is not (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(logits, labels)
    if logits.ndim != 2 or 0 in logits.shape or labels.shape != logits.shape[:1]:
        raise ValueError(f"need logits (n, k) and labels (n,), not {logits.shape} and {labels.shape}")
    if not xp.isdtype(logits.dtype, "real floating"):
        logits = xp.astype(logits, xp.float64)
    n, k = logits.shape
    classes = xp.arange(k, dtype=xp.int64, device=device(logits))
    true = xp.astype(xp.astype(labels, xp.int64)[:, None] == classes[None, :], logits.dtype)  # one-hot, (n, k)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    e = xp.exp(shifted)
    total = xp.sum(e, axis=1, keepdims=True)  # at least 1: the maximum's own term
    loss = (xp.sum(xp.log(total)) - xp.sum(true * shifted)) / n
    return loss, (e / total - true) / n
    ### END SOLUTION


# %%
check(softmax_cross_entropy)

# %% [markdown]
# **Put it to work: a test that costs one line.** A network that knows nothing gives each of $k$ classes $1/k$, so its loss must be $\ln k$. Look at
# that number before you train; if it is far off, the initial weights are too large, or the loss is wrong.

# %% tags=["instructor"]
softmax_cross_entropy = backend.runs(softmax_cross_entropy)

# %%
if ready(softmax_cross_entropy):
    print(f"ln 10 = {np.log(10):.3f}")
    for spread in (0.01, 0.1, 1.0, 10.0):
        w = spread * np.random.default_rng(0).normal(size=(64, 10))
        print(f"weights of standard deviation {spread:5g}: loss {float(softmax_cross_entropy(train_x @ w, train_y)[0]):.3f}")

# %% [markdown]
# Small weights give 2.305. At a standard deviation of 1 the untrained network is already sure of things it cannot know, and pays 8.4 for it; its
# first steps will only serve to forget them.
#
# ## 6. `mlp_gradients`   *(medium, 20 min)*
#
# > *"Now the whole network: linear, ReLU, linear, softmax cross-entropy. All gradients."*
#
# Every array with its shape, and under it its gradient, which has the same one:


# %%
def ribbon(n=7, d=9, h=5, k=4):
    """The arrays of the network forward (blue) and their gradients (red), drawn to scale."""
    columns = (  # name, rows, columns, name of the gradient, and how it is made
        ("x", n, d, "", ""),
        ("w1", d, h, "dw1", "x.T @ dpre"),
        ("b1", 1, h, "db1", "sum over rows\nof dpre"),
        ("pre = x @ w1 + b1\na = relu(pre)", n, h, "dpre", "(dz @ w2.T)\nwhere pre > 0"),
        ("w2", h, k, "dw2", "a.T @ dz"),
        ("b2", 1, k, "db2", "sum over rows\nof dz"),
        ("z = a @ w2 + b2", n, k, "dz", "(softmax(z)\n− one-hot) / n"),
    )
    figure, ax = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
    left, names_of = 0.0, {n: "n", d: "d", h: "h", k: "k"}
    for name, rows, wide, back, formula in columns:
        width = max(wide, 8.0)
        for bottom, color, text, below in ((3.0, "#9dbce0", name, ""), (-12.0, "#f0a9a2", back, formula)):
            if text:
                ax.add_patch(plt.Rectangle((left + (width - wide) / 2, bottom + (9 - rows) / 2), wide, rows, facecolor=color, edgecolor="black"))
                size = f"{names_of[rows]} × {names_of[wide]}" if rows > 1 else names_of[wide]
                ax.text(left + width / 2, bottom + 4.5, size, ha="center", va="center", fontsize=8)
                ax.text(left + width / 2, bottom + 9.4, text, ha="center", va="bottom", fontsize=9)
                ax.text(left + width / 2, bottom - 0.4, below, ha="center", va="top", fontsize=8)
        left += width + 2.5
    ax.annotate("", (left - 3, 15.8), (0, 15.8), arrowprops={"arrowstyle": "-|>", "color": "#2f5fa7", "lw": 2})
    ax.annotate("", (10, -15.5), (left - 3, -15.5), arrowprops={"arrowstyle": "-|>", "color": "#c8372d", "lw": 2})
    ax.set(xlim=(-1, left - 1), ylim=(-16.5, 16.5))
    ax.axis("off")
    plt.show()


ribbon()

# %% [markdown]
# ReLU passes its gradient where its input was above 0, and nothing elsewhere. At 0 itself it has no derivative; everybody takes 0. The mask comes
# from the **forward** pass, so keep `pre` (or `a`).


# %%
def mlp_gradients(x, labels, w1, b1, w2, b2):
    """Loss and gradients of the network x -> relu(x @ w1 + b1) @ w2 + b2 -> softmax cross-entropy, mean over the rows.

    x: (n, d). labels: (n,) integers 0..k-1. w1: (d, h). b1: (h,). w2: (h, k). b2: (k,). All
    sizes at least 1; any real dtype. Not changed.
    Returns (loss, dw1, db1, dw2, db2): a number and four new arrays, shaped as w1, b1, w2 and
    b2; float32 when x and the weights are, float64 for integers and bools. The derivative of
    relu at 0 is 0. Right at logits of ±1000 too. No warning.
    ValueError: shapes that do not fit (a column for a bias or for the labels, too), or an empty
    input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, labels, w1, b1, w2, b2)
    if x.ndim != 2 or w1.ndim != 2 or w2.ndim != 2 or 0 in x.shape + w1.shape + w2.shape:
        raise ValueError(f"need x (n, d), w1 (d, h), w2 (h, k), not empty, not {x.shape}, {w1.shape}, {w2.shape}")
    (n, d), (h, k) = x.shape, w2.shape
    if labels.shape != (n,) or w1.shape != (d, h) or b1.shape != (h,) or b2.shape != (k,):
        raise ValueError(f"labels {labels.shape}, w1 {w1.shape}, b1 {b1.shape}, b2 {b2.shape} do not fit x {x.shape} and w2 {w2.shape}")
    x, w1, b1, w2, b2 = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, w1, b1, w2, b2))

    pre = x @ w1 + b1  # (n, h)
    a = xp.maximum(pre, 0.0)
    loss, dz = softmax_cross_entropy(a @ w2 + b2, labels)  # dz: (n, k)
    dpre = (dz @ w2.T) * xp.astype(pre > 0, dz.dtype)
    return loss, x.T @ dpre, xp.sum(dpre, axis=0), a.T @ dz, xp.sum(dz, axis=0)
    ### END SOLUTION


# %%
check(mlp_gradients)

# %% [markdown]
# **Put it to work. First, the gradient check**, with your own differences, on real digits, parameter by parameter. Say it aloud while you write it:
# a small network, float64, random weights (zeros hide mistakes), more than one row, no two sizes equal.


# %% tags=["instructor"]
mlp_gradients = backend.runs(mlp_gradients)


# %%
def start(d, h, k, seed=0, dtype=np.float64):
    """Weights drawn after He, biases zero."""
    rng = np.random.default_rng(seed)
    w1, w2 = rng.normal(0, np.sqrt(2 / d), (d, h)), rng.normal(0, np.sqrt(2 / h), (h, k))
    return [a.astype(dtype) for a in (w1, np.zeros(h), w2, np.zeros(k))]


if ready(numerical_gradient, mlp_gradients):
    some, some_labels, weights = train_x[:20].astype(np.float64), train_y[:20], start(64, 8, 10)
    weights = [w + 0.1 * np.random.default_rng(1).normal(size=w.shape) for w in weights]

    def check_gradients(h):
        """Relative error of each analytic gradient against central differences with step h."""
        _, *analytic = mlp_gradients(some, some_labels, *weights)
        for i, name in enumerate(("w1", "b1", "w2", "b2")):

            def loss_at(value, i=i):
                return float(mlp_gradients(some, some_labels, *weights[:i], value, *weights[i + 1 :])[0])

            numeric = numerical_gradient(loss_at, weights[i], h)
            yield name, np.linalg.norm(numeric - analytic[i]) / (np.linalg.norm(numeric) + np.linalg.norm(analytic[i]))

    for h in (1e-5, 1e-1):
        print(f"h = {h:g}:", "  ".join(f"{name} {error:.0e}" for name, error in check_gradients(h)))

# %% [markdown]
# With $h=10^{-5}$ all four agree to nine digits. With $h=0.1$ the check complains, and your gradient is as right as before: the steps are so large
# that hidden units switch on or off on the way, and across a kink the difference is not the derivative. Before you look for a bug, make $h$
# smaller.
#
# **Second, train.** 1257 digits, 32 hidden units, batches of 32, plain gradient descent in float32. Before the long run, the short one that finds
# most bugs: can the network learn 20 rows by heart?


# %%
def train(x, y, weights, rate=0.2, batch=32, epochs=40, spoil=lambda *gradients: gradients):
    """Mini-batch descent with your gradients, spoiled if asked: the weights, and the accuracies on training and test digits after each epoch."""
    rng, weights, curve = np.random.default_rng(0), [w.copy() for w in weights], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch):
            rows = order[first : first + batch]
            _, *gradients = mlp_gradients(x[rows], y[rows], *weights)
            for w, g in zip(weights, spoil(*gradients), strict=True):
                w -= rate * g
        curve.append([accuracy(weights, x, y), accuracy(weights, test_x, test_y)])
    return weights, np.array(curve)


def accuracy(weights, x, y):
    w1, b1, w2, b2 = weights
    return np.mean(np.argmax(np.maximum(x @ w1 + b1, 0) @ w2 + b2, axis=1) == y)


if ready(mlp_gradients):
    twenty, _ = train(train_x[:20], train_y[:20], start(64, 32, 10, dtype=np.float32), epochs=200)
    left = float(mlp_gradients(train_x[:20], train_y[:20], *twenty)[0])
    print(f"20 rows by heart: loss {left:.4f}, accuracy {accuracy(twenty, train_x[:20], train_y[:20]):.2f}")
    begin = time.perf_counter()
    _, good = train(train_x, train_y, start(64, 32, 10, dtype=np.float32))
    print(f"all {len(train_x)} rows, 40 epochs: {time.perf_counter() - begin:.1f} s, test accuracy {good[-1, 1]:.3f}")
    _, stuck = train(train_x, train_y, [0 * w for w in start(64, 32, 10, dtype=np.float32)])
    _, wrong = train(train_x, train_y, start(64, 32, 10, dtype=np.float32), spoil=lambda dw1, db1, dw2, db2: (dw1, db1 / 32, dw2, db2 / 32))
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for curve, name, width in (
        (good, "yours", 5),  # wide, since the next one lies on it
        (wrong, "yours, biases' gradients divided by n again", 1.5),
        (stuck, "yours, from weights of 0", 1.5),
    ):
        ax.plot(curve[:, 1], linewidth=width, label=f"{name}: {curve[-1, 1]:.3f}")
    ax.set(xlabel="epoch", ylabel="test accuracy", ylim=(0, 1.03))
    ax.legend(loc="center right")
    plt.show()

# %% [markdown]
# Your network reads 98.0 % of the test digits. Now the inconvenient lines. One has a bug, a second division by $n$ in the biases' gradients. It
# learns as well as the right one, 97.4 %, and nobody would notice: **that it trains does not show that the gradient is right**. The other has a
# gradient that is right to the last digit and learns nothing: from zero weights every hidden unit stands at 0, so `dw2` is 0, nothing comes back
# through `w2`, and only `b2` ever moves. **A right gradient needs a good start as well.**
#
# **And how fast is it?** One epoch of a 784-128-10 network, batch 128, float32, against scikit-learn's `MLPClassifier`, which takes the same steps:

# %%
if ready(mlp_gradients):
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    big_x, big_y, big = rng.random((2560, 784), dtype=np.float32), rng.integers(0, 10, 2560), start(784, 128, 10, dtype=np.float32)
    peer = MLPClassifier((128,), solver="sgd", momentum=0, alpha=0, learning_rate_init=0.1, batch_size=128, shuffle=False)
    peer.partial_fit(big_x, big_y, classes=np.arange(10))

    def epoch():
        for first in range(0, len(big_x), 128):
            _, *gradients = mlp_gradients(big_x[first : first + 128], big_y[first : first + 128], *big)
            for w, g in zip(big, gradients, strict=True):
                w -= np.float32(0.1) * g

    def best_of(action, repeats=5):
        """The shortest of a few runs, in milliseconds."""
        seconds = []
        for _ in range(repeats):
            begin = time.perf_counter()
            action()
            seconds.append(time.perf_counter() - begin)
        return 1000 * min(seconds)

    print(f"yours {best_of(epoch):.0f} ms, scikit-learn {best_of(lambda: peer.partial_fit(big_x, big_y)):.0f} ms an epoch of {len(big_x)} rows")

# %% [markdown]
# About the same, since both spend their time in the same matrix products, and both leave one out: the gradient with respect to the pixels, a third
# of the first layer's work, which a chain of `linear_backward` calls would do for nothing.

# %% [markdown] question="shapes" points=3
# ### Q. "Walk me through the shapes of a two-layer network, forward and back."   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - (n,d)(d,h) → (n,h), then (n,h)(h,k) → (n,k); each gradient has its array's shape: dw = input.T @ dout, dx = dout @ w.T, db = sum over rows
# - what must be kept from the forward pass: each layer's input and the ReLU mask; memory grows with the batch
# - the cost: two products backward for one forward, so about twice (the first layer needs no dx)
#
# **Red flags** (-1): transposes until the shapes fit, without saying what is summed over.
#
# **Follow-ups**: where does the transpose come from? what changes for n = 1? what if the two layers share their weights (the gradients add up)?
# === END MARK SCHEME ===

# %% [markdown] question="gradient-check" points=5
# ### Q. "How do you know that your gradient is right?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - central differences, in float64, h about 1e-5
# - relative error, for each parameter by itself: below 1e-7 is fine, above 1e-4 is a bug or a kink
# - at a point that is not special: not w = 0, not one row, no square matrices, biases not 0
# - what disturbs the check: kinks (ReLU, max), dropout and other randomness (fix the seed or turn it off), float32
# - the coarser tests: initial loss ln k, 20 rows by heart; that it trains proves nothing
#
# **Red flags** (-1): "the loss goes down"; "PyTorch does it for me".
#
# **Follow-ups**: a million parameters? (random directions, or a sample of entries) what would you check in a custom CUDA kernel?
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `layer_norm_backward`   *(hard, 15 min)*
#
# > *"Layer norm is in every transformer block. Its backward pass, please."*
#
# For one row $x$ of $d$ numbers, with $g=dout\odot\gamma$:
#
# $$\mu=\tfrac1d\sum x,\quad s=\sqrt{\tfrac1d\sum(x-\mu)^2+\varepsilon},\quad\hat x=\frac{x-\mu}{s},\quad out=\gamma\odot\hat x+\beta$$
#
# Each $x_j$ acts on the output three ways: directly, through $\mu$, and through $s$. Since $\partial\mu/\partial x_j=\tfrac1d$ and
# $\partial s/\partial x_j=\hat x_j/d$,
#
# $$dx=\frac1s\Bigl(g-\operatorname{mean}(g)-\hat x\,\operatorname{mean}(g\odot\hat x)\Bigr),
# \qquad d\gamma=\sum_{\text{rows}}dout\odot\hat x,\qquad d\beta=\sum_{\text{rows}}dout$$
#
# Read it as geometry: the two means take away the part of $g$ along $\mathbf 1$ and the part along $\hat x$, for the output does not change when a
# row is shifted, and hardly when it is stretched. No $d\times d$ Jacobian is ever built.


# %%
def layer_norm_backward(dout, x, gamma, eps):
    """Gradients of layer norm over the last axis, out = gamma * (x - mean) / sqrt(var + eps) + beta.

    dout and x: (..., d), the same shape, with any number of axes before the last (none, too).
    gamma: (d,). All sizes at least 1, any real dtype. eps: a Python number > 0. mean and var
    are over the last axis; var divides by d. Not changed.
    Returns dx (like x), dgamma (d,), dbeta (d,), in this order: new arrays; float32 when all
    inputs are, float64 for integers and bools. No warning. Relative error below 1e-5 in float64
    also where a row's mean is a million times its spread.
    ValueError: an empty x, an x without axes, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(dout, x, gamma)
    if x.ndim == 0 or 0 in x.shape or dout.shape != x.shape or gamma.shape != x.shape[-1:]:
        raise ValueError(f"need dout and x (..., d) and gamma (d,), not {dout.shape}, {x.shape}, {gamma.shape}")
    dout, x, gamma = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (dout, x, gamma))

    def mean(a):
        return xp.mean(a, axis=-1, keepdims=True)

    centred = x - mean(x)
    scale = 1 / xp.sqrt(mean(centred * centred) + eps)
    xhat = centred * scale
    g = dout * gamma
    dx = scale * (g - mean(g) - xhat * mean(g * xhat))
    rows = (-1, x.shape[-1])
    return dx, xp.sum(xp.reshape(dout * xhat, rows), axis=0), xp.sum(xp.reshape(dout, rows), axis=0)
    ### END SOLUTION


# %%
check(layer_norm_backward)

# %% [markdown]
# **Put it to work: what happens to a gradient on its way down?** Twelve layers of 64 units, digits going in, a random gradient coming back through
# your functions. After each layer we look at the size of $dw$.


# %% tags=["instructor"]
linear_backward, layer_norm_backward = map(backend.runs, (linear_backward, layer_norm_backward))


# %%
def deep(kind, depth=12, seed=0):
    """Norms of dw in each layer of a deep stack: linear, layer norm if asked for, activation."""
    rng = np.random.default_rng(seed)
    x, kept = (train_x - train_x.mean(axis=0)).astype(np.float64), []
    for _ in range(depth):
        w = rng.normal(0, np.sqrt((2 if kind == "ReLU" else 1) / 64), (64, 64))
        z = x @ w
        normal = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5) if "norm" in kind else z
        kept.append((x, w, z, normal))
        x = np.maximum(normal, 0) if kind == "ReLU" else sigmoid(normal)
    back, norms = rng.normal(size=x.shape) / len(x), []
    for x, w, z, normal in reversed(kept):
        back = back * (normal > 0) if kind == "ReLU" else back * sigmoid(normal) * (1 - sigmoid(normal))
        if "norm" in kind:
            back, _, _ = layer_norm_backward(back, z, np.ones(64), 1e-5)
        back, dw, _ = linear_backward(back, x, w)
        norms.append(np.linalg.norm(dw))
    return np.array(norms[::-1])


if ready(sigmoid, linear_backward, layer_norm_backward):
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for kind in ("ReLU", "sigmoid", "sigmoid, layer norm"):
        norms = deep(kind)
        factor = (norms[1] / norms[-1]) ** (1 / (len(norms) - 2))  # layer 1 sees the centred pixels, the others activations
        ax.semilogy(np.arange(1, len(norms) + 1), norms, marker="o", label=f"{kind}: × {factor:.2f} a layer")
        print(f"{kind:20} dw of layer 2 over dw of layer 12: {norms[1] / norms[-1]:.1e}")
    ax.set(xlabel="layer (12 is next to the loss)", ylabel="norm of dw")
    ax.legend()
    plt.show()

# %% [markdown]
# The sigmoid's slope is at most ¼, and that is about what a layer leaves of the gradient: after ten layers three parts in ten million. ReLU with
# He's weights keeps it level. Layer norm helps the sigmoid, and does not save it: it puts the units where the slope is large and rescales on the
# way back, but a slope of ¼ stays one. What a deep network needs as well is a path around, and that is the residual connection.

# %% [markdown] question="vanishing" points=4
# ### Q. "Gradients vanish, or explode. Why, and what do you do?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the gradient is a product of Jacobians, one for each layer (or time step): norms multiply, so they shrink or grow geometrically
# - the sigmoid's share is at most ¼; ReLU's is 0 or 1; the weights' share depends on their scale: Xavier 1/d, He 2/d for ReLU
# - remedies for vanishing: residual connections, normalisation, gating (LSTM); for exploding: clipping by the global norm
# - how to see it: the norm of the gradient, and of the update over the weight, for each layer during training
#
# **Red flags** (-1): "use Adam"; "a larger learning rate" as the only remedy.
#
# **Follow-ups**: why does a residual connection help, as a formula? (I + J) why pre-norm rather than post-norm?
# === END MARK SCHEME ===

# %% [markdown] question="reverse-mode" points=4
# ### Q. "Reverse mode or forward mode? And what does it cost in memory?"   *(hard, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - one scalar output, many inputs: reverse mode gets all derivatives for a small multiple of the forward pass; forward mode needs a pass an input
# - forward mode wins for few inputs and many outputs, and needs no store: Jacobian-vector products; both together give Hessian-vector products
# - reverse mode keeps the activations: memory grows with depth and batch; checkpointing recomputes them, for about one more forward pass
# - where a value is used twice, the gradients add up (shared weights, residual connections)
#
# **Red flags** (-1): "backpropagation is gradient descent"; takes automatic for numerical differentiation.
#
# **Follow-ups**: memory with √depth checkpoints? why must nothing kept for the backward pass be overwritten in place?
# === END MARK SCHEME ===

# %% [markdown] question="by-hand" points=3
# ### Q. "Softmax or layer norm, backward, by hand. Why do you not write down the Jacobian?"   *(hard, 6 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - only the product of the incoming gradient with the Jacobian is needed: O(d) a row, where the matrix has d² entries
# - softmax: J = diag(p) - p pᵀ, so dz = p ⊙ (dp - Σ dp ⊙ p); layer norm: the same idea, two means subtracted
# - what the subtracted terms mean: directions in which the output does not change (a shift for softmax, shift and stretch for layer norm)
#
# **Red flags** (-1): treats mean and variance as constants; softmax's derivative as p(1-p) only.
#
# **Follow-ups**: RMSNorm, what is left out? the backward pass of attention's softmax without keeping the (T, T) matrix?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: a training step as an interview guide prints it   *(medium, 15 min)*
#
# A Chinese interview guide answers "implement forward and backward propagation" with one layer of sigmoid units and the squared error. Its training
# step comes down to this. It looks right.


# %%
def bank_step(x, y, w, lr):
    """One step of gradient descent for one_layer_gradient's loss, as the guide has it. Wrong."""
    a = 1 / (1 + np.exp(-(x @ w)))
    error = a - y
    w -= lr * np.dot(x.T, error) * (a * (1 - a))
    return w


# %% [markdown]
# `np.dot(x.T, error)` is $(d,k)$: a number for each weight. `a * (1 - a)` is $(n,k)$: a number for each row. Mostly that raises an error. It
# runs when $n=d$, and then multiplies the slope of row 3 into the gradient of weight 3. How wrong is that?


# %%
def directions(spread, n=3, draws=2000):
    """Cosines between the guide's direction and the right one, for random data with n = d and weights of a standard deviation."""
    rng, cosines = np.random.default_rng(0), []
    for _ in range(draws):
        x, w, y = rng.normal(size=(n, n)), rng.normal(0, spread, (n, 1)), rng.integers(0, 2, (n, 1))
        guide = -bank_step(x, y, np.array(w), 1.0) + w
        right = one_layer_gradient(x, y, w)
        cosines.append(np.sum(guide * right) / (np.linalg.norm(guide) * np.linalg.norm(right)))
    return np.array(cosines)


if ready(one_layer_gradient):
    figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
    for spread, color in ((0.3, "#f58518"), (3, "#4c78a8")):
        cosines = directions(spread)
        ax.hist(cosines, np.linspace(-1, 1, 41), color=color, alpha=0.8, label=f"weights of standard deviation {spread:g}")
        print(f"standard deviation {spread:3g}: mean cosine {cosines.mean():.2f}, uphill in {np.mean(cosines < 0):.1%} of the draws")
    ax.axvline(0, color="black", linestyle="--", label="left of this: uphill")
    ax.set(xlabel="cosine between the guide's step and the right one, n = d = 3", ylabel="draws (log scale)", yscale="log")
    ax.legend(loc="upper left")
    plt.show()

# %% [markdown]
# With small weights the guide is nearly right: every slope is about ¼, and equal factors may stand anywhere. With large weights, one step in nine
# climbs. An example with small weights, or with one row, will never find this bug; a test at a point that is not special finds it at once.
#
# **First, an input on which it fails.** `one_layer_gradient` tells what is right.


# %%
def bank_step_counterexample():
    """Arguments on which bank_step runs and goes the wrong way, without lr: for every small lr.

    Returns (x, y, w): arrays or nested lists of finite numbers, (n, d), (n, k) and (d, k), with
    1 to 1000 entries each, which are taken in float64. bank_step(x, y, w, lr) must run on them.
    Its step is compared with the right one, minus the gradient: at lr = 1 neither may be
    shorter than 1e-6, and the cosine between them is at most 0.9. For full marks it is
    negative: the guide's step climbs.
    """
    ### BEGIN SOLUTION
    x = np.array([[6.0, 1.0], [0.0, 1.0]])
    w = np.array([[1.0], [0.0]])
    y = np.array([[0.0], [1.0]])
    # Row 1 is sure of itself (z = 6) and wrong, row 2 is undecided (z = 0). Both have a 1 for weight 2, and the right gradient hears row 2,
    # whose slope is a hundred times steeper. In the guide's sum the errors meet before the slopes come in, and row 1 has the larger error.
    return x, y, w
    ### END SOLUTION


# %%
check(bank_step_counterexample)

# %% [markdown]
# **Then, mended.** The order is one of five bugs. Find the other four.


# %%
def bank_step_mended(x, y, w, lr):
    """The weights after one step of gradient descent on the loss of one_layer_gradient: w - lr * gradient.

    x: (n, d). y: (n, k). w: (d, k). All sizes at least 1, any real dtype. lr: a Python number.
    Not changed, w neither.
    Returns (d, k), a new array; float32 when x, y and w are, float64 for integers and bools. No
    warning, at x @ w = ±1000 neither.
    ValueError: any other shapes, (n,) for y or (d,) for w among them, or an empty input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    step = lr * one_layer_gradient(x, y, w)
    return array_namespace(w).astype(w, step.dtype) - step
    ### END SOLUTION


# %%
check(bank_step_mended)

# %% [markdown]
# ## Before you leave the room
#
# - Shapes first: a gradient has the shape of what it belongs to, and rows are summed where a weight was shared by them.
# - Slopes of activations belong to rows: multiply them in before the product with $x^\top$.
# - The $1/n$ goes in once, at the loss.
# - `exp` of what is at most 0, `log` of what is at least 1.
# - A gradient is right when central differences say so, at a point that is not special. That it trains proves nothing.
#
# **Follow-ups to practise aloud**: the gradient with respect to the input of your network, and what it is good for? The backward pass of a residual
# block? Label smoothing in `softmax_cross_entropy`: what changes? Batch norm instead of layer norm: over which axis do the means run, and what
# about the test? Bias, hidden layer, momentum: what else would you add to the guide's answer?

# %%
status()
