"""`prep mock`: a timed interview in a notebook or a terminal, one submission each, then a score sheet.

interview = resume("mock-7")
interview.clock()                    the time that is left
interview.done(roc_auc)              the code is done; what it costs is asked next: done(roc_auc, "b")
interview.say("screening", "...")    the answer, typed or said aloud; follow-ups appear
interview.hand_in()                  says what is open; a second time it grades the code, once
interview.score("screening", 1, 3)   which lines of the rubric it mentioned
interview.sheet()                    the score sheet
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from grader.course.catalogue import Lesson, find_course
from grader.course.cells import UNWRITTEN
from grader.course.interview_draw import Plan, draw
from grader.desk.cost import cost, is_right, options
from grader.desk.here import here, lesson_named, lessons_here, name_of
from grader.desk.judges import judge_of
from grader.desk.kernel import check_function
from grader.desk.page import Page, bullets, panel
from grader.desk.row import Action, row
from grader.desk.talk import boxes, keep, numbered, told
from grader.desk.work import make_work
from grader.errors import PrepError, UsageError
from grader.practice import notebook
from grader.practice.interview import Interview
from grader.practice.score_sheet import sheet
from grader.style import PANEL
from grader.verdict import Score, Verdict

_NOTHING, _ALOUD = ("", "..."), "aloud"  # in the place of a typed answer
# Counts down in the browser, here and in the corner of the page; where no script runs, the time it ends stays.
_CLOCK = """\
<div style="{style}"><strong style="font-size:18px" data-until="{ends}">{left}</strong> &nbsp; {told}</div>
<script>(function () {{
  const clock = [...document.querySelectorAll("[data-until='{ends}']")].pop();
  if (!clock) return;
  document.getElementById("interview-clock")?.remove();
  const corner = document.createElement("div");
  corner.id = "interview-clock";
  corner.style = "position:fixed;right:28px;bottom:36px;z-index:9;pointer-events:none;padding:4px 12px;" +
    "border-radius:6px;background:#1976d2;color:#fff;font:bold 16px system-ui,sans-serif";
  document.body.append(corner);
  const tick = () => {{
    const left = Math.round({ends} - Date.now() / 1000), past = Math.abs(left);
    const minutes = Math.floor(past / 60), seconds = String(past % 60).padStart(2, "0");
    const isOver = !clock.isConnected || document.querySelector("[data-handed-in]");
    clock.textContent = corner.textContent = (left < 0 ? "over by " : "") + minutes + ":" + seconds;
    if (isOver) {{ corner.remove(); clearInterval(timer); }}
  }};
  const timer = setInterval(tick, 1000);
  tick();
}})();</script>"""


def begin(
    minutes: int = 45,
    topics: Sequence[str] = (),
    levels: Sequence[str] = (),
    seed: int | None = None,
    one_try: bool = False,
) -> Interview:
    """Draw an interview and write its notebook into work/mock/."""
    drawn = 1000 + secrets.randbelow(9000) if seed is None else seed
    plan = draw(lessons_here(), drawn, minutes, topics, levels, one_try)
    path_of(plan)  # UsageError where there is no course
    interview = Interview.begin(plan)
    write_notebook(interview)
    return interview


def path_of(plan: Plan) -> Path:
    """The notebook of an interview."""
    return make_work(find_course(here())) / "mock" / f"{plan.name}.ipynb"


def write_notebook(interview: Interview) -> None:
    """Write the notebook of an interview, and its functions as a .py file beside it; what is there stays."""
    path = path_of(interview.plan)
    notebook.write_mock(interview.plan, path)
    notebook.write_script(interview.plan, path.with_suffix(".py"))


def resume(name: str) -> InNotebook:
    """The interview of that name, as a notebook's cells call it."""
    return InNotebook(Interview.find(name))


class InNotebook:
    """What the cells of an interview's notebook call. Whatever goes wrong is said on the page."""

    def __init__(self, interview: Interview) -> None:
        self._interview = interview
        self._is_asked = False  # whether to hand in

    def __repr__(self) -> str:
        return clock_text(self._interview)

    def clock(self) -> Page:
        """The time that is left."""
        interview = self._interview
        text = clock_text(interview)
        if interview.record().ended is not None:
            return panel(text, "")
        left = _minutes(interview.ends - time.time())
        ends = time.strftime("%H:%M", time.localtime(interview.ends))
        shown = f"of {interview.plan.minutes} minutes left, until {ends}"
        return Page(text, _CLOCK.format(style=PANEL, ends=round(interview.ends), left=left, told=escape(shown)))

    def done(self, function: Callable[..., Any], letter: str | None = None) -> Page:
        """Say that a function is done; the interviewer asks what it costs. With a letter, answer that."""
        name = name_of(function)
        try:
            return self._costs(name, letter) if letter else self._done(name, function)
        except (PrepError, OSError) as error:
            return panel("Not yet.", str(error))

    def _done(self, name: str, function: Callable[..., Any]) -> Page:
        item = self._interview.item(name)
        record = self._interview.record()
        if record.ended is not None:
            return panel("The interview is handed in.", "")
        if _is_blank(function):
            return panel(f"{name} is not written yet.", "Write it, run its cell, then run this again.")
        if self._interview.plan.one_try and name not in record.code:
            self._interview.graded([_score(name, function, lesson_named(item.lesson))])
        if name not in record.done:
            self._interview.note("done", name)
        if name not in lesson_named(item.lesson).costs:
            return panel(f"{name} is noted as done.", "")
        page = cost(name)
        actions = [
            Action(letter, f'interview.done({name}, "{letter}")', "Answer", partial(self.done, function, letter))
            for letter in options(name)
        ]
        title = f"{name} is noted as done. What does it cost?"
        asked = panel(title, "\n".join(page.text.splitlines()[1:]))
        return replace(asked, below=row(f"done {name}", actions, f'Answer with `interview.done({name}, "a")`.'))

    def _costs(self, name: str, letter: str) -> Page:
        self._interview.item(name)
        if name in self._interview.record().cost:
            return panel("The first answer counts.", "")
        self._interview.note("cost", name, is_right(name, letter))
        return panel("Noted.", "The score sheet says whether it is right.")

    def say(self, slug: str, text: str = "") -> Page:
        """Answer a question, typed or "aloud"; its follow-ups appear."""
        try:
            item = self._interview.item(slug)
            if text.strip() in _NOTHING:
                return panel(
                    "Not answered yet.", "Type your answer in the place of the dots, or `aloud` once you have said it."
                )
            typed = "" if text.strip().lower() == _ALOUD else text.strip()
            if self._interview.record().said.get(slug) != typed:
                self._interview.note("said", slug, typed)
            lesson = lesson_named(item.lesson)
            asked = lesson.question(slug).follow_ups if lesson.reference else ()
        except (PrepError, OSError) as error:
            return panel("Not yet.", str(error))
        follow_ups = [each.question for each in asked]
        title = "Noted as typed." if typed else "Noted as said aloud."
        text = "\n".join([f"{title} The interviewer goes on; answer aloud:", *(f"- {each}" for each in follow_ups)])
        shown = f"<strong>{title} The interviewer goes on; answer aloud:</strong>{bullets(follow_ups)}"
        return Page(text, f'<div style="{PANEL}">{shown}</div>')

    def hand_in(self, anyway: bool = False) -> Page:
        """Say what is open; called again, or with `anyway`, grade the code of this kernel, once."""
        try:
            if not (anyway or self._is_asked or self._interview.record().ended is not None):
                self._is_asked = True  # so that running all cells hands nothing in
                return panel("Hand in? Run this cell again.", "\n".join([*self._open(), clock_text(self._interview)]))
            hand_in(self._interview, _scores_here)
        except (PrepError, OSError) as error:
            return panel("This could not be graded.", str(error))
        return sheet(self._interview)

    def _open(self) -> Iterator[str]:
        """What is not written, not defined in this kernel or not answered yet, in sentences."""
        names, said = self._interview.names("exercise"), self._interview.record().said
        defined = [name for name in names if callable(_here().get(name))]
        undefined = [name for name in names if name not in defined]
        blank = [name for name in defined if _is_blank(_here()[name])]
        unanswered = [slug for slug in self._interview.names("question") if slug not in said]
        parts = {
            "Not defined in this kernel (run its cell)": undefined,
            "Not written": blank,
            "Not answered": unanswered,
        }
        for what, which in parts.items():
            if which:
                yield f"{what}: {', '.join(which)}."

    def score(self, slug: str, *chosen: int) -> Page:
        """The rubric of a question after handing in; with numbers, which of its lines the answer mentioned."""
        try:
            return self._scored(slug, chosen)
        except (PrepError, OSError) as error:
            return panel("Not yet.", str(error))

    def _scored(self, slug: str, chosen: Sequence[int]) -> Page:
        lesson = lesson_named(self._interview.item(slug).lesson)
        question = lesson.question(slug)
        if self._interview.record().ended is None:
            raise UsageError("The rubric is shown after `interview.hand_in()`.")
        if chosen:
            return told(rate(self._interview, slug, chosen))
        call = f'interview.score("{slug}", 1, 3)'
        said = self._interview.record().said
        if slug not in said:
            how = f"If you did say it aloud, `{call}` keeps which of these it mentioned."
            return panel(question.title, "\n".join(["You did not answer it. The rubric:", *numbered(question), how]))
        score = boxes(question, lambda ticked: told(rate(self._interview, slug, ticked)), call, numbered(question))
        return replace(panel(question.title, words_of(said[slug])), below=score)

    def sheet(self) -> Page:
        """The score sheet."""
        try:
            if self._interview.record().ended is None:
                raise UsageError("The score sheet is shown after `interview.hand_in()`.")
            return sheet(self._interview)
        except (PrepError, OSError) as error:
            return panel("Not yet.", str(error))


# --- what the notebook and the terminal share -----------------------------------------------------


def hand_in(interview: Interview, grade: Callable[[Lesson, Sequence[str]], Sequence[Score]]) -> None:
    """Grade what is not graded yet, lesson by lesson, and close the interview; a second time nothing happens."""
    if interview.record().ended is not None:
        return
    graded = interview.record().code
    # Lesson by lesson, since a judge is one lesson's.
    for name in dict.fromkeys(item.lesson for item in interview.plan.items if item.kind == "exercise"):
        items = [item for item in interview.plan.items if item.kind == "exercise" and item.lesson == name]
        left = [each for item in items for each in item.names if each not in graded]
        if left:
            interview.graded(grade(lesson_named(name), left))
    said = interview.record().said
    for slug in interview.names("question"):
        if slug not in said:  # it comes back in `prep review`
            interview.note("unanswered", slug, interview.item(slug).lesson)
    interview.note("handed in", "")


def rate(interview: Interview, slug: str, chosen: Sequence[int]) -> Any:
    """Keep how an answer was scored, in the interview and in the progress."""
    lesson = lesson_named(interview.item(slug).lesson)
    talk = keep(lesson, lesson.question(slug), chosen)
    interview.note("rated", slug, talk.lines)
    return talk


def words_of(said: str) -> str:
    """How an answer was given, and what was typed."""
    return f"You typed: {said.strip()}" if said else "You said it aloud."


def clock_text(interview: Interview) -> str:
    """The time that is left, in words."""
    plan = interview.plan
    if interview.record().ended is not None:
        return f"{plan.name} is handed in: {_minutes(interview.used())} of {plan.minutes} minutes used."
    left = interview.ends - time.time()
    over = f"over by {_minutes(-left)}" if left < 0 else f"{_minutes(left)} left"
    return (
        f"{plan.name}: {over} of {plan.minutes} minutes, until {time.strftime('%H:%M', time.localtime(interview.ends))}"
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _here() -> dict[str, Any]:
    """The names of the notebook."""
    return vars(sys.modules["__main__"])


def _is_blank(function: Callable[..., Any]) -> bool:
    """Whether a function is as it was handed out."""
    code = getattr(function, "__code__", None)
    return code is not None and UNWRITTEN.split('"')[1] in code.co_consts  # "write me"


def _scores_here(lesson: Lesson, names: Sequence[str]) -> list[Score]:
    """The scores of functions of this kernel, by their names."""
    return [_score(name, _here().get(name), lesson) for name in names]


def _score(name: str, function: Any, lesson: Lesson) -> Score:
    """The score of a function of this kernel; of one that is not there, no points."""
    exercise = lesson.exercise(name)
    if not callable(function):
        checks = (
            Verdict(check.name, "missing", check.points, "It is not defined.", check.core) for check in exercise.checks
        )
        return Score(name, tuple(checks))
    if getattr(function, "__name__", "") != name:
        raise UsageError(f"{name} is not a function of that name here.")
    return check_function(function, lesson, judge_of(lesson))
