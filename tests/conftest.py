"""What several tests share: the course, a tiny course to change, one host for answers."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL"):  # one BLAS thread, set before numpy is imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest
from helpers import TINY

from grader.isolation.host import Host

# A background job of a shell ignores Ctrl-C, and what its tests start would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Processes for trusted answers: no isolation."""
    with Host("none") as host:
        yield host


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A course with one trivial lesson, to be changed at will."""
    return Path(shutil.copytree(TINY, tmp_path / "course"))
