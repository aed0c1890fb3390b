"""The report of a course: the class by lessons on one page, and a page for each student."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.item_analysis import LEAST, Item, hardest
from grader.classroom.journal import Journal
from grader.classroom.rendering import file_of, link, render
from grader.classroom.report import write_report
from grader.classroom.standings import (
    LessonStanding,
    Made,
    Standing,
    gradebook_of,
    latest,
    lesson_standing,
    most_frequent,
)
from grader.course.catalogue import all_lessons, find_course
from grader.course.files import write_changed, write_whole
from grader.errors import UsageError

HARDEST = 15


@dataclass(frozen=True)
class CourseStanding:
    """A class in all lessons of which something was graded.

    `names` has everybody in the class, with their full names.
    `gradebook` is False where there is none, and all scores are the journal's.
    """

    lessons: list[LessonStanding]
    names: dict[str, str]
    gradebook: bool

    def of(self, student: str) -> list[Standing]:
        """A student in each lesson."""
        return [lesson.standings[student] for lesson in self.lessons]

    @property
    def items(self) -> list[Item]:
        return [item for lesson in self.lessons for item in lesson.items]

    @property
    def mistakes(self) -> list[Made]:
        return most_frequent([made for lesson in self.lessons for made in lesson.mistakes])


@dataclass(frozen=True)
class Row:
    """A student's row: a cell a lesson, and the sum."""

    student: str
    name: str
    cells: list[Standing]

    @property
    def score(self) -> float:
        return sum(cell.score for cell in self.cells)

    @property
    def max_score(self) -> float:
        return sum(cell.max_score for cell in self.cells if cell.status != "open")

    @property
    def fraction(self) -> float:
        decided = sum(cell.decided for cell in self.cells if cell.status != "open")
        return self.score / decided if decided else 0.0


def write_all(course: Path | None = None, gradebook: str | None = None) -> Path:
    """Write the report of the course and of each lesson; where the first page is."""
    course = course or find_course()
    out, standing = write_course_report(course, gradebook)
    for each in standing.lessons:
        if each.graded:
            write_report(each.lesson.name, course=course, gradebook=gradebook)
    return out


def write_course_report(course: Path, gradebook: str | None = None) -> tuple[Path, CourseStanding]:
    """Write reports/index.html and reports/students; where the first page is, and what it says.

    UsageError when nothing has been graded.
    """
    standing = course_standing(course, gradebook)
    if not standing.lessons:
        raise UsageError(f"Nothing has been graded in {course} yet. First: prep grade LESSON PATH")
    reports = course / "reports"
    out = reports / "index.html"
    rows = [Row(student, name, standing.of(student)) for student, name in standing.names.items()]
    write_whole(out, _index(standing, rows, out).encode())
    _write_students(standing, rows, reports, course)
    return out, standing


def course_standing(course: Path, gradebook: str | None = None) -> CourseStanding:
    """The class as the journal and the gradebook have it now."""
    # Here: this loads nbgrader, which nobody need wait for before grading.
    from grader.classroom.gradebook_records import read_records

    lessons = all_lessons(course, left_out=[])
    url = gradebook_of(course, gradebook)
    records = read_records(url, course, [lesson.name for lesson in lessons])
    enrolled = records.students if records else {}
    journal = Journal.of(course)
    try:
        everybody = journal.students() | set(enrolled)
        found = []
        # One lesson after another, so that the results of one alone are in memory.
        for lesson in lessons:
            results = latest(lesson.name, journal)
            found.append(lesson_standing(lesson, results, records, everybody))
    finally:
        journal.close()
    names = {student: enrolled.get(student, "") for student in sorted(everybody)}
    return CourseStanding([each for each in found if each.handed_in], names, records is not None)


def _index(standing: CourseStanding, rows: Sequence[Row], out: Path) -> str:
    """The first page's HTML."""
    students = out.parent / "students"
    return render(
        "course",
        course=standing,
        rows=rows,
        medians=[_median(lesson) for lesson in standing.lessons],
        href=lambda student, lesson="": link(out, students / file_of(student), lesson),
        hardest=hardest(standing.items, HARDEST),
        least=LEAST,
    )


def _median(lesson: LessonStanding) -> float:
    return statistics.median(each.score for each in lesson.handed_in)


def _write_students(
    standing: CourseStanding,
    rows: Sequence[Row],
    reports: Path,
    course: Path,
) -> None:
    """Write the pages of students of whom something changed, and take away those of students who are gone."""
    folder = reports / "students"
    written = {folder / file_of(row.student) for row in rows}
    for row in rows:
        out = folder / file_of(row.student)
        write_changed(out, _student(standing, row, out, course).encode())
    # A student who was renamed or removed has no page any more.
    for path in set(folder.glob("*.html")) - written:
        path.unlink()


def _student(standing: CourseStanding, row: Row, out: Path, course: Path) -> str:
    """The HTML of a student's page."""
    names = [each.lesson.name for each in standing.lessons]
    feedback = {name: _feedback(row.student, name, course) for name in names}
    graded = [cell for cell in row.cells if cell.status == "graded"]
    return render(
        "student",
        row=row,
        parts=list(zip(standing.lessons, row.cells, strict=True)),
        feedback={lesson: link(out, path) for lesson, path in feedback.items() if path},
        gradebook=standing.gradebook,
        states=Counter(done.state for cell in graded for done in cell.exercises),
    )


def _feedback(student: str, lesson: str, course: Path) -> Path | None:
    """The page that nbgrader wrote for a student, if it did."""
    path = course / "feedback" / student / lesson / f"{lesson}.html"
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
