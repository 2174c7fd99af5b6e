"""Linear interpolation inside gaps: only when asked, never beyond the ends, always marked."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.origins import UNKNOWN, Origins
from panels.schema import check_panel, number_array
from panels.steps.stepped import Floats, Stepped, put, refuse_empty, value_rows

SUFFIX = "_interpolated"
"""Ending of the column that marks a column's interpolated values."""


def interpolate(
    table: pd.DataFrame,
    columns: Sequence[str],
    *,
    max_gap: int,
    origins: Origins = UNKNOWN,
    where: str,
) -> Stepped:
    """Fill missing values that lie between two known years of the same city.

    A value is put on the straight line, over calendar years, between the nearest known values
    before and after. Rows that are not there are not made. Nothing is extrapolated.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    columns : sequence of str
        Columns to fill.
    max_gap : int
        Longest gap to fill: years without a value between the two known ones.
    origins : Origins
        Where values stand, for the audit.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        The columns filled, and for each a column ``NAME_interpolated`` (bool). One audit row for
        each filled value, with the value, and one for each column with the gaps left open.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or ``NAME_interpolated`` exists.
    DomainError
        ``max_gap`` is below 1.
    DuplicateCityYearError
        A city has a year twice.
    """
    if max_gap < 1:
        raise DomainError(
            f"{where}: max_gap",
            expected="1 year or more",
            found=str(max_gap),
            hint="state the longest gap to fill",
        )
    refuse_empty({name: name for name in columns}, where=where)
    made = check_panel(table, where=where)
    audit: list[AuditRow] = []
    for column in columns:
        values = number_array(table, [column], where=where)[:, 0]
        filled = _filled(made, values, max_gap)
        new = np.isnan(values) & ~np.isnan(filled)
        put(made, column, filled, source=column, where=where)
        put(made, column + SUFFIX, new, source="", where=where)
        audit += value_rows(
            made,
            np.flatnonzero(new),
            rule="interpolated",
            column=column,
            detail=f"on the line between the neighbouring years, in a gap of up to {max_gap} years",
            new=filled,
            origins=origins,
        )
        left = int(np.isnan(filled).sum())
        if left:
            detail = f"{left} values stay missing: before, after, or in gaps above {max_gap} years"
            audit.append(AuditRow("panel", "not_interpolated", column, detail, left))
    return Stepped(made, tuple(audit))


def _filled(table: pd.DataFrame, values: Floats, max_gap: int) -> Floats:
    """Values (n,) with gaps filled city by city."""
    result = values.copy()
    years = table["year"].to_numpy(dtype=np.float64)
    cities, names = pd.factorize(table["city_id"])
    for city in range(len(names)):
        rows = np.flatnonzero(cities == city)
        known = rows[~np.isnan(values[rows])]
        known = known[np.argsort(years[known])]
        missing = rows[np.isnan(values[rows])]
        if len(known) < 2 or not len(missing):
            continue
        after = np.searchsorted(years[known], years[missing])
        inside = (after > 0) & (after < len(known))
        missing, after = missing[inside], after[inside]
        gap = years[known[after]] - years[known[after - 1]] - 1.0
        missing = missing[gap <= max_gap]
        result[missing] = np.interp(years[missing], years[known], values[known])
    return result
