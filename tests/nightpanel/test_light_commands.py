"""The commands on light products, as a user types them."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess

import geopandas as gpd
import h5py
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import Affine
from shapely import box

from tests.web_server import Site, serving

Command = Callable[..., CompletedProcess[str]]

PLANE = Affine(1000.0, 0.0, 400_000.0, 0.0, -1000.0, 4_000_000.0)
SIDE = 48


def write(path: Path, light: object, *, dtype: str = "uint8", **options: object) -> Path:
    array = np.asarray(light, dtype=dtype)
    profile = {
        "driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1,
        "dtype": dtype, "crs": "EPSG:32649", "transform": PLANE,
    } | options  # fmt: skip
    with rasterio.open(path, "w", **profile) as tile:
        tile.write(array, 1)
    return path


def city_light(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    light = rng.integers(5, 64, size=(SIDE, SIDE))
    return np.where(rng.random(light.shape) < 0.4, 0, light)


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    base = city_light(1)
    for year in range(2013, 2016):
        rise = np.where(base > 0, (base + 2 * (year - 2013)).clip(0, 63), 0)
        write(folder / f"DMSP-like{year}.tif", rise)
    return folder


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Sixteen townships in four cities that fill the raster."""
    edge = SIDE * 1000 // 4
    shapes, codes = [], []
    for row in range(4):
        for col in range(4):
            x, y = 400_000 + col * edge, 4_000_000 - (row + 1) * edge
            shapes.append(box(x, y, x + edge, y + edge))
            codes.append(f"45{row // 2}{col // 2}{row}{col}")
    path = tmp_path / "townships.gpkg"
    gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:32649").to_file(path)
    return path


# ---------------------------------------------------------------- tiles


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


# ---------------------------------------------------------------- clip


def test_clip_writes_a_file_for_each_city_and_year(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clips"
    words = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--out", out)
    done = command("clip", f"{tiles}/*.tif", *words)
    assert done.returncode == 0, done.stderr
    assert len(list(out.iterdir())) == 4 * 3
    light = rasterio.open(tiles / "DMSP-like2014.tif").read(1)
    kept = [rasterio.open(path).read(1, masked=True).sum() for path in out.glob("*_2014.tif")]
    assert sum(kept) == light.sum()
    one = command("clip", f"{tiles}/*2013.tif", *words[:-1], tmp_path / "one", "--only", "4501")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["4501_dmsp-like-china_2013.tif"]
    assert one.returncode == 0
    wrong = command("clip", f"{tiles}/*2013.tif", *words, "--only", "9999")
    assert (wrong.returncode, wrong.stderr.startswith("BoundaryColumnError")) == (1, True)


def test_clips_appear_together_or_not_at_all(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clips"
    words = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--out", out)
    assert command("clip", f"{tiles}/*2013.tif", *words).returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    write(tiles / "DMSP-like2013.tif", np.where(city_light(1) > 0, 9, 0))
    last = tiles / "DMSP-like2015.tif"
    last.write_bytes(last.read_bytes()[:1500])
    done = command("clip", f"{tiles}/*.tif", *words)
    assert (done.returncode, "DMSP-like2015.tif" in done.stderr) == (1, True)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


# ---------------------------------------------------------------- fetch


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


def test_fetch_and_its_dry_run(command: Command, site: Site, tmp_path: Path) -> None:
    content = b"II*\0" + bytes(2_000_000)
    site.files["/api/access/datafile/7?format=original"] = content
    file = {"id": 7, "filename": "DMSP-like2020.tif", "filesize": len(content)}
    site.answers["/api/datasets/:persistentId/?persistentId=doi:10.7910/DVN/GIYGJU"] = {
        "data": {"latestVersion": {"files": [{"dataFile": file}]}}
    }
    words = ("fetch", "dmsp-like-china", "--to", tmp_path / "new", "--server", site.url(""))
    dry = command(*words, "--dry-run")
    assert (dry.returncode, (tmp_path / "new").exists()) == (0, False), dry.stderr
    assert "To come: 2.0 MB in 1 files" in dry.stdout
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "DMSP-like2020.tif").read_bytes() == content
    again = command(*words)
    assert "Fetched 0 files, kept 1" in again.stdout
    (tmp_path / "new" / "DMSP-like2020.tif").write_bytes(b"other")
    changed = command(*words)
    assert (changed.returncode, changed.stderr.startswith("FetchError")) == (1, True)


def test_fetch_unpacks_what_came_packed(command: Command, site: Site, tmp_path: Path) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("2020/DMSP-like2020.tif", b"light of 2020")
    files = {
        "years.zip": archive.getvalue(),
        "DMSP-like2021.tif.gz": gzip.compress(b"light of 2021"),
        "read_me.txt": b"words",
    }
    listed = []
    for number, (name, content) in enumerate(files.items()):
        site.files[f"/api/access/datafile/{number}?format=original"] = content
        listed.append({"dataFile": {"id": number, "filename": name, "filesize": len(content)}})
    site.answers["/api/datasets/:persistentId/?persistentId=doi:10.7910/DVN/GIYGJU"] = {
        "data": {"latestVersion": {"files": listed}}
    }
    words = ("fetch", "dmsp-like-china", "--to", tmp_path / "new", "--server", site.url(""))
    done = command(*words, "--unpack")
    assert (done.returncode, "Unpacked: 2 files" in done.stdout) == (0, True), done.stderr
    one, other = (tmp_path / "new" / name for name in ("years/2020", "."))
    assert (one / "DMSP-like2020.tif").read_bytes() == b"light of 2020"
    assert (other / "DMSP-like2021.tif").read_bytes() == b"light of 2021"
    swollen = command(*words, "--unpack", "--max-unpacked-gb", "0.00000001")
    assert (swollen.returncode, swollen.stderr.startswith("TileSizeError")) == (1, True)
    # What is unpacked takes the place of no fetched file.
    listed[2]["dataFile"]["filename"] = "DMSP-like2021.tif"
    refused = command(*words[:3], tmp_path / "other", *words[4:], "--unpack")
    assert (refused.returncode, refused.stderr.startswith("FetchError")) == (1, True)


# ---------------------------------------------------------------- archives in a study


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


# ---------------------------------------------------------------- calibration in a study


STUDY = """
[study]
name = "steps"

[lights]
tiles = ["tiles/*.tif"]
{lights}

[units]
file = "townships.gpkg"
unit_id = "code"
city_id = "code:4"
"""


def study(folder: Path, lights: str) -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(lights=lights), encoding="utf-8")
    return path


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


# ---------------------------------------------------------------- viirs-to-dmsp


@pytest.fixture
def sensors(tmp_path: Path) -> list[object]:
    """Two years of radiance, one of DN that came from it, and the words that name them."""
    rng = np.random.default_rng(3)
    radiance = np.exp(rng.normal(1.0, 1.2, size=(96, 96)))
    where = Affine(1000.0, 0.0, 400_000.0, 0.0, -1000.0, 4_000_000.0)
    products = tmp_path / "products.toml"
    products.write_text(
        "[radiance]\ntitle = 'r'\npattern = 'radiance(?P<year>\\d{4})\\.tif'\nunit = 'nW/cm2/sr'\n"
        "valid_min = -5.0\nvalid_max = 1e6\n"
    )
    dn = np.clip(-3.0 + 72.0 / (1.0 + np.exp(-1.3 * (np.log1p(radiance) - 2.2))), 0, 63)
    write(tmp_path / "radiance2013.tif", radiance, dtype="float32", transform=where)
    write(tmp_path / "radiance2014.tif", radiance * 1.1, dtype="float32", transform=where)
    write(tmp_path / "DMSP2013.tif", np.where(dn < 4, 0, dn), dtype="float32", transform=where)
    words = ["calibrate", "viirs-to-dmsp", "--products", products]
    return [*words, "--viirs", f"{tmp_path}/radiance*.tif"]


def test_a_conversion_is_fitted_reported_and_used_again(
    command: Command, tmp_path: Path, sensors: list[object]
) -> None:
    out = tmp_path / "out"
    done = command(*sensors, "--dmsp", tmp_path / "DMSP2013.tif", "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "DMSP-like2013.tif", "DMSP-like2014.tif", "bias_by_decile.csv", "conversion.json",
        "report.png", "report.txt", "residuals_2013.tif", "seam.csv",
    ]  # fmt: skip
    report = (out / "report.txt").read_text()
    assert "none is at a bound" in report
    assert "chosen without each fold in turn: 0, 0, 0, 0, 0 km" in report
    with rasterio.open(tmp_path / "DMSP2013.tif") as observed:
        expected = observed.read(1)
    with rasterio.open(out / "DMSP-like2013.tif") as converted:
        assert np.abs(converted.read(1) - expected).mean() < 0.2
    known = ("--coefficients", out / "conversion.json", "--out", tmp_path / "again")
    reused = command(*sensors, *known)
    assert reused.returncode == 0, reused.stderr
    one, other = (tmp_path / name / "DMSP-like2014.tif" for name in ("out", "again"))
    np.testing.assert_array_equal(rasterio.open(one).read(1), rasterio.open(other).read(1))
    over = command(*sensors, *known[:2], "--out", out)
    assert (over.returncode, (out / "conversion.json").exists()) == (0, True), over.stderr
    assert [path.name for path in out.iterdir() if path.suffix in (".txt", ".csv", ".png")] == []
    assert list(out.glob("residuals*")) == []
    beside = command(*sensors, *known, "--floor", "0.5", "--overlap-year", "2013")
    assert (beside.returncode, "found --floor, --overlap-year beside it" in beside.stderr) == (
        1, True,
    )  # fmt: skip
    broken = tmp_path / "broken.json"
    whole = json.loads((out / "conversion.json").read_text())
    for change, message in (
        ({"grid": whole["grid"] | {"crs": "nowhere"}}, "CRSError"),
        ({"curve": whole["curve"] | {"a": float("nan")}}, "nan instead of a finite number"),
        ({"curve": whole["curve"] | {"b": -3.0}}, "a curve that does not rise"),
        ({"cleaning": {"floor": 4.0, "cap": 1.0}}, "a floor from 0 on"),
    ):
        broken.write_text(json.dumps(whole | change))
        refused = command(*sensors, "--coefficients", broken, "--out", tmp_path / "no")
        (line,) = refused.stderr.splitlines()
        assert (refused.returncode, line.startswith(f"CalibrationError: {broken}")) == (1, True)
        assert message in line
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "found neither"),
        (("--dmsp", "DMSP2013.tif", "--overlap-year", "2013", "--overlap-year", "2019"), "2019 in"),
        (("--dmsp", "DMSP2013.tif", "--floor", "4", "--cap", "1"), "found floor 4 and cap 1"),
        (("--dmsp", "DMSP2013.tif", "--cap", "-5"), "found floor 0 and cap -5"),
        (("--dmsp", "DMSP2013.tif", "--sigma-km", "nan"), "a width of 0 km or more"),
    ],
)
def test_a_conversion_that_cannot_be_as_asked(
    command: Command, tmp_path: Path, sensors: list[object], words: tuple[str, ...], message: str
) -> None:
    named = [tmp_path / word if word.endswith(".tif") else word for word in words]
    done = command(*sensors, *named, "--out", tmp_path / "no")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith("CalibrationError: ")) == (1, True)
    assert message in line
    assert not (tmp_path / "no").exists()


# ---------------------------------------------------------------- HDF5 in a study


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
