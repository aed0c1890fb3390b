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
#     title: "Tokenising and decoding (分词与生成)"
#     order: 11
#     minutes: 200
#     topics: [tokenisation, sampling, beam search, speculative decoding]
#     needs: [metrics, compression, transformer]
#     out_of_scope: "training a language model, unigram tokenisers, constrained decoding, tree-shaped drafts"
# ---

# %% [markdown]
# # Tokenising and decoding (分词与生成)
#
# INTRO

# %% tags=["instructor"]
from grader.backends import choose

# On the backend's device run, below their checks, by cells like this one that learners do not get:
# top_k_filter, top_p_filter, sample_token, penalty_mended, speculative_step, tokens_predicted.
# Their NumPy arrays go there and come back with each call; text, tokens, pictures and functions passed as arguments stay on the host.
backend, found = choose("cupy")  # or "numpy"
print(found)

# %% tags=["folded"]
import itertools

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, IntSlider, interact

from grader import check, hint, ready, reveal, status

plt.rcParams.update({"figure.facecolor": "white", "axes.grid": True, "grid.alpha": 0.3, "figure.dpi": 100})

# %% [markdown]
# ## 1. `bpe_train`   *(hard, 25 min, asked often)*


# %%
def bpe_train(words, n_merges):
    """The merges of byte-pair encoding, learned from the words of a text.

    words: a dict, word -> how often it occurs, a whole number >= 1; not changed. n_merges: how
    many merges to learn, a whole number >= 0.
    Every word starts as its characters, without an end mark. Then, n_merges times: count each
    pair of neighbouring pieces at EVERY place where it stands, overlapping places too ('aaa' has
    (a, a) twice), times the word's count; merge the pair with the largest count, of equal ones
    the smaller tuple in Python's order. Merging goes through each word from left to right,
    without overlap ('aaa' becomes [aa, a]).
    Returns the list of merged pairs (left, right), tuples of two strings, in the order in which
    they were learned; shorter than n_merges when no pair is left.
    ValueError: no words, or an empty word among them.
    """
    ### BEGIN SOLUTION
    from collections import Counter

    if not words or "" in words:
        raise ValueError("need words, none of them empty")
    parts, merges = {word: list(word) for word in words}, []
    for _ in range(n_merges):
        counts = Counter()
        for word, pieces in parts.items():
            for pair in zip(pieces, pieces[1:], strict=False):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        for word, pieces in parts.items():
            merged = []
            for piece in pieces:  # the last piece is a merged one only if it has both letters' text, and is closed then
                if merged and not merged[-1][1] and (merged[-1][0], piece) == best:
                    merged[-1] = (merged[-1][0] + piece, True)
                else:
                    merged.append((piece, False))
            parts[word] = [piece for piece, _ in merged]
    return merges
    ### END SOLUTION


# %%
check(bpe_train)

# %% [markdown]
# ## 2. `bpe_encode`   *(medium, 12 min, asked often)*


# %%
def bpe_encode(word, merges):
    """The pieces of a word under merges that were learned before.

    word: a string, possibly with characters that no merge knows. merges: the list of pairs
    (left, right) in the order in which bpe_train learned them, possibly empty; not changed.
    Starts from the characters. Of the pairs of neighbours that are merges, the one learned FIRST
    is merged, wherever it stands in the word, from left to right without overlap; and so on until
    no pair of neighbours is a merge.
    Returns the list of pieces, strings whose concatenation is the word. Unknown characters stay
    alone; the empty word gives [].
    """
    ### BEGIN SOLUTION
    rank = {tuple(pair): number for number, pair in enumerate(merges)}
    pieces = list(word)
    while True:
        pairs = [pair for pair in zip(pieces, pieces[1:], strict=False) if pair in rank]
        if not pairs:
            return pieces
        first, at = min(pairs, key=rank.get), 0
        while at + 1 < len(pieces):
            if (pieces[at], pieces[at + 1]) == first:
                pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
            at += 1
    ### END SOLUTION


# %%
check(bpe_encode)

# %% [markdown]
# ## 3. Hunt in a stream: `stream_mended`   *(medium, 10 min, asked sometimes)*


# %%
def stream(pieces):
    """The text of each token, as soon as it comes. Wrong for some."""
    return [piece.decode("utf-8", errors="replace") for piece in pieces]


# %%
def stream_mended(pieces):
    """The text that each piece of a byte stream completes.

    pieces: a list of bytes objects, the tokens' bytes in order; joined they are UTF-8. A piece may
    be empty, and may begin or end within a character. Not changed.
    Returns a list of strings, one for each piece: the characters that are complete with this piece
    and were not before; '' where there are none. So each character comes as early as it can, and
    joined the strings are the whole text. U+FFFD in the text is a character like any other.
    No pieces give [].
    ValueError (UnicodeDecodeError is one): the joined bytes are no UTF-8, or end within a character.
    """
    ### BEGIN SOLUTION
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    texts = [decoder.decode(piece) for piece in pieces]
    decoder.decode(b"", final=True)  # refuses a character that was begun and not ended
    return texts
    ### END SOLUTION


# %%
check(stream_mended)

# %% [markdown]
# ## 4. `greedy_decode`   *(easy, 8 min, asked often)*


# %%
def greedy_decode(next_logits, prompt, eos, max_new):
    """The continuation of a prompt by the most probable token, again and again.

    next_logits: a function of the list of all tokens so far, the prompt's included, that returns
    the logits of the next token, an array (V,); large negative numbers and -inf are logits too.
    prompt: a list of at least one token (whole numbers); not changed. eos: the token that ends a
    text. max_new: the most new tokens, a whole number >= 0.
    Each time the token with the largest logit is appended, of equal ones the lowest index. It
    stops when that token is eos, or after max_new tokens. An eos in the prompt stops nothing.
    Returns the new tokens only, without eos: a list or an integer array, possibly empty.
    ValueError: an empty prompt.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    if len(prompt) == 0:
        raise ValueError("an empty prompt")
    tokens = list(prompt)
    for _ in range(max_new):
        logits = next_logits(tokens)
        token = int(array_namespace(logits).argmax(logits))
        if token == eos:
            break
        tokens.append(token)
    return tokens[len(prompt) :]
    ### END SOLUTION


# %%
check(greedy_decode)

# %% [markdown]
# ## 5. `top_k_filter`   *(easy, 8 min, asked often)*


# %%
def top_k_filter(logits, k):
    """Logits of which only the k largest are left.

    logits: (V,) real numbers of any dtype, V >= 1; entries of -inf are allowed and count as
    smallest. Not changed. k: a whole number >= 1; with k >= V all stay.
    Returns a new array (V,): EXACTLY k entries stay what and where they are, the largest, of equal
    ones those with the lower index; all others are -inf. float32 gives float32, whole numbers and
    bools give float64.
    ValueError: k < 1, or logits that are not (V,) with V >= 1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    if k < 1 or logits.ndim != 1 or logits.shape[0] == 0:
        raise ValueError(f"need k >= 1 and logits (V,), not {k} and {logits.shape}")
    x = logits if xp.isdtype(logits.dtype, "real floating") else xp.astype(logits, xp.float64)
    rank = xp.argsort(xp.argsort(-x, stable=True), stable=True)
    return xp.where(rank < k, x, xp.full_like(x, -xp.inf))
    ### END SOLUTION


# %%
check(top_k_filter)

# %% [markdown]
# ## 6. `top_p_filter`   *(medium, 15 min, asked often)*


# %%
def top_p_filter(logits, p):
    """Logits of which only the nucleus is left: the most probable tokens that together reach p.

    logits: (V,) real numbers of any dtype, V >= 1, as large as +-1000; entries of -inf are
    allowed, not all. Not changed. p: a number, 0 < p <= 1.
    Probabilities are softmax(logits). Taken from the most probable on, of equal ones the lower
    index first, the fewest tokens whose probabilities add up to p or more stay: the one that
    REACHES p is among them, so at least one stays. p = 1: all stay, the least probable too.
    Returns a new array (V,): what stays is what and where it was, all other entries are -inf.
    float32 gives float32, whole numbers and bools give float64; no warning.
    ValueError: p <= 0 or p > 1, or logits that are not (V,) with V >= 1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    if not 0 < p <= 1 or logits.ndim != 1 or logits.shape[0] == 0:
        raise ValueError(f"need 0 < p <= 1 and logits (V,), not {p} and {logits.shape}")
    x = logits if xp.isdtype(logits.dtype, "real floating") else xp.astype(logits, xp.float64)
    wide = xp.astype(x, xp.float64)
    weights = xp.exp(wide - xp.max(wide))
    order = xp.argsort(-wide, stable=True)
    falling = xp.take(weights / xp.sum(weights), order, axis=0)
    before = xp.cumulative_sum(falling) - falling  # what the more probable tokens add up to
    stays = xp.take(before, xp.argsort(order, stable=True), axis=0) < (p if p < 1 else 2)
    return xp.where(stays, x, xp.full_like(x, -xp.inf))
    ### END SOLUTION


# %%
check(top_p_filter)

# %% [markdown]
# ## 7. `sample_token`   *(medium, 10 min, asked often)*


# %%
def sample_token(logits, temperature, u):
    """The token that a number u draws from softmax(logits / temperature).

    logits: (V,) real numbers of any dtype, V >= 1, as large as +-1000; entries of -inf are
    allowed. Not changed. temperature: a number >= 0. u: a number, 0 <= u < 1.
    Probabilities are added up in the order of the indices; the token is the first whose sum
    EXCEEDS u. A token with the logit -inf is never drawn, at u = 0 and just below 1 neither, and
    there is always a token, however the sums are rounded. temperature 0: the largest logit, of
    equal ones the lowest index, whatever u is.
    Returns the token, a whole number; no warning.
    ValueError: a temperature below 0, logits that are all -inf, or that are not (V,) with V >= 1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    if temperature < 0 or logits.ndim != 1 or logits.shape[0] == 0:
        raise ValueError(f"need a temperature >= 0 and logits (V,), not {temperature} and {logits.shape}")
    x = xp.astype(logits, xp.float64)
    top = xp.max(x)
    if float(top) == -float("inf"):
        raise ValueError("all logits are -inf: there is nothing to draw")
    if temperature == 0:
        return int(xp.argmax(x))
    sums = xp.cumulative_sum(xp.exp((x - top) / temperature))
    return int(xp.argmax(xp.astype(sums > u * sums[-1], xp.int64)))
    ### END SOLUTION


# %%
check(sample_token)

# %% [markdown]
# ## 8. Hunt: the repetition penalty   *(easy, 8 min, asked sometimes)*


# %%
def repetition_penalty(logits, seen, penalty):
    """Seen tokens made less probable. Wrong for some logits."""
    logits = np.array(logits, dtype=float)
    for token in set(seen):
        logits[token] /= penalty
    return logits


# %%
def penalty_counterexample():
    """Logits, seen tokens and a penalty for which repetition_penalty makes a seen token MORE probable.

    Returns (logits, seen, penalty): logits an array or list of 2 or more finite numbers within
    +-10000; seen a list of one or more tokens, 0 <= token < V; penalty a number above 1, at most
    10. Under the softmax a seen token must gain 1e-6 at least, and its own logit must have risen.
    """
    ### BEGIN SOLUTION
    return np.array([-1.0, -2.0, -3.0]), [0], 1.5
    ### END SOLUTION


# %%
check(penalty_counterexample)


# %%
def penalty_mended(logits, seen, penalty):
    """Logits in which the tokens that were seen are less probable.

    logits: (V,) real numbers of any dtype, V >= 1; entries of -inf are allowed. Not changed. seen:
    a list of tokens (whole numbers), possibly empty; one that stands there several times counts
    once. penalty: a number >= 1.
    Returns a new array (V,): a seen token's POSITIVE logit is divided by the penalty, any other
    logit of a seen token is multiplied by it; tokens that were not seen keep theirs, -inf stays
    -inf. float32 gives float32, whole numbers and bools give float64; no warning.
    ValueError: a seen token outside 0..V-1, or logits that are not (V,) with V >= 1.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace, device

    xp = array_namespace(logits)
    if logits.ndim != 1 or logits.shape[0] == 0:
        raise ValueError(f"logits must be (V,), not {logits.shape}")
    size, seen = logits.shape[0], {int(token) for token in seen}
    if not seen <= set(range(size)):
        raise ValueError(f"a seen token is not in 0..{size - 1}")
    x = logits if xp.isdtype(logits.dtype, "real floating") else xp.astype(logits, xp.float64)
    penalised = xp.where(x > 0, x / penalty, x * penalty)
    chosen = xp.asarray([token in seen for token in range(size)], device=device(x))
    return xp.where(chosen, penalised, x)
    ### END SOLUTION


# %%
check(penalty_mended)

# %% [markdown]
# ## 9. `beam_search`   *(hard, 30 min, asked often)*


# %%
def beam_search(log_probs, eos, width, max_len, alpha):
    """The best text that a beam finds, and its score.

    log_probs: a function of the list of tokens so far ([] at first) that returns the natural
    log-probabilities of the next token, an array (V,); -inf is allowed, and every list gets an
    answer, also one of probability 0. eos: the token that ends a text. width, max_len: whole
    numbers >= 1. alpha: a number >= 0.
    Each step extends every live sequence by every token and keeps the `width` extensions with the
    largest sums of log-probabilities, over all of them together. Those among the `width` that end in eos are
    finished and leave; the others live on, so fewer than `width` may live. The search ends when
    none lives, or when they have max_len tokens: then these count as finished too.
    The answer is the finished sequence with the largest score, sum / len**alpha, len with eos.
    Returns (tokens, score): a list (or integer array) that includes eos, where there is one, and a
    float, compared to 1e-7 of its size. No two sums are equal (but those of -inf), and some
    finished sequence has a finite sum; no warning.
    ValueError: width < 1 or max_len < 1.
    """
    ### BEGIN SOLUTION
    if width < 1 or max_len < 1:
        raise ValueError(f"need width and max_len of 1 or more, not {width} and {max_len}")
    live, finished = [([], 0.0)], []
    for _ in range(max_len):
        longer = [([*tokens, token], total + float(value)) for tokens, total in live for token, value in enumerate(log_probs(tokens))]
        best = sorted(longer, key=lambda sequence: -sequence[1])[:width]
        finished += [sequence for sequence in best if sequence[0][-1] == eos]
        live = [sequence for sequence in best if sequence[0][-1] != eos]
    return max(((tokens, total / len(tokens) ** alpha) for tokens, total in finished + live), key=lambda sequence: sequence[1])
    ### END SOLUTION


# %%
check(beam_search)

# %% [markdown]
# ## 10. `speculative_step`   *(hard, 20 min, asked often)*


# %%
def speculative_step(draft, q, p, u):
    """The tokens that one pass of speculative decoding adds.

    draft: (K,) whole numbers of any integer dtype, 0..V-1, K >= 1: the drafted tokens, token i
    drawn from row i of q. q: (K, V), the draft model's probabilities, positive at the drafted
    tokens. p: (K + 1, V), the target's; row K is that of the token after the whole draft. u:
    (K + 1,) numbers in [0, 1). q, p and u are float64 or float32; rows of q and p sum to 1. None is
    changed.
    Token i, t = draft[i], is kept while u[i] * q[i, t] < p[i, t]. At the first that is not, a token
    drawn from max(p[i] - q[i], 0), normalised, takes its place and the step ends. When all were
    kept, one drawn from p[K] is added. Both are drawn with u[K]: the first token, in index order,
    whose cumulated probability exceeds u[K].
    Returns the 1 to K + 1 tokens, a list or an integer array; no warning.
    ValueError: K = 0, or shapes that do not fit.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(q, p, u)
    if draft.ndim != 1 or q.ndim != 2 or p.ndim != 2:
        raise ValueError("need draft (K,), q (K, V) and p (K + 1, V)")
    count, size = draft.shape[0], q.shape[1]
    if count == 0 or q.shape != (count, size) or p.shape != (count + 1, size) or u.shape != (count + 1,):
        raise ValueError(f"draft {draft.shape}, q {q.shape}, p {p.shape} and u {u.shape} do not fit")
    tokens, weights = [], xp.astype(p[count, :], xp.float64)
    for place in range(count):
        token = int(draft[place])
        if float(u[place]) * float(q[place, token]) >= float(p[place, token]):
            surplus = xp.astype(p[place, :], xp.float64) - xp.astype(q[place, :], xp.float64)
            weights = xp.where(surplus > 0, surplus, xp.zeros_like(surplus))
            break
        tokens.append(token)
    sums = xp.cumulative_sum(weights)
    return [*tokens, int(xp.argmax(xp.astype(sums > float(u[count]) * sums[-1], xp.int64)))]
    ### END SOLUTION


# %%
check(speculative_step)

# %% [markdown]
# ## 11. Hunt: tokens a pass   *(medium, 10 min, asked sometimes)*


# %%
def tokens_predicted(p, q, k):
    """The mean number of tokens that a pass of speculative decoding adds.

    p, q: (V,) probabilities, float64 or float32, V >= 1, each summing to 1: the target's and the
    draft model's, the same at every position. Not changed. k: the number of drafted tokens, a whole
    number >= 1.
    Returns a float: the expected length of what speculative_step returns, over drafts drawn from q
    and u drawn uniformly, the last token (from the residual or the added row) included. Exact for
    equal models, k + 1, and for models that share no token, 1. No warning.
    ValueError: p and q not of the same shape (V,), or V = 0.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(p, q)
    if p.ndim != 1 or p.shape != q.shape or p.shape[0] == 0:
        raise ValueError(f"need two arrays of one shape (V,), not {p.shape} and {q.shape}")
    kept = float(xp.sum(xp.astype(xp.where(p < q, p, q), xp.float64)))
    return sum(kept**length for length in range(k + 1))
    ### END SOLUTION


# %%
check(tokens_predicted)

# %%
status()
