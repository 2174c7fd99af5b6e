"""Winsorising: values beyond a quantile become that quantile."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.origins import UNKNOWN, Origins
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import Floats, Stepped, put, refuse_empty, value_rows

_METHODS = {"linear": "linear", "stata": "averaged_inverted_cdf"}
Quantiles = Literal["linear", "stata"]


def winsorise(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    lower: float = 0.01,
    upper: float = 0.99,
    by: Literal["pooled", "year"] = "pooled",
    quantiles: Quantiles = "linear",
    origins: Origins = UNKNOWN,
    where: str,
) -> Stepped:
    """Replace values below a lower and above an upper quantile by these quantiles.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    columns : mapping of str to str
        Column to new name; its own name replaces it.
    lower, upper : float
        Quantiles, 0 <= lower < upper <= 1.
    by : {"pooled", "year"}
        Quantiles of the whole panel, or of each year.
    quantiles : {"linear", "stata"}
        Between neighbouring values, or as Stata's percentiles are defined (the value at rank
        ceil(n p), the mean of two neighbours where n p is whole).
    origins : Origins
        Where values stand, for the audit.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        Missing values stay missing. One audit row for each changed value.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or a new name is taken.
    DomainError
        The quantiles are out of order or out of range.
    """
    if not 0.0 <= lower < upper <= 1.0:
        raise DomainError(
            where,
            expected="0 <= lower < upper <= 1",
            found=f"lower = {lower:g}, upper = {upper:g}",
            hint="correct the quantiles",
        )
    refuse_empty(columns, where=where)
    require_columns(table, KEY, where=where)
    groups = table["year"].to_numpy() if by == "year" else np.zeros(len(table), dtype=np.int64)
    made = table.copy()
    audit: list[AuditRow] = []
    for column, name in columns.items():
        values = number_array(table, [column], where=where)[:, 0]
        clipped = values.copy()
        for group in np.unique(groups):
            inside = groups == group
            clipped[inside] = _clipped(values[inside], lower, upper, _METHODS[quantiles])
        put(made, name, clipped, source=column, where=where)
        audit += value_rows(
            table,
            np.flatnonzero(~np.isnan(values) & (clipped != values)),
            rule="winsorised",
            column=column,
            detail=f"beyond the quantiles {lower:g} and {upper:g}, {by}; written to {name}",
            old=values,
            new=clipped,
            origins=origins,
        )
    return Stepped(made, tuple(audit))


def _clipped(values: Floats, lower: float, upper: float, method: str) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return values
    low, high = np.quantile(known, [lower, upper], method=method)  # type: ignore[call-overload]
    clipped: Floats = np.clip(values, low, high)
    return clipped
