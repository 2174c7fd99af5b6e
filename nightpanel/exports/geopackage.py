"""GeoPackages, written and read back through OGR as Arrow tables: equal tables make equal bytes.

A table that grows by blocks is written before anything else, each block in a transaction of its
own. So a file of its first blocks is a beginning of every longer one. Kept in the store, it saves
writing them again, and the bytes are those of a file written from nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from geo.errors import OutputError
from geo.threads import in_threads, processors
from nightpanel.arrow_tables import arrow_table
from nightpanel.shapes import CRS, GEOMETRY, unit_shapes
from nightpanel.store import Store
from nightpanel.year_blocks import Block, digests
from tiles.made_with import made_with

# GeoPackage stores the time of writing; a fixed one keeps equal runs equal to the byte.
FIXED_TIME = "2000-01-01T00:00:00.000Z"
LARGE = 2000
"""So many shapes make a large file, which takes a third less space and time in large pages."""
SMALL_PAGE, LARGE_PAGE = 4096, 65536
CACHE_MB = 64
KIND = "blocks"
"""Kind of the store's entries: files of the first blocks of a table."""
SPARE = 4
"""So many blocks beyond what the store has make another file for it. Writing fewer again takes
less time, and a copy of a whole table less room."""
PART_BYTES = 1 << 23
"""How much of a layer is written or read back at a time."""
# WKB, little endian: the start of a polygon, and what makes a polygon a multipolygon of one.
POLYGON = b"\x01\x03\x00\x00\x00"
MULTI_OF_ONE = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of a layer that are read back."""

    layer: str
    first: int
    """The place of the first of them in the layer, from 0."""
    rows: pa.Table


def write_layers(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write layers (with geometry) and tables (without) to a new GeoPackage and check them.

    Parameters
    ----------
    tables : mapping of str to DataFrame or GeoDataFrame
        Layer name to table; polygons become multipolygons.
    path : Path

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    layers = {
        name: unit_shapes(table) if isinstance(table, gpd.GeoDataFrame) else arrow_table(table)
        for name, table in tables.items()
    }
    add_layers(layers, path, page=page_bytes(max(len(table) for table in tables.values())))
    check_layers(layers, path)


def page_bytes(n_shapes: int) -> int:
    """Bytes of a page of a GeoPackage whose largest layer has so many shapes."""
    return LARGE_PAGE if n_shapes >= LARGE else SMALL_PAGE


def as_layer(table: pa.Table) -> pa.Table:
    """Rows as the file holds them: a layer has one type, so a polygon is a multipolygon of one."""
    if not is_spatial(table):
        return table
    wkb = table[GEOMETRY]
    start, nothing = pa.scalar(MULTI_OF_ONE, wkb.type), pa.scalar(b"", wkb.type)
    single = pc.equal(pc.binary_slice(wkb, 0, len(POLYGON)), pa.scalar(POLYGON, wkb.type))
    multi = pc.binary_join_element_wise(pc.if_else(single, start, nothing), wkb, nothing)
    return table.set_column(table.schema.get_field_index(GEOMETRY), GEOMETRY, multi)


def add_layers(layers: Mapping[str, pa.Table], path: Path, *, page: int) -> None:
    """Write layers to a GeoPackage, which is made if it is not there.

    Parameters
    ----------
    layers : mapping of str to pyarrow.Table
        Layer name to shapes with further columns, or to columns without geometry. Polygons become
        multipolygons.
    path : Path
    page : int
        Bytes of a page of a new file.
    """
    with _writing(page):
        for name, table in layers.items():
            _append(table, path, name)


def check_layers(layers: Mapping[str, pa.Table], path: Path) -> None:
    """Read layers back that `add_layers` wrote.

    Parameters
    ----------
    layers : mapping of str to pyarrow.Table
    path : Path

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    _check(path, [part for name, table in layers.items() for part in _parts(name, table)])


def write_blocks(
    blocks: Sequence[Block], path: Path, *, layer: str, page: int, store: Store | None = None
) -> tuple[str, bytes] | None:
    """Write a new GeoPackage with one table that grows by blocks, and check it.

    The blocks that the store has in a file are not written, hence not checked, a second time.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    path : Path
    layer : str
        Name of the table.
    page : int
        Bytes of a page.
    store : Store, optional
        Where files with first blocks are.

    Returns
    -------
    (str, bytes) or None
        What should be put into the store under `KIND`: key and content. None if there is no
        store, or if it has all blocks or nearly all.

    Raises
    ------
    OutputError
        What was read back is not what was written.
    CacheError
        As the store raises it.
    """
    keys = [] if store is None else _keys(blocks, layer=layer, page=page)
    there = 0 if store is None else _begin(keys, path, store)
    with _writing(page):
        for block in blocks[there:]:
            _append(block.rows, path, layer)
    starts = accumulate((block.rows.num_rows for block in blocks), initial=0)
    parts = [_Part(layer, start, block.rows) for start, block in zip(starts, blocks, strict=False)]
    _check(path, parts[there:])
    if store is None or (there > 0 and len(blocks) - there < SPARE):
        return None
    return keys[-1], path.read_bytes()


def _begin(keys: Sequence[str], path: Path, store: Store) -> int:
    """Put the longest beginning in place that the store has; how many blocks that are."""
    for number in range(len(keys), 0, -1):
        content = store.get_bytes(KIND, keys[number - 1])
        if content is not None:
            path.write_bytes(content)
            return number
    return 0


def _keys(blocks: Sequence[Block], *, layer: str, page: int) -> list[str]:
    """For every number of first blocks from 1 on: digest of all that decides their file's bytes."""
    made_by = (made_with(__name__), page, layer, pyogrio.__gdal_version__)
    keys = accumulate(digests(blocks), _chained, initial=repr(made_by))
    return list(keys)[1:]


def _chained(key: str, digest: str) -> str:
    return hashlib.sha256(f"{key} {digest}".encode()).hexdigest()


@contextmanager
def _writing(page: int) -> Iterator[None]:
    """OGR's settings for files that nobody else opens and that are of no use if unfinished.

    So there is no journal and no waiting for the disk at the end of each transaction.
    """
    options = {
        "OGR_CURRENT_DATE": FIXED_TIME,
        "OGR_SQLITE_CACHE": str(CACHE_MB),
        "OGR_SQLITE_PRAGMA": f"page_size={page},journal_mode=OFF",
        "OGR_SQLITE_SYNCHRONOUS": "OFF",
    }
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def _append(table: pa.Table, path: Path, layer: str) -> None:
    """Write rows to the end of a layer, which is made if it is not there."""
    spatial = is_spatial(table)
    # Not all at once: shapes are large, and the driver takes them in batches anyway.
    batches = (
        batch
        for part in _parts(layer, table)
        for batch in as_layer(part.rows).combine_chunks().to_batches()
    )
    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(table.schema, batches),
        path,
        layer=layer,
        driver="GPKG",
        append=path.exists(),
        geometry_name=GEOMETRY if spatial else None,
        geometry_type="MultiPolygon" if spatial else None,
        crs=table.schema.metadata[CRS].decode() if spatial else None,
    )


def is_spatial(table: pa.Table) -> bool:
    """Whether a table has geometry."""
    return GEOMETRY in table.column_names


def _parts(layer: str, table: pa.Table) -> list[_Part]:
    rows = max(1, PART_BYTES * table.num_rows // max(1, table.nbytes))
    firsts = range(0, max(1, table.num_rows), rows)
    return [_Part(layer, first, table.slice(first, rows)) for first in firsts]


def _check(path: Path, parts: Sequence[_Part]) -> None:
    """Refuse a file whose layers do not hold these rows in these places and nothing after them."""
    ends = {part.layer: part.first + part.rows.num_rows for part in parts}
    for layer, end in ends.items():
        found = pyogrio.read_info(path, layer=layer)["features"]
        if found != end:
            raise _differs(path, layer, f"the {end} rows that were written", f"{found} rows")
    same = in_threads(lambda part: _reads_back(path, part), parts, processors())
    for part, whole in zip(parts, same, strict=True):
        if not whole:
            expected = f"the {part.rows.num_rows} rows from {part.first + 1} on that were written"
            raise _differs(path, part.layer, expected, "rows that differ from them")


def _reads_back(path: Path, part: _Part) -> bool:
    """Whether a part is in the file: its columns, their values, and its geometry to the byte."""
    end = part.first + part.rows.num_rows
    where = f"fid > {part.first} AND fid <= {end}"
    info, back = pyogrio.read_arrow(path, layer=part.layer, where=where)
    names = [GEOMETRY if name == info["geometry_name"] else name for name in back.column_names]
    if sorted(names) != sorted(part.rows.column_names):
        return False
    back = back.rename_columns(names).select(part.rows.column_names)
    rows = as_layer(part.rows)
    try:
        return all(
            read.cast(written.type).equals(written)
            for read, written in zip(back.columns, rows.columns, strict=True)
        )
    except pa.ArrowInvalid:
        return False


def _differs(path: Path, layer: str, expected: str, found: str) -> OutputError:
    return OutputError(
        f"{path}: {layer}",
        expected=expected,
        found=found,
        hint="check the disk; nothing was moved into the output folder",
    )
