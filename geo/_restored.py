"""Polygons in a web map's datum, restored to WGS84 as they are read."""

from dataclasses import replace

import numpy as np
import shapely
from pyproj import CRS

from geo._repair import flatten
from geo.audit import AuditRow
from geo.datum import Datum, metres_between, to_wgs84
from geo.errors import DatumError
from geo.polygons import Polygons
from geo.rings import Floats, Geometries


def in_wgs84(
    drawn: Geometries | Polygons, datum: Datum, crs: CRS, *, source: str
) -> tuple[Geometries | Polygons, list[AuditRow]]:
    """Geometries with their coordinates restored.

    Parameters
    ----------
    drawn : ndarray of shapely geometries, shape (n_units,), or Polygons
    datum : {"WGS84", "GCJ-02", "BD-09"}
    crs : pyproj.CRS
        What the file says; it is kept.
    source : str
        The file, for errors and the audit row.

    Returns
    -------
    restored : the same kind
    audit : list of AuditRow
        What was done, unless nothing was to be.

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
    if isinstance(drawn, Polygons):
        restored = replace(drawn, rings=replace(drawn.rings, xy=restore(drawn.rings.xy)))
    else:
        flat, deep = flatten(drawn, source=source)
        restored = shapely.transform(flat, restore)
    metres = moved[0]
    mean = metres.sum() / max(len(metres), 1)
    said = f"moved by {mean:.0f} m on average, at most {metres.max(initial=0.0):.0f} m"
    detail = f"{datum} restored to WGS84: {len(metres)} vertices {said}"
    count = len(drawn.single) if isinstance(drawn, Polygons) else len(drawn)
    row = AuditRow("boundaries", "restored_datum", source, detail, count, file=source)
    return restored, [*deep, row]
