"""The pages on which answers are marked: all questions with what waits, and one question with all its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from grader.classroom import safe_html
from grader.classroom.marking import Sheet, Waiting
from grader.classroom.rendering import render
from grader.course.catalogue import Lesson

SHOWN = 200  # answers on a page: more are there once these are marked
_FLAGS = "abdefghilmnoqrstuvwxyz"  # the keys for red flags: those that do nothing else


def index(lessons: Sequence[tuple[Lesson, Mapping[str, Waiting]]], base: str) -> str:
    """Every question of the lessons, how many answers it has, and how many wait."""
    return render("marking", lessons=lessons, base=base, sheet=None, nonce="")


def page(sheet: Sheet, waiting: Mapping[str, Waiting], base: str, *, xsrf: str, nonce: str) -> str:
    """The answers to one question, to mark; scripts on it need the `nonce`, what it sends the `xsrf` token."""
    return render(
        "marking",
        markdown=_markdown,
        sheet=sheet,
        shown=sheet.handed[:SHOWN],
        waiting=waiting,
        base=base,
        xsrf=xsrf,
        nonce=nonce,
        flags=list(zip(_FLAGS, sheet.question.red_flags, strict=False)),
    )


def _markdown(source: str, attachments: Mapping[str, Any] | None = None) -> Markup:
    return Markup(safe_html.markdown_html(source, attachments or {}))  # cleaned there
