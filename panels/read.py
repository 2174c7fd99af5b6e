"""Yearbook tables: cells of a file become a city x year table by a mapping of columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError, TableFileError
from panels.cells import number_column, plain
from panels.codes import apply_crosswalk, city_code, code_text, crosswalk_named
from panels.origins import Places
from panels.rows import (
    code_audit,
    data_rows,
    number_audit,
    unique_rows,
    valueless_audit,
    years,
)
from panels.schema import KEY, missing_column
from panels.sheets import Sheet, open_sheet


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
    places: Places = field(default_factory=dict)
    """File and row of each city and year, as the file's own program counts."""


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
    sheet = open_sheet(spec.file, sheet=spec.sheet, encoding=spec.encoding)
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
        {
            (str(city), int(year)): (place, int(row))
            for row, city, year in zip(rows.index, rows["city_id"], rows["year"], strict=True)
        },
    )


def _picked(sheet: Sheet, spec: TableSpec) -> pd.DataFrame:
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


def _position(sheet: Sheet, column: str) -> int:
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
