"""Polygons as the coverage needs them: valid, flat, nothing but area, and every change told."""

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo._simple import surely_simple
from geo.area import geodesic_area_km2
from geo.audit import AuditRow
from geo.errors import GeometryError
from geo.polygons import Polygons, polygons_of
from geo.ring_measures import planar_areas
from geo.rings import POLYGONAL, Bools, Floats, Geometries, Ints
from geo.threads import blocks, in_threads, processors

COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION
MENDING_ROUNDS = 5
# Files round the poles and the date line; a thousandth of a second of arc is no error.
DEGREE_SLACK = 1e-6
MAX_LONGITUDE = 360.0
MAX_LATITUDE = 90.0
GEOMETRIES_PER_CALL = 500
POINTS_PER_CALL = 100_000


def repair(
    drawn: Geometries | Polygons, units: Sequence[str], crs: CRS, *, source: str
) -> tuple[Polygons, list[AuditRow]]:
    """Valid two-dimensional polygons and multipolygons, with an audit row for every change.

    Parameters
    ----------
    drawn : ndarray of shapely geometries, shape (n_units,), or Polygons
    units : sequence of str
        The unit ids, for errors and audit rows.
    crs : pyproj.CRS
    source : str
        The file, for errors and audit rows.

    Returns
    -------
    repaired : Polygons
        Vertices of polygons that needed no repair are untouched.
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
    audit: list[AuditRow] = []
    if not isinstance(drawn, Polygons):
        drawn, audit = _as_polygons(drawn, units, crs, source=source)
    _refuse_points(drawn.rings.xy, drawn.rings.owner, units, crs, source=source)
    broken = _broken(drawn)
    before = drawn.subset(broken).geometries()
    after = _made_valid(before)
    area = planar_areas(drawn.rings)
    area[broken] = np.where(shapely.is_valid(after), shapely.area(after), 0.0)
    _refuse(
        ~(area > 0.0),
        units,
        source=source,
        expected="a valid polygon with area",
        found=lambda _: "none, even after repair",
        hint="draw the unit's polygon anew or leave the unit out",
    )
    if len(broken) == 0:
        return drawn, audit
    audit += _repair_rows(before, after, units, broken, crs, source=source)
    return drawn.replaced(broken, polygons_of(after)), audit


def _as_polygons(
    geometries: Geometries, units: Sequence[str], crs: CRS, *, source: str
) -> tuple[Polygons, list[AuditRow]]:
    """Geometries of every kind as polygons, if they have any, and what was left out."""
    _refuse_unusable(geometries, units, source=source)
    flat, audit = flatten(geometries, source=source)
    # Also where the points are of lines that will be left out.
    collections = np.flatnonzero(shapely.get_type_id(flat) == COLLECTION)
    points, owner = shapely.get_coordinates(flat[collections], return_index=True)
    _refuse_points(points, lambda point: collections[owner[point]], units, crs, source=source)
    cut, rows = _cut_collections(flat, units, source=source)
    return polygons_of(cut), audit + rows


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
    points: Floats, owner: Callable[[int], int], units: Sequence[str], crs: CRS, *, source: str
) -> None:
    """Refuse points at no place on earth; ``owner`` tells the unit of a point by its number."""
    limits, expected = np.full(2, np.finfo(np.float64).max), "finite coordinates"
    if crs.is_geographic and crs.axis_info and crs.axis_info[0].unit_name == "degree":
        limits = np.array([MAX_LONGITUDE, MAX_LATITUDE]) + DEGREE_SLACK
    if _all_within(points, limits):
        return
    bad = ~np.isfinite(points).all(axis=1)
    if not bad.any():
        bad = (np.abs(points) > limits).any(axis=1)
        expected = f"longitude and latitude in degrees, as in {crs.name}"
    first = int(np.flatnonzero(bad)[0])
    x, y = points[first]
    raise GeometryError(
        f"{source}, unit {units[owner(first)]!r}",
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
    wrong: Bools,
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


def flatten(geometries: Geometries, *, source: str) -> tuple[Geometries, list[AuditRow]]:
    """Geometries in two dimensions, and a row if some had more."""
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
        old, new = geometries[row].geom_type, result[row].geom_type
        at = {"file": source, "row": row + 1, "old": old, "new": new}
        audit.append(AuditRow("boundaries", "cut_collection", subject, detail, **at))
    return result, audit


def _broken(polygons: Polygons) -> Ints:
    """Which polygons are not valid: told from their ring if they have but one, else by GEOS."""
    rings = polygons.rings
    single = np.diff(rings.unit_rings) == 1
    valid = np.zeros(len(single), dtype=np.bool_)
    valid[single] = surely_simple(rings)[rings.unit_rings[:-1][single]]
    rest = np.flatnonzero(~valid)
    geometries = polygons.subset(rest).geometries()

    def of_block(block: slice) -> Bools:
        return np.asarray(shapely.is_valid(geometries[block]))

    pieces = in_threads(of_block, blocks(len(rest), GEOMETRIES_PER_CALL), processors())
    wrong: Ints = rest[~np.concatenate([np.empty(0, dtype=np.bool_), *pieces])]
    return wrong


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
    units: Sequence[str],
    rows: Ints,
    crs: CRS,
    *,
    source: str,
) -> list[AuditRow]:
    """One row per repaired unit, with what was wrong and the change of geodesic area."""
    before = geodesic_area_km2(gpd.GeoDataFrame(geometry=drawn, crs=crs))
    after = geodesic_area_km2(gpd.GeoDataFrame(geometry=repaired, crs=crs))
    reasons = shapely.is_valid_reason(drawn)
    return [
        AuditRow(
            "boundaries",
            "repaired_geometry",
            f"{source}, unit {units[row]!r}",
            f"{reason}; geodesic area {old:.6g} km2 as drawn, {new:.6g} km2 repaired"
            f" ({new - old:+.3g} km2)",
            file=source,
            row=row + 1,
            old=f"{old:.9g} km2",
            new=f"{new:.9g} km2",
        )
        for row, reason, old, new in zip(rows.tolist(), reasons, before, after, strict=True)
    ]
