"""Known mistakes of the lesson generation, in the form in which people write them first."""

import itertools
from collections import Counter

import numpy as np

# --- bpe_train ---


def _merged(pieces, pair):
    out, at = [], 0
    while at < len(pieces):
        if tuple(pieces[at : at + 2]) == tuple(pair):
            out.append(pieces[at] + pieces[at + 1])
            at += 2
        else:
            out.append(pieces[at])
            at += 1
    return out


def _train(words, n_merges, count=None, choose=None, merge=_merged, start=list, stop=True):
    if not words or "" in words:
        raise ValueError("no words")
    parts, merges = {word: start(word) for word in words}, []
    for _ in range(n_merges):
        table = Counter()
        for word, pieces in parts.items():
            for pair, times in (count or _every_place)(pieces).items():
                table[pair] += times * words[word]
        if not table and stop:
            break
        best = (choose or _smallest)(table)
        merges.append(best)
        parts = {word: merge(pieces, best) for word, pieces in parts.items()}
    return merges


def _every_place(pieces):
    return Counter(zip(pieces, pieces[1:], strict=False))


def _smallest(table):
    return min(table, key=lambda pair: (-table[pair], pair))


def bpe_train__counts_left_out(words, n_merges):
    """Each word counted once, however often it occurs: every place where a pair stands adds its word's count."""
    return _train(dict.fromkeys(words, 1), n_merges)


def bpe_train__once_a_word(words, n_merges):
    """A pair that stands twice in a word was counted once there: count it at every place, times the word's count."""
    return _train(words, n_merges, count=lambda pieces: Counter(set(zip(pieces, pieces[1:], strict=False))))


def bpe_train__replaces_in_spaced_text(words, n_merges):
    """Pieces were merged that only end with the pair's letters: str.replace on 'xa b' finds 'a b'. Compare whole pieces."""
    return _train(words, n_merges, merge=lambda pieces, pair: " ".join(pieces).replace(" ".join(pair), "".join(pair)).split(" "))


def bpe_train__first_seen_of_equal(words, n_merges):
    """Of equal counts the pair that was seen first was merged: `max` and `most_common` know no order of pairs. Take the smaller tuple."""
    return _train(words, n_merges, choose=lambda table: max(table, key=table.get))


def bpe_train__largest_of_equal(words, n_merges):
    """Of equal counts the largest pair was merged: max over (count, pair) prefers it. Take the smaller tuple: min over (-count, pair)."""
    return _train(words, n_merges, choose=lambda table: max(table, key=lambda pair: (table[pair], pair)))


def bpe_train__ties_by_joined_text(words, n_merges):
    """Equal counts were told apart by the joined text: ('a', 'bc') comes before ('ab', 'a') as a tuple, 'aba' before 'abc' as a text."""
    return _train(words, n_merges, choose=lambda table: min(table, key=lambda pair: (-table[pair], "".join(pair))))


def bpe_train__runs_counted_without_overlap(words, n_merges):
    """In a run of equal letters a pair was counted without overlap: 'bbb' holds (b, b) at two places, and both count here."""

    def count(pieces):
        table, last = Counter(), {}
        for at, pair in enumerate(zip(pieces, pieces[1:], strict=False)):
            if last.get(pair, -2) < at - 1:
                table[pair] += 1
                last[pair] = at
        return table

    return _train(words, n_merges, count=count)


def bpe_train__overlapping_merge(words, n_merges):
    """In a run a letter was used twice: 'aaa' became [aa, aa] or lost a letter. After a merge go on behind both pieces."""

    def merge(pieces, pair):
        out = []
        for at, piece in enumerate(pieces):
            if tuple(pieces[at : at + 2]) == pair:
                out.append("".join(pair))
            elif at == 0 or tuple(pieces[at - 1 : at + 1]) != pair:
                out.append(piece)
        return out

    return _train(words, n_merges, merge=merge)


def bpe_train__merges_from_the_right(words, n_merges):
    """In a run the right pair was merged first: 'aaa' is [aa, a], not [a, aa]. Go from left to right."""
    return _train(
        words,
        n_merges,
        merge=lambda pieces, pair: [piece[::-1] for piece in _merged([piece[::-1] for piece in pieces[::-1]], (pair[1][::-1], pair[0][::-1]))][::-1],
    )


def bpe_train__end_mark(words, n_merges):
    """A mark at the word's end took part in the merges: here a word is its characters alone (GPT-2 marks the beginning, the 2016 paper the end)."""
    return _train(words, n_merges, start=lambda word: [*word, "</w>"])


def bpe_train__rarest_pair(words, n_merges):
    """The pair with the smallest count was merged: take the one with the largest."""
    return _train(words, n_merges, choose=lambda table: min(table, key=lambda pair: (table[pair], pair)))


def bpe_train__stops_at_one(words, n_merges):
    """It stopped when the best pair occurs only once: go on until no pair is left."""
    merges = []
    for pair in _train(words, n_merges):
        parts = {word: list(word) for word in words}
        for done in merges:
            parts = {word: _merged(pieces, done) for word, pieces in parts.items()}
        if sum(_every_place(pieces)[pair] * words[word] for word, pieces in parts.items()) < 2:
            break
        merges.append(pair)
    return merges


def bpe_train__no_pair_left(words, n_merges):
    """It raised an error when no pair was left: stop there and return the merges made so far."""
    return _train(words, n_merges, stop=False)


def bpe_train__pieces_instead_of_pairs(words, n_merges):
    """The merges came back as joined strings: return the pairs, (left, right), since the rules need both parts."""
    return [left + right for left, right in _train(words, n_merges)]


def bpe_train__empty_accepted(words, n_merges):
    """No words, or an empty word, were accepted: raise ValueError."""
    words = {word: count for word, count in words.items() if word}
    return _train(words, n_merges) if words else []


def bpe_train__empty_word_accepted(words, n_merges):
    """An empty word was accepted: raise ValueError for it, as for no words at all."""
    if not words:
        raise ValueError("no words")
    words = {word: count for word, count in words.items() if word}
    return _train(words, n_merges) if words else []


def bpe_train__empties_the_dict(words, n_merges):
    """The caller's dict was changed: build your own lists of pieces, and leave `words` alone."""
    if not words or "" in words:
        raise ValueError("no words")
    own = {}
    while words:
        word, count = words.popitem()
        own[word] = count
    return _train(dict(reversed(own.items())), n_merges)


# --- bpe_encode ---


def bpe_encode__longest_match(word, merges):
    """The longest known piece was taken from the left: that is WordPiece. BPE merges the pair that was learned first, wherever it stands."""
    known, out, at = {left + right for left, right in merges}, [], 0
    while at < len(word):
        size = next((size for size in range(len(word) - at, 1, -1) if word[at : at + size] in known), 1)
        out.append(word[at : at + size])
        at += size
    return out


def bpe_encode__first_place_only(word, merges):
    """A rule merged only the first place where its pair stands: go on until no place is left before the next rule."""
    pieces = list(word)
    for pair in merges:
        for at in range(len(pieces) - 1):
            if (pieces[at], pieces[at + 1]) == tuple(pair):
                pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
                break
    return pieces


def bpe_encode__most_frequent_in_the_word(word, merges):
    """The pair that is most frequent in the word was merged first: at encoding the order of learning decides, not a count."""
    pieces, rules = list(word), [tuple(pair) for pair in merges]
    while True:
        pairs = [pair for pair in zip(pieces, pieces[1:], strict=False) if pair in rules]
        if not pairs:
            return pieces
        pieces = _merged(pieces, max(pairs, key=lambda pair: (pairs.count(pair), -rules.index(pair))))


def bpe_encode__most_frequent_then_leftmost(word, merges):
    """The pair most frequent in the word was merged, of equal ones the leftmost: at encoding the order of learning decides, not count or place."""
    pieces, rules = list(word), [tuple(pair) for pair in merges]
    while pairs := [pair for pair in itertools.pairwise(pieces) if pair in rules]:
        pieces = _merged(pieces, max(pairs, key=pairs.count))
    return pieces


def bpe_encode__last_learned_first(word, merges):
    """The pair that was learned last was merged first: go through the rules in the order in which they were learned."""
    pieces = list(word)
    for pair in reversed(merges):
        pieces = _merged(pieces, pair)
    return pieces


def bpe_encode__leftmost_rule(word, merges):
    """The leftmost pair that is a rule was merged: of the pairs that stand in the word take the one learned first."""
    pieces, rules = list(word), {tuple(pair) for pair in merges}
    while True:
        at = next((at for at in range(len(pieces) - 1) if (pieces[at], pieces[at + 1]) in rules), None)
        if at is None:
            return pieces
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]


def bpe_encode__one_merge(word, merges):
    """Only one rule was applied: repeat until no pair in the word is a rule."""
    pieces = list(word)
    for pair in merges:
        merged = _merged(pieces, pair)
        if merged != pieces:
            return merged
    return pieces


def bpe_encode__from_the_right(word, merges):
    """In a run the right pair was merged first: 'aaa' is [aa, a], not [a, aa]. Go from left to right."""
    pieces = list(word)
    for left, right in merges:
        at = len(pieces) - 2
        while at >= 0:
            if (pieces[at], pieces[at + 1]) == (left, right):
                pieces[at : at + 2] = [left + right]
                at -= 1
            at -= 1
    return pieces


def bpe_encode__replaces_in_spaced_text(word, merges):
    """Pieces were merged that only end or begin with the pair's letters: str.replace on 'xa b' finds 'a b'. Compare whole pieces."""
    text = " ".join(word)
    for left, right in merges:
        text = text.replace(f"{left} {right}", left + right)
    return text.split()


def bpe_encode__unknown_dropped(word, merges):
    """Characters that stand in no rule were dropped: they stay alone, so that the pieces always join to the word."""
    known = {letter for pair in merges for letter in "".join(pair)}
    pieces = [letter for letter in word if letter in known]
    for pair in merges:
        pieces = _merged(pieces, pair)
    return pieces


def bpe_encode__unknown_marked(word, merges):
    """Characters that stand in no rule became '<unk>': they stay alone, so that the pieces always join to the word."""
    known = {letter for pair in merges for letter in "".join(pair)}
    pieces = list(word)
    for pair in merges:
        pieces = _merged(pieces, pair)
    return [piece if len(piece) > 1 or piece in known else "<unk>" for piece in pieces]


def bpe_encode__empty_piece(word, merges):
    """'' gave an empty piece: it has no characters, so the list is empty."""
    pieces = list(word)
    for pair in merges:
        pieces = _merged(pieces, pair)
    return pieces or [""]


def bpe_encode__empties_the_merges(word, merges):
    """The caller's merges are used up afterwards: go through the list, do not pop from it."""
    pieces = list(word)
    while merges:
        pieces = _merged(pieces, merges.pop(0))
    return pieces


def bpe_encode__largest_rank_first(word, merges):
    """Of the pairs that stand in the word the one learned last was merged: take the one learned first, the smallest rank."""
    rank = {pair: place for place, pair in enumerate(merges)}
    pieces = list(word)
    while pairs := [pair for pair in itertools.pairwise(pieces) if pair in rank]:
        pieces = _merged(pieces, max(pairs, key=rank.get))
    return pieces


# --- stream_mended ---


def stream_mended__each_piece_alone(pieces):
    """A cut character became U+FFFD, once for each part: a piece may end within a character. Keep the rest for the next piece."""
    return [piece.decode("utf-8", errors="replace") for piece in pieces]


def stream_mended__cut_characters_dropped(pieces):
    """Characters that were cut between two pieces are missing: errors='ignore' drops their bytes. Keep them for the next piece."""
    return [piece.decode("utf-8", errors="ignore") for piece in pieces]


def stream_mended__all_or_nothing(pieces):
    """Whole characters waited for the cut one behind them: a piece gives all that it completes, and only the cut character waits."""
    rest, out = b"", []
    for piece in pieces:
        rest += piece
        try:
            out.append(rest.decode())
            rest = b""
        except UnicodeDecodeError:
            out.append("")
    if rest:
        raise ValueError("ends within a character")
    return out


def stream_mended__latin_1(pieces):
    """Each byte became a character of its own: the bytes are UTF-8, in which a character takes one to four bytes."""
    return [piece.decode("latin-1") for piece in pieces]


def stream_mended__all_at_the_end(pieces):
    """Nothing came before the last piece: a stream shows each character as soon as it is complete."""
    return [*[""] * (len(pieces) - 1), b"".join(pieces).decode()] if pieces else []


def stream_mended__waits_at_a_mark(pieces):
    """A U+FFFD that is in the text itself was taken for a cut character and held back: ask the bytes, not the decoded text."""
    rest, out = b"", []
    for piece in pieces:
        rest += piece
        text = rest.decode("utf-8", errors="replace")
        if text.endswith("\ufffd"):
            whole = text.rstrip("\ufffd")
            out.append(whole)
            rest = rest[len(whole.encode()) :]
        else:
            out.append(text)
            rest = b""
    if rest:
        raise ValueError("ends within a character")
    return out


def stream_mended__one_string(pieces):
    """The result is one string: return a list with one entry for each piece, since each is shown when it comes."""
    return b"".join(pieces).decode()


def stream_mended__empty_pieces_skipped(pieces):
    """Pieces that complete nothing have no entry: give '' for them, so that there is one for each piece."""
    return [text for text in _increments(pieces) if text]


def stream_mended__cut_end_accepted(pieces):
    """Bytes that end within a character were accepted, and the rest was lost: raise ValueError."""
    return _increments(pieces, final=False)


def stream_mended__broken_bytes_accepted(pieces):
    """Bytes that are no UTF-8 were accepted: raise ValueError, as strict decoding does."""
    return _increments(pieces, errors="replace")


def stream_mended__nothing_refused(pieces):
    """Bytes that are no UTF-8, and a cut end, were accepted: errors='ignore' passes over them. Decode strictly, with final=True at the end."""
    return _increments(pieces, errors="ignore", final=False)


def _increments(pieces, errors="strict", final=True):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    return [decoder.decode(piece, final and at == len(pieces) - 1) for at, piece in enumerate(pieces)]


# --- greedy_decode ---


def _greedy(next_logits, prompt, eos, max_new, pick=None):
    if not len(prompt):
        raise ValueError("an empty prompt")
    new = []
    while len(new) < max_new:
        token = (pick or _argmax)(next_logits([*prompt, *new]))
        if token == eos:
            break
        new.append(token)
    return new


def _argmax(values):
    return int(np.argmax(values))


def greedy_decode__prompt_too(next_logits, prompt, eos, max_new):
    """The prompt came back as well: return only the new tokens."""
    return [*prompt, *_greedy(next_logits, prompt, eos, max_new)]


def greedy_decode__keeps_eos(next_logits, prompt, eos, max_new):
    """eos stands in the result: it ends the text and is not part of it. Look before you append."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    new = []
    for _ in range(max_new):
        new.append(_argmax(next_logits([*prompt, *new])))
        if new[-1] == eos:
            break
    return new


def greedy_decode__goes_on_after_eos(next_logits, prompt, eos, max_new):
    """It went on after eos: stop there."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    new = []
    for _ in range(max_new):
        new.append(_argmax(next_logits([*prompt, *new])))
    return [token for token in new if token != eos]


def greedy_decode__last_token_only(next_logits, prompt, eos, max_new):
    """The model was given the last token alone: without a cache it needs the prompt and all new tokens."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    new, last = [], prompt[-1]
    while len(new) < max_new:
        last = _argmax(next_logits([last]))
        if last == eos:
            break
        new.append(last)
    return new


def greedy_decode__prompt_forgotten(next_logits, prompt, eos, max_new):
    """After the first token the model was given the new tokens without the prompt: give it both, each time."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    new = []
    while len(new) < max_new:
        token = _argmax(next_logits(list(new) if new else list(prompt)))
        if token == eos:
            break
        new.append(token)
    return new


def greedy_decode__same_logits_again(next_logits, prompt, eos, max_new):
    """The new tokens never reached the model: append each one to the list that it is given."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    token = _argmax(next_logits(list(prompt)))
    return [] if token == eos else [token] * max_new


def greedy_decode__smallest_logit(next_logits, prompt, eos, max_new):
    """The token with the smallest logit was taken: take the largest."""
    return _greedy(next_logits, prompt, eos, max_new, lambda values: int(np.argmin(values)))


def greedy_decode__last_of_equal(next_logits, prompt, eos, max_new):
    """Of equal logits the last was taken: `np.argsort(...)[-1]` does that; `np.argmax` takes the lowest index."""
    return _greedy(next_logits, prompt, eos, max_new, lambda values: int(np.argsort(values, kind="stable")[-1]))


def greedy_decode__starts_from_a_constant(next_logits, prompt, eos, max_new):
    """Where all logits are far below 0 the largest was not found: start the search for it from -inf, not from a number."""
    return _greedy(next_logits, prompt, eos, max_new, _from(-100.0))


def greedy_decode__starts_from_a_billion(next_logits, prompt, eos, max_new):
    """Where all logits are very far below 0 the largest was not found: start the search for it from -inf, not from a number."""
    return _greedy(next_logits, prompt, eos, max_new, _from(-1e9))


def _from(start):
    """The index of the largest, searched for from a number on."""

    def pick(values):
        best, where = start, 0
        for index, value in enumerate(values):
            if value > best:
                best, where = value, index
        return where

    return pick


def greedy_decode__counts_the_prompt(next_logits, prompt, eos, max_new):
    """max_new was compared with the whole length: it counts the new tokens only."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    tokens = list(prompt)
    while len(tokens) < max_new:
        token = _argmax(next_logits(tokens))
        if token == eos:
            break
        tokens.append(token)
    return tokens[len(prompt) :]


def greedy_decode__one_too_many(next_logits, prompt, eos, max_new):
    """One token more than max_new came: count before you append."""
    return _greedy(next_logits, prompt, eos, max_new + 1)


def greedy_decode__eos_in_the_prompt(next_logits, prompt, eos, max_new):
    """An eos in the prompt stopped it: only a new one ends the text."""
    return [] if eos in prompt and len(prompt) else _greedy(next_logits, prompt, eos, max_new)


def greedy_decode__always_one(next_logits, prompt, eos, max_new):
    """With max_new = 0 a token came all the same: look at max_new before the model is asked."""
    return _greedy(next_logits, prompt, eos, max(max_new, 1))


def greedy_decode__grows_the_prompt(next_logits, prompt, eos, max_new):
    """The caller's prompt grew: `append` changes the list that was given. Work on a copy."""
    if not len(prompt):
        raise ValueError("an empty prompt")
    start = len(prompt)
    for _ in range(max_new):
        token = _argmax(next_logits(prompt))
        if token == eos:
            break
        prompt.append(token)
    return prompt[start:]


def greedy_decode__empty_prompt_accepted(next_logits, prompt, eos, max_new):
    """An empty prompt was accepted: raise ValueError."""
    return _greedy(next_logits, prompt, eos, max_new) if len(prompt) else []


# --- top_k_filter ---


def _vector(logits):
    if np.ndim(logits) != 1 or len(logits) == 0:
        raise ValueError("logits must be (V,)")


def _top(logits, k):
    _vector(logits)
    if k < 1:
        raise ValueError("k must be 1 or more")
    return np.argsort(-np.asarray(logits, dtype=float), kind="stable")[:k]


def _like(logits, values):
    """In the dtype of the logits, where that is a floating one."""
    return values.astype(logits.dtype if logits.dtype.kind == "f" else float)


def _keep(logits, indices, rest=-np.inf):
    values = np.full(len(logits), rest)
    indices = np.asarray(indices, dtype=int)
    values[indices] = np.asarray(logits, dtype=float)[indices]
    return values


def top_k_filter__ties_all_stay(logits, k):
    """More than k entries stay where the k-th value occurs again: comparing with the threshold keeps all ties. Keep the lower indices."""
    _top(logits, k)
    threshold = np.sort(np.asarray(logits, dtype=float))[-min(k, len(logits))]
    return np.where(logits < threshold, -np.inf, logits)


def top_k_filter__ties_all_go(logits, k):
    """Entries equal to the k-th largest are gone, so fewer than k stay: exactly k must."""
    _top(logits, k)
    values = np.asarray(logits, dtype=float)
    if k >= len(values):
        return values.copy()
    return np.where(values > np.sort(values)[-k - 1], values, -np.inf)


def top_k_filter__last_of_equal(logits, k):
    """Of equal logits those with the higher index stay: `np.argsort(x)[-k:]` does that. Sort -x with a stable sort and take the first k."""
    _top(logits, k)
    return _keep(logits, np.argsort(np.asarray(logits, dtype=float), kind="stable")[-k:])


def top_k_filter__argpartition(logits, k):
    """Of equal logits others stay, and a k of V is out of bounds: np.argpartition knows no order of equal ones. Take a stable sort of -x."""
    _top(logits, k)
    return _keep(logits, np.argpartition(-np.asarray(logits, dtype=float), k)[:k])


def top_k_filter__keeps_the_smallest(logits, k):
    """The k smallest logits stay: sort in falling order."""
    _top(logits, k)
    return _keep(logits, np.argsort(np.asarray(logits, dtype=float), kind="stable")[:k])


def top_k_filter__removes_the_largest(logits, k):
    """The k largest logits became -inf and the others stay: the mask is the wrong way round."""
    values = np.array(logits, dtype=float)
    values[_top(logits, k)] = -np.inf
    return values


def top_k_filter__zeros(logits, k):
    """Filtered tokens have the logit 0: softmax gives that a probability, above that of negative logits. Use -inf."""
    return _keep(logits, _top(logits, k), 0.0)


def top_k_filter__large_negative_number(logits, k):
    """Filtered tokens have a large negative number instead of -inf: then they can still be drawn, where all others are as low. Use -inf."""
    return _keep(logits, _top(logits, k), -1e9)


def top_k_filter__probabilities(logits, k):
    """Probabilities came back: the filter keeps the logits as they are."""
    top = _top(logits, k)
    values = np.asarray(logits, dtype=float)
    weights = np.exp(values - np.max(values))
    out = np.zeros(len(values))
    out[top] = weights[top] / weights[top].sum()
    return out


def top_k_filter__sorted(logits, k):
    """The k largest came back in falling order: the result has V entries, each where it was."""
    return np.asarray(logits, dtype=float)[_top(logits, k)]


def top_k_filter__one_fewer(logits, k):
    """k - 1 entries stay: the k-th largest is missing. Compare with >=, not with >."""
    return _keep(logits, _top(logits, k)[: min(k, len(logits)) - 1])


def top_k_filter__k_above_v_fails(logits, k):
    """A k above V was refused or raised an error: all entries stay then."""
    top = _top(logits, k)
    if k > len(logits):
        raise ValueError("k is larger than the vocabulary")
    return _keep(logits, top)


def top_k_filter__k_of_zero_accepted(logits, k):
    """k < 1 was accepted: raise ValueError."""
    _vector(logits)
    return _like(logits, _keep(logits, _top(logits, max(k, 1)) if k > 0 else []))


def top_k_filter__float64_only(logits, k):
    """float32 logits came back as float64: make the result in the dtype of the logits."""
    return _keep(logits, _top(logits, k))


def top_k_filter__in_place(logits, k):
    """The caller's logits were changed: work on a copy."""
    order = np.argsort(-logits.astype(float), kind="stable")
    _top(logits, k)
    logits[order[k:]] = -np.inf
    return logits


def top_k_filter__in_place_negated(logits, k):
    """The caller's logits were changed, and negated in their own type, which bools do not allow: work on a copy, as float."""
    order = np.argsort(-logits, kind="stable")
    _top(logits, k)
    logits[order[k:]] = -np.inf
    return logits


def top_k_filter__hands_back_the_input(logits, k):
    """Where all stay the caller's own array came back: return a new one, always."""
    top = _top(logits, k)
    return logits if k >= len(logits) else _keep(logits, top).astype(logits.dtype if logits.dtype.kind == "f" else float)


def top_k_filter__sorted_and_filled(logits, k):
    """The k largest came back in falling order at the front: each stays where it was, and the others become -inf in their places."""
    found = np.sort(np.asarray(logits, dtype=float))[::-1]
    return np.where(np.arange(len(found)) < k, found, -np.inf)


# --- top_p_filter ---


def _p(logits, p):
    _vector(logits)
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")


def _softmax(logits):
    weights = np.exp(np.asarray(logits, dtype=float) - np.max(logits))
    return weights / weights.sum()


def _falling(logits):
    order = np.argsort(-np.asarray(logits, dtype=float), kind="stable")
    return order, np.cumsum(_softmax(logits)[order])


def top_p_filter__drops_the_crossing(logits, p):
    """The token with which the sum reaches p is missing (all are, where the first one crosses): keep it. Compare the sum BEFORE each token with p."""
    _p(logits, p)
    order, sums = _falling(logits)
    return _keep(logits, order if p == 1 else order[sums <= p])


def top_p_filter__drops_all_but_one(logits, p):
    """The token with which the sum reaches p is missing, except where nothing else would stay: keep it always."""
    _p(logits, p)
    order, sums = _falling(logits)
    stay = sums <= p
    stay[0] = True
    return _keep(logits, order if p == 1 else order[stay])


def top_p_filter__one_too_many(logits, p):
    """One token more than needed stays: the one that reaches p is the last."""
    _p(logits, p)
    order, sums = _falling(logits)
    return _keep(logits, order if p == 1 else order[: int(np.sum(sums < p)) + 2])


def top_p_filter__from_the_least_probable(logits, p):
    """The least probable tokens stay: sort in falling order before you add up."""
    _p(logits, p)
    order, _ = _falling(logits)
    order = order[::-1]
    sums = np.cumsum(_softmax(logits)[order])
    return _keep(logits, order[sums - _softmax(logits)[order] < p])


def top_p_filter__not_put_back(logits, p):
    """The logits came back in falling order: put them back where they were."""
    _p(logits, p)
    order, sums = _falling(logits)
    values = np.asarray(logits, dtype=float)[order]
    return values if p == 1 else np.where(np.arange(len(order)) <= np.sum(sums < p), values, -np.inf)


def top_p_filter__mask_not_put_back(logits, p):
    """What to remove was found in falling order, and removed in index order: put the mask back first, remove[order] = mask."""
    _p(logits, p)
    order, sums = _falling(logits)
    stay = np.arange(len(order)) <= np.sum(sums < p)
    return _keep(logits, np.arange(len(order)) if p == 1 else np.flatnonzero(stay))


def top_p_filter__index_order(logits, p):
    """Tokens were added in index order: the most probable ones come first."""
    _p(logits, p)
    sums = np.cumsum(_softmax(logits))
    return _keep(logits, np.arange(len(logits)) if p == 1 else np.arange(int(np.sum(sums < p)) + 1))


def top_p_filter__threshold(logits, p):
    """Tokens with a probability above a threshold stay: p is a sum of probabilities, not a bound for each (that would be min-p)."""
    _p(logits, p)
    chances = _softmax(logits)
    return np.where(chances >= p * chances.max() if p < 1 else True, logits, -np.inf)


def top_p_filter__probabilities(logits, p):
    """Probabilities came back: the filter keeps the logits as they are."""
    _p(logits, p)
    order, sums = _falling(logits)
    stay = order if p == 1 else order[: int(np.sum(sums < p)) + 1]
    chances, out = _softmax(logits), np.zeros(len(logits))
    out[stay] = chances[stay] / chances[stay].sum()
    return out


def top_p_filter__zeros(logits, p):
    """Filtered tokens have the logit 0: softmax gives that a probability, above that of negative logits. Use -inf."""
    _p(logits, p)
    order, sums = _falling(logits)
    return _keep(logits, order if p == 1 else order[: int(np.sum(sums < p)) + 1], 0.0)


def top_p_filter__softmax_left_out(logits, p):
    """Logits were added up as if they were probabilities: take the softmax first."""
    _p(logits, p)
    values = np.asarray(logits, dtype=float)
    order = np.argsort(-values, kind="stable")
    before = np.cumsum(values[order]) - values[order]
    return _keep(logits, order[before < p])


def top_p_filter__ties_all_stay(logits, p):
    """All tokens as probable as the last one stay: of equal ones only as many as it takes, the lower indices first."""
    _p(logits, p)
    order, sums = _falling(logits)
    values = np.asarray(logits, dtype=float)
    last = order[min(int(np.sum(sums < p)), len(order) - 1)]
    return values.copy() if p == 1 else np.where(values >= values[last], values, -np.inf)


def top_p_filter__last_of_equal(logits, p):
    """Of equal tokens those with the higher index stay: `np.argsort(x)[::-1]` does that. Sort -x with a stable sort."""
    _p(logits, p)
    order = np.argsort(np.asarray(logits, dtype=float), kind="stable")[::-1]
    sums = np.cumsum(_softmax(logits)[order])
    return _keep(logits, order if p == 1 else order[: int(np.sum(sums < p)) + 1])


def top_p_filter__p_of_one_drops(logits, p):
    """With p = 1 tokens are missing whose probability is lost in the rounding of the sum: keep all of them."""
    _p(logits, p)
    order, sums = _falling(logits)
    return _keep(logits, order[: int(np.sum(sums < p)) + 1])


def top_p_filter__overflows(logits, p):
    """exp of logits around 1000 is inf, and inf / inf is nan: subtract the largest logit first."""
    _p(logits, p)
    values = np.asarray(logits, dtype=float)
    weights = np.exp(values)
    order = np.argsort(-values, kind="stable")
    sums = np.cumsum((weights / weights.sum())[order])
    return _keep(logits, order if p == 1 else order[: int(np.sum(sums < p)) + 1])


def top_p_filter__nan_compared(logits, p):
    """exp of logits around 1000 is inf, and inf / inf is nan, which is below no p: subtract the largest logit first."""
    _p(logits, p)
    values = np.asarray(logits, dtype=float)
    with np.errstate(all="ignore"):
        chances = np.exp(values) / np.exp(values).sum()
    order = np.argsort(-values, kind="stable")
    sums = np.cumsum(chances[order])
    return _keep(logits, order if p == 1 else order[sums - chances[order] < p])


def top_p_filter__any_p(logits, p):
    """A p of 0 or less, or above 1, was accepted: raise ValueError."""
    _vector(logits)
    order, sums = _falling(logits)
    return _like(logits, _keep(logits, order if p >= 1 else order[: int(np.sum(sums < p)) + 1]))


def top_p_filter__float64_only(logits, p):
    """float32 logits came back as float64: make the result in the dtype of the logits."""
    _p(logits, p)
    order, sums = _falling(logits)
    return _keep(logits, order if p == 1 else order[: int(np.sum(sums < p)) + 1])


def top_p_filter__hands_back_the_input(logits, p):
    """Where all stay the caller's own array came back: return a new one, always."""
    _p(logits, p)
    if p == 1:
        return logits
    order, sums = _falling(logits)
    return _keep(logits, order[: int(np.sum(sums < p)) + 1]).astype(logits.dtype if logits.dtype.kind == "f" else float)


# --- sample_token ---


def _scaled(logits, temperature):
    _vector(logits)
    values = np.asarray(logits, dtype=float)
    if temperature < 0 or not np.any(values > -np.inf):
        raise ValueError("a temperature below 0, or nothing to draw")
    return values


def _sampled(values, temperature, u):
    if temperature == 0:
        return int(np.argmax(values))
    sums = np.cumsum(np.exp((values - values.max()) / temperature))
    return int(np.searchsorted(sums, u * sums[-1], side="right"))


def sample_token__multiplied_by_temperature(logits, temperature, u):
    """The logits were multiplied by the temperature: divide. A high temperature must make the distribution flatter."""
    values = _scaled(logits, temperature)
    return _sampled(values, 1 / temperature if temperature else 0, u)


def sample_token__temperature_left_out(logits, temperature, u):
    """The temperature made no difference: divide the logits by it before the softmax."""
    return _sampled(_scaled(logits, temperature), 1.0 if temperature else 0, u)


def sample_token__sorted_order(logits, temperature, u):
    """The probabilities were added up from the most probable token on: here the order is that of the indices."""
    values = _scaled(logits, temperature)
    order = np.argsort(-values, kind="stable")
    return int(order[_sampled(values[order], temperature, u)])


def sample_token__argmax(logits, temperature, u):
    """The most probable token came, whatever u was: that is greedy decoding. Draw by u."""
    return _sampled(_scaled(logits, temperature), 0, u)


def sample_token__token_before(logits, temperature, u):
    """The token before the drawn one came: searchsorted already gives the first sum above u. Do not subtract 1."""
    values = _scaled(logits, temperature)
    return max(_sampled(values, temperature, u) - (1 if temperature else 0), 0)


def sample_token__softmax_left_out(logits, temperature, u):
    """Logits were added up as if they were probabilities: take the softmax first."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    with np.errstate(all="ignore"):
        return int(np.argmax(np.cumsum(values / temperature) > u))


def sample_token__probabilities_divided(logits, temperature, u):
    """The probabilities were divided by the temperature: normalised again they are what they were. Divide the logits, before the softmax."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = np.cumsum(_softmax(values) / temperature)
    return int(min(np.searchsorted(sums, u, side="right"), len(values) - 1))


def sample_token__sum_reaches_u(logits, temperature, u):
    """At u = 0 a token of probability 0 was drawn: searchsorted with side='left', or >=, finds the first sum that reaches u; it must exceed u."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = np.cumsum(np.exp((values - values.max()) / temperature))
    return int(np.searchsorted(sums, u * sums[-1], side="left"))


def sample_token__index_beyond_the_end(logits, temperature, u):
    """For u just below 1 the index was V: rounded probabilities sum to less than u. Compare with u times the last sum."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    return int(np.searchsorted(np.cumsum(_softmax(values / temperature)), u, side="right"))


def sample_token__last_index_at_the_end(logits, temperature, u):
    """For u just below 1 the last index came, though its token has the logit -inf: take the last token that can be drawn."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = np.cumsum(_softmax(values / temperature))
    return int(min(np.searchsorted(sums, u, side="right"), len(values) - 1))


def sample_token__first_index_at_the_end(logits, temperature, u):
    """For u just below 1 token 0 came: argmax over a row of False is 0. Rounded sums may end below u; compare with u times the last sum."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    return int(np.argmax(np.cumsum(_softmax(values / temperature)) > u))


def sample_token__divides_by_zero(logits, temperature, u):
    """At temperature 0 the logits were divided by 0: take the largest logit instead."""
    values = _scaled(logits, temperature)
    with np.errstate(all="ignore"):
        scaled = values / np.float64(temperature)
        sums = np.cumsum(np.exp(scaled - scaled.max()))
        return int(np.searchsorted(sums, u * sums[-1], side="right"))


def sample_token__last_token_when_cold(logits, temperature, u):
    """At temperature 0 the logits were divided by 0: no sum exceeds u then, and the last token came. Take the largest logit instead."""
    values = _scaled(logits, temperature)
    return _sampled(values, temperature, u) if temperature else int(np.flatnonzero(values > -np.inf)[-1])


def sample_token__cold_raises(logits, temperature, u):
    """At temperature 0 the logits were divided by 0: take the largest logit instead."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        raise ZeroDivisionError
    return _sampled(values, temperature, u)


def sample_token__tiny_temperature(logits, temperature, u):
    """Temperature 0 became a small number: equal logits are then drawn by u. Take `np.argmax`, which takes the lowest index."""
    return _sampled(_scaled(logits, temperature), max(temperature, 1e-8), u)


def sample_token__token_0_when_cold(logits, temperature, u):
    """At temperature 0 the logits were divided by 0: all probabilities are nan, and token 0 came. Take the largest logit instead."""
    values = _scaled(logits, temperature)
    return _sampled(values, temperature, u) if temperature else 0


def sample_token__cold_takes_the_last(logits, temperature, u):
    """At temperature 0 the last of equal logits came: take the lowest index, as `np.argmax` does."""
    values = _scaled(logits, temperature)
    return _sampled(values, temperature, u) if temperature else int(np.argsort(values, kind="stable")[-1])


def sample_token__overflows(logits, temperature, u):
    """exp of logits around 1000 is inf: subtract the largest logit first."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = np.cumsum(np.exp(values / temperature))
    return int(np.searchsorted(sums, u * sums[-1], side="right"))


def _overflowed(logits, temperature, u):
    """The sums of probabilities without the largest logit subtracted."""
    with np.errstate(all="ignore"):
        weights = np.exp(logits / temperature)
        return np.cumsum(weights / weights.sum())


def sample_token__overflows_to_the_last(logits, temperature, u):
    """exp of logits around 1000 is inf, inf / inf is nan, and the last token came: subtract the largest logit first."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    found = np.flatnonzero((_overflowed(values, temperature, u) > u) & (values > -np.inf))
    return int(found[0] if len(found) else np.flatnonzero(values > -np.inf)[-1])


def sample_token__overflows_to_the_first(logits, temperature, u):
    """exp of logits around 1000 is inf, inf / inf is nan, and token 0 came: subtract the largest logit first."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = _overflowed(values, temperature, u)
    if np.all(np.isfinite(sums)):
        return _sampled(values, temperature, u)
    return int(np.argmax((sums > u) & (values > -np.inf)))


def sample_token__overflows_in_the_search(logits, temperature, u):
    """exp of logits around 1000 is inf, inf / inf is nan, and searchsorted takes nan for the largest: subtract the largest logit first."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    sums = _overflowed(values, temperature, u)
    if np.all(np.isfinite(sums)):
        return _sampled(values, temperature, u)
    return min(int(np.searchsorted(sums, u, side="right")), len(values) - 1)


def sample_token__negative_temperature(logits, temperature, u):
    """A temperature below 0 was accepted: it would prefer the least probable token. Raise ValueError."""
    values = np.asarray(logits, dtype=float)
    _vector(logits)
    if not np.any(values > -np.inf):
        raise ValueError("nothing to draw")
    return _sampled(values, temperature, u)


def sample_token__nothing_refused(logits, temperature, u):
    """A temperature below 0, and logits that are all -inf, were accepted: raise ValueError for both."""
    _vector(logits)
    with np.errstate(all="ignore"):
        return _sampled(np.asarray(logits, dtype=float), temperature, u)


def sample_token__nothing_to_draw(logits, temperature, u):
    """Logits that are all -inf were accepted: there is nothing to draw. Raise ValueError."""
    _vector(logits)
    if temperature < 0:
        raise ValueError("a temperature below 0")
    values = np.asarray(logits, dtype=float)
    return _sampled(values, temperature, u) if np.any(values > -np.inf) else 0


def sample_token__reaches_u_and_beyond(logits, temperature, u):
    """The first sum that reaches u was taken: at u = 0 its token may have probability 0. The sum must exceed u, and u stay below the last sum."""
    values = _scaled(logits, temperature)
    if temperature == 0:
        return int(np.argmax(values))
    return int(np.searchsorted(np.cumsum(_softmax(values / temperature)), u))


# --- penalty_counterexample ---


def penalty_counterexample__positive_logits():
    """Every seen token has a positive logit: dividing lowers it, and the given function is right there."""
    return np.array([1.0, 2.0, 3.0]), [2], 1.5


def penalty_counterexample__nothing_seen():
    """Nothing was seen: then nothing changes."""
    return np.array([-1.0, -2.0, -3.0]), [], 1.5


def penalty_counterexample__penalty_of_one():
    """A penalty of 1 changes nothing: take a larger one."""
    return np.array([-1.0, -2.0, -3.0]), [0], 1.0


def penalty_counterexample__logit_of_zero():
    """No seen token has a negative logit: a positive one falls, and 0 divided is 0. Take a negative one."""
    return np.array([0.0, 2.0, 3.0]), [0], 1.5


def penalty_counterexample__all_alike():
    """All tokens were seen and have the same logit: all rise alike, so no probability changes."""
    return np.array([-2.0, -2.0, -2.0]), [0, 1, 2], 1.5


def penalty_counterexample__others_fall():
    """A seen token became more probable only because another seen one fell; the right rule does that too. Take one whose logit rises."""
    return np.array([4.0, 1.0, 0.5]), [0, 1], 2.0


def penalty_counterexample__two_values():
    """Two values came back: the penalty is missing. Return (logits, seen, penalty)."""
    return np.array([-1.0, -2.0, -3.0]), [0]


# --- penalty_mended ---


def _seen(logits, seen):
    _vector(logits)
    if any(not 0 <= token < len(logits) for token in seen):
        raise ValueError("a token outside the vocabulary")


def _penalise(logits, seen, penalty):
    values = np.array(logits, dtype=float)
    for token in set(seen):
        values[token] = values[token] / penalty if values[token] > 0 else values[token] * penalty
    return values


def penalty_mended__divides_all(logits, seen, penalty):
    """A negative logit was divided and thereby raised, so the token became more probable: multiply it."""
    _seen(logits, seen)
    return np.where(np.isin(np.arange(len(logits)), seen), np.asarray(logits, dtype=float) / penalty, logits)


def penalty_mended__multiplies_all(logits, seen, penalty):
    """A positive logit was multiplied and thereby raised, so the token became more probable: divide it."""
    _seen(logits, seen)
    with np.errstate(all="ignore"):
        return np.where(np.isin(np.arange(len(logits)), seen), np.asarray(logits, dtype=float) * penalty, logits)


def penalty_mended__sign_swapped(logits, seen, penalty):
    """Positive logits were multiplied and negative ones divided: the other way round."""
    _seen(logits, seen)
    values = np.array(logits, dtype=float)
    for token in set(seen):
        values[token] = values[token] * penalty if values[token] > 0 else values[token] / penalty
    return values


def penalty_mended__subtracts(logits, seen, penalty):
    """The penalty was subtracted: that is the presence penalty of other interfaces. Here it is a factor."""
    _seen(logits, seen)
    return np.where(np.isin(np.arange(len(logits)), seen), np.asarray(logits, dtype=float) - penalty, logits)


def penalty_mended__negative_left_alone(logits, seen, penalty):
    """Negative logits of seen tokens stayed as they were: multiply them, so that they fall too."""
    _seen(logits, seen)
    values = np.array(logits, dtype=float)
    for token in set(seen):
        values[token] = values[token] / penalty if values[token] > 0 else values[token]
    return values


def penalty_mended__all_tokens(logits, seen, penalty):
    """Tokens that were not seen were penalised as well: only those in `seen` are."""
    _seen(logits, seen)
    values = np.asarray(logits, dtype=float)
    return np.where(values > 0, values / penalty, values * penalty)


def penalty_mended__log_softmax_first(logits, seen, penalty):
    """The logits became log-probabilities first, which are all negative: the rule goes by the sign of the logits as they are."""
    _seen(logits, seen)
    values = np.asarray(logits, dtype=float) - np.max(logits)
    return _penalise(values - np.log(np.exp(values).sum()), seen, penalty)


def penalty_mended__once_for_each_time(logits, seen, penalty):
    """A token that was seen several times was penalised several times: repeats count once. Loop over set(seen)."""
    _seen(logits, seen)
    values = np.array(logits, dtype=float)
    for token in seen:
        values[token] = values[token] / penalty if values[token] > 0 else values[token] * penalty
    return values


def penalty_mended__no_seen_fails(logits, seen, penalty):
    """An empty list of seen tokens raised an error: nothing changes then."""
    _seen(logits, seen)
    if max(seen) >= len(logits):
        raise ValueError("a token outside the vocabulary")
    return _penalise(logits, seen, penalty)


def penalty_mended__float64_only(logits, seen, penalty):
    """float32 logits came back as float64: make the result in the dtype of the logits."""
    _seen(logits, seen)
    return _penalise(logits, seen, penalty)


def penalty_mended__in_place(logits, seen, penalty):
    """The caller's logits were changed: work on a copy."""
    _seen(logits, seen)
    for token in set(seen):
        logits[token] = logits[token] / penalty if logits[token] > 0 else logits[token] * penalty
    return logits


def penalty_mended__hands_back_the_input(logits, seen, penalty):
    """Where nothing changes the caller's own array came back: return a new one, always."""
    _seen(logits, seen)
    if not seen or penalty == 1:
        return logits
    return _penalise(logits, seen, penalty).astype(logits.dtype if logits.dtype.kind == "f" else float)


def penalty_mended__tokens_from_the_end(logits, seen, penalty):
    """A token of -1 was taken for the last one, or one of V was ignored: raise ValueError outside 0..V-1."""
    _vector(logits)
    return _like(logits, _penalise(logits, [token for token in seen if token < len(logits)], penalty))


def penalty_mended__tokens_left_to_numpy(logits, seen, penalty):
    """Tokens outside 0..V-1 were left to numpy: -1 is its last token, and V an IndexError. Raise ValueError for both."""
    _vector(logits)
    return _like(logits, _penalise(logits, seen, penalty))


def penalty_mended__negative_tokens_accepted(logits, seen, penalty):
    """A negative token was accepted: raise ValueError outside 0..V-1."""
    _vector(logits)
    if any(token >= len(logits) for token in seen):
        raise ValueError("a token outside the vocabulary")
    return _like(logits, _penalise(logits, seen, penalty))


# --- beam_search ---


def _beam(log_probs, eos, width, max_len, alpha, **other):
    """The search with one thing done in another way."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    live, done = [([], 0.0)], []
    for _ in range(max_len):
        longer = [[([*t, k], s + float(c)) for k, c in enumerate(log_probs(t))] for t, s in live]
        if other.get("each"):
            best = [h for one in longer for h in sorted(one, key=lambda h: -h[1])[:width]]
        else:
            best = sorted((h for one in longer for h in one), key=lambda h: -h[1])
        if other.get("refill"):
            done += [h for h in best[:width] if h[0][-1] == eos]
            live = [h for h in best if h[0][-1] != eos][:width]
            continue
        best = best if other.get("each") else best[:width]
        if other.get("rising"):
            best = sorted((h for one in longer for h in one), key=lambda h: h[1])[:width]
        if other.get("keeps_finished"):
            live = best
            continue
        done += [h for h in best if h[0][-1] == eos]
        live = best if other.get("notes_finished") else [h for h in best if h[0][-1] != eos]
        if (other.get("first") and done) or (other.get("enough") and len(done) >= width) or not live:
            break
        if other.get("ahead") and done and max(h[1] / len(h[0]) ** alpha for h in done) >= max(h[1] / len(h[0]) ** alpha for h in live):
            break
    if not (other.get("finished_only") and done):
        done += live
    return done


def _winner(done, length):
    best = max(done, key=lambda h: h[1] / length(h[0]))
    return best[0], best[1] / length(best[0])


def beam_search__greedy(log_probs, eos, width, max_len, alpha):
    """Only one sequence was followed: keep the `width` best after each step."""
    return _winner(_beam(log_probs, eos, min(width, 1), max_len, alpha), lambda t: len(t) ** alpha)


def beam_search__stops_at_the_first_eos(log_probs, eos, width, max_len, alpha):
    """The search ended with the first finished sequence: others that still live may score higher. Go on until none lives."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, first=True), lambda t: len(t) ** alpha)


def beam_search__goes_on_after_eos(log_probs, eos, width, max_len, alpha):
    """Finished sequences were extended beyond eos: they leave the search with eos."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, keeps_finished=True), lambda t: len(t) ** alpha)


def beam_search__finished_stay_in_the_beam(log_probs, eos, width, max_len, alpha):
    """Finished sequences were noted, but stayed in the beam and were extended beyond eos: take them out of it."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, notes_finished=True), lambda t: len(t) ** alpha)


def beam_search__raw_sums(log_probs, eos, width, max_len, alpha):
    """The sums were compared without the length rule, which favours short sequences: divide each by its len**alpha."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: 1.0)


def beam_search__raw_choice(log_probs, eos, width, max_len, alpha):
    """The winner was chosen by raw sums and divided by its length afterwards: compare the scores, sum / len**alpha."""
    best = max(_beam(log_probs, eos, width, max_len, alpha), key=lambda h: h[1])
    return best[0], best[1] / len(best[0]) ** alpha


def beam_search__one_length_for_all(log_probs, eos, width, max_len, alpha):
    """All sums were divided by the same length, which changes no order: divide each by its own len**alpha."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: max_len**alpha)


def beam_search__width_for_each(log_probs, eos, width, max_len, alpha):
    """`width` extensions of each sequence were kept, so that their number grows: keep `width` over all of them."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, each=True), lambda t: len(t) ** alpha)


def beam_search__refills_the_beam(log_probs, eos, width, max_len, alpha):
    """Others took the place of finished sequences (as in Hugging Face): here those that finish are among the `width` of their step."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, refill=True), lambda t: len(t) ** alpha)


def beam_search__finished_only(log_probs, eos, width, max_len, alpha):
    """Sequences that reached max_len without eos were left out: they count as finished then."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, finished_only=True), lambda t: len(t) ** alpha)


def beam_search__length_without_eos(log_probs, eos, width, max_len, alpha):
    """The length was counted without eos: eos is part of the tokens and counts."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: max(len(t) - (t[-1] == eos), 1) ** alpha)


def beam_search__eos_cut_off(log_probs, eos, width, max_len, alpha):
    """eos is missing at the end of the tokens: it is part of them."""
    tokens, score = _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: len(t) ** alpha)
    return [token for token in tokens if token != eos], score


def beam_search__google_length(log_probs, eos, width, max_len, alpha):
    """The sum was divided by ((5 + len) / 6)**alpha, the rule of GNMT: here it is len**alpha."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: ((5 + len(t)) / 6) ** alpha)


def beam_search__sum_returned(log_probs, eos, width, max_len, alpha):
    """The sum came back instead of the score: divide it by len**alpha."""
    done = _beam(log_probs, eos, width, max_len, alpha)
    return max(done, key=lambda text: text[1] / len(text[0]) ** alpha)


def beam_search__worst_kept(log_probs, eos, width, max_len, alpha):
    """The sequences with the smallest sums were kept: sort in falling order."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, rising=True), lambda t: len(t) ** alpha)


def beam_search__probability_of_the_last(log_probs, eos, width, max_len, alpha):
    """Sequences were ranked by their last token alone: add the log-probabilities of all of them."""
    live, done = [([], 0.0, 0.0)], []
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    for _ in range(max_len):
        longer = [([*t, k], s + float(c), float(c)) for t, s, _ in live for k, c in enumerate(log_probs(t))]
        best = sorted(longer, key=lambda h: -h[2])[:width]
        done += [h for h in best if h[0][-1] == eos]
        live = [h for h in best if h[0][-1] != eos]
    return _winner([(t, s) for t, s, _ in done + live], lambda t: len(t) ** alpha)


def beam_search__minus_inf_refused(log_probs, eos, width, max_len, alpha):
    """A log-probability of -inf was refused or gave nan: a token may be impossible, and its sequences are just the last."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")

    def checked(tokens):
        values = np.asarray(log_probs(tokens))
        if not np.all(np.isfinite(values)):
            raise ValueError("log-probabilities must be finite")
        return values

    return _winner(_beam(checked, eos, width, max_len, alpha), lambda t: len(t) ** alpha)


def beam_search__width_of_zero(log_probs, eos, width, max_len, alpha):
    """A width or a max_len below 1 was accepted: raise ValueError."""
    if width < 1 or max_len < 1:
        return [], 0.0
    return _winner(_beam(log_probs, eos, width, max_len, alpha), lambda t: len(t) ** alpha)


def beam_search__returns_the_first_eos(log_probs, eos, width, max_len, alpha):
    """The first sequence that ended in eos was returned at once: others that ended with it or still live may score higher."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    live = [([], 0.0)]
    for _ in range(max_len):
        longer = [([*tokens, t], total + float(more)) for tokens, total in live for t, more in enumerate(log_probs(tokens))]
        live = sorted(longer, key=lambda one: -one[1])[:width]
        for tokens, total in live:
            if tokens[-1] == eos:
                return tokens, total / len(tokens) ** alpha
    tokens, total = live[0]
    return tokens, total / len(tokens) ** alpha


def _held(log_probs, eos, width, max_len, power):
    """Finished sequences stay candidates, ranked with the live ones by sum / len**power."""
    if width < 1 or max_len < 1:
        raise ValueError("width and max_len must be 1 or more")
    beam = [([], 0.0)]
    for _ in range(max_len):
        longer = [(tokens, total) for tokens, total in beam if tokens[-1:] == [eos]]
        for tokens, total in beam:
            if tokens[-1:] != [eos]:
                longer += [([*tokens, t], total + float(more)) for t, more in enumerate(log_probs(tokens))]
        beam = sorted(longer, key=lambda h: -h[1] / len(h[0]) ** power)[:width]
    return beam


def beam_search__finished_hold_places(log_probs, eos, width, max_len, alpha):
    """Finished sequences stayed among the `width` and held their places in later steps: with eos they leave, and the places go to live ones."""
    return _winner(_held(log_probs, eos, width, max_len, 0), lambda t: len(t) ** alpha)


def beam_search__prunes_by_score(log_probs, eos, width, max_len, alpha):
    """Finished and live ones competed for the `width` places by sum / len**alpha: prune the live by raw sums; the length rule decides at the end."""
    return _winner(_held(log_probs, eos, width, max_len, alpha), lambda t: len(t) ** alpha)


def beam_search__stops_at_width_finished(log_probs, eos, width, max_len, alpha):
    """The search ended with the `width`-th finished sequence: those that still live may score higher. Go on until none lives."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, enough=True), lambda t: len(t) ** alpha)


def beam_search__stops_when_ahead(log_probs, eos, width, max_len, alpha):
    """The search ended when a finished sequence scored more than the live ones did: longer they may score higher. Go on until none lives."""
    return _winner(_beam(log_probs, eos, width, max_len, alpha, ahead=True), lambda t: len(t) ** alpha)


# --- speculative_step ---


def _fits(draft, q, p, u):
    if (
        np.ndim(draft) != 1
        or len(draft) == 0
        or np.shape(q) != (len(draft), p.shape[-1])
        or p.shape[0] != len(draft) + 1
        or np.shape(u) != (len(draft) + 1,)
    ):
        raise ValueError("shapes do not fit")


def _draw(weights, u):
    sums = np.cumsum(np.asarray(weights, dtype=float))
    return int(np.searchsorted(sums, u * sums[-1], side="right"))


def _pass(draft, q, p, u, keep=None, residual=None, bonus=-1, draw=_draw, at=-1, go_on=False, keep_rejected=False):
    _fits(draft, q, p, u)
    q, p, u = (np.asarray(x, dtype=float) for x in (q, p, u))
    tokens = []
    for i, t in enumerate(draft.tolist()):
        if (keep or _ratio)(i, t, q, p, u):
            tokens.append(t)
            continue
        tokens += [t] if keep_rejected else []
        tokens.append(draw((residual or _rest)(p[i], q[i]), u[at if at < 0 else i]))
        if not go_on:
            return tokens
    return tokens if bonus is None else [*tokens, draw(p[bonus if bonus < 0 else len(draft) - 1], u[-1])]


def _ratio(i, t, q, p, u):
    return u[i] * q[i, t] < p[i, t]


def _rest(a, b):
    return np.maximum(a - b, 0)


def speculative_step__bonus_from_the_row_before(draft, q, p, u):
    """After all were kept the added token was drawn from p[K-1], the row of the last drafted token: its own row is p[K], the last."""
    return _pass(draft, q, p, u, bonus=0)


def speculative_step__no_bonus(draft, q, p, u):
    """After all were kept no token was added: the target has computed p[K] anyway, draw one from it."""
    return _pass(draft, q, p, u, bonus=None)


def speculative_step__target_instead_of_residual(draft, q, p, u):
    """After a rejection the token was drawn from p: that counts twice what q had offered. Draw from max(p - q, 0), normalised."""
    return _pass(draft, q, p, u, residual=lambda a, b: a)


def speculative_step__row_of_the_last_token(draft, q, p, u):
    """The added token was drawn from the row of the last token looked at: after a rejection take max(p - q, 0), and after all were kept p[K]."""
    return _pass(draft, q, p, u, residual=lambda a, b: a, bonus=0)


def speculative_step__residual_the_other_way(draft, q, p, u):
    """After a rejection the token was drawn from max(q - p, 0): the target's surplus is max(p - q, 0)."""
    return _pass(draft, q, p, u, residual=lambda a, b: np.maximum(b - a, 0))


def speculative_step__absolute_difference(draft, q, p, u):
    """After a rejection the token was drawn from |p - q|: where q exceeds p the weight is 0."""
    return _pass(draft, q, p, u, residual=lambda a, b: np.abs(a - b))


def speculative_step__residual_not_normalised(draft, q, p, u):
    """The residual was not normalised before the draw: its weights sum to less than 1, and u[K] goes up to 1."""

    def draw(weights, x):
        return int(min(np.searchsorted(np.cumsum(weights), x, side="right"), len(weights) - 1))

    return _pass(draft, q, p, u, draw=draw)


def speculative_step__residual_falls_to_the_first(draft, q, p, u):
    """The residual was not normalised before the draw: its weights sum to less than 1, and where u[K] is above that, argmax gives token 0."""
    return _pass(draft, q, p, u, draw=lambda weights, x: int(np.argmax(np.cumsum(weights) > x)))


def speculative_step__ratio_upside_down(draft, q, p, u):
    """A token was kept with probability q/p instead of p/q: what the target finds unlikely must be rejected."""
    return _pass(draft, q, p, u, keep=lambda i, t, q, p, u: u[i] * p[i, t] < q[i, t])


def speculative_step__argmax_only(draft, q, p, u):
    """A token was kept only when it is the target's most probable: that is right for greedy decoding, not for sampling."""
    return _pass(draft, q, p, u, keep=lambda i, t, q, p, u: int(np.argmax(p[i])) == t)


def speculative_step__argmax_throughout(draft, q, p, u):
    """The target's most probable token was taken everywhere, whatever u was: that is greedy decoding. Keep with p/q, and draw with u[K]."""
    return _pass(
        draft, q, p, u, keep=lambda i, t, q, p, u: int(np.argmax(p[i])) == t, residual=lambda a, b: a, draw=lambda weights, x: int(np.argmax(weights))
    )


def speculative_step__probability_for_ratio(draft, q, p, u):
    """u was compared with p alone: a token is kept with probability p / q."""
    return _pass(draft, q, p, u, keep=lambda i, t, q, p, u: u[i] < p[i, t])


def speculative_step__more_probable_only(draft, q, p, u):
    """A token was kept only where p is at least q, and u made no difference: below that it is kept with probability p / q."""
    return _pass(draft, q, p, u, keep=lambda i, t, q, p, u: q[i, t] <= p[i, t])


def speculative_step__all_kept(draft, q, p, u):
    """All drafted tokens were kept: without a test the output follows the draft model."""
    return _pass(draft, q, p, u, keep=lambda i, t, q, p, u: True)


def speculative_step__goes_on_after_a_rejection(draft, q, p, u):
    """It went on after a rejection: what was drafted behind the replaced token was drawn for another text. The step ends there."""
    return _pass(draft, q, p, u, go_on=True)


def speculative_step__rejected_token_too(draft, q, p, u):
    """The rejected token stands before its replacement: the replacement takes its place."""
    return _pass(draft, q, p, u, keep_rejected=True)


def speculative_step__one_u_for_both(draft, q, p, u):
    """The token after a rejection was drawn with u[i], which is known to be large there: draw it with u[K]."""
    return _pass(draft, q, p, u, at=0)


def speculative_step__residual_argmax(draft, q, p, u):
    """After the kept tokens the most probable one was taken: draw it with u[K]."""
    return _pass(draft, q, p, u, draw=lambda weights, x: int(np.argmax(weights)))


def speculative_step__sum_reaches_u(draft, q, p, u):
    """At u[K] = 0 a token of probability 0 was drawn: the cumulated probability must exceed u, not reach it."""
    return _pass(draft, q, p, u, draw=lambda weights, x: int(np.searchsorted(np.cumsum(weights) / np.sum(weights), x, side="left")))


def speculative_step__shapes_not_looked_at(draft, q, p, u):
    """Shapes that do not fit, or no drafted token, were accepted: raise ValueError."""
    q, p, u = (np.asarray(x, dtype=float) for x in (q, p, u))
    tokens = []
    for t, qi, pi, x in itertools.zip_longest(draft.tolist(), q, p, u):
        if t is None or qi is None or pi is None or x is None or pi.shape != qi.shape or not x * qi[t] < pi[t]:
            break
        tokens.append(t)
    if len(tokens) < len(draft) and len(tokens) < min(len(q), len(p)):
        i = len(tokens)
        return [*tokens, _draw(np.maximum(p[i] - q[i], 0), u[-1])]
    return [*tokens, _draw(p[-1], u[-1])]


def speculative_step__no_draft_accepted(draft, q, p, u):
    """K = 0 was accepted: without a drafted token it is no speculation. Raise ValueError."""
    if len(draft) == 0:
        return [_draw(p[-1], u[-1])]
    return _pass(draft, q, p, u)


# --- tokens_predicted ---


def _models(p, q):
    if np.ndim(p) != 1 or np.shape(p) != np.shape(q) or len(p) == 0:
        raise ValueError("shapes do not fit")
    return np.asarray(p, dtype=float), np.asarray(q, dtype=float)


def _geometric(alpha, count):
    return float(sum(alpha**i for i in range(count)))


def tokens_predicted__bonus_forgotten(p, q, k):
    """The last token of a pass was not counted: a pass adds the kept tokens and one more, drawn from the residual or from the last row."""
    p, q = _models(p, q)
    return _geometric(np.minimum(p, q).sum(), k + 1) - 1


def tokens_predicted__each_kept_by_itself(p, q, k):
    """1 + k·alpha would hold if each token were kept or not by itself: after the first that is not kept, the rest is lost."""
    p, q = _models(p, q)
    return 1 + k * float(np.minimum(p, q).sum())


def tokens_predicted__mean_ratio(p, q, k):
    """The probability to keep a token was taken as the mean of min(1, p/q) over all tokens: weigh each by q, from which it is drawn."""
    p, q = _models(p, q)
    with np.errstate(all="ignore"):
        return _geometric(np.mean(np.minimum(1, np.where(q > 0, p / np.where(q > 0, q, 1), 1))), k + 1)


def tokens_predicted__same_token(p, q, k):
    """The probability to keep a token was taken as sum(p·q), that of two independent draws being equal: it is the sum of min(p, q)."""
    p, q = _models(p, q)
    return _geometric(float(np.sum(p * q)), k + 1)


def tokens_predicted__never_stops(p, q, k):
    """1/(1 - alpha) is the mean without an end: after k tokens the draft is used up."""
    p, q = _models(p, q)
    alpha = float(np.minimum(p, q).sum())
    with np.errstate(all="ignore"):
        return float(np.float64(1) / (1 - alpha))


def tokens_predicted__one_more(p, q, k):
    """One term too many: with k drafted tokens at most k + 1 come."""
    p, q = _models(p, q)
    return _geometric(float(np.minimum(p, q).sum()), k + 2)


def tokens_predicted__equal_models_divide_by_zero(p, q, k):
    """Equal models gave nan: the closed form (1 - alpha**(k+1)) / (1 - alpha) is 0/0 at alpha = 1. Add the powers up."""
    p, q = _models(p, q)
    alpha = np.float64(np.minimum(p, q).sum())
    with np.errstate(all="ignore"):
        return float((1 - alpha ** (k + 1)) / (1 - alpha))


def tokens_predicted__broadcast(p, q, k):
    """p and q of different lengths, or without a token, were accepted: raise ValueError."""
    size = min(np.size(p), np.size(q))
    alpha = np.minimum(np.ravel(p)[:size], np.ravel(q)[:size]).sum() if size else 0.0
    return _geometric(float(alpha), k + 1)


def tokens_predicted__shapes_left_to_numpy(p, q, k):
    """Shapes were left to numpy, which stretches a single number to V and takes matrices and empty arrays: raise ValueError for all of these."""
    return _geometric(float(np.minimum(p, q).sum()), k + 1)


def _closed_form(p, q, k, epsilon):
    p, q = _models(p, q)
    alpha = float(np.minimum(p, q).sum())
    return (1 - alpha ** (k + 1)) / (1 - alpha + epsilon)


def tokens_predicted__epsilon(p, q, k):
    """A small number in the denominator makes 0 of equal models: the closed form is 0/0 there. Add the powers up."""
    return _closed_form(p, q, k, 1e-8)


def tokens_predicted__smaller_epsilon(p, q, k):
    """A small number in the denominator makes 0 of equal models: the closed form is 0/0 there. Add the powers up."""
    return _closed_form(p, q, k, 1e-12)


def tokens_predicted__equal_models_give_k(p, q, k):
    """Equal models gave k: all drafted tokens are kept then, and one more is added, k + 1."""
    p, q = _models(p, q)
    alpha = float(np.minimum(p, q).sum())
    return _geometric(alpha, k + 1) if alpha < 1 else float(k)


def tokens_predicted__equal_models_raise(p, q, k):
    """Equal models raised ZeroDivisionError: the closed form (1 - alpha**(k+1)) / (1 - alpha) is 0/0 at alpha = 1. Add the powers up."""
    alpha = float(np.minimum(p, q).sum())
    return (1 - alpha ** (k + 1)) / (1 - alpha)
