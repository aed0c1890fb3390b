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
# > *"Implement gradient descent. Now your loss is nan at step 300. What do you do?"*
#
# The first half is five lines, and still half of the published answers get it wrong: they move the caller's weights, sum where they should average, lose the last batch. The second half is the job. What the interviewer listens for:
#
# 1. You know **when it converges**: the step against the curvature, and what scaling does to it.
# 2. You can write the **optimisers** everybody uses, with their details: which velocity moves the weights, where eps stands, from what t counts.
# 3. You **keep it alive**: stable logits, clipping, warm-up, and gradients accumulated with the right weights.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.preprocessing import StandardScaler

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# On a bowl $\frac12\sum_i\lambda_i w_i^2$ a step multiplies each coordinate by $1-\eta\lambda_i$. It shrinks as long as $|1-\eta\lambda_i|<1$ for every $i$:
#
# $$0<\eta<\frac{2}{\lambda_{\max}}$$
#
# The steepest direction sets the limit, the flattest the time. Below $1/\lambda_{\max}$ the path creeps, between $1/\lambda_{\max}$ and $2/\lambda_{\max}$ it zig-zags, above it flies away. The ratio $\kappa=\lambda_{\max}/\lambda_{\min}$ is the condition number.

# %%
curvature = np.array([1.0, 10.0])


def contour(rate=0.18):
    """Twenty steps on a bowl with curvatures 1 and 10."""
    place, places = np.array([-4.0, 1.0]), [np.array([-4.0, 1.0])]
    for _ in range(20):
        place = place - rate * curvature * place
        places.append(place)
    path = np.array(places)
    a, b = np.meshgrid(np.linspace(-5, 5, 121), np.linspace(-2, 2, 81))
    figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
    ax.contour(a, b, (a**2 + 10 * b**2) / 2, levels=14, cmap="Greys", linewidths=0.8)
    ax.plot(np.clip(path[:, 0], -6, 6), np.clip(path[:, 1], -3, 3), marker="o", markersize=4, color="#e45756")
    end = np.sum(curvature * path[-1] ** 2) / 2
    word = "diverges" if rate >= 0.2 else "zig-zags" if rate > 0.1 else "creeps"
    ax.set(xlim=(-5, 5), ylim=(-2, 2), xlabel="flat direction (λ = 1)", ylabel="steep (λ = 10)", title=f"rate {rate:.3f} {word}; 2/λmax = 0.2; loss after 20 steps {end:.2g}")
    plt.show()


contour()

# %%
from ipywidgets import FloatSlider, interact

_ = interact(contour, rate=FloatSlider(0.18, min=0.01, max=0.21, step=0.005, continuous_update=False))

# %% [markdown]
# ## 1. `gradient_descent`   *(easy, 6 min)*
#
# > *"Implement gradient descent for any function whose gradient I give you. Return the path as well."*
#
# The trap is the path: `w -= lr * g` changes one and the same array, so a list of it holds the last place `steps + 1` times, and the caller's `w0` has moved too.


# %%
def gradient_descent(grad, w0, lr, steps):
    """Plain gradient descent, with its path.

    grad: a function; grad(w) is the gradient at w, a new array of w's shape and dtype. w0: array
    of any shape, at least one weight; real numbers of any dtype (whole numbers are computed in
    float64, float32 stays float32). Not changed. lr: the rate. steps >= 0. Returns (w, history):
    the last place, of w0's shape, and all places (steps + 1, *w0.shape), the first of them w0.
    With steps = 0, w is a copy of w0. Neither shares memory with w0. ValueError: no weights.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w0)
    if w0.size == 0:
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
# **Put it to work: why scaling matters.** The same regression on two columns of the wine data, as they are (proline in hundreds, hue near 1) and standardised. Each with the best rate it allows, $1/\lambda_{\max}$:

# %%
if ready(gradient_descent):
    wine = load_wine()
    columns, alcohol = wine.data[:, [10, 12]], wine.data[:, 0] - wine.data[:, 0].mean()
    for name, inputs in (("as they are", columns - columns.mean(axis=0)), ("standardised", StandardScaler().fit_transform(columns))):
        hessian = inputs.T @ inputs / len(inputs)
        values = np.linalg.eigvalsh(hessian)
        best = np.linalg.solve(hessian, inputs.T @ alcohol / len(inputs))
        w, history = gradient_descent(lambda w, h=hessian, x=inputs: h @ w - x.T @ alcohol / len(alcohol), np.zeros(2), 1 / values[-1], 200)
        left = np.linalg.norm(inputs @ (np.asarray(w) - best)) / np.linalg.norm(inputs @ best)
        print(f"{name:13} condition number {values[-1] / values[0]:10.1f}   after 200 steps {left:.1%} of the fit is still missing")

# %% [markdown]
# ## 2. `minibatch_gd`   *(easy, 8 min)*
#
# > *"Batch, mini-batch, stochastic: what changes? And what about the last batch?"*
#
# The gradient of $\frac1{2n}\|xw-y\|^2$ is $x^\top(xw-y)/n$. On a batch it is an estimate of that, unbiased if rows are drawn at random, with a variance that falls as one over the batch size. Ten rows in batches of four leave a batch of two: its gradient is the mean over **two** rows.


# %%
def minibatch_gd(x, y, w0, lr, epochs, batch_size):
    """Mini-batch descent on half the mean squared error of x @ w.

    x: (n, d), y: (n,), w0: (d,), n >= 1, real numbers of any dtype (whole numbers are computed
    in float64; float32 data and weights stay float32). Not changed. Rows are taken in their
    order, batch_size at a time, without shuffling, epochs times over; the last batch may be
    shorter, and batch_size larger than n. Each batch makes one step w - lr * g with g the
    gradient of the batch's own mean of (x w - y)^2 / 2. Returns w (d,). ValueError: no rows, or
    shapes that do not fit.
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
# **Sum or mean?** With the mean a good rate stays good when the batch grows. With the sum the step grows with the batch. Twenty steps at the same rate on made-up rows:

# %%
rng = np.random.default_rng(0)
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
sizes = np.array([1, 2, 4, 8, 16, 32, 64])
inputs = rng.normal(size=(64, 3))
target = inputs @ np.array([1.0, -2.0, 0.5])
for name, power in (("mean over the batch", 1), ("sum over the batch", 0)):
    errors = []
    for size in sizes:
        w = np.zeros(3)
        for _ in range(20):
            w = w - 0.1 * inputs[:size].T @ (inputs[:size] @ w - target[:size]) / size**power
        errors.append(np.sqrt(np.mean((inputs[:size] @ w - target[:size]) ** 2)))
    ax.loglog(sizes, errors, marker="o", label=name)
ax.set(xlabel="batch size", ylabel="error after 20 steps", xticks=sizes, xticklabels=sizes)
ax.legend()
plt.show()

# %% [markdown] question="batch-sizes" points=3
# ### Q. "Batch, mini-batch or SGD? You double the batch: what happens to the learning rate?"   *(easy, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - variance against cost of a step; mini-batches for the hardware; unbiased only if rows are drawn (shuffled) at random
# - the last, shorter batch: averaged over its own rows, or dropped on purpose
# - larger batch, less noise: linear or square-root scaling of the rate, with warm-up, up to a critical batch size
#
# **Red flags** (-1): "SGD is less accurate"; a sum over the batch.
#
# **Follow-ups**: does noise help generalisation? what does an epoch of sorted data do?
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `logistic_regression`   *(medium, 12 min)*
#
# > *"Train a logistic regression from scratch. It must survive data that a line separates."*
#
# With $p=\sigma(xw+b)$ and the log-loss $-y\log p-(1-y)\log(1-p)$, the derivative by the logit is $p-y$: the $p(1-p)$ of the sigmoid cancels against the loss. On separable data the weights grow for ever and logits pass a thousand; $e^{1000}$ overflows, $e^{-|z|}$ does not:
#
# $$\sigma(z)=\frac{1}{1+e^{-|z|}}\ (z\ge0),\qquad\frac{e^{-|z|}}{1+e^{-|z|}}\ (z<0)$$


# %%
def logistic_regression(x, y, lr, steps, l2):
    """Logistic regression by full-batch gradient descent from zeros.

    x: (n, d) real numbers of any dtype (float32 stays float32, whole numbers are computed in
    float64), y: (n,) labels 0 and 1, n >= 1. Not changed. Minimises the mean log-loss plus l2/2
    times the sum of squared weights; the bias is not penalised. Exactly `steps` steps of rate
    lr, weights and bias moved together. Returns (w, b): (d,) and a number. Stays finite and
    without warnings on separable data and at logits of +-1000. ValueError: no rows, or shapes
    that do not fit.
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
        z = x @ w + b
        small = xp.exp(-xp.abs(z))  # at most 1
        residual = xp.where(z >= 0, 1.0, small) / (1.0 + small) - y
        w, b = w - lr * (x.T @ residual / n + l2 * w), b - lr * xp.mean(residual)
    return w, b
    ### END SOLUTION


# %%
check(logistic_regression)

# %% [markdown]
# **Put it to work.** Malignant or benign, thirty features, standardised on the training half only:

# %%
if ready(logistic_regression):
    cancer = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(cancer.target))
    train, test = order[:285], order[285:]
    scaler = StandardScaler().fit(cancer.data[train])
    for steps in (1, 10, 100, 1000):
        w, b = logistic_regression(scaler.transform(cancer.data[train]), cancer.target[train], 0.5, steps, 0.01)
        right = [np.mean((scaler.transform(cancer.data[rows]) @ np.asarray(w) + float(b) > 0) == cancer.target[rows]) for rows in (train, test)]
        print(f"{steps:5} steps: accuracy on the training half {right[0]:.3f}, on the other {right[1]:.3f}, length of w {np.linalg.norm(w):.2f}")

# %% [markdown]
# The first step already points the right way; the rest is confidence. `prep bench solutions gradient_descent` compares the time with scikit-learn's L-BFGS at the same value of the objective.
#
# ## 4. `momentum_step`   *(easy, 5 min)*
#
# > *"What does momentum do in a narrow valley?"*
#
# Across the valley the gradients alternate and cancel in the running sum, along it they add up: $v\leftarrow\mu v+g$, $w\leftarrow w-\eta v$. On a bowl it needs about $\sqrt\kappa$ steps where plain descent needs $\kappa$.


# %%
def momentum_step(w, g, v, lr, mu):
    """One step of heavy-ball momentum.

    w, g, v: weights, gradient and velocity, arrays of one shape with at least one entry, real
    numbers of any dtype (float32 stays float32, whole numbers are computed in float64). Not
    changed. Returns (w, v) after v = mu * v + g and w = w - lr * v with the new v. ValueError:
    different shapes, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w, g, v)
    if not w.shape == g.shape == v.shape or w.size == 0:
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
# $$m_t=\beta_1m_{t-1}+(1-\beta_1)g_t,\quad v_t=\beta_2v_{t-1}+(1-\beta_2)g_t^2,\qquad w_t=w_{t-1}-\eta\,\frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)}+\epsilon}$$
#
# Both means start at 0 and are too small at first, by $1-\beta^t$. After the correction the very first step has length $\eta$ whatever the gradient's size. Without it, at the usual betas, it is $0.1/\sqrt{0.001}\approx3.2$ times as long. (Kingma and Ba, *Adam*, 2015.)


# %%
def adam(w0, grads, lr, beta1, beta2, eps):
    """Adam, one step for each gradient of a list.

    w0: array of any shape, at least one weight; grads: list of arrays of that shape, one or
    more. Real numbers of any dtype (float32 stays float32, whole numbers are computed in
    float64). Not changed. Moments start at zero, t counts from 1, both are bias-corrected, eps
    is added outside the root. Returns w. No warning, for gradients of zeros neither. ValueError:
    a gradient of another shape, or no weights.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w0, *grads)
    if w0.size == 0 or any(g.shape != w0.shape for g in grads):
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
# **A race in the narrow valley** of curvatures 1 and 100, with the rates that suit each. Adam's start is quick and its end is not: with a constant rate its steps do not shrink, so it hovers around the goal.

# %%
if ready(gradient_descent, momentum_step, adam):
    steep, begin = np.array([1.0, 100.0]), np.array([5.0, 1.0])
    tracks = {"gradient descent, 0.0198": np.asarray(gradient_descent(lambda w: steep * w, begin, 0.0198, 120)[1])}
    w, v, track = begin, np.zeros(2), [begin]
    for _ in range(120):
        w, v = momentum_step(w, steep * w, v, 0.0033, 0.67)
        track.append(np.asarray(w))
    tracks["momentum, 0.0033, µ = 0.67"] = np.array(track)
    w, past, track = begin, [], [begin]
    for _ in range(120):
        past.append(steep * w)
        w = np.asarray(adam(begin, past, 0.3, 0.9, 0.999, 1e-8))
        track.append(w)
    tracks["Adam, 0.3"] = np.array(track)
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    for name, track in tracks.items():
        ax.semilogy(np.sum(steep * track**2, axis=1) / 2, label=name)
    ax.set(xlabel="step", ylabel="loss")
    ax.legend()
    plt.show()

# %% [markdown] question="adam-details" points=4
# ### Q. "Adam, step by step. What does it cost, and when is SGD better?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - running means of gradient and squared gradient, bias-corrected; eps outside the root
# - the step does not depend on the gradients' scale
# - memory: two more numbers for each weight
# - weight decay: L2 in the gradient is divided by the root of v, so AdamW decouples it; SGD with momentum often generalises as well on vision tasks
#
# **Red flags** (-1): "Adam needs no learning rate".
#
# **Follow-ups**: the first step without correction; what large beta2 does after a spike; where eps matters (fp16).
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `clip_by_global_norm`   *(easy, 6 min)*
#
# > *"One bad batch, and the model is gone. What protects you?"*
#
# One factor for **all** parameters, from one norm over all of them: the update gets shorter and keeps its direction. Cutting entry by entry, or array by array, turns it.


# %%
def clip_by_global_norm(grads, max_norm):
    """Gradients shortened together to a common norm of at most max_norm.

    grads: list of floating-point arrays of any shapes, with at least one entry in all; max_norm
    > 0. Not changed. Returns a list of new arrays of the same shapes and dtypes: all multiplied
    by max_norm / norm when norm, the root of the sum of squares over all entries of all arrays,
    is above max_norm, else equal to the inputs. All zeros stay zeros. No warning. ValueError: no
    array, or no entries in all.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    if sum(math.prod(g.shape) for g in grads) == 0:
        raise ValueError("there is no gradient to clip")
    xp = array_namespace(*grads)
    norm = xp.sqrt(sum(xp.sum(xp.astype(g, xp.float64) ** 2) for g in grads))
    factor = xp.where(norm > max_norm, max_norm / xp.where(norm > 0, norm, 1.0), 1.0)
    return [g * xp.astype(factor, g.dtype) for g in grads]
    ### END SOLUTION


# %%
check(clip_by_global_norm)

# %% [markdown]
# ## 7. `warmup_cosine`   *(easy, 6 min)*
#
# > *"What does the learning rate of a large model look like over training?"*
#
# Up in a line, while Adam's second moment has seen too few gradients to be trusted; then down half a cosine, which spends most of the time near the top and lands softly. The off-by-one is part of the question: step 0 gets `base_lr / warmup`, not 0.


# %%
def warmup_cosine(step, warmup, total, base_lr, min_lr):
    """The learning rate of a step: linear warm-up, then half a cosine.

    step >= 0, warmup >= 0, total > warmup: whole numbers. For step < warmup: base_lr * (step +
    1) / warmup. From warmup on half a cosine from base_lr (at step = warmup) down to min_lr (at
    step = total), and min_lr after it. With warmup = 0 it starts at base_lr. Returns a number.
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
    ax.plot([warmup_cosine(step, 50, 500, 3e-4, 3e-5) for step in range(600)])
    ax.set(xlabel="step", ylabel="learning rate")
    plt.show()

# %% [markdown] question="nan-debug" points=4
# ### Q. "Your loss is nan at step 300. Go."   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - reproduce it: the saved state and that very batch; is there something odd in the batch (empty, all padding, an outlier)?
# - log the loss and the gradient norm before it: a slow rise says learning rate, a jump says data or overflow
# - the usual sources: log(0), exp of a large logit, 0/0 in a norm, the range of fp16
# - mend: lower rate or warm-up, clip the norm, a stable loss, bf16 or loss scaling; find the first nan with anomaly detection
#
# **Red flags** (-1): "restart with another seed"; `nan_to_num`.
#
# **Follow-ups**: the loss spikes and comes back: do you act? which layer first?
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. `accumulate_gradients`   *(medium, 6 min)*
#
# > *"The batch does not fit. You accumulate over micro-batches. Is it the same?"*
#
# It is the same when you divide **once** by the number of all tokens. Padding makes micro-batches of different lengths; dividing each by its own count first, and averaging, gives a short one too much weight.


# %%
def accumulate_gradients(sums, counts):
    """The mean gradient of a big batch from its micro-batches.

    sums: list of arrays of one shape, each the sum of the gradients over a micro-batch's tokens;
    real numbers of any dtype (float32 stays float32, whole numbers are computed in float64).
    counts: list of whole numbers, the tokens of each, 0 allowed. Not changed. Returns the mean
    over all tokens, an array of that shape. ValueError: all counts 0, lists of different
    lengths, sums of different shapes, no micro-batch.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not sums or len(sums) != len(counts) or any(one.shape != sums[0].shape for one in sums) or sum(counts) == 0:
        raise ValueError("need a count for each sum, sums of one shape, and at least one token")
    xp = array_namespace(*sums)
    total = xp.sum(xp.stack(sums), axis=0)
    return (total if xp.isdtype(total.dtype, "real floating") else xp.astype(total, xp.float64)) / sum(counts)
    ### END SOLUTION


# %%
check(accumulate_gradients)

# %% [markdown] question="accumulation-equal" points=3
# ### Q. "Gradient accumulation against a large batch: are they equal?"   *(hard, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - yes, when sums are added and divided once by all tokens; a mean of means is wrong as soon as lengths differ (found in widely used trainers in 2024)
# - not with batch normalisation, whose statistics see the micro-batch only; dropout draws differ
# - it saves memory and not time; all-reduce once for each big batch
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
# - in many dimensions a critical point has some direction down: saddles are far more common than bad minima
# - noise and momentum leave saddles; near them plain descent is slow, not stuck
# - care with "flat minima generalise": flatness changes under rescaling of the weights
#
# **Red flags** (-1): a picture in two dimensions as proof.
#
# **Follow-ups**: what would you measure to tell a plateau from a minimum?
# === END MARK SCHEME ===

# %% [markdown]
# ## Bug hunt: the mean of the means   *(medium, 8 min)*
#
# In 2024 several widely used training libraries were found to accumulate gradients like this. Each micro-batch reports the mean gradient over **its** tokens, and the trainer averages the micro-batches:

# %%
def published_accumulation(means, counts):
    """The gradient of the big batch, as it was shipped. Wrong."""
    return sum(means) / len(means)


print(published_accumulation([np.array([1.0, 0.0]), np.array([0.0, 1.0])], [8, 8]))

# %% [markdown]
# It is right whenever all micro-batches are of one length, as in every unit test it had. **First, an input on which it fails.**


# %%
def accumulation_counterexample():
    """Micro-batches on which published_accumulation is off.

    Returns (means, counts): a list of two or more arrays (or lists of numbers) of one shape, and
    a list with a count for each, whole numbers from 1 to 4096. The means are at most 10 long,
    and the published gradient differs from the mean over all tokens by at least a fifth of the
    latter's length.
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
    numbers of any dtype (float32 stays float32, whole numbers are computed in float64). counts:
    list of whole numbers, the tokens of each. Not changed. Returns an array of that shape.
    ValueError: all counts 0, lists of different lengths, means of different shapes, no
    micro-batch.
    """
    ### BEGIN SOLUTION
    return accumulate_gradients([mean * count for mean, count in zip(means, counts, strict=True)], counts)
    ### END SOLUTION


# %%
check(accumulation_mended)

# %% [markdown]
# ## Before you leave the room
#
# - Say $2/\lambda_{\max}$ before you say "tune the learning rate"; say "scale the features" before both.
# - Average over the rows that are there. Divide once, by everything.
# - Adam: corrected from $t=1$, eps outside, two numbers more for each weight.
# - For nan: the batch, the norm, the exponent, in this order.
#
# **Follow-ups to practise aloud**: why does momentum need $\sqrt\kappa$ steps? What does a rate of exactly $2/\lambda_{\max}$ do? Clip before or after accumulation? What happens to Adam when a feature is rare?

# %%
status()
