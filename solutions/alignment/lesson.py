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
# > *"You have a model that completes text. How does it become an assistant, and how does it get at what it has never read?"*
#
# **Needs:** `backprop` (softmax and its gradient), `metrics` and `generation`. No exercise uses code from there.
#
# Three stages turn a model that continues text into one that answers, and each is a loss of a few lines:
#
# 1. **Supervised fine-tuning (SFT)** on demonstrations. The whole difficulty is which logits are compared with which token, and which tokens count.
# 2. **Preferences.** Somebody says which of two answers is better. A reward model learns it, or DPO turns it into a loss for the policy itself.
# 3. **Reinforcement.** The model answers, a reward comes back, and PPO or GRPO makes good answers more probable, held back by a clip and by a divergence from where it began.
#
# The second half is **retrieval**: a contrastive loss that trains embeddings, BM25 that needs no training, and the numbers that say whether the right document was found.
#
# You write eight functions. In three short hunts you repair a batch that teaches a model never to stop, predict where the clipped objective has no gradient, and repair a score that gives full marks for one document of five. All of it is put to work on a policy so small that
# you can read its parameters; at the end it finds out how to please its reward and nobody else.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(dpo_loss)` helps in three steps. Rules for all functions: arguments are never changed, arrays come in any memory layout and read-only too, the real-valued ones of one call share one dtype, no result shares memory with them, and valid input gives no warning. Unless the text
# says otherwise numbers are compared to 1e-7 of their size, float32 stays float32, and whole numbers of any type are computed in float64.

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# response_log_prob, dpo_loss, group_advantages, ppo_clip_loss, clip_predicted, kl_estimates, info_nce.
# Their NumPy arrays go there and come back with each call; lists and the small policy stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import math

import matplotlib.pyplot as plt
import numpy as np

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## A policy that one can read
#
# The **policy** is the model that answers. Ours has seven words and one table of logits: row by the last word, column by the next. It has the interface of a large model, tokens in and logits out, and 49 parameters. It is asked `ready?` (right: `yes`) or `late?` (right: `no`), and a polite answer adds one `thanks`.

# %% tags=["folded"]
WORDS = ["ready?", "late?", "yes", "no", "thanks", "maybe", "<eos>"]
THANKS, EOS, LONGEST = 4, 6, 8  # the longest response, with eos


def log_softmax(logits):
    """Logarithms of probabilities, along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def answers(policy, prompts, rng):
    """Responses drawn from the policy: tokens (B, 9) with the prompt in front, and a mask of the response."""
    sums = np.exp(log_softmax(policy)).cumsum(axis=1)
    tokens, mask = np.full((len(prompts), 1 + LONGEST), EOS), np.zeros((len(prompts), 1 + LONGEST), int)
    tokens[:, 0], live = prompts, np.ones(len(prompts), bool)
    for place in range(1, 1 + LONGEST):
        drawn = (rng.random((len(prompts), 1)) > sums[tokens[:, place - 1], :-1]).sum(axis=1)
        tokens[live, place], mask[live, place] = drawn[live], 1
        live &= drawn != EOS
    return tokens, mask


def push(policy, tokens, weights):
    """The gradient by the policy of the sum of weights[b, t] * log-probability of tokens[b, t]: one-hot minus softmax."""
    before, new, weight = tokens[:, :-1].ravel(), tokens[:, 1:].ravel(), weights[:, 1:].ravel()
    gradient = np.zeros(policy.shape)
    np.add.at(gradient, (before, new), weight)
    return gradient - np.bincount(before, weight, len(policy))[:, None] * np.exp(log_softmax(policy))


def quality(tokens):
    """What we really want: 1 for the right word, and half a point more for exactly one thanks; further ones annoy."""
    thanks = (tokens == THANKS).sum(axis=1)
    return (tokens[:, 1] == 2 + tokens[:, 0]) + 0.5 * (thanks == 1) - 0.25 * np.maximum(thanks - 1, 0)


def demonstrations(rng, count):
    """Prompts, and responses as people write them: 60 % right, with no thanks, one or two."""
    prompts, responses = [], []
    for _ in range(count):
        prompt = int(rng.integers(2))
        word = int(rng.choice([2 + prompt, 3 - prompt, 5], p=[0.6, 0.2, 0.2]))
        prompts.append([prompt])
        responses.append([word] + [THANKS] * int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])))
    return prompts, responses


def words(tokens, mask):
    """A row of tokens as text, up to where the response ends."""
    return " ".join(WORDS[token] for token, part in zip(tokens, mask, strict=True) if part or token < 2)


prompts, responses = demonstrations(np.random.default_rng(0), 200)
for prompt, response in zip(prompts[:4], responses, strict=False):
    print(" ".join(WORDS[token] for token in prompt + response))

# %% [markdown]
# The first four of 200 demonstrations, all of them answers to the same question, and one of them is wrong: people who write demonstrations make mistakes, and differ in how polite they are.
#
# ## 1. `response_log_prob`   *(medium, 15 min, asked often)*
#
# > *"Here are logits, tokens and a mask. What probability does the model give to the response?"*
#
# Every loss of this lesson begins with this number. Three things have to line up: the logits at position $t-1$ are what the model said **before** it saw token $t$; the mask marks **tokens**; and the first token was predicted by nobody.
#
# $$\log\pi(y\mid x)=\sum_{t\ge1,\ \text{mask}_t=1}\log\mathrm{softmax}(z_{t-1})_{y_t}$$

# %% tags=["folded"]
figure, axis = plt.subplots(figsize=(9, 2.4), layout="constrained")
row, part = ["late?", "no", "thanks", "<eos>", "<pad>", "<pad>"], [0, 1, 1, 1, 0, 0]
for place, (word, one) in enumerate(zip(row, part, strict=True)):
    axis.text(place, 1, word, ha="center", va="center", bbox={"boxstyle": "round", "facecolor": "#cfe3f7" if one else "white", "edgecolor": "grey"})
    axis.text(place, 2, f"mask {one}", ha="center", va="center", color="black" if one else "grey", fontsize=9)
    axis.text(place, 0, f"logits {place}", ha="center", va="center", fontsize=9)
    if place:
        axis.annotate("", (place - 0.08, 0.78), (place - 0.92, 0.2), arrowprops={"arrowstyle": "->", "color": "#1f5fa8" if one else "lightgrey", "lw": 1.6})
axis.set(xlim=(-0.6, 5.6), ylim=(-0.4, 2.4))
axis.axis("off")
plt.show()

# %% [markdown]
# The arrows that count are blue: logits 0, 1 and 2 score the tokens 1, 2 and 3. Logits 3, which have just read eos, score nothing that counts.


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
    return xp.sum(xp.where(xp.astype(mask[:, 1:], xp.bool), log_prob, xp.zeros_like(log_prob)), axis=1)
    ### END SOLUTION


# %%
check(response_log_prob)

# %% [markdown]
# **In PyTorch and Hugging Face.** `-F.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none").sum(1)` with the labels at -100 where the mask is 0. Models of `transformers` shift **inside** when they are given `labels`, so a second shift of your own trains on the token after next. Their loss is a mean over
# tokens; DPO needs the sum.
#
# ## 2. Hunt: a model that never stops, `sft_batch_mended`   *(medium, 12 min, asked sometimes)*
#
# Many tokenisers have no token for padding, and tutorials set `pad = eos`. This function then builds the batch:

# %%
def sft_batch(prompts, responses, eos, pad):
    """Tokens, and a mask of what is trained on. Wrong for some."""
    rows = [prompt + response + [eos] for prompt, response in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    mask = (tokens != pad).astype(int)
    for row, prompt in zip(mask, prompts, strict=True):
        row[: len(prompt)] = 0
    return tokens, mask


print(*sft_batch([[0], [1]], [[2], [3, 4]], EOS, EOS), sep="\n")

# %% [markdown]
# The mask is 0 on the eos of **every** response: the padding and the end look alike. Repair it.


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
# **In TRL.** `DataCollatorForCompletionOnlyLM` sets the labels of all pad tokens to -100, so with `pad = eos` it had this fault for years; newer versions of `SFTTrainer` carry a mask of the completion instead. `assistant_only_loss=True` takes it from the chat template.
#
# **Measured: what it costs.** The policy begins with zeros and is trained on the 200 demonstrations, once with each mask, 300 steps of gradient descent. Then it answers 1 000 questions.

# %% tags=["instructor"]
response_log_prob = backend.runs(response_log_prob)

# %%
if ready(response_log_prob, sft_batch_mended):
    for make in (sft_batch, sft_batch_mended):
        tokens, mask = make(prompts, responses, EOS, EOS)
        policy, count = np.zeros((7, 7)), mask[:, 1:].sum()
        for _ in range(300):
            policy += 5 * push(policy, tokens, mask) / count
        loss = -np.sum(response_log_prob(policy[tokens], tokens, mask)) / count
        drawn, part = answers(policy, np.arange(1000) % 2, np.random.default_rng(1))
        ended = np.mean((drawn * part == EOS).any(axis=1))
        print(f"{make.__name__:17} loss {loss:.3f}; {ended:.3f} of the answers end; mean length {part.sum(axis=1).mean():.2f}: {words(drawn[0], part[0])}")

# %% [markdown]
# The published mask has the **lower** loss, 0.58 against 0.74, since it leaves out the tokens that are hard to predict: when to stop. And one answer in a hundred ends, the others thank until they are cut off. A loss that looks better is no evidence if the two count different tokens.
#
# For the rest of the lesson everybody starts from the same fine-tuned policy, the **reference**: the frequencies of the demonstrations, counted. That is where training with the right mask arrives.

# %%
pairs = np.full((7, 7), 1e-3)
for prompt, response in zip(prompts, responses, strict=True):
    np.add.at(pairs, (prompt + response, [*response, EOS]), 1)
reference = np.log(pairs / pairs.sum(axis=1, keepdims=True))
drawn, part = answers(reference, np.arange(2000) % 2, np.random.default_rng(0))
print(f"the reference's mean quality: {quality(drawn).mean():.3f} (1.5 is the best there is); mean length {part.sum(axis=1).mean():.2f}")

# %% [markdown]
# A quality of 0.777 is about half of what is possible: the reference imitates the wrong answers and the superfluous words along with the rest. What follows is about the other half.

# %% [markdown] question="sft" points=4
# ### Q. "You fine-tune on instructions. Which tokens are in the loss?"   *(medium, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the response only: prompt and padding are masked out
# - logits at t - 1 are compared with token t, shifted once and not twice
# - the end-of-sequence token is trained on, so padding must not be told apart by its value where pad = eos
# - the loss is averaged over the counted tokens of the batch, so long responses weigh more than short ones
#
# **Red flags** (-1): trains on the user's turns without a reason; masks every eos; thinks that a lower loss with another mask means a better model.
#
# **A strong answer, said aloud**: Only the assistant's tokens count. The prompt goes through the model, because the response depends on it, but its labels are set to minus one hundred, and so are those of the padding. I shift once: the logits at one position are compared with the next token. Then I look at the end. The model must learn to emit the end token, so that token has to
# be in the loss, and that is where the usual bug sits: people set pad equal to eos, mask by value, and every eos is gone. The loss even looks better, and the model never stops. So I build the mask from lengths. In conversations every assistant turn counts and its end token too. And I say how I average: over all tokens of the batch a long answer weighs more
# than a short one, and with gradient accumulation the mean of means is not the mean. Before I train I print one row: token, label, mask.
#
# **A weak candidate says**: "All tokens; the model learns from everything."
#
# **Follow-ups**:
# - *Should the prompt ever count?* With little data and long prompts a small weight on the prompt has helped in some studies; say that you would measure it.
# - *What if several examples are packed into one row?* Attention must not cross from one into the next, and positions start anew.
# - *How many examples?* A thousand good ones already set format and tone; knowledge comes from pretraining.
# - *What is forgotten?* What the new data never shows; mixing in some pretraining or general instructions holds it.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. `dpo_loss`   *(medium, 12 min, asked often)*
#
# > *"Derive DPO. Where did the reward model go?"*
#
# **From preferences to a loss.** The Bradley-Terry model says that $y_w$ is preferred to $y_l$ with probability $\sigma(r(y_w)-r(y_l))$; a reward model minimises $-\log$ of that. RLHF then looks for the policy with the best $\mathbb E[r]-\beta\,\mathrm{KL}(\pi\,\|\,\pi_{ref})$. That problem has a closed solution,
#
# $$\pi^*(y\mid x)=\frac1{Z(x)}\,\pi_{ref}(y\mid x)\,e^{r(x,y)/\beta}\quad\Longleftrightarrow\quad r(x,y)=\beta\log\frac{\pi^*(y\mid x)}{\pi_{ref}(y\mid x)}+\beta\log Z(x).$$
#
# $Z$, a sum over all possible answers, cannot be computed, but it is the same for both answers to one prompt, so in the **difference** of two rewards it cancels:
#
# $$L=-\log\sigma(z),\qquad z=\beta\left[\left(\log\pi(y_w)-\log\pi_{ref}(y_w)\right)-\left(\log\pi(y_l)-\log\pi_{ref}(y_l)\right)\right].$$
#
# The policy is its own reward model. The gradient by $\log\pi(y_w)$ is $-\beta\,\sigma(-z)$, by $\log\pi(y_l)$ the same with a plus: large where the pair stands in the wrong order, nearly 0 where it is settled.


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
# **In TRL.** `DPOTrainer(beta=0.1)` with sums over the response; `loss_type="ipo"` replaces the logistic loss by a square, and `reference_free=True` drops the reference. In PyTorch the loss is `-F.logsigmoid(z).mean()`, and autograd gives the gradient.
#
# **Measured.** 200 pairs of answers drawn from the reference; which one is preferred follows Bradley-Terry on four times the quality, so one pair in several is "wrong". 100 steps, five seeds. The policy's gradient needs nothing but `dchosen` and minus it.

# %% tags=["instructor"]
dpo_loss = backend.runs(dpo_loss)

# %%
def preferences(rng, count):
    """Two answers to each of `count` questions, the preferred one first: (tokens, mask) each."""
    asked = rng.integers(2, size=count)
    one, other = answers(reference, asked, rng), answers(reference, asked, rng)
    first = rng.random(count) < 1 / (1 + np.exp(-4 * (quality(one[0]) - quality(other[0]))))
    return ([np.where(first[:, None], a, b) for a, b in zip(one, other, strict=True)], [np.where(first[:, None], b, a) for a, b in zip(one, other, strict=True)])


if ready(response_log_prob, dpo_loss):
    paths, table = {}, []
    for beta in (0.05, 0.2, 1.0):
        ends = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            (won, won_mask), (lost, lost_mask) = preferences(rng, 200)
            held = [response_log_prob(reference[tokens], tokens, mask) for tokens, mask in ((won, won_mask), (lost, lost_mask))]
            policy, path = reference.copy(), []
            for _ in range(100):
                now = [response_log_prob(policy[tokens], tokens, mask) for tokens, mask in ((won, won_mask), (lost, lost_mask))]
                _, dchosen = dpo_loss(now[0], now[1], held[0], held[1], beta)
                path.append([np.mean(now[0] - held[0]), np.mean(now[1] - held[1])])
                weight = np.asarray(dchosen)[:, None]
                policy = policy - 2 / beta * (push(policy, won, weight * won_mask) - push(policy, lost, weight * lost_mask))
            paths[beta, seed] = np.array(path)
            drawn, part = answers(policy, np.arange(2000) % 2, rng)
            gap = response_log_prob(policy[drawn], drawn, part) - response_log_prob(reference[drawn], drawn, part)
            ends.append([quality(drawn).mean(), gap.mean(), path[-1][0], path[-1][1]])
        mean, spread = np.mean(ends, axis=0), np.std(ends, axis=0, ddof=1)
        print(f"beta {beta:4}: quality {mean[0]:.2f} (sd {spread[0]:.2f}), KL from the reference {mean[1]:.2f}; log-probability of chosen {mean[2]:+.2f}, of rejected {mean[3]:+.2f}")

# %%
if ready(response_log_prob, dpo_loss):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    z = np.linspace(-6, 6, 200)
    zeros = np.zeros(1)
    left.plot(z, [float(dpo_loss(np.array([one]), zeros, zeros, zeros, 1.0)[0]) for one in z], label="loss")
    left.plot(z, [-float(dpo_loss(np.array([one]), zeros, zeros, zeros, 1.0)[1][0]) for one in z], "--", label="size of the gradient, for beta = 1")
    left.set(xlabel="z", title="one pair")
    left.legend()
    for beta, colour in ((0.05, "#d62728"), (0.2, "#4c78a8")):
        mean = np.mean([paths[beta, seed] for seed in range(5)], axis=0)
        right.plot(mean[:, 0], color=colour, label=f"chosen, beta = {beta}")
        right.plot(mean[:, 1], "--", color=colour, label=f"rejected, beta = {beta}")
    right.set(xlabel="step", ylabel="log policy - log reference", title="mean over the pairs")
    right.legend(fontsize=8)
    plt.show()

# %% [markdown]
# With a small $\beta$ the policy nearly arrives at the best quality there is, 1.48 of 1.5, and moves far: a divergence of 1.3. With $\beta=1$ it stays nearer, and stops at 1.39. Now look at the right panel: the log-probability of the **chosen** answers falls as well, by 6.0 on average for $\beta=0.05$. Among them are answers with two thanks or none that won against something worse; the policy learns to give neither.
# Only the difference is trained, and the rejected ones fall three times as far. People who watch the margin alone miss this.
#
# Two things DPO cannot do are visible here as well. It learns from answers that were drawn once, from the reference (**offline**): an answer that was never drawn is never judged. And its reward has no bound: with pairs that are always in one order $z$ grows for ever, which a larger $\beta$, or stopping early, holds back.

# %% [markdown] question="dpo" points=5
# ### Q. "Derive DPO. When would you take PPO instead?"   *(hard, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the optimum of reward minus beta times KL in closed form: the reference times exp(r / beta), normalised
# - solved for the reward, the partition function cancels in the difference of two answers to one prompt
# - so Bradley-Terry becomes a logistic loss on the difference of two log-ratios, with beta inside the sigmoid
# - offline: no exploration, the pairs' own answers only; PPO or GRPO draw new answers and need a reward
# - the log-probability of the chosen answer may fall; only the difference is trained
#
# **Red flags** (-1): DPO without a reference model; beta outside the sigmoid; "DPO maximises the probability of the chosen answer".
#
# **A strong answer, said aloud**: RLHF maximises the expected reward minus beta times the KL to a reference. For each prompt that has a closed solution: the reference, reweighted by e to the reward over beta, divided by a partition function. I solve it for the reward: beta times the log-ratio of policy and reference, plus beta log Z. Z is hopeless to compute, but Bradley-Terry
# only needs the difference of the rewards of two answers to the same prompt, and there it cancels. What is left is a logistic loss on the difference of two log-ratios, with beta inside. So no reward model and no sampling during training, two models in memory, supervised learning. The price: it only sees the pairs it was given, and those were often drawn
# from another model. It trains a difference, so the chosen answer's own probability may go down. If I have a reward that I can call, tests, a verifier, I would rather sample: GRPO or PPO.
#
# **A weak candidate says**: "DPO is RLHF without reinforcement learning, so it is simpler and better."
#
# **Follow-ups**:
# - *What does beta do?* Small: far from the reference, more over-fitting of the pairs. Common values are 0.05 to 0.5.
# - *Why sums and not means over tokens?* The derivation has the probability of the whole answer; the sum favours no length by itself, though long answers get larger log-ratios. SimPO divides by length on purpose.
# - *What if chosen and rejected are nearly the same text?* Their common tokens' gradients cancel, and what is left pushes few tokens hard; then the chosen one's log-probability tends to fall.
# - *IPO, KTO?* IPO bounds the margin with a square; KTO needs single answers with thumbs up or down, no pairs.
# === END MARK SCHEME ===

# %% [markdown]
# ## 4. `group_advantages`   *(easy, 8 min, asked often)*
#
# > *"GRPO has no critic. Where does its baseline come from?"*
#
# A reward of 0.7 is good for a hard question and poor for an easy one. PPO trains a second network, the **critic**, to say what was to be expected. **GRPO** draws $G$ answers to the same prompt and takes their mean:
#
# $$A_i=\frac{r_i-\bar r}{s+\varepsilon}$$
#
# **Two conventions.** The standard deviation $s$ here has **ddof 0**. `torch.std` and TRL divide by $G-1$. And where all rewards of a group agree there is nothing to learn: the advantages are exactly zero, not a rounding error divided by a tiny $\varepsilon$.


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
# **In PyTorch.** `(r - r.mean(1, keepdim=True)) / (r.std(1, keepdim=True) + eps)` has `correction=1`: for $G=4$ the advantages are 13 % smaller, and for $G=1$ nan. TRL's `scale_rewards=False` leaves the division out, as Dr. GRPO proposes.
#
# **Measured: when does a group teach anything?** Rewards of 0 or 1, $G=8$ answers, by how often the model is right.

# %% tags=["instructor"]
group_advantages = backend.runs(group_advantages)

# %%
if ready(group_advantages):
    rng = np.random.default_rng(0)
    for chance in (0.01, 0.1, 0.5, 0.9, 0.99):
        rewards = (rng.random((20_000, 8)) < chance).astype(float)
        advantages = np.asarray(group_advantages(rewards, 1e-4))
        mixed = np.any(advantages != 0, axis=1)
        right = advantages[mixed][rewards[mixed] == 1]
        print(f"right in {chance:4.0%} of the answers: {mixed.mean():5.1%} of the groups have a gradient; a right answer's advantage there is {right.mean():.2f} on average")

# %% [markdown]
# A question that is nearly always or nearly never solved gives a gradient in one group of twelve: the other draws are paid for nothing. That is why training sets for GRPO are filtered by difficulty, and why a curriculum helps. And look at the last column: where one answer in a hundred is right, its advantage is 2.57, where nearly all are, 0.38. Rare successes are pushed hard, and common ones hardly.

# %% [markdown] question="grpo" points=4
# ### Q. "GRPO against PPO: what is gained, what is lost?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - no critic: the mean of a group of answers to the same prompt is the baseline
# - a group in which all rewards agree has no gradient; G answers a prompt are the price
# - one advantage for the whole answer, all its tokens alike
# - the biases: dividing by the standard deviation weighs very easy and very hard prompts up, and averaging within each answer first favours long wrong answers (Dr. GRPO, DAPO)
#
# **Red flags** (-1): statistics over the whole batch; "GRPO needs no reward"; forgets the KL or the clip.
#
# **A strong answer, said aloud**: PPO needs a value network, usually as large as the policy, that predicts the return at each token. It costs memory and has to be trained well, and for a reward that comes once, at the end, it is hard to train. GRPO samples a group of answers, say eight, to the same prompt and uses their mean as the baseline and their standard
# deviation as a scale. Every token of an answer gets the same advantage. It fits rewards that can be checked, mathematics or tests. What is lost: credit per token, and every prompt that the model always or never solves gives zero, so people filter prompts or sample again. There are two known biases. Dividing by the standard deviation makes groups with one
# odd answer count as much as balanced ones, and if the loss is first averaged within each answer, long wrong answers are punished less per token. Dr. GRPO drops the division, DAPO averages over all tokens.
#
# **A weak candidate says**: "GRPO is PPO with the advantage normalised over the batch."
#
# **Follow-ups**:
# - *Why a baseline at all?* It does not change the expected gradient and lowers its variance.
# - *G = 2?* Then the advantages are +1 and -1 or 0: a preference pair.
# - *Is the clip still needed?* If one batch is used for several steps, yes.
# - *What is RLOO?* The baseline is the mean of the other answers, without one's own.
# === END MARK SCHEME ===

# %% [markdown]
# ## 5. `ppo_clip_loss`   *(medium, 15 min, asked often)*
#
# > *"Write PPO's loss. Why a minimum, and why a clip?"*
#
# Drawing answers is expensive, so one batch is used for several steps. After the first the policy is no longer the one that drew it; the **ratio** $r=\pi/\pi_{old}$ corrects for that, and the clip keeps a step from going far on old data:
#
# $$L=-\frac1N\sum_{\text{real tokens}}\min\left(r\,A,\ \mathrm{clip}(r,\,1-\text{low},\,1+\text{high})\,A\right)$$
#
# **Conventions.** The mean runs over all real tokens of the batch together (DAPO, Dr. GRPO); the first GRPO paper averaged each response for itself. `low` and `high` may differ: DAPO's "clip higher" is 0.2 and 0.28. And padding is not innocent: a nan there survives every multiplication by 0.


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
    real = xp.astype(mask, xp.bool)
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
# **In PyTorch.** `-torch.min(r * A, r.clamp(1 - low, 1 + high) * A)[mask].mean()`. Multiplying by the mask instead of indexing keeps nan, and in the backward pass even an inf that `torch.where` hid comes back as nan. TRL's `GRPOTrainer(loss_type="dapo")` averages over tokens, `loss_type="grpo"` over responses first.
#
# ## 6. Hunt: where does it push? `clip_predicted`   *(medium, 8 min, asked often)*
#
# Predict where the clipped objective still pushes: its derivative by the ratio, for one token each. "Zero wherever the ratio is clipped" is what most people say.


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

# %%
if ready(ppo_clip_loss, clip_predicted):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharex=True)
    r = np.linspace(0.4, 1.7, 400)
    for axis, a in zip(axes, (1.0, -1.0), strict=True):
        value = np.array([-float(ppo_clip_loss(np.log([[one]]), np.zeros((1, 1)), np.array([a]), np.ones((1, 1)), 0.2, 0.28)) for one in r])
        slope = np.asarray(clip_predicted(r, np.full(r.shape, a), 0.2, 0.28))
        axis.plot(r, value, color="#4c78a8", lw=2)
        axis.plot(np.where(slope == 0, r, np.nan), np.where(slope == 0, value, np.nan), color="#d62728", lw=4, label="derivative 0")
        axis.axvspan(0.8, 1.28, color="grey", alpha=0.12, label="1 - low to 1 + high")
        axis.axvline(1, color="grey", lw=0.8)
        axis.set(xlabel="ratio r", title=f"A = {a:+.0f}")
        axis.legend(fontsize=8)
    axes[0].set(ylabel="objective of one token")
    plt.show()

# %% [markdown]
# Flat only where the step has already gone **far in the direction it was to go**: a good token more than 28 % more probable, a bad one more than 20 % less. On the other side, where the policy has moved the wrong way, the minimum keeps the unclipped term, and the gradient that brings it back. Clipping alone, without the minimum, would lose exactly that.
#
# **In PyTorch.** `torch.clamp`'s derivative is 0 outside and autograd takes it through `torch.min`, so the code above has this derivative without your doing.

# %% [markdown] question="clip" points=4
# ### Q. "Why a minimum and a clip? Where is the gradient zero?"   *(medium, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - one batch of answers is used for several steps; the ratio corrects for the policy that drew it
# - the clip takes away the reward for moving a token's probability further than the bounds
# - the gradient is zero only where A > 0 and r > 1 + high, or A < 0 and r < 1 - low
# - the minimum keeps the gradient where the policy has moved in the wrong direction: a pessimistic bound
#
# **Red flags** (-1): "zero whenever r is outside the bounds"; "the clip guarantees that the policy stays near"; maximum for minimum.
#
# **A strong answer, said aloud**: Sampling is the expensive part, so I want several gradient steps from one batch. The importance ratio, new probability over old, makes the estimate right, but its variance explodes as the policies drift apart. The clip removes the incentive: once a good token is more than, say, twenty per cent more probable than it was, the
# objective is flat and pushes no further; for a bad token the same below. The minimum makes it one-sided. If a good token has become less probable, the ratio is below the lower bound, and a clip alone would be flat there too and never repair it. With the minimum the unclipped term wins, and the gradient stays. So it is zero in two regions out of four.
# It is no hard limit: other tokens still move shared parameters, so people watch the KL and stop early. And at the first step after sampling all ratios are one and nothing is clipped.
#
# **A weak candidate says**: "It clips the gradient so that training is stable."
#
# **Follow-ups**:
# - *What is clip-higher?* A larger upper bound, so that improbable tokens can grow: 20 % of 0.01 is not much.
# - *How many tokens are clipped?* Watch that fraction: near 0 the clip does nothing, above some tens of per cent the batch is stale.
# - *Old log-probabilities from another engine?* Inference and training kernels differ, so the ratio is not 1 even at first; recompute them, or correct for it.
# - *Is the ratio per token or per answer?* Per token in PPO and GRPO; GSPO takes the whole answer's, length-normalised.
# === END MARK SCHEME ===

# %% [markdown]
# ## 7. `kl_estimates`   *(easy, 8 min, asked often)*
#
# > *"Your RL code has a KL term. Which of the three is it, and which direction?"*
#
# The divergence $\mathrm{KL}(\pi\,\|\,\pi_{ref})=\mathbb E_{y\sim\pi}\left[\log\pi(y)-\log\pi_{ref}(y)\right]$ would need a sum over the whole vocabulary at every token. One drawn token gives an estimate of it, from $\ell=\log\pi_{ref}(y)-\log\pi(y)$:
#
# $$k_1=-\ell,\qquad k_2=\tfrac12\ell^2,\qquad k_3=e^\ell-1-\ell.$$
#
# $k_1$ is the definition, and often negative. $k_3$ adds $e^\ell-1$, whose mean over the policy is $\sum\pi\cdot\pi_{ref}/\pi-1=0$: the mean stays, and it is never negative. $k_2$ is a second-order guess, and biased. **Digits.** At $\ell=10^{-8}$, and policies do begin equal, `np.exp(l) - 1 - l` is off by twice its size; `np.expm1(l) - l` is right to seven digits.


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
    return -log_ratio, log_ratio * log_ratio / 2, xp.expm1(log_ratio) - log_ratio
    ### END SOLUTION


# %%
check(kl_estimates)

# %% [markdown]
# **In TRL.** GRPO's loss has `torch.exp(ref - new) - (ref - new) - 1`, which is $k_3$; PPO's penalty in the reward is $k_1$. The value of $k_3$ is unbiased, but its **gradient** is not that of the divergence: put into a loss and differentiated, it gives the gradient of another one (that of $\mathrm{KL}(\pi_{ref}\,\|\,\pi)$, in expectation). $k_1$ inside the reward gives the right one.
#
# **Measured.** 50 tokens, 100 000 draws from the policy, three distances.

# %% tags=["instructor"]
ppo_clip_loss, clip_predicted, kl_estimates = backend.runs(ppo_clip_loss), backend.runs(clip_predicted), backend.runs(kl_estimates)

# %%
if ready(kl_estimates):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, 50)
    for distance in (0.1, 0.5, 1.5):
        new, ref = log_softmax(logits), log_softmax(logits + distance * rng.normal(0, 1, 50))
        drawn = rng.choice(50, 100_000, p=np.exp(new))
        estimates = [np.asarray(one) for one in kl_estimates(new[drawn], ref[drawn])]
        print(f"exact {np.sum(np.exp(new) * (new - ref)):.4f};  " + ";  ".join(f"k{i} {one.mean():.4f} (sd of one token {one.std():.4f})" for i, one in enumerate(estimates, 1)))

    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    ratio = np.linspace(-2, 2, 201)
    for i, one in enumerate(kl_estimates(np.zeros(201), ratio), 1):
        axis.plot(ratio, np.asarray(one), label=f"$k_{i}$")
    axis.set(xlabel="log reference - log policy", ylabel="estimate of one token")
    axis.legend()
    plt.show()

# %% [markdown]
# Near the reference (the first row) a single $k_1$ spreads 18 times as wide as what it estimates, $k_3$ as wide as the thing itself. In the second row $k_2$ is already 9 % too large. Far away, in the third, $k_2$ is 75 % too large, and $k_3$ spreads as wide as $k_1$: its exponential pays for rare tokens that the reference likes far more. So $k_3$ is the better thermometer where one should be, near.

# %% [markdown] question="kl" points=5
# ### Q. "Why a KL term, in which direction, and how is it estimated?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - without it the policy leaves what the reward was trained on, and exploits its errors
# - KL(policy || reference): the mean over the policy's own samples
# - k1 is unbiased, may be negative and has a large variance
# - k3 is unbiased in value, never negative, and has a smaller variance near the reference; k2 is biased
# - in the reward k1 gives the divergence's gradient; k3 differentiated in the loss does not
#
# **Red flags** (-1): the direction reversed; k3 without the -1; "KL is a distance".
#
# **A strong answer, said aloud**: The reward is a model or a rule, right near the data it was made for. Optimise it freely and the policy walks to where it is wrong. So I subtract beta times the KL from the policy to the reference, policy first, because the expectation is over what the policy itself writes: it is punished for writing what the reference would hardly
# write. The exact sum over the vocabulary at each token is costly, so one uses the drawn token. k1, the log-ratio, is unbiased, but single values are often negative and noisy. k3, e to the l minus one minus l, adds something with mean zero: still unbiased, never negative, and near the reference much less noisy. k2 is half the square, biased when they are
# far apart. One trap: unbiased value does not mean unbiased gradient. k1 in the reward gives the policy gradient of the KL; k3 as a loss term gives another direction's. Recent recipes for verifiable rewards often drop the KL.
#
# **A weak candidate says**: "It keeps the model from changing too much." (And nothing more.)
#
# **Follow-ups**:
# - *What does the other direction do?* KL(reference || policy) punishes for not covering what the reference writes.
# - *How is beta chosen?* By a target for the KL, adapted while training, or by the true quality on held-out questions.
# - *What happens with beta = 0?* See the next measurement.
# - *Why may the per-token KL be large in a few places?* At forks: one word decides the rest.
# === END MARK SCHEME ===

# %% [markdown]
# ## Reinforcement that works, and reinforcement that is gamed
#
# Now all of it together: answers are drawn, 8 to each of 16 questions, the rewards become advantages, and the clipped objective is climbed for four steps on each batch. `clip_predicted` times the ratio is its gradient by a token's log-probability.
#
# First the reward **is** the quality. Then it is a **proxy**, as every reward model is: somebody noticed that polite answers are rated higher, so each `thanks` earns half a point. On the reference's answers, which thank at most now and then, proxy and quality agree well. $\beta k_1$ is subtracted from the reward.

# %%
def proxy(tokens):
    """The reward model: 1 for the right word, and half a point for every thanks."""
    return (tokens[:, 1] == 2 + tokens[:, 0]) + 0.5 * (tokens == THANKS).sum(axis=1)


def reinforce(reward, seed, beta, batches=60):
    """Rows of (mean reward, mean quality, KL from the reference), one a batch."""
    rng, policy, rows = np.random.default_rng(seed), reference.copy(), []
    for _ in range(batches):
        tokens, mask = answers(policy, np.repeat(rng.integers(2, size=16), 8), rng)
        real, places = mask[:, 1:] == 1, (tokens[:, :-1], tokens[:, 1:])
        old = np.where(real, log_softmax(policy)[places], 0)
        gap = np.where(real, np.asarray(kl_estimates(old, np.where(real, log_softmax(reference)[places], 0))[0]), 0).sum(axis=1)
        rows.append([reward(tokens).mean(), quality(tokens).mean(), gap.mean()])
        advantages = np.asarray(group_advantages((reward(tokens) - beta * gap).reshape(16, 8), 1e-4)).ravel()
        pushed = real & (advantages != 0)[:, None]
        for _ in range(4 if pushed.any() else 0):
            ratio = np.exp(log_softmax(policy)[places] - old)
            weights = np.zeros(tokens.shape)
            each = np.broadcast_to(advantages[:, None], ratio.shape)
            weights[:, 1:][pushed] = np.asarray(clip_predicted(ratio[pushed], each[pushed], 0.2, 0.2)) * ratio[pushed]
            policy = policy + 10 * push(policy, tokens, weights) / real.sum()
    return np.array(rows)


if ready(group_advantages, clip_predicted, kl_estimates):
    settings = {"quality": (quality, 0.0), "proxy": (proxy, 0.0), "proxy, beta 0.5": (proxy, 0.5), "proxy, beta 1": (proxy, 1.0), "proxy, beta 2": (proxy, 2.0)}
    runs = {name: np.array([reinforce(reward, seed, beta) for seed in range(5)]) for name, (reward, beta) in settings.items()}
    for name, run in runs.items():
        last = run[:, -10:].mean(axis=1)  # the last ten batches of each seed
        print(f"{name:15}: reward {last[:, 0].mean():5.2f}, quality {last[:, 1].mean():5.2f} (sd {last[:, 1].std(ddof=1):.2f} over 5 seeds), best quality on the way {run[:, :, 1].mean(axis=0).max():.2f}, KL {last[:, 2].mean():5.2f}")

# %%
if ready(group_advantages, clip_predicted, kl_estimates):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    left.plot(runs["proxy"][:, :, 0].mean(axis=0), "--", color="#d62728", label="the proxy itself")
    for name, colour in (("quality", "#2ca02c"), ("proxy", "#d62728"), ("proxy, beta 0.5", "#ff7f0e"), ("proxy, beta 1", "#4c78a8")):
        left.plot(runs[name][:, :, 1].mean(axis=0), color=colour, label=f"quality, trained on {name}")
    left.set(xlabel="batch", ylabel="mean over 5 seeds", title="what was asked for, what was meant")
    left.legend(fontsize=7, loc="center right", bbox_to_anchor=(1, 0.62))
    for name, colour in (("proxy", "#d62728"), ("proxy, beta 0.5", "#ff7f0e"), ("proxy, beta 1", "#4c78a8")):
        right.plot(runs[name][:, :, 2].ravel(), runs[name][:, :, 1].ravel(), ".", color=colour, markersize=4, label=name)
    right.set(xlabel="KL from the reference", ylabel="quality", title="quality by distance")
    right.legend(fontsize=8)
    plt.show()

# %% [markdown]
# Trained on the quality itself, the policy finds the best answer, 1.50, in all five seeds. Trained on the proxy it first becomes **better**, 1.16 after a few batches, since a first `thanks` is welcome. Then it goes on: `yes thanks thanks thanks thanks thanks thanks thanks`, reward 4.49 of at most 4.5, quality -0.50. The reward alone shows nothing but success.
#
# The KL term helps, but is no cure. With $\beta=0.5$ the quality stays at 0.94, with 1 and 2 a little lower: all of them below the 1.16 that stopping early would have kept, and far from 1.50, because the term does not know which part of the reward is wrong. It only makes all of it expensive. On the right quality is drawn by distance: it rises up to a divergence of about 0.5, and then falls. That curve, not the reward, is what one has to measure, with people or a
# judge that the policy was not trained on.

# %% [markdown] question="rlhf" points=4
# ### Q. "The three stages of RLHF, please. What does the reward model minimise, and what goes wrong?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - supervised fine-tuning on demonstrations, then a reward model, then reinforcement with a KL to the fine-tuned model
# - the reward model minimises -log sigmoid(r of the preferred - r of the other), Bradley-Terry
# - only differences of rewards are learned, within a prompt
# - the policy exploits the reward's errors: proxy up, quality down beyond some distance; KL, early stopping, new preferences on the policy's own answers
#
# **Red flags** (-1): the reward model is trained on absolute scores by people; "more RL is always better"; no word on how the real quality is measured.
#
# **A strong answer, said aloud**: First supervised fine-tuning: people write answers, the model imitates, loss on the response tokens. That sets format and gives a policy worth sampling from. Second, preferences: for one prompt two answers, somebody says which is better. A reward model, the language model with a scalar head, minimises minus log sigmoid of the difference of
# the two rewards. Only differences matter, so a constant per prompt is free. Third, reinforcement: sample, score, push up what scored above its baseline, minus beta times the KL to the fine-tuned model. What goes wrong is the reward. It was fitted on answers of the early policy; as the policy moves, its errors are what gets amplified: length, flattery, confident tone. The proxy
# keeps rising while people like it less. So I watch a held-out human or stronger judge, not the reward, keep the KL small, stop early, and collect new comparisons from the current policy.
#
# **A weak candidate says**: "You train a reward model on ratings and then maximise it."
#
# **Follow-ups**:
# - *Why comparisons instead of ratings?* People agree far more on which is better than on a number.
# - *What is length bias?* Longer answers are preferred slightly; the reward model learns it, and RL makes everything long.
# - *Rewards from tests or verifiers?* They cannot be flattered, but they can be gamed too: special-cased tests, empty catches.
# - *What is RLAIF?* A model judges in the place of people, by written principles.
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. `info_nce`   *(medium, 15 min, asked often)*
#
# > *"How is an embedding model trained? Write CLIP's loss."*
#
# Retrieval by meaning needs vectors in which a question lies near its answer. Take $n$ pairs; for row $a_i$ its partner $b_i$ is right, and the other $n-1$ rows of the batch are wrong answers that cost nothing: **in-batch negatives**. With rows of length 1 and logits $a_ib_j/\tau$ it is softmax cross-entropy with the diagonal as the labels, once along the rows and once along the columns.


# %%
def info_nce(a, b, temperature):
    """The symmetric contrastive loss of a batch of pairs, as in CLIP.

    a, b: (n, d), row i of a belongs to row i of b; no row is all zeros. temperature > 0.
    Rows are scaled to length 1; the logits are a @ b.T / temperature. The loss is the mean of two mean
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
# **In PyTorch.** `a, b = F.normalize(a), F.normalize(b); logits = a @ b.T / t; labels = torch.arange(n); (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2`. CLIP learns $1/\tau$ and caps it at 100. `sentence-transformers`' `MultipleNegativesRankingLoss(scale=20)` scores one direction only.
#
# **Measured.** The loss of vectors that know nothing, and how the temperature decides which negatives are heard.

# %% tags=["instructor"]
info_nce = backend.runs(info_nce)

# %%
if ready(info_nce):
    rng = np.random.default_rng(0)
    for n in (16, 256, 1024):
        a, b = rng.normal(size=(2, n, 64))
        print(f"{n:5} random pairs: loss {float(info_nce(a, b, 1.0)):.2f} at temperature 1, {float(info_nce(a, b, 0.07)):.2f} at 0.07; ln n = {np.log(n):.2f}")

    a = rng.normal(size=(256, 64))
    b = a + 1.0 * rng.normal(size=a.shape)  # pairs that belong together
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    for temperature in (1.0, 0.2, 0.05):
        chances = np.exp(log_softmax(unit[0] @ unit[1].T / temperature))
        others = np.sort(np.where(np.eye(256, dtype=bool), 0, chances), axis=1)[:, ::-1]
        hardest = (others[:, :13].sum(axis=1) / others.sum(axis=1)).mean()
        print(f"real pairs, temperature {temperature:4}: loss {float(info_nce(a, b, temperature)):.3f}; the hardest 5 % of the negatives get {hardest:.0%} of the push")

    twins = np.arange(256) // 2 * 2  # every second pair is a copy of the one before
    print(f"every document twice in the batch: loss {float(info_nce(a[twins], b[twins], 0.05)):.3f}; ln 2 = {np.log(2):.3f}")

# %% [markdown]
# At temperature 1 vectors that know nothing score $\ln n$, so a loss means nothing without its batch size. At 0.07 they score above it: random cosines divided by 0.07 are confident, and wrong. The same pairs that belong together have a loss of 4.85 at temperature 1, where all negatives push about alike, and of 0.01 at 0.05, where the nearest 13 of 255 do three quarters of the pushing. And with every
# document twice in the batch no embedding can be better than $\ln 2=0.693$: its twin is as near as it can be, and counted as wrong. Those are the **false negatives**.

# %% [markdown] question="contrastive" points=4
# ### Q. "Contrastive loss: what do the temperature and the negatives do?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - cross-entropy over the batch with the own partner as the label, rows of length 1, in both directions
# - a low temperature puts the gradient on the hardest negatives; a high one spreads it
# - the batch size is the number of negatives: ln n is the loss at random, so losses of different batch sizes do not compare
# - false negatives: a second right answer in the batch is pushed away; mined hard negatives make that worse
#
# **Red flags** (-1): leaves the positive out of the denominator without saying so; multiplies by the temperature; compares losses across batch sizes.
#
# **A strong answer, said aloud**: I embed both sides, scale to length one, and take all cosines of the batch divided by a temperature. Each row is a classification with n choices, the partner on the diagonal being right; the same along the columns, and the mean of both. The other rows are free negatives, so large batches help, and the loss of a model that
# knows nothing is about ln n, at temperature one; I never compare losses of two batch sizes. The temperature says who is heard: cosines lie between minus one and one, so at temperature one everything looks alike, and at 0.05 almost all of the gradient comes from the few nearest wrong ones. That separates fine differences, and it also hits false negatives: a passage that answers
# the question too, but is somebody else's partner. So I remove duplicates, filter mined negatives with a cross-encoder, and judge by recall on a real index.
#
# **A weak candidate says**: "It pulls positives together and pushes negatives apart."
#
# **Follow-ups**:
# - *More negatives than fit in memory?* Gather embeddings across devices, or cache gradients (GradCache); a queue as in MoCo.
# - *Why normalise?* Otherwise lengths can lower the loss without any change of direction.
# - *Asymmetric tasks?* Queries and documents get different prefixes or heads; some train one direction only.
# - *How do you know it collapsed?* All cosines near 1; uniformity and the singular values of the embeddings show it.
# === END MARK SCHEME ===

# %% [markdown]
# ## 9. `bm25_scores`   *(medium, 20 min, asked often)*
#
# > *"Before any embedding: score these documents for this query."*
#
# **BM25** is the line to beat, and half of every hybrid. Three ideas: a rare term says more (idf); the second occurrence says less than the first (saturation, by $k_1$); a long document has every word in it (length, by $b$).
#
# $$\sum_{t\in\text{query}}\ln\left(1+\frac{n-df+\frac12}{df+\frac12}\right)\cdot\frac{tf\,(k_1+1)}{tf+k_1\left(1-b+b\,\frac{len}{\text{mean }len}\right)}$$
#
# **Conventions.** The `1 +` keeps the idf positive (Lucene). The formula of the first paper has none, and a term in more than half of the documents then counts **against** a document that has it.


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
# **In Lucene and Python.** Lucene has this idf and leaves out $k_1+1$, which changes no order. `rank_bm25`'s `BM25Okapi` has the idf without `1 +` and repairs negative ones by a floor; `bm25s` offers five variants by name. scikit-learn has `TfidfVectorizer`, no BM25.
#
# ## 10. `retrieval_metrics`   *(easy, 10 min, asked often)*
#
# > *"Recall@10 of your retriever is 0.8. What does that mean?"*
#
# **Recall@k**: of ALL relevant documents of a query, the fraction among the first $k$. With twelve relevant ones recall@10 cannot reach 1; "capped" recall divides by at most $k$, and the **hit rate**, often sold as recall, asks whether there is any. The **reciprocal rank** looks at the first relevant one only: 1, 1/2, 1/3. Both are averaged over queries.


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
# **In scikit-learn.** There is none of the two; `ranx`, `pytrec_eval` and `sentence-transformers` have them, with different ideas of recall: read what is divided by.
#
# ## 11. Hunt: the ideal DCG, `ndcg_counterexample` and `ndcg_mended`   *(medium, 12 min, asked often)*
#
# With grades (3 = answers it, 1 = related) a ranking is scored by its **discounted cumulative gain**, divided by that of the best possible ranking, so that 1 is the best. This version stood in several libraries:

# %%
def ndcg(ranked, grades, k):
    """Normalised discounted cumulative gain. Wrong for some."""
    gains = [grades.get(item, 0) for item in ranked]
    dcg = sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1))
    ideal = sum(gain / np.log2(rank + 1) for rank, gain in enumerate(sorted(gains, reverse=True)[:k], 1))
    return dcg / ideal if ideal > 0 else 0.0

# %% [markdown]
# First an input on which it is wrong.


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

# %% [markdown]
# **Then the repair.** What would the best list of all graded documents score?


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

# %% [markdown]
# **In scikit-learn.** `ndcg_score(y_true, y_score, k=k)` is this, if `y_true` holds the grades of **all** documents, and every document has a score. Given only the retrieved ones it repeats the hunt's mistake. TREC's `ndcg` has the grade itself as the gain, most learning-to-rank papers $2^{grade}-1$.

# %%
if ready(ndcg_mended):
    grades = {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}
    for ranked in (["a", "x", "y"], ["a", "x", "b"], ["a", "b", "c"]):
        print(f"{ranked}: published {ndcg(ranked, grades, 3):.3f}, repaired {float(ndcg_mended(ranked, grades, 3)):.3f}")

# %% [markdown]
# One relevant document of five, in the first place: published 1.000, repaired 0.469. Finding a **second** one lowers the published score to 0.920, and raises the right one to 0.704. Friendly test data, in which everything relevant is retrieved, cannot tell the two apart.
#
# ## Retrieval put to work
#
# Sixteen notes as an engineer would keep them, eight questions, and grades by hand: 3 answers it, 1 is related. Four retrievers: BM25; tf-idf with cosine; a small **dense** one (latent semantic analysis: the tf-idf table reduced to five directions); and a **hybrid** by reciprocal rank fusion, $\sum 1/(60+\text{rank})$ over BM25 and the dense one.

# %%
NOTES = [
    "a model that memorises the training set has low training error and high test error",
    "early stopping ends the training when the validation error no longer falls",
    "weight decay shrinks the parameters and so prefers simple functions",
    "dropout switches units off at random while training and none at prediction",
    "gradient clipping limits the norm of the update when the loss spikes",
    "warmup raises the learning rate slowly over the first steps",
    "adam divides each update by a running estimate of the gradient size",
    "the kv cache stores keys and values of old tokens and grows with the length of the text",
    "grouped query attention shares keys and values between heads and makes the cache smaller",
    "quantisation stores weights in eight bits and makes the model smaller and inference faster",
    "a roc curve shows the true positive rate against the false positive rate for every threshold",
    "precision says how many alarms are right and recall how many cases were found",
    "a calibrated model is right in eighty percent of the cases in which it says eighty percent",
    "cross validation splits the data into folds and tests on each fold once",
    "a leak lets information of the test set into the training so the score is too good",
    "augmentation makes new training images by flips crops and small rotations",
]
QUERIES = {
    "why is the test error high and the training error low": {0: 3, 1: 1, 2: 1},
    "how to stop a network from overfitting": {0: 1, 1: 3, 2: 3, 3: 3, 15: 1},
    "the loss explodes after some steps": {4: 3, 5: 3, 6: 1},
    "make the cache of keys and values smaller": {8: 3, 7: 1, 9: 1},
    "compress a model for fast inference": {9: 3, 8: 1},
    "which threshold for the alarms": {10: 3, 11: 3, 12: 1},
    "my validation score is too good to be true": {14: 3, 13: 1, 0: 1},
    "too few images to train": {15: 3, 3: 1},
}

if ready(bm25_scores, retrieval_metrics, ndcg_mended):
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    split = [note.split() for note in NOTES]
    vectors = TfidfVectorizer(token_pattern=r"\S+").fit(NOTES)
    table = vectors.transform(NOTES)
    svd = TruncatedSVD(5, random_state=0).fit(table)
    dense = svd.transform(table)
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)

    def order(scores):
        """The notes by falling score."""
        return np.argsort(-np.asarray(scores), kind="stable").tolist()

    rankings = {"BM25": [], "tf-idf": [], "dense": [], "hybrid": []}
    for query in QUERIES:
        rankings["BM25"].append(order(bm25_scores(query.split(), split, 1.2, 0.75)))
        rankings["tf-idf"].append(order((table @ vectors.transform([query]).T).toarray()[:, 0]))
        rankings["dense"].append(order(dense @ svd.transform(vectors.transform([query]))[0]))
        both = rankings["BM25"][-1], rankings["dense"][-1]
        rankings["hybrid"].append(order([sum(1 / (61 + one.index(note)) for one in both) for note in range(len(NOTES))]))
    relevant = [list(grades) for grades in QUERIES.values()]
    for name, ranked in rankings.items():
        recall, mrr = retrieval_metrics(ranked, relevant, 3)
        scores = [float(ndcg_mended(one, grades, 5)) for one, grades in zip(ranked, QUERIES.values(), strict=True)]
        print(f"{name:6}: recall@3 {float(recall):.2f}, MRR@3 {float(mrr):.2f}, NDCG@5 {np.mean(scores):.2f}; by query", *(f"{one:.2f}" for one in scores))

# %% [markdown]
# BM25 is hard to beat: 0.79 against 0.69 for the dense retriever, which is better on two questions out of eight, those asked in other words. The hybrid gains on the last two questions and loses on three others; here it does **not** pay. On the second question everybody fails: no note shares a telling word with "stop a network from overfitting", and a dense model fitted to sixteen notes has never read that dropout is a cure. An embedding that
# was trained on more text with the loss above knows. With eight questions a difference of 0.1 is one question, so before you believe such a table, label fifty.

# %% [markdown] question="retrieval" points=5
# ### Q. "BM25, dense, hybrid, rerank: what do you build, and how do you know that it works?"   *(hard, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - BM25 matches exact terms (names, codes, rare words) and needs no training; dense vectors match meaning
# - hybrid by ranks, for example reciprocal rank fusion with k = 60, because the scores have different scales
# - a cross-encoder reranks the first 50 to 100: it reads query and document together, and is too slow for all
# - recall@k for the retriever, MRR or NDCG for the order, with labels for all relevant documents
# - the answer is judged apart: is it supported by what was retrieved?
#
# **Red flags** (-1): adds BM25 and cosine scores as they are; "dense replaces BM25"; hit rate called recall; no labelled queries.
#
# **A strong answer, said aloud**: I begin with BM25 and fifty labelled queries from real users, because without labels I cannot tell whether anything helps. BM25 finds names, error codes, rare terms, and costs nothing. It fails when the question uses other words than the text; there dense vectors help, trained contrastively, with hard negatives from BM25. I merge the two by rank, one over
# sixty plus rank, since their scores have nothing in common. Then a cross-encoder reads the query with each of the first hundred and reorders them; it is the most accurate part and the most expensive. I judge the parts apart. The retriever by recall at the depth that the next stage reads: what is not in the hundred no reranker can save. The order by NDCG or MRR. The final
# answer by whether each statement is supported by the passages, because a good retriever and a model that ignores it still fail. Chunking and freshness of the index often matter more than the model.
#
# **A weak candidate says**: "Put everything into a vector database and take the top five."
#
# **Follow-ups**:
# - *Chunk size?* As large as one fact with its context; overlap, headings kept; measured by recall.
# - *Approximate neighbours?* HNSW or IVF lose a little recall against exact search: measure that loss on its own.
# - *Unlabelled documents that are relevant?* They count as wrong and punish the better retriever; judge the pooled top of all systems.
# - *Why not only a longer context?* Cost, and the middle of long contexts is used least; retrieval also says where it comes from.
# === END MARK SCHEME ===

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula or rule | trap |
# |---|---|---|
# | log-probability of a response | sum over its tokens of log softmax(z[t-1])[y[t]] | no shift; mask cut like the logits; mean |
# | SFT mask | response and its eos, by place | pad = eos masked by value: it never stops |
# | reward model | -log σ(r_w - r_l) | only differences are learned |
# | DPO | -log σ(β[(Δ chosen) - (Δ rejected)]), Δ = policy - reference | no reference; β outside; chosen may fall |
# | GRPO | (r - group mean)/(group std + ε) | whole batch; ddof; equal rewards |
# | PPO | -mean min(rA, clip(r)A) over real tokens | max; mean of means; nan times 0 |
# | clip's gradient | 0 where A > 0, r > 1 + high, or A < 0, r < 1 - low | "zero wherever clipped" |
# | KL | k1 = -l, k2 = l²/2, k3 = e^l - 1 - l, l = ref - policy | sign of l; missing -1; digits at small l |
# | InfoNCE | cross-entropy of a·b/τ with the diagonal, both ways | one way; not normalised; ln n at random |
# | BM25 | idf = ln(1 + (n - df + ½)/(df + ½)); tf saturates; length | idf without 1 +; df of occurrences |
# | recall@k | found / ALL relevant | hit rate; divided by k or min(k, relevant) |
# | MRR | 1/rank of the first relevant | ranks from 0; beyond k |
# | NDCG | DCG / DCG of the best order of all graded | ideal from the retrieved list |
# | hybrid | Σ 1/(60 + rank) | adding scores of different scales |
#
# **Sixty seconds to say.** Fine-tuning compares the logits before each response token with that token, the end token included. Preferences become a logistic loss on the difference of two log-ratios: that is DPO, the reward solved out and the partition function cancelled. Reinforcement samples, compares each answer with its group, and climbs a clipped objective whose gradient is zero only where
# a token has already moved far enough in the right direction. The KL to the reference, policy first, keeps the reward honest; k1 in the reward, k3 to look at. Every reward is a proxy: it keeps rising while quality falls. Retrieval: BM25 for words, contrastive vectors for meaning, merged by rank, reranked by a model that reads both; recall for what is found, NDCG for the order, against all that is relevant.

# %%
status()
