"""Bad input: exit 1, one line that names file, key and value, its own error, no output changed."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import geopandas as gpd
import pandas as pd
import pytest
import rasterio

import geo.errors

Command = Callable[..., CompletedProcess[str]]

TILE = "DMSP-like2015.tif"


def missing_tile(folder: Path) -> None:
    (folder / TILE).unlink()
    _in_study(folder, 'tiles = ["*.tif"]', f'tiles = ["DMSP*2014.tif", "{TILE}"]')


def year_without_tile(folder: Path) -> None:
    _in_study(folder, "years = [2014, 2015, 2016, 2017]", "years = [2014, 2015, 2016, 2017, 2019]")


def truncated_tile(folder: Path) -> None:
    path = folder / TILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def tile_without_crs(folder: Path) -> None:
    with rasterio.open(folder / TILE) as tile:
        light, profile = tile.read(1), tile.profile
    profile.update(crs=None)
    with rasterio.open(folder / TILE, "w", **profile) as tile:
        tile.write(light, 1)


def value_outside_contract(folder: Path) -> None:
    with rasterio.open(folder / TILE, "r+") as tile:
        light = tile.read(1)
        light[light.shape[0] // 2, light.shape[1] // 2] = 99
        tile.write(light, 1)


def no_such_column(folder: Path) -> None:
    _in_study(folder, 'unit_id = "unit_id"', 'unit_id = "unitid"')


def duplicated_unit(folder: Path) -> None:
    units = gpd.read_file(folder / "units.gpkg")
    pd.concat([units, units.iloc[[4]]], ignore_index=True).to_file(folder / "units.gpkg")


def duplicated_city_year(folder: Path) -> None:
    yearbook = pd.read_excel(folder / "yearbook.xlsx", dtype={"city_code": str})
    twice = pd.concat([yearbook, yearbook.iloc[[1]]], ignore_index=True)
    twice.to_excel(folder / "yearbook.xlsx", index=False)


def shares_that_do_not_sum(folder: Path) -> None:
    yearbook = pd.read_excel(folder / "yearbook.xlsx", dtype={"city_code": str})
    for sector in ("primary", "secondary", "tertiary"):
        yearbook[f"va_{sector}"] /= yearbook["gdp"]
    yearbook.loc[2, "va_primary"] += 0.25
    yearbook.to_excel(folder / "yearbook.xlsx", index=False)
    _in_study(
        folder,
        'uil = { value_added = ["va1", "va2", "va3"] }',
        'uil = { shares = ["va1", "va2", "va3"], unit = "fraction" }',
    )


def misspelt_key(folder: Path) -> None:
    _in_study(folder, "[units]\nfile", "[units]\nfiel")


def unset_variable(folder: Path) -> None:
    _in_study(folder, 'file = "units.gpkg"', 'file = "${NIGHTPANEL_NOWHERE}/units.gpkg"')


def lost_leading_zero(folder: Path) -> None:
    yearbook = pd.read_excel(folder / "yearbook.xlsx", dtype={"city_code": int})
    yearbook.to_excel(folder / "yearbook.xlsx", index=False)


def unknown_control(folder: Path) -> None:
    _in_study(folder, 'controls = ["log_gdp"]', 'controls = ["log_gpd"]')


def unknown_variant(folder: Path) -> None:
    _in_study(folder, 'variants = ["two_way_fixed_effects"]', 'variants = ["fixed_efects"]')


def designs_of_one_name(folder: Path) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    again = text[text.index("[[designs]]") :]
    (folder / "study.toml").write_text(text + again, encoding="utf-8")


def _in_study(folder: Path, old: str, new: str) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")


CASES: list[tuple[Callable[[Path], None], str, list[str]]] = [
    (missing_tile, "TileMissingError", ["country/DMSP", TILE]),
    (year_without_tile, "MissingYearError", ["study.toml", "years", "2019"]),
    (truncated_tile, "TileUnreadableError", [TILE]),
    (tile_without_crs, "MissingCrsError", [TILE]),
    (value_outside_contract, "ContractError", [TILE, "dmsp-like-china", "1 cells", "first 99"]),
    (no_such_column, "BoundaryColumnError", ["units.gpkg", "'unitid'", "unit_id"]),
    (duplicated_unit, "DuplicateUnitError", ["units.gpkg", "unit_id", "010100105"]),
    (duplicated_city_year, "DuplicateCityYearError", ["yearbook.xlsx", "0101", "2015"]),
    (shares_that_do_not_sum, "SharesError", ["yearbook.xlsx", "0101", "2016", "1.25"]),
    (misspelt_key, "StudyFileError", ["study.toml", "units.fiel", "did you mean 'file'"]),
    (unset_variable, "StudyFileError", ["study.toml", "units.file", "NIGHTPANEL_NOWHERE"]),
    (lost_leading_zero, "CodeError", ["yearbook.xlsx", "city_code", "101"]),
    (unknown_control, "DesignError", ["study.toml", "linear", "log_gpd", "log_gdp"]),
    (unknown_variant, "DesignError", ["study.toml", "linear", "variants", "fixed_efects"]),
    (designs_of_one_name, "DesignError", ["study.toml", "designs", "linear"]),
]


@pytest.mark.parametrize(
    ("damage", "error", "named"), CASES, ids=lambda x: getattr(x, "__name__", "")
)
def test_one_line_and_no_output(
    country: Path,
    command: Command,
    damage: Callable[[Path], None],
    error: str,
    named: list[str],
) -> None:
    out = country.parent / "out"
    out.mkdir()
    (out / "units.parquet").write_bytes(b"as it was")
    damage(country)
    ended = command("run", country / "study.toml", "--out", out, "--quiet")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert issubclass(getattr(geo.errors, error), geo.errors.NightpanelError)
    assert ended.stderr.startswith(f"{error}: ")
    for part in named:
        assert part in ended.stderr
    assert_whole_stages(out)


def assert_whole_stages(out: Path) -> None:
    """The folder is as it was, or holds the files of finished stages and no others."""
    seen = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    visible = {name for name in seen if not name.startswith(".")}
    if "manifest.json" not in visible:
        assert visible == {"units.parquet"}
        assert (out / "units.parquet").read_bytes() == b"as it was"
        return
    stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]
    written = {
        name: digest for record in stages.values() for name, digest in record["files"].items()
    }
    assert "estimates" not in stages
    assert visible == {*written, "manifest.json", "audit.parquet"}
    for name, digest in written.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


def test_output_folder_that_cannot_be_written(country: Path, command: Command) -> None:
    taken = country.parent / "taken"
    taken.write_text("a file", encoding="utf-8")
    ended = command("run", country / "study.toml", "--out", taken / "out", "--quiet")
    assert ended.returncode == 1
    assert ended.stderr.startswith("OutputError: ")
    assert str(taken / "out") in ended.stderr
    assert "--out" in ended.stderr
    assert taken.read_text(encoding="utf-8") == "a file"


def test_every_problem_is_listed_by_check(country: Path, command: Command) -> None:
    tile_without_crs(country)
    no_such_column(country)
    before = {path: path.stat().st_mtime_ns for path in country.rglob("*")}
    ended = command("check", country / "study.toml")
    assert ended.returncode == 1
    assert "problems: 2" in ended.stdout
    assert "MissingCrsError" in ended.stderr
    assert "BoundaryColumnError" in ended.stderr
    assert {path: path.stat().st_mtime_ns for path in country.rglob("*")} == before


def test_check_of_a_sound_study_finds_nothing(country: Path, command: Command) -> None:
    ended = command("check", country / "study.toml")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "24 city-years of 6 cities join" in ended.stdout
    assert "no problems" in ended.stdout


def test_debug_shows_the_traceback(country: Path, command: Command) -> None:
    shutil.rmtree(country)
    with pytest.raises(Exception, match=r"study\.toml") as caught:
        command("run", country / "study.toml", "--out", country.parent / "out", "--debug")
    assert type(caught.value).__name__ == "StudyFileError"


def test_wrong_usage_ends_with_two(country: Path, command: Command) -> None:
    assert command("run", country / "study.toml", "--no-such-option").returncode == 2
    assert command("run", country / "study.toml", "--only", "lights,nonsense").returncode == 2
    assert command("nonsense").returncode == 2


def test_a_folder_in_the_way_of_an_output_changes_nothing(country: Path, command: Command) -> None:
    out = country.parent / "out"
    (out / "units.parquet").mkdir(parents=True)
    (out / "cities.parquet").write_bytes(b"as it was")
    ended = command("run", country / "study.toml", "--out", out, "--quiet")
    assert ended.returncode == 1
    assert "units.parquet" in ended.stderr
    visible = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
    assert visible == ["cities.parquet", "units.parquet"]
    assert (out / "cities.parquet").read_bytes() == b"as it was"


@pytest.mark.parametrize("stage", ["panel", "estimates"])
def test_a_stage_that_the_study_does_not_have(country: Path, command: Command, stage: str) -> None:
    text = (country / "study.toml").read_text(encoding="utf-8")
    (country / "study.toml").write_text(text[: text.index("[[panel.tables]]")], encoding="utf-8")
    ended = command("run", country / "study.toml", "--out", country.parent / "o", "--only", stage)
    assert ended.returncode == 1
    assert f"the stage '{stage}'" in ended.stderr
    assert not (country.parent / "o").exists()


def test_later_stages_refuse_light_of_other_settings(country: Path, command: Command) -> None:
    study, out = country / "study.toml", country.parent / "out"
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    _in_study(country, "years = [2014, 2015, 2016, 2017]", "years = [2014, 2015]")
    ended = command("run", study, "--out", out, "--only", "panel,estimates", "--quiet")
    assert ended.returncode == 1
    assert ended.stderr.startswith("OutputError: ")
    assert "files that other settings made" in ended.stderr


def test_new_light_removes_what_older_light_had_led_to(country: Path, command: Command) -> None:
    study, out = country / "study.toml", country.parent / "out"
    assert command("run", study, "--out", out, "--quiet").returncode == 0
    before = seen(out)
    assert command("run", study, "--out", out, "--only", "lights", "--quiet").returncode == 0
    assert seen(out) == before  # the light is up to date, and so is what it led to
    _in_study(country, "bootstrap_draws = 20", "bootstrap_draws = 21")
    assert command("run", study, "--out", out, "--only", "lights", "--quiet").returncode == 0
    assert seen(out) == {
        "units.parquet", "cities.parquet", "townships.gpkg", "townships.parquet", "audit.parquet",
        "manifest.json",
    }  # fmt: skip


def seen(out: Path) -> set[str]:
    """Names of the files that a user sees."""
    files = (path for path in out.rglob("*") if path.is_file())
    return {path.name for path in files if not path.relative_to(out).parts[0].startswith(".")}


def test_a_damaged_manifest_is_named(country: Path, command: Command) -> None:
    out = country.parent / "out"
    out.mkdir()
    (out / "manifest.json").write_text("{", encoding="utf-8")
    ended = command("run", country / "study.toml", "--out", out, "--quiet")
    assert ended.returncode == 1
    assert "manifest.json" in ended.stderr


def test_a_folder_whose_name_looks_like_a_pattern(country: Path, command: Command) -> None:
    odd = country.rename(country.parent / "light [1] 贵港 *")
    ended = command("run", odd / "study.toml", "--out", odd.parent / "out", "--quiet")
    assert (ended.returncode, ended.stderr) == (0, "")
