"""A workload on CuPy: copy in, compute, copy out, and what others take on the same GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from grader import backends
from grader.bench.contest import Contest
from grader.bench.timing import Ceiling, Time

PARTS = ("to device", "compute", "to host")
# A product of square matrices, and bytes of a copy: large enough for the card's own rates.
_SIDE, _COPIED = 8192, 2**30


def measure(contest: Contest) -> Iterator[tuple[str, Time, float | None]]:
    """The three parts of our call on the device, then the rivals: their times and their errors.

    A copy has no error of its own.
    """
    device = backends.get("cupy")
    held = device.to_device(contest.arrays)
    result = contest.run(*held)
    yield "to device", _timed(lambda: device.to_device(contest.arrays)), None
    yield "compute", _timed(lambda: contest.run(*held)), contest.error(device.to_numpy(result))
    yield "to host", _timed(lambda: device.to_numpy(result)), None
    for who, make in contest.rivals.items():
        call = make()
        yield who, _timed(call), contest.error(call())


def _timed(call: Callable[[], Any], budget: float = 0.5) -> Time:
    """The call between two CUDA events, 3 to 20 times in about `budget` seconds.

    A first call, which compiles kernels, does not count.
    """
    from cupyx.profiler import benchmark

    once = benchmark(call, n_warmup=1, n_repeat=1).gpu_times.max()
    measured = benchmark(call, n_warmup=1, n_repeat=max(3, min(20, int(budget / once))))
    return Time.of(sorted(float(seconds) for seconds in measured.gpu_times.reshape(-1)))


def ceiling() -> Ceiling:
    """The card's own rates: products of large matrices in both widths, a copy within its memory.

    In float32 without TF32, whose 10 bits of mantissa no reference computes with.
    """
    import cupy

    single = cupy.random.random((_SIDE, _SIDE), dtype=cupy.float32)
    double = single.astype(cupy.float64)
    source = cupy.zeros(_COPIED, cupy.uint8)
    target = cupy.empty_like(source)
    flop = 2 * _SIDE**3
    gemm32 = flop / _timed(lambda: single @ single).median / 1e9
    gemm64 = flop / _timed(lambda: double @ double).median / 1e9
    copied = _timed(lambda: cupy.copyto(target, source)).median
    return Ceiling(gemm32, gemm64, 2 * _COPIED / copied / 1e9)  # every byte is read and written


def card() -> dict[str, str]:
    """The card's name, its driver's and CUDA's versions."""
    import cupy

    runtime = cupy.cuda.runtime
    properties = runtime.getDeviceProperties(cupy.cuda.Device().id)
    return {
        "name": properties["name"].decode(),
        "driver": _cuda(runtime.driverGetVersion()),
        "runtime": _cuda(runtime.runtimeGetVersion()),
    }


def _cuda(number: int) -> str:
    """A version of CUDA, which its runtime writes as one number: 12040 is 12.4."""
    return f"CUDA {number // 1000}.{number % 1000 // 10}"
