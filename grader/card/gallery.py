"""Cards for each way an exercise can end, on one page in light and dark.

To be looked at, and for the tests.
"""

from __future__ import annotations

from dataclasses import replace

from grader.card import html
from grader.verdict import HELD, OUTCOMES, Score, Verdict


def gallery() -> str:
    """A page of cards, one for each way an exercise can end, in light and dark."""
    cards = "<br>".join(map(html, examples()))
    light = f'<section style="background:#fff;color:#111;padding:24px">{cards}</section>'
    dark = f'<section style="background:#111;color:#ddd;padding:24px">{cards}</section>'
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += "<title>Cards</title>"
    return f'<!doctype html><html lang="en">{head}<body style="margin:0">{light}{dark}</body></html>'


def examples() -> list[Score]:
    """A score for each state of an exercise and outcome of a check, and for what stands beside marks."""
    core = Verdict("The share of pairs in the right order", "passed", 2.0, core=True)
    ties = Verdict("Ties count one half", "passed", 2.0)
    rule = Verdict("No rows, or shapes that do not fit: ValueError", "passed", 1.0, rule=True)
    todo = replace(core, outcome="error", message="roc_auc is not written yet.", unwritten=True)
    host = (
        "roc_auc([0, 1], [0.1, 0.9]) raised AttributeError: 'Array' object has no attribute 'sum' "
        "(line 4: hits = (y == 1).sum())"
    )
    dtypes = replace(rule, name="Whole numbers and float32")
    return [
        Score("roc_auc", (todo, replace(ties, outcome="error"), replace(rule, outcome="error"))),
        _example_of_a_mistake(core, rule),
        Score("roc_auc", (core, ties, _open(rule), _open(dtypes, "float32"))),
        Score("roc_auc", (core, ties, rule)),
        _example_of_a_relation(core, ties),
        Score("roc_auc", (core, ties), backend="strict"),
        Score("roc_auc", (core, ties), backend="strict", obstacle=host),
        *(
            Score("roc_auc", (core, replace(ties, outcome=outcome, message=f"What {outcome} looks like.")))
            for outcome in OUTCOMES[2:]
        ),
    ]


def _example_of_a_mistake(core: Verdict, rule: Verdict) -> Score:
    sentence = (
        "Tied scores got different ranks, so the result hangs on row order: `argsort` knows no ties. "
        "Average the ranks (ties count one half)."
    )
    wrong = Verdict(
        "Ties count one half",
        "failed",
        2.0,
        "roc_auc([0, 1], [0.5, 0.5]) returned 0; expected 0.5.",
        case="two rows tied",
        expected="0.5",
        got="0",
        error="0.5",
        mistake="ordinal-ranks",
        sentence=sentence,
        call="roc_auc([0, 1], [0.5, 0.5])",
        printed="ranks: [1 2]\n",
    )
    return Score("roc_auc", (core, wrong, replace(rule, outcome="failed")), "ordinal-ranks", sentence)


def _example_of_a_relation(core: Verdict, ties: Verdict) -> Score:
    turned = replace(
        core,
        outcome="failed",
        message="roc_auc([0, 1], [0.1, 0.9]) returned 0; expected 1.",
        case="two rows",
        expected="1",
        got="0",
        error="1",
        call="roc_auc([0, 1], [0.1, 0.9])",
        relation="What came is 1 minus what was expected.",
    )
    return Score("roc_auc", (turned, replace(ties, outcome="failed", message=HELD, held=True)))


def _open(rule: Verdict, case: str = "no rows") -> Verdict:
    said = f"roc_auc([], []) must raise ValueError ({case}); it returned nan."
    said += " These must raise it, too: two labels and three scores."
    return replace(rule, outcome="failed", message=said, case=case, expected="ValueError", got="nan")
