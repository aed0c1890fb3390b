"""What crosses between grader and submission: numbers, strings, arrays and plain containers as messages.

A message is a head and a body, with their lengths in front. The head is JSON, in which containers
are lists with a tag in front; the body holds the arrays' bytes in the order in which the head names
them. Nothing is unpickled or evaluated, and everything is bounded: a message that is malformed, too
deep or too large is a WireError. Both sides use this file, so it imports the standard library and
numpy only.
"""

from __future__ import annotations

import functools
import json
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_BYTES = 64 * 2**20
MAX_HEAD = 4 * 2**20
# Far below Python's own limit of recursion, which a hostile message must not reach.
MAX_DEPTH = 16
MAX_ITEMS = 100_000
MAX_INT_BITS = 10_000  # about 3 000 digits: Python prints no more than 4 300
_SHORT = 256  # longer strings cross in the body, where they need no parsing
FRAME = struct.Struct("<II")  # the sizes of head and body, in front of every message
_NUMBERS = frozenset((int, float))
_PLAIN = frozenset((type(None), bool, float))  # types that cross as they are
# No object, no datetime, no void: dtypes whose every element is a number, a truth or text.
_DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c8|c16|U\d{1,4})")
# Made once: json.dumps and json.loads would take longer than most messages.
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().raw_decode


class WireError(Exception):
    """A message that is malformed, too deep, too large, or did not come."""


@dataclass(frozen=True, slots=True)
class Rng:
    """Stands for `numpy.random.default_rng(seed)`, which the answer's side makes."""

    seed: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of a type that does not cross the wire."""

    type_name: str


def _is_key(key: Any) -> bool:
    """Whether a dict may have this key: its hash cannot be made to collide with a thousand others."""
    return key is None or type(key) in (str, float, bool) or (type(key) is int and abs(key) < 2**63)


# Bounded: a submission could name tens of thousands ("U1" to "U9999").
@functools.lru_cache(1000)
def _dtype(name: str) -> np.dtype[Any] | None:
    """The dtype of that name, if its arrays cross the wire."""
    return np.dtype(name) if _DTYPE.fullmatch(name) else None


# --- encoding -------------------------------------------------------------------------------------


class _Encoder:
    def __init__(self, functions: list[Callable[..., Any]] | None) -> None:
        self.body: list[bytes] = []
        self.functions = functions
        self.items = 0

    def head(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise WireError(f"a value nested deeper than {MAX_DEPTH} or of more than {MAX_ITEMS} items")
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is str:
            return value if len(value) <= _SHORT else ["s", self._put(value.encode("utf-8", "replace"))]
        if kind is int:
            # JSON has integers of any length, and parsing a long one takes quadratic time.
            return value if abs(value) < 2**63 else self._long_int(value)
        if kind is list:
            return ["l", *[self.head(item, depth + 1) for item in value]]
        if kind is tuple:
            return ["t", *[self.head(item, depth + 1) for item in value]]
        if kind is dict:
            return self._dict(value, depth)
        return self._other(value, depth)

    def _long_int(self, value: int) -> Any:
        return ["i", hex(value)] if value.bit_length() <= MAX_INT_BITS else ["?", "huge int"]

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        head: list[Any] = ["d"]
        for key, item in value.items():
            # {np.int64(1): ...} is what counting over an array gives.
            plain = key.item() if isinstance(key, np.generic) else key
            if not _is_key(plain):
                return ["?", "dict with keys other than strings and numbers"]
            head += self.head(plain, depth + 1), self.head(item, depth + 1)
        return head

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            array = np.asarray(value)
            return self._scalar(array) if _dtype(array.dtype.str) else ["?", type(value).__name__]
        if isinstance(value, complex):
            return ["c", value.real, value.imag]
        if isinstance(value, bytes):
            return ["b", self._put(value)]
        if isinstance(value, Rng):
            return ["g", value.seed]
        if self.functions is not None and callable(value):
            self.functions.append(value)
            return ["f", len(self.functions) - 1]
        bases: tuple[type[Any], ...] = (bool, int, float, str, list, tuple, dict)
        # A str or list of their own class may lie about itself; what it is made of cannot.
        for base in bases:  # subclasses cross as what they are made of
            if isinstance(value, base):
                return self.head(base(value), depth)
        return ["?", type(value).__name__]

    def _array(self, array: np.ndarray) -> Any:
        # A matrix or a masked array has ideas of its own about shape and bytes.
        plain = array.view(np.ndarray) if type(array) is not np.ndarray else array
        name, flags = plain.dtype.str, plain.flags
        if not _dtype(name):
            return ["?", f"array of dtype {plain.dtype}"]
        layout = "S"  # strided: contiguous in no order
        if flags.c_contiguous:
            layout = "C"
        elif flags.f_contiguous:
            layout = "F"
        if not flags.writeable:
            layout += "r"
        self._put(plain.tobytes())
        return ["a", name, list(plain.shape), layout]

    def _scalar(self, array: np.ndarray) -> Any:
        self._put(array.tobytes())
        return ["n", array.dtype.str]

    def _put(self, data: bytes) -> int:
        size = len(data)
        self.body.append(data)
        # Every array begins where vector instructions like it.
        if size % 16:
            self.body.append(bytes(-size % 16))
        return size


def encode(value: Any, functions: list[Callable[..., Any]] | None = None) -> bytes:
    """The message for a value.

    Callables in it are appended to `functions` and cross as their index.
    """
    encoder = _Encoder(functions)
    head = _to_json(encoder.head(value)).encode()
    head += b" " * (-(FRAME.size + len(head)) % 16)  # arrays then lie where the processor likes them
    body = b"".join(encoder.body)
    if len(head) > MAX_HEAD:
        raise WireError(f"a value of so many items is larger than the {MAX_HEAD // 2**20} MiB that they may take")
    if len(head) + len(body) > MAX_BYTES:
        size = (len(head) + len(body)) / 2**20
        most = f"the {MAX_BYTES // 2**20} MiB that may cross"
        raise WireError(f"a value of {size:.0f} MiB is larger than {most}")
    return FRAME.pack(len(head), len(body)) + head + body


# --- decoding -------------------------------------------------------------------------------------

_StandIn = Callable[[int], Callable[..., Any]]  # a function argument's index -> what stands for it


class _Decoder:
    def __init__(self, body: memoryview, function: _StandIn | None) -> None:
        self.body = body
        self.at = 0
        self.function = function
        self.items = 0

    def value(self, head: Any, depth: int = 0) -> Any:
        kind = type(head)
        if kind is list:
            if not head or type(head[0]) is not str:
                raise WireError("a malformed message: a container without its tag")
            return self._tagged(head[0], head[1:], depth)
        if kind is dict:
            # JSON objects are never written here: a dict is a list with the tag "d".
            raise WireError("a malformed message: an untagged container")
        return _printable(head) if kind is str else head

    def _tagged(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag == "t" or tag == "l" or tag == "d":
            self.items += len(rest)
            if depth > MAX_DEPTH or self.items > MAX_ITEMS:
                raise WireError("a message nested too deep or with too many items")
            # Lists of numbers are what is sent most: they need no call each.
            items = [item if type(item) in _NUMBERS else self.value(item, depth + 1) for item in rest]
            if tag != "d":
                return items if tag == "l" else tuple(items)
            if not all(_is_key(key) for key in items[::2]):
                raise WireError("a malformed message: a dict's keys")
            return dict(zip(items[::2], items[1::2], strict=True))
        match tag, rest:
            case "a", [str(dtype), list(shape), str(layout)]:
                return self._array(dtype, shape, layout)
            case "n", [str(dtype)]:
                return self._array(dtype, [], "C")[()]
            case "s", [int(size)]:
                return str(self._take(size), "utf-8", "replace")
            # A hexadecimal digit has four bits; the sign and "0x" take three letters more.
            case "i", [str(digits)] if len(digits) <= MAX_INT_BITS // 4 + 3:
                return int(digits, 16)
            case "c", [int() | float() as real, int() | float() as imag]:
                return complex(real, imag)
            case "b", [int(size)]:
                return bytes(self._take(size))
            case "g", [int(seed)]:
                # The answer's side alone, which stands in for functions, computes with it.
                return np.random.default_rng(seed) if self.function else Rng(seed)
            case "f", [int(index)] if self.function:
                return self.function(index)
            case "?", [str(name)]:
                return Opaque(_visible(name[:200]))
        raise WireError(f"a malformed message: unknown tag {tag[:20]!r}")

    def _take(self, size: int) -> memoryview:
        end = self.at + size
        if size < 0 or end > len(self.body):
            raise WireError("a malformed message: its body is too short")
        taken = self.body[self.at : end]
        self.at = end + (-size % 16)
        return taken

    def _array(self, dtype_name: str, shape: list[Any], layout: str) -> np.ndarray:
        dtype = _dtype(dtype_name)
        # Bounded before it is multiplied; the bytes that there are decide below.
        is_shape = len(shape) <= 32 and all(type(n) is int and 0 <= n < 2**40 for n in shape)
        if not dtype or not is_shape:
            raise WireError("a malformed message: no such array")
        taken = self._take(math.prod(shape) * dtype.itemsize)
        # A bool of 7, or half a character, is undefined behaviour inside NumPy.
        if dtype.kind in "bU" and not _well_formed(np.frombuffer(taken, dtype)):
            raise WireError("a malformed message: an array's bytes are none of its type")
        # On the message's own memory: nothing is copied for the layout that most arrays have.
        array: np.ndarray = np.ndarray(shape, dtype, taken)
        if layout == "C":
            return array
        if layout[:1] == "F":
            array = np.asfortranarray(array)
        elif layout[:1] == "S":
            array = _strided(array)
        if layout.endswith("r"):
            array.flags.writeable = False
        return array


def _well_formed(flat: np.ndarray) -> bool:
    """Whether the bytes of booleans and characters mean something.

    Every pattern of the numbers does.
    """
    if flat.dtype.kind == "b":
        return bool((flat.view(np.uint8) <= 1).all())
    if not flat.dtype.itemsize:
        return True
    codes = flat.view(flat.dtype.byteorder.replace("|", "=") + "u4")
    return bool(((codes < 0xD800) | ((codes > 0xDFFF) & (codes <= 0x10FFFF))).all())


def _printable(text: str) -> str:
    """A string that can be written anywhere: JSON can hold halves of surrogate pairs, UTF-8 not."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _visible(text: str) -> str:
    """A name without what would steer a terminal or turn the line."""
    return "".join(map(_visible_letter, text))


def _visible_letter(letter: str) -> str:
    return letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _strided(array: np.ndarray) -> np.ndarray:
    """The same values as every second element of a larger array: contiguous in no order."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype) if array.ndim else array
    wide[..., ::2] = array
    return wide[..., ::2]


def decode(message: bytes | bytearray, function: _StandIn | None = None) -> Any:
    """The value of a whole message.

    Arrays share the message's memory (writable when it is a bytearray).

    `function(index)` makes the callable that stands for a function argument, on the answer's side;
    without it a message with functions is malformed. WireError for anything that `encode` does not
    write.
    """
    try:
        head_size, body_size = FRAME.unpack_from(message)
        view = memoryview(message)[FRAME.size :]
        if len(view) != head_size + body_size:
            raise WireError("a malformed message: its length is wrong")
        text = str(view[:head_size], "utf-8")
        head, end = _from_json(text)
        # `encode` fills up with spaces; anything else behind the head was not written by it.
        if text[end:].strip(" "):
            raise WireError("a malformed message: its head is not what it says")
        return _Decoder(view[head_size:], function).value(head)
    except (ValueError, TypeError, RecursionError, struct.error, OverflowError, MemoryError) as error:
        raise WireError(f"a malformed message: {type(error).__name__}") from error


# The reply of nearly every cell, made once and known by its bytes.
RAN = encode(("cell", None))
