"""The notebooks of practice: tasks blank, as in the lessons, without hints and demonstrations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.course.cells import KERNEL, UNANSWERED, answer_id
from grader.course.files import write_whole
from grader.course.interview_draw import Item, Plan
from grader.course.sections import Section, sections
from grader.desk.here import lesson_named
from grader.errors import UsageError

_SAY = '''\
interview.say("{slug}", """
...
""")'''
IMPORTS = "import math\n\nimport numpy as np\n"
_MOCK = """\
# {name}: {minutes} minutes

| | minutes |
|---|---|
{rows}

- Run the first cell: it shows the clock, which runs already, also in the corner of the page.
- Write each function, run its cell, then run the one below it: it says that you are done, and the interviewer goes on.
- Answer a question by typing it in the place of the dots, or say it aloud and write `aloud` there; then run the cell.
- {tries} Hints are off.
- After a restart of the kernel run the cells again from the top: the clock goes on, and nothing is lost or handed in.
{hunts}
Everything stays on this machine."""
_HUNTS = "- A hunt shows code that is wrong, or whose output you predict: the function below says what to write.\n"
_AT_THE_END = "All code is graded once, when you hand in at the end."
_ONE_TRY = "Each function is graded once, when you say that it is done."
_END = """\
## Hand in

Run the next cell twice: first it says what is open, then it grades your code, once. After that score your answers by
the rubrics below; the score sheet is at the end."""


def section_of(item: Item) -> Section:
    """The section that an item was drawn from. UsageError where the lesson has it no more."""
    # By its names, not by its place: a course may be brought up to date while an interview is open.
    for section in sections(lesson_named(item.lesson)):
        if section.names == item.names:
            return section
    raise UsageError(f"The lesson {item.lesson} has no {', '.join(item.names)} any more.")


def write_mock(plan: Plan, path: Path) -> None:
    """Write the notebook of an interview."""
    rows = "\n".join(f"| {item.title} | {item.minutes} |" for item in plan.items)
    tries = _ONE_TRY if plan.one_try else _AT_THE_END
    has_hunt = any("hunt" in item.title.lower() for item in plan.items)
    hunts = _HUNTS if has_hunt else ""
    text = _MOCK.format(name=plan.name, minutes=plan.minutes, rows=rows, tries=tries, hunts=hunts)
    start = "from grader.practice.mock import resume\n\n"
    start += f'interview = resume("{plan.name}")\ninterview.clock()'
    cells = [markdown(text), code(f"{IMPORTS}\n{start}")]
    for number, item in enumerate(plan.items, 1):
        cells += _task(section_of(item), number)
        if item.kind == "question":
            cells.append(code(_SAY.format(slug=item.names[0])))
    cells += [markdown(_END), code("interview.hand_in()")]
    for item in plan.items:
        if item.kind == "question":
            cells += [code(f'interview.score("{slug}")') for slug in item.names]
    cells.append(code("interview.sheet()"))
    write(path, cells, {"mock": plan.pack()})


def write_script(plan: Plan, path: Path) -> None:
    """Write the functions that an interview asks for as a .py file, their texts as comments.

    One that is there stays. For whoever has a terminal and an editor; the questions are asked there
    when it is handed in.
    """
    parts = [IMPORTS]
    for number, item in enumerate(plan.items, 1):
        cells = section_of(item).cells if item.kind == "exercise" else ()
        for place, cell in enumerate(cells):
            text = cell.source if place else _renumbered(cell.source, number)
            parts.append(text if cell.kind == "code" else _comment(text))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, "\n\n".join([*parts, ""]).encode())


def _comment(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _task(section: Section, number: int) -> Iterator[NotebookNode]:
    """The cells of a task; below each function a cell that says it is done."""
    for place, cell in enumerate(section.cells):
        text = cell.source if place else _renumbered(cell.source, number)
        if cell.kind == "markdown":
            yield markdown(text)
            continue
        yield code(text, cell.grade_id)
        if cell.grade_id in section.names:
            yield code(f"interview.done({cell.grade_id})")


def _renumbered(text: str, number: int) -> str:
    """A task's text with the number that it has here in its heading."""
    head, _, rest = text.partition("\n")
    title = head.lstrip("# ").removeprefix("Q. ")
    first, _, after = title.partition(". ")
    return f"## {number}. {after if first.isdigit() else title}\n{rest}".rstrip()


def blank(section: Section) -> list[NotebookNode]:
    """The cells of a task as in its lesson, with its check below each function, for a review."""
    cells = []
    for cell in section.cells:
        if cell.kind == "markdown":
            cells.append(markdown(cell.source))
            continue
        cells.append(code(cell.source, cell.grade_id))
        if cell.grade_id in section.names:
            cells.append(code(f"check({cell.grade_id})"))
    if section.kind == "question":
        cells.append(markdown(UNANSWERED, answer_id(section.names[0])))
    return cells


# --- cells ----------------------------------------------------------------------------------------


def markdown(text: str, grade_id: str = "") -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text, metadata=_marks(grade_id))


def code(text: str, grade_id: str = "") -> NotebookNode:
    return nbformat.v4.new_code_cell(text, metadata=_marks(grade_id))


def _marks(grade_id: str) -> dict[str, object]:
    """What names a cell, as in the lessons."""
    return {"nbgrader": {"grade_id": grade_id}} if grade_id else {}


def write(path: Path, cells: Iterable[NotebookNode], facts: dict[str, object]) -> None:
    """Write cells as a notebook; one that is there already stays."""
    if path.exists():
        return
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "prep": facts}
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, nbformat.writes(notebook).encode() + b"\n")
