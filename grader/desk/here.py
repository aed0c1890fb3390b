"""Where a learner is: the notebook's folder, its lesson, and the lesson that has an exercise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grader.course.catalogue import Lesson, all_lessons, did_you_mean, find_course, find_lesson, read_lesson
from grader.course.packaged import packaged_course
from grader.errors import UsageError

_LONGEST_NAME = 200  # characters of a name that are looked for, and shown where there is no such exercise


def here() -> Path:
    """The folder of the notebook, wherever its code has changed to since.

    The working directory elsewhere.
    """
    notebook = _told()
    return notebook.parent if notebook.is_absolute() and notebook.parent.is_dir() else Path.cwd()


def _told() -> Path:
    """The notebook that the front end says is open: Jupyter Server in the environment, VS Code in a variable of it."""
    shell = _shell()
    in_vs_code = shell.user_ns.get("__vsc_ipynb_file__", "") if shell else ""
    return Path(os.environ.get("JPY_SESSION_NAME", in_vs_code))


def notebooks() -> list[Path]:
    """The learner's notebook.

    Where the front end does not tell which it is, the lesson's own, then the last saved.
    """
    path = _told()
    if path.is_file():
        return [path]
    folder = here()
    found = sorted(folder.glob("*.ipynb"), key=lambda path: -path.stat().st_mtime)
    # sorted keeps the order of equals, so the last saved still comes first among the others.
    return sorted(found, key=lambda path: path.stem != folder.name)


def lessons_here() -> list[Lesson]:
    """The lessons of the course; without one, the lesson of this folder, as nbgrader hands it out.

    In a notebook that lies alone somewhere, as on Colab, they are those of the package.
    """
    try:
        return all_lessons(find_course(here()), left_out=[])  # one that an author is at work on stops no other
    except UsageError:
        if (here() / "checks.py").exists():
            return [read_lesson(here())]
        if not in_notebook():
            raise
        return all_lessons(packaged_course())


def _shell() -> Any:
    """IPython's shell where this is its process, else None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def in_notebook() -> bool:
    """Whether this is the process of a notebook."""
    return _shell() is not None


def in_kernel() -> bool:
    """Whether this is a notebook's kernel, whose front end may show widgets."""
    return hasattr(_shell(), "kernel")


def lesson_here() -> Lesson:
    """The lesson whose notebook this is, from its sources where there are any: they name mistakes."""
    folder = here()
    if not (folder / "checks.py").exists():
        return _lesson_of_a_lone_notebook()
    try:
        return find_lesson(folder.name, find_course(folder.parent.parent))
    except UsageError:
        return read_lesson(folder)


def _lesson_of_a_lone_notebook() -> Lesson:
    """The packaged lesson whose notebook lies in this folder without checks.py, as on Colab."""
    names = {path.stem for path in here().glob("*.ipynb")}
    for lesson in all_lessons(packaged_course()):
        if lesson.name in names:
            return lesson
    raise UsageError(
        f"{here()} is no lesson's folder: there is neither checks.py nor a lesson's notebook in it. "
        "Open a lesson with `prep lab`."
    )


def _nearest_first() -> Iterator[Lesson]:
    if (here() / "checks.py").exists():
        yield lesson_here()
    yield from lessons_here()


def lesson_of(exercise: str) -> Lesson:
    """The lesson that has an exercise: the one here, else any of the course."""
    names: list[str] = []
    for lesson in _nearest_first():
        if exercise in [each.name for each in lesson.exercises]:
            return lesson
        names += [each.name for each in lesson.exercises]
    raise UsageError(f"No lesson has an exercise {exercise!r}. {did_you_mean(exercise, dict.fromkeys(names))}")


def lesson_named(name: str) -> Lesson:
    """The lesson of that name, of those that there are here; UsageError says which."""
    try:
        course = find_course(here())
    except UsageError:
        course = packaged_course()
    return find_lesson(name, course)


def name_of(exercise: Callable[..., Any] | str) -> str:
    """An exercise's name: learners hand over the function or its name.

    "" for an object that has no name, or whose own code raises when it is asked.
    """
    if type(exercise) is str:
        return exercise[:_LONGEST_NAME]
    try:
        name = exercise.__name__  # type: ignore[union-attr]
    except Exception:
        return ""
    return name[:_LONGEST_NAME] if type(name) is str else ""
