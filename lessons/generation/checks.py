# Built by `prep build` from solutions/generation/checks.py: do not edit by hand.
"""Checks of the lesson generation: for each exercise its oracle, its makers and a test for each thing that can go wrong."""

import codecs
import itertools
import math

import numpy as np
from scipy.special import log_softmax, softmax

from grader.judging.checking import Wrong, agree, contract, points, refuse, sparing

# --- shared -----------------------------------------------------------------------------------------------------------


def letters(rng, count):
    return "".join(sorted(rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))[:count]))


def with_formula(function, formula):
    """A function argument, shown in messages as something that can be pasted."""
    function.formula = formula
    return function


def in_the_middle(weights, index, rng):
    """A number between the cumulated weights before and after an index, well off both."""
    cumulated = np.concatenate([[0.0], np.cumsum(weights)]) / np.sum(weights)
    return float(cumulated[index] + rng.uniform(0.3, 0.7) * (cumulated[index + 1] - cumulated[index]))


# --- bpe_train --------------------------------------------------------------------------------------------------------


def replay(word, merges):
    """The pieces of a word after merges, each applied everywhere, left to right."""
    pieces = list(word)
    for left, right in merges:
        at = 0
        while at + 1 < len(pieces):
            if pieces[at] == left and pieces[at + 1] == right:
                pieces[at : at + 2] = [left + right]
            at += 1
    return pieces


def merges_by_recounting(words, n_merges):
    """Every merge found by replaying all earlier ones on the raw words and counting afresh."""
    merges = []
    while len(merges) < n_merges:
        table = {}
        for word, count in words.items():
            pieces = replay(word, merges)
            for at in range(len(pieces) - 1):
                table.setdefault((pieces[at], pieces[at + 1]), []).append(count)
        if not table:
            break
        most = max(sum(counts) for counts in table.values())
        merges.append(min(pair for pair, counts in table.items() if sum(counts) == most))
    return merges


def other_merges(words, n_merges):
    """What ties to the largest pair, words counted once, pairs counted once a word, and replacing in a spaced text come to."""

    def train(weight, pairs, merge, largest=False):
        texts, merges = {word: " ".join(word) for word in words}, []
        for _ in range(n_merges):
            table = {}
            for word, text in texts.items():
                pieces = text.split(" ")
                for pair in pairs(list(zip(pieces, pieces[1:], strict=False))):
                    table[pair] = table.get(pair, 0) + weight(word)
            if not table:
                break
            best = sorted(table, key=lambda pair: (table[pair], pair) if largest else (-table[pair], pair))
            merges.append(best[-1] if largest else best[0])
            texts = {word: merge(text, *merges[-1]) for word, text in texts.items()}
        return merges

    def apart(text, left, right):
        pieces, at = text.split(" "), 0
        while at + 1 < len(pieces):
            if (pieces[at], pieces[at + 1]) == (left, right):
                pieces[at : at + 2] = [left + right]
            at += 1
        return " ".join(pieces)

    def replaced(text, left, right):
        return text.replace(f"{left} {right}", left + right)

    return [
        train(words.get, list, apart, largest=True),
        train(lambda word: 1, list, apart),
        train(words.get, set, apart),
        train(words.get, list, replaced),
    ]


def corpus(rng, alphabet, count, length):
    """Words without equal neighbours, with their counts."""
    words = {}
    while len(words) < count:
        words[without_runs(rng, alphabet, int(rng.integers(3, length)))] = int(rng.integers(1, 400))
    return words


def without_runs(rng, alphabet, length):
    """A word in which no letter follows itself."""
    steps = rng.integers(1, len(alphabet), length)
    return "".join(alphabet[at] for at in np.cumsum(steps) % len(alphabet))


def without_ties(rng, sizes, n_merges, needs):
    """A corpus in which the largest count is always one pair's, and where what is needed makes a difference."""
    while True:
        words = corpus(rng, letters(rng, sizes[0]), *sizes[1:])
        right = merges_by_recounting(words, n_merges)
        first, *others = other_merges(words, n_merges)
        if len(right) == n_merges and first == right and all(others[index] != right for index in needs):
            return words


def corpora(rng):
    """Words that repeat pairs, counts that matter, no ties."""
    yield "3 words, 2 merges", without_ties(rng, (3, 3, 6), 2, [0]), 2
    yield "12 words, 4 merges", without_ties(rng, (4, 12, 9), 4, [0, 1]), 4
    yield "24 words, 9 merges", without_ties(rng, (4, 24, 9), 9, [0, 1, 2]), 9


def equal_counts(rng):
    """Several pairs with the largest count; neither the first nor the last seen is the smallest."""
    a, b, c, d = letters(rng, 4)
    many = int(rng.integers(2, 9))
    yield "four pairs, one count", {b + c: many, d + a: many, a + c: many, c + d: many}, 4
    upper = b.upper() + c
    yield "a capital letter", {b + d: many, d + c: many, upper: many, c + a: many}, 4
    # After (a, b): ("a", "cd") would come first, ("ab", "a") is smaller only when the pieces are joined.
    yield "pieces of two letters", {a + b: 9, c + d: 8, a + c + d + "!": 3, a + b + a + "?": 3}, 6


def runs(rng):
    """Runs of equal letters: their pairs are counted at every place, and merged from the left."""
    a, b = letters(rng, 2)
    less = int(rng.integers(2, 9))
    more = int(rng.integers(less + 1, 2 * less))
    yield "a run of three", {a + b * 3: more, a + b: less}, 3
    yield "a run of five", {b * 5: more, a * 3 + b: less}, 6
    yield "longer runs", {a * 7 + b: more, b * 4 + a: less, b + a * 6: 1}, 9


def short_corpora(rng):
    a, b, c = letters(rng, 3)
    yield "more merges than there are pairs", {a + b + c: int(rng.integers(1, 9)), b + c: 1}, 40
    yield "no merges asked for", {a + b: 3, b + c: 2}, 0
    yield "a word of one letter", {a: 4, b + c: 1}, 5
    yield "letters only", {a: 4, b: 1}, 5
    yield "one word", {a + b + c + a: 3}, 2


def no_words(rng):
    yield "no words", {}, 3
    yield "an empty word", {"ab": 2, "": 1}, 3
    yield "an empty word alone", {"": 2}, 3
    yield "no words, no merges", {}, 0


@points(3)
def test_bpe_train(bpe_train, draw):
    """The pair with the largest count, each word weighing its count, is merged everywhere, and so on."""
    agree(bpe_train, draw(corpora, merges_by_recounting))


@points(1)
def test_bpe_train_ties(bpe_train, draw):
    """Of pairs with equal counts the smaller tuple, in Python's order, is merged."""
    agree(bpe_train, draw(equal_counts, merges_by_recounting))


@points(2)
def test_bpe_train_runs(bpe_train, draw):
    """A pair counts at every place, overlapping ones too; merging goes from left to right, without overlap."""
    agree(bpe_train, draw(runs, merges_by_recounting))


@points(1)
def test_bpe_train_short(bpe_train, draw):
    """It ends early when no pair is left; no merges asked for, none made."""
    agree(bpe_train, draw(short_corpora, merges_by_recounting))


@points(1)
def test_bpe_train_contract(bpe_train, draw):
    """The dict of words stays as it was."""
    contract(bpe_train, draw, corpora, merges_by_recounting)


@points(1)
def test_bpe_train_refuses(bpe_train, draw):
    """No words, or an empty word: ValueError."""
    refuse(bpe_train, draw(no_words))


# --- bpe_encode -------------------------------------------------------------------------------------------------------


def other_pieces(word, merges):
    """Longest match, one merge a rule, the word's most frequent pair (of equal ones the first rule, or the leftmost), rules reversed, and so on.

    Then the leftmost pair, the rule learned last, and at the end the right rules from the right.
    """
    known = {left + right for left, right in merges}
    matched, at = [], 0
    while at < len(word):
        size = next((size for size in range(len(word) - at, 1, -1) if word[at : at + size] in known), 1)
        matched.append(word[at : at + size])
        at += size
    once = list(word)
    for left, right in merges:
        at = next((at for at in range(len(once) - 1) if (once[at], once[at + 1]) == (left, right)), None)
        if at is not None:
            once[at : at + 2] = [left + right]
    rules = [tuple(pair) for pair in merges]
    frequent = [by_count(word, rules, tie) for tie in (lambda pair: -rules.index(pair), lambda pair: 0)]
    leftmost = list(word)
    while found := [at for at, pair in enumerate(itertools.pairwise(leftmost)) if pair in rules]:
        leftmost[found[0] : found[0] + 2] = ["".join(leftmost[found[0] : found[0] + 2])]
    latest = list(word)
    while pairs := [pair for pair in itertools.pairwise(latest) if pair in rules]:
        latest = replay_pieces(latest, max(pairs, key=rules.index))
    mirrored = [piece[::-1] for piece in replay(word[::-1], [(right[::-1], left[::-1]) for left, right in merges])][::-1]
    return [matched, once, *frequent, replay(word, merges[::-1]), leftmost, latest, mirrored]


def by_count(word, rules, tie):
    """The word's most frequent pair is merged first; `tie` decides among equal ones, and then the place."""
    pieces = list(word)
    while pairs := [pair for pair in itertools.pairwise(pieces) if pair in rules]:
        pieces = replay_pieces(pieces, max(pairs, key=lambda pair: (pairs.count(pair), tie(pair))))
    return pieces


def replay_pieces(pieces, pair):
    pieces, at = list(pieces), 0
    while at + 1 < len(pieces):
        if (pieces[at], pieces[at + 1]) == tuple(pair):
            pieces[at : at + 2] = ["".join(pair)]
        at += 1
    return pieces


def encoded(rng, alphabet, n_merges, length):
    """A word and merges from a training for which other rules give other pieces, and merging from the right gives the same."""
    while True:
        merges = merges_by_recounting(corpus(rng, letters(rng, alphabet), 12, 9), n_merges)
        known = sorted({letter for pair in merges for letter in "".join(pair)})
        for _ in range(20):
            word = without_runs(rng, known, length)
            right = replay(word, merges)
            *others, mirrored = other_pieces(word, merges)
            if mirrored == right and right not in others:
                return others, (word, merges)


def new_words(rng):
    """Words that the training did not see; no two of the other rules agree on all of them."""
    sizes = (3, 6, 9), (4, 12, 16), (5, 20, 50)
    drawn = [encoded(rng, *size) for size in sizes]
    while len({str(ways) for ways in zip(*(others for others, _ in drawn), strict=True)}) < len(drawn[0][0]):
        drawn[-1] = encoded(rng, *sizes[-1])  # a long word tells them apart soonest
    for _, (word, merges) in drawn:
        yield f"{len(word)} letters", word, merges


def word_runs(rng):
    """Runs of equal letters, merged from the left."""
    a, b = letters(rng, 2)
    yield "three letters, one merge", a * 3, [(a, a)]
    yield "five letters, two merges", b + a * 5, [(a, a), (a + a, a)]
    yield "repeated pieces", (a + b) * 5, [(a, b), (a + b, a + b)]


def odd_words(rng):
    a, b, c = letters(rng, 3)
    yield "no merges", a + b + c, []
    yield "the empty word", "", [(a, b)]
    yield "one letter", b, [(a, b)]
    yield "unknown characters", f"{a}{b}字é{a}{b}🙂{c}", [(a, b)]
    yield "nothing to merge", c + a + c, [(a, b), (b, c)]


@points(2)
def test_bpe_encode(bpe_encode, draw):
    """The pair that was learned first is merged first, wherever it stands, until no pair is a rule."""
    agree(bpe_encode, draw(new_words, replay))


@points(1)
def test_bpe_encode_runs(bpe_encode, draw):
    """Of overlapping pairs the left one is merged."""
    agree(bpe_encode, draw(word_runs, replay))


@points(1)
def test_bpe_encode_odd(bpe_encode, draw):
    """Without merges letters stay apart, unknown ones always; '' gives []."""
    agree(bpe_encode, draw(odd_words, replay))


@points(1)
def test_bpe_encode_contract(bpe_encode, draw):
    """The list of merges stays as it was."""
    contract(bpe_encode, draw, new_words, replay)


# --- stream_mended (a hunt) -------------------------------------------------------------------------------------------


def streamed(pieces):
    """The standard library's incremental decoder."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    return [decoder.decode(piece, final=at == len(pieces) - 1) for at, piece in enumerate(pieces)]


def cut(rng, text, longest):
    """The bytes of a text in pieces of 1 to so many bytes."""
    data, pieces = text.encode(), []
    while data:
        size = int(rng.integers(1, longest + 1))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def characters(rng, count):
    """A text of one to four bytes a character, in drawn order."""
    pool = [*"abcdefgh", *"éüñß", *"分词与生成模型", *"🙂🚀🎲"]
    return "".join(rng.choice(pool, count))


def streams(rng):
    """Pieces that cut characters, some of them with whole characters before the cut."""
    euro, smile = "€é🙂".encode(), chr(0x1F600 + int(rng.integers(0, 60))).encode()
    yield "one character in two pieces", [smile[:2], smile[2:]]
    yield "a character, and a cut one", [b"a" + smile[:3], smile[3:] + euro[:1], euro[1:]]
    for longest in (2, 5):
        while True:
            pieces = cut(rng, characters(rng, 12), longest)
            found = streamed(pieces)
            # Somewhere a piece must end in a cut character behind a whole one.
            if any(text and piece[-1] >= 0x80 and not _whole(piece) for text, piece in zip(found, pieces, strict=True)):
                break
        yield f"pieces of up to {longest} bytes", pieces


def _whole(piece):
    try:
        piece.decode()
    except ValueError:
        return False
    return True


def odd_streams(rng):
    letter = chr(0x4E00 + int(rng.integers(0, 1000))).encode()
    yield "no pieces", []
    yield "empty pieces", [b"", letter[:1], b"", letter[1:], b""]
    yield "a byte at a time", [bytes([byte]) for byte in "分a🙂".encode()]
    yield "plain text", [b"ab", b"c", b" d"]
    thai = chr(0x0E01 + int(rng.integers(0, 40))).encode()  # three bytes, the first of them the smallest that begins three
    yield "a Thai letter", [b"a" + thai[:1], thai[1:2], thai[2:] + b"b"]


def replacement_characters(rng):
    """Texts in which U+FFFD itself is a character."""
    mark = "\N{REPLACEMENT CHARACTER}".encode()
    yield "the replacement character itself", [b"a" + mark, b"b"]
    yield "and a cut one behind it", [mark + mark[:2], mark[2:], b"c" + mark]


def broken_streams(rng):
    letter = chr(0x4E00 + int(rng.integers(0, 1000))).encode()
    yield "ends within a character", [b"a", letter[:2]]
    yield "a byte that begins no character", [b"a", b"\x80", b"b"]
    yield "a character interrupted", [letter[:1], b"a", letter[1:]]


@points(2)
def test_stream_mended(stream_mended, draw):
    """Each piece gives the characters that it completes; a cut one waits for the rest of its bytes."""
    agree(stream_mended, draw(streams, streamed))


@points(1)
def test_stream_mended_odd(stream_mended, draw):
    """Empty pieces, single bytes, plain text; one string for each piece."""
    agree(stream_mended, draw(odd_streams, streamed))


@points(1)
def test_stream_mended_mark(stream_mended, draw):
    """U+FFFD in the text is a character like any other."""
    agree(stream_mended, draw(replacement_characters, streamed))


@points(1)
def test_stream_mended_refuses(stream_mended, draw):
    """Bytes that are no UTF-8, or end within a character: ValueError."""
    refuse(stream_mended, draw(broken_streams))


# --- greedy_decode ----------------------------------------------------------------------------------------------------


def model(seed, size, scale=1.0):
    """Logits that depend on every token of the list and on their order."""
    kept = {}

    def next_logits(tokens):
        key = tuple(int(token) for token in tokens)
        if key not in kept:
            kept[key] = scale * np.random.default_rng([seed, *key]).normal(size=size)
        return kept[key].copy()

    factor = "" if scale == 1.0 else f"{scale} * "
    return with_formula(next_logits, f"lambda tokens: {factor}np.random.default_rng([{seed}, *tokens]).normal(size={size})")


def most_probable(next_logits, prompt, eos, max_new):
    new = []
    while len(new) < max_new:
        values = next_logits([*prompt, *new]).tolist()
        token = values.index(max(values))
        if token == eos:
            break
        new.append(token)
    return new


def decoding_passes(next_logits, prompt, eos, max_new):
    """How often greedy decoding asks the model."""
    return min(len(most_probable(next_logits, prompt, eos, max_new)) + 1, max_new)


def prompts(rng):
    """Runs that end by max_new, and runs that end by eos."""
    for size, new in ((12, 4), (40, 9)):
        next_logits = model(int(rng.integers(1000)), size)
        prompt = rng.integers(0, size, 3).tolist()
        path = most_probable(next_logits, prompt, None, new)
        never = next(token for token in range(size) if token not in path and token not in prompt)
        yield f"{size} tokens, max_new {new}", next_logits, prompt, never, new
    while True:
        next_logits = model(int(rng.integers(1000)), 30)
        prompt = rng.integers(0, 30, 2).tolist()
        path = most_probable(next_logits, prompt, None, 8)
        if path[4] not in path[:4] + prompt and len(set(path[:4])) > 1:
            break
    yield "30 tokens, eos is the fifth", next_logits, prompt, path[4], 8


def tied_logits(rng):
    """Logits with several largest ones."""
    seed = int(rng.integers(1000))
    next_logits = with_formula(
        lambda tokens: np.random.default_rng([seed, len(tokens)]).permutation([0.0, 1, 2, 3, 3, 3, -1, -2]),
        f"lambda tokens: np.random.default_rng([{seed}, len(tokens)]).permutation([0.0, 1, 2, 3, 3, 3, -1, -2])",
    )
    yield "three largest ones", next_logits, [0], 8, 6


def early_ends(rng):
    """eos at once, eos in the prompt, nothing asked for, a prompt longer than max_new."""
    next_logits = model(int(rng.integers(1000)), 12)
    prompt = rng.integers(0, 12, 5).tolist()
    path = most_probable(next_logits, prompt, None, 3)
    other = next(token for token in range(12) if token not in path)
    yield "nothing asked for", next_logits, prompt, other, 0
    yield "eos at once", next_logits, prompt, path[0], 6
    ended = [other, *prompt[1:-1], other]
    again = most_probable(next_logits, ended, None, 3)
    while other in again:
        ended = [other, *rng.integers(0, 12, 3).tolist(), other]
        again = most_probable(next_logits, ended, None, 3)
    yield "eos in the prompt", next_logits, ended, other, 3
    yield "a prompt longer than max_new", next_logits, prompt, other, 3


def impossible_tokens(rng):
    """Logits of which all but one are -inf, and a prompt of one token."""
    size = 20
    seed = int(rng.integers(1000))
    next_logits = with_formula(
        lambda tokens: np.where(np.arange(size) == np.random.default_rng([seed, *tokens]).integers(size), -1000.0, -np.inf),
        f"lambda tokens: np.where(np.arange({size}) == np.random.default_rng([{seed}, *tokens]).integers({size}), -1000.0, -np.inf)",
    )
    yield "one possible token", next_logits, [int(rng.integers(size))], size, 5


def deep_logits(rng):
    """Logits that are all far below any number that a search for the largest might start from."""
    seed = int(rng.integers(1000))
    next_logits = with_formula(
        lambda tokens: 1e30 * (np.random.default_rng([seed, *tokens]).permutation(20) - 100.0),
        f"lambda tokens: 1e30 * (np.random.default_rng([{seed}, *tokens]).permutation(20) - 100.0)",
    )
    prompt = [int(rng.integers(20))]
    while most_probable(next_logits, prompt, 20, 1) == [0]:
        prompt = [int(rng.integers(20)), *prompt]
    yield "all logits below -1e30", next_logits, prompt, 20, 5


def no_prompt(rng):
    next_logits = model(int(rng.integers(1000)), 6)
    yield "an empty prompt", next_logits, [], 6, 4
    yield "an empty prompt, nothing asked for", next_logits, [], 6, 0


@points(2)
def test_greedy_decode(greedy_decode, draw):
    """The largest logit's token again and again, until eos or max_new; only the new tokens, without eos."""
    agree(greedy_decode, draw(prompts, most_probable), integer=True)


@points(1)
def test_greedy_decode_ties(greedy_decode, draw):
    """Of equal logits the lowest index; logits of -inf and far below 0 are logits like any other."""
    agree(greedy_decode, draw(tied_logits, most_probable), integer=True)
    agree(greedy_decode, draw(impossible_tokens, most_probable), integer=True)
    agree(greedy_decode, draw(deep_logits, most_probable), integer=True)


@points(1)
def test_greedy_decode_ends(greedy_decode, draw):
    """eos at once, or nothing asked for, gives []; an eos in the prompt does not stop it; max_new counts new tokens."""
    agree(greedy_decode, draw(early_ends, most_probable), integer=True)


@points(1)
def test_greedy_decode_contract(greedy_decode, draw):
    """The prompt stays as it was; next_logits is called once for each new token, eos included."""
    contract(greedy_decode, draw, prompts, most_probable)
    sparing(greedy_decode, draw(prompts, most_probable), decoding_passes)


@points(1)
def test_greedy_decode_refuses(greedy_decode, draw):
    """An empty prompt: ValueError."""
    refuse(greedy_decode, draw(no_prompt))


# --- top_k_filter -----------------------------------------------------------------------------------------------------


def kept_only(logits, indices):
    values = np.full(len(logits), -np.inf)
    for index in indices:
        values[index] = logits[index]
    return values


def largest_k(logits, k):
    order = sorted(range(len(logits)), key=lambda index: (-float(logits[index]), index))
    return kept_only(logits, order[:k])


def distinct(rng, count, scale=2.0):
    """Numbers on both sides of 0, no two nearer than 0.01."""
    while True:
        values = rng.normal(0, scale, count)
        if np.diff(np.sort(values)).min() > 0.01 and values.min() < -0.5 and values.max() > 0.5:
            return values


def ordinary_top_k(rng):
    """Distinct logits; some that stay are negative, some that go are positive."""
    yield "5 tokens", distinct(rng, 5), 2
    yield "30 tokens, a few", distinct(rng, 30), int(rng.integers(3, 6))
    yield "30 tokens, most", distinct(rng, 30), int(rng.integers(22, 27))
    yield "300 tokens", rng.permutation(np.linspace(-5, 5, 300)), int(rng.integers(60, 90))


def tied_top_k(rng):
    """The k-th largest value stands at several places, some of them left out."""
    low, high = -float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    yield "two of four equal ones", np.array([low, high, high, low - 1, high, high]), 2
    yield "all equal", np.full(9, low), 4
    values = rng.permutation(np.repeat([low, 0.5, high], [12, 18, 6]))
    yield "36 tokens, three values", values, 13


def top_k_edges(rng):
    values = distinct(rng, 6)
    yield "k is V", values, 6
    yield "k is above V", values, 50
    yield "k is 1", values, 1
    yield "one token", values[:1], 3
    holes = np.where(np.isin(np.arange(6), rng.permutation(6)[:3]), -np.inf, values)
    yield "-inf entries, fewer left than k", holes, 5
    yield "-inf entries, more left than k", holes, 2
    yield "all far below 0", values - 1e6, 2


def contract_logits(rng):
    """Whole numbers up to the bounds of narrow types, and quarters that stay apart as whole numbers."""
    yield "whole numbers", np.array([3.0, -128.0, 127.0, 5.0, -1.0]), 3
    yield "unsigned whole numbers", np.array([0.0, 255.0, 7.0, 200.0]), 2
    yield "zeros and ones", np.array([0.0, 1.0, 0.0, 1.0, 1.0]), 4
    yield "fractions", rng.permutation(np.arange(-12, 12) + 0.25), 7


def bad_top_k(rng):
    yield "k is 0", np.array([1.0, 2.0]), 0
    yield "k is negative", np.array([1.0, 2.0]), -1
    yield "no tokens", np.zeros(0), 1
    yield "a matrix", np.array([[1.0, 2.0], [3.0, 4.0]]), 1


@points(2)
def test_top_k_filter(top_k_filter, draw):
    """The k largest logits stay as they are and where they are, all others become -inf."""
    agree(top_k_filter, draw(ordinary_top_k, largest_k))


@points(1)
def test_top_k_filter_ties(top_k_filter, draw):
    """Exactly k stay: of equal logits those with the lower index."""
    agree(top_k_filter, draw(tied_top_k, largest_k))


@points(1)
def test_top_k_filter_edges(top_k_filter, draw):
    """k from 1 to above V, and entries of -inf, which count as smallest."""
    agree(top_k_filter, draw(top_k_edges, largest_k))


@points(1)
def test_top_k_filter_contract(top_k_filter, draw):
    """float32 kept, whole numbers of any width, any layout; a new array even where all stay; no warning."""
    contract(top_k_filter, draw, contract_logits, largest_k, floats=(0,), labels=(0,))
    contract(top_k_filter, draw, top_k_edges, largest_k)


@points(1)
def test_top_k_filter_refuses(top_k_filter, draw):
    """k < 1, no tokens, or logits that are not (V,): ValueError."""
    refuse(top_k_filter, draw(bad_top_k))


# --- top_p_filter -----------------------------------------------------------------------------------------------------


def nucleus(logits, p):
    """Tokens added one by one, the most probable first, until p is reached."""
    values = np.asarray(logits, dtype=np.float64)
    if p == 1:
        return values
    chances = softmax(values)
    order = sorted(range(len(values)), key=lambda index: (-values[index], index))
    kept, mass = [], 0.0
    for index in order:
        kept.append(index)
        mass += float(chances[index])
        if mass >= p:
            break
    return kept_only(values, kept)


def p_for(logits, count, rng):
    """A p that is reached by the token that comes count-th, and is off the sums."""
    return in_the_middle(np.sort(softmax(np.asarray(logits, dtype=np.float64)))[::-1], count - 1, rng)


def ordinary_top_p(rng):
    """Distinct logits; the token that reaches p is neither the first nor the last."""
    values = distinct(rng, 5, 1.0)
    yield "5 tokens", values, p_for(values, 3, rng)
    for count in (4, 9):
        values = distinct(rng, 30, 1.0)
        yield f"30 tokens, {count} stay", values, p_for(values, count, rng)


def first_top_p(rng):
    """The most probable token alone reaches p."""
    values = distinct(rng, 6, 1.0)
    yield "p below the largest probability", values, p_for(values, 1, rng)
    yield "a p of next to nothing", values, 1e-9
    yield "one token", values[:1], 0.5


def tied_top_p(rng):
    """Equal probabilities, of which some stay."""
    yield "four equal tokens", np.full(4, float(rng.uniform(-3, 3))), 0.625
    low, high = np.log([1.0, 3.0]) + float(rng.uniform(-2, 2))
    values = rng.permutation(np.array([high] * 4 + [low] * 4))
    yield "two values, some of the larger", values, 0.6
    yield "two values, some of the smaller", values, 0.86


def whole_top_p(rng):
    """p = 1, with tokens whose probability is nothing beside the others'."""
    values = distinct(rng, 6, 1.0)
    yield "p is 1", values, 1.0
    yield "p is 1, a whole number", values, 1
    halves = math.log(2) * rng.permutation([0.0, -1.0, -2.0, -3.0, -3.0])  # whose sum is 1 before the last tokens
    yield "p is 1, logits of -1000", np.concatenate([halves, [-1000.0, -50.0, -999.0]]), 1.0
    yield "p is 1, an entry of -inf", np.concatenate([[-np.inf], values]), 1.0


def extreme_top_p(rng):
    """Logits of -inf and of +-1000."""
    values = distinct(rng, 6, 1.0)
    holes = np.concatenate([[-np.inf], values, [-np.inf]])
    yield "-inf entries", holes, p_for(holes, 4, rng)
    yield "logits around 1000", values + 1000, p_for(values, 4, rng)
    yield "logits around -1000", values - 1000, p_for(values, 4, rng)
    yield "1000 and -1000", np.array([-1000.0, 1000.0, 0.0]), 0.75
    yield "one possible token", np.array([-np.inf, 3.0, -np.inf]), 0.5


def contract_top_p(rng):
    """Whole numbers up to the bounds of narrow types, and quarters that stay apart as whole numbers."""
    values = np.array([3.0, -128.0, 5.0, 4.0, -1.0])
    yield "whole numbers", values, p_for(values, 2, rng)
    values = np.array([0.0, 255.0, 254.0, 200.0])
    yield "unsigned whole numbers", values, p_for(values, 2, rng)
    values = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    yield "zeros and ones", values, p_for(values, 2, rng)
    values = rng.permutation(np.arange(-12, 2) + 0.25)
    yield "fractions", values, p_for(values, 3, rng)


def bad_top_p(rng):
    values = np.array([1.0, 2.0, 0.5])
    yield "p is 0", values, 0.0
    yield "p is negative", values, -0.5
    yield "p is above 1", values, 1.0001
    yield "no tokens", np.zeros(0), 0.5
    yield "a matrix", np.array([[1.0, 2.0], [3.0, 4.0]]), 0.5


@points(2)
def test_top_p_filter(top_p_filter, draw):
    """The most probable tokens stay until their probabilities reach p, the one that reaches it included."""
    agree(top_p_filter, draw(ordinary_top_p, nucleus))


@points(1)
def test_top_p_filter_first(top_p_filter, draw):
    """At least one token stays, however small p is."""
    agree(top_p_filter, draw(first_top_p, nucleus))


@points(1)
def test_top_p_filter_ties(top_p_filter, draw):
    """Of equal tokens those with the lower index stay, no more than it takes."""
    agree(top_p_filter, draw(tied_top_p, nucleus))


@points(1)
def test_top_p_filter_whole(top_p_filter, draw):
    """p = 1 keeps all tokens, the least probable too."""
    agree(top_p_filter, draw(whole_top_p, nucleus))


@points(1)
def test_top_p_filter_extreme(top_p_filter, draw):
    """Logits of -inf and +-1000, without a warning."""
    contract(top_p_filter, draw, extreme_top_p, nucleus)


@points(1)
def test_top_p_filter_contract(top_p_filter, draw):
    """float32 kept, whole numbers of any width, any layout; a new array even where all stay; no warning."""
    contract(top_p_filter, draw, contract_top_p, nucleus, floats=(0,), labels=(0,))
    contract(top_p_filter, draw, whole_top_p, nucleus)


@points(1)
def test_top_p_filter_refuses(top_p_filter, draw):
    """p <= 0 or p > 1, no tokens, or logits that are not (V,): ValueError."""
    refuse(top_p_filter, draw(bad_top_p))


# --- sample_token -----------------------------------------------------------------------------------------------------


def drawn_token(logits, temperature, u):
    """The first token whose cumulated probability exceeds u, by exact sums."""
    values = [float(value) for value in logits]
    if temperature == 0:
        return values.index(max(values))
    top = max(values)
    weights = [math.exp((value - top) / temperature) for value in values]
    total = math.fsum(weights)
    possible = [index for index, weight in enumerate(weights) if weight > 0]
    return next((index for index in possible if math.fsum(weights[: index + 1]) > u * total), possible[-1])


def other_tokens(logits, temperature, u):
    """What another use of the temperature, another order and the largest logit come to."""
    order = np.argsort(-logits)
    falling = np.cumsum(softmax(logits[order] / temperature)) > u
    return [
        drawn_token(logits, 1 / temperature, u),
        drawn_token(logits, 1.0, u),
        int(order[int(np.argmax(falling))]),
        int(order[0]),
        drawn_token(-logits, temperature, u),
        drawn_token(logits, temperature, 1 - u),
        int(np.argmax(np.cumsum(logits) > u)),
    ]


def temperatures(rng):
    """Five draws at temperatures of 0.4 to 2.5; each wrong rule gives other tokens."""
    sizes = ((6, 0.5), (40, 2.0), (40, 0.5), (60, 0.7), (60, 1.6))
    while True:
        cases = []
        for size, about in sizes:
            logits, temperature = distinct(rng, size, 0.8) if size < 10 else rng.normal(0, 1, size), float(about * rng.uniform(0.9, 1.1))
            chances = softmax(logits / temperature)
            u = in_the_middle(chances, int(rng.choice(np.flatnonzero(chances > 0.3 / size))), rng)
            cases.append((logits, temperature, u))
        right = tuple(drawn_token(*case) for case in cases)
        wrong = set(zip(*(other_tokens(*case) for case in cases), strict=True))
        if right not in wrong and len(wrong) == 7 and len(set(right[1:])) == 4 and 0 not in right:
            break
    for (size, _), case in zip(sizes, cases, strict=True):
        yield f"{size} tokens, temperature {case[1]:.2f}", *case


def cold(rng):
    """Temperature 0: the largest logit, whatever u is."""
    yield "temperature 0", distinct(rng, 8), 0.0, float(rng.uniform(0.05, 0.95))
    yield "temperature 0, a whole number", distinct(rng, 8), 0, float(rng.uniform(0.05, 0.95))
    yield "temperature 0, equal ones", np.array([-1.0, 2.0, 0.0, 2.0, 2.0]), 0.0, 0.9
    yield "temperature 0, equal ones, another u", np.array([-1.0, 2.0, 0.0, 2.0, 2.0]), 0.0, 0.5
    values = np.sort(distinct(rng, 8))
    yield "temperature 0, all logits far below 0", np.concatenate([rng.permutation(values[:-1]), values[-1:]]) - 900, 0.0, 0.5
    yield "temperature 0, -inf entries", np.array([-np.inf, -900.0, -np.inf, -7.5]), 0.0, 0.01


def bounds(rng):
    """u = 0 and just below 1, with tokens that can't be drawn at both ends."""
    below = float(np.nextafter(1.0, 0.0))
    values = np.full(6, -np.inf)
    while _sides(values, 1.5, below) != {1}:  # until they reach 1
        values[2:5] = rng.uniform(-2, 2, 3)
    yield "u = 0", values, 1.0, 0.0
    yield "u just below 1", values, 1.5, below
    while True:  # until the cumulated probabilities end below u
        values, temperature = rng.uniform(-1, 1, 24), float(rng.uniform(0.6, 1.6))
        if _sides(values, temperature, below) == {-1}:
            break
    yield "u just below 1, rounded sums below it", values, temperature, below
    yield "u just below 1, and -inf behind", np.concatenate([values, [-np.inf]]), temperature, below
    yield "u = 0, no -inf", values, temperature, 0.0
    yield "one token", values[:1], temperature, float(rng.uniform(0.1, 0.9))
    while not (_left_over(values / temperature, below) and _sides(values, temperature, below) == {-1}):
        values = rng.uniform(-1, 1, 24)
    yield "u just below 1, more than the last probability left by subtracting", np.concatenate([values, [-np.inf]]), temperature, below


def _sides(values, temperature, u):
    """Where the cumulated probabilities end, below u (-1) or above: for each order in which they may be scaled, shifted and divided."""
    if not np.any(np.isfinite(values)):
        return set()
    scaled = values / temperature
    ways = np.exp(scaled - scaled.max()), np.exp(scaled), np.exp((values - values.max()) / temperature)
    return {int(np.sign(np.cumsum(weights / total)[-1] - u)) for weights in ways for total in (weights.sum(), sum(weights.tolist()))}


def _left_over(scaled, u):
    """Whether u times the total, less all weights but the last, rounds to no less than the last."""
    weights = [math.exp(value - scaled.max()) for value in scaled.tolist()]
    rest = u * math.fsum(weights)
    for weight in weights[:-1]:
        rest -= weight
    return rest >= weights[-1]


def extreme_logits(rng):
    """Logits of +-1000 and temperatures that make them larger."""
    values = distinct(rng, 6, 1.0)
    for shift in (1000.0, -1000.0):
        yield f"logits around {shift:.0f}", values + shift, 0.5, in_the_middle(softmax(values / 0.5), 3, rng)
    yield "1000 and -1000", np.array([-1000.0, 1000.0, 0.0, -np.inf]), 1.0, 0.5
    yield "a temperature of 0.001", np.array([5.0, -5.0, 5.001]), 0.001, 0.5
    # Any larger temperature makes it nearly uniform, where u draws another token.
    yield "logits of billionths, a temperature of 2e-9", np.array([2e-9, -1e-9, 1e-9, 0.0]), 2e-9, float(rng.uniform(0.515, 0.55))
    yield "a temperature of 1000", np.array([-1000.0, 1000.0, -np.inf]), 1000.0, 0.05


def contract_draws(rng):
    """Whole numbers up to the bounds of narrow types, and quarters; u in the middle of a token's interval."""
    values = np.array([3.0, 127.0, -128.0, 126.0, 125.0])
    yield "whole numbers", values, 2.0, in_the_middle(softmax(values / 2), 3, rng)
    values = np.array([250.0, 0.0, 255.0, 252.0])
    yield "unsigned whole numbers", values, 4.0, in_the_middle(softmax(values / 4), 2, rng)
    values = np.array([0.0, 1.0, 0.0, 1.0])
    yield "zeros and ones", values, 0.5, in_the_middle(softmax(values / 0.5), 3, rng)
    values = rng.permutation(np.arange(-4, 4) + 0.25)
    yield "fractions", values, 2.0, in_the_middle(softmax(values / 2), 4, rng)


def bad_draws(rng):
    values = np.array([1.0, 2.0, 0.5])
    yield "a temperature below 0", values, -0.5, 0.5
    yield "all -inf", np.full(3, -np.inf), 1.0, 0.5
    yield "all -inf, temperature 0", np.full(3, -np.inf), 0.0, 0.5
    yield "no tokens", np.zeros(0), 1.0, 0.5
    yield "a matrix", np.array([[1.0, 2.0], [3.0, 4.0]]), 1.0, 0.5


@points(2)
def test_sample_token(sample_token, draw):
    """The first token, in index order, whose cumulated probability under softmax(logits / temperature) exceeds u."""
    agree(sample_token, draw(temperatures, drawn_token), integer=True)


@points(1, rule=False)
def test_sample_token_cold(sample_token, draw):
    """Temperature 0: the largest logit, of equal ones the lowest index; no warning."""
    agree(sample_token, draw(cold, drawn_token), integer=True)
    contract(sample_token, draw, cold, drawn_token)


@points(1)
def test_sample_token_bounds(sample_token, draw):
    """A token of -inf is never drawn, and there is always one that is: at u = 0, and where rounded sums end below u."""
    agree(sample_token, draw(bounds, drawn_token), integer=True)


@points(1)
def test_sample_token_extreme(sample_token, draw):
    """Logits of +-1000, without a warning."""
    contract(sample_token, draw, extreme_logits, drawn_token)


@points(1)
def test_sample_token_contract(sample_token, draw):
    """float32, whole numbers of any width, any layout; the logits stay as they were."""
    contract(sample_token, draw, contract_draws, drawn_token, floats=(0,), labels=(0,))


@points(1)
def test_sample_token_refuses(sample_token, draw):
    """A temperature below 0, all logits -inf, no tokens, or logits that are not (V,): ValueError."""
    refuse(sample_token, draw(bad_draws))


# --- the repetition penalty (a hunt) ----------------------------------------------------------------------------------


def penalised(logits, seen, penalty):
    chosen = set(seen)
    values = [float(value) for value in logits]
    return np.array([(v / penalty if v > 0 else v * penalty) if index in chosen else v for index, v in enumerate(values)])


def divided(logits, seen, penalty):
    """The function of the hunt."""
    return np.where(np.isin(np.arange(len(logits)), list(seen)), logits / penalty, logits)


def _penalty_example(given):
    """The counterexample as (logits, seen, penalty); Wrong when it is something else."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        message = "penalty_counterexample() must return (logits, seen, penalty)."
        two = isinstance(given, tuple | list) and len(given) == 2
        raise Wrong(message, expected="(logits, seen, penalty)", got=given, mistake="two-values" if two else "")
    logits, seen, penalty = given
    try:
        values = np.asarray(logits, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all() or np.abs(values).max() > 1e4:
        raise Wrong("logits must be (V,) finite numbers within +-10000, V >= 2.", expected="(V,) finite numbers", got=logits)
    seen = seen.tolist() if isinstance(seen, np.ndarray) else seen
    whole = isinstance(seen, tuple | list) and all(isinstance(t, int | np.integer) and not isinstance(t, bool) for t in seen)
    if not whole or not seen or not all(0 <= token < len(values) for token in seen):
        message = f"seen must be a list of tokens from 0 to {len(values) - 1}, with one at least."
        raise Wrong(message, expected="a list of tokens", got=seen, mistake="nothing-seen" if whole and not seen else "")
    number = isinstance(penalty, int | float | np.floating | np.integer) and not isinstance(penalty, bool)
    if not number or not 1 < penalty <= 10:
        message = "penalty must be a number above 1, at most 10."
        raise Wrong(message, expected="1 < penalty <= 10", got=penalty, mistake="penalty-of-one" if number and penalty == 1 else "")
    return values, [int(token) for token in seen], float(penalty)


def _raised(values, seen, penalty):
    """The seen tokens that the function of the hunt makes more probable."""
    before, after = softmax(values), softmax(divided(values, seen, penalty))
    return [token for token in sorted(set(seen)) if after[token] > before[token] + 1e-6]


def _reason(values, seen):
    """The known mistake of an example in which no seen token became more probable."""
    if all(values[token] > 0 for token in seen):
        return "positive-logits"
    if all(values[token] >= 0 for token in seen):
        return "logit-of-zero"
    return "all-alike" if len(set(seen)) == len(values) and len(set(values.tolist())) == 1 else ""


@points(2)
def test_penalty_counterexample(penalty_counterexample):
    """An input on which the given function makes a seen token more probable, by 1e-6 at least."""
    values, seen, penalty = _penalty_example(penalty_counterexample())
    if not _raised(values, seen, penalty):
        after = softmax(divided(values, seen, penalty))[sorted(set(seen))]
        before = softmax(values)[sorted(set(seen))]
        message = "No seen token became more probable by 1e-6 or more."
        raise Wrong(message, expected="a probability that rises", got=f"{before} before, {after} after", mistake=_reason(values, seen))


@points(2)
def test_penalty_counterexample_sign(penalty_counterexample):
    """And its logit itself rises: not only because another seen token fell.

    With several seen tokens the right rule too can make one of them more probable."""
    values, seen, penalty = _penalty_example(penalty_counterexample())
    found = [token for token in _raised(values, seen, penalty) if divided(values, seen, penalty)[token] > values[token]]
    if not found:
        seen_there = "others-fall" if _raised(values, seen, penalty) else _reason(values, seen)
        raise Wrong("No seen token that became more probable has a logit that rose.", expected="a logit that rises", got=values, mistake=seen_there)


def both_signs(rng):
    """Seen tokens with positive and with negative logits."""
    values = np.array([1.5, -2.0, 0.5, -0.75]) + rng.uniform(-0.2, 0.2, 4)
    yield "4 tokens", values, [1, 0], float(rng.uniform(1.2, 2))
    for size in (12, 30):
        values = distinct(rng, size)
        order = np.argsort(values)
        seen = [int(order[0]), int(order[-1]), int(order[1]), int(order[-2]), int(order[2])]
        yield f"{size} tokens", values, seen, float(rng.uniform(1.1, 3))


def repeated_tokens(rng):
    """Tokens that were seen several times, all, none; logits of 0 and -inf; a penalty of 1."""
    values = distinct(rng, 6)
    order = [int(index) for index in np.argsort(values)]
    yield "seen three times", values, [order[0], order[-1], order[0], order[-1], order[0]], 1.5
    yield "nothing seen", values, [], 1.5
    yield "all seen", values, order, 2.0
    yield "a penalty of 1", values, order[:3], 1.0
    yield "-inf and 0", np.array([-np.inf, 0.0, 1.0, -1.0]), [0, 1, 2], 1.5
    yield "one token", values[:1], [0], 3


def contract_penalty(rng):
    yield "whole numbers", np.array([3.0, -128.0, 127.0, 5.0, -1.0]), [1, 2, 4], 1.5
    yield "unsigned whole numbers", np.array([0.0, 255.0, 7.0, 200.0]), [1, 2], 2
    yield "zeros and ones", np.array([0.0, 1.0, 0.0, 1.0]), [3, 0], 2
    yield "fractions", rng.permutation(np.arange(-6, 6) + 0.25), [0, 3, 5, 7, 8], 1.25


def unseen(rng):
    """Nothing to do: the result is a new array all the same."""
    yield "nothing seen", distinct(rng, 5), [], 1.5
    yield "a penalty of 1", distinct(rng, 5), [2, 3], 1.0


def bad_seen(rng):
    values = np.array([1.0, -2.0, 0.5])
    yield "a token of V", values, [0, 3], 1.5
    yield "a negative token", values, [-1], 1.5
    yield "no tokens", np.zeros(0), [], 1.5
    yield "a matrix", np.array([[1.0, 2.0], [3.0, 4.0]]), [0], 1.5


@points(2)
def test_penalty_mended(penalty_mended, draw):
    """A seen token's positive logit is divided by the penalty, any other multiplied; unseen tokens stay."""
    agree(penalty_mended, draw(both_signs, penalised))


@points(1)
def test_penalty_mended_repeats(penalty_mended, draw):
    """A token that was seen several times counts once; nothing seen changes nothing; -inf stays."""
    agree(penalty_mended, draw(repeated_tokens, penalised))


@points(1)
def test_penalty_mended_contract(penalty_mended, draw):
    """float32 kept, whole numbers of any width, any layout; a new array even where nothing changes; no warning."""
    contract(penalty_mended, draw, contract_penalty, penalised, floats=(0,), labels=(0,))
    contract(penalty_mended, draw, unseen, penalised)


@points(1)
def test_penalty_mended_refuses(penalty_mended, draw):
    """A seen token outside 0..V-1, no tokens, or logits that are not (V,): ValueError."""
    refuse(penalty_mended, draw(bad_seen))


# --- beam_search ------------------------------------------------------------------------------------------------------


def table_model(seed, size, eos, bonus, hole=0.0):
    """Log-probabilities that depend on the whole list; eos is more likely by a bonus, some tokens are impossible."""
    kept = {}

    def log_probs(tokens):
        key = tuple(int(token) for token in tokens)
        if key not in kept:
            rng = np.random.default_rng([seed, *key])
            logits = rng.normal(0, 1.5, size) + bonus * (np.arange(size) == eos)
            impossible = (rng.random(size) < hole) & (np.arange(size) != eos)
            kept[key] = log_softmax(np.where(impossible, -np.inf, logits))
        return kept[key].copy()

    logits = f"np.random.default_rng([{seed}, *tokens]).normal(0, 1.5, {size}) + {bonus} * (np.arange({size}) == {eos})"
    return log_probs if hole else with_formula(log_probs, f"lambda tokens: scipy.special.log_softmax({logits})")


def beams_by_steps(log_probs, eos, width, max_len, alpha):
    """Step by step over a dict of all live sequences."""
    live, done = {(): 0.0}, {}
    for _ in range(max_len):
        longer = {(*tokens, token): total + float(chance) for tokens, total in live.items() for token, chance in enumerate(log_probs(list(tokens)))}
        best = sorted(longer, key=longer.get, reverse=True)[:width]
        done |= {tokens: longer[tokens] for tokens in best if tokens[-1] == eos}
        live = {tokens: longer[tokens] for tokens in best if tokens[-1] != eos}
    done |= live
    scores = {tokens: total / len(tokens) ** alpha for tokens, total in done.items()}
    winner = max(scores, key=scores.get)
    return list(winner), scores[winner]


def questions(log_probs, *rest):
    """How often a beam asks the model: once for each live sequence of a step."""
    asked = []
    beams_by_steps(lambda tokens: asked.append(tokens) or log_probs(tokens), *rest)
    return len(asked)


def brute_force(log_probs, eos, width, max_len, alpha):
    """The best of all sequences that end in eos, or have max_len tokens without one."""
    best = None
    size = len(log_probs([]))
    others = [token for token in range(size) if token != eos]
    for length in range(1, max_len + 1):
        lasts = range(size) if length == max_len else [eos]
        for tokens in itertools.product(*[others] * (length - 1), lasts):
            total = sum(float(log_probs(list(tokens[:at]))[tokens[at]]) for at in range(length))
            score = total / length**alpha
            if best is None or score > best[1]:
                best = list(tokens), score
    return best


OTHER_WAYS = {
    "greedy": {"width": 1},
    "first": {"first": True},
    "at once": {"at_once": True},
    "enough": {"enough": True},
    "ahead": {"ahead": True},
    "raw": {"alpha": 0},
    "width for each": {"each": True},
    "refilled": {"refill": True},
    "finished only": {"finished_only": True},
    "extended": {"extended": True},
    "noted and extended": {"extended": True, "noted": True},
    "finished hold": {"extended": True, "hold": True},
    "pruned by score": {"extended": True, "hold": True, "by_score": True},
    "by the last token": {"last": True},
}


def other_beam(log_probs, eos, width, max_len, alpha, /, **other):
    """The tokens that another way of searching comes to."""
    width, alpha = other.get("width", width), other.get("alpha", alpha)
    rank = 2 if other.get("last") else 1  # of a sequence: its tokens, their sum, the last's log-probability

    def score(h):
        return h[1] / len(h[0]) ** alpha

    def worth(h):
        return score(h) if other.get("by_score") else h[rank]

    live, done = [((), 0.0, 0.0)], []
    for _ in range(max_len):
        held = [h for h in live if other.get("hold") and h[0][-1:] == (eos,)]  # finished, and still in the beam
        longer = [[((*t, k), s + float(c), float(c)) for k, c in enumerate(log_probs(list(t)))] for t, s, _ in live if (t, s, _) not in held]
        groups = longer if other.get("each") else [[*held, *(h for one in longer for h in one)]]
        kept = [h for one in groups for h in sorted(one, key=worth, reverse=True)[:width]]
        live = kept if other.get("extended") else [h for h in kept if h[0][-1] != eos]
        if other.get("refill"):
            live = sorted((h for h in groups[0] if h[0][-1] != eos), key=worth, reverse=True)[:width]
        if other.get("noted") or not other.get("extended"):
            done += [h for h in kept if h[0][-1] == eos]
        if other.get("at_once") and done:
            return done[0][0]
        if (other.get("first") and done) or (other.get("enough") and len(done) >= width) or not live:
            break
        if other.get("ahead") and done and max(map(score, done)) >= max(map(score, live)):
            break
    if not (other.get("finished_only") and done):
        done += live
    return max(done, key=score)[0]


def contest(rng, size, width, max_len, alpha, bonus, shown, apart=()):
    """A search in which certain other ways find something else, and those to be told apart find different things."""
    while True:
        eos, seed = int(rng.integers(1, size)), int(rng.integers(10**6))
        args = table_model(seed, size, eos, bonus), eos, width, max_len, alpha
        right = tuple(beams_by_steps(*args)[0])
        if any(other_beam(*args, **OTHER_WAYS[way]) == right for way in shown):
            continue
        if len({other_beam(*args, **OTHER_WAYS[way]) for way in apart}) == len(apart):
            return args


def searches(rng):
    """Five searches; every other way of searching differs in one of them, and no two in the same ones."""
    sizes = (
        (4, 2, 4, 0.7, 0.3, ["greedy", "by the last token"], ["extended", "noted and extended"]),
        (6, 3, 4, 1.0, 0.3, ["first", "raw", "finished only"], ["at once", "raw"]),
        (8, 3, 4, 1.2, 0.5, ["width for each"]),
        (8, 3, 5, 1.2, 0.5, ["refilled"]),
        (8, 2, 5, 1.5, 1.0, ["finished hold", "pruned by score"]),
    )
    drawn = [contest(rng, *size) for size in sizes]
    turns = itertools.cycle(range(len(sizes)))
    while not _told_apart(drawn):
        turn = next(turns)
        drawn[turn] = contest(rng, *sizes[turn])
    for (size, width, max_len, alpha, *_), args in zip(sizes, drawn, strict=True):
        yield f"{size} tokens, width {width}, max_len {max_len}, alpha {alpha}", *args


def _told_apart(searches):
    """Whether each way finds something of its own, and none what is right."""
    ways = {tuple(other_beam(*args, **other) for args in searches) for other in [{}, *OTHER_WAYS.values()]}
    return len(ways) == len(OTHER_WAYS) + 1


def wide_searches(rng):
    """Widths that no sequence is cut off by."""
    for size, max_len, alpha in ((3, 3, 0.5), (2, 4, 1.0)):
        eos = int(rng.integers(size))
        log_probs = table_model(int(rng.integers(10**6)), size, eos, -0.5)
        yield f"all sequences of {size} tokens up to {max_len}, alpha {alpha}", log_probs, eos, size**max_len, max_len, alpha
    yield "a width of 1000", log_probs, eos, 1000, 2, 0.0


def short_searches(rng):
    """One token, no length rule, a strong one, no eos within reach."""
    eos = int(rng.integers(5))
    log_probs = table_model(int(rng.integers(10**6)), 5, eos, 0.5)
    yield "max_len 1", log_probs, eos, 3, 1, 0.7
    yield "width 1", log_probs, eos, 1, 4, 0.7
    yield "alpha 0", log_probs, eos, 3, 4, 0.0
    yield "alpha 2", log_probs, eos, 3, 4, 2.0
    yield "an eos that never comes", log_probs, 5, 3, 3, 1.0


def impossible(rng):
    """Tokens of probability 0, so many that fewer sequences than `width` are possible."""
    for size, width, max_len in ((4, 6, 4), (5, 4, 4)):
        while True:
            eos = int(rng.integers(size))
            log_probs = table_model(int(rng.integers(10**6)), size, eos, 0.0, hole=0.5)  # eos itself is always possible
            if math.isfinite(beams_by_steps(log_probs, eos, width, max_len, 0.8)[1]):
                break
        yield f"{size} tokens, about half of them impossible", log_probs, eos, width, max_len, 0.8


def bad_searches(rng):
    log_probs = table_model(int(rng.integers(10**6)), 4, 1, 0.0)
    yield "width 0", log_probs, 1, 0, 3, 1.0
    yield "max_len 0", log_probs, 1, 2, 0, 1.0
    yield "a negative width", log_probs, 1, -1, 3, 1.0


@points(3)
def test_beam_search(beam_search, draw):
    """All live sequences are extended and the `width` best kept; of the finished ones the best sum / len**alpha wins."""
    agree(beam_search, draw(searches, beams_by_steps), integer=True)


@points(2)
def test_beam_search_wide(beam_search, draw):
    """Wide enough it finds what brute force over all sequences finds."""
    agree(beam_search, draw(wide_searches, brute_force), integer=True)


@points(1)
def test_beam_search_short(beam_search, draw):
    """max_len 1, width 1, alpha 0 and 2; what has max_len tokens is finished too."""
    agree(beam_search, draw(short_searches, beams_by_steps), integer=True)


@points(1)
def test_beam_search_impossible(beam_search, draw):
    """Log-probabilities of -inf, without a warning; log_probs is called once for each live sequence of a step."""
    agree(beam_search, draw(impossible, beams_by_steps), integer=True)
    contract(beam_search, draw, impossible, beams_by_steps)
    sparing(beam_search, draw(short_searches, beams_by_steps), questions)


@points(1)
def test_beam_search_refuses(beam_search, draw):
    """width < 1 or max_len < 1: ValueError."""
    refuse(beam_search, draw(bad_searches))


# --- speculative_step -------------------------------------------------------------------------------------------------


def one_pass(draft, q, p, u):
    """By exact sums, row by row."""
    tokens = []
    for place, token in enumerate(draft.tolist()):
        if float(u[place]) * float(q[place, token]) < float(p[place, token]):
            tokens.append(token)
            continue
        return [*tokens, first_above([max(float(a) - float(b), 0.0) for a, b in zip(p[place], q[place], strict=True)], float(u[-1]))]
    return [*tokens, first_above([float(a) for a in p[-1]], float(u[-1]))]


def first_above(weights, u):
    total = math.fsum(weights)
    return next(index for index in range(len(weights)) if math.fsum(weights[: index + 1]) > u * total)


def rounds(rng, size, count, kept):
    """A pass in which so many of `count` drafted tokens are kept, everything off the bounds; q and p differ visibly."""
    while True:
        q, p = rng.dirichlet(np.full(size, 0.8), count) + 0.01, rng.dirichlet(np.full(size, 0.8), count + 1) + 0.01
        q, p = q / q.sum(axis=1, keepdims=True), p / p.sum(axis=1, keepdims=True)
        draft, u = np.zeros(count, dtype=np.int64), np.zeros(count + 1)
        for place in range(count):
            ratio = p[place] / q[place]
            likelier = place % 2 == 1 and place != kept  # than in the draft: it is kept whatever u is
            wanted = np.flatnonzero((ratio > 2) if likelier else (ratio > 0.1) & (ratio < 0.7) & (q[place] > 0.02))
            if not len(wanted):
                break
            draft[place] = rng.choice(wanted)
            bound = min(float(ratio[draft[place]]), 1.0)
            low, high = (0.6, 0.95) if likelier else (bound * 0.3, bound * 0.9)
            u[place] = rng.uniform(low, high) if place != kept else bound + (1 - bound) * rng.uniform(0.2, 0.8)
        else:
            weights = p[-1] if kept >= count else np.maximum(p[kept] - q[kept], 0)
            likely = np.flatnonzero(weights > 0.04 * weights.sum())
            u[-1] = in_the_middle(weights, int(rng.choice(likely)), rng)
            return draft, q, p, u


def other_passes(draft, q, p, u):
    """What other rules come to, the bonus from the row before first."""
    count = len(draft)

    def run(keep, residual, last=-1, bonus=True, go_on=False):
        tokens = []
        for place, token in enumerate(draft.tolist()):
            if keep(place, token):
                tokens.append(token)
            else:
                tokens.append(first_above(list(residual(p[place], q[place])), u[-1]))
                if not go_on:
                    return tuple(tokens)
        return (*tokens, first_above(list(p[last]), u[-1])) if bonus else tuple(tokens)

    def right(place, token):
        return u[place] * q[place, token] < p[place, token]

    def rest(a, b):
        return np.maximum(a - b, 0)

    return [
        run(right, rest, last=count - 1),
        run(right, rest, bonus=False),
        run(right, lambda a, b: a),
        run(lambda i, t: u[i] * p[i, t] < q[i, t], rest),
        run(lambda i, t: int(np.argmax(p[i])) == t, rest),
        run(lambda i, t: u[i] < p[i, t], rest),
        run(right, lambda a, b: np.maximum(b - a, 0)),
        run(right, rest, go_on=True),
        run(right, lambda a, b: np.abs(a - b)),
        run(lambda i, t: True, rest),
    ]


def passes(rng):
    """Passes that end at the first, at a middle and at no token; every other rule shows."""
    sizes = ((6, 2, 1), (12, 4, 0), (12, 5, 2), (20, 3, 3), (20, 4, 4))
    while True:
        drawn = [rounds(rng, *size) for size in sizes]
        right = tuple(tuple(one_pass(*args)) for args in drawn)
        ways = list(zip(*(other_passes(*args) for args in drawn), strict=True))
        if right not in ways and len(set(ways)) == len(ways):
            break
    for (size, count, kept), args in zip(sizes, drawn, strict=True):
        yield f"{size} tokens, {kept} of {count} kept", *args


def short_passes(rng):
    """One drafted token, kept and not; rows that are equal, and rows that exclude each other."""
    yield "one token, kept", *rounds(rng, 8, 1, 1)
    yield "one token, not kept", *rounds(rng, 8, 1, 0)
    draft, q, p, u = rounds(rng, 8, 3, 3)
    p[:3] = q
    u[:3] = [0.999, 0.9, 0.0]
    yield "equal rows keep everything", draft, q, p, u
    q = np.full((1, 4), 0.25)
    p = np.concatenate([q, q]) + 2.0**-32 * np.array([[-3.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    yield "rows that nearly agree", np.array([0]), q, p, np.array([1 - 2.0**-34, float(rng.uniform(0.4, 0.9))])
    q, p = np.zeros((2, 4)), np.zeros((3, 4))
    q[:, 1], p[:, 2], p[:, 3] = 1.0, 0.25, 0.75
    yield "rows that share no token", np.array([1, 1]), q, p, np.array([0.1, 0.2, float(rng.uniform(0.3, 0.9))])


def likely_passes(rng):
    """The smallest and the largest u at which a token is drawn: the possible ones only."""
    q, p = np.array([[0.0, 0.5, 0.5, 0.0]]), np.array([[0.0, 0.125, 0.75, 0.125], [0.0, 0.25, 0.75, 0.0]])
    below = float(np.nextafter(1.0, 0.0))
    yield "u = 0, kept", np.array([2]), q, p, np.array([0.5, 0.0])
    yield "u just below 1, kept", np.array([2]), q, p, np.array([0.5, below])
    yield "u = 0, not kept", np.array([1]), q, p, np.array([0.5, 0.0])
    yield "u just below 1, not kept", np.array([1]), q, p, np.array([0.5, below])
    q, p = np.array([[0.0, 0.5, 0.5, 0.0]]), np.array([[0.25, 0.0, 0.25, 0.5], [0.0, 0.25, 0.75, 0.0]])
    yield "u = 0 for a drafted token that the target never writes", np.array([1]), q, p, np.array([0.0, 0.5])
    yield "u * q is p", np.array([2]), q, p, np.array([0.5, 0.75])


def contract_passes(rng):
    """Passes whose sums keep off the bounds in float32 too."""
    for name, size in (("not kept", (6, 2, 1)), ("all kept", (9, 3, 3))):
        case = rounds(rng, *size)
        while case[0].max() < 2:  # tokens that are not all 0 or 1 are no bools
            case = rounds(rng, *size)
        yield name, *case
    draft, q, p, u = rounds(rng, 130, 1, 0)
    q, p = np.full((1, 130), 1 / 260.0), np.full((2, 130), 1 / 129.0)
    q[0, 127], p[0, 127] = 131 / 260, 0.0
    yield "130 tokens", np.array([127]), q, p, np.array([0.5, in_the_middle(np.maximum(p[0] - q[0], 0), 129, rng)])


def bad_passes(rng):
    draft, q, p, u = rounds(rng, 5, 2, 2)
    yield "no drafted token", draft[:0], q[:0], p[:1], u[:1]
    yield "p has K rows", draft, q, p[:2], u
    yield "u has K numbers", draft, q, p, u[:2]
    yield "q has a row too many", draft, np.concatenate([q, q[:1]]), p, u
    yield "a draft of one for two rows", draft[:1], q, p, u
    yield "q has fewer tokens", draft, q[:, :4], p, u
    yield "q has one token", draft * 0, q[:, :1] * 0 + 1, p, u
    yield "the draft as a column", draft[:, None], q, p, u
    yield "one row of q without an axis", draft[:1], q[0], p[:2], u[:2]


@points(3)
def test_speculative_step(speculative_step, draw):
    """Tokens are kept while u * q < p; then one of the residual, or, all kept, one of the last row of p."""
    agree(speculative_step, draw(passes, one_pass), integer=True)


@points(1)
def test_speculative_step_short(speculative_step, draw):
    """A single drafted token; rows that are equal, or nearly so, and rows that share no token."""
    agree(speculative_step, draw(short_passes, one_pass), integer=True)


@points(1)
def test_speculative_step_bounds(speculative_step, draw):
    """A token of probability 0 is neither kept nor drawn, for u = 0 and just below 1 neither; one with u * q = p is not kept."""
    agree(speculative_step, draw(likely_passes, one_pass), integer=True)


@points(1)
def test_speculative_step_contract(speculative_step, draw):
    """float32, drafts of any integer type, any layout; inputs stay as they were; no warning."""
    contract(speculative_step, draw, contract_passes, one_pass, floats=(1, 2, 3), labels=(0,), integers=False)


@points(1)
def test_speculative_step_refuses(speculative_step, draw):
    """K = 0, or shapes that do not fit: ValueError."""
    refuse(speculative_step, draw(bad_passes))


# --- tokens_predicted (a hunt) ----------------------------------------------------------------------------------------


def tokens_a_pass(p, q, k):
    """The sum over the number of kept tokens, each with its probability."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    alpha = 1 - float(np.abs(p - q).sum()) / 2
    return sum((kept + 1) * alpha**kept * ((1 - alpha) if kept < k else 1) for kept in range(k + 1))


def two_models(rng):
    """A target and a draft model that agree in part."""
    for size, k in ((3, 1), (5, 3), (12, 4), (30, 8)):
        p, q = rng.dirichlet(np.full(size, 1.0), 2)
        yield f"{size} tokens, {k} drafted", p, q, k


def same_or_not(rng):
    """Models that agree in everything, or in nothing."""
    p = np.array([0.5, 0.25, 0.125, 0.125])
    yield "equal models", p, p.copy(), int(rng.integers(2, 9))
    yield "one token for both", np.array([0.0, 1.0]), np.array([0.0, 1.0]), 4
    yield "no token in common", np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0]), 4
    yield "nearly equal", np.array([0.5, 0.5]), np.array([0.5 + 2**-40, 0.5 - 2**-40]), 5
    yield "a hundred drafted", p, np.array([0.125, 0.125, 0.25, 0.5]), 100


def single_models(rng):
    p, q = rng.dirichlet(np.full(6, 2.0), 2)
    yield "6 tokens", p, q, 3


def bad_models(rng):
    p = np.array([0.5, 0.25, 0.25])
    yield "q has fewer tokens", p, np.array([0.5, 0.5]), 3
    yield "q has one token", p, np.array([1.0]), 3
    yield "p has one token", np.array([1.0]), p, 3
    yield "no tokens", np.zeros(0), np.zeros(0), 3
    yield "matrices", p[None, :], p[None, :], 3


@points(2)
def test_tokens_predicted(tokens_predicted, draw):
    """The mean number of tokens that a pass adds, the last one included."""
    agree(tokens_predicted, draw(two_models, tokens_a_pass))


@points(1, rule=False)
def test_tokens_predicted_same(tokens_predicted, draw):
    """Equal models give k + 1, models without a common token 1; no warning."""
    agree(tokens_predicted, draw(same_or_not, tokens_a_pass))
    contract(tokens_predicted, draw, same_or_not, tokens_a_pass)


@points(1)
def test_tokens_predicted_contract(tokens_predicted, draw):
    """float32, any layout; inputs stay as they were."""
    contract(tokens_predicted, draw, single_models, tokens_a_pass, floats=(0, 1), integers=False)


@points(1)
def test_tokens_predicted_refuses(tokens_predicted, draw):
    """No tokens, or p and q not of the same shape (V,): ValueError."""
    refuse(tokens_predicted, draw(bad_models))
