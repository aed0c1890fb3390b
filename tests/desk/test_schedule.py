"""What comes back when: growing intervals after success, tomorrow after failure, nothing that always went well."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from grader.course.catalogue import all_lessons
from grader.desk.progress import Progress, Talk
from grader.desk.schedule import Due, due, schedule
from grader.verdict import Score, Verdict

DAY = 86400.0
NOON = time.mktime((2026, 3, 2, 12, 0, 0, 0, 0, -1))


class Learner:
    """Somebody who works at a time that the test says."""

    def __init__(self, course: Path, patch: pytest.MonkeyPatch) -> None:
        self.lessons = all_lessons(course)
        self._patch = patch
        patch.chdir(course)

    def on(self, day: float) -> None:
        self._patch.setattr(time, "time", lambda: NOON + day * DAY)

    def attempt(self, points: float, mistake: str | None = None) -> None:
        checks = (Verdict("A rule", "passed", points), Verdict("Another", "failed", 4.0 - points))
        with Progress.here() as progress:
            progress.attempt("tiny", Score("mean", checks if points < 4 else checks[:1], mistake))

    def hint(self) -> None:
        with Progress.here() as progress:
            progress.take_hint("tiny", "mean")

    def talk(self, day: float, points: float) -> None:
        with Progress.here() as progress:
            progress.score_talk(Talk(NOON + day * DAY, "tiny", "robust", points, 2.0))

    def due(self, day: float) -> list[Due]:
        with Progress.here() as progress:
            return due(self.lessons, progress, NOON + day * DAY)

    def next(self, kind: str = "exercise") -> float:
        """In how many days from the first the thing of a kind comes back."""
        with Progress.here() as progress:
            (item,) = [item for item in schedule(self.lessons, progress) if item.key.kind == kind]
        return (item.at - NOON) / DAY


@pytest.fixture
def learner(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    return Learner(tiny, monkeypatch)


def test_what_was_right_at_once_never_comes_back(learner: Learner) -> None:
    """An exercise that passed at the first try and without hints is not due, nor is a good answer to a question."""
    learner.on(0)
    learner.attempt(4.0)
    learner.talk(0, 2.0)
    assert learner.due(1000) == []


def test_what_was_wrong_comes_back_at_growing_intervals(learner: Learner) -> None:
    """Wrong: tomorrow. Then each day on which it is right at once makes the interval longer; a failure makes it short again."""
    learner.on(0)
    learner.attempt(1.0)
    assert [item.why for item in learner.due(1)] == ["wrong so far"]
    assert learner.due(0) == []
    gaps, day = [], learner.next()
    for _ in range(4):
        learner.on(day)
        learner.attempt(4.0)
        gaps.append(learner.next() - day)
        day = learner.next()
    assert gaps == sorted(gaps) and gaps[-1] > 3 * gaps[0]
    learner.on(day)
    learner.attempt(0.0)
    assert learner.next() - day < gaps[-1] / 2


def test_right_only_after_hints_or_tries(learner: Learner) -> None:
    """A pass with a hint on the same day comes back; so does one at the third try."""
    learner.on(0)
    learner.hint()
    learner.attempt(4.0)
    assert [item.why for item in learner.due(30)] == ["right only after hints"]


def test_a_question_talked_about_badly(learner: Learner) -> None:
    """Below three quarters of the points by one's own score a question comes back, and later after a good answer."""
    learner.talk(0, 0.0)
    first = learner.next("question")
    learner.talk(first, 2.0)
    assert learner.next("question") - first >= 2 * first


def test_a_mistake_comes_back_as_a_question(learner: Learner) -> None:
    """A known mistake made once is due the next day, and later each time its question is answered right."""
    learner.on(0)
    learner.attempt(0.0, "sum")
    learner.attempt(4.0)
    first = learner.next("mistake")
    assert 0 < first <= 1.5
    learner.on(first)
    with Progress.here() as progress:
        progress.review("tiny", "mean", "sum", True)
    assert learner.next("mistake") - first > 1.5


def test_what_the_course_has_no_more_is_left_out(learner: Learner) -> None:
    """An exercise or mistake of an older edition does not come back."""
    learner.on(0)
    learner.attempt(0.0, "a-mistake-of-old")
    assert [item.key.kind for item in learner.due(30)] == ["exercise"]
