"""A class over several processes of a Dask cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import TINY

from grader.course.submission import Submission
from grader.errors import IsolationError, UsageError
from grader.isolation import policy
from grader.judging import cluster
from grader.judging.workers import Settings
from grader.judging.workers import grade as grade_here
from grader.verdict import Result

distributed = pytest.importorskip("distributed")
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
    """Three worker processes and a scheduler on this machine."""
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


def plain(results: Iterator[Result]) -> dict[str, Any]:
    return {result.student: {**result.to_json(), "seconds": 0} for result in results}


def test_one_worker_is_killed(workers: Any, submissions: list[Submission]) -> None:
    """A worker killed in the middle changes nothing: the results are those of one machine."""

    def with_a_murder() -> Iterator[Result]:
        for number, result in enumerate(cluster.grade(SETTINGS, submissions, workers.scheduler_address)):
            if number == 10:
                os.kill(workers.workers[0].pid, signal.SIGKILL)
            yield result

    assert plain(with_a_murder()) == plain(grade_here(SETTINGS, submissions))


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
