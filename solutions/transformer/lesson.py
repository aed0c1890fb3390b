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
#     title: "Attention and the transformer block (注意力与 Transformer)"
#     order: 10
#     minutes: 180
#     topics: [attention, rotary positions, mixture of experts, decoder]
#     needs: [backprop, compute_budget]
#     out_of_scope: "encoders and cross-attention, kernels, training at scale"
# ---

# %% [markdown]
# # Attention and the transformer block (注意力与 Transformer)
#
# > *"Write scaled dot-product attention. Now with several heads. Now with a cache."*
#
# No question is asked more often for a job on large models, and it is asked with an empty editor. What the interviewer listens for:
#
# 1. You know **what each line is for**: why $\sqrt d$, why the maximum is taken off, what the mask does to a row that sees nothing.
# 2. You get the **shapes** right without running it: heads are slices of columns, and grouped heads share keys.
# 3. You say the **conventions** aloud: here True in a mask means *may be seen*, and rotary pairs are *adjacent* entries. Half of the published code has them the other way.
#
# You will write eight functions, count the parameters of a block, and fix two published functions. At the end a tiny decoder made of your functions
# learns to copy. The lesson needs `softmax_cross_entropy` from *backprop* (the fused gradient) and `kv_cache_bytes` from *compute_budget*.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(attention)` helps in three steps.
# One rule for all: arrays come in any memory layout, read-only ones too, the real-valued arrays of one call share one dtype, and valid input gives no warning.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# grouped_query_attention, swiglu, top_k_routing.
# Their NumPy arrays go there and come back with each call; data, pictures, other models and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import time

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": False, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## The idea in a picture
#
# One number says how well two vectors agree: their dot product. A token sends out a **query** (what am I looking for?), every token offers a **key** (what
# am I?) and a **value** (what do I hand over?). The query's dot products with all keys become weights by a softmax, and the answer is the weighted mean
# of the values.
#
# Here is a sentence short enough to read, with queries and keys made by hand: one entry says *animal*, one *food*, one *a verb looking for its subject*.
# Trained ones are at the end of the lesson.

# %% tags=["folded"]
words = ["the", "cat", "ate", "fish", "because", "it", "was", "hungry"]
#                     animal, food, verb
offers = np.array([[0, 0, 0], [3, 0, 0], [0, 0, 3], [0.5, 3, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]], float)
wants = np.array([[0, 0, 0], [0, 0, 2], [2, 0, 0], [0, 0, 2], [0, 0, 1], [2.5, 0, 0], [1, 0, 0], [2.5, 0, 0]], float)
scores = wants @ offers.T / np.sqrt(3)
scores[np.triu_indices(len(words), 1)] = -np.inf  # a word sees itself and what stands before it
weights = np.exp(scores - scores.max(axis=1, keepdims=True))
weights /= weights.sum(axis=1, keepdims=True)

figure, ax = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
ax.imshow(weights, cmap="Blues", vmin=0, vmax=1)
for row, column in zip(*np.nonzero(weights >= 0.005), strict=True):
    ax.text(column, row, f"{weights[row, column]:.2f}", ha="center", va="center", fontsize=8, color="white" if weights[row, column] > 0.6 else "black")
ax.set(xticks=range(8), xticklabels=words, yticks=range(8), yticklabels=words, xlabel="key: who is looked at", ylabel="query: who looks")
plt.show()

# %% [markdown]
# Read a row: *it* looks for an animal, and 0.93 of its weight goes to *cat*. Each row adds up to 1. The upper triangle is empty, since a decoder reads
# from left to right: this is the **causal mask**. *the* sees nothing but itself, so its weight is 1, whatever it looks for.
#
# ## 1. `attention`   *(medium, 15 min, asked often)*
#
# > *"Write scaled dot-product attention. Why do you divide by the square root of d?"*
#
# $$\text{attention}(q,k,v)=\text{softmax}\!\left(\frac{q\,k^\top}{\sqrt d}\right)v$$
#
# **The mask's meaning is a convention.** Here **True means: may be seen**, as in `F.scaled_dot_product_attention`. In `nn.MultiheadAttention` and much
# published code True means *hidden*. Ask, or say which you take.
#
# Two things go wrong in most first drafts. A large negative number instead of $-\infty$ makes a query that may see nothing return the mean of all values;
# $-\infty$ without care makes it nan. And a softmax without the maximum taken off overflows.


# %%
def attention(q, k, v, mask):
    """Scaled dot-product attention with a mask.

    q: (..., Tq, d), k: (..., Tk, d), v: (..., Tk, dv): real numbers of any dtype, with the same
    axes in front, any number of them. mask: bool, of a shape that broadcasts to (..., Tq, Tk);
    True = may be seen. Not changed.
    Returns (..., Tq, dv), a new array: for each query the mean of the values that it may see,
    weighted by the softmax over those keys of its dot products divided by sqrt(d). A query that
    may see nothing gives zeros. Values are finite, hidden ones too.
    float32 stays float32; whole numbers of any type (uint8 and int8 up to their bounds) and
    bools are computed in float64. Finite and right at scores of ±1e4. No warning.
    ValueError: fewer than two axes, an empty array, shapes of q, k and v that do not fit (axes
    in front that differ, also where they would broadcast), or a mask that does not broadcast
    to (..., Tq, Tk).
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(q, k, v)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ValueError(f"shapes do not fit: q {q.shape}, k {k.shape}, v {v.shape}")
    if 0 in q.shape + k.shape + v.shape:
        raise ValueError(f"nothing to attend to: q {q.shape}, k {k.shape}, v {v.shape}")
    full = (*q.shape[:-1], k.shape[-2])
    if mask.ndim > len(full) or any(size not in (1, wanted) for size, wanted in zip(mask.shape[::-1], full[::-1], strict=False)):
        raise ValueError(f"a mask of shape {mask.shape} does not broadcast to {full}")
    q, k, v = (part if xp.isdtype(part.dtype, "real floating") else xp.astype(part, xp.float64) for part in (q, k, v))
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    scores = xp.where(mask, scores, -float("inf"))
    top = xp.max(scores, axis=-1, keepdims=True)
    e = xp.exp(scores - xp.where(top == -float("inf"), 0.0, top))  # a row of -inf becomes zeros, not nan
    total = xp.sum(e, axis=-1, keepdims=True)
    return e @ v / xp.where(total == 0, 1.0, total)
    ### END SOLUTION


# %%
check(attention)

# %% [markdown]
# **In PyTorch.** `F.scaled_dot_product_attention(q, k, v, attn_mask=mask)` has the same meaning of a bool mask (True takes part) and, since 2.5, zeros for a
# row that sees nothing. `nn.MultiheadAttention(attn_mask=...)` means the opposite. `is_causal=True` is a lower triangle from the **top left**: with more
# keys than queries that is not what you want, see the first hunt below.
#
# **Measured: what $\sqrt d$ is for.** Queries and keys of independent standard normal entries, 2 000 pairs. The product is a sum of $d$ terms of variance 1, so its
# variance is $d$.

# %%
rng = np.random.default_rng(0)
print("   d   std of q·k   std of q·k/√d   mean largest weight among 32 keys: of q·k, of q·k/√d")
for d in (4, 16, 64, 256, 1024):
    q, k = rng.normal(size=(2000, d)), rng.normal(size=(2000, d))
    products = np.sum(q * k, axis=1)
    largest = []
    for scale in (1.0, np.sqrt(d)):
        scores = q[:500] @ k[:32].T / scale
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        largest.append(np.mean(e.max(axis=1) / e.sum(axis=1)))
    print(f"{d:4} {products.std():12.2f} {(products / np.sqrt(d)).std():15.2f} {largest[0]:28.2f} {largest[1]:27.2f}")

# %% [markdown]
# Without the root the spread is 2.0, 4.0, 8.1, 15.8, 31.8: $\sqrt d$ each time; with it 1. At $d=256$ the unscaled softmax gives 0.91 of its weight to one of 32 keys,
# by chance alone, and its gradient $p(1-p)$ is nearly 0. With the root the largest weight lies between 0.14 and 0.17 at every width.
#
# **And the price.** The scores are a $T\times T$ matrix: $O(T^2d)$ multiplications and $O(T^2)$ memory for each head, as long as nobody computes them in tiles
# (`online_softmax` in *compute_budget* does: flash attention, the same number of multiplications, less memory traffic). The projections and the
# feed-forward layer cost $O(Td^2)$. For a block of width $D$ with the usual shapes, $24TD^2$ against $4T^2D$ operations forward: attention's scores outweigh the rest from
# $T\approx 6D$ on, some 25 000 tokens at width 4 096.

# %% [markdown] question="sqrt-d" points=4
# ### Q. "Why do you divide by √d, and what happens without it?"   *(easy, 3 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the dot product of d independent components of variance 1 has variance d, so std √d
# - without it the softmax saturates: one weight near 1, the others near 0
# - a saturated softmax has hardly any gradient, p(1 - p) goes to 0, so training stalls
# - d is the width of a head, not of the model; the division does not replace taking off the maximum
#
# **Red flags** (-1): "to normalise the vectors"; "so that exp does not overflow".
#
# **A strong answer, said aloud**: If the entries of query and key are roughly independent with variance one, their dot product is a sum of d terms, so its variance
# is d and its standard deviation the square root of d. With heads of width 64 the scores spread over plus or minus eight, and with 256 over sixteen. A softmax over numbers
# that far apart is nearly one-hot: one key gets almost all of the weight. Its derivative is p times one minus p, which goes to zero there, so query and key weights hardly
# learn at the start. Dividing by the square root of d brings the standard deviation back to one, whatever the width, so at initialisation attention looks at
# many keys and can learn which matter. I use the head's width, since that is how many terms each sum has. It is no protection against overflow: trained scores can still be large,
# so I take the row's maximum off before the exponential.
#
# **A weak candidate says**: It normalises the attention scores so that they do not get too big.
#
# **Follow-ups**:
# - *Why not divide by d?* Then the scores shrink to std 1/√d and attention begins as a plain mean. (muP does divide by d, for keys that grow aligned with queries in training.)
# - *What does QK-norm do?* It normalises queries and keys (RMSNorm for each head) before the product, so trained scores stay bounded as well.
# - *Is it the same as a temperature?* Yes, a fixed softmax temperature of √d.
# === END MARK SCHEME ===

# %% [markdown]
# ## 2. `multi_head_attention`   *(medium, 20 min, asked often)*
#
# > *"Now with several heads. Watch the reshape."*
#
# One softmax gives one weighted mean. Several heads give several, each in its own slice of the columns: of $x\,W_Q$, $x\,W_K$ and $x\,W_V$ head $i$ owns the columns $i\,d$ to
# $(i+1)\,d$, with $d=D/H$, and of $W_O$ the same **rows**. So the output is a sum over heads:
#
# $$\text{out}=\sum_i \text{attention}(Q_i,K_i,V_i)\;W_O[i\,d:(i+1)\,d]$$
#
# In code: reshape (B, T, D) to (B, T, H, d), **then swap** T and H. A reshape straight to (B, H, T, d) runs, has the right shape, and mixes tokens.


# %%
def multi_head_attention(x, wq, wk, wv, wo, n_heads, mask):
    """Multi-head self-attention, no biases.

    x: (B, T, D); wq, wk, wv, wo: (D, D), applied from the right; real numbers of any dtype.
    mask: (T, T) bool, True = may be seen; every row sees something. Not changed.
    Head i owns the columns i*d to (i+1)*d of x @ wq, x @ wk and x @ wv, with d = D / n_heads,
    and the same rows of wo; scores are divided by sqrt(d).
    Returns (B, T, D), a new array. float32 stays float32; whole numbers of any type are computed
    in float64. No warning.
    ValueError: an empty array, x without three axes, a weight that is not (D, D), a mask that is
    not (T, T), also where it would broadcast, or n_heads that is below 1 or does not divide D.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, wq)
    if x.ndim != 3 or 0 in x.shape:
        raise ValueError(f"x must be (B, T, D), not {x.shape}")
    batch, tokens, width = x.shape
    if any(w.shape != (width, width) for w in (wq, wk, wv, wo)):
        raise ValueError(f"every weight must be ({width}, {width})")
    if mask.shape != (tokens, tokens):
        raise ValueError(f"the mask must be ({tokens}, {tokens}), not {mask.shape}")
    if n_heads < 1 or width % n_heads:
        raise ValueError(f"{n_heads} heads do not divide a width of {width}")
    x, wq, wk, wv, wo = (part if xp.isdtype(part.dtype, "real floating") else xp.astype(part, xp.float64) for part in (x, wq, wk, wv, wo))

    def heads(array):
        """(B, T, D) as (B, H, T, d): the columns are cut, and the head's axis moves forward."""
        return xp.permute_dims(xp.reshape(array, (batch, tokens, n_heads, width // n_heads)), (0, 2, 1, 3))

    seen = attention(heads(x @ wq), heads(x @ wk), heads(x @ wv), mask)
    return xp.reshape(xp.permute_dims(seen, (0, 2, 1, 3)), (batch, tokens, width)) @ wo
    ### END SOLUTION


# %%
check(multi_head_attention)

# %% [markdown]
# **In PyTorch.** `nn.MultiheadAttention(D, H, bias=False, batch_first=True)` keeps $W_Q,W_K,W_V$ stacked in one `in_proj_weight` of shape (3D, D) and multiplies by its transpose, as
# `nn.Linear` does; True in its `attn_mask` means hidden. Head slices are the same.
#
# **Shown: a head is a slice.** Take the sum over heads literally, and take the wrong reshape beside it:

# %%
if ready(attention, multi_head_attention):
    rng = np.random.default_rng(1)
    x, (wq, wk, wv, wo) = rng.normal(size=(1, 5, 12)), rng.normal(size=(4, 12, 12)) / np.sqrt(12)
    causal = np.tril(np.ones((5, 5), dtype=bool))
    for n_heads in (1, 3, 4):
        d = 12 // n_heads
        ours = np.asarray(multi_head_attention(x, wq, wk, wv, wo, n_heads, causal))
        cut = [slice(i * d, (i + 1) * d) for i in range(n_heads)]
        summed = sum(np.asarray(attention(x @ wq[:, one], x @ wk[:, one], x @ wv[:, one], causal)) @ wo[one] for one in cut)
        mixed = np.asarray(attention(*((x @ w).reshape(1, n_heads, 5, d) for w in (wq, wk, wv)), causal)).transpose(0, 2, 1, 3).reshape(1, 5, 12) @ wo
        print(f"{n_heads} heads: sum over slices differs by {np.max(np.abs(ours - summed)):.0e}, the reshape without a swap by {np.max(np.abs(ours - mixed)):.2f}")

# %% [markdown]
# The slices agree to the last digit. With one head the wrong reshape is right too, with three and four it is off by more than 1: test with more than one head.
#
# ## 3. `grouped_query_attention`   *(medium, 12 min, asked often)*
#
# > *"MHA, MQA, GQA: what changes, and what does it save?"*
#
# While decoding, keys and values of all tokens are kept. Let $G$ key heads serve $H$ query heads, and the cache shrinks by $H/G$. Query heads stand in
# **blocks**: query head $i$ uses key and value head $i\,//\,(H/G)$, so with $H=6,\,G=2$ the heads 0, 1, 2 share key head 0. `repeat` gives that; `tile` gives $i \bmod G$ and is wrong, though
# for $G=1$ and $G=H$ nobody can tell.


# %%
def grouped_query_attention(q, k, v):
    """Attention in which several query heads share a key and a value head; no mask.

    q: (H, Tq, d), k: (G, Tk, d), v: (G, Tk, dv): real numbers of any dtype, G divides H. Not
    changed. Query head i uses key and value head i // (H / G); scores are divided by sqrt(d).
    Returns (H, Tq, dv), a new array. G = 1 (multi-query) and G = H are allowed.
    float32 stays float32; whole numbers of any type are computed in float64. Finite at scores
    of ±1e4. No warning.
    ValueError: G does not divide H, an empty array, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    import math

    from array_api_compat import array_namespace

    xp = array_namespace(q, k, v)
    if q.ndim != 3 or k.ndim != 3 or k.shape[:2] != v.shape[:2] or v.ndim != 3 or q.shape[2] != k.shape[2] or 0 in q.shape + k.shape + v.shape:
        raise ValueError(f"shapes do not fit: q {q.shape}, k {k.shape}, v {v.shape}")
    n_heads, tokens, width = q.shape
    groups = k.shape[0]
    if n_heads % groups:
        raise ValueError(f"{groups} key heads do not divide {n_heads} query heads")
    q, k, v = (part if xp.isdtype(part.dtype, "real floating") else xp.astype(part, xp.float64) for part in (q, k, v))
    # the queries of a group stand one below the other, so keys and values are not copied
    q = xp.reshape(q, (groups, n_heads // groups * tokens, width))
    scores = q @ xp.matrix_transpose(k) / math.sqrt(width)
    e = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return xp.reshape(e @ v / xp.sum(e, axis=-1, keepdims=True), (n_heads, tokens, v.shape[2]))
    ### END SOLUTION


# %%
check(grouped_query_attention)

# %% [markdown]
# **In PyTorch.** `F.scaled_dot_product_attention(q, k, v, enable_gqa=True)` shares in the same blocks. Hugging Face's `repeat_kv` is `torch.repeat_interleave(k, H // G, dim=1)`, not
# `k.repeat(...)`, which tiles.
#
# **The bill of the cache.** Keys and values of one layer, 32 query heads of width 128 and 16 bits a number, and the time of one decoding step over 4 096 cached
# tokens with your function:

# %% tags=["instructor"]
grouped_query_attention = backend.runs(grouped_query_attention)

# %%
if ready(grouped_query_attention):
    rng = np.random.default_rng(2)
    q = rng.normal(size=(32, 1, 128)).astype(np.float32)
    for groups in (32, 8, 1):
        k, v = rng.normal(size=(2, groups, 4096, 128)).astype(np.float32)
        spent = []
        for _ in range(5):
            begin = time.perf_counter()
            grouped_query_attention(q, k, v)
            spent.append(time.perf_counter() - begin)
        print(f"{groups:2} key heads: {2 * groups * 128 * 2 / 1024:5.1f} KiB a token and layer, {2 * groups * 128 * 2 * 4096 / 2**20:4.0f} MiB for 4 096 tokens; a step {1000 * min(spent):5.1f} ms")

# %% [markdown]
# The cache falls from 64 to 16 to 2 MiB a layer. The step's time falls as clearly from 8 key heads to 1; from 32 to 8 it depends on the machine, since NumPy multiplies one small matrix a head. On a GPU, where reading the cache
# is the limit, time follows the bytes.

# %% [markdown] question="gqa" points=4
# ### Q. "Multi-head, multi-query, grouped-query, MLA: what is the difference and why does anyone care?"   *(medium, 4 min)*
#
# **MLA**, multi-head latent attention, caches one small vector for each token and computes all heads' keys and values from it by matrices that can be folded into
# $W_Q$ and $W_O$; a small rotary part is kept beside it, since a rotation that depends on the position cannot be folded in. **The price of sharing**: one key head
# (MQA) costs some quality, about eight cost hardly any. A trained model is converted by averaging the heads of each group and training on for a while.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - what is cached: H key and value heads, 1, or G; query heads stay H
# - the gain is memory and bandwidth in decoding (a factor H/G), not training FLOP
# - the price: MQA loses some quality and stability, GQA with about 8 groups hardly any; converted from MHA by averaging heads and training on a little
# - MLA: one latent vector for each token, from which keys and values are computed; smaller than GQA's cache at full heads' quality
#
# **Red flags** (-1): "fewer query heads"; "it makes attention linear".
#
# **A strong answer, said aloud**: All of them have H query heads; they differ in what they cache. Multi-head keeps a key and a value head for each query head, multi-query one
# for all, and grouped-query one for each group, so the cache shrinks by H over G: a 70B Llama with 64 query heads and 8 groups keeps an eighth. That matters because decoding is
# bound by memory: for each new token the whole cache is read, so a smaller one means faster steps, longer contexts and more users on a card. It saves hardly any training
# compute, only the key and value projections. Multi-query lost some quality and was less stable, so most models take about eight groups; an existing model can be
# converted by averaging its heads and training on for a few percent of the steps. DeepSeek's latent attention goes another way: it caches one
# compressed vector for each token and expands it to all heads, so the cache is smaller still without sharing heads.
#
# **A weak candidate says**: GQA is faster because it has fewer heads.
#
# **Follow-ups**:
# - *Which query heads share?* Neighbours: head i uses i // (H/G); a checkpoint read with i mod G is garbage.
# - *Why share keys and not queries?* Queries of past tokens are never used again, so they are not cached.
# - *Does GQA help prefill?* Little: that is bound by compute, and the scores are as many.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `rope`   *(medium, 15 min, asked often)*
#
# > *"How does a transformer know the order of its tokens? Explain rotary embeddings."*
#
# Attention itself does not: shuffle the keys with their values, and the sum is the same. RoPE **rotates** queries and keys by an angle that is proportional to the
# position. Each pair of entries is a point in a plane, and turns at its own speed:
#
# $$\begin{pmatrix}a\\b\end{pmatrix}\mapsto\begin{pmatrix}a\cos\theta-b\sin\theta\\a\sin\theta+b\cos\theta\end{pmatrix},\qquad\theta=\text{position}\cdot\text{base}^{-2i/d}$$
#
# A dot product of two rotated vectors depends on the **difference** of their angles, so the score depends on how far apart two tokens are, not on where they stand. Values are
# not rotated.
#
# **Which entries form a pair is a convention.** Here they are **adjacent**: $(x_{2i},x_{2i+1})$, as in the paper and in Llama's own code. GPT-NeoX and Hugging Face pair
# $(x_i,x_{i+d/2})$. Both work, with their own weights: a checkpoint of one read by the other gives garbage.


# %%
def rope(x, positions, base):
    """Rotary position embedding with adjacent pairs.

    x: (..., T, d), real numbers of any dtype, d even. positions: (T,) whole numbers from 0 to
    1e5 of any integer type, in any order and with gaps. base: a number > 1, usually 10000.
    Not changed.
    The pair (x[..., 2i], x[..., 2i+1]) = (a, b) of the token at positions[t] becomes
    (a cos t - b sin t, a sin t + b cos t) with the angle t = positions[t] * base ** (-2i / d).
    Angles, cosines and sines are computed in float64, for float32 too, and then rounded.
    Returns a new array like x: float32 stays float32 (checked to 1e-5 at position 1e5); whole
    numbers of any type give float64. No warning.
    ValueError: d is odd, x is empty or has fewer than two axes, or positions is not (T,), also
    where it would broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(x, positions)
    if x.ndim < 2 or 0 in x.shape or x.shape[-1] % 2:
        raise ValueError(f"x must be (..., T, d) with an even d, not {x.shape}")
    if positions.shape != (x.shape[-2],):
        raise ValueError(f"need one position for each of {x.shape[-2]} tokens, not {positions.shape}")
    if not xp.isdtype(x.dtype, "real floating"):
        x = xp.astype(x, xp.float64)
    d = x.shape[-1]
    speeds = float(base) ** (-xp.arange(0, d, 2, dtype=xp.float64, device=device(x)) / d)
    angles = xp.astype(positions, xp.float64)[:, None] * speeds[None, :]
    cos, sin = xp.astype(xp.cos(angles), x.dtype), xp.astype(xp.sin(angles), x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return xp.reshape(xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1), x.shape)
    ### END SOLUTION


# %%
check(rope)

# %% [markdown]
# **In PyTorch.** There is no layer in the core; `torchtune.modules.RotaryPositionalEmbeddings` pairs adjacent entries as we do, `transformers`' `apply_rotary_pos_emb` pairs
# halves (`rotate_half`). To convert weights, permute the columns of $W_Q$ and $W_K$ within each head.
#
# **Shown: a rotation, and relative.** Left, one pair of a vector at positions 0 to 11, for two speeds. Right, the score of one query and one key at distance $n-m$, from
# five places in the text:

# %%
if ready(rope):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", width_ratios=(1, 1.6))
    steps = np.arange(12)
    turned = np.asarray(rope(np.tile([1.0, 0.0, 0.6, 0.0], (12, 1)), steps, 100.0))
    for pair, (label, color) in enumerate((("pair 0: speed 1", "#4c78a8"), ("pair 1: speed 0.1", "#e45756"))):
        left.plot(turned[:, 2 * pair], turned[:, 2 * pair + 1], "o-", color=color, label=label, linewidth=0.6, markersize=4)
    left.set(aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.5), title="positions 0 to 11")
    left.legend(fontsize=8, loc="upper left")
    rng = np.random.default_rng(3)
    q, k = rng.normal(size=(2, 1, 64))
    distances, spread = np.arange(0, 200), []
    for width, start in zip((9, 7, 5, 3, 1), (0, 17, 500, 10_000, 90_000), strict=True):
        query = np.asarray(rope(q, np.array([start]), 10_000.0))
        line = (np.asarray(rope(np.repeat(k, 200, axis=0), start + distances, 10_000.0)) @ query[0]) / 8
        spread.append(line)
        right.plot(distances, line, label=f"query at {start}", linewidth=width)
    right.set(xlabel="distance from query to key", ylabel="score", title="the same curve five times", ylim=(-3, 4.5))
    right.legend(fontsize=8, ncols=3, loc="upper center")
    plt.show()
    print(f"largest spread between the five curves: {np.max(np.ptp(spread, axis=0)):.0e}")
    print(f"largest change of a vector's length: {np.max(np.abs(np.linalg.norm(turned, axis=1) - np.linalg.norm([1.0, 0.6]))):.0e}")

# %% [markdown]
# Fast pair, slow pair, both on their circle: lengths change by 2e-16. And the score over the distance is the same curve from position 0 as from 90 000, to 3e-12.
#
# **Measured: angles in float32.** `positions * speeds` in half or single precision is a common slip, invisible in short texts:

# %%
if ready(rope):
    x = rng.normal(size=(1, 64)).astype(np.float32)
    for position in (100, 1_000, 10_000, 100_000):
        exact = np.asarray(rope(x.astype(np.float64), np.array([position]), 10_000.0))
        ours = np.asarray(rope(x, np.array([position]), 10_000.0))
        line = f"position {position:7}: angles in float64 {np.max(np.abs(ours - exact)):.0e}"
        for kind in (np.float32, np.float16):
            with np.errstate(over="ignore", invalid="ignore"):
                angles = (kind(position) * (kind(10_000) ** (-np.arange(0, 64, 2) / 64).astype(kind)).astype(kind)).astype(np.float64)
                c, s = np.cos(angles), np.sin(angles)
            rough = np.stack([x[:, 0::2] * c - x[:, 1::2] * s, x[:, 0::2] * s + x[:, 1::2] * c], axis=-1).reshape(1, 64)
            line += f", in {kind.__name__} {np.max(np.abs(rough - exact)):.0e}"
        print(line)

# %% [markdown]
# With float32 angles the rotated entries are off by 7e-6 at position 100 and by 1e-2 at 100 000; float16 cannot even hold the position. With float64 angles float32 results keep their seven digits everywhere. (bfloat16 has 8 significant bits:
# it cannot tell position 256 from 257.)

# %% [markdown] question="rope-why" points=5
# ### Q. "How does RoPE work, and why does it break beyond the trained length?"   *(hard, 5 min)*
#
# **Longer than trained.** The slow pairs have turned only a part of a circle in training, so at larger positions they show angles that the model never met.
# *Position interpolation* divides all positions by a factor, *NTK-aware scaling* raises the base, and *YaRN* stretches only the slow pairs and leaves the fast ones; all are followed by a little training.
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - attention alone has no order; RoPE rotates pairs of queries and keys by position times a speed, base^(-2i/d)
# - the score of rotated vectors depends on the distance only; norms are kept; values are not rotated
# - fast pairs tell neighbours apart, slow ones tell far from near
# - beyond the trained length the slow pairs reach angles never seen; remedies: interpolation, a larger base (NTK), YaRN, with some training
# - practice: the pair convention (adjacent or halves), angles in float32 or better, positions that go on with a cache
#
# **Red flags** (-1): "it is added to the embeddings"; "it extrapolates to any length"; rotates the values.
#
# **A strong answer, said aloud**: Attention without positions is a sum over a set, so order has to be put in. RoPE takes each query and key, splits it into pairs, and turns pair i by the
# position times a speed, ten thousand to the minus two i over d. Because a dot product of two rotated vectors depends on the difference of the angles, the score depends only on how far apart
# the tokens are, and lengths do not change. Values stay as they are. The first pairs turn fast and tell neighbours apart; the last ones turn once in tens of thousands of tokens and carry long
# distances. That is also why it breaks beyond the trained length: slow pairs come to angles that never occurred in training. People divide the positions, or raise the base, or do both by frequency as in
# YaRN, and train a little more. In code I watch three things: adjacent pairs or halves, as the checkpoint has it; angles not in half precision; and positions that go on from the cache.
#
# **A weak candidate says**: RoPE adds sine and cosine position vectors to the token embeddings.
#
# **Follow-ups**:
# - *Why are values not rotated?* The rotation is there to make scores relative; rotated values would make the output depend on absolute positions.
# - *What does a larger base do?* All but the first pair turn more slowly, so a longer text fits in the angles that are known; neighbours are told apart less well.
# - *ALiBi?* It adds a penalty proportional to the distance to the scores, needs no rotation, and extrapolates, by forgetting what is far.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `rms_norm`   *(easy, 5 min, asked often)*
#
# > *"LayerNorm or RMSNorm? Write it."*
#
# $$\text{rms\_norm}(x)=\frac{x}{\sqrt{\tfrac1D\sum_j x_j^2+\varepsilon}}\cdot\gamma$$
#
# A LayerNorm without the mean and without the bias: fewer operations, and models train as well. $\varepsilon$ stands **inside** the root.


# %%
def rms_norm(x, gamma, eps):
    """Root-mean-square normalisation over the last axis.

    x: (..., D), any number of axes before the last; gamma: (D,): real numbers of any dtype.
    eps: a number > 0. Not changed.
    Returns a new array like x: x / sqrt(mean(x**2) + eps) * gamma, the mean over the last axis and
    eps inside the root; no mean is taken off. A row of zeros gives zeros.
    float32 stays float32; whole numbers of any type (uint8, int8 and int16 up to their bounds)
    are computed in float64. No warning.
    ValueError: x is empty or has no axis, or gamma is not (D,), also where it would broadcast.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, gamma)
    if x.ndim == 0 or 0 in x.shape or gamma.shape != (x.shape[-1],):
        raise ValueError(f"need one gamma for each of the last axis of x, not {gamma.shape} for {x.shape}")
    x, gamma = (part if xp.isdtype(part.dtype, "real floating") else xp.astype(part, xp.float64) for part in (x, gamma))
    return x / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + eps) * gamma
    ### END SOLUTION


# %%
check(rms_norm)

# %% [markdown]
# **In PyTorch.** `torch.nn.RMSNorm(D, eps=1e-6)`; with `eps=None` it takes the dtype's machine epsilon. In 16-bit models the squares are computed in float32 and the result is rounded back: in
# float16 the square of 300 is already inf. Llama multiplies by gamma after rounding, Gemma by 1 + gamma.
#
# **Measured: where the epsilon stands.** It matters where rows are small, at the start of training or in a dead layer:

# %%
if ready(rms_norm):
    row = np.random.default_rng(4).normal(size=64)
    for size in (1.0, 1e-1, 1e-3, 1e-5):
        x = size * row / np.sqrt(np.mean(row**2))
        inside = np.sqrt(np.mean(np.asarray(rms_norm(x, np.ones(64), 1e-6)) ** 2))
        outside = np.sqrt(np.mean((x / (np.sqrt(np.mean(x**2)) + 1e-6)) ** 2))
        print(f"rows of root mean square {size:g}: after the norm {inside:.3f}, with eps outside the root {outside:.3f}")

# %% [markdown]
# At $10^{-3}$, where the mean square equals $\varepsilon=10^{-6}$, the norm gives 0.707, and 0.999 with eps outside: two models that differ only there do not agree on small rows.
#
# ## 6. `swiglu`   *(easy, 8 min, asked often)*
#
# > *"Why do modern models have three matrices in the feed-forward layer?"*
#
# $$\text{swiglu}(x)=\big(\text{silu}(x\,W_{gate})\odot(x\,W_{up})\big)\,W_{down},\qquad \text{silu}(z)=\frac{z}{1+e^{-z}}$$
#
# One branch decides how much of the other gets through. Three matrices of $D\times F$ instead of two of $D\times4D$: with $F=\tfrac83D$ they have as many parameters, $8D^2$. Llama's 11 008 at
# width 4 096 is that, rounded up to a multiple of 256.


# %%
def swiglu(x, w_gate, w_up, w_down):
    """The gated feed-forward layer (silu(x @ w_gate) * (x @ w_up)) @ w_down.

    x: (..., D), any number of axes before the last; w_gate, w_up: (D, F); w_down: (F, D): real
    numbers of any dtype. Not changed. silu(z) = z / (1 + exp(-z)).
    Returns (..., D), a new array. float32 stays float32; whole numbers of any type are computed
    in float64. Right and without a warning at gates of ±1000, float32 too.
    ValueError: an empty array, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, w_gate)
    if x.ndim == 0 or w_gate.ndim != 2 or 0 in x.shape + w_gate.shape or w_gate.shape[0] != x.shape[-1]:
        raise ValueError(f"shapes do not fit: x {x.shape}, w_gate {w_gate.shape}")
    if w_up.shape != w_gate.shape or w_down.shape != w_gate.shape[::-1]:
        raise ValueError(f"shapes do not fit: w_gate {w_gate.shape}, w_up {w_up.shape}, w_down {w_down.shape}")
    x, w_gate, w_up, w_down = (part if xp.isdtype(part.dtype, "real floating") else xp.astype(part, xp.float64) for part in (x, w_gate, w_up, w_down))
    gate = x @ w_gate
    e = xp.exp(-xp.abs(gate))  # never above 1
    sigmoid = xp.where(gate >= 0, 1.0, e) / (1 + e)
    return (gate * sigmoid * (x @ w_up)) @ w_down
    ### END SOLUTION


# %%
check(swiglu)

# %% [markdown]
# **In PyTorch.** `w_down(F.silu(w_gate(x)) * w_up(x))` with three `nn.Linear(..., bias=False)`, whose weights are stored transposed. Many checkpoints keep gate and up in one matrix, and
# the order of the two halves is again a convention.

# %% tags=["instructor"]
swiglu = backend.runs(swiglu)

# %%
if ready(swiglu):
    z = np.linspace(-6, 6, 241)
    one = np.ones((1, 1))
    silu = np.asarray(swiglu(z[:, None], one, np.zeros((1, 1)), one))  # up branch 0: all is shut
    figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    for up, color in ((1.0, "#4c78a8"), (0.5, "#72b7b2"), (-1.0, "#e45756")):
        # x = (z, up): the gate reads z, the up branch reads the second entry
        pairs = np.stack([z, np.full_like(z, up)], axis=1)
        out = np.asarray(swiglu(pairs, np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]]), np.array([[1.0, 0.0]])))
        ax.plot(z, out[:, 0], color=color, label=f"up = {up:g}")
    ax.plot(z, np.maximum(z, 0), "k:", label="ReLU(gate)")
    ax.set(xlabel="gate", ylabel="silu(gate) · up")
    ax.grid(True)
    ax.legend(fontsize=8)
    plt.show()
    for width in (4096, 5120, 8192):
        print(f"width {width}: 8/3 of it is {8 * width / 3:8.1f}, rounded up to a multiple of 256: {-(-8 * width // 3 // 256) * 256}")

# %% [markdown]
# A closed gate (far left) lets nothing through, an open one lets the up branch through with a factor that grows; the sign comes from the up branch, which a ReLU cannot do. Shazeer (2020), who compared such gates, gives no
# reason why they are better, and says so.
#
# ## 7. `top_k_routing`   *(medium, 12 min, asked often)*
#
# > *"A mixture of experts: write the router."*
#
# Many feed-forward layers, the **experts**, and for each token a router picks $k$ of them by its logits. Their outputs are added with weights from a softmax over **these $k$ alone**, so each token's weights
# sum to 1. The model has the parameters of all experts and the cost of $k$.


# %%
def top_k_routing(logits, k):
    """For each token the k experts of the largest logits, and their weights.

    logits: (T, E), finite real numbers of any dtype, one row a token. Not changed. k: a whole
    number.
    Returns (indices, weights), both (T, k): indices of any integer dtype, the largest logit
    first, equal ones by the lower index; weights the softmax over these k logits alone, in the
    same order, so each row sums to 1.
    float32 stays float32; whole numbers of any type (uint8 and int8 up to their bounds) give
    float64 weights. Right at logits of ±1000. No warning.
    ValueError: k outside 1..E, logits empty or without two axes.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    if logits.ndim != 2 or 0 in logits.shape:
        raise ValueError(f"logits must be (T, E), not {logits.shape}")
    if not 1 <= k <= logits.shape[1]:
        raise ValueError(f"cannot take {k} of {logits.shape[1]} experts")
    if not xp.isdtype(logits.dtype, "real floating"):
        logits = xp.astype(logits, xp.float64)
    indices = xp.argsort(-logits, axis=1, stable=True)[:, :k]
    top = xp.take_along_axis(logits, indices, axis=1)
    e = xp.exp(top - top[:, :1])
    return indices, e / xp.sum(e, axis=1, keepdims=True)
    ### END SOLUTION


# %%
check(top_k_routing)

# %% [markdown]
# **In PyTorch.** `values, indices = torch.topk(logits, k)` and `values.softmax(-1)`; which of equal logits `topk` takes is not promised. Mixtral renormalises as we do; other models take the softmax over all experts first and
# leave the rows below 1. Softmax first, then top-k, then dividing by the sum gives the same as ours.
#
# **Shown: routing, balanced or not.** 512 tokens in four clusters, a router of 8 random rows; then the same router with a bias that favours one expert, as it comes about in training when an
# expert that is chosen more learns more:

# %% tags=["instructor"]
top_k_routing = backend.runs(top_k_routing)

# %%
if ready(top_k_routing):
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(4, 16))
    cluster = np.repeat(np.arange(4), 128)
    tokens = centres[cluster] + 0.4 * rng.normal(size=(512, 16))
    router = rng.normal(size=(16, 8)) / 4
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 2.6), layout="constrained", sharey=True)
    for ax, favour, name in zip(axes, (0.0, 3.0), ("as drawn", "expert 2 favoured"), strict=True):
        indices, weights = map(np.asarray, top_k_routing(tokens @ router + favour * (np.arange(8) == 2), 2))
        bottom = np.zeros(8)
        for group, color in enumerate(("#4c78a8", "#f58518", "#72b7b2", "#e45756")):
            count = np.bincount(indices[cluster == group].ravel(), minlength=8)
            ax.bar(range(8), count, bottom=bottom, color=color, label=f"cluster {group}")
            bottom += count
        ax.axhline(128, color="black", linestyle="--", linewidth=0.8)
        ax.set(xlabel="expert", title=name)
        fraction = bottom / bottom.sum()
        probabilities = np.exp(tokens @ router + favour * (np.arange(8) == 2))
        mean = np.mean(probabilities / probabilities.sum(axis=1, keepdims=True), axis=0)
        print(f"{name:18}: tokens for each expert {bottom.astype(int)}, balance loss E·Σ f·p = {8 * np.sum(fraction * mean):.2f}")
    axes[0].set_ylabel("tokens")
    axes[0].legend(fontsize=8)
    plt.show()

# %% [markdown]
# As drawn, the busiest expert has 264 of 1 024 places and the idlest 14, where 128 would be even. Favoured, expert 2 gets every token and one gets none. The auxiliary loss $E\sum_e f_e\,p_e$ ($f_e$: the fraction of places, $p_e$: the mean probability)
# is 1 at even load; it rose from 1.31 to 2.76. Added to the training loss with a small factor, its gradient through $p_e$ pushes the other way.
#
# Two more prices: with a fixed **capacity** for each expert, the tokens beyond it are dropped or sent to another one; and where experts live on different cards, the tokens travel there and back, an **all-to-all** exchange twice a layer.

# %% [markdown] question="moe" points=4
# ### Q. "What does a mixture of experts save, and what does it cost?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - active against total parameters: FLOP for each token as a small model, knowledge capacity as a large one
# - memory is that of all experts, and with few tokens in flight each expert's weights are read for few of them
# - balance: a router collapses without an auxiliary loss, or a bias that is adjusted (DeepSeek-V3); a capacity drops or re-routes tokens
# - experts on several cards: all-to-all traffic twice a layer, forward and again backward
#
# **Red flags** (-1): "it saves memory"; "each expert is for a subject, like law or code".
#
# **A strong answer, said aloud**: A mixture of experts replaces the feed-forward layer by many, of which each token uses k. So it has the parameters of all and the compute of a few: Mixtral has 47 billion
# parameters and uses 13 for a token, DeepSeek-V3 671 and 37. What is saved is FLOP, in training and in serving at large batches. What is not saved is memory: all experts must be there, and at small batches
# decoding reads many experts for few tokens. The hard part is balance. Experts that are picked more get more gradient and are picked even more, so one adds an auxiliary loss that is lowest at even load, or a bias on the
# routing scores that is moved against the load. With a fixed capacity for each expert some tokens are dropped. And when experts live on different cards, tokens travel there and back, an all-to-all exchange in every
# layer, which needs fast links. Experts specialise, but mostly by token kinds, not by subjects.
#
# **A weak candidate says**: Only two experts run, so the model needs a quarter of the memory.
#
# **Follow-ups**:
# - *Why k = 2 and not 1?* With softmax over the chosen one alone its weight is constant 1, so the router gets no gradient; Switch uses k = 1 with the probability over all experts as factor.
# - *Is the choice differentiable?* The choice is not, the weights of the chosen are: that is how the router learns.
# - *Fine-grained and shared experts?* More, smaller experts with a larger k give more combinations; one shared expert always runs and takes what all tokens need.
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. `pre_norm_block`   *(medium, 12 min, asked often)*
#
# > *"Put it together: one transformer block. Pre-norm or post-norm?"*
#
# $$h=x+\text{attend}(\text{norm}(x,\gamma_1)),\qquad \text{out}=h+\text{feed}(\text{norm}(h,\gamma_2))$$
#
# The residual path from the first layer to the last is never normed: a plain sum, through which the gradient arrives undamped. Post-norm, $\text{norm}(x+\text{attend}(x))$, is what the original paper had; it needs a warm-up
# to train deep.


# %%
def pre_norm_block(x, attend, feed, gamma1, gamma2, eps):
    """One transformer block in pre-norm form.

    x: (B, T, D); gamma1, gamma2: (D,): real numbers of any dtype. eps: a number > 0. attend and
    feed: functions of one (B, T, D) array that return one like it. Nothing given is changed.
    With h = x + attend(x normed by gamma1) the result is h + feed(h normed by gamma2); normed is
    rms_norm's x / sqrt(mean(x**2) + eps) * gamma over the last axis.
    attend and feed are called once each, after the shapes were checked.
    Returns a new array like x: float32 stays float32; whole numbers of any type are computed in
    float64. No warning.
    ValueError: x is empty or has not three axes, or a gamma is not (D,), also where it would
    broadcast; before attend is called.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x, gamma1)
    if x.ndim != 3 or 0 in x.shape or gamma1.shape != (x.shape[2],) or gamma2.shape != (x.shape[2],):
        raise ValueError(f"shapes do not fit: x {x.shape}, gamma1 {gamma1.shape}, gamma2 {gamma2.shape}")
    if not xp.isdtype(x.dtype, "real floating"):
        x = xp.astype(x, xp.float64)
    h = x + attend(rms_norm(x, gamma1, eps))
    return h + feed(rms_norm(h, gamma2, eps))
    ### END SOLUTION


# %%
check(pre_norm_block)

# %% [markdown]
# **In PyTorch.** `nn.TransformerEncoderLayer(..., norm_first=True)`; its default, `norm_first=False`, is post-norm, with LayerNorm, biases and ReLU. A decoder-only model uses this "encoder" layer with a causal mask.
#
# **Measured: 24 blocks deep.** Random blocks (attention and SwiGLU of width 32), ten seeds. How large do the activations become, and how much of the input is still in the output (their correlation)?

# %%
if ready(pre_norm_block, rms_norm, multi_head_attention, swiglu):

    def stack(x, blocks, post):
        """x through all blocks, pre-norm by your function or post-norm by hand."""
        gamma, mask = np.ones(x.shape[-1]), np.tril(np.ones((x.shape[1], x.shape[1]), dtype=bool))
        for wq, wk, wv, wo, gate, up, down in blocks:

            def attend(h, w=(wq, wk, wv, wo)):
                return np.asarray(multi_head_attention(h, *w, 4, mask))

            def feed(h, w=(gate, up, down)):
                return np.asarray(swiglu(h, *w))

            if post:
                x = np.asarray(rms_norm(x + attend(x), gamma, 1e-6))
                x = np.asarray(rms_norm(x + feed(x), gamma, 1e-6))
            else:
                x = np.asarray(pre_norm_block(x, attend, feed, gamma, gamma, 1e-6))
        return x

    found = {False: [], True: []}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        shapes = [(32, 32)] * 4 + [(32, 88)] * 2 + [(88, 32)]
        blocks = [[rng.normal(size=shape) / np.sqrt(shape[0]) for shape in shapes] for _ in range(24)]
        x = rng.normal(size=(1, 8, 32))
        for post in (False, True):
            early = stack(x, blocks[:4], post)
            late = stack(early, blocks[4:], post)
            found[post].append([np.sqrt(np.mean(late**2))] + [np.corrcoef(x.ravel(), each.ravel())[0, 1] for each in (early, late)])
    for post, rows in found.items():
        (size, first, last), (_, _, spread) = np.mean(rows, axis=0), np.std(rows, axis=0)
        print(f"{'post' if post else 'pre'}-norm: size after 24 blocks {size:.2f}; correlation with the input after 4 {first:.2f}, after 24 {last:.2f} ± {spread:.2f}")

# %% [markdown]
# In pre-norm the stream grows, to 5.15, and still carries the input: a correlation of 0.18 after 24 blocks, since it is one of many parts that were added up. In post-norm every norm shrinks what was there before, and after 24
# blocks nothing of it can be seen, 0.02 ± 0.06. Backwards the gradient takes the same paths.

# %% [markdown] question="pre-post" points=4
# ### Q. "Pre-norm or post-norm, RMSNorm or LayerNorm: which and why?"   *(medium, 4 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - pre-norm leaves the residual path a plain sum, so gradients reach the first layers undamped; deep models train without long warm-up
# - post-norm norms the sum in every layer: it needs warm-up and care at the start, and can end better where it trains
# - pre-norm's activations grow with depth, so a final norm before the output is needed
# - RMSNorm drops the mean and the bias: cheaper, as good in practice; statistics in float32
#
# **Red flags** (-1): "norm makes the input Gaussian"; batch norm.
#
# **A strong answer, said aloud**: I take pre-norm with RMSNorm, as nearly every current large model does. In pre-norm each sublayer reads a normed copy of the stream and adds its result, so from input to output
# there is one plain sum and the gradient gets to the first layer without passing a norm. Post-norm, as in the original paper, norms the sum itself in every layer; then gradients near the output are large at the start, and training
# diverges without a warm-up. It can reach a slightly better loss when it does train, and there are mixtures, such as norms both before and after each sublayer. With pre-norm the stream grows with depth, because every block
# adds to it, so later blocks change it less in relation, and one needs a final norm before the logits. RMSNorm leaves out LayerNorm's mean and bias. It saves one pass over the data and parameters, with no loss in quality
# that people could find. The mean of squares is computed in float32 even in a 16-bit model, since squares overflow or lose digits.
#
# **A weak candidate says**: Pre-norm is more stable because the inputs are normalised.
#
# **Follow-ups**:
# - *Where does eps stand, and does it matter?* Inside the root; for rows below about √eps, or in 16 bits, where 1e-8 is 0.
# - *Why no batch norm?* Statistics over a batch of texts of different lengths leak between rows, and differ between training and decoding.
# - *What is the final norm for?* The stream's size grows with depth; the output layer should not see that.
# === END MARK SCHEME ===

# %% [markdown]
# ## 9. Predict: `block_predicted`   *(medium, 8 min, asked often)*
#
# > *"How many parameters has one block? How many does a token use?"*
#
# A hunt without a bug: count. $W_Q$ and $W_O$ are $D\times D$, $W_K$ and $W_V$ have the key heads' columns only. Each expert is a SwiGLU of three matrices. More than one expert need a router, $D\times E$, which every token
# uses. And two gammas.


# %%
def block_predicted(width, n_heads, n_kv_heads, hidden, n_experts, k):
    """Parameters of one pre-norm block: how many there are, and how many one token uses.

    All are whole numbers >= 1, Python ints or numpy integers of 32 or 64 bits: the width, query
    heads, key (and value) heads, hidden width of one expert, experts, experts a token uses.
    Wq and Wo are (width, width), Wk and Wv have n_kv_heads heads of width / n_heads columns each.
    Every expert has three (width, hidden) matrices. Where n_experts > 1 there is a router of
    (width, n_experts). Two gammas of (width,). No biases.
    Returns (total, active), two whole numbers of an integer type: all parameters; those that one
    token uses, that is all but the experts that it does not use. No overflow, no warning.
    ValueError: n_heads does not divide width, n_kv_heads does not divide n_heads, or k is
    outside 1..n_experts.
    """
    ### BEGIN SOLUTION
    width, n_heads, n_kv_heads, hidden, n_experts, k = (int(one) for one in (width, n_heads, n_kv_heads, hidden, n_experts, k))
    if width % n_heads or n_heads % n_kv_heads:
        raise ValueError(f"width {width}, {n_heads} heads and {n_kv_heads} key heads do not divide")
    if not 1 <= k <= n_experts:
        raise ValueError(f"cannot use {k} of {n_experts} experts")
    attention = 2 * width * width + 2 * width * (width // n_heads * n_kv_heads)
    router = width * n_experts if n_experts > 1 else 0
    rest, expert = attention + router + 2 * width, 3 * width * hidden
    return rest + n_experts * expert, rest + k * expert
    ### END SOLUTION


# %%
check(block_predicted)

# %% [markdown]
# **In PyTorch.** `sum(p.numel() for p in block.parameters())` counts all of them; nobody but you counts the active ones. Embedding and output layer come on top, and with tied weights they count once.

# %%
if ready(block_predicted):
    for name, layers, vocabulary, shape in (
        ("Llama-2-7B", 32, 32_000, (4096, 32, 32, 11_008, 1, 1)),
        ("Llama-3-8B", 32, 128_256, (4096, 32, 8, 14_336, 1, 1)),
        ("Mixtral 8x7B", 32, 32_000, (4096, 32, 8, 14_336, 8, 2)),
    ):
        total, active = (layers * count + 2 * vocabulary * shape[0] + shape[0] for count in block_predicted(*shape))
        embeddings = 2 * vocabulary * shape[0]
        print(f"{name:13} {total / 1e9:6.2f} billion, a token uses {active / 1e9:5.2f}; embedding and output layer {embeddings / 1e9:.2f}")

# %% [markdown]
# 6.74, 8.03 and 46.70 billion: the published sizes. Mixtral is "8x7B" and not 56, since only the experts are eight; a token uses 12.88 billion.
#
# ## Bug hunt: the mask of a chunk   *(medium, 15 min, asked often)*
#
# *"Causal attention is a lower triangle."* Here is what that looks like in published code. In training there are as many queries as keys, and it is right. Then a cache comes in: the queries are the **last** few tokens, the keys all
# of them.


# %%
def chunk_attention(q, k, v):
    """Causal attention of the last tokens over all tokens so far, as published. Wrong."""
    mask = np.tril(np.ones((len(q), len(k)), dtype=bool))
    scores = np.where(mask, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ v


rng = np.random.default_rng(6)
q, k, v = rng.normal(size=(3, 6, 4))
whole = chunk_attention(q, k, v)
print("6 queries, 6 keys, the last row:", np.round(whole[-1], 2))
print("the last query alone, 6 keys:   ", np.round(chunk_attention(q[-1:], k, v)[0], 2))

# %% [markdown]
# The same query over the same keys, and another answer. **Give an input on which the function is wrong.**


# %%
def chunk_counterexample():
    """Arguments of chunk_attention for which its result is not causal attention of the last Tq of Tk positions.

    Returns (q, k, v): numpy arrays (Tq, d), (Tk, d), (Tk, dv) of finite numbers, Tq <= Tk, with at most
    1000 entries each and no entry above 100 in absolute value.
    The published result must differ from the right one by more than 0.01 somewhere.
    For full marks it is wrong although Tq is at least 2.
    """
    ### BEGIN SOLUTION
    import numpy as np

    # the lower triangle from the top left shows these two queries one and two keys; they stand last, so they see three and four
    return np.zeros((2, 1)), np.zeros((4, 1)), np.array([[1.0], [2.0], [3.0], [4.0]])
    ### END SOLUTION


# %%
check(chunk_counterexample)

# %% [markdown]
# **Then, fixed.**


# %%
def chunk_mended(q, k, v):
    """Causal attention of the last Tq of Tk positions: a chunk of queries over a KV cache.

    q: (Tq, d), k: (Tk, d), v: (Tk, dv): real numbers of any dtype. Not changed. Query i stands at
    position Tk - Tq + i and sees the keys at that position and before it; scores are divided by
    sqrt(d).
    Returns (Tq, dv), a new array. float32 stays float32; whole numbers of any type are computed in
    float64. Right at scores of ±1e4. No warning.
    ValueError: Tq > Tk, an empty array, not two axes, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(q, k, v)
    if q.ndim != 2 or k.ndim != 2 or q.shape[0] > k.shape[0]:
        raise ValueError(f"{q.shape} queries cannot be the last of {k.shape} keys")
    queries = xp.arange(q.shape[0], device=device(q))[:, None] + (k.shape[0] - q.shape[0])
    return attention(q, k, v, xp.arange(k.shape[0], device=device(q))[None, :] <= queries)
    ### END SOLUTION


# %%
check(chunk_mended)

# %% [markdown]
# **In PyTorch.** `F.scaled_dot_product_attention(..., is_causal=True)` is the triangle from the top left, so with a cache give a mask, or `torch.nn.attention.bias.causal_lower_right(Tq, Tk)`. FlashAttention changed from the top left to the
# bottom right in version 2.1: the same call, other numbers.

# %%
if ready(chunk_mended):
    for size in (6, 3, 2, 1):
        right = np.max(np.abs(np.asarray(chunk_mended(q[-size:], k, v)) - whole[-size:]))
        wrong = np.max(np.abs(chunk_attention(q[-size:], k, v) - whole[-size:]))
        print(f"the last {size} of 6 queries: differs from the whole text's rows by {right:.0e} fixed, {wrong:.2f} as published")

# %% [markdown]
# With all 6 queries both are right, which is why training never shows it. With a chunk the published rows are off by 0.8 to 2.2, and the fewer queries there are, the more keys are lost. In a model nothing crashes: it has simply forgotten its latest tokens.
#
# ## Bug hunt: a loss that falls to nothing   *(medium, 15 min, asked often)*
#
# *"Our decoder's loss fell to 0.0 in a few hundred steps. It writes nonsense."* This is the loss it was trained with. `pad` marks the places where there is no token.


# %%
def published_loss(logits, tokens, pad):
    """Mean cross-entropy of a language model and its gradient, as published. Wrong."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    onehot = tokens[..., None] == np.arange(logits.shape[-1])
    loss = -np.log(np.sum(p * onehot, axis=-1) + 1e-12)
    return loss.mean(), (p - onehot) / tokens.size


# %% [markdown]
# The logits at position $t$ are the model's guess for the token at $t+1$. What does this function ask them for? And what does it do where there is no token? Find both, then write it as it should be. The decoder below trains with
# your function.


# %%
def next_token_mended(logits, tokens, pad):
    """The mean cross-entropy of predicting each next token, and its gradient.

    logits: (B, T, V), finite real numbers of any dtype; tokens: (B, T) whole numbers of any
    integer type, each in 0..V-1 or equal to pad; pad: a Python int, outside 0..V-1 (-1, say) or
    one of the tokens. Not changed.
    logits[b, t] predict tokens[b, t + 1]. Those with t + 1 < T whose tokens[b, t + 1] is not pad
    count, all alike: the loss is the mean over them of -log softmax(logits[b, t])[tokens[b, t + 1]].
    Returns (loss, dlogits): a number, and the loss's gradient by logits, a new array of their
    shape, 0 where nothing counts.
    float32 stays float32; whole-number logits of any type are computed in float64. Finite and
    right at logits of ±1000. No warning.
    ValueError: logits without three axes, V = 0, tokens that are not (B, T), or no position that
    counts.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(logits, tokens)
    if logits.ndim != 3 or 0 in logits.shape or tokens.shape != logits.shape[:2]:
        raise ValueError(f"shapes do not fit: logits {logits.shape}, tokens {tokens.shape}")
    if not xp.isdtype(logits.dtype, "real floating"):
        logits = xp.astype(logits, xp.float64)
    target = xp.astype(tokens, xp.int64)[:, 1:]
    counts = target != pad
    n = int(xp.sum(xp.astype(counts, xp.int64)))
    if n == 0:
        raise ValueError("there is no next token")
    shifted = logits[:, :-1, :] - xp.max(logits[:, :-1, :], axis=2, keepdims=True)
    total = xp.sum(xp.exp(shifted), axis=2, keepdims=True)
    log_p = shifted - xp.log(total)
    onehot = target[..., None] == xp.arange(logits.shape[2], device=device(logits))
    chosen = onehot & counts[..., None]
    loss = -float(xp.sum(xp.where(chosen, log_p, 0.0))) / n
    dlogits = xp.where(counts[..., None], (xp.exp(log_p) - xp.astype(onehot, logits.dtype)) / n, 0.0)
    return loss, xp.concat([dlogits, xp.zeros_like(logits[:, :1, :])], axis=1)
    ### END SOLUTION


# %%
check(next_token_mended)

# %% [markdown]
# **In PyTorch.** `F.cross_entropy(logits[:, :-1].reshape(-1, V), tokens[:, 1:].reshape(-1), ignore_index=pad)`. Hugging Face models shift **inside** when they are given `labels`, so shifting outside as well trains on the token after next.
#
# ## A tiny decoder that copies
#
# Everything together: an embedding, one block (your `rms_norm`, `rope`, `attention`, `swiglu` inside your `pre_norm_block`), a final norm, an output layer. Its lines are six random letters, a bar, and the same six letters again, `hcafeb|hcafeb`. The first half cannot be
# predicted; the second can, by a head that looks **six tokens back**: exactly what RoPE makes possible, since a score may depend on the distance.
#
# The gradient is given: each line of the forward pass backwards, as in *backprop*. The cell after it checks it against central differences of **your** forward pass.

# %%
LETTERS, BAR, LENGTH = 8, 8, 6  # letters 0 to 7, the bar is token 8
VOCABULARY, WIDTH, HEADS, HIDDEN, EPS = 9, 32, 2, 48, 1e-6
TOKENS = 2 * LENGTH + 1
CAUSAL = np.tril(np.ones((TOKENS, TOKENS), dtype=bool))


def lines(rng, count):
    """Lines of six letters, a bar, the same six letters."""
    letters = rng.integers(0, LETTERS, (count, LENGTH))
    return np.concatenate([letters, np.full((count, 1), BAR), letters], axis=1)


def start(seed):
    """Weights: embedding, two gammas and the last one, attention, SwiGLU, output."""
    rng = np.random.default_rng(seed)
    shapes = {"embed": (VOCABULARY, WIDTH), "wq": (WIDTH, WIDTH), "wk": (WIDTH, WIDTH), "wv": (WIDTH, WIDTH), "wo": (WIDTH, WIDTH)}
    shapes |= {"gate": (WIDTH, HIDDEN), "up": (WIDTH, HIDDEN), "down": (HIDDEN, WIDTH), "out": (WIDTH, VOCABULARY)}
    weights = {name: rng.normal(size=shape) / np.sqrt(shape[0] if name != "embed" else 1) for name, shape in shapes.items()}
    return weights | {name: np.ones(WIDTH) for name in ("gamma1", "gamma2", "gamma3")}


def split(array):
    """(B, T, D) as (B, H, T, d)."""
    return array.reshape(*array.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)


def merge(array):
    """(B, H, T, d) as (B, T, D)."""
    return array.transpose(0, 2, 1, 3).reshape(array.shape[0], array.shape[2], -1)


def decoder(tokens, w, positions=None, mask=None):
    """The logits (B, T, V), by your functions."""
    length = tokens.shape[1]
    positions = np.arange(length) if positions is None else positions
    mask = CAUSAL[:length, :length] if mask is None else mask

    def attend(x):
        q, k = (np.asarray(rope(split(x @ w[name]), positions, 100.0)) for name in ("wq", "wk"))
        return merge(np.asarray(attention(q, k, split(x @ w["wv"]), mask))) @ w["wo"]

    def feed(x):
        return np.asarray(swiglu(x, w["gate"], w["up"], w["down"]))

    h = np.asarray(pre_norm_block(w["embed"][tokens], attend, feed, w["gamma1"], w["gamma2"], EPS))
    return np.asarray(rms_norm(h, w["gamma3"], EPS)) @ w["out"]


# %% [markdown]
# **Its gradient**, folded: open it to see each step's backward line.

# %% tags=["folded"]
def turn(x, angles):
    """RoPE with adjacent pairs by angles (T, d/2); negative ones turn back, which is the backward pass."""
    a, b, c, s = x[..., 0::2], x[..., 1::2], np.cos(angles), np.sin(angles)
    return np.stack([a * c - b * s, a * s + b * c], axis=-1).reshape(x.shape)


def norm_forward(x, gamma):
    scale = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)
    return x * scale * gamma, (x, scale, gamma)


def norm_backward(dout, kept):
    x, scale, gamma = kept
    normed, dnormed = x * scale, dout * gamma
    dx = scale * (dnormed - normed * np.mean(dnormed * normed, axis=-1, keepdims=True))
    return dx, np.sum(dout * normed, axis=(0, 1))


def gradients(tokens, w, loss_of, positions=None, mask=None):
    """The loss and the gradient of every weight; `loss_of(logits, tokens, pad)` gives loss and dlogits."""
    length = tokens.shape[1]
    mask = CAUSAL[:length, :length] if mask is None else mask
    at = np.arange(length) if positions is None else positions
    d = WIDTH // HEADS
    angles = at[:, None] * 100.0 ** (-np.arange(0, d, 2) / d)

    x0 = w["embed"][tokens]
    n1, kept1 = norm_forward(x0, w["gamma1"])
    q, k, v = turn(split(n1 @ w["wq"]), angles), turn(split(n1 @ w["wk"]), angles), split(n1 @ w["wv"])
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / np.sqrt(d), -np.inf)
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    seen = merge(p @ v)
    x1 = x0 + seen @ w["wo"]
    n2, kept2 = norm_forward(x1, w["gamma2"])
    gate, up = n2 @ w["gate"], n2 @ w["up"]
    sigmoid = 1 / (1 + np.exp(-gate))
    act = gate * sigmoid * up
    x2 = x1 + act @ w["down"]
    n3, kept3 = norm_forward(x2, w["gamma3"])
    loss, dlogits = loss_of(n3 @ w["out"], tokens, -1)
    dlogits, g = np.asarray(dlogits), {}

    def weight(name, left, right):
        """The gradient of the weight between two activations."""
        g[name] = left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])

    weight("out", n3, dlogits)
    dx2, g["gamma3"] = norm_backward(dlogits @ w["out"].T, kept3)
    weight("down", act, dx2)
    dact = dx2 @ w["down"].T
    dup, dgate = dact * gate * sigmoid, dact * up * sigmoid * (1 + gate * (1 - sigmoid))
    weight("gate", n2, dgate)
    weight("up", n2, dup)
    dn2, g["gamma2"] = norm_backward(dgate @ w["gate"].T + dup @ w["up"].T, kept2)
    dx1 = dx2 + dn2
    weight("wo", seen, dx1)
    dseen = split(dx1 @ w["wo"].T)
    dp = dseen @ v.swapaxes(-1, -2)
    dscores = p * (dp - np.sum(dp * p, axis=-1, keepdims=True)) / np.sqrt(d)
    dq, dk = merge(turn(dscores @ k, -angles)), merge(turn(dscores.swapaxes(-1, -2) @ q, -angles))
    dv = merge(p.swapaxes(-1, -2) @ dseen)
    dn1 = dq @ w["wq"].T + dk @ w["wk"].T + dv @ w["wv"].T
    for name, right in (("wq", dq), ("wk", dk), ("wv", dv)):
        weight(name, n1, right)
    dfirst, g["gamma1"] = norm_backward(dn1, kept1)
    g["embed"] = np.zeros_like(w["embed"])
    np.add.at(g["embed"], tokens, dx1 + dfirst)
    return float(loss), g, p


def train(seed, loss_of, steps=300, batch=16, lr=0.01, positions=None, mask=None):
    """Adam on fresh lines in each step: the weights and the losses."""
    rng, w = np.random.default_rng(seed), start(seed)
    first = {name: np.zeros_like(value) for name, value in w.items()}
    second, losses = {name: np.zeros_like(value) for name, value in w.items()}, []
    for step in range(1, steps + 1):
        loss, g, _ = gradients(lines(rng, batch), w, loss_of, positions, mask)
        losses.append(loss)
        for name in w:
            first[name] = 0.9 * first[name] + 0.1 * g[name]
            second[name] = 0.99 * second[name] + 0.01 * g[name] ** 2
            w[name] = w[name] - lr * (first[name] / (1 - 0.9**step)) / (np.sqrt(second[name] / (1 - 0.99**step)) + 1e-8)
    return w, losses


# %%
PARTS = (attention, rope, rms_norm, swiglu, pre_norm_block, next_token_mended)
if ready(*PARTS):
    rng, w = np.random.default_rng(7), start(7)
    tokens = lines(rng, 3)
    _, g, _ = gradients(tokens, w, next_token_mended)
    worst = 0.0
    for name in w:
        for _ in range(3):
            way = rng.normal(size=w[name].shape)
            ends = [next_token_mended(decoder(tokens, w | {name: w[name] + h * way}), tokens, -1)[0] for h in (1e-5, -1e-5)]
            worst = max(worst, abs((ends[0] - ends[1]) / 2e-5 - np.sum(g[name] * way)) / np.linalg.norm(g[name] * way))
    print(f"{sum(value.size for value in w.values())} weights; largest relative difference to central differences of your forward pass: {worst:.0e}")

# %% [markdown]
# Then train it, on fresh lines in every step, and let it write: it gets six letters and the bar and appends its most probable token six times. Beside it, three variants that are wrong or lack a part: the loss as published (no shift), no causal mask, and no positions
# (all angles 0). Three seeds each.

# %%
def written(w, rng, count=100, **how):
    """The fraction of letters that the decoder copies right, one token after the other."""
    wanted = lines(rng, count)
    tokens = wanted[:, : LENGTH + 1]
    for _ in range(LENGTH):
        cut = {name: value[: tokens.shape[1]] for name, value in how.items()}
        tokens = np.concatenate([tokens, decoder(tokens, w, **cut)[:, -1].argmax(axis=-1)[:, None]], axis=1)
    return np.mean(tokens[:, LENGTH + 1 :] == wanted[:, LENGTH + 1 :])


if ready(*PARTS):
    begin = time.perf_counter()
    VARIANTS = {
        "right": (next_token_mended, {}),
        "no shift": (published_loss, {}),
        "no causal mask": (next_token_mended, {"mask": np.ones((TOKENS, TOKENS), dtype=bool)}),
        "no positions": (next_token_mended, {"positions": np.zeros(TOKENS)}),
    }
    curves, trained = {}, {}
    for name, (loss_of, how) in VARIANTS.items():
        runs = [train(seed, loss_of, **how) for seed in range(3)]
        curves[name], trained[name] = np.array([losses for _, losses in runs]), runs[0][0]
        keep = {"positions": np.zeros(TOKENS, dtype=np.int64)} if "positions" in how else {}
        copied = [written(w, np.random.default_rng(100 + seed), **keep) for seed, (w, _) in enumerate(runs)]
        last = curves[name][:, -20:].mean(axis=1)
        print(f"{name:15} loss at the end {last.mean():.3f} ± {last.std():.3f}, letters copied {np.mean(copied):.3f} ± {np.std(copied):.3f}")
    # of twelve next tokens the bar and the six copied letters can be known; the letters two to six cannot
    floor = 5 * np.log(LETTERS) / 12
    print(f"five of twelve next tokens are random: the lowest honest loss is {floor:.3f}")
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    for name, losses in curves.items():
        ax.plot(losses.mean(axis=0), label=name)
    ax.axhline(floor, color="black", linestyle=":", label="lowest honest loss")
    ax.set(xlabel="step", ylabel="loss (mean of three seeds)")
    ax.grid(True)
    figure.legend(fontsize=8, loc="outside upper center", ncols=5)
    plt.show()
    print(f"training took {time.perf_counter() - begin:.1f} s")

# %% [markdown]
# The right decoder comes near the lowest honest loss and copies 0.996 of the letters of lines it has never seen. **Two variants have a loss of 0.000 and cannot write**: without the shift the model learns to hand back its own token, without the mask it
# reads the answer, and in writing there is none to read. A loss below what the data allow is no success but a leak. Without positions it knows which letters stand in the line, but not which comes next.
#
# **What the heads look at.** The attention of the trained decoder on one line. A red dot marks the token six back, which is the one that comes next:

# %%
if ready(*PARTS):
    w = trained["right"]
    sample = lines(np.random.default_rng(9), 1)
    _, _, p = gradients(sample, w, next_token_mended)
    text = ["abcdefgh|"[token] for token in sample[0]]
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 4.2), layout="constrained")
    for head, ax in enumerate(axes):
        ax.imshow(p[0, head], cmap="Blues", vmin=0, vmax=1)
        ax.plot(np.arange(LENGTH, TOKENS) - LENGTH, np.arange(LENGTH, TOKENS), "r.", markersize=3)
        ax.set(xticks=range(TOKENS), xticklabels=text, yticks=range(TOKENS), yticklabels=text, title=f"head {head}", xlabel="key", ylabel="query")
    plt.show()
    print(f"weight of the second half's queries on the token six back: {np.mean([p[0, :, t, t - LENGTH] for t in range(LENGTH, TOKENS - 1)], axis=0).round(2)}")
    shifted = [np.mean(decoder(sample, w, positions=np.arange(TOKENS) + by)[0] - decoder(sample, w)[0]) for by in (1, 1000)]
    print(f"the whole line moved by 1 and by 1000 positions: logits change by {np.max(np.abs(shifted)):.0e}")

# %% [markdown]
# Nobody told it, and it found a division of labour: in the second half the heads take turns, and while one looks exactly six tokens back the other rests, on the bar or on what it has just looked at. Hence half of the weight from each. The whole line can stand
# anywhere: moved by 1 000 positions the logits change by rounding only.
#
# **Play with it**: the score of a query and a key that are equal, by distance, as the base and the width vary. The static picture is at 10 000 and 64.


# %%
def agreement(base=10_000.0, pairs=32.0):
    """How a query agrees with an equal key at a distance: the mean cosine over the pairs."""
    width = 2 * int(pairs)
    x = np.ones((2048, width)) / np.sqrt(width)
    distances = np.arange(2048)
    line = np.asarray(rope(x, distances, base)) @ x[0]
    figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
    ax.plot(distances, line)
    ax.set(xlabel="distance", ylabel="score, 1 at distance 0", ylim=(-0.5, 1.05), title=f"base {base:g}, head of width {width}")
    ax.grid(True)
    plt.show()
    for first, last in ((1, 10), (100, 200), (1800, 2047)):
        print(f"mean score over distances {first} to {last}: {line[first : last + 1].mean():.2f}")


if ready(rope):
    agreement()

# %% [markdown]
# The score is 0.76 on average over the ten nearest tokens, 0.39 at 100 to 200 and 0.12 at 1 800 and beyond, with ripples of about 0.2: near tokens are favoured a little, and nothing is cut off. A larger base stretches the curve, which is how models are prepared for longer texts.

# %%
if ready(rope):
    interact(
        agreement,
        base=FloatSlider(10_000, min=100, max=1_000_000, step=100, continuous_update=False),
        pairs=FloatSlider(32, min=4, max=64, step=4, continuous_update=False),
    )

# %% [markdown] tags=["sheet"]
# ## One page: attention and the transformer block
#
# | what | formula | watch |
# |---|---|---|
# | attention | softmax(q kᵀ/√d) v | True = may be seen; a row that sees nothing: zeros; take the maximum off |
# | √d | q·k has variance d | d of the head |
# | heads | columns i·d to (i+1)·d, then the same rows of W_O | reshape to (B,T,H,d), **then** swap |
# | grouped queries | query head i uses key head i // (H/G) | `repeat`, not `tile`; the cache shrinks by H/G |
# | RoPE | pairs turn by position · base^(-2i/d) | adjacent pairs or halves; angles in float64; values stay |
# | RMSNorm | x/√(mean x² + ε) · γ | ε inside the root, no mean |
# | SwiGLU | (silu(xW_g) ⊙ xW_u) W_d | F = 8/3 D; silu on the gate |
# | routing | top k logits, softmax over these | rows sum to 1; balance loss E·Σ f·p |
# | block | h = x + attend(norm x); h + feed(norm h) | second norm takes h; final norm at the end |
# | causal with a cache | key j ≤ Tk − Tq + i | the lower triangle only for Tq = Tk |
# | cost forward | 24TD² + 4T²D a block | equal near T = 6D |
# | loss | logits[t] against tokens[t+1] | pad left out of the mean |
#
# **Traps**: −1e9 instead of −∞ · softmax over queries · scale by √D · `tile` · half-split cos with adjacent sin · positions from 0 after a cache · ε outside · softmax over all experts, not renormalised · post-norm by accident · no shift: the loss falls to 0.
#
# **Sixty seconds to say**: A query's dot products with all keys, divided by √d so that the softmax does not saturate, become weights; the output is the weighted mean of the values. Heads do this in slices of columns, so they look at
# different things; grouped queries share keys to shrink the cache. RoPE turns queries and keys by their position, so scores depend on distance. A block adds attention and a gated feed-forward layer to a residual stream, each on a normed copy. A
# mixture of experts lets each token use k of many feed-forward layers. Causal means: no key later than the query's own position, counted from the end when there is a cache. Train on the next token, and if the loss falls below what the data allow,
# look for the leak.

# %%
status()
