"""Yearbook tables: cells of files become a city x year table by a mapping of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import DuplicateCityYearError, TableColumnError, TableFileError
from panels.chosen_rows import chosen_rows
from panels.cities.city_keys import NAME, PROVINCE, KeyColumns, city_keys, key_rows
from panels.cities.crosswalks import code_map
from panels.cities.match import MATCH_COLUMNS, Reference, no_matches
from panels.cities.places import City, china_cities
from panels.origins import Places
from panels.parts import Part, YearFrom, table_parts
from panels.picked import picked
from panels.rows import number_audit, unique_rows, valueless_audit, years
from panels.schema import KEY
from panels.tables.cells import DecimalSign, number_column
from panels.tables.sheets import Sheet, open_sheet, require_no_overflow
from panels.tables.units import Unit, UnitChange, unit_change
from panels.tables.wide_names import YEAR, is_wide
from panels.unit_columns import SaidUnit, in_panel_unit, source_unit

_ANY_YEAR = 0


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Where a table is and which of its columns are wanted."""

    file: Path
    """The csv, xlsx, xls, dta or parquet file; or a pattern of several, such as ``gdp/*.xlsx``."""
    city: str | None
    """Its column of city codes, if it has one. A table with neither codes nor names is of the
    whole country, and gets the code 0000."""
    year: str | None
    """Its column of years; None where names of files, sheets or columns hold them, or where a row
    holds for all years."""
    columns: Mapping[str, str]
    """Name in the panel to name in the file; ``{year}`` in it stands for one column a year."""
    sheet: str | None = None
    """Sheet of a workbook; may be left out when a single sheet holds data; ``*`` for all."""
    year_from: YearFrom | None = None
    """Whether the name of each file, or of each sheet, is its year."""
    header: tuple[int, ...] = ()
    """Rows of the header, as the file counts; found by the names of the columns if empty."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Name in the file of a column to the text that rows must have in it."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Name in the panel to ``"万元"``, ``"万元 -> 亿元"`` or ``"-> 亿元"``."""
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
    """Names that the study itself gives a city, as in `panels.cities.match.Reference`."""
    years: tuple[int, ...] = ()
    """Years that the rows of a table without years hold for."""
    encoding: str | None = None
    """Encoding of a csv file; found when left out."""
    separator: str | None = None
    """Separator of a csv file; found when left out."""
    decimal: DecimalSign | None = None
    """Decimal sign of numbers as text. When left out the point, and where semicolons separate
    cells, numbers such as 1,234 are refused."""
    label: str = ""
    """The table's name in the study; the file's stem when empty."""
    keep_totals: bool = False
    """Whether rows stay whose code alone names a province, or a group of counties that a province
    administers: no city."""


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
    matches: pd.DataFrame = field(default_factory=no_matches)
    """What each code and name was taken for (`panels.cities.match.MATCH_COLUMNS`); empty where it
    has codes alone."""


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
        A column is missing or repeated, a year or a value is no number, a unit is unknown,
        another than the file says, or not the same in all parts.
    CodeError
        A city code is no code of ``city_digits`` or more digits, or the crosswalk is unknown.
    JoinError
        No city of a table of names is known.
    DuplicateCityYearError
        A city has a year twice. Rows of different codes that fall together by cutting or by the
        crosswalk are merged only if all their values are equal.
    """
    columns = _key_columns(spec)
    changes = _unit_changes(spec)
    _refuse_unclear_years(spec)
    parts = table_parts(spec.file, sheet=spec.sheet, year_from=spec.year_from)
    read = [_read_part(spec, part, columns, changes) for part in parts]
    _refuse_several_units(read, spec)
    return ReadTable(
        _together(read, spec),
        tuple(row for one in read for row in one.audit),
        spec.label or spec.file.stem,
        {key: place for one in read for key, place in one.places.items()},
        {name: unit for one in read for name, unit in one.units.items()},
        _all_matches([one.matches for one in read]),
    )


@dataclass(frozen=True, slots=True)
class _ReadPart:
    place: str
    table: pd.DataFrame
    audit: tuple[AuditRow, ...]
    units: Mapping[str, str]
    matches: pd.DataFrame

    @property
    def places(self) -> Places:
        keys = zip(self.table["city_id"], self.table["year"], self.table.index, strict=True)
        return {(str(city), int(year)): (self.place, int(row)) for city, year, row in keys}


def _read_part(
    spec: TableSpec,
    part: Part,
    columns: KeyColumns,
    changes: Mapping[str, UnitChange],
) -> _ReadPart:
    named = {"city_id": spec.city, NAME: spec.city_name, PROVINCE: spec.province}
    cities = {key: name for key, name in named.items() if name is not None}
    years_in = [] if spec.year is None else [spec.year]
    sheet = open_sheet(
        part.file,
        sheet=part.sheet,
        encoding=spec.encoding,
        separator=spec.separator,
        wanted=[*cities.values(), *years_in, *spec.columns.values(), *spec.only],
        header=spec.header,
    )
    place = sheet.place
    found = picked(sheet, keys=cities, year=spec.year or part.year, columns=spec.columns)
    asked, others = chosen_rows(sheet, found.cells, spec.only)
    cells, audit = key_rows(asked, place=place, whole=sheet.cells)
    if cells.empty:
        raise TableFileError(
            place,
            expected="rows with a city and a year",
            found="none",
            hint="check the names of the city and year columns, and the sheet",
        )
    require_no_overflow(sheet, cells.index.unique())
    keys = city_keys(cells, columns, place=place)
    audit += keys.audit
    cells = cells[keys.known]
    table = pd.DataFrame({"city_id": keys.city_id, "year": _years(cells, spec, place)})
    units: dict[str, str] = {}
    for name, column in spec.columns.items():
        where = f"{place}: column {column!r}"
        said, change = found.units[name], changes.get(name)
        read = _numbers(cells[name], said, change, where, sheet, spec.decimal)
        table[name] = read.numbers
        audit += read.audit
        units |= {name: read.unit.name} if read.unit is not None else {}
    audit += valueless_audit(table, place=place)
    if "year" not in cells:
        _refuse_forgotten_year(table, place)
    unique, merged = unique_rows(table, keys.written, keys.partial, place=place)
    rows = _of_all_years(unique, spec) if "year" not in cells else unique
    audit = [*sheet.audit, *others, *found.audit, *audit, *merged]
    return _ReadPart(place, rows, tuple(audit), units, keys.matches)


def _key_columns(spec: TableSpec) -> KeyColumns:
    """How the table names its cities."""
    return KeyColumns(
        city=spec.city,
        city_name=spec.city_name,
        digits=spec.city_digits,
        code_map={} if spec.crosswalk is None else code_map(spec.crosswalk),
        reference=Reference(spec.cities or china_cities(), spec.confirmed),
        keep_totals=spec.keep_totals,
    )


def _years(cells: pd.DataFrame, spec: TableSpec, place: str) -> pd.Series:
    """Years of the rows, one and the same where the table has none."""
    if "year" not in cells:
        return pd.Series(_ANY_YEAR, index=cells.index, dtype="int64")
    return years(cells["year"], where=f"{place}: column {spec.year!r}")


def _refuse_forgotten_year(table: pd.DataFrame, place: str) -> None:
    """Several rows of a city that differ are years, of which nobody said where they are."""
    different = table.drop_duplicates()
    again = different[different.duplicated("city_id", keep=False)]
    if len(again):
        city = again["city_id"].iloc[0]
        rows = again.index[again["city_id"] == city]
        raise DuplicateCityYearError(
            place,
            expected="one row per city, where no column of years is declared",
            found=f"city {city} in rows {', '.join(map(str, rows[:10]))}",
            hint="declare the column of years, or remove the repeated rows",
        )


def _of_all_years(table: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """The rows of a table without years once for each year that they hold for."""
    if not spec.years:
        raise TableColumnError(
            f"{spec.file}: year",
            expected="a column of years, or other tables whose years its rows hold for",
            found="neither",
            hint="name the column of years, or state the years of the study",
        )
    return pd.concat([table.assign(year=year) for year in spec.years])


def _all_matches(matches: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Matches of all parts, those that they share once with all their rows."""
    whole = pd.concat(matches, ignore_index=True)
    if len(matches) == 1 or whole.empty:
        return whole
    rest = [name for name in MATCH_COLUMNS if name != "rows"]
    summed = whole.groupby(rest, sort=False, dropna=False, as_index=False)["rows"].sum()
    return pd.DataFrame(summed)[list(MATCH_COLUMNS)]


@dataclass(frozen=True, slots=True)
class _Numbers:
    numbers: pd.Series
    unit: Unit | None
    audit: Sequence[AuditRow]


def _numbers(
    cells: pd.Series,
    said: SaidUnit,
    declared: UnitChange | None,
    where: str,
    sheet: Sheet,
    decimal: DecimalSign | None,
) -> _Numbers:
    """A column's numbers in the panel's unit."""
    source = source_unit(said, declared, where=where)
    is_percent = source is not None and source.name == "percent"
    sign = decimal if decimal is not None or sheet.separator == ";" else "."
    read = number_column(cells, where=where, percent=is_percent, decimal=sign)
    audit = number_audit(read, where=where, place=sheet.place, is_text=sheet.is_text)
    numbers, rows = in_panel_unit(read.numbers, source, declared, where=where, place=sheet.place)
    unit = source if declared is None or declared.panel is None else declared.panel
    return _Numbers(numbers, unit, [*audit, *rows])


def _refuse_several_units(read: Sequence[_ReadPart], spec: TableSpec) -> None:
    """A column's numbers have one unit in all parts; not to know it in some is another one."""
    for name, column in spec.columns.items():
        units = [one.units.get(name, "no unit") for one in read]
        other = next((at for at, unit in enumerate(units) if unit != units[0]), None)
        if other is not None:
            raise TableColumnError(
                f"{spec.file}: column {column!r}",
                expected="one unit in all files and sheets",
                found=f"{units[0]} in {read[0].place}, {units[other]} in {read[other].place}",
                hint='state in units what all shall become, as "-> UNIT"; or read them in two '
                "tables",
            )


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
    reserved = sorted({*KEY, NAME, PROVINCE} & set(spec.columns))
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
    if len(said) > 1:
        raise TableColumnError(
            f"{spec.file}: year",
            expected=f"one of year, year_from, or columns with {YEAR}",
            found=" and ".join(said),
            hint="say once where the years are",
        )
