"""`prep demo` grades a class whose scores are known beforehand, and would notice if one were wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers import ROOT

from grader.classroom.demo import code_of, make_class, make_course, run_demo, surprises
from grader.course.catalogue import find_lesson
from grader.errors import UsageError
from grader.verdict import Report, Result


@pytest.fixture
def course(tiny: Path) -> Path:
    shutil.copy(ROOT / "nbgrader_config.py", tiny)
    return tiny


def test_demo_runs_from_notebooks_to_report(course: Path, tmp_path: Path) -> None:
    """It ends well, names every place, and leaves gradebook, feedback and report there; a second run makes it anew."""
    said: list[str] = []
    folder = tmp_path / "demo"
    assert run_demo(folder, said.append, "tiny", course) == 0
    assert "Every score is as it must be" in "\n".join(said)
    students = {path.name for path in (folder / "submitted").iterdir()}
    assert {"reference", "approach-1", "approach-2", "mistakes-01", "endless", "untouched", "cut-off"} < students
    assert {path.name for path in (folder / "feedback").iterdir()} == students
    assert (folder / "gradebook.db").exists()
    reports = {str(path.relative_to(folder / "reports")) for path in (folder / "reports").rglob("*.html")}
    assert {"index.html", "tiny.html", "students/reference.html"} < reports


def test_demo_leaves_other_folders_alone(course: Path, tmp_path: Path) -> None:
    """A folder with somebody's files in it is not touched."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    with pytest.raises(UsageError, match="Choose another"):
        run_demo(tmp_path / "thesis", name="tiny", course=course)
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_demo_notices_wrong_scores(course: Path, tmp_path: Path) -> None:
    """Were nobody given any marks, or every mistake taken for another, it would say so of each."""
    demo = make_course(course, "tiny", tmp_path / "demo")
    learners = make_class(find_lesson("tiny", demo))
    results = [Result(learner.name, learner.name, "graded", ()) for learner in learners]
    assert surprises(learners, Report("tiny", 1, "none", tuple(results))) != []


def test_variant_as_somebody_would_write_it(tiny: Path) -> None:
    """A mistake becomes a function of the exercise's name with the helpers it needs, without the sentence that names it."""
    read = find_lesson("tiny", tiny)
    code = code_of(read, next(variant for variant in read.mistakes if variant.slug == "sum"))
    assert code == (
        'import numpy as np\n\ndef _checked(x):\n    if np.size(x) == 0:\n        raise ValueError("empty")\n'
        "    return np.asarray(x, dtype=np.float64)\n\ndef mean(x):\n    return _checked(x).sum()"
    )
