"""What a learner calls in a notebook and in the terminal: check, hint, ready, reveal, status."""

from __future__ import annotations

import html
import json
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import card
from grader.course.catalogue import Lesson, did_you_mean, find_course, find_lesson, read_lesson
from grader.course.submission import Submission
from grader.desk.comparison import as_html, as_text, ways
from grader.desk.overview import status_html, status_text
from grader.desk.progress import Progress, here, lessons_here
from grader.errors import PrepError, UsageError
from grader.isolation.host import Host
from grader.judging.portability import require
from grader.judging.run import Judge, check_function, host_for, new_seed
from grader.verdict import Result, Score

_PANEL = (
    "max-width:760px;padding:8px 14px;border-left:5px solid rgba(25,118,210,.8);background:rgba(25,118,210,.08);border-radius:4px;line-height:1.5"
)
_passed: set[str] = set()
_judges: dict[tuple[Path, str], tuple[float, Judge]] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """Something to show: HTML in a notebook, text elsewhere. `score` is there when it tells of a check."""

    text: str
    html: str
    score: Score | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def _panel(title: str, body: str) -> Page:
    paragraphs = "<br>".join(card.prose(line) for line in body.splitlines())
    return Page(f"{title}\n{body}" if title else body, f'<div style="{_PANEL}"><strong>{html.escape(title)}</strong><br>{paragraphs}</div>')


# --- which lesson -----------------------------------------------------------------------------------------------------


def lesson_here() -> Lesson:
    """The lesson whose notebook this is, from its sources where the course has them, so that mistakes can be named."""
    folder = here()
    if not (folder / "checks.py").exists():
        raise UsageError(f"{folder} is no lesson's folder: there is no checks.py in it. Open a lesson with `prep lab`.")
    try:
        return find_lesson(folder.name, find_course(folder.parent.parent))
    except UsageError:
        return read_lesson(folder)


def _nearest_first() -> Iterator[Lesson]:
    if (here() / "checks.py").exists():
        yield lesson_here()
    yield from lessons_here()


def _lesson_of(exercise: str) -> Lesson:
    """The lesson that has an exercise: the one here, else any of the course."""
    names: list[str] = []
    for lesson in _nearest_first():
        if exercise in [each.name for each in lesson.exercises]:
            return lesson
        names += [each.name for each in lesson.exercises]
    raise UsageError(f"No lesson has an exercise {exercise!r}. {did_you_mean(exercise, dict.fromkeys(names))}")


def _judge(lesson: Lesson, backend: str) -> Judge:
    """The judge of a lesson, kept for this kernel until its files change; each kernel draws its own cases."""
    changed = max(path.stat().st_mtime for path in lesson.folder.glob("*.py"))
    key = lesson.folder, backend
    kept = _judges.get(key)
    if not kept or kept[0] != changed:
        if kept:
            kept[1].host.close()
        _judges[key] = changed, Judge(lesson, Host("none", backend=backend), new_seed())
    return _judges[key][1]


# --- in the notebook --------------------------------------------------------------------------------------------------


def check(function: Callable[..., Any], backend: str = "numpy") -> Page:
    """The card of a function. Whatever goes wrong is said on the page.

    With `backend="strict"` (or `"cupy"`) the card also says whether a right answer would run on a GPU.
    """
    try:
        require(backend)
        name = getattr(function, "__name__", "")
        if not callable(function) or not isinstance(name, str) or not name:
            raise UsageError("check takes the function itself: check(roc_auc), without quotes and without calling it.")
        lesson = _lesson_of(name)
        score = check_function(function, lesson, _judge(lesson, backend))
        _keep(lesson, score)
    except (PrepError, OSError) as error:  # OSError: the system has no memory or process left
        return _panel("This could not be checked.", str(error))
    return _card(lesson, score)


def _keep(lesson: Lesson, score: Score) -> None:
    """Note whether the core passed, for `ready`, and the attempt in the learner's progress."""
    _passed.discard(score.name)
    if score.checks[0].outcome == "passed":
        _passed.add(score.name)
    with Progress.here() as progress:
        progress.attempt(lesson.name, score)


def _card(lesson: Lesson, score: Score) -> Page:
    with Progress.here() as progress:
        taken = progress.hints_taken(lesson.name, score.name)
    hints = lesson.hints.get(score.name, ())[taken : taken + 1] if not score.passed else ()
    next_step = f"reveal({score.name}) shows other right answers beside yours." if score.passed and lesson.approaches else ""
    return Page(card.text(score, hints, next_step), card.html(score, hints, next_step), score)


def hint(function: Callable[..., Any] | str) -> Page:
    """The next hint for an exercise."""
    name = function if isinstance(function, str) else getattr(function, "__name__", str(function))
    try:
        return _panel(f"Hint for {name}", next_hint(name))
    except PrepError as error:
        return _panel("No hint.", str(error))


def next_hint(exercise: str) -> str:
    """The next hint's text, noted as taken; the last one again when all are."""
    lesson = _lesson_of(exercise)
    steps = lesson.hints.get(exercise, ())
    if not steps:
        return "There is no hint for this one."
    with Progress.here() as progress:
        taken = progress.hints_taken(lesson.name, exercise)
        if taken < len(steps):
            progress.take_hint(lesson.name, exercise)
    number = min(taken, len(steps) - 1)
    return f"{number + 1} of {len(steps)}: {steps[number]}"


def ready(*functions: Callable[..., Any]) -> bool:
    """Whether the functions' core checks passed in this kernel."""
    missing = [function.__name__ for function in functions if function.__name__ not in _passed]
    if missing:
        run = ", ".join(f"check({name})" for name in missing)
        told = f"This part uses your {', '.join(missing)}. Run {run} first: it goes on once the first check passes."
        print(textwrap.fill(told, 100, break_long_words=False))  # JupyterLab breaks long lines in the middle of a word
    return not missing


def reveal(item: str | Callable[..., Any]) -> Page:
    """The rubric of a concept question, once its answer is written and saved; other right answers to an exercise, once it passed."""
    return _other_ways(item) if callable(item) else _strong_answer(item)


def _other_ways(function: Callable[..., Any]) -> Page:
    name = getattr(function, "__name__", str(function))
    try:
        lesson = _lesson_of(name)
        if not lesson.reference:
            raise UsageError("Other right answers are with your instructor: this folder holds the released lesson only.")
        exercise = lesson.exercise(name)
        with Progress.here() as progress:
            if not progress.standing(lesson.name, exercise).done:
                raise UsageError(f"First your own: other answers are shown once check({name}) has passed. hint({name}) helps.")
        found = ways(function, lesson, _judge(lesson, "numpy").cases(exercise))
    except (PrepError, OSError) as error:
        return _panel("Not yet.", str(error))
    title = f"{name}: yours and other right answers, with the time of one call on the largest case of the checks, which is small"
    return Page(f"{title}\n{as_text(found)}", f'<div style="{_PANEL}"><strong>{html.escape(title)}</strong>{as_html(found)}</div>')


def _strong_answer(question: str) -> Page:
    try:
        rubric = _rubric(lesson_here(), question)
    except PrepError as error:
        return _panel("Not yet.", str(error))
    if not _answered(question):
        return _panel("Not yet.", "Write your own answer in the cell above first, save the notebook (Ctrl+S), then run this again.")
    return Page(
        rubric,
        f'<details style="{_PANEL}"><summary style="cursor:pointer"><strong>What a strong answer mentions</strong></summary>'
        f'<div style="white-space:pre-wrap">{card.prose(rubric)}</div></details>',
    )


def _rubric(lesson: Lesson, question: str) -> str:
    if not lesson.reference:
        raise UsageError("The points of a strong answer are with your instructor: this folder holds the released lesson only.")
    text = lesson.reference.read_text(encoding="utf-8")
    found = re.search(rf'question="{re.escape(question)}".*?=== BEGIN MARK SCHEME ===\n(.*?)# === END', text, re.DOTALL)
    if not found:
        raise UsageError(f"This lesson has no question called {question!r}.")
    return re.sub(r"^# ?", "", found[1], flags=re.MULTILINE).replace("**", "").strip()


def _answered(question: str) -> bool:
    """Whether the answer's cell in the saved notebook holds more than its stub."""
    path = Path(os.environ.get("JPY_SESSION_NAME", ""))
    notebooks = [path] if path.is_file() else sorted(here().glob("*.ipynb"))
    for notebook in notebooks:
        for cell in json.loads(notebook.read_text(encoding="utf-8")).get("cells", []):
            if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") == f"answer-{question}":
                written = "".join(cell.get("source", "")).strip()
                return bool(written) and not written.startswith("*Your answer:")
    return False


def status() -> Page:
    """Progress, as a page."""
    try:
        return Page(status_text(), status_html())
    except PrepError as error:
        return _panel("No progress to show.", str(error))


# --- in the terminal --------------------------------------------------------------------------------------------------


def check_file(name: str, file: Path | None, seed: int | None = None, backend: str = "numpy") -> str:
    """The cards of all exercises in a file, as text; by default of the learner's own notebook."""
    require(backend)
    course = find_course()
    lesson = find_lesson(name, course)
    path = file or course / "work" / name / f"{name}.ipynb"
    if not path.is_file():
        raise UsageError(f"There is no file {path}. `prep lab {name}` makes your own copy of the lesson.")
    with host_for(lesson, "none", backend=backend) as host:
        result = Judge(lesson, host, new_seed() if seed is None else seed).result(Submission("you", path))
    if result.status == "unreadable":
        raise PrepError(str(result.reason))
    with Progress.here() as progress:
        for score in result.exercises:
            progress.attempt(lesson.name, score)
    return _result_text(result)


def _result_text(result: Result) -> str:
    cards = [card.text(score) for score in result.exercises]
    notes = [f"note: {note}" for note in result.notes]
    return "\n\n".join([*cards, *notes, f"{result.score:g} of {result.max_score:g} points"])
