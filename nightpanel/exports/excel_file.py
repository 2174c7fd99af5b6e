"""xlsx: the table on one sheet under one row of names, and what its columns hold on another.

Texts are written as texts, so that codes keep their zeros and nothing is a formula; where one
begins like a formula, it has the mark that Excel gives a cell whose text was typed after an
apostrophe.
"""

import errno
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from geo.audit import AuditRow
from geo.errors import OutputError
from nightpanel.exports.columns import Column
from nightpanel.exports.formulas import STARTS, begins_like_formula
from nightpanel.exports.read_again import differs
from nightpanel.exports.tables import ExportTable

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
LONGEST = 32_767
"""Characters of a cell."""
TEXT = "@"
"""Excel's format of cells that hold text whatever they look like."""
NOTES = "notes"
NOTES_COLUMNS = ("column", "label", "unit", "description")
WIDTH = 14


def write_excel(table: ExportTable, path: Path, *, file: str) -> tuple[AuditRow, ...]:
    """Write a table without its geometry.

    Parameters
    ----------
    table : ExportTable
    path : Path
    file : str
        Its final name, for the audit.

    Returns
    -------
    tuple of AuditRow
        One for each column with texts that begin like formulas.

    Raises
    ------
    OutputError
        Excel has no room for so many rows or columns, or for a value; or what was read back is not
        what was written.
    """
    rows = table.plain
    _require_room(rows, file)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name)
    with _temporary_files_in(path.parent), _closed_if_it_fails(sheet):
        _write_sheet(sheet, rows)
        _write_notes(book.create_sheet(NOTES), table.columns)
        book.save(path)
    _require_same(path, table.name, rows)
    return _audit(rows, file)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Where openpyxl puts sheets before it zips them: what a killed export leaves is cleared."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _closed_if_it_fails(sheet: Any) -> Iterator[None]:
    """Errors of lxml, by which openpyxl writes if it is there, as errors of the system.

    What is open is closed, since it would complain again, of the same, when it is collected.
    """
    try:
        yield
    except Exception as error:
        for stream in (getattr(sheet, "_rows", None), getattr(sheet._writer, "xf", None)):
            if stream is not None:
                with suppress(Exception):
                    stream.close()
        if type(error).__module__.startswith("lxml"):
            number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
            raise OSError(number, os.strerror(number)) from error
        raise


def _write_sheet(sheet: Any, rows: pa.Table) -> None:
    sheet.freeze_panes = "B2"
    for place in range(1, rows.num_columns + 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDTH
    _append_names(sheet, rows.column_names)
    cells = [
        _text_cell(sheet) if _is_text(field.type) else _number_cell(sheet) for field in rows.schema
    ]
    for values in _values(rows):
        sheet.append([cell(value) for cell, value in zip(cells, values, strict=True)])


def _write_notes(notes: Any, columns: Sequence[Column]) -> None:
    _append_names(notes, NOTES_COLUMNS)
    texts = [_text_cell(notes) for _ in NOTES_COLUMNS]
    for column in columns:
        said = (column.name, column.label, column.unit, column.text)
        notes.append([cell(text) for cell, text in zip(texts, said, strict=True)])


def _append_names(sheet: Any, names: Sequence[str]) -> None:
    cells = [_text_cell(sheet, bold=True) for _ in names]
    sheet.append([cell(name) for cell, name in zip(cells, names, strict=True)])


def _text_cell(sheet: Any, *, bold: bool = False) -> Callable[[str | None], Any]:
    """Makes the cells of a column. One object serves all rows, each of which is written at once."""
    plain, marked = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
    for cell in (plain, marked):
        cell.number_format = TEXT
        cell.font = Font(bold=bold)
    marked.quotePrefix = True

    def cell_of(text: str | None) -> Any:
        if text is None:
            return None
        cell = marked if text[:1] and text[0] in STARTS else plain
        cell.value = text
        cell.data_type = "s"  # not what openpyxl makes of "=1" or "#N/A"
        return cell

    return cell_of


def _number_cell(sheet: Any) -> Callable[[Any], Any]:
    """As `_text_cell`, for numbers, yes and no."""
    cell = WriteOnlyCell(sheet)

    def cell_of(value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        # openpyxl writes numbers with 16 digits, which is one less than tells doubles apart.
        cell.value = repr(value)
        cell.data_type = "n"
        return cell

    return cell_of


def _values(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=4096):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _require_room(rows: pa.Table, file: str) -> None:
    if rows.num_rows >= MOST_ROWS or rows.num_columns > MOST_COLUMNS:
        raise OutputError(
            file,
            expected=f"at most {MOST_ROWS - 1:,} rows and {MOST_COLUMNS:,} columns, as xlsx has",
            found=f"{rows.num_rows:,} rows and {rows.num_columns:,} columns",
            hint="export csv, dta or gpkg, or the townships with a column a year",
        )
    for name in rows.column_names:
        _require_cells(rows[name], f"{file}: {name}")


def _require_cells(values: pa.ChunkedArray, where: str) -> None:
    kind = values.type
    if _is_text(kind):
        bad = next((text for text in values.unique().to_pylist() if not _fits(text)), None)
    elif pa.types.is_floating(kind):
        bad = "infinity" if pc.any(pc.is_inf(values)).as_py() else None
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        bad = None
    else:
        bad = str(kind)
    if bad is not None:
        raise OutputError(
            where,
            expected=f"numbers, and texts of at most {LONGEST} characters, none of control",
            found=repr(bad[:40]),
            hint="export csv",
        )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _fits(text: str | None) -> bool:
    return text is None or (len(text) <= LONGEST and not ILLEGAL_CHARACTERS_RE.search(text))


def _require_same(path: Path, name: str, written: pa.Table) -> None:
    book = load_workbook(path, read_only=True)
    try:
        found = book[name].iter_rows(values_only=True)
        expected = chain([tuple(written.column_names)], _values(written))
        for row, (one, other) in enumerate(zip_longest(found, expected, fillvalue=()), start=1):
            # Empty cells at the end of a row, and empty rows at the end of a sheet, are not found.
            whole = (*one, *(None for _ in other[len(one) :]))
            if len(whole) != len(other) or not all(map(_same, whole, other)):
                raise differs(path, f"row {row} as it was written", str(one))
    finally:
        book.close()


def _same(one: Any, other: Any) -> bool:
    """An empty text and a missing value are both an empty cell."""
    if other in {None, ""} or (isinstance(other, float) and math.isnan(other)):
        return one is None
    return bool(one == other)


def _audit(rows: pa.Table, file: str) -> tuple[AuditRow, ...]:
    found = []
    for field in rows.schema:
        if _is_text(field.type):
            count = pc.sum(begins_like_formula(rows[field.name])).as_py() or 0
            detail = "begin like formulas: marked as text, as by Excel's apostrophe"
            if count:
                found.append(AuditRow("export", "marked_text", field.name, detail, count, file))
    return tuple(found)
