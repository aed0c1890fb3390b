"""`prep sheet`: one page to print."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import main


def test_a_sheet_stands_for_itself(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tagged cells with their formulas as MathML; no script, nothing fetched."""
    monkeypatch.chdir(course)
    done = CliRunner().invoke(main, ["sheet", "tiny"])
    assert done.exit_code == 0
    page = Path(done.output.strip()).read_text(encoding="utf-8")
    assert "<h2" in page and "One page" in page and "<math" in page
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")
    assert "Mean of an array" not in page


def test_a_lesson_without_a_sheet(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says which tag is missing."""
    released = course / "lessons" / "tiny" / "tiny.ipynb"
    released.write_text(released.read_text(encoding="utf-8").replace('"sheet"', '"other"'), encoding="utf-8")
    monkeypatch.chdir(course)
    done = CliRunner().invoke(main, ["sheet", "tiny", "--out", "sheet.html"])
    assert done.exit_code == 2
    assert "no sheet" in done.output
    assert not (course / "sheet.html").exists()
