"""`prep new` makes a lesson that passes, and takes no other's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.author.new import new
from grader.author.proof import prove
from grader.course.build import build
from grader.course.catalogue import find_lesson
from grader.errors import UsageError
from grader.isolation.host import Host


def test_a_new_lesson_passes(tiny: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its own title and the next place in the order, builds, and nothing is wrong with it."""
    monkeypatch.chdir(tiny)
    assert "prep author soft_plus --watch" in new("soft_plus")
    lesson = find_lesson("soft_plus", tiny)
    assert (lesson.title, lesson.order) == ("Soft plus", find_lesson("tiny", tiny).order + 1)
    assert list(prove(lesson, host, (1,))) == []
    assert any("soft_plus" in name for name in build(tiny))


@pytest.mark.parametrize(
    "name, words", [("tiny", "already"), ("Two words", "lower-case word"), ("../up", "lower-case word")]
)
def test_other_names_are_refused(tiny: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    """A name that is taken, or that Python could not read, is a sentence, and nothing is written."""
    monkeypatch.chdir(tiny)
    before = sorted(tiny.rglob("*"))
    with pytest.raises(UsageError, match=words):
        new(name)
    assert sorted(tiny.rglob("*")) == before
