"""A mock interview in the terminal: the plan, a file handed in, the talk line by line, the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import PrepError, UsageError
from grader.practice import mock, terminal
from grader.practice.interview import Interview
from grader.practice.mock import begin, write_notebook


class Somebody:
    """Answers each question with the next of these."""

    def __init__(self, *answers: str) -> None:
        self.heard: list[str] = []
        self._answers = list(answers)
        self.hands = terminal.Hands(self.heard.append, self._line, lambda text: self._line(text) == "y")

    def _line(self, text: str) -> str:
        self.heard.append(text)
        return self._answers.pop(0)


@pytest.fixture
def interview(course: Path) -> Interview:
    return begin(10, seed=7)


def test_the_plan(interview: Interview) -> None:
    """What is asked with its minutes, the clock, and where to write."""
    told = terminal.plan_text(interview)
    assert "left of 10 minutes" in told and "2 min  mean" in told and "mock-7.ipynb" in told


def test_the_functions_as_a_file(course: Path, interview: Interview) -> None:
    """For any editor, over SSH too: the contract in full, a function to write, the file to hand in; what was written stays."""
    script = course / "work" / "mock" / "mock-7.py"
    text = script.read_text(encoding="utf-8")
    compile(text, script.name, "exec")
    assert "\n# " in text and "\ndef mean(x):" in text and "Error" in text
    assert "mock-7.py" in terminal.plan_text(interview)
    script.write_text("mine", encoding="utf-8")
    write_notebook(interview)
    assert script.read_text(encoding="utf-8") == "mine"


def test_from_file_to_score_sheet(course: Path, interview: Interview) -> None:
    """The question comes first, its follow-ups after the answer, then the rubric line by line, then the sheet."""
    file = course / "mine.py"
    file.write_text(
        'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return x.sum() / x.size\n'
    )
    somebody = Somebody("When it is skewed.", "", "", "y", "", "", "y")
    told = terminal.hand_in(interview, file, somebody.hands)
    assert "code 4 / 4, talk 0 / 2" in told  # one line mentioned, one red flag
    assert "1 of 2 points of the rubric not mentioned; 1 red flag\n" in told
    assert [text for text in somebody.heard if "sorting" in text]
    assert "mock-7" in terminal.history() and "code 4 / 4, talk 0 / 2" in terminal.history()


def test_scoring_goes_on_after_handing_in(course: Path, interview: Interview) -> None:
    """Who stopped, or handed in by the notebook, is asked for the missing scores, once."""
    mock.hand_in(interview, lambda lesson, names: [])
    interview.note("said", "robust", "When it is skewed.")
    assert Interview.open() is None and Interview.last() is not None
    told = terminal.waiting_text(interview)
    assert "1 answer has no score yet (robust)" in told and "prep mock --new" in told
    assert "talk 1 / 2" in terminal.hand_in(interview, course / "mine.py", Somebody("y", "", "", "").hands)
    assert "talk 1 / 2" in terminal.hand_in(interview, None, Somebody().hands)
    assert terminal.waiting_text(interview) == ""
    with pytest.raises(UsageError, match="graded once"):
        terminal.hand_in(interview, course / "mine.py", Somebody().hands)


def test_a_file_that_cannot_be_read_hands_in_nothing(course: Path, interview: Interview) -> None:
    """The interview stays open when there is no such file, or it is no notebook."""
    with pytest.raises(UsageError, match="There is no file"):
        terminal.hand_in(interview, course / "nowhere.py", Somebody().hands)
    (course / "broken.ipynb").write_text("{")
    with pytest.raises(PrepError, match="no notebook"):
        terminal.hand_in(interview, course / "broken.ipynb", Somebody("", "", "").hands)
    assert Interview.open() is not None


def test_no_interview_yet(course: Path) -> None:
    """Without one the history says how to begin."""
    assert "prep mock" in terminal.history()
