"""Yearbook tables: cells of files become a city x year table by a mapping of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import DuplicateCityYearError, TableColumnError, TableFileError
from panels.cells import number_column
from panels.codes import apply_crosswalk, city_code, code_text, crosswalk_named
from panels.origins import Places
from panels.parts import Part, YearFrom, table_parts
from panels.picked import picked
from panels.rows import (
    code_audit,
    data_rows,
    number_audit,
    unique_rows,
    valueless_audit,
    years,
)
from panels.schema import KEY
from panels.sheets import Sheet, open_sheet, require_no_overflow
from panels.unit_columns import SaidUnit, in_panel_unit, source_unit
from panels.units import Unit, UnitChange, unit_change
from panels.wide_names import YEAR, is_wide


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Where a table is and which of its columns are wanted."""

    file: Path
    """The csv, xlsx, xls, dta or parquet file; or a pattern of several, such as ``gdp/*.xlsx``."""
    city: str | None
    """Its column of city codes; None for a table of the whole country, all of code 0000."""
    year: str | None
    """Its column of years; None where names of files, sheets or columns hold them."""
    columns: Mapping[str, str]
    """Name in the panel to name in the file; ``{year}`` in it stands for one column a year."""
    sheet: str | None = None
    """Sheet of a workbook; may be left out when a single sheet holds data; ``*`` for all."""
    year_from: YearFrom | None = None
    """Whether the name of each file, or of each sheet, is its year."""
    header: tuple[int, ...] = ()
    """Rows of the header, as the file counts; found by the names of the columns if empty."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Name in the panel to ``"万元"``, ``"万元 -> 亿元"`` or ``"-> 亿元"``."""
    city_digits: int = 4
    """First digits of a code that name the city."""
    crosswalk: str | None = None
    """Name of a shipped crosswalk applied to the cut codes."""
    encoding: str | None = None
    """Encoding of a csv file; found when left out."""
    separator: str | None = None
    """Separator of a csv file; found when left out."""
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
    units: Mapping[str, str] = field(default_factory=dict)
    """Unit of each column's numbers, as far as the study or the file says it."""


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
        A file is missing, unreadable, without data or of unknown format, its sheet is not named
        where several hold data, or a name has no year.
    TableColumnError
        A column is missing or repeated, a year or a value is no number, a unit is unknown or
        another than the file says.
    CodeError
        A city code is no code of ``city_digits`` or more digits, or the crosswalk is unknown.
    DuplicateCityYearError
        A city has a year twice. Rows of different codes that fall together by cutting or by the
        crosswalk are merged only if all their values are equal.
    """
    crosswalk = crosswalk_named(spec.crosswalk) if spec.crosswalk else {}
    changes = _unit_changes(spec)
    _refuse_unclear_years(spec)
    parts = table_parts(spec.file, sheet=spec.sheet, year_from=spec.year_from)
    read = [_read_part(spec, part, crosswalk, changes) for part in parts]
    return ReadTable(
        _together(read, spec),
        tuple(row for one in read for row in one.audit),
        spec.label or spec.file.stem,
        {key: place for one in read for key, place in one.places.items()},
        {name: unit for one in read for name, unit in one.units.items()},
    )


@dataclass(frozen=True, slots=True)
class _ReadPart:
    place: str
    table: pd.DataFrame
    audit: tuple[AuditRow, ...]
    units: Mapping[str, str]

    @property
    def places(self) -> Places:
        keys = zip(self.table["city_id"], self.table["year"], self.table.index, strict=True)
        return {(str(city), int(year)): (self.place, int(row)) for city, year, row in keys}


def _read_part(
    spec: TableSpec,
    part: Part,
    crosswalk: Mapping[str, str],
    changes: Mapping[str, UnitChange],
) -> _ReadPart:
    keys = [name for name in (spec.city, spec.year) if name is not None]
    sheet = open_sheet(
        part.file,
        sheet=part.sheet,
        encoding=spec.encoding,
        separator=spec.separator,
        wanted=[*keys, *spec.columns.values()],
        header=spec.header,
    )
    place = sheet.place
    found = picked(sheet, city=spec.city, year=spec.year or part.year, columns=spec.columns)
    cells, audit = data_rows(found.cells, place=place, whole=sheet.cells)
    if cells.empty:
        raise TableFileError(
            place,
            expected="rows with a city code and a year",
            found="none",
            hint="check the names of the city and year columns, and the sheet",
        )
    require_no_overflow(sheet, cells.index.unique())
    source = city_code(
        cells["city_id"], digits=spec.city_digits, where=f"{place}: column {spec.city!r}"
    )
    city_id = apply_crosswalk(source, crosswalk)
    audit += code_audit(cells["city_id"], source, city_id, place=place)
    year = years(cells["year"], where=f"{place}: column {spec.year!r}")
    table = pd.DataFrame({"city_id": city_id, "year": year})
    units: dict[str, str] = {}
    for name, column in spec.columns.items():
        where = f"{place}: column {column!r}"
        read = _numbers(cells[name], found.units[name], changes.get(name), where, sheet)
        table[name] = read.numbers
        audit += read.audit
        units |= {name: read.unit.name} if read.unit is not None else {}
    audit += valueless_audit(table, place=place)
    unique, merged = unique_rows(table, cells["city_id"].map(code_text), place=place)
    return _ReadPart(place, unique, (*sheet.audit, *found.audit, *audit, *merged), units)


@dataclass(frozen=True, slots=True)
class _Numbers:
    numbers: pd.Series
    unit: Unit | None
    audit: Sequence[AuditRow]


def _numbers(
    cells: pd.Series, said: SaidUnit, declared: UnitChange | None, where: str, sheet: Sheet
) -> _Numbers:
    """A column's numbers in the panel's unit."""
    source = source_unit(said, declared, where=where)
    is_percent = source is not None and source.name == "percent"
    read = number_column(cells, where=where, percent=is_percent)
    audit = number_audit(read, where=where, place=sheet.place, is_text=sheet.is_text)
    numbers, rows = in_panel_unit(read.numbers, source, declared, where=where, place=sheet.place)
    unit = source if declared is None or declared.panel is None else declared.panel
    return _Numbers(numbers, unit, [*audit, *rows])


def _together(read: Sequence[_ReadPart], spec: TableSpec) -> pd.DataFrame:
    """The rows of all parts; a city has a year in one of them alone."""
    table = pd.concat([one.table for one in read], ignore_index=True)
    twice = table.duplicated(list(KEY), keep=False)
    if twice.any():
        city, year = table.loc[twice, list(KEY)].iloc[0]
        places = [
            one.place
            for one in read
            if ((one.table["city_id"] == city) & (one.table["year"] == year)).any()
        ]
        raise DuplicateCityYearError(
            str(spec.file),
            expected="one row per city and year",
            found=f"city {city}, year {year} in {' and '.join(places)}",
            hint="remove one of the two, or narrow the pattern",
        )
    return table


def _unit_changes(spec: TableSpec) -> dict[str, UnitChange]:
    where = f"{spec.file}: units"
    unknown = sorted(set(spec.units) - set(spec.columns))
    if unknown:
        raise TableColumnError(
            f"{where}.{unknown[0]}",
            expected=f"one of the mapped columns {', '.join(spec.columns)}",
            found=repr(unknown[0]),
            hint="map the column, or remove its unit",
        )
    return {name: unit_change(text, where=f"{where}.{name}") for name, text in spec.units.items()}


def _refuse_unclear_years(spec: TableSpec) -> None:
    """The year stands in one place, and no column takes the name of a key."""
    reserved = sorted(set(KEY) & set(spec.columns))
    if reserved:
        raise TableColumnError(
            f"{spec.file}: columns",
            expected="new names other than those of the key",
            found=repr(reserved[0]),
            hint="choose another name for the column",
        )
    wide = is_wide(spec.columns)
    if wide and not all(YEAR in column for column in spec.columns.values()):
        raise TableColumnError(
            f"{spec.file}: columns",
            expected=f"{YEAR} in all names or in none",
            found=", ".join(spec.columns.values()),
            hint="map the columns that are the same in all years in a table of their own",
        )
    said = [
        name
        for name, there in (
            ("year", spec.year is not None),
            ("year_from", spec.year_from is not None),
            (f"columns with {YEAR}", wide),
        )
        if there
    ]
    if len(said) != 1:
        raise TableColumnError(
            f"{spec.file}: year",
            expected=f"one of year, year_from, or columns with {YEAR}",
            found=" and ".join(said) or "none",
            hint="say once where the years are",
        )
