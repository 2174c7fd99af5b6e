"""Vector tiles: by hand, by a naive reader, and by GDAL."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from nightpanel.viewer.tile_box import HALF, LAST_ZOOM, TileBox, pixel_metres
from nightpanel.viewer.vector_tile import BUFFER, EXTENT, _varints, encode_tile
from tests.nightpanel.viewer.mvt import Feature, area, layers

WORLD = TileBox(0, 0, 0)
UNIT = WORLD.size / EXTENT
"""Metres of a unit of the world's tile."""


def at(x: float, y: float) -> tuple[float, float]:
    """Metres of a place in the world's tile."""
    return -HALF + x * UNIT, HALF - y * UNIT


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.Polygon([at(x, y), at(x + side, y), at(x + side, y + side), at(x, y + side)])


def encoded(*shapes: shapely.Geometry, box: TileBox = WORLD) -> list[Feature]:
    tile = encode_tile(np.array(shapes, dtype=object), np.arange(len(shapes)) + 1, box, layer="l")
    return [feature for layer in layers(tile) for feature in layer.features]


def test_a_square_byte_by_byte() -> None:
    tile = encode_tile(np.array([square(2, 3, 4)], dtype=object), np.array([7]), WORLD, layer="a")
    # Move to (2, 3), three lines, close; zigzag doubles. Which corner comes first is the clip's.
    (feature,) = layers(tile)[0].features
    (ring,) = feature.rings
    assert sorted(ring) == [(2, 3), (2, 7), (6, 3), (6, 7)]
    assert area(ring) == 16
    body = tile[2:]
    assert tile[0] == 3 << 3 | 2
    assert tile[1] == len(body)
    assert body.startswith(b"\x0a\x01a" + b"\x28\x80\x20" + b"\x78\x02" + b"\x12")
    assert bytes([0x08, 7, 0x18, 3, 0x22]) in body
    assert body.endswith(b"\x0f")


def test_a_hole_is_wound_the_other_way_and_follows_its_ring() -> None:
    ringed = square(10, 10, 100) - square(30, 30, 20)
    for shape in (ringed, shapely.reverse(ringed)):
        (feature,) = encoded(shape)
        assert [area(ring) for ring in feature.rings] == [100**2, -(20**2)]


def test_parts_of_a_multipolygon_are_one_feature() -> None:
    (feature,) = encoded(shapely.MultiPolygon([square(0, 0, 10), square(50, 50, 20)]))
    assert sorted(area(ring) for ring in feature.rings) == [100, 400]


def test_what_is_less_than_a_triangle_is_left_out() -> None:
    speck = square(5, 5, 0.2)
    flat = shapely.Polygon([at(0, 0), at(100, 0.1), at(200, 0)])
    assert encoded(speck, flat) == []
    small_hole = square(10, 10, 50) - square(20, 20, 0.2)
    (feature,) = encoded(speck, small_hole)
    assert (feature.id, len(feature.rings)) == (2, 1)
    assert encode_tile(np.array([speck], dtype=object), np.array([1]), WORLD, layer="l") == b""


def test_polygons_are_cut_a_little_beyond_the_tile() -> None:
    box = TileBox(2, 1, 1)
    (feature,) = encoded(shapely.box(-HALF, -HALF, HALF, HALF), box=box)
    assert area(feature.rings[0]) == (EXTENT + 2 * BUFFER) ** 2


def test_neighbours_share_the_points_of_their_edge() -> None:
    crinkled = [at(100 + 7 * np.sin(k), 10 * k) for k in range(20)]
    left = shapely.Polygon([at(0, 0), *crinkled, at(0, 190)])
    right = shapely.Polygon([at(200, 190), *reversed(crinkled), at(200, 0)])
    first, second = encoded(left, right)
    assert len(set(first.rings[0]) & set(second.rings[0])) == 20


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3500), st.integers(0, 3500), st.integers(4, 300), st.integers(3, 9)
        ),
        min_size=1,
        max_size=12,
    )
)
def test_areas_are_those_of_the_polygons(places: list[tuple[int, int, int, int]]) -> None:
    shapes = []
    for x, y, radius, corners in places:
        turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        points = [at(x + radius * (1 + np.cos(t)), y + radius * (1 + np.sin(t))) for t in turns]
        shapes.append(shapely.Polygon(points))
    features = {feature.id: feature for feature in encoded(*shapes)}
    for place, shape in enumerate(shapes):
        true = shape.area / UNIT**2
        # Each point is rounded by half a unit at most, in both directions.
        assert abs(area(features[place + 1].rings[0]) - true) <= shape.length / UNIT + 4


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_varints_are_those_of_protocol_buffers(numbers: list[int]) -> None:
    data, ends = _varints(np.array(numbers, dtype=np.uint64))
    expected = b""
    for number in numbers:
        groups = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
        expected += bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])
    assert data.tobytes() == expected
    assert ends[-1] == len(expected)


def test_gdal_reads_the_same(tmp_path: Path) -> None:
    shapes = [square(10, 20, 30), square(100, 100, 50) - square(110, 110, 5)]
    path = tmp_path / "tile.mvt"
    data = encode_tile(np.array(shapes, dtype=object), np.array([1, 5]), WORLD, layer="places")
    path.write_bytes(data)
    assert pyogrio.list_layers(path)[0][0] == "places"
    read = pyogrio.read_dataframe(path, CLIP="NO")
    assert read["mvt_id"].tolist() == [1, 5]
    assert read.is_valid.all()
    assert read.geometry.area.tolist() == [900.0, 2475.0]


def test_tiles_lie_in_rows_from_the_north_west() -> None:
    assert WORLD.bounds == (-HALF, -HALF, HALF, HALF)
    assert TileBox(1, 0, 0).bounds == (-HALF, 0.0, 0.0, HALF)
    assert TileBox(1, 1, 1).bounds == (0.0, -HALF, HALF, 0.0)
    assert pixel_metres(1) == HALF / 512


@pytest.mark.parametrize(
    ("zoom", "column", "row", "exists"),
    [
        (0, 0, 0, True),
        (0, 1, 0, False),
        (3, 7, 7, True),
        (3, 8, 0, False),
        (3, -1, 0, False),
        (-1, 0, 0, False),
        (LAST_ZOOM, 0, 0, True),
        (LAST_ZOOM + 1, 0, 0, False),
        (10**6, 0, 0, False),
    ],
)
def test_which_tiles_exist(zoom: int, column: int, row: int, exists: bool) -> None:
    assert TileBox(zoom, column, row).exists is exists
