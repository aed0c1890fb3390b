"""Something to show: HTML in a notebook, plain text elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from grader import card
from grader.desk.here import in_kernel
from grader.style import MONO, PANEL
from grader.verdict import Score

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, slots=True)
class Below:
    """What stands under a page: a widget where a notebook has them, elsewhere the same in words.

    `widget` makes it; what it is called with shows another page in the place of this one.
    """

    text: str
    html: str
    widget: Callable[[Callable[[Page], None]], Any]

    def bundle(self, show: Callable[[Page], None]) -> dict[str, Any]:
        """The widget and the words, by kinds, of which a notebook shows the best that it can."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget(show).model_id}
        return {"text/html": self.html, "text/plain": self.text, WIDGET: view}


@dataclass(frozen=True, slots=True)
class Page:
    """What a call in a notebook gives back. `score` is there when it tells of a check."""

    text: str
    html: str
    score: Score | None = None
    below: Below | None = None

    def __repr__(self) -> str:
        return f"{self.text}\n{self.below.text}" if self.below else self.text

    def _repr_html_(self) -> str:
        return f"{self.html}{self.below.html}" if self.below else self.html

    def _ipython_display_(self) -> None:
        if self.below is None or not in_kernel():
            raise NotImplementedError  # IPython then takes the two above
        from IPython.display import DisplayHandle

        # Two, so that a button of the row changes the card above it and stays where it is.
        above, under = DisplayHandle(), DisplayHandle()

        def show(page: Page, put: str = "update") -> None:
            getattr(above, put)(page.bundle(), raw=True)
            if page.below:
                getattr(under, put)(page.below.bundle(show), raw=True)

        show(self, "display")

    def bundle(self) -> dict[str, str]:
        """The page without what stands under it, by kinds, as a notebook keeps it."""
        return {"text/html": self.html, "text/plain": self.text}


def panel(title: str, body: str) -> Page:
    """A title in bold and lines below it."""
    paragraphs = "<br>".join(card.prose(line) for line in body.splitlines())
    return Page(
        f"{title}\n{body}" if title else body,
        f'<div style="{PANEL}"><strong>{escape(title)}</strong><br>{paragraphs}</div>',
    )


def plain_list(items: Iterable[str]) -> str:
    """Sentences that begin with numbers of their own, as an HTML list."""
    lines = "".join(f"<li>{card.prose(item)}</li>" for item in items)
    return f'<ul style="margin:2px 0;padding-left:8px;list-style:none">{lines}</ul>'


def fold(title: str, body: str) -> str:
    """HTML that unfolds when its title is clicked; both are HTML."""
    summary = f'<summary style="cursor:pointer">{title}</summary>'
    inside = f'<div style="padding:2px 14px 6px">{body}</div>'
    return f'<details style="margin-top:4px">{summary}{inside}</details>'


def bullets(items: Iterable[str]) -> str:
    """Sentences as an HTML list."""
    lines = "".join(f"<li>{card.prose(item)}</li>" for item in items)
    return f'<ul style="margin:2px 0;padding-left:20px">{lines}</ul>'


def code_block(text: str) -> str:
    """Code or values as HTML, line by line."""
    return f'<div style="{MONO};white-space:pre;overflow-x:auto;padding:6px 0">{escape(text)}</div>'
