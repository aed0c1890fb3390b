"""Right answers unlike the references: loops, other formulas, other orders."""

import itertools
import math
from collections import Counter

import numpy as np


def _floats(*arrays):
    """The arrays in the width that they are computed in."""
    return [array if array.dtype.kind == "f" else array.astype(np.float64) for array in arrays]


# --- response_log_prob ---


def _fit_response(logits, tokens, mask):
    if logits.ndim != 3 or not logits.size or tokens.shape != logits.shape[:2] or mask.shape != tokens.shape:
        raise ValueError("shapes do not fit")


def response_log_prob__loop(logits, tokens, mask):
    """Token by token, with the logarithm of the sum shifted by the largest logit."""
    _fit_response(logits, tokens, mask)
    (logits,) = _floats(logits)
    out = np.zeros(len(logits), logits.dtype)
    for b, t in np.argwhere(mask).tolist():
        if t > 0:
            row = logits[b, t - 1]
            out[b] += row[tokens[b, t]] - row.max() - np.log(np.exp(row - row.max()).sum())
    return out


def response_log_prob__logaddexp(logits, tokens, mask):
    """logaddexp over the vocabulary; what is not the response is picked out by indices."""
    _fit_response(logits, tokens, mask)
    (logits,) = _floats(logits)
    row, place = np.nonzero(mask[:, 1:])
    before = logits[row, place]
    each = before[np.arange(len(row)), tokens[row, place + 1]] - np.logaddexp.reduce(before, axis=-1)
    return np.bincount(row, weights=each, minlength=len(logits)).astype(logits.dtype)


# --- sft_batch_mended ---


def sft_batch_mended__zip_longest(prompts, responses, eos, pad):
    """Columns by zip_longest, the mask from the lengths."""
    if len(prompts) == 0 or len(prompts) != len(responses) or not all(prompts):
        raise ValueError("need prompts and responses")
    rows = [[*prompt, *response, eos] for prompt, response in zip(prompts, responses, strict=True)]
    tokens = np.array(list(itertools.zip_longest(*rows, fillvalue=pad))).T
    place = np.arange(tokens.shape[1])
    starts, ends = (np.array([len(one) for one in lists])[:, None] for lists in (prompts, rows))
    return tokens, ((starts <= place) & (place < ends)).astype(int)


def sft_batch_mended__lists(prompts, responses, eos, pad):
    """Rows of tokens and rows of zeros and ones, filled together."""
    if not prompts or len(prompts) != len(responses) or min(map(len, prompts)) == 0:
        raise ValueError("need prompts and responses")
    width = 1 + max(len(prompt) + len(response) for prompt, response in zip(prompts, responses, strict=True))
    tokens, mask = [], []
    for prompt, response in zip(prompts, responses, strict=True):
        real = prompt + response + [eos]
        tokens.append(real + [pad] * (width - len(real)))
        mask.append([0] * len(prompt) + [1] * (len(response) + 1) + [0] * (width - len(real)))
    return np.array(tokens), np.array(mask)


# --- dpo_loss ---


def _fit_pairs(arrays):
    if arrays[0].ndim != 1 or not arrays[0].size or any(array.shape != arrays[0].shape for array in arrays):
        raise ValueError("need four arrays (n,)")


def dpo_loss__logaddexp(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """-log sigmoid(z) is logaddexp(0, -z), and its derivative by z is sigmoid(z) - 1, by tanh."""
    arrays = policy_chosen, policy_rejected, ref_chosen, ref_rejected
    _fit_pairs(arrays)
    pc, pr, rc, rr = _floats(*arrays)
    z = beta * (pc - rc - pr + rr)
    return np.logaddexp(z.dtype.type(0), -z).mean(), beta * (np.tanh(z / 2) - 1) / 2 / len(z)


def dpo_loss__loop(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """Pair by pair, in Python floats, by the sign of the margin."""
    arrays = policy_chosen, policy_rejected, ref_chosen, ref_rejected
    _fit_pairs(arrays)
    total, grad = 0.0, np.empty(len(policy_chosen), np.result_type(*_floats(*arrays)))
    for i, (pc, pr, rc, rr) in enumerate(zip(*(array.tolist() for array in arrays), strict=True)):
        z = beta * ((pc - pr) - (rc - rr))
        e = math.exp(-abs(z))
        total += math.log1p(e) + max(-z, 0.0)
        grad[i] = -beta * (e if z > 0 else 1.0) / (1 + e) / len(grad)
    return total / len(grad), grad


# --- group_advantages ---


def _fit_groups(rewards):
    if rewards.ndim != 2 or not rewards.size:
        raise ValueError("rewards must be (P, G)")


def group_advantages__std(rewards, eps):
    """numpy's mean and std in float64, after the first reward of each row is taken off."""
    _fit_groups(rewards)
    (rewards,) = _floats(rewards)
    wide = rewards.astype(np.float64) - rewards[:, :1]
    return ((wide - wide.mean(axis=1, keepdims=True)) / (wide.std(axis=1, keepdims=True) + eps)).astype(rewards.dtype)


def group_advantages__row_by_row(rewards, eps):
    """One prompt after the other, with sums that round once."""
    _fit_groups(rewards)
    (rewards,) = _floats(rewards)
    rows = []
    for row in rewards.tolist():
        mean = math.fsum(row) / len(row)
        std = math.sqrt(math.fsum((r - mean) ** 2 for r in row) / len(row))
        rows.append([(r - mean) / (std + eps) for r in row])
    return np.array(rows, rewards.dtype)


# --- ppo_clip_loss ---


def _fit_steps(log_probs, old_log_probs, advantages, mask):
    if log_probs.ndim != 2 or not log_probs.size or old_log_probs.shape != log_probs.shape or mask.shape != log_probs.shape:
        raise ValueError("shapes do not fit")
    if advantages.shape != (len(log_probs),) or not mask.any():
        raise ValueError("no real token, or advantages that do not fit")


def ppo_clip_loss__picked(log_probs, old_log_probs, advantages, mask, low, high):
    """Only the real tokens are taken out, in one row, each with its response's advantage."""
    _fit_steps(log_probs, old_log_probs, advantages, mask)
    real = mask.astype(bool)
    new, old, a = _floats(log_probs[real], old_log_probs[real], np.repeat(advantages, real.sum(axis=1)))
    ratio = np.exp(new - old)
    return -np.minimum(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a).mean()


def ppo_clip_loss__by_the_sign(log_probs, old_log_probs, advantages, mask, low, high):
    """A positive advantage caps the ratio at 1 + high, a negative one holds it at 1 - low or more."""
    _fit_steps(log_probs, old_log_probs, advantages, mask)
    total, count = 0.0, 0
    for b, t in np.argwhere(mask).tolist():
        ratio, a = math.exp(float(log_probs[b, t]) - float(old_log_probs[b, t])), float(advantages[b])
        total += a * (min(ratio, 1 + high) if a > 0 else max(ratio, 1 - low))
        count += 1
    return -total / count


# --- clip_predicted ---


def _fit_ratios(ratios, advantages):
    if ratios.ndim != 1 or not ratios.size or advantages.shape != ratios.shape:
        raise ValueError("need ratios and advantages (n,)")


def clip_predicted__which_term(ratios, advantages, low, high):
    """A where the unclipped term is the smaller one, or the clip changes nothing."""
    _fit_ratios(ratios, advantages)
    ratios, advantages = _floats(ratios, advantages)
    clipped = np.clip(ratios, 1 - low, 1 + high)
    return np.where(ratios * advantages <= clipped * advantages, advantages, 0)


def clip_predicted__loop(ratios, advantages, low, high):
    """Ratio by ratio, by the sign of the advantage."""
    _fit_ratios(ratios, advantages)
    ratios, advantages = _floats(ratios, advantages)
    out = advantages.copy()
    for i, (r, a) in enumerate(zip(ratios.tolist(), advantages.tolist(), strict=True)):
        if r > 1 + high if a > 0 else r < 1 - low:
            out[i] = 0
    return out


# --- kl_estimates ---


def _fit_tokens(log_probs, ref_log_probs):
    if log_probs.shape != ref_log_probs.shape or not log_probs.size:
        raise ValueError("need two arrays of one shape")


def kl_estimates__loop(log_probs, ref_log_probs):
    """Token by token, with Python's expm1."""
    _fit_tokens(log_probs, ref_log_probs)
    new, ref = _floats(log_probs, ref_log_probs)
    k1 = np.asarray(new - ref)
    k2, k3 = np.empty(k1.shape, k1.dtype), np.empty(k1.shape, k1.dtype)
    for place, one in np.ndenumerate(k1):
        k2[place], k3[place] = one**2 / 2, math.expm1(-one) + one
    return k1, k2, k3


def kl_estimates__sinh(log_probs, ref_log_probs):
    """exp(x) - 1 - x = 2 sinh(x/2)**2 + (sinh(x) - x)."""
    _fit_tokens(log_probs, ref_log_probs)
    new, ref = _floats(log_probs, ref_log_probs)
    x = ref - new
    return -x, np.square(x) / 2, 2 * np.sinh(x / 2) ** 2 + (np.sinh(x) - x)


# --- info_nce ---


def _fit_rows(a, b):
    if a.ndim != 2 or not a.size or b.shape != a.shape:
        raise ValueError("need a and b (n, d)")


def info_nce__labels(a, b, temperature):
    """As in the CLIP paper's pseudocode: cross-entropy with the labels 0 to n - 1, once for each axis."""
    _fit_rows(a, b)
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in _floats(a, b))
    logits = a @ b.T / temperature
    labels = np.arange(len(a))

    def cross_entropy(rows):
        rows = rows - rows.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(rows).sum(axis=1)) - rows[labels, labels])

    return (cross_entropy(logits) + cross_entropy(logits.T)) / 2


def info_nce__pairs(a, b, temperature):
    """Cosines pair by pair, logaddexp for the denominators."""
    _fit_rows(a, b)
    a, b = _floats(a, b)
    cosines = np.array([[np.vdot(x, y) / math.sqrt(float(np.vdot(x, x)) * float(np.vdot(y, y))) for y in b] for x in a])
    logits = cosines / temperature
    both = np.logaddexp.reduce(logits, axis=1) + np.logaddexp.reduce(logits, axis=0) - 2 * np.diag(logits)
    return both.mean() / 2


# --- bm25_scores ---


def bm25_scores__matrix(query, docs, k1, b):
    """A table of counts, documents by terms of the query, and one formula over it."""
    lengths = np.array([len(doc) for doc in docs])
    if not lengths.any():
        raise ValueError("no documents, or all empty")
    tf = np.array([[doc.count(term) for term in query] for doc in docs]).reshape(len(docs), len(query))
    df = (tf > 0).sum(axis=0)
    idf = np.log((len(docs) + 1) / (df + 0.5))
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    return (idf * tf * (k1 + 1) / (np.maximum(tf, 1) + norm[:, None])).sum(axis=1)


def bm25_scores__inverted_index(query, docs, k1, b):
    """From term to the documents that have it, as a search engine stores them."""
    total = sum(len(doc) for doc in docs)
    if total == 0:
        raise ValueError("no documents, or all empty")
    index = {}
    for place, doc in enumerate(docs):
        for term, tf in Counter(doc).items():
            index.setdefault(term, []).append((place, tf))
    scores, mean = np.zeros(len(docs)), total / len(docs)
    for term, times in Counter(query).items():
        found = index.get(term, [])
        weight = times * math.log1p((len(docs) - len(found) + 0.5) / (len(found) + 0.5))
        for place, tf in found:
            scores[place] += weight * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(docs[place]) / mean))
    return scores


# --- retrieval_metrics ---


def retrieval_metrics__sets(ranked, relevant, k):
    """Recall by sets, the reciprocal rank by a generator."""
    if k < 1 or len(ranked) == 0 or len(ranked) != len(relevant) or not all(relevant):
        raise ValueError("queries, relevant ids and k do not fit")
    recall = [len(set(wanted).intersection(found[:k])) / len(wanted) for found, wanted in zip(ranked, relevant, strict=True)]
    ranks = [[1 + found.index(item) for item in wanted if item in found[:k]] for found, wanted in zip(ranked, relevant, strict=True)]
    first = [1 / min(one) if one else 0.0 for one in ranks]
    return sum(recall) / len(recall), sum(first) / len(first)


def retrieval_metrics__arrays(ranked, relevant, k):
    """A row of hits a query, filled up with misses."""
    if k < 1 or not ranked or len(ranked) != len(relevant) or min(map(len, relevant)) == 0:
        raise ValueError("queries, relevant ids and k do not fit")
    hits = np.zeros((len(ranked), k), dtype=bool)
    for row, found, wanted in zip(hits, ranked, relevant, strict=True):
        row[: len(found[:k])] = [item in wanted for item in found[:k]]
    recall = hits.sum(axis=1) / [len(wanted) for wanted in relevant]
    first = np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0)
    return [recall.mean(), first.mean()]


# --- ndcg_counterexample and ndcg_mended (a hunt) ---


def ndcg_counterexample__strings():
    """Many relevant documents, one of them found, and one that is none."""
    return ["a", "x"], {letter: 2 for letter in "abcdefgh"}, 5


def ndcg_counterexample__cut():
    """k = 1: the best grade is 3, and a 1 stands in the first place."""
    return [4], {4: 1.0, 5: 3.0}, 1


def ndcg_mended__arrays(ranked, grades, k):
    """Two rows of gains over one row of logarithms."""
    logs = np.log2(np.arange(max(len(ranked), len(grades))) + 2)
    found = np.array([grades.get(item, 0) for item in ranked[:k]])
    best = -np.sort(-np.array(list(grades.values())))[:k]
    ideal = np.sum(best / logs[: len(best)])
    return np.sum(found / logs[: len(found)]) / ideal if ideal else 0.0


def ndcg_mended__loop(ranked, grades, k):
    """Rank by rank, the best ids from a sorted list beside it."""
    best = sorted(grades, key=lambda item: -grades[item])
    dcg = ideal = 0.0
    for rank in range(1, k + 1):
        if rank > max(len(ranked), len(best)):
            break
        discount = 1 / math.log(rank + 1)  # to any base: the ratio is the same
        dcg += discount * grades.get(ranked[rank - 1], 0) if rank <= len(ranked) else 0
        ideal += discount * grades[best[rank - 1]] if rank <= len(best) else 0
    return 0.0 if ideal == 0 else dcg / ideal
