"""The cells of a sheet as its own program shows them, and how many of them are too many."""

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
class Grid:
    """Cells before any interpretation: no row is a header yet."""

    cells: pd.DataFrame
    """Any values, blank ones as empty text; columns numbered from 0; the index holds the row
    numbers of the file. Blank rows at the end are cut off."""
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
    is_text: bool = False
    """Whether the format knows text alone, as csv does."""
    audit: tuple[AuditRow, ...] = field(default=())
    """Guesses made on opening."""


def grid_cells(rows: list[list[object]], numbers: list[int] | None = None) -> pd.DataFrame:
    """Rows of different lengths as a table, without the blank ones at the end.

    Parameters
    ----------
    rows : list of list
        Blank cells as None or empty text.
    numbers : list of int, optional
        Row numbers of the file; 1, 2, ... when left out.

    Returns
    -------
    pandas.DataFrame
        Object columns from 0, blank cells as empty text.
    """
    counted = list(range(1, len(rows) + 1)) if numbers is None else list(numbers)
    whole = [["" if cell is None else cell for cell in row] for row in rows]
    while whole and all(cell == "" for cell in whole[-1]):
        whole.pop()
        counted.pop()
    width = max(map(len, whole), default=0)
    padded = [row + [""] * (width - len(row)) for row in whole]
    return pd.DataFrame(padded, index=counted, columns=range(width), dtype=object)


class CellBudget:
    """Counts cells while a table is read, so that reading ends before memory does.

    Parameters
    ----------
    place : str
        File and sheet, for the error.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._rows = 0
        self._width = 0

    def take(self, width: int) -> None:
        """Count a row.

        Raises
        ------
        TableFileError
            Rows times the widest row are more than `MAX_CELLS`.
        """
        self._rows += 1
        self._width = max(self._width, width)
        require_few(self._rows * self._width, self._place)


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
