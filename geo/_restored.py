"""Polygons in a web map's datum, restored to WGS84 as they are read."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from pyproj import CRS

from geo._repair import flatten
from geo.audit import AuditRow
from geo.datum import EAST, NORTH, SOUTH, WEST, Datum, metres_between, to_wgs84
from geo.errors import DatumError
from geo.polygons import Polygons
from geo.rings import Floats, Geometries, Ints


def in_wgs84(
    drawn: Geometries | Polygons,
    datum: Datum,
    units: Sequence[str],
    crs: CRS,
    *,
    source: str,
) -> tuple[Geometries | Polygons, list[AuditRow]]:
    """Geometries with their coordinates restored.

    Parameters
    ----------
    drawn : ndarray of shapely geometries, shape (n_units,), or Polygons
    datum : {"WGS84", "GCJ-02", "BD-09"}
    units : sequence of str
        The unit ids, for the audit.
    crs : pyproj.CRS
        What the file says; it is kept.
    source : str
        The file, for errors and the audit.

    Returns
    -------
    restored : the same kind
    audit : list of AuditRow
        How many polygons were moved, if any was, and each that lies outside the rectangle in which
        the datum differs from WGS84, wholly or in part.

    Raises
    ------
    DatumError
        If the coordinates are not longitude and latitude.
    """
    if datum == "WGS84":
        return drawn, []
    if not crs.is_geographic:
        raise DatumError(
            f"{source}, datum = {datum!r}",
            expected=f"longitude and latitude, for which {datum} is defined",
            found=f"coordinates in {crs.name}",
            hint="bring the file back to longitude and latitude first (EPSG:4326)",
        )
    moved: list[Floats] = []
    deep: list[AuditRow] = []

    def restore(xy: Floats) -> Floats:
        result = to_wgs84(xy, datum)
        moved.append(np.hypot(*metres_between(xy, result).T))
        return result

    restored: Geometries | Polygons
    owner: Ints
    if isinstance(drawn, Polygons):
        restored = replace(drawn, rings=replace(drawn.rings, xy=restore(drawn.rings.xy)))
        owner = np.repeat(np.arange(len(units)), np.diff(drawn.rings.unit_vertices))
    else:
        flat, deep = flatten(drawn, source=source)
        restored = shapely.transform(flat, restore)
        owner = shapely.get_coordinates(flat, return_index=True)[1]
    return restored, [*deep, *_told(moved[0], owner, datum, units, source=source)]


def _told(
    metres: Floats, owner: Ints, datum: Datum, units: Sequence[str], *, source: str
) -> list[AuditRow]:
    """What was moved, (n_vertices) metres of vertices of units ``owner``, and what was not."""
    inside = metres > 0.0  # nothing inside is moved by less than some metres
    count = len(np.unique(owner[inside]))
    rows = []
    if count:
        said = f"{metres[inside].mean():.0f} m on average, at most {metres[inside].max():.0f} m"
        detail = f"{datum} restored to WGS84: {inside.sum()} vertices moved by {said}"
        rows.append(AuditRow("boundaries", "restored_datum", source, detail, count, file=source))
    total, out = (np.bincount(of, minlength=len(units)) for of in (owner, owner[~inside]))
    rectangle = f"{WEST}-{EAST} E, {SOUTH}-{NORTH} N, where alone {datum} differs"
    for unit in np.flatnonzero(out).tolist():
        detail = f"{out[unit]} of {total[unit]} vertices lie outside {rectangle}: left as drawn"
        subject = f"{source}, unit {units[unit]!r}"
        rows.append(
            AuditRow("boundaries", "outside_datum", subject, detail, file=source, row=unit + 1)
        )
    return rows
