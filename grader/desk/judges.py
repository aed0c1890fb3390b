"""The judges of this kernel: one a lesson and backend, kept until the lesson's files change.

Each kernel draws its own cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.course.catalogue import Lesson
from grader.isolation.host import Host
from grader.judging.imported import imported
from grader.judging.judge import Judge, new_seed


@dataclass(frozen=True, slots=True)
class _Kept:
    changed: float  # when a file of the lesson was written last
    judge: Judge


_kept: dict[tuple[Path, str], _Kept] = {}


def judge_of(lesson: Lesson, backend: str = "numpy") -> Judge:
    """The judge of a lesson."""
    # An author, or a new release, may change checks.py beneath a kernel that goes on for days.
    changed = max(path.stat().st_mtime for path in lesson.folder.glob("*.py"))
    key = lesson.folder, backend
    kept = _kept.get(key)
    if kept and kept.changed == changed:
        return kept.judge
    if kept:
        kept.judge.host.close()
    # What runs there are the lesson's own references and mistakes: nobody's to be kept from.
    host = Host("none", backend=backend)
    host.start()  # while the checks are imported
    judge = Judge(lesson, host, new_seed(), imported)
    _kept[key] = _Kept(changed, judge)
    return judge


def close_all() -> None:
    """End the judges' processes; the next check starts anew."""
    for kept in _kept.values():
        kept.judge.host.close()
    _kept.clear()
