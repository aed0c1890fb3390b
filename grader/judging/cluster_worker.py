"""What a worker of a Dask cluster has of a run: the lesson, and a judge for each of its threads."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from grader.course.catalogue import read_lesson
from grader.course.submission import Submission
from grader.isolation import policy
from grader.isolation.host import Host
from grader.judging.judge import Judge
from grader.judging.workers import Settings
from grader.verdict import Result


class Judges(WorkerPlugin):  # type: ignore[misc]
    """The judges of one run on one worker.

    A plugin reaches each worker, one that is started again in the middle of the run too. Data that
    are scattered do not: Dask thins out their copies, and the last may be lost with its worker.
    """

    def __init__(self, run: str, settings: Settings) -> None:
        self.name = f"prep-grade-{run}"
        self._settings = settings
        paths = [path for path in settings.lesson.iterdir() if path.is_file()]
        self._files = {path.name: path.read_bytes() for path in paths}

    def setup(self, worker: Any) -> None:
        """Write the lesson to a folder in the worker's own, which Dask clears away when the worker ends."""
        self._ours = tempfile.TemporaryDirectory(dir=worker.local_directory)
        # As in a course: the name of the folder above says whether these are sources.
        self._folder = Path(self._ours.name) / self._settings.lesson.parent.name / self._settings.lesson.name
        self._folder.mkdir(parents=True)
        for name, content in self._files.items():
            (self._folder / name).write_bytes(content)
        # A judge is in the middle of a conversation while it grades: threads cannot share one.
        self._own = threading.local()
        self._hosts: list[Host] = []

    def teardown(self, worker: Any) -> None:
        """End the processes of the run and remove its files: a worker lives on for others."""
        for host in self._hosts:
            host.close()
        self._ours.cleanup()

    def judge(self) -> Judge:
        """This thread's judge.

        IsolationError when this machine does not have the run's level.
        """
        if not hasattr(self._own, "judge"):
            settings = self._settings
            policy.require(settings.level)
            host = Host(settings.level, settings.limits, backend=settings.backend)
            self._hosts.append(host)
            self._own.judge = Judge(read_lesson(self._folder), host, settings.seed)
        judge: Judge = self._own.judge
        return judge


def judged(run: str, item: Submission, cells: tuple[str, ...]) -> Result:
    """The result of one submission, on the worker that Dask gave it to."""
    judges: Judges = get_worker().plugins[run]
    return judges.judge().judged(item, cells)
