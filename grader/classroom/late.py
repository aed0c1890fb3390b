"""Penalties for late submissions, as the plugin that nbgrader's configuration names gives them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, SubmittedAssignment, SubmittedNotebook
from nbgrader.apps import NbGrader
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.config.application import Application


@dataclass(frozen=True, slots=True)
class Late:
    """A submission after its deadline, extensions counted."""

    student: str
    by: timedelta
    penalty: float | None

    def __str__(self) -> str:
        taken = "" if self.penalty is None else f" (penalty {self.penalty:g})"
        return f"{self.student} by {self.by}{taken}"


def deadline(due: datetime | None, extension: timedelta | None) -> datetime | None:
    """When a student must hand in: the assignment's date, later by the student's extension."""
    return due + (extension or timedelta()) if due else None


def lateness(handed_in: datetime | None, due: datetime | None) -> timedelta | None:
    """By how much a submission came after its deadline; None where it did not, or one is not known."""
    return handed_in - due if handed_in and due and handed_in > due else None


class Penalties:
    """The plugin of a course; its configuration is read when the first submission is late."""

    def __init__(self, course: Path) -> None:
        self._course = course

    @cached_property
    def _plugin(self) -> Any:
        assigner = AssignLatePenalties(config=_configuration(self._course))
        assigner.init_plugin()
        return assigner.plugin_inst

    def write(self, db: Any, notebooks: Collection[str]) -> list[Late]:
        """Write the penalties of submitted notebooks, by their scores as they are now; those that are late."""
        mine = SubmittedNotebook.id.in_(list(notebooks))
        # Those of an earlier run first: a deadline may have been moved since.
        penalised = SubmittedNotebook.late_submission_penalty.is_not(None)
        db.query(SubmittedNotebook).filter(mine, penalised).update(
            {"late_submission_penalty": None}, synchronize_session=False
        )
        found = []
        for notebook, student, by, score in _late(db, mine):
            penalty = self._plugin.late_submission_penalty(student, score, by.total_seconds())
            # A plugin of the instructor's may give anything; no penalty takes more than the score.
            if penalty is not None:
                penalty = min(max(0.0, float(penalty)), score)
            found.append(Late(student, by, penalty))
            db.query(SubmittedNotebook).filter(SubmittedNotebook.id == notebook).update(
                {"late_submission_penalty": penalty}, synchronize_session=False
            )
        return found


def _late(db: Any, mine: Any) -> Iterator[tuple[str, str, timedelta, float]]:
    """Submitted notebooks after their deadline: id, student, by how much, score."""
    query = db.query(
        SubmittedNotebook.id,
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
        Assignment.duedate,
        SubmittedNotebook.score,
    )
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    for notebook, student, when, extension, due, score in query.filter(mine).all():
        by = lateness(when, deadline(due, extension))
        if by:
            yield notebook, student, by, float(score)


def _configuration(course: Path) -> Config:
    """nbgrader's configuration as its own commands read it in a course."""
    app = NbGrader()
    before = dict(os.environ)
    try:
        # First what lies in Jupyter's own folders; the course's file comes after it, and wins.
        app.load_config_file()
        Application.load_config_file(app, "nbgrader_config.py", path=str(course))
    finally:
        # It is Python, and ours sets JUPYTER_PATH for its own command: not for what this process starts.
        os.environ.clear()
        os.environ.update(before)
    return app.config
