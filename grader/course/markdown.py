"""Markdown as HTML, its formulas as MathML, which browsers draw without network or script."""

from __future__ import annotations

import contextlib
from html import escape
from typing import Any

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath


class _Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's renderer of Markdown with the formulas drawn."""

    def inline_math(self, body: str) -> str:
        return _drawn(body, "inline")

    def block_math(self, body: str) -> str:
        return _drawn(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _drawn(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # A picture that was pasted and is gone stops nobody's feedback.
        with contextlib.suppress(InvalidNotebook):
            url = self._embed_image_or_attachment(url)
        if not url.startswith("data:image/"):
            return f"<em>{escape(text)} (a picture that is not in the notebook)</em>"
        return str(super().image(text, url, title))


def _drawn(latex: str, display: str) -> str:
    try:
        return str(convert(latex, display=display))
    except Exception:  # a learner may write anything between two dollars
        return f"<code>{escape(latex)}</code>"


def to_html(text: str, attachments: Any = None) -> str:
    """The HTML of Markdown.

    Whatever HTML the text holds is in it as it stands: clean it before anybody sees a stranger's.
    """
    renderer = _Renderer(escape=False, exclude_anchor_links=True, attachments=attachments or {})
    return str(MarkdownWithMath(renderer=renderer).render(text))
