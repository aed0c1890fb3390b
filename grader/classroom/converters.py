"""nbgrader's converters with the course's configuration, for the students that they are given."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderApp
from nbgrader.converters import Autograde, BaseConverter, GenerateFeedback, NbGraderException

from grader.classroom.loaded import stay_connected
from grader.course.programs import programs_first


class _Listed(BaseConverter):  # type: ignore[misc]  # nbgrader has no types
    """Takes the students it is given, where nbgrader takes those that a pattern matches."""

    students: Sequence[str] = ()
    force = True

    def init_notebooks(self) -> None:
        """Whose notebooks are converted."""
        lesson = self.coursedir.assignment_id
        folders = [self._format_source(lesson, student) for student in self.students]
        self.assignments = {folder: [os.path.join(folder, f"{lesson}.ipynb")] for folder in folders}

    def convert(self, students: Sequence[str]) -> list[str]:
        """Those of the students for whom it could not be done."""
        self.students = students
        with contextlib.suppress(NbGraderException):  # some failed: they have no file now
            self.start()
        lesson = self.coursedir.assignment_id
        name = f"{lesson}{self.exporter.file_extension}"
        return [student for student in students if not Path(self._format_dest(lesson, student), name).exists()]


class _ListedAutograde(_Listed, Autograde):  # type: ignore[misc]
    pass


class _ListedFeedback(_Listed, GenerateFeedback):  # type: ignore[misc]
    pass


def convert(course: Path, lesson: str, students: Sequence[str], stale: Collection[str]) -> list[str]:
    """Write the autograded notebooks of the stale, and everybody's page; a sentence for each who has none."""
    app = _app(course)
    app.coursedir.assignment_id = lesson
    again = [student for student in students if student in stale]
    failed = _ListedAutograde(coursedir=app.coursedir, parent=app).convert(again) if again else []
    graded = [student for student in students if student not in failed]
    failed += _ListedFeedback(coursedir=app.coursedir, parent=app).convert(graded)
    return [f"{student} has no page: `nbgrader autograde {lesson} --student={student}` says why." for student in failed]


@functools.lru_cache(maxsize=1)
def _app(course: Path) -> Any:
    """nbgrader with the course's configuration, and silent: who has no page is told."""
    # nbgrader reads the configuration of the folder in which it is started.
    os.chdir(course)
    os.environ["PATH"] = programs_first(os.environ)["PATH"]
    app = NbGraderApp(log_level=logging.CRITICAL)
    app.initialize([])
    stay_connected()
    return app
