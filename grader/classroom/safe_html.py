"""What formgrader and feedback make of a notebook: formulas, rubrics as lists, and nothing that runs.

nbconvert puts the HTML of Markdown cells and outputs into a page as it is, and a submission's HTML
is somebody else's program. So whatever a notebook shows goes through nh3: Markdown here, each
output in the templates. Our cards keep their inline styles. Formulas become MathML
(course/markdown.py).
"""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.filters.highlight import Highlight2HTML
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
_TAGS = _words("a abbr acronym b blockquote code em i li ol strong ul").union(
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
_TAG = re.compile(r"<(?=/?([a-z][^\s/>]*))", re.IGNORECASE)
_LONGEST = 2 * 2**20  # characters of HTML: more than anybody reads
_LONGEST_MARKDOWN = 10_000  # characters: rendering takes the square of what is written to be slow


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


def _kept(tag: str, name: str, value: str) -> str | None:
    return value if _allowed(tag, name, value) else None


@functools.cache
def _cleaner() -> nh3.Cleaner:
    anywhere = _ATTRIBUTES | _MATH_ATTRIBUTES | {"style", "class"}
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(),
        attributes={"*": set(anywhere), "a": {"href"}, "img": {"src"}},
        attribute_filter=_kept,
        filter_style_properties=set(_PROPERTIES),
        # "data" is for pictures alone: `_allowed` says which attribute may have which.
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )


@functools.lru_cache(maxsize=512)  # of what a class shows much is the same
def clean(page: str, strip: bool = True) -> str:
    """HTML that shows the same and runs nothing.

    Tags that may not stay are left out, or with strip=False shown as text.
    """
    if len(page) > _LONGEST:
        return f"<p><em>(HTML of {len(page)} characters, too long to be shown)</em></p>"
    return _cleaner().clean(_seen(page) if strip else _TAG.sub(_as_text, page))


def _as_text(found: re.Match[str]) -> str:
    """The beginning of a tag that may stay, or the sign itself."""
    return "<" if found[1].lower() in _TAGS else "&lt;"


def _seen(page: str) -> str:
    """A page without its scripts and styles; of one that does not end only the tag goes."""
    kept, at = [], 0
    while found := _UNSEEN.search(page, at):
        end = _END[found[1].lower()].search(page, found.end())
        kept.append(page[at : found.start()])
        at = end.end() if end else page.find(">", found.end()) + 1 or len(page)
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
        return markdown_html(source, attachments)
    render = functools.partial(markdown_html, attachments=attachments) if attachments else _shared
    text, *rest = _RUBRIC.split(source)  # of the lesson's own words: a learner's are no rubric
    page = [render(text)]
    for rubric, after in zip(rest[::2], rest[1::2], strict=True):
        inside = f"<p><em>For graders</em></p>{render(_listed(rubric))}"
        page += [f'<div class="rubric" style="{RUBRIC}">{inside}</div>', render(after)]
    return "".join(page)


def markdown_html(text: str, attachments: Any) -> str:
    """The HTML of Markdown that anybody may have written; of very much, the text as it stands."""
    if len(text) > _LONGEST_MARKDOWN:
        return f"<pre>{html.escape(text[:_LONGEST])}</pre>"
    return clean(to_html(text, attachments), strip=False)


@functools.lru_cache(maxsize=512)
def _shared(text: str) -> str:
    """The HTML of a lesson's own text, which is in every notebook of a class."""
    return markdown_html(text, {})


def highlight_css(style: str) -> str:
    """The colours of code in one of Pygments' styles."""
    return str(HtmlFormatter(style=style).get_style_defs(".highlight"))


def highlight_code(source: str, language: str | None = None, metadata: Any = None) -> str:
    """A code cell in colours, in the place of nbconvert's filter; most cells are in every notebook of a class."""
    return _highlighted(source, (metadata or {}).get("magics_language", language))


@functools.lru_cache(maxsize=1024)
def _highlighted(source: str, language: str | None) -> str:
    return str(Highlight2HTML()(source, language))


FILTERS = {
    "markdown2html": markdown2html,
    "clean_output": clean,
    "highlight_css": highlight_css,
}
