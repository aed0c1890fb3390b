"""The score sheet of a mock interview: code by checks, talk by rubric lines, time, what to review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from grader import card
from grader.course.interview_draw import Item
from grader.desk.here import lesson_named
from grader.desk.page import Page, bullets
from grader.desk.progress import WELL
from grader.desk.talk import scored
from grader.practice.interview import Interview, Record
from grader.style import AMBER, FONT, GREEN, GREY, PANEL, RED, tint

_CELL = "text-align:left;vertical-align:top;padding:4px 8px"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet.

    Points are None where there is no score yet, minutes where it was not said when it was done.
    """

    name: str
    points: float | None
    max_points: float
    planned: int
    minutes: float | None
    remark: str = ""

    @property
    def is_well(self) -> bool:
        return self.points is not None and self.points >= WELL * self.max_points


def lines(interview: Interview, kind: str) -> list[Line]:
    """The lines of the exercises, or of the questions."""
    record = interview.record()
    make = _code if kind == "exercise" else _talk
    items = [item for item in interview.plan.items if item.kind == kind]
    return [make(record, item, name) for item in items for name in item.names]


def _code(record: Record, item: Item, name: str) -> Line:
    used = record.seconds.get(name)
    code = record.code.get(name)
    planned = round(item.minutes / len(item.names))
    if not code:
        return Line(name, None, 0.0, planned, _in_minutes(used), "not graded yet")
    remark = code.state if not code.mistake else f"{code.state}: {code.mistake}"
    if name in record.cost:
        costs = lesson_named(item.lesson).costs
        right = f"; cost wrong: {costs[name].options[0]}" if name in costs else "; cost wrong"
        remark += "; cost right" if record.cost[name] else right
    return Line(name, code.score, code.max_score, planned, _in_minutes(used), remark)


def _talk(record: Record, item: Item, name: str) -> Line:
    lesson = lesson_named(item.lesson)
    used = _in_minutes(record.seconds.get(name))
    if not lesson.reference:
        return Line(name, None, 0.0, item.minutes, used, "its rubric is with your instructor")
    question = lesson.question(name)
    if name not in record.said and name not in record.rated:
        return Line(name, 0.0, question.points, item.minutes, used, "not answered")
    if name not in record.rated:
        return Line(name, None, question.points, item.minutes, used, "score it yourself")
    chosen = record.rated[name]
    remark = _remark(chosen, len(question.must))
    return Line(name, scored(question, chosen), question.points, item.minutes, used, remark)


def _remark(chosen: Sequence[int], points: int) -> str:
    """What an answer left out, and what it should not have said; "" where neither."""
    missing = points - sum(line > 0 for line in chosen)
    flags = sum(line < 0 for line in chosen)
    remarks = []
    if missing:
        remarks.append(f"{missing} of {points} points of the rubric not mentioned")
    if flags:
        remarks.append(f"{flags} red flag{'s' * (flags > 1)}")
    return "; ".join(remarks)


def _in_minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def to_review(interview: Interview) -> list[str]:
    """What did not go well, as sentences."""
    # An answer without a score may have gone well.
    scored_lines = [line for line in lines(interview, "question") if line.points is not None]
    bad = [line for line in (*lines(interview, "exercise"), *scored_lines) if not line.is_well]
    return [f"{line.name} ({interview.item(line.name).lesson}): {line.remark}" for line in bad]


def sheet(interview: Interview) -> Page:
    """The score sheet as a page."""
    code, talk = lines(interview, "exercise"), lines(interview, "question")
    used = interview.used() / 60
    time = f"{used:.0f} of {interview.plan.minutes} minutes used"
    title = f"{interview.plan.name}: {total('code', code)}, {total('talk', talk)}, {time}"
    review = to_review(interview)
    closing = "To review:" if review else _nothing_to_review(talk)
    listed = [f"  - {each}" for each in review]
    text = "\n".join([title, *map(_as_text, [*code, *talk]), closing, *listed])
    rows = "".join(_row(line) for line in [*code, *talk])
    head = "".join(f'<th style="{_CELL}">{word}</th>' for word in ("", "points", "minutes"))
    head = f'<tr style="background:transparent">{head}</tr>'
    table = f'<table style="border-collapse:collapse;margin:6px 0;{FONT}">{head}{rows}</table>'
    below = f"<div>{closing}</div>{bullets(review) if review else ''}"
    ended = f'data-handed-in="{interview.plan.name}"'  # the clock on the page stops
    shown = f"<strong>{escape(title)}</strong>{table}{below}"
    return Page(text, f'<div {ended} style="{PANEL}">{shown}</div>')


def _nothing_to_review(talk: Iterable[Line]) -> str:
    is_open = any(line.points is None and line.max_points for line in talk)
    return "Next, score your answers." if is_open else "Nothing to review."


def total(what: str, all_of: Sequence[Line]) -> str:
    """The points of all lines together: "code 4 / 4"."""
    known = [line for line in all_of if line.points is not None]
    if all_of and not known:
        return f"{what} not scored yet"
    got = sum(line.points or 0.0 for line in known)
    return f"{what} {got:g} / {sum(line.max_points for line in known):g}"


def _points(line: Line) -> str:
    return "?" if line.points is None else f"{line.points:g} / {line.max_points:g}"


def _time(line: Line) -> str:
    return f"{'?' if line.minutes is None else f'{line.minutes:.0f}'} of {line.planned}"


def _as_text(line: Line) -> str:
    return f"  {line.name:28} {_points(line):>8}  {_time(line):>8} min  {line.remark}".rstrip()


def _colour(line: Line) -> str:
    if line.points is None:
        return GREY
    if line.is_well:
        return GREEN
    return AMBER if line.points else RED


def _row(line: Line) -> str:
    # The remark stands below the name: a column of its own leaves it no room on a phone.
    remark = f'<div style="opacity:.8">{card.prose(line.remark)}</div>' if line.remark else ""
    style = f"{_CELL};overflow-wrap:anywhere;background:{tint(_colour(line), 0.16)}"
    name = f'<td style="{style}">{escape(line.name)}{remark}</td>'
    values = (_points(line), _time(line))
    cells = "".join(f'<td style="{_CELL};white-space:nowrap">{value}</td>' for value in values)
    return f'<tr style="background:transparent">{name}{cells}</tr>'
