"""docs/instructor.md is true: its commands, one after another, lead from an empty folder to fetched feedback over nbgrader's exchange."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT

PAGE = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
CONFIG = """
c = get_config()
c.Exchange.root = {exchange!r}
c.CourseDirectory.course_id = "ml-interview-prep"
"""


def commands() -> Iterator[tuple[str, str]]:
    """The commands of the page in their order, each with who runs it."""
    for who, block in re.findall(r"<!-- run as (\w+) -->\n```sh\n(.*?)```", PAGE, flags=re.DOTALL):
        yield from ((who, line) for line in block.splitlines())


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """A folder for the instructor, one for the student, an exchange between them that the hub's configuration names."""
    found = {who: tmp_path / who for who in ("instructor", "student", "exchange", "etc")}
    for folder in found.values():
        folder.mkdir()
    found["exchange"].chmod(0o777)
    config = CONFIG.format(exchange=str(found["exchange"]))
    (found["etc"] / "nbgrader_config.py").write_text(config, encoding="utf-8")
    return found


def test_from_an_empty_folder_to_fetched_feedback(places: dict[str, Path]) -> None:
    """Every command of the page succeeds; at the end the student has the feedback page of what was handed in, and the grades are exported."""
    programs = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(places["etc"]),
    }
    ran = []
    for who, line in commands():
        done = subprocess.run(
            line, shell=True, cwd=places[who], env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
        ran.append(line.split()[1])
    assert {"init", "release_assignment", "submit", "collect", "grade", "feedback", "fetch_feedback"} <= set(ran)
    (feedback,) = places["student"].rglob("feedback/*/metrics.html")
    assert "roc_auc" in feedback.read_text(encoding="utf-8")
    assert "metrics" in (places["instructor"] / "grades.csv").read_text(encoding="utf-8")
