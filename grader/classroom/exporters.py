"""Grades for Canvas and Moodle: plugins of `nbgrader export` that write what those two import."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from grader.classroom.report import spreadsheet_text
from grader.course.files import write_whole

Row = list[str]


class _LmsExporter(ExportPlugin):  # type: ignore[misc]
    """A row a student, a column an assignment.

    Scores are those of nbgrader's own export, marks by hand and penalties for lateness included.
    Who handed in nothing has an empty cell, which leaves a grade in the other system as it is.
    """

    destination = ""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file, whole or not at all, to `--to` or to a name of its own."""
        # As text: nbgrader reads an id of digits on its command line as a number.
        wanted = set(map(str, self.student))
        assignments = [each for each in gradebook.assignments if not self.assignment or each.name in self.assignment]
        students = [each for each in gradebook.students if not wanted or each.id in wanted]
        columns = [self._scores(assignment) for assignment in assignments]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows(self._head(assignments))
        for student in students:
            scores = [column.get(student.id, "") for column in columns]
            writer.writerow([*map(spreadsheet_text, self._who(student)), *scores])
        target = Path(self.to or self.destination)
        write_whole(target, text.getvalue().encode())
        self.log.info("Wrote %d students and %d assignments to %s", len(students), len(assignments), target)

    def _scores(self, assignment: Assignment) -> dict[str, str]:
        """The score of each student who handed in."""
        waiting = [each.student_id for each in assignment.submissions if each.needs_manual_grade]
        if waiting:
            names = ", ".join(waiting)
            told = "%s: %d to be marked by hand: %s"
            self.log.warning(told, assignment.name, len(waiting), names)
        return {each.student_id: f"{_final(each):g}" for each in assignment.submissions}

    def _head(self, assignments: Iterable[Assignment]) -> Iterator[Row]:
        raise NotImplementedError

    def _who(self, student: Student) -> Row:
        raise NotImplementedError


def _final(submission: SubmittedAssignment) -> float:
    """The score less the penalty, as nbgrader's own export has it."""
    return max(0.0, float(submission.score) - float(submission.late_submission_penalty or 0.0))


class CanvasExporter(_LmsExporter):
    """The columns that a Canvas gradebook's import looks for; ID is the gradebook's `lms_user_id`."""

    destination = "canvas.csv"

    def _head(self, assignments: Iterable[Assignment]) -> Iterator[Row]:
        listed = list(assignments)
        who = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
        yield [*who, *(each.name for each in listed)]
        # With four spaces in front, as Canvas itself writes it.
        yield ["    Points Possible", "", "", "", "", *(f"{each.max_score:g}" for each in listed)]

    def _who(self, student: Student) -> Row:
        name = ", ".join(part for part in (student.last_name, student.first_name) if part)
        return [name or student.id, student.lms_user_id or "", "", student.id, ""]


class MoodleExporter(_LmsExporter):
    """What Moodle's CSV import maps students by: the ID number or the e-mail address."""

    destination = "moodle.csv"

    def _head(self, assignments: Iterable[Assignment]) -> Iterator[Row]:
        who = ("First name", "Last name", "ID number", "Email address")
        yield [*who, *(each.name for each in assignments)]

    def _who(self, student: Student) -> Row:
        return [student.first_name or "", student.last_name or "", student.id, student.email or ""]
