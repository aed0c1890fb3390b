"""Known mistakes of the lesson alignment, as people write them first."""

import math

import numpy as np


def _log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _at(table, tokens):
    return np.take_along_axis(table, tokens[..., None], -1)[..., 0]


# --- response_log_prob ---


def response_log_prob__no_shift(logits, tokens, mask):
    """The logits at t scored the token at t, which they have already read. The logits at t - 1 predict it: logits[:, :-1] with tokens[:, 1:]."""
    return (_at(_log_softmax(logits), tokens) * mask).sum(1)


def response_log_prob__no_shift_first_left_out(logits, tokens, mask):
    """Position 0 was left out, but the logits at t still scored the token at t. The logits at t - 1 predict it: logits[:, :-1] with tokens[:, 1:]."""
    return (_at(_log_softmax(logits[:, 1:]), tokens[:, 1:]) * mask[:, 1:]).sum(1)


def response_log_prob__shift_the_other_way(logits, tokens, mask):
    """The logits at t + 1 scored the token at t. They have read it: the logits at t - 1 predict it."""
    return (_at(_log_softmax(logits[:, 1:]), tokens[:, :-1]) * mask[:, :-1]).sum(1)


def response_log_prob__mask_with_logits(logits, tokens, mask):
    """The mask was cut like the logits. mask[t] belongs to token t, so it is cut like the tokens: mask[:, 1:]."""
    return (_at(_log_softmax(logits[:, :-1]), tokens[:, 1:]) * mask[:, :-1]).sum(1)


def response_log_prob__mean(logits, tokens, mask):
    """The sum was divided by the number of tokens. The log-probability of a sequence is the sum, and DPO's derivation needs it."""
    counts = np.maximum(mask[:, 1:].sum(1), 1)
    return (_at(_log_softmax(logits[:, :-1]), tokens[:, 1:]) * mask[:, 1:]).sum(1) / counts


def response_log_prob__no_mask(logits, tokens, mask):
    """Prompt and padding were counted too. Only tokens whose mask is 1 belong to the response."""
    return _at(_log_softmax(logits[:, :-1]), tokens[:, 1:]).sum(1)


def response_log_prob__from_the_first_response_token(logits, tokens, mask):
    """Everything from the first response token on was counted, padding too. Only tokens whose mask is 1 belong to the response."""
    return (_at(_log_softmax(logits[:, :-1]), tokens[:, 1:]) * (np.cumsum(mask[:, 1:], axis=1) > 0)).sum(1)


def response_log_prob__negative(logits, tokens, mask):
    """The result has the wrong sign: that is the loss. A log-probability is 0 or less."""
    return -(_at(_log_softmax(logits[:, :-1]), tokens[:, 1:]) * mask[:, 1:]).sum(1)


def response_log_prob__probabilities(logits, tokens, mask):
    """Probabilities were added up. The probability of a sequence is a product, so its logarithm is the sum of the logarithms."""
    return (np.exp(_at(_log_softmax(logits[:, :-1]), tokens[:, 1:])) * mask[:, 1:]).sum(1)


def response_log_prob__logits_not_normalised(logits, tokens, mask):
    """The logits themselves were added up. Take log softmax first: subtract the logarithm of the sum of their exponentials."""
    return (_at(logits[:, :-1], tokens[:, 1:]) * mask[:, 1:]).sum(1)


def response_log_prob__overflow(logits, tokens, mask):
    """The exponential of a logit of 1000 is inf, and of -1000 is 0. Subtract each row's largest logit before exp."""
    with np.errstate(all="ignore"):
        before = logits[:, :-1].astype(float)
        table = np.log(np.exp(before) / np.exp(before).sum(-1, keepdims=True))
        return np.where(mask[:, 1:] == 1, _at(table, tokens[:, 1:]), 0).sum(1)


def response_log_prob__log_of_softmax(logits, tokens, mask):
    """The logarithm of a probability that underflowed to 0 is -inf: take the logits minus the logarithm of the sum, not log of the softmax."""
    with np.errstate(all="ignore"):
        before = logits[:, :-1].astype(float)
        e = np.exp(before - before.max(-1, keepdims=True))
        table = np.log(e / e.sum(-1, keepdims=True))
        return (_at(table, tokens[:, 1:]) * mask[:, 1:]).sum(1)


def _epsilon_in_the_log(logits, tokens, mask, epsilon):
    before = logits[:, :-1].astype(float)
    e = np.exp(before - before.max(-1, keepdims=True))
    return (_at(np.log(e / e.sum(-1, keepdims=True) + epsilon), tokens[:, 1:]) * mask[:, 1:]).sum(1)


def response_log_prob__epsilon_in_the_log(logits, tokens, mask):
    """A small number was added in the logarithm: log(p + 1e-12) goes no lower than -27.6. Take the logits minus the logarithm of their sum."""
    return _epsilon_in_the_log(logits, tokens, mask, 1e-12)


def response_log_prob__larger_epsilon_in_the_log(logits, tokens, mask):
    """A small number was added in the logarithm: log(p + 1e-8) goes no lower than -18.4. Take the logits minus the logarithm of their sum."""
    return _epsilon_in_the_log(logits, tokens, mask, 1e-8)


def response_log_prob__normalised_over_time(logits, tokens, mask):
    """The softmax ran over the positions. It runs over the vocabulary, the last axis."""
    table = np.moveaxis(_log_softmax(np.moveaxis(logits, 1, -1)), -1, 1)
    return (_at(table[:, :-1], tokens[:, 1:]) * mask[:, 1:]).sum(1)


def response_log_prob__no_shift_and_mean(logits, tokens, mask):
    """The logits at t scored the token at t, and the mean was taken. The logits at t - 1 predict it, and the sum is asked for."""
    return (_at(_log_softmax(logits), tokens) * mask).sum(1) / np.maximum(mask.sum(1), 1)


def response_log_prob__one_row_for_all(logits, tokens, mask):
    """One row of tokens, or of the mask, was accepted for several rows of logits: numpy stretches it. Raise ValueError where shapes do not fit."""
    if logits.ndim != 3 or logits.size == 0 or tokens.ndim != 2 or mask.ndim != 2 or tokens.shape[1] != mask.shape[1]:
        raise ValueError("shapes do not fit")
    wide = logits if logits.dtype.kind == "f" else logits.astype(float)
    return (_at(_log_softmax(wide[:, :-1]), tokens[:, 1:].astype(int)) * (mask[:, 1:] == 1)).sum(1)


def response_log_prob__one_number(logits, tokens, mask):
    """One number came back for the whole batch: add up over positions only, a number for each row."""
    return (_at(_log_softmax(logits[:, :-1]), tokens[:, 1:]) * mask[:, 1:]).sum()


# --- sft_batch_mended ---


def _rows(prompts, responses, eos, pad, left=False):
    rows = [[*prompt, *response, *eos] for prompt, response in zip(prompts, responses, strict=True)]
    width = max(len(row) for row in rows)
    return np.array([[pad] * (width - len(row)) + row if left else row + [pad] * (width - len(row)) for row in rows]), rows


def sft_batch_mended__mask_by_value(prompts, responses, eos, pad):
    """The mask was made by comparing with pad, and where pad is eos the end of the response is never learned. Make it by place, from the lengths."""
    tokens, _ = _rows(prompts, responses, [eos], pad)
    mask = (tokens != pad).astype(int)
    for row, prompt in zip(mask, prompts, strict=True):
        row[: len(prompt)] = 0
    return tokens, mask


def sft_batch_mended__padding_trained(prompts, responses, eos, pad):
    """The padding is trained on too. Behind a response's eos the mask is 0."""
    tokens, _ = _rows(prompts, responses, [eos], pad)
    mask = np.ones(tokens.shape, int)
    for row, prompt in zip(mask, prompts, strict=True):
        row[: len(prompt)] = 0
    return tokens, mask


def sft_batch_mended__prompt_trained(prompts, responses, eos, pad):
    """The prompt is trained on too. Its tokens have mask 0: the model is to answer, not to ask."""
    tokens, rows = _rows(prompts, responses, [eos], pad)
    return tokens, (np.arange(tokens.shape[1]) < np.array([len(row) for row in rows])[:, None]).astype(int)


def sft_batch_mended__eos_not_trained(prompts, responses, eos, pad):
    """The mask ends before the eos, so the model never learns to stop. A response's eos has mask 1."""
    tokens, rows = _rows(prompts, responses, [eos], pad)
    place = np.arange(tokens.shape[1])
    starts, ends = (np.array([len(one) for one in lists])[:, None] for lists in (prompts, rows))
    return tokens, ((place >= starts) & (place < ends - 1)).astype(int)


def sft_batch_mended__no_eos(prompts, responses, eos, pad):
    """The rows have no eos behind the response. Each row is prompt + response + [eos]."""
    tokens, rows = _rows(prompts, responses, [], pad)
    place = np.arange(tokens.shape[1])
    starts, ends = (np.array([len(one) for one in lists])[:, None] for lists in (prompts, rows))
    return tokens, ((place >= starts) & (place < ends)).astype(int)


def sft_batch_mended__padded_on_the_left(prompts, responses, eos, pad):
    """The rows were filled on the left, as one does to generate. Here the padding stands on the right."""
    tokens, rows = _rows(prompts, responses, [eos], pad, left=True)
    place, width = np.arange(tokens.shape[1]), tokens.shape[1]
    starts = np.array([width - len(row) + len(prompt) for row, prompt in zip(rows, prompts, strict=True)])[:, None]
    return tokens, (place >= starts).astype(int)


def sft_batch_mended__targets_shifted(prompts, responses, eos, pad):
    """The mask stands one place too early, where the logits are that predict the response. Here it marks the tokens themselves."""
    tokens, rows = _rows(prompts, responses, [eos], pad)
    place = np.arange(tokens.shape[1])
    starts, ends = (np.array([len(one) for one in lists])[:, None] for lists in (prompts, rows))
    return tokens, ((place >= starts - 1) & (place < ends - 1)).astype(int)


def sft_batch_mended__first_eos_by_value(prompts, responses, eos, pad):
    """What equals pad was taken for padding, and the first eos for the end. Both may stand in a response: the mask goes by place."""
    tokens, mask = sft_batch_mended__mask_by_value(prompts, responses, eos, pad)
    for row, marks, prompt in zip(tokens, mask, prompts, strict=True):
        marks[len(prompt) + int(np.argmax(row[len(prompt) :] == eos))] = 1
    return tokens, mask


def sft_batch_mended__ends_at_the_first_eos(prompts, responses, eos, pad):
    """The mask ends at the first eos behind the prompt, but one may stand inside a response: make it by place, from the lengths."""
    tokens, mask = sft_batch_mended__padding_trained(prompts, responses, eos, pad)
    for row, marks, prompt in zip(tokens, mask, prompts, strict=True):
        marks[len(prompt) + int(np.argmax(row[len(prompt) :] == eos)) + 1 :] = 0
    return tokens, mask


def sft_batch_mended__last_pad_for_eos(prompts, responses, eos, pad):
    """The end was looked for from the right, and the first of the pads taken for the eos. Make the mask by place, from the lengths."""
    tokens, mask = sft_batch_mended__padding_trained(prompts, responses, eos, pad)
    for row, marks, prompt in zip(tokens, mask, prompts, strict=True):
        end = len(row)
        while end > len(prompt) + 1 and row[end - 1] == pad and row[end - 2] == pad:
            end -= 1
        marks[end:] = 0
    return tokens, mask


def _by_place(prompts, responses, eos, pad):
    rows = [[*prompt, *response, eos] for prompt, response in zip(prompts, responses, strict=False)]
    width = max(map(len, rows))
    tokens = np.array([row + [pad] * (width - len(row)) for row in rows])
    place, ends = np.arange(width), np.array([len(row) for row in rows])[:, None]
    return tokens, ((place >= np.array([len(prompt) for prompt, _ in zip(prompts, rows, strict=False)])[:, None]) & (place < ends)).astype(int)


def sft_batch_mended__longer_list_cut(prompts, responses, eos, pad):
    """Lists of unequal length were accepted, as zip does, which ends with the shorter one. Raise ValueError."""
    if any(len(prompt) == 0 for prompt in prompts):
        raise ValueError("an empty prompt")
    return _by_place(prompts, responses, eos, pad)


def sft_batch_mended__empty_prompt_accepted(prompts, responses, eos, pad):
    """An empty prompt was accepted. Raise ValueError."""
    if len(prompts) != len(responses):
        raise ValueError("lists of unequal length")
    return _by_place(prompts, responses, eos, pad)


# --- dpo_loss ---


def _dpo(z, beta):
    small = np.exp(-np.abs(z))
    return np.mean(np.maximum(-z, 0) + np.log1p(small)), -beta / len(z) * np.where(z < 0, 1, small) / (1 + small)


def dpo_loss__no_reference(pc, pr, rc, rr, beta):
    """The reference model was left out. The margin is (pc - rc) - (pr - rr): what the policy prefers beyond the reference."""
    return _dpo(beta * (pc - pr), beta)


def dpo_loss__swapped(pc, pr, rc, rr, beta):
    """Chosen and rejected were swapped: this loss falls when the rejected answer becomes more probable."""
    loss, grad = _dpo(beta * ((pr - rr) - (pc - rc)), beta)
    return loss, -grad


def dpo_loss__swapped_in_z(pc, pr, rc, rr, beta):
    """Chosen and rejected are swapped in z. It is beta * ((pc - rc) - (pr - rr)): positive where the policy prefers the chosen answer."""
    return _dpo(beta * ((pr - rr) - (pc - rc)), beta)


def dpo_loss__difference_of_probabilities(pc, pr, rc, rr, beta):
    """Probabilities were subtracted. The log-ratios are differences of the log-probabilities themselves, without exp."""
    with np.errstate(all="ignore"):
        return _dpo(beta * ((np.exp(pc) - np.exp(rc)) - (np.exp(pr) - np.exp(rr))), beta)


def dpo_loss__derivative_of_probabilities(pc, pr, rc, rr, beta):
    """Probabilities were subtracted, and their derivative taken. The log-ratios are differences of the log-probabilities themselves, without exp."""
    with np.errstate(all="ignore"):
        loss, grad = _dpo(beta * ((np.exp(pc) - np.exp(rc)) - (np.exp(pr) - np.exp(rr))), beta)
        return loss, grad * np.exp(pc)


def dpo_loss__beta_outside(pc, pr, rc, rr, beta):
    """beta multiplies the logarithm. It stands inside the sigmoid, where it says how far the policy may leave the reference."""
    loss, grad = _dpo((pc - rc) - (pr - rr), beta)
    return beta * loss, grad


def dpo_loss__no_beta(pc, pr, rc, rr, beta):
    """beta was left out. z is beta times the difference of the two log-ratios."""
    loss, grad = _dpo((pc - rc) - (pr - rr), 1.0)
    return loss, grad


def dpo_loss__gradient_without_beta(pc, pr, rc, rr, beta):
    """The gradient lacks the factor beta, the derivative of z by policy_chosen."""
    loss, grad = _dpo(beta * ((pc - rc) - (pr - rr)), beta)
    return loss, grad / beta


def dpo_loss__gradient_of_the_sum(pc, pr, rc, rr, beta):
    """The gradient is that of the sum. The loss is a mean, so each pair's gradient is divided by n."""
    loss, grad = _dpo(beta * ((pc - rc) - (pr - rr)), beta)
    return loss, grad * len(grad)


def dpo_loss__gradient_sign(pc, pr, rc, rr, beta):
    """The gradient has the wrong sign: a larger log-probability of the chosen answer lowers the loss, so it is negative."""
    loss, grad = _dpo(beta * ((pc - rc) - (pr - rr)), beta)
    return loss, -grad


def dpo_loss__sigmoid_of_z(pc, pr, rc, rr, beta):
    """The gradient has sigmoid(z) where sigmoid(-z) belongs: it vanishes for pairs that are in the wrong order, which need it most."""
    z = beta * ((pc - rc) - (pr - rr))
    return _dpo(z, beta)[0], _dpo(-z, beta)[1]


def dpo_loss__sum(pc, pr, rc, rr, beta):
    """The losses of the pairs were added up. The loss is their mean."""
    loss, grad = _dpo(beta * ((pc - rc) - (pr - rr)), beta)
    return loss * len(grad), grad * len(grad)


def dpo_loss__reference_added(pc, pr, rc, rr, beta):
    """The reference's margin was added. z is beta * ((pc - rc) - (pr - rr)): it is subtracted."""
    return _dpo(beta * ((pc - pr) + (rc - rr)), beta)


def dpo_loss__gradient_of_the_negative_sum(pc, pr, rc, rr, beta):
    """The gradient has the wrong sign, and is not divided by n. The loss is a mean that falls when the chosen answer becomes more probable."""
    loss, grad = _dpo(beta * ((pc - rc) - (pr - rr)), beta)
    return loss, -grad * len(grad)


def _epsilon_in_the_sigmoid(pc, pr, rc, rr, beta, epsilon):
    z = beta * ((pc - rc) - (pr - rr))
    small = np.exp(-np.abs(z))
    return -np.mean(np.log(np.where(z >= 0, 1, small) / (1 + small) + epsilon)), _dpo(z, beta)[1]


def dpo_loss__epsilon_in_the_log(pc, pr, rc, rr, beta):
    """A small number was added in the logarithm: -log(sigmoid + 1e-8) goes no higher than 18.4. -log sigmoid(z) is logaddexp(0, -z)."""
    return _epsilon_in_the_sigmoid(pc, pr, rc, rr, beta, 1e-8)


def dpo_loss__smaller_epsilon_in_the_log(pc, pr, rc, rr, beta):
    """A small number was added in the logarithm: -log(sigmoid + 1e-12) goes no higher than 27.6. -log sigmoid(z) is logaddexp(0, -z)."""
    return _epsilon_in_the_sigmoid(pc, pr, rc, rr, beta, 1e-12)


def dpo_loss__one_for_all_pairs(pc, pr, rc, rr, beta):
    """An array of length 1 was accepted beside longer ones: numpy stretches it. Raise ValueError where shapes differ."""
    pc, pr, rc, rr = (x if x.dtype.kind == "f" else x.astype(float) for x in (pc, pr, rc, rr))
    if not pc.ndim == pr.ndim == rc.ndim == rr.ndim == 1 or pc.size == 0:
        raise ValueError("no pairs")
    return _dpo(beta * ((pc - rc) - (pr - rr)), beta)


def dpo_loss__overflow(pc, pr, rc, rr, beta):
    """exp overflows at a margin of -1000, and the loss is inf or nan. -log sigmoid(z) is logaddexp(0, -z)."""
    with np.errstate(all="ignore"):
        z = beta * ((pc - rc) - (pr - rr))
        return np.mean(-np.log(1 / (1 + np.exp(-z)))), -beta / len(z) * (1 - 1 / (1 + np.exp(-z)))


# --- group_advantages ---


def group_advantages__whole_batch(rewards, eps):
    """Mean and standard deviation were taken over the whole batch. Each prompt's row has its own: prompts differ in how hard they are."""
    return (rewards - rewards.mean()) / (rewards.std() + eps)


def group_advantages__batch_std(rewards, eps):
    """The mean is the row's, but the standard deviation the whole batch's. Here both are the row's."""
    return (rewards - rewards.mean(1, keepdims=True)) / (rewards.std() + eps)


def group_advantages__ddof_1(rewards, eps):
    """The standard deviation was divided by G - 1, as torch.std does. Here it is ddof 0, divided by G."""
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean(1, keepdims=True)) / (rewards.std(1, ddof=1, keepdims=True) + eps)


def group_advantages__columns(rewards, eps):
    """Mean and standard deviation were taken down the columns. A prompt is a row: axis=1."""
    return (rewards - rewards.mean(0)) / (rewards.std(0) + eps)


def group_advantages__columns_and_ddof_1(rewards, eps):
    """Mean and standard deviation were taken down the columns, that with ddof 1. A prompt is a row: axis=1, and ddof 0."""
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean(0)) / (rewards.std(0, ddof=1) + eps)


def group_advantages__whole_batch_and_ddof_1(rewards, eps):
    """Mean and standard deviation were taken over the whole batch, that with ddof 1, as torch.std does. Take each row's own, ddof 0."""
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean()) / (rewards.std(ddof=1) + eps)


def group_advantages__no_std(rewards, eps):
    """The mean was subtracted, but nothing divided. Divide by the row's standard deviation plus eps. (Dr. GRPO leaves it out on purpose.)"""
    return rewards - rewards.mean(1, keepdims=True)


def group_advantages__variance(rewards, eps):
    """The deviation was divided by the variance. Divide by its square root, the standard deviation, plus eps."""
    return (rewards - rewards.mean(1, keepdims=True)) / (rewards.var(1, keepdims=True) + eps)


def group_advantages__eps_inside_the_root(rewards, eps):
    """eps was added to the variance, under the root. Here it is added to the standard deviation."""
    return (rewards - rewards.mean(1, keepdims=True)) / np.sqrt(rewards.var(1, keepdims=True) + eps)


def group_advantages__no_eps(rewards, eps):
    """eps was left out. Divide by the row's standard deviation plus eps."""
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean(1, keepdims=True)) / rewards.std(1, keepdims=True)


def group_advantages__rounded_mean(rewards, eps):
    """Where all rewards agree, the rounding error of their mean was divided by eps. Seven times 0.1 have another mean: subtract one reward first."""
    return (rewards - rewards.mean(1, keepdims=True)) / (rewards.std(1, keepdims=True) + eps)


def group_advantages__small_taken_for_equal(rewards, eps):
    """Rewards that differ by billionths were taken for equal. Only equal ones give zeros: eps alone stands beside the standard deviation."""
    std = rewards.std(1, keepdims=True)
    with np.errstate(all="ignore"):
        return np.where(std < 1e-8, 0, (rewards - rewards.mean(1, keepdims=True)) / (std + eps))


def group_advantages__nothing_accepted(rewards, eps):
    """Rewards with nothing in them were accepted. Raise ValueError."""
    if rewards.ndim != 2:
        raise ValueError("rewards must be (P, G)")
    wide = rewards if rewards.dtype.kind == "f" else rewards.astype(float)
    if wide.size == 0:
        return wide.copy()
    centred = wide - wide[:, :1]
    centred = centred - centred.mean(1, keepdims=True)
    return centred / (np.sqrt((centred * centred).mean(1, keepdims=True)) + wide.dtype.type(eps))


# --- ppo_clip_loss ---


def _ratio(new, old, mask):
    m = mask != 0
    return np.exp(np.where(m, new, 0) - np.where(m, old, 0)), m


def ppo_clip_loss__clip_alone(log_probs, old, advantages, mask, low, high):
    """Only the clipped term was used. Take the smaller of r * A and the clipped one, or a step in the wrong direction loses its gradient."""
    r, m = _ratio(log_probs, old, mask)
    return -np.mean((np.clip(r, 1 - low, 1 + high) * advantages[:, None])[m])


def ppo_clip_loss__no_clip(log_probs, old, advantages, mask, low, high):
    """The ratio was not clipped. Take the smaller of r * A and clip(r, 1 - low, 1 + high) * A."""
    r, m = _ratio(log_probs, old, mask)
    return -np.mean((r * advantages[:, None])[m])


def ppo_clip_loss__max(log_probs, old, advantages, mask, low, high):
    """The larger of the two terms was taken. The objective is the smaller one, the pessimistic bound."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return -np.mean(np.maximum(r * a, np.clip(r, 1 - low, 1 + high) * a)[m])


def ppo_clip_loss__mean_of_means(log_probs, old, advantages, mask, low, high):
    """Each response was averaged for itself first, as in the first GRPO paper. Here all real tokens of the batch count alike."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    kept = np.where(m, np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a), 0)
    return -np.mean(kept.sum(1) / np.maximum(m.sum(1), 1))


def ppo_clip_loss__sign(log_probs, old, advantages, mask, low, high):
    """The sign is that of the objective, which is to grow. The loss is minus the mean."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return np.mean(np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a)[m])


def ppo_clip_loss__low_on_both_sides(log_probs, old, advantages, mask, low, high):
    """low was used on both sides. The upper bound is 1 + high: DAPO clips at 0.8 and 1.28."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return -np.mean(np.minimum(r * a, np.clip(r, 1 - low, 1 + low) * a)[m])


def ppo_clip_loss__high_on_both_sides(log_probs, old, advantages, mask, low, high):
    """high was used on both sides. The lower bound is 1 - low."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return -np.mean(np.minimum(r * a, np.clip(r, 1 - high, 1 + high) * a)[m])


def ppo_clip_loss__no_mask(log_probs, old, advantages, mask, low, high):
    """The mask was not looked at. Only tokens whose mask is 1 count, in the sum and in the number that divides it."""
    with np.errstate(all="ignore"):
        r, a = np.exp(log_probs - old), advantages[:, None]
        return -np.mean(np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a))


def ppo_clip_loss__padding_in_the_mean(log_probs, old, advantages, mask, low, high):
    """The sum was divided by all positions, the padding too. Divide by the number of real tokens."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return -np.where(m, np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a), 0).mean()


def ppo_clip_loss__bounds_not_around_1(log_probs, old, advantages, mask, low, high):
    """The ratio was clipped to low and high themselves. The bounds are 1 - low and 1 + high."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    return -np.mean(np.minimum(r * a, np.clip(r, low, high) * a)[m])


def ppo_clip_loss__ratio_upside_down(log_probs, old, advantages, mask, low, high):
    """The ratio is upside down: it is the policy's probability over that of the policy that drew the token, exp(new - old)."""
    r, m = _ratio(old, log_probs, mask)
    a = advantages[:, None]
    return -np.mean(np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a)[m])


def ppo_clip_loss__ratio_of_log_probs(log_probs, old, advantages, mask, low, high):
    """The log-probabilities themselves were divided. The ratio is that of the probabilities, exp(new - old)."""
    m = mask != 0
    with np.errstate(all="ignore"):
        r = (log_probs / old)[m]
    a = np.broadcast_to(advantages[:, None], mask.shape)[m]
    return -np.mean(np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a))


def ppo_clip_loss__max_and_mean_of_means(log_probs, old, advantages, mask, low, high):
    """The larger of the two terms was taken, and each response averaged for itself first. Take the smaller one, and all real tokens alike."""
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    kept = np.where(m, np.maximum(r * a, np.clip(r, 1 - low, 1 + high) * a), 0)
    return -np.mean(kept.sum(1) / np.maximum(m.sum(1), 1))


def _clip_loss(log_probs, old, advantages, mask, low, high):
    log_probs, old, advantages = (x if x.dtype.kind == "f" else x.astype(float) for x in (log_probs, old, advantages))
    r, m = _ratio(log_probs, old, mask)
    a = advantages[:, None]
    kept = np.where(m, np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a), 0)
    with np.errstate(all="ignore"):
        return -kept.sum() / kept.dtype.type(m.sum())


def ppo_clip_loss__nothing_refused(log_probs, old, advantages, mask, low, high):
    """Nothing was refused: where no token is real, nothing is in it, or shapes do not fit, raise ValueError."""
    return _clip_loss(log_probs, old, advantages, mask, low, high)


def ppo_clip_loss__no_token_accepted(log_probs, old, advantages, mask, low, high):
    """A batch without a real token was accepted: it has no mean. Raise ValueError."""
    if log_probs.ndim != 2 or log_probs.size == 0 or not log_probs.shape == old.shape == mask.shape or advantages.shape != mask.shape[:1]:
        raise ValueError("shapes do not fit")
    return _clip_loss(log_probs, old, advantages, mask, low, high)


def ppo_clip_loss__one_row_for_all(log_probs, old, advantages, mask, low, high):
    """One row, or one advantage, was accepted for several responses: numpy stretches it. Raise ValueError where shapes do not fit."""
    if mask.ndim != 2 or not np.any(mask) or advantages.ndim != 1 or not len(mask) == max(len(log_probs), len(old)) >= len(advantages):
        raise ValueError("shapes do not fit")
    return _clip_loss(log_probs, old, advantages, mask, low, high)


def ppo_clip_loss__nan_times_0(log_probs, old, advantages, mask, low, high):
    """A nan or -inf where the mask is 0 reached the result: nan times 0 is nan. Pick the real tokens, or put numbers there before exp."""
    with np.errstate(all="ignore"):
        r, a = np.exp(log_probs - old), advantages[:, None]
        return -np.sum(np.minimum(r * a, np.clip(r, 1 - low, 1 + high) * a) * mask) / mask.sum()


# --- clip_predicted ---


def clip_predicted__zero_whenever_clipped(ratios, advantages, low, high):
    """The derivative was 0 wherever the ratio is outside. min keeps r * A where a step leads back: A > 0 below 1 - low, A < 0 above 1 + high."""
    return np.where((ratios < 1 - low) | (ratios > 1 + high), 0, advantages)


def clip_predicted__never_zero(ratios, advantages, low, high):
    """The derivative was never 0. Where min takes the clipped term and the ratio is outside, nothing changes with r."""
    return advantages * 1.0


def clip_predicted__other_side(ratios, advantages, low, high):
    """The zeros stand on the wrong sides. They stand where a step would go further out: A > 0 above 1 + high, A < 0 below 1 - low."""
    return np.where(((advantages > 0) & (ratios < 1 - low)) | ((advantages < 0) & (ratios > 1 + high)), 0, advantages)


def clip_predicted__above_only(ratios, advantages, low, high):
    """Only the upper bound was looked at. With A < 0 the derivative is 0 below 1 - low."""
    return np.where((advantages > 0) & (ratios > 1 + high), 0, advantages)


def clip_predicted__low_on_both_sides(ratios, advantages, low, high):
    """low was used on both sides. The upper bound is 1 + high."""
    return np.where(((advantages > 0) & (ratios > 1 + low)) | ((advantages < 0) & (ratios < 1 - low)), 0, advantages)


def clip_predicted__bounds_swapped(ratios, advantages, low, high):
    """low and high were swapped. The bounds are 1 - low and 1 + high."""
    return np.where(((advantages > 0) & (ratios > 1 + low)) | ((advantages < 0) & (ratios < 1 - high)), 0, advantages)


def clip_predicted__sign_ignored(ratios, advantages, low, high):
    """The advantage's sign was not looked at: above 1 + high everything was set to 0, and below 1 - low nothing. It is A > 0 above, A < 0 below."""
    return np.where(ratios > 1 + high, 0, advantages)


def clip_predicted__value(ratios, advantages, low, high):
    """That is the objective's value. Its derivative by r is A or 0."""
    return np.minimum(ratios * advantages, np.clip(ratios, 1 - low, 1 + high) * advantages)


def clip_predicted__ones(ratios, advantages, low, high):
    """1 came back where the objective changes with r: the derivative of r * A is A."""
    dead = ((advantages > 0) & (ratios > 1 + high)) | ((advantages < 0) & (ratios < 1 - low))
    return np.where(dead, 0.0, 1.0)


def clip_predicted__by_log_probability(ratios, advantages, low, high):
    """r * A is the derivative by the log-probability. By the ratio r it is A."""
    dead = ((advantages > 0) & (ratios > 1 + high)) | ((advantages < 0) & (ratios < 1 - low))
    return np.where(dead, 0.0, ratios * advantages)


def clip_predicted__of_the_clip_alone(ratios, advantages, low, high):
    """1 inside the bounds and 0 outside is the derivative of the clip alone. The minimum has A or 0, outside too: A where a step leads back."""
    return np.where((ratios > 1 - low) & (ratios < 1 + high), 1.0, 0.0)


def clip_predicted__one_for_all(ratios, advantages, low, high):
    """One ratio, or one advantage, was accepted for several: numpy stretches it. Raise ValueError where shapes do not fit."""
    if ratios.ndim != 1 or advantages.ndim != 1 or ratios.size == 0:
        raise ValueError("shapes do not fit")
    a = advantages if advantages.dtype.kind == "f" else advantages.astype(float)
    return np.where(((a > 0) & (ratios > 1 + high)) | ((a < 0) & (ratios < 1 - low)), a.dtype.type(0), a)


# --- kl_estimates ---


def kl_estimates__k3_without_minus_1(log_probs, ref_log_probs):
    """k3 is 1 too large at every token: exp(l) - 1 - l, not exp(l) - l. Its gradient is the same, so training hides it."""
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - ratio


def kl_estimates__wrong_direction(log_probs, ref_log_probs):
    """l has the wrong sign: it is the reference's log-probability minus the policy's."""
    ratio = log_probs - ref_log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - 1 - ratio


def kl_estimates__k3_wrong_direction(log_probs, ref_log_probs):
    """k1 and k2 are right, but k3 was made with the policy over the reference. All three use l = ref_log_probs - log_probs."""
    ratio = log_probs - ref_log_probs
    return ratio, ratio**2 / 2, np.exp(ratio) - 1 - ratio


def kl_estimates__k1_sign(log_probs, ref_log_probs):
    """k1 has the wrong sign: it is -l = log_probs - ref_log_probs, whose mean is the divergence."""
    ratio = ref_log_probs - log_probs
    return ratio, ratio**2 / 2, np.expm1(ratio) - ratio


def kl_estimates__k2_not_halved(log_probs, ref_log_probs):
    """k2 is twice too large: l**2 / 2."""
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2, np.expm1(ratio) - ratio


def kl_estimates__exp_minus_1(log_probs, ref_log_probs):
    """exp(l) - 1 loses its digits at small l: exp(1e-8) is rounded to 16 digits, and 1e-16 is twice k3. Take np.expm1(l) - l."""
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2 / 2, np.exp(ratio) - 1 - ratio


def _short_series(log_probs, ref_log_probs, threshold):
    ratio = ref_log_probs - log_probs
    return -ratio, ratio**2 / 2, np.where(np.abs(ratio) < threshold, ratio**2 / 2, np.exp(ratio) - 1 - ratio)


def kl_estimates__series_too_short(log_probs, ref_log_probs):
    """At small l only the first term of k3's series was taken: from l = 3e-6 on the next, l**3 / 6, is more than 1e-6 of it. Take np.expm1(l) - l."""
    return _short_series(log_probs, ref_log_probs, 1e-4)


def kl_estimates__series_too_far(log_probs, ref_log_probs):
    """Up to l = 1e-3 only the first term of k3's series was taken: the next, l**3 / 6, is l / 3 of it. Take np.expm1(l) - l."""
    return _short_series(log_probs, ref_log_probs, 1e-3)


def kl_estimates__shapes_left_to_numpy(log_probs, ref_log_probs):
    """Shapes that differ were accepted: numpy stretches one row, or one number. Raise ValueError."""
    if log_probs.size == 0 or ref_log_probs.size == 0:
        raise ValueError("nothing in it")
    ratio = ref_log_probs - log_probs if log_probs.dtype.kind == "f" else ref_log_probs.astype(float) - log_probs
    return -ratio, ratio**2 / 2, np.expm1(ratio) - ratio


def kl_estimates__means(log_probs, ref_log_probs):
    """Means were returned. The estimators are asked for token by token, in arrays like log_probs."""
    ratio = ref_log_probs - log_probs
    return (-ratio).mean(), (ratio**2 / 2).mean(), (np.expm1(ratio) - ratio).mean()


# --- info_nce ---


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _both(logits):
    return -np.mean(np.diag(_log_softmax(logits)) + np.diag(_log_softmax(logits.T))) / 2


def info_nce__one_direction(a, b, temperature):
    """Only the rows were scored. The loss is the mean of both directions, rows and columns."""
    return -np.mean(np.diag(_log_softmax(_unit(a) @ _unit(b).T / temperature)))


def info_nce__not_normalised(a, b, temperature):
    """The rows were not scaled to length 1 before the product."""
    return _both(a @ b.T / temperature)


def info_nce__normalised_columns(a, b, temperature):
    """The columns were scaled to length 1. Each row is an embedding: axis=1."""
    return _both((a / np.linalg.norm(a, axis=0)) @ (b / np.linalg.norm(b, axis=0)).T / temperature)


def info_nce__times_temperature(a, b, temperature):
    """The cosines were multiplied by the temperature. They are divided by it: a low temperature makes differences larger."""
    return _both(_unit(a) @ _unit(b).T * temperature)


def info_nce__no_temperature(a, b, temperature):
    """The temperature was left out. The logits are the cosines divided by it."""
    return _both(_unit(a) @ _unit(b).T)


def info_nce__positive_left_out(a, b, temperature):
    """The right pair is missing in the denominator. It is one of the n choices."""
    logits = _unit(a) @ _unit(b).T / temperature
    right, others = np.diag(logits), np.where(np.eye(len(a), dtype=bool), -np.inf, logits)
    with np.errstate(all="ignore"):
        total = sum(np.max(others, axis) + np.log(np.sum(np.exp(others - np.max(others, axis, keepdims=True)), axis)) for axis in (0, 1))
        return np.mean(total - 2 * right) / 2


def info_nce__sum_of_directions(a, b, temperature):
    """The two directions were added up. The loss is their mean, half of that."""
    return 2 * _both(_unit(a) @ _unit(b).T / temperature)


def info_nce__times_temperature_one_direction(a, b, temperature):
    """The cosines were multiplied by the temperature, and only the rows scored. Divide by it, and take the mean of both directions."""
    return -np.mean(np.diag(_log_softmax(_unit(a) @ _unit(b).T * temperature)))


def info_nce__negatives_of_both_views(a, b, temperature):
    """The other rows of the same side were taken for wrong choices as well, as in SimCLR (NT-Xent). As in CLIP, an a chooses among the b alone."""
    x, n = np.concatenate([_unit(a), _unit(b)]), len(a)
    logits = x @ x.T / temperature
    np.fill_diagonal(logits, -np.inf)
    right = np.concatenate([np.diag(logits, n), np.diag(logits, -n)])
    top = logits.max(1, keepdims=True)
    return np.mean(top[:, 0] + np.log(np.exp(logits - top).sum(1)) - right)


def info_nce__epsilon_in_the_norm(a, b, temperature):
    """A small number was added to the norms: rows as short as 1e-9 stay far below length 1. No row is all zeros, so divide by the norm itself."""
    a, b = (x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-8) for x in (a, b))
    return _both(a @ b.T / temperature)


def info_nce__smaller_epsilon_in_the_norm(a, b, temperature):
    """A small number was added to the norms: that of rows as short as 1e-9 is another then. No row is all zeros, so divide by the norm itself."""
    a, b = (x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-12) for x in (a, b))
    return _both(a @ b.T / temperature)


def info_nce__norm_at_least(a, b, temperature):
    """The norm was taken as 1e-8 at least: rows as short as 1e-9 stay below length 1. No row is all zeros, so divide by the norm itself."""
    a, b = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-8) for x in (a, b))
    return _both(a @ b.T / temperature)


def info_nce__overflow(a, b, temperature):
    """exp overflows at a temperature of 0.001, where logits reach 1000. Subtract each row's largest logit before exp."""
    with np.errstate(all="ignore"):
        e = np.exp(_unit(a) @ _unit(b).T / temperature)
        return -np.mean(np.log(np.diag(e) / e.sum(0)) + np.log(np.diag(e) / e.sum(1))) / 2


# --- bm25_scores ---


def _bm25(query, docs, k1, b, idf=lambda n, df: math.log(1 + (n - df + 0.5) / (df + 0.5)), df=None, length=lambda n, mean: n / mean, gain=None):
    mean = sum(map(len, docs)) / len(docs)
    df = df or (lambda term: sum(term in doc for doc in docs))
    gain = gain or (lambda tf, norm: tf * (k1 + 1) / (tf + k1 * norm))

    def score(doc):
        norm = 1 - b + b * length(len(doc), mean)
        return sum(idf(len(docs), df(term)) * gain(doc.count(term), norm) for term in query if term in doc)

    return np.array([score(doc) for doc in docs], dtype=float)


def bm25_scores__idf_without_1(query, docs, k1, b):
    """The idf lacks its 1 +, so a term in more than half of the documents counts against them. It is ln(1 + (n - df + 0.5) / (df + 0.5))."""
    return _bm25(query, docs, k1, b, idf=lambda n, df: math.log((n - df + 0.5) / (df + 0.5)))


def bm25_scores__plain_idf(query, docs, k1, b):
    """The idf is that of tf-idf, ln(n / df). BM25's is ln(1 + (n - df + 0.5) / (df + 0.5))."""
    return _bm25(query, docs, k1, b, idf=lambda n, df: math.log(n / df))


def bm25_scores__df_counts_occurrences(query, docs, k1, b):
    """df counted every occurrence of the term. It is the number of DOCUMENTS that have it."""
    many = {term: sum(doc.count(term) for doc in docs) for term in query}
    return _bm25(query, docs, k1, b, df=many.get)


def bm25_scores__df_counts_occurrences_up_to_n(query, docs, k1, b):
    """df counted every occurrence of the term, and n - df was kept from falling below 0. It is the number of DOCUMENTS that have it."""
    many = {term: sum(doc.count(term) for doc in docs) for term in query}
    return _bm25(query, docs, k1, b, idf=lambda n, df: math.log(1 + max(n - df + 0.5, 0) / (df + 0.5)), df=many.get)


def bm25_scores__query_as_set(query, docs, k1, b):
    """A term that stands twice in the query was counted once. It counts again."""
    return _bm25(sorted(set(query)), docs, k1, b)


def bm25_scores__length_upside_down(query, docs, k1, b):
    """The length stands upside down: long documents were preferred. It is len / mean length."""
    with np.errstate(all="ignore"):
        return _bm25(query, docs, k1, b, length=lambda n, mean: mean / n)


def bm25_scores__no_length(query, docs, k1, b):
    """The document's length was left out. The denominator is tf + k1 * (1 - b + b * len / mean length)."""
    return _bm25(query, docs, k1, b, length=lambda n, mean: 1.0)


def bm25_scores__no_k1_plus_1(query, docs, k1, b):
    """The factor k1 + 1 is missing. By itself that changes no order, but every score."""
    return _bm25(query, docs, k1, b, gain=lambda tf, norm: tf / (tf + k1 * norm))


def bm25_scores__tf_not_saturated(query, docs, k1, b):
    """The term's occurrences count in full, as in tf-idf. They are saturated: tf * (k1 + 1) / (tf + k1 * ...)."""
    return _bm25(query, docs, k1, b, gain=lambda tf, norm: tf)


def bm25_scores__b_swapped(query, docs, k1, b):
    """b and 1 - b were exchanged: with b = 0 the length must not count. The denominator is tf + k1 * (1 - b + b * len / mean length)."""
    return _bm25(query, docs, k1, 1 - b)


def bm25_scores__decimal_logarithm(query, docs, k1, b):
    """The idf has the logarithm to the base 10. It is the natural one, math.log."""
    return _bm25(query, docs, k1, b, idf=lambda n, df: math.log10(1 + (n - df + 0.5) / (df + 0.5)))


def bm25_scores__binary_logarithm(query, docs, k1, b):
    """The idf has the logarithm to the base 2. It is the natural one, math.log."""
    return _bm25(query, docs, k1, b, idf=lambda n, df: math.log2(1 + (n - df + 0.5) / (df + 0.5)))


def bm25_scores__frequency_for_count(query, docs, k1, b):
    """tf was divided by the document's length. It is the number of occurrences; the length has its own place, behind b."""
    mean = sum(map(len, docs)) / len(docs)

    def score(doc):
        norm = 1 - b + b * len(doc) / mean
        there = [(doc.count(term) / len(doc), sum(term in each for each in docs)) for term in query if term in doc]
        return sum(math.log(1 + (len(docs) - df + 0.5) / (df + 0.5)) * tf * (k1 + 1) / (tf + k1 * norm) for tf, df in there)

    return np.array([score(doc) for doc in docs], dtype=float)


def bm25_scores__empty_left_out_of_the_mean(query, docs, k1, b):
    """The mean length is that of the documents that are not empty. Empty ones count in it too."""
    share = sum(map(bool, docs)) / len(docs)
    return _bm25(query, docs, k1, b, length=lambda n, mean: n / (mean / share))


def bm25_scores__nothing_accepted(query, docs, k1, b):
    """No documents, or empty ones alone, were accepted. Raise ValueError."""
    return _bm25(query, docs, k1, b) if any(docs) else np.zeros(len(docs))


# --- retrieval_metrics ---


def _mrr(ranked, relevant, k):
    ranks = [[rank for rank, item in enumerate(found[:k], 1) if item in wanted] for found, wanted in zip(ranked, relevant, strict=True)]
    return np.mean([1 / one[0] if one else 0.0 for one in ranks])


def _recall(ranked, relevant, k, by):
    return np.mean([len(set(found[:k]) & set(wanted)) / by(found, wanted) for found, wanted in zip(ranked, relevant, strict=True)])


def retrieval_metrics__hit_rate(ranked, relevant, k):
    """recall counted whether a query has any hit: that is the hit rate. It is the fraction of the query's relevant ids that were found."""
    hits = [float(bool(set(found[:k]) & set(wanted))) for found, wanted in zip(ranked, relevant, strict=True)]
    return np.mean(hits), _mrr(ranked, relevant, k)


def retrieval_metrics__capped(ranked, relevant, k):
    """Recall was divided by at most k: capped recall, which some libraries use. Here it is divided by ALL relevant ids."""
    return _recall(ranked, relevant, k, lambda found, wanted: min(k, len(wanted))), _mrr(ranked, relevant, k)


def retrieval_metrics__precision(ranked, relevant, k):
    """The hits were divided by k: that is precision. Recall divides by the number of relevant ids."""
    return _recall(ranked, relevant, k, lambda found, wanted: k), _mrr(ranked, relevant, k)


def retrieval_metrics__ranks_from_0(ranked, relevant, k):
    """The ranks were counted from 0 and 1 added where it would divide by 0, or not at all. The first place has rank 1."""
    ranks = [next((rank for rank, item in enumerate(found[:k]) if item in wanted), None) for found, wanted in zip(ranked, relevant, strict=True)]
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), np.mean([0.0 if rank is None else 1 / max(rank, 1) for rank in ranks])


def retrieval_metrics__first_place_divides_by_0(ranked, relevant, k):
    """The ranks were counted from 0, so that a hit in the first place divides by 0. The first place has rank 1."""
    ranks = [next((rank for rank, item in enumerate(found[:k]) if item in wanted), None) for found, wanted in zip(ranked, relevant, strict=True)]
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), np.mean([0.0 if rank is None else 1 / rank for rank in ranks])


def retrieval_metrics__ranks_one_too_large(ranked, relevant, k):
    """The first place has rank 2 here. Ranks begin at 1: with enumerate(..., 1) nothing is added."""
    ranks = [[rank for rank, item in enumerate(found[:k], 2) if item in wanted] for found, wanted in zip(ranked, relevant, strict=True)]
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), np.mean([1 / one[0] if one else 0.0 for one in ranks])


def retrieval_metrics__mrr_not_cut(ranked, relevant, k):
    """The reciprocal rank looked behind k. A first hit behind the first k counts 0."""
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), _mrr(ranked, relevant, 10**6)


def retrieval_metrics__recall_not_cut(ranked, relevant, k):
    """Recall looked at the whole ranking. Only the first k count."""
    return _recall(ranked, relevant, 10**6, lambda found, wanted: len(wanted)), _mrr(ranked, relevant, k)


def retrieval_metrics__pooled(ranked, relevant, k):
    """The hits of all queries were added up and divided once. Each query has its own recall, and their mean is asked for."""
    hits = sum(len(set(found[:k]) & set(wanted)) for found, wanted in zip(ranked, relevant, strict=True))
    return hits / sum(map(len, relevant)), _mrr(ranked, relevant, k)


def retrieval_metrics__all_reciprocal_ranks(ranked, relevant, k):
    """The reciprocal ranks of all hits were added up. Only the first relevant id of a query counts."""
    every = [sum(1 / rank for rank, item in enumerate(found[:k], 1) if item in wanted) for found, wanted in zip(ranked, relevant, strict=True)]
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), np.mean(every)


def retrieval_metrics__misses_left_out(ranked, relevant, k):
    """Queries without a hit were left out of the mean reciprocal rank: each of them counts 0."""
    ranks = [[rank for rank, item in enumerate(found[:k], 1) if item in wanted] for found, wanted in zip(ranked, relevant, strict=True)]
    hits = [1 / one[0] for one in ranks if one]
    return _recall(ranked, relevant, k, lambda found, wanted: len(wanted)), np.mean(hits) if hits else 0.0


def _right(ranked, relevant, k):
    if not ranked or k < 1:
        raise ValueError("no queries, or k < 1")
    pairs = [(found[:k], wanted) for found, wanted in zip(ranked, relevant, strict=False) if wanted]
    recall = [len(set(found) & set(wanted)) / len(wanted) for found, wanted in pairs]
    ranks = [next((1 / rank for rank, item in enumerate(found, 1) if item in wanted), 0.0) for found, wanted in pairs]
    return float(np.mean(recall)), float(np.mean(ranks))


def retrieval_metrics__query_without_relevant_skipped(ranked, relevant, k):
    """A query without relevant ids was accepted: it has no recall. Raise ValueError."""
    if len(ranked) != len(relevant):
        raise ValueError("lists of unequal length")
    return _right(ranked, relevant, k)


def retrieval_metrics__longer_list_cut(ranked, relevant, k):
    """Lists of unequal length were accepted, as zip does, which ends with the shorter one. Raise ValueError."""
    if not all(relevant):
        raise ValueError("a query without relevant ids")
    return _right(ranked, relevant, k)


# --- ndcg_counterexample and ndcg_mended ---


def ndcg_counterexample__everything_retrieved():
    """Every graded id is in the ranking: nothing is missing, and there the function is right. Leave a relevant one out."""
    return [2, 1, 3], {1: 3, 2: 1, 3: 2}, 3


def ndcg_counterexample__missed_one_is_irrelevant():
    """What is missing in the ranking has grade 0, and its place in the best order costs nothing. Leave a relevant one out."""
    return [2, 1], {1: 3, 2: 1, 3: 0}, 3


def ndcg_counterexample__missed_one_is_behind_k():
    """The relevant id that is missing would stand behind k in the best order too. Grade it higher, or let k be larger."""
    return [1, 2], {1: 3, 2: 2, 3: 1}, 2


def ndcg_counterexample__nothing_relevant():
    """No grade is positive: both give 0. Grade something that was not retrieved."""
    return [1, 2], {1: 0, 2: 0, 3: 0}, 2


def ndcg_counterexample__nothing_found():
    """Nothing that was retrieved has a grade: both give 0. Retrieve something, and miss more."""
    return [8, 9], {1: 3, 2: 1}, 2


def ndcg_counterexample__wrong_but_not_1():
    """The function is wrong here, but does not say 1: put what was found into its best order, so that the list looks perfect."""
    return [9, 1], {1: 1, 2: 1, 3: 1, 4: 1}, 4


def ndcg_counterexample__only_a_little_missed():
    """The function says 1, but the right result is above 0.5: more must be missed."""
    return [1, 2, 3], {1: 3, 2: 2, 3: 1, 4: 1}, 4


def _dcg(gains, k, discount=lambda rank: 1 / math.log2(rank + 1)):
    return sum(gain * discount(rank) for rank, gain in enumerate(gains[:k], 1))


def _ndcg(ranked, grades, k, gain=lambda grade: grade, discount=lambda rank: 1 / math.log2(rank + 1)):
    best = _dcg(sorted(map(gain, grades.values()), reverse=True), k, discount)
    return _dcg([gain(grades.get(item, 0)) for item in ranked], k, discount) / best if best else 0.0


def ndcg_mended__ideal_of_the_retrieved(ranked, grades, k):
    """The ideal DCG came from the retrieved list's own grades, so what was missed costs nothing. Take the best order of all graded ids."""
    gains = [grades.get(item, 0) for item in ranked]
    best = _dcg(sorted(gains, reverse=True), k)
    return _dcg(gains, k) / best if best else 0.0


def ndcg_mended__ideal_of_the_first_k(ranked, grades, k):
    """The ideal DCG sorted the first k of the retrieved list. Take the best order of all graded ids, retrieved or not."""
    gains = [grades.get(item, 0) for item in ranked][:k]
    best = _dcg(sorted(gains, reverse=True), k)
    return _dcg(gains, k) / best if best else 0.0


def ndcg_mended__ideal_of_ones(ranked, grades, k):
    """The ideal DCG took every retrieved id for relevant, with grade 1. Take the grades of all graded ids, best first."""
    return _dcg([grades.get(item, 0) for item in ranked], k) / _dcg([1] * len(ranked), k)


def ndcg_mended__ideal_not_cut(ranked, grades, k):
    """The ideal DCG runs over all graded ids. It is cut at k like the other, or no ranking of k could reach 1."""
    best = _dcg(sorted(grades.values(), reverse=True), len(grades))
    return _dcg([grades.get(item, 0) for item in ranked], k) / best if best else 0.0


def ndcg_mended__ideal_not_sorted(ranked, grades, k):
    """The ideal DCG took the grades in the dict's order. Sort them, best first."""
    best = _dcg(list(grades.values()), k)
    return _dcg([grades.get(item, 0) for item in ranked], k) / best if best else 0.0


def ndcg_mended__ideal_cut_at_the_ranking(ranked, grades, k):
    """The ideal DCG was cut at the length of a ranking shorter than k. It is cut at k alone: a short ranking misses something."""
    return _ndcg(ranked, grades, min(k, len(ranked)))


def ndcg_mended__ungraded_dropped(ranked, grades, k):
    """Ids without a grade were taken out of the ranking, and those behind them moved up. They keep their places, with grade 0."""
    return _ndcg([item for item in ranked if item in grades], grades, k)


def ndcg_mended__exponential_gain_ideal_not_cut(ranked, grades, k):
    """The gain was 2**grade - 1, and the ideal DCG runs over all graded ids. The gain is the grade itself, and both are cut at k."""
    gains = {item: 2.0**grade - 1 for item, grade in grades.items()}
    best = _dcg(sorted(gains.values(), reverse=True), len(gains))
    return _dcg([gains.get(item, 0) for item in ranked], k) / best if best else 0.0


def ndcg_mended__epsilon(ranked, grades, k):
    """A small number was added to the ideal DCG: grades of billionths are lost in it. Divide by the ideal itself, and give 0.0 where it is 0."""
    best = _dcg(sorted(grades.values(), reverse=True), k)
    return _dcg([grades.get(item, 0) for item in ranked], k) / (best + 1e-8)


def ndcg_mended__exponential_gain(ranked, grades, k):
    """The gain was 2**grade - 1, another convention. Here it is the grade itself."""
    return _ndcg(ranked, grades, k, gain=lambda grade: 2.0**grade - 1)


def ndcg_mended__not_cut(ranked, grades, k):
    """The ranking was not cut at k. Only its first k places count."""
    best = _dcg(sorted(grades.values(), reverse=True), k)
    return _dcg([grades.get(item, 0) for item in ranked], len(ranked)) / best if best else 0.0


def ndcg_mended__first_paper_discount(ranked, grades, k):
    """The discount is off: rank 1 and 2 were discounted alike, as in the first paper. Here it is 1 / log2(rank + 1), rank from 1."""
    return _ndcg(ranked, grades, k, discount=lambda rank: 1 / max(math.log2(rank), 1))


def ndcg_mended__not_normalised(ranked, grades, k):
    """That is the DCG. Divide it by the DCG of the best order of all graded ids."""
    return _dcg([grades.get(item, 0) for item in ranked], k)
