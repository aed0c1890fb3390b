"""Progress: what is kept of a learner's attempts, and how it is told."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from grader.desk.next_step import exercise_in_hand, next_exercise, standings
from grader.desk.overview_html import status_html
from grader.desk.overview_text import status_text
from grader.desk.progress import Progress
from grader.errors import UsageError
from grader.verdict import Score, Verdict


@pytest.fixture
def course(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two lessons to stand in: tiny, then second."""
    shutil.copytree(tiny / "solutions" / "tiny", tiny / "solutions" / "second")
    source = tiny / "solutions" / "second" / "lesson.py"
    source.write_text(source.read_text().replace("A tiny lesson", "第二课").replace("order: 1", "order: 2"))
    monkeypatch.chdir(tiny)
    return tiny


def attempt(points: float, mistake: str | None = None, name: str = "tiny") -> None:
    """Note an attempt at `mean` that got so many of its four points."""
    checks = (Verdict("A rule", "passed", points), Verdict("Another", "failed", 4.0 - points))
    with Progress.here() as progress:
        progress.attempt(name, Score("mean", checks, mistake))


def older_file(course: Path) -> None:
    """The progress as the first edition kept it, with an attempt."""
    (course / "work").mkdir()
    path = course / "work" / "progress.sqlite"
    with closing(sqlite3.connect(path)) as old, old:
        old.execute(
            "create table attempts (at real not null, lesson text not null, exercise text not null,"
            " score real not null, max_score real not null, mistake text)"
        )
        old.execute("create table hints (at real not null, lesson text not null, exercise text not null)")
        old.execute("insert into attempts values (1.0, 'tiny', 'mean', 3.0, 4.0, 'sum')")


def test_best_score_counts(course: Path) -> None:
    """The best attempt counts: a later, worse one takes nothing away."""
    for points in (1.0, 3.0, 2.0):
        attempt(points)
    standing = standings()[0][1][0]
    assert (standing.best, standing.attempts, standing.done) == (3.0, 3, False)


def test_mistakes_made_and_mended(course: Path) -> None:
    """A known mistake is mended once a later attempt scores more, and there again when it is made again."""
    attempt(1.0, "sum")
    attempt(0.0)
    assert (standings()[0][1][0].mended, standings()[0][1][0].open) == ((), ("sum",))
    attempt(2.0, "median")
    assert (standings()[0][1][0].mended, standings()[0][1][0].open) == (("sum",), ("median",))
    attempt(1.0, "sum")
    assert set(standings()[0][1][0].open) == {"median", "sum"}


def test_what_to_do_next(course: Path) -> None:
    """Next is the first exercise in the course's order that is not done, and at the end that all is done."""
    assert "Next: mean in tiny (prep lab tiny)." in status_text()
    attempt(4.0)
    assert "Next: mean in second" in status_text()
    attempt(4.0, name="second")
    assert next_exercise(standings()) is None
    assert "All exercises are done." in status_text() and "All exercises are done." in status_html()


def test_next_is_near_where_one_was(course: Path) -> None:
    """Next stays in the lesson worked at last while something in it is open, and goes on behind it in the course's order."""
    attempt(1.0, name="second")
    assert "Next: mean in second" in status_text()
    assert exercise_in_hand() == "mean"
    attempt(4.0, name="second")
    assert "Next: mean in tiny" in status_text()


def test_text_and_page_tell_the_same(course: Path) -> None:
    """The terminal and the page give each lesson's points and exercises, and for what was tried the attempts, hints and mistakes."""
    attempt(1.0, "sum")
    with Progress.here() as progress:
        progress.take_hint("tiny", "mean")
    for shown in (status_text(), status_html()):
        assert "1 / 4 points" in shown
        assert "0 of 1 exercises done" in shown
        assert "mean: 1 / 4 after 1 attempt, 1 hint; still there: sum" in shown
    assert "第二课" in status_html()


def test_page_links_to_my_copy(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lesson's link leads from the notebook it is shown in to the learner's own copy."""
    assert 'href="work/tiny/tiny.ipynb"' in status_html()
    folder = course / "work" / "second"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "second.ipynb"))
    assert 'href="../tiny/tiny.ipynb"' in status_html()


def test_progress_is_the_notebooks_wherever_its_code_went(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learner's os.chdir takes no attempt elsewhere."""
    folder = course / "work" / "tiny"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny.ipynb"))
    monkeypatch.chdir(tmp_path)
    attempt(2.0)
    assert (course / "work" / "progress.sqlite").exists()
    assert standings()[0][1][0].best == 2.0


def test_a_lesson_without_its_course_keeps_its_own(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that nbgrader handed out keeps its progress beside the notebook; where there is no lesson, a sentence says so."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="No course found"):
        status_text()
    folder = tmp_path / "fetched" / "tiny"
    folder.mkdir(parents=True)
    for name in ("checks.py", "hints.md"):
        shutil.copy(tiny / "solutions" / "tiny" / name, folder)
    monkeypatch.chdir(folder)
    attempt(4.0)
    assert "4 / 4 points" in status_text()
    assert 'href="tiny.ipynb"' in status_html()
    assert (folder / "progress.sqlite").exists()


def test_deleting_a_notebook_loses_no_history(course: Path) -> None:
    """Progress lies beside the lessons, not in them."""
    (course / "work" / "tiny").mkdir(parents=True)
    attempt(3.0)
    shutil.rmtree(course / "work" / "tiny")
    assert standings()[0][1][0].best == 3.0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process is killed by a POSIX signal")
def test_a_crash_loses_no_attempt(course: Path) -> None:
    """Whatever was noted before the process was killed is there afterwards, and the database is whole."""
    code = (
        "from grader.desk.progress import Progress; from grader.verdict import Score, Verdict\n"
        "score = Score('mean', (Verdict('A rule', 'passed', 1.0),))\n"
        "while True:\n"
        "    with Progress.here() as progress: progress.attempt('tiny', score)\n"
        "    print('noted', flush=True)"
    )
    writer = Popen([sys.executable, "-c", code], stdout=PIPE, text=True)
    assert writer.stdout
    noted = [writer.stdout.readline() for _ in range(20)]
    writer.kill()
    writer.communicate()
    assert standings()[0][1][0].attempts >= len(noted)
    with sqlite3.connect(course / "work" / "progress.sqlite") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)


def test_two_notebooks_at_once(course: Path) -> None:
    """Kernels that find an older file and note attempts at the same time lose none; the file is copied once."""
    older_file(course)
    code = (
        "import sys; from grader.desk.progress import Progress; from grader.verdict import Score, Verdict\n"
        "score = Score('mean', (Verdict('A rule', 'passed', 1.0),))\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for _ in range(10):\n"
        "    with Progress.here() as progress: progress.attempt('tiny', score)\n"
    )
    command = [sys.executable, "-c", code]
    kernels = [Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
    for kernel in kernels:
        assert kernel.stdout and kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        assert kernel.stdin
        kernel.stdin.write("now\n")
        kernel.stdin.flush()
    assert [kernel.wait(60) for kernel in kernels] == [0, 0, 0]
    assert standings()[0][1][0].attempts == 1 + 30
    assert len(list((course / "work").glob("progress until *.sqlite"))) == 1


def test_a_spoilt_database_is_kept_and_a_new_one_begun(course: Path) -> None:
    """A file that is no database any more is put aside, and attempts are kept again."""
    (course / "work").mkdir()
    (course / "work" / "progress.sqlite").write_bytes(b"no database " * 1000)
    attempt(2.0)
    assert standings()[0][1][0].best == 2.0
    (aside,) = (course / "work").glob("progress unreadable *.sqlite")
    assert aside.read_bytes().startswith(b"no database")


def test_progress_that_cannot_be_kept_stands_in_nobodys_way(course: Path) -> None:
    """Where the database cannot be opened, or breaks while in use, nothing is raised."""
    (course / "work" / "progress.sqlite").mkdir(parents=True)
    attempt(2.0)
    assert standings()[0][1][0].attempts == 0


def test_an_older_file_is_brought_up_to_date_and_a_copy_kept(course: Path) -> None:
    """The first edition's file keeps its attempts and gets the tables it lacks; a copy of it lies beside it."""
    older_file(course)
    assert (standings()[0][1][0].best, standings()[0][1][0].state) == (3.0, "wrong")
    with Progress.here() as progress:
        progress.review("tiny", "mean", "sum", True)
        assert len(progress.reviews()) == 1
    (copy,) = (course / "work").glob("progress until *.sqlite")
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("select count(*) from attempts").fetchone() == (1,)
        assert old.execute("select count(*) from sqlite_master where name = 'reviews'").fetchone() == (0,)
