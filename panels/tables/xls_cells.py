"""Cells of xls workbooks, the format of Excel before 2007.

xlrd reads them in Python alone: what is wrong with a file becomes an error. Of 2,500 copies of a
file with bytes changed at random, a faster reader in Rust ended the process on four.
"""

import io
import struct
from pathlib import Path

import xlrd
from xlrd.compdoc import CompDocError

from geo.errors import TableFileError
from panels.tables.cells import plain
from panels.tables.raw_cells import Merged, RawCells, numbered

_OLE = b"\xd0\xcf\x11\xe0"
_PROBED_ROWS = 50
# xlrd checks little: a wrong byte surfaces as any of these.
_UNREADABLE = (
    xlrd.XLRDError, CompDocError, LookupError, ValueError, ArithmeticError, AssertionError,
    TypeError, AttributeError, struct.error,
)  # fmt: skip
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?"} | {
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


class XlsBook:
    """An xls workbook.

    Parameters
    ----------
    file : Path

    Raises
    ------
    TableFileError
        The file is another format under this ending, has a password, or cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        data = file.read_bytes()
        _refuse_disguise(file, data[:512])
        try:
            self._book = xlrd.open_workbook(
                file_contents=data, formatting_info=True, logfile=io.StringIO()
            )
        except _UNREADABLE as error:
            raise _unreadable(file, error) from error

    def names(self) -> list[str]:
        """Its sheets, in order."""
        return list(self._book.sheet_names())

    def is_shown(self, name: str) -> bool:
        """Whether a sheet is not hidden."""
        return bool(self._book.sheet_by_name(name).visibility == 0)

    def holds_data(self, name: str) -> bool:
        """Whether one of the first fifty rows has a cell that is not blank."""
        sheet = self._book.sheet_by_name(name)
        rows = (sheet.row_values(row) for row in range(min(sheet.nrows, _PROBED_ROWS)))
        return any(str(cell).strip() for row in rows for cell in row)

    def raw(self, name: str) -> RawCells:
        """A sheet's cells."""
        place = f"{self._file} [{name}]"
        sheet = self._book.sheet_by_name(name)
        rows = ([_value(cell) for cell in sheet.row(row)] for row in range(sheet.nrows))
        return RawCells(
            numbered(enumerate(rows, start=1), place),
            place,
            merged=tuple(
                Merged(top + 1, bottom, left, right - 1)
                for top, bottom, left, right in sheet.merged_cells
            ),
            hidden_rows=frozenset(
                row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden
            ),
            hidden_columns=frozenset(
                column for column, info in sheet.colinfo_map.items() if info.hidden
            ),
            percent=self._percents(sheet),
        )

    def close(self) -> None:
        """Let the file go."""
        self._book.release_resources()

    def _percents(self, sheet: xlrd.sheet.Sheet) -> frozenset[int]:
        """Columns with a number that is shown as a percent."""
        formats, styles = self._book.format_map, self._book.xf_list
        return frozenset(
            at
            for row in range(sheet.nrows)
            for at, cell in enumerate(sheet.row(row))
            if cell.ctype == xlrd.XL_CELL_NUMBER
            and cell.xf_index is not None
            and "%" in formats[styles[cell.xf_index].format_key].format_str
        )


def _value(cell: xlrd.sheet.Cell) -> object:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return _ERRORS.get(cell.value, "#N/A")
    # The format has no whole numbers: 110000 is stored as a double.
    if cell.ctype == xlrd.XL_CELL_NUMBER and float(cell.value).is_integer():
        return int(cell.value)
    return cell.value


def _refuse_disguise(file: Path, start: bytes) -> None:
    if start.startswith(_OLE) or not start or start[:2] in {b"\x09\x00", b"\x09\x02", b"\x09\x04"}:
        return
    text = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    found, hint = "another format under this ending", "open it in Excel and save it as xlsx"
    if start.startswith(b"PK"):
        found, hint = "a newer workbook under this ending", f"rename it to {file.stem}.xlsx"
    elif text.startswith(b"<"):
        found = "a web page (html or xml) under this ending"
    elif b"\x00" not in start and (b"\t" in start or b"," in start):
        found, hint = "text with separators under this ending", f"rename it to {file.stem}.csv"
    raise TableFileError(str(file), expected="an xls workbook", found=found, hint=hint)


def _unreadable(file: Path, error: Exception) -> TableFileError:
    return TableFileError(
        str(file),
        expected="a readable xls workbook",
        found=f"{type(error).__name__}: {plain(error)}",
        hint="open it in Excel or LibreOffice and save it as xlsx",
    )
