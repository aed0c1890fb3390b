"""What goes wrong outside the kit is told in a sentence with the next command."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from grader import environment_errors
from grader.cli.group import Group

FULL = Path("/dev/full")


def run(error: Exception) -> click.testing.Result:
    """The outcome of a command that ends in an error."""

    @click.group(cls=Group)
    def group() -> None: ...

    @group.command()
    def command() -> None:
        raise error

    return CliRunner().invoke(group, ["command"])


@pytest.mark.parametrize(
    "module, extra",
    [("nbgrader.api", "instructor"), ("jupytext", "instructor"), ("psycopg2", "postgres"), ("distributed", "cluster")],
)
def test_a_missing_extra_is_named(module: str, extra: str) -> None:
    """A package that an extra brings ends the command with the line that installs it."""
    ended = run(ModuleNotFoundError(f"No module named {module!r}", name=module))
    assert ended.exit_code == 1
    assert f"pip install 'ml-interview-prep[{extra}]'" in ended.output


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_is_a_sentence(number: int, tmp_path: Path) -> None:
    """The system's reason, the file, and that nothing is lost."""
    ended = run(OSError(number, os.strerror(number), str(tmp_path)))
    assert ended.exit_code == 1
    assert (
        os.strerror(number) in ended.output
        and str(tmp_path) in ended.output
        and "run the same command again" in ended.output
    )


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["grade", "--help"], ["status"]])
def test_output_that_cannot_be_written_is_a_sentence(words: list[str]) -> None:
    """Also where click itself writes, before a command begins."""
    with FULL.open("w") as full:
        line = [sys.executable, "-m", "grader", *words]
        ended = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"prep: {os.strerror(errno.ENOSPC)}.")
    assert len(ended.stderr.splitlines()) == 1


def test_a_name_that_a_locale_cannot_write_is_a_sentence() -> None:
    """The encoding is named, and what to set."""
    ended = run(UnicodeEncodeError("ascii", "李", 0, 1, "ordinal not in range(128)"))
    assert ended.exit_code == 1 and "PYTHONUTF8=1" in ended.output


def test_a_fault_of_the_kit_keeps_its_traceback() -> None:
    """Any other exception is a bug, and says where."""
    assert environment_errors.sentence(KeyError("x")) is None
    assert isinstance(run(KeyError("x")).exception, KeyError)
    assert (
        environment_errors.sentence(ModuleNotFoundError("No module named 'grader.nothing'", name="grader.nothing"))
        is None
    )
