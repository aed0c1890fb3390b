"""The checks of a lesson where somebody waits for them: imported, in a tenth of pytest's time.

They are the functions that pytest collects.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

from grader.errors import LessonError


def imported(path: Path) -> dict[str, Callable[..., None]]:
    """The checks in a checks.py by name. LessonError says why they cannot be imported."""
    module = types.ModuleType(f"checks of {path.resolve().parent}")
    module.__file__ = str(path.resolve())
    sys.modules[module.__name__] = module  # where a dataclass looks for it
    try:
        # Compiled each time: a .pyc does not see a change within the second in which it was written.
        exec(compile(path.read_bytes(), module.__file__, "exec"), vars(module))
    except Exception as error:  # whatever an author's file raises
        what = f"{type(error).__name__}: {error}"
        raise LessonError(f"The checks in {path} cannot be used: {what}") from error
    finally:
        del sys.modules[module.__name__]
    functions = {name: value for name, value in vars(module).items() if callable(value)}
    return {name: value for name, value in functions.items() if name.startswith("test_")}
