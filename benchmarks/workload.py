"""The workload: townships and 30 years of light, the same on every machine, built once.

A file is written under another name, flushed to the disk and then renamed, so that a file that is
there is whole, and can be taken out of the page cache.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
from rasterio.transform import Affine

from benchmarks.lattice import crinkled_lattice
from benchmarks.light_field import LightField, float_year, integer_year, light_field

SEED = 20_260
SHAPE = (4200, 5100)
CELL = 0.0125
WEST, NORTH = 73.0, 54.0
MARGIN = 0.02
"""Share of the grid's extent that lies outside the lattice, on each side."""

CITY_ROWS, CITY_COLUMNS = 10, 12
"""Townships of a city, by rows and columns of the lattice."""

YEARS = tuple(range(2012, 2042))
"""29 years and a 30th."""

ALBERS = (
    "+proj=aea +lat_0=0 +lon_0=105 +lat_1=25 +lat_2=47 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
)
ALBERS_CELL, ALBERS_LEFT, ALBERS_TOP = 1500.0, -3_825_000.0, 6_250_000.0

Kind = Literal["float", "integer", "albers"]
PRODUCT: dict[str, str] = {
    "float": "viirs-annual",
    "integer": "dmsp-like-china",
    "albers": "dmsp-like-china",
}
"""The product whose contract the values of a kind of tile keep."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Where the files of a workload are."""

    folder: Path
    """Folder of all workloads; files are added as they are asked for."""
    shape: tuple[int, int] = SHAPE
    """Rows and columns of the tiles."""

    def units(self, number: int, *, sample: int | None = None) -> Path:
        """GeoPackage of townships in degrees: ``unit_id``, ``city_id``, geometry.

        Parameters
        ----------
        number : int
            How many; the nearest square is built.
        sample : int, optional
            Take only so many of them, evenly spread.

        Returns
        -------
        Path
        """
        side = round(math.sqrt(number))
        path = self.folder / f"units_{side * side}.gpkg"
        once(path, lambda part: _write_units(part, side))
        if sample is None:
            return path
        some = self.folder / f"units_{side * side}_sample_{sample}.gpkg"
        once(some, lambda part: _write_sample(part, path, sample))
        return some

    def tiles(self, kind: Kind, years: Sequence[int] = YEARS) -> list[Path]:
        """Tiles of a kind, one for each year.

        Parameters
        ----------
        kind : {"float", "integer", "albers"}
            float32 radiances or int8 numbers in degrees, or the numbers in the Albers plane of
            China's 1 km grid, in cells of 1.5 km so that the same units fit.
        years : sequence of int

        Returns
        -------
        list of Path
        """
        rows, columns = self.shape
        paths = [self.folder / f"{kind}_{rows}x{columns}" / f"lights_{year}.tif" for year in years]
        for path, year in zip(paths, years, strict=True):
            once(path, partial(_write_tile, kind=kind, shape=self.shape, year=year))
        return paths


def write_raster(path: Path, values: np.ndarray, **profile: Any) -> None:
    """Write a compressed, tiled GeoTIFF of one band, as GDAL's defaults have it."""
    with new_raster(path, values.shape, values.dtype, **profile) as tile:
        tile.write(values, 1)


def new_raster(path: Path, shape: tuple[int, ...], dtype: object, **profile: Any) -> Any:
    """A file as `write_raster` makes it, open for its values."""
    rows, columns = shape
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=columns,
        count=1,
        dtype=dtype,
        compress="deflate",
        tiled=True,
        num_threads="all_cpus",
        **profile,
    )


def once(path: Path, write: Callable[[Path], None]) -> None:
    """Have a file written if it is not there."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"part_{path.name}")
    part.unlink(missing_ok=True)
    write(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)


def _extent() -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the tiles in degrees."""
    rows, columns = SHAPE
    return WEST, NORTH - rows * CELL, WEST + columns * CELL, NORTH


def _write_units(path: Path, side: int) -> None:
    left, bottom, right, top = _extent()
    dx, dy = MARGIN * (right - left), MARGIN * (top - bottom)
    lattice = crinkled_lattice(
        (left + dx, bottom + dy, right - dx, top - dy), (side, side), seed=SEED
    )
    across = side // CITY_COLUMNS + 1
    city = 1000 + lattice.row // CITY_ROWS * across + lattice.column // CITY_COLUMNS
    table = gpd.GeoDataFrame(
        {
            "unit_id": [f"{number:09d}" for number in range(len(lattice.polygons))],
            "city_id": city.astype(str),
        },
        geometry=lattice.polygons,
        crs="EPSG:4326",
    )
    write_units(table, path)


def _write_sample(path: Path, whole: Path, sample: int) -> None:
    table = pyogrio.read_dataframe(whole, use_arrow=True)
    chosen = np.linspace(0, len(table) - 1, sample).round().astype(int)
    write_units(table.iloc[chosen], path)


def write_units(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write townships to a GeoPackage."""
    pyogrio.write_dataframe(table, path, driver="GPKG", layer="units")


@cache
def _field(shape: tuple[int, int]) -> LightField:
    return light_field(shape, seed=SEED)


def _write_tile(path: Path, kind: Kind, shape: tuple[int, int], year: int) -> None:
    field = _field(shape)
    finer = shape[0] / SHAPE[0]
    if kind == "albers":
        size, left, top, crs = ALBERS_CELL / finer, ALBERS_LEFT, ALBERS_TOP, ALBERS
    else:
        size, left, top, crs = CELL / finer, WEST, NORTH, "EPSG:4326"
    values = float_year(field, year) if kind == "float" else integer_year(field, year)
    write_raster(path, values, crs=crs, transform=Affine(size, 0, left, 0, -size, top))
