"""The command on the structural model: simulate."""

from pathlib import Path
from typing import Annotated

import typer

import nightpanel
from nightpanel.cli_options import Debug, Out, Quiet, Threads
from nightpanel.show import say_outputs


def simulate(
    scenarios: Annotated[
        Path | None,
        typer.Option("--scenarios", help="TOML file of scenarios; those of the paper if left out."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Economic Transformation Database (xlsx), for wage gaps."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Its code in the data; CHN if left out.")
    ] = None,
    periods: Annotated[
        int | None, typer.Option("--periods", min=1, max=10_000, help="Of every scenario; 60.")
    ] = None,
    figures: Annotated[bool, typer.Option(help="Whether figures are drawn.")] = True,
    out: Out = Path("simulation-out"),
    threads: Threads = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="Dask scheduler whose workers do grids, tcp://HOST:PORT."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """AI, industrial integration and producer services: scenarios of the structural model.

    Example: nightpanel simulate --data ETD_230918.xlsx --country CHN --out simulated

    Example: nightpanel simulate --scenarios examples/structural_scenarios.toml --out simulated
    """
    result = nightpanel.simulate(
        scenarios,
        data=data,
        country=country,
        periods=periods,
        figures=figures,
        out=out,
        threads=threads,
        scheduler=scheduler,
        quiet=quiet,
    )
    if not quiet:
        from nightpanel.show_structural import show_simulated

        show_simulated(result)
    say_outputs(out)


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(simulate)
