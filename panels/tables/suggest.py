"""A mapping proposed from a table's headers and values: for a person to read, never applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError, TableFileError
from panels.cities.codes import MUNICIPALITIES, code_text
from panels.tables.cells import is_missing, number_of, plain, year_of
from panels.tables.guess import Guess, guess, guess_header, wide_patterns
from panels.tables.guess_columns import (
    code_column,
    column_fact,
    name_column,
    province_column,
    year_column,
)
from panels.tables.headers import find_header
from panels.tables.raw_cells import RawCells
from panels.tables.sheets import Sheet, open_raw, open_sheet, under_header
from panels.tables.table_files import WORKBOOKS
from panels.tables.units import UNITS, Unit, split_unit
from panels.tables.wide_names import YEAR
from panels.tables.workbooks import sheet_names

_FRACTION = UNITS["fraction"]


@dataclass(frozen=True, slots=True)
class Proposed:
    """One column of a table, and what it may be."""

    header: str
    """Its name in the file, with ``{year}`` where it stands for one column a year."""
    column: str
    """Its name in the panel; blank where none is proposed."""
    sure: bool
    """Whether the header is a usual one, rather than like one."""
    unit: Unit | None
    """Its unit, as far as the file says it."""
    unit_from: str
    """Where: ``file`` or ``name``, by its English ending; ``values`` or ``usual`` where nothing
    says it."""
    fact: str
    """What its values look like."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mapping of one table."""

    file: Path
    """The file."""
    sheet: str | None
    """The sheet, where the file has several with data."""
    place: str
    """Where the header is."""
    header: tuple[int, ...]
    """First and last row of the header, as the file counts; empty where the format has names."""
    is_found: bool
    """Whether the proposed names lead to this header by themselves."""
    rows: int
    """Rows below it."""
    city: str | None
    """Column of codes."""
    city_name: str | None
    """Column of names."""
    province: str | None
    """Column of provinces' names."""
    year: str | None
    """Column of years."""
    years: tuple[int, ...]
    """The years in it, or in the names of columns."""
    cities: int
    """How many different codes, or names where there are none."""
    has_municipality_parts: bool
    """Whether there are codes of parts of municipalities, which a crosswalk joins."""
    mapped: tuple[Proposed, ...]
    """Columns with a name in the panel."""
    unmapped: tuple[Proposed, ...]
    """All others but the keys."""
    other_sheets: tuple[str, ...]
    """Other sheets with data."""
    audit: tuple[AuditRow, ...]
    """Guesses that reading needed."""


def suggest(file: Path, *, sheet: str | None = None) -> Suggestion:
    """Propose a mapping of a table's columns.

    Parameters
    ----------
    file : Path
        csv, xlsx, xls, dta or parquet.
    sheet : str, optional
        Sheet of a workbook; the one with most usual headers, then most rows, when left out.

    Returns
    -------
    Suggestion

    Raises
    ------
    TableFileError
        The file cannot be read, or holds no table.
    """
    names: Sequence[str | None] = [sheet]
    if sheet is None and file.suffix.lower() in WORKBOOKS and file.is_file():
        names = sheet_names(file) or [None]
    opened = [_opened(file, name) for name in names]
    best = max(range(len(opened)), key=lambda at: (opened[at].known, len(opened[at].sheet.cells)))
    others = tuple(str(name) for at, name in enumerate(names) if at != best)
    return _proposed(file, names[best] if others or sheet else None, opened[best], others)


@dataclass(frozen=True, slots=True)
class _Opened:
    sheet: Sheet
    rows: tuple[int, ...]
    known: int
    raw: RawCells | None = None
    """The cells, where the header had to be found among them."""


def _opened(file: Path, name: str | None) -> _Opened:
    if file.suffix.lower() in (".dta", ".parquet"):
        raw, sheet = None, open_sheet(file)
        rows: tuple[int, ...] = ()
    else:
        raw = open_raw(file, sheet=name)
        if raw.cells.empty:
            raise TableFileError(
                raw.place, expected="a table", found="nothing", hint="check the file and sheet"
            )
        found = guess_header(raw)
        rows = tuple(int(raw.cells.index[at]) for at in (found.first, found.last))
        sheet = under_header(raw, found)
    known = sum(_guess(sheet, at) is not None for at in _named(sheet))
    return _Opened(sheet, rows, known, raw)


def _named(sheet: Sheet) -> list[int]:
    return [at for at, name in enumerate(sheet.header) if name]


def _guess(sheet: Sheet, at: int) -> Guess | None:
    """By the name, or the label that the format has for it."""
    by_name = guess(sheet.header[at])
    if (by_name is None or not by_name.sure) and sheet.labels and sheet.labels[at]:
        by_label = guess(sheet.labels[at])
        return by_label if by_label is not None and by_label.sure else by_name
    return by_name


def _proposed(file: Path, name: str | None, opened: _Opened, others: tuple[str, ...]) -> Suggestion:
    sheet = opened.sheet
    guesses = {at: _guess(sheet, at) for at in _named(sheet)}
    patterns = wide_patterns([sheet.header[at] for at in guesses])
    city, city_name = code_column(sheet, guesses), name_column(sheet, guesses)
    year = None if patterns else year_column(sheet, guesses)
    province = province_column(sheet, guesses)
    keys = {at for at in (city, city_name, year, province) if at is not None}
    place = [city] if city is not None else [city_name, province]
    named = [at for at in (*place, year) if at is not None]
    # What stands beside or below the table is no value of it.
    rows = _data_rows(sheet, city if city is not None else city_name, year)
    sheet = replace(sheet, cells=rows)
    rest = {at: guessed for at, guessed in guesses.items() if at not in keys}
    if patterns:
        columns = _wide_columns(sheet, patterns)
        in_years = {header for same in patterns.values() for header in same}
        columns += [_left(sheet, at) for at in rest if sheet.header[at] not in in_years]
    else:
        columns = _columns(sheet, rest)
    codes = _codes(city, rows)
    return Suggestion(
        file=file,
        sheet=name,
        place=sheet.place,
        header=opened.rows,
        is_found=_is_found(opened, [sheet.header[at] for at in named], columns),
        rows=len(rows),
        city=None if city is None else sheet.header[city],
        city_name=None if city_name is None else sheet.header[city_name],
        province=None if province is None else sheet.header[province],
        year=None if year is None else sheet.header[year],
        years=_years(year, rows, patterns),
        cities=len(codes) if city is not None else _different(city_name, rows),
        has_municipality_parts=any(
            code[:4] in MUNICIPALITIES and MUNICIPALITIES[code[:4]] != code[:4] for code in codes
        ),
        mapped=tuple(one for one in columns if one.column),
        unmapped=tuple(one for one in columns if not one.column),
        other_sheets=others,
        audit=sheet.audit,
    )


def _is_found(opened: _Opened, keys: Sequence[str], columns: Sequence[Proposed]) -> bool:
    """Whether reading by the names that are proposed finds the header that they are of."""
    if opened.raw is None:
        return True
    wanted = [*keys, *(one.header for one in columns if one.column and one.sure)]
    try:
        found = find_header(opened.raw, wanted)
    except TableColumnError:
        return False
    return opened.rows == tuple(int(opened.raw.cells.index[at]) for at in (found.first, found.last))


def _columns(sheet: Sheet, guesses: Mapping[int, Guess | None]) -> list[Proposed]:
    """All columns but the keys; each name in the panel goes to the first that is surest."""
    made = [_one(sheet, at, guessed) for at, guessed in guesses.items()]
    taken: dict[str, Proposed] = {}
    for one in sorted(made, key=lambda one: not one.sure):
        if one.column:
            taken.setdefault(one.column, one)
    return [
        one if not one.column or taken[one.column] is one else _named_again(one, taken[one.column])
        for one in made
    ]


def _named_again(one: Proposed, first: Proposed) -> Proposed:
    fact = f"like {first.header!r}; {one.fact}"
    return Proposed(one.header, "", one.sure, one.unit, one.unit_from, fact)


def _one(sheet: Sheet, at: int, guessed: Guess | None) -> Proposed:
    is_number, fact = column_fact(sheet, at)
    column = ""
    if guessed is not None and guessed.known.kind == "value" and is_number:
        column = guessed.known.column
    unit, unit_from = _unit(sheet, at, guessed)
    sure = guessed is not None and guessed.sure
    return Proposed(sheet.header[at], column, sure, unit, unit_from, fact)


def _left(sheet: Sheet, at: int) -> Proposed:
    unit, unit_from = _unit(sheet, at, None)
    fact = column_fact(sheet, at)[1]
    return Proposed(sheet.header[at], "", sure=False, unit=unit, unit_from=unit_from, fact=fact)


def _wide_columns(sheet: Sheet, patterns: Mapping[str, list[str]]) -> list[Proposed]:
    made: list[Proposed] = []
    for pattern, headers in patterns.items():
        first = sheet.header.index(headers[0])
        words = pattern.replace(YEAR, " ").replace("年", " ").strip(" _-")
        guessed = guess(words) if words else None
        known = guessed is not None and guessed.known.kind == "value"
        column = guessed.known.column if guessed is not None and known else "value"
        if any(one.column == column for one in made):
            column = f"{column}_{len(made) + 1}"
        unit, unit_from = _unit(sheet, first, guessed)
        fact = f"{len(headers)} columns, such as {headers[0]!r}"
        sure = not words or (guessed is not None and guessed.sure)
        made.append(Proposed(pattern, column, sure, unit, unit_from, fact))
    return made


def _unit(sheet: Sheet, at: int, guessed: Guess | None) -> tuple[Unit | None, str]:
    own = sheet.units[at] if sheet.units else None
    if at in sheet.percent and own in (None, UNITS["percent"]):
        own = _FRACTION
    if own is None and sheet.labels:
        own = split_unit(sheet.labels[at])[1]
    if own is not None:
        return own, "file"
    usual = None if guessed is None else guessed.known.unit
    stated = sheet.stated
    if stated is not None and usual is not None and stated.dimension == usual.dimension:
        return stated, "file"
    if guessed is not None and guessed.by_ending is not None:
        return guessed.by_ending, "name"
    if usual is not None and usual.dimension == _FRACTION.dimension:
        numbers = [abs(one) for cell in sheet.cells[at] if (one := number_of(cell)) is not None]
        if numbers and max(numbers) <= 1.0:
            return _FRACTION, "values"
    return usual, "usual"


def _data_rows(sheet: Sheet, city: int | None, year: int | None) -> pd.DataFrame:
    """Rows that have a city and a year, as far as the table has such columns."""
    rows = sheet.cells
    if city is not None:
        rows = rows[~rows[city].map(is_missing).astype(bool)]
    if year is not None:
        rows = rows[rows[year].map(year_of).notna()]
    return rows


def _codes(city: int | None, rows: pd.DataFrame) -> set[str]:
    return set() if city is None else {code for cell in rows[city] if (code := code_text(cell))}


def _different(column: int | None, rows: pd.DataFrame) -> int:
    return 0 if column is None else rows[column].map(plain).nunique()


def _years(
    year: int | None, rows: pd.DataFrame, patterns: Mapping[str, list[str]]
) -> tuple[int, ...]:
    if year is not None:
        return tuple(sorted({int(one) for one in rows[year].map(year_of).dropna()}))
    names = [(pattern, header) for pattern, same in patterns.items() for header in same]
    found = {header[len(pattern.split(YEAR, maxsplit=1)[0]) :][:4] for pattern, header in names}
    return tuple(sorted(int(one) for one in found))
