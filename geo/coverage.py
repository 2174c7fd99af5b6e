"""Coverage: the exact share of every cell's area inside every unit.

Shares come from signed-area accumulation over the edges (``geo._signed_area``): linear in edges,
no clipping. Each unit's sum of shares is checked against its area clipped to the grid, which GEOS
computes by another formula from the same vertices.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from geo._rings import Bools, Floats, Geometries, Ints, Rings, rings_of
from geo._signed_area import sweep_units
from geo._threads import in_threads, processors
from geo.grid import Grid

COVERAGE_VERSION = 1
"""Part of the address of every result: raised whenever a share may change."""

AREA_TOLERANCE = 1e-9
"""Largest relative difference between a unit's sum of shares and its clipped area."""

SMALLEST_CHECKED = 1e-4
"""Units of fewer cells than this are too small to be checked in double precision."""

CHUNKS_PER_THREAD = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sparse matrix unit x cell of shares, by rows (CSR), with its area check."""

    grid: Grid
    """The grid whose cells are shared out."""
    indptr: Ints
    """(n_units + 1) where each unit's entries start in ``cells`` and ``weights``."""
    cells: Ints
    """(n_entries) flat cell index row * cols + col, rising within a unit."""
    weights: Floats
    """(n_entries) share of the cell's area inside the unit, from 1e-12 to 1."""
    polygon_area: Floats
    """(n_units) area of the unit clipped to the grid, in cells, found without the shares."""
    area_error: Floats
    """(n_units) |sum of shares - polygon_area| / polygon_area; 0 under 1e-4 of a cell."""
    mismatch: Bools
    """(n_units) whether ``area_error`` exceeds 1e-9, as for parts that overlap."""


def coverage(geometries: npt.ArrayLike, grid: Grid, *, threads: int | None = None) -> Coverage:
    """Share out the cells of a grid among units.

    Parameters
    ----------
    geometries : array_like of shapely Polygon or MultiPolygon, (n_units,)
        In the grid's plane; may lie partly or wholly outside the grid. Rings may run either way.
    grid : Grid
    threads : int, optional
        Threads to use; by default the processors of this machine. The result does not depend on
        it, to the bit.

    Returns
    -------
    Coverage
        Shares lie in [0, 1]; entries under 1e-12 are dropped. Where rings cross or parts overlap
        shares are cut to [0, 1], and the unit is marked in ``mismatch``; an overlap inside cells
        whose shares stay under 1 cannot be seen here, so units should come in valid.

    Raises
    ------
    GeometryError
        If a geometry is missing, not polygonal or not finite.
    """
    units = np.asarray(geometries, dtype=object)
    rings = rings_of(units)
    indptr, cells, weights, totals = _shares(rings, grid, threads or processors())
    area = clipped_area(units, grid)
    error = _area_error(totals, area)
    return Coverage(
        grid=grid,
        indptr=indptr,
        cells=cells,
        weights=weights,
        polygon_area=area,
        area_error=error,
        mismatch=~(error <= AREA_TOLERANCE),
    )


def clipped_area(geometries: npt.ArrayLike, grid: Grid) -> Floats:
    """Area of units inside the grid, by GEOS.

    Parameters
    ----------
    geometries : array_like of shapely Polygon or MultiPolygon, (n_units,)
        In the grid's plane.
    grid : Grid

    Returns
    -------
    float64 array, (n_units,)
        In cells.
    """
    units: Geometries = np.asarray(geometries, dtype=object)
    x_min, y_min, x_max, y_max = grid.bounds
    left, bottom, right, top = shapely.bounds(units).reshape(-1, 4).T
    within = (left >= x_min) & (right <= x_max) & (bottom >= y_min) & (top <= y_max)
    crossing = ~within & (left < x_max) & (right > x_min) & (bottom < y_max) & (top > y_min)
    area = np.zeros(len(units))
    area[within] = shapely.area(units[within])
    area[crossing] = _crossing_area(units[crossing], grid)
    width, height = grid.cell_size
    return area / (width * height)


def _crossing_area(units: Geometries, grid: Grid) -> Floats:
    """Area inside the grid of units that cross its edge, in CRS units squared.

    ``clip_by_rect`` takes any input but errs where a polygon's corners lie on the rectangle, so it
    serves only the invalid units, which ``intersection`` refuses.
    """
    valid = shapely.is_valid(units)
    area = np.empty(len(units))
    area[valid] = shapely.area(shapely.intersection(units[valid], shapely.box(*grid.bounds)))
    area[~valid] = shapely.area(shapely.clip_by_rect(units[~valid], *grid.bounds))
    return area


def _area_error(totals: Floats, area: Floats) -> Floats:
    """Relative difference of shares and area, 0 for units too small to tell."""
    checked = np.maximum(totals, area) > SMALLEST_CHECKED
    difference = np.abs(totals - area) / np.maximum(area, SMALLEST_CHECKED)
    return np.where(checked, difference, 0.0)


def _shares(rings: Rings, grid: Grid, threads: int) -> tuple[Ints, Ints, Floats, Floats]:
    """CSR arrays (indptr, cells, weights) and the sums of shares before the cutoff.

    The kernel runs twice, first to count and then to fill: less memory than joining pieces, and
    every unit's place is fixed before any thread writes.
    """
    n_units = len(rings.unit_starts) - 1
    counts, totals = np.zeros(n_units, dtype=np.int64), np.zeros(n_units)
    indptr = np.zeros(n_units + 1, dtype=np.int64)
    is_hole, unit_rings, (a, _, c, _, e, f) = rings.is_hole, rings.unit_rings, grid.transform
    chunks = _chunks(rings.unit_vertices, threads * CHUNKS_PER_THREAD)

    def sweep(cells: Ints, weights: Floats, *, fill: bool) -> None:
        def one(chunk: tuple[int, int]) -> None:
            sweep_units(
                first=chunk[0],
                last=chunk[1],
                xy=rings.xy,
                ring_starts=rings.ring_starts,
                is_hole=is_hole,
                unit_rings=unit_rings,
                grid=(a, c, e, f, *grid.shape),
                counts=counts,
                totals=totals,
                indptr=indptr,
                cells=cells,
                weights=weights,
                fill=fill,
            )

        in_threads(one, chunks, threads)

    sweep(np.empty(0, dtype=np.int64), np.empty(0), fill=False)
    np.cumsum(counts, out=indptr[1:])
    cells, weights = np.empty(indptr[-1], dtype=np.int64), np.empty(indptr[-1])
    sweep(cells, weights, fill=True)
    return indptr, cells, weights, totals


def _chunks(unit_vertices: Ints, n_chunks: int) -> list[tuple[int, int]]:
    """Runs of units (first, last + 1) with about equally many vertices."""
    n_units = len(unit_vertices) - 1
    inner = np.searchsorted(unit_vertices, np.linspace(0, unit_vertices[-1], n_chunks + 1))
    ends = np.unique(np.concatenate([[0], inner, [n_units]]).clip(0, n_units))
    return list(pairwise(ends.tolist()))
