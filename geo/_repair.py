"""Polygons as the coverage needs them: valid, flat, nothing but area, and every change told."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo._rings import POLYGONAL, Floats, Geometries, Rings, flattened
from geo._simple import surely_simple
from geo._threads import blocks, in_threads, processors
from geo.area import geodesic_area_km2
from geo.audit import AuditRow
from geo.errors import GeometryError

Flags = NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)

COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION
MENDING_ROUNDS = 5
# Files round the poles and the date line; a thousandth of a second of arc is no error.
DEGREE_SLACK = 1e-6
MAX_LONGITUDE = 360.0
MAX_LATITUDE = 90.0
GEOMETRIES_PER_CALL = 500
POINTS_PER_CALL = 100_000


def repair(
    geometries: Geometries, units: Sequence[str], crs: CRS, *, source: str
) -> tuple[Geometries, list[AuditRow]]:
    """Valid two-dimensional polygons and multipolygons, with an audit row for every change.

    Parameters
    ----------
    geometries : ndarray of shapely geometries, shape (n_units,)
    units : sequence of str
        The unit ids, for errors and audit rows.
    crs : pyproj.CRS
    source : str
        The file, for errors and audit rows.

    Returns
    -------
    repaired : ndarray of shapely Polygon or MultiPolygon, shape (n_units,)
        Vertices of geometries that needed no repair are untouched.
    audit : list of AuditRow

    Raises
    ------
    GeometryError
        A geometry is missing, empty, not polygonal, has coordinates that are not finite or outside
        the range of degrees, or has no area left once repaired.

    Notes
    -----
    Validity is restored by ``shapely.make_valid`` with the structure method, by which parts that
    overlap are united (the linework method would turn their overlap into a hole).
    """
    _refuse_unusable(geometries, units, source=source)
    flat, audit = _flatten(geometries, source=source)
    cut, rows = _cut_collections(flat, units, source=source)
    audit += rows
    rings = flattened(cut)
    _refuse_points(geometries, rings.xy, units, crs, source=source)
    broken = ~_valid_drawn(cut, rings)
    repaired = cut.copy()
    repaired[broken] = _made_valid(cut[broken])
    unusable = ~(_by_threads(shapely.area, repaired) > 0.0)
    unusable[broken] |= ~shapely.is_valid(repaired[broken])
    _refuse(
        unusable,
        units,
        source=source,
        expected="a valid polygon with area",
        found=lambda _: "none, even after repair",
        hint="draw the unit's polygon anew or leave the unit out",
    )
    rows = _repair_rows(cut, repaired, np.flatnonzero(broken), units, crs, source=source)
    return repaired, audit + rows


def _refuse_unusable(geometries: Geometries, units: Sequence[str], *, source: str) -> None:
    """Refuse what no repair can turn into a polygon."""
    _refuse(
        shapely.is_missing(geometries) | shapely.is_empty(geometries),
        units,
        source=source,
        expected="a polygon",
        found=lambda _: "no geometry",
        hint="give the unit its polygon or leave the unit out; a truncated file looks like this",
    )
    kind = shapely.get_type_id(geometries)
    _refuse(
        ~np.isin(kind, (*POLYGONAL, COLLECTION)),
        units,
        source=source,
        expected="a polygon",
        found=lambda row: f"a {geometries[row].geom_type}",
        hint="name the layer or file of polygons",
    )


def _refuse_points(
    geometries: Geometries, kept: Floats, units: Sequence[str], crs: CRS, *, source: str
) -> None:
    """Refuse points at no place on earth; ``kept`` are those that cutting collections left."""
    limits, expected = np.full(2, np.finfo(np.float64).max), "finite coordinates"
    if crs.is_geographic and crs.axis_info and crs.axis_info[0].unit_name == "degree":
        limits = np.array([MAX_LONGITUDE, MAX_LATITUDE]) + DEGREE_SLACK
    cut = geometries[shapely.get_type_id(geometries) == COLLECTION]
    if _all_within(kept, limits) and _all_within(shapely.get_coordinates(cut), limits):
        return
    points, row_of = shapely.get_coordinates(geometries, return_index=True)
    bad = ~np.isfinite(points).all(axis=1)
    if not bad.any():
        bad = (np.abs(points) > limits).any(axis=1)
        expected = f"longitude and latitude in degrees, as in {crs.name}"
    first = int(np.flatnonzero(bad)[0])
    x, y = points[first]
    raise GeometryError(
        f"{source}, unit {units[row_of[first]]!r}",
        expected=expected,
        found=f"the point ({x:g}, {y:g})",
        hint="check that the declared CRS is the one of the coordinates",
    )


def _all_within(points: Floats, limits: Floats) -> bool:
    """Whether all coordinates are finite and none lies beyond the limits."""

    def within(block: slice) -> bool:
        # Neither an infinite coordinate nor one that is not a number is within any limit.
        return bool((np.abs(points[block]) <= limits).all())

    return all(in_threads(within, blocks(len(points), POINTS_PER_CALL), processors()))


def _refuse(
    wrong: Flags,
    units: Sequence[str],
    *,
    source: str,
    expected: str,
    found: Callable[[int], str],
    hint: str,
) -> None:
    """Raise for the first wrong unit, saying how many there are."""
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    total = int(wrong.sum())
    more = f" (the first of {total} such units)" if total > 1 else ""
    raise GeometryError(
        f"{source}, unit {units[row]!r}", expected=expected, found=found(row) + more, hint=hint
    )


def _flatten(geometries: Geometries, *, source: str) -> tuple[Geometries, list[AuditRow]]:
    deep = int((shapely.get_coordinate_dimension(geometries) > 2).sum())
    if not deep:
        return geometries.copy(), []
    detail = "heights or measures of the coordinates dropped"
    return shapely.force_2d(geometries), [AuditRow("boundaries", "forced_2d", source, detail, deep)]


def _cut_collections(
    geometries: Geometries, units: Sequence[str], *, source: str
) -> tuple[Geometries, list[AuditRow]]:
    """Collections reduced to the multipolygon of their polygons."""
    result, audit = geometries.copy(), []
    for row in np.flatnonzero(shapely.get_type_id(geometries) == COLLECTION).tolist():
        parts = shapely.get_parts(geometries[row])
        while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
            parts = shapely.get_parts(parts)
        is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        result[row] = shapely.MultiPolygon(list(parts[is_polygon]))
        dropped = [part.geom_type for part in parts[~is_polygon]]
        told = ", ".join(f"{dropped.count(kind)} {kind}" for kind in sorted(set(dropped)))
        detail = f"polygons kept: {is_polygon.sum()}; dropped: {told or 'nothing'}"
        subject = f"{source}, unit {units[row]!r}"
        audit.append(AuditRow("boundaries", "cut_collection", subject, detail))
    return result, audit


def _valid_drawn(geometries: Geometries, rings: Rings) -> Flags:
    """Which polygons are valid: told from their ring if they have but one, else by GEOS."""
    single = np.diff(rings.unit_rings) == 1
    valid = np.zeros(len(geometries), dtype=np.bool_)
    valid[single] = surely_simple(rings)[rings.unit_rings[:-1][single]]
    rest = np.flatnonzero(~valid)
    valid[rest] = _by_threads(shapely.is_valid, geometries[rest])
    return valid


def _by_threads(
    measure: Callable[[Geometries], NDArray[Value]], geometries: Geometries
) -> NDArray[Value]:
    """What a function of shapely says of geometries."""

    def one(block: slice) -> NDArray[Value]:
        return measure(geometries[block])

    pieces = in_threads(one, blocks(len(geometries), GEOMETRIES_PER_CALL), processors())
    return np.concatenate([measure(geometries[:0]), *pieces])


def _made_valid(geometries: Geometries) -> Geometries:
    """Broken polygons made valid as far as that goes."""
    result = geometries.copy()
    broken = np.ones(len(result), dtype=np.bool_)
    # Where edges nearly touch, one round can leave a crossing that the next one mends.
    for _ in range(MENDING_ROUNDS):
        if not broken.any():
            break
        result[broken] = shapely.make_valid(
            result[broken], method="structure", keep_collapsed=False
        )
        broken = ~shapely.is_valid(result)
    return result


def _repair_rows(
    drawn: Geometries,
    repaired: Geometries,
    rows: NDArray[np.intp],
    units: Sequence[str],
    crs: CRS,
    *,
    source: str,
) -> list[AuditRow]:
    """One row per repaired unit, with what was wrong and the change of geodesic area."""
    if len(rows) == 0:
        return []
    before = geodesic_area_km2(gpd.GeoDataFrame(geometry=drawn[rows], crs=crs))
    after = geodesic_area_km2(gpd.GeoDataFrame(geometry=repaired[rows], crs=crs))
    reasons = shapely.is_valid_reason(drawn[rows])
    return [
        AuditRow(
            "boundaries",
            "repaired_geometry",
            f"{source}, unit {units[row]!r}",
            f"{reason}; geodesic area {old:.6g} km2 as drawn, {new:.6g} km2 repaired"
            f" ({new - old:+.3g} km2)",
        )
        for row, reason, old, new in zip(rows.tolist(), reasons, before, after, strict=True)
    ]
