"""Sheets of Excel workbooks, old and new: which one is meant, and its cells."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from geo.audit import AuditRow
from geo.errors import TableFileError
from panels.tables.raw_cells import RawCells, require_small


class Book(Protocol):
    """What a workbook of either kind can say."""

    def names(self) -> list[str]:
        """Its sheets, in order."""

    def is_shown(self, name: str) -> bool:
        """Whether a sheet is not hidden."""

    def holds_data(self, name: str) -> bool:
        """Whether a sheet has a cell that is not blank near its top."""

    def raw(self, name: str) -> RawCells:
        """A sheet's cells."""

    def close(self) -> None:
        """Close the file."""


def open_workbook(file: Path, *, sheet: str | None = None) -> RawCells:
    """The cells of a sheet.

    Parameters
    ----------
    file : Path
        xlsx, xlsm or xls.
    sheet : str, optional
        May be left out when a single sheet that is not hidden holds data.

    Returns
    -------
    RawCells

    Raises
    ------
    TableFileError
        The file is no workbook or one made to do harm, or the sheet is not there or not named.
    """
    book = _book(file)
    try:
        name, audit = _sheet(book, file, sheet)
        raw = book.raw(name)
    finally:
        book.close()
    return replace(raw, audit=(*audit, *raw.audit))


def sheet_names(file: Path) -> list[str]:
    """The sheets of a workbook that hold data, in order.

    Raises
    ------
    TableFileError
        As `open_workbook`.
    """
    book = _book(file)
    try:
        return [name for name in book.names() if book.holds_data(name)]
    finally:
        book.close()


def _book(file: Path) -> Book:
    # Their libraries are loaded with the first workbook.
    require_small(file)
    if file.suffix.lower() == ".xls":
        from panels.tables.xls_cells import XlsBook

        return XlsBook(file)
    from panels.tables.xlsx_cells import XlsxBook

    return XlsxBook(file)


def _sheet(book: Book, file: Path, sheet: str | None) -> tuple[str, list[AuditRow]]:
    names = book.names()
    if sheet is not None:
        if sheet in names:
            return sheet, []
        raise TableFileError(
            f"{file}: sheet {sheet!r}",
            expected="a sheet of this name",
            found=f"the sheets {', '.join(names)}",
            hint="correct the sheet's name",
        )
    filled = [name for name in names if book.holds_data(name)]
    shown = [name for name in filled if book.is_shown(name)]
    if len(shown) > 1:
        raise TableFileError(
            f"{file}: sheet",
            expected="one sheet with data, or the sheet's name",
            found=f"data on the sheets {', '.join(shown)}",
            hint="name the sheet",
        )
    if not names:
        raise TableFileError(
            str(file), expected="a sheet", found="none", hint="save the table in a sheet of cells"
        )
    if not shown:
        return (filled or names)[0], []
    hidden = [name for name in filled if name not in shown]
    detail = f"sheet {shown[0]} taken; the hidden sheets {', '.join(hidden)} hold data too"
    rows = [AuditRow("panel", "hidden_sheets", str(file), detail, len(hidden), file=str(file))]
    return shown[0], rows if hidden else []
