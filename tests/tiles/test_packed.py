"""Tiles that come packed: unpacked once, within bounds, and never outside their folder."""

import gzip
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.boundaries import Units
from geo.errors import (
    TileChangedError,
    TileMissingError,
    TileSizeError,
    TileUnreadableError,
)
from geo.window import Window
from tests.tiles.helpers import (
    BLACK_MARBLE,
    MakeUnits,
    RandomUnits,
    WriteTile,
    black_marble,
)
from tiles.catalog import Catalog, read_catalog
from tiles.size_limits import SizeLimits
from tiles.stac import write_stac
from tiles.unpack import packed_keys, unpack_beside, unzip
from tiles.whole_file import STALE_SECONDS, clear_left_folders
from tiles.zonal import zonal

ROWS, COLS = 60, 90


@pytest.fixture
def units(units_of: MakeUnits, random_units: RandomUnits) -> Units:
    return units_of(random_units(np.random.default_rng(8), 12, 10 * COLS, 10 * ROWS))


@pytest.fixture
def light() -> Any:
    return np.random.default_rng(9).integers(0, 64, size=(ROWS, COLS))


def sums(units: Units, catalog: Catalog) -> Any:
    return zonal(units, catalog).unit_years[["sum", "n_cells", "valid_share"]]


def archive_of(target: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


@pytest.fixture
def archive(write_tile: WriteTile, light: Any, tmp_path: Path) -> Path:
    """Two years of tiles among other files."""
    years = {
        year: write_tile(light * (year == 2015), f"DMSP-like{year}.tif") for year in (2014, 2015)
    }
    members = {f"light/DMSP-like{year}.tif": path.read_bytes() for year, path in years.items()}
    others = {"read me.txt": b"words", "__MACOSX/light/._DMSP-like2015.tif": b"a shadow"}
    return archive_of(tmp_path / "light.ZIP", {**others, **members})


def test_a_packed_raster_is_unpacked_once(
    write_tile: WriteTile, units: Units, light: Any, tmp_path: Path
) -> None:
    plain = write_tile(light, "DMSP-like2015.tif")
    reference = sums(units, read_catalog([plain]))
    packed = tmp_path / "DMSP-like2016.tif.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    folder = tmp_path / "unpacked"
    catalog = read_catalog([packed], unpack_to=folder)
    assert catalog.tiles[0].year == 2016
    assert sums(units, catalog).equals(reference)
    (there,) = (path for path in folder.rglob("*") if path.is_file())
    before = there.stat().st_mtime_ns
    read_catalog([packed], unpack_to=folder)
    assert there.stat().st_mtime_ns == before


def test_a_packed_raster_that_changes_is_noticed(
    write_tile: WriteTile, units: Units, light: Any, tmp_path: Path
) -> None:
    packed = tmp_path / "DMSP-like2016.tif.gz"
    packed.write_bytes(gzip.compress(write_tile(light, "DMSP-like2015.tif").read_bytes()))
    catalog = read_catalog([packed], unpack_to=tmp_path / "unpacked")
    packed.write_bytes(b"other")
    with pytest.raises(TileChangedError, match=r"DMSP-like2016\.tif\.gz"):
        sums(units, catalog)


def test_a_packed_raster_that_is_damaged(write_tile: WriteTile, light: Any, tmp_path: Path) -> None:
    packed = tmp_path / "DMSP-like2016.tif.gz"
    whole = gzip.compress(write_tile(light, "DMSP-like2015.tif").read_bytes())
    packed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TileUnreadableError, match="a packed file that can be unpacked"):
        read_catalog([packed], unpack_to=tmp_path / "unpacked")
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_packed_raster_that_swells(tmp_path: Path) -> None:
    packed = tmp_path / "DMSP-like2016.tif.gz"
    packed.write_bytes(gzip.compress(bytes(10_000_000)))
    limits = SizeLimits(unpacked_bytes=1_000_000)
    with pytest.raises(TileSizeError, match=r"at most 0\.001 GB when unpacked"):
        read_catalog([packed], unpack_to=tmp_path / "unpacked", limits=limits)
    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil.tif", "/evil.tif", "a/../../evil.tif", "..\\evil.tif"])
def test_members_that_climb_out_of_the_folder(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "tiles.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.tif", b"light")
        packed.writestr(name, b"evil")
    with pytest.raises(TileUnreadableError, match="members inside the archive's own folder"):
        unzip(archive, folder=tmp_path / "in" / "here", max_bytes=10**6)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["tiles.zip"]


def test_the_members_of_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "tiles.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a/one.tif", b"light")
        packed.writestr("two.tif", b"dark")
    found = unzip(archive, folder=tmp_path / "here", max_bytes=9)
    assert [path.read_bytes() for path in found] == [b"light", b"dark"]
    with pytest.raises(TileSizeError):
        unzip(archive, folder=tmp_path / "there", max_bytes=8)


# ---------------------------------------------------------------- archives of tiles


def test_an_archive_of_tiles_has_the_light_of_its_files(
    archive: Path, units: Units, tmp_path: Path
) -> None:
    plain = read_catalog([f"{tmp_path}/DMSP*.tif"])
    folder = tmp_path / "unpacked"
    packed = read_catalog([archive], unpack_to=folder)
    assert [tile.year for tile in packed.tiles] == [2014, 2015]
    assert [tile.where for tile in packed.tiles] == [
        f"{archive}/light/DMSP-like2014.tif", f"{archive}/light/DMSP-like2015.tif",
    ]  # fmt: skip
    assert sums(units, packed).equals(sums(units, plain))
    guessed = [row.subject for row in packed.audit if row.rule == "product_from_name"]
    assert guessed == ["DMSP-like2014.tif", "DMSP-like2015.tif"]
    # What a run digests is the archive; its members are told apart.
    assert {file for tile in packed.tiles for file in tile.source.files} == {archive}
    contents = [tile.source.content(lambda _: "digest") for tile in packed.tiles]
    assert contents[0] != contents[1]


def test_an_archive_is_unpacked_once(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    read_catalog([archive], unpack_to=folder)
    assert [path.name for path in folder.iterdir()] == packed_keys([archive])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")}
    read_catalog([archive], unpack_to=folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")} == before


def test_an_archive_with_a_member_that_climbs_out(write_tile: WriteTile, tmp_path: Path) -> None:
    good = write_tile([[1, 2], [3, 4]], "DMSP-like2014.tif").read_bytes()
    archive = archive_of(
        tmp_path / "a.zip", {"DMSP-like2014.tif": good, "../DMSP-like2015.tif": good}
    )
    with pytest.raises(TileUnreadableError, match="members inside the archive's own folder"):
        read_catalog([archive], unpack_to=tmp_path / "in" / "here")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["DMSP-like2014.tif", "a.zip"]


def test_an_archive_that_swells(tmp_path: Path) -> None:
    swelling = {f"DMSP-like{year}.tif": bytes(400_000) for year in (2014, 2015, 2016)}
    archive = archive_of(tmp_path / "a.zip", swelling)
    limits = SizeLimits(unpacked_bytes=1_000_000)
    with pytest.raises(TileSizeError, match=r"a\.zip: expected at most 0\.001 GB when unpacked"):
        read_catalog([archive], unpack_to=tmp_path / "unpacked", limits=limits)
    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "a packed file that can be unpacked, found File is not a zip file"),
        (None, r"a member that ends in \.tif, .*found 1 others, as read me\.txt"),
    ],
)
def test_an_archive_without_tiles(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.zip"
    if content is None:
        archive_of(path, {"read me.txt": b"words"})
    else:
        path.write_bytes(content)
    with pytest.raises(TileUnreadableError, match=message):
        read_catalog([path])


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip", {"DMSP-like2014.tif": b"no raster"})
    with pytest.raises(
        TileUnreadableError, match=r"a\.zip/DMSP-like2014\.tif: expected a GeoTIFF file"
    ):
        read_catalog([archive], unpack_to=tmp_path / "unpacked")


def test_an_archive_that_changes_or_whose_copy_goes_is_noticed(
    archive: Path, units: Units, tmp_path: Path
) -> None:
    catalog = read_catalog([archive], unpack_to=tmp_path / "unpacked")
    for path in (tmp_path / "unpacked").rglob("*.tif"):
        path.unlink()
    with pytest.raises(TileMissingError, match=r"light\.ZIP/light/DMSP-like201\d\.tif"):
        sums(units, catalog)
    archive.write_bytes(b"other")
    with pytest.raises(TileChangedError, match=r"light\.ZIP"):
        catalog.tiles[0].source.require_unchanged()


def test_black_marble_in_an_archive_and_packed_alone(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    paths = [black_marble(tmp_path / "plain" / BLACK_MARBLE.format(h, 1), h=h) for h in (28, 29)]
    (plain,) = read_catalog(paths).tiles
    archive = archive_of(tmp_path / "a.zip", {path.name: path.read_bytes() for path in paths})
    (tile,) = read_catalog([archive], unpack_to=tmp_path / "unpacked").tiles
    whole = Window(0, 24, 0, 48)
    ((_, expected),) = plain.source.pieces(whole)
    ((_, found),) = tile.source.pieces(whole)
    np.testing.assert_array_equal(found, expected)


def test_a_catalogue_lists_members_of_archives(archive: Path, tmp_path: Path) -> None:
    catalog = read_catalog([archive], unpack_to=tmp_path / "unpacked")
    written = write_stac(catalog.tiles[:1], tmp_path / "stac")
    again = read_catalog([written], unpack_to=tmp_path / "unpacked")
    assert [tile.where for tile in again.tiles] == [catalog.tiles[0].where]


def test_files_are_unpacked_beside_themselves(archive: Path, tmp_path: Path) -> None:
    found = unpack_beside(archive, max_bytes=10**6)
    assert tmp_path / "light" / "light" / "DMSP-like2015.tif" in found
    packed = tmp_path / "new" / "DMSP-like2016.tif.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(b"light"))
    assert unpack_beside(packed, max_bytes=5) == [tmp_path / "new" / "DMSP-like2016.tif"]
    assert (tmp_path / "new" / "DMSP-like2016.tif").read_bytes() == b"light"


def test_what_killed_runs_left_half_unpacked_goes(tmp_path: Path) -> None:
    for name in (".old-1-ab", ".new-2-cd", "whole"):
        (tmp_path / name).mkdir()
    past = time.time() - STALE_SECONDS - 1
    os.utime(tmp_path / ".old-1-ab", (past, past))
    assert clear_left_folders(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new-2-cd", "whole"]
