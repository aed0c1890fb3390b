"""work/: the learner's own copy of the lessons.

It is added to, never overwritten; `prep reset` keeps the old work beside the new.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from grader.course.catalogue import find_course, find_lesson
from grader.course.files import copy_whole, stamp, write_whole
from grader.course.notebook_file import as_notebook, read_notebook
from grader.desk.start import START, start_notebook
from grader.errors import PrepError, Unreadable, UsageError


def make_work(course: Path) -> Path:
    """work/, with every lesson that is not in it yet; what is there is never overwritten."""
    released = course / "lessons"
    if not released.is_dir():
        raise UsageError(f"There is no lessons/ in {course}. `prep build` makes it from solutions/.")
    work = course / "work"
    work.mkdir(exist_ok=True)
    for folder in sorted(path for path in released.iterdir() if (path / "checks.py").exists()):
        if not (work / folder.name).exists():
            copy_whole(folder, work / folder.name)
        for file in ("checks.py", "hints.md"):  # these are ours, and follow the course
            _refresh(folder / file, work / folder.name / file)
    if not (work / START).exists():
        write_whole(work / START, start_notebook())
    return work


def _refresh(source: Path, target: Path) -> None:
    if not source.exists() or not target.parent.exists():
        return
    if not target.exists() or target.read_bytes() != source.read_bytes():
        write_whole(target, source.read_bytes())


def reset(name: str, exercise: str | None = None) -> str:
    """A fresh start on a lesson or on one of its exercises.

    The old notebook stays beside it; the sentence that comes back says where.
    """
    course = find_course()
    lesson = find_lesson(name, course)
    if exercise:
        lesson.exercise(exercise)
    fresh = course / "lessons" / lesson.name / f"{lesson.name}.ipynb"
    mine = make_work(course) / lesson.name / f"{lesson.name}.ipynb"
    if not fresh.exists():
        raise UsageError(f"There is no {fresh}. `prep build` makes it.")
    content = fresh.read_bytes()
    if exercise and mine.exists():
        content = _with_fresh_cell(mine, fresh, exercise)
    kept = f" Your old notebook is {_put_aside(mine)}." if mine.exists() else ""
    write_whole(mine, content)
    what = f"{exercise} in {name}" if exercise else name
    return f"{what} is as new.{kept}"


def _put_aside(notebook: Path) -> Path:
    """Copy a notebook beside itself under the time of now."""
    now = stamp()
    kept = notebook.with_name(f"{notebook.stem} until {now}.ipynb")
    number = 1
    while kept.exists():
        number += 1
        kept = notebook.with_name(f"{notebook.stem} until {now} ({number}).ipynb")
    shutil.copy(notebook, kept)
    return kept


def _with_fresh_cell(mine: Path, fresh: Path, exercise: str) -> bytes:
    """My notebook with the exercise's cell as it was released."""
    cure = f"`prep reset {mine.stem}` starts the whole lesson afresh and keeps this file."
    try:
        cells = list(read_notebook(mine))
    except Unreadable as error:
        raise PrepError(f"{error} {cure}") from error
    released = {cell.grade_id: cell for cell in read_notebook(fresh)}
    places = [index for index, cell in enumerate(cells) if cell.grade_id == exercise]
    if not places:
        raise PrepError(f"The cell of {exercise} is no longer in {mine}. {cure}")
    cells[places[0]] = released[exercise]
    return f"{nbformat.writes(as_notebook(tuple(cells)))}\n".encode()
