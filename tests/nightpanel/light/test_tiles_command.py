"""`nightpanel tiles`, as a user types it."""

from pathlib import Path

import numpy as np
import pytest

from tests.nightpanel.light.helpers import SIDE, Command, city_light, write


def test_tiles_says_what_files_are(command: Command, tiles: Path) -> None:
    done = command("tiles", f"{tiles}/*.tif")
    assert done.returncode == 0, done.stderr
    assert "dmsp-like-china" in done.stdout
    assert "DMSP-like2014.tif" in done.stdout
    assert "48 x 48" in done.stdout
    assert "Against the year before" in done.stdout


def test_tiles_shows_a_wrong_year_under_a_right_name(command: Command, tiles: Path) -> None:
    write(tiles / "DMSP-like2016.tif", city_light(99))
    done = command("tiles", f"{tiles}/*.tif")
    rows = {
        line.split("│")[1].strip(): float(line.split("│")[4])
        for line in done.stdout.splitlines()
        if line.count("│") == 5 and "DMSP-like" in line
    }
    assert rows["DMSP-like2015.tif"] > 0.99
    assert rows["DMSP-like2016.tif"] < 0.1


@pytest.mark.parametrize(
    ("light", "dtype", "message"),
    [
        (np.full((SIDE, SIDE), 255), "uint8", "cells outside, first 255 at row 0, column 0"),
        (np.where(city_light(1) == 0, 255, city_light(1)), "uint8", "cells outside, first 255"),
        (np.where(city_light(1) == 0, 65535, city_light(1)), "uint16", "first 65535"),
        (city_light(1).astype(float) - 9.0, "float32", "cells outside, first -"),
        (np.full((SIDE, SIDE), np.nan), "float32", "2304 cells of fill"),
        (np.full((SIDE, SIDE), 7), "uint8", "7 in all 2304 cells"),
        (np.zeros((SIDE, SIDE)), "uint8", "0 in all 2304 cells"),
    ],
)
def test_tiles_names_what_breaks_a_contract(
    command: Command, tiles: Path, light: np.ndarray, dtype: str, message: str
) -> None:
    """One line a problem, exit 1, and the good files are shown all the same."""
    write(tiles / "DMSP-like2016.tif", light, dtype=dtype)
    done = command("tiles", f"{tiles}/*.tif")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("ContractError: ")
    assert "DMSP-like2016.tif" in line
    assert message in line
    assert "DMSP-like2013.tif" in done.stdout


def test_tiles_goes_on_after_a_file_that_it_cannot_open(command: Command, tiles: Path) -> None:
    (tiles / "DMSP-like2016.tif").write_bytes(b"no raster")
    (tiles / "unknown.tif").write_bytes(b"no raster")
    done = command("tiles", f"{tiles}/*.tif")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "TileNameError", "TileUnreadableError",
    ]  # fmt: skip
    assert "DMSP-like2015.tif" in done.stdout


def test_limits_of_tiles_are_options(command: Command, tiles: Path) -> None:
    small = command("tiles", f"{tiles}/*.tif", "--max-cells", "2000")
    assert small.returncode == 1
    assert "or --max-cells" in small.stderr
    assert command("tiles", f"{tiles}/*.tif", "--max-cells", "3000").returncode == 0


def test_tiles_shows_the_others_where_a_year_is_there_twice(command: Command, tiles: Path) -> None:
    (tiles / "DMSP_like2014.tif").write_bytes((tiles / "DMSP-like2014.tif").read_bytes())
    done = command("tiles", f"{tiles}/*.tif")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("DuplicateYearError: ")
    assert all(f"DMSP-like{year}.tif" in done.stdout for year in (2013, 2015))


def test_tiles_writes_a_catalogue_that_a_run_reads(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    done = command("tiles", f"{tiles}/*.tif", "--stac", tmp_path / "stac")
    assert done.returncode == 0, done.stderr
    known = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--quiet")
    plain = command("lights", "--tiles", f"{tiles}/*.tif", *known, "--out", tmp_path / "a")
    listed = command(
        "lights", "--tiles", tmp_path / "stac" / "catalog.json", *known, "--out", tmp_path / "b"
    )
    assert (plain.returncode, listed.returncode) == (0, 0), listed.stderr
    one, other = (tmp_path / name / "cities.parquet" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_tiles_knows_products_of_ones_own(command: Command, tiles: Path, tmp_path: Path) -> None:
    write(tiles / "mine_2013.tif", city_light(1) * 10, dtype="uint16")
    products = tmp_path / "products.toml"
    products.write_text(
        "[mine]\ntitle = 'mine'\npattern = 'mine_(?P<year>\\d{4})\\.tif'\nunit = 'DN'\n"
        "valid_min = 0.0\nvalid_max = 1023.0\n"
    )
    done = command("tiles", tiles / "mine_2013.tif", "--products", products)
    assert (done.returncode, "mine" in done.stdout) == (0, True), done.stderr
