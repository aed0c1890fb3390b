"""What several tests use: where the project and the tiny course are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny_course"

_SECOND = """# %% [markdown]
# ## `second`  *(easy, 2 min, asked rarely)*


# %%
def second(x):
    \"\"\"Mean of an array, once more.\"\"\"
    ### BEGIN SOLUTION
    return mean(x)
    ### END SOLUTION


# %%
check(second)

"""
_CHECK = """

@points(2)
def test_second(second, draw):
    \"\"\"The mean is the sum divided by the number of values.\"\"\"
    agree(second, draw(vectors, average))
"""


def add_exercise(course: Path) -> None:
    """Give the tiny lesson of a course a second exercise, as its author does: `second`, worth two points."""
    folder = course / "solutions" / "tiny"
    lesson = (folder / "lesson.py").read_text(encoding="utf-8")
    sheet = '# %% [markdown] tags=["sheet"]'
    (folder / "lesson.py").write_text(lesson.replace(sheet, _SECOND + sheet), encoding="utf-8")
    with (folder / "checks.py").open("a", encoding="utf-8") as checks:
        checks.write(_CHECK)
