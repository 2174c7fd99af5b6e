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

    def __post_init__(self) -> None:
        for array in (self.xy, self.ring_starts, self.part_starts, self.unit_starts):
            array.setflags(write=False)  # as in a store: compiled loops are made for one kind

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

    def owner(self, vertex: int) -> int:
        """The unit that a vertex belongs to."""
        return int(np.searchsorted(self.unit_vertices, vertex, side="right")) - 1


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
    flat = flattened(units)
    _refuse_infinite(flat)
    return flat


def flattened(units: Geometries) -> Rings:
    """Rings of polygons and multipolygons that are known to be such, finite or not."""
    parts, part_unit = units, np.arange(len(units))
    if (shapely.get_type_id(units) == POLYGONAL[1]).any():
        parts, part_unit = shapely.get_parts(units, return_index=True)
    n_vertices = shapely.get_num_coordinates(parts)
    holes = shapely.get_num_interior_rings(parts)
    n_rings = np.where(n_vertices > 0, holes + 1, 0)
    # Taking rings out of their parts copies them, so that only parts with holes are taken apart.
    lengths = np.empty(n_rings.sum(), dtype=np.int64)
    holed = holes > 0
    of_holed = np.repeat(holed, n_rings)
    lengths[~of_holed] = n_vertices[~holed & (n_vertices > 0)]
    lengths[of_holed] = shapely.get_num_coordinates(shapely.get_rings(parts[holed]))
    return Rings(
        xy=shapely.get_coordinates(units),
        ring_starts=starts_of(lengths),
        part_starts=starts_of(n_rings),
        unit_starts=starts_of(np.bincount(part_unit, minlength=len(units))),
    )


def subset(rings: Rings, units: Ints) -> Rings:
    """The rings of some units, in the order given."""
    unit_starts, parts = _chosen(rings.unit_starts, units)
    part_starts, chosen = _chosen(rings.part_starts, parts)
    ring_starts, vertices = _chosen(rings.ring_starts, chosen)
    return Rings(
        xy=rings.xy[vertices],
        ring_starts=ring_starts,
        part_starts=part_starts,
        unit_starts=unit_starts,
    )


def joined(one: Rings, other: Rings) -> Rings:
    """The units of both, those of ``other`` last."""
    return Rings(
        xy=np.concatenate([one.xy, other.xy]),
        ring_starts=_following(one.ring_starts, other.ring_starts),
        part_starts=_following(one.part_starts, other.part_starts),
        unit_starts=_following(one.unit_starts, other.unit_starts),
    )


def _following(one: Ints, other: Ints) -> Ints:
    """Offsets of the runs of both."""
    return np.concatenate([one, one[-1] + other[1:]])


def _chosen(starts: Ints, runs: Ints) -> tuple[Ints, Ints]:
    """Offsets of some runs put one after the other, and the members that they hold."""
    ends = starts_of(np.diff(starts)[runs])
    shifts = np.repeat(starts[runs] - ends[:-1], np.diff(ends))
    return ends, np.arange(ends[-1]) + shifts


def starts_of(counts: npt.NDArray[np.integer] | Bools) -> Ints:
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
        raise GeometryError(
            f"geometry of unit {rings.owner(vertex)} (counted from 0)",
            expected="finite coordinates",
            found=f"a vertex at {tuple(rings.xy[vertex].tolist())}",
            hint="repair or drop this unit",
        )
