"""How a result looks: as HTML in light and dark, in a notebook that nobody trusts, and as plain text.

JupyterLab paints <code> grey, so values stand in table cells and code in a sentence in a <span>;
style.py has the tints and fonts. `python -m grader.card` writes a gallery of every outcome.
"""

from __future__ import annotations

import re
from html import escape

from grader.style import AMBER, BLUE, FONT, GREEN, GREY, MONO, RED, STATES, edge, tint
from grader.verdict import HELD, Score, Verdict

MARKS = {
    "passed": "✓",
    "failed": "✗",
    "error": "!",
    "timeout": "∞",
    "memory": "▣",
    "died": "†",
    "missing": "?",
    "broken": "⚠",
}
_WORDS = {
    "error": "raised an error",
    "timeout": "took too long",
    "memory": "out of memory",
    "died": "ended its process",
    "missing": "not found",
    "broken": "our check is broken",
}
_HELD_MARK = "(✓)"  # in brackets: a plain ✓ beside no points looks like a miscount
_NOT_YET = "·"  # the mark of a check while the answer is not written
_DEVICES = {"strict": "array-api-strict's second device, which stands for a GPU", "cupy": "the GPU"}
_PORTABLE = {True: "portable", False: "not portable"}

# As in Markdown: as many backquotes at the end as at the beginning, since code may hold some itself.
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")


def prose(text: str) -> str:
    """A sentence as HTML, what stands between backquotes in it as code."""
    style = f"{MONO};padding:1px 4px;border-radius:3px;background:{tint(GREY, 0.16)}"
    return _CODE.sub(rf'<span style="{style}">\2</span>', escape(text))


# --- as HTML --------------------------------------------------------------------------------------


def html(score: Score, next_step: str = "") -> str:
    """The card of one exercise; `next_step` is a sentence at its end."""
    colour, _ = STATES[score.state]
    parts = [_headline(score), _mistake(score), _checks(score), _held_note(score), _badge(score)]
    if next_step:
        parts.append(f'<div style="margin-top:6px">{prose(next_step)}</div>')
    border = f"border:1px solid {tint(GREY, 0.35)};{edge(colour)};border-radius:6px"
    style = f"{FONT};max-width:760px;padding:10px 14px;{border}"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _headline(score: Score) -> str:
    name = f"<strong>{escape(score.name)}</strong>"
    points = f"<strong>{score.score:g}</strong> / {score.max_score:g} points"
    right = f'<span style="float:right">{points}</span>'
    return f'<div style="font-size:15px">{name} &nbsp; {_summary(score)}{right}</div>'


def _summary(score: Score) -> str:
    """Where the exercise stands, in a few words."""
    if score.state == "unwritten":
        return "not found" if score.checks[0].outcome == "missing" else "not written yet"
    if score.state == "complete":
        return "complete: all checks pass"
    passed = sum(check.outcome == "passed" for check in score.checks)
    if score.state == "right":
        left = len(score.checks) - passed
        return f"right: all results hold, {left} {'rule is' if left == 1 else 'rules are'} open"
    return f"{passed} of {len(score.checks)} checks pass"


def _mistake(score: Score) -> str:
    if not score.mistake:
        return ""
    style = f"margin:8px 0;padding:8px 12px;border-radius:4px;background:{tint(AMBER, 0.16)}"
    title = f"<strong>A mistake others have made: {escape(score.mistake)}.</strong>"
    return f'<div style="{style}">{title}<br>{prose(score.sentence)}</div>'


def _checks(score: Score) -> str:
    """The table of checks, with the details of those to look at."""
    looked_at = to_look_at(score)
    rows = []
    for check in score.checks:
        rows.append(_row(check, score))
        if check in looked_at:
            rows.append(_details(check, score))
        elif named := _named(check, score):
            rows.append(_below(check, score, named))
    style = f"border-collapse:collapse;table-layout:auto;width:100%;margin:8px 0 4px;{FONT}"
    return f'<table style="{style}">{"".join(rows)}</table>'


def _row(check: Verdict, score: Score) -> str:
    title = HELD if check.held else check.outcome
    background = tint(_colour(check, score), 0.18)
    style = f"width:24px;text-align:center;padding:3px 6px;background:{background}"
    mark = f'<td style="{style}" title="{title}">{_mark(check, score)}</td>'
    called = prose(check.name) + _emphasised(_word(check, score))
    name = f'<td style="text-align:left;padding:3px 8px">{called}</td>'
    style = "text-align:right;padding:3px 8px;white-space:nowrap"
    points = f'<td style="{style}">{check.score:g} / {check.points:g}</td>'
    return f'<tr style="background:transparent">{mark}{name}{points}</tr>'


def _emphasised(word: str) -> str:
    return f" <em>{word}</em>" if word else ""


def _word(check: Verdict, score: Score) -> str:
    """How a check ended, where its mark alone does not say it."""
    if score.state == "unwritten" or check.outcome not in _WORDS:
        return ""
    return f"({_WORDS[check.outcome]})"


def _colour(check: Verdict, score: Score) -> str:
    if check.outcome == "passed":
        return GREEN
    # Nothing is wrong with a check that is held, nor with one whose exercise nobody has begun.
    if check.held or score.state == "unwritten":
        return GREY
    return BLUE if score.state == "right" else RED


def _mark(check: Verdict, score: Score) -> str:
    if score.state == "unwritten":
        return _NOT_YET
    return _HELD_MARK if check.held else MARKS[check.outcome]


def first_failure(score: Score) -> Verdict | None:
    """The check to look at first: the first of results that did not pass, else the first rule."""
    failed = [check for check in score.checks if check.outcome != "passed"]
    results = [check for check in failed if not check.rule]
    return next(iter(results or failed), None)


def to_look_at(score: Score) -> list[Verdict]:
    """The checks whose details are shown: the first that failed; where the results are right, all rules.

    Of an answer that is not written only the sentence why it was not found.
    """
    # One thing at a time while results are wrong; rules are independent of each other.
    if score.state == "right":
        return [check for check in score.checks if check.outcome != "passed"]
    first = first_failure(score)
    if first is None or (score.state == "unwritten" and first.outcome != "missing"):
        return []
    return [first]


def _named(check: Verdict, score: Score) -> str:
    """What is said about a failed check beside its details.

    Its own known mistake, where the card does not begin with it.
    """
    if check.mistake and check.mistake != score.mistake:
        return f"{check.mistake}: {check.sentence}"
    return check.relation or ""


def facts(check: Verdict) -> list[tuple[str, str]]:
    """What is known of a check's smallest failing case: names and values, those that there are."""
    known = {
        "case": check.case,
        "called": check.call,
        "expected": check.expected,
        "got": check.got,
        "largest error": check.error,
    }
    return [(name, value) for name, value in known.items() if value]


def _details(check: Verdict, score: Score) -> str:
    """The row below a failing check: what happened, and the smallest case on which it did."""
    cells = "".join(_fact(name, value) for name, value in facts(check))
    style = f"border-collapse:collapse;margin:4px 0 0;{FONT}"
    table = f'<table style="{style}">{cells}</table>' if cells else ""
    # Where the call stands in the table, the table says all that the message does.
    message = "" if check.call else check.message
    wrap = "white-space:pre-wrap;word-break:break-word"
    sentences = filter(None, (message, _named(check, score)))
    told = "".join(f'<div style="{wrap}">{prose(text)}</div>' for text in sentences)
    return _below_row(check, score, told + table + _printed(check))


def _below(check: Verdict, score: Score, sentence: str) -> str:
    return _below_row(check, score, f"<div>{prose(sentence)}</div>")


def _below_row(check: Verdict, score: Score, content: str) -> str:
    margin = f'<td style="background:{tint(_colour(check, score), 0.18)}"></td>'
    told = f'<td colspan="2" style="text-align:left;padding:2px 8px 10px">{content}</td>'
    return f'<tr style="background:transparent">{margin}{told}</tr>'


def _printed(check: Verdict) -> str:
    """What the answer printed in the failing case, folded."""
    if not check.printed:
        return ""
    summary = '<summary style="cursor:pointer">What it printed in this case</summary>'
    style = f"{MONO};white-space:pre-wrap;word-break:break-word;padding:2px 0"
    printed = f'<div style="{style}">{escape(check.printed)}</div>'
    return f'<details style="margin-top:4px">{summary}{printed}</details>'


def _fact(name: str, value: str) -> str:
    named = "text-align:left;padding:1px 12px 1px 0;white-space:nowrap;opacity:.75"
    shown = f"text-align:left;padding:1px 0;{MONO};white-space:pre-wrap;word-break:break-word"
    cells = f'<td style="{named}">{name}</td><td style="{shown}">{escape(value)}</td>'
    return f'<tr style="background:transparent">{cells}</tr>'


def _held_note(score: Score) -> str:
    if not any(check.held for check in score.checks):
        return ""
    return f'<div style="opacity:.75">{_HELD_MARK} &nbsp;{HELD}</div>'


def _badge(score: Score) -> str:
    if not score.backend:
        return ""
    colour = RED if score.obstacle else GREEN
    style = f"display:inline-block;padding:0 8px;border-radius:9px;background:{tint(colour, 0.16)}"
    badge = f'<strong style="{style}">{_PORTABLE[not score.obstacle]}</strong>'
    return f'<div style="margin-top:6px">{badge} {prose(portability(score))}</div>'


def portability(score: Score) -> str:
    """In a sentence: whether a right answer runs on the backend it was tried on, and if not why."""
    where = _DEVICES.get(score.backend, score.backend)
    if score.obstacle:
        return f"Beside the marks, on {where}: {score.obstacle}"
    return f"It gives the same results on {where}."


# --- as text --------------------------------------------------------------------------------------


def text(score: Score, next_step: str = "") -> str:
    """The card as plain text, for a terminal or a front end without HTML."""
    lines = [f"{score.name}: {score.score:g} / {score.max_score:g} points, {_summary(score)}"]
    if score.mistake:
        lines.append(f"  A mistake others have made: {score.mistake}. {score.sentence}")
    looked_at = to_look_at(score)
    for check in score.checks:
        lines.append(f"  {_mark(check, score)} {check.name} {_word(check, score)}".rstrip())
        told = _told(check) if check in looked_at else []
        if named := _named(check, score):
            told.append(named)
        lines += [f"      {line}" for text in told for line in text.splitlines()]
    if any(check.held for check in score.checks):
        lines.append(f"  {_HELD_MARK} {HELD}")
    if score.backend:
        lines.append(f"  {_PORTABLE[not score.obstacle]}: {portability(score)}")
    if next_step:
        lines.append(f"  {next_step}")
    return "\n".join(lines)


def _told(check: Verdict) -> list[str]:
    """The details of a failed check as lines."""
    lines = [] if check.call else [check.message]
    for name, value in facts(check):
        lines.append(f"{name}:\n{value}" if "\n" in value else f"{name}: {value}")
    if check.printed:
        lines.append(f"it printed:\n{check.printed}")
    return lines
