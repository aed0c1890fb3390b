"""Fuzzing by hypothesis: seconds in the suite, and with PREP_FUZZ=SECONDS as long as one likes (pytest -s says how many examples that were)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("PREP_FUZZ", "0"))
SETTINGS = settings(
    max_examples=10**9 if SECONDS else 150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


class Enough(BaseException):  # which hypothesis lets through at once
    """The time for fuzzing is over."""


def fuzz(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check on many values."""
    count, end = 0, time.monotonic() + SECONDS

    @SETTINGS
    @given(values)
    def run(value: Any) -> None:
        nonlocal count
        if SECONDS and time.monotonic() > end:
            raise Enough
        check(value)
        count += 1

    try:
        run()
    except Enough:
        print(f"{check.__name__}: {count} examples in {SECONDS:.0f} s")
