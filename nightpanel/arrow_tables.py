"""Tables as Arrow columns: their digests, and parquet files that are equal if the tables are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from xxhash import xxh3_128

PICKED_BY = ("year", "product")
"""Columns by which readers pick row groups."""
REPEATED = ("city_id", "product", "flags")
"""Texts that many rows of a row group share."""


def arrow_table(table: pd.DataFrame) -> pa.Table:
    """The columns of a table, without its index.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    pyarrow.Table
        Texts, also categorical ones, as ``large_string``; missing values of any kind as null.
    """
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    fields = [
        field.with_type(pa.large_string()) if _is_text(field.type) else field
        for field in columns.schema
    ]
    return columns.cast(pa.schema(fields))


def ipc_bytes(table: pa.Table) -> NDArray[np.uint8]:
    """A table with its metadata, as Arrow's file format."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def ipc_table(data: NDArray[np.uint8]) -> pa.Table:
    """The table of `ipc_bytes`, as views on its bytes."""
    return pa.ipc.open_file(pa.py_buffer(data)).read_all()


def array_digest(array: pa.Array) -> str:
    """XXH3 of 128 bits, in hexadecimal, of type, length and values of an array of `arrow_table`.

    How the array lies in memory does not matter. It tells what this program wrote from what it
    wrote at another time; nobody who could choose values gains by two that share it.
    """
    digest = xxh3_128(f"{array.type} {len(array)} {array.null_count}".encode())
    for part in _content(array):
        digest.update(part)
    return digest.hexdigest()


def write_parquet(columns: pa.Table, path: Path, *, row_group: int | None = None) -> None:
    """Columns as a parquet file.

    Parameters
    ----------
    columns : pyarrow.Table
        Where ``row_group`` is given, in pieces of as many rows: where they end decides bytes.
    path : Path
    row_group : int, optional
        Rows that a reader can pick by year and product without reading the others.
    """
    # Dictionaries cost more than they save where values seldom repeat, and so do statistics by
    # which nobody picks row groups. Coordinates cannot be compressed.
    names = columns.column_names
    pq.write_table(
        columns,
        path,
        row_group_size=row_group,
        use_dictionary=[name for name in REPEATED if name in names],
        write_statistics=[name for name in PICKED_BY if name in names],
        compression={
            field.name: "none" if pa.types.is_large_binary(field.type) else "snappy"
            for field in columns.schema
        },
    )


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _content(array: pa.Array) -> Iterator[memoryview]:
    """What tells an array from others of its type and length."""
    if array.null_count:
        yield np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).data
    if not _is_text(array.type):
        yield array.fill_null(0).to_numpy(zero_copy_only=False).data
        return
    texts = array.fill_null("")
    _, offsets, characters = texts.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[texts.offset :][: len(texts) + 1]
    yield np.diff(places).data
    if characters is not None:
        yield memoryview(characters)[places[0] : places[-1]]
