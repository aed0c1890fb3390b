"""Feedback pages, a class at a time: what they hide, and what all of them share rendered once.

nbconvert reads each finished page again, to describe pictures and to number what the keyboard
reaches in JupyterLab's layout; that takes most of a page's time. Feedback has another layout, and
the pictures are found without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from nbgrader.utils import is_locked

from grader.classroom.safe_html import highlight_code
from grader.course.cells import marks_of
from grader.course.notebook_file import as_notebook, parse_notebook

_KEPT = 1000  # cells whose HTML is kept
_NOT_DESCRIBED = re.compile(r"<img(?![^>]*\salt=)")
# nbgrader's list of scores says what kind of cell has one; the cell's id says of which exercise or question it is.
_LISTED = re.compile(r'(<a href="#(?:check|answer)-([\w-]+)">)(?:Test cell|Written response)(?=</a>)')
_COMMENT = re.compile(r'(<a href="#comment-(?:answer-)?([\w-]+)">)Comment(?=</a>)')
_NO_RESPONSE = "No response."  # nbgrader's own comment on a cell that was left as it was: nobody need be sent there
_DESCRIPTION = '<img alt="No description has been provided for this image"'


class _Own(NotebookNode):  # type: ignore[misc]  # nbformat has no types
    """A notebook that was read for its page: nbconvert need not copy it."""

    def __deepcopy__(self, memo: Any) -> _Own:
        return self


class FeedbackPage(HTMLExporter):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's page without its second look at it; nbgrader's list of scores goes by name."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._shown: dict[str, str] = {}
        self.register_filter("shown_once", self._shown_once)

    def _shown_once(self, cell: NotebookNode, show: Callable[[], str]) -> str:
        """The HTML of a cell, kept: most of a notebook's cells are in every notebook of a class, to the letter."""
        key = json.dumps(cell)
        if key not in self._shown:
            if len(self._shown) >= _KEPT:
                self._shown.clear()
            self._shown[key] = show()
        return self._shown[key]

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> tuple[str, dict[str, Any]]:
        """The page of the notebook in a file."""
        notebook = as_notebook(parse_notebook(file_stream.read(), "the autograded notebook"))
        return self.from_notebook_node(_Own(notebook), resources, **kw)

    def _preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Run the preprocessors: nbconvert copies the notebook first, and validates it after each."""
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        for cell in nb.cells:
            if marks_of(cell).get("comment") == _NO_RESPONSE:
                cell.metadata.nbgrader.comment = None
        return nb, resources

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """A notebook's page."""
        resources = self._init_resources(resources)
        shown = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("filter_data_type", shown)
        self.register_filter("highlight_code", highlight_code)
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        named = _COMMENT.sub(r"\1Comment on \2", _LISTED.sub(r"\1\2", page))
        return _NOT_DESCRIBED.sub(_DESCRIPTION, named), resources


class _OfTheLesson:
    """Looks at the lesson's own cells only: a learner's may hold the same words, and stay as they are."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if "BEGIN" not in cell.source or not is_locked(cell):
            return cell, resources
        done: tuple[NotebookNode, dict[str, Any]] = super().preprocess_cell(cell, resources, cell_index)  # type: ignore[misc]
        return done


class ClearRubrics(_OfTheLesson, ClearMarkScheme):  # type: ignore[misc]  # nbgrader has no types
    """Takes rubrics out of what learners get."""


class ClearHidden(_OfTheLesson, ClearHiddenTests):  # type: ignore[misc]  # nbgrader has no types
    """Takes hidden tests out of what learners get."""
