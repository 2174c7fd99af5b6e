"""A global tile of 15 arcseconds: 86,400 x 33,600 float cells, sparse, and 50,000 units over land.

Five rectangles stand for the continents. Light is written there and nowhere else, so that the file
is small though the tile is not; an absent block reads as zeros.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window

from benchmarks.lattice import crinkled_lattice
from benchmarks.light_field import FIRST_YEAR, float_year, light_field
from benchmarks.workload import once, write_units

SEED = 20_261
CELL = 15 / 3600
SHAPE = (33_600, 86_400)
WEST, NORTH = -180.0, 75.0
BLOCK = 512
PIECE = 2560
"""Side of a piece of light, a multiple of the block and of the light field's coarse cells."""

PIECES = (3, 5)
"""Rows and columns of pieces that make a continent."""

CONTINENTS = ((-120.0, 58.0), (-78.0, 8.0), (-15.0, 34.0), (72.0, 55.0), (100.0, -4.0))
"""West and north of each continent, in degrees."""

MARGIN = 0.05
"""Degrees of a continent's light outside its units."""


@dataclass(frozen=True, slots=True)
class GlobalTile:
    """The files of the global job."""

    tile: Path
    """GeoTIFF."""
    units: Path
    """GeoPackage with ``unit_id``, ``city_id``, geometry."""


def global_tile(folder: Path, *, continents: int, units: int) -> GlobalTile:
    """The tile and its units, built if they are not there.

    Parameters
    ----------
    folder : Path
    continents : int
        How many of the five continents have light and units.
    units : int
        How many units, to the nearest square on each continent.

    Returns
    -------
    GlobalTile
    """
    side = round(math.sqrt(units / continents))
    name = f"global_{continents}"
    tile = folder / name / "lights_2020.tif"
    places = folder / name / f"units_{continents * side**2}.gpkg"
    once(tile, lambda part: _write_tile(part, continents))
    once(places, lambda part: _write_places(part, continents, side))
    return GlobalTile(tile=tile, units=places)


def _corner(west: float, north: float) -> tuple[int, int]:
    """First row and column of a continent, at a block's edge."""
    row, col = (NORTH - north) / CELL / BLOCK, (west - WEST) / CELL / BLOCK
    return round(row) * BLOCK, round(col) * BLOCK


def _pieces(continents: int) -> Iterator[tuple[int, int]]:
    """First row and column of every piece of light."""
    for place in CONTINENTS[:continents]:
        row, col = _corner(*place)
        for down in range(PIECES[0]):
            for right in range(PIECES[1]):
                yield row + down * PIECE, col + right * PIECE


def _write_tile(path: Path, continents: int) -> None:
    # One field serves all pieces: each has another year's noise, so that no two are alike.
    field = light_field((PIECE, PIECE), seed=SEED)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=SHAPE[0],
        width=SHAPE[1],
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(CELL, 0, WEST, 0, -CELL, NORTH),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="deflate",
        num_threads="all_cpus",
        BIGTIFF="YES",
        SPARSE_OK="TRUE",
    ) as tile:
        for number, (row, col) in enumerate(_pieces(continents)):
            values = float_year(field, FIRST_YEAR + number)
            tile.write(values, 1, window=Window(col, row, PIECE, PIECE))


def _write_places(path: Path, continents: int, side: int) -> None:
    polygons, cities = [], []
    for number, place in enumerate(CONTINENTS[:continents]):
        row, col = _corner(*place)
        left, top = WEST + col * CELL + MARGIN, NORTH - row * CELL - MARGIN
        width, height = PIECES[1] * PIECE * CELL, PIECES[0] * PIECE * CELL
        bounds = (left, top - height + 2 * MARGIN, left + width - 2 * MARGIN, top)
        lattice = crinkled_lattice(bounds, (side, side), seed=SEED + number)
        polygons.append(lattice.polygons)
        cities.append(1000 * (number + 1) + lattice.row // 10 * 10 + lattice.column // 10)
    table = gpd.GeoDataFrame(
        {
            "unit_id": [f"{number:09d}" for number in range(continents * side**2)],
            "city_id": np.concatenate(cities).astype(str),
        },
        geometry=np.concatenate(polygons),
        crs="EPSG:4326",
    )
    write_units(table, path)
