"""Would an answer run on a GPU? Its cases once more, with their arrays on another device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader import backends
from grader.errors import UsageError
from grader.isolation.reply import Reply
from grader.judging.answer import Answer, failure
from grader.judging.compare import Tolerance, difference, dtypes
from grader.verdict import Case

_NEAR = Tolerance(rtol=1e-5, atol=1e-7)  # another library adds in another order


def require(backend: str) -> None:
    """UsageError, with the reason, where a backend cannot be used here."""
    try:
        backends.get(backend)
    except (RuntimeError, ValueError) as error:
        raise UsageError(str(error)) from error


def obstacle(
    answer: Answer,
    backend: str,
    unique: Callable[[Any], Any] | None = None,
) -> str | None:
    """What keeps an answer from giving its NumPy results on a backend: a sentence, "" for nothing.

    None where no case has arguments, as for a bug hunt's counterexample. Cases in float16 are left
    out: the array API does not know it. `unique` gives of a result what does not depend on the
    device, such as the product of factors, where that is not all of it.
    """
    with_arguments = [(case, reply) for case, reply in answer.asked if case.args]
    asked = [(case, reply) for case, reply in with_arguments if np.float16 not in dtypes(case.args)]
    if not asked:
        return None
    there = answer.on_device([case for case, _ in asked], backend)
    pairs = zip(asked, there, strict=False)
    found = (_differs(answer, case, reply, other, unique) for (case, reply), other in pairs)
    return next((sentence for sentence in found if sentence), "")


def _differs(answer: Answer, case: Case, here: Reply, there: Reply, unique: Callable[[Any], Any] | None) -> str:
    # A refusal is the same on any device.
    if here.kind == there.kind == "raised" and here.raised == there.raised:
        return ""
    if there.kind != "value":
        return failure(answer, case, there)[1]
    if here.kind != "value" or not _same(here.value, there.value, unique):
        return f"{answer.text(case)} gives another result there."
    if dtypes(here.value) != dtypes(there.value):
        both = f"{_names(there)} there, and {_names(here)} on NumPy"
        return f"{answer.text(case)} gives the dtypes {both}."
    return ""


def _same(here: Any, there: Any, unique: Callable[[Any], Any] | None) -> bool:
    try:
        if unique:
            here, there = unique(here), unique(there)
        return difference(here, there, _NEAR) is None
    except Exception:  # a result that passed no check can be anything
        return False


def _names(reply: Reply) -> str:
    return ", ".join(map(str, dtypes(reply.value)))
