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
#     title: "Smaller and faster (模型压缩与加速)"
#     order: 9
#     minutes: 170
#     topics: [quantisation, pruning and low rank, distillation, KV cache]
#     needs: [backprop, compute_budget]
#     out_of_scope: "quantisation-aware training in code, structured pruning schedules, GPU kernels, serving systems"
# ---

# %% [markdown]
# # Smaller and faster (模型压缩与加速)
#
# > *"The model works. Now make it four times smaller and twice as fast, and prove that it still works."*
#
# **Needs:** the lesson `backprop` (a network of two hidden layers, softmax cross-entropy) and the KV cache from `compute_budget`.
#
# Interviewers ask this because the two halves of the sentence are different: a smaller model is not always a faster one. What they listen for:
#
# 1. You can write the **formula** (scale, rounding, KL with a temperature, $\alpha/r$) and say what error it makes.
# 2. You know **what the hardware gains**: bytes that need not be read, or operations that a kernel really skips.
# 3. You ask how "it still works" is **measured**.
#
# One small network and one attention block are made smaller here in four ways: 8-bit integers (量化), zeros (剪枝), low rank with LoRA (低秩分解), and a
# small student (蒸馏). A decode step over a cache then saves work instead of bytes. At the end, size, error and time of all of them stand in one table.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(low_rank)` helps in three steps. Rules for all functions:
# arrays come in any memory layout, read-only ones too, and the real-valued ones of one call share one dtype; they are never changed, and no result shares memory with them; valid input gives no warning.
# float32 data give float32 results, float64 and whole numbers (of any width) give float64, unless the text says otherwise. Results are compared to
# 1e-7 of their size in float64 and 1e-4 in float32, unless the text says otherwise.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# quantize_int8, int8_matmul, magnitude_prune, low_rank, lora_forward, distillation_loss, decode_step.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import time

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csr_array
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The model to shrink
#
# Handwritten digits of 8 x 8 pixels, and a network 64 → 128 → 64 → 10 with ReLU, trained by mini-batches with momentum. It is the network of the
# lesson `backprop`, so its training needs no exercise here. **A weight matrix is stored as (out, in)**, one row for each output, as PyTorch's
# `nn.Linear` does; a layer computes `x @ w.T + b`.

# %% tags=["folded"]
digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(digits.data / 16, digits.target, test_size=0.4, random_state=0, stratify=digits.target)
one_hot = np.eye(10)[train_y]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(network, x):
    """The logits of a network, a list of (w, b)."""
    for w, b in network[:-1]:
        x = np.maximum(x @ w.T + b, 0)
    w, b = network[-1]
    return x @ w.T + b


def accuracy(network, x=test_x, y=test_y):
    return float(np.mean(forward(network, x).argmax(axis=1) == y))


def fit(sizes, gradient, seed=0, epochs=60, lr=0.1, x=train_x):
    """Train a network of these sizes; gradient(logits, rows) is the loss's gradient by the logits of those rows."""
    rng = np.random.default_rng(seed)
    network = [(rng.normal(0, np.sqrt(2 / i), (o, i)), np.zeros(o)) for i, o in zip(sizes, sizes[1:], strict=False)]
    velocity = [[np.zeros_like(part) for part in layer] for layer in network]
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 32):
            inputs = [x[rows]]
            for w, b in network[:-1]:
                inputs.append(np.maximum(inputs[-1] @ w.T + b, 0))
            dz = gradient(inputs[-1] @ network[-1][0].T + network[-1][1], rows)
            for layer in reversed(range(len(network))):
                dw, db = dz.T @ inputs[layer], dz.sum(axis=0)
                if layer:
                    dz = (dz @ network[layer][0]) * (inputs[layer] > 0)
                for part, v, g in zip(network[layer], velocity[layer], (dw, db), strict=True):
                    v *= 0.9
                    v += g
                    part -= lr * v
    return network


def cross_entropy_gradient(z, rows):
    return (softmax(z) - one_hot[rows]) / len(rows)


teacher = fit((64, 128, 64, 10), cross_entropy_gradient)
weights = sum(w.size for w, _ in teacher)
print(f"{weights} weights, {4 * weights / 1024:.0f} KiB in float32; test accuracy {accuracy(teacher):.3f} on {len(test_y)} images")

# %% [markdown]
# The network has 17 024 weights (66 KiB) and reads 97.9 % of the test images correctly. One image is 0.14 points: keep that in mind when two
# accuracies below differ in the third digit.
#
# ## 1. `quantize_int8`   *(medium, 12 min, asked often)*
#
# > *"Quantise this weight matrix to int8. Per tensor or per channel? Symmetric or not?"*
#
# The **scale** $s$ is the width of a step, an integer $q$ counts steps:
#
# $$s_i=\frac{\max_j|w_{ij}|}{127},\qquad q_{ij}=\mathrm{round}(w_{ij}/s_i),\qquad \hat w_{ij}=s_i\,q_{ij},\qquad |w_{ij}-\hat w_{ij}|\le s_i/2$$
#
# This is **symmetric** quantisation: zero stays exactly zero, and $-128$ is given up. The **asymmetric** form adds a zero point,
# $q=\mathrm{round}(w/s)+z$ with $s=(\max-\min)/255$: it wastes no codes on activations that are never negative (after a ReLU), but the product then has
# correction terms. Weights lie about zero, so weights are usually symmetric.
#
# **Where the largest value is taken decides everything.** Per tensor: one scale for all, so one large row makes the step wide for every other row.
# Per channel, that is per row here: each row pays for its own outlier only, and the scale still factors out of the product, because a row of $w$ makes
# exactly one output. (A scale per *column* would not factor out: it sits inside the sum.) Values beyond the range must be **clipped**; choosing
# the range below the maximum, from a percentile or by the least squared error on a **calibration set**, trades clipping error for a finer step.


# %%
def quantize_int8(w):
    """Symmetric int8 quantisation with one scale for each row.

    w: (out, in), both at least 1, finite real numbers of any dtype. The largest magnitude of a
    row is 0 or between 1e-30 and 1e30. Not changed.
    Returns (q, scale). scale: (out,) float32, the row's largest magnitude / 127, rounded to
    float32; 1 for a row of zeros. q: (out, in) int8, w / scale with that float32 scale, rounded
    to the nearest whole number, halves to the even one; so q lies in -127..127. Halves are
    checked only where the scale is exactly 1, elsewhere quotients keep 1e-3 off them. Scales
    are compared to 1e-6 of their size. q is int8 and scale float32 whatever the dtype of w.
    No warning.
    ValueError: w has not two dimensions, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w)
    if w.ndim != 2 or 0 in w.shape:
        raise ValueError(f"need a matrix with entries, not shape {w.shape}")
    w = xp.astype(w, xp.float64)
    top = xp.max(xp.abs(w), axis=1, keepdims=True)
    scale = xp.astype(xp.where(top == 0, 1.0, top / 127), xp.float32)
    q = xp.astype(xp.round(w / xp.astype(scale, xp.float64)), xp.int8)
    return q, scale[:, 0] + 0.0  # an array of its own, not a view of the column
    ### END SOLUTION


# %%
check(quantize_int8)

# %% [markdown]
# **In PyTorch.** `torch.quantize_per_channel(w, scales, zero_points, axis=0, dtype=torch.qint8)` takes scales that you computed; its observers
# clip to -128..127 by default and put a floor of about 1e-7 (float32's eps) under the scale, which we do not. Newer code (torchao) works on plain int8
# tensors, as here. GPTQ and AWQ use groups of 64 or 128 entries *within* a row, each with its scale.
#
# **Put it to work.** A ReLU network does not change when one hidden unit's incoming row is multiplied by 1000 and its outgoing column divided by 1000.
# We do that to one of the 128 units: the same function, with **one outlier row**.

# %% tags=["instructor"]
quantize_int8 = backend.runs(quantize_int8)

# %%
(w1, b1), (w2, b2), last = [(w.copy(), b.copy()) for w, b in teacher]
w1[0], b1[0], w2[:, 0] = 1000 * w1[0], 1000 * b1[0], w2[:, 0] / 1000
outlier = [(w1, b1), (w2, b2), last]


def rounded(w, levels, axis):
    """w on a grid of -levels..levels steps: one step size in all (axis None) or one a row (axis 1)."""
    step = np.abs(w).max(axis=axis, keepdims=True) / levels
    return np.round(w / step) * step


for name, network in (("as trained", teacher), ("with an outlier row", outlier)):
    for bits in (8, 4, 3, 2):
        tensor, row = ([(rounded(w, 2 ** (bits - 1) - 1, axis), b) for w, b in network] for axis in (None, 1))
        print(f"{name:20} {bits} bits: one scale for each matrix {accuracy(tensor):.3f}, one for each row {accuracy(row):.3f}")

# %% [markdown]
# As trained, int8 costs nothing either way, and at 3 bits the row scales are ahead, 0.974 against 0.946. With the outlier row, one scale for the matrix
# gives 0.100 at 8 bits, which is guessing, and row scales give 0.978, one image less than before (the unit's outgoing weights, a thousand times smaller now, round to 0).
# The function is the same; only the scales were chosen differently.
#
# Your own function on the same rows:

# %%
if ready(quantize_int8):
    q, scale = quantize_int8(w1)
    restored = q * scale[:, None]
    tensor = rounded(w1, 127, None)
    print(f"largest error / (scale / 2), over all rows: {np.max(np.abs(w1 - restored) / (scale[:, None] / 2)):.3f}")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    for ax, name, w in ((left, "one scale", tensor), (right, "one scale a row", restored)):
        ax.plot(w1[:12].T.ravel(), w[:12].T.ravel(), ".", color="#4c78a8")
        ax.plot([-0.6, 0.6], [-0.6, 0.6], color="grey", linestyle=":")
        ax.set(xlim=(-0.6, 0.6), ylim=(-0.6, 0.6), xlabel="weight", ylabel="weight after int8", title=name)
    plt.show()

# %% [markdown]
# Left, all ordinary weights became 0: the step is wider than they are. Right they lie on the diagonal, and no error is larger than half a step.
#
# <details><summary><b>What GPTQ, AWQ, SmoothQuant and LLM.int8() add, and what QAT is</b></summary>
#
# All of these are **post-training quantisation (PTQ)**: a trained model, a few hundred calibration texts, no training.
# - **GPTQ** (4-bit weights) rounds one column after another and changes the columns not yet rounded, so that the layer's *output* on the calibration data
#   changes least; the correction uses second-order information, the inverse of $X^\top X$.
# - **AWQ** (4-bit weights) multiplies the few *salient* weight channels, those that meet large activations, before rounding and divides the activations by
#   the same factor: salient weights get finer steps.
# - **SmoothQuant** (8-bit weights and activations) does the same in the other direction: it divides the activation channels with outliers and multiplies
#   the weights' columns, so that outliers move into the weights, which have a scale a row anyway.
# - **LLM.int8()** keeps the columns of activations with outliers, about 0.1 % of them, in fp16 and multiplies the rest in int8. Its authors saw such outliers
#   in all layers from about 6.7B parameters on.
#
# **Weight-only** quantisation saves memory and its bandwidth; the product itself is still done in 16 bits after unpacking. Quantising **activations** too is what lets
# integer units do the product. **Quantisation-aware training (QAT)** rounds in the forward pass while training; `round` has derivative 0
# almost everywhere, so the backward pass lets the gradient through unchanged: the *straight-through estimator*. It wins below 4 bits, and costs a training run.
#
# </details>
#
# ## 2. `int8_matmul`   *(easy, 8 min, asked sometimes)*
#
# > *"Now multiply in int8. What type is the accumulator, and why?"*
#
# $$y_{ni}=\sum_j x_{nj}w_{ij}\approx s_x\,s_i\sum_j q^x_{nj}\,q^w_{ij}$$
#
# Both scales stand outside of the sum, so the sum itself is over integers. One product can reach $128^2=16\,384$, more than int8 (127) and nearly all of
# int16; int32 holds 131 071 such products. float32 holds whole numbers exactly only up to $2^{24}$, 1024 such products.


# %%
def int8_matmul(xq, wq, sx, sw):
    """The product of two quantised matrices: xq @ wq.T, then the scales.

    xq: (n, in) int8. wq: (out, in) int8; both may hold -128, and in is at most 100 000.
    sx: x's scale, one number (a Python number or a 0-d array). sw: (out,) float32, one scale
    for each row of wq. Not changed.
    Returns (n, out) float32: entry [n, i] is sx * sw[i] times the sum over j of
    xq[n, j] * wq[i, j]. The sum is exact, as in int32; results are compared to 1e-6 of their
    size, also where a sum is small because large parts cancel.
    ValueError: xq or wq has not two dimensions or no entries, their second dimensions differ,
    or sw is not of shape (out,); a longer or shorter sw is not broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(xq, wq)
    if xq.ndim != 2 or wq.ndim != 2 or xq.shape[1] != wq.shape[1] or 0 in xq.shape or 0 in wq.shape or sw.shape != (wq.shape[0],):
        raise ValueError(f"{xq.shape}, {wq.shape} and {sw.shape} do not fit (n, in), (out, in) and (out,)")
    sums = xp.astype(xq, xp.float64) @ xp.astype(wq, xp.float64).T  # float64 holds every int32, and BLAS multiplies it
    return xp.astype(sums * sx * xp.astype(sw, xp.float64), xp.float32)
    ### END SOLUTION


# %%
check(int8_matmul)

# %% [markdown]
# **In PyTorch.** `torch._int_mm(xq, wq.T)` gives the int32 sums (int8 tensors, on the CPU and on CUDA); the scales are yours to apply. NumPy has no fast
# integer product: `@` on int32 runs a plain loop, so the quick exact way is a float64 product, whose 53 bits hold every int32.

# %% tags=["instructor"]
int8_matmul = backend.runs(int8_matmul)

# %%
if ready(quantize_int8, int8_matmul):

    def int8_forward(network, x):
        """A forward pass in int8: the inputs of each layer are quantised with one scale for the batch, the weights with one a row."""
        for index, (w, b) in enumerate(network):
            top = np.abs(x).max()
            xq = np.round(x / (top / 127)).astype(np.int8)
            x = int8_matmul(xq, quantize_int8(w)[0], float(top / 127), quantize_int8(w)[1]) + b
            x = np.maximum(x, 0) if index < len(network) - 1 else x
        return x

    agreement = int8_forward(teacher, test_x).argmax(axis=1) == forward(teacher, test_x).argmax(axis=1)
    print(f"weights and activations in int8: accuracy {np.mean(int8_forward(teacher, test_x).argmax(axis=1) == test_y):.3f}")
    print(f"same answer as float64 on {agreement.sum()} of {len(agreement)} images")
    print(f"the outlier network, all int8: accuracy {np.mean(int8_forward(outlier, test_x).argmax(axis=1) == test_y):.3f}")

# %% [markdown]
# Weights and activations in int8 give the same answer on every image, four times fewer bytes everywhere. The outlier network breaks (0.097) although its weights have
# a scale a row: its large row makes a large *activation*, and the activations have one scale, so all others round to 0. A scale for each activation channel would sit inside the
# sum. Language models have such activation channels by nature. SmoothQuant's answer is to divide that channel and multiply the next layer's column, which here undoes exactly what we did.
#
# **What does it speed up?** A **decode** step of a language model multiplies each weight with one token's vector: about 1 operation for each byte read, while an H100 can
# do about 295 for each byte it reads from memory. Decode is **memory-bound**: 4-bit weights are read in a quarter of the time of 16-bit ones, and time per token falls nearly
# as much. **Prefill** and large batches use each weight for many tokens and are **compute-bound**: with weight-only quantisation they get no faster, and
# may get slower by the unpacking. There only int8 or fp8 *products* help. The memory saved helps everywhere: a larger batch or a longer context fits on the same card.

# %% [markdown] question="quantise" points=5
# ### Q. "Quantise a linear layer to int8: the formula, the choices, the error."   *(easy, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - scale = largest magnitude / 127, round, clip; back by multiplying
# - symmetric or with a zero point, and where each fits: weights, activations after a ReLU
# - per tensor or per channel, and why a scale per output row factors out of the product
# - products are summed in int32
# - the error is at most half a step inside the range, and outliers make the step wide
#
# **Red flags** (-1): truncates instead of rounding; a scale per input channel taken out of the sum; accumulates in int8.
#
# **A strong answer, said aloud**: I take the largest magnitude of each output row, divide by 127, and call that the scale. Each weight becomes the nearest whole number of
# scales, between minus 127 and 127. Multiplying back gives an error of at most half a scale, as long as nothing is clipped. I use one scale per output row, because
# a row makes exactly one output, so its scale comes out of the sum, and a large row does not widen the step of the others. Weights lie about zero, so symmetric is
# fine. Activations after a ReLU are never negative, so there a zero point uses all 256 codes; I would set their range on a calibration set, often a
# percentile, because one outlier otherwise costs everybody precision. The product runs in int8 with int32 accumulators: one product can reach sixteen thousand. At the end I multiply by both scales in floating point. Then I measure: accuracy, and the output error
# layer by layer, to find the layer that does not tolerate it.
#
# **A weak candidate says**: "You cast the weights to int8 and it is four times smaller and four times faster."
#
# **Follow-ups**:
# - *Why give up -128?* So that the range is symmetric: -q exists for every q, and |w| = max maps to ±127 exactly.
# - *What does a zero point cost in the product?* The sum gains terms z·Σw and z·Σx; the weights' one can be computed in advance.
# - *How do you choose the clipping range?* By the least squared error, or a percentile, of the activations on a calibration set.
# - *What is the straight-through estimator?* In the backward pass of QAT, round is treated as the identity, since its true derivative is 0 almost everywhere.
# === END MARK SCHEME ===

# %% [markdown] question="four-bits" points=4
# ### Q. "We moved from fp16 to 4-bit weights. What got faster, and what did not?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - decode at a small batch is memory-bound: time follows the bytes of weights read
# - prefill and large batches are compute-bound: no gain, perhaps a loss, since weights are unpacked to 16 bits before the product
# - the cache and the activations are still read in 16 bits; memory saved can buy a larger batch or a longer context
# - quality has to be measured on one's own tasks; at 4 bits groups have their own scales, and GPTQ or AWQ choose the rounding
#
# **Red flags** (-1): "four times fewer operations"; speaks of speed without a batch size.
#
# **A strong answer, said aloud**: It depends on what bound us. Generating token by token with a small batch, every weight is read from memory for
# one multiplication or so, and the card could do almost three hundred in that time. So time per token follows bytes, and with a quarter of the bytes I expect nearly, not quite, four times
# the speed: the cache, the activations and the scales are still read. The first token is different. Prefill multiplies each weight with thousands of
# tokens, so it is bound by arithmetic, and weight-only quantisation still multiplies in 16 bits after unpacking. It stays as it was or gets a little slower. The same
# holds for decoding at a large batch. What I gain everywhere is memory: a larger batch or a longer context on the same card. For quality I would use groups of 128 with their own scale and GPTQ, which rounds so that the layer's output
# changes least, or AWQ, which protects the channels that meet large activations; and then I would test on our own tasks, not only perplexity.
#
# **A weak candidate says**: "4 bits are four times less than 16, so everything runs four times faster."
#
# **Follow-ups**:
# - *What does SmoothQuant do that AWQ does not?* It quantises activations too: outliers are moved from the activations into the weights by a factor per channel.
# - *And LLM.int8()?* It keeps the outlier columns, about 0.1 %, in fp16; outliers of that kind were seen in all layers from about 6.7B on.
# - *From which batch size on is decode compute-bound?* Where operations per byte reach the card's ratio: on an H100 with 16-bit weights at about 295 tokens.
# - *What else would you quantise?* The KV cache: for long contexts it is read at every step, as the weights are.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `magnitude_prune`   *(easy, 8 min, asked often)*
#
# > *"Set 90 % of the weights to zero. Which ones, and what have you gained?"*
#
# The smallest magnitudes, over the whole array: that is **unstructured** magnitude pruning. The count must be exact, also where many weights
# have the same magnitude, so choose *places*, not a threshold.


# %%
def magnitude_prune(w, sparsity):
    """Set the weights of smallest magnitude to zero, over the whole array.

    w: an array of any shape with at least one entry, finite real numbers. sparsity: a number
    from 0 to 1. Not changed.
    Returns a new array like w (float64 for whole numbers, so int8's -128 counts as 128) in which
    exactly round(sparsity * size) entries were set to 0, with Python's round (halves to even):
    those of smallest magnitude; among equal magnitudes those that come first in C order, that is
    row by row. Zeros that are already there are the smallest and count. The others stay as they
    are. sparsity 0 gives a copy.
    ValueError: w has no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w)
    if 0 in w.shape:
        raise ValueError(f"there is nothing to prune in shape {w.shape}")
    if not xp.isdtype(w.dtype, "real floating"):
        w = xp.astype(w, xp.float64)
    flat = xp.reshape(w, (-1,))
    place = xp.argsort(xp.argsort(xp.abs(flat), stable=True), stable=True)  # each weight's place in the order of magnitudes
    return xp.reshape(xp.where(place >= round(sparsity * flat.shape[0]), flat, xp.zeros_like(flat)), w.shape)
    ### END SOLUTION


# %%
check(magnitude_prune)

# %% [markdown]
# **In PyTorch.** `torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=0.9)` prunes round(amount · size) entries of one layer, `prune.global_unstructured` over several layers at once.
# Both keep the dense weight, a mask of the same size and their product, so memory *grows* until `prune.remove`; nothing gets faster.
#
# **Put it to work**, with accuracy, and with the time of a larger layer, 1024 x 1024 on 64 inputs, on this machine.

# %% tags=["instructor"]
magnitude_prune = backend.runs(magnitude_prune)


# %% tags=["folded"]
def milliseconds(call, runs=15):
    """The shortest time of several calls: others use this machine too."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1e3 * min(taken)


big = np.random.default_rng(0).normal(size=(1024, 1024)).astype(np.float32)
batch = np.random.default_rng(1).normal(size=(64, 1024)).astype(np.float32)


def finetuned(network, masks, epochs=5, lr=0.02):
    """Training goes on for some epochs; the zeros stay zeros."""
    network = [(w.copy(), b.copy()) for w, b in network]
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(train_x)), len(train_x) // 32):
            inputs = [train_x[rows]]
            for w, b in network[:-1]:
                inputs.append(np.maximum(inputs[-1] @ w.T + b, 0))
            dz = cross_entropy_gradient(inputs[-1] @ network[-1][0].T + network[-1][1], rows)
            for layer in reversed(range(len(network))):
                w, b = network[layer]
                dw, db = dz.T @ inputs[layer], dz.sum(axis=0)
                dz = (dz @ w) * (inputs[layer] > 0)
                w -= lr * dw * masks[layer]
                b -= lr * db
    return network


if ready(magnitude_prune):
    levels, before, after = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95), [], []
    for level in levels:
        pruned = [(magnitude_prune(w, level), b) for w, b in teacher]
        before.append(accuracy(pruned))
        after.append(accuracy(finetuned(pruned, [w != 0 for w, _ in pruned])))
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(levels, before, marker="o", label="pruned")
    ax.plot(levels, after, marker="s", label="then 5 epochs of training with the mask")
    ax.set(xlabel="fraction of each layer's weights set to zero", ylabel="test accuracy", ylim=(0.3, 1))
    ax.legend()
    plt.show()
    print("pruned   ", dict(zip(levels, np.round(before, 3).tolist(), strict=True)))
    print("retrained", dict(zip(levels, np.round(after, 3).tolist(), strict=True)))

    print(f"dense layer: {milliseconds(lambda: batch @ big.T):.2f} ms")
    for level in (0.5, 0.9, 0.99):
        zeros = magnitude_prune(big, level)
        sparse = csr_array(zeros)
        dense_ms = milliseconds(lambda zeros=zeros: batch @ zeros.T)
        sparse_ms = milliseconds(lambda sparse=sparse: sparse @ batch.T)
        print(f"{level:.0%} zeros: dense kernel {dense_ms:.2f} ms, sparse kernel (CSR) {sparse_ms:.2f} ms")

# %% [markdown]
# Up to 70 % zeros the network loses about a point (0.968); at 90 % it is down to 0.772, and five epochs of training with the mask bring back 0.928, not all. The dense kernel takes the same time whatever the
# fraction of zeros, as the times printed above show: it does not look at the values. The sparse kernel is several times *slower* than it at 50 %, about as fast at 90 %, and far ahead only at 99 %.
#
# What does speed up:
# - **2:4 sparsity**: two zeros in every four consecutive weights. NVIDIA's tensor cores since Ampere skip them, at most twice as fast, with half of the values plus 2 bits of index for
#   each value kept.
# - **structured pruning**: whole rows, heads or layers go, and a *smaller dense* matrix is left. It is fast everywhere, and costs more accuracy at the same number of weights.
#
# Accuracy comes back, in part, by **fine-tuning afterwards**, as in the upper curve, and more of it by pruning a little at a time with training in between.

# %% [markdown] question="pruning" points=4
# ### Q. "We pruned 90 % of the weights and inference is as slow as before. Why?"   *(medium, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - unstructured zeros are still stored, read and multiplied by a dense kernel
# - a sparse format has costs of its own: an index for each value, irregular access; it pays only at high sparsity
# - what hardware can use: 2:4 (at most 2x), or structured pruning to a smaller dense matrix
# - what to do now: prune in a pattern that the target runs faster, fine-tune after each step, and measure latency there, not the count of zeros
#
# **Red flags** (-1): "the framework skips zeros"; promises a speed-up equal to the sparsity.
#
# **A strong answer, said aloud**: Because a dense kernel does not look at the values. It reads all of the weights and multiplies all of them, and ten percent that
# matter scattered over the matrix change nothing. To gain from them I need a format that skips the rest. CSR stores an index with each value, so at fifty percent it is no smaller than
# the dense matrix in float32, and its irregular access is so much slower per value that it pays only at high sparsity; in my own measurement the dense kernel was
# still ahead at fifty percent. On a GPU the pattern with support is two to four: two zeros in each group of four, which gives at most a factor of two. The safe
# way is structured: remove whole channels, heads or layers, so that a smaller dense matrix is left that every kernel likes. That costs more accuracy for
# the same number of weights, so I would prune in steps, fine-tune after each, and measure latency on the target machine, not the count of zeros.
#
# **A weak candidate says**: "Maybe we need to prune more, 95 or 99 percent."
#
# **Follow-ups**:
# - *At which sparsity is CSR smaller than dense?* With float32 values and int32 indices above about 50 %; with a bit mask above about 3 %.
# - *Global or per layer?* Global compares all weights, so layers with small weights may vanish; per layer keeps each one's fraction. Usually global with a look at the layers.
# - *What is the lottery ticket hypothesis?* That a dense network holds a sparse sub-network which, trained alone from its original initial weights, reaches the same accuracy.
# - *Why do large models tolerate 2:4?* Many weights are redundant; still, a correction as in SparseGPT or some fine-tuning is normal.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `low_rank`   *(medium, 10 min, asked sometimes)*
#
# > *"Factorise this layer. When is it worth it?"*
#
# $w\approx a\,b$ with $a$ of shape (m, r) and $b$ of shape (r, n): $r(m+n)$ numbers instead of $mn$, so it is worth it when $r<mn/(m+n)$, half of the side for a
# square matrix. The best choice, in the Frobenius norm and the spectral norm alike, keeps the $r$ largest singular values (Eckart and Young):
#
# $$w=\sum_i\sigma_i\,u_iv_i^\top,\qquad ab=\sum_{i\le r}\sigma_i\,u_iv_i^\top,\qquad \|w-ab\|_F^2=\sum_{i>r}\sigma_i^2$$


# %%
def low_rank(w, rank):
    """The best approximation of a matrix by a product of two thin ones.

    w: (m, n), both at least 1, finite real numbers. rank: a whole number r. Not changed.
    Returns (a, b), a of shape (m, r) and b of shape (r, n), such that a @ b is nearest to w in
    the sum of squares among all matrices of rank r. Only the product is judged: to 1e-6 of its
    largest entry in float64 (1e-4 in float32), so any way to share the singular values between a
    and b is right. a and b are float32 for float32 w, else float64. float32 entries may be as
    small as 1e-25 and as large as 1e25. No two singular values are equal at the cut; w may
    have a rank below r. No warning.
    ValueError: r < 1 or r > min(m, n), w has not two dimensions, or no entries.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w)
    if w.ndim != 2 or not 1 <= rank <= min(w.shape):
        raise ValueError(f"rank {rank} is not in 1..{min(w.shape, default=0)} for a matrix of shape {w.shape}")
    if not xp.isdtype(w.dtype, "real floating"):
        w = xp.astype(w, xp.float64)
    u, s, vt = xp.linalg.svd(w, full_matrices=False)
    return u[:, :rank] * s[:rank], vt[:rank, :] + 0.0  # without the columns that are left out
    ### END SOLUTION


# %%
check(low_rank)

# %% [markdown]
# **In PyTorch / scikit-learn.** `torch.linalg.svd(w, full_matrices=False)` is the same call and also returns $v^\top$; `torch.svd_lowrank` and scikit-learn's `TruncatedSVD` find only the
# leading part, by random projections, and much faster on large matrices; their result is near the best, not the best.

# %% tags=["instructor"]
low_rank = backend.runs(low_rank)

# %%
if ready(low_rank):
    for r in (32, 16, 8, 4):
        factors = [(low_rank(w, min(r, *w.shape)), b) for w, b in teacher]
        numbers = sum(min(a.size + c.size, len(a) * c.shape[1]) for (a, c), _ in factors)
        print(f"rank {r:2}: {numbers:6} numbers instead of {weights}, accuracy {accuracy([(a @ c, b) for (a, c), b in factors]):.3f}")
    print(f"the layer of 1024 x 1024: {milliseconds(lambda: batch @ big.T):.2f} ms")
    for r in (64, 256, 512):
        a, c = low_rank(big, r)
        print(f"its factors of rank {r}: {milliseconds(lambda a=a, c=c: (batch @ c.T) @ a.T):.2f} ms")

# %% [markdown]
# Half of the rank (32) loses less than half a point and saves little; rank 16 loses 1.2 points at 40 % of the numbers; at rank 4 the network is broken. Unlike zeros, two thin matrices are dense, so they save time as well as bytes: a good deal at
# rank 64 of 1024, nothing at 512, which is as many numbers as before. A trained weight matrix is *not* low-rank by itself. What is low-rank is the **change** that a fine-tuning makes to it, and that is LoRA.
#
# ## 5. `lora_forward`   *(easy, 6 min, asked often)*
#
# > *"Write a LoRA layer. What is alpha, how are A and B initialised, what happens at inference?"*
#
# $$y=xw+\frac{\alpha}{r}\,(xa)\,b$$
#
# $w$ is frozen, only $a$ and $b$ are trained. $a$ starts random and $b$ at zero, so at the start the layer *is* the base layer, and yet $b$ has a gradient (were both
# zero, neither would). $\alpha/r$ keeps the size of the update about the same when you try other ranks. At inference $w+\frac\alpha r ab$ is merged into one matrix: no
# extra time. What LoRA saves is the memory of $w$'s gradients and optimizer state; the forward pass and the activations stay. **Here w is (in, out)**, as in the paper's $xW$; transpose it for `nn.Linear`.


# %%
def lora_forward(x, w, a, b, alpha):
    """A linear layer with a low-rank update: x @ w + alpha / r * (x @ a) @ b.

    x: (n, in). w: (in, out). a: (in, r). b: (r, out). All sizes are at least 1, entries are
    finite real numbers, in whole-number arrays of any width too. alpha: a number. Not changed.
    Returns (n, out), float32 where all are float32, else float64.
    ValueError: an array without two dimensions or without entries, or shapes that do not fit;
    nothing is broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, w, a, b)
    arrays = (x, w, a, b)
    shapes = [array.shape for array in arrays]
    if any(array.ndim != 2 or 0 in array.shape for array in arrays):
        raise ValueError(f"need four matrices with entries, not {shapes}")
    if x.shape[1] != w.shape[0] or a.shape[0] != w.shape[0] or b.shape[1] != w.shape[1] or a.shape[1] != b.shape[0]:
        raise ValueError(f"{shapes} do not fit (n, in), (in, out), (in, r) and (r, out)")
    if not xp.isdtype(x.dtype, "real floating"):
        x, w, a, b = (xp.astype(array, xp.float64) for array in arrays)
    return x @ w + (x @ a) @ b * (alpha / a.shape[1])  # (x a) first: a @ b would be as large as w
    ### END SOLUTION


# %%
check(lora_forward)

# %% [markdown]
# **In PyTorch (peft).** `LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])`: $a$ is initialised by Kaiming-uniform, $b$ by zeros, a dropout may stand before $a$; their `lora_A.weight` is
# our `a.T`, `lora_B.weight` our `b.T`. `use_rslora=True` scales by $\alpha/\sqrt r$ instead. `merge_and_unload()` merges.
#
# **Put it to work.** The network never saw a digit upside down. We fine-tune it on turned images: all weights, or only $a$ and $b$ (biases frozen too).

# %% tags=["instructor"]
lora_forward = backend.runs(lora_forward)


# %% tags=["folded"]
def turned(x):
    return x.reshape(-1, 8, 8)[:, ::-1, ::-1].reshape(-1, 64)


def adapt(network, rank=None, seed=0, epochs=20, lr=0.005, alpha_over_r=2.0):
    """Fine-tune on turned digits: everything, or LoRA of this rank. Returns the network with the change merged."""
    rng, x = np.random.default_rng(seed), turned(train_x)
    network = [(w.copy(), b.copy()) for w, b in network]
    shapes = [(w.shape[1], min(rank or 0, *w.shape), w.shape[0]) for w, _ in network]
    pairs = [(rng.normal(0, 0.5 / np.sqrt(i), (i, r)), np.zeros((r, o))) for i, r, o in shapes] if rank else network
    velocity = [[np.zeros_like(part) for part in pair] for pair in pairs]
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 32):
            merged = [w + alpha_over_r * (a @ b).T if rank else w for (w, _), (a, b) in zip(network, pairs, strict=True)]
            inputs = [x[rows]]
            for w, (_, bias) in zip(merged[:-1], network, strict=False):
                inputs.append(np.maximum(inputs[-1] @ w.T + bias, 0))
            dz = cross_entropy_gradient(inputs[-1] @ merged[-1].T + network[-1][1], rows)
            for layer in reversed(range(len(network))):
                dw, db = dz.T @ inputs[layer], dz.sum(axis=0)
                dz = (dz @ merged[layer]) * (inputs[layer] > 0)
                a, b = pairs[layer]
                steps = (alpha_over_r * dw.T @ b.T, alpha_over_r * a.T @ dw.T) if rank else (dw, db)
                for part, v, g in zip(pairs[layer], velocity[layer], steps, strict=True):
                    v *= 0.9
                    v += g
                    part -= lr * v
    return [(w + alpha_over_r * (a @ b).T, bias) for (w, bias), (a, b) in zip(network, pairs, strict=True)] if rank else network


turned_x = turned(test_x)
print(f"before: {accuracy(teacher, turned_x):.3f} on turned digits")
tuned = adapt(teacher)
print(f"all {weights} weights trained: {accuracy(tuned, turned_x):.3f}")
for r in (1, 2, 4, 8):
    scores = [accuracy(adapt(teacher, r, seed), turned_x) for seed in range(3)]
    trained = sum(min(r, *w.shape) * sum(w.shape) for w, _ in teacher)
    print(f"LoRA of rank {r}, {trained:4} numbers trained: {np.mean(scores):.3f} (three seeds, {min(scores):.3f} to {max(scores):.3f})")

figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
for name, matrix in (("the weights", teacher[0][0]), ("their change by fine-tuning", tuned[0][0] - teacher[0][0])):
    values = np.linalg.svd(matrix, compute_uv=False) ** 2
    held = np.cumsum(values) / values.sum()
    ax.plot(np.arange(1, len(held) + 1), held, marker=".", label=name)
    print(f"{name}: the first 8 of 64 singular values hold {held[7]:.0%} of the sum of squares")
ax.set(xlabel="rank kept", ylabel="fraction of the sum of squares", title="first layer, 128 x 64", ylim=(0, 1.02))
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# The first 8 of 64 directions hold 43 % of the weights' sum of squares, and 93 % of their change by fine-tuning. It is the same picture for both methods: cutting the
# weights to rank 8 loses what stands above the lower curve, cutting the change loses almost nothing. So LoRA of rank 4, with 1832 trained numbers instead of 17 024, reaches 0.947 of the full fine-tuning's 0.971,
# and rank 8 reaches 0.959. It does not reach it altogether: ranks 1 and 2 lack 10 and 4 points.
#
# And at the start of a fine-tuning, with b = 0, and after merging, your function agrees with one matrix product:

# %%
if ready(lora_forward):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 64)), teacher[0][0].T
    a, b = rng.normal(size=(64, 4)), rng.normal(size=(4, 128))
    print("b = 0:  off by", np.max(np.abs(lora_forward(x, w, a, 0 * b, 8.0) - x @ w)))
    print("merged: off by", np.max(np.abs(lora_forward(x, w, a, b, 8.0) - x @ (w + 8.0 / 4 * a @ b))))
    print(f"trained numbers at d = 4096, r = 8: {2 * 4096 * 8 / 4096**2:.2%} of the matrix")

# %% [markdown]
# **QLoRA** keeps the frozen $w$ in 4 bits and trains $a$ and $b$ in 16: a 65B model then fits one 48 GB card, because neither gradients nor Adam's moments of $w$ exist. The 4-bit base
# is unpacked for each product, and merging into it rounds again, so one merges into the 16-bit weights or serves the pair apart.

# %% [markdown] question="lora" points=5
# ### Q. "Explain LoRA: rank, alpha, initialisation, what it saves, and inference."   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - W frozen, the update is a product of two thin matrices: 2dr numbers instead of d², 0.39 % at d = 4096, r = 8
# - B = 0 (A random), so training starts at the base model, and B still has a gradient
# - alpha / r scales the update, so that it keeps its size when r changes
# - it saves gradients and optimiser state of W, not the forward pass nor the activations
# - merged at inference, or kept apart to serve many adapters; QLoRA: 4-bit frozen base, 16-bit adapters
#
# **Red flags** (-1): both factors zero at the start; "LoRA makes inference faster"; "compresses the model".
#
# **A strong answer, said aloud**: Fine-tuning changes a weight matrix by something that has, in practice, few important directions. LoRA writes that change as a product, d by r
# times r by d, freezes the original matrix and trains only the two factors. At d 4096 and rank 8 that is 0.39 percent of the numbers. One factor starts random and the other
# at zero, so the first forward pass is exactly the base model; with both at zero no gradient would flow. The update is multiplied by alpha over r, so I can change the rank without
# tuning the learning rate again. What I save is memory for gradients and Adam's two moments of the frozen weights, not the forward pass and not the activations. For inference I add the product to the matrix and there is no overhead, or I keep
# it apart and serve many adapters over one base. QLoRA stores the frozen base in four bits. I would put it on all linear layers and compare with full fine-tuning, which wins when the new task is far from the old.
#
# **A weak candidate says**: "LoRA decomposes the weight matrix with SVD, so the model gets smaller."
#
# **Follow-ups**:
# - *How do you choose r?* Start at 8 or 16 on all linear layers; raise it while the validation score rises. Where the adapters sit matters more than r.
# - *What if A = 0 and B is random?* It works too by symmetry in principle; with both 0 nothing moves.
# - *Why is forgetting milder?* The change has rank r and the base stays; still, the old task can get worse: measure it.
# - *Memory for a 7B?* 14 GB of 16-bit weights plus activations, against 112 GB of training state at 16 bytes a parameter.
# === END MARK SCHEME ===

# %% [markdown]
# ## 6. `distillation_loss`   *(medium, 12 min, asked often)*
#
# > *"Write the distillation loss. Which way round is the KL, and why is there a T²?"*
#
# A **teacher** knows more than its first choice: that this 7 looks a little like a 1. Softened by a temperature, $p^t=\mathrm{softmax}(z^t/T)$ shows it, and the student is trained to match:
#
# $$L=T^2\cdot\frac1n\sum_{\text{rows}}\mathrm{KL}\bigl(p^t\,\|\,p^s\bigr),\qquad \frac{\partial L}{\partial z^s}=\frac{T}{n}\,(p^s-p^t)$$
#
# The teacher stands first: its probabilities weigh the sum, as the labels do in cross-entropy. The loss on true labels is mixed in, since the teacher errs too; the soft part needs no labels, so unlabelled data of the same domain will do. A teacher that is far too sure of itself shows little more than its first choice. **Why T²:** without it the gradient is $\frac1{nT}(p^s-p^t)$, and for large $T$ the difference itself is about $\frac1{T}$
# of a difference of logits over $k$. So the gradient shrinks as $1/T^2$, and the factor undoes it: then the mix with the hard-label loss, and the learning rate, need not be tuned again when $T$ changes.


# %%
def distillation_loss(student, teacher, temperature):
    """Hinton's distillation loss: T² times the mean over rows of KL(teacher || student), both at temperature T.

    student, teacher: (n, k) logits, n and k at least 1, finite real numbers, whole numbers of
    any width too. temperature: a number T > 0. Not changed.
    Per row, KL = sum over the k classes of p * (log p - log q), natural logarithm, with
    p = softmax(teacher / T) and q = softmax(student / T). It is summed over classes and averaged
    over rows. Returns a number; 0 to 1e-9 where p equals q. Exact and without warning at logits
    of ±1000, in float32 too.
    ValueError: not two arrays of the same shape (n, k), or no entries; nothing is broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(student, teacher)
    if student.ndim != 2 or student.shape != teacher.shape or 0 in student.shape:
        raise ValueError(f"need two (n, k) arrays of logits, not {student.shape} and {teacher.shape}")
    if not xp.isdtype(student.dtype, "real floating"):
        student, teacher = xp.astype(student, xp.float64), xp.astype(teacher, xp.float64)

    def log_softmax(z):
        z = (z - xp.max(z, axis=1, keepdims=True)) / temperature
        return z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))

    log_q, log_p = log_softmax(student), log_softmax(teacher)
    return temperature**2 * xp.sum(xp.exp(log_p) * (log_p - log_q)) / student.shape[0]
    ### END SOLUTION


# %%
check(distillation_loss)

# %% [markdown]
# **In PyTorch.** `F.kl_div(F.log_softmax(s / T, 1), F.softmax(t / T, 1), reduction="batchmean") * T**2`: the *student* is the first argument and in logarithms, and the default
# `reduction="mean"` divides by $n\cdot k$ instead of $n$. Several published repositories have that slip; with ten classes their soft loss weighs a tenth of what they report.
#
# **Put it to work.** The student, 64 → 8 → 10, has 592 weights. It learns from 10 % hard labels' loss and 90 % of this one, eight seeds, one learning rate for all.

# %% tags=["instructor"]
distillation_loss = backend.runs(distillation_loss)

# %% tags=["folded"]
soft = forward(teacher, train_x)


def distil_gradient(T, with_t2):
    """The gradient of 0.1 · cross-entropy + 0.9 · distillation loss, with its factor T² or without."""
    target, factor = softmax(soft / T), T**2 if with_t2 else 1.0

    def gradient(z, rows):
        return 0.1 * cross_entropy_gradient(z, rows) + 0.9 * factor / T * (softmax(z / T) - target[rows]) / len(rows)

    return gradient


def students(gradient):
    return np.array([accuracy(fit((64, 8, 10), gradient, seed, epochs=30, lr=0.01)) for seed in range(8)])


alone, temperatures = students(cross_entropy_gradient), (1, 2, 4, 8, 16)
print(f"test accuracy, hard labels only: {alone.mean():.3f} ± {alone.std(ddof=1):.3f}")
curves = {flag: [students(distil_gradient(T, flag)) for T in temperatures] for flag in (True, False)}
figure, (ax, right) = plt.subplots(1, 2, figsize=(9.5, 3), layout="constrained")
fresh = np.random.default_rng(0).normal(size=soft.shape)  # the logits of a student at its start
for flag, name, mark in ((True, "with T²", "o"), (False, "without T²", "s")):
    means, spread = [c.mean() for c in curves[flag]], [c.std(ddof=1) for c in curves[flag]]
    ax.errorbar(temperatures, means, spread, marker=mark, capsize=3, label=name)
    sizes = [np.linalg.norm((T if flag else 1 / T) * (softmax(fresh / T) - softmax(soft / T)), axis=1).mean() for T in temperatures]
    right.plot(temperatures, sizes, marker=mark, label=name)
    for T, scores, size in zip(temperatures, curves[flag], sizes, strict=True):
        gain = 100 * (scores - alone)
        print(
            f"{name:10} T = {T:2}: {scores.mean():.3f}, {gain.mean():+6.1f} ± {gain.std(ddof=1) / np.sqrt(8):.1f} points by seed; gradient of one row {size:.3f}"
        )
ax.axhline(alone.mean(), color="grey", linestyle=":", label="hard labels only")
for panel in (ax, right):
    panel.set_xscale("log", base=2)
    panel.set(xlabel="temperature", xticks=temperatures, xticklabels=temperatures)
ax.set(ylabel="student's test accuracy")
right.set(yscale="log", ylabel="gradient of one row")
ax.legend(fontsize=8)
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# With T² the student gains about three points at T = 2 to 8, and the gradient's size changes little from T = 4 on. Without it the gradient shrinks from 0.989 to 0.016, and at the same learning rate and number of epochs the student falls
# behind training on hard labels: 7.8 points at T = 4, 31 at T = 16. That is a matter of scale, not of knowledge: a larger learning rate would win much of it back. At T = 1 nothing is gained (0.0): this teacher is so sure of its
# training images that its soft labels are the hard ones. Seeds alone differ by 2 points (the standard deviation), which is nearly the size of the gain; the pairs by seed show it more sharply.

# %%
if ready(distillation_loss):
    student = fit((64, 8, 10), distil_gradient(4, True), 0, epochs=30, lr=0.01)
    for T in (1.0, 4.0, 16.0, 1000.0):
        print(f"T = {T:6}: loss {float(distillation_loss(forward(student, test_x), forward(teacher, test_x), T)):.3f}")
    apart = forward(student, test_x) - forward(teacher, test_x)
    print(f"half of the variance of the logits' differences in a row, on average: {np.mean(np.var(apart, axis=1)) / 2:.3f}")

# %% [markdown]
# One student, one teacher, and losses that grow with T towards the last number: for large T the loss becomes half of the mean squared difference of the logits (each row's mean taken off). So values at different T
# cannot be compared, and a large T asks the student to copy even the logits of classes that nobody considers.

# %% [markdown] question="distillation" points=5
# ### Q. "The distillation loss: direction of the KL, temperature, T², and what data."   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - KL(teacher ‖ student), the teacher's probabilities weigh the sum; both softened by the same T
# - T shows how the wrong classes are ordered; too large a T flattens everything
# - gradients shrink as 1/T², the factor T² undoes it, so that the mix with the hard loss keeps its meaning
# - mixed with the loss on true labels, since the teacher errs too
# - transfer data: unlabelled in-domain data do; the teacher's calibration matters
#
# **Red flags** (-1): T only on one side; "T² makes it more accurate" (it is about scale); softmax before a loss that expects logits.
#
# **A strong answer, said aloud**: The student matches the teacher's softened distribution. I divide both logits by T, take softmax, and minimise KL with the teacher first, so
# classes that the teacher finds likely weigh most; up to a constant this is cross-entropy with soft labels. The temperature lifts the small probabilities, in which
# the teacher tells what looks like what; a very large T only compares centred logits. The gradient for the student's logits is one over T times the difference of probabilities, and that difference shrinks like one over T as well,
# so the whole goes as one over T squared. Multiplying by T squared keeps its size, and my weight between soft and hard loss means the same at every T. In my experiment the distilled student won about three points at T of
# two to eight; without the factor, at the same learning rate, it fell behind training on hard labels. I keep a tenth of hard-label loss because the teacher errs. For data I can use any unlabelled images of the domain.
#
# **A weak candidate says**: "You train the small model on the big model's predictions, with temperature to make it softer."
#
# **Follow-ups**:
# - *Would a larger learning rate replace T²?* For the soft part alone yes: it is a scale. In a mix with the hard loss the proportion changes too.
# - *Forward or reverse KL for language models?* Forward covers all of the teacher's modes; reverse is mode-seeking, which a small student may need for generation; on-policy distillation uses the student's own samples.
# - *What does PyTorch's reduction="mean" do?* It divides by n·k; batchmean is the mean over rows.
# - *Distil from outputs only, without logits?* Train on sampled answers: sequence-level distillation, with more variance, and no dark knowledge in a single sample.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `decode_step`   *(medium, 15 min, asked often)*
#
# > *"Write one step of decoding with a KV cache. Why are K and V cached, and not Q?"*
#
# A new token's query looks at all keys so far; the keys and values of older tokens do not change, because attention is causal. So keep them. An old *query* is never used again. One step then costs $O(Td)$
# instead of $O(T^2d)$ for computing everything again:
#
# $$\text{out}_h=\sum_{t\le T}\mathrm{softmax}_t\!\left(\frac{q_h\cdot k_{h,t}}{\sqrt d}\right)v_{h,t},\qquad t=T\text{ is the new token itself}$$


# %%
def decode_step(q, k, v, k_cache, v_cache):
    """Attention of one new token over a key-value cache.

    q, k: (H, d) the new token's query and key in each of H heads. v: (H, dv) its value.
    k_cache: (H, T, d), v_cache: (H, T, dv): the T tokens before; T may be 0. H, d and dv are at
    least 1; finite real numbers, whole numbers of any width too. Not changed.
    The new key and value are put behind the cached ones. Returns (out, k_cache, v_cache):
    out (H, dv) is, in each head, the mean of the T + 1 values weighted by the softmax over the
    T + 1 scores q·k / sqrt(d); the caches, (H, T + 1, d) and (H, T + 1, dv), are new arrays.
    All three are float32 where the inputs are, else float64. Finite and without warning at
    scores of ±1e4, in float32 too.
    ValueError: shapes that do not fit, or H, d or dv is 0; nothing is broadcast.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(q, k, v, k_cache, v_cache)
    shapes = [array.shape for array in (q, k, v, k_cache, v_cache)]
    if q.ndim != 2 or v.ndim != 2 or k_cache.ndim != 3 or 0 in q.shape or 0 in v.shape:
        raise ValueError(f"{shapes} do not fit (H, d), (H, d), (H, dv), (H, T, d) and (H, T, dv)")
    (heads, d), length = q.shape, k_cache.shape[1]
    if shapes[1:] != [(heads, d), (heads, v.shape[1]), (heads, length, d), (heads, length, v.shape[1])]:
        raise ValueError(f"{shapes} do not fit (H, d), (H, d), (H, dv), (H, T, d) and (H, T, dv)")
    if not xp.isdtype(q.dtype, "real floating"):
        q, k, v, k_cache, v_cache = (xp.astype(array, xp.float64) for array in (q, k, v, k_cache, v_cache))
    k_cache = xp.concat([k_cache, k[:, None, :]], axis=1)
    v_cache = xp.concat([v_cache, v[:, None, :]], axis=1)
    scores = (k_cache @ q[:, :, None])[:, :, 0] / math.sqrt(d)  # (H, T + 1)
    weights = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    weights = weights / xp.sum(weights, axis=1, keepdims=True)
    return (weights[:, None, :] @ v_cache)[:, 0, :], k_cache, v_cache
    ### END SOLUTION


# %%
check(decode_step)

# %% [markdown]
# **In PyTorch.** `F.scaled_dot_product_attention(q, k_cache, v_cache)` with q of shape (B, H, 1, d) is this step, once the new key and value are in the cache. Do not pass `is_causal=True`:
# for one query that mask is aligned to the top left, so the query would see the first key only. Serving systems do not concatenate, which copies the whole cache at each token: they
# write into preallocated slots (a hunt below) or into pages (vLLM).
#
# **Put it to work.** One attention block, width 64 and 4 heads, with seeded random weights, on a sequence of 512 tokens: a step over the cache, against computing the whole block for all tokens so far.

# %% tags=["instructor"]
decode_step = backend.runs(decode_step)

# %% tags=["folded"]
D, H = 64, 4
block_rng = np.random.default_rng(0)
wq, wk, wv, wo = (block_rng.normal(0, 1 / np.sqrt(D), (D, D)) for _ in range(4))
tokens = block_rng.normal(size=(512, D))


def heads(x):
    """(T, D) to (H, T, D / H)."""
    return x.reshape(len(x), H, -1).transpose(1, 0, 2)


def whole_block(x, wq=wq, wk=wk, wv=wv, wo=wo):
    """Causal attention of all tokens, from nothing; rows of each w are outputs."""
    q, k, v = (heads(x @ w.T) for w in (wq, wk, wv))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(D // H)
    scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(x), D) @ wo.T


if ready(decode_step):

    def step(x, k_cache, v_cache):
        """One token through the block, with the caches so far."""
        q, k, v = ((x @ w.T).reshape(H, -1) for w in (wq, wk, wv))
        out, k_cache, v_cache = decode_step(q, k, v, k_cache, v_cache)
        return out.reshape(D) @ wo.T, k_cache, v_cache

    k_cache = v_cache = np.zeros((H, 0, D // H))
    outs, times = [], {}
    for position, token in enumerate(tokens):
        if position + 1 in (64, 128, 256, 512):
            state = k_cache, v_cache
            cached = milliseconds(lambda token=token, state=state: step(token, *state))
            again = milliseconds(lambda length=position + 1: whole_block(tokens[:length])[-1])
            times[position + 1] = cached, again
        out, k_cache, v_cache = step(token, k_cache, v_cache)
        outs.append(out)
    print(f"largest difference from recomputing: {np.max(np.abs(np.array(outs) - whole_block(tokens))):.1e}")
    for length, (cached, again) in times.items():
        print(f"token {length}: {cached:.3f} ms over the cache, {again:.3f} ms recomputed, {again / cached:.0f} times as long")
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(list(times), [again for _, again in times.values()], marker="s", label="recompute everything")
    ax.plot(list(times), [cached for cached, _ in times.values()], marker="o", label="one step over the cache")
    ax.set_xscale("log", base=2)
    ax.set(yscale="log", xlabel="tokens so far", ylabel="ms for the next token", xticks=list(times), xticklabels=list(times))
    ax.legend()
    plt.show()

# %% [markdown]
# Both give the same output to the last digits. The step over the cache grows slowly with the length; recomputing grows about with its square, and at 512 tokens it takes more than fifty times as long.
#
# Real models need the projections and the feed-forward layers too, for one token instead of all: there the factor is even larger.
#
# **The cache is the next thing to compress.** It holds 2 · layers · kv heads · head width values for each token: for Llama-2-70B, with 80 layers, 8 key-value heads of width 128 and 2 bytes each,
# 320 KiB a token, 1.25 GiB at 4096 tokens. Four ways to make it smaller:
# - **GQA**: 8 key-value heads shared by 64 query heads; with 64 it would be 2560 KiB a token. MQA has one.
# - **MLA** (DeepSeek): one latent vector of 576 values a token and layer instead of 32 768, 57 times less; keys and values are made from it.
# - **a sliding window**: only the last few thousand tokens are kept, so the size has a bound, and what lies further back is reached through the layers above only.
# - **int8 or 4-bit caches**, with a scale for each token or channel: half or a quarter of the bytes, and decode reads them all at every step.

# %% [markdown] question="kv-cache" points=4
# ### Q. "Why cache K and V and not Q? How large is the cache, and what do you do when it is the bottleneck?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - causal attention: old keys and values never change and are needed by each new query; an old query is never needed again
# - a step costs O(Td) instead of O(T²d); it is memory-bound, since the whole cache is read for one token
# - the size formula with numbers: 2 · layers · kv heads · head width · bytes a token (320 KiB for Llama-2-70B)
# - fewer heads (GQA, MQA), a latent (MLA), a window, fewer bits; paging against fragmentation
#
# **Red flags** (-1): "the cache saves memory"; counts query heads under GQA.
#
# **A strong answer, said aloud**: In causal attention a token's key and value depend only on what stands before it, so they never change once computed, and every later query needs them. A query is used once, for its own output,
# so there is nothing to keep. With the cache a step is one row of scores, linear in the length, instead of the whole square again. The price is memory: two times layers times key-value
# heads times head width times bytes, per token. For Llama 2 70B that is 320 kibibytes a token, one and a quarter gibibytes at 4096 tokens, for each sequence. And decode reads all of it for each
# token, so it is bound by memory bandwidth. If it is the bottleneck I share heads, which is GQA, or use a latent as MLA does, about 57 times smaller than full heads there; I limit the window, or
# store it in eight or four bits. Against fragmentation I page it, as vLLM does, and I share the pages of common prefixes.
#
# **A weak candidate says**: "The KV cache makes attention faster because it stores the attention scores."
#
# **Follow-ups**:
# - *Does GQA also save compute?* A little in the key and value projections; scores and weighted sums are as many as there are query heads.
# - *What breaks if positions are rotated after caching?* With RoPE, keys are cached rotated; changing positions later (a shifted window) needs the rotation again.
# - *Prefill or decode: which gains?* Decode; prefill computes all keys once in any case.
# - *How does speculative decoding fit in?* The large model checks several drafted tokens in one pass, so one reading of weights and cache serves several tokens.
# === END MARK SCHEME ===

# %% [markdown]
# ## All in one table
#
# The network by every method, and the attention block's output error for the same treatment. The block's weights are random with no structure, with one row of each matrix ten times larger; whatever a method needs
# from training is missing there. `time` is the whole test set through the network, in float32.

# %% tags=["folded"]
if ready(quantize_int8, magnitude_prune, low_rank, distillation_loss, decode_step):
    single = [(w.astype(np.float32), b.astype(np.float32)) for w, b in teacher]
    images = test_x.astype(np.float32)
    block = [w.copy() for w in (wq, wk, wv, wo)]
    for w in block:
        w[3] *= 10
    exact = whole_block(tokens[:128], *block)

    def error(changed):
        return np.linalg.norm(whole_block(tokens[:128], *changed) - exact) / np.linalg.norm(exact)

    def factored(w, r):
        a, b = low_rank(w, min(r, *w.shape))
        return a @ b

    def thin_forward(network, x):
        """A forward pass in which each layer is a pair of thin matrices."""
        for index, ((a, b), bias) in enumerate(network):
            x = (x @ b.T) @ a.T + bias
            x = np.maximum(x, 0) if index < len(network) - 1 else x
        return x

    def by_row(w):
        q, scale = quantize_int8(w)
        return q * scale[:, None]

    def network_of(change):
        return [(change(w).astype(np.float32), b) for w, b in single]

    total, rows = sum(w.size for w, _ in single), sum(len(w) for w, _ in single)
    small = [(w.astype(np.float32), b.astype(np.float32)) for w, b in student]
    thin = [(low_rank(w, 16) if min(w.shape) > 16 else (w, np.eye(w.shape[1], dtype=np.float32)), b) for w, b in single]
    table = []
    for name, size, change in (
        ("float32", 4 * total, lambda w: w),
        ("int8, one scale a matrix", total + 4 * len(single), lambda w: rounded(w, 127, None)),
        ("int8, one scale a row", total + 4 * rows, by_row),
        ("50 % zeros (bit mask)", 4 * total // 2 + total // 8, lambda w: magnitude_prune(w, 0.5)),
        ("90 % zeros (bit mask)", 4 * total // 10 + total // 8, lambda w: magnitude_prune(w, 0.9)),
        ("rank 16", 4 * sum(min(16 * sum(w.shape), w.size) for w, _ in single), lambda w: factored(w, 16)),
    ):
        network = network_of(change)
        call = (lambda: thin_forward(thin, images)) if name == "rank 16" else (lambda network=network: forward(network, images))
        table.append((name, size, accuracy(network, images), milliseconds(call, 50), error([change(w) for w in block])))
    table.append(
        ("distilled student", 4 * sum(w.size for w, _ in small), accuracy(small, images), milliseconds(lambda: forward(small, images), 50), np.nan)
    )
    print(f"{'':26}{'KiB':>7}{'accuracy':>10}{'time':>10}{'error of the block':>21}")
    for name, size, score, taken, off in table:
        print(f"{name:26}{size / 1024:7.1f}{score:10.3f}{taken:7.2f} ms{'':>14}{'-' if np.isnan(off) else f'{off:.3f}':>7}")
    cached, again = times[512]
    print(f"\nthe block's next token at 512: {cached:.3f} ms over the cache, {again:.3f} ms without; the same output")

    figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    for (name, size, score, _, _), mark in zip(table, "osDv^P*", strict=True):
        ax.plot(size / 1024, score, mark, markersize=9, label=name)
    ax.set_xscale("log", base=2)
    ax.set(xlabel="KiB of weights", ylabel="test accuracy", ylim=(0.7, 1.0), xticks=(2, 4, 8, 16, 32, 64), xticklabels=(2, 4, 8, 16, 32, 64))
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    plt.show()

# %% [markdown]
# What the table says:
# - **int8 a row** is the best bargain: a quarter of the bytes, the same accuracy. On the block with its large rows the error is half of that with one scale for each matrix.
# - **Zeros** cost half a point at 50 % and 21 points at 90 %, and no time is gained at all.
# - **Rank 16** loses 1.2 points on the trained network; on the random block, whose matrices have no structure to use, the output is off by 38 %, ten times as much as with int8.
# - **The student** is the smallest (2.3 KiB, 29 times less), at 0.962 here (this is seed 0; the eight average 0.953), and the only one that is clearly faster: a small dense network. It is also the only one that had to be trained.
#   NumPy has no int8 kernel, so int8 saves bytes here and no time, and matrices of 128 x 64 are too small for factors to pay.
# - **The cache** changes no output at all. It saves time and costs memory.
#
# These multiply: a distilled student can be quantised, and its cache too. Each step is measured against the model before it, on the same test images.

# %% [markdown] question="no-loss" points=5
# ### Q. "Prove that the compressed model is as good as the old one."   *(hard, 5 min, asked sometimes)*
#
# A new idea first, in one paragraph: "no significant difference" is not a proof, since a small test rarely finds one. Turn it around: fix a **non-inferiority margin**, the loss you would accept,
# and show that the confidence interval of the *difference* lies above minus that margin. Compare both models **on the same items**, so only items on which they disagree carry noise. And one mean is not all of "as good".
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - a margin fixed in advance; the interval of the difference must clear it (non-inferiority), not "p > 0.05"
# - paired on the same items: count the disagreements (McNemar, paired bootstrap)
# - slices: rare classes, languages, long inputs; the mean may hide a broken slice
# - more than accuracy: calibration, and for a language model the own tasks besides perplexity
# - worst cases and the real system: latency, memory, numeric extremes on the target machine
#
# **Red flags** (-1): "the accuracy is the same to three digits"; tests on the calibration set.
#
# **A strong answer, said aloud**: First I ask what loss is acceptable, say half a point, and write it down before I look. Then I run both models on the same test items and look at the differences. Only items on which they
# disagree matter: if the new one loses thirty and wins twenty of ten thousand, the difference is minus a tenth of a point, with a standard error of the square root of fifty over ten thousand, 0.07 points, so the
# interval reaches to about minus a quarter point and clears my margin. A test that merely fails to find a difference proves nothing; with few items it nearly always fails. Then I cut by slices: rare classes, other languages, long inputs, because outliers tend to
# hurt a few inputs badly. I check calibration, since thresholds depend on it, and for a language model our own tasks, not only perplexity. The calibration data of the quantiser must not be in the test. Last, I measure latency and memory on the target hardware, and look at the worst hundred outputs by eye.
#
# **A weak candidate says**: "We compared the accuracy before and after, 97.9 and 97.8, so there is no loss."
#
# **Follow-ups**:
# - *How many items for a margin of half a point if 1 % disagree?* The standard error is √(0.01/n); for 1.96 of them within 0.5 points: n = 0.01·(1.96/0.005)², about 1500, if there is no true difference.
# - *The mean is fine, one slice lost 5 points: and now?* Keep the sensitive layers in 16 bits, add that slice to the calibration data, or do not ship.
# - *Perplexity rose by 0.05: is that much?* It depends on the model and text; compare with the gap to the next smaller model.
# - *How would you find the sensitive layer?* Quantise one layer at a time and rank by the loss of quality.
# === END MARK SCHEME ===

# %% [markdown]
# ## Hunt 1: a threshold that takes too much   *(medium, 12 min, asked sometimes)*
#
# The lottery-ticket experiments prune in rounds: each round removes a fraction of the weights **that are left**. A published framework for them (open_lth, `sparse_global.py`) finds a threshold and keeps what lies above. In a few lines
# (it rounds the count up; we use `round`):


# %%
def threshold_mask(w, mask, fraction):
    """The next mask: 1 for the weights that stay. Wrong."""
    count = round(fraction * int(np.sum(mask)))
    threshold = np.sort(np.abs(w[mask == 1]))[count]
    return np.where(np.abs(w) > threshold, mask, 0)


w = np.random.default_rng(0).normal(size=1000)
print("removed", 1000 - threshold_mask(w, np.ones(1000, dtype=int), 0.2).sum(), "of 1000; 200 were asked for")

# %% [markdown]
# On weights that are all different it removes one too many, which nobody notices. **First, an input on which it does harm**: weights such as int8 or 4-bit ones, with few different magnitudes.


# %%
def mask_counterexample():
    """A call on which threshold_mask leaves at most half of the weights that it should leave.

    Returns (w, mask, fraction). w: 8 to 10 000 finite numbers, an array or a list of any shape.
    mask: of the same shape, 1 for the weights that are left, 0 for the others. fraction: a
    number between 0 and 1, such that round(fraction * left) is at least 1 and less than the
    number of weights left. The weights left have at least three different magnitudes.
    threshold_mask should leave left - round(fraction * left) weights.
    """
    ### BEGIN SOLUTION
    w = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 2.0, 3.0])  # two should go, all eight of magnitude 1 do
    return w, np.ones(10, dtype=int), 0.2
    ### END SOLUTION


# %%
check(mask_counterexample)

# %% [markdown]
# **Then, fixed.**


# %%
def mask_mended(w, mask, fraction):
    """One round of iterative pruning: the next mask.

    w: an array of any shape with at least one entry, finite real numbers of any dtype. mask: of
    the same shape, 1 (or True) for the weights that are left, 0 for the others, in any dtype.
    fraction: a number from 0 to 1. Not changed.
    Returns a new array of that shape, 1 for weights that stay and 0 for the others, in any dtype.
    Of the weights that are left exactly round(fraction * left) go as well, with Python's round:
    those of smallest magnitude, among equal ones those that come first in C order. What is out
    stays out, whatever w holds there. fraction 1 removes all, and where nothing is left the
    result is all 0.
    ValueError: w has no entries, or the mask has another shape.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(w, mask)
    if w.shape != mask.shape or 0 in w.shape:
        raise ValueError(f"need weights and a mask of one shape, not {w.shape} and {mask.shape}")
    left = xp.reshape(xp.astype(mask, xp.bool), (-1,))
    magnitude = xp.where(left, xp.abs(xp.reshape(xp.astype(w, xp.float64), (-1,))), float("inf"))  # what is out comes last
    place = xp.argsort(xp.argsort(magnitude, stable=True), stable=True)
    count = xp.round(fraction * xp.sum(xp.astype(left, xp.float64)))
    return xp.reshape(xp.astype(left & (xp.astype(place, xp.float64) >= count), xp.int64), w.shape)
    ### END SOLUTION


# %%
check(mask_mended)

# %% [markdown]
# **In PyTorch.** `torch.nn.utils.prune` uses `torch.topk` and so removes an exact number; `prune.L1Unstructured` applied again acts on the weights that are left, as here.
#
# ## Hunt 2: a decode loop over preallocated slots   *(medium, 12 min, asked sometimes)*
#
# Copying the cache at each token is slow, so servers allocate slots for the longest answer once and fill them. This loop has a planted fault. Its first outputs are nearly zero, with the last slot filled it is right, and it never crashes:


# %%
def slots_step(q, k, v, k_slots, v_slots, length):
    """One token into slot `length`, then attention. Wrong."""
    k_slots, v_slots = k_slots.copy(), v_slots.copy()
    k_slots[:, length], v_slots[:, length] = k, v
    scores = (k_slots @ q[:, :, None])[:, :, 0] / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True))[:, None, :] @ v_slots, k_slots, v_slots


slot_rng = np.random.default_rng(0)
k_slots = v_slots = np.zeros((1, 64, 4))
for length in range(3):
    q, k, v = (slot_rng.normal(size=(1, 4)) for _ in range(3))
    out, k_slots, v_slots = slots_step(q, k, v, k_slots, v_slots, length)
    print(f"token {length}: |out| {np.linalg.norm(out):.3f}; the values themselves have |v| {np.linalg.norm(v):.3f}")

# %% [markdown]
# An empty slot of zeros has score 0, not $-\infty$, so 63 empty slots share nearly all of the weight. Adding $-\infty$ to their scores is half of the cure: a slot that was never written may hold nan, and $0\cdot\text{nan}=\text{nan}$ in the weighted sum.
# FlashAttention 3 had that (issue 1745: nan in the unused part of the value cache came out).


# %%
def slots_mended(q, k, v, k_slots, v_slots, length):
    """decode_step over preallocated slots.

    q, k: (H, d), v: (H, dv): the new token. k_slots: (H, M, d), v_slots: (H, M, dv), of which the
    first `length` slots are filled, a Python int with 0 <= length < M. H, d, dv and M are at
    least 1. Filled slots and the new token hold finite real numbers, whole numbers of any width
    too; the other slots hold anything, nan too. Not changed.
    Returns (out, k_slots, v_slots). The slots are new arrays of the same shapes with the new key
    and value in slot `length`, the others as they were. out (H, dv): attention of the new token
    over the slots 0 to `length`, scores q·k / sqrt(d), as in decode_step. All three are float32
    where the inputs are, else float64.
    ValueError: length < 0 or no slot is free (length >= M), or shapes that do not fit; nothing
    is broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(q, k, v, k_slots, v_slots)
    if k_slots.ndim != 3 or v_slots.ndim != 3 or k_slots.shape[1] != v_slots.shape[1] or not 0 <= length < k_slots.shape[1]:
        raise ValueError(f"no slot {length} in caches of shapes {k_slots.shape} and {v_slots.shape}")
    out, k_filled, v_filled = decode_step(q, k, v, k_slots[:, :length, :], v_slots[:, :length, :])

    def refilled(filled, slots):
        return xp.concat([filled, xp.astype(slots[:, length + 1 :, :], filled.dtype)], axis=1)

    return out, refilled(k_filled, k_slots), refilled(v_filled, v_slots)
    ### END SOLUTION


# %%
check(slots_mended)

# %% [markdown]
# **In PyTorch.** Hugging Face's `StaticCache` is such an array of slots; its attention gets a mask that is False beyond the current length. Slicing to the filled part, as above, is simplest, but gives a new shape at each token, which
# `torch.compile` and CUDA graphs do not like: hence masks there, and values cleared to 0.
#
# ## Hunt 3: predict the bytes   *(easy, 8 min, asked sometimes)*
#
# > *"50 % of the weights are zero, so the file is half as large."* Is it?
#
# The size of one layer of rows x columns weights in four formats, by your own counting. CSR keeps for each nonzero value its column number, and for each row where it starts, plus one end.


# %%
def bytes_predicted(rows, columns, rank, nonzero):
    """The bytes that a layer takes in four formats.

    rows, columns, rank: Python ints >= 1. nonzero: how many of the rows * columns weights are not
    zero, an int >= 0.
    Returns four whole numbers, exact for billions of weights:
    - int8: one byte a weight, and one float32 scale for each row;
    - low rank: two float32 factors, (rows, rank) and (rank, columns);
    - CSR: for each nonzero weight a float32 value and an int32 column number, and an int32 for
      each of rows + 1 row starts;
    - bit mask: one bit for each weight, in whole bytes (rounded up once, for the whole layer), and
      a float32 for each nonzero weight.
    """
    ### BEGIN SOLUTION
    weights = rows * columns
    return weights + 4 * rows, 4 * rank * (rows + columns), 8 * nonzero + 4 * (rows + 1), 4 * nonzero + (weights + 7) // 8
    ### END SOLUTION


# %%
check(bytes_predicted)

# %%
if ready(bytes_predicted):
    dense = 4 * 1024 * 1024
    for sparsity in (0.5, 0.9, 0.99):
        _, _, csr, mask = bytes_predicted(1024, 1024, 64, round((1 - sparsity) * 1024 * 1024))
        print(f"{sparsity:.0%} zeros: CSR {csr / dense:.2f} of the dense float32 size, bit mask {mask / dense:.2f}")
    print(f"int8 {bytes_predicted(1024, 1024, 64, 0)[0] / dense:.2f}, rank 64 {bytes_predicted(1024, 1024, 64, 0)[1] / dense:.2f}")

# %% [markdown]
# At 50 % zeros CSR saves nothing, since every value carries an index of its own size; a bit mask gives 0.53. At 90 % CSR takes 0.20 and the mask 0.13, and int8, which loses almost no accuracy, takes 0.25.

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula | trap |
# |---|---|---|
# | int8, symmetric | $s_i=\max_j\lvert w_{ij}\rvert/127$, $q=\mathrm{round}(w/s)$, error $\le s/2$ | one scale for a tensor with an outlier row; truncation; a zero row |
# | int8 product | $s_x s_i\sum_j q^xq^w$, sum in int32 | scales per input do not factor out; float32 is exact only to $2^{24}$ |
# | pruning | round(sparsity · size) smallest magnitudes | ties; dense kernels gain nothing; CSR at 50 % saves nothing |
# | low rank | $\sum_{i\le r}\sigma_iu_iv_i^\top$, $r(m+n)$ numbers | worth it for $r<mn/(m+n)$; numpy returns $v^\top$ |
# | LoRA | $xw+\frac\alpha r(xa)b$, $b=0$ at the start | both 0: no gradient; $(xa)b$, not $x(ab)$; merge at inference |
# | distillation | $T^2\,\mathrm{mean}_\text{rows}\,\mathrm{KL}(p^t\Vert p^s)$ | KL reversed; T on one side; `reduction="mean"` divides by k too |
# | decode | softmax over T + 1 keys, $1/\sqrt d$ | empty slots have score 0; nan in them; is_causal for one query |
# | cache | 2 · layers · kv heads · head width · bytes a token | query heads counted under GQA |
#
# **Sixty seconds to say.** Compression saves bytes, operations, or both, and only what the bottleneck is made of gives speed. Decode is bound by bytes: 4-bit weights, GQA and a small cache help. Prefill is bound by arithmetic: int8 or
# fp8 products help, weight-only quantisation does not. Quantise per output row, in groups below 8 bits, and look for outliers. Zeros help only in patterns that the hardware skips. A trained matrix is hardly low-rank, its change by
# fine-tuning is: LoRA. A student learns from soft targets, with T² to keep the gradient's size. And "no loss" means a paired interval inside a margin that was fixed in advance.

# %%
status()
