"""Crosswalks: where the people, output or light of an old division are counted in a new one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import CodeError, CrosswalkError, TableColumnError
from panels.cities.codes import CHINA_CODES, code_text, crosswalk_named, shipped_rows
from panels.tables.cells import is_missing, number_column, plain, year_of
from panels.tables.sheets import Sheet, open_sheet

CROSSWALK_COLUMNS = {"old": "str", "new": "str", "weight": "float64", "year": "Int64"}
"""Columns of a crosswalk."""

WEIGHTS_SUM_TO = 1e-6
"""How far the weights of an old division may miss one: tables hold rounded numbers."""

CHINA_2023 = "china-2023"
"""The shipped crosswalk to the cities of 2023."""


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A checked crosswalk."""

    table: pd.DataFrame
    """Columns ``CROSSWALK_COLUMNS``. A row says: of ``old``, the share ``weight`` is counted in
    ``new`` from ``year`` on, and rows of earlier years are moved. Without a year the codes name
    the same place, and rows of all years are moved."""
    source: str
    """Its file or name."""

    @property
    def years(self) -> list[int]:
        """Years of changes, in order."""
        return sorted({int(year) for year in self.table["year"].dropna()})

    def step(self, year: int | None) -> pd.DataFrame:
        """(n, 3) the rows ``old``, ``new``, ``weight`` of one change; None for those without."""
        of_year = self.table["year"].isna() if year is None else self.table["year"].eq(year)
        rows = self.table.loc[of_year.fillna(value=False).astype(bool), ["old", "new", "weight"]]
        return rows.reset_index(drop=True)


def make_crosswalk(table: pd.DataFrame, *, source: str) -> Crosswalk:
    """Check a table of old and new divisions.

    Parameters
    ----------
    table : pandas.DataFrame
        ``old``, ``new`` (text), ``weight`` (a share) and ``year`` (perhaps missing).
    source : str
        For errors.

    Returns
    -------
    Crosswalk
        Sorted by year, old and new. Codes without a year are followed to the last one: where 6521
        became 6599 and 6599 became 6504, both are 6504, also in the rows with a year.

    Raises
    ------
    CrosswalkError
        The weights of an old division do not sum to one, a weight is no share, a pair occurs
        twice, an old division is split without a year or has rows with and without one, or codes
        without a year go in a circle.
    """
    typed = table[list(CROSSWALK_COLUMNS)].astype(CROSSWALK_COLUMNS)
    typed = typed.sort_values(["year", "old", "new"], ignore_index=True, na_position="first")
    _refuse_bad_weights(typed, source)
    _refuse_undated_splits(typed, source)
    typed = _with_last_codes(typed, source)
    twice = typed.duplicated(["old", "new", "year"])
    if twice.any():
        first = typed[twice].iloc[0]
        found = f"{first['old']} to {first['new']} twice"
        raise _refused(source, "each pair once", found, "combine the rows")
    return Crosswalk(typed, source)


def _with_last_codes(typed: pd.DataFrame, source: str) -> pd.DataFrame:
    """The same with each new code followed through the codes without a year."""
    undated = typed[typed["year"].isna() & (typed["old"] != typed["new"])]
    became = dict(zip(undated["old"], undated["new"], strict=True))
    followed = typed["new"]
    for _ in became:
        if not followed.isin(undated["old"]).any():
            break
        followed = followed.map(lambda code: became.get(code, code)).astype("str")
    circle = followed[followed.isin(undated["old"])]
    if len(circle):
        raise _refused(
            source,
            "a last code for every place",
            f"a circle without a year at {min(circle)}",
            "give the rows their years, or leave one out",
        )
    return typed.assign(new=followed).sort_values(
        ["year", "old", "new"], ignore_index=True, na_position="first"
    )


def _refuse_undated_splits(typed: pd.DataFrame, source: str) -> None:
    undated = set(typed.loc[typed["year"].isna(), "old"])
    split = typed[typed["year"].isna() & typed["old"].duplicated()]
    if len(split):
        raise _refused(
            source,
            "a year for a division that is split",
            f"none for {split['old'].iloc[0]}",
            "give the first year of the new divisions",
        )
    both = undated & set(typed.loc[typed["year"].notna(), "old"])
    if both:
        raise _refused(
            source,
            "a year in all rows of an old division, or in none",
            f"both for {min(both)}",
            "give each of its rows a year",
        )


def _refuse_bad_weights(table: pd.DataFrame, source: str) -> None:
    bad = ~table["weight"].between(0.0, 1.0 + WEIGHTS_SUM_TO)
    if bad.any():
        first = table[bad].iloc[0]
        found = f"{first['weight']:g} for {first['old']} to {first['new']}"
        raise _refused(source, "weights between 0 and 1", found, "give shares of the old division")
    sums = table.groupby(["old", "year"], dropna=False)["weight"].sum()
    off = sums[(sums - 1.0).abs() > WEIGHTS_SUM_TO]
    if len(off):
        (old, year), total = off.index[0], off.iloc[0]
        when = "" if pd.isna(year) else f" in {year}"
        more = f" ({len(off)} divisions in all)" if len(off) > 1 else ""
        raise _refused(
            source,
            "weights that sum to 1 for each old division",
            f"{total:.6g} for {old}{when}{more}",
            "add the parts that are missing, or correct the weights",
        )


def _refused(source: str, expected: str, found: str, hint: str) -> CrosswalkError:
    return CrosswalkError(f"crosswalk {source}", expected=expected, found=found, hint=hint)


@cache
def china_2023() -> Crosswalk:
    """The shipped crosswalk: codes, and cities that merged or were split, 2000-2023.

    Notes
    -----
    ``city_changes.csv`` has each row's source. Counties that went from one city to another are
    there too, without a weight: no yearbook of a city says what was theirs (`moved_counties`).
    """
    codes = [(old, new, 1.0, None) for old, new in CHINA_CODES.items()]
    moved = [
        (row["old"], row["new"], float(row["weight"]), int(row["year"]))
        for row in shipped_rows("city_changes.csv")
        if row["kind"] in {"merged", "split"}
    ]
    # None of them began with the change: a table without their early years lacks a part.
    stood = sorted({(new, new, 1.0, year) for _, new, _, year in moved})
    return make_crosswalk(
        pd.DataFrame([*codes, *moved, *stood], columns=list(CROSSWALK_COLUMNS)), source=CHINA_2023
    )


@cache
def moved_counties() -> pd.DataFrame:
    """Counties that went to another city: ``old`` (six digits), ``new``, ``year``, ``source``."""
    rows = [row for row in shipped_rows("city_changes.csv") if row["kind"] == "county"]
    table = pd.DataFrame(rows)[["old", "new", "year", "source"]]
    return table.astype({"old": "str", "new": "str", "year": "int64", "source": "str"})


def read_crosswalk(name: str | Path) -> Crosswalk:
    """A shipped crosswalk, or one of the user's own.

    Parameters
    ----------
    name : str or Path
        ``china-2023``, or a table with the columns ``old``, ``new``, ``weight`` and perhaps
        ``year``; others are left alone.

    Returns
    -------
    Crosswalk

    Raises
    ------
    TableFileError, TableColumnError, CodeError
        The file cannot be read, lacks a column, or a code, weight or year is none.
    CrosswalkError
        As `make_crosswalk`.
    """
    if str(name) == CHINA_2023:
        return china_2023()
    if not Path(name).suffix:
        raise CodeError(
            "crosswalk",
            expected=f"{CHINA_2023}, or a file",
            found=repr(str(name)),
            hint="correct the name; a file has an ending such as .csv",
        )
    sheet = open_sheet(Path(name))
    cells = {column: _cells(sheet, column) for column in ("old", "new", "weight")}
    keep = ~cells["old"].map(is_missing).astype(bool) | ~cells["new"].map(is_missing).astype(bool)
    weights = number_column(cells["weight"][keep], where=f"{sheet.place}: column 'weight'")
    table = pd.DataFrame(
        {
            "old": _codes(cells["old"][keep], f"{sheet.place}: column 'old'"),
            "new": _codes(cells["new"][keep], f"{sheet.place}: column 'new'"),
            "weight": weights.numbers,
            "year": _years(sheet)[keep],
        }
    )
    return make_crosswalk(table, source=str(name))


def code_map(name: str) -> Mapping[str, str]:
    """Codes to the cities they belong to: a shipped map by its name, or a file by its path.

    Parameters
    ----------
    name : str
        What has an ending is a file.

    Returns
    -------
    mapping of str to str

    Raises
    ------
    NightpanelError
        As `panels.cities.codes.crosswalk_named` and `read_code_map`.
    """
    return read_code_map(name) if Path(name).suffix else crosswalk_named(name)


def has_weights(name: str) -> bool:
    """Whether a user's file is a crosswalk with weights, not a map of codes."""
    return bool(Path(name).suffix) and "weight" in open_sheet(Path(name)).header


def read_code_map(name: str | Path) -> dict[str, str]:
    """Codes to the cities they belong to, from a file of the user's own.

    Parameters
    ----------
    name : str or Path
        A table with the columns ``code`` and ``city_id``; others are left alone.

    Returns
    -------
    dict of str to str

    Raises
    ------
    TableFileError, TableColumnError, CodeError
        The file cannot be read, lacks a column, or a value is no code.
    CrosswalkError
        A code has two cities.
    """
    sheet = open_sheet(Path(name))
    codes, cities = (
        _codes(_cells(sheet, column), f"{sheet.place}: column {column!r}")
        for column in ("code", "city_id")
    )
    pairs = pd.DataFrame({"code": codes, "city_id": cities}).drop_duplicates()
    twice = pairs["code"].duplicated()
    if twice.any():
        code = pairs.loc[twice, "code"].iloc[0]
        raise _refused(str(name), "one city for each code", f"two for {code}", "keep one row of it")
    return dict(zip(pairs["code"], pairs["city_id"], strict=True))


def _cells(sheet: Sheet, column: str) -> pd.Series:
    if column not in sheet.header:
        raise TableColumnError(
            f"{sheet.place}: column {column!r}",
            expected="a column of this name",
            found=f"the columns {', '.join(one for one in sheet.header if one)}",
            hint="name the columns so",
        )
    return sheet.cells[sheet.header.index(column)]


def _codes(cells: pd.Series, where: str) -> pd.Series:
    """Ids as text; whole numbers without a fraction."""
    texts = [None if is_missing(cell) else code_text(cell) or plain(cell) for cell in cells]
    for row, text in zip(cells.index, texts, strict=True):
        if text is None:
            raise CodeError(
                where, expected="a code", found=f"a blank in row {row}", hint="fill it in"
            )
    return pd.Series(texts, index=cells.index, dtype="str")


def _years(sheet: Sheet) -> pd.Series:
    """Years of a crosswalk's rows, missing where the column is."""
    if "year" not in sheet.header:
        return pd.Series(pd.NA, index=sheet.cells.index, dtype="Int64")
    cells = _cells(sheet, "year")
    years = [None if is_missing(cell) else year_of(cell) for cell in cells]
    for (row, cell), year in zip(cells.items(), years, strict=True):
        if year is None and not is_missing(cell):
            raise _refused(
                sheet.place,
                "years of four digits",
                f"{plain(cell)!r} in row {row}",
                "give the first year of the new division",
            )
    return pd.Series(years, index=cells.index, dtype="Int64")


def identity(ids: Iterable[str]) -> pd.DataFrame:
    """(n, 3) weights by which every division stays what it is."""
    names = list(dict.fromkeys(ids))
    table = pd.DataFrame({"old": names, "new": names, "weight": np.ones(len(names))})
    return table.astype({"old": "str", "new": "str"})


def compose(first: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """One set of weights for two changes in a row.

    Parameters
    ----------
    first, then : pandas.DataFrame
        ``old``, ``new``, ``weight``. What ``then`` does not hold stays as ``first`` has it.

    Returns
    -------
    pandas.DataFrame
        ``old``, ``new``, ``weight`` from the old divisions of ``first`` to the new ones of
        ``then``: the product of the two as matrices. Weights that sum to one still do.
    """
    stays = identity(set(first["new"]) - set(then["old"]))
    second = pd.concat([then[["old", "new", "weight"]], stays], ignore_index=True)
    second = second.set_axis(["mid", "new", "weight_2"], axis=1)
    both = first.rename(columns={"new": "mid"}).merge(second, on="mid")
    both["weight"] = both["weight"] * both["weight_2"]
    sums = both.groupby(["old", "new"], sort=True)["weight"].sum()
    return sums.reset_index()


def weights_of_year(crosswalk: Crosswalk, ids: Iterable[str], year: int) -> pd.DataFrame:
    """Where the divisions of a year are counted after all changes.

    Parameters
    ----------
    crosswalk : Crosswalk
    ids : iterable of str
        Divisions of a table.
    year : int
        Of its rows: changes of this year and before have happened to them.

    Returns
    -------
    pandas.DataFrame
        ``old``, ``new``, ``weight``, a row for each division and where it goes.
    """
    weights = compose(identity(ids), crosswalk.step(None))
    for change in crosswalk.years:
        if change > year:
            weights = compose(weights, crosswalk.step(change))
    return weights
