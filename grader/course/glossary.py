"""The course's terms in English and Chinese: glossary.yml, a line a term, sorted by English.

A lesson's author writes a fragment, a YAML list of such lines, and merges it:

    python -m grader.course.glossary FRAGMENT.yml...

A term that is there already takes the fragment's words; the lessons it belongs to add up.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from grader.errors import LessonError, UsageError, did_you_mean

FILE = Path(__file__).with_name("glossary.yml")
_HEAD = "# Terms of the course. Add to them: python -m grader.course.glossary FRAGMENT.yml\n"
_KEYS = {"en", "zh", "also", "meaning", "lesson"}


@dataclass(frozen=True, slots=True)
class Term:
    """A term in two languages: what it is in a line, its other names, the lessons that use it."""

    en: str
    zh: str
    meaning: str
    also: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()

    def line(self) -> str:
        """The term as a line of the file."""
        facts: dict[str, Any] = {"en": self.en, "zh": self.zh}
        if self.also:
            facts["also"] = list(self.also)
        facts["meaning"] = self.meaning
        facts["lesson"] = self.lessons[0] if len(self.lessons) == 1 else list(self.lessons)
        # By default YAML folds a line after 80 columns, and a merge would then show as several.
        one_line = yaml.safe_dump(
            facts,
            default_flow_style=True,
            width=10_000,
            sort_keys=False,
            allow_unicode=True,
        )
        return f"- {one_line}"

    def __str__(self) -> str:
        also = f" (also {', '.join(self.also)})" if self.also else ""
        return f"{self.en}{also} · {self.zh}\n{self.meaning}\nlessons: {', '.join(self.lessons)}"


def read_terms(path: Path) -> tuple[Term, ...]:
    """The terms in a file. LessonError names a line that is not as it must be."""
    try:
        lines = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise LessonError(f"{path} is not YAML: {error}") from error
    return tuple(_term(line, path) for line in lines)


def _term(line: Any, path: Path) -> Term:
    if not isinstance(line, Mapping) or not {"en", "zh", "meaning", "lesson"} <= set(line) <= _KEYS:
        rule = "a term has en, zh, meaning, lesson and perhaps also, and nothing else"
        raise LessonError(f"{path}: {rule}: {line!r}")
    lessons = line["lesson"] if isinstance(line["lesson"], list) else [line["lesson"]]
    also = line.get("also") or []
    also = also if isinstance(also, list) else [also]
    return Term(
        str(line["en"]),
        str(line["zh"]),
        str(line["meaning"]),
        tuple(map(str, also)),
        tuple(map(str, lessons)),
    )


@functools.cache
def all_terms() -> tuple[Term, ...]:
    """Every term of the course."""
    return read_terms(FILE)


def terms_of(lesson: str) -> list[Term]:
    """The terms that a lesson uses."""
    return [term for term in all_terms() if lesson in term.lessons]


def find_term(word: str) -> Term:
    """The term of that name, in either language, by any of its names.

    UsageError suggests the nearest.
    """
    named = {name.casefold(): term for term in all_terms() for name in _names(term)}
    if word.casefold() not in named:
        nearest = did_you_mean(word.casefold(), named) if named else ""
        raise UsageError(f"The glossary has no {word!r}. {nearest}".rstrip())
    return named[word.casefold()]


def _names(term: Term) -> list[str]:
    chinese = [name.strip() for name in term.zh.split("/")]
    return [*chinese, *term.also, term.en]  # the last of two equal names counts: a term's own


def merge(fragments: Iterable[Path], into: Path = FILE) -> int:
    """Add the terms of fragments to the glossary; how many it has then."""
    terms: dict[str, Term] = {}
    for path in (into, *fragments):
        for term in read_terms(path):
            before = terms.get(term.en.casefold())
            earlier = before.lessons if before else ()
            lessons = tuple(dict.fromkeys([*earlier, *term.lessons]))
            terms[term.en.casefold()] = replace(term, lessons=lessons)
    lines = [terms[name].line() for name in sorted(terms)]
    into.write_text(_HEAD + "".join(lines), encoding="utf-8")
    return len(terms)


if __name__ == "__main__":
    print(f"{merge(map(Path, sys.argv[1:]))} terms in {FILE}")
