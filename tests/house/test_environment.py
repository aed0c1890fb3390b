"""environment.yml, Binder and CI install what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib

import yaml
from helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = {"matplotlib": "matplotlib-base", "cupy-cuda12x": "cupy"}  # what conda-forge calls them


def parted(requirement: str) -> tuple[str, str]:
    """A requirement's name, without an extra, and its bounds."""
    text = requirement.partition(";")[0].strip()
    found = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?\s*(.*)", text)
    assert found, requirement
    return found[1], found[2].replace(" ", "")


def wanted() -> dict[str, str]:
    """What the base and the extras lab, instructor and gpu need, by conda's names."""
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *extras["lab"], *extras["instructor"], *extras["gpu"]]
    found = dict(parted(line) for line in lines if not line.startswith("ml-interview-prep"))
    return {CONDA.get(name, name): bounds for name, bounds in found.items()}


def test_conda_has_the_same_bounds() -> None:
    """Each requirement stands in environment.yml, by conda or by pip, with the bounds of pyproject.toml, and nothing else does."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    by_conda = [entry for entry in listed if isinstance(entry, str)]
    found = dict(parted(line) for line in (*by_conda, *by_pip) if not line.startswith("-e"))
    beside = {"python", "pip", "cuda-version"}
    assert {name: bounds for name, bounds in found.items() if name not in beside} == wanted()


def test_python_is_the_same() -> None:
    """The oldest and the newest Python of pyproject.toml are those of environment.yml and of CI."""
    named = (re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line) for line in PROJECT["classifiers"])
    minors = [int(found[1]) for found in named if found]
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert f"- python {PROJECT['requires-python']},<3.{max(minors) + 1}" in conda
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{min(minors)}", f"3.{max(minors)}"]


def test_binder_has_the_tested_versions() -> None:
    """pip looks for a constraints file from the folder of the file that names it."""
    requirements = ROOT / ".binder" / "requirements.txt"
    lines = requirements.read_text(encoding="utf-8").splitlines()
    named = [line.removeprefix("-c ") for line in lines if line.startswith("-c ")]
    assert [(requirements.parent / each).resolve() for each in named] == [ROOT / "constraints.txt"]
