"""The command on vintages of boundaries: crosswalk."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import nightpanel
from nightpanel.cli_options import Debug, ProductName, ProductsFile, Quiet, Threads
from nightpanel.show import say

By = Literal["area", "light"]
LISTED = 20
"""Audit rows that are printed."""


def crosswalk(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Boundaries before.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Boundaries after.")],
    old_id: Annotated[str, typer.Option("--old-id", help="Column of ids in OLD.")],
    new_id: Annotated[str, typer.Option("--new-id", help="Column of ids in NEW.")],
    year: Annotated[int, typer.Option("--year", help="First year of the new boundaries.")],
    to: Annotated[Path, typer.Option("--to", help="csv to write.")],
    by: Annotated[By, typer.Option("--by", help="What pieces are weighed by.")] = "area",
    tiles: Annotated[
        list[str] | None, typer.Option("--tiles", help="Tile of light, for --by light.")
    ] = None,
    product: ProductName = None,
    products: ProductsFile = None,
    old_layer: Annotated[str | None, typer.Option("--old-layer", help="Layer of OLD.")] = None,
    new_layer: Annotated[str | None, typer.Option("--new-layer", help="Layer of NEW.")] = None,
    sliver: Annotated[
        float,
        typer.Option(
            "--sliver", min=0.0, max=1.0, help="Pieces below this share of both are left out."
        ),
    ] = 0.01,
    cover_tolerance: Annotated[
        float,
        typer.Option(
            "--cover-tolerance",
            min=0.0,
            help="Share of an old division that may lie in no new one, or in several.",
        ),
    ] = 0.05,
    threads: Threads = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Weights from old boundaries to new ones, by area or by light; they sum to one.

    Example: nightpanel crosswalk counties2010.gpkg counties2020.gpkg --old-id code --new-id code
    --year 2011 --to crosswalk.csv
    """
    result = nightpanel.crosswalk(
        old,
        new,
        old_id=old_id,
        new_id=new_id,
        year=year,
        to=to,
        by=by,
        tiles=tiles or (),
        product=product,
        products=products,
        old_layer=old_layer,
        new_layer=new_layer,
        sliver=sliver,
        cover_tolerance=cover_tolerance,
        threads=threads,
    )
    table = result.crosswalk.table
    if not quiet:
        whole = int((table["weight"] == 1.0).sum())
        divisions = table["old"].nunique()
        say(f"{divisions} old divisions, {whole} whole in a new one, {len(table)} pairs")
        for row in result.audit[:LISTED]:
            say(f"{row.rule}: {row.subject}: {row.detail}")
        if len(result.audit) > LISTED:
            say(f"and {len(result.audit) - LISTED} more")
    say(f"Written: {to.resolve()}")


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(crosswalk)
