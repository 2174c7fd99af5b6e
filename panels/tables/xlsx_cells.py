"""Cells of xlsx workbooks, streamed, with what their sheets show as one block or hide.

openpyxl streams the values row by row. Which cells are merged or hidden is no part of what it
streams, and to know it otherwise it makes an object of every cell: `panels.tables.xlsx_marks` reads
that.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.chartsheet import Chartsheet

from panels.tables.raw_cells import RawCells, numbered
from panels.tables.xlsx_marks import sheet_marks
from panels.tables.zip_limits import require_workbook

_PROBED_ROWS = 50


class XlsxBook:
    """An xlsx or xlsm workbook.

    Parameters
    ----------
    file : Path

    Raises
    ------
    TableFileError
        As `panels.tables.zip_limits.require_workbook`.
    """

    def __init__(self, file: Path) -> None:
        require_workbook(file)
        self._file = file
        with _quiet():
            self._book = load_workbook(file, read_only=True, data_only=True, keep_links=False)

    def names(self) -> list[str]:
        """Its sheets of cells, in order."""
        return [sheet.title for sheet in self._sheets().values()]

    def is_shown(self, name: str) -> bool:
        """Whether a sheet is not hidden."""
        return bool(self._sheets()[name].sheet_state == "visible")

    def holds_data(self, name: str) -> bool:
        """Whether one of the first fifty rows has a cell that is not blank."""
        sheet_marks(self._file, name)  # which refuses sheets that are too large
        return any(
            cell is not None and str(cell).strip()
            for row in islice(self._rows(name), _PROBED_ROWS)
            for cell in row
        )

    def raw(self, name: str) -> RawCells:
        """A sheet's cells."""
        place = f"{self._file} [{name}]"
        marks = sheet_marks(self._file, name)
        percent: set[int] = set()
        return RawCells(
            numbered(enumerate(self._values(name, percent), start=1), place),
            place,
            merged=marks.merged,
            hidden_rows=marks.hidden_rows,
            hidden_columns=marks.hidden_columns,
            percent=frozenset(percent),
            uncomputed=marks.uncomputed,
        )

    def close(self) -> None:
        """Close the file."""
        self._book.close()

    def _sheets(self) -> dict[str, Any]:
        sheets = (self._book[name] for name in self._book.sheetnames)
        return {sheet.title: sheet for sheet in sheets if not isinstance(sheet, Chartsheet)}

    def _rows(self, name: str, *, values_only: bool = True) -> Iterator[tuple[Any, ...]]:
        sheet = self._sheets()[name]
        # The size that a file states is often wrong: some programs write the whole sheet's.
        sheet.reset_dimensions()
        with _quiet():
            yield from sheet.iter_rows(values_only=values_only)

    def _values(self, name: str, percent: set[int]) -> Iterator[list[object]]:
        """Values of the rows; columns with a number that is shown as a percent go into a set."""
        for row in self._rows(name, values_only=False):
            values = [cell.value for cell in row]
            percent.update(
                at
                for at, value in enumerate(values)
                if at not in percent
                and isinstance(value, float | int)
                and "%" in (row[at].number_format or "")
            )
            yield values


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what openpyxl warns of: lost styles and extensions; neither holds values."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        yield
