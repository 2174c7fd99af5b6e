"""Layers: the numbers of the tables at the polygons that they are of."""

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from nightpanel.city_labels import city_labels
from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.map_layer import (
    MapLayer,
    NotShownError,
    city_layer,
    township_layer,
    without_outline,
)
from nightpanel.viewer.shown_folder import shown_folder
from tests.nightpanel.viewer.conftest import PRODUCT, client_of, ready


def layers_of(out: Path) -> tuple[MapLayer | None, MapLayer | None]:
    folder = read_output_folder(out)
    return city_layer(folder, city_labels(folder)), township_layer(folder)


def test_values_are_those_of_the_tables(ran: Path) -> None:
    cities, townships = layers_of(ran)
    assert cities is not None
    assert townships is not None
    of_cities = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])
    of_units = pd.read_parquet(ran / "units.parquet").set_index(["unit_id", "year"])
    for year in (2014, 2017):
        expected = of_cities.loc[[(one, year) for one in cities.ids], "gini"]
        assert cities.values("gini", PRODUCT, year).tolist() == expected.tolist()
        expected = of_units.loc[[(one, year) for one in townships.ids], "mean"]
        assert townships.values("mean", PRODUCT, year).tolist() == expected.tolist()
    assert cities.years == {PRODUCT: (2014, 2015, 2016, 2017)}
    assert len(cities.all_values("gini", PRODUCT)) == 4 * len(cities.ids)


def test_the_panel_adds_its_numbers_to_cities(ran: Path) -> None:
    cities, _ = layers_of(ran)
    assert cities is not None
    panel = pd.read_parquet(ran / "panel.parquet").set_index(["city_id", "year"])
    expected = panel.loc[[(one, 2016) for one in cities.ids], "uil"]
    assert cities.values("uil", PRODUCT, 2016).tolist() == expected.tolist()
    names = [column.name for column in cities.variables]
    assert names[0] == "gini"
    assert len(set(names)) == len(names)
    assert not {"year", "city_id", "flags"} & set(names)


def test_a_polygon_without_numbers_has_none(out: Path) -> None:
    path = out / "units.parquet"
    units = pd.read_parquet(path)
    lost = units["unit_id"].iloc[0]
    units[units["unit_id"] != lost].to_parquet(path)
    _, townships = layers_of(out)
    assert townships is not None
    values = townships.values("mean", PRODUCT, 2015)
    assert np.isnan(values[townships.ids.index(lost)])
    assert np.isnan(values).sum() == 1


def test_a_city_without_outline_is_named(out: Path) -> None:
    shapes = gpd.read_file(out / "townships.gpkg", layer="cities")
    (out / "townships.gpkg").unlink()
    shapes.iloc[1:].to_file(out / "townships.gpkg", layer="cities", driver="GPKG")
    folder = read_output_folder(out)
    cities = city_layer(folder, {})
    assert cities is not None
    assert without_outline(folder, cities) == [shapes["city_id"].iloc[0]]
    assert len(cities.values("gini", PRODUCT, 2014)) == len(shapes) - 1
    assert not np.isnan(cities.values("gini", PRODUCT, 2014)).any()


@pytest.mark.parametrize("nothing", [None, shapely.Polygon()])
def test_a_shape_that_is_none_is_as_good_as_absent(
    out: Path, nothing: shapely.Polygon | None
) -> None:
    cities = gpd.read_file(out / "townships.gpkg", layer="cities")
    units = gpd.read_parquet(out / "townships.parquet")
    cities.loc[1, "geometry"] = units.loc[2, "geometry"] = nothing
    cities.to_file(out / "townships.gpkg", layer="cities", driver="GPKG")
    units.to_parquet(out / "townships.parquet")
    shown = ready(shown_folder(read_output_folder(out)))
    lost = cities["city_id"].iloc[1]
    assert lost not in shown.layers["cities"].ids
    assert len(shown.layers["townships"].ids) == len(units) - 1
    assert any(f"not drawn: {lost}." in message for message in shown.messages)
    client = client_of(shown)
    asked = {"product": PRODUCT, "variable": "gini", "year": 2014}
    for path in ("/about.json", "/outlines/cities/6/51/26", "/download/cities.gpkg"):
        assert client.get(path, params=asked).status_code == 200
    found = client.get("/search", params={"q": lost}).json()
    assert lost not in [place["id"] for place in found]


def test_boxes_are_in_degrees(shown_layers: tuple[MapLayer, MapLayer]) -> None:
    _, townships = shown_layers
    expected = townships.shapes.to_crs(4326).total_bounds
    west, south = townships.boxes[:, :2].min(axis=0)
    east, north = townships.boxes[:, 2:].max(axis=0)
    assert [west, south, east, north] == pytest.approx(expected, abs=1e-9)
    assert str(townships.shapes.crs) == "EPSG:3857"


@pytest.fixture(scope="module")
def shown_layers(ran: Path) -> tuple[MapLayer, MapLayer]:
    cities, townships = layers_of(ran)
    assert cities is not None
    assert townships is not None
    return cities, townships


@pytest.mark.parametrize(
    ("variable", "product", "year"),
    [("nothing", PRODUCT, 2014), ("gini", "other", 2014), ("gini", PRODUCT, 1900),
     ("flags", PRODUCT, 2014), ("city_id", PRODUCT, 2014)],
)  # fmt: skip
def test_what_is_not_there_is_not_shown(
    shown_layers: tuple[MapLayer, MapLayer], variable: str, product: str, year: int
) -> None:
    with pytest.raises(NotShownError):
        shown_layers[0].values(variable, product, year)


def test_townships_without_names_have_their_ids(out: Path) -> None:
    shapes = gpd.read_parquet(out / "townships.parquet")
    shapes["name"] = ""
    shapes.to_parquet(out / "townships.parquet")
    _, townships = layers_of(out)
    assert townships is not None
    assert townships.names == townships.ids


def test_a_folder_of_a_panel_alone_has_no_layers(ran: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(ran, tmp_path / "out"))
    for name in ("townships.gpkg", "townships.parquet", "units.parquet", "cities.parquet"):
        (out / name).unlink()
    assert layers_of(out) == (None, None)
