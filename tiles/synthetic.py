"""The made-up country's light: integer tiles whose Ginis are the designed ones.

The truth goes in as a designed Gini for every city and year and comes out of the light: units with
irregular shared borders are drawn (``tiles.synthetic_units``), every city-year's Gini is turned
into unit means (``tiles.synthetic_means``), and integer tiles are painted whose unit means have
that Gini when measured with exact coverage (``tiles.synthetic_paint``). Tiles look like those of
the product ``dmsp-like-china``: its plane, cells, type and names, and a second grid shifted by a
fraction of a cell from the middle of the years on. What is written is read back and measured
before it is returned.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import Affine

from geo.coverage import coverage
from geo.grid import Grid
from geo.reproject import to_grid
from tiles.synthetic_means import DesignedGini, designed_gini, gini_of_rows, unit_means
from tiles.synthetic_paint import Canvas, make_canvas, measured_means, paint, texture
from tiles.synthetic_units import PLANE, draw_units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL = 1000.0
ORIGIN = (-2643628.9136590827, 5926562.293325961)
"""Corner of the product's grid up to 2019, m."""
SHIFT = (-143.94286155374721, 334.23292997851968)
"""From there to the corner of its grid since 2020, m."""
MARGIN = 8
"""Dark cells around the country."""
FIRST_LIKE_YEAR = 2014
"""From here on the product's names say ``like``."""
GINI_TOLERANCE = 1e-4
MEAN_TOLERANCE = 0.5
FIXED_DATE = "2000-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class PaintedCountry:
    """Where the made-up country's light was written, and how true it came out."""

    tiles: tuple[Path, ...]
    """One GeoTIFF a year, in order of year: int8, DN 0 to 63."""
    units_file: Path
    """GeoPackage, layer ``units``: ``unit_id``, ``city_id``, ``name``, Polygon, EPSG:4326."""
    unit_truth: pd.DataFrame
    """Columns ``unit_id``, ``city_id``, ``year`` and ``mean`` (designed, DN), by unit and year."""
    worst_gini_error: float
    """Largest distance of a measured from a designed Gini over all city-years."""
    worst_mean_error: float
    """Largest distance of a measured from a designed unit mean over all unit-years, DN."""


def paint_country(designed: pd.DataFrame, *, folder: Path, seed: int) -> PaintedCountry:
    """Draw the made-up country's units and paint its tiles.

    Parameters
    ----------
    designed : DataFrame
        Columns ``city_id`` (text), ``year``, ``gini``; one row for every city and year. Further
        columns are not read.
    folder : Path
        Where ``units.gpkg`` and the tiles are written; made if absent.
    seed : int
        The same seed gives the same files, byte by byte.

    Returns
    -------
    PaintedCountry
        Every city-year's Gini within 1e-4 and every unit-year's mean within 0.5 DN of its design,
        measured on the written files.

    Raises
    ------
    ValueError
        If ``designed`` is not a full table of Ginis that 15 to 40 units can show.
    RuntimeError
        If a measured figure misses its design by more than that.
    """
    goal = designed_gini(designed)
    layout = draw_units(goal.city_ids, seed=seed)
    city = np.searchsorted(goal.city_ids, layout.table["city_id"]).astype(np.int64)
    means = unit_means(goal, city=city, centres=layout.centres, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    units_file = _write_units(layout.table, folder / "units.gpkg")
    units = gpd.read_file(units_file)
    canvases = _canvases(units, city=city, years=goal.years)
    grain = texture(canvases[0][1].shape, seed=seed)
    tiles = []
    for k, (grid, canvas) in enumerate(canvases):
        light = paint(canvas, means=means[:, k], gini=goal.gini[:, k], grain=grain)
        path = folder / _tile_name(goal.years, k)
        _write_tile(light, path, grid=grid, nodata=-128 if k >= 2 * len(canvases) / 3 else None)
        tiles.append(path)
    measured = _measured(tiles, [canvas for _, canvas in canvases])
    worst_gini, worst_mean = _worst(measured, goal=goal, means=means, city=city)
    return PaintedCountry(
        tiles=tuple(tiles),
        units_file=units_file,
        unit_truth=_unit_truth(units, years=goal.years, means=means),
        worst_gini_error=worst_gini,
        worst_mean_error=worst_mean,
    )


def _canvases(
    units: gpd.GeoDataFrame, *, city: Ints, years: Sequence[int]
) -> list[tuple[Grid, Canvas]]:
    """Each year's grid and canvas: one of two, by the half of the years that it lies in."""
    crs = CRS.from_user_input(PLANE)
    west, south, east, north = units.to_crs(crs).total_bounds
    corner = np.floor((np.array([west, north]) - ORIGIN) / CELL) + np.array([-MARGIN, MARGIN])
    size = np.ceil(np.array([north - south, east - west]) / CELL).astype(int) + 2 * MARGIN + 1
    pairs = []
    for shift in ((0.0, 0.0), SHIFT):
        x, y = np.array(ORIGIN) + shift + CELL * corner
        grid = Grid(
            crs=crs,
            transform=(CELL, 0.0, float(x), 0.0, -CELL, float(y)),
            shape=(int(size[0]), int(size[1])),
        )
        pairs.append((grid, make_canvas(coverage(to_grid(units, grid), grid), city=city)))
    return [pairs[int(k >= len(years) // 2)] for k in range(len(years))]


def _tile_name(years: Sequence[int], k: int) -> str:
    """The product's names, with the underscore that one of its files has."""
    if years[k] < FIRST_LIKE_YEAR:
        return f"DMSP{years[k]}.tif"
    return f"DMSP{'_' if k == len(years) - 1 else '-'}like{years[k]}.tif"


def _write_tile(light: NDArray[np.int8], path: Path, *, grid: Grid, nodata: int | None) -> None:
    rows, cols = light.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="int8",
        count=1,
        height=rows,
        width=cols,
        crs=grid.crs.to_wkt(),
        transform=Affine(*grid.transform),
        nodata=nodata,
        compress="lzw",
        tiled=True,
        blockxsize=128,
        blockysize=128,
    ) as tile:
        tile.write(light, 1)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Hold the date that a GeoPackage carries still, so that its bytes depend on the seed only."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_units(table: gpd.GeoDataFrame, path: Path) -> Path:
    path.unlink(missing_ok=True)
    with _fixed_date():
        table.to_file(path, layer="units", driver="GPKG", engine="pyogrio")
    return path


def _measured(tiles: Sequence[Path], canvases: Sequence[Canvas]) -> Floats:
    """Unit means of the tiles as written, shape (n_units, n_years)."""
    columns = []
    for path, canvas in zip(tiles, canvases, strict=True):
        with rasterio.open(path) as tile:
            columns.append(measured_means(canvas, tile.read(1)))
    return np.stack(columns, axis=1)


def _worst(
    measured: Floats, *, goal: DesignedGini, means: Floats, city: Ints
) -> tuple[float, float]:
    """Largest error of a Gini and of a unit mean, both within their bounds."""
    gini = np.stack([gini_of_rows(measured[city == i].T) for i in range(len(goal.city_ids))])
    gini_error, mean_error = abs(gini - goal.gini), abs(measured - means)
    worst_gini, worst_mean = float(gini_error.max()), float(mean_error.max())
    if not (worst_gini <= GINI_TOLERANCE and worst_mean <= MEAN_TOLERANCE):
        i, k = np.unravel_index(gini_error.argmax(), gini_error.shape)
        raise RuntimeError(
            f"the painted light misses its design: Gini by {worst_gini:.2e} (city "
            f"{goal.city_ids[i]}, {goal.years[k]}; allowed {GINI_TOLERANCE}), unit means by up to "
            f"{worst_mean:.3f} DN (allowed {MEAN_TOLERANCE})"
        )
    return worst_gini, worst_mean


def _unit_truth(units: gpd.GeoDataFrame, *, years: Sequence[int], means: Floats) -> pd.DataFrame:
    repeated = units[["unit_id", "city_id"]].loc[units.index.repeat(len(years))]
    return pd.DataFrame(repeated.reset_index(drop=True)).assign(
        year=np.tile(np.asarray(years, dtype=np.int64), len(units)), mean=means.ravel()
    )
