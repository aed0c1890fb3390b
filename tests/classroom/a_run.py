"""A run of `prep grade` over a class of the tiny lesson, in a process of its own, and what it leaves."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from helpers import ROOT
from nbgrader.api import Gradebook

from grader.isolation import policy

SIZE = 60
RIGHT = "def mean(x):\n    if len(x) == 0:\n        raise ValueError\n    return sum(x.tolist()) / len(x)\n"
ANSWERS = (RIGHT, RIGHT.replace("/ len(x)", ""), RIGHT.replace("len(x) == 0", "False"), "x = 1\n")
LEVEL = "none" if policy.obstacle("landlock") else "auto"


def with_class(course: Path) -> Path:
    """The course with a class that has handed in."""
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for number in range(SIZE):
        path = course / "submitted" / f"student-{number:02}" / "tiny" / "tiny.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"# {number}\n{ANSWERS[number % len(ANSWERS)]}")
    return course


def command(course: Path, *options: str, **how: Any) -> subprocess.Popen[bytes]:
    """`prep grade` of the class, begun."""
    line = [
        sys.executable,
        "-c",
        "from grader.cli import main; main()",
        "grade",
        "tiny",
        "submitted",
        "--json",
        "--jobs",
        "2",
        "--isolation",
        LEVEL,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*line, *options], cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **how
    )


def report(run: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a run said, once it is over."""
    out, err = run.communicate()
    assert run.returncode == 0, err.decode()
    return json.loads(out)


def scores(found: dict[str, Any]) -> dict[str, Any]:
    """Everything that a report says of each student but the time it took."""
    return {
        item["student"]: {name: value for name, value in item.items() if name != "seconds"}
        for item in found["submissions"]
    }


def gradebook(course: Path) -> dict[str, float]:
    """The scores in nbgrader's gradebook."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {submission.student.id: submission.score for submission in book.assignment_submissions("tiny")}


def journaled(course: Path) -> int:
    """The number of results that the journal holds."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{course / 'grades.sqlite'}?mode=ro", uri=True)) as journal,
    ):
        return int(journal.execute("select count(*) from results").fetchone()[0])
    return 0


def under_way(course: Path, run: subprocess.Popen[bytes]) -> None:
    """Wait until a run has graded some, and not all."""
    while journaled(course) < 3 and run.poll() is None:
        time.sleep(0.01)


def children(pid: int) -> set[int]:
    """The processes that a process started."""
    try:
        return {
            int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
        }
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return set()


def started_by(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    return children(pid).union(*map(started_by, children(pid)))


def check(course: Path, resumed: dict[str, Any]) -> None:
    """A resumed run says what an undisturbed one with its seed says, and so does the gradebook."""
    assert gradebook(course) == {item["student"]: item["score"] for item in resumed["submissions"]}
    undisturbed = report(command(course, "--force", "--seed", str(resumed["seed"])))
    assert scores(resumed) == scores(undisturbed)
