"""Rings: flat arrays there and back, and what is no polygon."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo._rings import polygons_of, rings_of
from geo.errors import GeometryError

HOLED = box(0, 0, 3, 3) - box(1, 1, 2, 2)


def test_offsets_by_hand():
    rings = rings_of([box(0, 0, 1, 1), Polygon(), MultiPolygon([HOLED, box(5, 5, 6, 6)])])
    assert rings.unit_vertices.tolist() == [0, 5, 5, 20]
    holes = [len(xy) for xy, hole in zip(_ring_vertices(rings), rings.is_hole, strict=True) if hole]
    assert holes == [5]
    assert len(rings.xy) == 20


def _ring_vertices(rings) -> list[np.ndarray]:
    return np.split(rings.xy, rings.ring_starts[1:-1])


def test_there_and_back():
    units = [HOLED, MultiPolygon([HOLED, box(5, 5, 6, 6)]), Polygon(), MultiPolygon([HOLED])]
    single = np.array([True, False, True, False])
    back = polygons_of(rings_of(units), single=single)
    assert [one.wkt for one in back] == [one.wkt for one in units]


def test_an_empty_part_is_left_out():
    unit = shapely.from_wkt("MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))")
    back = polygons_of(rings_of([unit]), single=np.array([False]))
    assert back[0].wkt == "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"


@pytest.mark.parametrize(
    ("geometry", "named"),
    [
        (None, "nothing"),
        (shapely.Point(1, 1), "Point"),
        (shapely.GeometryCollection([box(0, 0, 1, 1)]), "GeometryCollection"),
        (Polygon([(0, 0), (np.inf, 0), (0, 1)]), "inf"),
    ],
)
def test_other_geometries_are_refused(geometry, named):
    with pytest.raises(GeometryError, match=named) as caught:
        rings_of([box(0, 0, 1, 1), geometry])
    assert "unit 1" in str(caught.value)
