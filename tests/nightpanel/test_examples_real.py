"""The real studies of ``examples/``, against independent computations on the same files."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import exactextract
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from estimation.vocabulary import VARIANTS
from nightpanel.read_back import read_table_texts

pytestmark = pytest.mark.real

Command = Callable[..., CompletedProcess[str]]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TILES = {
    2018: "DMSP-like2018.tif",
    2019: "DMSP-like2019.tif",
    2020: "DMSP-like2020.tif",
    2021: "DMSP_like2021.tif",
}


def brute_gini(light: np.ndarray) -> float:
    """Equation (1), by its two sums."""
    n = len(light)
    total = sum(abs(a - b) for a in light for b in light)
    return float(total / (2 * n**2 * light.mean()))


def test_guigang_agrees_with_exactextract(data_dir: Path, command: Command, tmp_path: Path) -> None:
    polygons = data_dir / "polygons/guigang/guigang_townships.json"
    ended = command(
        "lights", "--tiles", data_dir / "raster/china_dmsplike/*.tif", "--units", polygons,
        "--unit-id", "code", "--city-id", "code:4", "--out", tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    cities = pd.read_parquet(tmp_path / "cities.parquet").set_index("year")
    units = gpd.read_file(polygons)
    assert (cities["n_units"] == len(units)).all()
    for year, name in TILES.items():
        path = data_dir / "raster/china_dmsplike" / name
        with rasterio.open(path) as tile:
            plane = units.to_crs(tile.crs)
        means = exactextract.exact_extract(str(path), plane, ["mean"], output="pandas")["mean"]
        assert cities.loc[year, "gini"] == pytest.approx(brute_gini(means.to_numpy()), abs=1e-4)
    assert cities.loc[2018, "gini"] == pytest.approx(0.68, abs=0.01)
    assert cities.loc[2021, "gini"] == pytest.approx(0.57, abs=0.01)


def test_guigang_study(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    ended = command("run", EXAMPLES / "guigang_townships.toml", "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    townships = gpd.read_file(tmp_path / "townships.gpkg", layer="townships")
    assert len(townships) == 58
    assert [name for name in townships if name.startswith("light_")] == [
        f"light_{year}" for year in TILES
    ]


TIMES = ("Seconds: ", "Light: ", "Tiles: ", "Peak memory: ", "Outputs: ")


def untimed(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if not line.startswith(TIMES)]


def test_the_counties_as_the_readme_has_them(data_dir: Path, tmp_path: Path) -> None:
    """One run of the whole study, as typed: its print, its light, its join, its estimates."""
    out = tmp_path / "out"
    ended = subprocess.run(
        [Path(sys.executable).with_name("nightpanel"), "run", EXAMPLES / "china_counties.toml",
         "--out", out],
        env={**os.environ, "NIGHTPANEL_DATA": str(data_dir)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- counties -->\n```\n(.*?)```\n<!-- /counties -->", readme, re.DOTALL)
    assert shown is not None
    assert untimed(ended.stdout) == untimed(shown[1])
    _has_light_and_join(out)
    estimates = pd.read_parquet(out / "estimates.parquet")
    assert set(estimates["variant"]) == set(VARIANTS)
    assert np.isfinite(estimates[["estimate", "std_error"]].to_numpy()).all()
    assert estimates["n_clusters"].between(200, 341).all()


def _has_light_and_join(out: Path) -> None:
    cities = pd.read_parquet(out / "cities.parquet")
    means = cities.groupby("year")["gini"].mean()
    assert means[2018] == pytest.approx(0.41, abs=0.01)
    assert means[2021] == pytest.approx(0.38, abs=0.01)
    units = pd.read_parquet(out / "units.parquet")
    assert units["unit_id"].nunique() == 2901
    assert set(cities["city_id"]) & {"1100", "1200", "3100", "5000"} == {
        "1100", "1200", "3100", "5000",
    }  # fmt: skip
    panel = pd.read_parquet(out / "panel.parquet")
    unmatched = pd.read_parquet(out / "unmatched.parquet")
    assert not panel.duplicated(["city_id", "year"]).any()
    assert (len(cities), cities["city_id"].nunique()) == (1384, 346)
    assert (len(panel), panel["city_id"].nunique()) == (1311, 336)
    counts = unmatched.groupby(["side", "table"]).size()
    assert counts["light"].to_numpy().tolist() == [48, 61]
    assert counts["table"].to_numpy().tolist() == [3, 1]


def test_every_table_of_the_real_study(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The study of regional coordination with quick learners: all its tables, on its sample."""
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    example = EXAMPLES / "regional_coordination.toml"
    checked = command("check", example)
    assert checked.returncode == 0, checked.stderr
    assert "no problems" in checked.stdout
    text = example.read_text(encoding="utf-8").replace('"random_forest"', '"ridge"')
    few = 'variants = ["first_difference"]\nlearner = "linear"\nrepetitions = 1\nchecks ='
    study, out = tmp_path / "quick.toml", tmp_path / "out"
    study.write_text(text.replace("\nchecks =", f"\n{few}", 1), encoding="utf-8")
    ended = command("run", study, "--out", out)
    assert ended.returncode == 0, ended.stderr
    titles = [text.split(":", 1)[0] for text in read_table_texts(out)]
    assert titles == [
        "Table 1", "Table 2", "Table 3", "Table 4", "Table 5", "Table 5 tests",
        "Table 5 projection", "Table 6",
        "Table 6 curves", "Checks",
    ]  # fmt: skip
    panel = pd.read_parquet(out / "panel.parquet")
    assert (len(panel), panel["city_id"].nunique()) == (1152, 288)
    rows = pd.read_parquet(out / "estimates.parquet")
    linear = rows[rows["variant"] == "two_way_fixed_effects"].groupby("design")
    assert set(linear["n"].first()[["with controls", "no controls", "moderation"]]) == {1000}
    assert linear["n_clusters"].first()["with controls"] == 250
    assert linear["n"].first()["without municipalities"] == 984
    learned = rows[rows["variant"] == "first_difference"].groupby("design")["n"].first()
    assert learned["with controls"] == 750
    assert "no controls" not in learned
    paper = tomllib.loads(example.read_text(encoding="utf-8"))
    assert [one["title"] for one in paper["tables"]] == titles


def test_a_product_of_the_users_own_is_held_to_its_contract(
    data_dir: Path, command: Command, tmp_path: Path
) -> None:
    """VIIRS over Shanghai: three years pass the study's contract, the negatives of 2021 do not."""
    study = tmp_path / "shanghai.toml"
    text = f"""
[study]
name = "Shanghai"
years = [2018, 2019, 2020]

[[products]]
name = "viirs-shanghai"
pattern = '.*NPP-VIIRS_2013_2022_(?P<year>[0-9]{{4}})\\.tif'
unit = "nW/cm2/sr"
valid_min = 0
valid_max = 5000

[lights]
tiles = ["{data_dir}/raster/shanghai_viirs/*.tif"]

[units]
file = "{data_dir}/polygons/china/china_counties_mapchina.gpkg"
unit_id = "Code_County"
city_id = "Code_Perfecture"
crosswalk = "china-municipalities"
"""
    study.write_text(text, encoding="utf-8")
    ended = command("run", study, "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    cities = pd.read_parquet(tmp_path / "out" / "cities.parquet").set_index(["city_id", "year"])
    assert set(cities["product"]) == {"viirs-shanghai"}
    assert (cities.loc["3100", "n_units"] >= 10).all()
    study.write_text(text.replace("2019, 2020", "2019, 2020, 2021"), encoding="utf-8")
    refused = command("run", study, "--out", tmp_path / "other")
    assert refused.returncode == 1
    assert "ContractError" in refused.stderr
    assert "2013_2022_2021.tif" in refused.stderr
    assert "-1.5" in refused.stderr
