"""`prep init`: a course, or a learner's own work, in a folder, from the lessons that the package brings."""

from __future__ import annotations

import contextlib
from pathlib import Path

from grader.course.files import copy_whole, write_whole
from grader.course.packaged import packaged_course
from grader.desk.start import refresh
from grader.desk.work import make_work
from grader.errors import UsageError

_CONFIG = "nbgrader_config.py"


def init(folder: Path, *, instructor: bool = False) -> str:
    """Make or renew the course in a folder; a sentence that says what is there and what to run next.

    A learner gets lessons/, which follow the package, and work/, where what is there stays. An
    instructor gets solutions/ and nbgrader's configuration too; a lesson in solutions/ that is
    there stays as it is. UsageError where the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the course, or a new one.")
    packaged = packaged_course()
    if folder.resolve() == packaged.resolve():
        raise UsageError(f"{folder} is the clone itself, which has its lessons already: `prep lab` opens them.")
    main = "solutions" if instructor else "lessons"
    new = [name for name in _names(packaged / main) if not (folder / main / name).is_dir()]
    _renew(packaged / "lessons", folder / "lessons")
    if instructor:
        _add(packaged / "solutions", folder / "solutions")
        if not (folder / _CONFIG).exists():
            write_whole(folder / _CONFIG, (packaged / _CONFIG).read_bytes())
    else:
        work = make_work(folder).resolve()
        # The overview looks for its course from the working directory.
        with contextlib.chdir(folder):
            refresh(work)
    where = "here" if folder.resolve() == Path.cwd() else f"in {folder}"
    count = f"{len(new)} new lesson{'s' * (len(new) != 1)}" if new else "No new lesson"
    go = "" if where == "here" else f"cd {folder} && "
    if instructor:
        return f"{count} {where}, with sources. Next: {go}prep build, then prep lab --instructor"
    return f"{count} {where}. Next: {go}prep lab   (or open work/ in any editor)"


def _names(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/checks.py"))


def _renew(source: Path, target: Path) -> None:
    """The released lessons as the package has them: they are built, and nobody's work is in them."""
    for name in _names(source):
        for file in sorted(path for path in (source / name).iterdir() if path.is_file()):
            copy = target / name / file.name
            if not copy.exists() or copy.read_bytes() != file.read_bytes():
                write_whole(copy, file.read_bytes())


def _add(source: Path, target: Path) -> None:
    """The lessons' sources that are not there yet; an instructor may have changed the others."""
    target.mkdir(parents=True, exist_ok=True)
    for name in _names(source):
        if not (target / name).exists():
            copy_whole(source / name, target / name)
            for built in target.joinpath(name).glob("*.ipynb"):
                built.unlink()
