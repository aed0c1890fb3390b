"""`prep sheet`: a lesson's cells that are tagged `sheet`, as one page to print."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from grader.course.catalogue import Lesson, find_course, find_lesson
from grader.course.markdown import to_html
from grader.errors import UsageError

TAG = "sheet"
_STYLE = """
@page { size: A4; margin: 14mm; }
body { margin: 0 auto; max-width: 190mm; padding: 8px; color: #111; background: #fff; }
body { font: 10.5pt/1.4 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 15pt; margin: 0 0 6px; }
h2 { font-size: 12pt; margin: 10px 0 4px; }
h3 { font-size: 11pt; margin: 8px 0 2px; }
p, ul, ol { margin: 3px 0; } ul, ol { padding-left: 18px; } li { break-inside: avoid; }
table { border-collapse: collapse; }
th, td { border: 1px solid #bbb; padding: 2px 6px; text-align: left; }
code { font: 9.5pt ui-monospace, Menlo, Consolas, monospace; }
"""


def write_sheet(name: str, out: Path | None = None) -> Path:
    """Write the sheet of a lesson; where it is. UsageError for a lesson without one."""
    course = find_course()
    lesson = find_lesson(name, course)
    out = out or course / "work" / "sheets" / f"{name}.html"
    page = _page(lesson)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out


def _page(lesson: Lesson) -> str:
    body = "\n".join(to_html(text) for text in _cells(lesson))
    title = escape(lesson.title)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">{head}\n<h1>{title}</h1>\n{body}\n</html>\n'


def _cells(lesson: Lesson) -> list[str]:
    """The Markdown of the tagged cells in the released notebook."""
    path = lesson.released if lesson.released.exists() else lesson.notebook
    if not path.exists():
        raise UsageError(f"There is no {path}. `prep build` makes it.")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if TAG in cell["metadata"].get("tags", [])]
    if not texts:
        raise UsageError(f'The lesson {lesson.name} has no sheet: no cell of it is tagged "{TAG}".')
    return texts
