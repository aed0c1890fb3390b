"""A class over several processes of a Dask cluster."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import TINY

from grader.course.submission import Submission
from grader.errors import IsolationError, PrepError, UsageError
from grader.isolation import policy
from grader.judging import cluster
from grader.judging.workers import Settings
from grader.judging.workers import grade as grade_here
from grader.verdict import Result

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")
SETTINGS = Settings(TINY / "solutions" / "tiny", 3, "none")
ANSWERS = (
    "def mean(x):\n    return x.sum()\n",
    "def mean(x):\n    return sum(x.tolist()) / max(len(x), 1)\n",
    "x = 1\n",
    "",
)


@pytest.fixture
def submissions(tmp_path: Path) -> list[Submission]:
    for number in range(80):
        (tmp_path / f"student-{number:02}.py").write_text(ANSWERS[number % len(ANSWERS)])
    return [Submission(path.stem, path) for path in sorted(tmp_path.glob("*.py"))]


@pytest.fixture
def workers() -> Iterator[Any]:
    """Three worker processes and a scheduler on this machine, which thins out copies of data at once."""
    with (
        dask.config.set({"distributed.scheduler.active-memory-manager.interval": "20ms"}),
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None) as running,
    ):
        yield running


def plain(results: Iterator[Result]) -> dict[str, Any]:
    return {result.student: {**result.to_json(), "seconds": 0} for result in results}


def test_each_worker_is_killed(workers: Any, submissions: list[Submission]) -> None:
    """Workers killed one after the other change nothing: the results are those of one machine."""

    def with_murders() -> Iterator[Result]:
        for number, result in enumerate(cluster.grade(SETTINGS, submissions, workers.scheduler_address)):
            if number in (10, 30, 50):
                os.kill(workers.workers[number // 20].pid, signal.SIGKILL)
            yield result

    assert plain(with_murders()) == plain(grade_here(SETTINGS, submissions))


def test_a_changed_lesson_on_the_same_workers(workers: Any, submissions: list[Submission], tmp_path: Path) -> None:
    """A worker keeps no lesson from one run to the next: what a check says is what it says now."""
    lesson = shutil.copytree(SETTINGS.lesson, tmp_path / "solutions" / "tiny")
    settings = replace(SETTINGS, lesson=lesson)

    def what_checks_say() -> set[str]:
        results = cluster.grade(settings, submissions[:3], workers.scheduler_address)
        return {verdict.name for result in results for score in result.exercises for verdict in score.checks}

    assert "An empty array is refused with ValueError" in what_checks_say()
    checks = lesson / "checks.py"
    checks.write_text(checks.read_text().replace("An empty array is refused", "No value is refused"))
    assert "No value is refused with ValueError" in what_checks_say()


def test_a_run_leaves_nothing_on_the_workers(workers: Any, submissions: list[Submission]) -> None:
    """When a run is over, its processes and its lesson's files are gone from the workers."""
    with distributed.Client(workers.scheduler_address) as client:
        before = client.run(_plugins_and_children)
        list(cluster.grade(SETTINGS, submissions[:8], workers.scheduler_address))
        assert client.run(_plugins_and_children) == before


def _plugins_and_children(dask_worker: Any) -> tuple[list[str], list[str], list[str]]:
    files = [path.name for path in Path(dask_worker.local_directory).rglob("checks.py")]
    children = [child.name() for child in psutil.Process().children(recursive=True)]
    return sorted(dask_worker.plugins), children, files


def test_the_scheduler_is_lost(workers: Any, submissions: list[Submission], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose scheduler ends says so, and how to go on."""
    monkeypatch.setattr(cluster, "_PATIENCE", 1.0)
    results = cluster.grade(SETTINGS, submissions, workers.scheduler_address)
    next(results)
    workers.close()
    with pytest.raises(PrepError, match=r"The Dask scheduler at tcp://.* was lost.*same command goes on"):
        list(results)


def test_isolation_is_that_of_the_workers(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop without isolation grades on machines that have it, and takes no level that they lack."""
    monkeypatch.setattr(policy, "obstacle", lambda level: "it needs Linux, and this is a laptop")
    address = workers.scheduler_address
    with distributed.Client(address) as client:
        there = client.run(policy.strongest)
    assert {cluster.level_of("auto", address)} == set(there.values())
    assert cluster.level_of("landlock", address) == "landlock"


def test_a_worker_without_isolation(workers: Any) -> None:
    """One worker that cannot isolate ends the run before it begins, with that worker's reason."""
    address = workers.scheduler_address
    with distributed.Client(address) as client:
        client.run(_lose_isolation, workers=[workers.workers[0].worker_address])
    with pytest.raises(IsolationError, match=r"The Dask worker tcp://.* cannot grade: .*nothing here can"):
        cluster.level_of("auto", address)


def _lose_isolation() -> None:
    policy.obstacle = lambda level: "nothing here can"  # type: ignore[assignment]


def test_nobody_answers(submissions: list[Submission]) -> None:
    """An address where no scheduler is, is an error that says how to start one."""
    with pytest.raises(UsageError, match=r"No Dask scheduler answers at .*dask scheduler"):
        list(cluster.grade(SETTINGS, submissions, "not-an-address"))
