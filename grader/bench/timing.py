"""Timing side by side: warm-up, interleaved runs, medians and spread, the machine's own ceiling."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds of a run: the median and the quartiles around it, and the number of runs."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, seconds: list[float]) -> Time:
        if len(seconds) == 1:
            return cls(seconds[0], seconds[0], seconds[0], 1)
        low, middle, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(middle, low, high, len(seconds))


def interleaved(workloads: Mapping[str, Callable[[], object]], budget: float = 2.0, most: int = 30) -> dict[str, Time]:
    """Time workloads in turns, A B C A B C, so that a machine that slows down slows all of them.

    `budget` is in seconds for each workload; at least 3 runs are made whatever they cost, and one
    before them does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in workloads}
    for work in workloads.values():
        work()
    started = time.perf_counter()
    for turn in range(most):
        for name, work in workloads.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
        if turn >= 2 and time.perf_counter() - started > budget * len(workloads):
            break
    return {name: Time.of(measured) for name, measured in seconds.items()}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the machine can do at most on the threads in use: GEMM in GFLOP/s, memory copied in GB/s."""

    gemm32: float
    gemm64: float
    copy: float


def ceiling() -> Ceiling:
    """Measure the machine's ceiling: products of 1024 x 1024 matrices, a copy of 256 MiB."""
    rng = np.random.default_rng(0)
    square = rng.random((1024, 1024))
    single, source = square.astype(np.float32), np.zeros(2**25)
    target = np.empty_like(source)
    times = interleaved(
        {
            "32": partial(np.matmul, single, single),
            "64": partial(np.matmul, square, square),
            "copy": partial(np.copyto, target, source),
        },
        budget=1.0,
    )
    # A product of n x n matrices has n**3 multiplications, and as many additions.
    flop = 2 * 1024**3
    return Ceiling(
        flop / times["32"].median / 1e9,
        flop / times["64"].median / 1e9,
        # Every byte is read and written.
        2 * source.nbytes / times["copy"].median / 1e9,
    )
