"""Who may import whom: the picture in docs/design.md is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT

PACKAGE = ROOT / "grader"


def picture() -> dict[str, set[str]]:
    """The imports as docs/design.md draws them: each room and what it imports, from the top of the house down."""
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (\w+) +->(.*)$", text, flags=re.MULTILINE)
    return {room: set(others.split()) for room, others in lines}


# The build turns sources into nbgrader's notebooks, the child runs learners' cells: what each may import of the outside.
CHILD_MAY_IMPORT = set(sys.stdlib_module_names) | {"numpy", "grader", "array_api_compat"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (
                (f"{node.module}.{alias.name}" for alias in node.names) if node.module == "grader" else (node.module,)
            )


def room(module: str) -> str:
    return module.split(".")[1]


def used() -> dict[str, set[str]]:
    """The imports as they are."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        rooms = {room(module) for module in imports(path) if module.startswith("grader.")}
        found.setdefault(own, set()).update(rooms - {own})
    return found


def test_the_picture_is_true() -> None:
    """docs/design.md draws exactly the imports that are used, and no others."""
    assert picture() == used()


def test_imports_go_downwards() -> None:
    """Each room imports only rooms that stand below it in the picture, so there is no circle."""
    rooms = list(picture())
    for place, name in enumerate(rooms):
        assert picture()[name] <= set(rooms[place + 1 :])


@pytest.mark.parametrize("path", sorted((PACKAGE / "isolation").glob("*.py")), ids=lambda path: path.name)
def test_isolated_side_is_light(path: Path) -> None:
    """What runs beside a submission imports the standard library and numpy, and the few that its lock needs."""
    assert {module.partition(".")[0] for module in imports(path)} - {"array_api_strict", "cupy"} <= CHILD_MAY_IMPORT


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("solutions/*/*.py")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_lessons_import_what_they_may(path: Path) -> None:
    """Mistakes and approaches import numpy and the standard library; no lesson imports another's files."""
    used = {module.partition(".")[0] for module in imports(path)} - set(sys.stdlib_module_names)
    allowed = {
        "mistakes.py": {"numpy"},
        "approaches.py": {"numpy"},
        "drafts.py": {"numpy"},
        "checks.py": {"numpy", "scipy", "sklearn", "grader"},
    }
    allowed["lesson.py"] = {
        "numpy",
        "scipy",
        "array_api_compat",
        "matplotlib",
        "ipywidgets",
        "sklearn",
        "grader",
        "IPython",
    }
    assert used <= allowed[path.name]


def test_notebook_import_is_light() -> None:
    """`from grader import check` loads neither nbgrader nor pytest, Jupyter, matplotlib or scikit-learn."""
    heavy = "{'nbgrader', 'pytest', 'jupyterlab', 'matplotlib', 'sklearn', 'nbformat', 'rich'}"
    code = f"import sys; from grader import check, cost, hint, ready, reveal, status; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
