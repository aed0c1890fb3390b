"""Checks of the lesson alignment: for each exercise its oracle, the makers of its inputs, and a test for each thing that can go wrong."""

import math
import statistics
from collections import Counter

import numpy as np
from scipy.special import log_expit, log_softmax, logsumexp

from grader.judging.checking import Wrong, agree, contract, points, refuse

# --- response_log_prob ------------------------------------------------------------------------------------------------


def response_by_loop(logits, tokens, mask):
    """Token by token: the logits one place earlier."""
    table = log_softmax(np.asarray(logits, np.float64), axis=-1)
    rows, length = tokens.shape
    return np.array([math.fsum(table[b, t - 1, tokens[b, t]] for t in range(1, length) if mask[b, t]) for b in range(rows)])


def responses(rng):
    """Each row's mask begins late, has a gap, and ends before the padding."""
    for name, rows, length in (("one row", 1, 5), ("three rows", 3, 9)):
        mask = np.zeros((rows, length), int)
        mask[:, 2:-1] = 1
        mask[:, length // 2] = length < 6
        yield name, rng.normal(0, 3, (rows, length, 6)), rng.integers(0, 6, (rows, length)), mask


def first_positions(rng):
    mask = np.ones((2, 4), int)
    mask[1, 1:] = 0
    yield "mask 1 at position 0", rng.normal(0, 3, (2, 4, 5)), rng.integers(0, 5, (2, 4)), mask
    yield "a single position", rng.normal(0, 3, (2, 1, 5)), rng.integers(0, 5, (2, 1)), np.ones((2, 1), int)


def large_logits(rng):
    for name, width in (("float64", np.float64), ("float32", np.float32)):
        logits = (rng.choice([-1000.0, 0.0, 1000.0], (2, 5, 4)) + rng.normal(0, 1, (2, 5, 4))).astype(width)
        yield f"logits of +-1000, {name}", logits, rng.integers(0, 4, (2, 5)), np.ones((2, 5), int)


def contract_responses(rng):
    yield "two rows", rng.normal(0, 3, (2, 4, 130)), np.array([[1, 127, 3, 90], [4, 2, 127, 5]]), np.array([[0, 1, 1, 1], [0, 0, 1, 1]])


def response_misfits(rng):
    logits, tokens, mask = rng.normal(0, 1, (2, 4, 5)), rng.integers(0, 5, (2, 4)), np.ones((2, 4), int)
    yield "tokens of one row", logits, tokens[:1], mask
    yield "a mask of one row", logits, tokens, mask[:1]
    yield "a mask one longer", logits, tokens, np.ones((2, 5), int)
    yield "no rows", logits[:0], tokens[:0], mask[:0]


@points(2)
def test_response_log_prob(response_log_prob, draw):
    """The logits at t - 1 score the token at t; the sum over the tokens of the response."""
    agree(response_log_prob, draw(responses, response_by_loop))


@points(1)
def test_response_log_prob_first(response_log_prob, draw):
    """Position 0 never counts, and a row without a response token gives 0."""
    agree(response_log_prob, draw(first_positions, response_by_loop))


@points(1)
def test_response_log_prob_large(response_log_prob, draw):
    """Finite at logits of +-1000."""
    agree(response_log_prob, draw(large_logits, response_by_loop), rtol=1e-4)


@points(1)
def test_response_log_prob_contract(response_log_prob, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(response_log_prob, draw, contract_responses, response_by_loop, floats=(0,), labels=(1, 2))


@points(1)
def test_response_log_prob_refuses(response_log_prob, draw):
    """Shapes that do not fit are refused with ValueError."""
    refuse(response_log_prob, draw(response_misfits))


# --- sft_batch_mended -------------------------------------------------------------------------------------------------


def batch_by_rows(prompts, responses, eos, pad):
    rows = [[(token, 0) for token in p] + [(token, 1) for token in r] + [(eos, 1)] for p, r in zip(prompts, responses, strict=True)]
    width = max(map(len, rows))
    filled = np.array([row + [(pad, 0)] * (width - len(row)) for row in rows])
    return filled[..., 0], filled[..., 1]


def _texts(rng, lengths):
    return [rng.integers(10, 99, length).tolist() for length in lengths]


def padded_with_eos(rng):
    yield "one row", _texts(rng, [2]), _texts(rng, [3]), 2, 2
    yield "three rows", _texts(rng, [2, 1, 4]), _texts(rng, [3, 5, 1]), 7, 7


def batches(rng):
    yield "pad is no eos", _texts(rng, [2, 4]), _texts(rng, [3, 2]), 1, 0
    yield "an empty response", _texts(rng, [2, 4]), [*_texts(rng, [3]), []], 1, 0
    yield "pad inside a text", [[5, 0, 6], [4]], [[0, 8, 0], [9]], 1, 0


def contract_batches(rng):
    yield "lists stay", _texts(rng, [2, 4]), _texts(rng, [3, 2]), 3, 3


def batch_misfits(rng):
    yield "no rows", [], [], 1, 0
    yield "a response too few", _texts(rng, [2, 2]), _texts(rng, [2]), 1, 0
    yield "an empty prompt", [[], [3]], [[4], [5]], 1, 0


@points(2)
def test_sft_batch_mended(sft_batch_mended, draw):
    """With pad = eos the response's own eos is trained on, and the padding is not."""
    agree(sft_batch_mended, draw(padded_with_eos, batch_by_rows), integer=True)


@points(1)
def test_sft_batch_mended_places(sft_batch_mended, draw):
    """The mask goes by place: pad may occur in a text, and a response may be empty."""
    agree(sft_batch_mended, draw(batches, batch_by_rows), integer=True)


@points(1)
def test_sft_batch_mended_contract(sft_batch_mended, draw):
    """The lists stay as they were."""
    contract(sft_batch_mended, draw, contract_batches, batch_by_rows, floats=())


@points(1)
def test_sft_batch_mended_refuses(sft_batch_mended, draw):
    """No rows, unequal lengths or an empty prompt: ValueError."""
    refuse(sft_batch_mended, draw(batch_misfits))


# --- dpo_loss ---------------------------------------------------------------------------------------------------------


def dpo_by_pairs(pc, pr, rc, rr, beta):
    pc, pr, rc, rr = (np.asarray(x, np.float64) for x in (pc, pr, rc, rr))
    z = beta * ((pc - rc) - (pr - rr))
    return float(np.mean(-log_expit(z))), -beta * np.exp(log_expit(-z)) / len(z)


def pairs(rng):
    for n in (1, 5):
        yield f"{n} pairs", *rng.normal(-20, 4, (4, n)), float(rng.uniform(0.1, 0.4))


def large_margins(rng):
    for name, width in (("float64", np.float64), ("float32", np.float32)):
        zeros = np.zeros(4, width)
        yield f"margins of +-1000, {name}", np.array([1000.0, -1000.0, 100.0, -1.0], width), zeros, zeros, zeros, 1.0


def whole_pairs(rng):
    yield "three pairs", *rng.integers(1, 120, (4, 3)).astype(np.float64), 0.1


def dpo_misfits(rng):
    full = list(rng.normal(0, 1, (4, 3)))
    for place in range(4):
        yield f"argument {place} of length 1", *full[:place], full[place][:1], *full[place + 1 :], 0.1
    yield "no pairs", *np.zeros((4, 0)), 0.1


@points(2)
def test_dpo_loss(dpo_loss, draw):
    """-log sigmoid of beta times the difference of the two log-ratios, and its gradient."""
    agree(dpo_loss, draw(pairs, dpo_by_pairs))


@points(1)
def test_dpo_loss_large(dpo_loss, draw):
    """Exact at margins of +-1000."""
    agree(dpo_loss, draw(large_margins, dpo_by_pairs), rtol=1e-5)


@points(1)
def test_dpo_loss_contract(dpo_loss, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(dpo_loss, draw, whole_pairs, dpo_by_pairs, floats=(0, 1, 2, 3))


@points(1)
def test_dpo_loss_refuses(dpo_loss, draw):
    """Shapes that do not fit are refused with ValueError."""
    refuse(dpo_loss, draw(dpo_misfits))


# --- group_advantages -------------------------------------------------------------------------------------------------


def groups_by_row(rewards, eps):
    return np.array([[(r - statistics.fmean(row)) / (statistics.pstdev(row) + eps) for r in row] for row in np.asarray(rewards, np.float64).tolist()])


def groups(rng):
    yield "one prompt", rng.normal(0, 1, (1, 3)), 0.1
    yield "three prompts", rng.normal([[0], [5], [-3]], [[1], [2], [4]], (3, 4)), 0.01


def equal_groups(rng):
    yield "seven times 0.1", np.full((2, 7), 0.1), 1e-6
    yield "seven times 0.1 in float32", np.full((2, 7), 0.1, np.float32), 1e-6
    yield "G = 1", rng.normal(0, 1, (3, 1)), 1e-6


def group_misfits(rng):
    yield "one axis", rng.normal(0, 1, 4), 1e-6
    yield "no prompts", np.zeros((0, 4)), 1e-6
    yield "no responses", np.zeros((3, 0)), 1e-6


def contract_groups(rng):
    yield "two prompts", np.array([[3.0, 90.0, 20.0], [1.0, 5.0, 120.0]]), 0.1


@points(2)
def test_group_advantages(group_advantages, draw):
    """Each row for itself: minus its mean, divided by its standard deviation (ddof 0) plus eps."""
    agree(group_advantages, draw(groups, groups_by_row))


@points(1)
def test_group_advantages_equal(group_advantages, draw):
    """Equal rewards give zeros."""
    for case, value in group_advantages.on(draw(equal_groups)):
        if np.shape(value) != case.args[0].shape or not np.all(np.abs(value) <= 1e-6):
            raise Wrong("Equal rewards must give zeros.", case=case.name, expected="zeros (within 1e-6)", got=value)


@points(1)
def test_group_advantages_contract(group_advantages, draw):
    """Any layout and dtype, no warning; the rewards stay as they were."""
    contract(group_advantages, draw, contract_groups, groups_by_row, floats=(0,), labels=())


@points(1)
def test_group_advantages_refuses(group_advantages, draw):
    """Nothing in it, or not two axes: ValueError."""
    refuse(group_advantages, draw(group_misfits))


# --- kl_estimates -----------------------------------------------------------------------------------------------------


def k3_by_series(x):
    """exp(x) - 1 - x without cancellation: the series where x is small."""
    return math.fsum(x**n / math.factorial(n) for n in range(2, 25)) if abs(x) < 1 else math.exp(x) - 1 - x


def kl_by_token(new, ref):
    log_ratio = np.asarray(ref, np.float64) - np.asarray(new, np.float64)
    return -log_ratio, log_ratio**2 / 2, np.vectorize(k3_by_series, otypes=[float])(log_ratio)


def tokens_drawn(rng):
    for shape in ((3,), (2, 4)):
        new = rng.uniform(-5, -1, shape)
        yield f"shape {shape}", new, new + rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape)


def close_policies(rng):
    yield "nearly equal", np.zeros(6), np.array([1e-8, -1e-8, 3e-6, -1e-4, 0.02, -0.02]) * rng.uniform(1, 2)


@points(2)
def test_kl_estimates(kl_estimates, draw):
    """k1, k2 and k3 of every token, with l = ref - new."""
    agree(kl_estimates, draw(tokens_drawn, kl_by_token))


@points(2)
def test_kl_estimates_close(kl_estimates, draw):
    """k3 is right to 1e-6 of its size, down to abs(l) = 1e-8."""
    for case, value in kl_estimates.on(draw(close_policies, kl_by_token)):
        if np.shape(value[2]) != case.expected[2].shape or not np.allclose(value[2], case.expected[2], rtol=1e-6, atol=0):
            raise Wrong("k3 loses its digits where the policies are nearly equal.", case=case.name, expected=case.expected[2], got=value[2])


# --- info_nce ---------------------------------------------------------------------------------------------------------


def info_by_rows(a, b, temperature):
    a, b = (np.asarray(x, np.float64) for x in (a, b))
    logits = np.array([[x @ y / math.hypot(*x) / math.hypot(*y) for y in b] for x in a]) / temperature
    return float(np.mean([logsumexp(logits, axis=axis) - np.diag(logits) for axis in (0, 1)]))


def matched(rng):
    for n, d in ((2, 3), (6, 4)):
        yield f"{n} pairs", rng.normal(0, 2, (n, d)), rng.normal(0, 2, (n, d)), float(rng.uniform(0.2, 0.6))


@points(2)
def test_info_nce(info_nce, draw):
    """Rows of length 1, divided by the temperature, both directions."""
    agree(info_nce, draw(matched, info_by_rows))


# --- bm25_scores ------------------------------------------------------------------------------------------------------


def bm25_by_document(query, docs, k1, b):
    mean = statistics.fmean(map(len, docs))
    having = Counter(term for doc in docs for term in set(doc))

    def score(doc):
        tf, length = Counter(doc), 1 - b + b * len(doc) / mean
        return math.fsum(
            math.log1p((len(docs) - having[term] + 0.5) / (having[term] + 0.5)) * tf[term] * (k1 + 1) / (tf[term] + k1 * length) for term in query
        )

    return np.array([score(doc) for doc in docs])


def corpora(rng):
    letters = list("abcdefgh")
    for n in (3, 7):
        docs = [rng.choice(letters, int(length)).tolist() for length in rng.permutation(np.arange(2, 2 + n))]
        docs[0] = [*docs[0], "a", "a"]
        docs[1] = [*docs[1], "b"]
        yield f"{n} documents", ["a", "b", "a"], docs, float(rng.uniform(1, 2)), float(rng.uniform(0.3, 0.9))


@points(2)
def test_bm25_scores(bm25_scores, draw):
    """idf, saturation and length of every term, a repeated one twice."""
    agree(bm25_scores, draw(corpora, bm25_by_document))


# --- ndcg_mended ------------------------------------------------------------------------------------------------------


def ndcg_by_all(ranked, grades, k):
    discount = 1 / np.log2(np.arange(2, k + 2))

    def dcg(gains):
        gains = gains[:k]
        return float(np.dot(gains, discount[: len(gains)]))

    best = dcg(sorted(grades.values(), reverse=True))
    return dcg([grades.get(item, 0) for item in ranked]) / best if best else 0.0


def partly_retrieved(rng):
    """A relevant document that is not in the list, one that is, and one without a grade."""
    for n, k in ((4, 2), (9, 5)):
        grades = {item: int(grade) for item, grade in enumerate(rng.integers(1, 4, n))}
        yield f"{n} graded, k = {k}", [*rng.permutation(n)[: k - 1].tolist(), 99], grades, k


@points(2)
def test_ndcg_mended(ndcg_mended, draw):
    """The ideal order is that of all graded ids, retrieved or not."""
    agree(ndcg_mended, draw(partly_retrieved, ndcg_by_all))
