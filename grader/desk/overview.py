"""What a learner has done and what is left, as data.

The terminal, notebooks and the page to start from show this.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalogue import find_course
from grader.course.outline import Outline, Part, outline, outlines
from grader.course.packaged import packaged_course
from grader.desk.here import here, in_notebook
from grader.desk.next_step import next_exercise
from grader.desk.progress import Progress, Standing, Talk
from grader.desk.schedule import Due, due
from grader.errors import UsageError
from grader.verdict import State

LEVELS, ASKED = ("easy", "medium", "hard"), ("often", "sometimes", "rarely")


@dataclass(frozen=True, slots=True)
class Tile:
    """An exercise or a question and how it stands.

    An exercise has a `standing`, a question a `talk` once it is scored. `is_due`: it, or a mistake
    made in it, is to be reviewed today.
    """

    part: Part
    state: State
    standing: Standing | None = None
    talk: Talk | None = None
    is_due: bool = False

    @property
    def score(self) -> float:
        if self.standing:
            return self.standing.best
        return self.talk.points if self.talk else 0.0

    @property
    def is_open(self) -> bool:
        """Whether something is left to do: an exercise that does not pass, a question without a score."""
        return not self.standing.done if self.standing else self.talk is None


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson and its tiles; `notebook` is the learner's own copy, or where that will be."""

    outline: Outline
    notebook: Path
    tiles: tuple[Tile, ...]

    @property
    def name(self) -> str:
        return self.outline.name

    @property
    def exercises(self) -> tuple[Tile, ...]:
        return tuple(tile for tile in self.tiles if tile.part.kind == "exercise")

    @property
    def questions(self) -> tuple[Tile, ...]:
        return tuple(tile for tile in self.tiles if tile.part.kind == "question")

    @property
    def standings(self) -> list[Standing]:
        return [tile.standing for tile in self.exercises if tile.standing]

    @property
    def score(self) -> float:
        return sum(tile.score for tile in self.exercises)

    @property
    def minutes_left(self) -> float:
        return sum(tile.part.minutes for tile in self.tiles if tile.is_open)


@dataclass(frozen=True, slots=True)
class Overview:
    """A course as a learner stands in it. `following` is what to do next, None when all is done."""

    rows: tuple[Row, ...]
    following: tuple[Row, Tile] | None
    due: tuple[Due, ...] = ()

    @property
    def tiles(self) -> Iterator[Tile]:
        for row in self.rows:
            yield from row.tiles

    @property
    def exercises(self) -> Counter[State]:
        """How many exercises are in which state."""
        return Counter(tile.state for row in self.rows for tile in row.exercises)

    @property
    def questions(self) -> Counter[State]:
        """How many questions are in which state, by the learner's own scores."""
        return Counter(tile.state for row in self.rows for tile in row.questions)

    @property
    def points(self) -> tuple[float, float]:
        """Of the exercises: reached and possible."""
        reached = sum(row.score for row in self.rows)
        possible = sum(row.outline.points for row in self.rows)
        return reached, possible

    @property
    def minutes_left(self) -> float:
        return sum(row.minutes_left for row in self.rows)


def overview(now: float | None = None) -> Overview:
    """The overview of the course here.

    Without one, of the lesson in this folder, or of the packaged ones as on Colab.
    """
    lessons, course = _lessons_here()
    with Progress.here() as progress:
        coming = tuple(due(lessons, progress, time.time() if now is None else now))
        last = progress.last_place()
        talks = {(talk.lesson, talk.question): talk for talk in progress.talks()}
        is_due = {(item.key.lesson, item.key.name) for item in coming}
        rows = []
        for lesson in lessons:
            tiles = []
            for part in lesson.exercises:
                standing = progress.standing(lesson.name, part)
                tiles.append(_exercise(part, standing, (lesson.name, part.name) in is_due))
            for part in lesson.questions:
                talk = talks.get((lesson.name, part.name))
                tiles.append(_question(part, talk, (lesson.name, part.name) in is_due))
            rows.append(Row(lesson, _notebook(lesson.name, course), tuple(tiles)))
    return Overview(tuple(rows), _following(rows, last), coming)


def _lessons_here() -> tuple[list[Outline], Path | None]:
    """The lessons in outline, and the course with the learner's work where there is one."""
    try:
        course = find_course(here())
    except UsageError:
        if (here() / "checks.py").exists():
            return [outline(here())], None
        # In a terminal a folder without a course is a mistake; a notebook on Colab never has one.
        if not in_notebook():
            raise
        return outlines(packaged_course()), None
    return outlines(course), course


def _notebook(lesson: str, course: Path | None) -> Path:
    return (course / "work" / lesson if course else here()) / f"{lesson}.ipynb"


def _exercise(part: Part, standing: Standing, is_due: bool) -> Tile:
    return Tile(part, standing.state, standing, is_due=is_due)


def _question(part: Part, talk: Talk | None, is_due: bool) -> Tile:
    return Tile(part, talk.state if talk else "unwritten", talk=talk, is_due=is_due)


def _following(rows: Sequence[Row], last: tuple[str, str]) -> tuple[Row, Tile] | None:
    """What to do next, near where the learner was: an exercise, and when all are done a question."""
    table = [(row, row.standings) for row in rows]
    found = next_exercise(table, last)
    if found:
        row, standing = found
        return row, next(tile for tile in row.tiles if tile.standing is standing)
    return next(((row, tile) for row in rows for tile in row.questions if tile.is_open), None)


# --- in words, the same wherever it is shown ------------------------------------------------------


def summary(shown: Overview) -> str:
    """The whole in a sentence: exercises, questions, points, the time that is left."""
    exercises, questions = shown.exercises, shown.questions
    done = exercises["complete"]
    words = [f"{done} of {exercises.total()} exercises complete"]
    words += [f"{exercises[state]} {state}" for state in ("right", "wrong") if exercises[state]]
    told = ", ".join(words)
    talked = questions.total() - questions["unwritten"]
    scored = f"; {talked} of {questions.total()} questions scored" if questions else ""
    reached, possible = shown.points
    left = f"about {duration(shown.minutes_left)} left"
    return f"{told}{scored}; {reached:g} of {possible:g} points; {left}."


def duration(minutes: float) -> str:
    """Minutes as one says them: 45 min, 7 h."""
    # The lessons' own estimates: 7 h 12 min would claim more than they know.
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def totals(row: Row) -> tuple[str, str, str]:
    """A lesson's points, its exercises, its questions."""
    done = sum(not tile.is_open for tile in row.exercises)
    talked = sum(not tile.is_open for tile in row.questions)
    return (
        f"{row.score:g} / {row.outline.points:g} points",
        f"{done} of {len(row.exercises)} exercises done",
        f"{talked} of {len(row.questions)} questions scored" if row.questions else "",
    )


def line(tile: Tile) -> str:
    """How one exercise or question stands, in a line; "" of one that was not begun."""
    name = tile.part.name
    if tile.talk:
        return f"{name}: {tile.talk.points:g} / {tile.talk.max_points:g} by your own score"
    standing = tile.standing
    if not standing or not (standing.attempts or standing.hints):
        return ""
    state = "done" if standing.done else f"{standing.best:g} / {tile.part.points:g}"
    hints = f", {_count(standing.hints, 'hint')}" if standing.hints else ""
    fixed = f"; fixed: {', '.join(standing.mended)}" if standing.mended else ""
    still = f"; still there: {', '.join(standing.open)}" if standing.open else ""
    return f"{name}: {state} after {_count(standing.attempts, 'attempt')}{hints}{fixed}{still}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def heading(part: Part) -> str:
    """What the heading says: medium, 12 min, asked often."""
    asked = f"asked {part.asked}" if part.asked else ""
    return ", ".join(word for word in (part.difficulty, f"{part.minutes:.0f} min", asked) if word)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which exercises and questions are shown.

    Those of a level, of at most so many minutes, asked so often, of a topic.
    """

    level: str = ""
    minutes: float = 0.0
    asked: str = ""
    topic: str = ""

    def __post_init__(self) -> None:
        for word, known in ((self.level, LEVELS), (self.asked, ASKED)):
            if word not in ("", *known):
                raise UsageError(f"There is no {word!r}: {', '.join(known)}.")

    def fits(self, row: Row, tile: Tile) -> bool:
        part, about = tile.part, (row.name, *row.outline.topics)
        return (
            self.level in ("", part.difficulty)
            and self.asked in ("", part.asked)
            and (not self.minutes or part.minutes <= self.minutes)
            and (not self.topic or any(self.topic.lower() in word.lower() for word in about))
        )


EVERYTHING = Filter()
