"""The package as an index takes it: sdist and wheel build, their metadata is sound, and the page's links lead somewhere."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from helpers import ROOT

pytest.importorskip("build")
pytest.importorskip("twine")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(folder.iterdir())


def test_metadata(built: list[Path]) -> None:
    """`twine check --strict` has nothing to say."""
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_has_whole_addresses(built: list[Path]) -> None:
    """On an index page every link and picture of the README has its host."""
    wheel = next(path for path in built if path.suffix == ".whl")
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        page = email.message_from_bytes(archive.read(name)).get_payload()
    assert isinstance(page, str)
    links = re.findall(r"\]\(([^)]+)\)", page) + re.findall(r'src(?:set)?="([^"]+)"', page)
    assert len(links) > 12
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_course_is_in_both(built: list[Path]) -> None:
    """The wheel holds the lessons and their sources, and no lesson stands in it twice; the sdist has the tests."""
    wheel = next(path for path in built if path.suffix == ".whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for path in ("lessons/metrics/metrics.ipynb", "lessons/metrics/checks.py", "solutions/metrics/lesson.py"):
        assert f"grader/_course/{path}" in names
    with tarfile.open(next(path for path in built if path.name.endswith(".tar.gz"))) as sdist:
        assert any(name.endswith("/tests/house/test_package.py") for name in sdist.getnames())
