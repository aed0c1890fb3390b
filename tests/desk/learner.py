"""What a learner has written, and how they write in a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Function = Callable[..., object]


def named_mean(function: Function) -> Function:
    """The function under the name of the exercise, as in a learner's cell."""
    function.__name__ = "mean"
    return function


@named_mean
def right(x: np.ndarray) -> float:
    if x.size == 0:
        raise ValueError("empty")
    return float(x.sum() / x.size)


@named_mean
def total(x: np.ndarray) -> float:
    if x.size == 0:
        raise ValueError("empty")
    return float(x.sum())


def cells(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def write_in(path: Path, grade_id: str, text: str) -> None:
    """Write a cell of a notebook, as the learner does."""
    content = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in content["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]
    cell["source"] = text
    path.write_text(json.dumps(content), encoding="utf-8")
