"""What is documented is true: the commands, the table of lessons, the help of every command."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from helpers import ROOT

from grader.cli import main
from grader.course.catalogue import all_lessons
from grader.course.readme import table, with_table

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group = main, prefix: str = "prep") -> dict[str, click.Command]:
    """Every command of `prep` by its full name."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[f"{prefix} {name}"] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix} {name}")
    return found


def test_readme_test_command_is_what_ci_runs() -> None:
    """CI runs the README's second command as it stands."""
    _, test_command = re.findall(r"^python3 -m venv.*$", README, flags=re.MULTILINE)
    assert test_command in (ROOT / ".ci" / "run").read_text().splitlines()


def test_readme_names_commands_that_exist() -> None:
    """Every `prep` command in the README and the docs exists."""
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    )
    used = set(
        re.findall(
            r"\bprep ((?:bench )?[a-z]+)\b(?=[^a-z]|$)",
            " ".join(re.findall(r"`[^`]+`|^\.venv/bin/.*$", text, flags=re.MULTILINE)),
        )
    )
    assert used <= {name.removeprefix("prep ") for name in commands()} | {"bench"}


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help(name: str) -> None:
    """Every command says what it does, and every option what it is for."""
    command = commands()[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_lesson_table_is_true() -> None:
    """The README's table lists the lessons there are, in their order; `prep build` writes it."""
    assert with_table(README, all_lessons(ROOT)) == README
    assert README.count(table(all_lessons(ROOT))) == 1
    _, _, after = README.partition("<!-- /lessons -->")
    assert "## Learners" in after and "## Instructors" in after and "## Authors" in after


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_docs_have_a_sentence_a_line(path: Path) -> None:
    """In the docs a line of prose is one sentence, so that a change shows what it changes."""
    prose = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(("    ", "|", "```"))
    ]
    assert [line for line in prose if re.search(r"[a-z)`]\. [A-Z]", line) and not re.match(r" *(-|\d+\.) ", line)] == []
