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
#     title: "GPU memory, time and cost (算力与成本)"
#     order: 7
#     minutes: 150
#     topics: [GPU memory, mixed precision, training cost, KV cache]
#     needs: [backprop, gradient_descent]
#     out_of_scope: "writing kernels, network topologies, cluster schedulers"
# ---

# %% [markdown]
# # GPU memory, time and cost (算力与成本)
#
# > *"You have eight cards of 80 GiB. Can you train a 7B model on them? What does it cost?"*
#
# The question needs no GPU, only multiplication, and it separates those who have trained a large model from those who have read about it. What the
# interviewer listens for:
#
# 1. You know **where each byte goes**: weights, gradients, optimizer state, activations, and which of them ZeRO splits.
# 2. You can say **why** fp16 needs a loss scale and bf16 does not, and why mixed precision makes the state no smaller.
# 3. You estimate **days and money** from $6ND$ with the right peak, and **serving** from the KV cache.
#
# You will write seven functions and, in three short hunts, predict what a card holds, fix a training step and correct a published figure. The lesson
# needs `mlp_gradients` and the deep stack of sigmoids from *backprop*, and `accumulate_gradients` from *gradient_descent*.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(online_softmax)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# micro_batch_gradient, online_softmax.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import time
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# Seven billion parameters in 16-bit numbers are 13 GiB, and a card has 80. So it fits? Serving does. Training keeps more than the weights:

# %% tags=["folded"]
parts = {"weights, 2 bytes": 2, "gradients, 2": 2, "master copy, 4": 4, "Adam's two moments, 8": 8}
figure, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
left = 0.0
for (name, size), color in zip(parts.items(), ("#4c78a8", "#f58518", "#e45756", "#72b7b2"), strict=True):
    gib = size * 7e9 / 2**30
    ax.barh("training", gib, left=left, color=color, label=f"{name}: {gib:.1f} GiB")
    left += gib
ax.barh("serving", 2 * 7e9 / 2**30, color="#4c78a8")
ax.axvline(80, color="black", linestyle="--", label="one card of 80 GiB")
ax.set(xlabel="GiB for 7 billion parameters, before a single activation", xlim=(0, 185))
ax.legend(loc="upper right", fontsize=8)
plt.show()
print(f"training state: {left:.1f} GiB = {left * 2**30 / 1e9:.0f} GB")

# %% [markdown]
# The state alone is 104.3 GiB, sixteen bytes a parameter, and the weights that everybody thinks of are one eighth of it. Note the two units: 112 GB
# and 104 GiB are the same number of bytes. A **GB** is $10^9$ bytes, a **GiB** $2^{30}$, 7 % more. Model sizes are quoted in the one, `nvidia-smi`
# counts in the other; say which you mean.
#
# ## 1. `training_state_gib`   *(easy, 5 min, asked often)*
#
# > *"How much memory to train a 7B with AdamW?"*
#
# | bytes a parameter | float32 | mixed precision |
# |---|---|---|
# | weights, gradients | 4 + 4 | 2 + 2 |
# | float32 master copy of the weights | – | 4 |
# | SGD / momentum / AdamW | 0 / 4 / 8 | 0 / 4 / 8 |
#
# This is how the ZeRO paper counts. A framework that keeps the gradients in float32 in mixed precision needs 2 bytes more, 18 for AdamW (117 GiB for a 7B),
# and 20 if it keeps both copies of the gradients. Say which count you use.


# %%
def training_state_gib(n_params, optimizer, mixed_precision):
    """Memory of weights, gradients and optimizer state, in GiB of 2**30 bytes.

    n_params: a whole number >= 1, a Python int or a numpy integer of 32 or 64 bits.
    optimizer: "sgd", "momentum" or "adamw". mixed_precision: a bool.
    Bytes per parameter: float32 has 4 for the weights and 4 for the gradients; mixed precision
    2 and 2, and 4 for a float32 master copy of the weights. On top, in both: "sgd" 0,
    "momentum" 4, "adamw" 8. Activations are not counted.
    Returns a number, with a fraction; no overflow, no warning.
    ValueError: another word for optimizer.
    """
    ### BEGIN SOLUTION
    moments = {"sgd": 0, "momentum": 4, "adamw": 8}
    if optimizer not in moments:
        raise ValueError(f"optimizer must be one of {', '.join(moments)}, not {optimizer!r}")
    weights, gradients, master = (2, 2, 4) if mixed_precision else (4, 4, 0)
    return int(n_params) * (weights + gradients + master + moments[optimizer]) / 2**30
    ### END SOLUTION


# %%
check(training_state_gib)

# %% [markdown]
# **In PyTorch.** `torch.optim.AdamW` makes its two moments at the first `step()`, in the parameters' dtype: after `model.to(bfloat16)` they are
# bfloat16, and there is no master copy. Under `torch.autocast` weights, gradients and moments are all float32, and the 16-bit copies are temporary:
# still 16 bytes.

# %%
if ready(training_state_gib):
    for optimizer in ("sgd", "momentum", "adamw"):
        single, mixed = (training_state_gib(7_000_000_000, optimizer, kind) for kind in (False, True))
        print(f"7B, {optimizer:9} float32 {single:6.1f} GiB   mixed precision {mixed:6.1f} GiB")
    adapters = training_state_gib(20_000_000, "adamw", True)
    print(f"7B frozen in bf16 and 20M trained parameters (LoRA): {2 * 7e9 / 2**30 + adapters:.1f} GiB, of which the adapters' state {adapters:.2f}")

# %% [markdown]
# The two columns are equal: **mixed precision saves no state**. What the 16-bit copies save, the master copy takes. It halves the activations and the
# traffic, and it uses the tensor cores; that is what it is for. What does shrink the state is training fewer parameters: with LoRA it is 13.3 GiB, and
# nearly all of that is the frozen weights. An 8-bit Adam keeps its moments in 1 byte each and saves 6 of the 16.
#
# ## 2. Predict: `zero_predicted`   *(medium, 8 min, asked often)*
#
# > *"What do ZeRO stages 1, 2 and 3 do? What does one of eight cards hold?"*
#
# In plain data parallelism every card holds all 16 bytes, the same on each. **ZeRO** (FSDP is PyTorch's) splits them over the cards:
#
# | stage | split | one of $N$ cards holds, bytes a parameter | communication for each step |
# |---|---|---|---|
# | 0 | nothing | $16$ | gradients reduced and shared: $2\times$ the weights' size |
# | 1 | optimizer state (with the master copy) | $4+12/N$ | the same |
# | 2 | gradients as well | $2+14/N$ | the same |
# | 3 | weights as well | $16/N$ | $3\times$: weights are gathered forward and again backward |
#
# A hunt without a bug: predict, for AdamW in mixed precision, what one card holds.


# %%
def zero_predicted(n_params, n_gpus, stage):
    """What one of n_gpus cards holds of weights, gradients and optimizer state, in GiB of 2**30 bytes.

    n_params, n_gpus: whole numbers >= 1, Python ints or numpy integers of 32 or 64 bits.
    stage: ZeRO's, 0 (nothing is split), 1, 2 or 3. AdamW in mixed precision: 2 bytes of weights,
    2 of gradients, 12 of optimizer state (master copy and two moments) per parameter. What is
    split is divided by n_gpus evenly, fractions of a byte too.
    Returns a number; no overflow, no warning.
    ValueError: another stage.
    """
    ### BEGIN SOLUTION
    if stage not in (0, 1, 2, 3):
        raise ValueError(f"stage must be 0, 1, 2 or 3, not {stage!r}")
    whole = {0: 16, 1: 4, 2: 2, 3: 0}[stage]
    return int(n_params) * (whole + (16 - whole) / int(n_gpus)) / 2**30
    ### END SOLUTION


# %%
check(zero_predicted)

# %% [markdown]
# **In PyTorch.** `fully_shard(module)` is stage 3, with `reshard_after_forward=False` about stage 2; `ZeroRedundancyOptimizer` is stage 1. The even split
# is idealised: stage 3 needs one layer's whole weights at a time on top.

# %%
if ready(zero_predicted):
    n_params, n_gpus = 7_000_000_000, 8
    held = [zero_predicted(n_params, n_gpus, stage) for stage in range(4)]
    figure, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
    bars = ax.barh([f"stage {stage}" for stage in range(4)], held, color=["#e45756", "#f58518", "#72b7b2", "#4c78a8"])
    ax.bar_label(bars, [f"{gib:.1f} GiB, {abs(80 - gib):.1f} {'left' if gib < 80 else 'too many'}" for gib in held], padding=4)
    ax.axvline(80, color="black", linestyle="--")
    ax.invert_yaxis()
    ax.set(xlabel="GiB of state on each of 8 cards, 7B, AdamW; dashed: 80 GiB", xlim=(0, 150))
    plt.show()
    paper = [zero_predicted(7_500_000_000, 64, stage) * 2**30 / 1e9 for stage in range(4)]
    print("the ZeRO paper's example, 7.5B on 64 cards, in GB:", "  ".join(f"{gb:.1f}" for gb in paper))

# %% [markdown]
# So the 7B fits on eight cards from stage 1 on: 35.9 GiB, and 44.1 are left for activations. Stage 2 costs no more communication, so take it; stage 3
# leaves most room and sends half as much again. The last line is the paper's own figure (Rajbhandari et al. 2020: 120, 31.4, 16.6, 1.9 GB), in GB.
#
# **And the activations?** They are what the backward pass needs of the forward pass, and they grow with the tokens in a step. For a standard block in
# 16 bits, with $s$ tokens, batch $b$, width $h$ and $a$ heads, Korthikanti et al. (2022) count $34\,sbh+5\,as^2b$ bytes a layer: the second term is the
# attention scores, which flash attention never stores. With **activation checkpointing** only each layer's input is kept, $2\,sbh$, and the rest is
# computed again in the backward pass, for about a third more compute.


# %%
def activations_gib(tokens, layers=32, width=4096, heads=32, kind="flash"):
    """Activations of one sequence: of all, without stored scores ("flash"), or each layer's input and one layer's rest ("checkpoints")."""
    rest, scores = 34 * tokens * width, 5 * heads * tokens**2
    size = {"all": layers * (rest + scores), "flash": layers * rest, "checkpoints": layers * 2 * tokens * width + rest}[kind]
    return size / 2**30


for tokens in (2048, 4096, 32768):
    print(f"{tokens:6} tokens:", "   ".join(f"{kind} {activations_gib(tokens, kind=kind):7.1f} GiB" for kind in ("all", "flash", "checkpoints")))

# %% [markdown]
# One sequence of 4 096 tokens has 97.0 GiB of activations with the scores, by this count more than the whole state of stage 1, and 17.0 without, for a single
# sequence. That is why nobody answers "how much memory?" without asking for the batch and the length. At 32 768 tokens even flash attention leaves 136
# GiB, and checkpointing brings it to 12.2.
#
# For the state there are two more ways out. **QLoRA** trains adapters on frozen weights of 4 bits, a quarter of the 13 GiB. **Offloading** keeps optimizer state or weights in
# the host's memory, and waits for a link of tens of GB/s where the card's own memory has thousands.

# %% [markdown] question="memory-7b" points=5
# ### Q. "How much memory does it take to train a 7B? And to serve it?"   *(easy, 4 min)*
#
# Answer as you would in the room, with the numbers.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - 16 bytes a parameter for AdamW in mixed precision, 2 + 2 + 4 + 8, so about 104 GiB (112 GB)
# - other counts exist: 18 bytes with float32 gradients; mixed precision itself saves no state
# - activations come on top and depend on batch and length; flash attention and checkpointing reduce them
# - serving: 2 bytes a parameter, 13 GiB, and the KV cache of all sequences
# - what brings it down: ZeRO or FSDP over the cards, LoRA, an 8-bit optimizer
#
# **Red flags** (-1): "14 GB, it is 16-bit"; GB and GiB mixed up; forgets the optimizer.
#
# **A strong answer, said aloud**: For training with AdamW in mixed precision I count sixteen bytes a parameter: two for the weights, two for the
# gradients, four for the float32 master copy and eight for Adam's two moments. Times seven billion that is 112 gigabytes, or 104 gibibytes, so the state
# alone does not fit on one 80 gibibyte card. If the framework keeps gradients in float32, it is 18 bytes. On top come the activations, and for those I
# need the batch and the sequence length: at 4 096 tokens a sequence takes some 17 gibibytes with flash attention, and one or two with checkpointing.
# With ZeRO stage 2 on eight cards each holds about 24 gibibytes of state and has room. If I only adapt the model, LoRA needs the frozen weights, 13
# gibibytes, and little more. Serving needs those 13 as well, plus the KV cache, which grows with every token of every user: half a mebibyte a token for
# a Llama-2-7B.
#
# **A weak candidate says**: Seven billion times two bytes is 14 GB, so it fits on a 24 GB card.
#
# **Follow-ups**:
# - *Does bf16 instead of float32 halve the memory?* Not the state: 2 + 2 + 4 is 4 + 4. It halves the activations.
# - *What does an 8-bit Adam save?* 6 bytes a parameter: the moments take 2 instead of 8.
# - *Why is a batch of 1 not free?* Its tokens each have activations in every layer; the length matters as the batch does.
# === END MARK SCHEME ===

# %% [markdown] question="does-not-fit" points=4
# ### Q. "The model does not fit on your one card. What do you do, in which order?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - find out first what fills the memory: state or activations
# - activations: a smaller micro-batch with accumulation (free but for time), flash attention, checkpointing (a third more compute)
# - state: 8-bit optimizer, LoRA or QLoRA, ZeRO or FSDP over more cards (communication), offloading to the host (slow)
# - each with its price; parallelism inside the model (tensor, pipeline) last, since it changes the code and needs fast links
#
# **Red flags** (-1): "buy a bigger card"; a smaller batch against a state that alone is too large.
#
# **A strong answer, said aloud**: First I look at what fills the card. If it runs out in the forward or backward pass, it is activations, and I take the
# cheap steps first: a smaller micro-batch with gradient accumulation, which gives the same gradient and only costs time; flash attention, so that no
# scores are stored; then activation checkpointing, for about a third more compute. If it runs out at the first optimizer step, it is the state, sixteen
# bytes a parameter, and no batch size helps. Then an 8-bit Adam saves six of them. If I only fine-tune, LoRA keeps optimizer state for the adapters
# alone, and QLoRA also puts the frozen weights into four bits. With several cards I split the state by ZeRO or FSDP, stage 2 first since it sends no
# more than data parallelism. Offloading to the host works when I can wait. Tensor and pipeline parallelism come last: they need fast links and
# change the model's code.
#
# **A weak candidate says**: I reduce the batch size until it fits.
#
# **Follow-ups**:
# - *The batch is 1 and it still fails?* Then it is the state, or a single sequence's activations: checkpoint, shorten, or split the sequence.
# - *What does accumulation change?* Nothing in the gradient if sums are divided once by all tokens; batch norm and dropout's masks differ.
# - *Why is offloading slow?* A link of tens of GB/s stands against a memory of thousands.
# === END MARK SCHEME ===

# %% [markdown] question="parallelism" points=4
# ### Q. "Data, tensor or pipeline parallelism: what is sent, and when do you use which?"   *(hard, 5 min)*
#
# Three ways to use many cards. **Data parallel**: each has the model and its own rows; once a step the gradients are summed over all (an all-reduce,
# which overlaps with the backward pass). **Tensor parallel**: each has a slice of every matrix; the partial results are summed twice in each block,
# forward and backward, so it needs the links inside one machine. **Pipeline parallel**: each has some layers and sends activations to the next; with
# $m$ micro-batches on $p$ stages a fraction $(p-1)/(m+p-1)$ of the time is the bubble, in which stages wait.
# Large runs combine the three, and the speed of the links decides which goes where.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - data parallel: gradients once a step, overlaps with backward; ZeRO or FSDP when the state does not fit
# - tensor parallel: activations summed several times a layer, so only inside a machine with fast links
# - pipeline parallel: activations between stages, little traffic, a bubble of (p-1)/(m+p-1), so many micro-batches
# - combined by the links: tensor inside the machine, pipeline or FSDP across, data parallel outermost
#
# **Red flags** (-1): "tensor parallelism over Ethernet"; takes ZeRO stage 3 for tensor parallelism.
#
# **A strong answer, said aloud**: I ask what is sent and how often. In data parallelism every card has the whole model and its own part of the batch,
# and once a step the gradients are summed; that overlaps with the backward pass, so it scales well as long as the state fits. If it does not, I split
# the state, ZeRO or FSDP, which gathers each layer's weights when they are needed. Tensor parallelism cuts every matrix, so the partial results must be
# summed twice in each block, forward and backward. That is on the critical path, so I keep it inside one machine with fast links. Pipeline
# parallelism gives each card some layers; only activations cross, so slow links do, but with p stages and m micro-batches a fraction p minus one over m
# plus p minus one is idle, so I need many micro-batches. For a large model I combine them: tensor inside the machine, pipeline or FSDP across, data
# parallelism outside.
#
# **A weak candidate says**: Model parallelism is for big models, data parallelism for big data.
#
# **Follow-ups**:
# - *Bubble of 4 stages with 12 micro-batches?* 3/15, one fifth.
# - *Is FSDP model parallel?* No: each card computes whole layers on its own rows; only storage is split.
# - *What limits the data-parallel size?* The global batch: beyond the critical batch size more rows stop helping.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `loss_scale_step`   *(medium, 10 min, asked often)*
#
# > *"Why does fp16 need a loss scale, and bf16 not?"*
#
# | | exponent, fraction bits | smallest > 0 | largest | relative step |
# |---|---|---|---|---|
# | float32 | 8, 23 | 1e-45 (normal: 1e-38) | 3e38 | 1e-7 |
# | **fp16** | 5, 10 | 6e-8 (normal: 6e-5) | 65 504 | 1e-3 |
# | **bf16** | 8, 7 | 9e-41 (normal: 1e-38) | 3e38 | 8e-3 |
#
# bf16 is float32 with the lower half cut off: the same range, five decimal digits fewer. fp16 is more exact, and narrow. (Tensor cores have fp16 since the V100, bf16 since the A100.) Gradients shrink on their way down, and
# what falls below $2^{-25}$ becomes 0 in fp16. So multiply the loss by a large $S$, and by the chain rule all gradients are $S$ times as large; divide by $S$ again,
# **in float32**, before the optimizer sees them. Too large an $S$ overflows to inf: then skip the step and halve $S$.


# %%
def loss_scale_step(grads, scale):
    """Unscale gradients, or say that the step must be skipped.

    grads: list of float16 arrays of any shapes, each with at least one entry: the gradients of
    scale times the loss. scale: a Python number > 0, which float16 may be too narrow for. Not
    changed.
    Returns (grads, skip, new_scale). If all entries of all arrays are finite (65504 is): the
    gradients divided by scale, computed in float32, a list of new float32 arrays of the same
    shapes; False; scale. If any is inf, -inf or nan: skip is True and new_scale is scale / 2;
    what grads then holds is open. skip may be any boolean. No warning.
    ValueError: no gradients.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if not grads:
        raise ValueError("there are no gradients to unscale")
    xp = array_namespace(*grads)
    if not all(bool(xp.all(xp.isfinite(grad))) for grad in grads):
        return [], True, scale / 2
    return [xp.astype(grad, xp.float32) / scale for grad in grads], False, scale
    ### END SOLUTION


# %%
check(loss_scale_step)

# %% [markdown]
# **In PyTorch.** `torch.amp.GradScaler` does this: `scaler.scale(loss).backward()`, `scaler.step(optimizer)`, which unscales and skips, and
# `scaler.update()`. It starts at $2^{16}$, halves on inf or nan, and doubles after 2 000 good steps in a row; ours leaves the doubling to the caller. With
# `dtype=torch.bfloat16` no scaler is needed.
#
# **Real gradients.** The network from *backprop* reads digits: 64-32-10, ReLU, 40 epochs. Beside it the deep stack of sigmoids from the same lesson, twelve
# layers, whose gradient loses three quarters at each layer. What is left of their gradients in 16 bits?


# %%
def fp16(array):
    """Rounded to fp16, as float32."""
    with np.errstate(over="ignore"):
        return np.asarray(array, np.float32).astype(np.float16).astype(np.float32)


def bf16(array):
    """Rounded to bf16, as float32: the lower 16 bits are rounded away, to the even one where it is a tie."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(
    (digits.data / 16).astype(np.float32), digits.target, test_size=0.3, random_state=0, stratify=digits.target
)


def network(seed, hidden=32):
    """He's start for 64-hidden-10: w1, b1, w2, b2."""
    rng = np.random.default_rng(seed)
    shapes = ((64, hidden), (hidden,), (hidden, 10), (10,))
    return [rng.normal(0, np.sqrt(2 / shape[0]) if len(shape) == 2 else 0, shape).astype(np.float32) for shape in shapes]


def gradients(x, y, weights, scale=1.0, rounded=lambda array: array):
    """Gradients of scale times the mean cross-entropy; every array on the way is rounded."""
    w1, b1, w2, b2 = map(rounded, weights)
    z = rounded(x @ w1 + b1)
    hidden = np.maximum(z, 0)
    logits = rounded(hidden @ w2 + b2)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    with np.errstate(over="ignore", invalid="ignore"):
        dz2 = rounded((e / e.sum(axis=1, keepdims=True) - np.eye(10, dtype=np.float32)[y]) * np.float32(scale / len(x)))
        dz1 = rounded(dz2 @ w2.T) * (z > 0)
        return [rounded(array) for array in (x.T @ dz1, dz1.sum(axis=0), hidden.T @ dz2, dz2.sum(axis=0))]


def fit(seed, epochs=40, rate=0.2, batch=32, rounded=lambda array: array):
    """Plain mini-batch descent: the weights."""
    weights, rng = network(seed), np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(train_x))
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            steps = gradients(train_x[rows], train_y[rows], weights, rounded=rounded)
            weights = [w - np.float32(rate) * g for w, g in zip(weights, steps, strict=True)]
    return weights


def deep_gradients(scale=1.0, rounded=lambda array: array, depth=12):
    """dw of each layer of a deep stack of sigmoids, for a random gradient at its top; what comes back is rounded at each layer."""
    rng = np.random.default_rng(0)
    x, kept = train_x - train_x.mean(axis=0), []
    for _ in range(depth):
        w = rng.normal(0, np.sqrt(1 / 64), (64, 64)).astype(np.float32)
        out = 1 / (1 + np.exp(-(x @ w)))
        kept.append((x, w, out))
        x = out
    back, found = rounded(rng.normal(size=x.shape).astype(np.float32) * np.float32(scale / len(x))), []
    for x, w, out in reversed(kept):
        back = rounded(back * out * (1 - out))
        found.append(rounded(x.T @ back))
        back = rounded(back @ w.T)
    return found[::-1]


begin = time.perf_counter()
fitted = fit(0)
print(f"trained in {time.perf_counter() - begin:.1f} s")
shallow = np.abs(np.concatenate([g.ravel() for g in gradients(train_x, train_y, fitted)]))
shallow = shallow[shallow > 0]
exact = deep_gradients()
figure, (ax, right) = plt.subplots(1, 2, figsize=(8.5, 3.2), layout="constrained")
bins = np.arange(-50, 18)
ax.hist(np.log2(shallow), bins, color="#4c78a8", alpha=0.8, label="digits network, trained")
lower = np.abs(np.concatenate([g.ravel() for g in exact[:6]]))
ax.hist(np.log2(lower[lower > 0]), bins, color="#e45756", alpha=0.6, label="deep stack, layers 1-6")
ax.axvspan(-50, -25, color="black", alpha=0.12, label="0 in fp16")
ax.axvspan(-25, -14, color="black", alpha=0.05, label="subnormal: digits are lost")
ax.axvline(16, color="black", linestyle="--", label="inf in fp16")
ax.set(xlabel="log2 of the gradient's size", ylabel="entries", ylim=(0, 3300))
ax.legend(fontsize=7)
layers = np.arange(1, len(exact) + 1)
for name, rounded, scale, style in (("fp16", fp16, 1, "o-"), ("fp16, scale 65 536", fp16, 2**16, "s-"), ("bf16, no scale", bf16, 1, "^--")):
    lost = [np.mean((there == 0) & (true != 0)) for there, true in zip(deep_gradients(scale, rounded), exact, strict=True)]
    right.plot(layers, lost, style, label=name)
    print(f"{name:18} lost in layer 1: {lost[0]:.0%}, layer 4: {lost[3]:.0%}, layer 8: {lost[7]:.0%}")
right.set(xlabel="layer of the deep stack (12 is next to the loss)", ylabel="gradients that became 0", ylim=(-0.04, 1.04))
right.legend(fontsize=8)
plt.show()
lost, small = np.mean(fp16(shallow) == 0), np.mean(shallow < 2.0**-14)
print(f"digits network: {lost:.1%} of the gradient is 0 in fp16, {small:.0%} is subnormal; in bf16 {np.mean(bf16(shallow) == 0):.1%} is 0")
for name, rounded in (("float32", lambda array: array), ("fp16, no scale", fp16), ("bf16, no scale", bf16)):
    tests = []
    for seed in range(3):
        w1, b1, w2, b2 = fit(seed, rounded=rounded)
        tests.append(np.mean(np.argmax(np.maximum(test_x @ w1 + b1, 0) @ w2 + b2, axis=1) == test_y))
    print(f"test accuracy, {name:14} {np.mean(tests):.3f} ± {np.std(tests):.3f}")

# %% [markdown]
# In the deep stack fp16 loses what training needs: 94 % of the gradient of layer 1 and all of layer 4's are 0, while layer 8 loses nothing. A scale of $2^{16}$ brings the loss in
# layer 1 down to 2 %, and bf16 loses nothing without any. Now the inconvenient half: the digits network does not care. 1.6 % of its gradient is 0 in fp16, a
# quarter is subnormal, and over three seeds all formats read 0.977 of the test digits. The scale is for deep networks; a test on a small one shows nothing.
#
# **Your function at work.** Training in fp16 with a scale that begins far too large, at $2^{30}$, and is doubled after 100 good steps (GradScaler waits for 2 000):

# %%
if ready(loss_scale_step):
    weights, rng, scale, good, history, skipped = network(0), np.random.default_rng(0), 2.0**30, 0, [], []
    for step in range(1600):
        rows = rng.integers(0, len(train_x), 32)
        half = [g.astype(np.float16) for g in gradients(train_x[rows], train_y[rows], weights, scale, fp16)]
        history.append(scale)
        unscaled, skip, scale = loss_scale_step(half, scale)
        if skip:
            skipped.append(step)
            good = 0
            continue
        weights = [w - np.float32(0.2) * g for w, g in zip(weights, unscaled, strict=True)]
        good += 1
        if good == 100:
            scale, good = 2 * scale, 0
    figure, ax = plt.subplots(figsize=(7.5, 2.6), layout="constrained")
    ax.step(range(len(history)), np.log2(history), where="post", label="log2 of the scale")
    ax.plot(skipped, np.log2(history)[skipped], "x", color="#e45756", label=f"{len(skipped)} skipped steps")
    ax.set(xlabel="step", ylabel="log2 of the scale")
    ax.legend()
    plt.show()
    w1, b1, w2, b2 = weights
    print(f"skipped at the start: {sum(step < 20 for step in skipped)}; test accuracy", end=" ")
    print(f"{np.mean(np.argmax(np.maximum(test_x @ w1 + b1, 0) @ w2 + b2, axis=1) == test_y):.3f}")

# %% [markdown]
# Twelve of the first twenty steps are skipped, until $2^{30}$ has become $2^{18}$. After that the scale climbs as long as it may and is halved when it climbed too far: it finds the largest
# that fits, and follows when the gradients shrink. A skipped step costs one batch. The accuracy, 0.974, is that of float32.
#
# **And the master copy?** A step is `w - lr·g`. If `lr·g` is less than half the distance between two neighbours of `w`'s format, the sum rounds back to `w`.

# %%
steps = [np.float32(0.2) * g for g in gradients(train_x, train_y, fitted)]
for name, rounded in (("float32", lambda array: array), ("fp16", fp16), ("bf16", bf16)):
    moved = np.concatenate([(rounded(rounded(w) - s) != rounded(w))[s != 0] for w, s in zip(fitted, steps, strict=True)])
    print(f"weights kept in {name:8}: a step of the trained network changes {np.mean(moved):.1%} of those that it should")
ones = np.float16(0)
for _ in range(5000):
    ones = ones + np.float16(1)
print(f"5000 ones added up in fp16: {ones:g}")

# %% [markdown]
# Nearly all updates arrive in float32, half of them in fp16, and one in eight in bf16: the gradient was there, and the weight did not move. That is what the master copy is for, and it is bf16,
# the format with the range, that needs it most. Sums have the same trouble: 5 000 ones end at 2 048 in fp16, since 2 049 is no fp16 number and rounds back. So sums
# are kept in float32 too.

# %% [markdown] question="fp16-bf16" points=4
# ### Q. "fp16 or bf16? Why does one need a loss scale?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - fp16 has 5 exponent bits (6e-8 to 65 504), bf16 8 like float32: small gradients are 0 in fp16 and not in bf16
# - scale the loss, unscale in float32 before clipping and the step; on inf or nan skip and halve, after many good steps double
# - bf16 has fewer digits (7 fraction bits): small updates vanish, hence the float32 master copy and float32 sums in both formats
# - so bf16 where the hardware has it (since A100), fp16 with a scaler on older cards and often for serving
#
# **Red flags** (-1): "bf16 is more precise"; clips before unscaling; believes that scaling is against overflow.
#
# **A strong answer, said aloud**: Both have sixteen bits and spend them differently. fp16 has five bits of exponent, so everything below about three times
# ten to the minus eight becomes zero and everything above 65 504 becomes infinite. bf16 has eight, the range of float32, and only seven bits of fraction.
# Gradients of deep networks are small, so in fp16 many would be zero. Therefore one multiplies the loss by, say, two to the sixteenth, which by the
# chain rule moves all gradients into range, and divides them again in float32 before clipping and before the optimizer. If anything became inf or nan,
# the step is skipped and the scale halved; after two thousand good steps it is doubled. bf16 needs none of that. What it lacks is digits: a small update
# to a large weight is rounded away, so weights keep a float32 master copy and long sums are done in float32. I use bf16 where the hardware has it.
#
# **A weak candidate says**: bf16 is newer and better, so I always use it; the loss scale is for exploding gradients.
#
# **Follow-ups**:
# - *The scale falls to 1 and the loss is nan. What is wrong?* Not the format: a real inf or nan, say a log of 0 or a bad batch.
# - *Does clipping work on scaled gradients?* No: the norm is scale times too large, so everything is clipped.
# - *fp8?* Even fewer bits, so each tensor has a scale of its own, and sums stay in higher precision.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. Hunt in a training step: `scaled_step_mended`   *(medium, 12 min, asked sometimes)*
#
# This training step runs, the loss falls, slowly, and nobody sees an error. It is the classic slip with a loss scale:


# %%
def published_step(weights, grads, scale, lr, max_norm):
    """One clipped step in mixed precision, as it is often written. Wrong: the weights hardly move."""
    norm = np.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads))
    grads = [g * min(1.0, max_norm / norm) for g in grads]
    grads, skip, scale = loss_scale_step([g.astype(np.float16) for g in grads], scale)
    if skip:
        return weights, scale
    return [w - np.float32(lr) * g for w, g in zip(weights, grads, strict=True)], scale


if ready(loss_scale_step):
    half = [g.astype(np.float16) for g in gradients(train_x[:32], train_y[:32], network(0), 1024.0, fp16)]
    moved, _ = published_step(network(0), half, 1024.0, 0.2, 1.0)
    length = np.sqrt(sum(np.sum((w - v) ** 2) for w, v in zip(moved, network(0), strict=True)))
    true = np.sqrt(sum(np.sum((g.astype(np.float64) / 1024) ** 2) for g in half))
    print(f"the gradient's norm is {true:.3f}, the step's length {length:.6f}; clipped to 1 it should be {0.2 * min(1.0, true):.3f}")

# %% [markdown]
# Find what is wrong with it, and with what it does where a step is skipped and where all gradients are 0. Then write it as it should be.


# %%
def scaled_step_mended(weights, grads, scale, lr, max_norm):
    """One step of clipped gradient descent on float32 master weights, from scaled float16 gradients.

    weights: list of float32 arrays. grads: list of float16 arrays of the same shapes in the same
    order, the gradients of scale times the loss. scale, lr, max_norm: Python numbers > 0. Not
    changed.
    If any entry is inf or nan: the weights stay, and the new scale is scale / 2. Otherwise the
    gradients are divided by scale in float32; if their global norm (over all arrays together)
    is above max_norm, all are multiplied by max_norm / norm; then w - lr * g, and the scale
    stays.
    Returns (new_weights, new_scale): a list of new float32 arrays, also where the step is
    skipped, and a number. Checked to a relative 1e-5 (absolute 1e-6). No warning, all gradients 0
    included.
    ValueError: no arrays, lists of different lengths, or a gradient whose shape is not that of
    its weights.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    if len(weights) != len(grads) or any(w.shape != g.shape for w, g in zip(weights, grads, strict=True)):
        raise ValueError("every array of weights needs a gradient of its shape")
    unscaled, skip, new_scale = loss_scale_step(grads, scale)
    if skip:
        return [w + 0.0 for w in weights], new_scale
    xp = array_namespace(*weights)
    norm = math.sqrt(sum(float(xp.sum(g * g)) for g in unscaled))
    factor = lr * (max_norm / norm if norm > max_norm else 1.0)
    return [w - factor * g for w, g in zip(weights, unscaled, strict=True)], new_scale
    ### END SOLUTION


# %%
check(scaled_step_mended)

# %% [markdown]
# **In PyTorch.** Call `scaler.unscale_(optimizer)` before `torch.nn.utils.clip_grad_norm_`, then `scaler.step(optimizer)`. `clip_grad_norm_` divides by
# `norm + 1e-6`, so it shortens a little more than ours.

# %%
if ready(scaled_step_mended, loss_scale_step):
    for name, take in (("as published", published_step), ("mended", scaled_step_mended)):
        tests = []
        for seed in range(3):
            weights, scale, rng = network(seed), 2.0**12, np.random.default_rng(seed)
            for _ in range(600):
                rows = rng.integers(0, len(train_x), 32)
                half = [g.astype(np.float16) for g in gradients(train_x[rows], train_y[rows], weights, scale, fp16)]
                weights, scale = take(weights, half, scale, 0.2, 1.0)
            w1, b1, w2, b2 = weights
            tests.append(np.mean(np.argmax(np.maximum(test_x @ w1 + b1, 0) @ w2 + b2, axis=1) == test_y))
        print(f"600 steps {name:13} test accuracy {np.mean(tests):.3f} ± {np.std(tests):.3f}")

# %% [markdown]
# As published the network has learnt nothing after 600 steps, 0.109, as good as guessing; fixed, 0.964. Scaled gradients are 4 096 times as long as they should be, so a limit of 1 cuts every step
# to 1/4096. No error, no nan, and a loss that falls a little: only the length of the steps would have told.
#
# ## 5. `micro_batch_gradient`   *(easy, 6 min, asked often)*
#
# > *"A batch of 1 000 does not fit. What do you do?"*
#
# Activations grow with the rows that are in flight; the gradient does not. So send the rows through a few at a time, add up the **sums**, and divide once by
# $n$. Averaging means is wrong as soon as the last micro-batch is short.


# %%
def micro_batch_gradient(grad_sum, x, y, micro_size):
    """The mean gradient over all rows, computed from micro-batches.

    grad_sum(x, y): a function that returns the gradient summed over the rows it is given, an
    array of any shape. x: (n, ...) and y: (n, ...), of any dtype and any number of axes. Not
    changed. micro_size: a whole number >= 1; it may be larger than n, and need not divide it.
    grad_sum is given consecutive rows of x and the same rows of y, as they are (no other dtype or
    shape), at most micro_size of them at a time; each row once.
    Returns the sum over all rows divided by n, an array like grad_sum's.
    ValueError: no rows, or x and y of different numbers of rows; before grad_sum is called.
    """
    ### BEGIN SOLUTION
    n = x.shape[0]
    if n == 0 or y.shape[0] != n:
        raise ValueError(f"need as many rows of x as of y, and at least one, not {x.shape} and {y.shape}")
    total = 0.0
    for first in range(0, n, micro_size):
        rows = slice(first, min(first + micro_size, n))
        total = total + grad_sum(x[rows, ...], y[rows, ...])
    return total / n
    ### END SOLUTION


# %%
check(micro_batch_gradient)

# %% [markdown]
# **In PyTorch.** `loss.backward()` adds to `.grad`, so accumulation is calling it several times before `optimizer.step()`. The mean is yours to get right:
# `F.cross_entropy(..., reduction="sum")` divided by the total, not `loss / accumulation_steps` on means over unequal token counts.
#
# **Measured.** The same gradient of a 64-512-10 network over all training digits, by micro-batches of different sizes, with the peak of the memory that
# Python allocated meanwhile:

# %% tags=["instructor"]
micro_batch_gradient = backend.runs(micro_batch_gradient)

# %%
if ready(micro_batch_gradient):
    wide = network(0, hidden=512)

    def summed(x, y):
        """The summed gradient of the wide network as one long vector."""
        return np.concatenate([g.ravel() for g in gradients(x, y, wide, scale=len(x))])

    whole, rows_used = summed(train_x, train_y) / len(train_x), []
    for size in (1257, 512, 128, 32, 8):
        tracemalloc.start()
        begin = time.perf_counter()
        gradient = np.asarray(micro_batch_gradient(summed, train_x, train_y, size))
        spent, (_, peak) = time.perf_counter() - begin, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        error = np.max(np.abs(gradient - whole)) / np.max(np.abs(whole))
        print(f"{size:5} rows at a time: peak {peak / 2**20:5.1f} MiB, {1000 * spent:4.0f} ms, largest difference {error:.0e} of the largest entry")

# %% [markdown]
# The same gradient, but for the rounding of float32, from 8.2 MiB down to 0.4. What is left at the end is the gradient itself, which no micro-batch makes smaller. 128 rows at a time cost no
# time, 8 at a time several times as much: take the largest micro-batch that fits, not the smallest that runs.
#
# ## 6. `online_softmax`   *(hard, 15 min, asked often)*
#
# > *"Softmax in one pass, without seeing the whole row. Why does flash attention need it?"*
#
# A stable softmax needs the row's maximum, and the maximum needs the whole row. The way out: keep a running maximum $m$ and the sum $\ell$ of exponentials
# relative to it. When a block with a larger maximum comes, the old sum is brought to the new one by a factor:
#
# $$m'=\max(m,\max_j x_j),\qquad \ell'=\ell\,e^{m-m'}+\sum_j e^{x_j-m'},\qquad\text{then } p_j=e^{x_j-m}/\ell$$
#
# For attention the same factor corrects the output so far, $o'=o\,e^{m-m'}+\sum_j e^{x_j-m'}v_j$, so the row of scores is never kept: that is flash attention.
# Mind a block that is all $-\infty$ (masked): $-\infty-(-\infty)$ is nan.


# %%
def online_softmax(x, block):
    """The softmax of each row, with a running maximum and sum over blocks of columns.

    x: (n, m) real numbers of any dtype; -inf is allowed, whole blocks of it too, the first among
    them, as long as each row has a finite entry; no +inf, no nan. Not changed.
    block: a whole number >= 1, the columns that are looked at together; it may be larger than m
    and need not divide it. Only results are checked, not how you get them.
    Returns (n, m), a new array: each row adds up to 1, no entry is negative, and -inf gives 0.
    float32 stays float32; whole numbers of any type (uint8 and int8 up to their bounds) and
    bools are computed in float64. Right at ±1000 and for rows far apart. No warning.
    ValueError: x is empty or has not two axes.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"need a matrix with entries, not {x.shape}")
    if not xp.isdtype(x.dtype, "real floating"):
        x = xp.astype(x, xp.float64)
    largest = xp.full((x.shape[0], 1), -float("inf"), dtype=x.dtype, device=device(x))
    total = xp.zeros((x.shape[0], 1), dtype=x.dtype, device=device(x))
    for first in range(0, x.shape[1], block):
        part = x[:, first : min(first + block, x.shape[1])]
        new = xp.maximum(largest, xp.max(part, axis=1, keepdims=True))
        shift = xp.where(new == -float("inf"), 0.0, new)  # nothing but -inf so far: any finite number does
        total = total * xp.exp(largest - shift) + xp.sum(xp.exp(part - shift), axis=1, keepdims=True)
        largest = new
    return xp.exp(x - largest) / total
    ### END SOLUTION


# %%
check(online_softmax)

# %% [markdown]
# **In PyTorch and SciPy.** `torch.softmax(x, dim=1)` and `scipy.special.softmax(x, axis=1)` look at the whole row; a row that is all -inf is nan in both.
# `F.scaled_dot_product_attention` picks a flash kernel where it can.
#
# **Measured: what it saves.** Attention of $T$ queries over $T$ keys, once by your softmax on the whole $T\times T$ matrix of scores, once tile by tile, with
# your recurrence and the output carried along. The same numbers come out; the peak of memory does not.

# %% tags=["instructor"]
online_softmax = backend.runs(online_softmax)


# %%
def tiled_attention(q, k, v, block=64):
    """Attention without the matrix of scores: the recurrence above, with the output carried along."""
    out = np.empty_like(v)
    for top in range(0, len(q), block):
        rows = q[top : top + block] / np.float32(np.sqrt(q.shape[1]))
        largest, total, part = (
            np.full((len(rows), 1), -np.inf, q.dtype),
            np.zeros((len(rows), 1), q.dtype),
            np.zeros((len(rows), v.shape[1]), q.dtype),
        )
        for first in range(0, len(k), block):
            scores = rows @ k[first : first + block].T
            new = np.maximum(largest, scores.max(axis=1, keepdims=True))
            old, e = np.exp(largest - new), np.exp(scores - new)
            total, part, largest = total * old + e.sum(axis=1, keepdims=True), part * old + e @ v[first : first + block], new
        out[top : top + block] = part / total
    return out


def plain_attention(q, k, v):
    """Attention by way of the whole matrix of scores, with your softmax."""
    return np.asarray(online_softmax(q @ k.T / np.float32(np.sqrt(q.shape[1])), 64)) @ v


def peak_mib(function, *args):
    """The result, and the most memory that was allocated on the way."""
    tracemalloc.start()
    result = function(*args)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return result, peak / 2**20


if ready(online_softmax):
    lengths, peaks = (256, 512, 1024, 2048), {"scores": [], "tiled": []}
    for length in lengths:
        q, k, v = np.random.default_rng(0).normal(size=(3, length, 64)).astype(np.float32)
        plain, scores = peak_mib(plain_attention, q, k, v)
        tiled, small = peak_mib(tiled_attention, q, k, v)
        peaks["scores"].append(scores)
        peaks["tiled"].append(small)
        print(f"T = {length:4}: {scores:6.1f} MiB with all scores, {small:4.2f} MiB in tiles; largest difference {np.max(np.abs(plain - tiled)):.0e}")
    figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    ax.loglog(lengths, peaks["scores"], "o-", label="all scores: four times for twice the length")
    ax.loglog(lengths, peaks["tiled"], "s-", label="tiles of 64: less than twice")
    ax.set(xlabel="tokens", ylabel="peak memory, MiB", xticks=lengths, xticklabels=lengths)
    ax.minorticks_off()
    ax.legend()
    plt.show()

# %% [markdown]
# From 256 to 2 048 tokens the scores grow from 0.8 to 48.1 MiB, four times with each doubling; the tiles from 0.17 to 0.61, and the results agree to seven digits. The number of
# multiplications is the same. Flash attention is **exact**, and saves memory and the traffic to it, not FLOP; its backward pass even computes the scores a second time.
#
# ## 7. `training_days`   *(easy, 5 min, asked often)*
#
# > *"How long does it take to train a 7B on 2 trillion tokens?"*
#
# Each parameter takes part in one multiplication and one addition for each token forward, and in twice as many backward (for the gradient of the weights and of
# the inputs): $6ND$ FLOP. $N$ are the **active** parameters: in a mixture of experts those that one token uses. Divide by what the cards do:
#
# $$\text{days}=\frac{6\,N\,D}{\text{cards}\cdot\text{peak}\cdot\text{MFU}\cdot 86\,400\,\text{s}}$$
#
# **MFU**, model FLOP utilisation, is the fraction of the peak that went into $6ND$; 0.35 to 0.5 is good for a large run. It is measured, not
# looked up. **HFU** also counts what was recomputed, $8ND$ with full checkpointing, so it is higher and tells less. The peak is the **dense** one: data sheets print the
# number with 2:4 sparsity first, twice as high, 1 979 TFLOP/s for an H100 in bf16, where dense matrices reach 989.


# %%
def training_days(n_params, n_tokens, n_gpus, peak_tflops, mfu):
    """Days of training by 6 * n_params * n_tokens floating-point operations.

    n_params (the active ones), n_tokens, n_gpus: whole numbers >= 1, Python ints or numpy
    integers of 32 or 64 bits; their product may have more than 64 bits. peak_tflops: the dense
    peak of one GPU in 1e12 FLOP a second. mfu: the fraction of it that is reached, in (0, 1].
    Returns days of 86 400 seconds, a number with its fraction; no overflow, no warning.
    """
    ### BEGIN SOLUTION
    flop = 6 * int(n_params) * int(n_tokens)
    return flop / (int(n_gpus) * float(peak_tflops) * 1e12 * float(mfu)) / 86_400
    ### END SOLUTION


# %%
check(training_days)

# %% [markdown]
# **In practice.** Trainers log tokens a second; `torch.utils.flop_counter.FlopCounterMode` counts a model's FLOP, attention included, which $6ND$ leaves out. How much is that?

# %%
if ready(training_days):
    for length in (4096, 32768):
        share = 12 * 32 * 4096 * length / (6 * 6.74e9)
        print(f"attention's FLOP at {length} tokens, beside 6N of a Llama-2-7B: {share:.0%}")
    flop = 6 * 70e9 * 1.4e12
    print(f"70B on 1.4T tokens: {flop:.1e} FLOP, on 1 024 H100 at 40 % {training_days(70_000_000_000, 1_400_000_000_000, 1024, 989.4, 0.4):.1f} days")
    for n_gpus in (8, 64, 512):
        print(f"7B on 2T tokens, {n_gpus:3} H100 at 40 %: {training_days(7_000_000_000, 2_000_000_000_000, n_gpus, 989.4, 0.4):6.1f} days")
    wrong = training_days(7_000_000_000, 2_000_000_000_000, 8, 1979, 0.4)
    print(f"the same on 8 cards, by the data sheet's sparse peak: {wrong:.1f} days, a promise that nobody keeps")
    print(
        f"Chinchilla's 20 tokens a parameter for a 7B: {20 * 7e9 / 1e9:.0f}B tokens, {training_days(7_000_000_000, 140_000_000_000, 8, 989.4, 0.4):.1f} days on 8 cards"
    )

# %% [markdown]
# On eight cards the 7B that fits takes 307 days: **fitting is not finishing**. A reader of the data sheet promises 153.5. Chinchilla's count, 20 tokens a parameter, is best for the loss at a given
# training budget; models that are served a lot are trained on far more, since a small model is cheaper for the rest of its life. And $6ND$ leaves attention out: 16 % more at 4 096 tokens, 127 %
# at 32 768.
#
# ## 8. `cheapest_config`   *(easy, 6 min, asked sometimes)*
#
# > *"The model must be there in thirty days. Which cluster do you rent?"*
#
# The bill is hours · cards · price. If twice the cards took exactly half the time, the bill would be the same for any number of them. In fact the MFU falls as
# communication grows, so the cheapest is the smallest cluster that meets the deadline, unless large ones get a discount.


# %%
def cheapest_config(configs, deadline_hours):
    """The name of the cheapest configuration that is done in time.

    configs: list of dicts with "name" (a string), "hours", "gpus" and "price_per_gpu_hour"
    (positive numbers; hours may be a fraction). deadline_hours: a number. Not changed, nor
    reordered.
    Of those with hours <= deadline_hours, the one of the lowest cost, hours * gpus *
    price_per_gpu_hour. Equal costs: the one of fewer hours; equal hours too: the first listed.
    Only ties that are exact in floating point are checked.
    Returns its name; None when none is in time, or none is given.
    """
    ### BEGIN SOLUTION
    in_time = [each for each in configs if each["hours"] <= deadline_hours]

    def rank(each):
        return each["hours"] * each["gpus"] * each["price_per_gpu_hour"], each["hours"]

    return min(in_time, key=rank)["name"] if in_time else None  # min keeps the first of equals
    ### END SOLUTION


# %%
check(cheapest_config)

# %% [markdown]
# **In practice.** The price list is the easy half. Add failures and restarts (a run on a thousand cards is interrupted every few days), evaluation, storage, and the runs
# that come to nothing; spot prices are lower if your checkpoints are good.
#
# A 7B on 2T tokens at an assumed price of 2.50 $ a card and hour, with an MFU that falls from 0.45 on 8 cards to 0.30 on 1 024 (assumed too: measure yours):


# %%
def clusters(price=2.5):
    """The same training run on clusters of different sizes."""
    listed = []
    for n_gpus, mfu in ((8, 0.45), (16, 0.44), (32, 0.43), (64, 0.42), (128, 0.40), (256, 0.38), (512, 0.35), (1024, 0.30)):
        hours = 24 * training_days(7_000_000_000, 2_000_000_000_000, n_gpus, 989.4, mfu)
        listed.append({"name": f"{n_gpus} cards", "hours": hours, "gpus": n_gpus, "price_per_gpu_hour": price})
    return listed


if ready(training_days, cheapest_config):
    listed = clusters()
    days = [each["hours"] / 24 for each in listed]
    bills = [each["hours"] * each["gpus"] * each["price_per_gpu_hour"] / 1000 for each in listed]
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.plot(days, bills, "o-")
    for each, x, y in zip(listed, days, bills, strict=True):
        ax.annotate(each["name"], (x, y), xytext=(5, 5), textcoords="offset points", fontsize=8)
    ax.set(xscale="log", xlabel="days (log scale)", ylabel="cost, 1000 $", title="what a deadline costs", ylim=(min(bills) - 6, max(bills) + 10))
    for deadline, color in ((365, "#72b7b2"), (30, "#f58518"), (5, "#e45756")):
        best = cheapest_config(listed, 24 * deadline)
        bill = next(y for each, y in zip(listed, bills, strict=True) if each["name"] == best)
        ax.axvline(deadline, color=color, linestyle="--", label=f"{deadline} days: {best}")
        print(f"deadline {deadline:3} days: {best:10} {bill:.1f} thousand $")
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# With a year's time it is 8 cards and 131 thousand dollars; for a month 128 cards and 147; for five days all 1 024 and 196.5, half as much again. Under these assumptions the falling MFU is the whole price of
# haste.

# %% [markdown] question="how-long" points=4
# ### Q. "How long does a 70B train on 1.4 trillion tokens, and what does it cost?"   *(medium, 5 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - 6ND: 2 forward and 4 backward, N active parameters; here 5.9e23 FLOP
# - the dense peak, 989 TFLOP/s for an H100 in bf16, not the data sheet's 1 979 with sparsity
# - MFU of 0.35 to 0.5, measured; not HFU, which counts recomputation
# - the result (17 days on 1 024 H100 at 40 %, 420 000 card hours, times the price) and what it leaves out: attention at long context, failures, evaluation, failed runs
#
# **Red flags** (-1): the sparse peak; an MFU of 1; no unit.
#
# **A strong answer, said aloud**: I start from six times parameters times tokens: two operations a parameter and token forward, four backward. Six times 70
# billion times 1.4 trillion is 5.9 times ten to the 23. An H100 has a dense bf16 peak of 989 teraflops; the 1 979 on the data sheet is for sparse matrices.
# At an MFU of 40 percent that is about 400 teraflops a card, so 1 024 cards do four times ten to the 17 a second, and the run takes one and a half
# million seconds, 17 days. That is some 420 000 card hours; at 2.50 dollars about a million. I would check the MFU on a short run, since everything
# hangs on it, and not confuse it with HFU, which counts recomputation as well. Then I add what the formula leaves out: attention, 16 percent at 4k for a
# 7B and less for a wider model, restarts, evaluation, and the runs before the one that works. As a sanity check I compare with published runs.
#
# **A weak candidate says**: With 1 979 teraflops a card it is done in three or four days.
#
# **Follow-ups**:
# - *Is 1.4T tokens the right number?* 20 a parameter is compute-optimal by Chinchilla; if it is served a lot, a smaller model on more tokens is cheaper.
# - *MFU against HFU?* With full checkpointing the hardware does 8ND, so HFU is a third higher for the same speed.
# - *A mixture of experts of 671B with 37B active?* N is 37B for the time, 671B for the memory.
# === END MARK SCHEME ===

# %% [markdown]
# ## 9. `kv_cache_bytes`   *(easy, 5 min, asked often)*
#
# > *"How large is the KV cache of a Llama-2-70B? How many users fit on a card?"*
#
# Generating a token needs the keys and values of all tokens before it, in every layer. They are kept: two vectors of `kv_heads · head_dim` numbers for each
# token and layer. **Key heads, not query heads**: with grouped-query attention several query heads share one.


# %%
def kv_cache_bytes(layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
    """Bytes of the keys and values that decoding keeps.

    All six are whole numbers >= 1, Python ints or numpy integers of 32 or 64 bits: layers, key
    (and value) heads of a layer, width of a head, tokens of a sequence, sequences, bytes of a
    number. Keys and values both count.
    Returns a whole number, of an integer type; no overflow (the result may have more than 32
    bits), no warning.
    """
    ### BEGIN SOLUTION
    size = 2  # a key and a value
    for factor in (layers, kv_heads, head_dim, seq_len, batch, bytes_per_value):
        size *= int(factor)
    return size
    ### END SOLUTION


# %%
check(kv_cache_bytes)

# %% [markdown]
# **In PyTorch.** Hugging Face's `DynamicCache` holds exactly these tensors, `(batch, kv_heads, tokens, head_dim)` for each layer. vLLM allots the same bytes in
# pages of 16 tokens, so that a sequence takes what it uses and not what it might.

# %%
MODELS = {  # layers, query heads, key heads, head width, billions of parameters
    "Llama-2-7B": (32, 32, 32, 128, 6.74),
    "Llama-3-8B": (32, 32, 8, 128, 8.03),
    "Llama-2-70B": (80, 64, 8, 128, 69.0),
}
if ready(kv_cache_bytes):
    for name, (layers, queries, heads, width, _) in MODELS.items():
        token, full = (kv_cache_bytes(layers, each, width, 1, 1, 2) / 1024 for each in (heads, queries))
        print(f"{name:12} {token:5.0f} KiB a token, {token * 4096 / 2**20:5.2f} GiB at 4 096 tokens; with a key for every query head {full:.0f} KiB")
    latent = kv_cache_bytes(61, 1, 576, 1, 1, 2) // 2  # one latent vector of 512 + 64 values instead of key and value
    full = kv_cache_bytes(61, 128, 128, 1, 1, 2)
    print(f"DeepSeek-V3 (MLA): {latent / 1024:.1f} KiB a token, instead of {full / 1024:.0f} for 128 heads: {full / latent:.0f} times less")
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    users = np.arange(1, 161)
    for name, color in (("Llama-2-7B", "#e45756"), ("Llama-3-8B", "#4c78a8")):
        layers, _, heads, width, billions = MODELS[name]
        weights = 2e9 * billions / 2**30
        for tokens, style in ((4096, "-"), (32768, "--")):
            used = weights + np.array([kv_cache_bytes(layers, heads, width, tokens, int(one), 2) for one in users]) / 2**30
            fit_in = int(np.sum(used <= 80))
            ax.plot(users, used, style, color=color, label=f"{name}, {tokens} tokens: {fit_in} fit")
            print(f"{name}: weights {weights:.1f} GiB; of sequences of {tokens} tokens {fit_in} fit beside them")
    ax.axhline(80, color="black", linestyle=":", label="80 GiB")
    ax.set(xlabel="sequences at a time", ylabel="GiB: weights and cache", ylim=(0, 160))
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# Grouped queries make the cache of Llama-3-8B a quarter of Llama-2-7B's, so 130 sequences of 4 096 tokens fit beside the weights instead of 33; at 32 768 tokens 16 instead of 4. The larger
# Llama-2-70B needs less a token than the 7B. In serving it is often the cache, not the weights, that fills the card.
#
# **Why a large batch is what pays.** To decode one token the processor reads all weights once, and with a batch of $b$ it reads them once for $b$ tokens. The same
# is true of the machine you sit at:

# %%
matrix, rng = np.random.default_rng(0).normal(size=(4096, 4096)).astype(np.float32), np.random.default_rng(1)
batches, rates = (1, 2, 4, 8, 16, 32, 64), []
for size in batches:
    x, spent = rng.normal(size=(size, 4096)).astype(np.float32), []
    for _ in range(5):
        begin = time.perf_counter()
        x @ matrix
        spent.append(time.perf_counter() - begin)
    rates.append(2 * size * 4096**2 / min(spent) / 1e9)
    print(f"batch {size:3}: {1000 * min(spent):5.1f} ms, {rates[-1]:6.1f} GFLOP/s, {size / 2:.1f} FLOP for each byte of weights")
figure, ax = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
ax.loglog(batches, rates, "o-")
ax.set(xlabel="rows at a time", ylabel="GFLOP/s", xticks=batches, xticklabels=batches, title="one 4096 x 4096 matrix, float32")
ax.minorticks_off()
plt.show()

# %% [markdown]
# 64 rows take a few times as long as one row, not 64 times as long, so the rate grows with the batch (from 1 to 2 rows it may fall: that is another routine of the library).
# Up to a point further rows are nearly free, because the matrix has to be read anyway. On an H100 that point is near 295 FLOP a byte.

# %% [markdown] question="kv-cache" points=4
# ### Q. "How large is the KV cache, and how do you make it smaller?"   *(medium, 5 min)*
#
# **Sizes without a formula of your own.** A sliding window keeps the last $w$ tokens only; 4-bit values take a quarter of fp16's bytes and a little for scales; multi-head latent
# attention (MLA) keeps one small vector for each token and layer, from which keys and values are computed again. Paging makes nothing smaller, it stops waste.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - 2 · layers · key heads · head width · tokens · sequences · bytes; 320 KiB a token and 1.25 GiB at 4 096 for a Llama-2-70B
# - fewer key heads: GQA, MQA (a factor of heads/groups, 8 for that model), or MLA (576 values a token and layer)
# - fewer bytes or tokens: 8- or 4-bit cache, a sliding window, dropping tokens; each with a loss to be measured
# - paging (vLLM) and sharing of common prefixes against waste; the cache limits the batch, and the batch the throughput
#
# **Red flags** (-1): counts query heads; forgets values or layers; "FlashAttention makes the cache smaller".
#
# **A strong answer, said aloud**: For each token and layer I keep a key and a value of key heads times head width. A Llama-2-70B has 80 layers, 8 key heads of
# 128, so two times 80 times 8 times 128 times two bytes, 320 kibibytes a token and 1.25 gibibytes for a sequence of 4 096. With a key for each of its
# 64 query heads it would be eight times that, which is why it uses grouped queries. To make it smaller I have three ways: fewer heads, as in GQA or MQA, or
# DeepSeek's latent attention with 576 values a token and layer; fewer bytes, an 8- or 4-bit cache; and fewer tokens, a sliding window. All of these cost
# quality, and I would measure how much. Paging does not shrink it but avoids reserving the maximum for everyone, and common prefixes can be shared. It matters
# since the cache decides how many sequences fit, and the batch decides the throughput.
#
# **A weak candidate says**: The KV cache is about two times hidden size times layers times tokens.
#
# **Follow-ups**:
# - *Why not cache the queries?* A past token's query is never used again.
# - *Does the cache speed up the prompt?* No: the prompt is computed in one pass; the cache spares doing it again for each new token.
# - *MLA against GQA with 8 groups of 128?* 576 values against 2 048 a token and layer.
# === END MARK SCHEME ===

# %% [markdown] question="decode-slow" points=4
# ### Q. "Why is decoding so slow, when the card does a thousand TFLOP/s?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - each token reads all weights once: about 1 FLOP a byte at batch 1 in 16 bits
# - an H100 needs about 295 FLOP a byte to be busy (989e12 / 3.35e12): decoding is bound by memory, prefill by compute
# - so the lower bound is bytes / bandwidth: 14 GB / 3.35 TB/s, 4 ms a token for a 7B
# - remedies: batching (weights are read once for all), fewer bytes (quantised weights, smaller cache), speculative decoding
#
# **Red flags** (-1): "a faster card in FLOP/s"; "Python is slow".
#
# **A strong answer, said aloud**: Because it waits for memory. At batch one each new token multiplies every weight matrix by one vector, so each weight
# is read once and used for one multiplication and one addition: two operations for two bytes, one FLOP a byte. An H100 does 989 teraflops and reads 3.35
# terabytes a second, so it needs about 295 operations for each byte to be busy. Decoding at batch one uses a third of a percent of that. The bound is simple: a
# 7B in 16 bits is 14 gigabytes, divided by the bandwidth that is about four milliseconds a token, whatever the peak is. Prefill is the
# opposite: many tokens share each weight, so it is bound by compute. What helps decoding is to use each read more often, by batching many users, or
# speculative decoding, which checks several tokens in one pass, and to read less: quantised weights and a smaller cache. With long contexts the
# cache becomes the larger part, and batching does not share that.
#
# **A weak candidate says**: Autoregressive models are sequential, so the GPU cannot be used in parallel; use a bigger GPU.
#
# **Follow-ups**:
# - *What batch makes it compute-bound?* Around 300 sequences in 16 bits, if the cache fits.
# - *Does 4-bit quantisation speed up prefill?* Hardly: that is bound by compute, and the weights are expanded first.
# - *Time to first token, time per output token?* The first is prefill, compute; the second is decoding, bandwidth.
# === END MARK SCHEME ===

# %% [markdown]
# ## The calculator
#
# Every number in it is a function of yours: state by `zero_predicted`, days by `training_days`, the bill from them, and serving by `kv_cache_bytes`. The shape of the model
# (width, layers) follows from its size as in the Llama family, by $N\approx12\,L\,h^2$ with $h=128L$.


# %%
def budget(billions=7.0, cards=8, stage=2, trillions=2.0, mfu=0.40, price=2.5, context=4096, groups=4):
    """What a model of this size takes: memory of training on cards of 80 GiB, time, money, and sequences that one card serves."""
    n_params, n_tokens = round(billions * 1e9), round(trillions * 1e12)
    layers = max(8, round((n_params / 12 / 128**2) ** (1 / 3)))
    heads = max(1, layers // groups)
    held = [zero_predicted(n_params, cards, each) for each in range(4)]
    days = training_days(n_params, n_tokens, cards, 989.4, mfu)
    cache = kv_cache_bytes(layers, heads, 128, context, 1, 2) / 2**30
    weights = 2 * n_params / 2**30
    served = max(0, int((80 - weights) / cache))
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 2.8), layout="constrained", width_ratios=(1.3, 1))
    left.barh([f"stage {each}" for each in range(4)], held, color=["#4c78a8" if each == stage else "#c3cfdd" for each in range(4)])
    left.axvline(80, color="black", linestyle="--")
    left.invert_yaxis()
    left.set(xlabel=f"GiB of state on each of {cards} cards; dashed: 80", xlim=(0, max(100, 1.05 * held[0])))
    left.set_title(
        f"stage {stage}: {held[stage]:.1f} GiB, {80 - held[stage]:.1f} left for activations" if held[stage] < 80 else f"stage {stage} does not fit",
        fontsize=10,
    )
    right.barh("serving", weights, color="#4c78a8", label=f"weights: {weights:.1f} GiB")
    right.barh("serving", served * cache, left=weights, color="#f58518", label=f"cache: {cache:.2f} GiB a sequence")
    right.legend(fontsize=8, loc="upper left")
    right.axvline(80, color="black", linestyle="--")
    right.set(xlabel="GiB on one card that serves", xlim=(0, max(100, 1.05 * weights)), ylim=(-0.6, 1.4))
    right.set_title(f"{served} sequences of {context} tokens" if weights < 80 else "does not fit on one card", fontsize=10)
    figure.suptitle(f"{billions:g}B on {trillions:g}T tokens: {days:.0f} days, {days * 24 * cards * price / 1000:,.0f} thousand $", fontsize=11)
    plt.show()


if ready(zero_predicted, training_days, kv_cache_bytes):
    budget()

# %%
if ready(zero_predicted, training_days, kv_cache_bytes):
    interact(
        budget,
        billions=FloatSlider(7, min=0.5, max=80, step=0.5, continuous_update=False),
        cards=IntSlider(8, min=1, max=1024, continuous_update=False),
        stage=IntSlider(2, min=0, max=3, continuous_update=False),
        trillions=FloatSlider(2, min=0.1, max=15, step=0.1, continuous_update=False),
        mfu=FloatSlider(0.4, min=0.1, max=0.6, step=0.05, continuous_update=False),
        price=FloatSlider(2.5, min=0.5, max=10, step=0.25, continuous_update=False),
        context=IntSlider(4096, min=512, max=131072, step=512, continuous_update=False),
        groups=IntSlider(4, min=1, max=8, continuous_update=False),
    )

# %% [markdown]
# Three things to try. One card: no stage helps. 1 024 cards: the days shrink, the bill does not, as long as you leave the MFU where it is, which is the calculator's lie. A context of 131 072: the weights
# stay, and hardly anybody is served.

# %% [markdown]
# ## Bug hunt: the MFU of a blog post   *(medium, 10 min, asked sometimes)*
#
# *"Our mixture of experts trains at 2 million tokens a second on 2 048 cards, an MFU of …"* A figure like this is published with this function behind it. Its peak is the first number of the data
# sheet, which for an H100 is 1 979 TFLOP/s **with sparsity**: a footnote says that dense matrices reach half. Its FLOP are those that the cards really did, recomputation
# included. Its parameters are all that the model has.


# %%
def published_mfu(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """The fraction of the peak that a run reaches, as published. Wrong."""
    return 8 * total_params * tokens_per_second / (n_gpus * sheet_tflops * 1e12)


print(f"a dense 7B, 75 000 tokens/s on 8 cards: {published_mfu(7e9, 7e9, 75_000, 8, 1979.0, True):.2f}")

# %% [markdown]
# That looks plausible: two of the slips stand against each other. The sparse peak makes the figure half of what it is, recomputation a third more. **So give a run for which the
# figure is impossible.**


# %%
def mfu_counterexample():
    """A training run for which published_mfu says more than 1, which no card can do.

    Returns (total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse): five
    positive numbers (Python or numpy) below 1e16, active_params <= total_params, total_params
    and n_gpus whole, and a bool: whether the sheet's peak is the one with 2:4 sparsity, twice
    the dense one.
    The run must be possible: 6 * active_params * tokens_per_second is at most 0.6 of the n_gpus
    cards' dense peak. For full marks sparse is True.
    """
    ### BEGIN SOLUTION
    # 671B parameters, of which a token uses 37B: counting all of them is 18 times too much, and the sparse peak hides half of that.
    return 671_000_000_000, 37_000_000_000, 2_000_000, 2048, 1979.0, True
    ### END SOLUTION


# %%
check(mfu_counterexample)

# %% [markdown]
# **Then, fixed.**


# %%
def mfu_mended(total_params, active_params, tokens_per_second, n_gpus, sheet_tflops, sparse):
    """Model FLOP utilisation: the model's FLOP a second over the cards' dense peak.

    total_params, active_params, n_gpus: whole numbers >= 1; tokens_per_second, of all cards
    together, and sheet_tflops, of one card in 1e12 FLOP a second: numbers > 0. All may be Python
    numbers or numpy scalars, integers of 32 or 64 bits. sparse: whether sheet_tflops is the peak
    with 2:4 sparsity, twice the dense one.
    The model's FLOP are 6 for each active parameter and token, recomputed or not.
    Returns a fraction (0.4, not 40), a number; no overflow, no warning.
    ValueError: active_params > total_params.
    """
    ### BEGIN SOLUTION
    if active_params > total_params:
        raise ValueError(f"{active_params} of {total_params} parameters cannot be active")
    dense = float(sheet_tflops) * 1e12 / (2 if sparse else 1)
    return 6 * int(active_params) * float(tokens_per_second) / (int(n_gpus) * dense)
    ### END SOLUTION


# %%
check(mfu_mended)

# %%
if ready(mfu_mended):
    for name, run in (
        ("a dense 7B", (7_000_000_000, 7_000_000_000, 75_000, 8, 1979.0, True)),
        ("a mixture, 37B of 671B", (671_000_000_000, 37_000_000_000, 2_000_000, 2048, 1979.0, True)),
    ):
        print(f"{name:23} published {published_mfu(*run):.2f}, mended {mfu_mended(*run):.2f}")

# %% [markdown]
# The dense model really reaches 0.40 and is reported as 0.27; the mixture reaches 0.22 and is reported as 2.65, more than there is. The same three slips, once against and once in favour: check every figure of a
# blog by $6ND$ with the active parameters and the dense peak.

# %% [markdown] tags=["sheet"]
# ## One page: GPU memory, time and cost
#
# | what | formula | a 7B |
# |---|---|---|
# | training state, AdamW | 16 B a parameter = 2 + 2 + 4 + 8 (18 with float32 gradients) | 104 GiB |
# | ZeRO 1 / 2 / 3 on $N$ cards | $4+12/N$ / $2+14/N$ / $16/N$ B a parameter | 36 / 24 / 13 GiB on 8 |
# | activations, flash attention | $34\,sbh$ B a layer; checkpointed $2\,sbh$ | 17 / 1.5 GiB at 4k |
# | training time | $6ND$ / (cards · dense peak · MFU) | 307 days for 2T tokens on 8 H100 at 40 % |
# | MFU / HFU | $6ND$ / $8ND$ (full checkpointing) over the peak | 0.35 to 0.5 |
# | KV cache | 2 · layers · key heads · head width · tokens · sequences · bytes | 512 KiB a token (Llama-2) |
# | decoding, lower bound | bytes of the weights / bandwidth | 4 ms a token on an H100 |
#
# **Traps**: GB for GiB (7 %) · the sparse peak (twice) · query heads for key heads (8 times) · all parameters for the active ones · clipping before unscaling · means of
# means over unequal micro-batches · mixed precision "halves" the state · a whole block of $-\infty$ in an online softmax.
#
# **Sixty seconds to say**: AdamW in mixed precision keeps sixteen bytes a parameter, so a 7B has 104 GiB of state; ZeRO 2 on eight cards leaves 24 on each. Activations come on top and grow with
# tokens; flash attention, checkpointing and micro-batches bring them down. fp16 loses small gradients, hence a loss scale, unscaled in float32 before clipping; bf16 has the range and lacks
# digits, hence the master copy. Time is $6ND$ over the dense peak times MFU. Serving is weights plus KV cache, and decoding waits for memory, so batch.

# %%
status()
