"""Shocks of each city from the sector outcomes of all other cities.

A sector's own city moves its total: the shock would hold part of the outcome's error. Each city's
shock is therefore made of the totals without it (Goldsmith-Pinkham, Sorkin and Swift 2020, section
I.B; Borusyak, Hull and Jaravel 2022, appendix A.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.instruments.keys import LeaveOneOut
from estimation.instruments.share_tables import keyed_numbers
from estimation.samples.sample import Floats, Integers
from geo.errors import ExposureError


def leave_one_out_shocks(
    values: Floats, own: Integers, year: Integers, *, kind: str = "growth"
) -> Floats:
    """Shocks of rows from totals without their own city.

    Parameters
    ----------
    values : float array, shape (C, T, K)
        Outcome of cities, years in order without gaps, sectors; NaN where unknown.
    own : int64 array, shape (n,)
        Each row's city, 0 to C - 1; C for a city without outcomes.
    year : int64 array, shape (n,)
        Each row's year, 0 to T - 1.
    kind : {"growth", "log_growth", "value"}
        As in :data:`estimation.instruments.keys.Growth`.

    Returns
    -------
    float array, shape (n, K)
        NaN where a total, or that of the year before, is not known or cannot be divided by. A city
        counts in a change only where it has both years.
    """
    known = np.isfinite(values)
    if kind == "value":
        others = _without(known.astype(np.float64), own, year)
        totals = _without(np.where(known, values, 0.0), own, year)
        return np.where(others > 0, totals, np.nan)
    both = known[:, 1:] & known[:, :-1]
    now, before = np.zeros_like(values), np.zeros_like(values)
    now[:, 1:] = np.where(both, values[:, 1:], 0.0)
    before[:, 1:] = np.where(both, values[:, :-1], 0.0)
    later, earlier = _without(now, own, year), _without(before, own, year)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = np.log(later / earlier) if kind == "log_growth" else later / earlier - 1
    return np.asarray(np.where(np.isfinite(made), made, np.nan))


def _without(values: Floats, own: Integers, year: Integers) -> Floats:
    """Totals over cities less the row's own, summed anew so that nothing of it is left."""
    cities = values.shape[0]
    totals = np.empty((cities + 1, *values.shape[1:]))
    totals[cities] = values.sum(axis=0)
    forward = np.cumsum(values, axis=0)
    backward = np.cumsum(values[::-1], axis=0)[::-1]
    totals[:cities] = 0.0
    totals[1:cities] += forward[:-1]
    totals[: cities - 1] += backward[1:]
    return np.asarray(totals[own, year])


@dataclass(frozen=True, slots=True, eq=False)
class OwnLeftOut:
    """Shocks of rows from the sector outcomes of other cities."""

    shocks: Floats
    """Shape (n, K)."""
    unknown: int
    """Cells of the table's outcomes that are empty: they count in no total."""


def shocks_without_own(
    table: pd.DataFrame,
    key: LeaveOneOut,
    cities: Sequence[str],
    years: Integers,
    sectors: Sequence[str],
    *,
    where: str,
) -> OwnLeftOut:
    """Leave-one-out shocks of some city-years from a table of sector outcomes.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each city, sector and year.
    key : LeaveOneOut
    cities : sequence of str
        City of each of n rows.
    years : int64 array, shape (n,)
    sectors : sequence of str
        K of them.
    where : str
        What an error names.

    Returns
    -------
    OwnLeftOut

    Raises
    ------
    DesignError
        The table lacks a column.
    ExposureError
        A key stands twice, a value is no number, a city of the rows has no outcome, or a sector has
        no total in a year of the rows or the year before. An empty value is one that is not known.
    """
    named = [key.city, key.sector, key.year]
    keyed = keyed_numbers(table, named, key.value, where=where, year=key.year)
    _refuse_strangers(keyed, key, cities, where=where)
    first = min(int(years.min()), int(keyed[key.year].min()))
    last = max(int(years.max()), int(keyed[key.year].max()))
    names = np.unique(keyed[key.city].to_numpy(dtype=object))
    place = {name: number for number, name in enumerate(names)}
    column = {name: number for number, name in enumerate(sectors)}
    rows = keyed[keyed[key.sector].isin(column)]
    values = np.full((names.size, last - first + 1, len(column)), np.nan)
    values[
        rows[key.city].map(place).to_numpy(dtype=np.int64),
        rows[key.year].to_numpy(dtype=np.int64) - first,
        rows[key.sector].map(column).to_numpy(dtype=np.int64),
    ] = rows[key.value]
    own = np.array([place[city] for city in cities], dtype=np.int64)
    made = leave_one_out_shocks(values, own, years - first, kind=key.kind)
    lacking = np.argwhere(~np.isfinite(made))
    if len(lacking):
        row, sector = lacking[0]
        raise ExposureError(
            f"{where}, {key.sector} {sectors[sector]}, {key.year} {years[row]}",
            expected="outcomes of other cities, in the year and, for growth, the year before",
            found=f"none, or zero ({len(lacking)} city-years and sectors)",
            hint="add them, leave out these years, or merge small sectors",
        )
    return OwnLeftOut(made, int(keyed[key.value].isna().sum()))


def _refuse_strangers(
    keyed: pd.DataFrame, key: LeaveOneOut, cities: Sequence[str], *, where: str
) -> None:
    """Refuse cities of whose own outcome nothing is known: totals would hold it all the same."""
    known = set(keyed.loc[keyed[key.value].notna(), key.city])
    lacking = [city for city in dict.fromkeys(cities) if city not in known]
    if lacking:
        raise ExposureError(
            f"{where}, {key.city} {lacking[0]}",
            expected="outcomes of every city of the sample, which its own shocks leave out",
            found=f"none ({len(lacking)} cities of {len(set(cities))})",
            hint="add them, spell codes as in the panel, or leave the city out with exclude_cities",
        )
