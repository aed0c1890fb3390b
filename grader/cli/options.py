"""Options and types that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from grader.isolation.policy import LEVELS

PATH = click.Path(path_type=Path)
# Those of backends.NAMES, whose module would load numpy for `prep --help`; a test compares.
BACKEND = click.Choice(["numpy", "strict", "cupy"])
ISOLATION = click.Choice(["auto", *LEVELS])

isolation_option = click.option(
    "--isolation",
    type=ISOLATION,
    default="auto",
    help="auto takes the strongest level this machine has.",
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions graded at once; by default one for each processor.",
)
json_option = click.option("--json", "json_file", type=PATH, help="Write the figures to this file.")
# For a machine that is reached from elsewhere, as over ssh.
no_browser_option = click.option(
    "--no-browser",
    is_flag=True,
    help="Start the server, print its address, open no browser.",
)
port_option = click.option(
    "--port",
    type=int,
    default=0,
    help="Port of the server; 0 takes a free one.",
)
