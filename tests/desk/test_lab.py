"""What `prep lab` opens besides a lesson; tests/browser opens JupyterLab itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader.desk import lab as desk_lab
from grader.desk.lab import lab, practice_notebook
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


@pytest.fixture
def served(course: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    """What `prep lab` in the tiny course would run, and in which folder; nothing is started."""
    found: list[tuple[list[str], Path]] = []

    def serve(command: list[str], _: object, folder: Path) -> int:
        found.append((command, folder))
        return 0

    monkeypatch.chdir(course)
    monkeypatch.setattr(desk_lab, "_serve", serve)
    return found


def test_a_lesson_is_opened_in_work(served: list[tuple[list[str], Path]]) -> None:
    """The learner's own copy opens, in English with its news off, at the address that was asked for."""
    assert lab("tiny", browser=False, port=8890, ip="0.0.0.0") == 0
    ((command, folder),) = served
    assert (folder / "tiny" / "tiny.ipynb").exists() and folder.name == "work"
    assert {
        f"--ServerApp.root_dir={folder}",
        "--LabApp.default_url=/lab/tree/tiny/tiny.ipynb",
        "--ServerApp.port=8890",
        "--ServerApp.ip=0.0.0.0",
        "--no-browser",
    } <= set(command)
    chosen = json.loads((folder / ".jupyter" / "learner" / "settings" / "overrides.json").read_text())
    assert chosen["@jupyterlab/translation-extension:plugin"] == {"locale": "en"}
    assert chosen["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_an_instructor_opens_the_sources(served: list[tuple[list[str], Path]], course: Path) -> None:
    """With --instructor the course's folder opens on the lesson's source; no copy for a learner is made."""
    lab("tiny", instructor=True)
    ((command, folder),) = served
    assert folder.samefile(course) and not (course / "work" / "tiny").exists()
    assert "--LabApp.default_url=/lab/tree/solutions/tiny/tiny.ipynb" in command
    assert "--no-browser" not in command


def test_a_layout_of_ones_own_stays(served: list[tuple[list[str], Path]], course: Path) -> None:
    """JupyterLab's layout is the course's at the first visit only."""
    lab(None)
    (layout,) = (course / "work" / ".jupyter" / "learner" / "workspaces").iterdir()
    own = json.loads(layout.read_text())
    own["data"]["layout-restorer:data"]["left"]["visible"] = False
    layout.write_text(json.dumps(own))
    lab(None)
    assert json.loads(layout.read_text())["data"] == own["data"]


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


def test_a_server_that_does_not_end_is_killed() -> None:
    """Jupyter Server may hang at its end: `prep lab` gives it some time, not more."""
    deaf = SERVER.replace("lambda *_: sys.exit(print('ended'))", "signal.SIG_IGN")
    impatient = LAB.replace("from grader", "from grader.desk import lab; lab._PATIENCE = 0.1; from grader")
    with subprocess.Popen([sys.executable, "-c", impatient, deaf], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout and lab.stdout.readline() == "up\n"
        lab.terminate()
        assert lab.wait(10) == 0
