"""City outlines: units dissolved into the polygons of the cities they belong to."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.threads import in_threads, processors

AREA_TOLERANCE = 1e-12
"""Relative; the rounding of the areas of some hundred units is a tenth of it at most."""


def outlines(
    geometries: NDArray[np.object_], groups: NDArray[np.integer], *, threads: int | None = None
) -> NDArray[np.object_]:
    """The union of the units of every group.

    Parameters
    ----------
    geometries : array of shapely geometries (n_units,)
        Valid polygons or multipolygons.
    groups : integer array (n_units,)
        The group of each unit. Every number from 0 to the largest occurs.
    threads : int, optional
        All processors when left out. Never changes a result.

    Returns
    -------
    array of shapely geometries (n_groups,)
        Normalized, so that the order of the units in a group does not matter where they share
        their edges.

    Notes
    -----
    Where the units of a group share their edges vertex by vertex, the union is what is left when
    the edges that occur twice are removed. That is some fifteen times as fast as an overlay, but
    nonsense for units that overlap or meet without sharing vertices. Hence it is taken only if it
    is valid and its area is the sum of the units' areas, which an overlap or a lost part would
    break, and the overlay otherwise.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    pieces = np.split(geometries[order], starts)
    unions = np.empty(len(pieces), dtype=object)
    unions[:] = in_threads(_union, pieces, threads or processors())
    return np.asarray(shapely.normalize(unions))


def _union(units: NDArray[np.object_]) -> shapely.Geometry:
    joined = without_shared_edges(units)
    return shapely.union_all(units) if joined is None else joined


def without_shared_edges(units: NDArray[np.object_]) -> shapely.Geometry | None:
    """The union of valid polygons that share their edges, None if they do not or overlap."""
    try:
        joined = shapely.coverage_union_all(units)
    except shapely.GEOSException:
        return None
    area = shapely.area(units).sum()
    if abs(shapely.area(joined) - area) > AREA_TOLERANCE * area or not shapely.is_valid(joined):
        return None
    return joined
