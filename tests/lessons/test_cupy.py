"""Without a GPU: every function and keyword that the references use exists in CuPy, which is installed in an environment of its own."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons

LESSONS = all_lessons(ROOT)
ARRAY = {
    "T",
    "mT",
    "device",
    "dtype",
    "ndim",
    "shape",
    "size",
    "to_device",
}  # what the array API gives an array; strict refuses any other
Use = tuple[
    str, int | None, tuple[str, ...]
]  # a name, and where it is called the number of its positional arguments and its keywords
Lacks = Callable[[list[Use]], list[str]]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with CuPy as pinned in constraints.txt. Takes ten seconds, and skips where pip cannot install it."""
    folder = tmp_path_factory.mktemp("cupy")
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    pins = re.findall(
        r"^(?:cupy-cuda12x|cuda-pathfinder|numpy|array-api-compat)==.*$",
        (ROOT / "constraints.txt").read_text(),
        re.MULTILINE,
    )
    install = [
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-compile",
        "--retries",
        "1",
        *pins,
    ]
    pip = subprocess.run(install, capture_output=True, text=True)
    if pip.returncode:
        said = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")] or [pip.stderr]
        pytest.skip(f"pip cannot install CuPy here: {said[-1].strip()}")
    return python


@pytest.fixture(scope="session")
def lacks(python: str) -> Lacks:
    """What CuPy lacks for each use, "" for nothing."""

    def ask(used: list[Use]) -> list[str]:
        script = [python, "-I", str(Path(__file__).with_name("cupy_signatures.py"))]
        return list(
            json.loads(
                subprocess.run(script, input=json.dumps(used), stdout=subprocess.PIPE, text=True, check=True).stdout
            )
        )

    return ask


def uses(tree: ast.AST) -> Iterator[Use]:
    """What a text asks of the namespace that it calls xp, or of an array: xp.linalg.norm(x, axis=0) is ("linalg.norm", 1, ("axis",))."""
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        if found := re.fullmatch(r"(?:xp|array_namespace\([^()]*\))\.((?:\w+\.)*\w+)", ast.unparse(node)):
            call = calls.get(id(node))
            yield (
                found[1],
                *((len(call.args), tuple(str(keyword.arg) for keyword in call.keywords)) if call else (None, ())),
            )
        elif node.attr in ARRAY:
            yield f"ndarray.{node.attr}", None, ()


def reference(lesson: Lesson) -> ast.Module:
    """The reference functions of a lesson, as text read."""
    assert lesson.reference
    names = {exercise.name for exercise in lesson.exercises}
    body = ast.parse(lesson.reference.read_text(encoding="utf-8")).body
    return ast.Module([node for node in body if isinstance(node, ast.FunctionDef) and node.name in names], [])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_cupy_has_what_the_references_use(lesson: Lesson, lacks: Lacks) -> None:
    """Each name exists in array_api_compat.cupy, and its signature takes the call."""
    used = list(dict.fromkeys(uses(reference(lesson))))
    assert used
    assert [lack for lack in lacks(used) if lack] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_uses_are_all_read(lesson: Lesson) -> None:
    """References call the namespace xp, ask it by name alone, and unpack no arguments in its calls: so what is read of their text is complete."""
    nodes = list(ast.walk(reference(lesson)))
    asked = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id == "xp"]
    loose = [node.lineno for node in names if isinstance(node.ctx, ast.Load) and id(node) not in asked]
    made = [
        node
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "array_namespace" and id(node) not in asked
    ]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("xp.")]
    unpacked = [
        node.lineno
        for node in calls
        if any(isinstance(part, ast.Starred) for part in node.args) or None in [k.arg for k in node.keywords]
    ]
    assert (loose, unpacked) == ([], [])
    assert len(made) == sum(isinstance(node.ctx, ast.Store) for node in names)


PLANTED = {
    "xp.unique_value(x)": "a name misspelt",
    "xp.linalg.diagonals(x)": "a name misspelt in linalg",
    "xp.astype(x, xp.float128)": "a dtype that a GPU has not",
    "xp.sum(x, dim=0)": "another library's keyword",
    "xp.argsort(x, reverse=True)": "a keyword that **kwargs would swallow",
    "xp.exp(x, axis=0)": "a keyword that a ufunc has not",
    "xp.maximum(x)": "an argument missing for a ufunc",
    "xp.linalg.solve(x)": "an argument missing",
    "xp.take(x, i, 0, None, 1)": "an argument too many",
    "x.to_device(d)": "an attribute that CuPy's arrays have not",
}


def test_planted_mistakes_are_found(lacks: Lacks) -> None:
    """A wrong name, keyword or number of arguments is found by the same comparison."""
    used = [(text, use) for text in PLANTED for use in uses(ast.parse(text))]
    found = {text for (text, _), lack in zip(used, lacks([use for _, use in used]), strict=True) if lack}
    assert found == set(PLANTED)


CALL = """
import numpy as np
from grader.isolation.host import Host
from grader.isolation.request import Request
with Host("none", backend="cupy") as host, host.open() as session:
    errors = session.run_cells(["import cupy", "import cupyx", "def double(x): return x * 2"])
    reply = session.call(Request.of("double", (np.ones(2),), "cupy"))
    print(errors, list(reply.value) if reply.kind == "value" else reply.text)
"""


def test_submissions_reach_cupy(python: str) -> None:
    """A submission's process imports CuPy with all it is made of; its call then runs on the GPU, or says that there is none."""
    run = subprocess.run([python, "-c", CALL], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("[None, None, None]")
    assert "[2.0, 2.0]" in run.stdout or "there is no CUDA GPU" in run.stdout
