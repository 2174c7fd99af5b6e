"""The command that shows the map: view."""

from pathlib import Path
from typing import Annotated

import typer

import nightpanel
from nightpanel.cli_options import Debug
from nightpanel.show import say

LAST_PORT = 65_535


def view(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a run.")] = Path(
        "out"
    ),
    port: Annotated[
        int, typer.Option("--port", min=0, max=LAST_PORT, help="0 takes any that is free.")
    ] = 8321,
    host: Annotated[
        str, typer.Option("--host", help="Address on which to listen; this machine alone.")
    ] = "127.0.0.1",
    others: Annotated[
        bool, typer.Option("--others", help="Other machines may see the map, without a password.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open nothing.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Cache folder; OUT/.cache if not given.")
    ] = None,
    debug: Debug = False,
) -> None:
    """The map of an output folder in the browser, served from this machine until Ctrl+C.

    Example: nightpanel view demo-out
    """

    def announce(address: str) -> None:
        if others:
            say("Warning: whoever reaches this machine can see the map and take its tables")
        say(f"Map: {address} (Ctrl+C ends it)")

    try:
        nightpanel.view(
            out,
            host=host,
            port=port,
            others=others,
            browser=not no_browser,
            cache=cache,
            announce=announce,
        )
    except KeyboardInterrupt:  # the ordinary end
        return


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(view)
