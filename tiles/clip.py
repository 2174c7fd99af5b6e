"""Tiles clipped to cities or units: Cloud-Optimized GeoTIFFs that keep the sum of light.

What a clip keeps is decided by its edge rule. ``centre``: cells whose centre lies in the polygon;
every cell of a country goes to one city, so that the clips of all cities have the country's sum.
``touched``: cells that the polygon touches at all; neighbours share their edges. ``share``: touched
cells, their light times the share of the cell that lies in the polygon; the clip's sum is the one
of the zonal table. After writing, every file is read back and its sum compared.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from geo.coverage import coverage
from geo.errors import ContractError, NoOverlapError, OutputError, TileUnreadableError
from geo.grid import Grid
from geo.stripes import expanded
from geo.threads import in_threads, processors
from tiles.contract import check_values
from tiles.decoding import is_fill
from tiles.digest import digest_of
from tiles.rasterized import cells_inside
from tiles.tile import Tile
from tiles.write_tile import write_tile

Edge = Literal["centre", "touched", "share"]
SUM_TOLERANCE = 1e-9
"""Relative difference of sums that rounding to the file's type may not exceed in double."""

DIGITS = 12
"""Of a digest that tells files apart whose names would be the same."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One file that was written."""

    path: Path
    """The file."""
    name: str
    """The city or unit."""
    year: int
    """Year of the light."""
    product: str
    """Its product."""
    light: float
    """Sum of the valid values, in the product's unit times cells."""
    cells: int
    """Valid cells."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A tile and a polygon in its grid's plane."""

    tile: Tile
    name: str
    shape: shapely.Geometry
    path: Path


def clip(
    tiles: Sequence[Tile],
    shapes: dict[Grid, NDArray[np.object_]],
    names: Sequence[str],
    folder: Path,
    *,
    edge: Edge = "centre",
    threads: int | None = None,
) -> list[Clip]:
    """Write the light of each tile in each polygon to a file of its own.

    Parameters
    ----------
    tiles : sequence of Tile
    shapes : dict of Grid to array of polygons
        The polygons in the plane of each grid of the tiles, in the order of ``names``.
    names : sequence of str
        What files are called, with what files' names cannot have as ``-``; where two would be the
        same then, a digest of the name follows.
    folder : Path
        An existing folder; files of these names are replaced, each in one step.
    edge : {"centre", "touched", "share"}
        What becomes of cells on the edge.
    threads : int, optional
        Threads of this process; by default one for each processor.

    Returns
    -------
    list of Clip
        By tile and name; a polygon that no cell of a tile belongs to has none.

    Raises
    ------
    NoOverlapError
        If no polygon has a cell of any tile.
    ContractError
        If a value around a polygon breaks the contract of its tile's product, or all cells of a
        tile that belong to polygons are fill.
    OutputError
        If a file cannot be written, or does not hold the sum that it should.
    TileUnreadableError
        If a tile cannot be read.
    """
    wanted = [
        (tile, name, shape)
        for tile in tiles
        for name, shape in zip(names, shapes[tile.grid], strict=True)
    ]
    files = _file_names([(name, tile.product_label, tile.year) for tile, name, _ in wanted])
    pieces = [_Piece(*one, folder / file) for one, file in zip(wanted, files, strict=True)]
    written = in_threads(lambda piece: _write(piece, edge), pieces, threads or processors())
    found = [one for one in written if one is not None]
    if not found:
        raise NoOverlapError(
            "clip",
            expected="polygons over the tiles",
            found=f"{len(names)} polygons elsewhere",
            hint="check the CRS of both",
        )
    _check_observed(tiles, found)
    return found


def _check_observed(tiles: Sequence[Tile], found: Sequence[Clip]) -> None:
    """Refuse a tile that has clips and no observation in any."""
    for tile in tiles:
        cells = [one.cells for one in found if (one.product, one.year) == tile.key]
        if cells and not any(cells):
            raise ContractError(
                tile.where,
                expected="cells with an observation in some polygon",
                found="fill alone",
                hint="fetch the file again, or leave the year out",
            )


def _write(piece: _Piece, edge: Edge) -> Clip | None:
    tile = piece.tile
    window = tile.grid.around(tuple(shapely.bounds(piece.shape)))
    if window is None:
        return None
    ((_, stored),) = tile.source.pieces(window)
    check_values(tile, stored, window)
    grid = tile.grid.part(window)
    share = _share(piece.shape, grid, edge)
    if not (share > 0.0).any():
        return None
    fill = _fill_value(tile, stored.dtype) if edge != "share" else np.nan
    light = _clipped(tile, stored, share, fill, edge)
    valid = light[~is_fill(light, (*tile.fill_values, fill))]
    total = float(valid.sum(dtype=np.float64))
    words = {
        "NAME": piece.name,
        "PRODUCT": tile.product.name,
        "UNIT": tile.product.unit,
        "YEAR": str(tile.year),
    }
    write_tile(piece.path, light, grid, fill=fill, tags=words)
    _check_sum(piece.path, total, valid.size)
    return Clip(piece.path, piece.name, tile.year, tile.product_label, total, int(valid.size))


def _share(shape: shapely.Geometry, grid: Grid, edge: Edge) -> NDArray[np.float64]:
    """How much of each cell's light is kept, 0 to 1."""
    rows, cols = grid.shape
    if edge == "share":
        shares = np.zeros(rows * cols)
        found = coverage(np.array([shape], dtype=object), grid, threads=1)
        _, cells, weights = expanded(found.stripes, n_units=1, cols=cols)
        shares[cells] = weights
        return shares.reshape(rows, cols)
    return cells_inside([shape], grid, all_touched=edge == "touched").astype(np.float64)


def _clipped(
    tile: Tile, stored: NDArray[Any], share: NDArray[np.float64], fill: float, edge: Edge
) -> NDArray[Any]:
    if edge != "share":
        light = stored.copy()
        light[share == 0.0] = fill
        return light
    valid = ~is_fill(stored, tile.fill_values)
    return np.where(valid & (share > 0.0), stored.astype(np.float64) * share, np.nan)


def _fill_value(tile: Tile, dtype: np.dtype[Any]) -> float:
    """What marks cells outside: the tile's own fill, or a value that its product does not have."""
    if dtype.kind == "f":
        return float("nan")
    known = np.iinfo(dtype)
    own = [value for value in tile.fill_values if known.min <= value <= known.max]
    if own:
        return own[0]
    for value in (float(known.min), float(known.max)):
        if not tile.product.valid_min <= value <= tile.product.valid_max:
            return value
    raise OutputError(
        tile.where,
        expected="a value that stands for no observation",
        found=f"a product that uses every value of {dtype}",
        hint="clip with --edge share, which writes floating point",
    )


def _check_sum(path: Path, expected: float, cells: int) -> None:
    try:
        with rasterio.open(path) as written:
            values = written.read(1, masked=True)
    except RasterioError as error:
        raise TileUnreadableError(
            str(path), expected="the file just written", found=str(error), hint="run again"
        ) from error
    valid = values.compressed()
    valid = valid[~np.isnan(valid.astype(np.float64))]
    total = float(valid.sum(dtype=np.float64))
    if valid.size != cells or abs(total - expected) > SUM_TOLERANCE * max(abs(expected), 1.0):
        raise OutputError(
            str(path),
            expected=f"{cells} cells with a sum of {expected:.12g}",
            found=f"{valid.size} with {total:.12g}",
            hint="report this with the file",
        )


def _file_names(keys: Sequence[tuple[str, str, int]]) -> list[str]:
    """A file's name for each name, product and year, distinct also where case does not count."""
    plain = [f"{_plain(name)}_{_plain(product)}_{year}" for name, product, year in keys]
    shared = Counter(one.casefold() for one in plain)
    return [
        f"{one if shared[one.casefold()] == 1 else f'{one}_{digest_of(key)[:DIGITS]}'}.tif"
        for one, key in zip(plain, keys, strict=True)
    ]


def _plain(name: str) -> str:
    """A name that files may have."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"
