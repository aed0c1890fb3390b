"""Requests under way: what is sent at once fits a socket's buffer, and nothing is sent behind a call with functions."""

from __future__ import annotations

from grader.isolation.message import decode
from grader.isolation.request import Request, batches


def test_what_is_sent_at_once_is_bounded() -> None:
    """At most sixteen messages and 32 KiB go together; a larger one goes alone, and the order stays."""
    requests = [Request.of_cell(place, "x" * size) for place, size in enumerate([1] * 40 + [20_000] * 3 + [10**6])]
    sent = list(batches(requests))
    assert [each for batch in sent for each in batch] == requests
    assert [len(batch) for batch in sent[:2]] == [16, 16]
    for batch in sent:
        assert len(batch) == 1 or sum(len(each.message) for each in batch) <= 32 * 1024


def test_a_call_with_functions_goes_alone() -> None:
    """While an answer calls back, the next message must be the reply to that."""
    plain, calling = Request.of("f", [1]), Request.of("f", [len])
    assert list(batches([plain, calling, plain, plain])) == [[plain], [calling], [plain, plain]]


def test_a_short_cell_is_written_as_a_message_once() -> None:
    """The lesson's own cells are the same in every submission, at the same place."""
    assert Request.of_cell(3, "x = 1") is Request.of_cell(3, "x = 1")
    assert decode(Request.of_cell(4, "x = 1").message) == ("cell", 4, "x = 1")
