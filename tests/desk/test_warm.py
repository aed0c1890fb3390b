"""A kernel gets ready for its first check while it has nothing else to do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.desk import judges, warm


def test_judge_is_there_before_the_first_check(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some moments after the cell that imports the kit, the lesson's judge is loaded."""
    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", types.ModuleType("ipykernel.kernelapp"))

    async def cell_and_pause() -> None:
        warm.when_idle()
        assert not judges._kept
        for _ in range(600):
            await asyncio.sleep(warm._PAUSE)
            if judges._kept:
                break

    # In a thread of its own: where a browser was driven before, this one has a loop that runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, cell_and_pause()).result()
    assert [judge.judge.lesson.name for judge in judges._kept.values()] == ["tiny"]


def test_import_elsewhere_loads_nothing() -> None:
    """Where there is no kernel, importing the kit loads no judge, now or later, nor what the command line would wait for."""
    code = "import sys, grader; print([name in sys.modules for name in ('grader.judging', 'numpy', 'asyncio')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[False, False, False]"
