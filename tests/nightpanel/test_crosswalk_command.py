"""`nightpanel crosswalk`: weights from files of polygons, by area and by light."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import nightpanel
from panels.cities.crosswalks import read_crosswalk

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def vintages(country: Path) -> Path:
    """Cities before, and the same cut in two by a meridian after."""
    units = pyogrio.read_dataframe(country / "units.gpkg")
    cities = units.dissolve(units["unit_id"].str[:4].rename("id")).reset_index()[["id", "geometry"]]
    cities.to_file(country / "before.gpkg")
    halves = []
    for name, shape in zip(cities["id"], cities.geometry, strict=True):
        west, south, east, north = shape.bounds
        middle = shape.centroid.x
        for part, box in (
            ("w", shapely.box(west, south, middle, north)),
            ("e", shapely.box(middle, south, east, north)),
        ):
            halves.append({"code": name + part, "geometry": shape.intersection(box)})
    gpd.GeoDataFrame(halves, crs=cities.crs).to_file(country / "after.gpkg")
    return country


def words(folder: Path) -> list[object]:
    files = [folder / "before.gpkg", folder / "after.gpkg"]
    return ["crosswalk", *files, "--old-id", "id", "--new-id", "code", "--year", 2016]


def test_weights_by_area(vintages: Path, command: Command) -> None:
    to = vintages / "made" / "by_area.csv"
    ended = command(*words(vintages), "--to", to)
    assert ended.returncode == 0, ended.stderr
    assert "6 old divisions, 0 whole in a new one, 12 pairs" in ended.stdout
    assert f"Written: {to}" in ended.stdout
    table = read_crosswalk(to).table
    assert (table["year"] == 2016).all()
    assert (table["new"].str[:4] == table["old"]).all()
    written = pd.read_csv(to, dtype={"old": str})
    areas = written["area_km2"] / written.groupby("old")["area_km2"].transform("sum")
    np.testing.assert_allclose(table["weight"], areas, rtol=1e-12)


def test_weights_by_light_are_those_of_the_sums_of_light(vintages: Path, command: Command) -> None:
    to = vintages / "by_light.csv"
    tile = vintages / "DMSP-like2015.tif"
    ended = command(*words(vintages), "--to", to, "--by", "light", "--tiles", tile, "--quiet")
    assert ended.returncode == 0, ended.stderr
    halves = nightpanel.lights(
        nightpanel.read_units(vintages / "after.gpkg", unit_id="code", city_id="code:4"),
        nightpanel.read_catalog([str(tile)]),
        bootstrap_draws=0,
    ).unit_years.set_index("unit_id")["sum"]
    expected = halves / halves.groupby(halves.index.str[:4]).transform("sum")
    made = read_crosswalk(to).table.set_index("new")["weight"]
    np.testing.assert_allclose(made, expected.reindex(made.index), rtol=1e-6)
    by_area = nightpanel.crosswalk(
        vintages / "before.gpkg", vintages / "after.gpkg", old_id="id", new_id="code", year=2016
    ).crosswalk.table
    assert (by_area.set_index("new")["weight"] - made).abs().max() > 0.01


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--by", "light"], "crosswalk --tiles: expected a tile of light to weigh by, found none"),
        (["--tiles", "x.tif"], "expected tiles for weights by light alone"),
        (["--by", "light", "--tiles", "*.tif"], "expected light of one year, found the years 2014"),
        (["--old-id", "name"], "old.gpkg|expected one column 'name'"),
    ],
)
def test_wrong_requests_are_one_line_and_write_nothing(
    vintages: Path, command: Command, more: list[str], line: str
) -> None:
    to = vintages / "crosswalk.csv"
    given = [str(vintages / one) if one.endswith(".tif") else one for one in more]
    ended = command(*words(vintages), "--to", to, *given)
    assert ended.returncode == 1
    assert any(part in ended.stderr for part in line.split("|"))
    assert ended.stderr.count("\n") == 1
    assert not to.exists()


def test_an_old_division_outside_the_new_ones_is_refused_or_kept_with_its_share(
    vintages: Path, command: Command
) -> None:
    after = pyogrio.read_dataframe(vintages / "after.gpkg")
    after[after["code"] != "0101e"].to_file(vintages / "after.gpkg")
    to = vintages / "crosswalk.csv"
    ended = command(*words(vintages), "--to", to, "--quiet")
    assert ended.returncode == 1
    assert "expected each old division once in the new ones, within 0.05" in ended.stderr
    assert "of 0101 (1 divisions in all)" in ended.stderr
    assert not list(vintages.glob("crosswalk*"))
    ended = command(*words(vintages), "--to", to, "--quiet", "--cover-tolerance", "0.9")
    assert ended.returncode == 0, ended.stderr
    written = pd.read_csv(to, dtype={"old": str}).set_index("new")
    assert written.loc["0101w", "weight"] == 1.0
    assert 0.3 < written.loc["0101w", "covered"] < 0.7
    np.testing.assert_allclose(written.drop(index="0101w")["covered"], 1.0, atol=1e-3)
    audit = pd.read_csv(vintages / "crosswalk.audit.csv")
    assert "covered_in_part" in set(audit["rule"])


def test_places_apart_are_refused(vintages: Path, command: Command) -> None:
    moved = pyogrio.read_dataframe(vintages / "after.gpkg")
    moved.geometry = moved.geometry.translate(xoff=20.0)
    moved.to_file(vintages / "after.gpkg")
    ended = command(*words(vintages), "--to", vintages / "crosswalk.csv")
    assert ended.returncode == 1
    assert "expected a new polygon over each old one, found none over 0101" in ended.stderr
