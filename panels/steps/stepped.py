"""What a step over a panel gives back, and how it names rows and adds columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.origins import UNKNOWN, Origins
from panels.schema import KEY

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def dropped_keys(rows: Iterable[tuple[str, int, str]] = ()) -> pd.DataFrame:
    """Dropped city-years as a table.

    Parameters
    ----------
    rows : iterable of (str, int, str)
        City, year and reason.

    Returns
    -------
    pandas.DataFrame
        ``city_id`` (str), ``year`` (int64), ``reason`` (str), typed even when there is no row.
    """
    listed = list(rows)
    types = {"city_id": "str", "year": "int64", "reason": "str"}
    columns = {name: [row[at] for row in listed] for at, name in enumerate(types)}
    return pd.DataFrame(columns).astype(types)


@dataclass(frozen=True, slots=True)
class Stepped:
    """A panel after a step, and what the step did."""

    table: pd.DataFrame
    """The panel: the columns before, then the new ones."""
    audit: tuple[AuditRow, ...] = ()
    """Every value changed, made up or flagged, and every drop."""
    dropped: pd.DataFrame = field(default_factory=dropped_keys)
    """``city_id``, ``year`` and ``reason`` of rows that the step dropped."""


def put(table: pd.DataFrame, name: str, values: Floats | Bools, *, source: str, where: str) -> None:
    """Put values into a column, in place.

    Parameters
    ----------
    table : pandas.DataFrame
    name : str
        A new name, or ``source`` to replace that column.
    values : numpy.ndarray
        (n,)
    source : str
        The column that the values were made of; blank if of none or several.
    where : str
        The step, for errors.

    Raises
    ------
    TableColumnError
        Another column has the name.
    """
    if name in table.columns and name != source:
        raise TableColumnError(
            f"{where}: column {name!r}",
            expected="a new name",
            found="a column of this name",
            hint="choose another name for the derived column",
        )
    table[name] = values


def named(table: pd.DataFrame, row: int | np.intp) -> str:
    """City and year of a row, by its position."""
    city, year = key_at(table, row)
    return f"city {city}, year {year}"


def key_at(table: pd.DataFrame, row: int | np.intp) -> tuple[str, int]:
    """City and year of a row, by its position."""
    city, year = (table[name].iloc[int(row)] for name in KEY)
    return str(city), int(year)


def refuse_rows(
    table: pd.DataFrame, values: Floats, wrong: Bools, *, where: str, expected: str, hint: str = ""
) -> None:
    """Refuse rows whose values are outside a step's domain.

    Raises
    ------
    DomainError
        Names the first row, its value, and how many there are.
    """
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    raise DomainError(
        where,
        expected=expected,
        found=f"{values[row]:g} for {named(table, row)} ({wrong.sum()} rows in all)",
        hint=hint or "correct the value, or leave it blank if it is missing",
    )


def value_rows(
    table: pd.DataFrame,
    rows: Sequence[int] | NDArray[np.intp],
    *,
    rule: str,
    column: str,
    detail: str,
    old: Floats | None = None,
    new: Floats | None = None,
    origins: Origins = UNKNOWN,
) -> list[AuditRow]:
    """One audit row for each of some values of a column.

    Parameters
    ----------
    table : pandas.DataFrame
        The panel, with its key.
    rows : sequence of int
        Positions.
    rule, column, detail : str
    old, new : numpy.ndarray, optional
        (n,) values before and after, of the whole column.
    origins : Origins
        Where the column's values stand.

    Returns
    -------
    list of AuditRow
    """
    made = []
    for row in rows:
        city, year = key_at(table, row)
        file, line = origins.of(column, city, year)
        made.append(
            AuditRow(
                "panel",
                rule,
                f"{column}: city {city}, year {year}",
                detail,
                file=file,
                row=line,
                old=_text(old, row),
                new=_text(new, row),
            )
        )
    return made


def _text(values: Floats | None, row: int | np.intp) -> str:
    if values is None or np.isnan(values[row]):
        return ""
    return f"{values[row]:.10g}"


def years_text(years: Iterable[int]) -> str:
    """Years as runs.

    Examples
    --------
    >>> years_text([2011, 2012, 2013, 2015])
    '2011-2013, 2015'
    """
    runs: list[list[int]] = []
    for year in sorted({int(one) for one in years}):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def refuse_empty(columns: Mapping[str, str], *, where: str) -> None:
    """Refuse a step without columns, or with two results of one name.

    Raises
    ------
    TableColumnError
    """
    if not columns:
        raise TableColumnError(
            where, expected="one column or more", found="none", hint="name them in columns"
        )
    names = list(columns.values())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TableColumnError(
            where,
            expected="a name of its own for each new column",
            found=f"{twice!r} twice",
            hint="choose another name",
        )
