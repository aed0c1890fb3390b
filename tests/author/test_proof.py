"""A lesson's faults are sentences with the file and the line; a sound lesson has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.author.proof import prove
from grader.course.catalogue import find_lesson
from grader.isolation.host import Host


def change(course: Path, file: str, old: str, new: str) -> None:
    """Change one place of the tiny lesson."""
    path = course / "solutions" / "tiny" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def complaints(course: Path, host: Host) -> list[str]:
    return list(prove(find_lesson("tiny", course), host, (1,)))


def test_a_sound_lesson_has_none(tiny: Path, host: Host) -> None:
    """The tiny lesson, which new ones begin as, passes."""
    assert complaints(tiny, host) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("lesson.py", "return xp.mean(real)", "return xp.sum(real)", ("lesson.py:", "the reference fails a check")),
        ("hints.md", "## mean", "## meen", ("hints.md:", "no exercise", "Did you mean mean?")),
        ("mistakes.py", "def mean__", "def mean", ("mistakes.py:", "call it mean__")),
        (
            "checks.py",
            "refuse(mean, draw(empty))",
            'refuse(mean, draw(empty)), dict(mistake="summ")',
            ("checks.py:39", "no known mistake has the slug summ", "Did you mean sum?"),
        ),
    ],
)
def test_one_wrong_line_is_one_place_to_look(
    tiny: Path, host: Host, file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    """Each complaint names the file, and what to do."""
    change(tiny, file, old, new)
    found = complaints(tiny, host)
    assert any(all(word in sentence for word in words) for sentence in found), found
