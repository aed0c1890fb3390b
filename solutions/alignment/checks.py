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
    mask = np.zeros((4, 20), int)
    for row, (first, last) in enumerate(((3, 11), (1, 20), (8, 19), (5, 6))):
        mask[row, first:last] = 1
    mask[0, 6] = mask[2, 12:15] = 0
    yield "four rows, a gap in two of them", rng.normal(0, 2, (4, 20, 11)), rng.integers(0, 11, (4, 20)), mask


def first_positions(rng):
    """Masks that have a 1 where nothing is predicted."""
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


def whole_logits(rng):
    """Logits at the bounds of the narrow types, where a difference wraps."""
    tokens, mask = np.array([[2, 0, 1, 2]]), np.array([[0, 1, 0, 1]])
    yield "whole logits", np.array([[[-128, 127, -100], [3, 5, 4], [127, -128, 126], [0, 1, 2]]]), tokens, mask
    yield "unsigned logits", np.array([[[0, 255, 254], [3, 5, 4], [255, 0, 253], [0, 1, 2]]]), tokens, mask


def response_misfits(rng):
    logits, tokens, mask = rng.normal(0, 1, (2, 4, 5)), rng.integers(0, 5, (2, 4)), np.ones((2, 4), int)
    yield "tokens of one row", logits, tokens[:1], mask
    yield "a mask of one row", logits, tokens, mask[:1]
    yield "a mask one longer", logits, tokens, np.ones((2, 5), int)
    yield "no rows", logits[:0], tokens[:0], mask[:0]
    yield "no vocabulary", logits[:, :, :0], tokens, mask
    yield "one row without an axis", logits[0], tokens[0], mask[0]
    yield "tokens with a third axis", logits, tokens[:, :, None], mask


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
    contract(response_log_prob, draw, contract_responses, response_by_loop, labels=(2,))
    contract(response_log_prob, draw, whole_logits, response_by_loop, labels=(0,))


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
    yield "six rows", _texts(rng, [2, 9, 4, 1, 6, 3]), _texts(rng, [3, 5, 8, 1, 2, 7]), 5, 5


def batches(rng):
    yield "pad is no eos", _texts(rng, [2, 4]), _texts(rng, [3, 2]), 1, 0
    yield "an empty response", _texts(rng, [2, 4]), [*_texts(rng, [3]), []], 1, 0
    yield "pad inside a text", [[5, 0, 6], [4]], [[0, 8, 0], [9]], 1, 0
    yield "eos inside a text", [[5, 1, 6], [1]], [[1, 8, 1, 4], [9]], 1, 0
    yield "all responses empty", [[5, 6], [4]], [[], []], 1, 1
    yield "pad below 0", _texts(rng, [3, 1]), _texts(rng, [1, 1]), 1, -1


def contract_batches(rng):
    yield "lists stay", _texts(rng, [2, 4]), _texts(rng, [3, 2]), 3, 3


def batch_misfits(rng):
    yield "no rows", [], [], 1, 0
    yield "a response too few", _texts(rng, [2, 2]), _texts(rng, [2]), 1, 0
    yield "a response too many", _texts(rng, [2]), _texts(rng, [2, 2]), 1, 0
    yield "an empty prompt", [[], [3]], [[4], [5]], 1, 0


@points(2)
def test_sft_batch_mended(sft_batch_mended, draw):
    """With pad = eos the response's own eos is trained on, and the padding is not."""
    agree(sft_batch_mended, draw(padded_with_eos, batch_by_rows), integer=True)


@points(1)
def test_sft_batch_mended_places(sft_batch_mended, draw):
    """The mask goes by place: pad and eos may occur in a text, and a response may be empty."""
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
    for n in (1, 5, 20):
        yield f"{n} pairs" if n > 1 else "one pair", *rng.normal(-20, 4, (4, n)), float(rng.uniform(0.1, 0.4))


def large_margins(rng):
    for name, width in (("float64", np.float64), ("float32", np.float32)):
        zeros = np.zeros(4, width)
        yield f"margins of +-1000, {name}", np.array([1000.0, -1000.0, 100.0, -1.0], width), zeros, zeros, zeros, 1.0
    yield "policy and reference agree", *np.tile(rng.normal(-20, 4, (2, 3)), (2, 1)), 0.3


def whole_pairs(rng):
    yield "three pairs", *rng.integers(1, 120, (4, 3)).astype(np.float64), 0.1


def narrow_pairs(rng):
    """Whole numbers whose differences leave the narrow types."""
    yield "from -128 to 127", np.array([-128, 127, 100]), np.array([127, -128, -100]), np.array([100, -100, -1]), np.array([-9, 5, 0]), 0.01
    yield "from 0 to 255", np.array([0, 255, 7]), np.array([255, 0, 9]), np.array([250, 3, 1]), np.array([9, 5, 0]), 0.01


def dpo_misfits(rng):
    full = list(rng.normal(0, 1, (4, 3)))
    for place in range(4):
        yield f"argument {place} of length 1", *full[:place], full[place][:1], *full[place + 1 :], 0.1
    yield "no pairs", *np.zeros((4, 0)), 0.1
    yield "matrices", *rng.normal(0, 1, (4, 3, 2)), 0.1
    yield "four numbers", *(np.array(x) for x in rng.normal(0, 1, 4)), 0.1


@points(2)
def test_dpo_loss(dpo_loss, draw):
    """-log sigmoid of beta times the difference of the two log-ratios, and its gradient."""
    agree(dpo_loss, draw(pairs, dpo_by_pairs), rtol=1e-5)


@points(1)
def test_dpo_loss_large(dpo_loss, draw):
    """Exact at margins of +-1000, and at 0, where the loss is ln 2."""
    agree(dpo_loss, draw(large_margins, dpo_by_pairs), rtol=1e-5)


@points(1)
def test_dpo_loss_contract(dpo_loss, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(dpo_loss, draw, whole_pairs, dpo_by_pairs, floats=(0, 1, 2, 3))
    contract(dpo_loss, draw, narrow_pairs, dpo_by_pairs, labels=(0, 1, 2, 3))


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
    yield "eight prompts, 16 responses", rng.normal(rng.normal(0, 5, (8, 1)), 0.3, (8, 16)), 0.05


def equal_groups(rng):
    yield "seven times 0.1", np.full((2, 7), 0.1), 1e-6
    yield "seven times 0.1 in float32", np.full((2, 7), 0.1, np.float32), 1e-6
    yield "G = 1", rng.normal(0, 1, (3, 1)), 1e-6


def close_groups(rng):
    yield "rewards that differ by billionths", 1e-9 * rng.permutation([3.0, -1.0, 2.0, 0.5, -2.0, 1.0]).reshape(2, 3), 1e-10


def group_misfits(rng):
    yield "one axis", rng.normal(0, 1, 4), 1e-6
    yield "no prompts", np.zeros((0, 4)), 1e-6
    yield "no responses", np.zeros((3, 0)), 1e-6
    yield "three axes", rng.normal(0, 1, (2, 3, 4)), 1e-6


def contract_groups(rng):
    yield "two prompts", np.array([[3.0, 90.0, 20.0], [1.0, 5.0, 120.0]]), 0.1


def narrow_groups(rng):
    """Rewards whose sums, differences and squares leave the narrow types."""
    yield "from -128 to 127", np.array([[-128, 127, 126, 127], [3, -100, -128, -127]]), 0.1
    yield "from 0 to 255", np.array([[0, 255, 254, 255], [3, 200, 250, 1]]), 0.1
    yield "right or wrong", np.array([[0, 1, 1, 1], [1, 0, 0, 0]]), 0.1


@points(2)
def test_group_advantages(group_advantages, draw):
    """Each row for itself: minus its mean, divided by its standard deviation (ddof 0) plus eps."""
    agree(group_advantages, draw(groups, groups_by_row))


@points(1)
def test_group_advantages_equal(group_advantages, draw):
    """Equal rewards give zeros, within 1e-6; those that differ by billionths do not, at an eps as small."""
    agree(group_advantages, draw(equal_groups, lambda rewards, eps: np.zeros(rewards.shape)), rtol=0, atol=1e-6)
    agree(group_advantages, draw(close_groups, groups_by_row))


@points(1)
def test_group_advantages_contract(group_advantages, draw):
    """Any layout and dtype, no warning; the rewards stay as they were."""
    contract(group_advantages, draw, contract_groups, groups_by_row, floats=(0,))
    contract(group_advantages, draw, narrow_groups, groups_by_row, labels=(0,))


@points(1)
def test_group_advantages_refuses(group_advantages, draw):
    """Nothing in it, or not two axes: ValueError."""
    refuse(group_advantages, draw(group_misfits))


# --- ppo_clip_loss ----------------------------------------------------------------------------------------------------


def clip_by_token(new, old, advantages, mask, low, high):
    """Token by token, in Python floats."""
    terms = []
    for row, a in enumerate(np.asarray(advantages, np.float64).tolist()):
        for place in np.flatnonzero(np.asarray(mask[row])).tolist():
            ratio = math.exp(float(new[row, place]) - float(old[row, place]))
            terms.append(min(ratio * a, min(max(ratio, 1 - low), 1 + high) * a))
    return -math.fsum(terms) / len(terms)


def steps(rng):
    """Responses of different lengths, ratios on both sides of both bounds, advantages of both signs."""
    for lengths in ((4, 2), (3, 7, 1, 5), (12, 4, 9, 2, 6, 11)):
        shape = len(lengths), max(lengths)
        mask = (np.arange(shape[1]) < np.array(lengths)[:, None]).astype(int)
        old = rng.uniform(-4, -0.5, shape)
        # Every region of the ratio, in every response: below, between and above the bounds.
        ratio = rng.permuted(np.resize([0.4, 0.95, 1.6], shape), axis=1) * rng.uniform(0.92, 1.04, shape)
        a = rng.permutation(np.resize([1.0, -1.0], shape[0])) * rng.uniform(0.5, 2, shape[0])
        low, high = (float(rng.uniform(*between)) for between in ((0.1, 0.25), (0.3, 0.45)))
        yield f"{len(lengths)} responses", old + np.log(ratio), old, a, mask, low, high


def paddings(rng):
    """What stands where the mask is 0 does not count, and does not warn."""
    mask = np.array([[1, 0, 1, 0], [0, 1, 1, 1]])
    for name, filling in (("zeros", 0.0), ("-inf", -np.inf), ("nan", np.nan), ("1000", 1000.0)):
        new, old = rng.uniform(-3, -1, (2, 2, 4))
        new[mask == 0] = filling
        old[mask == 0] = 0.0 if filling == 1000 else filling
        yield f"{name} where the mask is 0", new, old, rng.choice([-1.0, 1.0], 2) * rng.uniform(1, 2, 2), mask, 0.2, 0.28


def far_steps(rng):
    old = np.full((2, 2), -10.0)
    yield "differences of +-20", old + np.array([[20.0, -20.0], [-20.0, 20.0]]), old, np.array([1.5, -0.5]), np.ones((2, 2), int), 0.2, 0.3
    yield "nothing moved", old, old.copy(), rng.uniform(0.5, 2, 2), np.array([[1, 0], [1, 1]]), 0.2, 0.3


def contract_steps(rng):
    old, mask = rng.uniform(-4, -2, (2, 5)), np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]])
    ratio = np.array([[0.5, 1.05, 2.0, 1.0, 1.0], [3.0, 0.4, 1.5, 0.9, 0.6]])
    yield "two responses", old + np.log(ratio), old, np.array([1.5, -2.5]), mask, 0.2, 0.28


def whole_steps(rng):
    """Whole numbers at the bounds of int8: a difference of them stays within 20, a product does not."""
    new, old = np.array([[-128, -127, -120]]), np.array([[-127, -128, -120]])
    yield "from -128 to 127", new, old, np.array([127]), np.array([[1, 1, 1]]), 0.2, 0.28
    yield "a negative advantage", new, old, np.array([-128]), np.array([[1, 1, 0]]), 0.2, 0.28


def step_misfits(rng):
    new, old, a, mask = rng.uniform(-3, -1, (2, 3)), rng.uniform(-3, -1, (2, 3)), np.array([1.0, -1.0]), np.ones((2, 3), int)
    yield "no real token", new, old, a, mask * 0, 0.2, 0.2
    yield "old log-probabilities of one row", new, old[:1], a, mask, 0.2, 0.2
    yield "new log-probabilities of one row", new[:1], old, a, mask, 0.2, 0.2
    yield "a mask of one row", new, old, a, mask[:1], 0.2, 0.2
    yield "one advantage for two responses", new, old, a[:1], mask, 0.2, 0.2
    yield "three advantages for two responses", new, old, np.ones(3), mask, 0.2, 0.2
    yield "an advantage a token", new, old, np.ones((2, 3)), mask, 0.2, 0.2
    yield "no responses", new[:0], old[:0], a[:0], mask[:0], 0.2, 0.2
    yield "one response without an axis", new[0], old[0], a[:1], mask[0], 0.2, 0.2


@points(2)
def test_ppo_clip_loss(ppo_clip_loss, draw):
    """Minus the mean over all real tokens together of the smaller of r * A and clip(r) * A."""
    agree(ppo_clip_loss, draw(steps, clip_by_token))


@points(1)
def test_ppo_clip_loss_padding(ppo_clip_loss, draw):
    """Where the mask is 0 anything may stand, -inf and nan too."""
    agree(ppo_clip_loss, draw(paddings, clip_by_token))


@points(1)
def test_ppo_clip_loss_far(ppo_clip_loss, draw):
    """Differences of +-20, and a policy that did not move."""
    agree(ppo_clip_loss, draw(far_steps, clip_by_token))


@points(1)
def test_ppo_clip_loss_contract(ppo_clip_loss, draw):
    """Any layout and dtype, no warning, not at a masked nan either; the inputs stay as they were."""
    contract(ppo_clip_loss, draw, contract_steps, clip_by_token, floats=(0, 1, 2), labels=(3,), integers=False)
    contract(ppo_clip_loss, draw, whole_steps, clip_by_token, labels=(0, 1, 2))
    contract(ppo_clip_loss, draw, paddings, clip_by_token)


@points(1)
def test_ppo_clip_loss_refuses(ppo_clip_loss, draw):
    """No real token, nothing in it, or shapes that do not fit: ValueError."""
    refuse(ppo_clip_loss, draw(step_misfits))


# --- clip_predicted ---------------------------------------------------------------------------------------------------


def slope_by_differences(ratios, advantages, low, high):
    """Central differences, each so small that it crosses no bound."""

    def objective(r, a):
        return min(r * a, min(max(r, 1 - low), 1 + high) * a)

    ratios, advantages = (np.asarray(x, np.float64) for x in (ratios, advantages))
    slopes = [(objective(r + 1e-4, a) - objective(r - 1e-4, a)) / 2e-4 for r, a in zip(ratios.tolist(), advantages.tolist(), strict=True)]
    return np.where(np.abs(slopes) < np.abs(advantages) / 2, 0.0, advantages)


def regions(rng):
    """Ratios below, between and above the bounds, each with advantages of both signs; some where only one of low and high would clip."""
    for times in (1, 3):
        places = np.repeat([[0.3, 0.55], [0.68, 0.78], [0.85, 1.15], [1.22, 1.32], [1.45, 3.0]], 2 * times, axis=0)
        ratios = rng.uniform(places[:, 0], places[:, 1])
        a = np.tile([1.0, -1.0], 5 * times) * (rng.uniform(0.3, 0.9, 10 * times) if times == 1 else rng.uniform(1.2, 3, 10 * times))
        order = rng.permutation(10 * times)
        yield f"{10 * times} tokens", ratios[order], a[order], float(rng.uniform(0.16, 0.2)), float(rng.uniform(0.34, 0.42))


def contract_regions(rng):
    ratios = np.array([0.6, 0.7, 0.95, 1.05, 1.6, 2.4, 0.65, 2.9])
    yield "eight tokens", ratios, np.array([2.0, -3.0, 1.0, -5.0, 4.0, -6.0, -7.0, 8.0]), 0.2, 0.28


def narrow_regions(rng):
    yield "from -128 to 127", np.array([1, 2, 100, 3, 1]), np.array([-128, -127, 127, -5, 100]), 0.2, 0.28


def region_misfits(rng):
    ratios, a = rng.uniform(0.9, 1.1, 3), np.array([1.0, -1.0, 2.0])
    yield "one advantage for three ratios", ratios, a[:1], 0.2, 0.2
    yield "one ratio for three advantages", ratios[:1], a, 0.2, 0.2
    yield "nothing in it", ratios[:0], a[:0], 0.2, 0.2
    yield "matrices", ratios[None, :], a[None, :], 0.2, 0.2
    yield "two numbers", ratios[0, ...], a[0, ...], 0.2, 0.2


@points(2)
def test_clip_predicted(clip_predicted, draw):
    """A, but 0 where a step would go further out: A > 0 above 1 + high, A < 0 below 1 - low."""
    agree(clip_predicted, draw(regions, slope_by_differences))


@points(1)
def test_clip_predicted_contract(clip_predicted, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(clip_predicted, draw, contract_regions, slope_by_differences, floats=(0, 1))
    contract(clip_predicted, draw, narrow_regions, slope_by_differences, labels=(1,))


@points(1)
def test_clip_predicted_refuses(clip_predicted, draw):
    """Nothing in it, or shapes that do not fit: ValueError."""
    refuse(clip_predicted, draw(region_misfits))


# --- kl_estimates -----------------------------------------------------------------------------------------------------


def k3_by_series(x):
    """exp(x) - 1 - x without cancellation: the series where x is small."""
    return math.fsum(x**n / math.factorial(n) for n in range(2, 25)) if abs(x) < 1 else math.exp(x) - 1 - x


def kl_by_token(new, ref):
    log_ratio = np.asarray(ref, np.float64) - np.asarray(new, np.float64)
    return -log_ratio, log_ratio**2 / 2, np.vectorize(k3_by_series, otypes=[float])(log_ratio)


def tokens_drawn(rng):
    for shape in ((3,), (2, 4), (2, 3, 5)):
        new = rng.uniform(-5, -1, shape)
        yield f"shape {shape}", new, new + rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape)


def far_policies(rng):
    new = rng.uniform(-30, -25, 4)
    yield "differences of +-20", new, new + np.array([20.0, -20.0, 6.0, -6.0])
    yield "a number, without an axis", np.array(rng.uniform(-3, -2)), np.array(rng.uniform(-1, 0))
    yield "equal policies", new, new.copy()


def contract_tokens(rng):
    new = np.array([[-5.0, -3.0, -2.0], [-4.0, -1.0, -6.0]])
    yield "two responses", new, new + np.array([[1.0, -2.0, -1.0], [2.0, -3.0, 4.0]])


def narrow_tokens(rng):
    """Whole numbers whose squares leave int8."""
    yield "from -128 on", np.array([-128, -120, -110, -111]), np.array([-120, -128, -127, -111])
    yield "from 0 to 255", np.array([255, 240, 3]), np.array([240, 255, 20])


def token_misfits(rng):
    new = rng.uniform(-3, -1, (2, 3))
    yield "one row for two", new, new[:1]
    yield "two rows for one", new[:1], new
    yield "a row without an axis", new, new[0]
    yield "a number", new, np.array(-1.0)
    yield "nothing in it", new[:0], new[:0]


def close_policies(rng):
    yield "nearly equal", np.zeros(6), np.array([1e-8, -1e-8, 3e-6, -1e-4, 0.02, -0.02]) * rng.uniform(1, 2)


@points(2)
def test_kl_estimates(kl_estimates, draw):
    """k1, k2 and k3 of every token, with l = ref - new."""
    agree(kl_estimates, draw(tokens_drawn, kl_by_token))


@points(2)
def test_kl_estimates_close(kl_estimates, draw):
    """k3 is right to 1e-6 of its size, down to abs(l) = 1e-8."""
    agree(kl_estimates, draw(close_policies, kl_by_token), rtol=1e-6, atol=0)


@points(1)
def test_kl_estimates_far(kl_estimates, draw):
    """Differences of +-20 and of 0; an array without an axis."""
    agree(kl_estimates, draw(far_policies, kl_by_token))


@points(1)
def test_kl_estimates_contract(kl_estimates, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(kl_estimates, draw, contract_tokens, kl_by_token, floats=(0, 1))
    contract(kl_estimates, draw, narrow_tokens, kl_by_token, labels=(0, 1))


@points(1)
def test_kl_estimates_refuses(kl_estimates, draw):
    """Nothing in it, or shapes that differ: ValueError."""
    refuse(kl_estimates, draw(token_misfits))


# --- info_nce ---------------------------------------------------------------------------------------------------------


def info_by_rows(a, b, temperature):
    a, b = (np.asarray(x, np.float64) for x in (a, b))
    logits = np.array([[x @ y / math.hypot(*x) / math.hypot(*y) for y in b] for x in a]) / temperature
    return float(np.mean([logsumexp(logits, axis=axis) - np.diag(logits) for axis in (0, 1)]))


def matched(rng):
    for n, d in ((2, 3), (6, 4)):
        yield f"{n} pairs", rng.normal(0, 2, (n, d)), rng.normal(0, 2, (n, d)), float(rng.uniform(0.2, 0.6))
    a = rng.normal(0, 1, (12, 5)) * 10.0 ** rng.uniform(-2, 2, (12, 1))  # rows of very different lengths
    yield "12 pairs", a, a + rng.normal(0, 0.5, a.shape) * np.abs(a), float(rng.uniform(0.1, 0.3))


def single_pairs(rng):
    yield "one pair", rng.normal(0, 1, (1, 4)), rng.normal(0, 1, (1, 4)), 0.1
    yield "one number a row", np.array([[2.0], [-3.0], [0.5]]), np.array([[-1.0], [-4.0], [7.0]]), 0.7
    a = rng.normal(0, 1, (4, 3))
    yield "pairs that agree", a, 3 * a, 0.2
    yield "rows of billionths", 1e-9 * rng.normal(0, 1, (4, 3)), 1e-9 * rng.normal(0, 1, (4, 3)), 0.2


def cold_pairs(rng):
    """Logits of +-1000."""
    a = rng.normal(0, 1, (5, 4))
    yield "temperature 0.001", a, rng.permutation(a), 1e-3
    yield "opposite rows", a, -a, 1e-3


def contract_pairs(rng):
    a = np.array([[3.0, -2.0, 5.0], [1.0, 4.0, -6.0], [-7.0, 2.0, 1.0], [2.0, 2.0, 3.0]])
    yield "four pairs", a, a[:, ::-1] + 1.0, 0.5


def narrow_rows(rng):
    """Whole numbers whose squares leave the narrow types."""
    yield "from -128 to 127", np.array([[-128, 127], [100, -128], [5, 127]]), np.array([[127, 126], [-128, 3], [90, -90]]), 0.5
    yield "from 0 to 255", np.array([[0, 255], [200, 255], [255, 5]]), np.array([[255, 16], [16, 255], [240, 240]]), 0.5


def pair_misfits(rng):
    a = rng.normal(0, 1, (3, 4))
    yield "b of one row", a, a[:1], 0.1
    yield "a of one row", a[:1], a, 0.1
    yield "another width", a, a[:, :1], 0.1
    yield "no rows", a[:0], a[:0], 0.1
    yield "no columns", a[:, :0], a[:, :0], 0.1
    yield "rows without an axis", a[0], a[0], 0.1
    yield "three axes", a[None], a[None], 0.1


@points(2)
def test_info_nce(info_nce, draw):
    """Rows of length 1, divided by the temperature, both directions."""
    agree(info_nce, draw(matched, info_by_rows))


@points(1)
def test_info_nce_single(info_nce, draw):
    """One pair gives 0; rows of one number; pairs that agree but for their length; rows of billionths."""
    agree(info_nce, draw(single_pairs, info_by_rows))


@points(1)
def test_info_nce_cold(info_nce, draw):
    """Finite and right at temperature 0.001."""
    agree(info_nce, draw(cold_pairs, info_by_rows))
    agree(info_nce, draw(cold_float32, info_by_rows), rtol=0, atol=0.1)


def cold_float32(rng):
    for name, a, b, temperature in cold_pairs(rng):
        yield f"{name}, float32", a.astype(np.float32), b.astype(np.float32), temperature


@points(1)
def test_info_nce_contract(info_nce, draw):
    """Any layout and dtype, no warning; the inputs stay as they were."""
    contract(info_nce, draw, contract_pairs, info_by_rows, floats=(0, 1))
    contract(info_nce, draw, narrow_rows, info_by_rows, labels=(0, 1))


@points(1)
def test_info_nce_refuses(info_nce, draw):
    """Nothing in it, or shapes that differ: ValueError."""
    refuse(info_nce, draw(pair_misfits))


# --- bm25_scores ------------------------------------------------------------------------------------------------------


def bm25_by_document(query, docs, k1, b):
    mean = statistics.fmean(map(len, docs))
    having = Counter(term for doc in docs for term in set(doc))

    def score(doc):
        tf, length = Counter(doc), 1 - b + b * len(doc) / mean
        there = [(tf[term], math.log1p((len(docs) - having[term] + 0.5) / (having[term] + 0.5))) for term in query if tf[term]]
        return math.fsum(idf * times * (k1 + 1) / (times + k1 * length) for times, idf in there)

    return np.array([score(doc) for doc in docs])


def corpora(rng):
    letters = list("abcdefgh")
    for n in (3, 7):
        docs = [rng.choice(letters, int(length)).tolist() for length in rng.permutation(np.arange(2, 2 + n))]
        docs[0] = [*docs[0], "a", "a"]
        docs[1] = [*docs[1], "b"]
        yield f"{n} documents", ["a", "b", "a"], docs, float(rng.uniform(1, 2)), float(rng.uniform(0.3, 0.9))


def odd_corpora(rng):
    docs = [["a", "b", "a"], ["b", "c"], ["a", "b", "d", "e"], []]
    yield "an empty document", ["a", "c"], docs, float(rng.uniform(1, 2)), float(rng.uniform(0.3, 0.9))
    yield "an empty query", [], docs, 1.5, 0.75
    yield "unknown terms", ["x", "a", "y", "x"], docs, float(rng.uniform(1, 2)), 0.75
    yield "a term that every document has", ["b"], docs[:3], float(rng.uniform(1, 2)), 0.75
    yield "one document", ["a", "b"], docs[:1], float(rng.uniform(1, 2)), 0.75
    yield "lengths do not count", ["a", "b"], docs, float(rng.uniform(1, 2)), 0.0
    yield "lengths count in full", ["a", "b"], docs, float(rng.uniform(1, 2)), 1.0
    yield "words, not letters", ["ab", "b"], [["ab", "c"], ["a", "b"], ["b", "ab", "ab"]], 1.5, 0.75


def contract_corpora(rng):
    yield "lists stay", ["b", "a", "b"], [["a", "c"], ["b", "a", "b"], ["c"]], 1.5, 0.75


def bm25_misfits(rng):
    yield "no documents", ["a"], [], 1.5, 0.75
    yield "all documents empty", ["a"], [[], []], 1.5, 0.75
    yield "no documents and no query", [], [], 1.5, 0.75


@points(2)
def test_bm25_scores(bm25_scores, draw):
    """idf, saturation and length of every term, a repeated one twice."""
    agree(bm25_scores, draw(corpora, bm25_by_document))


@points(2)
def test_bm25_scores_odd(bm25_scores, draw):
    """Empty documents and queries, unknown terms, a term that all documents have, b of 0 and 1."""
    agree(bm25_scores, draw(odd_corpora, bm25_by_document))


@points(1)
def test_bm25_scores_contract(bm25_scores, draw):
    """A float64 array; the lists stay as they were."""
    contract(bm25_scores, draw, contract_corpora, bm25_by_document)


@points(1)
def test_bm25_scores_refuses(bm25_scores, draw):
    """No documents, or all of them empty: ValueError."""
    refuse(bm25_scores, draw(bm25_misfits))


# --- retrieval_metrics ------------------------------------------------------------------------------------------------


def metrics_by_sets(ranked, relevant, k):
    recall = [len(set(found[:k]) & set(wanted)) / len(wanted) for found, wanted in zip(ranked, relevant, strict=True)]
    places = [[place for place, item in enumerate(found[:k]) if item in set(wanted)] for found, wanted in zip(ranked, relevant, strict=True)]
    return statistics.fmean(recall), statistics.fmean(1 / (1 + one[0]) if one else 0.0 for one in places)


def searches(rng):
    """More relevant ids than k, hits behind k, rankings shorter than k, first hits at different ranks."""
    ids = rng.permutation(90).tolist()
    yield "2 queries, k = 3", [ids[:5], ids[5:7]], [[ids[1], ids[2], ids[8], ids[4], ids[9]], [ids[6], ids[7], ids[9]]], 3
    for queries, k in ((5, 3), (12, 5)):
        while True:
            ranked = [rng.permutation(30)[: int(rng.integers(k - 1, 12))].tolist() for _ in range(queries)]
            relevant = [sorted(rng.permutation(30)[: int(rng.integers(2, 12))].tolist(), reverse=True) for _ in range(queries)]
            ranks = [[rank for rank, item in enumerate(found, 1) if item in wanted] for found, wanted in zip(ranked, relevant, strict=True)]
            late = any(one and one[0] > k for one in ranks)
            several = any(len([rank for rank in one if rank <= k]) > 1 for one in ranks)
            many = any(len(wanted) > k for wanted in relevant)
            if late and several and many and any(one and 1 < one[0] <= k for one in ranks):
                break
        yield f"{queries} queries, k = {k}", ranked, relevant, k


def odd_searches(rng):
    yield "an empty ranking", [[], [4, 2]], [[1], [2, 7]], 3
    yield "nothing found", [[5, 6, 7]], [[1, 2]], 3
    yield "all found", [[3, 1, 2]], [[1, 2, 3]], 3
    yield "k beyond the ranking", [[9, 1]], [[1, 5]], 50
    yield "k is 1", [[9, 1], [2, 3]], [[1, 9], [3]], 1
    yield "found behind k only", [[5, 6, 1]], [[1]], 2
    yield "ids are strings", [["doc b", "doc a"], ["doc c"]], [["doc a"], ["doc a", "doc c"]], 2


def contract_searches(rng):
    yield "lists stay", [[4, 2, 9], [1, 7]], [[9, 2], [3, 1]], 2


def search_misfits(rng):
    yield "no queries", [], [], 3
    yield "relevant ids of one query for two", [[1], [2]], [[1]], 3
    yield "relevant ids of two queries for one", [[1]], [[1], [2]], 3
    yield "a query without relevant ids", [[1], [2]], [[1], []], 3
    yield "k is 0", [[1]], [[1]], 0
    yield "k is negative", [[1, 2, 3]], [[1]], -1


@points(2)
def test_retrieval_metrics(retrieval_metrics, draw):
    """Of all relevant ids the fraction among the first k; one over the rank of the first of them."""
    agree(retrieval_metrics, draw(searches, metrics_by_sets))


@points(1)
def test_retrieval_metrics_odd(retrieval_metrics, draw):
    """Empty and short rankings, nothing found, everything found, k of 1 and of 50, ids that are strings."""
    agree(retrieval_metrics, draw(odd_searches, metrics_by_sets))


@points(1)
def test_retrieval_metrics_contract(retrieval_metrics, draw):
    """The lists stay as they were."""
    contract(retrieval_metrics, draw, contract_searches, metrics_by_sets)


@points(1)
def test_retrieval_metrics_refuses(retrieval_metrics, draw):
    """No queries, unequal lengths, a query without relevant ids or k < 1: ValueError."""
    refuse(retrieval_metrics, draw(search_misfits))


# --- ndcg_counterexample and ndcg_mended (a hunt) ---------------------------------------------------------------------


def dcg(gains, k):
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], 1))


def published_ndcg(ranked, grades, k):
    """The function of the hunt."""
    gains = [grades.get(item, 0) for item in ranked]
    ideal = dcg(sorted(gains, reverse=True), k)
    return dcg(gains, k) / ideal if ideal > 0 else 0.0


def ndcg_by_all(ranked, grades, k):
    discount = 1 / np.log2(np.arange(2, len(grades) + len(ranked) + 2))

    def total(gains):
        return float(np.dot(gains[:k], discount[: len(gains[:k])]))

    best = total(sorted(grades.values(), reverse=True))
    return total([grades.get(item, 0) for item in ranked]) / best if best else 0.0


def _whole(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _ndcg_example(given):
    """The counterexample as (ranked, grades, k); Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise Wrong("ndcg_counterexample() must return (ranked, grades, k).", expected="(ranked, grades, k)", got=given)
    ranked, grades, k = given
    if not isinstance(ranked, tuple | list) or not ranked or not all(_whole(item) or isinstance(item, str) for item in ranked):
        raise Wrong("ranked must be a list of ids (whole numbers or strings), not empty.", expected="a list of ids", got=ranked)
    if len(set(ranked)) < len(ranked):
        raise Wrong("No id may stand twice in ranked.", expected="ids that differ", got=ranked)
    numbers = isinstance(grades, dict) and all(isinstance(g, int | float | np.number) and 0 <= g < 1e9 for g in grades.values())
    if not numbers or not grades:
        raise Wrong("grades must be a dict id -> grade >= 0, not empty.", expected="a dict of numbers", got=grades)
    if not _whole(k) or k < 1:
        raise Wrong("k must be a whole number of 1 or more.", expected="k >= 1", got=k)
    return list(ranked), grades, int(k)


def _why_right(ranked, grades, k):
    """The known mistake of an example on which the published function is right."""
    graded = {item for item, grade in grades.items() if grade > 0}
    if not graded:
        return "nothing-relevant"
    if graded <= set(ranked):
        return "everything-retrieved" if set(grades) <= set(ranked) else "missed-one-is-irrelevant"
    if not graded & set(ranked):
        return "nothing-found"
    best, found = (sorted(grades_there, reverse=True)[:k] for grades_there in (grades.values(), [grades.get(item, 0) for item in ranked]))
    return "missed-one-is-behind-k" if best == found else ""


@points(2)
def test_ndcg_counterexample(ndcg_counterexample):
    """Arguments on which the function above is wrong, by more than 0.01."""
    example = _ndcg_example(ndcg_counterexample())
    wrong, right = published_ndcg(*example), ndcg_by_all(*example)
    if abs(wrong - right) <= 0.01:
        raise Wrong("There the function above is right.", expected=f"not {right:.4f}", got=wrong, mistake=_why_right(*example))


@points(2)
def test_ndcg_counterexample_perfect(ndcg_counterexample):
    """And it says 1.0 where half of what could be had was missed: the right result is at most 0.5."""
    example = _ndcg_example(ndcg_counterexample())
    wrong, right = published_ndcg(*example), ndcg_by_all(*example)
    if wrong < 1 - 1e-9 or right > 0.5:
        found = f"{wrong:.3f} instead of {right:.3f}"
        message = f"The function above says {wrong:.3f} there, and {right:.3f} is right: it must say 1, and 0.5 or less be right."
        if abs(wrong - right) <= 0.01:
            seen = _why_right(*example)
        else:
            seen = "wrong-but-not-1" if wrong < 1 - 1e-9 else "only-a-little-missed"
        raise Wrong(message, expected="1 instead of 0.5 or less", got=found, mistake=seen)


def partly_retrieved(rng):
    """Relevant documents that are not in the list, one without a grade in front of some, more grades than k."""
    for n, k in ((4, 2), (9, 5), (30, 10)):
        grades = {item: int(grade) for item, grade in enumerate(rng.integers(1, 40, n))}
        ranked = rng.permutation(n)[: k + n // 4].tolist()
        yield f"{n} graded, k = {k}", [*ranked[: k - 1], 99, *ranked[k - 1 :]], grades, k


def odd_rankings(rng):
    grades = {item: float(rng.uniform(0.5, 3)) for item in range(4)}
    yield "no positive grade", [1, 2], {1: 0, 5: 0}, 3
    yield "nothing relevant found", [8, 9], {1: 2, 5: 1}, 3
    yield "the best order", sorted(grades, key=grades.get, reverse=True), grades, 4
    yield "k beyond both", [2, 0], grades, 50
    yield "k is 1", [2, 0], grades, 1
    yield "fewer graded than k, and found behind k", [7, 8, 9, 1], {1: 3}, 3
    yield "fewer graded than k, and one found", [7, 1, 9, 8], {1: 3}, 3
    yield "ids are strings", ["b", "x", "a"], {"a": 3, "b": 1, "c": 2}, 3
    yield "grades of billionths", [1, 7, 3], {1: 1e-9, 2: 3e-9, 3: 2e-9}, 3
    yield "grades below 1", [1, 3], {1: 0.25, 2: 0.5, 3: 0.125}, 2


def contract_rankings(rng):
    yield "list and dict stay", [3, 1, 7], {1: 2, 3: 1, 5: 3}, 2


@points(2)
def test_ndcg_mended(ndcg_mended, draw):
    """The ideal order is that of all graded ids, retrieved or not, and it is cut at k too."""
    agree(ndcg_mended, draw(partly_retrieved, ndcg_by_all))


@points(1)
def test_ndcg_mended_odd(ndcg_mended, draw):
    """No positive grade, nothing found, k of 1 and of 50, grades of halves and of billionths, ids that are strings."""
    agree(ndcg_mended, draw(odd_rankings, ndcg_by_all))


@points(1)
def test_ndcg_mended_contract(ndcg_mended, draw):
    """The list and the dict stay as they were."""
    contract(ndcg_mended, draw, contract_rankings, ndcg_by_all)
