"""Zonal light: every unit's sums in every tile. The only Dask graph over rasters.

The strategy. For each distinct grid the units are reprojected once, their coverage is computed
once and cut into the fixed stripes of `tiles.stripes`. The cut pieces are nodes of the graph:
all years on the grid refer to the same piece, and a worker needs it once. A task is one stripe of
one tile. It takes the piece, opens the file itself, reads only the rectangle that the units need,
and returns a table of sums over the few units that touch the stripe; a stripe that no unit touches
is no task. One more task for each tile adds the stripes in the order of their rows.

Nothing depends on who computes what when. A task is a pure function of its arguments; within a
stripe each unit's terms are added in cell order in double, whatever number of rows is read at a
time, and stripes are added in order by one task that has them all. Hence the same bits for every
number of threads, size of reading and order of completion, and after a lost worker.

Names of tasks are digests of what makes their result: the units' geometry, the grid, the version of
the coverage, the stripe, the product's contract, and of the tile its path, size and time of last
change. The last two are there because a scheduler that outlives a run returns what it holds under a
known name: a path alone would bring back the sums of a file that has since been replaced. How many
rows are read at a time is not in the name, since no bit depends on it.

Values that break the product's contract do not end a task: they are counted, and the first tile in
the catalogue's order that has any is refused with the count over all its stripes. So what a user
reads does not depend on which task came first either.

Grids are handled one after the other, so that only one coverage is in memory at a time.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from dask.base import compute, tokenize
from dask.callbacks import Callback
from dask.delayed import delayed
from numpy.typing import NDArray

from geo.area import geodesic_area_km2
from geo.audit import AuditRow
from geo.boundaries import Units
from geo.coverage import COVERAGE_VERSION, coverage
from geo.errors import ContractError, NoOverlapError, TileMissingError
from geo.grid import Grid
from geo.reproject import to_grid
from tiles.catalog import Catalog, Tile
from tiles.cell_area import row_cell_area_km2
from tiles.overlaps import overlap_audit
from tiles.stripes import STRIPE_ROWS, StripeSlice, split_coverage, stripe_count
from tiles.sums import Breaches, TileSums, add_stripes, sum_stripe
from tiles.unit_years import flag_audit, grid_fit, unit_year_table

Progress = Callable[[int, int], None]

STRIPE_TASK = "sum-stripe"


@dataclass(frozen=True, slots=True)
class ZonalResult:
    """The unit-year table and how it came about."""

    unit_years: pd.DataFrame
    """One row for each product, year and unit, in that order; the columns of ``units.parquet``."""
    audit: tuple[AuditRow, ...]
    """Products whose tiles do not share a grid, units that overlap, and flags with counts."""
    grids: tuple[Grid, ...]
    """The distinct grids, in the order of the tiles."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """How to compute; of these only ``geodesic`` changes a result."""

    geodesic: bool
    rows_at_once: int | None
    threads: int | None


@dataclass(frozen=True, slots=True)
class _OfTile:
    """What one tile gives."""

    table: pd.DataFrame
    audit: list[AuditRow]
    breaches: Breaches


class _Counter:
    """Counts the stripes that are done and tells who wants to know."""

    def __init__(self, tell: Progress | None, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def add(self, stripes: int) -> None:
        self._done += stripes
        if self._tell is not None and stripes:
            self._tell(self._done, self._total)

    def task_done(self, key: object, *_: Any) -> None:
        if str(key).startswith(STRIPE_TASK):
            self.add(1)


def zonal(
    units: Units,
    catalog: Catalog,
    *,
    cell_area: Literal["planar", "geodesic"] = "planar",
    threads: int | None = None,
    read_rows: int | None = None,
    progress: Progress | None = None,
) -> ZonalResult:
    """Sum and average light over units in every tile.

    Parameters
    ----------
    units : Units
    catalog : Catalog
    cell_area : {"planar", "geodesic"}
        Weight of a cell: its share alone, as is right on equal-area grids, or its share times its
        area on the ellipsoid in square kilometres, for large units on geographic grids.
    threads : int, optional
        Threads to use; by default one for each processor. Never changes a result.
    read_rows : int, optional
        Rows to read at a time; by default a whole stripe. Never changes a result.
    progress : callable, optional
        Called with the numbers of stripes done and of all stripes.

    Returns
    -------
    ZonalResult

    Raises
    ------
    NoOverlapError
        If no unit touches the grid of some tile.
    ContractError
        If values of a tile break its product's contract where units make it be read.
    TileMissingError, TileUnreadableError
        If there is no tile, or one cannot be read.
    GridError
        If ``cell_area`` is geodesic and a grid is projected.
    ValueError
        If ``cell_area`` is another word, or ``threads`` or ``read_rows`` is under 1.
    """
    _check_request(catalog, cell_area, threads, read_rows)
    settings = _Settings(cell_area == "geodesic", read_rows, threads)
    counter = _Counter(progress, sum(stripe_count(tile.grid.shape[0]) for tile in catalog.tiles))
    area_km2 = geodesic_area_km2(units.table)
    grids = tuple(dict.fromkeys(tile.grid for tile in catalog.tiles))
    results: dict[Path, _OfTile] = {}
    overlaps: list[AuditRow] = []
    for grid in grids:
        tiles = [tile for tile in catalog.tiles if tile.grid == grid]
        of_tiles, overlap = _on_one_grid(units, tiles, settings, counter, area_km2)
        results |= of_tiles
        overlaps += overlap
    in_order = [results[tile.path] for tile in catalog.tiles]
    _check_contract(catalog.tiles, [result.breaches for result in in_order])
    flags = (row for result in in_order for row in result.audit)
    return ZonalResult(
        unit_years=pd.concat([result.table for result in in_order], ignore_index=True),
        audit=(*_several_grids(catalog), *overlaps, *flags),
        grids=grids,
    )


def _check_request(
    catalog: Catalog, cell_area: str, threads: int | None, read_rows: int | None
) -> None:
    if cell_area not in ("planar", "geodesic"):
        raise ValueError(f"cell_area is 'planar' or 'geodesic', not {cell_area!r}")
    for name, number in (("threads", threads), ("read_rows", read_rows)):
        if number is not None and number < 1:
            raise ValueError(f"{name} is at least 1, not {number}")
    if not catalog.tiles:
        raise TileMissingError(
            "tiles", expected="at least one tile", found="none", hint="name the raster files"
        )
    if cell_area == "geodesic":
        for tile in catalog.tiles:
            row_cell_area_km2(tile.grid, 0, 1, where=str(tile.path))


def _on_one_grid(
    units: Units,
    tiles: Sequence[Tile],
    settings: _Settings,
    counter: _Counter,
    area_km2: NDArray[np.float64],
) -> tuple[dict[Path, _OfTile], list[AuditRow]]:
    """Results of the tiles that share a grid, by path, and where units overlap on it."""
    geometries = to_grid(units.table, tiles[0].grid)
    shares = coverage(geometries, tiles[0].grid, threads=settings.threads)
    if shares.cells.size == 0:
        raise _no_overlap(units, tiles[0], geometries)
    fit = grid_fit(geometries, shares)
    parts = tuple(split_coverage(shares))
    del shares  # the parts hold the same entries again
    untouched = stripe_count(tiles[0].grid.shape[0]) - len(parts)
    counter.add(untouched * len(tiles))
    results = {}
    for tile, sums in zip(tiles, _tile_sums(units, parts, tiles, settings, counter), strict=True):
        table = unit_year_table(units.table, tile, sums=sums.sums, area_km2=area_km2, fit=fit)
        results[tile.path] = _OfTile(table, flag_audit(table, tile, fit), sums.breaches)
    return results, overlap_audit(parts, tiles[0].grid)


def _tile_sums(
    units: Units,
    parts: Sequence[StripeSlice],
    tiles: Sequence[Tile],
    settings: _Settings,
    counter: _Counter,
) -> Sequence[TileSums]:
    """Build the graph of the tiles on one grid and compute it."""
    origin = (_digest(units), tiles[0].grid.grid_id, COVERAGE_VERSION, STRIPE_ROWS)
    nodes = [
        delayed(part, name=f"coverage-{tokenize(origin, part.stripe)}", traverse=False)
        for part in parts
    ]
    sums = []
    for tile in tiles:
        work = partial(
            sum_stripe, tile=tile, geodesic=settings.geodesic, rows_at_once=settings.rows_at_once
        )
        token = tokenize(origin, _tile_identity(tile), settings.geodesic)
        task = delayed(work, name=f"work-{token}", traverse=False)
        names = [f"{STRIPE_TASK}-{token}-{part.stripe}" for part in parts]
        stripes = [task(node, dask_key_name=name) for node, name in zip(nodes, names, strict=True)]
        add = delayed(add_stripes, name=f"add-{token}")
        sums.append(add(stripes, n_units=len(units.table), dask_key_name=f"add-stripes-{token}"))
    # mypy: Dask ships no types for these two.
    with Callback(posttask=counter.task_done):  # type: ignore[no-untyped-call]
        done: Sequence[TileSums] = compute(  # type: ignore[no-untyped-call]
            *sums, scheduler="threads", num_workers=settings.threads
        )
    return done


def _digest(units: Units) -> str:
    """Digest of the units' geometry and CRS."""
    digest = hashlib.sha256(str(units.table.crs.to_wkt()).encode())
    for geometry in shapely.to_wkb(units.table.geometry.to_numpy()):
        digest.update(geometry)
    return digest.hexdigest()


def _tile_identity(tile: Tile) -> tuple[object, ...]:
    """What tells a tile's bytes and their meaning from any other's, without reading them."""
    try:
        state = tile.path.stat()
    except OSError as error:
        raise TileMissingError(
            str(tile.path), expected="a raster file", found=str(error), hint="restore the file"
        ) from error
    contract = (repr(tile.product), tile.fill_values, tile.dtype)
    return str(tile.path), state.st_size, state.st_mtime_ns, contract


def _check_contract(tiles: Sequence[Tile], breaches: Sequence[Breaches]) -> None:
    for tile, found in zip(tiles, breaches, strict=True):
        if found.count:
            product = tile.product
            raise ContractError(
                str(tile.path),
                expected=f"{product.name} values from {product.valid_min:g} to "
                f"{product.valid_max:g}{_fill_text(tile)}",
                found=f"{found.count} cells outside, first {found.value:g} at row {found.row}, "
                f"column {found.col} (counted from 0)",
                hint="name the right product, or declare one whose contract says what they are",
            )


def _fill_text(tile: Tile) -> str:
    fill = ", ".join(f"{value:g}" for value in tile.fill_values)
    return f" or fill ({fill})" if fill else ""


def _no_overlap(units: Units, tile: Tile, geometries: NDArray[np.object_]) -> NoOverlapError:
    moved = shapely.total_bounds(geometries)
    return NoOverlapError(
        str(tile.path),
        expected=f"units that touch the tile, {_extent(tile.grid.bounds)} in {tile.grid.crs.name}",
        found=f"units of {units.source} at {_extent(units.table.total_bounds)} "
        f"in {units.table.crs.name}, which is {_extent(moved)} in the tile's plane",
        hint="check that tile and units cover the same region and that both declare the CRS "
        "their coordinates are in",
    )


def _extent(bounds: Iterable[float]) -> str:
    left, bottom, right, top = bounds
    return f"x {left:.6g} to {right:.6g}, y {bottom:.6g} to {top:.6g}"


def _several_grids(catalog: Catalog) -> list[AuditRow]:
    """A row for each product whose tiles do not share a grid."""
    rows = []
    for name in dict.fromkeys(tile.product.name for tile in catalog.tiles):
        years: dict[Grid, list[str]] = {}
        for tile in catalog.tiles:
            if tile.product.name == name:
                years.setdefault(tile.grid, []).append(str(tile.year))
        if len(years) > 1:
            listed = "; ".join(
                f"{grid.grid_id}: {', '.join(of_grid)}" for grid, of_grid in years.items()
            )
            detail = f"one coverage for each grid ({listed})"
            rows.append(AuditRow("light", "several_grids", name, detail, len(years)))
    return rows
