"""Nominal values at the prices of a base year.

Three kinds of index are in use. A deflator (or a price index with a fixed base) divides: real is
nominal times the index of the base year over that of the year. A price index with the preceding
year as 100 is chained first. A volume index (the yearbooks' "GDP index", preceding year as 100 at
comparable prices) needs no prices: real is the base year's nominal value times the chained growth.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.index_checks import Kind, index_scale, kind_audit
from panels.origins import UNKNOWN, Origins
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import key_at


@dataclass(frozen=True, slots=True)
class Deflated:
    """Real values and what they lack."""

    values: pd.Series
    """float64 on the index of the table; NaN where nominal value or index is missing."""
    audit: tuple[AuditRow, ...]
    """How many values were made real; a row for each value that was lost, and for each that a
    volume index made where there is no nominal one."""


def deflated(
    table: pd.DataFrame,
    *,
    nominal: str,
    index: str,
    kind: Kind,
    base: int,
    where: str,
    origins: Origins = UNKNOWN,
) -> Deflated:
    """Values at the prices of a base year.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year``, the nominal values and the index; one row per city and year.
    nominal, index : str
        Columns.
    kind : {"level", "preceding_year", "volume"}
        What the index is.
    base : int
        Year of whose prices the values become.
    where : str
        The study's key, for errors.
    origins : Origins
        Where the nominal values stand, for the audit.

    Returns
    -------
    Deflated

    Raises
    ------
    TableColumnError
        A column is missing or holds anything but numbers.
    DomainError
        As `panels.index_checks.index_scale`, or no city has the base year.
    """
    require_columns(table, [*KEY, nominal, index], where=where)
    values = number_array(table, [nominal, index], where=where)
    scale = index_scale(table, index, kind, where=where)
    audit = kind_audit(table, index, kind, scale, where=where)
    years = table["year"].to_numpy()
    relative = np.full(len(table), np.nan)
    order = np.argsort(years, kind="stable")
    cities = table["city_id"].to_numpy()[order]
    for city in pd.unique(cities):
        rows = order[cities == city]
        made = values[rows, 1]
        if kind == "level":
            relative[rows] = _of_base(made, years[rows], base)
        else:
            relative[rows] = _chained(made / scale, years[rows], base)
    if kind == "volume":
        real = _grown(table, values[:, 0], relative, base)
    else:
        real = values[:, 0] / relative
    if not np.isfinite(real).any():
        raise DomainError(
            where,
            expected=f"an index that reaches the base year {base}",
            found=f"years {years.min()} to {years.max()}" if len(years) else "no rows",
            hint="choose a base year of the index's own years, without a gap between",
        )
    audit += _audit(table, nominal, values[:, 0], real, where, base, origins)
    return Deflated(pd.Series(real, index=table.index), audit)


def _of_base(
    index: NDArray[np.float64], years: NDArray[np.int64], base: int
) -> NDArray[np.float64]:
    """An index over that of the base year (n,); missing throughout without one."""
    own = index[years == base]
    made: NDArray[np.float64] = index / (own[0] if len(own) else np.nan)
    return made


def _chained(
    growth: NDArray[np.float64], years: NDArray[np.int64], base: int
) -> NDArray[np.float64]:
    """A chain of growth against the preceding year, 1 in the base year (n,).

    Years in order. A missing year or growth ends the chain on that side of the base.
    """
    chain = np.full(len(growth), np.nan)
    (at,) = np.flatnonzero(years == base) if (years == base).any() else (None,)
    if at is None:
        return chain
    chain[at] = 1.0
    for later in range(at + 1, len(growth)):
        if years[later] - years[later - 1] == 1:
            chain[later] = chain[later - 1] * growth[later]
    for earlier in range(at - 1, -1, -1):
        if years[earlier + 1] - years[earlier] == 1:
            chain[earlier] = chain[earlier + 1] / growth[earlier + 1]
    return chain


def _grown(
    table: pd.DataFrame, nominal: NDArray[np.float64], chain: NDArray[np.float64], base: int
) -> NDArray[np.float64]:
    """The base year's value of each city, grown."""
    is_base = (table["year"] == base).to_numpy()
    of_base = dict(zip(table["city_id"][is_base], nominal[is_base], strict=True))
    start = table["city_id"].map(of_base).to_numpy(dtype=float)
    grown: NDArray[np.float64] = start * chain
    return grown


def _audit(
    table: pd.DataFrame,
    column: str,
    nominal: NDArray[np.float64],
    real: NDArray[np.float64],
    where: str,
    base: int,
    origins: Origins,
) -> tuple[AuditRow, ...]:
    made = int(np.isfinite(real).sum())
    audit = [AuditRow("panel", "deflated", where, f"{made} values at prices of {base}", made)]
    for at in np.flatnonzero(np.isfinite(nominal) & ~np.isfinite(real)):
        city, year = key_at(table, at)
        file, line = origins.of(column, city, year)
        detail = f"no chain of indices to {base}; left missing"
        audit.append(
            AuditRow(
                "panel", "not_deflated", f"{where}: city {city}, year {year}", detail,
                file=file, row=line, old=f"{nominal[at]:.10g}",
            )
        )  # fmt: skip
    for at in np.flatnonzero(~np.isfinite(nominal) & np.isfinite(real)):
        city, year = key_at(table, at)
        file, line = origins.of(column, city, base)
        detail = f"no nominal value; made of that of {base} and the growth since"
        audit.append(
            AuditRow(
                "panel", "real_without_nominal", f"{where}: city {city}, year {year}", detail,
                file=file, row=line, new=f"{real[at]:.10g}",
            )
        )  # fmt: skip
    return tuple(audit)


def with_index(
    table: pd.DataFrame, index: pd.DataFrame, *, column: str, digits: int | None, where: str
) -> pd.DataFrame:
    """A table with an index of whole provinces or of the country beside it.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and others.
    index : pandas.DataFrame
        ``city_id``, ``year`` and ``column``.
    column : str
        The index's name.
    digits : int, optional
        First digits of a city's code that name its row of the index; None for the country, whose
        index has one row a year.
    where : str
        The study's key, for errors.

    Returns
    -------
    pandas.DataFrame
        The table's rows and columns, and ``column``.

    Raises
    ------
    TableColumnError
        The table has a column of this name.
    """
    if column in table.columns:
        raise TableColumnError(
            where,
            expected="an index of a name of its own",
            found=f"a column {column!r} of the table",
            hint="use that one, or name the other otherwise",
        )
    keyed = index.rename(columns={"city_id": "_place"})
    places = table["city_id"].str[:digits] if digits is not None else keyed["_place"].iloc[0]
    joined = table.assign(_place=places).merge(
        keyed[["_place", "year", column]], on=["_place", "year"], how="left", validate="many_to_one"
    )
    return joined.drop(columns="_place").set_axis(table.index, axis=0)
