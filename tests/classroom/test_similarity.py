"""Submissions that are alike but for names and layout are found, and what the lesson gave is no copy."""

from __future__ import annotations

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
    others = {student: [RIGHT] for student in ("cat", "dan", "eve", "fay")}
    pairs = alike({"ada": [RIGHT, OWN], "bob": [RENAMED]} | others)
    assert [(pair.one, pair.other) for pair in pairs] == [("ada", "bob")]
    assert alike({"ada": [OWN], "bob": [OWN]}, released=[OWN]) == []
    assert alike({str(number): [OWN] for number in range(20)}) == []


def test_code_that_is_no_python_can_be_compared() -> None:
    """A cell with a syntax error stops nobody's report."""
    (pair,) = alike({"ada": ["def f(:\n  'x", OWN], "bob": ["(((", OWN]})
    assert pair.share > 0.9
