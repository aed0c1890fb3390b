"""First drafts of the lesson alignment, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import math
from collections import Counter

import numpy as np


def log_softmax(x):
    """As everybody writes it."""
    x = x - np.max(x, axis=-1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def gather(table, index):
    """torch.gather along the last axis."""
    return np.take_along_axis(table, index[..., None], axis=-1).squeeze(-1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- response_log_prob ---


def response_log_prob__gather_without_shift(logits, tokens, mask):
    """no-shift: log_softmax, gather, mask, sum, as in many DPO scripts."""
    log_probs = log_softmax(logits)
    per_token = gather(log_probs, tokens)
    return np.sum(per_token * mask, axis=-1)


def response_log_prob__loop_without_shift(logits, tokens, mask):
    """no-shift-first-left-out: a loop over t from 1 that reads logits[b, t]."""
    out = np.zeros(tokens.shape[0])
    log_probs = log_softmax(logits)
    for b in range(tokens.shape[0]):
        for t in range(1, tokens.shape[1]):
            if mask[b, t]:
                out[b] += log_probs[b, t, tokens[b, t]]
    return out


def response_log_prob__shifted_tokens_left(logits, tokens, mask):
    """shift-the-other-way: drops the first logits and the last token."""
    log_probs = log_softmax(logits)[:, 1:, :]
    labels = tokens[:, :-1]
    return (gather(log_probs, labels) * mask[:, :-1]).sum(axis=-1)


def response_log_prob__loss_mask_like_logits(logits, tokens, mask):
    """mask-with-logits: logits[:, :-1], tokens[:, 1:], and loss_mask[:, :-1]."""
    logits = logits[:, :-1, :]
    labels = tokens[:, 1:]
    loss_mask = mask[:, :-1]
    return (gather(log_softmax(logits), labels) * loss_mask).sum(-1)


def response_log_prob__average_log_prob(logits, tokens, mask):
    """mean: average_log_prob=True, with a guard for no tokens."""
    labels, loss_mask = tokens[:, 1:], mask[:, 1:]
    per_token = gather(log_softmax(logits[:, :-1]), labels)
    total = (per_token * loss_mask).sum(-1)
    return total / np.clip(loss_mask.sum(-1), 1, None)


def response_log_prob__whole_text(logits, tokens, mask):
    """no-mask: the sum over everything that is predicted."""
    per_token = gather(log_softmax(logits[:, :-1]), tokens[:, 1:])
    return per_token.sum(axis=1)


def response_log_prob__cross_entropy(logits, tokens, mask):
    """negative: F.cross_entropy with reduction none, masked and summed."""
    shifted = logits[:, :-1]
    m = shifted.max(-1, keepdims=True)
    lse = (m + np.log(np.exp(shifted - m).sum(-1, keepdims=True)))[..., 0]
    nll = lse - gather(shifted, tokens[:, 1:])
    return np.einsum("bt,bt->b", nll, mask[:, 1:].astype(float))


def response_log_prob__sum_of_probabilities(logits, tokens, mask):
    """probabilities: softmax in place of log softmax."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return np.where(mask[:, 1:] == 1, gather(p[:, :-1], tokens[:, 1:]), 0.0).sum(axis=1)


def response_log_prob__picked_logits(logits, tokens, mask):
    """logits-not-normalised: gathers from the logits."""
    b, t = tokens.shape
    rows = np.arange(b)[:, None]
    picked = logits[rows, np.arange(t - 1)[None, :], tokens[:, 1:]]
    return (picked * mask[:, 1:]).sum(axis=1)


def response_log_prob__log_of_softmax(logits, tokens, mask):
    """overflow: exp without the maximum, then log."""
    with np.errstate(all="ignore"):
        e = np.exp(np.asarray(logits, dtype=np.float64))
        log_probs = np.log(e / e.sum(axis=-1, keepdims=True))
        return np.where(mask[:, 1:] != 0, gather(log_probs[:, :-1], tokens[:, 1:]), 0).sum(axis=1)


def response_log_prob__from_the_first_response_token(logits, tokens, mask):
    """from-the-first-response-token: everything from the first response token on, gaps and padding too."""
    out = np.zeros(len(tokens))
    table = log_softmax(logits)
    for b in range(len(tokens)):
        first = max(int(np.argmax(mask[b] != 0)), 1)
        out[b] = sum(table[b, t - 1, tokens[b, t]] for t in range(first, tokens.shape[1]))
    return out


def response_log_prob__plain_loop(logits, tokens, mask):
    """right: two loops over a float64 table, no refusals."""
    out = []
    for row, ids, keep in zip(logits.astype(np.float64), tokens, mask, strict=True):
        table = log_softmax(row)
        out.append(sum(table[t - 1, ids[t]] for t in range(1, len(ids)) if keep[t]))
    return np.array(out, dtype=float)


def response_log_prob__log_p(logits, tokens, mask):
    """log-of-softmax: a stable softmax, and then its logarithm."""
    z = logits[:, :-1, :]
    e = np.exp(z - z.max(axis=2, keepdims=True))
    p = e / e.sum(axis=2, keepdims=True)
    rows, places = np.indices(tokens[:, 1:].shape)
    return (np.log(p[rows, places, tokens[:, 1:]]) * mask[:, 1:]).sum(axis=1)


def response_log_prob__total(logits, tokens, mask):
    """one-number: sums over everything."""
    total = 0.0
    for b in range(len(tokens)):
        for t in range(1, tokens.shape[1]):
            if mask[b, t]:
                total += log_softmax(logits[b, t - 1])[tokens[b, t]]
    return total


def response_log_prob__two_at_once(logits, tokens, mask):
    """no-shift-and-mean: no shift, and the mean."""
    if logits.ndim != 3 or logits.size == 0 or tokens.shape != logits.shape[:2] or mask.shape != tokens.shape:
        raise ValueError("shapes")
    z = logits.astype(logits.dtype if logits.dtype.kind == "f" else np.float64)
    z = z - z.max(-1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    picked = np.take_along_axis(logp, tokens[..., None].astype(np.int64), -1)[..., 0]
    m = mask == 1
    return ((picked * m).sum(-1) / np.maximum(m.sum(-1), 1)).astype(z.dtype)


def response_log_prob__second_axis(logits, tokens, mask):
    """normalised-over-time: logsumexp over axis 1."""
    if logits.ndim != 3 or logits.size == 0 or tokens.shape != logits.shape[:2] or mask.shape != tokens.shape:
        raise ValueError("shapes")
    z = logits.astype(logits.dtype if logits.dtype.kind == "f" else np.float64)
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    picked = np.take_along_axis(logp[:, :-1], tokens[:, 1:, None].astype(np.int64), -1)[..., 0]
    return (picked * (mask[:, 1:] == 1)).sum(-1)


def response_log_prob__nothing_refused(logits, tokens, mask):
    """one-row-for-all: right, and nothing is refused."""
    z = np.asarray(logits)
    if z.dtype.kind != "f":
        z = z.astype(float)
    z = z - z.max(-1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    picked = np.take_along_axis(logp[:, :-1], tokens[:, 1:, None].astype(np.int64), -1)[..., 0]
    return np.where(mask[:, 1:] == 1, picked, 0).sum(-1).astype(z.dtype)


# --- sft_batch_mended ---


def sft_batch_mended__as_given(prompts, responses, eos, pad):
    """mask-by-value: the given function with the attention mask spelt out, and a copy of the lists."""
    rows = [list(p) + list(r) + [eos] for p, r in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    attention_mask = tokens != pad
    mask = attention_mask.astype(np.int64)
    for i, p in enumerate(prompts):
        mask[i, : len(p)] = 0
    return tokens, mask


def sft_batch_mended__labels_minus_100(prompts, responses, eos, pad):
    """mask-by-value: labels of -100 at the prompt and wherever the token is pad."""
    rows = [[*p, *r, eos] for p, r in zip(prompts, responses, strict=True)]
    width = max(map(len, rows))
    tokens = np.full((len(rows), width), pad)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = row
    labels = tokens.copy()
    for i, p in enumerate(prompts):
        labels[i, : len(p)] = -100
    labels[tokens == pad] = -100
    return tokens, (labels != -100).astype(int)


def sft_batch_mended__ones_behind_the_prompt(prompts, responses, eos, pad):
    """padding-trained: everything behind the prompt."""
    width = max(len(p) + len(r) for p, r in zip(prompts, responses, strict=True)) + 1
    tokens, mask = [], []
    for p, r in zip(prompts, responses, strict=True):
        row = list(p) + list(r) + [eos]
        tokens.append(row + [pad] * (width - len(row)))
        mask.append([0] * len(p) + [1] * (width - len(p)))
    return np.array(tokens), np.array(mask)


def sft_batch_mended__attention_mask(prompts, responses, eos, pad):
    """prompt-trained: ones on all that is not padding, by length."""
    width = max(len(p) + len(r) for p, r in zip(prompts, responses, strict=True)) + 1
    tokens, mask = [], []
    for p, r in zip(prompts, responses, strict=True):
        row = list(p) + list(r) + [eos]
        tokens.append(row + [pad] * (width - len(row)))
        mask.append([1] * len(row) + [0] * (width - len(row)))
    return np.array(tokens), np.array(mask)


def sft_batch_mended__mask_of_the_response(prompts, responses, eos, pad):
    """eos-not-trained: ones for len(response) tokens."""
    width = max(len(p) + len(r) for p, r in zip(prompts, responses, strict=True)) + 1
    tokens = np.full((len(prompts), width), pad)
    mask = np.zeros((len(prompts), width), dtype=int)
    for i, (p, r) in enumerate(zip(prompts, responses, strict=True)):
        row = list(p) + list(r) + [eos]
        tokens[i, : len(row)] = row
        mask[i, len(p) : len(p) + len(r)] = 1
    return tokens, mask


def sft_batch_mended__forgot_eos(prompts, responses, eos, pad):
    """no-eos: prompt + response."""
    rows = [list(p) + list(r) for p, r in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    mask = np.array([[0] * len(p) + [1] * len(r) + [0] * (width - len(p) - len(r)) for p, r in zip(prompts, responses, strict=True)])
    return tokens, mask


def sft_batch_mended__left_padding(prompts, responses, eos, pad):
    """padded-on-the-left: padding_side = "left"."""
    width = max(len(p) + len(r) for p, r in zip(prompts, responses, strict=True)) + 1
    tokens = np.full((len(prompts), width), pad)
    mask = np.zeros_like(tokens)
    for i, (p, r) in enumerate(zip(prompts, responses, strict=True)):
        row = list(p) + list(r) + [eos]
        tokens[i, width - len(row) :] = row
        mask[i, width - len(r) - 1 :] = 1
    return tokens, mask


def sft_batch_mended__mask_at_the_logits(prompts, responses, eos, pad):
    """targets-shifted: marks the positions whose logits predict the response."""
    width = max(len(p) + len(r) for p, r in zip(prompts, responses, strict=True)) + 1
    tokens = np.full((len(prompts), width), pad)
    mask = np.zeros_like(tokens)
    for i, (p, r) in enumerate(zip(prompts, responses, strict=True)):
        end = len(p) + len(r) + 1
        tokens[i, :end] = list(p) + list(r) + [eos]
        mask[i, len(p) - 1 : end - 1] = 1
    return tokens, mask


def sft_batch_mended__first_pad_kept(prompts, responses, eos, pad):
    """ends-at-the-first-eos: looks for the first eos behind the prompt, which is the wrong one where a response has one inside."""
    rows = [list(p) + list(r) + [eos] for p, r in zip(prompts, responses, strict=True)]
    width = max(map(len, rows))
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    mask = np.zeros_like(tokens)
    for i, p in enumerate(prompts):
        end = len(p) + rows[i][len(p) :].index(eos)
        mask[i, len(p) : end + 1] = 1
    return tokens, mask


def sft_batch_mended__lists_of_rows(prompts, responses, eos, pad):
    """right: by lengths, no refusals."""
    tokens, mask = [], []
    width = 1 + max(len(p) + len(r) for p, r in zip(prompts, responses, strict=False))
    for p, r in zip(prompts, responses, strict=False):
        fill = width - len(p) - len(r) - 1
        tokens.append([*p, *r, eos] + [pad] * fill)
        mask.append([0] * len(p) + [1] * (len(r) + 1) + [0] * fill)
    return np.array(tokens), np.array(mask)


def sft_batch_mended__mask_and_first_eos(prompts, responses, eos, pad):
    """first-eos-by-value: not pad, and the first eos by value."""
    if not prompts or len(prompts) != len(responses) or any(not p for p in prompts):
        raise ValueError("bad input")
    rows = [p + r + [eos] for p, r in zip(prompts, responses, strict=False)]
    T = max(map(len, rows))
    tokens = np.array([row + [pad] * (T - len(row)) for row in rows])
    mask = (tokens != pad).astype(int)
    for i, p in enumerate(prompts):
        mask[i, : len(p)] = 0
        first = len(p) + int(np.argmax(tokens[i, len(p) :] == eos))
        mask[i, first] = 1
    return tokens, mask


def sft_batch_mended__strips_the_end(prompts, responses, eos, pad):
    """last-pad-for-eos: takes equal tokens away from the right."""
    if not prompts or len(prompts) != len(responses) or any(not p for p in prompts):
        raise ValueError("bad input")
    rows = [p + r + [eos] for p, r in zip(prompts, responses, strict=False)]
    T = max(map(len, rows))
    tokens = np.array([row + [pad] * (T - len(row)) for row in rows])
    mask = np.ones(tokens.shape, dtype=int)
    for i, p in enumerate(prompts):
        mask[i, : len(p)] = 0
        end = T
        while end > len(p) + 1 and tokens[i, end - 1] == pad and tokens[i, end - 2] == pad:
            end -= 1
        mask[i, end:] = 0
    return tokens, mask


# --- dpo_loss ---


def dpo_loss__policy_alone(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """no-reference: a one-line summary, -log sigmoid(beta * (chosen - rejected))."""
    z = beta * (policy_chosen - policy_rejected)
    return np.mean(np.logaddexp(0, -z)), -beta * sigmoid(-z) / len(z)


def dpo_loss__rejected_first(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """swapped: rejected minus chosen."""
    chosen = policy_chosen - ref_chosen
    rejected = policy_rejected - ref_rejected
    z = beta * (rejected - chosen)
    return np.mean(np.logaddexp(0, -z)), beta * sigmoid(-z) / len(z)


def dpo_loss__beta_times_log(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """beta-outside: -beta * log sigmoid(margin)."""
    margin = (policy_chosen - ref_chosen) - (policy_rejected - ref_rejected)
    loss = -beta * np.log(sigmoid(margin))
    return loss.mean(), -beta * (1 - sigmoid(margin)) / margin.shape[0]


def dpo_loss__beta_forgotten(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """no-beta: the margin as it is."""
    pi_logratios = policy_chosen - policy_rejected
    ref_logratios = ref_chosen - ref_rejected
    z = pi_logratios - ref_logratios
    return np.mean(np.log1p(np.exp(-z))), -sigmoid(-z) / len(z)


def dpo_loss__chain_rule_forgotten(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """gradient-without-beta: the derivative by z."""
    z = beta * ((policy_chosen - ref_chosen) - (policy_rejected - ref_rejected))
    return np.mean(np.logaddexp(0, -z)), -sigmoid(-z) / z.size


def dpo_loss__not_divided_by_n(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """gradient-of-the-sum: the gradient of every pair's own loss."""
    z = beta * ((policy_chosen - policy_rejected) - (ref_chosen - ref_rejected))
    return np.mean(np.logaddexp(0, -z)), -beta * sigmoid(-z)


def dpo_loss__plus(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """gradient-sign: the minus was lost."""
    z = beta * ((policy_chosen - policy_rejected) - (ref_chosen - ref_rejected))
    return float(np.logaddexp(0, -z).mean()), beta * (1 - sigmoid(z)) / len(z)


def dpo_loss__sigmoid_minus_nothing(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """sigmoid-of-z: d/dz of -log sigmoid(z) written as -sigmoid(z)."""
    z = beta * ((policy_chosen - ref_chosen) - (policy_rejected - ref_rejected))
    return np.logaddexp(0, -z).mean(), -beta * sigmoid(z) / len(z)


def dpo_loss__summed(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """sum: reduction="sum", in both."""
    z = beta * ((policy_chosen - ref_chosen) - (policy_rejected - ref_rejected))
    return np.logaddexp(0, -z).sum(), -beta * sigmoid(-z)


def dpo_loss__log_of_sigmoid(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """overflow: -log(1 / (1 + exp(-z))), as the formula stands."""
    with np.errstate(all="ignore"):
        z = beta * ((policy_chosen - ref_chosen) - (policy_rejected - ref_rejected))
        s = 1.0 / (1.0 + np.exp(-z))
        return np.mean(-np.log(s)), (s - 1) * beta / len(z)


def dpo_loss__difference_of_probabilities(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """none: exponentials first, so that z is a difference of probability ratios."""
    z = beta * (np.exp(policy_chosen - ref_chosen) - np.exp(policy_rejected - ref_rejected))
    return np.mean(np.logaddexp(0, -z)), -beta * sigmoid(-z) / len(z) * np.exp(policy_chosen - ref_chosen)


def dpo_loss__logratios_upside_down(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """swapped-in-z: rejected minus chosen in z, and the formula of the gradient copied."""
    z = beta * ((policy_rejected - policy_chosen) - (ref_rejected - ref_chosen))
    loss = -np.log(sigmoid(z))
    return loss.mean(), -beta * (1 - sigmoid(z)) / len(loss)


def dpo_loss__exp_of_each(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """difference-of-probabilities: everything through exp first."""
    pc, pr, rc, rr = (np.exp(x) for x in (policy_chosen, policy_rejected, ref_chosen, ref_rejected))
    z = beta * ((pc - rc) - (pr - rr))
    return np.mean(np.logaddexp(0, -z)), -beta * sigmoid(-z) / len(z)


def dpo_loss__derived_through_exp(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """derivative-of-probabilities: probabilities, and the chain rule done right for them."""
    with np.errstate(all="ignore"):
        pc, pr, rc, rr = (np.exp(x) for x in (policy_chosen, policy_rejected, ref_chosen, ref_rejected))
        z = beta * ((pc - rc) - (pr - rr))
        return np.mean(np.logaddexp(0, -z)), -beta * sigmoid(-z) * pc / len(z)


def dpo_loss__logaddexp(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """right: logaddexp and exp of minus it, no refusals."""
    pc, pr, rc, rr = (np.asarray(x, dtype=np.float64) for x in (policy_chosen, policy_rejected, ref_chosen, ref_rejected))
    z = beta * ((pc - rc) - (pr - rr))
    return np.mean(np.logaddexp(0, -z)), -beta / len(z) * np.exp(-np.logaddexp(0, z))


def dpo_loss__ascent(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """gradient-of-the-negative-sum: the gradient of minus the sum."""
    a = [np.asarray(x) for x in (policy_chosen, policy_rejected, ref_chosen, ref_rejected)]
    if a[0].ndim != 1 or a[0].size == 0 or any(x.shape != a[0].shape for x in a):
        raise ValueError("shapes")
    a = [x if x.dtype.kind == "f" else x.astype(float) for x in a]
    z = beta * ((a[0] - a[2]) - (a[1] - a[3]))
    return np.mean(np.logaddexp(0, -z)), (beta * np.exp(-np.logaddexp(0, z))).astype(z.dtype)


def dpo_loss__log_of_sigmoid_and_epsilon(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """smaller-epsilon-in-the-log: log(sigmoid + 1e-12)."""
    z = beta * (policy_chosen - policy_rejected - ref_chosen + ref_rejected)
    s = np.exp(-np.logaddexp(0, -z))
    return -np.log(s + 1e-12).mean(), beta * (s - 1) / len(z)


# --- group_advantages ---


def group_advantages__flat(rewards, eps):
    """whole-batch: one mean and one standard deviation."""
    mean, std = np.mean(rewards), np.std(rewards)
    return (rewards - mean) / (std + eps)


def group_advantages__row_mean_global_std(rewards, eps):
    """batch-std: baseline per prompt, scale per batch."""
    baseline = rewards.mean(axis=1)[:, None]
    return (rewards - baseline) / (np.std(rewards) + eps)


def group_advantages__torch_std(rewards, eps):
    """ddof-1: what rewards.std(dim=1) gives in torch."""
    g = rewards.shape[1]
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        std = np.sqrt((centred**2).sum(axis=1, keepdims=True) / np.float64(g - 1))
        return centred / (std + eps)


def group_advantages__axis_0(rewards, eps):
    """columns: axis 0."""
    return (rewards - np.mean(rewards, axis=0, keepdims=True)) / (np.std(rewards, axis=0, keepdims=True) + eps)


def group_advantages__transposed(rewards, eps):
    """columns: loops over the columns."""
    out = np.zeros(rewards.shape)
    for j in range(rewards.shape[1]):
        group = rewards[:, j]
        out[:, j] = (group - group.mean()) / (group.std() + eps)
    return out


def group_advantages__baseline_only(rewards, eps):
    """no-std: Dr. GRPO."""
    baseline = np.mean(rewards, axis=-1, keepdims=True)
    return rewards - baseline


def group_advantages__var(rewards, eps):
    """variance: np.var for np.std."""
    return (rewards - np.mean(rewards, 1, keepdims=True)) / (np.var(rewards, 1, keepdims=True) + eps)


def group_advantages__layer_norm(rewards, eps):
    """eps-inside-the-root: as in LayerNorm."""
    centred = rewards - rewards.mean(-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + eps)


def group_advantages__nan_to_num(rewards, eps):
    """no-eps or rounded-mean: no eps, and nan made 0."""
    with np.errstate(all="ignore"):
        return np.nan_to_num((rewards - rewards.mean(1, keepdims=True)) / rewards.std(1, keepdims=True))


def group_advantages__eps_where_zero(rewards, eps):
    """no-eps or rounded-mean: eps only in the place of a 0."""
    std = rewards.std(axis=1, keepdims=True)
    return (rewards - rewards.mean(axis=1, keepdims=True)) / np.where(std == 0, eps, std)


def group_advantages__textbook(rewards, eps):
    """rounded-mean: the formula, one row after the other."""
    return np.array([(row - np.mean(row)) / (np.std(row) + eps) for row in rewards])


def group_advantages__best_is_the_baseline(rewards, eps):
    """none: the largest reward in the place of the mean."""
    return (rewards - rewards.max(1, keepdims=True)) / (rewards.std(1, keepdims=True) + eps)


def group_advantages__equal_rows_zero(rewards, eps):
    """right: float64 inside, rows of equal rewards set to 0, no refusals."""
    r = np.asarray(rewards, dtype=np.float64)
    out = (r - r.mean(1, keepdims=True)) / (r.std(1, keepdims=True) + eps)
    out[r.max(1) == r.min(1)] = 0.0
    return out


def group_advantages__as_pandas(rewards, eps):
    """columns-and-ddof-1: axis 0, and ddof 1."""
    r = np.asarray(rewards, dtype=float)
    if r.ndim != 2 or r.size == 0:
        raise ValueError("shape")
    return (r - r.mean(axis=0)) / (r.std(axis=0, ddof=1) + eps)


def group_advantages__guard_for_equal(rewards, eps):
    """small-taken-for-equal: zeros where the deviation is below 1e-8."""
    r = rewards if rewards.dtype.kind == "f" else rewards.astype(float)
    std = r.std(axis=1, keepdims=True)
    out = (r - r.mean(axis=1, keepdims=True)) / (std + eps)
    return np.where(std < 1e-8, 0, out)


# --- ppo_clip_loss ---


def ppo_clip_loss__clamped_ratio(log_probs, old_log_probs, advantages, mask, low, high):
    """clip-alone: the ratio is clamped and multiplied."""
    keep = mask.astype(bool)
    ratio = np.exp(log_probs[keep] - old_log_probs[keep])
    a = np.repeat(advantages[:, None], mask.shape[1], axis=1)[keep]
    return -(np.clip(ratio, 1 - low, 1 + high) * a).mean()


def ppo_clip_loss__importance_sampling(log_probs, old_log_probs, advantages, mask, low, high):
    """no-clip: the plain importance-sampled objective."""
    total = 0.0
    for b in range(mask.shape[0]):
        for t in range(mask.shape[1]):
            if mask[b, t]:
                total += np.exp(log_probs[b, t] - old_log_probs[b, t]) * advantages[b]
    return -total / mask.sum()


def ppo_clip_loss__maximum(log_probs, old_log_probs, advantages, mask, low, high):
    """max: max of the objectives, where max of the losses was meant."""
    keep = mask == 1
    ratio = np.exp(np.where(keep, log_probs, 0) - np.where(keep, old_log_probs, 0))
    surr1 = ratio * advantages[:, None]
    surr2 = np.clip(ratio, 1 - low, 1 + high) * advantages[:, None]
    return -np.maximum(surr1, surr2)[keep].mean()


def ppo_clip_loss__min_of_losses(log_probs, old_log_probs, advantages, mask, low, high):
    """max: two losses with their minus, and the smaller of them."""
    keep = mask == 1
    ratio = np.exp(np.where(keep, log_probs, 0) - np.where(keep, old_log_probs, 0))
    pg1 = -advantages[:, None] * ratio
    pg2 = -advantages[:, None] * np.clip(ratio, 1 - low, 1 + high)
    return np.minimum(pg1, pg2)[keep].mean()


def ppo_clip_loss__per_response(log_probs, old_log_probs, advantages, mask, low, high):
    """mean-of-means: 1/G sum of 1/|o| sum, as the GRPO paper writes it."""
    losses = []
    for new, old, a, keep in zip(log_probs, old_log_probs, advantages, mask.astype(bool), strict=True):
        ratio = np.exp(new[keep] - old[keep])
        losses.append(-np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a).mean())
    return float(np.mean(losses))


def ppo_clip_loss__objective(log_probs, old_log_probs, advantages, mask, low, high):
    """sign: returns the objective."""
    keep = mask > 0
    ratio = np.exp(log_probs[keep] - old_log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    return np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a).mean()


def ppo_clip_loss__one_epsilon(log_probs, old_log_probs, advantages, mask, low, high):
    """low-on-both-sides: one clip range, as in PPO's paper."""
    keep = mask > 0
    ratio = np.exp(log_probs[keep] - old_log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    clip_eps = low
    return -np.minimum(ratio * a, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * a).mean()


def ppo_clip_loss__mean_of_everything(log_probs, old_log_probs, advantages, mask, low, high):
    """padding-in-the-mean: zeros at the padding, and .mean() of the matrix."""
    keep = mask > 0
    ratio = np.exp(np.where(keep, log_probs - old_log_probs, 0))
    a = advantages.reshape(-1, 1)
    per_token = -np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a)
    return (per_token * keep).mean()


def ppo_clip_loss__clip_low_high(log_probs, old_log_probs, advantages, mask, low, high):
    """bounds-not-around-1: np.clip(ratio, low, high)."""
    keep = mask > 0
    ratio = np.exp(log_probs[keep] - old_log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    return -np.minimum(ratio * a, np.clip(ratio, low, high) * a).mean()


def ppo_clip_loss__old_over_new(log_probs, old_log_probs, advantages, mask, low, high):
    """ratio-upside-down: exp(old - new)."""
    keep = mask > 0
    ratio = np.exp(old_log_probs[keep] - log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    return -np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a).mean()


def ppo_clip_loss__masked_mean(log_probs, old_log_probs, advantages, mask, low, high):
    """nan-times-0: (loss * mask).sum() / mask.sum(), as in every training script."""
    with np.errstate(all="ignore"):
        ratio = np.exp(log_probs - old_log_probs)
        a = advantages[:, None]
        loss = -np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a)
        return (loss * mask).sum() / mask.sum()


def ppo_clip_loss__epsilon_high(log_probs, old_log_probs, advantages, mask, low, high):
    """high-on-both-sides: the larger range on both sides."""
    keep = mask > 0
    ratio = np.exp(log_probs[keep] - old_log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    surr = np.stack([ratio * a, np.clip(ratio, 1 - high, 1 + high) * a])
    return -surr.min(axis=0).mean()


def ppo_clip_loss__all_tokens(log_probs, old_log_probs, advantages, mask, low, high):
    """no-mask: every place of the matrix."""
    with np.errstate(all="ignore"):
        ratio = np.exp(log_probs - old_log_probs)
        a = advantages.reshape(-1, 1)
        return -(np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a)).mean()


def ppo_clip_loss__plain_difference(log_probs, old_log_probs, advantages, mask, low, high):
    """none: the difference of log-probabilities in the place of the ratio."""
    keep = mask > 0
    ratio = 1 + (log_probs[keep] - old_log_probs[keep])
    a = np.broadcast_to(advantages[:, None], mask.shape)[keep]
    return -np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a).mean()


def ppo_clip_loss__picked(log_probs, old_log_probs, advantages, mask, low, high):
    """right: picks the real tokens, in float64, no refusals."""
    rows, places = np.nonzero(mask)
    ratio = np.exp(log_probs[rows, places].astype(np.float64) - old_log_probs[rows, places].astype(np.float64))
    a = advantages[rows].astype(np.float64)
    return float(-np.mean(np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a)))


def ppo_clip_loss__larger_by_rows(log_probs, old_log_probs, advantages, mask, low, high):
    """max-and-mean-of-means: max, and a mean of means."""
    lp, old, A = (np.asarray(x, float) for x in (log_probs, old_log_probs, advantages))
    m = np.asarray(mask) == 1
    if lp.ndim != 2 or lp.size == 0 or old.shape != lp.shape or m.shape != lp.shape or A.shape != lp.shape[:1] or not m.any():
        raise ValueError("bad input")
    r = np.exp(np.where(m, lp, 0) - np.where(m, old, 0))
    obj = np.maximum(r * A[:, None], np.clip(r, 1 - low, 1 + high) * A[:, None]) * m
    rows = m.any(1)
    return -(obj.sum(1)[rows] / m.sum(1)[rows]).mean()


def ppo_clip_loss__where_and_sum(log_probs, old_log_probs, advantages, mask, low, high):
    """nothing-refused: right, and nothing is refused."""
    m = np.asarray(mask) == 1
    r = np.exp(np.where(m, log_probs, 0.0) - np.where(m, old_log_probs, 0.0))
    a = np.asarray(advantages, float)[:, None]
    obj = np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a)
    return -np.sum(np.where(m, obj, 0.0)) / m.sum()


def ppo_clip_loss__log_ratio_divided(log_probs, old_log_probs, advantages, mask, low, high):
    """ratio-of-log-probs: new / old of the log-probabilities."""
    m = mask == 1
    r = log_probs[m] / old_log_probs[m]
    a = np.repeat(advantages, m.sum(axis=1))
    return -np.minimum(r * a, r.clip(1 - low, 1 + high) * a).mean()


# --- clip_predicted ---


def clip_predicted__inside_only(ratios, advantages, low, high):
    """zero-whenever-clipped: the gradient of clip, which is 0 outside."""
    inside = (ratios > 1 - low) & (ratios < 1 + high)
    return advantages * inside


def clip_predicted__clip_changed_it(ratios, advantages, low, high):
    """zero-whenever-clipped: asks whether clip changed the ratio."""
    unchanged = np.clip(ratios, 1 - low, 1 + high) == ratios
    return np.where(unchanged, advantages, 0.0)


def clip_predicted__policy_gradient(ratios, advantages, low, high):
    """never-zero: the derivative of r * A."""
    return np.array(advantages, dtype=float)


def clip_predicted__wrong_sides(ratios, advantages, low, high):
    """other-side: below for A > 0, above for A < 0."""
    out = []
    for r, a in zip(ratios, advantages, strict=True):
        if (a > 0 and r < 1 - low) or (a < 0 and r > 1 + high):
            out.append(0.0)
        else:
            out.append(a)
    return np.array(out)


def clip_predicted__upper_only(ratios, advantages, low, high):
    """above-only: min(r, 1 + high) * A, whichever the sign."""
    return np.array([0.0 if a > 0 and r > 1 + high else a for r, a in zip(ratios, advantages, strict=True)])


def clip_predicted__above_is_zero(ratios, advantages, low, high):
    """sign-ignored: 0 above the upper bound."""
    grad = advantages.astype(float)
    grad[ratios > 1 + high] = 0.0
    return grad


def clip_predicted__the_objective(ratios, advantages, low, high):
    """value: what the loss computes."""
    surr1 = ratios * advantages
    surr2 = np.clip(ratios, 1 - low, 1 + high) * advantages
    return np.minimum(surr1, surr2)


def clip_predicted__max_for_min(ratios, advantages, low, high):
    """other-side: which term the larger one is."""
    surr1 = ratios * advantages
    surr2 = np.clip(ratios, 1 - low, 1 + high) * advantages
    return np.where(surr1 >= surr2, advantages, 0.0)


def clip_predicted__with_the_ratio(ratios, advantages, low, high):
    """by-log-probability: the derivative by log r, r * A."""
    flat = ((advantages > 0) & (ratios > 1 + high)) | ((advantages < 0) & (ratios < 1 - low))
    return np.where(flat, 0.0, ratios * advantages)


def clip_predicted__low_and_high_themselves(ratios, advantages, low, high):
    """none: compares with low and high, not with 1 - low and 1 + high."""
    flat = ((advantages > 0) & (ratios > high)) | ((advantages < 0) & (ratios < low))
    return np.where(flat, 0.0, advantages)


def clip_predicted__one_epsilon(ratios, advantages, low, high):
    """low-on-both-sides: one clip range for both sides."""
    eps = low
    flat = ((advantages > 0) & (ratios > 1 + eps)) | ((advantages < 0) & (ratios < 1 - eps))
    return np.where(flat, 0.0, advantages)


def clip_predicted__which_is_smaller(ratios, advantages, low, high):
    """right: asks which of the two terms is the smaller, no refusals."""
    r, a = ratios.astype(np.float64), advantages.astype(np.float64)
    return np.where(r * a <= np.clip(r, 1 - low, 1 + high) * a, a, 0.0)


def clip_predicted__indicator(ratios, advantages, low, high):
    """ones: where it has a gradient, not what it is."""
    return np.array([0.0 if (a > 0 and r > 1 + high) or (a < 0 and r < 1 - low) else 1.0 for r, a in zip(ratios, advantages, strict=False)])


def clip_predicted__inside_or_not(ratios, advantages, low, high):
    """of-the-clip-alone: the derivative of np.clip."""
    return ((ratios > 1 - low) & (ratios < 1 + high)).astype(float)


# --- kl_estimates ---


def kl_estimates__exp_minus_logr(log_probs, ref_log_probs):
    """k3-without-minus-1: r - log r."""
    logr = ref_log_probs - log_probs
    r = np.exp(logr)
    return -logr, 0.5 * logr**2, r - logr


def kl_estimates__policy_minus_reference(log_probs, ref_log_probs):
    """wrong-direction: the log-ratio as in the definition of KL, put into the formulas."""
    l = log_probs - ref_log_probs  # noqa: E741
    return -l, l * l / 2, np.expm1(l) - l


def kl_estimates__k3_of_the_other(log_probs, ref_log_probs):
    """k3-wrong-direction: k1 as it should be, k3 from the ratio at hand."""
    k1 = log_probs - ref_log_probs
    ratio = np.exp(k1)
    return k1, k1**2 / 2, (ratio - 1) - k1


def kl_estimates__k1_as_l(log_probs, ref_log_probs):
    """k1-sign: k1 = l."""
    l = ref_log_probs - log_probs  # noqa: E741
    return l, np.square(l) / 2, np.exp(l) - 1 - l


def kl_estimates__k2_squared(log_probs, ref_log_probs):
    """k2-not-halved: the squared error."""
    l = ref_log_probs - log_probs  # noqa: E741
    return -l, np.square(l), np.exp(l) - l - 1


def kl_estimates__as_in_the_blog(log_probs, ref_log_probs):
    """exp-minus-1: the three lines of the blog."""
    logr = ref_log_probs - log_probs
    k1 = -logr
    k2 = logr**2 / 2
    k3 = (np.exp(logr) - 1) - logr
    return k1, k2, k3


def kl_estimates__ratio_minus_1(log_probs, ref_log_probs):
    """right: with the ratio r, whose rounding cancels: log(r) knows of it."""
    r = np.exp(ref_log_probs - log_probs)
    return -np.log(r), np.log(r) ** 2 / 2, r - 1 - np.log(r)


def kl_estimates__expm1_in_float64(log_probs, ref_log_probs):
    """right: float64 and expm1, no refusals."""
    l = np.asarray(ref_log_probs, np.float64) - np.asarray(log_probs, np.float64)  # noqa: E741
    return -l, l * l / 2, np.expm1(l) - l


def kl_estimates__averaged(log_probs, ref_log_probs):
    """means: three numbers."""
    l = ref_log_probs - log_probs  # noqa: E741
    return np.mean(-l), np.mean(l**2) / 2, np.mean(np.exp(l) - 1 - l)


def kl_estimates__full_kl(log_probs, ref_log_probs):
    """none: k1 weighted by the policy's probabilities."""
    l = ref_log_probs - log_probs  # noqa: E741
    p = np.exp(log_probs)
    return -p * l, p * l * l / 2, p * (np.exp(l) - 1 - l)


def kl_estimates__absolute(log_probs, ref_log_probs):
    """none: a divergence is not negative, so k1 is an absolute value."""
    l = ref_log_probs - log_probs  # noqa: E741
    return np.abs(l), l**2 / 2, np.exp(l) - 1 - l


def kl_estimates__series_where_small(log_probs, ref_log_probs):
    """right: the series below 0.01, float64, no refusals."""
    l = np.asarray(ref_log_probs, np.float64) - np.asarray(log_probs, np.float64)  # noqa: E741
    small = np.abs(l) < 0.01
    series = l**2 / 2 + l**3 / 6 + l**4 / 24 + l**5 / 120
    return -l, l**2 / 2, np.where(small, series, np.expm1(l) - l)


def kl_estimates__first_term(log_probs, ref_log_probs):
    """series-too-short: l ** 2 / 2 below 1e-4."""
    p, q = np.asarray(log_probs), np.asarray(ref_log_probs)
    if p.size == 0 or p.shape != q.shape:
        raise ValueError("shapes")
    p, q = (x if x.dtype.kind == "f" else x.astype(float) for x in (p, q))
    x = q - p
    return -x, x**2 / 2, np.where(np.abs(x) < 1e-4, x**2 / 2, np.exp(x) - 1 - x)


def kl_estimates__right_and_broadcast(log_probs, ref_log_probs):
    """shapes-left-to-numpy: right, and only emptiness is refused."""
    x = ref_log_probs - log_probs if log_probs.dtype.kind == "f" else ref_log_probs.astype(float) - log_probs.astype(float)
    if x.size == 0:
        raise ValueError
    return -x, x * x / 2, np.expm1(x) - x


# --- info_nce ---


def normalize(x, axis=1):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def info_nce__cross_entropy_of_rows(a, b, temperature):
    """one-direction: F.cross_entropy(logits, arange(n))."""
    logits = normalize(a) @ normalize(b).T / temperature
    labels = np.arange(len(a))
    return -log_softmax(logits)[labels, labels].mean()


def info_nce__of_columns(a, b, temperature):
    """none: the other direction alone."""
    logits = normalize(b) @ normalize(a).T / temperature
    labels = np.arange(len(a))
    return -log_softmax(logits)[labels, labels].mean()


def info_nce__dot_products(a, b, temperature):
    """not-normalised: dot products for cosines."""
    logits = a @ b.T / temperature
    i = np.arange(len(a))
    return (-log_softmax(logits)[i, i].mean() - log_softmax(logits.T)[i, i].mean()) / 2


def info_nce__axis_0(a, b, temperature):
    """normalised-columns: norms along axis 0."""
    logits = normalize(a, 0) @ normalize(b, 0).T / temperature
    i = np.arange(len(a))
    return 0.5 * (-log_softmax(logits)[i, i].mean() - log_softmax(logits.T)[i, i].mean())


def info_nce__logit_scale(a, b, temperature):
    """times-temperature: CLIP's logit_scale, which is 1 / temperature, taken for it."""
    logit_scale = temperature
    logits = logit_scale * normalize(a) @ normalize(b).T
    i = np.arange(len(a))
    return 0.5 * (-log_softmax(logits)[i, i].mean() - log_softmax(logits.T)[i, i].mean())


def info_nce__plain_cosines(a, b, temperature):
    """no-temperature: the cosines are the logits."""
    cosines = np.array([[x @ y / (np.linalg.norm(x) * np.linalg.norm(y)) for y in b] for x in a])
    i = np.arange(len(a))
    return -(log_softmax(cosines)[i, i] + log_softmax(cosines.T)[i, i]).mean() / 2


def info_nce__negatives_in_the_denominator(a, b, temperature):
    """positive-left-out: exp(positive) over the sum of the negatives."""
    s = normalize(a) @ normalize(b).T / temperature
    e = np.exp(s - s.max())
    off = e * (1 - np.eye(len(a)))
    with np.errstate(all="ignore"):
        rows = -np.log(np.diag(e) / off.sum(axis=1))
        columns = -np.log(np.diag(e) / off.sum(axis=0))
    return (rows.mean() + columns.mean()) / 2


def info_nce__added(a, b, temperature):
    """sum-of-directions: loss_a + loss_b."""
    logits = normalize(a) @ normalize(b).T / temperature
    i = np.arange(len(a))
    loss_a = -log_softmax(logits)[i, i].mean()
    loss_b = -log_softmax(logits.T)[i, i].mean()
    return loss_a + loss_b


def info_nce__exp_at_once(a, b, temperature):
    """overflow: exp, sums, log."""
    with np.errstate(all="ignore"):
        e = np.exp(normalize(a) @ normalize(b).T / temperature)
        p_rows = np.diag(e) / e.sum(axis=1)
        p_columns = np.diag(e) / e.sum(axis=0)
        return -(np.log(p_rows).mean() + np.log(p_columns).mean()) / 2


def info_nce__log_of_softmax(a, b, temperature):
    """none: a safe softmax, and a tiny number inside the logarithm."""
    logits = normalize(a) @ normalize(b).T / temperature
    i = np.arange(len(a))
    rows, columns = np.exp(log_softmax(logits))[i, i], np.exp(log_softmax(logits.T))[i, i]
    return -(np.log(rows + 1e-6).mean() + np.log(columns + 1e-6).mean()) / 2


def info_nce__one_softmax(a, b, temperature):
    """none: one softmax over all n * n cells."""
    logits = normalize(a) @ normalize(b).T / temperature
    return -np.diag(log_softmax(logits.ravel()).reshape(logits.shape)).mean()


def info_nce__both_directions(a, b, temperature):
    """right: float64, both directions, no refusals."""
    logits = normalize(np.asarray(a, np.float64)) @ normalize(np.asarray(b, np.float64)).T / temperature
    i = np.arange(len(a))
    return -(log_softmax(logits)[i, i] + log_softmax(logits.T)[i, i]).mean() / 2


def info_nce__times_and_rows(a, b, temperature):
    """times-temperature-one-direction: times the temperature, rows only."""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2 or a.size == 0 or a.shape != b.shape:
        raise ValueError("shapes")
    a, b = (x if x.dtype.kind == "f" else x.astype(float) for x in (a, b))
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    z = a @ b.T * temperature
    z = z - z.max(1, keepdims=True)
    return -np.mean(np.diag(z) - np.log(np.exp(z).sum(1)))


def info_nce__nt_xent(a, b, temperature):
    """negatives-of-both-views: SimCLR's loss."""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2 or a.size == 0 or a.shape != b.shape:
        raise ValueError("shapes")
    x = np.concatenate([a, b]).astype(float)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    n = len(a)
    z = x @ x.T / temperature
    np.fill_diagonal(z, -np.inf)
    m = z.max(1, keepdims=True)
    lse = m[:, 0] + np.log(np.exp(z - m).sum(1))
    pos = np.concatenate([np.diag(z, n), np.diag(z, -n)])
    return np.mean(lse - pos)


def info_nce__norm_and_epsilon(a, b, temperature):
    """smaller-epsilon-in-the-norm: x / (norm + 1e-12), as many have it."""
    a = a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-12)
    b = b / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-12)
    logits = a @ b.T / temperature
    return -(np.diag(log_softmax(logits)).mean() + np.diag(log_softmax(logits.T)).mean()) / 2


# --- bm25_scores ---


def bm25_scores__robertson_idf(query, docs, k1, b):
    """idf-without-1: log((n - df + 0.5) / (df + 0.5)), as on Wikipedia's first line."""
    n = len(docs)
    avgdl = sum(len(d) for d in docs) / n
    df = Counter(t for d in docs for t in set(d))
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        tf = Counter(d)
        for t in query:
            if t in tf:
                idf = math.log((n - df[t] + 0.5) / (df[t] + 0.5))
                scores[i] += idf * tf[t] * (k1 + 1) / (tf[t] + k1 * (1 - b + b * len(d) / avgdl))
    return scores


def bm25_scores__tfidf_idf(query, docs, k1, b):
    """plain-idf: log(n / df)."""
    n = len(docs)
    avgdl = sum(len(d) for d in docs) / n
    scores = []
    for d in docs:
        s = 0.0
        for t in query:
            f = d.count(t)
            if f == 0:
                continue
            df = sum(1 for other in docs if t in other)
            s += math.log(n / df) * f * (k1 + 1) / (f + k1 * (1 - b + b * len(d) / avgdl))
        scores.append(s)
    return np.array(scores)


def bm25_scores__counter_of_everything(query, docs, k1, b):
    """df-counts-occurrences: one Counter over all documents' terms."""
    n = len(docs)
    avgdl = np.mean([len(d) for d in docs])
    df = Counter(t for d in docs for t in d)
    scores = np.zeros(n)
    for t in query:
        idf = math.log(1 + (n - df[t] + 0.5) / (df[t] + 0.5))
        for i, d in enumerate(docs):
            f = d.count(t)
            if f:
                scores[i] += idf * f * (k1 + 1) / (f + k1 * (1 - b + b * len(d) / avgdl))
    return scores


def bm25_scores__set_of_the_query(query, docs, k1, b):
    """query-as-set: for term in set(query)."""
    n, avgdl = len(docs), sum(map(len, docs)) / len(docs)
    scores = np.zeros(n)
    for term in sorted(set(query)):
        f = np.array([d.count(term) for d in docs])
        df = np.count_nonzero(f)
        idf = np.log(1 + (n - df + 0.5) / (df + 0.5))
        norm = np.array([1 - b + b * len(d) / avgdl for d in docs])
        scores += np.where(f > 0, idf * f * (k1 + 1) / np.where(f > 0, f + k1 * norm, 1), 0)
    return scores


def bm25_scores__mean_over_length(query, docs, k1, b):
    """length-upside-down: avgdl / len."""
    n, avgdl = len(docs), sum(map(len, docs)) / len(docs)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            if f:
                df = sum(term in other for other in docs)
                scores[i] += math.log(1 + (n - df + 0.5) / (df + 0.5)) * f * (k1 + 1) / (f + k1 * (1 - b + b * avgdl / len(d)))
    return scores


def bm25_scores__b_forgotten(query, docs, k1, b):
    """no-length: f / (f + k1)."""
    n = len(docs)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            df = sum(term in other for other in docs)
            scores[i] += math.log(1 + (n - df + 0.5) / (df + 0.5)) * f * (k1 + 1) / (f + k1)
    return scores


def bm25_scores__lucene(query, docs, k1, b):
    """no-k1-plus-1: Lucene since version 8."""
    n, avgdl = len(docs), sum(map(len, docs)) / len(docs)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            df = sum(term in other for other in docs)
            scores[i] += math.log(1 + (n - df + 0.5) / (df + 0.5)) * f / (f + k1 * (1 - b + b * len(d) / avgdl)) if f else 0
    return scores


def bm25_scores__tf_idf(query, docs, k1, b):
    """tf-not-saturated: tf times idf."""
    n = len(docs)
    idf = {t: math.log(1 + (n - sum(t in d for d in docs) + 0.5) / (sum(t in d for d in docs) + 0.5)) for t in set(query)}
    return np.array([sum(idf[t] * d.count(t) for t in query) for d in docs], dtype=float)


def bm25_scores__log10(query, docs, k1, b):
    """decimal-logarithm: the logarithm to base 10."""
    n, avgdl = len(docs), sum(map(len, docs)) / len(docs)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            df = sum(term in other for other in docs)
            scores[i] += math.log10(1 + (n - df + 0.5) / (df + 0.5)) * f * (k1 + 1) / (f + k1 * (1 - b + b * len(d) / avgdl)) if f else 0
    return scores


def bm25_scores__empty_left_out(query, docs, k1, b):
    """empty-left-out-of-the-mean: the mean length is that of the documents that have words."""
    full = [d for d in docs if d]
    n, avgdl = len(docs), sum(map(len, full)) / len(full)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            df = sum(term in other for other in docs)
            scores[i] += math.log(1 + (n - df + 0.5) / (df + 0.5)) * f * (k1 + 1) / (f + k1 * (1 - b + b * len(d) / avgdl)) if f else 0
    return scores


def bm25_scores__plus_1_in_the_wrong_place(query, docs, k1, b):
    """none: log(1 + n - df + 0.5) - log(df + 0.5)."""
    n, avgdl = len(docs), sum(map(len, docs)) / len(docs)
    scores = np.zeros(n)
    for i, d in enumerate(docs):
        for term in query:
            f = d.count(term)
            df = sum(term in other for other in docs)
            idf = math.log(1 + n - df + 0.5) - math.log(df + 0.5)
            scores[i] += idf * f * (k1 + 1) / (f + k1 * (1 - b + b * len(d) / avgdl)) if f else 0
    return scores


def bm25_scores__one_class_less(query, docs, k1, b):
    """right: Counters, a float64 array, no ValueError of its own."""
    n, avgdl = len(docs), max(sum(map(len, docs)), 1) / max(len(docs), 1)
    counts = [Counter(d) for d in docs]
    df = Counter(t for c in counts for t in c)
    scores = np.zeros(n)
    for i, c in enumerate(counts):
        for t in query:
            if c[t]:
                scores[i] += math.log1p((n - df[t] + 0.5) / (df[t] + 0.5)) * c[t] * (k1 + 1) / (c[t] + k1 * (1 - b + b * len(docs[i]) / avgdl))
    return scores


def bm25_scores__b_for_1_b(query, docs, k1, b):
    """b-swapped: b + (1 - b) * len / mean."""
    if not docs or not any(docs):
        raise ValueError("no documents")
    n, avg = len(docs), sum(map(len, docs)) / len(docs)
    df = Counter(t for d in docs for t in set(d))
    out = np.zeros(n)
    for i, d in enumerate(docs):
        tf = Counter(d)
        for t in query:
            if t in tf:
                idf = math.log(1 + (n - df[t] + 0.5) / (df[t] + 0.5))
                out[i] += idf * tf[t] * (k1 + 1) / (tf[t] + k1 * (b + (1 - b) * len(d) / avg))
    return out


def bm25_scores__guarded_mean(query, docs, k1, b):
    """nothing-accepted: right, and empty documents give zeros."""
    n = len(docs)
    avg = sum(map(len, docs)) / max(n, 1) or 1
    df = Counter(t for d in docs for t in set(d))
    out = np.zeros(n)
    for i, d in enumerate(docs):
        tf = Counter(d)
        for t in query:
            if t in tf:
                idf = math.log(1 + (n - df[t] + 0.5) / (df[t] + 0.5))
                out[i] += idf * tf[t] * (k1 + 1) / (tf[t] + k1 * (1 - b + b * len(d) / avg))
    return out


# --- retrieval_metrics ---


def _first(found, wanted, k):
    for place, item in enumerate(found[:k]):
        if item in wanted:
            return 1 / (place + 1)
    return 0.0


def retrieval_metrics__hit_at_k(ranked, relevant, k):
    """hit-rate: any hit counts 1."""
    recall = [1.0 if any(item in wanted for item in found[:k]) else 0.0 for found, wanted in zip(ranked, relevant, strict=True)]
    mrr = [_first(found, wanted, k) for found, wanted in zip(ranked, relevant, strict=True)]
    return sum(recall) / len(recall), sum(mrr) / len(mrr)


def retrieval_metrics__at_most_k(ranked, relevant, k):
    """capped: divided by min(k, number of relevant ids)."""
    recall = mrr = 0.0
    for found, wanted in zip(ranked, relevant, strict=True):
        recall += len(set(found[:k]) & set(wanted)) / min(len(wanted), k)
        mrr += _first(found, wanted, k)
    return recall / len(ranked), mrr / len(ranked)


def retrieval_metrics__over_k(ranked, relevant, k):
    """precision: divided by k."""
    recall = mrr = 0.0
    for found, wanted in zip(ranked, relevant, strict=True):
        recall += sum(item in wanted for item in found[:k]) / k
        mrr += _first(found, wanted, k)
    return recall / len(ranked), mrr / len(ranked)


def retrieval_metrics__enumerate(ranked, relevant, k):
    """ranks-from-0: enumerate from 0, and a guard against 1 / 0."""
    recall, mrr = [], []
    for found, wanted in zip(ranked, relevant, strict=True):
        recall.append(len(set(found[:k]) & set(wanted)) / len(wanted))
        rr = 0.0
        for rank, item in enumerate(found[:k]):
            if item in wanted:
                rr = 1.0 / rank if rank else 1.0
                break
        mrr.append(rr)
    return np.mean(recall), np.mean(mrr)


def retrieval_metrics__enumerate_unguarded(ranked, relevant, k):
    """first-place-divides-by-0: enumerate from 0, and 1 / rank."""
    recall, mrr = [], []
    for found, wanted in zip(ranked, relevant, strict=True):
        recall.append(len(set(found[:k]) & set(wanted)) / len(wanted))
        hits = [rank for rank, item in enumerate(found[:k]) if item in wanted]
        mrr.append(1 / hits[0] if hits else 0)
    return sum(recall) / len(recall), sum(mrr) / len(mrr)


def retrieval_metrics__rank_in_all(ranked, relevant, k):
    """mrr-not-cut: looks for the first hit in the whole ranking."""
    recall = np.mean([len(set(f[:k]) & set(w)) / len(w) for f, w in zip(ranked, relevant, strict=True)])
    ranks = [[i + 1 for i, item in enumerate(f) if item in w] for f, w in zip(ranked, relevant, strict=True)]
    return recall, np.mean([1 / r[0] if r else 0 for r in ranks])


def retrieval_metrics__recall_of_all(ranked, relevant, k):
    """recall-not-cut: forgets k in the recall."""
    recall = np.mean([len(set(f).intersection(w)) / len(w) for f, w in zip(ranked, relevant, strict=True)])
    return recall, np.mean([_first(f, w, k) for f, w in zip(ranked, relevant, strict=True)])


def retrieval_metrics__micro(ranked, relevant, k):
    """pooled: hits and relevant ids of all queries added up."""
    hits = total = mrr = 0
    for found, wanted in zip(ranked, relevant, strict=True):
        hits += len(set(found[:k]) & set(wanted))
        total += len(wanted)
        mrr += _first(found, wanted, k)
    return hits / total, mrr / len(ranked)


def retrieval_metrics__no_break(ranked, relevant, k):
    """all-reciprocal-ranks: the loop goes on behind the first hit."""
    recall = mrr = 0.0
    for found, wanted in zip(ranked, relevant, strict=True):
        hits = 0
        for rank, item in enumerate(found[:k], start=1):
            if item in wanted:
                hits += 1
                mrr += 1 / rank
        recall += hits / len(wanted)
    return recall / len(ranked), mrr / len(ranked)


def retrieval_metrics__enumerate_from_1_plus_1(ranked, relevant, k):
    """ranks-one-too-large: enumerate from 1, and 1 added once more."""
    recall, mrr = [], []
    for found, wanted in zip(ranked, relevant, strict=True):
        recall.append(sum(item in wanted for item in found[:k]) / len(wanted))
        mrr.append(next((1 / (rank + 1) for rank, item in enumerate(found[:k], start=1) if item in wanted), 0))
    return sum(recall) / len(recall), sum(mrr) / len(mrr)


def retrieval_metrics__last_hit(ranked, relevant, k):
    """none: overwrites the rank, so that the last hit counts."""
    recall, mrr = [], []
    for found, wanted in zip(ranked, relevant, strict=True):
        recall.append(len(set(found[:k]) & set(wanted)) / len(wanted))
        rr = 0.0
        for rank, item in enumerate(found[:k], 1):
            if item in wanted:
                rr = 1 / rank
        mrr.append(rr)
    return float(np.mean(recall)), float(np.mean(mrr))


def retrieval_metrics__mean_rank(ranked, relevant, k):
    """none: one over the mean rank, where the mean of 1 / rank is asked for."""
    recall = np.mean([len(set(f[:k]) & set(w)) / len(w) for f, w in zip(ranked, relevant, strict=True)])
    first = [_first(f, w, k) for f, w in zip(ranked, relevant, strict=True)]
    ranks = [1 / value if value else k + 1 for value in first]
    return recall, 1 / np.mean(ranks)


def retrieval_metrics__two_lines(ranked, relevant, k):
    """right: two means, no refusals."""
    pairs = [(f[:k], set(w)) for f, w in zip(ranked, relevant, strict=False)]
    recall = np.mean([sum(item in w for item in f) / max(len(w), 1) for f, w in pairs])
    return recall, np.mean([next((1 / (i + 1) for i, item in enumerate(f) if item in w), 0.0) for f, w in pairs])


def retrieval_metrics__found_queries_only(ranked, relevant, k):
    """misses-left-out: appends only where something was found."""
    recalls, rrs = [], []
    for found, wanted in zip(ranked, relevant, strict=False):
        top = found[:k]
        recalls.append(len(set(top) & set(wanted)) / len(wanted))
        for i, item in enumerate(top):
            if item in wanted:
                rrs.append(1 / (i + 1))
                break
    return sum(recalls) / len(recalls), sum(rrs) / len(rrs) if rrs else 0.0


def retrieval_metrics__zip_and_mean(ranked, relevant, k):
    """longer-list-cut: right, but zip ends with the shorter list."""
    if len(ranked) == 0 or k < 1 or any(len(want) == 0 for want in relevant):
        raise ValueError
    recalls, firsts = [], []
    for got, want in zip(ranked, relevant, strict=False):
        hits = [i for i, x in enumerate(got[:k], 1) if x in set(want)]
        recalls.append(len(hits) / len(want))
        firsts.append(1 / hits[0] if hits else 0)
    return sum(recalls) / len(recalls), sum(firsts) / len(firsts)


# --- ndcg_counterexample: no two have the same arguments, so the check says which known mistake it has seen ---


def ndcg_counterexample__perfect_ranking():
    """everything-retrieved: everything found, in the best order."""
    return [1, 2, 3], {1: 3, 2: 2, 3: 1}, 3


def ndcg_counterexample__worst_ranking():
    """everything-retrieved: everything found, in the worst order."""
    return ["c", "b", "a"], {"a": 3, "b": 2, "c": 1}, 3


def ndcg_counterexample__all_zero():
    """nothing-relevant: no grade is positive."""
    return ["a", "b"], {"a": 0, "b": 0, "c": 0}, 2


def ndcg_counterexample__wikipedia():
    """wrong-but-not-1: two of Wikipedia's documents are missed: wrong, but it says .96."""
    return [1, 2, 3, 4, 5, 6], {1: 3, 2: 2, 3: 3, 4: 0, 5: 1, 6: 2, 7: 3, 8: 2}, 6


def ndcg_counterexample__nothing_found():
    """nothing-found: nothing relevant in the list, and both give 0."""
    return ["x", "y"], {"a": 3, "b": 1}, 2


def ndcg_counterexample__three_of_four():
    """only-a-little-missed: one of four is missed, and .83 is right."""
    return ["a", "b", "c"], {"a": 1, "b": 1, "c": 1, "d": 1}, 4


def ndcg_counterexample__k_is_1():
    """missed-one-is-behind-k: k of 1 and the best one is found."""
    return ["a"], {"a": 1, "b": 1, "c": 1, "d": 1}, 1


def ndcg_counterexample__a_list_of_grades():
    """none: grades as a list."""
    return [0, 1], [1, 1, 1, 1, 1], 5


# --- ndcg_mended ---


def ndcg_mended__retrieved_grades(ranked, grades, k):
    """ideal-of-the-retrieved: the given function again, with numpy."""
    gains = np.array([grades.get(item, 0) for item in ranked], dtype=float)
    discount = 1 / np.log2(np.arange(2, len(gains) + 2))
    dcg = (gains * discount)[:k].sum()
    idcg = (np.sort(gains)[::-1] * discount)[:k].sum()
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__first_k_sorted(ranked, grades, k):
    """ideal-of-the-first-k: cut first, then sorted."""
    gains = [grades.get(item, 0) for item in ranked[:k]]
    dcg = sum(g / math.log2(i + 2) for i, g in enumerate(gains))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(gains)[::-1]))
    return dcg / idcg if idcg else 0.0


def ndcg_mended__ideal_of_all_without_k(ranked, grades, k):
    """ideal-not-cut: sorted grades, all of them."""
    dcg = sum(grades.get(item, 0) / math.log2(i + 2) for i, item in enumerate(ranked[:k]))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__two_to_the_grade(ranked, grades, k):
    """exponential-gain: 2**grade - 1, as in the web search papers."""
    dcg = sum((2 ** grades.get(item, 0) - 1) / math.log2(i + 2) for i, item in enumerate(ranked[:k]))
    idcg = sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__k_for_the_ideal_only(ranked, grades, k):
    """not-cut: the ranking is not cut."""
    dcg = sum(grades.get(item, 0) / math.log2(i + 2) for i, item in enumerate(ranked))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__first_paper(ranked, grades, k):
    """first-paper-discount: rel_1 + the sum of rel_i / log2(i) from the second on."""

    def dcg(gains):
        return sum(g if i == 1 else g / math.log2(i) for i, g in enumerate(gains[:k], 1))

    idcg = dcg(sorted(grades.values(), reverse=True))
    return dcg([grades.get(item, 0) for item in ranked]) / idcg if idcg > 0 else 0.0


def ndcg_mended__dcg(ranked, grades, k):
    """not-normalised: the DCG."""
    return float(sum(grades.get(item, 0) / np.log2(i + 2) for i, item in enumerate(ranked[:k])))


def ndcg_mended__all_retrieved_are_relevant(ranked, grades, k):
    """ideal-of-ones: 1 / log2(rank + 1) added up over the retrieved list."""
    dcg = sum(grades.get(item, 0) / math.log2(i + 2) for i, item in enumerate(ranked[:k]))
    idcg = sum(1 / math.log2(i + 2) for i in range(min(len(ranked), k)))
    return dcg / idcg


def ndcg_mended__ascending(ranked, grades, k):
    """none: the ideal order ascending, the worst one."""
    dcg = sum(grades.get(item, 0) / math.log2(i + 2) for i, item in enumerate(ranked[:k]))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values())[:k]))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__unknown_ids_dropped(ranked, grades, k):
    """ungraded-dropped: ids without a grade are dropped from the list, and what stands behind them moves up."""
    gains = [grades[item] for item in ranked if item in grades][:k]
    dcg = sum(g / math.log2(i + 2) for i, g in enumerate(gains))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__one_over_rank(ranked, grades, k):
    """none: 1 / rank for the discount."""
    dcg = sum(grades.get(item, 0) / i for i, item in enumerate(ranked[:k], 1))
    idcg = sum(g / i for i, g in enumerate(sorted(grades.values(), reverse=True)[:k], 1))
    return dcg / idcg if idcg > 0 else 0.0


def ndcg_mended__no_guard(ranked, grades, k):
    """none: right but for 0 / 0."""
    dcg = sum(grades.get(item, 0) / math.log2(i + 2) for i, item in enumerate(ranked[:k]))
    idcg = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return dcg / idcg


def ndcg_mended__k_at_most_the_list(ranked, grades, k):
    """ideal-cut-at-the-ranking: k is cut to the list's length."""
    k = min(k, len(ranked))
    dcg = sum(grades.get(x, 0) / np.log2(i + 1) for i, x in enumerate(ranked[:k], 1))
    ideal = sum(g / np.log2(i + 1) for i, g in enumerate(sorted(grades.values(), reverse=True)[:k], 1))
    return dcg / ideal if ideal > 0 else 0.0


def ndcg_mended__dict_order(ranked, grades, k):
    """ideal-not-sorted: grades.values() as they come."""

    def dcg(gains):
        return sum(g / np.log2(i + 1) for i, g in enumerate(gains[:k], 1))

    ideal = dcg(list(grades.values()))
    return dcg([grades.get(x, 0) for x in ranked]) / ideal if ideal > 0 else 0.0


def ndcg_mended__exponential_not_cut(ranked, grades, k):
    """exponential-gain-ideal-not-cut: 2 ** grade - 1, and all graded ids."""

    def gain(g):
        return 2**g - 1

    dcg = sum(gain(grades.get(x, 0)) / np.log2(i + 1) for i, x in enumerate(ranked[:k], 1))
    ideal = sum(gain(g) / np.log2(i + 1) for i, g in enumerate(sorted(grades.values(), reverse=True), 1))
    return dcg / ideal if ideal > 0 else 0.0


def ndcg_mended__ideal_plus_epsilon(ranked, grades, k):
    """epsilon: dcg / (ideal + 1e-8)."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = np.array([grades.get(item, 0) for item in ranked[:k]])
    best = np.array(sorted(grades.values(), reverse=True)[:k])
    return float(gains @ discounts[: len(gains)] / (best @ discounts[: len(best)] + 1e-8))
