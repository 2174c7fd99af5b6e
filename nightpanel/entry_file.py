"""The file of one entry of the store: named arrays that tell when they are damaged.

Magic, length of the header, header (JSON: kind, key, names, types and shapes), every array's bytes
at a multiple of 64, XXH3 of all before it. Equal arrays make equal files. The checksum is there to
notice accidents, not attacks: of so many damaged files as there are numbers of 64 bits one would
pass. It takes a third of the time of CRC-32, and a sixth of SHA-256's.
"""

import json
import os
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64, xxh3_64_digest

MAGIC = b"NPENTRY2"
ALIGNMENT = 64
LENGTH_BYTES = 4
CHECKSUM_BYTES = 8
BLOCK_BYTES = 1 << 20
START = len(MAGIC) + LENGTH_BYTES
KINDS_OF_NUMBERS = "biufcSUMm"  # what numpy can write as bytes: no objects, no records


def write_entry(stream: IO[bytes], kind: str, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an entry.

    Parameters
    ----------
    stream : binary file
        Empty and open for writing.
    kind, key : str
        What `read_entry` must ask for.
    arrays : mapping of str to array
        Any shapes, in order of their mapping. Nothing is copied of arrays in C order; of others,
        one at a time.

    Raises
    ------
    TypeError
        An array holds objects or records.
    OSError
        As the stream's ``write``.
    """
    for name, array in arrays.items():
        if array.dtype.kind not in KINDS_OF_NUMBERS:
            raise TypeError(f"{kind} entry: array {name!r} of type {array.dtype} cannot be stored")
    described = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
    text = json.dumps({"kind": kind, "key": key, "arrays": described}).encode()
    written = _Checked(stream)
    written.add(memoryview(MAGIC + len(text).to_bytes(LENGTH_BYTES, "little") + text))
    places = _places(START + len(text), [(array.dtype, array.shape) for array in arrays.values()])
    for place, array in zip(places, arrays.values(), strict=True):
        written.add(memoryview(bytes(place - written.size)))
        written.add(np.asarray(array, order="C").reshape(-1).view(np.uint8).data)
    stream.write(written.checksum.digest())


def read_entry(path: Path, kind: str, key: str) -> dict[str, NDArray[Any]] | None:
    """The arrays of an entry.

    Parameters
    ----------
    path : Path
        Its file.
    kind, key : str
        What it was written as.

    Returns
    -------
    dict of str to array, or None
        In order of writing: views on one buffer, which cannot be written to. None when the file is
        damaged in any place, is no entry, or is another one.

    Raises
    ------
    OSError
        The file is not there or cannot be read.
    """
    content = _content(path)
    end = len(content) - CHECKSUM_BYTES
    if end < START or content[: len(MAGIC)] != MAGIC:
        return None
    if xxh3_64_digest(content[:end]) != content[end:]:
        return None
    header_end = START + int.from_bytes(content[len(MAGIC) : START], "little")
    header = json.loads(bytes(content[START:header_end]))
    if (header["kind"], header["key"]) != (kind, key):
        return None
    names = [name for name, _, _ in header["arrays"]]
    layout = [(np.dtype(dtype), tuple(shape)) for _, dtype, shape in header["arrays"]]
    return {
        name: np.ndarray(shape, dtype, buffer=content, offset=place)
        for name, (dtype, shape), place in zip(
            names, layout, _places(header_end, layout), strict=True
        )
    }


def _content(path: Path) -> memoryview:
    """A file's bytes, in memory of our own: a mapped file can end a run when its disk fails."""
    with path.open("rb", buffering=0) as stream:
        buffer = np.empty(os.fstat(stream.fileno()).st_size, dtype=np.uint8)
        filled = 0
        while size := stream.readinto(buffer.data[filled:]):
            filled += size
    buffer.flags.writeable = False
    return buffer.data[:filled]


class _Checked:
    """Writes to a stream and keeps the size and checksum of what it wrote."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = 0
        self.checksum = xxh3_64()

    def add(self, view: memoryview) -> None:
        # In blocks that stay in the processor's cache between checking and writing.
        for start in range(0, len(view), BLOCK_BYTES):
            block = view[start : start + BLOCK_BYTES]
            self.checksum.update(block)
            self.stream.write(block)
        self.size += len(view)


def _places(start: int, layout: Sequence[tuple[np.dtype[Any], tuple[int, ...]]]) -> list[int]:
    """Where each array's bytes begin, after a header that ends at ``start``."""
    places = []
    for dtype, shape in layout:
        place = -(-start // ALIGNMENT) * ALIGNMENT
        places.append(place)
        start = place + prod(shape) * dtype.itemsize
    return places
