"""`prep new`: a lesson to start from, which passes."""

from __future__ import annotations

import re
from pathlib import Path

from grader.course.catalogue import all_lessons, find_course
from grader.course.files import copy_whole
from grader.course.packaged import template
from grader.errors import UsageError

_WORD = re.compile(r"[a-z][a-z0-9_]*")


def new(name: str) -> str:
    """Make solutions/NAME of the template, last in the course's order.

    Returns a sentence that says what to do next. UsageError for a name that is no lower-case word,
    or that is taken.
    """
    if not _WORD.fullmatch(name):
        rule = "it is a lower-case word such as data_quality, since Python reads it"
        raise UsageError(f"{name!r} cannot be a lesson's name: {rule}.")
    course = find_course()
    folder = course / "solutions" / name
    if folder.exists():
        raise UsageError(f"There is a lesson {name} already: {folder}.")
    last = max((lesson.order for lesson in all_lessons(course, left_out=[])), default=0)
    copy_whole(template(), folder)
    _rename(folder, name, last + 1)
    loop = f"prep author {name} --watch"
    made = f"{folder} is a lesson that passes."
    return f"{made} Make it yours, and leave `{loop}` running beside your editor."


def _rename(folder: Path, name: str, order: int) -> None:
    """Put the lesson's own name, title and place into the template's files."""
    title = name.replace("_", " ").capitalize()
    changes = {
        r'title: ".*"': f'title: "{title}"',
        r"(?<=#   )  order: \d+": f"  order: {order}",
        r"^# # .*$": f"# # {title}",
    }
    lesson = folder / "lesson.py"
    text = lesson.read_text(encoding="utf-8")
    for pattern, replacement in changes.items():
        text = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    lesson.write_text(text, encoding="utf-8")
    for file in folder.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\blesson tiny\b", f"lesson {name}", text), encoding="utf-8")
