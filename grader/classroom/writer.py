"""The one writer to a gradebook: a thread, so that grading never waits for the database."""

from __future__ import annotations

import gc
import queue
import signal
import threading
import time
from pathlib import Path

from grader.course.catalogue import Lesson
from grader.verdict import Result

_TRANSACTION = 25  # results to a transaction of the gradebook: the others are in the journal


class Writer:
    """Writes results to a gradebook, in a thread of its own that no end of the program waits for.

    Whoever interrupts it loses nothing: the journal has every result, and a transaction that is not
    over is none.
    """

    def __init__(self, url: str, lesson: Lesson, course: Path | None = None) -> None:
        self._work: queue.SimpleQueue[list[Result] | None] = queue.SimpleQueue()
        self._waiting: list[Result] = []
        self._since = time.monotonic()
        self._error: BaseException | None = None
        self.missing: tuple[str, ...] = ()
        self.told: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._run, args=(url, lesson, course), name="gradebook", daemon=True)

    def start(self) -> None:
        """Begin to record. This loads nbgrader, which takes a second: call it while others are at work."""
        # Here, not in the thread: setuptools takes its importer out of sys.meta_path while nbgrader is
        # imported, and an import that goes through that list in another thread at this moment skips one.
        import grader.classroom.gradebook  # noqa: F401

        gc.freeze()  # no collection need look at its modules again
        self._thread.start()

    def put(self, result: Result) -> None:
        """Have a result recorded, with others that come soon.

        GradebookError when an earlier one could not be.
        """
        self._raise()
        self._waiting.append(result)
        if len(self._waiting) >= _TRANSACTION or time.monotonic() - self._since > 1:
            self._write()

    def close(self) -> None:
        """Wait until everything is recorded, and the gradebook has said who is missing in `missing`.

        GradebookError when something could not be recorded.
        """
        self._write()
        self._work.put(None)
        self._thread.join()
        self._raise()

    def _write(self) -> None:
        results, self._waiting, self._since = self._waiting, [], time.monotonic()
        if results:
            self._work.put(results)

    def _raise(self) -> None:
        if self._error:
            raise self._error

    def _run(self, url: str, lesson: Lesson, course: Path | None) -> None:
        from grader.classroom.gradebook import Book

        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C is not for alembic, which nbgrader runs to make a gradebook and which inherits this.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            book = Book(url, lesson, course)
            try:
                while results := self._work.get():
                    book.write(results)
                self.missing, self.told = tuple(book.missing()), book.told
            finally:
                book.close()
        except BaseException as error:  # told by the thread that grades
            self._error = error
