"""Area of units on the WGS84 ellipsoid."""

from itertools import chain, pairwise

import geopandas as gpd
import numpy as np
from pyproj import CRS, Geod, Transformer

from geo._rings import Floats, Ints, rings_of
from geo._threads import in_threads, processors
from geo.errors import MissingCrsError

WGS84 = "EPSG:4326"

RINGS_PER_CALL = 256


def geodesic_area_km2(table: gpd.GeoDataFrame) -> Floats:
    """Area of units on the WGS84 ellipsoid, edges taken as geodesics between vertices.

    Parameters
    ----------
    table : GeoDataFrame, (n_units,)
        Polygons or MultiPolygons in any CRS; vertices are brought to longitude and latitude
        first. Rings may run either way.

    Returns
    -------
    float64 array, (n_units,)
        In square kilometres: shells less holes.

    Raises
    ------
    MissingCrsError
        If the table has no CRS.
    GeometryError
        If a geometry is missing, not polygonal or not finite.
    """
    if table.crs is None:
        raise MissingCrsError(
            "units", expected="a CRS", found="none", hint="set the CRS of the boundary file"
        )
    rings = rings_of(table.geometry.array)
    source = CRS.from_user_input(table.crs)
    lon, lat = rings.xy[:, 0], rings.xy[:, 1]
    if not source.equals(CRS(WGS84), ignore_axis_order=True):
        lon, lat = Transformer.from_crs(source, WGS84, always_xy=True).transform(lon, lat)
    areas = _ring_areas(np.asarray(lon), np.asarray(lat), rings.ring_starts)
    signed = np.where(rings.is_hole, -areas, areas)
    n_units = len(rings.unit_starts) - 1
    unit = np.repeat(np.arange(n_units), np.diff(rings.unit_rings))
    return np.bincount(unit, weights=signed, minlength=n_units) / 1e6


def _ring_areas(lon: Floats, lat: Floats, starts: Ints) -> Floats:
    """(n_rings) geodesic area of rings in square metres, positive either way round.

    pyproj takes one ring a call; the calls run in threads.
    """
    geod = Geod(ellps="WGS84")

    def areas(span: Ints) -> list[float]:
        return [
            abs(geod.polygon_area_perimeter(lon[start:stop], lat[start:stop])[0])
            for start, stop in pairwise(span.tolist())
        ]

    n_rings = len(starts) - 1
    spans = [
        starts[first : min(first + RINGS_PER_CALL, n_rings) + 1]
        for first in range(0, n_rings, RINGS_PER_CALL)
    ]
    return np.fromiter(chain(*in_threads(areas, spans, processors())), dtype=np.float64)
