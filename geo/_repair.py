"""Polygons as the coverage needs them: valid, flat, nothing but area, and every change told."""

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.area import geodesic_area_km2
from geo.audit import AuditRow
from geo.errors import GeometryError

Geometries = NDArray[np.object_]
Flags = NDArray[np.bool_]

POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION
MENDING_ROUNDS = 5
# Files round the poles and the date line; a thousandth of a second of arc is no error.
DEGREE_SLACK = 1e-6
MAX_LONGITUDE = 360.0
MAX_LATITUDE = 90.0


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
    _refuse_unusable(geometries, units, crs, source=source)
    flat, audit = _flatten(geometries, source=source)
    cut, rows = _cut_collections(flat, units, source=source)
    audit += rows
    repaired = _make_valid(cut)
    _refuse(
        ~shapely.is_valid(repaired) | ~(shapely.area(repaired) > 0.0),
        units,
        source=source,
        expected="a valid polygon with area",
        found=lambda _: "none, even after repair",
        hint="draw the unit's polygon anew or leave the unit out",
    )
    return repaired, audit + _repair_rows(cut, repaired, units, crs, source=source)


def _refuse_unusable(
    geometries: Geometries, units: Sequence[str], crs: CRS, *, source: str
) -> None:
    """Refuse what no repair can turn into a polygon at the right place."""
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
    _refuse_points(geometries, units, crs, source=source)


def _refuse_points(geometries: Geometries, units: Sequence[str], crs: CRS, *, source: str) -> None:
    points, row_of = shapely.get_coordinates(geometries, return_index=True)
    checks = [(~np.isfinite(points).all(axis=1), "finite coordinates")]
    if crs.is_geographic and crs.axis_info and crs.axis_info[0].unit_name == "degree":
        limits = np.array([MAX_LONGITUDE, MAX_LATITUDE]) + DEGREE_SLACK
        outside = (np.abs(points) > limits).any(axis=1)
        checks.append((outside, f"longitude and latitude in degrees, as in {crs.name}"))
    for bad, expected in checks:
        if not bad.any():
            continue
        first = int(np.flatnonzero(bad)[0])
        x, y = points[first]
        raise GeometryError(
            f"{source}, unit {units[row_of[first]]!r}",
            expected=expected,
            found=f"the point ({x:g}, {y:g})",
            hint="check that the declared CRS is the one of the coordinates",
        )


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


def _make_valid(geometries: Geometries) -> Geometries:
    """Polygons made valid as far as that goes; valid ones are untouched."""
    result = geometries.copy()
    # Where edges nearly touch, one round can leave a crossing that the next one mends.
    for _ in range(MENDING_ROUNDS):
        broken = ~shapely.is_valid(result)
        if not broken.any():
            break
        result[broken] = shapely.make_valid(
            result[broken], method="structure", keep_collapsed=False
        )
    return result


def _repair_rows(
    drawn: Geometries,
    repaired: Geometries,
    units: Sequence[str],
    crs: CRS,
    *,
    source: str,
) -> list[AuditRow]:
    """One row per repaired unit, with what was wrong and the change of geodesic area."""
    rows = np.flatnonzero(~shapely.is_valid(drawn)).tolist()
    if not rows:
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
        for row, reason, old, new in zip(rows, reasons, before, after, strict=True)
    ]
