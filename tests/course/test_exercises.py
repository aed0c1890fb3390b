"""What the headings of a lesson say of its exercises."""

from __future__ import annotations

from pathlib import Path

from grader.course.build import build
from grader.course.catalogue import find_lesson, read_lesson


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
