"""A workload: our references and what people would use instead, on the same inputs, with an oracle."""

from __future__ import annotations

import importlib.util
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Call = Callable[[], Any]
References = Mapping[str, Callable[..., Any]]

# A library's fit stops when its objective is within this of the best, relatively;
# ours when it is as good: two fits take the same time only to the same end.
GAP = 1e-6


@dataclass(frozen=True, slots=True)
class Contest:
    """One size of a workload.

    `run` are the references at work on `arrays`, which may be on a device; `peers` the others'
    calls by name. `error` says of any result how far it is from the oracle (for fits: the objective
    from the best one, relatively; nan where there is nothing to compare). `flop` and `moved` are
    the work that nobody is spared: floating-point operations in products, bytes read and written.
    `rivals` make the calls of others on the same GPU, by name, their data there already.
    """

    run: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    peers: dict[str, Call]
    error: Callable[[Any], float]
    flop: float = 0.0
    moved: float = 0.0
    rivals: dict[str, Callable[[], Call]] = field(default_factory=dict)

    @property
    def calls(self) -> dict[str, Call]:
        """The calls by name, ours first."""
        return {"ours": lambda: self.run(*self.arrays), **self.peers}


@dataclass(frozen=True, slots=True)
class Workload:
    """A reference at work: the sizes, what a size counts, and how a contest is made.

    `gpu_sizes` come on top where a GPU is asked for.
    """

    lesson: str
    name: str
    unit: str
    sizes: tuple[int, ...]
    make: Callable[[References, int], Contest] = field(repr=False)
    gpu_sizes: tuple[int, ...] = ()


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def peers(**makers: tuple[str, Callable[[], Call]]) -> dict[str, Call]:
    """The calls of the packages that are installed: name=(package, what imports it and makes the call).

    A reference is timed without its peers where nobody installed them.
    """
    found = {name: make for name, (package, make) in makers.items() if installed(package)}
    return {name.replace("_", "-"): make() for name, make in found.items()}


def relative(exact: Any) -> Callable[[Any], float]:
    """The largest difference from `exact`, as a part of its largest entry."""
    exact = np.asarray(exact, np.float64)
    scale = float(np.max(np.abs(exact))) or 1.0
    return lambda got: float(np.max(np.abs(np.asarray(got, np.float64) - exact))) / scale


def linear_data(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of independent normal numbers; the target is five columns of them and noise."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, d))  # (n, d)
    return x, x[:, :5] @ rng.normal(size=5) + rng.normal(size=n)


def loosest(gap: Callable[[float], float]) -> tuple[float, float]:
    """The largest tolerance at which a library's fit comes within GAP of the best objective.

    Three are tried in each decade. With it comes how near the fit is then.
    """
    for decade in range(1, 13):
        for digit in (5, 2, 1):
            tolerance = digit * 10.0**-decade
            reached = gap(tolerance)
            if reached <= GAP:
                return tolerance, reached
    raise RuntimeError("no tolerance down to 1e-12 comes near enough")


def fewest_steps(gap: Callable[[int], float], goal: float) -> int:
    """The fewest steps, at most 4096, after which a method is within `goal` of the best."""
    goal = max(goal, 1e-12)  # rounding hides what is below
    # By halving, since each try is a fit: the methods only descend.
    return 1 + bisect_left(range(1, 4096), True, key=lambda count: gap(count) <= goal)
