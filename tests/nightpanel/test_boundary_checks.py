"""Boundaries as a study names them: keys, what check says, what run refuses and warns of."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.audit import audit_rows
from geo.datum import from_wgs84
from nightpanel.boundary_checks import read_boundaries
from nightpanel.study_file import read_study
from nightpanel.study_units import UnitsSection
from tests.nightpanel.conftest import STUDY, Command

UNITS = 'name = "name"\n'


def with_keys(country: Path, keys: str, *, file: str = "units.gpkg") -> Path:
    """The small study, of light alone, with more keys in [units]."""
    text = STUDY.split("[[panel.tables]]")[0].replace("units.gpkg", file)
    path = country / "more.toml"
    path.write_text(text.replace(UNITS, UNITS + keys), encoding="utf-8")
    return path


def table_of(country: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(country / "units.gpkg").to_crs("EPSG:4326")


def shifted(country: Path) -> gpd.GeoDataFrame:
    table = table_of(country)
    moved = shapely.transform(table.geometry.to_numpy(), lambda xy: from_wgs84(xy, "GCJ-02"))
    return table.set_geometry(moved, crs=table.crs)


def test_check_speaks_of_overlaps_and_gaps(country: Path, command: Command) -> None:
    done = command("check", with_keys(country, ""))
    assert done.returncode == 0, done.stderr
    assert "boundaries: counted twice 0.0000% of the units' area, 0 overlaps" in done.stdout
    assert "boundaries: counted never 0.0000% of the land enclosed by units" in done.stdout
    assert "warning" not in done.stdout


def test_a_shifted_copy_is_doubted_detected_and_restored(country: Path, command: Command) -> None:
    shifted(country).to_file(country / "gcj.gpkg")
    where = 'reference = "units.gpkg"\nreference_id = "unit_id"\n'
    done = command("check", with_keys(country, where, file="gcj.gpkg"))
    assert done.returncode == 0, done.stderr
    assert "warning: doubtful_datum (1)" in done.stdout
    assert "they look like GCJ-02, not WGS84" in done.stdout
    run = command(
        "run", with_keys(country, where, file="gcj.gpkg"), "--out", country / "out", "--quiet"
    )
    assert run.returncode == 0, run.stderr
    rows = audit_rows(pd.read_parquet(country / "out" / "audit.parquet"))
    assert "doubtful_datum" in {row.rule for row in rows}
    study = with_keys(country, f'datum = "detect"\n{where}', file="gcj.gpkg")
    loud = command("run", study, "--out", country / "out")
    assert loud.returncode == 0, loud.stderr
    assert "warning" not in loud.stdout
    rows = audit_rows(pd.read_parquet(country / "out" / "audit.parquet"))
    assert {"detected_datum", "restored_datum"} <= {row.rule for row in rows}
    ours = gpd.read_file(country / "out" / "townships.gpkg", layer="townships")
    want = table_of(country).set_index("unit_id").loc[ours["unit_id"]]
    apart = shapely.hausdorff_distance(ours.geometry.to_numpy(), want.geometry.to_numpy())
    assert apart.max() < 1e-9


def test_run_warns(country: Path, command: Command) -> None:
    shifted(country).to_file(country / "gcj.gpkg")
    done = command(
        "run",
        with_keys(country, 'reference = "units.gpkg"\n', file="gcj.gpkg"),
        "--out",
        country / "out",
    )
    assert done.returncode == 0, done.stderr
    assert "warning: doubtful_datum (1)" in done.stdout


def test_a_declared_datum_needs_no_reference(country: Path) -> None:
    shifted(country).to_file(country / "gcj.gpkg")
    study, problems = read_study(with_keys(country, 'datum = "GCJ-02"\n', file="gcj.gpkg"))
    assert problems == ()
    assert study is not None
    found = read_boundaries(study.units)
    assert [row.rule for row in found.units.audit] == ["restored_datum"]
    want = shapely.bounds(table_of(country).geometry.to_numpy())
    assert abs(shapely.bounds(found.units.table.geometry.to_numpy()) - want).max() < 1e-9


def test_detect_without_a_reference_asks_light_and_refuses(country: Path, command: Command) -> None:
    done = command("check", with_keys(country, 'datum = "detect"\n'))
    assert done.returncode == 1
    assert "datum by light of" in done.stdout
    assert "DatumError" in done.stderr
    assert "expected a reference to detect the datum by, found none" in done.stderr


def test_another_reference_makes_a_new_run(country: Path, command: Command) -> None:
    study = with_keys(country, 'reference = "other.gpkg"\nreference_id = "unit_id"\n')
    table_of(country).to_file(country / "other.gpkg")
    assert command("run", study, "--out", country / "out").returncode == 0
    again = command("run", study, "--out", country / "out")
    assert "lights: nothing to do" in again.stdout
    shifted(country).to_file(country / "other.gpkg")
    changed = command("run", study, "--out", country / "out")
    assert "nothing to do" not in changed.stdout
    assert "warning: shifted_boundaries" in changed.stdout


def test_units_outside_their_city(country: Path, command: Command) -> None:
    table = table_of(country)
    table["city"] = table["unit_id"].str[:4]
    table.dissolve("city").reset_index()[["city", "geometry"]].to_file(country / "cities.gpkg")
    first, last = table["city"].iloc[0], table["city"].iloc[-1]
    wrong = table["unit_id"].iloc[0]
    moved = last + wrong[4:] + "9"
    table.loc[0, "unit_id"] = moved
    table.loc[1, "unit_id"] = "9999" + table.loc[1, "unit_id"][4:]
    table.drop(columns="city").to_file(country / "recoded.gpkg")
    keys = 'cities = "cities.gpkg"\ncities_id = "city"\n'
    done = command("check", with_keys(country, keys, file="recoded.gpkg"))
    assert done.returncode == 0, done.stderr
    assert "warning: outside_city (1)" in done.stdout
    assert f"unit '{moved}': 0.0% of it lies inside city {last}; it lies in {first}" in done.stdout
    assert "warning: city_without_polygon (1)" in done.stdout
    assert "city 9999 is not in" in done.stdout


def test_membership_is_compared_under_the_crosswalk(country: Path, command: Command) -> None:
    """A city that joined another: its units lie in the polygon of what it joined."""
    table = table_of(country)
    table["city"] = table["unit_id"].str[:4]
    first, second = table["city"].unique()[:2]
    table["city"] = table["city"].replace(second, first)
    table.dissolve("city").reset_index()[["city", "geometry"]].to_file(country / "cities.gpkg")
    keys = 'cities = "cities.gpkg"\ncities_id = "city"\n'
    apart = command("check", with_keys(country, keys))
    assert "warning: city_without_polygon" in apart.stdout
    (country / "joined.csv").write_text(f"code,city_id\n{second},{first}\n", encoding="utf-8")
    study = with_keys(country, f'{keys}crosswalk = "joined.csv"\n')
    together = command("check", study)
    assert together.returncode == 0, together.stderr
    assert "city_without_polygon" not in together.stdout
    assert "outside_city" not in together.stdout
    # Another crosswalk is another comparison, also where the units are kept.
    assert command("run", study, "--out", country / "out", "--only", "lights").returncode == 0
    (country / "joined.csv").write_text(f"code,city_id\n{first},{first}\n", encoding="utf-8")
    again = command("run", study, "--out", country / "out", "--only", "lights")
    assert "warning: city_without_polygon" in again.stdout


def overlapping(country: Path) -> str:
    table = table_of(country)
    shapes = table.geometry.to_numpy().copy()
    shapes[0] = shapely.union(shapes[0], shapely.buffer(shapely.centroid(shapes[1]), 0.01))
    table.set_geometry(shapes, crs=table.crs).iloc[[0, 1, *range(3, len(table))]].to_file(
        country / "bad.gpkg"
    )
    return "bad.gpkg"


def test_limits_of_overlaps_and_gaps(country: Path, command: Command) -> None:
    file = overlapping(country)
    for key in ("most_twice", "most_never"):
        reference = 'reference = "units.gpkg"\nreference_id = "unit_id"\n'
        study = with_keys(country, f"{key} = 1e-6\n{reference}", file=file)
        for words in (("check", study), ("run", study, "--out", country / "out")):
            done = command(*words)
            assert done.returncode == 1
            assert "TilingError" in done.stderr
            assert f"{key} = 1e-06" in done.stderr
            assert done.stderr.count("\n") == 1
        assert not (country / "out" / "units.parquet").exists()
        loose = with_keys(country, f"{key} = 0.9\n{reference}", file=file)
        assert command("check", loose).returncode == 0


def test_units_in_an_archive(country: Path, command: Command) -> None:
    with zipfile.ZipFile(country / "data.zip", "w") as out:
        out.write(country / "units.gpkg", "inner/towns.gpkg")
        out.writestr("inner/other.geojson", "{}")
    study = with_keys(country, "", file="data.zip/inner/towns.gpkg")
    done = command("run", study, "--out", country / "out")
    assert done.returncode == 0, done.stderr
    again = command("run", study, "--out", country / "out")
    assert "lights: nothing to do" in again.stdout
    refused = command("run", with_keys(country, "", file="data.zip"), "--out", country / "out")
    assert refused.returncode == 1
    assert "name one, for example data.zip/inner/towns.gpkg" in refused.stderr


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ('datum = "GCJ02"\n', "units.datum"),
        ('cities = "x.gpkg"\n', "cities and cities_id need each other"),
        ('reference_id = "x"\n', "reference_id needs a reference"),
        ("most_twice = 3\n", "units.most_twice"),
    ],
)
def test_keys_that_cannot_be(country: Path, command: Command, keys: str, found: str) -> None:
    done = command("check", with_keys(country, keys))
    assert done.returncode == 1
    assert found in done.stderr


def test_paths_are_relative_to_the_study(country: Path) -> None:
    keys = 'reference = "a.gpkg"\ncities = "b.gpkg"\ncities_id = "c"\nencoding = "GBK"\n'
    study, _ = read_study(with_keys(country, keys))
    assert study is not None
    assert (study.units.reference, study.units.cities) == (country / "a.gpkg", country / "b.gpkg")
    assert isinstance(study.units, UnitsSection)
    assert study.units.encoding == "GBK"


def test_clip_and_lights_take_encoding_and_datum(country: Path, command: Command) -> None:
    """A shapefile in GCJ-02 and GBK under a wrong .cpg gives what the country's own file gives."""
    table = shifted(country)
    table["city"] = "市" + table["unit_id"].str[:4]
    table.to_file(country / "gcj.shp", encoding="gbk")
    (country / "gcj.cpg").write_text("UTF-8")
    said = ("--units", country / "gcj.shp", "--unit-id", "unit_id", "--city-id", "city")
    refused = command("lights", "--tiles", country / "*.tif", *said, "--out", country / "no")
    assert (refused.returncode, "GB18030" in refused.stderr) == (1, True)
    told = (*said, "--encoding", "GBK", "--datum", "GCJ-02")
    out, own = country / "out", country / "own"
    done = command("lights", "--tiles", country / "*.tif", *told, "--out", out)
    assert done.returncode == 0, done.stderr
    plain = ("--units", country / "units.gpkg", "--unit-id", "unit_id", "--city-id", "unit_id:4")
    assert command("lights", "--tiles", country / "*.tif", *plain, "--out", own).returncode == 0
    light, want = (pd.read_parquet(folder / "units.parquet") for folder in (out, own))
    assert set(light["city_id"].str[0]) == {"市"}
    assert light["mean"].to_numpy() == pytest.approx(want["mean"].to_numpy(), abs=1e-6)
    clipped = command("clip", country / "*.tif", *told, "--out", country / "clips")
    assert clipped.returncode == 0, clipped.stderr
    refused = command("clip", country / "*.tif", *said, "--out", country / "no_clips")
    assert refused.returncode == 1
