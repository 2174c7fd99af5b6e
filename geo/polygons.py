"""Polygons of many units without geometry objects, which are built only for those who ask."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo.rings import (
    POLYGONAL,
    Bools,
    Geometries,
    Ints,
    Rings,
    flattened,
    joined,
    starts_of,
    subset,
)


@dataclass(frozen=True, slots=True)
class Polygons:
    """Polygons and multipolygons as their rings."""

    rings: Rings
    """Closed."""
    single: Bools
    """(n_units) which units are a Polygon, not a MultiPolygon; these have at most one part."""

    def geometries(self) -> Geometries:
        """Build the geometry objects.

        Returns
        -------
        object array of shapely geometries, (n_units,)
            Rings and parts without vertices are left out; the empty Polygon for a unit without
            vertices.
        """
        full = _without_empty(self.rings)
        filled = np.diff(full.unit_starts) > 0
        units = np.full(len(self.single), shapely.Polygon(), dtype=object)
        for kind, depth, chosen in (
            (shapely.GeometryType.POLYGON, 2, filled & self.single),
            (shapely.GeometryType.MULTIPOLYGON, 3, filled & ~self.single),
        ):
            if chosen.any():
                some = full if chosen.all() else subset(full, np.flatnonzero(chosen))
                levels = (some.ring_starts, some.part_starts, some.unit_starts)[:depth]
                units[chosen] = shapely.from_ragged_array(kind, some.xy, levels)
        return units

    def subset(self, units: Ints) -> "Polygons":
        """Some of the units, in the order given."""
        return Polygons(subset(self.rings, units), self.single[units])

    def replaced(self, units: Ints, others: "Polygons") -> "Polygons":
        """The same with other polygons for some units, ``others`` in the order of these."""
        order = np.arange(len(self.single))
        order[units] = len(order) + np.arange(len(units))
        both = Polygons(joined(self.rings, others.rings), np.append(self.single, others.single))
        return both.subset(order)


def polygons_of(geometries: Geometries) -> Polygons:
    """Polygons of geometries that are known to be polygons and multipolygons, finite or not."""
    return Polygons(flattened(geometries), shapely.get_type_id(geometries) == POLYGONAL[0])


def _without_empty(rings: Rings) -> Rings:
    """The same without rings that have no vertices and parts that have no rings."""
    full = np.diff(rings.ring_starts) > 0
    if full.all() and (np.diff(rings.part_starts) > 0).all():
        return rings
    part_starts = starts_of(full)[rings.part_starts]
    kept = np.diff(part_starts) > 0
    return Rings(
        xy=rings.xy,
        ring_starts=np.concatenate([[0], rings.ring_starts[1:][full]]),
        part_starts=np.concatenate([[0], part_starts[1:][kept]]),
        unit_starts=starts_of(kept)[rings.unit_starts],
    )
