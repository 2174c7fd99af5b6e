"""The commands on light products: tiles, fetch, calibrate, clip."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import nightpanel
from nightpanel.cli_options import (
    CityId,
    Crosswalk,
    Debug,
    DeclaredDatum,
    Encoding,
    Layer,
    MaxCells,
    MaxMbAtOnce,
    MaxUnpackedGb,
    Network,
    Out,
    ProductName,
    ProductsFile,
    Quiet,
    Threads,
    UnitId,
    Units,
    Years,
    end_with,
    size_limits,
)
from nightpanel.show import say, say_outputs

Edge = Literal["centre", "touched", "share"]
By = Literal["cities", "units"]
Several = Literal["refuse", "prefer", "keep-both", "mosaic"]

calibrate = typer.Typer(
    help="Put light of one sensor onto the scale of another.", no_args_is_help=True
)


def tiles(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="Tiles or patterns.")],
    product: ProductName = None,
    products: ProductsFile = None,
    stac: Annotated[
        Path | None, typer.Option("--stac", help="Folder for a STAC catalogue of the tiles.")
    ] = None,
    network: Network = False,
    max_cells: MaxCells = 1e10,
    max_mb_at_once: MaxMbAtOnce = 2048.0,
    max_unpacked_gb: MaxUnpackedGb = 34.0,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """What files of light are: product, year, grid, values, and the jump against the year before.

    Example: nightpanel tiles 'tiles/*.tif'
    """
    from nightpanel.show_light import show_tiles

    report = nightpanel.tiles(
        files,
        product=product,
        products=products,
        stac=stac,
        network=network,
        limits=size_limits(max_cells, max_mb_at_once, max_unpacked_gb),
        threads=threads,
    )
    show_tiles(report)
    if report.stac is not None:
        say(f"Written: {report.stac.resolve()}")
    end_with(report.problems)


def fetch(
    source: Annotated[
        str, typer.Argument(help="A product with a DOI, a DOI, or the address of a file.")
    ],
    to: Annotated[Path, typer.Option("--to", help="Folder of the files.")],
    match: Annotated[str | None, typer.Option("--match", help="Pattern of names.")] = None,
    years: Years = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be fetched, with sizes.")
    ] = False,
    server: Annotated[
        str | None, typer.Option("--server", help="Address of the repository, if not known.")
    ] = None,
    credentials: Annotated[
        Path | None, typer.Option("--credentials", help="Private file of credentials.")
    ] = None,
    products: ProductsFile = None,
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Unpack .gz and .zip files beside themselves.")
    ] = False,
    max_unpacked_gb: MaxUnpackedGb = 34.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fetch files of light; what is there and right stays, what broke off goes on.

    Example: nightpanel fetch dmsp-like-china --year 2020 --year 2021 --to tiles
    """
    from nightpanel.progress import progress_bars
    from nightpanel.show_light import show_plan

    plan = nightpanel.plan_fetch(
        source,
        to=to,
        match=match,
        years=years or (),
        server=server,
        credentials=credentials,
        products=products,
    )
    if dry_run or not quiet:
        show_plan(plan)
    if dry_run:
        return
    with progress_bars(*(one.file.name for one in plan.files), quiet=quiet) as report:
        done = nightpanel.fetch(
            plan, progress=report, unpack=unpack, max_unpacked_gb=max_unpacked_gb
        )
    say(f"Fetched {len(done.fetched)} files, kept {len(done.kept)}: {to.resolve()}")
    if done.recorded:
        say(f"Recorded the checksums of {len(done.recorded)} files that were there before")
    if unpack:
        say(f"Unpacked: {len(done.unpacked)} files")


def clip(
    files: Annotated[list[str], typer.Argument(metavar="TILES...", help="Tiles or patterns.")],
    units: Units,
    unit_id: UnitId,
    city_id: CityId,
    out: Out = Path("clips"),
    by: Annotated[By, typer.Option("--by", help="What to clip to.")] = "cities",
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Id to take; repeatable; all if not given.")
    ] = None,
    edge: Annotated[
        Edge, typer.Option("--edge", help="Cells on the edge: by centre, all touched, by share.")
    ] = "centre",
    years: Years = None,
    product: ProductName = None,
    products: ProductsFile = None,
    layer: Layer = None,
    encoding: Encoding = None,
    datum: DeclaredDatum = "WGS84",
    crosswalk: Crosswalk = None,
    several: Annotated[
        Several,
        typer.Option("--several", help="What is made of several files of one year."),
    ] = "refuse",
    prefer: Annotated[
        list[str] | None,
        typer.Option("--prefer", help="Satellite or version to prefer; repeatable, best first."),
    ] = None,
    network: Network = False,
    max_cells: MaxCells = 1e10,
    max_mb_at_once: MaxMbAtOnce = 2048.0,
    max_unpacked_gb: MaxUnpackedGb = 34.0,
    threads: Threads = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tiles clipped to cities or units, as Cloud-Optimized GeoTIFFs that keep the sum of light.

    Example: nightpanel clip 'tiles/*.tif' --units townships.json --unit-id code --city-id code:4
    --out clips
    """
    from nightpanel.show_light import show_clips

    written = nightpanel.clip(
        files,
        units,
        unit_id=unit_id,
        city_id=city_id,
        out=out,
        by=by,
        only=only or (),
        edge=edge,
        years=years,
        product=product,
        products=products,
        layer=layer,
        encoding=encoding,
        datum=datum,
        crosswalk=crosswalk,
        several=several,
        prefer=prefer or (),
        network=network,
        limits=size_limits(max_cells, max_mb_at_once, max_unpacked_gb),
        threads=threads,
    )
    if not quiet:
        show_clips(written)
    say_outputs(out)


@calibrate.command("viirs-to-dmsp")
def viirs_to_dmsp(
    viirs: Annotated[list[str], typer.Option("--viirs", help="Radiance tile; repeatable.")],
    dmsp: Annotated[
        list[str] | None,
        typer.Option("--dmsp", help="DMSP or DMSP-like tile to fit on; repeatable."),
    ] = None,
    coefficients: Annotated[
        Path | None, typer.Option("--coefficients", help="conversion.json of an earlier fit.")
    ] = None,
    out: Out = Path("dmsp-like"),
    years: Annotated[
        list[int] | None, typer.Option("--overlap-year", help="Year to fit on; repeatable.")
    ] = None,
    region: Annotated[
        Path | None,
        typer.Option("--region", help="Polygons outside which radiance is no observation."),
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option("--floor", help="Radiance under which a cell is noise; 0 if not given."),
    ] = None,
    cap: Annotated[
        float | None, typer.Option("--cap", help="Radiance above which a cell is an outlier.")
    ] = None,
    sigma_km: Annotated[
        float | None,
        typer.Option("--sigma-km", help="Width of the kernel; chosen if not given."),
    ] = None,
    product: ProductName = None,
    dmsp_product: Annotated[
        str | None, typer.Option("--dmsp-product", help="Product of the DMSP tiles.")
    ] = None,
    products: ProductsFile = None,
    max_cells: MaxCells = 1e10,
    max_mb_at_once: MaxMbAtOnce = 2048.0,
    max_unpacked_gb: MaxUnpackedGb = 34.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """VIIRS years as DMSP-like light, by a curve fitted where both sensors saw the same.

    Example: nightpanel calibrate viirs-to-dmsp --viirs 'viirs/*.tif' --dmsp DMSP2013.tif --out new
    """
    from nightpanel.show_light import show_conversion

    result = nightpanel.viirs_to_dmsp(
        viirs,
        out=out,
        dmsp=dmsp or (),
        coefficients=coefficients,
        floor=floor,
        cap=cap,
        sigma_km=sigma_km,
        overlap_years=years,
        region=region,
        product=product,
        dmsp_product=dmsp_product,
        products=products,
        limits=size_limits(max_cells, max_mb_at_once, max_unpacked_gb),
    )
    if not quiet:
        show_conversion(result)
    say_outputs(out)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (tiles, fetch, clip):
        app.command()(command)
    app.add_typer(calibrate, name="calibrate")
