"""Lags, leads and differences by calendar year, never by row."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.schema import check_panel, number_array
from panels.steps.stepped import Bools, Floats, Stepped, put, refuse_empty


def lag(table: pd.DataFrame, columns: Mapping[str, str], *, years: int, where: str) -> Stepped:
    """The value of the same city some years before, or after.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns, in any order of rows; it is not changed.
    columns : mapping of str to str
        Column to new name.
    years : int
        How many years before; negative for a lead.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        Missing where the city has no row in that year, or no value. An audit row for each column
        counts both.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or a new name is taken.
    DomainError
        ``years`` is zero.
    DuplicateCityYearError
        A city has a year twice.
    """
    return _by_years(table, columns, years, "lag" if years > 0 else "lead", where)


def difference(
    table: pd.DataFrame, columns: Mapping[str, str], *, years: int = 1, where: str
) -> Stepped:
    """Value minus the value of the same city some years before.

    Parameters, result and errors are those of `lag`; ``years`` is above zero.
    """
    if years < 1:
        raise _wrong_years(years, "1 or more years", where)
    return _by_years(table, columns, years, "difference", where)


def _by_years(
    table: pd.DataFrame, columns: Mapping[str, str], years: int, rule: str, where: str
) -> Stepped:
    if years == 0:
        raise _wrong_years(years, "a number of years other than 0", where)
    refuse_empty(columns, where=where)
    made = check_panel(table, where=where)
    keys = pd.MultiIndex.from_frame(made[["city_id", "year"]])
    wanted = pd.MultiIndex.from_arrays([made["city_id"], made["year"] - years])
    at = keys.get_indexer(wanted)
    audit = []
    for column, name in columns.items():
        values = number_array(table, [column], where=where)[:, 0]
        earlier = np.where(at >= 0, values[at], np.nan)
        result = values - earlier if rule == "difference" else earlier
        put(made, name, result, source="", where=where)
        audit.append(_counted(rule, name, result, at < 0))
    return Stepped(made, tuple(audit))


def _counted(rule: str, name: str, result: Floats, absent: Bools) -> AuditRow:
    gaps = int(absent.sum())
    blank = int(np.isnan(result).sum()) - gaps
    detail = f"{gaps} missing because the city has no row in that year, {blank} because no value"
    return AuditRow("panel", f"{rule}_missing", name, detail, gaps + blank)


def _wrong_years(years: int, expected: str, where: str) -> DomainError:
    return DomainError(
        f"{where}: years", expected=expected, found=str(years), hint="correct the number"
    )
