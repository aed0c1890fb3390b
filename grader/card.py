"""How a result looks: HTML that reads well in light and dark, in a notebook nobody trusts, and the same as plain text.

JupyterLab takes <style> and var() out of untrusted notebooks and paints <code> grey, so each colour is said twice, literal first,
then Lab's own, and values stand in table cells. `python -m grader.card` writes a gallery of every outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from grader.verdict import OUTCOMES, Score, Verdict

MARKS = {"passed": "✓", "failed": "✗", "error": "!", "timeout": "∞", "memory": "▣", "died": "†", "missing": "?", "broken": "⚠"}
_WORDS = {
    "error": "raised an error",
    "timeout": "took too long",
    "memory": "out of memory",
    "died": "ended its process",
    "missing": "not found",
    "broken": "our check is broken",
}
# A translucent tint works on white and on black; text inherits the theme's own colour.
_GREEN, _RED, _AMBER, _GREY = "46,125,50", "198,40,40", "180,110,0", "128,128,128"
_FONT = "font-family:system-ui,sans-serif;font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
_MONO = (
    "font-family:ui-monospace,Menlo,Consolas,monospace;font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace);font-size:12px"
)


def html(score: Score, hints: Sequence[str] = ()) -> str:
    """The card of one exercise. `hints` are folded away below it."""
    tint = _GREEN if score.passed else _RED
    parts = [_headline(score), _mistake(score), _checks(score), _details(score), *(_hint(hint) for hint in hints)]
    style = f"{_FONT};max-width:760px;padding:10px 14px;border:1px solid rgba({_GREY},.35);border-left:5px solid rgba({tint},.9);border-radius:6px"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _headline(score: Score) -> str:
    passed = sum(check.outcome == "passed" for check in score.checks)
    words = "all checks pass" if score.passed else f"{passed} of {len(score.checks)} checks pass"
    return (
        f'<div style="font-size:15px"><strong>{escape(score.name)}</strong> &nbsp; {words}'
        f'<span style="float:right"><strong>{score.score:g}</strong> / {score.max_score:g} points</span></div>'
    )


def _mistake(score: Score) -> str:
    if not score.mistake:
        return ""
    style = f"margin:8px 0;padding:8px 12px;border-radius:4px;background:rgba({_AMBER},.16)"
    return f'<div style="{style}"><strong>A mistake others have made: {escape(score.mistake)}.</strong><br>{escape(score.sentence)}</div>'


def _checks(score: Score) -> str:
    rows = "".join(_row(check) for check in score.checks)
    return f'<table style="border-collapse:collapse;table-layout:auto;width:100%;margin:8px 0 4px;{_FONT}">{rows}</table>'


def _row(check: Verdict) -> str:
    tint = _GREEN if check.outcome == "passed" else _RED
    mark = f'<td style="width:24px;text-align:center;padding:3px 6px;background:rgba({tint},.18)" title="{check.outcome}">{MARKS[check.outcome]}</td>'
    word = f" <em>({_WORDS[check.outcome]})</em>" if check.outcome in _WORDS else ""
    held = f"<br><small>{escape(check.message)}</small>" if "counts only once" in check.message else ""
    name = f'<td style="text-align:left;padding:3px 8px">{escape(check.name)}{word}{held}</td>'
    points = f'<td style="text-align:right;padding:3px 8px;white-space:nowrap">{check.score:g} / {check.points:g}</td>'
    return f'<tr style="background:transparent">{mark}{name}{points}</tr>'


def first_failure(score: Score) -> Verdict | None:
    """The check to look at first: the first that did not pass."""
    return next((check for check in score.checks if check.outcome != "passed"), None)


def _details(score: Score) -> str:
    check = first_failure(score)
    if not check:
        return ""
    lines = [("case", check.case), ("expected", check.expected), ("got", check.got), ("largest error", check.error)]
    cells = "".join(
        f'<tr style="background:transparent"><td style="text-align:left;padding:1px 12px 1px 0;white-space:nowrap;opacity:.75">{name}</td>'
        f'<td style="text-align:left;padding:1px 0;{_MONO};white-space:pre-wrap;word-break:break-word">{escape(value)}</td></tr>'
        for name, value in lines
        if value
    )
    return f'<div style="margin:6px 0 2px">{escape(check.message)}</div><table style="border-collapse:collapse;{_FONT}">{cells}</table>'


def _hint(hint: str) -> str:
    summary = '<summary style="cursor:pointer">Next hint</summary>'
    return f'<details style="margin-top:6px">{summary}<div style="padding:4px 14px">{escape(hint)}</div></details>'


def text(score: Score, hints: Sequence[str] = ()) -> str:
    """The card as plain text, for a terminal or a front end without HTML."""
    lines = [f"{score.name}: {score.score:g} / {score.max_score:g} points"]
    if score.mistake:
        lines.append(f"  A mistake others have made: {score.mistake}. {score.sentence}")
    lines += [f"  {MARKS[check.outcome]} {check.name}" + (f" ({_WORDS[check.outcome]})" if check.outcome in _WORDS else "") for check in score.checks]
    check = first_failure(score)
    if check:
        lines.append(f"  {check.message}")
        lines += [
            f"    {name}: {value}"
            for name, value in (("case", check.case), ("expected", check.expected), ("got", check.got), ("largest error", check.error))
            if value
        ]
    return "\n".join(lines + [f"  next hint: hint({score.name})"] * bool(hints))


def gallery() -> str:
    """A page of cards, one for each outcome, in light and dark."""
    cards = [html(score, ["Which pairs does a tie belong to?"]) for score in _examples()]
    page = "".join(
        f'<section style="{colours};padding:24px">{"<br>".join(cards)}</section>'
        for colours in ("background:#fff;color:#111", "background:#111;color:#ddd")
    )
    return f'<!doctype html><meta charset="utf-8"><title>Cards</title><body style="margin:0">{page}'


def _examples() -> list[Score]:
    core = Verdict("The share of pairs in the right order", "passed", 2.0, core=True)
    tie = "roc_auc([0, 1], [0.5, 0.5]) returned 0; expected 0.5."
    ties = Verdict("Ties count one half", "failed", 2.0, tie, case="two rows tied", expected="0.5", got="0", error="0.5")
    named = Score(
        "roc_auc",
        (core, ties),
        "ordinal-ranks",
        "Tied scores got different ranks, so the result depends on row order; average the ranks (ties count one half).",
    )
    others = [
        Score("roc_auc", (core, Verdict("Ties count one half", outcome, 2.0, f"What {outcome} looks like.")))
        for outcome in OUTCOMES
        if outcome != "passed"
    ]
    return [Score("roc_auc", (core, Verdict("Ties count one half", "passed", 2.0))), named, *others]


if __name__ == "__main__":
    Path("card-gallery.html").write_text(gallery(), encoding="utf-8")
    print("card-gallery.html")
