"""Datum shift: whether units lie where they should, or where a web map draws them.

Units are compared with reference boundaries. Each candidate datum is tried: if coordinates are in
GCJ-02, restoring them brings the units' centroids onto those of their counterparts, and reading
them as WGS84 leaves a gap of some hundred metres. The median stands boundaries that have really
changed. `geo.light_shift` asks light instead, which tells far less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo._transform import transformed
from geo.boundaries import Units
from geo.datum import Datum, metres_between, to_wgs84
from geo.errors import DatumError
from geo.reference import Reference
from geo.rings import Floats, Geometries, Ints

DATUMS: tuple[Datum, ...] = get_args(Datum)
"""The candidates."""

CLEAR = 0.5
"""The best candidate must leave at most this share of what the second best leaves."""

SHIFTED_M = 100.0
"""Further than boundaries of two sources usually lie apart."""

ALIKE = 0.97
"""Least ratio of areas of counterparts where no ids say who belongs to whom."""

LONLAT = CRS("EPSG:4326")


@dataclass(frozen=True, slots=True)
class DatumShift:
    """How units lie against a reference."""

    datum: Datum
    """The datum that brings the units closest to the reference."""
    left_m: Mapping[Datum, float]
    """Median distance of centroids in metres, were the coordinates in that datum."""
    east_m: float
    """Median shift of the units as they stand, to the east of the reference."""
    north_m: float
    """And to the north of it."""
    pairs: int
    """How many units or cities were compared."""
    by: str
    """How counterparts were found."""

    @property
    def is_clear(self) -> bool:
        """Whether the best candidate beats the others beyond doubt."""
        left = sorted(self.left_m.values())
        return left[0] <= CLEAR * left[1]

    @property
    def is_shifted(self) -> bool:
        """Whether the units as they stand lie elsewhere than the reference."""
        return bool(np.hypot(self.east_m, self.north_m) > SHIFTED_M)


def compare_with_reference(units: Units, reference: Reference) -> DatumShift:
    """Try every datum for units whose coordinates are taken as WGS84.

    Parameters
    ----------
    units : Units
    reference : Reference
        In WGS84. If it has ids, these are ids of units or of cities; otherwise counterparts are
        polygons, or groups of polygons inside one of the other side, of the same area to 3 %:
        townships may be compared with counties.

    Returns
    -------
    DatumShift

    Raises
    ------
    DatumError
        If no unit and no city has a counterpart.

    Notes
    -----
    Centroids are moved as points: the shift changes by less than 15 metres within a county.
    """
    ours, theirs = (
        _places(units.polygons.geometries(), units.crs),
        _places(reference.shapes_in(LONLAT), LONLAT),
    )
    named = reference.ids is not None
    if reference.ids is not None:
        found = _by_ids(ours, units, theirs, reference.ids)
    else:
        found = max(_by_place(ours, theirs), _by_place(theirs, ours).turned(), key=len)
    if len(found) == 0:
        raise DatumError(
            f"{units.source} against {reference.source}",
            expected="units or cities that the reference has too",
            found="none of the same ids" if named else "none of the same place and area",
            hint="name the column of ids, or none, or another reference",
        )
    return _shift(found)


def _shift(pairs: "_Pairs") -> DatumShift:
    apart = {datum: metres_between(pairs.theirs, to_wgs84(pairs.ours, datum)) for datum in DATUMS}
    left = {
        datum: float(np.median(np.hypot(metres[:, 0], metres[:, 1])))
        for datum, metres in apart.items()
    }
    east, north = np.median(apart["WGS84"], axis=0).tolist()
    return DatumShift(
        datum=min(left, key=left.__getitem__),
        left_m=MappingProxyType(left),
        east_m=east,
        north_m=north,
        pairs=len(pairs),
        by=pairs.by,
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Polygons in degrees, with what is compared of them."""

    shapes: Geometries
    centres: Floats
    """(n, 2) centroids."""
    areas: Floats
    """(n,) on a plane that keeps their ratios nearby."""

    def grouped(self, group: Ints) -> tuple[Floats, Floats]:
        """Centroids and areas of groups, numbered from 0; not finite for empty ones."""
        total = np.bincount(group, weights=self.areas)
        sums = [np.bincount(group, weights=self.areas * axis) for axis in self.centres.T]
        with np.errstate(invalid="ignore"):
            return np.column_stack(sums) / total[:, None], np.asarray(total, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Centroids (n, 2) of counterparts."""

    ours: Floats
    theirs: Floats
    by: str

    def __len__(self) -> int:
        return len(self.ours)

    def turned(self) -> "_Pairs":
        """The same with both sides changed."""
        return _Pairs(self.theirs, self.ours, self.by)


def _places(shapes: Geometries, crs: CRS) -> _Places:
    if not crs.equals(LONLAT, ignore_axis_order=True):
        move = Transformer.from_crs(crs, LONLAT, always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: transformed(move, xy))
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    areas = np.asarray(shapely.area(shapes) * np.cos(np.radians(centres[:, 1])))
    return _Places(shapes, centres, areas)


def _by_ids(ours: _Places, units: Units, theirs: _Places, ids: Sequence[str]) -> _Pairs:
    """Units, or cities where more of these are among the ids."""
    cities, city = np.unique(units.attributes["city_id"].to_numpy(), return_inverse=True)
    levels = (
        ("units", units.attributes["unit_id"].tolist(), ours.centres),
        ("cities", cities.tolist(), ours.grouped(city)[0]),
    )
    whole, part = np.unique(np.asarray(ids), return_inverse=True)
    centres_of = theirs.grouped(part)[0]
    place = {name: position for position, name in enumerate(whole.tolist())}
    found = []
    for level, names, centres in levels:
        own = [number for number, name in enumerate(names) if name in place]
        other = [place[names[number]] for number in own]
        found.append(_Pairs(centres[own], centres_of[other], f"ids of {level}"))
    return max(found, key=len)


def _by_place(fine: _Places, coarse: _Places) -> _Pairs:
    """Coarse polygons, each with the fine ones that lie in it, where both have the same area."""
    points = shapely.point_on_surface(fine.shapes)
    member, holder = shapely.STRtree(coarse.shapes).query(points, predicate="intersects")
    group = np.full(len(points), len(coarse.areas), dtype=np.int64)
    group[member] = holder
    centres, areas = fine.grouped(group)
    held = np.arange(min(len(areas), len(coarse.areas)))
    ratio = areas[held] / coarse.areas[held]
    held = held[(ratio >= ALIKE) & (ratio <= 1.0 / ALIKE)]
    return _Pairs(centres[held], coarse.centres[held], "place and area")
