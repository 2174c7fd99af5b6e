"""Tiling: do units cover their land once? What is counted twice, what never, and where.

Overlaps are the areas that pairs of units share. Gaps are what units enclose, singly or together,
without covering it (the holes of their union), or what they leave of a reference; a convex hull
would count the sea and the neighbours abroad. Where the units of a city share their edges vertex by
vertex, removing the edges that occur twice shows at once that they do not overlap (`geo.outlines`),
so that pairs are intersected only where something is wrong.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo._polygonal import polygonal
from geo.area import rings_area_km2
from geo.boundaries import Units
from geo.outlines import AREA_TOLERANCE, outlines, without_shared_edges
from geo.rings import Floats, Geometries, Ints, rings_of
from geo.threads import blocks, in_threads, processors

SMALLEST_KM2 = 1e-6
"""Pieces under a square metre are rounding."""

PAIRS_PER_CALL = 500
NAMED_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Tiling:
    """How units cover their land."""

    units_km2: float
    """Sum of the units' areas."""
    twice_km2: float
    """Area that lies in more than one unit."""
    never_km2: float
    """Area that lies in none: enclosed by units, or of the reference."""
    land_km2: float
    """What ``never_km2`` is a part of: the union of units with what it encloses, or the
    reference."""
    overlaps: pd.DataFrame
    """A pair of units a row, largest overlap first: ``unit``, ``other``, ``km2``, and ``share`` of
    the smaller one's area."""
    gaps: pd.DataFrame
    """A gap a row, largest first: ``km2``, ``units`` around it (ids, comma-separated, at most six)
    and a point of it, ``x`` and ``y`` in the units' CRS."""

    @property
    def twice_share(self) -> float:
        """Area counted more than once over the sum of the units' areas."""
        return self.twice_km2 / self.units_km2

    @property
    def never_share(self) -> float:
        """Area counted never over the land."""
        return self.never_km2 / self.land_km2


def tiling(units: Units, *, reference: Geometries | None = None) -> Tiling:
    """Measure what units count twice and never.

    Parameters
    ----------
    units : Units
    reference : array of shapely polygons, optional
        The land that units should cover, in the units' CRS. By default the union of the units with
        all it encloses.

    Returns
    -------
    Tiling
        Geodesic areas; pieces under a square metre are left out.
    """
    shapes = units.polygons.geometries()
    areas = rings_area_km2(units.polygons.rings, units.crs)
    cities = np.unique(units.attributes["city_id"].to_numpy(), return_inverse=True)[1]
    whole = outlines(shapes, cities)
    pairs, shared = _overlaps(shapes, cities, whole)
    shared_km2 = _areas_km2(shared, units.crs)
    real = shared_km2 > SMALLEST_KM2
    pairs, shared, shared_km2 = pairs[:, real], shared[real], shared_km2[real]
    union = without_shared_edges(whole)
    union = shapely.union_all(whole) if union is None else union
    gaps = _enclosed(union) if reference is None else _left_over(union, reference)
    gaps_km2 = _areas_km2(gaps, units.crs)
    gaps, gaps_km2 = gaps[gaps_km2 > SMALLEST_KM2], gaps_km2[gaps_km2 > SMALLEST_KM2]
    never, units_km2 = float(gaps_km2.sum()), float(areas.sum())
    twice = float(_areas_km2(_united(shared), units.crs).sum())
    return Tiling(
        units_km2=units_km2,
        twice_km2=twice,
        never_km2=never,
        land_km2=_land_km2(union, reference, units.crs, never),
        overlaps=_pair_table(units, pairs, shared_km2, areas),
        gaps=_gap_table(units, shapes, gaps, gaps_km2),
    )


def _overlaps(shapes: Geometries, cities: Ints, whole: Geometries) -> tuple[Ints, Geometries]:
    """(2, n) units that share area, and (n,) what they share."""
    left, right = shapely.STRtree(shapes).query(shapes)
    once = left < right
    left, right = left[once], right[once]
    area, covered = np.bincount(cities, weights=shapely.area(shapes)), shapely.area(whole)
    suspect = area - covered > AREA_TOLERANCE * area
    same = cities[left] == cities[right]
    looked = same & suspect[cities[left]]
    if without_shared_edges(whole) is None:
        looked |= ~same
    left, right = left[looked], right[looked]

    def share(block: slice) -> Geometries:
        both = shapely.intersection(shapes[left[block]], shapes[right[block]])
        return polygonal(np.asarray(both, dtype=object))

    pieces = in_threads(share, blocks(len(left), PAIRS_PER_CALL), processors())
    shared = np.concatenate([np.empty(0, dtype=object), *pieces])
    some = ~shapely.is_empty(shared)
    return np.stack([left, right])[:, some], shared[some]


def _united(shapes: Geometries) -> Geometries:
    """Their union as polygons."""
    return _parts(shapely.union_all(shapes))


def _parts(shape: shapely.Geometry) -> Geometries:
    """The polygons of a geometry."""
    whole = polygonal(np.array([shape], dtype=object))
    return np.asarray(shapely.get_parts(whole), dtype=object)


def _enclosed(union: shapely.Geometry) -> Geometries:
    """What a union encloses: its holes, less the parts that lie in them."""
    parts = shapely.get_parts(union)
    rings, part = shapely.get_rings(parts, return_index=True)
    shells = np.concatenate([[True], np.diff(part) > 0]) if len(part) else np.empty(0, bool)
    holes = shapely.polygons(rings[~shells])
    islands, hole = shapely.STRtree(holes).query(parts, predicate="within")
    for number in np.unique(hole).tolist():
        inside = shapely.union_all(parts[islands[hole == number]])
        holes[number] = shapely.difference(holes[number], inside)
    return np.asarray(shapely.get_parts(holes), dtype=object)


def _left_over(union: shapely.Geometry, reference: Geometries) -> Geometries:
    """What of a reference a union leaves uncovered."""
    return _parts(shapely.difference(shapely.union_all(reference), union))


def _land_km2(
    union: shapely.Geometry, reference: Geometries | None, crs: CRS, never: float
) -> float:
    if reference is not None:
        return float(_areas_km2(_united(reference), crs).sum())
    return float(_areas_km2(np.asarray(shapely.get_parts(union)), crs).sum()) + never


def _areas_km2(shapes: Geometries, crs: CRS) -> Floats:
    return rings_area_km2(rings_of(shapes), crs)


def _pair_table(units: Units, pairs: Ints, km2: Floats, areas: Floats) -> pd.DataFrame:
    names = units.attributes["unit_id"].to_numpy()
    table = pd.DataFrame(
        {
            "unit": names[pairs[0]],
            "other": names[pairs[1]],
            "km2": km2,
            "share": km2 / areas[pairs].min(axis=0),
        }
    )
    return table.sort_values("km2", ascending=False, ignore_index=True, kind="stable")


def _gap_table(units: Units, shapes: Geometries, gaps: Geometries, km2: Floats) -> pd.DataFrame:
    names = units.attributes["unit_id"].to_numpy()
    gap, unit = shapely.STRtree(shapes).query(gaps, predicate="intersects")
    around: list[list[str]] = [[] for _ in range(len(gaps))]
    order = np.lexsort((unit, gap))
    for number, name in zip(gap[order].tolist(), names[unit[order]], strict=True):
        around[number].append(name)
    points = shapely.point_on_surface(gaps)
    table = pd.DataFrame(
        {
            "km2": km2,
            "units": [", ".join(some[:NAMED_NEIGHBOURS]) for some in around],
            "x": shapely.get_x(points),
            "y": shapely.get_y(points),
        }
    )
    return table.sort_values("km2", ascending=False, ignore_index=True, kind="stable")
