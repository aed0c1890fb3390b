"""What a lesson's notebook imports.

    check(roc_auc)      grade a function, at once
    case(roc_auc)       the arguments of the case that the last check failed
    hint(roc_auc)       the next of its three hints
    reset(roc_auc)      its cell as it was handed out
    ready(roc_auc)      whether its core check has passed in this kernel
    reveal("screening") what a strong answer to a concept question mentions, once you have written yours
    reveal(roc_auc)     the reference and other right answers beside yours, once yours has passed
    cost(roc_auc)       what it costs, as a question; cost(roc_auc, "b") answers it
    status()            your progress

Importing this loads nothing that is slow; each function loads what it needs when it is called, and a
kernel what the first check needs once it has nothing else to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from grader.desk.warm import when_idle

if TYPE_CHECKING:
    from grader.desk.page import Page

__all__ = ["case", "check", "cost", "hint", "ready", "reset", "reveal", "status"]


def __getattr__(name: str) -> str:
    """`grader.__version__`, read from the installed package when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ml-interview-prep")
    raise AttributeError(f"module 'grader' has no attribute {name!r}")


def check(function: Callable[..., Any], backend: str = "numpy") -> Page:
    """Grade a function by its lesson's checks; the card shows what passed, what was expected and what came.

    With `backend="strict"` the card of a right answer also says whether it would run on a GPU's
    arrays ("cupy": on this machine's GPU). Never raises on a broken answer. An answer that does not
    come back is ended after two seconds.
    """
    from grader.desk import notebook

    return notebook.check(function, backend)


def case(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The arguments of the first case that the last check of a function failed.

    `roc_auc(*case(roc_auc))` repeats it.
    """
    from grader.desk import notebook

    return notebook.case(function)


def hint(function: Callable[..., Any] | str) -> Page:
    """The next hint for an exercise: first a question, then a place to look, then a formula."""
    from grader.desk import notebook

    return notebook.hint(function)


def reset(function: Callable[..., Any] | str) -> Page:
    """The cell of an exercise as it was handed out, to paste over your own.

    `prep reset LESSON EXERCISE` does it in the file.
    """
    from grader.desk import notebook

    return notebook.reset(function)


def ready(*functions: Callable[..., Any]) -> bool:
    """Whether the functions' core checks passed in this kernel; if not, says what is missing."""
    from grader.desk import notebook

    return notebook.ready(*functions)


def reveal(item: str | Callable[..., Any], *lines: int) -> Page:
    """Of a concept question (by name) what a strong answer must mention, after you have written and saved your own.

    Of an exercise (its function), once it has passed: the reference and two other right answers,
    with the time of each beside yours.
    """
    from grader.desk import reveal as desk

    return desk.reveal(item, *lines)


def cost(exercise: Callable[..., Any] | str, letter: str | None = None) -> Page:
    """What a right answer costs in time and memory, as a question.

    With a letter, whether it is the right one.
    """
    from grader.desk import cost as desk

    return desk.cost(exercise, letter)


def status(level: str = "", minutes: float = 0, asked: str = "", topic: str = "") -> Page:
    """Your progress: what comes next, what is due, every exercise and question with a link to its cell.

    `status(level="easy", minutes=10, asked="often", topic="calibration")` shows what fits all of these.
    """
    from grader.desk import notebook

    return notebook.status(level, minutes, asked, topic)


when_idle()
