"""lessons/ is built from solutions/, always the same, and holds nothing of the answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from helpers import ROOT
from nbgrader.nbgraderformat import MetadataValidator

from grader.course.build import build
from grader.course.catalogue import all_lessons
from grader.course.colab import INSTALL
from grader.errors import PrepError

NOTEBOOKS = sorted(ROOT.glob("lessons/*/*.ipynb"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def code_lines(text: str) -> set[str]:
    """The lines of code that are long enough to be somebody's."""
    plain = ("#", '"', "def ", "import ", "from ")
    return {line.strip() for line in text.splitlines() if len(line.strip()) > 25 and not line.strip().startswith(plain)}


def test_lessons_are_built_and_up_to_date() -> None:
    """What is committed in lessons/ is what `prep build` makes of solutions/."""
    assert build(ROOT, check=True) == []


def test_building_twice_makes_the_same_bytes(tiny: Path) -> None:
    """A second build changes nothing, and a build elsewhere makes the same files."""
    assert build(tiny) == ["lessons/tiny/checks.py", "lessons/tiny/hints.md", "lessons/tiny/tiny.ipynb"]
    first = contents(tiny / "lessons")
    assert build(tiny) == []
    (tiny / "lessons" / "tiny" / "tiny.ipynb").unlink()
    assert build(tiny) == ["lessons/tiny/tiny.ipynb"]
    assert contents(tiny / "lessons") == first


def test_check_names_what_is_stale_and_writes_nothing(tiny: Path) -> None:
    """A changed source makes its file stale; so does a file that no source explains."""
    build(tiny)
    replace(tiny / "solutions" / "tiny" / "lesson.py", "# # A tiny lesson", "# # A small lesson")
    (tiny / "lessons" / "tiny" / "notes.txt").touch()
    before = contents(tiny)
    assert build(tiny, check=True) == ["lessons/tiny/tiny.ipynb", "lessons/tiny/notes.txt"]
    assert contents(tiny) == before


def test_released_notebook_is_complete(tiny: Path) -> None:
    """Solution, check, question, answer and reveal cells, each with an id of its own, points on what is graded, and no answers."""
    build(tiny)
    notebook = nbformat.read(tiny / "lessons" / "tiny" / "tiny.ipynb", as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["mean"].source.endswith('raise NotImplementedError("write me")')
    assert cells["check-mean"].metadata.nbgrader.points == 4.0
    assert cells["help-mean"].source.startswith("# hint(mean)  ") and "nbgrader" not in cells["help-mean"].metadata
    assert cells["answer-robust"].metadata.nbgrader.points == 2.0
    assert cells["reveal-robust"].source == 'reveal("robust")'
    assert "generated" in notebook.metadata.prep
    assert "outliers" not in json.dumps(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_released_lesson_holds_no_answers(path: Path) -> None:
    """No line of a reference, a mistake or an approach, and nothing of a rubric, is in what learners get."""
    source = ROOT / "solutions" / path.stem
    lesson = (source / "lesson.py").read_text(encoding="utf-8")
    released = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    released += (path.parent / "checks.py").read_text(encoding="utf-8") + (path.parent / "hints.md").read_text(
        encoding="utf-8"
    )
    shown = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", lesson, flags=re.DOTALL)
    hidden = re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", lesson, flags=re.DOTALL)
    hidden += [(source / file).read_text(encoding="utf-8") for file in ("mistakes.py", "approaches.py")]
    given = {line.strip() for line in (shown + (source / "checks.py").read_text(encoding="utf-8")).splitlines()}
    leaked = {line for text in hidden for line in code_lines(text) - given if line in released}
    rubrics = re.findall(r"=== BEGIN MARK SCHEME ===(.*?)=== END MARK SCHEME ===", lesson, flags=re.DOTALL)
    leaked |= {
        line
        for rubric in rubrics
        for line in rubric.replace("# ", "").splitlines()
        if len(line) > 25 and line in released
    }
    assert leaked == set()
    assert "MARK SCHEME" not in released
    assert {file.name for file in path.parent.iterdir() if file.is_file()} == {path.name, "checks.py", "hints.md"}


def test_instructors_cells_stay_with_them(tiny: Path) -> None:
    """A cell tagged `instructor` is in the source notebook and not in the release, which is the same without it."""
    build(tiny)
    before = contents(tiny / "lessons")
    replace(
        tiny / "solutions" / "tiny" / "lesson.py",
        "# %%\nimport",
        '# %% tags=["instructor"]\nprint("for the instructor")\n\n# %%\nimport',
    )
    assert build(tiny) == []
    assert contents(tiny / "lessons") == before
    assert "for the instructor" in (tiny / "solutions" / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")


def test_folded_cells_are_released_with_their_code_hidden(tiny: Path) -> None:
    """A cell tagged `folded` is released as it is, its code folded away."""
    replace(tiny / "solutions" / "tiny" / "lesson.py", "# %%\nimport", '# %% tags=["folded"]\nimport')
    build(tiny)
    cells = nbformat.read(tiny / "lessons" / "tiny" / "tiny.ipynb", as_version=4).cells
    hidden = [cell.source for cell in cells if cell.metadata.get("jupyter") == {"source_hidden": True}]
    assert hidden[0] == INSTALL
    assert [source.splitlines()[0] for source in hidden[1:]] == ["import numpy as np"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# %%\ncheck(mean)\n", "", "exercise mean has no cell check"),
        ("def mean(x):", "def average(x):", "must define one exercise that has checks; it defines average"),
        ("check(mean)\n", "check(median)\n", "has no exercise 'median'"),
    ],
)
def test_wrong_sources_are_named(tiny: Path, old: str, new: str, words: str) -> None:
    """What is wrong in a lesson's source is said in a sentence, and nothing is written."""
    replace(tiny / "solutions" / "tiny" / "lesson.py", old, new)
    with pytest.raises(PrepError, match=words):
        build(tiny)
    assert not (tiny / "lessons").exists()


def test_adding_a_lesson_touches_one_folder(tiny: Path) -> None:
    """A folder beside the others is a lesson: it is found, built and released."""
    folder = tiny / "solutions" / "second"
    folder.mkdir()
    for file in (tiny / "solutions" / "tiny").glob("*.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    build(tiny)
    assert [lesson.name for lesson in all_lessons(tiny)] == ["second", "tiny"]
    assert (tiny / "lessons" / "second" / "second.ipynb").exists()
