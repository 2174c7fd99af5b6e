"""Shares of units inside the outlines of their cities."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.city_membership import share_inside
from geo.outlines import outlines


def test_by_hand() -> None:
    cities = np.array([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    units = np.array([box(1, 1, 2, 2), box(9, 0, 12, 1), box(15, 5, 16, 6), box(30, 0, 31, 1)])
    found = share_inside(units, ["a", "a", "a", "x"], cities, ["a", "b"])
    np.testing.assert_allclose(found["inside"], [1.0, 1 / 3, 0.0, np.nan])
    assert found["lies_in"].tolist() == ["a", "b", "b", ""]


def test_units_in_the_outlines_made_of_them() -> None:
    shapes = np.array([box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)])
    city = np.array([x // 3 for x in range(8) for _ in range(8)])
    found = share_inside(
        shapes, [f"c{k}" for k in city], outlines(shapes, city), ["c0", "c1", "c2"]
    )
    assert (found["inside"] == 1.0).all()
    assert found["lies_in"].tolist() == [f"c{k}" for k in city]


coordinate = st.floats(0.0, 10.0, allow_nan=False).map(lambda value: round(value, 3))
triangles = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=3).map(shapely.Polygon)


@given(st.lists(triangles.filter(lambda one: one.area > 0.1), min_size=1, max_size=6))
def test_any_triangles_as_their_intersection_says(units: list[shapely.Polygon]) -> None:
    city = shapely.Point(5.0, 5.0).buffer(3.0, quad_segs=40)
    found = share_inside(np.array(units), ["a"] * len(units), np.array([city]), ["a"])
    want = [unit.intersection(city).area / unit.area for unit in units]
    np.testing.assert_allclose(found["inside"], want, 0, 1e-9)
