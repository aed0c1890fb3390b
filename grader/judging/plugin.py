"""The pytest plugin: pytest finds and imports the checks of a lesson, once for a run.

The answers are what pytest would call fixtures, the submissions its parameters; `judging.judge`
calls each check for each submission, since pytest's own loop keeps an item for every pair and costs
more than most answers.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.errors import LessonError

CheckFunction = Callable[..., None]


class _Collector:
    def __init__(self) -> None:
        self.functions: dict[str, CheckFunction] = {}
        self.errors: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        functions = [item for item in session.items if isinstance(item, pytest.Function)]
        self.functions = {item.name: item.obj for item in functions}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            # A traceback ends in the exception.
            self.errors.append(report.longreprtext.strip().splitlines()[-1])


def collect(path: Path) -> dict[str, CheckFunction]:
    """The checks in a checks.py by name, imported by pytest.

    LessonError says why they cannot be.
    """
    path = path.resolve()  # as its module will say it lies
    collector = _Collector()
    options: list[Any] = ["--collect-only", "--import-mode=importlib", "--capture=no"]
    # No configuration: what a pytest.ini in the course's folder says is for its own tests.
    options += ["--rootdir", str(path.parent), "-c", os.devnull, "--disable-plugin-autoload"]
    # Nor do the folders above: pytest would look at everything that lies in each of them.
    options += ["--confcutdir", str(path.parent)]
    # unraisableexception would collect this process's garbage several times over.
    for plugin in ("terminal", "cacheprovider", "logging", "faulthandler", "unraisableexception"):
        options += ["-p", f"no:{plugin}"]
    # What pytest prints of an empty or broken file is told as the reason instead.
    with _own_options(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        pytest.main([*options, str(path)], plugins=[collector])
    for name, module in list(sys.modules.items()):
        # By its __dict__: to ask a lazy module for an attribute would import others.
        if getattr(module, "__dict__", {}).get("__file__") == str(path):
            del sys.modules[name]  # every lesson has a checks.py, and pytest would take the first for all
    if collector.errors or not collector.functions:
        reason = said.getvalue().strip() or "it holds no check"
        if collector.errors:
            reason = collector.errors[0]
        raise LessonError(f"The checks in {path} cannot be used: {reason}")
    return collector.functions


@contextlib.contextmanager
def _own_options() -> Iterator[None]:
    """What somebody set in the environment for pytests of their own does not count here."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    removed = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(removed)
