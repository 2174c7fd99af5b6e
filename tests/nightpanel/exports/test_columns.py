"""The data dictionary knows every column that the stages write."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyogrio

from geo.audit import audit_table
from geo.inequality import CITY_COLUMNS
from nightpanel.exports.columns import Column, described, with_metadata
from panels.cities.match import MATCH_COLUMNS
from panels.losses import COLUMNS as LOST_COLUMNS
from panels.reconcile import RECONCILIATION
from tiles.unit_years import COLUMNS


def test_every_column_of_the_light_stage_is_described(run: Path) -> None:
    names = {*COLUMNS, *CITY_COLUMNS}
    for layer, _ in pyogrio.list_layers(run / "townships.gpkg"):
        if layer not in {"years", "layer_styles"}:
            names |= set(pyogrio.read_info(run / "townships.gpkg", layer=layer)["fields"])
    for column in described(sorted(names)):
        assert column.label != column.name
        assert len(column.title) <= 70  # with a name of Stata's before it, its labels have 80
        assert column.text != described(["of the user"])[0].text


def test_light_has_the_unit_of_its_product() -> None:
    def units(name: str, *products: str) -> str:
        return described([name], products=products)[0].unit

    assert units("mean", "viirs-annual") == "nW/cm2/sr"
    assert units("light_2015", "dmsp-stable") == "DN"
    assert units("light_dmsp-stable_2015", "dmsp-stable", "viirs-annual") == "DN"
    assert units("mean", "dmsp-stable", "harmonized") == "DN"
    assert (
        units("mean", "dmsp-stable", "viirs-annual") == units("mean", "own") == units("mean") == ""
    )
    assert units("area_km2") == "km2"


def test_every_column_of_the_tables_about_a_panel_is_described() -> None:
    tables = {
        "unmatched": ("side", "table", "city_id", "year"),
        "dropped": LOST_COLUMNS,
        "matches": ("table", *MATCH_COLUMNS),
        "reconciliation": (*RECONCILIATION,),
        "audit": (*audit_table([]).columns,),
    }
    for table, names in tables.items():
        for column in described(names, table=table):
            assert column.label != column.name, (table, column)
            assert column.text != described(["of the user"])[0].text
    assert described(["name"], table="matches") != described(["name"])


def test_units_that_a_table_states_go_before_others() -> None:
    gdp, mean, people = described(
        ["gdp", "mean", "people"], products=["dmsp-stable"], units={"gdp": "亿元", "mean": "DN x 2"}
    )
    assert (gdp.title, mean.unit, people.unit) == ("gdp [亿元]", "DN x 2", "")


def test_columns_of_years_and_of_the_user() -> None:
    year, product, own, like = described(["gini_1999", "light_a_b_2000", "gdp", "gdp_2000"])
    assert year.title == "Gini of light 1999"
    assert product.label == "Mean light 2000, a_b"
    assert own == Column("gdp", "gdp", "", own.text)
    assert like.label == "gdp_2000"


def test_fields_say_what_they_hold() -> None:
    table = pa.table({"area_km2": [1.0], "gdp": [2.0]}).replace_schema_metadata({"crs": "x"})
    found = with_metadata(table, described(["area_km2"])).schema
    assert found.field("area_km2").metadata[b"unit"] == b"km2"
    assert found.field("gdp").metadata is None
    assert found.metadata == {b"crs": b"x"}
    assert pd.DataFrame(with_metadata(table, described(["gdp"])).to_pandas())["gdp"].tolist() == [
        2.0
    ]
