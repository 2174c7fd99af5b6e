"""Where boundaries lie: against reference boundaries, and against light."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely import box

from geo.boundaries import Units, make_units, read_units
from geo.datum import Datum, from_wgs84, metres_between
from geo.datum_shift import DATUMS, compare_with_reference
from geo.errors import BoundaryColumnError, DatumError
from geo.grid import Grid
from geo.light_shift import compare_with_light
from geo.reference import Reference, read_reference

SIDE, STEP = 12, 0.03
WEST, SOUTH = 112.0, 27.0


def lattice(step: float = STEP, side: int = SIDE) -> gpd.GeoDataFrame:
    """Squares of some kilometres in Hunan; cities are three by three."""
    places = [(x, y) for x in range(side) for y in range(side)]
    shapes = [
        box(WEST + x * step, SOUTH + y * step, WEST + (x + 1) * step, SOUTH + (y + 1) * step)
        for x, y in places
    ]
    columns = {
        "code": [f"{x:02d}{y:02d}" for x, y in places],
        "city": [f"{x // 3}{y // 3}" for x, y in places],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def units_in(datum: Datum, table: gpd.GeoDataFrame | None = None) -> Units:
    drawn = lattice() if table is None else table
    moved = shapely.transform(drawn.geometry.to_numpy(), lambda xy: from_wgs84(xy, datum))
    return make_units(drawn.set_geometry(moved, crs=drawn.crs), unit_id="code", city_id="city")


def reference(folder: Path, table: gpd.GeoDataFrame, ids: str | None) -> Reference:
    table.to_file(folder / "reference.gpkg")
    return read_reference(folder / "reference.gpkg", ids=ids)


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("ids", ["code", "city", None])
def test_every_datum_is_told(tmp_path: Path, datum: Datum, ids: str | None) -> None:
    table = lattice() if ids != "city" else lattice().dissolve("city").reset_index()
    units = units_in(datum)
    found = compare_with_reference(units, reference(tmp_path, table, ids))
    assert found.datum == datum
    assert found.is_clear
    assert found.left_m[datum] < 40.0
    assert found.pairs == (SIDE**2 if ids != "city" else (SIDE // 3) ** 2)
    assert found.by == {"code": "ids of units", "city": "ids of cities"}.get(
        ids or "", "place and area"
    )
    assert found.is_shifted == (datum != "WGS84")
    middle = np.array([[WEST + 0.18, SOUTH + 0.18]])
    east, north = metres_between(middle, from_wgs84(middle, datum))[0]
    assert found.east_m == pytest.approx(east, abs=60.0)
    assert found.north_m == pytest.approx(north, abs=60.0)


@pytest.mark.parametrize("finer", ["units", "reference"])
@pytest.mark.parametrize("datum", DATUMS)
def test_townships_against_counties_and_the_other_way(
    tmp_path: Path, finer: str, datum: Datum
) -> None:
    fine, coarse = lattice(), lattice().dissolve("city").reset_index()
    ours, theirs = (fine, coarse) if finer == "units" else (coarse, fine)
    found = compare_with_reference(units_in(datum, ours), reference(tmp_path, theirs, None))
    assert (found.datum, found.is_clear) == (datum, True)
    assert found.pairs == (SIDE // 3) ** 2


def test_parts_of_one_id_and_codes_to_be_cut(tmp_path: Path) -> None:
    table = lattice().assign(long=lambda one: one["city"] + one["code"])
    found = compare_with_reference(units_in("GCJ-02"), reference(tmp_path, table, "long:2"))
    assert (found.datum, found.pairs, found.by) == ("GCJ-02", (SIDE // 3) ** 2, "ids of cities")
    with pytest.raises(BoundaryColumnError, match="did you mean 'long'"):
        reference(tmp_path, table, "lnog:2")


def test_some_boundaries_have_really_changed(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    table = lattice()
    changed = rng.choice(len(table), len(table) // 3, replace=False)
    shapes = table.geometry.to_numpy().copy()
    shapes[changed] = shapely.transform(shapes[changed], lambda xy: xy + 0.01)
    found = compare_with_reference(
        units_in("GCJ-02"), reference(tmp_path, table.set_geometry(shapes, crs=4326), "code")
    )
    assert (found.datum, found.is_clear) == ("GCJ-02", True)


def test_a_shift_that_no_datum_explains(tmp_path: Path) -> None:
    moved = lattice()
    moved = moved.set_geometry(moved.translate(-0.004, -0.004), crs=4326)
    found = compare_with_reference(units_in("WGS84", moved), reference(tmp_path, lattice(), "code"))
    assert found.is_shifted
    assert (found.east_m, found.north_m) == pytest.approx((-396.0, -445.0), abs=1.0)
    assert found.left_m["WGS84"] == min(found.left_m.values())


def test_units_in_a_plane_and_nothing_in_common(tmp_path: Path) -> None:
    in_plane = units_in("GCJ-02").table.rename(columns={"unit_id": "code", "city_id": "city"})
    units = make_units(in_plane.to_crs("EPSG:32649"), unit_id="code", city_id="city")
    found = compare_with_reference(units, reference(tmp_path, lattice(), "code"))
    assert (found.datum, found.is_clear) == ("GCJ-02", True)
    others = lattice().assign(code="x")
    with pytest.raises(DatumError, match="found none of the same ids"):
        compare_with_reference(units, reference(tmp_path, others, "code"))
    far = lattice()
    far = far.set_geometry(far.translate(5.0, 0.0), crs=4326)
    with pytest.raises(DatumError, match="found none of the same place and area"):
        compare_with_reference(units, reference(tmp_path, far, None))


def light_of(table: gpd.GeoDataFrame, cell: float) -> tuple[np.ndarray, Grid]:
    """Light that is constant inside units: what no real light is."""
    n = round(SIDE * STEP / cell)
    rng = np.random.default_rng(6)
    by_unit = rng.gamma(1.0, 10.0, (SIDE, SIDE))
    per = round(STEP / cell)
    light = np.repeat(np.repeat(by_unit, per, axis=0), per, axis=1)
    # Columns of the array run east, rows south; units are numbered east, then north.
    grid = Grid.checked(
        crs=CRS("EPSG:4326"),
        transform=(cell, 0.0, WEST, 0.0, -cell, SOUTH + n * cell),
        shape=(n, n),
        where="light",
    )
    assert len(table) == SIDE**2
    return light.T[::-1], grid


@pytest.mark.parametrize("datum", DATUMS)
def test_light_that_follows_borders_tells_the_datum(datum: Datum) -> None:
    light, grid = light_of(lattice(), 0.005)
    found = compare_with_light(units_in(datum), light, grid)
    assert found.datum == datum
    assert found.is_clear == (datum != "WGS84")
    if datum == "GCJ-02":
        assert (found.east_m, found.north_m) == (600.0, -600.0)
        assert found.free_ahead > 4.0
    if datum == "WGS84":
        assert (found.east_m, found.north_m, found.free_ahead) == (0.0, 0.0, 0.0)


def test_light_that_knows_no_borders_tells_nothing() -> None:
    _, grid = light_of(lattice(), 0.005)
    light = np.random.default_rng(1).gamma(1.0, 10.0, grid.shape)
    light[:5] = np.nan
    for datum in DATUMS:
        assert not compare_with_light(units_in(datum), light, grid).is_clear


def test_light_needs_longitude_and_latitude() -> None:
    light, grid = light_of(lattice(), 0.005)
    units = units_in("WGS84")
    with pytest.raises(DatumError, match="longitude and latitude"):
        compare_with_light(replace(units, crs=CRS("EPSG:32649")), light, grid)


@pytest.mark.real
def test_counties_shifted_to_gcj02_are_detected_and_restored(
    data_dir: Path, tmp_path: Path
) -> None:
    source = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    counties = gpd.read_file(source)
    moved = shapely.transform(counties.geometry.to_numpy(), lambda xy: from_wgs84(xy, "GCJ-02"))
    copy = tmp_path / "copy.gpkg"
    counties.set_geometry(moved, crs=counties.crs).to_file(copy)
    keys = {"unit_id": "Code_County", "city_id": "Code_Perfecture"}
    for ids in ("Code_County", "Code_Perfecture", None):
        found = compare_with_reference(read_units(copy, **keys), read_reference(source, ids=ids))
        assert (found.datum, found.is_clear) == ("GCJ-02", True)
        assert found.left_m["WGS84"] > 500.0
        assert found.left_m["GCJ-02"] < 50.0
    restored, original = read_units(copy, **keys, datum="GCJ-02"), read_units(source, **keys)
    before, after = original.polygons.rings, restored.polygons.rings
    assert (before.ring_starts == after.ring_starts).all()
    metres = np.hypot(*metres_between(before.xy, after.xy).T)
    assert metres.max() < 1e-3


@pytest.mark.real
def test_real_files_lie_where_others_have_them(data_dir: Path) -> None:
    """Two files by other makers are taken for what they are, though borders differ by 200 m."""
    polygons = data_dir / "polygons"
    counties = polygons / "china" / "china_counties_mapchina.gpkg"
    townships = read_units(
        polygons / "guigang" / "guigang_townships.json", unit_id="code", city_id="code:4"
    )
    found = compare_with_reference(townships, read_reference(counties, ids="Code_County:4"))
    assert (found.datum, found.is_clear, found.pairs) == ("WGS84", True, 1)
    prefectures = read_units(polygons / "hunan" / "hunan.shp", unit_id="ShiName", city_id="ShiName")
    found = compare_with_reference(prefectures, read_reference(counties))
    assert (found.datum, found.is_clear, found.pairs) == ("WGS84", True, 14)
