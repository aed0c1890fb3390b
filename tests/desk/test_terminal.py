"""`prep check` does what it looks like: a lesson, an exercise, a file; a summary first."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.desk.next_step import standings
from grader.desk.terminal import check_words
from grader.errors import UsageError

RIGHT = "def mean(x):\n    if x.size == 0:\n        raise ValueError('empty')\n    return float(x.sum() / x.size)\n"


@pytest.mark.parametrize("words", [["tiny"], ["tiny", "mean"], ["mean"], ["tiny.ipynb"]])
def test_ones_own_notebook_by_lesson_exercise_or_file(mine: Path, words: list[str]) -> None:
    """Each way of naming it leads to the same notebook; what is not written yet is no attempt."""
    assert "mean" in check_words(words) and "unwritten" in check_words(words) + "unwritten" * (words[-1] == "mean")
    assert standings()[0][1][0].attempts == 0


@pytest.mark.parametrize("name", ["tiny.py", "tiny (1).py", "Tiny-Copy1.py"])
def test_a_file_tells_its_lesson(mine: Path, name: str) -> None:
    """A copy's name is understood, and its right answer is noted."""
    Path(name).write_text(RIGHT, encoding="utf-8")
    assert check_words([name]).startswith("1 ")
    assert standings()[0][1][0].attempts == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tiny", "meen"], "Did you mean mean?"),
        (["tinny"], "Did you mean tiny?"),
        (["elsewhere/answers.py"], "prep check LESSON elsewhere/answers.py"),
        (["tiny", "nowhere.py"], "There is no file nowhere.py"),
    ],
)
def test_what_is_not_known_is_a_sentence(mine: Path, words: list[str], told: str) -> None:
    """The nearest name, or what to write."""
    with pytest.raises(UsageError, match=told.replace("?", r"\?")):
        check_words(words)


def test_attempts_count_to_the_first_pass(mine: Path) -> None:
    """Checking again what is done already is no further attempt."""
    Path("tiny.py").write_text(RIGHT, encoding="utf-8")
    for _ in range(3):
        check_words(["tiny.py"])
    assert standings()[0][1][0].attempts == 1
