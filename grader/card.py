"""How a result looks: HTML that reads well in light and dark, in a notebook nobody trusts, and the same as plain text.

JupyterLab paints <code> grey, so values stand in table cells and code in a sentence in a <span>;
style.py has the tints and fonts. `python -m grader.card` writes a gallery of every outcome.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from grader.style import AMBER, FONT, GREEN, GREY, MONO, RED, edge, tint
from grader.verdict import HELD, OUTCOMES, Score, Verdict

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
_HELD_MARK = "(✓)"
_DEVICES = {"strict": "array-api-strict's second device, which stands for a GPU", "cupy": "the GPU"}
_PORTABLE = {True: "portable", False: "not portable"}

_CODE = re.compile(r"(`+)(.+?)\1(?!`)")


def prose(text: str) -> str:
    """A sentence as HTML, what stands between backquotes in it as code."""
    style = f"{MONO};padding:1px 4px;border-radius:3px;background:{tint(GREY, 0.16)}"
    return _CODE.sub(rf'<span style="{style}">\2</span>', escape(text))


# --- as HTML --------------------------------------------------------------------------------------


def html(score: Score, hints: Sequence[str] = (), next_step: str = "") -> str:
    """The card of one exercise.

    `hints` are folded away below it, `next_step` is a sentence at its end.
    """
    colour = GREEN if score.passed else RED
    parts = [_headline(score), _mistake(score), _checks(score), _held_note(score), _badge(score)]
    parts += [_hint(hint) for hint in hints]
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
    passed = sum(check.outcome == "passed" for check in score.checks)
    return "all checks pass" if score.passed else f"{passed} of {len(score.checks)} checks pass"


def _mistake(score: Score) -> str:
    if not score.mistake:
        return ""
    style = f"margin:8px 0;padding:8px 12px;border-radius:4px;background:{tint(AMBER, 0.16)}"
    title = f"<strong>A mistake others have made: {escape(score.mistake)}.</strong>"
    return f'<div style="{style}">{title}<br>{prose(score.sentence)}</div>'


def _checks(score: Score) -> str:
    first = first_failure(score)
    rows = []
    for check in score.checks:
        rows.append(_row(check))
        if check is first:
            rows.append(_details(check))
    style = f"border-collapse:collapse;table-layout:auto;width:100%;margin:8px 0 4px;{FONT}"
    return f'<table style="{style}">{"".join(rows)}</table>'


def _row(check: Verdict) -> str:
    title = HELD if check.held else check.outcome
    style = f"width:24px;text-align:center;padding:3px 6px;background:{tint(_colour(check), 0.18)}"
    mark = f'<td style="{style}" title="{title}">{_mark(check)}</td>'
    word = f" <em>({_WORDS[check.outcome]})</em>" if check.outcome in _WORDS else ""
    name = f'<td style="text-align:left;padding:3px 8px">{prose(check.name)}{word}</td>'
    style = "text-align:right;padding:3px 8px;white-space:nowrap"
    points = f'<td style="{style}">{check.score:g} / {check.points:g}</td>'
    return f'<tr style="background:transparent">{mark}{name}{points}</tr>'


def _colour(check: Verdict) -> str:
    if check.outcome == "passed":
        return GREEN
    return GREY if check.held else RED


def _mark(check: Verdict) -> str:
    return _HELD_MARK if check.held else MARKS[check.outcome]


def first_failure(score: Score) -> Verdict | None:
    """The check to look at first: the first that did not pass."""
    return next((check for check in score.checks if check.outcome != "passed"), None)


def facts(check: Verdict) -> list[tuple[str, str]]:
    """What is known of a check's smallest failing case: names and values, those that there are."""
    known = {"case": check.case, "expected": check.expected, "got": check.got, "largest error": check.error}
    return [(name, value) for name, value in known.items() if value]


def _details(check: Verdict) -> str:
    """The row below a failing check: what happened, and the smallest case on which it did."""
    cells = "".join(_fact(name, value) for name, value in facts(check))
    sentence = f'<div style="white-space:pre-wrap;word-break:break-word">{prose(check.message)}</div>'
    table = f'<table style="border-collapse:collapse;margin:4px 0 0;{FONT}">{cells}</table>' if cells else ""
    margin = f'<td style="background:{tint(RED, 0.18)}"></td>'
    told = f'<td colspan="2" style="text-align:left;padding:2px 8px 10px">{sentence}{table}</td>'
    return f'<tr style="background:transparent">{margin}{told}</tr>'


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


def _hint(hint: str) -> str:
    summary = '<summary style="cursor:pointer">Next hint</summary>'
    return f'<details style="margin-top:6px">{summary}<div style="padding:4px 14px">{prose(hint)}</div></details>'


# --- as text --------------------------------------------------------------------------------------


def text(score: Score, hints: Sequence[str] = (), next_step: str = "") -> str:
    """The card as plain text, for a terminal or a front end without HTML."""
    lines = [f"{score.name}: {score.score:g} / {score.max_score:g} points"]
    if score.mistake:
        lines.append(f"  A mistake others have made: {score.mistake}. {score.sentence}")
    first = first_failure(score)
    for check in score.checks:
        word = f" ({_WORDS[check.outcome]})" if check.outcome in _WORDS else ""
        lines.append(f"  {_mark(check)} {check.name}{word}")
        if check is first:
            lines.append(f"      {check.message}")
            lines += [f"      {name}: {value}" for name, value in facts(check)]
    if any(check.held for check in score.checks):
        lines.append(f"  {_HELD_MARK} {HELD}")
    if score.backend:
        lines.append(f"  {_PORTABLE[not score.obstacle]}: {portability(score)}")
    if hints:
        lines.append(f"  next hint: hint({score.name})")
    if next_step:
        lines.append(f"  {next_step}")
    return "\n".join(lines)


# --- the gallery ----------------------------------------------------------------------------------


def gallery() -> str:
    """A page of cards, one for each outcome, in light and dark."""
    hints = ["Which pairs does a tie belong to?"]
    cards = "<br>".join(html(score, () if score.passed else hints) for score in examples())
    light = f'<section style="background:#fff;color:#111;padding:24px">{cards}</section>'
    dark = f'<section style="background:#111;color:#ddd;padding:24px">{cards}</section>'
    head = '<meta charset="utf-8"><title>Cards</title>'
    return f'<!doctype html><html lang="en">{head}<body style="margin:0">{light}{dark}</body></html>'


def examples() -> list[Score]:
    """A score for each way an exercise can end."""
    core = Verdict("The share of pairs in the right order", "passed", 2.0, core=True)
    ties = Verdict("Ties count one half", "passed", 2.0)
    tie = "roc_auc([0, 1], [0.5, 0.5]) returned 0; expected 0.5."
    wrong = Verdict(ties.name, "failed", 2.0, tie, case="two rows tied", expected="0.5", got="0", error="0.5")
    host = (
        "roc_auc([0, 1], [0.1, 0.9]) raised AttributeError: 'Array' object has no attribute 'sum' "
        "in line 4: `hits = (y == 1).sum()`"
    )
    sentence = (
        "Tied scores got different ranks, so the result hangs on row order: `argsort` knows no ties. "
        "Average the ranks (ties count one half)."
    )
    turned_round = "roc_auc([0, 1], [0.1, 0.9]) returned 0; expected 1."
    turned = Verdict(core.name, "failed", 2.0, turned_round, True, "two rows", "1", "0", "1")
    others = [Verdict(ties.name, outcome, 2.0, f"What {outcome} looks like.") for outcome in OUTCOMES[2:]]
    return [
        Score("roc_auc", (core, ties)),
        Score("roc_auc", (core, wrong), "ordinal-ranks", sentence),
        Score("roc_auc", (turned, Verdict(ties.name, "failed", 2.0, HELD, held=True))),
        Score("roc_auc", (core, ties), backend="strict"),
        Score("roc_auc", (core, ties), backend="strict", obstacle=host),
        *(Score("roc_auc", (core, other)) for other in others),
    ]


if __name__ == "__main__":
    Path("card-gallery.html").write_text(gallery(), encoding="utf-8")
    print("card-gallery.html")
