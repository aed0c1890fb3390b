"""`prep init`: a learner's or an instructor's course from the package's lessons."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import TINY

from grader.cli import main
from grader.course import packaged
from grader.course.build import build
from grader.course.catalogue import all_lessons, find_course
from grader.desk.here import lesson_of, lessons_here
from grader.desk.init import init
from grader.desk.start import START
from grader.errors import UsageError


@pytest.fixture
def packaged_tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny course in the place of the package's."""
    tiny = Path(shutil.copytree(TINY, tmp_path / "packaged"))
    build(tiny)
    (tiny / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    for module in ("grader.desk.init", "grader.desk.here", "grader.course.packaged"):
        monkeypatch.setattr(f"{module}.packaged_course", lambda: tiny)
    return tiny


def test_a_learner_gets_lessons_and_work_but_no_solutions(packaged_tiny: Path, tmp_path: Path) -> None:
    """work/ holds the lesson's notebook and the overview; nothing of a reference is in the folder; mistakes are named from the package."""
    folder = tmp_path / "mine"
    said = init(folder)
    assert "1 new lesson in" in said and "prep lab" in said
    assert (folder / "work" / "tiny" / "tiny.ipynb").exists()
    assert "0 of 1 exercises complete" in (folder / "work" / START).read_text(encoding="utf-8")
    assert not list(folder.rglob("mistakes.py")) and not (folder / "solutions").exists()
    assert find_course(folder / "work" / "tiny") == folder
    assert all_lessons(folder)[0].mistakes


def test_again_brings_new_lessons_and_leaves_work_alone(packaged_tiny: Path, tmp_path: Path) -> None:
    """What a learner wrote stays; a lesson that the package changed is renewed beside it."""
    folder = tmp_path / "mine"
    init(folder)
    mine, released = folder / "work" / "tiny" / "tiny.ipynb", folder / "lessons" / "tiny" / "tiny.ipynb"
    mine.write_text("my work", encoding="utf-8")
    released.write_text("an old version", encoding="utf-8")
    assert "No new lesson" in init(folder)
    assert mine.read_text(encoding="utf-8") == "my work"
    assert released.read_bytes() == (packaged_tiny / "lessons" / "tiny" / "tiny.ipynb").read_bytes()


def test_an_instructor_gets_the_sources_once(packaged_tiny: Path, tmp_path: Path) -> None:
    """solutions/ and nbgrader's configuration come too; a source that the instructor changed stays changed."""
    folder = tmp_path / "course"
    said = init(folder, instructor=True)
    assert "1 new lesson in" in said and "prep lab --instructor" in said
    assert (folder / "nbgrader_config.py").exists() and not (folder / "work").exists()
    changed = folder / "solutions" / "tiny" / "hints.md"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    before = changed.read_bytes()
    assert "No new lesson" in init(folder, instructor=True)
    assert changed.read_bytes() == before


def test_a_learner_becomes_an_instructor(packaged_tiny: Path, tmp_path: Path) -> None:
    """In a learner's folder every source is new, whatever lessons are there; the learner's work stays."""
    folder = tmp_path / "mine"
    init(folder)
    assert "1 new lesson in" in init(folder, instructor=True)
    assert (folder / "solutions" / "tiny" / "lesson.py").exists() and (folder / "work" / "tiny" / "tiny.ipynb").exists()


def test_a_changed_lesson_is_no_longer_the_packages(packaged_tiny: Path, tmp_path: Path) -> None:
    """A released lesson whose checks differ from the package's is judged by its own checks alone."""
    folder = tmp_path / "mine"
    init(folder)
    checks = folder / "lessons" / "tiny" / "checks.py"
    assert packaged.sources_of(checks.parent)
    checks.write_text(checks.read_text(encoding="utf-8") + "\n# ours\n", encoding="utf-8")
    assert packaged.sources_of(checks.parent) is None
    assert all_lessons(folder)[0].mistakes == ()


def test_a_lesson_that_nbgrader_generated_is_the_packages(packaged_tiny: Path, tmp_path: Path) -> None:
    """Formgrader's Generate writes checks.py without the first line of `prep build`: mistakes are named all the same."""
    folder = tmp_path / "mine"
    init(folder)
    checks = folder / "lessons" / "tiny" / "checks.py"
    built = checks.read_bytes()
    checks.write_bytes(packaged.unmarked(built))
    assert checks.read_bytes() != built
    assert packaged.sources_of(checks.parent)


def test_a_lone_notebook_finds_its_lesson(packaged_tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Colab the notebook has no files beside it: `check` in it goes by the package's lesson; a terminal there says `prep init`."""
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path / "content")
    monkeypatch.setattr("grader.desk.here.in_notebook", lambda: False)  # whatever a test before has started
    with pytest.raises(UsageError, match="prep init"):
        lessons_here()
    monkeypatch.setattr("grader.desk.here.in_notebook", lambda: True)
    assert lesson_of("mean").mistakes


def test_a_file_or_the_clone_is_refused(packaged_tiny: Path, tmp_path: Path) -> None:
    """A file in the folder's place, and the package's own course, end in a sentence."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"):
        init(tmp_path / "file")
    with pytest.raises(UsageError, match="the clone itself"):
        init(packaged_tiny)


def test_the_command_works_in_an_empty_folder(
    packaged_tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`prep status` in an empty folder says to run `prep init`; after it, it shows the lesson."""
    monkeypatch.chdir(tmp_path / "..")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    refused = CliRunner().invoke(main, ["reset", "tiny"])
    assert refused.exit_code == 2 and "prep init" in refused.output
    assert CliRunner().invoke(main, ["init"]).exit_code == 0
    shown = CliRunner().invoke(main, ["status"])
    assert shown.exit_code == 0, shown.output
