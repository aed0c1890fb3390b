"""The command `prep` itself, to which each file beside this one adds its commands."""

from __future__ import annotations

from typing import Any

import click

from grader import environment_errors
from grader.errors import PrepError


class Group(click.Group):
    """A group whose commands end in a sentence and an exit status; a traceback is left for faults of the kit itself."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PrepError as error:
            click.echo(f"prep: {error}", err=True)
            ctx.exit(error.exit_status)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click's own, which end well
        except Exception as error:
            if told := environment_errors.sentence(error):
                click.echo(f"prep: {told}", err=True)
                ctx.exit(1)
            raise


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="ml-interview-prep")
def main() -> None:
    """Machine-learning interview questions as notebooks, and the grader for them."""
