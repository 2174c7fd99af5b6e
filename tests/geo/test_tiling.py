"""What units count twice and never, by hand, by the plain formula, and on the real counties."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.boundaries import Units, make_units, read_units
from geo.tiling import tiling

PLANE = "EPSG:32650"
KM = 1000.0


def units_of(shapes: list[shapely.Geometry], cities: list[str] | None = None) -> Units:
    """Units in kilometres from a point on the central meridian."""
    placed = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy * KM + [5e5, 25e5])
    codes = [f"u{k}" for k in range(len(shapes))]
    columns = {"code": codes, "city": cities or ["c"] * len(shapes)}
    table = gpd.GeoDataFrame(columns, geometry=placed, crs=PLANE)
    return make_units(table, unit_id="code", city_id="city")


def km2(value: float) -> object:
    """The plane's scale is 0.9996 there."""
    return pytest.approx(value / 0.9996**2, rel=1e-4)


def test_a_clean_tiling() -> None:
    found = tiling(units_of([box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 2, 2)]))
    assert found.units_km2 == km2(4.0)
    assert found.land_km2 == pytest.approx(found.units_km2, rel=1e-9)
    assert found.twice_share == found.never_share == 0.0
    assert len(found.overlaps) == len(found.gaps) == 0
    assert list(found.overlaps.columns) == ["unit", "other", "km2", "share"]
    assert list(found.gaps.columns) == ["km2", "units", "x", "y"]


@pytest.mark.parametrize("cities", [["a", "a", "a"], ["a", "b", "c"], ["a", "a", "b"]])
def test_overlaps_by_hand(cities: list[str]) -> None:
    """Three squares in a row, each half over the next, and a third of the last over the first."""
    shapes = [box(0, 0, 2, 2), box(1, 0, 3, 2), box(2.5, 0, 4.5, 2)]
    found = tiling(units_of(shapes, cities))
    assert found.units_km2 == km2(12.0)
    assert found.twice_km2 == km2(3.0)
    assert found.twice_share == pytest.approx(0.25, rel=1e-6)
    pairs = found.overlaps[["unit", "other"]].to_numpy().tolist()
    assert pairs == [["u0", "u1"], ["u1", "u2"]]
    assert found.overlaps["share"].tolist() == pytest.approx([0.5, 0.25], rel=1e-6)


def test_three_deep_counts_once() -> None:
    found = tiling(units_of([box(0, 0, 2, 2), box(0, 0, 2, 2), box(0, 0, 2, 2)]))
    assert found.twice_km2 == km2(4.0)
    assert len(found.overlaps) == 3


def test_a_unit_inside_another() -> None:
    found = tiling(units_of([box(0, 0, 3, 3), box(1, 1, 2, 2)]))
    assert found.twice_km2 == km2(1.0)
    assert found.overlaps.loc[0, "share"] == pytest.approx(1.0)
    assert found.never_km2 == 0.0


def test_gaps_by_hand() -> None:
    """A ring of four units around a hole, in which an island lies."""
    ring = [box(0, 0, 5, 1), box(0, 4, 5, 5), box(0, 1, 1, 4), box(4, 1, 5, 4)]
    island = box(2, 2, 3, 3)
    for shapes, gap in ((ring, 9.0), ([*ring, island], 8.0)):
        found = tiling(units_of(shapes, [*"abcde"][: len(shapes)]))
        assert found.never_km2 == km2(gap)
        assert found.land_km2 == km2(25.0)
        assert found.gaps.loc[0, "units"] == ", ".join(f"u{k}" for k in range(len(shapes)))
    point = shapely.Point(found.gaps.loc[0, "x"], found.gaps.loc[0, "y"])
    hole = shapely.transform(box(1, 1, 4, 4) - island, lambda xy: xy * KM + [5e5, 25e5])
    assert hole.contains(point)


def test_an_open_bay_is_no_gap_but_a_reference_sees_it() -> None:
    units = units_of([box(0, 0, 1, 3), box(1, 0, 3, 1)])
    assert tiling(units).never_km2 == 0.0
    land = shapely.transform(np.array([box(0, 0, 3, 3)]), lambda xy: xy * KM + [5e5, 25e5])
    found = tiling(units, reference=land)
    assert found.never_share == pytest.approx(4.0 / 9.0)
    assert found.gaps.loc[0, "units"] == "u0, u1"


def test_gaps_are_sorted_and_crumbs_are_rounding() -> None:
    crumb = 0.0009  # 0.9 x 0.9 metres
    shape = box(0, 0, 9, 9) - box(1, 1, 2, 2) - box(3, 3, 6, 6) - box(7, 7, 7 + crumb, 7 + crumb)
    found = tiling(units_of([shape]))
    assert found.gaps["km2"].tolist() == [km2(9.0), km2(1.0)]


numbers = st.integers(0, 12)
boxes = st.tuples(numbers, numbers, st.integers(1, 5), st.integers(1, 5)).map(
    lambda one: box(one[0], one[1], one[0] + one[2], one[1] + one[3])
)


@given(st.lists(st.tuples(boxes, st.sampled_from("abc")), min_size=1, max_size=9))
def test_any_boxes_as_counted_cell_by_cell(drawn: list[tuple[Polygon, str]]) -> None:
    shapes = [shape for shape, _ in drawn]
    found = tiling(units_of(shapes, [city for _, city in drawn]))
    depth = np.zeros((20, 20))
    for shape in shapes:
        x, y, right, top = map(int, shape.bounds)
        depth[x:right, y:top] += 1
    union = shapely.union_all(shapes)
    parts = union.geoms if isinstance(union, MultiPolygon) else [union]
    filled = shapely.union_all([Polygon(part.exterior) for part in parts])
    assert found.units_km2 == km2(depth.sum())
    assert found.twice_km2 == (km2((depth > 1).sum()) if (depth > 1).any() else 0.0)
    assert found.land_km2 == km2(filled.area)
    assert found.never_km2 == pytest.approx((filled.area - union.area) / 0.9996**2, rel=1e-4)
    pairs = sum(
        one.intersection(other).area > 0
        for k, one in enumerate(shapes)
        for other in shapes[k + 1 :]
    )
    assert len(found.overlaps) == pairs


@pytest.mark.real
def test_the_real_counties(data_dir: Path) -> None:
    path = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    units = read_units(path, unit_id="Code_County", city_id="Code_Perfecture")
    found = tiling(units)
    assert found.units_km2 == pytest.approx(9.499e6, rel=1e-3)
    assert found.twice_km2 == 0.0
    # A lagoon of 4 km2 that county 130209 surrounds, and two slivers of some square metres.
    assert found.gaps["km2"].round(1).tolist() == [4.0, 0.0, 0.0]
    assert found.gaps.loc[0, "units"] == "130209"
    moved = units.table
    at = moved.index[moved["unit_id"] == "450802"][0]
    moved.loc[at, "geometry"] = shapely.transform(moved.geometry[at], lambda xy: xy + 0.01)
    shifted = tiling(make_units(moved, unit_id="unit_id", city_id="city_id"))
    assert set(shifted.overlaps["unit"]) | set(shifted.overlaps["other"]) > {"450802"}
    assert (shifted.overlaps[["unit", "other"]] == "450802").any(axis=1).all()
    assert shifted.twice_km2 > 10.0
