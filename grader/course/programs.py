"""This environment's programs before all others, whether or not it is activated: jupyter, nbgrader, the alembic nbgrader looks for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def programs_first(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the folder of this Python's programs at the head of PATH."""
    ours = str(Path(sys.executable).parent)
    others = [folder for folder in environment.get("PATH", "").split(os.pathsep) if folder and folder != ours]
    return {**environment, "PATH": os.pathsep.join([ours, *others])}
