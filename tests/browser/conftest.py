"""A real JupyterLab, opened through `prep lab`, in a real Chromium. Errors on the page's console fail the test."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers import ROOT, TINY
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARTIFACTS = ROOT / "artifacts"
HERE = re.compile(r"https?://127\.0\.0\.1[:/]|data:|blob:|file:")
# Messages that are not ours, each with its reason.
KNOWN = (
    "favicon",  # the browser asks for one, some pages have none
    "webmanifest",  # the same
    "WebSocket connection to",  # a kernel that is shut down closes its socket
    "Could not restore the debugger state",  # a kernel that is restarted while Lab asks it
    "/api/kernels?",  # Jupyter Server answers 500 where a kernel that is being started has no last activity yet
    "'filebrowser:open-path' not registered",  # Notebook asks its file browser for a place before that has started
    "reading 'schema'",  # Notebook asks for a plugin's settings before it has loaded them
    "Autosaving failed",  # the server of the test before is gone
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no Chromium here: apt-get install chromium (.ci/run does)")
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=options)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny lesson, which comes first, and a real one, built."""
    course = tmp_path_factory.mktemp("lab") / "course"
    shutil.copytree(TINY, course)
    shutil.copytree(
        ROOT / "solutions" / "metrics",
        course / "solutions" / "metrics",
        ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"),
    )
    prep(course, "build")
    return course


def prep(course: Path, *arguments: str) -> str:
    """Run a `prep` command in a course; what it printed."""
    done = subprocess.run([sys.executable, *PREP, *arguments], cwd=course, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """The address of the JupyterLab that a command starts in a folder."""
    server = subprocess.Popen([sys.executable, *command], cwd=folder, stderr=subprocess.PIPE, text=True)
    assert server.stderr
    try:
        address = next(
            found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", line))
        )
        threading.Thread(target=server.stderr.read, daemon=True).start()  # so that its log never fills the pipe
        wait_for(address)
        yield address
    finally:
        server.terminate()  # `prep lab` ends its server with it
        assert server.wait(20) in (0, -signal.SIGTERM)


def wait_for(address: str) -> None:
    """Jupyter tells its address a moment before it listens there."""
    at = urlsplit(address)
    for _ in range(100):
        try:
            socket.create_connection((at.hostname or "", at.port or 80), 5).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at {address}")


PREP = ("-c", "from grader.cli import main; main()")


@pytest.fixture(scope="module")
def lab(course: Path) -> Iterator[str]:
    """The address of a JupyterLab that `prep lab` started in the course."""
    with serving(course, *PREP, "lab", "--no-browser") as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; when the test is over, its console must have been quiet, and nothing asked for from anywhere but this machine."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000}, device_scale_factor=1)
    page = context.new_page()
    errors: list[str] = []
    page.on(
        "console",
        lambda message: (
            errors.append(f"{message.text} {message.location.get('url')}") if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request", lambda request: errors.append(f"outside: {request.url}") if not HERE.match(request.url) else None
    )
    yield page
    context.close()
    assert [error for error in errors if not any(known in error for known in KNOWN)] == []


def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of a page among the artifacts."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=str(path))
    return path
