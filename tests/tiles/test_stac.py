"""A STAC catalogue of tiles: valid by the official rules, and a list of tiles for a run."""

import json
import re
from pathlib import Path

import numpy as np
import pystac
import pytest
from pystac.validation import validate_dict
from rasterio.transform import Affine

from geo.errors import OutputError, TileNameError, TilePathError, TileUnreadableError
from tests.tiles.helpers import WriteTile
from tiles.catalog import read_catalog
from tiles.cube import open_cube
from tiles.read_stac import read_stac
from tiles.stac import write_stac

ALBERS = (
    "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
)


@pytest.fixture
def paths(write_tile: WriteTile) -> list[Path]:
    where = Affine(1000.0, 0.0, 0.0, 0.0, -1000.0, 3.5e6)
    options = {"transform": where, "crs": ALBERS}
    degrees = Affine(0.01, 0.0, 110.0, 0.0, -0.01, 30.0)
    name = "VNL_v21_npp_2013_global_vcmcfg_c202205302300.average_masked.dat.tif"
    return [
        write_tile(np.eye(8), "DMSP2013.tif", **options),
        write_tile(np.eye(8), "DMSP-like2014.tif", nodata=-128, **options),
        write_tile(np.eye(8), name, dtype="float32", transform=degrees, crs="EPSG:4326"),
    ]


def test_a_catalogue_lists_what_it_was_made_of(paths: list[Path], tmp_path: Path) -> None:
    catalog = read_catalog(paths)
    written = write_stac(catalog.tiles, tmp_path / "stac")
    assert sorted(read_stac(written)) == sorted(str(path) for path in paths)
    again = read_catalog([written])
    assert [tile.path for tile in again.tiles] == [tile.path for tile in catalog.tiles]
    assert again.tiles[0].grid == catalog.tiles[0].grid


def test_a_catalogue_can_be_moved_with_its_tiles(paths: list[Path], tmp_path: Path) -> None:
    """Addresses are relative: they hold wherever both are, and through links to folders."""
    whole = tmp_path / "whole"
    (whole / "lights").mkdir(parents=True)
    moved = [path.rename(whole / "lights" / path.name) for path in paths]
    (tmp_path / "link").symlink_to(whole)
    write_stac(read_catalog(moved).tiles, tmp_path / "link" / "deep" / "stac")
    hrefs = [
        json.loads(path.read_text())["assets"]["light"]["href"]
        for path in whole.rglob("*-20??.json")
    ]
    assert sorted(hrefs) == sorted(f"../../../../lights/{path.name}" for path in moved)
    there = whole.rename(tmp_path / "elsewhere")
    found = read_stac(there / "deep" / "stac" / "catalog.json")
    assert sorted(found) == sorted(str(there / "lights" / path.name) for path in moved)


def test_a_catalogue_that_is_written_again_lists_what_is_new(
    paths: list[Path], tmp_path: Path
) -> None:
    """Its old items go, what others put there stays, and nothing is left of the writing."""
    folder = tmp_path / "stac"
    write_stac(read_catalog(paths).tiles, folder)
    mine = folder / "viirs-annual" / "mine.txt"
    mine.write_text("words")
    written = write_stac(read_catalog(paths[:1]).tiles, folder)
    assert read_stac(written) == [str(paths[0])]
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "catalog.json", "dmsp-like-china/collection.json",
        "dmsp-like-china/dmsp-like-china-2013/dmsp-like-china-2013.json", "viirs-annual/mine.txt",
    ]  # fmt: skip


def test_the_catalogue_of_another_maker_loses_no_items(paths: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "stac"
    folder.mkdir()
    (folder / "item.json").write_text("{}")
    link = {"rel": "item", "href": "item.json"}
    (folder / "catalog.json").write_text(json.dumps({"id": "theirs", "links": [link]}))
    write_stac(read_catalog(paths).tiles, folder)
    assert (folder / "item.json").exists()


def test_a_catalogue_that_cannot_be_written_whole_changes_nothing(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stac"
    write_stac(read_catalog(paths[:1]).tiles, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pystac.Item, "save_object", full)
    with pytest.raises(OutputError, match="found No space left on device"):
        write_stac(read_catalog(paths).tiles, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_catalogue_where_a_file_is(paths: list[Path], tmp_path: Path) -> None:
    (tmp_path / "stac").write_text("words")
    with pytest.raises(OutputError, match="a folder for a catalogue"):
        write_stac(read_catalog(paths).tiles, tmp_path / "stac")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("nightpanel:product", "harmonized", "a file of harmonized, found DMSP2013.tif, a name of"),
        ("start_datetime", "2012-01-01T00:00:00Z", "a file of 2012, found DMSP2013.tif, a name of"),
    ],
)
def test_an_item_and_a_name_that_contradict_each_other(
    paths: list[Path], tmp_path: Path, key: str, value: str, message: str
) -> None:
    written = write_stac(read_catalog(paths[:1]).tiles, tmp_path / "stac")
    item = next(tmp_path.rglob("dmsp-like-china-2013.json"))
    content = json.loads(item.read_text())
    content["properties"] |= {"end_datetime": "2012-12-31T00:00:00Z", key: value}
    if key != "start_datetime":
        content["properties"]["end_datetime"] = "2013-12-31T00:00:00Z"
    item.write_text(json.dumps(content))
    with pytest.raises(TileNameError, match=re.escape(message)):
        read_catalog([written])


def test_a_store_is_called_one(paths: list[Path], tmp_path: Path) -> None:
    cube = open_cube(read_catalog(paths[:2]))
    (one,) = cube.values()
    one.to_dataset().to_zarr(tmp_path / "cube.zarr", consolidated=False)
    written = write_stac(read_catalog([tmp_path / "cube.zarr"]).tiles, tmp_path / "stac")
    items = pystac.Catalog.from_file(str(written)).get_items(recursive=True)
    assert {item.assets["light"].media_type for item in items} == {pystac.MediaType.ZARR}
    assert len(read_catalog([written]).tiles) == 2


def test_items_say_where_when_and_in_what_form(paths: list[Path], tmp_path: Path) -> None:
    written = write_stac(read_catalog(paths).tiles, tmp_path / "stac")
    items = {
        item.id: item for item in pystac.Catalog.from_file(str(written)).get_items(recursive=True)
    }
    assert sorted(items) == [
        "dmsp-like-china-2013", "dmsp-like-china-2014", "viirs-annual-2013",
    ]  # fmt: skip
    dmsp, viirs = items["dmsp-like-china-2014"], items["viirs-annual-2013"]
    assert dmsp.properties["start_datetime"] == "2014-01-01T00:00:00Z"
    assert dmsp.properties["proj:shape"] == [8, 8]
    assert dmsp.properties["proj:transform"][:6] == [1000.0, 0.0, 0.0, 0.0, -1000.0, 3.5e6]
    assert dmsp.properties["proj:code"] is None
    assert viirs.properties["proj:code"] == "EPSG:4326"
    assert viirs.bbox == pytest.approx([110.0, 29.92, 110.08, 30.0])
    (band,) = dmsp.assets["light"].extra_fields["raster:bands"]
    assert band == {"data_type": "int8", "nodata": -128.0, "unit": "DN"}
    (band,) = viirs.assets["light"].extra_fields["raster:bands"]
    assert band == {"data_type": "float32", "nodata": "nan", "unit": "nW/cm2/sr"}


def test_a_catalogue_with_a_file_missing(paths: list[Path], tmp_path: Path) -> None:
    written = write_stac(read_catalog(paths).tiles, tmp_path / "stac")
    next(tmp_path.rglob("viirs-annual-2013.json")).unlink()
    with pytest.raises(TileUnreadableError, match="a STAC catalogue whose files are all there"):
        read_stac(written)


def test_a_catalogue_does_not_decide_to_ask_a_server(paths: list[Path], tmp_path: Path) -> None:
    written = write_stac(read_catalog(paths).tiles, tmp_path / "stac")
    item = next(tmp_path.rglob("viirs-annual-2013.json"))
    content = json.loads(item.read_text())
    content["assets"]["light"]["href"] = "https://127.0.0.1:9/VNL.tif"
    item.write_text(json.dumps(content))
    with pytest.raises(TilePathError, match=r"lights\.network = true"):
        read_catalog([written])
    content = json.loads(written.read_text())
    for link in content["links"]:
        if link["rel"] == "child":
            link["href"] = "https://127.0.0.1:9/collection.json"
    written.write_text(json.dumps(content))
    with pytest.raises(TileUnreadableError, match=r"https://127\.0\.0\.1:9/collection\.json"):
        read_catalog([written])


def test_another_json_file_is_no_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(TileUnreadableError, match="a STAC catalogue"):
        read_catalog([path])


def test_the_files_pass_the_official_schemas(paths: list[Path], tmp_path: Path) -> None:
    """Those of the core, which pystac carries; the extensions' are on a server."""
    written = write_stac(read_catalog(paths).tiles, tmp_path / "stac")
    files = sorted(path for path in written.parent.rglob("*.json"))
    assert len(files) == 6
    kinds = set()
    for path in files:
        content = json.loads(path.read_text())
        validate_dict(content, extensions=[])
        kinds.add(content["type"])
    assert kinds == {"Catalog", "Collection", "Feature"}
    item = json.loads(next(path for path in files if "2014" in path.name).read_text())
    assert [url.split("/")[3:5] for url in item["stac_extensions"]] == [
        ["projection", "v2.0.0"], ["raster", "v1.1.0"],
    ]  # fmt: skip
    del item["geometry"]
    with pytest.raises(pystac.STACValidationError):
        validate_dict(item, extensions=[])
