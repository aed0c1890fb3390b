"""A submission's code, in a session that is opened when first needed.

It is opened again after a call that ended it: the other exercises are graded all the same.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from grader.isolation.session import Session
from grader.verdict import Note, NoteKind

_HANGING_CELLS = 3  # that are left out before the rest is given up
_FAILING_CELLS = 20  # that are told of one by one
_NO_PYTHON = ("SyntaxError: ", "IndentationError: ", "TabError: ")


@dataclass
class Program:
    """The cells of a submission, and the process in which they have run.

    `names` gives functions the names of exercises (exercise: function); by default they are called
    so already. What fails in `given` cells, the lesson's own, is not noted: demonstrations may use
    what answers may not.
    """

    cells: Sequence[str]
    open: Callable[[], Session]
    names: dict[str, str] = field(default_factory=dict)
    given: Sequence[str] = ()
    notes: list[Note] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    errors: dict[int, str] = field(default_factory=dict)  # of its cells, by their place
    left_out: set[int] = field(default_factory=set)
    died: bool = False  # before it could say which functions there are
    over: bool = False  # its time in all is used up: no further exercise can be judged
    _session: Session | None = None
    _deadline: float | None = None
    _ran: set[int] = field(default_factory=set)  # cells that came to their end in some session

    def session(self) -> Session:
        """The session in which the cells have run."""
        if self._session is None or (self._session.ended and not self.over):
            self._session = self._opened()
        return self._session

    def _opened(self) -> Session:
        """A new session with the cells run in it.

        A cell that hangs or ends the process is left out of the next try.
        """
        while True:
            session = self.open()
            # However often it is opened, the code has one total of time.
            self._deadline = self._deadline or session.deadline
            session.deadline = self._deadline
            kept = [index for index in range(len(self.cells)) if index not in self.left_out]
            errors = session.run_cells([self.cells[index] for index in kept])
            if len(errors) == len(kept) or len(self.left_out) >= _HANGING_CELLS:
                break
            # The errors end where a cell took the process with it.
            last = kept[len(errors)]
            if last in self._ran and time.monotonic() >= self._deadline:
                self.over = True  # the calls took the time, and no cell is to blame
                return session
            self._leave_out(last, session)
        self._ran.update(kept[: len(errors)])
        self._note_errors(zip(kept, errors, strict=False))
        self.functions = session.bind(self.names)
        self.died = session.ended is not None
        return session

    def _leave_out(self, index: int, session: Session) -> None:
        self.left_out.add(index)
        what = "did not finish in time" if session.ended == "timeout" else "ended the process"
        self.notes.append(Note("left out", f"cell {index + 1} {what} and was left out"))

    def _note_errors(self, errors: Iterable[tuple[int, str | None]]) -> None:
        self.errors = {index: error for index, error in errors if error}
        own = [index for index in self.errors if self.cells[index] not in self.given]
        failed = [self.errors[index] for index in own]
        # A session that is opened again has the same errors again.
        known = {note.text for note in self.notes}
        for error in failed[:_FAILING_CELLS]:
            if error not in known:
                self.notes.append(Note(_kind(error), error))
        if len(failed) > _FAILING_CELLS:
            self.notes.append(Note("error", f"{len(failed) - _FAILING_CELLS} more cells failed"))

    def cause(self, name: str) -> str:
        """Why there is nothing of a name, or no function: what went wrong in the cell that makes it.

        The last cell that makes it counts, as it does when the cells run. "" if nothing went wrong.
        """
        made = [index for index, cell in enumerate(self.cells) if _makes(cell, name)]
        for index in reversed(made):
            if index in self.left_out:
                return self._note_on(index)
            if index in self.errors:
                return self.errors[index]
        if made and name not in self.functions:
            line = _line_that_makes(self.cells[made[-1]], name)
            return f"cell {made[-1] + 1} makes it something else: {line}" if line else ""
        return ""

    def _note_on(self, index: int) -> str:
        told = [note.text for note in self.notes if note.text.startswith(f"cell {index + 1} ")]
        return told[0] if told else ""

    def missing(self, name: str) -> str:
        """What is said where there is no function of that name: the nearest there is, and the cause."""
        close = difflib.get_close_matches(name, self.functions, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        cause = self.cause(name)
        if not cause and not close:
            # A cell that is no Python, or that did not end, may be the one that defines it.
            causes = [note.text for note in self.notes if note.kind in ("syntax", "left out")]
            cause = causes[0] if causes else ""
        return no_function(name) + hint + (f" ({cause})" if cause else "")

    def rename(self, names: dict[str, str]) -> None:
        """Give other functions the names of exercises."""
        self.names = names
        session = self.session()
        self.functions = session.bind(names)
        self.died = session.ended is not None

    def note_output(self) -> None:
        """Note that it printed more than was kept."""
        if self._session and not self._session.ended:
            text, dropped = self._session.output()
            if dropped:
                kept = f"only the first {len(text)} are kept"
                said = f"{dropped} characters of its output were dropped: {kept}"
                self.notes.append(Note("dropped", said))

    def close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None


def no_function(name: str) -> str:
    """The sentence for a name that is no function."""
    return f"There is no function called {name}."


def _binding(name: str) -> re.Pattern[str]:
    """What makes a name in a line: a function, an import, a value."""
    # By its words and not by its syntax tree: cells that are no Python are searched, too.
    word = re.escape(name)
    function = rf"(?:async\s+)?(?:def|class)\s+{word}\b"
    value = rf"{word}\s*(?::[^=]+)?=(?!=)"
    imported = rf"(?:from\s.*)?import\s.*\b{word}\b"
    return re.compile(rf"^\s*(?:{function}|{value}|{imported}).*$", re.MULTILINE)


def _makes(cell: str, name: str) -> bool:
    return _binding(name).search(cell) is not None


def _line_that_makes(cell: str, name: str) -> str:
    """The last line of a cell that gives a name to a value, not to a function."""
    lines = [found[0].strip() for found in _binding(name).finditer(cell)]
    values = [line for line in lines if not line.startswith(("def ", "async ", "class "))]
    return values[-1] if values else ""


def _kind(error: str) -> NoteKind:
    """What a cell's error is: no Python at all, or something that it raised."""
    said = error.partition(": ")[2]  # after "cell 3, line 5"
    return "syntax" if said.startswith(_NO_PYTHON) else "error"
