"""Which files a class handed in for a lesson: the layouts of nbgrader, Canvas, Moodle and plain folders.

Every file in a folder is somebody's submission or has a sentence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course.submission import SUFFIXES, Submission
from grader.errors import UsageError
from grader.verdict import printable

_LONGEST_NAME = 128
# lovelaceada_LATE_301_4711_metrics-2.ipynb:
# the name, the person's number, the submission's number, the file's own name.
_CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<person>\d+)_\d+_.+")
# A file or a folder: Ada Lovelace_1234567_assignsubmission_file_metrics.ipynb
_MOODLE = re.compile(r"(?P<name>.+?)_\d+_assignsubmission_(?:file|onlinetext)(?:_.*)?")
# What browsers and JupyterLab make of a name in use.
_COPY = re.compile(r"(?P<name>.+?)(?: ?\(\d+\)|-Copy\d+)")
# nbgrader writes "2026-01-31 23:59:59 UTC" or " +0100"; fromisoformat knows neither the word nor the space.
_ZONE = re.compile(r" (?=[+-]\d{2}:?\d{2}$)| UTC$")
_BESIDE = frozenset({"timestamp.txt", "feedback", "gradebook.db"})


@dataclass(frozen=True, slots=True)
class Found:
    """One submission a student, and a sentence for each other file that somebody may have meant."""

    submissions: tuple[Submission, ...]
    told: tuple[str, ...] = ()


def find(lesson: str, paths: Iterable[Path]) -> list[Submission]:
    """The submissions of `search`."""
    return list(search(lesson, paths).submissions)


def search(lesson: str, paths: Iterable[Path]) -> Found:
    """The submissions meant by files and folders, sorted by student in each folder.

    Folders hold STUDENT/LESSON/LESSON.ipynb (nbgrader's submitted/), STUDENT.ipynb and STUDENT.py,
    or what Canvas and Moodle download. Of several files of a student the newest counts. UsageError
    for a path that does not exist, a file of another kind, and a folder without submissions.
    """
    told: list[str] = []
    files: dict[str, dict[Path, Path]] = {}
    for path in paths:
        for item in _found(lesson, Path(path), told):
            # A file that is named twice is one.
            files.setdefault(item.student, {})[item.path.absolute()] = item.path
    submissions = []
    for student, theirs in files.items():
        counts = max(theirs.values(), key=_age)
        submissions.append(Submission(student, counts))
        for other in theirs.values():
            if other != counts:
                told.append(f"{student}: {_name_of(counts)} counts, and {_name_of(other)} does not: it is not newer.")
    return Found(tuple(submissions), tuple(told))


def handed_in(path: Path) -> datetime | None:
    """When a submission was handed in, in UTC.

    nbgrader and its exchange write that to timestamp.txt beside it.
    """
    try:
        # A learner may have put anything there: no time is longer than this.
        text = (path.parent / "timestamp.txt").read_text(encoding="utf-8")[:100].strip()
        when = datetime.fromisoformat(_ZONE.sub("", text))
        # nbgrader's own times are UTC, and have no zone.
        return (when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return None


def _age(path: Path) -> tuple[float, str]:
    """What the newest of a student's files has most of; a file that is gone is the oldest."""
    when = handed_in(path)
    try:
        return (when.replace(tzinfo=UTC).timestamp() if when else path.stat().st_mtime), str(path)
    except OSError:
        return 0.0, str(path)


def _name_of(path: Path) -> str:
    return printable(str(path))


def _found(lesson: str, path: Path, told: list[str]) -> list[Submission]:
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"{path} is no notebook (.ipynb) and no Python file (.py).")
        return [Submission(_student(lesson, path), path)]
    if not path.is_dir():
        raise UsageError(f"There is no file or folder {path}.")
    found = sorted(_in_folder(lesson, path, told), key=lambda submission: submission.student)
    if not found:
        raise UsageError(
            f"No submissions for {lesson} in {path}: it holds neither STUDENT/{lesson}/{lesson}.ipynb "
            "nor STUDENT.ipynb or STUDENT.py files."
        )
    return found


def _in_folder(lesson: str, folder: Path, told: list[str]) -> Iterator[Submission]:
    for path in sorted(folder.iterdir()):
        # What systems, nbgrader and learning platforms put beside submissions is nobody's.
        if path.name.startswith(".") or path.name in _BESIDE:
            continue
        nested = _handed_in(lesson, path)
        if nested:
            yield Submission(_student_of(path.name), nested)
        elif path.suffix.lower() in SUFFIXES and path.is_file():
            yield Submission(_student_of(path.stem), path)
        elif path.suffix.lower() in SUFFIXES or not path.is_dir():
            what = "no notebook (.ipynb) and no Python file (.py)"
            told.append(f"{_name_of(path)} is {what}, and was left out.")


def _handed_in(lesson: str, student: Path) -> Path | None:
    """What a student's folder holds for a lesson.

    That is LESSON/LESSON.ipynb or .py, else the newest file of these kinds.
    Browsers and front ends write "LESSON (1).ipynb" and "LESSON-Copy1.ipynb"; Moodle's folders hold
    the files themselves. A folder for the lesson without any is a submission that cannot be read,
    and so it is told.
    """
    if not student.is_dir():
        return None
    for suffix in SUFFIXES:
        if (nested := student / lesson / f"{lesson}{suffix}").is_file():
            return nested
    # In any case of letters: file systems of Windows and macOS keep it, and do not mind it.
    wanted = lesson.lower()
    folders = [path for path in student.iterdir() if path.is_dir() and path.name.lower() == wanted]
    if folders:
        return max(_files(folders[0]), key=_age, default=folders[0] / f"{lesson}.ipynb")
    if _MOODLE.fullmatch(student.name):
        return max(_files(student), key=_age, default=student / f"{lesson}.ipynb")
    named = [path for path in _files(student) if _COPY.sub(r"\g<name>", path.stem).lower() == wanted]
    return max(named, key=_age, default=None)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES]


def _student(lesson: str, path: Path) -> str:
    folder = path.resolve().parent
    is_nested = folder.name == lesson and _original(path.stem) == lesson  # STUDENT/LESSON/LESSON.ipynb
    return _student_of(folder.parent.name if is_nested else path.stem)


def _original(stem: str) -> str:
    """A file's name without the number that a browser or JupyterLab gave it."""
    copy = _COPY.fullmatch(stem)
    return copy["name"] if copy else stem


def _student_of(file: str) -> str:
    """The student that a file or folder is called after.

    Canvas's number of the person stays, which tells two of one name apart; Moodle's is another for
    each assignment.
    """
    if canvas := _CANVAS.fullmatch(file):
        return _name(f"{canvas['name']}_{canvas['person']}")
    moodle = _MOODLE.fullmatch(file)
    return _name(moodle["name"] if moodle else _original(file))


def _name(file: str) -> str:
    """A student's name as a gradebook takes it: nbgrader's has room for 128 characters."""
    name = printable(file)
    if len(name) <= _LONGEST_NAME:
        return name
    # Two long names that begin alike stay two students.
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_NAME - 13]}-{mark}"
