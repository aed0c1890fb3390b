"""Functions handed to an answer: how often, how long and with what it may call them back; and what it may return."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.isolation.host import Host
from grader.isolation.message import MAX_DEPTH, MAX_ITEMS, encode
from grader.isolation.policy import Limits
from grader.isolation.reply import Reply
from grader.isolation.request import Request
from grader.isolation.session import Session
from grader.judging.program import Program

PATIENT = Limits(call=60)
MOST = 10_000  # callbacks of one call
LARGEST = 100_000  # numbers and characters in a callback's arguments


def called(text: str, *args: Any, limits: Limits = PATIENT) -> Reply:
    """What comes of `f(*args)`, where the text defines f."""
    with Host("none", limits) as host:
        program = Program((f"import numpy as np\n{text}",), host.open)
        try:
            return program.session().call(Request.of("f", args))
        finally:
            program.close()


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.function(*args)


def test_as_often_as_a_right_answer_may_need() -> None:
    """Thousands of calls are none too many: a gradient of 4 000 entries, a beam of 100 over 90 steps."""
    square = Counted(lambda x: x * x)
    reply = called("def f(g):\n    return sum(g(i) for i in range(9_000))", square)
    assert reply.value == sum(i * i for i in range(9_000))
    assert square.calls == 9_000


def test_no_more_often() -> None:
    """An answer that calls without end is over after so many, however much time it has."""
    square = Counted(lambda x: x * x)
    assert called("def f(g):\n    while True:\n        g(2)", square).kind == "timeout"
    assert square.calls <= MOST


def test_no_longer_than_a_call() -> None:
    """The time that the function takes counts as the answer's."""
    slow = Counted(lambda x: time.sleep(0.05))
    start = time.monotonic()
    reply = called("def f(g):\n    while True:\n        g(2)", slow, limits=Limits(call=0.3))
    assert reply.kind == "timeout"
    assert slow.calls <= 7
    assert time.monotonic() - start < 20  # a process was started, too


def test_callbacks_sent_ahead_gain_no_time() -> None:
    """Callbacks that were sent before the function answered end with the call's time as well."""
    ours, theirs = socket.socketpair()
    slow = Counted(lambda x: time.sleep(0.05))
    with Session(ours, lambda: 0, Limits(call=0.3)) as session:
        theirs.sendall(encode(("callback", 0, (1.0,))) * 100)
        assert session.call(Request.of("f", [slow])).kind == "timeout"
    theirs.close()
    assert slow.calls <= 7


@pytest.mark.parametrize(
    "made",
    [
        "np.zeros({n})",
        "[0] * ({n} // 2), [0] * ({n} // 2)",
        "'a' * {n}",
        "dict.fromkeys(range({n} // 2), 0)",
        "{{'a' * {n}: 0}}",
        "['a' * ({n} // 2)] * 2",
    ],
)
def test_what_a_callback_may_carry(made: str) -> None:
    """Arrays, lists of tokens, strings and dictionaries, keys counted, all have one bound."""
    function = Counted(lambda x: 1)
    reply = called(f"def f(g):\n    return g(({made.format(n=LARGEST + 2)}))", function)
    assert (reply.kind, function.calls) == ("raised", 0)
    assert "100000" in reply.text
    assert called(f"def f(g):\n    return g(({made.format(n=LARGEST - 100)}))", function).value == 1


def test_a_function_that_fails_is_the_answers_own_trouble() -> None:
    """What the function raises, and a value of it that does not cross, is an error in the answer."""
    for function in (lambda x: 1 / 0, lambda x: [0] * (MAX_ITEMS + 1), lambda x: np.zeros(2**24)):
        reply = called("def f(g):\n    return g(1)", function)
        assert reply.raised[0] == "ValueError"
        assert "the function you were given" in reply.text


@pytest.mark.parametrize(
    "made",
    [
        f"[0] * {MAX_ITEMS}",
        f"dict.fromkeys(range({MAX_ITEMS}), 0)",
        "'a' * 2**26",
        "{'a' * 2**26: 0}",
        "['a' * 2**20] * 65",
        f"eval({MAX_DEPTH + 1} * '[' + {MAX_DEPTH + 1} * ']')",
        "np.zeros(2**23)",
    ],
)
def test_what_a_result_may_hold(made: str) -> None:
    """Lists, dictionaries and strings are bounded as arrays are: what is larger is unfit, and the process goes on."""
    assert called(f"def f(x):\n    return {made}", 1).kind == "unfit"
