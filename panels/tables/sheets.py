"""Cells of csv, Excel, dta and parquet files: the only place where this room opens tables."""

import csv
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from geo.audit import AuditRow
from geo.errors import TableFileError
from panels.tables.cells import is_missing, plain
from panels.tables.headers import (
    UNIT_WORDS,
    Header,
    find_header,
    folded,
    header_at,
    header_text,
    header_texts,
    is_repeated,
)
from panels.tables.raw_cells import Merged, RawCells, numbered, require_few, require_small
from panels.tables.table_files import ENDINGS, TEXTS, WORKBOOKS
from panels.tables.text_tables import open_text
from panels.tables.units import Unit, split_unit, unit_named
from panels.tables.workbooks import open_workbook

_UNREADABLE = (
    OSError, ValueError, LookupError, EOFError, ArithmeticError, NotImplementedError, TypeError,
    RuntimeError, AttributeError, BadZipFile, SyntaxError, struct.error, zlib.error,
    csv.Error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells of a file under their names, before any interpretation."""

    header: tuple[str, ...]
    """Column names with blanks normalised; of two or three header rows joined by a blank."""
    cells: pd.DataFrame
    """Columns numbered from 0; the index holds the row numbers of the file."""
    place: str
    """File and sheet."""
    audit: tuple[AuditRow, ...] = ()
    """Guesses made on opening."""
    units: tuple[Unit | None, ...] = ()
    """What the file says of each column's unit."""
    stated: Unit | None = None
    """The unit that a line above the table states for all of it."""
    labels: tuple[str, ...] = ()
    """Labels of the columns, where the format has them."""
    percent: frozenset[int] = frozenset()
    """Columns whose numbers are shown as percents: 0.35 as 35 %."""
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    """Row number and column of formulas of which the file does not hold the value."""
    merged: tuple[Merged, ...] = ()
    """Merged blocks that reach into the rows."""
    is_text: bool = False
    """Whether the format knows text alone, as csv does."""
    separator: str = ""
    """What separates the cells of a text."""


def open_raw(
    file: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> RawCells:
    """The cells of a table file, nothing of which is a header yet.

    Parameters
    ----------
    file : Path
        csv, xlsx, xls, dta or parquet.
    sheet : str, optional
        Sheet of a workbook; may be left out when a single sheet holds data.
    encoding, separator : str, optional
        Of a csv file; found and said in the audit when left out.

    Returns
    -------
    RawCells
        The names of dta and parquet columns are its first row, numbered 0.

    Raises
    ------
    TableFileError
        As `open_sheet`.
    """
    _refuse_no_table(file)
    kind = file.suffix.lower()
    try:
        if kind in TEXTS:
            return open_text(file, encoding=encoding, separator=separator)
        if kind in WORKBOOKS:
            return open_workbook(file, sheet=sheet)
        named = _open_named(file)
        rows = [list(named.header), *named.cells.to_numpy(dtype=object).tolist()]
        return RawCells(numbered(enumerate(rows), named.place), named.place)
    except _UNREADABLE as error:
        raise _unreadable(file, error) from error


def open_sheet(
    file: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    wanted: Sequence[str] = (),
    header: Sequence[int] = (),
) -> Sheet:
    """The cells of a table file under the names of its header.

    Parameters
    ----------
    file : Path
        csv, xlsx, xls, dta or parquet.
    sheet : str, optional
        Sheet of a workbook; may be left out when a single sheet holds data.
    encoding, separator : str, optional
        Of a csv file; found and said in the audit when left out.
    wanted : sequence of str
        Names by which the header is found, the keys' first; the first row when left out.
    header : sequence of int
        The header's rows as the file counts them, where it is not to be looked for.

    Returns
    -------
    Sheet

    Raises
    ------
    TableFileError
        The file is missing, unreadable, empty, too large, made to do harm or of unknown format, or
        its sheet is not named where several hold data.
    TableColumnError
        A wanted name stands over several columns that a second row tells apart.
    """
    _refuse_no_table(file)
    if file.suffix.lower() not in (*TEXTS, *WORKBOOKS):
        try:
            return _open_named(file)
        except _UNREADABLE as error:
            raise _unreadable(file, error) from error
    raw = open_raw(file, sheet=sheet, encoding=encoding, separator=separator)
    if raw.cells.empty:
        raise TableFileError(
            raw.place,
            expected="a header and rows",
            found="nothing",
            hint="check the file and sheet",
        )
    return under_header(raw, _header(raw, wanted, header))


def require_no_overflow(sheet: Sheet, rows: pd.Index) -> None:
    """Refuse rows of a csv file with more cells than the header names.

    In a workbook, cells beside the table are notes; in text they are a comma too many.

    Parameters
    ----------
    sheet : Sheet
    rows : pandas.Index
        Numbers of the rows that are data.

    Raises
    ------
    TableFileError
        Names the first such row.
    """
    width = max((at + 1 for at, name in enumerate(sheet.header) if name), default=0)
    if not sheet.is_text or width == sheet.cells.shape[1]:
        return
    beyond = (sheet.cells.loc[rows, width:] != "").to_numpy()
    if beyond.any():
        at = int(np.argmax(beyond.any(axis=1)))
        last = int(np.flatnonzero(beyond[at])[-1])
        raise TableFileError(
            sheet.place,
            expected=f"{width} cells in a row, as the header has",
            found=f"{width + last + 1} in row {rows[at]}",
            hint='write numbers without commas between thousands, or in quotes: "1,234"',
        )


def _header(raw: RawCells, wanted: Sequence[str], rows: Sequence[int]) -> Header:
    if not rows:
        return find_header(raw, wanted) if wanted else header_at(raw, 0, 1)
    first, last = rows[0], rows[-1]
    present = [at for at, number in enumerate(raw.cells.index) if first <= number <= last]
    if not present or first > last:
        raise TableFileError(
            f"{raw.place}: header",
            expected=f"rows of the table, which ends in row {raw.cells.index[-1]}",
            found=f"{first} to {last}",
            hint="count the rows as the file's program does",
        )
    return header_at(raw, present[0], len(present))


def under_header(raw: RawCells, header: Header) -> Sheet:
    """The rows of a sheet under the names of a header, without those that say it again."""
    cells = raw.cells.iloc[header.end :]
    again = _repeated(raw, header, cells)
    audit = [
        AuditRow(
            "panel",
            "repeated_header",
            raw.place,
            "the header again, left out",
            file=raw.place,
            row=number,
            old=" ".join(filter(None, map(header_text, cells.loc[number]))),
        )
        for number in again
    ]
    rows = cells.drop(index=again)
    stated, said = _stated(raw, rows, header)
    return Sheet(
        header.names,
        rows,
        raw.place,
        audit=(*raw.audit, *header.audit, *audit, *said, *_hidden_audit(raw, rows, header)),
        units=header.units,
        stated=stated,
        percent=raw.percent,
        uncomputed=raw.uncomputed,
        merged=tuple(
            block for block in raw.merged if len(rows) and block.last_row >= rows.index[0]
        ),
        is_text=raw.is_text,
        separator=raw.separator,
    )


def _stated(
    raw: RawCells, rows: pd.DataFrame, header: Header
) -> tuple[Unit | None, list[AuditRow]]:
    """The unit that a line above the table, or a column of nothing else, states for all of it."""
    found, where = header.stated, "a line above the table"
    for at, name in enumerate(header.names):
        if found is None and folded(name) in UNIT_WORDS:
            units = {plain(cell) for cell in rows[at] if not is_missing(cell)}
            if len(units) == 1:
                found, where = unit_named(units.pop()), f"the column {name!r}"
    if found is None:
        return None, []
    detail = f"{where} states the unit {found.name}"
    return found, [AuditRow("panel", "stated_unit", raw.place, detail, file=raw.place)]


def _repeated(raw: RawCells, header: Header, cells: pd.DataFrame) -> list[int]:
    """Numbers of the rows that say the header again."""
    own = raw.cells.iloc[header.first : header.end]
    named = [at for at, name in enumerate(header.names) if name]
    same = np.zeros(len(cells), dtype=int)
    for at in named:
        same += cells[at].isin(set(own[at]) - {""}).to_numpy()
    alike = cells[same > 1]
    if alike.empty:
        return []
    texts = header_texts(raw, header)
    return [int(number) for number, *row in alike.itertuples(name=None) if is_repeated(row, texts)]


def _hidden_audit(raw: RawCells, rows: pd.DataFrame, header: Header) -> list[AuditRow]:
    """Hidden cells are read as if they were shown, and said to be."""
    hidden = sorted(raw.hidden_rows & set(rows.index))
    names = [
        name or f"number {at + 1}"
        for at, name in enumerate(header.names)
        if at in raw.hidden_columns
    ]
    audit = []
    if hidden:
        detail = f"{len(hidden)} rows that the sheet hides are read, such as row {hidden[0]}"
        audit.append(
            AuditRow("panel", "hidden_rows", raw.place, detail, len(hidden), file=raw.place)
        )
    if names:
        detail = f"columns that the sheet hides: {', '.join(names[:20])}"
        audit.append(
            AuditRow("panel", "hidden_columns", raw.place, detail, len(names), file=raw.place)
        )
    return audit


def _open_named(file: Path) -> Sheet:
    require_small(file)
    return _open_dta(file) if file.suffix.lower() == ".dta" else _open_parquet(file)


def _open_dta(file: Path) -> Sheet:
    # Labels and date formats are display: the stored numbers are the codes and years.
    with cast("Any", pd.io.stata.StataReader)(
        file, convert_categoricals=False, convert_dates=False
    ) as reader:
        labels = reader.variable_labels()
        table = reader.read()
    sheet = _with_names(table, str(file))
    texts = tuple(plain(labels.get(name, "")) for name in table.columns)
    own = zip(sheet.units, (split_unit(text)[1] for text in texts), strict=True)
    return replace(
        sheet, labels=texts, units=tuple(of_name or of_label for of_name, of_label in own)
    )


def _open_parquet(file: Path) -> Sheet:
    # A few bytes of parquet can stand for any number of equal rows.
    facts = pq.read_metadata(file)
    require_few(facts.num_rows * facts.num_columns, str(file))
    table = pd.read_parquet(file)
    named = [name for name in table.index.names if name is not None]
    return _with_names(table.reset_index(named) if named else table, str(file))


def _with_names(table: pd.DataFrame, place: str) -> Sheet:
    header = tuple(plain(name) for name in table.columns)
    cells = table.set_axis(range(len(header)), axis=1)
    numbered = cells.set_axis(range(1, len(cells) + 1), axis=0)
    return Sheet(header, numbered, place, units=tuple(split_unit(name)[1] for name in header))


def _refuse_no_table(file: Path) -> None:
    if file.suffix.lower() not in ENDINGS:
        raise TableFileError(
            str(file),
            expected="a csv, xlsx, xls, dta or parquet file",
            found=f"the ending {file.suffix!r}",
            hint="save the table in one of these formats",
        )
    if not file.is_file():
        raise TableFileError(
            str(file),
            expected="a table",
            found="a folder" if file.is_dir() else "no such file",
            hint="correct the path",
        )


def _unreadable(file: Path, error: Exception) -> TableFileError:
    return TableFileError(
        str(file),
        expected=f"a readable {file.suffix[1:]} file",
        found=f"{type(error).__name__}: {plain(error)}",
        hint="open the file in its own program and save it again",
    )
