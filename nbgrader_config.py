"""nbgrader's configuration of this course: its own commands work from this folder, with our grading in the place of its execution."""

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
)

from grader.classroom.preprocessors import IsolatedGrading
from grader.course.build import nbgrader_settings

c = get_config()  # noqa: F821  # traitlets puts it there
c.merge(nbgrader_settings())

c.CourseDirectory.course_id = "ml-interview-prep"
c.Autograde.autograde_preprocessors = [IsolatedGrading, IgnorePattern, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
# Nobody's rubric or hidden material reaches a learner: cleared after the scores are filled in.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, ClearMarkScheme]
c.FormgradeExtension.debug = False
