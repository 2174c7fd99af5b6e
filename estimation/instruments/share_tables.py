"""Tables of shares and shocks, checked and laid out as matrices over rows and sectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from estimation.design_checks import missing_column
from estimation.instruments.keys import Shares, Shocks
from estimation.samples.sample import Floats, Integers
from geo.errors import ExposureError

TOLERANCE = 1e-6
"""How far a sum of shares may be above one, or below it and still be complete: rounding of
published shares."""


@dataclass(frozen=True, slots=True, eq=False)
class ShareMatrix:
    """Shares of rows in sectors."""

    shares: Floats
    """Shape (n, K)."""
    sectors: tuple[str, ...]
    """Names of the sectors, K of them, ascending."""
    unused: tuple[str, ...]
    """Sectors of the table in which no row has a share."""

    @property
    def sums(self) -> Floats:
        """Sum of each row's shares, shape (n,)."""
        return np.asarray(self.shares.sum(axis=1))

    @property
    def complete(self) -> bool:
        """Whether every row's shares sum to one."""
        return bool((self.sums >= 1 - TOLERANCE).all())


@dataclass(frozen=True, slots=True, eq=False)
class ShockMatrix:
    """Shocks of sectors in the years of rows."""

    shocks: Floats
    """Shape (n, K): the shock of each sector in each row's year."""
    clusters: Integers
    """Cluster of each sector, shape (K,)."""
    yearly: bool
    """Whether shocks change from year to year."""
    unused: tuple[str, ...]
    """Sectors of the table that are not among those asked for."""


def share_matrix(
    table: pd.DataFrame, key: Shares, cities: Sequence[str], years: Integers, *, where: str
) -> ShareMatrix:
    """Shares of some city-years.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each city and sector, and year if the key names one.
    key : Shares
    cities : sequence of str
        City of each of n rows.
    years : int64 array, shape (n,)
    where : str
        What an error names.

    Returns
    -------
    ShareMatrix
        Sectors in which no row has a share are left out.

    Raises
    ------
    DesignError
        The table lacks a column.
    ExposureError
        A key stands twice, a share is missing, negative or no number, a city-year has no share, or
        shares of one sum to more than one.
    """
    named = [key.city, key.sector, *([key.year] if key.year else [])]
    keyed = keyed_numbers(table, named, key.share, where=where, year=key.year)
    if key.base_year:
        keyed = keyed[keyed[key.year] == key.base_year]
    wanted = pd.DataFrame({key.city: list(cities)})
    by = [key.city]
    if key.year and not key.base_year:
        wanted[key.year], by = np.asarray(years), [key.city, key.year]
    _check_shares(keyed, by, key, where=where)
    wide = keyed.pivot_table(index=by, columns=key.sector, values=key.share, aggfunc="sum")
    index = pd.MultiIndex.from_frame(wanted) if len(by) > 1 else pd.Index(wanted[key.city])
    missing = np.asarray(~index.isin(wide.index), dtype=bool)
    if missing.any():
        first = wanted[missing].iloc[0]
        raise ExposureError(
            f"{where}, {', '.join(f'{name} {first[name]}' for name in by)}",
            expected="shares of every city-year of the sample",
            found=f"none ({int(missing.sum())} city-years of "
            f"{wanted.loc[missing, key.city].nunique()} cities)",
            hint="add its shares, or leave the city out with exclude_cities",
        )
    values = wide.reindex(index).fillna(0.0)
    matrix = values.to_numpy(dtype=np.float64)
    there = np.flatnonzero(matrix.any(axis=0))
    names = [str(name) for name in values.columns]
    sectors = tuple(names[one] for one in there)
    return ShareMatrix(matrix[:, there], sectors, tuple(sorted(set(names) - set(sectors))))


def shock_matrix(
    table: pd.DataFrame, key: Shocks, sectors: Sequence[str], years: Integers, *, where: str
) -> ShockMatrix:
    """Shocks of some sectors in the years of some rows.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each sector, and year if the key names one.
    key : Shocks
    sectors : sequence of str
        K of them.
    years : int64 array, shape (n,)
        Year of each row.
    where : str
        What an error names.

    Returns
    -------
    ShockMatrix

    Raises
    ------
    DesignError
        The table lacks a column.
    ExposureError
        A key stands twice, a sector lacks a shock, in a year of the rows, or is in two clusters.
    """
    named = [key.sector, *([key.year] if key.year else [])]
    keyed = keyed_numbers(table, named, key.shock, where=where, year=key.year)
    _check_values(keyed, named, key.shock, where=where)
    if not key.year:
        row = keyed.set_index(key.sector)[key.shock].reindex(list(sectors))
        _refuse_without_shock([(name,) for name in row.index[row.isna()]], [key.sector], where)
        values = np.tile(row.to_numpy(dtype=np.float64), (years.size, 1))
    else:
        wide = keyed.pivot_table(index=key.year, columns=key.sector, values=key.shock)
        wide = wide.reindex(index=np.unique(years), columns=list(sectors))
        lacking = [(sector, year) for year, sector in zip(*_labels_where(wide.isna()), strict=True)]
        _refuse_without_shock(lacking, [key.sector, key.year], where)
        values = wide.reindex(years).to_numpy(dtype=np.float64)
    unused = tuple(sorted(set(keyed[key.sector]) - set(sectors)))
    return ShockMatrix(values, _clusters(table, key, sectors, where=where), bool(key.year), unused)


def keyed_numbers(
    table: pd.DataFrame, named: Sequence[str], value: str, *, where: str, year: str = ""
) -> pd.DataFrame:
    """Some columns of a table as keys, one as numbers.

    Parameters
    ----------
    table : pandas.DataFrame
    named : sequence of str
        Columns of the key.
    value : str
        Column of the number; an empty cell becomes NaN.
    where : str
        What an error names.
    year : str
        Which column of the key is the year; the others are text.

    Returns
    -------
    pandas.DataFrame
        The keys as text, the year as int64, the value as float64.

    Raises
    ------
    DesignError
        A column is missing.
    ExposureError
        A key is empty, stands twice, a year is no whole number, or a value is text or infinite.
    """
    there = [str(name) for name in table.columns]
    for name in (*named, value):
        if name not in there:
            raise missing_column(where, name, there, of="table")
    keyed = pd.DataFrame({name: _key(table[name]) for name in named}).reset_index(drop=True)
    keyed[value] = pd.to_numeric(table[value], errors="coerce").to_numpy(dtype=np.float64)
    empty = keyed[list(named)].isna().any(axis=1)
    if empty.any():
        row = int(np.flatnonzero(empty)[0]) + 1
        raise _wrong(f"{where}, row {row} of the data", "a key in every row", "an empty cell")
    if year:
        numbers = pd.to_numeric(keyed[year], errors="coerce")
        wrong = numbers.isna() | (numbers % 1 != 0)
        if wrong.any():
            raise _wrong(
                f"{where}, column '{year}'", "years", f"'{keyed.loc[wrong, year].iloc[0]}'"
            )
        keyed[year] = numbers.astype("int64")
    twice = keyed.duplicated(list(named))
    if twice.any():
        first = keyed[twice].iloc[0]
        raise ExposureError(
            f"{where}, {', '.join(f'{name} {first[name]}' for name in named)}",
            expected="one row",
            found=f"two ({int(twice.sum())} rows too many in the table)",
            hint="keep one of them, add them up, or name the column of the year",
        )
    _refuse_text(keyed, table[value], named, value, where=where)
    return keyed


def _refuse_text(
    keyed: pd.DataFrame, given: pd.Series, named: Sequence[str], value: str, *, where: str
) -> None:
    """Refuse cells that hold something, but no finite number."""
    said = given.astype("str").str.strip().to_numpy(dtype=object)
    empty = given.isna().to_numpy() | (said == "")
    wrong = np.flatnonzero(~np.isfinite(keyed[value].to_numpy(dtype=np.float64)) & ~empty)
    if wrong.size:
        first = keyed.iloc[wrong[0]]
        raise _wrong(
            f"{where}, {', '.join(f'{name} {first[name]}' for name in named)}",
            f"a number as '{value}'",
            f"'{said[wrong[0]]}' ({wrong.size} such cells)",
        )


def _key(values: pd.Series) -> pd.Series:
    """Text; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").str.strip().where(values.notna())


def _check_values(keyed: pd.DataFrame, named: list[str], value: str, *, where: str) -> None:
    wrong = ~np.isfinite(keyed[value].to_numpy(dtype=np.float64))
    if wrong.any():
        first = keyed[wrong].iloc[0]
        place = ", ".join(f"{name} {first[name]}" for name in named)
        raise _wrong(
            f"{where}, {place}", f"a number as '{value}'", f"none ({int(wrong.sum())} rows)"
        )


def _check_shares(keyed: pd.DataFrame, by: list[str], key: Shares, *, where: str) -> None:
    _check_values(keyed, [key.city, key.sector], key.share, where=where)
    negative = keyed[keyed[key.share] < 0]
    if len(negative):
        first = negative.iloc[0]
        raise _wrong(
            f"{where}, {key.city} {first[key.city]}, {key.sector} {first[key.sector]}",
            "shares from 0 to 1",
            f"{first[key.share]:g} ({len(negative)} negative shares)",
        )
    sums = keyed.groupby(by)[key.share].sum()
    above = sums[sums > 1 + TOLERANCE]
    if len(above):
        place = above.index[0] if isinstance(above.index[0], tuple) else (above.index[0],)
        raise ExposureError(
            f"{where}, {', '.join(f'{n} {p}' for n, p in zip(by, place, strict=True))}",
            expected="shares that sum to one or less",
            found=f"{above.iloc[0]:.6g} ({len(above)} such sums, the largest {above.max():.6g})",
            hint="divide by the city's total, or percentages by 100",
        )


def _labels_where(mask: pd.DataFrame) -> tuple[list[Any], list[Any]]:
    """Row and column labels of the cells that are true."""
    rows, columns = np.nonzero(mask.to_numpy())
    return mask.index[rows].tolist(), mask.columns[columns].tolist()


def _refuse_without_shock(
    lacking: Sequence[tuple[object, ...]], named: list[str], where: str
) -> None:
    if lacking:
        first = lacking[0]
        raise ExposureError(
            f"{where}, {', '.join(f'{n} {p}' for n, p in zip(named, first, strict=True))}",
            expected="a shock for every sector with shares, in every year of the sample",
            found=f"none ({len(lacking)} lacking)",
            hint="add it, or leave out the years or the sector's shares",
        )


def _clusters(table: pd.DataFrame, key: Shocks, sectors: Sequence[str], *, where: str) -> Integers:
    if not key.cluster:
        return np.arange(len(sectors))
    if key.cluster not in table.columns:
        there = [str(name) for name in table.columns]
        raise missing_column(where, key.cluster, there, of="table")
    pairs = pd.DataFrame({"s": _key(table[key.sector]), "c": _key(table[key.cluster])})
    cluster_of = pairs.drop_duplicates().set_index("s")["c"]
    several = cluster_of.index[cluster_of.index.duplicated()]
    if len(several):
        raise _wrong(f"{where}, {key.sector} {several[0]}", "one cluster", "several")
    codes = cluster_of.reindex(list(sectors))
    if codes.isna().any():
        raise _wrong(f"{where}, {key.sector} {codes.index[codes.isna()][0]}", "a cluster", "none")
    return np.unique(codes.to_numpy(dtype=object), return_inverse=True)[1].astype(np.int64)


def _wrong(where: str, expected: str, found: str) -> ExposureError:
    return ExposureError(where, expected=expected, found=found, hint="mend the table")
