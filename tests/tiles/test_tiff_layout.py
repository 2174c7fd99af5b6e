"""Headers that promise other blocks than their files hold: refused, not read as other light."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from geo.errors import TileUnreadableError
from tests.tiles.helpers import WriteTile
from tiles.catalog import read_catalog
from tiles.tiff_layout import HEIGHT, ROWS_PER_STRIP, TILE_HEIGHT, WIDTH

LIGHT = np.random.default_rng(3).integers(0, 64, size=(40, 40))


def patched(path: Path, tag: int, value: int) -> Path:
    """The file with another value of a tag of one number, in a little-endian classic TIFF."""
    content = bytearray(path.read_bytes())
    (first,) = struct.unpack_from("<I", content, 4)
    (many,) = struct.unpack_from("<H", content, first)
    for entry in range(first + 2, first + 2 + 12 * many, 12):
        found, kind = struct.unpack_from("<HH", content, entry)
        if found == tag:
            struct.pack_into("<H" if kind == 3 else "<I", content, entry + 8, value)
            path.write_bytes(content)
            return path
    raise KeyError(tag)


@pytest.mark.parametrize(
    ("tag", "value", "options"),
    [
        (HEIGHT, 4000, {}),
        (HEIGHT, 4000, {"compress": "deflate"}),
        (HEIGHT, 20, {}),
        (HEIGHT, 39, {}),
        (WIDTH, 39, {}),
        (WIDTH, 41, {}),
        (ROWS_PER_STRIP, 1, {}),
        (ROWS_PER_STRIP, 1, {"compress": "deflate"}),
        (TILE_HEIGHT, 32, {"tiled": True, "blockxsize": 16, "blockysize": 16}),
        (TILE_HEIGHT, 32, {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "lzw"}),
    ],
)
def test_a_patched_header_is_refused(
    write_tile: WriteTile, tag: int, value: int, options: dict[str, Any]
) -> None:
    path = write_tile(LIGHT, "DMSP-like2015.tif", **options)
    read_catalog([path])
    patched(path, tag, value)
    with pytest.raises(TileUnreadableError, match=r"DMSP-like2015\.tif: expected"):
        read_catalog([path])


@pytest.mark.parametrize("bigtiff", ["YES", "NO"])
@pytest.mark.parametrize("endianness", ["LITTLE", "BIG"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    "layout",
    [
        {}, {"blockysize": 7}, {"compress": "deflate", "blockysize": 7}, {"interleave": "pixel"},
        {"tiled": True, "blockxsize": 16, "blockysize": 32},
        {"tiled": True, "blockxsize": 16, "blockysize": 16, "sparse_ok": True},
    ],
)  # fmt: skip
def test_whole_files_are_accepted(
    write_tile: WriteTile, bigtiff: str, endianness: str, dtype: str, layout: dict[str, Any]
) -> None:
    path = write_tile(
        LIGHT, "DMSP-like2015.tif", dtype=dtype, bigtiff=bigtiff, endianness=endianness, **layout
    )
    assert read_catalog([path]).tiles[0].grid.shape == (40, 40)


def test_blocks_that_share_bytes(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, "DMSP-like2015.tif", blockysize=20)
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<II", *offsets_of(path)))
    struct.pack_into("<I", content, at, offsets_of(path)[0] + 16)
    path.write_bytes(content)
    with pytest.raises(TileUnreadableError, match="block 0 that reaches into another one"):
        read_catalog([path])


def offsets_of(path: Path) -> tuple[int, int]:
    """Places of the two strips of a tile."""
    with rasterio.open(path) as tile:
        found = [tile.get_tag_item(f"BLOCK_OFFSET_0_{k}", "TIFF", bidx=1) for k in range(2)]
    return int(found[0]), int(found[1])


def test_a_block_with_bytes_but_no_place(write_tile: WriteTile) -> None:
    path = write_tile(LIGHT, "DMSP-like2015.tif")
    patched(path, 273, 0)
    with pytest.raises(TileUnreadableError, match="with a place or bytes, but not both"):
        read_catalog([path])
