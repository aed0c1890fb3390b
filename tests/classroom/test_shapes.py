"""Notebooks as other tools write them: `prep grade` and `nbgrader autograde` agree on each, in code, words and what waits for a person."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classroom.a_class import RIGHT, by_id, code_cell, hand_in, make_course, nbgrader, scores, solved
from grader.classroom.grading import grade_class

Notebook = dict[str, Any]
Change = Callable[[Notebook], object]
WORDS = "Outliers move it, in my own words."


def minor(number: int) -> Change:
    """A later format's cell ids under an earlier format's number, as Colab and VS Code write them."""
    return lambda notebook: notebook.update(nbformat_minor=number)


def cell(name: str, **changes: Any) -> Change:
    return lambda notebook: by_id(notebook["cells"], name).update(changes)


def without(name: str, key: str) -> Change:
    return lambda notebook: by_id(notebook["cells"], name).pop(key)


def own(**changes: Any) -> Change:
    """A cell of the learner's own."""
    return lambda notebook: notebook["cells"].append(code_cell("1 + 1") | changes)


def old_and_valid(name: str) -> Change:
    """A valid notebook of format 4.2, which knows no ids, in which a cell was deleted."""

    def change(notebook: Notebook) -> None:
        notebook["nbformat_minor"] = 2
        notebook["cells"] = [each for each in notebook["cells"] if each["id"] != name]
        for each in notebook["cells"]:
            del each["id"]

    return change


def no_marks(notebook: Notebook) -> None:
    """A copy in which nbgrader's marks were lost."""
    for each in notebook["cells"]:
        each["metadata"] = {}


STREAM = {"output_type": "stream", "text": "1\n"}
SHAPES: dict[str, Change] = {
    "as it is": lambda notebook: None,
    "format 4.0": minor(0),
    "format 4.2": minor(2),
    "format 4.4": minor(4),
    "format 5": lambda notebook: notebook.update(nbformat=5),
    "4.2 without a check": old_and_valid("check-mean"),
    "4.2 without ids": old_and_valid("nothing"),
    "no check": lambda notebook: notebook["cells"].remove(by_id(notebook["cells"], "check-mean")),
    "id with a space": cell("mean", id="my cell"),
    "id twice": own(id="mean"),
    "no id": without("mean", "id"),
    "output without a name": cell("mean", outputs=[STREAM]),
    "output without metadata": cell("mean", outputs=[{"output_type": "display_data", "data": {"text/plain": "1"}}]),
    "execution count star": cell("mean", execution_count="*"),
    "no execution count": without("mean", "execution_count"),
    "no outputs": without("mean", "outputs"),
    "outputs null": cell("mean", outputs=None),
    "a tag twice": own(metadata={"tags": ["one", "one"]}),
    "heading cell": lambda notebook: notebook["cells"].append({"cell_type": "heading", "level": 2, "source": "Mine"}),
    "unknown cell": lambda notebook: notebook["cells"].append({"cell_type": "sql", "source": "select 1"}),
    "no metadata": lambda notebook: notebook.pop("metadata"),
    "metadata null": own(metadata=None),
    "marks null": own(metadata={"nbgrader": None}),
    "source null": own(source=None),
    "half a character": own(source="x = 1 # \ud83d"),
    "Colab": lambda notebook: notebook.update(
        nbformat_minor=0, metadata={"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    ),
    "byte order mark": lambda notebook: None,
    "no marks": no_marks,
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One class twice: graded by `prep grade`, and by `nbgrader autograde`, which finds no journal."""
    ours = make_course(tmp_path_factory.mktemp("shapes") / "ours")
    nbgrader(ours, "generate_assignment", "tiny", "--force")
    for name, change in SHAPES.items():
        notebook = json.loads(solved(ours, RIGHT))
        by_id(notebook["cells"], "answer-robust")["source"] = WORDS
        change(notebook)
        mark = "\ufeff" if name == "byte order mark" else ""
        hand_in(ours, name, mark + json.dumps(notebook))
    stock = Path(shutil.copytree(ours, ours.with_name("stock")))
    report = grade_class("tiny", [ours / "submitted"], jobs=1, course=ours)
    assert [result.status for result in report.submissions] == ["graded"] * len(SHAPES)
    nbgrader(stock, "autograde", "tiny")
    return ours, stock


def test_both_give_the_same_scores(both: tuple[Path, Path]) -> None:
    """Whatever the shape: the code is right, the words wait for a person, the two ways agree."""
    ours, stock = map(scores, both)
    assert ours == stock
    assert ours == dict.fromkeys(SHAPES, {"check-mean": (4.0, False), "answer-robust": (None, True)})


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_lost_on_the_way(both: tuple[Path, Path], name: str) -> None:
    """The autograded notebook, which formgrader and feedback show, has the learner's code and words."""
    text = (both[1] / "autograded" / name / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")
    assert "sum(x.tolist())" in text
    assert WORDS in text
