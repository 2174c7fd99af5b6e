"""The way from web maps' coordinates to WGS84 and back, against published pairs and by property."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import box

from geo.boundaries import make_units, read_units
from geo.datum import from_wgs84, metres_between, to_wgs84
from geo.errors import DatumError, GeometryError

# The test vectors of eviltransform (latitude, longitude in WGS84 and GCJ-02): Shanghai, Shenzhen,
# Beijing.
PUBLISHED = [
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
]
# Longitude and latitude in WGS84 and in BD-09, as the test of the program geotool has them, and in
# GCJ-02 and BD-09 as the tests of coordtransform and hutool have them.
WGS84_IN_BAIDU = ((121.0917077, 30.6107779), (121.10271732371203, 30.61484572185035))
GCJ_IN_BAIDU = ((116.404, 39.915), (116.41036949371029, 39.92133699351021))
SHIFTED = ["GCJ-02", "BD-09"]
EXACT_DEGREES = 1e-9

inside_china = st.tuples(
    st.floats(73.5, 135.1, allow_nan=False), st.floats(3.5, 53.6, allow_nan=False)
)


def one(lon: float, lat: float) -> np.ndarray:
    return np.array([[lon, lat]])


@pytest.mark.parametrize(("lat", "lon", "gcj_lat", "gcj_lon"), PUBLISHED)
def test_published_places(lat: float, lon: float, gcj_lat: float, gcj_lon: float) -> None:
    np.testing.assert_allclose(from_wgs84(one(lon, lat), "GCJ-02"), one(gcj_lon, gcj_lat), 0, 1e-12)
    np.testing.assert_allclose(to_wgs84(one(gcj_lon, gcj_lat), "GCJ-02"), one(lon, lat), 0, 1e-11)


def test_published_places_of_baidu() -> None:
    place, drawn = WGS84_IN_BAIDU
    # A centimetre: that program's constants have other last digits.
    np.testing.assert_allclose(from_wgs84(one(*place), "BD-09"), one(*drawn), 0, 1e-7)
    np.testing.assert_allclose(to_wgs84(one(*drawn), "BD-09"), one(*place), 0, 1e-7)
    place, drawn = GCJ_IN_BAIDU
    in_wgs84 = to_wgs84(one(*place), "GCJ-02")
    np.testing.assert_allclose(from_wgs84(in_wgs84, "BD-09"), one(*drawn), 0, 1e-11)


def plainly(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 as its reconstruction writes it, a number at a time: an independent oracle."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    both = (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + both
    north += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * pi) + 320.0 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + both
    east += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    a, ee = 6378245.0, 0.00669342162296594323
    magic = 1.0 - ee * math.sin(lat / 180.0 * pi) ** 2
    lat_metres = (a * (1.0 - ee)) / (magic * math.sqrt(magic)) * pi
    lon_metres = a / math.sqrt(magic) * math.cos(lat / 180.0 * pi) * pi
    return lon + east * 180.0 / lon_metres, lat + north * 180.0 / lat_metres


@given(inside_china)
def test_the_formula_written_a_second_time(place: tuple[float, float]) -> None:
    np.testing.assert_allclose(from_wgs84(one(*place), "GCJ-02")[0], plainly(*place), 0, 1e-12)


@pytest.mark.parametrize("datum", SHIFTED)
@given(place=inside_china)
@example(place=(105.0, 35.0))
@example(place=(105.0 + 1e-12, 30.0))
@example(place=(105.0 - 1e-9, 40.0))
def test_there_and_back(datum: str, place: tuple[float, float]) -> None:
    there = from_wgs84(one(*place), datum)
    assert np.abs(to_wgs84(there, datum) - one(*place)).max() < EXACT_DEGREES
    metres = np.hypot(*metres_between(one(*place), there)[0])
    assert 50.0 < metres < 2_000.0


@pytest.mark.parametrize("datum", SHIFTED)
def test_the_error_over_all_of_china(datum: str) -> None:
    rng = np.random.default_rng(8)
    places = np.column_stack([rng.uniform(73.5, 135.1, 200_000), rng.uniform(3.5, 53.6, 200_000)])
    back = to_wgs84(from_wgs84(places, datum), datum)
    assert np.abs(back - places).max() < EXACT_DEGREES


def test_wgs84_stays_and_is_copied() -> None:
    places = one(116.4, 39.9)
    for moved in (to_wgs84(places, "WGS84"), from_wgs84(places, "WGS84")):
        assert (moved == places).all()
        assert not np.shares_memory(moved, places)


@pytest.mark.parametrize("datum", SHIFTED)
def test_outside_the_rectangle_and_not_finite(datum: str) -> None:
    places = np.array(
        [[2.35, 48.86], [139.77, 35.68], [0.0, 0.0], [180.0, 90.0], [np.nan, 30.0], [np.inf, 5.0]]
    )
    for move in (from_wgs84, to_wgs84):
        np.testing.assert_array_equal(move(places, datum), places)


def shifted_table(datum: str, *, deep: bool = False) -> gpd.GeoDataFrame:
    squares = np.array([box(109.0 + k, 23.0, 109.5 + k, 23.4) for k in range(3)])
    moved = shapely.transform(squares, lambda xy: from_wgs84(xy, datum))
    if deep:
        moved = shapely.force_3d(moved, 7.0)
    return gpd.GeoDataFrame({"code": list("abc")}, geometry=moved, crs="EPSG:4326")


@pytest.mark.parametrize("datum", SHIFTED)
@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_a_declared_datum_is_restored_at_reading(tmp_path, datum: str, suffix: str) -> None:
    path = tmp_path / f"units.{suffix}"
    shifted_table(datum).to_file(path, COORDINATE_PRECISION=12) if suffix == "geojson" else (
        shifted_table(datum).to_file(path)
    )
    units = read_units(path, unit_id="code", city_id="code", datum=datum)
    bounds = shapely.bounds(units.table.geometry.to_numpy())
    want = [[109.0 + k, 23.0, 109.5 + k, 23.4] for k in range(3)]
    np.testing.assert_allclose(bounds, want, 0, 1e-9)
    (row,) = units.audit
    assert (row.rule, row.count, row.file) == ("restored_datum", 3, str(path))
    assert f"{datum} restored to WGS84: 15 vertices" in row.detail


@pytest.mark.parametrize("deep", [False, True])
def test_what_lies_outside_is_not_said_to_be_restored(tmp_path, deep: bool) -> None:
    """Paris is left alone, a box across the eastern edge is moved in part."""
    table = shifted_table("GCJ-02", deep=deep)
    table.loc[1, "geometry"] = box(2.0, 48.0, 3.0, 49.0)
    table.loc[2, "geometry"] = box(137.0, 36.0, 138.0, 37.0)
    path = tmp_path / "units.gpkg"
    table.to_file(path)
    units = read_units(path, unit_id="code", city_id="code", datum="GCJ-02")
    assert shapely.bounds(units.table.geometry[1]).tolist() == [2.0, 48.0, 3.0, 49.0]
    moved, paris, edge = units.audit[-3:]
    assert (moved.rule, moved.count) == ("restored_datum", 2)
    assert "restored to WGS84: 7 vertices" in moved.detail
    assert [(row.rule, row.row) for row in (paris, edge)] == [
        ("outside_datum", 2), ("outside_datum", 3)
    ]  # fmt: skip
    assert "'b'" in paris.subject
    assert "5 of 5 vertices lie outside 72.004-137.8347 E" in paris.detail
    assert "3 of 5 vertices" in edge.detail
    europe = table.iloc[[1]].reset_index(drop=True)
    only = make_units(europe, unit_id="code", city_id="code", datum="GCJ-02")
    assert [row.rule for row in only.audit] == ["outside_datum"]


def test_heights_are_dropped_and_told() -> None:
    units = make_units(
        shifted_table("GCJ-02", deep=True), unit_id="code", city_id="code", datum="GCJ-02"
    )
    assert [row.rule for row in units.audit] == ["forced_2d", "restored_datum"]
    assert shapely.bounds(units.table.geometry[0])[0] == pytest.approx(109.0, abs=1e-9)


def test_only_longitude_and_latitude_can_be_restored() -> None:
    table = shifted_table("GCJ-02").to_crs("EPSG:3857")
    with pytest.raises(DatumError, match=r"datum = 'GCJ-02'.*longitude and latitude.*EPSG:4326"):
        make_units(table, unit_id="code", city_id="code", datum="GCJ-02")


def test_a_missing_geometry_is_refused_as_ever() -> None:
    table = shifted_table("GCJ-02")
    table.loc[1, "geometry"] = None
    with pytest.raises(GeometryError, match=r"unit 'b'.*no geometry"):
        make_units(table, unit_id="code", city_id="code", datum="GCJ-02")
