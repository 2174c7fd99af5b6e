"""`nightpanel calibrate viirs-to-dmsp`: fit a conversion on an overlap, and convert years by it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.errors import CalibrationError, NoOverlapError
from geo.grid import Grid
from geo.regions import read_regions
from nightpanel.conversion_file import StoredConversion, read_conversion, write_conversion
from nightpanel.conversion_report import report_files, write_report
from nightpanel.digests import FileDigests
from nightpanel.outputs import staged
from tiles.calibration.conversion_fit import Fitted, fit_conversion
from tiles.calibration.conversion_quality import Quality, quality, require_useful
from tiles.calibration.viirs_to_dmsp import Cleaning, cleaned_average, overlap
from tiles.calibration.window_around import around_bounds
from tiles.catalog import read_catalog
from tiles.products import Product, product_named, read_products
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits
from tiles.tile import Tile
from tiles.write_tile import write_tile

COEFFICIENTS = "conversion.json"
CONVERTED = "VIIRS_as_DMSP_"
"""How names of converted tiles begin: theirs is a product of its own."""


@dataclass(frozen=True, slots=True)
class ConversionRun:
    """What a run made."""

    stored: StoredConversion
    """The conversion."""
    quality: Quality | None
    """How good it is; None if it was fitted before."""
    files: tuple[Path, ...]
    """Everything that was written."""


def viirs_to_dmsp(
    viirs: Sequence[str | Path],
    *,
    out: Path,
    dmsp: Sequence[str | Path] = (),
    coefficients: Path | None = None,
    floor: float | None = None,
    cap: float | None = None,
    sigma_km: float | None = None,
    overlap_years: Sequence[int] | None = None,
    region: Path | None = None,
    product: str | None = None,
    dmsp_product: str | None = None,
    products: Path | None = None,
    limits: SizeLimits = DEFAULT_LIMITS,
) -> ConversionRun:
    """Convert VIIRS years to DMSP-like light.

    Parameters
    ----------
    viirs : sequence of str or Path
        Tiles of radiance; all of them are converted.
    out : Path
        Folder for the coefficients, the report and the converted tiles; the report of an earlier
        fit in it is removed.
    dmsp : sequence of str or Path
        DMSP or DMSP-like tiles; the curve is fitted on the years that both have.
    coefficients : Path, optional
        A file of an earlier run, instead of ``dmsp`` and all that decides a fit.
    floor, cap : float, optional
        Radiance under which a cell is noise, 0 by default, and above which it is an outlier.
    sigma_km : float, optional
        Width of the kernel, a standard deviation in kilometres; chosen on held-out blocks if left
        out.
    overlap_years : sequence of int, optional
        Years of the overlap to fit on; all by default.
    region : Path, optional
        File of polygons outside which radiance is no observation, as in files that were clipped to
        a city and are zero around it.
    product, dmsp_product : str, optional
        Products of the radiance and of the DMSP tiles, where names do not say them.
    products : Path, optional
        TOML file of products of the user's own.
    limits : SizeLimits
        How large tiles may be.

    Returns
    -------
    ConversionRun

    Raises
    ------
    CalibrationError
        If there is no overlap, or not in every year that is named; if ``coefficients`` come with
        anything that decides a fit, or neither they nor ``dmsp`` are given; if the fit is of no
        use.
    ContractError
        If a tile breaks its product's contract.
    NightpanelError
        If a tile cannot be read.
    """
    of_a_fit = {
        "--dmsp": dmsp or None,
        "--floor": floor,
        "--cap": cap,
        "--sigma-km": sigma_km,
        "--overlap-year": overlap_years,
        "--dmsp-product": dmsp_product,
    }
    _check_choice(coefficients, [name for name, value in of_a_fit.items() if value is not None])
    cleaning = Cleaning(floor or 0.0, cap)
    own = () if products is None else read_products(products)
    radiance = _tiles(viirs, product, own, limits)
    seen = None if region is None else read_regions(region)
    judged = None
    figures = None
    if coefficients is not None:
        stored = read_conversion(coefficients)
    else:
        pairs = _pairs(radiance, _tiles(dmsp, dmsp_product, own, limits), overlap_years)
        fitted = fit_conversion(
            [overlap(*pair, cleaning, region=seen) for pair in pairs],
            cleaning=cleaning,
            sigma_km=sigma_km,
        )
        judged = quality(fitted)
        require_useful(judged)
        figures = fitted
        stored = StoredConversion(
            fitted.conversion, pairs[-1][1].grid, _fitted_on(pairs, fitted, judged)
        )
    with staged(out, stale=report_files(out)) as folder:
        write_conversion(folder / COEFFICIENTS, stored)
        if judged is not None and figures is not None:
            write_report(folder, figures, judged, stored)
        for tile in radiance:
            write_tile(folder / f"{CONVERTED}{tile.year}.tif", *_converted(tile, stored, seen))
        names = sorted(
            str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
        )
    return ConversionRun(stored, judged, tuple(out / name for name in names))


def _check_choice(coefficients: Path | None, of_a_fit: Sequence[str]) -> None:
    """Coefficients hold all that decides a fit; nothing that is given beside them would count."""
    if coefficients is not None and of_a_fit:
        raise CalibrationError(
            "viirs-to-dmsp",
            expected="--coefficients alone: the file holds what its fit decided",
            found=f"{', '.join(of_a_fit)} beside it",
            hint="leave these out, or fit again with --dmsp and without --coefficients",
        )
    if coefficients is None and "--dmsp" not in of_a_fit:
        raise CalibrationError(
            "viirs-to-dmsp",
            expected="either DMSP tiles to fit on, or the coefficients of an earlier fit",
            found="neither",
            hint="give --dmsp or --coefficients",
        )


def _tiles(
    files: Sequence[str | Path], product: str | None, own: Sequence[Product], limits: SizeLimits
) -> tuple[Tile, ...]:
    known = None if product is None else product_named(product, user=own)
    return read_catalog(files, product=known, user=own, limits=limits).tiles


def _pairs(
    radiance: Sequence[Tile], light: Sequence[Tile], years: Sequence[int] | None
) -> list[tuple[Tile, Tile]]:
    """Tiles of the same year: of every one that is named, else of all that both have."""
    of_year = {tile.year: tile for tile in light}
    wanted = [
        (tile, of_year[tile.year])
        for tile in radiance
        if tile.year in of_year and (years is None or tile.year in years)
    ]
    missing = sorted(set(years or ()) - {tile.year for tile, _ in wanted})
    if missing or not wanted:
        which = ", ".join(map(str, missing)) or "years"
        raise CalibrationError(
            "overlap",
            expected=f"{which} in both VIIRS and DMSP tiles",
            found=f"VIIRS of {', '.join(str(tile.year) for tile in radiance)} and DMSP of "
            f"{', '.join(str(tile.year) for tile in light)}",
            hint="name tiles of a common year, or correct --overlap-year",
        )
    return wanted


def _converted(
    tile: Tile, stored: StoredConversion, region: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.float32], Grid]:
    """A year as DMSP-like light, on the cells of the DMSP grid around it."""
    part = around_bounds(stored.grid, tile.grid)
    if part is None:
        raise NoOverlapError(
            tile.where,
            expected="radiance inside the grid of the conversion",
            found="another place",
            hint="fit a conversion on an overlap of this place",
        )
    averaged = cleaned_average(tile, part, stored.conversion.cleaning, region=region)
    return stored.conversion.dn(averaged, part).astype(np.float32), part


def _fitted_on(
    pairs: Sequence[tuple[Tile, Tile]], fitted: Fitted, judged: Quality
) -> dict[str, object]:
    files = [file for pair in pairs for tile in pair for file in tile.source.files]
    return {
        "years": [pair[0].year for pair in pairs],
        "files": {path.name: digest for path, digest in FileDigests().of(files).items()},
        "widths_without_each_fold_km": list(fitted.widths_km),
        "held_out": asdict(judged.held_out),
        "in_sample": asdict(judged.in_sample),
    }
