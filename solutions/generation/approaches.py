"""Right answers unlike the references: loops, other algorithms, other formulas."""

import bisect
import codecs
import heapq
import itertools
import math

import numpy as np

# --- bpe_train ---


def bpe_train__recount_from_the_words(words, n_merges):
    """All merges are applied anew to the raw words before each count."""
    if len(words) == 0 or min(map(len, words)) == 0:
        raise ValueError("need words, none of them empty")
    merges = []
    while len(merges) < n_merges:
        table = {}
        for word, times in words.items():
            pieces = bpe_encode__rules_in_order(word, merges)
            for pair in itertools.pairwise(pieces):
                table[pair] = table.get(pair, 0) + times
        if not table:
            return merges
        merges.append(sorted(table.items(), key=lambda item: (-item[1], item[0]))[0][0])
    return merges


def bpe_train__change_the_counts(words, n_merges):
    """Only the words that hold the merged pair are counted again: their old pairs leave the table, the new ones enter."""
    if not words or any(not word for word in words):
        raise ValueError("need words, none of them empty")
    parts = [[list(word), times] for word, times in words.items()]
    table = {}

    def add(pieces, times):
        for pair in itertools.pairwise(pieces):
            table[pair] = table.get(pair, 0) + times
            if table[pair] == 0:
                del table[pair]

    for pieces, times in parts:
        add(pieces, times)
    merges = []
    while table and len(merges) < n_merges:
        most = max(table.values())
        best = min(pair for pair, times in table.items() if times == most)
        merges.append(best)
        for part in parts:
            if best in itertools.pairwise(part[0]):
                add(part[0], -part[1])
                part[0] = _merge(part[0], best)
                add(part[0], part[1])
    return merges


def _merge(pieces, pair):
    out, at = [], 0
    while at < len(pieces):
        if at + 1 < len(pieces) and (pieces[at], pieces[at + 1]) == tuple(pair):
            out.append(pieces[at] + pieces[at + 1])
            at += 2
        else:
            out.append(pieces[at])
            at += 1
    return out


# --- bpe_encode ---


def bpe_encode__rules_in_order(word, merges):
    """Every rule once, in the order of learning: for rules that come from training this is the same."""
    pieces = list(word)
    for pair in merges:
        pieces = _merge(pieces, pair)
    return pieces


def bpe_encode__recursion(word, merges):
    """Merges the leftmost place of the best pair, and calls itself on the shorter list."""
    rank = {tuple(pair): number for number, pair in enumerate(merges)}

    def go(pieces):
        found = [(rank[pair], at) for at, pair in enumerate(itertools.pairwise(pieces)) if pair in rank]
        if not found:
            return pieces
        at = min(found)[1]
        return go([*pieces[:at], pieces[at] + pieces[at + 1], *pieces[at + 2 :]])

    return go(list(word))


# --- stream_mended ---


def stream_mended__count_the_bytes(pieces):
    """The first byte of a character says how many bytes it has."""
    joined = b"".join(pieces)
    joined.decode()  # refuses what is no UTF-8
    out, at, end = [], 0, 0
    for piece in pieces:
        end += len(piece)
        text = ""
        while at < end:
            size = 1 if joined[at] < 0x80 else 2 if joined[at] < 0xE0 else 3 if joined[at] < 0xF0 else 4
            if at + size > end:
                break
            text += joined[at : at + size].decode()
            at += size
        out.append(text)
    return out


def stream_mended__prefix_lengths(pieces):
    """The text of every prefix of the bytes without its cut end; each piece gives what its prefix has more."""
    b"".join(pieces).decode()
    texts, so_far = [""], b""
    for piece in pieces:
        so_far += piece
        texts.append(so_far.decode("utf-8", errors="ignore"))
    return [new[len(old) :] for old, new in itertools.pairwise(texts)]


def stream_mended__generator(pieces):
    """The standard library's `iterdecode` decodes a whole stream, but skips what is empty; so one decoder, piece by piece, and a last look."""
    decoder, last = codecs.getincrementaldecoder("utf8")("strict"), len(pieces) - 1
    return [decoder.decode(piece, at == last) for at, piece in enumerate(pieces)]


# --- greedy_decode ---


def greedy_decode__plain_loop(next_logits, prompt, eos, max_new):
    """The largest logit in a loop over Python floats."""
    if not list(prompt):
        raise ValueError("an empty prompt")
    new = []
    while len(new) != max_new:
        best, value = 0, -math.inf
        for index, logit in enumerate(next_logits(list(prompt) + new)):
            if logit > value:
                best, value = index, float(logit)
        if best == eos:
            return new
        new.append(best)
    return new


def greedy_decode__recursion(next_logits, prompt, eos, max_new):
    """One token, and the rest by a call with a longer prompt."""
    if len(prompt) == 0:
        raise ValueError("an empty prompt")
    if max_new == 0:
        return []
    token = int(np.argmax(next_logits(np.array(prompt))))
    return [] if token == eos else [token, *greedy_decode__recursion(next_logits, [*prompt, token], eos, max_new - 1)]


# --- top_k_filter ---


def _floating(logits):
    if logits.ndim != 1 or not logits.shape[0]:
        raise ValueError(f"logits must be (V,), not {logits.shape}")
    return logits.astype(logits.dtype if logits.dtype.kind == "f" else np.float64)


def top_k_filter__heap(logits, k):
    """The k largest from a heap, equal ones told apart by their index."""
    values = _floating(logits)
    if k < 1:
        raise ValueError("k must be 1 or more")
    kept = {index for _, index in heapq.nsmallest(k, ((-float(value), index) for index, value in enumerate(values)))}
    return np.array([value if index in kept else -np.inf for index, value in enumerate(values)], dtype=values.dtype)


def top_k_filter__threshold_and_rest(logits, k):
    """All above the k-th largest value, and the first of those equal to it until there are k."""
    values = _floating(logits)
    if k < 1:
        raise ValueError("k must be 1 or more")
    if k >= len(values):
        return values
    bound = np.partition(values, -k)[-k]
    equal = np.flatnonzero(values == bound)[: k - np.count_nonzero(values > bound)]
    out = np.where(values > bound, values, values.dtype.type(-np.inf))
    out[equal] = bound
    return out


# --- top_p_filter ---


def top_p_filter__add_until(logits, p):
    """One token after the other, until p is reached."""
    values = _floating(logits)
    if p <= 0 or p > 1:
        raise ValueError("p must be in (0, 1]")
    if p == 1:
        return values
    top = float(values.max())
    weights = [math.exp(float(value) - top) for value in values]
    total, mass = sum(weights), 0.0
    out = np.full_like(values, -np.inf)
    for index in sorted(range(len(values)), key=lambda index: -float(values[index])):
        out[index] = values[index]
        mass += weights[index] / total
        if mass >= p:
            break
    return out


def top_p_filter__remove_from_the_end(logits, p):
    """Sorted ascending: tokens go while what is left still reaches p."""
    values = _floating(logits)
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    if p == 1:
        return values
    chances = np.exp(values.astype(np.float64) - float(values.max()))
    chances /= chances.sum()
    order = np.lexsort((-np.arange(len(values)), values))
    gone = order[:-1][1 - np.cumsum(chances[order])[:-1] >= p]
    values[gone] = -np.inf
    return values


# --- sample_token ---


def sample_token__walk(logits, temperature, u):
    """Down from u until a token's probability takes it below 0."""
    values = _floating(logits).astype(np.float64)
    if temperature < 0 or values.max() == -np.inf:
        raise ValueError("a temperature below 0, or nothing to draw")
    if temperature == 0:
        return int(values.argmax())
    weights = [math.exp((value - values.max()) / temperature) for value in values.tolist()]
    rest, last = u * math.fsum(weights), 0
    for index, weight in enumerate(weights):
        if weight > 0:
            last = index
            if rest < weight:
                break
            rest -= weight
    return last


def sample_token__bisect(logits, temperature, u):
    """Bisection in the sums of the tokens that can be drawn."""
    values = _floating(logits).astype(np.float64)
    possible = np.flatnonzero(values > -np.inf)
    if temperature < 0 or len(possible) == 0:
        raise ValueError("a temperature below 0, or nothing to draw")
    if temperature == 0:
        return int(np.flatnonzero(values == values.max())[0])
    scaled = values[possible] / temperature
    sums = list(itertools.accumulate(np.exp(scaled - scaled.max()).tolist()))
    return int(possible[min(bisect.bisect_right(sums, u * sums[-1]), len(possible) - 1)])


# --- penalty_counterexample ---


def penalty_counterexample__one_of_many():
    """A long list with one negative seen token."""
    logits = np.linspace(-3, 3, 20)
    return logits, [2, 2], 2.0


def penalty_counterexample__lists():
    """Plain lists and whole numbers."""
    return [4, -5, -4], [1], 10


# --- penalty_mended ---


def penalty_mended__loop(logits, seen, penalty):
    """One token after the other, in a copy."""
    values = _floating(logits)
    if any(token < 0 or token >= len(values) for token in seen):
        raise ValueError("a token outside the vocabulary")
    for token in set(seen):
        values[token] = values[token] / penalty if values[token] > 0 else values[token] * penalty
    return values


def penalty_mended__smaller_of_both(logits, seen, penalty):
    """Of x / penalty and x * penalty the smaller is the one wanted, whatever the sign."""
    values = _floating(logits)
    if not set(seen) <= set(range(len(values))):
        raise ValueError("a token outside the vocabulary")
    chosen = sorted(set(seen))
    values[chosen] = np.minimum(values[chosen] / penalty, values[chosen] * penalty)
    return values


# --- beam_search ---


def beam_search__arrays(log_probs, eos, width, max_len, alpha):
    """All sums of a step in one array, sorted by a stable argsort."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    live, sums, best, score = [[]], np.zeros(1), None, -math.inf
    for step in range(max_len):
        table = sums[:, None] + np.stack([np.asarray(log_probs(tokens)) for tokens in live])
        flat = np.argsort(-table, axis=None, kind="stable")[:width]
        kept = [([*live[index // table.shape[1]], int(index % table.shape[1])], float(table.flat[index])) for index in flat]
        ending = [one for one in kept if one[0][-1] == eos or step == max_len - 1]
        for tokens, total in ending:
            if total / len(tokens) ** alpha > score:
                best, score = tokens, total / len(tokens) ** alpha
        going = [one for one in kept if one[0][-1] != eos]
        if not going:
            break
        live, sums = [tokens for tokens, _ in going], np.array([total for _, total in going])
    return best, score


def beam_search__heap(log_probs, eos, width, max_len, alpha):
    """The best of a step from a heap, and impossible sequences are left out at once."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    live, finished = [(0.0, ())], []
    for _ in range(max_len):
        longer = [
            (total + value, (*tokens, token))
            for total, tokens in live
            for token, value in enumerate(log_probs(list(tokens)).tolist())
            if value > -math.inf
        ]
        live = []
        for total, tokens in heapq.nlargest(width, longer):
            (finished if tokens[-1] == eos or len(tokens) == max_len else live).append((total, tokens))
        if not live:
            break
    score, tokens = max((total / len(tokens) ** alpha, tokens) for total, tokens in finished)
    return list(tokens), score


# --- speculative_step ---


def _shapes(draft, q, p, u):
    count = len(draft) if draft.ndim == 1 else 0
    if count == 0 or q.ndim != 2 or len(q) != count or p.shape != (count + 1, q.shape[1]) or u.shape != (count + 1,):
        raise ValueError("shapes do not fit")


def speculative_step__all_at_once(draft, q, p, u):
    """All tokens are tested at once; the first that fails decides."""
    _shapes(draft, q, p, u)
    rows = np.arange(len(draft))
    kept = u[:-1] * q[rows, draft] < p[rows, draft]
    count = int(np.argmin(kept)) if not kept.all() else len(draft)
    weights = np.clip(p[count] - q[count], 0, None) if count < len(draft) else p[-1]
    sums = np.cumsum(weights, dtype=np.float64)
    return np.append(draft[:count].astype(np.int64), np.searchsorted(sums, float(u[-1]) * sums[-1], side="right"))


def speculative_step__padded_draft(draft, q, p, u):
    """A row of zeros behind q: the residual of the last row is then p[K] itself, one rule for both ends."""
    _shapes(draft, q, p, u)
    q = np.concatenate([q, np.zeros_like(p[-1:])])
    tokens = []
    for place in range(len(p)):
        if place < len(draft) and float(u[place]) * float(q[place, draft[place]]) < float(p[place, draft[place]]):
            tokens.append(int(draft[place]))
            continue
        weights = [max(a - b, 0.0) for a, b in zip(p[place].tolist(), q[place].tolist(), strict=True)]
        target = float(u[-1]) * math.fsum(weights)
        return [*tokens, next(index for index in range(len(weights)) if math.fsum(weights[: index + 1]) > target)]


# --- tokens_predicted ---


def _same_shape(p, q):
    if p.ndim != 1 or p.shape != q.shape or not len(p):
        raise ValueError("p and q must have one shape (V,)")


def tokens_predicted__distance(p, q, k):
    """By the total variation distance, and a recursion: one token for sure, and the rest of the draft if the first one is kept."""
    _same_shape(p, q)
    kept = 1 - 0.5 * math.fsum(abs(a - b) for a, b in zip(p.tolist(), q.tolist(), strict=True))
    mean = 1.0
    for _ in range(k):
        mean = 1 + kept * mean
    return mean


def tokens_predicted__closed_form(p, q, k):
    """The closed form, by expm1 and log1p where the models are nearly equal."""
    _same_shape(p, q)
    lost = float(np.maximum(q.astype(np.float64) - p, 0).sum())
    if lost == 0:
        return float(k + 1)
    return -math.expm1((k + 1) * math.log1p(-lost)) / lost if lost < 1 else 1.0
