"""A mock interview in a notebook: drawn, written, done, said, handed in once, scored, resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from desk.learner import right, total

from grader.desk.next_step import standings
from grader.desk.progress import Progress
from grader.errors import UsageError
from grader.practice.interview import Interview
from grader.practice.mock import InNotebook, begin, path_of, resume


@pytest.fixture
def interview(course: Path) -> InNotebook:
    return InNotebook(begin(10, seed=7))


def cells(course: Path) -> list[str]:
    notebook = json.loads((course / "work" / "mock" / "mock-7.ipynb").read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_its_notebook_is_blank(course: Path, interview: InNotebook) -> None:
    """The notebook asks each thing once, without hints, checks and rubrics, and is valid."""
    text = "\n".join(cells(course))
    assert "write me" in text and 'interview.say("robust"' in text and "interview.done(mean)" in text
    assert not any(word in text for word in ("check(", "hint(", "Must mention", "outliers move"))
    nbformat.validate(nbformat.read(path_of(begin(10, seed=8).plan), as_version=4))


def test_a_seed_is_drawn_once(course: Path, interview: InNotebook) -> None:
    """Who asks for a seed again is told that it has been drawn."""
    with pytest.raises(UsageError, match="drawn already"):
        begin(10, seed=7)


def test_code_then_what_it_costs(interview: InNotebook) -> None:
    """A function as handed out is not done; one that is written is, and what follows does not say how good it is."""

    def mean(x: object) -> None:
        raise NotImplementedError("write me")

    assert "not written yet" in interview.done(mean).text
    asked = interview.done(total).text
    assert asked.startswith("mean is noted as done. What does it cost?\n(a) ") and "points" not in asked
    assert interview.done(total, "a").text == "Noted.\nThe score sheet says whether it is right."
    assert "first answer counts" in interview.done(total, "b").text


def test_follow_ups_appear_after_an_answer(interview: InNotebook) -> None:
    """The interviewer goes on once an answer is typed or said aloud; answers and rubric stay hidden."""
    assert "shown after" in interview.score("robust").text
    told = interview.say("robust", "When it is skewed.").text
    assert "Noted as typed" in told and "What does sorting cost?" in told and "O(n log n)" not in told
    assert "said aloud" in interview.say("robust", "\nAloud\n").text
    assert "does not ask for 'robst'. Did you mean robust?" in interview.say("robst").text


def test_handed_in_once(interview: InNotebook, names: dict[str, Any]) -> None:
    """The code is graded once: what is written after that changes nothing, in the sheet and in the progress."""
    told = interview.hand_in().text
    assert "Run this cell again" in told and "(run its cell): mean" in told and "Not answered: robust" in told
    names["mean"] = total
    assert "code 0 / 4" in interview.hand_in().text
    names["mean"] = right
    sheet = interview.hand_in().text
    assert "code 0 / 4" in sheet and "wrong: sum" in sheet
    assert "You did not answer it." in interview.score("robust").text
    assert "handed in" in interview.done(right).text
    assert standings()[0][1][0].open == ("sum",)


def test_all_cells_of_a_new_notebook(course: Path, interview: InNotebook, names: dict[str, Any]) -> None:
    """Running the notebook as it was written, as after a restart, notes nothing and hands nothing in."""
    shown: dict[str, Any] = {}
    for cell in json.loads((course / "work" / "mock" / "mock-7.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), shown)
            names.update(shown)
    record = Interview.find("mock-7").record()
    assert (record.done, record.said, record.ended) == ({}, {}, None)


def test_score_sheet(interview: InNotebook, names: dict[str, Any]) -> None:
    """Code by checks, talk by the lines that one scores oneself, time, what to review; all of it in the history."""
    names["mean"] = right
    interview.done(right)
    interview.say("robust", "When it is skewed.")
    assert "robust" in interview.hand_in(anyway=True).text and "score it yourself" in interview.sheet().text
    assert "1  outliers move the mean" in repr(interview.score("robust"))
    assert "1 of 2 points by your own score" in interview.score("robust", 1, 0).text
    sheet = interview.sheet()
    assert "code 4 / 4, talk 1 / 2, 0 of 10 minutes used" in sheet.text
    assert "robust (tiny): 1 of 2 points of the rubric not mentioned" in sheet.text
    assert "complete" in sheet.html
    with Progress.here() as progress:
        assert [talk.points for talk in progress.talks()] == [1.0]


def test_resumed_after_a_restart(interview: InNotebook, names: dict[str, Any]) -> None:
    """Another process finds what was said and done, and how much time is left."""
    interview.done(right)
    interview.say("robust", "When it is skewed.")
    again = resume("mock-7")
    assert "left of 10 minutes" in again.clock().text and "data-until" in again.clock().html
    names["mean"] = right
    again.hand_in(anyway=True)
    record = Interview.find("mock-7").record()
    assert record.said == {"robust": "When it is skewed."} and record.code["mean"].score == 4.0
    assert Interview.open() is None
    with pytest.raises(UsageError, match="Did you mean mock-7"):
        resume("mock-77")


def test_one_try_at_a_time(course: Path, names: dict[str, Any]) -> None:
    """With one try each a function is graded when it is done, and what is written later does not count."""
    interview = InNotebook(begin(10, seed=1, one_try=True))
    interview.done(total)
    interview.done(right)
    names["mean"] = right
    assert "code 0 / 4" in interview.hand_in(anyway=True).text
