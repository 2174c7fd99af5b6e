"""Rings that surely are simple: never against GEOS, and nearly always where GEOS says so."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from geo._simple import surely_simple
from geo.rings import rings_of

coarse = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12)
fine = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8)


def sure(*polygons: Polygon) -> list[bool]:
    return surely_simple(rings_of(polygons)).tolist()


@given(st.lists(coarse | fine, min_size=1, max_size=5))
def test_never_sure_of_an_invalid_polygon(rings):
    polygons = np.array([Polygon(ring) for ring in rings], dtype=object)
    assert not (np.array(sure(*polygons)) & ~shapely.is_valid(polygons)).any()


def crinkled(n: int, seed: int) -> np.ndarray:
    """A ring round the origin whose vertices follow each other by angle: simple by construction."""
    turn = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    radius = np.random.default_rng(seed).uniform(1.0 - min(0.8, 50.0 / n), 1.0, n)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])


@pytest.mark.parametrize("n", [3, 4, 5, 7, 8, 9, 33, 150, 1000, 20_000])
def test_sure_of_crinkled_rings_of_any_length(n):
    ring = crinkled(n, seed=n)
    assert sure(Polygon(ring), Polygon(ring[::-1]), Polygon(np.roll(ring, 1, axis=0))) == [True] * 3


@pytest.mark.parametrize("n", [8, 150, 1000])
def test_not_sure_when_any_two_vertices_change_places(n):
    ring = crinkled(n, seed=n)
    swapped = []
    for first in range(0, n, max(1, n // 25)):
        crossed = ring.copy()
        crossed[[first, (first + n // 2) % n]] = crossed[[(first + n // 2) % n, first]]
        swapped.append(Polygon(crossed))
    assert not shapely.is_valid(swapped).any()
    assert not any(sure(*swapped))


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (2, 2), (2, 0), (0, 2)],  # edges cross
        [(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)],  # a vertex on an edge
        [(0, 0), (2, 0), (2, 2), (2, 5), (2, 2), (0, 2)],  # a spike
        [(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)],  # a vertex met twice
        [(0, 0), (1, 0), (2, 0)],  # no area
        [(0, 0), (3, 0), (3, 1), (2, 0), (1, 0), (0, 1)],  # edges along each other
    ],
)
def test_not_sure_of_rings_that_touch_themselves(corners):
    for start in range(len(corners)):
        assert sure(Polygon(corners[start:] + corners[:start])) == [False]


def test_sure_of_vertices_along_a_straight_edge():
    corners = [(0.0, 0.0), (0.1, 0.1), (0.3, 0.3), (0.7, 0.7), (1.0, 0.0)]
    assert sure(Polygon(corners)) == [True]


def test_not_sure_of_a_gap_within_rounding():
    """The third vertex lies beside the first edge by less than double precision tells."""
    beside = np.nextafter(1.0 / 3.0, 1.0)
    assert sure(Polygon([(0, 0), (3, 1), (3, 2), (1, beside), (0, 2)])) == [False]
    assert sure(Polygon([(0, 0), (3, 1), (3, 2), (1, beside + 1e-9), (0, 2)])) == [True]


def test_not_sure_of_vertices_met_twice_in_a_row():
    assert sure(Polygon([(0, 0), (1, 0), (1, 0), (1, 1)])) == [False]


def test_rings_are_told_apart():
    holed = Polygon(box(0, 0, 9, 9).exterior, [[(1, 1), (3, 3), (3, 1), (1, 3)]])
    assert sure(box(0, 0, 1, 1), holed, box(5, 5, 6, 6)) == [True, True, False, True]


def test_a_comb_whose_boxes_all_overlap_is_given_up():
    """Long teeth along a diagonal: valid, but every box meets every other."""
    step = np.arange(6000.0)
    near, far = np.column_stack([step, -step]), np.column_stack([step + 1e6, -step + 1e6])
    teeth = np.where((np.arange(6000) % 2 == 0)[:, None], near, far)
    comb = Polygon(np.vstack([teeth, (-1e6, -1e7)]))
    assert comb.is_valid
    assert sure(comb) == [False]
