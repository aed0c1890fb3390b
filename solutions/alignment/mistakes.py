"""Known mistakes of the lesson alignment, as people write them first."""

import math

import numpy as np


def _log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def response_log_prob__no_shift(logits, tokens, mask):
    """The logits at t scored the token at t, which they have already read; the logits at t - 1 predict it."""
    return (np.take_along_axis(_log_softmax(logits), tokens[..., None], -1)[..., 0] * mask).sum(1)


def response_log_prob__mask_with_logits(logits, tokens, mask):
    """The mask was cut like the logits; mask[t] belongs to token t, so it is cut like the tokens: mask[:, 1:]."""
    return (np.take_along_axis(_log_softmax(logits[:, :-1]), tokens[:, 1:, None], -1)[..., 0] * mask[:, :-1]).sum(1)


def response_log_prob__mean(logits, tokens, mask):
    """The sum was divided by the number of tokens; the log-probability of a sequence is the sum."""
    return (np.take_along_axis(_log_softmax(logits[:, :-1]), tokens[:, 1:, None], -1)[..., 0] * mask[:, 1:]).sum(1) / mask[:, 1:].sum(1)


def response_log_prob__no_mask(logits, tokens, mask):
    """Prompt and padding were counted too; only tokens whose mask is 1 belong to the response."""
    return np.take_along_axis(_log_softmax(logits[:, :-1]), tokens[:, 1:, None], -1)[..., 0].sum(1)


def sft_batch_mended__mask_by_value(prompts, responses, eos, pad):
    """The mask was made by comparing with pad, and where pad is eos the end of the response is never learned; make it by place."""
    rows = [prompt + response + [eos] for prompt, response in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    mask = (tokens != pad).astype(int)
    for row, prompt in zip(mask, prompts, strict=True):
        row[: len(prompt)] = 0
    return tokens, mask


def _dpo(z, beta):
    return np.mean(np.log(1 + np.exp(-z))), -beta / len(z) / (1 + np.exp(z))


def dpo_loss__no_reference(pc, pr, rc, rr, beta):
    """The reference model was left out; the margin is (pc - rc) - (pr - rr)."""
    return _dpo(beta * (pc - pr), beta)


def dpo_loss__swapped(pc, pr, rc, rr, beta):
    """Chosen and rejected were swapped: this loss falls when the rejected answer becomes more probable."""
    loss, grad = _dpo(beta * ((pr - rr) - (pc - rc)), beta)
    return loss, -grad


def dpo_loss__beta_outside(pc, pr, rc, rr, beta):
    """beta multiplies the logarithm; it stands inside the sigmoid."""
    loss, grad = _dpo((pc - rc) - (pr - rr), beta)
    return beta * loss, grad


def group_advantages__whole_batch(rewards, eps):
    """Mean and standard deviation were taken over the whole batch; each prompt's row has its own."""
    return (rewards - rewards.mean()) / (rewards.std() + eps)


def group_advantages__ddof_1(rewards, eps):
    """The standard deviation was divided by G - 1, as torch.std does; here it is ddof 0, divided by G."""
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean(1, keepdims=True)) / (rewards.std(1, ddof=1, keepdims=True) + eps)


def group_advantages__columns(rewards, eps):
    """Mean and standard deviation were taken down the columns; a prompt is a row."""
    return (rewards - rewards.mean(0)) / (rewards.std(0) + eps)


def ppo_clip_loss__clip_alone(log_probs, old, advantages, mask, low, high):
    """Only the clipped term was used; take the smaller of r * A and the clipped one, or bad steps lose their gradient."""
    a, m = advantages[:, None], mask != 0
    return -np.mean((np.clip(np.exp(log_probs - old), 1 - low, 1 + high) * a)[m])


def ppo_clip_loss__max(log_probs, old, advantages, mask, low, high):
    """The larger of the two terms was taken; the objective is the smaller one."""
    a, m, r = advantages[:, None], mask != 0, np.exp(log_probs - old)
    return -np.mean(np.maximum(r * a, np.clip(r, 1 - low, 1 + high) * a)[m])


def ppo_clip_loss__mean_of_means(log_probs, old, advantages, mask, low, high):
    """Each response was averaged for itself first, as in the first GRPO paper; here all real tokens count alike."""
    a, r = advantages[:, None], np.exp(log_probs - old)
    kept = np.where(mask != 0, np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a), 0)
    return -np.mean(kept.sum(1) / mask.sum(1))


def kl_estimates__k3_without_minus_1(log_probs, ref_log_probs):
    """k3 is 1 too large at every token: exp(l) - 1 - l, not exp(l) - l. Its gradient is the same, so training hides it."""
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - ratio


def kl_estimates__wrong_direction(log_probs, ref_log_probs):
    """l has the wrong sign: it is the reference's log-probability minus the policy's."""
    ratio = log_probs - ref_log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - 1 - ratio


def kl_estimates__exp_minus_1(log_probs, ref_log_probs):
    """exp(l) - 1 - l loses its digits at small l; use the series l**2/2 * (1 + l/3 * (1 + ...)) there."""
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - 1 - ratio


def info_nce__one_direction(a, b, temperature):
    """Only the rows were scored; the loss is the mean of both directions, rows and columns."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    return -np.mean(np.diag(_log_softmax(a @ b.T / temperature)))


def info_nce__not_normalised(a, b, temperature):
    """The rows were not scaled to length 1 before the product."""
    logits = a @ b.T / temperature
    return -np.mean(np.diag(_log_softmax(logits)) + np.diag(_log_softmax(logits.T))) / 2


def _bm25(query, docs, k1, b, idf, frequency):
    mean = sum(map(len, docs)) / len(docs)
    return np.array(
        [sum(idf(len(docs), frequency(t)) * d.count(t) * (k1 + 1) / (d.count(t) + k1 * (1 - b + b * len(d) / mean)) for t in query) for d in docs]
    )


def bm25_scores__idf_without_1(query, docs, k1, b):
    """The idf lacks its 1 +, so a term in more than half of the documents counts against them."""
    return _bm25(query, docs, k1, b, lambda n, df: math.log((n - df + 0.5) / (df + 0.5)), lambda t: sum(t in d for d in docs))


def bm25_scores__query_as_set(query, docs, k1, b):
    """A term that stands twice in the query was counted once; it counts again."""
    return _bm25(sorted(set(query)), docs, k1, b, lambda n, df: math.log(1 + (n - df + 0.5) / (df + 0.5)), lambda t: sum(t in d for d in docs))


def ndcg_mended__ideal_of_the_retrieved(ranked, grades, k):
    """The ideal DCG came from the retrieved list's own grades, so what was missed costs nothing; take the best order of all graded ids."""
    gains = [grades.get(item, 0) for item in ranked]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(sorted(gains, reverse=True)[:k], 1))
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1)) / best if best else 0.0


def ndcg_mended__ideal_not_cut(ranked, grades, k):
    """The ideal DCG runs over all graded ids; it is cut at k like the other."""
    gains = [grades.get(item, 0) for item in ranked]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(sorted(grades.values(), reverse=True), 1))
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1)) / best if best else 0.0
