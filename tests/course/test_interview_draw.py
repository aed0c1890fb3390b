"""The draw of a mock interview: it fits, it is the same for all by its seed, and it takes what was asked for."""

from __future__ import annotations

from collections import Counter

import pytest
from helpers import ROOT

from grader.course import interview_draw
from grader.course.catalogue import Lesson, all_lessons
from grader.course.interview_draw import Plan, draw
from grader.course.sections import Section
from grader.errors import UsageError

LESSONS = all_lessons(ROOT)


@pytest.mark.parametrize("minutes", [10, 20, 45, 90])
def test_it_fits_the_time(minutes: int) -> None:
    """A draw uses most of its minutes and never more; code comes first, then talk, nothing twice."""
    for seed in range(20):
        plan = draw(LESSONS, seed, minutes)
        assert 0.75 * minutes <= sum(item.minutes for item in plan.items) <= minutes
        kinds = [item.kind for item in plan.items]
        assert kinds == sorted(kinds)
        names = [name for item in plan.items for name in item.names]
        assert len(names) == len(set(names))
    assert {"exercise", "question"} == set(kinds)


def test_the_same_for_all_by_seed() -> None:
    """The seed alone decides, whatever order the lessons come in; another seed draws another interview."""
    assert draw(LESSONS, 7) == draw(list(reversed(LESSONS)), 7)
    assert len({draw(LESSONS, seed).items for seed in range(20)}) > 15


def test_one_function_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two lessons name a function alike one of them is drawn: both stand in one notebook."""

    def alike(lesson: Lesson) -> list[Section]:
        return [Section("exercise", lesson.name, ("score",), "score", minutes=3)]

    monkeypatch.setattr(interview_draw, "sections", alike)
    assert len(draw(LESSONS, 7).items) == 1


def test_what_is_asked_often_comes_more_often() -> None:
    """Of exercises asked often a larger part is drawn than of those asked rarely or sometimes."""
    asked = {exercise.name: exercise.asked for lesson in LESSONS for exercise in lesson.exercises}
    drawn = Counter(
        asked[item.names[0]] for seed in range(200) for item in draw(LESSONS, seed).items if item.kind == "exercise"
    )
    there = Counter(asked.values())
    assert drawn["often"] / there["often"] > drawn["sometimes"] / there["sometimes"]


def test_topics_and_levels() -> None:
    """A topic is a lesson's name or a word of its header; a level is a difficulty; what there is not is said."""
    assert {item.lesson for item in draw(LESSONS, 1, topics=["calibration"]).items} == {"metrics"}
    assert {item.lesson for item in draw(LESSONS, 1, topics=["backprop"]).items} == {"backprop"}
    easy = draw(LESSONS, 1, levels=["easy"])
    levels = {exercise.name: exercise.difficulty for lesson in LESSONS for exercise in lesson.exercises}
    assert {levels[item.names[0]] for item in easy.items if item.kind == "exercise"} == {"easy"}
    with pytest.raises(UsageError, match="Did you mean calibration"):
        draw(LESSONS, 1, topics=["calibratoin"])
    with pytest.raises(UsageError, match="Nothing of level hard fits 1 minutes"):
        draw(LESSONS, 1, minutes=1, levels=["hard"])


def test_a_plan_is_kept_as_text() -> None:
    """What is packed comes back the same."""
    plan = draw(LESSONS, 3, one_try=True)
    assert Plan.unpack(plan.pack()) == plan
