"""Lessons, their exercises and points, read from the folders. Files are read as text; nothing of a lesson is run here."""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from grader.errors import LessonError, UsageError

SOURCES = ("lesson.py", "checks.py", "mistakes.py", "approaches.py", "hints.md")
RELEASED = ("checks.py", "hints.md")


@dataclass(frozen=True, slots=True)
class Check:
    """One pytest test: its function, the exercise it looks at, the rule it states, its points; the first is the core."""

    function: str
    exercise: str
    name: str
    points: float
    core: bool


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function to implement and the checks that look at it."""

    name: str
    checks: tuple[Check, ...]

    @property
    def points(self) -> float:
        return float(sum(check.points for check in self.checks))


@dataclass(frozen=True, slots=True)
class Variant:
    """A known answer to an exercise, a mistake or an approach: the function that holds it and its sentence."""

    exercise: str
    slug: str
    function: str
    sentence: str


@dataclass(frozen=True)
class Lesson:
    """A lesson's folder. Sources have everything; a released folder has no reference, mistakes or approaches."""

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
        path = self.folder / "hints.md"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        sections = re.split(r"^## +`?(\w+)`?.*$", text, flags=re.MULTILINE)
        return {name: _steps(body) for name, body in zip(sections[1::2], sections[2::2], strict=True)}

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name; UsageError says which there are."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise UsageError(f"Lesson {self.name} has no exercise {name!r}. {did_you_mean(name, [e.name for e in self.exercises])}")


def _steps(body: str) -> tuple[str, ...]:
    parts = re.split(r"^\d+\. +", body, flags=re.MULTILINE)[1:]
    return tuple(part.strip() for part in parts)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The sentence after a name that is not known: the nearest that is, else all there are."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known) or 'none'}."


def find_course(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (default: here) upwards, that holds `solutions/` or `lessons/`."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if _lesson_folders(folder / "solutions") or _lesson_folders(folder / "lessons"):
            return folder
    raise UsageError(f"No course found in {here} or above it: a course is a folder with solutions/ or lessons/. Go to your clone and try again.")


def _lesson_folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/checks.py"))


def all_lessons(course: Path) -> list[Lesson]:
    """Every lesson of a course in its order, from the sources where they are, else as released."""
    folders = _lesson_folders(course / "solutions") or _lesson_folders(course / "lessons")
    return sorted((read_lesson(folder) for folder in folders), key=lambda lesson: (lesson.order, lesson.name))


def find_lesson(name: str, course: Path | None = None) -> Lesson:
    """The lesson of that name; UsageError suggests the nearest."""
    course = course or find_course()
    for part in ("solutions", "lessons"):
        if (course / part / name / "checks.py").exists():
            return read_lesson(course / part / name)
    names = [folder.name for part in ("solutions", "lessons") for folder in _lesson_folders(course / part)]
    raise UsageError(f"There is no lesson {name!r} in {course}. {did_you_mean(name, dict.fromkeys(names))}")


def read_lesson(folder: Path) -> Lesson:
    """The lesson in a folder, sources or released. LessonError names a missing, misspelt or contradicting file."""
    is_source = (folder / "lesson.py").exists()
    _require_files(folder, SOURCES if is_source or folder.parent.name == "solutions" else RELEASED)
    exercises = _read_checks(folder / "checks.py")
    names = [exercise.name for exercise in exercises]
    mistakes = _read_variants(folder / "mistakes.py", names) if is_source else ()
    approaches = _read_variants(folder / "approaches.py", names) if is_source else ()
    return Lesson(folder.name, folder, exercises, mistakes, approaches, _read_facts(folder))


def _require_files(folder: Path, wanted: Iterable[str]) -> None:
    present = [path.name for path in folder.iterdir() if path.is_file()]
    for name in wanted:
        if name not in present:
            close = difflib.get_close_matches(name, [other for other in present if other not in SOURCES], n=1)
            hint = f"Did you mean to call {close[0]} that?" if close else "docs/authoring.md says what goes in it."
            raise LessonError(f"Lesson {folder.name} has no {name} ({folder}). {hint}")


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as error:
        raise LessonError(f"{path} line {error.lineno} is not Python: {error.msg}.") from error


def _read_checks(path: Path) -> tuple[Exercise, ...]:
    by_exercise: dict[str, list[Check]] = {}
    for node in _parse(path).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            exercise, points, title = _check_facts(node, path)
            checks = by_exercise.setdefault(exercise, [])
            checks.append(Check(node.name, exercise, title, points, core=not checks))
    return tuple(Exercise(name, tuple(checks)) for name, checks in by_exercise.items())


def _check_facts(node: ast.FunctionDef, path: Path) -> tuple[str, float, str]:
    where = f"{path} line {node.lineno}: {node.name}"
    if not node.args.args:
        raise LessonError(f"{where} takes no argument; its first argument names the exercise it checks.")
    points = [call.args[0] for call in node.decorator_list if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "points" and call.args]
    if len(points) != 1 or not isinstance(points[0], ast.Constant) or not isinstance(points[0].value, int | float):
        raise LessonError(f"{where} needs its points: write @points(2) above it.")
    title = (ast.get_docstring(node) or "").partition("\n")[0].strip()
    if not title:
        raise LessonError(f"{where} needs a docstring: it is what the learner reads.")
    return node.args.args[0].arg, float(points[0].value), title.rstrip(".")


def _read_variants(path: Path, exercises: list[str]) -> tuple[Variant, ...]:
    found = []
    for node in _parse(path).body:
        if not isinstance(node, ast.FunctionDef) or "__" not in node.name.strip("_"):
            continue
        exercise, _, slug = node.name.partition("__")
        where = f"{path} line {node.lineno}: {node.name}"
        if exercise not in exercises:
            raise LessonError(f"{where} belongs to no exercise. {did_you_mean(exercise, exercises)}")
        sentence = " ".join((ast.get_docstring(node) or "").split())
        if not sentence:
            raise LessonError(f"{where} needs a docstring: its sentence.")
        found.append(Variant(exercise, slug.replace("_", "-"), node.name, sentence))
    return tuple(found)


def _read_facts(folder: Path) -> dict[str, object]:
    """The `prep` part of lesson.py's header, or of the released notebook's metadata."""
    if (folder / "lesson.py").exists():
        header = re.match(r"# ---\n(.*?)# ---\n", (folder / "lesson.py").read_text(encoding="utf-8"), re.DOTALL)
        text = re.sub(r"^# ?", "", header[1], flags=re.MULTILINE) if header else ""
        return dict((yaml.safe_load(text) or {}).get("jupyter", {}).get("prep", {}))
    notebook = folder / f"{folder.name}.ipynb"
    if not notebook.exists():
        return {}
    return dict(json.loads(notebook.read_text(encoding="utf-8")).get("metadata", {}).get("prep", {}))
