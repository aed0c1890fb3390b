"""What a cell of a lesson's notebook is called and holds.

The build writes it, desk and classroom read it.

EXERCISE        its solution cell      question-SLUG   a concept question
check-EXERCISE  a check cell           answer-SLUG     the cell for its answer
help-EXERCISE   hint and reveal        reveal-SLUG     the mark scheme
cost-EXERCISE   what it costs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's words
UNWRITTEN = 'raise NotImplementedError("write me")'  # in the place of a solution, as released
UNANSWERED = "*Your answer: double-click here, write, and run the cell.*"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CHECK, QUESTION = "check-", "question-"
_ANSWER = "answer-"


def check_id(exercise: str) -> str:
    return f"{CHECK}{exercise}"


def cost_id(exercise: str) -> str:
    return f"cost-{exercise}"


def help_id(exercise: str) -> str:
    return f"help-{exercise}"


def question_id(slug: str) -> str:
    return f"{QUESTION}{slug}"


def answer_id(slug: str) -> str:
    return f"{_ANSWER}{slug}"


def reveal_id(slug: str) -> str:
    return f"reveal-{slug}"


def is_answer(cell_id: str) -> bool:
    """Whether a cell of that id is for the answer to a concept question."""
    return cell_id.startswith(_ANSWER)


def marks_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """nbgrader's marks on a cell.

    Of a cell without any, or whose metadata is something else, none.
    """
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return marks if isinstance(marks, Mapping) else {}


def grade_id(cell: Mapping[str, Any]) -> str:
    """The id by which nbgrader knows a cell; "" of a cell that it does not know."""
    return str(marks_of(cell).get("grade_id", ""))


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text, which a file keeps in one piece or in lines."""
    return "".join(cell.get("source", ""))


def is_written(cell: Mapping[str, Any]) -> bool:
    """Whether a cell for an answer holds something of the learner's."""
    return source_of(cell).strip() not in ("", UNANSWERED)
