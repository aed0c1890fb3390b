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
#     title: "Alignment and retrieval (对齐与检索)"
#     order: 12
#     minutes: 200
#     topics: [fine-tuning, preferences, policy gradients, retrieval]
#     needs: [backprop, metrics, generation]
#     out_of_scope: "training a reward model at scale, value networks, vector indexes"
# ---

# %% [markdown]
# # Alignment and retrieval (对齐与检索)
#
# **Needs:** `backprop` (softmax and its gradient), `metrics` and `generation`. No exercise uses code from there.

# %% tags=["folded"]
import numpy as np

from grader import check, status

# %% [markdown]
# ## 1. `response_log_prob`   *(medium, 15 min, asked often)*


# %%
def response_log_prob(logits, tokens, mask):
    """The log-probability that a model gives to the response in each row.

    logits: (B, T, V), finite; tokens: (B, T), whole numbers 0..V-1; mask: (B, T), 1 on the
    tokens of the response, 0 elsewhere, not necessarily in one piece.
    The logits at position t - 1 predict the token at position t. The result is the SUM (not the
    mean) of log softmax(logits[b, t - 1])[tokens[b, t]] over all t >= 1 with mask[b, t] = 1. The
    token at position 0 is never predicted and never counts, whatever its mask. A row without a
    response token gives 0.
    Returns an array of shape (B,). Finite, without a warning, at logits of +-1000.
    ValueError: nothing in it, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(logits, tokens, mask)
    if logits.ndim != 3 or 0 in logits.shape or tokens.shape != logits.shape[:2] or mask.shape != tokens.shape:
        raise ValueError("logits must be (B, T, V), tokens and mask (B, T), none of them empty")
    if not xp.isdtype(logits.dtype, "real floating"):
        logits = xp.astype(logits, xp.float64)
    before = logits[:, :-1, :]
    before = before - xp.max(before, axis=-1, keepdims=True)
    picked = xp.take_along_axis(before, xp.astype(tokens[:, 1:], xp.int64)[:, :, None], axis=-1)[:, :, 0]
    log_prob = picked - xp.log(xp.sum(xp.exp(before), axis=-1))
    return xp.sum(xp.where(mask[:, 1:] != 0, log_prob, xp.zeros_like(log_prob)), axis=1)
    ### END SOLUTION


# %%
check(response_log_prob)

# %% [markdown]
# ## 2. `sft_batch_mended`   *(medium, 12 min, asked sometimes)*
#
# A bug hunt. Many tokenisers have no token for padding, and people set `pad = eos`. The mask below is then 0 on the eos of every response: the model never learns to stop.


# %%
def sft_batch(prompts, responses, eos, pad):
    rows = [prompt + response + [eos] for prompt, response in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    mask = (tokens != pad).astype(int)
    for row, prompt in zip(mask, prompts, strict=True):
        row[: len(prompt)] = 0
    return tokens, mask


# %%
def sft_batch_mended(prompts, responses, eos, pad):
    """Prompts and responses as one batch for fine-tuning, and which tokens are trained on.

    prompts, responses: lists of equal length of lists of whole numbers; a prompt has a token at
    least, a response may be empty; not changed. eos, pad: whole numbers, possibly the SAME one,
    which may occur in prompts and responses too.
    Each row is prompt + response + [eos], filled with pad on the right up to the longest row.
    Returns tokens, mask: two integer arrays (B, T); the mask is 1 on the response's tokens and on
    its eos, 0 on the prompt and on the padding.
    ValueError: no rows, lists of unequal length, or an empty prompt.
    """
    ### BEGIN SOLUTION
    import numpy as np

    if not prompts or len(prompts) != len(responses) or any(len(prompt) == 0 for prompt in prompts):
        raise ValueError("need as many prompts as responses, one at least, and no empty prompt")
    width = max(len(prompt) + len(response) + 1 for prompt, response in zip(prompts, responses, strict=True))
    tokens, mask = np.full((len(prompts), width), pad), np.zeros((len(prompts), width), int)
    for row, (prompt, response) in enumerate(zip(prompts, responses, strict=True)):
        end = len(prompt) + len(response) + 1
        tokens[row, :end] = [*prompt, *response, eos]
        mask[row, len(prompt) : end] = 1
    return tokens, mask
    ### END SOLUTION


# %%
check(sft_batch_mended)

# %% [markdown]
# ## 3. `dpo_loss`   *(medium, 12 min, asked often)*


# %%
def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """The loss of direct preference optimisation, and its gradient by the first argument.

    Four arrays (n,) of sequence log-probabilities, beta a number > 0.
    With z = beta * ((policy_chosen - ref_chosen) - (policy_rejected - ref_rejected)) the loss is
    the mean over the n pairs of -log sigmoid(z); beta stands inside the sigmoid.
    Returns loss, dchosen: a number, and the gradient of that mean by policy_chosen, (n,).
    Exact and without a warning at z of +-1000.
    ValueError: no pairs, or shapes that are not all (n,).
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    given = (policy_chosen, policy_rejected, ref_chosen, ref_rejected)
    xp = array_namespace(*given)
    if policy_chosen.ndim != 1 or policy_chosen.shape[0] == 0 or any(array.shape != policy_chosen.shape for array in given):
        raise ValueError("need four arrays of the same shape (n,), n >= 1")
    pc, pr, rc, rr = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in given)
    z = beta * ((pc - rc) - (pr - rr))
    small = xp.exp(-xp.abs(z))
    loss = xp.mean(xp.where(z < 0, -z, xp.zeros_like(z)) + xp.log1p(small))
    wrong = xp.where(z < 0, xp.ones_like(z), small) / (1 + small)  # sigmoid(-z), the model's probability of the wrong order
    return loss, -beta / z.shape[0] * wrong
    ### END SOLUTION


# %%
check(dpo_loss)

# %% [markdown]
# ## 4. `group_advantages`   *(easy, 8 min, asked often)*
#
# **Two conventions.** The standard deviation here has **ddof 0**. `torch.std` and TRL divide by G - 1.


# %%
def group_advantages(rewards, eps):
    """GRPO's advantages: each reward compared with the other responses to the same prompt.

    rewards: (P, G), one ROW a prompt. eps: a number > 0.
    Returns (r - row mean) / (row std + eps), like rewards, the standard deviation with ddof 0
    (divided by G). A row of equal rewards gives zeros (within 1e-6 at eps 1e-6, for seven times
    0.1 in float32 too), G = 1 as well.
    ValueError: nothing in it, or not two axes.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(rewards)
    if rewards.ndim != 2 or 0 in rewards.shape:
        raise ValueError("rewards must be (P, G), P and G at least 1")
    if not xp.isdtype(rewards.dtype, "real floating"):
        rewards = xp.astype(rewards, xp.float64)
    shifted = rewards - rewards[:, :1]  # equal rewards become exact zeros, so no rounding is left for the mean
    centred = shifted - xp.mean(shifted, axis=1, keepdims=True)
    return centred / (xp.sqrt(xp.mean(centred * centred, axis=1, keepdims=True)) + eps)
    ### END SOLUTION


# %%
check(group_advantages)

# %% [markdown]
# ## 5. `ppo_clip_loss`   *(medium, 15 min, asked often)*


# %%
def ppo_clip_loss(log_probs, old_log_probs, advantages, mask, low, high):
    """PPO's clipped loss over the tokens of a batch of responses.

    log_probs, old_log_probs: (B, T), log-probabilities of the tokens under the policy and under
    the policy that drew them; advantages: (B,), one a response, finite; mask: (B, T), 1 on real
    tokens. Where the mask is 0 anything may stand, -inf and nan too; at real tokens
    log_probs - old_log_probs lies within +-20.
    With r = exp(log_probs - old_log_probs) the loss is MINUS the mean, over all real tokens of the
    batch together, of min(r * A, clip(r, 1 - low, 1 + high) * A). low and high may differ.
    Returns a number. No warning.
    ValueError: nothing in it, shapes that do not fit, or no real token.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(log_probs, old_log_probs, advantages, mask)
    shape = log_probs.shape
    if len(shape) != 2 or 0 in shape or old_log_probs.shape != shape or mask.shape != shape or advantages.shape != shape[:1]:
        raise ValueError("need log_probs, old_log_probs and mask (B, T), advantages (B,)")
    real = mask != 0
    if not xp.any(real):
        raise ValueError("no real token")
    new, old, a = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in (log_probs, old_log_probs, advantages))
    new, old = (xp.where(real, x, xp.zeros_like(x)) for x in (new, old))
    ratio, a = xp.exp(new - old), a[:, None]
    kept = xp.where(real, xp.minimum(ratio * a, xp.clip(ratio, 1 - low, 1 + high) * a), xp.zeros_like(ratio))
    return -xp.sum(kept) / xp.sum(xp.astype(real, kept.dtype))
    ### END SOLUTION


# %%
check(ppo_clip_loss)

# %% [markdown]
# ## 6. `clip_predicted`   *(medium, 8 min, asked often)*
#
# Predict where the clipped objective still pushes.


# %%
def clip_predicted(ratios, advantages, low, high):
    """The derivative of min(r * A, clip(r, 1 - low, 1 + high) * A) by r.

    ratios: (n,), positive, none of them exactly 1 - low or 1 + high; advantages: (n,), not 0.
    Returns an array (n,): A where the objective still changes with r, 0 where it does not.
    ValueError: nothing in it, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(ratios, advantages)
    if ratios.ndim != 1 or ratios.shape[0] == 0 or advantages.shape != ratios.shape:
        raise ValueError("need ratios and advantages (n,), n >= 1")
    r, a = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in (ratios, advantages))
    away = ((a > 0) & (r > 1 + high)) | ((a < 0) & (r < 1 - low))
    return xp.where(away, xp.zeros_like(a), a)
    ### END SOLUTION


# %%
check(clip_predicted)

# %% [markdown]
# ## 7. `kl_estimates`   *(easy, 8 min, asked often)*


# %%
def kl_estimates(log_probs, ref_log_probs):
    """Three estimators of KL(policy || reference), token by token.

    log_probs, ref_log_probs: log-probabilities, of one shape, any number of axes, 0 too, of tokens
    that were drawn from the POLICY. With l = ref_log_probs - log_probs, abs(l) <= 20:
    k1 = -l, k2 = l**2 / 2, k3 = exp(l) - 1 - l.
    Returns k1, k2, k3, arrays like log_probs. In float64 the relative error of k3 is below 1e-6
    down to abs(l) = 1e-8.
    ValueError: nothing in it, or shapes that differ.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(log_probs, ref_log_probs)
    if log_probs.shape != ref_log_probs.shape or 0 in log_probs.shape:
        raise ValueError("need two arrays of one shape, not empty")
    new, ref = (x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64) for x in (log_probs, ref_log_probs))
    log_ratio = ref - new
    near = xp.abs(log_ratio) < 0.5
    series = xp.ones_like(log_ratio)
    for n in range(16, 2, -1):  # 1 + l/3 (1 + l/4 (...)): the difference without its cancellation
        series = 1 + xp.where(near, log_ratio, xp.zeros_like(log_ratio)) / n * series
    square = log_ratio * log_ratio / 2
    return -log_ratio, square, xp.where(near, square * series, xp.expm1(log_ratio) - log_ratio)
    ### END SOLUTION


# %%
check(kl_estimates)

# %% [markdown]
# ## 8. `info_nce`   *(medium, 15 min, asked often)*


# %%
def info_nce(a, b, temperature):
    """The symmetric contrastive loss of a batch of pairs, as in CLIP.

    a, b: (n, d), row i of a belongs to row i of b; no row is all zeros. temperature > 0.
    Rows are scaled to length 1; logits = a @ b.T / temperature. The loss is the mean of two mean
    cross-entropies: over the rows (which b belongs to this a?) and over the columns (which a
    belongs to this b?), the diagonal being right, and part of the denominator.
    Returns a number; n = 1 gives 0. Finite at temperature 1e-3 (float32 is judged to 0.1 there).
    ValueError: nothing in it, or shapes that differ.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(a, b)
    if a.ndim != 2 or 0 in a.shape or b.shape != a.shape:
        raise ValueError("a and b must both be (n, d), not empty")
    rows = []
    for x in (a, b):
        x = x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64)
        x = x / xp.max(xp.abs(x), axis=1, keepdims=True)  # so that no square overflows
        rows.append(x / xp.sqrt(xp.sum(x * x, axis=1, keepdims=True)))
    logits = rows[0] @ rows[1].T / temperature
    right, loss = xp.linalg.diagonal(logits), 0.0
    for axis in (0, 1):
        largest = xp.max(logits, axis=axis, keepdims=True)
        total = xp.squeeze(largest, axis=axis) + xp.log(xp.sum(xp.exp(logits - largest), axis=axis))
        loss = loss + xp.mean(total - right) / 2
    return loss
    ### END SOLUTION


# %%
check(info_nce)

# %% [markdown]
# ## 9. `bm25_scores`   *(medium, 20 min, asked often)*


# %%
def bm25_scores(query, docs, k1, b):
    """BM25 of every document for a query.

    query: a list of terms, possibly empty; a term that is repeated counts again. docs: a list of
    lists of terms, strings; some may be empty, and count in n and in the mean length. k1 > 0,
    0 <= b <= 1. With tf the term's occurrences in the document and df the number of DOCUMENTS
    that have it, the score is the sum over the query's terms of
        idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / mean len)),
        idf = ln(1 + (n - df + 0.5) / (df + 0.5)).
    Unknown terms add 0. Returns a float64 array (n,).
    ValueError: no documents, or all of them empty.
    """
    ### BEGIN SOLUTION
    import math
    from collections import Counter

    import numpy as np

    n, total = len(docs), sum(map(len, docs))
    if total == 0:
        raise ValueError("need a document that is not empty")
    counts = [Counter(doc) for doc in docs]
    scores = [0.0] * n
    for term in query:
        df = sum(term in count for count in counts)
        idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
        for i, count in enumerate(counts):
            if term in count:
                scores[i] += idf * count[term] * (k1 + 1) / (count[term] + k1 * (1 - b + b * len(docs[i]) * n / total))
    return np.array(scores)
    ### END SOLUTION


# %%
check(bm25_scores)

# %% [markdown]
# ## 10. `retrieval_metrics`   *(easy, 10 min, asked often)*


# %%
def retrieval_metrics(ranked, relevant, k):
    """recall@k and the mean reciprocal rank within k, averaged over queries.

    ranked, relevant: lists, one entry a query: a list of ids, best first, possibly shorter than k
    or empty, and a list of the relevant ids; no id twice in either. k >= 1.
    recall@k of a query: how many of its relevant ids stand among its first k, divided by how many
    relevant ids it has (ALL of them, not at most k). Reciprocal rank: 1 / rank of the first
    relevant id within the first k, ranks from 1, or 0.
    Returns recall, mrr: two numbers.
    ValueError: no queries, lists of unequal length, a query without relevant ids, k < 1.
    """
    ### BEGIN SOLUTION
    if not ranked or len(ranked) != len(relevant) or k < 1 or any(len(wanted) == 0 for wanted in relevant):
        raise ValueError("need k >= 1 and for each query a ranking and relevant ids")
    recall = mrr = 0.0
    for found, wanted in zip(ranked, map(set, relevant), strict=True):
        hits = [rank for rank, item in enumerate(found[:k], 1) if item in wanted]
        recall += len(hits) / len(wanted)
        mrr += 1 / hits[0] if hits else 0.0
    return recall / len(ranked), mrr / len(ranked)
    ### END SOLUTION


# %%
check(retrieval_metrics)

# %% [markdown]
# ## 11. `ndcg_mended`   *(medium, 12 min, asked often)*
#
# A bug hunt. One relevant document of five is found, in the first place, and this function says 1.0.


# %%
def ndcg(ranked, grades, k):
    gains = [grades.get(item, 0) for item in ranked]
    dcg = sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1))
    ideal = sum(gain / np.log2(rank + 1) for rank, gain in enumerate(sorted(gains, reverse=True)[:k], 1))
    return dcg / ideal if ideal > 0 else 0.0


# %%
def ndcg_counterexample():
    """Arguments (ranked, grades, k) on which the function above is wrong.

    ranked: a list of ids, no id twice, not empty; grades: a dict id -> grade >= 0, not empty;
    k: a whole number >= 1. Returns the tuple of the three. The result must be off by more than
    0.01. For full marks it is 1.0 where the right one is at most 0.5.
    """
    ### BEGIN SOLUTION
    # one of four relevant documents was found; in its own list it stands as well as it can
    return [1], {1: 1, 2: 1, 3: 1, 4: 1}, 4
    ### END SOLUTION


# %%
check(ndcg_counterexample)


# %%
def ndcg_mended(ranked, grades, k):
    """NDCG at k against the best order of ALL graded ids, retrieved or not.

    ranked: a list of ids, no id twice, not empty; grades: a dict id -> grade >= 0; ids that are
    missing there have grade 0; not changed. DCG is the sum over the first k of
    grade / log2(rank + 1), rank from 1 (the grade itself, not 2**grade - 1).
    Returns DCG of ranked divided by DCG of the best order of all ids in grades, cut at k too;
    0.0 when no grade is positive.
    """
    ### BEGIN SOLUTION
    import math

    def dcg(gains):
        return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1))

    ideal = dcg(sorted(grades.values(), reverse=True))
    return dcg([grades.get(item, 0) for item in ranked]) / ideal if ideal > 0 else 0.0
    ### END SOLUTION


# %%
check(ndcg_mended)

# %%
status()
