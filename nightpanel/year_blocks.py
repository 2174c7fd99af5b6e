"""Blocks of years: the rows of a long table for one year and product, as Arrow arrays.

The unit-year table grows by blocks: files are written block by block, and a year that is added
later leaves all earlier blocks as they were, to the byte.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.threads import in_threads, processors
from nightpanel.arrow_tables import array_digest, arrow_table


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one year and product."""

    year: int
    product: str
    rows: pa.Table
    """All columns as `nightpanel.arrow_tables.arrow_table`, in one piece each."""


def year_blocks(table: pd.DataFrame) -> tuple[Block, ...]:
    """A long table cut into blocks.

    Parameters
    ----------
    table : pandas.DataFrame
        The unit-year or city-year table; ``year`` and ``product`` without missing values. Texts may
        be categorical.

    Returns
    -------
    tuple of Block
        Ordered by year and product; in a block, rows are in the order of the table.
    """
    rows = arrow_table(table)
    runs = _runs(rows)
    if not runs.index.is_monotonic_increasing:
        moves = (runs["start"] + runs["size"] - runs["size"].cumsum()).to_numpy()
        rows = rows.take(np.repeat(moves, runs["size"]) + np.arange(rows.num_rows))
    sizes = runs.groupby(["year", "product"])["size"].sum()
    return tuple(
        Block(int(year), str(product), rows.slice(end - size, size).combine_chunks())
        for (year, product), size, end in zip(sizes.index, sizes, sizes.cumsum(), strict=True)
    )


def digests(blocks: Sequence[Block]) -> list[str]:
    """Digest of what every block holds: names, types and values.

    Parameters
    ----------
    blocks : sequence of Block
        Of one table: with the same columns.

    Returns
    -------
    list of str
        Hexadecimal, one for each block.
    """
    names = blocks[0].rows.column_names if blocks else []

    def of_column(name: str) -> list[str]:
        return _column_digests([block.rows[name].combine_chunks() for block in blocks])

    of_columns = in_threads(of_column, names, processors())
    return [
        hashlib.sha256(repr([*zip(names, parts, strict=True)]).encode()).hexdigest()
        for parts in zip(*of_columns, strict=True)
    ]


def year_columns(
    blocks: Sequence[Block], *, key: str, keys: pa.Array, values: Mapping[str, str]
) -> dict[str, pa.Array]:
    """A wide table's columns: one for each block and value.

    Parameters
    ----------
    blocks : sequence of Block
    key : str
        Column of ``blocks`` that tells the rows of a block apart.
    keys : pyarrow.Array
        The wide table's rows, as values of that column.
    values : mapping of str to str
        Prefix of a wide column to the column of ``blocks`` whose values it takes.

    Returns
    -------
    dict of str to pyarrow.Array
        ``PREFIX_YEAR``, or ``PREFIX_PRODUCT_YEAR`` where the blocks are of several products;
        ordered by prefix as given and by name; null where a block lacks a key.
    """
    several = len({block.product for block in blocks}) > 1
    names = [f"{block.product}_{block.year}" if several else str(block.year) for block in blocks]
    columns = {}
    for prefix, value in values.items():
        for name, block in sorted(zip(names, blocks, strict=True), key=lambda pair: pair[0]):
            columns[f"{prefix}_{name}"] = _looked_up(block.rows, key, keys, value)
    return columns


def _runs(rows: pa.Table) -> pd.DataFrame:
    """Runs of rows of one year and product, ordered by these: ``start`` and ``size``."""
    keys = rows.select(["year", "product"])
    before, after = keys.slice(0, keys.num_rows - 1), keys.slice(1)
    changes = pc.or_(*(pc.not_equal(before[name], after[name]) for name in keys.column_names))
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    runs: pd.DataFrame = keys.take(starts).to_pandas()
    runs = runs.assign(start=starts, size=np.diff(starts, append=keys.num_rows))
    return runs.sort_values(["year", "product"])  # by two keys, hence stable


def _column_digests(arrays: Sequence[pa.Array]) -> list[str]:
    """Digests of one column's arrays; many are equal to the one before, which is soon seen."""
    found: list[str] = []
    for number, array in enumerate(arrays):
        same = number > 0 and _bits(array).equals(_bits(arrays[number - 1]))
        found.append(found[-1] if same else array_digest(array))
    return found


def _bits(array: pa.Array) -> pa.Array:
    """Numbers as integers of their bits: zeros of both signs are equal, but are not the same."""
    return array.view(pa.int64()) if pa.types.is_float64(array.type) else array


def _looked_up(rows: pa.Table, key: str, keys: pa.Array, value: str) -> pa.Array:
    found, values = rows[key].combine_chunks(), rows[value].combine_chunks()
    if found.equals(keys):
        return values
    return values.take(pc.index_in(keys, value_set=found))
