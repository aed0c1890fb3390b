"""What `tests/gpu/run` does: references on CuPy, the benchmark on the card, instructors' notebooks, `prep check --backend cupy`.

Each part stands for itself: what fails in one is written down, and the others still run. The exit status is 0 when
nothing failed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from grader import backends
from grader.bench import gpu, solutions, workloads
from grader.course.catalogue import Lesson, all_lessons
from grader.course.submission import read
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge
from grader.judging.program import Program

ROOT = Path(__file__).parents[2]
SEED = 4
CHECKED = "metrics"  # the lesson that `prep check` is tried on


def try_references(lessons: Iterable[Lesson], backend: str) -> dict[str, str]:
    """For each exercise "" where the reference gives NumPy's right results, dtypes and device on the backend, else a sentence."""
    found = {}
    for lesson in lessons:
        assert lesson.reference
        with Host("none", Limits(call=60, total=600), backend=backend) as host:  # a first call compiles kernels
            code = Program(read(lesson.reference), host.open)
            for score in Judge(lesson, host, seed=SEED).scores(code):
                failed = [check.message for check in score.checks if check.outcome != "passed"]
                found[f"{lesson.name}/{score.name}"] = failed[0] if failed else score.obstacle
            code.close()
    return found


def run_notebooks(lessons: Iterable[Lesson], backend: str) -> dict[str, str]:
    """For each lesson "" where the instructor's notebook runs top to bottom with its arrays on the backend, else the error's end."""
    import nbclient

    from grader.course.build import source_notebook

    found = {}
    for lesson in lessons:
        notebook = source_notebook(lesson)
        for cell in notebook.cells:
            cell.source = cell.source.replace('choose("cupy")', f'choose("{backend}")')
        client = nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(lesson.folder)}})
        client.widget_registry.clear()  # what its Output widgets send may hide the reply to a cell: jupyter/nbclient#312
        try:
            client.execute()
            shown = [str(output.get("text", "")) for cell in notebook.cells for output in cell.get("outputs", [])]
            found[lesson.name] = (
                ""
                if any(text.startswith(f"Arrays are {_library(backend)}") for text in shown)
                else "its arrays stayed on NumPy"
            )
        except Exception as error:
            found[lesson.name] = str(error)[-600:]
    return found


def _library(backend: str) -> str:
    return {"cupy": "cupy", "strict": "array_api_strict"}[backend]


def try_check(backend: str) -> dict[str, str]:
    """`prep check LESSON FILE --backend ...` of the reference as a file: every exercise with arguments says that it is portable."""
    text = (ROOT / "solutions" / CHECKED / "lesson.py").read_text(encoding="utf-8")
    command = "import sys; from grader.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{CHECKED}.py"
        file.write_text(text, encoding="utf-8")
        arguments = ["check", CHECKED, str(file), "--backend", backend]
        done = subprocess.run(
            [sys.executable, "-c", command, *arguments], cwd=ROOT, env=os.environ, capture_output=True, text=True
        )
    good = done.returncode == 0 and "not portable" not in done.stdout and done.stdout.count("  portable: ") > 5
    return {f"prep check {CHECKED}": "" if good else (done.stdout + done.stderr)[-2000:]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", help="lessons; all where none is named")
    parser.add_argument(
        "--dry", action="store_true", help="without a GPU: array-api-strict's second device, a short benchmark"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "artifacts" / "gpu", help="the folder for gpu.json and gpu.md"
    )
    parser.add_argument(
        "--budget", type=float, default=0.2, help="seconds for each participant of the benchmark at each size"
    )
    parser.add_argument("--notebooks", default="metrics,backprop", help="the lessons whose instructor notebook is run")
    parser.add_argument("--parts", default="references,check,bench,notebooks", help="which parts, in this order")
    options = parser.parse_args()
    backend = "strict" if options.dry else "cupy"
    if reason := backends.available()[backend]:
        print(reason, file=sys.stderr)
        return 1
    lessons = [lesson for lesson in all_lessons(ROOT) if lesson.name in options.lessons or not options.lessons]
    parts: dict[str, Callable[[], Any]] = {
        "references": lambda: try_references(lessons, backend),
        "check": lambda: try_check(backend),
        "bench": lambda: _bench(options.lessons, 0.001 if options.dry else options.budget, options.out),
        "notebooks": lambda: run_notebooks(
            [lesson for lesson in lessons if lesson.name in options.notebooks.split(",")], backend
        ),
    }
    report: dict[str, Any] = {"date": date.today().isoformat(), "backend": backend, "seconds": {}, "failed": {}}
    report["card"] = None if options.dry else gpu.card()
    options.out.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    for name in options.parts.split(","):
        start = time.perf_counter()
        try:
            report[name] = parts[name]()
            wrong = {key: value for key, value in report[name].items() if value} if name != "bench" else {}
        except Exception:
            wrong = {name: traceback.format_exc()[-2000:]}
        report["failed"] |= wrong
        report["seconds"][name] = round(time.perf_counter() - start, 1)
        print(f"{name}: {report['seconds'][name]} s, {len(wrong)} failed", flush=True)
        for key, value in wrong.items():
            print(f"  {key}: {value}", flush=True)
        (options.out / "gpu.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (options.out / "gpu.md").write_text(as_table(report), encoding="utf-8")
    return 1 if report["failed"] else 0


def _bench(lessons: list[str], budget: float, out: Path) -> dict[str, Any]:
    from rich.console import Console

    rows: list[solutions.Row] = []
    for lesson in dict.fromkeys(work.lesson for work in workloads.WORKLOADS if work.lesson in (lessons or work.lesson)):
        start = time.perf_counter()
        figures = solutions.measure([lesson], "cupy", budget, threads=os.cpu_count() or 1)
        rows += figures.rows
        figures = dataclasses.replace(figures, rows=tuple(rows))
        (out / "bench.json").write_text(json.dumps(figures.to_json(), indent=1), encoding="utf-8")  # if it is stopped
        print(f"  {lesson}: {time.perf_counter() - start:.1f} s", flush=True)
    with (out / "bench.txt").open("w", encoding="utf-8") as file:
        Console(file=file, width=150).print(solutions.table(figures.rows))
        file.write(figures.closing() + "\n")
    return figures.to_json()


def as_table(report: dict[str, Any]) -> str:
    """The run in Markdown: what was tried, and for each workload's largest size who took how long."""
    bench, card = report.get("bench", {}), report["card"]
    where = f"{card['name']} ({card['driver']} driver)" if card else "no GPU (--dry)"
    lines = [f"Measured on: {where}, {report['date']}.", ""]
    for part in ("references", "check", "notebooks"):
        if part in report:
            good = sum(not value for value in report[part].values())
            lines.append(f"- {part}: {good} of {len(report[part])} as they must be ({report['seconds'][part]} s)")
    if card and bench:
        rates = bench["gpu"]["ceiling"]
        lines.append(
            f"- the card's own rates: {rates['gemm32'] / 1e3:.1f} TFLOP/s in float32 products, {rates['gemm64'] / 1e3:.1f} in float64; "
            f"{rates['copy']:,.0f} GB/s copied"
        )
    lines += ["", *_rows(bench.get("rows", []), bench.get("gpu_wins_from", {}))]
    return "\n".join(lines) + "\n"


def _rows(rows: list[dict[str, Any]], wins: dict[str, int | None]) -> list[str]:
    table = [
        "| workload | size | NumPy ms | to GPU ms | compute ms | back ms | same GPU ms | of FLOP rate | of bandwidth | error | GPU wins from |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    largest: dict[str, int] = {}
    for row in rows:
        largest[row["workload"]] = max(row["size"], largest.get(row["workload"], 0))
    for workload, size in largest.items():
        at = {row["who"]: row for row in rows if row["workload"] == workload and row["size"] == size}
        rivals = [f"{who.removesuffix(' (GPU)')} {_ms(row)}" for who, row in at.items() if who.endswith("(GPU)")]
        compute = at.get("cupy compute") or {}
        cells = [
            workload,
            f"{size:,} {at['ours']['unit']}",
            _ms(at["ours"]),
            *(_ms(at.get(f"cupy {part}")) for part in ("to device", "compute", "to host")),
        ]
        cells += [", ".join(rivals) or "", _percent(compute.get("of_gemm")), _percent(compute.get("of_copy"))]
        cells += [
            "" if compute.get("error") is None else f"{compute['error']:.0e}",
            f"{wins[workload]:,}" if wins.get(workload) else "never" if wins else "",
        ]
        table.append("| " + " | ".join(cells) + " |")
    return table


def _ms(row: dict[str, Any] | None) -> str:
    return f"{row['time']['median'] * 1e3:.3g}" if row and row["time"] else "not measured"


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.0%}"


if __name__ == "__main__":
    raise SystemExit(main())
