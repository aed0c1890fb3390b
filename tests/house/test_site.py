"""The documentation builds into a site without a broken link, and the site needs no network to be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: a warning, such as a broken link, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures lie in the site's own folder; only links lead out of it."""
    loaded = re.compile(r'<(?:script|img|link rel="(?:stylesheet|preconnect)")[^>]*(?:src|href)="(https?:[^"]+)"')
    found = {address for page in site.rglob("*.html") for address in loaded.findall(page.read_text(encoding="utf-8"))}
    assert found == set()


def test_every_command_is_in_the_reference(site: Path) -> None:
    """The command line's page is made from the code, so it has every command."""
    from grader.cli import main

    page = (site / "cli.html").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"prep {name}" not in page] == []


def test_options_have_no_inner_names(site: Path) -> None:
    """The command line's page shows defaults as `--help` does, none of click's own markers for "not given"."""
    page = (site / "cli.html").read_text(encoding="utf-8")
    assert "[default: auto]" in page
    assert "UNSET" not in page


def test_first_page_has_a_door_for_everybody(site: Path) -> None:
    """Who opens the site finds the pages of learners, instructors and authors linked in its text."""
    text = (site / "index.html").read_text(encoding="utf-8").partition("<article")[2]
    assert [door for door in ("learner", "instructor", "authoring") if f'href="{door}.html"' not in text] == []
