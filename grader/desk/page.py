"""Something to show: HTML in a notebook, plain text elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from grader import card
from grader.desk.here import in_kernel
from grader.style import PANEL
from grader.verdict import Score


@dataclass(frozen=True, slots=True)
class Page:
    """What a call in a notebook gives back. `score` is there when it tells of a check."""

    text: str
    html: str
    score: Score | None = None
    below: Callable[[], None] | None = None  # shows boxes under it, where a notebook has widgets

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def _ipython_display_(self) -> None:
        if self.below is None or not in_kernel():
            raise NotImplementedError  # IPython then takes the two above
        from IPython.display import display

        display({"text/html": self.html, "text/plain": self.text}, raw=True)
        self.below()


def panel(title: str, body: str) -> Page:
    """A title in bold and lines below it."""
    paragraphs = "<br>".join(card.prose(line) for line in body.splitlines())
    return Page(
        f"{title}\n{body}" if title else body,
        f'<div style="{PANEL}"><strong>{escape(title)}</strong><br>{paragraphs}</div>',
    )


def plain_list(items: Iterable[str]) -> str:
    """Sentences that begin with numbers of their own, as an HTML list."""
    style = '<ul style="margin:2px 0;padding-left:8px;list-style:none">'
    return style + "".join(f"<li>{card.prose(item)}</li>" for item in items) + "</ul>"


def fold(title: str, body: str) -> str:
    """HTML that unfolds when its title is clicked; both are HTML."""
    summary = f'<summary style="cursor:pointer">{title}</summary>'
    return f'<details style="margin-top:4px">{summary}<div style="padding:2px 14px 6px">{body}</div></details>'


def bullets(items: Iterable[str]) -> str:
    """Sentences as an HTML list."""
    return (
        '<ul style="margin:2px 0;padding-left:20px">'
        + "".join(f"<li>{card.prose(item)}</li>" for item in items)
        + "</ul>"
    )
