"""Tables of units out of Arrow: plain columns and plain polygons, quickly or not at all."""

import numpy as np
import pandas as pd
import pyarrow as pa

from geo._wkb import Piece, polygons_of_wkb
from geo.polygons import Polygons

GEOMETRIES_PER_PIECE = 1_000


def table_of_arrow(table: pa.Table, *, geometry: str) -> tuple[pd.DataFrame, Polygons] | None:
    """A table and its polygons, exactly as the readers that know every kind of column make them.

    Parameters
    ----------
    table : pyarrow.Table
        Its geometry is well-known binary.
    geometry : str
        The column of geometry.

    Returns
    -------
    (DataFrame, Polygons) or None
        The other columns and the polygons; None unless all columns are text, whole numbers without
        gaps or floats of 64 bits, and all geometries are there and plain polygons.
    """
    others = table.drop_columns([geometry])
    if not all(_is_plain(column) for column in others.columns):
        return None
    # Text is taken as UTF-8 without a look; this looks.
    others.validate(full=True)
    pieces = _pieces(table.column(geometry))
    polygons = None if pieces is None else polygons_of_wkb(pieces)
    return None if polygons is None else (others.to_pandas(), polygons)


def _is_plain(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_integer(kind):
        return bool(column.null_count == 0)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_float64(kind)
    )


def _pieces(column: pa.ChunkedArray) -> list[Piece] | None:
    """The bytes of a column of binary values and where they start; None if any is missing."""
    widths = {pa.binary(): np.int32, pa.large_binary(): np.int64}
    if column.type not in widths or column.null_count > 0:
        return None
    pieces = []
    for chunk in column.chunks:
        _, offsets, data = chunk.buffers()
        numbers = np.frombuffer(offsets, dtype=widths[column.type])
        starts = numbers[chunk.offset : chunk.offset + len(chunk) + 1].astype(np.int64)
        values = np.frombuffer(data, dtype=np.uint8)
        pieces += [
            (values, starts[first : first + GEOMETRIES_PER_PIECE + 1])
            for first in range(0, len(chunk), GEOMETRIES_PER_PIECE)
        ]
    return pieces
