"""GeoPackages that open as maps: rules of the format, styles, and a view for every year."""

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from nightpanel.exports.export import export
from nightpanel.exports.geopackage import FIXED_TIME
from nightpanel.exports.qgis_style import LIGHT, colours
from tests.gpkg_rules import broken_rules
from tests.nightpanel.exports.conftest import (
    YEARS,
    MakeRun,
    hand_city_years,
    hand_unit_years,
    hand_units,
)


def _styles(path: Path) -> dict[str, ET.Element]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    return {name: ET.fromstring(text) for name, text in rows}  # noqa: S314 our own text


def _ends(style: ET.Element) -> list[tuple[float, float]]:
    return [
        (float(one.get("lower", "")), float(one.get("upper", ""))) for one in style.iter("range")
    ]


@pytest.mark.parametrize("products", [("viirs-annual",), ("viirs-annual", "dmsp-stable")])
def test_the_runs_file_keeps_the_rules(make_run: MakeRun, products: tuple[str, ...]) -> None:
    assert broken_rules(make_run(products=products) / "townships.gpkg") == []


@pytest.mark.parametrize("what", ["townships", "cities", "panel", "unit_years", "city_years"])
def test_exports_keep_the_rules(run: Path, tmp_path: Path, what: str) -> None:
    to = tmp_path / f"{what}.gpkg"
    export(run, what=what, to=to)
    assert broken_rules(to) == []


DAMAGES = {
    "2": "PRAGMA application_id = 1",
    "5": "UPDATE years SET year_start = '2019'",
    "7": "DELETE FROM gpkg_spatial_ref_sys WHERE srs_id = 4326",
    "13": "UPDATE gpkg_contents SET table_name = 'gone' WHERE table_name = 'years'",
    "15": "UPDATE gpkg_contents SET last_change = 'now'",
    "22": "DELETE FROM gpkg_geometry_columns WHERE table_name = 'townships_by_year'",
    "26": "UPDATE gpkg_geometry_columns SET srs_id = 0 WHERE table_name = 'cities_by_year'",
    "31": "UPDATE gpkg_geometry_columns SET geometry_type_name = 'POINT' WHERE z = 0",
    "75": "DELETE FROM gpkg_extensions",
    "77": "DELETE FROM rtree_townships_geom WHERE id = 3",
    "150": "UPDATE years SET first_fid = 1",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_rules_can_be_broken(run: Path, damage: str) -> None:
    with closing(sqlite3.connect(run / "townships.gpkg")) as database:
        database.execute(damage)
        database.commit()
    assert broken_rules(run / "townships.gpkg") != []


def test_a_view_holds_every_year_with_its_shape(run: Path) -> None:
    view = pyogrio.read_dataframe(run / "townships.gpkg", layer="townships_by_year")
    units = hand_units()
    expected = hand_unit_years().merge(units[["unit_id", "name", "geometry"]], on="unit_id")
    names = [name for name in expected if name != "geometry"]
    found, told = (
        pd.DataFrame(table[names]).sort_values(["year", "unit_id"], ignore_index=True)
        for table in (view, expected)
    )
    pd.testing.assert_frame_equal(found, told, check_exact=True)
    shapes = dict(zip(units["unit_id"], units.geometry, strict=True))
    assert all(
        shape.equals(shapes[unit]) for unit, shape in zip(view.unit_id, view.geometry, strict=True)
    )
    assert (view["year_start"].dt.year == view["year"]).all()
    assert (view["year_end"].dt.year == view["year"]).all()
    cities = pyogrio.read_dataframe(run / "townships.gpkg", layer="cities_by_year")
    names = ["city_id", "year", "gini"]
    found, told = (
        pd.DataFrame(table[names]).sort_values(names, ignore_index=True)
        for table in (cities, hand_city_years(hand_unit_years()))
    )
    pd.testing.assert_frame_equal(found, told, check_exact=True)
    assert cities.crs == view.crs == units.crs


def test_views_have_no_shapes_of_their_own(run: Path) -> None:
    with closing(sqlite3.connect(run / "townships.gpkg")) as database:
        kinds = dict(database.execute("SELECT name, type FROM sqlite_master"))
        assert kinds["townships_by_year"] == kinds["cities_by_year"] == "view"
        with_shapes = [
            name
            for name, kind in kinds.items()
            if kind == "table" and not name.startswith(("rtree", "sqlite", "gpkg"))
            and any(row[1] == "geom" for row in database.execute(f'PRAGMA table_info("{name}")'))
        ]  # fmt: skip
    assert sorted(with_shapes) == ["cities", "townships"]


@pytest.mark.parametrize("frame", range(2018, 2023))
def test_the_sliders_filter_finds_one_year(run: Path, frame: int) -> None:
    """As QGIS sends it to SQLite for a frame of a year, which ends where the next begins."""
    for ending in ("Z", ""):  # its compiler writes the zone; values known beforehand have none
        where = (
            f"(year_start < '{frame + 1}-01-01T00:00:00{ending}' OR year_start IS NULL)"
            f" AND (year_end > '{frame}-01-01T00:00:00{ending}' OR year_end IS NULL)"
        )
        for layer, rows in (("townships_by_year", 12), ("cities_by_year", 3)):
            found = pyogrio.read_dataframe(run / "townships.gpkg", layer=layer, where=where)
            assert found["year"].tolist() == [frame] * (rows if frame in YEARS else 0)


def test_a_year_is_found_without_reading_the_others(run: Path) -> None:
    with closing(sqlite3.connect(run / "townships.gpkg")) as database:
        query = "EXPLAIN QUERY PLAN SELECT * FROM townships_by_year WHERE year_start > '2020'"
        steps = [row[3] for row in database.execute(query)]
    assert steps[0].startswith("SCAN d")
    assert "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in steps[1]
    assert "townships_unit_id" in steps[2]


def test_layers_open_as_graduated_maps_of_the_last_year(run: Path) -> None:
    styles = _styles(run / "townships.gpkg")
    assert set(styles) == {"townships", "cities", "townships_by_year", "cities_by_year"}
    columns = {name: style.find("renderer-v2").attrib for name, style in styles.items()}
    assert {name: found["attr"] for name, found in columns.items()} == {
        "townships": "light_2021", "cities": "gini_2021",
        "townships_by_year": "mean", "cities_by_year": "gini",
    }  # fmt: skip
    assert {found["type"] for found in columns.values()} == {"graduatedSymbol"}
    for name, style in styles.items():
        values = pyogrio.read_dataframe(run / "townships.gpkg", layer=name)[columns[name]["attr"]]
        ends = _ends(style)
        known = values.dropna()
        assert known.map(lambda value, ends=ends: any(a <= value <= b for a, b in ends)).all()
        assert (ends[0][0], ends[-1][1]) == (known.min(), known.max())
        assert len(list(style.iter("range"))) == len(style.findall("renderer-v2/symbols/symbol"))
    assert _ends(styles["townships"])[0] == (0.0, 0.0)  # the dark unit


def test_views_follow_the_slider(run: Path) -> None:
    styles = _styles(run / "townships.gpkg")
    assert styles["townships"].find("temporal") is None
    for name in ("townships_by_year", "cities_by_year"):
        temporal = styles[name].find("temporal")
        wanted = {"enabled": "1", "mode": "2", "startField": "year_start", "endField": "year_end"}
        assert wanted.items() <= temporal.attrib.items()
        info = pyogrio.read_info(run / "townships.gpkg", layer=name)
        kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
        assert kinds["year_start"] == kinds["year_end"] == "OFTDateTime"
        assert info["fid_column"] == "OGC_FID"


def test_products_have_views_of_their_own(make_run: MakeRun) -> None:
    out = make_run(products=("viirs-annual", "dmsp-stable"))
    path = out / "townships.gpkg"
    for product in ("viirs-annual", "dmsp-stable"):
        view = pyogrio.read_dataframe(path, layer=f"townships_by_year_{product}")
        assert set(view["product"]) == {product}
        assert len(view) == 36
    styles = _styles(path)
    assert styles["townships"].find("renderer-v2").get("attr") == "light_viirs-annual_2021"


def test_a_product_whose_name_has_quotes(make_run: MakeRun) -> None:
    path = make_run(products=("o'neil\"s",)) / "townships.gpkg"
    assert len(pyogrio.read_dataframe(path, layer="townships_by_year")) == 36


def test_styles_are_stored_as_qgis_stores_them(run: Path) -> None:
    with closing(sqlite3.connect(run / "townships.gpkg")) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(layer_styles)")]
        rows = database.execute(
            "SELECT DISTINCT f_table_catalog, f_table_schema, f_geometry_column, useAsDefault,"
            " update_time FROM layer_styles"
        ).fetchall()
    assert names == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName",
        "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    assert rows == [("", "", "geom", 1, FIXED_TIME)]


def test_an_exported_map_is_that_of_the_run(run: Path, tmp_path: Path) -> None:
    for what, other in (("townships", "cities"), ("cities", "townships")):
        first, second = tmp_path / f"{what}.gpkg", tmp_path / f"{what} again.gpkg"
        for to in (first, second):
            assert export(run, what=what, to=to).audit == ()
        assert first.read_bytes() == second.read_bytes()
        layers = {str(name) for name, _ in pyogrio.list_layers(first)}
        assert {what, f"{what}_by_year", "years", "layer_styles"} <= layers
        assert other not in layers
        for layer in (what, f"{what}_by_year"):
            one, two = (
                pyogrio.read_dataframe(path, layer=layer)
                for path in (first, run / "townships.gpkg")
            )
            keys = [name for name in ("year", "city_id", "unit_id") if name in one]
            one, two = (table.sort_values(keys, ignore_index=True) for table in (one, two))
            assert_geodataframe_equal(one, two)
        assert {name: _ends(style) for name, style in _styles(first).items()} == {
            name: _ends(style)
            for name, style in _styles(run / "townships.gpkg").items()
            if name.startswith(what)
        }


def test_shades_are_evenly_spaced() -> None:
    assert colours(LIGHT, 5) == list(LIGHT)
    assert colours(LIGHT, 1) == [LIGHT[2]]
    assert colours(((0, 0, 0), (10, 20, 30)), 3) == [(0, 0, 0), (5, 10, 15), (10, 20, 30)]


def test_a_last_year_without_values_is_passed_over(make_run: MakeRun, monkeypatch) -> None:
    honest = hand_unit_years()
    dark = honest.assign(mean=np.where(honest["year"] == 2021, np.nan, honest["mean"]))
    monkeypatch.setattr("tests.nightpanel.exports.conftest.hand_unit_years", lambda _: dark)
    path = make_run() / "townships.gpkg"
    assert _styles(path)["townships"].find("renderer-v2").get("attr") == "light_2020"
    monkeypatch.setattr(
        "tests.nightpanel.exports.conftest.hand_unit_years", lambda _: honest.assign(mean=np.nan)
    )
    style = _styles(make_run("nothing") / "townships.gpkg")["townships"]
    assert style.find("renderer-v2").get("type") == "singleSymbol"


def test_geometry_is_read_as_it_was_drawn(run: Path) -> None:
    back = pyogrio.read_dataframe(run / "townships.gpkg", layer="townships")
    drawn = hand_units().geometry.to_numpy()
    assert shapely.equals(back.geometry.to_numpy(), drawn).all()
