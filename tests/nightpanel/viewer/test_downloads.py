"""Downloads hold what is shown, and nothing that a spreadsheet would run."""

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from nightpanel.viewer.downloads import (
    Shown,
    as_csv,
    as_geopackage,
    file_name,
    parsed_box,
    shown_table,
)
from nightpanel.viewer.shown_folder import ShownFolder
from tests.nightpanel.viewer.conftest import PRODUCT

TWO_YEARS = Shown("gini", PRODUCT, (2014, 2017))


def test_csv_holds_the_years_that_are_shown(shown: ShownFolder, ran: Path) -> None:
    content = as_csv(shown.layers["cities"], TWO_YEARS)
    table = pd.read_csv(io.BytesIO(content), dtype={"city_id": "str"}, encoding="utf-8-sig")
    assert table.columns.tolist() == ["city_id", "name", "gini_2014", "gini_2017"]
    known = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])["gini"]
    for year in (2014, 2017):
        expected = [known[one, year] for one in table["city_id"]]
        assert table[f"gini_{year}"].tolist() == expected
    assert len(table) == 6


def test_geopackage_holds_polygons_and_values(shown: ShownFolder, tmp_path: Path) -> None:
    layer = shown.layers["townships"]
    path = tmp_path / "shown.gpkg"
    path.write_bytes(as_geopackage(layer, Shown("mean", PRODUCT, (2015,))))
    read = pyogrio.read_dataframe(path)
    assert read["unit_id"].tolist() == list(layer.ids)
    assert read["city_id"].tolist() == list(layer.cities)
    assert read["mean_2015"].tolist() == layer.values("mean", PRODUCT, 2015).tolist()
    assert read.crs == "EPSG:4326"
    assert read.geometry.to_crs(3857).area.sum() == pytest.approx(layer.shapes.area.sum())


def test_only_what_is_in_view(shown: ShownFolder) -> None:
    layer = shown.layers["townships"]
    west, south, east, north = layer.boxes[5]
    inside = (west + east) / 2, (south + north) / 2
    some = shown_table(layer, replace(TWO_YEARS, variable="mean", box=(*inside, *inside)))
    assert layer.ids[5] in some["unit_id"].tolist()
    assert 1 <= len(some) < 10
    none = shown_table(layer, replace(TWO_YEARS, variable="mean", box=(0.0, 0.0, 1.0, 1.0)))
    assert len(none) == 0
    empty = as_csv(layer, replace(TWO_YEARS, variable="mean", box=(0.0, 0.0, 1.0, 1.0)))
    assert empty.decode("utf-8-sig").splitlines() == ["unit_id,name,city_id,mean_2014,mean_2017"]


def test_a_name_like_a_formula_is_text(shown: ShownFolder) -> None:
    layer = shown.layers["cities"]
    named = replace(layer, names=('=HYPERLINK("http://x")', *layer.names[1:]))
    lines = as_csv(named, TWO_YEARS).decode("utf-8-sig").splitlines()
    assert lines[1].split(",", 1)[1].startswith("\"'=HYPERLINK")


def test_file_names_are_plain() -> None:
    strange = Shown('a/../b"\r\n', "x y", (2014, 2015))
    assert file_name("cities", strange, ".csv") == "cities_a-..-b---_x-y_2014_2015.csv"


def test_boxes_are_four_degrees() -> None:
    assert parsed_box("1,2,3.5,-4") == (1.0, 2.0, 3.5, -4.0)
    for text in ("", "1,2,3", "1,2,3,x", "1,2,3,nan", "1,2,3,4,5"):
        with pytest.raises(ValueError, match="four degrees"):
            parsed_box(text)
