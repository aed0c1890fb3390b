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
#     order: 4
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
# You will write seven functions, from the sigmoid to the backward pass of layer norm, and train a network on handwritten digits with your own gradients.
# At the end you hunt the bugs in a published answer.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(sigmoid)` helps in three steps.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# One patient of scikit-learn's breast-cancer set, two of her measurements, one sigmoid unit, and the squared error $L=\tfrac12(a-y)^2$. Going forward,
# each node computes its value (blue). Going backward, each node receives $\partial L/\partial(\text{its output})$ and hands to each input that number
# **times its own derivative** (red). No node needs to know the rest of the graph. That is the whole algorithm.

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
    plus, sigma, square, end = (4, 2), (5.8, 2), (7.6, 2), (9.4, 2)
    upper, lower = (2, 3.5), (2, 1.2)
    edges = [  # from, to, name, value, gradient, the step that brings it
        ((0, 4.2), upper, "w₁", w1, dz * x1, 5),
        ((0, 2.8), upper, "x₁", x1, dz * w1, 5),
        ((0, 1.9), lower, "w₂", w2, dz * x2, 5),
        ((0, 0.5), lower, "x₂", x2, dz * w2, 5),
        (upper, plus, "", w1 * x1, dz, 4),
        (lower, plus, "", w2 * x2, dz, 4),
        ((2, -0.3), plus, "b", b, dz, 4),
        (plus, sigma, "z", z, dz, 3),
        (sigma, square, "a", a, da, 2),
        (square, end, "L", (a - y) ** 2 / 2, 1.0, 1),
    ]
    figure, ax = plt.subplots(figsize=(9, 4), layout="constrained")
    for start, stop, name, value, gradient, when in edges:
        ax.annotate("", stop, start, arrowprops={"arrowstyle": "-|>", "color": "grey", "shrinkA": 14, "shrinkB": 16})
        middle = 0.5 * (start[0] + stop[0]), 0.5 * (start[1] + stop[1])
        ax.text(middle[0], middle[1] + 0.08, f"{name} = {value:.3f}".lstrip(" ="), color="#2f5fa7", ha="center", va="bottom", fontsize=9)
        if step >= when:
            ax.text(middle[0], middle[1] - 0.08, f"{gradient:+.3f}", color="#c8372d", ha="center", va="top", fontsize=9)
    for (h, v), sign in ((upper, "×"), (lower, "×"), (plus, "+"), (sigma, "σ"), (square, "½(·−y)²")):
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "black"}
        ax.text(h, v, sign, ha="center", va="center", bbox=box, zorder=3)
    ax.set(xlim=(-0.4, 9.8), ylim=(-0.7, 4.7), title=f"{step}. {STEPS[step]}")
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
# Both formulas are right; each overflows on one side. In float32, $e^{89}$ is already infinite. A clip of $z$ avoids the warning and spoils the tail, where
# a cross-entropy still needs the digits of $\sigma(-40)\approx4\cdot10^{-18}$.


# %%
def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of every entry.

    z: an array of any shape (0-d too) and any real dtype. Not changed.
    Returns an array of z's shape, which shares no memory with z: float32 for float32, float64 for float64, integers and bools.
    (For a 0-d z a plain number will do.) No warning at z = ±1000; relative error below 1e-6 at z = -40 in float64.
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

# %%
if ready(sigmoid):
    points = np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0])
    with np.errstate(over="ignore", invalid="ignore"):
        print("1 / (1 + exp(-z))      ", 1 / (1 + np.exp(-points)))
        print("exp(z) / (1 + exp(z))  ", np.exp(points) / (1 + np.exp(points)))
    print("clipped to ±20         ", 1 / (1 + np.exp(-np.clip(points, -20, 20))))
    print("(1 + tanh(z/2)) / 2    ", (1 + np.tanh(points / 2)) / 2)
    print("yours                  ", sigmoid(points))

# %% [markdown]
# ## 2. `numerical_gradient`   *(easy, 8 min)*
#
# > *"You derived a gradient by hand. How do you know it is right?"*
#
# Move one number at a time, a little up and a little down, and look at the loss:
#
# $$\frac{\partial f}{\partial x_i}\approx\frac{f(x+h\,e_i)-f(x-h\,e_i)}{2h}$$
#
# By Taylor's formula the error of this **central** difference is of order $h^2$, that of the one-sided $\bigl(f(x+h)-f(x)\bigr)/h$ of order $h$. It costs two
# forward passes for each weight, which is why nobody trains with it, and everybody tests with it.


# %%
def numerical_gradient(f, x, h):
    """Central differences of a function of an array.

    f: a function that takes a float64 array of x's shape and returns a number; it does not change what it is given. x: an array of any shape
    (0-d too) and any real dtype, integers too. Not changed. h > 0: the step.
    Returns a float64 array of x's shape (for a 0-d x a plain number will do): entry i is (f(x + h e_i) - f(x - h e_i)) / (2 h), where x + h e_i
    is x with h added to entry i alone, in float64 whatever x's dtype. f may be called only with arrays of x's shape (or numbers, for a 0-d x).
    ValueError: x is empty.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x)
    if 0 in x.shape:
        raise ValueError("x is empty")
    x = xp.astype(x, xp.float64)  # a copy
    place = xp.reshape(xp.arange(x.size, device=device(x)), x.shape)
    gradient = xp.zeros_like(x)
    for i in range(x.size):
        step = h * xp.astype(place == i, xp.float64)
        gradient = xp.where(place == i, (f(x + step) - f(x - step)) / (2 * h), gradient)
    return gradient
    ### END SOLUTION


# %%
check(numerical_gradient)

# %% [markdown]
# **Put it to work: which h?** The mean log-loss of a linear model on the breast-cancer data has a gradient we know in closed form,
# $x^\top(\sigma(xw)-y)/n$. How far are the differences from it?

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
# Two errors meet in a V. On the right the formula is at fault: its error falls with slope 1 (one-sided) or 2 (central) as $h$ shrinks. On the left it is rounding:
# the two losses agree in nearly all their digits, the difference keeps the few that are left, and division by $2h$ makes their noise large. So: central
# differences, float64, $h\approx10^{-5}$, the root of machine precision to the power $\tfrac13$. In float32 a check can tell a blunder from a right answer at best, and at
# $h=10^{-5}$ not even that.
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
# Why do the rows add up? The same $w$ and $b$ were used for each of them, and a number that is used in several places receives the sum of what comes back
# from all of them.


# %%
def linear_backward(dout, x, w):
    """Gradients of a linear layer, out = x @ w + b.

    dout: (n, m), the gradient of the loss with respect to out. x: (n, d). w: (d, m). All sizes at least 1, any real dtype. Not changed.
    Returns dx (n, d), dw (d, m), db (m,), in this order: new arrays; float32 when all inputs are, float64 for integers and bools.
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
# The two factors belong to a row and a unit, $(n,k)$; after $x^\top$ the rows are gone. Whoever multiplies them in the other order multiplies a number for
# each weight by a number for each row. More of that in the bug hunt.


# %%
def one_layer_gradient(x, y, w):
    """Gradient with respect to w of the mean over the n rows of 0.5 * sum over the k units of (sigmoid(x @ w) - y)**2.

    x: (n, d). y: (n, k). w: (d, k). All sizes at least 1, any real dtype. Not changed.
    Returns (d, k), a new array; float32 when all inputs are, float64 for integers and bools. No warning, at x @ w = ±1000 neither.
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
# **Put it to work: the price of the squared error.** The factor $a(1-a)$ is never above ¼, and nearly 0 for a unit that is sure of itself, right or wrong.
# The cross-entropy $-y\log a-(1-y)\log(1-a)$ has no such factor: its gradient at $z$ is $a-y$. Let the right answer be $y=0$ and move $z$:

# %%
def saturation(z=8.0):
    """The gradients of both losses at one unit that should say 0, with a line at z."""
    grid = np.linspace(-12, 12, 241)
    a, here = sigmoid(grid), float(sigmoid(np.asarray(z)))
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.semilogy(grid, a, label="cross-entropy: a − y")
    ax.semilogy(grid, a * a * (1 - a), label="squared error: (a − y)·a(1 − a)")
    ax.axvline(z, color="black", linestyle="--")
    title = f"z = {z:.1f}: the unit says {here:.5f}, the truth is 0; gradients {here:.3g} and {here * here * (1 - here):.3g}, ratio {1 / (here * (1 - here)):,.0f}"
    ax.set(xlabel="pre-activation z", ylabel="gradient at z", ylim=(1e-6, 2))
    ax.set_title(title, fontsize=10)
    ax.legend(loc="upper left")
    plt.show()


if ready(sigmoid):
    saturation()

# %%
if ready(sigmoid):
    _ = interact(saturation, z=FloatSlider(8, min=-10, max=10, step=0.5, continuous_update=False))

# %% [markdown]
# Does it matter in practice? Ten sigmoid units learn the ten digits, one unit for each class, from two starts: small weights, and weights so
# large that most units are sure of themselves, which are wrong nine times in ten about which digit it is.

# %%
digits = load_digits()
pixels, names = (digits.data / 16).astype(np.float32), digits.target  # pixels 0..1
train_x, test_x, train_y, test_y = train_test_split(pixels, names, test_size=0.3, random_state=0, stratify=names)

if ready(sigmoid, one_layer_gradient):
    targets = np.eye(10, dtype=np.float32)[train_y]

    def cross_entropy_gradient(x, y, w):
        return x.T @ (sigmoid(x @ w) - y) / len(x)

    figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
    for ax, (start, spread) in zip(axes, (("small", 0.01), ("large", 2.0)), strict=True):
        for name, gradient in (("squared error", one_layer_gradient), ("cross-entropy", cross_entropy_gradient)):
            w = spread * np.random.default_rng(0).normal(size=(64, 10)).astype(np.float32)
            right = []
            for _ in range(300):
                right.append(np.mean(np.argmax(test_x @ w, axis=1) == test_y))
                w = w - np.float32(5) * gradient(train_x, targets, w)
            ax.plot(right, label=name)
            print(f"{start} start, {name}: {right[-1]:.3f} of the test digits after 300 steps")
        ax.set(xlabel="steps, all rows in each", title=f"{start} start: standard deviation {spread:g}")
    axes[0].set_ylabel("test accuracy")
    axes[1].legend(loc="lower right")
    plt.show()

# %% [markdown]
# FILL saturation numbers

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
# Two traps. $e^{1000}$ overflows: subtract the row's maximum from its logits, which changes neither $p$ nor $L$. And $p_t$ may round to 0 where $\log p_t=-2000$ is a perfectly
# good number: compute the loss from the right-hand form, never as the logarithm of a softmax.


# %%
def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of the softmax over the rows, and its gradient.

    logits: (n, k), finite, any real dtype. labels: (n,) integers 0..k-1 of any integer dtype. n, k >= 1. Not changed.
    Returns (loss, dlogits): the mean over the rows of -log(softmax(row)[label]), a number, and its gradient with respect to the logits, a new (n, k)
    array: float32 for float32 logits, float64 for float64, integers and bools. Both are finite and exact at logits of ±1000 too (a loss may well
    be 2000), without a warning.
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
# **Put it to work: a test that costs one line.** A network that knows nothing gives each of $k$ classes $1/k$, so its loss must be $\ln k$. Look at that
# number before you train; if it is far off, the initial weights are too large, or the loss is wrong.

# %%
if ready(softmax_cross_entropy):
    print(f"ln 10 = {np.log(10):.3f}")
    for spread in (0.01, 0.1, 1.0, 10.0):
        w = spread * np.random.default_rng(0).normal(size=(64, 10))
        print(f"weights of standard deviation {spread:5g}: loss {float(softmax_cross_entropy(train_x @ w, train_y)[0]):.3f}")

# %% [markdown]
# FILL initial loss
#
# ## 6. `mlp_gradients`   *(medium, 20 min)*
#
# > *"Now the whole network: linear, ReLU, linear, softmax cross-entropy. All gradients."*
#
# Every array with its shape, and under it its gradient, which has the same one:

# %%
def ribbon(n=7, d=9, h=5, k=3):
    """The arrays of the network forward (blue) and their gradients (red), drawn to scale."""
    columns = (  # name, rows, columns, name of the gradient, and how it is made
        ("x", n, d, "", ""),
        ("w1", d, h, "dw1", "x.T @ dpre"),
        ("b1", 1, h, "db1", "sum over rows of dpre"),
        ("pre = x @ w1 + b1\na = relu(pre)", n, h, "dpre", "(dz @ w2.T) where pre > 0"),
        ("w2", h, k, "dw2", "a.T @ dz"),
        ("b2", 1, k, "db2", "sum over rows of dz"),
        ("z = a @ w2 + b2", n, k, "dz", "(softmax(z) − one-hot) / n"),
    )
    figure, ax = plt.subplots(figsize=(11, 4.6), layout="constrained")
    left, names_of = 0.0, {n: "n", d: "d", h: "h", k: "k", 1: "1"}
    for name, rows, wide, back, formula in columns:
        width = max(wide, 8.0)
        for bottom, color, text, below in ((3.0, "#9dbce0", name, ""), (-12.0, "#f0a9a2", back, formula)):
            if text:
                ax.add_patch(plt.Rectangle((left + (width - wide) / 2, bottom + (9 - rows) / 2), wide, rows, facecolor=color, edgecolor="black"))
                ax.text(left + width / 2, bottom + 4.5, f"{names_of[rows]} × {names_of[wide]}", ha="center", va="center", fontsize=8)
                ax.text(left + width / 2, bottom + 9.4, text, ha="center", va="bottom", fontsize=9)
                ax.text(left + width / 2, bottom - 0.4, below.replace(" where", "\nwhere").replace(" of", "\nof").replace(" − ", "\n− "), ha="center", va="top", fontsize=8)
        left += width + 2.5
    ax.annotate("", (left - 3, 14.5), (0, 14.5), arrowprops={"arrowstyle": "-|>", "color": "#2f5fa7", "lw": 2})
    ax.annotate("", (10, -15.5), (left - 3, -15.5), arrowprops={"arrowstyle": "-|>", "color": "#c8372d", "lw": 2})
    ax.set(xlim=(-1, left - 1), ylim=(-16.5, 15.5))
    ax.axis("off")
    plt.show()


ribbon()

# %% [markdown]
# ReLU passes its gradient where its input was above 0, and nothing elsewhere. At 0 itself it has no derivative; everybody takes 0. The mask comes from
# the **forward** pass, so keep `pre` (or `a`).


# %%
def mlp_gradients(x, labels, w1, b1, w2, b2):
    """Loss and gradients of the network x -> relu(x @ w1 + b1) @ w2 + b2 -> softmax cross-entropy, mean over the rows.

    x: (n, d). labels: (n,) integers 0..k-1. w1: (d, h). b1: (h,). w2: (h, k). b2: (k,). All sizes at least 1; any real dtype. Not changed.
    Returns (loss, dw1, db1, dw2, db2): a number and four new arrays, shaped as w1, b1, w2 and b2; float32 when x and the weights are, float64 for
    integers and bools. The derivative of relu at 0 is 0. Finite at logits of ±1000 too. No warning.
    ValueError: shapes that do not fit (a column for a bias or for the labels, too), or an empty input.
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
    a = xp.maximum(pre, xp.zeros_like(pre))
    loss, dz = softmax_cross_entropy(a @ w2 + b2, labels)  # dz: (n, k)
    dpre = (dz @ w2.T) * xp.astype(pre > 0, dz.dtype)
    return loss, x.T @ dpre, xp.sum(dpre, axis=0), a.T @ dz, xp.sum(dz, axis=0)
    ### END SOLUTION


# %%
check(mlp_gradients)

# %% [markdown]
# **Put it to work. First, the gradient check**, with your own differences, on real digits, parameter by parameter. Say it aloud while you write it: a small network, float64,
# random weights (zeros hide mistakes), more than one row, no two sizes equal.

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
# FILL gradient check
#
# **Second, train.** 1257 digits, 32 hidden units, batches of 32, plain gradient descent in float32. Before the long run, the short one that finds most bugs: can the network learn 20
# rows by heart?

# %%
def train(x, y, weights, rate=0.2, batch=32, epochs=40, seed=0):
    """Mini-batch descent with your gradients: the weights, and the accuracies on training and test digits after each epoch."""
    rng, weights, curve = np.random.default_rng(seed), [w.copy() for w in weights], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch):
            rows = order[first : first + batch]
            _, *gradients = mlp_gradients(x[rows], y[rows], *weights)
            for w, g in zip(weights, gradients, strict=True):
                w -= rate * g
        curve.append([accuracy(weights, x, y), accuracy(weights, test_x, test_y)])
    return weights, np.array(curve)


def accuracy(weights, x, y):
    w1, b1, w2, b2 = weights
    return np.mean(np.argmax(np.maximum(x @ w1 + b1, 0) @ w2 + b2, axis=1) == y)


if ready(mlp_gradients):
    twenty, _ = train(train_x[:20], train_y[:20], start(64, 32, 10, dtype=np.float32), epochs=200)
    print(f"20 rows by heart: loss {float(mlp_gradients(train_x[:20], train_y[:20], *twenty)[0]):.4f}, accuracy {accuracy(twenty, train_x[:20], train_y[:20]):.2f}")
    begin = time.perf_counter()
    _, good = train(train_x, train_y, start(64, 32, 10, dtype=np.float32))
    print(f"all {len(train_x)} rows, 40 epochs: {time.perf_counter() - begin:.1f} s, test accuracy {good[-1, 1]:.3f}")
    zeros = [0 * w for w in start(64, 32, 10, dtype=np.float32)]
    _, stuck = train(train_x, train_y, zeros)
    equal = [np.full_like(w, 0.1) for w in zeros]
    _, same = train(train_x, train_y, equal)
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for curve, name, color in ((good, "random start", "#4c78a8"), (same, "all weights 0.1", "#f58518"), (stuck, "all weights 0", "#e45756")):
        ax.plot(curve[:, 1], color=color, label=f"{name}: test {curve[-1, 1]:.3f}")
        ax.plot(curve[:, 0], color=color, linestyle=":")
    ax.set(xlabel="epoch", ylabel="accuracy (dotted: training)", ylim=(0, 1.03))
    ax.legend()
    plt.show()

# %% [markdown]
# FILL training
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
