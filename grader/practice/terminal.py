"""A mock interview in the terminal: the plan, the clock, handing in a file, question by question."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.catalogue import Lesson, Question
from grader.course.interview_draw import Item
from grader.course.submission import Submission
from grader.desk.here import lesson_named
from grader.desk.talk import numbered
from grader.errors import PrepError, UsageError
from grader.judging.imported import imported
from grader.judging.judge import Judge, host_for, new_seed
from grader.practice import mock
from grader.practice.interview import Interview
from grader.practice.notebook import section_of
from grader.practice.score_sheet import lines, sheet, total
from grader.verdict import Score

_LEVEL = re.compile(r" +\*\([^)]*\)\*")  # behind a heading: *(easy, 3 min, asked often)*


@dataclass(frozen=True, slots=True)
class Hands:
    """How the terminal says something and asks: `line` for a line of text, `agree` for yes or no."""

    say: Callable[[str], None]
    line: Callable[[str], str]
    agree: Callable[[str], bool]


def plan_text(interview: Interview, *, is_new: bool = True) -> str:
    """What is asked, the time, and how to go on.

    Of one that was drawn before, that there may be another.
    """
    plan = interview.plan
    path = mock.path_of(plan)
    script = path.with_suffix(".py")
    rows = [f"  {item.minutes:3} min  {item.title}" for item in plan.items]
    how = [
        f"Write in {path} (`prep lab mock` opens it), or in any editor in {script.name} beside it.",
        f"`prep mock --hand-in` grades the notebook as it is saved, `prep mock --hand-in {_from_here(script)}` "
        "that file; both ask the questions that are still open and show the score sheet.",
    ]
    if not is_new:
        how.append("This one is still open: `prep mock --new` draws another.")
    return "\n".join([mock.clock_text(interview), *rows, *how])


def waiting_text(interview: Interview) -> str:
    """Which answers of an interview that is handed in have no score yet, and how to go on.

    "" where all have one.
    """
    slugs = [slug for slug, _ in _to_rate(interview)]
    if not slugs or interview.record().ended is None:
        return ""
    count = f"{len(slugs)} answers have" if len(slugs) > 1 else "1 answer has"
    what = f"{count} no score yet ({', '.join(slugs)})"
    return (
        f"{interview.plan.name} is handed in, but {what}.\n"
        "The last cells of its notebook or `prep mock --hand-in` go through the rubric; "
        "`prep mock --new` draws another interview."
    )


def _from_here(path: Path) -> Path:
    """A path as one types it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def hand_in(interview: Interview, file: Path | None, hands: Hands) -> str:
    """Grade a file (by default the interview's notebook), talk about the questions, and tell the score sheet.

    UsageError where there is no such file, or the code is graded already.
    """
    path = file or mock.path_of(interview.plan)
    is_over = interview.record().ended is not None
    if is_over and file and not _to_rate(interview):
        once = "its code is graded once. `prep mock` draws another."
        raise UsageError(f"{interview.plan.name} is handed in: {once}")
    if not is_over:
        if not path.is_file():
            raise UsageError(f"There is no file {path}.")
        # Before the code is graded: as in an interview, nobody knows yet how it went.
        _talk(interview, hands)
        mock.hand_in(interview, lambda lesson, names: grade_file(lesson, names, path))
    _rate(interview, hands)
    return sheet(interview).text


def grade_file(lesson: Lesson, names: Sequence[str], path: Path) -> Sequence[Score]:
    """The scores of some of a lesson's exercises in a file. PrepError where it cannot be read."""
    asked = replace(lesson, exercises=tuple(lesson.exercise(name) for name in names))
    with host_for(asked, "none") as host:
        result = Judge(asked, host, new_seed(), imported).result(Submission("you", path))
    if result.status == "unreadable":
        raise PrepError(str(result.reason))
    return result.exercises


def _questions(interview: Interview) -> list[tuple[Item, Lesson]]:
    items = [item for item in interview.plan.items if item.kind == "question"]
    return [(item, lesson) for item in items if (lesson := lesson_named(item.lesson)).reference]


def _talk(interview: Interview, hands: Hands) -> None:
    """Ask what was not answered yet, each question with its follow-ups."""
    for item, lesson in _questions(interview):
        (slug,) = item.names
        if slug in interview.record().said:
            continue
        hands.say(f"\n{_LEVEL.sub('', section_of(item).text.lstrip('# '))}\n")
        typed = hands.line("Answer aloud and press Enter, or type it")
        interview.note("said", slug, typed)
        for follow_up in lesson.question(slug).follow_ups:
            hands.line(f"  {follow_up.question}  [aloud, then Enter]")


def _rate(interview: Interview, hands: Hands) -> None:
    """Go through the rubric of each answer that has no score yet."""
    for slug, lesson in _to_rate(interview):
        said = mock.words_of(interview.record().said[slug])
        mock.rate(interview, slug, ticked(lesson.question(slug), said, hands))


def _to_rate(interview: Interview) -> list[tuple[str, Lesson]]:
    """The questions that were answered and have no score yet, each with its lesson."""
    record = interview.record()
    asked = [(item.names[0], lesson) for item, lesson in _questions(interview)]
    waiting = record.said.keys() - record.rated.keys()
    return [(slug, lesson) for slug, lesson in asked if slug in waiting]


def ticked(question: Question, said: str, hands: Hands) -> list[int]:
    """The rubric's lines that an answer mentioned, asked one by one; red flags are negative."""
    hands.say(f"\n{question.title}\n{said}\nDid your answer mention:")
    chosen = []
    for line in numbered(question):
        number, _, text = line.partition("  ")
        red = "red flag: " if number.startswith("-") else ""
        if hands.agree(f"  {red}{text}"):
            chosen.append(int(number))
    return chosen


def history() -> str:
    """All interviews: when, the points of code and talk, the time."""
    told = []
    for interview in Interview.all():
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(interview.started))
        code, talk = (lines(interview, kind) for kind in ("exercise", "question"))
        ended = interview.record().ended
        minutes = f"{interview.used() / 60:.0f} of {interview.plan.minutes} min"
        used = minutes if ended else "not handed in"
        points = f"{total('code', code)}, {total('talk', talk)}"
        told.append(f"{when}  {interview.plan.name:12} {points}, {used}")
    return "\n".join(told) or "No interview yet: `prep mock` draws one."
