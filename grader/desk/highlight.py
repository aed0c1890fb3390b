"""Python text in colours, by inline styles: what JupyterLab leaves of a notebook's HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

# Each is said twice, as fonts are: one that reads on white and on black, then the theme's own.
_COLOURS: dict[Any, tuple[str, str]] = {
    Comment: ("#7a7a7a", "comment"),
    Keyword: ("#2e8b3d", "keyword"),
    Operator.Word: ("#2e8b3d", "keyword"),
    String: ("#c4483c", "string"),
    Number: ("#2f7fb8", "number"),
    Name.Builtin: ("#2e8b3d", "builtin"),
    Name.Function: ("#3d78d8", "def"),
}


def highlighted(source: str) -> str:
    """The text as HTML, its keywords, names of functions, numbers, strings and comments in colours."""
    pieces = PythonLexer(stripnl=False, ensurenl=False).get_tokens(source)
    return "".join(_piece(kind, escape(text)) for kind, text in pieces)


def _piece(kind: Any, text: str) -> str:
    while kind not in _COLOURS:
        if kind.parent is None:
            return text
        kind = kind.parent
    colour, name = _COLOURS[kind]
    return f'<span style="color:{colour};color:var(--jp-mirror-editor-{name}-color,{colour})">{text}</span>'
