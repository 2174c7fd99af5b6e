"""What made a number, and what the cache command shows and removes."""

import hashlib
from pathlib import Path

import pytest

import nightpanel
from nightpanel.explain_row import explain
from nightpanel.run_study import run
from tests.nightpanel.conftest import Command


@pytest.fixture(scope="module")
def ran(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("explained") / "out"
    run(painted / "study.toml", out=out)
    return out


def test_tile_boundary_grid_units_and_versions(ran: Path, painted: Path) -> None:
    found = explain(ran, city="0101", year=2016)
    tile = min(painted.glob("*2016*.tif"))
    assert found.tile["path"] == str(tile)
    assert found.tile["sha256"] == hashlib.sha256(tile.read_bytes()).hexdigest()
    assert found.grid["grid"] == found.tile["grid"]
    boundary = painted / "units.gpkg"
    digest = hashlib.sha256(boundary.read_bytes()).hexdigest()
    assert found.boundary["sha256"] == {str(boundary): digest}
    assert found.boundary["unit_id"] == "unit_id"
    assert found.city_year["n_units"] == len(found.units)
    assert set(found.units["unit_id"].str[:4]) == {"0101"}
    assert found.units["mean"].is_monotonic_decreasing
    assert (found.settings["bootstrap_draws"], found.settings["cell_area"]) == (20, "planar")
    assert {"GEOS", "GDAL", "PROJ", "nightpanel"} <= set(found.versions)


def test_the_command_prints_them(ran: Path, command: Command) -> None:
    ended = command("explain", ran, "--city", "0101", "--year", 2016)
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("Tile", "sha256", "Boundary", "Units, ", "Versions", "gini"):
        assert part in ended.stdout


def test_tiles_behind_a_link_are_no_boundary(painted: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(painted)
    made = nightpanel.lights_study(
        tiles=[str(tmp_path / "link" / "*.tif")],
        units=painted / "units.gpkg",
        unit_id="unit_id",
        city_id="unit_id:4",
    )
    run(made, out=tmp_path / "out")
    found = explain(tmp_path / "out", city="0101", year=2016)
    assert list(found.boundary["sha256"]) == [str(painted / "units.gpkg")]


@pytest.mark.parametrize(
    ("city", "year", "named"), [("O101", 2016, "did you mean 0101"), ("0101", 2031, "2031")]
)
def test_unknown_city_or_year(
    ran: Path, command: Command, city: str, year: int, named: str
) -> None:
    ended = command("explain", ran, "--city", city, "--year", year)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert named in ended.stderr


def test_a_folder_without_a_run(tmp_path: Path, command: Command) -> None:
    ended = command("explain", tmp_path, "--city", "0101", "--year", 2016)
    assert ended.returncode == 1
    assert "cities.parquet of an earlier run" in ended.stderr
