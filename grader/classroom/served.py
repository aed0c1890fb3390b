"""The pages to mark on, at /mark of the server that `prep lab --instructor` runs: an extension of Jupyter Server."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated

from grader.classroom import marking_page
from grader.classroom.marking import Mark, MarkedMeanwhile, Marks
from grader.classroom.standings import gradebook_of
from grader.course.catalogue import all_lessons, find_course, find_lesson
from grader.errors import PrepError, UsageError

# The answers are strangers' texts: no script but the page's own, and nothing from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{}'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_STATUS = {MarkedMeanwhile: 409, UsageError: 400}  # of a refusal; any other is the gradebook's, which may be busy


class MarkingPage(JupyterHandler):
    """Shows answers, and writes marks to the gradebook, for whoever may write the server's files."""

    auth_resource = "contents"

    @authenticated
    @authorized
    async def get(self, lesson: str = "", slug: str = "") -> None:
        """The page of a question, by default the first with answers to mark; without a lesson all questions."""
        nonce, xsrf = secrets.token_urlsafe(16), self.xsrf_token.decode()
        self.set_header("Content-Security-Policy", _POLICY.format(nonce))
        self.set_header("Cache-Control", "no-store")
        await self._answer(lambda: self._page(lesson, slug, nonce, xsrf), lambda told: told)

    @authenticated
    @authorized
    async def post(self, lesson: str = "", slug: str = "") -> None:
        """Write a mark, sent as JSON; the answer is what stands in the gradebook then, or a sentence."""
        await self._answer(lambda: self._write(lesson, slug), lambda told: {"told": told})

    async def _answer(self, work: Callable[[], Any], refusal: Callable[[str], Any]) -> None:
        """Finish with the outcome of work that may wait for the gradebook, in a thread: the server goes on."""
        try:
            self.finish(await asyncio.to_thread(work))
        except PrepError as error:
            self.set_status(next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503))
            self.finish(refusal(str(error)))

    @property
    def _course(self) -> Path:
        return find_course(Path(self.settings["server_root_dir"]).expanduser())

    def _marks(self, lesson: str) -> Marks:
        """The gradebook that formgrader has, too."""
        # A course may keep its gradebook in PostgreSQL, which only nbgrader's configuration knows.
        formgrader = self.settings.get("nbgrader_formgrader")
        url = formgrader.coursedir.db_url if formgrader else gradebook_of(self._course)
        return Marks(url, find_lesson(lesson, self._course), self._course)

    def _page(self, lesson: str, slug: str, nonce: str, xsrf: str) -> str:
        base = f"{self.base_url}mark"
        if not lesson:
            lessons = []
            for each in all_lessons(self._course, left_out=[]):
                with self._marks(each.name) as marks:
                    lessons.append((each, marks.waiting()))
            return marking_page.index(lessons, base)
        with self._marks(lesson) as marks:
            waiting = marks.waiting()
            if not waiting:
                raise UsageError(f"The lesson {lesson} has no concept questions.")
            slug = slug or next((name for name in waiting if waiting[name].waiting), next(iter(waiting)))
            return marking_page.page(marks.sheet(slug), waiting, base, xsrf=xsrf, nonce=nonce)

    def _write(self, lesson: str, slug: str) -> dict[str, Any]:
        mark = _mark(self.request.body)
        with self._marks(lesson) as marks:
            now = marks.write(slug, mark)
        return {"points": now.points, "comment": now.comment, "lines": now.lines, "seen": now.seen}


def _mark(body: bytes) -> Mark:
    """A mark as the page sends it. UsageError for anything else."""
    try:
        sent = json.loads(body)
        return Mark(
            tuple(map(str, sent["grades"])),
            str(sent["seen"]),
            float(sent["points"]),
            tuple(map(int, sent["lines"])),
            str(sent["comment"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise UsageError("That is no mark: reload the page and save again.") from error


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "grader.classroom.served"}]


def _load_jupyter_server_extension(app: Any) -> None:
    base = app.web_app.settings["base_url"]
    app.web_app.add_handlers(".*$", [(rf"{base}mark(?:/([\w-]+)(?:/([\w-]+))?)?/?", MarkingPage)])
