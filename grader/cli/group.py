"""The command `prep` itself, to which each file beside this one adds its commands."""

from __future__ import annotations

import sys
from typing import Any

import click

from grader import environment_errors
from grader.errors import PrepError


class Group(click.Group):
    """A group whose commands end in a sentence and an exit status; a traceback is left for faults of the kit itself."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        # Not invoke, which --help and --version never come to.
        try:
            return super().main(*arguments, **settings)
        except PrepError as error:
            told, status = str(error), error.exit_status
        except (click.ClickException, click.Abort):
            raise  # click's own, where somebody asked it not to end by itself
        except Exception as error:
            sentence = environment_errors.sentence(error)
            if not sentence:
                raise
            told, status = sentence, 1
        click.echo(f"prep: {told}", err=True)
        sys.exit(status)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="ml-interview-prep")
def main() -> None:
    """Machine-learning interview questions as notebooks, and the grader for them."""
