"""Rings: the polygons of many units as flat arrays, for kernels that see no geometry objects."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import GeometryError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

POLYGONAL = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


@dataclass(frozen=True, slots=True)
class Rings:
    """All rings of all units, in order: units hold parts, parts hold rings, rings hold vertices."""

    xy: Floats
    """(n_vertices, 2) coordinates; a ring's last vertex repeats its first."""
    ring_starts: Ints
    """(n_rings + 1) offsets into ``xy``."""
    part_starts: Ints
    """(n_parts + 1) offsets into the rings; the first ring of a part is its shell."""
    unit_starts: Ints
    """(n_units + 1) offsets into the parts."""

    @property
    def is_hole(self) -> Bools:
        """(n_rings) whether a ring is a hole of its part."""
        hole = np.ones(len(self.ring_starts) - 1, dtype=np.bool_)
        hole[self.part_starts[:-1][np.diff(self.part_starts) > 0]] = False
        return hole

    @property
    def unit_rings(self) -> Ints:
        """(n_units + 1) offsets of units into the rings."""
        return self.part_starts[self.unit_starts]

    @property
    def unit_vertices(self) -> Ints:
        """(n_units + 1) offsets of units into the vertices."""
        return self.ring_starts[self.unit_rings]


def rings_of(geometries: npt.ArrayLike) -> Rings:
    """Flatten polygons and multipolygons into rings.

    Parameters
    ----------
    geometries : array_like of shapely Polygon or MultiPolygon, (n_units,)
        Heights and measures are left out; empty geometries give units without rings.

    Returns
    -------
    Rings

    Raises
    ------
    GeometryError
        If a geometry is missing, is not polygonal or has a coordinate that is not finite.
    """
    units = np.asarray(geometries, dtype=object)
    _refuse_other_kinds(units)
    parts, part_unit = shapely.get_parts(units, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    flat = Rings(
        xy=shapely.get_coordinates(rings),
        ring_starts=_starts(shapely.get_num_coordinates(rings)),
        part_starts=_starts(np.bincount(ring_part, minlength=len(parts))),
        unit_starts=_starts(np.bincount(part_unit, minlength=len(units))),
    )
    _refuse_infinite(flat)
    return flat


def polygons_of(rings: Rings, *, single: Bools) -> Geometries:
    """Build the geometries back from their rings.

    Parameters
    ----------
    rings : Rings
    single : bool array, (n_units,)
        Which units are a Polygon, not a MultiPolygon; each of them has at most one part.

    Returns
    -------
    object array of shapely geometries, (n_units,)
    """
    ring_part = _owners(rings.part_starts)
    part_unit = _owners(rings.unit_starts)
    # Empty parts have an empty ring, which GEOS builds from no vertices at all.
    full = np.diff(rings.ring_starts) > 0
    vertex_ring = np.repeat(np.arange(full.sum()), np.diff(rings.ring_starts)[full])
    parts, ring_part = np.unique(ring_part[full], return_inverse=True)
    filled, part_unit = np.unique(part_unit[parts], return_inverse=True)
    units = np.full(len(single), shapely.Polygon(), dtype=object)
    if len(filled) > 0:
        closed = np.asarray(shapely.linearrings(rings.xy, indices=vertex_ring))
        polygons = np.asarray(shapely.polygons(closed, indices=ring_part))
        units[filled] = shapely.multipolygons(polygons, indices=part_unit)
    alone = single & ~shapely.is_empty(units)
    units[alone] = shapely.get_geometry(units[alone], 0)
    return units


def _owners(starts: Ints) -> Ints:
    """The number of the run that each member belongs to."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _starts(counts: npt.NDArray[np.integer]) -> Ints:
    """Offsets of runs with these lengths."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _refuse_other_kinds(units: Geometries) -> None:
    wrong = ~np.isin(shapely.get_type_id(units), POLYGONAL)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        kind = "nothing" if units[first] is None else str(units[first].geom_type)
        raise GeometryError(
            f"geometry of unit {first} (counted from 0)",
            expected="a Polygon or MultiPolygon",
            found=kind,
            hint="keep polygons only",
        )


def _refuse_infinite(rings: Rings) -> None:
    finite = np.isfinite(rings.xy)
    if not finite.all():
        vertex = int(np.flatnonzero(~finite.all(axis=1))[0])
        unit = int(np.searchsorted(rings.unit_vertices, vertex, side="right")) - 1
        raise GeometryError(
            f"geometry of unit {unit} (counted from 0)",
            expected="finite coordinates",
            found=f"a vertex at {tuple(rings.xy[vertex].tolist())}",
            hint="repair or drop this unit",
        )
