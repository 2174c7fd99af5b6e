"""Zonal light: every unit's sums in every tile, by the only Dask graph over rasters.

The strategy. For each distinct grid the units are reprojected once and covered once, in the fixed
stripes of `geo.stripes`; all years on the grid share the stripes. A task is one stripe of one tile,
or of four that threads sum together (`tiles.together`). It takes the stripe, opens the files
itself, reads only the rectangle that the units need, and returns a table of sums over the few units
that touch it; a stripe that no unit touches is no task. One more task for each tile adds the
stripes in the order of their rows.

Nothing depends on who computes what when. A task is a pure function of its arguments; within a
stripe each unit's terms are added in cell order in double, whatever number of rows is read at a
time, and stripes are added in order by one task that has them all. Hence the same bits for every
number of threads or workers, size of reading and order of completion, and after a lost worker.

What has been computed is kept under its address (`tiles.addresses`), if there is a store: a tile as
soon as it is finished, a coverage at once. Only what is missing is computed. Tasks are named by the
same addresses, for a scheduler that outlives a run returns what it holds under a known name.

Values that break the product's contract do not end a task: they are counted, and the first tile in
the catalogue's order that has any is refused with the count over all its stripes. So what a user
reads does not depend on which task came first either.

Grids are handled one after the other, so that only one coverage is in memory at a time.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.boundaries import Units
from geo.errors import TileMissingError
from geo.grid import Grid
from geo.stripes import Stripe, stripe_count
from geo.threads import in_threads, processors
from tiles.addresses import (
    TileAddress,
    area_address,
    coverage_address,
    sums_address,
)
from tiles.catalog import Catalog
from tiles.cell_area import row_cell_area_km2
from tiles.contract import check_contract
from tiles.grid_coverage import grid_coverage
from tiles.keeping import ArrayStore, Fitted, NoStore, get_sums, put_sums, stripe_key
from tiles.overlaps import overlap_audit
from tiles.schedulers import Scheduler, Threads
from tiles.sums import Effort, TileSums, total_effort
from tiles.tile import Tile, TileKey
from tiles.unit_geometry import UnitGeometry
from tiles.unit_years import TileRows, tile_rows, unit_year_table
from tiles.zonal_graph import sums_graph

Progress = Callable[[str, int, int], None]
"""Called with "blocks" or "tiles", how many are done, and how many there are."""

NAMELESS = "units without a digest"


@dataclass(frozen=True, slots=True)
class ZonalResult:
    """The unit-year table and how it came about."""

    unit_years: pd.DataFrame
    """One row for each product, year and unit, in that order; the columns of ``units.parquet``."""
    audit: tuple[AuditRow, ...]
    """Products whose tiles do not share a grid, units that overlap, and flags with counts."""
    grids: tuple[Grid, ...]
    """The distinct grids, in the order of the tiles."""
    addresses: tuple[TileAddress, ...]
    """Where each tile's sums come from, in the order of the catalogue."""
    coverage_keys: tuple[str, ...]
    """Addresses of the stripes of all coverages."""
    effort: Effort
    """Time spent on reading and adding, in seconds of one thread."""
    tiles_read: int
    """How many tiles were read; the others came from the store."""
    seconds: Mapping[str, float]
    """Wall time of its parts: ``coverage``, areas of units included, and ``tiles``."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """How to compute; of these only ``geodesic`` changes a result."""

    geodesic: bool
    rows_at_once: int | None
    threads: int
    scheduler: Scheduler
    store: ArrayStore


@dataclass(frozen=True, slots=True)
class _Job:
    """A tile and what its sums are made of."""

    tile: Tile
    address: TileAddress


class _Watch:
    """Adds up the wall time of parts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, part: str) -> None:
        """Count the time since the last call for a part."""
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now


class _Counter:
    """Counts the stripes and tiles that are done and tells who wants to know."""

    def __init__(self, tell: Progress | None, tiles: Sequence[Tile]) -> None:
        self._tell = tell
        blocks = sum(stripe_count(tile.grid.shape[0]) for tile in tiles)
        self._total, self._done = {"blocks": blocks, "tiles": len(tiles)}, {"blocks": 0, "tiles": 0}

    def add(self, what: str, number: int) -> None:
        self._done[what] += number
        if self._tell is not None and number:
            self._tell(what, self._done[what], self._total[what])


def zonal(
    units: Units,
    catalog: Catalog,
    *,
    cell_area: Literal["planar", "geodesic"] = "planar",
    threads: int | None = None,
    scheduler: Scheduler | None = None,
    store: ArrayStore | None = None,
    units_key: str | None = None,
    digests: Mapping[TileKey, str] | None = None,
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
        Threads of this process; by default one for each processor. Never changes a result.
    scheduler : Scheduler, optional
        Who runs the tasks over tiles: by default the threads. Never changes a result.
    store : ArrayStore, optional
        Where coverages and tiles' sums are kept; by default nothing is. Never changes a result.
    units_key : str, optional
        Digest of the units, if it is known: `tiles.unit_geometry.UnitGeometry.digest`.
    digests : mapping of (str, int) to str, optional
        `tiles.addresses.tile_digest` of the tiles, by their keys; a store needs them.
    read_rows : int, optional
        Rows to read at a time; by default a whole stripe. Never changes a result.
    progress : callable, optional
        Called with "blocks" or "tiles", the number done and the number of all.

    Returns
    -------
    ZonalResult

    Raises
    ------
    NoOverlapError
        If no unit touches the grid of some tile.
    ContractError
        If values of a tile break its product's contract where units make it be read.
    TileMissingError, TileUnreadableError, TileChangedError
        If there is no tile, or one cannot be read or changes meanwhile.
    SchedulerError
        If the cluster is lost.
    GridError
        If ``cell_area`` is geodesic and a grid is projected.
    ValueError
        If ``cell_area`` is another word, or ``threads`` or ``read_rows`` is under 1.
    """
    _check_request(catalog, cell_area, threads, read_rows)
    _check_digests(catalog, digests or {}, store)
    settings = _Settings(
        geodesic=cell_area == "geodesic",
        rows_at_once=read_rows,
        threads=threads or processors(),
        scheduler=scheduler or Threads(threads),
        store=store or NoStore(),
    )
    # Without a store nobody looks anything up, and threads hold nothing from earlier runs.
    nameless = store is None and scheduler is None
    geometry = UnitGeometry(units, units_key or (NAMELESS if nameless else None))
    known = digests or {}
    jobs = [_job(tile, geometry.digest, known.get(tile.key), settings) for tile in catalog.tiles]
    counter = _Counter(progress, catalog.tiles)
    watch = _Watch()
    area_km2 = _area_km2(geometry, settings.store)
    watch.lap("coverage")
    grids = tuple(dict.fromkeys(tile.grid for tile in catalog.tiles))
    sums: dict[TileKey, TileSums] = {}
    fits: dict[Grid, Fitted] = {}
    for grid in grids:
        on_grid = [job for job in jobs if job.tile.grid == grid]
        fits[grid], of_tiles = _on_one_grid(geometry, on_grid, settings, counter, watch)
        sums |= of_tiles
    return _assembled(geometry.units, catalog, jobs, sums, fits, area_km2, settings.threads, watch)


def _assembled(
    units: Units,
    catalog: Catalog,
    jobs: Sequence[_Job],
    sums: Mapping[TileKey, TileSums],
    fits: Mapping[Grid, Fitted],
    area_km2: NDArray[np.float64],
    threads: int,
    watch: _Watch,
) -> ZonalResult:
    """The tiles' sums as one table, if no value breaks its contract."""
    in_order = [sums[tile.key] for tile in catalog.tiles]
    check_contract(catalog.tiles, [one.breaches for one in in_order])
    fitted = [fits[tile.grid] for tile in catalog.tiles]

    def rows_of(made: tuple[Tile, TileSums, Fitted]) -> TileRows:
        tile, one, known = made
        return tile_rows(units.attributes, tile, sums=one.sums, area_km2=area_km2, fit=known.fit)

    each = list(zip(catalog.tiles, in_order, fitted, strict=True))
    rows = in_threads(rows_of, each, threads)
    flags = [row for of_tile in rows for row in of_tile.audit]
    overlaps = [row for grid in fits for row in overlap_audit(fits[grid].overlap, grid)]
    efforts = [one.effort for one in in_order]
    table = unit_year_table(rows)
    watch.lap("tiles")
    return ZonalResult(
        unit_years=table,
        audit=(*_several_grids(catalog), *overlaps, *flags),
        grids=tuple(fits),
        addresses=tuple(job.address for job in jobs),
        coverage_keys=tuple(dict.fromkeys(_stripe_keys(jobs, fits))),
        effort=total_effort(efforts),
        tiles_read=sum(effort.read > 0.0 for effort in efforts),
        seconds=watch.seconds,
    )


def _stripe_keys(jobs: Sequence[_Job], fits: Mapping[Grid, Fitted]) -> Iterator[str]:
    for job in jobs:
        for stripe in fits[job.tile.grid].stripes:
            yield stripe_key(job.address.coverage, stripe)


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
            row_cell_area_km2(tile.grid, 0, 1, where=tile.where)


def _check_digests(
    catalog: Catalog, digests: Mapping[TileKey, str], store: ArrayStore | None
) -> None:
    if store is not None and any(tile.key not in digests for tile in catalog.tiles):
        raise ValueError("a store needs the digest of every tile")


def _job(tile: Tile, units: str, digest: str | None, settings: _Settings) -> _Job:
    covered = coverage_address(units, tile.grid)
    address = TileAddress(
        where=tile.where,
        product=tile.product_label,
        year=tile.year,
        digest=digest,
        grid_id=tile.grid.grid_id,
        coverage=covered,
        sums=sums_address(covered, tile, digest, geodesic=settings.geodesic),
    )
    return _Job(tile, address)


def _area_km2(geometry: UnitGeometry, store: ArrayStore) -> NDArray[np.float64]:
    """Geodesic area of the units, kept between runs."""
    key = area_address(geometry.digest)
    kept = store.get("area", key)
    if kept is not None:
        return kept["area_km2"]
    area_km2 = geometry.area_km2()
    store.put("area", key, {"area_km2": area_km2})
    return area_km2


def _on_one_grid(
    geometry: UnitGeometry,
    jobs: Sequence[_Job],
    settings: _Settings,
    counter: _Counter,
    watch: _Watch,
) -> tuple[Fitted, dict[TileKey, TileSums]]:
    """How units lie on the grid that the jobs share, and the sums of their tiles, by path."""
    n_units, store = len(geometry.units.attributes), settings.store
    known = [get_sums(store, job.address.sums, n_units=n_units) for job in jobs]
    missing = [job for job, sums in zip(jobs, known, strict=True) if sums is None]
    first = jobs[0]
    covered = grid_coverage(
        geometry,
        first.tile.grid,
        first.address.coverage,
        where=first.tile.where,
        store=store,
        with_stripes=bool(missing),
        threads=settings.threads,
    )
    watch.lap("coverage")
    all_stripes = stripe_count(first.tile.grid.shape[0])
    counter.add("tiles", len(jobs) - len(missing))
    counter.add("blocks", (len(jobs) - len(missing)) * all_stripes)
    counter.add("blocks", len(missing) * (all_stripes - len(covered.fitted.stripes)))
    sums = {job.tile.key: one for job, one in zip(jobs, known, strict=True) if one is not None}
    for job, one in _computed(missing, covered.stripes, n_units, settings, counter):
        put_sums(store, job.address.sums, one)
        counter.add("tiles", 1)
        sums[job.tile.key] = one
    watch.lap("tiles")
    return covered.fitted, sums


def _computed(
    jobs: Sequence[_Job],
    stripes: Sequence[Stripe],
    n_units: int,
    settings: _Settings,
    counter: _Counter,
) -> Iterator[tuple[_Job, TileSums]]:
    """Build the graph of the tiles on one grid and compute it; a tile as soon as it is there."""
    if not jobs:
        return
    graph = sums_graph(
        [job.tile for job in jobs],
        [job.address.sums for job in jobs],
        stripes,
        settings.scheduler.hand_out(stripes),
        n_units=n_units,
        together=settings.scheduler.together,
        geodesic=settings.geodesic,
        rows_at_once=settings.rows_at_once,
    )
    positions = list(graph.sums)

    def task_done(key: str) -> None:
        counter.add("blocks", graph.blocks.get(key, 0))

    for place, one in settings.scheduler.results(list(graph.sums.values()), task_done):
        yield jobs[positions[place]], one


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
