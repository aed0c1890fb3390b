"""The command `prep`: parses, calls, prints.

The commands that call a room are in the file of its name: those of grader/desk in cli/desk.py, and
so on. What a command calls is imported when it is called, so that `prep --help` is quick.
"""

from grader.cli import author, bench, classroom, desk, practice  # each adds its commands to main
from grader.cli.group import main

__all__ = ["author", "bench", "classroom", "desk", "main", "practice"]
