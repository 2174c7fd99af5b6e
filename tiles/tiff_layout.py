"""Whether a TIFF file's header and its blocks fit each other.

GDAL takes a block that a header promises and the file does not list for one that is empty, and
reads strips of another length than the header's columns as if they were of that length. A damaged
header then gives other light without an error. Layout and tags: TIFF 6.0, and BigTIFF for 64 bits.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from geo.errors import TileUnreadableError

WIDTH, HEIGHT, BITS, COMPRESSION, SAMPLES = 256, 257, 258, 259, 277
ROWS_PER_STRIP, STRIP_OFFSETS, STRIP_BYTES = 278, 273, 279
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
PLAIN = 1
"""No compression."""
KINDS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Whole numbers by the code of their type."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """The first directory of a file: whole numbers by tag, and where those that are many stand."""

    stream: IO[bytes]
    order: str
    entries: Mapping[int, tuple[str, int, bytes]]
    """Type, count and the field that holds the values, or where they are."""

    def one(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        found = self.many(tag, 1) if tag in self.entries else None
        return default if found is None else int(found[0])

    def count(self, tag: int) -> int | None:
        """How many values a tag has; None if it is not there."""
        return self.entries[tag][1] if tag in self.entries else None

    def many(self, tag: int, count: int) -> NDArray[np.int64] | None:
        """So many values of a tag; None if the file does not hold them."""
        kind, _, field = self.entries[tag]
        size = count * struct.calcsize(kind)
        if self.entries[tag][1] * struct.calcsize(kind) > len(field):
            place = struct.unpack(self.order + ("Q" if len(field) == 8 else "I"), field)[0]
            self.stream.seek(place)
            field = self.stream.read(size)
        if len(field) < size:
            return None
        values = struct.unpack(f"{self.order}{count}{kind}", field[:size])
        return np.array(values, dtype=np.int64)


def check_blocks(where: Path | str, file: Path) -> None:
    """Refuse a TIFF file whose header promises other blocks than it lists.

    Parameters
    ----------
    where : Path or str
        The tile, for the error.
    file : Path
        A file that GDAL takes for a TIFF.

    Raises
    ------
    TileUnreadableError
        If it lists more or fewer blocks than its rows and columns have, a block has a place but no
        bytes or bytes but no place, or reaches into another one, or an uncompressed one has not as
        many bytes as its cells need.
    """
    with file.open("rb") as stream:
        try:
            found = _misfit(_directory(stream))
        except (struct.error, KeyError, ValueError, OverflowError, OSError):
            return  # of a form that is not known here: what GDAL reads of it is its own
    if found:
        raise TileUnreadableError(
            str(where),
            expected="a header and blocks that fit each other",
            found=found,
            hint="the file is truncated or damaged: fetch it again",
        )


def _directory(stream: IO[bytes]) -> _Directory:
    order = {b"II": "<", b"MM": ">"}[stream.read(2)]
    is_big = struct.unpack(order + "H", stream.read(2))[0] == 43
    if is_big:
        stream.read(4)
    word, number, size = ("Q", "Q", 20) if is_big else ("I", "H", 12)
    first = struct.unpack(order + word, stream.read(struct.calcsize(word)))[0]
    stream.seek(first)
    many = struct.unpack(order + number, stream.read(struct.calcsize(number)))[0]
    entries = {}
    for _ in range(min(many, 4096)):
        entry = stream.read(size)
        tag, kind, count = struct.unpack(order + "HH" + word, entry[: 4 + struct.calcsize(word)])
        if kind in KINDS:
            entries[tag] = (KINDS[kind], count, entry[4 + struct.calcsize(word) :])
    return _Directory(stream, order, entries)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks that a header promises."""

    count: int
    cells: int
    """Cells of a whole one."""
    last: int
    """Cells of the last one: a strip may be shorter."""
    tags: tuple[int, int]
    """Under which their places and bytes are listed."""


def _misfit(header: _Directory) -> str:
    """What does not fit; empty if all does."""
    blocks = _promised(header)
    for tag in blocks.tags:
        if header.count(tag) not in (None, blocks.count):
            return (
                f"{header.count(tag)} blocks listed where its rows and columns have {blocks.count}"
            )
    if any(header.count(tag) is None for tag in blocks.tags):
        return ""
    places, sizes = (header.many(tag, blocks.count) for tag in blocks.tags)
    if places is None or sizes is None:
        return "a list of blocks that ends early"
    return _misplaced(places, sizes) or _wrong_length(header, blocks, sizes)


def _promised(header: _Directory) -> _Blocks:
    width, height = header.one(WIDTH, 0), header.one(HEIGHT, 0)
    if TILE_OFFSETS in header.entries:
        wide, high = header.one(TILE_WIDTH, width), header.one(TILE_HEIGHT, height)
        count = -(-width // wide) * -(-height // high)
        return _Blocks(count, wide * high, wide * high, (TILE_OFFSETS, TILE_BYTES))
    high = min(header.one(ROWS_PER_STRIP, height), height)
    count = -(-height // high)
    last = width * (height - high * (count - 1))
    return _Blocks(count, width * high, last, (STRIP_OFFSETS, STRIP_BYTES))


def _misplaced(places: NDArray[np.int64], sizes: NDArray[np.int64]) -> str:
    half = np.flatnonzero((places == 0) != (sizes == 0))
    if half.size:
        return f"block {half[0]} with a place or bytes, but not both"
    order = np.argsort(places, kind="stable")
    ends = (places + sizes)[order][:-1]
    over = np.flatnonzero((ends > places[order][1:]) & (sizes[order][:-1] > 0))
    return f"block {order[over[0]]} that reaches into another one" if over.size else ""


def _wrong_length(header: _Directory, blocks: _Blocks, sizes: NDArray[np.int64]) -> str:
    """Of uncompressed blocks; that of others is not known before they are read."""
    if BITS not in header.entries:
        return "no number of bits of a cell"
    bits = header.one(BITS, 1) * header.one(SAMPLES, 1)
    if header.one(COMPRESSION, PLAIN) != PLAIN or bits % 8:
        return ""
    wrong = (sizes != 0) & (sizes != blocks.cells * bits // 8)
    wrong[-1] &= sizes[-1] != blocks.last * bits // 8
    (at,) = np.nonzero(wrong)
    return f"block {at[0]} of {sizes[at[0]]} bytes for {blocks.cells} cells" if at.size else ""
