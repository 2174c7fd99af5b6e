"""Yearbook tables from csv, xlsx, dta and parquet: the only place where this room opens files."""

import io
import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError, TableFileError
from panels.cells import number_column, plain
from panels.codes import apply_crosswalk, city_code, code_text, crosswalk_named
from panels.rows import (
    code_audit,
    data_rows,
    number_audit,
    unique_rows,
    valueless_audit,
    years,
)
from panels.schema import KEY, missing_column

_UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, BadZipFile, ParseError, struct.error, zlib.error,
)  # fmt: skip
_PROBED_ROWS = 50


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Where a table is and which of its columns are wanted."""

    file: Path
    """The csv, xlsx, dta or parquet file."""
    city: str
    """Its column of city codes."""
    year: str
    """Its column of years."""
    columns: Mapping[str, str]
    """Name in the panel to name in the file."""
    sheet: str | None = None
    """Sheet of an xlsx file; may be left out when a single sheet holds data."""
    city_digits: int = 4
    """First digits of a code that name the city."""
    crosswalk: str | None = None
    """Name of a shipped crosswalk applied to the cut codes."""
    encoding: str | None = None
    """Encoding of a csv file; UTF-8 when left out."""
    label: str = ""
    """The table's name in the study; the file's stem when empty."""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A city x year table as read."""

    table: pd.DataFrame
    """Columns ``city_id`` (str), ``year`` (int64), then the mapped columns (float64) in the order
    of the mapping; one row per city and year, in file order."""
    audit: tuple[AuditRow, ...]
    """What was dropped, merged or interpreted."""
    label: str = ""
    """The table's name."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Cells of a file before any interpretation."""

    header: tuple[str, ...]
    """Column names with blanks normalised."""
    cells: pd.DataFrame
    """Columns numbered from 0; the index holds the row numbers of the file."""
    place: str
    """File and sheet."""
    audit: list[AuditRow] = field(default_factory=list)
    """Guesses made on opening."""


def read_table(spec: TableSpec) -> ReadTable:
    """Read a yearbook table.

    Parameters
    ----------
    spec : TableSpec

    Returns
    -------
    ReadTable

    Raises
    ------
    TableFileError
        The file is missing, unreadable, without data or of unknown format, or its sheet is not
        named where several hold data.
    TableColumnError
        A column is missing or repeated, a year or a value is no number.
    CodeError
        A city code is no code of ``city_digits`` or more digits, or the crosswalk is unknown.
    DuplicateCityYearError
        A city has a year twice. Rows of different codes that fall together by cutting or by the
        crosswalk are merged only if all their values are equal.
    """
    crosswalk = crosswalk_named(spec.crosswalk) if spec.crosswalk else {}
    sheet = _open(spec)
    place = sheet.place
    cells, audit = data_rows(_picked(sheet, spec), place=place)
    if cells.empty:
        raise TableFileError(
            place,
            expected="rows with a city code and a year",
            found="none",
            hint="check the names of the city and year columns, and the sheet",
        )
    source = city_code(
        cells["city_id"], digits=spec.city_digits, where=f"{place}: column {spec.city!r}"
    )
    city_id = apply_crosswalk(source, crosswalk)
    audit += code_audit(cells["city_id"], source, city_id, place=place)
    year = years(cells["year"], where=f"{place}: column {spec.year!r}")
    table = pd.DataFrame({"city_id": city_id, "year": year})
    for name, column in spec.columns.items():
        where = f"{place}: column {column!r}"
        read = number_column(cells[name], where=where)
        table[name] = read.numbers
        audit += number_audit(read, where=where)
    audit += valueless_audit(table, place=place)
    rows, merged = unique_rows(table, cells["city_id"].map(code_text), place=place)
    return ReadTable(
        rows.reset_index(drop=True),
        (*sheet.audit, *audit, *merged),
        spec.label or spec.file.stem,
    )


def _open(spec: TableSpec) -> _Sheet:
    readers = {
        ".csv": _open_csv, ".xlsx": _open_xlsx, ".xlsm": _open_xlsx,
        ".dta": _open_dta, ".parquet": _open_parquet,
    }  # fmt: skip
    reader = readers.get(spec.file.suffix.lower())
    if reader is None:
        raise TableFileError(
            str(spec.file),
            expected="a csv, xlsx, dta or parquet file",
            found=f"the ending {spec.file.suffix!r}",
            hint="save the table in one of these formats",
        )
    if not spec.file.is_file():
        raise TableFileError(
            str(spec.file),
            expected="a table",
            found="a folder" if spec.file.is_dir() else "no such file",
            hint="correct the path",
        )
    try:
        return reader(spec)
    except _UNREADABLE as error:
        raise TableFileError(
            str(spec.file),
            expected=f"a readable {spec.file.suffix[1:]} file",
            found=f"{type(error).__name__}: {plain(error)}",
            hint="open the file in its own program and save it again",
        ) from error


def _open_csv(spec: TableSpec) -> _Sheet:
    text, audit = _decoded(spec)
    cells = pd.read_csv(
        io.StringIO(text), header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    return _with_header(cells, str(spec.file), audit)


def _decoded(spec: TableSpec) -> tuple[str, list[AuditRow]]:
    """Text of a csv file: as declared or UTF-8, else GB 18030 with an audit row."""
    data = spec.file.read_bytes()
    named = spec.encoding or "utf-8"
    for encoding in (named, "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise TableFileError(
                f"{spec.file}: encoding",
                expected="the name of an encoding",
                found=repr(named),
                hint="try utf-8 or gb18030",
            ) from error
        if encoding == named:
            return text, []
        detail = f"not {named}; decoded as gb18030: check the names"
        return text, [AuditRow("panel", "guessed_encoding", str(spec.file), detail)]
    raise TableFileError(
        str(spec.file),
        expected=f"text in {named}",
        found="bytes that are neither that nor gb18030",
        hint="declare the file's encoding",
    )


def _open_xlsx(spec: TableSpec) -> _Sheet:
    with warnings.catch_warnings():
        # openpyxl warns of lost styles and extensions of a workbook; neither holds values.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        with pd.ExcelFile(spec.file, engine="openpyxl") as book:
            name = _sheet_name(book, spec)
            cells = _sheet_cells(book, name)
    return _with_header(cells, f"{spec.file} [{name}]", [])


def _sheet_cells(book: pd.ExcelFile, name: str, rows: int | None = None) -> pd.DataFrame:
    return pd.read_excel(
        book, sheet_name=name, header=None, dtype=object, na_filter=False, nrows=rows
    )


def _sheet_name(book: pd.ExcelFile, spec: TableSpec) -> str:
    names = [str(name) for name in book.sheet_names]
    if spec.sheet is not None:
        if spec.sheet in names:
            return spec.sheet
        raise TableFileError(
            f"{spec.file}: sheet {spec.sheet!r}",
            expected="a sheet of this name",
            found=f"the sheets {', '.join(names)}",
            hint="correct the sheet's name",
        )
    filled = [name for name in names if not _sheet_cells(book, name, _PROBED_ROWS).empty]
    if len(filled) > 1:
        raise TableFileError(
            f"{spec.file}: sheet",
            expected="one sheet with data, or the sheet's name",
            found=f"data on the sheets {', '.join(filled)}",
            hint="name the sheet",
        )
    return filled[0] if filled else names[0]


def _open_dta(spec: TableSpec) -> _Sheet:
    # Labels and date formats are display: the stored numbers are the codes and years.
    table = pd.read_stata(spec.file, convert_categoricals=False, convert_dates=False)
    return _with_names(table, str(spec.file))


def _open_parquet(spec: TableSpec) -> _Sheet:
    table = pd.read_parquet(spec.file)
    named = [name for name in table.index.names if name is not None]
    return _with_names(table.reset_index(named) if named else table, str(spec.file))


def _with_header(cells: pd.DataFrame, place: str, audit: list[AuditRow]) -> _Sheet:
    if cells.empty:
        raise TableFileError(
            place, expected="a header and rows", found="nothing", hint="check the file and sheet"
        )
    header = tuple(plain(name) for name in cells.iloc[0])
    rows = cells.iloc[1:]
    return _Sheet(header, rows.set_axis(range(2, len(rows) + 2), axis=0), place, audit)


def _with_names(table: pd.DataFrame, place: str) -> _Sheet:
    header = tuple(plain(name) for name in table.columns)
    cells = table.set_axis(range(len(header)), axis=1)
    return _Sheet(header, cells.set_axis(range(1, len(cells) + 1), axis=0), place)


def _picked(sheet: _Sheet, spec: TableSpec) -> pd.DataFrame:
    """The wanted columns under their new names."""
    reserved = sorted(set(KEY) & set(spec.columns))
    if reserved:
        raise TableColumnError(
            f"{sheet.place}: columns",
            expected="new names other than those of the key",
            found=repr(reserved[0]),
            hint="choose another name for the column",
        )
    wanted = {"city_id": spec.city, "year": spec.year, **spec.columns}
    positions = {name: _position(sheet, column) for name, column in wanted.items()}
    return pd.DataFrame({name: sheet.cells[at] for name, at in positions.items()})


def _position(sheet: _Sheet, column: str) -> int:
    found = [at for at, name in enumerate(sheet.header) if name == plain(column)]
    if not found:
        present = [name for name in sheet.header if name]
        raise missing_column(column, present, where=sheet.place)
    if len(found) > 1:
        raise TableColumnError(
            f"{sheet.place}: column {column!r}",
            expected="one column of this name",
            found=f"{len(found)}",
            hint="rename the others",
        )
    return found[0]
