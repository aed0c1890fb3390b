"""The pages on which answers are marked: all questions with what waits, and one question with all its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grader import card
from grader.classroom import safe_html
from grader.classroom.marking import Sheet, Waiting
from grader.course.catalogue import Lesson

SHOWN = 200  # answers on a page: more are there once these are marked
_FLAGS = "abdefghilmnoqrstuvwxyz"  # the keys for red flags: those that do nothing else


def index(lessons: Sequence[tuple[Lesson, Mapping[str, Waiting]]], base: str) -> str:
    """Every question of the lessons, how many answers it has, and how many wait."""
    return _rendered(lessons=lessons, base=base, sheet=None, nonce="")


def page(sheet: Sheet, waiting: Mapping[str, Waiting], base: str, *, xsrf: str, nonce: str) -> str:
    """The answers to one question, to mark; scripts on it need the `nonce`, what it sends the `xsrf` token."""
    return _rendered(
        sheet=sheet,
        shown=sheet.handed[:SHOWN],
        waiting=waiting,
        base=base,
        xsrf=xsrf,
        nonce=nonce,
        flags=list(zip(_FLAGS, sheet.question.red_flags, strict=False)),
    )


def _rendered(**what: Any) -> str:
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    loader = PackageLoader("grader.classroom", ".")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["prose"] = lambda text: Markup(card.prose(text))  # escaped there
    environment.filters["markdown"] = lambda text, attachments=None: Markup(
        safe_html.markdown_html(text, attachments or {})  # cleaned there
    )
    return str(environment.get_template("marking.html.j2").render(**what))
