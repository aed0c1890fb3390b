"""Submissions that are alike but for names and layout are found, and what the lesson gave is no copy."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from grader.classroom import similarity
from grader.classroom.similarity import alike

RIGHT = "def mean(x):\n    if len(x) == 0:\n        raise ValueError('empty')\n    return sum(x.tolist()) / len(x)\n"


OWN = """
def weigh(values, start=0.0):
    '''Add up in pairs, so that rounding stays small.'''
    total = start
    while len(values) > 1:
        pairs = [values[i] + values[i + 1] for i in range(0, len(values) - 1, 2)]
        if len(values) % 2:
            pairs.append(values[-1])
        values = pairs
    return total + values[0]
"""


RENAMED = (
    OWN.replace("values", "v").replace("pairs = [v[i]", "p = [\n  v[i]").replace("pairs", "p").replace("total", "t")
)


def test_other_names_and_layout_do_not_hide_a_copy() -> None:
    """A copy with other names, comments and line breaks is found; what many have, or the lesson gave them, is no copy."""
    others = [(student, [RIGHT]) for student in ("cat", "dan", "eve", "fay")]
    pairs = alike([("ada", [RIGHT, OWN]), ("bob", [RENAMED]), *others])
    assert [(pair.one, pair.other) for pair in pairs] == [("ada", "bob")]
    assert alike([("ada", [OWN]), ("bob", [OWN])], released=[OWN]) == []
    assert alike((str(number), [OWN]) for number in range(20)) == []


def test_code_that_is_no_python_can_be_compared() -> None:
    """A cell with a syntax error stops nobody's report."""
    (pair,) = alike([("ada", ["def f(:\n  'x", OWN]), ("bob", ["(((", OWN])])
    assert pair.share > 0.9


@pytest.mark.parametrize("half", ["\ud800", "\udfff"])
def test_half_a_character(half: str) -> None:
    """A notebook's JSON may hold half of a surrogate pair, which stops the tokenizer of some Pythons."""
    (pair,) = alike([("ada", [f"x = '{half}'", OWN]), ("bob", [OWN])])
    assert pair.share > 0.9


def test_ten_thousand_students_take_little_memory() -> None:
    """What is kept grows with what two submissions have in common, not with the square of the class."""
    rng = np.random.default_rng(0)
    own = [np.unique(rng.integers(0, 10**6, 60)) for _ in range(10_000)]
    own[7] = own[4]
    tracemalloc.start()
    shares = [pair for pair in similarity._shares(own) if pair[2] >= similarity.ALIKE]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert shares == [(4, 7, 1.0)]
    assert most < 2**29  # of numbers alone, a table of all pairs would have 800 MB


def test_no_more_than_one_submission_is_in_memory() -> None:
    """Notebooks are read one after the other: of each there stay a few numbers, and not its text."""
    lesson = [f"# cell {number}\n" + "x = 1\n" * 2000 for number in range(10)]  # 120 kB

    def read() -> Iterator[tuple[str, list[str]]]:
        for number in range(300):
            own = OWN.replace("0.0", f"{number}.0").replace("+=", "-=" if number % 2 else "*=")
            yield str(number), ["".join(cell) for cell in map(list, lesson)] + [own]

    tracemalloc.start()
    alike(read(), released=lesson)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * 2**20  # where the class has 36 MB


def test_a_long_submission_is_looked_at_in_part() -> None:
    """Cells without number or end cost no more than the bounds."""
    long = [f"a{number} = {number} + b * c\n" * 40 for number in range(2000)]
    assert len(similarity.runs(long)) <= similarity.MOST_RUNS + similarity.LONGEST
