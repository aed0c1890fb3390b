"""The terminal in a real pseudo-terminal: watch with a wrong save, a right one and its keys; status, check and hint."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from desk.learner import write_in

WRONG = "def mean(x):\n    return float(x.sum())\n"
RIGHT = "def mean(x):\n    if x.size == 0:\n        raise ValueError('empty')\n    return x.sum() / x.size\n"


class Terminal:
    """A command in a pseudo-terminal: what it wrote, and keys to press."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def until(self, words: str, limit: float = 60) -> str:
        """What it writes until these words are there."""
        text, end = "", time.monotonic() + limit
        while words not in text:
            assert time.monotonic() < end, f"{words!r} did not come in {limit} s, but:\n{text}"
            if select.select([self._ours], [], [], 0.2)[0]:
                text += os.read(self._ours, 2**16).decode()
        return text

    def all(self) -> str:
        """What it writes until it ends."""
        text = ""
        with suppress(OSError):  # Linux says so where a terminal has no program any more
            while written := os.read(self._ours, 2**16):
                text += written.decode()
        return text

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def shown(*words: str) -> str:
    """All that a `prep` command writes on a terminal, with its colours."""
    opened = Terminal([sys.executable, "-m", "grader", *words], Path.cwd())
    try:
        return opened.all()
    finally:
        opened.close()


@pytest.fixture
def terminal(mine: Path) -> Iterator[Terminal]:
    """`prep watch` on a Python file of the tiny lesson."""
    Path("answers.py").write_text("def mean(x):\n    raise NotImplementedError\n", encoding="utf-8")
    opened = Terminal([sys.executable, "-m", "grader", "watch", "tiny", "answers.py"], Path.cwd())
    yield opened
    opened.close()


def test_saves_and_keys(terminal: Terminal) -> None:
    """A wrong save shows the card, a right one that all is complete; h hints, r shows the blank cell, n goes on, l lists, q quits."""
    terminal.until("0 of 1 complete")
    Path("answers.py").write_text(WRONG, encoding="utf-8")
    assert "expected" in terminal.until("expected")
    terminal.press("h")
    terminal.until("Hint for mean")
    terminal.press("r")
    terminal.until("write me")
    assert Path("answers.py").read_text(encoding="utf-8") == WRONG
    Path("answers.py").write_text(RIGHT, encoding="utf-8")
    terminal.until("of 1 complete")
    terminal.press("n")
    terminal.until("of 1 complete")
    terminal.press("lq")  # at once: a key that comes with another is not lost
    terminal.until("points")
    assert terminal.process.wait(timeout=20) == 0


def test_reset_of_ones_own_notebook(mine: Path) -> None:
    """In one's own notebook r writes the blank cell, and keeps the old notebook beside it."""
    write_in(mine, "mean", WRONG)
    opened = Terminal([sys.executable, "-m", "grader", "watch", "tiny"], Path.cwd())
    try:
        opened.until("0 of 1 complete")
        opened.press("r")
        opened.until("Your old notebook is")
        opened.until("not written yet")  # what was reset is checked again
    finally:
        opened.close()
    assert "write me" in mine.read_text(encoding="utf-8")
    (kept,) = mine.parent.glob("tiny until *.ipynb")
    assert WRONG.splitlines()[0] in kept.read_text(encoding="utf-8")


def test_status_check_and_hint(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary comes first, marks have their colours, a hint is for what was tried last; NO_COLOR is heeded."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    Path("answers.py").write_text(WRONG, encoding="utf-8")
    first, second, *_ = shown("check", "tiny", "answers.py").splitlines()
    assert first.startswith("\x1b[1m1 wrong: ") and "\x1b[31m✗\x1b[0m mean" in second
    status = shown("status")
    assert status.startswith("\x1b[1m0 of 1 exercises complete, 1 wrong") and "\x1b[31m✗\x1b[0m mean: " in status
    assert shown("hint").startswith("1 of 3: ")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown("status") + shown("check", "mean")
