"""What was read back from an exported file against what was written."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from geo.errors import OutputError


def require_same(path: Path, back: pa.Table, written: pa.Table) -> None:
    """Refuse a file that does not hold the columns that were written, value by value.

    Parameters
    ----------
    path : Path
    back : pyarrow.Table
        As its reader gives it; types may be others that hold the same values.
    written : pyarrow.Table

    Raises
    ------
    OutputError
        Names, number of rows, or a value differs.
    """
    _require(path, "columns", back.column_names, written.column_names)
    _require(path, "rows", back.num_rows, written.num_rows)
    for name in written.column_names:
        if not _same(back[name], written[name]):
            raise differs(path, f"column {name!r} as it was written", "other values")


def _require(path: Path, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise differs(path, f"the {what} that were written: {expected}", str(found))


def _same(back: pa.ChunkedArray, written: pa.ChunkedArray) -> bool:
    try:
        return bool(back.cast(written.type).combine_chunks().equals(written.combine_chunks()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False


def differs(path: Path, expected: str, found: str) -> OutputError:
    """The error of a file that holds something else."""
    return OutputError(
        str(path.name),
        expected=expected,
        found=found[:200],
        hint="check the disk and the table; no file was put into place",
    )


def in_order(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """A table ordered by columns that tell its rows apart."""
    return table.sort_by([(key, "ascending") for key in keys])
