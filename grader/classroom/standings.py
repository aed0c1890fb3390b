"""How a class stands in a course: every student in every lesson.

The journal knows what each check said, the gradebook what counts: marks by hand, penalties, who is
in the class. Scores here are the gradebook's, as `nbgrader export` has them; where the automatic
ones differ from the journal's, `differs` says why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from grader.classroom.item_analysis import Item, items
from grader.classroom.journal import Journal
from grader.course.catalogue import Lesson
from grader.course.cells import answer_id, check_id, is_answer
from grader.verdict import Result, Score, State

if TYPE_CHECKING:
    from grader.classroom.gradebook_records import CellGrade, Recorded, Records

_ODD = {
    "timeout": "did not come back",
    "memory": "took more memory than there is",
    "died": "ended its process",
    "broken": "met a broken check",
}


@dataclass(frozen=True, slots=True)
class ExerciseStanding:
    """An exercise of a student's: where it stands, and what explains its first failed check."""

    name: str
    state: State
    score: float
    points: float
    mistake: str | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class QuestionStanding:
    """A concept question of a student's: its marks, or that a person must mark it."""

    name: str
    title: str
    score: float
    points: float
    waiting: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A student in a lesson. Who handed in nothing is `missing`, or before the deadline `open`."""

    student: str
    status: str  # graded, unreadable, missing, open
    score: float = 0.0
    max_score: float = 0.0
    penalty: float = 0.0
    late: timedelta | None = None
    exercises: tuple[ExerciseStanding, ...] = ()
    questions: tuple[QuestionStanding, ...] = ()
    looks: tuple[str, ...] = ()
    differs: str = ""

    @property
    def handed_in(self) -> bool:
        return self.status in ("graded", "unreadable")

    @property
    def waiting(self) -> tuple[QuestionStanding, ...]:
        """The answers that a person must mark."""
        return tuple(question for question in self.questions if question.waiting)

    @property
    def decided(self) -> float:
        """The points that are given or lost already: all but those of answers that wait."""
        return self.max_score - sum(question.points for question in self.waiting)

    @property
    def fraction(self) -> float:
        """The score as a fraction of the points that are decided."""
        return self.score / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class Made:
    """A known mistake and who made it."""

    lesson: str
    exercise: str
    slug: str
    sentence: str
    students: tuple[str, ...]

    @property
    def shared(self) -> bool:
        return len(self.students) > 1


@dataclass(frozen=True)
class LessonStanding:
    """A class in a lesson; `standings` has everybody in the class, by name."""

    lesson: Lesson
    due: datetime | None
    max_score: float
    graded: int  # submissions in the journal
    standings: dict[str, Standing]
    items: list[Item]
    mistakes: list[Made]

    @property
    def handed_in(self) -> list[Standing]:
        return [each for each in self.standings.values() if each.handed_in]

    @property
    def exercises(self) -> dict[str, Counter[State]]:
        """How many of those who handed in stand where, by exercise."""
        # Everything that the lesson has, begun by somebody or not.
        found: dict[str, Counter[State]] = {each.name: Counter() for each in self.lesson.exercises}
        for each in self.standings.values():
            for done in each.exercises if each.status == "graded" else ():
                found.setdefault(done.name, Counter())[done.state] += 1
        return found

    @property
    def missing(self) -> list[str]:
        return [each.student for each in self.standings.values() if each.status == "missing"]

    @property
    def late(self) -> list[Standing]:
        return [each for each in self.standings.values() if each.late]

    @property
    def looks(self) -> list[tuple[str, str]]:
        """Students and sentences: what somebody should look at."""
        return [(each.student, look) for each in self.standings.values() for look in each.looks]

    @property
    def differences(self) -> list[tuple[str, str]]:
        """Students and sentences: where the gradebook and the journal do not say the same."""
        return [(each.student, each.differs) for each in self.standings.values() if each.differs]

    @property
    def waiting(self) -> dict[str, list[str]]:
        """The students whose answers a person must mark, by the titles of the questions."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for each in self.standings.values():
            for question in each.waiting:
                found[question.title].append(each.student)
        return dict(found)

    @property
    def waiting_count(self) -> int:
        return sum(len(students) for students in self.waiting.values())

    @property
    def handed_in_count(self) -> int:
        return len(self.handed_in)


def lesson_standing(
    lesson: Lesson,
    results: Sequence[Result],
    records: Records | None,
    everybody: Collection[str] = (),
) -> LessonStanding:
    """The class in one lesson: `everybody`, the gradebook's students, and who handed in.

    Without a gradebook the scores are the journal's.
    """
    by_student = {result.student: result for result in results}
    recorded = records.submissions.get(lesson.name, {}) if records else {}
    due = records.due.get(lesson.name) if records else None
    most = records.max_score.get(lesson.name, lesson.points) if records else lesson.points
    enrolled = records.students if records else {}
    standings = {}
    # Whoever the gradebook, the journal or another lesson knows: nobody is overlooked for being in one of them.
    for student in sorted({*by_student, *recorded, *everybody, *enrolled}):
        result, row = by_student.get(student), recorded.get(student)
        if result or row:
            differs = _differs(result, row) if records else ""
            standings[student] = _handed_in(lesson, student, result, row, most, differs)
        else:
            standings[student] = _nothing(lesson, student, most, due)
    found = mistakes(lesson.name, results)
    return LessonStanding(lesson, due, most, len(results), standings, items(lesson, results), found)


def latest(lesson: str, journal: Journal) -> list[Result]:
    """The latest result of each student, by student."""
    # The journal gives the newest last, and the last of equal keys stays.
    found = {result.student: result for result in journal.results(lesson)}
    return [found[student] for student in sorted(found)]


def mistakes(lesson: str, results: Sequence[Result]) -> list[Made]:
    """The known mistakes that were made, the most frequent first."""
    made: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for result in results:
        for score in result.exercises:
            if score.mistake:
                made[score.name, score.mistake, score.sentence].append(result.student)
    return most_frequent([Made(lesson, *key, tuple(students)) for key, students in made.items()])


def most_frequent(made: Sequence[Made]) -> list[Made]:
    """Mistakes by how many students made them."""
    return sorted(made, key=lambda each: (-len(each.students), each.lesson, each.exercise, each.slug))


def needs_a_look(result: Result) -> Iterator[str]:
    """Sentences on files nobody can read, answers that hung, died or took all memory, cells left out."""
    if result.status == "unreadable":
        yield result.reason or "could not be read"
    for score in result.exercises:
        if odd := next((check for check in score.checks if check.outcome in _ODD), None):
            yield f"{score.name} {_ODD[odd.outcome]}. {odd.message}"
    yield from (note.text for note in result.notes if note.kind in ("left out", "dropped"))


# --- one student in one lesson --------------------------------------------------------------------


def _nothing(lesson: Lesson, student: str, most: float, due: datetime | None) -> Standing:
    now = datetime.now(UTC).replace(tzinfo=None)  # nbgrader's times are UTC without a zone
    is_open = due is not None and due > now
    status = "open" if is_open else "missing"
    blank = [ExerciseStanding(each.name, "unwritten", 0.0, each.points) for each in lesson.exercises]
    return Standing(student, status, 0.0, most, exercises=tuple(blank))


def _handed_in(
    lesson: Lesson, student: str, result: Result | None, row: Recorded | None, most: float, differs: str
) -> Standing:
    """A student who handed in, as the journal and the gradebook know them, or one of the two."""
    marks = row.marks if row else {}
    if result:
        standing = _by_journal(result, most)
    else:
        exercises = tuple(_by_marks(lesson, marks))
        standing = Standing(student, "graded", 0.0, most, exercises=exercises)
    standing = replace(standing, questions=tuple(_questions(lesson, marks)), differs=differs)
    if row is None:
        return standing
    # What counts is the gradebook's: marks by hand and penalties are in its score.
    return replace(standing, score=row.score, penalty=row.penalty, late=row.late)


def _by_journal(result: Result, most: float) -> Standing:
    exercises, looks = tuple(_by_checks(result)), tuple(needs_a_look(result))
    return Standing(result.student, result.status, result.score, most, exercises=exercises, looks=looks)


def _by_checks(result: Result) -> Iterator[ExerciseStanding]:
    for score in result.exercises:
        facts = score.name, score.state, score.score, score.max_score
        yield ExerciseStanding(*facts, score.mistake, _explanation(score))


def _explanation(score: Score) -> str:
    """What explains an exercise's first failed check; "" where there is nothing to explain."""
    if score.state == "unwritten":
        return ""
    if score.mistake:
        return score.sentence
    failed = [check for check in score.checks if check.outcome != "passed"]
    return failed[0].relation or failed[0].message if failed else ""


def _by_marks(lesson: Lesson, marks: Mapping[str, CellGrade]) -> Iterator[ExerciseStanding]:
    """The exercises of a submission that the gradebook alone knows."""
    for exercise in lesson.exercises:
        mark = marks.get(check_id(exercise.name))
        score = mark.score if mark else 0.0
        state: State = "wrong" if score else "unwritten"
        if score >= exercise.points:
            state = "complete"
        yield ExerciseStanding(exercise.name, state, score, exercise.points)


def _questions(lesson: Lesson, marks: Mapping[str, CellGrade]) -> Iterator[QuestionStanding]:
    titles = {answer_id(question.slug): question.title.strip('"') for question in lesson.questions}
    names = [*titles, *(name for name in marks if is_answer(name) and name not in titles)]
    for name in names:
        if mark := marks.get(name):
            answered = mark.waiting or mark.by_hand or bool(mark.score)
            marked = mark.score, mark.max_score, mark.waiting
            yield QuestionStanding(name, titles.get(name, name), *marked, answered)


def _differs(result: Result | None, row: Recorded | None) -> str:
    """Why the gradebook's scores of the exercises are not the journal's; "" where they are."""
    if row is None:
        return "is not in this gradebook: `prep grade` wrote to another one, or the student was removed."
    if result is None:
        return "is in the gradebook alone: no run of `prep grade` or `nbgrader autograde` here knows the submission."
    for score in result.exercises:
        mark = row.marks.get(check_id(score.name))
        if mark is None:
            return f"{score.name} is newer than the gradebook, and its {score.score:g} points are not in there."
        if mark.by_hand:
            return f"{score.name} has {mark.score:g} points by hand, and {score.score:g} by its checks."
        if mark.auto != score.score:
            there = "none" if mark.auto is None else f"{mark.auto:g}"
            return f"{score.name} has {score.score:g} points, in the gradebook {there}: `prep grade` writes it again."
    return ""


def gradebook_of(course: Path, url: str | None = None) -> str:
    """The address of a course's gradebook: the one that was named, or the file that nbgrader takes."""
    return url or f"sqlite:///{course / 'gradebook.db'}"
