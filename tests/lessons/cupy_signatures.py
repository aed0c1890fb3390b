"""Run by a Python that has CuPy: reads calls as JSON from its input and writes for each what CuPy lacks for it, "" for nothing. Needs no GPU."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections.abc import Sequence

import array_api_compat.cupy as xp  # what array_namespace gives for CuPy's arrays
import cupy

UFUNC_KEYWORDS = {"out", "dtype"}  # a ufunc has no signature to inspect; these are the keywords that its call documents


def lacks(name: str, positional: int | None, keywords: Sequence[str]) -> str:
    """What CuPy lacks for a call with so many positional arguments and these keywords; for None, for the mention of a name."""
    try:
        value = functools.reduce(getattr, name.split("."), xp)
    except AttributeError:
        return f"there is no {name}"
    if positional is None:
        return ""
    if isinstance(value, cupy.ufunc):
        if not value.nin <= positional <= value.nargs:
            return f"{name} takes {value.nin} to {value.nargs} arguments, not {positional}"
        known = UFUNC_KEYWORDS
    else:
        signature = inspect.signature(value)
        try:
            signature.bind(*[None] * positional, **dict.fromkeys(keywords))
        except TypeError as error:
            return f"{name}{signature}: {error}"
        known = {
            parameter.name for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD
        }
    unknown = sorted(set(keywords) - known)  # **kwargs would take any
    return f"{name} has no keyword {', '.join(unknown)}" if unknown else ""


if __name__ == "__main__":
    json.dump([lacks(*call) for call in json.load(sys.stdin)], sys.stdout)
