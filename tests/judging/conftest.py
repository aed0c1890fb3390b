"""What tests of a submission's way share: a host with short limits, and a judge of the tiny lesson."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.catalogue import find_lesson
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge


@pytest.fixture(scope="module")
def quick() -> Iterator[Host]:
    """Short limits, so that what hangs does not hold up the tests."""
    with Host("none", Limits(cells=1.0, call=0.5, total=10.0)) as host:
        yield host


@pytest.fixture
def judge(tiny: Path, quick: Host) -> Judge:
    return Judge(find_lesson("tiny", tiny), quick, seed=3)
