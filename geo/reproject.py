"""Reprojection: units into the plane of a grid, straight edges kept straight where they were.

A straight edge of the boundary file is a curve in the grid's plane. Before the vertices are
transformed, edges are halved until the straight line between transformed ends lies within a tenth
of a cell of the curve. Halving looks at one edge at a time and not at its direction, so that two
neighbours' common edge stays common, to the bit. Most edges are so short that they need no look:
``geo._straight`` says which.
"""

from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geo._straight import surely_straight
from geo._transform import transformed
from geo.errors import GeometryError, GridError, MissingCrsError
from geo.grid import Grid
from geo.polygons import Polygons
from geo.rings import POLYGONAL, Bools, Floats, Geometries, Ints, Rings, rings_of
from geo.threads import blocks, in_threads, processors

LARGEST_DEVIATION = 0.1
"""How far, in cells, a straight edge may lie from its curve."""

SPLIT_BEYOND = 0.8 * LARGEST_DEVIATION
"""What is allowed where it is measured: between those points a curve swings a little further."""

EDGES_PER_CALL = 50_000

MOST_HALVINGS = 24
"""An edge that still deviates after so many halvings jumps, as across the antimeridian."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """The way from the units' plane into the grid's."""

    transformer: Transformer
    """From the units' CRS to the grid's, coordinates in the order x, y."""
    cell: Floats
    """(2,) width and height of a cell."""
    pool: Executor
    """The threads that transform."""

    def moved(self, xy: Floats) -> Floats:
        """(n, 2) coordinates in the grid's plane; infinite where the transformation fails."""
        return transformed(self.transformer, xy, pool=self.pool)

    def cells(self, xy: Floats) -> Floats:
        """(n, 2) coordinates in the grid's plane, in cells from its origin."""
        return self.moved(xy) / self.cell

    def deviation(self, point: Floats, moved_start: Floats, moved_end: Floats) -> Floats:
        """(n,) how many cells the images of points lie from the middles of moved ends."""
        away = (self.moved(point) - (moved_start + moved_end) / 2.0) / self.cell
        return np.hypot(away[:, 0], away[:, 1])


def to_grid(units: gpd.GeoDataFrame, grid: Grid) -> Geometries:
    """Bring units into the plane of a grid.

    Parameters
    ----------
    units : GeoDataFrame, (n_units,)
        Polygons or MultiPolygons with a CRS; a column ``unit_id``, if there, names them in errors.
    grid : Grid

    Returns
    -------
    object array of shapely geometries, (n_units,)
        In the grid's CRS, edges densified so that none deviates by more than a tenth of a cell
        from the image of the straight edge; untouched where the two CRS are equal.

    Raises
    ------
    MissingCrsError
        If the units have no CRS.
    GeometryError
        If a vertex has no finite place in the grid's CRS, or an edge jumps there.
    """
    if units.crs is None:
        raise MissingCrsError(
            "units", expected="a CRS", found="none", hint="set the CRS of the boundary file"
        )
    crs = CRS.from_user_input(units.crs)
    geometries: Geometries = np.asarray(units.geometry.array, dtype=object)
    if crs.equals(grid.crs, ignore_axis_order=True):
        return geometries
    names = units["unit_id"] if "unit_id" in units else range(len(units))
    moved = rings_in_grid(rings_of(geometries), crs, grid, names=names)
    return Polygons(moved, shapely.get_type_id(geometries) == POLYGONAL[0]).geometries()


def rings_in_grid(rings: Rings, crs: CRS, grid: Grid, *, names: Iterable[object]) -> Rings:
    """Bring units into the plane of a grid, as the rings of what `to_grid` returns.

    Parameters
    ----------
    rings : Rings, (n_units,)
        Finite.
    crs : CRS
        Of the rings.
    grid : Grid
    names : iterable, (n_units,)
        What errors call the units.

    Returns
    -------
    Rings

    Raises
    ------
    GeometryError
        As `to_grid`.
    """
    if crs.equals(grid.crs, ignore_axis_order=True):
        return rings
    with ThreadPoolExecutor(processors()) as pool:
        plane = _Plane(
            transformer=_transformer(crs, grid.crs),
            cell=np.asarray(grid.cell_size),
            pool=pool,
        )
        return _densified(rings, plane, names, (crs.name, grid.crs.name))


def _bent(xy: Floats, moved: Floats, edges: Ints, plane: _Plane) -> Bools:
    """(n_edges) whether an edge lies further from its curve than is allowed.

    Edge k runs from vertex k to vertex k + 1. Measured at the middle and at the quarters, because
    a curve shaped like an S crosses the middle of its chord. Middles of middles, unlike weighted
    means, do not depend on direction.
    """
    middle = (xy[edges] + xy[edges + 1]) / 2.0
    moved_middle = (moved[edges] + moved[edges + 1]) / 2.0
    worst = plane.deviation(middle, moved[edges], moved[edges + 1])
    for end in (edges, edges + 1):
        quarter = plane.deviation((middle + xy[end]) / 2.0, moved_middle, moved[end])
        np.maximum(worst, quarter, out=worst)
    # A deviation that is not a number is no evidence of straightness.
    return np.asarray(~(worst <= SPLIT_BEYOND))


def _all_bent(xy: Floats, moved: Floats, edges: Ints, plane: _Plane) -> Bools:
    def bent(block: slice) -> Bools:
        return _bent(xy, moved, edges[block], plane)

    pieces = in_threads(bent, blocks(len(edges), EDGES_PER_CALL), processors(), pool=plane.pool)
    return np.concatenate([np.empty(0, dtype=np.bool_), *pieces])


def _densified(rings: Rings, plane: _Plane, names: Iterable[object], crs: tuple[str, str]) -> Rings:
    """Rings in the grid's plane, with vertices added wherever an edge would bend too far."""
    moved = plane.moved(rings.xy)
    _refuse_lost(rings, moved, names, crs)
    open_edges = np.ones(len(rings.xy), dtype=np.bool_)
    open_edges[:-1] = ~surely_straight(rings.xy, plane.cells, within=SPLIT_BEYOND)
    open_edges[rings.ring_starts[1:] - 1] = False
    for _ in range(MOST_HALVINGS):
        at = np.flatnonzero(open_edges)
        at = at[_all_bent(rings.xy, moved, at, plane)]
        if len(at) == 0:
            return replace(rings, xy=moved)
        middle = (rings.xy[at] + rings.xy[at + 1]) / 2.0
        moved = np.insert(moved, at + 1, plane.moved(middle), axis=0)
        open_edges = np.zeros(len(moved), dtype=np.bool_)
        halves = at + np.arange(len(at))
        open_edges[halves] = open_edges[halves + 1] = True
        rings = replace(
            rings,
            xy=np.insert(rings.xy, at + 1, middle, axis=0),
            ring_starts=rings.ring_starts + np.searchsorted(at, rings.ring_starts),
        )
        _refuse_lost(rings, moved, names, crs)
    raise GeometryError(
        f"unit {_owner(rings, int(np.flatnonzero(open_edges)[0]), names)}",
        expected=f"edges that stay connected from {crs[0]} to {crs[1]}",
        found="an edge that jumps, as across the antimeridian",
        hint="cut the unit there, or drop it",
    )


def _refuse_lost(
    rings: Rings, moved: Floats, names: Iterable[object], crs: tuple[str, str]
) -> None:
    found = np.isfinite(moved)
    if not found.all():
        vertex = int(np.flatnonzero(~found.all(axis=1))[0])
        raise GeometryError(
            f"unit {_owner(rings, vertex, names)}",
            expected=f"a place in {crs[1]} for every vertex",
            found=f"none for {tuple(rings.xy[vertex].tolist())} in {crs[0]}",
            hint="check the boundary's CRS, or drop the unit",
        )


def _owner(rings: Rings, vertex: int, names: Iterable[object]) -> object:
    """The name of the unit that a vertex belongs to."""
    return tuple(names)[rings.owner(vertex)]


def _transformer(crs: CRS, plane: CRS) -> Transformer:
    try:
        return Transformer.from_crs(crs, plane, always_xy=True)
    except ProjError as error:
        raise GridError(
            f"grid in {plane.name}",
            expected=f"a plane into which {crs.name} can be transformed",
            found=f"none: {error}",
            hint="correct the CRS of the tile or of the boundaries",
        ) from error
