"""`prep lab` and `prep reset`: the learner's own copy of the lessons, and JupyterLab on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from grader.course.catalogue import Lesson, find_course, lesson, lessons
from grader.errors import PrepError, UsageError

_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def lab(name: str | None, *, instructor: bool = False, language: str = "en", browser: bool = True, port: int = 0) -> int:
    """Open JupyterLab on a lesson, the first by default; the server's exit status. Without `browser` its address is printed."""
    course = find_course()
    if instructor:
        from grader.course.build import build

        build(course)
        root = course / "solutions"
    else:
        root = make_work(course)
    chosen = lesson(name, course) if name else lessons(course)[0]
    command = [sys.executable, "-m", "jupyterlab", *_options(_settings(course, language), root, chosen, browser, port)]
    try:
        return subprocess.call(command, env=_environment(course), cwd=root)
    except KeyboardInterrupt:
        return 0


def _options(settings: Path, root: Path, chosen: Lesson, browser: bool, port: int) -> list[str]:
    options = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{chosen.name}/{chosen.name}.ipynb",
        f"--LabApp.app_settings_dir={settings}",
    ]
    options += [f"--ServerApp.port={port}"] if port else []
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # as in many containers
    return options if browser else [*options, "--no-browser"]


def _settings(course: Path, language: str) -> Path:
    """The folder of the course's own defaults for JupyterLab: no news, the language of the menus."""
    folder = course / "work" / ".jupyter" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {**_SETTINGS, "@jupyterlab/translation-extension:plugin": {"locale": "zh_CN" if language == "zh" else "en"}}
    (folder / "overrides.json").write_text(json.dumps(chosen, indent=1), encoding="utf-8")
    return folder


def _environment(course: Path) -> dict[str, str]:
    """The environment of the server: this Python's programs first, and the learner's settings beside the work."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "JUPYTERLAB_SETTINGS_DIR": str(course / "work" / ".jupyter" / "user-settings")}


# --- the learner's copy -----------------------------------------------------------------------------------------------


def make_work(course: Path) -> Path:
    """work/, with every lesson that is not in it yet; what is there is never overwritten."""
    released = course / "lessons"
    if not released.is_dir():
        raise UsageError(f"There is no lessons/ in {course}. `prep build` makes it from solutions/.")
    work = course / "work"
    work.mkdir(exist_ok=True)
    for folder in sorted(path for path in released.iterdir() if (path / "checks.py").exists()):
        if not (work / folder.name).exists():
            _copy_whole(folder, work / folder.name)
        for file in ("checks.py", "hints.md"):  # these are ours, and follow the course
            _refresh(folder / file, work / folder.name / file)
    return work


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a folder so that it is there as a whole or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copytree(source, temporary, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    temporary.rename(target)


def _refresh(source: Path, target: Path) -> None:
    if source.exists() and target.parent.exists() and (not target.exists() or target.read_bytes() != source.read_bytes()):
        temporary = target.with_name(f".{target.name}.tmp")
        shutil.copy(source, temporary)
        temporary.replace(target)


def reset(name: str, exercise: str | None = None) -> str:
    """A fresh start on a lesson or on one of its exercises; the old notebook stays beside it. A sentence that says where."""
    course = find_course()
    chosen = lesson(name, course)
    if exercise:
        chosen.exercise(exercise)
    fresh = course / "lessons" / chosen.name / f"{chosen.name}.ipynb"
    mine = make_work(course) / chosen.name / f"{chosen.name}.ipynb"
    if not fresh.exists():
        raise UsageError(f"There is no {fresh}. `prep build` makes it.")
    cells = _with_fresh_cell(mine, fresh, exercise) if exercise and mine.exists() else None
    kept = _put_aside(mine) if mine.exists() else None
    text = json.dumps(cells, indent=1, ensure_ascii=False) + "\n" if cells else fresh.read_text(encoding="utf-8")
    temporary = mine.with_name(f".{mine.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(mine)
    what = f"{exercise} in {name}" if exercise else name
    return f"{what} is as new." + (f" Your old notebook is {kept}." if kept else "")


def _put_aside(notebook: Path) -> Path:
    """Copy a notebook beside itself under the time of now."""
    stamp = time.strftime("%Y-%m-%d %H.%M.%S")
    kept = notebook.with_name(f"{notebook.stem} until {stamp}.ipynb")
    number = 1
    while kept.exists():
        number += 1
        kept = notebook.with_name(f"{notebook.stem} until {stamp} ({number}).ipynb")
    shutil.copy(notebook, kept)
    return kept


def _with_fresh_cell(mine: Path, fresh: Path, exercise: str) -> dict[str, object]:
    """My notebook with the exercise's cell as it was released."""
    try:
        notebook = json.loads(mine.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (ValueError, KeyError) as error:
        raise PrepError(f"{mine} is no notebook any more. `prep reset {mine.stem}` starts the whole lesson afresh and keeps this file.") from error
    released = {_grade_id(cell): cell for cell in json.loads(fresh.read_text(encoding="utf-8"))["cells"]}
    places = [index for index, cell in enumerate(cells) if _grade_id(cell) == exercise]
    if not places:
        raise PrepError(
            f"The cell of {exercise} is no longer in {mine}. `prep reset {mine.stem}` starts the whole lesson afresh and keeps this file."
        )
    cells[places[0]] = released[exercise]
    return dict(notebook)


def _grade_id(cell: dict[str, object]) -> str:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
    return str(marks.get("grade_id", ""))
