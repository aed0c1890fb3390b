"""Files that are there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course.files import copy_whole, write_together, write_whole


def test_a_file_and_the_folders_above_it(tmp_path: Path) -> None:
    """A file is written, with the folders above it, in the place of one that was there."""
    path = tmp_path / "a" / "b" / "mine.txt"
    for content in (b"one", b"two"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert _left(tmp_path) == ["a", "a/b", "a/b/mine.txt"]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    """A full disk or Ctrl-C leaves the old file, and nothing beside it."""
    path = tmp_path / "mine.txt"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, step, _half_done(failure))
    with pytest.raises(type(failure)):
        write_whole(path, b"new")
    monkeypatch.undo()
    assert _left(tmp_path) == ["mine.txt"]
    assert path.read_bytes() == b"old"


def test_several_files_or_none(tmp_path: Path) -> None:
    """Where one of several files cannot be written, none is."""
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(OSError, match="a file"):
        write_together({tmp_path / "page.html": b"page", tmp_path / "a file" / "data.json": b"data"})
    assert _left(tmp_path) == ["a file"]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A folder that could not be copied to the end is not there, nor a part of it."""
    lesson = tmp_path / "lesson"
    lesson.mkdir()
    (lesson / "checks.py").write_text("")
    (lesson / "hints.md").symlink_to("nowhere.md")
    with pytest.raises(OSError, match="No such file"):
        copy_whole(lesson, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["lesson"]


def _left(folder: Path) -> list[str]:
    """All that lies in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _half_done(failure: BaseException) -> Callable[..., None]:
    """In the place of one of Path's methods: the file is begun, and then it fails."""

    def fail(path: Path, _: object) -> None:
        path.touch()
        raise failure

    return fail
