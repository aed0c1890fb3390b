"""What several tests use: where the project and the tiny course are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny_course"
