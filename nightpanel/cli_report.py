"""The command line's part on what is shown: report."""

from pathlib import Path
from typing import Annotated

import typer

import nightpanel
from nightpanel.cli_options import Debug
from nightpanel.show import say


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(report)


def report(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a run.")],
    debug: Debug = False,
) -> None:
    """Figures, tables, methods and the offline report of an output folder, made anew.

    Example: nightpanel report out
    """
    page = nightpanel.report(out, say=say)
    say(f"Report: {page.resolve()}")
