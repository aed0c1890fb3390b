"""`prep bench solutions`: the references against what people would use instead, in one run."""

from __future__ import annotations

import contextlib
import platform
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from grader import backends
from grader.bench import gpu
from grader.bench.contest import Contest, Workload, installed
from grader.bench.timing import Ceiling, Time, ceiling, interleaved
from grader.bench.workloads import WORKLOADS
from grader.course.catalogue import all_lessons, find_course, find_lesson
from grader.course.right_answers import references
from grader.errors import UsageError

NOT_MEASURED = "not measured"
_PACKAGES = (
    *("numpy", "scikit-learn", "scipy", "torch", "torchmetrics", "datasketch"),
    *("opencv-python-headless", "cupy-cuda12x", "cupy-cuda13x"),
)
_ON_GPU = tuple(f"cupy {part}" for part in gpu.PARTS)


@dataclass(frozen=True, slots=True)
class Row:
    """One call at one size: its time, and its error against the oracle.

    For fits the error is how far the objective is from the best, relatively.
    """

    workload: str
    size: int
    unit: str
    who: str
    time: Time | None
    error: float | None = None
    ratio: float | None = None  # the peer's median over ours
    # The fraction reached of the machine's rate in products of large matrices of this dtype.
    of_gemm: float | None = None
    # The fraction reached of its memory's copy rate; more than 1 where the data fit the cache.
    of_copy: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Figures:
    """A run of the benchmark: its rows, the machine's ceiling, why there are no GPU figures, if so."""

    rows: tuple[Row, ...]
    machine: Ceiling
    no_gpu: str
    card: dict[str, Any] | None = None  # the GPU's name and rates, where it was measured

    def to_json(self) -> dict[str, Any]:
        return {
            "environment": environment(self.machine),
            "gpu": self.no_gpu or self.card or NOT_MEASURED,
            "gpu_wins_from": gpu_wins(self.rows),
            "rows": [row.to_json() for row in self.rows],
        }

    def closing(self) -> str:
        """The ceiling, and about the GPU why there are no figures, or from which size it wins."""
        machine = self.machine
        lines = [f"This machine: {_rates(asdict(machine))}."]
        if self.card:
            lines.append(f"The GPU, {self.card['name']}: {_rates(self.card['ceiling'])}.")
        if self.no_gpu:
            lines.append(f"GPU: {NOT_MEASURED}. {self.no_gpu}")
        for workload, size in gpu_wins(self.rows).items():
            where = f"from {size:,} on" if size else "at none of these sizes"
            lines.append(f"GPU: {workload}, copies counted, is faster there {where}.")
        return "\n".join(lines)


def _rates(of: Mapping[str, float]) -> str:
    gemm = f"GEMM {of['gemm32']:,.0f} GFLOP/s in float32, {of['gemm64']:,.0f} in float64"
    return f"{gemm}; memory copy {of['copy']:,.0f} GB/s"


def gpu_wins(rows: Sequence[Row]) -> dict[str, int | None]:
    """For each workload timed on the GPU, the smallest size from which on it beats the CPU, or None.

    The copies there and back are counted.
    """
    ours = [row for row in rows if row.who == "ours"]
    cpu = {(row.workload, row.size): row.time.median for row in ours if row.time}
    there: dict[tuple[str, int], float] = defaultdict(float)
    for row in rows:
        if row.who in _ON_GPU and row.time:
            there[row.workload, row.size] += row.time.median
    found: dict[str, int | None] = {}
    for workload in dict.fromkeys(name for name, _ in there):
        found[workload] = None
        for size in sorted((size for name, size in there if name == workload), reverse=True):
            if there[workload, size] >= cpu[workload, size]:
                break
            found[workload] = size
    return found


def measure(lessons: Sequence[str], backend: str = "numpy", budget: float = 1.0, threads: int = 1) -> Figures:
    """Measure the workloads of some lessons, or of all.

    UsageError for a lesson without workloads.
    """
    known = list(dict.fromkeys(work.lesson for work in WORKLOADS))
    for name in lessons:
        if name not in known:
            raise UsageError(f"No benchmark for lesson {name!r}. There are: {', '.join(known)}.")
    there = {each.name for each in all_lessons(find_course())}
    wanted = [work for work in WORKLOADS if work.lesson in (lessons or there)]
    no_gpu = backends.available()["cupy"]
    on_gpu = backend == "cupy"
    rates = gpu.ceiling() if on_gpu and not no_gpu else None
    with _threads(threads):
        machine = ceiling()
        rows = tuple(row for work in wanted for row in _rows(work, on_gpu, budget, machine, rates))
    card = {**gpu.card(), "ceiling": asdict(rates)} if rates else None
    return Figures(rows, machine, no_gpu, card)


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many threads for everybody.

    What is loaded later would take as many as it likes, so the peers are loaded first.
    """
    from threadpoolctl import threadpool_limits

    for part in ("linear_model", "metrics", "neural_network"):
        import_module(f"sklearn.{part}")
    import_module("scipy.ndimage")
    if installed("torch"):
        import_module("torch").set_num_threads(count)
    if installed("cv2"):
        import_module("cv2").setNumThreads(count)
    with threadpool_limits(count):
        yield


def _rows(
    work: Workload,
    on_gpu: bool,
    budget: float,
    machine: Ceiling,
    rates: Ceiling | None,
) -> Iterator[Row]:
    ours = references(find_lesson(work.lesson, find_course()))
    for size in (*work.sizes, *(work.gpu_sizes if rates else ())):
        contest = work.make(ours, size)
        yield from _contest(work, contest, size, machine, budget)
        if on_gpu:
            yield from _on_gpu(work, contest, size, rates)


def _contest(work: Workload, contest: Contest, size: int, machine: Ceiling, budget: float) -> Iterator[Row]:
    times = interleaved(contest.calls, budget)
    for who, call in contest.calls.items():
        spent = times[who].median
        error, ratio = contest.error(call()), spent / times["ours"].median
        yield Row(
            work.name,
            size,
            work.unit,
            who,
            times[who],
            None if np.isnan(error) else error,
            ratio,
            *_reached(contest, spent, machine),
        )


def _reached(contest: Contest, spent: float, rates: Ceiling) -> tuple[float | None, float | None]:
    """The parts of a machine's GEMM and copy rates that a call of so many seconds reaches.

    None where its work is not known.
    """
    gemm = rates.gemm32 if contest.arrays[0].dtype == np.float32 else rates.gemm64
    of_gemm = contest.flop / spent / 1e9 / gemm
    of_copy = contest.moved / spent / 1e9 / rates.copy
    return of_gemm or None, of_copy or None


def _on_gpu(work: Workload, contest: Contest, size: int, rates: Ceiling | None) -> Iterator[Row]:
    """Copy to the device, compute, copy back, each a row of its own, then others on the same GPU.

    `not measured` where there is none.
    """
    if rates is None:
        yield from (Row(work.name, size, work.unit, who, None) for who in _ON_GPU)
        return
    for part, time, error in gpu.measure(contest):
        who = f"cupy {part}" if part in gpu.PARTS else f"{part} (GPU)"
        reached = (None, None) if error is None else _reached(contest, time.median, rates)
        known = None if error is None or np.isnan(error) else error
        yield Row(work.name, size, work.unit, who, time, known, None, *reached)


def environment(machine: Ceiling) -> dict[str, Any]:
    """What the figures were taken on."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": packages,
        "ceiling": asdict(machine),
    }


def table(rows: Sequence[Row]) -> Any:
    """The rows as a Rich table."""
    from rich.table import Table

    columns = (
        "workload",
        "size",
        "who",
        "median ms",
        "quartiles ms",
        "runs",
        "times ours",
        "error",
        "of GEMM",
        "of copy",
    )
    view = Table(*columns, title="References and their peers")
    last: tuple[str, int] | None = None
    for row in rows:
        if last and last != (row.workload, row.size):
            view.add_section()
        last = row.workload, row.size
        style = "bold" if row.who == "ours" else ""
        view.add_row(row.workload, f"{row.size:,} {row.unit}", row.who, *_figures(row), style=style)
    return view


def _figures(row: Row) -> list[str]:
    if row.time is None:
        return [NOT_MEASURED, *[""] * 6]
    return [
        f"{row.time.median * 1e3:.3g}",
        f"{row.time.low * 1e3:.3g}-{row.time.high * 1e3:.3g}",
        str(row.time.runs),
        _figure(row.ratio, ".2f"),
        _figure(row.error, ".1e"),
        _figure(row.of_gemm, ".0%"),
        _figure(row.of_copy, ".0%"),
    ]


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
