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
# > *"The model gives you a vector of 100 000 numbers. How do you get from there to a sentence, and how did the sentence become numbers?"*
#
# **Needs:** `transformer` (what computes the logits), `compression` (the cache of keys and values) and `metrics` (perplexity). No exercise uses code from there.
#
# A language model reads whole numbers and returns logits. Both ends of it are ordinary code, and both are asked in interviews:
#
# 1. **Text to tokens.** Byte-pair encoding learns a vocabulary from counts. It explains why models stumble over letters and digits.
# 2. **Logits to a token.** Greedy, temperature, top-k, top-p, penalties: a few lines each, and published versions of most of them are wrong somewhere.
# 3. **Tokens to a text.** Beam search looks for a probable text; speculative decoding gets the same text distribution for fewer passes of the large model.
#
# You write eight functions. In three short hunts you repair a stream that breaks Chinese characters, find the penalty that rewards repetition, and predict
# how many tokens a pass of speculative decoding adds. At the end a model small enough to read writes sentences with your functions alone.
#
# Write each function, run its cell, and run `check(...)` below it. `hint(bpe_train)` helps in three steps. Rules for all functions: arguments are never changed, arrays come in any
# memory layout and read-only too, the real-valued ones of one call share one dtype, no result shares memory with them, and valid input gives no warning. Unless the text says otherwise numbers are compared to 1e-7 of their size.

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
# ## The text of this lesson
#
# Thirty lines about a miller, 252 words. They are few enough to watch every step, and repeat enough to be learned.

# %%
TEXT = """
the river is low in summer and lower in autumn
the water is slow when the river is low
a slower boat is a safer boat
the old miller has a boat and an old wheel
the wheel is slow when the water is low
the miller waits for the rain and the rain is late
the newest boat is wider than the old boat
the wider the river the slower the water
in winter the river is wide and the water is fast
the fastest boat is not the safest boat
the miller has a new wheel and the new wheel is faster
the rain is early and the river is higher
when the river is high the wheel is fast
when the wheel is fast the miller is glad
the old boat waits in the low water
a new boat is faster than an old boat
the lowest water is the slowest water
the widest river is the slowest river
the miller is older than the wheel
the wheel is older than the boat
in summer the miller waits for the rain
in autumn the rain waits for the miller
the tallest trees wait at the widest water
a tall tree is slow and a small tree is fast
the trees are taller than the mill
the mill is lower than the trees
the miller sleeps when the wheel is slow
the wheel sleeps when the river is low
the river never sleeps
the glad miller has the newest boat
"""
lines = TEXT.strip().splitlines()
words = {}
for line in lines:
    for word in line.split():
        words["▁" + word] = words.get("▁" + word, 0) + 1
print(f"{len(lines)} lines, {sum(words.values())} words, {len(words)} different ones; the most frequent:", sorted(words.items(), key=lambda item: -item[1])[:5])

# %% [markdown]
# `▁` stands for the space before a word, as in SentencePiece. With it the pieces of a line can be joined back to the line, space by space.
#
# ## 1. `bpe_train`   *(hard, 25 min, asked often)*
#
# > *"Write the training of BPE."*
#
# Characters make long sequences; whole words make an endless vocabulary, and a new word has no number. **Byte-pair encoding** (BPE) is in between: start from characters, and again and again merge the most frequent
# pair of neighbours into a new piece. Frequent words end up whole, rare ones in a few pieces, and nothing is unknown.
#
# **Conventions differ here, so mind these three.** A pair counts at **every** place, overlapping ones too: `aaa` has (a, a) twice, though only one of them can be merged. Of equal counts the **smaller tuple** is
# merged. There is **no end mark** (the paper of 2016 put `</w>` behind each word; we put `▁` before it, and for BPE that is a character like any other).


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
            for piece in pieces:  # what was merged is longer than best's left half, so it is not merged again
                if merged and (merged[-1], piece) == best:
                    merged[-1] += piece
                else:
                    merged.append(piece)
            parts[word] = merged
    return merges
    ### END SOLUTION


# %%
check(bpe_train)

# %% [markdown]
# **In Hugging Face.** `tokenizers.trainers.BpeTrainer(vocab_size=...)` is given the size of the vocabulary, not the number of merges, starts from the characters it finds (or from all 256 bytes), and settles equal
# counts by the pieces' numbers, not by their text. GPT-2's tokeniser is BPE on bytes, after a regular expression has cut the text into words.
#
# **Watch it merge.** These are the merges; what they do to a line comes with the next exercise.

# %%
if ready(bpe_train):
    merges = bpe_train(words, 80)
    print("the first merges:", " ".join(left + right for left, right in merges[:14]))

# %% [markdown]
# The first merge is `he`, because `the` is everywhere; the third makes `▁the` whole. `er` and `st` come early: endings that mean something come out of counting alone.
#
# ## 2. `bpe_encode`   *(medium, 12 min, asked often)*
#
# > *"And now encode a new word."*
#
# Encoding replays the training on one word: of the pairs that stand in it, the one learned first is merged, and so on. It does not look for the longest known piece from the left: that is **WordPiece** (BERT), and it gives other tokens. (WordPiece also trains differently: it merges the pair that raises the likelihood most. **Unigram**, in SentencePiece, goes the other way: it starts from a large set of pieces, gives each a probability, and removes those that matter least.)


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
# **In tiktoken and Hugging Face.** `tiktoken.get_encoding("cl100k_base").encode(text)` and `tokenizer.encode(text)` return numbers instead of pieces, cut the text into words first, and work on UTF-8 bytes. They keep the result of each word in a cache.
#
# **Put it to work.** A line after more and more merges, and the length of the whole text.

# %%
if ready(bpe_train, bpe_encode):
    merges = bpe_train(words, 80)
    for n in (0, 5, 15, 30, 80):
        pieces = [piece for word in ("the", "slowest", "miller", "waits") for piece in bpe_encode("▁" + word, merges[:n])]
        print(f"{n:3} merges, {len(pieces):2} tokens: {' '.join(pieces)}")

# %% tags=["folded"]
if ready(bpe_train, bpe_encode):
    steps = [0, 5, 10, 20, 30, 40, 60, 80, 100, 125]
    lengths, sizes = [], []
    for n in steps:
        learned = bpe_train(words, n)
        lengths.append(sum(count * len(bpe_encode(word, learned)) for word, count in words.items()))
        sizes.append(len(set("".join(words))) + len(learned))
    figure, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
    axis.plot(sizes, lengths, ".-", color="#4c78a8")
    axis.axhline(sum(words.values()), color="grey", linestyle=":")
    axis.annotate("one token a word", (120, 252), textcoords="offset points", xytext=(0, 5), fontsize=8)
    axis.set(xlabel="size of the vocabulary", ylabel="tokens in the text", ylim=(0, None))
    plt.show()
    print("tokens in the text:", dict(zip(steps, lengths, strict=True)))

# %% [markdown]
# After 15 merges `low` and `st` are pieces, after 30 `est` is. 1198 characters become 313 tokens after 80 merges, and the gain shrinks: the first 30 merges save 635 tokens, the 45 from 80 to 125 save 61. After 125 every word is one token, and no pair is left.
#
# That is the trade of **vocabulary size**: each new piece shortens the text a little less, and costs a row of the embedding and of the output layer. A row is trained only when its piece occurs, so rare pieces are trained badly.
#
# **Why is counting letters hard?** Encode `slowest` and the model sees two numbers. Nothing in them says that the word has one `e`: it must have learned it of each piece. To measure that, fit the number of
# letters `e` by least squares to the pieces of 40 words, and ask for the 16 others, ten times.

# %%
if ready(bpe_train, bpe_encode):
    known = sorted(words)
    target = np.array([word.count("e") for word in known], dtype=float)
    for n in (0, 20, 80):
        learned = bpe_train(words, n)
        table = [bpe_encode(word, learned) for word in known]
        columns = sorted({piece for pieces in table for piece in pieces})
        counts = np.array([[pieces.count(piece) for piece in columns] for pieces in table], dtype=float)
        right = []
        for seed in range(10):
            rows = np.random.default_rng(seed).permutation(len(known))
            fitted = np.linalg.lstsq(counts[rows[:40]], target[rows[:40]], rcond=None)[0]
            right.append(np.mean(np.rint(counts[rows[40:]] @ fitted) == target[rows[40:]]))
        print(f"{n:2} merges: right for {np.mean(right):.2f} of the new words (standard deviation {np.std(right, ddof=1):.2f} over 10 splits)")

# %% [markdown]
# From characters the count is always right. With 80 merges it is wrong for a fifth of the new words: those with a piece that none of the 40 words had. A large model has seen each piece in many spellings, so it knows most of this, but it recalls rather than counts. Digits suffer in the same way:
# `1234567` may become `123`, `456`, `7`, from the left, so that the columns of two numbers do not stand below each other. Newer tokenisers therefore split digits one by one or in threes.

# %% [markdown] question="bpe" points=4
# ### Q. "How does BPE work, and how do WordPiece and Unigram differ?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - training: start from characters or bytes, count neighbouring pairs weighted by word counts, merge the most frequent, repeat
# - encoding: apply the merges in the order of learning, not the longest match
# - WordPiece merges by gain in likelihood and encodes by longest match; Unigram starts large and prunes
# - vocabulary size trades sequence length against embedding rows; bytes leave nothing unknown
#
# **Red flags** (-1): says that encoding looks for the longest piece in BPE; says that unknown words become UNK with bytes; confuses tokens with words.
#
# **A strong answer, said aloud**: BPE starts with single characters, or with the 256 bytes. I count every pair of neighbours in the corpus, each word weighted by how often it occurs, merge the most frequent pair into a new symbol, and repeat, say, fifty
# thousand times. What I keep is the ordered list of merges. To encode a new word I replay them: of the pairs present the one learned earliest is merged first. That is not longest match. WordPiece, in BERT, does use longest match, and in training it prefers the merge that raises
# the likelihood most, roughly the pair count divided by the counts of its parts. Unigram goes the other way: it starts from a large set, fits a probability to each piece, and removes those that matter least; it can also sample segmentations. On bytes nothing is ever unknown, but
# Chinese may cost two or three tokens a character. A larger vocabulary makes sequences shorter, and the embedding and the output layer bigger, with rare rows that are hardly trained.
#
# **A weak candidate says**: "It splits words into syllables, and unknown words become UNK."
#
# **Follow-ups**:
# - *Why split into words first?* So that no piece crosses a space or punctuation, and so that each word can be encoded once and cached.
# - *What does a merge cost?* A naive pass over all words; real trainers update only the counts of words that hold the pair.
# - *What is a glitch token?* A piece that the tokeniser learned from its own corpus but the model hardly saw in training: its row is almost random.
# - *Is the segmentation unique?* For given merges yes; many other piece sequences decode to the same text, which BPE dropout uses.
# === END MARK SCHEME ===

# %% [markdown] question="letters" points=3
# ### Q. "Why do large models miscount letters and make mistakes in sums?"   *(easy, 2 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - the model sees numbers of pieces, not characters; spelling must be learned for each piece
# - digits are cut into uneven chunks, so that columns do not align
# - remedies: spell it out, digit-wise tokens, a tool; and it is no lack of "intelligence" that more layers cure
#
# **Red flags** (-1): "it is a hallucination" and no more; claims that the model reads characters.
#
# **A strong answer, said aloud**: Because it never sees letters. The tokeniser turns "strawberry" into two or three numbers, and nothing in these numbers says how many r's they stand for. The model can have learned that a certain piece contains a certain letter, from spelled-out text, but it recalls that, it does not
# count. In our little experiment a linear fit counts perfectly from characters, and fails on a fifth of the new words from merged pieces. Sums have the same problem and one more: "1234567" may be cut into 123, 456 and 7, and another number into other chunks, so that the digits that belong together stand in different places, and a carry must run from right to left while the text is written
# from left to right. What helps: ask for the word letter by letter, which gives one token a letter; a tokeniser that splits digits one by one or in threes from the right; scratch space for the carries; or a tool, which is what I would use in a product.
#
# **A weak candidate says**: "The model is not large enough to count."
#
# **Follow-ups**:
# - *Why does spelling out help?* Each letter becomes a token of its own, so the count is a sum over visible tokens.
# - *Would a byte model be better?* At letters yes; its sequences are four times longer or more, which costs attention and context.
# - *Which other tasks suffer?* Reversing, rhyming, anagrams, alignment of columns, rare names.
# === END MARK SCHEME ===

# %% [markdown]
# ## Two tokenisers, two perplexities
#
# Perplexity is measured per token, so it depends on what a token is. Train a bigram model (next section) on 24 of the lines, with 0, 20 and 80 merges learned there, and evaluate on the 6 others, ten times:

# %%
if ready(bpe_train, bpe_encode):
    alphabet = "▁abcdefghijklmnopqrstuvwxyz"
    for n in (0, 20, 80):
        found = []
        for seed in range(10):
            order = np.random.default_rng(seed).permutation(len(lines))
            seen = {}
            for word in " ".join(lines[i] for i in order[:24]).split():
                seen["▁" + word] = seen.get("▁" + word, 0) + 1
            learned = bpe_train(seen, n)
            number = {piece: i for i, piece in enumerate([*alphabet, *[left + right for left, right in learned]])}
            end = len(number)
            rows = [[end, *[number[piece] for word in line.split() for piece in bpe_encode("▁" + word, learned)], end] for line in lines]
            table = np.full((end + 1, end + 1), 0.01)
            for i in order[:24]:
                for one, other in itertools.pairwise(rows[i]):
                    table[one, other] += 1
            table /= table.sum(axis=1, keepdims=True)
            nats = -sum(np.log(table[one, other]) for i in order[24:] for one, other in itertools.pairwise(rows[i]))
            tokens, characters = sum(len(rows[i]) - 1 for i in order[24:]), sum(len(lines[i]) + 1 for i in order[24:])
            found.append((np.exp(nats / tokens), nats / characters / np.log(2)))
        (perplexity, bits), spread = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
        print(f"{n:2} merges: perplexity {perplexity:5.2f} a token (sd {spread[0]:.2f}), {bits:.2f} bits a character (sd {spread[1]:.2f})")

# %% [markdown]
# The perplexity says that the model with characters is three times better; per character it is the worst. With 80 merges each token is harder to guess, but there are far fewer of them. Only **bits per character** (or per byte), total log-loss over the length of the *text*, compare models with different tokenisers.

# %% [markdown] question="two-perplexities" points=3
# ### Q. "Model A has perplexity 8, model B 12. Which one is better?"   *(medium, 3 min, asked sometimes)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - perplexity is per token, so with different tokenisers the numbers cannot be compared
# - normalise by something that the tokeniser cannot change: bits per byte or per character
# - same text, same context length and treatment of the first tokens, no contamination; and it is no task metric
#
# **Red flags** (-1): "A, because lower is better"; compares words with tokens without converting.
#
# **A strong answer, said aloud**: I cannot tell until I know that they share a tokeniser. Perplexity is the exponential of the mean loss per token, and a tokeniser with short tokens makes each of them easy: characters can have a perplexity of five and still be the worse model. In our experiment characters had by far the lowest
# perplexity and the highest number of bits per character. So I take the total log-loss of the text and divide it by the number of bytes, which no tokeniser can change, and by the logarithm of two: bits per byte. That number I can compare. I also check that both were evaluated on the same text, which neither has seen in training, with the same context
# length and the same stride, because a token in the middle of a long context is easier than the first one. And even then it measures prediction, not usefulness: after instruction tuning perplexity often rises while people prefer the answers. For a product I would look at the task.
#
# **A weak candidate says**: "Model A, since lower perplexity is better."
#
# **Follow-ups**:
# - *Convert: perplexity 12 a token at 4 bytes a token?* log2(12)/4 = 0.90 bits per byte.
# - *Why does the stride matter?* Windows without overlap evaluate many tokens with hardly any context, which raises the perplexity.
# - *And with the same tokeniser?* Then perplexities compare, on the same text and context.
# === END MARK SCHEME ===

# %% [markdown]
# ## 3. Hunt in a stream: `stream_mended`   *(medium, 10 min, asked sometimes)*
#
# A chat shows each token as it comes. With a byte-level tokeniser a token is a few **bytes**, and 字 has three of them, 🙂 four. This function was seen in several servers:


# %%
def stream(pieces):
    """The text of each token, as soon as it comes. Wrong for some."""
    return [piece.decode("utf-8", errors="replace") for piece in pieces]

print(stream(["分词".encode()]), stream(["分".encode()[:2], "分".encode()[2:], b" ok"]))

# %% [markdown]
# Cut within a character it shows �, the replacement character, once for each broken part. Repair it: whole characters at once, cut ones as soon as their last byte is there.


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
# **In Hugging Face.** `TextStreamer` decodes all tokens so far and prints up to the last space (or the last Chinese character), so it shows text later than ours. `tokenizers.decoders.DecodeStream` holds back a text that ends in U+FFFD: simple, but a real U+FFFD in the text waits too.
#
# ## A model to decode from
#
# A **bigram model** counts which token follows which. It has the interface of every language model: tokens in, logits for the next token out. A second one looks at two tokens, and falls back on the first where it has not seen the pair: later it plays the large model.

# %%
if ready(bpe_train, bpe_encode):
    merges = bpe_train(words, 80)
    vocabulary = sorted(set("".join(words)) | {left + right for left, right in merges})
    number = {piece: i for i, piece in enumerate(vocabulary)}
    END = len(vocabulary)  # the token that begins and ends a line

    def encode(line):
        """The tokens of a line."""
        return [number[piece] for word in line.split() for piece in bpe_encode("▁" + word, merges)]

    def decode(tokens):
        """The text of tokens."""
        return "".join(vocabulary[int(token)] for token in tokens if token != END).replace("▁", " ").strip()

    pairs, triples = np.full((END + 1, END + 1), 0.01), {}
    for line in lines:
        tokens = [END, *encode(line), END]
        for one, other in itertools.pairwise(tokens):
            pairs[one, other] += 1
        for one, other, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
            triples.setdefault((one, other), np.zeros(END + 1))[third] += 1
    pairs /= pairs.sum(axis=1, keepdims=True)

    def bigram(tokens):
        """Probabilities of the next token after the last one."""
        return pairs[tokens[-1]]

    def trigram(tokens):
        """Probabilities of the next token after the last two, mixed with the bigram's."""
        seen = triples.get((tokens[-2], tokens[-1])) if len(tokens) > 1 else None
        return pairs[tokens[-1]] if seen is None else 0.7 * seen / seen.sum() + 0.3 * pairs[tokens[-1]]

    line = "the lowest boat waits"
    print(len(vocabulary), "pieces;", line, "->", encode(line), "->", decode(encode(line)))

# %% [markdown]
# Five numbers stand for the line, and decoding them gives the line back.
#
# ## 4. `greedy_decode`   *(easy, 8 min, asked often)*
#
# > *"Write the loop that generates."*
#
# The simplest decoder takes the most probable token, again and again. Conventions that differ: ours returns the **new** tokens only, **without eos**, and `max_new` counts new tokens, not the prompt's.


# %%
def greedy_decode(next_logits, prompt, eos, max_new):
    """The continuation of a prompt by the most probable token, again and again.

    next_logits: a function of the list of all tokens so far, the prompt's included, that returns
    the logits of the next token, an array (V,): large negative numbers, all of them maybe, and -inf too.
    prompt: a list of at least one token (whole numbers); not changed. eos: the token that ends a
    text. max_new: the most new tokens, a whole number >= 0.
    Each time the token with the largest logit is appended, of equal ones the lowest index. It
    stops when that token is eos, or after max_new tokens. An eos in the prompt stops nothing.
    next_logits is called once for each new token, eos included.
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
# **In Hugging Face.** `model.generate(ids, do_sample=False, max_new_tokens=n)` returns prompt **and** continuation with eos in it; `max_length` would count the prompt.

# %%
if ready(bpe_train, bpe_encode, greedy_decode):
    for start in ("the", "a", "when"):
        for name, model in (("bigram", bigram), ("trigram", trigram)):
            new = greedy_decode(lambda tokens, model=model: np.log(model(tokens)), [END, *encode(start)], END, 30)
            print(f"{name:7}: {start} + {decode(new)!r}")
    endless = np.where(np.arange(END + 1) == END, 0, pairs)
    new = greedy_decode(lambda tokens: np.log(endless[tokens[-1]] + 1e-300), encode("the"), END, 30)
    print("bigram, eos forbidden:", decode(new))

# %% [markdown]
# Greedy gives one text for each prompt, and it may be short and dull. Forbid it to stop, and it runs in a circle: a deterministic choice that depends on the last token alone must repeat as soon as a token comes again. Large models look further back and still do it.
#
# ## 5. `top_k_filter`   *(easy, 8 min, asked often)*
#
# > *"Sample only from the k most probable tokens."*
#
# Sampling from the whole distribution sooner or later draws nonsense: each of the many tokens in the tail is improbable, all together are not. **Top-k** cuts the tail at a fixed number. The filters here take logits and return logits; what goes gets -inf, whose softmax is exactly 0.


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
# **In PyTorch and Hugging Face.** `TopKLogitsWarper(k)` compares with the k-th largest: `scores < torch.topk(scores, k)[0][..., -1, None]`. With ties at the threshold **more than k** stay, unlike ours. `torch.topk` itself returns exactly k and promises no order among equal ones.
#
# ## 6. `top_p_filter`   *(medium, 15 min, asked often)*
#
# > *"And nucleus sampling?"*
#
# Top-k keeps k tokens whether the model is sure or not. **Top-p** (nucleus sampling) keeps as many as it takes: the most probable tokens until their probabilities reach p. For probabilities .5, .3, .15, .05 and p = 0.6 that takes two: .5 does not reach 0.6, .5 + .3 does. The token that **crosses** p
# stays. Dropping it is the most published mistake of this lesson: for p = 0.4 nothing at all would stay.


# %%
def top_p_filter(logits, p):
    """Logits of which only the nucleus is left: the most probable tokens that together reach p.

    logits: (V,) real numbers of any dtype, V >= 1, as large as +-1000; entries of -inf are
    allowed, not all. Not changed. p: a number, 0 < p <= 1.
    Probabilities are softmax(logits). Taken from the most probable on, of equal ones the lower
    index first, the fewest tokens whose probabilities add up to p or more stay: the one that
    REACHES p is among them, so at least one stays. p = 1: all stay, the least probable too. Checks
    stay away from sums that are p but for rounding.
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
# **In Hugging Face.** `TopPLogitsWarper(p)` sorts ascending and removes tokens while their cumulated probability is at most 1 - p: the same set as ours, but for rounding where a sum equals p, and for the order of equal tokens. vLLM and others filter in the same way.
#
# ## 7. `sample_token`   *(medium, 10 min, asked often)*
#
# > *"Draw a token, with a temperature."*
#
# $$p_i=\frac{e^{z_i/T}}{\sum_j e^{z_j/T}}$$
#
# $T\to0$ is greedy, $T=1$ the model's own distribution, a large $T$ nearly uniform. To draw, cumulate the probabilities and take the first sum above a uniform number $u$. Two things go wrong at the ends: at $u=0$ a token of probability 0 may be drawn, and the last sum, rounded, may be below $u$.


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
# **In PyTorch.** `torch.multinomial(torch.softmax(logits / T, -1), 1)` draws its own random numbers, so results are compared by distribution, not by u. Hugging Face refuses T = 0 (use `do_sample=False`); vLLM takes it for greedy, as we do.
#
# **One distribution, three knobs.** The next token after "the river is", as the trigram model sees it.

# %% tags=["instructor"]
top_k_filter, top_p_filter, sample_token = backend.runs(top_k_filter), backend.runs(top_p_filter), backend.runs(sample_token)

# %% tags=["folded"]
SHOWN = 16  # tokens on the picture


def softmax(logits):
    """Probabilities of logits."""
    weights = np.exp(logits - np.max(logits))
    return weights / weights.sum()


def knobs(axis, temperature, k, p):
    """The most probable tokens before and after temperature, top-k and top-p."""
    logits = np.log(trigram([END, *encode("the river is")]))
    order = np.argsort(-logits)[:SHOWN]
    scaled = logits / temperature
    filtered = np.asarray(top_p_filter(np.asarray(top_k_filter(scaled, k)), p))
    axis.bar(range(SHOWN), softmax(logits)[order], color="lightgrey", label="the model's")
    axis.bar(range(SHOWN), softmax(filtered)[order], width=0.5, color="#4c78a8", label="drawn from")
    axis.set_xticks(range(SHOWN), [vocabulary[token] if token != END else "END" for token in order], rotation=90, fontsize=7)
    kept = int(np.sum(filtered > -np.inf))
    axis.set(ylim=(0, 0.7))
    axis.set_title(f"T = {temperature:.1f}, k = {k}, p = {p:.2f}: {kept} tokens", fontsize=9)


if ready(bpe_train, bpe_encode, top_k_filter, top_p_filter):
    figure, axes = plt.subplots(2, 3, figsize=(10, 4.6), layout="constrained", sharex=True, sharey=True)
    for axis, setting in zip(axes.flat, [(0.5, 200, 1), (1, 200, 1), (2, 200, 1), (1, 3, 1), (1, 200, 0.8), (2, 200, 0.8)], strict=True):
        knobs(axis, *setting)
    axes[0, 0].legend(fontsize=7)
    axes[0, 0].set(ylabel="probability")
    axes[1, 0].set(ylabel="probability")
    plt.show()

# %% [markdown]
# The upper row changes the temperature: the order of the tokens stays, the heights move. The lower row cuts: three tokens stay with k = 3, four with p = 0.8. The last panel has the same p after T = 2 and keeps 33 tokens, most of them too improbable to be seen, because the flatter distribution needs more of them. **So the order matters**: temperature first, then
# the filter, is the usual one. The sliders draw the same picture:

# %%
if ready(bpe_train, bpe_encode, top_k_filter, top_p_filter):

    def one_picture(temperature, k, p):
        """The picture of one setting."""
        figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
        knobs(axis, temperature, k, p)
        plt.show()

    _ = interact(
        one_picture,
        temperature=FloatSlider(1, min=0.1, max=3, step=0.1, continuous_update=False),
        k=IntSlider(50, min=1, max=100, continuous_update=False),
        p=FloatSlider(0.9, min=0.05, max=1, step=0.05, continuous_update=False),
    )

# %% [markdown]
# **Put it to work.** 40 sentences from the bigram model in each setting, five seeds. What is measured: the fraction of their words that are words of the text (the rest are pieces that do not belong together), and the fraction of sentences that differ from each other.

# %%
if ready(bpe_train, bpe_encode, top_k_filter, top_p_filter, sample_token):

    def generate(rng, temperature=1.0, k=None, p=1.0, most=40):
        """A sentence drawn from the bigram model."""
        tokens = [END]
        while len(tokens) <= most:
            logits = np.log(bigram(tokens)) / temperature
            logits = logits if k is None else top_k_filter(logits, k)
            tokens.append(int(sample_token(top_p_filter(logits, p), 1.0, rng.random())))
            if tokens[-1] == END:
                break
        return decode(tokens)

    for setting in ({"temperature": 0.5}, {}, {"temperature": 1.5}, {"k": 3}, {"p": 0.9}, {"temperature": 1.5, "k": 3}, {"temperature": 1.5, "p": 0.9}):
        real, different = [], []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            texts = [generate(rng, **setting) for _ in range(40)]
            drawn = [word for text in texts for word in text.split()]
            real.append(np.mean(["▁" + word in words for word in drawn]))
            different.append(len(set(texts)) / len(texts))
        name = ", ".join(f"{key} {value}" for key, value in setting.items()) or "the model itself"
        print(f"{name:23}: {np.mean(real):.2f} real words (sd {np.std(real, ddof=1):.2f}), {np.mean(different):.2f} different sentences; {texts[0]!r}")

# %% [markdown]
# The model itself invents words in one case of seven: its tail. At T = 0.5 nearly all words are real, but sentences begin to repeat; at T = 1.5 four words in ten are not. Top-p at 0.9 cuts half of the invented words and costs little variety, 0.93 after 0.99. After T = 1.5 it no longer helps, 0.62 against 0.60: the flat
# distribution needs its tail to reach 0.9. There k = 3 holds at 0.97, but it also allows three tokens where only one makes sense, and cuts where twenty would do.
#
# **Min-p** keeps the tokens that have at least a fraction, say a tenth, of the largest probability, so it grows less than top-p when the distribution is flat. Extraction and code want a low temperature or greedy, free text about 1 with p of 0.9 or 0.95.

# %% [markdown] question="knobs" points=5
# ### Q. "Temperature, top-k, top-p, min-p: what do they do, in which order, and which do you choose for what?"   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - temperature divides the logits: below 1 sharper, above 1 flatter, 0 is argmax; the order of tokens stays
# - top-k keeps a fixed number, top-p as many as reach p, the crossing token included
# - p adapts to how sure the model is, k does not; min-p keeps what has a fraction of the largest probability
# - temperature first, then the filters, then renormalise: the order changes the nucleus
# - which setting for which task: low for code and extraction, higher for variety; several samples to judge
#
# **Red flags** (-1): multiplies by the temperature; thinks that top-p is a threshold for each token; says that T = 0 makes a service deterministic without doubt.
#
# **A strong answer, said aloud**: All of them reshape the distribution before one token is drawn. Temperature divides the logits: half makes it sharper, two makes it flatter, and the limit zero is the argmax. It never changes the order of the tokens. Top-k keeps the k most probable ones, whether the model is sure or not. Top-p keeps the smallest
# set of most probable tokens that reaches p, including the one that crosses it, so it is a single token when the model is sure and hundreds when it is not. Min-p keeps tokens with at least, say, a tenth of the largest probability, which behaves better at high temperature. Usually temperature comes first: then p is applied to the flatter
# distribution, and the same p keeps more tokens. After filtering, the rest is normalised again. For extraction and code I use a low temperature or greedy, for brainstorming about one with p of 0.9 or 0.95, and I do not tune all three at once. And even at zero a served model may differ from call to call, since batching changes the rounding.
#
# **A weak candidate says**: "Temperature makes the model more creative, and top-p does the same."
#
# **Follow-ups**:
# - *Why not always greedy?* It is dull and loops; sampling from the model at T = 1 has the right statistics but an unreliable tail.
# - *Where does the tail hurt?* At each step it may hold a few per cent; over 200 tokens something odd is almost sure to be drawn.
# - *What does top-p do to an eos?* It is a token like any other: cut off, the text cannot end.
# - *How would you test a sampler?* Draw many tokens at fixed logits, or run over a grid of u, and compare frequencies with the softmax.
# === END MARK SCHEME ===

# %% [markdown]
# ## 8. Hunt: the repetition penalty   *(easy, 8 min, asked sometimes)*
#
# Against loops a penalty makes seen tokens less probable. The CTRL paper (2019) divides their scores by a constant, and so did the first version in a well-known library:


# %%
def repetition_penalty(logits, seen, penalty):
    """Seen tokens made less probable. Wrong for some logits."""
    logits = np.array(logits, dtype=float)
    for token in set(seen):
        logits[token] /= penalty
    return logits

# %% [markdown]
# Users reported that the higher the penalty, the more the model repeated itself. **First, an input that shows it.**


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

# %% [markdown]
# **Then the repair**, as the library has had it since: the direction depends on the sign.


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
# **In Hugging Face.** `RepetitionPenaltyLogitsProcessor(penalty)` is this rule: `torch.where(score < 0, score * penalty, score / penalty)` at the tokens of the prompt and of the new text. The `presence_penalty` and `frequency_penalty` of other interfaces **subtract** a constant (times the count) from the logit,
# which does not depend on where zero is.
#
# **Put it to work.** The bigram's logits are log-probabilities, so all of them are negative: the worst case. 20 texts of 30 tokens at T = 0.7, four seeds; measured is the fraction of tokens that had come before.

# %% tags=["instructor"]
penalty_mended = backend.runs(penalty_mended)

# %%
if ready(bpe_train, bpe_encode, sample_token, penalty_mended):

    def repeated(penalise, penalty, seed):
        """The fraction of tokens that stand earlier in the same text."""
        rng, fractions = np.random.default_rng(seed), []
        for _ in range(20):
            tokens = [END]
            for _ in range(30):
                logits = np.asarray(penalise(np.log(bigram(tokens)), sorted(set(tokens[1:])), penalty)).copy()
                logits[END] = -np.inf  # no end: 30 tokens
                tokens.append(int(sample_token(logits, 0.7, rng.random())))
            fractions.append(1 - len(set(tokens[1:])) / 30)
        return np.mean(fractions)

    for penalty in (1.0, 1.2, 1.5, 2.0):
        given, mended = ([repeated(rule, penalty, seed) for seed in range(4)] for rule in (repetition_penalty, penalty_mended))
        print(
            f"penalty {penalty}: repeated tokens, given function {np.mean(given):.2f} (sd {np.std(given, ddof=1):.3f}), repaired {np.mean(mended):.2f} (sd {np.std(mended, ddof=1):.3f})"
        )

# %% [markdown]
# Without a penalty 36 % of the tokens are repeats. With the given function it is 42, 49 and 58 %: **the higher the penalty, the more repetition**, as the users said. Repaired it is 31, 27 and 20 %. On positive logits both functions do the same, and a test on such logits shows nothing. The rule also depends on where zero is: adding a constant to all logits changes no
# probability, but it changes what the penalty does.
#
# Before any penalty, look for a cause: greedy decoding, a chat template that is not the one of training, an end token that was masked out. And every penalty has a price: names, numbers and brackets have to repeat, so keep it small, and use none for code.

# %% [markdown] question="repetition" points=3
# ### Q. "The model repeats itself. What do you do?"   *(medium, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - look first: greedy or a low temperature, a broken chat template or a missing eos, a damaged model
# - sampling (temperature, top-p), then penalties; the multiplicative one depends on the sign of the logit, presence and frequency penalties subtract
# - the price: penalties also hit names, code and numbers that must repeat; n-gram blocks forbid legitimate repeats; keep them small
#
# **Red flags** (-1): only "raise the penalty"; divides every logit; forgets eos.
#
# **A strong answer, said aloud**: First I look at how it is decoded. Greedy decoding and beam search loop on their own, because the repeated phrase makes itself more probable each time it comes. So: sample, with a temperature of about 0.7 to 1 and a top-p. If it still loops, I check the plumbing: is the chat template the one from training, can the model
# produce the end token at all, was it masked out in the fine-tuning data, is the quantised model still sane. Then penalties. The multiplicative repetition penalty divides positive logits and multiplies negative ones; dividing all of them, as some versions did, makes a token with a negative logit more probable, so that a
# higher penalty gives more repetition. Presence and frequency penalties subtract, which does not depend on the sign. I keep them small, 1.05 to 1.2, since names, brackets and digits have to repeat; for code I use none. Forbidding repeated n-grams is the hard version, good for summaries only.
#
# **A weak candidate says**: "Set the repetition penalty to 2."
#
# **Follow-ups**:
# - *Why do loops feed themselves?* A copy in the context raises the probability of the next copy: the model has learned to continue patterns.
# - *Does the penalty see the prompt?* In Hugging Face yes; then a question's own words become less probable in the answer.
# - *How do you notice it in production?* The fraction of repeated n-grams, the length of texts that hit the limit, the compression ratio.
# === END MARK SCHEME ===

# %% [markdown]
# ## 9. `beam_search`   *(hard, 30 min, asked often)*
#
# > *"Find the most probable sentence."*
#
# Greedy does not find it: a first token that is a little less probable may lead to a much better rest. All $V^n$ texts cannot be tried. **Beam search** keeps the `width` best beginnings:
#
# $$\text{score}=\frac{1}{n^\alpha}\sum_{i=1}^n\log p(t_i\mid t_{<i})$$
#
# A sum of logarithms only falls with each token, so raw sums ($\alpha=0$) favour short texts; $\alpha=1$ is the mean per token. **Conventions differ here.** In ours the sequences that end in eos are **among** the `width` of their step, so fewer may live on; `len` counts eos; the length rule decides only at the end, among the finished ones.


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
    none lives, or when they have max_len tokens: then these count as finished too. log_probs is
    called once for each live sequence of a step.
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
# **In Hugging Face.** `generate(num_beams=w, length_penalty=alpha)` looks at 2·w candidates in each step, so that w live ones remain beside the finished, and stops by `early_stopping`; `length_penalty` is our alpha, a power of the length. Google's translation system divided by $((5+n)/6)^\alpha$.
#
# **Put it to work**: against brute force, where that is possible (6 tokens, texts of up to 6, alpha 0.7), and on the trigram model.

# %%
if ready(bpe_train, bpe_encode, beam_search):
    small = [END, *[number[piece] for piece in ("▁boat", "▁rain", "▁fast", "▁is", "▁old")]]

    def short(tokens):
        """Log-probabilities over six tokens only; token 0 ends the text."""
        chances = trigram([END, *[small[token] for token in tokens]])[small]
        return np.log(chances / chances.sum())

    def every(tokens, total):
        """All texts that begin so, with their sums: those that end, and those of six tokens."""
        for token, value in enumerate(short(tokens)):
            longer = [*tokens, token], total + value
            if token == 0 or len(longer[0]) == 6:
                yield longer
            else:
                yield from every(*longer)

    texts = [(tokens, total / len(tokens) ** 0.7) for tokens, total in every([], 0.0)]
    tokens, score = max(texts, key=lambda text: text[1])
    print(f"brute force over {len(texts)} texts: {score:.3f} {decode(small[token] for token in tokens)!r}")
    for width in (1, 2, 3, 8):
        tokens, score = beam_search(short, 0, width, 6, 0.7)
        print(f"width {width}: {score:.3f} {decode(small[token] for token in tokens)!r}")

# %%
if ready(bpe_train, bpe_encode, beam_search):
    for alpha in (0.0, 0.5, 1.0):
        for width in (1, 2, 4, 16):
            tokens, score = beam_search(lambda tokens: np.log(trigram([END, *tokens])), END, width, 14, alpha)
            print(f"alpha {alpha}, width {width:2}: score {score:7.3f}, sum {score * len(tokens) ** alpha:7.3f}, {len(tokens):2} tokens: {decode(tokens)}")

# %% [markdown]
# Among six tokens width 1 ends at once, since END is the most probable first token there; width 2 and 3 find better texts, and width 8 the best of all 19 531, which brute force confirms. On the trigram model the raw sums ($\alpha=0$) get shorter as the beam gets wider: eleven tokens, five, four. With
# $\alpha=1$ they get longer instead, up to the limit of 14, and the last one is two beginnings glued together without an end. So the length rule decides what "best" means. And a wider beam isn't always better: with $\alpha=1$ width 2 scores -0.871 where greedy has -0.797, because the beam prunes by sums and the rule comes afterwards. None of the texts is what one would call the best.

# %% [markdown] question="beam-for-chat" points=4
# ### Q. "Would you use beam search for a chat model?"   *(medium, 3 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - beam search looks for the most probable text; likelihood is not quality: bland, short, repetitive
# - raw sums favour short texts, hence a length rule, and its choice decides the result
# - good where one right output exists (translation, speech, structured output), not for open text: sampling there
# - cost: width times the cache and the compute; no streaming until the end
#
# **Red flags** (-1): "wider is always better"; thinks that beam search finds the optimum; no word on length.
#
# **A strong answer, said aloud**: No. Beam search approximates the most probable text, and in open conversation the most probable text is a bland one: people do not choose the likeliest word all the time. It also loops, and it is biased to short answers, because every token adds a negative number to the sum. The length penalty repairs that, but then the penalty decides
# the length. In our example the winner changes with alpha from four tokens to fourteen, and width two found a worse score than greedy once the length rule came in. In translation it is known that quality falls again for very wide beams. It is good where the output is nearly determined by the input: translation, speech recognition, a
# query in a fixed grammar; there a width of four or five is usual. For chat I sample with temperature and top-p, or I draw n samples and rank them with a verifier or a reward model. Beam search also costs width times the cache, and nothing can be streamed, since the leading sequence may change.
#
# **A weak candidate says**: "Yes, with a large beam, because it finds better sentences than greedy."
#
# **Follow-ups**:
# - *Width 1?* Greedy decoding.
# - *Wide enough to cut nothing?* Then it is brute force, and exact.
# - *Does a wider beam always find a better sum?* No: what is kept at one step may crowd out what would have won later.
# - *What is diverse beam search?* Groups of beams with a penalty for choosing what another group has chosen.
# === END MARK SCHEME ===

# %% [markdown]
# ## 10. `speculative_step`   *(hard, 20 min, asked often)*
#
# > *"Decode faster without changing a single probability."*
#
# A large model that writes one token reads all its weights for it; it could score several tokens in the same time. **Speculative decoding** lets a small model draft K tokens and checks them in **one pass** of the large one, which gives the target's rows $p_0,\dots,p_K$. Token $t$, drawn from $q_i$, is kept with probability
#
# $$\min\left(1,\frac{p_i(t)}{q_i(t)}\right)$$
#
# and at the first that is not kept, one from the **residual** $\max(p_i-q_i,0)$, normalised, takes its place. Then token $t$ comes with probability $q\min(1,p/q)+\left(1-\sum\min(p,q)\right)\frac{\max(p-q,0)}{\sum\max(p-q,0)}=\min(p,q)+\max(p-q,0)=p$: exactly the target's. When all K are kept, the pass has
# already computed the row $p_K$ *after* them, so one more token is drawn from it, for free. Published answers draw it from the row before: the first token then still has the right distribution, so a careless test passes.


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
# **In Hugging Face.** `target.generate(ids, assistant_model=draft)` does this; both models must share the tokeniser. vLLM has it as `speculative_config`. With greedy decoding a token is kept when it is the target's argmax; that rule is right there and wrong for sampling.
#
# **Is the distribution the target's?** 10 000 passes from "the miller": the bigram drafts two tokens, the trigram is the target. Compared with the exact distributions are the first token that comes out, and the third, where both drafted ones were kept. The distance is the **total variation**, half the sum of absolute differences. Chance alone
# makes it some hundredths, so beside it stands what as many direct draws from the target give.

# %% tags=["instructor"]
speculative_step = backend.runs(speculative_step)

# %%
if ready(bpe_train, bpe_encode, sample_token, speculative_step):
    context = [END, *encode("the miller")]

    def one_pass(rng, tokens, count):
        """The tokens that one pass adds, and the last row of the target."""
        draft = []
        for _ in range(count):
            draft.append(int(np.searchsorted(np.cumsum(bigram([*tokens, *draft])), rng.random())))
        q = np.array([bigram([*tokens, *draft[:i]]) for i in range(count)])
        p = np.array([trigram([*tokens, *draft[:i]]) for i in range(count + 1)])
        return [int(token) for token in speculative_step(np.array(draft), q, p, rng.random(count + 1))]

    rng = np.random.default_rng(0)
    passes = [one_pass(rng, context, 2) for _ in range(10_000)]
    first = np.bincount([new[0] for new in passes], minlength=END + 1) / len(passes)
    direct = np.bincount(rng.choice(END + 1, len(passes), p=trigram(context)), minlength=END + 1) / len(passes)
    exact, drafted = trigram(context), bigram(context)
    print(f"first token: distance from the target {np.abs(first - exact).sum() / 2:.3f} (direct draws {np.abs(direct - exact).sum() / 2:.3f}, draft model {np.abs(drafted - exact).sum() / 2:.3f})")
    common = max({tuple(new[:2]) for new in passes if len(new) == 3}, key=[tuple(new[:2]) for new in passes if len(new) == 3].count)
    third = [new[2] for new in passes if len(new) == 3 and tuple(new[:2]) == common]
    exact = trigram([*context, *common])
    direct = np.bincount(rng.choice(END + 1, len(third), p=exact), minlength=END + 1) / len(third)
    third = np.bincount(third, minlength=END + 1) / len(third)
    print(f"third token after '{decode([*context, *common])}': distance {np.abs(third - exact).sum() / 2:.3f} (direct draws {np.abs(direct - exact).sum() / 2:.3f})")

# %% [markdown]
# Both distances are as small as those of direct draws: nothing can be told from the target, though the draft model itself is 0.178 away. The proof needs only the arithmetic above; the measurement is what finds a wrong row.
#
# ## 11. Hunt: tokens a pass   *(medium, 10 min, asked sometimes)*
#
# How many tokens does a pass add on average? Predict it, for models whose rows are the same at every position: the target's `p`, the draft model's `q`, `k` drafted tokens. A pass adds the kept tokens and one more.


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

# %% [markdown]
# **In vLLM.** The logs report the draft acceptance rate and the mean acceptance length of a pass; papers write $\alpha$ for the probability that a token is kept and $\gamma$ for k.
#
# **Does it hold, and what is it worth?** With K drafted tokens that cost a fraction $c$ of a target's pass each, a pass takes $1+cK$ and adds what you predicted, so the speed-up is their quotient.

# %% tags=["instructor"]
tokens_predicted = backend.runs(tokens_predicted)

# %%
if ready(speculative_step, tokens_predicted):
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.full(30, 1.0), 2)
    q = 0.6 * p + 0.4 * q
    print(f"kept with probability {np.minimum(p, q).sum():.3f}")
    for k in (1, 2, 4, 8):
        rows = np.tile(q, (k, 1)), np.tile(p, (k + 1, 1))
        lengths = [len(speculative_step(rng.choice(30, k, p=q), *rows, rng.random(k + 1))) for _ in range(2000)]
        error = np.std(lengths, ddof=1) / np.sqrt(len(lengths))
        print(f"{k} drafted: predicted {tokens_predicted(p, q, k):.3f} tokens a pass, measured {np.mean(lengths):.3f} (standard error {error:.3f})")

# %% tags=["folded"]
if ready(tokens_predicted):
    drafted = np.arange(1, 17)
    figure, axes = plt.subplots(1, 2, figsize=(9, 2.9), layout="constrained", sharey=True)
    for axis, cost in zip(axes, (0.05, 0.3), strict=True):
        for kept, colour in ((0.9, "#4c78a8"), (0.7, "#f58518"), (0.4, "#e45756")):
            target, small_model = np.array([kept, 1 - kept, 0.0]), np.array([kept, 0.0, 1 - kept])
            gain = [tokens_predicted(target, small_model, int(k)) / (1 + cost * k) for k in drafted]
            axis.plot(drafted, gain, ".-", color=colour, label=f"kept with probability {kept}")
            axis.plot(drafted[int(np.argmax(gain))], max(gain), "o", color=colour)
            print(f"cost {cost}, kept {kept}: best speed-up {max(gain):.2f} with {drafted[int(np.argmax(gain))]} drafted")
        axis.axhline(1, color="grey", linestyle=":")
        axis.set(xlabel="drafted tokens a pass", title=f"a drafted token costs {cost} of a pass")
    axes[0].set(ylabel="speed-up")
    axes[1].legend(fontsize=7)
    plt.show()

# %% [markdown]
# Predicted and measured agree within two and a half standard errors. (A kept token is *not* kept independently of the others' fate: after the first rejection the rest is lost, so the mean is less than $1+\alpha K$.) The picture: a cheap draft that is right nine times out of ten gains a factor of 4.7 with 13 drafted tokens. At 0.4 and a cost of 0.3 the best is 1.08 with a single token, and from two on
# it is slower than no draft at all. Long drafts only pay when they are cheap and good.

# %% [markdown] question="speculative" points=5
# ### Q. "Why is speculative decoding lossless, and when does it not pay?"   *(hard, 5 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - one pass of the target scores all drafted tokens; decoding is bound by memory, so K + 1 tokens cost about one
# - keep with min(1, p/q), else draw from max(p - q, 0) normalised: together min(p, q) + max(p - q, 0) = p
# - all kept: one more from the row after the draft
# - tokens a pass: (1 - α^(K+1))/(1 - α), α = Σ min(p, q)
# - it does not pay for a low α, a costly draft, or large batches that are bound by compute already
#
# **Red flags** (-1): "it is an approximation"; keeps tokens by the target's argmax while sampling; redraws from p after a rejection.
#
# **A strong answer, said aloud**: Decoding one token reads all weights of the model, so it is limited by memory, and scoring five tokens takes about as long as one. A small model drafts K tokens, the large one scores them all in one pass. I keep token t with probability p over q, capped at one. If it is rejected, I draw from the positive part of p minus q, normalised, and
# stop there. A token comes out with probability min(p, q) from the first way and max(p - q, 0) from the second: together p, so the output has exactly the target's distribution, whatever the draft does. If all are kept I draw one more from the row after the draft. With acceptance α the mean is one minus α to the K plus one, over one minus α: 2.77 tokens for 0.7 and four. It does not
# pay when the draft is slow or rarely right, at high temperature for instance, or when the batch is so large that the pass is bound by compute: then rejected tokens are wasted work.
#
# **A weak candidate says**: "A small model writes and the big model corrects it, so the quality is nearly the same."
#
# **Follow-ups**:
# - *Where do drafts come from?* A small model of the same family, extra heads (Medusa, EAGLE), n-grams copied from the prompt.
# - *And greedy decoding?* A token is kept when it is the target's argmax; the text is the same as without drafts, up to rounding.
# - *How do you test it?* Fix p and q, run many passes, compare the frequencies of the first token and of the added one with p[0] and p[K].
# - *What happens to the cache?* The entries of rejected tokens are cut off.
# === END MARK SCHEME ===

# %% [markdown] question="prefill-decode" points=4
# ### Q. "What happens between the prompt and the last token? Prefill, decode, and why K and V are cached, but not Q."   *(medium, 4 min, asked often)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - prefill: the whole prompt in one pass, bound by compute; it decides the time to the first token
# - decode: one token a pass, bound by memory; it decides the time per token
# - keys and values of old tokens are read by every later token, an old query is never used again
# - batching raises the throughput of decode; the cache limits the batch
#
# **Red flags** (-1): thinks that the whole prompt is computed again for each token; says that the cache saves memory.
#
# **A strong answer, said aloud**: The prompt goes through the model in one pass, all tokens side by side: large matrix products, so that phase is limited by compute, and it decides how long the user waits for the first token. It also fills the cache. Then comes decoding: each step takes one token through all layers, reads all the weights and the whole cache for it, and does little arithmetic with them. That
# is limited by memory bandwidth, and it decides the speed of the text. We cache keys and values because causal attention of every later token needs those of all earlier ones, and they do not change. A query is used once, by its own token, at its own step; nobody asks for it again. The cache trades memory for compute: without it each token would run the whole prefix again. To use the
# card I batch many users in decode, continuously, and then the cache is the limit: grouped-query attention, paging and quantised caches help. Speculative decoding fills the idle arithmetic of small batches.
#
# **A weak candidate says**: "The KV cache makes the model use less memory."
#
# **Follow-ups**:
# - *How large is the cache?* Two times layers, key heads, head width, bytes, for each token: the exercise `kv_cache_bytes` of the lesson compute_budget.
# - *What is chunked prefill?* A long prompt is computed in parts, between decode steps of others, so that nobody's text halts.
# - *Why can prefixes be shared?* Causal keys and values depend on earlier tokens only, so a common system prompt is computed once.
# - *Which sampling settings change the cost?* None noticeably, but beams and n samples multiply the decode batch.
# === END MARK SCHEME ===

# %% [markdown] tags=["sheet"]
# ## The sheet
#
# | what | formula or rule | trap |
# |---|---|---|
# | BPE training | merge the pair with the largest count, again and again | word counts forgotten; replacing in a spaced text; ties |
# | BPE encoding | the pair learned first is merged first | longest match is WordPiece |
# | bytes | a token may end within a character | decoding token by token gives � |
# | comparing tokenisers | bits per byte = loss·tokens/(bytes·ln 2) | perplexity is per token |
# | greedy | argmax until eos or max_new | prompt, eos and max_length in the result |
# | temperature | softmax(z/T), T = 0 is argmax | multiplied; divided by 0 |
# | top-k | exactly k stay | a threshold keeps all ties |
# | top-p | fewest tokens that reach p | the crossing token dropped |
# | drawing | first sum above u | u = 0; the rounded sum below u |
# | repetition penalty | z > 0: z/r, else z·r | dividing a negative logit raises it |
# | beam search | keep `width` sums over all; score = sum/len^α | stops at the first eos; raw sums are short; finished ones extended |
# | speculative step | keep with min(1, p/q); residual max(p - q, 0); added token from p[K] | added token from p[K-1]; redraw from p |
# | tokens a pass | 1 + α + ... + α^K, α = Σ min(p, q) | 1 + Kα; 0/0 at α = 1 |
#
# **Sixty seconds to say.** BPE counts pairs and merges the most frequent, and encoding replays the merges in order; that is why a model sees pieces, not letters, and why perplexities of two tokenisers do not compare. The logits are divided by the temperature, cut by top-k or top-p, where the token that crosses p stays, and drawn by a
# uniform number. Greedy loops; a penalty must look at the sign of the logit. Beam search finds probable texts, not good ones, and its length rule decides as much as its width. Speculative decoding drafts with a small model and checks in one pass: keep with p over q, replace from the positive part of p minus q, add one from the row after the draft, and the distribution is exactly the target's.

# %%
status()
