"""nbgrader's configuration of this course: its own commands, with our grading in the place of its execution."""

import os

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearOutput,
    IgnorePattern,
    LimitOutput,
)

from grader.classroom import safe_html
from grader.classroom.autograde import IsolatedGrading, TolerantReader
from grader.classroom.loaded import GetLoadedGrades, SaveLoadedGrades, share_engines
from grader.classroom.pages import ClearHidden, ClearRubrics, FeedbackPage
from grader.course.build import nbgrader_settings

c = get_config()  # noqa: F821  # traitlets puts it there
c.merge(nbgrader_settings())
share_engines()

# The reader takes the cells' marks, and the text of locked ones, from the gradebook: nothing of that is left to do.
c.Autograde.exporter_class = TolerantReader
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    ClearOutput,
    IsolatedGrading,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveLoadedGrades,
    AssignLatePenalties,
]
# Rubrics and hidden material are for graders: they are cleared after the scores are filled in.
c.GenerateFeedback.exporter_class = FeedbackPage
c.GenerateFeedback.preprocessors = [GetLoadedGrades, ClearHidden, ClearRubrics, CSSHTMLHeaderPreprocessor]
c.ClearHiddenTests.enforce_metadata = False
# In formgrader and in feedback formulas need no network, and nothing that a submission shows runs.
c.HTMLExporter.filters = safe_html.FILTERS
os.environ["JUPYTER_PATH"] = f"{safe_html.JUPYTER_PATH}{os.pathsep}{os.environ.get('JUPYTER_PATH', '')}"

c.FormgradeExtension.debug = False  # its configuration page shows the server's token
