"""Shapes for the page: edges stay shared, what is too small goes, places are where they were."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely

from nightpanel.html_report.drawn_shapes import DrawnShapes, Frame, drawn, frame_of, simplified

CRS = "EPSG:3857"


def frame(step: float = 1.0) -> Frame:
    return Frame(gpd.GeoSeries([], crs=CRS).crs, 0.0, 100.0, step, 100, 100)


def polygons_of(shapes: DrawnShapes) -> list[shapely.Geometry]:
    """Back from whole numbers, y upwards again; holes are told by containment."""
    places = shapes.places * [1, -1] + [0, 100]
    rings = np.split(places, np.cumsum(shapes.points)[:-1])
    ends = np.cumsum(shapes.rings)
    made = []
    for first, end in zip(ends - shapes.rings, ends, strict=True):
        whole = shapely.Polygon()
        for ring in rings[first:end]:
            whole = whole.symmetric_difference(shapely.Polygon(ring))
        made.append(whole)
    return made


def test_squares_and_holes_come_back() -> None:
    holed = shapely.Polygon(
        [(10, 10), (50, 10), (50, 50), (10, 50)], [[(20, 20), (30, 20), (30, 30), (20, 30)]]
    )
    two = shapely.MultiPolygon([shapely.box(60, 60, 70, 70), shapely.box(80, 80, 90, 95)])
    shapes = drawn(np.array([holed, None, two], dtype=object), frame())
    assert shapes.rings.tolist() == [2, 0, 2]
    assert shapes.points.tolist() == [4, 4, 4, 4]
    back = polygons_of(shapes)
    assert back[0].equals(holed)
    assert back[1].is_empty
    assert back[2].equals(two)


def test_what_is_smaller_than_the_grid_goes() -> None:
    small = shapely.box(10.1, 10.1, 10.3, 10.3)
    with_small = shapely.MultiPolygon([small, shapely.box(20, 20, 30, 30)])
    shapes = drawn(np.array([small, with_small], dtype=object), frame())
    assert shapes.rings.tolist() == [0, 1]
    assert drawn(np.array([None], dtype=object), frame()).places.shape == (0, 2)


def wavy(columns: int) -> np.ndarray:
    """Neighbouring strips whose common edges have many points."""
    at = np.linspace(0, 100, 400)
    edges = [
        np.column_stack([20 * k + 3 * np.sin(at * (k + 1) / 3), at]) for k in range(columns + 1)
    ]
    strips = [
        shapely.Polygon(np.vstack([left, right[::-1]])) for left, right in itertools.pairwise(edges)
    ]
    return np.array(strips, dtype=object)


def test_shared_edges_stay_shared() -> None:
    strips = wavy(4)
    plane = frame(0.01)
    fewer = simplified(strips, plane, points=300)
    assert shapely.get_num_coordinates(fewer).sum() <= 300
    assert shapely.coverage_is_valid(fewer)
    back = polygons_of(drawn(fewer, frame(0.01)))
    for one, other in itertools.pairwise(back):
        assert one.intersection(other).area == pytest.approx(0.0, abs=1e-6)
    total = shapely.union_all(back)
    assert len(total.interiors) == 0
    assert sum(one.area for one in back) == pytest.approx(total.area)


def test_a_frame_holds_its_shapes_and_keeps_areas() -> None:
    boxes = gpd.GeoSeries([shapely.box(100, 20, 101, 21), shapely.box(120, 49, 121, 50)])
    shapes = gpd.GeoDataFrame(geometry=boxes, crs="EPSG:4326")
    found = frame_of(shapes)
    plane = shapes.to_crs(found.crs)
    assert max(found.width, found.height) == pytest.approx(65535, abs=1)
    equal = shapes.to_crs("ESRI:102025").area
    np.testing.assert_allclose(plane.area / plane.area[0], equal / equal[0], rtol=2e-3)
    left, lower, right, upper = plane.total_bounds
    assert found.west == left
    assert found.north == upper
    assert found.width * found.step >= right - left
    assert found.height * found.step >= upper - lower


@pytest.mark.parametrize("box", [(-10, -2, 10, 2), (0, 80, 90, 89), (10, 10, 10.001, 10.001)])
def test_frames_of_odd_places(box: tuple[float, float, float, float]) -> None:
    shapes = gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs="EPSG:4326")
    found = frame_of(shapes)
    assert np.isfinite([found.west, found.north, found.step]).all()
    assert found.step > 0
