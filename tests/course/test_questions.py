"""Concept questions and their mark schemes are read as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.catalogue import find_lesson
from grader.course.questions import FollowUp, read_questions
from grader.errors import UsageError

OLD = """# %% [markdown] question="screening" points=4
# ### Q. "97 % accuracy. Your reaction?"   *(easy, 3 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (any three, 1 point each):
# - the prevalence: what does "always healthy" score?
# - the costs of a miss
#   and of a false alarm
#
# **Red flags** (-1): "great" without a question; AUC (a reflex; nothing more) as an answer.
#
# **Follow-ups**: which curve (precision-recall) and why; how many positives?
# === END MARK SCHEME ===

# %%
"""


def test_every_part_of_a_mark_scheme(tiny: Path) -> None:
    """Points, red flags, a strong and a weak answer, follow-ups with their answers."""
    (question,) = find_lesson("tiny", tiny).questions
    assert (question.slug, question.title, question.points, question.rule) == (
        "robust",
        "When is the median better?",
        2.0,
        "1 point each",
    )
    assert question.must[0] == "outliers move the mean without bound"
    assert question.red_flags == ('"always"', '"never".')
    assert question.strong.startswith("I use the median when")
    assert question.weak == "The median is always better."
    assert question.follow_ups[1] == FollowUp("And the mode?", "For categories, where there is no order.")


def test_a_scheme_without_answers_still_reads() -> None:
    """Lists on one line, separated by semicolons but for those in brackets; follow-ups without answers."""
    (question,) = read_questions(OLD)
    assert question.rule == "any three, 1 point each"
    assert question.must[1] == "the costs of a miss and of a false alarm"
    assert question.red_flags == ('"great" without a question', "AUC (a reflex; nothing more) as an answer.")
    assert question.follow_ups == (
        FollowUp("which curve (precision-recall) and why", ""),
        FollowUp("how many positives?", ""),
    )
    assert (question.strong, question.weak) == ("", "")


def test_unknown_question(tiny: Path) -> None:
    """A misspelt question is answered by the nearest."""
    with pytest.raises(UsageError, match="no question called 'robots'. Did you mean robust?"):
        find_lesson("tiny", tiny).question("robots")
