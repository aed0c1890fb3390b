"""Lessons, their exercises and points, read from the folders.

Files are read as text; nothing of a lesson is run here.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from grader.course.cells import source_of
from grader.course.exercises import Check, Exercise, Heading, Variant, read_exercises, read_variants
from grader.course.hints import Cost, read_costs, read_hints
from grader.course.packaged import sources_of
from grader.course.questions import Question, read_questions
from grader.errors import LessonError, UsageError, did_you_mean

__all__ = [  # a lesson and all that it is made of, from one place
    "Check",
    "Cost",
    "Exercise",
    "Heading",
    "Lesson",
    "Question",
    "Variant",
    "all_lessons",
    "did_you_mean",
    "find_course",
    "find_lesson",
    "lesson_folders",
    "read_lesson",
]
SOURCES = ("lesson.py", "checks.py", "mistakes.py", "approaches.py", "hints.md")
RELEASED = ("checks.py", "hints.md")


@dataclass(frozen=True)
class Lesson:
    """A lesson's folder.

    Sources have everything; a released folder has no reference, mistakes or approaches.
    """

    name: str
    folder: Path
    exercises: tuple[Exercise, ...]
    mistakes: tuple[Variant, ...] = ()
    approaches: tuple[Variant, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.facts.get("title", self.name))

    @property
    def order(self) -> int:
        return int(str(self.facts.get("order", 0)))

    @property
    def minutes(self) -> int:
        return int(str(self.facts.get("minutes", 0)))

    @property
    def topics(self) -> tuple[str, ...]:
        """What the lesson is about, a few words each."""
        return _words(self.facts.get("topics"))

    @property
    def needs(self) -> tuple[str, ...]:
        """The lessons and exercises that should come before."""
        return _words(self.facts.get("needs"))

    @property
    def checks(self) -> Path:
        return self.folder / "checks.py"

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.name}.ipynb"

    @property
    def released(self) -> Path:
        """The learners' notebook, which `prep build` writes."""
        return self.folder.parents[1] / "lessons" / self.name / f"{self.name}.ipynb"

    @property
    def reference(self) -> Path | None:
        path = self.folder / "lesson.py"
        return path if path.exists() else None

    @property
    def points(self) -> float:
        return float(sum(exercise.points for exercise in self.exercises))

    @cached_property
    def hints(self) -> dict[str, tuple[str, ...]]:
        """The hints of each exercise, in steps."""
        return read_hints(self._hints_text)

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """The question what a right answer costs, of each exercise that has one."""
        return read_costs(self._hints_text, self.folder / "hints.md")

    @property
    def _hints_text(self) -> str:
        path = self.folder / "hints.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The concept questions with their mark schemes; a released folder has none."""
        return read_questions(self.reference.read_text(encoding="utf-8")) if self.reference else ()

    def question(self, slug: str) -> Question:
        """The concept question of that name; UsageError says which there are."""
        for question in self.questions:
            if question.slug == slug:
                return question
        slugs = [question.slug for question in self.questions]
        raise UsageError(f"Lesson {self.name} has no question called {slug!r}. {did_you_mean(slug, slugs)}")

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name; UsageError says which there are."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        names = [exercise.name for exercise in self.exercises]
        raise UsageError(f"Lesson {self.name} has no exercise {name!r}. {did_you_mean(name, names)}")


def _words(value: object) -> tuple[str, ...]:
    """A word or a list of words in a lesson's header, as words."""
    if value is None:
        return ()
    words = value if isinstance(value, list) else [value]
    return tuple(str(word) for word in words)


def find_course(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (default: here) upwards, that holds solutions/ or lessons/."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if lesson_folders(folder):
            return folder
    raise UsageError(
        f"No course found in {here} or above it: a course is a folder with solutions/ or lessons/. "
        "`prep init` makes one here; in a clone, go to the clone and try again."
    )


def _folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/checks.py"))


def lesson_folders(course: Path) -> list[Path]:
    """The folders of a course's lessons: the sources where they are, else as released."""
    return _folders(course / "solutions") or _folders(course / "lessons")


def all_lessons(course: Path, *, left_out: list[LessonError] | None = None) -> list[Lesson]:
    """Every lesson of a course in its order, from the sources where they are, else as released.

    LessonError for a broken one; with a list for those `left_out`, the others come without it.
    """
    lessons = []
    for folder in lesson_folders(course):
        try:
            lessons.append(read_lesson(folder))
        except LessonError as error:
            if left_out is None:
                raise
            left_out.append(error)
    return sorted(lessons, key=lambda lesson: (lesson.order, lesson.name))


def find_lesson(name: str, course: Path | None = None) -> Lesson:
    """The lesson of that name; UsageError suggests the nearest."""
    course = course or find_course()
    for part in ("solutions", "lessons"):
        if (course / part / name / "checks.py").exists():
            return read_lesson(course / part / name)
    folders = [*_folders(course / "solutions"), *_folders(course / "lessons")]
    names = dict.fromkeys(folder.name for folder in folders)
    raise UsageError(f"There is no lesson {name!r} in {course}. {did_you_mean(name, names)}")


def read_lesson(folder: Path) -> Lesson:
    """The lesson in a folder, sources or released; read again only when a file of it has changed.

    LessonError names a missing, misspelt or contradicting file. A released lesson that the package
    brought comes with the package's sources, so that mistakes are named.
    """
    return _read_lesson(folder, _versions(folder))


def _versions(folder: Path) -> frozenset[tuple[str, int, int]]:
    """The files in a folder, each with the time and size that it was last written with."""
    with os.scandir(folder) as entries:
        stats = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


@lru_cache(64)
def _read_lesson(folder: Path, versions: frozenset[tuple[str, int, int]]) -> Lesson:
    # `versions` is the cache's key alone: a file that was saved makes another.
    is_source = (folder / "lesson.py").exists()
    if not is_source and (folder / "checks.py").exists() and (sources := sources_of(folder)):
        return read_lesson(sources)
    _require_files(folder, SOURCES if is_source or folder.parent.name == "solutions" else RELEASED)
    exercises = read_exercises(folder / "checks.py", _read_text(folder))
    names = [exercise.name for exercise in exercises]
    mistakes = read_variants(folder / "mistakes.py", names) if is_source else ()
    approaches = read_variants(folder / "approaches.py", names) if is_source else ()
    return Lesson(folder.name, folder, exercises, mistakes, approaches, _read_facts(folder))


def _require_files(folder: Path, wanted: Iterable[str]) -> None:
    present = [path.name for path in folder.iterdir() if path.is_file()]
    for name in wanted:
        if name not in present:
            others = [other for other in present if other not in SOURCES]
            close = difflib.get_close_matches(name, others, n=1)
            meant = f"Did you mean to call {close[0]} that?" if close else ""
            hint = meant or "docs/authoring.md says what goes in it."
            raise LessonError(f"Lesson {folder.name} has no {name} ({folder}). {hint}")


def _read_facts(folder: Path) -> dict[str, object]:
    """The `prep` part of lesson.py's header, or of the released notebook's metadata."""
    if (folder / "lesson.py").exists():
        source = (folder / "lesson.py").read_text(encoding="utf-8")
        # jupytext's header is YAML in comments, between two lines of dashes.
        header = re.match(r"# ---\n(.*?)# ---\n", source, re.DOTALL)
        text = re.sub(r"^# ?", "", header[1], flags=re.MULTILINE) if header else ""
        return _prep_part(text, folder / "lesson.py")
    return dict(_released_notebook(folder).get("metadata", {}).get("prep", {}))


def _prep_part(header: str, path: Path) -> dict[str, object]:
    """What stands under `jupyter: prep:` in a header.

    LessonError with the line where it is no YAML.
    """
    import yaml  # here, as what reads released notebooks alone does without

    try:
        found = yaml.safe_load(header) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1  # the header begins in the file's second line
        what = getattr(error, "problem", error)
        raise LessonError(f"{path} line {line}: the header is no YAML: {what}.") from error
    part = found.get("jupyter", {}).get("prep", {}) if isinstance(found, dict) else {}
    return dict(part) if isinstance(part, dict) else {}


def _released_notebook(folder: Path) -> dict[str, Any]:
    path = folder / f"{folder.name}.ipynb"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _read_text(folder: Path) -> str:
    """The lesson's prose and code, headings as in the notebook.

    Of a released folder, the notebook's.
    """
    if (folder / "lesson.py").exists():
        source = (folder / "lesson.py").read_text(encoding="utf-8")
        # A heading of the notebook stands behind a comment sign there.
        return re.sub(r"^# (?=#)", "", source, flags=re.MULTILINE)
    cells = _released_notebook(folder).get("cells", [])
    return "\n".join(source_of(cell) for cell in cells)
