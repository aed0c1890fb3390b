"""The class report: one HTML page that stands for itself, and a CSV beside it."""

from __future__ import annotations

import csv
import io
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader import card
from grader.classroom.journal import Journal
from grader.classroom.similarity import Pair, alike
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.submission import read
from grader.errors import Unreadable, UsageError
from grader.verdict import Result

BINS = 10
HARDEST = 8
_ODD = {
    "timeout": "did not come back",
    "memory": "took more memory than there is",
    "died": "ended its process",
    "broken": "met a broken check",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a check, or all of an exercise's checks, passed: a share of the class."""

    exercise: str
    name: str
    passed: int
    total: int
    points: float

    @property
    def percent(self) -> float:
        return 100 * self.passed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Made:
    """A known mistake and who made it."""

    exercise: str
    slug: str
    sentence: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the distribution: scores from `low` to `high`."""

    low: float
    high: float
    count: int


def write_report(name: str, out: Path | None = None, course: Path | None = None) -> Path:
    """Write the report of the latest results of a lesson's submissions; where the page is.

    UsageError when nothing has been graded.
    """
    course = course or find_course()
    lesson = find_lesson(name, course)
    results = latest(lesson, course)
    out = out or course / "reports" / f"{name}.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(lesson, results, copies(lesson, results, course)), encoding="utf-8")
    out.with_suffix(".csv").write_text(table(lesson, results), encoding="utf-8", newline="")
    return out


def latest(lesson: Lesson, course: Path) -> list[Result]:
    """The latest result of each student, by student."""
    journal = Journal(course / "grades.sqlite")
    try:
        found = {result.student: result for result in journal.results(lesson.name)}
    finally:
        journal.close()
    if not found:
        raise UsageError(
            f"Nothing of the lesson {lesson.name} has been graded in {course} yet. First: prep grade {lesson.name} PATH"
        )
    return [found[student] for student in sorted(found)]


def page(lesson: Lesson, results: Sequence[Result], pairs: Sequence[Pair]) -> str:
    """The page's HTML."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("grader.classroom", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = lambda text: Markup(card.prose(text))  # escaped there
    rates = check_rates(lesson, results)
    scores = [result.score for result in results]
    return environment.get_template("report.html.j2").render(
        lesson=lesson,
        results=results,
        pairs=pairs,
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        most=max(lesson.points, *scores),
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        bars=distribution(scores, lesson.points),
        exercises=exercise_rates(lesson, results),
        checks=rates,
        hardest=_hardest(rates),
        mistakes=mistakes(results),
        looks=list(needs_a_look(results)),
    )


def _hardest(rates: Sequence[Rate]) -> list[Rate]:
    """The checks that the fewest passed."""
    failed = [rate for rate in rates if rate.passed < rate.total]
    return sorted(failed, key=lambda rate: rate.percent)[:HARDEST]


# --- what the page says ---------------------------------------------------------------------------


def distribution(scores: Sequence[float], most: float) -> list[Bar]:
    """How many scores fall in each of ten equal parts of 0 to `most`; the last holds full marks."""
    width = (most or 1) / BINS
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(score / width))] += 1
    return [Bar(index * width, (index + 1) * width, count) for index, count in enumerate(counts)]


def check_rates(lesson: Lesson, results: Sequence[Result]) -> list[Rate]:
    """Each check's pass rate, in the lesson's order."""
    passed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for result in results:
        for exercise in result.exercises:
            for check in exercise.checks:
                passed[exercise.name, check.name] += check.outcome == "passed"
    return [
        Rate(e.name, check.name, passed[e.name, check.name], len(results), check.points)
        for e in lesson.exercises
        for check in e.checks
    ]


def exercise_rates(lesson: Lesson, results: Sequence[Result]) -> list[Rate]:
    """How many had full marks on each exercise."""
    full: defaultdict[str, int] = defaultdict(int)
    for result in results:
        for score in result.exercises:
            full[score.name] += score.passed
    return [
        Rate(exercise.name, exercise.name, full[exercise.name], len(results), exercise.points)
        for exercise in lesson.exercises
    ]


def mistakes(results: Sequence[Result]) -> list[Made]:
    """The known mistakes that were made, the most frequent first."""
    made: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for result in results:
        for score in result.exercises:
            if score.mistake:
                made[score.name, score.mistake, score.sentence].append(result.student)
    return sorted(
        (Made(*key, tuple(students)) for key, students in made.items()),
        key=lambda m: (-len(m.students), m.exercise, m.slug),
    )


def needs_a_look(results: Sequence[Result]) -> Iterator[tuple[str, str]]:
    """Students and sentences: files nobody can read, answers that hung, died or took all memory, cells left out."""
    for result in results:
        if result.status == "unreadable":
            yield result.student, result.reason or "could not be read"
        for score in result.exercises:
            if odd := next((check for check in score.checks if check.outcome in _ODD), None):
                yield result.student, f"{score.name} {_ODD[odd.outcome]}. {odd.message}"
        yield from ((result.student, note.text) for note in result.notes if note.kind in ("left out", "dropped"))


def copies(lesson: Lesson, results: Sequence[Result], course: Path) -> list[Pair]:
    """Pairs of submissions whose code is alike; files that are gone or cannot be read are left out."""
    cells = {result.student: _cells(course / result.path) for result in results if result.status == "graded"}
    return alike(cells, _cells(course / "lessons" / lesson.name / f"{lesson.name}.ipynb"))


def _cells(path: Path) -> tuple[str, ...]:
    try:
        return read(path)
    except Unreadable:
        return ()


def spreadsheet_text(text: str) -> str:
    """A text as a spreadsheet shows it: one that begins like a formula would be one."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def table(lesson: Lesson, results: Sequence[Result]) -> str:
    """The CSV: a row a student, a column an exercise, and the known mistakes made."""
    names = [exercise.name for exercise in lesson.exercises]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["student", "status", "score", "max_score", *names, "mistakes", "reason"])
    for result in results:
        scores = {score.name: score.score for score in result.exercises}
        slugs = " ".join(f"{score.name}:{score.mistake}" for score in result.exercises if score.mistake)
        writer.writerow(
            [
                spreadsheet_text(result.student),
                result.status,
                result.score,
                lesson.points,
                *(scores.get(name, 0.0) for name in names),
                slugs,
                spreadsheet_text(result.reason or ""),
            ]
        )
    return text.getvalue()
