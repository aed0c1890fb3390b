"""A workload on CuPy: copy in, compute, copy out, timed with CUDA events after warm-up. Needs a GPU."""

from __future__ import annotations

from collections.abc import Iterator

from grader import backends
from grader.bench.contest import Contest
from grader.bench.timing import Time


def measure(contest: Contest) -> Iterator[tuple[str, Time]]:
    """The three parts of our call on the device and their times."""
    from cupyx.profiler import benchmark

    device = backends.get("cupy")
    held = device.to_device(contest.arrays)
    result = contest.run(*held)
    parts = {
        "to device": lambda: device.to_device(contest.arrays),
        "compute": lambda: contest.run(*held),
        "to host": lambda: device.to_numpy(result),
    }
    for part, call in parts.items():
        measured = benchmark(call, n_warmup=3, n_repeat=20)
        yield part, Time.of(sorted(float(seconds) for seconds in measured.gpu_times.reshape(-1)))
