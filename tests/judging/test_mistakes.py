"""Which known mistake explains a failed check; that every one of the lessons is named, tests/lessons asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader.course.catalogue import find_lesson
from grader.course.submission import Submission
from grader.isolation.host import Host
from grader.judging.judge import Judge

Named = Callable[..., Sequence[str | None]]

ACCEPTS = '''
def mean__accepts(x):
    """Nothing has no mean."""
    return x.mean() if x.size else 0.0
'''
WARNS = '''
def mean__warns(x):
    """You warned."""
    warnings.warn("careful", RuntimeWarning)
    return x.mean() if x.size else 0.0
'''
DIVIDES = '''
def mean__divides(x):
    """A division by zero."""
    return (np.ones(1) / 0, x.mean())[1]
'''
SUM = '''
def mean__sum(x):
    """You returned the sum."""
    return x.sum()
'''
TRIPLED = '''
def mean__tripled(x):
    """You tripled."""
    return np.asarray(x, dtype=np.float64) * 3
'''
LONG = '''
def mean__too_long():
    """It has more than two values."""
    return np.ones(3)
'''
SUM_OF_MANY = '''
def mean__sum_of_many(x):
    """You returned the sum of many."""
    return x.sum() if len(x) > 9 else x.mean()
'''

DOUBLED = '''
def doubled(x):
    return np.asarray(x, dtype=float if np.asarray(x).dtype.kind in "iu" else None) * 2


@points(2)
def test_mean(mean, draw):
    """Twice each value."""
    agree(mean, draw(vectors, doubled))


@points(1)
def test_mean_contract(mean, draw):
    """Any dtype."""
    contract(mean, draw, vectors, doubled, floats=(0,))
'''
FEW_AND_MANY = '''
def few(rng):
    yield "4 values", rng.normal(2, 3, 4)


def many(rng):
    yield "30 values", rng.normal(2, 3, 30)


@points(2)
def test_mean(mean, draw):
    """Few values."""
    agree(mean, draw(few, average))


@points(1, rule=True)
def test_mean_of_many(mean, draw):
    """Many values."""
    agree(mean, draw(many, average))
'''
WARNED = '''
@points(2)
def test_mean(mean, draw):
    """Without a warning."""
    contract(mean, draw, vectors, average)
'''
TINY_NUMBERS = '''
def small(rng):
    yield "five values", rng.uniform(1, 2, 5) * 1e-12


@points(2)
def test_mean(mean, draw):
    """Tiny values."""
    agree(mean, draw(small, average), atol=0)
'''
EXAMPLE = '''
@points(2)
def test_mean(mean):
    """An example of two values."""
    if len(mean()) > 2:
        raise Wrong("It is longer.", mistake="too-long")
    if len(mean()) < 2:
        raise Wrong("It is shorter.")
'''
ROOTS = '''
def mean__squares(x):
    """You returned roots of the sum of squares."""
    return np.array([-1.0, 1.0]) * np.sqrt((x * x).sum())
'''
ANY_SIGNS = '''
@points(2)
@unique(np.abs)
def test_mean(mean, draw):
    """The mean and the mean, with any signs."""
    for case, value in mean.on(draw(vectors, average)):
        if not np.allclose(np.abs(value), abs(case.expected)):
            raise Wrong("Another number.")
'''


@pytest.fixture
def named(tiny: Path, quick: Host, tmp_path: Path) -> Named:
    """The mistakes that explain the failed checks of an answer, in order; None where none does."""

    def names(mistakes: str, body: str, checks: str = "") -> Sequence[str | None]:
        folder = tiny / "solutions" / "tiny"
        (folder / "mistakes.py").write_text(f"import warnings\nimport numpy as np\n{mistakes}")
        if checks:
            head = (folder / "checks.py").read_text().partition("@points")[0]
            (folder / "checks.py").write_text(head.replace("import agree", "import Wrong, unique, agree") + checks)
        (tmp_path / "ada.py").write_text(f"import numpy as np\ndef mean(*x):\n    {body}")
        result = Judge(find_lesson("tiny", tiny), quick, seed=3).result(Submission("ada", tmp_path / "ada.py"))
        checked = result.exercises[0].checks
        return [each.mistake for each in checked if each.outcome != "passed" and not each.held]

    return names


def test_a_missing_refusal_is_explained_whatever_came_instead(named: Named) -> None:
    """Who returns something where an error was asked for did not refuse, be it 0 or something else."""
    assert named(ACCEPTS, "return x[0].mean() if x[0].size else -1.0") == ["accepts"]


def test_what_does_something_else_does_not_explain_a_missing_refusal(named: Named) -> None:
    """A mistake that warns may refuse nothing; its sentence is about the warning."""
    assert named(WARNS, "return x[0].mean() if x[0].size else 0.0") == [None]


def test_a_warning_of_another_kind_is_another_mistake(named: Named) -> None:
    """Who divides by zero is not named for an overflow in the same case."""
    assert named(DIVIDES, "return (np.ones(1) / 0, x[0].mean())[1]", WARNED) == ["divides"]
    assert named(DIVIDES, "return (np.full(1, 1e200) ** 2, x[0].mean())[1]", WARNED) == [None]


def test_wrong_values_are_known_in_another_dtype(named: Named) -> None:
    """A known mistake written in float64 is the same mistake in float32, in every check."""
    assert named(TRIPLED, "return x[0] * 3.0", DOUBLED) == ["tripled", "tripled"]


def test_wrong_values_in_a_rule_are_those_of_the_nearest_mistake(named: Named) -> None:
    """Of two that give the same in a check of rules, it is the one that does everywhere what the answer does."""
    assert named(SUM + SUM_OF_MANY, "return x[0].sum()", FEW_AND_MANY) == ["sum", "sum"]


def test_tiny_numbers_are_not_all_alike(named: Named) -> None:
    """Where a check looks at numbers of 1e-12, two that are wrong in different ways are two."""
    assert named(SUM, "return x[0].max()", TINY_NUMBERS) == [None]
    assert named(SUM, "return sum(x[0].tolist())", TINY_NUMBERS) == ["sum"]


def test_a_check_may_say_itself_what_it_saw(named: Named) -> None:
    """No two examples are alike: the check that judges them says which mistake it is."""
    assert named(LONG, "return np.arange(7.0)", EXAMPLE) == ["too-long"]
    assert named(LONG, "return np.ones(1)", EXAMPLE) == [None]


def test_results_of_many_forms_are_compared_by_what_they_have_in_common(named: Named) -> None:
    """Where any signs are right, a mistake is known whatever the signs."""
    assert named(ROOTS, "return np.array([1.0, -1.0]) * np.sqrt((x[0] ** 2).sum())", ANY_SIGNS) == ["squares"]
    assert named(ROOTS, "return np.array([1.0, -1.0]) * np.abs(x[0]).sum()", ANY_SIGNS) == [None]
