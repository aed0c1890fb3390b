"""How a value is written in a sentence or on a card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.judging.show import show


def test_a_function_is_shown_by_its_formula() -> None:
    """One can repeat a call that was given a function."""

    def grad(w: float) -> float:
        return 2 * (w - 3)

    assert show(grad) == "lambda w: 2 * (w - 3)"
    grad.formula = "lambda w: 2*w - 6"  # type: ignore[attr-defined]
    assert show(grad) == "lambda w: 2*w - 6"


@pytest.mark.parametrize(
    "value",
    [np.zeros((100, 100)), 10**5000, "x" * 1000, {"a": [1] * 100}, (np.float32(1.5),)],
    ids=lambda value: type(value).__name__,
)
def test_values_are_shown_in_a_line(value: Any) -> None:
    """Whatever a value is, it is shown in a line of bounded length."""
    assert len(show(value)) <= 160
    assert "\n" not in show(value)
