"""`prep watch`: beside any editor, what is saved is checked again, and the card of what is being worked on is shown."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from grader import card
from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.submission import Submission
from grader.desk import terminal
from grader.desk.next_step import next_exercise, standings
from grader.desk.notebook import next_hint
from grader.desk.notebook import reset as blank_cell
from grader.desk.progress import Progress
from grader.desk.work import make_work, reset
from grader.errors import PrepError, UsageError
from grader.judging.imported import imported
from grader.judging.judge import Judge, host_for, new_seed
from grader.verdict import Score

KEYS = "h hint · n next · l list · r reset · q quit"
_WAIT = 100  # milliseconds between looks at the keyboard
Say = Callable[[str], None]


class Watch:
    """A lesson's file, checked whenever it changes.

    The judge is kept, so that a check takes a moment.
    """

    def __init__(self, lesson: Lesson, path: Path, say: Say) -> None:
        self.lesson, self.path, self._say = lesson, path, say
        self._host = host_for(lesson, "none")
        self._host.start()  # while the checks are imported
        self._judge = Judge(lesson, self._host, new_seed(), imported)
        self._scores: tuple[Score, ...] = ()
        self._current = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._host.close()

    def check(self) -> None:
        """Check the file.

        What changed is what is being worked on, else the first exercise that is not complete.
        """
        result = self._judge.result(Submission("you", self.path))
        if result.status == "unreadable":
            self._say(str(result.reason))
            return
        before = {score.name: score for score in self._scores}
        changed = [score for score in result.exercises if score != before.get(score.name)]
        self._scores = result.exercises
        if before and changed:
            terminal.note_attempts(self.lesson, changed)
            self._current = changed[0].name
        elif self._current not in before:
            self._current = self._open()[0].name if self._open() else ""
        self.show()

    def _open(self) -> list[Score]:
        return [score for score in self._scores if score.state != "complete"]

    def show(self) -> None:
        """The card of the exercise that is being worked on, and how many are done."""
        done = len(self._scores) - len(self._open())
        self._say(f"{self.lesson.title}: {done} of {len(self._scores)} complete   ({KEYS})")
        for score in self._scores:
            if score.name == self._current:
                self._say(card.text(score))

    def press(self, key: str) -> bool:
        """Do what a key asks for; whether to go on."""
        if key == "h" and self._current:
            self._say(f"Hint for {self._current}, {next_hint(self._current)}")
        elif key == "n":
            self._next()
        elif key == "l":
            self._say(terminal.summary(self._scores))
        elif key == "r" and self._current:
            self._say(self._reset())
        return key not in ("q", "\x03", "\x04")

    def _reset(self) -> str:
        """The exercise as it was handed out: in one's own notebook; for another file, to paste."""
        name = self._current
        if self.path.resolve() != terminal.own_notebook(find_course(), self.lesson).resolve():
            return blank_cell(name).text
        try:
            return reset(self.lesson.name, name)
        except PrepError as error:  # its cell is no longer there
            return str(error)

    def _next(self) -> None:
        """Go to the next exercise that is not complete, round the end."""
        names = [score.name for score in self._scores]
        place = names.index(self._current) + 1 if self._current in names else 0
        order = [*names[place:], *names[:place]]
        still = {score.name for score in self._open()}
        self._current = next((name for name in order if name in still), self._current)
        self.show()


def watch(name: str | None, file: Path | None, say: Say) -> None:
    """Watch a lesson's file (by default one's own notebook of the lesson that is next) until q or Ctrl-C."""
    from watchfiles import watch as changes

    course = find_course()
    lesson = find_lesson(name, course) if name else _lesson_that_is_next()
    if file is None:
        make_work(course)
    path = file or terminal.own_notebook(course, lesson)
    if not path.is_file():
        raise UsageError(f"There is no file {path} to watch. Make it, or leave the name out to watch your notebook.")
    with Watch(lesson, path, say) as watched, _keys() as pressed:
        seen = _version(path)  # before the first check: what is saved during it is checked after it
        watched.check()
        waiting = changes(
            path.parent, step=20, debounce=200, rust_timeout=_WAIT, yield_on_timeout=True, raise_interrupt=False
        )
        for _ in waiting:
            if not all(watched.press(key) for key in pressed()):
                return
            if _version(path) not in (seen, None):
                seen = _version(path)
                watched.check()


def _version(path: Path) -> tuple[int, int] | None:
    """What tells one save from the next; None while an editor has the file away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _lesson_that_is_next() -> Lesson:
    table = standings()
    with Progress.here() as progress:
        following = next_exercise(table, progress.last_place())
    return following[0] if following else table[0][0]


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """A function that gives the keys pressed since it was last asked: none where there is no terminal."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        yield lambda: ""
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    # Keys come without Enter and are not shown; Ctrl-C still interrupts.
    tty.setcbreak(sys.stdin)
    try:
        yield _pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _pressed() -> str:
    keyboard = sys.stdin.fileno()  # past Python's buffer, which select does not see
    ready, _, _ = select.select([keyboard], [], [], 0)
    return os.read(keyboard, 1024).decode(errors="ignore") if ready else ""
