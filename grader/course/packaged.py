"""The course that came with the package: a folder of its own in the wheel, the clone itself in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def packaged_course() -> Path:
    """The folder with the packaged lessons/, solutions/ and nbgrader_config.py; pyproject.toml says what goes into the wheel."""
    inside = _PACKAGE / "_course"
    return inside if inside.is_dir() else _PACKAGE.parent


def sources_of(released: Path) -> Path | None:
    """The packaged sources of a released lesson's folder; None where the package has none, or the lesson is another version."""
    course = packaged_course()
    sources = course / "solutions" / released.name
    packaged = course / "lessons" / released.name / "checks.py"
    if not (sources / "lesson.py").exists() or not packaged.exists():
        return None
    same = packaged.read_bytes() == (released / "checks.py").read_bytes()
    return sources if same else None
