"""A grading run that is killed, stopped or interrupted: nothing is lost or counted twice, and the same command goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from classroom.a_run import (
    ANSWERS,
    LEVEL,
    RIGHT,
    SIZE,
    check,
    children,
    command,
    journaled,
    report,
    started_by,
    under_way,
    with_class,
)
from grader.course.build import COURSE_ID
from grader.course.catalogue import find_lesson
from grader.course.submission import Submission
from grader.isolation import policy
from grader.isolation.host import Host
from grader.isolation.session import Session
from grader.judging.judge import Judge

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")
KILLS = int(os.environ.get("PREP_KILLS", "6"))  # 50 take two minutes or so
STOPPED = float(os.environ.get("PREP_STOPPED", "7"))  # seconds; a brief try has five


@pytest.fixture
def course(tiny: Path) -> Path:
    """A course with a class."""
    return with_class(tiny)


def test_killed_at_random_moments(course: Path) -> None:
    """However often and whenever a run is killed, nothing graded is lost, and the one that is let through finishes the rest."""
    rng, killed, before = random.Random(5), 0, 0
    while killed < KILLS:
        run = command(course)
        try:
            run.wait(rng.uniform(0.5, 3.0))
        except subprocess.TimeoutExpired:
            killed += 1
        run.kill()
        run.communicate()
        assert journaled(course) >= before, "a result was lost"
        before = journaled(course)
        if before == SIZE:
            check(course, report(command(course)))
            for path in (course / "grades.sqlite", course / "gradebook.db"):
                path.unlink()
            before = 0
    check(course, report(command(course)))


def test_killed_workers_are_replaced(course: Path) -> None:
    """When everything that a run started is killed, it starts them again, and no answer suffers."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", COURSE_ID):
        pass  # there before, so that alembic, which makes it, is not among them
    run = command(course)
    under_way(course, run)
    for pid in started_by(run.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    check(course, report(run))


def submissions(run: subprocess.Popen[bytes]) -> set[int]:
    """The processes of submissions: those in sessions of their own that did not come from a worker itself."""
    workers = [pid for pid in children(run.pid) if children(pid)]
    found = {pid for worker in workers for zygote in children(worker) for pid in started_by(zygote)}
    with contextlib.suppress(ProcessLookupError):  # one of them has ended
        return {pid for pid in found if os.getsid(pid) == pid}
    return set()


@pytest.mark.skipif(LEVEL == "none", reason="there a submission's process looks like the zygote it came from")
def test_submission_stopped_for_a_while(course: Path) -> None:
    """A submission's own process that is stopped and goes on later has the score it would have had."""
    path = course / "submitted" / "student-00" / "tiny" / "tiny.py"
    path.write_text(f"import time\n\ntime.sleep(2)\n{RIGHT}")  # the others' processes are gone sooner
    run = command(course)
    found: set[int] = set()
    while not found:
        assert run.poll() is None
        found = submissions(run)
        time.sleep(0.5)
        found &= submissions(run)
    stopped = min(found)
    os.kill(stopped, signal.SIGSTOP)
    time.sleep(STOPPED)
    with contextlib.suppress(ProcessLookupError):  # its brief try was over: it has another process
        os.kill(stopped, signal.SIGCONT)
    resumed = report(run)
    assert resumed["submissions"][0]["score"] == 4.0
    check(course, resumed)


@pytest.mark.parametrize("kind", ["run", "worker", "zygote"])
def test_stopped_for_a_while(course: Path, kind: str) -> None:
    """A process that is stopped (SIGSTOP) and goes on later changes nobody's score."""
    run = command(course)
    under_way(course, run)
    workers = [pid for pid in children(run.pid) if children(pid)]
    zygotes = [pid for worker in workers for pid in children(worker)]
    stopped = {"run": [run.pid], "worker": workers[:1], "zygote": zygotes}[kind]
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(STOPPED)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    check(course, report(run))


def kill_zygote(host: Host) -> None:
    assert host._zygote
    os.kill(host._zygote.pid, signal.SIGKILL)
    host._zygote.wait()


def kill_submission(host: Host) -> None:
    assert host._zygote
    for pid in started_by(host._zygote.pid):
        if not children(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("moment", ["run_cells", "calls"])
@pytest.mark.parametrize("kill", [kill_zygote, kill_submission])
def test_killed_under_a_submission(tiny: Path, kill: Callable[[Host], None], moment: str) -> None:
    """A submission whose process is killed, or goes with its zygote, before its cells or in a check, is graded again: its answer is not to blame."""
    level = policy.strongest() if LEVEL == "auto" else "none"
    (tiny / "ada.py").write_text(RIGHT)
    with Host(level) as host:
        judge = Judge(find_lesson("tiny", tiny), host, seed=1)
        opened = judge.host.open

        def open_and_kill(again: bool = False) -> Session:
            judge.host.open = opened  # type: ignore[method-assign]
            session = opened(again)
            goes_on = getattr(session, moment)

            def kill_first(*args: Any) -> Any:
                kill(host)
                return goes_on(*args)

            setattr(session, moment, kill_first)
            return session

        judge.host.open = open_and_kill  # type: ignore[method-assign]
        assert judge.result(Submission("ada", tiny / "ada.py")).score == 4.0


@pytest.mark.parametrize("whose", [1, 3], ids=["reference", "known mistakes"])
def test_killed_under_the_lessons_own(tiny: Path, whose: int) -> None:
    """When the process of the reference, or of the known mistakes, is killed, no submission after it pays for that."""
    (tiny / "ada.py").write_text(ANSWERS[1])
    ada = Submission("ada", tiny / "ada.py")
    with Host("none") as host:
        undisturbed = Judge(find_lesson("tiny", tiny), host, seed=1).result(ada)
        judge = Judge(find_lesson("tiny", tiny), host, seed=1)
        opened, times = host.open, []

        def open_and_kill(again: bool = False) -> Session:
            session = opened(again)
            times.append(session)
            if len(times) == whose:
                kill_submission(host)
            return session

        host.open = open_and_kill  # type: ignore[method-assign]
        found = [judge.result(ada) for _ in range(2)]
    assert undisturbed.exercises[0].mistake == "sum"
    assert [each.exercises for each in found] == 2 * [undisturbed.exercises]


def test_killed_each_time(tiny: Path) -> None:
    """A submission that somebody kills again and again, or that kills itself, comes to an end: it died."""
    (tiny / "ada.py").write_text(f"# ada's\n{RIGHT}\n")
    with Host("none") as host:
        judge = Judge(find_lesson("tiny", tiny), host, seed=1)
        run_cells, times = Session.run_cells, []

        def killed(session: Session, cells: Any) -> Any:
            if any("# ada's" in cell for cell in cells):
                times.append(1)
                kill_submission(host)
            return run_cells(session, cells)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Session, "run_cells", killed)
            result = judge.result(Submission("ada", tiny / "ada.py"))
    assert (result.status, result.score, len(times)) == ("graded", 0.0, 3)
    assert "ended the process" in result.exercises[0].checks[0].message


def test_nothing_stays_behind(course: Path) -> None:
    """A killed run's processes end by themselves."""
    run = command(course)
    under_way(course, run)
    started = started_by(run.pid)
    run.kill()
    run.communicate()
    while any(Path(f"/proc/{pid}").exists() for pid in started):
        time.sleep(0.01)


@pytest.mark.parametrize("moment", ["starting", "under way"])
def test_interrupted(course: Path, moment: str) -> None:
    """Ctrl-C ends a run within two seconds (more on a busy machine), and the same command goes on with it."""
    run = command(course, start_new_session=True)
    while moment == "starting" and len(started_by(run.pid)) < 3:  # two workers, and what tracks their resources
        time.sleep(0.01)
    if moment == "under way":
        under_way(course, run)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode != 0
    assert b"Traceback" not in said
    check(course, report(command(course)))


def test_interrupted_while_the_gradebook_is_slow(course: Path) -> None:
    """Nobody waits for a database after Ctrl-C."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as other:
        other.execute("begin exclusive")
        run = command(course, start_new_session=True)
        under_way(course, run)
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=60)
    assert run.returncode != 0
