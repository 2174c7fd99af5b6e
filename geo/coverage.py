"""Coverage: the exact share of every cell's area inside every unit.

Shares come from signed-area accumulation over the edges (``geo._signed_area``): linear in edges,
no clipping. They are kept in stripes, the bands of rows in which light is summed, with the cells
wholly inside a unit as runs. Each unit's sum of shares is checked against its area clipped to the
grid, which is computed by another formula from the same vertices.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo import ring_measures as measures
from geo._signed_area import sweep_units
from geo._stripe_pieces import Piece, stripe_of
from geo.errors import GridError
from geo.grid import Grid
from geo.polygons import Polygons
from geo.rings import Bools, Floats, Ints, Rings, rings_of, subset
from geo.stripes import STRIPE_ROWS, Stripe, expanded, stripe_count
from geo.threads import in_threads, processors

AREA_TOLERANCE = 1e-9
"""Largest relative difference between a unit's sum of shares and its clipped area."""

SMALLEST_CHECKED = 1e-4
"""Units of fewer cells than this are too small to be checked in double precision."""

PIECES_PER_THREAD = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sparse matrix unit x cell of shares, in stripes, with its area check."""

    grid: Grid
    """The grid whose cells are shared out."""
    stripes: tuple[Stripe, ...]
    """The bands of rows that some unit touches, in ascending order."""
    polygon_area: Floats
    """(n_units) area of the unit clipped to the grid, in cells, found without the shares."""
    whole_area: Floats
    """(n_units) area of the whole unit, in cells."""
    area_error: Floats
    """(n_units) |sum of shares - polygon_area| / polygon_area; 0 under 1e-4 of a cell."""
    mismatch: Bools
    """(n_units) whether ``area_error`` exceeds 1e-9, as for parts that overlap."""

    def csr(self) -> tuple[Ints, Ints, Floats]:
        """(indptr, cells, weights) with an entry for each cell, as `geo.stripes.expanded`."""
        return expanded(self.stripes, n_units=len(self.mismatch), cols=self.grid.shape[1])


def coverage(
    geometries: npt.ArrayLike | Rings, grid: Grid, *, threads: int | None = None
) -> Coverage:
    """Share out the cells of a grid among units.

    Parameters
    ----------
    geometries : array_like of shapely Polygon or MultiPolygon, (n_units,), or Rings
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
    GridError
        If the grid is too wide to number a stripe's cells in 32 bits.
    """
    _check_width(grid)
    rings = geometries if isinstance(geometries, Rings) else rings_of(geometries)
    bounds = measures.bounds(rings)
    stripes, totals = _swept(rings, bounds, grid, threads or processors())
    width, height = grid.cell_size
    whole = measures.planar_areas(rings) / (width * height)
    area = _clipped(rings, bounds, whole, grid)
    error = _area_error(totals, area)
    return Coverage(
        grid=grid,
        stripes=stripes,
        polygon_area=area,
        whole_area=whole,
        area_error=error,
        mismatch=~(error <= AREA_TOLERANCE),
    )


def _clipped(rings: Rings, bounds: Floats, whole: Floats, grid: Grid) -> Floats:
    """Area of units inside the grid, in cells: (n_units,); by GEOS where they cross its edge."""
    x_min, y_min, x_max, y_max = grid.bounds
    left, bottom, right, top = bounds.T
    within = (left >= x_min) & (right <= x_max) & (bottom >= y_min) & (top <= y_max)
    crossing = ~within & (left < x_max) & (right > x_min) & (bottom < y_max) & (top > y_min)
    area = np.where(within, whole, 0.0)
    if crossing.any():
        width, height = grid.cell_size
        some = subset(rings, np.flatnonzero(crossing))
        area[crossing] = _crossing_area(some, grid) / (width * height)
    return area


def _crossing_area(rings: Rings, grid: Grid) -> Floats:
    """Area inside the grid of units that cross its edge, in CRS units squared.

    ``clip_by_rect`` takes any input but errs where a polygon's corners lie on the rectangle, so it
    serves only the invalid units, which ``intersection`` refuses.
    """
    multi = np.zeros(len(rings.unit_starts) - 1, dtype=np.bool_)
    units = Polygons(rings, single=multi).geometries()
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


def _swept(
    rings: Rings, bounds: Floats, grid: Grid, threads: int
) -> tuple[tuple[Stripe, ...], Floats]:
    """The stripes, and the sums of units' shares before the cutoff."""
    is_hole, unit_rings, (a, _, c, _, e, f) = rings.is_hole, rings.unit_rings, grid.transform

    def sweep(task: tuple[int, Ints]) -> Piece:
        stripe, members = task
        rows = (stripe * STRIPE_ROWS, min((stripe + 1) * STRIPE_ROWS, grid.shape[0]))
        of_grid = (a, c, e, f, *grid.shape)
        swept = sweep_units(
            members, rows, rings.xy, rings.ring_starts, is_hole, unit_rings, of_grid
        )
        return Piece(stripe, members, *swept)

    pieces = in_threads(sweep, _tasks(rings, bounds, grid, threads * PIECES_PER_THREAD), threads)
    totals = np.zeros(len(rings.unit_starts) - 1)
    of_stripe: dict[int, list[Piece]] = {}
    for piece in pieces:
        totals[piece.members] += piece.totals
        of_stripe.setdefault(piece.stripe, []).append(piece)
    del pieces

    def join(stripe: int) -> Stripe | None:
        # Each band's pieces go as soon as they are joined: memory holds few entries twice.
        return stripe_of(of_stripe.pop(stripe), cols=grid.shape[1])

    joined = in_threads(join, sorted(of_stripe), threads)
    return tuple(stripe for stripe in joined if stripe is not None), totals


def _tasks(rings: Rings, bounds: Floats, grid: Grid, n_tasks: int) -> list[tuple[int, Ints]]:
    """(band, units that may touch it) in pieces of about equally many vertices, bands in order."""
    (_, y_min, _, y_max), (*_, e, f) = bounds.T, grid.transform
    with np.errstate(invalid="ignore"):
        rows = np.sort([(y_min - f) / e, (y_max - f) / e], axis=0)
        # A row of margin: rounding may put a vertex on the other side of a band's edge.
        inside = (rows[1] >= -1.0) & (rows[0] <= grid.shape[0] + 1.0)
        first = (rows[0] - 1.0).clip(0, grid.shape[0] - 1) // STRIPE_ROWS
        last = (rows[1] + 1.0).clip(0, grid.shape[0] - 1) // STRIPE_ROWS
    n_vertices = np.diff(rings.unit_vertices)
    size = max(1, n_vertices.sum() // n_tasks)
    tasks = []
    for stripe in range(stripe_count(grid.shape[0])):
        members = np.flatnonzero(inside & (first <= stripe) & (last >= stripe))
        cuts = np.flatnonzero(np.diff(np.cumsum(n_vertices[members]) // size)) + 1
        tasks += [(stripe, part) for part in np.split(members, cuts) if part.size]
    return tasks


def _check_width(grid: Grid) -> None:
    if STRIPE_ROWS * grid.shape[1] > np.iinfo(np.int32).max:
        raise GridError(
            f"grid {grid.grid_id}",
            expected=f"at most {np.iinfo(np.int32).max // STRIPE_ROWS} columns",
            found=f"{grid.shape[1]} columns",
            hint="cut the tile into narrower ones",
        )
