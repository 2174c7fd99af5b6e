"""What made a number, and what the cache command shows and removes."""

import hashlib
from pathlib import Path

import pytest

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
    assert {"coverage", "sums", "GDAL", "nightpanel"} <= set(found.versions)


def test_the_command_prints_them(ran: Path, command: Command) -> None:
    ended = command("explain", ran, "--city", "0101", "--year", 2016)
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("Tile", "sha256", "Boundary", "Units, ", "Versions", "gini"):
        assert part in ended.stdout


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


def test_cache_is_listed_and_pruned_to_what_the_last_run_used(
    country: Path, command: Command
) -> None:
    study, out = country / "study.toml", country.parent / "out"
    text = study.read_text(encoding="utf-8")
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    fewer = text.replace("years = [2014, 2015, 2016, 2017]", "years = [2014, 2015, 2016]")
    study.write_text(fewer, encoding="utf-8")
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    assert len(list((out / ".cache" / "tile").iterdir())) == 4
    listed = command("cache", out, "--list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "tile" in listed.stdout
    assert "coverage" in listed.stdout
    pruned = command("cache", out, "--prune")
    assert (pruned.returncode, pruned.stderr) == (0, "")
    assert "Removed" in pruned.stdout
    assert len(list((out / ".cache" / "tile").iterdir())) == 3
    assert list((out / ".cache" / "coverage").iterdir())
    study.write_text(text, encoding="utf-8")
    again = command("run", study, "--out", out)
    assert again.returncode == 0
    assert "Tiles: 1 read, 3 from the cache" in again.stdout


def test_a_cache_folder_that_is_none_is_left_alone(tmp_path: Path, command: Command) -> None:
    precious = tmp_path / "photos" / "tile"
    precious.mkdir(parents=True)
    (precious / ("a" * 64)).write_text("mine", encoding="utf-8")
    ended = command("cache", tmp_path, "--cache", tmp_path / "photos", "--prune", "--all")
    assert ended.returncode == 1
    assert (precious / ("a" * 64)).read_text(encoding="utf-8") == "mine"
