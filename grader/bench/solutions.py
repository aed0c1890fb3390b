"""`prep bench solutions`: the references against what people would use instead, in one run."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from grader import backends
from grader.bench.timing import Ceiling, Time, ceiling, interleaved
from grader.bench.workloads import WORKLOADS, Contest, References, Workload, installed, references
from grader.course.catalogue import find_course, lesson
from grader.course.catalogue import lessons as course_lessons
from grader.errors import UsageError

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Row:
    """One call at one size: its time, its error against the oracle (for fits: how far the objective is from the best, relatively)."""

    workload: str
    size: int
    unit: str
    who: str
    time: Time | None
    error: float | None = None
    ratio: float | None = None  # the peer's median over ours
    share: float | None = None  # of the machine's measured GEMM rate

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Figures:
    """A run of the benchmark: its rows, the machine's ceiling, and why there are no GPU figures, if so."""

    rows: tuple[Row, ...]
    machine: Ceiling
    no_gpu: str

    def to_json(self) -> dict[str, Any]:
        return {"environment": environment(self.machine), "gpu": self.no_gpu or "measured", "rows": [row.to_json() for row in self.rows]}

    def closing(self) -> str:
        """The ceiling, and a sentence about the GPU."""
        machine = self.machine
        lines = [f"This machine: GEMM {machine.gemm32:.0f} GFLOP/s in float32, {machine.gemm64:.0f} in float64; memory copy {machine.copy:.0f} GB/s."]
        return "\n".join([*lines, f"GPU: {NOT_MEASURED}. {self.no_gpu}"] if self.no_gpu else lines)


def measure(lessons: Sequence[str], backend: str = "numpy", budget: float = 1.0, threads: int = 1) -> Figures:
    """Measure the workloads of some lessons, or of all. UsageError for a lesson without workloads."""
    from threadpoolctl import threadpool_limits

    known = list(dict.fromkeys(work.lesson for work in WORKLOADS))
    for name in lessons:
        if name not in known:
            raise UsageError(f"No benchmark for lesson {name!r}. There are: {', '.join(known)}.")
    with threadpool_limits(threads):
        if installed("torch"):
            import torch

            torch.set_num_threads(threads)
        machine = ceiling()
        rows = tuple(_rows(lessons, backend, budget, machine))
    return Figures(rows, machine, backends.available()["cupy"])


def _rows(lessons: Sequence[str], backend: str, budget: float, machine: Ceiling) -> Iterator[Row]:
    there = {each.name for each in course_lessons(find_course())}
    for work in WORKLOADS:
        if work.lesson in (lessons or there):
            ours = references(lesson(work.lesson, find_course()))
            for size in work.sizes:
                yield from _contest(work, work.make(ours, size), size, machine, budget)
                if backend == "cupy":
                    yield from _on_gpu(work, ours, size)


def _contest(work: Workload, contest: Contest, size: int, machine: Ceiling, budget: float) -> Iterator[Row]:
    times = interleaved(contest.calls, budget)
    mine = times["ours"].median
    for who, call in contest.calls.items():
        share = contest.flop / times[who].median / 1e9 / machine.gemm32 if contest.flop else None
        yield Row(work.name, size, work.unit, who, times[who], contest.error(call()), times[who].median / mine, share)


def _on_gpu(work: Workload, ours: References, size: int) -> Iterator[Row]:
    """Copy to the device, compute, copy back, each a row of its own; `not measured` where there is no GPU."""
    if backends.available()["cupy"]:
        yield from (Row(work.name, size, work.unit, f"cupy {part}", None) for part in ("to device", "compute", "to host"))
        return
    from grader.bench.gpu import measure

    yield from (Row(work.name, size, work.unit, f"cupy {part}", time) for part, time in measure(work, ours, size))


def environment(machine: Ceiling) -> dict[str, Any]:
    """What the figures were taken on."""
    packages = {}
    for name in ("numpy", "scikit-learn", "scipy", "torch", "torchmetrics", "opencv-python-headless", "cupy-cuda12x", "cupy-cuda13x"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {"python": platform.python_version(), "machine": platform.machine(), "packages": packages, "ceiling": asdict(machine)}


def table(rows: Sequence[Row]) -> Any:
    """The rows as a Rich table."""
    from rich.table import Table

    view = Table("workload", "size", "who", "median ms", "quartiles ms", "runs", "times ours", "error", "of GEMM", title="References and their peers")
    last: tuple[str, int] | None = None
    for row in rows:
        if last and last != (row.workload, row.size):
            view.add_section()
        last = row.workload, row.size
        view.add_row(row.workload, f"{row.size:,} {row.unit}", row.who, *_figures(row), style="bold" if row.who == "ours" else "")
    return view


def _figures(row: Row) -> list[str]:
    if row.time is None:
        return [NOT_MEASURED, "", "", "", "", ""]
    return [
        f"{row.time.median * 1e3:.3g}",
        f"{row.time.low * 1e3:.3g}-{row.time.high * 1e3:.3g}",
        str(row.time.runs),
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.error is None or np.isnan(row.error) else f"{row.error:.1e}",
        "" if row.share is None else f"{row.share:.0%}",
    ]


def plot(rows: Sequence[Row], path: Path) -> None:
    """A picture: time against size, a panel for each workload, a line for each participant."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(row.workload for row in rows))
    columns = min(3, len(names))
    figure, axes = plt.subplots(
        -(-len(names) // columns), columns, figsize=(4.2 * columns, 3.2 * -(-len(names) // columns)), squeeze=False, layout="constrained"
    )
    for ax in axes.flat[len(names) :]:
        ax.remove()
    for name, ax in zip(names, axes.flat, strict=False):
        for who in dict.fromkeys(row.who for row in rows if row.workload == name):
            points = [(row.size, row.time.median * 1e3) for row in rows if (row.workload, row.who) == (name, who) and row.time]
            if points:
                ax.loglog(*zip(*points, strict=True), marker="o", linewidth=2.4 if who == "ours" else 1.2, label=who)
        ax.set(title=name, xlabel=next(row.unit for row in rows if row.workload == name), ylabel="ms")
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)
