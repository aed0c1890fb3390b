"""What came of a call: a message of the other side, read without trust, as a Reply.

Whatever the message holds, texts are cut and made printable here, so that nobody after has to.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from grader.isolation.message import RAN, WireError, decode

ReplyKind = Literal["value", "raised", "missing", "unfit", "timeout", "memory", "died", "malformed"]
ENDED: tuple[ReplyKind, ...] = ("timeout", "died", "malformed")  # after these the child is gone

_KEPT_REPLIES = 2000  # short replies that are decoded once for all answers
_SHORT_REPLY = 4096  # bytes
_PRINTED = 2000  # characters that one call printed, to be shown where its case fails


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call: a value, or how it ended; and what it did beside (changed inputs, memory, warnings)."""

    kind: ReplyKind
    value: Any = None
    raised: tuple[str, ...] = ()  # the exception's class and its bases
    text: str = ""
    line: int | None = None
    code: str = ""
    changed: bool = False
    shares: bool = False
    warned: tuple[str, ...] = ()
    printed: str = ""
    called: tuple[int, ...] = ()  # how often it called each function that it was given
    common: bool = False  # one object for all that say the same, shared by the answers of a run


def content_of(message: bytes | bytearray) -> tuple[Any, ...]:
    """What a message says; WireError where that is no tuple that begins with a word."""
    if message == RAN:
        return "cell", None
    content = decode(message)
    if isinstance(content, tuple) and content and isinstance(content[0], str):
        return content
    raise WireError("it begins with no word")


def understood(content: tuple[Any, ...], called: tuple[int, ...] = ()) -> Reply | None:
    """What a message says of a call; None for anything else."""
    match content:
        case ("value", value, bool(changed), bool(shares), list(warned), str(printed)):
            beside = plain(printed, _PRINTED)
            warnings = short(warned[:3])
            return Reply("value", value, changed=changed, shares=shares, warned=warnings, printed=beside, called=called)
        case ("raised", list(kinds), str(text), int() | None as line, str(code), bool(changed), str(printed)) if _named(
            kinds
        ):
            # MemoryError is how Python tells of the limit, which is no fault in the formula.
            kind: ReplyKind = "memory" if "MemoryError" in kinds else "raised"
            return Reply(
                kind,
                raised=short(kinds[:20]),
                text=plain(text),
                line=line,
                code=plain(code, 200),
                changed=changed,
                printed=plain(printed, _PRINTED),
            )
        case ("missing",):
            return Reply("missing")
        case ("unfit", str(text)):
            return Reply("unfit", text=plain(text))
    return None


def _named(kinds: list[Any]) -> bool:
    """Whether a list begins with the name of an exception."""
    return bool(kinds) and isinstance(kinds[0], str)


def common(message: bytearray, called: tuple[int, ...] = ()) -> Reply | None:
    """What a short message says, kept: most answers give the same reply to a call.

    None for a long one, and for what could be changed.
    """
    return _common(bytes(message), called) if len(message) <= _SHORT_REPLY else None


@functools.lru_cache(_KEPT_REPLIES)
def _common(message: bytes, called: tuple[int, ...]) -> Reply | None:
    reply = understood(content_of(message), called)
    return dataclasses.replace(reply, common=True) if reply and _constant(reply.value) else None


def _constant(value: Any) -> bool:
    """Whether nobody can change a value: a number, text, a read-only array, a tuple of such."""
    if isinstance(value, tuple):
        return all(map(_constant, value))
    if isinstance(value, np.ndarray):
        return not value.flags.writeable  # it came of `bytes`
    return not isinstance(value, list | dict)


def plain(text: str, length: int = 500) -> str:
    """A submission's text as it may be shown: bounded, with nothing that steers a terminal or turns the line."""
    if text.isprintable():
        return text[:length]
    return "".join(map(_plain_letter, text[:length]))


def _plain_letter(letter: str) -> str:
    return letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}"


def short(texts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(plain(text, 200) for text in texts if isinstance(text, str))
