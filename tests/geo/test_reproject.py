"""Reprojection: straight edges stay where they were, and common edges stay common."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely import MultiPolygon, Polygon, box

from geo import _straight, _transform, reproject
from geo._straight import surely_straight
from geo.coverage import coverage
from geo.errors import GeometryError, MissingCrsError
from geo.grid import Grid
from geo.reproject import rings_in_grid, to_grid
from geo.rings import rings_of

LONLAT = CRS("EPSG:4326")
ALBERS = CRS("+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84")
SINUSOIDAL = CRS("+proj=sinu +lon_0=105 +datum=WGS84")
PACIFIC = CRS("+proj=laea +lat_0=0 +lon_0=180 +datum=WGS84")
TENTH = 0.1


def grid(crs: CRS = ALBERS, cell: float = 1000.0) -> Grid:
    return Grid(crs=crs, transform=(cell, 0.0, -3e6, 0.0, -cell, 6e6), shape=(100, 100))


def units(*geometries, crs=LONLAT) -> gpd.GeoDataFrame:
    names = [f"town-{k}" for k in range(len(geometries))]
    return gpd.GeoDataFrame({"unit_id": names}, geometry=list(geometries), crs=crs)


def deviation(polygon, moved, plane: CRS, per_edge: int = 501) -> float:
    """How far points on straight edges come to lie from the moved boundary, in plane units."""
    transformer = Transformer.from_crs(LONLAT, plane, always_xy=True)
    corners = shapely.get_coordinates(polygon)
    share = np.linspace(0.0, 1.0, per_edge)[:, None, None]
    points = (corners[:-1] + share * np.diff(corners, axis=0)).reshape(-1, 2)
    x, y = transformer.transform(points[:, 0], points[:, 1])
    return float(shapely.distance(shapely.points(x, y), moved.boundary).max())


def n_vertices(geometry) -> int:
    return int(shapely.get_num_coordinates(geometry))


@pytest.mark.parametrize("cell", [100.0, 1000.0, 50_000.0])
def test_ten_degree_edges_stay_within_a_tenth_of_a_cell(cell):
    block = box(100, 35, 110, 45)
    moved = to_grid(units(block), grid(cell=cell))[0]
    assert deviation(block, moved, ALBERS) <= TENTH * cell
    straight = Polygon(
        np.column_stack(
            Transformer.from_crs(LONLAT, ALBERS, always_xy=True).transform(*block.exterior.xy)
        )
    )
    assert deviation(block, straight, ALBERS) > 3 * TENTH * 1000.0
    assert n_vertices(moved) < 2000


def test_an_edge_shaped_like_an_s_is_seen():
    """Its middle stays on the chord by symmetry, its quarters do not."""
    leaf = Polygon([(95, -20), (115, 20), (95, 20)])
    transformer = Transformer.from_crs(LONLAT, SINUSOIDAL, always_xy=True)
    assert np.hypot(*transformer.transform(105.0, 0.0)) < 1e-6
    moved = to_grid(units(leaf), grid(SINUSOIDAL))[0]
    assert deviation(leaf, moved, SINUSOIDAL) <= TENTH * 1000.0


corner = st.tuples(st.floats(80, 130), st.floats(18, 52))


@settings(max_examples=25)
@given(st.lists(corner, min_size=3, max_size=3), st.sampled_from([500.0, 5000.0, 100_000.0]))
def test_random_triangles_stay_within_a_tenth_of_a_cell(corners, cell):
    triangle = Polygon(corners)
    moved = to_grid(units(triangle), grid(cell=cell))[0]
    assert deviation(triangle, moved, ALBERS, per_edge=301) <= TENTH * cell


@given(corner, corner, corner, corner)
def test_neighbours_keep_their_common_edge_to_the_bit(start, end, left, right):
    first, second = Polygon([start, end, left]), Polygon([end, start, right])
    moved = [shapely.get_coordinates(one) for one in to_grid(units(first, second), grid())]
    ends = Transformer.from_crs(LONLAT, ALBERS, always_xy=True).transform(
        [start[0], end[0]], [start[1], end[1]]
    )
    stop = _position(moved[0], ends[0][1], ends[1][1])
    common = moved[0][: stop + 1]
    np.testing.assert_array_equal(common[::-1], moved[1][: stop + 1])


def _position(xy, x, y) -> int:
    """Where a vertex stands first after the beginning of a ring."""
    return int(np.flatnonzero((xy[1:, 0] == x) & (xy[1:, 1] == y))[0]) + 1


def test_blocks_of_degrees_share_out_every_cell_once():
    blocks = [
        box(95 + 5 * i, 25 + 5 * j, 100 + 5 * i, 30 + 5 * j) for i in range(4) for j in range(4)
    ]
    turned = [shapely.reverse(one) if k % 2 else one for k, one in enumerate(blocks)]
    plane = Grid(crs=ALBERS, transform=(20_000.0, 0.0, -5e5, 0.0, -20_000.0, 4.4e6), shape=(60, 50))
    result = coverage(to_grid(units(*turned), plane), plane)
    _, cells, weights = result.csr()
    sums = np.bincount(cells, weights=weights, minlength=3000)
    np.testing.assert_allclose(sums, 1.0, rtol=0, atol=1e-9)


def crinkled(lon, lat, degrees: float, n: int, seed: int) -> Polygon:
    turn = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    radius = degrees * np.random.default_rng(seed).uniform(0.8, 1.0, n)
    return Polygon(np.column_stack([lon + radius * np.cos(turn), lat + radius * np.sin(turn)]))


def densified(start, end, transformer: Transformer, cell: float) -> list[tuple[float, float]]:
    """The moved vertices of one edge but its last: the contract, point by point."""

    def moved(point):
        return np.array(transformer.transform(*point))

    def away(point, one, other) -> float:
        return float(np.hypot(*((moved(point) - (one + other) / 2.0) / cell)))

    middle = (start + end) / 2.0
    ends = moved(start), moved(end)
    chord = (ends[0] + ends[1]) / 2.0
    worst = max(
        away(middle, *ends),
        away((middle + start) / 2.0, chord, ends[0]),
        away((middle + end) / 2.0, chord, ends[1]),
    )
    if worst <= 0.08:
        return [tuple(ends[0])]
    first = densified(start, middle, transformer, cell)
    return first + densified(middle, end, transformer, cell)


@pytest.mark.parametrize(
    ("crs", "cell", "n_added"),
    [
        (ALBERS, 1000.0, 15),
        (ALBERS, 300.0, 50),
        (CRS("+proj=igh +lon_0=100 +datum=WGS84"), 500.0, 50),
    ],
)
def test_vertices_are_those_of_looking_at_every_edge(crs, cell, n_added, monkeypatch):
    """Thousands of short edges, a few long ones, and both sides of a kink."""
    sure = []
    monkeypatch.setattr(_straight, "LINES_PER_NODE", 1)
    monkeypatch.setattr(
        reproject,
        "surely_straight",
        lambda *args, **named: sure.append(surely_straight(*args, **named)) or sure[-1],
    )
    small = [crinkled(99 + k % 5, 39 + k // 5, 0.4, 400, seed=k) for k in range(25)]
    large = [crinkled(102, 40.5, 3.0, 30, seed=1), box(100, 38, 104, 43)]
    table = units(*small, *large)
    transformer = Transformer.from_crs(LONLAT, crs, always_xy=True)
    plane = Grid(crs=crs, transform=(cell, 0.0, 0.0, 0.0, -cell, 0.0), shape=(9, 9))
    moved = to_grid(table, plane)
    n_drawn = 0
    for drawn, got in zip(table.geometry, moved, strict=True):
        xy = shapely.get_coordinates(drawn)
        expected = [
            vertex
            for start, end in pairwise(xy)
            for vertex in densified(start, end, transformer, cell)
        ]
        np.testing.assert_array_equal(shapely.get_coordinates(got)[:-1], expected)
        n_drawn += len(xy)
    assert 1000 < sure[0].sum() < n_drawn
    assert shapely.get_num_coordinates(moved).sum() - n_drawn > n_added


def moved_rings(table, plane):
    return rings_in_grid(rings_of(table.geometry.array), table.crs, plane, names=range(len(table)))


def test_rings_are_those_of_the_geometries():
    holed = box(100, 30, 110, 40) - box(102, 32, 108, 38)
    table = units(holed, MultiPolygon([box(100, 41, 101, 42), holed]), Polygon())
    for plane in (grid(), grid(LONLAT, 0.01)):
        rings, expected = moved_rings(table, plane), rings_of(to_grid(table, plane))
        np.testing.assert_array_equal(rings.xy, expected.xy)
        np.testing.assert_array_equal(rings.ring_starts, expected.ring_starts)
        np.testing.assert_array_equal(rings.part_starts, expected.part_starts)
        assert rings.unit_vertices.tolist() == expected.unit_vertices.tolist()


def test_the_number_of_threads_changes_nothing(monkeypatch):
    table = units(*(crinkled(95 + k, 40, 0.4, 4000, seed=k) for k in range(30)))
    many = moved_rings(table, grid())
    for module in (_transform, reproject, _straight):
        monkeypatch.setattr(module, "processors", lambda: 1)
    np.testing.assert_array_equal(moved_rings(table, grid()).xy, many.xy)


def test_short_edges_get_no_vertices():
    village = box(105.00, 35.00, 105.02, 35.01)
    assert n_vertices(to_grid(units(village), grid())[0]) == 5


def test_holes_parts_and_kinds_are_kept():
    holed = box(100, 30, 110, 40) - box(102, 32, 108, 38)
    two = MultiPolygon([box(100, 41, 101, 42), holed])
    moved = to_grid(units(holed, two, Polygon(), box(100, 30, 101, 31)), grid(cell=20_000.0))
    kinds = [one.geom_type for one in moved]
    assert kinds == ["Polygon", "MultiPolygon", "Polygon", "Polygon"]
    assert len(moved[0].interiors) == 1
    assert [len(part.interiors) for part in moved[1].geoms] == [0, 1]
    assert moved[1].geoms[1].equals_exact(moved[0], 0.0)
    assert moved[2].is_empty


def test_equal_crs_leaves_geometries_untouched():
    table = units(box(0, 0, 1e5, 1e5), crs=CRS(ALBERS.to_wkt()))
    assert to_grid(table, grid())[0] is table.geometry.array[0]


def test_axis_order_alone_is_no_difference():
    table = units(box(100, 30, 110, 40), crs="OGC:CRS84")
    assert to_grid(table, grid(LONLAT, 0.01))[0] is table.geometry.array[0]


def test_the_table_is_not_changed():
    table = units(box(100, 30, 110, 40))
    before = table.geometry.to_wkb().tolist()
    to_grid(table, grid())
    assert table.geometry.to_wkb().tolist() == before


def test_units_without_crs_are_refused():
    with pytest.raises(MissingCrsError, match="expected a CRS"):
        to_grid(units(box(0, 0, 1, 1), crs=None), grid())


def test_a_vertex_without_a_place_names_unit_and_crs():
    table = units(box(100, 30, 101, 31), box(100, 89, 101, 95))
    with pytest.raises(GeometryError) as caught:
        to_grid(table, grid())
    line = str(caught.value)
    assert "town-1" in line
    assert "WGS 84" in line
    assert "95.0" in line


def test_an_edge_across_the_antimeridian_is_refused():
    table = units(box(-1e5, -1e5, -5e4, 1e5), box(-1e5, -1e5, 1e5, 1e5), crs=PACIFIC)
    with pytest.raises(GeometryError, match="town-1") as caught:
        to_grid(table, grid(LONLAT, 0.01))
    assert "jumps" in str(caught.value)
