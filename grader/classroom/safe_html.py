"""What formgrader and feedback make of a notebook: formulas, rubrics as lists, and nothing that runs.

nbconvert puts the HTML of Markdown cells and outputs into a page as it is, and a submission's HTML
is somebody else's program. So whatever a notebook shows goes through bleach: Markdown here, each
output in the templates. Our cards keep their inline styles. Formulas become MathML
(course/markdown.py).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from pygments.formatters import HtmlFormatter

from grader.course.cells import marks_of
from grader.course.markdown import to_html
from grader.course.questions import ITEM_ENDS
from grader.style import RUBRIC

JUPYTER_PATH = Path(__file__).parent  # nbconvert/templates in it clean outputs and leave MathJax out

_RUBRIC = re.compile(r"^=== BEGIN MARK SCHEME ===$(.*?)^=== END MARK SCHEME ===$", re.MULTILINE | re.DOTALL)

# --- what may be shown ----------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MATH = _words(
    "math mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup "
    "mtable mtd mtext mtr munder munderover"
)
_TAGS = bleach.ALLOWED_TAGS.union(
    _MATH,
    _words("p div span pre br hr h1 h2 h3 h4 h5 h6 img table thead tbody tfoot tr th td caption"),
    _words("del s sub sup u kbd dl dt dd details summary"),
)
_ATTRIBUTES = _words("alt title width height align colspan rowspan scope start open")
_MATH_ATTRIBUTES = _words(
    "xmlns display stretchy scriptlevel fence displaystyle mathvariant mathsize minsize maxsize accent "
    "linethickness movablelimits columnalign columnlines rowlines rowspacing columnspacing mathcolor "
    "mathbackground form lspace rspace depth voffset"
)
_PROPERTIES = _words(
    "background background-color border border-left border-radius border-collapse color cursor display "
    "float font-family font-size font-style font-weight line-height margin margin-top margin-left "
    "max-width opacity padding table-layout text-align text-decoration vertical-align white-space width "
    "word-break"
)
_REACHES_OUT = re.compile(r"url|image|\\", re.IGNORECASE)
_CLASS_NAMES = re.compile(
    r"(?:(?:output\w*|prompt|rendered_html|ansi-[\w-]+|highlight|dataframe|[a-z]{1,3}\d?)(?:\s+|$))+"
)
_LINK = re.compile(r"https?:|mailto:|#", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_END = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")}
_TAG = re.compile(r"<(/?)([a-z][\w-]*)", re.IGNORECASE)
# Tags that need no end.
_NOT_NESTED = _words("area base br col dd dt embed hr img input li link meta option p source td th tr track wbr")
# Beyond these cleaning takes longer than anybody waits.
_LONGEST = 2 * 2**20  # characters of HTML
_TANGLED = 500  # tags open at once


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay: no handler, no id of formgrader's own, nothing that is fetched."""
    match name:
        case "style":
            return not _REACHES_OUT.search(value)
        case "class":
            return bool(_CLASS_NAMES.fullmatch(value.strip()))
        case "src":
            return value.startswith("data:image/")
        case "href":
            return tag == "a" and bool(_LINK.match(value))
    return name in _ATTRIBUTES or (tag in _MATH and name in _MATH_ATTRIBUTES)


@functools.cache
def _cleaner(strip: bool) -> bleach.Cleaner:
    css = CSSSanitizer(allowed_css_properties=_PROPERTIES, allowed_svg_properties=frozenset())
    protocols = {"http", "https", "mailto", "data"}
    return bleach.Cleaner(tags=_TAGS, attributes=_allowed, protocols=protocols, css_sanitizer=css, strip=strip)


@functools.lru_cache(maxsize=128)  # of what a class shows much is the same
def clean(page: str, strip: bool = True) -> str:
    """HTML that shows the same and runs nothing.

    Tags that may not stay are left out, or with strip=False shown as text.
    """
    if len(page) > _LONGEST or _is_tangled(page):
        why = f"HTML of {len(page)} characters, too long or too deeply nested to be shown"
        return f"<p><em>({why})</em></p>"
    return str(_cleaner(strip).clean(_seen(page) if strip else page))


def _is_tangled(page: str) -> bool:
    """Whether very many tags are open at once, or end in another order than they began.

    Cleaning takes the square of their number.
    """
    open_tags: list[str] = []
    crossed = 0
    for tag in _TAG.finditer(page):
        ends, name = tag[1], tag[2].lower()
        if name in _NOT_NESTED:
            continue
        if not ends:
            open_tags.append(name)
        elif open_tags and open_tags[-1] == name:
            open_tags.pop()
        elif name in open_tags:
            open_tags.remove(name)
            crossed += 1
        if len(open_tags) + crossed > _TANGLED:
            return True
    return False


def _seen(page: str) -> str:
    """A page without its scripts and styles; one that does not end is left to bleach."""
    kept, at = [], 0
    while found := _UNSEEN.search(page, at):
        end = _END[found[1].lower()].search(page, found.end())
        kept.append(page[at : found.start() if end else found.end()])
        at = end.end() if end else found.end()
    return "".join([*kept, page[at:]])


# --- Markdown -------------------------------------------------------------------------------------


def _listed(rubric: str) -> str:
    """A rubric whose lists stand as lists: `**Red flags** (-1): one; another.` becomes a title and two items."""
    return re.sub(
        r"^(\*\*(?!A strong|A weak).+?\*\*[^:]*:) +(.+?)(?=\n\n|\Z)",
        _items,
        rubric,
        flags=re.MULTILINE | re.DOTALL,
    )


def _items(found: re.Match[str]) -> str:
    texts = ITEM_ENDS.split(" ".join(found[2].split()))
    return "\n".join([found[1], "", *(f"- {text}" for text in texts)])


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """The HTML of a Markdown cell, in the place of nbconvert's filter; a rubric stands in a box."""
    cell = context.get("cell") or {}  # a grader's comment has none
    attachments = cell.get("attachments", {})
    if not marks_of(cell).get("locked"):
        return _html(source, attachments)
    render = functools.partial(_html, attachments=attachments) if attachments else _shared
    text, *rest = _RUBRIC.split(source)  # of the lesson's own words: a learner's are no rubric
    page = [render(text)]
    for rubric, after in zip(rest[::2], rest[1::2], strict=True):
        inside = f"<p><em>For graders</em></p>{render(_listed(rubric))}"
        page += [f'<div class="rubric" style="{RUBRIC}">{inside}</div>', render(after)]
    return "".join(page)


def _html(text: str, attachments: Any) -> str:
    return clean(to_html(text, attachments), strip=False)


@functools.lru_cache(maxsize=256)
def _shared(text: str) -> str:
    """The HTML of a lesson's own text, which is in every notebook of a class."""
    return _html(text, {})


def highlight_css(style: str) -> str:
    """The colours of code in one of Pygments' styles."""
    return str(HtmlFormatter(style=style).get_style_defs(".highlight"))


FILTERS = {"markdown2html": markdown2html, "clean_output": clean, "highlight_css": highlight_css}
