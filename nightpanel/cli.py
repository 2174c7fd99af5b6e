"""The command line: a thin layer over the functions of the same names.

Exit code 0: done; 1: a named problem in the input, one line; 2: wrong usage.
"""

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

import nightpanel
from geo.errors import CacheError, NightpanelError
from nightpanel import cli_crosswalk, cli_light, cli_panel, cli_report, cli_simulate, cli_view
from nightpanel.cli_options import (
    CityId,
    Crosswalk,
    Debug,
    DeclaredDatum,
    Encoding,
    Layer,
    Out,
    ProductName,
    Quiet,
    Threads,
    UnitId,
    Units,
    end_with,
)
from nightpanel.exports.kinds import Format, What
from nightpanel.manifest import CACHE
from nightpanel.read_back import read_table_texts
from nightpanel.result_tables import table_text
from nightpanel.show import (
    complain,
    say_outputs,
    show_entries,
    show_explained,
    show_exported,
    show_pruned,
    show_run,
    show_tables,
)
from nightpanel.show_panel import show_checked

app = typer.Typer(
    help="From nighttime lights to causal estimates.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


Stage = Literal["lights", "panel", "estimates", "report"]
DemoStudy = Literal["country", "digital_integration"]
Fits = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes that fit; all cores.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Local processes that read tiles (else threads) and fit."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Dask scheduler whose workers do it, tcp://HOST:PORT."),
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Cache folder; OUT/.cache if not given.")
]


@app.command()
def demo(
    out: Out = Path("demo-out"),
    study: Annotated[
        DemoStudy, typer.Option("--study", help="A country with its light, or provinces.")
    ] = "country",
    seed: Annotated[int, typer.Option(help="Seed of what is made up.")] = 1,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """A small made-up country with known truth, all the way to the estimates.

    Example: nightpanel demo --out demo-out

    Example: nightpanel demo --study digital_integration --out provinces-out
    """
    result = nightpanel.demo(out=out, study=study, seed=seed, quiet=quiet)
    if not quiet:
        show_tables(result.estimates, [table_text(table) for table in result.tables.values()])
    say_outputs(out)


@app.command()
def check(
    study: Annotated[Path, typer.Argument(help="Study file (TOML).")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read everything a study names, report every problem, write nothing.

    Example: nightpanel check examples/guigang_townships.toml
    """
    checked = nightpanel.check(study)
    if not quiet:
        show_checked(checked)
    end_with(checked.problems)


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="Study file (TOML).")],
    out: Out = Path("out"),
    only: Annotated[
        str | None,
        typer.Option("--only", help="Stages, comma-separated: lights,panel,estimates,report."),
    ] = None,
    threads: Threads = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    cache: Cache = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a study: light, inequality, panel, estimates, report; what is up to date is left alone.

    Example: nightpanel run examples/china_counties.toml --out out
    """
    result = nightpanel.run(
        study,
        out=out,
        only=_stages(only),
        threads=threads,
        workers=workers,
        scheduler=scheduler,
        cache=cache,
        quiet=quiet,
        report=only is None,
    )
    if not quiet:
        show_run(result)
    say_outputs(out)


@app.command()
def lights(
    tiles: Annotated[list[str], typer.Option("--tiles", help="Tile or glob pattern; repeatable.")],
    units: Units,
    unit_id: UnitId,
    city_id: CityId,
    more_tiles: Annotated[
        list[str] | None, typer.Argument(metavar="[TILES]...", help="Further tiles.")
    ] = None,
    product: ProductName = None,
    layer: Layer = None,
    encoding: Encoding = None,
    datum: DeclaredDatum = "WGS84",
    crosswalk: Crosswalk = None,
    out: Out = Path("out"),
    threads: Threads = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    cache: Cache = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Light and inequality without a study file; what is up to date is left alone.

    Example: nightpanel lights --tiles 'tiles/*.tif' --units townships.geojson --unit-id code
    --city-id code:4 --out out
    """
    study = nightpanel.lights_study(
        tiles=[*tiles, *(more_tiles or [])],
        units=units,
        unit_id=unit_id,
        city_id=city_id,
        product=product,
        layer=layer,
        encoding=encoding,
        datum=datum,
        crosswalk=crosswalk,
    )
    result = nightpanel.run(
        study,
        out=out,
        threads=threads,
        workers=workers,
        scheduler=scheduler,
        cache=cache,
        quiet=quiet,
    )
    if not quiet:
        show_run(result)
    say_outputs(out)


@app.command()
def estimate(
    panel: Annotated[
        Path, typer.Option("--panel", help="City-year table: parquet, csv, xlsx or dta.")
    ],
    designs: Annotated[Path, typer.Option("--designs", help="TOML file with [[designs]].")],
    out: Out = Path("out"),
    workers: Fits = None,
    cache: Cache = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Estimates from any city-year table, no rasters needed.

    Example: nightpanel estimate --panel panel.csv --designs designs.toml --out out
    """
    result = nightpanel.estimate_file(
        panel=panel, designs=designs, out=out, workers=workers, cache=cache, quiet=quiet
    )
    if not quiet:
        show_tables(result, read_table_texts(out))
    say_outputs(out)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a run.")],
    what: Annotated[What, typer.Option("--what", help="The table.")],
    to: Annotated[Path, typer.Option("--to", help="File to write.")],
    format: Annotated[  # noqa: A002
        Format | None, typer.Option("--format", help="Taken from the file's ending if not given.")
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="csv: a byte order mark, by which Excel knows UTF-8.")
    ] = False,
    debug: Debug = False,
) -> None:
    """One table of an output folder in another format.

    Example: nightpanel export out --what townships --format gpkg --to townships.gpkg
    """
    exported = nightpanel.export(out, what=what, format=format, to=to, bom=bom)
    show_exported(exported)


@app.command()
def explain(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a run.")],
    city: Annotated[str, typer.Option("--city", help="City id.")],
    year: Annotated[int, typer.Option("--year", help="Year.")],
    product: Annotated[
        str | None, typer.Option("--product", help="Light product, where there are several.")
    ] = None,
    debug: Debug = False,
) -> None:
    """What made a city's numbers in a year: tile, grid, boundary, units, flags, settings, versions.

    Example: nightpanel explain out --city 4501 --year 2020
    """
    show_explained(nightpanel.explain(out, city=city, year=year, product=product))


@app.command()
def cache(
    out: Annotated[Path, typer.Argument(metavar="[OUT]", help="Output folder of a run.")] = Path(
        "out"
    ),
    show: Annotated[bool, typer.Option("--list", help="List every entry.")] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove entries that the last run into OUT did not use, also if another output "
            "folder shares them.",
        ),
    ] = False,
    keep_days: Annotated[
        float | None, typer.Option("--keep-days", min=0, help="Prune: keep what was used since.")
    ] = None,
    max_mb: Annotated[
        float | None, typer.Option("--max-mb", min=0, help="Prune down to so many megabytes.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Prune everything.")] = False,
    folder: Cache = None,
    debug: Debug = False,
) -> None:
    """What is kept between runs, and how to prune it; a run computes again what it misses.

    Example: nightpanel cache out --list
    """
    if not prune and (everything or keep_days is not None or max_mb is not None):
        raise typer.BadParameter("--keep-days, --max-mb and --all say what --prune removes")
    place = folder or out / CACHE
    last = nightpanel.read_last_run(out)
    if not place.is_dir():
        raise CacheError(
            str(place),
            expected="the cache folder of a run",
            found="no such folder",
            hint="name the output folder of a run, or with --cache the folder that it was given",
        )
    if prune:
        max_bytes = None if max_mb is None else int(max_mb * 1e6)
        show_pruned(
            nightpanel.prune_cache(
                place, keep_days=keep_days, max_bytes=max_bytes, all=everything, last_run=last
            )
        )
    if show or not prune:
        show_entries(nightpanel.cache_entries(place, last_run=last), one_by_one=show)


cli_light.add_to(app)
cli_panel.add_to(app)
cli_crosswalk.add_to(app)
cli_report.add_to(app)
cli_simulate.add_to(app)
cli_view.add_to(app)


def main() -> None:
    """Run the command line; a named problem becomes one line and exit code 1."""
    # pyfixest sets the root logger to INFO on import unless somebody has configured it before.
    logging.basicConfig(level=logging.WARNING)
    try:
        app()
    except NightpanelError as error:
        if "--debug" in sys.argv:
            raise
        complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _stages(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    wrong = [name for name in names if name not in get_args(Stage)]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not among {', '.join(get_args(Stage))}")
    return names
