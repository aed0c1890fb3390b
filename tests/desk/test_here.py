"""Where a learner is, as other front ends tell it: VS Code and nbclient, in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.desk.work import make_work

RIGHT = 'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return x.sum() / x.size'
CALLS = ("check(mean)", "hint(mean)", "reveal(mean)", 'reveal("robust")', "ready(mean)", "status()")


def outputs(notebook: Path, cwd: Path, *before: str) -> list[str]:
    """What the desk's calls show, as text, in a kernel that starts in a folder and runs these cells before."""
    cells = [*before, "from grader import check, hint, ready, reveal, status\nimport numpy as np", RIGHT, *CALLS]
    run = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, id=f"own-{i}") for i, cell in enumerate(cells)]
    )
    nbformat.write(run, notebook)
    client = NotebookClient(run, resources={"metadata": {"path": str(cwd)}}, timeout=120)
    client.widget_registry.clear()  # what its Output widgets send may hide the reply to a cell: jupyter/nbclient#312
    client.execute()
    shown = []
    for cell in run.cells[-len(CALLS) :]:
        assert not [output for output in cell.outputs if output.output_type == "error"], cell.outputs
        shown.append(
            " ".join(str(output.get("data", {}).get("text/plain", output.get("text", ""))) for output in cell.outputs)
        )
    return shown


@pytest.mark.parametrize("front_end", ["VS Code", "nbclient"])
def test_the_desk_without_jupyter_server(course: Path, front_end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """VS Code names the notebook in a variable, wherever its kernel starts; nbclient starts the kernel in its folder."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    folder = make_work(course) / "tiny"
    notebook = folder / "tiny.ipynb"
    if front_end == "VS Code":
        shown = outputs(notebook, Path(os.sep), f"__vsc_ipynb_file__ = {str(notebook)!r}")
    else:
        shown = outputs(notebook, folder)
    checked, hinted, revealed, question, _, stood = shown
    assert "4 / 4 points" in checked
    assert "1 of 3" in hinted
    assert "One pass" in revealed
    assert "Write your own answer" in question
    assert "1 of 1 exercises complete" in stood
