"""Which submissions are alike once names and layout are put aside: a hint for somebody to look, never a verdict.

A submission's code becomes runs of tokens, its own names and numbers replaced; runs that stand in the released lesson, or that many
share, say nothing. What is left of two submissions is compared by the share of runs they have in common (Jaccard).
"""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

RUN = 8  # tokens
LEAST = 30  # runs that two submissions must have of their own to be compared
ALIKE = 0.75
LONGEST = 50_000  # characters of a cell that are looked at
_KEPT_NAMES = {*keyword.kwlist, *dir(builtins), "np", "math", "self"}
_LAYOUT_TOKENS = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students whose submissions are alike, and how much: 1 is the same."""

    one: str
    other: str
    share: float


def alike(submissions: Mapping[str, Iterable[str]], released: Iterable[str] = (), limit: int = 50) -> list[Pair]:
    """The pairs of students whose code cells are alike, the most alike first, `limit` at most."""
    given = runs(released)
    own = {student: runs(cells) - given for student, cells in submissions.items()}
    held = Counter(run for found in own.values() for run in found)
    many = max(3, len(own) // 10)
    rare = {run: column for column, run in enumerate(run for run, count in held.items() if 1 < count <= many)}
    students = [student for student, found in own.items() if len(found) >= LEAST]
    shared = np.zeros((len(students), len(rare)), dtype=np.float32)
    for row, student in enumerate(students):
        shared[row, [rare[run] for run in own[student] if run in rare]] = 1
    sizes = np.array([sum(held[run] <= many for run in own[student]) for student in students])
    both = shared @ shared.T
    union = sizes[:, None] + sizes[None, :] - both
    share = np.where(union >= LEAST, both / np.maximum(union, 1), 0)
    pairs = [Pair(students[i], students[j], float(share[i, j])) for i, j in np.argwhere(np.triu(share >= ALIKE, 1))]
    return sorted(pairs, key=lambda pair: (-pair.share, pair.one, pair.other))[:limit]


def runs(cells: Iterable[str]) -> set[int]:
    """The runs of tokens in code cells."""
    found: set[int] = set()
    for cell in cells:
        tokens = _tokens(cell)
        found.update(hash(tuple(tokens[start : start + RUN])) for start in range(len(tokens) - RUN + 1))
    return found


def _tokens(cell: str) -> list[str]:
    """A cell's tokens without layout and docstrings; names are one, but for attributes, keywords and the language's own; so are numbers, texts."""
    tokens: list[str] = []
    begins = True  # a statement
    try:
        for token in tokenize.generate_tokens(io.StringIO(cell[:LONGEST]).readline):
            if token.type not in _LAYOUT_TOKENS and not (begins and token.type == tokenize.STRING):
                tokens.append(_plain(token, tokens[-1] if tokens else ""))
            if token.type not in (tokenize.NL, tokenize.COMMENT):
                begins = token.type in _LAYOUT_TOKENS
    except (tokenize.TokenError, SyntaxError):  # the cell ends in the middle of something: what was read counts
        pass
    return tokens


def _plain(token: tokenize.TokenInfo, before: str) -> str:
    if token.type == tokenize.NAME:
        return token.string if before == "." or token.string in _KEPT_NAMES else "name"
    return {tokenize.NUMBER: "number", tokenize.STRING: "text"}.get(token.type, token.string)
