"""Lessons are read from their folders, and a folder that is wrong says how."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.catalogue import all_lessons, find_course, find_lesson
from grader.errors import LessonError, UsageError


def test_lesson_is_what_its_folder_says(tiny: Path) -> None:
    """Title, minutes, exercises, points, the core check, mistakes and hints come from the files."""
    read = find_lesson("tiny", tiny)
    (exercise,) = read.exercises
    assert (read.title, read.order, read.minutes) == ("A tiny lesson", 1, 5)
    assert (exercise.name, exercise.points, [check.core for check in exercise.checks]) == (
        "mean",
        4.0,
        [True, False, False],
    )
    assert exercise.checks[0].name == "The mean is the sum divided by the number of values"
    assert [mistake.slug for mistake in read.mistakes] == ["sum", "median", "n-minus-one", "in-place", "nan-for-empty"]
    assert len(read.hints["mean"]) == 3


def test_lesson_is_read_again_when_a_file_has_changed(tiny: Path) -> None:
    """An unchanged lesson is the one read before; a file that changed, by a letter, is seen."""
    before = find_lesson("tiny", tiny)
    assert find_lesson("tiny", tiny) is before
    hints = tiny / "solutions" / "tiny" / "hints.md"
    hints.write_text(hints.read_text() + " ")
    assert find_lesson("tiny", tiny) is not before


def test_course_is_found_from_below(tiny: Path) -> None:
    """Commands work in any folder of a course."""
    assert find_course(tiny / "solutions" / "tiny") == tiny.resolve()


def test_no_course_is_a_sentence(tmp_path: Path) -> None:
    """Outside a course the error says what a course is."""
    with pytest.raises(UsageError, match="a folder with solutions/ or lessons/"):
        find_course(tmp_path)


@pytest.mark.parametrize(("asked", "answer"), [("tinny", "Did you mean tiny?"), ("zebra", "There are: tiny")])
def test_unknown_lesson_suggests(tiny: Path, asked: str, answer: str) -> None:
    """A misspelt lesson gets a suggestion, an unknown one the list."""
    with pytest.raises(UsageError) as error:
        find_lesson(asked, tiny)
    assert answer in str(error.value)


def test_unknown_exercise_suggests(tiny: Path) -> None:
    """So does a misspelt exercise."""
    with pytest.raises(UsageError, match="Did you mean mean"):
        find_lesson("tiny", tiny).exercise("meam")


def test_misspelt_file_is_an_error(tiny: Path) -> None:
    """A file that is nearly called right is named in the error."""
    folder = tiny / "solutions" / "tiny"
    (folder / "mistakes.py").rename(folder / "mistake.py")
    with pytest.raises(LessonError, match=r"no mistakes.py .*call mistake.py that"):
        all_lessons(tiny)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("def test_x(mean, draw):\n    'A rule.'", "needs its points"),
        ("@points(1)\ndef test_x(mean):\n    pass", "needs a docstring"),
        ("@points(1)\ndef test_x():\n    'A rule.'", "first argument names the exercise"),
        ("def broken(:", "is not Python"),
    ],
)
def test_bad_check_is_an_error(tiny: Path, line: str, complaint: str) -> None:
    """A check without points, docstring or exercise is named with its line."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text(checks.read_text() + "\n\n" + line + "\n")
    with pytest.raises(LessonError, match=complaint):
        all_lessons(tiny)


def test_mistake_of_no_exercise_is_an_error(tiny: Path) -> None:
    """A mistake whose name begins with no exercise gets a suggestion."""
    mistakes = tiny / "solutions" / "tiny" / "mistakes.py"
    mistakes.write_text(mistakes.read_text() + '\n\ndef maen__wrong(x):\n    """A sentence."""\n')
    with pytest.raises(LessonError, match="Did you mean mean"):
        all_lessons(tiny)
