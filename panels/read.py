"""Yearbook tables: cells of a file become a city x year table by a mapping of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError, TableFileError
from panels.cells import number_column, plain
from panels.city_keys import NAME, PROVINCE, KeyColumns, city_keys, key_rows
from panels.crosswalks import code_map
from panels.match import Reference, no_matches
from panels.places import City, china_cities
from panels.rows import number_audit, unique_rows, valueless_audit, years
from panels.schema import KEY, missing_column
from panels.sheets import Sheet, open_sheet

_NO_YEAR = 0


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Where a table is and which of its columns are wanted."""

    file: Path
    """The csv, xlsx, dta or parquet file."""
    city: str | None
    """Its column of city codes, if it has one."""
    year: str | None
    """Its column of years; None where a row holds for all years."""
    columns: Mapping[str, str]
    """Name in the panel to name in the file."""
    sheet: str | None = None
    """Sheet of an xlsx file; may be left out when a single sheet holds data."""
    city_digits: int = 4
    """First digits of a code that name the city."""
    crosswalk: str | None = None
    """Name of a shipped crosswalk, or a file of the user's (``code``, ``city_id``), applied to the
    codes: to the whole of them where it holds it, else to the first digits."""
    city_name: str | None = None
    """Its column of city names, by which cities are found where codes are missing or unknown."""
    province: str | None = None
    """Its column of provinces' names, within which names are looked up."""
    cities: Sequence[City] | None = None
    """The cities that names are looked up among; the shipped list when left out."""
    confirmed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Names that the study itself gives a city, as in `panels.match.Reference`."""
    years: tuple[int, ...] = ()
    """Years that the rows of a table without years hold for."""
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
    matches: pd.DataFrame = field(default_factory=no_matches)
    """What each code and name was taken for (`panels.match.MATCH_COLUMNS`); empty for a table of
    codes alone."""


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
    JoinError
        No city of a table of names is known.
    DuplicateCityYearError
        A city has a year twice. Rows of different codes that fall together by cutting or by the
        crosswalk are merged only if all their values are equal.
    """
    sheet = open_sheet(spec.file, sheet=spec.sheet, encoding=spec.encoding)
    place = sheet.place
    cells, audit = key_rows(_picked(sheet, spec), place=place)
    if cells.empty:
        raise TableFileError(
            place,
            expected="rows with a city and a year",
            found="none",
            hint="check the names of the city and year columns, and the sheet",
        )
    keys = city_keys(cells, _named(spec), place=place)
    audit += keys.audit
    cells, city_id = cells.loc[keys.city_id.index], keys.city_id
    table = pd.DataFrame({"city_id": city_id, "year": _years(cells, spec, place)})
    for name, column in spec.columns.items():
        where = f"{place}: column {column!r}"
        read = number_column(cells[name], where=where)
        table[name] = read.numbers
        audit += number_audit(read, where=where)
    audit += valueless_audit(table, place=place)
    rows, merged = unique_rows(table, keys.written, place=place)
    return ReadTable(
        _of_all_years(rows.reset_index(drop=True), spec),
        (*sheet.audit, *audit, *merged),
        spec.label or spec.file.stem,
        keys.matches,
    )


def _named(spec: TableSpec) -> KeyColumns:
    """How the table names its cities."""
    return KeyColumns(
        city=spec.city,
        city_name=spec.city_name,
        digits=spec.city_digits,
        code_map={} if spec.crosswalk is None else code_map(spec.crosswalk),
        reference=Reference(spec.cities or china_cities(), spec.confirmed),
    )


def _years(cells: pd.DataFrame, spec: TableSpec, place: str) -> pd.Series:
    """Years of the rows, one and the same where the table has none."""
    if spec.year is None:
        return pd.Series(_NO_YEAR, index=cells.index, dtype="int64")
    return years(cells["year"], where=f"{place}: column {spec.year!r}")


def _of_all_years(table: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """The rows of a table without years once for each year that they hold for."""
    if spec.year is not None:
        return table
    return pd.concat([table.assign(year=year) for year in spec.years], ignore_index=True)


def _picked(sheet: Sheet, spec: TableSpec) -> pd.DataFrame:
    """The wanted columns under their new names."""
    reserved = sorted({*KEY, NAME, PROVINCE} & set(spec.columns))
    if reserved:
        raise TableColumnError(
            f"{sheet.place}: columns",
            expected="new names other than those of the key",
            found=repr(reserved[0]),
            hint="choose another name for the column",
        )
    keys = {"city_id": spec.city, NAME: spec.city_name, PROVINCE: spec.province, "year": spec.year}
    wanted = {name: column for name, column in keys.items() if column is not None}
    wanted |= spec.columns
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
