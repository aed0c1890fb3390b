"""tests/ mirrors grader/: every module has a test file of its name, or a sentence why not."""

from __future__ import annotations

from pathlib import Path

from helpers import ROOT

# Where a module without a test file of its name is tested, and why there.
ELSEWHERE = {
    "__init__": "tests/house/test_boundaries.py: it is light; tests/house/test_public_names.py: what it offers",
    "__main__": "tests/test_cli.py: one line that calls it",
    "errors": "data: every test of a refusal sees one",
    "verdict": "data: tests/judging/test_judge.py makes it, tests/classroom/test_faults.py keeps and reads it again",
    "style": "tests/test_card.py and tests/browser: how it looks in light and dark",
    "bench.backprop": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.compression": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.data_quality": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.hyperparameters": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.compute_budget": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.contest": "tests/bench/test_solutions.py: with the workloads it describes",
    "bench.data_scarcity": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.alignment": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.generation": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.gpu": "tests/gpu: on a machine that has one",
    "bench.gradient_descent": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.grading": "tests/bench/test_solutions.py: beside the other command of `prep bench`",
    "bench.memory": "tests/bench/test_whole_class.py: the peak of every row",
    "bench.metrics": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.overfitting": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.picture": "tests/bench/test_solutions.py: what it draws are its rows",
    "bench.timing": "tests/bench/test_solutions.py: no test looks at a time",
    "bench.transformer": "tests/bench/test_solutions.py: all workloads by the same tests",
    "bench.workloads": "tests/bench/test_solutions.py: a list",
    "card.__main__": "tests/test_card.py: what it writes is the gallery",
    "card.gallery": "tests/test_card.py: it shows every outcome",
    "classroom.answers": "tests/classroom/test_marking.py: kept with the marks",
    "classroom.marking_page": "tests/classroom/test_marking.py: what the page shows",
    "classroom.served": "tests/browser/test_marking.py: in the server that prep lab --instructor starts",
    "classroom.converters": "tests/classroom/test_feedback.py: what its processes do",
    "classroom.rendering": "tests/classroom/test_course_report.py: escaped, a file for each student; test_report.py: nothing loaded",
    "classroom.standings": "tests/classroom/test_course_report.py: who stands where, and totals as nbgrader's",
    "classroom.writer": "tests/classroom/test_faults.py: nothing is lost when a run is killed",
    "cli.author": "tests/test_cli.py: the command line as a user meets it",
    "cli.bench": "tests/bench/test_solutions.py: with what it calls",
    "cli.classroom": "tests/test_cli.py: the command line as a user meets it",
    "cli.desk": "tests/test_cli.py: the command line as a user meets it",
    "cli.practice": "tests/test_cli.py: the command line as a user meets it",
    "cli.group": "tests/test_cli.py and test_environment_errors.py: exit statuses and sentences",
    "cli.options": "tests/house/test_public_names.py: they name what there is",
    "course.cells": "tests/course/test_build.py writes them, tests/desk and tests/classroom read them",
    "course.markdown": "tests/classroom/test_autograde.py and tests/desk/test_sheet.py: formulas on a page",
    "course.packaged": "tests/desk/test_init.py: a course from the installed package",
    "course.programs": "tests/classroom/test_demo.py: nbgrader's commands run without an activated environment",
    "course.readme": "tests/house/test_docs.py: the README's table",
    "practice.interview": "tests/practice/test_mock.py: what is noted and found again after a restart",
    "practice.notebook": "tests/practice/test_mock.py and test_review.py: the notebooks they write",
    "practice.score_sheet": "tests/practice/test_mock.py: at an interview's end",
    "course.right_answers": "tests/lessons/test_lessons.py: every reference and approach",
    "desk.colour": "tests/desk/test_watch.py: what commands write on a terminal",
    "desk.comparison": "tests/desk/test_reveal.py: where it is shown",
    "desk.highlight": "tests/desk/test_reveal.py: where it is shown",
    "desk.judges": "tests/desk/test_notebook.py: changed checks are used",
    "desk.next_step": "tests/desk/test_progress.py: on the progress it reads",
    "desk.overview_html": "tests/desk/test_overview.py: notebooks show what the terminal does",
    "desk.overview_text": "tests/desk/test_overview.py: the terminal shows what notebooks do",
    "desk.page": "tests/desk/test_notebook.py: what every call gives back",
    "desk.served": "tests/browser/test_start.py: in the server that prep lab starts",
    "isolation.allowed_imports": "tests/isolation/test_policy.py: what may be read; tests/desk/test_notices.py: what is told",
    "isolation.answers": "tests/judging/test_judge.py and test_program.py: an answer's whole way; tests/hostile: what it survives",
    "isolation.child": "tests/isolation/test_policy.py and tests/hostile: what it may do",
    "isolation.host": "tests/hostile and tests/classroom/test_faults.py: processes that die",
    "isolation.message": "tests/isolation/test_wire.py: encoded, sent, decoded",
    "isolation.reply": "tests/classroom/test_worst.py: whatever comes back; tests/judging/test_judge.py: what it is told as",
    "isolation.seccomp": "tests/isolation/test_policy.py: what is locked, tried from inside",
    "isolation.landlock": "tests/isolation/test_policy.py: what is locked, tried from inside",
    "isolation.libc": "tests/isolation/test_policy.py: every call of the lock goes through it",
    "isolation.session": "tests/judging/test_judge.py: a conversation's whole way",
    "isolation.standins": "tests/judging/test_judge.py: pictures and magics cost no marks",
    "judging.cluster_worker": "tests/judging/test_cluster.py: it runs on the workers of a cluster",
    "judging.imported": "tests/judging/test_plugin.py: the same checks as pytest collects",
    "judging.answer": "tests/judging/test_checking.py: what checks call",
    "judging.cases": "tests/judging/test_judge.py: made once a run",
    "judging.contract_cases": "tests/judging/test_checking.py: what contract tries",
    "judging.ungraded": "tests/classroom/test_faults.py and test_autograde.py: files that cannot be read",
    "judging.verdicts": "tests/judging/test_judge.py: what comes of a judged answer",
    "judging.workers": "tests/classroom/test_faults.py: workers that are killed",
}


def modules() -> set[str]:
    """The modules of grader/ by their names in it; a room's own __init__ is empty."""
    paths = (ROOT / "grader").rglob("*.py")
    names = {".".join(path.relative_to(ROOT / "grader").with_suffix("").parts) for path in paths}
    return {name for name in names if not name.endswith(".__init__")}


def where(module: str) -> Path:
    *rooms, name = module.split(".")
    return ROOT.joinpath("tests", *rooms, f"test_{name}.py")


def test_every_module_has_its_tests() -> None:
    """A module's tests are where its name says; where they are not, a sentence says why, and it is up to date."""
    there = {name for name in modules() if where(name).exists()}
    assert sorted(modules() - there - set(ELSEWHERE)) == []
    assert sorted(set(ELSEWHERE) - modules()) == []
    assert sorted(there & set(ELSEWHERE)) == []
