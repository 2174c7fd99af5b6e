"""VIIRS to DMSP-like light on real files: Shanghai, fitted on three years and tried on a fourth.

Needs ``NIGHTPANEL_DATA``. Fills the part of ``docs/light.md`` between its marks.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from benchmarks.document import filled
from geo.inequality import gini
from nightpanel.run_conversion import ConversionRun, viirs_to_dmsp
from tiles.calibration.conversion_quality import Errors, Quality, errors_of
from tiles.calibration.viirs_to_dmsp import overlap
from tiles.catalog import read_catalog
from tiles.products import read_products

PAGE = Path(__file__).resolve().parents[1] / "light.md"
PRODUCTS = Path(__file__).with_name("shanghai_viirs.toml")
FITTED, TRIED = (2018, 2019, 2020), 2021


def shanghai(data: Path) -> gpd.GeoDataFrame:
    """Shanghai's counties: the rasters are zero around them."""
    counties = gpd.read_file(data / "polygons" / "china" / "china_counties_mapchina.gpkg")
    return counties.loc[counties["Code_County"].astype(str).str.startswith("31"), ["geometry"]]


def main() -> None:
    """Fit, try, print, and fill the page."""
    data = Path(os.environ["NIGHTPANEL_DATA"]) / "raster"
    viirs = str(data / "shanghai_viirs" / "*.tif")
    dmsp = [str(data / "china_dmsplike" / "*.tif")]
    region = shanghai(Path(os.environ["NIGHTPANEL_DATA"]))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "shanghai.gpkg"
        region.to_file(file)
        run = viirs_to_dmsp(
            [viirs],
            dmsp=dmsp,
            out=Path(folder) / "out",
            overlap_years=FITTED,
            products=PRODUCTS,
            region=file,
        )
    if run.quality is None:
        raise RuntimeError("the conversion was fitted")
    stored = run.stored
    (radiance,) = read_catalog([viirs], years=[TRIED], user=read_products(PRODUCTS)).tiles
    (light,) = read_catalog(dmsp, years=[TRIED]).tiles
    unseen = overlap(radiance, light, stored.conversion.cleaning, region=region)
    found = stored.conversion.dn(unseen.radiance, unseen.grid)[unseen.seen]
    text = "\n".join([*table(run.quality, unseen.dn[unseen.seen], found), "", *curve_of(run)])
    print(text)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "shanghai", text), encoding="utf-8")


def table(judged: Quality, observed: NDArray[np.float64], found: NDArray[np.float64]) -> list[str]:
    """Errors and the seam, by year."""
    lines = [
        f"Shanghai (`docs/scripts/{Path(__file__).name}`): annual VIIRS at 500 m against DMSP-like",
        f"light at 1 km inside its counties, fitted on {', '.join(map(str, FITTED))}:",
        "",
        "| year | rmse, DN | bias, DN | R2 | mean DN: product, converted | Gini of cells |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in judged.seam.itertuples():
        means = f"{row.mean_dmsp:.2f}, {row.mean_converted:.2f}"
        ginis = f"{row.gini_dmsp:.3f}, {row.gini_converted:.3f}"
        lines += [f"| {row.year:.0f}, held-out blocks | | | | {means} | {ginis} |"]
    lines += [f"| all three, held-out blocks | {figures_of(judged.held_out)} | | |"]
    figures = figures_of(errors_of(found, observed))
    means = f"{observed.mean():.2f}, {found.mean():.2f}"
    ginis = f"{gini(observed):.3f}, {gini(found):.3f}"
    return [*lines, f"| {TRIED}, which the fit did not see | {figures} | {means} | {ginis} |"]


def figures_of(errors: Errors) -> str:
    """Cells of the table."""
    return f"{errors.rmse:.2f} | {errors.bias:+.2f} | {errors.r2:.3f}"


def curve_of(run: ConversionRun) -> list[str]:
    """The fitted curve, and its bias by decile."""
    conversion = run.stored.conversion
    curve = conversion.curve
    widths = [f"{width:g}" for width in run.stored.fitted_on["widths_without_each_fold_km"]]
    biases: Iterable[float] = run.quality.deciles["bias"] if run.quality is not None else ()
    return [
        f"DN = {curve.a:.2f} + {curve.b:.2f} / (1 + exp(-{curve.c:.2f} (log(1 + radiance) -",
        (
            f"{curve.d:.2f}))), kernel {conversion.sigma_km:g} km, "
            f"dark below {conversion.threshold:g}."
        ),
        f"Kernel as chosen without each of the five folds: {', '.join(widths)} km.",
        "Bias by decile of observed DN on held-out blocks, dark cells first:",
        ", ".join(f"{bias:+.1f}" for bias in biases) + ".",
    ]


if __name__ == "__main__":
    main()
