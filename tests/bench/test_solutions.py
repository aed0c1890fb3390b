"""`prep bench solutions`: everybody does the same task, and what is measured is written down.

No test looks at a time.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import ROOT

from grader import backends
from grader.bench import solutions
from grader.bench.contest import GAP, Contest, Workload, fewest_steps, installed, loosest
from grader.bench.solutions import Figures, Row, gpu_wins
from grader.bench.timing import Ceiling, Time
from grader.bench.workloads import WORKLOADS
from grader.cli import main
from grader.course.catalogue import find_lesson
from grader.course.right_answers import references

PEERS = {
    "roc_auc": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "average_precision": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "confusion_matrix": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "fbeta_score": {"scikit-learn": "sklearn", "torchmetrics": "torchmetrics"},
    "mlp_epoch": {"scikit-learn": "sklearn", "torch": "torch", "products alone": "numpy"},
    "affine_warp": {"scipy-ndimage": "scipy", "opencv": "cv2", "torch": "torch"},
    "ridge_fit": {"scikit-learn": "sklearn"},
    "lasso_ista": {"scikit-learn": "sklearn"},
    "logistic_regression": {"scikit-learn": "sklearn"},
    "adam": {"torch": "torch", "torch-fused": "torch"},
    "adamw": {"torch": "torch", "torch-fused": "torch"},
    "minibatch_gd": {"torch": "torch"},
    "cohen_kappa": {"scikit-learn": "sklearn"},
    "standardize": {"scikit-learn": "sklearn"},
    "median_impute": {"scikit-learn": "sklearn"},
    "online_softmax": {"scipy": "scipy", "torch": "torch"},
    "stratified_kfold": {"scikit-learn": "sklearn"},
    "parameter_grid": {"scikit-learn": "sklearn"},
    "near_duplicates": {"datasketch": "datasketch"},
    "int8_matmul": {"numpy-int32": "numpy", "torch": "torch"},
    "top_p_filter": {"torch": "torch"},
    "decode_step": {"torch": "torch"},
    "attention": {"torch": "torch"},
    "grouped_query_attention": {"torch": "torch"},
    "swiglu": {"torch": "torch"},
    "response_log_prob": {"torch": "torch"},
    "info_nce": {"torch": "torch"},
}


@pytest.fixture(scope="module", params=WORKLOADS, ids=lambda work: work.name)
def contest(request: pytest.FixtureRequest) -> tuple[Workload, Contest]:
    """A workload at a size of a fraction of a second, no multiple of a batch."""
    work: Workload = request.param
    size = 3 if work.name in ("affine_warp", "response_log_prob") else 300
    return work, work.make(references(find_lesson(work.lesson, ROOT)), size)


def test_everybody_does_the_same_task(contest: tuple[Workload, Contest]) -> None:
    """Each call, ours and the peers', comes to the oracle's result, and does so again when it is timed more than once."""
    work, made = contest
    assert list(made.calls) == ["ours", *(who for who, package in PEERS[work.name].items() if installed(package))]
    errors = {who: made.error(call()) for who, call in made.calls.items() for _ in range(3)}
    assert {who: error for who, error in errors.items() if not abs(error) < 1e-5 and who != "products alone"} == {}


def test_ours_runs_on_another_device(contest: tuple[Workload, Contest]) -> None:
    """The timed call itself, not only the references in it, works on arrays that live on a device: what `--backend cupy` does."""
    work, made = contest
    strict = backends.get("strict")
    result = made.run(*strict.to_device(made.arrays))
    assert not strict.strays(result)
    assert abs(made.error(strict.to_numpy(result))) < 1e-5


def test_a_wrong_result_has_a_large_error(contest: tuple[Workload, Contest]) -> None:
    """The error is no constant: half of the right result is far from the oracle."""
    _, made = contest
    right = made.calls["ours"]()
    wrong = tuple(np.asarray(part) / 2 for part in right) if isinstance(right, tuple) else np.asarray(right) / 2
    assert made.error(wrong) > 1e-3


def test_equal_objectives() -> None:
    """The loosest tolerance and the fewest steps: one step less is too far from the best objective, and so is the next larger tolerance."""
    assert loosest(lambda tolerance: tolerance / 50) == (5e-5, 1e-6)
    assert fewest_steps(lambda count: 0.5**count, GAP) == 20
    assert fewest_steps(lambda count: 0.0, 0.0) == 1
    assert fewest_steps(lambda count: 1.0, GAP) == 4096


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small sizes of every workload, on a machine of which everything is known."""
    monkeypatch.chdir(ROOT)
    large = {"affine_warp": (1, 2), "response_log_prob": (2, 3)}  # images, texts: each is large
    small = [dataclasses.replace(work, sizes=large.get(work.name, (200, 300))) for work in WORKLOADS]
    monkeypatch.setattr(solutions, "WORKLOADS", small)
    monkeypatch.setattr(solutions, "ceiling", lambda: Ceiling(gemm32=100.0, gemm64=50.0, copy=10.0))


def bench(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["bench", "solutions", "--budget", "0.001", *arguments])


def test_table_json_and_picture(small: None, tmp_path: Path) -> None:
    """One run of all lessons writes all three; times have their spread, shares follow from the work and the machine's ceiling."""
    figures, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    run = bench("--json", str(figures), "--plot", str(picture))
    assert run.exit_code == 0, run.output
    assert picture.read_bytes().startswith(b"<?xml")
    report = json.loads(figures.read_text())
    assert report["environment"]["ceiling"] == {"gemm32": 100.0, "gemm64": 50.0, "copy": 10.0}
    rows = {(row["workload"], row["size"], row["who"]): row for row in report["rows"]}
    assert {workload for workload, _, who in rows if who == "ours"} == set(PEERS)
    assert all(
        row["time"]["low"] <= row["time"]["median"] <= row["time"]["high"] and row["time"]["runs"] >= 3
        for row in rows.values()
    )
    ridge, adam, auc = rows["ridge_fit", 300, "ours"], rows["adam", 300, "ours"], rows["roc_auc", 300, "scikit-learn"]
    assert ridge["of_gemm"] == pytest.approx(50 * 50 * 300 / ridge["time"]["median"] / 50e9)
    assert adam["of_copy"] == pytest.approx(20 * 7 * 8 * 300 / adam["time"]["median"] / 10e9)
    assert auc["of_gemm"] is None
    assert auc["of_copy"] == pytest.approx(2 * 8 * 300 / auc["time"]["median"] / 10e9)
    assert auc["ratio"] == pytest.approx(auc["time"]["median"] / rows["roc_auc", 300, "ours"]["time"]["median"])
    assert "times ours" in run.output and "not measured" in run.output


def test_the_pictures_name_says_its_kind(small: None, tmp_path: Path) -> None:
    """A name that ends in .png is a PNG; nothing else of the picture depends on it."""
    picture = tmp_path / "bench.png"
    assert bench("compute_budget", "--plot", str(picture)).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_one_lesson(small: None, tmp_path: Path) -> None:
    """Named lessons alone are measured; one that has no workload is a mistake with a sentence."""
    run = bench("gradient_descent")
    assert run.exit_code == 0 and "minibatch_gd" in run.output and "roc_auc" not in run.output
    wrong = bench("gradient_decent")
    assert wrong.exit_code == 2 and "No benchmark for lesson 'gradient_decent'" in wrong.output


def test_gpu_rows_without_a_gpu(small: None, tmp_path: Path) -> None:
    """`--backend cupy` adds three rows to each contest; where there is no GPU they are there and hold no time."""
    if not backends.available()["cupy"]:
        pytest.skip("there is a GPU")
    figures, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    assert bench("overfitting", "--backend", "cupy", "--json", str(figures), "--plot", str(picture)).exit_code == 0
    report = json.loads(figures.read_text())
    assert [row["time"] for row in report["rows"] if row["who"] == "cupy compute"] == [None] * 4
    assert report["gpu"] == backends.available()["cupy"]


def test_from_which_size_the_gpu_wins() -> None:
    """With its copies counted, from the largest size down as long as it is faster; a win by chance below a loss does not count."""

    def rows(name: str, cpu: list[float], gpu: list[float]) -> list[Row]:
        made = [
            (size, who, taken)
            for who, each in (("ours", cpu), ("cupy compute", gpu))
            for size, taken in zip((10, 100, 1000), each, strict=True)
        ]
        copies = [(size, "cupy to device", 1.0) for size in (10, 100, 1000)]
        return [
            Row(name, size, "rows", who, Time(seconds, seconds, seconds, 3)) for size, who, seconds in made + copies
        ]

    measured = [*rows("late", [5.0, 2.0, 9.0], [1.0, 2.0, 3.0]), *rows("never", [1.0, 1.0, 1.0], [0.5, 0.5, 0.5])]
    assert gpu_wins(measured) == {"late": 1000, "never": None}
    told = Figures(tuple(measured), Ceiling(1.0, 1.0, 1.0), "").closing()
    assert (
        "late, copies counted, is faster there from 1,000 on." in told
        and "never, copies counted, is faster there at none" in told
    )
    assert gpu_wins([Row("late", 10, "rows", "cupy compute", None)]) == {}
