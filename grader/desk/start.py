"""Where a learner begins: a notebook with the overview in it, and the same as a page.

`prep lab` serves the page at /start.
The notebook shows the overview without being run, in JupyterLab, Notebook and VS Code alike; the
page has filters and fits a phone.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import nbformat

from grader.course.cells import KERNEL
from grader.course.files import write_whole
from grader.desk.overview import ASKED, LEVELS, Overview, overview
from grader.desk.overview_html import COLOURS, Address, beside, body, whole_page
from grader.desk.overview_text import as_text
from grader.errors import UsageError

START = "Start here.ipynb"
_WELCOME = """\
# Start here

What you have done, what comes next, and what is due. Every tile leads to its cell. Run the cell \
(Shift+Enter) to bring it up to date. Under `prep lab` the page `/start` of the server shows the same \
with filters, and fits a phone."""
_STATUS_ID = "status"
_STATUS = """from grader import status

status()"""
_HOW = """\
## How it works

- Write the function that an exercise asks for, run its cell, then run `check(...)` below it: \
a card says what holds and what to fix.
- `hint(...)` gives the next of three hints: a question, a place to look, a formula.
- A concept question: write your answer, save the notebook, and `reveal(...)` shows what a strong \
answer mentions.
- `status(level="easy", minutes=10)` shows the exercises and questions that fit; also \
`asked="often"` and `topic="calibration"`.
- In a terminal, `prep mock` draws an interview, `prep review` lists what is due, and `prep status` \
tells what this page does.
- A fresh start on a lesson: `prep reset LESSON` in a terminal. Your old notebook stays beside the \
new one."""


def start_notebook() -> bytes:
    """The notebook to start from, as a file."""
    cells = [
        nbformat.v4.new_markdown_cell(_WELCOME, id="welcome"),
        nbformat.v4.new_code_cell(_STATUS, id=_STATUS_ID),
        nbformat.v4.new_markdown_cell(_HOW, id="how"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    return f"{nbformat.writes(notebook)}\n".encode()


def refresh(work: Path) -> None:
    """Put the overview of now under the cell of the notebook to start from.

    What else a learner wrote in it stays, and where that cell is gone the notebook is left as it is.
    """
    path = work / START
    try:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        (cell,) = [cell for cell in cells if cell.get("id") == _STATUS_ID]
        shown = overview()
    except (OSError, ValueError, AttributeError, nbformat.ValidationError, UsageError):
        return
    # As an output that is there already: nobody must run a cell, or trust the file, to see it.
    data = {"text/html": body(shown, beside(work)), "text/plain": as_text(shown)}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    cell.execution_count = None
    write_whole(path, f"{nbformat.writes(notebook)}\n".encode())


# --- as a page ------------------------------------------------------------------------------------

# The overview's own styles are inline, and only !important is stronger than those.
_STYLE = """\
:root { color-scheme: light dark; }
body { background: Canvas; color: CanvasText; margin: 0 auto; padding: 16px; max-width: 980px; }
body { font: 15px/1.5 system-ui, sans-serif; }
body > div { font-size: 14px !important; }
h1 { font-size: 1.4em; margin: 0 0 8px; }
form { display: flex; flex-wrap: wrap; gap: 6px 12px; margin: 0 0 12px; }
select { font: inherit; padding: 4px; max-width: 100%; }
.tile:hover, .tile:focus { outline: 2px solid; }
.off { display: none !important; }
@media (max-width: 600px) { .tile { max-width: none !important; flex: 1 1 150px; padding: 8px 10px !important; } }
"""
_SCRIPT = """\
const form = document.querySelector("form");
const filter = () => {
  const { state, level, minutes, asked, topic } = Object.fromEntries(new FormData(form));
  for (const lesson of document.querySelectorAll(".lesson")) {
    const about = !topic || lesson.dataset.topics.split("|").includes(topic);
    let left = 0;
    for (const tile of lesson.querySelectorAll(".tile")) {
      const { dataset: has } = tile;
      const fits = about && (!level || has.level === level) && (!asked || has.asked === asked)
        && (!minutes || Number(has.minutes) <= Number(minutes))
        && (!state || (state === "due" ? has.due === "1" : has.state === state));
      tile.classList.toggle("off", !fits);
      left += fits;
    }
    lesson.classList.toggle("off", !left);
  }
};
form.addEventListener("change", filter);
filter();
if (matchMedia("(max-width: 600px)").matches)
  for (const link of document.querySelectorAll("a")) link.href = link.href.replace("/lab/tree/", NARROW);
"""


def page(shown: Overview, address: Address, narrow: str) -> str:
    """The overview as a whole page; on a phone /lab/tree/ in its links is the `narrow` front end."""
    topics = sorted({topic for row in shown.rows for topic in row.outline.topics})
    choices = [
        _select("state", "any state", [*COLOURS, "due"]),
        _select("level", "any difficulty", LEVELS),
        _select("minutes", "any length", ["5", "10", "15", "20"], "up to {} min"),
        _select("asked", "however often asked", ASKED, "asked {}"),
        _select("topic", "any topic", topics),
    ]
    script = f"const NARROW = {narrow!r};\n{_SCRIPT}"
    top = f"<h1>Start here</h1><form>{''.join(choices)}</form>"
    return whole_page("Start here", _STYLE, f"{top}{body(shown, address)}<script>{script}</script>")


def _select(name: str, every: str, values: Iterable[str], told: str = "{}") -> str:
    options = f'<option value="">{every}</option>'
    for value in values:
        options += f'<option value="{escape(value)}">{escape(told.format(value))}</option>'
    return f'<select name="{name}" aria-label="{name}">{options}</select>'
