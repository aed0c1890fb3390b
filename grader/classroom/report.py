"""The class report of one lesson: an HTML page that stands for itself, and a CSV beside it."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.item_analysis import LEAST, hardest
from grader.classroom.journal import Journal
from grader.classroom.rendering import file_of, link, render
from grader.classroom.similarity import Pair, alike
from grader.classroom.standings import LessonStanding, gradebook_of, latest, lesson_standing
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.files import write_together
from grader.course.submission import read
from grader.errors import Unreadable, UsageError
from grader.verdict import Result

BINS = 10
HARDEST = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the distribution: scores from `low` to `high`."""

    low: float
    high: float
    count: int


def write_report(name: str, out: Path | None = None, course: Path | None = None, gradebook: str | None = None) -> Path:
    """Write the report of the latest results of a lesson's submissions; where the page is.

    UsageError when nothing has been graded.
    """
    # Here: this loads nbgrader, which nobody need wait for before grading.
    from grader.classroom.gradebook_records import read_records

    course = course or find_course()
    lesson = find_lesson(name, course)
    results, everybody = results_of(lesson, course)
    records = read_records(gradebook_of(course, gradebook), course, [name])
    standing = lesson_standing(lesson, results, records, everybody)
    out = out or course / "reports" / f"{name}.html"
    pairs = copies(lesson, results, course)
    html = page(standing, results, pairs, out, course, gradebook=records is not None)
    # Both or neither: a page whose CSV is of another run would contradict it.
    write_together({out: html.encode(), out.with_suffix(".csv"): table(lesson, results).encode()})
    return out


def results_of(lesson: Lesson, course: Path) -> tuple[list[Result], set[str]]:
    """The latest result of each student, and who handed in some lesson.

    UsageError where there is no result.
    """
    journal = Journal.of(course)
    try:
        found, everybody = latest(lesson.name, journal), journal.students()
    finally:
        journal.close()
    if not found:
        nothing = f"Nothing of the lesson {lesson.name} has been graded in {course} yet."
        raise UsageError(f"{nothing} First: prep grade {lesson.name} PATH")
    return found, everybody


def page(
    standing: LessonStanding,
    results: Sequence[Result],
    pairs: Sequence[Pair],
    out: Path,
    course: Path,
    *,
    gradebook: bool = True,
) -> str:
    """The page's HTML; `out` is where it will be, which its links depend on.

    `gradebook`: the totals are from one.
    """
    scores = [result.score for result in results]
    points = standing.lesson.points
    reports = course / "reports"
    students = reports / "students"
    return render(
        "lesson",
        lesson=standing.lesson,
        standing=standing,
        gradebook=gradebook,
        csv=out.with_suffix(".csv").name,
        results=results,
        pairs=pairs,
        home=link(out, reports / "index.html"),
        href=lambda student: link(out, students / file_of(student), standing.lesson.name),
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        bars=distribution(scores, points),
        full=sum(score >= points for score in scores),
        hardest=hardest(standing.items, HARDEST),
        least=LEAST,
        exercises=standing.exercises,
    )


# --- what the page says ---------------------------------------------------------------------------


def distribution(scores: Sequence[float], most: float) -> list[Bar]:
    """How many scores fall in each of ten equal parts of 0 to `most`; the last holds full marks."""
    width = (most or 1) / BINS
    counts = [0] * BINS
    for score in scores:
        # Full marks would begin an eleventh part.
        counts[min(BINS - 1, int(score / width))] += 1
    return [Bar(index * width, (index + 1) * width, count) for index, count in enumerate(counts)]


def copies(lesson: Lesson, results: Sequence[Result], course: Path) -> list[Pair]:
    """Pairs of submissions whose code is alike; files that are gone or cannot be read are left out."""
    graded = [result for result in results if result.status == "graded"]
    cells = ((result.student, _cells(course / result.path)) for result in graded)
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
        made = [score for score in result.exercises if score.mistake]
        slugs = " ".join(f"{score.name}:{score.mistake}" for score in made)
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
