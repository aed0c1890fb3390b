"""Which submissions are alike but for names and layout: a hint for somebody to look, never a verdict.

A submission's code becomes runs of tokens, its own names and numbers replaced; runs that stand in
the released lesson, or that many share, say nothing. What is left of two submissions is compared by
the share of runs they have in common (Jaccard).
"""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.sparse import csr_array

RUN = 8  # tokens
MANY = 100  # that have a run at most, for it to say something in a class of thousands
LEAST = 30  # runs that two submissions must have of their own to be compared
ALIKE = 0.75
LONGEST = 50_000  # characters of a cell that are looked at
MOST = 1000  # cells
MOST_RUNS = 50_000  # of a submission: beyond these nothing more of it is looked at
_KEPT_NAMES = {*keyword.kwlist, *dir(builtins), "np", "math", "self"}
_LAYOUT_TOKENS = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students whose submissions are alike, and how much: 1 is the same."""

    one: str
    other: str
    share: float


def alike(
    submissions: Iterable[tuple[str, Iterable[str]]], released: Iterable[str] = (), limit: int = 50
) -> list[Pair]:
    """The pairs of students whose code cells are alike, the most alike first, `limit` at most.

    Of each submission no more is kept than its runs.
    """
    handed_out = set(released)
    given = runs(handed_out)
    students, own = [], []
    for student, cells in submissions:
        # Most cells of a notebook are as they were handed out, and need not be read again.
        found = runs(cell for cell in cells if cell not in handed_out) - given
        students.append(student)
        own.append(np.fromiter(found, np.int64, len(found)))
    pairs = [Pair(students[one], students[other], share) for one, other, share in _shares(own) if share >= ALIKE]
    return sorted(pairs, key=lambda pair: (-pair.share, pair.one, pair.other))[:limit]


def _shares(own: Sequence[np.ndarray]) -> Iterator[tuple[int, int, float]]:
    """Each two submissions that have runs in common, and which fraction of all their runs these are.

    `own` holds the runs of each, once. Runs that many have say nothing. A run that one alone has
    counts for the union only.
    """
    n, many = len(own), min(MANY, max(3, len(own) // 10))
    lengths = np.array(list(map(len, own)), np.int64)  # (n,)
    if not lengths.sum():
        return
    # (m,) the runs of all, (total,) which of them each submission's are, (m,) how many have each
    different, places, held = np.unique(np.concatenate(own), return_inverse=True, return_counts=True)
    owner = np.repeat(np.arange(n), lengths)  # (total,)
    few = held[places] <= many
    sizes = np.bincount(owner[few], minlength=n)  # (n,) the union needs those that one alone has, too
    telling = few & (held[places] > 1) & (lengths[owner] >= LEAST)
    # (n, m), 1 where a submission has a run: sparse, since it has few of all that a class has. float32 counts
    # exactly up to 2**24, far above the runs that a submission may have.
    ones = np.ones(np.count_nonzero(telling), np.float32)
    has = csr_array((ones, (owner[telling], places[telling])), shape=(n, len(different)))
    both = (has @ has.T).tocoo()  # (n, n), where two have something in common
    union = sizes[both.row] + sizes[both.col] - both.data  # (pairs,), as `both.data`, which is their intersection
    kept = (both.row < both.col) & (union >= LEAST)  # each pair once
    shares = both.data[kept] / union[kept]
    yield from zip(both.row[kept].tolist(), both.col[kept].tolist(), shares.tolist(), strict=True)


def runs(cells: Iterable[str]) -> set[int]:
    """The runs of tokens in code cells."""
    found: set[int] = set()
    for cell in islice(cells, MOST):
        tokens = _tokens(cell)
        if len(found) > MOST_RUNS:
            break
        for start in range(len(tokens) - RUN + 1):
            # hash() differs between processes; runs are compared within one.
            found.add(hash(tuple(tokens[start : start + RUN])))
    return found


def _tokens(cell: str) -> list[str]:
    """A cell's tokens without layout and docstrings.

    Names are one token, but for attributes, keywords and the language's own; so are numbers, and
    texts.
    """
    tokens: list[str] = []
    begins = True  # a statement
    try:
        text = cell[:LONGEST].encode("utf-8", "replace").decode()  # halves of characters stop some tokenizers
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in _LAYOUT_TOKENS and not (begins and token.type == tokenize.STRING):
                tokens.append(_plain(token, tokens[-1] if tokens else ""))
            if token.type not in (tokenize.NL, tokenize.COMMENT):
                begins = token.type in _LAYOUT_TOKENS
    except (tokenize.TokenError, SyntaxError):
        pass  # the cell ends in the middle of something: what was read counts
    return tokens


def _plain(token: tokenize.TokenInfo, before: str) -> str:
    if token.type == tokenize.NAME:
        return token.string if before == "." or token.string in _KEPT_NAMES else "name"
    return {tokenize.NUMBER: "number", tokenize.STRING: "text"}.get(token.type, token.string)
