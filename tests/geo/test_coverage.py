"""Coverage: shares one can do by hand, and three oracles that do not share its formula."""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPolygon, Polygon, box

from geo.coverage import Coverage, coverage
from geo.grid import Grid

PLANE = CRS("EPSG:32649")
NORTH_UP = (1.0, 0.0, 0.0, 0.0, -1.0, 3.0)
EXACTEXTRACT_TOLERANCE = 1e-6
"""exactextract computes coverage in single precision."""
GEOS_TOLERANCE = 1e-9
"""GEOS computes intersections in double precision, with coordinates of order 10 here."""


def grid(transform=NORTH_UP, shape=(3, 3)) -> Grid:
    return Grid(crs=PLANE, transform=transform, shape=shape)


def dense(result: Coverage) -> np.ndarray:
    indptr, cells, weights = result.csr()
    """(n_units, rows, cols) shares."""
    rows, cols = result.grid.shape
    unit = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    shares = np.zeros((len(indptr) - 1, rows * cols))
    shares[unit, cells] = weights
    return shares.reshape(-1, rows, cols)


def shares_by_geos(geometry, transform, shape) -> np.ndarray:
    """The first oracle: every cell intersected with the polygon."""
    a, _, c, _, e, f = transform
    row, col = np.indices(shape)
    x, y = c + a * col, f + e * row
    cells = box(
        np.minimum(x, x + a), np.minimum(y, y + e), np.maximum(x, x + a), np.maximum(y, y + e)
    )
    return shapely.area(shapely.intersection(geometry, cells)) / abs(a * e)


def shares_by_exactextract(geometries, transform, shape) -> np.ndarray:
    """The second oracle; north-up grids only."""
    a, _, c, _, e, f = transform
    bounds = (c, f + e * shape[0], c + a * shape[1], f)
    raster = NumPyRasterSource(np.zeros(shape, np.int8), *bounds, srs_wkt=PLANE.to_wkt())
    numbers = {"unit": np.arange(len(geometries))}
    units = gpd.GeoDataFrame(numbers, geometry=list(geometries), crs=PLANE)
    table = exact_extract(
        raster, units, ["cell_id", "coverage"], include_cols=["unit"], output="pandas"
    )
    shares = np.zeros((len(geometries), shape[0] * shape[1]))
    for unit, cell, share in zip(table["unit"], table["cell_id"], table["coverage"], strict=True):
        shares[unit, np.asarray(cell, dtype=np.int64)] = share
    return shares.reshape(-1, *shape)


ANNULUS = box(0, 0, 3, 3) - box(1, 1, 2, 2)
BY_HAND = [
    ("one cell", box(1, 1, 2, 2), [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    ("whole grid", box(0, 0, 3, 3), [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    (
        "square between cells",
        box(0.5, 0.5, 2.5, 2.5),
        [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]],
    ),
    (
        "triangle along the diagonal",
        Polygon([(0, 0), (3, 0), (0, 3)]),
        [[0.5, 0, 0], [1, 0.5, 0], [1, 1, 0.5]],
    ),
    (
        "flat triangle",
        Polygon([(0, 0), (3, 0), (0, 1)]),
        [[0, 0, 0], [0, 0, 0], [5 / 6, 1 / 2, 1 / 6]],
    ),
    ("the same, the other way", Polygon([(0, 1), (3, 0), (0, 0)]), "flat triangle"),
    ("hole of one cell", ANNULUS, [[1, 1, 1], [1, 0, 1], [1, 1, 1]]),
    (
        "hole that runs like its shell",
        Polygon(box(0, 0, 3, 3).exterior.coords, [box(1, 1, 2, 2).exterior.coords]),
        "hole of one cell",
    ),
    (
        "hole across cells",
        box(0, 0, 3, 3) - box(0.5, 1.5, 2.5, 2.5),
        [[0.75, 0.5, 0.75], [0.75, 0.5, 0.75], [1, 1, 1]],
    ),
    (
        "two parts in one cell and one apart",
        MultiPolygon([box(0, 2, 0.25, 3), box(0.5, 2, 1, 3), box(2, 0, 3, 0.5)]),
        [[0.75, 0, 0], [0, 0, 0], [0, 0, 0.5]],
    ),
    (
        "island in a lake",
        MultiPolygon([ANNULUS, box(1.25, 1.25, 1.75, 1.75)]),
        [[1, 1, 1], [1, 0.25, 1], [1, 1, 1]],
    ),
    ("smaller than a cell", box(1.4, 1.4, 1.6, 1.65), [[0, 0, 0], [0, 0.05, 0], [0, 0, 0]]),
    (
        "sliver across",
        box(0.5, 1.5, 2.5, 1.501),
        [[0, 0, 0], [0.0005, 0.001, 0.0005], [0, 0, 0]],
    ),
    (
        "sliver down",
        box(1.5, 0.5, 1.501, 2.5),
        [[0, 0.0005, 0], [0, 0.001, 0], [0, 0.0005, 0]],
    ),
    ("over the left edge", box(-2, 1.5, 1.5, 2.5), [[0.5, 0.25, 0], [0.5, 0.25, 0], [0, 0, 0]]),
    ("over the right edge", box(1.5, 1, 9, 2), [[0, 0, 0], [0, 0.5, 1], [0, 0, 0]]),
    ("over the upper edge", box(1, 2.5, 2, 7), [[0, 0.5, 0], [0, 0, 0], [0, 0, 0]]),
    ("over the lower edge", box(1, -7, 2, 0.25), [[0, 0, 0], [0, 0, 0], [0, 0.25, 0]]),
    ("around the grid", box(-100, -100, 100, 100), "whole grid"),
    (
        "slanted edge that enters from the left",
        Polygon([(-1, 1), (1, 3), (-1, 3)]),
        [[0.5, 0, 0], [0, 0, 0], [0, 0, 0]],
    ),
    (
        "slanted edge that leaves to the right",
        Polygon([(2, 3), (4, 1), (4, 3)]),
        [[0, 0, 0.5], [0, 0, 0], [0, 0, 0]],
    ),
    ("left of the grid", box(-5, 0, -1, 3), "nothing"),
    ("right of the grid", box(4, 0, 5, 3), "nothing"),
    ("above the grid", box(0, 4, 3, 5), "nothing"),
    ("below the grid", box(0, -5, 3, -1), "nothing"),
    ("against the left edge", box(-1, 0, 0, 3), "nothing"),
    ("against the right edge", box(3, 0, 4, 3), "nothing"),
    ("against the upper edge", box(0, 3, 3, 4), "nothing"),
    ("against the lower edge", box(0, -1, 3, 0), "nothing"),
    ("empty", Polygon(), "nothing"),
    ("nothing", MultiPolygon(), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
]
EXPECTED = {name: shares for name, _, shares in BY_HAND if not isinstance(shares, str)}


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        pytest.param(shape, EXPECTED[want] if isinstance(want, str) else want, id=name)
        for name, shape, want in BY_HAND
    ],
)
def test_shares_by_hand(geometry, expected):
    result = coverage([geometry], grid())
    np.testing.assert_allclose(dense(result)[0], expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(result.polygon_area, [np.sum(expected)], rtol=1e-14, atol=1e-15)
    assert not result.mismatch[0]


def test_an_exact_slope_in_rational_numbers():
    """A triangle under y = x / 7: cell (bottom, j) holds (2 j + 1) / 14, without rounding."""
    triangle = Polygon([(0, 0), (7, 0), (7, 1)])
    result = coverage([triangle], grid((1.0, 0.0, 0.0, 0.0, -1.0, 1.0), (1, 7)))
    _, _, weights = result.csr()
    exact = [float(Fraction(2 * j + 1, 14)) for j in range(7)]
    np.testing.assert_allclose(weights, exact, rtol=1e-15)


def test_untouched_cells_inside_have_share_one_exactly():
    circle = shapely.Point(50.3, 49.8).buffer(40.1, quad_segs=64)
    shares = dense(coverage([circle], grid((1.0, 0.0, 0.0, 0.0, -1.0, 100.0), (100, 100))))[0]
    assert (shares == 1.0).sum() > 4000
    assert not ((shares > 1.0 - 1e-9) & (shares < 1.0)).any()


@pytest.mark.parametrize(("reach", "stored"), [(1e-11, 2), (1e-13, 1)])
def test_shares_under_the_cutoff_are_dropped_but_counted_in_the_check(reach, stored):
    result = coverage([box(0, 1, 1 + reach, 2)], grid())
    _, cells, _ = result.csr()
    assert len(cells) == stored
    assert result.area_error[0] < 1e-15


def test_units_stand_in_their_order():
    units = [box(2, 0, 3, 1), Polygon(), box(0, 2, 1, 3), box(0, 0, 3, 3)]
    result = coverage(units, grid())
    indptr, cells, _ = result.csr()
    assert indptr.tolist() == [0, 1, 1, 2, 11]
    assert cells.tolist() == [8, 0, *range(9)]


def test_no_units_give_an_empty_coverage():
    result = coverage([], grid())
    indptr, cells, weights = result.csr()
    assert indptr.tolist() == [0]
    assert len(cells) == len(weights) == len(result.mismatch) == 0


def test_heights_of_vertices_are_left_out():
    flat = Polygon([(0.5, 0.5), (2.5, 0.5), (2.5, 2.5)])
    raised = shapely.force_3d(flat, 7.0)
    np.testing.assert_array_equal(
        dense(coverage([flat], grid())), dense(coverage([raised], grid()))
    )


# Any orientation of rows and columns is the same picture, turned.


SCENE = [
    box(0.5, 0.25, 2.5, 1.75),
    Polygon([(-1, 0.2), (2.2, 3.7), (1.3, 0.4)]),
    box(0.1, 0.1, 2.9, 2.9) - box(1.2, 0.7, 2.1, 2.4),
]


def test_south_up_is_north_up_flipped():
    north = dense(coverage(SCENE, grid()))
    south = dense(coverage(SCENE, grid((1.0, 0.0, 0.0, 0.0, 1.0, 0.0))))
    np.testing.assert_allclose(south, north[:, ::-1, :], rtol=0, atol=1e-15)


def test_columns_from_east_to_west_are_mirrored():
    east = dense(coverage(SCENE, grid()))
    west = dense(coverage(SCENE, grid((-1.0, 0.0, 3.0, 0.0, -1.0, 3.0))))
    np.testing.assert_allclose(west, east[:, :, ::-1], rtol=0, atol=1e-15)


def test_both_turned_is_rotated_by_half_a_turn():
    plain = dense(coverage(SCENE, grid()))
    turned = dense(coverage(SCENE, grid((-1.0, 0.0, 3.0, 0.0, 1.0, 0.0))))
    np.testing.assert_allclose(turned, plain[:, ::-1, ::-1], rtol=0, atol=1e-15)


# Random polygons against the two oracles.

OBLONG = ((0.7, 0.0, -1.1, 0.0, -0.9, 4.3), (7, 9))
SOUTH_UP = ((0.7, 0.0, -1.1, 0.0, 0.9, -2.0), (7, 9))
unit_interval = st.floats(0.0, 1.0, allow_nan=False)


@st.composite
def stars(draw):
    """Star-shaped polygons, sometimes with a hole, around and beyond the oblong grid."""
    n = draw(st.integers(3, 12))
    gaps = np.array(draw(st.lists(st.floats(0.1, 1.0), min_size=n, max_size=n)))
    radii = np.array(draw(st.lists(st.floats(0.05, 6.0), min_size=n, max_size=n)))
    angle = np.cumsum(gaps) / gaps.sum() * 2 * np.pi
    centre = np.array([-2.5 + 9.0 * draw(unit_interval), -4.0 + 10.0 * draw(unit_interval)])
    offset = radii[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    if n == 3 or draw(st.booleans()):
        return Polygon(centre + offset)
    return Polygon(centre + offset, [centre + 0.4 * offset])


@st.composite
def lattice_polygons(draw):
    """Polygons with corners on the grid's own lines and nodes, where degenerate cases live."""
    n = draw(st.integers(3, 9))
    points = draw(
        st.lists(st.tuples(st.integers(-4, 22), st.integers(-4, 18)), min_size=n, max_size=n)
    )
    ring = np.array([(-1.1 + 0.35 * col, 4.3 - 0.45 * row) for col, row in points])
    shape = shapely.make_valid(Polygon(ring), method="structure", keep_collapsed=False)
    return shape if shape.geom_type in {"Polygon", "MultiPolygon"} else Polygon()


@given(st.lists(stars().filter(shapely.is_valid), min_size=1, max_size=4), st.booleans())
def test_random_stars_against_geos(polygons, south_up):
    transform, shape = SOUTH_UP if south_up else OBLONG
    result = coverage(polygons, grid(transform, shape))
    expected = [shares_by_geos(polygon, transform, shape) for polygon in polygons]
    np.testing.assert_allclose(dense(result), expected, rtol=0, atol=GEOS_TOLERANCE)
    assert not result.mismatch.any()


@given(lattice_polygons().filter(shapely.is_valid))
def test_corners_on_grid_lines_against_geos(polygon):
    transform, shape = OBLONG
    result = coverage([polygon], grid(transform, shape))
    expected = shares_by_geos(polygon, transform, shape)
    np.testing.assert_allclose(dense(result)[0], expected, rtol=0, atol=GEOS_TOLERANCE)
    assert not result.mismatch[0]


@given(st.lists(stars().filter(shapely.is_valid), min_size=1, max_size=4))
def test_random_stars_against_exactextract(polygons):
    transform, shape = OBLONG
    expected = shares_by_exactextract(polygons, transform, shape)
    result = dense(coverage(polygons, grid(transform, shape)))
    np.testing.assert_allclose(result, expected, rtol=0, atol=EXACTEXTRACT_TOLERANCE)


@given(stars().filter(shapely.is_valid))
def test_entries_are_sorted_shares(polygon):
    result = coverage([polygon], grid(*OBLONG))
    _, cells, weights = result.csr()
    assert (np.diff(cells) > 0).all()
    assert ((weights >= 1e-12) & (weights <= 1.0)).all()
    assert ((cells >= 0) & (cells < 63)).all()
    inside = shapely.area(polygon & box(*grid(*OBLONG).bounds)) / (0.7 * 0.9)
    np.testing.assert_allclose(result.polygon_area, [inside], rtol=1e-12, atol=1e-12)


# A partition shares out every cell once.


def crinkled_partition(extent: float, seed: int) -> np.ndarray:
    """Voronoi cells over more than the square [0, extent]^2, their edges waved alike."""
    points = np.random.default_rng(seed).uniform(0, extent, size=(60, 2))
    frame = box(-extent, -extent, 2 * extent, 2 * extent)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame)
    fine = shapely.segmentize(shapely.get_parts(cells), extent / 60)

    def wave(xy: np.ndarray) -> np.ndarray:
        x, y = xy.T * (9.0 / extent)
        moved = np.column_stack([x + 0.08 * np.sin(7 * y), y + 0.08 * np.cos(8 * x)])
        return moved * (extent / 9.0)

    return shapely.transform(fine, wave)


@pytest.mark.parametrize("seed", range(5))
def test_shares_of_a_partition_sum_to_one(seed):
    units = crinkled_partition(30e3, seed)
    offset = np.array([2.1e6, 4.7e6])
    units = shapely.transform(units, lambda xy: xy + offset)
    square = grid((1000.0, 0.0, 2.1e6, 0.0, -1000.0, 4.73e6), (30, 30))
    result = coverage(units, square)
    _, cells, weights = result.csr()
    sums = np.bincount(cells, weights=weights, minlength=900)
    np.testing.assert_allclose(sums, 1.0, rtol=0, atol=1e-9)
    assert shapely.is_valid(units).all()
    assert not result.mismatch.any()


# The area check.


@pytest.mark.parametrize(
    ("name", "geometry"),
    [
        ("parts that overlap", MultiPolygon([box(0, 0, 2, 2), box(0.5, 0.5, 2.5, 2.5)])),
        ("a part twice", MultiPolygon([box(0.2, 0.2, 1.9, 1.9)] * 2)),
        ("rings that cross", Polygon([(0, 0), (3, 3), (3, 0), (0, 3)])),
        ("overlap at the grid's edge", MultiPolygon([box(-1, 0, 2, 2), box(-1, 0.5, 2.5, 2.5)])),
    ],
)
def test_invalid_units_are_flagged(name, geometry):
    result = coverage([box(0, 0, 2, 2), geometry], grid())
    _, _, weights = result.csr()
    assert result.mismatch.tolist() == [False, True], name
    assert result.area_error[1] > 0.01
    assert (weights <= 1.0).all()


def test_a_unit_too_small_to_check_is_not_flagged():
    result = coverage([box(1.2, 1.2, 1.2 + 1e-3, 1.2 + 1e-3)], grid())
    _, _, weights = result.csr()
    assert result.area_error.tolist() == [0.0]
    np.testing.assert_allclose(weights, [1e-6], rtol=1e-9)


@given(stars().filter(shapely.is_valid), st.floats(-5e6, 5e6), st.floats(-5e6, 5e6))
def test_the_check_holds_far_from_the_origin(polygon, x, y):
    transform = (700.0, 0.0, -1100.0 + x, 0.0, -900.0, 4300.0 + y)
    moved = shapely.transform(polygon, lambda xy: xy * 1000.0 + np.array([x, y]))
    result = coverage([moved], grid(transform, (7, 9)))
    assert not result.mismatch.any(), result.area_error


@pytest.mark.parametrize(
    "corners",
    [
        [(1.8, 4.2), (0, 6), (3, 6), (6, 6), (6, 0), (3, 3), (-3, -3)],
        [(1.5, 1), (0, 0), (0, 6), (2.7, 5.1), (3, 6), (9, 6), (6, 4), (9, 3), (0, -3)],
    ],
)
def test_a_unit_with_corners_on_the_grids_edge_is_not_flagged(corners):
    """Rectangle clipping, the quick way to the clipped area, errs on these."""
    result = coverage([Polygon(corners)], grid((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (6, 6)))
    expected = shares_by_geos(Polygon(corners), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (6, 6))
    np.testing.assert_allclose(dense(result)[0], expected, rtol=0, atol=GEOS_TOLERANCE)
    assert not result.mismatch[0]


# What the machine may not change.


def test_threads_do_not_change_a_bit():
    units = crinkled_partition(30.0, 11)
    thirds = grid((1 / 3, 0.0, 0.0, 0.0, -1 / 3, 30.0), (90, 90))
    first = coverage(units, thirds, threads=1)
    for threads in (2, 3, 7, 64):
        other = coverage(units, thirds, threads=threads)
        for ours, theirs in zip(first.csr(), other.csr(), strict=True):
            assert ours.tobytes() == theirs.tobytes()
        for field in ("polygon_area", "area_error", "mismatch"):
            assert getattr(first, field).tobytes() == getattr(other, field).tobytes(), field


def test_far_apart_parts_on_a_global_grid_cost_nothing():
    """The window of this unit has 2.9e9 cells; only the eight of its parts are met."""
    rows, cols = 33_600, 86_400
    globe = grid((500.0, 0.0, 0.0, 0.0, -500.0, 500.0 * rows), (rows, cols))
    near = box(1.5, rows - 3, 4.5, rows - 2)
    far = box(cols - 3, 1, cols - 1.5, 2.5)
    parts = shapely.transform(MultiPolygon([near, far]), lambda xy: 500.0 * xy)
    result = coverage([parts], globe)
    _, cells, weights = result.csr()
    below = (rows - 3) * cols + cols - 3
    expected = [2 * cols + k for k in (1, 2, 3, 4)] + [below, below + 1]
    assert cells.tolist() == [*expected, below + cols, below + cols + 1]
    assert weights.tolist() == [0.5, 1.0, 1.0, 0.5, 0.5, 0.25, 1.0, 0.5]
