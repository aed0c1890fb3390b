"""nbgrader's configuration of this course: its own commands, with our grading in the place of its execution."""

import os

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from grader.classroom import safe_html
from grader.classroom.autograde import ClearHidden, ClearRubrics, IsolatedGrading, TolerantReader
from grader.classroom.pages import FeedbackPage
from grader.course.build import nbgrader_settings

c = get_config()  # noqa: F821  # traitlets puts it there
c.merge(nbgrader_settings())

# The reader takes the cells' marks from the gradebook, so nobody need check them against a schema.
c.Autograde.exporter_class = TolerantReader
c.Autograde.sanitize_preprocessors = [ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells]
c.TolerantReader.optimistic_validation = True  # once, at the end
c.Autograde.autograde_preprocessors = [
    IsolatedGrading,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
]
# Rubrics and hidden material are for graders: they are cleared after the scores are filled in.
c.GenerateFeedback.exporter_class = FeedbackPage
c.GenerateFeedback.preprocessors = [GetGrades, ClearHidden, ClearRubrics, CSSHTMLHeaderPreprocessor]
c.ClearHiddenTests.enforce_metadata = False
# In formgrader and in feedback formulas need no network, and nothing that a submission shows runs.
c.HTMLExporter.filters = safe_html.FILTERS
os.environ["JUPYTER_PATH"] = f"{safe_html.JUPYTER_PATH}{os.pathsep}{os.environ.get('JUPYTER_PATH', '')}"

c.FormgradeExtension.debug = False  # its configuration page shows the server's token
