"""The glossary: terms in two languages, merged from fragments, looked up by any name, at each lesson's end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from grader.cli import main
from grader.course import glossary
from grader.course.build import build
from grader.errors import LessonError, UsageError

RECALL = '- {en: recall, zh: "召回率 / 查全率", also: [sensitivity], meaning: "the fraction of positives that are found", lesson: tiny}\n'


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A glossary of one term."""
    path = tmp_path / "glossary.yml"
    path.write_text(RECALL, encoding="utf-8")
    monkeypatch.setattr(glossary, "FILE", path)
    glossary.all_terms.cache_clear()
    yield path
    glossary.all_terms.cache_clear()


def test_a_term_is_found_by_any_name(words: Path) -> None:
    """In either language, by its other names too; a misspelt word is answered by the nearest."""
    for name in ("recall", "Sensitivity", "查全率"):
        assert (
            CliRunner()
            .invoke(main, ["glossary", name])
            .output.startswith("recall (also sensitivity) · 召回率 / 查全率\n")
        )
    with pytest.raises(UsageError, match="Did you mean recall"):
        glossary.find_term("recal")


def test_merging_adds_lessons_up(words: Path) -> None:
    """A fragment adds terms in their order; a term that is there takes its words and keeps its lessons.

    Twice is as once.
    """
    fragment = words.with_name("fragment.yml")
    fragment.write_text(
        RECALL.replace("tiny", "metrics") + "- {en: AUC, zh: 曲线下面积, meaning: area, lesson: metrics}\n",
        encoding="utf-8",
    )
    assert glossary.merge([fragment], words) == 2
    once = words.read_text(encoding="utf-8")
    assert glossary.merge([fragment], words) == 2
    assert words.read_text(encoding="utf-8") == once
    assert [(term.en, term.lessons) for term in glossary.read_terms(words)] == [
        ("AUC", ("metrics",)),
        ("recall", ("tiny", "metrics")),
    ]


def test_a_wrong_line_is_named(words: Path) -> None:
    """A term without one of its four facts, or with another, is refused."""
    words.write_text("- {en: recall, zh: 召回率}\n", encoding="utf-8")
    with pytest.raises(LessonError, match="a term has en, zh, meaning, lesson"):
        glossary.read_terms(words)


def test_the_course_glossary_is_as_merging_leaves_it(tmp_path: Path) -> None:
    """grader/course/glossary.yml is sorted and in its form."""
    copy = tmp_path / "glossary.yml"
    copy.write_bytes(glossary.FILE.read_bytes())
    glossary.merge([], copy)
    assert copy.read_bytes() == glossary.FILE.read_bytes()


def test_a_lesson_ends_with_its_terms(words: Path, tiny: Path) -> None:
    """The build adds a table before status(), and none where there are no terms."""
    build(tiny)
    cells = nbformat.read(tiny / "lessons" / "tiny" / "tiny.ipynb", as_version=4).cells
    assert [cell.id for cell in cells[-2:]][0] == "glossary"
    assert "| recall | sensitivity | 召回率 / 查全率 | the fraction of positives that are found |" in cells[-2].source
    words.write_text("[]", encoding="utf-8")
    glossary.all_terms.cache_clear()
    build(tiny)
    assert "glossary" not in [
        cell.id for cell in nbformat.read(tiny / "lessons" / "tiny" / "tiny.ipynb", as_version=4).cells
    ]
