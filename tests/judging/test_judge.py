"""A submission's way through: whatever it answers, every exercise gets verdicts, and they are the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.catalogue import find_lesson
from grader.course.submission import Submission
from grader.isolation.host import Host
from grader.judging.judge import Judge
from grader.verdict import Result
from judging.a_notebook import RIGHT, first, grade, outcomes, said


def test_right_answer(judge: Judge, tmp_path: Path) -> None:
    """A right answer gets full marks, without notes."""
    result = grade(judge, tmp_path, RIGHT)
    assert (result.score, result.max_score, said(result)) == (4.0, 4.0, ())


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        ("while True: pass", "timeout", "did not come back in time"),
        ("import os; os._exit(1)", "died", "process ended"),
        ("raise KeyError('k')", "error", "raised KeyError: 'k' (line 2: "),
        ("raise SystemExit", "error", "raised SystemExit"),
        ("raise NotImplementedError()", "error", "not written yet"),
        ("raise MemoryError()", "memory", "more memory than there is"),
        ("return object()", "failed", "is an object"),
        ("return x", "failed", "is an array of shape (1,)"),
        ("return None", "failed", "is None"),
        ("return 'much'", "failed", "is a str"),
        ("return float('nan')", "failed", "returned nan; expected"),
        ("return 10**5000", "failed", "is a huge int"),
        ("return [[]] * 10**6", "failed", "more than 100000 items"),
    ],
)
def test_wrong_answers_have_an_outcome_and_a_sentence(
    judge: Judge, tmp_path: Path, body: str, outcome: str, words: str
) -> None:
    """Each way of going wrong has its own word and a sentence that says what happened."""
    result = grade(judge, tmp_path, f"def mean(x):\n    {body}")
    assert outcomes(result)[0] == outcome
    assert words in first(result)
    assert result.score == 0


def test_sentence_about_a_part_of_a_result(tiny: Path, quick: Host, tmp_path: Path) -> None:
    """What is odd about one of several values is said of that value."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    text = checks.read_text().replace("return float(sum(x.tolist())) / len(x)", "return x.mean(), np.ones(2)")
    checks.write_text(text)
    result = grade(
        Judge(find_lesson("tiny", tiny), quick, 1),
        tmp_path,
        "import numpy as np\ndef mean(x):\n    return x.mean(), np.ones(3)",
    )
    assert "returned something else: value 2 has shape (3,), where (2,) was expected" in first(result)


def test_wrong_signature_is_an_error(judge: Judge, tmp_path: Path) -> None:
    """A function of a wrong signature is told what it was called with."""
    message = first(grade(judge, tmp_path, "def mean():\n    return 1"))
    assert message.startswith("mean([3.5]) raised TypeError: mean() takes 0 positional arguments")


def test_points_only_count_with_the_core(judge: Judge, tmp_path: Path) -> None:
    """Refusing bad input earns nothing while the results are wrong, and the message says why."""
    result = grade(judge, tmp_path, "def mean(x):\n    if len(x) == 0:\n        raise ValueError\n    return 7.0")
    assert outcomes(result) == ["failed", "failed", "failed"]
    assert "counts only once the first check passes" in result.exercises[0].checks[2].message


def test_mistake_is_recognised_beside_another_fault(judge: Judge, tmp_path: Path) -> None:
    """A known mistake is named even when the answer has another fault as well."""
    result = grade(judge, tmp_path, "def mean(x):\n    return x.sum()")
    assert result.exercises[0].mistake == "sum"


def test_wrong_values_do_not_explain_a_missing_refusal(tiny: Path, quick: Host, tmp_path: Path) -> None:
    """A check that asks for a ValueError is never explained by a mistake that is about values."""
    mistakes = tiny / "solutions" / "tiny" / "mistakes.py"
    kept = mistakes.read_text().partition("def mean__nan_for_empty")[0]
    product = 'def mean__product(x):\n    """You multiplied."""\n    return float(np.prod(x)) if x.size else 0.0\n'
    mistakes.write_text(kept + product)
    answer = "def mean(x):\n    return float(x.max()) if x.size else 0.0"
    checks = grade(Judge(find_lesson("tiny", tiny), quick, 1), tmp_path, answer).exercises[0].checks
    assert (checks[2].outcome, checks[2].mistake) == ("failed", None)


@pytest.mark.parametrize(
    ("nothing", "state"),
    [("float('nan')", "complete"), ("x.mean()", "right"), ("np.float32(np.nan)", "complete"), ("0.0", "wrong")],
)
def test_a_check_of_results_that_fails_for_a_warning_leaves_the_answer_right(
    tiny: Path, quick: Host, tmp_path: Path, nothing: str, state: str
) -> None:
    """A mean of nothing that is nan as asked, but warns, is no wrong result."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    refusal = checks.read_text().partition("@points(1)\ndef test_mean_empty")[0]
    nan = "contract(mean, draw, empty, lambda x: np.nan)"
    checks.write_text(f'{refusal}@points(1, rule=False)\ndef test_mean_empty(mean, draw):\n    """nan."""\n    {nan}\n')
    answer = f"import numpy as np\ndef mean(x):\n    return float(x.mean()) if x.size else {nothing}"
    score = grade(Judge(find_lesson("tiny", tiny), quick, 1), tmp_path, answer).exercises[0]
    assert score.state == state


def test_partial_credit(judge: Judge, tmp_path: Path) -> None:
    """What passes beside a failing check keeps its points."""
    result = grade(judge, tmp_path, "def mean(x):\n    return sum(x.tolist()) / max(len(x), 1)")
    assert (result.score, result.exercises[0].mistake) == (3.0, "nan-for-empty")


def test_same_seed_same_result(tiny: Path, quick: Host, tmp_path: Path) -> None:
    """A run can be replayed from its seed, and another seed draws other cases."""
    messages = [
        first(grade(Judge(find_lesson("tiny", tiny), quick, seed), tmp_path, "def mean(x):\n    return x.sum() + 1"))
        for seed in (5, 5, 6)
    ]
    assert messages[0] == messages[1]
    judges = [Judge(find_lesson("tiny", tiny), quick, seed) for seed in (5, 6)]
    draws = [judge.cases.rng("vectors").random() for judge in judges]
    assert draws[0] != draws[1]


def test_unreadable_submission_has_a_reason(judge: Judge, tmp_path: Path) -> None:
    """A file that is no notebook scores 0 with the reason."""
    (tmp_path / "ada.ipynb").write_text("{")
    result = judge.result(Submission("ada", tmp_path / "ada.ipynb"))
    assert (result.status, result.score, result.max_score) == ("unreadable", 0.0, 4.0)
    assert result.reason and "cut off" in result.reason


def test_result_survives_packing(judge: Judge, tmp_path: Path) -> None:
    """A result put away as plain data comes back as it was."""
    result = grade(judge, tmp_path, "def mean(x):\n    return x.sum()")
    assert Result.unpack(result.pack()) == result


def test_broken_check_is_ours(tiny: Path, quick: Host, tmp_path: Path) -> None:
    """A check that fails of itself is broken, never the learner's fault."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text(
        checks.read_text() + '\n\n@points(1)\ndef test_mean_ours(mean, draw):\n    """A rule."""\n    1 / 0\n'
    )
    assert outcomes(grade(Judge(find_lesson("tiny", tiny), quick, 1), tmp_path, RIGHT))[-1] == "broken"


def test_check_that_stumbles_over_an_answer(tiny: Path, quick: Host, tmp_path: Path) -> None:
    """A check that the reference passes and that cannot digest an answer has found it wrong."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text(
        checks.read_text()
        + '\n\n@points(1)\ndef test_mean_half(mean, draw):\n    """A rule."""\n    mean(np.ones(2)) / 2\n'
    )
    result = grade(Judge(find_lesson("tiny", tiny), quick, 1), tmp_path, "def mean(x):\n    return 'a'")
    assert (
        "returned 'a', which is not what its text asks for" in result.exercises[0].checks[-1].message
        or "counts only" in result.exercises[0].checks[-1].message
    )
    assert outcomes(result)[-1] == "failed"


TWO_CHECKS = """

def ones(rng):
    yield "ones", np.ones(3)


def twos(rng):
    yield "twos", np.full(3, 2.0)


def threes(rng):
    yield "threes", np.full(3, 3.0)


@points(1)
def test_mean_twos(mean, draw):
    \"\"\"A rule that asks again only where the first replies are right.\"\"\"
    agree(mean, draw(ones, average))
    agree(mean, draw(twos, average))


@points(1)
def test_mean_threes(mean, draw):
    \"\"\"Another rule.\"\"\"
    agree(mean, draw(threes, average))
"""


@pytest.mark.parametrize("odd", ["while True: pass", "import os; os._exit(1)", "raise KeyError", "return 5.0"])
def test_calls_sent_ahead_change_no_verdict(tiny: Path, quick: Host, tmp_path: Path, odd: str) -> None:
    """What a check that failed would have asked next counts for nothing, though the call was made, and even if the process did not survive it."""
    checks = tiny / "solutions" / "tiny" / "checks.py"
    checks.write_text(checks.read_text() + TWO_CHECKS)
    body = f"    if len(x) == 3 and x[0] == 2:\n        {odd}\n    if len(x) == 3 and x[0] == 1:\n        return 7.0\n    return x.mean()"
    result = grade(Judge(find_lesson("tiny", tiny), quick, 1), tmp_path, f"def mean(x):\n{body}")
    assert [(check.outcome, check.case) for check in result.exercises[0].checks[-2:]] == [
        ("failed", "ones"),
        ("passed", ""),
    ]
