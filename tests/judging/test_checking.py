"""What checks.py files do with an answer: agree, refuse, sparing and contract, shown by themselves."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from grader.desk.kernel import session_here
from grader.isolation.policy import Limits
from grader.judging.answer import Answer
from grader.judging.cases import Cases
from grader.judging.checking import Case, Wrong, agree, contract, points, refuse, seeing, sparing

Function = Callable[..., Any]


@pytest.fixture
def ask() -> Iterator[Callable[[Function, Function], Wrong | None]]:
    """What a check says of a function: None where it passes."""
    sessions = []

    def asked(function: Function, check: Function) -> Wrong | None:
        session = session_here({"f": function}, Limits(call=1.0))
        sessions.append(session)
        try:
            check(Answer("f", lambda: session, Cases(1)))
        except Wrong as wrong:
            return wrong
        return None

    yield asked
    for session in sessions:
        session.close()


def doubled(x: np.ndarray) -> np.ndarray:
    return np.asarray(x, dtype=float if np.asarray(x).dtype.kind in "iu" else None) * 2


def pairs(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """A short vector and a longer one."""
    yield "two values", rng.normal(size=2)
    yield "a matrix", rng.normal(size=(3, 4))


def test_an_example_is_small(ask: Any) -> None:
    """An answer that makes up an example cannot keep a check busy with it: one of millions is refused before anything is computed."""

    def check(f: Function) -> None:
        f()
        raise AssertionError("a check would now compute with it")

    wrong = ask(lambda: (np.zeros(3_000_000, bool), np.ones(3_000_000, bool)), check)
    assert "6000000 numbers" in str(wrong) and "10000 at most" in str(wrong)


# --- agree ------------------------------------------------------------------------------------------------------------

TWO = [Case("one", (np.ones(1),), np.full(1, 2.0)), Case("two", (np.ones(2),), np.full(2, 2.0))]


def test_agree_with_right_values(ask: Any) -> None:
    """A right answer passes, within the tolerance."""
    assert ask(doubled, lambda f: agree(f, TWO)) is None
    assert ask(lambda x: x * (2 + 1e-5), lambda f: agree(f, TWO, rtol=1e-4)) is None


def test_agree_reports_the_first_case_that_differs(ask: Any) -> None:
    """Of several wrong cases the first is told, with what was expected and what came."""
    wrong = ask(lambda x: x * 3 if len(x) == 2 else x * 2, lambda f: agree(f, TWO))
    assert (wrong.case, wrong.expected, wrong.got) == ("two", "[2., 2.]", "[3., 3.]")
    assert wrong.message == "f([1., 1.]) returned [3., 3.]; expected [2., 2.]."


def test_agree_names_the_value_that_differs(ask: Any) -> None:
    """Of several values the one that differs is told by its name, where it has one, with the entry."""
    pair = [Case("one", (np.ones(4),), (np.ones(2), np.array([1.0, 2.0, 3.0])))]

    def wrong_at_two(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.ones(2), np.array([1.0, 2.0, 4.0])

    def named(f: Any) -> None:
        f.results = ("dx", "dgamma")
        agree(f, pair)

    told = "1 at dgamma[2]: 4, where 3 was expected"
    assert ask(wrong_at_two, named).error == told
    assert ask(wrong_at_two, named).message.endswith(f"Largest error: {told}.")
    assert ask(wrong_at_two, lambda f: agree(f, pair)).error == "1 at value 2 [2]: 4, where 3 was expected"
    assert "else: dgamma has shape (2,)" in ask(lambda x: (np.ones(2), np.ones(2)), named).message


def test_agree_names_a_number(ask: Any) -> None:
    """Of several numbers the first that differs is told by its place; in a dict by its key."""
    numbers = [Case("one", (np.ones(1),), (1.0, 2.0))]
    assert ask(lambda x: (1.0, 3.0), lambda f: agree(f, numbers)).error == "1 at value 2: 3, where 2 was expected"
    entries = [Case("one", (np.ones(1),), {"loss": 1.0, "w": np.zeros(2)})]
    wrong = ask(lambda x: {"loss": 1.0, "w": np.array([0.0, 1.0])}, lambda f: agree(f, entries))
    assert wrong.error == "1 at entry 'w' [1]: 1, where 0 was expected"


def test_agree_where_both_print_alike(ask: Any) -> None:
    """Two arrays that look the same on the card are told apart by the entry that differs most."""
    wrong = ask(lambda x: x * 2 + 1e-6, lambda f: agree(f, TWO))
    assert wrong.message.endswith("expected [2.]. Largest error: 1e-06 at [0]: 2.000001, where 2 was expected.")


def test_agree_with_integers(ask: Any) -> None:
    """`integer=True` asks for an integer type, whatever the values."""
    counts = [Case("one", (np.ones(1),), np.array([2]))]
    assert ask(lambda x: x * 2, lambda f: agree(f, counts)) is None
    assert "integers were expected" in ask(lambda x: x * 2, lambda f: agree(f, counts, integer=True)).message


def test_agree_where_nothing_comes(ask: Any) -> None:
    """An answer that raises has no value; the outcome says so."""
    wrong = ask(lambda x: 1 / 0, lambda f: agree(f, TWO))
    assert wrong.outcome == "error"
    assert "raised ZeroDivisionError" in wrong.message


# --- refuse -----------------------------------------------------------------------------------------------------------

EMPTY = [Case("nothing", (np.ones(0),))]


def refuses(x: np.ndarray) -> None:
    raise ValueError("empty")


def test_refuse(ask: Any) -> None:
    """The error asked for passes; a value, or another error, does not."""
    assert ask(refuses, lambda f: refuse(f, EMPTY)) is None
    assert "must raise ValueError (nothing); it returned" in ask(doubled, lambda f: refuse(f, EMPTY)).message
    assert "it raised IndexError" in ask(lambda x: x[0], lambda f: refuse(f, EMPTY)).message
    more = [*EMPTY, Case("a row, and nothing in it", (np.ones((1, 0)),))]
    assert ask(doubled, lambda f: refuse(f, more)).message.endswith("too: a row, and nothing in it.")


def test_refuse_takes_a_subclass(ask: Any) -> None:
    """An error of a class below the one asked for is that error."""

    class Empty(ValueError):
        pass

    def raises(x: np.ndarray) -> None:
        raise Empty

    assert ask(raises, lambda f: refuse(f, EMPTY)) is None


# --- sparing ----------------------------------------------------------------------------------------------------------


def square(x: float) -> float:
    return x * x


def test_sparing(ask: Any) -> None:
    """As many calls as are needed pass; one more is told with the function's name."""

    def check(answer: Answer) -> None:
        sparing(answer, [Case("three", (square, 3))], lambda g, n: n)

    assert ask(lambda g, n: sum(g(i) for i in range(n)), check) is None
    assert "called square 4 times; the most is 3" in ask(lambda g, n: sum(g(i) for i in range(n + 1)), check).message
    assert "raised ZeroDivisionError" in ask(lambda g, n: 1 / 0, check).message


# --- contract ---------------------------------------------------------------------------------------------------------


def kept(f: Answer) -> None:
    contract(f, f.cases, pairs, doubled, floats=(0,))


def in_place(x: np.ndarray) -> np.ndarray:
    if x.flags.writeable:
        x *= 1.5
    return x * 2


def warns(x: np.ndarray) -> np.ndarray:
    warnings.warn("careful", RuntimeWarning, stacklevel=1)
    return doubled(x)


def writes(x: np.ndarray) -> np.ndarray:
    x[0] = x[0]
    return doubled(x)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (doubled, None),
        (in_place, "changed its input"),
        (lambda x: x.reshape(x.shape), "shares memory"),
        (warns, "warned: RuntimeWarning: careful"),
        (writes, "read-only"),
        (lambda x: doubled(np.array(x, dtype=np.float64)), "float32 was expected"),
        (lambda x: (2 * x).astype(np.float32), "float64 was expected"),
        (lambda x: doubled(x.ravel(order="K")).reshape(x.shape), "returned"),
    ],
)
def test_contract(ask: Any, function: Function, words: str | None) -> None:
    """Each rule that holds for every exercise is looked at, and told in its own words."""
    wrong = ask(function, kept)
    assert wrong is None if words is None else words in wrong.message


def test_contract_tells_of_an_error_beside(ask: Any) -> None:
    """An answer that works in place fails on a read-only input: it raised there, and had no other value."""

    def overwrites(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x * 1.0

    message = ask(overwrites, kept).message
    assert "changed its input" in message and "Besides, it raised ValueError (" in message
    assert "another value" not in message


def test_contract_with_either_width(ask: Any) -> None:
    """Where results may be of either width, float64 for float32 passes."""

    def wide(f: Answer) -> None:
        contract(f, f.cases, pairs, doubled, floats=(0,), either_width=True)

    assert ask(lambda x: doubled(np.array(x, dtype=np.float64)), wide) is None


def labelled(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Labels that reach the bounds of a narrow type."""
    yield "up to 200", np.array([0, 200])


def test_contract_with_narrow_labels(ask: Any) -> None:
    """Integer arguments come in every narrower type that holds their values, where sums wrap."""

    def narrow(f: Answer) -> None:
        contract(f, f.cases, labelled, lambda y: y.astype(np.int64) + y, labels=(0,))

    assert "returned" in ask(lambda y: y + y, narrow).message
    assert ask(lambda y: y.astype(np.int64) + y, narrow) is None


# --- seeing ---------------------------------------------------------------------------------------------------------


def test_seeing(ask: Any) -> None:
    """What a check finds wrong inside is named by what it sees of all that came; a right answer passes."""

    def check(f: Answer) -> None:
        with seeing(
            lambda wrong: "tripled" if all((got == 3 * case.args[0]).all() for case, got in f.values()) else ""
        ):
            agree(f, TWO)

    assert ask(lambda x: x * 3, check).mistake == "tripled"
    assert ask(lambda x: x * 4, check).mistake == ""
    assert ask(doubled, check) is None


# --- points -----------------------------------------------------------------------------------------------------------


def test_points() -> None:
    """`@points` marks a check and leaves it as it is."""

    def check() -> None: ...

    assert points(2)(check) is check
    assert check.points == 2  # type: ignore[attr-defined]
