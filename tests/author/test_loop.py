"""`prep author`: one message for one wrong line, a built notebook otherwise, and again at each save."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.author.loop import author, watch
from grader.desk.overview_text import status_text


@pytest.fixture
def said(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told, in the tiny course."""
    monkeypatch.chdir(tiny)
    return []


def source(course: Path) -> Path:
    return course / "solutions" / "tiny" / "lesson.py"


def test_a_sound_lesson_is_proven_and_built(tiny: Path, said: list[str]) -> None:
    """The last line says so, and where to read it."""
    assert author("tiny", said.append)
    assert "proven under 3 seeds" in said[-1] and (tiny / "solutions" / "tiny" / "tiny.ipynb").exists()
    assert (tiny / "lessons" / "tiny" / "tiny.ipynb").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title: "A tiny lesson"', 'title: "A tiny lesson', ("lesson.py line", "no YAML")),
        ('#     title: "A tiny lesson"\n', "", ("lesson.py", "no title")),
        ("    ### END SOLUTION\n", "", ("lesson.py line", "END SOLUTION")),
    ],
)
def test_one_wrong_line_is_one_message(tiny: Path, said: list[str], old: str, new: str, words: tuple[str, ...]) -> None:
    """A header that is no YAML, a missing title or a missing end is one line with the file, and stops no other command."""
    text = source(tiny).read_text(encoding="utf-8")
    assert old in text
    source(tiny).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert not author("tiny", said.append)
    assert all(word in said[-1] for word in words) and "\n" not in said[-1]
    status_text()


def test_an_order_used_twice_has_its_line(tiny: Path, said: list[str]) -> None:
    """The lesson that came later is told who has that place."""
    shutil.copytree(tiny / "solutions" / "tiny", tiny / "solutions" / "second")
    assert not author("second", said.append)
    assert any("lesson.py:13: order 1 is tiny's already" in line for line in said)


def test_it_goes_on_at_each_save(tiny: Path, said: list[str]) -> None:
    """Two saves are two further rounds; Ctrl-C ends it."""

    def saves(folder: Path) -> Iterator[object]:
        assert folder == tiny / "solutions" / "tiny"
        yield "one"
        yield "two"
        raise KeyboardInterrupt

    watch("tiny", said.append, saves)
    assert sum("proven" in line for line in said) == 3
