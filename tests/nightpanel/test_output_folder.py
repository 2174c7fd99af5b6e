"""What is read of an output folder: all of it, parts of it, and folders that are none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo.errors import OutputError
from nightpanel.city_labels import city_labels, with_id
from nightpanel.output_folder import OutputFolder, read_output_folder


def change_manifest(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_a_whole_folder(small_out: Path, small_folder: OutputFolder) -> None:
    assert small_folder.missing == ()
    assert list(small_folder.stages) == ["estimates", "lights", "panel"]
    assert small_folder.cities is not None
    pd.testing.assert_frame_equal(
        small_folder.cities, pd.read_parquet(small_out / "cities.parquet")
    )
    assert [design["name"] for design in small_folder.designs] == ["linear"]
    assert {"balance", "missing", "descriptives", "outliers"} <= set(small_folder.panel_tables)
    assert small_folder.panel_tables["balance"]["pattern"].tolist()[0] == "####"
    assert small_folder.notes


def test_shapes_are_those_of_the_tables(small_folder: OutputFolder) -> None:
    cities, units = small_folder.city_shapes(), small_folder.unit_shapes()
    assert cities is not None
    assert units is not None
    assert small_folder.cities is not None
    assert small_folder.units is not None
    assert set(cities["city_id"]) == set(small_folder.cities["city_id"])
    assert set(units["unit_id"]) == set(small_folder.units["unit_id"])
    assert {"unit_id", "city_id", "name"} <= set(units)
    assert cities.crs == units.crs


def test_units_without_their_parquet_twin_come_from_the_geopackage(out_copy: Path) -> None:
    before = read_output_folder(out_copy).unit_shapes()
    (out_copy / "townships.parquet").unlink()
    after = read_output_folder(out_copy).unit_shapes()
    assert before is not None
    assert after is not None
    assert before["unit_id"].tolist() == after["unit_id"].tolist()
    assert before.geometry.geom_equals(after.geometry).all()


def test_absent_stages_are_named(out_copy: Path) -> None:
    change_manifest(out_copy, lambda manifest: manifest["stages"].pop("estimates"))
    folder = read_output_folder(out_copy)
    assert folder.estimates is None
    assert folder.designs == ()
    assert folder.notes == ()
    assert folder.missing == ("estimates (the estimates stage)",)
    change_manifest(out_copy, lambda manifest: manifest["stages"].pop("panel"))
    folder = read_output_folder(out_copy)
    assert folder.panel is None
    assert not folder.panel_tables
    assert len(folder.missing) == 2


def test_files_that_are_gone_are_named(out_copy: Path) -> None:
    for name in ("townships.gpkg", "townships.parquet", "cities.parquet", "tables/notes.txt"):
        (out_copy / name).unlink()
    folder = read_output_folder(out_copy)
    assert folder.cities is None
    assert folder.notes == ()
    assert folder.city_shapes() is None
    assert folder.unit_shapes() is None
    assert "cities.parquet (its stage ran, but the file is gone)" in folder.missing
    assert "townships.gpkg (outlines of cities)" in folder.missing


def test_no_output_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        read_output_folder(tmp_path / "nowhere")
    with pytest.raises(OutputError, match=r"a folder without manifest\.json"):
        read_output_folder(tmp_path)
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match="the manifest of an earlier run"):
        read_output_folder(tmp_path)
    (tmp_path / "manifest.json").write_text('{"version": 1}', encoding="utf-8")
    with pytest.raises(OutputError, match="records of finished stages"):
        read_output_folder(tmp_path)


def test_an_older_version(out_copy: Path) -> None:
    table = pd.read_parquet(out_copy / "estimates.parquet")
    table.drop(columns="recommended").to_parquet(out_copy / "estimates.parquet", index=False)
    with pytest.raises(OutputError, match=r"an older version's table without recommended; run the"):
        read_output_folder(out_copy)
    change_manifest(out_copy, lambda manifest: manifest["stages"]["lights"].pop("versions"))
    with pytest.raises(OutputError, match=r"stage 'lights'.*record without versions"):
        read_output_folder(out_copy)


def test_damaged_shapes_are_named(out_copy: Path) -> None:
    for name in ("townships.gpkg", "townships.parquet"):
        (out_copy / name).write_bytes(b"no shapes")
    folder = read_output_folder(out_copy)
    with pytest.raises(OutputError, match="expected shapes"):
        folder.city_shapes()
    with pytest.raises(OutputError, match="expected shapes"):
        folder.unit_shapes()


def with_cities(folder: OutputFolder, ids: list[str], matches: pd.DataFrame | None) -> OutputFolder:
    return OutputFolder(
        path=folder.path, manifest={}, units=None, cities=pd.DataFrame({"city_id": ids}),
        panel=None, dropped=None, matches=matches, estimates=None, checks=None, curves=None,
        tuning=None, audit=None, designs=(),
    )  # fmt: skip


def test_cities_of_china_have_their_names(small_folder: OutputFolder) -> None:
    labels = city_labels(with_cities(small_folder, ["4501", "1100"], None))
    assert labels == {"1100": "北京市", "4501": "南宁市"}
    assert with_id(labels["4501"], "4501") == "南宁市 (4501)"


def test_another_country_is_not_taken_for_china(small_folder: OutputFolder) -> None:
    labels = city_labels(with_cities(small_folder, ["4501", "9001", "9002"], None))
    assert labels == {"4501": "4501", "9001": "9001", "9002": "9002"}
    assert with_id(labels["9001"], "9001") == "9001"


def test_names_that_the_tables_matched_go_first(small_folder: OutputFolder) -> None:
    matches = pd.DataFrame(
        {"city_id": ["9001", "9001", "", None], "city": ["Upper Town", "Other", "Nobody", "None"]}
    )
    labels = city_labels(with_cities(small_folder, ["9001", "9002"], matches))
    assert labels == {"9001": "Upper Town", "9002": "9002"}
