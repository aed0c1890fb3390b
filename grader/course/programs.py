"""This environment's programs before all others, whether or not it is activated."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def programs_first(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the folder of this Python's programs at the head of PATH."""
    ours = str(Path(sys.executable).parent)
    folders = environment.get("PATH", "").split(os.pathsep)
    others = [folder for folder in folders if folder not in ("", ours)]
    return {**environment, "PATH": os.pathsep.join([ours, *others])}
