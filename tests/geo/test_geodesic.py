"""The closed formula for rings of short edges, against GeographicLib."""

import math

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon

from geo._geodesic import ring_areas
from geo.area import geodesic_area_km2

GEOD = Geod(ellps="WGS84")
ROUNDING_M2 = 0.05
"""What double precision may take from either side; the areas are up to 1e12 m2."""


def exact_m2(ring: np.ndarray) -> float:
    return GEOD.polygon_area_perimeter(ring[:, 0], ring[:, 1])[0]


def measured(*rings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas and bounds of rings, in square metres."""
    starts = np.cumsum([0, *map(len, rings)])
    areas, bounds = np.full(len(rings), np.nan), np.full(len(rings), np.nan)
    ring_areas(0, len(rings), np.concatenate(rings), starts, areas, bounds)
    return areas, bounds


def star(lon: float, lat: float, degrees: float, n: int, seed: int) -> np.ndarray:
    """A crinkled ring round a place, anticlockwise, as wide on the ground in both directions."""
    radius = degrees * np.random.default_rng(seed).uniform(0.7, 1.0, n)
    turn = np.linspace(0.0, 2.0 * math.pi, n, endpoint=False)
    x = lon + radius * np.cos(turn) / math.cos(math.radians(lat))
    ring = np.column_stack([x, lat + radius * np.sin(turn)])
    return np.vstack([ring, ring[:1]])


@given(
    st.floats(-179.0, 179.0),
    st.floats(-80.0, 80.0),
    st.floats(0.005, 0.2),
    st.integers(60, 300),
    st.integers(0, 99),
)
def test_crinkled_rings(lon, lat, degrees, n, seed):
    ring = star(lon, lat, degrees, n, seed)
    areas, bounds = measured(ring, ring[::-1])
    exact = exact_m2(ring) * np.array([1, -1])
    np.testing.assert_allclose(areas, exact, rtol=1e-9)
    assert (np.abs(areas - exact) <= bounds + ROUNDING_M2).all()


def below_edge(lon: float, lat: float, next_lat: float) -> np.ndarray:
    """The ring of an edge from longitude 0, the equator below it and the meridians between.

    Equator and meridians are geodesics of which the formula leaves out next to nothing.
    """
    down, up = np.linspace(next_lat, 0.0, 120), np.linspace(0.0, lat, 120)
    first = np.column_stack([np.full(120, lon), down])
    return np.vstack([[(0.0, lat)], first, np.column_stack([np.zeros(120), up])])


@given(st.floats(-85.0, 85.0), st.floats(-2.8, 2.8), st.floats(-2.8, 2.8))
def test_an_edge_leaves_out_less_than_its_bound(lat, east, north):
    ring = below_edge(east, lat, lat + north)
    (area,), (bound,) = measured(ring)
    assert abs(area - exact_m2(ring)) <= bound + ROUNDING_M2


def test_the_bound_is_near_what_is_left_out():
    """An edge toward the pole leaves out half its bound, as the series says."""
    ring = below_edge(0.5, 80.0, 82.5)
    (area,), (bound,) = measured(ring)
    left_out = abs(area - exact_m2(ring))
    assert left_out > 1000 * ROUNDING_M2
    assert 0.4 * bound < left_out < 0.6 * bound


@pytest.mark.parametrize("lat", [-60.0, 0.0, 30.0, 75.0])
@pytest.mark.parametrize("turn", [0.0, 0.5, 1.2, math.pi / 2])
def test_slivers(lat, turn):
    """One side of many vertices, the other straight: here errors do not cancel."""
    along = np.linspace(0.0, 0.3, 40)
    side = np.column_stack([along, 1e-4 * np.sin(along / 0.3 * math.pi)])
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    ring = np.vstack([side, side[:1]]) @ spin + (10.0, lat)
    # GeographicLib's rounding is that of the ring's area down to the equator.
    km2 = geodesic_area_km2(gpd.GeoDataFrame(geometry=[Polygon(ring)], crs="EPSG:4326"))
    assert km2[0] == pytest.approx(abs(exact_m2(ring)) / 1e6, rel=1e-9)


def test_rings_on_both_sides_of_the_equator_add_up():
    ring = star(20.0, 0.05, 0.3, 200, seed=3)
    assert ring[:, 1].min() < 0.0 < ring[:, 1].max()
    areas, _ = measured(ring)
    assert areas[0] == pytest.approx(exact_m2(ring), rel=1e-10)


@pytest.mark.parametrize("lat", [0.0, 30.0, 55.0])
def test_boundaries_as_they_are_drawn_need_no_exact_area(lat):
    """A township of 20 km whose edges are some 600 m."""
    (area,), (bound,) = measured(star(100.0, lat, 0.1, 100, seed=1))
    assert bound <= 1e-10 * area


@pytest.mark.parametrize(
    "corners",
    [
        [(179.9, 10), (-179.9, 10), (-179.9, 10.2), (179.9, 10.2)],
        [(0, 80), (90, 80), (180, 80), (-90, 80)],
        [(0, 0), (4, 0), (4, 4), (0, 4)],
        [(0, 10), (1, 10), (1, 11), (0, 11)],
    ],
)
def test_rings_beyond_the_bound_get_the_exact_area(corners):
    ring = np.array([*corners, corners[0]], dtype=np.float64)
    (area,), (bound,) = measured(ring)
    assert not bound <= 1e-10 * abs(area)
    km2 = geodesic_area_km2(gpd.GeoDataFrame(geometry=[Polygon(corners)], crs="EPSG:4326"))
    assert km2[0] == abs(exact_m2(ring)) / 1e6


def test_a_vertex_beyond_the_pole_has_no_bound():
    ring = np.array([(0, 89.99), (0.01, 89.99), (0.01, 90.001), (0, 89.99)])
    assert measured(ring)[1] == np.inf


def test_rings_are_measured_one_by_one():
    rings = [star(30.0 + k, 10.0, 0.1, 50, seed=k) for k in range(5)]
    together = measured(*rings)
    for k, ring in enumerate(rings):
        alone = measured(ring)
        assert (together[0][k], together[1][k]) == (alone[0][0], alone[1][0])
