"""The wire: what is sent arrives as it was, and nothing that can be sent does anything but arrive or be refused."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from fuzzing import fuzz
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.isolation.message import MAX_HEAD, MAX_ITEMS, Opaque, Rng, WireError, decode, encode
from grader.isolation.policy import Limits
from grader.isolation.reply import ReplyKind
from grader.isolation.request import Request
from grader.isolation.session import Session
from grader.isolation.wire import Wire

# --- what arrives -----------------------------------------------------------------------------------------------------

dtypes = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(),
    arrays.complex_number_dtypes(),
)
any_array = dtypes.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | plain_text | st.complex_numbers() | st.binary(max_size=50)
)
keys = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | plain_text
values = st.recursive(
    scalars | any_array.filter(lambda array: array.dtype.itemsize <= 16),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def equal(one: Any, other: Any) -> bool:
    """Equal in type and value, nan with nan."""
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and one.dtype == other.dtype
            and one.shape == other.shape
            and one.tobytes() == other.tobytes()
        )
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(map(equal, one.values(), other.values()))
    return type(one) is type(other) and repr(one) == repr(other)


def test_values_arrive_as_they_were() -> None:
    """Numbers, text, arrays of any dtype and shape, and plain containers come out as they went in."""

    def arrives(value: Any) -> None:
        assert equal(value, decode(encode(value)))

    fuzz(arrives, values)


@pytest.mark.parametrize(
    "layout", [np.ascontiguousarray, np.asfortranarray, lambda array: np.repeat(array, 2, axis=-1)[..., ::2]]
)
def test_layout_arrives(layout: Callable[[np.ndarray], np.ndarray]) -> None:
    """Memory order, strides and the read-only flag of an argument are kept."""
    array = layout(np.arange(12.0).reshape(3, 4))
    array.flags.writeable = False
    got = decode(encode(array))
    assert (got.flags.c_contiguous, got.flags.f_contiguous, got.flags.writeable) == (
        array.flags.c_contiguous,
        array.flags.f_contiguous,
        False,
    )
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        np.array([None]),
        np.array("2020", "M8[D]"),
        np.longdouble(1),
        {(1, 2): 3},
        {2**70: 0},
        10**4000,
    ],
)
def test_other_values_are_named(value: object) -> None:
    """A value that may not cross arrives as the name of what it was."""
    assert isinstance(decode(encode(value)), Opaque)


def test_generators_and_functions() -> None:
    """A generator crosses as its seed, a function as its number."""
    functions: list[Callable[..., Any]] = []
    message = encode([Rng(7), abs], functions)
    rng, function = decode(message, lambda index: functions[index])
    assert rng.random() == np.random.default_rng(7).random()
    assert function is abs
    with pytest.raises(WireError):
        decode(message)


# --- what is refused --------------------------------------------------------------------------------------------------


def framed(head: object, body: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<II", len(text), len(body)) + text + body


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0" * 7,
        framed(b""),
        framed(b"nonsense"),
        framed(b"[" * 100_000 + b"]" * 100_000),
        framed({"a": 1}),
        framed([1, 2]),
        framed(["no such tag"]),
        framed(["d", "key without value"]),
        framed(["d", ["l"], 1]),
        framed(["d", ["i", "0x1fffffffffffffffffffffff"], 1]),
        framed(["d", ["c", 1, 2], 1]),
        framed(["i", "1" * 10**6]),
        framed(b"1" * 10**6),
        framed(["s", 10**12]),
        framed(["b", -1]),
        framed(["a", "<f8", [2], "C"], b"\0" * 15),
        framed(["a", "<f8", [-1], "C"], b"\0" * 8),
        framed(["a", "<f8", [2**39, 2**39], "C"]),
        framed(["a", "O", [1], "C"], b"\0" * 8),
        framed(["a", "V8", [1], "C"], b"\0" * 8),
        framed(["a", "<f16", [1], "C"], b"\0" * 16),
        framed(["a", "|b1", [1], "C"], b"\2"),
        framed(["a", "<U1", [1], "C"], b"\xff" * 4),
        framed(["a", "<U1", [1], "C"], b"\0\xd8\0\0"),
        framed(["l", *[0] * (MAX_ITEMS + 2)]),
        framed(["f", 0]),
        framed(["g", "not a seed"]),
    ],
    ids=lambda message: message[8:40].decode("latin-1"),
)
def test_malformed_messages(message: bytes) -> None:
    """What `encode` does not write is a WireError."""
    with pytest.raises(WireError):
        decode(message)


def test_half_characters_are_replaced() -> None:
    """Text that cannot be written as UTF-8 becomes text that can."""
    assert decode(framed(b'"\\ud800"')) == "?"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*"ltdnicbgfas?", "<f8", "|b1", "<U2", "C", "S", "Fr", "0x1f"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=20,
)
mutated = st.tuples(values.map(encode), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5)).map(
    lambda both: _mutate(*both)
)
messages = st.one_of(st.binary(max_size=200), st.builds(framed, json_values, st.binary(max_size=64)), mutated)


def _mutate(message: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(message)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    return bytes(changed)


def test_any_bytes_decode_or_are_refused() -> None:
    """Whatever comes is a value that can be shown and written, or a WireError."""

    def holds(message: bytes) -> None:
        try:
            value = decode(message)
        except WireError:
            return
        repr(value).encode()
        decode(encode(value))

    fuzz(holds, messages)


def test_any_bytes_end_in_a_reply() -> None:
    """Whatever a child sends in reply to a call, the host has a Reply for it, in time."""

    def holds(message: bytes) -> None:
        ours, theirs = socket.socketpair()
        with Session(ours, lambda: 0, Limits(call=0.02)) as session:
            theirs.sendall(message)
            theirs.shutdown(socket.SHUT_WR)
            reply = session.call(Request.of("f", [1.0]))
            assert reply.kind in get_args(ReplyKind)
            repr(reply).encode()
        theirs.close()

    replies = st.builds(
        lambda kind, rest: encode((kind, *rest)),
        st.sampled_from(["value", "raised", "missing", "unfit", "callback", "cell"]),
        st.lists(values, max_size=6),
    )
    fuzz(holds, messages | replies)


def test_late_message_is_a_timeout() -> None:
    """A message that is not whole by the deadline is not waited for."""
    ours, theirs = socket.socketpair()
    theirs.sendall(encode(1)[:-1])
    with pytest.raises(TimeoutError):
        Wire(ours).receive(time.monotonic() + 0.05)
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("share", "comes"),
    [(0.1, True), (0.0, False), (1.0, False)],
    ids=["gets a tenth of a processor", "sleeps", "has had its time"],
)
def test_late_on_a_busy_machine(share: float, comes: bool) -> None:
    """A reply that is late has more time only while its process works and has not had all of its processor time."""
    ours, theirs = socket.socketpair()
    begun = time.monotonic()
    with Session(ours, lambda: 0, Limits(call=0.1), lambda: share * (time.monotonic() - begun)) as session:
        timer = threading.Timer(0.5, theirs.sendall, [encode(("value", 1.0, False, False, [], ""))])
        timer.start()
        assert session.call(Request.of("f", [])).kind == ("value" if comes else "timeout")
    timer.cancel()
    timer.join()
    theirs.close()


def test_a_process_that_is_stopped_is_not_asleep() -> None:
    """While somebody keeps a process stopped, its time does not go by, up to a bound."""
    ours, theirs = socket.socketpair()
    goes_on = time.monotonic() + 0.4

    def used() -> float | None:
        return None if time.monotonic() < goes_on else time.monotonic() - goes_on

    with Session(ours, lambda: 0, Limits(call=0.1), used) as session:
        timer = threading.Timer(0.45, theirs.sendall, [encode(("value", 1.0, False, False, [], ""))])
        timer.start()
        assert session.call(Request.of("f", [])).kind == "value"
        assert session.call(Request.of("f", [])).kind == "timeout"
    timer.join()
    theirs.close()


def test_too_much_is_not_read() -> None:
    """A message that announces more than may cross is refused before any room is made for it."""
    ours, theirs = socket.socketpair()
    for sizes in ((2**32 - 1, 0), (0, 2**32 - 1), (MAX_HEAD + 1, 0)):
        theirs.sendall(struct.pack("<II", *sizes))
        with pytest.raises(WireError, match="more than"):
            Wire(ours).receive(time.monotonic() + 1)
    ours.close()
    theirs.close()
