"""pytest finds and imports a lesson's checks, or says why it cannot."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest
from helpers import ROOT

from grader.course.catalogue import all_lessons, find_lesson
from grader.errors import LessonError
from grader.isolation.host import Host
from grader.judging.imported import imported
from grader.judging.judge import Judge
from grader.judging.plugin import collect


def test_lessons_by_relative_paths(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lesson's checks are its own, though every lesson calls the file checks.py, and however its path is said."""
    other = tiny / "solutions" / "other"
    other.mkdir()
    (other / "checks.py").write_text("def test_other():\n    pass\n")
    monkeypatch.chdir(tiny / "solutions")
    assert "test_mean" in collect(Path("tiny/checks.py"))
    assert list(collect(Path("other/checks.py"))) == ["test_other"]


def test_options_for_somebodys_own_pytest_do_not_count(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PYTEST_ADDOPTS, as people set it for coverage, neither stops grading nor is gone afterwards."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--cov=grader")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert "test_mean" in collect(tiny / "solutions" / "tiny" / "checks.py")
    assert os.environ["PYTEST_ADDOPTS"] == "--cov=grader"


def test_nothing_above_a_lesson_is_asked(tiny: Path) -> None:
    """A conftest.py of the course's own tests has no part in its lessons' checks."""
    (tiny / "conftest.py").write_text("raise RuntimeError('not for lessons')\n")
    assert "test_mean" in collect(tiny / "solutions" / "tiny" / "checks.py")


def test_checks_beside_lazy_modules(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that import others when they are looked at, as CuPy's and PyTorch's do, do not disturb a notebook's check."""

    class Lazy(types.ModuleType):
        def __getattr__(self, name: str) -> str:
            monkeypatch.setitem(sys.modules, f"lazy{len(sys.modules)}", types.ModuleType("lazy"))
            return "lazy.py"

    monkeypatch.setitem(sys.modules, "lazy", Lazy("lazy"))
    assert "test_mean" in collect(tiny / "solutions" / "tiny" / "checks.py")


def test_checks_that_cannot_be_imported(tiny: Path, host: Host) -> None:
    """Checks that pytest cannot import are an error that names the file and the reason."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text("import nowhere_to_be_found\n" + checks.read_text())
    with pytest.raises(LessonError, match="checks.py cannot be used.*nowhere_to_be_found"):
        Judge(find_lesson("tiny", tiny), host, 1)


def test_imported_checks_are_those_of_pytest() -> None:
    """Where a learner waits, checks come without pytest: the same ones, of every lesson."""
    for lesson in all_lessons(ROOT):
        by_pytest, without = collect(lesson.checks), imported(lesson.checks)
        assert list(without) == list(by_pytest)
        worth = [[vars(check)["points"] for check in each.values()] for each in (without, by_pytest)]
        assert worth[0] == worth[1]


def test_imported_checks_that_fail(tiny: Path) -> None:
    """Checks that cannot be imported are an error that names the file and the reason, as with pytest."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text("import nowhere_to_be_found\n" + checks.read_text())
    with pytest.raises(LessonError, match="checks.py cannot be used.*nowhere_to_be_found"):
        imported(checks)
