"""The badge: what differs on a device is told, and what is right there in another form is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from grader.isolation.reply import Reply
from grader.judging.answer import Answer
from grader.judging.cases import Cases
from grader.judging.portability import obstacle
from grader.verdict import Case

CASE = Case("one", (np.eye(2),))


class Elsewhere(Answer):
    """An answer that gave one value on NumPy, and gives another on every device."""

    def __init__(self, here: Any, there: Any) -> None:
        super().__init__("low_rank", lambda: None, Cases(1))  # type: ignore[arg-type,return-value]
        self.asked = [(CASE, Reply("value", here))]
        self.there = there

    def on_device(self, cases: Iterable[Case], backend: str) -> list[Reply]:
        return [Reply("value", self.there) for _ in cases]


def product(value: Any) -> Any:
    return value[0] @ value[1]


A, B = np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]])


def test_same_results_are_portable() -> None:
    """Equal values, to rounding, are no obstacle."""
    assert obstacle(Elsewhere((A, B), (A * (1 + 1e-9), B)), "strict") == ""


def test_another_result_is_told() -> None:
    """Factors of other signs are another result, where nothing says that they are as good."""
    assert "gives another result there" in str(obstacle(Elsewhere((A, B), (-A, -B)), "strict"))


def test_results_in_another_form() -> None:
    """Where a check says what its results have in common, that is compared: factors by their product."""
    assert obstacle(Elsewhere((A, B), (-A, -B)), "strict", product) == ""
    assert "another result" in str(obstacle(Elsewhere((A, B), (A, 2 * B)), "strict", product))
    assert "another result" in str(obstacle(Elsewhere((A, B), None), "strict", product))
