"""The commands as a user types them, on the made-up country and in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from panels.synthetic import SyntheticPanel

Command = Callable[..., CompletedProcess[str]]

UNIT_COLUMNS = (
    "unit_id city_id year product mean sum area_km2 valid_share lit_share saturated_share n_cells "
    "flags"
)
FORMATS = ("tex", "html", "docx")
CITY_COLUMNS = (
    "city_id year product gini gini_corrected gini_area theil_t theil_l cv mean n_units "
    "saturated_share gini_low gini_high flags"
)


@pytest.fixture(scope="module")
def ran(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study's output folder, made by the installed command."""
    out = tmp_path_factory.mktemp("ran") / "out"
    command = Path(sys.executable).with_name("nightpanel")
    words = [str(command), "run", str(painted / "study.toml"), "--out", str(out)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "linear" in ended.stdout
    assert ended.stdout.rstrip().endswith(f"Outputs: {out}")
    assert ended.stderr == ""
    return out


def test_run_leaves_the_files_of_the_design(ran: Path) -> None:
    names = {path.relative_to(ran).as_posix() for path in ran.rglob("*") if path.is_file()}
    paper = {name for name in names if name.startswith("figures/")}
    assert {"figures/gini_map.pdf", "figures/forest.png"} <= paper
    paper |= {str(path.relative_to(ran)) for one in FORMATS for path in ran.glob(f"tables/*.{one}")}
    assert {"tables/estimates.tex", "tables/estimates.html"} <= paper
    assert {name for name in names - paper if not name.startswith((".cache/", ".lock"))} == {
        "units.parquet", "cities.parquet", "townships.gpkg", "townships.parquet", "panel.parquet",
        "unmatched.parquet", "matches.parquet", "dropped.parquet", "estimates.parquet",
        "checks.parquet", "curves.parquet", "tuning.parquet", "residuals.parquet", "audit.parquet",
        "manifest.json", "tables/estimates.csv", "tables/notes.txt",
        "tables/descriptives.csv", "tables/balance.csv", "tables/missing.csv",
        "tables/outliers.csv", "tables/lost_cities.csv", "report.html", "methods.md",
        "references.bib",
    }  # fmt: skip
    assert list(pd.read_parquet(ran / "units.parquet").columns) == UNIT_COLUMNS.split()
    assert list(pd.read_parquet(ran / "cities.parquet").columns) == CITY_COLUMNS.split()


def test_truth_comes_out_of_the_light(ran: Path, small_panel: SyntheticPanel) -> None:
    measured = pd.read_parquet(ran / "cities.parquet")
    both = measured.merge(small_panel.designed, on=["city_id", "year"], suffixes=("", "_designed"))
    assert len(both) == 24
    np.testing.assert_allclose(both["gini"], both["gini_designed"], atol=1e-4)
    panel = pd.read_parquet(ran / "panel.parquet")
    joined = panel.merge(small_panel.designed, on=["city_id", "year"], suffixes=("", "_designed"))
    np.testing.assert_allclose(joined["uil"], joined["uil_designed"], atol=1e-12)


def test_manifest_names_every_input_with_its_digest(ran: Path, painted: Path) -> None:
    manifest = json.loads((ran / "manifest.json").read_text(encoding="utf-8"))
    named = {
        stage: {Path(path).name for path in record["inputs"]} - {"study.toml"}
        for stage, record in manifest["stages"].items()
    }
    others = [record for stage, record in manifest["stages"].items() if stage != "report"]
    shown = {Path(name).name for record in others for name in record["files"]}
    assert named == {
        "lights": {path.name for path in painted.glob("*.tif")} | {"units.gpkg"},
        "panel": {"yearbook.xlsx", "digital_finance.csv", "cities.parquet"},
        "estimates": {"panel.parquet"},
        "report": shown | {"audit.parquet"},
    }
    lights = manifest["stages"]["lights"]
    assert all(len(digest) == 64 for digest in lights["inputs"].values())
    assert lights["settings"]["lights"]["cell_area"] == "planar"
    assert {"GEOS", "GDAL", "PROJ", "pandas"} <= set(manifest["stages"]["lights"]["versions"])


def test_geopackage_has_geometry_once_and_a_light_column_a_year(ran: Path) -> None:
    path = ran / "townships.gpkg"
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert kinds == {
        "townships": "MultiPolygon", "cities": "MultiPolygon", "unit_years": None,
        "city_years": None, "townships_by_year": "MultiPolygon",
        "cities_by_year": "MultiPolygon", "years": None, "layer_styles": None,
    }  # fmt: skip
    units = pd.read_parquet(ran / "units.parquet")
    townships = gpd.read_file(path, layer="townships")
    assert len(townships) == units["unit_id"].nunique()
    for year, part in units.groupby("year"):
        light = townships.set_index("unit_id")[f"light_{year}"]
        np.testing.assert_array_equal(light.loc[part["unit_id"]], part["mean"])
    cities = gpd.read_file(path, layer="cities").set_index("city_id")
    ginis = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])["gini"]
    assert cities.loc["0103", "gini_2016"] == ginis["0103", 2016]
    areas = [table.to_crs("ESRI:102028").area.sum() for table in (cities, townships)]
    assert areas[0] == pytest.approx(areas[1], rel=1e-9)
    assert len(gpd.read_parquet(ran / "townships.parquet")) == len(townships)


@pytest.mark.parametrize(
    ("what", "kind", "ending"),
    [
        ("townships", "gpkg", "gpkg"), ("townships", "geoparquet", "parquet"),
        ("townships", "csv", "csv"), ("cities", "gpkg", "gpkg"), ("cities", "csv", "csv"),
        ("panel", "csv", "csv"), ("panel", "gpkg", "gpkg"), ("cities", "fgb", "fgb"),
        ("panel", "dta", "dta"), ("panel", "xlsx", "xlsx"),
    ],
)  # fmt: skip
def test_export(
    ran: Path, tmp_path: Path, command: Command, what: str, kind: str, ending: str
) -> None:
    to = tmp_path / f"{what}.{ending}"
    ended = command("export", ran, "--what", what, "--format", kind, "--to", to)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == [to.name]
    units = len(gpd.read_parquet(ran / "townships.parquet"))
    expected = {"townships": units, "cities": 6, "panel": 24}[what]
    readers = {"csv": pd.read_csv, "xlsx": pd.read_excel}
    if kind in readers:
        table = readers[kind](to, dtype={"city_id": str})
        assert "geometry" not in table
    elif kind == "dta":
        table = pd.read_stata(to)
    else:
        table = gpd.read_parquet(to) if kind == "geoparquet" else gpd.read_file(to, layer=what)
    assert units > 6 * 14
    assert len(table) == expected
    assert set(table["city_id"]) == {f"010{k}" for k in range(1, 7)}


def test_export_refuses_what_it_cannot_do(ran: Path, tmp_path: Path, command: Command) -> None:
    to = tmp_path / "panel.parquet"
    panel = _complaint(command("export", ran, "--what", "panel", "--to", to))
    assert "a table with geometry" in panel
    empty = _complaint(command("export", tmp_path, "--what", "cities", "--to", tmp_path / "x.csv"))
    assert "townships.gpkg" in empty
    unknown = command("export", ran, "--what", "cities", "--to", tmp_path / "x.doc")
    assert "'.doc'" in _complaint(unknown)
    assert list(tmp_path.iterdir()) == []


def test_lights_without_a_study_file(
    painted: Path, ran: Path, tmp_path: Path, command: Command
) -> None:
    words = ["--units", painted / "units.gpkg", "--unit-id", "unit_id", "--city-id", "unit_id:4"]
    pattern = command("lights", "--tiles", painted / "*.tif", *words, "--out", tmp_path / "a")
    assert pattern.returncode == 0, pattern.stderr
    files = sorted(painted.glob("*.tif"))
    listed = command("lights", "--tiles", *files, *words, "--out", tmp_path / "b")
    assert listed.returncode == 0, listed.stderr
    for out in (tmp_path / "a", tmp_path / "b"):
        again = pd.read_parquet(out / "units.parquet")
        first = pd.read_parquet(ran / "units.parquet")
        pd.testing.assert_frame_equal(again, first, check_exact=True)


def test_later_stages_alone_read_what_is_there(
    painted: Path, ran: Path, tmp_path: Path, command: Command
) -> None:
    study, out = painted / "study.toml", tmp_path / "out"
    first = command("run", study, "--out", out, "--only", "panel")
    assert "cities.parquet" in _complaint(first)
    assert command("run", study, "--out", out, "--only", "lights").returncode == 0
    assert not (out / "panel.parquet").exists()
    light = (out / "units.parquet").stat().st_mtime_ns
    assert command("run", study, "--out", out, "--only", "panel,estimates").returncode == 0
    assert (out / "units.parquet").stat().st_mtime_ns == light
    for name in ("panel.parquet", "estimates.parquet", "audit.parquet"):
        whole, parts = pd.read_parquet(ran / name), pd.read_parquet(out / name)
        pd.testing.assert_frame_equal(whole, parts)


def test_two_runs_are_equal_to_the_byte(
    painted: Path, ran: Path, tmp_path: Path, command: Command
) -> None:
    again = command("run", painted / "study.toml", "--out", tmp_path / "out", "--threads", 1)
    assert again.returncode == 0, again.stderr
    for name in ("units.parquet", "cities.parquet", "townships.gpkg", "panel.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (ran / name).read_bytes(), name
    both = [pd.read_parquet(out / "estimates.parquet") for out in (ran, tmp_path / "out")]
    # pyfixest's demeaning loop is not bit-stable between processes; the light is.
    pd.testing.assert_frame_equal(*both, rtol=1e-10)


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx", "dta"])
def test_estimate_from_any_table(ran: Path, tmp_path: Path, command: Command, ending: str) -> None:
    panel = pd.read_parquet(ran / "panel.parquet")
    file = tmp_path / f"panel.{ending}"
    if ending == "parquet":
        panel.to_parquet(file)
    elif ending == "csv":
        panel.to_csv(file, index=False)
    elif ending == "xlsx":
        panel.to_excel(file, index=False)
    else:
        panel.astype({"city_id": object, "product": object, "flags": object}).to_stata(
            file, write_index=False
        )
    designs = tmp_path / "designs.toml"
    designs.write_text(
        '[[designs]]\nname = "linear"\noutcome = "gini"\ntreatment = "uil"\n'
        'controls = ["log_gdp"]\nvariants = ["two_way_fixed_effects"]\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    ended = command("estimate", "--panel", file, "--designs", designs, "--out", out)
    assert ended.returncode == 0, ended.stderr
    both = [pd.read_parquet(folder / "estimates.parquet") for folder in (ran, out)]
    np.testing.assert_allclose(both[0]["estimate"], both[1]["estimate"], rtol=1e-9)
    assert both[1]["n_clusters"].item() == 6


def test_every_command_has_help_with_an_example(command: Command) -> None:
    for name in ("demo", "check", "run", "lights", "export", "estimate", "crosswalk"):
        ended = command(name, "--help")
        assert ended.returncode == 0
        assert f"Example: nightpanel {name}" in ended.stdout


def _complaint(ended: CompletedProcess[str]) -> str:
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_export_says_what_it_changed(ran: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    out.mkdir()
    panel = pd.read_parquet(ran / "panel.parquet").head(2)
    panel.assign(**{"a name": 1.0}, note=["=1+1", "-"]).to_parquet(out / "panel.parquet")
    ended = command("export", out, "--what", "panel", "--to", tmp_path / "p.csv", "--bom")
    assert "Note: neutralised_text: note: 2 x begins like a formula" in ended.stdout
    assert """'=1+1' is "'=1+1\"""" in ended.stdout
    assert (tmp_path / "p.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    ended = command("export", out, "--what", "panel", "--to", tmp_path / "p.dta")
    assert "Note: stata_name: a name: 1 x " in ended.stdout
    assert "'a name' is 'a_name'" in ended.stdout
    wrong = command("export", out, "--what", "panel", "--to", tmp_path / "p.xlsx", "--bom")
    assert "leave --bom out" in _complaint(wrong)
