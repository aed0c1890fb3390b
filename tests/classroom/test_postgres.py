"""nbgrader's gradebook in PostgreSQL: a real server, started for the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.classroom.course_report import write_course_report
from grader.classroom.grading import grade_class

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
pytestmark = pytest.mark.skipif(
    not PROGRAMS, reason="no PostgreSQL server here: apt-get install postgresql (.ci/run does)"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the server's; pytest's own are closed to other users, again and again, by each pytest that starts."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as made:
        yield Path(made)


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """The URL of an empty database in a server of its own."""
    who = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if who:
        shutil.chown(folder, who)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [PROGRAMS[-1] / program, *arguments],
            check=True,
            user=who,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )

    run("initdb", "-D", data, "-A", "trust", "-U", "grader")
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-p {port} -k {folder} -h 127.0.0.1", "start")
    try:
        run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "grader", "grades")
        yield f"postgresql+psycopg2://grader@127.0.0.1:{port}/grades"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_gradebook_in_postgresql(tiny: Path, server: str) -> None:
    """`prep grade --gradebook URL` fills a PostgreSQL gradebook, and a changed submission replaces its old score there; the class report reads it."""
    folder = tiny / "class"
    folder.mkdir()
    shutil.copy(tiny / "solutions" / "tiny" / "lesson.py", folder / "ada.py")
    (folder / "ben.py").write_text("def mean(x):\n    return x.sum()\n")

    def scores() -> dict[str, float]:
        grade_class("tiny", [folder], gradebook=server, isolation="none", jobs=1, course=tiny)
        with Gradebook(server, "ml-interview-prep") as book:
            return {name: book.find_submission("tiny", name).score for name in ("ada", "ben")}

    assert scores() == {"ada": 4.0, "ben": 0.0}
    shutil.copy(folder / "ada.py", folder / "ben.py")
    assert scores() == {"ada": 4.0, "ben": 4.0}
    report, standing = write_course_report(tiny, server)
    assert [each.score for each in standing.lessons[0].standings.values()] == [4.0, 4.0]
    assert report.exists()
