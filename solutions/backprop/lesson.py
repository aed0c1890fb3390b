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
#     minutes: 190
#     topics: [backpropagation, gradient checking, softmax cross-entropy, normalisation layers]
#     needs: [gradient_descent]
#     out_of_scope: "convolutions, recurrent networks, attention, automatic differentiation as a library"
# ---

# %% [markdown]
# # Forward and backward (前向与反向传播)
#
# > *"Take a small network. Write its forward and its backward pass. NumPy only."*
#
# The loss is a number, and training needs to know how that number changes when any weight moves. The backward pass answers for all weights at once, for about
# twice the price of the forward pass. The interviewer listens for four things:
#
# 1. You say the **shapes** before you write a product.
# 2. You know what belongs to a **row** and what to a **weight**, and what is summed over.
# 3. You know where `exp` and `log` break, and write them so that they do not.
# 4. You **prove** that your gradient is right before you are asked to.
#
# You will write eight functions, from the sigmoid to the backward pass of layer norm, and train a network on handwritten digits with your own gradients. Then
# you hunt errors in three places: a published answer, a training loop and five lines whose shapes you predict. **This lesson needs** matrix products, partial derivatives and the
# idea of a gradient step (lesson *gradient descent*, exercise `gradient_descent`).
#
# Write each function, run its cell, and run `check(...)` below it. `hint(sigmoid)` helps in three steps.
# Rules for all of them: arrays come in any memory layout, read-only ones too; the real-valued arrays of one call share one dtype; "integers" include narrow ones such as uint8 and int8, whose products wrap around; valid input gives no warning; results are
# compared to 7 digits, to 4 where the data are float32.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# sigmoid, numerical_gradient, mlp_forward, one_layer_gradient, softmax_cross_entropy, mlp_gradients, linear_backward, layer_norm_backward, loop_mended.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import time

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.model_selection import train_test_split

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})
# Colours that the colour-blind can tell apart, too.
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=["#4c78a8", "#f58518", "#e45756", "#72b7b2"])
SEEDS = range(5)


def spread(values):
    """Mean and standard deviation over the seeds, as text."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


# %% [markdown]
# ## The idea in a picture
#
# One patient of scikit-learn's breast-cancer set, two of her measurements, one sigmoid unit, and the squared error $L=\tfrac12(a-y)^2$. Circles are
# **leaves**: numbers that are given. Boxes are operations. Going forward, each box computes its value (blue). Going backward, each box receives
# $\partial L/\partial(\text{its output})$ and hands to each input that number **times its own derivative** (red). No box needs to know the rest of the graph.
# That is the whole algorithm.

# %% tags=["folded"]
patients = load_breast_cancer()
measured = (patients.data - patients.data.mean(axis=0)) / patients.data.std(axis=0)
malignant = (patients.target == 0).astype(np.int64)  # in this data set class 1 is benign

STEPS = (
    "forward: values only",
    "backward starts with ∂L/∂L = 1",
    "times a − y, the derivative of the loss (times y − a for y)",
    "times a(1 − a), the derivative of the sigmoid",
    "a sum hands the same number to all its terms",
    "a product hands to each factor the number times the other factor",
)


def graph(step=5):
    """The computation graph of one unit: values in blue, gradients in red where the backward pass has reached them."""
    (x1, x2), y = measured[0, [1, 4]], malignant[0]
    w1, w2, b = 0.8, -0.5, 0.3
    z = w1 * x1 + w2 * x2 + b
    a = 1 / (1 + np.exp(-z))
    da, dz = a - y, (a - y) * a * (1 - a)
    upper, lower, plus, sigma, square = (2.2, 4.5), (2.2, 2.0), (4.6, 2.9), (7.0, 2.9), (9.6, 2.9)
    leaves = [  # place, name, value, gradient, the step that brings it, the box it enters
        ((0, 5.1), "w₁", w1, dz * x1, 5, upper),
        ((0, 3.9), "x₁", x1, dz * w1, 5, upper),
        ((0, 2.6), "w₂", w2, dz * x2, 5, lower),
        ((0, 1.4), "x₂", x2, dz * w2, 5, lower),
        ((4.0, 0.4), "b", b, dz, 4, plus),
        ((7.0, 0.9), "y", float(y), -da, 2, square),
        ((12.0, 2.9), "L", (a - y) ** 2 / 2, 1.0, 1, None),
    ]
    edges = [  # from, to, value, gradient, the step that brings it, the label's place
        (upper, plus, w1 * x1, dz, 4, (3.75, 4.35)),
        (lower, plus, w2 * x2, dz, 4, (3.3, 1.75)),
        (plus, sigma, z, dz, 3, (5.8, 3.3)),
        (sigma, square, a, da, 2, (8.1, 3.3)),
        (square, (12.0, 2.9), None, None, 0, None),
    ]
    figure, ax = plt.subplots(figsize=(9, 4.4), layout="constrained")
    blue, red = {"color": "#2f5fa7", "fontsize": 9}, {"color": "#c8372d", "fontsize": 9}
    arrow = {"arrowstyle": "-|>", "color": "grey", "shrinkA": 13, "shrinkB": 15}
    for start, stop, value, gradient, when, place in edges:
        ax.annotate("", stop, start, arrowprops=arrow | {"shrinkA": 32 if start == square else 13, "shrinkB": 32 if stop == square else 15})
        if place:
            ax.text(*place, f"{value:.3f}", ha="center", va="bottom", **blue)
            if step >= when:
                ax.text(place[0], place[1] - 0.08, f"{gradient:+.3f}", ha="center", va="top", **red)
    for (h, v), name, value, gradient, when, into in leaves:
        if into:
            ax.annotate("", into, (h, v), arrowprops=arrow | {"shrinkB": 32 if into == square else 15})
        circle = {"boxstyle": "circle,pad=0.3", "facecolor": "#f2f2f2", "edgecolor": "black"}
        ax.text(h, v, name, ha="center", va="center", fontsize=10, bbox=circle, zorder=3)
        side, align = (0.5, "left") if name == "L" else (-0.5, "right")
        ax.text(h + side, v + 0.04, f"{value:.3f}", ha=align, va="bottom", **blue)
        if step >= when:
            ax.text(h + side, v - 0.04, f"{gradient:+.3f}", ha=align, va="top", **red)
    for (h, v), sign in ((upper, "×"), (lower, "×"), (plus, "+"), (sigma, "σ"), (square, "½(a − y)²")):
        ax.text(h, v, sign, ha="center", va="center", bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "black"}, zorder=3)
    ax.set(xlim=(-1.4, 13.4), ylim=(-0.1, 5.6), title=f"{step}. {STEPS[step]}")
    ax.axis("off")
    plt.show()


# %%
graph()

# %%
_ = interact(graph, step=IntSlider(0, min=0, max=5))

# %% [markdown]
# The numbers follow the rule. The output $a=0.105$ of this malignant patient should be 1, so $a-y=-0.895$; times $a(1-a)$ it is $-0.084$ at $z$; $w_1$ receives that times
# $x_1=-2.073$. The gradient of $b$ is that of $z$ itself.
#
# ## 1. `sigmoid`   *(easy, 5 min, asked often)*
#
# > *"Write the sigmoid. What happens at z = -1000?"*
#
# $$\sigma(z)=\frac1{1+e^{-z}}=\frac{e^{z}}{1+e^{z}},\qquad \sigma'(z)=\sigma(z)\,(1-\sigma(z))$$
#
# (The derivative of $(1+e^{-z})^{-1}$ is $e^{-z}(1+e^{-z})^{-2}$, the product of $\sigma$ and $\frac{e^{-z}}{1+e^{-z}}=1-\sigma$.) Both formulas are right; each overflows on one side. In float32, $e^{89}$ is already infinite. `np.where(z >= 0, one, other)` computes **both** branches for all entries and then picks, so it does not
# protect from the overflow. A clip of $z$ avoids the warning and cuts the tail off, where a cross-entropy still needs the digits of $\sigma(-40)\approx4\cdot10^{-18}$; and a clip at ±500 is not enough in float32.


# %%
def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of every entry.

    z: an array of any shape (0-d too): float32, float64, integers of any width or bools. Not
    changed.
    Returns an array of z's shape, which shares no memory with z: float32 for float32, float64
    for float64, integers and bools. (For a 0-d z a plain number will do.) No warning at
    z = ±1000, in float32 neither; relative error below 1e-6 at z = -40 in float64.
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

# %% [markdown]
# **In PyTorch.** `torch.sigmoid(z)` (SciPy: `scipy.special.expit`): stable, and float32 for integers, where ours gives float64. For a loss never take its logarithm: `F.logsigmoid(z)` and
# `F.binary_cross_entropy_with_logits(z, y)` work from the logit. The cost is $O(n)$, one `exp` an entry.

# %% tags=["instructor"]
sigmoid = backend.runs(sigmoid)

# %% tags=["folded"]
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
# The first form is right here (with a warning that the cell switched off), the second is nan at 1000. The clip answers $2\cdot10^{-9}$ for everything below -20, and the tanh form loses the tail altogether: it is
# 0 at -40, because $1-(1-4\cdot10^{-18})$ is 0 in float64. Only the last line is right in all columns.
#
# ## 2. `numerical_gradient`   *(easy, 8 min, asked often)*
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
    change what it is given. x: an array of any shape (0-d too), of floats or of integers of any
    width. Not changed, to the last bit. h > 0: the step.
    Returns a float64 array of x's shape, also for float32 and integers (for a 0-d x a plain
    number will do): entry i is (f(x + h e_i) - f(x - h e_i)) / (2 h), where x + h e_i is x with h
    added to entry i alone, in float64 whatever x's dtype. Compared to 6 digits. f may be called
    only with arrays of x's shape (or numbers, for a 0-d x), and at most 2 * x.size + 1 times.
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
# **In PyTorch.** `torch.autograd.gradcheck(f, inputs)` compares autograd with central differences (`eps=1e-6`); the inputs must be float64 with `requires_grad=True`, and `fast_mode=True` tries a
# random direction instead of every entry. SciPy's `scipy.optimize.check_grad` uses *forward* differences.
#
# **Put it to work: which h?** The mean log-loss of a linear model on the breast-cancer data has a gradient we know in closed form,
# $x^\top(\sigma(xw)-y)/n$. How far are the differences from it?

# %% tags=["instructor"]
numerical_gradient = backend.runs(numerical_gradient)

# %% tags=["folded"]
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
# large. So: central differences, float64, $h\approx10^{-5}$, about the cube root of the machine's precision. With the loss in float32 the best step
# is $h=10^{-2}$, and the error there is nearly six orders of magnitude higher.
#
# ## 3. `mlp_forward`   *(easy, 8 min, asked often)*
#
# > *"Two layers, ReLU between them. The forward pass first; and tell me what you keep."*
#
# $$\underset{(n,h)}{pre}=\underset{(n,d)}{x}\,\underset{(d,h)}{w_1}+\underset{(h)}{b_1},\qquad a=\max(pre,0),\qquad \underset{(n,k)}{z}=a\,\underset{(h,k)}{w_2}+\underset{(k)}{b_2}$$
#
# $x$ holds one example a row. A bias is added to every row: (h,) is broadcast along the rows of (n, h). The last layer has **no** activation; what comes out are **logits**, any real
# numbers, and the softmax belongs to the loss (section 6). Keep what the backward pass will need: each layer's input ($x$ and $a$) and where ReLU was on ($pre>0$). All of these have $n$ rows, so the memory for them grows with the batch; that for the weights does not. Beware of
# `pre[pre < 0] = 0`: it changes `pre` itself, and of a bias of shape (n, 1) or (1,), which NumPy adds without a word.


# %%
def mlp_forward(x, w1, b1, w2, b2):
    """The forward pass of x -> relu(x @ w1 + b1) @ w2 + b2.

    x: (n, d). w1: (d, h). b1: (h,). w2: (h, k). b2: (k,). All sizes at least 1; float32, float64,
    or integers of any width. Not changed.
    Returns (pre, a, logits), new arrays: pre (n, h) is x @ w1 + b1, a (n, h) its relu, logits
    (n, k) the output; float32 when all inputs are, float64 for integers. No warning.
    ValueError: shapes that do not fit, also where NumPy would broadcast them (a bias of another
    shape than (h,) or (k,)), or an empty input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, w1, b1, w2, b2)
    if x.ndim != 2 or w1.ndim != 2 or w2.ndim != 2 or 0 in x.shape + w1.shape + w2.shape:
        raise ValueError(f"need x (n, d), w1 (d, h), w2 (h, k), not empty, not {x.shape}, {w1.shape}, {w2.shape}")
    d, (h, k) = x.shape[1], w2.shape
    if w1.shape != (d, h) or b1.shape != (h,) or b2.shape != (k,):
        raise ValueError(f"w1 {w1.shape}, b1 {b1.shape}, b2 {b2.shape} do not fit x {x.shape} and w2 {w2.shape}")
    x, w1, b1, w2, b2 = (a if xp.isdtype(a.dtype, "real floating") else xp.astype(a, xp.float64) for a in (x, w1, b1, w2, b2))
    pre = x @ w1 + b1
    a = xp.where(pre > 0, pre, xp.zeros_like(pre))
    return pre, a, a @ w2 + b2
    ### END SOLUTION


# %%
check(mlp_forward)

# %% [markdown]
# **In PyTorch.** `nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, k))`. `nn.Linear` stores its weight as **(out, in)** and computes `x @ W.T + b`, so its weight and its gradient are the transposes of ours.
# It accepts any axes before the last.
#
# **Put it to work: how large should the weights be?** Fifty layers of ReLU, 64 wide, digits going in. We look at the size of the activations with weights of standard deviation $\sqrt{c/d}$.

# %% tags=["instructor"]
mlp_forward = backend.runs(mlp_forward)

# %% tags=["folded"]
digits = load_digits()
pixels, names = (digits.data / 16).astype(np.float32), digits.target  # pixels 0..1
train_x, test_x, train_y, test_y = train_test_split(pixels, names, test_size=0.3, random_state=0, stratify=names)

if ready(mlp_forward):
    zeros = np.zeros(64)
    for c, name in ((1, "1/d (Xavier's, for tanh and linear layers)"), (2, "2/d (He's, for ReLU)"), (3, "3/d")):
        ratios = []
        for seed in SEEDS:
            rng, a = np.random.default_rng(seed), train_x[:200].astype(np.float64)
            sizes = []
            for _ in range(25):  # two layers at a time
                w1, w2 = rng.normal(0, np.sqrt(c / 64), (2, 64, 64))
                _, _, logits = mlp_forward(a, w1, zeros, w2, zeros)
                a = np.maximum(logits, 0)
                sizes.append(np.sqrt(np.mean(a**2)))
            ratios.append(np.log10(sizes[-1] / sizes[0]))
        print(f"variance {name:45} size after 50 layers over that after 2: 10 to the {np.mean(ratios):5.1f} ± {np.std(ratios):.1f}")

# %% [markdown]
# ReLU throws half of the signal's power away, so each layer multiplies the mean square by $c/2$: with $c=1$ the signal has shrunk by more than seven orders of magnitude after fifty layers, with $c=3$ it has grown by four, with $c=2$ it keeps its size (10 to the -0.2 ± 0.2).
# That is **He initialisation**, variance $2/\text{fan-in}$; for tanh or linear layers it is **Xavier's**, $1/\text{fan-in}$ (or $2/(\text{fan-in}+\text{fan-out})$, a compromise with the backward pass). Weights of 0 are no choice at all: all hidden units stay alike.
#
# ## 4. `linear_backward`   *(easy, 6 min, asked often)*
#
# > *"out = x @ w + b. You are handed dout. Give me the three gradients."*
#
# Write one entry of the product, with its indices: row $r$, input $i$, output $j$.
#
# $$out_{rj}=\sum_i x_{ri}\,w_{ij}+b_j$$
#
# Which outputs does $w_{ij}$ enter? Column $j$ of **every** row $r$, with the factor $x_{ri}$. Which does $x_{ri}$ enter? Row $r$, **all** columns $j$, with the factor $w_{ij}$. Sum over them:
#
# $$\frac{\partial L}{\partial w_{ij}}=\sum_r x_{ri}\,dout_{rj}=(x^\top dout)_{ij},\qquad
# \frac{\partial L}{\partial x_{ri}}=\sum_j dout_{rj}\,w_{ij}=(dout\,w^\top)_{ri},\qquad
# \frac{\partial L}{\partial b_j}=\sum_r dout_{rj}$$
#
# The transposes come from there: a product sums over the inner index of both factors, and $r$ is the first index of $x$. The shapes are a **check** afterwards (a gradient has the shape of what it belongs to), not the derivation: with square matrices a
# wrong product fits too. A number that is used in several places receives the sum of what comes back from all of them; that also holds for two layers that share their weights, and for a residual connection.


# %%
def linear_backward(dout, x, w):
    """Gradients of a linear layer, out = x @ w + b.

    dout: (n, m), the gradient of the loss with respect to out. x: (n, d). w: (d, m). All sizes
    at least 1; float32, float64, integers of any width or bools. Not changed.
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
# **In PyTorch.** `out.backward(dout)` (or `torch.autograd.grad(out, (x, w, b), dout)`). `.backward()` **adds** to `.grad` and does not overwrite it: hence `zero_grad()`. With `nn.Linear`'s (out, in) weight, `W.grad` is `dout.T @ x`.
#
# **The cost.** Forward is one product, $2ndm$ operations; backward is two of the same size, one for `dx` and one for `dw`. So a training step costs about three forward passes; the first layer needs no `dx`.
#
# ## 5. `one_layer_gradient`   *(medium, 10 min, asked sometimes)*
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
# The two factors belong to a row and a unit, $(n,k)$; after $x^\top$ the rows have been summed. If you multiply them in the other order, you multiply a
# number for each weight by a number for each row. The first hunt takes that up.


# %%
def one_layer_gradient(x, y, w):
    """Gradient with respect to w of the mean over the n rows of 0.5 * sum over the k units of (sigmoid(x @ w) - y)**2.

    x: (n, d). y: (n, k). w: (d, k). All sizes at least 1; float32, float64, integers of any width
    or bools. Not changed.
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
# **In PyTorch.** `F.mse_loss(torch.sigmoid(x @ w), y)` averages over all $n\cdot k$ entries and has no ½: its gradient is $2/k$ times ours. Where `y` is (n,) and the output (n, 1) it *warns* and broadcasts; we refuse.
#
# **Put it to work: the price of the squared error.** The factor $a(1-a)$ is never above ¼, and nearly 0 for a saturated unit, right or
# wrong. The cross-entropy $-y\log a-(1-y)\log(1-a)$ has the derivative $-\frac ya+\frac{1-y}{1-a}=\frac{-y(1-a)+(1-y)a}{a(1-a)}=\frac{a-y}{a(1-a)}$ at $a$; times $a(1-a)$, only $a-y$ is left at $z$. The sigmoid's derivative cancels, which is no accident: each output function has a loss with which
# this happens (identity and squared error, softmax and cross-entropy). Let the right answer be $y=0$ and move $z$:


# %% tags=["folded"]
def saturation(z=8.0):
    """The gradients of both losses at one unit whose label is 0, with a line at z."""
    grid = np.linspace(-12, 12, 241)
    a, here = sigmoid(grid), float(sigmoid(np.asarray(z)))
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.semilogy(grid, a, label="cross-entropy: a − y")
    ax.semilogy(grid, a * a * (1 - a), label="squared error: (a − y)·a(1 − a)")
    ax.axvline(z, color="black", linestyle="--")
    slope = here * (1 - here)
    title = f"z = {z:.1f}: predicted {here:.5f}, label 0; gradients {here:.3g} and {here * slope:.3g}, ratio {1 / slope:,.0f}"
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
# At $z=8$ the unit is confidently wrong, and its gradient under the squared error is 2983 times smaller than under the cross-entropy. Does it matter in practice? Ten sigmoid units learn the ten digits, one unit for each class, from two starts: small weights, and weights so
# large that most units are saturated before they have seen a single label. Five draws of each.

# %% tags=["instructor"]
one_layer_gradient = backend.runs(one_layer_gradient)

# %% tags=["folded"]
if ready(sigmoid, one_layer_gradient):
    targets = np.eye(10, dtype=np.float32)[train_y]

    def cross_entropy_gradient(x, y, w):
        return x.T @ (sigmoid(x @ w) - y) / len(x)

    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3), sharey=True, layout="constrained")
    for ax, (size, deviation) in zip(axes, (("small", 0.01), ("large", 2.0)), strict=True):
        for name, gradient in (("squared error", one_layer_gradient), ("cross-entropy", cross_entropy_gradient)):
            curves = []
            for seed in SEEDS:
                w = deviation * np.random.default_rng(seed).normal(size=(64, 10)).astype(np.float32)
                curve = []
                for _ in range(300):
                    curve.append(np.mean(np.argmax(test_x @ w, axis=1) == test_y))
                    w = w - np.float32(5) * gradient(train_x, targets, w)
                curves.append(curve)
            low, high = np.min(curves, axis=0), np.max(curves, axis=0)
            (line,) = ax.plot(np.mean(curves, axis=0), label=name)
            ax.fill_between(range(300), low, high, color=line.get_color(), alpha=0.2)
            print(f"{size} start, {name}: test accuracy {spread([curve[-1] for curve in curves])} after 300 steps")
        ax.set(xlabel="steps, all rows in each", title=f"{size} start: standard deviation {deviation:g}")
    axes[0].set_ylabel("test accuracy")
    axes[1].legend(loc="lower right")
    plt.show()

# %% [markdown]
# The bands reach from the worst seed to the best. From small weights the two losses end level (the squared error dips for some steps on the way, on every seed): the squared error at 0.963, the cross-entropy at 0.969. The squared error is not wrong, and a comparison from a good start would not show the
# difference. From large weights the cross-entropy reaches 0.962 ± 0.003, and the squared error, after 300 steps of the same size, 0.340 ± 0.128: its saturated units hardly receive a gradient.

# %% [markdown] question="sigmoid-losses" points=4
# ### Q. "Derive dL/dw of one sigmoid unit, for the squared error and for the cross-entropy."   *(easy, 5 min, asked often)*
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
# **A strong answer, said aloud**: The unit computes z equals w times x, then a equals sigma of z, then the loss. By the chain rule dL by dw is dL by da, times da by dz, times dz by dw. The last one is x, the middle one is a times one minus a.
# For the squared error, one half a minus y squared, the first factor is a minus y, so the gradient is a minus y, times a times one minus a, times x. For the cross-entropy the first factor is a minus y over a times one minus a, which cancels the
# sigmoid's derivative, and a minus y times x is left. So if the unit is saturated and wrong, say z is eight and the label zero, the squared error multiplies its gradient by about one three-thousandth, so it hardly learns, while the cross-entropy
# does. For n rows I form dz of shape n by k, divide by n because the loss is a mean, and the gradient is x transpose times dz, which has the shape of w.
#
# **A weak candidate says**: "The gradient is x times the error; the framework does the rest."
#
# **Follow-ups**:
# - *Is the squared error of a sigmoid unit convex in w?* No: it is flat for large z on either side. The cross-entropy is convex in w, its second derivative is a(1-a)xxᵀ.
# - *The same cancellation for softmax?* Yes, p minus one-hot. It happens whenever the output function is the one that belongs to the loss's distribution (the canonical link of a generalised linear model).
# - *When would you still use a squared error on probabilities?* As a score (Brier), or where labels are noisy, since it is bounded.
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `softmax_cross_entropy`   *(medium, 10 min, asked often)*
#
# > *"Softmax and cross-entropy, loss and gradient. It must survive logits of ±1000."*
#
# For a row of logits $z$ and the true class $t$, with $p_j=e^{z_j}/\sum_i e^{z_i}$:
#
# $$L=-\log p_t=\underbrace{\log\sum_i e^{z_i}}_{\text{logsumexp}(z)}-z_t$$
#
# The derivative takes two lines, and it is the one that interviewers ask for most. The outer logarithm gives one over its argument, and of the sum only the term $i=j$ depends on $z_j$:
#
# $$\frac{\partial}{\partial z_j}\log\sum_i e^{z_i}=\frac{1}{\sum_i e^{z_i}}\;e^{z_j}=p_j,\qquad\frac{\partial(-z_t)}{\partial z_j}=-[j=t]\qquad\Longrightarrow\qquad\frac{\partial L}{\partial z_j}=p_j-[j=t]$$
#
# **The gradient of logsumexp is softmax**; so the gradient of the loss is softmax minus one-hot, and each row of it sums to 0. For the mean over $n$ rows it is divided by $n$.
#
# Two traps. $e^{1000}$ overflows: subtract the row's maximum from its logits, which changes neither $p$ nor $L$. And $p_t$ may round to 0 where
# $\log p_t=-2000$ is a perfectly good number: compute the loss as logsumexp minus $z_t$, never as the logarithm of a softmax; `log(p + 1e-12)` only hides the fault, for it reports every loss above 27.6 as 27.6.


# %%
def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of the softmax over the rows, and its gradient.

    logits: (n, k), finite; float32, float64 or integers of any width. labels: (n,) integers
    0..k-1 of any integer dtype. n, k >= 1. Not changed.
    Returns (loss, dlogits): the mean over the rows of -log(softmax(row)[label]), a number, and
    its gradient with respect to the logits, a new (n, k) array: float32 for float32 logits,
    float64 for float64 and integers. Both are right to rounding at logits of ±1000 too
    (a loss may well be 2000), without a warning, in float32 as well.
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
# **In PyTorch.** `F.cross_entropy(logits, labels)` takes **logits**, int64 labels and a mean by default; a softmax before it is the second hunt of this lesson. `ignore_index=-100` leaves rows out of the mean, `label_smoothing=ε` mixes the one-hot
# with $1/k$, so that the gradient is $p-\bigl((1-ε)\,[j=t]+ε/k\bigr)$. The classes are axis **1**: (B, T, V) logits must be flattened to (B·T, V) first.
#
# **Put it to work: a test that costs one line.** A network that knows nothing gives each of $k$ classes the probability $1/k$, so its loss must be $\ln k$. Look at
# that number before you train; if it is far off, the initial weights are too large, or the loss is wrong.

# %% tags=["instructor"]
softmax_cross_entropy = backend.runs(softmax_cross_entropy)

# %%
if ready(softmax_cross_entropy):
    print(f"ln 10 = {np.log(10):.3f}")
    for deviation in (0.01, 0.1, 1.0, 10.0):
        w = deviation * np.random.default_rng(0).normal(size=(64, 10))
        print(f"weights of standard deviation {deviation:5g}: loss {float(softmax_cross_entropy(train_x @ w, train_y)[0]):.3f}")

# %% [markdown]
# Small weights give 2.305. At a standard deviation of 1 the untrained network is already confident about classes it cannot know, and its loss is 8.4; its
# first steps only undo that.
#
# ## 7. `mlp_gradients`   *(medium, 20 min, asked often)*
#
# > *"Now the whole network: linear, ReLU, linear, softmax cross-entropy. All gradients."*
#
# Every array of the forward pass with its shape, and under it its gradient, which has the same one. Red arrows say where a gradient comes from, grey ones which array of the forward pass enters it:


# %% tags=["folded"]
def ribbon(n=6, d=8, h=5, k=4):
    """The arrays of the network (blue) and their gradients (red), drawn to scale, with what enters which gradient."""
    columns = (  # name, rows, columns, name of the gradient, and how it is made
        ("x", n, d, "", ""),
        ("w1", d, h, "dw1", "x.T @ dpre"),
        ("b1", 1, h, "db1", "sum over rows\nof dpre"),
        ("pre, a = relu(pre)", n, h, "dpre", "(dz @ w2.T)\nwhere pre > 0"),
        ("w2", h, k, "dw2", "a.T @ dz"),
        ("b2", 1, k, "db2", "sum over rows\nof dz"),
        ("z = a @ w2 + b2", n, k, "dz", "(softmax(z)\n− one-hot) / n"),
    )
    figure, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
    left, names_of, middle = 0.0, {n: "n", d: "d", h: "h", k: "k"}, {}
    for name, rows, wide, back, formula in columns:
        width = max(wide, 8.0)
        middle[back] = left + width / 2
        for centre, color, text, below in ((6.5, "#9dbce0", name, ""), (-6.5, "#f0a9a2", back, formula)):
            if text:
                ax.add_patch(plt.Rectangle((left + (width - wide) / 2, centre - rows / 2), wide, rows, facecolor=color, edgecolor="black", zorder=2))
                size = f"{names_of[rows]} × {names_of[wide]}" if rows > 1 else names_of[wide]
                ax.text(left + width / 2, centre, size, ha="center", va="center", fontsize=8, zorder=3)
                above = centre > 0
                ax.text(left + width / 2, 11 if above else centre + rows / 2 + 0.3, text, ha="center", va="bottom", fontsize=9, zorder=3)
                ax.text(left + width / 2, -13.2, below, ha="center", va="top", fontsize=8)
        left += width + 2.5
    middle["x"] = 4.0
    grey = {"arrowstyle": "-|>", "color": "grey", "linestyle": "--", "shrinkA": 0, "shrinkB": 0}
    for source, rows, target, goal in (("x", n, "dw1", d), ("dpre", n, "dw2", h), ("dw2", h, "dpre", n), ("dpre", n, "dpre", n)):
        shift = 1.2 if source == "dw2" else -1.2 if target == "dpre" else 0
        ax.annotate("", (middle[target] + shift, -6.5 + goal / 2 + 1.7), (middle[source], 6.5 - rows / 2), arrowprops=grey)
    for source, target, bend in (("dz", "db2", -0.25), ("dz", "dw2", -0.28), ("dz", "dpre", -0.3), ("dpre", "db1", -0.25), ("dpre", "dw1", -0.28)):
        red = {"arrowstyle": "-|>", "color": "#c8372d", "connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 0}
        rows = {"dz": n, "dpre": n, "dw2": h, "dw1": d}.get(target, 1)
        start = {"dz": k, "dpre": h}[source] / 2
        stop = {"dw2": k, "dpre": h, "dw1": h, "db1": h, "db2": k}[target] / 2
        ax.annotate("", (middle[target] + stop * 0.6, -6.5 - rows / 2), (middle[source] - start * 0.6, -6.5 - n / 2), arrowprops=red, zorder=1)
    ax.set(xlim=(-1, left - 1), ylim=(-16.5, 12.5))
    ax.axis("off")
    plt.show()


# %%
ribbon()

# %% [markdown]
# ReLU passes its gradient where its input was above 0, and nothing elsewhere. At 0 itself it has no derivative; everybody takes 0. The mask comes
# from the **forward** pass, so keep `pre` (or `a`): `dpre = da * (pre > 0)`. Two lines that look like it and are not: `da[da < 0] = 0` applies ReLU to the gradient, and `da[a < 0] = 0` masks nothing, since `a` is never below 0.


# %%
def mlp_gradients(x, labels, w1, b1, w2, b2):
    """Loss and gradients of the network x -> relu(x @ w1 + b1) @ w2 + b2 -> softmax cross-entropy, mean over the rows.

    x: (n, d). labels: (n,) integers 0..k-1 of any integer dtype. w1: (d, h). b1: (h,). w2:
    (h, k). b2: (k,). All sizes at least 1; x and the weights float32, float64 or integers of any
    width. Not changed.
    Returns (loss, dw1, db1, dw2, db2): a number and four new arrays, shaped as w1, b1, w2 and
    b2; float32 when x and the weights are, float64 for integers. The derivative of relu at 0 is
    0. Right at logits of ±1000 too. No warning.
    ValueError: shapes that do not fit (a column for a bias or for the labels, too), or an empty
    input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, labels, w1, b1, w2, b2)
    pre, a, logits = mlp_forward(x, w1, b1, w2, b2)  # (n, h), (n, h), (n, k)
    loss, dz = softmax_cross_entropy(logits, labels)  # dz: (n, k)
    x, w2 = xp.astype(x, dz.dtype, copy=False), xp.astype(w2, dz.dtype, copy=False)
    dpre = (dz @ w2.T) * xp.astype(pre > 0, dz.dtype)
    return loss, x.T @ dpre, xp.sum(dpre, axis=0), a.T @ dz, xp.sum(dz, axis=0)
    ### END SOLUTION


# %%
check(mlp_gradients)

# %% [markdown]
# **In PyTorch.** `loss = F.cross_entropy(model(x), labels); optimizer.zero_grad(); loss.backward()`; then each parameter has its `.grad`. ReLU's derivative at 0 is 0 there too. Values needed for the backward pass are saved on the way forward, so
# none of them may be overwritten in place before it; autograd notices and raises.
#
# **Put it to work. First, the gradient check**, with your own differences, on real digits, parameter by parameter. Say it aloud while you write it:
# a small network, float64, random weights (zeros hide mistakes), biases that are not 0, more than one row, no two sizes equal.


# %% tags=["instructor"]
mlp_gradients = backend.runs(mlp_gradients)


# %% tags=["folded"]
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
# With $h=10^{-5}$ all four agree to nine digits: below $10^{-7}$ is fine, above $10^{-4}$ is a bug or a kink, and in between change $h$: an error that moves with it is the check's, one that stays is yours. With $h=0.1$ the check complains, and your gradient is as right as before: the steps are so large
# that hidden units switch on or off on the way, and across a kink the difference is not the derivative. Before you look for a bug, make $h$
# smaller. Whatever is random (dropout, noise) must be switched off or seeded alike in both passes. With a million parameters, check a sample of entries, or random directions $v$: $\bigl(f(x+hv)-f(x-hv)\bigr)/2h$ against $v\cdot\nabla f$.
#
# **Second, train.** 1257 digits, 32 hidden units, batches of 32, plain gradient descent in float32. Before the long run, the short one that finds
# most bugs: can the network overfit 20 rows?


# %% tags=["folded"]
def accuracy(weights, x, y):
    w1, b1, w2, b2 = weights
    return np.mean(np.argmax(np.maximum(x @ w1 + b1, 0) @ w2 + b2, axis=1) == y)


def train(x, y, weights, learning_rate=0.2, batch=32, epochs=40, seed=0, change=lambda *gradients: gradients):
    """Mini-batch descent with your gradients, changed if asked: the weights, and the test accuracy after each epoch."""
    rng, weights, curve = np.random.default_rng(seed), [w.copy() for w in weights], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch):
            rows = order[first : first + batch]
            _, *gradients = mlp_gradients(x[rows], y[rows], *weights)
            for w, g in zip(weights, change(*gradients), strict=True):
                w -= learning_rate * g
        curve.append(accuracy(weights, test_x, test_y))
    return weights, np.array(curve)


if ready(mlp_gradients):
    twenty, _ = train(train_x[:20], train_y[:20], start(64, 32, 10, dtype=np.float32), epochs=200)
    left = float(mlp_gradients(train_x[:20], train_y[:20], *twenty)[0])
    print(f"20 of {len(train_x)} rows: loss {left:.4f}, training accuracy {accuracy(twenty, train_x[:20], train_y[:20]):.2f}")
    ways = {
        "yours": lambda seed: train(train_x, train_y, start(64, 32, 10, seed, np.float32), seed=seed),
        "biases' gradients divided by n again": lambda seed: train(
            train_x, train_y, start(64, 32, 10, seed, np.float32), seed=seed, change=lambda dw1, db1, dw2, db2: (dw1, db1 / 32, dw2, db2 / 32)
        ),
        "yours, from weights of 0": lambda seed: train(train_x, train_y, [0 * w for w in start(64, 32, 10, dtype=np.float32)], seed=seed),
    }
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for (name, way), width in zip(ways.items(), (5, 1.5, 1.5), strict=True):  # the first is wide, since the next one lies on it
        curves = [way(seed)[1] for seed in SEEDS]
        ax.plot(np.mean(curves, axis=0), linewidth=width, label=name)
        print(f"{name:37} test accuracy {spread([curve[-1] for curve in curves])}")
    ax.set(xlabel="epoch", ylabel="test accuracy, mean of 5 seeds", ylim=(0, 1.03))
    ax.legend(loc="center right")
    plt.show()

# %% [markdown]
# Twenty rows are fitted without an error, and your network predicts 97.7 % of the test digits. Now the inconvenient lines. One has a bug, a second division by $n$ in the biases' gradients. It
# learns as well as the right one, 97.5 %, and nobody would notice: **that it trains does not show that the gradient is right**. The other has a
# gradient that is right to the last digit and learns nothing: from zero weights every hidden unit stands at 0, so `dw2` is 0, nothing comes back
# through `w2`, and only `b2` ever moves. **A right gradient needs a good start as well.**
#
# <details><summary>How fast is it?</summary>
#
# The next cell times one epoch of a 784-128-10 network, batch 128, float32, against scikit-learn's `MLPClassifier`, which takes the same steps. Both spend their time in the same matrix products, and both leave one out: the gradient with respect to
# the pixels, a third of the first layer's work, which a chain of `linear_backward` calls would do for nothing. `prep bench solutions backprop` measures it at several sizes.
#
# </details>

# %% tags=["folded"]
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

# %% [markdown] question="shapes" points=3
# ### Q. "Walk me through the shapes of a two-layer network, forward and back. What do you keep, and what does it cost?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - (n,d)(d,h) → (n,h), then (n,h)(h,k) → (n,k); each gradient has its array's shape: dw = input.T @ dout, dx = dout @ w.T, db = sum over rows
# - what must be kept from the forward pass: each layer's input and the ReLU mask; memory grows with the batch
# - the cost: two products backward for one forward, so about twice (the first layer needs no dx)
#
# **Red flags** (-1): transposes until the shapes fit, without saying what is summed over.
#
# **A strong answer, said aloud**: Let x be n by d. The first layer multiplies by w1, d by h, adds a bias of length h, and gives pre-activations n by h. ReLU keeps the shape. The second layer multiplies by w2, h by k, and gives logits n by k; the loss is one number.
# Backward I start with dz, the gradient at the logits, also n by k. The gradient of w2 must tell for each pair of a hidden unit and a class how the loss changes, and that is the sum over the rows of activation times dz, so a transpose times dz, h by k. The bias gets the sum of dz over
# rows. What goes on to the hidden layer is the sum over classes, dz times w2 transpose, n by h, set to zero where ReLU was off. The first layer repeats this with x. So I must keep x, the activations and the mask, which grows with the batch, and
# I pay two products for each one forward, except that nobody needs the gradient of x.
#
# **A weak candidate says**: "I transpose things until the dimensions match."
#
# **Follow-ups**:
# - *Where does the transpose come from?* From the index that is summed over: dw_ij = Σ_r x_ri dout_rj, and r is the first index of both.
# - *What changes for n = 1?* The sums over rows have one term: dw is an outer product. Mistakes in 1/n and in the order do not show there, so do not test there.
# - *What if the two layers share their weights?* The gradients of both uses add up.
# === END MARK SCHEME ===

# %% [markdown] question="gradient-check" points=5
# ### Q. "How do you know that your gradient is right?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - central differences, in float64, h about 1e-5
# - relative error, for each parameter by itself: below 1e-7 is fine, above 1e-4 is a bug or a kink
# - at a point that is not special: not w = 0, not one row, no square matrices, biases not 0
# - what disturbs the check: kinks (ReLU, max), dropout and other randomness (fix the seed or turn it off), float32
# - the coarser tests: initial loss ln k, overfit 20 rows; that it trains proves nothing
#
# **Red flags** (-1): "the loss goes down"; "PyTorch does it for me".
#
# **A strong answer, said aloud**: I compare it with central differences, f of x plus h minus f of x minus h over two h, one parameter at a time, in float64, with h around ten to the minus five, because the error of the formula falls with h squared and the rounding error rises with one
# over h. I look at the relative error of each parameter array by itself: below ten to the minus seven is fine, above ten to the minus four means a bug or a kink. The point must not be special: random weights rather than zeros, biases that are not zero, several rows, no
# two sizes equal, or a wrong transpose and a wrong one over n stay hidden. I switch dropout off or fix its seed, and if ReLU units switch within the step I make h smaller before I suspect the gradient. Then come the coarse tests: the initial loss is the logarithm of the number of
# classes, and the network can overfit twenty rows. That it trains proves nothing; wrong gradients often train too.
#
# **A weak candidate says**: "I look at the loss curve; if it falls, the gradient is right."
#
# **Follow-ups**:
# - *A million parameters?* Random directions: compare v·∇f with the central difference along v; or a random sample of entries of each array.
# - *What would you check in a custom CUDA kernel?* Against a float64 reference on the CPU, forward and backward, with odd sizes, strided input, large values, and gradcheck.
# - *Why h² and not better?* By Taylor, the even terms cancel in the difference and h²f'''/6 is left; complex steps f(x + ih) avoid the subtraction altogether.
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. `layer_norm_backward`   *(hard, 15 min, asked sometimes)*
#
# > *"Layer norm is in every transformer block. Its backward pass, please."*
#
# For one row $x$ of $d$ numbers, with $g=dout\odot\gamma$:
#
# $$\mu=\tfrac1d\sum_i x_i,\quad s=\sqrt{\tfrac1d\sum_i(x_i-\mu)^2+\varepsilon},\quad\hat x_i=\frac{x_i-\mu}{s},\quad out_i=\gamma_i\hat x_i+\beta_i$$
#
# **The three ways in which $x_j$ acts.** Differentiate $\hat x_i=(x_i-\mu)/s$ by $x_j$: directly, through $\mu$ and through $s$.
#
# $$\frac{\partial\mu}{\partial x_j}=\frac1d,\qquad 2s\,\frac{\partial s}{\partial x_j}=\frac2d\sum_i(x_i-\mu)\Bigl([i=j]-\frac1d\Bigr)=\frac2d(x_j-\mu)\;\Longrightarrow\;\frac{\partial s}{\partial x_j}=\frac{\hat x_j}{d}$$
#
# (the $\frac1d$ drops out because $\sum_i(x_i-\mu)=0$). So
#
# $$\frac{\partial\hat x_i}{\partial x_j}=\frac1s\Bigl(\underbrace{[i=j]}_{\text{direct}}\;\underbrace{-\;\frac1d}_{\text{through }\mu}\;\underbrace{-\;\frac{\hat x_i\hat x_j}{d}}_{\text{through }s}\Bigr)$$
#
# and with the incoming gradient, $dx_j=\sum_i g_i\,\partial\hat x_i/\partial x_j$, term by term:
#
# $$dx=\frac1s\Bigl(g-\operatorname{mean}(g)-\hat x\,\operatorname{mean}(g\odot\hat x)\Bigr),
# \qquad d\gamma=\sum_{\text{rows}}dout\odot\hat x,\qquad d\beta=\sum_{\text{rows}}dout$$
#
# Read it as geometry: the two means take away the part of $g$ along $\mathbf 1$ and the part along $\hat x$, for the output does not change when a
# row is shifted, and hardly when it is stretched. The $d\times d$ matrix $\partial\hat x_i/\partial x_j$ is never built: only its product with $g$ is needed, and that costs $O(d)$ a row. (Softmax is the same story: $\log p_i=z_i-\operatorname{logsumexp}(z)$ gives
# $\partial p_i/\partial z_j=p_i([i=j]-p_j)$, so $J=\operatorname{diag}(p)-pp^\top$ and $dz=p\odot(dp-\sum_i p_i\,dp_i)$, which sums to 0: a common shift of all logits changes nothing.)


# %%
def layer_norm_backward(dout, x, gamma, eps):
    """Gradients of layer norm over the last axis, out = gamma * (x - mean) / sqrt(var + eps) + beta.

    dout and x: (..., d), the same shape, with any number of axes before the last (none, too).
    gamma: (d,). All sizes at least 1; float32, float64, integers of any width or bools. eps: a
    Python number > 0. mean and var are over the last axis; var divides by d. Not changed.
    Returns dx (like x), dgamma (d,), dbeta (d,), in this order: new arrays; float32 when all
    inputs are, float64 for integers and bools. No warning. Right to 5 digits in float64 also
    where a row's mean is a million times its spread.
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
# **In PyTorch.** `F.layer_norm(x, (d,), gamma, beta, eps=1e-5)`: the same formula, the variance divided by $d$, eps under the root; `normalized_shape` may name several last axes. **RMSNorm** leaves the mean out, $\hat x=x/\sqrt{\operatorname{mean}(x^2)+\varepsilon}$, and so its
# backward pass lacks the term $\operatorname{mean}(g)$: $dx=\frac1s(g-\hat x\operatorname{mean}(g\odot\hat x))$.
#
# **Put it to work: what happens to a gradient on its way down?** Twelve layers of 64 units, digits going in, a random gradient coming back through
# your functions. After each layer we look at the size of $dw$, over five draws of the weights.


# %% tags=["instructor"]
linear_backward, layer_norm_backward = map(backend.runs, (linear_backward, layer_norm_backward))


# %% tags=["folded"]
def deep(kind, depth=12, seed=0):
    """Norms of dw in each layer of a deep stack: linear, layer norm if asked for, activation, and a path around it if asked for."""
    rng = np.random.default_rng(seed)
    x, kept = (train_x[:400] - train_x.mean(axis=0)).astype(np.float64), []
    for _ in range(depth):
        w = rng.normal(0, np.sqrt((2 if kind == "ReLU" else 1) / 64), (64, 64))
        z = x @ w
        normal = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5) if "norm" in kind else z
        kept.append((x, w, z, normal))
        out = np.maximum(normal, 0) if kind == "ReLU" else sigmoid(normal)
        x = x + out if "residual" in kind else out
    back, norms = rng.normal(size=x.shape) / len(x), []
    for x, w, z, normal in reversed(kept):
        around = back if "residual" in kind else 0
        back = back * (normal > 0) if kind == "ReLU" else back * sigmoid(normal) * (1 - sigmoid(normal))
        if "norm" in kind:
            back, _, _ = layer_norm_backward(back, z, np.ones(64), 1e-5)
        back, dw, _ = linear_backward(back, x, w)
        back = back + around
        norms.append(np.linalg.norm(dw))
    return np.array(norms[::-1])


if ready(sigmoid, linear_backward, layer_norm_backward):
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for kind in ("ReLU", "sigmoid", "sigmoid, layer norm", "sigmoid, layer norm, residual"):
        runs = [deep(kind, seed=seed) for seed in SEEDS]
        ax.semilogy(np.arange(1, 13), np.exp(np.mean(np.log(runs), axis=0)), marker="o", label=kind)
        ratios = np.log10([run[1] / run[-1] for run in runs])  # layer 1 sees the centred pixels, the others activations
        print(f"{kind:30} dw of layer 2 over dw of layer 12: 10 to the {ratios.mean():5.2f} ± {ratios.std():.2f}")
    ax.set(xlabel="layer (12 is next to the loss)", ylabel="norm of dw")
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# The gradient at layer 1 is a **product of Jacobians**, one for each layer above (in a recurrent network, for each time step), so its size shrinks or grows geometrically with the depth. A sigmoid's Jacobian has slopes of at most ¼, and that is about what a layer leaves: after ten layers five parts in ten million ($\frac14$ to the tenth is one in a million).
# ReLU's slopes are 0 or 1, and with He's weights the size stays level; with a variance of $c/d$ each layer multiplies the mean square by $c/2$ on the way back as on the way forward (section 3), so it vanishes for $c$ below 2 and **explodes** above. Layer norm helps the sigmoid, and does not save it (a ten-thousandth): it puts the units where the slope is large and rescales on the
# way back, but a slope of ¼ stays one. The **residual connection** $x+f(x)$ does: its Jacobian is $I+J$, so the product contains the identity, and the ratio is 1.0.
#
# What else is used: **gating** (an LSTM's cell state is passed on by multiplication with a gate near 1 and an addition, a residual connection through time); **pre-norm** blocks $x+f(\mathrm{norm}(x))$, which keep the path around free of any normalisation, where post-norm $\mathrm{norm}(x+f(x))$ puts
# a Jacobian on it at every block and needs a warm-up; and against **exploding** gradients, clipping by the global norm. To *see* which case you have, log each layer's gradient norm and the size of its update over that of its weight (about $10^{-3}$ is healthy) during training.
#
# ## Batch norm and its two modes
#
# Asked about as often as layer norm. The formula is the same, the axis is not: **layer norm** takes mean and variance over the features of one row; **batch norm** over the rows, for each feature (in a convolution over rows and pixels, for each channel). So rows are no longer independent, and one row at test time has no batch.
# Hence two modes:
#
# - **training**: mean and variance of *this batch*; and running averages are updated, $r\leftarrow(1-m)\,r+m\cdot(\text{this batch's})$, with $m=0.1$ in PyTorch (`momentum` there weighs the **new** value);
# - **evaluation**: the running averages, constants. The layer is then a fixed linear map, and can be folded into the layer before it.
#
# Both have a learned $\gamma$ and $\beta$ for each feature. What batch norm pays for its axis: statistics of few rows are noisy; sequences of unequal length give each position another number of rows; on several devices each
# sees only its own part, unless they are synchronised; and one row's output tells something about its neighbours, a leak. Transformers meet several of these, and use layer norm or RMSNorm, which know one row only; image networks with large batches keep batch norm, which at test time costs nothing once it is folded.
#
# PyTorch normalises with the variance over $n$ and stores the one over $n-1$. The backward pass in training is layer norm's on the transposed array, with the same two mean terms, now taken over the rows, and your function computes it; in evaluation it is just $dout\cdot\gamma/s$. For the question "what does `model.eval()` do?" the answer is: it
# switches batch norm to the running averages and dropout off, and it does **not** turn gradients off. What if one forgets it? A network with batch norm, trained on digits with batches of 32:


# %% tags=["folded"]
class Normed:
    """Linear, batch norm, ReLU, linear; trained with softmax_cross_entropy, linear_backward and layer_norm_backward."""

    def __init__(self, seed):
        self.w1, _, self.w2, self.b2 = start(64, 32, 10, seed)
        self.gamma, self.beta, self.mean, self.var = np.ones(32), np.zeros(32), np.zeros(32), np.ones(32)

    def forward(self, x, training):
        z = x @ self.w1
        mean, var = (z.mean(axis=0), z.var(axis=0)) if training else (self.mean, self.var)
        pre = self.gamma * (z - mean) / np.sqrt(var + 1e-5) + self.beta
        a = np.maximum(pre, 0)
        return z, pre, a, a @ self.w2 + self.b2

    def step(self, x, y, learning_rate):
        z, pre, a, logits = self.forward(x, True)
        self.mean, self.var = 0.9 * self.mean + 0.1 * z.mean(axis=0), 0.9 * self.var + 0.1 * z.var(axis=0, ddof=1)
        _, dlogits = softmax_cross_entropy(logits, y)
        da, dw2, db2 = linear_backward(dlogits, a, self.w2)
        dpre = da * (pre > 0)
        xhat = (pre - self.beta) / self.gamma
        dz = layer_norm_backward((dpre * self.gamma).T, z.T, np.ones(len(x)), 1e-5)[0].T  # a feature's values over the batch are a row there
        self.gamma, self.beta = self.gamma - learning_rate * (dpre * xhat).sum(axis=0), self.beta - learning_rate * dpre.sum(axis=0)
        self.w1, self.w2, self.b2 = self.w1 - learning_rate * x.T @ dz, self.w2 - learning_rate * dw2, self.b2 - learning_rate * db2

    def accuracy(self, rows, training, size):
        """Test accuracy on these rows, a batch of `size` at a time."""
        right = 0
        for first in range(0, len(rows), size):
            batch = rows[first : first + size]
            right += np.sum(np.argmax(self.forward(test_x[batch], training)[3], axis=1) == test_y[batch])
        return right / len(rows)


if ready(softmax_cross_entropy, linear_backward, layer_norm_backward):
    models = []
    for seed in SEEDS:
        model, rng = Normed(seed), np.random.default_rng(seed)
        for _ in range(15):
            order = rng.permutation(len(train_x))
            for first in range(0, len(order) - 31, 32):
                batch = order[first : first + 32]
                model.step(train_x[batch].astype(np.float64), train_y[batch], 0.2)
        models.append(model)
    mixed, sorted_by_class = np.random.default_rng(0).permutation(len(test_x)), np.argsort(test_y, kind="stable")
    rows = (
        ("evaluation mode, running averages", mixed, False, 540),
        ("training mode, batches of 270", mixed, True, 270),
        ("training mode, batches of 32", mixed, True, 32),
        ("training mode, batches of 4", mixed, True, 4),
        ("training mode, one row at a time", mixed, True, 1),
        ("training mode, batches of 32, sorted by class", sorted_by_class, True, 32),
        ("evaluation mode, sorted by class", sorted_by_class, False, 32),
    )
    for name, order, training, size in rows:
        print(f"{name:46} test accuracy {spread([model.accuracy(order, training, size) for model in models])}")

# %% [markdown]
# In evaluation mode a row's prediction does not depend on its neighbours: 0.975 in any order. In training mode it does: large mixed batches hide it (0.975), batches of 4 lose accuracy (0.820), and a single row minus its own mean is 0 in every unit, so that
# all rows get the same prediction (0.096). The worst trap is the last but one: batches of 32 that are sorted by class fall to 0.265, on the same rows and with the same weights. A forgotten `model.eval()` looks like that: good on a shuffled test set, poor in production, where requests come one at a time or in bursts of a kind.

# %% [markdown] question="batch-norm" points=4
# ### Q. "Batch norm or layer norm? What happens at test time, what goes wrong with batch norm, and what is its backward pass?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the axis: batch norm over the rows (and positions) for each feature, layer norm over the features of one row
# - two modes: batch statistics in training, running averages in evaluation; forgetting eval() makes predictions depend on the batch
# - trouble of batch norm: small batches, sequences of unequal length, several devices (unsynchronised statistics), leakage between rows; so transformers use layer norm or RMSNorm
# - both: γ and β are learned; the backward pass has the two mean terms, along the axis of the statistics
#
# **Red flags** (-1): "eval() turns gradients off"; "layer norm has running averages".
#
# **A strong answer, said aloud**: Both subtract a mean, divide by a standard deviation, and apply a learned scale and shift; they differ in the axis. Batch norm takes the statistics of each feature over the rows of the batch, layer norm those of each row over its features. So with batch norm the output of
# one row depends on the others, and at test time, where there may be only one row, it uses running averages that were collected during training. That is the two modes: if I forget eval, predictions depend on who else is in the batch, and with one row
# everything is zero before the shift. Batch norm works well in vision with large batches. It suffers with small batches, with sequences of different lengths, and across devices unless statistics are synchronised. Layer norm has one mode and no
# running averages, which is why transformers use it, or RMSNorm, which drops the mean. The backward pass is the same in both, with a mean term and a variance term along that axis.
#
# **A weak candidate says**: "Batch norm normalises the batch and layer norm the layer; both make training faster."
#
# **Follow-ups**:
# - *Does `eval()` save memory?* No, `torch.no_grad()` or `inference_mode()` does; `eval()` only changes the behaviour of layers.
# - *How is batch norm folded for inference?* With constants it is linear: w' = w·γ/s, b' = (b - mean)·γ/s + β.
# - *Gradient accumulation with batch norm?* The statistics are those of the micro-batch, so it is not the large batch's step.
# === END MARK SCHEME ===

# %% [markdown] question="vanishing" points=4
# ### Q. "Gradients vanish, or explode. Why, and what do you do?"   *(medium, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the gradient is a product of Jacobians, one for each layer (or time step): norms multiply, so they shrink or grow geometrically
# - the sigmoid's factor is at most ¼; ReLU's is 0 or 1; the weights' factor depends on their scale: Xavier 1/d, He 2/d for ReLU
# - remedies for vanishing: residual connections, normalisation, gating (LSTM); for exploding: clipping by the global norm
# - how to see it: the norm of the gradient, and of the update over the weight, for each layer during training
#
# **Red flags** (-1): "use Adam"; "a larger learning rate" as the only remedy.
#
# **A strong answer, said aloud**: The gradient at an early layer is the gradient at the loss times one Jacobian for every layer in between, or for every time step in a recurrent network. Norms of products multiply, so with factors a little below one the gradient vanishes geometrically, and a little above
# one it explodes. Each factor has two parts: the activation's slope, at most a quarter for a sigmoid, zero or one for ReLU, and the weight matrix, whose scale I set by initialisation: variance one over fan-in after Xavier, two over fan-in after He because
# ReLU kills half of the signal. Against vanishing I use residual connections, whose Jacobian is the identity plus something, normalisation, and in recurrent networks gates. Against exploding I clip by the global norm and lower the learning rate or warm it up. I do not guess
# which one it is: I log the gradient norm of every layer and the ratio of update to weight, which should be around one in a thousand.
#
# **A weak candidate says**: "That is when the network is too deep; I would use ReLU and Adam."
#
# **Follow-ups**:
# - *Why does a residual connection help, as a formula?* x + f(x) has the Jacobian I + J: the product over layers expands into terms, one of which is I, whatever the J are.
# - *Why pre-norm rather than post-norm?* In x + f(norm(x)) the path around is free of any Jacobian; in norm(x + f(x)) the norm's Jacobian stands on it at every block.
# - *Does Adam cure vanishing gradients?* It rescales each parameter's step, so small gradients move too; but their direction is then mostly noise, and at exactly 0 nothing helps.
# === END MARK SCHEME ===

# %% [markdown]
# ## Reverse mode, forward mode, and memory
#
# A network is a chain of functions, and its derivative a product of Jacobians, $J_L\cdots J_2J_1$. One can multiply from either end:
#
# - **Reverse mode** (backpropagation) starts at the output with a *row* vector, $v^\top J_L\cdots$: vector-Jacobian products. For **one** output it gives the derivative by all inputs in one sweep, at about twice the price of the forward pass (section 4). Where a value is used twice, as with shared weights or a residual connection, it adds up what comes back from all uses. It needs the activations in reverse order, so all of them are **kept**: memory
#   grows with depth and batch.
# - **Forward mode** starts at the input with a *column*, $\cdots J_1u$: Jacobian-vector products, carried along with the values. It needs one pass for **each input direction**, and keeps nothing. It wins for few inputs and many outputs. (The checks of this lesson use a cousin: the imaginary part of $f(x+ih)$ carries the
#   derivative along, exactly; it takes a pass for each weight.)
# - Both together give **Hessian-vector products** (forward over reverse) at the price of a few gradients, without the Hessian.
#
# Neither is **numerical differentiation**, which has an error of its own (section 2); and backpropagation is not gradient descent: it computes the gradient, the optimiser uses it.
#
# **Checkpointing** saves memory: keep the inputs of some layers only, and compute the rest again when the backward pass comes there, for about one more forward pass. With a checkpoint every $\sqrt L$ layers, $\sqrt L$ checkpoints and the $\sqrt L$ layers of one segment are in memory at a time: $O(\sqrt L)$ instead of $O(L)$.
# Attention's backward pass uses the same idea: FlashAttention keeps each row's logsumexp instead of the (T, T) matrix, and computes the probabilities again, block by block. (The lesson *compute budget* measures what checkpointing saves.)

# %% [markdown] question="reverse-mode" points=4
# ### Q. "Reverse mode or forward mode? What does it cost in memory, and what happens where a value is used twice?"   *(hard, 5 min, asked sometimes)*
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
# **A strong answer, said aloud**: The derivative of a network is a product of Jacobians. Reverse mode multiplies from the output side: it carries a vector backward, so for one scalar loss a single sweep gives the derivative by all parameters, for about twice the cost of the forward pass. Forward mode multiplies from the
# input side and carries a perturbation along with the values; it needs one pass for every input direction, so it only wins when there are few inputs and many outputs, and it keeps nothing. Combined, forward over reverse, they give Hessian-vector products. The price of reverse mode is memory: the
# backward pass needs the activations in the opposite order, so they are stored, and that grows with depth, batch and sequence length. Checkpointing stores only some of them and recomputes the rest, for about one more forward pass; with root-L checkpoints the memory is of order root L. Where a value is
# used twice, as with shared weights or a residual connection, the gradients from all uses add up.
#
# **A weak candidate says**: "Backpropagation is gradient descent with the chain rule; forward mode is the forward pass."
#
# **Follow-ups**:
# - *Memory with √L checkpoints?* √L stored inputs plus the √L activations of the segment being recomputed: O(√L), for one more forward pass.
# - *Why must nothing kept for the backward pass be overwritten in place?* Its derivative would be taken at other values than those used; PyTorch counts versions of a tensor and raises.
# - *A model with a million inputs and one output, derivative along one direction only?* One forward-mode pass, without storing anything.
# === END MARK SCHEME ===

# %% [markdown] question="by-hand" points=3
# ### Q. "Softmax or layer norm, backward, by hand. Why do you not write down the Jacobian?"   *(hard, 6 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - only the product of the incoming gradient with the Jacobian is needed: O(d) a row, where the matrix has d² entries
# - softmax: J = diag(p) - p pᵀ, so dz = p ⊙ (dp - Σ dp ⊙ p); layer norm: the same idea, two means subtracted
# - what the subtracted terms mean: directions in which the output does not change (a shift for softmax, shift and stretch for layer norm)
#
# **Red flags** (-1): treats mean and variance as constants; softmax's derivative as p(1-p) only.
#
# **A strong answer, said aloud**: I never need the Jacobian itself, only the incoming gradient times the Jacobian, which is one vector of length d. For softmax, dp i by dz j is p i times, one if i equals j, minus p j. So the matrix is diag p minus p p transpose, and multiplied by the incoming dp it collapses to
# p times, dp minus the sum of dp times p: order d instead of d squared. Layer norm is the same idea. Each x j acts three ways: directly, through the mean, and through the standard deviation. With g the incoming gradient times gamma, the result is one over s times g, minus the mean of g, minus x hat times the mean of
# g times x hat. The subtracted terms mean: a shift of all logits does not change softmax, and a shift of a row does not change layer norm, nor, up to epsilon, does a stretch, so the gradient has no part in those directions. That is also a quick test: the rows of dx sum to zero.
#
# **A weak candidate says**: "The derivative of softmax is p times one minus p."
#
# **Follow-ups**:
# - *RMSNorm, what is left out?* The mean: dx = (g - x̂·mean(g⊙x̂))/s, with x̂ = x/s.
# - *The backward pass of attention's softmax without keeping the (T, T) matrix?* Keep each row's logsumexp, recompute p block by block, and use Σ dp⊙p = Σ dout⊙out, a number a row.
# - *What is the gradient's sum over a row, for softmax cross-entropy?* Zero: Σ p = Σ one-hot = 1.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: a training step as an interview guide prints it   *(medium, 15 min, asked sometimes)*
#
# A Chinese interview guide answers "implement forward and backward propagation" with one layer of sigmoid units and the squared error. Its product `np.dot(x.T, error) * (a * (1 - a))` occurs twice: in a function for backpropagation, which hands back new weights, and in one for gradient descent,
# which changes the weights in place. `bank_step` is the second, with names of ours. It looks right.


# %%
def bank_step(x, y, w, lr):
    """One step of gradient descent for one_layer_gradient's loss, as the guide has it. Wrong."""
    a = 1 / (1 + np.exp(-(x @ w)))
    error = a - y
    w -= lr * np.dot(x.T, error) * (a * (1 - a))
    return w


# %% [markdown]
# `np.dot(x.T, error)` is $(d,k)$: a number for each weight. `a * (1 - a)` is $(n,k)$: a number for each row. When does the product run?

# %% tags=["folded"]
print(f"{'':36}{'in place':>26}{'new weights':>30}")
for n, d, k in ((5, 3, 1), (3, 3, 1), (1, 3, 2), (5, 1, 2)):
    rng, said = np.random.default_rng(0), []
    x, y, w = rng.normal(size=(n, d)), rng.random((n, k)), rng.normal(size=(d, k))
    for in_place in (True, False):
        try:
            a = 1 / (1 + np.exp(-(x @ w)))
            new = bank_step(x, y, w.copy(), 0.1) if in_place else w - 0.1 * np.dot(x.T, a - y) * (a * (1 - a))
            said.append(f"runs, weights {new.shape}")
        except ValueError:
            said.append("ValueError")
    print(f"{n} rows, {d} features, {k} units, w {w.shape}: {said[0]:>20}{said[1]:>30}")

# %% [markdown]
# In general both raise. They run when $n=d$, and then multiply the slope of row 3 into the gradient of weight 3. They run for $n=1$, and are right, because nothing is summed. With one feature ($d=1$) the form that returns new weights broadcasts them to one copy a *row*, without a word, where the one in place raises.
# How wrong is the case $n=d$?


# %% tags=["folded"]
def directions(deviation, n=3, draws=2000):
    """Cosines between the guide's direction and the right one, for random data with n = d and weights of a standard deviation."""
    rng, cosines = np.random.default_rng(0), []
    for _ in range(draws):
        x, w, y = rng.normal(size=(n, n)), rng.normal(0, deviation, (n, 1)), rng.integers(0, 2, (n, 1))
        guide = -bank_step(x, y, np.array(w), 1.0) + w
        right = one_layer_gradient(x, y, w)
        cosines.append(np.sum(guide * right) / (np.linalg.norm(guide) * np.linalg.norm(right)))
    return np.array(cosines)


if ready(one_layer_gradient):
    figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
    for deviation, color in ((0.3, "#f58518"), (3, "#4c78a8")):
        cosines = directions(deviation)
        ax.hist(cosines, np.linspace(-1, 1, 41), color=color, alpha=0.8, label=f"weights of standard deviation {deviation:g}")
        print(f"standard deviation {deviation:3g}: mean cosine {cosines.mean():.2f}, uphill in {np.mean(cosines < 0):.1%} of the draws")
    ax.axvline(0, color="black", linestyle="--", label="left of this: uphill")
    ax.set(xlabel="cosine between the guide's step and the right one, n = d = 3", ylabel="draws (log scale)", yscale="log")
    ax.legend(loc="upper left")
    plt.show()

# %% [markdown]
# With small weights the guide is nearly right: every slope is about ¼, and equal factors may stand anywhere. With large weights, one step in nine
# climbs. An example with small weights, or with one row, will never find this bug; a test at a point that is not special finds it at once.
#
# **First, an input on which it fails.** `one_layer_gradient` gives the right direction.


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
    # Row 1 is saturated (z = 6) and wrong, row 2 is undecided (z = 0). Both have a 1 for weight 2, where the right gradient is that of row 2,
    # whose slope is a hundred times steeper. In the guide's sum the errors meet before the slopes come in, and row 1 has the larger error.
    return x, y, w
    ### END SOLUTION


# %%
check(bank_step_counterexample)

# %% [markdown]
# **Then, fixed.** The order is one of five bugs. Find the other four.


# %%
def bank_step_mended(x, y, w, lr):
    """The weights after one step of gradient descent on the loss of one_layer_gradient: w - lr * gradient.

    x: (n, d). y: (n, k). w: (d, k). All sizes at least 1; float32, float64, integers of any width
    or bools. lr: a Python number. Not changed, w neither.
    Returns (d, k), a new array (for lr = 0 too); float32 when x, y and w are, float64 for
    integers and bools. No warning, at x @ w = ±1000 neither.
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
# The five: the derivative after the sum over rows; a sum where the loss is a mean (twice the data, twice the step); the caller's weights changed in place; shapes that are never compared; an `exp` that overflows. (And it has no bias and no hidden layer, so it answers half of the question.)
#
# **In PyTorch.** `torch.optim.SGD([w], lr=lr)`, `loss.backward()`, `optimizer.step()`: there the update *is* in place, under `no_grad`, by a function whose name says so.
#
# ## Hunt 2: the loop that trains, slowly   *(medium, 15 min, asked often)*
#
# Somebody wrote the training of the two-layer network out, layer by layer. No error, no nan, and the loss falls. **There are three faults in it.**


# %%
def published_loop(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Mini-batch gradient descent on the network of mlp_gradients. Three faults."""
    w1, b1, w2, b2 = w1.copy(), b1.copy(), w2.copy(), b2.copy()
    for _ in range(epochs):
        dw1, db1, dw2, db2 = np.zeros_like(w1), np.zeros_like(b1), np.zeros_like(w2), np.zeros_like(b2)
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], labels[first : first + batch_size]
            pre, a, logits = mlp_forward(xb, w1, b1, w2, b2)
            e = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            loss, dp = softmax_cross_entropy(p, yb)
            dz = p * (dp - (dp * p).sum(axis=1, keepdims=True))  # back through the softmax
            dw2 += a.T @ dz
            db2 += dz.sum(axis=0)
            w2 -= lr * dw2
            b2 -= lr * db2
            dpre = (dz @ w2.T) * (pre > 0)
            dw1 += xb.T @ dpre
            db1 += dpre.sum(axis=0)
            w1 -= lr * dw1
            b1 -= lr * db1
    return w1, b1, w2, b2


# %% [markdown]
# How would you look for them? Ask three questions of any training loop: **what does the loss expect** (logits or probabilities)? **When are the gradients set to zero?** **Are all gradients taken at the same weights?** And two numbers help: the initial loss, which should be $\ln k$, and the lowest loss that is possible: for probabilities handed to a
# softmax cross-entropy it is not 0, but $\ln\bigl(1+(k-1)e^{-1}\bigr)$, which is 1.46 for ten classes, because "logits" between 0 and 1 cannot be confident.


# %%
def loop_mended(x, labels, w1, b1, w2, b2, lr, epochs, batch_size):
    """Mini-batch gradient descent on the network and loss of mlp_gradients, without the faults.

    x: (n, d), labels: (n,) integers of any dtype, w1: (d, h), b1: (h,), w2: (h, k), b2: (k,), as
    in mlp_gradients. Not changed. lr: a number. Rows in order, batch_size at a time, all of them
    `epochs` times; the last batch may be shorter and is averaged over its own rows.
    Each batch makes one step: every weight moves by -lr times the gradient of this batch's mean
    loss, all four gradients taken at the weights before the step.
    Returns (w1, b1, w2, b2): new arrays, for epochs = 0 too; float32 when x and the weights are,
    float64 for integers. Right at logits of ±1000 and at pre-activations of 0, where relu's
    derivative is 0. No warning.
    ValueError: shapes that do not fit, or an empty input.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, labels, w1, b1, w2, b2)
    _, *gradients = mlp_gradients(x, labels, w1, b1, w2, b2)  # refuses what does not fit
    weights = [xp.astype(w, g.dtype, copy=True) for w, g in zip((w1, b1, w2, b2), gradients, strict=True)]
    for _ in range(epochs):
        for first in range(0, x.shape[0], batch_size):
            rows = slice(first, min(first + batch_size, x.shape[0]))
            _, *gradients = mlp_gradients(x[rows, :], labels[rows], *weights)
            weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    return tuple(weights)
    ### END SOLUTION


# %%
check(loop_mended)

# %% [markdown]
# **In PyTorch** the three are: `F.cross_entropy(F.softmax(model(x), dim=1), y)`, a forgotten `optimizer.zero_grad()`, and an update inside the backward pass. The first is the most common fault of all in classifiers: the model's last layer must not be a softmax.
#
# **What does each fault cost?** Ten epochs on the digits, batches of 32, over five seeds. Each line has one fault put back; the last has all three.

# %% tags=["instructor"]
loop_mended = backend.runs(loop_mended)


# %% tags=["folded"]
def faulty_loop(x, labels, weights, lr, epochs, batch_size, twice, carried, early):
    """The loop with softmax twice, gradients carried over, or w2 updated early, as asked."""
    w1, b1, w2, b2 = (w.copy() for w in weights)
    for _ in range(epochs):
        sums = [np.zeros_like(w) for w in (w1, b1, w2, b2)]
        for first in range(0, len(x), batch_size):
            xb, yb = x[first : first + batch_size], labels[first : first + batch_size]
            pre, a, z = mlp_forward(xb, w1, b1, w2, b2)
            e = np.exp(z - z.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            _, dz = softmax_cross_entropy(p if twice else z, yb)
            dz = p * (dz - (dz * p).sum(axis=1, keepdims=True)) if twice else dz
            if not carried:
                sums = [np.zeros_like(w) for w in (w1, b1, w2, b2)]
            sums[2], sums[3] = sums[2] + a.T @ dz, sums[3] + dz.sum(axis=0)
            seen = w2 - lr * sums[2] if early else w2
            dpre = (dz @ seen.T) * (pre > 0)
            sums[0], sums[1] = sums[0] + xb.T @ dpre, sums[1] + dpre.sum(axis=0)
            w1, b1, w2, b2 = (w - lr * g for w, g in zip((w1, b1, w2, b2), sums, strict=True))
    return w1, b1, w2, b2


if ready(mlp_forward, softmax_cross_entropy, mlp_gradients, loop_mended):
    ways = {
        "yours": lambda *args: loop_mended(*args[:2], *args[2], *args[3:]),
        "softmax before the cross-entropy": lambda *args: faulty_loop(*args, True, False, False),
        "gradients set to zero once an epoch": lambda *args: faulty_loop(*args, False, True, False),
        "w2 updated before it is used": lambda *args: faulty_loop(*args, False, False, True),
        "all three": lambda *args: faulty_loop(*args, True, True, True),
    }
    print(f"lowest loss of probabilities handed to a softmax cross-entropy, ten classes: {np.log(1 + 9 / np.e):.2f}")
    for learning_rate in (0.05, 0.2):
        for name, way in ways.items():
            losses, right = [], []
            for seed in SEEDS:
                order = np.random.default_rng(seed).permutation(len(train_x))
                with np.errstate(all="ignore"):
                    end = way(train_x[order].astype(np.float64), train_y[order], start(64, 32, 10, seed), learning_rate, 10, 32)
                losses.append(float(mlp_gradients(test_x.astype(np.float64), test_y, *end)[0]))
                right.append(accuracy(end, test_x, test_y))
            print(f"learning rate {learning_rate:4}  {name:37} test loss {spread(losses):15}  accuracy {spread(right)}")

# %% [markdown]
# (The test loss is the right one, from the logits.) The softmax before the cross-entropy costs most: 0.41 and 0.69 of the digits where yours predicts 0.93 and 0.96. Its gradient is multiplied by the softmax's own slopes $p_i([i=j]-p_j)$, which are small at the start and again where the network is confident, right or wrong. Gradients that are never set to zero act like a growing step: at 0.05 the loss is even lower than yours after ten epochs (0.32 against
# 0.38) with a slightly lower accuracy, and at 0.2 training falls apart. The early update of `w2` cannot be seen at 0.05 (0.929 in both) and shows at 0.2. And the inconvenient line: at 0.05 **all three together look better than the first alone** (0.76 against 0.41), because the growing step makes up for the weak gradient. If you fix one fault of several,
# the result may get worse; that does not show that the fix was wrong. Check the gradient, not the curve.
#
# ## Hunt 3: which shape is that?   *(easy, 8 min, asked often)*
#
# A regression with one hidden layer. The author read `y` from a file; its shape is what it is. **Predict the four shapes**, before you run anything:
#
# ```python
# out = np.tanh(x @ w) @ v           # x (n, d), w (d, h), v (h, 1)
# error = out - y                    # y: of shape y_shape
# dv = np.tanh(x @ w).T @ error
# db = error.sum(axis=0)
# ```


# %%
def shapes_predicted(n, d, h, y_shape):
    """The shapes of out, error, dv and db in these four lines.

    n, d, h: Python ints >= 1. y_shape: a tuple: (n,), (n, 1), (1, n), (1,) or (), as it may come.
    Returns (out, error, dv, db): their shapes, each a tuple (or list) of ints.
    """
    ### BEGIN SOLUTION
    columns = y_shape[-1] if y_shape else 1
    return (n, 1), (n, columns), (h, columns), (columns,)
    ### END SOLUTION


# %%
check(shapes_predicted)

# %% [markdown]
# **In PyTorch.** The same rules: `nn.MSELoss()` of (n, 1) and (n,) warns and goes on, `nn.BCEWithLogitsLoss()` raises.
#
# NumPy aligns shapes at the **right** and stretches axes of length 1: (n, 1) minus (n,) is (n, 1) minus (1, n), an (n, n) matrix of all pairs. Nothing raises, and the mean of its square is even a number. **What does such a model learn?** Every output is compared with every label, so the best answer for each row is the mean of all labels. The diabetes data,
# a linear model, and `y` as a column and as (n,), over five splits:

# %% tags=["folded"]
table, progression = load_diabetes(return_X_y=True)
for name, reshape in (("y is (n, 1)", lambda y: y[:, None]), ("y is (n,)", lambda y: y)):
    losses, scores = [], []
    for seed in SEEDS:
        xa, xb, ya, yb = train_test_split(table * 20, progression / 100, random_state=seed)
        w, b = np.zeros((10, 1)), 0.0
        for _ in range(1000):
            error = xa @ w + b - reshape(ya)
            dout = 2 * error.mean(axis=1, keepdims=True) / len(xa)  # of np.mean(error**2), whatever error's shape
            w, b = w - 0.1 * xa.T @ dout, b - 0.1 * dout.sum()
        losses.append(np.mean(error**2))
        scores.append(1 - np.sum(((xb @ w + b)[:, 0] - yb) ** 2) / np.sum((yb - yb.mean()) ** 2))
    print(f"{name:12} training loss {spread(losses)}   R² on the test rows {spread(scores)}")

# %% [markdown]
# With the column R² on new rows is 0.43; with (n,) it is 0, no better than predicting the mean, and the training loss stops at 0.616. That number is the variance of the labels: a loss that falls to the variance and stops there is the sign. The cure is one line where data come in, an assertion that the shapes are equal; that is why `one_layer_gradient` refuses.

# %% [markdown] tags=["sheet"]
# ## One page: forward and backward
#
# | | formula | traps |
# |---|---|---|
# | sigmoid | $\sigma=1/(1+e^{-z})$, $\sigma'=\sigma(1-\sigma)\le\frac14$ | overflow; `where` computes both branches; clip kills the tail |
# | gradient check | $\frac{f(x+h)-f(x-h)}{2h}$, float64, $h\approx10^{-5}$ | kinks, dropout, w = 0, n = 1, square sizes |
# | linear layer | $dw=x^\top dout$, $dx=dout\,w^\top$, $db=\sum_r dout$ | sum over rows; no second $1/n$ |
# | sigmoid unit | squared error $(a-y)a(1-a)x$; cross-entropy $(a-y)x$ | the factor belongs to a row: before $x^\top$ |
# | softmax cross-entropy | $\text{lse}(z)-z_t$; $\partial\,\text{lse}/\partial z=p$; $dz=(p-\text{onehot})/n$ | logits, not probabilities; `log(p + 1e-12)` caps the loss |
# | ReLU | $dpre=da\odot[pre>0]$ | mask from the forward pass; 0 at 0 |
# | MLP | $dz\to dw_2=a^\top dz,\ dpre=(dz\,w_2^\top)[pre>0],\ dw_1=x^\top dpre$ | all gradients before any update |
# | layer norm | $dx=\frac1s(g-\bar g-\hat x\,\overline{g\hat x})$, $g=dout\,\gamma$ | $d\gamma,d\beta$ sum over all axes but the last |
# | batch norm | same over the rows; running averages in evaluation | `eval()`; small or sorted batches |
# | initialisation | Xavier $1/d$, He $2/d$ | zeros never learn |
# | depth | product of Jacobians; residual $I+J$ | sigmoid ¼ a layer; clip against explosion |
# | cost | backward ≈ 2 × forward; memory: all activations | checkpointing: one more forward, $O(\sqrt L)$ |
# | loop | zero the gradients, forward, backward, step; eval mode to test | softmax twice; `.grad` adds up; (n, 1) − (n,) is (n, n) |
#
# **Sixty seconds to say.** "I write the forward pass with its shapes, n by d times d by h, and keep each layer's input and the ReLU mask. Backward I start at the logits, where softmax cross-entropy gives p minus one-hot over n, because the gradient of logsumexp is softmax. Each linear layer turns the
# incoming gradient into three: input transpose times it for the weights, its sum over rows for the bias, and it times the weights transposed for the layer below, masked where ReLU was off. Each gradient has the shape of what it belongs to. That costs two products for each forward one, and memory for the activations.
# I check it with central differences in float64 at a point that is not special, the initial loss against log k, and by overfitting twenty rows. In depth the Jacobians multiply, so I use ReLU with He's weights, normalisation and residual connections, and clip against explosions."

# %%
status()
