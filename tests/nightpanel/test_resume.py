"""A run does only what has not been done: nothing, one new year, what a change touches."""

import json
import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from geo.errors import SchedulerError, TileChangedError, TileUnreadableError
from nightpanel import stages
from nightpanel.run_study import StudyRun, run
from nightpanel.study import Study
from tiles.catalog import Catalog

YEARS = "years = [2014, 2015, 2016, 2017]"


def tables(out: Path) -> dict[str, bytes]:
    """Every visible file but the manifest, which holds times."""
    files = (path for path in out.rglob("*") if path.is_file() and path.name != "manifest.json")
    visible = (path for path in files if not path.relative_to(out).parts[0].startswith("."))
    return {str(path.relative_to(out)): path.read_bytes() for path in visible}


def again(country: Path, **options: object) -> StudyRun:
    return run(country / "study.toml", out=country.parent / "out", **options)  # type: ignore[arg-type]


def rewrite(country: Path, old: str, new: str) -> None:
    study = country / "study.toml"
    text = study.read_text(encoding="utf-8")
    assert old in text
    study.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_to_do_leaves_every_file_alone(country: Path) -> None:
    first = again(country)
    out = country.parent / "out"
    before = {path: path.stat().st_mtime_ns for path in out.iterdir() if path.is_file()}
    second = again(country)
    assert second.up_to_date == ("lights", "panel", "estimates")
    assert (dict(second.made), dict(second.seconds)) == ({}, {})
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert second.lights is not None
    assert first.lights is not None
    pd.testing.assert_frame_equal(second.lights.unit_years, first.lights.unit_years)
    pd.testing.assert_frame_equal(second.lights.city_years, first.lights.city_years)
    assert second.lights.tiles == first.lights.tiles
    assert second.lights.grids == first.lights.grids
    assert second.lights.units.table.equals(first.lights.units.table)
    assert second.panel is not None
    assert first.panel is not None
    pd.testing.assert_frame_equal(second.panel.panel, first.panel.panel)
    assert second.estimates is not None
    assert first.estimates is not None
    pd.testing.assert_frame_equal(second.estimates.estimates, first.estimates.estimates)
    assert second.estimates.notes == first.estimates.notes
    assert second.audit() == first.audit()


def test_a_new_year_reads_one_tile_and_ends_with_the_bytes_of_a_whole_run(country: Path) -> None:
    rewrite(country, YEARS, "years = [2014, 2015, 2016]")
    assert again(country).effort.tiles_read == 3
    rewrite(country, "years = [2014, 2015, 2016]", YEARS)
    added = again(country)
    assert (added.effort.tiles_read, added.effort.tiles_kept) == (1, 3)
    out = country.parent / "out"
    whole = tables(out)
    shutil.rmtree(out)
    assert again(country).effort.tiles_read == 4
    assert tables(out) == whole


def test_a_year_less_reads_nothing(country: Path) -> None:
    again(country)
    rewrite(country, YEARS, "years = [2014, 2016, 2017]")
    fewer = again(country)
    assert (fewer.effort.tiles_read, fewer.effort.tiles_kept) == (0, 3)
    assert fewer.lights is not None
    assert sorted(fewer.lights.unit_years["year"].unique()) == [2014, 2016, 2017]


def test_a_changed_design_leaves_light_and_panel_alone(country: Path) -> None:
    again(country)
    rewrite(country, 'name = "linear"', 'name = "straight"')
    changed = again(country)
    assert changed.up_to_date == ("lights", "panel")
    assert changed.estimates is not None
    assert set(changed.estimates.estimates["design"]) == {"straight"}


@pytest.mark.parametrize(
    "name", ["units.parquet", "cities.parquet", "townships.gpkg", "audit.parquet"]
)
def test_an_output_that_was_edited_or_removed_is_made_anew(country: Path, name: str) -> None:
    again(country)
    out = country.parent / "out"
    whole = tables(out)
    with (out / name).open("ab") as stream:
        stream.write(b"x")
    assert again(country).effort.tiles_read == 0
    assert tables(out) == whole
    (out / name).unlink()
    again(country)
    assert tables(out) == whole


def test_a_tile_is_known_by_its_content_whatever_its_name_and_times_say(country: Path) -> None:
    again(country)
    tile = min(country.glob("*2015*.tif"))
    state = tile.stat()
    other = min(country.glob("*2016*.tif"))
    tile.write_bytes(other.read_bytes())
    os.utime(tile, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert again(country).effort.tiles_read == 0  # the sums of this content are there
    cities = pd.read_parquet(country.parent / "out" / "cities.parquet")
    light = {year: rows["mean"].to_numpy() for year, rows in cities.groupby("year")}
    np.testing.assert_array_equal(light[2015], light[2016])


def test_what_gdal_notes_beside_a_tile_is_seen(country: Path) -> None:
    """A note with another place for the tile: its grid is no longer that of the other years."""
    first = again(country)
    assert first.lights is not None
    n_grids = len(first.lights.grids)
    tile = min(country.glob("*2015*.tif"))
    with rasterio.open(tile) as source:
        west, cell, _, north, _, height = source.transform.to_gdal()
    note = f"<PAMDataset><GeoTransform>{west + 0.1},{cell},0,{north},0,{height}</GeoTransform>"
    (tile.parent / f"{tile.name}.aux.xml").write_text(f"{note}</PAMDataset>", encoding="utf-8")
    moved = again(country)
    assert moved.effort.tiles_read == 1
    assert moved.lights is not None
    assert len(moved.lights.grids) == n_grids + 1


def test_a_tile_that_changes_after_its_header_was_read(
    country: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tile = min(country.glob("*2016*.tif"))
    real = stages.study_catalog

    def changed_after(study: Study, **options: object) -> Catalog:
        catalog = real(study, **options)  # type: ignore[arg-type]
        tile.write_bytes(tile.read_bytes() + b"x")
        return catalog

    monkeypatch.setattr(stages, "study_catalog", changed_after)
    with pytest.raises(TileChangedError, match=tile.name):
        again(country)


def test_rows_of_the_audit_that_were_lost_are_made_anew_by_the_next_whole_run(
    country: Path,
) -> None:
    again(country)
    out = country.parent / "out"
    whole = tables(out)
    (out / "audit.parquet").unlink()
    rewrite(country, 'name = "linear"', 'name = "straight"')
    again(country, only=["estimates"])
    rewrite(country, 'name = "straight"', 'name = "linear"')
    assert again(country).up_to_date == ()
    assert tables(out) == whole


def test_a_scheduler_that_is_not_there_is_told_before_any_file_is_read(country: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for tile in country.glob("*.tif"):
        tile.unlink()
    with pytest.raises(SchedulerError, match=f"scheduler tcp://127.0.0.1:{port}: expected a Dask"):
        again(country, scheduler=f"tcp://127.0.0.1:{port}")


def test_a_damaged_entry_is_made_anew_and_told(country: Path) -> None:
    again(country)
    out = country.parent / "out"
    whole = {name: what for name, what in tables(out).items() if name != "audit.parquet"}
    for entry in (out / ".cache" / "tile").iterdir():
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 1
        entry.write_bytes(content)
    (out / "cities.parquet").unlink()
    repaired = again(country)
    assert repaired.effort.tiles_read == 4
    rows = [row for row in repaired.audit() if row.rule == "damaged_entry"]
    assert [(row.count, row.subject.endswith("tile")) for row in rows] == [(4, True)]
    now = {name: what for name, what in tables(out).items() if name != "audit.parquet"}
    assert now == whole


def test_another_cache_folder_and_its_use_by_two_outputs(country: Path, tmp_path: Path) -> None:
    cache = tmp_path / "kept"
    run(country / "study.toml", out=tmp_path / "one", cache=cache)
    second = run(country / "study.toml", out=tmp_path / "two", cache=cache)
    assert second.effort.tiles_read == 0
    assert tables(tmp_path / "one") == tables(tmp_path / "two")
    assert not (tmp_path / "one" / ".cache").exists()


def test_the_manifest_says_where_each_year_comes_from(country: Path) -> None:
    again(country)
    text = (country.parent / "out" / "manifest.json").read_text(encoding="utf-8")
    record = json.loads(text)["stages"]["lights"]
    assert [tile["year"] for tile in record["tiles"]] == [2014, 2015, 2016, 2017]
    assert {tile["grid"] for tile in record["tiles"]} == set(record["grids"])
    for tile in record["tiles"]:
        assert record["inputs"][tile["path"]] == tile["sha256"]
        assert tile["sums"] in record["store"]["tile"]
    assert set(record["store"]["coverage"]) == set(record["coverage"])


def test_a_tile_that_changes_while_it_is_read(
    country: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tile is named; what was finished is kept, and a rerun goes on from there."""
    import tiles.raster_source

    real = tiles.raster_source.read_rows
    tile = min(country.glob("*2016*.tif"))
    whole = tile.read_bytes()

    def touching(path: Path, *words: object, **options: object) -> object:
        pieces = list(real(path, *words, **options))  # type: ignore[arg-type]
        if path.name == tile.name:
            path.write_bytes(whole[:-1] + b"x")
        return iter(pieces)

    monkeypatch.setattr(tiles.raster_source, "read_rows", touching)
    with pytest.raises(TileChangedError, match=tile.name):
        again(country, threads=1)
    out = country.parent / "out"
    assert not [path for path in out.iterdir() if not path.name.startswith(".")]
    monkeypatch.setattr(tiles.raster_source, "read_rows", real)
    tile.write_bytes(whole)
    resumed = again(country)
    assert resumed.effort.tiles_kept > 0
    assert resumed.effort.tiles_read + resumed.effort.tiles_kept == 4
    assert (out / "cities.parquet").is_file()


def test_an_unreadable_block_in_the_middle_of_a_tile(country: Path) -> None:
    """The tile and its rows are named, finished tiles are kept, and a rerun goes on from there."""
    out = country.parent / "out"
    tile = min(country.glob("*2017*.tif"))
    whole = tile.read_bytes()
    damaged = bytearray(whole)
    middle = len(whole) // 2
    damaged[middle : middle + 400] = bytes(400)
    tile.write_bytes(damaged)
    with pytest.raises(TileUnreadableError, match=rf"{tile.name}, rows \d+ to \d+"):
        again(country, threads=1)
    assert not [path for path in out.iterdir() if not path.name.startswith(".")]
    tile.write_bytes(whole)
    resumed = again(country)
    assert resumed.effort.tiles_kept > 0
    assert resumed.effort.tiles_read + resumed.effort.tiles_kept == 4
    assert (out / "cities.parquet").is_file()
