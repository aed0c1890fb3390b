"""What the headings of a lesson say of its exercises."""

from __future__ import annotations

from pathlib import Path

from helpers import ROOT

from grader.course.build import build
from grader.course.catalogue import all_lessons, find_lesson, read_lesson


def test_headings_are_data(tiny: Path) -> None:
    """Difficulty, minutes and how often it is asked, from the source and from the released notebook alike."""
    build(tiny)
    for lesson in (find_lesson("tiny", tiny), read_lesson(tiny / "lessons" / "tiny")):
        (exercise,) = lesson.exercises
        assert (exercise.difficulty, exercise.minutes, exercise.asked) == ("easy", 2, "often")
        assert (lesson.topics, lesson.needs) == (("means", "robust statistics"), ())


def test_functions_below_one_heading_share_it(tiny: Path) -> None:
    """A bug hunt's heading holds for all its functions; a concept question's heading holds for none."""
    source = tiny / "solutions" / "tiny" / "lesson.py"
    text = source.read_text(encoding="utf-8")
    hunt = "# %% [markdown]\n# ## Bug hunt: a mean   *(hard, 9 min)*\n#\n# ### Q. Why?   *(easy, 1 min)*\n\n"
    source.write_text(text.replace("# %%\ndef mean", f"{hunt}# %%\ndef mean"), encoding="utf-8")
    (exercise,) = find_lesson("tiny", tiny).exercises
    assert (exercise.difficulty, exercise.minutes, exercise.asked) == ("hard", 9, "")


def test_results_have_the_names_of_the_text() -> None:
    """The values of a result have the names that its docstring gives them; where it gives none, there are none."""
    names = {each.name: each.results for lesson in all_lessons(ROOT) for each in lesson.exercises}
    assert names["layer_norm_backward"] == ("dx", "dgamma", "dbeta")
    assert names["mlp_gradients"] == ("loss", "dw1", "db1", "dw2", "db2")
    assert names["roc_curve"] == ("fpr", "tpr", "thresholds")
    assert names["linear_backward"] == ("dx", "dw", "db")
    assert names["roc_auc"] == names["binary_metrics"] == names["near_duplicates"] == ()


def test_released_lessons_name_results_too(tiny: Path) -> None:
    """A released notebook, whose function is not written, has the names as its source has them."""
    source = tiny / "solutions" / "tiny" / "lesson.py"
    text = source.read_text(encoding="utf-8")
    docstring = text.split('"""')[1]
    source.write_text(
        text.replace(docstring, "Two means.\n\n    Returns (one, other): numbers.\n    "), encoding="utf-8"
    )
    build(tiny)
    for lesson in (find_lesson("tiny", tiny), read_lesson(tiny / "lessons" / "tiny")):
        assert lesson.exercises[0].results == ("one", "other")
