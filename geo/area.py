"""Area of units on the WGS84 ellipsoid."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
from pyproj import CRS, Geod, Transformer

from geo._geodesic import ring_areas
from geo._transform import transformed
from geo.errors import MissingCrsError
from geo.rings import Floats, Ints, Rings, rings_of
from geo.threads import in_threads, processors, runs

WGS84 = "EPSG:4326"

LARGEST_ERROR = 1e-10
"""Rings whose area by the closed formula may be wrong by more, relatively, get the exact one."""

VERTICES_PER_CALL = 50_000


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
        In square kilometres: shells less holes. Each ring's area is right to 1e-10, rounding apart.

    Raises
    ------
    MissingCrsError
        If the table has no CRS.
    GeometryError
        If a geometry is missing, not polygonal or not finite.

    Notes
    -----
    Rings of short edges take a closed formula with a bound on its error (``geo._geodesic``); those
    whose bound exceeds 1e-10 of their area, those across the antimeridian and those round a pole
    take GeographicLib's exact one (Karney 2013), as pyproj offers it.
    """
    if table.crs is None:
        raise MissingCrsError(
            "units", expected="a CRS", found="none", hint="set the CRS of the boundary file"
        )
    return rings_area_km2(rings_of(table.geometry.array), CRS.from_user_input(table.crs))


def rings_area_km2(rings: Rings, crs: CRS) -> Floats:
    """As `geodesic_area_km2`, of units as rings with finite coordinates in ``crs``."""
    if not crs.equals(CRS(WGS84), ignore_axis_order=True):
        to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
        rings = replace(rings, xy=transformed(to_degrees, rings.xy))
    areas = _ring_areas(rings.xy, rings.ring_starts)
    return _by_unit(np.where(rings.is_hole, -areas, areas), rings) / 1e6


def _by_unit(values: Floats, rings: Rings) -> Floats:
    """(n_units) sums of the values of a unit's rings."""
    n_units = len(rings.unit_starts) - 1
    unit = np.repeat(np.arange(n_units), np.diff(rings.unit_rings))
    return np.bincount(unit, weights=values, minlength=n_units).astype(np.float64, copy=False)


def _ring_areas(lonlat: Floats, starts: Ints) -> Floats:
    """(n_rings) geodesic area of rings in square metres, positive either way round."""
    areas, bounds = np.empty(len(starts) - 1), np.empty(len(starts) - 1)

    def close(run: tuple[int, int]) -> None:
        ring_areas(*run, lonlat, starts, areas, bounds)

    in_threads(close, runs(starts, VERTICES_PER_CALL), processors())
    np.abs(areas, out=areas)
    # Not the other way round: a bound that is not a number is no evidence.
    rest = np.flatnonzero(~(bounds <= LARGEST_ERROR * areas))
    areas[rest] = _exact_areas(lonlat, starts, rest)
    return areas


def _exact_areas(lonlat: Floats, starts: Ints, rings: Ints) -> Floats:
    """(n_rings) the same for some of the rings, whatever their edges: one ring a call."""
    geod = Geod(ellps="WGS84")
    lengths = np.zeros(len(rings) + 1, dtype=np.int64)
    np.cumsum(starts[rings + 1] - starts[rings], out=lengths[1:])
    areas = np.empty(len(rings))

    def exact(run: tuple[int, int]) -> None:
        for k in range(*run):
            lon, lat = lonlat[starts[rings[k]] : starts[rings[k] + 1]].T
            areas[k] = abs(geod.polygon_area_perimeter(lon, lat)[0])

    in_threads(exact, runs(lengths, VERTICES_PER_CALL), processors())
    return areas
