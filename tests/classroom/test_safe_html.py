"""Nothing in a page runs, and HTML that would take for ever is a sentence."""

from __future__ import annotations

import pytest

from grader.classroom.safe_html import clean


@pytest.mark.parametrize(
    "page", ["<b>" * 30_000, "<b><i></b></i>" * 30_000, "<script>" * 30_000, "<p>long</p>" * 300_000]
)
def test_html_that_would_take_for_ever_is_not_shown(page: str) -> None:
    """HTML that takes the square of its length to clean, or is longer than anybody reads, is a sentence."""
    assert "too long or too deeply nested to be shown" in clean(page)


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
