"""Formulas in formgrader and in feedback as MathML, which browsers draw by themselves: no page asks the network for MathJax."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

JUPYTER_PATH = Path(__file__).parent  # nbconvert/templates in it leave MathJax out


class _Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's renderer of Markdown with the formulas drawn."""

    def inline_math(self, body: str) -> str:
        return _drawn(body, "inline")

    def block_math(self, body: str) -> str:
        return _drawn(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _drawn(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def _drawn(latex: str, display: str) -> str:
    try:
        return str(convert(latex, display=display))
    except Exception:  # a learner may write anything between two dollars
        return f"<code>{escape(latex)}</code>"


def markdown2html(source: Any) -> str:
    """The HTML of a Markdown cell, in the place of nbconvert's filter of that name."""
    return str(MarkdownWithMath(renderer=_Renderer(escape=False)).render(source))
