"""Nothing in a page runs, and HTML that would take for ever is a sentence."""

from __future__ import annotations

import time

import pytest

from grader.classroom.safe_html import clean, markdown2html


def test_html_that_nobody_reads_is_not_shown() -> None:
    """HTML that is longer than anybody reads is a sentence."""
    assert "too long to be shown" in clean("<p>long</p>" * 300_000)


@pytest.mark.parametrize("page", ["<b>" * 30_000, "<b><i></b></i>" * 30_000, "<script>" * 30_000])
def test_tangled_html_takes_no_square_of_time(page: str) -> None:
    """Very many tags that are open at once, or end in another order than they began, are cleaned in a moment."""
    start = time.process_time()
    clean(page)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("text", ["$a" * 100_000, "| a " * 100_000, "a" + " " * 200_000])
def test_markdown_that_takes_for_ever_stays_as_it_is(text: str) -> None:
    """A learner's Markdown that is longer than an answer is shown as it was typed."""
    start = time.process_time()
    shown = markdown2html({}, text)
    assert shown.startswith("<pre>") and time.process_time() - start < 5


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<ul>" + "<li>one" * 2000 + "</ul>", "<li>one</li>"),
        ("<table>" + "<tr><td>1</td></tr>" * 2000 + "</table>", "<td>1</td>"),
        ("<b>" * 200 + "deep" + "</b>" * 200, "<b>deep</b>"),
        ("<style>p {}</style><script>open()<p>text</p><STYLE>b {}</STYLE >", "open()<p>text</p>"),
    ],
)
def test_ordinary_html_is_shown(page: str, shown: str) -> None:
    """Long tables, lists whose items do not end, and a script that does not."""
    assert shown in clean(page)
    assert "{}" not in clean(page)
