"""Instructors' notebooks: a lesson's source runs top to bottom with its references on another device."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons

# array-api-strict takes many times as long as NumPy: a function's call goes there where no earlier one had arguments of these
# shapes and dtypes, and every other stays with NumPy.
ONE_CALL_OF_A_KIND = """
import functools, runpy
from grader.backends import Backend

def kind(value):
    if isinstance(value, list | tuple):
        return tuple(map(kind, value))
    return type(value), getattr(value, "shape", None), getattr(value, "dtype", None)

def once_a_kind(backend, function, runs=Backend.runs):
    there, met = runs(backend, function), set()

    @functools.wraps(function)
    def here_or_there(*args):
        known = kind(args) in met
        met.add(kind(args))
        return (function if known else there)(*args)

    return here_or_there

Backend.runs = once_a_kind
runpy.run_path("lesson.py", run_name="__main__")
"""


@pytest.mark.parametrize("lesson", all_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_an_instructors_notebook_runs_on_the_device(lesson: Lesson, tmp_path: Path) -> None:
    """A lesson's source runs top to bottom; every function that its first cell names has then been handed to the device, and no other."""
    folder = Path(shutil.copytree(lesson.folder, tmp_path / "solutions" / lesson.name))
    source = (folder / "lesson.py").read_text(encoding="utf-8")
    first, *cells = re.findall(r'^# %% tags=\["instructor"\]\n(.*?)(?=^# %%)', source, flags=re.MULTILINE | re.DOTALL)
    assert 'backend, found = choose("cupy")' in first and source.index(first) < source.index("\n# %%\n")
    handed = [name.strip() for cell in cells for name in cell.partition("=")[0].split(",")]
    assert re.findall(r"\w+", first.splitlines()[3]) == handed
    on_strict = source.replace('choose("cupy")', 'choose("strict")')
    (folder / "lesson.py").write_text(on_strict, encoding="utf-8")
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", ONE_CALL_OF_A_KIND],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Arrays are array_api_strict" in done.stdout
    assert "This part uses your" not in done.stdout
