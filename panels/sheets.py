"""Cells of csv, xlsx, dta and parquet files: the only place where this room opens tables."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableFileError
from panels.cells import plain

_UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, BadZipFile, ParseError, struct.error, zlib.error,
)  # fmt: skip
_PROBED_ROWS = 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells of a file before any interpretation."""

    header: tuple[str, ...]
    """Column names with blanks normalised."""
    cells: pd.DataFrame
    """Columns numbered from 0; the index holds the row numbers of the file."""
    place: str
    """File and sheet."""
    audit: list[AuditRow] = field(default_factory=list)
    """Guesses made on opening."""


@dataclass(frozen=True, slots=True)
class _Request:
    """Which cells are wanted."""

    file: Path
    sheet: str | None
    encoding: str | None


def open_sheet(file: Path, *, sheet: str | None = None, encoding: str | None = None) -> Sheet:
    """The cells of a table file.

    Parameters
    ----------
    file : Path
        csv, xlsx, dta or parquet.
    sheet : str, optional
        Sheet of an xlsx file; may be left out when a single sheet holds data.
    encoding : str, optional
        Encoding of a csv file; UTF-8 when left out.

    Returns
    -------
    Sheet

    Raises
    ------
    TableFileError
        The file is missing, unreadable, empty or of unknown format, or its sheet is not named
        where several hold data.
    """
    spec = _Request(file, sheet, encoding)
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


def _open_csv(spec: _Request) -> Sheet:
    text, audit = _decoded(spec)
    cells = pd.read_csv(
        io.StringIO(text), header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    return _with_header(cells, str(spec.file), audit)


def _decoded(spec: _Request) -> tuple[str, list[AuditRow]]:
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


def _open_xlsx(spec: _Request) -> Sheet:
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


def _sheet_name(book: pd.ExcelFile, spec: _Request) -> str:
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


def _open_dta(spec: _Request) -> Sheet:
    # Labels and date formats are display: the stored numbers are the codes and years.
    table = pd.read_stata(spec.file, convert_categoricals=False, convert_dates=False)
    return _with_names(table, str(spec.file))


def _open_parquet(spec: _Request) -> Sheet:
    table = pd.read_parquet(spec.file)
    named = [name for name in table.index.names if name is not None]
    return _with_names(table.reset_index(named) if named else table, str(spec.file))


def _with_header(cells: pd.DataFrame, place: str, audit: list[AuditRow]) -> Sheet:
    if cells.empty:
        raise TableFileError(
            place, expected="a header and rows", found="nothing", hint="check the file and sheet"
        )
    header = tuple(plain(name) for name in cells.iloc[0])
    rows = cells.iloc[1:]
    return Sheet(header, rows.set_axis(range(2, len(rows) + 2), axis=0), place, audit)


def _with_names(table: pd.DataFrame, place: str) -> Sheet:
    header = tuple(plain(name) for name in table.columns)
    cells = table.set_axis(range(len(header)), axis=1)
    return Sheet(header, cells.set_axis(range(1, len(cells) + 1), axis=0), place)
