"""The command line's part on panels: panel, indices."""

from pathlib import Path
from typing import Annotated

import typer

import nightpanel
from nightpanel.cli_options import Debug, Out, Quiet
from nightpanel.show import say
from nightpanel.show_panel import show_catalogue


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(panel)
    app.command()(indices)


def panel(
    study: Annotated[
        Path | None, typer.Argument(help="Study file (TOML) with a [panel] section.")
    ] = None,
    suggest: Annotated[
        Path | None,
        typer.Option("--suggest", help="Table whose mapping is to be proposed, without a study."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="Sheet of the table, for --suggest.")
    ] = None,
    out: Out = Path("out"),
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the panel to this csv file as well.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The panel alone: yearbooks joined with the light in OUT, or with each other without it.

    Example: nightpanel panel study.toml --out out --csv panel.csv

    Example: nightpanel panel --suggest yearbook.xlsx
    """
    if suggest is not None:
        if study is not None or csv is not None:
            raise typer.BadParameter("--suggest goes without a study and without --csv")
        print(nightpanel.suggest_table(suggest, sheet=sheet))
        return
    if study is None or sheet is not None:
        raise typer.BadParameter("name a study, or a table (and its --sheet) with --suggest")
    result = nightpanel.panel_of_study(study, out=out, quiet=quiet)
    if not quiet:
        from nightpanel.show_yearbooks import show_panel_run

        show_panel_run(result)
    if csv is not None:
        nightpanel.export(out, what="panel", format="csv", to=csv)
        say(f"Written: {csv.resolve()}")
    say(f"Outputs: {out.resolve()}")


def indices(debug: Debug = False) -> None:
    """Every index that [panel.indices] of a study can make: formula, range, direction, source.

    Example: nightpanel indices
    """
    show_catalogue()
