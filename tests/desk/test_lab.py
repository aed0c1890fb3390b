"""What `prep lab` opens besides a lesson; tests/browser opens JupyterLab itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader.desk.lab import practice_notebook
from grader.errors import UsageError


def test_the_last_interview_is_opened(tmp_path: Path) -> None:
    """`prep lab mock` opens the newest of work/mock; without one it says which command writes it."""
    with pytest.raises(UsageError, match="prep mock"):
        practice_notebook(tmp_path, "mock")
    folder = tmp_path / "work" / "mock"
    folder.mkdir(parents=True)
    for age, name in enumerate(("mock-7", "mock-9")):
        (folder / f"{name}.ipynb").write_text("{}")
        os.utime(folder / f"{name}.ipynb", (1000 - age, 1000 - age))
    assert practice_notebook(tmp_path, "mock") == "mock/mock-7.ipynb"


SERVER = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('ended'))); print('up'); signal.pause()"
LAB = (
    "import os, pathlib, sys; from grader.desk.lab import _serve; "
    "sys.exit(_serve([sys.executable, '-u', '-c', sys.argv[1]], os.environ, pathlib.Path.cwd()))"
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_ends_prep_lab_ends_the_server(number: signal.Signals) -> None:
    """The server is told to end, and waited for: it can put its kernels away."""
    with subprocess.Popen([sys.executable, "-c", LAB, SERVER], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout and lab.stdout.readline() == "up\n"
        lab.send_signal(number)
        assert (lab.stdout.read(), lab.wait(10)) == ("ended\n", 0)
