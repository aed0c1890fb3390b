"""Exercises, their checks, and the known answers to them, read from a lesson's files as text.

Nothing is imported, so a checks.py that is half written stops nobody from listing the course.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import LessonError, did_you_mean

# A heading with marks (a concept question's begin with Q.), or a function below it.
_HEADING_OR_FUNCTION = re.compile(
    r"^\#+\ (?!Q\.).*\*\((?P<difficulty>easy|medium|hard)"
    r"(?:,\ (?P<minutes>\d+)\ min)?"
    r"(?:,\ asked\ (?P<asked>often|sometimes|rarely))?\)\*"
    r"|^def\ (?P<function>\w+)\(",
    re.MULTILINE | re.VERBOSE,
)

# `Returns dx (n, d), db (d,), in this order`, or `Returns (w, b): ...`.
# What follows other words is a shape.
_RETURNS = re.compile(
    r'^def\ (?P<function>\w+)\([^"]*"""(?:(?!""").)*?\bReturns\s'
    r"(?:(?P<order>\w+(?:\ \([^)]*\))?(?:,\s+\w+(?:\ \([^)]*\))?)+),\s+in\s+this\s+order"
    r"|(?:(?:a|the|two|three|four|new|float|tuple|of|arrays|numbers)\s)*\((?P<tuple>\w+(?:,\s+\w+)+)\))",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One pytest test: its function, its exercise, the rule it states, its points.

    The first is the core.
    """

    function: str
    exercise: str
    name: str
    points: float
    core: bool
    rule: bool = False  # it asks for refusals, dtypes, layouts, and not for results


@dataclass(frozen=True, slots=True)
class Heading:
    """What an exercise's heading says about it, as in `*(medium, 12 min, asked often)*`.

    "" and 0 stand for what it does not say.
    """

    difficulty: str = ""
    minutes: int = 0
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function to implement and the checks that look at it."""

    name: str
    checks: tuple[Check, ...]
    heading: Heading = Heading()
    # The names of its values, where it returns several and its text names them: a card then says which is wrong.
    results: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        return float(sum(check.points for check in self.checks))

    @property
    def difficulty(self) -> str:
        """easy, medium or hard."""
        return self.heading.difficulty

    @property
    def minutes(self) -> int:
        return self.heading.minutes

    @property
    def asked(self) -> str:
        """How often interviewers ask for it: often, sometimes or rarely."""
        return self.heading.asked


@dataclass(frozen=True, slots=True)
class Variant:
    """A known answer to an exercise, a mistake or an approach: its function and its sentence."""

    exercise: str
    slug: str
    function: str
    sentence: str


def read_exercises(checks: Path, text: str) -> tuple[Exercise, ...]:
    """The exercises that a checks.py looks at, in its order, with what the headings in the text say."""
    headings = _headings(text)
    names = _result_names(text)
    found = []
    for exercise in _read_checks(checks):
        heading = headings.get(exercise.name, Heading())
        found.append(replace(exercise, heading=heading, results=names.get(exercise.name, ())))
    return tuple(found)


def _headings(text: str) -> dict[str, Heading]:
    """What is said about each function by the last heading with marks above it.

    A bug hunt's two share theirs.
    """
    found: dict[str, Heading] = {}
    heading = Heading()
    for line in _HEADING_OR_FUNCTION.finditer(text):
        if line["function"]:
            found[line["function"]] = heading
        else:
            heading = Heading(line["difficulty"], int(line["minutes"] or 0), line["asked"] or "")
    return found


def _result_names(text: str) -> dict[str, tuple[str, ...]]:
    """The names that functions' docstrings give to the values they return.

    Only where one sentence has them all: no name is better than a guess.
    """
    names: dict[str, tuple[str, ...]] = {}
    for found in _RETURNS.finditer(text):
        listed = found["tuple"] or re.sub(r" \([^)]*\)", "", found["order"])
        names[found["function"]] = tuple(re.split(r",\s+", listed))
    return names


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
            # The core is about results, whatever it calls.
            rule = bool(checks) and _is_rule(node)
            checks.append(Check(node.name, exercise, title, points, core=not checks, rule=rule))
    return tuple(Exercise(name, tuple(checks)) for name, checks in by_exercise.items())


def _check_facts(node: ast.FunctionDef, path: Path) -> tuple[str, float, str]:
    where = f"{path} line {node.lineno}: {node.name}"
    if not node.args.args:
        raise LessonError(f"{where} takes no argument; its first argument names the exercise it checks.")
    points = [
        call.args[0]
        for call in node.decorator_list
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "points" and call.args
    ]
    value = points[0].value if len(points) == 1 and isinstance(points[0], ast.Constant) else None
    if not isinstance(value, int | float):
        raise LessonError(f"{where} needs its points: write @points(2) above it.")
    title = (ast.get_docstring(node) or "").partition("\n")[0].strip()
    if not title:
        raise LessonError(f"{where} needs a docstring: it is what the learner reads.")
    return node.args.args[0].arg, float(value), title.rstrip(".")


def _is_rule(check: ast.FunctionDef) -> bool:
    """Whether a check asks for rules: it calls refuse, contract or sparing.

    `@points(1, rule=True)`, or False, says otherwise.
    """
    calls = [node for node in ast.walk(check) if isinstance(node, ast.Call)]
    for call in calls:
        for keyword in call.keywords:
            if getattr(call.func, "id", "") == "points" and keyword.arg == "rule":
                return bool(getattr(keyword.value, "value", False))
    return any(getattr(call.func, "id", "") in ("refuse", "contract", "sparing") for call in calls)


def read_variants(path: Path, exercises: list[str]) -> tuple[Variant, ...]:
    """The functions EXERCISE__slug of a file with their sentences.

    LessonError for one that belongs to no exercise or says nothing.
    """
    found = []
    for node in _parse(path).body:
        # A helper of the file: no exercise's name has two underscores in it.
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
