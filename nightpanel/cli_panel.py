"""The command line's part on panels."""

import typer

from nightpanel.cli_options import Debug
from nightpanel.show_panel import show_catalogue


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(indices)


def indices(debug: Debug = False) -> None:
    """Every index that [panel.indices] of a study can make: formula, range, direction, source.

    Example: nightpanel indices
    """
    show_catalogue()
