"""`prep lab`: JupyterLab on the learner's own copy of the lessons, with defaults of the course's own."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from grader.course.catalogue import all_lessons, find_course, find_lesson
from grader.course.programs import programs_first
from grader.desk.start import START, refresh
from grader.desk.work import make_work
from grader.errors import UsageError

_SETTINGS = {
    # Else its first start asks whether it may fetch news over the network.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {
        "windowingMode": "defer",
        "codeCellConfig": {"lineWrap": True},
    },
}
_CONTENTS = "@jupyterlab/toc:plugin"
# What JupyterLab remembers of its layout, before the first visit: the table of contents on the left.
_FIRST_LAYOUT = {
    "data": {
        "layout-restorer:data": {
            "left": {
                "collapsed": False,
                "visible": True,
                "current": _CONTENTS,
                "widgets": ["filebrowser", _CONTENTS],
            }
        }
    },
    "metadata": {"id": "default"},
}
_OPEN_AT_CELL = Path(__file__).parent / "labextensions"
PRACTICE = ("mock", "review")  # folders in work/ beside the lessons
_PATIENCE = 10.0  # seconds for the server to end its kernels and itself
_LOCALES = {"en": "en", "zh": "zh_CN"}


def lab(
    name: str | None,
    *,
    instructor: bool = False,
    language: str = "en",
    browser: bool = True,
    port: int = 0,
    ip: str = "",
    page: str = "",
) -> int:
    """Open JupyterLab on a lesson, by default on the notebook to start from; the server's exit status.

    `mock` and `review` open the last notebook that `prep mock` or `prep review` wrote. With `page`
    the browser opens that page of the server. Without `browser` its address is printed.
    """
    _require_jupyterlab()
    course = find_course()
    notebook = _notebook(course, name, instructor)
    _require_language(language)
    root, folder = (_sources(course), "solutions/") if instructor else (_own(course), "")
    page = page or f"/lab/tree/{folder}{quote(notebook)}"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *_options(course, root, page, language),
        *_server(browser, port, ip),
    ]
    return _serve(command, _environment(course), root)


def _serve(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
    """Run the server until it ends.

    Whoever ends this process, by Ctrl+C or SIGTERM, ends the server and its kernels.
    """
    with subprocess.Popen(command, env=environment, cwd=folder) as server:

        def end(*_: object) -> None:
            server.terminate()
            # Where a request was being answered, Jupyter Server waits for its threads without end.
            last = threading.Timer(_PATIENCE, server.kill)
            last.daemon = True
            last.start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        status = server.wait()
    return max(0, status)  # below 0: ended by a signal, as asked for


def _notebook(course: Path, name: str | None, instructor: bool) -> str:
    """The notebook of a lesson, or the newest of practice, from the folder of all lessons.

    Without a name the one to start from; for instructors the first lesson.
    """
    if name in PRACTICE:
        return practice_notebook(course, name)
    if not name and not instructor:
        return START
    lesson = find_lesson(name, course) if name else all_lessons(course)[0]
    return f"{lesson.name}/{lesson.name}.ipynb"


def practice_notebook(course: Path, name: str) -> str:
    """The newest notebook of `prep mock` or `prep review`, from work/. UsageError where there is none."""
    # By time and not by name, since interviews are called by their seeds.
    notebooks = (course / "work" / name).glob("*.ipynb")
    found = sorted(notebooks, key=lambda path: path.stat().st_mtime)
    if not found:
        cure = f"`prep {name}` writes one where there is something"
        raise UsageError(f"There is no notebook in work/{name} yet: {cure}.")
    return f"{name}/{found[-1].name}"


def _own(course: Path) -> Path:
    """The learner's own copies of the lessons, the overview in them brought up to date."""
    work = make_work(course)
    refresh(work)
    return work


def _sources(course: Path) -> Path:
    """The course's top folder, where formgrader and nbgrader's commands work, its notebooks built."""
    from grader.course.build import build

    build(course)
    return course


def _require_jupyterlab() -> None:
    if not importlib.util.find_spec("jupyterlab"):
        raise UsageError(
            "JupyterLab is not installed: pip install 'ml-interview-prep[lab]'. "
            "Without it, `prep init` makes the lessons in work/, which any other notebook editor opens."
        )


def _require_language(language: str) -> None:
    if language == "zh" and not importlib.util.find_spec("jupyterlab_language_pack_zh_CN"):
        raise UsageError("Chinese menus need JupyterLab's language pack: pip install jupyterlab-language-pack-zh-CN")


def _options(course: Path, root: Path, page: str, language: str) -> list[str]:
    instructor = root == course
    ours = course / "work" / ".jupyter" / ("instructor" if instructor else "learner")
    served = ["grader.classroom.served"] if instructor else []  # the pages to mark on
    return [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url={page}",
        f"--LabApp.app_settings_dir={_settings(ours / 'settings', language)}",
        f"--LabApp.workspaces_dir={_layout(ours / 'workspaces')}",
        f"--LabServerApp.extra_labextensions_path={_OPEN_AT_CELL}",  # for JupyterLab and Notebook alike
        *(f"--ServerApp.jpserver_extensions={module}=True" for module in ["grader.desk.served", *served]),
        "--ContentsManager.pre_save_hook=grader.desk.saved_widgets.without_widgets",
    ]


def _server(browser: bool, port: int, ip: str) -> list[str]:
    options = [f"--ServerApp.port={port}"] if port else []
    if ip:
        options.append(f"--ServerApp.ip={ip}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in many containers
        options.append("--allow-root")
    return options if browser else [*options, "--no-browser"]


def _settings(folder: Path, language: str) -> Path:
    """The folder of the course's own defaults for JupyterLab: no news, the language of the menus."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {
        **_SETTINGS,
        "@jupyterlab/translation-extension:plugin": {"locale": _LOCALES[language]},
    }
    (folder / "overrides.json").write_text(json.dumps(chosen, indent=1), encoding="utf-8")
    return folder


def _layout(folder: Path) -> Path:
    """The folder of JupyterLab's layouts; a learner's own, once there is one, stays."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    layouts = WorkspacesManager(str(folder))
    if not layouts.load("default")["data"]:
        layouts.save("default", json.dumps(_FIRST_LAYOUT))
    return folder


def _environment(course: Path) -> dict[str, str]:
    """The environment of the server: this Python's programs first, and the learner's settings beside the work."""
    return {
        **programs_first(os.environ),
        "JUPYTERLAB_SETTINGS_DIR": str(course / "work" / ".jupyter" / "user-settings"),
    }
