"""Geodesic areas against closed formulas of the ellipsoid."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.area import geodesic_area_km2
from geo.errors import MissingCrsError

SEMI_MAJOR = 6378137.0
FLATTENING = 1 / 298.257223563
ECCENTRICITY = math.sqrt(FLATTENING * (2 - FLATTENING))
EARTH_KM2 = 510_065_621.724
"""Surface of the WGS84 ellipsoid."""


def table(*geometries, crs="EPSG:4326") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(geometries), crs=crs)


def zone_km2(west: float, south: float, east: float, north: float) -> float:
    """Area between two meridians and two parallels, by the integral in closed form."""

    def below(latitude: float) -> float:
        s = math.sin(math.radians(latitude))
        e = ECCENTRICITY
        return s / (1 - (e * s) ** 2) + math.atanh(e * s) / e

    b2 = (SEMI_MAJOR * (1 - FLATTENING)) ** 2
    return b2 / 2 * math.radians(east - west) * (below(north) - below(south)) / 1e6


@pytest.mark.parametrize(
    "corners", [(0, 0, 1, 1), (108, 22, 110, 24), (-70, -55, -69, -54), (10, -1, 11, 1)]
)
def test_a_block_of_degrees_by_the_closed_formula(corners):
    fine = shapely.segmentize(box(*corners), 0.002)
    np.testing.assert_allclose(geodesic_area_km2(table(fine)), [zone_km2(*corners)], rtol=1e-8)


def test_an_octant_is_an_eighth_of_the_earth():
    octant = Polygon([(0, 0), (90, 0), (0, 90)])
    np.testing.assert_allclose(geodesic_area_km2(table(octant)), [EARTH_KM2 / 8], rtol=1e-11)


def test_holes_parts_direction_and_empty():
    shell, hole, apart = box(100, 30, 103, 33), box(101, 31, 102, 32), box(110, 30, 111, 31)
    whole, inner, other = geodesic_area_km2(table(shell, hole, apart))
    areas = geodesic_area_km2(
        table(
            shell - hole,
            MultiPolygon([shell - hole, apart]),
            shapely.reverse(shell),
            Polygon(),
            Polygon(shell.exterior.coords, [hole.exterior.coords]),
        )
    )
    expected = [whole - inner, whole - inner + other, whole, 0.0, whole - inner]
    np.testing.assert_allclose(areas, expected, rtol=1e-13)


def test_a_projected_table_gives_the_same_areas():
    geographic = table(shapely.segmentize(box(110, 23, 110.4, 23.3), 0.01))
    planar = geographic.to_crs("EPSG:32649")
    np.testing.assert_allclose(geodesic_area_km2(planar), geodesic_area_km2(geographic), rtol=1e-9)


def test_many_units_keep_their_order():
    blocks = [box(100 + k % 20, 20 + k // 20, 100.5 + k % 20, 20.5 + k // 20) for k in range(600)]
    together = geodesic_area_km2(table(*blocks))
    alone = [geodesic_area_km2(table(one))[0] for one in blocks[::97]]
    assert together[::97].tolist() == alone
    assert together[0] > together[-1]


def test_a_table_without_crs_is_refused():
    with pytest.raises(MissingCrsError, match="expected a CRS"):
        geodesic_area_km2(table(box(0, 0, 1, 1), crs=None))
