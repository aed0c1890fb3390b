"""A workload on CuPy: copy in, compute, copy out, timed with CUDA events after warm-up. Needs a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grader import backends
from grader.bench.timing import Time
from grader.bench.workloads import References, Workload


def measure(work: Workload, ours: References, size: int) -> Iterator[tuple[str, Time]]:
    """The three parts of a workload on the device and their times."""
    from cupyx.profiler import benchmark

    device = backends.get("cupy")
    arrays = work.make(ours, size).arrays
    held = [device.put(array) for array in arrays]
    on_device = {name: _moved(function, device) for name, function in ours.items()}
    compute = work.make(on_device, size).calls["ours"]
    parts = {
        "to device": lambda: [device.put(array) for array in arrays],
        "compute": compute,
        "to host": lambda: [device.get(array) for array in held],
    }
    for part, call in parts.items():
        measured = benchmark(call, n_warmup=3, n_repeat=20)
        yield part, Time.of(sorted(float(seconds) for seconds in measured.gpu_times.reshape(-1)))


def _moved(function: Any, device: backends.Backend) -> Any:
    """The function with its arguments on the device, moved there the first time and kept, so that computing is timed alone."""
    kept: dict[int, tuple[Any, Any]] = {}

    def call(*args: Any) -> Any:
        for arg in args:
            if id(arg) not in kept:
                kept[id(arg)] = arg, device.to_device(arg)
        return function(*[kept[id(arg)][1] for arg in args])

    return call
