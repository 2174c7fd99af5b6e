"""Studies of light: archives, cubes, HDF5, several files of a year, calibration."""

import json
import os
import zipfile
from pathlib import Path

import geopandas as gpd
import h5py
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely import box

from tests.nightpanel.light.helpers import SIDE, Command, city_light, study, write


@pytest.mark.usefixtures("units")
def test_an_archive_in_a_study_and_what_pruning_makes_of_it(
    command: Command, tiles: Path, tmp_path: Path
) -> None:
    plain = command("run", study(tmp_path, ""), "--out", tmp_path / "plain")
    assert plain.returncode == 0, plain.stderr
    with zipfile.ZipFile(tiles / "light.zip", "w") as archive:
        for path in tiles.glob("*.tif"):
            archive.write(path, f"years/{path.name}")
            path.unlink()
    path = study(tmp_path, "")
    path.write_text(path.read_text().replace("*.tif", "*.zip"))
    out = tmp_path / "out"
    done = command("run", path, "--out", out)
    assert done.returncode == 0, done.stderr
    tables = [pd.read_parquet(tmp_path / name / "cities.parquet") for name in ("plain", "out")]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    record = json.loads((out / "manifest.json").read_text())["stages"]["lights"]
    assert str(tiles / "light.zip") in record["inputs"]
    explained = command("explain", out, "--city", "4500", "--year", "2014")
    assert "light.zip/years/DMSP-like2014.tif" in explained.stdout
    unpacked = out / ".cache" / "unpacked"
    old = unpacked / ("0" * 16)
    old.mkdir()
    (old / "DMSP2000.tif").write_bytes(bytes(5000))
    os.utime(old, (0, 0))
    listed = command("cache", out, "--list")
    assert f"unpacked/{old.name}  5000 bytes" in listed.stdout
    pruned = command("cache", out, "--prune")
    assert pruned.returncode == 0, pruned.stderr
    assert [path.name for path in unpacked.iterdir()] == record["store"]["unpacked"]
    assert "nothing to do" in command("run", path, "--out", out).stdout
    command("cache", out, "--prune", "--all")
    assert list(unpacked.iterdir()) == []
    assert "nothing to do" in command("run", path, "--out", out).stdout
    shown = command("tiles", tiles / "light.zip")
    assert (shown.returncode, "DMSP-like2015.tif" in shown.stdout) == (0, True), shown.stderr


@pytest.mark.usefixtures("units")
def test_steps_of_a_study(command: Command, tiles: Path, tmp_path: Path) -> None:
    country = gpd.GeoDataFrame(geometry=[box(400_000, 3_952_000, 424_000, 4_000_000)])
    country.set_crs("EPSG:32649").to_file(tmp_path / "country.gpkg")
    text = """
steps = [
    { step = "continuity" },
    { step = "floor", below = 10.0 },
    { step = "saturation", at = 60.0, to = "cap" },
    { step = "mask", file = "country.gpkg", where = "outside" },
]
bootstrap_draws = 0
"""
    path = study(tmp_path, text)
    checked = command("check", path)
    assert checked.returncode == 0, checked.stderr
    done = command("run", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(tmp_path / "out" / "units.parquet")
    light = rasterio.open(tiles / "DMSP-like2014.tif").read(1).astype(float)
    light[light < 10] = 0
    light = np.minimum(light, 60)
    first = table[(table["unit_id"] == "450000") & (table["year"] == 2014)]
    assert first["mean"].item() == pytest.approx(light[:12, :12].mean())
    masked = table[table["unit_id"] == "450102"]
    assert masked["valid_share"].tolist() == [0.0] * 3
    record = json.loads((tmp_path / "out" / "manifest.json").read_text())["stages"]["lights"]
    (log,) = record["calibration"].values()
    assert [step["step"] for step in log] == ["continuity", "floor", "saturation", "mask"]
    assert str(tmp_path / "country.gpkg") in record["inputs"]
    again = command("run", path, "--out", tmp_path / "out")
    assert "nothing to do" in again.stdout


@pytest.mark.parametrize(
    ("lights", "message"),
    [
        ('steps = [{ step = "flor", below = 1.0 }]', "lights.steps.0"),
        ('steps = [{ step = "floor", belov = 1.0 }]', "did you mean 'below'?"),
        ('steps = [{ step = "intercalibrate" }]', "expected a row for"),
        ('steps = [{ step = "intercalibrate", coefficients = "own.csv" }]', "own.csv"),
        ('several = "prefer"', "prefer must list"),
        ('steps = [{ step = "mask", file = "no.gpkg", where = "inside" }]', "no.gpkg"),
    ],
)
@pytest.mark.usefixtures("tiles", "units")
def test_steps_that_cannot_be_taken(
    command: Command, tmp_path: Path, lights: str, message: str
) -> None:
    done = command("run", study(tmp_path, lights), "--out", tmp_path / "out")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert message in line
    assert not (tmp_path / "out" / "units.parquet").exists()


@pytest.mark.parametrize(
    ("light", "message"),
    [(np.full((SIDE, SIDE), 9), "a mean of 9 in all 16 units"), (np.zeros((SIDE, SIDE)), "of 0")],
)
@pytest.mark.usefixtures("units")
def test_a_year_that_shows_nothing_is_refused(
    command: Command, tiles: Path, tmp_path: Path, light: np.ndarray, message: str
) -> None:
    write(tiles / "DMSP-like2016.tif", light)
    path = study(tmp_path, "bootstrap_draws = 0")
    done = command("run", path, "--out", tmp_path / "out")
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    allowed = command("run", study(tmp_path, "allow_constant = true"), "--out", tmp_path / "out")
    assert allowed.returncode == 0, allowed.stderr


@pytest.mark.usefixtures("units")
def test_a_year_of_fill_alone_is_refused(command: Command, tiles: Path, tmp_path: Path) -> None:
    write(tiles / "DMSP-like2016.tif", np.full((SIDE, SIDE), np.nan), dtype="float32")
    done = command("run", study(tmp_path, ""), "--out", tmp_path / "out")
    assert (done.returncode, "found fill alone" in done.stderr) == (1, True), done.stderr


@pytest.mark.usefixtures("units")
def test_two_versions_side_by_side(command: Command, tiles: Path, tmp_path: Path) -> None:
    write(tiles / "DMSP2013.tif", city_light(1) // 2)
    refused = command("run", study(tmp_path, ""), "--out", tmp_path / "out")
    assert refused.stderr.startswith("DuplicateYearError")
    done = command("run", study(tmp_path, 'several = "keep-both"'), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(tmp_path / "out" / "cities.parquet")
    assert set(table["product"]) == {"dmsp-like-china:dmsp", "dmsp-like-china:dmsp-like"}
    explained = command(
        "explain", tmp_path / "out", "--city", "4500", "--year", "2013", "--product",
        "dmsp-like-china:dmsp",
    )  # fmt: skip
    assert "DMSP2013.tif" in explained.stdout
    assert "Seam" in done.stdout
    assert "(by city in seam.csv)" in done.stdout
    seam = pd.read_csv(tmp_path / "out" / "seam.csv", dtype={"city_id": "str"})
    assert seam[["product", "year", "first", "second"]].drop_duplicates().to_numpy().tolist() == [
        ["dmsp-like-china", 2013, "dmsp", "dmsp-like"]
    ]
    both = table[table["year"] == 2013].pivot(
        index="city_id", columns="product", values=["mean", "gini"]
    )
    for value in ("mean", "gini"):
        for side, label in (("first", "dmsp"), ("second", "dmsp-like")):
            expected = both[value, f"dmsp-like-china:{label}"]
            found = seam.set_index("city_id")[f"{value}_{side}"]
            pd.testing.assert_series_equal(found, expected, check_names=False)
    record = json.loads((tmp_path / "out" / "manifest.json").read_text())["stages"]["lights"]
    assert "seam.csv" in record["files"]
    one = study(tmp_path, 'several = "prefer"\nprefer = ["dmsp"]')
    again = command("run", one, "--out", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert ("Seam" in again.stdout, (tmp_path / "out" / "seam.csv").exists()) == (False, False)


@pytest.mark.usefixtures("units")
def test_a_zarr_cube_in_a_study(command: Command, tiles: Path, tmp_path: Path) -> None:
    import nightpanel

    reference = command("run", study(tmp_path, ""), "--out", tmp_path / "out")
    assert reference.returncode == 0, reference.stderr
    (cube,) = nightpanel.open_cube(nightpanel.read_catalog([f"{tiles}/*.tif"])).values()
    cube.to_dataset().to_zarr(tiles / "cube.zarr", consolidated=False)
    for tile in tiles.glob("*.tif"):
        tile.unlink()
    path = study(tmp_path, "")
    path.write_text(path.read_text().replace("*.tif", "cube.zarr"))
    done = command("run", path, "--out", tmp_path / "cube")
    assert done.returncode == 0, done.stderr
    tables = [pd.read_parquet(tmp_path / name / "cities.parquet") for name in ("out", "cube")]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_year_of_black_marble_in_a_study(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for h in (28, 29):
        name = f"VNP46A4.A2018001.h{h}v06.001.2021124145010.h5"
        with h5py.File(folder / name, "w") as file:
            fields = file.create_group("HDFEOS/GRIDS/VIIRS_Grid_DNB_2d/Data Fields")
            light = rng.integers(0, 500, size=(40, 40)).astype(np.uint16)
            data = fields.create_dataset("AllAngle_Composite_Snow_Free", data=light)
            data.attrs["_FillValue"], data.attrs["scale_factor"] = np.uint16(65535), 0.1
            fields["AllAngle_Composite_Snow_Free_Quality"] = np.zeros((40, 40), dtype=np.uint8)
    shapes = [box(x, y, x + 3, y + 3) for x in (104, 108, 112) for y in (21, 25)]
    codes = [f"45010{k}" for k in range(6)]
    table = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326")
    table.to_file(tmp_path / "townships.gpkg")
    path = study(tmp_path, "bootstrap_draws = 0")
    path.write_text(path.read_text().replace("*.tif", "*.h5"))
    done = command("run", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    cities = pd.read_parquet(tmp_path / "out" / "cities.parquet")
    assert cities[["city_id", "year", "product"]].to_numpy().tolist() == [
        ["4501", 2018, "black-marble-annual"]
    ]
    assert 20.0 < cities["mean"].item() < 30.0
