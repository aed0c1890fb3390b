"""`prep author`: prove a lesson and build its notebooks, once or whenever a file of it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grader.author.proof import line_of, prove
from grader.course.build import build
from grader.course.catalogue import Lesson, all_lessons, find_course, find_lesson
from grader.errors import PrepError
from grader.isolation.host import Host

SEEDS = (1, 2, 3)
Say = Callable[[str], None]


def author(name: str, say: Say) -> bool:
    """Prove a lesson and write its notebooks; whether nothing is wrong.

    What is wrong is said, a line each.
    """
    try:
        course = find_course()
        lesson = find_lesson(name, course)
        with Host("none") as host:
            wrong = [*_taken(lesson, course), *dict.fromkeys(prove(lesson, host, SEEDS))]
        for sentence in wrong:
            say(sentence)
        # Built all the same: an author reads the notebook long before everything is proven.
        build(course, only=lesson)
    except PrepError as error:
        say(str(error))
        return False
    many = "s" * (len(lesson.exercises) != 1)
    said = f"{len(wrong)} to fix" if wrong else f"proven under {len(SEEDS)} seeds"
    say(f"{name}: {len(lesson.exercises)} exercise{many}, {said}. Read it: {lesson.notebook}")
    return not wrong


def _taken(lesson: Lesson, course: Path) -> Iterator[str]:
    """The place in the course's order, where another lesson has it too."""
    for other in all_lessons(course, left_out=[]):
        if other.name != lesson.name and other.order == lesson.order:
            taken = f"order {lesson.order} is {other.name}'s already"
            assert lesson.reference
            place = f"{lesson.reference}:{line_of(lesson.reference, 'order:')}"
            yield f"{place}: {taken}; give this lesson another."


def watch(name: str, say: Say, changes: Callable[[Path], Iterable[object]] | None = None) -> None:
    """Prove the lesson now, and again whenever one of its files is saved, until interrupted."""
    folder = find_course() / "solutions" / name
    author(name, say)
    try:
        for _ in (changes or _saved)(folder):
            say("")
            author(name, say)
    except KeyboardInterrupt:
        pass


def _saved(folder: Path) -> Iterable[object]:
    """A change of one of the lesson's sources, each time there is one.

    The notebook beside them is ours.
    """
    from watchfiles import PythonFilter, watch

    # By these endings: each build writes the notebook into this folder, and would start the next.
    return watch(folder, watch_filter=PythonFilter(extra_extensions=(".md", ".yml")))
