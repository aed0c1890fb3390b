"""How a value is written in a sentence or on a card: short, and so that a learner could type it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.isolation.message import Opaque, Rng

_SHOWN = 1000  # elements
_ROWS = 100  # entries of a matrix that is shown in rows
_PRINTED: dict[str, Any] = {"separator": ", ", "precision": 5}


def show(value: Any, limit: int = 160) -> str:
    """A value in a line of at most `limit` characters.

    A function by its `formula`, uncut, where it carries one.
    """
    if isinstance(getattr(value, "formula", None), str):
        return str(value.formula)
    text = _show(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _show_array(value)
    if isinstance(value, np.generic):
        return _show(value.item())
    if isinstance(value, float):
        return f"{value:.10g}"
    # Python refuses to write integers of more than 4300 digits.
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, Opaque):
        return f"<{value.type_name}>"
    if isinstance(value, Rng):
        return f"rng({value.seed})"
    if isinstance(value, tuple | list):
        return _show_sequence(value)
    if isinstance(value, dict):
        items = [f"{_show(key)}: {_show(item)}" for key, item in list(value.items())[:8]]
        return "{" + ", ".join(items) + "}"
    return _show_function(value) if callable(value) and hasattr(value, "__name__") else repr(value)


def _show_sequence(value: tuple[Any, ...] | list[Any]) -> str:
    items = [_show(item) for item in value[:8]]
    if len(value) > 8:
        items.append("…")
    inner = ", ".join(items)
    if isinstance(value, list):
        return f"[{inner}]"
    return f"({inner},)" if len(value) == 1 else f"({inner})"


def _show_function(function: Callable[..., Any]) -> str:
    """A function by its formula, where it is one expression, with what it takes from around it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)).strip().rstrip(","))
        around = inspect.getclosurevars(function).nonlocals
    # Not written in a file, or a part of a longer statement.
    except (OSError, TypeError, SyntaxError, ValueError):
        return f"<function {function.__name__}>"
    formula = _formula(tree)
    if formula is None:
        return f"<function {function.__name__}>"
    plain = {name: value for name, value in around.items() if not callable(value)}
    values = [f"{name} = {show(value, 60)}" for name, value in plain.items()]
    return f"{formula} with {', '.join(values)}" if values else formula


def _formula(tree: ast.Module) -> str | None:
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if len(lambdas) == 1:
        return ast.unparse(lambdas[0])
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        return None
    match [node for node in function.body if not _is_docstring(node)]:
        case [ast.Return(value=ast.expr() as value)]:
            takes = function.args
            for argument in (*takes.posonlyargs, *takes.args, *takes.kwonlyargs):
                argument.annotation = None  # a lambda has none
            return f"lambda {ast.unparse(takes)}: {ast.unparse(value)}"
    return None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def show_rows(value: Any) -> str:
    """As show, and a small matrix in rows, one below the other."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and len(value) > 1 and value.size <= _ROWS:
        return np.array2string(value, suppress_small=True, max_line_width=200, **_PRINTED)
    return show(value)


def _show_array(array: np.ndarray) -> str:
    if array.size > _SHOWN and all(length <= 6 for length in array.shape):
        return f"an array of {array.dtype}, shape {array.shape}"  # NumPy would write out every element
    text = np.array2string(array, threshold=12, edgeitems=3, max_line_width=10**6, **_PRINTED)
    # array2string begins a line for each row, and cards show one.
    values = " ".join(text.split())
    if array.dtype not in (np.float64, np.int64, np.bool_):
        values += f" {array.dtype}"
    if array.size > 12 or not array.size:
        values += f" shape {array.shape}"
    return values
