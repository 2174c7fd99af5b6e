"""Sectors of a city and year: their columns, checked, and their shares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import Floats, named

SECTORS = ("primary", "secondary", "tertiary")


@dataclass(frozen=True, slots=True)
class IndexResult:
    """An index by city and year."""

    values: pd.Series
    """float64 on the index of the table; NaN where the inputs are missing or the row is dropped."""
    keep: pd.Series
    """bool on the same index; False for rows to drop."""
    audit: tuple[AuditRow, ...]
    """Which rule gave how many values, and each row that was flagged or dropped."""


def sector_array(
    table: pd.DataFrame, columns: Sequence[str] | None, what: str, where: str
) -> Floats:
    """Three columns as an array (n, 3); all missing where none is named.

    Parameters
    ----------
    table : pandas.DataFrame
    columns : sequence of str or None
        In the order primary, secondary, tertiary.
    what : str
        What they hold, for errors.
    where : str
        File or table, for errors.

    Raises
    ------
    TableColumnError
        A column is missing, or they are not three different ones.
    DomainError
        A value is negative or infinite.
    """
    if columns is None:
        return np.full((len(table), 3), np.nan)
    if len(columns) != 3:
        raise TableColumnError(
            f"{where}: {what}",
            expected="three columns: primary, secondary, tertiary",
            found=f"{len(columns)}",
            hint="name one column for each sector",
        )
    if len(set(columns)) != 3:
        raise TableColumnError(
            f"{where}: {what}",
            expected="a column of its own for each of the three sectors",
            found=", ".join(columns),
            hint="name each column once",
        )
    return _levels(table, columns, what, where)


def any_sectors(table: pd.DataFrame, columns: Sequence[str], what: str, where: str) -> Floats:
    """Two columns or more, one a sector of whatever division, as an array (n, k).

    Parameters
    ----------
    table : pandas.DataFrame
    columns : sequence of str
    what : str
        What they hold, for errors.
    where : str
        File or table, for errors.

    Raises
    ------
    TableColumnError
        A column is missing, there are fewer than two, or one stands twice.
    DomainError
        A value is negative or infinite.
    """
    if len(columns) < 2 or len(set(columns)) != len(columns):
        raise TableColumnError(
            f"{where}: {what}",
            expected="two sectors or more, each with a column of its own",
            found=", ".join(columns) or "none",
            hint="name one column for each sector, each once",
        )
    return _levels(table, columns, what, where)


def _levels(table: pd.DataFrame, columns: Sequence[str], what: str, where: str) -> Floats:
    require_columns(table, KEY, where=where)
    values = number_array(table, list(columns), where=where)
    wrong = (values < 0.0) | np.isinf(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DomainError(
            f"{where}: column {columns[column]!r}",
            expected=f"{what} of zero or more",
            found=f"{values[row, column]:g} for {named(table, row)} ({wrong.sum()} values in all)",
            hint="correct the value, or leave it blank if it is missing",
        )
    return values


def sector_totals(table: pd.DataFrame, levels: Floats, what: str, where: str) -> Floats:
    """Sums over the sectors (n,), NaN where one is missing.

    Raises
    ------
    DomainError
        All of them are zero.
    """
    total: Floats = levels.sum(axis=1)
    if (total == 0.0).any():
        row = int(np.flatnonzero(total == 0.0)[0])
        raise DomainError(
            where,
            expected=f"{what} above zero in some sector",
            found=f"zero in all {'three' if levels.shape[1] == 3 else levels.shape[1]} for "
            f"{named(table, row)}",
            hint=f"leave the cells blank if {what} is missing",
        )
    return total


def made_index(table: pd.DataFrame, values: Floats, name: str, where: str) -> IndexResult:
    """An index that keeps every row, with how many city-years have it and how many lack a sector.

    Parameters
    ----------
    table : pandas.DataFrame
    values : numpy.ndarray
        (n,); NaN where a sector is missing.
    name : str
        Kind of the index.
    where : str
        The index, for the audit.
    """
    missing = int(np.isnan(values).sum())
    audit = [AuditRow("panel", f"{name}_made", where, "city-years", len(values) - missing)]
    if missing:
        audit.append(AuditRow("panel", f"{name}_missing", where, "a sector is missing", missing))
    return IndexResult(
        pd.Series(values, index=table.index, name=name),
        pd.Series(np.ones(len(values), dtype=bool), index=table.index, name="keep"),
        tuple(audit),
    )
