"""A run's cases: inputs, what an oracle says about them, and the messages that ask for them, each made once."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from grader.isolation.message import Rng
from grader.isolation.reply import Reply
from grader.isolation.request import Request
from grader.judging.compare import Difference, Tolerance, difference
from grader.judging.show import show
from grader.verdict import Case

Maker = Callable[[np.random.Generator], Iterable[tuple[Any, ...]]]
Oracle = Callable[..., Any]
_COMPARISONS = 10_000  # found right, and kept


class Cases:
    """A run's cases.

    Each maker is called once, with a generator of its own; expected values are computed once.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._cases: dict[tuple[Any, ...], list[Case]] = {}
        self._kept: set[int] = set()  # ids of cases, which live as long as the run
        self._requests: dict[tuple[str, int], Request] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self._right: dict[tuple[int, int, Tolerance], tuple[Case, Reply]] = {}

    def __call__(self, maker: Maker, oracle: Oracle | None = None) -> list[Case]:
        """The cases of a maker, with what the oracle says about them."""

        def make() -> list[Case]:
            return [_case(item, oracle) for item in maker(self.rng(maker.__name__))]

        return self.once((maker, oracle), make)

    def once(self, key: tuple[Any, ...], make: Callable[[], list[Case]]) -> list[Case]:
        """The cases kept under a key, made the first time."""
        if key not in self._cases:
            self._cases[key] = make()
            self._kept.update(map(id, self._cases[key]))
        return self._cases[key]

    def keeps(self, case: Case) -> bool:
        """Whether a case is one that the run keeps, and every answer is asked."""
        return id(case) in self._kept

    def difference(
        self, case: Case, reply: Reply, tolerance: Tolerance, names: Sequence[str] = ()
    ) -> Difference | None:
        """How a reply differs from what its case expects; `names` are those of a tuple's values.

        That one which many answers give is right is found out once.
        """
        # By identity: arrays have no hash, and to compare them is what is spared here.
        key = id(case), id(reply), tolerance
        if key in self._right:
            return None
        found = difference(case.expected, reply.value, tolerance, names=names)
        if reply.common and not found and self.keeps(case) and len(self._right) < _COMPARISONS:
            self._right[key] = case, reply  # which keeps their ids theirs
        return found

    def text(self, name: str, case: Case) -> str:
        """The call of `name` on a case as one would write it.

        Of a case that the run keeps, written once.
        """
        if (name, id(case)) in self._texts:
            return self._texts[name, id(case)]
        text = f"{name}({', '.join(show(arg, 80) for arg in case.args)})"
        if self.keeps(case):
            self._texts[name, id(case)] = text
        return text

    def rng(self, name: str) -> np.random.Generator:
        """The run's generator for a purpose: the same seed and name give the same numbers."""
        # By name and not by order: a check that is added changes no other check's cases.
        # crc32, since hash() gives a text another number in every process.
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def request(self, name: str, case: Case) -> Request:
        """The message that calls `name` on a case, made once for cases that the run keeps."""
        if not self.keeps(case):
            return Request.of(name, case.args)
        key = name, id(case)
        if key not in self._requests:
            self._requests[key] = Request.of(name, case.args)
        return self._requests[key]


def _case(item: tuple[Any, ...], oracle: Oracle | None) -> Case:
    name, *args = item
    return Case(str(name), tuple(args), expected_of(oracle, args) if oracle else None)


def expected_of(oracle: Oracle, args: Sequence[Any]) -> Any:
    """What an oracle says about arguments, which it gets as copies."""
    return oracle(*map(copied, args))


def copied(arg: Any) -> Any:
    """An argument as one call gets it: a generator for its seed, else a copy."""
    if isinstance(arg, Rng):
        return np.random.default_rng(arg.seed)
    return arg if callable(arg) else copy.deepcopy(arg)
