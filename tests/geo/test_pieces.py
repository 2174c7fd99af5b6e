"""Pieces of two sets of polygons: areas, slivers, gaps, and sums that stay."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.area import geodesic_area_km2
from geo.boundaries import make_units, read_units
from geo.errors import NoOverlapError
from geo.pieces import pieces
from panels.cities.places import china_cities


def units(shapes, ids=None, crs="EPSG:4326"):
    names = ids or [f"u{at}" for at in range(len(shapes))]
    table = gpd.GeoDataFrame({"id": names}, geometry=list(shapes), crs=crs)
    return make_units(table, unit_id="id", city_id="id", source="+".join(names))


def test_halves_by_hand():
    old = units([box(100, 30, 102, 31)], ["a"])
    new = units([box(100, 30, 101, 31), box(101, 30, 102, 31)], ["x", "y"])
    cut = pieces(old, new)
    assert cut.table[["old", "new"]].to_numpy().tolist() == [["a", "x"], ["a", "y"]]
    whole = geodesic_area_km2(old.table)[0]
    np.testing.assert_allclose(cut.table["area_km2"], whole / 2, rtol=1e-4)
    assert cut.audit == ()


def test_neighbours_that_only_touch_have_no_piece():
    grid = [box(100 + x, 30, 101 + x, 31) for x in range(4)]
    cut = pieces(units(grid), units(grid))
    assert (cut.table["old"] == cut.table["new"]).all()
    assert len(cut.table) == 4
    assert cut.audit == ()


def test_slivers_are_left_out_and_counted():
    old = units([box(100, 30, 101, 31), box(101, 30, 102, 31)], ["a", "b"])
    new = units([box(100, 30, 101.004, 31), box(101.004, 30, 102, 31)], ["x", "y"])
    cut = pieces(old, new)
    assert cut.table[["old", "new"]].to_numpy().tolist() == [["a", "x"], ["b", "y"]]
    (row,) = cut.audit
    assert (row.stage, row.rule, row.count) == ("boundaries", "slivers", 1)
    assert "1 pieces below 0.01 of both" in row.detail
    assert "(b in x)" in row.detail
    kept = pieces(old, new, sliver=0.0)
    assert len(kept.table) == 3
    assert kept.audit == ()


def test_a_small_new_division_is_no_sliver():
    old = units([box(100, 30, 110, 40)], ["a"])
    small = box(104, 34, 104.1, 34.1)
    new = units([shapely.difference(box(100, 30, 110, 40), small), small], ["x", "y"])
    assert pieces(old, new).table["new"].tolist() == ["x", "y"]


def test_what_is_covered_in_part_or_twice_is_told():
    old = units([box(100, 30, 102, 31), box(103, 30, 104, 31)], ["a", "b"])
    new = units([box(100, 30, 101, 31), box(103, 30, 104, 31), box(103, 30, 104, 31)])
    rules = {row.subject.split(": ")[-1]: row for row in pieces(old, new).audit}
    assert rules["a"].rule == "covered_in_part"
    assert "have 0.5000 of its area" in rules["a"].detail
    assert rules["b"].rule == "covered_twice"


def test_an_old_division_without_a_piece_is_refused():
    old = units([box(100, 30, 101, 31), box(120, 30, 121, 31)], ["a", "b"])
    with pytest.raises(NoOverlapError, match=r"none over b .1 in all"):
        pieces(old, units([box(100, 30, 101, 31)], ["x"]))


def test_another_crs_is_brought_to_the_same_place():
    square = units([box(100, 30, 101, 31)], ["a"])
    plane = gpd.GeoDataFrame(
        {"id": ["x"]}, geometry=[box(100, 30, 101, 31)], crs="EPSG:4326"
    ).to_crs("EPSG:3857")
    new = make_units(plane, unit_id="id", city_id="id")
    cut = pieces(square, new)
    assert cut.table["area_km2"].item() == pytest.approx(
        geodesic_area_km2(square.table)[0], rel=1e-9
    )


def cuts(name):
    inside = st.sets(st.integers(1, 19), max_size=4)
    return (
        inside.map(lambda at: [0, *sorted(at), 20])
        .filter(lambda at: len(at) > 1)
        .map(lambda at: [(name, a / 10, b / 10) for a, b in pairwise(at)])
    )


@settings(max_examples=20)
@given(cuts("old"), cuts("new"))
def test_pieces_of_two_partitions_have_the_areas_of_both(before, after):
    old, new = (
        units([box(100 + a, 30, 100 + b, 31) for _, a, b in strips]) for strips in (before, after)
    )
    table = pieces(old, new, sliver=0.0).table
    for side, given_ in (("old", old), ("new", new)):
        sums = table.groupby(side)["area_km2"].sum()
        np.testing.assert_allclose(
            sums[given_.attributes["unit_id"]], geodesic_area_km2(given_.table), rtol=1e-4
        )
    # Each pair once, as long as the strips overlap.
    shared = sum(min(b, d) - max(a, c) > 1e-9 for _, a, b in before for _, c, d in after)
    assert len(table) == shared


@pytest.mark.real
def test_hunan_in_its_counties(data_dir):
    polygons = data_dir / "polygons"
    old = read_units(polygons / "hunan" / "hunan.shp", unit_id="ShiName", city_id="ShiName")
    counties = polygons / "china" / "china_counties_mapchina.gpkg"
    new = read_units(counties, unit_id="Code_County", city_id="Code_Perfecture")
    cut = pieces(old, new)
    biggest = cut.table.sort_values("area_km2").groupby("new").tail(1)
    inside = biggest[biggest["new"].str[:2] == "43"]
    assert len(inside) == 122
    # The map of prefectures agrees with the codes of the counties.
    codes = {city.name: city.city_id for city in china_cities()}
    assert (inside["old"].map(codes) == inside["new"].str[:4]).all()
    (slivers,) = [row for row in cut.audit if row.rule == "slivers"]
    assert slivers.count == 182
