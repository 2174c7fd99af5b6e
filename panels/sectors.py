"""Employment, value added and prices of three sectors of an economy, by year.

Read from the GGDC/UNU-WIDER Economic Transformation Database (de Vries and others, 2021, WIDER
Technical Note 2/2021; doi 10.34894/LCH4CA): rows of country, variable and year, a column for each
of twelve sectors. Variables are ``VA`` (value added, millions of local currency at current basic
prices), ``VA_Q15`` (the same at constant 2015 prices) and ``EMP`` (persons engaged, thousands).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import SectorDataError
from panels.rows import years as years_of
from panels.schema import require_columns
from panels.sector_groups import GROUPS, PAPER_GROUPS, SECTORS, check_groups
from panels.steps.stepped import Floats
from panels.tables.cells import number_column, plain
from panels.tables.sheets import open_sheet
from panels.tables.table_files import WORKBOOKS

VARIABLES = ("EMP", "VA", "VA_Q15")
"""Employment, value added at current prices, value added at prices of 2015."""
SHEET = "Data"
"""Where the database's workbooks have their rows."""
BASE_YEAR = 2015
"""The year in which both values added are the same."""
CLOSE = 1e-3
"""How far totals, and values added of the base year, may differ for rounding, relative."""


@dataclass(frozen=True, slots=True, eq=False)
class SectorData:
    """Three sectors of one economy in T years, in the order m, x, s."""

    country: str
    """Code of three letters."""
    name: str
    """Name as in the file."""
    years: tuple[int, ...]
    """The years, ascending, none left out."""
    employment: Floats
    """(T, 3): persons engaged, thousands."""
    value_added: Floats
    """(T, 3): at current prices, millions of local currency."""
    value_added_2015: Floats
    """(T, 3): at prices of 2015, millions of local currency."""
    total_employment: Floats
    """(T,): of all twelve sectors, those that are left out of the three included."""
    total_value_added: Floats
    """(T,): likewise, at current prices."""
    total_value_added_2015: Floats
    """(T,): likewise, at prices of 2015."""

    @property
    def prices(self) -> Floats:
        """(T, 3): value added at current over that at 2015 prices, after aggregation."""
        return np.asarray(self.value_added / self.value_added_2015, dtype=np.float64)

    @property
    def labour(self) -> Floats:
        """(T, 3): shares in the employment of the three."""
        return np.asarray(
            self.employment / self.employment.sum(axis=1, keepdims=True), dtype=np.float64
        )

    @property
    def output(self) -> Floats:
        """(T, 3): shares in the nominal value added of the three."""
        return np.asarray(
            self.value_added / self.value_added.sum(axis=1, keepdims=True), dtype=np.float64
        )

    def tidy(self) -> pd.DataFrame:
        """Rows of ``country``, ``year``, ``sector``, with levels, price and both shares."""
        made = {
            "employment": self.employment,
            "value_added": self.value_added,
            "value_added_2015": self.value_added_2015,
            "price": self.prices,
            "labour_share": self.labour,
            "output_share": self.output,
        }
        return pd.DataFrame(
            {
                "country": self.country,
                "year": np.repeat(np.array(self.years, dtype=np.int64), len(GROUPS)),
                "sector": list(GROUPS) * len(self.years),
                **{name: values.ravel() for name, values in made.items()},
            }
        )


def load_etd(
    path: Path,
    country: str,
    years: tuple[int, int] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> SectorData:
    """The three sectors of a country.

    Parameters
    ----------
    path : Path
        The database: its workbook, or its rows as csv, dta or parquet.
    country : str
        Code of three letters (CHN), or the name in the file.
    years : (int, int), optional
        First and last; all that the country has when left out.
    mapping : mapping, optional
        Each of the twelve sectors to ``m``, ``x``, ``s`` or the empty text (left out); that of Pan,
        Li and Gu when left out, in which agriculture is no part of the three.

    Returns
    -------
    SectorData

    Raises
    ------
    TableFileError, TableColumnError
        The file cannot be read, or lacks a column.
    SectorDataError
        The file lacks the country, a variable or a year; a sector's cell is empty; sectors do not
        add up to the total or values added of 2015 differ, so that units are mixed; a group has no
        employment or value added.
    """
    groups = PAPER_GROUPS if mapping is None else mapping
    check_groups(groups)
    table = read_etd(path, country)
    code, name = str(table["code"].iloc[0]), str(table["country"].iloc[0])
    where = f"{path}: {code}"
    span = _span(table, years, where=where)
    levels = {variable: _levels(table, variable, span, where=where) for variable in VARIABLES}
    in_group = np.array([[groups[sector] == group for group in GROUPS] for sector in SECTORS])
    summed = {variable: each @ in_group.astype(float) for variable, each in levels.items()}
    for variable, each in summed.items():
        _refuse_none(each, span, f"{where}: {variable}")
    return SectorData(
        country=code,
        name=name,
        years=tuple(span),
        employment=summed["EMP"],
        value_added=summed["VA"],
        value_added_2015=summed["VA_Q15"],
        total_employment=levels["EMP"].sum(axis=1),
        total_value_added=levels["VA"].sum(axis=1),
        total_value_added_2015=levels["VA_Q15"].sum(axis=1),
    )


def read_etd(path: Path, country: str | None = None) -> pd.DataFrame:
    """The rows of the database, of one country or of all.

    Returns
    -------
    pandas.DataFrame
        ``country``, ``code``, ``variable`` as text, ``year`` int64, then the twelve sectors and
        ``Total`` (NaN where the file has none), float64.

    Raises
    ------
    TableFileError, TableColumnError
        The file cannot be read, or lacks a column.
    SectorDataError
        The country is not in it, it has no rows, a cell is empty, employment is negative, a row
        stands twice, or units are mixed.
    """
    sheet = open_sheet(path, sheet=SHEET if path.suffix.lower() in WORKBOOKS else None)
    cells = sheet.cells.set_axis(list(sheet.header), axis=1)
    missing = [name for name in SECTORS if name not in sheet.header]
    if missing:
        raise SectorDataError(
            sheet.place,
            expected="a column for each of the twelve sectors",
            found=f"no column {', '.join(map(repr, missing))}",
            hint="use the database as published, with its sectors' names",
        )
    require_columns(cells, ("country", "cnt", "var", "year"), where=sheet.place)
    cells = cells[cells["cnt"].map(plain).astype(bool)]
    if cells.empty:
        raise SectorDataError(
            sheet.place,
            expected="rows of countries",
            found="none",
            hint="use the database as published",
        )
    if country is not None:
        cells = cells[_of_country(cells, country, where=sheet.place)]
    numbers = [*SECTORS, *(["Total"] if "Total" in sheet.header else [])]
    table = pd.DataFrame(
        {
            "country": cells["country"].map(plain),
            "code": cells["cnt"].map(plain),
            "variable": cells["var"].map(plain),
            "year": years_of(cells["year"], where=f"{sheet.place}: column 'year'"),
            **{
                name: number_column(cells[name], where=f"{sheet.place}: column {name!r}").numbers
                for name in numbers
            },
        }
    )
    if "Total" not in table.columns:
        table["Total"] = np.nan
    _check(table, sheet.place)
    return table.reset_index(drop=True)


def _of_country(cells: pd.DataFrame, country: str, *, where: str) -> "pd.Series[bool]":
    codes, names = cells["cnt"].map(plain), cells["country"].map(plain)
    asked = plain(country)
    found = (codes.str.casefold() == asked.casefold()) | (names.str.casefold() == asked.casefold())
    if not found.any():
        known = sorted({*codes, *names})
        near = get_close_matches(asked, known, n=3, cutoff=0.6)
        raise SectorDataError(
            f"{where}: country",
            expected=f"one of {codes.nunique()} countries, such as {', '.join(near or known[:3])}",
            found=repr(country),
            hint="name it by its code of three letters",
        )
    return found


def _check(table: pd.DataFrame, place: str) -> None:
    key = ["code", "variable", "year"]
    again = table.duplicated(key)
    if again.any():
        raise SectorDataError(
            place,
            expected="one row for each country, variable and year",
            found=f"two of {_row(table.loc[again, key].iloc[0])}",
            hint="remove one",
        )
    known = table["variable"].isin(VARIABLES)
    if not known.all():
        raise SectorDataError(
            f"{place}: column 'var'",
            expected=f"the variables {', '.join(VARIABLES)}",
            found=repr(table.loc[~known, "variable"].iloc[0]),
            hint="leave out other variables",
        )
    values = table[list(SECTORS)].to_numpy()
    if np.isnan(values).any():
        row, column = np.argwhere(np.isnan(values))[0]
        raise SectorDataError(
            f"{place}: column {SECTORS[column]!r}",
            expected="a number for each country, variable and year",
            found=f"an empty cell for {_row(table.iloc[row][key])}",
            hint="fill it, or leave the year out",
        )
    # A sector's value added may be negative, as mining's in Botswana in 2011.
    persons = (table["variable"] == "EMP").to_numpy()
    wrong = (values < 0.0) & persons[:, None]
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise SectorDataError(
            f"{place}: column {SECTORS[column]!r}",
            expected="persons engaged, zero or more",
            found=f"{values[row, column]:g} for {_row(table.iloc[row][key])}",
            hint="correct the cell",
        )
    _check_units(table, values, place)


def _check_units(table: pd.DataFrame, values: Floats, place: str) -> None:
    """Sectors must add up to the total, and both values added must agree in the base year."""
    total = table["Total"].to_numpy()
    off = np.abs(values.sum(axis=1) - total) > CLOSE * np.abs(total)
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise SectorDataError(
            place,
            expected="sectors in the unit of the total, which they add up to",
            found=f"{values[row].sum():g} against {total[row]:g} for "
            f"{_row(table.iloc[row][['code', 'variable', 'year']])}",
            hint="bring all columns to one unit",
        )
    base = table[table["year"] == BASE_YEAR].set_index("code")[["variable", *SECTORS]]
    current, constant = (
        base[base["variable"] == variable].drop(columns="variable").sort_index()
        for variable in ("VA", "VA_Q15")
    )
    codes = current.index.intersection(constant.index)
    now, then = current.loc[codes].to_numpy(float), constant.loc[codes].to_numpy(float)
    gap = np.abs(now - then) > CLOSE * np.abs(then)
    if gap.any():
        row, column = np.argwhere(gap)[0]
        raise SectorDataError(
            f"{place}: column {SECTORS[column]!r}",
            expected=f"VA equal to VA_Q15 in {BASE_YEAR}, the year of its prices",
            found=f"{now[row, column]:g} against {then[row, column]:g} for {codes[row]}",
            hint="bring both to millions of local currency, VA_Q15 at prices of 2015",
        )


def _row(key: Iterable[object]) -> str:
    return " ".join(str(value) for value in key)


def _span(table: pd.DataFrame, years: tuple[int, int] | None, *, where: str) -> list[int]:
    held = sorted({int(year) for year in table["year"]})
    first, last = (held[0], held[-1]) if years is None else years
    if first > last:
        raise SectorDataError(
            f"{where}: years",
            expected="a first and a last year in order",
            found=f"{first} to {last}",
            hint="turn them round",
        )
    span = list(range(first, last + 1))
    _refuse_missing_years(span, held, where=where)
    return span


def _refuse_missing_years(span: list[int], held: Iterable[int], *, where: str) -> None:
    there = set(held)
    lacking = [year for year in span if year not in there]
    if lacking:
        raise SectorDataError(
            f"{where}: years",
            expected=f"each of {span[0]} to {span[-1]}",
            found=f"no row of {', '.join(map(str, lacking[:5]))}"
            + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""),
            hint=f"ask for years within {min(there)} to {max(there)}" if there else "add its rows",
        )


def _levels(table: pd.DataFrame, variable: str, span: list[int], *, where: str) -> Floats:
    """Levels (T, 12) of a variable in the years of a span."""
    rows = table[table["variable"] == variable].set_index("year")[list(SECTORS)]
    if rows.empty:
        raise SectorDataError(
            where,
            expected=f"the variables {', '.join(VARIABLES)}",
            found=f"no row of {variable}",
            hint="use the database as published",
        )
    _refuse_missing_years(span, [int(year) for year in rows.index], where=f"{where}: {variable}")
    return np.asarray(rows.loc[span].to_numpy(), dtype=np.float64)


def _refuse_none(levels: Floats, span: list[int], where: str) -> None:
    wrong = ~(np.isfinite(levels) & (levels > 0.0))
    if wrong.any():
        row, group = np.argwhere(wrong)[0]
        raise SectorDataError(
            where,
            expected="a positive level in each of m, x, s",
            found=f"{levels[row, group]:g} in {GROUPS[group]} in {span[row]}",
            hint="put more sectors into it, or leave the year out",
        )
