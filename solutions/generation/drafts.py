"""First drafts of the lesson generation, as people write them: wrong, half right, right without the rules.

Each docstring begins with the slug of the known mistake that must be named (`none` where none applies, `right` where only rules are missing).
"""

import collections
import heapq
import math
import random

import numpy as np

# --- bpe_train ---


def _get_stats(vocab):
    pairs = collections.defaultdict(int)
    for word, freq in vocab.items():
        symbols = word.split()
        for i in range(len(symbols) - 1):
            pairs[symbols[i], symbols[i + 1]] += freq
    return pairs


def bpe_train__paper_code(words, n_merges):
    """replaces-in-spaced-text: spaced text and str.replace, the regular expression left out."""
    if not words or "" in words:
        raise ValueError
    vocab, merges = {" ".join(word): freq for word, freq in words.items()}, []
    for _ in range(n_merges):
        pairs = _get_stats(vocab)
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        vocab = {word.replace(" ".join(best), "".join(best)): freq for word, freq in vocab.items()}
        merges.append(best)
    return merges


def _merge_list(ids, pair):
    out, i = [], 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def bpe_train__counter_most_common(words, n_merges):
    """first-seen-of-equal: most_common takes the pair that was seen first."""
    if not words or "" in words:
        raise ValueError("empty")
    splits, merges = {w: list(w) for w in words}, []
    while len(merges) < n_merges:
        stats = collections.Counter()
        for w, freq in words.items():
            for a, b in zip(splits[w][:-1], splits[w][1:], strict=True):
                stats[a, b] += freq
        if not stats:
            break
        best = stats.most_common(1)[0][0]
        merges.append(best)
        splits = {w: _merge_list(s, best) for w, s in splits.items()}
    return merges


def bpe_train__max_of_count_and_pair(words, n_merges):
    """largest-of-equal: max over (count, pair), and no refusals."""
    splits, merges = {w: list(w) for w in words}, []
    for _ in range(n_merges):
        stats = collections.Counter()
        for w, s in splits.items():
            for pair in zip(s, s[1:], strict=False):
                stats[pair] += words[w]
        if not stats:
            break
        best = max((n, p) for p, n in stats.items())[1]
        merges.append(best)
        splits = {w: _merge_list(s, best) for w, s in splits.items()}
    return merges


def bpe_train__over_the_keys(words, n_merges):
    """counts-left-out: loops over the words and forgets how often they occur."""
    splits, merges = [list(w) for w in words], []
    for _ in range(n_merges):
        stats = collections.Counter(pair for s in splits for pair in zip(s, s[1:], strict=False))
        if len(stats) == 0:
            return merges
        top = max(stats.values())
        best = sorted(p for p in stats if stats[p] == top)[0]
        merges.append(best)
        splits = [_merge_list(s, best) for s in splits]
    return merges


def bpe_train__no_refusals(words, n_merges):
    """right: nothing is refused."""
    splits, merges = [(list(w), n) for w, n in words.items()], []
    for _ in range(n_merges):
        stats = collections.Counter()
        for s, n in splits:
            for i in range(len(s) - 1):
                stats[s[i], s[i + 1]] += n
        if not stats:
            break
        best = min(stats, key=lambda p: (-stats[p], p))
        merges.append(best)
        splits = [(_merge_list(s, best), n) for s, n in splits]
    return merges


def bpe_train__with_end_of_word(words, n_merges):
    """end-mark: the 2016 paper's mark at the end of each word."""
    if not words or "" in words:
        raise ValueError
    splits, merges = [([*w, "</w>"], n) for w, n in words.items()], []
    for _ in range(n_merges):
        stats = collections.Counter()
        for s, n in splits:
            for pair in zip(s, s[1:], strict=False):
                stats[pair] += n
        if not stats:
            break
        best = min(stats, key=lambda p: (-stats[p], p))
        merges.append(best)
        splits = [(_merge_list(s, best), n) for s, n in splits]
    return merges


def bpe_train__all_pairs_once(words, n_merges):
    """none: counts the pairs of the characters once and takes the n most frequent."""
    stats = collections.Counter()
    for w, n in words.items():
        for pair in zip(w, w[1:], strict=False):
            stats[pair] += n
    return sorted(stats, key=lambda p: (-stats[p], p))[:n_merges]


def bpe_train__max_of_empty(words, n_merges):
    """no-pair-left: max of an empty table raises."""
    if not words or "" in words:
        raise ValueError
    splits, merges = [(list(w), n) for w, n in words.items()], []
    for _ in range(n_merges):
        stats = collections.Counter()
        for s, n in splits:
            for pair in zip(s, s[1:], strict=False):
                stats[pair] += n
        most = max(stats.values())
        best = min(p for p in stats if stats[p] == most)
        merges.append(best)
        splits = [(_merge_list(s, best), n) for s, n in splits]
    return merges


def bpe_train__at_least_twice(words, n_merges):
    """stops-at-one: pairs that occur once are not worth a merge, it thinks."""
    if not words or "" in words:
        raise ValueError("empty")
    seqs = {w: list(w) for w in words}
    merges = []
    for _ in range(n_merges):
        counts = collections.defaultdict(int)
        for w, s in seqs.items():
            for a, b in zip(s[:-1], s[1:], strict=False):
                counts[a, b] += words[w]
        if not counts:
            break
        best = min(counts, key=lambda p: (-counts[p], p))
        if counts[best] < 2:
            break
        merges.append(best)
        for s in seqs.values():
            i = 0
            while i < len(s) - 1:
                if (s[i], s[i + 1]) == best:
                    s[i : i + 2] = [s[i] + s[i + 1]]
                i += 1
    return merges


# --- bpe_encode ---


def bpe_encode__greedy_vocabulary(word, merges):
    """longest-match: takes the longest piece of the vocabulary."""
    vocab, out, start = {a + b for a, b in merges}, [], 0
    while start < len(word):
        end = len(word)
        while end > start + 1 and word[start:end] not in vocab:
            end -= 1
        out.append(word[start:end])
        start = end
    return out


def bpe_encode__counter_of_the_word(word, merges):
    """most-frequent-then-leftmost: the loop of the training, with the rules as a filter."""
    pieces = list(word)
    while counts := collections.Counter(pair for pair in zip(pieces, pieces[1:], strict=False) if pair in merges):
        (left, right), _ = counts.most_common(1)[0]
        at = 0
        while at < len(pieces) - 1:
            if pieces[at] == left and pieces[at + 1] == right:
                pieces[at : at + 2] = [left + right]
            at += 1
    return pieces


def bpe_encode__index_once(word, merges):
    """first-place-only: list.index finds the first place alone."""
    s = list(word)
    for a, b in merges:
        joined = list(zip(s, s[1:], strict=False))
        if (a, b) in joined:
            i = joined.index((a, b))
            s = [*s[:i], a + b, *s[i + 2 :]]
    return s


def bpe_encode__newest_rule(word, merges):
    """last-learned-first: goes through the rules backwards."""
    s = list(word)
    for pair in merges[::-1]:
        s = _merge_list(s, pair)
    return s


def bpe_encode__stack(word, merges):
    """leftmost-rule: pushes characters, merges while the two on top are a rule."""
    rules, stack = set(merges), []
    for ch in word:
        stack.append(ch)
        while len(stack) > 1 and (stack[-2], stack[-1]) in rules:
            b = stack.pop()
            stack[-1] += b
    return stack


def bpe_encode__spaced_replace(word, merges):
    """replaces-in-spaced-text: str.replace in the spaced word."""
    text = " ".join(word)
    for a, b in merges:
        text = text.replace(f"{a} {b}", a + b)
    return text.split(" ") if text else []


def bpe_encode__while_pop(word, merges):
    """empties-the-merges: a queue of rules that is used up."""
    s = list(word)
    while len(merges):
        s = _merge_list(s, merges[0])
        del merges[0]
    return s


def bpe_encode__split_of_empty(word, merges):
    """empty-piece: the empty word splits into one empty piece."""
    s = list(word) if word else [word]
    for pair in merges:
        s = _merge_list(s, pair)
    return s


def bpe_encode__returns_after_one(word, merges):
    """one-merge: returns within the loop."""
    s = list(word)
    for pair in merges:
        if pair in zip(s, s[1:], strict=False):
            return _merge_list(s, pair)
    return s


def bpe_encode__max_of_ranks(word, merges):
    """largest-rank-first or last-learned-first: max where min belongs."""
    ranks = {tuple(pair): i for i, pair in enumerate(merges)}
    pieces = list(word)
    while True:
        best, where = -1, None
        for i in range(len(pieces) - 1):
            r = ranks.get((pieces[i], pieces[i + 1]), -1)
            if r > best:
                best, where = r, i
        if where is None:
            return pieces
        a, b = merges[best]
        out, i = [], 0
        while i < len(pieces):
            if i + 1 < len(pieces) and pieces[i] == a and pieces[i + 1] == b:
                out.append(a + b)
                i += 2
            else:
                out.append(pieces[i])
                i += 1
        pieces = out


# --- stream_mended ---


def stream_mended__replace(pieces):
    """each-piece-alone: only the spelling changed."""
    return [str(piece, "utf-8", "replace") for piece in pieces]


def stream_mended__ignore(pieces):
    """cut-characters-dropped: ignores what does not decode."""
    return [str(piece, "utf8", "ignore") for piece in pieces]


def stream_mended__try_the_buffer(pieces):
    """all-or-nothing: decodes the buffer, or waits."""
    buffer, texts = b"", []
    for piece in pieces:
        buffer = buffer + piece
        try:
            text = buffer.decode("utf-8")
        except UnicodeDecodeError:
            texts.append("")
            continue
        texts.append(text)
        buffer = b""
    buffer.decode("utf-8")
    return texts


def stream_mended__chr(pieces):
    """latin-1: chr of each byte."""
    return ["".join(map(chr, piece)) for piece in pieces]


def stream_mended__join_all(pieces):
    """one-string: decodes everything at once."""
    return str(b"".join(pieces), "utf-8")


def stream_mended__no_final(pieces):
    """cut-end-accepted: an incremental decoder without its end."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    return list(map(decoder.decode, pieces))


def stream_mended__iterdecode(pieces):
    """empty-pieces-skipped: iterdecode leaves out what is empty."""
    import codecs

    return list(codecs.iterdecode(iter(pieces), "utf-8"))


def stream_mended__last_byte(pieces):
    """none: looks at the last byte only, and waits when it is no ASCII."""
    buffer, texts = b"", []
    for piece in pieces:
        buffer += piece
        if buffer and buffer[-1] < 0x80:
            texts.append(buffer.decode())
            buffer = b""
        else:
            texts.append("")
    return texts


def stream_mended__prefixes_ignored(pieces):
    """nothing-refused: what is new in the decoded prefix, errors='ignore'."""
    out, data, shown = [], b"", 0
    for piece in pieces:
        data += piece
        text = data.decode("utf-8", errors="ignore")
        out.append(text[shown:])
        shown = len(text)
    return out


# --- greedy_decode ---


def greedy_decode__whole_list(next_logits, prompt, eos, max_new):
    """prompt-too: returns the list that it built."""
    if not prompt:
        raise ValueError("prompt is empty")
    out = prompt[:]
    for _ in range(max_new):
        t = int(np.argmax(next_logits(out)))
        if t == eos:
            break
        out.append(t)
    return out


def greedy_decode__append_then_break(next_logits, prompt, eos, max_new):
    """keeps-eos: appends before it looks."""
    tokens, new = list(prompt), []
    for _ in range(max_new):
        t = int(np.argmax(next_logits(tokens)))
        tokens.append(t)
        new.append(t)
        if t == eos:
            break
    return new


def greedy_decode__on_the_prompt(next_logits, prompt, eos, max_new):
    """grows-the-prompt: appends to the caller's list."""
    if not prompt:
        raise ValueError
    new = []
    while len(new) < max_new:
        t = int(np.asarray(next_logits(prompt)).argmax())
        if t == eos:
            break
        prompt.append(t)
        new.append(t)
    return new


def greedy_decode__no_refusal(next_logits, prompt, eos, max_new):
    """right: an empty prompt goes through."""
    tokens = list(prompt)
    while len(tokens) - len(prompt) < max_new:
        t = int(np.argmax(next_logits(tokens)))
        if t == eos:
            break
        tokens.append(t)
    return tokens[len(prompt) :]


def greedy_decode__max_length(next_logits, prompt, eos, max_new):
    """counts-the-prompt: compares the length of the whole list."""
    ids = [*prompt]
    while len(ids) < max_new:
        nxt = int(np.argmax(next_logits(ids)))
        if nxt == eos:
            break
        ids += [nxt]
    return ids[len(prompt) :]


def greedy_decode__only_last(next_logits, prompt, eos, max_new):
    """last-token-only: as with a cache that is not there."""
    cur, out = prompt[-1], []
    for _ in range(max_new):
        cur = int(np.argmax(next_logits([cur])))
        if cur == eos:
            return out
        out.append(cur)
    return out


def greedy_decode__last_of_argsort(next_logits, prompt, eos, max_new):
    """last-of-equal: the last of a stable argsort."""
    if len(prompt) == 0:
        raise ValueError
    out = []
    for _ in range(max_new):
        nxt = int(np.argsort(np.array(next_logits(prompt + out)), kind="stable")[-1])
        if nxt == eos:
            break
        out.append(nxt)
    return out


def greedy_decode__eos_in_tokens(next_logits, prompt, eos, max_new):
    """eos-in-the-prompt: loops while eos is not in the list."""
    if not prompt:
        raise ValueError
    tokens = list(prompt)
    while eos not in tokens and len(tokens) < len(prompt) + max_new:
        tokens.append(int(np.argmax(next_logits(tokens))))
    new = tokens[len(prompt) :]
    return new[:-1] if new and new[-1] == eos else new


def greedy_decode__own_argmax(next_logits, prompt, eos, max_new):
    """starts-from-a-billion: its largest number is -1e4 or more."""
    if len(prompt) == 0:
        raise ValueError("empty prompt")
    tokens = list(prompt)
    for _ in range(max_new):
        best, best_value = 0, -1e4
        for i, value in enumerate(next_logits(tokens)):
            if value > best_value:
                best, best_value = i, value
        if best == eos:
            break
        tokens.append(best)
    return tokens[len(prompt) :]


def greedy_decode__asks_twice(next_logits, prompt, eos, max_new):
    """right: the model runs once for the question whether it ends and once for the token."""
    if len(prompt) == 0:
        raise ValueError("an empty prompt")
    new = []
    while len(new) < max_new and int(np.argmax(next_logits([*prompt, *new]))) != eos:
        new.append(int(np.argmax(next_logits([*prompt, *new]))))
    return new


# --- top_k_filter ---


def top_k_filter__huggingface(logits, k):
    """ties-all-stay: compares with the k-th largest."""
    if k < 1 or logits.ndim != 1 or logits.size == 0:
        raise ValueError
    kth = np.sort(logits)[::-1][min(k, logits.shape[-1]) - 1]
    out = logits.astype(float)
    out[logits < kth] = -np.inf
    return out


def top_k_filter__partition(logits, k):
    """argpartition: fails for k = V and orders no ties."""
    out = np.full(logits.shape, -np.inf)
    idx = np.argpartition(-logits, k)[:k]
    out[idx] = logits[idx]
    return out


def top_k_filter__argsort_tail(logits, k):
    """last-of-equal: the tail of an argsort."""
    if k < 1:
        raise ValueError
    idx = np.argsort(logits, kind="stable")[-k:]
    return np.array([x if i in set(idx.tolist()) else -np.inf for i, x in enumerate(logits)])


def top_k_filter__argsort_head(logits, k):
    """keeps-the-smallest: forgets the sign."""
    out = np.full(logits.shape, -np.inf)
    idx = logits.argsort(kind="stable")[:k]
    out[idx] = logits[idx]
    return out


def top_k_filter__mask_times(logits, k):
    """zeros: multiplies by a mask."""
    order = np.argsort(-logits, kind="stable")
    mask = np.zeros(len(logits))
    mask[order[:k]] = 1
    with np.errstate(all="ignore"):
        return np.where(mask > 0, logits, 0.0)


def top_k_filter__stable_no_rules(logits, k):
    """right: float64, no refusals."""
    out = np.full(len(logits), -np.inf)
    for i in heapq.nsmallest(k, range(len(logits)), key=lambda i: (-float(logits[i]), i)):
        out[i] = logits[i]
    return out


def top_k_filter__strictly_greater(logits, k):
    """one-fewer: strictly greater than the k-th."""
    s = np.sort(logits.astype(float))[::-1]
    kth = s[min(k, len(s)) - 1]
    return np.where(logits > kth, logits.astype(float), -np.inf)


def top_k_filter__assigns(logits, k):
    """in-place: writes -inf into the caller's array."""
    if k < 1 or logits.ndim != 1 or len(logits) == 0:
        raise ValueError
    drop = np.argsort(-logits.astype(np.float64), kind="stable")[k:]
    logits[drop] = -np.inf
    return logits


def top_k_filter__sorted_rest_cut(logits, k):
    """sorted-and-filled: sorts, then cuts behind k."""
    s = sorted((float(z) for z in logits), reverse=True)
    return np.array([z if i < k else -np.inf for i, z in enumerate(s)])


# --- top_p_filter ---


def _probs(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def top_p_filter__published(logits, p):
    """drops-the-crossing: keeps while the sum is at most p."""
    idx = np.argsort(-logits, kind="stable")
    keep = idx[np.cumsum(_probs(logits.astype(float))[idx]) <= p]
    out = np.full(len(logits), -np.inf)
    out[keep] = logits[keep]
    return out


def top_p_filter__first_always(logits, p):
    """drops-all-but-one: as published, with a guard for the first."""
    idx = np.argsort(-logits, kind="stable")
    keep = np.cumsum(_probs(logits.astype(float))[idx]) < p
    keep[0] = True
    out = np.full(len(logits), -np.inf)
    out[idx[keep]] = logits[idx[keep]]
    return out


def top_p_filter__shifted_twice(logits, p):
    """one-too-many: the shift to the right comes on top of a cutoff that includes the crossing one."""
    idx = np.argsort(-logits, kind="stable")
    sums = np.cumsum(_probs(logits.astype(float))[idx])
    n = int(np.searchsorted(sums, p)) + 2
    out = np.full(len(logits), -np.inf)
    out[idx[:n]] = logits[idx[:n]]
    return out


def top_p_filter__ascending(logits, p):
    """from-the-least-probable: sorts the wrong way."""
    idx = np.argsort(logits, kind="stable")
    mass, out = 0.0, np.full(len(logits), -np.inf)
    pr = _probs(logits.astype(float))
    for i in idx:
        out[i] = logits[i]
        mass += pr[i]
        if mass >= p:
            break
    return out


def top_p_filter__in_sorted_order(logits, p):
    """not-put-back: returns the sorted logits."""
    s = np.sort(logits.astype(float))[::-1]
    before = np.cumsum(_probs(s)) - _probs(s)
    return np.where(before < p, s, -np.inf)


def top_p_filter__no_scatter(logits, p):
    """mask-not-put-back: the sorted mask used as it is, without the scatter."""
    s = np.sort(logits.astype(float))[::-1]
    before = np.cumsum(_probs(s)) - _probs(s)
    out = logits.astype(float)
    out[(before >= p) & (p < 1)] = -np.inf
    return out


def top_k_filter__rest_of_the_order(logits, k):
    """in-place-negated: argsort of the negated logits, and the rest set to -inf where it is."""
    logits[np.argsort(-logits, kind="stable")[k:]] = -np.inf
    return logits


def top_p_filter__each_above(logits, p):
    """none: keeps tokens of probability at least 1 - p."""
    return np.where(_probs(logits.astype(float)) >= 1 - p, logits, -np.inf)


def top_p_filter__renormalised(logits, p):
    """probabilities: gives back what one would draw from."""
    pr = _probs(logits.astype(float))
    idx = np.argsort(-pr, kind="stable")
    n = int(np.sum(np.cumsum(pr[idx]) < p)) + 1
    out = np.zeros(len(pr))
    out[idx[:n]] = pr[idx[:n]]
    return out / out.sum()


def top_p_filter__no_rules(logits, p):
    """right: float64 and nothing refused."""
    x = np.array(logits, dtype=float)
    if p == 1:
        return x
    pr = _probs(x)
    idx = sorted(range(len(x)), key=lambda i: (-x[i], i))
    total, keep = 0.0, set()
    for i in idx:
        keep.add(i)
        total += pr[i]
        if total >= p:
            break
    return np.array([x[i] if i in keep else -np.inf for i in range(len(x))])


def top_p_filter__plain_exp(logits, p):
    """nan-compared: exp of the logits as they are."""
    x = np.asarray(logits)
    if x.ndim != 1 or x.size == 0 or not 0 < p <= 1:
        raise ValueError("bad input")
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if p == 1:
        return x.copy()
    e = np.exp(x.astype(np.float64))
    probs = e / e.sum()
    order = np.argsort(-x, kind="stable")
    cum = np.cumsum(probs[order])
    keep = order[cum - probs[order] < p]
    out = np.full_like(x, -np.inf)
    out[keep] = x[keep]
    return out


# --- sample_token ---


def sample_token__times_temperature(logits, temperature, u):
    """multiplied-by-temperature: the other way round."""
    x = logits.astype(float) * temperature
    return int(np.argmax(np.cumsum(_probs(x)) > u))


def sample_token__searchsorted(logits, temperature, u):
    """reaches-u-and-beyond or sum-reaches-u or index-beyond-the-end or divides-by-zero: the one-liner with searchsorted."""
    if temperature == 0:
        return int(np.argmax(logits))
    return int(np.searchsorted(np.cumsum(_probs(logits.astype(float) / temperature)), u))


def sample_token__no_case_for_cold(logits, temperature, u):
    """token-0-when-cold: divides by whatever temperature comes, and takes argmax of a row of False."""
    with np.errstate(all="ignore"):
        probs = _probs(logits.astype(float) / temperature)
        sums = np.cumsum(probs)
        return int(np.argmax(sums > u * sums[-1]))


def sample_token__from_the_top(logits, temperature, u):
    """sorted-order: as nucleus sampling does it."""
    if temperature == 0:
        return int(np.argmax(logits))
    pr = _probs(logits.astype(float) / temperature)
    total = 0.0
    for i in np.argsort(-pr, kind="stable"):
        total += pr[i]
        if total > u:
            return int(i)
    return int(np.argmax(pr))


def sample_token__own_random(logits, temperature, u):
    """none: draws by itself and never looks at u."""
    return int(np.random.default_rng(0).choice(len(logits), p=_probs(logits.astype(float) / max(temperature, 1e-9))))


def sample_token__greedy(logits, temperature, u):
    """argmax: takes the most probable."""
    return max(range(len(logits)), key=lambda i: logits[i])


def sample_token__ignores_temperature(logits, temperature, u):
    """temperature-left-out: a softmax and a draw."""
    if temperature == 0:
        return int(np.argmax(logits))
    acc = 0.0
    for i, q in enumerate(_probs(logits.astype(float))):
        acc += q
        if acc > u:
            return i
    return len(logits) - 1


def sample_token__loop_with_fallback(logits, temperature, u):
    """last-index-at-the-end: falls back on the last index."""
    if temperature < 0 or logits.ndim != 1 or len(logits) == 0 or np.all(np.isneginf(logits)):
        raise ValueError
    if temperature == 0:
        return int(np.argmax(logits))
    acc = 0.0
    for i, q in enumerate(_probs(logits.astype(float) / temperature)):
        acc += q
        if u < acc:
            return i
    return len(logits) - 1


def sample_token__argmax_of_bools(logits, temperature, u):
    """first-index-at-the-end: argmax over sums above u."""
    if temperature == 0:
        return int(np.argmax(logits))
    return int((np.cumsum(_probs(logits.astype(float) / temperature)) > u).argmax())


def sample_token__at_least_1e_8(logits, temperature, u):
    """tiny-temperature: max(temperature, 1e-8)."""
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or z.size == 0 or temperature < 0 or np.all(np.isneginf(z)):
        raise ValueError("bad input")
    e = np.exp((z - z.max()) / max(temperature, 1e-8))
    cum = np.cumsum(e / e.sum())
    hit = np.flatnonzero((cum > u) & (z > -np.inf))
    return int(hit[0]) if hit.size else int(np.flatnonzero(z > -np.inf)[-1])


def sample_token__plain_exp(logits, temperature, u):
    """overflows-to-the-last: exp of the logits as they are."""
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or z.size == 0 or temperature < 0 or np.all(np.isneginf(z)):
        raise ValueError("bad input")
    if temperature == 0:
        return int(np.argmax(z))
    e = np.exp(z / temperature)
    cum = np.cumsum(e / e.sum())
    hit = np.flatnonzero((cum > u) & (z > -np.inf))
    return int(hit[0]) if hit.size else int(np.flatnonzero(z > -np.inf)[-1])


def sample_token__divides_always(logits, temperature, u):
    """last-token-when-cold: no case for temperature 0."""
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or z.size == 0 or temperature < 0 or np.all(np.isneginf(z)):
        raise ValueError("bad input")
    scaled = z / temperature
    e = np.exp(scaled - scaled.max())
    cum = np.cumsum(e / e.sum())
    hit = np.flatnonzero((cum > u) & (z > -np.inf))
    return int(hit[0]) if hit.size else int(np.flatnonzero(z > -np.inf)[-1])


def sample_token__argmax_of_the_sums(logits, temperature, u):
    """first-index-at-the-end: argmax over comparisons with u, shifted before it is scaled."""
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or z.size == 0 or temperature < 0 or np.all(np.isneginf(z)):
        raise ValueError("bad input")
    if temperature == 0:
        return int(np.argmax(z))
    e = np.exp((z - z.max()) / temperature)
    return int(np.argmax(np.cumsum(e / e.sum()) > u))


def sample_token__clipped_to_the_last(logits, temperature, u):
    """last-index-at-the-end: searchsorted, and the last index at most, shifted before it is scaled."""
    z = np.asarray(logits, dtype=float)
    if z.ndim != 1 or z.size == 0 or temperature < 0 or np.all(np.isneginf(z)):
        raise ValueError("bad input")
    if temperature == 0:
        return int(np.argmax(z))
    e = np.exp((z - z.max()) / temperature)
    return min(int(np.searchsorted(np.cumsum(e / e.sum()), u, side="right")), z.size - 1)


# --- penalty_counterexample ---
# It takes no arguments: a known mistake is recognised only by the very same example.


def penalty_counterexample__all_positive():
    """positive-logits: an ordinary example."""
    return np.array([5.0, 1.0, 2.0]), [0], 1.3


def penalty_counterexample__empty():
    """nothing-seen: nothing in the list."""
    return np.array([-5.0, -1.0]), [], 1.3


def penalty_counterexample__one():
    """penalty-of-one: the default of the library."""
    return np.array([-5.0, -1.0]), [1], 1


def penalty_counterexample__zero():
    """logit-of-zero: at the border."""
    return [0.0, -1.0, 1.0], [0], 2.0


def penalty_counterexample__same():
    """all-alike: all seen and equal."""
    return [-1.0, -1.0], [0, 1], 1.5


def penalty_counterexample__pair():
    """two-values: the penalty is missing."""
    return [-1.0, -2.0], [0]


def penalty_counterexample__two_seen():
    """others-fall: the smaller of two positive ones."""
    return [6.0, 1.0, 0.2], [0, 1], 3.0


def penalty_counterexample__below_one():
    """none: a penalty below 1."""
    return [2.0, 1.0], [0], 0.5


# --- penalty_mended ---


def penalty_mended__divide(logits, seen, penalty):
    """divides-all: as given."""
    out = logits.astype(float)
    for t in set(seen):
        out[t] /= penalty
    return out


def penalty_mended__multiply(logits, seen, penalty):
    """multiplies-all: the other operation."""
    out = logits.astype(float)
    out[list(set(seen))] *= penalty
    return out


def penalty_mended__minus(logits, seen, penalty):
    """subtracts: a presence penalty."""
    out = logits.astype(float)
    out[list(set(seen))] -= penalty
    return out


def penalty_mended__no_set(logits, seen, penalty):
    """once-for-each-time: loops over the list."""
    out = logits.astype(float)
    for t in seen:
        out[t] = out[t] / penalty if out[t] > 0 else out[t] * penalty
    return out


def penalty_mended__wrong_branch(logits, seen, penalty):
    """sign-swapped: the branches are swapped."""
    out = logits.astype(float)
    for t in set(seen):
        if out[t] < 0:
            out[t] /= penalty
        else:
            out[t] *= penalty
    return out


def penalty_mended__skip_negative(logits, seen, penalty):
    """negative-left-alone: only positive logits."""
    out = np.array(logits, dtype=np.float64)
    for t in set(seen):
        if out[t] > 0:
            out[t] /= penalty
    return out


def penalty_mended__absolute(logits, seen, penalty):
    """none: subtracts a part of the absolute value."""
    out = logits.astype(float)
    for t in set(seen):
        out[t] -= abs(out[t]) * (penalty - 1) if np.isfinite(out[t]) else 0
    return out


def penalty_mended__no_rules(logits, seen, penalty):
    """right: float64 and nothing refused."""
    out = logits.astype(float)
    for t in set(seen):
        out[t] = min(out[t] * penalty, out[t] / penalty)
    return out


def penalty_mended__unique_index(logits, seen, penalty):
    """tokens-left-to-numpy: numpy's own indexing, nothing refused."""
    x = np.array(logits)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    idx = np.unique(np.asarray(seen, dtype=int))
    score = x[idx]
    x[idx] = np.where(score < 0, score * penalty, score / penalty)
    return x


def penalty_mended__on_log_probs(logits, seen, penalty):
    """log-softmax-first: on log-probabilities."""
    x = np.asarray(logits)
    if x.ndim != 1 or x.size == 0 or any(t < 0 or t >= x.size for t in seen):
        raise ValueError("bad input")
    out = x.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    out -= out.max()
    out -= np.log(np.sum(np.exp(out)))
    for t in set(seen):
        out[t] *= penalty
    return out


# --- beam_search ---


def _beam(log_probs, width, max_len, eos):
    beams, done = [([], 0.0)], []
    for _ in range(max_len):
        cand = [(t + [i], s + float(x)) for t, s in beams for i, x in enumerate(log_probs(t))]
        cand.sort(key=lambda c: c[1], reverse=True)
        cand = cand[:width]
        done += [c for c in cand if c[0][-1] == eos]
        beams = [c for c in cand if c[0][-1] != eos]
        if not beams:
            break
    return done, beams


def beam_search__no_length_rule(log_probs, eos, width, max_len, alpha):
    """raw-sums: alpha is never used."""
    done, beams = _beam(log_probs, width, max_len, eos)
    return max(done + beams, key=lambda c: c[1])


def beam_search__argmax_only(log_probs, eos, width, max_len, alpha):
    """greedy: one sequence, whatever the width."""
    if width < 1 or max_len < 1:
        raise ValueError
    tokens, total = [], 0.0
    for _ in range(max_len):
        x = log_probs(tokens)
        t = int(np.argmax(x))
        tokens, total = [*tokens, t], total + float(x[t])
        if t == eos:
            break
    return tokens, total / len(tokens) ** alpha


def beam_search__first_finished(log_probs, eos, width, max_len, alpha):
    """stops-at-the-first-eos: breaks as soon as a beam ends."""
    beams, done = [([], 0.0)], []
    for _ in range(max_len):
        cand = sorted(((t + [i], s + float(x)) for t, s in beams for i, x in enumerate(log_probs(t))), key=lambda c: -c[1])[:width]
        done = [c for c in cand if c[0][-1] == eos]
        beams = [c for c in cand if c[0][-1] != eos]
        if done:
            break
    best = max(done + beams, key=lambda c: c[1] / len(c[0]) ** alpha)
    return best[0], best[1] / len(best[0]) ** alpha


def beam_search__never_finishes(log_probs, eos, width, max_len, alpha):
    """goes-on-after-eos: eos is a token like any other."""
    beams = [([], 0.0)]
    for _ in range(max_len):
        beams = sorted(((t + [i], s + float(x)) for t, s in beams for i, x in enumerate(log_probs(t))), key=lambda c: -c[1])[:width]
    t, s = beams[0]
    return t, s / len(t) ** alpha


def beam_search__noted_and_extended(log_probs, eos, width, max_len, alpha):
    """finished-stay-in-the-beam: a list of finished ones, and no `continue` after the append."""
    beams, finished = [([], 0.0)], []
    for _ in range(max_len):
        longer = [(t + [i], s + float(x)) for t, s in beams for i, x in enumerate(log_probs(t))]
        beams = sorted(longer, key=lambda c: -c[1])[:width]
        finished.extend(c for c in beams if c[0][-1] == eos)
    finished.extend(beams)
    t, s = max(finished, key=lambda c: c[1] / len(c[0]) ** alpha)
    return t, s / len(t) ** alpha


def beam_search__fixed_divisor(log_probs, eos, width, max_len, alpha):
    """one-length-for-all: divides by max_len."""
    done, beams = _beam(log_probs, width, max_len, eos)
    t, s = max(done + beams, key=lambda c: c[1] / max_len**alpha)
    return t, s / max_len**alpha


def beam_search__per_beam(log_probs, eos, width, max_len, alpha):
    """width-for-each: the best `width` of each beam."""
    beams, done = [([], 0.0)], []
    for _ in range(max_len):
        new = []
        for t, s in beams:
            x = np.asarray(log_probs(t))
            for i in np.argsort(-x, kind="stable")[:width]:
                (done if i == eos else new).append(([*t, int(i)], s + float(x[i])))
        beams = new
    t, s = max(done + beams, key=lambda c: c[1] / len(c[0]) ** alpha)
    return t, s / len(t) ** alpha


def beam_search__ended_only(log_probs, eos, width, max_len, alpha):
    """finished-only: prefers what ended, whatever its score."""
    done, beams = _beam(log_probs, width, max_len, eos)
    t, s = max(done or beams, key=lambda c: c[1] / len(c[0]) ** alpha)
    return t, s / len(t) ** alpha


def beam_search__no_refusals(log_probs, eos, width, max_len, alpha):
    """right: a width of 0 goes through."""
    done, beams = _beam(log_probs, width, max_len, eos)
    if not done + beams:
        return [], 0.0
    t, s = max(done + beams, key=lambda c: c[1] / len(c[0]) ** alpha)
    return t, s / len(t) ** alpha


def beam_search__asks_for_each_token(log_probs, eos, width, max_len, alpha):
    """right: the model runs once for every token of the vocabulary."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    live, finished = [((), 0.0)], []
    for _ in range(max_len):
        longer = []
        for tokens, total in live:
            for token in range(len(log_probs(list(tokens)))):
                longer.append(((*tokens, token), total + float(log_probs(list(tokens))[token])))
        best = sorted(longer, key=lambda one: one[1], reverse=True)[:width]
        finished += [one for one in best if one[0][-1] == eos]
        live = [one for one in best if one[0][-1] != eos]
    tokens, total = max(finished + live, key=lambda one: one[1] / len(one[0]) ** alpha)
    return list(tokens), total / len(tokens) ** alpha


def beam_search__done_at_once(log_probs, eos, width, max_len, alpha):
    """returns-the-first-eos: the first of the beam that ends."""
    beam = [(0.0, [])]
    for _ in range(max_len):
        new = []
        for total, tokens in beam:
            new += [(total + float(lp), [*tokens, t]) for t, lp in enumerate(log_probs(tokens))]
        new.sort(key=lambda pair: pair[0], reverse=True)
        beam = new[:width]
        ended = [pair for pair in beam if pair[1][-1] == eos]
        if ended:
            return ended[0][1], ended[0][0] / len(ended[0][1]) ** alpha
    return beam[0][1], beam[0][0] / len(beam[0][1]) ** alpha


def _candidates(beams, log_probs, eos):
    cand = []
    for seq, s in beams:
        if seq and seq[-1] == eos:
            cand.append((seq, s))
            continue
        for t, lp in enumerate(log_probs(list(seq))):
            cand.append(([*seq, t], s + float(lp)))
    return cand


def beam_search__append_and_continue(log_probs, eos, width, max_len, alpha):
    """finished-hold-places: what ended is a candidate again in each step, by its sum."""
    if width < 1 or max_len < 1:
        raise ValueError("bad input")
    beams = [([], 0.0)]
    for _ in range(max_len):
        beams = sorted(_candidates(beams, log_probs, eos), key=lambda c: c[1], reverse=True)[:width]
        if all(seq[-1] == eos for seq, _ in beams):
            break
    seq, s = max(beams, key=lambda c: c[1] / len(c[0]) ** alpha)
    return seq, s / len(seq) ** alpha


def beam_search__sorted_by_score(log_probs, eos, width, max_len, alpha):
    """prunes-by-score: what ended is a candidate again in each step, and all are ranked by the score."""
    beams = [([], 0.0)]
    for _ in range(max_len):
        beams = sorted(_candidates(beams, log_probs, eos), key=lambda c: c[1] / len(c[0]) ** alpha, reverse=True)[:width]
    return beams[0][0], beams[0][1] / len(beams[0][0]) ** alpha


def beam_search__first_end_or_best(log_probs, eos, width, max_len, alpha):
    """returns-the-first-eos: and the best score where none ends."""
    if width < 1 or max_len < 1:
        raise ValueError("bad input")
    live = [([], 0.0)]
    for _ in range(max_len):
        cand = [([*seq, t], s + float(lp)) for seq, s in live for t, lp in enumerate(log_probs(list(seq)))]
        live = sorted(cand, key=lambda c: -c[1])[:width]
        for seq, s in live:
            if seq[-1] == eos:
                return seq, s / len(seq) ** alpha
    seq, s = max(live, key=lambda c: c[1] / len(c[0]) ** alpha)
    return seq, s / len(seq) ** alpha


def beam_search__enough_finished(log_probs, eos, width, max_len, alpha):
    """stops-at-width-finished: as many finished as the beam is wide."""
    live, done = [([], 0.0)], []
    for _ in range(max_len):
        cand = [([*seq, t], s + float(lp)) for seq, s in live for t, lp in enumerate(log_probs(list(seq)))]
        live = []
        for seq, s in sorted(cand, key=lambda c: -c[1])[:width]:
            (done if seq[-1] == eos else live).append((seq, s))
        if len(done) >= width or not live:
            break
    seq, s = max(done + live, key=lambda c: c[1] / len(c[0]) ** alpha)
    return seq, s / len(seq) ** alpha


def beam_search__no_hope(log_probs, eos, width, max_len, alpha):
    """stops-when-ahead: no live one scores more than the best that ended."""
    live, done = [([], 0.0)], []
    for _ in range(max_len):
        cand = [([*seq, t], s + float(lp)) for seq, s in live for t, lp in enumerate(log_probs(list(seq)))]
        best = sorted(cand, key=lambda c: -c[1])[:width]
        done += [(s / len(seq) ** alpha, seq) for seq, s in best if seq[-1] == eos]
        live = [c for c in best if c[0][-1] != eos]
        if not live or (done and max(done)[0] > max(s / len(seq) ** alpha for seq, s in live)):
            break
    score, seq = max(done + [(s / len(seq) ** alpha, seq) for seq, s in live])
    return seq, score


# --- speculative_step ---


def _pick(w, x):
    return int(np.searchsorted(np.cumsum(w / w.sum()), x, side="right"))


def speculative_step__slice_off_by_one(draft, q, p, u):
    """bonus-from-the-row-before: the last row that was used in the loop."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if u[i] * q[i, t] < p[i, t]:
            out.append(t)
        else:
            return [*out, _pick(np.maximum(p[i] - q[i], 0), u[-1])]
    return [*out, _pick(p[: len(draft)][-1], u[-1])]


def speculative_step__kept_only(draft, q, p, u):
    """no-bonus: nothing is added when all were kept."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if u[i] < min(1, p[i, t] / q[i, t]):
            out.append(t)
        else:
            out.append(_pick(np.maximum(p[i] - q[i], 0), u[-1]))
            break
    return out


def speculative_step__resample_from_p(draft, q, p, u):
    """target-instead-of-residual: draws anew from the target."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if u[i] * q[i, t] >= p[i, t]:
            return [*out, _pick(p[i], u[-1])]
        out.append(t)
    return [*out, _pick(p[-1], u[-1])]


def speculative_step__q_over_p(draft, q, p, u):
    """ratio-upside-down: q over p."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if u[i] >= q[i, t] / p[i, t]:
            return [*out, _pick(np.maximum(p[i] - q[i], 0), u[-1])]
        out.append(t)
    return [*out, _pick(p[-1], u[-1])]


def speculative_step__argmax_rule(draft, q, p, u):
    """argmax-only: the rule of greedy decoding."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if t != int(p[i].argmax()):
            return [*out, _pick(np.maximum(p[i] - q[i], 0), u[-1])]
        out.append(t)
    return [*out, _pick(p[-1], u[-1])]


def speculative_step__greedy_verification(draft, q, p, u):
    """argmax-throughout: speculative decoding for a greedy target, as in many first implementations."""
    best = p.argmax(axis=1)
    agreed = int(np.cumprod(draft == best[:-1]).sum())
    return best[: agreed + 1]


def speculative_step__continues(draft, q, p, u):
    """goes-on-after-a-rejection: the break is missing."""
    out = []
    for i, t in enumerate(draft.tolist()):
        out.append(t if u[i] * q[i, t] < p[i, t] else _pick(np.maximum(p[i] - q[i], 0), u[-1]))
    return [*out, _pick(p[-1], u[-1])]


def speculative_step__no_rules(draft, q, p, u):
    """right: asserts in the place of refusals, and no draft goes through."""
    assert q.shape == (len(draft), p.shape[1]) and len(p) == len(u) == len(q) + 1
    q, p, u = q.astype(float), p.astype(float), u.astype(float)
    out, w = [], p[-1]
    for i, t in enumerate(draft.tolist()):
        if u[i] * q[i, t] >= p[i, t]:
            w = np.maximum(p[i] - q[i], 0)
            break
        out.append(t)
    sums = np.cumsum(w)
    return [*out, int(np.searchsorted(sums, u[-1] * sums[-1], side="right"))]


def speculative_step__raw_residual(draft, q, p, u):
    """residual-not-normalised: the residual is not divided by its sum."""
    out = []
    for i, t in enumerate(draft.tolist()):
        if u[i] * q[i, t] >= p[i, t]:
            sums = np.cumsum(np.maximum(p[i] - q[i], 0))
            return [*out, min(int(np.sum(sums <= u[-1])), len(sums) - 1)]
        out.append(t)
    return [*out, min(int(np.sum(np.cumsum(p[-1]) <= u[-1])), p.shape[1] - 1)]


def speculative_step__one_row(draft, q, p, u):
    """row-of-the-last-token: the row at which the loop ended."""
    draft, q, p, u = np.asarray(draft), np.asarray(q, float), np.asarray(p, float), np.asarray(u, float)
    K = len(draft)
    if K == 0 or q.ndim != 2 or q.shape[0] != K or p.shape != (K + 1, q.shape[1]) or u.shape != (K + 1,):
        raise ValueError("shapes")
    out = []
    for i, t in enumerate(draft):
        row = p[i]
        if u[i] * q[i, t] >= p[i, t]:
            break
        out.append(int(t))
    cum = np.cumsum(row / row.sum())
    hit = np.flatnonzero(cum > u[K])
    out.append(int(hit[0]) if hit.size else int(np.flatnonzero(row > 0)[-1]))
    return out


def speculative_step__argmax_of_the_residual(draft, q, p, u):
    """residual-falls-to-the-first: argmax over the sums of a residual as it is."""
    out = []
    for i, t in enumerate(draft):
        if u[i] * q[i, t] >= p[i, t]:
            return [*out, int(np.argmax(np.cumsum(np.maximum(p[i] - q[i], 0)) > u[-1]))]
        out.append(int(t))
    return [*out, int(np.argmax(np.cumsum(p[-1]) > u[-1]))]


# --- tokens_predicted ---


def tokens_predicted__linear(p, q, k):
    """each-kept-by-itself: a mean of independent tokens."""
    return 1 + k * sum(min(a, b) for a, b in zip(p.tolist(), q.tolist(), strict=True))


def tokens_predicted__accepted_only(p, q, k):
    """bonus-forgotten: only the kept ones."""
    a = float(np.minimum(p, q).sum())
    return sum(a**i for i in range(1, k + 1))


def tokens_predicted__formula(p, q, k):
    """equal-models-divide-by-zero: the closed form of the papers."""
    a = np.minimum(p, q).sum()
    with np.errstate(all="ignore"):
        return (1 - a ** (k + 1)) / (1 - a)


def tokens_predicted__dot(p, q, k):
    """same-token: the probability that both draw the same."""
    a = float(p @ q)
    return sum(a**i for i in range(k + 1))


def tokens_predicted__infinite(p, q, k):
    """never-stops: as if the draft had no end."""
    a = np.minimum(p, q).sum()
    with np.errstate(all="ignore"):
        return 1 / (1 - a)


def tokens_predicted__whole_draft(p, q, k):
    """none: all or nothing."""
    a = float(np.minimum(p, q).sum())
    return 1 + k * a**k


def tokens_predicted__simulated(p, q, k):
    """none: a simulation with a few hundred passes."""
    rng, total = random.Random(0), 0
    a = float(np.minimum(p, q).sum())
    for _ in range(300):
        n = 1
        while n <= k and rng.random() < a:
            n += 1
        total += n
    return total / 300


def tokens_predicted__no_rules(p, q, k):
    """right: nothing is refused."""
    a = math.fsum(np.minimum(p.astype(float), q.astype(float)))
    return float(sum(a**i for i in range(k + 1)))


def tokens_predicted__geometric_sum(p, q, k):
    """equal-models-raise: Python floats in the closed form."""
    accept = sum(min(float(a), float(b)) for a, b in zip(p, q, strict=False))
    return (1 - accept ** (k + 1)) / (1 - accept)


def tokens_predicted__k_when_equal(p, q, k):
    """equal-models-give-k: k for equal models."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    if p.ndim != 1 or p.shape != q.shape or p.size == 0:
        raise ValueError("shapes")
    a = np.minimum(p, q).sum()
    if a >= 1:
        return float(k)
    return float((1 - a ** (k + 1)) / (1 - a))


def tokens_predicted__denominator_epsilon(p, q, k):
    """smaller-epsilon: 1 - a + 1e-12."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    if p.ndim != 1 or p.shape != q.shape or p.size == 0:
        raise ValueError("shapes")
    a = np.minimum(p, q).sum()
    return float((1 - a ** (k + 1)) / (1 - a + 1e-12))


def tokens_predicted__only_the_sum(p, q, k):
    """shapes-left-to-numpy: minimum and powers, nothing else."""
    a = np.minimum(p, q).sum()
    return float(sum(a**i for i in range(k + 1)))
