"""A grading run of a class: what it grades again, and a machine that lacks room or file descriptors."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT

from classroom.a_run import LEVEL, RIGHT, command, gradebook, report, with_class

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")


@pytest.fixture
def course(tiny: Path) -> Path:
    """A course with a class."""
    return with_class(tiny)


def test_unchanged_is_not_graded_again(course: Path) -> None:
    """A second run grades what changed and nothing else; --force grades all."""
    first = report(command(course))
    (course / "submitted" / "student-03" / "tiny" / "tiny.py").write_text(RIGHT)
    second = report(command(course))
    assert first["submissions"][3]["score"] == 0.0
    assert second["submissions"][3]["score"] == 4.0
    seconds = [
        [item["seconds"] for item in run["submissions"] if item["student"] != "student-03"]
        for run in (first, second, report(command(course, "--force")))
    ]
    assert seconds[0] == seconds[1] != seconds[2]


def test_full_disk(course: Path) -> None:
    """A disk that is full is a sentence; with room again, the same command finishes."""
    report(command(course))
    for number in range(5):
        (course / "submitted" / f"student-{number:02}" / "tiny" / "tiny.py").write_text(f"{RIGHT}\n# {'x' * 100_000}")
    size = (course / "grades.sqlite").stat().st_size
    run = command(course, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2)))
    _, said = run.communicate()
    assert run.returncode == 1
    assert b"Traceback" not in said
    assert b"run the same command again" in said.lower()
    mended = report(command(course))
    assert gradebook(course) == {item["student"]: item["score"] for item in mended["submissions"]}
    assert [item["score"] for item in mended["submissions"][:5]] == [4.0] * 5


def test_few_files_to_open(course: Path) -> None:
    """Too few file descriptors are a sentence, and with more of them the same command goes on."""
    run = command(course, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14)))
    _, said = run.communicate()
    assert b"Traceback" not in said, said.decode()
    assert run.returncode != 0 and said.startswith(b"prep: ")
    resumed = report(command(course))
    assert gradebook(course) == {item["student"]: item["score"] for item in resumed["submissions"]}


def test_imports_are_those_of_the_main_thread(course: Path) -> None:
    """The thread that writes the gradebook imports nothing that takes an importer away while another one imports."""
    code = """
import sys, threading

class Watched(list):
    def changed(self, *_):
        assert threading.current_thread() is threading.main_thread()

    def insert(self, *arguments):
        self.changed()
        super().insert(*arguments)

    def remove(self, *arguments):
        self.changed()
        super().remove(*arguments)

sys.meta_path = Watched(sys.meta_path)
from grader.cli import main
main()
"""
    line = [sys.executable, "-c", code, "grade", "tiny", "submitted/student-00", "--isolation", LEVEL]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, cwd=course, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert list(gradebook(course).values()) == [4.0]
