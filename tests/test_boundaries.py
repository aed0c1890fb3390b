"""Who may import whom: the picture in CONTRIBUTING is true."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT

PACKAGE = ROOT / "grader"
# A room may import the rooms named beside it, and itself. `notebook imports` stands for grader/__init__.py.
MAY_IMPORT = {
    "errors": set(),
    "verdict": set(),
    "backends": set(),
    "card": {"verdict", "errors"},
    "course": {"card", "verdict", "errors"},
    "isolation": {"backends", "card", "verdict", "errors"},
    "judging": {"backends", "course", "isolation", "card", "verdict", "errors"},
    "desk": {"judging", "course", "isolation", "card", "verdict", "errors"},
    "classroom": {"judging", "course", "isolation", "card", "verdict", "errors"},
    "bench": {"backends", "classroom", "judging", "course", "isolation", "card", "verdict", "errors"},
    "cli": {"backends", "desk", "classroom", "bench", "judging", "course", "isolation", "card", "verdict", "errors"},
    "__init__": {"desk", "verdict"},
}
# The build turns sources into nbgrader's notebooks, the child runs learners' cells: what each may import of the outside.
CHILD_MAY_IMPORT = set(sys.stdlib_module_names) | {"numpy", "grader", "array_api_compat", "landlock"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if node.module == "grader" else (node.module,)


def room(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_import_downwards(path: Path) -> None:
    """A file imports only from its own room and from those below it."""
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    used = {room(module) for module in imports(path) if module.startswith("grader.")}
    assert used - {own} <= MAY_IMPORT[own]


@pytest.mark.parametrize("path", sorted((PACKAGE / "isolation").glob("*.py")), ids=lambda path: path.name)
def test_isolated_side_is_light(path: Path) -> None:
    """What runs beside a submission imports the standard library and numpy, and the few that its lock needs."""
    assert {module.partition(".")[0] for module in imports(path)} - {"array_api_strict", "cupy"} <= CHILD_MAY_IMPORT


@pytest.mark.parametrize("path", sorted(ROOT.glob("solutions/*/*.py")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_lessons_import_what_they_may(path: Path) -> None:
    """Mistakes and approaches import numpy and the standard library; no lesson imports another's files."""
    used = {module.partition(".")[0] for module in imports(path)} - set(sys.stdlib_module_names)
    allowed = {"mistakes.py": {"numpy"}, "approaches.py": {"numpy"}, "drafts.py": {"numpy"}, "checks.py": {"numpy", "scipy", "sklearn", "grader"}}
    allowed["lesson.py"] = {"numpy", "scipy", "array_api_compat", "matplotlib", "ipywidgets", "sklearn", "grader", "IPython"}
    assert used <= allowed[path.name]


def test_notebook_import_is_light() -> None:
    """`from grader import check` loads neither nbgrader nor pytest, Jupyter, matplotlib or scikit-learn."""
    heavy = "{'nbgrader', 'pytest', 'jupyterlab', 'matplotlib', 'sklearn', 'nbformat', 'rich'}"
    code = f"import sys; from grader import check, cost, hint, ready, reveal, status; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
