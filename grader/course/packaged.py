"""The course that came with the package: a folder of its own in the wheel, the clone itself in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
BUILT = "Built by `prep build` from"  # how the first line of a built file begins


def packaged_course() -> Path:
    """The folder with the packaged lessons/, solutions/ and nbgrader_config.py, as pyproject.toml has it."""
    inside = _PACKAGE / "_course"
    return inside if inside.is_dir() else _PACKAGE.parent


def template() -> Path:
    """The folder of the lesson that new ones begin as: the one that the tests use for everything."""
    course = packaged_course()
    inside = course / "template"
    return inside if inside.is_dir() else course / "tests" / "tiny_course" / "solutions" / "tiny"


def sources_of(released: Path) -> Path | None:
    """The packaged sources of a released lesson's folder.

    None where there are none of this version.
    """
    course = packaged_course()
    sources = course / "solutions" / released.name
    packaged = course / "lessons" / released.name / "checks.py"
    if not (sources / "lesson.py").exists() or not packaged.exists():
        return None
    same = unmarked(packaged.read_bytes()) == unmarked((released / "checks.py").read_bytes())
    return sources if same else None


def unmarked(content: bytes) -> bytes:
    """A released file without the first line that `prep build` gives it, and nbgrader's own Generate does not."""
    first, _, rest = content.partition(b"\n")
    return rest if BUILT.encode() in first else content
