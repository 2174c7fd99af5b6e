"""The cells of a sheet as its own program shows them, and how many of them are too many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableFileError

MAX_CELLS = 20_000_000
"""Cells of a table, blank ones among others counted: 340 cities, 30 years and 2,000 columns."""
MAX_ROWS = 5_000_000
"""Lines of a table as text: 40,000 townships in 125 years."""
MAX_COLUMNS = 1 << 14
"""Columns of a table, as many as a sheet can have."""
MAX_BYTES = 1 << 28
"""Bytes of a table's file."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A block of cells that a sheet shows as one."""

    first_row: int
    """Rows as the sheet counts them."""
    last_row: int
    first_column: int
    """Columns from 0."""
    last_column: int


@dataclass(frozen=True, slots=True)
class RawCells:
    """Cells before any interpretation: no row is a header yet."""

    cells: pd.DataFrame
    """Any values, blank ones as empty text; columns numbered from 0; the index holds the row
    numbers of the file. Rows without any content are not among them."""
    place: str
    """File and sheet."""
    merged: tuple[Merged, ...] = ()
    """Blocks of merged cells, where the format says so."""
    hidden_rows: frozenset[int] = frozenset()
    """Row numbers that the sheet hides."""
    hidden_columns: frozenset[int] = frozenset()
    """Columns, from 0, that the sheet hides."""
    percent: frozenset[int] = frozenset()
    """Columns, from 0, whose numbers are shown as percents: 0.35 as 35 %."""
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    """Row number and column of formulas of which the file does not hold the value."""
    is_text: bool = False
    """Whether the format knows text alone, as csv does."""
    separator: str = ""
    """What separates the cells of a text."""
    audit: tuple[AuditRow, ...] = field(default=())
    """Guesses made on opening."""


def numbered(rows: Iterable[tuple[int, Sequence[object]]], place: str) -> pd.DataFrame:
    """Numbered rows of different lengths as a table, without the blank ones.

    Parameters
    ----------
    rows : iterable of (int, sequence)
        Row number of the file and cells, blank ones as None or empty text.
    place : str
        File and sheet, for the error.

    Returns
    -------
    pandas.DataFrame
        Object columns from 0, blank cells as empty text; the index holds the row numbers.

    Raises
    ------
    TableFileError
        Rows times the widest row are more than `MAX_CELLS`.
    """
    numbers: list[int] = []
    kept: list[list[object]] = []
    width = 0
    for number, row in rows:
        cells = ["" if cell is None else cell for cell in row]
        while cells and (cells[-1] == "" or (isinstance(cells[-1], str) and not cells[-1].strip())):
            cells.pop()
        if cells:
            numbers.append(number)
            kept.append(cells)
            width = max(width, len(cells))
            require_few(len(kept) * width, place)
    padded = [row + [""] * (width - len(row)) for row in kept]
    return pd.DataFrame(padded, index=numbers, columns=range(width), dtype=object)


def require_few(cells: int, place: str) -> None:
    """Refuse a table of more than `MAX_CELLS` cells.

    Raises
    ------
    TableFileError
    """
    if cells > MAX_CELLS:
        raise TableFileError(
            place,
            expected=f"a table of at most {MAX_CELLS:,} cells",
            found=f"{cells:,} or more",
            hint="delete what is far outside the table, or cut it into several files",
        )


def require_small(file: Path) -> None:
    """Refuse a file of more than `MAX_BYTES`.

    Raises
    ------
    TableFileError
    """
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise TableFileError(
            str(file),
            expected=f"a table of at most {MAX_BYTES >> 20} MB",
            found=f"{size >> 20} MB",
            hint="cut it into several files, or store it as parquet",
        )
