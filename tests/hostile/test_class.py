"""A class with hostile submissions in it: the run ends by itself, and the others have their scores.

PREP_HOSTILE=50 has fifty of the worst among two hundred; five among ten are in the suite.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from helpers import TINY

from grader.course.handed_in import find
from grader.isolation import policy
from grader.isolation.policy import Level, Limits
from grader.judging.workers import Settings, grade

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")
HERE = Path(__file__).parent
HOSTILE = int(os.environ.get("PREP_HOSTILE", "5"))
HONEST = 10 if HOSTILE <= 5 else 4 * HOSTILE
LEVELS = [level for level in policy.LEVELS[:2] if not policy.obstacle(level)]
LIMITS = Limits(cells=2, call=1, total=8, memory=2**28)


@pytest.mark.parametrize("level", LEVELS)
def test_a_hostile_class(level: Level, tmp_path: Path) -> None:
    """Whatever some hand in, a run of bounded time gives everybody a verdict and the honest their marks."""
    harm = sorted((HERE / "harm").glob("*.py"))
    worst = harm[:: max(1, len(harm) // HOSTILE)][:HOSTILE]
    for path in worst:
        shutil.copy(path, tmp_path / f"mallory-{path.name}")
    for number in range(HONEST):
        shutil.copy(HERE / "honest.py", tmp_path / f"honest-{number:03}.py")
    settings = Settings(TINY / "solutions" / "tiny", 3, level, LIMITS)
    began = time.monotonic()
    results = list(grade(settings, find("tiny", [tmp_path]), 2))
    took = time.monotonic() - began
    print(f"{level}: {len(worst)} hostile among {HONEST} in {took:.0f} s")
    assert len(results) == len(worst) + HONEST
    scores = {result.student: result.score for result in results}
    assert [score for name, score in scores.items() if name.startswith("honest")] == [4.0] * HONEST
    assert not any(score for name, score in scores.items() if name.startswith("mallory"))
    # Each may take its limit, once in brief and once in full, on either of two workers.
    assert took < 60 + len(worst) * (5 + LIMITS.total)
