"""`nightpanel report` and the report stage, as a user types them; and folders that lack parts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import geopandas as gpd
import pandas as pd
import pytest

import nightpanel
from nightpanel.html_report.report import report_html
from nightpanel.output_folder import read_output_folder

Command = Callable[..., CompletedProcess[str]]


def stages_of(out: Path) -> dict[str, dict[str, object]]:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return dict(manifest["stages"])


def page_of(out: Path) -> str:
    return report_html(read_output_folder(out))


def drop_stage(out: Path, name: str) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["stages"].pop(name)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_report_of_a_folder(out_copy: Path, command: Command) -> None:
    before = stages_of(out_copy)
    ended = command("report", out_copy)
    assert ended.returncode == 0, ended.stderr
    *undrawn, last = ended.stdout.splitlines()
    assert last == f"Report: {out_copy / 'report.html'}"
    captions = (out_copy / "figures" / "figures.txt").read_text(encoding="utf-8").splitlines()
    assert undrawn == [line for line in captions if line.startswith("No figure")]
    assert "No figure event_study: no event study (curves.parquet)" in undrawn
    after = stages_of(out_copy)
    record = after.pop("report")
    assert after == before
    files = record["files"]
    assert isinstance(files, dict)
    assert {"report.html", "methods.md", "references.bib", "figures/forest.pdf"} <= set(files)
    assert all((out_copy / name).is_file() for name in files)
    assert not (out_copy / "figures" / ".lock").exists()
    inputs = record["inputs"]
    assert isinstance(inputs, dict)
    assert {"units.parquet", "estimates.parquet", "audit.parquet"} <= set(inputs)
    page = (out_copy / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    command("report", out_copy)
    assert (out_copy / "report.html").read_text(encoding="utf-8") == page


def test_a_run_ends_with_a_report_and_leaves_it_alone(
    painted: Path, out_copy: Path, command: Command
) -> None:
    study = painted / "study.toml"
    ended = command("run", study, "--out", out_copy)
    assert ended.returncode == 0, ended.stderr
    assert "No figure event_study: no event study (curves.parquet)" in ended.stdout
    page = out_copy / "report.html"
    made = page.stat().st_mtime_ns
    again = command("run", study, "--out", out_copy)
    assert "report: nothing to do" in again.stdout
    assert page.stat().st_mtime_ns == made
    page.write_text("changed", encoding="utf-8")
    command("run", study, "--out", out_copy, "--only", "report", "--quiet")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_is_shown_goes_when_what_it_shows_is_made_anew(painted: Path, out_copy: Path) -> None:
    nightpanel.report(out_copy)
    other = out_copy.parent / "country"
    shutil.copytree(painted, other)
    study = other / "study.toml"
    text = study.read_text(encoding="utf-8").replace('controls = ["log_gdp"]', "controls = []")
    study.write_text(text, encoding="utf-8")
    nightpanel.run(study, out=out_copy, workers=1)
    assert "report" not in stages_of(out_copy)
    assert not (out_copy / "report.html").exists()
    assert not list((out_copy / "figures").glob("*"))


def test_only_report_needs_what_it_shows(painted: Path, tmp_path: Path, command: Command) -> None:
    ended = command(
        "run", painted / "study.toml", "--out", tmp_path / "none", "--only", "report"
    )  # fmt: skip
    assert ended.returncode == 1
    assert "run a study first" in ended.stderr
    assert command("run", painted / "study.toml", "--only", "reports").returncode == 2


@pytest.mark.parametrize("gone", ["panel", "estimates", "lights"])
def test_a_stage_that_did_not_run_is_a_section_that_says_so(out_copy: Path, gone: str) -> None:
    drop_stage(out_copy, gone)
    said = {
        "panel": "There is no panel in this folder",
        "estimates": "There are no estimates in this folder",
        "lights": "There is no light in this folder",
    }
    assert said[gone] in page_of(out_copy)


def test_files_that_are_gone(out_copy: Path, command: Command) -> None:
    for name in ("audit.parquet", "curves.parquet", "townships.gpkg"):
        (out_copy / name).unlink()
    ended = command("report", out_copy)
    assert ended.returncode == 0, ended.stderr
    page = (out_copy / "report.html").read_text(encoding="utf-8")
    for said in (
        "The folder lacks audit.parquet", "The folder lacks curves.parquet", "There is no map",
        "outlines of cities",
    ):  # fmt: skip
        assert said in page
    assert not (out_copy / "audit.parquet").exists()
    assert stages_of(out_copy).keys() == {"lights", "panel", "estimates", "report"}


def test_a_city_without_geometry(out_copy: Path) -> None:
    cities = gpd.read_file(out_copy / "townships.gpkg", layer="cities")
    first = str(cities["city_id"].iloc[0])
    cities[cities["city_id"] != first].to_file(out_copy / "fewer.gpkg", layer="cities")
    (out_copy / "fewer.gpkg").replace(out_copy / "townships.gpkg")
    page = page_of(out_copy)
    assert f"1 city has light and no outline; the box finds them: {first}" in page


def test_one_year(out_copy: Path) -> None:
    for name in ("units.parquet", "cities.parquet"):
        table = pd.read_parquet(out_copy / name)
        table[table["year"] == 2015].to_parquet(out_copy / name, index=False)
    assert "There is one year" in page_of(out_copy)


def test_no_year(out_copy: Path) -> None:
    for name in ("units.parquet", "cities.parquet"):
        table = pd.read_parquet(out_copy / name)
        table[:0].to_parquet(out_copy / name, index=False)
    assert "no year of light" in page_of(out_copy)


def test_what_is_no_output_folder(tmp_path: Path, out_copy: Path, command: Command) -> None:
    for place in (tmp_path / "nowhere", tmp_path):
        ended = command("report", place)
        assert ended.returncode == 1
        assert ended.stderr.count("\n") == 1
        assert "name its output folder" in ended.stderr
    assert command("report").returncode == 2
    table = pd.read_parquet(out_copy / "cities.parquet").drop(columns="gini_low")
    table.to_parquet(out_copy / "cities.parquet", index=False)
    ended = command("report", out_copy)
    assert ended.returncode == 1
    assert "older version's table without gini_low; run the study again" in ended.stderr
    assert not (out_copy / "report.html").exists()


def test_light_alone(painted: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "light"
    words = ["--tiles", painted / "*.tif", "--units", painted / "units.gpkg"]
    words += ["--unit-id", "unit_id", "--city-id", "unit_id:4", "--out", out, "--quiet"]
    assert command("lights", *words).returncode == 0
    assert not (out / "report.html").exists()
    assert command("report", out).returncode == 0
    assert read_output_folder(out).missing == (
        "the panel (the panel stage)", "estimates (the estimates stage)",
    )  # fmt: skip
