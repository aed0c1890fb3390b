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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

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


def alike(submissions: Mapping[str, Iterable[str]], released: Iterable[str] = (), limit: int = 50) -> list[Pair]:
    """The pairs of students whose code cells are alike, the most alike first, `limit` at most."""
    handed_out = set(released)
    given = runs(handed_out)
    # Most cells of a notebook are as they were handed out, and need not be read again.
    written = {student: [cell for cell in cells if cell not in handed_out] for student, cells in submissions.items()}
    own = {student: runs(cells) - given for student, cells in written.items()}
    students = [student for student, found in own.items() if len(found) >= LEAST]
    held = Counter(chain(*own.values()))
    many = min(MANY, max(3, len(own) // 10))
    shares = _shares([own[student] for student in students], held, many)
    pairs = [Pair(students[one], students[other], share) for one, other, share in shares if share >= ALIKE]
    return sorted(pairs, key=lambda pair: (-pair.share, pair.one, pair.other))[:limit]


def _shares(own: Sequence[set[int]], held: Counter[int], many: int) -> Iterator[tuple[int, int, float]]:
    """Each two submissions that have runs in common, and which fraction of all their runs these are.

    `held` says how many have a run.
    Runs that more than `many` have say nothing. A run that one alone has counts for the union only.
    """
    telling = [run for run, count in held.items() if 1 < count <= many]
    columns = {run: column for column, run in enumerate(telling)}
    # Sparse, since a submission has few of all the runs that a class has.
    rows = [sorted(columns[run] for run in found if run in columns) for found in own]
    ends = np.cumsum([0, *map(len, rows)])  # (n + 1,), where each row of `places` ends
    places = np.fromiter(chain(*rows), np.int64, ends[-1])  # (ends[-1],), columns row by row
    # (n, m): 1 where a submission has a run
    # float32 counts exactly up to 2**24, far above the runs that a submission may have.
    has = csr_array((np.ones(len(places), np.float32), places, ends), shape=(len(own), len(columns)))
    sizes = np.array([sum(held[run] <= many for run in found) for found in own])  # (n,)
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
