"""`prep review`: today's exercises, questions and mistakes, blank, in a notebook of the day.

check(roc_auc)                              an exercise, as in its lesson; what counts is how it goes today
talk("screening", 1, 3)                     a question: which lines of the rubric your answer mentioned
mistake("roc_auc", "ordinal-ranks")         a mistake you made: what does this return, and why?
mistake("roc_auc", "ordinal-ranks", "0.5")  your answer
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from grader import card
from grader.course.catalogue import Exercise, Lesson, Variant, find_course
from grader.course.interview_draw import Item
from grader.course.right_answers import answer_text
from grader.desk.here import here, lesson_named, lesson_of, lessons_here
from grader.desk.judges import judge_of
from grader.desk.page import Page, code_block, panel
from grader.desk.progress import Progress
from grader.desk.schedule import Due, due, schedule
from grader.desk.talk import boxes, keep, numbered, told
from grader.desk.work import make_work
from grader.errors import PrepError, UsageError
from grader.judging.imported import imported
from grader.judging.judge import Judge
from grader.judging.program import Program
from grader.practice import notebook
from grader.style import MONO, PANEL
from grader.verdict import Verdict

_INTRO = """\
# Review of {day}

{count} to do. Everything is blank again: write it without looking at the lesson.
How it goes today decides when it comes back: later each time it goes well, tomorrow if it does not."""
_START = f"""{notebook.IMPORTS}
from grader import case, check, hint, reset, reveal
from grader.practice.review import mistake, talk"""


def today() -> str:
    """What is due today, as lines, and the notebook in which it is done."""
    course = find_course(here())
    lessons = lessons_here()
    with Progress.here() as progress:
        now = due(lessons, progress)
        later = [item for item in schedule(lessons, progress) if item not in now]
    if not now:
        return "\n".join(["Nothing is due today.", *_later(later)])
    path = make_work(course) / "review" / f"{time.strftime('%Y-%m-%d')}.ipynb"
    write(path, now)
    rows = [f"  {_title(item):44} {item.why}" for item in now]
    where = f"In {path}: `prep lab review` opens it."
    return "\n".join([f"{len(now)} due today:", *rows, where, *_later(later)])


def _title(item: Due) -> str:
    key = item.key
    if key.kind == "mistake":
        return f"{key.name}: the mistake {key.mistake}"
    return key.name if key.kind == "exercise" else f"Q. {key.name}"


def _later(items: Sequence[Due]) -> list[str]:
    if not items:
        return []
    day = time.strftime("%Y-%m-%d", time.localtime(items[0].at))
    return [f"{len(items)} later, the next on {day}."]


def write(path: Path, items: Sequence[Due]) -> None:
    """Write the notebook of a day; one that is there already stays."""
    day = path.stem
    count = f"{len(items)} thing{'s' if len(items) != 1 else ''}"
    cells = [notebook.markdown(_INTRO.format(day=day, count=count)), notebook.code(_START)]
    done: set[tuple[str, ...]] = set()
    for item in items:
        cells += _cells(item, done)
    notebook.write(path, cells, {"review": day})


def _cells(item: Due, done: set[tuple[str, ...]]) -> Iterator[NotebookNode]:
    key = item.key
    if key.kind == "mistake":
        yield notebook.markdown(f"## What does this return, and why? (`{key.name}`)")
        yield notebook.code(f'mistake("{key.name}", "{key.mistake}")')
        return
    # Two functions below one heading are one task, which stands in the notebook once.
    section = notebook.section_of(Item(key.kind, key.lesson, (key.name,), key.name, 0))
    if section.names in done:
        return
    done.add(section.names)
    yield from notebook.blank(section)
    if key.kind == "question":
        yield notebook.code(f'talk("{key.name}", lesson="{key.lesson}")')


# --- what the notebook's cells call ---------------------------------------------------------------


def talk(slug: str, *chosen: int, lesson: str = "") -> Page:
    """The rubric of a question after answering it; with numbers, the lines that the answer mentioned."""
    try:
        owner = lesson_named(lesson) if lesson else _lesson_with(slug, lessons_here())
        question = owner.question(slug)
        if chosen:
            return told(keep(owner, question, chosen))

        def keep_them(ticked: Sequence[int]) -> Page:
            return told(keep(owner, question, ticked))

        call = f'talk("{slug}", 1, 3, lesson="{owner.name}")'
        score = boxes(question, keep_them, call, numbered(question))
        return replace(panel(question.title, ""), below=score)
    except (PrepError, OSError) as error:
        return panel("Not yet.", str(error))


def _lesson_with(slug: str, lessons: Iterable[Lesson]) -> Lesson:
    for lesson in lessons:
        if slug in [question.slug for question in lesson.questions]:
            return lesson
    raise UsageError(f"No lesson has a question called {slug!r}.")


def mistake(exercise: str, slug: str, answer: str | None = None) -> Page:
    """A known mistake as a question, its code and a call; with an answer, what it returns, and why."""
    try:
        lesson = lesson_of(exercise)
        variant = _variant(lesson, exercise, slug)
        verdict = _shown(lesson, lesson.exercise(exercise), variant)
        if answer is None:
            return _asked(lesson, variant, verdict)
        is_right = _same(answer, verdict.got)
        with Progress.here() as progress:
            progress.review(lesson.name, exercise, slug, is_right)
        title = "Right." if is_right else "Not quite."
        returned = verdict.message
        if verdict.got:
            returned = f"It returns {verdict.got}; right is {verdict.expected}."
        return panel(title, f"{returned}\n{variant.sentence}")
    except (PrepError, OSError) as error:
        return panel("Not yet.", str(error))


def _variant(lesson: Lesson, exercise: str, slug: str) -> Variant:
    for variant in lesson.mistakes:
        if (variant.exercise, variant.slug) == (exercise, slug):
            return variant
    raise UsageError(f"{exercise} has no known mistake called {slug!r}.")


def _shown(lesson: Lesson, exercise: Exercise, variant: Variant) -> Verdict:
    """What a check says about the mistake: a call, what is expected, what it returns."""
    today = int(time.strftime("%Y%m%d"))  # one case for the day, so that a restart changes nothing
    judge = Judge(lesson, judge_of(lesson).host, today, imported)
    text = (lesson.folder / "mistakes.py").read_text(encoding="utf-8")
    program = Program((text,), judge.host.open, {exercise.name: variant.function})
    try:
        score = judge.score(exercise, program)
    finally:
        program.close()
    failed = [verdict for verdict in score.checks if verdict.outcome != "passed"]
    return next((verdict for verdict in failed if verdict.got and verdict.call), failed[0])


def _asked(lesson: Lesson, variant: Variant, verdict: Verdict) -> Page:
    # Under the exercise's name: that of the mistake would tell what is wrong.
    source = answer_text(lesson, variant.function, "mistakes.py")
    source = source.replace(variant.function, variant.exercise)
    call = verdict.call or f"the check: {verdict.name}"
    answer = f'mistake("{variant.exercise}", "{variant.slug}", "...")'
    title = "You made this mistake once. What does it return, and why?"
    text = f"{title}\n{source}\n\n{call}\nAnswer with {answer}"
    code = code_block(source)
    called = f'<div style="{MONO};white-space:pre-wrap;word-break:break-word">{escape(call)}</div>'
    below = f'<div style="margin-top:6px">{card.prose(f"Answer with `{answer}`")}</div>'
    return Page(text, f'<div style="{PANEL}"><strong>{title}</strong>{code}{called}{below}</div>')


def _same(answer: str, got: str) -> bool:
    """Whether an answer says what was returned: the same text, or the same number to two digits."""
    plain = "".join(answer.split()).lower()
    if plain and plain == "".join(got.split()).lower():
        return True
    try:
        return abs(float(plain) - float(got)) <= 0.011 * max(1e-9, abs(float(got)))
    except ValueError:
        return False
